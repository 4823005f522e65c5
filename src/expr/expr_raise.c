/*-------------------------------------------------------------------------
 *
 * src/expr/expr_raise.c
 *	  required() and error(): errors that an expression raises when it is evaluated.
 *
 * The SQL functions behind them raise what a call raises: one error, whose DETAIL
 * is the document of errors.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "model/attribute.h"
#include "utils/builtins.h"

ASH_FUNCTION(ash_sql_required);
ASH_FUNCTION(ash_sql_expression_error);

/*
 * required
 */

/* The name of the field: as given, else that of the attribute; or NULL. */
static AshExpr *
required_field(AshExpr *call)
{
	const AshExpr *value = call->args[0];
	AshValue name = { (Datum) 0, false };
	AshExpr *field;

	if (call->nargs == 2)
		return ash_expr_coerce(call->args[1], ash_type_plain("string"));
	if (value->kind != ASH_EXPR_REF || value->attribute == NULL)
		return ash_expr_coerce(ash_expr_null(), ash_type_plain("string"));
	name.value = CStringGetTextDatum(value->attribute->name);
	field = ash_expr_const(ash_type_plain("string"), name);
	field->literal = true;
	return field;
}

AshExpr *
ash_resolve_required(AshExpr *call, AshErrors *errors)
{
	AshExpr *args[2] = { call->args[0], required_field(call) };
	AshExpr *result;

	if (args[1] == NULL)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "the second argument of required must be the name of a field, not %s",
					  ash_expr_type_name(call->args[1]));
		return NULL;
	}
	result = ash_expr_make_call(call->func, 2, args);
	result->type = args[0]->type;
	return result;
}

Datum
ash_sql_required(PG_FUNCTION_ARGS)
{
	AshErrors *errors;

	if (!PG_ARGISNULL(0))
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	errors = ash_errors_create(CurrentMemoryContext);
	if (PG_ARGISNULL(1))
		ash_error_add(errors, ASH_E_REQUIRED, NULL, "a required value is null");
	else
	{
		const char *field = text_to_cstring(PG_GETARG_TEXT_PP(1));

		ash_error_add(errors, ASH_E_REQUIRED, field, "attribute %s is required", field);
	}
	ash_errors_throw(errors);
}

/*
 * error
 */

static bool
check_kind(const AshExpr *kind, AshErrors *errors)
{
	List *names = NIL;
	const char *name;

	if (kind->kind != ASH_EXPR_CONST || kind->value.isnull || kind->type->oid != TEXTOID)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "the first of two arguments of error must be the code of an error, as a "
					  "string");
		return false;
	}
	name = TextDatumGetCString(kind->value.value);
	if (ash_error_code(name) >= 0)
		return true;
	for (int code = 0; code < ASH_E_COUNT; code++)
		names = lappend(names, pstrdup(ash_error_kind(code)->name));
	(void) ash_error_unknown(errors, NULL, name, names, "there is no error code \"%s\"",
							 ash_clip(name));
	return false;
}

AshExpr *
ash_resolve_error(AshExpr *call, AshErrors *errors)
{
	int last = call->nargs - 1;
	AshExpr *what;

	if (last == 1 && !check_kind(call->args[0], errors))
		return NULL;
	what = last == 0 ? ash_expr_cast(call->args[0], ash_type_plain("string")) :
					   ash_expr_coerce(call->args[1], ash_type_plain("map"));
	if (what == NULL)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  last == 0 ? "the message must be a string, not %s" :
								  "the second argument of error must be a map, not %s",
					  ash_expr_type_name(call->args[last]));
		return NULL;
	}
	call->args[last] = what;
	if (last == 1)
		call->args[0] = ash_expr_coerce(call->args[0], ash_type_plain("string"));
	call->type = ash_type_plain("string");
	call->adaptable = true;
	return call;
}

void
ash_sql_error(AshSql *sql, AshExpr *call)
{
	ash_sql_str(sql, "ash.expression_error(NULL::");
	ash_sql_type(sql, call->type);
	ash_sql_str(sql, ", ");
	ash_sql_args(sql, call->nargs, call->args);
	ash_sql_str(sql, ")");
}

static char *
text_of(const JsonbValue *value)
{
	if (value->type == jbvString)
		return pnstrdup(value->val.string.val, value->val.string.len);
	return JsonbToCString(NULL, &ash_jsonb_from_value(value)->root, -1);
}

static void
add_path(AshError *error, const JsonbValue *path)
{
	JsonbValue *items;
	int n = path->type == jbvBinary ? ash_type_array_items(path, &items) : 0;

	for (int i = 0; i < n; i++)
	{
		bool number = items[i].type == jbvNumeric;

		error->path = lappend(error->path, number ? (void *) makeInteger(atoi(text_of(&items[i]))) :
													(void *) makeString(text_of(&items[i])));
	}
}

/* What the map says: message, field and path; any other key is a var. */
static void
fill_error(AshErrors *errors, AshError *error, Jsonb *input)
{
	JsonbIterator *it = JsonbIteratorInit(&input->root);
	JsonbValue value;
	const char *message = NULL;
	char *key = NULL;
	JsonbIteratorToken token;

	while (JB_ROOT_IS_OBJECT(input) && (token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = text_of(&value);
		if (token != WJB_VALUE || value.type == jbvNull)
			continue;
		if (strcmp(key, "message") == 0)
			message = text_of(&value);
		else if (strcmp(key, "field") == 0)
			error->field = text_of(&value);
		else if (strcmp(key, "path") == 0)
			add_path(error, &value);
		else if (value.type == jbvString)
			ash_error_var_text(errors, error, key, text_of(&value));
		else
			ash_error_var_json(errors, error, key, text_of(&value));
	}
	error->message = message != NULL ? ash_error_interpolate(message, error->vars) :
									   ash_error_kind(error->code)->doc;
}

/*
 * (type, message) or (type, code, map).  The first argument only says of which type the
 * value is that never comes.
 */
Datum
ash_sql_expression_error(PG_FUNCTION_ARGS)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	char *what = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	AshError *error;
	int code;

	if (PG_NARGS() == 2)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s", what != NULL ? what : "error in an expression")));
	code = what != NULL ? ash_error_code(what) : -1;
	error = ash_error_add(errors, code >= 0 ? code : ASH_E_UNKNOWN, NULL, NULL);
	if (PG_ARGISNULL(2))
		error->message = ash_error_kind(error->code)->doc;
	else
		fill_error(errors, error, PG_GETARG_JSONB_P(2));
	ash_errors_throw(errors);
}
