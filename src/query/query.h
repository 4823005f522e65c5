/*-------------------------------------------------------------------------
 *
 * src/query/query.h
 *	  Input → query → one SQL statement → JSON: filter, sort, page, load.
 *
 * An AshQuery belongs to one call.  Run-time input is JSON in a closed grammar
 * and becomes AshExpr trees whose values are parameters; the statement text is
 * the key of the plan cache, so a plan is never used for another shape.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_QUERY_H
#define ASH_QUERY_H

#include "changeset/changeset.h"
#include "model/aggregate.h"

typedef struct AshQuery AshQuery;
typedef struct AshLoad AshLoad;

typedef enum AshSortOrder
{
	ASH_SORT_ASC,  /* nulls last */
	ASH_SORT_DESC, /* nulls first */
	ASH_SORT_ASC_NILS_FIRST,
	ASH_SORT_DESC_NILS_LAST
} AshSortOrder;

typedef struct AshSortItem
{
	AshExpr *expr;
	AshSortOrder order;
	bool from_input;
} AshSortItem;

typedef enum AshPageKind
{
	ASH_PAGE_NONE,
	ASH_PAGE_OFFSET,
	ASH_PAGE_KEYSET
} AshPageKind;

/* One thing to load: relationship, calculation or aggregate. */
struct AshLoad
{
	AshRelationship *relationship;
	AshQuery *query; /* relationship: the nested query (own select, filter, …) */
	AshCalculation *calculation;
	AshExpr **calc_args;
	AshAggregate *aggregate;
	const char *as; /* key in the JSON */
};

struct AshQuery
{
	AshCall *call; /* for nested queries: a nested call */
	AshResource *res;
	AshAction *action;	 /* or NULL */
	List *filters;		 /* of AshExpr *, ANDed */
	List *sort;			 /* of AshSortItem * */
	List *default_sort;	 /* of AshSortItem *: when nothing else sorts */
	List *distinct;		 /* of AshSortItem * */
	List *distinct_sort; /* of AshSortItem *: which row of equal ones is kept; NIL = sort */
	AshOptInt limit;
	AshOptInt offset;
	Bitmapset *select; /* attribute indexes; NULL = default selection */
	bool select_given;
	List *loads;					  /* of AshLoad * */
	const AshTypeInst **loaded_types; /* by attribute: the type that writes its loads; or NULL */
	int page;						  /* AshPageKind */
	bool page_count;
	int64 page_limit;
	int64 page_offset;
	List *page_filters; /* of AshExpr *: rows of the page, not of the count */
	const char *after;	/* keyset cursors */
	const char *before;
	int lock; /* 0 none, else a number of row_lock.c */
	bool tenant_checked;
	bool authorized;		   /* policy filter has been added */
	bool paginated_by_default; /* the page comes from the action: read_one is exempt */
	AshValue *cursor;		   /* values of after or before, by sort item */
	uint8 *keyset_scope;	   /* what its keysets belong to, once it is known */
	AshExpr *tenant;		   /* condition on the tenant attribute (also in filters), or NULL */
	Oid reader;				   /* with whose rights its rows are read; InvalidOid: the caller's */
	bool related;			   /* its rows are those of a relationship */
	bool forgiving;			   /* a read that policies forbid is no error … */
	bool forbidden;			   /* … but noted here */
	AshExpr *must_see;		   /* policies: all rows must be let through (authorize_with) */
	bool bare;				   /* no tenant condition: see ash_query_bare */
	bool sort_is_default;	   /* sort is default_sort */
	bool strict_loads;		   /* related records have the fields that are named, no others */
	bool streamed;			   /* a page of a walk over many rows */
	int late_depth;			   /* how many late calculations it is read for, inside each other */
	bool trusted_loads;		   /* related rows are not filtered by their policies */
	List *before_action;	   /* of AshFunction *: told of the query once it is authorized … */
	List *after_action;		   /* … and given the records it found */
};

/* an AshQuery.lock: FOR UPDATE of the root table, waiting */
#define ASH_LOCK_UPDATE 1

/* query_build.c: without base filter, tenant and policies: for looking at a row already found */
extern AshQuery *ash_query_bare(AshCall *call, AshResource *res);
/* an empty query with base filter and tenant; the options of a call applied */
extern AshQuery *ash_query_create(AshCall *call, AshResource *res, AshAction *action);
/* arguments, preparations, action filter, then filter, sort, page … of call->opts */
extern void ash_query_for_action(AshQuery *query, const Jsonb *input);
/* filter, sort, limit … of call->opts alone: for choosing rows of a bulk action */
extern void ash_query_apply_options(AshQuery *query);
extern void ash_query_authorize(AshQuery *query);

/* filter_parse.c, sort_parse.c, select_parse.c, load_parse.c: run-time input; faults are added to
 * call->errors */
