/*-------------------------------------------------------------------------
 *
 * src/policy/checks_function.c
 *	  The check {"function": "schema.name"}: a SQL function decides.
 *
 *	  name(subject jsonb, options jsonb, actor jsonb) returns boolean
 *
 * It is called once for the call, not for each row, with the privileges of the
 * caller; NULL counts as false.  The subject of ad-hoc SQL holds only the resource
 * and the type of the action.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "catalog/pg_type.h"
#include "changeset/changeset.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/entities.h"
#include "parser/parse_func.h"
#include "policy/policy_internal.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"

typedef struct FunctionOptions
{
	const char *name;
	json_t *options_json;
	Jsonb *options;
} FunctionOptions;

static const AshOpt function_options[] = {
	ASH_OPTION(FunctionOptions, "function", STRING, name,
			   .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "schema.name of (subject jsonb, options jsonb, actor jsonb) returns boolean"),
	ASH_OPTION(FunctionOptions, "options", JSON, options_json, .dflt = "{}",
			   .doc = "given to the function as they are"),
	ASH_OPT_END
};
static const AshSpec function_spec = ASH_SPEC("function", FunctionOptions, function_options);

static Oid
find_check_function(const char *name)
{
	Oid args[] = { JSONBOID, JSONBOID, JSONBOID };

	return LookupFuncName(stringToQualifiedNameListCompat(name), 3, args, true);
}

/* Finds the function and checks its signature; false after adding an error. */
static bool
prepare_function_check(AshResource *res, void *options, AshErrors *errors)
{
	FunctionOptions *opts = options;
	Oid function;

	/* row-security quals name it in statements of any search_path */
	if (strchr(opts->name, '.') == NULL)
	{
		ash_error_definition(errors, NULL, "name the schema of function \"%s\": \"schema.%s\"",
							 opts->name, opts->name);
		return false;
	}
	function = find_check_function(opts->name);
	if (!OidIsValid(function))
	{
		ash_error_definition(errors, NULL, "function %s(jsonb, jsonb, jsonb) does not exist",
							 opts->name);
		return false;
	}
	if (get_func_rettype(function) != BOOLOID)
	{
		ash_error_definition(errors, NULL, "function %s(jsonb, jsonb, jsonb) must return boolean",
							 opts->name);
		return false;
	}
	opts->options = opts->options_json != NULL ?
						ash_jsonb_from_json(opts->options_json) :
						DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
	return true;
}

/*-------------------------------------------------------------------------
 * The subject
 *-------------------------------------------------------------------------
 */

static void
write_member_key(StringInfo out, const char *key)
{
	if (out->data[out->len - 1] != '{')
		appendStringInfoChar(out, ',');
	ash_write_json_string(out, key, strlen(key));
	appendStringInfoChar(out, ':');
}

static void
write_text(StringInfo out, const char *key, const char *value)
{
	write_member_key(out, key);
	ash_write_json_string(out, value, strlen(value));
}

/* The attributes for which values are known: changed ones, or the stored row. */
static void
write_subject_values(StringInfo out, const AshChangeset *cs, const char *key,
					 const AshValue *values, bool changed_only)
{
	write_member_key(out, key);
	appendStringInfoChar(out, '{');
	for (int i = 0; i < cs->res->nattributes; i++)
	{
		if (changed_only && !(cs->flags[i] & ASH_CHANGING))
			continue;
		write_member_key(out, cs->res->attributes[i]->name);
		ash_type_write_json(out, cs->res->attributes[i]->type, &values[i]);
	}
	appendStringInfoChar(out, '}');
}

static void
write_jsonb(StringInfo out, const char *key, Jsonb *value)
{
	write_member_key(out, key);
	(void) JsonbToCString(out, &value->root, VARSIZE_ANY_EXHDR(value));
}

/*
 * What the function is given as its first argument: resource, action, arguments, context,
 * tenant, changes and the stored row, as far as they are known.
 */
