/*-------------------------------------------------------------------------
 *
 * src/query/load_parse.c
 *	  The load option: what to give back beside attributes.
 *
 * A load is a name, a list of loads, or an object whose keys are names and whose
 * values say more: for a relationship a nested load or an object of query
 * options, for a calculation its arguments, for an attribute what to load inside it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "query/query.h"

#define ASH_LOAD_MAX_DEPTH 32

typedef struct LoadParser
{
	AshQuery *query;
	AshResource *res;
	AshErrors *errors;
	List *loads; /* of AshLoad * */
} LoadParser;

static const char *const relationship_options[] = { "filter", "sort",	  "limit",		   "offset",
													"select", "load",	  "action",		   "args",
													"page",	  "distinct", "distinct_sort", NULL };

void
ash_load_invalid(AshErrors *errors, const char *name)
{
	ash_error_add(errors, ASH_E_INVALID_LOAD, NULL, ":%s is not a valid load", ash_clip(name));
}

static bool
is_option(const char *name)
{
	for (int i = 0; relationship_options[i] != NULL; i++)
	{
		if (strcmp(relationship_options[i], name) == 0)
			return true;
	}
	return false;
}

static AshLoad *
add_load(LoadParser *parser, const char *as)
{
	AshLoad *load = palloc0(sizeof(AshLoad));

	load->as = as;
	parser->loads = lappend(parser->loads, load);
	return load;
}

/* Something of that name that was asked for before. */
static AshLoad *
find_load(LoadParser *parser, const char *as)
{
	ListCell *lc;

	foreach (lc, parser->loads)
	{
		AshLoad *load = lfirst(lc);

		if (strcmp(load->as, as) == 0)
			return load;
	}
	return NULL;
}

/*-------------------------------------------------------------------------
 * Relationships
 *-------------------------------------------------------------------------
 */

static bool
option(const Jsonb *options, const char *name, JsonbValue *out)
{
	return options != NULL && ash_jsonb_get(options, name, strlen(name), out) &&
		   out->type != jbvNull;
}

/* A whole number that is not negative. */
static void
count_option(LoadParser *parser, const Jsonb *options, const char *name, AshErrorCode code,
			 AshOptInt *out)
{
	JsonbValue value;
	char *text;
	char *end;

	if (!option(options, name, &value))
		return;
	text = ash_jsonb_value_text(&value);
	errno = 0;
	out->value = text ? strtoll(text, &end, 10) : -1;
	out->set = value.type == jbvNumeric && *end == '\0' && errno == 0 && out->value >= 0;
	if (!out->set)
		ash_error_add(parser->errors, code, NULL, "%s is not a valid %s", ash_input_text(&value),
					  name);
}

/* The action that reads the related rows. */
static AshAction *
load_action(LoadParser *parser, AshRelationship *rel, AshResource *dest, const Jsonb *options)
{
	JsonbValue name;
	AshAction *action;

	if (!option(options, "action", &name))
		return ash_related_action(rel, dest);
	action = name.type == jbvString ? ash_find_action(dest, ash_jsonb_value_text(&name)) : NULL;
	if (action == NULL || action->type != ASH_ACTION_READ)
	{
		ash_error_add(parser->errors, ASH_E_NO_SUCH_ACTION, NULL,
					  "No such action %s of type read for resource %s", ash_input_text(&name),
					  dest->name);
		return NULL;
	}
	return action;
}

/* filter, sort, limit … as the options of the related read's own call */
static void
apply_options(LoadParser *parser, AshCall *sub, const Jsonb *options)
{
	JsonbValue value;
	AshOptions *opts = sub->opts;

	if (option(options, "filter", &value))
		opts->filter = ash_jsonb_from_value(&value);
	if (option(options, "sort", &value))
		opts->sort = ash_jsonb_from_value(&value);
	if (option(options, "distinct", &value))
		opts->distinct = ash_jsonb_from_value(&value);
	if (option(options, "distinct_sort", &value))
		opts->distinct_sort = ash_jsonb_from_value(&value);
	if (option(options, "select", &value))
		opts->select = ash_jsonb_from_value(&value);
	if (option(options, "load", &value))
		opts->load = ash_jsonb_from_value(&value);
	if (option(options, "page", &value))
		opts->page = ash_jsonb_from_value(&value);
	count_option(parser, options, "limit", ASH_E_INVALID_LIMIT, &opts->limit);
	count_option(parser, options, "offset", ASH_E_INVALID_OFFSET, &opts->offset);
}

