/*-------------------------------------------------------------------------
 *
 * src/exec/table_shape.c
 *	  The shape of a resource's table, cached for the direct path.
 *
 * Column numbers, planned column defaults and the like are looked up once per backend and
 * table definition, and kept with the resource (res->table_shape).  A shape that is older
 * than the last invalidation of any relation is built again when it is next asked for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "exec/exec_internal.h"
#include "miscadmin.h"
#include "model/attribute.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rowsecurity.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/memutils.h"
#include "utils/rls.h"

/* The index of the attribute that the column stores, or -1. */
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

/* Map attributes and columns; an error when a column is missing or of another type. */
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

/* Plan the defaults of the columns, identity columns included; generated ones are computed. */
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

/* True if a column is generated, but not stored (PostgreSQL 18). */
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

/*
 * The commands for which the direct path does all that a statement would do to one row of the
 * table.  None for a view, a partitioned or a foreign table.
 */
static AclMode
direct_commands(Relation rel)
{
	const TriggerDesc *triggers = rel->trigdesc;
	AclMode direct = ACL_SELECT | ACL_INSERT | ACL_UPDATE | ACL_DELETE;

	if (rel->rd_rel->relkind != RELKIND_RELATION || rel->rd_rules != NULL ||
		has_virtual_columns(RelationGetDescr(rel)))
		return 0;
	/* a row that is looked up may be one of a child table */
	if (rel->rd_rel->relhassubclass)
		direct = ACL_INSERT;
	if (triggers == NULL)
		return direct;
	if (triggers->trig_insert_before_statement || triggers->trig_insert_after_statement ||
		triggers->trig_insert_new_table)
		direct &= ~ACL_INSERT;
	if (triggers->trig_update_before_statement || triggers->trig_update_after_statement ||
		triggers->trig_update_old_table || triggers->trig_update_new_table)
		direct &= ~ACL_UPDATE;
	if (triggers->trig_delete_before_statement || triggers->trig_delete_after_statement ||
		triggers->trig_delete_old_table)
		direct &= ~ACL_DELETE;
	return direct;
}

/*
 * The expressions of the CHECK constraints, or NULL without any.  The executor reads and plans
 * them for each statement; these are used until the table changes.
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

/*
 * True if a column has another collation than the type of its attribute, with which
 * conditions are evaluated in memory.
 */
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

/* Build the shape in a context of its own, below CurrentMemoryContext. */
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
	table->epoch = ash_relation_epoch();
	map_columns(table, res, rel);
	plan_defaults(table, rel);
	table->checks = prepare_checks(rel);
	table->direct = direct_commands(rel);
	if (has_own_collation(table, res, rel))
		table->direct &= ~ACL_SELECT;
	ash_references_map(table, rel);
	MemoryContextSwitchTo(old);
	return table;
}

static bool
is_current(const AshTable *table, Relation rel)
{
	return table != NULL && table->epoch == ash_relation_epoch() &&
		   table->relid == RelationGetRelid(rel);
}

/* True if every attribute has a column of its type. */
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

/*
 * Free a shape that is out of date, unless it is in use further up the stack, by a row that has
 * caused user code to run: then it lives as long as the transaction.
 */
static void
retire_table(AshTable *table)
{
	if (table->users > 0)
		MemoryContextSetParent(table->cxt, TopTransactionContext);
	else
		MemoryContextDelete(table->cxt);
}

/*
 * The shape of the open table rel of res, valid until the next call for the same resource, or
 * while its users are counted.
 *
 * When a column is missing or of another type than its attribute: NULL with missing_ok, else an
 * error.
 */
AshTable *
ash_table_of(AshResource *res, Relation rel, bool missing_ok)
{
	AshTable *former = res->table_shape;
	AshTable *table;

	if (is_current(former, rel))
		return former;
	if (missing_ok && !columns_fit(res, rel))
		return NULL;
	/* built aside and put in place when complete */
	table = build_table(res, rel);
	MemoryContextSetParent(table->cxt, res->cxt);
	res->table_shape = table;
	if (former != NULL)
		retire_table(former);
	return table;
}

/*
 * True if the direct path applies to that command on the open table: the shape allows it, the
 * current role has the privileges that the statement needs, and no row security policies
 * apply but those that the action has checked.
 */
bool
ash_table_direct(const AshTable *table, Relation rel, AclMode mode)
{
	AclMode needed = mode | ACL_SELECT;

	if (!ash_guc_fast_path || !(table->direct & mode))
		return false;
	/* all of them are needed: pg_class_aclcheck() is satisfied by any */
	if (pg_class_aclmask(table->relid, GetUserId(), needed, ACLMASK_ALL) != needed ||
		ash_namespace_aclcheck(RelationGetNamespace(rel), GetUserId(), ACL_USAGE) != ACLCHECK_OK)
		return false;

	/* policies that were written by hand are applied by the rewriter */
	if (rel->rd_rel->relrowsecurity &&
		((rel->rd_rsdesc != NULL && rel->rd_rsdesc->policies != NIL) ||
		 !has_privs_of_role(table->definer, rel->rd_rel->relowner)))
		return false;
	return true;
}
