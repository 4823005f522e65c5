/*-------------------------------------------------------------------------
 *
 * src/prepare/prepare_query.c
 *	  The phases between parsing a query and running it.
 *
 * A query goes through these once, in this order:
 *
 *	 parsed		ash_query_parse: input and options, nested loads included
 *	 prepared	arguments get their defaults, preparations and validations run
 *	 authorized	read policies become conditions of the query, or forbid it
 *	 begun		the functions of "before_action" have run
 *
 * A query for a load is prepared only after the query that loads it has been
 * authorized, and begun only after that has begun.  So no function of a resource's
 * definition runs for a caller whom the policies of an outer resource turn away.
 * All four phases of all queries come before the first row is read.
 *
 * Errors are added to the errors of the call, at the path of the load.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "model/argument.h"
#include "model/relationship.h"
#include "prepare/prepare.h"

/*-------------------------------------------------------------------------
 * Preparing
 *-------------------------------------------------------------------------
 */

/* The action's own filter.  One that looks at the actor is an error without an actor. */
static void
add_action_filter(AshQuery *query)
{
	AshExpr *filter = ash_action_filter(query->res, query->action, NULL);

	if (filter == NULL)
		return;
	if (!query->call->bindings.has_actor && ash_expr_uses_actor(filter))
		ash_error_add(query->call->errors, ASH_E_READ_ACTION_REQUIRES_ACTOR, NULL,
					  "actor is required");
	query->filters = lappend(query->filters, filter);
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
		AshExpr *equal;

		if (attr == NULL || arg == NULL)
			continue;
		equal = ash_expr_call("=",
							  list_make2(ash_expr_attribute(query->res, attr),
										 ash_expr_const(arg->type, query->call->args[arg->index])),
							  query->call->errors);
		if (equal != NULL)
			query->filters = lappend(query->filters, equal);
	}
}

/* Arguments, preparations and filter of the query's action. */
static void
prepare_action(AshQuery *query)
{
	ash_call_complete_arguments(query->call, true);
	ash_query_run_preparations(query, query->input);
	if (ash_errors_any(query->call->errors))
		return;
	add_action_filter(query);
	add_get_by(query);
}

/*
 * A query for a load takes the context that the query which loads it has by now, and the
 * arguments that the relationship gives to its read action.
 */
static void
enter_relationship(AshQuery *query)
{
	AshCall *call = query->call;
	AshRelationship *rel = query->relationship;

	call->bindings.context =
		ash_related_context(query->source, rel,
							ash_call_context_for(query->outer->res, query->res,
												 query->outer->bindings.context));
	if (query->action != NULL && query->action == ash_related_action(rel, query->res))
		ash_related_arguments(call, query->source, rel);
}

/* What a relationship says about the order and number of its rows. */
static void
settle_relationship(AshQuery *query)
{
	AshRelationship *rel = query->relationship;

	query->sort = ash_related_sort(query->source, rel, query);
	if (query->call->opts->page == NULL)
		query->page = ASH_PAGE_NONE;
	if (!query->limit.set)
		query->limit = rel->limit;
	if (!query->offset.set)
		query->offset = rel->offset;
	if (!ash_relationship_to_many(rel) &&
		(rel->from_many || rel->sort != NULL || rel->no_attributes))
	{
		query->limit.set = true;
		query->limit.value = 1;
	}
	if (query->after_action != NIL)
		ash_error_add(
			query->call->errors, ASH_E_INVALID_LOAD, NULL,
			"%s cannot be loaded with action %s of %s, which gives its records to a function",
			rel->name, query->action->name, query->res->name);
}

/*
 * Prepares a parsed query: argument defaults, preparations and validations of its action, then
 * what the caller asks for.  Its loads are left for ash_query_prepare_loads().  Does nothing the
 * second time.
 */