/*
 * The query for the rows of rel, parsed: options are its own query options, or NULL; nested is
 * what to load with each row, or NULL.  Its arguments, preparations and policies follow in
 * ash_query_prepare_loads(), when the query that loads it has been authorized.
 */
static AshQuery *
related_query(LoadParser *parser, AshRelationship *rel, const Jsonb *options, Jsonb *nested)
{
	AshResource *dest = ash_ref_resource(&rel->destination);
	AshAction *action = load_action(parser, rel, dest, options);
	AshCall *outer = parser->query->call;
	AshCall *sub = ash_related_call(outer, parser->res, rel, dest, action);
	JsonbValue args;
	AshQuery *query;

	/* what a calculation of the definition loads is not filtered, as far as its owner may say so */
	if (parser->query->trusted_loads && ash_call_can_skip_policies(parser->res, dest))
		sub->authorize = false;
	apply_options(parser, sub, options);
	if (nested != NULL)
		sub->opts->load = nested;
	sub->opts->authorize_with = rel->authorize_read_with;
	query = ash_query_create(sub, dest, action);
	query->relationship = rel;
	query->source = parser->res;
	query->outer = outer;
	query->related = true;
	query->forgiving = rel->allow_forbidden_field;
	query->trusted_loads = parser->query->trusted_loads;
	query->late_depth = parser->query->late_depth;
	query->strict_loads = query->select_given = parser->query->strict_loads;
	if (sub->authorize)
		query->reader = ash_related_reader(parser->res, dest);
	ash_query_parse(query, option(options, "args", &args) ? ash_jsonb_from_value(&args) : NULL);
	if (ash_query_is_manual(query))
		ash_manual_refuse(query, "loaded through a relationship");
	return query;
}

static void
load_relationship(LoadParser *parser, AshRelationship *rel, const Jsonb *options, Jsonb *nested)
{
	AshLoad *load = find_load(parser, rel->name);
	const AshAttribute **key;

	if (ash_load_key_attributes(parser->res, rel, &key) == 0)
	{
		ash_error_add(parser->errors, ASH_E_INVALID_LOAD, NULL,
					  ":%s is not a valid load: %s has no primary key to tell its records apart",
					  rel->name, parser->res->name);
		return;
	}
	if (load != NULL && options == NULL && nested == NULL)
		return;
	ash_errors_push_name(parser->errors, rel->name);
	if (load != NULL && options == NULL && load->query != NULL)
	{
		/* loads of the same relationship are merged */
		AshQuery *asked = ash_query_asked(load->query);

		asked->loads = ash_load_parse(asked, asked->res, nested);
	}
	else
	{
		if (load == NULL)
			load = add_load(parser, rel->name);
		load->relationship = rel;
		load->query = related_query(parser, rel, options, nested);
		load->has_options = options != NULL;
	}
	ash_errors_pop(parser->errors);
}

/* Are the keys of the object options of a query, or names to load? */
static bool
has_options(const Jsonb *object)
{
	JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, &object->root));
	JsonbIteratorToken token;
	JsonbValue key;
	bool any = false;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		if (!is_option(pnstrdup(key.val.string.val, key.val.string.len)))
			return false;
		any = true;
	}
	return any;
}

static void
relationship_value(LoadParser *parser, AshRelationship *rel, const JsonbValue *value)
{
	Jsonb *json;

	if (value == NULL || value->type == jbvNull || (value->type == jbvBool && value->val.boolean))
	{
		load_relationship(parser, rel, NULL, NULL);
		return;
	}
	json = ash_jsonb_from_value(value);
	if (JB_ROOT_IS_OBJECT(json) && has_options(json))
		load_relationship(parser, rel, json, NULL);
	else
		load_relationship(parser, rel, NULL, json);
}

/*-------------------------------------------------------------------------
 * Calculations and the rest
 *-------------------------------------------------------------------------
 */

/* What a record has under other names stays there. */
static bool
check_alias(LoadParser *parser, const AshCalculation *calc, const char *as)
{
	AshResource *res = parser->res;

	if (as[0] != '\0' && as[0] != '_' && ash_find_attribute(res, as) == NULL &&
		ash_find_calculation(res, as) == NULL && ash_find_aggregate(res, as) == NULL &&
		ash_find_relationship(res, as) == NULL)
		return true;
	ash_error_add(parser->errors, ASH_E_INVALID_LOAD, calc->name,
				  "%s cannot be loaded as \"%s\": names of fields, and those that begin with "
				  "\"_\", are taken",
				  calc->name, ash_clip(as));
	return false;
}

