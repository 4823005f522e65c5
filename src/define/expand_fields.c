/*-------------------------------------------------------------------------
 *
 * src/define/expand_fields.c
 *	  Attributes, identities, calculations and aggregates in long form.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"
#include "model/aggregate.h"
#include "utils/builtins.h"

/* Helpers of attributes: what they stand for. */
static const struct
{
	const char *name;
	const char *options;
} helpers[] = {
	{ "uuid_primary_key", "{\"type\": \"uuid\", \"primary_key\": true, \"allow_nil\": false, "
						  "\"writable\": false, \"public\": true, "
						  "\"default\": {\"expr\": \"gen_random_uuid()\"}}" },
	{ "uuid_v7_primary_key", "{\"type\": \"uuid_v7\", \"primary_key\": true, \"allow_nil\": false, "
							 "\"writable\": false, \"public\": true, "
							 "\"default\": {\"expr\": \"uuid_generate_v7()\"}}" },
	{ "integer_primary_key", "{\"type\": \"integer\", \"primary_key\": true, \"allow_nil\": false, "
							 "\"generated\": true, \"writable\": false, \"public\": true}" },
	{ "create_timestamp", "{\"type\": \"utc_datetime_usec\", \"allow_nil\": false, "
						  "\"writable\": false, \"match_other_defaults\": true, "
						  "\"default\": {\"expr\": \"now()\"}}" },
	{ "update_timestamp", "{\"type\": \"utc_datetime_usec\", \"allow_nil\": false, "
						  "\"writable\": false, \"match_other_defaults\": true, "
						  "\"default\": {\"expr\": \"now()\"}, "
						  "\"update_default\": {\"expr\": \"now()\"}}" },
};

/* What the helper stands for, as JSON text, or NULL. */
static const char *
helper_options(const char *name)
{
	int i;

	for (i = 0; name != NULL && i < lengthof(helpers); i++)
	{
		if (strcmp(helpers[i].name, name) == 0)
			return helpers[i].options;
	}
	return NULL;
}

/* Put copies of all members of node (or NULL) over those of out. */
static void
override(json_t *out, json_t *node)
{
	const char *key;
	json_t *value;

	json_object_foreach (node, key, value)
		ash_json_set(out, key, json_deep_copy(value));
}

/* The helper that a node names, or NULL: "uuid_primary_key" or {"helper": …}. */
static const char *
helper_of(json_t *node)
{
	const char *name =
		json_string_value(json_is_object(node) ? json_object_get(node, "helper") : node);

	return name != NULL && (helper_options(name) != NULL || strcmp(name, "timestamps") == 0) ?
			   name :
			   NULL;
}

/* {"type": "x"} for "x", a deep copy of an object; new. */
static json_t *
typed_node(json_t *node)
{
	json_t *out;

	if (json_is_object(node))
		return json_deep_copy(node);
	out = ash_json_object();
	ash_json_set(out, "type", json_deep_copy(node));
	return out;
}

/*
 * Put an attribute in long form into attributes: what the helper stands for, when it is not
 * NULL, under the options that were written.
 */
static void
add_attribute(AshExpansion *exp, json_t *attributes, const char *name, const char *helper,
			  json_t *node)
{
	const char *options = helper_options(helper);
	json_t *out;

	if (options != NULL)
	{
		out = json_loads(options, 0, NULL);
		override(out, json_is_object(node) ? node : NULL);
		ash_json_set(out, "helper", json_string_nocheck(helper));
	}
	else
		out = typed_node(node);
	ash_errors_push_name(exp->errors, name);
	ash_expand_type(exp, out);
	ash_errors_pop(exp->errors);
	ash_json_set(attributes, name, out);
}

/* One attribute of the source; the helper "timestamps" gives two, whose faults stand at it. */
static void
expand_attribute(AshExpansion *exp, json_t *attributes, const char *name, json_t *node)
{
	const char *helper = helper_of(node);
	static const char *const pairs[][2] = { { "inserted_at", "create_timestamp" },
											{ "updated_at", "update_timestamp" } };
	int i;

	if (helper == NULL || strcmp(helper, "timestamps") != 0)
	{
		add_attribute(exp, attributes, name, helper, node);
		return;
	}
	for (i = 0; i < lengthof(pairs); i++)
	{
		ash_path_map_add(&exp->def->map, exp->errors, ash_path_append(NIL, pairs[i][0], -1),
						 ash_path_append(NIL, name, -1));
		add_attribute(exp, attributes, pairs[i][0], pairs[i][1], node);
	}
}

