/*-------------------------------------------------------------------------
 *
 * src/exec/plan_selection.c
 *	  Parameter-sensitive plan selection: up to 16 plans per statement, keyed by
 *	  selectivity estimates.
 *
 * PostgreSQL's plan cache makes a custom plan for each execution, which takes a good part of
 * a page's time, or one generic plan, estimated without parameter values, for all: whichever
 * was cheaper for the first five.  A page of the newest rows is then read in their order
 * also when a filter leaves three of a million rows.
 *
 * Here a SELECT gets several generic plans.  Each is estimated with the parameter values at
 * hand, but contains parameters, not values, so that it can run with others.  It runs for
 * parameters of which the planner's estimates (plan_estimate.c) are within a factor of
 * SELECTION_FACTOR of those it was made for.  Other parameters get a custom plan, and a
 * generic one of their own when such estimates come up for the second time, up to
 * SELECTION_MAX for a statement.
 *
 * Some plans need the value itself: an index for the prefix of a LIKE pattern, a partial
 * index, partition pruning.  Custom and generic plan are made for the same estimates, so their
 * costs can be compared: where the custom one is cheaper by more than planning costs, no
 * generic plan is kept for these estimates.
 *
 * The generic plans are SPI plans of their own, so PostgreSQL's plan cache knows when they are
 * no longer valid.  When it rewrites the base statement, because a table or its statistics
 * have changed, the selection is emptied.
 *
 * The rest of exec/ does not depend on this file: with ash.plan_selection off, or
 * plan_cache_mode other than auto, the base plan is returned unchanged.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/exec.h"
#include "exec/plan_selection.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#define SELECTION_MAX 16
#define SELECTION_FACTOR 2.0

typedef enum ChoiceState
{
	CHOICE_SEEN,	/* these estimates came up once; custom plan */
	CHOICE_GENERIC, /* a generic plan is kept */
	CHOICE_CUSTOM	/* generic plan found to be too expensive; custom plan each time */
} ChoiceState;

/* What runs for parameters with such estimates. */
typedef struct PlanChoice
{
	double estimates[ASH_ESTIMATES_MAX];
	ChoiceState state;
	SPIPlanPtr spi; /* with CHOICE_GENERIC */
} PlanChoice;

struct AshPlanSelection
{
	MemoryContext cxt;		 /* of estimates; NULL before the statement was examined */
	AshEstimates *estimates; /* NULL: plans are not selected for this statement */
	int count;				 /* of choices */
	int kept;				 /* of generic plans */
	unsigned next;			 /* where the search for a choice to replace goes on */
	bool stale;				 /* PostgreSQL has freed the query that was examined */
	/* not in cxt, which may be deleted before the plans are freed */
	PlanChoice choices[SELECTION_MAX];
};

/* Free the generic plans. */
static void
free_choices(AshPlanSelection *selection)
{
	for (int i = 0; i < selection->count; i++)
	{
		if (selection->choices[i].spi != NULL)
			SPI_freeplan(selection->choices[i].spi);
	}
	selection->count = selection->kept = 0;
}

/*
 * Free everything but the struct, which the reset callback below may still write to.  base is
 * left to PostgreSQL's own choice again; NULL when it is being freed, together with the
 * context of the selection.  selection may be NULL.
 */
void
ash_plan_selection_clear(AshPlanSelection *selection, SPIPlanPtr base)
{
	if (selection == NULL)
		return;
	free_choices(selection);
	if (base == NULL || selection->cxt == NULL)
		return;
	ash_plan_source(base)->cursor_options &= ~CURSOR_OPT_CUSTOM_PLAN;
	MemoryContextDelete(selection->cxt);
	selection->cxt = NULL;
	selection->estimates = NULL;
}

/* In units of the base plan, for memory accounting: the examined query counts as one plan. */
int
ash_plan_selection_size(const AshPlanSelection *selection)
{
	return selection != NULL ? selection->kept + (selection->estimates != NULL ? 1 : 0) : 0;
}

/* Reset callback of the context of the query that was examined. */
static void
query_freed(void *arg)
{
	AshPlanSelection *selection = arg;

	selection->stale = true;
}

/*
 * Start over with the rewritten query of source: build its estimates, in a context below cxt.
 * The base plan is then made a custom one each time; otherwise PostgreSQL would try, and
 * might settle on, a generic plan after five executions.
 */
static void
examine_query(AshPlanSelection *selection, MemoryContext cxt, CachedPlanSource *source)
{
	MemoryContextCallback *callback =
		MemoryContextAllocZero(source->query_context, sizeof(MemoryContextCallback));
	MemoryContext old;

	free_choices(selection);
	if (selection->cxt != NULL)
		MemoryContextDelete(selection->cxt);
	selection->estimates = NULL;
	selection->stale = false;
	selection->cxt = AllocSetContextCreate(cxt, "ash estimates", ALLOCSET_SMALL_SIZES);
	callback->func = query_freed;
	callback->arg = selection;
	MemoryContextRegisterResetCallback(source->query_context, callback);
	if (list_length(source->query_list) != 1 ||
		linitial_node(Query, source->query_list)->commandType != CMD_SELECT)
		return;
	old = MemoryContextSwitchTo(selection->cxt);
	selection->estimates = ash_estimates_create(linitial_node(Query, source->query_list));
	MemoryContextSwitchTo(old);
	if (selection->estimates != NULL)
		source->cursor_options |= CURSOR_OPT_CUSTOM_PLAN;
	else
	{
		source->cursor_options &= ~CURSOR_OPT_CUSTOM_PLAN;
		MemoryContextReset(selection->cxt);
	}
}

