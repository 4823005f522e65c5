/*-------------------------------------------------------------------------
 *
 * src/exec/running_statement.c
 *	  The stack of running statements: what the backend hooks have to know of them.
 *
 * Statements of actions carry their policies as ordinary conditions, may read tables with
 * the privileges of another role, may write tables with "direct_writes": "deny", and get
 * plans estimated for parameter values.  PostgreSQL offers hooks for each of these, but no
 * way to pass something to a hook.  So the statement stands on a stack while it runs
 * (ash_statement_run), and hooks look at the innermost one.
 *
 * Other statements may be analyzed, planned and executed inside: by functions, triggers,
 * casts and other extensions.  None of them may be taken for ours:
 *
 * - A hook sees the statement only in the phase that concerns it.  Between phases, and
 *   while user code runs on our behalf, the phase is ASH_STATEMENT_IDLE.
 * - In the phases in which user code can run (analysis, planning, execution) a hook
 *   identifies the statement by the address of its text, which PostgreSQL hands on.
 * - The two hooks that get no text (row security, privileges) are preceded by one that
 *   does, and look for the phase that this one has set.  While the rewriter or
 *   ExecutorStart is at work no user code runs; hooks/row_security.c, which parses
 *   conditions during rewriting, makes the statement idle meanwhile.
 *
 * Row security is left out only for the tables that exec/ wrote into the statement, not for
 * those that PostgreSQL adds (check_columns.c): when one of the tables adds others, the
 * statement is rewritten like any user's.
 *
 * Rewriting happens at two places only: when the plan is prepared, and when PostgreSQL's
 * plan cache finds it invalid (DDL, another search_path, another role).  Both are called
 * from here: ash_statement_revalidate() has the plan cache revalidate the statement before
 * it is run.  Should an invalidation arrive after that, the statement is rewritten with row
 * security applied: it then shows fewer rows, never more.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/exec_internal.h"
#include "exec/saved_plans.h"
#include "utils/plancache.h"

static AshRunningStatement *innermost_statement = NULL;

AshRunningStatement *
ash_running_statement(AshStatementPhase phase, const char *text)
{
	AshRunningStatement *statement = innermost_statement;

	if (statement == NULL || statement->phase != phase || (text != NULL && statement->text != text))
		return NULL;
	return statement;
}

/* The parameters of sql as the executor takes them, in CurrentMemoryContext; NULL without any. */
static ParamListInfo
parameters_of(const AshSql *sql)
{
	ParamListInfo params;

	if (sql->nparams == 0)
		return NULL;
	params = makeParamList(sql->nparams);
	for (int i = 0; i < sql->nparams; i++)
	{
		params->params[i].value = sql->param_values[i];
		params->params[i].isnull = sql->param_nulls[i] == 'n';
		/* a constant would show in a plan that is explained */
		params->params[i].pflags = bms_is_member(i, sql->sensitive) ? 0 : PARAM_FLAG_CONST;
		params->params[i].ptype = sql->param_types[i];
	}
	return params;
}

static void
pop_statement(AshRunningStatement *statement)
{
	if (statement->saved != NULL)
		ash_saved_plan_release(statement->saved);
	innermost_statement = statement->outer;
}

/*
 * Run body for a statement of res: with its tables locked and checked, SPI connected and its
 * saved plan, ready to run, in statement->saved.  writes is the table that it writes, whose
 * direct_writes does not concern it, or InvalidOid.
 *
 * This is the only place where a statement is put on the stack and taken from it.  What
 * body allocates in CurrentMemoryContext is freed at the end.  Raises what PostgreSQL raises.
 */
void
ash_statement_run(AshResource *res, AshSql *sql, Oid writes, AshStatementBody body, void *arg)
{
	AshRunningStatement statement = {
		.outer = innermost_statement, .res = res, .sql = sql, .writes = writes
	};

	ash_exec_check_tables(res, sql);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	innermost_statement = &statement;
	PG_TRY();
	{
		statement.params = parameters_of(sql);
		statement.saved = ash_saved_plan_get(&statement);
		body(&statement, arg);
	}
	PG_FINALLY();
	{
		pop_statement(&statement);
	}
	PG_END_TRY();
	SPI_finish();
}

/*
 * Make text known to the hooks of analysis and rewriting, unless PostgreSQL may add tables
 * to the statement whose policies were not checked: those below a view, of a rule, or in a
 * policy that was written by hand.
 */
static void
begin_analysis(AshRunningStatement *statement, const char *text)
{
	bool adds_tables = statement->res->adds_tables;
	ListCell *lc;

	foreach (lc, statement->sql->reads)
		adds_tables |= ((const AshResource *) lfirst(lc))->adds_tables;
	statement->text = text;
	statement->phase = adds_tables ? ASH_STATEMENT_IDLE : ASH_STATEMENT_ANALYZING;
}

/* Parse, analyze and rewrite the statement; the plan lives as long as SPI is connected. */
SPIPlanPtr
ash_statement_prepare(AshRunningStatement *statement, int options)
{
	AshSql *sql = statement->sql;
	SPIPlanPtr spi;

	begin_analysis(statement, sql->text.data);
	spi = SPI_prepare_cursor(sql->text.data, sql->nparams, sql->param_types,
							 options | (sql->parallel ? CURSOR_OPT_PARALLEL_OK : 0));
	statement->phase = ASH_STATEMENT_IDLE;
	if (spi == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	return spi;
}

/*
 * Have PostgreSQL's plan cache analyze and rewrite the statement of spi again if it must:
 * CachedPlanGetTargetList() does that, and nothing else of consequence.
 */
void
ash_statement_revalidate(AshRunningStatement *statement, SPIPlanPtr spi)
{
	CachedPlanSource *source = ash_plan_source(spi);

	begin_analysis(statement, source->query_string);
	(void) CachedPlanGetTargetList(source, NULL);
	statement->phase = ASH_STATEMENT_IDLE;
}

/*
 * Announce that spi is planned and executed next, until the phase is set to
 * ASH_STATEMENT_IDLE or the statement ends.
 */
void
ash_statement_begin_run(AshRunningStatement *statement, SPIPlanPtr spi)
{
	CachedPlanSource *source = ash_plan_source(spi);

	statement->text = source->query_string;
	statement->plan_for =
		(source->cursor_options & CURSOR_OPT_GENERIC_PLAN) != 0 ? statement->params : NULL;
	statement->phase = ASH_STATEMENT_RUNNING;
}
