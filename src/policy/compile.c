/*-------------------------------------------------------------------------
 *
 * src/policy/compile.c
 *	  Definitions of policies and field policies → AshPolicy.
 *
 *	  {"policy"|"bypass": condition, "access_type"?, "description"?,
 *	   "error_message"?, "checks": [{"authorize_if": check, "name"?}, …]}
 *	  {"fields"|"bypass_fields": […]|"*", "condition"?, "description"?, "checks": […]}
 *
 * A condition is a check or a list of checks that must all hold; a missing one
 * holds always.  A check is the name of a built-in, or an object with that name as
 * its key.  Policy groups are gone by now: the expanded document has their
 * conditions in each policy.
 *
 * Everything is compiled into one memory context, which becomes a child of the
 * resource's only when nothing was wrong.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset.h"
#include "policy/internal.h"
#include "utils/memutils.h"

const char *const ash_check_effects[] = { "authorize_if", "forbid_if", "authorize_unless",
										  "forbid_unless", NULL };
const char *const ash_access_types[] = { "filter", "strict", "runtime", NULL };

/*-------------------------------------------------------------------------
 * Schemas of the entries
 *-------------------------------------------------------------------------
 */

typedef struct PolicyOptions
{
	json_t *policy;
	json_t *bypass;
	json_t *checks;
	int access_type;
	const char *description;
	const char *error_message;
} PolicyOptions;

static const AshOpt policy_options[] = {
	{ "policy", ASH_OPT_JSON, offsetof(PolicyOptions, policy), 0, NULL, NULL, NULL,
	  "when the policy applies: it must then pass" },
	{ "bypass", ASH_OPT_JSON, offsetof(PolicyOptions, bypass), 0, NULL, NULL, NULL,
	  "when the bypass applies: if it passes, policies after it do not matter" },
	{ "checks", ASH_OPT_JSON, offsetof(PolicyOptions, checks), 0, NULL, NULL, NULL,
	  "checks in order; the first that decides wins" },
	{ "access_type", ASH_OPT_ENUM, offsetof(PolicyOptions, access_type), 0, NULL, ash_access_types,
	  NULL, "filter, strict or runtime; that of the resource by default" },
	{ "description", ASH_OPT_STRING, offsetof(PolicyOptions, description), 0, NULL, NULL, NULL,
	  "for people" },
	{ "error_message", ASH_OPT_STRING, offsetof(PolicyOptions, error_message), 0, NULL, NULL, NULL,
	  "message when this policy is what forbids" },
	ASH_OPT_END
};
const AshSpec ash_policy_spec = { "policy", sizeof(PolicyOptions), policy_options, NULL, NULL };

typedef struct FieldPolicyOptions
{
	List *fields;
	List *bypass_fields;
	json_t *condition;
	json_t *checks;
	const char *description;
} FieldPolicyOptions;

static const AshOpt field_policy_options[] = {
	{ "fields", ASH_OPT_NAMES, offsetof(FieldPolicyOptions, fields),
	  ASH_OPT_NONEMPTY | ASH_OPT_STAR, NULL, NULL, NULL, "fields the policy is about" },
	{ "bypass_fields", ASH_OPT_NAMES, offsetof(FieldPolicyOptions, bypass_fields),
	  ASH_OPT_NONEMPTY | ASH_OPT_STAR, NULL, NULL, NULL, "fields the bypass is about" },
	{ "condition", ASH_OPT_JSON, offsetof(FieldPolicyOptions, condition), 0, NULL, NULL, NULL,
	  "when it applies; always by default" },
	{ "checks", ASH_OPT_JSON, offsetof(FieldPolicyOptions, checks), 0, NULL, NULL, NULL,
	  "checks in order; the first that decides wins" },
	{ "description", ASH_OPT_STRING, offsetof(FieldPolicyOptions, description), 0, NULL, NULL, NULL,
	  "for people" },
	ASH_OPT_END
};
const AshSpec ash_field_policy_spec = { "field_policy", sizeof(FieldPolicyOptions),
										field_policy_options, NULL, NULL };

typedef struct CheckOptions
{
	const char *name;
} CheckOptions;

static const AshOpt check_options[] = { { "name", ASH_OPT_STRING, offsetof(CheckOptions, name), 0,
										  NULL, NULL, NULL,
										  "shown in place of the check by ash_explain_policies" },
										ASH_OPT_END };
const AshSpec ash_policy_check_spec = { "check", sizeof(CheckOptions), check_options, NULL, NULL };

typedef struct Compiler
{
	AshResource *res;
	AshErrors *errors;
} Compiler;

