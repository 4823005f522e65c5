/*-------------------------------------------------------------------------
 *
 * src/action/can.c
 *	  May the actor do this?  "yes", "no" or "maybe", without doing it.
 *
 * "maybe" means that it depends on rows that were not named, or on a row that
 * does not exist yet.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/internal.h"

static const char *
decide(AshPolicySubject *subject, const AshValue *row)
{
	AshExpr *condition = NULL;

	switch (ash_policy_decide(subject, &condition))
	{
		case ASH_DECISION_ALLOW:
			return "yes";
		case ASH_DECISION_DENY:
			return "no";
		case ASH_DECISION_FILTER:
			break;
	}
	if (row == NULL)
		return "maybe";
	return ash_row_satisfies(subject->call, subject->res, row, condition) ? "yes" : "no";
}

static const char *
can_write(AshPolicySubject *subject, const Jsonb *input)
{
	AshCall *call = subject->call;
	AshRowHandle handle;
	AshValue *row = NULL;

	if (call->action->type != ASH_ACTION_CREATE && call->opts->record != NULL)
	{
		row = ash_action_record(call, call->opts->record, &handle);
		if (row == NULL)
			return "no";
	}
	subject->changeset = ash_changeset_create(call, call->action->type, input, row);
	ash_changeset_cast_input(subject->changeset);
	ash_call_argument_defaults(call);
	ash_changeset_literal_defaults(subject->changeset);
	ash_changeset_run_steps(subject->changeset);
	return decide(subject, row);
}

const char *
ash_action_can(AshCall *call, const Jsonb *input)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshPolicySubject subject = {
		.call = call, .res = call->res, .type = call->action->type, .action = call->action
	};
	const char *answer = "yes";

	if (call->authorize && call->res->has_policies)
	{
		switch (call->action->type)
		{
			case ASH_ACTION_READ:
				subject.query = ash_query_create(call, call->res, call->action);
				ash_query_for_action(subject.query, input);
				/* a read that is filtered may be run */
				answer = strcmp(decide(&subject, NULL), "no") == 0 ? "no" : "yes";
				break;
			case ASH_ACTION_GENERIC:
				ash_call_cast_arguments(call, input);
				ash_call_argument_defaults(call);
				answer = decide(&subject, NULL);
				break;
			default:
				answer = can_write(&subject, input);
		}
	}
	MemoryContextSwitchTo(old);
	return answer;
}
