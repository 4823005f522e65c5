/*-------------------------------------------------------------------------
 *
 * src/define/expand_fields.c
 *	  Attributes, relationships, identities, calculations and aggregates in
 *	  long form.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/internal.h"
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

/* {"type": "x"} for "x", a copy of an object; new. */
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

/* One attribute of the source; "timestamps" gives two. */
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
 * Keys
 *-------------------------------------------------------------------------
 */

static void
set_default_string(json_t *node, const char *key, const char *value)
{
	if (json_object_get(node, key) == NULL)
		ash_json_set(node, key, json_string_nocheck(value));
}

/* A list stays one; a single name becomes a list. */
static void
set_listed(json_t *node, const char *key)
{
	json_t *value = json_object_get(node, key);

	if (value != NULL)
		ash_json_set(node, key, ash_json_listed(value));
}

/* "posts.comments" or a list, as a list; new. */
static json_t *
expand_path(json_t *node)
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

static void
set_path(json_t *node, const char *key)
{
	ash_json_set(node, key, expand_path(json_object_get(node, key)));
}

/*-------------------------------------------------------------------------
 * Relationships
 *-------------------------------------------------------------------------
 */

static const char *
destination_of(json_t *rel)
{
	return json_string_value(json_object_get(rel, "destination"));
}

/* "<short name>_id" */
static char *
key_to(AshExpansion *exp, const char *resource)
{
	return psprintf("%s_id", ash_expand_short_name_of(exp->def, resource));
}

/* "domain.resource", from a destination that may have its domain beside it */
static char *
destination_name(AshExpansion *exp, json_t *rel)
{
	const char *domain = json_string_value(json_object_get(rel, "domain"));

	if (domain != NULL)
		return psprintf("%s.%s", domain, destination_of(rel));
	return ash_expand_resource_name(exp, destination_of(rel));
}

/* {"kind", "destination", …the rest} */
static json_t *
begin_relationship(AshExpansion *exp, json_t *node)
{
	json_t *out = ash_json_object();
	const char *written;
	const char *key;
	json_t *value;
	int i;

	for (i = 0; ash_relationship_kinds[i] != NULL; i++)
	{
		written = json_string_value(json_object_get(node, ash_relationship_kinds[i]));
		if (written == NULL)
			continue;
		ash_json_set(out, "kind", json_string_nocheck(ash_relationship_kinds[i]));
		ash_json_set(out, "destination", json_string_nocheck(written));
		ash_path_map_add(&exp->def->map, exp->errors, ash_path_append(NIL, "destination", -1),
						 ash_path_append(NIL, ash_relationship_kinds[i], -1));
	}
	json_object_foreach (node, key, value)
	{
		for (i = 0; ash_relationship_kinds[i] != NULL; i++)
		{
			if (strcmp(ash_relationship_kinds[i], key) == 0)
				break;
		}
		if (ash_relationship_kinds[i] == NULL)
			ash_json_set(out, key, json_deep_copy(value));
	}
	ash_json_set(out, "destination", json_string_nocheck(destination_name(exp, out)));
	json_object_del(out, "domain");
	set_listed(out, "sort");
	set_listed(out, "default_sort");
	return out;
}

/* The type of a foreign key: as told, as the attribute it points to, or uuid. */
static void
set_key_type(AshExpansion *exp, json_t *rel, json_t *attr)
{
	json_t *told = json_object_get(rel, "attribute_type");
	json_t *target;
	json_t *constraints;

	if (told != NULL)
	{
		ash_json_set(attr, "type", json_deep_copy(told));
		ash_expand_type(exp, attr);
		return;
	}
	target =
		ash_expand_attribute_of(exp->def, destination_of(rel),
								json_string_value(json_object_get(rel, "destination_attribute")));
	constraints = json_object_get(target, "constraints");
	if (target == NULL)
		ash_json_set(attr, "type", json_string("uuid"));
	else
		ash_json_set(attr, "type", json_deep_copy(json_object_get(target, "type")));
	if (constraints != NULL)
		ash_json_set(attr, "constraints", json_deep_copy(constraints));
}

