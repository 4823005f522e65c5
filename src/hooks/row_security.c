/*-------------------------------------------------------------------------
 *
 * src/hooks/row_security.c
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
 * Our own statements carry their policies as ordinary conditions and get one
 * policy that is true.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "exec/exec.h"
#include "hooks/hooks.h"
#include "hooks/policy_quals.h"
#include "nodes/makefuncs.h"
#include "rewrite/rewriteManip.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/rel.h"

static row_security_policy_hook_type prev_permissive = NULL;
static row_security_policy_hook_type prev_restrictive = NULL;

/*-------------------------------------------------------------------------
 * Policies
 *-------------------------------------------------------------------------
 */

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
 * The resource whose rows row security is asked about; NULL: it is not our business.
 * The same resources have row security enabled by the schema planner.  A table that
 * somebody else made under a definition that was there before is none of them: who
 * sees its rows is its owner's decision.  A statement of ours goes by the definition
 * that its call began with.
 */
static AshResource *
secured_resource(Relation rel, bool *own)
{
	AshResource *res = ash_exec_own_statement(RelationGetRelid(rel));

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
	return list_concat(policies, one_policy("ash", ash_qual_policies(res, rel, type)));
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

	if (res == NULL || own || res->tenancy != ASH_TENANCY_ATTRIBUTE)
		return policies;
	return list_concat(policies, one_policy("ash tenant", ash_qual_tenant(res, rel)));
}

void
ash_rowsecurity_init(void)
{
	ash_quals_init();
	prev_permissive = row_security_policy_hook_permissive;
	row_security_policy_hook_permissive = permissive_policies;
	prev_restrictive = row_security_policy_hook_restrictive;
	row_security_policy_hook_restrictive = restrictive_policies;
}
