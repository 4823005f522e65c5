/*-------------------------------------------------------------------------
 *
 * src/exec/saved_plans.h
 *	  Running a statement by a saved plan; private to exec/.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_SAVED_PLANS_H
#define ASH_SAVED_PLANS_H

#include "exec/running_statement.h"
#include "executor/spi.h"
#include "utils/plancache.h"

typedef struct AshSavedPlan AshSavedPlan;

/* PostgreSQL's entry for the one statement of the plan. */
static inline CachedPlanSource *
ash_plan_source(SPIPlanPtr spi)
{
	return (CachedPlanSource *) linitial(SPI_plan_get_plan_sources(spi));
}

/* running_statement.c */
typedef void (*AshStatementBody)(AshRunningStatement *statement, void *arg);

extern void ash_statement_run(AshResource *res, AshSql *sql, Oid writes, AshStatementBody body,
							  void *arg);
extern SPIPlanPtr ash_statement_prepare(AshRunningStatement *statement, int options);
extern void ash_statement_revalidate(AshRunningStatement *statement, SPIPlanPtr spi);
extern void ash_statement_begin_run(AshRunningStatement *statement, SPIPlanPtr spi);

/* saved_plans.c */
extern AshSavedPlan *ash_saved_plan_get(AshRunningStatement *statement);
extern void ash_saved_plan_release(AshSavedPlan *plan);
extern SPIPlanPtr ash_saved_plan_choose(AshRunningStatement *statement);

#endif /* ASH_SAVED_PLANS_H */
