/*-------------------------------------------------------------------------
 *
 * src/expr/expr.h
 *	  The expression language: one tree, two back ends.
 *
 * Source text in SQL syntax is parsed by PostgreSQL's raw parser, restricted to
 * an allow-list and resolved against a scope into an AshExpr tree with types.
 * The same trees are built by query/ from run-time filter JSON.  Two back ends
 * read them: ash_sql_expr writes SQL text in which every value is a parameter;
 * ash_expr_eval computes the value in memory, by giving PostgreSQL's own
 * expression executor that same SQL text with the references as parameters.
 * So both agree by construction.
 *
 * Trees are immutable after they were built, except the cached executor state,
 * and live in the memory context that was current.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_EXPR_H
#define ASH_EXPR_H

#include "expr/bindings.h"
#include "model/aggregate.h"
#include "model/model.h"
#include "model/value_template.h"
#include "nodes/bitmapset.h"

typedef enum AshExprKind
{
	ASH_EXPR_CONST,	   /* a value: always a parameter in SQL (NULL, true, false inline) */
	ASH_EXPR_TEMPLATE, /* arg.x, actor.x, context.x, tenant */
	ASH_EXPR_REF,	   /* attribute, calculation, aggregate through a relationship path */
	ASH_EXPR_CALL,	   /* operator or function of the registry */
	ASH_EXPR_AND,
	ASH_EXPR_OR,
	ASH_EXPR_NOT,
	ASH_EXPR_IS_NULL,	/* args[0]; negated = IS NOT NULL */
	ASH_EXPR_CASE,		/* args = when, then, when, then, …, else */
	ASH_EXPR_LIST,		/* array[…] or the list of IN */
	ASH_EXPR_EXISTS,	/* exists(path, condition) */
	ASH_EXPR_AGGREGATE, /* count(path, filter => …) and the like */
	ASH_EXPR_CAST		/* type(x, 'integer'), x::type */
} AshExprKind;

typedef struct AshExprFunc AshExprFunc;
typedef struct AshSql AshSql;

struct AshExpr
{
	AshExprKind kind;
	const AshTypeInst *type; /* result; what has none yet is a term and adaptable */
	int nargs;
	AshExpr **args;

	/* ASH_EXPR_CONST */
	AshValue value;

	/* ASH_EXPR_TEMPLATE */
	AshTemplateKind template_kind;
	List *template_path; /* of char * */

	/* ASH_EXPR_REF, ASH_EXPR_EXISTS, ASH_EXPR_AGGREGATE */
	List *path;					   /* of AshRelationship *: from the scope's resource */
	List *path_resources;		   /* of AshResource *: path_resources[i] owns path[i] */
	AshResource *resource;		   /* owner of the field / destination of the path */
	const AshAttribute *attribute; /* one of the three for ASH_EXPR_REF */
	AshCalculation *calculation;
	AshAggregate *aggregate; /* a declared one; for ASH_EXPR_AGGREGATE the inline one */
	AshExpr **calc_args;	 /* arguments of a referenced calculation, by index */
	int parent_levels;		 /* 0 own row; 1 parent(), 2 parent(parent()) */
	bool from_input;		 /* came from run-time input: field policies apply */
	bool relationship_ref;	 /* to-many path whose row may be missing (is_nil) */

	bool upsert_conflict; /* the value proposed for the attribute: EXCLUDED.column */
	bool literal;		  /* a constant of a definition, not of a call */
	const char *sql_text; /* cache: the literal or operator in SQL (expr_sql.c) */
	AshExpr *inlined;	  /* cache: ash_expr_inlined() */

	/* ASH_EXPR_CALL */
	const AshExprFunc *func;
	const char *pg_schema; /* the PostgreSQL operator or function found for the call … */
	const char *pg_name;
	Oid pg_result;		/* … and what it returns; cast when that is not type->oid */
	bool user_function; /* code of a user runs when this is evaluated */
	Oid collation;
	bool negated; /* NOT IN, IS NOT NULL … */

