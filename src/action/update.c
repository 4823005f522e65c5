/*-------------------------------------------------------------------------
 *
 * src/action/update.c
 *	  update: the row that options.record names is changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"

void
ash_action_update(AshCall *call, const Jsonb *input, StringInfo out)
{
	AshRowHandle handle;
	AshValue *data;
	AshChangeset *cs;

	if (ash_errors_any(call->errors))
		return;
	data = ash_action_record(call, call->opts->record, &handle);
	if (data == NULL)
		return;
	cs = ash_action_write(call, input, data, &handle);
	if (!ash_errors_any(call->errors))
		ash_action_result(cs, out);
}
