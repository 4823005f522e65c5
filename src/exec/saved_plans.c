/*-------------------------------------------------------------------------
 *
 * src/exec/saved_plans.c
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
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "exec/exec_internal.h"
#include "exec/saved_plans.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/resowner.h"

#define ASH_PLANS_MAX 256
#define ASH_PLANS_TEXT (256 * 1024)
#define ASH_PEEK_TEXT (8 * 1024) /* longer statements have no plans for parameters of a kind */
#define ASH_PLAN_BUCKETS 256	 /* a power of two */

struct AshSavedPlan
{
	dlist_node bucket;
	dlist_node used; /* most recently used first */
	uint32 hash;
	Oid role;
	int nparams;
	Oid *param_types;
	int len;
	char *text;
	List *readers; /* of AshReader * */
	SPIPlanPtr spi;
	bool again;		 /* was run before */
	AshPeeks *peeks; /* NULL until then */
	Size weight;	 /* in ASH_PLANS_TEXT */
	int pins;
	MemoryContext cxt;
};

typedef struct PlanCache
{
	MemoryContext cxt;
	int count;
	Size text; /* bytes of all statements, once for each plan */
	dlist_head used;
	dlist_head buckets[ASH_PLAN_BUCKETS];
} PlanCache;

/* PostgreSQL's part of the plan outlives our context unless it is freed by hand. */
static void
free_spi_plan(void *arg)
{
	AshSavedPlan *plan = arg;

	ash_peeks_free(plan->peeks);
	plan->peeks = NULL;
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
same_readers(List *a, List *b)
{
	if (list_length(a) != list_length(b))
		return false;
	for (int i = 0; i < list_length(a); i++)
	{
		const AshReader *x = list_nth(a, i);
		const AshReader *y = list_nth(b, i);

		if (x->role != y->role || strcmp(x->alias, y->alias) != 0)
			return false;
	}
	return true;
}

static List *
copy_readers(List *readers)
{
	List *copy = NIL;
	ListCell *lc;

	foreach (lc, readers)
	{
		const AshReader *reader = lfirst(lc);
		AshReader *kept = palloc(sizeof(AshReader));

		kept->alias = pstrdup(reader->alias);
		kept->role = reader->role;
		copy = lappend(copy, kept);
	}
	return copy;
}

static bool
is_plan_of(const AshSavedPlan *plan, const AshSql *sql, uint32 hash, Oid role)
{
	return plan->hash == hash && plan->role == role && plan->nparams == sql->nparams &&
		   plan->len == sql->text.len && same_readers(plan->readers, sql->readers) &&
		   memcmp(plan->text, sql->text.data, plan->len) == 0 &&
		   (plan->nparams == 0 ||
			memcmp(plan->param_types, sql->param_types, sizeof(Oid) * plan->nparams) == 0);
}

static AshSavedPlan *
find_plan(PlanCache *cache, const AshSql *sql, uint32 hash, Oid role)
{
	dlist_iter iter;

	dlist_foreach (iter, &cache->buckets[hash % ASH_PLAN_BUCKETS])
	{
		AshSavedPlan *plan = dlist_container(AshSavedPlan, bucket, iter.cur);

		if (is_plan_of(plan, sql, hash, role))
			return plan;
	}
	return NULL;
}

/* Say how much it holds now. */
static void
weigh_plan(PlanCache *cache, AshSavedPlan *plan)
{
	Size weight = (Size) plan->len * (1 + ash_peeks_count(plan->peeks));

	cache->text = cache->text - plan->weight + weight;
	plan->weight = weight;
}

static void
forget_plan(PlanCache *cache, AshSavedPlan *plan)
{
	dlist_delete(&plan->bucket);
	dlist_delete(&plan->used);
	cache->count--;
	cache->text -= plan->weight;
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
		AshSavedPlan *plan = dlist_container(AshSavedPlan, used, node);

		node = node->prev;
		if (plan->pins == 0)
			forget_plan(cache, plan);
	}
}

static AshSavedPlan *
add_plan(AshResource *res, AshSql *sql, uint32 hash, Oid role)
{
	PlanCache *cache = plan_cache(res);
	SPIPlanPtr spi = ash_own_prepare(res, sql, 0);
	MemoryContextCallback *callback;
	MemoryContext cxt;
	AshSavedPlan *plan;

	make_room(cache, sql->text.len);
	cxt = AllocSetContextCreate(cache->cxt, "ash plan", ALLOCSET_SMALL_SIZES);
	plan = MemoryContextAllocZero(cxt, sizeof(AshSavedPlan));
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
	if (sql->readers != NIL)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		plan->readers = copy_readers(sql->readers);
		MemoryContextSwitchTo(old);
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
	weigh_plan(cache, plan);
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

AshSavedPlan *
ash_plan_get(AshResource *res, AshSql *sql)
{
	ErrorContextCallback callback = { .previous = error_context_stack, .callback = hint_at_drift };
	PlanCache *cache = plan_cache(res);
	Oid role = GetUserId();
	uint32 hash = statement_hash(sql, role);
	AshSavedPlan *plan = find_plan(cache, sql, hash, role);

	error_context_stack = &callback;
	if (plan == NULL)
		plan = add_plan(res, sql, hash, role);
	else
	{
		plan->again = true;
		dlist_move_head(&cache->used, &plan->used);
		ash_own_revalidate(res, sql, plan->spi);
	}
	error_context_stack = callback.previous;
	plan->pins++;
	return plan;
}

SPIPlanPtr
ash_plan_spi(AshSavedPlan *plan)
{
	return plan->spi;
}

SPIPlanPtr
ash_plan_choose(AshResource *res, AshSql *sql, AshSavedPlan *plan, ParamListInfo params)
{
	PlanCache *cache = plan_cache(res);
	SPIPlanPtr spi;

	/* many run only once; and the estimators may run functions, and these the statement */
	if (!plan->again || plan->pins > 1 || params == NULL || plan->len > ASH_PEEK_TEXT ||
		plan_cache_mode != PLAN_CACHE_MODE_AUTO)
		return plan->spi;
	if (plan->peeks == NULL)
		plan->peeks = ash_peeks_create(plan->cxt);
	spi = ash_peek(res, sql, plan->peeks, plan->spi, params);
	weigh_plan(cache, plan);
	return spi;
}

void
ash_plan_release(AshSavedPlan *plan)
{
	Assert(plan->pins > 0);
	plan->pins--;
}
