/*-------------------------------------------------------------------------
 *
 * src/schema/plan_rewrite.c
 *	  Which changes of a column's type have to look at every row?
 *
 * PostgreSQL's own planner simplifies the cast; what it leaves is judged as ALTER
 * TABLE does.  Checks and indexes over the column are verified and built again,
 * so a change is only quick where there are none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/primnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "schema/schema_plan.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

/* What a step of the cast works on when it leaves the stored bytes as they are, else NULL. */
static Node *
under_free_step(Node *expr)
{
	if (IsA(expr, RelabelType))
		return (Node *) ((RelabelType *) expr)->arg;
	if (IsA(expr, CoerceToDomain))
		return DomainHasConstraints(((CoerceToDomain *) expr)->resulttype) ?
				   NULL :
				   (Node *) ((CoerceToDomain *) expr)->arg;
	if (IsA(expr, FuncExpr))
	{
		FuncExpr *call = (FuncExpr *) expr;

		if ((call->funcid == F_TIMESTAMPTZ_TIMESTAMP || call->funcid == F_TIMESTAMP_TIMESTAMPTZ) &&
			!TimestampTimestampTzRequiresRewrite())
			return linitial(call->args);
	}
	return NULL;
}

static bool
cast_is_free(const AshPlanColumn *from, const AshPlanColumn *to)
{
	Node *expr;

	if (!OidIsValid(from->type_oid) || !OidIsValid(to->type_oid))
		return false;
	expr =
		(Node *) makeVar(1, 1, from->type_oid, from->typmod, get_typcollation(from->type_oid), 0);
	expr = coerce_to_target_type(NULL, expr, from->type_oid, to->type_oid, to->typmod,
								 COERCION_EXPLICIT, COERCE_EXPLICIT_CAST, -1);
	if (expr != NULL)
		expr = (Node *) expression_planner((Expr *) expr);
	while (expr != NULL && !IsA(expr, Var))
		expr = under_free_step(expr);
	return expr != NULL;
}

/* Does one of them name the column?  A text that only looks so counts as one that does. */
static bool
mentions(List *objects, const char *column)
{
	ListCell *lc;

	foreach (lc, objects)
	{
		const AshPlanObject *object = lfirst(lc);

		if (object->definition != NULL &&
			strstr(object->definition, quote_identifier(column)) != NULL)
			return true;
	}
	return false;
}

bool
ash_plan_retypes_quickly(const AshPlanTable *present, const AshPlanColumn *from,
						 const AshPlanColumn *to)
{
	List *key = present->primary_key ? list_make1(present->primary_key) : NIL;

	return cast_is_free(from, to) && !mentions(key, from->name) &&
		   !mentions(present->checks, from->name) && !mentions(present->indexes, from->name);
}
