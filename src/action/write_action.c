/*-------------------------------------------------------------------------
 *
 * src/action/write_action.c
 *	  The life cycle that create, update and destroy share (spec 3.5, 3.6, 3.8).
 *
 * ash_action_write reads top to bottom in the order in which things happen:
 * the changeset is built, authorized, and run.  Errors accumulate while it is
 * built; from the first database write on, the first error ends the action, and
 * the caller undoes what was written (by raising, or by a subtransaction).
 *
 * Everything is allocated in the call's context.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/resource.h"

/*-------------------------------------------------------------------------
 * Build: input → changeset (steps 2 to 11)
 *-------------------------------------------------------------------------
 */

/* A create without the tenant it needs is invalid before anything runs. */
static void
require_tenant(AshChangeset *cs)
{
	AshResource *res = cs->res;

	if (res->tenancy != ASH_TENANCY_ATTRIBUTE || res->tenant_global ||
		cs->call->bindings.has_tenant || cs->action->multitenancy != ASH_TENANCY_ENFORCE ||
		cs->data != NULL)
		return;
	ash_error_add(cs->call->errors, ASH_E_INVALID_CHANGES, NULL,
				  "%s changesets require a tenant to be specified", res->name);
}

void
ash_action_build(AshChangeset *cs)
{
	ash_changeset_cast_input(cs);
	ash_call_argument_defaults(cs->call);
	ash_call_required_arguments(cs->call);
	ash_changeset_require(cs);
	ash_changeset_literal_defaults(cs);
	ash_changeset_run_steps(cs);
	ash_identity_eager_checks(cs);
	ash_changeset_check_accepted(cs);
	require_tenant(cs);
}

/*-------------------------------------------------------------------------
 * Authorize (step 14)
 *-------------------------------------------------------------------------
 */

static AshPolicySubject
subject_of(AshChangeset *cs)
{
	AshPolicySubject subject = {
		.call = cs->call,
		.res = cs->res,
		.type = cs->action->type,
		.action = cs->action,
		.changeset = cs,
	};

	return subject;
}

/* Does the stored row satisfy the condition?  In memory when that is enough. */
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
	query = ash_query_bare(call, res);
	query->filters = list_make2(ash_query_key_filter(res, row), condition);
	return ash_query_fetch(query, 1) != NIL;
}

/*
 * Policies of the write; *condition is what they ask of the row, or NULL.  For an
 * update or destroy that is the stored row, which is looked at here; for a create it
 * is asked after the insert.
 */
static bool
authorize(AshChangeset *cs, AshExpr **condition)
{
	AshPolicySubject subject = subject_of(cs);

	*condition = NULL;
	if (!cs->call->authorize || !cs->res->has_policies)
		return true;
	switch (ash_policy_decide(&subject, condition))
	{
		case ASH_DECISION_ALLOW:
			*condition = NULL;
			return true;
		case ASH_DECISION_FILTER:
			if (cs->data == NULL || ash_row_satisfies(cs->call, cs->res, cs->data, *condition))
				return true;
			break;
		case ASH_DECISION_DENY:
			break;
	}
	if (!ash_errors_any(cs->call->errors))
		ash_policy_forbid(&subject);
	return false;
}

/* The condition a create left open: the row must be one that the actor may create. */
static bool
authorize_created(AshChangeset *cs, AshExpr *condition)
{
	AshPolicySubject subject = subject_of(cs);

	if (condition == NULL || cs->data != NULL ||
		ash_row_satisfies(cs->call, cs->res, cs->result, condition))
		return true;
	if (!ash_errors_any(cs->call->errors))
		ash_policy_forbid(&subject);
	return false;
}

/*-------------------------------------------------------------------------
 * Run (steps 13, 15 to 23)
 *-------------------------------------------------------------------------
 */

