/*-------------------------------------------------------------------------
 *
 * src/exec/direct_modify.c
 *	  The heap fast path for a stored row: find it by primary key and lock it,
 *	  then update or delete it, without parsing, planning or starting a statement.
 *
 * The row is locked before anybody looks at it, so what validations and policies
 * see is what the write replaces.  Under READ COMMITTED a row that was changed
 * meanwhile is followed to its newest version, whose key is compared again, as
 * EvalPlanQual would.  Under stricter isolation the caller takes the SQL path,
 * which knows about serialization failures.
 *
 * The position of a locked row is good while the command counter stands still;
 * after that (a hook or trigger wrote something) the row is looked up again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "exec/exec_internal.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/snapmgr.h"

static bool
lock_row(Relation rel, TupleTableSlot *slot)
{
	TM_FailureData tmfd;
	TM_Result result;
	ItemPointerData tid = slot->tts_tid;

	result = table_tuple_lock(rel, &tid, GetTransactionSnapshot(), slot, GetCurrentCommandId(false),
							  LockTupleNoKeyExclusive, LockWaitBlock,
							  TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &tmfd);
	switch (result)
	{
		case TM_Ok:
			return true;
		case TM_Deleted:
		case TM_SelfModified:
			return false;
		default:
			elog(ERROR, "unexpected result %d of locking a row", (int) result);
	}
	return false;
}

/* Is the locked version still the row of that key? */
static bool
same_key(const AshResource *res, const AshTable *table, const AshValue *key, TupleTableSlot *slot)
{
	for (int i = 0; i < res->nprimary_key; i++)
	{
		const AshAttribute *attr = res->primary_key[i];
		AshValue stored;

		stored.value = slot_getattr(slot, table->attnums[attr->index], &stored.isnull);
		if (!ash_type_equal(attr->type, &stored, &key[attr->index]))
			return false;
	}
	return true;
}

static void
copy_row(const AshResource *res, const AshTable *table, TupleTableSlot *slot, AshValue *row)
{
	slot_getallattrs(slot);
	for (int i = 0; i < res->nattributes; i++)
	{
		const AshTypeInst *type = res->attributes[i]->type;
		int column = table->attnums[i] - 1;

		row[i].isnull = slot->tts_isnull[column];
		row[i].value = row[i].isnull ?
						   (Datum) 0 :
						   datumCopy(slot->tts_values[column], type->typbyval, type->typlen);
	}
}

static AshLockResult
lock_by_index(AshResource *res, AshTable *table, Relation rel, const AshValue *key,
			  AshRowHandle *handle, AshValue *row)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	AshLockResult result = ASH_LOCK_NONE;

	if (ash_index_find_key(res, table, rel, key, slot) && lock_row(rel, slot) &&
		same_key(res, table, key, slot))
	{
		result = ASH_LOCKED;
		handle->tid = slot->tts_tid;
		handle->command = GetCurrentCommandId(false);
		handle->valid = true;
		copy_row(res, table, slot, row);
	}
	ExecDropSingleTupleTableSlot(slot);
	return result;
}

/*
 * Find the row by the primary key in key (by attribute index) and lock it.  row
 * gets every attribute, in CurrentMemoryContext.  ASH_LOCK_NOT_TRIED: the fast
 * path does not apply, use SQL.
 */
AshLockResult
ash_exec_lock_row(AshResource *res, const AshValue *key, AshRowHandle *handle, AshValue *row)
{
	Relation rel;
	AshTable *table;
	AshLockResult result = ASH_LOCK_NOT_TRIED;

	handle->valid = false;
	if (IsolationUsesXactSnapshot() || res->nprimary_key == 0 || XactReadOnly)
		return ASH_LOCK_NOT_TRIED;
	rel = table_open(ash_resource_relid(res), RowExclusiveLock);
	table = ash_table_of(res, rel);
	if (ash_table_direct(table, rel, ACL_UPDATE) && OidIsValid(ash_index_of_key(table, res, rel)))
		result = lock_by_index(res, table, rel, key, handle, row);
	table_close(rel, NoLock);
	return result;
}

/*-------------------------------------------------------------------------
 * Update and delete
 *-------------------------------------------------------------------------
 */