/* trusted: by code of the definition, which may name private fields */
extern AshExpr *ash_filter_parse(AshQuery *query, AshResource *res, const Jsonb *input,
								 bool trusted);
extern List *ash_sort_parse(AshQuery *query, AshResource *res, const Jsonb *input, bool trusted);
extern void ash_select_parse(AshQuery *query, const Jsonb *input);
extern List *ash_load_parse(AshQuery *query, AshResource *res, const Jsonb *input);
/* each name of a load with what stands beside it, or NULL: a name, a list of loads, an object */
typedef void (*AshLoadFn)(void *context, const char *name, const JsonbValue *value);
extern void ash_load_each(const JsonbValue *load, AshErrors *errors, AshLoadFn fn, void *context);
extern void ash_load_invalid(AshErrors *errors, const char *name);
/* names at the first level of a load of the definition; adds definition errors */
extern void ash_load_verify(AshResource *res, json_t *load, AshErrors *errors);
extern bool ash_page_parse(AshQuery *query, const Jsonb *page);
/* query_build.c: more of what the query is already told */
extern void ash_query_add_filter(AshQuery *query, const Jsonb *filter, bool trusted);
extern void ash_query_add_sort(AshQuery *query, const Jsonb *sort, bool trusted, bool prepend);
/* select_parse.c: of a definition, so the names are attributes */
extern void ash_query_select_names(AshQuery *query, List *names);
extern void ash_query_deselect_names(AshQuery *query, List *names);
/* the values of a calculation's arguments; false after adding errors */
extern bool ash_calculation_args(AshCall *call, AshCalculation *calc, const JsonbValue *given,
								 AshExpr ***args);
/* batch_calculation.c: function and load of a calculation; adds definition errors */
extern void ash_calculation_verify(AshResource *res, AshCalculation *calc, AshErrors *errors);
/* does its value come from a function over all records? */
extern bool ash_calculation_loads_late(AshExpr *ref);
/*
 * The value of a calculation that is computed late for a row that need not be stored
 * (values by attribute), as JSON; false after adding an error.
 */
extern bool ash_calculation_of_row(AshCall *call, AshCalculation *calc, AshExpr **args,
								   const AshValue *row, StringInfo out);
extern AshExpr *ash_calculation_ref(AshResource *res, AshCalculation *calc, AshExpr **args);
/* attribute, calculation (with the defaults of its arguments) or aggregate; NULL: no such field */
extern AshExpr *ash_field_ref(AshResource *res, const char *name, AshErrors *errors);
/* a sort of a definition that may be wrong: faults become definition errors; List of AshSortItem *
 */
extern List *ash_sort_verify(AshResource *res, json_t *source, AshErrors *errors);
/* aggregate_check.c: the sort and the SQL aggregate, also of inline ones; false after adding an
 * error */
extern bool ash_aggregate_check(AshResource *dest, const AshAggregate *agg, AshErrors *errors);
extern void ash_query_init(void);

/* sql_aggregate.c: its type, default, sort and join filters; adds definition errors */
extern void ash_aggregate_verify(AshResource *res, AshAggregate *agg, AshErrors *errors);

/* related_read.c: compiles what a relationship says about its read; adds definition errors */
extern void ash_related_verify(AshResource *res, AshRelationship *rel, AshErrors *errors);
/* the context of a call for the related read, and the arguments the relationship gives it */
extern Jsonb *ash_related_context(AshResource *source, AshRelationship *rel, Jsonb *context);
extern void ash_related_arguments(AshCall *sub, AshResource *source, AshRelationship *rel);
/* does an argument depend on the source row?  It has no value outside of a statement */
extern bool ash_related_has_row_arguments(AshResource *source, AshRelationship *rel);

/* query_run.c: writes the JSON result (array or page object) */
extern void ash_query_run(AshQuery *query, StringInfo out);
/* at most one record: writes it or null, returns how many there were (2 = more than one) */
extern int ash_query_run_one(AshQuery *query, StringInfo out);
/*
 * read_by_key.c: the same for the row of that primary key (by attribute index), beside the
 * conditions of the query; -1, writing nothing, when that takes a statement.
 */
extern int ash_query_run_key(AshQuery *query, const AshValue *key, StringInfo out);
/* rows as values by attribute index (NULL entries for unselected): for actions. List of AshValue *
 */
extern List *ash_query_fetch(AshQuery *query, int limit);
/* the rows of the query with these primary keys, in one statement; NULL for one that is not found
 */
extern AshValue **ash_query_fetch_keys(AshQuery *query, AshValue **keys, int nkeys);

/*
 * held_records.c: JSON of rows already held (results of writes, ash_load), with
 * select, loads and field policies.  rows: List of AshValue *.  extras, when not
 * NIL, is a parallel list of StringInfo with further "key":value text.
 */
extern void ash_records_write(AshCall *call, AshResource *res, List *rows, const Jsonb *load,
							  List *select, bool as_list, List *extras, StringInfo out);

