/*-------------------------------------------------------------------------
 *
 * src/base/owner_scope.c
 *	  Running what a definition says with the privileges of the domain's owner.
 *
 * Compiling a definition casts literals.  DDL evaluates checks and casts over rows,
 * keys and conditions of indexes, and, while it is only parsed, input functions of
 * types and immutable functions of constants.  All of that is written by the domain's
 * owner, and a superuser may be the one who migrates.  So it runs as PostgreSQL runs
 * the functions of an index: as the owner, in a security-restricted operation, in
 * which the role cannot be changed and no settings, temporary tables or deferred
 * triggers can be left to the session, and with a fixed search_path.
 *
 * The caller has checked that the current user may have it run.  An error restores
 * everything: the user by the abort of the (sub)transaction, settings by their nest
 * level.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/owner_scope.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

/* pg_temp comes last, so that temporary objects of the session cannot stand in for others. */
char *
ash_owner_path(const char *schema, const char *extension_schema)
{
	StringInfoData path;

	initStringInfo(&path);
	appendStringInfoString(&path, "pg_catalog");
	if (schema != NULL)
		appendStringInfo(&path, ", %s", quote_identifier(schema));
	if (extension_schema != NULL)
		appendStringInfo(&path, ", %s", quote_identifier(extension_schema));
	appendStringInfoString(&path, ", pg_temp");
	return path.data;
}

/*
 * The search_path is set at a nest level of its own, so that leaving restores it together with
 * all settings that what ran in between has changed.
 */
AshOwnerScope
ash_owner_enter(Oid owner, const char *path)
{
	AshOwnerScope scope = { .owner = owner };

	Assert(OidIsValid(owner));
	scope.nest_level = NewGUCNestLevel();
	GetUserIdAndSecContext(&scope.user, &scope.context);
	SetUserIdAndSecContext(owner, scope.context | SECURITY_LOCAL_USERID_CHANGE |
									  SECURITY_RESTRICTED_OPERATION);
	(void) set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
							 0, false);
	return scope;
}

/* Must be called in the (sub)transaction of ash_owner_enter. */
void
ash_owner_leave(const AshOwnerScope *scope)
{
	AtEOXact_GUC(false, scope->nest_level);
	SetUserIdAndSecContext(scope->user, scope->context);
}
