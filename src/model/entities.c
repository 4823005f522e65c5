/*-------------------------------------------------------------------------
 *
 * src/model/entities.c
 *	  Schemas of the entities of a definition document, and their list; those of
 *	  a resource's fields are in entities_fields.c.
 *
 * Tables only.  Names are the framework's without "?"; defaults are its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/action_def.h"
#include "model/entity_options.h"

const char *const ash_action_types[] = { "create", "read", "update", "destroy", "action", NULL };

static const char *const authorizes[] = { "by_default", "always", "when_requested", NULL };
static const char *const actor_sources[] = { "claims", "current_user", NULL };
static const char *const page_types[] = { "offset", "keyset", NULL };
static const char *const strategies[] = { "none", "attribute", NULL };
static const char *const access_types[] = { "filter", "strict", "runtime", NULL };
static const char *const private_fields[] = { "show", "hide", "include", NULL };
static const char *const securities[] = { "invoker", "definer", NULL };
static const char *const direct_writes[] = { "allow", "deny", NULL };
static const char *const tenancies[] = { "enforce", "allow_global", "bypass", "bypass_all", NULL };
static const char *const countables[] = { "false", "true", "by_default", NULL };

/*-------------------------------------------------------------------------
 * Domain
 *-------------------------------------------------------------------------
 */

