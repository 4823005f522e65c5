/*-------------------------------------------------------------------------
 *
 * src/policy/compile_check.c
 *	  Definitions of checks and conditions → AshCheck.
 *
 *	  {"authorize_if"|"forbid_if"|"authorize_unless"|"forbid_unless": check, "name"?}
 *
 * A condition is a check or a list of checks that must all hold; a missing one
 * holds always.  A check is the name of a built-in, or an object with that name as
 * its key.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/argument.h"
#include "model/resource.h"
#include "policy/policy_internal.h"

const char *const ash_check_effects[] = { "authorize_if", "forbid_if", "authorize_unless",
										  "forbid_unless", NULL };

typedef struct CheckOptions
{
	const char *name;
} CheckOptions;

static const AshOpt check_options[] = {
	ASH_OPTION(CheckOptions, "name", STRING, name,
			   .doc = "shown in place of the check by ash_explain_policies"),
	ASH_OPT_END
};
const AshSpec ash_policy_check_spec = ASH_SPEC("check", CheckOptions, check_options);

/*-------------------------------------------------------------------------
 * Expressions
 *-------------------------------------------------------------------------
 */

/* True if one of the arguments has that name. */
static bool
has_argument(AshArgument **args, int nargs, const char *name)
{
	for (int i = 0; i < nargs; i++)
	{
		if (strcmp(args[i]->name, name) == 0)
			return true;
	}
	return false;
}

/*
 * Parses a condition of a policy; NULL after adding an error. A policy may apply to any
 * action: arg.x is the argument of the action that runs, null when it has none. Of several
 * arguments with one name the first gives the type; the value of another is cast to it.
 */
AshExpr *
ash_policy_parse(AshResource *res, const char *source, AshErrors *errors)
{
	AshScope scope = ash_scope_for(res, NULL);
	int total = 0;

	for (int i = 0; i < res->nactions; i++)
		total += res->actions[i]->nargs;
	scope.nargs = 0;
	scope.args = palloc(sizeof(AshArgument *) * Max(total, 1));
	for (int i = 0; i < res->nactions; i++)
	{
		const AshAction *action = res->actions[i];

		for (int j = 0; j < action->nargs; j++)
		{
			if (!has_argument(scope.args, scope.nargs, action->args[j]->name))
				scope.args[scope.nargs++] = action->args[j];
		}
	}
	return ash_expr_parse_condition(source, &scope, errors);
}

/*-------------------------------------------------------------------------
 * Checks
 *-------------------------------------------------------------------------
 */

/* Adds the error of a check that is not in the registry, with a suggestion. */
static void
unknown_check(AshPolicyCompiler *compiler, const char *name)
{
	List *names = NIL;
	int n;
	const AshCheckDef *defs = ash_checks(&n);

	for (int i = 0; i < n; i++)
		names = lappend(names, unconstify(char *, defs[i].name));
	(void) ash_error_unknown(compiler->errors, NULL, name, names, "no such check \"%s\"",
							 ash_clip(name));
}

/* The check of that name, or NULL. */
static const AshCheckDef *
find_check(const char *name)
{
	int n;
	const AshCheckDef *checks = ash_checks(&n);

	for (int i = 0; i < n; i++)
	{
		if (strcmp(checks[i].name, name) == 0)
			return &checks[i];
	}
	return NULL;
}

/* The key of a check's object that names it: a known one, else the first. */
static const char *
check_name(json_t *node)
{
	const char *first = NULL;
	const char *key;
	json_t *value;

	if (json_is_string(node))
		return json_string_value(node);
	json_object_foreach (node, key, value)
	{
		if (find_check(key) != NULL)
			return key;
		if (first == NULL)
			first = key;
	}
	return first;
}

/*
 * The options of a check, as the object its spec describes. What the check's name is the key
 * of is that object, or the value of one option (the payload or shorthand); what stands beside
 * the name (the options of a function) is added.
 */
static json_t *
check_given(json_t *node, const char *name, const AshCheckDef *def)
{
	const char *payload = def->payload;
	const char *shorthand = def->spec->shorthand;
	json_t *given = json_is_object(node) ? json_object_get(node, name) : NULL;
	const char *whole = payload != NULL || json_is_object(given) ? payload : shorthand;
	json_t *made;
	json_t *value;
	const char *key;

	if (json_object_size(node) <= 1 && payload == NULL && given != NULL && !json_is_true(given) &&
		!json_is_null(given))
		return given;
	made = ash_json_own(CurrentMemoryContext, ash_json_object());
	if (whole != NULL && given != NULL && !json_is_true(given) && !json_is_null(given))
		json_object_set(made, whole, given);
	else if (json_is_object(given))
		json_object_update(made, given);
	json_object_foreach (node, key, value)
	{
		if (strcmp(key, name) != 0)
			json_object_set(made, key, value);
	}
	return made;
}

/* "actor_present", "action_type [\"read\"]", or the text of an expression. */
static const char *
describe_check(json_t *node, const char *name)
{
	json_t *given = json_is_object(node) ? json_object_get(node, name) : NULL;

	if (given == NULL || json_is_true(given) || json_is_null(given))
		return pstrdup(name);
	if (strcmp(name, "expr") == 0 && json_is_string(given))
		return pstrdup(json_string_value(given));
	if (json_is_string(given))
		return psprintf("%s %s", name, json_string_value(given));
	return psprintf("%s %s", name, ash_json_dump(given, false));
}