/* The new version: every column as stored, but for what was given. */
static void
fill_new_version(TupleTableSlot *new, TupleTableSlot *old, const AshTable *table,
				 const AshValue *values, const bool *given)
{
	slot_getallattrs(old);
	ExecClearTuple(new);
	for (int i = 0; i < table->natts; i++)
	{
		int attribute = table->attribute_of[i];
		bool changed = attribute >= 0 && given[attribute];

		new->tts_values[i] = changed ? values[attribute].value : old->tts_values[i];
		new->tts_isnull[i] = changed ? values[attribute].isnull : old->tts_isnull[i];
	}
	ExecStoreVirtualTuple(new);
}

static bool
still_there(Relation rel, const AshRowHandle *handle, TupleTableSlot *slot)
{
	ItemPointerData tid = handle->tid;

	return handle->valid && handle->command == GetCurrentCommandId(false) &&
		   table_tuple_fetch_row_version(rel, &tid, SnapshotAny, slot);
}

static AshHeapResult
update_row(AshResource *res, AshTable *table, EState *estate, EPQState *epq, ResultRelInfo *info,
		   TupleTableSlot *old, const AshValue *values, const bool *given, AshValue *result)
{
	TupleTableSlot *new =
		ExecInitExtraTupleSlot(estate, RelationGetDescr(info->ri_RelationDesc), &TTSOpsVirtual);

	fill_new_version(new, old, table, values, given);
	ItemPointerSetInvalid(&new->tts_tid);
	ExecSimpleRelationUpdate(info, estate, epq, old, new);
	if (!ItemPointerIsValid(&new->tts_tid))
		return ASH_HEAP_SUPPRESSED;
	copy_row(res, table, new, result);
	return ASH_HEAP_DONE;
}

static AshHeapResult
delete_row(AshResource *res, AshTable *table, EState *estate, EPQState *epq, ResultRelInfo *info,
		   TupleTableSlot *old, AshValue *result)
{
	Relation rel = info->ri_RelationDesc;
	ItemPointerData tid = old->tts_tid;

	copy_row(res, table, old, result);
	ExecSimpleRelationDelete(info, estate, epq, old);
	if (rel->trigdesc != NULL && rel->trigdesc->trig_delete_before_row &&
		table_tuple_fetch_row_version(rel, &tid, SnapshotSelf, old))
		return ASH_HEAP_SUPPRESSED;
	return ASH_HEAP_DONE;
}

static AshHeapResult
write_row(AshResource *res, AshTable *table, Relation rel, const AshRowHandle *handle,
		  const AshValue *values, const bool *given, AshValue *result)
{
	ResultRelInfo info = { 0 };
	AshHeapResult done = ASH_HEAP_NOT_TRIED;
	EState *estate;
	EPQState epq;
	TupleTableSlot *old;

	ash_heap_check_writable(values ? "UPDATE" : "DELETE");
	info.type = T_ResultRelInfo;
	estate = ash_heap_begin(table, rel, &info);
	EvalPlanQualInitCompat(&epq, estate);
	old = table_slot_create(rel, &estate->es_tupleTable);
	if (still_there(rel, handle, old))
		done = values != NULL ?
				   update_row(res, table, estate, &epq, &info, old, values, given, result) :
				   delete_row(res, table, estate, &epq, &info, old, result);
	EvalPlanQualEnd(&epq);
	ash_heap_end(table, estate);
	return done;
}

/*
 * Update (values given) or delete (values NULL) the locked row behind handle.
 * ASH_HEAP_NOT_TRIED: the fast path does not apply after all, use SQL.
 */
AshHeapResult
ash_heap_write_locked(AshResource *res, const AshRowHandle *handle, const AshValue *values,
					  const bool *given, AshValue *result)
{
	Relation rel = table_open(ash_resource_relid(res), RowExclusiveLock);
	AshTable *table = ash_table_of(res, rel);
	AshHeapResult done = ASH_HEAP_NOT_TRIED;

	if (ash_table_direct(table, rel, values ? ACL_UPDATE : ACL_DELETE))
		done = write_row(res, table, rel, handle, values, given, result);
	table_close(rel, NoLock);
	return done;
}
