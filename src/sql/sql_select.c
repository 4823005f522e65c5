/*-------------------------------------------------------------------------
 *
 * src/sql/sql_select.c
 *	  A query as one SELECT.
 *
 * The plain form is a single level.  Further levels are put around it when they
 * pay or are needed:
 *
 *	 - DISTINCT ON has its own order, so it is a sub-select of its own;
 *	 - aggregates, and whatever else looks at other rows, are computed outside of a
 *	   sub-select that cuts the page, so only for the rows that are shown;
 *	 - for parents' keys, the page of each parent is a LATERAL sub-select;
 *	 - a keyset page of a query with a limit or offset of its own is cut from the window
 *	   they leave, so that all pages together are the rows without pages.
 *
 * Values of the sort that the outer level could not compute as cheaply are carried
 * out of the sub-select as "~s0", …; the row itself, for calculations that are
 * functions of it, as "~row".  A limit is written as a number, not as a parameter:
 * without knowing it PostgreSQL would take every generic plan to be too expensive
 * and plan each time anew.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "model/calculation.h"
#include "sql/sql.h"

/* A statement being put together. */
typedef struct Builder
{
	AshQuery *query;
	AshOutput *output; /* NULL for counts and aggregates */
	AshKeys *keys;	   /* or NULL */
	AshSql *sql;
	AshKeySource source; /* the keys as rows */
	bool whole_needed;	 /* a calculation wants the row itself */
	List *extra;		 /* of AshExpr *: further conditions */
	List *distinct;		 /* of char *: the DISTINCT ON of the level being written */
} Builder;

/* What a level consists of. */
#define LEVEL_WHERE 0x01
#define LEVEL_ORDER 0x02
#define LEVEL_LIMIT 0x04
#define LEVEL_LOCK 0x08
#define LEVEL_PAGE 0x10	  /* what the page says besides about its rows … */
#define LEVEL_CURSOR 0x20 /* … and on which side of the cursor they are */
#define LEVEL_WINDOW 0x40 /* the query's own order, limit and offset */

void
ash_query_sql_init(AshQuery *query, AshSql *sql)
{
	ash_sql_init(sql, &query->call->bindings);
	ash_sql_callbacks(sql);
}

/*-------------------------------------------------------------------------
 * Sorts
 *-------------------------------------------------------------------------
 */

/* An attribute of the row itself is as cheap outside of a sub-select as inside. */
static bool
is_own_attribute(const AshExpr *expr)
{
	return expr->kind == ASH_EXPR_REF && expr->attribute != NULL && expr->path == NIL &&
		   !expr->from_input;
}

/* Sort item n, on a row that may carry its value. */
static void
write_sort_value(AshRowScope *row, const AshSortItem *item, int n, bool carried)
{
	if (carried && !is_own_attribute(item->expr))
		appendStringInfo(&row->sql->text, "%s.\"~s%d\"", row->alias, n);
	else
		ash_row_expr(row, item->expr);
}

static void
write_order(Builder *b, AshRowScope *row, bool carried, bool window)
{
	bool keeps = b->distinct != NIL && b->query->distinct_sort != NIL;
	bool reverse = b->distinct == NIL && b->query->before != NULL && !window;
	bool first = true;
	int n = 0;
	ListCell *lc;

	foreach (lc, b->distinct)
	{
		ash_sql_str(b->sql, first ? " ORDER BY " : ", ");
		ash_sql_str(b->sql, lfirst(lc));
		first = false;
	}
	foreach (lc, keeps ? b->query->distinct_sort : b->query->sort)
	{
		AshSortItem *item = lfirst(lc);

		ash_sql_str(b->sql, first ? " ORDER BY " : ", ");
		first = false;
		write_sort_value(row, item, n++, carried);
		ash_order_suffix(b->sql, item->order, reverse);
	}
}

