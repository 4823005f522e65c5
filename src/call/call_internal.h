/*-------------------------------------------------------------------------
 *
 * src/call/call_internal.h
 *	  What the files of this room share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CALL_INTERNAL_H
#define ASH_CALL_INTERNAL_H

#include "call/call.h"
#include "model/value_template.h"

/* call_workspace.c */
extern MemoryContext ash_workspace_take(MemoryContext parent, StringInfo *out);
extern bool ash_workspace_give_back(MemoryContext cxt);

/* call_actor.c */
extern void ash_call_find_actor(AshCall *call);
extern void ash_call_find_tenant(AshCall *call);

#endif /* ASH_CALL_INTERNAL_H */
