/*-------------------------------------------------------------------------
 *
 * src/hooks/policy_quals.h
 *	  Conditions of a resource as expressions over its table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_QUALS_H
#define ASH_QUALS_H

#include "model/action_def.h"
#include "model/resource.h"
#include "utils/relcache.h"

extern void ash_quals_init(void);

/*
 * What the policies say of rows that an action of that type is about, and which rows
 * are the tenant's.  The variables are those of range table entry 1; the result is a
 * copy in the current context.
 */
extern Node *ash_qual_policies(AshResource *res, Relation rel, AshActionType type);
extern Node *ash_qual_tenant(AshResource *res, Relation rel);

#endif /* ASH_QUALS_H */
