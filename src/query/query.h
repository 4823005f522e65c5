/*-------------------------------------------------------------------------
 *
 * src/query/query.h
 *	  A read as it was asked for: filter, sort, selection, loads and page, parsed.
 *
 * An AshQuery belongs to one call.  Run-time input is JSON in a closed grammar and
 * becomes AshExpr trees whose values are parameters.  Parsing looks at definitions
 * only: it authorizes nothing, reads no row and runs no code of the application.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_QUERY_H
#define ASH_QUERY_H

#include "call/app_function.h"
#include "changeset/changeset.h"
#include "model/aggregate.h"
#include "policy/policy.h"

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
	const char *as;	  /* key in the JSON */
	bool has_options; /* relationship: the load had options of its own, not only a name */
};

/* Something to load inside an attribute's value: calculations of an embedded resource. */
typedef struct AshInsideLoad
{
	const AshAttribute *attribute;
	JsonbValue load;
} AshInsideLoad;

struct AshQuery
{
	AshCall *call; /* for nested queries: a nested call */
	AshResource *res;
	AshAction *action;	/* or NULL */
	const Jsonb *input; /* what the action is given */

	/*
	 * What the options of the call ask for.  They are parsed before the action's preparations
	 * run, and put behind what those say by ash_query_take_asked().  NULL: nothing is asked for,
	 * or it was taken.
	 */
	AshQuery *asked;
	bool is_asked;		/* this is the asked of another query */
	Bitmapset *ensured; /* is_asked: attributes that a load names */
	List *inside;		/* is_asked: of AshInsideLoad * */

	/* a query for a load: whose relationship it reads, on behalf of which call */
	AshRelationship *relationship;
	AshResource *source;
	AshCall *outer;

	/* phases it has been through; see prepare/ */
	bool prepared;
	bool begun;
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
	int lock;			  /* 0 none, else a number of row_lock.c */
	bool authorized;	  /* policy filter has been added */
	AshValue *cursor;	  /* values of after or before, by sort item */
	uint8 *keyset_scope;  /* what its keysets belong to, once it is known */
	AshExpr *tenant;	  /* condition on the tenant attribute (also in filters), or NULL */
	Oid reader;			  /* with whose rights its rows are read; InvalidOid: the caller's */
	bool related;		  /* its rows are those of a relationship */
	bool forgiving;		  /* a read that policies forbid is no error … */
	bool forbidden;		  /* … but noted here */
	AshExpr *must_see;	  /* policies: all rows must be let through (authorize_with) */
	bool bare;			  /* no tenant condition: see ash_query_bare */
	bool sort_is_default; /* sort is default_sort */
	bool strict_loads;	  /* related records have the fields that are named, no others */
	bool streamed;		  /* a page of a walk over many rows */
	int late_depth;		  /* how many late calculations it is read for, inside each other */
	bool trusted_loads;	  /* related rows are not filtered by their policies */
	List *before_action;  /* of AshFunction *: told of the query once it is authorized … */
	List *after_action;	  /* … and given the records it found */
};

/* an AshQuery.lock: FOR UPDATE of the root table, waiting */
#define ASH_LOCK_UPDATE 1

/*-------------------------------------------------------------------------
 * query_build.c: from the options of a call to a query
 *-------------------------------------------------------------------------
 */
/* without base filter, tenant and policies: for looking at a row already found */
extern AshQuery *ash_query_bare(AshCall *call, AshResource *res);
/* an empty query with base filter and tenant */
extern AshQuery *ash_query_create(AshCall *call, AshResource *res, AshAction *action);
/* casts the input of the action and parses the options of the call into query->asked */
extern void ash_query_parse(AshQuery *query, const Jsonb *input);
/* where to put what is asked for in addition: query->asked until it was taken, then the query */
extern AshQuery *ash_query_asked(AshQuery *query);
/* puts what is asked for behind what the query holds; query->asked is NULL afterwards */
extern void ash_query_take_asked(AshQuery *query);
/* filter, sort, limit … of call->opts at once: for choosing rows of a bulk action */
extern void ash_query_apply_options(AshQuery *query);
/* more of what the query is already told */
extern void ash_query_add_filter(AshQuery *query, const Jsonb *filter, bool trusted);
extern void ash_query_add_sort(AshQuery *query, const Jsonb *sort, bool trusted, bool prepend);
extern void ash_query_default_sort(AshQuery *query);
/* the query as it is now, for ash_authorize */
extern AshPolicySubject ash_query_subject(const AshQuery *query);
extern bool ash_query_is_manual(const AshQuery *query);
/* adds "… is manual: its records come from a function and cannot be <what>"; always false */
extern bool ash_manual_refuse(AshQuery *query, const char *what);

/* query_view.c: what functions of the application see of a query */
extern Jsonb *ash_query_view(const AshQuery *query);

/*-------------------------------------------------------------------------
 * query_tenant.c
 *-------------------------------------------------------------------------
 */
extern bool ash_call_of_all_tenants(const AshCall *call);
extern bool ash_tenant_bypassed(AshAction *action);
/* the condition on the tenant attribute, or NULL; adds TENANT_REQUIRED when there should be one */
extern AshExpr *ash_tenant_condition(AshCall *call, AshResource *res, AshAction *action);

/*-------------------------------------------------------------------------
 * filter_parse.c, sort_parse.c, select_parse.c, load_parse.c, page_parse.c: run-time input;
 * faults are added to call->errors.  trusted: by code of the definition, which may name
 * private fields.
 *-------------------------------------------------------------------------
 */
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
/* a page although none was asked for, when the action requires one */
extern bool ash_page_default(AshQuery *query);
/* {"page":…,"results":[ … */
extern void ash_page_open(AshQuery *query, StringInfo out);
extern void ash_page_close(AshQuery *query, int64 count, bool more, StringInfo out);

