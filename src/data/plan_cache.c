/*-------------------------------------------------------------------------
 *
 * src/data/plan_cache.c
 *	  Saved plans, by statement text, parameter types and role.
 *
 * One cache hangs off each resource (res->data_cache) and dies with it: PostgreSQL
 * keeps plans in contexts of its own, so a reset callback of each plan's entry frees
 * it.  At most ASH_PLANS_MAX plans are kept, and only ASH_PLANS_TEXT bytes of
 * statements (a plan takes some fifty times its text, and a caller's filter can be
 * long); the ones that were used longest ago make room.  A plan that is running is
 * pinned and never evicted.  Whether a plan is still valid is the business of
 * PostgreSQL's own plan cache.
 *
 * "Own statement".  The row-security hook asks, while PostgreSQL rewrites a query,
 * whether the statement is one of ours; our statements carry their policies as
 * ordinary conditions.  Rewriting happens at two places only: when the plan is
 * prepared, and when PostgreSQL's plan cache finds that it has become invalid
 * (DDL, another search_path, another role).  The flag is set around exactly
 * these two: ash_plan_get has the plan cache revalidate the statement
 * (CachedPlanGetTargetList does that and nothing else of consequence) before it
 * is run, and the flag is down again before planning and execution start.  So
 * statements of functions that the planner inlines, of triggers and of functions
 * that run inside are never taken for ours.  Should an invalidation arrive between
 * revalidation and execution, the statement is rewritten with row security
 * applied: it then shows less, never more.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "data/plan_cache.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/resowner.h"

#define ASH_PLANS_MAX 256
#define ASH_PLANS_TEXT (256 * 1024)
#define ASH_PLAN_BUCKETS 256 /* a power of two */

struct AshPlan
{
	dlist_node bucket;
	dlist_node used; /* most recently used first */
	uint32 hash;
	Oid role;
	int nparams;
	Oid *param_types;
	int len;
	char *text;
	SPIPlanPtr spi;
	int pins;
	MemoryContext cxt;
};

typedef struct PlanCache
{
	MemoryContext cxt;
	int count;
	Size text; /* bytes of all statements */
	dlist_head used;
	dlist_head buckets[ASH_PLAN_BUCKETS];
} PlanCache;

/* Is a statement of ours being rewritten?  See the banner. */
static bool own_statement = false;

bool
ash_data_own_statement(Oid relid)
{
	return own_statement;
}

/* PostgreSQL's part of the plan outlives our context unless it is freed by hand. */
static void
free_spi_plan(void *arg)
{
	AshPlan *plan = arg;

	if (plan->spi != NULL)
		SPI_freeplan(plan->spi);
	plan->spi = NULL;
}

static PlanCache *
plan_cache(AshResource *res)
{
	PlanCache *cache = res->data_cache;

	if (likely(cache != NULL))
		return cache;
	cache = MemoryContextAllocZero(res->cxt, sizeof(PlanCache));
	cache->cxt = AllocSetContextCreate(res->cxt, "ash plans", ALLOCSET_SMALL_SIZES);
	dlist_init(&cache->used);
	for (int i = 0; i < ASH_PLAN_BUCKETS; i++)
		dlist_init(&cache->buckets[i]);
	res->data_cache = cache;
	return cache;
}

static uint32
statement_hash(const AshSql *sql, Oid role)
{
	uint32 hash = hash_bytes((const unsigned char *) sql->text.data, sql->text.len);

	if (sql->nparams > 0)
		hash = hash_combine(hash, hash_bytes((const unsigned char *) sql->param_types,
											 sizeof(Oid) * sql->nparams));
	return hash_combine(hash, hash_uint32(role));
}

static bool
is_plan_of(const AshPlan *plan, const AshSql *sql, uint32 hash, Oid role)
{
	return plan->hash == hash && plan->role == role && plan->nparams == sql->nparams &&
		   plan->len == sql->text.len && memcmp(plan->text, sql->text.data, plan->len) == 0 &&
		   (plan->nparams == 0 ||
			memcmp(plan->param_types, sql->param_types, sizeof(Oid) * plan->nparams) == 0);
}

static AshPlan *
find_plan(PlanCache *cache, const AshSql *sql, uint32 hash, Oid role)
{
	dlist_iter iter;

	dlist_foreach (iter, &cache->buckets[hash % ASH_PLAN_BUCKETS])
	{
		AshPlan *plan = dlist_container(AshPlan, bucket, iter.cur);

		if (is_plan_of(plan, sql, hash, role))
			return plan;
	}
	return NULL;
}

