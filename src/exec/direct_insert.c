/*-------------------------------------------------------------------------
 *
 * src/exec/direct_insert.c
 *	  The direct path of inserts: one row written by the executor's own single-row
 *	  insert, without parsing, planning or starting a statement; and batches of rows.
 *
 * ExecSimpleRelationInsert() fires row triggers, computes stored generated columns, checks
 * constraints and maintains indexes, exactly as ModifyTable does for a plain table.
 * What it does not do is done here or excluded by the caller: privileges, read-only
 * transactions, row security, statement triggers, rules, partition routing (table_shape.c).
 *
 * In a batch the after-row triggers of all rows (foreign keys among them) fire at its end, as
 * they do for one INSERT of many rows, and the executor's state is set up once.  Where the
 * direct path does not apply, each row of a batch is a statement, whose triggers
 * wait for the end of the batch.  A batch belongs to the subtransaction in which it began,
 * whose abort frees its memory, relation and queued triggers.  Code that rows cause to run may
 * begin batches of its own: only the innermost counts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
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

/* The rows that ash_exec_batch() is writing. */
typedef struct Batch
{
	struct Batch *outer;
	SubTransactionId subxact;
	AshResource *res;
	AshTable *table; /* NULL: rows are statements; the rest is not set */
	Relation rel;
	EState *estate;
	ResultRelInfo info;
	TupleTableSlot *slot;
	bool busy; /* a row is being written: rows that triggers insert are not of the batch */
} Batch;

static Batch *innermost_batch = NULL;

/*-------------------------------------------------------------------------
 * The executor's state
 *-------------------------------------------------------------------------
 */

/*
 * Begin what the executor would do for command (INSERT, UPDATE or DELETE) on the open table
 * rel: an executor state whose range table is rel alone, info for it with open indexes, and
 * a level of after triggers.  End it with ash_heap_end().
 *
 * Raises an error where the command may not run: read-only transactions, parallel mode.
 */
EState *
ash_heap_begin(AshTable *table, Relation rel, ResultRelInfo *info, const char *command)
{
	EState *estate;
	MemoryContext old;
	RangeTblEntry *rte;

	PreventCommandIfReadOnly(command);
	PreventCommandIfParallelMode(command);
	table->users++;
	estate = CreateExecutorState();
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	rte = makeNode(RangeTblEntry);
	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(rel);
	rte->relkind = rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	ash_init_range_table(estate, rte);
	estate->es_output_cid = GetCurrentCommandId(true);
	memset(info, 0, sizeof(ResultRelInfo));
	info->type = T_ResultRelInfo;
	InitResultRelInfo(info, rel, 1, NULL, 0);
	/* a check that writes to its own table must not find its expressions in use */
	if (table->checks_used_in != AshMyLxid)
		info->AshCheckExprs = table->checks;
	table->checks_used_in = AshMyLxid;
	ExecOpenIndices(info, false);
	/* triggers look for the relation here before they open it again */
	estate->es_opened_result_relations = lappend(NIL, info);
	AfterTriggerBeginQuery();
	MemoryContextSwitchTo(old);
	return estate;
}

/* Fire the after triggers, free the state and make what was written visible. */
void
ash_heap_end(AshTable *table, EState *estate)
{
	table->checks_used_in = InvalidLocalTransactionId;
	AfterTriggerEndQuery(estate);
	ExecCloseResultRelations(estate);
	ExecResetTupleTable(estate->es_tupleTable, false);
	FreeExecutorState(estate);
	table->users--;
	CommandCounterIncrement();
}

/* A slot for rows of rel, freed with the executor state. */
static TupleTableSlot *
create_row_slot(EState *estate, Relation rel)
{
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);
	TupleTableSlot *slot = ExecInitExtraTupleSlot(estate, RelationGetDescr(rel), &TTSOpsVirtual);

	MemoryContextSwitchTo(old);
	return slot;
}

/*-------------------------------------------------------------------------
 * One row
 *-------------------------------------------------------------------------
 */

/* Fill every column of the slot: as given, else with the column's default, else with null. */
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

/*
 * Copy the row as it was stored into result, in CurrentMemoryContext.  Datums that are still
 * those of values are not copied.
 */
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

/*
 * Insert the row of the slot and check its foreign keys, where direct_reference.c can do that.
 * For a row whose references it could not confirm, the table's triggers are queued as for
 * any insert.
 */
