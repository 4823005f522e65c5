/*-------------------------------------------------------------------------
 *
 * src/changeset/changes_function.c
 *	  Changes and validations written by the application: SQL functions
 *	  (changeset jsonb, options jsonb, context jsonb) returns jsonb.
 *
 * A change returns {"attributes": {…}, "arguments": {…}, "metadata": {…},
 * "context": {…}, "errors": […]}, all keys optional, or null for nothing.  A validation returns
 * null or true when it passes; false, a message, an error object, a list of them
 * or {"errors": …} when it does not.  An error object is {"field" or "fields",
 * "message", "vars"}.
 *
 * Functions are named with their schema and run with the rights of the caller,
 * who needs EXECUTE.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "changeset/changeset_internal.h"

static bool
prepare_function_step(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	return ash_function_prepare(options, errors);
}

static Jsonb *
call_with_changeset(AshChangeset *cs, const AshFunction *function)
{
	return ash_function_call(function, ash_changeset_view(cs, false), function->options,
							 ash_call_context(cs->call));
}

/*-------------------------------------------------------------------------
 * The change
 *-------------------------------------------------------------------------
 */

/* Sets an attribute that the function returned; false after adding an error. */
static bool
set_attribute(AshChangeset *cs, const AshFunction *function, const char *name, JsonbValue *value)
{
	const AshAttribute *attr = ash_find_attribute(cs->res, name);

	if (attr != NULL)
		return ash_changeset_force(cs, attr, value);
	return ash_function_failed(cs->call, function,
							   psprintf("set the unknown attribute \"%s\"", name));
}

/* Sets an argument that the function returned; false after adding an error. */
static bool
set_argument(AshChangeset *cs, const AshFunction *function, const char *name, JsonbValue *value)
{
	const AshArgument *arg = ash_find_argument(cs->action, name);

	if (arg != NULL)
		return ash_call_set_argument(cs->call, arg, value);
	return ash_function_failed(cs->call, function,
							   psprintf("set the unknown argument \"%s\"", name));
}

/*
 * Calls set for each member of the object under key, if the function returned one; false after
 * adding errors.
 */
static bool
apply_members(AshChangeset *cs, const AshFunction *function, const Jsonb *result, const char *key,
			  bool (*set)(AshChangeset *, const AshFunction *, const char *, JsonbValue *))
{
	JsonbIterator *it;
	JsonbValue object;
	JsonbValue name;
	JsonbValue value;
	bool ok = true;

	if (!ash_jsonb_get(result, key, strlen(key), &object) || object.type == jbvNull)
		return true;
	if (object.type != jbvBinary || !JsonContainerIsObject(object.val.binary.data))
		return ash_function_failed(cs->call, function,
								   psprintf("returned \"%s\" that is no object", key));
	it = JsonbIteratorInit(object.val.binary.data);
	while (ash_jsonb_next_member(&it, &name, &value))
		ok &= set(cs, function, pnstrdup(name.val.string.val, name.val.string.len), &value);
	return ok;
}

/*
 * Calls the function with the changeset and applies what it returns: attributes, arguments,
 * metadata, context and errors. NULL changes nothing. False after adding errors.
 */
static bool
run_function_change(AshChangeset *cs, void *options)
{
	AshFunction *function = options;
	Jsonb *result = call_with_changeset(cs, function);
	JsonbValue member;
	bool ok;

	if (result == NULL)
		return true;
	if (!JB_ROOT_IS_OBJECT(result))
		return ash_function_failed(cs->call, function, "returned something else than an object");
	ok = apply_members(cs, function, result, "attributes", set_attribute);
	ok &= apply_members(cs, function, result, "arguments", set_argument);
	if (ash_jsonb_get(result, "metadata", 8, &member))
		ok &= ash_metadata_set(cs->call, &cs->metadata, function, &member);
	if (ash_jsonb_get(result, "context", 7, &member) && member.type == jbvBinary &&
		JsonContainerIsObject(member.val.binary.data))
		cs->call->bindings.context =
			ash_jsonb_merge(cs->call->bindings.context, ash_jsonb_from_value(&member));
	if (ash_jsonb_get(result, "errors", 6, &member))
		ok &= ash_function_errors(cs->call->errors, &member) == 0;
	return ok;
}

/*-------------------------------------------------------------------------
 * The validation
 *-------------------------------------------------------------------------
 */
/*
 * Calls the function with the changeset. NULL and {} mean valid; {"errors": …}, or any other
 * value, says what is wrong. False after adding errors.
 */
static bool
validate_function(AshChangeset *cs, void *options, AshErrors *errors)
{
	Jsonb *result = call_with_changeset(cs, options);
	JsonbValue value;
	JsonbValue member;

	if (result == NULL)
		return true;
	ash_jsonb_value_from_jsonb(result, &value);
	if (JB_ROOT_IS_OBJECT(result))
	{
		if (ash_jsonb_get(result, "errors", 6, &member))
			return ash_function_errors(errors, &member) == 0;
		if (JB_ROOT_COUNT(result) == 0)
			return true;
	}
	return ash_function_errors(errors, &value) == 0;
}

const AshChangeDef ash_function_changes[] = {
	{ "function", "Calls a function of the application that may set attributes.",
	  &ash_function_spec, NULL, prepare_function_step, run_function_change, NULL },
	{ NULL }
};

const AshValidationDef ash_function_validations[] = {
	{ "function", "Calls a function of the application that says what is wrong.",
	  &ash_function_spec, NULL, prepare_function_step, NULL, NULL, validate_function },
	{ NULL }
};
