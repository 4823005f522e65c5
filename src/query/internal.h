/*-------------------------------------------------------------------------
 *
 * src/query/internal.h
 *	  What the files of query/ share among themselves.
 *
 * A statement is written from the inside out.  A row scope stands for one row
 * that expressions may refer to, under an alias; references that need more than
 * the row itself (to-one paths, aggregates) put joins into the FROM clause the
 * scope belongs to.  So expressions are written first, into buffers, and the FROM
 * clause, which they have filled by then, is written last.  Parameters are
 * numbered, so the order of writing does not matter.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_QUERY_INTERNAL_H
#define ASH_QUERY_INTERNAL_H

#include "policy/policy.h"
#include "query/query.h"

typedef struct AshFrom AshFrom;
typedef struct AshRowScope AshRowScope;
typedef struct AshAggregateScan AshAggregateScan;

/* A join: text, or a scan for aggregates whose columns are still being collected. */
typedef struct AshFromItem
{
	const char *text;
	AshAggregateScan *scan;
} AshFromItem;

/* A row reached from another one. */
typedef struct AshJoined
{
	const char *alias; /* of the row it was reached from */
	const AshRelationship *relationship;
	bool authorize;
	AshRowScope *row;
} AshJoined;

struct AshFrom
{
	List *items;	/* of AshFromItem *, in order */
	List *joined;	/* of AshJoined * */
	AshFrom *outer; /* whose rows are visible too */
};

struct AshRowScope
{
	AshSql *sql;
	AshCall *call; /* NULL: a condition written for a hook */
	AshResource *res;
	const char *alias; /* "t0"; made by us, never quoted */
	const char *whole; /* the row as a value of the table's type */
	bool optional;	   /* reached by an outer join: may be missing */
	AshFrom *from;
	AshRowScope *parent; /* what parent() refers to, or NULL */
};

/*-------------------------------------------------------------------------
 * scope.c: rows and references
 *-------------------------------------------------------------------------
 */
extern char *ash_next_alias(AshSql *sql);
extern AshFrom *ash_from_create(AshFrom *outer);
extern void ash_from_add(AshFrom *from, const char *text);
extern void ash_from_write(AshSql *sql, AshFrom *from);
extern AshRowScope *ash_row_create(AshSql *sql, AshCall *call, AshResource *res, AshFrom *from,
								   AshRowScope *parent);

/* Text written between the two goes to a buffer of its own. */
extern StringInfoData ash_sql_divert(AshSql *sql);
extern char *ash_sql_collect(AshSql *sql, StringInfoData outer);

extern void ash_row_column(AshRowScope *row, const AshAttribute *attr);
/* an expression over the row */
extern void ash_row_expr(AshRowScope *row, AshExpr *expr);
extern char *ash_row_expr_text(AshRowScope *row, AshExpr *expr);
/* the row at the end of a path, joined as needed */
extern AshRowScope *ash_row_follow(AshRowScope *row, List *path, bool authorize);
extern AshJoined *ash_row_bind(AshRowScope *row, AshRelationship *rel, bool authorize,
							   AshRowScope *to);
extern void ash_sql_callbacks(AshSql *sql);

/*-------------------------------------------------------------------------
 * related.c: the rows of a relationship
 *-------------------------------------------------------------------------
 */
typedef enum AshRelatedRows
{
	ASH_RELATED_ANY,	  /* for a semi-join: duplicates do no harm */
	ASH_RELATED_DISTINCT, /* each destination row once */
	ASH_RELATED_FIRST	  /* one row at most */
} AshRelatedRows;

typedef struct AshRelated
{
	AshRowScope *row;
	const char *item;  /* for FROM */
	const char *where; /* conditions, "" when they are inside the item */
} AshRelated;

/* Several steps: FROM items and conditions of a path. */
typedef struct AshChain
{
	AshFrom *from;
	const char *item; /* the first; the others are in from */
	StringInfoData where;
	AshRowScope *row; /* the last */
} AshChain;

extern AshRelated ash_related(AshRowScope *source, AshRelationship *rel, bool authorize,
							  AshRelatedRows rows, AshFrom *from);
/* join_filters: an AshExpr * or NULL for each step, or NULL */
extern AshChain ash_related_chain(AshRowScope *source, List *path, bool authorize,
								  AshRelatedRows rows, AshExpr **join_filters);
