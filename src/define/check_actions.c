/*-------------------------------------------------------------------------
 *
 * src/define/check_actions.c
 *	  Actions of a document as it was written: options that fit their type.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "define/check_document.h"
#include "model/action_def.h"

/* "run" or "manual": the name of a SQL function, or {"function", "options"}. */
static void
check_named_function(json_t *node, const char *key, AshErrors *errors)
{
	json_t *function = json_object_get(node, key);

	if (function == NULL)
		return;
	ash_errors_push_name(errors, key);
	ash_spec_check(&ash_function_spec, function, NULL, errors);
	ash_errors_pop(errors);
}

/* Options about what the engine does not do for a manual action. */
static void
check_manual(json_t *node, AshErrors *errors)
{
	static const char *const others[] = { "pagination", "upsert", "upsert_identity",
										  "upsert_fields", "upsert_condition" };

	if (json_object_get(node, "manual") == NULL)
		return;
	check_named_function(node, "manual", errors);
	for (int i = 0; i < lengthof(others); i++)
	{
		if (json_object_get(node, others[i]) != NULL)
			ash_error_definition(
				errors, others[i],
				"a manual action takes no option \"%s\": its function reads and writes", others[i]);
	}
}

/* "allow_expr" is an option of the arguments of calculations alone. */
static void
check_action_argument(json_t *node, AshErrors *errors)
{
	if (json_object_get(node, "allow_expr") != NULL)
		ash_error_definition(errors, "allow_expr", "an argument of an action is a value");
}

/*
 * An entry of "actions" that has a valid "type": options that this type takes, and the
 * shape of its parts. Steps, preparations and expressions are checked when they are
 * compiled.
 */
static void
check_action(json_t *node, AshErrors *errors)
{
	const char *type = json_string_value(json_object_get(node, "type"));

	ash_check_applies(&ash_action_spec, node, ash_name_index(ash_action_types, type),
					  psprintf("an action of type \"%s\"", type), errors);
	ash_check_section(node, "arguments", &ash_argument_spec, check_action_argument, errors);
	ash_check_is_list(node, "changes", errors);
	ash_check_is_list(node, "validations", errors);
	ash_check_is_list(node, "steps", errors);
	ash_check_is_list(node, "prepare", errors);
	ash_check_is_list(node, "preparations", errors);
	ash_check_section(node, "metadata", &ash_metadata_spec, NULL, errors);
	check_named_function(node, "run", errors);
	check_manual(node, errors);
	if (json_object_get(node, "steps") != NULL &&
		(json_object_get(node, "changes") != NULL || json_object_get(node, "validations") != NULL))
		ash_error_definition(errors, "steps",
							 "\"steps\" takes the place of \"changes\" and \"validations\"");
}

static const AshOpt default_accept_options[] = {
	ASH_OPTION_CHECKED("accept", NAMES, .flags = ASH_OPT_STAR),
	ASH_OPT_END,
};
static const AshSpec default_accept_spec =
	ASH_SPEC_CHECKED("accept", default_accept_options, .shorthand = "accept");

/* "read", or {"create": accept}: an entry of "defaults". */
static void
check_default_action(json_t *node, AshErrors *errors)
{
	const char *name = json_string_value(node);
	json_t *value = NULL;

	if (json_is_object(node) && json_object_size(node) == 1)
	{
		name = json_object_iter_key(json_object_iter(node));
		value = json_object_iter_value(json_object_iter(node));
	}
	if (name == NULL)
		ash_error_definition(errors, NULL,
							 "expected the name of a default action or {\"create\": accept}");
	else if (ash_name_index(ash_action_types, name) < 0 ||
			 ash_name_index(ash_action_types, name) == ASH_ACTION_GENERIC)
		ash_spec_unknown("default action", name, list_make4("create", "read", "update", "destroy"),
						 errors);
	else if (value == NULL)
		return;
	else if (strcmp(name, "read") == 0 || strcmp(name, "destroy") == 0)
		ash_error_definition(errors, NULL, "the default action \"%s\" accepts nothing", name);
	else if (json_is_object(value))
		ash_error_definition(errors, name, "expected a list of names, got an object");
	else
		ash_spec_check(&default_accept_spec, value, NULL, errors);
}

/*
 * Check the section "actions". Its key "defaults" is no action but a list of default
 * actions, so the section is checked without it; the document itself is not changed.
 */
void
ash_check_actions(json_t *resource, AshErrors *errors)
{
	json_t *actions = json_object_get(resource, "actions");
	json_t *named;
	size_t i;
	json_t *item;
	json_t *defaults = json_object_get(actions, "defaults");

	if (defaults != NULL)
	{
		ash_errors_push_name(errors, "actions");
		ash_check_is_list(actions, "defaults", errors);
		ash_errors_push_name(errors, "defaults");
		json_array_foreach (defaults, i, item)
		{
			ash_errors_push_index(errors, (int) i);
			check_default_action(item, errors);
			ash_errors_pop(errors);
		}
		ash_errors_pop(errors);
		ash_errors_pop(errors);
	}
	named = json_copy(resource);
	if (json_is_object(actions))
	{
		actions = json_copy(actions);
		json_object_del(actions, "defaults");
		json_object_set_new(named, "actions", actions);
	}
	ash_check_section(named, "actions", &ash_action_spec, check_action, errors);
	json_decref(named);
}
