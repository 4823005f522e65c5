/*-------------------------------------------------------------------------
 *
 * src/sql/field_mask.c
 *	  Fields by name, and which of them the caller may see (spec 13.7).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "sql/sql.h"

static bool
is_primary_key(AshResource *res, const char *field)
{
	AshAttribute *attr = ash_find_attribute(res, field);

	return attr != NULL && attr->primary_key;
}

AshMask
ash_field_mask(AshCall *call, AshResource *res, AshAction *action, const char *field,
			   bool is_public)
{
	AshPolicySubject subject = { 0 };
	AshMask mask = { NULL, false };

	if (call == NULL || !call->authorize || !res->has_field_policies || is_primary_key(res, field))
		return mask;
	subject.call = call->res == res ? call : ash_query_subcall(call, res, action);
	subject.res = res;
	subject.type = action != NULL ? action->type : ASH_ACTION_READ;
	subject.action = action != NULL ? action : res->primary_actions[ASH_ACTION_READ];
	mask.condition = ash_policy_field_condition(&subject, field, is_public, &mask.never);
	return mask;
}
