/*-------------------------------------------------------------------------
 *
 * src/query/filter.c
 *	  Run-time filters: JSON in the closed grammar of spec 11.1 → expressions.
 *
 * Only public fields and relationships can be named; every reference that is made
 * here is marked as coming from input, so that the policies of related resources
 * and field policies apply to it.  Depth and size are bounded, each key is looked
 * at once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "query/internal.h"
#include "utils/array.h"
#include "utils/builtins.h"

#define ASH_FILTER_MAX_DEPTH 64
#define ASH_FILTER_MAX_TERMS 10000

typedef struct FilterParser
{
	AshQuery   *query;
	AshErrors  *errors;
	int			depth;
	int			terms;
} FilterParser;

/* Whose fields the keys name, and how it was reached. */
typedef struct FilterScope
{
	AshResource *res;
	List	   *path;			   /* of AshRelationship * */
	List	   *owners;			   /* of AshResource * */
} FilterScope;

/* What the value of a predicate is cast to. */
typedef enum PredicateValue
{
	VALUE_SAME,					   /* the field's type */
	VALUE_LIST,					   /* a list of it */
	VALUE_ITEM,					   /* an element of it */
	VALUE_STRING,
	VALUE_BOOLEAN
} PredicateValue;

typedef struct Predicate
{
	const char *name;			   /* in the expression registry; is_nil stands for itself */
	PredicateValue value;
	bool		equality;		   /* allowed on fields for simple equality */
	const char *aliases[4];
} Predicate;

static const Predicate predicates[] = {
	{"=", VALUE_SAME, true, {"==", "=", "eq", "equals"}},
	{"<>", VALUE_SAME, false, {"!=", "<>", "not_eq", "not_equals"}},
	{">", VALUE_SAME, false, {">", "gt", "greater_than"}},
	{"<", VALUE_SAME, false, {"<", "lt", "less_than"}},
	{">=", VALUE_SAME, false, {">=", "gte", "greater_than_or_equal"}},
	{"<=", VALUE_SAME, false, {"<=", "lte", "less_than_or_equal"}},
	{"in", VALUE_LIST, true, {"in"}},
	{"is_nil", VALUE_BOOLEAN, false, {"is_nil"}},
	{"contains", VALUE_STRING, false, {"contains"}},
	{"string_starts_with", VALUE_STRING, false, {"string_starts_with"}},
	{"string_ends_with", VALUE_STRING, false, {"string_ends_with"}},
	{"like", VALUE_STRING, false, {"like"}},
	{"ilike", VALUE_STRING, false, {"ilike"}},
	{"has", VALUE_ITEM, false, {"has"}},
	{"intersects", VALUE_SAME, false, {"intersects"}},
	{"is_distinct_from", VALUE_SAME, false, {"is_distinct_from"}},
	{"is_not_distinct_from", VALUE_SAME, false, {"is_not_distinct_from"}},
};

static AshExpr *parse_filter(FilterParser *parser, FilterScope *scope, const JsonbValue *value);

static const Predicate *
find_predicate(const char *name)
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

static AshExpr *
invalid_value(FilterParser *parser, const JsonbValue *value)
{
	ash_error_add(parser->errors, ASH_E_INVALID_FILTER_VALUE, NULL, "Invalid filter value `%s`.",
				  ash_input_text(value));
	return NULL;
}

/* A value that its field cannot take; it has no place in the path, as in the framework. */
static AshExpr *
uncastable(FilterParser *parser, const AshExpr *ref, const JsonbValue *value)
{
	List	   *path = parser->errors->path;

	parser->errors->path = NIL;
	ash_error_add(parser->errors, ASH_E_INVALID_FILTER_VALUE, NULL,
				  "Invalid filter value `%s` supplied in `%s`", ash_input_text(value),
				  ash_expr_describe(unconstify(AshExpr *, ref)));
	parser->errors->path = path;
	return NULL;
}

static AshExpr *
no_such_field(FilterParser *parser, const FilterScope *scope, const char *name)
{
	ash_error_add(parser->errors, ASH_E_NO_SUCH_FIELD, name, "No such field %s for resource %s",
				  name, scope->res->name);
	return NULL;
}

