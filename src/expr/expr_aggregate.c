/*-------------------------------------------------------------------------
 *
 * src/expr/expr_aggregate.c
 *	  exists(path, condition) and inline aggregates: count(path, filter => …).
 *
 * The condition is over the rows at the end of the path; its parent is the row
 * the path starts from.  A path may begin with a resource, domain.resource: all of
 * its rows.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"
#include "model/relationship.h"

#include "model/aggregate.h"
#include "model/resource.h"
#include "nodes/nodeFuncs.h"

/* The context for an expression over the rows at the end of a path. */
static ParseContext
nested_context(ParseContext *cxt, AshResource *res, AshScope *scope)
{
	ParseContext nested = *cxt;

	*scope = *cxt->scope;
	scope->late = false;
	scope->resource = res;
	scope->parent = unconstify(AshScope *, cxt->scope);
	scope->upsert = false;
	nested.scope = scope;
	nested.parent_levels = 0;
	return nested;
}

/* domain.resource at the front, where that is no relationship, as one name; false after an error */
static bool
join_resource_name(ParseContext *cxt, const AshResource *res, List **names, int location)
{
	const char *first = linitial(*names);
	const char *name;

	if (ash_find_relationship(res, first) != NULL || list_length(*names) < 2)
		return true;
	name = psprintf("%s.%s", first, (char *) lsecond(*names));
	if (!ash_resource_exists(name))
	{
		(void) ash_parse_unknown(cxt, location, name, ash_resource_names(),
								 "%s has no relationship \"%s\", and there is no resource %s",
								 res->name, first, name);
		(void) ash_error_about(cxt->errors, llast(cxt->errors->items), first);
		return false;
	}
	if (ash_resource_get(name, NULL)->embedded)
	{
		ash_parse_error(cxt, location, "%s is an embedded resource: it has no rows of its own",
						name);
		return false;
	}
	*names = lcons(unconstify(char *, name), list_copy_tail(*names, 2));
	return true;
}

/*
 * A path in the first argument of a call.  parent.… starts from an enclosing
 * row, so *start is where the names are resolved.
 */
static AshExpr *
parse_path_argument(ParseContext *cxt, FuncCall *call, AshExprKind kind, ParseContext *start,
					List **names)
{
	Node *node = call->args ? linitial(call->args) : NULL;
	const char *function = strVal(llast(call->funcname));
	AshExpr *expr = palloc0(sizeof(AshExpr));

	*start = *cxt;
	if (node == NULL || !IsA(node, ColumnRef))
		return ash_parse_error(cxt, call->location,
							   "the first argument of %s must be a relationship or a resource",
							   function);
	*names = ash_parse_names(cxt, (ColumnRef *) node);
	while (*names != NIL && list_length(*names) > 1 &&
		   ash_parse_is_parent(start->scope, linitial(*names)))
	{
		if (start->scope->parent == NULL)
			return ash_parse_error(cxt, call->location, "there is no parent here");
		start->scope = start->scope->parent;
		start->parent_levels++;
		*names = list_copy_tail(*names, 1);
	}
	if (*names == NIL)
		return NULL;
	if (start->scope->resource == NULL)
		return ash_parse_error(cxt, call->location, "relationships are not known here");
	if (!join_resource_name(cxt, start->scope->resource, names, call->location))
		return NULL;
	expr->kind = kind;
	expr->parent_levels = start->parent_levels;
	expr->resource =
		ash_parse_path(start, *names, &expr->path, &expr->path_resources, call->location);
	return expr->resource ? expr : NULL;
}

