/*-------------------------------------------------------------------------
 *
 * src/model/argument.h
 *	  A compiled argument of an action or a calculation, or an entry of metadata.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_ARGUMENT_H
#define ASH_ARGUMENT_H

#include "model/value_default.h"

struct AshArgument
{
	const char *name;
	const char *description;
	int index;
	AshTypeInst *type;
	bool is_public;
	bool sensitive;
	bool allow_nil;
	bool allow_expr; /* of a calculation: may depend on the row */
	bool has_default;
	AshDefault dflt;
};

#endif /* ASH_ARGUMENT_H */
