/*-------------------------------------------------------------------------
 *
 * src/expr/expr_calls.c
 *	  Function calls: which function a name means.
 *
 * What depends on the scope (calculations, exists, aggregates) comes first, then
 * the language's own functions, those the domain registered, PostgreSQL's.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"
#include "model/resource.h"

AshExpr *
ash_parse_call_function(ParseContext *cxt, const char *name, List *args, int location)
{
	int first = list_length(cxt->errors->items);
	AshExpr *result = ash_expr_call(name, args, cxt->errors);

	ash_parse_locate(cxt, first, location);
	return result;
}

List *
ash_parse_args(ParseContext *cxt, List *nodes, bool *ok)
{
	List *args = NIL;
	ListCell *lc;

	*ok = true;
	foreach (lc, nodes)
	{
		AshExpr *arg = ash_parse_node(cxt, lfirst(lc));

		if (arg == NULL)
		{
			*ok = false;
			return NIL;
		}
		args = lappend(args, arg);
	}
	return args;
}

static const AshExprFunc user_function_entry = { .name = "function",
												 .doc = "A function registered by the domain.",
												 .max_args = -1,
												 .sql = ash_sql_pg_function };

static AshExpr *
call_user_function(ParseContext *cxt, const AshUserFunction *function, const char *name, List *args,
				   int location)
{
	AshExpr *call;
	ListCell *lc;

	if (list_length(args) != function->nargs)
		return ash_parse_error(cxt, location, "%s takes %d arguments, not %d", name,
							   function->nargs, list_length(args));
	call = ash_expr_make_call(&user_function_entry, 0, NULL);
	call->args = palloc(sizeof(AshExpr *) * Max(function->nargs, 1));
	foreach (lc, args)
	{
		AshExpr *arg = ash_expr_coerce(lfirst(lc), function->args[call->nargs]);

		if (arg == NULL)
			return ash_parse_error(cxt, location, "argument %d of %s must be %s, not %s",
								   call->nargs + 1, name, function->args[call->nargs]->name,
								   ash_expr_type_name(lfirst(lc)));
		call->args[call->nargs++] = arg;
	}
	call->type = function->returns;
	call->pg_schema = function->schema;
	call->pg_name = function->name;
	call->user_function = true;
	return call;
}

static void *
unknown_function(ParseContext *cxt, const char *name, int location)
{
	int count;
	const AshExprFunc *table = ash_expr_funcs(&count);
	List *names = NIL;
	const AshResource *res = cxt->scope->resource;
	const char *own;
	json_t *node;

	for (int i = 0; i < count; i++)
		names = lappend(names, unconstify(char *, table[i].name));
	if (strcmp(name, "expr") == 0)
	{
		(void) ash_parse_error(cxt, location, "there is no function expr in expressions");
		return ash_parse_hint(cxt, "The text is the expression itself, without expr().");
	}
	if (res != NULL)
		json_object_foreach (res->domain.functions, own, node)
			names = lappend(names, unconstify(char *, own));
	if (ash_suggest_one(name, names) == NULL)
		names = list_concat(names, ash_pg_function_names(name));
	(void) ash_parse_unknown(cxt, location, name, names, "there is no function %s in expressions",
							 ash_clip(name));
	return NULL;
}

static AshExpr *
call_by_name(ParseContext *cxt, const char *name, List *args, int location)
{
	const AshResource *res = cxt->scope->resource;
	AshUserFunction user;
	AshExpr **array = palloc(sizeof(AshExpr *) * (list_length(args) + 1));
	AshExpr *result;
	ListCell *lc;

	if (ash_expr_func_lookup(name, false) != NULL)
		return ash_parse_call_function(cxt, name, args, location);
	if (res != NULL && ash_user_function_find(res, name, &user))
		return call_user_function(cxt, &user, pstrdup(name), args, location);
	if (!ash_pg_function_exists(name))
		return unknown_function(cxt, name, location);
	foreach (lc, args)
		array[foreach_current_index(lc)] = lfirst(lc);
	result = ash_pg_function(name, list_length(args), array);
	if (result == NULL)
		return ash_parse_error(cxt, location, "function %s does not take these arguments", name);
	return result;
}

/* DISTINCT, FILTER, OVER and what else may stand at a call */
static bool
is_plain_call(const FuncCall *call)
{
	return call->agg_order == NIL && call->agg_filter == NULL && call->over == NULL &&
		   !call->agg_within_group && !call->agg_star && !call->agg_distinct &&
		   !call->func_variadic;
}

AshExpr *
ash_parse_call(ParseContext *cxt, FuncCall *call)
{
	AshExpr *result;
	List *args;
	bool handled;
	bool ok;

	if (call->agg_star)
		return ash_parse_error(cxt, call->location,
							   "* is not allowed; count takes a relationship: count(comments)");
	if (!is_plain_call(call))
		return ash_parse_error(cxt, call->location,
							   "DISTINCT, ORDER BY, FILTER, OVER and VARIADIC are not allowed");
	result = ash_parse_scope_call(cxt, call, &handled);
	if (handled)
		return result;
	if (list_length(call->funcname) > 1 &&
		strcmp(strVal(linitial(call->funcname)), "pg_catalog") != 0)
		return ash_parse_error(cxt, call->location, "functions of other schemas are not allowed");
	args = ash_parse_args(cxt, call->args, &ok);
	return ok ? call_by_name(cxt, strVal(llast(call->funcname)), args, call->location) : NULL;
}
