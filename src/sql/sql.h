/*-------------------------------------------------------------------------
 *
 * src/sql/sql.h
 *	  A query, or a condition over a row, as SQL text and parameters.
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
#ifndef ASH_SQL_H
#define ASH_SQL_H

#include "call/app_function.h"
#include "exec/exec.h"
#include "model/aggregate.h"
#include "policy/policy.h"
#include "query/query.h"

typedef struct AshFrom AshFrom;
typedef struct AshRowScope AshRowScope;
typedef struct AshAggregateScan AshAggregateScan;
typedef struct AshLate AshLate;

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
	Oid reader;			 /* with whose rights its table is read; InvalidOid: the caller's */
	Oid trusted_reader;	 /* … and those that its own definition reaches from it */
};

/*-------------------------------------------------------------------------
 * row_scope.c: rows and references
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
 * sql_related.c: the rows of a relationship
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

/* action: reads the rows (of the last step); NULL: the relationship's own */
extern AshRelated ash_related(AshRowScope *source, AshRelationship *rel, AshAction *action,
							  bool authorize, AshRelatedRows rows, AshFrom *from);
/* join_filters: an AshExpr * or NULL for each step, or NULL */
extern AshChain ash_related_chain(AshRowScope *source, List *path, AshAction *action,
								  bool authorize, AshRelatedRows rows, AshExpr **join_filters);
/* conditions (of char *) that tie row to source; a many_to_many adds its join resource to item */
extern void ash_related_match(AshRowScope *source, AshRelationship *rel, AshRowScope *row,
							  bool authorize, AshRelatedRows rows, StringInfo item,
							  List **conditions);
/* a.x = b.y */
extern char *ash_equal_columns(AshRowScope *a, const AshAttribute *x, AshRowScope *b,
							   const AshAttribute *y);
/* appends "a.key = b.key AND …" for rows of one resource */
extern void ash_row_equal_keys(AshRowScope *a, AshRowScope *b);
/* row_scope.c: notes that the statement reads the table of res */
extern void ash_sql_reads(AshSql *sql, AshResource *res);

/*-------------------------------------------------------------------------
 * row_table.c: the table behind a row
 *-------------------------------------------------------------------------
 */
/* "schema"."table" AS alias: the row's table, for the call's tenant */
extern void ash_row_table(AshRowScope *row);
/* the role as which a row of dest reached from source is read; InvalidOid: the caller */
extern Oid ash_row_reader(const AshRowScope *source, const AshResource *dest, bool authorize);
extern AshExpr *ash_session_tenant(AshResource *res, AshAction *action);

/*-------------------------------------------------------------------------
 * sql_condition.c: boolean expressions over a row
 *-------------------------------------------------------------------------
 */
/* the conditions joined by AND; returns false when there is none */
extern bool ash_row_where(AshRowScope *row, List *conditions);

/* leaky_condition.c: has the caller written it, and can it fail? */
extern bool ash_term_guarded(AshExpr *term);
extern bool ash_terms_guarded(List *terms);
extern bool ash_sort_guarded(List *sort);
/* both conditions, of which the first may be ""; a guarded second one waits for the first */
extern char *ash_row_behind(AshRowScope *row, const char *first, const char *second, bool guarded);

/* sql_limit.c: is there a LIMIT or an OFFSET? */
extern bool ash_limit_given(const AshQuery *query);
/* … are they the query's own, from which a page behind a cursor is cut? */
extern bool ash_limit_windowed(const AshQuery *query);
/* window: those alone */
extern void ash_limit_write(const AshQuery *query, AshSql *sql, bool window);
extern void ash_row_exists(AshRowScope *row, AshExpr *expr);

/*-------------------------------------------------------------------------
 * sql_aggregate.c
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
 * field_mask.c: field policies
 *-------------------------------------------------------------------------
 */
typedef struct AshMask
{
	AshExpr *condition; /* NULL: always, or never */
	bool never;
} AshMask;

extern AshMask ash_field_mask(AshCall *call, AshResource *res, AshAction *action, const char *field,
							  bool is_public);
/*-------------------------------------------------------------------------
 * sql_order.c
 *-------------------------------------------------------------------------
 */
