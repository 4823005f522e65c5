/*-------------------------------------------------------------------------
 *
 * src/query/filter_predicate.c
 *	  What may stand under a field in a run-time filter: values and operators.
 *
 * Values are cast to the field's type without its constraints; a list of values
 * becomes one array, so that its length is not part of the statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "model/calculation.h"
#include "model/field_use.h"
#include "model/resource.h"
#include "query/filter_parse.h"
#include "utils/array.h"

/* What the value of a predicate is cast to. */
typedef enum PredicateValue
{
	VALUE_SAME, /* the field's type */
	VALUE_LIST, /* a list of it */
	VALUE_ITEM, /* an element of it */
	VALUE_STRING,
	VALUE_PATTERN,
	VALUE_BOOLEAN
} PredicateValue;

struct AshFilterPredicate
{
	const char *name; /* in the expression registry; is_nil stands for itself */
	PredicateValue value;
	bool equality; /* allowed on fields for simple equality */
	const char *aliases[4];
	bool ordered; /* asks for the type's order */
};

static const AshFilterPredicate predicates[] = {
	{ "=", VALUE_SAME, true, { "==", "=", "eq", "equals" } },
	{ "<>", VALUE_SAME, false, { "!=", "<>", "not_eq", "not_equals" } },
	{ ">", VALUE_SAME, false, { ">", "gt", "greater_than" }, true },
	{ "<", VALUE_SAME, false, { "<", "lt", "less_than" }, true },
	{ ">=", VALUE_SAME, false, { ">=", "gte", "greater_than_or_equal" }, true },
	{ "<=", VALUE_SAME, false, { "<=", "lte", "less_than_or_equal" }, true },
	{ "in", VALUE_LIST, true, { "in" } },
	{ "is_nil", VALUE_BOOLEAN, false, { "is_nil" } },
	{ "contains", VALUE_STRING, false, { "contains" } },
	{ "string_starts_with", VALUE_STRING, false, { "string_starts_with" } },
	{ "string_ends_with", VALUE_STRING, false, { "string_ends_with" } },
	{ "like", VALUE_PATTERN, false, { "like" } },
	{ "ilike", VALUE_PATTERN, false, { "ilike" } },
	{ "has", VALUE_ITEM, false, { "has" } },
	{ "intersects", VALUE_SAME, false, { "intersects" } },
	{ "is_distinct_from", VALUE_SAME, false, { "is_distinct_from" } },
	{ "is_not_distinct_from", VALUE_SAME, false, { "is_not_distinct_from" } },
};

const AshFilterPredicate *
ash_predicate_lookup(const char *name)
{
	for (int i = 0; i < lengthof(predicates); i++)
	{
		for (int j = 0; j < lengthof(predicates[i].aliases) && predicates[i].aliases[j]; j++)
		{
			if (strcmp(predicates[i].aliases[j], name) == 0)
				return &predicates[i];
		}
	}
	return NULL;
}

/*-------------------------------------------------------------------------
 * Errors
 *-------------------------------------------------------------------------
 */

static bool
is_sensitive(AshExpr *expr, void *context)
{
	return (expr->attribute != NULL && expr->attribute->sensitive) ||
		   (expr->calculation != NULL && expr->calculation->sensitive) ||
		   (expr->aggregate != NULL && expr->aggregate->sensitive);
}

/* The value for a message; those given for sensitive fields are never shown. */
static const char *
shown_value(const AshExpr *ref, const JsonbValue *value)
{
	if (ref != NULL && ash_expr_walk(unconstify(AshExpr *, ref), is_sensitive, NULL))
		return "**redacted**";
	return ash_input_text(value);
}

AshExpr *
ash_filter_invalid_value(FilterParser *parser, const AshExpr *ref, const JsonbValue *value)
{
	ash_error_add(parser->errors, ASH_E_INVALID_FILTER_VALUE, NULL, "Invalid filter value `%s`.",
				  shown_value(ref, value));
	return NULL;
}

/* The field a reference is to; NULL for what is inside of one. */
static const char *
field_of(const AshExpr *ref)
{
	return ref->kind == ASH_EXPR_REF ? ash_ref_name(ref) : NULL;
}

/*
 * A value that is none of this type, which is the field's, or that of the predicate.  It
 * has no place in the path and no field, as in the framework; the vars tell them.
 */
static AshExpr *
uncastable(FilterParser *parser, const AshExpr *ref, const AshTypeInst *type,
		   const JsonbValue *value)
{
	AshErrors *errors = parser->errors;
	List *path = errors->path;
	const char *field = field_of(ref);
	AshError *error;

	errors->path = NIL;
	error = ash_error_add(errors, ASH_E_INVALID_FILTER_VALUE, NULL,
						  "Invalid filter value `%s` supplied in `%s`", shown_value(ref, value),
						  ash_expr_describe(unconstify(AshExpr *, ref)));
	errors->path = path;
	if (field != NULL)
		ash_error_var_text(errors, error, "field", field);
	ash_error_var_text(errors, error, "type", type->name);
	return NULL;
}

