/*-------------------------------------------------------------------------
 *
 * src/action/load.c
 *	  Records that the caller already holds: load more onto them, read them
 *	  again.
 *
 * A record is named by its key. It is read through the primary read action, so
 * its policies and tenant apply as they did the first time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/internal.h"
#include "miscadmin.h"

/* One row by key, as the actor may read it; NULL after adding an error. */
static AshValue *
readable_row(AshCall *call, const JsonbValue *record)
{
	AshExpr *filter = ash_query_record_filter(call, call->res, record);
	AshQuery *query;
	List *rows;

	if (filter == NULL)
		return NULL;
	query = ash_action_query(call, NULL);
	if (query == NULL)
		return NULL;
	if (query->after_action != NIL)
	{
		ash_error_add(call->errors, ASH_E_INVALID_LOAD, NULL,
					  "records of %s cannot be loaded again: action %s gives them to a function",
					  call->res->name, call->action->name);
		return NULL;
	}
	query->filters = lappend(query->filters, filter);
	rows = ash_query_fetch(query, 1);
	if (rows != NIL)
		return linitial(rows);
	if (!ash_errors_any(call->errors))
		ash_error_add(call->errors, ASH_E_NOT_FOUND, NULL, "record with %s not found",
					  ash_action_describe_record(call->res, record));
	return NULL;
}

static List *
readable_rows(AshCall *call, const Jsonb *records)
{
	JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, &records->root));
	JsonbIteratorToken token;
	JsonbValue value;
	List *rows = NIL;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		AshValue *row;

		CHECK_FOR_INTERRUPTS();
		if (token != WJB_ELEM)
			continue;
		row = readable_row(call, &value);
		if (row == NULL)
			break;
		rows = lappend(rows, row);
	}
	return rows;
}

/* records: one record, or an array of them; the result has the same shape. */
void
ash_action_load(AshCall *call, const Jsonb *records, const Jsonb *load, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	bool list = records != NULL && JB_ROOT_IS_ARRAY(records) && !JB_ROOT_IS_SCALAR(records);
	JsonbValue record;
	List *rows = NIL;

	if (ash_errors_any(call->errors))
		rows = NIL;
	else if (records == NULL)
		appendStringInfoString(out, "null");
	else if (list)
		rows = readable_rows(call, records);
	else
	{
		ash_jsonb_value_from_jsonb(records, &record);
		rows = list_make1(readable_row(call, &record));
	}
	if (records != NULL && !ash_errors_any(call->errors))
		ash_records_write(call, call->res, rows, load, ash_action_select(call, NULL), list, NIL,
						  out);
	MemoryContextSwitchTo(old);
}
