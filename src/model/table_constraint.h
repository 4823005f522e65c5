/*-------------------------------------------------------------------------
 *
 * src/model/table_constraint.h
 *	  Constraints and indexes of the table whose violations become errors of fields.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_TABLE_CONSTRAINT_H
#define ASH_TABLE_CONSTRAINT_H

#include "model/model_types.h"
#include "nodes/pg_list.h"

/* A CHECK constraint of the definition. */
struct AshCheckConstraint
{
	const char *name;
	const char *check; /* SQL or expression source */
	const char *message;
	List *fields; /* of char * */
};

/* An index or constraint that the definition names and does not make. */
struct AshNamedConstraint
{
	const char *name;
	const char *message;
	List *fields; /* of char *; NIL: the record as a whole */
};

#endif /* ASH_TABLE_CONSTRAINT_H */
