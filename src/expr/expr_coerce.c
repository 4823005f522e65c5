/*-------------------------------------------------------------------------
 *
 * src/expr/expr_coerce.c
 *	  Types of expressions: what takes which type by itself, what is cast.
 *
 * A literal, a template without a known type and an element of a document are
 * "adaptable": they take the type of what they meet.  Nothing else changes its
 * type by itself except integer → decimal → float, string ↔ ci_string and
 * date → datetime.  Columns are never cast when the types agree, so that an
 * index on them stays usable.
 *
 * Nodes are not changed once they were given out: coercion makes a copy.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

const AshTypeInst *
ash_plain_boolean(void)
{
	return ash_type_plain("boolean");
}

bool
ash_expr_is_ci(const AshTypeInst *type)
{
	return type->item == NULL && type->type != NULL && type->type->storage != NULL &&
		   strcmp(type->type->storage, "citext") == 0;
}

bool
ash_expr_is_string(const AshTypeInst *type)
{
	return type->oid == TEXTOID || ash_expr_is_ci(type);
}

/* integer 1, decimal 2, float 3; 0 for what is no number of the language. */
static int
number_rank(const AshTypeInst *type)
{
	switch (type->oid)
	{
		case INT8OID:
			return 1;
		case NUMERICOID:
			return 2;
		case FLOAT8OID:
			return 3;
		default:
			return 0;
	}
}

bool
ash_expr_is_number(const AshTypeInst *type)
{
	return number_rank(type) > 0;
}

bool
ash_expr_is_null_const(const AshExpr *expr)
{
	return expr->kind == ASH_EXPR_CONST && expr->value.isnull;
}

const char *
ash_expr_type_name(const AshExpr *expr)
{
	if (ash_expr_is_null_const(expr))
		return "null";
	return expr->type->name;
}

const AshTypeInst *
ash_expr_array_type(const AshTypeInst *item)
{
	AshTypeInst *array;
	Oid oid = get_array_type(item->oid);

	/* a list of lists is jsonb: jsonb[] would be none of it */
	if (!OidIsValid(oid) || item->item != NULL)
		return NULL;
	array = palloc(sizeof(AshTypeInst));
	*array = *ash_type_for_oid(oid);
	array->item = unconstify(AshTypeInst *, item);
	array->name = psprintf("%s[]", item->name);
	return array;
}

const AshTypeInst *
ash_expr_item_type(const AshTypeInst *type)
{
	Oid element;

	if (type->item != NULL)
		return type->item;
	element = get_element_type(type->oid);
	return OidIsValid(element) ? ash_type_for_oid(element) : NULL;
}

const AshTypeInst *
ash_expr_result_type(Oid oid)
{
	switch (oid)
	{
		case INT2OID:
		case INT4OID:
		case OIDOID:
			oid = INT8OID;
			break;
		case FLOAT4OID:
			oid = FLOAT8OID;
			break;
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
			oid = TEXTOID;
			break;
		case JSONOID:
			oid = JSONBOID;
			break;
		case TIMETZOID:
			oid = TIMEOID;
			break;
		default:
			break;
	}
	return ash_type_for_oid(oid);
}

static AshExpr *
copy_node(const AshExpr *expr)
{
	AshExpr *copy = palloc(sizeof(AshExpr));

	*copy = *expr;
	copy->state = NULL;
	copy->sql_text = NULL;
	return copy;
}

/* A cast node, without asking whether it can be done. */
static AshExpr *
cast_node(AshExpr *expr, const AshTypeInst *type)
{
	AshExpr *cast = palloc0(sizeof(AshExpr));

	cast->kind = ASH_EXPR_CAST;
	cast->type = type;
	cast->nargs = 1;
	cast->args = palloc(sizeof(AshExpr *));
	cast->args[0] = expr;
	return cast;
}

/*
 * Literals
 */

/* The literal as it was written, without quotes. */
static char *
literal_text(const AshExpr *expr)
{
	switch (expr->type->oid)
	{
		case INT8OID:
			return psprintf(INT64_FORMAT, DatumGetInt64(expr->value.value));
		case NUMERICOID:
			return numeric_normalize(DatumGetNumeric(expr->value.value));
		default:
			return TextDatumGetCString(expr->value.value);
	}
}