/* Put the section "attributes" into exp->out. */
void
ash_expand_attributes(AshExpansion *exp)
{
	json_t *attributes = ash_json_object();
	const char *name;
	json_t *node;

	ash_json_set(exp->out, "attributes", attributes);
	ash_errors_push_name(exp->errors, "attributes");
	json_object_foreach (json_object_get(exp->source, "attributes"), name, node)
		expand_attribute(exp, attributes, name, node);
	ash_errors_pop(exp->errors);
}

/*-------------------------------------------------------------------------
 * What several have
 *-------------------------------------------------------------------------
 */

/* Make what stands under key a list, if there is anything. */
void
ash_expand_set_listed(json_t *node, const char *key)
{
	json_t *value = json_object_get(node, key);

	if (value != NULL)
		ash_json_set(node, key, ash_json_listed(value));
}

/* "posts.comments" or a list of names, as a list; new. */
json_t *
ash_expand_path(json_t *node)
{
	json_t *path = json_array();
	const char *text = json_string_value(node);
	const char *dot;

	if (text == NULL)
	{
		json_array_extend(path, node);
		return path;
	}
	while ((dot = strchr(text, '.')) != NULL)
	{
		json_array_append_new(path, json_string_nocheck(pnstrdup(text, dot - text)));
		text = dot + 1;
	}
	json_array_append_new(path, json_string_nocheck(text));
	return path;
}

/* {name: argument in long form} from a section of arguments; new. */
json_t *
ash_expand_arguments(AshExpansion *exp, json_t *node)
{
	json_t *out = ash_json_object();
	const char *name;
	json_t *arg;

	ash_errors_push_name(exp->errors, "arguments");
	json_object_foreach (node, name, arg)
	{
		json_t *copy = typed_node(arg);

		ash_errors_push_name(exp->errors, name);
		ash_expand_type(exp, copy);
		ash_errors_pop(exp->errors);
		ash_json_set(out, name, copy);
	}
	ash_errors_pop(exp->errors);
	return out;
}

/* {"keys": [names], …}; new. */
static json_t *
expand_identity(AshExpansion *exp, json_t *node)
{
	json_t *out = ash_json_object();

	if (json_is_object(node))
		override(out, node);
	else
		ash_json_set(out, "keys", json_deep_copy(node));
	ash_expand_set_listed(out, "keys");
	ash_expand_set_listed(out, "field_names");
	return out;
}

/*
 * The expression of "concat": the fields as strings with the separator between them. It is
 * null when one of them is.
 */
static json_t *
concat_expr(json_t *concat)
{
	json_t *keys = json_is_object(concat) ? json_object_get(concat, "keys") : concat;
	const char *separator = json_string_value(json_object_get(concat, "separator"));
	StringInfoData expr;
	ListCell *lc;

	initStringInfo(&expr);
	foreach (lc, ash_json_names(keys))
	{
		if (expr.len > 0 && separator != NULL && separator[0] != '\0')
			appendStringInfo(&expr, " || %s", quote_literal_cstr(separator));
		appendStringInfo(&expr, "%s%s::string", expr.len > 0 ? " || " : "",
						 quote_identifier(lfirst(lc)));
	}
	return json_string_nocheck(expr.data);
}

/*
 * The long form of a calculation, new: arguments with types, and "concat" as the expression
 * it stands for.
 */
static json_t *
expand_calculation(AshExpansion *exp, json_t *node)
{
	json_t *out = json_deep_copy(node);

	ash_expand_type(exp, out);
	if (json_object_get(node, "arguments") != NULL)
		ash_json_set(out, "arguments",
					 ash_expand_arguments(exp, json_object_get(node, "arguments")));
	ash_expand_set_listed(out, "load");
	if (json_object_get(out, "concat") != NULL)
	{
		ash_json_set(out, "expr", concat_expr(json_object_get(out, "concat")));
		ash_path_map_add(&exp->def->map, exp->errors, ash_path_append(NIL, "expr", -1),
						 ash_path_append(NIL, "concat", -1));
		json_object_del(out, "concat");
	}
	return out;
}

