/*-------------------------------------------------------------------------
 *
 * src/action/bulk.c
 *	  Many rows in one call: bulk create, update and destroy.
 *
 * Inputs are worked off in batches.  An input that is invalid is left out of its
 * batch; an error of PostgreSQL undoes the whole batch, which runs in a
 * subtransaction ("transaction": "batch", the default), or the whole call
 * ("all").  Each input runs the full life cycle in a nested call, whose memory
 * goes when it is done; only what the result needs is kept.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "nodes/value.h"

#define DEFAULT_BATCH 100

typedef struct Bulk
{
	AshCall *call;
	const Jsonb *input; /* update, destroy: the one input of all rows */
	bool decision_sought;
	AshAuthorizeResult *decided; /* by policies for all rows, or NULL */
	int index;					 /* of the next input */
	int first;					 /* of the current batch */
	int64 batch_size;
	int error_count;
	int succeeded; /* rows written, in batches that stand */
	int batch_succeeded;
	bool batch_failed; /* something went wrong after a row had been written */
	int batches;
	bool stopped;
	StringInfoData errors; /* JSON, comma separated */
	List *rows;			   /* of AshValue *, when records are wanted */
	List *batch_rows;
	List *extras;		/* of StringInfo or NULL, parallel to rows */
	List *batch_extras; /* parallel to batch_rows */
	List *batch;		/* of JsonbValue * (create) or AshValue * */
	List *batch_errors; /* of AshErrors *, one for each input that is wrong */
} Bulk;

/*-------------------------------------------------------------------------
 * Errors
 *-------------------------------------------------------------------------
 */

/*
 * Counts the errors of one input, and keeps them under its index if they are wanted. Sets
 * bulk->stopped with stop_on_error.
 */
static void
keep_errors(Bulk *bulk, AshErrors *errors, int index)
{
	MemoryContext old = MemoryContextSwitchTo(bulk->call->cxt);
	ListCell *lc;

	bulk->error_count++;
	if (bulk->call->opts->stop_on_error)
		bulk->stopped = true;
	if (bulk->call->opts->return_errors)
	{
		foreach (lc, errors->items)
		{
			AshError *error = lfirst(lc);

			error->path = lcons(makeInteger(index), error->path);
		}
		if (bulk->errors.len > 0)
			appendStringInfoString(&bulk->errors, ", ");
		ash_errors_json(&bulk->errors, errors);
	}
	MemoryContextSwitchTo(old);
}

/* PostgreSQL refused the batch: every input of it has failed, with these errors. */
static void
fail_batch(Bulk *bulk, AshErrors *errors)
{
	for (int i = 0; i < list_length(bulk->batch); i++)
	{
		AshErrors *copy = ash_errors_create(bulk->call->cxt);
		ListCell *lc;

		foreach (lc, errors->items)
		{
			AshError *error = palloc(sizeof(AshError));

			*error = *(AshError *) lfirst(lc);
			error->path = list_copy(error->path);
			ash_error_append(copy, error);
		}
		keep_errors(bulk, copy, bulk->first + i);
	}
}

/*-------------------------------------------------------------------------
 * One input
 *-------------------------------------------------------------------------
 */

/* What the record's JSON has besides its fields, in CurrentMemoryContext; or NULL. */
static StringInfo
record_metadata(const AshChangeset *cs)
{
	StringInfo buf;

	if (cs->action->nmetadata == 0 && !cs->upsert_skipped)
		return NULL;
	buf = makeStringInfo();
	if (cs->upsert_skipped)
		appendStringInfoString(buf, "\"_upsert_skipped\": true");
	if (cs->action->nmetadata > 0)
	{
		appendStringInfoString(buf, buf->len > 0 ? ", " : "");
		ash_metadata_write(cs->action, &cs->metadata, buf);
	}
	return buf;
}

/* True if the row was left alone because it does not meet the action's own filter. */
static bool
is_skipped_filter(const AshErrors *errors)
{
	return list_length(errors->items) == 1 &&
		   ((AshError *) linitial(errors->items))->code == ASH_E_STALE_RECORD;
}

