/*-------------------------------------------------------------------------
 *
 * src/expr/expr_parse_values.c
 *	  Raw parse tree → AshExpr: constants, casts, lists and access to them.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

/*
 * Constants
 */

static AshExpr *
literal(const char *type, Datum value)
{
	AshValue datum = { value, false };
	AshExpr *expr = ash_expr_const(ash_type_plain(type), datum);

	expr->adaptable = true;
	expr->literal = true;
	return expr;
}

AshExpr *
ash_expr_null(void)
{
	AshValue null = { (Datum) 0, true };
	AshExpr *expr = ash_expr_const(ash_type_plain("term"), null);

	expr->adaptable = true;
	return expr;
}

/* A number that is no int4: int8 if it fits, else decimal. */
static AshExpr *
parse_number(ParseContext *cxt, const char *text, int location)
{
	char *end;
	int64 value;
	const char *digits = text + (*text == '-');
	const char *exponent;

	if (strspn(digits, "0123456789") == strlen(digits))
	{
		errno = 0;
		value = strtoi64(text, &end, 10);
		if (errno == 0)
			return literal("integer", Int64GetDatum(value));
	}
	/* more than a numeric can hold would be raised by its input function */
	exponent = strpbrk(text, "eE");
	if (strlen(text) > 1000 ||
		(exponent != NULL && (strlen(exponent) > 5 || abs(atoi(exponent + 1)) > 1000)))
		return ash_parse_error(cxt, location, "number is out of range");
	return literal("decimal", DirectFunctionCall3(numeric_in, CStringGetDatum(text),
												  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

AshExpr *
ash_parse_constant(ParseContext *cxt, A_Const *constant)
{
	if (constant->isnull)
		return ash_expr_null();
	switch (nodeTag(&constant->val))
	{
		case T_Integer:
			return literal("integer", Int64GetDatum((int64) constant->val.ival.ival));
		case T_Float:
			return parse_number(cxt, constant->val.fval.fval, constant->location);
		case T_Boolean:
			return literal("boolean", BoolGetDatum(constant->val.boolval.boolval));
		case T_String:
			return literal("string", CStringGetTextDatum(constant->val.sval.sval));
		default:
			return ash_parse_error(cxt, constant->location, "bit strings are not allowed");
	}
}

/*
 * Types
 */

/* int4 and its like are the language's integer; other names are tried as they are. */
static AshTypeInst *
parse_type_name(ParseContext *cxt, TypeName *name)
{
	const char *words[][2] = { { "int2", "integer" },
							   { "int4", "integer" },
							   { "int8", "integer" },
							   { "text", "string" },
							   { "varchar", "string" },
							   { "bpchar", "string" },
							   { "citext", "ci_string" },
							   { "numeric", "decimal" },
							   { "float4", "float" },
							   { "float8", "float" },
							   { "bool", "boolean" },
							   { "timestamp", "naive_datetime_usec" },
							   { "timestamptz", "utc_datetime_usec" },
							   { "interval", "duration" },
							   { "jsonb", "map" },
							   { "json", "map" },
							   { "bytea", "binary" } };
	const char *base = strVal(llast(name->names));
	AshTypeInst *type;
	int first = list_length(cxt->errors->items);

	if (name->setof || name->pct_type ||
		(list_length(name->names) > 1 && strcmp(strVal(linitial(name->names)), "pg_catalog") != 0))
		return ash_parse_error(cxt, name->location, "types of other schemas are not allowed");
	for (int i = 0; i < lengthof(words); i++)
	{
		if (strcmp(words[i][0], base) == 0)
			base = words[i][1];
	}
	if (name->arrayBounds != NIL)
		base = psprintf("%s[]", base);
	type = ash_type_compile(base, NULL, cxt->errors);
	ash_parse_locate(cxt, first, name->location);
	return type;
}

AshExpr *
ash_parse_cast(ParseContext *cxt, TypeCast *node)
{
	AshTypeInst *type = parse_type_name(cxt, node->typeName);
	AshExpr *arg = type ? ash_parse_node(cxt, node->arg) : NULL;
	AshExpr *result;
	int first = list_length(cxt->errors->items);

	if (arg == NULL)
		return NULL;
	result = ash_expr_as(arg, type, cxt->errors);
	ash_parse_locate(cxt, first, node->location >= 0 ? node->location : exprLocation(node->arg));
	return result;
}

/*
 * Lists and access
 */

AshExpr *
ash_parse_array(ParseContext *cxt, A_ArrayExpr *node)
{
	bool ok;
	List *items = ash_parse_args(cxt, node->elements, &ok);
	int first = list_length(cxt->errors->items);
	AshExpr *list = ok ? ash_expr_list(items, cxt->errors) : NULL;

	ash_parse_locate(cxt, first, node->location);
	return list;
}

/* m['a']['b'], m['a'].b, list[n] is refused: at() counts as the framework does */
AshExpr *
ash_parse_access(ParseContext *cxt, A_Indirection *node)
{
	AshExpr *map = ash_parse_node(cxt, node->arg);
	List *keys = NIL;
	AshExpr *path;
	ListCell *lc;

	if (map == NULL)
		return NULL;
	if (!map->adaptable && map->type->oid != JSONBOID)
		return ash_parse_error(cxt, exprLocation(node->arg),
							   "%s has no keys; elements of lists are at(list, index)",
							   ash_expr_type_name(map));
	foreach (lc, node->indirection)
	{
		Node *step = lfirst(lc);
		AshExpr *key = NULL;

		if (IsA(step, String))
			key = literal("string", CStringGetTextDatum(strVal(step)));
		else if (IsA(step, A_Indices) && !((A_Indices *) step)->is_slice)
			key = ash_parse_node(cxt, ((A_Indices *) step)->uidx);
		else
			return ash_parse_error(cxt, exprLocation(node->arg), "slices and * are not allowed");
		key = key ? ash_expr_cast(key, ash_type_plain("string")) : NULL;
		if (key == NULL)
			return NULL;
		keys = lappend(keys, key);
	}
	path = ash_expr_list(keys, cxt->errors);
	return path ? ash_expr_call("get_path", list_make2(map, path), cxt->errors) : NULL;
}
