/*-------------------------------------------------------------------------
 *
 * src/exec/direct_row.c
 *	  The direct path for a stored row: find it by primary key, lock it, update or
 *	  delete it, without parsing, planning or starting a statement.
 *
 * A row is locked before validations and policies read it, so what they see is what the
 * write replaces.  Under READ COMMITTED a row that was changed meanwhile is followed to
 * its newest version, whose key is compared again, as EvalPlanQual would.  Under stricter
 * isolation the caller takes the SQL path, which knows about serialization failures.
 *
 * The position of a locked row is valid while the command counter stays the same; after
 * that (a hook or trigger wrote something) the row is looked up again, by SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "commands/trigger.h"
#include "exec/exec_internal.h"
#include "miscadmin.h"
#include "model/attribute.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/*-------------------------------------------------------------------------
 * The index of the primary key
 *-------------------------------------------------------------------------
 */

/*
 * Make column n of the primary key's index a scan key without its value; false when its values
 * are not compared as those of the attribute are.
 */
static bool
map_key_column(AshTable *table, const AshResource *res, Relation index, int n)
{
	int attribute = table->attribute_of[index->rd_index->indkey.values[n] - 1];
	Oid type = index->rd_opcintype[n];
	Oid operator= get_opfamily_member(index->rd_opfamily[n], type, type, BTEqualStrategyNumber);

	if (attribute < 0 || !res->attributes[attribute]->primary_key || !OidIsValid(operator))
		return false;
	table->key_attributes[n] = attribute;
	ScanKeyEntryInitialize(&table->key[n], 0, n + 1, BTEqualStrategyNumber, type,
						   index->rd_indcollation[n], get_opcode(operator), (Datum) 0);
	return true;
}

/*
 * Fill table->key… with scan keys "column = value" for the primary key, in
 * CurrentMemoryContext.  key_index stays invalid if the index is of a kind that is left to
 * PostgreSQL.
 */
static void
map_key(AshTable *table, const AshResource *res, Relation rel)
{
	Oid oid = RelationGetPrimaryKeyIndexCompat(rel);
	Relation index;
	bool mapped;

	table->key_index = InvalidOid;
	if (!OidIsValid(oid) || res->nprimary_key == 0)
		return;
	index = index_open(oid, AccessShareLock);
	mapped = index->rd_rel->relam == BTREE_AM_OID &&
			 IndexRelationGetNumberOfKeyAttributes(index) == res->nprimary_key;
	table->key = palloc0(sizeof(ScanKeyData) * res->nprimary_key);
	table->key_attributes = palloc0(sizeof(int) * res->nprimary_key);
	for (int i = 0; mapped && i < res->nprimary_key; i++)
		mapped = map_key_column(table, res, index, i);
	if (mapped)
		table->key_index = oid;
	index_close(index, AccessShareLock);
}

/*
 * The index of the primary key, mapped when first asked for; InvalidOid when rows are not to be
 * looked up in it directly.
 */
static Oid
key_index_of(AshTable *table, const AshResource *res, Relation rel)
{
	if (!table->key_mapped)
	{
		MemoryContext old = MemoryContextSwitchTo(table->cxt);

		map_key(table, res, rel);
		table->key_mapped = true;
		MemoryContextSwitchTo(old);
	}
	return table->key_index;
}

/*
 * The first row with those keys that the snapshot sees, in a slot of the table, which holds a
 * pin of its own; false when there is none.
 */
bool
ash_index_find(Relation rel, Relation index, Snapshot snapshot, ScanKey keys, int nkeys,
			   TupleTableSlot *slot)
{
	IndexScanDesc scan = index_beginscanCompat(rel, index, snapshot, nkeys);
	bool found;

	index_rescan(scan, keys, nkeys, NULL, 0);
	found = index_getnext_slot(scan, ForwardScanDirection, slot);
	index_endscan(scan);
	return found;
}

/*
 * The row with the primary key in key (by attribute index), as a fresh snapshot sees it; false
 * also when a part of the key is null.  key_index_of() has given an index.
 */
