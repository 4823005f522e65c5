/*-------------------------------------------------------------------------
 *
 * src/query/filter_parse.c
 *	  Run-time filters: JSON in the closed grammar of spec 11.1 → expressions.
 *
 * Input can only name public fields and relationships; every reference it makes is
 * marked as coming from input, so that the policies of related resources and field
 * policies apply to it.  A trusted filter comes from code of the definition.  Depth and size are
 *bounded, each key is looked at once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "query/filter_parse.h"

static AshExpr *parse_filter(FilterParser *parser, FilterScope *scope, const JsonbValue *value);

static AshExpr *
no_such_field(FilterParser *parser, const FilterScope *scope, const char *name)
{
	ash_input_no_such_field(parser->errors, scope->res, name);
	return NULL;
}

/* One level deeper; false after adding an error. */
static bool
enter(FilterParser *parser)
{
	check_stack_depth();
	if (parser->depth < ASH_FILTER_MAX_DEPTH)
	{
		parser->depth++;
		return true;
	}
	ash_error_add(parser->errors, ASH_E_INVALID_QUERY, NULL,
				  "a filter may be nested at most %d deep", ASH_FILTER_MAX_DEPTH);
	return false;
}

/* {"calc": {"input": {…}, op: value}} */
static AshExpr *
calculation_expr(FilterParser *parser, FilterScope *scope, AshCalculation *calc,
				 const JsonbValue *value)
{
	AshExpr *ref = ash_calculation_ref(scope->res, calc, NULL);
	JsonbValue input;
	bool has_input = false;

	if (!ash_calculation_is_sql(ref))
	{
		ash_error_add(parser->errors, ASH_E_INVALID_FILTER_REFERENCE, calc->name,
					  "Calculations cannot be filtered on unless they define an expression");
		return NULL;
	}
	if (value->type == jbvBinary)
	{
		Jsonb *object = ash_jsonb_from_value(value);

		has_input = JB_ROOT_IS_OBJECT(object) && ash_jsonb_get(object, "input", 5, &input);
	}
	if (!ash_calculation_args(parser->query->call, calc, has_input ? &input : NULL,
							  &ref->calc_args))
		return NULL;
	return ash_predicate_field(parser, scope, ref, value, "input");
}

/*-------------------------------------------------------------------------
 * Relationships
 *-------------------------------------------------------------------------
 */

/* A reference to the related row itself: its primary key. */
static AshExpr *
key_ref(FilterParser *parser, FilterScope *scope, AshRelationship *rel)
{
	AshExpr *ref;

	if (scope->res->nprimary_key != 1)
	{
		ash_filter_not_filterable(parser, rel->name, false);
		return NULL;
	}
	ref = ash_expr_attribute(scope->res, scope->res->primary_key[0]);
	ref->path = scope->path;
	ref->path_resources = scope->owners;
	ref->from_input = !parser->trusted;
	return ref;
}

static bool
names_field(const AshResource *res, const char *name)
{
	return ash_find_attribute(res, name) != NULL || ash_find_relationship(res, name) != NULL ||
		   ash_find_calculation(res, name) != NULL || ash_find_aggregate(res, name) != NULL;
}

/* An attribute, calculation or aggregate that the filter may name. */
static bool
may_name(const FilterParser *parser, AshResource *res, const char *name)
{
	const AshAttribute *attr = ash_find_attribute(res, name);
	const AshCalculation *calc = ash_find_calculation(res, name);
	const AshAggregate *agg = ash_find_aggregate(res, name);

	return (attr != NULL && (attr->is_public || parser->trusted)) ||
		   (calc != NULL && (calc->is_public || parser->trusted)) ||
		   (agg != NULL && (agg->is_public || parser->trusted));
}

static AshExpr *parse_key(FilterParser *parser, FilterScope *scope, const char *name,
						  const JsonbValue *value);

