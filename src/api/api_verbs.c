/*-------------------------------------------------------------------------
 *
 * src/api/api_verbs.c
 *	  The framework's verbs, thin over the same engine.
 *
 * Each takes its options last.  The option "action" names the action; without it
 * the primary action of the verb's type runs.  What reads takes the arguments of
 * the action as the option "input".
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

/* (resource text, …, input jsonb, options jsonb), where the input is argument n. */
static AshApiRequest
write_request(FunctionCallInfo fcinfo, AshActionType type, int n)
{
	AshApiRequest request = { .shape = ASH_CALL_WRITE,
							  .type = type,
							  .resource = ash_arg_name(fcinfo, 0, "resource"),
							  .input = ash_arg_jsonb(fcinfo, n),
							  .options = ash_arg_jsonb(fcinfo, n + 1) };

	return request;
}

/* ash_create(resource text, input jsonb, options jsonb) returns json */
Datum
ash_create(PG_FUNCTION_ARGS)
{
	AshApiRequest request = write_request(fcinfo, ASH_ACTION_CREATE, 1);

	return ash_api_call(&request, ash_api_run, NULL);
}

/*-------------------------------------------------------------------------
 * One record by key
 *-------------------------------------------------------------------------
 */

/* The key as options.record; false after adding an error. */
static bool
set_record(AshCall *call, const AshKeyArgument *key)
{
	JsonbValue *record = ash_key_json(call, key, false);

	if (record != NULL)
		call->opts->record = record;
	return !ash_errors_any(call->errors);
}

/* arg is the AshKeyArgument of the record */
static void
record_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	if (set_record(call, arg))
		ash_action_run(call, input, out);
	ash_key_hint(call, arg);
}

/* The shape of update and destroy: (resource text, record, input jsonb, options jsonb). */
static Datum
record_verb(FunctionCallInfo fcinfo, AshActionType type)
{
	AshApiRequest request = write_request(fcinfo, type, 2);
	AshKeyArgument key = ash_arg_key(fcinfo, 1);

	return ash_api_call(&request, record_body, &key);
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

/* arg is the AshKeyArgument of the record */
static void
get_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	bool wanted = !call->opts->not_found_error_given || call->opts->not_found_error;

	if (set_record(call, arg))
		ash_action_get(call, wanted, out);
	ash_key_hint(call, arg);
}

/* ash_get(resource text, record, options jsonb) returns json */
Datum
ash_get(PG_FUNCTION_ARGS)
{
	AshApiRequest request = ash_read_request(fcinfo, 2);
	AshKeyArgument key = ash_arg_key(fcinfo, 1);

	return ash_api_call(&request, get_body, &key);
}

/*-------------------------------------------------------------------------
 * Reads
 *-------------------------------------------------------------------------
 */

AshApiRequest
ash_read_request(FunctionCallInfo fcinfo, int n)
{
	AshApiRequest request = { .shape = ASH_CALL_READ,
							  .type = ASH_ACTION_READ,
							  .resource = ash_arg_name(fcinfo, 0, "resource"),
							  .options = ash_arg_jsonb(fcinfo, n) };

	return request;
}

/* The shape of reads: (resource text, options jsonb). */
static Datum
read_verb(FunctionCallInfo fcinfo, AshApiBody body)
{
	AshApiRequest request = ash_read_request(fcinfo, 1);

	return ash_api_call(&request, body, NULL);
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

/*-------------------------------------------------------------------------
 * Many at once
 *-------------------------------------------------------------------------
 */

static void
bulk_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	ash_bulk_run(call, input, out);
}

/* The shape of bulk verbs: (resource text, input jsonb, options jsonb). */
static Datum
bulk_verb(FunctionCallInfo fcinfo, AshActionType type)
{
	AshApiRequest request = write_request(fcinfo, type, 1);

	return ash_api_call(&request, bulk_body, NULL);
}

Datum
ash_bulk_create_inputs(PG_FUNCTION_ARGS)
{
	return bulk_verb(fcinfo, ASH_ACTION_CREATE);
}

Datum
ash_bulk_update_rows(PG_FUNCTION_ARGS)
{
	return bulk_verb(fcinfo, ASH_ACTION_UPDATE);
}

Datum
ash_bulk_destroy_rows(PG_FUNCTION_ARGS)
{
	return bulk_verb(fcinfo, ASH_ACTION_DESTROY);
}