/* What policies say about all rows, or NULL; folded when the first row is written. */
static const AshAuthorizeResult *
decide_for_all(Bulk *bulk)
{
	MemoryContext old;

	if (!bulk->decision_sought)
	{
		old = MemoryContextSwitchTo(bulk->call->cxt);
		bulk->decided = ash_authorize_bulk(bulk->call);
		bulk->decision_sought = true;
		MemoryContextSwitchTo(old);
	}
	return bulk->decided;
}

/* The life cycle of one row, in its own call. */
static AshChangeset *
write_bulk_row(Bulk *bulk, AshCall *call, void *item)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	bool create = call->action->type == ASH_ACTION_CREATE;
	AshChangeset *cs = ash_changeset_create(call, create ? ash_jsonb_from_value(item) : bulk->input,
											create ? NULL : item);

	cs->decided = decide_for_all(bulk);
	(void) ash_action_run_changeset(cs);
	MemoryContextSwitchTo(old);
	return cs;
}

/*
 * Runs one input, in a nested call whose memory goes when it is done. Returns its errors, in
 * the outer call's context, or NULL. Sets bulk->batch_failed when something was written before
 * the error.
 */
static AshErrors *
run_input(Bulk *bulk, void *item)
{
	AshCall *outer = bulk->call;
	AshCall *call = ash_call_nested(outer, outer->res, outer->action);
	AshErrors *errors = ash_errors_create(outer->cxt);
	bool create = outer->action->type == ASH_ACTION_CREATE;
	AshChangeset *cs;

	call->opts = outer->opts;
	call->errors = errors;
	call->bindings.errors = errors;
	cs = write_bulk_row(bulk, call, item);
	ash_errors_own(errors);
	if (ash_errors_any(errors) && cs->result != NULL && !is_skipped_filter(errors))
	{
		/* written, and then wrong: the batch has to go */
		bulk->batch_failed = true;
		ash_errors_append_all(outer->errors, errors);
	}
	else if (!ash_errors_any(errors))
		bulk->batch_succeeded++;
	if (!ash_errors_any(errors) && !bulk->batch_failed && outer->opts->return_records)
	{
		MemoryContext old = MemoryContextSwitchTo(outer->cxt);

		bulk->batch_rows = lappend(bulk->batch_rows, ash_action_copy_row(cs->res, cs->result));
		bulk->batch_extras = lappend(bulk->batch_extras, record_metadata(cs));
		MemoryContextSwitchTo(old);
	}
	ash_call_end(call);

	/* a row that the action's own filter excludes is left alone, silently */
	if (!create && is_skipped_filter(errors))
		return NULL;
	return ash_errors_any(errors) ? errors : NULL;
}

/* Runs the inputs of the batch, up to the first that makes it fail. */
static void
run_batch_inputs(Bulk *bulk)
{
	int index = bulk->first;
	ListCell *lc;

	foreach (lc, bulk->batch)
	{
		AshErrors *errors;

		CHECK_FOR_INTERRUPTS();
		errors = run_input(bulk, lfirst(lc));
		if (bulk->batch_failed)
			break;
		if (errors != NULL)
		{
			keep_errors(bulk, errors, index);
			if (bulk->stopped)
				break;
		}
		index++;
	}
}

/* Body of ash_exec_batch(); false when the batch is rolled back. */
static bool
run_inserts(void *arg)
{
	Bulk *bulk = arg;

	run_batch_inputs(bulk);
	return !bulk->batch_failed;
}

/*
 * The inputs of a batch; inserts into a table share the executor's state, and their after
 * triggers fire at the end.
 */
static void
run_batch_body(AshCall *call, void *arg)
{
	if (call->action->type != ASH_ACTION_CREATE || call->action->upsert ||
		call->action->manual_json != NULL)
		run_batch_inputs(arg);
	else
		ash_exec_batch(call->res, run_inserts, arg);
}

/*
 * Runs the gathered inputs, by default in a subtransaction. When that is rolled back, what was
 * counted inside is undone and every input of the batch has failed.
 */
