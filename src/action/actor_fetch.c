/*-------------------------------------------------------------------------
 *
 * src/action/actor_fetch.c
 *	  The actor of a call that is named by its key.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "utils/builtins.h"

/*
 * The row of actor_resource with that key as JSON text in out: all default fields, found under the
 * resource's base filter.  Policies are skipped where the call's domain may do so, because the
 * actor is what they are about.  Returns false, with errors of reader or none, when there is no
 * such row.
 */
static bool
read_actor(AshCall *reader, AshResource *actor_resource, const JsonbValue *key, StringInfo out)
{
	AshExpr *filter = ash_query_record_filter(reader, actor_resource, key);
	AshExpr *base_filter = ash_resource_base_filter(actor_resource, NULL);
	AshQuery *query;

	if (filter == NULL)
		return false;
	query = ash_query_bare(reader, actor_resource);
	query->filters = list_make1(filter);
	if (base_filter != NULL)
		query->filters = lappend(query->filters, base_filter);
	ash_query_authorize(query);
	return !ash_errors_any(reader->errors) && ash_query_run_one(query, out) == 1;
}

/*
 * Fetches a pending actor: call->bindings.actor becomes the record with call->actor_key.  Runs as
 * the caller or, when the actor resource is a "definer" one, as its owner; call it before the
 * rights of the call's own resource are entered, and inside of what limits the time of the call and
 * translates its errors.  A key without a row is an error of the option actor.
 */
void
ash_action_fetch_actor(AshCall *call)
{
	AshResource *actor_resource;
	AshSecurityState security;
	StringInfoData out;
	AshCall *reader;
	MemoryContext old;

	if (!call->actor_pending)
		return;
	old = MemoryContextSwitchTo(call->cxt);
	call->actor_pending = false;
	actor_resource = ash_resource_get(call->bindings.actor_resource, call->errors);
	if (actor_resource != NULL)
	{
		security = ash_security_enter(actor_resource);
		reader = ash_call_nested(call, actor_resource, NULL);
		reader->authorize = !ash_call_can_skip_policies(call->res, actor_resource);
		initStringInfo(&out);
		if (read_actor(reader, actor_resource, &call->actor_key, &out))
			call->bindings.actor =
				DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data)));
		ash_call_end(reader);
		ash_security_leave(&security);
		call->bindings.has_actor = call->actor_read = call->bindings.actor != NULL;
		if (!call->bindings.has_actor)
			ash_error_add(call->errors, ASH_E_INVALID_OPTION, "actor", "no %s with key %s is known",
						  actor_resource->name, ash_jsonb_value_json(&call->actor_key));
	}
	MemoryContextSwitchTo(old);
}
