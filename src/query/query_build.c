/*-------------------------------------------------------------------------
 *
 * src/query/query_build.c
 *	  From the options of a call to a query.
 *
 * Options are parsed before anything of the application runs, but a filter or sort of
 * the caller stands behind those of the action's preparations, and a limit or page of
 * the caller replaces theirs.  So what the caller asks for is parsed into a query of
 * its own (AshQuery.asked) and taken over once the preparations have run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/calculation.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "query/query.h"

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
	return query;
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

/* True if the call asks for anything that ash_query_apply_options() looks at. */
static bool
asks_anything(const AshOptions *opts)
{
	return opts->filter != NULL || opts->sort != NULL || opts->distinct != NULL ||
		   opts->distinct_sort != NULL || opts->limit.set || opts->offset.set ||
		   opts->select != NULL || opts->page != NULL || opts->lock != NULL || opts->load != NULL;
}

/*
 * The query that collects what the options ask for: query->asked, made if there is none yet.
 * Once a query is prepared there is nothing to wait for, and it is the query itself.
 */
AshQuery *
ash_query_asked(AshQuery *query)
{
	if (query->prepared || query->is_asked)
		return query;
	if (query->asked == NULL)
	{
		query->asked = ash_query_bare(query->call, query->res);
		query->asked->is_asked = true;
		query->asked->action = query->action;
		query->asked->trusted_loads = query->trusted_loads;
		query->asked->strict_loads = query->strict_loads;
		query->asked->late_depth = query->late_depth;
	}
	return query->asked;
}

/*
 * Parses the call: the input of the action is cast into call->args (defaults are left for
 * the phases of prepare/), and the options, with all nested loads, become query->asked.  Errors are
 * added to call->errors.  Looks at definitions only.
 */
void
ash_query_parse(AshQuery *query, const Jsonb *input)
{
	query->input = input;
	if (query->action != NULL)
	{
		Assert(query->call->action == query->action);
		ash_call_cast_arguments(query->call, input);
	}
	if (asks_anything(query->call->opts))
		ash_query_apply_options(ash_query_asked(query));
}

static void
take_page(AshQuery *query, const AshQuery *asked)
{
	if (asked->page == ASH_PAGE_NONE)
		return;
	query->page = asked->page;
	query->page_count = asked->page_count;
	query->page_limit = asked->page_limit;
	query->page_offset = asked->page_offset;
	query->after = asked->after;
	query->before = asked->before;
	if (asked->page_filters != NIL)
		query->page_filters = asked->page_filters;
}

static void
take_selection(AshQuery *query, const AshQuery *asked)
{
	int i = -1;
	ListCell *lc;

	if (asked->select_given)
	{
		query->select_given = true;
		query->select = bms_add_members(query->select, asked->select);
	}
	while ((i = bms_next_member(asked->ensured, i)) >= 0)
		ash_query_ensure_selected(query, query->res->attributes[i]);
	foreach (lc, asked->inside)
		ash_load_take_inside(query, lfirst(lc));
}

/*
 * Puts what the options of the call ask for behind what the query holds.  Filters and sorts add
 * up, a limit, offset, page or lock replaces that of the action, loads are merged by name.
 */
void
ash_query_take_asked(AshQuery *query)
{
	AshQuery *asked = query->asked;

	query->asked = NULL;
	if (asked != NULL)
	{
		query->filters = list_concat_copy(query->filters, asked->filters);
		query->sort = list_concat_copy(query->sort, asked->sort);
		query->distinct = list_concat_copy(query->distinct, asked->distinct);
		query->distinct_sort = list_concat_copy(query->distinct_sort, asked->distinct_sort);
	}
	ash_query_default_sort(query);
	if (asked == NULL)
		return;
	if (asked->limit.set)
		query->limit = asked->limit;
	if (asked->offset.set)
		query->offset = asked->offset;
	if (asked->lock != 0)
		query->lock = asked->lock;
	take_page(query, asked);
	take_selection(query, asked);
	ash_load_take(query, asked->loads);
}

/*-------------------------------------------------------------------------
 * Manual reads
 *-------------------------------------------------------------------------
 */

bool
ash_query_is_manual(const AshQuery *query)
{
	return query->action != NULL && query->action->type == ASH_ACTION_READ &&
		   query->action->manual_json != NULL;
}

/* What is asked of it besides reading records; adds an error. */
bool
ash_manual_refuse(AshQuery *query, const char *what)
{
	ash_error_add(query->call->errors, ASH_E_INVALID_QUERY, NULL,
				  "Action %s.%s is manual: its records come from a function and cannot be %s",
				  query->res->name, query->action->name, what);
	return false;
}

/*-------------------------------------------------------------------------
 * What policies are to decide about
 *-------------------------------------------------------------------------
 */

/* The names of what a query loads, as List of const char *. */
static List *
load_names(const AshQuery *query)
{
	List *names = NIL;
	ListCell *lc;

	foreach (lc, query->loads)
	{
		const AshLoad *load = lfirst(lc);
		const char *name = load->relationship != NULL ? load->relationship->name :
						   load->calculation != NULL  ? load->calculation->name :
														load->aggregate->name;

		names = lappend(names, unconstify(char *, name));
	}
	return names;
}

/*
 * What the policies are to decide about: the query as it is now.  A query without an
 * action is authorized as the primary read.
 */
AshPolicySubject
ash_query_subject(const AshQuery *query)
{
	AshPolicySubject subject = { .call = query->call, .res = query->res, .type = ASH_ACTION_READ };

	subject.action =
		query->action != NULL ? query->action : query->res->primary_actions[ASH_ACTION_READ];
	subject.read.select = query->select;
	subject.read.loads = load_names(query);
	subject.read.filters = query->filters;
	return subject;
}
