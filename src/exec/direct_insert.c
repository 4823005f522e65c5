/*-------------------------------------------------------------------------
 *
 * src/exec/direct_insert.c
 *	  The heap fast path: one row written by the executor's own single-row
 *	  insert, without parsing, planning or starting a statement.
 *
 * ExecSimpleRelationInsert fires row triggers, computes stored generated
 * columns, checks constraints and maintains indexes, exactly as ModifyTable does
 * for a plain table.  What it does not do is done here or excluded by the
 * caller: privileges, read-only transactions, row security, statement triggers,
 * rules, partition routing (table_shape.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/trigger.h"
#include "exec/exec_internal.h"
#include "miscadmin.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "parser/parse_relation.h"
#include "storage/proc.h"
#include "tcop/utility.h"
#include "utils/datum.h"
#include "utils/snapmgr.h"

/* An executor state whose range table is rel alone. */
EState *
ash_heap_begin(AshTable *table, Relation rel, ResultRelInfo *info)
{
	EState *estate = CreateExecutorState();
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(rel);
	rte->relkind = rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	ash_init_range_table(estate, rte);
	estate->es_output_cid = GetCurrentCommandId(true);
	InitResultRelInfo(info, rel, 1, NULL, 0);
	/* a check that writes to its own table must not find its expressions in use */
	if (table->writing != AshMyLxid)
		info->AshCheckExprs = table->checks;
	table->writing = AshMyLxid;
	ExecOpenIndices(info, false);
	/* where the triggers look for it before they open it again */
	estate->es_opened_result_relations = lappend(NIL, info);
	AfterTriggerBeginQuery();
	MemoryContextSwitchTo(old);
	return estate;
}

void
ash_heap_end(AshTable *table, EState *estate)
{
	table->writing = InvalidLocalTransactionId;
	AfterTriggerEndQuery(estate);
	ExecCloseResultRelations(estate);
	ExecResetTupleTable(estate->es_tupleTable, false);
	FreeExecutorState(estate);
	CommandCounterIncrement();
}

/* Every column of the slot: from the changes, else the column's own default, else null. */
static void
fill_slot(TupleTableSlot *slot, const AshTable *table, const AshValue *values, const bool *given,
		  EState *estate)
{
	ExprContext *econtext = GetPerTupleExprContext(estate);

	ExecClearTuple(slot);
	for (int i = 0; i < table->natts; i++)
	{
		int attribute = table->attribute_of[i];

		if (attribute >= 0 && given[attribute])
		{
			slot->tts_values[i] = values[attribute].value;
			slot->tts_isnull[i] = values[attribute].isnull;
		}
		else if (table->defaults[i] != NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
			ExprState *state = ExecInitExpr(table->defaults[i], NULL);

			slot->tts_values[i] = ExecEvalExpr(state, econtext, &slot->tts_isnull[i]);
			MemoryContextSwitchTo(old);
		}
		else
		{
			slot->tts_values[i] = (Datum) 0;
			slot->tts_isnull[i] = true;
		}
	}
	ExecStoreVirtualTuple(slot);
}

/* The row as written; what is still the caller's own Datum is not copied. */
static void
read_slot(TupleTableSlot *slot, const AshResource *res, const AshTable *table,
		  const AshValue *values, const bool *given, AshValue *result)
{
	slot_getallattrs(slot);
	for (int i = 0; i < res->nattributes; i++)
	{
		int column = table->attnums[i] - 1;
		const AshTypeInst *type = res->attributes[i]->type;

		result[i].isnull = slot->tts_isnull[column];
		result[i].value = slot->tts_values[column];
		if (result[i].isnull || type->typbyval || (given[i] && result[i].value == values[i].value))
			continue;
		result[i].value = datumCopy(result[i].value, false, type->typlen);
	}
}

/* Refuse what a statement would refuse before it starts. */
void
ash_heap_check_writable(const char *command)
{
	PreventCommandIfReadOnly(command);
	PreventCommandIfParallelMode(command);
}

/*
 * Insert the row; its foreign keys are looked at here where that is enough.  Triggers
 * of a row for which it is not are queued as if nobody had looked.
 */
static void
insert_row(AshTable *table, EState *estate, ResultRelInfo *info, TupleTableSlot *slot)
{
	bool look = ash_references_apply(table);

	if (!look)
	{
		ExecSimpleRelationInsert(info, estate, slot);
		return;
	}
	/* the executor's own copy of the table's triggers */
	info->ri_TrigDesc->trig_insert_after_row = false;
	ExecSimpleRelationInsert(info, estate, slot);
	info->ri_TrigDesc->trig_insert_after_row = true;
	if (ItemPointerIsValid(&slot->tts_tid) && !ash_references_hold(table, slot))
		ExecARInsertTriggers(estate, info, slot, NIL, NULL);
}

/* One row of an insert that has begun; result gets it as stored. */
void
ash_heap_write_row(AshResource *res, AshTable *table, EState *estate, ResultRelInfo *info,
				   TupleTableSlot *slot, const AshValue *values, const bool *given,
				   AshValue *result)
{
	fill_slot(slot, table, values, given, estate);
	ItemPointerSetInvalid(&slot->tts_tid);
	insert_row(table, estate, info, slot);

	/* only a row that was stored has a place */
	if (!ItemPointerIsValid(&slot->tts_tid))
		ereport(ERROR, (errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
						errmsg("a trigger of table %s left the row out", res->qualified)));
	read_slot(slot, res, table, values, given, result);
}

/*
 * Insert one row.  result gets every attribute as stored, in
 * CurrentMemoryContext.  Constraint violations and trigger errors are raised as
 * PostgreSQL raises them.
 */
void
ash_heap_insert(AshResource *res, AshTable *table, Relation rel, const AshValue *values,
				const bool *given, AshValue *result)
{
	ResultRelInfo info = { 0 };
	EState *estate;
	TupleTableSlot *slot;

	ash_heap_check_writable("INSERT");
	info.type = T_ResultRelInfo;
	estate = ash_heap_begin(table, rel, &info);
	slot = ExecInitExtraTupleSlot(estate, RelationGetDescr(rel), &TTSOpsVirtual);
	ash_heap_write_row(res, table, estate, &info, slot, values, given, result);
	ash_heap_end(table, estate);
}
