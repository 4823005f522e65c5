/*-------------------------------------------------------------------------
 *
 * src/exec/saved_plans.c
 *	  Saved plans of a resource, by statement text, parameter types, role and readers.
 *
 * One cache hangs off each resource (res->saved_plans) and is freed with it: PostgreSQL
 * keeps plans in contexts of its own, so a reset callback of each entry's context frees
 * the entry's plans.  A cache holds at most SAVED_PLANS_MAX entries, and plans for at most
 * SAVED_PLANS_TEXT bytes of statement text (a plan takes some fifty times its text, and a
 * caller's filter can be long); the least recently used entries make room.  An entry whose
 * statement is running is pinned and never evicted.  Whether a plan is still valid is
 * decided by PostgreSQL's own plan cache.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "exec/exec_internal.h"
#include "exec/plan_selection.h"
#include "exec/saved_plans.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define SAVED_PLANS_MAX 256
#define SAVED_PLANS_TEXT (256 * 1024)
#define SELECTION_TEXT (8 * 1024) /* plans are not selected for longer statements */
#define SAVED_PLANS_BUCKETS 256	  /* a power of two */

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
	bool ran_before;
	AshPlanSelection *selection; /* NULL until plans are selected */
	Size weight;				 /* counted in AshPlanCache.text for this entry */
	int pins;
	MemoryContext cxt;
};

typedef struct AshPlanCache
{
	MemoryContext cxt;
	int count;
	Size text; /* bytes of all statements, once for each plan */
	dlist_head used;
	dlist_head buckets[SAVED_PLANS_BUCKETS];
} AshPlanCache;

/* Reset callback of an entry's context: PostgreSQL's plans outlive it unless freed here. */
static void
free_spi_plans(void *arg)
{
	AshSavedPlan *plan = arg;

	ash_plan_selection_clear(plan->selection, NULL);
	plan->selection = NULL;
	if (plan->spi != NULL)
		SPI_freeplan(plan->spi);
	plan->spi = NULL;
}

/* The cache of res, created in its memory context by the first statement. */
static AshPlanCache *
plan_cache_of(AshResource *res)
{
	AshPlanCache *cache = res->saved_plans;

	if (likely(cache != NULL))
		return cache;
	cache = MemoryContextAllocZero(res->cxt, sizeof(AshPlanCache));
	cache->cxt = AllocSetContextCreate(res->cxt, "ash plans", ALLOCSET_SMALL_SIZES);
	dlist_init(&cache->used);
	for (int i = 0; i < SAVED_PLANS_BUCKETS; i++)
		dlist_init(&cache->buckets[i]);
	res->saved_plans = cache;
	return cache;
}

/* Readers are few and follow from the text nearly always: they are compared, not hashed. */
static uint32
statement_hash(const AshSql *sql, Oid role)
{
	uint32 hash = hash_bytes((const unsigned char *) sql->text.data, sql->text.len);

	if (sql->nparams > 0)
		hash = hash_combine(hash, hash_bytes((const unsigned char *) sql->param_types,
											 sizeof(Oid) * sql->nparams));
	return hash_combine(hash, hash_uint32(role));
}

/* True if both lists name the same aliases and roles in the same order. */
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

/* A deep copy in CurrentMemoryContext. */
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

/* The entry of the statement, or NULL. */
static AshSavedPlan *
find_plan(AshPlanCache *cache, const AshSql *sql, uint32 hash, Oid role)
{
	dlist_iter iter;

	dlist_foreach (iter, &cache->buckets[hash % SAVED_PLANS_BUCKETS])
	{
		AshSavedPlan *plan = dlist_container(AshSavedPlan, bucket, iter.cur);

		if (is_plan_of(plan, sql, hash, role))
			return plan;
	}
	return NULL;
}

/* Account for the plans that the entry holds now. */
static void
weigh_plan(AshPlanCache *cache, AshSavedPlan *plan)
{
	Size weight = (Size) plan->len * (1 + ash_plan_selection_size(plan->selection));

	cache->text = cache->text - plan->weight + weight;
	plan->weight = weight;
}

static void
evict_plan(AshPlanCache *cache, AshSavedPlan *plan)
{
	dlist_delete(&plan->bucket);
	dlist_delete(&plan->used);
	cache->count--;
	cache->text -= plan->weight;
	MemoryContextDelete(plan->cxt);
}

