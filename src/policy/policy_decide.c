/*-------------------------------------------------------------------------
 *
 * src/policy/policy_decide.c
 *	  The formula of a resource's policies for a subject.
 *
 * Checks, conditions and policies are folded into one formula in three-valued
 * logic: true, false, or unknown, which carries the expression over the row that
 * decides.  Read from the first policy to the last, where rest stands for the
 * policies that follow:
 *
 *	  bypass   (conditions AND checks) OR rest
 *	  policy   (checks OR NOT conditions) AND rest; it has applied if its conditions hold
 *	  end      true if some policy has applied
 *
 * The checks of a policy are read in the same way; the first that decides wins:
 *
 *	  authorize_if c		c OR rest
 *	  forbid_if c			NOT c AND rest
 *	  authorize_unless c	NOT c OR rest
 *	  forbid_unless c		c AND rest
 *	  end					false
 *
 * What is decided vanishes from the formula, and folding stops where the result is
 * certain: checks after that are not evaluated.
 *
 * Null.  A check that is NULL for a row is not satisfied, and neither is its
 * negation: "forbid_if owner = 'bob'" does not let the rows without owner
 * through (as recorded from the framework).  So a check is a pair of formulas, for
 * itself and for its negation.  Above the checks there are only AND and OR, where
 * NULL is as good as false.  The one exception is a condition that refers to no
 * row: NULL is false there, and its negation true, as it is for the framework.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset.h"
#include "expr/expr.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "model/value_default.h"
#include "model/value_template.h"
#include "policy/policy_internal.h"

static const Formula formula_true = { ASH_TRUE, NULL };
static const Formula formula_false = { ASH_FALSE, NULL };

static Formula
formula_unknown(AshExpr *expr)
{
	Formula f = { ASH_UNKNOWN, expr };

	return f;
}

static Formula
formula_and(Formula a, Formula b)
{
	if (a.truth == ASH_FALSE || b.truth == ASH_TRUE)
		return a;
	if (b.truth == ASH_FALSE || a.truth == ASH_TRUE)
		return b;
	return formula_unknown(ash_expr_and(a.expr, b.expr));
}

static Formula
formula_or(Formula a, Formula b)
{
	if (a.truth == ASH_TRUE || b.truth == ASH_FALSE)
		return a;
	if (b.truth == ASH_TRUE || a.truth == ASH_FALSE)
		return b;
	return formula_unknown(ash_expr_or(a.expr, b.expr));
}

/*-------------------------------------------------------------------------
 * Checks
 *-------------------------------------------------------------------------
 */

static Literal
literal_decided(bool value)
{
	Literal literal = { value ? formula_true : formula_false,
						value ? formula_false : formula_true };

	return literal;
}

/* It cannot be told: neither the check nor its negation is satisfied. */
static Literal
literal_undecidable(void)
{
	Literal literal = { formula_false, formula_false };

	return literal;
}

/*
 * ash_expr_walk over a condition on a new row: true for a reference whose value the changeset
 * does not have: hooks, the tenant or the table may set it.
 */
static bool
is_not_known(AshExpr *expr, void *changeset)
{
	AshChangeset *cs = changeset;
	const AshAttribute *attribute = expr->attribute;
	uint8 flags;

	if (expr->kind != ASH_EXPR_REF)
		return false;
	if (attribute == NULL)
		return true;
	flags = cs->flags[attribute->index];
	if (flags & (ASH_ATOMIC | ASH_INVALID))
		return true;
	return !(flags & ASH_CHANGING) &&
		   (attribute->generated || attribute->dflt.kind != ASH_DEFAULT_NONE ||
			(cs->res->tenancy == ASH_TENANCY_ATTRIBUTE && attribute == cs->res->tenant_attribute));
}

/*
 * True if expr over the new row of a create can be evaluated over its changeset: no hook and
 * no managed relationship can change what it refers to any more.
 */
static bool
create_is_known(const AshPolicySubject *subject, AshExpr *expr)
{
	AshChangeset *cs = subject->changeset;

	return subject->type == ASH_ACTION_CREATE && cs != NULL && cs->result == NULL &&
		   cs->before_action == NIL && cs->managed == NIL && !subject->action->upsert &&
		   !subject->call->opts->upsert && ash_expr_in_memory(expr) &&
		   !ash_expr_walk(expr, is_not_known, cs);
}

