/*-------------------------------------------------------------------------
 *
 * src/hooks/hooks.c
 *	  Installs the hooks; called once, by _PG_init().
 *
 * Hooks run in every backend that has the library, also in databases without the extension,
 * where ash_resource_by_relid() finds no resource and no statement of exec/ runs.  The
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
