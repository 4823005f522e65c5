/*-------------------------------------------------------------------------
 *
 * src/exec/table_shape.c
 *	  The shape of a resource's table, cached for writes.
 *
 * Column numbers and planned column defaults are looked up once per backend and
 * table definition.  A relcache callback counts invalidations of any relation;
 * a shape built before the last one is built anew.  The callback only counts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "exec/exec_internal.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rowsecurity.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rls.h"

static uint64 relcache_epoch = 1;

static void
relation_invalidated(Datum arg, Oid relid)
{
	relcache_epoch++;
}

uint64
ash_exec_relcache_epoch(void)
{
	return relcache_epoch;
}

void
ash_exec_init(void)
{
	CacheRegisterRelcacheCallback(relation_invalidated, (Datum) 0);
}

/* The attribute that column attnum of desc stores, or -1. */
static int
attribute_of_column(const AshResource *res, Form_pg_attribute column)
{
	if (column->attisdropped)
		return -1;
	for (int i = 0; i < res->nattributes; i++)
		if (namestrcmp(&column->attname, res->attributes[i]->source) == 0)
			return i;
	return -1;
}

static void
map_columns(AshTable *table, const AshResource *res, Relation rel)
{
	TupleDesc desc = RelationGetDescr(rel);

	table->natts = desc->natts;
	table->attribute_of = palloc(sizeof(int) * desc->natts);
	table->attnums = palloc0(sizeof(AttrNumber) * Max(res->nattributes, 1));
	for (int i = 0; i < desc->natts; i++)
	{
		table->attribute_of[i] = attribute_of_column(res, TupleDescAttr(desc, i));
		if (table->attribute_of[i] >= 0)
			table->attnums[table->attribute_of[i]] = i + 1;
	}
	for (int i = 0; i < res->nattributes; i++)
	{
		if (table->attnums[i] == InvalidAttrNumber)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" of table %s of resource %s does not exist",
							res->attributes[i]->source, res->qualified, res->name),
					 errhint("Run ash_plan('%s') to see what is missing.", res->domain.name)));
		if (TupleDescAttr(desc, table->attnums[i] - 1)->atttypid != res->attributes[i]->type->oid)
			ereport(
				ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg(
					 "column \"%s\" of table %s has another type than attribute \"%s\" of resource %s",
					 res->attributes[i]->source, res->qualified, res->attributes[i]->name,
					 res->name),
				 errhint("Run ash_plan('%s') to see the difference.", res->domain.name)));
	}
}

/* Planned defaults of the columns, identity columns included; generated ones are not ours. */
static void
plan_defaults(AshTable *table, Relation rel)
{
	TupleDesc desc = RelationGetDescr(rel);

	table->defaults = palloc0(sizeof(Expr *) * desc->natts);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		Node *expr;

		if (column->attisdropped || column->attgenerated)
			continue;
		expr = build_column_default(rel, i + 1);
		if (expr != NULL)
			table->defaults[i] = expression_planner((Expr *) expr);
	}
}

/* Has the table columns that are computed when they are read? */
static bool
has_virtual_columns(TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		char generated = TupleDescAttr(desc, i)->attgenerated;

		if (generated != '\0' && generated != ATTRIBUTE_GENERATED_STORED)
			return true;
	}
	return false;
}

/* What of a local heap table is all that a statement would do, when it is done to one row. */
static AclMode
plain_uses(Relation rel)
{
	const TriggerDesc *triggers = rel->trigdesc;
	AclMode plain = ACL_SELECT | ACL_INSERT | ACL_UPDATE | ACL_DELETE;

	if (rel->rd_rel->relkind != RELKIND_RELATION || rel->rd_rules != NULL ||
		has_virtual_columns(RelationGetDescr(rel)))
		return 0;
	/* the row may be one of a child table */
	if (rel->rd_rel->relhassubclass)
		plain = ACL_INSERT;
	if (triggers == NULL)
		return plain;
	if (triggers->trig_insert_before_statement || triggers->trig_insert_after_statement ||
		triggers->trig_insert_new_table)
		plain &= ~ACL_INSERT;
	if (triggers->trig_update_before_statement || triggers->trig_update_after_statement ||
		triggers->trig_update_old_table || triggers->trig_update_new_table)
		plain &= ~ACL_UPDATE;
	if (triggers->trig_delete_before_statement || triggers->trig_delete_after_statement ||
		triggers->trig_delete_old_table)
		plain &= ~ACL_DELETE;
	return plain;
}

