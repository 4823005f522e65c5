/*-------------------------------------------------------------------------
 *
 * src/define/check.c
 *	  Is a domain document, as it was written, a document at all?
 *
 * Kinds, names and combinations of options: what can be said without knowing
 * any other resource.  The rest is found by compiling (verify.c).  All faults are
 * added; a node that is wrong is not looked into any further.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/internal.h"
#include "miscadmin.h"

/* An option that only some kinds of an entity take. */
typedef struct Applies
{
	const char *option;
	uint32 kinds; /* bits by index of the kind */
} Applies;

#define BIT(n) (1u << (n))

#define TO_ONE (BIT(ASH_REL_BELONGS_TO) | BIT(ASH_REL_HAS_ONE))
#define HAS (BIT(ASH_REL_HAS_ONE) | BIT(ASH_REL_HAS_MANY))
#define MANY (BIT(ASH_REL_HAS_MANY) | BIT(ASH_REL_MANY_TO_MANY))

static const Applies relationship_applies[] = {
	{ "allow_nil", TO_ONE },
	{ "primary_key", BIT(ASH_REL_BELONGS_TO) },
	{ "define_attribute", BIT(ASH_REL_BELONGS_TO) },
	{ "attribute_type", BIT(ASH_REL_BELONGS_TO) },
	{ "attribute_writable", BIT(ASH_REL_BELONGS_TO) },
	{ "attribute_public", BIT(ASH_REL_BELONGS_TO) },
	{ "attribute_always_select", BIT(ASH_REL_BELONGS_TO) },
	{ "references", BIT(ASH_REL_BELONGS_TO) },
	{ "no_attributes", HAS },
	{ "from_many", BIT(ASH_REL_HAS_ONE) },
	{ "limit", MANY },
	{ "offset", MANY },
	{ "through", BIT(ASH_REL_MANY_TO_MANY) },
	{ "join_relationship", BIT(ASH_REL_MANY_TO_MANY) },
	{ "source_attribute_on_join_resource", BIT(ASH_REL_MANY_TO_MANY) },
	{ "destination_attribute_on_join_resource", BIT(ASH_REL_MANY_TO_MANY) },
	{ NULL, 0 },
};

#define ORDERED (BIT(ASH_AGG_FIRST) | BIT(ASH_AGG_LIST) | BIT(ASH_AGG_CUSTOM))
#define CUSTOM BIT(ASH_AGG_CUSTOM)

static const Applies aggregate_applies[] = {
	{ "field", ~BIT(ASH_AGG_EXISTS) },
	{ "sort", ORDERED },
	{ "include_nil", BIT(ASH_AGG_FIRST) | BIT(ASH_AGG_LIST) },
	{ "uniq", BIT(ASH_AGG_COUNT) | BIT(ASH_AGG_LIST) },
	{ "type", CUSTOM },
	{ "constraints", CUSTOM },
	{ "implementation", CUSTOM },
	{ NULL, 0 },
};

#define CREATE BIT(ASH_ACTION_CREATE)
#define READ BIT(ASH_ACTION_READ)
#define UPDATE BIT(ASH_ACTION_UPDATE)
#define DESTROY BIT(ASH_ACTION_DESTROY)
#define GENERIC BIT(ASH_ACTION_GENERIC)
#define WRITE (CREATE | UPDATE | DESTROY)

static const Applies action_applies[] = {
	{ "primary", ~GENERIC },
	{ "accept", WRITE },
	{ "require_attributes", WRITE },
	{ "allow_nil_input", WRITE },
	{ "changes", WRITE },
	{ "steps", WRITE },
	{ "skip_global_validations", WRITE | READ },
	{ "delay_global_validations", WRITE },
	{ "upsert", CREATE },
	{ "upsert_identity", CREATE },
	{ "upsert_fields", CREATE },
	{ "upsert_condition", CREATE },
	{ "return_skipped_upsert", CREATE },
	{ "manual", WRITE | READ },
	{ "metadata", WRITE },
	{ "soft", DESTROY },
	{ "get", READ },
	{ "get_by", READ },
	{ "filter", READ },
	{ "pagination", READ },
	{ "prepare", READ | GENERIC },
	{ "preparations", READ | GENERIC },
	{ "returns", GENERIC },
	{ "constraints", GENERIC },
	{ "allow_nil", GENERIC },
	{ "run", GENERIC },
	{ NULL, 0 },
};

static void
fault(AshErrors *errors, const char *key, const char *message)
{
	if (key != NULL)
		ash_errors_push_name(errors, key);
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s", message);
	if (key != NULL)
		ash_errors_pop(errors);
}

