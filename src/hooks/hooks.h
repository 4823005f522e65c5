/*-------------------------------------------------------------------------
 *
 * src/hooks/hooks.h
 *	  Backend hooks: each file installs those of one purpose.
 *
 * DDL and the end of transactions need none: the rooms below follow them by invalidation and
 * memory context callbacks of their own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_HOOKS_H
#define ASH_HOOKS_H

#include "compat.h"

extern void ash_hooks_init(void);

extern void ash_rowsecurity_init(void);		/* row_security.c */
extern void ash_permission_init(void);		/* direct_writes.c */
extern void ash_readers_init(void);			/* table_readers.c */
extern void ash_plan_parameters_init(void); /* plan_parameters.c */
extern void ash_inline_init(void);			/* inline_interface.c */

#endif /* ASH_HOOKS_H */
