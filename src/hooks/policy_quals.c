/*-------------------------------------------------------------------------
 *
 * src/hooks/policy_quals.c
 *	  Conditions of a resource as expressions over its table.
 *
 * A condition is text, written like any condition of a statement and parsed as
 * CREATE POLICY would.  It becomes part of cached plans, so it says the same to
 * everybody: sql/session_value.c reads actor and tenant when it is run.
 *
 * PostgreSQL asks for it with every query that it rewrites, so the tree is kept as
 * PostgreSQL keeps its own policies: until the table, a function, an operator, a
 * type or a schema changes, or another role asks (whose right to look into a schema
 * is checked while names are looked up).  A change of the definition ends the
 * resource and, with it, what it keeps.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/exec.h"
#include "hooks/policy_quals.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_clause.h"
#include "parser/parse_collate.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "policy/policy.h"
#include "sql/sql.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Alias of the row in the text of a condition. */
#define ROW_ALIAS "t"

/* One condition for each type of action, and the tenant's. */
#define QUAL_TENANT (ASH_ACTION_GENERIC + 1)
#define QUALS (QUAL_TENANT + 1)

/* Hangs off the resource; valid for what it was parsed under. */
typedef struct QualCache
{
	MemoryContext cxt;
	Oid relid;
	Oid role;
	uint64 epoch;
	Node *quals[QUALS];
} QualCache;

/* The text of a condition being written, and whose it is. */
typedef struct QualText
{
	AshSql sql; /* must be first */
	const AshResource *res;
} QualText;

static uint64 names_epoch = 1; /* counts changes of what a name can stand for */

/*-------------------------------------------------------------------------
 * Text
 *-------------------------------------------------------------------------
 */

/* AshSql.write_template */
static void
write_session_value(AshSql *sql, AshExpr *expr)
{
	ash_sql_session_value(sql, ((QualText *) sql)->res->name, expr);
}

static char *
condition_text(AshResource *res, AshExpr *condition)
{
	QualText qual;

	ash_sql_init(&qual.sql, NULL);
	qual.sql.inline_values = true;
	qual.sql.write_template = write_session_value;
	qual.res = res;
	ash_query_write_condition(&qual.sql, res, ROW_ALIAS, condition);
	return qual.sql.text.data;
}

/* The statement is somebody else's: say whose condition does not fit the table, and why. */
static void
policy_context(void *arg)
{
	const AshResource *res = arg;

	switch (geterrcode())
	{
		case ERRCODE_UNDEFINED_COLUMN:
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_FUNCTION:
		case ERRCODE_DATATYPE_MISMATCH:
			errhint("Run ash_plan('%s') to see where tables and definitions differ.",
					res->domain.name);
			break;
		default:
			break;
	}
	errcontext("policies of resource %s", res->name);
}

/* Parse as the expression of a policy on rel. */
static Node *
parse_qual(AshResource *res, Relation rel, const char *text)
{
	ErrorContextCallback context = { .previous = error_context_stack,
									 .callback = policy_context,
									 .arg = res };
	ParseState *pstate = make_parsestate(NULL);
	ParseNamespaceItem *item;
	RawStmt *raw = linitial(raw_parser(text, RAW_PARSE_PLPGSQL_EXPR));
	ResTarget *target = linitial(castNode(SelectStmt, raw->stmt)->targetList);
	Node *qual;

	error_context_stack = &context;
	pstate->p_sourcetext = text;
	item = addRangeTableEntryForRelation(pstate, rel, AccessShareLock, makeAlias(ROW_ALIAS, NIL),
										 false, false);
	addNSItemToQuery(pstate, item, false, true, true);
	qual = transformWhereClause(pstate, target->val, EXPR_KIND_POLICY, "POLICY");
	assign_expr_collations(pstate, qual);
	free_parsestate(pstate);
	error_context_stack = context.previous;
	return qual;
}

/*-------------------------------------------------------------------------
 * Conditions
 *-------------------------------------------------------------------------
 */

/*
 * Rows outside of the base filter are no rows of the resource: nothing authorizes
 * them.  A new row may be put there, as actions may.
 */
static AshExpr *
within_base(AshResource *res, AshActionType type, AshExpr *condition)
{
	AshExpr *base = type == ASH_ACTION_CREATE ? NULL : ash_resource_base_filter(res, NULL);

	return base != NULL ? ash_expr_and(base, condition) : condition;
}

static Node *
parse_policies(AshResource *res, Relation rel, AshActionType type)
{
	AshPolicySubject subject = { .res = res, .type = type, .action = res->primary_actions[type] };
	AshExpr *condition = NULL;

	if (ash_policy_decide(&subject, &condition) == ASH_DECISION_DENY)
		return makeBoolConst(false, false);
	condition = within_base(res, type, condition);
	if (condition == NULL)
		return makeBoolConst(true, false);
	return parse_qual(res, rel, condition_text(res, condition));
}

static Node *
parse_kind(AshResource *res, Relation rel, int kind)
{
	if (kind != QUAL_TENANT)
		return parse_policies(res, rel, kind);
	return parse_qual(res, rel,
					  condition_text(res, ash_session_tenant_condition(res, !res->tenant_global)));
}

/*-------------------------------------------------------------------------
 * Cache
 *-------------------------------------------------------------------------
 */

static uint64
current_epoch(void)
{
	return names_epoch + ash_data_relcache_epoch();
}

static void
name_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	names_epoch++;
}

void
ash_quals_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, name_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(OPEROID, name_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(TYPEOID, name_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, name_changed, (Datum) 0);
}

/* What the resource keeps, emptied if it was parsed under something else. */
static QualCache *
current_cache(AshResource *res, Relation rel)
{
	QualCache *cache = res->qual_cache;

	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(res->cxt, sizeof(QualCache));
		cache->cxt = AllocSetContextCreate(res->cxt, "ash quals", ALLOCSET_SMALL_SIZES);
		res->qual_cache = cache;
	}
	if (cache->epoch != current_epoch() || cache->relid != RelationGetRelid(rel) ||
		cache->role != GetUserId())
	{
		MemoryContextReset(cache->cxt);
		memset(cache->quals, 0, sizeof(cache->quals));
		cache->epoch = current_epoch();
		cache->relid = RelationGetRelid(rel);
		cache->role = GetUserId();
	}
	return cache;
}

static Node *
qual_of(AshResource *res, Relation rel, int kind)
{
	QualCache *cache = current_cache(res, rel);
	MemoryContext old;
	Node *qual;

	if (cache->quals[kind] != NULL)
		return copyObject(cache->quals[kind]);
	qual = parse_kind(res, rel, kind);
	/* parsing looks names up, and may so have heard of a change */
	if (cache->epoch == current_epoch())
	{
		old = MemoryContextSwitchTo(cache->cxt);
		cache->quals[kind] = copyObject(qual);
		MemoryContextSwitchTo(old);
	}
	return qual;
}

Node *
ash_qual_policies(AshResource *res, Relation rel, AshActionType type)
{
	return qual_of(res, rel, type);
}

Node *
ash_qual_tenant(AshResource *res, Relation rel)
{
	return qual_of(res, rel, QUAL_TENANT);
}
