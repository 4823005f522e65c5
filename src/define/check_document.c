/*-------------------------------------------------------------------------
 *
 * src/define/check_document.c
 *	  Checks a domain document as it was written.
 *
 * Kinds, names and combinations of options: what can be said without knowing
 * any other resource.  The rest is found by compiling (verify.c).  All faults are
 * added; a node that is wrong is not looked into any further.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "define/check_document.h"
#include "miscadmin.h"
#include "model/aggregate.h"
#include "model/relationship.h"

/*
 * The index of the kind of node: the only one of kinds that is a key of it, or the value of
 * its "kind". -1 after adding an error when there is none or more than one.
 */
static int
only_kind(const char *const *kinds, json_t *node, const char *what, AshErrors *errors)
{
	json_t *kind = json_object_get(node, "kind");
	StringInfoData all;
	int found = -1;
	int count = 0;
	int i;

	for (i = 0; kinds[i] != NULL; i++)
	{
		if (json_object_get(node, kinds[i]) == NULL &&
			!(kind != NULL && strcmp(json_string_value(kind), kinds[i]) == 0))
			continue;
		found = i;
		count++;
	}
	if (count == 1)
		return found;
	initStringInfo(&all);
	for (i = 0; kinds[i] != NULL; i++)
		appendStringInfo(&all, "%s%s", i > 0 ? ", " : "", kinds[i]);
	ash_error_definition(errors, NULL, "%s %s %s", what,
						 count == 0 ? "needs one of" : "takes only one of", all.data);
	return -1;
}

/*-------------------------------------------------------------------------
 * Members of sections
 *-------------------------------------------------------------------------
 */

/* A type of an argument or result of a function that the domain registers. */
static void
check_function_type(json_t *name, AshErrors *errors)
{
	if (!json_is_string(name))
		ash_error_definition(errors, NULL, "expected a type, got %s", ash_json_kind(name));
	else
		ash_type_compile(json_string_value(name), NULL, errors);
}

/*
 * An entry of "functions" of a domain that passed its spec: a qualified name, and types
 * that exist.
 */
