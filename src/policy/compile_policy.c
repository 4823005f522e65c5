/*-------------------------------------------------------------------------
 *
 * src/policy/compile_policy.c
 *	  Definitions of policies and field policies → AshPolicy.
 *
 *	  {"policy"|"bypass": condition, "access_type"?, "description"?,
 *	   "error_message"?, "checks": [{"authorize_if": check, "name"?}, …]}
 *	  {"fields"|"bypass_fields": […]|"*", "condition"?, "description"?, "checks": […]}
 *
 * Conditions and checks are compile_check.c's.  Policy groups are gone by now: the
 * expanded document has their conditions in each policy.
 *
 * Everything is compiled into one memory context, which becomes a child of the
 * resource's only when nothing was wrong.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "model/calculation.h"
#include "model/resource.h"
#include "policy/policy_internal.h"
#include "utils/memutils.h"

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
	ASH_OPTION(PolicyOptions, "policy", JSON, policy,
			   .doc = "when the policy applies: it must then pass"),
	ASH_OPTION(PolicyOptions, "bypass", JSON, bypass,
			   .doc = "when the bypass applies: if it passes, policies after it do not matter"),
	ASH_OPTION(PolicyOptions, "checks", JSON, checks,
			   .doc = "checks in order; the first that decides wins"),
	ASH_OPTION(PolicyOptions, "access_type", ENUM, access_type, .choices = ash_access_types,
			   .doc = "filter, strict or runtime; that of the resource by default"),
	ASH_OPTION(PolicyOptions, "description", STRING, description, .doc = "for people"),
	ASH_OPTION(PolicyOptions, "error_message", STRING, error_message,
			   .doc = "message when this policy is what forbids"),
	ASH_OPT_END
};
const AshSpec ash_policy_spec = ASH_SPEC("policy", PolicyOptions, policy_options);

typedef struct FieldPolicyOptions
{
	List *fields;
	List *bypass_fields;
	json_t *condition;
	json_t *checks;
	const char *description;
} FieldPolicyOptions;

static const AshOpt field_policy_options[] = {
	ASH_OPTION(FieldPolicyOptions, "fields", NAMES, fields,
			   .flags = ASH_OPT_NONEMPTY | ASH_OPT_STAR, .doc = "fields the policy is about"),
	ASH_OPTION(FieldPolicyOptions, "bypass_fields", NAMES, bypass_fields,
			   .flags = ASH_OPT_NONEMPTY | ASH_OPT_STAR, .doc = "fields the bypass is about"),
	ASH_OPTION(FieldPolicyOptions, "condition", JSON, condition,
			   .doc = "when it applies; always by default"),
	ASH_OPTION(FieldPolicyOptions, "checks", JSON, checks,
			   .doc = "checks in order; the first that decides wins"),
	ASH_OPTION(FieldPolicyOptions, "description", STRING, description, .doc = "for people"),
	ASH_OPT_END
};
const AshSpec ash_field_policy_spec =
	ASH_SPEC("field_policy", FieldPolicyOptions, field_policy_options);

/*-------------------------------------------------------------------------
 * Policies
 *-------------------------------------------------------------------------
 */

/* The entry at the current path; NULL after adding an error that leaves nothing to go on with. */
static AshPolicy *
compile_policy(AshPolicyCompiler *compiler, json_t *node)
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
	policy->conditions =
		ash_policy_compile_condition(compiler, policy->bypass ? "bypass" : "policy",
									 policy->bypass ? opts->bypass : opts->policy);
	ash_policy_compile_checks(compiler, opts->checks, policy);
	return policy;
}

/* Compiles one entry of a list. */
typedef AshPolicy *(*EntryCompiler)(AshPolicyCompiler *compiler, json_t *node);

/*
 * The entries of a list as List of AshPolicy *; a faulty one is left out after adding its
 * errors.
 */
static List *
compile_list(AshPolicyCompiler *compiler, json_t *list, EntryCompiler compile)
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
is_field_named(const AshResource *res, const char *name)
{
	return strcmp(name, "*") == 0 || ash_find_attribute(res, name) != NULL ||
		   ash_find_calculation(res, name) != NULL || ash_find_aggregate(res, name) != NULL;
}

