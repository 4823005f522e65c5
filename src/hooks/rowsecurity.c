/*-------------------------------------------------------------------------
 *
 * src/hooks/rowsecurity.c
 *	  Policies as row-security quals on ad-hoc SQL.
 *
 * PostgreSQL asks the hooks for each table with row security enabled, while a
 * query is rewritten and only for roles that row security applies to.  A
 * resource's table answers with
 *
 *	  permissive	what the policies say of the command: read policies for SELECT,
 *					those of the primary create, update and destroy action for
 *					the others.  Nothing authorized is one policy that is false,
 *					for PostgreSQL takes several permissive ones as alternatives.
 *	  restrictive	the tenant.
 *
 * A policy of UPDATE also holds for the new row, as in CREATE POLICY without
 * WITH CHECK: an ad-hoc UPDATE cannot move a row out of its own reach.
 *
 * A qual is text, written like any condition of a statement and parsed as CREATE
 * POLICY would.  It becomes part of cached plans: query/session.c reads actor and
 * tenant.
 *
 * Our own statements carry their policies as ordinary conditions and get one
 * policy that is true.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "data/data.h"
#include "hooks/hooks.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_clause.h"
#include "parser/parse_collate.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "policy/policy.h"
#include "query/query.h"
#include "rewrite/rewriteManip.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* Alias of the row in the text of a qual. */
#define ROW_ALIAS "t"

/* The text of a qual being written, and whose it is. */
typedef struct QualText
{
	AshSql sql; /* must be first */
	const AshResource *res;
} QualText;

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

/*-------------------------------------------------------------------------
 * Policies
 *-------------------------------------------------------------------------
 */

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

/* Parse as the expression of a policy on rel: variables of range table entry 1. */
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

static List *
policies_of(AshResource *res, Relation rel, AshActionType type)
{
	AshPolicySubject subject = { .res = res, .type = type, .action = res->primary_actions[type] };
	AshExpr *condition = NULL;

	if (ash_policy_decide(&subject, &condition) == ASH_DECISION_DENY)
		return constant_policy("ash", false);
	condition = within_base(res, type, condition);
	if (condition == NULL)
		return constant_policy("ash", true);
	return one_policy("ash", parse_qual(res, rel, condition_text(res, condition)));
}

/*
 * The resource whose rows row security is asked about; NULL: it is not our business.
 * The same resources have row security enabled by the schema planner.  A table that
 * somebody else made under a definition that was there before is none of them: who
 * sees its rows is its owner's decision.  A statement of ours goes by the definition
 * that its call began with.
 */
static AshResource *
secured_resource(Relation rel, bool *own)
{
	AshResource *res = ash_data_own_statement(RelationGetRelid(rel));

	*own = res != NULL;
	if (!*own)
		res = ash_resource_by_relid(RelationGetRelid(rel));
	if (res == NULL || (!res->has_policies && res->tenancy == ASH_TENANCY_NONE) ||
		!has_privs_of_role(res->owner, rel->rd_rel->relowner))
		return NULL;
	return res;
}

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
	return list_concat(policies, policies_of(res, rel, type));
}

/*-------------------------------------------------------------------------
 * Tenant
 *-------------------------------------------------------------------------
 */

static List *
restrictive_policies(CmdType command, Relation rel)
{
	List *policies = prev_restrictive ? prev_restrictive(command, rel) : NIL;
	bool own;
	AshResource *res = secured_resource(rel, &own);
	AshExpr *tenant;

	if (res == NULL || own || res->tenancy != ASH_TENANCY_ATTRIBUTE)
		return policies;
	tenant = ash_session_tenant_condition(res, !res->tenant_global);
	return list_concat(policies,
					   one_policy("ash tenant", parse_qual(res, rel, condition_text(res, tenant))));
}

void
ash_rowsecurity_init(void)
{
	prev_permissive = row_security_policy_hook_permissive;
	row_security_policy_hook_permissive = permissive_policies;
	prev_restrictive = row_security_policy_hook_restrictive;
	row_security_policy_hook_restrictive = restrictive_policies;
}
