/*-------------------------------------------------------------------------
 *
 * src/exec/direct_lookup.c
 *	  One row by an index that allows no second one, without a statement.
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
#include "exec/exec_internal.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/* Column n of the primary key's index as a scan key without its value. */
static bool
map_column(AshTable *table, const AshResource *res, Relation index, int n)
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

/* Scan keys "column = value" for the primary key, in CurrentMemoryContext. */
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
		mapped = map_column(table, res, index, i);
	if (mapped)
		table->key_index = oid;
	index_close(index, AccessShareLock);
}

Oid
ash_index_of_key(AshTable *table, const AshResource *res, Relation rel)
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

bool
ash_index_find(Relation rel, Relation index, Snapshot snapshot, ScanKey keys, int nkeys,
			   TupleTableSlot *slot)
{
	IndexScanDesc scan = index_beginscanCompat(rel, index, snapshot, nkeys);
	bool found;

	index_rescan(scan, keys, nkeys, NULL, 0);
	found = index_getnext_slot(scan, ForwardScanDirection, slot);
	/* the slot has a pin of its own */
	index_endscan(scan);
	return found;
}

/*
 * The row of that primary key as a fresh snapshot sees it; of no row, a part of the key is null.
 * ash_index_of_key has given an index.
 */
bool
ash_index_find_key(const AshResource *res, AshTable *table, Relation rel, const AshValue *key,
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

static AshFindResult
find_values(AshResource *res, AshTable *table, Relation rel, const AshValue *key, AshValuesFn fn,
			void *arg)
{
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	bool found = ash_index_find_key(res, table, rel, key, slot);

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

AshFindResult
ash_exec_find_row(AshResource *res, const AshValue *key, AshValuesFn fn, void *arg)
{
	Relation rel;
	AshTable *table;
	AshFindResult result = ASH_FIND_NOT_TRIED;

	if (IsolationUsesXactSnapshot() || !ash_guc_fast_path)
		return ASH_FIND_NOT_TRIED;
	rel = table_open(ash_resource_relid(res), AccessShareLock);
	table = ash_table_if_fit(res, rel);
	if (table != NULL && ash_table_direct(table, rel, ACL_SELECT) &&
		OidIsValid(ash_index_of_key(table, res, rel)))
	{
		/* as a statement would, see what this transaction wrote last */
		CommandCounterIncrement();
		result = find_values(res, table, rel, key, fn, arg);
	}
	table_close(rel, NoLock);
	return result;
}