static AshExpr *
not_filterable(FilterParser *parser, const char *name, bool simple)
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
	AshCast		cast = {.errors = ash_errors_create(CurrentMemoryContext),
	.code = ASH_E_INVALID_FILTER_VALUE,.no_constraints = true,.call = parser->query->call};

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
	AshValue	value;

	if (!cast_value(parser, type, in, &value))
		return uncastable(parser, ref, in);
	return ash_expr_const(type, value);
}

static AshExpr *
list_error(FilterParser *parser, const AshExpr *ref, const JsonbValue *in)
{
	ash_error_add(parser->errors, ASH_E_INVALID_FILTER_VALUE, NULL,
				  "Invalid filter value `%s in %s`: No matching types. Possible types: [[:any, {:array, :same}]]",
				  ash_expr_describe(unconstify(AshExpr *, ref)), ash_input_text(in));
	return NULL;
}

/* All values of an "in" as one array, so that their number is not part of the statement. */
static AshExpr *
list_expr(FilterParser *parser, const AshExpr *ref, const JsonbValue *in)
{
	const AshTypeInst *type = ref->type;
	Jsonb	   *list = ash_jsonb_from_value(in);
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	item;
	List	   *consts = NIL;
	AshExpr    *made;
	AshValue	array = {(Datum) 0, false};
	Datum	   *values;
	bool	   *nulls;
	int			n = 0;
	int			lower = 1;

	if (!JB_ROOT_IS_ARRAY(list) || JB_ROOT_IS_SCALAR(list))
		return list_error(parser, ref, in);
	values = palloc(sizeof(Datum) * Max(JB_ROOT_COUNT(list), 1));
	nulls = palloc(sizeof(bool) * Max(JB_ROOT_COUNT(list), 1));
	parser->terms += JB_ROOT_COUNT(list);
	it = JsonbIteratorInit(&list->root);
	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		AshValue	value;

		if (token != WJB_ELEM)
			continue;
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
													 type->typlen, type->typbyval,
													 type->typalign));
	return ash_expr_const(made->type, array);
}

/* One flat node: building it term by term would copy the terms again and again. */
static AshExpr *
join_terms(List *terms, AshExprKind kind)
{
	AshExpr    *expr;

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
	AshErrors  *errors = ash_errors_create(CurrentMemoryContext);
	AshExpr    *call = ash_expr_call(name, list_make2(ref, value), errors);
	AshError   *first;

	if (call != NULL)
		return call;
	first = linitial(errors->items);
	ash_error_add(parser->errors, ASH_E_INVALID_FILTER_VALUE, NULL, "Invalid filter value `%s`: %s",
				  ash_input_text(in), first->message);
	return NULL;
}

static AshExpr *
is_nil_expr(FilterParser *parser, AshExpr *ref, const JsonbValue *in)
{
	AshValue	value;

	if (!cast_value(parser, ash_type_plain("boolean"), in, &value))
		return invalid_value(parser, in);
	if (value.isnull)
		return ash_expr_bool(false);
	return ash_expr_is_null(ref, !DatumGetBool(value.value));
}

static AshExpr *
predicate_expr(FilterParser *parser, const Predicate *predicate, AshExpr *ref,
			   const JsonbValue *in)
{
	const AshTypeInst *type = ref->type;
	AshExpr    *value;

	if (++parser->terms > ASH_FILTER_MAX_TERMS)
	{
		ash_error_add(parser->errors, ASH_E_INVALID_QUERY, NULL,
					  "a filter may have at most %d conditions", ASH_FILTER_MAX_TERMS);
		return NULL;
	}
	if (predicate->value == VALUE_BOOLEAN)
		return is_nil_expr(parser, ref, in);
	if (predicate->value == VALUE_LIST)
		value = list_expr(parser, ref, in);
	else
	{
		if (predicate->value == VALUE_STRING)
			type = ash_type_plain("string");
		else if (predicate->value == VALUE_ITEM && type->item != NULL)
			type = type->item;
		value = value_expr(parser, ref, type, in);
	}
	if (value == NULL)
		return NULL;
	return make_call(parser, predicate->name, ref, value, in);
}

static AshExpr *
equal_expr(FilterParser *parser, AshExpr *ref, const JsonbValue *in)
{
	return predicate_expr(parser, &predicates[0], ref, in);
}

