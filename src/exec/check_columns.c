/*-------------------------------------------------------------------------
 *
 * src/exec/check_columns.c
 *	  Verifies the column types of all tables of a statement before it is planned.
 *
 * A definition may be older than its table, or be written for a table that was created
 * otherwise.  The values that a statement returns are read as the type of the attribute, so
 * a column of another type would misread Datums.  Each table is locked first, as
 * the statement will do anyway, so that the result stays true while it runs.  A table is checked
 * again only after some relation was invalidated.
 *
 * Also determined is whether PostgreSQL may add tables to the statement that exec/ did not
 * write into it: those below a view, of a rule, or in a policy that was written by hand.
 * The policies of these have not been checked by the action.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "exec/exec_internal.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "parser/parse_coerce.h"
#include "rewrite/rowsecurity.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

static bool
is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

static bool
is_timestamp(Oid type)
{
	return type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

static bool
is_text(Oid type)
{
	char category;
	bool preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_STRING && get_typlen(type) == -1;
}

/* True if a value of type column can be read as one of type attribute. */
static bool
reads_as(Oid column, Oid attribute)
{
	if (column == attribute)
		return true;
	column = getBaseType(column);
	attribute = getBaseType(attribute);
	return IsBinaryCoercible(column, attribute) || (is_integer(column) && is_integer(attribute)) ||
		   (is_timestamp(column) && is_timestamp(attribute)) ||
		   (is_text(column) && is_text(attribute));
}

/*
 * Raise an error when the column of attr has a type that cannot be read as attr's.  A column
 * that does not exist is left to the error of the statement.
 */
static void
check_column(const AshResource *res, const AshAttribute *attr)
{
	HeapTuple tuple = SearchSysCacheAttName(res->relid, attr->source);
	Oid type;

	if (!HeapTupleIsValid(tuple))
		return;
	type = ((Form_pg_attribute) GETSTRUCT(tuple))->atttypid;
	ReleaseSysCache(tuple);
	if (!reads_as(type, attr->type->oid))
		ereport(
			ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg(
				 "column \"%s\" of table %s has another type than attribute \"%s\" of resource %s",
				 attr->source, res->qualified, attr->name, res->name),
			 errdetail_internal("%s, not %s", format_type_be(type),
								format_type_be(attr->type->oid)),
			 errhint("Run ash_plan('%s') to see the difference.", res->domain.name)));
}

/*
 * True if rewriting a statement on the relation may add other relations to it.  A materialized
 * view has a rule for REFRESH only.
 */
static bool
rewriting_adds_tables(Oid relid)
{
	Relation rel = table_open(relid, NoLock);
	bool found = rel->rd_rules != NULL && rel->rd_rel->relkind != RELKIND_MATVIEW;
	ListCell *lc;

	foreach (lc, rel->rd_rsdesc != NULL ? rel->rd_rsdesc->policies : NIL)
		found |= ((RowSecurityPolicy *) lfirst(lc))->hassublinks;
	table_close(rel, NoLock);
	return found;
}

/* Lock the table of res and check it, unless no relation has changed since the last check. */
static void
check_table(AshResource *res)
{
	uint64 epoch;

	if (res->embedded)
		return;
	LockRelationOid(ash_resource_relid(res), AccessShareLock);
	epoch = ash_relation_epoch();
	if (likely(res->columns_epoch == epoch))
		return;
	for (int i = 0; i < res->nattributes; i++)
		check_column(res, res->attributes[i]);
	res->adds_tables = rewriting_adds_tables(ash_resource_relid(res));
	res->columns_epoch = epoch;
}

/*
 * Lock the tables of res and of the other resources that the statement reads, and check them
 * as above.  Sets adds_tables of these resources.
 */
void
ash_exec_check_tables(AshResource *res, const AshSql *sql)
{
	ListCell *lc;

	check_table(res);
	foreach (lc, sql->reads)
		check_table(lfirst(lc));
}
