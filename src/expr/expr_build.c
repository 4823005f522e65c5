/*-------------------------------------------------------------------------
 *
 * src/expr/expr_build.c
 *	  Trees by hand: for the rooms that make expressions without source text.
 *
 * Results live in CurrentMemoryContext and share the nodes they are given.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "model/attribute.h"
#include "model/value_template.h"

static AshExpr *
make_node(AshExprKind kind, const AshTypeInst *type, int nargs)
{
	AshExpr *expr = palloc0(sizeof(AshExpr));

	expr->kind = kind;
	expr->type = type;
	expr->nargs = nargs;
	if (nargs > 0)
		expr->args = palloc0(sizeof(AshExpr *) * nargs);
	return expr;
}

AshExpr *
ash_expr_const(const AshTypeInst *type, AshValue value)
{
	AshExpr *expr = make_node(ASH_EXPR_CONST, type, 0);

	expr->value = value;
	return expr;
}

AshExpr *
ash_expr_bool(bool value)
{
	AshValue datum = { BoolGetDatum(value), false };

	return ash_expr_const(ash_plain_boolean(), datum);
}

AshExpr *
ash_expr_attribute(AshResource *res, const AshAttribute *attr)
{
	AshExpr *expr = make_node(ASH_EXPR_REF, attr->type, 0);

	expr->resource = res;
	expr->attribute = attr;
	return expr;
}

AshExpr *
ash_expr_template(AshTemplateKind kind, List *path, const AshTypeInst *type)
{
	AshExpr *expr = make_node(ASH_EXPR_TEMPLATE, type, 0);

	expr->template_kind = kind;
	expr->template_path = path;
	if (type == NULL)
	{
		expr->type = ash_type_plain("term");
		expr->adaptable = true;
	}
	return expr;
}

/* Is it the boolean constant? */
static bool
is_bool_const(const AshExpr *expr, bool value)
{
	return expr->kind == ASH_EXPR_CONST && !expr->value.isnull && expr->type->oid == BOOLOID &&
		   DatumGetBool(expr->value.value) == value;
}

/* a AND/OR b as one flat node; absorbing decides alone, the other constant is left out. */
static AshExpr *
make_bool(AshExprKind kind, AshExpr *a, AshExpr *b)
{
	bool neutral = kind == ASH_EXPR_AND;
	AshExpr *sides[2] = { a, b };
	AshExpr *expr;
	int n = 0;

	if (a == NULL || b == NULL)
		return a == NULL ? b : a;
	if (is_bool_const(a, neutral) || is_bool_const(b, !neutral))
		return b;
	if (is_bool_const(b, neutral) || is_bool_const(a, !neutral))
		return a;
	expr = make_node(kind, ash_plain_boolean(),
					 (a->kind == kind ? a->nargs : 1) + (b->kind == kind ? b->nargs : 1));
	for (int i = 0; i < 2; i++)
	{
		if (sides[i]->kind != kind)
			expr->args[n++] = sides[i];
		else
		{
			memcpy(expr->args + n, sides[i]->args, sizeof(AshExpr *) * sides[i]->nargs);
			n += sides[i]->nargs;
		}
	}
	return expr;
}

AshExpr *
ash_expr_logic(AshExprKind kind, int nargs, AshExpr **args)
{
	AshExpr *expr = make_node(kind, ash_plain_boolean(), nargs);

	memcpy(expr->args, args, sizeof(AshExpr *) * nargs);
	return expr;
}

AshExpr *
ash_expr_and(AshExpr *a, AshExpr *b)
{
	return make_bool(ASH_EXPR_AND, a, b);
}

AshExpr *
ash_expr_or(AshExpr *a, AshExpr *b)
{
	return make_bool(ASH_EXPR_OR, a, b);
}

AshExpr *
ash_expr_not(AshExpr *a)
{
	AshExpr *expr;

	if (is_bool_const(a, true) || is_bool_const(a, false))
		return ash_expr_bool(is_bool_const(a, false));
	expr = make_node(ASH_EXPR_NOT, ash_plain_boolean(), 1);
	expr->args[0] = a;
	return expr;
}

AshExpr *
ash_expr_is_null(AshExpr *a, bool negated)
{
	AshExpr *expr = make_node(ASH_EXPR_IS_NULL, ash_plain_boolean(), 1);

	expr->args[0] = a;
	expr->negated = negated;
	return expr;
}

AshExpr *
ash_expr_list(List *items, AshErrors *errors)
{
	AshExpr *expr = make_node(ASH_EXPR_LIST, NULL, list_length(items));
	const AshTypeInst *item;

	expr->adaptable = true;
	for (int i = 0; i < expr->nargs; i++)
	{
		expr->args[i] = list_nth(items, i);
		expr->adaptable &= expr->args[i]->adaptable;
	}
	item = expr->nargs == 0 ? ash_type_plain("string") : ash_expr_unify(expr->nargs, expr->args);
	if (item != NULL)
		expr->type = ash_expr_array_type(item);
	if (expr->type != NULL)
		return expr;
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
				  "the elements of a list must have the same type");
	return NULL;
}

AshExpr *
ash_expr_make_call(const AshExprFunc *func, int nargs, AshExpr **args)
{
	AshExpr *call = make_node(ASH_EXPR_CALL, NULL, nargs);

	call->func = func;
	if (nargs > 0)
		memcpy(call->args, args, sizeof(AshExpr *) * nargs);
	return call;
}

AshExpr *
ash_expr_call(const char *func, List *args, AshErrors *errors)
{
	const AshExprFunc *found = ash_expr_func_lookup(func, true);
	int nargs = list_length(args);
	AshExpr **array = palloc(sizeof(AshExpr *) * Max(nargs, 1));

	if (found == NULL)
		found = ash_expr_func_lookup(func, false);
	if (found == NULL)
		elog(ERROR, "no expression function \"%s\"", func);
	for (int i = 0; i < nargs; i++)
		array[i] = list_nth(args, i);
	return ash_expr_resolve(ash_expr_make_call(found, nargs, array), errors);
}
