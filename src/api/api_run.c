/*-------------------------------------------------------------------------
 *
 * src/api/api_run.c
 *	  ash_run_action and the other functions that take any action by name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/api.h"
#include "utils/builtins.h"

ASH_FUNCTION(ash_run_action);
ASH_FUNCTION(ash_try_action);
ASH_FUNCTION(ash_can);

AshApiRequest
ash_request_by_name(FunctionCallInfo fcinfo)
{
	AshApiRequest request = { .shape = ASH_CALL_BY_NAME,
							  .type = ASH_ANY_TYPE,
							  .resource = ash_arg_name(fcinfo, 0, "resource"),
							  .action = ash_arg_name(fcinfo, 1, "action"),
							  .input = ash_arg_jsonb(fcinfo, 2),
							  .options = ash_arg_jsonb(fcinfo, 3) };

	return request;
}

/* ash_run_action(resource text, action text, input jsonb, options jsonb) returns json */
Datum
ash_run_action(PG_FUNCTION_ARGS)
{
	AshApiRequest request = ash_request_by_name(fcinfo);

	return ash_api_call(&request, ash_api_run, NULL);
}

/* ash_try_action(resource text, action text, input jsonb, options jsonb) returns json */
Datum
ash_try_action(PG_FUNCTION_ARGS)
{
	AshApiRequest request = ash_request_by_name(fcinfo);

	return ash_api_try(&request, ash_api_run, NULL);
}

static void
can_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	appendStringInfoString(out, ash_action_can(call, input));
}

/* ash_can(resource text, action text, input jsonb, options jsonb) returns text */
Datum
ash_can(PG_FUNCTION_ARGS)
{
	AshApiRequest request = ash_request_by_name(fcinfo);

	return ash_api_call(&request, can_body, NULL);
}
