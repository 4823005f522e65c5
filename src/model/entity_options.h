/*-------------------------------------------------------------------------
 *
 * src/model/entity_options.h
 *	  Rows of the tables of entities.c and entities_fields.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_ENTITY_OPTIONS_H
#define ASH_ENTITY_OPTIONS_H

#include "model/domain.h"
#include "model/entities.h"

/* Options of kind ASH_OPT_ENUM fill enums as if they were int. */
StaticAssertDecl(sizeof(AshAuthorize) == sizeof(int), "enums are as large as int");

/* S is the struct that the table fills. */
#define OPT(name, kind, field, flags, dflt, doc)                               \
	{                                                                          \
		name, ASH_OPT_##kind, offsetof(S, field), flags, dflt, NULL, NULL, doc \
	}
#define CHOICE(name, kind, field, choices, dflt, doc)                         \
	{                                                                         \
		name, ASH_OPT_##kind, offsetof(S, field), 0, dflt, choices, NULL, doc \
	}
#define NESTED(name, kind, field, spec, doc)                               \
	{                                                                      \
		name, ASH_OPT_##kind, offsetof(S, field), 0, NULL, NULL, spec, doc \
	}
#define SEEN(name, kind, flags, dflt, doc)                                         \
	{                                                                              \
		name, ASH_OPT_##kind, 0, (flags) | ASH_OPT_UNFILLED, dflt, NULL, NULL, doc \
	}
#define SEEN_CHOICE(name, choices, dflt, doc)                             \
	{                                                                     \
		name, ASH_OPT_ENUM, 0, ASH_OPT_UNFILLED, dflt, choices, NULL, doc \
	}
#define SEEN_NESTED(name, kind, spec, doc)                               \
	{                                                                    \
		name, ASH_OPT_##kind, 0, ASH_OPT_UNFILLED, NULL, NULL, spec, doc \
	}

#endif /* ASH_ENTITY_OPTIONS_H */