/* conditions (of char *) that tie row to source; a many_to_many adds its join resource to item */
extern void ash_related_match(AshRowScope *source, AshRelationship *rel, AshRowScope *row,
							  bool authorize, AshRelatedRows rows, StringInfo item,
							  List **conditions);
/* a.x = b.y */
extern char *ash_equal_columns(AshRowScope *a, const AshAttribute *x, AshRowScope *b,
							   const AshAttribute *y);
/* base filter, tenant, read policies */
extern List *ash_row_conditions(AshRowScope *row, AshAction *action, bool authorize,
								AshRowScope *source, AshRelationship *rel);
/* "schema"."table" for the call's tenant */
extern void ash_sql_table(AshSql *sql, AshCall *call, AshResource *res);
extern AshAction *ash_related_action(AshRelationship *rel, AshResource *dest);
extern List *ash_relationship_sort(AshResource *res, AshRelationship *rel);
extern bool ash_relationship_uses_parent(AshResource *res, AshRelationship *rel);
extern bool ash_relationship_to_many(const AshRelationship *rel);
extern bool ash_relationship_unique(const AshRelationship *rel);
/* is there a tenant condition?  adds TENANT_REQUIRED when there should be */
extern AshExpr *ash_tenant_condition(AshCall *call, AshResource *res, AshAction *action);
extern AshExpr *ash_session_tenant(AshResource *res, AshAction *action);

/* A call for another resource on behalf of call: shares its errors and memory. */
extern AshCall *ash_query_subcall(AshCall *call, AshResource *res, AshAction *action);

/*-------------------------------------------------------------------------
 * condition.c: boolean expressions over a row
 *-------------------------------------------------------------------------
 */
/* the conditions joined by AND; returns false when there is none */
extern bool ash_row_where(AshRowScope *row, List *conditions);
extern void ash_row_exists(AshRowScope *row, AshExpr *expr);

/*-------------------------------------------------------------------------
 * aggregate.c
 *-------------------------------------------------------------------------
 */
extern void ash_row_aggregate(AshRowScope *row, AshAggregate *agg, bool from_input);
extern void ash_row_inline_aggregate(AshRowScope *row, AshExpr *expr);
extern void ash_aggregate_scan_write(AshSql *sql, AshAggregateScan *scan);

/* an aggregate over the rows of a scope, whatever they are */
typedef struct AshAggregateCall
{
	AshAggregateKind kind;
	AshExpr *field; /* over the row, or NULL */
	List *filters;	/* of AshExpr *, over the row */
	List *sort;		/* of AshSortItem * */
	bool uniq;
	bool include_nil;
	const AshTypeInst *type;
	AshValue dflt; /* of type */
	const char *implementation;
} AshAggregateCall;

extern void ash_aggregate_call_write(AshRowScope *row, const AshAggregateCall *call);
/* does the expression need a scan of other rows? */
extern bool ash_expr_is_costly(AshExpr *expr);

/*-------------------------------------------------------------------------
 * masks.c: field policies
 *-------------------------------------------------------------------------
 */
typedef struct AshMask
{
	AshExpr *condition; /* NULL: always, or never */
	bool never;
} AshMask;

extern AshMask ash_field_mask(AshCall *call, AshResource *res, AshAction *action, const char *field,
							  bool is_public);
extern const char *ash_ref_name(const AshExpr *ref);
extern bool ash_ref_is_public(const AshExpr *ref);
extern AshExpr *ash_field_ref(AshResource *res, const char *name, AshErrors *errors);

/*-------------------------------------------------------------------------
 * sort.c, order.c
 *-------------------------------------------------------------------------
 */
/* "expr ASC NULLS LAST"; reverse turns it around */
extern void ash_order_suffix(AshSql *sql, AshSortOrder order, bool reverse);
extern void ash_row_order(AshRowScope *row, List *sort);
extern List *ash_sort_compile(AshResource *res, json_t *source);
/* primary key appended unless the sort is total already */
extern void ash_query_complete_sort(AshQuery *query);

/*-------------------------------------------------------------------------
 * values.c: values of run-time input
 *-------------------------------------------------------------------------
 */
/* deep copy of an array element or object value as a Jsonb of its own */
extern char *ash_input_text(const JsonbValue *value);
extern const char *ash_input_name(const char *name);

/* select.c */
extern bool ash_query_selects(const AshQuery *query, const AshAttribute *attr);
extern void ash_query_ensure_selected(AshQuery *query, const AshAttribute *attr);