/*
 * The value of a condition that refers to no row, or only to known values of the changeset.
 * NULL after adding an error.
 */
static AshValue
evaluate(const AshPolicySubject *subject, AshExpr *expr)
{
	AshValue value = { (Datum) 0, true };

	if (!ash_expr_eval(expr, &subject->call->bindings, ash_changeset_ref, subject->changeset,
					   &value))
		value.isnull = true;
	return value;
}

static bool
is_actor_value(const AshExpr *expr)
{
	return expr->kind == ASH_EXPR_TEMPLATE && expr->template_kind == ASH_TEMPLATE_ACTOR;
}

/*
 * True for a comparison of PostgreSQL's own, null when either side is, with a value of the
 * actor.
 */
static bool
compares_actor(const AshExpr *expr)
{
	static const char *const names[] = { "=", "<>", "<", "<=", ">", ">=" };

	if (expr->kind != ASH_EXPR_CALL || !expr->func->is_operator || expr->pg_schema == NULL ||
		strcmp(expr->pg_schema, "pg_catalog") != 0)
		return false;
	for (int i = 0; i < lengthof(names); i++)
		if (strcmp(expr->func->name, names[i]) == 0)
			return is_actor_value(expr->args[0]) || is_actor_value(expr->args[1]);
	return false;
}

/* True if it can be seen from the expression that it is not true without an actor. */
static bool
needs_actor(const AshExpr *expr)
{
	bool all = expr->kind == ASH_EXPR_OR;

	check_stack_depth();
	if (expr->kind != ASH_EXPR_AND && expr->kind != ASH_EXPR_OR && expr->kind != ASH_EXPR_EXISTS)
		return is_actor_value(expr) || compares_actor(expr);
	for (int i = 0; i < expr->nargs; i++)
		if (needs_actor(expr->args[i]) != all)
			return !all;
	return all && expr->nargs > 0;
}

/*
 * An expression over the row, in ad-hoc SQL: nothing is evaluated yet. Strict access decides
 * without the row, which is impossible for one that refers to it.
 */
static Literal
literal_adhoc(const AshPolicySubject *subject, AshExpr *expr, AshAccessType access_type)
{
	Literal literal;

	if (access_type == ASH_ACCESS_STRICT && ash_expr_has_refs(expr))
		return literal_undecidable();
	literal.when_satisfied = formula_unknown(expr);
	literal.when_not_satisfied = formula_unknown(ash_expr_not(expr));
	/* as in a call: what needs no row is false when it is null */
	if (!ash_expr_has_refs(expr))
		literal.when_not_satisfied.expr =
			ash_expr_or(ash_expr_is_null(expr, false), literal.when_not_satisfied.expr);
	if (ash_expr_uses_actor(expr))
	{
		AshExpr *present = ash_policy_actor_present(subject->res);

		if (!needs_actor(expr))
			literal.when_satisfied.expr = ash_expr_and(present, expr);
		literal.when_not_satisfied.expr =
			ash_expr_or(ash_expr_not(present), literal.when_not_satisfied.expr);
	}
	return literal;
}

/*
 * An expression over the row, in a call: evaluated when it refers to no row, or when the new
 * row is known; else a condition. Neither it nor its negation is satisfied without a row to
 * apply it to: in strict access and in generic actions.
 */
static Literal
literal_filter(const AshPolicySubject *subject, AshExpr *expr, AshAccessType access_type)
{
	Literal literal;
	AshValue value;

	if (!subject->call->bindings.has_actor && ash_expr_uses_actor(expr))
		return literal_decided(false);
	if (!ash_expr_has_refs(expr))
	{
		value = evaluate(subject, expr);
		return literal_decided(!value.isnull && DatumGetBool(value.value));
	}
	if (create_is_known(subject, expr))
	{
		value = evaluate(subject, expr);
		return value.isnull ? literal_undecidable() : literal_decided(DatumGetBool(value.value));
	}
	/* there is no row a generic action could be about */
	if (access_type == ASH_ACCESS_STRICT || subject->type == ASH_ACTION_GENERIC)
		return literal_undecidable();
	literal.when_satisfied = formula_unknown(expr);
	literal.when_not_satisfied = formula_unknown(ash_expr_not(expr));
	return literal;
}

/*
 * A check for the subject. Its match function is called first, then, when that does not
 * decide, its filter.
 */
