/*-------------------------------------------------------------------------
 *
 * src/schema/schema_plan.h
 *	  What the files of the schema planner share.
 *
 * A plan compares two descriptions of each table.  The wanted one is made from
 * the compiled resources (plan_table.c, plan_index.c, plan_reference.c) and put
 * into PostgreSQL's own words by creating it as a temporary table in a
 * subtransaction that is rolled back (plan_shadow.c).  The present one is read
 * from pg_catalog (plan_catalog.c).  So texts can be compared as they are, and
 * nothing is ever remembered between two plans.  plan_diff.c and plan_objects.c
 * turn the differences into steps; each step belongs to a phase, and the phases
 * in their order are an order in which all steps can run.
 *
 * Everything lives in the memory context that is current when a plan is made.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_PLAN_H
#define ASH_PLAN_H

#include "action/action.h"
#include "catalog/pg_class.h"
#include "schema/schema.h"

/* A named part of a table: primary key, check, index or foreign key. */
typedef struct AshPlanObject
{
	const char *name;
	/*
	 * Check: the condition.  Index: from USING on.  Keys: as in ADD CONSTRAINT.
	 * current is the same by the names that tables and columns have before the
	 * renames of this plan.  Both are NULL for what others make: it is left alone.
	 */
	const char *definition;
	const char *current;
	bool unique;
	bool constraint;   /* the index belongs to a UNIQUE constraint */
	bool concurrently; /* only to be created outside of a transaction */
	bool valid;
	bool foreign;		   /* a foreign key that no relationship can express: not ours */
	const char *to_schema; /* foreign key: the table it refers to */
	const char *to_table;
	List *columns; /* foreign key: of AshPlanColumn *, the wanted ones of both sides */
} AshPlanObject;

typedef struct AshPlanColumn
{
	const char *name;
	const char *current; /* name before the renames of this plan */
	const char *type;	 /* SQL */
	Oid type_oid;		 /* InvalidOid while no table has shown it */
	int32 typmod;
	bool not_null;
	const char *dflt; /* SQL, or NULL */
	bool any_default; /* whatever the table does to fill the column is right */
	bool sql_default; /* the owner wrote the default: it may be another for each row */
	char identity;	  /* as in pg_attribute: '\0', 'a' or 'd' */
	char generated;	  /* as in pg_attribute */
	const char *comment;
	const char *renamed_from;
	bool retyped; /* the table has it with another type */
} AshPlanColumn;

typedef struct AshPlanTable
{
	const char *resource; /* the first one that has this table */
	Oid owner;			  /* of the domain: with its rights all is evaluated and done */
	const char *path;	  /* the search_path for that */
	const char *schema;
	const char *name;
	const char *renamed_from;	/* former name */
	List *columns;				/* of AshPlanColumn * */
	List *ignored;				/* of char *: columns that others look after */
	AshPlanObject *primary_key; /* or NULL */
	List *checks;				/* of AshPlanObject *, as are the next two */
	List *indexes;
	List *references;
	List *parameters;	 /* storage parameters, see plan_storage.c */
	bool has_parameters; /* the definition speaks of them */
	char persistence;	 /* as in pg_class; wanted: '\0' whatever it is */
	const char *tablespace;
	const char *partition_key; /* "range ("a", "b")", or NULL */
	bool row_security;
	bool has_policies; /* somebody wrote CREATE POLICY for it */
	const char *comment;
	char relkind;
	bool empty;					  /* has surely no rows */
	struct AshPlanTable *present; /* of a wanted table: what there is now, or NULL */
} AshPlanTable;

/* A parameter of a function. */
typedef struct AshPlanParameter
{
	const char *name;
	const char *type; /* SQL */
	Oid type_oid;	  /* InvalidOid while there is no such type */
	const char *dflt; /* SQL, or NULL */
} AshPlanParameter;

