/*-------------------------------------------------------------------------
 *
 * src/expr/expr_parse.c
 *	  Raw parse tree → AshExpr: the allow-list.
 *
 * A node type, clause or operator kind that has no line here is refused, with
 * its place in the source.  Names are resolved by expr_names.c, calls by the tables of
 * expr_builtins.c, operators by expr_parse_operators.c, values by expr_parse_values.c.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

/*
 * Errors
 */

/* Give the errors added since the first n, as far as they have none, their place in the source. */
void
ash_parse_locate(ParseContext *cxt, int first, int location)
{
	int position = ash_expr_position(cxt->source, location);

	for (int i = first; i < list_length(cxt->errors->items); i++)
	{
		AshError *error = list_nth(cxt->errors->items, i);

		if (error->position == 0)
			error->position = position;
	}
}

void *
ash_parse_error(ParseContext *cxt, int location, const char *fmt, ...)
{
	StringInfoData message;
	AshError *error;

	ASH_FORMAT(&message, fmt);
	error = ash_error_add(cxt->errors, ASH_E_INVALID_DEFINITION, NULL, "%s", message.data);
	error->position = ash_expr_position(cxt->source, location);
	return NULL;
}

void *
ash_parse_unknown(ParseContext *cxt, int location, const char *name, List *candidates,
				  const char *fmt, ...)
{
	StringInfoData message;
	AshError *error;

	ASH_FORMAT(&message, fmt);
	error = ash_error_unknown(cxt->errors, NULL, name, candidates, "%s", message.data);
	error->position = ash_expr_position(cxt->source, location);
	return NULL;
}

void *
ash_parse_hint(ParseContext *cxt, const char *hint)
{
	(void) ash_error_hint(cxt->errors, llast(cxt->errors->items), hint);
	return NULL;
}

/*
 * Logic
 */

AshExpr *
ash_parse_condition(ParseContext *cxt, Node *node)
{
	AshExpr *expr = ash_parse_node(cxt, node);
	int first = list_length(cxt->errors->items);

	if (expr == NULL)
		return NULL;
	expr = ash_expr_condition(expr, cxt->errors);
	ash_parse_locate(cxt, first, exprLocation(node));
	return expr;
}

static AshExpr *
parse_logic(ParseContext *cxt, BoolExpr *node)
{
	AshExpr **args = palloc(sizeof(AshExpr *) * list_length(node->args));
	int n = 0;
	ListCell *lc;

	foreach (lc, node->args)
	{
		args[n] = ash_parse_condition(cxt, lfirst(lc));
		if (args[n++] == NULL)
			return NULL;
	}
	if (node->boolop == NOT_EXPR)
		return ash_expr_not(args[0]);
	return ash_expr_logic(node->boolop == AND_EXPR ? ASH_EXPR_AND : ASH_EXPR_OR, n, args);
}

/* x is true, x is not false, x is unknown … */
static AshExpr *
parse_boolean_test(ParseContext *cxt, BooleanTest *node)
{
	AshExpr *arg = ash_parse_condition(cxt, (Node *) node->arg);
	AshExpr *otherwise;

	if (arg == NULL)
		return NULL;
	switch (node->booltesttype)
	{
		case IS_UNKNOWN:
		case IS_NOT_UNKNOWN:
			return ash_expr_is_null(arg, node->booltesttype == IS_NOT_UNKNOWN);
		case IS_TRUE:
		case IS_NOT_FALSE:
			otherwise = ash_expr_bool(node->booltesttype == IS_NOT_FALSE);
			return ash_expr_call("coalesce", list_make2(arg, otherwise), cxt->errors);
		default:
			otherwise = ash_expr_bool(node->booltesttype == IS_FALSE);
			arg = ash_expr_call("coalesce", list_make2(arg, otherwise), cxt->errors);
			return ash_expr_not(arg);
	}
}

static AshExpr *
parse_null_test(ParseContext *cxt, NullTest *node)
{
	AshExpr *arg = ash_parse_node(cxt, (Node *) node->arg);

	return arg ? ash_expr_is_null(arg, node->nulltesttype == IS_NOT_NULL) : NULL;
}

static AshExpr *
parse_case_condition(ParseContext *cxt, AshExpr *subject, CaseWhen *when)
{
	AshExpr *value = ash_parse_node(cxt, (Node *) when->expr);

	if (value == NULL || subject == NULL)
		return value;
	return ash_parse_call_operator(cxt, "=", subject, value, when->location);
}

static AshExpr *
parse_case(ParseContext *cxt, CaseExpr *node)
{
	int nargs = 2 * list_length(node->args) + 1;
	AshExpr **args = palloc(sizeof(AshExpr *) * nargs);
	AshExpr *subject = NULL;
	AshExpr *result;
	int first;
	int n = 0;
	ListCell *lc;

	if (node->arg != NULL && (subject = ash_parse_node(cxt, (Node *) node->arg)) == NULL)
		return NULL;
	foreach (lc, node->args)
	{
		CaseWhen *when = lfirst_node(CaseWhen, lc);

		if ((args[n++] = parse_case_condition(cxt, subject, when)) == NULL ||
			(args[n++] = ash_parse_node(cxt, (Node *) when->result)) == NULL)
			return NULL;
	}
	args[n] = node->defresult ? ash_parse_node(cxt, (Node *) node->defresult) : ash_expr_null();
	if (args[n] == NULL)
		return NULL;
	first = list_length(cxt->errors->items);
	result = ash_expr_make_case(nargs, args, cxt->errors);
	ash_parse_locate(cxt, first, node->location);
	return result;
}