static void
check_applies(const Applies *table, json_t *node, int kind, const char *what, AshErrors *errors)
{
	for (; table->option != NULL; table++)
	{
		if (json_object_get(node, table->option) == NULL || (table->kinds & BIT(kind)))
			continue;
		fault(errors, table->option, psprintf("%s takes no option \"%s\"", what, table->option));
	}
}

/* Index of the only key of node that names a kind; -1 after adding an error. */
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
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s %s %s", what,
				  count == 0 ? "needs one of" : "takes only one of", all.data);
	return -1;
}

/*-------------------------------------------------------------------------
 * Members of sections
 *-------------------------------------------------------------------------
 */

typedef void (*MemberCheck)(json_t *node, AshErrors *errors);

/* An object of named members, each checked against spec and then by check. */
static void
check_section(json_t *parent, const char *key, const AshSpec *spec, MemberCheck check,
			  AshErrors *errors)
{
	json_t *section = json_object_get(parent, key);
	const char *name;
	json_t *member;

	if (section == NULL)
		return;
	if (!json_is_object(section))
	{
		fault(errors, key, psprintf("expected an object, got %s", ash_json_kind(section)));
		return;
	}
	ash_errors_push_name(errors, key);
	json_object_foreach (section, name, member)
	{
		ash_errors_push_name(errors, name);
		if (ash_spec_check_name(name, errors) && ash_spec_check(spec, member, NULL, errors) &&
			check != NULL && json_is_object(member))
			check(member, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

static void
check_is_list(json_t *node, const char *key, AshErrors *errors)
{
	json_t *list = json_object_get(node, key);

	if (list != NULL && !json_is_array(list))
		fault(errors, key, psprintf("expected a list, got %s", ash_json_kind(list)));
}

static void
check_function_type(json_t *name, AshErrors *errors)
{
	if (!json_is_string(name))
		fault(errors, NULL, psprintf("expected a type, got %s", ash_json_kind(name)));
	else
		ash_type_compile(json_string_value(name), NULL, errors);
}

static void
check_function(json_t *node, AshErrors *errors)
{
	json_t *arguments = json_object_get(node, "arguments");
	size_t i;
	json_t *item;

	if (strchr(json_string_value(json_object_get(node, "function")), '.') == NULL)
		fault(errors, "function", "a SQL function is named \"schema.name\"");
	if (arguments != NULL && !json_is_array(arguments))
		fault(errors, "arguments", "expected a list of types");
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

static void
check_attribute(json_t *node, AshErrors *errors)
{
	if (json_object_get(node, "type") == NULL && json_object_get(node, "helper") == NULL)
		fault(errors, NULL, "the key \"type\" is required");
}

static bool
is_resource_name(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot == NULL || (dot != name && dot[1] != '\0' && strchr(dot + 1, '.') == NULL);
}

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
		fault(errors, NULL, "the key \"destination\" is required");
	else if (!is_resource_name(destination))
		fault(errors, NULL, "a resource is named \"domain.resource\"");
	check_applies(relationship_applies, node, kind, psprintf("a %s", ash_relationship_kinds[kind]),
				  errors);
	if (kind == ASH_REL_MANY_TO_MANY && json_object_get(node, "through") == NULL)
		fault(errors, NULL, "the key \"through\" is required");
}

static void
check_concat(json_t *concat, AshErrors *errors)
{
	static const AshOpt options[] = {
		{ "keys", ASH_OPT_NAMES, 0, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL, NULL, NULL, NULL },
		{ "separator", ASH_OPT_STRING, 0, 0, "\"\"", NULL, NULL, NULL },
		ASH_OPT_END,
	};
	static const AshSpec spec = { "concat", 0, options, "keys", NULL };

	ash_errors_push_name(errors, "concat");
	ash_spec_check(&spec, concat, NULL, errors);
	ash_errors_pop(errors);
}

static void
check_calculation(json_t *node, AshErrors *errors)
{
	bool batch = json_object_get(node, "batch_function") != NULL;
	int ways = (json_object_get(node, "expr") != NULL) +
			   (json_object_get(node, "function") != NULL) +
			   (json_object_get(node, "concat") != NULL);

	if (batch ? ways > 1 || json_object_get(node, "function") != NULL : ways != 1)
		fault(
			errors, NULL,
			"a calculation needs one of expr, concat, function, batch_function; an expression may "
			"stand beside batch_function");
	if (batch && !json_is_string(json_object_get(node, "batch_function")))
		fault(errors, "batch_function", "expected the name of a SQL function");
	if (!batch && json_object_get(node, "load") != NULL)
		fault(errors, "load", "only the records of \"batch_function\" are loaded");
	if (json_object_get(node, "concat") != NULL)
		check_concat(json_object_get(node, "concat"), errors);
	check_section(node, "arguments", &ash_argument_spec, NULL, errors);
}

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
		fault(errors, ash_aggregate_kinds[kind], "expected a path of relationships");
	check_applies(aggregate_applies, node, kind,
				  psprintf("the aggregate \"%s\"", ash_aggregate_kinds[kind]), errors);
	if (json_object_get(node, "field") == NULL && kind != ASH_AGG_COUNT && kind != ASH_AGG_EXISTS &&
		kind != ASH_AGG_CUSTOM)
		fault(errors, NULL, "the key \"field\" is required");
	if (kind == ASH_AGG_CUSTOM &&
		(json_object_get(node, "implementation") == NULL || json_object_get(node, "type") == NULL))
		fault(errors, NULL, "the keys \"implementation\" and \"type\" are required");
}

/*-------------------------------------------------------------------------
 * Actions
 *-------------------------------------------------------------------------
 */

static int
action_type(const char *name)
{
	int i;

	for (i = 0; ash_action_types[i] != NULL; i++)
	{
		if (strcmp(ash_action_types[i], name) == 0)
			return i;
	}
	return -1;
}

static void
check_named_function(json_t *node, const char *key, AshErrors *errors)
{
	json_t *function = json_object_get(node, key);

	if (function == NULL || json_is_string(function) ||
		json_is_string(json_object_get(function, "function")))
		return;
	fault(errors, key, "expected the name of a SQL function or {\"function\": …}");
}

/* Options about what a manual action does not do. */
static void
check_manual(json_t *node, AshErrors *errors)
{
	static const char *const others[] = { "pagination", "upsert", "upsert_identity",
										  "upsert_fields", "upsert_condition" };

	if (json_object_get(node, "manual") == NULL)
		return;
	check_named_function(node, "manual", errors);
	for (int i = 0; i < lengthof(others); i++)
	{
		if (json_object_get(node, others[i]) != NULL)
			fault(errors, others[i],
				  psprintf("a manual action takes no option \"%s\": its function reads and writes",
						   others[i]));
	}
}

static void
check_action_argument(json_t *node, AshErrors *errors)
{
	if (json_object_get(node, "allow_expr") != NULL)
		fault(errors, "allow_expr", "an argument of an action is a value");
}

static void
check_action(json_t *node, AshErrors *errors)
{
	const char *type = json_string_value(json_object_get(node, "type"));

	if (type == NULL)
	{
		fault(errors, NULL, "the key \"type\" is required");
		return;
	}
	check_applies(action_applies, node, action_type(type),
				  psprintf("an action of type \"%s\"", type), errors);
	check_section(node, "arguments", &ash_argument_spec, check_action_argument, errors);
	check_is_list(node, "changes", errors);
	check_is_list(node, "validations", errors);
	check_is_list(node, "steps", errors);
	check_is_list(node, "prepare", errors);
	check_is_list(node, "preparations", errors);
	check_section(node, "metadata", &ash_metadata_spec, NULL, errors);
	check_named_function(node, "run", errors);
	check_manual(node, errors);
	if (json_object_get(node, "steps") != NULL &&
		(json_object_get(node, "changes") != NULL || json_object_get(node, "validations") != NULL))
		fault(errors, "steps", "\"steps\" takes the place of \"changes\" and \"validations\"");
}

static const AshOpt default_accept_options[] = {
	{ "accept", ASH_OPT_NAMES, 0, ASH_OPT_STAR, NULL, NULL, NULL, NULL },
	ASH_OPT_END,
};
static const AshSpec default_accept_spec = { "accept", 0, default_accept_options, "accept", NULL };

/* "read", or {"create": accept} */
static void
check_default_action(json_t *node, AshErrors *errors)
{
	const char *name = json_string_value(node);
	json_t *value = NULL;

	if (json_is_object(node) && json_object_size(node) == 1)
	{
		name = json_object_iter_key(json_object_iter(node));
		value = json_object_iter_value(json_object_iter(node));
	}
	if (name == NULL)
		fault(errors, NULL, "expected the name of a default action or {\"create\": accept}");
	else if (action_type(name) < 0 || action_type(name) == ASH_ACTION_GENERIC)
		ash_spec_unknown("default action", name, list_make4("create", "read", "update", "destroy"),
						 errors);
	else if (value == NULL)
		return;
	else if (strcmp(name, "read") == 0 || strcmp(name, "destroy") == 0)
		fault(errors, NULL, psprintf("the default action \"%s\" accepts nothing", name));
	else if (json_is_object(value))
		fault(errors, name, "expected a list of names, got an object");
	else
		ash_spec_check(&default_accept_spec, value, NULL, errors);
}

static void
check_actions(json_t *resource, AshErrors *errors)
{
	json_t *actions = json_object_get(resource, "actions");
	json_t *named;
	size_t i;
	json_t *item;
	json_t *defaults = json_object_get(actions, "defaults");

	if (defaults != NULL)
	{
		ash_errors_push_name(errors, "actions");
		check_is_list(actions, "defaults", errors);
		ash_errors_push_name(errors, "defaults");
		json_array_foreach (defaults, i, item)
		{
			ash_errors_push_index(errors, (int) i);
			check_default_action(item, errors);
			ash_errors_pop(errors);
		}
		ash_errors_pop(errors);
		ash_errors_pop(errors);
	}
	named = json_copy(resource);
	if (json_is_object(actions))
	{
		actions = json_copy(actions);
		json_object_del(actions, "defaults");
		json_object_set_new(named, "actions", actions);
	}
	check_section(named, "actions", &ash_action_spec, check_action, errors);
	json_decref(named);
}

static void
check_interface(json_t *node, AshErrors *errors)
{
	check_section(node, "custom_inputs", &ash_custom_input_spec, NULL, errors);
}

/*-------------------------------------------------------------------------
 * Resources and domains
 *-------------------------------------------------------------------------
 */

/* Keys that records carry about themselves. */
static const char *const reserved_fields[] = { "_keyset", "_tenant", "_upsert_skipped", "_metadata",
											   "_forbidden" };

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
		fault(errors, NULL,
			  psprintf("there are %d attributes, relationships, calculations and aggregates named "
					   "\"%s\"",
					   count, name));
	for (i = 0; i < lengthof(reserved_fields); i++)
	{
		if (strcmp(reserved_fields[i], name) == 0)
			fault(errors, NULL, psprintf("the name \"%s\" is reserved", name));
	}
}

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
			fault(errors, NULL, "the name of a relationship must not contain a dot");
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

static void
check_tenancy(json_t *resource, AshErrors *errors)
{
	json_t *tenancy = json_object_get(resource, "multitenancy");
	const char *strategy = json_string_value(json_object_get(tenancy, "strategy"));

	if (strategy != NULL && strcmp(strategy, "none") == 0)
		return;
	if (tenancy != NULL && json_object_get(tenancy, "attribute") == NULL)
		fault(errors, "multitenancy", "the key \"attribute\" is required");
}

static void
check_resource(json_t *node, AshErrors *errors)
{
	check_section(node, "attributes", &ash_attribute_spec, check_attribute, errors);
	check_section(node, "relationships", &ash_relationship_spec, check_relationship, errors);
	check_section(node, "identities", &ash_identity_spec, NULL, errors);
	check_section(node, "calculations", &ash_calculation_spec, check_calculation, errors);
	check_section(node, "aggregates", &ash_aggregate_spec, check_aggregate, errors);
	check_section(node, "code_interface", &ash_code_interface_spec, check_interface, errors);
	check_section(node, "check_constraints", &ash_check_constraint_spec, NULL, errors);
	check_actions(node, errors);
	check_is_list(node, "changes", errors);
	check_is_list(node, "validations", errors);
	check_is_list(node, "preparations", errors);
	check_is_list(node, "policies", errors);
	check_is_list(node, "field_policies", errors);
	check_field_names(node, "attributes", errors);
	check_field_names(node, "relationships", errors);
	check_field_names(node, "calculations", errors);
	check_field_names(node, "aggregates", errors);
	check_tenancy(node, errors);
	if (json_is_true(json_object_get(node, "embedded")) && json_object_get(node, "table") != NULL)
		fault(errors, "table", "an embedded resource has no table");
}

static void
check_resources(json_t *domain, AshErrors *errors)
{
	json_t *resources = json_object_get(domain, "resources");
	const char *name;
	json_t *node;

	if (resources != NULL && !json_is_object(resources))
	{
		fault(errors, "resources",
			  psprintf("expected an object, got %s", ash_json_kind(resources)));
		return;
	}
	ash_errors_push_name(errors, "resources");
	json_object_foreach (resources, name, node)
	{
		ash_errors_push_name(errors, name);
		if (strchr(name, '.') != NULL)
			fault(errors, NULL, "the name of a resource must not contain a dot");
		ash_spec_check_name(name, errors);
		ash_spec_check(&ash_resource_spec, node, NULL, errors);
		if (json_is_object(node))
			check_resource(node, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

void
ash_define_check(json_t *domain, AshErrors *errors)
{
	const char *name;

	ash_spec_check(&ash_domain_spec, domain, NULL, errors);
	if (!json_is_object(domain))
		return;
	name = json_string_value(json_object_get(domain, "domain"));
	if (name != NULL && strchr(name, '.') != NULL)
		fault(errors, "domain", "the name of a domain must not contain a dot");
	check_section(domain, "types", &ash_user_type_spec, NULL, errors);
	check_section(domain, "functions", &ash_user_function_spec, check_function, errors);
	check_is_list(domain, "policies", errors);
	check_resources(domain, errors);
}
