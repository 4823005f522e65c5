/*-------------------------------------------------------------------------
 *
 * src/expr/expr_walk.c
 *	  Looking through trees, and putting arguments into them.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "miscadmin.h"
#include "model/argument.h"
#include "model/calculation.h"
#include "model/value_template.h"
#include "utils/memutils.h"

/* Parents come before their children; the condition of an inline aggregate is one. */
bool
ash_expr_walk(AshExpr *expr, AshExprWalker walker, void *context)
{
	int ncalc_args = expr->calc_args ? expr->calculation->nargs : 0;

	check_stack_depth();
	if (walker(expr, context))
		return true;
	for (int i = 0; i < expr->nargs; i++)
	{
		if (ash_expr_walk(expr->args[i], walker, context))
			return true;
	}
	for (int i = 0; i < ncalc_args; i++)
	{
		if (ash_expr_walk(expr->calc_args[i], walker, context))
			return true;
	}
	return expr->kind == ASH_EXPR_AGGREGATE && expr->aggregate->filter != NULL &&
		   ash_expr_walk(expr->aggregate->filter, walker, context);
}

static bool
needs_row(AshExpr *expr, void *context)
{
	return expr->kind == ASH_EXPR_REF || expr->kind == ASH_EXPR_EXISTS ||
		   expr->kind == ASH_EXPR_AGGREGATE;
}

bool
ash_expr_has_refs(AshExpr *expr)
{
	return ash_expr_walk(expr, needs_row, NULL);
}

static bool
needs_query(AshExpr *expr, void *context)
{
	AshExpr *inlined;

	if (expr->kind == ASH_EXPR_EXISTS || expr->kind == ASH_EXPR_AGGREGATE)
		return true;
	if (expr->kind != ASH_EXPR_REF)
		return false;
	if (expr->path != NIL || expr->parent_levels > 0 || expr->upsert_conflict)
		return true;
	if (expr->attribute != NULL)
		return false;
	if (expr->calculation == NULL)
		return true;
	inlined = ash_expr_inlined(expr);
	return inlined == NULL || ash_expr_walk(inlined, needs_query, NULL);
}

bool
ash_expr_in_memory(AshExpr *expr)
{
	return !ash_expr_walk(expr, needs_query, NULL);
}

static bool
is_actor(AshExpr *expr, void *context)
{
	AshExpr *inlined;

	if (expr->kind == ASH_EXPR_TEMPLATE)
		return expr->template_kind == ASH_TEMPLATE_ACTOR;
	if (expr->kind != ASH_EXPR_REF || expr->calculation == NULL)
		return false;
	inlined = ash_expr_inlined(expr);
	return inlined != NULL && ash_expr_walk(inlined, is_actor, NULL);
}

bool
ash_expr_uses_actor(AshExpr *expr)
{
	return ash_expr_walk(expr, is_actor, NULL);
}

/*
 * Arguments
 */

static int
argument_index(const AshExpr *expr, int nargs, AshArgument **args)
{
	if (expr->kind != ASH_EXPR_TEMPLATE || expr->template_kind != ASH_TEMPLATE_ARG)
		return -1;
	for (int i = 0; i < nargs; i++)
	{
		if (strcmp(args[i]->name, linitial(expr->template_path)) == 0)
			return i;
	}
	return -1;
}

/*
 * Replaces nodes: given a node and how many rows out of it (through exists() and
 * aggregate conditions) the row of the whole expression is, returns what stands in its place, or
 * NULL to keep it (copied, with its children mutated).
 */
typedef AshExpr *(*Mutator)(AshExpr *expr, int nesting, void *context);

static AshExpr *mutate(AshExpr *expr, int nesting, Mutator mutator, void *context);

static AshExpr **
mutate_array(int n, AshExpr **exprs, int nesting, Mutator mutator, void *context)
{
	AshExpr **copy = palloc(sizeof(AshExpr *) * Max(n, 1));

	for (int i = 0; i < n; i++)
		copy[i] = mutate(exprs[i], nesting, mutator, context);
	return copy;
}

static AshExpr *
mutate(AshExpr *expr, int nesting, Mutator mutator, void *context)
{
	AshExpr *copy = mutator(expr, nesting, context);
	int inner = nesting + 1 - expr->parent_levels; /* seen from its condition */

	check_stack_depth();
	if (copy != NULL)
		return copy;
	copy = palloc(sizeof(AshExpr));
	*copy = *expr;
	copy->state = NULL;
	copy->sql_text = NULL;
	copy->inlined = NULL;
	copy->args = mutate_array(expr->nargs, expr->args,
							  expr->kind == ASH_EXPR_EXISTS ? inner : nesting, mutator, context);
	if (expr->calc_args != NULL)
		copy->calc_args =
			mutate_array(expr->calculation->nargs, expr->calc_args, nesting, mutator, context);
	if (expr->kind == ASH_EXPR_AGGREGATE && expr->aggregate->filter != NULL)
	{
		copy->aggregate = palloc(sizeof(AshAggregate));
		*copy->aggregate = *expr->aggregate;
		copy->aggregate->filter = mutate(expr->aggregate->filter, inner, mutator, context);
	}
	return copy;
}

/*
 * References that leave the expression (to the row outside of nesting) refer to
 * one levels further out.  What is below a lifted exists() or aggregate counts
 * from there, so it moves along by itself.
 */
static AshExpr *
lift_ref(AshExpr *expr, int nesting, void *levels)
{
	AshExpr *copy;

	if (!needs_row(expr, NULL) || expr->parent_levels < nesting)
		return NULL;
	copy = palloc(sizeof(AshExpr));
	*copy = *expr;
	copy->parent_levels += *(int *) levels;
	if (expr->calc_args != NULL)
		copy->calc_args =
			mutate_array(expr->calculation->nargs, expr->calc_args, nesting, lift_ref, levels);
	return copy;
}

static AshExpr *
lift_refs(AshExpr *expr, int levels)
{
	return levels == 0 ? expr : mutate(expr, 0, lift_ref, &levels);
}

typedef struct Arguments
{
	int nargs;
	AshArgument **args;
	AshExpr **values; /* NULL entries: left as they are */
} Arguments;

static AshExpr *
put_argument(AshExpr *expr, int nesting, void *context)
{
	Arguments *arguments = context;
	int index = argument_index(expr, arguments->nargs, arguments->args);

	if (index < 0 || arguments->values[index] == NULL)
		return NULL;
	return lift_refs(arguments->values[index], nesting);
}

AshExpr *
ash_expr_with_args(AshExpr *expr, int nargs, AshArgument **args, AshExpr **values)
{
	Arguments arguments = { nargs, args, values };

	return mutate(expr, 0, put_argument, &arguments);
}

AshExpr *
ash_expr_inlined(AshExpr *ref)
{
	AshExpr *expr;
	MemoryContext old;

	Assert(ref->kind == ASH_EXPR_REF && ref->calculation != NULL);
	if (ref->inlined != NULL)
		return ref->inlined;
	expr = ash_calculation_expr(ref->resource, ref->calculation, NULL);
	if (expr == NULL)
		return NULL;
	old = MemoryContextSwitchTo(GetMemoryChunkContext(ref));
	if (ref->calculation->nargs > 0 && ref->calc_args != NULL)
		expr = ash_expr_with_args(expr, ref->calculation->nargs, ref->calculation->args,
								  ref->calc_args);
	ref->inlined = expr;
	MemoryContextSwitchTo(old);
	return expr;
}