/*-------------------------------------------------------------------------
 * output.c: the columns of a statement
 *-------------------------------------------------------------------------
 */
typedef struct AshOutputColumn
{
	const AshAttribute *attribute;
	AshExpr *expr;
	int sort; /* of this sort item, or -1 */
} AshOutputColumn;

typedef struct AshOutput
{
	AshQuery *query;
	int ncolumns;
	int maxcolumns;
	AshColumn *json; /* parallel to source */
	AshOutputColumn *source;
	int ord;		  /* column of the parent's number, or -1 */
	int keyset;		  /* first of the sort columns, or -1 */
	int nloads;		  /* relationship loads … */
	int **load_keys;  /* … and the columns of their keys */
	const char *tail; /* constant text at the end of each row, or NULL */
	int tail_len;
} AshOutput;

extern AshOutput *ash_output_create(AshQuery *query, bool with_ord);
extern List *ash_query_relationship_loads(AshQuery *query);
/* which attributes of the parent a load needs */
extern int ash_load_key_attributes(AshResource *res, AshRelationship *rel,
								   const AshAttribute ***attributes);

/*-------------------------------------------------------------------------
 * statement.c: SELECT
 *-------------------------------------------------------------------------
 */
/* Rows to start from: keys of parents, or of the rows themselves. */
typedef struct AshKeys
{
	AshResource *res;			   /* owns the key attributes */
	AshRelationship *relationship; /* NULL: the rows themselves */
	int nattributes;
	const AshAttribute **attributes;
	int nkeys;
	Datum **values; /* by attribute, then key; never null */
} AshKeys;

extern void ash_statement_rows(AshQuery *query, AshOutput *output, AshKeys *keys, AshSql *sql);
extern void ash_statement_records(AshQuery *query, AshSql *sql);
extern void ash_statement_count(AshQuery *query, AshKeys *keys, AshSql *sql);
extern void ash_statement_aggregate(AshQuery *query, List *calls, AshSql *sql);
extern void ash_statement_exists(AshQuery *query, List *conditions, AshSql *sql);
extern void ash_query_sql_init(AshQuery *query, AshSql *sql);

/*-------------------------------------------------------------------------
 * keyset.c
 *-------------------------------------------------------------------------
 */
typedef struct AshKeysetWriter AshKeysetWriter;

extern AshKeysetWriter *ash_keyset_writer(AshQuery *query);
extern void ash_keyset_write(AshKeysetWriter *writer, StringInfo out, Datum *values, bool *nulls);
/* query->after or query->before → query->cursor; adds an error */
extern bool ash_keyset_read(AshQuery *query);
/* the condition "beyond the cursor", written over the row */
extern void ash_row_beyond(AshRowScope *row, AshQuery *query);

/*-------------------------------------------------------------------------
 * rowset.c, load_run.c
 *-------------------------------------------------------------------------
 */
typedef struct AshRowset AshRowset;

/* what stands at the end of every row */
extern void ash_output_finish(AshOutput *output, AshKeysetWriter *keyset, AshRowWriter *writer,
							  Datum *values, bool *nulls);
extern AshRowset *ash_rowset_create(AshQuery *query, AshOutput *output);
extern void ash_rowset_add(AshRowset *rows, Datum *values, bool *nulls, const char *extra);
extern void ash_rowset_select(AshRowset *rows, AshKeys *keys);
extern void ash_rowset_load(AshRowset *rows);
extern int ash_rowset_count(const AshRowset *rows);
extern void ash_rowset_write_row(AshRowset *rows, int row, StringInfo out);
/* rows of the page, "," between; in reverse for a page before a cursor */
extern void ash_rowset_write(AshRowset *rows, int limit, StringInfo out);
/* {"page":…,"results":[ … */
extern void ash_page_open(AshQuery *query, StringInfo out);
extern void ash_page_close(AshQuery *query, int64 count, bool more, StringInfo out);
/* a page although none was asked for, when the action requires one */
extern bool ash_page_default(AshQuery *query);
/* rows to show; 0 = all */
extern int64 ash_query_page_limit(const AshQuery *query);

/* lock.c */
extern int ash_lock_parse(const char *name); /* 0 when unknown */
extern const char *ash_lock_sql(int lock, const char **after);

#endif /* ASH_QUERY_INTERNAL_H */
