/*-------------------------------------------------------------------------
 *
 * src/sql/row_table.c
 *	  The table behind a row: for which tenant, and with whose rights it is read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/action_def.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "query/query_internal.h"
#include "utils/acl.h"

/*-------------------------------------------------------------------------
 * Tenant and table
 *-------------------------------------------------------------------------
 */

static bool
tenant_required(AshResource *res, AshAction *action)
{
	return !res->tenant_global && (action == NULL || action->multitenancy == ASH_TENANCY_ENFORCE);
}

static bool
tenant_bypassed(AshAction *action)
{
	return action != NULL && (action->multitenancy == ASH_TENANCY_BYPASS ||
							  action->multitenancy == ASH_TENANCY_BYPASS_ALL);
}

/* "bypass_all" also holds for what the action reads of other resources. */
bool
ash_call_of_all_tenants(const AshCall *call)
{
	return call->all_tenants ||
		   (call->action != NULL && call->action->multitenancy == ASH_TENANCY_BYPASS_ALL);
}

/* The condition on the tenant attribute, or NULL. */
AshExpr *
ash_tenant_condition(AshCall *call, AshResource *res, AshAction *action)
{
	AshValue tenant;

	if (call == NULL || res->tenancy == ASH_TENANCY_NONE || tenant_bypassed(action) ||
		ash_call_of_all_tenants(call))
		return NULL;
	if (!call->bindings.has_tenant)
	{
		if (tenant_required(res, action))
			ash_error_add(call->errors, ASH_E_TENANT_REQUIRED, NULL,
						  "Queries against the %s resource require a tenant to be specified",
						  res->name);
		return NULL;
	}
	if (res->tenancy != ASH_TENANCY_ATTRIBUTE || !ash_call_tenant_value(call, res, false, &tenant))
		return NULL;
	return ash_expr_call("=",
						 list_make2(ash_expr_attribute(res, res->tenant_attribute),
									ash_expr_const(res->tenant_attribute->type, tenant)),
						 call->errors);
}

/* The same in SQL that sessions run later: it reads their tenant then. */
AshExpr *
ash_session_tenant(AshResource *res, AshAction *action)
{
	if (res->tenancy != ASH_TENANCY_ATTRIBUTE || tenant_bypassed(action))
		return NULL;
	return ash_session_tenant_condition(res, tenant_required(res, action));
}

void
ash_row_table(AshRowScope *row)
{
	AshSql *sql = row->sql;

	ash_sql_reads(sql, row->res);
	ash_sql_str(sql, row->res->qualified);
	appendStringInfo(&sql->text, " AS %s", row->alias);
	if (OidIsValid(row->reader))
	{
		AshReader *reader = palloc(sizeof(AshReader));

		reader->alias = row->alias;
		reader->role = row->reader;
		sql->readers = lappend(sql->readers, reader);
	}
}

/*-------------------------------------------------------------------------
 * Rights
 *-------------------------------------------------------------------------
 */

/*
 * A "definer" resource is guarded by its policies alone, so where these decide it is
 * read with its owner's rights.  The path to it comes from a definition whose
 * functions may run on rows before the policies hide them: only one of a role that
 * could read the table anyway may lead there.
 */
Oid
ash_related_reader(const AshResource *source, const AshResource *dest)
{
	if (dest->security != ASH_SECURITY_DEFINER || !dest->has_policies ||
		!has_privs_of_role(source->owner, dest->owner))
		return InvalidOid;
	return dest->owner;
}

/*
 * Without policies the caller's, except for what the definition of a row that is read
 * with its owner's rights (its policies, its base filter) reaches itself.
 */
Oid
ash_row_reader(const AshRowScope *source, const AshResource *dest, bool authorize)
{
	if (source->call == NULL)
		return InvalidOid;
	/* what the resource of the call says about the end of the path runs on its rows too */
	if (authorize && !OidIsValid(ash_related_reader(source->call->res, dest)))
		return InvalidOid;
	return authorize ? ash_related_reader(source->res, dest) : source->trusted_reader;
}
