/*-------------------------------------------------------------------------
 *
 * src/action/run_action.c
 *	  Runs an action of any type, and writes the result of those that write one
 *	  record.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/action_def.h"
#include "model/resource.h"

/*
 * The action of res with that name, or the primary one of its type when name is NULL; NULL
 * after adding an error: there is none, or it is of another type.
 */
AshAction *
ash_action_of_type(const AshResource *res, const char *name, AshActionType type, AshErrors *errors)
{
	AshAction *action = name ? ash_find_action(res, name) : res->primary_actions[type];

	if (action != NULL && action->type == type)
		return action;
	if (name != NULL)
		ash_error_add(errors, ASH_E_NO_SUCH_ACTION, NULL,
					  "No such action %s of type %s for resource %s", name, ash_action_types[type],
					  res->name);
	else
		ash_error_add(errors, ASH_E_NO_PRIMARY_ACTION, NULL,
					  "No primary action of type %s for resource %s, and no action specified",
					  ash_action_types[type], res->name);
	return NULL;
}

/*-------------------------------------------------------------------------
 * Writes of one record
 *-------------------------------------------------------------------------
 */

/* The record that a write leaves, with its loads and select. */
static void
write_written_record(AshChangeset *cs, StringInfo out)
{
	StringInfo extra = ash_changeset_extra(cs);

	ash_records_write(cs->call, cs->res, list_make1(cs->result), ash_action_loads(cs),
					  ash_action_select(cs->call, cs), false, extra ? list_make1(extra) : NIL, out);
}

/*
 * Appends the result of the write, if there are no errors: record, which is JSON, or the
 * record as it is now when record is NULL; and the notifications, if they are wanted.
 */
static void
write_record_result(AshChangeset *cs, const char *record, StringInfo out)
{
	bool notifications = cs->call->opts->return_notifications;

	if (ash_errors_any(cs->call->errors))
		return;
	if (notifications)
		appendStringInfoString(out, "{\"result\": ");
	if (record != NULL)
		appendStringInfoString(out, record);
	else
		write_written_record(cs, out);
	if (notifications)
	{
		ash_notifications_write(cs->call, out);
		appendStringInfoChar(out, '}');
	}
}

static void
create_record(AshCall *call, const Jsonb *input, StringInfo out)
{
	write_record_result(ash_action_write(call, input, NULL, NULL), NULL, out);
}

static void
update_record(AshCall *call, const Jsonb *input, StringInfo out)
{
	AshRowHandle handle;
	AshValue *data = ash_action_record(call, call->opts->record, &handle);

	if (data != NULL)
		write_record_result(ash_action_write(call, input, data, &handle), NULL, out);
}

/*
 * The result is null unless the caller wants the destroyed record.  What is loaded with
 * it is read before it is deleted; a soft destroy leaves it to be read.
 */
static void
destroy_record(AshCall *call, const Jsonb *input, StringInfo out)
{
	StringInfoData record;
	AshRowHandle handle;
	AshValue *data = ash_action_record(call, call->opts->record, &handle);
	const char *result = NULL;

	if (data == NULL)
		return;
	if (!call->opts->return_destroyed)
		result = "null";
	else if (!call->action->soft && call->opts->load != NULL)
	{
		initStringInfo(&record);
		ash_records_write(call, call->res, list_make1(data), call->opts->load,
						  ash_action_select(call, NULL), false, NIL, &record);
		result = record.data;
	}
	write_record_result(ash_action_write(call, input, data, &handle), result, out);
}

/*-------------------------------------------------------------------------
 * Any action
 *-------------------------------------------------------------------------
 */

typedef void (*ActionRunner)(AshCall *call, const Jsonb *input, StringInfo out);

static const ActionRunner runners[] = {
	[ASH_ACTION_CREATE] = create_record,	   [ASH_ACTION_READ] = ash_action_read,
	[ASH_ACTION_UPDATE] = update_record,	   [ASH_ACTION_DESTROY] = destroy_record,
	[ASH_ACTION_GENERIC] = ash_action_generic,
};

/*
 * Runs call->action and appends the JSON of its result to out.  Does nothing when the call
 * has errors; out may hold a part of the result when errors are added.
 */
void
ash_action_run(AshCall *call, const Jsonb *input, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);

	if (!ash_errors_any(call->errors))
		runners[call->action->type](call, input, out);
	MemoryContextSwitchTo(old);
}
