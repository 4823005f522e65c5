/*-------------------------------------------------------------------------
 *
 * src/action/action_init.c
 *	  What lower rooms need of this one, given to them when the library loads.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "action/embedded/embedded.h"
#include "model/resource.h"
#include "utils/builtins.h"

/*
 * The actor's record by key, read as the resource's own rules would show it to
 * nobody in particular: without policies, for the actor is who they are about.  A
 * resource of another owner is asked like by anybody.
 */
static Jsonb *
load_actor(AshCall *call, AshResource *actor_resource, const JsonbValue *key)
{
	AshSecurityState security = ash_security_enter(actor_resource);
	StringInfoData out;
	AshExpr *filter;
	AshQuery *query;
	AshCall *reader = ash_call_nested(call, actor_resource, NULL);
	Jsonb *actor = NULL;

	reader->authorize = !ash_call_can_skip_policies(call->res, actor_resource);
	initStringInfo(&out);
	filter = ash_query_record_filter(reader, actor_resource, key);
	if (filter != NULL)
	{
		query = ash_query_bare(reader, actor_resource);
		query->filters = list_make1(filter);
		ash_query_authorize(query);
		if (!ash_errors_any(reader->errors) && ash_query_run_one(query, &out) == 1)
			actor = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data)));
	}
	ash_call_end(reader);
	ash_security_leave(&security);
	if (actor == NULL)
		ash_error_add(call->errors, ASH_E_INVALID_OPTION, "actor", "no %s with key %s is known",
					  actor_resource->name, ash_jsonb_value_json(key));
	return actor;
}

void
ash_action_init(void)
{
	ash_call_set_actor_loader(load_actor);
	ash_managed_init();
	ash_embedded_init();
}
