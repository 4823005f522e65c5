/*-------------------------------------------------------------------------
 *
 * src/expr/expr_internal.h
 *	  What the files of expr/ share among themselves.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_EXPR_INTERNAL_H
#define ASH_EXPR_INTERNAL_H

#include "expr/expr.h"

#include "model/aggregate.h"
#include "nodes/parsenodes.h"

/* Deeper sources are refused: every walker of the tree stays far from the stack's end. */
#define ASH_EXPR_MAX_DEPTH 400
#define ASH_EXPR_MAX_SOURCE (64 * 1024)

/*-------------------------------------------------------------------------
 * expr_scan.c: source → raw parse tree
 *-------------------------------------------------------------------------
 */

/* A source and the text PostgreSQL's parser was given for it. */
typedef struct AshSource
{
	const char *text;	   /* as written */
	const char *rewritten; /* the same with insertions */
	int ninserts;
	int *inserts; /* byte offset in text of each inserted byte, ascending */
} AshSource;

/* NULL after adding an error. */
extern Node *ash_expr_raw_parse(const char *text, AshSource *source, AshErrors *errors);
/* The same of plain SQL; no location in it is one of the source. */
extern Node *ash_expr_raw_parse_text(const char *text, AshErrors *errors);
/* The single expression of text that we wrote ourselves. */
extern Node *ash_expr_raw_parse_own(const char *text);
/* Character position from 1 in the source as written of a parser's byte offset; 0 unknown. */
extern int ash_expr_position(const AshSource *source, int location);
extern char ash_expr_source_char(const AshSource *source, int location);

/*-------------------------------------------------------------------------
 * parse*.c, expr_names.c, expr_aggregate.c, expr_calls.c: raw parse tree → tree
 *-------------------------------------------------------------------------
 */
typedef struct ParseContext
{
	const AshSource *source;
	const AshScope *scope;
	int parent_levels; /* of the references being resolved: inside parent() */
	int depth;
	AshErrors *errors;
} ParseContext;

extern AshExpr *ash_parse_node(ParseContext *cxt, Node *node);
extern AshExpr *ash_parse_condition(ParseContext *cxt, Node *node);
/* Adds a definition error that says where; always NULL, to be returned. */
extern void *ash_parse_error(ParseContext *cxt, int location, const char *fmt, ...)
	pg_attribute_printf(3, 4);
/* The same for a name that is none of candidates (char *): with suggestions. */
extern void *ash_parse_unknown(ParseContext *cxt, int location, const char *name, List *candidates,
							   const char *fmt, ...) pg_attribute_printf(5, 6);
/* What to do about the error that was added last; NULL. */
extern void *ash_parse_hint(ParseContext *cxt, const char *hint);
extern void ash_parse_locate(ParseContext *cxt, int first, int location);

/* The names of a ColumnRef; NULL after adding an error. */
extern List *ash_parse_names(ParseContext *cxt, ColumnRef *ref);
extern bool ash_parse_is_parent(const AshScope *scope, const char *name);
extern AshExpr *ash_parse_name(ParseContext *cxt, List *names, int location);
/*
 * A call that depends on the scope: exists, an aggregate, parent(), upsert_conflict(),
 * a calculation.  *handled is false when it is none of them.
 */
extern AshExpr *ash_parse_scope_call(ParseContext *cxt, FuncCall *call, bool *handled);
extern void *ash_parse_no_field(ParseContext *cxt, const AshResource *res, const char *name,
								int location);
/* The resource at the end of names, all of which must be relationships. */
extern AshResource *ash_parse_path(ParseContext *cxt, List *names, List **rels, List **owners,
								   int location);

/* expr_aggregate.c */
extern AshExpr *ash_parse_exists(ParseContext *cxt, FuncCall *call);
extern AshExpr *ash_parse_aggregate(ParseContext *cxt, FuncCall *call, AshAggregateKind kind);

/* expr_parse_operators.c */
extern AshExpr *ash_parse_operator(ParseContext *cxt, A_Expr *node);
/* left may be NULL: a prefix operator */
extern AshExpr *ash_parse_call_operator(ParseContext *cxt, const char *name, AshExpr *left,
										AshExpr *right, int location);

/* expr_parse_values.c */
extern AshExpr *ash_parse_constant(ParseContext *cxt, A_Const *constant);
extern AshExpr *ash_parse_cast(ParseContext *cxt, TypeCast *node);
extern AshExpr *ash_parse_array(ParseContext *cxt, A_ArrayExpr *node);
extern AshExpr *ash_parse_access(ParseContext *cxt, A_Indirection *node);
extern AshExpr *ash_expr_null(void); /* of no type yet */

/* fragment.c */
extern AshExpr *ash_parse_fragment(ParseContext *cxt, FuncCall *call);
extern void ash_sql_fragment(AshSql *sql, AshExpr *call);

/* expr_composite.c */
extern AshExpr *ash_parse_map(ParseContext *cxt, FuncCall *call);
extern AshExpr *ash_parse_composite(ParseContext *cxt, FuncCall *call);

/* expr_calls.c */
extern List *ash_parse_args(ParseContext *cxt, List *nodes, bool *ok);
extern AshExpr *ash_parse_call(ParseContext *cxt, FuncCall *call);
/* a function of the language by name */
extern AshExpr *ash_parse_call_function(ParseContext *cxt, const char *name, List *args,
										int location);