/* A function of the definition, in LANGUAGE sql. */
typedef struct AshPlanFunction
{
	const char *resource;
	const char *schema;
	const char *name;
	List *parameters;	 /* of AshPlanParameter * */
	const char *returns; /* SQL, with SETOF */
	Oid return_type;
	bool set;
	int rows;		 /* of a set, for the planner; 0 = it knows best */
	char volatility; /* as in pg_proc, and … */
	char parallel;
	const char *body;
	const char *description;
} AshPlanFunction;

/* The order in which steps run. */
typedef enum AshPlanPhase
{
	ASH_PHASE_PREPARE, /* schemas, extensions */
	ASH_PHASE_UNDO,	   /* custom statements, while everything still is as they found it */
	ASH_PHASE_RENAME_TABLE,
	ASH_PHASE_DROP_REFERENCE,
	ASH_PHASE_DROP_OBJECT,
	ASH_PHASE_RENAME_PART,
	ASH_PHASE_TABLE,
	ASH_PHASE_COLUMN,
	ASH_PHASE_KEY,
	ASH_PHASE_CHECK,
	ASH_PHASE_INDEX,
	ASH_PHASE_REFERENCE,
	ASH_PHASE_STATEMENT,
	ASH_PHASE_SECURITY,
	ASH_PHASE_COMMENT,
	ASH_PHASE_DROP_COLUMN,
	ASH_PHASE_DROP_FUNCTION,
	ASH_PHASE_FUNCTION,
	ASH_PHASE_COUNT
} AshPlanPhase;

#define ASH_STEP_DESTRUCTIVE 0x01
#define ASH_STEP_BLOCKING 0x02	 /* while it runs nobody writes; forgotten for empty tables */
#define ASH_STEP_CONCURRENT 0x04 /* cannot run inside a transaction */

typedef struct AshPlan
{
	List *resources;			  /* of AshResource * */
	List *tables;				  /* of AshPlanTable *: wanted, in definition order */
	List *extensions;			  /* of char *: CREATE EXTENSION for what is missing */
	const char *extension_schema; /* where they go: where our own functions are */
	List *functions;			  /* of AshPlanFunction *: wanted */
	bool concurrently;			  /* build and drop all indexes without keeping writers out */
	List *steps[ASH_PHASE_COUNT]; /* of AshPlanStep * */
} AshPlan;

/* schema_plan.c */
extern void ash_plan_step(AshPlan *plan, const AshPlanTable *table, AshPlanPhase phase,
						  const char *operation, int flags, const char *fmt, ...)
	pg_attribute_printf(6, 7);
extern AshPlanTable *ash_plan_find_table(const AshPlan *plan, const char *schema, const char *name);

/* plan_table.c: compiled resources → wanted tables */
extern void ash_plan_want(AshPlan *plan, AshResource *res, Oid owner);
extern const char *ash_plan_type(const AshPlan *plan, const AshTypeInst *type);
extern AshPlanColumn *ash_plan_find_column(const AshPlanTable *table, const char *name);
extern bool ash_plan_ignores(const AshPlanTable *table, const char *column);

/* plan_storage.c: how the table is stored */
extern const char *ash_plan_parameter_text(json_t *value);
extern void ash_plan_want_options(AshPlanTable *table, const AshResource *res);
extern void ash_plan_read_options(AshPlanTable *table, const char *oid);
extern void ash_plan_diff_options(AshPlan *plan, const AshPlanTable *table);
extern char *ash_plan_table_options(const AshPlanTable *table);

/* plan_index.c */
/* an object that others make; it is neither made nor dropped, nor built anew */
extern void ash_plan_leave_object(List **list, const char *name);
extern void ash_plan_want_indexes(AshPlan *plan, AshPlanTable *table, AshResource *res);
/* the base filter as SQL, or NULL */
extern char *ash_plan_base_filter(AshResource *res);
extern AshPlanObject *ash_plan_object(List **list, const char *name, const char *definition);
/* "a", "b" */
extern char *ash_plan_name_list(List *names);

