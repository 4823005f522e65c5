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

/* call_template.c */
extern bool ash_call_resolve(AshBindings *bindings, AshTemplateKind kind, List *path,
							 const AshTypeInst *type, AshValue *out);

#endif /* ASH_CALL_INTERNAL_H */