	bool adaptable;				/* literal, template or get_path: takes the type it meets */
	struct AshEvalState *state; /* cache: executor state (expr_eval.c) */
};

/* What an operator or function of the language is; tables in expr_builtins.c. */
struct AshExprFunc
{
	const char *name; /* "contains", "+", "string_length" */
	const char *doc;
	int min_args;
	int max_args; /* -1: any number */
	bool is_operator;
	bool predicate; /* may be used as a key in filter input */
	/* Argument types and result (expr_signature.c), or NULL when resolve does it. */
	const char *signature;
	const char *sql_template; /* SQL with $1 …, $* for the arguments, or NULL when sql writes it */
	/*
	 * Check argument types, insert casts, set call->type; may return another
	 * tree that means the same.  NULL after adding an error.
	 */
	AshExpr *(*resolve)(AshExpr *call, AshErrors *errors);
	/* Write the SQL of the call. */
	void (*sql)(AshSql *sql, AshExpr *call);
};

/* A function that a domain registers for its expressions. */
typedef struct AshUserFunction
{
	const char *schema;
	const char *name;
	int nargs;
	const AshTypeInst **args;
	const AshTypeInst *returns;
} AshUserFunction;

/* domain_functions.c */
extern bool ash_user_function_find(const AshResource *res, const char *name, AshUserFunction *out);

/* Names an expression may use. */
typedef struct AshScope
{
	AshResource *resource;	 /* NULL: no field references allowed */
	struct AshScope *parent; /* what parent() refers to, or NULL */
	int nargs;				 /* arguments visible as arg.x */
	AshArgument **args;
	AshResource *actor; /* actor's resource for types, or NULL: untyped */
	bool upsert;		/* upsert_conflict(x) allowed */
	bool late;			/* calculations that only a function computes may be used */
} AshScope;

/* expr_parse.c: source text → tree; NULL after adding ASH_E_INVALID_DEFINITION (at the current
 * path). */
extern AshExpr *ash_expr_parse(const char *source, const AshScope *scope, AshErrors *errors);
/* The same, then ash_expr_as / ash_expr_condition. */
extern AshExpr *ash_expr_parse_as(const char *source, const AshScope *scope,
								  const AshTypeInst *type, AshErrors *errors);
extern AshExpr *ash_expr_parse_condition(const char *source, const AshScope *scope,
										 AshErrors *errors);

/*
 * expr_coerce.c: expr as a value of type.  ash_expr_coerce allows what happens by
 * itself (literals and templates take the type, integer → decimal) and returns
 * NULL, adding nothing, when that is not enough; ash_expr_as also casts and adds
 * an error; ash_expr_condition wants a boolean.
 */
extern AshExpr *ash_expr_coerce(AshExpr *expr, const AshTypeInst *type);
extern AshExpr *ash_expr_as(AshExpr *expr, const AshTypeInst *type, AshErrors *errors);
extern AshExpr *ash_expr_condition(AshExpr *expr, AshErrors *errors);

/* expr_build.c: trees by hand */
extern AshExpr *ash_expr_const(const AshTypeInst *type, AshValue value);
extern AshExpr *ash_expr_bool(bool value);
extern AshExpr *ash_expr_attribute(AshResource *res, const AshAttribute *attr);
extern AshExpr *ash_expr_template(AshTemplateKind kind, List *path, const AshTypeInst *type);
extern AshExpr *ash_expr_and(AshExpr *a, AshExpr *b); /* either may be NULL */
extern AshExpr *ash_expr_or(AshExpr *a, AshExpr *b);
extern AshExpr *ash_expr_not(AshExpr *a);
extern AshExpr *ash_expr_is_null(AshExpr *a, bool negated);
extern AshExpr *ash_expr_list(List *items,
							  AshErrors *errors); /* of AshExpr *, brought to one type */
