/*-------------------------------------------------------------------------
 *
 * src/call/app_function.c
 *	  Functions of the application: SQL functions of the user that take and return JSON.
 *
 *	  name(subject jsonb, options jsonb, context jsonb) returns jsonb
 *
 * The subject is what the function works on (a changeset, a query, records), the options come
 * from the definition, the context says who calls.  Functions are named with their schema and
 * run with the privileges of the caller, who needs EXECUTE.  Errors that they raise pass.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "parser/parse_func.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"

static const AshOpt function_options[] = {
	ASH_OPTION(AshFunction, "function", STRING, name, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "schema.name of a function (jsonb, jsonb, jsonb) returning jsonb"),
	ASH_OPTION(AshFunction, "options", JSON, options_json, .dflt = "{}",
			   .doc = "handed to the function as its second argument"),
	ASH_OPT_END
};

const AshSpec ash_function_spec =
	ASH_SPEC("function", AshFunction, function_options, .shorthand = "function",
			 .doc = "a function of the application");

/*-------------------------------------------------------------------------
 * Calling
 *-------------------------------------------------------------------------
 */

/* The function by its name and argument types; InvalidOid when there is none. */
static Oid
lookup_function(const AshFunction *function)
{
	static const Oid argtypes[] = { JSONBOID, JSONBOID, JSONBOID };

	return LookupFuncName(function->qualified, lengthof(argtypes), argtypes, true);
}

/*
 * Complete a function that the options filler has filled, and check that it exists, so that a
 * definition names only what is there; false after adding an error.
 */
bool
ash_function_prepare(AshFunction *function, AshErrors *errors)
{
	Oid oid;

	function->qualified = stringToQualifiedNameListCompat(function->name);
	function->options =
		function->options_json ? ash_jsonb_from_json(function->options_json) : ash_jsonb_empty();
	if (list_length(function->qualified) != 2)
	{
		ash_error_definition(errors, NULL, "function \"%s\" must be named as schema.name",
							 function->name);
		return false;
	}
	oid = lookup_function(function);
	if (!OidIsValid(oid))
	{
		ash_error_definition(errors, NULL, "function %s(jsonb, jsonb, jsonb) does not exist",
							 function->name);
		return false;
	}
	if (get_func_rettype(oid) == JSONBOID && !get_func_retset(oid) &&
		get_func_prokind(oid) == PROKIND_FUNCTION)
		return true;
	ash_error_definition(errors, NULL, "function %s must return one jsonb", function->name);
	return false;
}

/*
 * The function of a definition node, {"function", "options"} or a name, prepared on first use
 * and kept in *cache (memory in cxt).  With errors NULL, at run time, errors are raised;
 * otherwise they are added and the result is NULL.
 */
AshFunction *
ash_function_cached(AshFunction **cache, MemoryContext cxt, json_t *node, AshErrors *errors)
{
	MemoryContext old;
	AshErrors *own = errors;
	AshFunction *function;

	if (*cache != NULL)
		return *cache;
	old = MemoryContextSwitchTo(cxt);
	if (own == NULL)
		own = ash_errors_create(CurrentMemoryContext);
	function = palloc0(sizeof(AshFunction));
	function->name =
		pstrdup(json_string_value(json_is_object(node) ? json_object_get(node, "function") : node));
	function->options_json = json_object_get(node, "options");
	if (ash_function_prepare(function, own))
		*cache = function;
	MemoryContextSwitchTo(old);
	if (errors == NULL && *cache == NULL)
		ash_errors_throw(own);
	return *cache;
}

/* The third argument of functions: {"actor", "tenant", "authorize", "context"}. */
Jsonb *
ash_call_context(const AshCall *call)
{
	JsonbParseState *state = NULL;
	JsonbValue key = { .type = jbvString };
	JsonbValue value;

#define PUSH_KEY(name)                                                        \
	(key.val.string.val = (char *) (name), key.val.string.len = strlen(name), \
	 pushJsonbValue(&state, WJB_KEY, &key))

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	PUSH_KEY("actor");
	value.type = jbvNull;
	if (call->bindings.has_actor)
		ash_jsonb_value_from_jsonb(call->bindings.actor, &value);
	pushJsonbValue(&state, WJB_VALUE, &value);
	PUSH_KEY("authorize");
	value.type = jbvBool;
	value.val.boolean = call->authorize;
	pushJsonbValue(&state, WJB_VALUE, &value);
	PUSH_KEY("context");
	ash_jsonb_value_from_jsonb(call->bindings.context, &value);
	pushJsonbValue(&state, WJB_VALUE, &value);
	PUSH_KEY("tenant");
	value.type = jbvNull;
	if (call->bindings.has_tenant)
		value = call->bindings.tenant;
	pushJsonbValue(&state, WJB_VALUE, &value);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
#undef PUSH_KEY
}

/* Append {"name": value, …} of the arguments that are set; redact hides sensitive values. */
void
ash_call_write_arguments(StringInfo out, const AshCall *call, bool redact)
{
	const char *separator = "";

	appendStringInfoChar(out, '{');
	for (int i = 0; call->args != NULL && i < call->action->nargs; i++)
	{
		const AshArgument *arg = call->action->args[i];

		if (!call->arg_set[i])
			continue;
		appendStringInfoString(out, separator);
		separator = ", ";
		ash_write_json_string(out, arg->name, strlen(arg->name));
		appendStringInfoString(out, ": ");
		if (redact && arg->sensitive && !call->args[i].isnull)
			appendStringInfoString(out, "\"**redacted**\"");
		else
			ash_type_write_json(out, arg->type, &call->args[i]);
	}
	appendStringInfoChar(out, '}');
}

