/*-------------------------------------------------------------------------
 *
 * src/expr/fragment_write.c
 *	  The SQL of a fragment, written anew from its parse tree.
 *
 * Nothing of the text as it was given gets into a statement.  What is written is in
 * parentheses throughout and depends on no search_path: a name without a schema is
 * one of pg_catalog, and what PostgreSQL would look up without one (IN, BETWEEN,
 * simple CASE) is spelled out.  A form that has no line here is refused.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/fragment.h"

#include "miscadmin.h"
#include "utils/builtins.h"

static bool
refuse(AshFragment *fragment, const char *what)
{
	ash_error_add(fragment->errors, ASH_E_INVALID_DEFINITION, NULL, "%s in a fragment", what);
	return false;
}

static void
put(AshFragment *fragment, const char *text)
{
	appendStringInfoString(&fragment->text, text);
}

static bool
write_list(AshFragment *fragment, List *nodes)
{
	ListCell *lc;

	foreach (lc, nodes)
	{
		if (foreach_current_index(lc) > 0)
			put(fragment, ", ");
		if (!ash_fragment_write(fragment, lfirst(lc)))
			return false;
	}
	return true;
}

/* schema.name; a temporary schema is another one in each session */
static bool
write_name(AshFragment *fragment, List *names, bool is_operator)
{
	const char *schema = list_length(names) == 2 ? strVal(linitial(names)) : "pg_catalog";

	if (list_length(names) > 2)
		return refuse(fragment, "names of other databases are not allowed");
	if (strncmp(schema, "pg_temp", strlen("pg_temp")) == 0)
		return refuse(fragment, "temporary objects are not allowed");
	put(fragment, is_operator ? "OPERATOR(" : "");
	put(fragment, ash_quote_ident(schema));
	put(fragment, ".");
	put(fragment, is_operator ? strVal(llast(names)) : ash_quote_ident(strVal(llast(names))));
	put(fragment, is_operator ? ")" : "");
	return true;
}

static bool
write_constant(AshFragment *fragment, const A_Const *constant)
{
	if (constant->isnull)
	{
		put(fragment, "NULL");
		return true;
	}
	switch (nodeTag(&constant->val))
	{
		case T_Integer:
			appendStringInfo(&fragment->text, "(%d)", constant->val.ival.ival);
			return true;
		case T_Float:
			appendStringInfo(&fragment->text, "(%s)", constant->val.fval.fval);
			return true;
		case T_Boolean:
			put(fragment, constant->val.boolval.boolval ? "TRUE" : "FALSE");
			return true;
		case T_String:
			put(fragment, quote_literal_cstr(constant->val.sval.sval));
			return true;
		default:
			return refuse(fragment, "bit strings are not allowed");
	}
}

static bool
write_param(AshFragment *fragment, const ParamRef *param)
{
	if (param->number < 1 || param->number > fragment->nargs)
		return refuse(fragment, "parameters are written ?");
	fragment->seen = bms_add_member(fragment->seen, param->number);
	appendStringInfo(&fragment->text, "%c%d%c", ASH_FRAGMENT_MARK, param->number,
					 ASH_FRAGMENT_MARK);
	return true;
}

/* left op right */
static bool
write_operation(AshFragment *fragment, Node *left, List *name, Node *right)
{
	put(fragment, "(");
	if (left != NULL && !ash_fragment_write(fragment, left))
		return false;
	put(fragment, " ");
	if (!write_name(fragment, name, true))
		return false;
	put(fragment, " ");
	if (!ash_fragment_write(fragment, right))
		return false;
	put(fragment, ")");
	return true;
}

/* left op ANY (right), or ALL */
static bool
write_quantified(AshFragment *fragment, A_Expr *node, const char *quantifier)
{
	bool listed = IsA(node->rexpr, List);

	put(fragment, "(");
	if (!ash_fragment_write(fragment, node->lexpr))
		return false;
	put(fragment, " ");
	if (!write_name(fragment, node->name, true))
		return false;
	appendStringInfo(&fragment->text, " %s (%s", quantifier, listed ? "ARRAY[" : "");
	if (listed ? !write_list(fragment, (List *) node->rexpr) :
				 !ash_fragment_write(fragment, node->rexpr))
		return false;
	put(fragment, listed ? "]))" : "))");
	return true;
}

static bool
write_between(AshFragment *fragment, A_Expr *node)
{
	List *bounds = castNode(List, node->rexpr);

	put(fragment, node->kind == AEXPR_NOT_BETWEEN ? "(NOT (" : "((");
	if (!write_operation(fragment, node->lexpr, list_make1(makeString(">=")), linitial(bounds)))
		return false;
	put(fragment, " AND ");
	if (!write_operation(fragment, node->lexpr, list_make1(makeString("<=")), lsecond(bounds)))
		return false;
	put(fragment, "))");
	return true;
}

