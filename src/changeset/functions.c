/*-------------------------------------------------------------------------
 *
 * src/changeset/functions.c
 *	  Changes and validations written by the application: SQL functions
 *	  (changeset jsonb, options jsonb, context jsonb) returns jsonb.
 *
 * A change returns {"attributes": {…}, "arguments": {…}, "context": {…},
 * "errors": […]}, all keys optional, or null for nothing.  A validation returns
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

#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "changeset/internal.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"

typedef struct Function
{
	const char *name;
	json_t *options_json;

	/* prepared */
	List *qualified; /* of String */
	Jsonb *options;
} Function;

static const AshOpt function_options[] = {
	{ "function", ASH_OPT_STRING, offsetof(Function, name), ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
	  NULL, NULL, NULL, "schema.name of a function (jsonb, jsonb, jsonb) returning jsonb" },
	{ "options", ASH_OPT_JSON, offsetof(Function, options_json), 0, "{}", NULL, NULL,
	  "handed to the function as its second argument" },
	ASH_OPT_END
};

static const AshSpec function_spec = { "function", sizeof(Function), function_options, NULL,
									   "a function of the application" };

static Oid
lookup_function(const Function *function)
{
	static const Oid argtypes[] = { JSONBOID, JSONBOID, JSONBOID };

	return LookupFuncName(function->qualified, lengthof(argtypes), argtypes, true);
}

static bool
prepare_function(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Function *function = options;
	Oid oid;

	function->qualified = stringToQualifiedNameListCompat(function->name);
	function->options = ash_jsonb_from_json(function->options_json);
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

/* {"actor", "tenant", "authorize", "context"} */
static Jsonb *
call_context(const AshCall *call)
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
	if (call->has_actor)
		ash_jsonb_value_from_jsonb(call->actor, &value);
	pushJsonbValue(&state, WJB_VALUE, &value);
	PUSH_KEY("authorize");
	value.type = jbvBool;
	value.val.boolean = call->authorize;
	pushJsonbValue(&state, WJB_VALUE, &value);
	PUSH_KEY("context");
	ash_jsonb_value_from_jsonb(call->context, &value);
	pushJsonbValue(&state, WJB_VALUE, &value);
	PUSH_KEY("tenant");
	value.type = jbvNull;
	if (call->has_tenant)
		value = call->tenant;
	pushJsonbValue(&state, WJB_VALUE, &value);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
#undef PUSH_KEY
}

/* The function's result, NULL for null.  Raises what it raises. */
static Jsonb *
call_function(AshChangeset *cs, const Function *function)
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
	fcinfo->args[0].value = JsonbPGetDatum(ash_changeset_view(cs, false));
	fcinfo->args[1].value = JsonbPGetDatum(function->options);
	fcinfo->args[2].value = JsonbPGetDatum(call_context(cs->call));
	for (int i = 0; i < 3; i++)
		fcinfo->args[i].isnull = false;
	result = FunctionCallInvoke(fcinfo);
	return fcinfo->isnull ? NULL : DatumGetJsonbP(result);
}

static bool
function_failed(AshChangeset *cs, const Function *function, const char *why)
{
	ash_error_add(cs->call->errors, ASH_E_FUNCTION_FAILED, NULL, "function %s %s", function->name,
				  why);
	return false;
}

/*-------------------------------------------------------------------------
 * Errors a function returns
 *-------------------------------------------------------------------------
 */

static void
add_vars(AshErrors *errors, AshError *error, const Jsonb *object)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue vars;
	JsonbValue key;
	JsonbValue value;
	const char *name;

	if (!ash_jsonb_get(object, "vars", 4, &vars) || vars.type != jbvBinary ||
		!JsonContainerIsObject(vars.val.binary.data))
		return;
	it = JsonbIteratorInit(vars.val.binary.data);
	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &value, true);
		name = pnstrdup(key.val.string.val, key.val.string.len);
		if (value.type == jbvString)
			ash_error_var_text(errors, error, name, ash_jsonb_value_text(&value));
		else
			ash_error_var_json(errors, error, name, ash_jsonb_value_json(&value));
	}
}

static List *
error_fields(const Jsonb *object)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue fields;
	JsonbValue value;
	List *names = NIL;

	if (!ash_jsonb_get(object, "fields", 6, &fields) || fields.type != jbvBinary)
		return NIL;
	it = JsonbIteratorInit(fields.val.binary.data);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM && value.type == jbvString)
			names = lappend(names, ash_jsonb_value_text(&value));
	}
	return names;
}

