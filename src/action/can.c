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

#include "action/action_internal.h"
#include "model/action_def.h"
#include "model/resource.h"

static const char *
decide(AshPolicySubject *subject, const AshValue *row)
{
	AshAuthorizeResult answer = ash_authorize(subject, ASH_REFUSE_SILENTLY);

	if (answer.decision != ASH_DECISION_CONDITION)
		return answer.decision == ASH_DECISION_ALLOW ? "yes" : "no";
	if (row == NULL)
		return "maybe";
	return ash_row_satisfies(subject->call, subject->res, row, answer.condition) ? "yes" : "no";
}

/* The changeset of a write; false after adding an error: there is no such record. */
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

/* What the policies are to look at.  *row: the record the call is about, or NULL. */
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

const char *
ash_action_can(AshCall *call, const Jsonb *input)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshPolicySubject subject = ash_policy_subject(call);
	const char *answer = "yes";
	AshValue *row;

	if (ash_policies_apply(call, call->res))
	{
		answer = prepare_subject(&subject, input, &row) ? decide(&subject, row) : "no";
		/* a read that is filtered may be run */
		if (subject.type == ASH_ACTION_READ && strcmp(answer, "no") != 0)
			answer = "yes";
	}
	MemoryContextSwitchTo(old);
	return answer;
}

/* Faults of the input do not matter here: policies look at what there is. */
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