static void
run_batch(Bulk *bulk)
{
	AshCall *call = bulk->call;
	int errors_before = bulk->error_count;
	int length_before = bulk->errors.len;

	if (bulk->batch == NIL)
		return;
	bulk->batches++;
	if (call->opts->transaction != ASH_BULK_BATCH)
		run_batch_body(call, bulk);
	else if (!ash_action_isolated(call, run_batch_body, bulk))
	{
		AshErrors failed = *call->errors;

		/* what was counted inside is undone with the batch */
		call->errors->items = NIL;
		bulk->error_count = errors_before;
		bulk->errors.len = length_before;
		bulk->errors.data[length_before] = '\0';
		bulk->batch_rows = bulk->batch_extras = NIL;
		bulk->batch_succeeded = 0;
		bulk->batch_failed = false;
		fail_batch(bulk, &failed);
	}
	bulk->succeeded += bulk->batch_succeeded;
	bulk->batch_succeeded = 0;
	bulk->rows = list_concat(bulk->rows, bulk->batch_rows);
	bulk->extras = list_concat(bulk->extras, bulk->batch_extras);
	bulk->batch_rows = bulk->batch_extras = NIL;
	bulk->batch = NIL;
	bulk->first = bulk->index;
}

/* Adds an input to the batch, and runs the batch when it is full. */
static void
add_bulk_input(Bulk *bulk, void *item)
{
	if (bulk->stopped)
		return;
	bulk->batch = lappend(bulk->batch, item);
	bulk->index++;
	if (list_length(bulk->batch) >= bulk->batch_size)
		run_batch(bulk);
}

/*-------------------------------------------------------------------------
 * The result
 *-------------------------------------------------------------------------
 */

/* "success", "error" or "partial_success". */
static const char *
status_of(const Bulk *bulk)
{
	if (bulk->error_count == 0)
		return "success";
	return bulk->succeeded == 0 ? "error" : "partial_success";
}

/* Appends the result of the bulk call. */
static void
write_bulk_result(Bulk *bulk, StringInfo out)
{
	AshCall *call = bulk->call;

	appendStringInfo(out, "{\"status\": \"%s\", \"error_count\": %d", status_of(bulk),
					 bulk->error_count);
	if (call->opts->return_records)
	{
		appendStringInfoString(out, ", \"records\": ");
		ash_records_write(call, call->res, bulk->stopped ? NIL : bulk->rows, call->opts->load,
						  ash_action_select(call, NULL), true, bulk->stopped ? NIL : bulk->extras,
						  out);
	}
	if (call->opts->return_errors)
		appendStringInfo(out, ", \"errors\": [%s]", bulk->errors.data);
	if (call->opts->return_notifications)
		ash_notifications_write(call, out);
	appendStringInfoChar(out, '}');
}

/* The state of a bulk call, in CurrentMemoryContext. */
static Bulk *
begin_bulk(AshCall *call, const Jsonb *input)
{
	Bulk *bulk = palloc0(sizeof(Bulk));

	bulk->call = call;
	bulk->input = input;
	bulk->batch_size = call->opts->batch_size.set && call->opts->batch_size.value > 0 ?
						   call->opts->batch_size.value :
						   DEFAULT_BATCH;
	initStringInfo(&bulk->errors);
	return bulk;
}

/* Runs the last batch and writes the result, unless the call as a whole has failed. */
static void
finish_bulk(Bulk *bulk, StringInfo out)
{
	run_batch(bulk);
	if (!ash_errors_any(bulk->call->errors))
		write_bulk_result(bulk, out);
}

/*
 * Without the tenant it needs, the whole call is one error, which is written as its result;
 * false then.
 */
static bool
check_tenant(AshCall *call, StringInfo out)
{
	Bulk failed = { .call = call };

	if (ash_call_check_tenant(call, call->res, call->action))
		return true;
	failed.error_count = 1;
	initStringInfo(&failed.errors);
	ash_errors_json(&failed.errors, call->errors);
	ash_errors_truncate(call->errors, 0);
	write_bulk_result(&failed, out);
	return false;
}

/*-------------------------------------------------------------------------
 * The three kinds
 *-------------------------------------------------------------------------
 */