/*
 * The long form of an aggregate, new: {"kind", "path", …}. Faults in these stand at the key
 * that was written, as "count".
 */
static json_t *
expand_aggregate(AshExpansion *exp, json_t *node)
{
	json_t *out = ash_json_object();
	int i;

	for (i = 0; ash_aggregate_kinds[i] != NULL; i++)
	{
		json_t *path = json_object_get(node, ash_aggregate_kinds[i]);

		if (path == NULL)
			continue;
		ash_json_set(out, "kind", json_string(ash_aggregate_kinds[i]));
		ash_json_set(out, "path", ash_expand_path(path));
		ash_path_map_add(&exp->def->map, exp->errors, ash_path_append(NIL, "path", -1),
						 ash_path_append(NIL, ash_aggregate_kinds[i], -1));
		ash_path_map_add(&exp->def->map, exp->errors, ash_path_append(NIL, "kind", -1),
						 ash_path_append(NIL, ash_aggregate_kinds[i], -1));
	}
	override(out, node);
	for (i = 0; ash_aggregate_kinds[i] != NULL; i++)
		json_object_del(out, ash_aggregate_kinds[i]);
	ash_expand_set_listed(out, "path");
	ash_expand_set_listed(out, "sort");
	ash_expand_type(exp, out);
	return out;
}

/* Expand, in place, the fields that a query defines for itself under key of "build". */
static void
expand_own_fields(AshExpansion *exp, json_t *build, const char *key,
				  json_t *(*expand)(AshExpansion *exp, json_t *node))
{
	json_t *fields = json_object_get(build, key);
	const char *name;
	json_t *node;

	ash_errors_push_name(exp->errors, key);
	json_object_foreach (fields, name, node)
	{
		ash_errors_push_name(exp->errors, name);
		if (json_is_object(node))
			ash_json_set(fields, name, expand(exp, node));
		ash_errors_pop(exp->errors);
	}
	ash_errors_pop(exp->errors);
}

/* A list of preparations with the fields of "build" in long form; new. */
json_t *
ash_expand_preparations(AshExpansion *exp, json_t *list)
{
	json_t *out = json_deep_copy(list);
	size_t i;
	json_t *entry;

	json_array_foreach (out, i, entry)
	{
		json_t *build = json_object_get(entry, "build");

		ash_errors_push_index(exp->errors, (int) i);
		ash_errors_push_name(exp->errors, "build");
		expand_own_fields(exp, build, "calculate", expand_calculation);
		expand_own_fields(exp, build, "aggregate", expand_aggregate);
		ash_errors_pop(exp->errors);
		ash_errors_pop(exp->errors);
	}
	return out;
}

/* Put the section into exp->out, each member expanded; nothing when there is none. */
static void
expand_section(AshExpansion *exp, const char *key,
			   json_t *(*expand)(AshExpansion *exp, json_t *node))
{
	json_t *section = json_object_get(exp->source, key);
	json_t *out;
	const char *name;
	json_t *node;

	if (section == NULL)
		return;
	out = ash_json_object();
	ash_errors_push_name(exp->errors, key);
	json_object_foreach (section, name, node)
	{
		ash_errors_push_name(exp->errors, name);
		ash_json_set(out, name, expand(exp, node));
		ash_errors_pop(exp->errors);
	}
	ash_errors_pop(exp->errors);
	ash_json_set(exp->out, key, out);
}

/* Put identities, calculations, aggregates and preparations into exp->out. */
void
ash_expand_fields(AshExpansion *exp)
{
	json_t *preparations = json_object_get(exp->source, "preparations");

	expand_section(exp, "identities", expand_identity);
	expand_section(exp, "calculations", expand_calculation);
	expand_section(exp, "aggregates", expand_aggregate);
	if (preparations == NULL)
		return;
	ash_errors_push_name(exp->errors, "preparations");
	ash_json_set(exp->out, "preparations", ash_expand_preparations(exp, preparations));
	ash_errors_pop(exp->errors);
}