/* Evict entries that are not pinned until there is room for a statement of len bytes. */
static void
make_room(AshPlanCache *cache, int len)
{
	dlist_node *node = cache->used.head.prev;

	while (node != &cache->used.head &&
		   (cache->count >= SAVED_PLANS_MAX || cache->text + len > SAVED_PLANS_TEXT))
	{
		AshSavedPlan *plan = dlist_container(AshSavedPlan, used, node);

		node = node->prev;
		if (plan->pins == 0)
			evict_plan(cache, plan);
	}
}

/* An entry without a plan, in a context of its own below that of the cache. */
static AshSavedPlan *
create_entry(AshPlanCache *cache, const AshSql *sql, uint32 hash, Oid role)
{
	MemoryContext cxt = AllocSetContextCreate(cache->cxt, "ash plan", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	AshSavedPlan *plan = palloc0(sizeof(AshSavedPlan));
	MemoryContextCallback *callback = palloc(sizeof(MemoryContextCallback));

	plan->cxt = cxt;
	plan->hash = hash;
	plan->role = role;
	plan->len = sql->text.len;
	plan->text = pnstrdup(sql->text.data, sql->text.len);
	plan->nparams = sql->nparams;
	if (sql->nparams > 0)
	{
		plan->param_types = palloc(sizeof(Oid) * sql->nparams);
		memcpy(plan->param_types, sql->param_types, sizeof(Oid) * sql->nparams);
	}
	plan->readers = copy_readers(sql->readers);
	callback->func = free_spi_plans;
	callback->arg = plan;
	MemoryContextRegisterResetCallback(cxt, callback);
	MemoryContextSwitchTo(old);
	return plan;
}

/* Prepare the statement and keep its plan. */
static AshSavedPlan *
add_plan(AshRunningStatement *statement, AshPlanCache *cache, uint32 hash, Oid role)
{
	SPIPlanPtr spi = ash_statement_prepare(statement, 0);
	AshSavedPlan *plan;

	make_room(cache, statement->sql->text.len);
	plan = create_entry(cache, statement->sql, hash, role);
	/* nothing below can fail, so a kept plan is always in the cache */
	if (SPI_keepplan(spi) != 0)
		elog(ERROR, "SPI_keepplan failed");
	plan->spi = spi;
	dlist_push_head(&cache->buckets[hash % SAVED_PLANS_BUCKETS], &plan->bucket);
	dlist_push_head(&cache->used, &plan->used);
	cache->count++;
	weigh_plan(cache, plan);
	return plan;
}

/* Error context callback: a table was probably changed without its resource. */
static void
hint_at_drift(void *arg)
{
	int code = geterrcode();

	if (code == ERRCODE_UNDEFINED_TABLE || code == ERRCODE_UNDEFINED_COLUMN)
		errhint("Run ash_plan() to see where tables and definitions differ.");
}

/*
 * The saved plan of the statement for the current role, valid and pinned; release it with
 * ash_saved_plan_release().  SPI must be connected and the tables locked and checked.
 * Raises what PostgreSQL raises on parse analysis.
 */
AshSavedPlan *
ash_saved_plan_get(AshRunningStatement *statement)
{
	ErrorContextCallback callback = { .previous = error_context_stack, .callback = hint_at_drift };
	AshPlanCache *cache = plan_cache_of(statement->res);
	Oid role = GetUserId();
	uint32 hash = statement_hash(statement->sql, role);
	AshSavedPlan *plan = find_plan(cache, statement->sql, hash, role);

	error_context_stack = &callback;
	if (plan == NULL)
		plan = add_plan(statement, cache, hash, role);
	else
	{
		plan->ran_before = true;
		dlist_move_head(&cache->used, &plan->used);
		ash_statement_revalidate(statement, plan->spi);
	}
	error_context_stack = callback.previous;
	plan->pins++;
	return plan;
}

void
ash_saved_plan_release(AshSavedPlan *plan)
{
	Assert(plan->pins > 0);
	plan->pins--;
}

/*
 * The plan to run the statement with for its parameters, which may be planned here.
 *
 * Plans are selected from the second run on, because many statements run only once, and not
 * for a statement that is running already: the planner's estimators may call functions,
 * and these the statement.
 */
SPIPlanPtr
ash_saved_plan_choose(AshRunningStatement *statement)
{
	AshSavedPlan *plan = statement->saved;
	SPIPlanPtr spi;

	if (!plan->ran_before || plan->pins > 1 || statement->params == NULL ||
		plan->len > SELECTION_TEXT)
		return plan->spi;
	spi = ash_plan_select(statement, &plan->selection, plan->cxt, plan->spi);
	weigh_plan(plan_cache_of(statement->res), plan);
	return spi;
}