/*
 * Attribute tenancy: the column is forced, whatever the input said; an update does
 * not move a row to another tenant.
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
	if (ash_call_tenant_value(cs->call, res, false, &tenant))
		ash_changeset_force_value(cs, res->tenant_attribute, tenant);
	return !ash_errors_any(cs->call->errors);
}

static void
mark_given(const AshChangeset *cs, bool *given)
{
	for (int i = 0; i < cs->res->nattributes; i++)
		given[i] = (cs->flags[i] & ASH_CHANGING) &&
				   (cs->type == ASH_ACTION_CREATE || !(cs->flags[i] & ASH_ATOMIC));
}

static void
write_atomics(AshSql *sql, void *arg)
{
	AshChangeset *cs = arg;
	const char *separator = "";

	for (int i = 0; i < cs->res->nattributes; i++)
	{
		if (!(cs->flags[i] & ASH_ATOMIC))
			continue;
		ash_sql_str(sql, separator);
		ash_sql_ident(sql, cs->res->attributes[i]->source);
		ash_sql_str(sql, " = ");
		ash_query_write_expr(sql, cs->call, cs->res, "t", cs->atomics[i]);
		separator = ", ";
	}
}

static void
write_filters(AshSql *sql, void *arg)
{
	AshChangeset *cs = arg;
	ListCell *lc;

	foreach (lc, cs->filters)
	{
		ash_sql_str(sql, " AND ");
		ash_query_write_condition(sql, cs->call, cs->res, "t", lfirst(lc));
	}
}

static bool
has_atomics(const AshChangeset *cs)
{
	for (int i = 0; i < cs->res->nattributes; i++)
		if (cs->flags[i] & ASH_ATOMIC)
			return true;
	return false;
}

static bool
has_changes(const AshChangeset *cs)
{
	for (int i = 0; i < cs->res->nattributes; i++)
		if (cs->flags[i] & (ASH_CHANGING | ASH_ATOMIC))
			return true;
	return false;
}

static bool
writes_nothing(const AshChangeset *cs)
{
	return cs->type == ASH_ACTION_UPDATE && !has_changes(cs) && cs->filters == NIL;
}

static bool
stale(AshChangeset *cs)
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

static bool
write_row(AshChangeset *cs)
{
	AshResource *res = cs->res;
	bool *given = palloc0(sizeof(bool) * Max(res->nattributes, 1));
	AshWriteStatus status;

	cs->result = palloc0(sizeof(AshValue) * Max(res->nattributes, 1));
	if (cs->action->manual_json != NULL)
		return (ash_manual_write(cs) == ASH_WRITE_DONE || stale(cs)) &&
			   !ash_errors_any(cs->call->errors);
	mark_given(cs, given);
	switch (cs->type)
	{
		case ASH_ACTION_CREATE:
			if (ash_upsert_wanted(cs))
				return ash_upsert_row(cs, given);
			ash_exec_insert(res, cs->values, given, cs->result);
			return true;
		case ASH_ACTION_UPDATE:
			if (writes_nothing(cs))
			{
				cs->result = cs->data;
				return true;
			}
			status = ash_exec_update(res, &cs->handle, cs->data, cs->values, given,
									 has_atomics(cs) ? write_atomics : NULL,
									 cs->filters != NIL ? write_filters : NULL, cs,
									 &cs->call->bindings, cs->result);
			break;
		default:
			status = ash_exec_delete(res, &cs->handle, cs->data,
									 cs->filters != NIL ? write_filters : NULL, cs,
									 &cs->call->bindings, cs->result);
	}
	return status == ASH_WRITE_DONE || stale(cs);
}

static bool
run_changeset(AshChangeset *cs)
{
	AshExpr *condition;

	if (cs->type == ASH_ACTION_CREATE)
		ash_changeset_lazy_defaults(cs);
	if (!authorize(cs, &condition) || !force_tenant(cs) || ash_errors_any(cs->call->errors))
		return false;
	if (!ash_identity_pre_checks(cs) || !ash_changeset_run_hooks(cs, cs->before_action))
		return false;
	if (!ash_managed_before(cs))
		return false;
	if (cs->type == ASH_ACTION_UPDATE && has_changes(cs))
		ash_changeset_lazy_defaults(cs);
	ash_changeset_check_required(cs);
	if (ash_errors_any(cs->call->errors))
		return false;
	if (!write_row(cs))
		return false;
	if (!cs->upsert_skipped &&
		!(ash_managed_after(cs) && ash_changeset_run_hooks(cs, cs->after_action) &&
		  authorize_created(cs, condition)))
		return false;
	return cs->action->nmetadata == 0 || ash_metadata_finish(cs->call, &cs->metadata);
}

/*-------------------------------------------------------------------------
 * Seen, not run
 *-------------------------------------------------------------------------
 */

bool
ash_write_sql(AshChangeset *cs, AshSql *sql, AshExpr **condition)
{
	bool *given = palloc0(sizeof(bool) * Max(cs->res->nattributes, 1));
	Bitmapset *keys;
	AshSqlFn where = cs->filters != NIL ? write_filters : NULL;

	if (cs->type == ASH_ACTION_CREATE || (cs->type == ASH_ACTION_UPDATE && has_changes(cs)))
		ash_changeset_lazy_defaults(cs);
	if (!authorize(cs, condition) || !force_tenant(cs) || ash_errors_any(cs->call->errors) ||
		cs->action->manual_json != NULL || writes_nothing(cs))
		return false;
	mark_given(cs, given);
	if (cs->type == ASH_ACTION_CREATE && ash_upsert_wanted(cs))
		return ash_upsert_sql(cs, given, sql, &keys);
	ash_sql_init(sql, &cs->call->bindings);
	if (cs->type == ASH_ACTION_CREATE)
		ash_exec_insert_sql(sql, cs->res, cs->values, given);
	else if (cs->type == ASH_ACTION_UPDATE)
		ash_exec_update_sql(sql, cs->res, cs->data, cs->values, given,
							has_atomics(cs) ? write_atomics : NULL, where, cs);
	else
		ash_exec_delete_sql(sql, cs->res, cs->data, where, cs);
	return true;
}

bool
ash_write_is_direct(const AshChangeset *cs)
{
	return !has_atomics(cs) && cs->filters == NIL &&
		   !(cs->type == ASH_ACTION_CREATE && ash_upsert_wanted(cs)) &&
		   ash_exec_is_direct(cs->res, cs->type);
}

AshActionType
ash_changeset_type(const AshAction *action)
{
	return action->type == ASH_ACTION_DESTROY && action->soft ? ASH_ACTION_UPDATE : action->type;
}

AshChangeset *
ash_action_write_locked(AshCall *call, const Jsonb *input, AshValue *data,
						const AshRowHandle *handle)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshChangeset *cs;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	cs = ash_changeset_create(call, ash_changeset_type(call->action), input, data);
	if (handle != NULL)
		cs->handle = *handle;
	ash_action_build(cs);
	if (!ash_errors_any(call->errors) && run_changeset(cs) && !cs->upsert_skipped)
		ash_notification_add(cs);
	MemoryContextSwitchTo(old);
	return cs;
}

/*
 * Run the write of call->action.  data is the stored row (NULL for a create).
 * When call->errors is empty afterwards, the row as written is in cs->result.
 */
AshChangeset *
ash_action_write(AshCall *call, const Jsonb *input, AshValue *data)
{
	return ash_action_write_locked(call, input, data, NULL);
}
