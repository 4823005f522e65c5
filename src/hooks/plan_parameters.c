/*-------------------------------------------------------------------------
 *
 * src/hooks/plan_parameters.c
 *	  Estimates generic plans of exec/plan_selection.c with parameter values.
 *
 * PostgreSQL's plan cache calls the planner for a generic plan without parameters.  Here the
 * values at hand are passed, but not as constants: the planner's estimators use them, and
 * the plan contains parameters.  With ash.plan_selection off no statement has plan_for set.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/running_statement.h"
#include "hooks/hooks.h"
#include "optimizer/planner.h"

static planner_hook_type prev_planner = NULL;

/* A copy without PARAM_FLAG_CONST, in CurrentMemoryContext. */
static ParamListInfo
for_estimates(const ParamListInfoData *values)
{
	ParamListInfo params = makeParamList(values->numParams);

	for (int i = 0; i < params->numParams; i++)
	{
		params->params[i] = values->params[i];
		params->params[i].pflags = 0;
	}
	return params;
}

/* planner_hook */
static PlannedStmt *
plan_for_values(Query *query, const char *text, int options, ParamListInfo params)
{
	if (params == NULL && text != NULL)
	{
		const AshRunningStatement *statement = ash_running_statement(ASH_STATEMENT_RUNNING, text);

		if (statement != NULL && statement->plan_for != NULL)
			params = for_estimates(statement->plan_for);
	}
	return prev_planner != NULL ? prev_planner(query, text, options, params) :
								  standard_planner(query, text, options, params);
}

void
ash_plan_parameters_init(void)
{
	prev_planner = planner_hook;
	planner_hook = plan_for_values;
}
