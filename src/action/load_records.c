/*-------------------------------------------------------------------------
 *
 * src/action/load_records.c
 *	  Records that the caller already holds: load more onto them, read them
 *	  again.
 *
 * A record is named by its key. It is read through the primary read action, so
 * its policies and tenant apply as they did the first time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "miscadmin.h"
#include "model/resource.h"

static void
not_found(AshCall *call, const JsonbValue *record)
{
	ash_error_add(call->errors, ASH_E_NOT_FOUND, NULL, "record with %s not found",
				  ash_action_describe_record(call->res, record));
}

/* The read of records that are held; NULL after adding an error. */
static AshQuery *
record_query(AshCall *call)
{
	AshQuery *query = ash_action_query(call, call->opts->input);

	if (query == NULL || query->after_action == NIL)
		return query;
	ash_error_add(call->errors, ASH_E_INVALID_LOAD, NULL,
				  "records of %s cannot be loaded again: action %s gives them to a function",
				  call->res->name, call->action->name);
	return NULL;
}

/* One row by any key, as the actor may read it; NULL after adding an error. */
static AshValue *
readable_row(AshCall *call, const JsonbValue *record)
{
	AshExpr *filter = ash_query_record_filter(call, call->res, record);
	AshQuery *query;
	List *rows;

	if (filter == NULL)
		return NULL;
	query = record_query(call);
	if (query == NULL)
		return NULL;
	query->filters = lappend(query->filters, filter);
	rows = ash_query_fetch(query, 1);
	if (rows != NIL)
		return linitial(rows);
	if (!ash_errors_any(call->errors))
		not_found(call, record);
	return NULL;
}

/* Rows by primary key, in one statement; NIL after adding an error. */
static List *
rows_by_key(AshCall *call, const JsonbValue *records, AshValue **keys, int n)
{
	AshQuery *query = record_query(call);
	AshValue **found;
	List *rows = NIL;

	if (query == NULL)
		return NIL;
	found = ash_query_fetch_keys(query, keys, n);
	for (int i = 0; i < n && !ash_errors_any(call->errors); i++)
	{
		if (found[i] == NULL)
			not_found(call, &records[i]);
		rows = lappend(rows, found[i]);
	}
	return rows;
}

/* The primary keys of all records, or NULL when one is named in another way. */
static AshValue **
primary_keys(AshCall *call, const JsonbValue *records, int n)
{
	AshValue **keys = palloc(sizeof(AshValue *) * Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		keys[i] = palloc0(sizeof(AshValue) * Max(call->res->nattributes, 1));
		if (!ash_query_record_key(call->res, &records[i], keys[i]))
			return NULL;
	}
	return keys;
}

/*
 * The rows with these keys, by attribute index, that the actor may read; adds an error when
 * one is not found.
 */
static List *
readable_rows(AshCall *call, const JsonbValue *records, int n)
{
	AshValue **keys = primary_keys(call, records, n);
	List *rows = NIL;

	if (keys != NULL)
		return rows_by_key(call, records, keys, n);
	for (int i = 0; i < n && !ash_errors_any(call->errors); i++)
	{
		CHECK_FOR_INTERRUPTS();
		rows = lappend(rows, readable_row(call, &records[i]));
	}
	return rows;
}

/* records: one record, or an array of them; the result has the same shape. */
void
ash_action_load(AshCall *call, const JsonbValue *records, const Jsonb *load, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	bool list = records != NULL && records->type == jbvBinary &&
				JsonContainerIsArray(records->val.binary.data);
	JsonbValue *items = unconstify(JsonbValue *, records);
	List *rows = NIL;
	List *extras = NIL;
	int n = 1;

	if (list)
		n = ash_type_array_items(records, &items);
	if (records == NULL)
		appendStringInfoString(out, "null");
	else if (!ash_errors_any(call->errors))
		rows = readable_rows(call, items, n);
	if (call->opts->lazy && !ash_errors_any(call->errors))
		load = ash_action_lazy_load(call, load, items, n, &extras);
	if (records != NULL && !ash_errors_any(call->errors))
		ash_records_write(call, call->res, rows, load, ash_action_select(call, NULL), list, extras,
						  out);
	MemoryContextSwitchTo(old);
}
