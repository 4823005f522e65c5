/*-------------------------------------------------------------------------
 *
 * src/query/late.h
 *	  What the files about late columns share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_LATE_H
#define ASH_LATE_H

#include "query/internal.h"

/* A column that a function fills. */
typedef struct AshBatch
{
	int column;
	AshCalculation *calc;
	Jsonb *arguments;
	List *attributes; /* of AshAttribute *: what a record has of the row itself */
	List *columns;	  /* of int: where these are, parallel */
	bool reads;		  /* "load" names more than attributes */
} AshBatch;

/* A column that an expression over the row and other late columns fills. */
typedef struct AshLateExpr
{
	int column;
	AshExpr *expr;
	List *nodes;   /* of AshExpr *: references in it … */
	List *columns; /* of int: … and the columns that hold their values, parallel */
} AshLateExpr;

struct AshLate
{
	List *batches;
	List *exprs;
};

struct AshLateRows
{
	AshOutput *output;
	int nrows;
	int maxrows;
	Datum **values;
	bool **nulls;
};

#endif /* ASH_LATE_H */