/* inputs: an array, whose items the life cycle casts one by one. */
static void
create_records(AshCall *call, const Jsonb *inputs, StringInfo out)
{
	JsonbIterator *it;
	JsonbValue value;
	Bulk *bulk;

	if (inputs == NULL || !JB_ROOT_IS_ARRAY(inputs) || JB_ROOT_IS_SCALAR(inputs))
	{
		ash_error_add(call->errors, ASH_E_INVALID_INPUT, NULL,
					  "the inputs of a bulk create must be a JSON array of objects");
		return;
	}
	if (!check_tenant(call, out))
		return;
	bulk = begin_bulk(call, NULL);
	it = ash_jsonb_walk(inputs);
	while (ash_jsonb_next_item(&it, &value))
	{
		JsonbValue *item = palloc(sizeof(JsonbValue));

		*item = value;
		add_bulk_input(bulk, item);
	}
	finish_bulk(bulk, out);
}

/* The rows that options.records names, in that order, locked. */
static List *
named_rows(AshCall *call)
{
	JsonbIterator *it;
	JsonbValue value;
	List *rows = NIL;

	if (call->opts->records->type != jbvBinary)
	{
		ash_error_add(call->errors, ASH_E_INVALID_OPTION, "records",
					  "option records must be a list of records");
		return NIL;
	}
	it = JsonbIteratorInit(call->opts->records->val.binary.data);
	while (ash_jsonb_next_item(&it, &value))
	{
		AshRowHandle handle;
		AshValue *row;

		row = ash_action_record(call, &value, &handle);
		if (row != NULL)
			rows = lappend(rows, row);
	}
	return rows;
}

/*
 * True if a strategy other than going through the rows one by one is allowed, which is the
 * default.
 */
static bool
allows_atomic(const AshCall *call)
{
	uint32 strategies = call->opts->strategies;

	return strategies == 0 || (strategies & (ASH_STRATEGY_ATOMIC | ASH_STRATEGY_ATOMIC_BATCHES));
}

/*
 * Adds the condition of the action's policies to the query that chooses the rows: rows that
 * they exclude are skipped, as one statement over all rows would skip them. With
 * authorize_with "error" they are chosen and fail.
 */
static void
authorize_rows(AshCall *call, AshQuery *query)
{
	AshPolicySubject subject = ash_policy_subject(call);
	AshAuthorizeResult answer;

	if (!allows_atomic(call) || call->opts->authorize_with == ASH_READ_WITH_ERROR)
		return;
	answer = ash_authorize(&subject, ASH_REFUSE_ERROR);
	if (answer.condition != NULL)
		query->filters = lappend(query->filters, answer.condition);
}

/* The rows that the filter of the call chooses among those that the actor may read, locked. */
static List *
chosen_rows(AshCall *call)
{
	AshAction *read = call->res->primary_actions[ASH_ACTION_READ];
	AshQuery *query;

	if (read == NULL)
	{
		ash_error_add(call->errors, ASH_E_NO_READ_ACTION, NULL,
					  "%s has no primary read action to choose rows by", call->res->name);
		return NIL;
	}
	query = ash_query_create(call, call->res, NULL);
	ash_query_apply_options(query);
	if (!ash_errors_any(call->errors) && call->authorize)
		ash_query_authorize(query);
	if (!ash_errors_any(call->errors))
		authorize_rows(call, query);
	query->lock = ASH_LOCK_UPDATE;
	return ash_errors_any(call->errors) ? NIL : ash_query_fetch(query, 0);
}

/* Updates or destroys the rows that the options name or choose. */
static void
change_records(AshCall *call, const Jsonb *input, StringInfo out)
{
	List *rows = call->opts->records ? named_rows(call) : chosen_rows(call);
	ListCell *lc;
	Bulk *bulk;

	if (ash_errors_any(call->errors))
		return;
	bulk = begin_bulk(call, input);
	foreach (lc, rows)
		add_bulk_input(bulk, lfirst(lc));
	finish_bulk(bulk, out);
}

/*
 * Runs call->action, which creates, updates or destroys, for many records and appends the
 * JSON of the result.  Does nothing when the call has errors.  An error of one record is
 * part of the result; those added to the call's are about all of it.
 */
void
ash_bulk_run(AshCall *call, const Jsonb *input, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);

	if (ash_errors_any(call->errors))
		;
	else if (call->action->type == ASH_ACTION_CREATE)
		create_records(call, input, out);
	else
		change_records(call, input, out);
	MemoryContextSwitchTo(old);
}
