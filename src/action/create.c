/*-------------------------------------------------------------------------
 *
 * src/action/create.c
 *	  create: a new row from input.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"

void
ash_action_create(AshCall *call, const Jsonb *input, StringInfo out)
{
	AshChangeset *cs;

	if (ash_errors_any(call->errors))
		return;
	cs = ash_action_write(call, input, NULL, NULL);
	if (!ash_errors_any(call->errors))
		ash_action_result(cs, out);
}
