/*-------------------------------------------------------------------------
 *
 * src/result/read_by_key.c
 *	  One row by its primary key, without a statement.
 *
 * The row is taken from the index and the conditions of the query (base filter,
 * tenant, policies, the action's filter) are asked of it in memory.  That is the
 * same as the statement only where nothing else decides: no lock, no offset, no
 * other rows, no condition or field that would have to be parsed or planned first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "result/result.h"

typedef struct Point
{
	AshQuery *query;
	AshRecords *records;
	StringInfo out;
	bool shown;
} Point;

static bool
is_ready(AshExpr *expr)
{
	return ash_expr_in_memory(expr) && ash_expr_is_ready(expr);
}

/* An order does not matter to one row, unless computing it can fail. */
static bool
is_harmless(List *sort)
{
	ListCell *lc;

	foreach (lc, sort)
	{
		const AshExpr *expr = ((AshSortItem *) lfirst(lc))->expr;

		if (expr->kind != ASH_EXPR_REF || expr->attribute == NULL || expr->path != NIL)
			return false;
	}
	return true;
}

static bool
is_point(const AshQuery *query)
{
	ListCell *lc;

	if (query->lock != 0 || query->distinct != NIL ||
		(query->offset.set && query->offset.value > 0) ||
		(query->limit.set && query->limit.value == 0) || !is_harmless(query->sort))
		return false;
	if (query->must_see != NULL || query->before_action != NIL || query->after_action != NIL ||
		ash_query_is_manual(query))
		return false;
	foreach (lc, query->filters)
	{
		if (!is_ready(lfirst(lc)))
			return false;
	}
	return true;
}

static bool
satisfies(AshQuery *query, AshValue *row)
{
	ListCell *lc;

	foreach (lc, query->filters)
	{
		AshValue value;

		if (!ash_expr_eval(lfirst(lc), &query->call->bindings, ash_row_attribute, row, &value) ||
			value.isnull || !DatumGetBool(value.value))
			return false;
	}
	return true;
}

static void
show_row(AshValue *row, void *arg)
{
	Point *point = arg;

	point->shown = satisfies(point->query, row);
	if (point->shown)
		ash_records_write_row(point->records, row, point->out);
}

int
ash_query_run_key(AshQuery *query, const AshValue *key, StringInfo out)
{
	Point point = { query, NULL, out, false };

	if (!is_point(query))
		return -1;
	query->page = ASH_PAGE_NONE;
	point.records = ash_records_of_row(query);
	if (point.records == NULL ||
		ash_exec_find_row(query->res, key, show_row, &point) == ASH_FIND_NOT_TRIED)
		return -1;
	if (!point.shown && !ash_errors_any(query->call->errors))
		appendStringInfoString(out, "null");
	return point.shown ? 1 : 0;
}