static void
write_carried(Builder *b, AshRowScope *row)
{
	int n = 0;
	ListCell *lc;

	foreach (lc, b->query->sort)
	{
		AshSortItem *item = lfirst(lc);

		if (!is_own_attribute(item->expr))
		{
			ash_sql_str(b->sql, ", ");
			ash_row_expr(row, item->expr);
			appendStringInfo(&b->sql->text, " AS \"~s%d\"", n);
		}
		n++;
	}
}

/*-------------------------------------------------------------------------
 * Levels
 *-------------------------------------------------------------------------
 */

static char *
table_item(Builder *b, AshRowScope *row)
{
	StringInfoData outer = ash_sql_divert(b->sql);

	ash_row_table(row);
	return ash_sql_collect(b->sql, outer);
}

static List *
match_keys(Builder *b, AshRowScope *row, StringInfo item)
{
	return b->keys != NULL ? ash_keys_match(&b->source, b->keys, row, item) : NIL;
}

static AshRowScope *
new_row(Builder *b)
{
	AshRowScope *row =
		ash_row_create(b->sql, b->query->call, b->query->res, ash_from_create(NULL), NULL);

	row->reader = row->trusted_reader = b->query->reader;
	return row;
}

/* What decides which rows there are, and which of them are on the page, by AND. */
static char *
conditions_text(Builder *b, AshRowScope *row, List *matches, int parts)
{
	AshSql *sql = b->sql;
	StringInfoData outer = ash_sql_divert(sql);
	List *filters = NIL;
	ListCell *lc;

	if (parts & LEVEL_WHERE)
		filters = list_concat_copy(b->query->filters, b->extra);
	if (parts & LEVEL_PAGE)
		filters = list_concat(filters, b->query->page_filters);
	foreach (lc, matches)
	{
		if (lc != list_head(matches))
			ash_sql_str(sql, " AND ");
		ash_sql_str(sql, lfirst(lc));
	}
	if (matches != NIL && filters != NIL)
		ash_sql_str(sql, " AND ");
	ash_row_where(row, filters);
	return ash_sql_collect(sql, outer);
}

/* " WHERE …", or nothing */
static void
write_where(Builder *b, AshRowScope *row, List *matches, int parts)
{
	AshSql *sql = b->sql;
	char *first = conditions_text(b, row, matches, parts);
	StringInfoData outer;

	if ((parts & LEVEL_CURSOR) && b->query->cursor != NULL)
	{
		outer = ash_sql_divert(sql);
		ash_row_beyond(row, b->query);
		first = ash_row_behind(row, first, ash_sql_collect(sql, outer),
							   ash_sort_guarded(b->query->sort));
	}
	if (first[0] != '\0')
		appendStringInfo(&sql->text, " WHERE %s", first);
}

/* SELECT targets FROM item …: targets and item are text already, over row. */
static void
write_level(Builder *b, AshRowScope *row, const char *targets, const char *item, List *matches,
			int parts, bool carried)
{
	AshSql *sql = b->sql;
	StringInfoData outer = ash_sql_divert(sql);
	bool window = (parts & LEVEL_WINDOW) != 0;
	char *rest;
	const char *after;

	write_where(b, row, matches, parts);
	if (window || (parts & LEVEL_ORDER))
		write_order(b, row, carried, window);
	if (window || (parts & LEVEL_LIMIT))
		ash_limit_write(b->query, sql, window);
	if ((parts & LEVEL_LOCK) && b->query->lock != 0)
	{
		const char *lock = ash_lock_sql(b->query->lock, &after);

		appendStringInfo(&sql->text, "%s OF %s%s", lock, row->alias, after);
	}
	rest = ash_sql_collect(sql, outer);
	appendStringInfo(&sql->text, "SELECT %s FROM %s", targets, item);
	ash_from_write(sql, row->from);
	ash_sql_str(sql, rest);
}

