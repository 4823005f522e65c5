/*-------------------------------------------------------------------------
 *
 * src/exec/direct_reference.c
 *	  Foreign keys of a row that the direct path inserted, checked without a statement.
 *
 * PostgreSQL's trigger of a foreign key runs a SELECT … FOR KEY SHARE for every row.  Here
 * the referenced row is looked up in the index of the constraint and locked the same way.
 * Only a row that is found, visible to a fresh snapshot and locked in the version that was
 * found counts: then the reference holds, and the lock keeps it so.  In every other case
 * nothing is concluded; the row's triggers are queued as for any insert, and PostgreSQL
 * decides and raises the error.
 *
 * This is done only where the outcome is the trigger's: every AFTER ROW trigger of the
 * table is such a check, enabled and not deferrable; the referenced table is a plain one;
 * keys are of one type with its built-in B-tree order; the isolation level is READ
 * COMMITTED; and the owner of the referenced table, as whom PostgreSQL runs the SELECT,
 * has the privileges for it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "exec/exec_internal.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/*-------------------------------------------------------------------------
 * Shape
 *-------------------------------------------------------------------------
 */

static bool
is_after_insert(const Trigger *trigger)
{
	return TRIGGER_FOR_ROW(trigger->tgtype) && TRIGGER_FOR_AFTER(trigger->tgtype) &&
		   TRIGGER_FOR_INSERT(trigger->tgtype);
}

/* The trigger of a foreign key that fires at the end of each statement. */
static bool
is_plain_check(const Trigger *trigger)
{
	return trigger->tgfoid == F_RI_FKEY_CHECK_INS && trigger->tgisinternal &&
		   trigger->tgenabled == TRIGGER_FIRES_ON_ORIGIN && !trigger->tgdeferrable &&
		   OidIsValid(trigger->tgconstrindid);
}

/* The relcache's entry of the constraint, or NULL. */
static const ForeignKeyCacheInfo *
foreign_key(Relation rel, Oid constraint)
{
	ListCell *lc;

	foreach (lc, RelationGetFKeyList(rel))
	{
		const ForeignKeyCacheInfo *key = lfirst(lc);

		if (key->conoid == constraint)
			return key;
	}
	return NULL;
}

/* False for MATCH FULL of several columns, which rejects a key that is null in part. */
static bool
nulls_pass(const ForeignKeyCacheInfo *key)
{
	HeapTuple tuple;
	bool pass;

	if (key->nkeys == 1)
		return true;
	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(key->conoid));
	if (!HeapTupleIsValid(tuple))
		return false;
	pass = ((Form_pg_constraint) GETSTRUCT(tuple))->confmatchtype == FKCONSTR_MATCH_SIMPLE;
	ReleaseSysCache(tuple);
	return pass;
}

/*
 * Make column n of the index a scan key; false when referencing and referenced values are not
 * compared by the built-in equality of one type and collation.
 */
static bool
map_reference_column(AshReference *reference, int n, Relation rel, Relation referenced,
					 Relation index, const ForeignKeyCacheInfo *key)
{
	AttrNumber number = index->rd_index->indkey.values[n];
	Oid type = index->rd_opcintype[n];
	Oid equal = get_opfamily_member(index->rd_opfamily[n], type, type, BTEqualStrategyNumber);

	for (int i = 0; OidIsValid(equal) && i < key->nkeys; i++)
	{
		Form_pg_attribute column;

		if (key->confkey[i] != number)
			continue;
		column = TupleDescAttr(RelationGetDescr(referenced), number - 1);
		reference->columns[n] = key->conkey[i];
		reference->types[n] = type;
		reference->collations[n] = index->rd_indcollation[n];
		reference->equal[n] = get_opcode(equal);
		return equal == key->conpfeqop[i] && reference->equal[n] < FirstNormalObjectId &&
			   column->atttypid == type && column->attcollation == reference->collations[n] &&
			   TupleDescAttr(RelationGetDescr(rel), key->conkey[i] - 1)->atttypid == type;
	}
	return false;
}

/* Map all columns of the index; false when it is not a plain unique one of just the key. */
static bool
map_index(AshReference *reference, Relation rel, Relation referenced, Relation index,
		  const ForeignKeyCacheInfo *key)
{
	if (index->rd_rel->relkind != RELKIND_INDEX || index->rd_rel->relam != BTREE_AM_OID ||
		!index->rd_index->indisvalid || !index->rd_index->indisunique ||
		index->rd_index->indrelid != RelationGetRelid(referenced) ||
		IndexRelationGetNumberOfKeyAttributes(index) != key->nkeys)
		return false;
	for (int i = 0; i < key->nkeys; i++)
	{
		if (!map_reference_column(reference, i, rel, referenced, index, key))
			return false;
	}
	reference->nkeys = key->nkeys;
	reference->relid = RelationGetRelid(referenced);
	reference->index = RelationGetRelid(index);
	return true;
}