AshExpr *
ash_filter_not_filterable(FilterParser *parser, const char *name, bool simple)
{
	ash_error_add(parser->errors, ASH_E_INVALID_FILTER_REFERENCE, name,
				  "%s cannot be referenced in filters%s", name,
				  simple ? ", except by simple equality" : "");
	return NULL;
}

/*-------------------------------------------------------------------------
 * Values
 *-------------------------------------------------------------------------
 */

/* Only a name's own list of values makes a value wrong; other constraints do not. */
static bool
cast_value(FilterParser *parser, const AshTypeInst *type, const JsonbValue *in, AshValue *out)
{
	AshCast cast = { .errors = ash_errors_create(CurrentMemoryContext),
					 .code = ASH_E_INVALID_FILTER_VALUE,
					 .no_constraints = true,
					 .call = parser->query->call };

	if (in->type == jbvNull)
	{
		out->value = (Datum) 0;
		out->isnull = true;
		return true;
	}
	if (type->item == NULL && type->type != NULL && strcmp(type->type->name, "atom") == 0)
		cast.no_constraints = false;
	return ash_type_cast(type, in, &cast, out);
}

static AshExpr *
value_expr(FilterParser *parser, const AshExpr *ref, const AshTypeInst *type, const JsonbValue *in)
{
	AshValue value;

	if (!cast_value(parser, type, in, &value))
		return uncastable(parser, ref, type, in);
	return ash_expr_const(type, value);
}

static AshExpr *
list_error(FilterParser *parser, const AshExpr *ref, const JsonbValue *in)
{
	ash_error_add(
		parser->errors, ASH_E_INVALID_FILTER_VALUE, NULL,
		"Invalid filter value `%s in %s`: No matching types. Possible types: [[:any, {:array, :same}]]",
		ash_expr_describe(unconstify(AshExpr *, ref)), shown_value(ref, in));
	return NULL;
}

/* All values of an "in" as one array, so that their number is not part of the statement. */
static AshExpr *
list_expr(FilterParser *parser, const AshExpr *ref, const JsonbValue *in)
{
	const AshTypeInst *type = ref->type;
	Jsonb *list = ash_jsonb_from_value(in);
	JsonbIterator *it;
	JsonbValue item;
	List *consts = NIL;
	AshExpr *made;
	AshValue array = { (Datum) 0, false };
	Datum *values;
	bool *nulls;
	int n = 0;
	int lower = 1;

	if (!JB_ROOT_IS_ARRAY(list) || JB_ROOT_IS_SCALAR(list))
		return list_error(parser, ref, in);
	values = palloc(sizeof(Datum) * Max(JB_ROOT_COUNT(list), 1));
	nulls = palloc(sizeof(bool) * Max(JB_ROOT_COUNT(list), 1));
	it = ash_jsonb_walk(list);
	while (ash_jsonb_next_item(&it, &item))
	{
		AshValue value;

		if (!cast_value(parser, type, &item, &value))
			return list_error(parser, ref, in);
		values[n] = value.value;
		nulls[n++] = value.isnull;
		if (consts == NIL)
			consts = list_make1(ash_expr_const(type, value));
	}
	if (n == 0)
		return ash_expr_list(NIL, parser->errors);
	made = ash_expr_list(consts, parser->errors);
	if (made == NULL)
		return NULL;
	array.value = PointerGetDatum(construct_md_array(values, nulls, 1, &n, &lower, type->oid,
													 type->typlen, type->typbyval, type->typalign));
	return ash_expr_const(made->type, array);
}

/* One flat node: building it term by term would copy the terms again and again. */
AshExpr *
ash_filter_join(List *terms, AshExprKind kind)
{
	AshExpr *expr;

	if (list_length(terms) < 2)
		return terms == NIL ? ash_expr_bool(true) : linitial(terms);
	expr = palloc0(sizeof(AshExpr));
	expr->kind = kind;
	expr->type = ash_type_plain("boolean");
	expr->nargs = list_length(terms);
	expr->args = palloc(sizeof(AshExpr *) * expr->nargs);
	for (int i = 0; i < expr->nargs; i++)
		expr->args[i] = list_nth(terms, i);
	return expr;
}

/*-------------------------------------------------------------------------
 * Predicates on a field
 *-------------------------------------------------------------------------
 */