/* The check at the current path; NULL after adding an error. */
static AshCheck *
compile_check(AshPolicyCompiler *compiler, json_t *node, const char *label)
{
	AshErrors *errors = compiler->errors;
	const char *name = check_name(node);
	AshCheck *check = palloc0(sizeof(AshCheck));
	json_t *given;
	bool ok;

	if (name == NULL)
	{
		ash_error_definition(errors, NULL,
							 "a check must be a name or an object with the name as its key");
		return NULL;
	}
	check->def = find_check(name);
	if (check->def == NULL)
	{
		unknown_check(compiler, name);
		return NULL;
	}
	check->name = label != NULL ? label : describe_check(node, name);
	given = check_given(node, name, check->def);
	ash_errors_push_name(errors, name);
	ok = ash_spec_check(check->def->spec, given, NULL, errors);
	if (ok && check->def->spec->size > 0)
		check->options = ash_spec_fill(check->def->spec, given);
	if (ok && check->def->prepare != NULL)
		ok = check->def->prepare(compiler->res, check->options, errors);
	ash_errors_pop(errors);
	return ok ? check : NULL;
}

/*
 * The condition under key, a check, a list of checks or nothing, as List of AshCheck *. Errors
 * are added below the current path; a faulty check is left out.
 */
List *
ash_policy_compile_condition(AshPolicyCompiler *compiler, const char *key, json_t *node)
{
	List *conditions = NIL;
	AshCheck *check;

	if (node == NULL || json_is_null(node))
		return conditions;
	ash_errors_push_name(compiler->errors, key);
	if (!json_is_array(node))
	{
		check = compile_check(compiler, node, NULL);
		if (check != NULL)
			conditions = lappend(conditions, check);
	}
	for (size_t i = 0; i < json_array_size(node); i++)
	{
		ash_errors_push_index(compiler->errors, (int) i);
		check = compile_check(compiler, json_array_get(node, i), NULL);
		if (check != NULL)
			conditions = lappend(conditions, check);
		ash_errors_pop(compiler->errors);
	}
	ash_errors_pop(compiler->errors);
	return conditions;
}

/* {"authorize_if": check, "name": …} at the current path; NULL after adding an error. */
static AshPolicyCheck *
compile_policy_check(AshPolicyCompiler *compiler, json_t *node)
{
	AshErrors *errors = compiler->errors;
	AshPolicyCheck *policy_check = palloc0(sizeof(AshPolicyCheck));
	const char *also[] = { NULL, NULL };
	CheckOptions *common;

	for (int i = 0; also[0] == NULL && ash_check_effects[i] != NULL; i++)
	{
		if (json_object_get(node, ash_check_effects[i]) == NULL)
			continue;
		policy_check->effect = (AshCheckEffect) i;
		also[0] = ash_check_effects[i];
	}
	if (also[0] == NULL)
	{
		ash_error_definition(
			errors, NULL,
			"a check needs authorize_if, forbid_if, authorize_unless or forbid_unless");
		return NULL;
	}
	if (!ash_spec_check(&ash_policy_check_spec, node, also, errors))
		return NULL;
	common = ash_spec_fill(&ash_policy_check_spec, node);
	ash_errors_push_name(errors, also[0]);
	policy_check->check = compile_check(compiler, json_object_get(node, also[0]), common->name);
	ash_errors_pop(errors);
	return policy_check->check != NULL ? policy_check : NULL;
}

/* True if the checks can never authorize anything. */
static bool
only_forbids(List *checks)
{
	ListCell *lc;

	foreach (lc, checks)
	{
		AshCheckEffect effect = ((AshPolicyCheck *) lfirst(lc))->effect;

		if (effect == ASH_AUTHORIZE_IF || effect == ASH_AUTHORIZE_UNLESS)
			return false;
	}
	return true;
}

/*
 * Fills policy->checks from a list of checks, or a single one; it must not be empty. Errors
 * are added below the current path; a faulty check is left out.
 */
void
ash_policy_compile_checks(AshPolicyCompiler *compiler, json_t *list, AshPolicy *policy)
{
	AshErrors *errors = compiler->errors;
	int before = list_length(errors->items);
	bool many = json_is_array(list);
	int n = many ? (int) json_array_size(list) : list != NULL;

	if (n == 0)
	{
		ash_error_definition(errors, "checks", "policies must have at least one check");
		return;
	}
	ash_errors_push_name(errors, "checks");
	for (int i = 0; i < n; i++)
	{
		AshPolicyCheck *check;

		if (many)
			ash_errors_push_index(errors, i);
		check = compile_policy_check(compiler, many ? json_array_get(list, i) : list);
		if (check != NULL)
			policy->checks = lappend(policy->checks, check);
		if (many)
			ash_errors_pop(errors);
	}
	if (policy->bypass && list_length(errors->items) == before && only_forbids(policy->checks))
		ash_error_definition(
			errors, NULL, "a bypass that can only forbid has no effect: give it an authorize_if");
	ash_errors_pop(errors);
}
