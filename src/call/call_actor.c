/*-------------------------------------------------------------------------
 *
 * src/call/call_actor.c
 *	  Actor and tenant of a call.
 *
 * The actor is the option "actor" (an object, or a key of the domain's actor resource), else the
 * setting ash.actor, else, if the domain says so, the JWT claims that a proxy has set or
 * current_user.  The tenant is the option "tenant", else the setting ash.tenant.
 *
 * Any SQL user can change the settings: they identify a caller only as far as the role that
 * connects is trusted to set them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/call_internal.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "parser/parse_func.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/regproc.h"

/*
 * The setting as jsonb, in CurrentMemoryContext.  The last one parsed is kept: the setting
 * rarely changes from one call to the next, and a policy in ordinary SQL reads it
 * several times.
 */
static Jsonb *
parse_setting(const char *text)
{
	static char *parsed = NULL;
	static Jsonb *document = NULL;
	Jsonb *copy;

	if (parsed == NULL || strcmp(parsed, text) != 0)
	{
		Jsonb *fresh = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
		char *kept_text = MemoryContextStrdup(TopMemoryContext, text);
		Jsonb *kept = MemoryContextAlloc(TopMemoryContext, VARSIZE(fresh));

		memcpy(kept, fresh, VARSIZE(fresh));
		if (parsed != NULL)
		{
			pfree(parsed);
			pfree(document);
		}
		parsed = kept_text;
		document = kept;
		return fresh;
	}
	copy = palloc(VARSIZE(document));
	memcpy(copy, document, VARSIZE(document));
	return copy;
}

/* A setting as jsonb: text that begins with "{" is an object, any other a key. */
static Jsonb *
setting_jsonb(const char *text)
{
	JsonbValue value;

	if (text[0] == '{')
		return parse_setting(text);
	value.type = jbvString;
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = strlen(text);
	return ash_jsonb_from_value(&value);
}

/* The actor as given: an object, a scalar key, or NULL. */
static Jsonb *
given_actor(AshCall *call)
{
	const char *source = call->res->domain.actor_source;
	const char *text;

	if (call->opts->actor_given)
		return call->opts->actor;
	if (ash_guc_actor != NULL && ash_guc_actor[0] != '\0')
		return setting_jsonb(ash_guc_actor);
	if (source == NULL)
		return NULL;
	if (strcmp(source, "current_user") == 0)
	{
		JsonbParseState *state = NULL;
		JsonbValue key = { .type = jbvString, .val.string = { .len = 4, .val = "role" } };
		JsonbValue value = { .type = jbvString };

		value.val.string.val = GetUserNameFromId(GetUserId(), false);
		value.val.string.len = strlen(value.val.string.val);
		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
		return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
	}
	text = GetConfigOption("request.jwt.claims", true, false);
	return text != NULL && text[0] != '\0' ? setting_jsonb(text) : NULL;
}

/*
 * Fills call->bindings.actor from an object, or leaves call->actor_pending with the key of a record
 * of the actor resource.  Anything else is an error of the option actor.
 */
static void
find_actor(AshCall *call)
{
	Jsonb *given = given_actor(call);

	call->bindings.actor_resource = call->res->domain.actor_resource;
	if (given == NULL)
		return;
	if (JB_ROOT_IS_OBJECT(given))
	{
		call->bindings.has_actor = true;
		call->bindings.actor = given;
		return;
	}
	if (call->bindings.actor_resource == NULL || !JB_ROOT_IS_SCALAR(given))
	{
		ash_error_add(call->errors, ASH_E_INVALID_OPTION, "actor",
					  call->bindings.actor_resource ?
						  "the actor must be an object or a key of %s" :
						  "the actor must be an object: domain %s names no actor resource",
					  call->bindings.actor_resource ? call->bindings.actor_resource :
													  call->res->domain.name);
		return;
	}
	call->actor_pending = true;
	ash_jsonb_value_from_jsonb(given, &call->actor_key);
}

