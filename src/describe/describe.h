/*-------------------------------------------------------------------------
 *
 * src/describe/describe.h
 *	  What definitions may say, described for people and editors: ash_builtins()
 *	  and the JSON Schema of a document.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_DESCRIBE_H
#define ASH_DESCRIBE_H

#include "compat.h"

#include "nodes/pg_list.h"

/* json_schema.c: the JSON Schema (2020-12) of a document */
extern char *ash_definition_schema_text(void);

/* builtins_table.c: every entry of every registry, for ash_builtins() and the reference docs */
typedef struct AshBuiltin
{
	const char *kind; /* "change", "validation", "type", … */
	const char *name;
	const char *options; /* JSON text, or NULL */
	const char *doc;
} AshBuiltin;

extern List *ash_builtin_list(void); /* of AshBuiltin * */

#endif /* ASH_DESCRIBE_H */
