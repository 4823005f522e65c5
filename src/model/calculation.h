/*-------------------------------------------------------------------------
 *
 * src/model/calculation.h
 *	  A compiled calculation: a field computed from its row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CALCULATION_H
#define ASH_CALCULATION_H

#include "model/argument.h"
#include "model/field_use.h"

/* When a calculation is computed. */
typedef enum AshCalculationStage
{
	ASH_STAGE_UNKNOWN,
	ASH_STAGE_SQL,		  /* by the statement that reads the row */
	ASH_STAGE_AFTER_FETCH /* after it: the calculation needs a batch_function */
} AshCalculationStage;

struct AshCalculation
{
	const char *name;
	const char *description;
	int index;
	AshTypeInst *type;
	bool is_public;
	bool sensitive;
	bool allow_nil;
	AshFieldUse filterable;
	AshFieldUse sortable;
	int nargs;
	AshArgument **args;
	const char *expr_source;   /* or NULL */
	AshExpr *expr;			   /* cache: ash_calculation_expr() */
	AshCalculationStage stage; /* cache: ash_calculation_is_late() */
	const char *function;	   /* SQL function of the row, or NULL */
	json_t *batch_function;	   /* SQL function of all records of a result at once, or NULL */
	struct AshFunction *batch; /* cache, call/: that function */
	json_t *load;			   /* what its records have loaded, or NULL */
};

#endif /* ASH_CALCULATION_H */
