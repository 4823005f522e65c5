/*-------------------------------------------------------------------------
 *
 * src/model/entity_kinds.h
 *	  Which kinds of an entity take which of its options.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_KINDS_H
#define ASH_KINDS_H

#include "model/entities.h"

/* An option that only some kinds of an entity take. */
typedef struct AshApplies
{
	const char *option; /* NULL ends a table */
	uint32 kinds;		/* bits by index of the kind */
	const char *reason; /* why the others do not, or NULL when that is plain */
} AshApplies;

typedef struct AshKinds
{
	const AshSpec *spec;
	const char *option;		   /* tells the kind: a choice, or a flag between two kinds */
	const char *const *names;  /* of the kinds, by index; NULL-terminated.  Where there are options
								* of that name, one of them tells the kind as well */
	const AshApplies *applies; /* options that are not for all kinds */
} AshKinds;

/* The kinds of an entity, or NULL when it has none. */
extern const AshKinds *ash_entity_kinds(const AshSpec *spec);

/* The row of an option that only some kinds take, or NULL. */
extern const AshApplies *ash_kinds_option(const AshKinds *kinds, const char *option);

#endif /* ASH_KINDS_H */
