/*-------------------------------------------------------------------------
 *
 * src/data/heap_index.c
 *	  One row by an index that allows no second one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relscan.h"
#include "access/tableam.h"
#include "data/internal.h"

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
