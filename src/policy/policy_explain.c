/*-------------------------------------------------------------------------
 *
 * src/policy/policy_explain.c
 *	  Why: every policy, condition and check with its truth for a subject.
 *
 *	  {"resource", "action", "actor", "decision": "allow"|"deny"|"filter", "filter"?,
 *	   "policies": [{"policy"|"bypass": [check…], "description"?, "access_type",
 *	                 "applies": truth, "passes": truth, "checks": [check…]}]}
 *
 * A check is {"check"|"authorize_if"|…: what it says, "result": truth, "filter"?};
 * a truth is true, false or "unknown" (it depends on the row).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/entities.h"
#include "policy/policy_internal.h"

static const char *const decisions[] = {
	[ASH_FALSE] = "deny",
	[ASH_TRUE] = "allow",
	[ASH_UNKNOWN] = "filter",
};

static void
write_string(StringInfo out, const char *str)
{
	ash_write_json_string(out, str, strlen(str));
}

/* Appends ,"key": with true, false or "unknown". */
static void
write_truth(StringInfo out, const char *key, Formula formula)
{
	appendStringInfo(out, ",\"%s\":", key);
	switch (formula.truth)
	{
		case ASH_TRUE:
			appendStringInfoString(out, "true");
			return;
		case ASH_FALSE:
			appendStringInfoString(out, "false");
			return;
		case ASH_UNKNOWN:
			appendStringInfoString(out, "\"unknown\"");
			return;
	}
}

static void
write_filter_member(StringInfo out, const AshExpr *expr)
{
	if (expr == NULL)
		return;
	appendStringInfoString(out, ",\"filter\":");
	write_string(out, ash_expr_describe(unconstify(AshExpr *, expr)));
}

/* Appends a check as an object; effect is the key that holds its name. */
static void
write_check(StringInfo out, const AshPolicySubject *subject, const AshPolicy *policy,
			const AshCheck *check, const char *effect)
{
	Literal literal = ash_policy_check(subject, check, policy->access_type);

	appendStringInfo(out, "{\"%s\":", effect);
	write_string(out, check->name);
	write_truth(out, "result", literal.when_satisfied);
	write_filter_member(out, literal.when_satisfied.expr);
	appendStringInfoChar(out, '}');
}

/* Appends a policy with its conditions and checks. */
static void
write_policy(StringInfo out, const AshPolicySubject *subject, const AshPolicy *policy)
{
	ListCell *lc;

	appendStringInfo(out, "{\"%s\":[", policy->bypass ? "bypass" : "policy");
	foreach (lc, policy->conditions)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoChar(out, ',');
		write_check(out, subject, policy, lfirst(lc), "check");
	}
	appendStringInfo(out, "],\"access_type\":\"%s\"", ash_access_types[policy->access_type]);
	if (policy->description != NULL)
	{
		appendStringInfoString(out, ",\"description\":");
		write_string(out, policy->description);
	}
	write_truth(out, "applies", ash_policy_conditions(subject, policy).when_satisfied);
	write_truth(out, "passes", ash_policy_checks(subject, policy));
	appendStringInfoString(out, ",\"checks\":[");
	foreach (lc, policy->checks)
	{
		AshPolicyCheck *check = lfirst(lc);

		if (foreach_current_index(lc) > 0)
			appendStringInfoChar(out, ',');
		write_check(out, subject, policy, check->check, ash_check_effects[check->effect]);
	}
	appendStringInfoString(out, "]}");
}

/*
 * Appends, as JSON, what every policy, condition and check of the subject's resource says, and
 * what is decided. Whether the call is authorized at all does not matter here.
 */
void
ash_policy_explain(const AshPolicySubject *subject, StringInfo out)
{
	Formula formula = ash_policy_formula(subject);
	ListCell *lc;

	appendStringInfoString(out, "{\"resource\":");
	write_string(out, subject->res->name);
	appendStringInfoString(out, ",\"action\":");
	write_string(out, subject->action ? subject->action->name : ash_action_types[subject->type]);
	appendStringInfo(out, ",\"actor\":%s",
					 subject->call->bindings.actor ?
						 JsonbToCString(NULL, &subject->call->bindings.actor->root, 0) :
						 "null");
	appendStringInfo(out, ",\"decision\":\"%s\"", decisions[formula.truth]);
	write_filter_member(out, formula.expr);
	appendStringInfoString(out, ",\"policies\":[");
	foreach (lc, subject->res->policies)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoChar(out, ',');
		write_policy(out, subject, lfirst(lc));
	}
	appendStringInfoString(out, "]}");
}
