/*-------------------------------------------------------------------------
 *
 * src/schema/plan_interface.h
 *	  What the files about code interfaces share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_PLAN_INTERFACE_H
#define ASH_PLAN_INTERFACE_H

#include "schema/schema_plan.h"

/* What is handed over as a JSON object: members that are always there, and those that may be. */
typedef struct AshInterfacePairs
{
	StringInfo given; /* arguments of jsonb_build_object */
	StringInfo added; /* "|| CASE …" */
} AshInterfacePairs;

/* An entry of "code_interface" on its way to a function. */
typedef struct AshInterface
{
	AshPlan *plan;
	const AshPlanTable *table;
	AshResource *res;
	json_t *node;
	AshAction *action; /* NULL for a calculation */
	AshPlanFunction *function;
	List *keys; /* of AshAttribute *: which record */
	AshInterfacePairs inputs;
	AshInterfacePairs refs; /* of a calculation: attributes by value */
} AshInterface;

/* plan_interface.c; dflt NULL: none.  The number of the parameter. */
extern int ash_interface_parameter(AshInterface *entry, const char *name, const char *type, Oid oid,
								   const char *dflt);
/* the type as SQL, and its OID when it is there already */
extern const char *ash_interface_type(const AshInterface *entry, const AshTypeInst *type, Oid *oid);
/* the table's row type, or InvalidOid while there is no table */
extern Oid ash_interface_row_type(const AshPlanTable *table);
extern bool ash_interface_excludes(const AshInterface *entry, const char *name);

/* plan_interface_call.c */
extern void ash_interface_call(AshInterface *entry);
extern void ash_interface_calculation(AshInterface *entry, const AshCalculation *calc);

#endif /* ASH_PLAN_INTERFACE_H */