/* {"at_path": ["a", "b"], op: value}: into a document; compared as text or as JSON. */
static AshExpr *
at_path_expr(FilterParser *parser, AshExpr *ref, const JsonbValue *path, const JsonbValue *in)
{
	const AshTypeInst *string = ash_type_plain("string");
	AshExpr    *list;
	AshExpr    *document;
	AshValue	value;
	List	   *names = NIL;
	Jsonb	   *json = ash_jsonb_from_value(path);
	JsonbIterator *it = JsonbIteratorInit(&json->root);
	JsonbIteratorToken token;
	JsonbValue	item;

	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		if (!cast_value(parser, string, &item, &value) || value.isnull)
			return invalid_value(parser, path);
		names = lappend(names, ash_expr_const(string, value));
	}
	list = names == NIL ? NULL : ash_expr_list(names, parser->errors);
	if (list == NULL)
		return invalid_value(parser, path);
	document = make_call(parser, "get_path", ref, list, path);
	if (document == NULL || in->type == jbvString || in->type == jbvBinary)
		return document;
	return ash_expr_coerce(document, ash_type_plain("term"));
}

/* The operators of an object, ANDed. */
static AshExpr *
predicates_of(FilterParser *parser, FilterScope *scope, AshExpr *ref, const Jsonb *object,
			  bool simple, const char *skip)
{
	JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, &object->root));
	JsonbIteratorToken token;
	JsonbValue	key;
	JsonbValue	value;
	JsonbValue	path;
	bool		has_path = ash_jsonb_get(object, "at_path", 7, &path);
	List	   *all = NIL;
	bool		ok = true;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		const Predicate *predicate;
		AshExpr    *field = ref;
		AshExpr    *one;
		char	   *name;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &value, true);
		name = pnstrdup(key.val.string.val, key.val.string.len);
		if ((skip != NULL && strcmp(name, skip) == 0) ||
			(has_path && strcmp(name, "at_path") == 0))
			continue;
		predicate = find_predicate(name);
		if (predicate == NULL)
		{
			ash_error_add(parser->errors, ASH_E_NO_SUCH_FILTER_PREDICATE, NULL,
						  "No such filter predicate for %s: \"%s\"", scope->res->name, name);
			ok = false;
			continue;
		}
		if (simple && !predicate->equality)
		{
			not_filterable(parser, ash_ref_name(ref), true);
			ok = false;
			continue;
		}
		if (has_path)
			field = at_path_expr(parser, ref, &path, &value);
		one = field == NULL ? NULL : predicate_expr(parser, predicate, field, &value);
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
		JsonbValue	yes = {.type = jbvBool,.val.boolean = true};

		return equal_expr(parser, ref, &yes);
	}
	return join_terms(all, ASH_EXPR_AND);
}

static AshExpr *
field_expr(FilterParser *parser, FilterScope *scope, AshExpr *ref, const JsonbValue *value,
		   const char *skip)
{
	AshFieldUse use = ref->attribute ? ref->attribute->filterable :
		ref->calculation ? ref->calculation->filterable : ref->aggregate->filterable;

	ref->path = scope->path;
	ref->path_resources = scope->owners;
	ref->from_input = true;
	if (use == ASH_USE_NO)
		return not_filterable(parser, ash_ref_name(ref), false);
	if (value->type == jbvBinary)
	{
		Jsonb	   *object = ash_jsonb_from_value(value);

		if (JB_ROOT_IS_OBJECT(object))
			return predicates_of(parser, scope, ref, object, use == ASH_USE_SIMPLE_EQUALITY, skip);
	}
	return equal_expr(parser, ref, value);
}

/* {"calc": {"input": {…}, op: value}} */
static AshExpr *
calculation_expr(FilterParser *parser, FilterScope *scope, AshCalculation *calc,
				 const JsonbValue *value)
{
	AshExpr    *ref = ash_calculation_ref(scope->res, calc, NULL);
	JsonbValue	input;
	bool		has_input = false;

	if (calc->expr_source == NULL)
		return not_filterable(parser, calc->name, false);
	if (value->type == jbvBinary)
	{
		Jsonb	   *object = ash_jsonb_from_value(value);

		has_input = JB_ROOT_IS_OBJECT(object) && ash_jsonb_get(object, "input", 5, &input);
	}
	if (!ash_calculation_args(parser->query->call, calc, has_input ? &input : NULL,
							  &ref->calc_args))
		return NULL;
	return field_expr(parser, scope, ref, value, "input");
}

/*-------------------------------------------------------------------------
 * Relationships
 *-------------------------------------------------------------------------
 */

