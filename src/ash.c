/*-------------------------------------------------------------------------
 *
 * src/ash.c
 *	  Loading the library: settings, caches, hooks.
 *
 * Nothing here looks at a catalog or fails: the library may be loaded into every
 * backend by session_preload_libraries or shared_preload_libraries, also of
 * databases that do not have the extension.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action.h"
#include "action/embedded/embedded.h"
#include "define/define.h"
#include "hooks/hooks.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

char *ash_guc_actor = NULL;
char *ash_guc_tenant = NULL;
bool ash_guc_fast_path = true;
bool ash_guc_plan_selection = true;

static void
define_settings(void)
{
	DefineCustomStringVariable(
		"ash.actor", "Who acts in this session, when a call names no actor.",
		"A JSON object, or the key of a record of the domain's actor resource. "
		"Whoever may connect as the role may set it.",
		&ash_guc_actor, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("ash.tenant",
							   "For which tenant this session acts, when a call names none.", NULL,
							   &ash_guc_tenant, "", PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("ash.fast_path",
							 "Writes single rows of plain tables without a statement.",
							 "Off sends every write through SQL; the outcome is the same.",
							 &ash_guc_fast_path, true, PGC_USERSET, GUC_NOT_IN_SAMPLE, NULL, NULL,
							 NULL);
	DefineCustomBoolVariable(
		"ash.plan_selection",
		"Selects plans of statements of actions by estimates for their parameters.",
		"Developer option. Off leaves the choice to PostgreSQL's plan cache.",
		&ash_guc_plan_selection, true, PGC_USERSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	MarkGUCPrefixReserved("ash");
}

void
_PG_init(void)
{
	define_settings();
	ash_catalog_init();
	ash_query_init();
	ash_managed_init();
	ash_embedded_init();
	ash_hooks_init();
}
