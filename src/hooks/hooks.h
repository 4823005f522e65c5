/*-------------------------------------------------------------------------
 *
 * src/hooks/hooks.h
 *	  Backend hooks.  Each file says when; the rooms below say what.
 *
 * DDL and the end of transactions need none: the catalog, data and call rooms
 * follow them by invalidation and memory context callbacks of their own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_HOOKS_H
#define ASH_HOOKS_H

#include "compat.h"

extern void ash_hooks_init(void);		/* called once by _PG_init */
extern void ash_rowsecurity_init(void); /* policies as row-security quals on ad-hoc SQL */
extern void ash_permission_init(void);	/* "direct_writes": "deny" */
extern void ash_plan_parameters_init(void);
extern void ash_inline_init(void);	/* reads of the code interface in a query */
extern void ash_readers_init(void); /* "security": "definer" of related resources */

#endif /* ASH_HOOKS_H */
