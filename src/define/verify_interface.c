/*-------------------------------------------------------------------------
 *
 * src/define/verify_interface.c
 *	  Verifies "code_interface": names, options that fit what is called, and that a
 *	  read can be the body of a SQL function.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/identity.h"
#include "schema/schema_plan.h"

/* The entry that is verified. */
typedef struct Entry
{
	AshResource *res;
	json_t *node;
	AshAction *action;			 /* or NULL */
	AshCalculation *calculation; /* or NULL */
	AshErrors *errors;
} Entry;

/* The string under key of the entry, or NULL. */
static const char *
entry_option(const Entry *entry, const char *key)
{
	return json_string_value(json_object_get(entry->node, key));
}

/*
 * Find what the entry calls: entry->action or entry->calculation. False after adding an
 * error.
 */
static bool
find_target(Entry *entry)
{
	const char *action = entry_option(entry, "action");
	const char *calculation = entry_option(entry, "calculation");

	if (action != NULL && calculation != NULL)
		ash_error_definition(entry->errors, "calculation",
							 "give an action or a calculation, not both");
	else if (calculation != NULL)
	{
		entry->calculation = ash_find_calculation(entry->res, calculation);
		if (entry->calculation == NULL)
			(void) ash_error_unknown(entry->errors, "calculation", calculation,
									 ash_calculation_names(entry->res),
									 "no such calculation \"%s\"", ash_clip(calculation));
	}
	else
	{
		entry->action = ash_find_action(entry->res, action);
		if (entry->action == NULL)
			(void) ash_error_unknown(entry->errors, "action", action,
									 ash_action_names(entry->res, ~0u), "no such action \"%s\"",
									 ash_clip(action));
	}
	return entry->action != NULL || entry->calculation != NULL;
}

/*-------------------------------------------------------------------------
 * args
 *-------------------------------------------------------------------------
 */

/* True if what is called has an input of that name. */
static bool
is_input(const Entry *entry, const char *name)
{
	const AshCalculation *calc = entry->calculation;

	if (calc == NULL)
		return ash_find_input(entry->action, name, (int) strlen(name)) != NULL;
	for (int i = 0; i < calc->nargs; i++)
	{
		if (strcmp(calc->args[i]->name, name) == 0)
			return true;
	}
	return false;
}

/* Names of the attributes that find the record; they are parameters too. */
static List *
key_names(const Entry *entry)
{
	const char *identity = entry_option(entry, "get_by_identity");
	AshIdentity *found = identity ? ash_find_identity(entry->res, identity) : NULL;

	return found != NULL ? found->keys : ash_json_names(json_object_get(entry->node, "get_by"));
}

/* True if "custom_inputs" has the name. */
static bool
is_custom(const Entry *entry, const char *name)
{
	return json_object_get(json_object_get(entry->node, "custom_inputs"), name) != NULL;
}

/*
 * What is wrong with an argument other than a name, or NULL: "_record", {"ref": …} and
 * {"arg": …} are for calculations.
 */
static const char *
calculation_fault(const Entry *entry, const AshInterfaceArg *arg)
{
	bool attribute = ash_find_attribute(entry->res, arg->name) != NULL;

	if (entry->calculation == NULL)
		return "only calculations take \"_record\", {\"ref\": …} and {\"arg\": …}";
	if (arg->kind == ASH_INTERFACE_RECORD)
		return arg->optional ? "the record cannot be left out" : NULL;
	if (arg->kind == ASH_INTERFACE_REF && !attribute)
		return psprintf("\"%s\" is no attribute of %s", arg->name, entry->res->name);
	if (arg->kind == ASH_INTERFACE_ARGUMENT && !is_input(entry, arg->name))
		return psprintf("\"%s\" is no argument of calculation \"%s\"", arg->name,
						entry->calculation->name);
	return NULL;
}

/*
 * What is wrong with an item of "args", or NULL. *arg is what it says; seen are the
 * parameters before it.
 */