static bool
find_by_key(const AshResource *res, AshTable *table, Relation rel, const AshValue *key,
			TupleTableSlot *slot)
{
	ScanKeyData keys[INDEX_MAX_KEYS];
	Relation index;
	Snapshot snapshot;
	bool found;

	for (int i = 0; i < res->nprimary_key; i++)
	{
		const AshValue *value = &key[table->key_attributes[i]];

		if (value->isnull)
			return false;
		keys[i] = table->key[i];
		keys[i].sk_argument = value->value;
	}
	index = index_open(table->key_index, AccessShareLock);
	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	found = ash_index_find(rel, index, snapshot, keys, res->nprimary_key, slot);
	UnregisterSnapshot(snapshot);
	index_close(index, NoLock);
	return found;
}

/*-------------------------------------------------------------------------
 * Reading
 *-------------------------------------------------------------------------
 */

/* Give the row to fn, as values by attribute index that are valid until fn returns. */
static AshFindResult
find_values(AshResource *res, AshTable *table, Relation rel, const AshValue *key, AshValuesFn fn,
			void *arg)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	bool found = find_by_key(res, table, rel, key, slot);

	if (found)
	{
		AshValue *values = palloc(sizeof(AshValue) * Max(res->nattributes, 1));

		slot_getallattrs(slot);
		for (int i = 0; i < res->nattributes; i++)
		{
			values[i].value = slot->tts_values[table->attnums[i] - 1];
			values[i].isnull = slot->tts_isnull[table->attnums[i] - 1];
		}
		fn(values, arg);
	}
	ExecDropSingleTupleTableSlot(slot);
	return found ? ASH_FOUND : ASH_FOUND_NONE;
}

/*
 * Give the row with the primary key in key (by attribute index) to fn, as values by attribute
 * index that are valid until fn returns.  Nothing is locked, privileges are checked, policies
 * are not.  ASH_FIND_NOT_TRIED: the direct path does not apply, use SQL.
 */
AshFindResult
ash_exec_find_row(AshResource *res, const AshValue *key, AshValuesFn fn, void *arg)
{
	Relation rel;
	AshTable *table;
	AshFindResult result = ASH_FIND_NOT_TRIED;

	if (IsolationUsesXactSnapshot() || !ash_guc_fast_path)
		return ASH_FIND_NOT_TRIED;
	rel = table_open(ash_resource_relid(res), AccessShareLock);
	table = ash_table_of(res, rel, true);
	if (table != NULL && ash_table_direct(table, rel, ACL_SELECT) &&
		OidIsValid(key_index_of(table, res, rel)))
	{
		/* as a statement would, see what this transaction wrote last */
		CommandCounterIncrement();
		table->users++;
		result = find_values(res, table, rel, key, fn, arg);
		table->users--;
	}
	table_close(rel, NoLock);
	return result;
}

/*-------------------------------------------------------------------------
 * Locking
 *-------------------------------------------------------------------------
 */

/* Lock the newest version of the row of the slot, which gets it; false when it was deleted. */
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

/* True if the locked version still has the key. */
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

/* Copy every attribute of the slot into row, in CurrentMemoryContext. */
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

/* Look the row up in the index of the primary key, lock and copy it, and note its position. */
static AshLockResult
lock_by_index(AshResource *res, AshTable *table, Relation rel, const AshValue *key,
			  AshRowHandle *handle, AshValue *row)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	AshLockResult result = ASH_LOCK_NONE;

	if (find_by_key(res, table, rel, key, slot) && lock_row(rel, slot) &&
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
 * Find the row with the primary key in key (by attribute index) and lock it, FOR NO KEY UPDATE,
 * until the transaction ends.  row gets every attribute, in CurrentMemoryContext;
 * handle is for ash_direct_write().  ASH_LOCK_NOT_TRIED: the direct path does not apply, use
 * SQL.
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
	table = ash_table_of(res, rel, false);
	if (ash_table_direct(table, rel, ACL_UPDATE) && OidIsValid(key_index_of(table, res, rel)))
	{
		table->users++;
		result = lock_by_index(res, table, rel, key, handle, row);
		table->users--;
	}
	table_close(rel, NoLock);
	return result;
}

/*-------------------------------------------------------------------------
 * Update and delete
 *-------------------------------------------------------------------------
 */

/* The new version of the row: what is given, and every other column as stored. */
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

/* Fetch the locked row into the slot; false when the handle is no longer valid. */
static bool
fetch_locked(Relation rel, const AshRowHandle *handle, TupleTableSlot *slot)
{
	ItemPointerData tid = handle->tid;

	return handle->valid && handle->command == GetCurrentCommandId(false) &&
		   table_tuple_fetch_row_version(rel, &tid, SnapshotAny, slot);
}

