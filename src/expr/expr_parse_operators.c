/*-------------------------------------------------------------------------
 *
 * src/expr/expr_parse_operators.c
 *	  Raw parse tree → AshExpr: operators and comparisons.
 *
 * What PostgreSQL would look up through search_path (IN, NULLIF, BETWEEN) is built
 * from our own operators instead.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"

AshExpr *
ash_parse_call_operator(ParseContext *cxt, const char *name, AshExpr *left, AshExpr *right,
						int location)
{
	const AshExprFunc *func = ash_expr_func_lookup(name, true);
	AshExpr *args[2];
	int nargs = left == NULL ? 1 : 2;
	int first = list_length(cxt->errors->items);
	AshExpr *result = NULL;

	args[0] = left == NULL ? right : left;
	args[1] = right;
	if (nargs == 2 && func != NULL)
		result = ash_expr_resolve(ash_expr_make_call(func, nargs, args), cxt->errors);
	else if (nargs == 1 && strcmp(name, "-") == 0)
		result = ash_expr_call("minus", list_make1(right), cxt->errors);
	else
	{
		result = ash_pg_operator(name, nargs, args);
		if (result == NULL)
			ash_expr_no_operator(cxt->errors, name, nargs, args);
	}
	ash_parse_locate(cxt, first, location);
	return result;
}

/* x in (a, b), x in (list), x not in … */
static AshExpr *
parse_in(ParseContext *cxt, A_Expr *node, const char *name)
{
	AshExpr *value = ash_parse_node(cxt, node->lexpr);
	List *items = NIL;
	AshExpr *list = NULL;
	AshExpr *result;
	ListCell *lc;

	if (value == NULL)
		return NULL;
	if (!IsA(node->rexpr, List))
		return ash_parse_error(cxt, node->location, "subqueries are not allowed");
	foreach (lc, (List *) node->rexpr)
	{
		AshExpr *item = ash_parse_node(cxt, lfirst(lc));

		if (item == NULL)
			return NULL;
		items = lappend(items, item);
	}
	/* one value that can be a list is one, unless the left side says otherwise */
	if (list_length(items) == 1)
	{
		AshExpr *only = linitial(items);
		bool is_list = ash_expr_item_type(only->type) != NULL;

		if ((is_list && ash_expr_item_type(value->type) == NULL) ||
			(only->adaptable && only->kind != ASH_EXPR_CONST))
			list = only;
	}
	if (list == NULL)
	{
		list = palloc0(sizeof(AshExpr));
		list->kind = ASH_EXPR_LIST;
		list->nargs = list_length(items);
		list->args = palloc(sizeof(AshExpr *) * list->nargs);
		foreach (lc, items)
			list->args[foreach_current_index(lc)] = lfirst(lc);
		list->type = ash_expr_array_type(ash_type_plain("string"));
	}
	result = ash_parse_call_operator(cxt, "in", value, list, node->location);
	if (result != NULL && strcmp(name, "<>") == 0)
		result = ash_expr_not(result);
	return result;
}

/* x between a and b */
static AshExpr *
parse_between(ParseContext *cxt, A_Expr *node)
{
	List *bounds = castNode(List, node->rexpr);
	AshExpr *value = ash_parse_node(cxt, node->lexpr);
	AshExpr *low = value ? ash_parse_node(cxt, linitial(bounds)) : NULL;
	AshExpr *high = low ? ash_parse_node(cxt, lsecond(bounds)) : NULL;
	AshExpr *from;
	AshExpr *to;

	if (high == NULL)
		return NULL;
	from = ash_parse_call_operator(cxt, ">=", value, low, node->location);
	to = from ? ash_parse_call_operator(cxt, "<=", value, high, node->location) : NULL;
	if (to == NULL)
		return NULL;
	if (node->kind == AEXPR_NOT_BETWEEN)
		return ash_expr_not(ash_expr_and(from, to));
	return ash_expr_and(from, to);
}

/* value = any (list); other operators before any() have no use in the language */
static AshExpr *
parse_any(ParseContext *cxt, A_Expr *node, const char *name)
{
	AshExpr *value;
	AshExpr *list;

	if (strcmp(name, "=") != 0)
		return ash_parse_error(cxt, node->location, "only = is allowed before any()");
	value = ash_parse_node(cxt, node->lexpr);
	list = value ? ash_parse_node(cxt, node->rexpr) : NULL;
	return list ? ash_parse_call_operator(cxt, "in", value, list, node->location) : NULL;
}

/* The name of an operator, which may carry pg_catalog. */
static const char *
operator_name(A_Expr *node)
{
	if (list_length(node->name) == 2 && strcmp(strVal(linitial(node->name)), "pg_catalog") == 0)
		return strVal(lsecond(node->name));
	return list_length(node->name) == 1 ? strVal(linitial(node->name)) : NULL;
}

static AshExpr *
parse_binary(ParseContext *cxt, A_Expr *node, const char *name)
{
	AshExpr *left = NULL;
	AshExpr *right;

	if (node->lexpr != NULL)
	{
		left = ash_parse_node(cxt, node->lexpr);
		if (left == NULL)
			return NULL;
	}
	right = ash_parse_node(cxt, node->rexpr);
	if (right == NULL)
		return NULL;
	switch (node->kind)
	{
		case AEXPR_DISTINCT:
			return ash_parse_call_function(cxt, "is_distinct_from", list_make2(left, right),
										   node->location);
		case AEXPR_NOT_DISTINCT:
			return ash_parse_call_function(cxt, "is_not_distinct_from", list_make2(left, right),
										   node->location);
		case AEXPR_NULLIF:
			return ash_parse_call_function(cxt, "nullif", list_make2(left, right), node->location);
		default:
			return ash_parse_call_operator(cxt, name, left, right, node->location);
	}
}

AshExpr *
ash_parse_operator(ParseContext *cxt, A_Expr *node)
{
	const char *name = operator_name(node);

	if (name == NULL)
		return ash_parse_error(cxt, node->location, "operators of other schemas are not allowed");
	switch (node->kind)
	{
		case AEXPR_OP:
		case AEXPR_DISTINCT:
		case AEXPR_NOT_DISTINCT:
		case AEXPR_NULLIF:
		case AEXPR_LIKE:
		case AEXPR_ILIKE:
			return parse_binary(cxt, node, name);
		case AEXPR_IN:
			return parse_in(cxt, node, name);
		case AEXPR_BETWEEN:
		case AEXPR_NOT_BETWEEN:
			return parse_between(cxt, node);
		case AEXPR_OP_ANY:
			return parse_any(cxt, node, name);
		default:
			return ash_parse_error(cxt, node->location, "this form of operator is not allowed");
	}
}
