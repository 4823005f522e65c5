/*-------------------------------------------------------------------------
 *
 * src/define/define_access.c
 *	  Privileges on the schema and the table that a definition names.
 *
 * A domain belongs to the role that first defined it; that role, its members and
 * superusers may define it again (ash_store_check_owner).  A resource takes over a
 * table only for a user who could create it, CREATE on the schema or else on the
 * database, and who owns it when it exists, because the resource decides who sees
 * its rows.  All of this is checked for the current user.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "commands/dbcommands.h"
#include "define/define_internal.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

/* Raises for a schema of the system or of the catalog. */
static void
check_not_system(const char *schema)
{
	if (strncmp(schema, "pg_", 3) != 0 && strcmp(schema, "information_schema") != 0 &&
		strcmp(schema, "ash") != 0)
		return;
	ereport(ERROR, (errcode(ERRCODE_INVALID_SCHEMA_NAME),
					errmsg("schema \"%s\" cannot hold tables of resources", schema)));
}

/*
 * Raises unless the current user may create tables in the schema or, when it does not
 * exist, create the schema.
 */
void
ash_define_check_schema(const char *schema)
{
	Oid namespace = get_namespace_oid(schema, true);
	AclResult result;

	check_not_system(schema);
	if (OidIsValid(namespace))
	{
		result = ash_namespace_aclcheck(namespace, GetUserId(), ACL_CREATE);
		if (result != ACLCHECK_OK)
			aclcheck_error(result, OBJECT_SCHEMA, schema);
		return;
	}
	result = ash_database_aclcheck(MyDatabaseId, GetUserId(), ACL_CREATE);
	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_DATABASE, get_database_name(MyDatabaseId));
}

/*
 * Raises unless the current user may create the table of the resource in its schema and,
 * when it exists, owns it and it is something a resource can have as its table.
 */
void
ash_define_check_table(AshResource *res)
{
	Oid namespace = get_namespace_oid(res->schema, true);
	Oid relid;
	char kind;

	ash_define_check_schema(res->schema);
	relid = OidIsValid(namespace) ? get_relname_relid(res->table, namespace) : InvalidOid;
	if (!OidIsValid(relid))
		return;
	kind = get_rel_relkind(relid);
	if (!ash_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(kind), res->table);
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE &&
		kind != RELKIND_FOREIGN_TABLE && kind != RELKIND_VIEW && kind != RELKIND_MATVIEW)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("%s is no table", res->qualified),
				 errdetail("It is to be the table of resource \"%s\".", res->name)));
}