/* Adds the error of a field that the resource has not, with a suggestion. */
static void
unknown_field(AshPolicyCompiler *compiler, const char *name)
{
	AshResource *res = compiler->res;

	(void) ash_error_unknown(compiler->errors, NULL, name, ash_field_names(res),
							 "no such field \"%s\" on %s", name, res->name);
}

/* Adds errors for names under key that are no fields, or part of the primary key. */
static void
check_fields(AshPolicyCompiler *compiler, const char *key, List *fields)
{
	ListCell *lc;

	ash_errors_push_name(compiler->errors, key);
	foreach (lc, fields)
	{
		AshAttribute *attribute = ash_find_attribute(compiler->res, lfirst(lc));

		if (!is_field_named(compiler->res, lfirst(lc)))
			unknown_field(compiler, lfirst(lc));
		else if (attribute != NULL && attribute->primary_key)
			ash_error_definition(
				compiler->errors, NULL,
				"\"%s\" is part of the primary key, which field policies never hide",
				attribute->name);
	}
	ash_errors_pop(compiler->errors);
}

/* The entry at the current path; NULL after adding an error that leaves nothing to go on with. */
static AshPolicy *
compile_field_policy(AshPolicyCompiler *compiler, json_t *node)
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
	policy->conditions = ash_policy_compile_condition(compiler, "condition", opts->condition);
	ash_policy_compile_checks(compiler, opts->checks, policy);
	return policy;
}

/* True if a field policy, not counting bypasses, is about the field. */
static bool
covers(List *policies, const char *field)
{
	ListCell *lc;

	foreach (lc, policies)
	{
		AshPolicy *policy = lfirst(lc);

		if (!policy->bypass &&
			(ash_names_contain(policy->fields, "*") || ash_names_contain(policy->fields, field)))
			return true;
	}
	return false;
}

/* Adds an error if the field needs a field policy and has none. */
static void
require_covered(AshPolicyCompiler *compiler, List *policies, const char *field, bool is_public)
{
	if ((is_public || compiler->res->private_fields == ASH_PRIVATE_INCLUDE) &&
		!covers(policies, field))
		ash_error_definition(
			compiler->errors, NULL,
			"field \"%s\" is in no field policy: name it in one, or add one for \"*\"", field);
}

/*
 * Once there is a field policy, every public field needs one, and private ones do where
 * "private_fields" is "include".
 */
static void
check_coverage(AshPolicyCompiler *compiler, List *policies)
{
	AshResource *res = compiler->res;

	for (int i = 0; i < res->nattributes; i++)
	{
		if (!res->attributes[i]->primary_key)
			require_covered(compiler, policies, res->attributes[i]->name,
							res->attributes[i]->is_public);
	}
	for (int i = 0; i < res->ncalculations; i++)
		require_covered(compiler, policies, res->calculations[i]->name,
						res->calculations[i]->is_public);
	for (int i = 0; i < res->naggregates; i++)
		require_covered(compiler, policies, res->aggregates[i]->name,
						res->aggregates[i]->is_public);
}

/*-------------------------------------------------------------------------
 * Both
 *-------------------------------------------------------------------------
 */

/* The list under a key of the resource's definition; NIL when it is absent. */
static List *
compile_key(AshPolicyCompiler *compiler, const char *key, json_t *list, EntryCompiler compile)
{
	List *policies;

	ash_errors_push_name(compiler->errors, key);
	if (list != NULL && !json_is_array(list))
		ash_error_definition(compiler->errors, NULL, "%s must be a list", key);
	policies = compile_list(compiler, list, compile);
	ash_errors_pop(compiler->errors);
	return policies;
}

/*
 * Compiles the policies and field policies of res into res->cxt, unless they are compiled
 * already. Faults are added to errors; when errors is NULL, at run time, they raise an error:
 * the stored definition does not fit any more.
 */
void
ash_resource_policies(AshResource *res, AshErrors *errors)
{
	AshErrors *own = errors ? errors : ash_errors_create(CurrentMemoryContext);
	int before = list_length(own->items);
	AshPolicyCompiler compiler = { res, own };
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
