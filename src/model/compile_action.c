/*-------------------------------------------------------------------------
 *
 * src/model/compile_action.c
 *	  Actions of an expanded document → structs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/model_internal.h"

static void
compile_arguments(AshResource *res, AshAction *action, json_t *node, AshErrors *errors)
{
	int i;

	action->args =
		(AshArgument **) ash_compile_section(res, node, "arguments", ash_compile_argument,
											 &action->nargs, errors);
	for (i = 0; i < action->nargs; i++)
		action->args[i]->index = i;
}

/* accept is a list of names by now. */
static void
compile_accept(AshResource *res, AshAction *action, json_t *node, AshErrors *errors)
{
	json_t *written = json_object_get(res->document, "attributes");
	size_t i;
	json_t *item;

	ash_errors_push_name(errors, "accept");
	json_array_foreach (json_object_get(node, "accept"), i, item)
	{
		const char *name = json_string_value(item);
		AshAttribute *attr = ash_find_attribute(res, name);

		ash_errors_push_index(errors, (int) i);
		if (attr == NULL && json_object_get(written, name) != NULL)
			; /* faulty itself, and said to be */
		else if (attr == NULL)
			ash_spec_unknown("attribute", name, ash_attribute_names(res), errors);
		else if (!attr->writable)
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
						  "the attribute \"%s\" is not writable", name);
		else
			action->accept = bms_add_member(action->accept, attr->index);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* jsonb orders the keys of an object by length, then by bytes. */
static int
compare_inputs(const void *a, const void *b)
{
	const AshInput *left = a;
	const AshInput *right = b;

	if (left->namelen != right->namelen)
		return left->namelen - right->namelen;
	return memcmp(left->name, right->name, left->namelen);
}

static void
add_input(AshAction *action, const char *name, const AshAttribute *attr, const AshArgument *arg)
{
	AshInput *input = &action->inputs[action->ninputs++];

	input->name = name;
	input->namelen = (int) strlen(name);
	input->attribute = attr;
	input->argument = arg;
}

static void
collect_inputs(AshResource *res, AshAction *action)
{
	int attno = -1;
	int i;

	action->inputs =
		palloc0(sizeof(AshInput) * (action->nargs + bms_num_members(action->accept) + 1));
	for (i = 0; i < action->nargs; i++)
		add_input(action, action->args[i]->name, NULL, action->args[i]);
	while ((attno = bms_next_member(action->accept, attno)) >= 0)
		add_input(action, res->attributes[attno]->name, res->attributes[attno], NULL);
	qsort(action->inputs, action->ninputs, sizeof(AshInput), compare_inputs);
}

/*
 * The lists of an action that run as one, in the order of their keys.  The nodes
 * are those of the lists: who compiles them can tell where each came from.
 */
static json_t *
merge_lists(json_t *node, const char *const *keys)
{
	json_t *merged = NULL;
	const char *key;
	json_t *list;
	int i;

	json_object_foreach (node, key, list)
	{
		for (i = 0; keys[i] != NULL; i++)
		{
			if (strcmp(keys[i], key) != 0)
				continue;
			if (merged == NULL)
				merged = ash_json_own(CurrentMemoryContext, json_array());
			json_array_extend(merged, list);
		}
	}
	return merged;
}

static void
compile_lists(AshAction *action, json_t *node)
{
	static const char *const steps[] = { "changes", "validations", "steps", NULL };
	static const char *const prepares[] = { "prepare", "preparations", "validations", NULL };

	action->steps_json = NULL;
	action->prepare_json = NULL;
	if (action->type == ASH_ACTION_READ || action->type == ASH_ACTION_GENERIC)
		action->prepare_json = merge_lists(node, prepares);
	else
		action->steps_json = merge_lists(node, steps);
}

static void
compile_pagination(AshAction *action, json_t *node)
{
	json_t *size = json_object_get(json_object_get(node, "pagination"), "max_page_size");

	if (action->pagination != NULL)
		action->pagination->max_page_size = size ? json_integer_value(size) : 250;
}

static void
compile_generic(AshResource *res, AshAction *action, json_t *node, AshErrors *errors)
{
	json_t *run = json_object_get(node, "run");

	action->run = ash_function_name(run);
	action->run_options = json_object_get(run, "options");
	if (json_object_get(node, "returns") == NULL)
		return;
	ash_errors_push_name(errors, "returns");
	action->returns = ash_type_compile(json_string_value(json_object_get(node, "returns")),
									   json_object_get(node, "constraints"), errors);
	ash_errors_pop(errors);
}

void *
ash_compile_action(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	AshAction *action = ash_spec_fill(&ash_action_spec, node);

	action->name = pstrdup(name);
	action->definition = node;
	compile_arguments(res, action, node, errors);
	compile_accept(res, action, node, errors);
	collect_inputs(res, action);
	compile_lists(action, node);
	compile_pagination(action, node);
	compile_generic(res, action, node, errors);
	action->metadata =
		(AshArgument **) ash_compile_section(res, node, "metadata", ash_compile_metadata,
											 &action->nmetadata, errors);
	return action;
}
