/*-------------------------------------------------------------------------
 *
 * src/call/call.c
 *	  The life of a call: begin, nest, end; and the memory it lives in.
 *
 * current_call is the only static state of a running action.  It is popped by a reset callback
 * of the call's memory context, so an error that unwinds past the API function cleans up
 * by itself, in whatever order contexts are deleted.
 *
 * A call needs some tens of kilobytes for a few microseconds.  Allocated each time, they are
 * returned to the operating system and fetched again, which was a tenth of the time of
 * reading a page.  So a backend keeps one context with a large first block, and one buffer
 * for the result, for top-level calls: the workspace.  A call that begins while it is taken
 * gets a context of its own.  The workspace is given back by ash_call_end(), or after an
 * error when the context in which the call began is reset.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "call/call_internal.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/domain.h"
#include "model/resource.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

static AshCall *current_call = NULL;

/*-------------------------------------------------------------------------
 * Workspace
 *-------------------------------------------------------------------------
 */

#define FIRST_BLOCK (64 * 1024)
#define BUFFER_KEPT (1024 * 1024)
#define LARGE_CHUNK (512 * 1024)

/* In the context in which the call that has the workspace began. */
typedef struct Holder
{
	MemoryContextCallback callback;
	uint64 serial;
} Holder;

static MemoryContext workspace = NULL;
static StringInfoData buffer;
static bool taken = false;
static uint64 serial = 0; /* of the call that has taken it */

/*
 * Raise the threshold (M_TRIM_THRESHOLD of glibc, adjusted when a large chunk is freed) above
 * which malloc returns memory to the system.  A call allocates and frees a few hundred
 * kilobytes (plans, sorts, the result), of which 128 kB would be kept otherwise.
 */
static void
settle_allocator(void)
{
	pfree(MemoryContextAlloc(TopMemoryContext, LARGE_CHUNK));
}

/* Create context and buffer. */
static void
create_workspace(void)
{
	MemoryContext old;

	workspace = AllocSetContextCreate(TopMemoryContext, "ash call", 0, FIRST_BLOCK,
									  ALLOCSET_DEFAULT_MAXSIZE);
	old = MemoryContextSwitchTo(TopMemoryContext);
	initStringInfo(&buffer);
	enlargeStringInfo(&buffer, FIRST_BLOCK);
	MemoryContextSwitchTo(old);
	settle_allocator();
}

/* Empty the workspace; after a large result it is made anew. */
static void
release_workspace(void)
{
	MemoryContextReset(workspace);
	taken = false;
	if (buffer.maxlen > BUFFER_KEPT)
	{
		pfree(buffer.data);
		MemoryContextDelete(workspace);
		create_workspace();
	}
}

/* Reset callback of the context in which the call began: an error may have skipped its end. */
static void
holder_ended(void *arg)
{
	const Holder *holder = arg;

	if (taken && holder->serial == serial)
		release_workspace();
}

/* The workspace for a call that begins in parent, and the buffer; NULL when it is taken. */
static MemoryContext
take_workspace(MemoryContext parent, StringInfo *out)
{
	Holder *holder;

	if (taken)
		return NULL;
	if (workspace == NULL)
		create_workspace();
	holder = MemoryContextAlloc(parent, sizeof(Holder));
	holder->serial = ++serial;
	holder->callback.func = holder_ended;
	holder->callback.arg = holder;
	MemoryContextRegisterResetCallback(parent, &holder->callback);
	taken = true;
	resetStringInfo(&buffer);
	*out = &buffer;
	return workspace;
}

/*-------------------------------------------------------------------------
 * The stack of calls
 *-------------------------------------------------------------------------
 */

/* The innermost running call of this backend, or NULL. */
AshCall *
ash_call_current(void)
{
	return current_call;
}

/* Reset callback of a call's context: pop it, and calls begun inside it that an error left. */
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

