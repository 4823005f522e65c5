/*-------------------------------------------------------------------------
 *
 * src/action/read_action.c
 *	  read: arguments, preparations, filters and policies become one query.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/resource.h"

/*
 * The query of a read call and those for its loads, parsed, prepared and authorized; NULL after
 * adding an error.  Input is what the action is given.
 */
AshQuery *
ash_action_query(AshCall *call, const Jsonb *input)
{
	AshQuery *query;

	if (ash_errors_any(call->errors))
		return NULL;
	query = ash_query_create(call, call->res, call->action);
	ash_query_for_action(query, input);
	if (!ash_errors_any(call->errors))
		ash_query_authorize(query);
	ash_query_prepare_loads(query);
	return ash_errors_any(call->errors) ? NULL : query;
}

/* The primary key that the arguments of an action with get_by give; NULL when it is not that. */
static AshValue *
get_by_key(const AshQuery *query)
{
	const AshAction *action = query->action;
	AshValue *key;
	ListCell *lc;

	if (action->get_by == NIL || list_length(action->get_by) != query->res->nprimary_key)
		return NULL;
	key = palloc0(sizeof(AshValue) * query->res->nattributes);
	foreach (lc, action->get_by)
	{
		const AshAttribute *attr = ash_find_attribute(query->res, lfirst(lc));
		const AshArgument *arg = ash_find_argument(action, lfirst(lc));

		if (attr == NULL || !attr->primary_key || arg == NULL || arg->type->oid != attr->type->oid)
			return NULL;
		key[attr->index] = query->call->args[arg->index];
	}
	return key;
}

/* At most one record: null, or an error when the call wants one. */
void
ash_action_read_one(AshCall *call, const Jsonb *input, bool not_found_error, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshQuery *query = ash_action_query(call, input);
	AshValue *key;
	int found;

	if (query != NULL)
	{
		key = get_by_key(query);
		found = key != NULL ? ash_query_run_key(query, key, out) : -1;
		if (found < 0)
			found = ash_query_run_one(query, out);
		if (found == 0 && not_found_error && !ash_errors_any(call->errors))
			ash_error_add(call->errors, ASH_E_NOT_FOUND, NULL, "record not found");
	}
	MemoryContextSwitchTo(old);
}

/* Runs a read and appends its result: an array, or a page. */
void
ash_action_read(AshCall *call, const Jsonb *input, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshQuery *query;

	if (call->action->get)
		ash_action_read_one(call, input,
							call->opts->not_found_error_given && call->opts->not_found_error, out);
	else if ((query = ash_action_query(call, input)) != NULL)
		ash_query_run(query, out);
	MemoryContextSwitchTo(old);
}

/* The record through the query, beside its conditions; returns how many were found. */
static int
run_get(AshQuery *query, const JsonbValue *record, const AshValue *key, AshExpr *filter,
		StringInfo out)
{
	int found;

	if (key != NULL)
	{
		found = ash_query_run_key(query, key, out);
		if (found >= 0)
			return found;
		filter = ash_query_record_filter(query->call, query->res, record);
	}
	query->filters = lappend(query->filters, filter);
	return ash_query_run_one(query, out);
}

/* The record of options.record, through the read action. */
void
ash_action_get(AshCall *call, bool not_found_error, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	const JsonbValue *record = call->opts->record;
	AshValue *key = NULL;
	AshExpr *filter = NULL;
	AshQuery *query;
	int found = 0;

	if (record != NULL && !ash_errors_any(call->errors))
	{
		/* a condition that nobody may need is not made */
		key = ash_action_primary_key(call->res, record);
		if (key == NULL)
			filter = ash_query_record_filter(call, call->res, record);
	}
	if ((key != NULL || filter != NULL) &&
		(query = ash_action_query(call, call->opts->input)) != NULL)
		found = run_get(query, record, key, filter, out);
	else if (!ash_errors_any(call->errors))
		appendStringInfoString(out, "null");
	if (found == 0 && not_found_error && !ash_errors_any(call->errors))
		ash_error_add(call->errors, ASH_E_NOT_FOUND, NULL, "record with %s not found",
					  ash_action_describe_record(call->res, record));
	MemoryContextSwitchTo(old);
}
