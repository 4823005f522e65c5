/*-------------------------------------------------------------------------
 *
 * src/call/call_template.c
 *	  Values that a definition takes from the call: arguments, actor, context,
 *	  tenant, and the defaults of attributes and arguments.
 *
 * Results live in CurrentMemoryContext, which is the call's while it runs.  A value of the
 * wrong type is an error of whoever asked for it: AshCast says to which list it is added,
 * and under which code and field.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/uuid_pool.h"
#include "call/call_internal.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/value_default.h"
#include "model/value_template.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/timestamp.h"

static AshArgument *
argument_of(const AshCall *call, const char *name)
{
	return call->action ? ash_find_argument(call->action, name) : NULL;
}

/* A Datum as JSON, through the type's own JSON writer. */
static void
value_to_json(const AshTypeInst *type, const AshValue *value, JsonbValue *out)
{
	StringInfoData buf;

	if (value->isnull)
	{
		out->type = jbvNull;
		return;
	}
	initStringInfo(&buf);
	ash_type_write_json(&buf, type, value);
	ash_jsonb_value_from_jsonb(DatumGetJsonbP(
								   DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data))),
							   out);
}

/* Replace the JSON value by the one at path in it, or by null when there is none. */
static void
descend(JsonbValue *value, List *path)
{
	Jsonb *container;

	if (path == NIL)
		return;
	if (value->type != jbvBinary)
	{
		value->type = jbvNull;
		return;
	}
	container = ash_jsonb_from_value(value);
	if (!ash_jsonb_get_path(container, path, value))
		value->type = jbvNull;
}

/* The JSON value that a template of that kind and path stands for; null when there is none. */
static void
lookup_json(AshCall *call, AshTemplateKind kind, List *path, JsonbValue *out)
{
	AshArgument *arg;

	out->type = jbvNull;
	switch (kind)
	{
		case ASH_TEMPLATE_ARG:
			arg = argument_of(call, linitial(path));
			if (arg == NULL)
				return;
			value_to_json(arg->type, &call->args[arg->index], out);
			descend(out, list_copy_tail(path, 1));
			return;
		case ASH_TEMPLATE_ACTOR:
			(void) ash_call_actor_value(call, path, out);
			return;
		case ASH_TEMPLATE_CONTEXT:
			if (!ash_jsonb_get_path(call->context, path, out))
				out->type = jbvNull;
			return;
		case ASH_TEMPLATE_TENANT:
			if (call->has_tenant)
				*out = call->tenant;
			return;
		default:
			elog(ERROR, "unexpected template kind %d", (int) kind);
	}
}

/* The value of a template as JSON, in CurrentMemoryContext; null when it has none. */
void
ash_call_template_json(AshCall *call, const AshTemplate *tmpl, JsonbValue *out)
{
	AshValue value;

	switch (tmpl->kind)
	{
		case ASH_TEMPLATE_LITERAL:
			ash_jsonb_value_from_jsonb(tmpl->literal, out);
			return;
		case ASH_TEMPLATE_EXPR:
			if (ash_expr_eval(tmpl->expr, &call->bindings, NULL, NULL, &value))
				value_to_json(tmpl->expr->type, &value, out);
			else
				out->type = jbvNull;
			return;
		default:
			lookup_json(call, tmpl->kind, tmpl->path, out);
	}
}

/* The value of a whole argument when it needs no conversion to type. */
static bool
same_type_argument(AshCall *call, AshTemplateKind kind, List *path, const AshTypeInst *type,
				   AshValue *out)
{
	AshArgument *arg;

	if (kind != ASH_TEMPLATE_ARG || list_length(path) != 1)
		return false;
	arg = argument_of(call, linitial(path));
	if (arg == NULL || (type != NULL && !ash_type_same_form(arg->type, type)))
		return false;
	*out = call->args[arg->index];
	return true;
}

/* The value of a template as one of the type; false after adding an error as cast says. */
bool
ash_call_template(AshCall *call, const AshTemplate *tmpl, const AshTypeInst *type, AshCast *cast,
				  AshValue *out)
{
	JsonbValue json;

	if (tmpl->kind == ASH_TEMPLATE_LITERAL && tmpl->type == type && type != NULL)
	{
		*out = tmpl->value;
		return true;
	}
	if (same_type_argument(call, tmpl->kind, tmpl->path, type, out))
		return cast->no_constraints || ash_type_constrain(type, cast, out);
	if (tmpl->kind == ASH_TEMPLATE_EXPR && tmpl->expr->type != NULL &&
		ash_type_same_form(tmpl->expr->type, type))
		return ash_expr_eval(tmpl->expr, &call->bindings, NULL, NULL, out);
	ash_call_template_json(call, tmpl, &json);
	return ash_type_cast(type, &json, cast, out);
}

/* AshBindings.resolve: the same for the templates inside expressions. */
bool
ash_call_resolve(AshBindings *bindings, AshTemplateKind kind, List *path, const AshTypeInst *type,
				 AshValue *out)
{
	AshCall *call = bindings->call;
	AshCast cast = { .errors = bindings->errors,
					 .code = ASH_E_INVALID_EXPRESSION,
					 .no_constraints = true };
	JsonbValue json;

	if (same_type_argument(call, kind, path, type, out))
		return true;
	lookup_json(call, kind, path, &json);
	if (json.type == jbvNull)
	{
		out->value = (Datum) 0;
		out->isnull = true;
		return true;
	}
	if (type == NULL)
		type = ash_type_plain("string");
	cast.field = path == NIL ? "tenant" : llast(path);
	return ash_type_cast(type, &json, &cast, out);
}