/* A reference to the related row itself: its primary key. */
static AshExpr *
key_ref(FilterParser *parser, FilterScope *scope, AshRelationship *rel)
{
	AshExpr    *ref;

	if (scope->res->nprimary_key != 1)
	{
		not_filterable(parser, rel->name, false);
		return NULL;
	}
	ref = ash_expr_attribute(scope->res, scope->res->primary_key[0]);
	ref->path = scope->path;
	ref->path_resources = scope->owners;
	ref->from_input = true;
	return ref;
}

static bool
names_field(const AshResource *res, const char *name)
{
	return ash_find_attribute(res, name) != NULL || ash_find_relationship(res, name) != NULL ||
		ash_find_calculation(res, name) != NULL || ash_find_aggregate(res, name) != NULL;
}

static AshExpr *parse_key(FilterParser *parser, FilterScope *scope, const char *name,
						  const JsonbValue *value);

/* A nested filter whose keys may also be operators on the related row's key. */
static AshExpr *
related_object(FilterParser *parser, FilterScope *scope, AshRelationship *rel, const Jsonb *object)
{
	JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, &object->root));
	JsonbIteratorToken token;
	JsonbValue	key;
	JsonbValue	value;
	List	   *all = NIL;
	bool		ok = true;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		const Predicate *predicate;
		AshExpr    *ref;
		AshExpr    *one;
		char	   *name;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &value, true);
		name = pnstrdup(key.val.string.val, key.val.string.len);
		predicate = names_field(scope->res, name) ? NULL : find_predicate(name);
		if (predicate == NULL)
			one = parse_key(parser, scope, name, &value);
		else
		{
			ref = key_ref(parser, scope, rel);
			one = ref == NULL ? NULL : predicate_expr(parser, predicate, ref, &value);
		}
		if (one == NULL)
			ok = false;
		else
			all = lappend(all, one);
	}
	if (!ok)
		return NULL;
	return join_terms(all, ASH_EXPR_AND);
}

static AshExpr *
relationship_expr(FilterParser *parser, FilterScope *scope, AshRelationship *rel,
				  const JsonbValue *value)
{
	FilterScope related;
	AshExpr    *ref;

	if (!rel->filterable)
		return not_filterable(parser, rel->name, false);
	related.res = ash_ref_resource(&rel->destination);
	related.path = lappend(list_copy(scope->path), rel);
	related.owners = lappend(list_copy(scope->owners), scope->res);
	if (value->type == jbvBinary)
	{
		Jsonb	   *json = ash_jsonb_from_value(value);

		if (JB_ROOT_IS_OBJECT(json))
			return related_object(parser, &related, rel, json);
		return parse_filter(parser, &related, value);
	}
	ref = key_ref(parser, &related, rel);
	return ref == NULL ? NULL : equal_expr(parser, ref, value);
}

/*-------------------------------------------------------------------------
 * Structure
 *-------------------------------------------------------------------------
 */

/* The elements of a list joined by AND or OR. */
static AshExpr *
list_of_filters(FilterParser *parser, FilterScope *scope, const Jsonb *list, bool any)
{
	JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, &list->root));
	JsonbIteratorToken token;
	JsonbValue	value;
	List	   *all = NIL;
	bool		ok = true;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		AshExpr    *one;

		CHECK_FOR_INTERRUPTS();
		if (token != WJB_ELEM)
			continue;
		one = parse_filter(parser, scope, &value);
		if (one == NULL)
			ok = false;
		else
			all = lappend(all, one);
		if (parser->terms > ASH_FILTER_MAX_TERMS)
			return NULL;
	}
	if (!ok)
		return NULL;
	return join_terms(all, any ? ASH_EXPR_OR : ASH_EXPR_AND);
}

static AshExpr *
combination(FilterParser *parser, FilterScope *scope, const JsonbValue *value, bool any)
{
	if (value->type == jbvBinary)
	{
		Jsonb	   *list = ash_jsonb_from_value(value);

		if (JB_ROOT_IS_ARRAY(list) && JB_ROOT_COUNT(list) == 0)
			return invalid_value(parser, value);
		if (JB_ROOT_IS_ARRAY(list))
			return list_of_filters(parser, scope, list, any);
	}
	return parse_filter(parser, scope, value);
}