/* A message, or {"field" or "fields", "message", "vars"}. */
static void
add_error(AshErrors *errors, const JsonbValue *value)
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

/* One error or a list; errors NULL only counts.  Returns how many there are. */
static int
add_errors(AshErrors *errors, const JsonbValue *value)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue item;
	int n = 0;

	if (value->type == jbvNull || (value->type == jbvBool && value->val.boolean))
		return 0;
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
	{
		if (errors != NULL)
			add_error(errors, value);
		return 1;
	}
	it = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		n++;
		if (errors != NULL)
			add_error(errors, &item);
	}
	return n;
}

/*-------------------------------------------------------------------------
 * The change
 *-------------------------------------------------------------------------
 */

static bool
set_attribute(AshChangeset *cs, const Function *function, const char *name, JsonbValue *value)
{
	const AshAttribute *attr = ash_find_attribute(cs->res, name);

	if (attr != NULL)
		return ash_changeset_force(cs, attr, value);
	return function_failed(cs, function, psprintf("set the unknown attribute \"%s\"", name));
}

static bool
set_argument(AshChangeset *cs, const Function *function, const char *name, JsonbValue *value)
{
	const AshArgument *arg = ash_find_argument(cs->action, name);

	if (arg != NULL)
		return ash_call_set_argument(cs->call, arg, value);
	return function_failed(cs, function, psprintf("set the unknown argument \"%s\"", name));
}

static bool
each_member(AshChangeset *cs, const Function *function, const Jsonb *result, const char *key,
			bool (*set)(AshChangeset *, const Function *, const char *, JsonbValue *))
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue object;
	JsonbValue name;
	JsonbValue value;
	bool ok = true;

	if (!ash_jsonb_get(result, key, strlen(key), &object) || object.type == jbvNull)
		return true;
	if (object.type != jbvBinary || !JsonContainerIsObject(object.val.binary.data))
		return function_failed(cs, function, psprintf("returned \"%s\" that is no object", key));
	it = JsonbIteratorInit(object.val.binary.data);
	while ((token = JsonbIteratorNext(&it, &name, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &value, true);
		ok &= set(cs, function, pnstrdup(name.val.string.val, name.val.string.len), &value);
	}
	return ok;
}

static bool
run_function(AshChangeset *cs, void *options)
{
	Function *function = options;
	Jsonb *result = call_function(cs, function);
	JsonbValue member;
	bool ok;

	if (result == NULL)
		return true;
	if (!JB_ROOT_IS_OBJECT(result))
		return function_failed(cs, function, "returned something else than an object");
	ok = each_member(cs, function, result, "attributes", set_attribute);
	ok &= each_member(cs, function, result, "arguments", set_argument);
	if (ash_jsonb_get(result, "context", 7, &member) && member.type == jbvBinary &&
		JsonContainerIsObject(member.val.binary.data))
		cs->call->context = ash_jsonb_merge(cs->call->context, ash_jsonb_from_value(&member));
	if (ash_jsonb_get(result, "errors", 6, &member))
		ok &= add_errors(cs->call->errors, &member) == 0;
	return ok;
}

/*-------------------------------------------------------------------------
 * The validation
 *-------------------------------------------------------------------------
 */
static bool
validate_function(AshChangeset *cs, void *options, AshErrors *errors)
{
	Jsonb *result = call_function(cs, options);
	JsonbValue value;
	JsonbValue member;

	if (result == NULL)
		return true;
	ash_jsonb_value_from_jsonb(result, &value);
	if (JB_ROOT_IS_OBJECT(result))
	{
		if (ash_jsonb_get(result, "errors", 6, &member))
			return add_errors(errors, &member) == 0;
		if (JB_ROOT_COUNT(result) == 0)
			return true;
	}
	return add_errors(errors, &value) == 0;
}

const AshChangeDef ash_function_changes[] = {
	{ "function", "Calls a function of the application that may set attributes.", &function_spec,
	  NULL, prepare_function, run_function, NULL },
	{ NULL }
};

const AshValidationDef ash_function_validations[] = {
	{ "function", "Calls a function of the application that says what is wrong.", &function_spec,
	  NULL, prepare_function, NULL, NULL, validate_function },
	{ NULL }
};
