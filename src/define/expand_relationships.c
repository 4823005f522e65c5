/*-------------------------------------------------------------------------
 *
 * src/define/expand_relationships.c
 *	  Relationships in long form: their keys named, the attributes and
 *	  relationships that they define added.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"
#include "model/relationship.h"

/* Put value under key unless something is there. */
static void
set_default_string(json_t *node, const char *key, const char *value)
{
	if (json_object_get(node, key) == NULL)
		ash_json_set(node, key, json_string_nocheck(value));
}

/* Put what stands under key, a dotted path or a list, there as a list. */
static void
set_path(json_t *node, const char *key)
{
	ash_json_set(node, key, ash_expand_path(json_object_get(node, key)));
}

/* The destination as it stands in rel. */
static const char *
destination_of(json_t *rel)
{
	return json_string_value(json_object_get(rel, "destination"));
}

/* "short name_id": the attribute elsewhere that points to the resource. */
static char *
key_to(AshExpansion *exp, const char *resource)
{
	return psprintf("%s_id", ash_expand_short_name_of(exp->def, resource));
}

/* "domain.resource" from a destination that may have its domain beside it. */
static char *
destination_name(AshExpansion *exp, json_t *rel)
{
	const char *domain = json_string_value(json_object_get(rel, "domain"));

	if (domain != NULL)
		return psprintf("%s.%s", domain, destination_of(rel));
	return ash_expand_resource_name(exp, destination_of(rel));
}

/*
 * {"kind", "destination", …}, new, without the keys that depend on other resources. Faults
 * of the destination stand at the key that was written, as "belongs_to".
 */
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
		if (ash_name_index(ash_relationship_kinds, key) < 0)
			ash_json_set(out, key, json_deep_copy(value));
	}
	ash_json_set(out, "destination", json_string_nocheck(destination_name(exp, out)));
	json_object_del(out, "domain");
	ash_expand_set_listed(out, "sort");
	ash_expand_set_listed(out, "default_sort");
	return out;
}

/*
 * The type of a foreign key: "attribute_type", else the type and constraints of the
 * attribute it points to; uuid when that cannot be found.
 */
static void
set_key_type(AshExpansion *exp, json_t *rel, json_t *attr)
{
	json_t *written = json_object_get(rel, "attribute_type");
	json_t *target;
	json_t *constraints;

	if (written != NULL)
	{
		ash_json_set(attr, "type", json_deep_copy(written));
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

/*
 * A belongs_to defines its attribute, unless the resource has it or says not to. Faults of
 * the attribute stand at the relationship, and those of a type that was taken over are
 * known as copies of those of the other attribute.
 */
static void
define_key(AshExpansion *exp, const char *name, json_t *rel)
{
	json_t *attributes = json_object_get(exp->out, "attributes");
	const char *source = json_string_value(json_object_get(rel, "source_attribute"));
	json_t *attr;
	List *path;

	if (!ash_json_flag(rel, "define_attribute", true) ||
		json_object_get(attributes, source) != NULL)
		return;
	attr = ash_json_object();
	set_key_type(exp, rel, attr);
	ash_json_set(attr, "belongs_to", json_string_nocheck(name));
	ash_json_set(attr, "allow_nil",
				 json_boolean(ash_json_flag(rel, "allow_nil", true) &&
							  !ash_json_flag(rel, "primary_key", false)));
	ash_json_set(attr, "primary_key", json_boolean(ash_json_flag(rel, "primary_key", false)));
	ash_json_set(attr, "public",
				 json_boolean(
					 ash_json_flag(rel, "attribute_public", ash_json_flag(rel, "public", false))));
	ash_json_set(attr, "writable",
				 json_boolean(ash_json_flag(rel, "attribute_writable",
											ash_json_flag(rel, "writable", true))));
	ash_json_set(attr, "always_select",
				 json_boolean(ash_json_flag(rel, "attribute_always_select", false)));
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

/*
 * The has_many to the resource in between that a many_to_many goes through, unless there is
 * a relationship of that name. Its faults stand at the many_to_many.
 */
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

/*
 * Fill in the attributes and, for many_to_many, the names in between that were not written:
 * they follow from the names of the resources and from their keys.
 */
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

/*
 * Put the section "relationships" into exp->out, and the attributes that it defines into
 * "attributes". The relationships that a many_to_many defines stand behind all that were
 * written.
 */
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
