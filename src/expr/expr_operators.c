/*-------------------------------------------------------------------------
 *
 * src/expr/expr_operators.c
 *	  Operators: which types they take and which PostgreSQL operator they are.
 *
 * Both sides are brought to one type first, so that a constant takes the type of
 * the column and never the other way round.  The operator is then PostgreSQL's
 * for that type, from pg_catalog or the schema of the type's extension (citext);
 * it is written with its schema, so that no search_path matters.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

void
ash_expr_no_operator(AshErrors *errors, const char *name, int nargs, AshExpr **args)
{
	for (int i = 0; i < nargs && nargs == 2; i++)
	{
		const AshExpr *literal = args[i];
		const AshExpr *other = args[1 - i];

		if (literal->kind == ASH_EXPR_CONST && literal->adaptable && !literal->value.isnull &&
			literal->type->oid == TEXTOID && !other->adaptable &&
			!ash_expr_is_string(other->type) && ash_expr_func_lookup(name, true) != NULL)
		{
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "\"%s\" is not a valid %s",
						  TextDatumGetCString(literal->value.value), ash_expr_type_name(other));
			return;
		}
	}
	if (nargs == 2)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "operator %s is not defined for %s and %s", name, ash_expr_type_name(args[0]),
					  ash_expr_type_name(args[1]));
	else
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "operator %s is not defined for %s",
					  name, ash_expr_type_name(args[0]));
}

static AshExpr *
no_operator(const AshExpr *call, AshErrors *errors)
{
	ash_expr_no_operator(errors, call->func->name, call->nargs, call->args);
	return NULL;
}

/* The operator for the arguments as they are. */
static AshExpr *
typed_operator(AshExpr *call, const char *name, AshErrors *errors)
{
	if (!ash_pg_operator_find(call, name, call->args[0]->type->oid, call->args[1]->type->oid))
		return no_operator(call, errors);
	call->type = ash_expr_result_type(call->pg_result);
	return call;
}

/* Whatever PostgreSQL has for these arguments. */
static AshExpr *
any_operator(AshExpr *call, AshErrors *errors)
{
	AshExpr *found = ash_pg_operator(call->func->name, call->nargs, call->args);

	return found != NULL ? found : no_operator(call, errors);
}

static AshExpr *
resolve_comparison(AshExpr *call, AshErrors *errors)
{
	if (ash_expr_unify(2, call->args) == NULL)
		return any_operator(call, errors);
	return typed_operator(call, call->func->name, errors);
}

/*
 * Arithmetic
 */

#define IN_UTC(op) \
	"pg_catalog.timezone('UTC', pg_catalog.timezone('UTC', $1) OPERATOR(pg_catalog." op ") $2)"

/* A day is a day of UTC, whatever the session's time zone. */
static const AshExprFunc instant_plus = { .name = "+",
										  .is_operator = true,
										  .sql_template = IN_UTC("+") };
static const AshExprFunc instant_minus = { .name = "-",
										   .is_operator = true,
										   .sql_template = IN_UTC("-") };

static AshExpr *
instant_arithmetic(AshExpr *instant, AshExpr *duration, bool minus)
{
	AshExpr *args[2] = { instant, duration };
	AshExpr *call = ash_expr_make_call(minus ? &instant_minus : &instant_plus, 2, args);

	call->type = instant->type;
	call->pg_result = TIMESTAMPTZOID;
	return call;
}

static AshExpr *
resolve_arithmetic(AshExpr *call, AshErrors *errors)
{
	const AshTypeInst *type = ash_expr_common_type(2, call->args);
	AshExpr **args = call->args;
	bool minus = call->func->name[0] == '-';
	AshExpr *result;

	if (type != NULL && args[0]->adaptable && args[1]->adaptable && type->oid == JSONBOID)
		type = ash_type_plain("decimal"); /* actor.a + context.b */
	if (type != NULL && ash_expr_is_number(type))
	{
		for (int i = 0; i < 2; i++)
		{
			AshExpr *number = ash_expr_coerce(args[i], type);

			if (number == NULL)
				return no_operator(call, errors);
			args[i] = number;
		}
		return typed_operator(call, call->func->name, errors);
	}
	if (args[0]->type->oid == TIMESTAMPTZOID && args[1]->type->oid == INTERVALOID)
		return instant_arithmetic(args[0], args[1], minus);
	if (args[1]->type->oid == TIMESTAMPTZOID && args[0]->type->oid == INTERVALOID && !minus)
		return instant_arithmetic(args[1], args[0], false);
	result = any_operator(call, errors);
	if (result != NULL && result->type->oid == TIMESTAMPOID &&
		(args[0]->type->oid == DATEOID || args[1]->type->oid == DATEOID))
		return ash_expr_cast(result, ash_type_plain("date"));
	return result;
}

