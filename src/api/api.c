/*-------------------------------------------------------------------------
 *
 * src/api/api.c
 *	  Where calls from SQL begin and end.
 *
 * Errors of a call are raised here, and nowhere below.  An error that PostgreSQL
 * raises on the way is passed on as it is, unless it violates a constraint that
 * a definition owns.  No subtransaction is used in the raising path.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "api/api.h"
#include "model/action_def.h"
#include "model/resource.h"
#include "utils/builtins.h"

char *
ash_arg_text(FunctionCallInfo fcinfo, int n)
{
	return PG_NARGS() <= n || PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

Jsonb *
ash_arg_jsonb(FunctionCallInfo fcinfo, int n)
{
	return PG_NARGS() <= n || PG_ARGISNULL(n) ? NULL : PG_GETARG_JSONB_P(n);
}

char *
ash_arg_name(FunctionCallInfo fcinfo, int n, const char *what)
{
	char *name = ash_arg_text(fcinfo, n);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", what)));
	return name;
}

Jsonb *
ash_options_with(Jsonb *options, const char *key, const Jsonb *value)
{
	JsonbParseState *state = NULL;
	JsonbValue k = { .type = jbvString };
	JsonbValue v;

	if (value == NULL)
		return options;
	if (options != NULL && (!JB_ROOT_IS_OBJECT(options)))
		return options;
	k.val.string.val = unconstify(char *, key);
	k.val.string.len = strlen(key);
	ash_jsonb_value_from_jsonb(value, &v);
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	pushJsonbValue(&state, WJB_KEY, &k);
	pushJsonbValue(&state, WJB_VALUE, &v);
	options = options ? options : ash_jsonb_empty();
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(options),
											  JsonbPGetDatum(JsonbValueToJsonb(
												  pushJsonbValue(&state, WJB_END_OBJECT, NULL)))));
}

/*-------------------------------------------------------------------------
 * Resource and action
 *-------------------------------------------------------------------------
 */

static AshAction *
find_action(AshResource *res, const char *name, int type, AshErrors *errors)
{
	AshAction *action;
	AshError *error;
	List *names = NIL;

	if (name == NULL)
	{
		if (type == ASH_ANY_TYPE || res->primary_actions[type] != NULL)
			return type == ASH_ANY_TYPE ? NULL : res->primary_actions[type];
		ash_error_add(errors, ASH_E_NO_PRIMARY_ACTION, NULL,
					  "No primary action of type %s for resource %s, and no action specified",
					  ash_action_types[type], res->name);
		return NULL;
	}
	action = ash_find_action(res, name);
	if (action != NULL && (type == ASH_ANY_TYPE || action->type == type))
		return action;
	error = type == ASH_ANY_TYPE ?
				ash_error_add(errors, ASH_E_NO_SUCH_ACTION, NULL,
							  "No such action %s for resource %s", name, res->name) :
				ash_error_add(errors, ASH_E_NO_SUCH_ACTION, NULL,
							  "No such action %s of type %s for resource %s", name,
							  ash_action_types[type], res->name);
	for (int i = 0; i < res->nactions; i++)
		if (type == ASH_ANY_TYPE || res->actions[i]->type == type)
			names = lappend(names, unconstify(char *, res->actions[i]->name));
	error->did_you_mean = ash_suggest(name, names);
	return NULL;
}

/* The resource and action by name, or NULL and false after adding an error. */
static bool
find_target(const AshApiRequest *request, const char *name, AshErrors *errors, AshResource **res,
			AshAction **action)
{
	*action = NULL;
	*res = ash_resource_get(request->resource, errors);
	if (*res == NULL)
		return false;
	if ((*res)->embedded)
	{
		ash_error_add(errors, ASH_E_NO_SUCH_RESOURCE, NULL,
					  "%s is an embedded resource: it has no rows of its own", request->resource);
		return false;
	}
	*action = find_action(*res, name, request->type, errors);
	return *action != NULL || (name == NULL && request->type == ASH_ANY_TYPE);
}

void
ash_api_run(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	ash_action_run(call, input, out);
}

/*-------------------------------------------------------------------------
 * Raising
 *-------------------------------------------------------------------------
 */

typedef struct CallName
{
	const char *resource;
	const char *action;
} CallName;

static void
call_context(void *arg)
{
	const CallName *name = arg;

	if (name->action)
		errcontext("action %s of resource %s", name->action, name->resource);
	else
		errcontext("resource %s", name->resource);
}

/* What a call is about to do. */
typedef struct Work
{
	const Jsonb *input;
	StringInfo out;
	AshApiBody body;
	void *arg;
} Work;