/* The columns of the output. */
static char *
output_targets(Builder *b, AshRowScope *row, bool carried)
{
	AshOutput *output = b->output;
	AshSql *sql = b->sql;
	StringInfoData outer = ash_sql_divert(sql);

	for (int i = 0; i < output->ncolumns; i++)
	{
		const AshOutputColumn *source = &output->source[i];

		ash_sql_str(sql, i > 0 ? ", " : "");
		if (i == output->ord)
			appendStringInfo(&sql->text, "%s.\"~ord\"", b->source.key->alias);
		else if (output->json[i].mask == ASH_MASK_NEVER || source->late)
			ash_sql_str(sql, "NULL");
		else if (source->attribute != NULL)
			ash_row_column(row, source->attribute);
		else if (source->sort >= 0)
			write_sort_value(row, list_nth(b->query->sort, source->sort), source->sort, carried);
		else
			ash_row_expr(row, source->expr);
	}
	return ash_sql_collect(sql, outer);
}

/* All columns of the row, and what the level outside needs besides. */
static char *
inner_targets(Builder *b, AshRowScope *row, bool carry)
{
	AshSql *sql = b->sql;
	StringInfoData outer = ash_sql_divert(sql);
	ListCell *lc;

	foreach (lc, b->distinct)
	{
		ash_sql_str(sql, lc == list_head(b->distinct) ? "DISTINCT ON (" : ", ");
		ash_sql_str(sql, lfirst(lc));
	}
	appendStringInfo(&sql->text, "%s%s.*", b->distinct != NIL ? ") " : "", row->alias);
	if (b->whole_needed && row->whole == row->alias)
		appendStringInfo(&sql->text, ", %s AS \"~row\"", row->whole);
	if (carry)
		write_carried(b, row);
	return ash_sql_collect(sql, outer);
}

/* A row whose columns come out of a sub-select. */
static AshRowScope *
outer_row(Builder *b)
{
	AshRowScope *row = new_row(b);

	if (b->whole_needed)
		row->whole = psprintf("%s.\"~row\"", row->alias);
	return row;
}

/* The distinct rows, as a FROM item for row. */
static char *
distinct_item(Builder *b, AshRowScope *row)
{
	AshSql *sql = b->sql;
	AshRowScope *inner = new_row(b);
	StringInfoData item;
	StringInfoData outer;
	List *matches;
	char *targets;
	ListCell *lc;

	if (b->query->lock != 0)
	{
		ash_error_add(b->query->call->errors, ASH_E_INVALID_OPTION, "lock",
					  "a read with \"distinct\" cannot lock rows");
		ash_errors_throw(b->query->call->errors);
	}
	initStringInfo(&item);
	appendStringInfoString(&item, table_item(b, inner));
	matches = match_keys(b, inner, &item);
	/* the same text twice: DISTINCT ON must stand at the head of ORDER BY as it is */
	foreach (lc, b->query->distinct)
		b->distinct =
			lappend(b->distinct, ash_row_expr_text(inner, ((AshSortItem *) lfirst(lc))->expr));
	targets = inner_targets(b, inner, false);
	outer = ash_sql_divert(sql);
	ash_sql_str(sql, "(");
	write_level(b, inner, targets, item.data, matches, LEVEL_WHERE | LEVEL_ORDER, false);
	b->distinct = NIL;
	appendStringInfo(&sql->text, ") AS %s", row->alias);
	return ash_sql_collect(sql, outer);
}

/*
 * The rows that the parts leave, with what their order needs if carry, as a FROM item
 * for row: of the window if within, else of the table.
 */
