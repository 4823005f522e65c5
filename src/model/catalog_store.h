/*-------------------------------------------------------------------------
 *
 * src/model/catalog_store.h
 *	  Rows of the catalog tables as ash_define and ash_migrate read and write them.
 *
 * Unlike catalog_rows.c, which reads by index in every call, these are ordinary
 * statements, run through SPI as the owner of the catalog.  They check no
 * privileges: call ash_store_check_owner before writing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CATALOG_STORE_H
#define ASH_CATALOG_STORE_H

#include "model/model.h"

/* A row of ash.domain or ash.resource; all texts are palloc'd. */
typedef struct AshStored
{
	char *name;
	char *domain;	/* of a domain: its own name */
	char *owner;	/* role name, as it is stored: the role may be gone */
	char *document; /* as written */
	char *expanded;
	int64 revision;
} AshStored;

/* Locks out other definitions until the transaction ends; readers are not blocked. */
extern void ash_store_lock(void);

/* Fill out and return true, or return false when there is no such row. */
extern bool ash_store_domain(const char *name, AshStored *out);
extern bool ash_store_resource(const char *name, AshStored *out);
/* Of AshStored *, in the order of definition. */
extern List *ash_store_resources(const char *domain);
/* Resources that refer to one of names (char *) and are none of them, by name; of AshStored *. */
extern List *ash_store_referrers(List *names);
/* The same with those that refer to these, and so on. */
extern List *ash_store_dependents(List *names);

/* True for members of the role that owns the domain (of the resource), and superusers. */
extern bool ash_store_is_owner(const AshStored *stored);
/* Raises insufficient_privilege unless that is so. */
extern void ash_store_check_owner(const AshStored *domain);

/* former: the row before, or NULL; it is kept in ash.revision */
extern void ash_store_put_domain(const char *name, const char *schema, const AshStored *former,
								 const char *document, const char *expanded);
extern void ash_store_put_resource(const AshResource *res, const AshStored *former,
								   const char *document, const char *expanded);
extern void ash_store_touch(const char *domain);
extern void ash_store_delete_resource(const AshStored *stored);
extern void ash_store_delete_domain(const AshStored *stored);

/* ash.statement: the custom statements that ash_migrate ran */
extern void ash_store_put_statement(const char *resource, const char *name, const char *up,
									const char *down);
extern void ash_store_delete_statement(const char *resource, const char *name);

#endif /* ASH_CATALOG_STORE_H */
