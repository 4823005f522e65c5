/*-------------------------------------------------------------------------
 *
 * src/action/generic_action.c
 *	  Generic actions: a SQL function, with arguments, validations and policies.
 *
 * The function named by "run" is called in one of two ways, decided by its
 * signature: (input jsonb, options jsonb, context jsonb), or with the action's
 * arguments by name.  It runs as the caller.  A function that returns jsonb or
 * json gives the result as it is; any other result becomes JSON by its type.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "call/app_function.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/resource.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"

/* The arguments that were given or defaulted, as one object. */
static Jsonb *
input_object(AshCall *call)
{
	StringInfoData buf;

	initStringInfo(&buf);
	ash_call_write_arguments(&buf, call, false);
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data)));
}

/* Writes a qualified name. */
static void
write_function_name(AshSql *sql, List *names)
{
	ListCell *lc;

	foreach (lc, names)
	{
		if (lc != list_head(names))
			ash_sql_str(sql, ".");
		ash_sql_ident(sql, strVal(lfirst(lc)));
	}
}

/* True if there is a function of the name with the signature (jsonb, jsonb, jsonb). */
static bool
takes_documents(List *names)
{
	Oid types[3] = { JSONBOID, JSONBOID, JSONBOID };

	return OidIsValid(LookupFuncName(names, 3, types, true));
}

/* Writes the arguments by name, as parameters. */
static void
write_arguments(AshSql *sql, AshCall *call)
{
	const char *separator = "";

	for (int i = 0; i < call->action->nargs; i++)
	{
		const AshArgument *arg = call->action->args[i];

		if (!call->arg_set[i])
			continue;
		ash_sql_str(sql, separator);
		ash_sql_ident(sql, arg->name);
		ash_sql_str(sql, " => ");
		ash_sql_param(sql, arg->type->oid, call->args[i].value, call->args[i].isnull);
		if (arg->sensitive)
			ash_sql_sensitive(sql);
		separator = ", ";
	}
}

/* The call of the action's function as a SELECT, into sql, which is initialized here. */
static void
write_statement(AshCall *call, AshSql *sql)
{
	List *names = stringToQualifiedNameListCompat(call->action->run);
	Jsonb *options = call->action->run_options ? ash_jsonb_from_json(call->action->run_options) :
												 ash_jsonb_empty();

	ash_sql_init(sql, &call->bindings);
	ash_sql_str(sql, "SELECT ");
	write_function_name(sql, names);
	ash_sql_str(sql, "(");
	if (takes_documents(names))
	{
		ash_sql_param(sql, JSONBOID, JsonbPGetDatum(input_object(call)), false);
		ash_sql_str(sql, ", ");
		ash_sql_param(sql, JSONBOID, JsonbPGetDatum(options), false);
		ash_sql_str(sql, ", ");
		ash_sql_param(sql, JSONBOID, JsonbPGetDatum(ash_call_context(call)), false);
	}
	else
		write_arguments(sql, call);
	ash_sql_str(sql, ")");
}

typedef struct Result
{
	AshCall *call;
	StringInfo out;
	int rows;
} Result;

/* AshRowFn: appends the function's value as JSON; the values of a set are separated by commas. */
static void
take_result_value(TupleTableSlot *slot, void *arg)
{
	Result *result = arg;
	Oid type = TupleDescAttr(slot->tts_tupleDescriptor, 0)->atttypid;
	bool isnull;
	Datum value = slot_getattr(slot, 1, &isnull);

	if (result->rows++ > 0)
		appendStringInfoChar(result->out, ',');
	if (isnull || type == VOIDOID || result->call->action->returns == NULL)
		appendStringInfoString(result->out, "null");
	else
		ash_write_json_datum(result->out, type, value, isnull);
}

/* True if the function of that name returns a set. */
static bool
returns_set(const char *name)
{
	List *names = stringToQualifiedNameListCompat(name);
	Oid function = LookupFuncName(names, -1, NULL, true);

	return OidIsValid(function) && get_func_retset(function);
}

/*
 * False after adding the Forbidden error. A condition on a row is not met: a generic action
 * has none.
 */
static bool
authorize_generic(AshCall *call)
{
	AshPolicySubject subject = ash_policy_subject(call);

	return ash_authorize(&subject, ASH_REFUSE_ERROR).decision == ASH_DECISION_ALLOW ||
		   ash_authorize_refuse(&subject);
}

/*
 * Runs the preparations and validations of the action, which prepare the call: there is no
 * query.
 */
void
ash_action_prepare(AshCall *call, const Jsonb *input)
{
	AshQuery *query = ash_query_bare(call, call->res);

	query->action = call->action;
	ash_query_run_preparations(query, input);
}

/*
 * Casts the arguments and runs the preparations and validations; errors are added to the
 * call's.
 */
void
ash_action_generic_prepare(AshCall *call, const Jsonb *input)
{
	ash_call_cast_arguments(call, input);
	ash_call_complete_arguments(call, true);
	ash_action_prepare(call, input);
}

/* The statement that runs the action; false after adding errors: it may not be run. */
bool
ash_generic_statement(AshCall *call, const Jsonb *input, AshSql *sql)
{
	ash_action_generic_prepare(call, input);
	if (ash_errors_any(call->errors) || !authorize_generic(call))
		return false;
	write_statement(call, sql);
	return true;
}

/* Runs the action and appends its result, in the call's context. */
void
ash_action_generic(AshCall *call, const Jsonb *input, StringInfo out)
{
	Result result = { call, out, 0 };
	bool set;
	AshSql sql;

	if (!ash_generic_statement(call, input, &sql))
		return;
	set = returns_set(call->action->run);
	if (set)
		appendStringInfoChar(out, '[');
	ash_exec_modify(call->res, &sql, take_result_value, &result);
	if (set)
		appendStringInfoChar(out, ']');
	else if (result.rows == 0)
		appendStringInfoString(out, "null");
}
