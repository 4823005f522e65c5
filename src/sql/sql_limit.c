/*-------------------------------------------------------------------------
 *
 * src/sql/sql_limit.c
 *	  LIMIT and OFFSET of a statement: the query's own, and the page's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "sql/sql.h"

/* LIMIT of the statement; false when there is none.  A page asks for one row more. */
static bool
statement_limit(const AshQuery *query, int64 *limit)
{
	bool limited = query->limit.set;

	*limit = limited ? query->limit.value : 0;
	if (query->page == ASH_PAGE_NONE)
		return limited;
	if (limited)
		*limit = Max(*limit - query->page_offset, 0);
	*limit = limited ? Min(*limit, query->page_limit + 1) : query->page_limit + 1;
	return true;
}

static int64
statement_offset(const AshQuery *query)
{
	return (query->offset.set ? query->offset.value : 0) +
		   (query->page == ASH_PAGE_OFFSET ? query->page_offset : 0);
}

bool
ash_limit_given(const AshQuery *query)
{
	int64 limit;

	return statement_limit(query, &limit) || statement_offset(query) > 0;
}

/* Behind a cursor the query's own limit would count from there.  A stream counts for itself. */
bool
ash_limit_windowed(const AshQuery *query)
{
	return query->cursor != NULL && !query->streamed &&
		   (query->limit.set || (query->offset.set && query->offset.value > 0));
}

void
ash_limit_write(const AshQuery *given, AshSql *sql, bool window)
{
	AshQuery query = *given;
	int64 limit;

	if (window)
		query.page = ASH_PAGE_NONE;
	else if (ash_limit_windowed(given))
		query.limit.set = query.offset.set = false;
	if (statement_limit(&query, &limit))
		appendStringInfo(&sql->text, " LIMIT " INT64_FORMAT, limit);
	if (statement_offset(&query) > 0)
	{
		ash_sql_str(sql, " OFFSET ");
		ash_sql_param(sql, INT8OID, Int64GetDatum(statement_offset(&query)), false);
	}
}
