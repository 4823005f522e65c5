/*-------------------------------------------------------------------------
 *
 * src/action/write_action.c
 *	  The life cycle of a create, update or destroy.
 *
 * ash_action_run_changeset reads top to bottom in the order in which things
 * happen, for a row of a table and for an embedded value alike; what differs is
 * how the result is made (write_row.c, embedded/embedded_run.c), and that an
 * embedded value has no identities, tenant, managed relationships and
 * notification of its own (its definition is refused when it wants one).
 *
 * Errors accumulate while the changeset is built; from the first hook on, the
 * first error ends the action, and the caller undoes what was written (by raising,
 * or by a subtransaction).
 *
 * Everything is allocated in the call's context, which is current meanwhile.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "action/embedded/embedded.h"
#include "miscadmin.h"
#include "model/attribute.h"

/*-------------------------------------------------------------------------
 * Build
 *-------------------------------------------------------------------------
 */

/* Adds an error when an embedded value manages relationships: it has no key to refer to. */
static void
refuse_managed(AshChangeset *cs)
{
	if (cs->res->embedded && cs->managed != NIL)
		ash_error_add(cs->call->errors, ASH_E_INVALID_CHANGES, NULL,
					  "%s is embedded: it cannot manage relationships", cs->res->name);
}

/*
 * Input → changes: all that can be found out about the input before the action is
 * authorized.  Nothing is written; errors are added to the call's.
 */
void
ash_action_build(AshChangeset *cs)
{
	ash_changeset_cast_input(cs);
	ash_call_complete_arguments(cs->call, true);
	ash_changeset_require(cs);
	ash_changeset_literal_defaults(cs);
	ash_changeset_run_steps(cs);
	(void) ash_identity_checks(cs, true);
	ash_changeset_check_accepted(cs);
	if (cs->data == NULL)
		(void) ash_call_check_tenant(cs->call, cs->res, cs->action);
	refuse_managed(cs);
}

/*-------------------------------------------------------------------------
 * Authorize
 *-------------------------------------------------------------------------
 */

/*
 * Does the row, values by attribute index, meet the condition?  Evaluated in memory when
 * that is enough, else the row is looked for in its table; an embedded value has none.
 */
bool
ash_row_satisfies(AshCall *call, AshResource *res, const AshValue *row, AshExpr *condition)
{
	AshQuery *query;

	if (ash_expr_in_memory(condition))
	{
		AshValue value;

		return ash_expr_eval(condition, &call->bindings, ash_row_attribute,
							 unconstify(AshValue *, row), &value) &&
			   !value.isnull && DatumGetBool(value.value);
	}
	if (res->embedded)
		return false;
	query = ash_query_bare(call, res);
	query->filters = list_make2(ash_query_key_filter(res, row), condition);
	return ash_query_fetch(query, 1) != NIL;
}

/* Adds the error of a row that is not there any more, or does not meet cs->filters. */
bool
ash_changeset_stale(AshChangeset *cs)
{
	StringInfoData filter;
	ListCell *lc;

	initStringInfo(&filter);
	foreach (lc, cs->filters)
		appendStringInfo(&filter, "%s%s", filter.len > 0 ? " and " : " with filter: ",
						 ash_expr_describe(lfirst(lc)));
	ash_error_add(cs->call->errors, ASH_E_STALE_RECORD, NULL,
				  "Attempted to update stale record of %s%s", cs->res->name, filter.data);
	return false;
}

/* True if the stored row meets all conditions that changes have put on it. */
bool
ash_changeset_meets_filters(AshChangeset *cs)
{
	ListCell *lc;

	foreach (lc, cs->filters)
	{
		if (cs->data == NULL || !ash_row_satisfies(cs->call, cs->res, cs->data, lfirst(lc)))
			return false;
	}
	return true;
}

/*
 * Policies of the write; false after adding the Forbidden error.  A condition on the
 * stored row of an update or destroy is evaluated here; a create's is left in
 * *condition for authorize_created, and is NULL when there is none.
 */
static bool
authorize_write(AshChangeset *cs, AshExpr **condition)
{
	AshPolicySubject subject = ash_policy_subject(cs->call);
	AshAuthorizeResult answer = ash_authorize(&subject, ASH_REFUSE_ERROR);

	*condition = answer.condition;
	if (answer.decision != ASH_DECISION_CONDITION || cs->data == NULL)
		return answer.decision != ASH_DECISION_DENY;
	return ash_row_satisfies(cs->call, cs->res, cs->data, answer.condition) ||
		   ash_authorize_refuse(&subject);
}

