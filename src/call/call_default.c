/*-------------------------------------------------------------------------
 *
 * src/call/call_default.c
 *	  Values of the defaults of attributes, arguments and metadata.
 *
 * Results live in CurrentMemoryContext, which is the call's during its life.
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

/* What a default calls: a plain function of its schema, of no arguments, for one value. */
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

void
ash_call_verify_default(const AshDefault *dflt, AshErrors *errors)
{
	const char *reason;

	if (dflt->kind == ASH_DEFAULT_FUNCTION &&
		!OidIsValid(default_function(dflt->function, &reason)))
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "function %s() %s", dflt->function,
					  reason);
}

/* Its value, as the caller may call it; it may have changed since it was named. */
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

		ash_value_to_json(ash_type_for_oid(rettype), out, &json);
		return ash_type_cast(type, &json, cast, out);
	}
	return true;
}

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
	ash_value_to_json(expr->type, out, &json);
	return ash_type_cast(type, &json, cast, out);
}

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
