/*-------------------------------------------------------------------------
 *
 * src/exec/plan_selection.c
 *	  Plans that are kept for parameters of a kind.
 *
 * PostgreSQL's plan cache plans a statement anew for each execution, which takes a good
 * part of a page's time, or takes one plan, made without looking at any parameters, for
 * all of them: whichever was cheaper for the first five.  A page of the newest rows is
 * then read in their order also when a filter leaves three of a million.  Here a
 * statement gets plans to keep for parameters of a kind.  Such a plan is made with a
 * look at the parameters at hand, so that all is estimated for their values, but with
 * parameters in it, not values, so that it can run with others.  It runs for those of which
 * PostgreSQL's estimates (plan_estimate.c) are within a factor of PEEK_FACTOR of those it
 * was made for.  Other parameters get a plan of their own when they come for the second
 * time, up to PEEK_MAX for a statement; beyond that, they are planned for anew.
 *
 * Some plans need the value itself: an index for the prefix of a LIKE pattern, a partial
 * index, a partition that is left out.  Both plans are made for the same estimates, so
 * their costs can be compared: where the one with values is cheaper by more than planning
 * costs, nothing is kept, and parameters of that kind are planned for anew.
 *
 * PostgreSQL's plan cache holds these plans too (a statement of its own for each, with a
 * generic plan), and knows when they are no longer valid.  When it rewrites the statement,
 * because a table or its statistics have changed, all that is known here is forgotten.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/exec.h"
#include "exec/saved_plans.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/resowner.h"

#define PEEK_MAX 16
#define PEEK_FACTOR 2.0

/* What parameters of a kind get. */
typedef enum PeekState
{
	PEEK_SEEN, /* once: planned for, and nothing is kept yet */
	PEEK_KEPT,
	PEEK_ANEW /* planned for each time */
} PeekState;

typedef struct PeekedPlan
{
	double estimates[ASH_ESTIMATES_MAX];
	PeekState state;
	SPIPlanPtr spi; /* of a kept one */
} PeekedPlan;

struct AshPeeks
{
	MemoryContext parent;
	MemoryContext cxt;		 /* of the next; NULL until the statement was looked at */
	AshEstimates *estimates; /* NULL: not for this statement */
	int count;				 /* of plans; */
	int kept;				 /* of these with a plan */
	unsigned next;			 /* to make room */
	bool stale;				 /* PostgreSQL has thrown away the statement that was looked at */
	/* here, because contexts below are deleted before the plans are freed */
	PeekedPlan plans[PEEK_MAX];
};

/* What runs, or is planned. */
static const AshPeek *current_peek = NULL;

const AshPeek *
ash_peek_set(const AshPeek *peek)
{
	const AshPeek *before = current_peek;

	current_peek = peek;
	return before;
}

AshPeek
ash_peek_of(SPIPlanPtr spi, ParamListInfo params)
{
	CachedPlanSource *source = ash_plan_source(spi);
	bool kept = (source->cursor_options & CURSOR_OPT_GENERIC_PLAN) != 0;

	return (AshPeek){ kept ? source->query_string : NULL, params };
}

/* Without their mark of being constants: estimated with, but not written into the plan. */
ParamListInfo
ash_exec_peeked(const char *text)
{
	ParamListInfo params;

	if (current_peek == NULL || current_peek->text != text || text == NULL)
		return NULL;
	params = makeParamList(current_peek->params->numParams);
	for (int i = 0; i < params->numParams; i++)
	{
		params->params[i] = current_peek->params->params[i];
		params->params[i].pflags = 0;
	}
	return params;
}

/*-------------------------------------------------------------------------
 * What is known of a statement
 *-------------------------------------------------------------------------
 */

AshPeeks *
ash_peeks_create(MemoryContext cxt)
{
	AshPeeks *peeks = MemoryContextAllocZero(cxt, sizeof(AshPeeks));

	peeks->parent = cxt;
	return peeks;
}

/* The plans; what was looked at goes with the context. */
void
ash_peeks_free(AshPeeks *peeks)
{
	if (peeks == NULL)
		return;
	for (int i = 0; i < peeks->count; i++)
	{
		if (peeks->plans[i].spi != NULL)
			SPI_freeplan(peeks->plans[i].spi);
	}
	peeks->count = peeks->kept = 0;
}

/* What was looked at is the statement once more. */
int
ash_peeks_count(const AshPeeks *peeks)
{
	return peeks != NULL ? peeks->kept + (peeks->estimates != NULL ? 1 : 0) : 0;
}

static void
statement_is_gone(void *arg)
{
	AshPeeks *peeks = arg;

	peeks->stale = true;
}

/* Look at the statement as PostgreSQL has rewritten it. */
static void
examine(AshPeeks *peeks, CachedPlanSource *source)
{
	MemoryContextCallback *callback =
		MemoryContextAllocZero(source->query_context, sizeof(MemoryContextCallback));
	MemoryContext old;

	ash_peeks_free(peeks);
	if (peeks->cxt != NULL)
		MemoryContextDelete(peeks->cxt);
	peeks->estimates = NULL;
	peeks->stale = false;
	peeks->cxt = AllocSetContextCreate(peeks->parent, "ash estimates", ALLOCSET_SMALL_SIZES);
	callback->func = statement_is_gone;
	callback->arg = peeks;
	MemoryContextRegisterResetCallback(source->query_context, callback);
	if (list_length(source->query_list) != 1 ||
		linitial_node(Query, source->query_list)->commandType != CMD_SELECT)
		return;
	old = MemoryContextSwitchTo(peeks->cxt);
	peeks->estimates = ash_estimates_create(linitial_node(Query, source->query_list));
	MemoryContextSwitchTo(old);
	if (peeks->estimates == NULL)
		MemoryContextReset(peeks->cxt);
	/* otherwise one without values is made, and may be taken, after five executions */
	if (peeks->estimates != NULL)
		source->cursor_options |= CURSOR_OPT_CUSTOM_PLAN;
	else
		source->cursor_options &= ~CURSOR_OPT_CUSTOM_PLAN;
}