static const char *
argument_fault(const Entry *entry, json_t *node, List *seen, AshInterfaceArg *arg)
{
	if (!ash_plan_interface_arg(node, arg))
		return "an argument is a name, or {\"optional\": name}";
	if (ash_names_contain(seen, arg->name))
		return psprintf("there is a parameter \"%s\" already", arg->name);
	if (arg->kind != ASH_INTERFACE_NAME)
		return calculation_fault(entry, arg);
	if (!is_input(entry, arg->name) && !is_custom(entry, arg->name) &&
		(entry->calculation == NULL || ash_find_attribute(entry->res, arg->name) == NULL))
		return psprintf("\"%s\" is no input of %s \"%s\"", arg->name,
						entry->action ? "action" : "calculation",
						entry->action ? entry->action->name : entry->calculation->name);
	return NULL;
}

/* "args": inputs that are there, each once, those that may be left out behind the others. */
static void
verify_args(const Entry *entry)
{
	List *seen = list_copy(key_names(entry));
	bool any_optional = false;
	size_t i;
	json_t *node;

	ash_errors_push_name(entry->errors, "args");
	json_array_foreach (json_object_get(entry->node, "args"), i, node)
	{
		AshInterfaceArg arg;
		const char *message = argument_fault(entry, node, seen, &arg);

		if (message == NULL && any_optional && !arg.optional)
			message = "what follows an argument that may be left out may be left out too";
		any_optional |= arg.optional;
		if (message == NULL)
		{
			seen = lappend(seen, unconstify(char *, arg.name));
			continue;
		}
		ash_errors_push_index(entry->errors, (int) i);
		ash_error_definition(entry->errors, NULL, "%s", message);
		ash_errors_pop(entry->errors);
	}
	ash_errors_pop(entry->errors);
}

/*-------------------------------------------------------------------------
 * Inputs that are no parameters, and parameters that are no inputs
 *-------------------------------------------------------------------------
 */

/* True if the input is among "args". */
static bool
is_arg(const Entry *entry, const char *name)
{
	size_t i;
	json_t *node;

	json_array_foreach (json_object_get(entry->node, "args"), i, node)
	{
		AshInterfaceArg arg;

		if (ash_plan_interface_arg(node, &arg) && arg.kind != ASH_INTERFACE_REF &&
			strcmp(arg.name, name) == 0)
			return true;
	}
	return false;
}

/* True for an argument without which a read cannot run. */
static bool
is_required(const Entry *entry, const char *name)
{
	const AshArgument *arg = NULL;

	if (entry->action != NULL && entry->action->type == ASH_ACTION_READ)
		arg = ash_find_argument(entry->action, name);
	return arg != NULL && !arg->allow_nil && !arg->has_default;
}

/* "exclude_inputs": inputs that are no parameters and not required. */
static void
verify_excluded(const Entry *entry)
{
	ListCell *lc;

	foreach (lc, ash_json_names(json_object_get(entry->node, "exclude_inputs")))
	{
		const char *name = lfirst(lc);

		if (!is_input(entry, name))
			ash_error_definition(entry->errors, "exclude_inputs", "\"%s\" is no input", name);
		else if (is_arg(entry, name))
			ash_error_definition(entry->errors, "exclude_inputs", "\"%s\" stands in \"args\"",
								 name);
		else if (is_required(entry, name))
			ash_error_definition(entry->errors, "exclude_inputs", "\"%s\" is required", name);
	}
}

