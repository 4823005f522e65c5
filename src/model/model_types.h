/*-------------------------------------------------------------------------
 *
 * src/model/model_types.h
 *	  Names of the structs of a compiled definition.
 *
 * For headers that only pass pointers to them on.  Each struct has a header of its
 * own in this directory; the last group belongs to rooms above, which define the
 * structs: here they are only pointed to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_MODEL_TYPES_H
#define ASH_MODEL_TYPES_H

#include "compat.h"

typedef struct AshAttribute AshAttribute;
typedef struct AshArgument AshArgument;
typedef struct AshRelationship AshRelationship;
typedef struct AshCalculation AshCalculation;
typedef struct AshAggregate AshAggregate;
typedef struct AshIdentity AshIdentity;
typedef struct AshCheckConstraint AshCheckConstraint;
typedef struct AshNamedConstraint AshNamedConstraint;
typedef struct AshStep AshStep;
typedef struct AshPreparation AshPreparation;
typedef struct AshPagination AshPagination;
typedef struct AshInput AshInput;
typedef struct AshAction AshAction;
typedef struct AshDomain AshDomain;
typedef struct AshResource AshResource;
typedef struct AshResourceRef AshResourceRef;
typedef struct AshTemplate AshTemplate;
typedef struct AshDefault AshDefault;

typedef struct AshExpr AshExpr;						/* expr/ */
typedef struct AshChangeDef AshChangeDef;			/* changeset/ */
typedef struct AshValidationDef AshValidationDef;	/* changeset/ */
typedef struct AshPreparationDef AshPreparationDef; /* action/ */
typedef struct AshPolicy AshPolicy;					/* policy/ */

#endif /* ASH_MODEL_TYPES_H */