static bool
write_operator(AshFragment *fragment, A_Expr *node)
{
	switch (node->kind)
	{
		case AEXPR_OP:
		case AEXPR_LIKE:
		case AEXPR_ILIKE:
		case AEXPR_SIMILAR:
			return write_operation(fragment, node->lexpr, node->name, node->rexpr);
		case AEXPR_IN:
			return write_quantified(fragment, node,
									strcmp(strVal(llast(node->name)), "<>") == 0 ? "ALL" : "ANY");
		case AEXPR_OP_ANY:
			return write_quantified(fragment, node, "ANY");
		case AEXPR_OP_ALL:
			return write_quantified(fragment, node, "ALL");
		case AEXPR_BETWEEN:
		case AEXPR_NOT_BETWEEN:
			return write_between(fragment, node);
		default:
			return refuse(fragment,
						  "IS DISTINCT FROM, NULLIF and BETWEEN SYMMETRIC are not allowed");
	}
}

static bool
write_logic(AshFragment *fragment, BoolExpr *node)
{
	ListCell *lc;

	put(fragment, node->boolop == NOT_EXPR ? "(NOT " : "(");
	foreach (lc, node->args)
	{
		if (foreach_current_index(lc) > 0)
			put(fragment, node->boolop == AND_EXPR ? " AND " : " OR ");
		if (!ash_fragment_write(fragment, lfirst(lc)))
			return false;
	}
	put(fragment, ")");
	return true;
}

static bool
write_test(AshFragment *fragment, Node *arg, const char *test)
{
	put(fragment, "(");
	if (!ash_fragment_write(fragment, arg))
		return false;
	appendStringInfo(&fragment->text, " IS %s)", test);
	return true;
}

static bool
write_boolean_test(AshFragment *fragment, BooleanTest *node)
{
	static const char *const tests[] = { "TRUE",	  "NOT TRUE", "FALSE",
										 "NOT FALSE", "UNKNOWN",  "NOT UNKNOWN" };

	return write_test(fragment, (Node *) node->arg, tests[node->booltesttype]);
}

static bool
write_case(AshFragment *fragment, CaseExpr *node)
{
	ListCell *lc;

	put(fragment, "(CASE");
	foreach (lc, node->args)
	{
		CaseWhen *when = lfirst_node(CaseWhen, lc);

		put(fragment, " WHEN ");
		if (node->arg != NULL ? !write_operation(fragment, (Node *) node->arg,
												 list_make1(makeString("=")), (Node *) when->expr) :
								!ash_fragment_write(fragment, (Node *) when->expr))
			return false;
		put(fragment, " THEN ");
		if (!ash_fragment_write(fragment, (Node *) when->result))
			return false;
	}
	if (node->defresult != NULL)
	{
		put(fragment, " ELSE ");
		if (!ash_fragment_write(fragment, (Node *) node->defresult))
			return false;
	}
	put(fragment, " END)");
	return true;
}

static bool
write_call(AshFragment *fragment, FuncCall *call)
{
	ListCell *lc;

	if (call->agg_order != NIL || call->agg_filter != NULL || call->over != NULL ||
		call->agg_within_group || call->agg_star || call->agg_distinct)
		return refuse(fragment, "aggregates and window functions are not allowed");
	if (!write_name(fragment, call->funcname, false))
		return false;
	put(fragment, "(");
	foreach (lc, call->args)
	{
		NamedArgExpr *named = lfirst(lc);

		put(fragment, foreach_current_index(lc) > 0 ? ", " : "");
		if (call->func_variadic && foreach_current_index(lc) == list_length(call->args) - 1)
			put(fragment, "VARIADIC ");
		if (IsA(named, NamedArgExpr))
			appendStringInfo(&fragment->text, "%s => ", ash_quote_ident(named->name));
		if (!ash_fragment_write(fragment,
								IsA(named, NamedArgExpr) ? (Node *) named->arg : (Node *) named))
			return false;
	}
	put(fragment, ")");
	return true;
}

static bool
write_type(AshFragment *fragment, TypeName *name)
{
	ListCell *lc;

	if (name->setof || name->pct_type)
		return refuse(fragment, "SETOF and %TYPE are not allowed");
	if (name->typmods != NIL && strcmp(strVal(llast(name->names)), "interval") == 0)
		return refuse(fragment, "fields and precision of interval are not allowed");
	if (!write_name(fragment, name->names, false))
		return false;
	foreach (lc, name->typmods)
	{
		put(fragment, foreach_current_index(lc) > 0 ? ", " : "(");
		if (!IsA(lfirst(lc), A_Const) || !IsA(&((A_Const *) lfirst(lc))->val, Integer))
			return refuse(fragment, "modifiers of a type must be numbers");
		appendStringInfo(&fragment->text, "%d", ((A_Const *) lfirst(lc))->val.ival.ival);
	}
	put(fragment, name->typmods != NIL ? ")" : "");
	put(fragment, name->arrayBounds != NIL ? "[]" : "");
	return true;
}

