/*-------------------------------------------------------------------------
 *
 * src/hooks/direct_writes.c
 *	  "direct_writes": "deny": rows are written by actions only.
 *
 * Checked when PostgreSQL has checked the privileges of a statement and found them
 * sufficient; TRUNCATE has a hook of its own.  As with privileges, superusers may do
 * everything.  Exempt, too, are referential actions of foreign keys, which PostgreSQL
 * runs itself, what a replica applies, and the statement of exec/ that runs an action.
 *
 * ExecutorCheckPerms_hook does not get the text of a statement, by which a statement of exec/
 * is recognized, so ExecutorStart_hook, which surrounds it, does that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "catalog/objectaccess.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "exec/running_statement.h"
#include "executor/executor.h"
#include "hooks/hooks.h"
#include "miscadmin.h"
#include "model/model.h"
#include "model/resource.h"
#include "utils/lsyscache.h"

static ExecutorStart_hook_type prev_executor_start = NULL;
static ExecutorCheckPerms_hook_type prev_check_perms = NULL;
static object_access_hook_type prev_object_access = NULL;

/* The resource of the table or of a partitioned table of which it is a partition; or NULL. */
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

/* Raises the error. */
static void
refuse(const AshResource *res)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("table %s of resource \"%s\" is written by actions only", res->qualified,
						   res->name),
					errhint("Call ash_run_action('%s', action, input) instead.", res->name)));
}

/* SELECT … FOR UPDATE requires the UPDATE privilege, but updates no column. */
static bool
writes_rows(const AshPermInfo *info)
{
	return OidIsValid(info->relid) &&
		   ((info->requiredPerms & (ACL_INSERT | ACL_DELETE)) != 0 ||
			((info->requiredPerms & ACL_UPDATE) != 0 && !bms_is_empty(info->updatedCols)));
}

/* ExecutorStart_hook */
static void
executor_start(QueryDesc *desc, int flags)
{
	AshRunningStatement *statement = ash_running_statement(ASH_STATEMENT_RUNNING, desc->sourceText);

	if (statement != NULL)
		statement->phase = ASH_STATEMENT_STARTING;
	if (prev_executor_start != NULL)
		prev_executor_start(desc, flags);
	else
		standard_ExecutorStart(desc, flags);
	if (statement != NULL)
		statement->phase = ASH_STATEMENT_RUNNING;
}

/*
 * True if the statement being started is the one of exec/ that writes the table.  True once:
 * the text of a statement is also that of what rules have added to it.
 */
static bool
is_action_write(Oid relid)
{
	AshRunningStatement *statement = ash_running_statement(ASH_STATEMENT_STARTING, NULL);

	if (statement == NULL || !OidIsValid(statement->writes) || statement->writes != relid)
		return false;
	statement->writes = InvalidOid;
	return true;
}

/* ExecutorCheckPerms_hook: false, or an error if raise is set, where the write is denied. */
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

		if (res == NULL || res->direct_writes != ASH_DIRECT_DENY || is_action_write(info->relid) ||
			is_exempt())
			continue;
		if (raise)
			refuse(res);
		return false;
	}
	return true;
}

/* object_access_hook, for TRUNCATE */
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
	prev_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = executor_start;
	prev_check_perms = ExecutorCheckPerms_hook;
	ExecutorCheckPerms_hook = check_perms;
	prev_object_access = object_access_hook;
	object_access_hook = object_access;
}
