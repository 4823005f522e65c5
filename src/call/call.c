/*-------------------------------------------------------------------------
 *
 * src/call/call.c
 *	  The life of a call: begin, nest, end.
 *
 * current_call is the only static state of a running action.  It is popped by a
 * reset callback of the call's memory context, so an error that unwinds past the
 * API function cleans up by itself, in whatever order contexts are deleted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "call/call.h"
#include "call/call_internal.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/domain.h"
#include "model/resource.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

static AshCall *current_call = NULL;

AshCall *
ash_call_current(void)
{
	return current_call;
}

/* Pop call, wherever in the stack it is; those above it are dying with it. */
static void
forget_call(void *arg)
{
	AshCall *call;

	for (call = current_call; call != NULL; call = call->parent)
	{
		if (call == arg)
		{
			current_call = call->parent;
			return;
		}
	}
}

static AshCall *
push_call(MemoryContext parent, AshResource *res, AshAction *action)
{
	StringInfo out = NULL;
	MemoryContext cxt = current_call == NULL ? ash_workspace_take(parent, &out) : NULL;
	AshCall *call;
	MemoryContextCallback *callback;

	if (cxt == NULL)
		cxt = AllocSetContextCreate(parent, "ash call", ALLOCSET_DEFAULT_SIZES);
	call = MemoryContextAllocZero(cxt, sizeof(AshCall));
	callback = MemoryContextAlloc(cxt, sizeof(MemoryContextCallback));
	call->cxt = cxt;
	call->out = out;
	call->res = res;
	call->action = action;
	call->parent = current_call;
	call->now = GetCurrentTimestamp();
	call->bindings.action = action;
	if (action != NULL && action->nargs > 0)
	{
		call->args = MemoryContextAllocZero(cxt, sizeof(AshValue) * action->nargs);
		call->arg_set = MemoryContextAllocZero(cxt, sizeof(bool) * action->nargs);
		for (int i = 0; i < action->nargs; i++)
			call->args[i].isnull = true;
		call->bindings.args = call->args;
	}

	callback->func = forget_call;
	callback->arg = call;
	MemoryContextRegisterResetCallback(cxt, callback);
	current_call = call;
	return call;
}

/*
 * Does this call check policies?  Spec 12.4: the domain's setting and the option
 * together; switching authorization off is the privilege of the owner.
 */
static bool
decide_authorize(AshCall *call)
{
	const AshOptions *opts = call->opts;
	const AshDomain *domain = &call->res->domain;

	if (opts->authorize_given && !opts->authorize)
	{
		if (domain->authorize == ASH_AUTHORIZE_ALWAYS)
			ash_error_add(call->errors, ASH_E_DOMAIN_REQUIRES_AUTHORIZATION, NULL,
						  "domain %s requires authorization", domain->name);
		else if (call->res->has_policies && !has_privs_of_role(GetUserId(), call->res->owner))
		{
			AshError *error =
				ash_error_add(call->errors, ASH_E_FORBIDDEN, NULL,
							  "only the owner of %s may switch authorization off", call->res->name);

			error->hint =
				"Leave out the option authorize, or call as the role that defined the resource.";
		}
		return false;
	}
	if (opts->authorize_given)
		return true;
	if (domain->authorize == ASH_AUTHORIZE_WHEN_REQUESTED)
		return opts->actor_given;
	return true;
}

/* What the context does not have from the resource's default: that is not handed on. */
static Jsonb *
without_default(const AshResource *res, const Jsonb *context)
{
	JsonbIterator *it = ash_jsonb_walk(context);
	JsonbParseState *state = NULL;
	JsonbValue key;
	JsonbValue value;
	JsonbValue dflt;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	while (ash_jsonb_next_member(&it, &key, &value))
	{
		if (ash_jsonb_get(res->default_context, key.val.string.val, key.val.string.len, &dflt) &&
			compareJsonbContainers(&ash_jsonb_from_value(&value)->root,
								   &ash_jsonb_from_value(&dflt)->root) == 0)
			continue;
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

Jsonb *
ash_call_context_for(const AshResource *from, const AshResource *res, Jsonb *context)
{
	if (from != NULL && from != res && from->default_context != NULL)
		context = without_default(from, context);
	return res->default_context != NULL ? ash_jsonb_merge(res->default_context, context) : context;
}

AshCall *
ash_call_begin(MemoryContext context_parent, AshResource *res, AshAction *action, Jsonb *options)
{
	AshCall *call = push_call(context_parent, res, action);
	MemoryContext old = MemoryContextSwitchTo(call->cxt);

	if (call->out == NULL)
		call->out = makeStringInfo();
	call->errors = ash_errors_create(call->cxt);
	call->bindings.errors = call->errors;
	call->opts = ash_options_parse(call, options);
	call->bindings.context = call->opts->context ? call->opts->context : ash_jsonb_empty();
	call->bindings.context = ash_call_context_for(NULL, res, call->bindings.context);
	call->authorize = decide_authorize(call);
	ash_call_find_actor(call);
	ash_call_find_tenant(call);
	if (res->domain.require_actor && !call->opts->actor_given && !call->bindings.has_actor)
		ash_error_add(call->errors, ASH_E_DOMAIN_REQUIRES_ACTOR, NULL,
					  "The domain %s requires that an actor is provided at all times.",
					  res->domain.name);
	MemoryContextSwitchTo(old);
	return call;
}

/*
 * May policies of res be left unasked in a call that came from the resource from?  That
 * is for who owns res to say: the caller may be it, or who defined from.
 */
bool
ash_call_can_skip_policies(const AshResource *from, const AshResource *res)
{
	return ash_resource_may_bypass_policies(from, res) ||
		   has_privs_of_role(GetUserId(), res->owner);
}

AshCall *
ash_call_nested(AshCall *parent, AshResource *res, AshAction *action)
{
	AshCall *call = push_call(parent->cxt, res, action);
	MemoryContext old;

	call->nested = true;
	call->opts = MemoryContextAllocZero(call->cxt, sizeof(AshOptions));
	call->errors = ash_errors_create(call->cxt);
	call->bindings.errors = call->errors;
	call->authorize = parent->authorize || !ash_call_can_skip_policies(parent->res, res);
	call->bindings.has_actor = parent->bindings.has_actor;
	call->bindings.actor = parent->bindings.actor;
	call->bindings.actor_resource = parent->bindings.actor_resource;
	call->bindings.has_tenant = parent->bindings.has_tenant;
	call->bindings.tenant = parent->bindings.tenant;
	call->now = parent->now;
	old = MemoryContextSwitchTo(call->cxt);
	call->bindings.context = ash_call_context_for(parent->res, res, parent->bindings.context);
	MemoryContextSwitchTo(old);
	return call;
}

AshCall *
ash_call_internal(MemoryContext context_parent, AshResource *res, AshAction *action)
{
	AshCall *call = push_call(context_parent, res, action);
	MemoryContext old = MemoryContextSwitchTo(call->cxt);

	call->nested = true;
	call->opts = palloc0(sizeof(AshOptions));
	call->errors = ash_errors_create(call->cxt);
	call->bindings.errors = call->errors;
	call->bindings.context = ash_jsonb_empty();
	MemoryContextSwitchTo(old);
	return call;
}

/* Pops the call; its context goes with everything that was allocated in it. */
void
ash_call_end(AshCall *call)
{
	if (!ash_workspace_give_back(call->cxt))
		MemoryContextDelete(call->cxt);
}

void
ash_call_unwind(AshCall *call)
{
	current_call = call;
}
