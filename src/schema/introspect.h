/*-------------------------------------------------------------------------
 *
 * src/schema/introspect.h
 *	  What the files that describe existing tables share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_INTROSPECT_H
#define ASH_INTROSPECT_H

#include "schema/schema_plan.h"

/* introspect.c */
extern json_t *ash_introspect_text(const char *text);
extern void ash_introspect_put(json_t *resource, const char *section, const char *name,
							   json_t *node);
extern bool ash_introspect_has(json_t *resource, const char *section, const char *name);
extern char *ash_introspect_resource_name(const char *table);

/* introspect_columns.c */
extern void ash_introspect_columns(json_t *resource, const AshPlanTable *table, const char *relid);

/* introspect_keys.c */
extern void ash_introspect_references(json_t *resource, const AshPlanTable *table,
									  const char *relid);
extern void ash_introspect_indexes(json_t *resource, const AshPlanTable *table, const char *relid);
extern void ash_introspect_checks(json_t *resource, const AshPlanTable *table, const char *relid);

#endif /* ASH_INTROSPECT_H */