static bool
flag(json_t *node, const char *key, bool missing)
{
	json_t *value = json_object_get(node, key);

	return value ? json_is_true(value) : missing;
}

static void
define_key(AshExpansion *exp, const char *name, json_t *rel)
{
	json_t *attributes = json_object_get(exp->out, "attributes");
	const char *source = json_string_value(json_object_get(rel, "source_attribute"));
	json_t *attr;
	List *path;

	if (!flag(rel, "define_attribute", true) || json_object_get(attributes, source) != NULL)
		return;
	attr = ash_json_object();
	set_key_type(exp, rel, attr);
	ash_json_set(attr, "belongs_to", json_string_nocheck(name));
	ash_json_set(attr, "allow_nil",
				 json_boolean(flag(rel, "allow_nil", true) && !flag(rel, "primary_key", false)));
	ash_json_set(attr, "primary_key", json_boolean(flag(rel, "primary_key", false)));
	ash_json_set(attr, "public",
				 json_boolean(flag(rel, "attribute_public", flag(rel, "public", false))));
	ash_json_set(attr, "writable",
				 json_boolean(flag(rel, "attribute_writable", flag(rel, "writable", true))));
	ash_json_set(attr, "always_select", json_boolean(flag(rel, "attribute_always_select", false)));
	ash_json_set(attributes, source, attr);
	path = list_truncate(list_copy(exp->errors->path), list_length(exp->errors->path) - 2);
	path = ash_path_append(ash_path_append(path, "attributes", -1), source, -1);
	ash_path_map_add_absolute(&exp->def->map, path, list_copy(exp->errors->path));
	if (json_object_get(rel, "attribute_type") == NULL)
		ash_path_map_add_copy(&exp->def->map, path,
							  ash_expand_attribute_path(exp->def, destination_of(rel),
														json_string_value(json_object_get(
															rel, "destination_attribute"))));
}

/* The has_many to the resource in between, unless it is there. */
static void
define_join(AshExpansion *exp, json_t *relationships, const char *name, json_t *rel)
{
	json_t *sources = json_object_get(exp->source, "relationships");
	const char *join = json_string_value(json_object_get(rel, "join_relationship"));
	json_t *out;
	List *section;

	if (json_object_get(sources, join) != NULL || json_object_get(relationships, join) != NULL)
		return;
	out = ash_json_object();
	ash_json_set(out, "kind", json_string("has_many"));
	ash_json_set(out, "destination", json_deep_copy(json_object_get(rel, "through")));
	ash_json_set(out, "source_attribute", json_deep_copy(json_object_get(rel, "source_attribute")));
	ash_json_set(out, "destination_attribute",
				 json_deep_copy(json_object_get(rel, "source_attribute_on_join_resource")));
	ash_json_set(relationships, join, out);
	section = list_truncate(list_copy(exp->errors->path), list_length(exp->errors->path) - 1);
	ash_path_map_add_absolute(&exp->def->map, ash_path_append(section, join, -1),
							  ash_path_append(section, name, -1));
}

static void
default_keys(AshExpansion *exp, const char *name, json_t *rel)
{
	const char *kind = json_string_value(json_object_get(rel, "kind"));
	const char *self = psprintf("%s.%s", exp->doc->name, exp->short_name);
	const char *through;

	if (strcmp(kind, "belongs_to") == 0)
	{
		set_default_string(rel, "source_attribute", psprintf("%s_id", name));
		set_default_string(rel, "destination_attribute",
						   ash_expand_key_of(exp->def, destination_of(rel)));
		return;
	}
	set_default_string(rel, "source_attribute", ash_expand_key_of(exp->def, self));
	if (strcmp(kind, "many_to_many") != 0)
	{
		if (json_object_get(rel, "through") != NULL)
			set_path(rel, "through");
		set_default_string(rel, "destination_attribute", key_to(exp, self));
		return;
	}
	through = json_string_value(json_object_get(rel, "through"));
	ash_json_set(rel, "through", json_string_nocheck(ash_expand_resource_name(exp, through)));
	set_default_string(rel, "destination_attribute",
					   ash_expand_key_of(exp->def, destination_of(rel)));
	set_default_string(rel, "source_attribute_on_join_resource", key_to(exp, self));
	set_default_string(rel, "destination_attribute_on_join_resource",
					   key_to(exp, destination_of(rel)));
	set_default_string(rel, "join_relationship", psprintf("%s_join_assoc", name));
}