/* Fills call->bindings.tenant. */
static void
find_tenant(AshCall *call)
{
	if (call->opts->tenant_given)
	{
		if (call->opts->tenant->type == jbvBinary)
			ash_error_add(call->errors, ASH_E_INVALID_OPTION, "tenant",
						  "option tenant must be a scalar");
		else
		{
			call->bindings.has_tenant = true;
			call->bindings.tenant = *call->opts->tenant;
		}
	}
	else if (ash_guc_tenant != NULL && ash_guc_tenant[0] != '\0')
	{
		call->bindings.has_tenant = true;
		call->bindings.tenant.type = jbvString;
		call->bindings.tenant.val.string.val = pstrdup(ash_guc_tenant);
		call->bindings.tenant.val.string.len = strlen(ash_guc_tenant);
	}
}

/*
 * Find actor and tenant from options, settings and domain of the call; errors are added to it.
 * Reads no row: an actor named by key is left in call->actor_pending.
 */
void
ash_call_identify(AshCall *call)
{
	find_actor(call);
	find_tenant(call);
}

/* The value at path in the actor; false, and null, when there is no actor or no such key. */
bool
ash_call_actor_value(const AshCall *call, List *path, JsonbValue *out)
{
	if (call->bindings.has_actor && ash_jsonb_get_path(call->bindings.actor, path, out))
		return true;
	out->type = jbvNull;
	return false;
}

/* The tenant as the resource's parse_attribute function returns it; runs it as the caller. */
static bool
parse_tenant(AshCall *call, AshResource *res, AshValue *out)
{
	Oid function = ash_tenant_parser(res);
	const char *tenant = ash_jsonb_value_text(&call->bindings.tenant);
	FmgrInfo flinfo;
	LOCAL_FCINFO(fcinfo, 1);

	if (!OidIsValid(function))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("function %s(text) returning %s does not exist", res->tenant_parser,
							   format_type_be(res->tenant_attribute->type->oid))));
	if (ash_proc_aclcheck(function, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, res->tenant_parser);
	fmgr_info(function, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, 1, DEFAULT_COLLATION_OID, NULL, NULL);
	fcinfo->args[0].value = CStringGetTextDatum(tenant);
	fcinfo->args[0].isnull = false;
	out->value = FunctionCallInvoke(fcinfo);
	out->isnull = fcinfo->isnull;
	if (out->isnull)
		ash_error_add(call->errors, ASH_E_INVALID_OPTION, "tenant", "%s is no tenant of %s",
					  ash_clip(tenant), res->name);
	return !out->isnull;
}

/* The function of multitenancy.parse_attribute; InvalidOid when there is none that fits. */
Oid
ash_tenant_parser(const AshResource *res)
{
	static const Oid argtypes[] = { TEXTOID };
	Oid function =
		LookupFuncName(stringToQualifiedNameListCompat(res->tenant_parser), 1, argtypes, true);

	if (!OidIsValid(function) || get_func_retset(function) ||
		get_func_rettype(function) != res->tenant_attribute->type->oid ||
		func_volatile(function) == PROVOLATILE_VOLATILE)
		return InvalidOid;
	return function;
}

/*
 * The tenant of the call as a value of the tenant attribute of res, in CurrentMemoryContext.
 * False without one, or after adding an error to the call.
 */
bool
ash_call_tenant_value(AshCall *call, AshResource *res, AshValue *out)
{
	AshCast cast = { .errors = call->errors, .code = ASH_E_INVALID_OPTION, .field = "tenant" };

	if (!call->bindings.has_tenant)
		return false;
	if (res->tenant_parser != NULL)
		return parse_tenant(call, res, out);
	return ash_type_cast(res->tenant_attribute->type, &call->bindings.tenant, &cast, out);
}

/* True if the rows of res that an action (or NULL, for none) works on are those of a tenant. */
bool
ash_tenant_required(const AshResource *res, const AshAction *action)
{
	return res->tenancy != ASH_TENANCY_NONE && !res->tenant_global &&
		   (action == NULL || action->multitenancy == ASH_TENANCY_ENFORCE);
}

/*
 * The one check for reads and writes: true if the call has the tenant that the action on res
 * requires; otherwise an error is added to the call.
 */
bool
ash_call_check_tenant(AshCall *call, const AshResource *res, const AshAction *action)
{
	AshError *error;

	if (call->bindings.has_tenant || !ash_tenant_required(res, action))
		return true;
	error = ash_error_add(call->errors, ASH_E_TENANT_REQUIRED, NULL,
						  "Queries against the %s resource require a tenant to be specified",
						  res->name);
	error->hint = "Pass the option tenant, or SET ash.tenant.";
	return false;
}