static void
forget_plan(PlanCache *cache, AshPlan *plan)
{
	dlist_delete(&plan->bucket);
	dlist_delete(&plan->used);
	cache->count--;
	cache->text -= plan->len;
	MemoryContextDelete(plan->cxt);
}

/* For a statement of that many bytes. */
static void
make_room(PlanCache *cache, int len)
{
	dlist_node *node = cache->used.head.prev;

	while (node != &cache->used.head &&
		   (cache->count >= ASH_PLANS_MAX || cache->text + len > ASH_PLANS_TEXT))
	{
		AshPlan *plan = dlist_container(AshPlan, used, node);

		node = node->prev;
		if (plan->pins == 0)
			forget_plan(cache, plan);
	}
}

/* Parse and rewrite as our own statement. */
static SPIPlanPtr
prepare_own(AshSql *sql)
{
	bool outer = own_statement;
	SPIPlanPtr volatile spi = NULL;

	PG_TRY();
	{
		own_statement = true;
		spi = SPI_prepare(sql->text.data, sql->nparams, sql->param_types);
	}
	PG_FINALLY();
	{
		own_statement = outer;
	}
	PG_END_TRY();
	if (spi == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	return spi;
}

/* Have PostgreSQL rewrite the statement again if it must, as our own. */
static void
revalidate_own(AshPlan *plan)
{
	List *sources = SPI_plan_get_plan_sources(plan->spi);
	bool outer = own_statement;

	PG_TRY();
	{
		own_statement = true;
		(void) CachedPlanGetTargetList(linitial(sources), NULL);
	}
	PG_FINALLY();
	{
		own_statement = outer;
	}
	PG_END_TRY();
}

static AshPlan *
add_plan(PlanCache *cache, AshSql *sql, uint32 hash, Oid role)
{
	SPIPlanPtr spi = prepare_own(sql);
	MemoryContextCallback *callback;
	MemoryContext cxt;
	AshPlan *plan;

	make_room(cache, sql->text.len);
	cxt = AllocSetContextCreate(cache->cxt, "ash plan", ALLOCSET_SMALL_SIZES);
	plan = MemoryContextAllocZero(cxt, sizeof(AshPlan));
	plan->cxt = cxt;
	plan->hash = hash;
	plan->role = role;
	plan->len = sql->text.len;
	plan->text = MemoryContextAlloc(cxt, sql->text.len + 1);
	memcpy(plan->text, sql->text.data, sql->text.len + 1);
	plan->nparams = sql->nparams;
	if (sql->nparams > 0)
	{
		plan->param_types = MemoryContextAlloc(cxt, sizeof(Oid) * sql->nparams);
		memcpy(plan->param_types, sql->param_types, sizeof(Oid) * sql->nparams);
	}
	callback = MemoryContextAlloc(cxt, sizeof(MemoryContextCallback));
	callback->func = free_spi_plan;
	callback->arg = plan;
	MemoryContextRegisterResetCallback(cxt, callback);
	/* nothing below can fail, so a kept plan is always in the cache */
	if (SPI_keepplan(spi) != 0)
		elog(ERROR, "SPI_keepplan failed");
	plan->spi = spi;
	dlist_push_head(&cache->buckets[hash % ASH_PLAN_BUCKETS], &plan->bucket);
	dlist_push_head(&cache->used, &plan->used);
	cache->count++;
	cache->text += plan->len;
	return plan;
}

/* Somebody changed a table under its resource: say where that can be looked at. */
static void
hint_at_drift(void *arg)
{
	int code = geterrcode();

	if (code == ERRCODE_UNDEFINED_TABLE || code == ERRCODE_UNDEFINED_COLUMN)
		errhint("Run ash_plan() to see where tables and definitions differ.");
}

AshPlan *
ash_plan_get(AshResource *res, AshSql *sql)
{
	ErrorContextCallback callback = { .previous = error_context_stack, .callback = hint_at_drift };
	PlanCache *cache = plan_cache(res);
	Oid role = GetUserId();
	uint32 hash = statement_hash(sql, role);
	AshPlan *plan = find_plan(cache, sql, hash, role);

	error_context_stack = &callback;
	if (plan == NULL)
		plan = add_plan(cache, sql, hash, role);
	else
	{
		dlist_move_head(&cache->used, &plan->used);
		revalidate_own(plan);
	}
	error_context_stack = callback.previous;
	plan->pins++;
	return plan;
}

SPIPlanPtr
ash_plan_spi(AshPlan *plan)
{
	return plan->spi;
}

void
ash_plan_release(AshPlan *plan)
{
	Assert(plan->pins > 0);
	plan->pins--;
}