static char *
level_item(Builder *b, AshRowScope *row, int parts, bool carry, bool within)
{
	AshSql *sql = b->sql;
	bool distinct = !within && b->query->distinct != NIL;
	AshRowScope *inner = distinct || within ? outer_row(b) : new_row(b);
	StringInfoData item;
	StringInfoData outer;
	List *matches = NIL;
	char *targets;

	initStringInfo(&item);
	if (within)
		appendStringInfoString(&item,
							   level_item(b, inner, LEVEL_WINDOW | LEVEL_PAGE, false, false));
	else if (distinct)
		appendStringInfoString(&item, distinct_item(b, inner));
	else
	{
		appendStringInfoString(&item, table_item(b, inner));
		matches = match_keys(b, inner, &item);
		parts |= LEVEL_WHERE | LEVEL_LOCK;
	}
	targets = inner_targets(b, inner, carry);
	outer = ash_sql_divert(sql);
	ash_sql_str(sql, "(");
	write_level(b, inner, targets, item.data, matches, parts, false);
	appendStringInfo(&sql->text, ") AS %s", row->alias);
	return ash_sql_collect(sql, outer);
}

/* The rows of the query, cut to the page, as a FROM item for row. */
static char *
page_item(Builder *b, AshRowScope *row, bool limited, bool paged)
{
	bool windowed = paged && ash_limit_windowed(b->query);
	int parts = limited ? LEVEL_ORDER | LEVEL_LIMIT : 0;

	if (paged)
		parts |= windowed ? LEVEL_CURSOR : LEVEL_PAGE | LEVEL_CURSOR;
	return level_item(b, row, parts, limited, windowed);
}

/* keys CROSS JOIN LATERAL (…), or the page alone */
static char *
from_page(Builder *b, AshRowScope *row, bool limited, bool paged)
{
	char *item = page_item(b, row, limited, paged);
	StringInfoData text;

	if (b->keys == NULL)
		return item;
	initStringInfo(&text);
	appendStringInfo(&text, "%s CROSS JOIN LATERAL %s", b->source.base, item);
	return text.data;
}

/* Is a column computed from other rows? */
static bool
output_is_costly(const AshOutput *output)
{
	for (int i = 0; i < output->ncolumns; i++)
	{
		const AshOutputColumn *source = &output->source[i];

		if (source->expr != NULL && !source->late && source->sort < 0 &&
			ash_expr_is_costly(source->expr))
			return true;
	}
	return false;
}

static bool
output_needs_whole(const AshOutput *output)
{
	for (int i = 0; i < output->ncolumns; i++)
	{
		const AshExpr *expr = output->source[i].expr;

		if (expr != NULL && !output->source[i].late && expr->kind == ASH_EXPR_REF &&
			expr->calculation != NULL && expr->calculation->expr_source == NULL)
			return true;
	}
	return false;
}

/*-------------------------------------------------------------------------
 * Statements
 *-------------------------------------------------------------------------
 */

static Builder
make_builder(AshQuery *query, AshOutput *output, AshKeys *keys, AshSql *sql)
{
	Builder b = { .query = query, .output = output, .keys = keys, .sql = sql };

	b.whole_needed = output != NULL && output_needs_whole(output);
	if (keys != NULL)
		ash_keys_prepare(&b.source, keys, query->call, sql);
	return b;
}

void
ash_statement_rows(AshQuery *query, AshOutput *output, AshKeys *keys, AshSql *sql)
{
	Builder b = make_builder(query, output, keys, sql);
	bool limited = ash_limit_given(query);
	bool paged = query->cursor != NULL || query->page_filters != NIL;
	bool flat = keys == NULL && query->distinct == NIL && !ash_limit_windowed(query);
	AshRowScope *row;
	char *item;
	char *targets;

	sql->parallel = keys == NULL && (!limited || query->streamed);
	b.whole_needed |= ash_limit_windowed(query);
	if (flat && !(limited && output_is_costly(output)))
	{
		row = new_row(&b);
		item = table_item(&b, row);
		targets = output_targets(&b, row, false);
		write_level(&b, row, targets, item, NIL,
					LEVEL_WHERE | LEVEL_ORDER | LEVEL_LIMIT | LEVEL_LOCK | LEVEL_PAGE |
						LEVEL_CURSOR,
					false);
		return;
	}
	row = outer_row(&b);
	item = from_page(&b, row, limited, paged);
	targets = output_targets(&b, row, limited);
	write_level(&b, row, targets, item, NIL, LEVEL_ORDER, limited);
}