/*
 * The expressions of the CHECK constraints.  The executor reads and plans them for
 * every statement; here they are ready for every row until the table changes.
 */
static ExprState **
prepare_checks(Relation rel)
{
	TupleConstr *constraints = RelationGetDescr(rel)->constr;
	ExprState **checks;

	if (constraints == NULL || constraints->num_check == 0)
		return NULL;
	checks = palloc(sizeof(ExprState *) * constraints->num_check);
	for (int i = 0; i < constraints->num_check; i++)
		checks[i] =
			ExecInitExpr(expression_planner(stringToNode(constraints->check[i].ccbin)), NULL);
	return checks;
}

/* Conditions are asked in memory with the collation of the type; a column may have another one. */
static bool
has_own_collation(const AshTable *table, const AshResource *res, Relation rel)
{
	for (int i = 0; i < res->nattributes; i++)
	{
		if (TupleDescAttr(RelationGetDescr(rel), table->attnums[i] - 1)->attcollation !=
			res->attributes[i]->type->collation)
			return true;
	}
	return false;
}

static AshTable *
build_table(AshResource *res, Relation rel)
{
	MemoryContext cxt =
		AllocSetContextCreate(CurrentMemoryContext, "ash table shape", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	AshTable *table = palloc0(sizeof(AshTable));

	table->cxt = cxt;
	table->relid = RelationGetRelid(rel);
	table->definer = res->owner;
	table->epoch = relcache_epoch;
	map_columns(table, res, rel);
	plan_defaults(table, rel);
	table->checks = prepare_checks(rel);
	table->plain = plain_uses(rel);
	if (has_own_collation(table, res, rel))
		table->plain &= ~ACL_SELECT;
	ash_references_map(table, rel);
	MemoryContextSwitchTo(old);
	return table;
}

static bool
is_current(const AshTable *table, Relation rel)
{
	return table != NULL && table->epoch == relcache_epoch && table->relid == RelationGetRelid(rel);
}

/* Does every attribute have a column of its type? */
static bool
columns_fit(const AshResource *res, Relation rel)
{
	TupleDesc desc = RelationGetDescr(rel);
	int n = 0;

	for (int i = 0; i < desc->natts; i++)
	{
		int attribute = attribute_of_column(res, TupleDescAttr(desc, i));

		if (attribute >= 0 &&
			TupleDescAttr(desc, i)->atttypid == res->attributes[attribute]->type->oid)
			n++;
	}
	return n == res->nattributes;
}

AshTable *
ash_table_if_fit(AshResource *res, Relation rel)
{
	return is_current(res->write_cache, rel) || columns_fit(res, rel) ? ash_table_of(res, rel) :
																		NULL;
}

AshTable *
ash_table_of(AshResource *res, Relation rel)
{
	AshTable *table = res->write_cache;
	AshTable *former;

	if (is_current(table, rel))
		return table;

	/*
	 * Built aside, then put in place. A nested call leaves the old shape until the
	 * resource goes: a write further up the stack may be using it.
	 */
	former = table;
	table = build_table(res, rel);
	MemoryContextSetParent(table->cxt, res->cxt);
	res->write_cache = table;
	if (former != NULL && former->writing != AshMyLxid && !ash_batch_uses(former) &&
		ash_call_current() != NULL && ash_call_current()->parent == NULL)
		MemoryContextDelete(former->cxt);
	return table;
}

bool
ash_table_direct(const AshTable *table, Relation rel, AclMode mode)
{
	AclMode needed = mode | ACL_SELECT;

	if (!ash_guc_fast_path || !(table->plain & mode))
		return false;
	/* every one of them: pg_class_aclcheck() is content with any */
	if (pg_class_aclmask(table->relid, GetUserId(), needed, ACLMASK_ALL) != needed ||
		ash_namespace_aclcheck(RelationGetNamespace(rel), GetUserId(), ACL_USAGE) != ACLCHECK_OK)
		return false;

	/* row security that somebody wrote by hand is applied by the rewriter */
	if (rel->rd_rel->relrowsecurity &&
		((rel->rd_rsdesc != NULL && rel->rd_rsdesc->policies != NIL) ||
		 !has_privs_of_role(table->definer, rel->rd_rel->relowner)))
		return false;
	return true;
}