/* The type's own cast of a text; faults are dropped, the caller knows better words. */
static bool
cast_text(const char *text, const AshTypeInst *type, AshValue *out)
{
	MemoryContext cxt = CurrentMemoryContext;
	AshErrors *errors = ash_errors_create(cxt);
	AshCast cast = { errors, ASH_E_INVALID_DEFINITION, NULL, true, NULL, NULL };
	JsonbValue in;

	in.type = jbvString;
	in.val.string.val = unconstify(char *, text);
	in.val.string.len = strlen(text);
	return ash_type_cast(type, &in, &cast, out) && !ash_errors_any(errors);
}

static bool
literal_value(const AshExpr *expr, const AshTypeInst *type, AshValue *out)
{
	bool number = ash_expr_is_number(expr->type);

	if (type->oid == expr->type->oid)
	{
		*out = expr->value;
		return true;
	}
	if (expr->type->oid == BOOLOID || (number && !ash_expr_is_number(type)))
		return false;
	if (ash_expr_is_string(type))
	{
		*out = expr->value; /* text and citext look the same */
		return true;
	}
	return cast_text(literal_text(expr), type, out);
}

static AshExpr *
coerce_literal(const AshExpr *expr, const AshTypeInst *type)
{
	AshExpr *copy;
	AshValue value = expr->value;

	if (!value.isnull && !literal_value(expr, type, &value))
		return NULL;
	copy = copy_node(expr);
	copy->type = type;
	copy->value = value;
	copy->adaptable = false;
	return copy;
}

/* A list's items one by one; NULL when one of them cannot. */
static AshExpr *
coerce_list(const AshExpr *expr, const AshTypeInst *type)
{
	AshExpr *copy = copy_node(expr);
	const AshTypeInst *item = ash_expr_item_type(type);

	if (item == NULL)
		return NULL;
	copy->type = type;
	copy->args = palloc(sizeof(AshExpr *) * Max(expr->nargs, 1));
	for (int i = 0; i < expr->nargs; i++)
	{
		copy->args[i] = ash_expr_coerce(expr->args[i], item);
		if (copy->args[i] == NULL)
			return NULL;
	}
	return copy;
}

/* Does a value of one type become one of the other by itself? */
static bool
widens(const AshTypeInst *from, const AshTypeInst *to)
{
	if (number_rank(from) > 0)
		return number_rank(to) > number_rank(from);
	if (ash_expr_is_string(from))
		return ash_expr_is_string(to);
	return from->oid == DATEOID && to->oid == TIMESTAMPTZOID;
}

AshExpr *
ash_expr_coerce(AshExpr *expr, const AshTypeInst *type)
{
	AshExpr *copy;

	if (expr->kind == ASH_EXPR_CONST && (expr->adaptable || expr->value.isnull))
		return coerce_literal(expr, type);
	if (expr->kind == ASH_EXPR_LIST && expr->type->oid != type->oid)
		return coerce_list(expr, type);
	if (expr->adaptable)
	{
		/* an array inside a document is no array of PostgreSQL's */
		if (expr->kind == ASH_EXPR_CALL && expr->func->sql == ash_sql_get_path &&
			ash_expr_item_type(type) != NULL)
			return NULL;
		copy = copy_node(expr);
		copy->type = type;
		copy->adaptable = false;
		return copy;
	}
	if (expr->type->oid == type->oid)
		return expr;
	return widens(expr->type, type) ? cast_node(expr, type) : NULL;
}

/* Casts of our own (expr_sql.c) besides those PostgreSQL knows. */
static bool
can_cast(Oid from, Oid to)
{
	Oid function;

	if (from == JSONBOID && to == TEXTOID)
		return true;
	return find_coercion_pathway(to, from, COERCION_EXPLICIT, &function) != COERCION_PATH_NONE;
}

AshExpr *
ash_expr_cast(AshExpr *expr, const AshTypeInst *type)
{
	AshExpr *same = ash_expr_coerce(expr, type);

	if (same != NULL)
		return same;
	if (expr->kind == ASH_EXPR_CONST && expr->adaptable && expr->type->oid == TEXTOID)
		return NULL; /* the literal is not a value of that type */
	return can_cast(expr->type->oid, type->oid) ? cast_node(expr, type) : NULL;
}

/*
 * Would making a value of type from the expression read its text, so that it fails for
 * most texts?  Definitions have to ask for that with type().
 */
