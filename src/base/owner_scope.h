/*-------------------------------------------------------------------------
 *
 * src/base/owner_scope.h
 *	  Running what a definition says with the privileges of the domain's owner.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_OWNER_SCOPE_H
#define ASH_OWNER_SCOPE_H

#include "compat.h"

/* What ash_owner_leave restores. */
typedef struct AshOwnerScope
{
	Oid owner;
	Oid user;
	int context;
	int nest_level;
} AshOwnerScope;

/*
 * A search_path: pg_catalog, then the schemas given (each may be NULL), pg_temp
 * last.  palloc'd.
 */
extern char *ash_owner_path(const char *schema, const char *extension_schema);

/*
 * From enter to leave the current user is owner, restricted (SECURITY_RESTRICTED_OPERATION),
 * and search_path is path.  An error in between restores both by itself.
 */
extern AshOwnerScope ash_owner_enter(Oid owner, const char *path);
extern void ash_owner_leave(const AshOwnerScope *scope);

#endif /* ASH_OWNER_SCOPE_H */
