/*-------------------------------------------------------------------------
 *
 * src/exec/direct_batch.c
 *	  Many rows of one table: their after-row triggers (foreign keys among them) fire
 *	  at the end of the batch, as they do for an INSERT of many rows.  On the heap fast
 *	  path the executor's state is set up once for all of them, too; elsewhere each row
 *	  is a statement of its own.
 *
 * A batch belongs to the subtransaction in which it began; after an error its memory,
 * relation and queued triggers go with that.  Code that rows cause to run may begin
 * batches of its own: the innermost counts until it is left.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "exec/exec_internal.h"

struct AshBatch
{
	AshBatch *outer;
	SubTransactionId subxact;
	AshResource *res;
	AshTable *table; /* NULL: rows are statements, only their triggers wait */
	Relation rel;
	EState *estate;
	ResultRelInfo *info;
	TupleTableSlot *slot;
	bool busy; /* a row is being written: rows of triggers go their own way */
};

static AshBatch *innermost = NULL;

static AshBatch *
current_batch(const AshResource *res)
{
	return innermost != NULL && innermost->res == res &&
				   innermost->subxact == GetCurrentSubTransactionId() ?
			   innermost :
			   NULL;
}

/* May a batch still use the shape? */
bool
ash_batch_uses(const AshTable *table)
{
	for (AshBatch *batch = innermost; batch != NULL; batch = batch->outer)
	{
		if (batch->table == table)
			return true;
	}
	return false;
}

/* The executor's state for all rows. */
static void
begin_heap(AshBatch *batch, AshTable *table, Relation rel)
{
	MemoryContext old;

	ash_heap_check_writable("INSERT");
	batch->table = table;
	batch->rel = rel;
	batch->info = palloc0(sizeof(ResultRelInfo));
	batch->info->type = T_ResultRelInfo;
	batch->estate = ash_heap_begin(table, rel, batch->info);
	old = MemoryContextSwitchTo(batch->estate->es_query_cxt);
	batch->slot = ExecInitExtraTupleSlot(batch->estate, RelationGetDescr(rel), &TTSOpsVirtual);
	MemoryContextSwitchTo(old);
}

AshBatch *
ash_exec_batch_begin(AshResource *res)
{
	AshBatch *batch = palloc0(sizeof(AshBatch));
	Relation rel = table_open(ash_resource_relid(res), RowExclusiveLock);
	AshTable *table = ash_table_of(res, rel);

	batch->outer = innermost;
	batch->subxact = GetCurrentSubTransactionId();
	batch->res = res;
	if (ash_table_direct(table, rel, ACL_INSERT))
		begin_heap(batch, table, rel);
	else
	{
		table_close(rel, NoLock);
		AfterTriggerBeginQuery();
	}
	innermost = batch;
	return batch;
}

/* Insert a row as part of the running batch; false when there is none for it. */
bool
ash_exec_batch_insert(AshResource *res, const AshValue *values, const bool *given, AshValue *result)
{
	AshBatch *batch = current_batch(res);

	if (batch == NULL || batch->table == NULL || batch->busy || !ash_guc_fast_path)
		return false;
	batch->busy = true;
	ash_heap_write_row(res, batch->table, batch->estate, batch->info, batch->slot, values, given,
					   result);
	ResetPerTupleExprContext(batch->estate);
	CommandCounterIncrement();
	batch->busy = false;
	return true;
}

/* Do the triggers of a statement that inserts into the table of res wait for the batch's end? */
bool
ash_exec_batch_queues(const AshResource *res)
{
	const AshBatch *batch = current_batch(res);

	return batch != NULL && batch->table == NULL;
}

void
ash_exec_batch_end(AshBatch *batch)
{
	Assert(innermost == batch);
	ash_exec_batch_leave(batch);
	if (batch->table == NULL)
	{
		AfterTriggerEndQuery(NULL);
		CommandCounterIncrement();
		return;
	}
	ash_heap_end(batch->table, batch->estate);
	table_close(batch->rel, NoLock);
}

void
ash_exec_batch_leave(AshBatch *batch)
{
	innermost = batch->outer;
}