/* Beside "args" and "as" there is nothing. */
static bool
check_calculation_keys(LoadParser *parser, const Jsonb *json)
{
	static const char *const known[] = { "args", "as" };
	JsonbValue key;

	if (!ash_jsonb_unknown_key(json, known, lengthof(known), &key))
		return true;
	ash_load_invalid(parser->errors, ash_jsonb_value_text(&key));
	return false;
}

/* {"args": {…}, "as": "name"}, or the arguments themselves */
static void
load_calculation(LoadParser *parser, AshCalculation *calc, const JsonbValue *value)
{
	const char *as = calc->name;
	JsonbValue args;
	JsonbValue name;
	bool has_args = false;
	AshExpr **exprs;
	AshLoad *load;

	if (value != NULL && value->type == jbvBinary)
	{
		Jsonb *json = ash_jsonb_from_value(value);

		has_args = JB_ROOT_IS_OBJECT(json);
		if (has_args && ash_jsonb_get(json, "as", 2, &name) && name.type == jbvString)
			as = ash_jsonb_value_text(&name);
		if (has_args && !ash_jsonb_get(json, "args", 4, &args))
		{
			has_args = as == calc->name && JB_ROOT_COUNT(json) > 0;
			args = *value;
		}
		else if (has_args && !check_calculation_keys(parser, json))
			return;
		if (as != calc->name && strcmp(as, calc->name) != 0 &&
			(!check_alias(parser, calc, as) || !check_calculation_keys(parser, json)))
			return;
	}
	if (!ash_calculation_args(parser->query->call, calc, has_args ? &args : NULL, &exprs))
		return;
	load = find_load(parser, as);
	if (load == NULL)
		load = add_load(parser, as);
	load->calculation = calc;
	load->calc_args = exprs;
}

static void
load_aggregate(LoadParser *parser, AshAggregate *agg, const JsonbValue *value)
{
	if (value != NULL && value->type == jbvBinary && JsonContainerSize(value->val.binary.data) > 0)
	{
		ash_error_add(parser->errors, ASH_E_INVALID_LOAD, agg->name, "%s takes no options, got: %s",
					  agg->name, ash_input_text(value));
		return;
	}
	if (find_load(parser, agg->name) == NULL)
		add_load(parser, agg->name)->aggregate = agg;
}

/*
 * Something inside an attribute: calculations of an embedded resource.  False when the type has
 * nothing to load, without adding an error.
 */
static bool
load_inside(AshQuery *query, const AshAttribute *attr, const JsonbValue *value)
{
	AshErrors *errors = query->call->errors;
	int before = list_length(errors->items);
	const AshTypeInst *type;

	if (query->loaded_types == NULL)
		query->loaded_types = palloc0(sizeof(AshTypeInst *) * query->res->nattributes);
	type = query->loaded_types[attr->index] ? query->loaded_types[attr->index] : attr->type;
	ash_errors_push_name(errors, attr->name);
	type = ash_type_with_load(type, value, query->call, errors);
	ash_errors_pop(errors);
	if (list_length(errors->items) > before)
		return true;
	if (type == NULL)
		return false;
	query->loaded_types[attr->index] = type;
	if (query->is_asked)
	{
		AshInsideLoad *inside = palloc(sizeof(AshInsideLoad));

		inside->attribute = attr;
		inside->load = *value;
		query->inside = lappend(query->inside, inside);
	}
	else
		ash_query_ensure_selected(query, attr);
	return true;
}

/* An attribute by name. */
static void
load_attribute(AshQuery *query, const AshAttribute *attr)
{
	if (query->is_asked)
		query->ensured = bms_add_member(query->ensured, attr->index);
	else
		ash_query_ensure_selected(query, attr);
}

static void
no_such_load(LoadParser *parser, const char *name)
{
	ash_load_invalid(parser->errors, name);
	ash_input_suggest(parser->errors, llast(parser->errors->items), parser->res, name);
}

static void
load_name(void *context, const char *name, const JsonbValue *value)
{
	LoadParser *parser = context;
	AshRelationship *rel = ash_find_relationship(parser->res, name);
	AshCalculation *calc;
	AshAggregate *agg;
	AshAttribute *attr;

	if (rel != NULL)
		relationship_value(parser, rel, value);
	else if ((calc = ash_find_calculation(parser->res, name)) != NULL)
		load_calculation(parser, calc, value);
	else if ((agg = ash_find_aggregate(parser->res, name)) != NULL)
		load_aggregate(parser, agg, value);
	else if ((attr = ash_find_attribute(parser->res, name)) != NULL &&
			 (value == NULL || value->type == jbvNull))
		load_attribute(parser->query, attr);
	else if (attr == NULL || !load_inside(parser->query, attr, value))
		no_such_load(parser, name);
}