/*-------------------------------------------------------------------------
 * Expressions
 *-------------------------------------------------------------------------
 */

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
 * A policy may be asked about any action: arg.x is the argument of the action at
 * hand, null when it has none.  Of several with one name the first gives the type;
 * the value of another is cast to it.
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

static void
unknown_check(Compiler *compiler, const char *name)
{
	List *names = NIL;
	int n;
	const AshCheckDef *defs = ash_checks(&n);
	const char *near;
	AshError *error;

	for (int i = 0; i < n; i++)
		names = lappend(names, unconstify(char *, defs[i].name));
	near = ash_suggest_one(name, names);
	error = ash_error_add(compiler->errors, ASH_E_INVALID_DEFINITION, NULL,
						  "no such check \"%s\"%s%s%s", ash_clip(name),
						  near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	error->did_you_mean = ash_suggest(name, names);
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
		if (ash_check_lookup(key) != NULL)
			return key;
		if (first == NULL)
			first = key;
	}
	return first;
}

/*
 * What a check is given, as the object its spec describes: what stands under the
 * name, as the option it stands for unless it is that object, and what stands beside
 * the name (the options of a function).
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
compile_check(Compiler *compiler, json_t *node, const char *label)
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
	check->def = ash_check_lookup(name);
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

/* The condition under key: a check, a list of them, or nothing. */
static List *
compile_condition(Compiler *compiler, const char *key, json_t *node)
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
compile_policy_check(Compiler *compiler, json_t *node)
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

/* Can the checks ever authorize anything? */
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

static void
compile_checks(Compiler *compiler, json_t *list, AshPolicy *policy)
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

/*-------------------------------------------------------------------------
 * Policies
 *-------------------------------------------------------------------------
 */

/* The entry at the current path; NULL after adding an error that leaves nothing to go on with. */
static AshPolicy *
compile_policy(Compiler *compiler, json_t *node)
{
	AshErrors *errors = compiler->errors;
	PolicyOptions *opts;
	AshPolicy *policy;

	if (!ash_spec_check(&ash_policy_spec, node, NULL, errors))
		return NULL;
	opts = ash_spec_fill(&ash_policy_spec, node);
	if (opts->policy != NULL && opts->bypass != NULL)
	{
		ash_error_definition(errors, NULL, "a policy cannot be a bypass as well");
		return NULL;
	}
	policy = palloc0(sizeof(AshPolicy));
	policy->bypass = opts->bypass != NULL;
	policy->access_type =
		opts->access_type >= 0 ? opts->access_type : compiler->res->default_access_type;
	policy->description = opts->description;
	policy->error_message = opts->error_message;
	policy->conditions = compile_condition(compiler, policy->bypass ? "bypass" : "policy",
										   policy->bypass ? opts->bypass : opts->policy);
	compile_checks(compiler, opts->checks, policy);
	return policy;
}

/* Compiles one entry of a list. */
typedef AshPolicy *(*EntryCompiler)(Compiler *compiler, json_t *node);

static List *
compile_list(Compiler *compiler, json_t *list, EntryCompiler compile)
{
	List *policies = NIL;

	for (size_t i = 0; i < json_array_size(list); i++)
	{
		AshPolicy *policy;

		ash_errors_push_index(compiler->errors, (int) i);
		policy = compile(compiler, json_array_get(list, i));
		if (policy != NULL)
			policies = lappend(policies, policy);
		ash_errors_pop(compiler->errors);
	}
	return policies;
}

/*-------------------------------------------------------------------------
 * Field policies
 *-------------------------------------------------------------------------
 */

/* A field a policy may name. */
static bool
is_field(const AshResource *res, const char *name)
{
	return strcmp(name, "*") == 0 || ash_find_attribute(res, name) != NULL ||
		   ash_find_calculation(res, name) != NULL || ash_find_aggregate(res, name) != NULL;
}

static void
unknown_field(Compiler *compiler, const char *name)
{
	AshResource *res = compiler->res;
	List *names = NIL;
	AshError *error;

	for (int i = 0; i < res->nattributes; i++)
		names = lappend(names, unconstify(char *, res->attributes[i]->name));
	for (int i = 0; i < res->ncalculations; i++)
		names = lappend(names, unconstify(char *, res->calculations[i]->name));
	for (int i = 0; i < res->naggregates; i++)
		names = lappend(names, unconstify(char *, res->aggregates[i]->name));
	error = ash_error_add(compiler->errors, ASH_E_INVALID_DEFINITION, NULL,
						  "no such field \"%s\" on %s", name, res->name);
	error->did_you_mean = ash_suggest(name, names);
}