AshExpr *
ash_parse_exists(ParseContext *cxt, FuncCall *call)
{
	ParseContext start;
	ParseContext nested;
	AshScope *scope = palloc(sizeof(AshScope));
	List *names;
	AshExpr *expr = parse_path_argument(cxt, call, ASH_EXPR_EXISTS, &start, &names);

	if (expr == NULL)
		return NULL;
	if (list_length(call->args) > 2)
		return ash_parse_error(cxt, call->location, "exists takes a relationship and a condition");
	expr->type = ash_plain_boolean();
	if (list_length(call->args) == 1)
		return expr;
	nested = nested_context(&start, expr->resource, scope);
	expr->args = palloc(sizeof(AshExpr *));
	expr->args[0] = ash_parse_condition(&nested, lsecond(call->args));
	expr->nargs = 1;
	return expr->args[0] ? expr : NULL;
}

/* Options of inline aggregates */

typedef struct AggregateOptions
{
	ParseContext *nested; /* for what is relative to the rows aggregated */
	ParseContext *outer;
	AshExpr *dflt;
	int location;
} AggregateOptions;

static bool
option_bool(AggregateOptions *options, Node *node, bool *out)
{
	if (IsA(node, A_Const) && !((A_Const *) node)->isnull && IsA(&((A_Const *) node)->val, Boolean))
	{
		*out = ((A_Const *) node)->val.boolval.boolval;
		return true;
	}
	ash_parse_error(options->outer, exprLocation(node), "must be true or false");
	return false;
}

/* The name of a field of the rows aggregated, or NULL after adding an error. */
static const char *
option_field(AggregateOptions *options, Node *node)
{
	List *names = NIL;
	AshResource *res = options->nested->scope->resource;

	if (IsA(node, ColumnRef))
		names = ash_parse_names(options->nested, (ColumnRef *) node);
	if (list_length(names) != 1)
		return ash_parse_error(options->outer, exprLocation(node), "must be the name of a field");
	if (ash_find_attribute(res, linitial(names)) == NULL &&
		ash_find_calculation(res, linitial(names)) == NULL &&
		ash_find_aggregate(res, linitial(names)) == NULL)
		return ash_parse_no_field(options->outer, res, linitial(names), exprLocation(node));
	return linitial(names);
}

/* 'name' or array['-a', 'b'], as a sort statement */
static json_t *
option_sort(AggregateOptions *options, Node *node)
{
	json_t *list = ash_json_own(CurrentMemoryContext, json_array());
	List *items = IsA(node, A_ArrayExpr) ? ((A_ArrayExpr *) node)->elements : list_make1(node);
	ListCell *lc;

	foreach (lc, items)
	{
		A_Const *item = lfirst(lc);

		if (!IsA(item, A_Const) || item->isnull || !IsA(&item->val, String))
			return ash_parse_error(options->outer, exprLocation(node),
								   "sort must be a string or a list of strings");
		json_array_append_new(list, json_string(item->val.sval.sval));
	}
	return list;
}

static const char *
option_string(AggregateOptions *options, Node *node)
{
	A_Const *item = (A_Const *) node;

	if (IsA(node, A_Const) && !item->isnull && IsA(&item->val, String))
		return pstrdup(item->val.sval.sval);
	return ash_parse_error(options->outer, exprLocation(node), "must be a string");
}

static AshAggregateCheck aggregate_check = NULL;

void
ash_expr_set_aggregate_check(AshAggregateCheck check)
{
	aggregate_check = check;
}

static bool
has_sort(const AshAggregate *aggregate)
{
	return aggregate->kind == ASH_AGG_FIRST || aggregate->kind == ASH_AGG_LIST ||
		   aggregate->kind == ASH_AGG_CUSTOM;
}