/*-------------------------------------------------------------------------
 * The form
 *-------------------------------------------------------------------------
 */

static void
each_member(const Jsonb *object, AshLoadFn fn, void *context)
{
	JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, &object->root));
	JsonbIteratorToken token;
	JsonbValue key;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &value, true);
		fn(context, pnstrdup(key.val.string.val, key.val.string.len), &value);
	}
}

void
ash_load_each(const JsonbValue *load, AshErrors *errors, AshLoadFn fn, void *context)
{
	JsonbValue *items;
	int n;

	check_stack_depth();
	if (load->type == jbvString)
		fn(context, ash_jsonb_value_text(load), NULL);
	else if (load->type != jbvBinary)
		ash_load_invalid(errors, ash_input_text(load));
	else if (JsonContainerIsObject(load->val.binary.data))
		each_member(ash_jsonb_from_value(load), fn, context);
	else
	{
		n = ash_type_array_items(load, &items);
		for (int i = 0; i < n; i++)
			ash_load_each(&items[i], errors, fn, context);
	}
}

/* The loads of the query's resource; faults are added at the current path. */
List *
ash_load_parse(AshQuery *query, AshResource *res, const Jsonb *input)
{
	LoadParser parser = { query, res, query->call->errors, list_copy(query->loads) };
	JsonbValue value;

	if (list_length(parser.errors->path) > 2 * ASH_LOAD_MAX_DEPTH)
	{
		ash_error_add(parser.errors, ASH_E_INVALID_LOAD, NULL,
					  "loads may be nested at most %d deep", ASH_LOAD_MAX_DEPTH);
		return query->loads;
	}
	ash_jsonb_value_from_jsonb(input, &value);
	if (value.type != jbvNull)
		ash_load_each(&value, parser.errors, load_name, &parser);
	return parser.loads;
}

/*-------------------------------------------------------------------------
 * Taking over what was asked for
 *-------------------------------------------------------------------------
 */

void
ash_load_take_inside(AshQuery *query, const AshInsideLoad *inside)
{
	ash_errors_push_name(query->call->errors, "load");
	(void) load_inside(query, inside->attribute, &inside->load);
	ash_errors_pop(query->call->errors);
}

static ListCell *
cell_of_load(List *loads, const char *as)
{
	ListCell *lc;

	foreach (lc, loads)
	{
		if (strcmp(((AshLoad *) lfirst(lc))->as, as) == 0)
			return lc;
	}
	return NULL;
}

/*
 * Puts loads behind those of the query.  Of two with one name the later one counts, except that a
 * relationship named without options adds its nested loads to those of the earlier one.
 */
void
ash_load_take(AshQuery *query, List *loads)
{
	ListCell *lc;

	query->loads = list_copy(query->loads);
	foreach (lc, loads)
	{
		AshLoad *load = lfirst(lc);
		ListCell *cell = cell_of_load(query->loads, load->as);
		AshLoad *had = cell != NULL ? lfirst(cell) : NULL;

		if (had == NULL)
			query->loads = lappend(query->loads, load);
		else if (load->query != NULL && had->query != NULL && !load->has_options)
		{
			if (load->query->asked != NULL)
				ash_load_take(ash_query_asked(had->query), load->query->asked->loads);
		}
		else if (load->aggregate == NULL)
			lfirst(cell) = load;
	}
}

/*-------------------------------------------------------------------------
 * Loads of definitions
 *-------------------------------------------------------------------------
 */

static void
verify_name(AshResource *res, const char *name, AshErrors *errors)
{
	if (ash_find_relationship(res, name) == NULL && ash_find_calculation(res, name) == NULL &&
		ash_find_aggregate(res, name) == NULL && ash_find_attribute(res, name) == NULL)
		(void) ash_error_unknown(errors, NULL, name,
								 list_concat(ash_field_names(res), ash_relationship_names(res)),
								 "%s has no field \"%s\" to load", res->name, ash_clip(name));
}

void
ash_load_verify(AshResource *res, json_t *load, AshErrors *errors)
{
	const char *key;
	json_t *value;
	size_t i;

	check_stack_depth();
	if (json_is_string(load))
		verify_name(res, json_string_value(load), errors);
	else if (json_is_object(load))
	{
		json_object_foreach (load, key, value)
			verify_name(res, key, errors);
	}
	else if (json_is_array(load))
	{
		json_array_foreach (load, i, value)
			ash_load_verify(res, value, errors);
	}
	else
		ash_error_definition(errors, NULL, "expected names to load, got %s", ash_json_kind(load));
}