static void
insert_row(AshTable *table, EState *estate, ResultRelInfo *info, TupleTableSlot *slot)
{
	bool check = table->nreferences > 0 && !IsolationUsesXactSnapshot() &&
				 SessionReplicationRole != SESSION_REPLICATION_ROLE_REPLICA;

	if (!check)
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

/*
 * Write one row of an insert that has begun; see ash_direct_insert() for values, given and
 * result.
 */
static AshDirectResult
write_new_row(AshResource *res, AshTable *table, EState *estate, ResultRelInfo *info,
			  TupleTableSlot *slot, const AshValue *values, const bool *given, AshValue *result)
{
	fill_slot(slot, table, values, given, estate);
	ItemPointerSetInvalid(&slot->tts_tid);
	insert_row(table, estate, info, slot);

	/* only a row that was stored has a position */
	if (!ItemPointerIsValid(&slot->tts_tid))
		return ASH_DIRECT_SUPPRESSED;
	read_slot(slot, res, table, values, given, result);
	return ASH_DIRECT_DONE;
}

/* An insert that is a command of its own. */
static AshDirectResult
insert_single(AshResource *res, AshTable *table, Relation rel, const AshValue *values,
			  const bool *given, AshValue *result)
{
	ResultRelInfo info;
	EState *estate = ash_heap_begin(table, rel, &info, "INSERT");
	TupleTableSlot *slot = create_row_slot(estate, rel);
	AshDirectResult done = write_new_row(res, table, estate, &info, slot, values, given, result);

	ash_heap_end(table, estate);
	return done;
}

/*-------------------------------------------------------------------------
 * Batches
 *-------------------------------------------------------------------------
 */

/* The batch that a row of res inserted now belongs to, or NULL. */
static Batch *
current_batch(const AshResource *res)
{
	return innermost_batch != NULL && innermost_batch->res == res &&
				   innermost_batch->subxact == GetCurrentSubTransactionId() ?
			   innermost_batch :
			   NULL;
}

/* True if a statement that inserts into the table of res leaves its triggers to a batch. */
bool
ash_batch_queues(const AshResource *res)
{
	const Batch *batch = current_batch(res);

	return batch != NULL && batch->table == NULL;
}

static void
begin_batch(Batch *batch)
{
	AshResource *res = batch->res;
	Relation rel = table_open(ash_resource_relid(res), RowExclusiveLock);
	AshTable *table = ash_table_of(res, rel, false);

	batch->subxact = GetCurrentSubTransactionId();
	if (ash_table_direct(table, rel, ACL_INSERT))
	{
		batch->table = table;
		batch->rel = rel;
		batch->estate = ash_heap_begin(table, rel, &batch->info, "INSERT");
		batch->slot = create_row_slot(batch->estate, rel);
	}
	else
	{
		table_close(rel, NoLock);
		AfterTriggerBeginQuery();
	}
}

/* Fire the triggers that have waited. */
static void
end_batch(Batch *batch)
{
	if (batch->table == NULL)
	{
		AfterTriggerEndQuery(NULL);
		CommandCounterIncrement();
		return;
	}
	ash_heap_end(batch->table, batch->estate);
	table_close(batch->rel, NoLock);
}

/*
 * Run body(arg), whose inserts into the table of res are one batch.  When body returns false
 * the batch is abandoned: the caller must then roll the subtransaction back, as after an
 * error.
 */
void
ash_exec_batch(AshResource *res, bool (*body)(void *arg), void *arg)
{
	Batch *batch = palloc0(sizeof(Batch));
	volatile bool complete = false;

	batch->res = res;
	batch->outer = innermost_batch;
	begin_batch(batch);
	innermost_batch = batch;
	PG_TRY();
	{
		complete = body(arg);
	}
	PG_FINALLY();
	{
		innermost_batch = batch->outer;
	}
	PG_END_TRY();
	if (complete)
		end_batch(batch);
}

/* A row of the running batch, whose state is set up. */
static AshDirectResult
insert_in_batch(Batch *batch, const AshValue *values, const bool *given, AshValue *result)
{
	AshDirectResult done;

	batch->busy = true;
	done = write_new_row(batch->res, batch->table, batch->estate, &batch->info, batch->slot, values,
						 given, result);
	ResetPerTupleExprContext(batch->estate);
	CommandCounterIncrement();
	batch->busy = false;
	return done;
}

/*
 * Insert one row without a statement, as part of the running batch if there is one for res.
 *
 * values and given are indexed like res->attributes; a column that is not given gets its
 * default.  result gets every attribute as stored, in CurrentMemoryContext.
 * Constraint violations and errors of triggers are raised as PostgreSQL raises them.
 */
AshDirectResult
ash_direct_insert(AshResource *res, const AshValue *values, const bool *given, AshValue *result)
{
	Batch *batch = current_batch(res);
	AshDirectResult done = ASH_DIRECT_NOT_TRIED;
	Relation rel;
	AshTable *table;

	if (batch != NULL && batch->table != NULL && !batch->busy && ash_guc_fast_path)
		return insert_in_batch(batch, values, given, result);
	rel = table_open(ash_resource_relid(res), RowExclusiveLock);
	table = ash_table_of(res, rel, false);
	if (ash_table_direct(table, rel, ACL_INSERT))
		done = insert_single(res, table, rel, values, given, result);
	table_close(rel, NoLock);
	return done;
}
