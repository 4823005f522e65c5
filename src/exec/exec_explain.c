/*-------------------------------------------------------------------------
 *
 * src/exec/exec_explain.c
 *	  The plan of a statement of ours, as EXPLAIN shows it.
 *
 * The plan is the one that running the statement would take: from the same saved
 * statement, so without row security on top of the policies that stand in it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/explain.h"
#include "exec/exec_internal.h"
#include "exec/saved_plans.h"
#include "executor/spi.h"
#include ASH_EXPLAIN_HEADER
#ifdef ASH_EXPLAIN_FORMAT_HEADER
#include ASH_EXPLAIN_FORMAT_HEADER
#endif
#include "utils/plancache.h"

static void
explain_plan(CachedPlanSource *source, ParamListInfo params, const char *text, StringInfo out)
{
	CachedPlan *plan = GetCachedPlan(source, params, CurrentResourceOwner, NULL);
	ExplainState *es = NewExplainState();
	ListCell *lc;

	ExplainBeginOutput(es);
	foreach (lc, plan->stmt_list)
		ash_explain_one_plan(lfirst_node(PlannedStmt, lc), es, text, params);
	ExplainEndOutput(es);
	appendStringInfoString(out, es->str->data);
	ReleaseCachedPlan(plan, CurrentResourceOwner);
}

void
ash_exec_explain(AshResource *res, AshSql *sql, StringInfo out)
{
	const AshPeek *outer;
	AshSavedPlan *plan;

	ash_exec_check_tables(res, sql);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	plan = ash_plan_get(res, sql);
	outer = ash_peek_set(NULL);
	PG_TRY();
	{
		ParamListInfo params = ash_exec_params(sql);
		SPIPlanPtr spi = ash_plan_choose(res, sql, plan, params);
		AshPeek peek = ash_peek_of(spi, params);

		ash_peek_set(&peek);
		explain_plan(ash_plan_source(spi), params, sql->text.data, out);
	}
	PG_FINALLY();
	{
		ash_peek_set(outer);
		ash_plan_release(plan);
	}
	PG_END_TRY();
	SPI_finish();
}