/*-------------------------------------------------------------------------
 * expr_coerce.c
 *-------------------------------------------------------------------------
 */
extern bool ash_expr_is_string(const AshTypeInst *type); /* text or citext */
extern bool ash_expr_reads_text(const AshExpr *expr, const AshTypeInst *type);
extern bool ash_expr_is_ci(const AshTypeInst *type);
extern bool ash_expr_is_number(const AshTypeInst *type);
extern bool ash_expr_is_null_const(const AshExpr *expr);
/* A type all of them can take, or NULL. */
extern const AshTypeInst *ash_expr_common_type(int n, AshExpr **exprs);
/* Bring them to a type all can take; NULL (and nothing changed) when there is none. */
extern const AshTypeInst *ash_expr_unify(int n, AshExpr **exprs);
/* A cast even where it may fail or lose something; NULL when PostgreSQL knows none. */
extern AshExpr *ash_expr_cast(AshExpr *expr, const AshTypeInst *type);
/* Array type of an item's type, keeping the item's instance. */
extern const AshTypeInst *ash_expr_array_type(const AshTypeInst *item);
/* Item's type of an array or NULL. */
extern const AshTypeInst *ash_expr_item_type(const AshTypeInst *type);
/* int4 → integer, varchar → string …: the type the language uses for it. */
extern const AshTypeInst *ash_expr_result_type(Oid oid);
extern const char *ash_expr_type_name(const AshExpr *expr);

/*-------------------------------------------------------------------------
 * calls: expr_signature.c, expr_pg_catalog.c, expr_operators.c, functions of the tables
 *-------------------------------------------------------------------------
 */
/* AND or OR of many conditions at once */
extern AshExpr *ash_expr_logic(AshExprKind kind, int nargs, AshExpr **args);
extern AshExpr *ash_expr_make_call(const AshExprFunc *func, int nargs, AshExpr **args);
/* Checks the number of arguments and their types; NULL after adding an error. */
extern AshExpr *ash_expr_resolve(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_signature_resolve(AshExpr *call, AshErrors *errors);
/* when, then, when, then, …, else: conditions checked, results brought to one type */
extern AshExpr *ash_expr_make_case(int nargs, AshExpr **args, AshErrors *errors);
/* the same of one condition; otherwise may be NULL */
extern AshExpr *ash_expr_make_if(AshExpr *when, AshExpr *then, AshExpr *otherwise,
								 AshErrors *errors);
extern bool ash_expr_is_unit(const char *unit); /* expr_sql_functions.c */
/* Case folded text of a string expression, for functions that ignore case. */
extern AshExpr *ash_expr_fold(AshExpr *expr);

/* PostgreSQL's own operators and functions; NULL when there is none that fits. */
extern AshExpr *ash_pg_operator(const char *name, int nargs, AshExpr **args);
extern AshExpr *ash_pg_function(const char *name, int nargs, AshExpr **args);
extern bool ash_pg_function_exists(const char *name);
extern List *ash_pg_function_names(const char *name);
/* The call's PostgreSQL operator for these types: fills pg_schema, pg_name, pg_result. */
extern bool ash_pg_operator_find(AshExpr *call, const char *name, Oid left, Oid right);
/* "operator + is not defined for string and integer" */
extern void ash_expr_no_operator(AshErrors *errors, const char *name, int nargs, AshExpr **args);

/* writers and resolvers the tables name (expr_operators.c, expr_special.c, expr_composite.c,
 * expr_raise.c) */
extern AshExpr *ash_resolve_comparison(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_arithmetic(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_division(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_concat(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_overlap(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_like(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_in(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_distinct(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_coalesce(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_minmax(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_nullif(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_if(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_cond(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_is_nil(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_minus(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_round(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_relative(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_get_path(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_type(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_trigram(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_vector_distance(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_required(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_map(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_composite(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_lazy(AshExpr *call, AshErrors *errors);
extern AshExpr *ash_resolve_error(AshExpr *call, AshErrors *errors);
extern void ash_sql_pg_operator(AshSql *sql, AshExpr *call);
extern void ash_sql_pg_function(AshSql *sql, AshExpr *call);
extern void ash_sql_in(AshSql *sql, AshExpr *call);
extern void ash_sql_distinct(AshSql *sql, AshExpr *call);
extern void ash_sql_get_path(AshSql *sql, AshExpr *call);
extern void ash_sql_lazy(AshSql *sql, AshExpr *call);
extern void ash_sql_composite(AshSql *sql, AshExpr *call);
extern void ash_sql_error(AshSql *sql, AshExpr *call);

/*-------------------------------------------------------------------------
 * small things
 *-------------------------------------------------------------------------
 */
extern const AshTypeInst *ash_plain_boolean(void);
/* a get_path(document, …) of names, for a.b.c into a jsonb attribute */
extern AshExpr *ash_expr_get_path(AshExpr *document, List *names, AshErrors *errors);
/* other is needed for res to stay valid */
extern void ash_expr_depend(AshResource *res, const AshResource *other);
extern void ash_sql_args(AshSql *sql, int nargs, AshExpr **args);
extern void ash_sql_type(AshSql *sql, const AshTypeInst *type);

/* expr_compiled.c: false after adding an error */
extern bool ash_path_check(const AshResource *res, const AshRelationship *rel, AshErrors *errors);

#endif /* ASH_EXPR_INTERNAL_H */