/* What is wrong with an entry of "custom_inputs", or NULL. */
static const char *
custom_fault(const Entry *entry, const char *name, json_t *node)
{
	const char *to = json_string_value(json_object_get(node, "to"));
	const char *using = json_string_value(json_object_get(node, "using"));
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);

	if (entry->action == NULL || entry->action->type == ASH_ACTION_READ)
		return "custom inputs are for functions that call an action that is no read";
	if (ash_type_compile(json_string_value(json_object_get(node, "type")),
						 json_object_get(node, "constraints"), errors) == NULL)
		return ash_errors_message(errors);
	if (!is_input(entry, to))
		return psprintf("\"%s\" is no input of action \"%s\"", to, entry->action->name);
	if (is_input(entry, name) && strcmp(name, to) != 0)
		return psprintf("there is an input \"%s\" already", name);
	if (is_arg(entry, to) && strcmp(name, to) != 0)
		return psprintf("\"%s\" stands in \"args\"", to);
	if (using != NULL && (strchr(using, '.') == NULL || strchr(using, '.') != strrchr(using, '.')))
		return psprintf("function \"%s\" must be named as schema.name", using);
	return NULL;
}

/* "custom_inputs", each with its type, its target and the function that converts it. */
static void
verify_custom(const Entry *entry)
{
	const char *name;
	json_t *node;

	ash_errors_push_name(entry->errors, "custom_inputs");
	json_object_foreach (json_object_get(entry->node, "custom_inputs"), name, node)
	{
		const char *message = custom_fault(entry, name, node);

		if (message != NULL)
			ash_error_definition(entry->errors, name, "%s", message);
	}
	ash_errors_pop(entry->errors);
}

/* Options that a call would refuse are refused here. */
static void
verify_default_options(const Entry *entry)
{
	json_t *options = json_object_get(entry->node, "default_options");
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	ListCell *lc;

	if (options == NULL)
		return;
	if (!json_is_object(options))
	{
		ash_error_definition(entry->errors, "default_options", "expected an object, got %s",
							 ash_json_kind(options));
		return;
	}
	if (entry->action != NULL && entry->action->type == ASH_ACTION_READ)
	{
		ash_error_definition(entry->errors, "default_options",
							 "a read is a query: it takes no options");
		return;
	}
	(void) ash_options_parse(ash_jsonb_from_json(options),
							 entry->action != NULL ? ASH_CALL_BY_NAME : ASH_CALL_CALCULATION,
							 errors);
	foreach (lc, errors->items)
		ash_error_definition(entry->errors, "default_options", "%s", ash_error_text(lfirst(lc)));
}

/*-------------------------------------------------------------------------
 * Options
 *-------------------------------------------------------------------------
 */

/* "get_by" and "get_by_identity": not both, and names that exist. */
static void
verify_keys(const Entry *entry)
{
	const char *identity = entry_option(entry, "get_by_identity");
	ListCell *lc;

	if (identity != NULL && json_object_get(entry->node, "get_by") != NULL)
		ash_error_definition(entry->errors, "get_by",
							 "give \"get_by\" or \"get_by_identity\", not both");
	if (identity != NULL && ash_find_identity(entry->res, identity) == NULL)
		(void) ash_error_unknown(entry->errors, "get_by_identity", identity,
								 ash_identity_names(entry->res), "no such identity \"%s\"",
								 ash_clip(identity));
	foreach (lc, ash_json_names(json_object_get(entry->node, "get_by")))
	{
		if (ash_find_attribute(entry->res, lfirst(lc)) == NULL)
			(void) ash_error_unknown(entry->errors, "get_by", lfirst(lc),
									 ash_attribute_names(entry->res), "no such attribute \"%s\"",
									 (char *) lfirst(lc));
	}
}

/* A key of a read is also the value of the argument of that name: both have one type. */
static void
verify_shared_keys(const Entry *entry)
{
	List *excluded = ash_json_names(json_object_get(entry->node, "exclude_inputs"));
	ListCell *lc;

	if (entry->action == NULL || entry->action->type != ASH_ACTION_READ)
		return;
	foreach (lc, key_names(entry))
	{
		const char *name = lfirst(lc);
		const AshAttribute *attr = ash_find_attribute(entry->res, name);
		const AshArgument *arg = ash_find_argument(entry->action, name);

		if (attr == NULL || arg == NULL || !arg->is_public || ash_names_contain(excluded, name) ||
			(attr->type->oid == arg->type->oid && strcmp(attr->type->name, arg->type->name) == 0))
			continue;
		ash_error_definition(
			entry->errors, entry_option(entry, "get_by_identity") ? "get_by_identity" : "get_by",
			"argument \"%s\" of action \"%s\" is %s, but the attribute is %s; give "
			"them one type, or name the argument in \"exclude_inputs\"",
			name, entry->action->name, arg->type->name, attr->type->name);
	}
}

