/*-------------------------------------------------------------------------
 *
 * src/exec/saved_plans.h
 *	  Saved plans of a resource; private to data/.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_SAVED_PLANS_H
#define ASH_SAVED_PLANS_H

#include "exec/exec.h"
#include "executor/spi.h"
#include "nodes/params.h"

struct CachedPlanSource;

typedef struct AshSavedPlan AshSavedPlan;

/*
 * The saved plan for the statement, ready to run and pinned: parsed and rewritten
 * as one of our own.  SPI must be connected, and ash_exec_check_tables() been called.
 */
extern AshSavedPlan *ash_plan_get(AshResource *res, AshSql *sql);
/* What to run for these parameters; the first time in a while it is planned here. */
extern SPIPlanPtr ash_plan_choose(AshResource *res, AshSql *sql, AshSavedPlan *plan,
								  ParamListInfo params);
/* As PostgreSQL chooses. */
extern SPIPlanPtr ash_plan_spi(AshSavedPlan *plan);
extern void ash_plan_release(AshSavedPlan *plan);

/* exec_run.c: the parameters as the executor takes them */
extern ParamListInfo ash_exec_params(const AshSql *sql);

/* own_statement.c: have PostgreSQL parse and rewrite it, or rewrite it again if it must */
extern SPIPlanPtr ash_own_prepare(AshResource *res, AshSql *sql, int options);
extern void ash_own_revalidate(AshResource *res, AshSql *sql, SPIPlanPtr spi);
/* PostgreSQL's entry for the one statement of the plan */
extern struct CachedPlanSource *ash_plan_source(SPIPlanPtr spi);

/*
 * plan_selection.c: the plans of one statement that were made for parameters of a kind.  A plan is
 * the statement's once more, so it counts as such.
 */
typedef struct AshPeeks AshPeeks;

extern AshPeeks *ash_peeks_create(MemoryContext cxt);
extern void ash_peeks_free(AshPeeks *peeks);
extern int ash_peeks_count(const AshPeeks *peeks);
/* The plan to run: one that is kept, or base. */
extern SPIPlanPtr ash_peek(AshResource *res, AshSql *sql, AshPeeks *peeks, SPIPlanPtr base,
						   ParamListInfo params);

/* The parameters that are to be looked at should a kept plan be made anew while it runs. */
typedef struct AshPeek
{
	const char *text; /* of the statement, by its address; NULL: none */
	ParamListInfo params;
} AshPeek;

extern AshPeek ash_peek_of(SPIPlanPtr spi, ParamListInfo params);
/* Returns what was set. */
extern const AshPeek *ash_peek_set(const AshPeek *peek);

/* plan_estimate.c: how many rows the parameters of a statement let through, in a few numbers */
typedef struct AshEstimates AshEstimates;

#define ASH_ESTIMATES_MAX 16

/* NULL: the planner may look at a parameter in a way that these numbers do not tell. */
extern AshEstimates *ash_estimates_create(const struct Query *query);
/* Fills values; returns how many there are.  Runs what the planner would run. */
extern int ash_estimate(const AshEstimates *estimates, ParamListInfo params, double *values);

#endif /* ASH_SAVED_PLANS_H */
