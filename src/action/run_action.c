/*-------------------------------------------------------------------------
 *
 * src/action/run_action.c
 *	  From an action to the function that runs its type.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/action_def.h"

typedef void (*ActionRunner)(AshCall *call, const Jsonb *input, StringInfo out);

static const ActionRunner runners[] = {
	[ASH_ACTION_CREATE] = ash_action_create,   [ASH_ACTION_READ] = ash_action_read,
	[ASH_ACTION_UPDATE] = ash_action_update,   [ASH_ACTION_DESTROY] = ash_action_destroy,
	[ASH_ACTION_GENERIC] = ash_action_generic,
};

void
ash_action_run(AshCall *call, const Jsonb *input, StringInfo out)
{
	if (!ash_errors_any(call->errors))
		runners[call->action->type](call, input, out);
}
