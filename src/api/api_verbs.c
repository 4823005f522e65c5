/*-------------------------------------------------------------------------
 *
 * src/api/api_verbs.c
 *	  The framework's verbs, thin over the same engine.
 *
 * Each takes the action as its last argument; without one the primary action of
 * the verb's type runs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/api.h"
#include "model/action_def.h"

ASH_FUNCTION(ash_create);
ASH_FUNCTION(ash_update);
ASH_FUNCTION(ash_destroy);
ASH_FUNCTION(ash_get);
ASH_FUNCTION(ash_read);
ASH_FUNCTION(ash_read_one);
ASH_FUNCTION(ash_read_first);
ASH_FUNCTION(ash_bulk_create_inputs);
ASH_FUNCTION(ash_bulk_update_rows);
ASH_FUNCTION(ash_bulk_destroy_rows);

/* ash_create(resource text, input jsonb, options jsonb, action text) returns json */
Datum
ash_create(PG_FUNCTION_ARGS)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");

	return ash_api_call(resource, ash_arg_text(fcinfo, 3), ASH_ACTION_CREATE,
						ash_arg_jsonb(fcinfo, 1), ash_arg_jsonb(fcinfo, 2), ash_api_run, NULL);
}

/* What the verbs with a record argument put beside their options. */
static void
set_record(AshCall *call, const Jsonb *record)
{
	if (record == NULL)
		return;
	call->opts->record = MemoryContextAlloc(call->cxt, sizeof(JsonbValue));
	ash_jsonb_value_from_jsonb(record, call->opts->record);
}

/* arg is the record */
static void
record_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	set_record(call, arg);
	ash_action_run(call, input, out);
}

/* The shape of update and destroy: (resource, record jsonb, input jsonb, options jsonb, action). */
static Datum
record_verb(FunctionCallInfo fcinfo, AshActionType type)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");

	return ash_api_call(resource, ash_arg_text(fcinfo, 4), type, ash_arg_jsonb(fcinfo, 2),
						ash_arg_jsonb(fcinfo, 3), record_body, ash_arg_jsonb(fcinfo, 1));
}

Datum
ash_update(PG_FUNCTION_ARGS)
{
	return record_verb(fcinfo, ASH_ACTION_UPDATE);
}

Datum
ash_destroy(PG_FUNCTION_ARGS)
{
	return record_verb(fcinfo, ASH_ACTION_DESTROY);
}

/* The shape of reads: (resource, options jsonb, input jsonb, action). */
static Datum
read_verb(FunctionCallInfo fcinfo, AshApiBody body)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");

	return ash_api_call(resource, ash_arg_text(fcinfo, 3), ASH_ACTION_READ,
						ash_arg_jsonb(fcinfo, 2), ash_arg_jsonb(fcinfo, 1), body, NULL);
}

Datum
ash_read(PG_FUNCTION_ARGS)
{
	return read_verb(fcinfo, ash_api_run);
}

static void
read_one_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	ash_action_read_one(call, input, call->opts->not_found_error, out);
}

Datum
ash_read_one(PG_FUNCTION_ARGS)
{
	return read_verb(fcinfo, read_one_body);
}

static void
read_first_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	call->opts->limit.set = true;
	call->opts->limit.value = 1;
	read_one_body(call, input, arg, out);
}

Datum
ash_read_first(PG_FUNCTION_ARGS)
{
	return read_verb(fcinfo, read_first_body);
}

/* arg is the record */
static void
get_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	bool wanted = !call->opts->not_found_error_given || call->opts->not_found_error;

	set_record(call, arg);
	ash_action_get(call, wanted, out);
}

/* ash_get(resource text, record jsonb, options jsonb, action text) returns json */
Datum
ash_get(PG_FUNCTION_ARGS)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");

	return ash_api_call(resource, ash_arg_text(fcinfo, 3), ASH_ACTION_READ, NULL,
						ash_arg_jsonb(fcinfo, 2), get_body, ash_arg_jsonb(fcinfo, 1));
}

/* arg is the function of the action room to run */
static void
bulk_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	void (*bulk)(AshCall *, const Jsonb *, StringInfo) = arg;

	bulk(call, input, out);
}

/* ash_bulk_create(resource text, inputs jsonb, options jsonb, action text) returns json */
Datum
ash_bulk_create_inputs(PG_FUNCTION_ARGS)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");

	return ash_api_call(resource, ash_arg_text(fcinfo, 3), ASH_ACTION_CREATE,
						ash_arg_jsonb(fcinfo, 1), ash_arg_jsonb(fcinfo, 2), bulk_body,
						ash_bulk_create);
}

/* ash_bulk_update(resource text, input jsonb, options jsonb, action text) returns json */
Datum
ash_bulk_update_rows(PG_FUNCTION_ARGS)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");

	return ash_api_call(resource, ash_arg_text(fcinfo, 3), ASH_ACTION_UPDATE,
						ash_arg_jsonb(fcinfo, 1), ash_arg_jsonb(fcinfo, 2), bulk_body,
						ash_bulk_update);
}

/* ash_bulk_destroy(resource text, input jsonb, options jsonb, action text) returns json */
Datum
ash_bulk_destroy_rows(PG_FUNCTION_ARGS)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");

	return ash_api_call(resource, ash_arg_text(fcinfo, 3), ASH_ACTION_DESTROY,
						ash_arg_jsonb(fcinfo, 1), ash_arg_jsonb(fcinfo, 2), bulk_body,
						ash_bulk_destroy);
}