/* The rows as rows of the table, for functions that return them; no page, no output. */
void
ash_statement_records(AshQuery *query, AshSql *sql)
{
	Builder b = make_builder(query, NULL, NULL, sql);
	bool distinct = query->distinct != NIL;
	AshRowScope *row = new_row(&b);
	char *item = distinct ? distinct_item(&b, row) : table_item(&b, row);

	write_level(&b, row, psprintf("%s.*", row->alias), item, NIL,
				(distinct ? 0 : LEVEL_WHERE) | LEVEL_ORDER | LEVEL_LIMIT, false);
}

/* How many rows there are; for keys: of each, as (ord, count).  The page does not count. */
void
ash_statement_count(AshQuery *query, AshKeys *keys, AshSql *sql)
{
	AshQuery all = *query;
	Builder b;
	AshRowScope *row;
	char *item;

	all.page = ASH_PAGE_NONE;
	all.cursor = NULL;
	all.page_filters = NIL;
	all.before = NULL;
	all.lock = 0;
	if (!ash_limit_given(&all))
		all.sort = NIL;
	sql->parallel = keys == NULL;
	b = make_builder(&all, NULL, keys, sql);
	if (keys == NULL && all.distinct == NIL && !ash_limit_given(&all))
	{
		row = new_row(&b);
		item = table_item(&b, row);
		write_level(&b, row, "pg_catalog.count(*)", item, NIL, LEVEL_WHERE, false);
		return;
	}
	row = outer_row(&b);
	item = from_page(&b, row, ash_limit_given(&all), false);
	if (keys == NULL)
	{
		write_level(&b, row, "pg_catalog.count(*)", item, NIL, 0, false);
		return;
	}
	write_level(&b, row, psprintf("%s.\"~ord\", pg_catalog.count(*)", b.source.key->alias), item,
				NIL, 0, false);
	appendStringInfo(&sql->text, " GROUP BY %s.\"~ord\"", b.source.key->alias);
}

/* A column for each call (of AshAggregateCall *), over all rows of the query. */
void
ash_statement_aggregate(AshQuery *query, List *calls, AshSql *sql)
{
	Builder b = make_builder(query, NULL, NULL, sql);
	bool limited = ash_limit_given(query);
	bool flat = query->distinct == NIL && !limited;
	AshRowScope *row = flat ? new_row(&b) : outer_row(&b);
	StringInfoData outer;
	char *item;
	char *targets;
	ListCell *lc;

	sql->parallel = true;
	item = flat ? table_item(&b, row) : from_page(&b, row, limited, false);
	outer = ash_sql_divert(sql);
	foreach (lc, calls)
	{
		ash_sql_str(sql, lc == list_head(calls) ? "" : ", ");
		ash_aggregate_call_write(row, lfirst(lc));
	}
	targets = ash_sql_collect(sql, outer);
	write_level(&b, row, targets, item, NIL, flat ? LEVEL_WHERE : 0, false);
}

/* A row of the query (and of the keys, if any) that also meets the conditions, if there is one. */
void
ash_statement_exists(AshQuery *query, AshKeys *keys, List *conditions, AshSql *sql)
{
	Builder b = make_builder(query, NULL, keys, sql);
	AshRowScope *row = new_row(&b);
	StringInfoData item;
	List *matches;

	b.extra = conditions;
	initStringInfo(&item);
	if (keys != NULL)
		appendStringInfo(&item, "%s CROSS JOIN ", b.source.base);
	appendStringInfoString(&item, table_item(&b, row));
	matches = match_keys(&b, row, &item);
	write_level(&b, row, "1", item.data, matches, LEVEL_WHERE, false);
	ash_sql_str(sql, " LIMIT 1");
}