/* The condition a create left open: the new row must meet it. */
static bool
authorize_created(AshChangeset *cs, AshExpr *condition)
{
	AshPolicySubject subject;

	if (condition == NULL || cs->data != NULL ||
		ash_row_satisfies(cs->call, cs->res, cs->result, condition))
		return true;
	subject = ash_policy_subject(cs->call);
	return ash_authorize_refuse(&subject);
}

/*-------------------------------------------------------------------------
 * Run
 *-------------------------------------------------------------------------
 */

/*
 * Attribute tenancy: sets the tenant attribute to the call's tenant, whatever the input
 * said; an update does not move a row to another tenant.  False after adding an error.
 */
static bool
force_tenant(AshChangeset *cs)
{
	AshResource *res = cs->res;
	AshValue tenant;

	if (res->tenancy != ASH_TENANCY_ATTRIBUTE)
		return true;
	if (cs->data != NULL && (!(cs->flags[res->tenant_attribute->index] & ASH_CHANGING) ||
							 cs->action->multitenancy >= ASH_TENANCY_BYPASS))
		return true;
	if (ash_call_tenant_value(cs->call, res, &tenant))
		ash_changeset_force_value(cs, res->tenant_attribute, tenant);
	return !ash_errors_any(cs->call->errors);
}

/*
 * What has to be settled before anything with effects runs: computed defaults of a
 * create, which policies look at, the policies, and the tenant.  False after adding
 * errors.  *condition as of authorize_write.
 */
bool
ash_action_authorize(AshChangeset *cs, AshExpr **condition)
{
	if (cs->type == ASH_ACTION_CREATE)
		ash_changeset_lazy_defaults(cs);
	return authorize_write(cs, condition) && force_tenant(cs) && !ash_errors_any(cs->call->errors);
}

/* What hooks leave of an update gets its computed defaults; then no value may be missing. */
static bool
complete_values(AshChangeset *cs)
{
	if (cs->type == ASH_ACTION_UPDATE)
		ash_changeset_lazy_defaults(cs);
	ash_changeset_check_required(cs);
	return !ash_errors_any(cs->call->errors);
}

/* The row goes to its table, the value is made; cs->result has it.  False after adding errors. */
static bool
write_row_or_value(AshChangeset *cs)
{
	return cs->res->embedded ? ash_embedded_make(cs) : ash_row_write(cs);
}

static bool
finish_metadata(AshChangeset *cs)
{
	return cs->action->nmetadata == 0 || ash_metadata_finish(cs->call, &cs->metadata);
}

/*
 * The life cycle.  True when it is done: the result is in cs->result then.  False after
 * adding errors to the call's; what was written until then is the caller's to undo.
 */
bool
ash_action_run_changeset(AshChangeset *cs)
{
	AshExpr *condition;

	ash_action_build(cs);
	if (ash_errors_any(cs->call->errors))
		return false;

	if (!ash_action_authorize(cs, &condition))
		return false;

	if (!ash_identity_checks(cs, false) || !ash_changeset_run_hooks(cs, cs->before_action) ||
		!ash_managed_before(cs))
		return false;

	if (!complete_values(cs) || !write_row_or_value(cs))
		return false;
	if (cs->upsert_skipped)
		return finish_metadata(cs);

	if (!ash_managed_after(cs) || !ash_changeset_run_hooks(cs, cs->after_action) ||
		!authorize_created(cs, condition) || !finish_metadata(cs))
		return false;

	if (!cs->res->embedded)
		ash_notification_add(cs);
	return true;
}

/*
 * Run the write of call->action.  data is the stored row (NULL for a create), and
 * handle, or NULL, says where ash_action_record has locked it.  When call->errors is
 * empty afterwards, the row as written is in cs->result.
 */
AshChangeset *
ash_action_write(AshCall *call, const Jsonb *input, AshValue *data, const AshRowHandle *handle)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshChangeset *cs;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	cs = ash_changeset_create(call, input, data);
	if (handle != NULL)
		cs->handle = *handle;
	(void) ash_action_run_changeset(cs);
	MemoryContextSwitchTo(old);
	return cs;
}
