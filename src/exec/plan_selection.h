/*-------------------------------------------------------------------------
 *
 * src/exec/plan_selection.h
 *	  Parameter-sensitive plan selection; used by saved_plans.c only.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_PLAN_SELECTION_H
#define ASH_PLAN_SELECTION_H

#include "exec/saved_plans.h"

/* The plans of one statement, each for parameters with similar estimates. */
typedef struct AshPlanSelection AshPlanSelection;

/* plan_selection.c */
extern SPIPlanPtr ash_plan_select(AshRunningStatement *statement, AshPlanSelection **selection,
								  MemoryContext cxt, SPIPlanPtr base);
extern void ash_plan_selection_clear(AshPlanSelection *selection, SPIPlanPtr base);
extern int ash_plan_selection_size(const AshPlanSelection *selection);

/* plan_estimate.c: numbers that say what the planner makes of the parameters of a statement */
typedef struct AshEstimates AshEstimates;

#define ASH_ESTIMATES_MAX 16

extern AshEstimates *ash_estimates_create(const struct Query *query);
extern int ash_estimate(const AshEstimates *estimates, ParamListInfo params, double *values);

#endif /* ASH_PLAN_SELECTION_H */
