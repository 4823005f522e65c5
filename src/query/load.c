/*-------------------------------------------------------------------------
 *
 * src/query/load.c
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
#include "query/internal.h"

#define ASH_LOAD_MAX_DEPTH 32

typedef struct LoadParser
{
	AshQuery *query;
	AshResource *res;
	AshErrors *errors;
	List *loads; /* of AshLoad * */
} LoadParser;

static const char *const relationship_options[] = { "filter", "sort",	  "limit",	"offset",
													"select", "load",	  "action", "args",
													"page",	  "distinct", NULL };

static void parse_load(LoadParser *parser, const JsonbValue *value);

static void
invalid_load(LoadParser *parser, const char *name)
{
	ash_error_add(parser->errors, ASH_E_INVALID_LOAD, NULL, ":%s is not a valid load", name);
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
	if (option(options, "select", &value))
		opts->select = ash_jsonb_from_value(&value);
	if (option(options, "load", &value))
		opts->load = ash_jsonb_from_value(&value);
	if (option(options, "page", &value))
		opts->page = ash_jsonb_from_value(&value);
	count_option(parser, options, "limit", ASH_E_INVALID_LIMIT, &opts->limit);
	count_option(parser, options, "offset", ASH_E_INVALID_OFFSET, &opts->offset);
}

/* The query for the related rows: spec 7.2. */
static AshQuery *
related_query(LoadParser *parser, AshRelationship *rel, const Jsonb *options, Jsonb *nested)
{
	AshResource *dest = ash_ref_resource(&rel->destination);
	AshAction *action = load_action(parser, rel, dest, options);
	AshCall *sub = ash_query_subcall(parser->query->call, dest, action);
	JsonbValue args;
	AshQuery *query;

	sub->accessing_from = parser->res->name;
	sub->accessing_relationship = rel->name;
	if (!rel->authorize)
		sub->authorize = !ash_call_may_waive(parser->res, dest);
	apply_options(parser, sub, options);
	if (nested != NULL)
		sub->opts->load = nested;
	query = ash_query_create(sub, dest, action);
	if (action != NULL)
		ash_query_for_action(query,
							 option(options, "args", &args) ? ash_jsonb_from_value(&args) : NULL);
	else
		ash_query_apply_options(query);
	query->sort = list_concat(query->sort, ash_relationship_sort(parser->res, rel));
	if (sub->opts->page == NULL)
		query->page = ASH_PAGE_NONE;
	if (query->page == ASH_PAGE_NONE)
	{
		if (!query->limit.set)
			query->limit = rel->limit;
		if (!query->offset.set)
			query->offset = rel->offset;
	}
	if (!ash_relationship_to_many(rel) && (rel->from_many || rel->sort != NULL))
	{
		query->limit.set = true;
		query->limit.value = 1;
	}
	ash_query_authorize(query);
	return query;
}

static void
load_relationship(LoadParser *parser, AshRelationship *rel, const Jsonb *options, Jsonb *nested)
{
	AshLoad *load = find_load(parser, rel->name);

	if (load == NULL)
		load = add_load(parser, rel->name);
	else if (options == NULL && nested == NULL)
		return;
	load->relationship = rel;
	ash_errors_push_name(parser->errors, rel->name);
	load->query = related_query(parser, rel, options, nested);
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
load_aggregate(LoadParser *parser, AshAggregate *agg)
{
	if (find_load(parser, agg->name) == NULL)
		add_load(parser, agg->name)->aggregate = agg;
}

/* Something inside an attribute: calculations of an embedded resource. */
static bool
load_inside(LoadParser *parser, const AshAttribute *attr, const JsonbValue *value)
{
	AshQuery *query = parser->query;
	int before = list_length(parser->errors->items);
	const AshTypeInst *type;

	if (query->loaded_types == NULL)
		query->loaded_types = palloc0(sizeof(AshTypeInst *) * parser->res->nattributes);
	type = query->loaded_types[attr->index] ? query->loaded_types[attr->index] : attr->type;
	ash_errors_push_name(parser->errors, attr->name);
	type = ash_type_with_load(type, value, query->call, parser->errors);
	ash_errors_pop(parser->errors);
	if (type == NULL)
		return list_length(parser->errors->items) > before;
	query->loaded_types[attr->index] = type;
	ash_query_ensure_selected(query, attr);
	return true;
}

static void
load_name(LoadParser *parser, const char *name, const JsonbValue *value)
{
	AshRelationship *rel = ash_find_relationship(parser->res, name);
	AshCalculation *calc;
	AshAggregate *agg;
	AshAttribute *attr;

	if (rel != NULL)
		relationship_value(parser, rel, value);
	else if ((calc = ash_find_calculation(parser->res, name)) != NULL)
		load_calculation(parser, calc, value);
	else if ((agg = ash_find_aggregate(parser->res, name)) != NULL)
		load_aggregate(parser, agg);
	else if ((attr = ash_find_attribute(parser->res, name)) != NULL &&
			 (value == NULL || value->type == jbvNull))
		ash_query_ensure_selected(parser->query, attr);
	else if (attr == NULL || !load_inside(parser, attr, value))
		invalid_load(parser, name);
}

static void
parse_object(LoadParser *parser, const Jsonb *object)
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
		load_name(parser, pnstrdup(key.val.string.val, key.val.string.len), &value);
	}
}

static void
parse_load(LoadParser *parser, const JsonbValue *value)
{
	Jsonb *json;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue item;

	check_stack_depth();
	if (value->type == jbvString)
	{
		load_name(parser, ash_jsonb_value_text(value), NULL);
		return;
	}
	if (value->type != jbvBinary)
	{
		invalid_load(parser, ash_input_text(value));
		return;
	}
	json = ash_jsonb_from_value(value);
	if (JB_ROOT_IS_OBJECT(json))
	{
		parse_object(parser, json);
		return;
	}
	it = JsonbIteratorInit(&json->root);
	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM)
			parse_load(parser, &item);
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
		parse_load(&parser, &value);
	return parser.loads;
}
