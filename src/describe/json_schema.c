/*-------------------------------------------------------------------------
 *
 * src/describe/json_schema.c
 *	  The JSON Schema (2020-12) of a definition document, for editors.
 *
 * Made from the option schemas.  What they only know as JSON, because its owner
 * checks it, is filled in here: sections of named members, lists of steps, paths.
 * A document that ash_define accepts must never fail here; one that passes may.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "describe/describe.h"
#include "describe/json_schema.h"
#include "model/entities.h"
#include "model/entity_kinds.h"
#include "policy/policy.h"

/* Sections whose members are entities: in which spec, under which key, of which spec. */
static const struct
{
	const AshSpec *parent;
	const char *key;
	const AshSpec *member;
} sections[] = {
	{ &ash_domain_spec, "types", &ash_user_type_spec },
	{ &ash_domain_spec, "functions", &ash_user_function_spec },
	{ &ash_domain_spec, "resources", &ash_resource_spec },
	{ &ash_resource_spec, "attributes", &ash_attribute_spec },
	{ &ash_resource_spec, "relationships", &ash_relationship_spec },
	{ &ash_resource_spec, "identities", &ash_identity_spec },
	{ &ash_resource_spec, "calculations", &ash_calculation_spec },
	{ &ash_resource_spec, "aggregates", &ash_aggregate_spec },
	{ &ash_resource_spec, "actions", &ash_action_spec },
	{ &ash_resource_spec, "code_interface", &ash_code_interface_spec },
	{ &ash_resource_spec, "check_constraints", &ash_check_constraint_spec },
	{ &ash_resource_spec, "custom_statements", &ash_custom_statement_spec },
	{ &ash_resource_spec, "unique_index_names", &ash_named_constraint_spec },
	{ &ash_resource_spec, "exclusion_constraint_names", &ash_named_constraint_spec },
	{ &ash_resource_spec, "foreign_key_names", &ash_named_constraint_spec },
	{ &ash_action_spec, "arguments", &ash_argument_spec },
	{ &ash_action_spec, "metadata", &ash_metadata_spec },
	{ &ash_code_interface_spec, "custom_inputs", &ash_custom_input_spec },
	{ &ash_calculation_spec, "arguments", &ash_argument_spec },
};

#define LIST_OF(name) "{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/" name "\"}}"
#define ONE_OR_MORE(name)                             \
	"{\"anyOf\": [{\"$ref\": \"#/$defs/" name "\"}, " \
	"{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/" name "\"}}]}"
#define CONDITION                                  \
	"{\"anyOf\": [{\"$ref\": \"#/$defs/check\"}, " \
	"{\"type\": [\"array\", \"null\"], \"items\": {\"$ref\": \"#/$defs/check\"}}]}"
#define PATH                               \
	"{\"type\": [\"string\", \"array\"], " \
	"\"minLength\": 1, \"minItems\": 1, \"items\": {\"type\": \"string\", \"minLength\": 1}}"
#define OBJECT "{\"type\": \"object\"}"
#define STRING "{\"type\": \"string\"}"
#define STRINGS "{\"type\": \"array\", \"items\": {\"type\": \"string\"}}"
#define FUNCTION "{\"$ref\": \"#/$defs/sql_function\"}"
#define DEFAULTS                                                          \
	"{\"type\": \"array\", \"items\": {\"anyOf\": ["                      \
	"{\"enum\": [\"create\", \"read\", \"update\", \"destroy\"]}, "       \
	"{\"type\": \"object\", \"minProperties\": 1, \"maxProperties\": 1, " \
	"\"additionalProperties\": false, \"properties\": {"                  \
	"\"create\": {\"type\": [\"string\", \"array\"]}, "                   \
	"\"update\": {\"type\": [\"string\", \"array\"]}}}]}}"

