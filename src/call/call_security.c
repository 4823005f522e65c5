/*-------------------------------------------------------------------------
 *
 * src/call/call_security.c
 *	  The role with whose privileges the statements of a call run.
 *
 * "security": "invoker" changes nothing.  With "definer" statements run with the privileges of
 * the resource's owner and a fixed search_path, from enter to leave; policies go by the
 * actor, which does not change.  An error restores both: the user by the abort of the
 * (sub)transaction, the setting by its nest level.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/call_internal.h"
#include "miscadmin.h"
#include "model/resource.h"
#include "utils/guc.h"

/* Switch to the role that res asks for; an error when the owner does not exist any more. */
AshSecurityState
ash_security_enter(const AshResource *res)
{
	AshSecurityState state = { .changed = res->security == ASH_SECURITY_DEFINER };

	if (!state.changed)
		return state;
	if (!OidIsValid(res->owner))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the role that owns domain \"%s\" does not exist", res->domain.name),
				 errdetail("Actions of resource %s run with its rights.", res->name),
				 errhint("A superuser names another owner: UPDATE ash.domain SET owner = 'role' "
						 "WHERE name = '%s'.",
						 res->domain.name)));
	state.nest_level = NewGUCNestLevel();
	GetUserIdAndSecContext(&state.user, &state.context);
	SetUserIdAndSecContext(res->owner, state.context | SECURITY_LOCAL_USERID_CHANGE);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	return state;
}

/* Undo the switch. */
void
ash_security_leave(const AshSecurityState *state)
{
	if (!state->changed)
		return;
	AtEOXact_GUC(true, state->nest_level);
	SetUserIdAndSecContext(state->user, state->context);
}
