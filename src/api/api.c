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
find_target(const char *resource, const char *name, int type, AshErrors *errors, AshResource **res,
			AshAction **action)
{
	*action = NULL;
	*res = ash_resource_get(resource, errors);
	if (*res == NULL)
		return false;
	if ((*res)->embedded)
	{
		ash_error_add(errors, ASH_E_NO_SUCH_RESOURCE, NULL,
					  "%s is an embedded resource: it has no rows of its own", resource);
		return false;
	}
	*action = find_action(*res, name, type, errors);
	return !ash_errors_any(errors);
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
	Jsonb *input;
	StringInfo out;
	AshApiBody body;
	void *arg;
} Work;

static void
do_work(AshCall *call, void *arg)
{
	Work *work = arg;

	work->body(call, work->input, work->arg, work->out);
}

/* The work, with the rights that the resource asks for and in the time that the call has. */
static void
run_work(AshCall *call, void *arg)
{
	AshSecurityState security = ash_security_enter(call->res);

	ash_call_timed(call, do_work, arg);
	ash_security_leave(&security);
}

/* The work, with PostgreSQL's constraint violations translated. */
static void
run_translated(AshCall *call, Work *work)
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

Datum
ash_api_call(const char *resource, const char *action, int type, Jsonb *input, Jsonb *options,
			 AshApiBody body, void *arg)
{
	CallName name = { resource, action };
	ErrorContextCallback context = { .callback = call_context, .arg = &name };
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	AshResource *res;
	AshAction *found;
	AshCall *call;
	Work work = { .input = input, .body = body, .arg = arg };
	Datum result;

	context.previous = error_context_stack;
	error_context_stack = &context;
	ash_calls_enter();
	if (!find_target(resource, action, type, errors, &res, &found))
		ash_errors_throw(errors);

	call = ash_call_begin(CurrentMemoryContext, res, found, options);
	if (!ash_errors_any(call->errors))
	{
		work.out = call->out;
		run_translated(call, &work);
	}
	if (ash_errors_any(call->errors))
		ash_errors_throw(call->errors);
	result = PointerGetDatum(cstring_to_text_with_len(call->out->data, call->out->len));
	ash_call_end(call);
	ash_calls_leave();
	error_context_stack = context.previous;
	return result;
}

/*-------------------------------------------------------------------------
 * Answering
 *-------------------------------------------------------------------------
 */

Datum
ash_api_try(const char *resource, const char *action, int type, Jsonb *input, Jsonb *options,
			AshApiBody body, void *arg)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	StringInfoData answer;
	StringInfoData out;
	AshResource *res;
	AshAction *found;
	AshCall *call = NULL;
	Work work = { input, &out, body, arg };

	ash_calls_enter();
	initStringInfo(&out);
	initStringInfo(&answer);
	if (find_target(resource, action, type, errors, &res, &found))
	{
		call = ash_call_begin(CurrentMemoryContext, res, found, options);
		if (!ash_errors_any(call->errors))
			ash_action_isolated(call, run_work, &work);
		errors = call->errors;
	}
	if (ash_errors_any(errors))
	{
		appendStringInfo(&answer, "{\"ok\": false, \"class\": \"%s\", \"errors\": ",
						 ash_error_class_name(ash_errors_class(errors)));
		ash_error_list_json(&answer, errors);
		appendStringInfoChar(&answer, '}');
	}
	else
		appendStringInfo(&answer, "{\"ok\": true, \"result\": %s}", out.data);
	if (call != NULL)
		ash_call_end(call);
	ash_calls_leave();
	return PointerGetDatum(cstring_to_text_with_len(answer.data, answer.len));
}