/* What the owners of ASH_OPT_JSON options take; parent NULL: whoever has the option. */
static const struct
{
	const AshSpec *parent;
	const char *key;
	const char *schema;
} shapes[] = {
	{ NULL, "constraints", OBJECT },
	{ NULL, "changes", LIST_OF("change") },
	{ NULL, "validations", LIST_OF("validation") },
	{ NULL, "steps", LIST_OF("step") },
	{ NULL, "prepare", LIST_OF("preparation") },
	{ NULL, "preparations", LIST_OF("preparation") },
	{ NULL, "policies", LIST_OF("policy") },
	{ NULL, "field_policies", LIST_OF("field_policy") },
	{ NULL, "where", ONE_OR_MORE("validation") },
	{ NULL, "checks", ONE_OR_MORE("policy_check") },
	{ NULL, "manual", FUNCTION },
	{ NULL, "run", FUNCTION },
	{ &ash_policy_spec, "policy", CONDITION },
	{ &ash_policy_spec, "bypass", CONDITION },
	{ &ash_field_policy_spec, "condition", CONDITION },
	{ &ash_user_function_spec, "arguments", STRINGS },
	{ &ash_custom_index_spec, "fields", PATH },
	{ &ash_resource_spec, "default_context", OBJECT },
	{ &ash_resource_spec, "migration_defaults",
	  "{\"type\": \"object\", \"additionalProperties\": {\"type\": [\"string\", \"null\"]}}" },
	{ &ash_create_table_options_spec, "storage_parameters",
	  "{\"type\": \"object\", \"additionalProperties\": "
	  "{\"type\": [\"string\", \"number\", \"boolean\"]}}" },
	{ &ash_relationship_spec, "relationship_context", OBJECT },
	{ &ash_relationship_spec, "read_action_arguments", OBJECT },
	{ &ash_relationship_spec, "through", PATH },
	{ &ash_calculation_spec, "batch_function", STRING },
	{ &ash_aggregate_spec, "count", PATH },
	{ &ash_aggregate_spec, "exists", PATH },
	{ &ash_aggregate_spec, "first", PATH },
	{ &ash_aggregate_spec, "sum", PATH },
	{ &ash_aggregate_spec, "list", PATH },
	{ &ash_aggregate_spec, "max", PATH },
	{ &ash_aggregate_spec, "min", PATH },
	{ &ash_aggregate_spec, "avg", PATH },
	{ &ash_aggregate_spec, "custom", PATH },
};

/* Keys one of which an entry must have. */
static const struct
{
	const AshSpec *spec;
	const char *keys[11];
} needs[] = {
	{ &ash_attribute_spec, { "type", "helper" } },
	{ &ash_relationship_spec, { "belongs_to", "has_one", "has_many", "many_to_many", "kind" } },
	{ &ash_calculation_spec, { "expr", "function", "batch_function", "concat" } },
	{ &ash_aggregate_spec,
	  { "count", "exists", "first", "sum", "list", "max", "min", "avg", "custom", "kind" } },
};

/* {"$ref": …} to the definition of that name; new. */
static json_t *
reference(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/$defs/", name);
}

/* The object part of a spec's schema, borrowed: the spec may also stand for a shorthand. */
static json_t *
object_part(json_t *schema)
{
	if (json_object_get(schema, "properties") != NULL)
		return schema;
	return json_array_get(json_object_get(schema, "anyOf"), 0);
}

/* Sections of named members refer to the definition of the member. */
static void
add_sections(const AshSpec *spec, json_t *properties)
{
	int i;

	for (i = 0; i < lengthof(sections); i++)
	{
		json_t *section;

		if (sections[i].parent != spec)
			continue;
		section = json_object_get(properties, sections[i].key);
		json_object_set_new(section, "type", json_string("object"));
		json_object_set_new(section, "additionalProperties", reference(sections[i].member->name));
	}
}

