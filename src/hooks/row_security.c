/*-------------------------------------------------------------------------
 *
 * src/hooks/row_security.c
 *	  Policies as row-security quals on ordinary SQL.
 *
 * The rewriter calls the hooks for each table with row security enabled, and only for roles
 * that row security applies to.  For the table of a resource they add
 *
 *	  permissive	the policies for the command: those of reads for SELECT, those of the
 *					primary create, update and destroy action for the others.  When
 *					nothing authorizes, one policy that is false, because several
 *					permissive policies are alternatives.
 *	  restrictive	the tenant.
 *
 * A policy of UPDATE also applies to the new row, as with CREATE POLICY without WITH CHECK:
 * an UPDATE cannot move a row to where the caller could not update it.
 *
 * Statements of exec/ carry their policies as ordinary conditions and get one policy that
 * is true.
 *
 * A condition is written as text, like any condition of a statement, and parsed as CREATE
 * POLICY would.  It becomes part of cached plans, so it is the same for all sessions:
 * it reads actor and tenant when it is executed (sql/session_value.c).  The rewriter wants it
 * for every query, so the tree is kept as PostgreSQL keeps its own policies: until a
 * relation, function, operator, type or schema changes, or the role (whose privileges on
 * schemas count when names are looked up).  It is freed with the compiled resource.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "exec/exec.h"
#include "exec/running_statement.h"
#include "hooks/hooks.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_clause.h"
#include "parser/parse_collate.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "policy/policy.h"
#include "query/query.h"
#include "rewrite/rewriteManip.h"
#include "rewrite/rowsecurity.h"
#include "sql/sql.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Alias of the row in the text of a condition. */
#define ROW_ALIAS "t"

/* Kinds of condition: one for each type of action, and the tenant's. */
#define QUAL_TENANT (ASH_ACTION_GENERIC + 1)
#define QUALS (QUAL_TENANT + 1)

/* In res->quals; valid for the relation, role and epoch that it was parsed under. */
typedef struct AshQualCache
{
	MemoryContext cxt;
	Oid relid;
	Oid role;
	uint64 epoch;
	Node *quals[QUALS];
} AshQualCache;

/* The text of a condition being written, and its resource. */
typedef struct QualText
{
	AshSql sql; /* must be first */
	const AshResource *res;
} QualText;

static uint64 names_epoch = 1; /* counts changes of what a name can stand for */

static row_security_policy_hook_type prev_permissive = NULL;
static row_security_policy_hook_type prev_restrictive = NULL;

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

/* The condition as SQL over ROW_ALIAS, without parameters. */
static char *
condition_text(AshResource *res, AshExpr *condition)
{
	QualText qual;

	ash_sql_init(&qual.sql, NULL);
	qual.sql.inline_values = true;
	qual.sql.write_template = write_session_value;
	qual.res = res;
	ash_query_write_condition(&qual.sql, NULL, res, ROW_ALIAS, condition);
	return qual.sql.text.data;
}

/*
 * Error context callback: the statement is the user's, so say which resource's condition does
 * not fit the table.
 */
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

/* Parse text as the expression of a policy on rel; its variables are those of entry 1. */
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
 * Rows outside the base filter are no rows of the resource, so no policy authorizes access to
 * them.  A new row may be outside, as one that an action creates.
 */
static AshExpr *
within_base(AshResource *res, AshActionType type, AshExpr *condition)
{
	AshExpr *base = type == ASH_ACTION_CREATE ? NULL : ash_resource_base_filter(res, NULL);

	return base != NULL ? ash_expr_and(base, condition) : condition;
}

/* The policies for actions of that type. */
static Node *
parse_policies(AshResource *res, Relation rel, AshActionType type)
{
	AshPolicySubject subject = { .res = res, .type = type, .action = res->primary_actions[type] };
	AshAuthorizeResult authorization = ash_authorize(&subject, ASH_REFUSE_SILENTLY);
	AshExpr *condition;

	if (authorization.decision == ASH_DECISION_DENY)
		return makeBoolConst(false, false);
	condition = within_base(res, type, authorization.condition);
	if (condition == NULL)
		return makeBoolConst(true, false);
	return parse_qual(res, rel, condition_text(res, condition));
}

/*
 * The condition of that kind, in CurrentMemoryContext.  User code may run, such as the checks
 * of a domain that a literal is of: it must not be taken for the statement that is being
 * rewritten.
 */
static Node *
parse_kind(AshResource *res, Relation rel, int kind)
{
	AshRunningStatement *statement = ash_running_statement(ASH_STATEMENT_REWRITING, NULL);
	AshExpr *tenant;
	Node *qual;

	if (statement != NULL)
		statement->phase = ASH_STATEMENT_IDLE;
	if (kind != QUAL_TENANT)
		qual = parse_policies(res, rel, kind);
	else
	{
		tenant = ash_session_tenant_condition(res, !res->tenant_global);
		qual = parse_qual(res, rel, condition_text(res, tenant));
	}
	if (statement != NULL)
		statement->phase = ASH_STATEMENT_REWRITING;
	return qual;
}

/*-------------------------------------------------------------------------
 * Cache
 *-------------------------------------------------------------------------
 */

static uint64
current_epoch(void)
{
	return names_epoch + ash_relation_epoch();
}

static void
name_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	names_epoch++;
}

