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

/* ash_run_action(resource text, action text, input jsonb, options jsonb) returns json */
Datum
ash_run_action(PG_FUNCTION_ARGS)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");
	char *action = ash_arg_name(fcinfo, 1, "action");

	return ash_api_call(resource, action, ASH_ANY_TYPE, ash_arg_jsonb(fcinfo, 2),
						ash_arg_jsonb(fcinfo, 3), ash_api_run, NULL);
}

/* ash_try_action(resource text, action text, input jsonb, options jsonb) returns json */
Datum
ash_try_action(PG_FUNCTION_ARGS)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");
	char *action = ash_arg_name(fcinfo, 1, "action");

	return ash_api_try(resource, action, ASH_ANY_TYPE, ash_arg_jsonb(fcinfo, 2),
					   ash_arg_jsonb(fcinfo, 3), ash_api_run, NULL);
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
	char *resource = ash_arg_name(fcinfo, 0, "resource");
	char *action = ash_arg_name(fcinfo, 1, "action");

	return ash_api_call(resource, action, ASH_ANY_TYPE, ash_arg_jsonb(fcinfo, 2),
						ash_arg_jsonb(fcinfo, 3), can_body, NULL);
}
