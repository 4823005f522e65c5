/*-------------------------------------------------------------------------
 *
 * src/query/sort_parse.c
 *	  Sorts: the input grammar of spec 11.3, and ORDER BY.
 *
 * "a,-b,++c,--d", a list of such items, or a list of objects
 * {"field": "a", "order": "desc", "args": {…}}, or one object {"a": "desc"}.
 * "author.name" sorts by a field of the row behind a to-one relationship; what the
 * caller may not read there is null.  Input may name public, sortable fields and
 * relationships only; a trusted sort (of a definition) private ones as well.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/field_use.h"
#include "model/identity.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "model/value_default.h"
#include "query/filter_parse.h"
#include "query/query.h"
#include "utils/builtins.h"

#define ASH_MAX_SORTS 100

/* A sort being parsed. */
typedef struct SortParser
{
	AshQuery *query; /* NULL for definitions */
	AshResource *res;
	AshErrors *errors;
	bool trusted;
	List *items; /* of AshSortItem * */
	int fields;	 /* how many were named, whether good or not */
} SortParser;

static const struct
{
	const char *name;
	AshSortOrder order;
} orders[] = {
	{ "asc", ASH_SORT_ASC },
	{ "desc", ASH_SORT_DESC },
	{ "asc_nils_first", ASH_SORT_ASC_NILS_FIRST },
	{ "asc_nils_last", ASH_SORT_ASC },
	{ "desc_nils_first", ASH_SORT_DESC },
	{ "desc_nils_last", ASH_SORT_DESC_NILS_LAST },
};

static bool
find_order(SortParser *parser, const char *name, AshSortOrder *order)
{
	for (int i = 0; i < lengthof(orders); i++)
	{
		if (strcmp(orders[i].name, name) == 0)
		{
			*order = orders[i].order;
			return true;
		}
	}
	ash_error_add(parser->errors, ASH_E_INVALID_SORT_ORDER, NULL, "No such sort order :%s",
				  ash_input_name(name))
		->hint = "Orders are asc, desc, asc_nils_first, asc_nils_last, desc_nils_first and "
				 "desc_nils_last.";
	return false;
}

static void
too_many(SortParser *parser)
{
	ash_error_add(parser->errors, ASH_E_INVALID_QUERY, NULL, "a sort may have at most %d fields",
				  ASH_MAX_SORTS);
}

static void
no_such_field(SortParser *parser, const char *name)
{
	ash_input_no_such_field(parser->errors, parser->res, name);
}

static void
unsortable(SortParser *parser, const char *name)
{
	name = ash_input_name(name);
	ash_error_add(parser->errors, ASH_E_UNSORTABLE_FIELD, name, ":%s is not sortable on %s", name,
				  parser->res->name);
}

/* Does the field, which the sort calls name, allow it? */
static bool
check_sortable(SortParser *parser, const AshExpr *ref, const char *name)
{
	AshFieldUse sortable = ref->attribute	? ref->attribute->sortable :
						   ref->calculation ? ref->calculation->sortable :
											  ref->aggregate->sortable;

	if (sortable == ASH_USE_NO)
	{
		unsortable(parser, name);
		return false;
	}
	if (ref->calculation != NULL && !ash_calculation_is_sql(ref))
	{
		ash_error_add(parser->errors, ASH_E_UNSORTABLE_FIELD, name,
					  "Calculations cannot be sorted on unless they define an expression");
		return false;
	}
	if (ref->type != NULL && !ash_type_orderable(ref->type))
	{
		ash_error_add(parser->errors, ASH_E_UNSORTABLE_FIELD, name,
					  ":%s is not sortable on %s, as its type is not sortable by the data layer",
					  name, parser->res->name);
		return false;
	}
	return true;
}

/* Where a name leads: "author.name" is the field "name" of the row behind "author". */
typedef struct SortTarget
{
	const char *name; /* of the field, without the steps before it */
	AshResource *res;
	List *rels;	  /* of AshRelationship * */
	List *owners; /* of AshResource *: owners[i] has rels[i] */
} SortTarget;

/* May the sort go this way?  False after adding an error that names the whole path. */
static bool
check_steps(SortParser *parser, const SortTarget *target, const char *whole)
{
	ListCell *lc;

	foreach (lc, target->rels)
	{
		const AshRelationship *rel = lfirst(lc);

		if (!rel->is_public)
		{
			no_such_field(parser, whole);
			return false;
		}
		if (!rel->sortable || ash_relationship_to_many(rel))
		{
			unsortable(parser, whole);
			return false;
		}
	}
	return true;
}

