/*-------------------------------------------------------------------------
 *
 * src/action/run.c
 *	  From an action to the function that runs its type.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/internal.h"
#include "miscadmin.h"
#include "utils/guc.h"

typedef void (*ActionRunner) (AshCall *call, const Jsonb *input, StringInfo out);

static const ActionRunner runners[] = {
	[ASH_ACTION_CREATE] = ash_action_create,
	[ASH_ACTION_READ] = ash_action_read,
	[ASH_ACTION_UPDATE] = ash_action_update,
	[ASH_ACTION_DESTROY] = ash_action_destroy,
	[ASH_ACTION_GENERIC] = ash_action_generic,
};

/*
 * "security": "definer": the action runs with the rights of the resource's owner
 * and a pinned search_path.  An error restores both: the user by the transaction
 * machinery, the setting by its nest level.
 */
static void
run_as_definer(AshCall *call, const Jsonb *input, StringInfo out)
{
	Oid			user;
	int			sec_context;
	int			nest_level = NewGUCNestLevel();

	GetUserIdAndSecContext(&user, &sec_context);
	SetUserIdAndSecContext(call->res->owner, sec_context | SECURITY_LOCAL_USERID_CHANGE);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	runners[call->action->type] (call, input, out);
	AtEOXact_GUC(true, nest_level);
	SetUserIdAndSecContext(user, sec_context);
}

void
ash_action_run(AshCall *call, const Jsonb *input, StringInfo out)
{
	if (ash_errors_any(call->errors))
		return;
	if (call->res->security == ASH_SECURITY_DEFINER)
		run_as_definer(call, input, out);
	else
		runners[call->action->type] (call, input, out);
}