Literal
ash_policy_check(const AshPolicySubject *subject, const AshCheck *check, AshAccessType access_type)
{
	const AshCheckDef *def = check->def;
	AshTruth truth = def->match ? def->match(subject, check->options) : ASH_UNKNOWN;
	AshExpr *expr;

	if (truth != ASH_UNKNOWN)
		return literal_decided(truth == ASH_TRUE);
	expr = def->filter ? def->filter(subject, check->options) : NULL;
	if (expr == NULL)
		return literal_undecidable();
	return subject->call == NULL ? literal_adhoc(subject, expr, access_type) :
								   literal_filter(subject, expr, access_type);
}

/*-------------------------------------------------------------------------
 * Policies
 *-------------------------------------------------------------------------
 */

/* The conditions of a policy: satisfied when all are, not satisfied when any is not. */
Literal
ash_policy_conditions(const AshPolicySubject *subject, const AshPolicy *policy)
{
	Literal all = literal_decided(true);
	ListCell *lc;

	foreach (lc, policy->conditions)
	{
		Literal one = ash_policy_check(subject, lfirst(lc), policy->access_type);

		all.when_satisfied = formula_and(all.when_satisfied, one.when_satisfied);
		all.when_not_satisfied = formula_or(all.when_not_satisfied, one.when_not_satisfied);
		if (all.when_not_satisfied.truth == ASH_TRUE)
			break;
	}
	return all;
}

/*
 * The checks of a policy from the i-th on: the first that decides wins, and when none does,
 * the policy is not passed. Later checks are not evaluated when one is decisive.
 */
static Formula
checks_from(const AshPolicySubject *subject, const AshPolicy *policy, int i)
{
	AshPolicyCheck *check;
	Literal literal;
	Formula own;

	check_stack_depth();
	if (i == list_length(policy->checks))
		return formula_false;
	check = list_nth(policy->checks, i);
	literal = ash_policy_check(subject, check->check, policy->access_type);
	own = check->effect == ASH_AUTHORIZE_IF || check->effect == ASH_FORBID_UNLESS ?
			  literal.when_satisfied :
			  literal.when_not_satisfied;
	if (check->effect == ASH_AUTHORIZE_IF || check->effect == ASH_AUTHORIZE_UNLESS)
		return own.truth == ASH_TRUE ? own : formula_or(own, checks_from(subject, policy, i + 1));
	return own.truth == ASH_FALSE ? own : formula_and(own, checks_from(subject, policy, i + 1));
}

/* The formula under which the subject passes the policy's checks. */
Formula
ash_policy_checks(const AshPolicySubject *subject, const AshPolicy *policy)
{
	return checks_from(subject, policy, 0);
}

/*
 * The policies from the i-th on; applied is the formula "a policy has applied so far". See the
 * head of the file.
 */
static Formula
policies_from(const AshPolicySubject *subject, List *policies, int i, Formula applied)
{
	const AshPolicy *policy;
	Literal condition;
	Formula passes;

	check_stack_depth();
	if (i == list_length(policies))
		return applied;
	policy = list_nth(policies, i);
	condition = ash_policy_conditions(subject, policy);
	if (condition.when_not_satisfied.truth == ASH_TRUE)
		return policies_from(subject, policies, i + 1, applied);
	passes = ash_policy_checks(subject, policy);
	if (policy->bypass)
	{
		passes = formula_and(condition.when_satisfied, passes);
		return passes.truth == ASH_TRUE ?
				   passes :
				   formula_or(passes, policies_from(subject, policies, i + 1, applied));
	}
	passes = formula_or(condition.when_not_satisfied, passes);
	if (passes.truth == ASH_FALSE)
		return passes;
	return formula_and(passes, policies_from(subject, policies, i + 1,
											 formula_or(applied, condition.when_satisfied)));
}

/*
 * The formula of the subject's resource, whose policies are compiled if they are not yet.
 * A resource without policies allows everything.
 */
Formula
ash_policy_formula(const AshPolicySubject *subject)
{
	if (!subject->res->has_policies)
		return formula_true;
	ash_resource_policies(subject->res, NULL);
	return policies_from(subject, subject->res->policies, 0, formula_false);
}

/*-------------------------------------------------------------------------
 * Bulk calls
 *-------------------------------------------------------------------------
 */

