/*-------------------------------------------------------------------------
 *
 * src/api/api_load.c
 *	  ash_load, ash_reload and ash_calculate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/api.h"
#include "model/action_def.h"

ASH_FUNCTION(ash_load);
ASH_FUNCTION(ash_reload);
ASH_FUNCTION(ash_calculate);

/* Records that the caller names, and what to load onto them. */
typedef struct HeldRecords
{
	AshKeyArgument keys;
	bool reload; /* it is one record, and the option "load" says what to load */
	const Jsonb *load;
} HeldRecords;

/* arg is the HeldRecords */
static void
load_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	const HeldRecords *held = arg;
	JsonbValue *records = ash_key_json(call, &held->keys, !held->reload);

	if (!ash_errors_any(call->errors))
		ash_action_load(call, records, held->reload ? call->opts->load : held->load, out);
	ash_key_hint(call, &held->keys);
}

/* ash_load(resource text, records, load jsonb, options jsonb) returns json */
Datum
ash_load(PG_FUNCTION_ARGS)
{
	AshApiRequest request = ash_read_request(fcinfo, 3);
	HeldRecords held = { ash_arg_key(fcinfo, 1), false, ash_arg_jsonb(fcinfo, 2) };

	return ash_api_call(&request, load_body, &held);
}

/* ash_reload(resource text, record, options jsonb) returns json */
Datum
ash_reload(PG_FUNCTION_ARGS)
{
	AshApiRequest request = ash_read_request(fcinfo, 2);
	HeldRecords held = { ash_arg_key(fcinfo, 1), true, NULL };

	return ash_api_call(&request, load_body, &held);
}

/* arg: the name of the calculation; input: its arguments */
static void
calculate_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	ash_action_calculate(call, arg, input, out);
}

/* ash_calculate(resource text, calculation text, arguments jsonb, options jsonb) returns json */
Datum
ash_calculate(PG_FUNCTION_ARGS)
{
	AshApiRequest request = { .shape = ASH_CALL_CALCULATION,
							  .type = ASH_ANY_TYPE,
							  .resource = ash_arg_name(fcinfo, 0, "resource"),
							  .input = ash_arg_jsonb(fcinfo, 2),
							  .options = ash_arg_jsonb(fcinfo, 3) };

	return ash_api_call(&request, calculate_body, ash_arg_name(fcinfo, 1, "calculation"));
}
