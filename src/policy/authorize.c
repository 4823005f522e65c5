/*-------------------------------------------------------------------------
 *
 * src/policy/authorize.c
 *	  The one place where a policy decision is asked for and interpreted.
 *
 * Callers describe what is to be done (AshPolicySubject) and get an answer that
 * they can use as it is: allowed, denied, or allowed for rows that meet a
 * condition.  Whether policies apply at all is decided here, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset.h"
#include "model/resource.h"
#include "policy/policy_internal.h"

/*
 * What call does, or is about to do, to its own resource.  The changeset of a write is
 * the one of the call, if it has been created; what a read asks for is added by the
 * caller.
 */
AshPolicySubject
ash_policy_subject(AshCall *call)
{
	AshActionType type = call->action->type;
	AshPolicySubject subject = {
		.call = call, .res = call->res, .type = type, .action = call->action
	};

	if (type != ASH_ACTION_READ && type != ASH_ACTION_GENERIC)
		subject.changeset = call->changeset;
	return subject;
}

/*
 * True if policies decide about what call does to res: res has policies, and the call is
 * not exempt from authorization.  call is NULL for ad-hoc SQL, which never is.
 */
bool
ash_policies_apply(const AshCall *call, const AshResource *res)
{
	return res->has_policies && (call == NULL || call->authorize);
}

/*
 * The error_message of the first policy that applies, or may apply, and is not passed
 * for certain; "forbidden" when there is none.
 */
static const char *
refusal_message(const AshPolicySubject *subject)
{
	ListCell *lc;

	foreach (lc, subject->res->policies)
	{
		const AshPolicy *policy = lfirst(lc);

		if (policy->error_message != NULL && !policy->bypass &&
			ash_policy_conditions(subject, policy).when_not_satisfied.truth != ASH_TRUE &&
			ash_policy_checks(subject, policy).truth != ASH_TRUE)
			return policy->error_message;
	}
	return "forbidden";
}

/*
 * Adds the Forbidden error to the errors of the subject's call, unless there are errors
 * already.  For callers of ash_authorize that found a row not to meet the condition.
 * Always false.
 */
bool
ash_authorize_refuse(const AshPolicySubject *subject)
{
	AshErrors *errors = subject->call->errors;

	if (!ash_errors_any(errors))
		ash_error_add(errors, ASH_E_FORBIDDEN, NULL, "%s", refusal_message(subject));
	return false;
}

static AshAuthorizeResult
result_of(Formula formula)
{
	AshAuthorizeResult answer = { ASH_DECISION_ALLOW, NULL };

	if (formula.truth == ASH_FALSE)
	{
		answer.decision = ASH_DECISION_DENY;
		answer.condition = ash_expr_bool(false);
	}
	else if (formula.truth == ASH_UNKNOWN)
	{
		answer.decision = ASH_DECISION_CONDITION;
		answer.condition = formula.expr;
	}
	return answer;
}

/*
 * For a write of a bulk call whose policies have been folded for all of them: true if that
 * is the answer.  It is not when the values of a new row are not all known yet: some of
 * the checks may be decided by those that are.
 */
static bool
decided_for_all(const AshPolicySubject *subject, AshAuthorizeResult *answer)
{
	const AshChangeset *cs = subject->changeset;
	AshTruth truth;

	if (cs == NULL || cs->decided == NULL)
		return false;
	*answer = *cs->decided;
	if (answer->decision != ASH_DECISION_CONDITION || subject->type != ASH_ACTION_CREATE)
		return true;
	truth = ash_policy_settle(subject, answer->condition);
	if (truth == ASH_UNKNOWN)
		return false;
	*answer = result_of((Formula){ truth, NULL });
	return true;
}

/*
 * May the subject be carried out?  The condition of the answer is allocated in
 * CurrentMemoryContext.  With ASH_REFUSE_ERROR a denial is reported by
 * ash_authorize_refuse; the subject must have a call then.
 */
AshAuthorizeResult
ash_authorize(const AshPolicySubject *subject, AshRefuse refuse)
{
	AshAuthorizeResult answer = { ASH_DECISION_ALLOW, NULL };

	if (!ash_policies_apply(subject->call, subject->res))
		return answer;
	if (!decided_for_all(subject, &answer))
		answer = result_of(ash_policy_formula(subject));
	if (answer.decision == ASH_DECISION_DENY && refuse == ASH_REFUSE_ERROR)
		ash_authorize_refuse(subject);
	return answer;
}

/*
 * The answer for all writes of a bulk call, for AshChangeset.decided; NULL when they have
 * to be decided one by one, because a check looks at their changes or input.  Allocated in
 * CurrentMemoryContext, as is its condition.
 */
AshAuthorizeResult *
ash_authorize_bulk(AshCall *call)
{
	AshPolicySubject subject = ash_policy_subject(call);
	int faults = list_length(call->errors->items);
	AshAuthorizeResult *answer;

	if (!ash_policies_apply(call, call->res) || !ash_policies_are_of_call(&subject))
		return NULL;
	answer = palloc(sizeof(AshAuthorizeResult));
	*answer = ash_authorize(&subject, ASH_REFUSE_SILENTLY);
	if (list_length(call->errors->items) == faults)
		return answer;
	/* an expression that cannot be evaluated is an error of each write */
	ash_errors_truncate(call->errors, faults);
	return NULL;
}
