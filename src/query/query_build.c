/*-------------------------------------------------------------------------
 *
 * src/query/query_build.c
 *	  From a call to a query (spec 3.10): arguments, preparations, the action's
 *	  filter, then what the caller asks for; tenant and policies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/resource.h"
#include "query/query_internal.h"

AshQuery *
ash_query_bare(AshCall *call, AshResource *res)
{
	AshQuery *query = palloc0(sizeof(AshQuery));

	query->call = call;
	query->res = res;
	query->bare = true;
	return query;
}

static void
add_filter(AshQuery *query, AshExpr *filter)
{
	if (filter != NULL)
		query->filters = lappend(query->filters, filter);
}

AshQuery *
ash_query_create(AshCall *call, AshResource *res, AshAction *action)
{
	AshQuery *query = ash_query_bare(call, res);

	query->bare = false;
	query->action = action;
	add_filter(query, ash_resource_base_filter(res, NULL));
	query->tenant = ash_tenant_condition(call, res, action);
	add_filter(query, query->tenant);
	query->tenant_checked = true;
	return query;
}

/*-------------------------------------------------------------------------
 * The action's part
 *-------------------------------------------------------------------------
 */

static void
add_action_filter(AshQuery *query)
{
	AshExpr *filter = ash_action_filter(query->res, query->action, NULL);

	if (filter == NULL)
		return;
	if (!query->call->bindings.has_actor && ash_expr_uses_actor(filter))
		ash_error_add(query->call->errors, ASH_E_READ_ACTION_REQUIRES_ACTOR, NULL,
					  "actor is required");
	add_filter(query, filter);
}

/* get_by: each named attribute equals the argument of that name. */
static void
add_get_by(AshQuery *query)
{
	ListCell *lc;

	foreach (lc, query->action->get_by)
	{
		const AshAttribute *attr = ash_find_attribute(query->res, lfirst(lc));
		const AshArgument *arg = ash_find_argument(query->action, lfirst(lc));
		AshExpr *value;

		if (attr == NULL || arg == NULL)
			continue;
		value = ash_expr_const(arg->type, query->call->args[arg->index]);
		add_filter(query,
				   ash_expr_call("=", list_make2(ash_expr_attribute(query->res, attr), value),
								 query->call->errors));
	}
}

void
ash_query_for_action(AshQuery *query, const Jsonb *input)
{
	AshCall *call = query->call;
	AshAction *action = query->action;
	int before;

	if (action != NULL)
	{
		Assert(call->action == action);
		ash_call_cast_arguments(call, input);
		ash_call_argument_defaults(call);
		ash_call_required_arguments(call);
		ash_query_run_preparations(query, input);
		before = list_length(call->errors->items);
		if (before == 0)
		{
			add_action_filter(query);
			add_get_by(query);
		}
	}
	ash_query_apply_options(query);
}

/*-------------------------------------------------------------------------
 * The caller's part
 *-------------------------------------------------------------------------
 */

void
ash_query_add_filter(AshQuery *query, const Jsonb *filter, bool trusted)
{
	AshErrors *errors = query->call->errors;

	ash_errors_push_name(errors, "filter");
	add_filter(query, ash_filter_parse(query, query->res, filter, trusted));
	ash_errors_pop(errors);
}

void
ash_query_add_sort(AshQuery *query, const Jsonb *sort, bool trusted, bool prepend)
{
	AshErrors *errors = query->call->errors;
	List *items;

	ash_errors_push_name(errors, "sort");
	items = ash_sort_parse(query, query->res, sort, trusted);
	query->sort =
		prepend ? list_concat_copy(items, query->sort) : list_concat_copy(query->sort, items);
	ash_errors_pop(errors);
}

/* A sort of the caller's under this name of an option, behind what is there. */
static List *
add_input_sort(AshQuery *query, const char *option, List *sort, const Jsonb *input)
{
	AshErrors *errors = query->call->errors;

	if (input == NULL)
		return sort;
	ash_errors_push_name(errors, option);
	sort = list_concat_copy(sort, ash_sort_parse(query, query->res, input, false));
	ash_errors_pop(errors);
	return sort;
}

