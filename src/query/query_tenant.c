/*-------------------------------------------------------------------------
 *
 * src/query/query_tenant.c
 *	  The tenant of a query, as a condition on its rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "query/query.h"

bool
ash_tenant_bypassed(AshAction *action)
{
	return action != NULL && (action->multitenancy == ASH_TENANCY_BYPASS ||
							  action->multitenancy == ASH_TENANCY_BYPASS_ALL);
}

/* "bypass_all" also holds for what the action reads of other resources. */
bool
ash_call_of_all_tenants(const AshCall *call)
{
	return call->all_tenants ||
		   (call->action != NULL && call->action->multitenancy == ASH_TENANCY_BYPASS_ALL);
}

/* The condition on the tenant attribute, or NULL. */
AshExpr *
ash_tenant_condition(AshCall *call, AshResource *res, AshAction *action)
{
	AshValue tenant;

	if (call == NULL || res->tenancy == ASH_TENANCY_NONE || ash_tenant_bypassed(action) ||
		ash_call_of_all_tenants(call))
		return NULL;
	if (!ash_call_check_tenant(call, res, action) || !ash_call_tenant_value(call, res, &tenant))
		return NULL;
	return ash_expr_call("=",
						 list_make2(ash_expr_attribute(res, res->tenant_attribute),
									ash_expr_const(res->tenant_attribute->type, tenant)),
						 call->errors);
}