bool
ash_expr_reads_text(const AshExpr *expr, const AshTypeInst *type)
{
	Oid function;

	return !expr->adaptable && ash_expr_is_string(expr->type) && !ash_expr_is_string(type) &&
		   find_coercion_pathway(type->oid, expr->type->oid, COERCION_EXPLICIT, &function) ==
			   COERCION_PATH_COERCEVIAIO;
}

AshExpr *
ash_expr_as(AshExpr *expr, const AshTypeInst *type, AshErrors *errors)
{
	AshExpr *result = ash_expr_cast(expr, type);

	if (result == NULL)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "expression is %s, which is no %s",
					  ash_expr_type_name(expr), type->name);
	return result;
}

AshExpr *
ash_expr_condition(AshExpr *expr, AshErrors *errors)
{
	AshExpr *result = ash_expr_coerce(expr, ash_plain_boolean());

	if (result == NULL)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "expression must be a condition, but is %s", ash_expr_type_name(expr));
	return result;
}

/*
 * Common types
 */

/* The type both become by themselves, or NULL. */
static const AshTypeInst *
wider(const AshTypeInst *a, const AshTypeInst *b)
{
	if (a->oid == b->oid)
		return a;
	if (ash_expr_is_string(a) && ash_expr_is_string(b))
		return ash_expr_is_ci(a) ? a : b;
	if (widens(a, b))
		return b;
	return widens(b, a) ? a : NULL;
}

/* The type of those whose type is fixed; NULL when there are none or they differ. */
static const AshTypeInst *
fixed_type(int n, AshExpr **exprs, bool *differ)
{
	const AshTypeInst *type = NULL;

	*differ = false;
	for (int i = 0; i < n; i++)
	{
		bool list = exprs[i]->kind == ASH_EXPR_LIST && exprs[i]->adaptable;

		if (exprs[i]->adaptable || list || ash_expr_is_null_const(exprs[i]))
			continue;
		type = type == NULL ? exprs[i]->type : wider(type, exprs[i]->type);
		if (type == NULL)
		{
			*differ = true;
			return NULL;
		}
	}
	return type;
}

/* Numbers that the fixed type cannot hold widen it: integer column, literal 2.5. */
static const AshTypeInst *
widen_for_literals(const AshTypeInst *type, int n, AshExpr **exprs)
{
	for (int i = 0; i < n; i++)
	{
		const AshExpr *expr = exprs[i];

		if (expr->kind != ASH_EXPR_CONST || !expr->adaptable || expr->value.isnull)
			continue;
		if (type->oid == INT8OID && expr->type->oid == NUMERICOID)
			type = expr->type;
	}
	return type;
}

/* The type of literals among themselves; templates follow them. */
static const AshTypeInst *
literal_type(int n, AshExpr **exprs)
{
	const AshTypeInst *type = NULL;
	const AshTypeInst *follower = NULL;

	for (int i = 0; i < n; i++)
	{
		const AshExpr *expr = exprs[i];

		if (ash_expr_is_null_const(expr))
			continue;
		if (expr->kind != ASH_EXPR_CONST && expr->kind != ASH_EXPR_LIST)
			follower = follower == NULL || follower->oid == JSONBOID ? expr->type : follower;
		else if (type == NULL || (ash_expr_is_string(type) && ash_expr_is_number(expr->type)))
			type = expr->type;
		else if (!ash_expr_is_string(expr->type) || !ash_expr_is_number(type))
			type = wider(type, expr->type);
		if (type == NULL && follower == NULL)
			return NULL;
	}
	if (type == NULL)
		type = follower;
	return type == NULL ? ash_type_plain("term") : type;
}

const AshTypeInst *
ash_expr_common_type(int n, AshExpr **exprs)
{
	bool differ;
	const AshTypeInst *type = fixed_type(n, exprs, &differ);

	if (differ)
		return NULL;
	return type != NULL ? widen_for_literals(type, n, exprs) : literal_type(n, exprs);
}

const AshTypeInst *
ash_expr_unify(int n, AshExpr **exprs)
{
	const AshTypeInst *type = ash_expr_common_type(n, exprs);
	AshExpr **coerced = palloc(sizeof(AshExpr *) * Max(n, 1));

	if (type == NULL)
		return NULL;
	for (int i = 0; i < n; i++)
	{
		coerced[i] = ash_expr_coerce(exprs[i], type);
		if (coerced[i] == NULL)
			return NULL;
	}
	memcpy(exprs, coerced, sizeof(AshExpr *) * n);
	return type;
}