/* AshBindings.is_sensitive: true of a sensitive argument, or attribute of the actor. */
bool
ash_call_is_sensitive(AshBindings *bindings, AshTemplateKind kind, List *path)
{
	AshCall *call = bindings->call;

	if (kind == ASH_TEMPLATE_ARG)
	{
		const AshArgument *arg =
			call->action != NULL ? ash_find_argument(call->action, linitial(path)) : NULL;

		return arg != NULL && arg->sensitive;
	}
	if (kind == ASH_TEMPLATE_ACTOR && call->actor_resource != NULL && path != NIL)
	{
		AshResource *res = ash_resource_get(call->actor_resource, NULL);
		const AshAttribute *attr = res != NULL ? ash_find_attribute(res, linitial(path)) : NULL;

		return attr != NULL && attr->sensitive;
	}
	return false;
}

/*-------------------------------------------------------------------------
 * Defaults
 *-------------------------------------------------------------------------
 */

/* The action's timestamp as the attribute stores it: precision is cut, not rounded. */
static Datum
now_as(TimestampTz now, const AshTypeInst *type)
{
	if (type->typmod == 0)
		now -= ((now % USECS_PER_SEC) + USECS_PER_SEC) % USECS_PER_SEC;
	if (type->oid == TIMESTAMPOID)
	{
		/* the wall clock of UTC */
		return TimestampGetDatum((Timestamp) now);
	}
	if (type->oid == DATEOID)
		return DirectFunctionCall1(timestamp_date, TimestampGetDatum((Timestamp) now));
	if (type->oid == TIMEOID)
		return DirectFunctionCall1(timestamp_time, TimestampGetDatum((Timestamp) now));
	return TimestampTzGetDatum(now);
}

/*
 * The function of a default: a plain function without arguments, named with its schema, that
 * returns one value; else InvalidOid and the reason.
 */
static Oid
default_function(const char *name, const char **reason)
{
	List *names = stringToQualifiedNameListCompat(name);
	Oid function;

	*reason = "must be named as schema.name";
	if (list_length(names) != 2)
		return InvalidOid;
	function = LookupFuncName(names, 0, NULL, true);
	*reason = "does not exist";
	if (!OidIsValid(function))
		return InvalidOid;
	*reason = "must be a plain function that returns one value";
	if (get_func_prokind(function) != PROKIND_FUNCTION || get_func_retset(function) ||
		get_typtype(get_func_rettype(function)) == TYPTYPE_PSEUDO)
		return InvalidOid;
	return function;
}

/* Adds an error when the default is a function that cannot be called. */
void
ash_call_verify_default(const AshDefault *dflt, AshErrors *errors)
{
	const char *reason;

	if (dflt->kind == ASH_DEFAULT_FUNCTION &&
		!OidIsValid(default_function(dflt->function, &reason)))
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "function %s() %s", dflt->function,
					  reason);
}

/* The value of the function, called with the privileges of the current role. */
static bool
call_function(const char *name, const AshTypeInst *type, AshCast *cast, AshValue *out)
{
	const char *reason;
	Oid function = default_function(name, &reason);
	Oid rettype;
	FmgrInfo flinfo;
	LOCAL_FCINFO(fcinfo, 0);

	if (!OidIsValid(function))
	{
		ash_error_add(cast->errors, ASH_E_FUNCTION_FAILED, cast->field, "function %s() %s", name,
					  reason);
		return false;
	}
	if (ash_proc_aclcheck(function, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, name);

	fmgr_info(function, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, 0, InvalidOid, NULL, NULL);
	out->value = FunctionCallInvoke(fcinfo);
	out->isnull = fcinfo->isnull;
	rettype = get_func_rettype(function);
	if (!out->isnull && rettype != type->oid)
	{
		JsonbValue json;

		value_to_json(ash_type_for_oid(rettype), out, &json);
		return ash_type_cast(type, &json, cast, out);
	}
	return true;
}

/* The value of a default that is an expression. */
static bool
eval_default(AshCall *call, const AshDefault *dflt, const AshTypeInst *type, AshCast *cast,
			 AshValue *out)
{
	AshExpr *expr = ash_default_expr(call->res, unconstify(AshDefault *, dflt), type, NULL);
	JsonbValue json;

	if (!ash_expr_eval(expr, &call->bindings, NULL, NULL, out))
		return false;
	if (out->isnull || expr->type == NULL || expr->type->oid == type->oid)
		return ash_type_constrain(type, cast, out);
	value_to_json(expr->type, out, &json);
	return ash_type_cast(type, &json, cast, out);
}

/*
 * The value of a default (literal, expression, function, uuid, now) as one of the type; false after
 * adding an error as cast says.
 */
bool
ash_call_default(AshCall *call, const AshDefault *dflt, const AshTypeInst *type, AshCast *cast,
				 AshValue *out)
{
	out->isnull = false;
	switch (dflt->kind)
	{
		case ASH_DEFAULT_NONE:
			out->isnull = true;
			out->value = (Datum) 0;
			return true;
		case ASH_DEFAULT_LITERAL:
			if (dflt->again != NULL)
				return ash_type_cast_json(type, dflt->again, cast, out);
			*out = dflt->value;
			return true;
		case ASH_DEFAULT_EXPR:
			return eval_default(call, dflt, type, cast, out);
		case ASH_DEFAULT_FUNCTION:
			return call_function(dflt->function, type, cast, out);
		case ASH_DEFAULT_UUID:
			out->value = ash_uuid_new(4);
			return true;
		case ASH_DEFAULT_UUID_V7:
			out->value = ash_uuid_new(7);
			return true;
		case ASH_DEFAULT_NOW:
			out->value = now_as(call->now, type);
			return true;
	}
	return false;
}
