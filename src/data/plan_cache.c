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
 * ordinary conditions.  That is so for the tables that we wrote into it, not for those
 * that PostgreSQL adds (columns.c): a statement on a table that brings others is
 * rewritten like anybody's.  Nor is it so for tables of another owner's domain, which
 * a definition may name without asking that domain's policies.
 *
 * Rewriting happens at two places only: when the plan is prepared, and when
 * PostgreSQL's plan cache finds that it has become invalid (DDL, another search_path,
 * another role).  The flag is set around exactly these two: ash_plan_get has the plan
 * cache revalidate the statement (CachedPlanGetTargetList does that and nothing else of
 * consequence) before it is run, and the flag is down again before planning and
 * execution start.  So statements of functions that the planner inlines, of triggers and
 * of functions that run inside are never taken for ours.  Should an invalidation arrive
 * between revalidation and execution, the statement is rewritten with row security
 * applied: it then shows less, never more.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "data/internal.h"
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
	List *readers; /* of AshReader * */
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

/* The statement of ours that is being rewritten, or NULL.  See the banner. */
typedef struct OwnStatement
{
	AshResource *res;
	List *reads;   /* of AshResource */
	List *readers; /* of AshReader: what analysis has to know */
} OwnStatement;

static const OwnStatement *own_statement = NULL;

/* Is it the table of res, which the owner of the statement's resource may speak for? */
static bool
is_own_table(AshResource *res, Oid relid)
{
	return !res->embedded && ash_resource_relid(res) == relid &&
		   ash_resource_speaks_for(own_statement->res, res);
}

AshResource *
ash_data_own_statement(Oid relid)
{
	ListCell *lc;

	if (own_statement == NULL)
		return NULL;
	foreach (lc, own_statement->reads)
	{
		if (is_own_table(lfirst(lc), relid))
			return lfirst(lc);
	}
	return is_own_table(own_statement->res, relid) ? own_statement->res : NULL;
}

List *
ash_data_readers(void)
{
	return own_statement != NULL ? own_statement->readers : NIL;
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
is_plan_of(const AshPlan *plan, const AshSql *sql, uint32 hash, Oid role)
{
	return plan->hash == hash && plan->role == role && plan->nparams == sql->nparams &&
		   plan->len == sql->text.len && same_readers(plan->readers, sql->readers) &&
		   memcmp(plan->text, sql->text.data, plan->len) == 0 &&
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
prepare_own(AshResource *res, AshSql *sql)
{
	OwnStatement own = { res, sql->reads, sql->readers };
	const OwnStatement *outer = own_statement;
	SPIPlanPtr volatile spi = NULL;

	PG_TRY();
	{
		own_statement = ash_data_tables_alone(res, sql) ? &own : NULL;
		spi = SPI_prepare_cursor(sql->text.data, sql->nparams, sql->param_types,
								 sql->parallel ? CURSOR_OPT_PARALLEL_OK : 0);
	}
	PG_FINALLY();
	{
		own_statement = outer;
	}
	PG_END_TRY();
	if (spi == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	return spi;
}

/* Have PostgreSQL rewrite the statement again if it must, as our own. */
static void
revalidate_own(AshResource *res, AshSql *sql, AshPlan *plan)
{
	OwnStatement own = { res, sql->reads, plan->readers };
	const OwnStatement *outer = own_statement;
	List *sources = SPI_plan_get_plan_sources(plan->spi);

	PG_TRY();
	{
		own_statement = ash_data_tables_alone(res, sql) ? &own : NULL;
		(void) CachedPlanGetTargetList(linitial(sources), NULL);
	}
	PG_FINALLY();
	{
		own_statement = outer;
	}
	PG_END_TRY();
}

static AshPlan *
add_plan(AshResource *res, AshSql *sql, uint32 hash, Oid role)
{
	PlanCache *cache = plan_cache(res);
	SPIPlanPtr spi = prepare_own(res, sql);
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
		plan = add_plan(res, sql, hash, role);
	else
	{
		dlist_move_head(&cache->used, &plan->used);
		revalidate_own(res, sql, plan);
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