/* A name that a field has is that field, even when there is a dot in it. */
static bool
resolve_path(SortParser *parser, SortTarget *target, const char *whole)
{
	AshErrors *faults = ash_errors_create(CurrentMemoryContext);
	List *names = NIL;
	const char *dot;

	target->name = whole;
	target->res = parser->res;
	if (strchr(whole, '.') == NULL || ash_field_ref(parser->res, whole, faults) != NULL)
		return true;
	while ((dot = strchr(target->name, '.')) != NULL && list_length(names) <= ASH_FILTER_MAX_PATH)
	{
		names = lappend(names, pnstrdup(target->name, dot - target->name));
		target->name = dot + 1;
	}
	if (list_length(names) <= ASH_FILTER_MAX_PATH)
		target->res = ash_path_resolve(parser->res, names, &target->rels, &target->owners, faults);
	else
		target->res = NULL;
	if (target->res == NULL)
	{
		no_such_field(parser, whole);
		return false;
	}
	return parser->trusted || check_steps(parser, target, whole);
}

/*
 * Arguments of a calculation that a definition sorts by: what it gives, else literal
 * defaults.  False after adding an error.
 */
static bool
definition_args(SortParser *parser, AshExpr *ref, const JsonbValue *given)
{
	AshCall call = { .cxt = CurrentMemoryContext, .res = ref->resource, .errors = parser->errors };
	const AshCalculation *calc = ref->calculation;
	Jsonb *object = given != NULL ? ash_jsonb_from_value(given) : NULL;

	for (int i = 0; i < calc->nargs; i++)
	{
		const AshArgument *arg = calc->args[i];
		JsonbValue value;

		if (!arg->has_default || arg->dflt.kind == ASH_DEFAULT_LITERAL ||
			(object != NULL && JB_ROOT_IS_OBJECT(object) &&
			 ash_jsonb_get(object, arg->name, strlen(arg->name), &value)))
			continue;
		ash_error_add(parser->errors, ASH_E_INVALID_CALCULATION_ARGUMENT, arg->name,
					  "argument \"%s\" of calculation \"%s\" must be given in \"args\": its "
					  "default is made for each call",
					  arg->name, calc->name);
		return false;
	}
	return ash_calculation_args(&call, ref->calculation, given, &ref->calc_args);
}

static bool
sort_args(SortParser *parser, AshExpr *ref, const JsonbValue *given)
{
	if (ref->calculation == NULL)
		return true;
	if (parser->query == NULL)
		return definition_args(parser, ref, given);
	return ash_calculation_args(parser->query->call, ref->calculation, given, &ref->calc_args);
}

static void
add_item(SortParser *parser, const char *name, AshSortOrder order, const JsonbValue *args)
{
	SortTarget target = { 0 };
	AshExpr *ref;
	AshSortItem *item;

	if (parser->fields++ >= ASH_MAX_SORTS)
	{
		if (parser->fields == ASH_MAX_SORTS + 1)
			too_many(parser);
		return;
	}
	if (!resolve_path(parser, &target, name))
		return;
	ref = ash_field_ref(target.res, target.name, parser->errors);
	if (ref == NULL || (!parser->trusted && !ash_ref_is_public(ref)))
	{
		no_such_field(parser, name);
		return;
	}
	if (!check_sortable(parser, ref, name) || !sort_args(parser, ref, args))
		return;
	ref->path = target.rels;
	ref->path_resources = target.owners;
	ref->from_input = !parser->trusted;
	item = palloc0(sizeof(AshSortItem));
	item->expr = ref;
	item->order = order;
	parser->items = lappend(parser->items, item);
}

/* "-name" and the like */
static void
add_prefixed(SortParser *parser, const char *text)
{
	AshSortOrder order = ASH_SORT_ASC;

	if (strncmp(text, "++", 2) == 0)
		order = ASH_SORT_ASC_NILS_FIRST;
	else if (strncmp(text, "--", 2) == 0)
		order = ASH_SORT_DESC_NILS_LAST;
	else if (text[0] == '-')
		order = ASH_SORT_DESC;
	if (order == ASH_SORT_ASC_NILS_FIRST || order == ASH_SORT_DESC_NILS_LAST)
		text += 2;
	else if (text[0] == '-' || text[0] == '+')
		text++;
	add_item(parser, text, order, NULL);
}

static void
add_string(SortParser *parser, const char *text)
{
	const char *comma;

	while ((comma = strchr(text, ',')) != NULL && parser->fields < ASH_MAX_SORTS)
	{
		add_prefixed(parser, pnstrdup(text, comma - text));
		text = comma + 1;
	}
	add_prefixed(parser, text);
}

static void
invalid_sort(SortParser *parser, const JsonbValue *value)
{
	ash_error_add(parser->errors, ASH_E_INVALID_QUERY, NULL, "Invalid sort value %s",
				  ash_input_text(value))
		->hint = "A sort is a string such as \"name,-age\", a list of such items, or objects "
				 "such as {\"name\": \"desc\"} and {\"field\": \"name\", \"order\": \"desc\"}.";
}