/* A nested filter whose keys may also be operators on the related row's key. */
static AshExpr *
related_object(FilterParser *parser, FilterScope *scope, AshRelationship *rel, const Jsonb *object)
{
	JsonbIterator *it = ash_jsonb_walk(object);
	JsonbValue key;
	JsonbValue value;
	List *all = NIL;
	bool ok = true;

	while (ash_jsonb_next_member(&it, &key, &value))
	{
		const AshFilterPredicate *predicate;
		AshExpr *ref;
		AshExpr *one;
		char *name;

		name = pnstrdup(key.val.string.val, key.val.string.len);
		predicate = names_field(scope->res, name) ? NULL : ash_predicate_lookup(name);
		if (predicate == NULL)
			one = parse_key(parser, scope, name, &value);
		else
		{
			ref = key_ref(parser, scope, rel);
			one = ref == NULL ? NULL : ash_predicate_expr(parser, predicate, ref, &value);
		}
		if (one == NULL)
			ok = false;
		else
			all = lappend(all, one);
	}
	if (!ok)
		return NULL;
	return ash_filter_join(all, ASH_EXPR_AND);
}

static AshExpr *
relationship_expr(FilterParser *parser, FilterScope *scope, AshRelationship *rel,
				  const JsonbValue *value)
{
	FilterScope related;
	AshExpr *ref;

	if (!rel->filterable)
		return ash_filter_not_filterable(parser, rel->name, false);
	if (list_length(scope->path) >= ASH_FILTER_MAX_PATH)
	{
		ash_error_add(parser->errors, ASH_E_INVALID_QUERY, NULL,
					  "a filter may go through at most %d relationships", ASH_FILTER_MAX_PATH);
		return NULL;
	}
	related.res = ash_ref_resource(&rel->destination);
	related.path = lappend(list_copy(scope->path), rel);
	related.owners = lappend(list_copy(scope->owners), scope->res);
	if (value->type == jbvBinary)
	{
		Jsonb *json = ash_jsonb_from_value(value);
		AshExpr *expr;

		if (!JB_ROOT_IS_OBJECT(json))
			return parse_filter(parser, &related, value);
		if (!enter(parser))
			return NULL;
		expr = related_object(parser, &related, rel, json);
		parser->depth--;
		return expr;
	}
	ref = key_ref(parser, &related, rel);
	return ref == NULL ? NULL : ash_predicate_equal(parser, ref, value);
}

/*-------------------------------------------------------------------------
 * Structure
 *-------------------------------------------------------------------------
 */

/* The elements of a list joined by AND or OR. */
static AshExpr *
list_of_filters(FilterParser *parser, FilterScope *scope, const Jsonb *list, bool any)
{
	JsonbIterator *it = ash_jsonb_walk(list);
	JsonbValue value;
	List *all = NIL;
	bool ok = true;

	while (ash_jsonb_next_item(&it, &value))
	{
		AshExpr *one;

		CHECK_FOR_INTERRUPTS();
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
	return ash_filter_join(all, any ? ASH_EXPR_OR : ASH_EXPR_AND);
}

static AshExpr *
combination(FilterParser *parser, FilterScope *scope, const JsonbValue *value, bool any)
{
	if (value->type == jbvBinary)
	{
		Jsonb *list = ash_jsonb_from_value(value);

		if (JB_ROOT_IS_ARRAY(list) && JB_ROOT_COUNT(list) == 0)
			return ash_filter_invalid_value(parser, NULL, value);
		if (JB_ROOT_IS_ARRAY(list))
			return list_of_filters(parser, scope, list, any);
	}
	return parse_filter(parser, scope, value);
}

static AshExpr *
negation(FilterParser *parser, FilterScope *scope, const JsonbValue *value)
{
	AshExpr *expr;

	parser->negations++;
	expr = combination(parser, scope, value, false);
	parser->negations--;
	return expr == NULL ? NULL : ash_expr_not(expr);
}

static AshExpr *
aggregate_expr(FilterParser *parser, FilterScope *scope, const char *name, const JsonbValue *value)
{
	return ash_predicate_field(parser, scope, ash_field_ref(scope->res, name, parser->errors),
							   value, NULL);
}

static AshExpr *nil_field(FilterParser *parser, FilterScope *scope, const char *name);

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
	if ((attr = ash_find_attribute(scope->res, name)) != NULL &&
		(attr->is_public || parser->trusted))
		return ash_predicate_field(parser, scope, ash_expr_attribute(scope->res, attr), value,
								   NULL);
	if ((rel = ash_find_relationship(scope->res, name)) != NULL &&
		(rel->is_public || parser->trusted))
		return relationship_expr(parser, scope, rel, value);
	if ((calc = ash_find_calculation(scope->res, name)) != NULL &&
		(calc->is_public || parser->trusted))
		return calculation_expr(parser, scope, calc, value);
	if ((agg = ash_find_aggregate(scope->res, name)) != NULL && (agg->is_public || parser->trusted))
		return aggregate_expr(parser, scope, name, value);
	if (strcmp(name, "is_nil") == 0 && value->type == jbvString)
		return nil_field(parser, scope, ash_jsonb_value_text(value));
	return no_such_field(parser, scope, name);
}