/* load_parse.c: puts loads that were asked for behind those of the query */
extern void ash_load_take(AshQuery *query, List *loads);
extern void ash_load_take_inside(AshQuery *query, const AshInsideLoad *inside);
/* select_parse.c: of a definition, so the names are attributes */
extern void ash_query_select_names(AshQuery *query, List *names);
extern void ash_query_deselect_names(AshQuery *query, List *names);
extern bool ash_query_selects(const AshQuery *query, const AshAttribute *attr);
extern void ash_query_ensure_selected(AshQuery *query, const AshAttribute *attr);

/* sort_parse.c */
extern List *ash_sort_compile(AshResource *res, json_t *source);
/* a sort of a definition that may be wrong: faults become definition errors; List of AshSortItem *
 */
extern List *ash_sort_verify(AshResource *res, json_t *source, AshErrors *errors);

/*-------------------------------------------------------------------------
 * input_values.c: values of run-time input
 *-------------------------------------------------------------------------
 */
/* the values of a calculation's arguments; false after adding errors */
extern bool ash_calculation_args(AshCall *call, AshCalculation *calc, const JsonbValue *given,
								 AshExpr ***args);
/* deep copy of an array element or object value as a Jsonb of its own */
extern char *ash_input_text(const JsonbValue *value);
extern const char *ash_input_name(const char *name);
/* no_such_field, with the public names that are near to it */
extern void ash_input_no_such_field(AshErrors *errors, const AshResource *res, const char *name);
/* what the caller may have meant; private names are not told */
extern void ash_input_suggest(AshErrors *errors, AshError *error, const AshResource *res,
							  const char *name);

/*-------------------------------------------------------------------------
 * field_ref.c: references to fields by name
 *-------------------------------------------------------------------------
 */
extern const char *ash_ref_name(const AshExpr *ref);
extern bool ash_ref_is_public(const AshExpr *ref);
/* can a statement filter and sort by it? */
extern bool ash_calculation_is_sql(const AshExpr *ref);
extern AshExpr *ash_calculation_ref(AshResource *res, AshCalculation *calc, AshExpr **args);
extern AshExpr *ash_aggregate_ref(AshResource *res, AshAggregate *agg, AshErrors *errors);
/* attribute, calculation (with the defaults of its arguments) or aggregate; NULL: no such field */
extern AshExpr *ash_field_ref(AshResource *res, const char *name, AshErrors *errors);

/*-------------------------------------------------------------------------
 * related_read.c: the read behind a relationship of res
 *-------------------------------------------------------------------------
 */
extern bool ash_relationship_to_many(const AshRelationship *rel);
/* is there at most one destination row, for certain? */
extern bool ash_relationship_unique(const AshRelationship *rel);
extern AshAction *ash_related_action(AshRelationship *rel, AshResource *dest);
extern bool ash_relationship_uses_parent(AshResource *res, AshRelationship *rel);
/* the sort of a query with that of the relationship, or with its default */
extern List *ash_related_sort(AshResource *res, AshRelationship *rel, const AshQuery *query);
extern List *ash_related_filters(AshResource *res, AshRelationship *rel, AshResource *dest,
								 AshAction *action);
/* A call for another resource on behalf of call: shares its errors and memory. */
extern AshCall *ash_query_subcall(AshCall *call, AshResource *res, AshAction *action);
extern AshCall *ash_related_call(AshCall *call, AshResource *source, AshRelationship *rel,
								 AshResource *dest, AshAction *action);
extern void ash_related_row_arguments(AshQuery *query, AshResource *source, AshRelationship *rel);
/* of a manual relationship; NULL for the others */
extern const AshFunction *ash_related_function(AshResource *res, AshRelationship *rel);
/* compiles what a relationship says about its read; adds definition errors */
extern void ash_related_verify(AshResource *res, AshRelationship *rel, AshErrors *errors);
/* the context of a call for the related read, and the arguments the relationship gives it */
extern Jsonb *ash_related_context(AshResource *source, AshRelationship *rel, Jsonb *context);
extern void ash_related_arguments(AshCall *sub, AshResource *source, AshRelationship *rel);
/* does an argument depend on the source row?  It has no value outside of a statement */
extern bool ash_related_has_row_arguments(AshResource *source, AshRelationship *rel);
/* the role as which dest is read along a path from source that its policies guard */
extern Oid ash_related_reader(const AshResource *source, const AshResource *dest);
/* which attributes of the parent a load needs */
extern int ash_load_key_attributes(AshResource *res, AshRelationship *rel,
								   const AshAttribute ***attributes);

/*-------------------------------------------------------------------------
 * record_key.c: conditions for one row
 *-------------------------------------------------------------------------
 */
/* A condition "this row": primary key = values. */
extern AshExpr *ash_query_key_filter(AshResource *res, const AshValue *row);
/* … and its values by attribute index, when it is named by primary key */
extern bool ash_query_record_key(const AshResource *res, const JsonbValue *record, AshValue *key);
/* options.record → condition by primary key or identity; NULL after adding an error. */
extern AshExpr *ash_query_record_filter(AshCall *call, AshResource *res, const JsonbValue *record);
/* How a record of res can be named, as the hint of an error; NULL when it has no key. */
extern char *ash_query_key_hint(const AshResource *res);

/* row_lock.c */
extern int ash_lock_parse(const char *name); /* 0 when unknown */
extern const char *ash_lock_sql(int lock, const char **after);

#endif /* ASH_QUERY_H */