/* Options that have no effect on this kind of function are refused. */
static void
verify_fit(const Entry *entry)
{
	static const char *const keyed[] = { "get_by", "get_by_identity" };
	static const char *const reading[] = { "get", "not_found_error" };
	bool reads = entry->action != NULL && entry->action->type == ASH_ACTION_READ;
	bool finds = entry->action != NULL && (entry->action->type == ASH_ACTION_UPDATE ||
										   entry->action->type == ASH_ACTION_DESTROY);

	for (int i = 0; i < lengthof(keyed); i++)
	{
		if (!reads && !finds && json_object_get(entry->node, keyed[i]) != NULL)
			ash_error_definition(entry->errors, keyed[i],
								 "only reads, updates and destroys find a record");
	}
	for (int i = 0; i < lengthof(reading); i++)
	{
		if (!reads && json_object_get(entry->node, reading[i]) != NULL)
			ash_error_definition(entry->errors, reading[i], "\"%s\" is for reads", reading[i]);
	}
	if (reads && json_object_get(entry->node, "not_found_error") != NULL &&
		!json_is_true(json_object_get(entry->node, "get")) && key_names(entry) == NIL &&
		!entry->action->get)
		ash_error_definition(entry->errors, "not_found_error",
							 "only a function that finds one record can miss it");
	if (!finds && json_object_get(entry->node, "require_reference") != NULL)
		ash_error_definition(entry->errors, "require_reference",
							 "\"require_reference\" is for updates and destroys");
	if (finds && key_names(entry) == NIL &&
		json_is_false(json_object_get(entry->node, "require_reference")))
		ash_error_definition(
			entry->errors, "require_reference",
			"a function changes one record; call ash_bulk_update or ash_bulk_destroy for many");
}

/* Everything about an entry but whether its read can be a function. */
static void
verify_entry(Entry *entry)
{
	if (!find_target(entry))
		return;
	verify_keys(entry);
	verify_shared_keys(entry);
	verify_fit(entry);
	verify_args(entry);
	verify_excluded(entry);
	verify_custom(entry);
	verify_default_options(entry);
}

/* Call check for each entry, with errors->path at the entry. */
static void
each_entry(AshResource *res, AshErrors *errors, void (*check)(Entry *entry))
{
	const char *name;
	json_t *node;

	ash_errors_push_name(errors, "code_interface");
	json_object_foreach (json_object_get(res->document, "code_interface"), name, node)
	{
		Entry entry = { .res = res, .node = node, .errors = errors };

		ash_errors_push_name(errors, name);
		check(&entry);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* Names and options; expressions are not compiled yet. */
void
ash_verify_interfaces(AshResource *res, AshErrors *errors)
{
	each_entry(res, errors, verify_entry);
}

/*
 * A read is written as the body of a SQL function, which not every read can be: that needs
 * its filter and preparations compiled.
 */
static void
verify_read(Entry *entry)
{
	AshAction *action = entry_option(entry, "calculation") ?
							NULL :
							ash_find_action(entry->res, entry_option(entry, "action"));
	const char *reason;

	if (action == NULL || action->type != ASH_ACTION_READ)
		return;
	reason = ash_query_read_fault(entry->res, action);
	if (reason != NULL)
		ash_error_definition(entry->errors, "action",
							 "read \"%s\" cannot be a function: %s; call it with ash_run_action",
							 action->name, reason);
}

/* Called when nothing else is wrong with the resource. */
void
ash_verify_interface_reads(AshResource *res, AshErrors *errors)
{
	each_entry(res, errors, verify_read);
}
