/*-------------------------------------------------------------------------
 *
 * src/hooks/hooks.h
 *	  Backend hooks.  Each file says when; the rooms below say what.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_HOOKS_H
#define ASH_HOOKS_H

#include "compat.h"

extern void ash_hooks_init(void);		 /* called once by _PG_init */
extern void ash_rowsecurity_init(void);	 /* policies as row-security quals on ad-hoc SQL */
extern void ash_permission_init(void);	 /* "direct_writes": "deny" */
extern void ash_utility_init(void);		 /* DDL under a resource invalidates */
extern void ash_xact_init(void);		 /* end of transaction and subtransaction */

#endif /* ASH_HOOKS_H */