/*
 * The body, with the rights that the resource asks for.  The actor is fetched first: as the
 * caller, or as the owner of its own resource.
 */
static void
do_work(AshCall *call, void *arg)
{
	Work *work = arg;
	AshSecurityState security;

	ash_action_fetch_actor(call);
	if (ash_errors_any(call->errors))
		return;
	security = ash_security_enter(call->res);
	work->body(call, work->input, work->arg, work->out);
	ash_security_leave(&security);
}

/* The work in the time that the call has. */
static void
run_work(AshCall *call, void *arg)
{
	ash_call_timed(call, do_work, arg);
}

/*
 * The work in the transaction of the caller.  A PostgreSQL error that a definition owns (a violated
 * constraint, say) is raised as the errors it means; every other one is passed on as it is.
 */
static void
run_raising(AshCall *call, Work *work)
{
	MemoryContext cxt = CurrentMemoryContext;

	PG_TRY();
	{
		run_work(call, work);
	}
	PG_CATCH();
	{
		ErrorData *edata;
		AshErrors *errors;

		MemoryContextSwitchTo(cxt);
		edata = CopyErrorData();
		errors = ash_action_errors_of(call, edata);
		if (errors == NULL)
			PG_RE_THROW();
		FlushErrorState();
		ash_errors_throw(errors);
	}
	PG_END_TRY();
}

/*-------------------------------------------------------------------------
 * The driver
 *-------------------------------------------------------------------------
 */

/*
 * The call that request asks for, begun; NULL after adding errors to errors.  name is filled
 * for call_context, work with the input.
 */
static AshCall *
begin_call(const AshApiRequest *request, AshErrors *errors, CallName *name, Work *work)
{
	AshOptions *opts = ash_options_parse(request->options, request->shape, errors);
	AshResource *res;
	AshAction *action;
	AshCall *call = NULL;

	name->action = request->action != NULL ? request->action : opts->action;
	work->input = request->shape == ASH_CALL_READ ? opts->input : request->input;
	if (find_target(request, name->action, errors, &res, &action))
		call = ash_call_begin(CurrentMemoryContext, res, action, opts, errors);
	return call;
}

/* What becomes of a finished call: a result, or its errors. */
typedef Datum (*Answer)(const AshErrors *errors, StringInfo result);

/*
 * Runs body in a call, with an error context that names resource and action, and hands the
 * outcome to answer.  A call that raises has its errors raised by answer; one that does not runs
 * in a subtransaction, which is rolled back when there are errors.  Used by every SQL-callable
 * function that runs an action.
 */
static Datum
drive(const AshApiRequest *request, AshApiBody body, void *arg, bool raises, Answer answer)
{
	CallName name = { .resource = request->resource };
	ErrorContextCallback context = { .callback = call_context, .arg = &name };
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	Work work = { .body = body, .arg = arg };
	AshCall *call;
	Datum result;

	context.previous = error_context_stack;
	error_context_stack = &context;
	ash_calls_enter();
	call = begin_call(request, errors, &name, &work);
	if (call != NULL)
		work.out = call->out;
	if (!ash_errors_any(errors) && raises)
		run_raising(call, &work);
	else if (!ash_errors_any(errors))
		(void) ash_action_isolated(call, run_work, &work);
	result = answer(errors, work.out);
	if (call != NULL)
		ash_call_end(call);
	ash_calls_leave();
	error_context_stack = context.previous;
	return result;
}

static Datum
raise_or_give(const AshErrors *errors, StringInfo result)
{
	if (ash_errors_any(errors))
		ash_errors_throw(errors);
	return PointerGetDatum(cstring_to_text_with_len(result->data, result->len));
}

/* {"ok": true, "result": …} or {"ok": false, "class": …, "errors": […]} */
static Datum
tell(const AshErrors *errors, StringInfo result)
{
	StringInfoData text;
	AshJson json;

	initStringInfo(&text);
	json = ash_json_to_spaced_text(&text);
	ash_put_object(&json);
	ash_put_bool(ash_put_key(&json, "ok"), !ash_errors_any(errors));
	if (ash_errors_any(errors))
		ash_put_errors(&json, errors);
	else
		ash_put_json(ash_put_key(&json, "result"), result->data);
	ash_put_end_object(&json);
	return PointerGetDatum(cstring_to_text_with_len(text.data, text.len));
}

Datum
ash_api_call(const AshApiRequest *request, AshApiBody body, void *arg)
{
	return drive(request, body, arg, true, raise_or_give);
}

Datum
ash_api_try(const AshApiRequest *request, AshApiBody body, void *arg)
{
	return drive(request, body, arg, false, tell);
}
