/*-------------------------------------------------------------------------
 *
 * src/action/destroy.c
 *	  destroy: the row that options.record names goes, or, when the action is
 *	  soft, is changed.
 *
 * The result is null unless the caller asks for the destroyed record.  Loads are
 * resolved before the row goes (spec 3.8).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"

void
ash_action_destroy(AshCall *call, const Jsonb *input, StringInfo out)
{
	StringInfoData record;
	AshRowHandle handle;
	AshValue *data;
	AshChangeset *cs;
	bool soft = call->action->soft;
	bool early;

	if (ash_errors_any(call->errors))
		return;
	data = ash_action_record(call, call->opts->record, &handle);
	if (data == NULL)
		return;

	early = call->opts->return_destroyed && !soft && call->opts->load != NULL;
	if (early)
	{
		initStringInfo(&record);
		ash_records_write(call, call->res, list_make1(data), call->opts->load,
						  ash_action_select(call, NULL), false, NIL, &record);
	}
	cs = ash_action_write(call, input, data, &handle);
	if (ash_errors_any(call->errors))
		return;
	if (call->opts->return_notifications)
		appendStringInfoString(out, "{\"result\": ");
	if (!call->opts->return_destroyed)
		appendStringInfoString(out, "null");
	else if (early)
		appendBinaryStringInfo(out, record.data, record.len);
	else
		ash_action_record_json(cs, out);
	if (call->opts->return_notifications)
	{
		ash_notifications_write(call, out);
		appendStringInfoChar(out, '}');
	}
}