/* Write the new version of old; result gets it as stored. */
static AshDirectResult
update_row(AshResource *res, AshTable *table, EState *estate, EPQState *epq, ResultRelInfo *info,
		   TupleTableSlot *old, const AshValue *values, const bool *given, AshValue *result)
{
	TupleTableSlot *new =
		ExecInitExtraTupleSlot(estate, RelationGetDescr(info->ri_RelationDesc), &TTSOpsVirtual);

	fill_new_version(new, old, table, values, given);
	ItemPointerSetInvalid(&new->tts_tid);
	ExecSimpleRelationUpdate(info, estate, epq, old, new);
	if (!ItemPointerIsValid(&new->tts_tid))
		return ASH_DIRECT_SUPPRESSED;
	copy_row(res, table, new, result);
	return ASH_DIRECT_DONE;
}

/* ExecSimpleRelationDelete() does not tell whether a BEFORE trigger suppressed the delete. */
static AshDirectResult
delete_row(AshResource *res, AshTable *table, EState *estate, EPQState *epq, ResultRelInfo *info,
		   TupleTableSlot *old, AshValue *result)
{
	Relation rel = info->ri_RelationDesc;
	ItemPointerData tid = old->tts_tid;

	copy_row(res, table, old, result);
	ExecSimpleRelationDelete(info, estate, epq, old);
	if (rel->trigdesc != NULL && rel->trigdesc->trig_delete_before_row &&
		table_tuple_fetch_row_version(rel, &tid, SnapshotSelf, old))
		return ASH_DIRECT_SUPPRESSED;
	return ASH_DIRECT_DONE;
}

/* A command of its own that writes the locked row; see ash_direct_write(). */
static AshDirectResult
write_row(AshResource *res, AshTable *table, Relation rel, const AshRowHandle *handle,
		  const AshValue *values, const bool *given, AshValue *result)
{
	ResultRelInfo info;
	EState *estate = ash_heap_begin(table, rel, &info, values ? "UPDATE" : "DELETE");
	AshDirectResult done = ASH_DIRECT_NOT_TRIED;
	EPQState epq;
	TupleTableSlot *old;

	EvalPlanQualInitCompat(&epq, estate);
	old = table_slot_create(rel, &estate->es_tupleTable);
	if (fetch_locked(rel, handle, old))
		done = values != NULL ?
				   update_row(res, table, estate, &epq, &info, old, values, given, result) :
				   delete_row(res, table, estate, &epq, &info, old, result);
	EvalPlanQualEnd(&epq);
	ash_heap_end(table, estate);
	return done;
}

/*
 * Update (with values) or delete (values NULL) the row that ash_exec_lock_row() has locked;
 * values and given are indexed like res->attributes.  result gets the new version, or the
 * deleted one, in CurrentMemoryContext.
 */
AshDirectResult
ash_direct_write(AshResource *res, const AshRowHandle *handle, const AshValue *values,
				 const bool *given, AshValue *result)
{
	Relation rel = table_open(ash_resource_relid(res), RowExclusiveLock);
	AshTable *table = ash_table_of(res, rel, false);
	AshDirectResult done = ASH_DIRECT_NOT_TRIED;

	if (ash_table_direct(table, rel, values ? ACL_UPDATE : ACL_DELETE))
		done = write_row(res, table, rel, handle, values, given, result);
	table_close(rel, NoLock);
	return done;
}

/*
 * True if the direct path applies to the write, for an update or destroy when its row is found by
 * the primary key.  Used to show what a call does.
 */
bool
ash_exec_is_direct(const AshWrite *write)
{
	static const AclMode modes[] = { [ASH_ACTION_CREATE] = ACL_INSERT,
									 [ASH_ACTION_UPDATE] = ACL_UPDATE,
									 [ASH_ACTION_DESTROY] = ACL_DELETE };
	Relation rel = table_open(ash_resource_relid(write->res), AccessShareLock);
	AshTable *table = ash_table_of(write->res, rel, false);
	bool direct = !ash_write_has_clauses(write) && ash_table_direct(table, rel, modes[write->type]);

	if (direct && write->type != ASH_ACTION_CREATE)
		direct = !IsolationUsesXactSnapshot() && OidIsValid(key_index_of(table, write->res, rel));
	table_close(rel, NoLock);
	return direct;
}
