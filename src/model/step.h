/*-------------------------------------------------------------------------
 *
 * src/model/step.h
 *	  Changes, validations and preparations of an action, in the order in which they run.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_STEP_H
#define ASH_STEP_H

#include "model/model_types.h"
#include "nodes/pg_list.h"

/* A change or a validation. */
struct AshStep
{
	const AshChangeDef *change; /* exactly one of the two is set */
	const AshValidationDef *validation;
	void *options; /* the built-in's filled and prepared struct */
	List *where;   /* of AshStep *: guard validations */
	bool only_when_valid;
	bool before_action;
	const char *message; /* replaces the validation's, or NULL */
	uint32 on;			 /* ASH_ON() bits; resource level only */
	const char *description;
};

/* A preparation of a read or a generic action. */
struct AshPreparation
{
	const AshPreparationDef *preparation; /* NULL: a validation on the read … */
	AshStep *validation;				  /* … is here */
	void *options;
	List *where;
	bool only_when_valid;
	uint32 on;
};

#endif /* ASH_STEP_H */
