/*-------------------------------------------------------------------------
 *
 * src/call/call_arguments.c
 *	  Arguments of an action: casting, defaults, presence; unknown inputs.
 *
 * Arguments that are not public are never taken from input.  Values are by argument index, in
 * CurrentMemoryContext; errors are added to the call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/call_internal.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "nodes/value.h"

/* Cast and store one argument; false after adding an error, then it counts as set to null. */
bool
ash_call_set_argument(AshCall *call, const AshArgument *arg, const JsonbValue *in)
{
	AshCast cast = { .errors = call->errors,
					 .code = ASH_E_INVALID_ARGUMENT,
					 .field = arg->name,
					 .sensitive = arg->sensitive,
					 .call = call };
	AshValue value;

	call->arg_set[arg->index] = true;
	call->args[arg->index].isnull = true;
	if (!ash_type_cast(arg->type, in, &cast, &value))
		return false;
	call->args[arg->index] = value;
	return true;
}

/* True if the list of names contains the name, or "*". */
static bool
jsonb_names_has(const Jsonb *names, const char *name, int len)
{
	JsonbIterator *it = ash_jsonb_walk(names);
	JsonbValue value;

	while (ash_jsonb_next_item(&it, &value))
	{
		if (value.type != jbvString)
			continue;
		if (value.val.string.len == 1 && value.val.string.val[0] == '*')
			return true;
		if (value.val.string.len == len && memcmp(value.val.string.val, name, len) == 0)
			return true;
	}
	return false;
}

/* True for keys that begin with "_", and for those that the action or the call says to skip. */
static bool
skips_input(const AshCall *call, const char *name, int len)
{
	ListCell *lc;

	if (len > 0 && name[0] == '_')
		return true;
	foreach (lc, call->action->skip_unknown_inputs)
	{
		const char *skip = lfirst(lc);

		if (strcmp(skip, "*") == 0 || (strlen(skip) == len && memcmp(skip, name, len) == 0))
			return true;
	}
	return call->opts->skip_unknown_inputs != NULL &&
		   jsonb_names_has(call->opts->skip_unknown_inputs, name, len);
}

/*
 * Cast and store every key of the input of a read or generic action, which has arguments only;
 * an error for each unknown key.  input may be NULL.
 */
void
ash_call_cast_arguments(AshCall *call, const Jsonb *input)
{
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;

	if (input == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(input))
	{
		ash_error_add(call->errors, ASH_E_INVALID_INPUT, NULL, "input must be a JSON object");
		return;
	}
	it = ash_jsonb_walk(input);
	while (ash_jsonb_next_member(&it, &key, &value))
	{
		const AshInput *known;

		known = ash_find_input(call->action, key.val.string.val, key.val.string.len);
		if (known != NULL && known->argument != NULL)
		{
			/* arguments that are not public are skipped, as if they did not exist */
			if (known->argument->is_public)
				ash_call_set_argument(call, known->argument, &value);
		}
		else
			ash_call_unknown_input(call, key.val.string.val, key.val.string.len);
	}
}

/* True if an error of this argument was added: then it is not reported as missing, too. */
static bool
field_has_error(const AshErrors *errors, const char *field)
{
	ListCell *lc;

	foreach (lc, errors->items)
	{
		const AshError *error = lfirst(lc);

		if (error->code == ASH_E_INVALID_ARGUMENT && error->field != NULL &&
			strcmp(error->field, field) == 0)
			return true;
		if (error->code == ASH_E_INVALID_ARGUMENT && error->path != NIL &&
			IsA(linitial(error->path), String) && strcmp(strVal(linitial(error->path)), field) == 0)
			return true;
	}
	return false;
}

/* Defaults apply to absent arguments; an explicit null is kept, except by generic actions. */
static void
set_defaults(AshCall *call)
{
	for (int i = 0; i < call->action->nargs; i++)
	{
		const AshArgument *arg = call->action->args[i];
		AshCast cast = { .errors = call->errors,
						 .code = ASH_E_INVALID_ARGUMENT,
						 .field = arg->name,
						 .sensitive = arg->sensitive,
						 .call = call };
		bool given =
			call->action->type == ASH_ACTION_GENERIC ? !call->args[i].isnull : call->arg_set[i];

		given |= bms_is_member(i, call->row_args);
		if (given || !arg->has_default || field_has_error(call->errors, arg->name))
			continue;
		call->arg_set[i] = true;
		ash_call_default(call, &arg->dflt, arg->type, &cast, &call->args[i]);
	}
}

