/*-------------------------------------------------------------------------
 *
 * src/define/define.h
 *	  Documents → catalog rows; catalog rows → schema.
 *
 * parse (jansson) → check against the specs → expand shorthands → compile and
 * verify → store.  All errors of a document are reported together, each with
 * line, column and JSON Pointer.  The document is stored twice: as it came (for
 * ash_definition and ash.revision) and expanded (what everything else reads).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_DEFINE_H
#define ASH_DEFINE_H

#include "action/action.h"
#include "model/entities.h"

/* ash_define: returns a JSON summary; raises with all errors */
extern char *ash_define_document(const char *text, int len, bool migrate);
extern char *ash_undefine_name(const char *name, bool drop_table);
extern char *ash_definition_text(const char *name);

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

/* verify.c: everything a compiled resource says, asked of the rooms that compile it */
extern bool ash_resource_verify(AshResource *res, AshErrors *errors);

/* domain_functions.c: makes the functions of domains known to expressions; called by _PG_init */
extern void ash_define_init(void);

/* A custom statement of a definition, or one that was run. */
typedef struct AshPlanStatement
{
	const char *resource;
	const char *name;
	const char *up;
	const char *down;
	List *after; /* of char *: resources whose tables have to be there */
} AshPlanStatement;

/* schema_plan.c: the schema planner */
typedef struct AshPlanStep
{
	int step;
	const char *resource;
	const char *operation; /* "create table", "add column", … */
	const char *sql;
	bool destructive;
	bool blocking;	  /* keeps others from writing for as long as it runs */
	bool concurrent;  /* cannot run inside a transaction, or waits for such a step */
	Oid owner;		  /* with whose rights it runs; InvalidOid: the caller's */
	const char *path; /* the search_path it runs with */
	const AshPlanStatement *statement; /* what runs is SQL of the definition, or NULL */
	void (*done)(const AshPlanStatement *statement); /* records that it ran */
} AshPlanStep;

/* of AshPlanStep *, in order; concurrently: indexes of filled tables are built outside a
 * transaction */
extern List *ash_plan_steps(const char *domain, bool concurrently);
extern List *ash_plan_apply(const char *domain, bool allow_destructive, bool concurrently);

/* plan_statement.c: runs what undoes the custom statements of the resources, last one first */
extern void ash_plan_undo_statements(List *resources);

/* plan_function.c: statements that drop the generated functions of the resource, each with "; " */
extern char *ash_plan_drop_functions(const char *resource);

/* introspect.c: a document (JSON text) that describes the tables and views of a schema */
extern char *ash_introspect_schema(const char *schema);

#endif /* ASH_DEFINE_H */