/* By registry name; adds an error and returns NULL when no overload fits. */
extern AshExpr *ash_expr_call(const char *func, List *args, AshErrors *errors);
/* expr_special.c: a jsonb, or null when jsonb_typeof says another kind (NULL: when it says "null")
 */
extern AshExpr *ash_expr_document_of(AshExpr *document, const char *kind);
extern const AshExprFunc *ash_expr_func_lookup(const char *name, bool is_operator);
/* All functions, or operators, of the language: a List of const AshExprFunc *. */
extern List *ash_expr_funcs(bool operators);

/* expr_walk.c */
typedef bool (*AshExprWalker)(AshExpr *expr, void *context); /* true stops the walk */
extern bool ash_expr_walk(AshExpr *expr, AshExprWalker walker, void *context);
extern bool ash_expr_has_refs(AshExpr *expr);  /* needs a row at all */
extern bool ash_expr_in_memory(AshExpr *expr); /* only own attributes: no path, aggregate, exists */
/* expr_leakproof.c: may evaluating it raise an error because of what is in a row? */
extern bool ash_expr_can_fail(AshExpr *expr);
/* LIKE fails on what matches a pattern that ends within an escape */
extern bool ash_pattern_is_whole(const char *pattern);
extern bool ash_expr_uses_actor(AshExpr *expr);
extern char *ash_expr_describe(AshExpr *expr); /* for messages: as SQL with names */

/*
 * The expression of a referenced calculation, its arguments put in and its
 * fields relative to the row that owns it; NULL when it is not an expression.
 */
extern AshExpr *ash_expr_inlined(AshExpr *ref);
/* A copy of expr in which the templates arg.x of args are values; a NULL value leaves them. */
extern AshExpr *ash_expr_with_args(AshExpr *expr, int nargs, AshArgument **args, AshExpr **values);

/*
 * expr_compiled.c: expressions of a resource, compiled on first use and kept in it.
 * errors may be NULL at run time (a fault is then internal); ash_define passes
 * its own to find faults at define time.  NULL when the resource has none.
 */
extern AshExpr *ash_calculation_expr(AshResource *res, AshCalculation *calc, AshErrors *errors);
/*
 * Is it computed by a function over all records, or from one that is?  Then it has no
 * form in SQL: it can be loaded, but not filtered or sorted by.
 */
extern bool ash_calculation_is_late(AshResource *res, AshCalculation *calc);
extern AshExpr *ash_relationship_filter(AshResource *res, AshRelationship *rel, AshErrors *errors);
extern AshExpr *ash_action_filter(AshResource *res, AshAction *action, AshErrors *errors);
extern AshExpr *ash_resource_base_filter(AshResource *res, AshErrors *errors);
extern AshExpr *ash_aggregate_filter(AshResource *res, AshAggregate *agg, AshErrors *errors);
/* Does an aggregate of that kind make sense over values of the type? */
extern bool ash_aggregate_takes(AshAggregateKind kind, const AshTypeInst *type);
/* how aggregates are sorted and made is for query/ to say; the check is false after adding errors
 */
typedef bool (*AshAggregateCheck)(AshResource *dest, const AshAggregate *agg, AshErrors *errors);
extern void ash_expr_set_aggregate_check(AshAggregateCheck check);
extern const AshTypeInst *ash_aggregate_type(AshResource *res, AshAggregate *agg,
											 AshErrors *errors);
/* a default's expression; no row, templates allowed */
extern AshExpr *ash_default_expr(AshResource *res, AshDefault *dflt, const AshTypeInst *type,
								 AshErrors *errors);
/* an AshTemplate's expression over res (which may be NULL) */
extern AshExpr *ash_template_expr(AshResource *res, AshAction *action, AshTemplate *tmpl,
								  AshErrors *errors);
/* the expression of a default, as a value of type; it sees no fields */
extern AshExpr *ash_default_expr(AshResource *res, AshDefault *dflt, const AshTypeInst *type,
								 AshErrors *errors);