/* An object says which field, in which order, with which arguments, and nothing else. */
static bool
check_keys(SortParser *parser, const Jsonb *object, bool with_field)
{
	static const char *const known[] = { "order", "args", "field" };
	JsonbValue key;

	if (!ash_jsonb_unknown_key(object, known, lengthof(known) - !with_field, &key))
		return true;
	invalid_sort(parser, &key);
	return false;
}

/* "desc", or {"order": "desc", "args": {…}}, which may also have the field */
static void
add_named(SortParser *parser, const char *name, const JsonbValue *how, bool with_field)
{
	AshSortOrder order = ASH_SORT_ASC;
	Jsonb *object;
	JsonbValue value;
	JsonbValue args;
	bool has_args;

	if (how->type == jbvString)
	{
		if (find_order(parser, ash_jsonb_value_text(how), &order))
			add_item(parser, name, order, NULL);
		return;
	}
	object = ash_jsonb_from_value(how);
	if (!JB_ROOT_IS_OBJECT(object))
	{
		invalid_sort(parser, how);
		return;
	}
	if (!check_keys(parser, object, with_field))
		return;
	if (ash_jsonb_get(object, "order", 5, &value) &&
		(value.type != jbvString || !find_order(parser, ash_jsonb_value_text(&value), &order)))
	{
		if (value.type != jbvString)
			invalid_sort(parser, &value);
		return;
	}
	has_args = ash_jsonb_get(object, "args", 4, &args);
	add_item(parser, name, order, has_args ? &args : NULL);
}

/* {"field": "a", …} or {"a": "desc", "b": …} */
static void
add_object(SortParser *parser, const Jsonb *object)
{
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;

	if (ash_jsonb_get(object, "field", 5, &value) && value.type == jbvString)
	{
		JsonbValue whole;

		ash_jsonb_value_from_jsonb(object, &whole);
		add_named(parser, ash_jsonb_value_text(&value), &whole, true);
		return;
	}
	it = ash_jsonb_walk(object);
	while (ash_jsonb_next_member(&it, &key, &value))
		add_named(parser, pnstrdup(key.val.string.val, key.val.string.len), &value, false);
}

static void
add_element(SortParser *parser, const JsonbValue *value)
{
	Jsonb *object;

	if (value->type == jbvString)
	{
		add_prefixed(parser, ash_jsonb_value_text(value));
		return;
	}
	object = ash_jsonb_from_value(value);
	if (JB_ROOT_IS_OBJECT(object))
		add_object(parser, object);
	else
		invalid_sort(parser, value);
}

static void
parse_sort(SortParser *parser, const Jsonb *input)
{
	JsonbIterator *it;
	JsonbValue value;

	ash_jsonb_value_from_jsonb(input, &value);
	if (value.type == jbvNull)
		return;
	if (value.type == jbvString)
	{
		if (value.val.string.len > 0)
			add_string(parser, ash_jsonb_value_text(&value));
		return;
	}
	if (JB_ROOT_IS_OBJECT(input))
	{
		add_object(parser, input);
		return;
	}
	if (!JB_ROOT_IS_ARRAY(input) || JB_ROOT_IS_SCALAR(input))
	{
		invalid_sort(parser, &value);
		return;
	}
	if (JB_ROOT_COUNT(input) > ASH_MAX_SORTS)
	{
		too_many(parser);
		return;
	}
	it = ash_jsonb_walk(input);
	while (ash_jsonb_next_item(&it, &value))
		add_element(parser, &value);
}

List *
ash_sort_parse(AshQuery *query, AshResource *res, const Jsonb *input, bool trusted)
{
	SortParser parser = { query, res, query->call->errors, trusted, NIL, 0 };

	parse_sort(&parser, input);
	return parser.items;
}

/* A sort of a definition; it was checked when it was defined. */
List *
ash_sort_compile(AshResource *res, json_t *source)
{
	SortParser parser = { NULL, res, ash_errors_create(CurrentMemoryContext), true, NIL, 0 };

	parse_sort(&parser, ash_jsonb_from_json(source));
	if (ash_errors_any(parser.errors))
		elog(ERROR, "sort on %s: %s", res->name, ash_errors_message(parser.errors));
	return parser.items;
}

List *
ash_sort_verify(AshResource *res, json_t *source, AshErrors *errors)
{
	SortParser parser = { NULL, res, ash_errors_create(CurrentMemoryContext), true, NIL, 0 };
	ListCell *lc;

	parse_sort(&parser, ash_jsonb_from_json(source));
	foreach (lc, parser.errors->items)
	{
		const AshError *found = lfirst(lc);
		AshError *error =
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s", ash_error_text(found));
		ListCell *about;

		foreach (about, found->about)
			(void) ash_error_about(errors, error, lfirst(about));
	}
	return parser.items;
}

/*-------------------------------------------------------------------------
 * ORDER BY
 *-------------------------------------------------------------------------
 */