/*-------------------------------------------------------------------------
 * Plans
 *-------------------------------------------------------------------------
 */

static bool
is_near(const double *a, const double *b, int n)
{
	for (int i = 0; i < n; i++)
	{
		double x = Max(a[i], 1e-9);
		double y = Max(b[i], 1e-9);

		if (x > y * PEEK_FACTOR || y > x * PEEK_FACTOR)
			return false;
	}
	return true;
}

static PeekedPlan *
find_near(AshPeeks *peeks, const double *estimates, int n)
{
	for (int i = 0; i < peeks->count; i++)
	{
		if (is_near(peeks->plans[i].estimates, estimates, n))
			return &peeks->plans[i];
	}
	return NULL;
}

/* The plan's cost; adds to it what plancache.c takes planning for. */
static Cost
planned_cost(SPIPlanPtr spi, ParamListInfo params, bool planning)
{
	AshPeek peek = ash_peek_of(spi, params);
	const AshPeek *outer = ash_peek_set(&peek);
	volatile Cost cost = 0;

	PG_TRY();
	{
		CachedPlan *plan = GetCachedPlan(ash_plan_source(spi), params, CurrentResourceOwner, NULL);
		PlannedStmt *stmt = linitial_node(PlannedStmt, plan->stmt_list);

		cost = stmt->planTree->total_cost;
		if (planning)
			cost += 1000.0 * cpu_operator_cost * (list_length(stmt->rtable) + 1);
		ReleaseCachedPlan(plan, CurrentResourceOwner);
	}
	PG_FINALLY();
	{
		ash_peek_set(outer);
	}
	PG_END_TRY();
	return cost;
}

/* A plan to keep for these parameters, or NULL when it is worth less than one made anew. */
static SPIPlanPtr
plan_to_keep(AshResource *res, AshSql *sql, SPIPlanPtr base, ParamListInfo params)
{
	SPIPlanPtr spi = ash_own_prepare(res, sql, CURSOR_OPT_GENERIC_PLAN);
	volatile bool good = false;

	if (SPI_keepplan(spi) != 0)
		elog(ERROR, "SPI_keepplan failed");
	PG_TRY();
	{
		good = planned_cost(spi, params, false) <= planned_cost(base, params, true);
	}
	PG_FINALLY();
	{
		if (!good)
			SPI_freeplan(spi);
	}
	PG_END_TRY();
	return good ? spi : NULL;
}

static void
keep(AshResource *res, AshSql *sql, AshPeeks *peeks, PeekedPlan *plan, SPIPlanPtr base,
	 ParamListInfo params)
{
	plan->spi = plan_to_keep(res, sql, base, params);
	plan->state = plan->spi != NULL ? PEEK_KEPT : PEEK_ANEW;
	if (plan->spi != NULL)
		peeks->kept++;
}

/* Where a kind can be remembered: what was seen once makes room. */
static PeekedPlan *
free_place(AshPeeks *peeks)
{
	if (peeks->count < PEEK_MAX)
		return &peeks->plans[peeks->count++];
	for (int i = 0; i < PEEK_MAX; i++)
	{
		PeekedPlan *plan = &peeks->plans[peeks->next++ % PEEK_MAX];

		if (plan->state == PEEK_SEEN)
			return plan;
	}
	return NULL;
}

static void
remember(AshPeeks *peeks, const double *estimates, int n)
{
	PeekedPlan *plan = free_place(peeks);

	if (plan == NULL)
		return;
	memcpy(plan->estimates, estimates, sizeof(double) * n);
	plan->state = PEEK_SEEN;
	plan->spi = NULL;
}

static SPIPlanPtr
choose(AshResource *res, AshSql *sql, AshPeeks *peeks, SPIPlanPtr base, ParamListInfo params)
{
	double estimates[ASH_ESTIMATES_MAX];
	int n = ash_estimate(peeks->estimates, params, estimates);
	PeekedPlan *plan = find_near(peeks, estimates, n);

	if (plan == NULL)
		remember(peeks, estimates, n);
	else if (plan->state == PEEK_SEEN)
		keep(res, sql, peeks, plan, base, params);
	else if (plan->state == PEEK_KEPT)
		ash_own_revalidate(res, sql, plan->spi);
	return plan != NULL && plan->state == PEEK_KEPT ? plan->spi : base;
}

SPIPlanPtr
ash_peek(AshResource *res, AshSql *sql, AshPeeks *peeks, SPIPlanPtr base, ParamListInfo params)
{
	if (peeks->cxt == NULL || peeks->stale)
		examine(peeks, ash_plan_source(base));
	return peeks->estimates != NULL ? choose(res, sql, peeks, base, params) : base;
}