static bool
write_cast(AshFragment *fragment, TypeCast *node)
{
	put(fragment, "CAST(");
	if (!ash_fragment_write(fragment, node->arg))
		return false;
	put(fragment, " AS ");
	if (!write_type(fragment, node->typeName))
		return false;
	put(fragment, ")");
	return true;
}

static bool
write_subscript(AshFragment *fragment, A_Indices *step)
{
	put(fragment, "[");
	if (step->lidx != NULL && !ash_fragment_write(fragment, step->lidx))
		return false;
	put(fragment, step->is_slice ? ":" : "");
	if (step->uidx != NULL && !ash_fragment_write(fragment, step->uidx))
		return false;
	put(fragment, "]");
	return true;
}

static bool
write_access(AshFragment *fragment, A_Indirection *node)
{
	ListCell *lc;

	put(fragment, "(");
	if (!ash_fragment_write(fragment, node->arg))
		return false;
	put(fragment, ")");
	foreach (lc, node->indirection)
	{
		Node *step = lfirst(lc);

		if (IsA(step, String))
			appendStringInfo(&fragment->text, ".%s", ash_quote_ident(strVal(step)));
		else if (!IsA(step, A_Indices))
			return refuse(fragment, "* is not allowed");
		else if (!write_subscript(fragment, (A_Indices *) step))
			return false;
	}
	return true;
}

static bool
write_value_function(AshFragment *fragment, const SQLValueFunction *node)
{
	static const struct
	{
		SQLValueFunctionOp op;
		const char *word;
	} words[] = { { SVFOP_CURRENT_DATE, "CURRENT_DATE" },
				  { SVFOP_CURRENT_TIME, "CURRENT_TIME" },
				  { SVFOP_CURRENT_TIMESTAMP, "CURRENT_TIMESTAMP" },
				  { SVFOP_LOCALTIME, "LOCALTIME" },
				  { SVFOP_LOCALTIMESTAMP, "LOCALTIMESTAMP" },
				  { SVFOP_CURRENT_USER, "CURRENT_USER" },
				  { SVFOP_SESSION_USER, "SESSION_USER" } };

	for (int i = 0; i < lengthof(words); i++)
	{
		if (words[i].op != node->op)
			continue;
		put(fragment, words[i].word);
		return true;
	}
	return refuse(fragment, "this SQL keyword is not allowed");
}

/* word(args) */
static bool
write_keyword_call(AshFragment *fragment, const char *word, List *args, const char *end)
{
	put(fragment, word);
	if (!write_list(fragment, args))
		return false;
	put(fragment, end);
	return true;
}

static bool
write_collation(AshFragment *fragment, CollateClause *node)
{
	put(fragment, "(");
	if (!ash_fragment_write(fragment, node->arg))
		return false;
	put(fragment, " COLLATE ");
	if (!write_name(fragment, node->collname, false))
		return false;
	put(fragment, ")");
	return true;
}

bool
ash_fragment_write(AshFragment *fragment, Node *node)
{
	check_stack_depth();
	switch (nodeTag(node))
	{
		case T_A_Const:
			return write_constant(fragment, (A_Const *) node);
		case T_ParamRef:
			return write_param(fragment, (ParamRef *) node);
		case T_A_Expr:
			return write_operator(fragment, (A_Expr *) node);
		case T_BoolExpr:
			return write_logic(fragment, (BoolExpr *) node);
		case T_NullTest:
			return write_test(fragment, (Node *) ((NullTest *) node)->arg,
							  ((NullTest *) node)->nulltesttype == IS_NULL ? "NULL" : "NOT NULL");
		case T_BooleanTest:
			return write_boolean_test(fragment, (BooleanTest *) node);
		case T_CaseExpr:
			return write_case(fragment, (CaseExpr *) node);
		case T_FuncCall:
			return write_call(fragment, (FuncCall *) node);
		case T_TypeCast:
			return write_cast(fragment, (TypeCast *) node);
		case T_A_Indirection:
			return write_access(fragment, (A_Indirection *) node);
		case T_SQLValueFunction:
			return write_value_function(fragment, (SQLValueFunction *) node);
		case T_CollateClause:
			return write_collation(fragment, (CollateClause *) node);
		case T_A_ArrayExpr:
			return write_keyword_call(fragment, "ARRAY[", ((A_ArrayExpr *) node)->elements, "]");
		case T_RowExpr:
			return write_keyword_call(fragment, "ROW(", ((RowExpr *) node)->args, ")");
		case T_CoalesceExpr:
			return write_keyword_call(fragment, "COALESCE(", ((CoalesceExpr *) node)->args, ")");
		case T_MinMaxExpr:
			return write_keyword_call(fragment,
									  ((MinMaxExpr *) node)->op == IS_GREATEST ? "GREATEST(" :
																				 "LEAST(",
									  ((MinMaxExpr *) node)->args, ")");
		case T_ColumnRef:
			return refuse(fragment, "names are not allowed: give fields as arguments for ?");
		case T_SubLink:
			return refuse(fragment, "subqueries are not allowed");
		default:
			return refuse(fragment, "this kind of expression is not allowed");
	}
}