static AshExpr *
resolve_division(AshExpr *call, AshErrors *errors)
{
	const AshTypeInst *type = ash_expr_common_type(2, call->args);

	if (type == NULL || type->oid != INT8OID)
		return resolve_arithmetic(call, errors);
	for (int i = 0; i < 2; i++)
		call->args[i] = ash_expr_coerce(call->args[i], ash_type_plain("float"));
	return typed_operator(call, "/", errors);
}

static AshExpr *
resolve_minus(AshExpr *call, AshErrors *errors)
{
	AshExpr *arg = call->args[0];
	AshExpr *result;

	if (arg->adaptable && !ash_expr_is_number(arg->type))
		arg = ash_expr_coerce(arg, ash_type_plain("decimal"));
	result = arg == NULL ? NULL : ash_pg_operator("-", 1, &arg);
	if (result == NULL)
		ash_expr_no_operator(errors, "-", 1, call->args);
	return result;
}

/*
 * Strings
 */

static bool
joins_as_string(const AshExpr *arg)
{
	return ash_expr_is_string(arg->type) || arg->kind == ASH_EXPR_TEMPLATE;
}

static AshExpr *
concat_strings(AshExpr *call, AshErrors *errors)
{
	bool ci = false;

	for (int i = 0; i < 2; i++)
	{
		AshExpr *text = ash_expr_cast(call->args[i], ash_type_plain("string"));

		if (text == NULL)
			return no_operator(call, errors);
		ci = ci || ash_expr_is_ci(call->args[i]->type);
		call->args[i] = text;
	}
	if (typed_operator(call, "||", errors) == NULL)
		return NULL;
	if (ci)
		call->type = ash_type_plain("ci_string");
	return call;
}

/* list || element, element || list */
static void
fit_element(AshExpr **args)
{
	for (int i = 0; i < 2; i++)
	{
		const AshTypeInst *item = ash_expr_item_type(args[i]->type);
		AshExpr *element = item ? ash_expr_coerce(args[1 - i], item) : NULL;

		if (element != NULL)
			args[1 - i] = element;
	}
}

/* a || b where there is nothing to put together: a when it is neither false nor null, else b */
static AshExpr *
first_true(AshExpr *call, AshErrors *errors)
{
	AshExpr **args = call->args;

	if (ash_expr_item_type(args[0]->type) != NULL || ash_expr_unify(2, args) == NULL)
		return no_operator(call, errors);
	if (args[0]->type->oid == BOOLOID)
		return ash_expr_make_if(args[0], ash_expr_bool(true), args[1], errors);
	return ash_expr_call("coalesce", list_make2(args[0], args[1]), errors);
}

static AshExpr *
resolve_concat(AshExpr *call, AshErrors *errors)
{
	AshExpr **args = call->args;
	bool lists =
		ash_expr_item_type(args[0]->type) != NULL || ash_expr_item_type(args[1]->type) != NULL;
	AshExpr *result;

	if (!lists && (joins_as_string(args[0]) || joins_as_string(args[1])))
	{
		/* a template joins a map as a map */
		if (ash_expr_common_type(2, args) == NULL || args[0]->type->oid != JSONBOID ||
			args[1]->type->oid != JSONBOID || (args[0]->adaptable && args[1]->adaptable))
			return concat_strings(call, errors);
	}
	if (ash_expr_unify(2, args) == NULL)
		fit_element(args);
	result = ash_pg_operator("||", 2, args);
	return result != NULL ? result : first_true(call, errors);
}

