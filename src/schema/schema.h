/*-------------------------------------------------------------------------
 *
 * src/schema/schema.h
 *	  The schema planner and introspection, as the rooms above see them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_SCHEMA_H
#define ASH_SCHEMA_H

#include "model/model.h"

/* A custom statement of a definition, or one that was run. */
typedef struct AshPlanStatement
{
	const char *resource;
	const char *name;
	const char *up;
	const char *down;
	List *after; /* of char *: resources whose tables have to be there */
} AshPlanStatement;

/* One statement of a plan. */
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

/* plan_catalog.c: the schema our own functions are in; extensions that types need go there too */
extern const char *ash_extension_schema(void);

#endif /* ASH_SCHEMA_H */