/* plan_sql_text.c: SQL that owners write into definitions; anything but one expression is refused
 */
extern bool ash_plan_is_expression(const char *sql);
extern void ash_plan_check_condition(const AshResource *res, const char *what, const char *sql);
extern void ash_plan_check_index_field(const AshResource *res, const char *sql);

/* plan_reference.c: after all wanted tables are known and present ones were found */
extern void ash_plan_want_references(AshPlan *plan, AshPlanTable *table, AshResource *res);

/* plan_catalog.c */
/* Rows of the query as arrays of ncolumns texts (or NULL); names in it mean pg_catalog. */
extern List *ash_plan_query(int ncolumns, const char *sql, int nargs, const char *const *args);
/* The table, view or foreign table of that name as it is, or NULL. */
extern AshPlanTable *ash_plan_read(const char *schema, const char *name);
extern AshPlanTable *ash_plan_read_oid(Oid relid);
extern void ash_plan_execute(const char *sql);

/* plan_shadow.c: PostgreSQL's own words for a wanted table that exists in another form */
extern void ash_plan_shadow(AshPlan *plan, AshPlanTable *table);

/* plan_ddl.c */
extern const char *ash_plan_qualified(const AshPlanTable *table);
extern char *ash_plan_column_sql(const AshPlanColumn *column);
extern char *ash_plan_create_table(const AshPlanTable *table, const char *qualified);
/* The same as a temporary table in two statements; in the first there is nothing to evaluate. */
extern char *ash_plan_create_bare(const AshPlanTable *table, const char *qualified);
extern char *ash_plan_complete_bare(const AshPlanTable *table, const char *qualified);
extern char *ash_plan_create_index(const AshPlanObject *index, const char *name,
								   const char *qualified, bool concurrently);

/* plan_interface.c: the functions of a resource; after present tables were found */
extern void ash_plan_want_functions(AshPlan *plan, const AshPlanTable *table, AshResource *res);

/* One of an interface's "args": "x", {"arg": "x"}, {"ref": "x"}, "_record", or {"optional": …}. */
typedef enum AshInterfaceArgKind
{
	ASH_INTERFACE_NAME,
	ASH_INTERFACE_ARGUMENT, /* of a calculation, even if an attribute has the name */
	ASH_INTERFACE_REF,		/* an attribute by value */
	ASH_INTERFACE_RECORD	/* the row */
} AshInterfaceArgKind;

typedef struct AshInterfaceArg
{
	const char *name;
	bool optional;
	AshInterfaceArgKind kind;
} AshInterfaceArg;

/* false when it is none of these */
extern bool ash_plan_interface_arg(json_t *node, AshInterfaceArg *out);

/* plan_function.c: compares functions with pg_proc; domain NULL: of all domains */
extern void ash_plan_diff_functions(AshPlan *plan, const char *domain);

/* plan_statement.c: custom statements that were not run, or are no longer wanted */
extern void ash_plan_diff_statements(AshPlan *plan);
extern bool ash_plan_has_statements(const List *steps);
/* Raises unless the current user may run the statements among the steps. */
extern void ash_plan_check_statements(const List *steps);
extern void ash_plan_run_statement(const AshPlanStep *step);

/* plan_rewrite.c: false when ALTER COLUMN TYPE looks at rows, or may */
extern bool ash_plan_retypes_quickly(const AshPlanTable *present, const AshPlanColumn *from,
									 const AshPlanColumn *to);

/* plan_diff.c, plan_objects.c: differences → steps */
extern void ash_plan_diff(AshPlan *plan, AshPlanTable *table); /* shadows are done */
extern void ash_plan_diff_columns(AshPlan *plan, AshPlanTable *table);
extern void ash_plan_diff_objects(AshPlan *plan, AshPlanTable *table);
extern AshPlanObject *ash_plan_find_object(List *objects, const char *name);

#endif /* ASH_PLAN_H */