/* A call whose types do not fit is a wrong value. */
static AshExpr *
make_call(FilterParser *parser, const char *name, AshExpr *ref, AshExpr *value,
		  const JsonbValue *in)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	AshExpr *call = ash_expr_call(name, list_make2(ref, value), errors);
	AshError *first;

	if (call != NULL)
		return call;
	first = linitial(errors->items);
	ash_error_add(parser->errors, ASH_E_INVALID_FILTER_VALUE, NULL, "Invalid filter value `%s`: %s",
				  shown_value(ref, in), first->message);
	return NULL;
}

AshExpr *
ash_predicate_is_nil(FilterParser *parser, AshExpr *ref, const JsonbValue *in)
{
	AshValue value;

	if (!cast_value(parser, ash_type_plain("boolean"), in, &value))
		return ash_filter_invalid_value(parser, ref, in);
	if (value.isnull)
		return ash_expr_bool(false);
	return ash_expr_is_null(ref, !DatumGetBool(value.value));
}

/* Lists have no type of lists: a list that is one of several equals one of them. */
static AshExpr *
any_list(FilterParser *parser, AshExpr *ref, const JsonbValue *in)
{
	Jsonb *list = ash_jsonb_from_value(in);
	JsonbIterator *it = ash_jsonb_walk(list);
	JsonbValue item;
	List *terms = NIL;

	if (!JB_ROOT_IS_ARRAY(list) || JB_ROOT_IS_SCALAR(list))
		return list_error(parser, ref, in);
	while (ash_jsonb_next_item(&it, &item))
	{
		AshExpr *term;

		term = ash_predicate_equal(parser, ref, &item);
		if (term == NULL)
			return NULL;
		terms = lappend(terms, term);
	}
	return terms == NIL ? ash_expr_bool(false) : ash_filter_join(terms, ASH_EXPR_OR);
}

/*
 * May the value be matched?  A pattern that ends within an escape fails on the rows that
 * match it so far, also on those that the caller may not see.  False after adding an error.
 */
static bool
check_pattern(FilterParser *parser, const AshExpr *ref, const AshExpr *pattern,
			  const JsonbValue *in)
{
	if (pattern->kind != ASH_EXPR_CONST || pattern->value.isnull ||
		ash_pattern_is_whole(TextDatumGetCString(pattern->value.value)))
		return true;
	ash_error_add(parser->errors, ASH_E_INVALID_FILTER_VALUE, NULL,
				  "Invalid filter value `%s`: a pattern must not end with the escape character",
				  shown_value(ref, in))
		->hint = "Write \\\\ for a backslash.";
	return false;
}

AshExpr *
ash_predicate_expr(FilterParser *parser, const AshFilterPredicate *predicate, AshExpr *ref,
				   const JsonbValue *in)
{
	const AshTypeInst *type = ref->type;
	AshExpr *value;

	if (++parser->terms > ASH_FILTER_MAX_TERMS)
	{
		ash_error_add(parser->errors, ASH_E_INVALID_QUERY, NULL,
					  "a filter may have at most %d conditions", ASH_FILTER_MAX_TERMS);
		return NULL;
	}
	if (predicate->value == VALUE_BOOLEAN)
		return ash_predicate_is_nil(parser, ref, in);
	if (predicate->value == VALUE_LIST && type->item != NULL)
		return any_list(parser, ref, in);
	if (predicate->value == VALUE_LIST)
		value = list_expr(parser, ref, in);
	else
	{
		if (predicate->value == VALUE_STRING || predicate->value == VALUE_PATTERN)
			type = ash_type_plain("string");
		else if (predicate->value == VALUE_ITEM && type->item != NULL)
			type = type->item;
		value = value_expr(parser, ref, type, in);
	}
	if (value == NULL ||
		(predicate->value == VALUE_PATTERN && !check_pattern(parser, ref, value, in)))
		return NULL;
	return make_call(parser, predicate->name, ref, value, in);
}

AshExpr *
ash_predicate_equal(FilterParser *parser, AshExpr *ref, const JsonbValue *in)
{
	return ash_predicate_expr(parser, &predicates[0], ref, in);
}

/* The keys of an "at_path" as a list; NULL after adding an error. */
static AshExpr *
path_list(FilterParser *parser, const AshExpr *ref, const JsonbValue *path)
{
	const AshTypeInst *string = ash_type_plain("string");
	AshExpr *list;
	AshValue value;
	List *names = NIL;
	Jsonb *json = ash_jsonb_from_value(path);
	JsonbIterator *it = ash_jsonb_walk(json);
	JsonbValue item;

	while (ash_jsonb_next_item(&it, &item))
	{
		if (!cast_value(parser, string, &item, &value) || value.isnull)
			return ash_filter_invalid_value(parser, ref, path);
		names = lappend(names, ash_expr_const(string, value));
	}
	list = names == NIL ? NULL : ash_expr_list(names, parser->errors);
	return list != NULL ? list : ash_filter_invalid_value(parser, ref, path);
}

