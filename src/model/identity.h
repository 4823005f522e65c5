/*-------------------------------------------------------------------------
 *
 * src/model/identity.h
 *	  A compiled identity: attributes that are unique together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_IDENTITY_H
#define ASH_IDENTITY_H

#include "model/model_types.h"
#include "nodes/pg_list.h"

struct AshIdentity
{
	const char *name;
	const char *description;
	List *keys;		   /* of char *: attribute names */
	const char *where; /* expression source, or NULL */
	bool nils_distinct;
	bool eager_check;
	bool pre_check;
	bool all_tenants;
	const char *message;
	List *field_names;		/* of char *, or NIL = keys */
	const char *index_name; /* of the unique index */
};

#endif /* ASH_IDENTITY_H */