static void
check_function(json_t *node, AshErrors *errors)
{
	json_t *arguments = json_object_get(node, "arguments");
	size_t i;
	json_t *item;

	if (strchr(json_string_value(json_object_get(node, "function")), '.') == NULL)
		ash_error_definition(errors, "function", "a SQL function is named \"schema.name\"");
	if (arguments != NULL && !json_is_array(arguments))
		ash_error_definition(errors, "arguments", "expected a list of types");
	ash_errors_push_name(errors, "arguments");
	json_array_foreach (arguments, i, item)
	{
		ash_errors_push_index(errors, (int) i);
		check_function_type(item, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
	ash_errors_push_name(errors, "returns");
	check_function_type(json_object_get(node, "returns"), errors);
	ash_errors_pop(errors);
}

/* A helper, as "uuid_primary_key", stands for a type. */
static void
check_attribute(json_t *node, AshErrors *errors)
{
	if (json_object_get(node, "type") == NULL && json_object_get(node, "helper") == NULL)
		ash_check_missing(errors, NULL, "type",
						  "a type, as \"string\", or write a helper, as \"uuid_primary_key\"");
}

/* True for "resource" and "domain.resource". */
static bool
is_resource_name(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot == NULL || (dot != name && dot[1] != '\0' && strchr(dot + 1, '.') == NULL);
}

/* True for a name, possibly with dots, or a list of at least one name. */
static bool
is_path(json_t *node)
{
	size_t i;
	json_t *item;

	if (json_is_string(node))
		return json_string_length(node) > 0;
	json_array_foreach (node, i, item)
	{
		if (!json_is_string(item) || json_string_length(item) == 0)
			return false;
	}
	return json_array_size(node) > 0;
}

/*
 * How the rows of a relationship of that kind are tied together other than by attributes:
 * "through" is a resource for many_to_many and a path for the others; "manual" is a
 * function and excludes it.
 */
static void
check_ties(json_t *node, int kind, AshErrors *errors)
{
	json_t *through = json_object_get(node, "through");
	json_t *manual = json_object_get(node, "manual");

	if (kind == ASH_REL_MANY_TO_MANY && through == NULL)
		ash_check_missing(errors, NULL, "through",
						  "the resource between the two, as \"shop.order_item\"");
	else if (kind == ASH_REL_MANY_TO_MANY &&
			 (!json_is_string(through) || !is_resource_name(json_string_value(through))))
		ash_error_definition(errors, "through", "expected a resource, as \"domain.resource\"");
	else if (through != NULL && !is_path(through))
		ash_error_definition(errors, "through", "expected a path of relationships");
	if (manual == NULL)
		return;
	if (through != NULL)
		ash_error_definition(errors, "manual", "either \"through\" or \"manual\" relates the rows");
	ash_errors_push_name(errors, "manual");
	ash_spec_check(&ash_function_spec, manual, NULL, errors);
	ash_errors_pop(errors);
}

/* An object, or nothing, must stand under key. */
static void
check_object(json_t *node, const char *key, AshErrors *errors)
{
	json_t *object = json_object_get(node, key);

	if (object != NULL && !json_is_object(object))
		ash_error_definition(errors, key, "expected an object, got %s", ash_json_kind(object));
}

/*
 * A relationship that passed its spec: exactly one kind, a destination, options of that
 * kind. Whether the names in it exist is verified after compiling (verify_relationships.c).
 */
static void
check_relationship(json_t *node, AshErrors *errors)
{
	int kind = only_kind(ash_relationship_kinds, node, "a relationship", errors);
	const char *destination;

	if (kind < 0)
		return;
	destination = json_string_value(json_object_get(node, ash_relationship_kinds[kind]));
	if (destination == NULL)
		destination = json_string_value(json_object_get(node, "destination"));
	if (destination == NULL)
		ash_check_missing(errors, NULL, "destination", "the other resource, as \"shop.order\"");
	else if (!is_resource_name(destination))
		ash_error_definition(errors, NULL, "a resource is named \"domain.resource\"");
	ash_check_applies(&ash_relationship_spec, node, kind,
					  psprintf("a %s", ash_relationship_kinds[kind]), errors);
	if (destination != NULL && strchr(destination, '.') != NULL &&
		json_object_get(node, "domain") != NULL)
		ash_error_definition(errors, "domain", "the destination is named with its domain already");
	check_ties(node, kind, errors);
	check_object(node, "relationship_context", errors);
	check_object(node, "read_action_arguments", errors);
}

/* "concat" of a calculation: a list of fields, or {"keys", "separator"}. */
static void
check_concat(json_t *concat, AshErrors *errors)
{
	static const AshOpt options[] = {
		ASH_OPTION_CHECKED("keys", NAMES, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY),
		ASH_OPTION_CHECKED("separator", STRING, .dflt = "\"\""),
		ASH_OPT_END,
	};
	static const AshSpec spec = ASH_SPEC_CHECKED("concat", options, .shorthand = "keys");

	ash_errors_push_name(errors, "concat");
	ash_spec_check(&spec, concat, NULL, errors);
	ash_errors_pop(errors);
}

/* "public" is an option of the arguments of actions alone. */
static void
check_calculation_argument(json_t *node, AshErrors *errors)
{
	if (json_object_get(node, "public") != NULL)
		ash_error_definition(errors, "public", "whoever loads a calculation gives its arguments");
}

/*
 * A calculation that passed its spec: exactly one way to compute it, except that an
 * expression may stand beside "batch_function".
 */
static void
check_calculation(json_t *node, AshErrors *errors)
{
	bool batch = json_object_get(node, "batch_function") != NULL;
	int ways = (json_object_get(node, "expr") != NULL) +
			   (json_object_get(node, "function") != NULL) +
			   (json_object_get(node, "concat") != NULL);

	if (batch ? ways > 1 || json_object_get(node, "function") != NULL : ways != 1)
		ash_error_definition(
			errors, NULL,
			"a calculation needs one of expr, concat, function, batch_function; an expression may "
			"stand beside batch_function");
	if (batch && !json_is_string(json_object_get(node, "batch_function")))
		ash_error_definition(errors, "batch_function", "expected the name of a SQL function");
	if (!batch && json_object_get(node, "load") != NULL)
		ash_error_definition(errors, "load", "only the records of \"batch_function\" are loaded");
	if (json_object_get(node, "concat") != NULL)
		check_concat(json_object_get(node, "concat"), errors);
	ash_check_section(node, "arguments", &ash_argument_spec, check_calculation_argument, errors);
}

/*
 * An aggregate that passed its spec: exactly one kind with a path, the options of that
 * kind, and the keys that it requires.
 */
static void
check_aggregate(json_t *node, AshErrors *errors)
{
	int kind = only_kind(ash_aggregate_kinds, node, "an aggregate", errors);
	json_t *path;

	if (kind < 0)
		return;
	path = json_object_get(node, ash_aggregate_kinds[kind]);
	if (path == NULL)
		path = json_object_get(node, "path");
	if (path == NULL || !is_path(path))
		ash_error_definition(errors, ash_aggregate_kinds[kind], "expected a path of relationships");
	ash_check_applies(&ash_aggregate_spec, node, kind,
					  psprintf("the aggregate \"%s\"", ash_aggregate_kinds[kind]), errors);
	if (json_object_get(node, "field") == NULL && kind != ASH_AGG_COUNT && kind != ASH_AGG_EXISTS &&
		kind != ASH_AGG_CUSTOM)
		ash_check_missing(errors, NULL, "field",
						  "the attribute, calculation or aggregate whose values are taken");
	if (kind == ASH_AGG_CUSTOM &&
		(json_object_get(node, "implementation") == NULL || json_object_get(node, "type") == NULL))
		ash_error_definition(errors, NULL, "the keys \"implementation\" and \"type\" are required");
}

/* An entry of "code_interface": the section of its own inputs. */
static void
check_interface(json_t *node, AshErrors *errors)
{
	ash_check_section(node, "custom_inputs", &ash_custom_input_spec, NULL, errors);
}

/*-------------------------------------------------------------------------
 * Resources and domains
 *-------------------------------------------------------------------------
 */

/* Keys that records carry about themselves, and those of filters. */
static const char *const reserved_fields[] = { "_keyset",	"_tenant",	  "_upsert_skipped",
											   "_metadata", "_forbidden", "and",
											   "or",		"not" };

/*
 * Names of fields are keys of one record, so they are unique across the four sections; the
 * error stands at all but the attribute. Names that records or filters use are refused.
 */
static void
check_field_name(json_t *resource, const char *section, const char *name, AshErrors *errors)
{
	static const char *const sections[] = { "attributes", "relationships", "calculations",
											"aggregates" };
	int count = 0;
	int i;

	for (i = 0; i < lengthof(sections); i++)
		count += json_object_get(json_object_get(resource, sections[i]), name) != NULL;
	if (count > 1 && strcmp(section, "attributes") != 0)
		ash_error_definition(
			errors, NULL,
			"there are %d attributes, relationships, calculations and aggregates named "
			"\"%s\"",
			count, name);
	for (i = 0; i < lengthof(reserved_fields); i++)
	{
		if (strcmp(reserved_fields[i], name) == 0)
			ash_error_definition(errors, NULL, "the name \"%s\" is reserved", name)->hint =
				"Records or filters use it as a key.  An attribute may keep it as the name of its "
				"column, with \"source\".";
	}
}

/* Check the name of each member of a section; a relationship is a step of dotted paths. */
static void
check_field_names(json_t *resource, const char *section, AshErrors *errors)
{
	const char *name;
	json_t *member;

	ash_errors_push_name(errors, section);
	json_object_foreach (json_object_get(resource, section), name, member)
	{
		ash_errors_push_name(errors, name);
		check_field_name(resource, section, name, errors);
		if (strcmp(section, "relationships") == 0 && strchr(name, '.') != NULL)
			ash_error_definition(errors, NULL, "the name of a relationship must not contain a dot");
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* "multitenancy": the strategy "none" stands alone, any other needs an attribute. */
static void
check_tenancy(json_t *resource, AshErrors *errors)
{
	json_t *tenancy = json_object_get(resource, "multitenancy");
	const char *strategy = json_string_value(json_object_get(tenancy, "strategy"));

	if (strategy != NULL && strcmp(strategy, "none") == 0)
	{
		if (json_object_size(tenancy) > 1)
			ash_error_definition(errors, "multitenancy",
								 "the strategy \"none\" takes no other option");
		return;
	}
	if (tenancy != NULL && json_object_get(tenancy, "attribute") == NULL)
		ash_check_missing(errors, "multitenancy", "attribute",
						  "the attribute that holds the tenant");
}

/* True if name is names itself or, when that is a list, one of its strings. */
static bool
lists_name(json_t *names, const char *name)
{
	size_t i;
	json_t *item;

	if (json_is_string(names))
		return strcmp(json_string_value(names), name) == 0;
	json_array_foreach (names, i, item)
	{
		if (json_is_string(item) && strcmp(json_string_value(item), name) == 0)
			return true;
	}
	return false;
}

/*
 * "changes" of the resource: a list, whose entries are not for actions that change no
 * record.
 */
static void
check_changes(json_t *resource, AshErrors *errors)
{
	size_t i;
	json_t *change;

	ash_check_is_list(resource, "changes", errors);
	ash_errors_push_name(errors, "changes");
	json_array_foreach (json_object_get(resource, "changes"), i, change)
	{
		json_t *on = json_object_get(change, "on");

		ash_errors_push_index(errors, (int) i);
		if (lists_name(on, "read") || lists_name(on, "action"))
			ash_error_definition(errors, "on", "changes are for create, update and destroy");
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/*
 * The sections of a resource. Done even where its own keys have errors: a section does not
 * depend on them.
 */
static void
check_resource(json_t *node, AshErrors *errors)
{
	ash_check_section(node, "attributes", &ash_attribute_spec, check_attribute, errors);
	ash_check_section(node, "relationships", &ash_relationship_spec, check_relationship, errors);
	ash_check_section(node, "identities", &ash_identity_spec, NULL, errors);
	ash_check_section(node, "calculations", &ash_calculation_spec, check_calculation, errors);
	ash_check_section(node, "aggregates", &ash_aggregate_spec, check_aggregate, errors);
	ash_check_section(node, "code_interface", &ash_code_interface_spec, check_interface, errors);
	ash_check_section(node, "check_constraints", &ash_check_constraint_spec, NULL, errors);
	ash_check_section(node, "custom_statements", &ash_custom_statement_spec, NULL, errors);
	ash_check_section(node, "unique_index_names", &ash_named_constraint_spec, NULL, errors);
	ash_check_section(node, "exclusion_constraint_names", &ash_named_constraint_spec, NULL, errors);
	ash_check_section(node, "foreign_key_names", &ash_named_constraint_spec, NULL, errors);
	check_object(node, "migration_defaults", errors);
	check_object(json_object_get(node, "create_table_options"), "storage_parameters", errors);
	ash_check_actions(node, errors);
	check_changes(node, errors);
	ash_check_is_list(node, "validations", errors);
	ash_check_is_list(node, "preparations", errors);
	ash_check_is_list(node, "policies", errors);
	ash_check_is_list(node, "field_policies", errors);
	check_field_names(node, "attributes", errors);
	check_field_names(node, "relationships", errors);
	check_field_names(node, "calculations", errors);
	check_field_names(node, "aggregates", errors);
	check_tenancy(node, errors);
	check_object(node, "default_context", errors);
	ash_check_applies(&ash_resource_spec, node, json_is_true(json_object_get(node, "embedded")),
					  "the resource", errors);
}

/* Each resource of a domain: its name, its keys and its sections. */
static void
check_resources(json_t *domain, AshErrors *errors)
{
	json_t *resources = json_object_get(domain, "resources");
	const char *name;
	json_t *node;

	if (resources != NULL && !json_is_object(resources))
	{
		ash_check_wrong_shape(errors, "resources", "an object", resources);
		return;
	}
	ash_errors_push_name(errors, "resources");
	json_object_foreach (resources, name, node)
	{
		ash_errors_push_name(errors, name);
		if (strchr(name, '.') != NULL)
			ash_error_definition(errors, NULL, "the name of a resource must not contain a dot");
		ash_spec_check_name(name, errors);
		ash_spec_check(&ash_resource_spec, node, NULL, errors);
		if (json_is_object(node))
			check_resource(node, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/*
 * Add all errors of one domain document that can be found without looking at any other
 * resource; errors->path is the place of the document.
 */
void
ash_define_check(json_t *domain, AshErrors *errors)
{
	const char *name;

	ash_spec_check(&ash_domain_spec, domain, NULL, errors);
	if (!json_is_object(domain))
		return;
	name = json_string_value(json_object_get(domain, "domain"));
	if (name != NULL && strchr(name, '.') != NULL)
		ash_error_definition(errors, "domain", "the name of a domain must not contain a dot");
	ash_check_section(domain, "types", &ash_user_type_spec, NULL, errors);
	ash_check_section(domain, "functions", &ash_user_function_spec, check_function, errors);
	ash_check_is_list(domain, "policies", errors);
	check_resources(domain, errors);
}
