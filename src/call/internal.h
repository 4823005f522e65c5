/*-------------------------------------------------------------------------
 *
 * src/call/internal.h
 *	  What the files of this room share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CALL_INTERNAL_H
#define ASH_CALL_INTERNAL_H

#include "call/call.h"

/* options.c */
extern AshOptions *ash_options_parse(AshCall *call, Jsonb *options);

/* actor.c */
extern void ash_call_find_actor(AshCall *call);
extern void ash_call_find_tenant(AshCall *call);

/* template.c */
extern bool ash_call_resolve(AshBindings *bindings, AshTemplateKind kind, List *path,
							 const AshTypeInst *type, AshValue *out);

#endif /* ASH_CALL_INTERNAL_H */