static void
check_fields(Compiler *compiler, const char *key, List *fields)
{
	ListCell *lc;

	ash_errors_push_name(compiler->errors, key);
	foreach (lc, fields)
	{
		AshAttribute *attribute = ash_find_attribute(compiler->res, lfirst(lc));

		if (!is_field(compiler->res, lfirst(lc)))
			unknown_field(compiler, lfirst(lc));
		else if (attribute != NULL && attribute->primary_key)
			ash_error_definition(
				compiler->errors, NULL,
				"\"%s\" is part of the primary key, which field policies never hide",
				attribute->name);
	}
	ash_errors_pop(compiler->errors);
}

static AshPolicy *
compile_field_policy(Compiler *compiler, json_t *node)
{
	FieldPolicyOptions *opts;
	AshPolicy *policy;

	if (!ash_spec_check(&ash_field_policy_spec, node, NULL, compiler->errors))
		return NULL;
	opts = ash_spec_fill(&ash_field_policy_spec, node);
	if ((opts->fields == NIL) == (opts->bypass_fields == NIL))
	{
		ash_error_definition(compiler->errors, NULL,
							 "a field policy needs either fields or bypass_fields");
		return NULL;
	}
	policy = palloc0(sizeof(AshPolicy));
	policy->bypass = opts->bypass_fields != NIL;
	policy->fields = policy->bypass ? opts->bypass_fields : opts->fields;
	policy->access_type = ASH_ACCESS_FILTER;
	policy->description = opts->description;
	check_fields(compiler, policy->bypass ? "bypass_fields" : "fields", policy->fields);
	policy->conditions = compile_condition(compiler, "condition", opts->condition);
	compile_checks(compiler, opts->checks, policy);
	return policy;
}

static bool
covers(List *policies, const char *field)
{
	ListCell *lc;
	ListCell *name;

	foreach (lc, policies)
	{
		AshPolicy *policy = lfirst(lc);

		if (policy->bypass)
			continue;
		foreach (name, policy->fields)
		{
			if (strcmp(lfirst(name), "*") == 0 || strcmp(lfirst(name), field) == 0)
				return true;
		}
	}
	return false;
}

static void
require_covered(Compiler *compiler, List *policies, const char *field, bool is_public)
{
	if ((is_public || compiler->res->private_fields == ASH_PRIVATE_INCLUDE) &&
		!covers(policies, field))
		ash_error_definition(
			compiler->errors, NULL,
			"field \"%s\" is in no field policy: name it in one, or add one for \"*\"", field);
}

/* Spec 13.7: once there is a field policy, every public field needs one. */
static void
check_coverage(Compiler *compiler, List *policies)
{
	AshResource *res = compiler->res;

	for (int i = 0; i < res->nattributes; i++)
	{
		if (!res->attributes[i]->primary_key)
			require_covered(compiler, policies, res->attributes[i]->name,
							res->attributes[i]->public);
	}
	for (int i = 0; i < res->ncalculations; i++)
		require_covered(compiler, policies, res->calculations[i]->name,
						res->calculations[i]->public);
	for (int i = 0; i < res->naggregates; i++)
		require_covered(compiler, policies, res->aggregates[i]->name, res->aggregates[i]->public);
}

/*-------------------------------------------------------------------------
 * Both
 *-------------------------------------------------------------------------
 */

static List *
compile_key(Compiler *compiler, const char *key, json_t *list, EntryCompiler compile)
{
	List *policies;

	ash_errors_push_name(compiler->errors, key);
	if (list != NULL && !json_is_array(list))
		ash_error_definition(compiler->errors, NULL, "%s must be a list", key);
	policies = compile_list(compiler, list, compile);
	ash_errors_pop(compiler->errors);
	return policies;
}

void
ash_resource_policies(AshResource *res, AshErrors *errors)
{
	AshErrors *own = errors ? errors : ash_errors_create(CurrentMemoryContext);
	int before = list_length(own->items);
	Compiler compiler = { res, own };
	MemoryContext cxt;
	MemoryContext old;
	List *policies;
	List *field_policies;

	if (res->policies_compiled)
		return;
	cxt = AllocSetContextCreate(CurrentMemoryContext, "ash policies", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(cxt);
	policies = compile_key(&compiler, "policies", res->policies_json, compile_policy);
	field_policies =
		compile_key(&compiler, "field_policies", res->field_policies_json, compile_field_policy);
	if (field_policies != NIL && list_length(own->items) == before)
		check_coverage(&compiler, field_policies);
	MemoryContextSwitchTo(old);
	if (list_length(own->items) > before)
	{
		/* cxt is left to its parent: errors may point into it */
		if (errors == NULL)
			ash_stale_definition(res, own);
		return;
	}
	MemoryContextSetParent(cxt, res->cxt);
	res->policies = policies;
	res->field_policies = field_policies;
	res->policies_compiled = true;
}
