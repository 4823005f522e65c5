/*-------------------------------------------------------------------------
 *
 * src/result/hidden_rows.c
 *	  Reads that fail when policies hide one of their rows (authorize_with "error").
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "result/result.h"

/*
 * Forbids the query when policies hide a row of it, or of the rows related to keys.  The
 * condition of the policies becomes an ordinary condition of the query afterwards.
 */
void
ash_query_check_hidden(AshQuery *query, AshKeys *keys)
{
	AshExpr *visible;
	AshSql sql;

	if (query->must_see == NULL)
		return;
	if (ash_query_is_manual(query))
	{
		ash_manual_refuse(query, "looked for among forbidden ones");
		return;
	}
	visible = ash_expr_call("coalesce", list_make2(query->must_see, ash_expr_bool(false)),
							query->call->errors);
	ash_query_sql_init(query, &sql);
	ash_statement_exists(query, keys, list_make1(ash_expr_not(visible)), &sql);
	if (!ash_errors_any(query->call->errors) && ash_exec_modify(query->res, &sql, NULL, NULL) > 0)
	{
		AshPolicySubject subject = ash_query_subject(query);

		query->forbidden = true;
		if (!query->forgiving)
			ash_authorize_refuse(&subject);
	}
	query->filters = lappend(query->filters, query->must_see);
	query->must_see = NULL;
}

/* The same for a query that reads rows of its own; false after adding an error. */
bool
ash_query_see_all(AshQuery *query)
{
	if (!query->related)
		ash_query_check_hidden(query, NULL);
	return !ash_errors_any(query->call->errors);
}
