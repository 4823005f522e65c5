/*-------------------------------------------------------------------------
 *
 * src/action/action_statement.c
 *	  What an action would run, for ash_sql and ash_explain.
 *
 * Input, changes, validations and policies are as when it runs, and errors are
 * reported; nothing is written and no hook runs.  What is not part of a statement
 * becomes a note.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/action_def.h"
#include "model/resource.h"

/* Adds a note to the statement; text is not copied. */
static void
note(AshStatement *statement, const char *text)
{
	statement->notes = lappend(statement->notes, unconstify(char *, text));
}

/* Adds a condition that the statement does not contain. */
static void
note_condition(AshStatement *statement, const char *what, AshExpr *condition)
{
	if (condition != NULL)
		note(statement, psprintf("%s: %s", what, ash_expr_describe(condition)));
}

/* Adds that a function is called instead of running a statement. */
static void
note_manual(AshCall *call, AshStatement *statement)
{
	AshFunction *function =
		ash_function_cached(&call->action->manual, call->res->cxt, call->action->manual_json, NULL);

	note(statement,
		 psprintf("manual: %s(jsonb, jsonb, jsonb) in the place of a statement", function->name));
}

/* Adds what a read does besides running the statement. */
static void
note_read(const AshQuery *query, AshStatement *statement)
{
	ListCell *lc;

	if (query->before_action != NIL)
		note(statement, "functions that run right before it may still change it");
	foreach (lc, query->loads)
	{
		const AshLoad *load = lfirst(lc);

		if (load->relationship != NULL)
			note(statement, psprintf("%s is loaded by statements of its own", load->as));
		else if (load->calculation != NULL &&
				 ash_calculation_loads_late(
					 ash_calculation_ref(query->res, load->calculation, load->calc_args)))
			note(statement,
				 psprintf("%s is computed by a function once all rows are there", load->as));
	}
	if (query->after_action != NIL)
		note(statement, "its records are given to a function");
}

/* The statement of a read, narrowed to one row by options.record. */
static void
see_read(AshCall *call, const Jsonb *input, AshStatement *statement)
{
	AshQuery *query = ash_action_query(call, input);
	AshExpr *filter = NULL;

	if (query != NULL && call->opts->record != NULL)
		filter = ash_query_record_filter(call, call->res, call->opts->record);
	if (query == NULL || ash_errors_any(call->errors))
		return;
	if (filter != NULL)
		query->filters = lappend(query->filters, filter);
	if (ash_query_is_manual(query))
		note_manual(call, statement);
	else
		statement->present = ash_query_statement(query, &statement->sql);
	note_read(query, statement);
}

/*
 * Adds what a write does besides the statement; direct: it is done without it. condition is
 * that of the policies, or NULL.
 */
static void
note_write(AshChangeset *cs, AshStatement *statement, AshExpr *condition, bool direct)
{
	if (cs->action->manual_json != NULL)
		note_manual(cs->call, statement);
	else if (!statement->present)
		note(statement, "nothing changes, so nothing is written");
	else if (direct)
		note(statement, "done by the executor itself, without planning a statement");
	if (cs->data != NULL)
		note(statement, "the row is found and locked before");
	note_condition(statement,
				   cs->data != NULL ? "policies ask of the stored row" :
									  "policies ask of the new row",
				   condition);
	if (cs->before_action != NIL || cs->managed != NIL)
		note(statement, "what runs right before the write is not in it");
}

/*
 * The statement of a create, update or destroy. The input is built and authorized as when it
 * runs; hooks do not run.
 */
static void
see_write(AshCall *call, const Jsonb *input, AshStatement *statement)
{
	AshExpr *condition;
	AshValue *row = NULL;
	AshChangeset *cs;
	bool direct;

	if (call->action->type != ASH_ACTION_CREATE)
	{
		row = ash_action_record(call, call->opts->record, NULL);
		if (row == NULL)
			return;
	}
	cs = ash_changeset_create(call, input, row);
	ash_action_build(cs);
	if (ash_errors_any(call->errors) || !ash_action_authorize(cs, &condition))
		return;
	if (cs->type == ASH_ACTION_UPDATE)
		ash_changeset_lazy_defaults(cs);
	statement->present = ash_row_write_sql(cs, &statement->sql, &direct);
	if (!ash_errors_any(call->errors))
		note_write(cs, statement, condition, direct);
}

/*
 * Fills *statement with what the call would run, in CurrentMemoryContext. Nothing is written
 * or locked; errors are added to the call's.
 */
void
ash_action_statement(AshCall *call, const Jsonb *input, AshStatement *statement)
{
	switch (call->action->type)
	{
		case ASH_ACTION_READ:
			see_read(call, input, statement);
			break;
		case ASH_ACTION_GENERIC:
			statement->present = ash_generic_statement(call, input, &statement->sql);
			break;
		default:
			see_write(call, input, statement);
	}
}
