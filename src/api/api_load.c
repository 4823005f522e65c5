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

/* arg: the load statement; input: the records */
static void
load_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	ash_action_load(call, input, arg, out);
}

/* ash_load(resource text, records jsonb, load jsonb, options jsonb) returns json */
Datum
ash_load(PG_FUNCTION_ARGS)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");

	return ash_api_call(resource, NULL, ASH_ACTION_READ, ash_arg_jsonb(fcinfo, 1),
						ash_arg_jsonb(fcinfo, 3), load_body, ash_arg_jsonb(fcinfo, 2));
}

static void
reload_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	ash_action_load(call, input, call->opts->load, out);
}

/* ash_reload(resource text, record jsonb, options jsonb) returns json */
Datum
ash_reload(PG_FUNCTION_ARGS)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");

	return ash_api_call(resource, NULL, ASH_ACTION_READ, ash_arg_jsonb(fcinfo, 1),
						ash_arg_jsonb(fcinfo, 2), reload_body, NULL);
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
	char *resource = ash_arg_name(fcinfo, 0, "resource");
	char *calculation = ash_arg_name(fcinfo, 1, "calculation");

	return ash_api_call(resource, NULL, ASH_ANY_TYPE, ash_arg_jsonb(fcinfo, 2),
						ash_arg_jsonb(fcinfo, 3), calculate_body, calculation);
}