static void
prepare_query(AshQuery *query)
{
	if (query->prepared)
		return;
	if (query->relationship != NULL)
		enter_relationship(query);
	if (query->action != NULL)
		prepare_action(query);
	ash_query_take_asked(query);
	query->prepared = true;
	if (query->relationship != NULL)
		settle_relationship(query);
}

/* Parses the call and prepares its query; loads are parsed only. */
void
ash_query_for_action(AshQuery *query, const Jsonb *input)
{
	ash_query_parse(query, input);
	prepare_query(query);
}

/*-------------------------------------------------------------------------
 * Authorizing
 *-------------------------------------------------------------------------
 */

/*
 * Read policies of a prepared query: they add a condition, forbid it, or nothing.  A query that
 * they forbid is an error, unless its relationship allows that: it is only noted then.  With
 * authorize_with "error" the condition is kept in query->must_see instead: all rows must satisfy
 * it.  Does nothing when the call does not authorize, and the second time.
 */
void
ash_query_authorize(AshQuery *query)
{
	AshPolicySubject subject;
	AshAuthorizeResult answer;

	if (query->authorized || !ash_policies_apply(query->call, query->res))
		return;
	query->authorized = true;
	subject = ash_query_subject(query);
	answer = ash_authorize(&subject, query->forgiving ? ASH_REFUSE_SILENTLY : ASH_REFUSE_ERROR);
	if (answer.decision == ASH_DECISION_DENY)
		query->forbidden = true;
	else if (answer.decision == ASH_DECISION_CONDITION &&
			 query->call->opts->authorize_with == ASH_READ_WITH_FILTER)
		query->filters = lappend(query->filters, answer.condition);
	else if (answer.decision == ASH_DECISION_CONDITION)
		query->must_see = answer.condition;
}

/*-------------------------------------------------------------------------
 * Loads
 *-------------------------------------------------------------------------
 */

/* Calls fn for each query that loads related rows for query, at the path of the load. */
static void
each_load(AshQuery *query, void (*fn)(AshQuery *related))
{
	AshErrors *errors = query->call->errors;
	ListCell *lc;

	foreach (lc, query->loads)
	{
		AshLoad *load = lfirst(lc);

		if (load->query == NULL)
			continue;
		ash_errors_push_name(errors, "load");
		ash_errors_push_name(errors, load->as);
		fn(load->query);
		ash_errors_pop(errors);
		ash_errors_pop(errors);
	}
}

static void
prepare_load(AshQuery *related)
{
	bool first = !related->prepared;

	prepare_query(related);
	ash_query_authorize(related);
	if (first)
		ash_related_row_arguments(related, related->source, related->relationship);
}

static void
prepare_loads_below(AshQuery *related)
{
	if (!related->forbidden)
		ash_query_prepare_loads(related);
}

/*
 * Prepares and authorizes the queries for the loads of an authorized query, and theirs.  All of
 * one level come before any of the next, which is not reached when there are errors.
 */
void
ash_query_prepare_loads(AshQuery *query)
{
	check_stack_depth();
	if (ash_errors_any(query->call->errors))
		return;
	each_load(query, prepare_load);
	if (!ash_errors_any(query->call->errors))
		each_load(query, prepare_loads_below);
}

/*-------------------------------------------------------------------------
 * Beginning
 *-------------------------------------------------------------------------
 */

static void
begin_load(AshQuery *related)
{
	if (!related->forbidden)
		(void) ash_query_begin(related);
}

/*
 * Runs the functions of "before_action" of an authorized query and of its loads, from the outside
 * in.  What they load in addition is prepared and authorized.  False after adding an error.
 */
bool
ash_query_begin(AshQuery *query)
{
	if (query->begun || ash_errors_any(query->call->errors))
		return !ash_errors_any(query->call->errors);
	query->begun = true;
	if (query->before_action != NIL && ash_query_before_action(query))
		ash_query_prepare_loads(query);
	if (!ash_errors_any(query->call->errors))
		each_load(query, begin_load);
	return !ash_errors_any(query->call->errors);
}