static AshExpr *
negation(FilterParser *parser, FilterScope *scope, const JsonbValue *value)
{
	AshExpr    *expr = combination(parser, scope, value, false);

	return expr == NULL ? NULL : ash_expr_not(expr);
}

static AshExpr *
aggregate_expr(FilterParser *parser, FilterScope *scope, const char *name,
			   const JsonbValue *value)
{
	return field_expr(parser, scope, ash_field_ref(scope->res, name, parser->errors), value, NULL);
}

/* {"is_nil": "field"} */
static AshExpr *
nil_field(FilterParser *parser, FilterScope *scope, const JsonbValue *value)
{
	JsonbValue	yes = {.type = jbvBool,.val.boolean = true};
	const char *name = ash_jsonb_value_text(value);
	AshExpr    *ref = ash_field_ref(scope->res, name, parser->errors);

	if (ref == NULL || !ash_ref_is_public(ref))
		return no_such_field(parser, scope, name);
	ref->path = scope->path;
	ref->path_resources = scope->owners;
	ref->from_input = true;
	return is_nil_expr(parser, ref, &yes);
}

static AshExpr *
parse_key(FilterParser *parser, FilterScope *scope, const char *name, const JsonbValue *value)
{
	AshAttribute *attr;
	AshRelationship *rel;
	AshCalculation *calc;
	AshAggregate *agg;

	if (strcmp(name, "and") == 0)
		return combination(parser, scope, value, false);
	if (strcmp(name, "or") == 0)
		return combination(parser, scope, value, true);
	if (strcmp(name, "not") == 0)
		return negation(parser, scope, value);
	if ((attr = ash_find_attribute(scope->res, name)) != NULL && attr->public)
		return field_expr(parser, scope, ash_expr_attribute(scope->res, attr), value, NULL);
	if ((rel = ash_find_relationship(scope->res, name)) != NULL && rel->public)
		return relationship_expr(parser, scope, rel, value);
	if ((calc = ash_find_calculation(scope->res, name)) != NULL && calc->public)
		return calculation_expr(parser, scope, calc, value);
	if ((agg = ash_find_aggregate(scope->res, name)) != NULL && agg->public)
		return aggregate_expr(parser, scope, name, value);
	if (strcmp(name, "is_nil") == 0 && value->type == jbvString)
		return nil_field(parser, scope, value);
	return no_such_field(parser, scope, name);
}

static AshExpr *
parse_object(FilterParser *parser, FilterScope *scope, const Jsonb *object)
{
	JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, &object->root));
	JsonbIteratorToken token;
	JsonbValue	key;
	JsonbValue	value;
	List	   *all = NIL;
	bool		ok = true;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		AshExpr    *one;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &value, true);
		one = parse_key(parser, scope, pnstrdup(key.val.string.val, key.val.string.len), &value);
		if (one == NULL)
			ok = false;
		else
			all = lappend(all, one);
	}
	if (!ok)
		return NULL;
	return join_terms(all, ASH_EXPR_AND);
}

static AshExpr *
parse_container(FilterParser *parser, FilterScope *scope, const JsonbValue *value)
{
	Jsonb	   *json = ash_jsonb_from_value(value);

	if (JB_ROOT_IS_OBJECT(json))
		return parse_object(parser, scope, json);
	return list_of_filters(parser, scope, json, false);
}

static AshExpr *
parse_filter(FilterParser *parser, FilterScope *scope, const JsonbValue *value)
{
	AshExpr    *expr;

	check_stack_depth();
	if (value->type == jbvBool)
		return ash_expr_bool(value->val.boolean);
	if (value->type != jbvBinary)
		return invalid_value(parser, value);
	if (parser->depth >= ASH_FILTER_MAX_DEPTH)
	{
		ash_error_add(parser->errors, ASH_E_INVALID_QUERY, NULL,
					  "a filter may be nested at most %d deep", ASH_FILTER_MAX_DEPTH);
		return NULL;
	}
	parser->depth++;
	expr = parse_container(parser, scope, value);
	parser->depth--;
	return expr;
}

AshExpr *
ash_filter_parse(AshQuery *query, AshResource *res, const Jsonb *input)
{
	FilterParser parser = {query, query->call->errors, 0, 0};
	FilterScope scope = {res, NIL, NIL};
	JsonbValue	value;

	ash_jsonb_value_from_jsonb(input, &value);
	return parse_filter(&parser, &scope, &value);
}
