/*-------------------------------------------------------------------------
 *
 * src/model/domain.h
 *	  Options of a domain that its resources need; each AshResource has a copy.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_DOMAIN_H
#define ASH_DOMAIN_H

#include "model/model_types.h"
#include "spec/spec.h"

/* When policies are enforced: unless the call says otherwise, always, or on request. */
typedef enum AshAuthorize
{
	ASH_AUTHORIZE_BY_DEFAULT,
	ASH_AUTHORIZE_ALWAYS,
	ASH_AUTHORIZE_WHEN_REQUESTED
} AshAuthorize;

/* The page of a call that only gives a limit. */
typedef enum AshPageType
{
	ASH_PAGE_TYPE_OFFSET,
	ASH_PAGE_TYPE_KEYSET
} AshPageType;

struct AshDomain
{
	const char *name;
	const char *schema;
	AshAuthorize authorize;
	bool require_actor;
	const char *actor_resource; /* "helpdesk.representative", or NULL */
	const char *actor_source;	/* "claims", "current_user" or NULL */
	AshPageType default_page_type;
	json_t *functions; /* name → {"function", "arguments", "returns"}, or NULL */
};

#endif /* ASH_DOMAIN_H */
