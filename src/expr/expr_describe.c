/*-------------------------------------------------------------------------
 *
 * src/expr/expr_describe.c
 *	  Tree → text for people: SQL with the names of the definition.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/relationship.h"
#include "model/value_template.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static void describe(StringInfo out, AshExpr *expr);
static void describe_nested(StringInfo out, AshExpr *expr);

static void
describe_args(StringInfo out, int nargs, AshExpr **args, const char *between)
{
	for (int i = 0; i < nargs; i++)
	{
		if (i > 0)
			appendStringInfoString(out, between);
		describe(out, args[i]);
	}
}

static void
describe_const(StringInfo out, const AshExpr *expr)
{
	Oid output;
	bool varlena;
	char *text;

	if (expr->value.isnull)
	{
		appendStringInfoString(out, "null");
		return;
	}
	getTypeOutputInfo(expr->type->oid, &output, &varlena);
	text = OidOutputFunctionCall(output, expr->value.value);
	if (expr->type->oid == BOOLOID)
		appendStringInfoString(out, DatumGetBool(expr->value.value) ? "true" : "false");
	else if (ash_expr_is_number(expr->type))
		appendStringInfoString(out, text);
	else
		appendStringInfoString(out, quote_literal_cstr(text));
}

static void
describe_names(StringInfo out, List *names)
{
	ListCell *lc;

	foreach (lc, names)
		appendStringInfo(out, "%s%s", foreach_current_index(lc) > 0 ? "." : "",
						 (char *) lfirst(lc));
}

static void
describe_template(StringInfo out, const AshExpr *expr)
{
	static const struct
	{
		AshTemplateKind kind;
		const char *name;
	} names[] = { { ASH_TEMPLATE_ARG, "arg" },
				  { ASH_TEMPLATE_ACTOR, "actor" },
				  { ASH_TEMPLATE_CONTEXT, "context" },
				  { ASH_TEMPLATE_TENANT, "tenant" } };

	for (int i = 0; i < lengthof(names); i++)
	{
		if (names[i].kind == expr->template_kind)
			appendStringInfoString(out, names[i].name);
	}
	if (expr->template_path != NIL)
		appendStringInfoChar(out, '.');
	describe_names(out, expr->template_path);
}

static void
describe_path(StringInfo out, const AshExpr *expr, bool dot_after)
{
	ListCell *lc;

	for (int i = 0; i < expr->parent_levels; i++)
		appendStringInfoString(out, "parent.");
	foreach (lc, expr->path)
	{
		const AshRelationship *rel = lfirst(lc);
		bool last = foreach_current_index(lc) == list_length(expr->path) - 1;

		appendStringInfo(out, "%s%s", rel->name, last && !dot_after ? "" : ".");
	}
}

static void
describe_ref(StringInfo out, const AshExpr *expr)
{
	if (expr->upsert_conflict)
	{
		appendStringInfo(out, "upsert_conflict(%s)", expr->attribute->name);
		return;
	}
	describe_path(out, expr, !expr->relationship_ref);
	if (expr->relationship_ref)
		return;
	if (expr->attribute != NULL)
		appendStringInfoString(out, expr->attribute->name);
	else if (expr->aggregate != NULL)
		appendStringInfoString(out, expr->aggregate->name);
	else
	{
		appendStringInfoString(out, expr->calculation->name);
		if (expr->calc_args != NULL)
		{
			appendStringInfoChar(out, '(');
			describe_args(out, expr->calculation->nargs, expr->calc_args, ", ");
			appendStringInfoChar(out, ')');
		}
	}
}

/* exists(path, condition), count(path, field => …, filter => …) */
static void
describe_over_path(StringInfo out, AshExpr *expr)
{
	AshAggregate *aggregate = expr->aggregate;

	appendStringInfo(out, "%s(", aggregate ? aggregate->name : "exists");
	describe_path(out, expr, false);
	if (aggregate != NULL && aggregate->field != NULL)
		appendStringInfo(out, ", field => %s", aggregate->field);
	if (aggregate != NULL && aggregate->filter != NULL)
	{
		appendStringInfoString(out, ", filter => ");
		describe(out, aggregate->filter);
	}
	if (expr->nargs > 0)
	{
		appendStringInfoString(out, ", ");
		describe(out, expr->args[0]);
	}
	appendStringInfoChar(out, ')');
}

