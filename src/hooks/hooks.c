/*-------------------------------------------------------------------------
 *
 * src/hooks/hooks.c
 *	  Takes its place in every hook; called once, when the library is loaded.
 *
 * Hooks run in every backend that has the library, also in databases without the
 * extension: each asks ash_resource_by_relid first, which is false there.  The
 * previous hook is always called.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "hooks/hooks.h"

void
ash_hooks_init(void)
{
	ash_rowsecurity_init();
	ash_permission_init();
	ash_readers_init();
	ash_plan_parameters_init();
	ash_inline_init();
}