/* Put what is known of an option beside its kind into schema, the option's. */
static void
add_shape(const AshSpec *spec, const char *key, json_t *schema)
{
	int i;

	for (i = 0; i < lengthof(shapes); i++)
	{
		json_t *shape;

		if (strcmp(shapes[i].key, key) != 0 ||
			(shapes[i].parent != NULL && shapes[i].parent != spec))
			continue;
		shape = json_loads(shapes[i].schema, 0, NULL);
		json_object_update(schema, shape);
		json_decref(shape);
	}
}

/* Entities within entities are described once, by their own definition. */
static void
add_nested(const AshOpt *option, json_t *schema)
{
	json_t *nested = reference(option->fields->name);

	if (option->kind == ASH_OPT_LIST)
		nested =
			json_pack("{s:[O, {s:s, s:o}]}", "anyOf", nested, "type", "array", "items", nested);
	json_object_del(schema, "anyOf");
	json_object_del(schema, "type");
	json_object_del(schema, "properties");
	json_object_del(schema, "required");
	json_object_del(schema, "additionalProperties");
	json_object_update(schema, nested);
	json_decref(nested);
}

/* Complete the schemas of all options of the spec, the members of properties. */
static void
add_shapes(const AshSpec *spec, json_t *properties)
{
	const AshOpt *option;

	for (option = spec->options; option->name != NULL; option++)
	{
		json_t *schema = json_object_get(properties, option->name);

		if (option->kind == ASH_OPT_JSON)
			add_shape(spec, option->name, schema);
		else if (option->fields != NULL && ash_entity_spec(option->fields->name) == option->fields)
			add_nested(option, schema);
	}
}

/* "anyOf" for keys one of which an entry must have. */
static void
add_needs(const AshSpec *spec, json_t *object)
{
	int i;
	int k;

	for (i = 0; i < lengthof(needs); i++)
	{
		json_t *any;

		if (needs[i].spec != spec)
			continue;
		any = json_array();
		for (k = 0; needs[i].keys[k] != NULL; k++)
			json_array_append_new(any, json_pack("{s:[s]}", "required", needs[i].keys[k]));
		json_object_set_new(object, "anyOf", any);
	}
}

/* An entity's schema, new, its parts referring to the definitions of what stands in them. */
json_t *
ash_schema_entity(const AshSpec *spec)
{
	json_t *schema = ash_spec_schema(spec);
	json_t *object = object_part(schema);
	json_t *properties = json_object_get(object, "properties");

	add_sections(spec, properties);
	add_shapes(spec, properties);
	add_needs(spec, object);
	ash_schema_kinds(spec, object);
	if (object != schema)
		add_shape(spec, spec->shorthand, json_array_get(json_object_get(schema, "anyOf"), 1));
	return schema;
}

/* "actions" holds the list of default actions beside the actions. */
static void
add_default_actions(json_t *defs)
{
	json_t *resource = json_object_get(defs, "resource");
	json_t *actions = json_object_get(json_object_get(resource, "properties"), "actions");

	json_object_set_new(actions, "properties",
						json_pack("{s:o}", "defaults", json_loads(DEFAULTS, 0, NULL)));
}

/*
 * Indented JSON text in CurrentMemoryContext. jansson raises nothing; the tree is owned by
 * that context from the start.
 */
char *
ash_definition_schema_text(void)
{
	json_t *schema = ash_json_own(CurrentMemoryContext, ash_json_object());
	json_t *defs = ash_json_object();
	const AshSpec *const *spec;

	ash_json_set(schema, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	ash_json_set(schema, "title", json_string("ash definition document"));
	ash_json_set(schema, "anyOf",
				 json_pack("[o, {s:s, s:o}]", reference("domain"), "type", "array", "items",
						   reference("domain")));
	ash_json_set(schema, "$defs", defs);
	for (spec = ash_entity_specs(); *spec != NULL; spec++)
		ash_json_set(defs, (*spec)->name, ash_schema_entity(*spec));
	add_default_actions(defs);
	ash_schema_add_builtins(defs);
	return ash_json_dump(schema, true);
}
