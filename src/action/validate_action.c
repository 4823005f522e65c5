/*-------------------------------------------------------------------------
 *
 * src/action/validate_action.c
 *	  ash_validate_action: what is wrong with an input, without running the action.
 *
 * For forms: the input is cast, and the action's changes and validations run, but
 * nothing is authorized, no hook runs and no row is written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/action_def.h"

/* Builds the changeset of a write; the stored row is looked at without a lock. */
static void
validate_write(AshCall *call, const Jsonb *input)
{
	AshValue *row = NULL;

	if (call->action->type != ASH_ACTION_CREATE)
	{
		row = ash_action_record(call, call->opts->record, NULL);
		if (row == NULL)
			return;
	}
	ash_action_build(ash_changeset_create(call, input, row));
}

/*
 * Adds the errors that the input has, as far as they can be found without authorizing or
 * running the action.
 */
void
ash_action_validate(AshCall *call, const Jsonb *input)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);

	switch (call->action->type)
	{
		case ASH_ACTION_READ:
			ash_query_for_action(ash_query_create(call, call->res, call->action), input);
			break;
		case ASH_ACTION_GENERIC:
			ash_action_generic_prepare(call, input);
			break;
		default:
			validate_write(call, input);
	}
	MemoryContextSwitchTo(old);
}