static bool
all_strings(const JsonbValue *in)
{
	Jsonb *json = ash_jsonb_from_value(in);
	JsonbIterator *it = ash_jsonb_walk(json);
	JsonbValue item;

	if (!JB_ROOT_IS_ARRAY(json))
		return false;
	while (ash_jsonb_next_item(&it, &item))
	{
		if (item.type != jbvString)
			return false;
	}
	return true;
}

/* As jsonb_typeof says it. */
static const char *
json_kind(const JsonbValue *in)
{
	switch (in->type)
	{
		case jbvNumeric:
			return "number";
		case jbvBool:
			return "boolean";
		default:
			return JB_ROOT_IS_ARRAY(ash_jsonb_from_value(in)) ? "array" : "object";
	}
}

/*
 * {"at_path": ["a", "b"], op: value}: into a document.  Strings are compared as text,
 * other values as JSON; then a null of JSON is a null, and only values of the same
 * kind have an order.  Equality stays plain where no negation tells false from null,
 * so that an index on the path serves it.
 */
static AshExpr *
at_path_expr(FilterParser *parser, const AshFilterPredicate *predicate, AshExpr *ref,
			 const JsonbValue *path, const JsonbValue *in)
{
	AshExpr *list = path_list(parser, ref, path);
	AshExpr *document = list ? make_call(parser, "get_path", ref, list, path) : NULL;
	bool as_json = predicate->value == VALUE_LIST ? !all_strings(in) :
				   predicate->value == VALUE_SAME ? in->type != jbvString && in->type != jbvNull :
													false;

	if (document == NULL || !as_json)
		return document;
	document = ash_expr_coerce(document, ash_type_plain("term"));
	if (predicate->equality && parser->negations == 0)
		return document;
	return ash_expr_document_of(document, predicate->ordered ? json_kind(in) : NULL);
}

/* The operators of an object, ANDed. */
static AshExpr *
predicates_of(FilterParser *parser, FilterScope *scope, AshExpr *ref, const Jsonb *object,
			  bool simple, const char *skip)
{
	JsonbIterator *it = ash_jsonb_walk(object);
	JsonbValue key;
	JsonbValue value;
	JsonbValue path;
	bool has_path = ash_jsonb_get(object, "at_path", 7, &path);
	List *all = NIL;
	bool ok = true;

	while (ash_jsonb_next_member(&it, &key, &value))
	{
		const AshFilterPredicate *predicate;
		AshExpr *field = ref;
		AshExpr *one;
		char *name;

		name = pnstrdup(key.val.string.val, key.val.string.len);
		if ((skip != NULL && strcmp(name, skip) == 0) || (has_path && strcmp(name, "at_path") == 0))
			continue;
		predicate = ash_predicate_lookup(name);
		if (predicate == NULL)
		{
			ash_error_add(parser->errors, ASH_E_NO_SUCH_FILTER_PREDICATE, NULL,
						  "No such filter predicate for %s: \"%s\"", scope->res->name,
						  ash_input_name(name));
			ok = false;
			continue;
		}
		if (simple && !predicate->equality)
		{
			ash_filter_not_filterable(parser, ash_ref_name(ref), true);
			ok = false;
			continue;
		}
		if (has_path)
			field = at_path_expr(parser, predicate, ref, &path, &value);
		one = field == NULL ? NULL : ash_predicate_expr(parser, predicate, field, &value);
		if (one == NULL)
			ok = false;
		else
			all = lappend(all, one);
	}
	if (!ok)
		return NULL;
	if (all == NIL)
	{
		/* {} means "= true" */
		JsonbValue yes = { .type = jbvBool, .val.boolean = true };

		return ash_predicate_equal(parser, ref, &yes);
	}
	return ash_filter_join(all, ASH_EXPR_AND);
}

AshExpr *
ash_predicate_field(FilterParser *parser, FilterScope *scope, AshExpr *ref, const JsonbValue *value,
					const char *skip)
{
	AshFieldUse use = ref->attribute   ? ref->attribute->filterable :
					  ref->calculation ? ref->calculation->filterable :
										 ref->aggregate->filterable;

	ref->path = scope->path;
	ref->path_resources = scope->owners;
	ref->from_input = !parser->trusted;
	if (use == ASH_USE_NO)
		return ash_filter_not_filterable(parser, ash_ref_name(ref), false);
	if (value->type == jbvBinary)
	{
		Jsonb *object = ash_jsonb_from_value(value);

		if (JB_ROOT_IS_OBJECT(object))
			return predicates_of(parser, scope, ref, object, use == ASH_USE_SIMPLE_EQUALITY, skip);
	}
	return ash_predicate_equal(parser, ref, value);
}