/* Map the foreign key of the trigger; false when its trigger must fire. */
static bool
map_reference(AshReference *reference, Relation rel, const Trigger *trigger)
{
	const ForeignKeyCacheInfo *key = foreign_key(rel, trigger->tgconstraint);
	Relation referenced;
	Relation index;
	bool mapped = false;

	if (key == NULL || !nulls_pass(key))
		return false;
	referenced = try_relation_open(key->confrelid, AccessShareLock);
	if (referenced == NULL)
		return false;
	index = try_relation_open(trigger->tgconstrindid, AccessShareLock);
	if (index != NULL)
	{
		mapped = referenced->rd_rel->relkind == RELKIND_RELATION &&
				 map_index(reference, rel, referenced, index, key);
		relation_close(index, AccessShareLock);
	}
	relation_close(referenced, AccessShareLock);
	return mapped;
}

/* Map all foreign keys of rel into table, or none when one of its triggers must fire. */
void
ash_references_map(AshTable *table, Relation rel)
{
	const TriggerDesc *triggers = rel->trigdesc;

	table->nreferences = 0;
	if (triggers == NULL || !triggers->trig_insert_after_row)
		return;
	table->references = palloc0(sizeof(AshReference) * triggers->numtriggers);
	for (int i = 0; i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (!is_after_insert(trigger))
			continue;
		if (!is_plain_check(trigger) ||
			!map_reference(&table->references[table->nreferences], rel, trigger))
		{
			table->nreferences = 0;
			return;
		}
		table->nreferences++;
	}
}

/*-------------------------------------------------------------------------
 * Checks
 *-------------------------------------------------------------------------
 */

/* Fill the scan keys from the row; false when one is null, so that nothing is referenced. */
static bool
fill_keys(const AshReference *reference, TupleTableSlot *row, ScanKey keys)
{
	for (int i = 0; i < reference->nkeys; i++)
	{
		bool isnull;
		Datum value = slot_getattr(row, reference->columns[i], &isnull);

		if (isnull)
			return false;
		ScanKeyEntryInitialize(&keys[i], 0, i + 1, BTEqualStrategyNumber, reference->types[i],
							   reference->collations[i], reference->equal[i], value);
	}
	return true;
}

/* Lock the row as FOR KEY SHARE does; true if its version is still the one that was found. */
static bool
lock_referenced(Relation referenced, TupleTableSlot *slot, Snapshot snapshot)
{
	ItemPointerData tid = slot->tts_tid;
	TM_FailureData failure;

	return table_tuple_lock(referenced, &tid, snapshot, slot, GetCurrentCommandId(false),
							LockTupleKeyShare, LockWaitBlock,
							TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS |
								TUPLE_LOCK_FLAG_FIND_LAST_VERSION,
							&failure) == TM_Ok &&
		   !failure.traversed;
}

/* True if the owner has the privileges that the trigger's SELECT … FOR KEY SHARE needs. */
static bool
owner_may_lock(Relation referenced)
{
	AclMode needed = ACL_SELECT | ACL_UPDATE;

	return pg_class_aclmask(RelationGetRelid(referenced), referenced->rd_rel->relowner, needed,
							ACLMASK_ALL) == needed;
}

/* True if the row of the key was found by the index and locked. */
static bool
find_referenced(Relation referenced, Relation index, ScanKey keys, int nkeys)
{
	TupleTableSlot *slot = table_slot_create(referenced, NULL);
	Snapshot snapshot = RegisterSnapshot(GetTransactionSnapshot());
	bool found = ash_index_find(referenced, index, snapshot, keys, nkeys, slot) &&
				 lock_referenced(referenced, slot, snapshot);

	UnregisterSnapshot(snapshot);
	ExecDropSingleTupleTableSlot(slot);
	return found;
}

/*
 * True if the reference is null or was found to hold; false when that is not known.
 *
 * The constraint exists while the referencing table is locked.  Its index may have been
 * replaced before the referenced table was locked; from then on it is maintained until the
 * transaction ends.
 */
static bool
reference_holds(const AshReference *reference, TupleTableSlot *row)
{
	ScanKeyData keys[INDEX_MAX_KEYS];
	Relation referenced;
	Relation index;
	bool holds = false;

	if (!fill_keys(reference, row, keys))
		return true;
	referenced = table_open(reference->relid, RowShareLock);
	index = try_relation_open(reference->index, AccessShareLock);
	if (index != NULL)
	{
		holds = index->rd_index != NULL && index->rd_index->indisvalid &&
				index->rd_index->indrelid == reference->relid && owner_may_lock(referenced) &&
				find_referenced(referenced, index, keys, reference->nkeys);
		relation_close(index, NoLock);
	}
	table_close(referenced, NoLock);
	return holds;
}

/* True if every reference of the row that was just inserted holds; else fire its triggers. */
bool
ash_references_hold(const AshTable *table, TupleTableSlot *row)
{
	for (int i = 0; i < table->nreferences; i++)
	{
		if (!reference_holds(&table->references[i], row))
			return false;
	}
	return true;
}
