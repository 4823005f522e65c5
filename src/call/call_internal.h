/*-------------------------------------------------------------------------
 *
 * src/call/call_internal.h
 *	  How call.c resolves templates of expressions; private to call/.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CALL_INTERNAL_H
#define ASH_CALL_INTERNAL_H

#include "call/call.h"
#include "model/value_template.h"

/* call_template.c */
extern bool ash_call_resolve(AshBindings *bindings, AshTemplateKind kind, List *path,
							 const AshTypeInst *type, AshValue *out);

#endif /* ASH_CALL_INTERNAL_H */