/* PostgreSQL's overlap where it has one; else a && b is b when a is neither false nor null. */
static AshExpr *
resolve_overlap(AshExpr *call, AshErrors *errors)
{
	AshExpr **args = call->args;
	AshExpr *overlap = ash_pg_operator("&&", 2, args);

	if (overlap != NULL)
		return overlap;
	if (ash_expr_item_type(args[0]->type) != NULL || ash_expr_unify(2, args) == NULL)
		return no_operator(call, errors);
	if (args[0]->type->oid == BOOLOID)
		return ash_expr_make_if(args[0], args[1], args[0], errors);
	return ash_expr_make_if(ash_expr_is_null(args[0], true), args[1], NULL, errors);
}

/* The operators are themselves; the functions like and ilike stand for two of them. */
static AshExpr *
resolve_like(AshExpr *call, AshErrors *errors)
{
	if (!call->func->is_operator)
	{
		bool ilike = strcmp(call->func->name, "ilike") == 0;

		call->func = ash_expr_func_lookup(ilike ? "~~*" : "~~", true);
	}
	for (int i = 0; i < 2; i++)
	{
		AshExpr *arg = call->args[i];

		if (arg->adaptable)
			arg = ash_expr_coerce(arg, ash_type_plain("string"));
		if (arg == NULL || !ash_expr_is_string(arg->type))
			return no_operator(call, errors);
		arg->adaptable = call->args[i]->adaptable; /* a literal still becomes ci_string */
		call->args[i] = arg;
	}
	if (ash_expr_unify(2, call->args) == NULL)
		return no_operator(call, errors);
	return typed_operator(call, call->func->name, errors);
}

/*
 * in, is distinct from
 */

/* The value and all elements of a written list take one type. */
static bool
unify_with_list(AshExpr **args)
{
	int n = args[1]->nargs + 1;
	AshExpr **all = palloc(sizeof(AshExpr *) * n);
	const AshTypeInst *type;
	AshExpr *list;

	all[0] = args[0];
	if (n > 1)
		memcpy(all + 1, args[1]->args, sizeof(AshExpr *) * (n - 1));
	type = ash_expr_unify(n, all);
	if (type == NULL || ash_expr_array_type(type) == NULL)
		return false;
	list = palloc(sizeof(AshExpr));
	*list = *args[1];
	list->args = all + 1;
	list->type = ash_expr_array_type(type);
	list->adaptable = false;
	args[0] = all[0];
	args[1] = list;
	return true;
}

/* The value takes the type of the list's elements, or a template list that of the value. */
static bool
unify_with_array(AshExpr **args)
{
	const AshTypeInst *item = args[1]->adaptable ? NULL : ash_expr_item_type(args[1]->type);
	AshExpr *value;

	if (item == NULL && args[1]->adaptable)
		item = args[0]->adaptable && !ash_expr_is_number(args[0]->type) ? ash_type_plain("string") :
																		  args[0]->type;
	if (item == NULL || ash_expr_array_type(item) == NULL)
		return false;
	value = ash_expr_coerce(args[0], item);
	if (value == NULL)
		return false;
	if (args[1]->adaptable)
		args[1] = ash_expr_coerce(args[1], ash_expr_array_type(item));
	args[0] = value;
	return args[1] != NULL;
}

/* x in m['tags']: an array of strings inside a document. */
static AshExpr *
in_document(AshExpr *call, AshErrors *errors)
{
	AshExpr *args[2];

	args[0] = ash_expr_coerce(call->args[1], ash_type_plain("map"));
	args[1] = ash_expr_coerce(call->args[0], ash_type_plain("string"));
	if (args[0] == NULL || args[1] == NULL)
		return no_operator(call, errors);
	return ash_pg_function("jsonb_exists", 2, args);
}

static AshExpr *
resolve_in(AshExpr *call, AshErrors *errors)
{
	AshExpr *list = call->args[1];
	bool fits;

	if (list->adaptable && list->kind == ASH_EXPR_CALL)
		return in_document(call, errors);
	fits = list->kind == ASH_EXPR_LIST ? unify_with_list(call->args) : unify_with_array(call->args);
	if (!fits ||
		!ash_pg_operator_find(call, "=", call->args[0]->type->oid, call->args[0]->type->oid))
		return no_operator(call, errors);
	call->type = ash_plain_boolean();
	return call;
}

static AshExpr *
resolve_distinct(AshExpr *call, AshErrors *errors)
{
	if (ash_expr_unify(2, call->args) == NULL)
		return no_operator(call, errors);
	return typed_operator(call, "=", errors);
}

