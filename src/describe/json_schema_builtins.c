/*-------------------------------------------------------------------------
 *
 * src/describe/json_schema_builtins.c
 *	  JSON Schema of what names a built-in: changes, validations, preparations,
 *	  policies and their checks.
 *
 * An entry is an object with the name of a built-in as a key, beside common
 * options, or the name alone.  The names and their options are the registries'.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action.h"
#include "call/app_function.h"
#include "describe/json_schema.h"
#include "policy/policy.h"

/* The entries of one kind while they are collected. */
typedef struct Entries
{
	json_t *object; /* the schema of an entry as an object */
	json_t *names;	/* of the built-ins that can stand alone */
	bool beside;	/* options of a built-in may stand beside its name */
} Entries;

/* True if an option of the spec is required, so that the name cannot stand alone. */
static bool
has_required(const AshSpec *spec)
{
	const AshOpt *option;

	for (option = spec->options; option->name != NULL; option++)
	{
		if (option->flags & ASH_OPT_REQUIRED)
			return true;
	}
	return false;
}

/*
 * The schema, new, of what stands under the name of a built-in: its options, or the one
 * option payload. true and null are allowed where nothing has to be said.
 */
static json_t *
given_schema(const AshSpec *spec, const char *payload, bool beside)
{
	json_t *schema;

	if (payload != NULL)
		schema = ash_spec_option_schema(ash_spec_option(spec, payload));
	else
		schema = ash_schema_entity(spec);
	if (payload != NULL ? !beside : has_required(spec))
		return schema;
	return json_pack("{s:[o, {s:[b, n]}]}", "anyOf", schema, "enum", true);
}

/*
 * Add a built-in to the entries: as a property, and as a name that may stand alone when no
 * option is required. doc NULL: no description.
 */
static void
add_builtin(Entries *entries, const char *name, const AshSpec *spec, const char *payload,
			const char *doc)
{
	json_t *properties = json_object_get(entries->object, "properties");
	bool function = !entries->beside && strcmp(name, "function") == 0;
	json_t *schema = given_schema(spec, function ? name : payload, entries->beside);
	const AshOpt *option;

	if (doc != NULL)
		json_object_set_new(schema, "description", json_string(doc));
	json_object_set_new(properties, name, schema);
	if (function)
		json_object_set_new(properties, "options", ash_json_object());
	if (!has_required(spec))
		json_array_append_new(entries->names, json_string(name));
	for (option = spec->options; entries->beside && option->name != NULL; option++)
	{
		if (json_object_get(properties, option->name) == NULL)
			json_object_set_new(properties, option->name, ash_json_object());
	}
}

#define ADD_REGISTRY(entries, type, registry)                                       \
	do                                                                              \
	{                                                                               \
		int count_;                                                                 \
		const type *defs_ = registry(&count_);                                      \
		int i_;                                                                     \
                                                                                    \
		for (i_ = 0; i_ < count_; i_++)                                             \
			add_builtin(entries, defs_[i_].name, defs_[i_].spec, defs_[i_].payload, \
						defs_[i_].doc);                                             \
	} while (0)

/* Start with the properties of common (NULL: none), which stand beside the name. */
static void
begin_entries(Entries *entries, const AshSpec *common, bool beside)
{
	entries->object = common != NULL ? ash_schema_entity(common) :
									   json_pack("{s:s, s:{}, s:b}", "type", "object", "properties",
												 "additionalProperties", false);
	entries->names = json_array();
	entries->beside = beside;
}

/* An entry as an object or a name alone; takes over what was collected. */
static json_t *
object_or_name(Entries *entries)
{
	return json_pack("{s:[o, {s:o}]}", "anyOf", entries->object, "enum", entries->names);
}

/* One of two definitions; new. */
static json_t *
either(const char *one, const char *other)
{
	return json_pack("{s:[{s:s+}, {s:s+}]}", "anyOf", "$ref", "#/$defs/", one, "$ref", "#/$defs/",
					 other);
}

/* Changes, validations, steps (either) and preparations, which take validations as well. */
static void
add_steps(json_t *defs)
{
	Entries entries;

	begin_entries(&entries, &ash_step_spec, false);
	ADD_REGISTRY(&entries, AshChangeDef, ash_changes);
	ash_json_set(defs, "change", object_or_name(&entries));
	begin_entries(&entries, &ash_step_spec, false);
	ADD_REGISTRY(&entries, AshValidationDef, ash_validations);
	ash_json_set(defs, "validation", object_or_name(&entries));
	ash_json_set(defs, "step", either("change", "validation"));
	begin_entries(&entries, &ash_preparation_common_spec, false);
	ADD_REGISTRY(&entries, AshPreparationDef, ash_preparations);
	json_decref(entries.names);
	ash_json_set(defs, "preparation",
				 json_pack("{s:s, s:[o, {s:s}]}", "type", "object", "anyOf", entries.object, "$ref",
						   "#/$defs/validation"));
}

/* An effect, with a check, beside the options of the entry; new. */
static json_t *
policy_check_schema(void)
{
	json_t *schema = ash_schema_entity(&ash_policy_check_spec);
	json_t *any = json_array();
	const char *const *effect;

	for (effect = ash_check_effects; *effect != NULL; effect++)
	{
		json_object_set_new(json_object_get(schema, "properties"), *effect,
							json_pack("{s:s}", "$ref", "#/$defs/check"));
		json_array_append_new(any, json_pack("{s:[s]}", "required", *effect));
	}
	json_object_set_new(schema, "anyOf", any);
	return schema;
}

#define GROUP                                                                           \
	"{\"required\": [\"policies\"], \"additionalProperties\": false, \"properties\": {" \
	"\"policy_group\": {}, "                                                            \
	"\"policies\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/policy\"}}}}"

/* A policy, or a group of policies, which has keys of its own; new. */
static json_t *
policy_schema(void)
{
	json_t *group = json_loads(GROUP, 0, NULL);

	return json_pack("{s:s, s:{s:[s]}, s:o, s:o}", "type", "object", "if", "required",
					 "policy_group", "then", group, "else", ash_schema_entity(&ash_policy_spec));
}

/* Checks, entries of "checks", policies and field policies. */
static void
add_policies(json_t *defs)
{
	Entries entries;

	begin_entries(&entries, NULL, true);
	ADD_REGISTRY(&entries, AshCheckDef, ash_checks);
	ash_json_set(defs, "check", object_or_name(&entries));
	ash_json_set(defs, "policy_check", policy_check_schema());
	ash_json_set(defs, "policy", policy_schema());
	ash_json_set(defs, "field_policy", ash_schema_entity(&ash_field_policy_spec));
}

/* The definitions that the entities' schemas refer to. */
void
ash_schema_add_builtins(json_t *defs)
{
	ash_json_set(defs, "sql_function", ash_spec_schema(&ash_function_spec));
	add_steps(defs);
	add_policies(defs);
}
