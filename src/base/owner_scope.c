/*-------------------------------------------------------------------------
 *
 * src/base/owner_scope.c
 *	  What a definition says is looked at and done with its owner's rights.
 *
 * Compiling casts literals.  DDL evaluates what stands in it: checks and casts over rows, keys and
 * conditions of indexes, and, while it is only parsed, input functions of types and immutable
 * functions of constants.  All of that is written by the domain's owner, and a
 * superuser may be the one who migrates.  So it runs as PostgreSQL runs the
 * functions of an index: as the owner, who can neither become another role nor
 * leave settings, temporary tables or deferred triggers to the session, and with a
 * search_path that is the same for everybody.
 *
 * Whether the current user may have it run is asked before.  An error restores
 * all: the user by the (sub)transaction's abort, settings by their nest level.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/owner_scope.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

/* PostgreSQL's own names first, then those of the schema and of the extension's (each or NULL). */
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

void
ash_owner_leave(const AshOwnerScope *scope)
{
	AtEOXact_GUC(false, scope->nest_level);
	SetUserIdAndSecContext(scope->user, scope->context);
}