/* the same with what the query shows, "," between the records */
extern void ash_records_write_query(AshQuery *query, List *rows, List *extras, StringInfo out);
/* AshRefValue over a row, an array of AshValue by attribute */
extern bool ash_row_attribute(void *row, const AshExpr *ref, AshValue *out);

/* The value of one calculation of the record with that key, as JSON; false when there is none. */
extern bool ash_records_calculate(AshCall *call, const JsonbValue *record, AshCalculation *calc,
								  const Jsonb *arguments, StringInfo out);

/* manual_read.c: attributes of a record that a function returned; false after adding an error */
struct AshFunction;
extern bool ash_row_from_json(AshCall *call, AshResource *res, const struct AshFunction *function,
							  const Jsonb *record, AshValue *row);
extern bool ash_query_is_manual(const AshQuery *query);
/* adds "… is manual: its records come from a function and cannot be <what>"; always false */
extern bool ash_manual_refuse(AshQuery *query, const char *what);

/* A condition "this row": primary key = values. */
extern AshExpr *ash_query_key_filter(AshResource *res, const AshValue *row);
/* … and its values by attribute index, when it is named by primary key */
extern bool ash_query_record_key(const AshResource *res, const JsonbValue *record, AshValue *key);
/* options.record → condition by primary key or identity; NULL after adding an error. */
extern AshExpr *ash_query_record_filter(AshCall *call, AshResource *res, const JsonbValue *record);

/* aggregate_values.c: aggregates over the whole query: ash_count and friends */
extern void ash_query_aggregate(AshQuery *query, AshAggregateKind kind, const char *field,
								StringInfo out);
/* several, {"name": {"kind": …, "field": …}}, in one statement: writes {"name": value} */
extern void ash_query_aggregates(AshQuery *query, const Jsonb *wanted, StringInfo out);

/* query_run.c: what ash_query_run runs, for ash_sql() and ash_explain(); false after adding an
 * error */
extern bool ash_query_statement(AshQuery *query, AshSql *sql);

/*
 * session_value.c: templates in SQL that any session may run later.  The first writes one
 * as resource's domain sees actor and tenant; the second is the tenant's condition.
 */
extern void ash_sql_session_value(AshSql *sql, const char *resource, AshExpr *expr);
extern AshExpr *ash_session_tenant_condition(AshResource *res, bool required);

/*
 * function_body.c: reads and fields as bodies of SQL functions.  Parameters of a read are the
 * attributes of keys (of AshAttribute *: the row has these values), then arguments (of
 * AshArgument *).  must_find: no row is an error.  *user_code: code of a user runs in it.
 */
extern char *ash_query_read_body(AshResource *res, AshAction *action, List *keys, List *arguments,
								 bool must_find, bool *user_code);
/* why a read cannot be one, or NULL */
extern const char *ash_query_read_fault(AshResource *res, AshAction *action);
/* the argument's default as SQL; "NULL" without one */
extern char *ash_query_argument_default(AshResource *res, AshArgument *arg);
/* The field of the row $1 and its type, or NULL when it is no expression over rows. */
extern char *ash_query_field_body(AshResource *res, const char *field, const AshTypeInst **type,
								  bool *user_code);
/*
 * Condition over one row of res whose columns are reachable as alias.column;
 * used by policies in row-security quals and by the data layer's WHERE.
 */
extern void ash_query_write_condition(AshSql *sql, AshCall *call, AshResource *res,
									  const char *alias, AshExpr *expr);
/* a definition's condition as it stands in an index: no alias, no parameters */
extern void ash_query_write_index_predicate(AshSql *sql, AshResource *res, const char *source);
/* the same for an expression of any type (assignments of atomic updates) */
extern void ash_query_write_expr(AshSql *sql, AshCall *call, AshResource *res, const char *alias,
								 AshExpr *expr);

/* preparations registry */
struct AshPreparationDef
{
	const char *name;
	const char *doc;
	const AshSpec *spec;
	const char *payload; /* option that is the whole of what stands under the name, or NULL */
	uint32 on;			 /* ASH_ON() bits: types of actions it can prepare */
	bool (*prepare)(const AshBuiltinScope *scope, void *options, AshErrors *errors);
	bool (*run)(AshQuery *query, void *options);
	bool (*dynamic)(void *options); /* can only a call run it?  NULL: no */
};
extern const AshPreparationDef *ash_preparation_lookup(const char *name);
extern const AshPreparationDef *ash_preparations(int *count);
extern const AshSpec ash_preparation_common_spec; /* what stands beside the name */
/* runs the action's preparations and validations in order; input is what the action is given */
extern void ash_query_run_preparations(AshQuery *query, const Jsonb *input);
/* compiled on first use into action->preparations; errors is NULL at run time */
extern void ash_action_preparations(AshResource *res, AshAction *action, AshErrors *errors);

#endif /* ASH_QUERY_H */
