/*-------------------------------------------------------------------------
 *
 * src/api/api_explain.c
 *	  What a call would do: its SQL, its plan, its faults, its policies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/api.h"
#include "funcapi.h"
#include "utils/builtins.h"

ASH_FUNCTION(ash_sql);
ASH_FUNCTION(ash_explain);
ASH_FUNCTION(ash_validate_action);
ASH_FUNCTION(ash_explain_policies);

/* The shape of all four: (resource text, action text, input jsonb, options jsonb). */
static Datum
see(FunctionCallInfo fcinfo, AshApiBody body)
{
	AshApiRequest request = ash_request_by_name(fcinfo);

	return ash_api_call(&request, body, NULL);
}

/*-------------------------------------------------------------------------
 * Statements
 *-------------------------------------------------------------------------
 */

/* One line for each parameter; JSON texts, so that no value can end its comment. */
static void
write_parameters(const AshSql *sql, StringInfo out)
{
	for (int i = 0; i < sql->nparams; i++)
	{
		bool isnull = sql->param_nulls[i] == 'n';
		bool hidden = bms_is_member(i, sql->sensitive);

		appendStringInfo(out, "\n-- $%d %s = ", i + 1,
						 format_type_be_qualified(sql->param_types[i]));
		if (hidden)
			appendStringInfoString(out, "**redacted**");
		else
			ash_write_json_datum(out, sql->param_types[i], sql->param_values[i], isnull);
	}
}

/* One line for each note: a name in it cannot end its comment. */
static void
write_notes(const AshStatement *statement, StringInfo out)
{
	ListCell *lc;

	foreach (lc, statement->notes)
	{
		appendStringInfoString(out, out->len > 0 ? "\n-- " : "-- ");
		for (const char *p = lfirst(lc); *p != '\0'; p++)
			appendStringInfoChar(out, *p == '\n' || *p == '\r' ? ' ' : *p);
	}
}

static void
sql_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshStatement statement = { 0 };

	call->bindings.redact = true;
	ash_action_statement(call, input, &statement);
	if (statement.present)
	{
		appendStringInfoString(out, statement.sql.text.data);
		write_parameters(&statement.sql, out);
	}
	write_notes(&statement, out);
	MemoryContextSwitchTo(old);
}

/* ash_sql(…) returns text */
Datum
ash_sql(PG_FUNCTION_ARGS)
{
	return see(fcinfo, sql_body);
}

static void
explain_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshStatement statement = { 0 };

	call->bindings.redact = true;
	ash_action_statement(call, input, &statement);
	if (statement.present)
		ash_exec_explain(call->res, &statement.sql, out);
	write_notes(&statement, out);
	MemoryContextSwitchTo(old);
}

/* ash_explain(…) returns setof text: a row for each line */
Datum
ash_explain(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *line = text_to_cstring(DatumGetTextPP(see(fcinfo, explain_body)));

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	while (line != NULL && *line != '\0')
	{
		char *end = strchr(line, '\n');
		Datum value;
		bool isnull = false;

		if (end != NULL)
			*end++ = '\0';
		value = CStringGetTextDatum(line);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
		line = end;
	}
	return (Datum) 0;
}

/*-------------------------------------------------------------------------
 * Faults and policies
 *-------------------------------------------------------------------------
 */

/* {"valid": …, "errors": […]}: the faults are the answer. */
static void
validate_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	AshJson json = ash_json_to_spaced_text(out);

	ash_action_validate(call, input);
	ash_put_object(&json);
	ash_put_bool(ash_put_key(&json, "valid"), !ash_errors_any(call->errors));
	ash_put_error_list(ash_put_key(&json, "errors"), call->errors);
	ash_put_end_object(&json);
	ash_errors_truncate(call->errors, 0);
}

/* ash_validate_action(…) returns json */
Datum
ash_validate_action(PG_FUNCTION_ARGS)
{
	return see(fcinfo, validate_body);
}

static void
explain_policies_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	ash_action_explain_policies(call, input, out);
}

/* ash_explain_policies(…) returns json */
Datum
ash_explain_policies(PG_FUNCTION_ARGS)
{
	return see(fcinfo, explain_policies_body);
}
