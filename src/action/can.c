/*-------------------------------------------------------------------------
 *
 * src/action/can.c
 *	  ash_can: whether policies allow a call, without running it.
 *
 * "maybe" means that it depends on rows that were not named, or on a row that
 * does not exist yet.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/action_def.h"
#include "model/resource.h"

/*
 * "yes", "no" or "maybe" for the subject; row is the stored row of a write, or NULL when it is
 * not known.
 */
static const char *
answer_for(AshPolicySubject *subject, const AshValue *row)
{
	AshAuthorizeResult answer = ash_authorize(subject, ASH_REFUSE_SILENTLY);

	if (answer.decision != ASH_DECISION_CONDITION)
		return answer.decision == ASH_DECISION_ALLOW ? "yes" : "no";
	if (row == NULL)
		return "maybe";
	return ash_row_satisfies(subject->call, subject->res, row, answer.condition) ? "yes" : "no";
}

/*
 * Builds the changeset that policies look at, with *row as the stored row of an update or
 * destroy. False after adding an error: there is no such record. Other errors of the input are
 * dropped.
 */
static bool
add_changeset(AshPolicySubject *subject, const Jsonb *input, AshValue **row)
{
	AshCall *call = subject->call;
	int faults;

	if (call->action->type != ASH_ACTION_CREATE && call->opts->record != NULL)
	{
		*row = ash_action_record(call, call->opts->record, NULL);
		if (*row == NULL)
			return false;
	}
	faults = list_length(call->errors->items);
	subject->changeset = ash_changeset_create(call, input, *row);
	ash_changeset_cast_input(subject->changeset);
	ash_call_complete_arguments(call, false);
	ash_changeset_literal_defaults(subject->changeset);
	ash_changeset_run_steps(subject->changeset);

	/* whether the input is valid is another question */
	ash_errors_truncate(call->errors, faults);
	return true;
}

/*
 * Fills what policies look at, by the type of the action; nothing is run. *row: the stored row
 * the call is about, or NULL. False after adding an error.
 */
static bool
prepare_subject(AshPolicySubject *subject, const Jsonb *input, AshValue **row)
{
	AshCall *call = subject->call;
	AshQuery *query;
	int faults;

	*row = NULL;
	switch (call->action->type)
	{
		case ASH_ACTION_READ:
			query = ash_query_create(call, call->res, call->action);
			ash_query_for_action(query, input);
			*subject = ash_query_subject(query);
			return true;
		case ASH_ACTION_GENERIC:
			ash_call_cast_arguments(call, input);
			ash_call_complete_arguments(call, false);
			faults = list_length(call->errors->items);
			ash_action_prepare(call, input);
			ash_errors_truncate(call->errors, faults);
			return true;
		default:
			return add_changeset(subject, input, row);
	}
}

/* "yes", "no" or "maybe": may the actor do this? A read that policies only filter may be run. */
const char *
ash_action_can(AshCall *call, const Jsonb *input)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshPolicySubject subject = ash_policy_subject(call);
	const char *answer = "yes";
	AshValue *row;

	if (ash_policies_apply(call, call->res))
	{
		answer = prepare_subject(&subject, input, &row) ? answer_for(&subject, row) : "no";
		/* a read that is filtered may be run */
		if (subject.type == ASH_ACTION_READ && strcmp(answer, "no") != 0)
			answer = "yes";
	}
	MemoryContextSwitchTo(old);
	return answer;
}

/*
 * Appends, as JSON, what every policy says about the call. Errors of the input do not matter
 * here.
 */
void
ash_action_explain_policies(AshCall *call, const Jsonb *input, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshPolicySubject subject = ash_policy_subject(call);
	AshValue *row;

	if (prepare_subject(&subject, input, &row))
	{
		ash_errors_truncate(call->errors, 0);
		ash_policy_explain(&subject, out);
	}
	MemoryContextSwitchTo(old);
}