/*
 * Call the function with the privileges of the current role; the result is NULL for an SQL null.
 * Raises what the function raises, and an error when it was dropped or changed.
 */
Jsonb *
ash_function_call(const AshFunction *function, Jsonb *subject, Jsonb *options, Jsonb *context)
{
	LOCAL_FCINFO(fcinfo, 3);
	FmgrInfo flinfo;
	Oid oid = lookup_function(function);
	Datum result;

	/* dropped, or made anew with another result, since it was named */
	if (!OidIsValid(oid) || get_func_rettype(oid) != JSONBOID || get_func_retset(oid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("function %s(jsonb, jsonb, jsonb) returning jsonb does not exist",
							   function->name)));
	if (ash_proc_aclcheck(oid, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, function->name);
	InvokeFunctionExecuteHook(oid);

	fmgr_info(oid, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, 3, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = JsonbPGetDatum(subject);
	fcinfo->args[1].value = JsonbPGetDatum(options);
	fcinfo->args[2].value = JsonbPGetDatum(context);
	for (int i = 0; i < 3; i++)
		fcinfo->args[i].isnull = false;
	result = FunctionCallInvoke(fcinfo);
	return fcinfo->isnull ? NULL : DatumGetJsonbP(result);
}

/* Adds the error "function schema.name <why>" to the call; always false. */
bool
ash_function_failed(AshCall *call, const AshFunction *function, const char *why)
{
	ash_error_add(call->errors, ASH_E_FUNCTION_FAILED, NULL, "function %s %s", function->name, why);
	return false;
}

/*-------------------------------------------------------------------------
 * Errors a function returns
 *-------------------------------------------------------------------------
 */

/* Add the members of "vars" of an error object. */
static void
add_vars(AshErrors *errors, AshError *error, const Jsonb *object)
{
	JsonbIterator *it;
	JsonbValue vars;
	JsonbValue key;
	JsonbValue value;
	const char *name;

	if (!ash_jsonb_get(object, "vars", 4, &vars) || vars.type != jbvBinary ||
		!JsonContainerIsObject(vars.val.binary.data))
		return;
	it = JsonbIteratorInit(vars.val.binary.data);
	while (ash_jsonb_next_member(&it, &key, &value))
	{
		name = pnstrdup(key.val.string.val, key.val.string.len);
		if (value.type == jbvString)
			ash_error_var_text(errors, error, name, ash_jsonb_value_text(&value));
		else
			ash_error_var_json(errors, error, name, ash_jsonb_value_json(&value));
	}
}

/* The strings of "fields" of an error object. */
static List *
error_fields(const Jsonb *object)
{
	JsonbIterator *it;
	JsonbValue fields;
	JsonbValue value;
	List *names = NIL;

	if (!ash_jsonb_get(object, "fields", 6, &fields) || fields.type != jbvBinary)
		return NIL;
	it = JsonbIteratorInit(fields.val.binary.data);
	while (ash_jsonb_next_item(&it, &value))
	{
		if (value.type == jbvString)
			names = lappend(names, ash_jsonb_value_text(&value));
	}
	return names;
}

/* Add one error: a message, or {"field" or "fields", "message", "vars"}. */
static void
add_returned_error(AshErrors *errors, const JsonbValue *value)
{
	const char *message = "is invalid";
	const char *field = NULL;
	List *fields = NIL;
	Jsonb *object = NULL;
	JsonbValue member;
	AshError *error;

	if (value->type == jbvString)
		message = ash_jsonb_value_text(value);
	else if (value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data))
	{
		object = ash_jsonb_from_value(value);
		if (ash_jsonb_get(object, "message", 7, &member) && member.type == jbvString)
			message = ash_jsonb_value_text(&member);
		if (ash_jsonb_get(object, "field", 5, &member) && member.type == jbvString)
			field = ash_jsonb_value_text(&member);
		fields = error_fields(object);
	}
	error =
		ash_error_add(errors, field ? ASH_E_INVALID_ATTRIBUTE : ASH_E_INVALID_CHANGES, field, NULL);
	error->fields = fields;
	if (object != NULL)
		add_vars(errors, error, object);
	error->message = ash_error_interpolate(message, error->vars);
}

/*
 * Add what a function returned as "errors": one error, a list of them, or null or true for none.
 * Returns how many there are; errors NULL only counts.
 */
int
ash_function_errors(AshErrors *errors, const JsonbValue *value)
{
	JsonbIterator *it;
	JsonbValue item;
	int n = 0;

	if (value->type == jbvNull || (value->type == jbvBool && value->val.boolean))
		return 0;
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
	{
		if (errors != NULL)
			add_returned_error(errors, value);
		return 1;
	}
	it = JsonbIteratorInit(value->val.binary.data);
	while (ash_jsonb_next_item(&it, &item))
	{
		n++;
		if (errors != NULL)
			add_returned_error(errors, &item);
	}
	return n;
}
