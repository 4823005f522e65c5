/*-------------------------------------------------------------------------
 *
 * src/prepare/prepare.h
 *	  From a parsed query to one that may run: preparations, then policies.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_PREPARE_H
#define ASH_PREPARE_H

#include "changeset/changeset.h"
#include "query/query.h"

/*-------------------------------------------------------------------------
 * Built-in preparations
 *-------------------------------------------------------------------------
 */
struct AshPreparationDef
{
	const char *name;
	const char *doc;
	const AshSpec *spec;
	const char *payload; /* option that is the whole of what stands under the name, or NULL */
	uint32 on;			 /* ASH_ON() bits: types of actions it can prepare */
	bool (*prepare)(const AshBuiltinScope *scope, void *options, AshErrors *errors);
	bool (*run)(AshQuery *query, void *options);
	bool (*dynamic)(void *options); /* can only a call run it?  NULL: no */
};
extern const AshPreparationDef *ash_preparation_lookup(const char *name);
extern const AshPreparationDef *ash_preparations(int *count);
extern const AshSpec ash_preparation_common_spec; /* what stands beside the name */
/* Tables of entries, each closed by one without a name. */
extern const AshPreparationDef ash_build_preparations[];
extern const AshPreparationDef ash_function_preparations[];

/* compiled on first use into action->preparations; errors is NULL at run time */
extern void ash_action_preparations(AshResource *res, AshAction *action, AshErrors *errors);
/* runs the action's preparations and validations in order; input is what the action is given */
extern void ash_query_run_preparations(AshQuery *query, const Jsonb *input);

/*-------------------------------------------------------------------------
 * prepare_query.c: the phases of a parsed query, in this order
 *-------------------------------------------------------------------------
 */
/* parses and prepares: for asking about a read that is not run */
extern void ash_query_for_action(AshQuery *query, const Jsonb *input);
extern void ash_query_authorize(AshQuery *query);
extern void ash_query_prepare_loads(AshQuery *query);
extern bool ash_query_begin(AshQuery *query);

/* preparation_functions.c: the hooks of a query */
extern bool ash_query_before_action(AshQuery *query);
extern void ash_query_after_action(AshQuery *query, StringInfo out, int start);

#endif /* ASH_PREPARE_H */