/* A new innermost call without errors and options, in a context below parent. */
static AshCall *
push_call(MemoryContext parent, AshResource *res, AshAction *action)
{
	StringInfo out = NULL;
	MemoryContext cxt = current_call == NULL ? take_workspace(parent, &out) : NULL;
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
 * True if the call checks policies: decided by the setting of the domain and the option
 * "authorize".  Turning it off requires membership in the owner role of the resource, and a
 * domain may forbid it; errors are added to the call.
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

/* The context without the members that come from the default of res. */
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

/*
 * The context for a call about res: its default_context, overridden by context.  That is the
 * context of a call about from (or NULL), whose own default is not passed on.
 */
Jsonb *
ash_call_context_for(const AshResource *from, const AshResource *res, Jsonb *context)
{
	if (from != NULL && from != res && from->default_context != NULL)
		context = without_default(from, context);
	return res->default_context != NULL ? ash_jsonb_merge(res->default_context, context) : context;
}

/*
 * Start a call from SQL: find actor and tenant, decide whether policies are checked.  An actor
 * that is named by key is left pending: reading its record is work of the call.  opts and
 * errors become the call's and have to live at least as long; errors are added to errors.
 * Never returns NULL.  The call's context is the workspace or a child of context_parent;
 * ash_call_end() frees it.
 */
AshCall *
ash_call_begin(MemoryContext context_parent, AshResource *res, AshAction *action, AshOptions *opts,
			   AshErrors *errors)
{
	AshCall *call = push_call(context_parent, res, action);
	MemoryContext old = MemoryContextSwitchTo(call->cxt);

	if (call->out == NULL)
		call->out = makeStringInfo();
	call->errors = errors;
	call->bindings.errors = errors;
	call->opts = opts;
	call->bindings.context = call->opts->context ? call->opts->context : ash_jsonb_empty();
	call->bindings.context = ash_call_context_for(NULL, res, call->bindings.context);
	call->authorize = decide_authorize(call);
	ash_call_identify(call);
	if (res->domain.require_actor && !call->opts->actor_given && !call->bindings.has_actor &&
		!call->actor_pending)
		ash_error_add(call->errors, ASH_E_DOMAIN_REQUIRES_ACTOR, NULL,
					  "The domain %s requires that an actor is provided at all times.",
					  res->domain.name);
	MemoryContextSwitchTo(old);
	return call;
}

/*
 * True if a call inside one about from may skip the policies of res.  That requires the
 * privileges of the role that owns res, of the current user or of the owner of from.
 */
bool
ash_call_can_skip_policies(const AshResource *from, const AshResource *res)
{
	return ash_resource_may_bypass_policies(from, res) ||
		   has_privs_of_role(GetUserId(), res->owner);
}

/* A call inside another one or none, with options and errors of its own. */
static AshCall *
push_inner(MemoryContext parent, AshResource *res, AshAction *action)
{
	AshCall *call = push_call(parent, res, action);

	call->nested = true;
	call->opts = MemoryContextAllocZero(call->cxt, sizeof(AshOptions));
	call->errors = ash_errors_create(call->cxt);
	call->bindings.errors = call->errors;
	return call;
}

/*
 * A call inside parent: same actor, tenant and context; the caller may share the errors.
 * Policies are skipped if parent skips them and may skip those of res.
 */
AshCall *
ash_call_nested(AshCall *parent, AshResource *res, AshAction *action)
{
	AshCall *call = push_inner(parent->cxt, res, action);
	MemoryContext old = MemoryContextSwitchTo(call->cxt);

	call->authorize = parent->authorize || !ash_call_can_skip_policies(parent->res, res);
	call->bindings.has_actor = parent->bindings.has_actor;
	call->bindings.actor = parent->bindings.actor;
	call->bindings.actor_resource = parent->bindings.actor_resource;
	call->bindings.has_tenant = parent->bindings.has_tenant;
	call->bindings.tenant = parent->bindings.tenant;
	call->now = parent->now;
	call->bindings.context = ash_call_context_for(parent->res, res, parent->bindings.context);
	MemoryContextSwitchTo(old);
	return call;
}

/*
 * An internal call: no actor, no tenant, authorization off.  Used for casting literals of
 * definitions, when no call is running.
 */
AshCall *
ash_call_internal(MemoryContext context_parent, AshResource *res, AshAction *action)
{
	AshCall *call = push_inner(context_parent, res, action);
	MemoryContext old = MemoryContextSwitchTo(call->cxt);

	call->bindings.context = ash_jsonb_empty();
	MemoryContextSwitchTo(old);
	return call;
}

/* Pop the call and free everything that was allocated in its context. */
void
ash_call_end(AshCall *call)
{
	if (taken && call->cxt == workspace)
		release_workspace();
	else
		MemoryContextDelete(call->cxt);
}

/* Forget calls begun inside call that an error has left behind. */
void
ash_call_unwind(AshCall *call)
{
	current_call = call;
}