/* ash_expr_walk: true for a template that the input or a change of one write can set. */
static bool
is_of_input(AshExpr *expr, void *context)
{
	return expr->kind == ASH_EXPR_TEMPLATE &&
		   (expr->template_kind == ASH_TEMPLATE_ARG || expr->template_kind == ASH_TEMPLATE_CONTEXT);
}

/*
 * True if the check is the same formula for every row of a bulk call.  An expression over
 * the row is, since its templates are resolved when it is evaluated; one that needs no
 * row is evaluated when it is folded, so it must not look at the input.
 */
static bool
check_is_of_call(const AshPolicySubject *subject, const AshCheck *check)
{
	AshExpr *expr;

	if (!check->def->of_call)
		return false;
	expr = check->def->filter ? check->def->filter(subject, check->options) : NULL;
	return expr == NULL || ash_expr_has_refs(expr) || !ash_expr_walk(expr, is_of_input, NULL);
}

static bool
policy_is_of_call(const AshPolicySubject *subject, const AshPolicy *policy)
{
	ListCell *lc;

	foreach (lc, policy->conditions)
	{
		if (!check_is_of_call(subject, lfirst(lc)))
			return false;
	}
	foreach (lc, policy->checks)
	{
		if (!check_is_of_call(subject, ((AshPolicyCheck *) lfirst(lc))->check))
			return false;
	}
	return true;
}

/* True if ash_policy_formula, without a changeset, is the formula of every row of a bulk call. */
bool
ash_policies_are_of_call(const AshPolicySubject *subject)
{
	ListCell *lc;

	ash_resource_policies(subject->res, NULL);
	foreach (lc, subject->res->policies)
	{
		if (!policy_is_of_call(subject, lfirst(lc)))
			return false;
	}
	return true;
}

/*
 * The truth of a formula that was folded without the subject's changeset.  Still unknown
 * when it takes a row: for a create, when not all values of its row are known.  NULL
 * counts as false, as in every formula.
 */
AshTruth
ash_policy_settle(const AshPolicySubject *subject, AshExpr *condition)
{
	AshValue value;

	if (!create_is_known(subject, condition))
		return ASH_UNKNOWN;
	value = evaluate(subject, condition);
	return !value.isnull && DatumGetBool(value.value) ? ASH_TRUE : ASH_FALSE;
}

/*-------------------------------------------------------------------------
 * Field policies
 *-------------------------------------------------------------------------
 */

static bool
policy_names_field(const AshPolicy *policy, const char *field, bool star)
{
	return ash_names_contain(policy->fields, field) ||
		   (star && ash_names_contain(policy->fields, "*"));
}

/* The field policies that name the field, or, with star, "*". */
static List *
policies_of_field(const AshResource *res, const char *field, bool star)
{
	List *policies = NIL;
	ListCell *lc;

	foreach (lc, res->field_policies)
	{
		if (policy_names_field(lfirst(lc), field, star))
			policies = lappend(policies, lfirst(lc));
	}
	return policies;
}

/*
 * The policies of a private field. One that no policy names follows "private_fields"; *decided
 * is set when that alone decides, as *visible says.
 */
static List *
policies_of_private(const AshResource *res, const char *field, bool *decided, bool *visible)
{
	*decided = false;
	if (res->private_fields == ASH_PRIVATE_INCLUDE || policies_of_field(res, field, false) != NIL)
		return policies_of_field(res, field, true);
	*decided = true;
	*visible = res->private_fields == ASH_PRIVATE_SHOW;
	return NIL;
}

/*
 * The condition under which the subject may see a field: NULL when it always may, else it must
 * be TRUE. *never is set when no row can show it. Only to be called when
 * res->has_field_policies.
 */
AshExpr *
ash_policy_field_condition(const AshPolicySubject *subject, const char *field, bool is_public,
						   bool *never)
{
	const AshResource *res = subject->res;
	const AshAttribute *attribute = ash_find_attribute(res, field);
	List *policies;
	bool decided = false;
	bool visible = true;
	Formula result;

	*never = false;
	if (attribute != NULL && attribute->primary_key)
		return NULL;
	ash_resource_policies(subject->res, NULL);
	policies = is_public ? policies_of_field(res, field, true) :
						   policies_of_private(res, field, &decided, &visible);
	if (decided)
	{
		*never = !visible;
		return NULL;
	}
	result = policies_from(subject, policies, 0, formula_false);
	*never = result.truth == ASH_FALSE;
	return result.truth == ASH_UNKNOWN ? result.expr : NULL;
}