/* {"is_nil": "field"} is {"field": {"is_nil": true}}. */
static AshExpr *
nil_field(FilterParser *parser, FilterScope *scope, const char *name)
{
	JsonbPair pair = { 0 };
	JsonbValue object = { .type = jbvObject };

	if (!may_name(parser, scope->res, name))
		return no_such_field(parser, scope, name);
	pair.key.type = jbvString;
	pair.key.val.string.val = "is_nil";
	pair.key.val.string.len = strlen("is_nil");
	pair.value.type = jbvBool;
	pair.value.val.boolean = true;
	object.val.object.nPairs = 1;
	object.val.object.pairs = &pair;
	ash_jsonb_value_from_jsonb(JsonbValueToJsonb(&object), &object);
	return parse_key(parser, scope, name, &object);
}

static AshExpr *
parse_object(FilterParser *parser, FilterScope *scope, const Jsonb *object)
{
	JsonbIterator *it = ash_jsonb_walk(object);
	JsonbValue key;
	JsonbValue value;
	List *all = NIL;
	bool ok = true;

	while (ash_jsonb_next_member(&it, &key, &value))
	{
		AshExpr *one;

		one = parse_key(parser, scope, pnstrdup(key.val.string.val, key.val.string.len), &value);
		if (one == NULL)
			ok = false;
		else
			all = lappend(all, one);
	}
	if (!ok)
		return NULL;
	return ash_filter_join(all, ASH_EXPR_AND);
}

static AshExpr *
parse_container(FilterParser *parser, FilterScope *scope, const JsonbValue *value)
{
	Jsonb *json = ash_jsonb_from_value(value);

	if (JB_ROOT_IS_OBJECT(json))
		return parse_object(parser, scope, json);
	return list_of_filters(parser, scope, json, false);
}

static AshExpr *
parse_filter(FilterParser *parser, FilterScope *scope, const JsonbValue *value)
{
	AshExpr *expr;

	check_stack_depth();
	if (value->type == jbvBool)
		return ash_expr_bool(value->val.boolean);
	if (value->type != jbvBinary)
		return ash_filter_invalid_value(parser, NULL, value);
	if (!enter(parser))
		return NULL;
	expr = parse_container(parser, scope, value);
	parser->depth--;
	return expr;
}

AshExpr *
ash_filter_parse(AshQuery *query, AshResource *res, const Jsonb *input, bool trusted)
{
	FilterParser parser = { query, query->call->errors, trusted, 0, 0, 0 };
	FilterScope scope = { res, NIL, NIL };
	JsonbValue value;

	ash_jsonb_value_from_jsonb(input, &value);
	return parse_filter(&parser, &scope, &value);
}
