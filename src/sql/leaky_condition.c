/*-------------------------------------------------------------------------
 *
 * src/sql/leaky_condition.c
 *	  Conditions of callers that can fail.
 *
 * PostgreSQL computes the conditions of a statement in the order of their cost.  One that
 * fails on a row, a cast of a text that is no number, would tell of rows that policies or
 * a tenant hide, and with the text.  So what a caller has written, or may sort by, is
 * computed only behind the other conditions when it can fail (expr/expr_leakproof.c).  Most
 * cannot, and stand beside them, where they can use an index.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/resource.h"
#include "sql/sql.h"

static bool
is_input(AshExpr *expr, void *context)
{
	return (expr->kind == ASH_EXPR_REF || expr->kind == ASH_EXPR_EXISTS) && expr->from_input;
}

/*
 * Has the caller written it, and can it fail?  Then it must not be computed for rows that
 * he does not see, or its error would tell of them.
 */
bool
ash_term_guarded(AshExpr *term)
{
	return ash_expr_walk(term, is_input, NULL) && ash_expr_can_fail(term);
}

bool
ash_terms_guarded(List *terms)
{
	ListCell *lc;

	foreach (lc, terms)
	{
		if (ash_term_guarded(lfirst(lc)))
			return true;
	}
	return false;
}

bool
ash_sort_guarded(List *sort)
{
	ListCell *lc;

	foreach (lc, sort)
	{
		if (ash_term_guarded(((AshSortItem *) lfirst(lc))->expr))
			return true;
	}
	return false;
}

/* True for every row; but PostgreSQL does not know. */
static char *
true_of_row(AshRowScope *row)
{
	StringInfoData outer = ash_sql_divert(row->sql);

	ash_row_column(row, row->res->primary_key[0]);
	ash_sql_str(row->sql, " IS NOT NULL");
	return ash_sql_collect(row->sql, outer);
}

/*
 * Both conditions; the first may be "".  A guarded second one is computed only where the
 * first holds.  PostgreSQL computes what stands in a CASE neither earlier nor, as it may be
 * true for nulls, below an outer join, beside the conditions of the other table.
 */
char *
ash_row_behind(AshRowScope *row, const char *first, const char *second, bool guarded)
{
	const char *both = first[0] != '\0' ? " AND " : "";

	if (!guarded || row->res->nprimary_key == 0)
		return psprintf("%s%s%s", first, both, second);
	return psprintf("%s%sCASE WHEN %s%s%s THEN %s ELSE false END", first, both, first, both,
					true_of_row(row), second);
}