static void
apply_lock(AshQuery *query, const char *lock)
{
	query->lock = ash_lock_parse(lock);
	if (query->lock == 0)
		ash_error_add(query->call->errors, ASH_E_INVALID_OPTION, "lock", "%s is not a valid lock",
					  lock);
}

static void
apply_load(AshQuery *query, const Jsonb *load)
{
	AshErrors *errors = query->call->errors;

	ash_errors_push_name(errors, "load");
	query->loads = ash_load_parse(query, query->res, load);
	ash_errors_pop(errors);
}

/* What sorts when nothing else does. */
void
ash_query_default_sort(AshQuery *query)
{
	if (query->sort != NIL || query->default_sort == NIL)
		return;
	query->sort = list_copy(query->default_sort);
	query->sort_is_default = true;
}

void
ash_query_apply_options(AshQuery *query)
{
	const AshOptions *opts = query->call->opts;

	if (opts->filter != NULL)
		ash_query_add_filter(query, opts->filter, false);
	if (opts->sort != NULL)
		ash_query_add_sort(query, opts->sort, false, false);
	ash_query_default_sort(query);
	query->distinct = add_input_sort(query, "distinct", query->distinct, opts->distinct);
	query->distinct_sort =
		add_input_sort(query, "distinct_sort", query->distinct_sort, opts->distinct_sort);
	if (opts->limit.set)
		query->limit = opts->limit;
	if (opts->offset.set)
		query->offset = opts->offset;
	if (opts->select != NULL)
		ash_select_parse(query, opts->select);
	if (opts->page != NULL)
		ash_page_parse(query, opts->page);
	if (opts->lock != NULL)
		apply_lock(query, opts->lock);
	if (opts->load != NULL)
		apply_load(query, opts->load);
}

/*-------------------------------------------------------------------------
 * Policies
 *-------------------------------------------------------------------------
 */

static AshPolicySubject
subject_of(AshQuery *query)
{
	AshPolicySubject subject = { 0 };

	subject.call = query->call;
	subject.res = query->res;
	subject.type = ASH_ACTION_READ;
	subject.action =
		query->action != NULL ? query->action : query->res->primary_actions[ASH_ACTION_READ];
	subject.query = query;
	return subject;
}

static void
forbid(AshQuery *query)
{
	AshPolicySubject subject = subject_of(query);

	query->forbidden = true;
	if (!query->forgiving)
		ash_policy_forbid(&subject);
}

/* Forbids the query when policies hide a row of it (of the keys) that must be seen. */
void
ash_query_check_hidden(AshQuery *query, AshKeys *keys)
{
	AshExpr *visible;
	AshSql sql;

	if (query->must_see == NULL)
		return;
	if (ash_query_is_manual(query))
	{
		ash_manual_refuse(query, "looked for among forbidden ones");
		return;
	}
	visible = ash_expr_call("coalesce", list_make2(query->must_see, ash_expr_bool(false)),
							query->call->errors);
	ash_query_sql_init(query, &sql);
	ash_statement_exists(query, keys, list_make1(ash_expr_not(visible)), &sql);
	if (!ash_errors_any(query->call->errors) && ash_exec_modify(query->res, &sql, NULL, NULL) > 0)
		forbid(query);
	add_filter(query, query->must_see);
	query->must_see = NULL;
}

/* Policies become conditions; of a related read, "authorize_with" waits for the keys. */
void
ash_query_authorize(AshQuery *query)
{
	AshPolicySubject subject;
	AshExpr *filter = NULL;

	if (!query->call->authorize || query->authorized || !query->res->has_policies)
		return;
	subject = subject_of(query);
	query->authorized = true;
	switch (ash_policy_decide(&subject, &filter))
	{
		case ASH_DECISION_ALLOW:
			break;
		case ASH_DECISION_DENY:
			forbid(query);
			break;
		case ASH_DECISION_FILTER:
			if (query->call->opts->authorize_with == 0)
				add_filter(query, filter);
			else
				query->must_see = filter;
			if (!query->related)
				ash_query_check_hidden(query, NULL);
			break;
	}
}
