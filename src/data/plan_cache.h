/*-------------------------------------------------------------------------
 *
 * src/data/plan_cache.h
 *	  Saved plans of a resource; private to data/.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_PLAN_CACHE_H
#define ASH_PLAN_CACHE_H

#include "data/data.h"
#include "executor/spi.h"

typedef struct AshPlan AshPlan;

/*
 * The saved plan for the statement, ready to run and pinned: parsed and rewritten
 * as one of our own.  SPI must be connected, and ash_data_check_tables() been called.
 */
extern AshPlan *ash_plan_get(AshResource *res, AshSql *sql);
extern SPIPlanPtr ash_plan_spi(AshPlan *plan);
/* run.c: the parameters as the executor takes them */
extern ParamListInfo ash_data_params(const AshSql *sql);
extern void ash_plan_release(AshPlan *plan);

#endif /* ASH_PLAN_CACHE_H */