/* the resource at the end of a relationship path; NULL after adding an error */
extern AshResource *ash_path_resolve(AshResource *res, List *names, List **rels, List **owners,
									 AshErrors *errors);
/* the scope of expressions of a resource (and action, may be NULL) */
extern AshScope ash_scope_for(AshResource *res, AshAction *action);

/*-------------------------------------------------------------------------
 * SQL text
 *-------------------------------------------------------------------------
 */

/* A table of a statement that is read with the rights of a role other than the caller. */
typedef struct AshReader
{
	const char *alias;
	Oid role;
} AshReader;

/*
 * A statement being written: text plus parameters.  expr/ writes values, operators
 * and functions; what depends on the rows of the statement is written by the two
 * functions that who begins the statement sets after ash_sql_init.  A writer that
 * needs more than the AshSql embeds it as the first member of its own struct.
 */
struct AshSql
{
	StringInfoData text;
	int nparams;
	int maxparams;
	Oid *param_types;
	Datum *param_values;
	char *param_nulls;			 /* 'n' or ' ' as SPI wants them */
	Bitmapset *sensitive;		 /* parameters, counted from 0, that are not shown */
	const AshBindings *bindings; /* NULL: no template may occur */
	bool in_memory;				 /* for one evaluation outside of any statement: no sub-selects */
	bool inline_values; /* values as quoted literals: index predicates, row-security quals */
	bool user_code;		/* set when code of a user runs in it */
	bool parallel;		/* it may look at many rows: worth planning for workers */
	int next_alias;
	/* Writes an ASH_EXPR_REF, ASH_EXPR_EXISTS or ASH_EXPR_AGGREGATE. */
	void (*write_ref)(AshSql *sql, AshExpr *expr);
	/* Writes a template; NULL: its value becomes a parameter. */
	void (*write_template)(AshSql *sql, AshExpr *expr);
	struct AshRowScope *row; /* sql/: the row that references without a path are to */
	List *reads;			 /* of AshResource *: whose columns it names, beside those of its own */
	List *readers;			 /* of AshReader * */
};

extern void ash_sql_init(AshSql *sql, const AshBindings *bindings);
extern void ash_sql_ident(AshSql *sql, const char *name); /* always quoted */
extern void ash_sql_qualified(AshSql *sql, const char *schema, const char *name);
extern void ash_sql_param(AshSql *sql, Oid type, Datum value, bool isnull); /* appends $n */
extern void ash_sql_sensitive(AshSql *sql); /* of the parameter written last */
/* " OPERATOR(schema.=) " for the type, cached text */
extern const char *ash_sql_equals(const AshTypeInst *type);
extern void ash_sql_expr(AshSql *sql, AshExpr *expr);
/* as WHERE, ON or FILTER, where NULL counts as false by itself: nothing hides an index */
extern void ash_sql_condition(AshSql *sql, AshExpr *expr);
#define ash_sql_str(sql, str) appendStringInfoString(&(sql)->text, str)
extern const char *ash_quote_ident(const char *name); /* always quoted, palloc'd */

/*-------------------------------------------------------------------------
 * In-memory evaluation
 *-------------------------------------------------------------------------
 */

/* Value of an attribute of the row at hand. */
typedef bool (*AshRefValue)(void *context, const AshExpr *ref, AshValue *out);

/*
 * Evaluate an expression for which ash_expr_in_memory holds.  The result has
 * expr->type and lives in CurrentMemoryContext.  False after adding an error
 * (a template that could not be resolved); errors of the computation itself
 * (division by zero) are raised by PostgreSQL.
 */
extern bool ash_expr_eval(AshExpr *expr, const AshBindings *bindings, AshRefValue ref,
						  void *context, AshValue *out);

/* Of such an expression: is evaluating it once cheap, with nothing to be parsed or planned anew? */
extern bool ash_expr_is_ready(AshExpr *expr);

#endif /* ASH_EXPR_H */