/* The cache of res, emptied if it is no longer valid. */
static AshQualCache *
current_cache(AshResource *res, Relation rel)
{
	AshQualCache *cache = res->quals;

	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(res->cxt, sizeof(AshQualCache));
		cache->cxt = AllocSetContextCreate(res->cxt, "ash quals", ALLOCSET_SMALL_SIZES);
		res->quals = cache;
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

/* A copy of the condition of that kind, in CurrentMemoryContext. */
static Node *
qual_of(AshResource *res, Relation rel, int kind)
{
	AshQualCache *cache = current_cache(res, rel);
	MemoryContext old;
	Node *qual;

	if (cache->quals[kind] != NULL)
		return copyObject(cache->quals[kind]);
	qual = parse_kind(res, rel, kind);
	/* parsing looks names up and accepts invalidations: the cache may be out of date already */
	if (cache->epoch == current_epoch())
	{
		old = MemoryContextSwitchTo(cache->cxt);
		cache->quals[kind] = copyObject(qual);
		MemoryContextSwitchTo(old);
	}
	return qual;
}

/*-------------------------------------------------------------------------
 * Policies
 *-------------------------------------------------------------------------
 */

/* A list of one RowSecurityPolicy for all commands and roles. */
static List *
one_policy(const char *name, Node *qual)
{
	RowSecurityPolicy *policy = palloc0(sizeof(RowSecurityPolicy));
	Datum everybody = ObjectIdGetDatum(ACL_ID_PUBLIC);

	policy->policy_name = pstrdup(name);
	policy->polcmd = '*';
	policy->roles = construct_array(&everybody, 1, OIDOID, sizeof(Oid), true, TYPALIGN_INT);
	policy->permissive = true;
	policy->qual = (Expr *) qual;
	policy->hassublinks = checkExprHasSubLink(qual);
	return list_make1(policy);
}

static List *
constant_policy(const char *name, bool value)
{
	return one_policy(name, makeBoolConst(value, false));
}

/* The type of action whose policies the command needs; false for MERGE and others. */
static bool
action_type_of(CmdType command, AshActionType *type)
{
	switch (command)
	{
		case CMD_SELECT:
			*type = ASH_ACTION_READ;
			return true;
		case CMD_INSERT:
			*type = ASH_ACTION_CREATE;
			return true;
		case CMD_UPDATE:
			*type = ASH_ACTION_UPDATE;
			return true;
		case CMD_DELETE:
			*type = ASH_ACTION_DESTROY;
			return true;
		default:
			return false;
	}
}

static bool
is_table_of(AshResource *res, Oid relid)
{
	return !res->embedded && ash_resource_relid(res) == relid;
}

/*
 * The resource of the table, if the statement being rewritten is one of exec/ whose policies
 * stand in it as conditions; NULL otherwise.  That is so only for resources whose
 * policies the definition of the statement's own resource may bypass.
 */
static AshResource *
resource_of_statement(Oid relid)
{
	const AshRunningStatement *statement = ash_running_statement(ASH_STATEMENT_REWRITING, NULL);
	ListCell *lc;

	if (statement == NULL)
		return NULL;
	foreach (lc, statement->sql->reads)
	{
		if (is_table_of(lfirst(lc), relid) &&
			ash_resource_may_bypass_policies(statement->res, lfirst(lc)))
			return lfirst(lc);
	}
	return is_table_of(statement->res, relid) ? statement->res : NULL;
}

/*
 * The resource whose policies apply to the table, or NULL; *own is set if the statement carries
 * them itself.  The same resources have row security enabled by the schema planner.  A table
 * that another role created under an existing definition has none of these policies: its owner
 * decides about its rows.  A statement of exec/ goes by the definition that its call began
 * with.
 */
static AshResource *
secured_resource(Relation rel, bool *own)
{
	AshResource *res = resource_of_statement(RelationGetRelid(rel));

	*own = res != NULL;
	if (!*own)
		res = ash_resource_by_relid(RelationGetRelid(rel));
	if (res == NULL || (!res->has_policies && res->tenancy == ASH_TENANCY_NONE) ||
		!has_privs_of_role(res->owner, rel->rd_rel->relowner))
		return NULL;
	return res;
}

/* row_security_policy_hook_permissive */
static List *
permissive_policies(CmdType command, Relation rel)
{
	List *policies = prev_permissive ? prev_permissive(command, rel) : NIL;
	bool own;
	AshResource *res = secured_resource(rel, &own);
	AshActionType type;

	if (res == NULL)
		return policies;
	if (own)
		return list_concat(policies, constant_policy("ash", true));
	if (!action_type_of(command, &type))
		return list_concat(policies, constant_policy("ash", false));
	return list_concat(policies, one_policy("ash", qual_of(res, rel, type)));
}

/* row_security_policy_hook_restrictive */
static List *
restrictive_policies(CmdType command, Relation rel)
{
	List *policies = prev_restrictive ? prev_restrictive(command, rel) : NIL;
	bool own;
	AshResource *res = secured_resource(rel, &own);

	if (res == NULL || own || res->tenancy != ASH_TENANCY_ATTRIBUTE)
		return policies;
	return list_concat(policies, one_policy("ash tenant", qual_of(res, rel, QUAL_TENANT)));
}

void
ash_rowsecurity_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, name_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(OPEROID, name_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(TYPEOID, name_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, name_changed, (Datum) 0);
	prev_permissive = row_security_policy_hook_permissive;
	row_security_policy_hook_permissive = permissive_policies;
	prev_restrictive = row_security_policy_hook_restrictive;
	row_security_policy_hook_restrictive = restrictive_policies;
}
