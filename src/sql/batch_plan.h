/*-------------------------------------------------------------------------
 *
 * src/sql/batch_plan.h
 *	  What the files about late columns share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_BATCH_PLAN_H
#define ASH_BATCH_PLAN_H

#include "sql/sql.h"

/* What a record that a function gets has of the row: a column under a name. */
typedef struct AshLateField
{
	const char *name;
	const AshTypeInst *type;
	int column;
} AshLateField;

/*
 * A late column.  Columns that it needs come before it in the order of computing, so
 * that each calculation with its arguments is computed once, whoever needs it.
 */
typedef struct AshLateColumn
{
	int column;
	AshCalculation *calc;
	Jsonb *arguments;
	enum
	{
		ASH_LATE_NEW,
		ASH_LATE_PLANNING,
		ASH_LATE_PLANNED
	} state;

	/* by a function */
	List *fields;	 /* of AshLateField *; those of the primary key first */
	List *relations; /* of json_t *: what "load" names besides, read for it */

	/* by an expression over the row and other late columns; NULL: by a function */
	AshExpr *expr;
	List *nodes;   /* of AshExpr *: references in it … */
	List *columns; /* of int: … and the columns that hold their values, parallel */
} AshLateColumn;

struct AshLate
{
	List *columns; /* of AshLateColumn * */
	List *order;   /* the same, in the order of computing */
};

#endif /* ASH_BATCH_PLAN_H */
