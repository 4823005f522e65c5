/*-------------------------------------------------------------------------
 *
 * src/action/notification.c
 *	  Notifications: one JSON record per write.
 *
 * Notifications are gathered on the outermost call, in the order in which the
 * writes ended (children before the record that manages them), and returned to a
 * caller that sets return_notifications.  A call that fails
 * gives none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/action_def.h"
#include "model/resource.h"
#include "utils/datum.h"
#include "utils/json.h"

typedef struct Notification
{
	AshResource *res;
	AshAction *action;
	AshValue *row;
	Jsonb *load;
	StringInfo extra; /* managed relationships, as the record's JSON has them */
	bool actor;
} Notification;

/* The call that the caller made, which gathers the notifications. */
static AshCall *
outermost(AshCall *call)
{
	while (call->parent != NULL && call->parent->opts != NULL && call->nested)
		call = call->parent;
	return call;
}

static Jsonb *
keep_jsonb(const Jsonb *jsonb)
{
	return jsonb == NULL ? NULL :
						   (Jsonb *) DatumGetPointer(datumCopy(JsonbPGetDatum(jsonb), false, -1));
}

/*
 * Keeps the write of cs as a notification, in the outermost call's context, if that one wants
 * notifications.
 */
void
ash_notification_add(AshChangeset *cs)
{
	AshCall *top = outermost(cs->call);
	MemoryContext old;
	Notification *notification;

	if (!top->opts->return_notifications)
		return;
	old = MemoryContextSwitchTo(top->cxt);
	notification = palloc0(sizeof(Notification));
	notification->res = cs->res;
	notification->action = cs->action;
	notification->row = ash_action_copy_row(cs->res, cs->result);
	notification->load = keep_jsonb(ash_action_loads(cs));
	notification->extra = ash_changeset_extra(cs);
	notification->actor = cs->call->bindings.has_actor;
	top->notifications = lappend(top->notifications, notification);
	MemoryContextSwitchTo(old);
}

/* Appends a notification as JSON. The data is what the caller may read, as everywhere. */
static void
write_notification(AshCall *call, const Notification *notification, StringInfo out)
{
	bool own = notification->res == call->res && notification->action == call->action;

	appendStringInfoString(out, "{\"resource\": ");
	escape_json(out, notification->res->name);
	appendStringInfoString(out, ", \"action\": ");
	escape_json(out, notification->action->name);
	appendStringInfo(out, ", \"action_type\": \"%s\", \"actor\": %s, \"metadata\": ",
					 ash_action_types[notification->action->type],
					 notification->actor ? "true" : "false");
	if (own && call->opts->notification_metadata != NULL)
		appendStringInfoString(out, JsonbToCString(NULL, &call->opts->notification_metadata->root,
												   VARSIZE(call->opts->notification_metadata)));
	else
		appendStringInfoString(out, "{}");
	appendStringInfoString(out, ", \"data\": ");

	/* it goes back to the caller, who sees here no more than elsewhere */
	ash_records_write(call, notification->res, list_make1(notification->row),
					  notification->action->type != ASH_ACTION_DESTROY ? notification->load : NULL,
					  own ? ash_action_select(call, NULL) : NIL, false,
					  notification->extra ? list_make1(notification->extra) : NIL, out);
	appendStringInfoChar(out, '}');
}

/* Appends , "notifications": […] with those of the call and of the calls inside it. */
void
ash_notifications_write(AshCall *call, StringInfo out)
{
	ListCell *lc;

	appendStringInfoString(out, ", \"notifications\": [");
	foreach (lc, call->notifications)
	{
		if (lc != list_head(call->notifications))
			appendStringInfoString(out, ", ");
		write_notification(call, lfirst(lc), out);
	}
	appendStringInfoChar(out, ']');
}