static AshExpr *
parse_value_function(ParseContext *cxt, SQLValueFunction *node)
{
	if (node->op == SVFOP_CURRENT_DATE)
		return ash_expr_call("today", NIL, cxt->errors);
	if (node->op == SVFOP_CURRENT_TIMESTAMP)
		return ash_expr_call("now", NIL, cxt->errors);
	return ash_parse_error(cxt, node->location,
						   "this SQL keyword is not allowed; a field of that name must be quoted");
}

static AshExpr *
parse_name(ParseContext *cxt, ColumnRef *ref)
{
	List *names = ash_parse_names(cxt, ref);

	return names ? ash_parse_name(cxt, names, ref->location) : NULL;
}

static AshExpr *
parse_by_tag(ParseContext *cxt, Node *node)
{
	bool ok;
	List *args;

	switch (nodeTag(node))
	{
		case T_A_Const:
			return ash_parse_constant(cxt, (A_Const *) node);
		case T_ColumnRef:
			return parse_name(cxt, (ColumnRef *) node);
		case T_A_Expr:
			return ash_parse_operator(cxt, (A_Expr *) node);
		case T_BoolExpr:
			return parse_logic(cxt, (BoolExpr *) node);
		case T_NullTest:
			return parse_null_test(cxt, (NullTest *) node);
		case T_BooleanTest:
			return parse_boolean_test(cxt, (BooleanTest *) node);
		case T_CaseExpr:
			return parse_case(cxt, (CaseExpr *) node);
		case T_FuncCall:
			return ash_parse_call(cxt, (FuncCall *) node);
		case T_TypeCast:
			return ash_parse_cast(cxt, (TypeCast *) node);
		case T_A_ArrayExpr:
			return ash_parse_array(cxt, (A_ArrayExpr *) node);
		case T_A_Indirection:
			return ash_parse_access(cxt, (A_Indirection *) node);
		case T_SQLValueFunction:
			return parse_value_function(cxt, (SQLValueFunction *) node);
		case T_CoalesceExpr:
			args = ash_parse_args(cxt, ((CoalesceExpr *) node)->args, &ok);
			return ok ? ash_parse_call_function(cxt, "coalesce", args,
												((CoalesceExpr *) node)->location) :
						NULL;
		case T_MinMaxExpr:
			args = ash_parse_args(cxt, ((MinMaxExpr *) node)->args, &ok);
			return ok ? ash_parse_call_function(cxt,
												((MinMaxExpr *) node)->op == IS_GREATEST ?
													"greatest" :
													"least",
												args, ((MinMaxExpr *) node)->location) :
						NULL;
		case T_SubLink:
			return ash_parse_error(cxt, exprLocation(node),
								   "subqueries are not allowed; use exists(path, condition)");
		case T_ParamRef:
			return ash_parse_error(cxt, exprLocation(node),
								   "parameters are not allowed; use arg.name");
		case T_NamedArgExpr:
			return ash_parse_error(cxt, exprLocation(node), "this function has no named arguments");
		default:
			return ash_parse_error(cxt, exprLocation(node),
								   "this kind of expression is not allowed");
	}
}

AshExpr *
ash_parse_node(ParseContext *cxt, Node *node)
{
	AshExpr *expr;

	check_stack_depth();
	if (cxt->depth >= ASH_EXPR_MAX_DEPTH)
		return ash_parse_error(cxt, -1, "expression is nested deeper than %d levels",
							   ASH_EXPR_MAX_DEPTH);
	cxt->depth++;
	expr = parse_by_tag(cxt, node);
	cxt->depth--;
	return expr;
}

AshExpr *
ash_expr_parse(const char *source, const AshScope *scope, AshErrors *errors)
{
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "ash expression source", ALLOCSET_SMALL_SIZES);
	MemoryContext cxt = MemoryContextSwitchTo(scratch);
	AshSource parsed;
	ParseContext context = { &parsed, scope, 0, 0, errors };
	Node *node = ash_expr_raw_parse(source, &parsed, errors);
	AshExpr *expr;

	MemoryContextSwitchTo(cxt);
	expr = node ? ash_parse_node(&context, node) : NULL;
	MemoryContextDelete(scratch);
	return expr;
}

AshExpr *
ash_expr_parse_as(const char *source, const AshScope *scope, const AshTypeInst *type,
				  AshErrors *errors)
{
	AshExpr *expr = ash_expr_parse(source, scope, errors);

	if (expr == NULL || !ash_expr_reads_text(expr, type))
		return expr ? ash_expr_as(expr, type, errors) : NULL;
	(void) ash_error_hint(errors,
						  ash_error_definition(errors, NULL, "expression is %s, which is no %s",
											   ash_expr_type_name(expr), type->name),
						  psprintf("Where every value can be read as one, write type(…, '%s').",
								   type->name));
	return NULL;
}

AshExpr *
ash_expr_parse_condition(const char *source, const AshScope *scope, AshErrors *errors)
{
	AshExpr *expr = ash_expr_parse(source, scope, errors);

	return expr ? ash_expr_condition(expr, errors) : NULL;
}
