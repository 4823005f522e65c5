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
#include "sql/sql.h"
#include "utils/acl.h"

/*-------------------------------------------------------------------------
 * Tenant and table
 *-------------------------------------------------------------------------
 */

/* The same in SQL that sessions run later: it reads their tenant then. */
AshExpr *
ash_session_tenant(AshResource *res, AshAction *action)
{
	if (res->tenancy != ASH_TENANCY_ATTRIBUTE || ash_tenant_bypassed(action))
		return NULL;
	return ash_session_tenant_condition(res, ash_tenant_required(res, action));
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
