/*-------------------------------------------------------------------------
 *
 * src/expr/expr_leakproof.c
 *	  Can evaluating an expression raise an error that depends on the row?
 *
 * Who may filter by such an expression could learn of rows he does not see: PostgreSQL
 * evaluates conditions in the order of their cost.  What is listed here never fails, for
 * any row; everything else is taken to.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "model/aggregate.h"
#include "utils/builtins.h"

static const char *const safe_calls[] = {
	"=",
	"<>",
	"<",
	"<=",
	">",
	">=",
	"in",
	"contains",
	"string_starts_with",
	"string_ends_with",
	"string_length",
	"string_downcase",
	"string_upcase",
	"string_trim",
	"has",
	"intersects",
	"length",
	"count_nils",
	"if",
	"cond",
	"is_nil",
	"is_distinct_from",
	"is_not_distinct_from",
	"coalesce",
	"greatest",
	"least",
	"nullif",
	"now",
	"today",
	"get_path",
};

static const char *const patterns[] = { "like", "ilike", "~~", "!~~", "~~*", "!~~*" };

static bool
is_listed(const char *name, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

bool
ash_pattern_is_whole(const char *pattern)
{
	for (const char *at = pattern; *at != '\0'; at++)
	{
		if (*at == '\\' && *++at == '\0')
			return false;
	}
	return true;
}

static bool
pattern_fails(const AshExpr *pattern)
{
	if (pattern->kind != ASH_EXPR_CONST)
		return true;
	return !pattern->value.isnull &&
		   !ash_pattern_is_whole(TextDatumGetCString(pattern->value.value));
}

static bool
call_fails(const AshExpr *call)
{
	if (call->func == NULL || call->user_function)
		return true;
	if (is_listed(call->func->name, patterns, lengthof(patterns)))
		return call->nargs < 2 || pattern_fails(call->args[1]);
	return !is_listed(call->func->name, safe_calls, lengthof(safe_calls));
}

static bool
cast_fails(const AshExpr *cast)
{
	const AshTypeInst *from = cast->nargs > 0 ? cast->args[0]->type : NULL;
	const AshTypeInst *to = cast->type;

	if (from == NULL || to == NULL)
		return true;
	return to->oid != TEXTOID && from->oid != to->oid &&
		   !(from->oid == INT8OID && (to->oid == NUMERICOID || to->oid == FLOAT8OID));
}

static bool
fails(AshExpr *expr, void *context)
{
	AshExpr *inlined;

	switch (expr->kind)
	{
		case ASH_EXPR_CALL:
			return call_fails(expr);
		case ASH_EXPR_CAST:
			return cast_fails(expr);
		case ASH_EXPR_AGGREGATE:
			return true;
		case ASH_EXPR_REF:
			if (expr->calculation == NULL)
				return expr->aggregate != NULL && expr->aggregate->kind == ASH_AGG_CUSTOM;
			inlined = ash_expr_inlined(expr);
			return inlined == NULL || ash_expr_walk(inlined, fails, NULL);
		default:
			return false;
	}
}

bool
ash_expr_can_fail(AshExpr *expr)
{
	return ash_expr_walk(expr, fails, NULL);
}
