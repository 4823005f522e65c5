/*-------------------------------------------------------------------------
 *
 * src/data/heap_batch.c
 *	  The heap fast path for many rows of one table: the executor's state is set
 *	  up once for the batch, and the after-row triggers (foreign keys among them)
 *	  fire at its end, as they do for an INSERT of many rows.
 *
 * A batch belongs to the subtransaction in which it began.  After an error nothing
 * needs to be undone: a batch of another subtransaction is never used again, and
 * its memory, relation and queued triggers go with that subtransaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "data/internal.h"
#include "storage/proc.h"

typedef struct Batch
{
	LocalTransactionId lxid;
	SubTransactionId subxact; /* InvalidSubTransactionId: there is none */
	AshResource *res;
	AshTable *table;
	Relation rel;
	EState *estate;
	ResultRelInfo *info;
	TupleTableSlot *slot;
	bool busy; /* a row is being written: rows of triggers go their own way */
} Batch;

static Batch batch;

static bool
is_current(const AshResource *res)
{
	return batch.subxact != InvalidSubTransactionId && batch.lxid == AshMyLxid &&
		   batch.subxact == GetCurrentSubTransactionId() && batch.res == res;
}

/* May a batch of this transaction still use the shape? */
bool
ash_batch_uses(const AshTable *table)
{
	return batch.table == table && batch.lxid == AshMyLxid;
}

/* Begin a batch of inserts into the table of res; does nothing where rows take the SQL path. */
void
ash_data_batch_begin(AshResource *res)
{
	Relation rel = table_open(ash_resource_relid(res), RowExclusiveLock);
	AshTable *table = ash_table_of(res, rel);
	MemoryContext old;

	batch.subxact = InvalidSubTransactionId;
	if (!ash_table_direct(table, rel, ACL_INSERT))
	{
		table_close(rel, NoLock);
		return;
	}
	ash_heap_check_writable("INSERT");
	batch.info = palloc0(sizeof(ResultRelInfo));
	batch.info->type = T_ResultRelInfo;
	batch.estate = ash_heap_begin(table, rel, batch.info);
	old = MemoryContextSwitchTo(batch.estate->es_query_cxt);
	batch.slot = ExecInitExtraTupleSlot(batch.estate, RelationGetDescr(rel), &TTSOpsVirtual);
	MemoryContextSwitchTo(old);
	batch.res = res;
	batch.table = table;
	batch.rel = rel;
	batch.busy = false;
	batch.lxid = AshMyLxid;
	batch.subxact = GetCurrentSubTransactionId();
}

/* Insert a row as part of the running batch; false when there is none for it. */
bool
ash_data_batch_insert(AshResource *res, const AshValue *values, const bool *given, AshValue *result)
{
	if (!is_current(res) || batch.busy || !ash_guc_fast_path)
		return false;
	batch.busy = true;
	ash_heap_write_row(res, batch.table, batch.estate, batch.info, batch.slot, values, given,
					   result);
	ResetPerTupleExprContext(batch.estate);
	CommandCounterIncrement();
	batch.busy = false;
	return true;
}

/* End the batch: the queued triggers fire.  Not to be called when the batch is given up. */
void
ash_data_batch_end(AshResource *res)
{
	Relation rel = batch.rel;

	if (!is_current(res))
		return;
	batch.subxact = InvalidSubTransactionId;
	ash_heap_end(batch.table, batch.estate);
	table_close(rel, NoLock);
}