/* True if each of n estimates is within SELECTION_FACTOR of its counterpart. */
static bool
is_near(const double *a, const double *b, int n)
{
	for (int i = 0; i < n; i++)
	{
		double x = Max(a[i], 1e-9);
		double y = Max(b[i], 1e-9);

		if (x > y * SELECTION_FACTOR || y > x * SELECTION_FACTOR)
			return false;
	}
	return true;
}

static PlanChoice *
find_near(AshPlanSelection *selection, const double *estimates, int n)
{
	for (int i = 0; i < selection->count; i++)
	{
		if (is_near(selection->choices[i].estimates, estimates, n))
			return &selection->choices[i];
	}
	return NULL;
}

/*
 * Total cost of the plan of spi for the parameters of the statement.  With planning, what
 * plancache.c charges for planning is added.
 */
static Cost
planned_cost(AshRunningStatement *statement, SPIPlanPtr spi, bool planning)
{
	CachedPlan *plan;
	PlannedStmt *stmt;
	Cost cost;

	ash_statement_begin_run(statement, spi);
	plan = GetCachedPlan(ash_plan_source(spi), statement->params, CurrentResourceOwner, NULL);
	statement->phase = ASH_STATEMENT_IDLE;
	stmt = linitial_node(PlannedStmt, plan->stmt_list);
	cost = stmt->planTree->total_cost;
	if (planning)
		cost += 1000.0 * cpu_operator_cost * (list_length(stmt->rtable) + 1);
	ReleaseCachedPlan(plan, CurrentResourceOwner);
	return cost;
}

/*
 * A saved generic plan for the parameters of the statement, or NULL when a custom plan and the
 * planning of it are cheaper.
 */
static SPIPlanPtr
generic_plan(AshRunningStatement *statement, SPIPlanPtr base)
{
	SPIPlanPtr spi = ash_statement_prepare(statement, CURSOR_OPT_GENERIC_PLAN);
	volatile bool good = false;

	if (SPI_keepplan(spi) != 0)
		elog(ERROR, "SPI_keepplan failed");
	PG_TRY();
	{
		good = planned_cost(statement, spi, false) <= planned_cost(statement, base, true);
	}
	PG_FINALLY();
	{
		if (!good)
			SPI_freeplan(spi);
	}
	PG_END_TRY();
	return good ? spi : NULL;
}

/* A place for new estimates, at the cost of some that came up once; NULL: there is none. */
static PlanChoice *
free_place(AshPlanSelection *selection)
{
	if (selection->count < SELECTION_MAX)
		return &selection->choices[selection->count++];
	for (int i = 0; i < SELECTION_MAX; i++)
	{
		PlanChoice *choice = &selection->choices[selection->next++ % SELECTION_MAX];

		if (choice->state == CHOICE_SEEN)
			return choice;
	}
	return NULL;
}

static void
note_estimates(AshPlanSelection *selection, const double *estimates, int n)
{
	PlanChoice *choice = free_place(selection);

	if (choice == NULL)
		return;
	memcpy(choice->estimates, estimates, sizeof(double) * n);
	choice->state = CHOICE_SEEN;
	choice->spi = NULL;
}

/* The plan for the parameters at hand, which is made if their estimates come up again. */
static SPIPlanPtr
choose_plan(AshRunningStatement *statement, AshPlanSelection *selection, SPIPlanPtr base)
{
	double estimates[ASH_ESTIMATES_MAX];
	int n = ash_estimate(selection->estimates, statement->params, estimates);
	PlanChoice *choice = find_near(selection, estimates, n);

	if (choice == NULL)
	{
		note_estimates(selection, estimates, n);
		return base;
	}
	if (choice->state == CHOICE_SEEN)
	{
		choice->spi = generic_plan(statement, base);
		choice->state = choice->spi != NULL ? CHOICE_GENERIC : CHOICE_CUSTOM;
		if (choice->spi != NULL)
			selection->kept++;
	}
	else if (choice->state == CHOICE_GENERIC)
		ash_statement_revalidate(statement, choice->spi);
	return choice->state == CHOICE_GENERIC ? choice->spi : base;
}

/*
 * The plan to run for the parameters of the statement: a generic one that was made for similar
 * estimates, or base, its saved plan.  *selection is created in cxt when first needed, and
 * its memory goes with cxt; generic plans are freed by ash_plan_selection_clear().
 *
 * Calls the planner's estimators, and so possibly functions that the planner evaluates.
 */
SPIPlanPtr
ash_plan_select(AshRunningStatement *statement, AshPlanSelection **selection, MemoryContext cxt,
				SPIPlanPtr base)
{
	if (!ash_guc_plan_selection)
	{
		ash_plan_selection_clear(*selection, base);
		return base;
	}
	if (plan_cache_mode != PLAN_CACHE_MODE_AUTO)
		return base;
	if (*selection == NULL)
		*selection = MemoryContextAllocZero(cxt, sizeof(AshPlanSelection));
	if ((*selection)->cxt == NULL || (*selection)->stale)
		examine_query(*selection, cxt, ash_plan_source(base));
	return (*selection)->estimates != NULL ? choose_plan(statement, *selection, base) : base;
}
