/*-------------------------------------------------------------------------
 *
 * src/policy/checks_simple.c
 *	  Checks on what is being done: the action, its type, its resource and context.
 *
 * For ad-hoc SQL the action is the primary action of the command's type and the
 * context is empty.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/action_def.h"
#include "model/entities.h"
#include "policy/policy_internal.h"

/*-------------------------------------------------------------------------
 * always, never
 *-------------------------------------------------------------------------
 */

static AshTruth
match_always(const AshPolicySubject *subject, void *options)
{
	return ASH_TRUE;
}

static AshTruth
match_never(const AshPolicySubject *subject, void *options)
{
	return ASH_FALSE;
}

/*-------------------------------------------------------------------------
 * action_type, action, resource, private_action
 *-------------------------------------------------------------------------
 */

typedef struct NamesOptions
{
	List *names;
	uint32 types; /* action_type: ASH_ON() bits */
} NamesOptions;

static const AshOpt action_type_options[] = {
	ASH_OPTION(NamesOptions, "type", NAMES, names, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "action types: create, read, update, destroy, action"),
	ASH_OPT_END
};
static const AshSpec action_type_spec =
	ASH_SPEC("action_type", NamesOptions, action_type_options, .shorthand = "type");

static const AshOpt action_options[] = { ASH_OPTION(NamesOptions, "name", NAMES, names,
													.flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
													.doc = "names of actions"),
										 ASH_OPT_END };
static const AshSpec action_spec =
	ASH_SPEC("action", NamesOptions, action_options, .shorthand = "name");

static const AshOpt resource_options[] = {
	ASH_OPTION(NamesOptions, "name", NAMES, names, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "names of resources, as \"domain.resource\""),
	ASH_OPT_END
};
static const AshSpec resource_spec =
	ASH_SPEC("resource", NamesOptions, resource_options, .shorthand = "name");

/* Turns the names of action types into bits; false after adding an error for one that is none. */
static bool
prepare_action_type(AshResource *res, void *options, AshErrors *errors)
{
	NamesOptions *opts = options;
	bool ok = true;
	ListCell *lc;

	foreach (lc, opts->names)
	{
		int type = ash_name_index(ash_action_types, lfirst(lc));

		if (type < 0)
		{
			(void) ash_error_unknown(errors, NULL, lfirst(lc),
									 list_make5("create", "read", "update", "destroy", "action"),
									 "no such action type \"%s\"", (char *) lfirst(lc));
			ok = false;
		}
		else
			opts->types |= ASH_ON(type);
	}
	return ok;
}

static AshTruth
match_action_type(const AshPolicySubject *subject, void *options)
{
	return ash_truth((((NamesOptions *) options)->types & ASH_ON(subject->type)) != 0);
}

/* A policy of the domain may name actions that only some of its resources have. */
static AshTruth
match_action(const AshPolicySubject *subject, void *options)
{
	return ash_truth(subject->action != NULL &&
					 ash_names_contain(((NamesOptions *) options)->names, subject->action->name));
}

static AshTruth
match_resource(const AshPolicySubject *subject, void *options)
{
	return ash_truth(ash_names_contain(((NamesOptions *) options)->names, subject->res->name));
}

static AshTruth
match_private_action(const AshPolicySubject *subject, void *options)
{
	return ash_truth(subject->action != NULL && !subject->action->is_public);
}

/*-------------------------------------------------------------------------
 * context_equals
 *-------------------------------------------------------------------------
 */

typedef struct ContextEquals
{
	List *key;
	json_t *value_json;
	AshTemplate *value;
} ContextEquals;

static const AshOpt context_equals_options[] = {
	ASH_OPTION(ContextEquals, "key", NAMES, key, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "key of the context, or the keys that lead to it"),
	ASH_OPTION(ContextEquals, "value", VALUE, value_json, .flags = ASH_OPT_REQUIRED,
			   .doc = "what must stand there"),
	ASH_OPT_END
};
static const AshSpec context_equals_spec =
	ASH_SPEC("context_equals", ContextEquals, context_equals_options);

static bool
prepare_context_equals(AshResource *res, void *options, AshErrors *errors)
{
	ContextEquals *opts = options;

	opts->value = ash_check_operand(res, "value", opts->value_json, NULL, errors);
	return opts->value != NULL;
}

/* Ad-hoc SQL has no context: the check is not satisfied there. */
static AshTruth
match_context_equals(const AshPolicySubject *subject, void *options)
{
	ContextEquals *opts = options;
	JsonbValue value;

	if (subject->call == NULL ||
		!ash_jsonb_get_path(subject->call->bindings.context, opts->key, &value))
		return ASH_FALSE;
	return ash_truth(ash_check_equals_json(subject->call, opts->value, &value));
}

const AshCheckDef ash_simple_checks[] = {
	{ "always", "True for every call.", &ash_no_options_spec, NULL, NULL, match_always, NULL,
	  true },
	{ "never", "False for every call.", &ash_no_options_spec, NULL, NULL, match_never, NULL, true },
	{ "action_type", "The action is of one of the types.", &action_type_spec, NULL,
	  prepare_action_type, match_action_type, NULL, true },
	{ "action", "The action is one of those named.", &action_spec, NULL, NULL, match_action, NULL,
	  true },
	{ "resource", "The resource is one of those named.", &resource_spec, NULL, NULL, match_resource,
	  NULL, true },
	{ "private_action", "The action is not public.", &ash_no_options_spec, NULL, NULL,
	  match_private_action, NULL, true },
	{ "context_equals", "The context of the call holds the value under the key.",
	  &context_equals_spec, NULL, prepare_context_equals, match_context_equals, NULL },
	{ NULL }
};
