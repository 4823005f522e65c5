/*-------------------------------------------------------------------------
 *
 * src/api/session_functions.c
 *	  Actor and tenant of the session as SQL sees them.
 *
 *	  ash.actor(resource text) returns jsonb
 *	  ash.actor_value(resource text, path text[]) returns text
 *	  ash.tenant_value() returns text
 *
 * Row-security quals read them in sub-selects, so once for each execution of a
 * statement.  The resource tells which domain is asked about: domains differ in
 * where the actor comes from.  Inside a running action its actor and tenant count,
 * also for statements of functions and triggers that it causes to run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action.h"
#include "catalog/pg_type.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

ASH_FUNCTION(ash_actor);
ASH_FUNCTION(ash_actor_value);
ASH_FUNCTION(ash_tenant_value);

/*
 * Whoever may set ash.actor chooses the record, and sees here what is in it: not what is
 * sensitive.  A policy that asks for that is not satisfied in ordinary SQL.
 */
static Jsonb *
without_sensitive(Jsonb *actor, const AshResource *res)
{
	for (int i = 0; i < res->nattributes; i++)
	{
		if (res->attributes[i]->sensitive)
			actor =
				DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(actor),
												   CStringGetTextDatum(res->attributes[i]->name)));
	}
	return actor;
}

/*
 * The actor of the session as the domain of resource sees it, or NULL.  Found by the same steps
 * as that of a call, with a call that is never run.  Raises the errors of these steps.
 */
static Jsonb *
session_actor(const char *resource)
{
	AshCall call = { 0 };

	call.res = ash_resource_get(resource, NULL);
	if (call.res == NULL)
		return NULL;
	call.cxt = CurrentMemoryContext;
	call.opts = palloc0(sizeof(AshOptions));
	call.errors = ash_errors_create(CurrentMemoryContext);
	call.bindings.errors = call.errors;
	call.bindings.context = ash_jsonb_empty();
	ash_call_identify(&call);
	if (!ash_errors_any(call.errors))
		ash_action_fetch_actor(&call);
	if (ash_errors_any(call.errors))
		ash_errors_throw(call.errors);
	if (!call.actor_read)
		return call.bindings.has_actor ? call.bindings.actor : NULL;
	return without_sensitive(call.bindings.actor,
							 ash_resource_get(call.bindings.actor_resource, call.errors));
}

static Jsonb *
current_actor(const char *resource)
{
	const AshCall *running = ash_call_current();
	Jsonb *actor;

	if (running != NULL)
		return running->bindings.has_actor ? running->bindings.actor : NULL;

	/* reading a record may run code of the user, whose calls must not free what is used here */
	ash_calls_enter();
	actor = session_actor(resource);
	ash_calls_leave();
	return actor;
}

/* The actor as an object; null when there is none. */
Datum
ash_actor(PG_FUNCTION_ARGS)
{
	Jsonb *actor = current_actor(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	if (actor == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(actor);
}

static List *
path_names(ArrayType *array)
{
	List *path = NIL;
	Datum *elements;
	bool *nulls;
	int n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			return NIL;
		path = lappend(path, TextDatumGetCString(elements[i]));
	}
	return path;
}

/* A value inside the actor as text: scalars bare, the rest as JSON; null when there is none. */
Datum
ash_actor_value(PG_FUNCTION_ARGS)
{
	Jsonb *actor = current_actor(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	List *path = path_names(PG_GETARG_ARRAYTYPE_P(1));
	JsonbValue value;
	char *text;

	if (actor == NULL || path == NIL || !ash_jsonb_get_path(actor, path, &value))
		PG_RETURN_NULL();
	text = value.type == jbvBinary ? ash_jsonb_value_json(&value) : ash_jsonb_value_text(&value);
	if (text == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

/* The tenant; null when there is none. */
Datum
ash_tenant_value(PG_FUNCTION_ARGS)
{
	const AshCall *running = ash_call_current();
	char *text;

	if (running == NULL)
	{
		if (ash_guc_tenant == NULL || ash_guc_tenant[0] == '\0')
			PG_RETURN_NULL();
		PG_RETURN_TEXT_P(cstring_to_text(ash_guc_tenant));
	}
	text = running->bindings.has_tenant ? ash_jsonb_value_text(&running->bindings.tenant) : NULL;
	if (text == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(text));
}