/* "expr ASC NULLS LAST"; reverse turns it around */
extern void ash_order_suffix(AshSql *sql, AshSortOrder order, bool reverse);
extern void ash_row_order(AshRowScope *row, List *sort);
/* an attribute of the row itself, which every row shows to the caller */
extern bool ash_sort_is_plain(const AshQuery *query, const AshSortItem *item);
/* primary key appended unless the sort is total already */
extern void ash_query_complete_sort(AshQuery *query);

/*-------------------------------------------------------------------------
 * output_columns.c: the columns of a statement
 *-------------------------------------------------------------------------
 */
typedef struct AshOutputColumn
{
	const AshAttribute *attribute;
	AshExpr *expr;
	int sort;  /* of this sort item, or -1 */
	bool late; /* no statement computes it: see batch_calculation.c */
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
	AshLate *late; /* what computes the late columns, or NULL when there is none */
} AshOutput;

extern AshOutput *ash_output_create(AshQuery *query, bool with_ord);
/* a column with the attribute's value, shown or not; a hidden column */
extern int ash_output_value(AshOutput *output, const AshAttribute *attr);
extern int ash_output_hidden(AshOutput *output, AshExpr *expr);
extern List *ash_query_relationship_loads(AshQuery *query);
/*-------------------------------------------------------------------------
 * sql_select.c: SELECT
 *-------------------------------------------------------------------------
 */
/* The keys of related rows that a function named: a slice of them for each parent. */
typedef struct AshMembers
{
	Datum *first; /* by parent: int4, from 1 */
	Datum *last;
	int n;
	Datum **values; /* by attribute of the primary key, then member */
} AshMembers;

/* Rows to start from: keys of parents, or of the rows themselves. */
typedef struct AshKeys
{
	AshResource *res;			   /* owns the key attributes */
	AshRelationship *relationship; /* NULL: the rows themselves */
	int nattributes;
	const AshAttribute **attributes;
	int nkeys;
	Datum **values;		 /* by attribute, then key; never null */
	AshMembers *members; /* of a manual relationship, or NULL */
} AshKeys;

/* key_source.c: the keys as a FROM item */
typedef struct AshKeySource
{
	AshRowScope *key;	 /* the keys' columns */
	AshRowScope *parent; /* what parent() means in the relationship's conditions */
	const char *base;
} AshKeySource;

extern AshKeys *ash_keys_of_rows(AshResource *res, AshValue **rows, int nrows);
extern void ash_keys_prepare(AshKeySource *source, AshKeys *keys, AshCall *call, AshSql *sql);
extern List *ash_keys_match(AshKeySource *source, AshKeys *keys, AshRowScope *row, StringInfo item);

extern void ash_statement_rows(AshQuery *query, AshOutput *output, AshKeys *keys, AshSql *sql);
extern void ash_statement_records(AshQuery *query, AshSql *sql);
extern void ash_statement_count(AshQuery *query, AshKeys *keys, AshSql *sql);
extern void ash_statement_aggregate(AshQuery *query, List *calls, AshSql *sql);
extern void ash_statement_exists(AshQuery *query, AshKeys *keys, List *conditions, AshSql *sql);
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
/* keyset_condition.c: the condition "beyond the cursor", written over the row */
extern void ash_row_beyond(AshRowScope *row, AshQuery *query);

/* aggregate_check.c: the sort and the SQL aggregate, also of inline ones; false after adding an
 * error */
extern bool ash_aggregate_check(AshResource *dest, const AshAggregate *agg, AshErrors *errors);
extern void ash_query_init(void);

/* sql_aggregate.c: its type, default, sort and join filters; adds definition errors */
extern void ash_aggregate_verify(AshResource *res, AshAggregate *agg, AshErrors *errors);

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

/*-------------------------------------------------------------------------
 * batch_plan.c: columns that a function computes once all rows are there
 *-------------------------------------------------------------------------
 */
extern void ash_late_plan(AshOutput *output);
/* true if the value comes from a function over all records */
extern bool ash_calculation_loads_late(AshExpr *ref);
/* function and load of a calculation; adds definition errors */
extern void ash_calculation_verify(AshResource *res, AshCalculation *calc, AshErrors *errors);

#endif /* ASH_SQL_H */
