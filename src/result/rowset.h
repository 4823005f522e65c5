/*-------------------------------------------------------------------------
 *
 * src/result/rowset.h
 *	  What rowset.c has read and rowset_write.c puts together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_QUERY_ROWSET_H
#define ASH_QUERY_ROWSET_H

#include "result/result.h"

/* A row of a rowset. */
typedef struct RowPiece
{
	Size start;		/* in json */
	Size end;		/* without the closing brace */
	bool empty;		/* nothing stands in it yet */
	Size forbidden; /* in json: where its list of forbidden fields ends, or 0 */
	int next;		/* of the same parent key, or -1 */
	int ord;		/* of the key it was found by, or -1 */
} RowPiece;

/* The related rows of one relationship load. */
typedef struct Related
{
	AshLoad *load;
	AshKeys keys;
	int maxkeys;
	int *slots; /* hash table of key numbers + 1, 0 = free */
	int nslots;
	int *row_keys; /* by row: key number, or -1 */
	AshRowset *rows;
	int *first; /* by key: its first related row, or -1 */
	int *last;
	int *count;	  /* by key: rows found */
	int64 *total; /* by key: all rows, for pages that are counted */
} Related;

struct AshRowset
{
	AshQuery *query;
	AshOutput *output;
	AshRowWriter writer;
	AshKeysetWriter *keyset;
	StringInfoData json;
	const char *extra; /* of the row being added */
	MemoryContext cxt;
	MemoryContext row_cxt;
	int nrows;
	int maxrows;
	RowPiece *rows;
	int nrelated;
	Related *related;
	Related *parent;	/* whose rows these are, or NULL */
	bool any_forbidden; /* policies forbade one of the loads */
	AshLateRows *late;	/* where rows wait for their late columns, or NULL */
};

#endif /* ASH_QUERY_ROWSET_H */
