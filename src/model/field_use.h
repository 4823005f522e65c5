/*-------------------------------------------------------------------------
 *
 * src/model/field_use.h
 *	  For what a field may be used in filters and sorts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_FIELD_USE_H
#define ASH_FIELD_USE_H

#include "compat.h"

typedef enum AshFieldUse
{
	ASH_USE_NO,
	ASH_USE_SIMPLE_EQUALITY,
	ASH_USE_YES
} AshFieldUse;

#endif /* ASH_FIELD_USE_H */