static void
write_in(AshSql *sql, AshExpr *call)
{
	ash_sql_str(sql, "(");
	ash_sql_expr(sql, call->args[0]);
	ash_sql_str(sql, " ");
	ash_sql_operator(sql, call);
	ash_sql_str(sql, " ANY (");
	ash_sql_expr(sql, call->args[1]);
	ash_sql_str(sql, "))");
}

static bool
is_value(const AshExpr *expr)
{
	return expr->kind == ASH_EXPR_CONST && !expr->value.isnull;
}

/* IS DISTINCT FROM would look its operator up through search_path. */
static void
write_distinct(AshSql *sql, AshExpr *call)
{
	bool negated = strcmp(call->func->name, "is_not_distinct_from") == 0;
	bool both_null = !is_value(call->args[0]) && !is_value(call->args[1]);

	ash_sql_str(sql, "(");
	ash_sql_pg_operator(sql, call);
	ash_sql_str(sql, negated ? " IS TRUE" : " IS NOT TRUE");
	if (both_null)
	{
		ash_sql_str(sql, negated ? " OR (" : " AND NOT (");
		ash_sql_expr(sql, call->args[0]);
		ash_sql_str(sql, " IS NULL AND ");
		ash_sql_expr(sql, call->args[1]);
		ash_sql_str(sql, " IS NULL)");
	}
	ash_sql_str(sql, ")");
}

#define OPERATOR(op, text, how)                                                     \
	{                                                                               \
		.name = op, .doc = text, .min_args = 2, .max_args = 2, .is_operator = true, \
		.predicate = true, .resolve = how, .sql = ash_sql_pg_operator               \
	}

/* The operators, and the functions that are one of them. */
const AshExprFunc ash_operator_funcs[] = {
	OPERATOR("=", "Equal; null when either side is.", resolve_comparison),
	OPERATOR("<>", "Not equal; null when either side is.", resolve_comparison),
	OPERATOR("<", "Less.", resolve_comparison),
	OPERATOR("<=", "Less or equal.", resolve_comparison),
	OPERATOR(">", "Greater.", resolve_comparison),
	OPERATOR(">=", "Greater or equal.", resolve_comparison),
	OPERATOR("+", "Sum of numbers; a date or datetime plus a duration.", resolve_arithmetic),
	OPERATOR("-", "Difference of numbers, dates, datetimes and durations.", resolve_arithmetic),
	OPERATOR("*", "Product.", resolve_arithmetic),
	OPERATOR("/", "Quotient; of two integers a float. Division by zero is an error.",
			 resolve_division),
	OPERATOR("||",
			 "Strings, lists or maps put together; other values become strings beside a string. "
			 "Between booleans, numbers or times the first that is neither false nor null, else "
			 "the last.",
			 resolve_concat),
	OPERATOR("&&",
			 "Lists and ranges overlap. Between other values the first that is false or null, else "
			 "the last.",
			 resolve_overlap),
	OPERATOR("~~", "Pattern match (LIKE); without case for ci_string.", resolve_like),
	OPERATOR("!~~", "NOT LIKE.", resolve_like),
	OPERATOR("~~*", "Pattern match without case (ILIKE).", resolve_like),
	OPERATOR("!~~*", "NOT ILIKE.", resolve_like),
	{ .name = "in",
	  .doc = "The value is an element of the list.",
	  .min_args = 2,
	  .max_args = 2,
	  .is_operator = true,
	  .predicate = true,
	  .resolve = resolve_in,
	  .sql = write_in },
	SPECIAL("like", "Pattern match, as the operator LIKE.", 2, 2, resolve_like),
	SPECIAL("ilike", "Pattern match without case, as the operator ILIKE.", 2, 2, resolve_like),
	SPECIAL("minus", "The number with the other sign.", 1, 1, resolve_minus),
	{ .name = "is_distinct_from",
	  .doc = "Not equal, where null equals null.",
	  .min_args = 2,
	  .max_args = 2,
	  .predicate = true,
	  .resolve = resolve_distinct,
	  .sql = write_distinct },
	{ .name = "is_not_distinct_from",
	  .doc = "Equal, where null equals null.",
	  .min_args = 2,
	  .max_args = 2,
	  .predicate = true,
	  .resolve = resolve_distinct,
	  .sql = write_distinct },
	{ .name = NULL },
};
