/*-------------------------------------------------------------------------
 *
 * src/action/update.c
 *	  update: the row that options.record names is changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/internal.h"

void
ash_action_update(AshCall *call, const Jsonb *input, StringInfo out)
{
	AshValue   *data;
	AshChangeset *cs;

	if (ash_errors_any(call->errors))
		return;
	data = ash_action_record(call, call->opts->record);
	if (data == NULL)
		return;
	cs = ash_action_write(call, input, data);
	if (!ash_errors_any(call->errors))
		ash_action_result(cs, out);
}