/* How an operator's name is written between its arguments. */
static const char *
operator_word(const char *name)
{
	static const char *const words[][2] = {
		{ "~~", "like" }, { "!~~", "not like" }, { "~~*", "ilike" }, { "!~~*", "not ilike" }
	};

	for (int i = 0; i < lengthof(words); i++)
	{
		if (strcmp(words[i][0], name) == 0)
			return words[i][1];
	}
	return name;
}

static void
describe_call(StringInfo out, AshExpr *expr)
{
	bool own_name =
		expr->func->sql == ash_sql_pg_operator || expr->func->sql == ash_sql_pg_function;
	const char *name = own_name && expr->pg_name ? expr->pg_name : expr->func->name;

	if (!expr->func->is_operator)
	{
		appendStringInfo(out, "%s(", name);
		if (expr->func->sql == ash_sql_fragment)
			appendStringInfo(out, "%s%s", quote_literal_cstr(expr->func->doc),
							 expr->nargs > 0 ? ", " : "");
		describe_args(out, expr->nargs, expr->args, ", ");
		appendStringInfoChar(out, ')');
		return;
	}
	if (expr->nargs == 2)
		describe_nested(out, expr->args[0]);
	appendStringInfo(out, expr->nargs == 2 ? " %s " : "%s", operator_word(name));
	describe_nested(out, expr->args[expr->nargs - 1]);
}

/* Children of and, or, not and operators stand in parentheses when they are composite. */
static void
describe_nested(StringInfo out, AshExpr *expr)
{
	bool composite = expr->kind == ASH_EXPR_AND || expr->kind == ASH_EXPR_OR ||
					 (expr->kind == ASH_EXPR_CALL && expr->func->is_operator);

	appendStringInfoString(out, composite ? "(" : "");
	describe(out, expr);
	appendStringInfoString(out, composite ? ")" : "");
}

static void
describe_logic(StringInfo out, AshExpr *expr)
{
	for (int i = 0; i < expr->nargs; i++)
	{
		if (i > 0)
			appendStringInfoString(out, expr->kind == ASH_EXPR_AND ? " and " : " or ");
		describe_nested(out, expr->args[i]);
	}
}

static void
describe_case(StringInfo out, AshExpr *expr)
{
	appendStringInfoString(out, "case");
	for (int i = 0; i + 1 < expr->nargs; i += 2)
	{
		appendStringInfoString(out, " when ");
		describe(out, expr->args[i]);
		appendStringInfoString(out, " then ");
		describe(out, expr->args[i + 1]);
	}
	appendStringInfoString(out, " else ");
	describe(out, expr->args[expr->nargs - 1]);
	appendStringInfoString(out, " end");
}

static void
describe(StringInfo out, AshExpr *expr)
{
	check_stack_depth();
	switch (expr->kind)
	{
		case ASH_EXPR_CONST:
			describe_const(out, expr);
			break;
		case ASH_EXPR_TEMPLATE:
			describe_template(out, expr);
			break;
		case ASH_EXPR_REF:
			describe_ref(out, expr);
			break;
		case ASH_EXPR_EXISTS:
		case ASH_EXPR_AGGREGATE:
			describe_over_path(out, expr);
			break;
		case ASH_EXPR_CALL:
			describe_call(out, expr);
			break;
		case ASH_EXPR_AND:
		case ASH_EXPR_OR:
			describe_logic(out, expr);
			break;
		case ASH_EXPR_NOT:
			appendStringInfoString(out, "not ");
			describe_nested(out, expr->args[0]);
			break;
		case ASH_EXPR_IS_NULL:
			describe_nested(out, expr->args[0]);
			appendStringInfoString(out, expr->negated ? " is not null" : " is null");
			break;
		case ASH_EXPR_CASE:
			describe_case(out, expr);
			break;
		case ASH_EXPR_LIST:
			appendStringInfoString(out, "array[");
			describe_args(out, expr->nargs, expr->args, ", ");
			appendStringInfoChar(out, ']');
			break;
		case ASH_EXPR_CAST:
			appendStringInfoString(out, "type(");
			describe(out, expr->args[0]);
			appendStringInfo(out, ", '%s')", expr->type->name);
			break;
	}
}

char *
ash_expr_describe(AshExpr *expr)
{
	StringInfoData out;

	initStringInfo(&out);
	describe(&out, expr);
	return out.data;
}