static bool
aggregate_option(AggregateOptions *options, AshAggregate *aggregate, NamedArgExpr *option)
{
	const char *name = option->name;
	Node *value = (Node *) option->arg;

	if (strcmp(name, "filter") == 0)
		return (aggregate->filter = ash_parse_condition(options->nested, value)) != NULL;
	if (strcmp(name, "field") == 0)
		return (aggregate->field = option_field(options, value)) != NULL;
	if (strcmp(name, "default") == 0)
		return (options->dflt = ash_parse_node(options->outer, value)) != NULL;
	if (strcmp(name, "sort") == 0 && has_sort(aggregate))
		return (aggregate->sort = option_sort(options, value)) != NULL;
	if (strcmp(name, "uniq") == 0 &&
		(aggregate->kind == ASH_AGG_COUNT || aggregate->kind == ASH_AGG_LIST))
		return option_bool(options, value, &aggregate->uniq);
	if (strcmp(name, "include_nil") == 0 &&
		(aggregate->kind == ASH_AGG_FIRST || aggregate->kind == ASH_AGG_LIST))
		return option_bool(options, value, &aggregate->include_nil);
	if (strcmp(name, "implementation") == 0 && aggregate->kind == ASH_AGG_CUSTOM)
		return (aggregate->implementation = option_string(options, value)) != NULL;
	if (strcmp(name, "type") == 0 && aggregate->kind == ASH_AGG_CUSTOM)
		return (aggregate->type_name = option_string(options, value)) != NULL;
	if (strcmp(name, "authorize") == 0)
		return option_bool(options, value, &aggregate->authorize);
	ash_parse_error(options->outer, option->location, "%s has no option \"%s\"",
					ash_aggregate_kinds[aggregate->kind], name);
	return false;
}

/* Everything after the path: a bare second argument is the field. */
static bool
aggregate_options(AggregateOptions *options, AshAggregate *aggregate, List *args)
{
	ListCell *lc;

	for_each_from (lc, args, 1)
	{
		Node *node = lfirst(lc);

		if (IsA(node, NamedArgExpr))
		{
			if (!aggregate_option(options, aggregate, (NamedArgExpr *) node))
				return false;
		}
		else if (foreach_current_index(lc) > 1)
			return ash_parse_error(options->outer, exprLocation(node),
								   "options are written name => value") != NULL;
		else if ((aggregate->field = option_field(options, node)) == NULL)
			return false;
	}
	if (aggregate->kind == ASH_AGG_CUSTOM)
		return (aggregate->implementation != NULL && aggregate->type_name != NULL) ||
			   ash_parse_error(options->outer, options->location,
							   "custom needs implementation => 'schema.aggregate' and type => "
							   "'name'") != NULL;
	if (aggregate->field == NULL && aggregate->kind != ASH_AGG_COUNT)
		return ash_parse_error(options->outer, options->location, "%s needs field => name",
							   ash_aggregate_kinds[aggregate->kind]) != NULL;
	return true;
}

AshExpr *
ash_parse_aggregate(ParseContext *cxt, FuncCall *call, AshAggregateKind kind)
{
	ParseContext start;
	ParseContext nested;
	AshScope *scope = palloc(sizeof(AshScope));
	AshAggregate *aggregate = palloc0(sizeof(AshAggregate));
	AshExpr *expr = parse_path_argument(cxt, call, ASH_EXPR_AGGREGATE, &start, &aggregate->path);
	AggregateOptions options = { &nested, cxt, NULL, call->location };
	int first = list_length(cxt->errors->items);

	if (expr == NULL)
		return NULL;
	nested = nested_context(&start, expr->resource, scope);
	aggregate->name = ash_aggregate_kinds[kind];
	aggregate->index = -1;
	aggregate->kind = kind;
	aggregate->authorize = true;
	expr->aggregate = aggregate;
	if (!aggregate_options(&options, aggregate, call->args))
		return NULL;
	if (aggregate_check(expr->resource, aggregate, cxt->errors))
		expr->type = ash_aggregate_type(start.scope->resource, aggregate, cxt->errors);
	ash_parse_locate(cxt, first, call->location);
	if (expr->type == NULL || options.dflt == NULL)
		return expr->type ? expr : NULL;
	expr = ash_expr_call("coalesce", list_make2(expr, options.dflt), cxt->errors);
	ash_parse_locate(cxt, first, call->location);
	return expr;
}