#define S AshAuthorization
static const AshOpt authorization_options[] = {
	CHOICE("authorize", ENUM, authorize, authorizes, "\"by_default\"",
		   "when policies are enforced: unless told otherwise, always, or only on request"),
	OPT("require_actor", BOOL, require_actor, 0, "false",
		"refuse calls without the option \"actor\""),
	OPT("actor", STRING, actor, ASH_OPT_NONEMPTY, NULL, "resource the actor is a record of"),
	CHOICE("actor_source", STRING, actor_source, actor_sources, NULL,
		   "where the actor comes from when neither the options nor ash.actor name one"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_authorization_spec = {
	"authorization", sizeof(AshAuthorization), authorization_options, NULL,
	"When and for whom the policies of a domain are enforced"
};

static const AshOpt user_type_options[] = {
	SEEN("type", STRING, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL, "type it is based on"),
	SEEN("constraints", JSON, 0, NULL, "constraints of that type"),
	SEEN("description", STRING, 0, NULL, NULL),
	ASH_OPT_END,
};
const AshSpec ash_user_type_spec = { "type", 0, user_type_options, "type",
									 "A type of the domain: another type with constraints" };

static const AshOpt user_function_options[] = {
	SEEN("function", STRING, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL,
		 "SQL function, as \"schema.name\""),
	SEEN("arguments", JSON, 0, "[]", "list of the types of its arguments"),
	SEEN("returns", STRING, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL, "type of its result"),
	SEEN("description", STRING, 0, NULL, NULL),
	ASH_OPT_END,
};
const AshSpec ash_user_function_spec = { "function", 0, user_function_options, NULL,
										 "A SQL function that expressions of the domain may call" };

#define S AshDomain
static const AshOpt domain_options[] = {
	SEEN("$schema", STRING, 0, NULL, "for editors; ignored"),
	OPT("domain", NAME, name, ASH_OPT_REQUIRED, NULL, "name of the domain"),
	OPT("schema", NAME, schema, 0, NULL, "schema of its tables; the domain's name when absent"),
	SEEN("description", STRING, 0, NULL, NULL),
	SEEN_NESTED("authorization", OBJECT, &ash_authorization_spec, "when policies are enforced"),
	CHOICE("default_page_type", ENUM, default_page_type, page_types, "\"offset\"",
		   "page of a call that only gives a limit"),
	SEEN("policies", JSON, 0, NULL, "policies that stand before those of every resource"),
	SEEN("types", JSON, 0, NULL, "types of the domain, by name"),
	SEEN("functions", JSON, 0, NULL, "SQL functions for expressions, by name"),
	SEEN("resources", JSON, 0, NULL, "resources, by name"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_domain_spec = { "domain", sizeof(AshDomain), domain_options, NULL,
								  "A domain: resources that belong together" };

/*-------------------------------------------------------------------------
 * Resource
 *-------------------------------------------------------------------------
 */

#define S AshMultitenancy
static const AshOpt multitenancy_options[] = {
	CHOICE("strategy", ENUM, strategy, strategies, "\"attribute\"", "how tenants are kept apart"),
	OPT("attribute", NAME, attribute, 0, NULL, "attribute that holds the tenant"),
	OPT("global", BOOL, global, 0, "false", "calls without a tenant are allowed"),
	OPT("parse_attribute", STRING, parse_attribute, ASH_OPT_NONEMPTY, NULL,
		"SQL function (tenant text) that returns the attribute's value"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_multitenancy_spec = { "multitenancy", sizeof(AshMultitenancy),
										multitenancy_options, NULL, "How tenants are kept apart" };

static const AshOpt check_constraint_options[] = {
	SEEN("check", STRING, ASH_OPT_NONEMPTY, NULL,
		 "SQL condition; without it only the error of an existing constraint is mapped"),
	SEEN("attribute", NAMES, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL,
		 "attribute the error is about, or a list of them"),
	SEEN("message", STRING, ASH_OPT_NONEMPTY, "\"is invalid\"", "message of the error"),
	SEEN("validate", BOOL, 0, "true", "false: rows that were there before need not satisfy it"),
	ASH_OPT_END,
};
const AshSpec ash_check_constraint_spec = { "check_constraint", 0, check_constraint_options, NULL,
											"A CHECK constraint of the table" };

static const AshOpt custom_index_options[] = {
	SEEN("fields", JSON, ASH_OPT_REQUIRED, NULL,
		 "attributes, \"-\" before one sorts descending, or keys in SQL: \"lower(name)\""),
	SEEN("name", NAME, 0, NULL, "name of the index"),
	SEEN("unique", BOOL, 0, "false", NULL),
	SEEN("using", NAME, 0, "\"btree\"", "access method"),
	SEEN("where", STRING, ASH_OPT_NONEMPTY, NULL, "SQL condition of a partial index"),
	SEEN("include", NAMES, 0, NULL, "attributes stored besides the key"),
	SEEN("nulls_distinct", BOOL, 0, "true", NULL),
	SEEN("concurrently", BOOL, 0, "false", "leave it to you to create it concurrently"),
	SEEN("all_tenants", BOOL, 0, "false", "the tenant's column is not put first"),
	SEEN("include_base_filter", BOOL, 0, NULL,
		 "only rows of the base filter are indexed; as \"unique\" when absent"),
	SEEN("message", STRING, 0, NULL, "message when a unique index is violated"),
	SEEN("error_fields", NAMES, ASH_OPT_NONEMPTY, NULL,
		 "fields that error is about; the attributes among the keys when absent"),
	ASH_OPT_END,
};
const AshSpec ash_custom_index_spec = { "custom_index", 0, custom_index_options, "fields",
										"An index of the table" };

static const AshOpt custom_statement_options[] = {
	SEEN("up", STRING, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL,
		 "SQL that ash_migrate runs once, after the tables are there"),
	SEEN("down", STRING, ASH_OPT_REQUIRED, NULL,
		 "SQL that undoes it, when it is changed or removed; empty: nothing has to be done"),
	SEEN("after_tables", NAMES, 0, NULL, "resources whose tables have to be there too"),
	SEEN("description", STRING, 0, NULL, NULL),
	ASH_OPT_END,
};
const AshSpec ash_custom_statement_spec = { "custom_statement", 0, custom_statement_options, NULL,
											"SQL that belongs to the table" };

#define S AshResource
static const AshOpt resource_options[] = {
	OPT("description", STRING, description, 0, NULL, NULL),
	OPT("table", NAME, table, 0, NULL, "table; the resource's name when absent"),
	OPT("schema", NAME, schema, 0, NULL, "schema of the table; the domain's when absent"),
	OPT("embedded", BOOL, embedded, 0, "false", "stored inside attributes of other resources"),
	SEEN("migrate", BOOL, 0, "true", "ash_plan looks after the table"),
	SEEN("renamed_from", NAME, 0, NULL, "former name of the table, for ash_plan"),
	SEEN(
		"short_name", NAME, 0, NULL,
		"keys of other resources begin with it: \"<short name>_id\"; the key of the resource when absent"),
	SEEN("default_context", JSON, 0, NULL, "context of every call, under that of the call itself"),
	OPT("base_filter", EXPR, base_filter_source, 0, NULL, "condition on every row ever seen"),
	SEEN("default_accept", NAMES, ASH_OPT_STAR, NULL, "accept of actions that give none"),
	SEEN("require_primary_key", BOOL, 0, "true", NULL),
	CHOICE("security", ENUM, security, securities, "\"invoker\"",
		   "whose table privileges an action needs: the caller's, or the domain owner's"),
	CHOICE("direct_writes", ENUM, direct_writes, direct_writes, "\"allow\"",
		   "what INSERT, UPDATE and DELETE without an action may do"),
	SEEN_NESTED("multitenancy", OBJECT, &ash_multitenancy_spec, NULL),
	SEEN("attributes", JSON, 0, NULL, "attributes, by name"),
	SEEN("relationships", JSON, 0, NULL, "relationships, by name"),
	SEEN("identities", JSON, 0, NULL, "identities, by name"),
	SEEN("calculations", JSON, 0, NULL, "calculations, by name"),
	SEEN("aggregates", JSON, 0, NULL, "aggregates, by name"),
	SEEN("actions", JSON, 0, NULL, "actions, by name; \"defaults\" lists default actions"),
	OPT("changes", JSON, changes_json, 0, NULL, "changes of every action"),
	OPT("validations", JSON, validations_json, 0, NULL, "validations of every action"),
	OPT("preparations", JSON, preparations_json, 0, NULL, "preparations of every read"),
	SEEN("policies", JSON, 0, NULL, "policies; an empty list denies everything"),
	CHOICE("default_access_type", ENUM, default_access_type, access_types, "\"filter\"",
		   "access_type of policies that give none"),
	OPT("field_policies", JSON, field_policies_json, 0, NULL, "who may see which fields"),
	CHOICE("private_fields", ENUM, private_fields, private_fields, "\"show\"",
		   "what field policies do with private fields"),
	SEEN("code_interface", JSON, 0, NULL, "SQL functions for actions, by name"),
	SEEN("check_constraints", JSON, 0, NULL, "CHECK constraints of the table, by name"),
	SEEN_NESTED("custom_indexes", LIST, &ash_custom_index_spec, "further indexes of the table"),
	SEEN("custom_statements", JSON, 0, NULL, "SQL that belongs to the table, by name"),
	SEEN("unique_index_names", JSON, 0, NULL, "unique indexes that others made, by name"),
	SEEN("exclusion_constraint_names", JSON, 0, NULL, "exclusion constraints, by name"),
	SEEN("foreign_key_names", JSON, 0, NULL, "foreign keys that others made, by name"),
	SEEN("skip_unique_indexes", NAMES, 0, NULL, "identities whose index is made by others"),
	SEEN("migration_ignore_attributes", NAMES, 0, NULL, "attributes whose columns others make"),
	SEEN("migration_defaults", JSON, 0, NULL,
		 "defaults of columns in SQL, by attribute; null: none"),
	SEEN_NESTED("create_table_options", OBJECT, &ash_create_table_options_spec, NULL),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_resource_spec = { "resource", sizeof(AshResource), resource_options, NULL,
									"A resource: a table and what may be done with its rows" };

/*-------------------------------------------------------------------------
 * Actions
 *-------------------------------------------------------------------------
 */

#define S AshPagination
static const AshOpt pagination_options[] = {
	OPT("offset", BOOL, offset, 0, "false", "pages by offset"),
	OPT("keyset", BOOL, keyset, 0, "false", "pages by the last row seen"),
	OPT("required", BOOL, required, 0, "true", "reads must be paginated"),
	OPT("default_limit", INT, default_limit, 0, NULL, NULL),
	SEEN("max_page_size", INT, 0, "250", NULL),
	CHOICE("countable", ENUM, countable, countables, "true", "may the whole be counted"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_pagination_spec = { "pagination", sizeof(AshPagination), pagination_options, NULL,
									  "Pages of a read action" };

#define S AshAction
static const AshOpt action_options[] = {
	{ "type", ASH_OPT_ENUM, offsetof(S, type), ASH_OPT_REQUIRED, NULL, ash_action_types, NULL,
	  "what it does; \"action\": anything" },
	OPT("description", STRING, description, 0, NULL, NULL),
	OPT("primary", BOOL, primary, 0, "false", "the one used when none is named"),
	OPT("public", BOOL, is_public, 0, "true", "may be called from outside"),
	OPT("transaction", BOOL, transaction, 0, NULL,
		"in a subtransaction of its own where it matters"),
	SEEN("arguments", JSON, 0, NULL, "arguments, by name"),
	SEEN("accept", NAMES, ASH_OPT_STAR, NULL,
		 "attributes that may be given; \"*\": public writable ones"),
	OPT("require_attributes", NAMES, require_attributes, 0, NULL,
		"must be given, whatever their default"),
	OPT("allow_nil_input", NAMES, allow_nil_input, 0, NULL, "may be missing from the input"),
	OPT("skip_unknown_inputs", NAMES, skip_unknown_inputs, ASH_OPT_STAR, NULL,
		"silently dropped inputs"),
	SEEN("changes", JSON, 0, NULL, "changes, in order"),
	SEEN("validations", JSON, 0, NULL, "validations, in order"),
	OPT("steps", JSON, steps_json, 0, NULL, "changes and validations in one list, in order"),
	OPT("skip_global_validations", BOOL, skip_global_validations, 0, "false", NULL),
	OPT("delay_global_validations", BOOL, delay_global_validations, 0, "false",
		"the resource's validations run after the changes that wait"),
	CHOICE("multitenancy", ENUM, multitenancy, tenancies, "\"enforce\"",
		   "what the tenant means to it"),
	OPT("timeout", INT, timeout, 0, NULL, "milliseconds"),
	OPT("upsert", BOOL, upsert, 0, "false", "update the row when it exists"),
	OPT("upsert_identity", NAME, upsert_identity, 0, NULL, "identity that finds the row"),
	OPT("upsert_fields", JSON, upsert_fields, 0, NULL,
		"attributes to overwrite: a list, {\"replace\": …}, \"replace_all\" or {\"replace_all_except\": …}"),
	OPT("upsert_condition", EXPR, upsert_condition, 0, NULL, "overwrite only when it holds"),
	OPT("return_skipped_upsert", BOOL, return_skipped_upsert, 0, "false",
		"the row that is there when the condition does not hold, instead of an error"),
	OPT("manual", JSON, manual_json, 0, NULL,
		"SQL function that reads or writes instead: {\"function\": …, \"options\": …} or its name"),
	SEEN("metadata", JSON, 0, NULL, "what is said about the record it gives back, by name"),
	OPT("soft", BOOL, soft, 0, "false", "a destroy that updates"),
	OPT("get", BOOL, get, 0, "false", "at most one record"),
	OPT("get_by", NAMES, get_by, 0, NULL, "attributes that find the record"),
	OPT("filter", EXPR, filter_source, 0, NULL, "condition on the records"),
	OPT("prepare", JSON, prepare_json, 0, NULL, "preparations, in order"),
	SEEN("preparations", JSON, 0, NULL, "the same as \"prepare\""),
	NESTED("pagination", OBJECT, pagination, &ash_pagination_spec, "pages of its result"),
	SEEN("returns", STRING, ASH_OPT_NONEMPTY, NULL, "type of the result"),
	SEEN("constraints", JSON, 0, NULL, "constraints of that type"),
	SEEN("allow_nil", BOOL, 0, "false", "the result may be null"),
	SEEN("run", JSON, 0, NULL, "SQL function: {\"function\": …, \"options\": …} or its name"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_action_spec = { "action", sizeof(AshAction), action_options, NULL, "An action" };

static const AshOpt custom_input_options[] = {
	SEEN("type", STRING, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL, "type of the parameter"),
	SEEN("constraints", JSON, 0, NULL, "constraints of the type, which choose its SQL type"),
	SEEN("to", NAME, ASH_OPT_REQUIRED, NULL, "input of the action that is made from it"),
	SEEN("using", STRING, ASH_OPT_NONEMPTY, NULL,
		 "SQL function of the parameter that gives the input, as \"schema.name\""),
	SEEN("description", STRING, 0, NULL, NULL),
	ASH_OPT_END,
};
const AshSpec ash_custom_input_spec = { "custom_input", 0, custom_input_options, NULL,
										"A parameter that becomes an input of the action" };

static const AshOpt code_interface_options[] = {
	SEEN("action", NAME, 0, NULL, "action; the interface's name when absent"),
	SEEN("calculation", NAME, 0, NULL, "or a calculation"),
	SEEN("description", STRING, 0, NULL, NULL),
	SEEN(
		"args", JSON, 0, "[]",
		"inputs given by position: a name, or {\"optional\": name} for one that may be left out; of a "
		"calculation also {\"arg\": name}, {\"ref\": attribute} and \"_record\""),
	SEEN("exclude_inputs", NAMES, 0, NULL, "inputs that are no parameters"),
	SEEN("custom_inputs", JSON, 0, NULL, "parameters that become inputs, by name"),
	SEEN("default_options", JSON, 0, NULL, "options of the call, before those that a caller gives"),
	SEEN("get", BOOL, 0, "false", "one record"),
	SEEN("get_by", NAMES, 0, NULL, "attributes that find the record"),
	SEEN("get_by_identity", NAME, 0, NULL, "identity that finds the record"),
	SEEN("not_found_error", BOOL, 0, "true", NULL),
	SEEN("require_reference", BOOL, 0, "true", "update and destroy take the key first"),
	ASH_OPT_END,
};
const AshSpec ash_code_interface_spec = { "code_interface", 0, code_interface_options, "action",
										  "A SQL function for an action or a calculation" };

const AshSpec *const *
ash_entity_specs(void)
{
	static const AshSpec *const specs[] = {
		&ash_domain_spec,
		&ash_authorization_spec,
		&ash_user_type_spec,
		&ash_user_function_spec,
		&ash_resource_spec,
		&ash_multitenancy_spec,
		&ash_attribute_spec,
		&ash_relationship_spec,
		&ash_references_spec,
		&ash_identity_spec,
		&ash_action_spec,
		&ash_argument_spec,
		&ash_metadata_spec,
		&ash_pagination_spec,
		&ash_calculation_spec,
		&ash_aggregate_spec,
		&ash_code_interface_spec,
		&ash_custom_input_spec,
		&ash_check_constraint_spec,
		&ash_custom_index_spec,
		&ash_custom_statement_spec,
		&ash_named_constraint_spec,
		&ash_create_table_options_spec,
		&ash_partition_by_spec,
		NULL,
	};

	return specs;
}

const AshSpec *
ash_entity_spec(const char *name)
{
	const AshSpec *const *spec;

	for (spec = ash_entity_specs(); *spec != NULL; spec++)
	{
		if (strcmp((*spec)->name, name) == 0)
			return *spec;
	}
	return NULL;
}
