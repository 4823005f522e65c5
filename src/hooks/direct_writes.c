/*-------------------------------------------------------------------------
 *
 * src/hooks/direct_writes.c
 *	  "direct_writes": "deny": rows are written by actions only.
 *
 * Asked when PostgreSQL checks the privileges of a statement, after it found them
 * sufficient; TRUNCATE is asked about separately.  As with privileges, superusers
 * may do everything.  Not ad-hoc either: referential actions of foreign keys,
 * which PostgreSQL runs itself, and what a replica applies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "catalog/objectaccess.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "exec/exec.h"
#include "executor/executor.h"
#include "hooks/hooks.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

static ExecutorCheckPerms_hook_type prev_check_perms = NULL;
static object_access_hook_type prev_object_access = NULL;

/* The resource behind the table or behind the partitioned table it is a part of. */
static AshResource *
resource_of(Oid relid)
{
	AshResource *res = ash_resource_by_relid(relid);
	ListCell *lc;

	if (res != NULL || !get_rel_relispartition(relid))
		return res;
	foreach (lc, get_partition_ancestors(relid))
	{
		res = ash_resource_by_relid(lfirst_oid(lc));
		if (res != NULL)
			return res;
	}
	return NULL;
}

static bool
is_exempt(void)
{
	return superuser() || InNoForceRLSOperation() ||
		   SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA;
}

static void
refuse(const AshResource *res)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("table %s of resource \"%s\" is written by actions only", res->qualified,
						   res->name),
					errhint("Call ash_run_action('%s', action, input) instead.", res->name)));
}

/* SELECT … FOR UPDATE needs the privilege of UPDATE, but updates no column. */
static bool
writes_rows(const AshPermInfo *info)
{
	return OidIsValid(info->relid) &&
		   ((info->requiredPerms & (ACL_INSERT | ACL_DELETE)) != 0 ||
			((info->requiredPerms & ACL_UPDATE) != 0 && !bms_is_empty(info->updatedCols)));
}

static bool
check_perms(ASH_CHECK_PERMS_PARAMS)
{
	ListCell *lc;

	if (prev_check_perms != NULL && !prev_check_perms(ASH_CHECK_PERMS_ARGS))
		return false;
	if (IsParallelWorker())
		return true;
	foreach (lc, perm_infos)
	{
		const AshPermInfo *info = lfirst(lc);
		AshResource *res = writes_rows(info) ? resource_of(info->relid) : NULL;

		if (res == NULL || res->direct_writes != ASH_DIRECT_DENY ||
			ash_exec_executing(info->relid) || is_exempt())
			continue;
		if (raise)
			refuse(res);
		return false;
	}
	return true;
}

static void
object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	AshResource *res;

	if (prev_object_access != NULL)
		prev_object_access(access, class_id, object_id, sub_id, arg);
	if (access != OAT_TRUNCATE || class_id != RelationRelationId)
		return;
	res = resource_of(object_id);
	if (res != NULL && res->direct_writes == ASH_DIRECT_DENY && !is_exempt())
		refuse(res);
}

void
ash_permission_init(void)
{
	prev_check_perms = ExecutorCheckPerms_hook;
	ExecutorCheckPerms_hook = check_perms;
	prev_object_access = object_access_hook;
	object_access_hook = object_access;
}
