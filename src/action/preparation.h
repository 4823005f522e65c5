/*-------------------------------------------------------------------------
 *
 * src/action/preparation.h
 *	  What the files about preparations share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_PREPARATION_H
#define ASH_PREPARATION_H

#include "changeset/changeset.h"
#include "query/query_internal.h"

/* Tables of entries, each closed by one without a name. */
extern const AshPreparationDef ash_build_preparations[];
extern const AshPreparationDef ash_function_preparations[];

/* preparation_functions.c: the hooks of a query */
extern Jsonb *ash_query_view(const AshQuery *query);
extern bool ash_query_before_action(AshQuery *query);
extern void ash_query_after_action(AshQuery *query, StringInfo out, int start);

/* manual_read.c */
extern uint64 ash_manual_read(AshQuery *query, int64 limit, StringInfo out);

#endif /* ASH_PREPARATION_H */