static Datum
subject_json(const AshPolicySubject *subject)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	write_text(&out, "resource", subject->res->name);
	write_text(&out, "action_type", ash_action_types[subject->type]);
	if (subject->action != NULL)
		write_text(&out, "action", subject->action->name);
	if (subject->call != NULL)
	{
		write_member_key(&out, "arguments");
		ash_call_write_arguments(&out, subject->call, false);
		write_jsonb(&out, "context", subject->call->bindings.context);
		if (subject->call->bindings.has_tenant)
			write_jsonb(&out, "tenant", ash_jsonb_from_value(&subject->call->bindings.tenant));
	}
	if (subject->changeset != NULL)
		write_subject_values(&out, subject->changeset, "changes", subject->changeset->values, true);
	if (subject->changeset != NULL && subject->changeset->data != NULL)
		write_subject_values(&out, subject->changeset, "data", subject->changeset->data, false);
	appendStringInfoChar(&out, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data));
}

/*-------------------------------------------------------------------------
 * Calling it
 *-------------------------------------------------------------------------
 */

/*
 * Calls the function with the privileges of the current user. A function that is gone is an
 * error of the call, and not satisfied.
 */
static AshTruth
match_function(const AshPolicySubject *subject, void *options)
{
	FunctionOptions *opts = options;
	Oid function;
	FmgrInfo flinfo;
	Datum result;
	LOCAL_FCINFO(fcinfo, 3);

	if (subject->call == NULL)
		return ASH_UNKNOWN;
	function = find_check_function(opts->name);
	/* dropped, or made anew with another result, since it was named */
	if (!OidIsValid(function) || get_func_rettype(function) != BOOLOID || get_func_retset(function))
	{
		ash_error_add(subject->call->errors, ASH_E_FUNCTION_FAILED, NULL,
					  "function %s(jsonb, jsonb, jsonb) does not exist", opts->name);
		return ASH_FALSE;
	}
	if (ash_proc_aclcheck(function, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, opts->name);

	fmgr_info(function, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, 3, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = subject_json(subject);
	fcinfo->args[1].value = JsonbPGetDatum(opts->options);
	fcinfo->args[2].value =
		subject->call->bindings.actor ? JsonbPGetDatum(subject->call->bindings.actor) : (Datum) 0;
	fcinfo->args[0].isnull = fcinfo->args[1].isnull = false;
	fcinfo->args[2].isnull = subject->call->bindings.actor == NULL;
	if (flinfo.fn_strict && fcinfo->args[2].isnull)
		return ASH_FALSE;
	result = FunctionCallInvoke(fcinfo);
	return !fcinfo->isnull && DatumGetBool(result) ? ASH_TRUE : ASH_FALSE;
}

/* AshPolicy test of ad-hoc SQL: writes the function's call; NULL counts as false. */
static void
write_function_call(AshSql *sql, AshExpr *call)
{
	List *names = stringToQualifiedNameListCompat(linitial(call->template_path));
	char *options = JsonbToCString(NULL, &DatumGetJsonbP(call->value.value)->root, 0);

	ash_sql_str(sql, "(SELECT coalesce(");
	sql->user_code = true;
	ash_sql_qualified(sql, strVal(linitial(names)), strVal(lsecond(names)));
	appendStringInfo(&sql->text, "(%s::pg_catalog.jsonb, %s::pg_catalog.jsonb, ",
					 quote_literal_cstr(lsecond(call->template_path)), quote_literal_cstr(options));
	ash_policy_write_actor(sql, call->resource);
	ash_sql_str(sql, "), false))");
}

/* For ad-hoc SQL: the call of the function becomes part of the statement. */
static AshExpr *
filter_function(const AshPolicySubject *subject, void *options)
{
	FunctionOptions *opts = options;
	char *json;

	if (subject->call != NULL)
		return NULL;
	json = JsonbToCString(NULL, &DatumGetJsonbP(subject_json(subject))->root, 0);
	return ash_policy_actor_test(subject->res, write_function_call,
								 list_make2(unconstify(char *, opts->name), json),
								 JsonbPGetDatum(opts->options));
}

const AshCheckDef ash_function_checks[] = {
	{ "function", "A SQL function (subject jsonb, options jsonb, actor jsonb) returns true.",
	  &function_spec, "function", prepare_function_check, match_function, filter_function },
	{ NULL }
};
