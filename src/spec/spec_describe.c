/*-------------------------------------------------------------------------
 *
 * src/spec/spec_describe.c
 *	  Option schemas as JSON Schema, and as a list of options for ash_builtins()
 *	  and the reference documentation.
 *
 * The results are jansson trees that the caller owns.  Specs contain each other but
 * are never recursive, so nested ones are written out in place.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "spec/spec.h"

/* What the reference calls a kind. */
static const char *
kind_name(AshOptKind kind)
{
	switch (kind)
	{
		case ASH_OPT_BOOL:
			return "boolean";
		case ASH_OPT_INT:
			return "integer";
		case ASH_OPT_NUMBER:
			return "number";
		case ASH_OPT_STRING:
			return "string";
		case ASH_OPT_NAME:
			return "name";
		case ASH_OPT_ENUM:
			return "choice";
		case ASH_OPT_NAMES:
			return "names";
		case ASH_OPT_VALUE:
			return "value";
		case ASH_OPT_EXPR:
			return "expression";
		case ASH_OPT_JSON:
			return "json";
		case ASH_OPT_OBJECT:
			return "object";
		case ASH_OPT_LIST:
			return "list";
	}
	return NULL;
}

static json_t *
typed(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

static json_t *
name_schema(void)
{
	return json_pack("{s:s, s:i, s:i}", "type", "string", "minLength", 1, "maxLength",
					 NAMEDATALEN - 1);
}

/* {"anyOf": [one, {"type": "array", "items": one}]}; takes the reference to one. */
static json_t *
one_or_many(json_t *one)
{
	return json_pack("{s:[o, {s:s, s:O}]}", "anyOf", one, "type", "array", "items", one);
}

/* A name, or a list of different ones. */
static json_t *
names_schema(const AshOpt *opt)
{
	json_t *schema = one_or_many(name_schema());
	json_t *list = json_array_get(json_object_get(schema, "anyOf"), 1);

	json_object_set_new(list, "uniqueItems", json_true());
	if (opt->flags & ASH_OPT_NONEMPTY)
		json_object_set_new(list, "minItems", json_integer(1));
	return schema;
}

/* An "enum", in which the choices "true" and "false" are booleans. */
static json_t *
choices_schema(const char *const *choices)
{
	json_t *values = json_array();

	for (; *choices != NULL; choices++)
	{
		if (strcmp(*choices, "true") == 0 || strcmp(*choices, "false") == 0)
			json_array_append_new(values, json_boolean((*choices)[0] == 't'));
		else
			json_array_append_new(values, json_string(*choices));
	}
	return json_pack("{s:o}", "enum", values);
}

/* Also for expressions: their syntax cannot be described. */
static json_t *
string_schema(const AshOpt *opt)
{
	json_t *schema;

	if (opt->choices != NULL)
		return choices_schema(opt->choices);
	schema = typed("string");
	if (opt->kind == ASH_OPT_EXPR || (opt->flags & ASH_OPT_NONEMPTY))
		json_object_set_new(schema, "minLength", json_integer(1));
	return schema;
}

static json_t *
integer_schema(const AshOpt *opt)
{
	json_t *schema = typed("integer");

	if (opt->flags & ASH_OPT_COUNT)
		json_object_set_new(schema, "minimum", json_integer(0));
	return schema;
}

/* What may be anything has the empty schema. */
json_t *
ash_spec_option_schema(const AshOpt *opt)
{
	switch (opt->kind)
	{
		case ASH_OPT_BOOL:
			return typed("boolean");
		case ASH_OPT_INT:
			return integer_schema(opt);
		case ASH_OPT_NUMBER:
			return json_pack("{s:[s,s]}", "type", "number", "string");
		case ASH_OPT_STRING:
		case ASH_OPT_EXPR:
			return string_schema(opt);
		case ASH_OPT_NAME:
			return name_schema();
		case ASH_OPT_ENUM:
			return choices_schema(opt->choices);
		case ASH_OPT_NAMES:
			return names_schema(opt);
		case ASH_OPT_OBJECT:
			return ash_spec_schema(opt->fields);
		case ASH_OPT_LIST:
			return one_or_many(ash_spec_schema(opt->fields));
		case ASH_OPT_VALUE:
		case ASH_OPT_JSON:
			break;
	}
	return ash_json_object();
}

/* The long form of the node. */
static json_t *
object_schema(const AshSpec *spec)
{
	json_t *properties = ash_json_object();
	json_t *required = json_array();
	const AshOpt *opt;

	for (opt = spec->options; opt->name != NULL; opt++)
	{
		json_t *schema = ash_spec_option_schema(opt);

		if (opt->doc != NULL)
			json_object_set_new(schema, "description", json_string(opt->doc));
		if (opt->dflt != NULL)
			json_object_set_new(schema, "default", json_loads(opt->dflt, JSON_DECODE_ANY, NULL));
		json_object_set_new(properties, opt->name, schema);
		if (opt->flags & ASH_OPT_REQUIRED)
			json_array_append_new(required, json_string(opt->name));
	}
	return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required",
					 required, "additionalProperties", false);
}

/* With a shorthand, either the object or what the shorthand option takes. */
json_t *
ash_spec_schema(const AshSpec *spec)
{
	json_t *schema;

	check_stack_depth();
	schema = object_schema(spec);
	if (spec->shorthand != NULL)
		schema = json_pack("{s:[o, o]}", "anyOf", schema,
						   ash_spec_option_schema(ash_spec_option(spec, spec->shorthand)));
	if (spec->doc != NULL)
		json_object_set_new(schema, "description", json_string(spec->doc));
	return schema;
}

/*
 * {"name", "type", "required"}, then "default", "choices", "fields" and "doc" where there are
 * any.
 */
static json_t *
describe_option(const AshOpt *opt)
{
	json_t *option = json_pack("{s:s, s:s, s:b}", "name", opt->name, "type", kind_name(opt->kind),
							   "required", (opt->flags & ASH_OPT_REQUIRED) != 0);

	if (opt->dflt != NULL)
		json_object_set_new(option, "default", json_loads(opt->dflt, JSON_DECODE_ANY, NULL));
	if (opt->choices != NULL)
	{
		json_t *schema = choices_schema(opt->choices);

		json_object_set(option, "choices", json_object_get(schema, "enum"));
		json_decref(schema);
	}
	if (opt->fields != NULL)
		json_object_set_new(option, "fields", ash_spec_describe(opt->fields));
	if (opt->doc != NULL)
		json_object_set_new(option, "doc", json_string(opt->doc));
	return option;
}

/* Nested specs are described in full, under "fields". */
json_t *
ash_spec_describe(const AshSpec *spec)
{
	json_t *options = json_array();
	const AshOpt *opt;

	check_stack_depth();
	for (opt = spec->options; opt->name != NULL; opt++)
		json_array_append_new(options, describe_option(opt));
	return options;
}
