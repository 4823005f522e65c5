/*-------------------------------------------------------------------------
 *
 * src/api/api_interface.c
 *	  What generated functions call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/api.h"

ASH_FUNCTION(ash_not_found);

/* ash.not_found(resource text, record jsonb) returns boolean: never returns */
Datum
ash_not_found(PG_FUNCTION_ARGS)
{
	char *resource = ash_arg_name(fcinfo, 0, "resource");
	Jsonb *record = ash_arg_jsonb(fcinfo, 1);
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	AshResource *res = ash_resource_get(resource, errors);
	JsonbValue value;

	if (res != NULL && (record == NULL || JB_ROOT_COUNT(record) == 0))
		ash_error_add(errors, ASH_E_NOT_FOUND, NULL, "record not found");
	else if (res != NULL)
	{
		ash_jsonb_value_from_jsonb(record, &value);
		ash_error_add(errors, ASH_E_NOT_FOUND, NULL, "record with %s not found",
					  ash_action_describe_record(res, &value));
	}
	ash_errors_throw(errors);
}
