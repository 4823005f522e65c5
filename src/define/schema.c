/*-------------------------------------------------------------------------
 *
 * src/define/schema.c
 *	  The JSON Schema (2020-12) of a definition document, for editors.
 *
 * Made from the option schemas.  Sections of named members, which the specs only
 * know as JSON, are filled in here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/internal.h"

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
	{ &ash_action_spec, "arguments", &ash_argument_spec },
	{ &ash_action_spec, "metadata", &ash_metadata_spec },
	{ &ash_code_interface_spec, "custom_inputs", &ash_custom_input_spec },
	{ &ash_calculation_spec, "arguments", &ash_argument_spec },
};

static json_t *
reference(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/$defs/", name);
}

/* The object part of a spec's schema: the spec may also stand for a shorthand. */
static json_t *
properties_of(json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties");

	if (properties != NULL)
		return properties;
	return json_object_get(json_array_get(json_object_get(schema, "anyOf"), 0), "properties");
}

/* An entity's schema, its sections referring to the definitions of their members. */
static json_t *
entity_schema(const AshSpec *spec)
{
	json_t *schema = ash_spec_schema(spec);
	json_t *properties = properties_of(schema);
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
	return schema;
}

/* "actions" holds the list of default actions beside the actions. */
static void
add_default_actions(json_t *defs)
{
	json_t *resource = json_object_get(defs, "resource");
	json_t *actions = json_object_get(properties_of(resource), "actions");

	json_object_set_new(actions, "properties", json_pack("{s:{s:s}}", "defaults", "type", "array"));
}

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
		ash_json_set(defs, (*spec)->name, entity_schema(*spec));
	add_default_actions(defs);
	return ash_json_dump(schema, true);
}