/* Adds an error for each argument that must have a value and has none. */
static void
check_required(AshCall *call)
{
	for (int i = 0; i < call->action->nargs; i++)
	{
		const AshArgument *arg = call->action->args[i];

		if (arg->allow_nil || !call->args[i].isnull || field_has_error(call->errors, arg->name) ||
			(bms_is_member(i, call->row_args) && !call->arg_set[i]))
			continue;
		ash_error_add(call->errors, ASH_E_REQUIRED, arg->name, "argument %s is required",
					  arg->name);
	}
}

/* Apply the defaults of arguments and, if required is set, report those that are missing. */
void
ash_call_complete_arguments(AshCall *call, bool required)
{
	set_defaults(call);
	if (required)
		check_required(call);
}

/*-------------------------------------------------------------------------
 * Unknown inputs
 *-------------------------------------------------------------------------
 */

static int
by_name(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* The names of all inputs of the action, sorted. */
static List *
valid_inputs(const AshAction *action)
{
	List *names = NIL;

	for (int i = 0; i < action->ninputs; i++)
		names = lappend(names, unconstify(char *, action->inputs[i].name));
	list_sort(names, by_name);
	return names;
}

/* Append why the name is not an input: the paragraph after the first line. */
static void
append_reason(StringInfo message, AshCall *call, const char *name)
{
	const AshResource *res = call->res;
	const AshAction *action = call->action;
	const AshAttribute *attr = ash_find_attribute(res, name);

	if (action->type == ASH_ACTION_GENERIC)
		appendStringInfo(message,
						 "Perhaps you meant to add an argument called `%s` to %s.%s?\n\n\n", name,
						 res->name, action->name);
	else if (attr == NULL || action->type == ASH_ACTION_READ)
		appendStringInfo(message, "No such attribute on %s, or argument on %s.%s\n\n", res->name,
						 res->name, action->name);
	else
	{
		appendStringInfo(message, "The attribute exists on %s, but is not accepted by %s.%s\n\n",
						 res->name, res->name, action->name);
		if (!attr->writable)
			appendStringInfoString(
				message,
				"The attribute is currently `writable?: false`, which means that it can never be accepted by an action.\n\n\n");
		else
			appendStringInfo(message,
							 "Perhaps you meant to add it to the accept list for %s.%s?\n\n\n",
							 res->name, action->name);
	}
}

/* Append a list of names under a heading. */
static void
append_names(StringInfo message, const char *heading, List *names, const char *after)
{
	ListCell *lc;

	appendStringInfo(message, "%s\n\n", heading);
	foreach (lc, names)
		appendStringInfo(message, "* %s\n", (char *) lfirst(lc));
	appendStringInfoString(message, after);
}

/* Adds the error of an unknown key of the input, with suggestions and all valid inputs. */
static void
add_no_such_input(AshCall *call, const char *name, int len)
{
	const char *input = ash_clip(pnstrdup(name, len));
	List *valid = valid_inputs(call->action);
	List *near = ash_suggest(input, valid);
	AshError *error = ash_error_add(call->errors, ASH_E_NO_SUCH_INPUT, input, NULL);
	StringInfoData message;

	if (call->action->type == ASH_ACTION_GENERIC || call->action->type == ASH_ACTION_READ)
		error->path = lappend(error->path, makeString(unconstify(char *, input)));
	error->did_you_mean = near;

	initStringInfo(&message);
	appendStringInfo(&message, "No such input `%s` for action %s.%s\n\n", input, call->res->name,
					 call->action->name);
	append_reason(&message, call, input);
	if (near != NIL)
		append_names(&message, "Did you mean:", near, "\n\n");
	if (valid != NIL)
		append_names(&message, "Valid Inputs:", valid, "\n");
	else
		appendStringInfoString(&message, "No valid inputs exist\n\n");
	error->message = message.data;
}

/* A key of the input that is no input of the action: an error, unless it is to be skipped. */
void
ash_call_unknown_input(AshCall *call, const char *name, int len)
{
	if (!skips_input(call, name, len))
		add_no_such_input(call, name, len);
}