void
ash_expand_relationships(AshExpansion *exp)
{
	json_t *source = json_object_get(exp->source, "relationships");
	json_t *relationships = ash_json_object();
	const char *name;
	json_t *node;

	ash_errors_push_name(exp->errors, "relationships");
	json_object_foreach (source, name, node)
	{
		json_t *rel;

		ash_errors_push_name(exp->errors, name);
		rel = begin_relationship(exp, node);
		default_keys(exp, name, rel);
		if (strcmp(json_string_value(json_object_get(rel, "kind")), "belongs_to") == 0)
			define_key(exp, name, rel);
		ash_json_set(relationships, name, rel);
		ash_errors_pop(exp->errors);
	}
	json_object_foreach (source, name, node)
	{
		json_t *rel = json_object_get(relationships, name);

		ash_errors_push_name(exp->errors, name);
		if (json_object_get(rel, "join_relationship") != NULL)
			define_join(exp, relationships, name, rel);
		ash_errors_pop(exp->errors);
	}
	ash_errors_pop(exp->errors);
	if (json_object_size(relationships) > 0)
		ash_json_set(exp->out, "relationships", relationships);
	else
		json_decref(relationships);
}

/*-------------------------------------------------------------------------
 * The rest
 *-------------------------------------------------------------------------
 */

/* {name: argument}, from what stands under "arguments"; new. */
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

static json_t *
expand_identity(AshExpansion *exp, json_t *node)
{
	json_t *out = ash_json_object();

	if (json_is_object(node))
		override(out, node);
	else
		ash_json_set(out, "keys", json_deep_copy(node));
	set_listed(out, "keys");
	set_listed(out, "field_names");
	return out;
}

/* The fields as strings with the separator between them; nil in one of them is nil. */
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

static json_t *
expand_calculation(AshExpansion *exp, json_t *node)
{
	json_t *out = json_deep_copy(node);

	ash_expand_type(exp, out);
	if (json_object_get(node, "arguments") != NULL)
		ash_json_set(out, "arguments",
					 ash_expand_arguments(exp, json_object_get(node, "arguments")));
	set_listed(out, "load");
	if (json_object_get(out, "concat") != NULL)
	{
		ash_json_set(out, "expr", concat_expr(json_object_get(out, "concat")));
		ash_path_map_add(&exp->def->map, exp->errors, ash_path_append(NIL, "expr", -1),
						 ash_path_append(NIL, "concat", -1));
		json_object_del(out, "concat");
	}
	return out;
}

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
		ash_json_set(out, "path", expand_path(path));
		ash_path_map_add(&exp->def->map, exp->errors, ash_path_append(NIL, "path", -1),
						 ash_path_append(NIL, ash_aggregate_kinds[i], -1));
		ash_path_map_add(&exp->def->map, exp->errors, ash_path_append(NIL, "kind", -1),
						 ash_path_append(NIL, ash_aggregate_kinds[i], -1));
	}
	override(out, node);
	for (i = 0; ash_aggregate_kinds[i] != NULL; i++)
		json_object_del(out, ash_aggregate_kinds[i]);
	set_listed(out, "path");
	set_listed(out, "sort");
	ash_expand_type(exp, out);
	return out;
}

/* The fields of one query, in long form. */
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

/* A list of preparations; "build" may define fields; new. */
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
