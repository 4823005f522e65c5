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
#include "model/domain.h"
#include "model/entities.h"

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

static const AshOpt authorization_options[] = {
	ASH_OPTION(AshAuthorization, "authorize", ENUM, authorize, .dflt = "\"by_default\"",
			   .choices = authorizes,
			   .doc =
				   "when policies are enforced: unless told otherwise, always, or only on request"),
	ASH_OPTION(AshAuthorization, "require_actor", BOOL, require_actor, .dflt = "false",
			   .doc = "refuse calls without the option \"actor\""),
	ASH_OPTION(AshAuthorization, "actor", STRING, actor, .flags = ASH_OPT_NONEMPTY,
			   .doc = "resource the actor is a record of"),
	ASH_OPTION(AshAuthorization, "actor_source", STRING, actor_source, .choices = actor_sources,
			   .doc = "where the actor comes from when neither the options nor ash.actor name one"),
	ASH_OPT_END,
};
const AshSpec ash_authorization_spec =
	ASH_SPEC("authorization", AshAuthorization, authorization_options,
			 .doc = "When and for whom the policies of a domain are enforced");

static const AshOpt user_type_options[] = {
	ASH_OPTION_CHECKED("type", STRING, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
					   .doc = "type it is based on"),
	ASH_OPTION_CHECKED("constraints", JSON, .doc = "constraints of that type"),
	ASH_OPTION_CHECKED("description", STRING),
	ASH_OPT_END,
};
const AshSpec ash_user_type_spec =
	ASH_SPEC_CHECKED("type", user_type_options, .shorthand = "type",
					 .doc = "A type of the domain: another type with constraints");

static const AshOpt user_function_options[] = {
	ASH_OPTION_CHECKED("function", STRING, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
					   .doc = "SQL function, as \"schema.name\""),
	ASH_OPTION_CHECKED("arguments", JSON, .dflt = "[]",
					   .doc = "list of the types of its arguments"),
	ASH_OPTION_CHECKED("returns", STRING, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
					   .doc = "type of its result"),
	ASH_OPTION_CHECKED("description", STRING),
	ASH_OPT_END,
};
const AshSpec ash_user_function_spec =
	ASH_SPEC_CHECKED("function", user_function_options,
					 .doc = "A SQL function that expressions of the domain may call");

static const AshOpt domain_options[] = {
	ASH_OPTION_CHECKED("$schema", STRING, .doc = "for editors; ignored"),
	ASH_OPTION(AshDomain, "domain", NAME, name, .flags = ASH_OPT_REQUIRED,
			   .doc = "name of the domain"),
	ASH_OPTION(AshDomain, "schema", NAME, schema,
			   .doc = "schema of its tables; the domain's name when absent"),
	ASH_OPTION_CHECKED("description", STRING),
	ASH_OPTION_CHECKED("authorization", OBJECT, .fields = &ash_authorization_spec,
					   .doc = "when policies are enforced"),
	ASH_OPTION(AshDomain, "default_page_type", ENUM, default_page_type, .dflt = "\"offset\"",
			   .choices = page_types, .doc = "page of a call that only gives a limit"),
	ASH_OPTION_CHECKED("policies", JSON,
					   .doc = "policies that stand before those of every resource"),
	ASH_OPTION_CHECKED("types", JSON, .doc = "types of the domain, by name"),
	ASH_OPTION_CHECKED("functions", JSON, .doc = "SQL functions for expressions, by name"),
	ASH_OPTION_CHECKED("resources", JSON, .doc = "resources, by name"),
	ASH_OPT_END,
};
const AshSpec ash_domain_spec = ASH_SPEC("domain", AshDomain, domain_options,
										 .doc = "A domain: resources that belong together");

/*-------------------------------------------------------------------------
 * Resource
 *-------------------------------------------------------------------------
 */

static const AshOpt multitenancy_options[] = {
	ASH_OPTION(AshMultitenancy, "strategy", ENUM, strategy, .dflt = "\"attribute\"",
			   .choices = strategies, .doc = "how tenants are kept apart"),
	ASH_OPTION(AshMultitenancy, "attribute", NAME, attribute,
			   .doc = "attribute that holds the tenant"),
	ASH_OPTION(AshMultitenancy, "global", BOOL, global, .dflt = "false",
			   .doc = "calls without a tenant are allowed"),
	ASH_OPTION(AshMultitenancy, "parse_attribute", STRING, parse_attribute,
			   .flags = ASH_OPT_NONEMPTY,
			   .doc = "SQL function (tenant text) that returns the attribute's value"),
	ASH_OPT_END,
};
const AshSpec ash_multitenancy_spec =
	ASH_SPEC("multitenancy", AshMultitenancy, multitenancy_options,
			 .doc = "How tenants are kept apart");

static const AshOpt check_constraint_options[] = {
	ASH_OPTION_CHECKED(
		"check", STRING, .flags = ASH_OPT_NONEMPTY,
		.doc = "SQL condition; without it only the error of an existing constraint is mapped"),
	ASH_OPTION_CHECKED("attribute", NAMES, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
					   .doc = "attribute the error is about, or a list of them"),
	ASH_OPTION_CHECKED("message", STRING, .flags = ASH_OPT_NONEMPTY, .dflt = "\"is invalid\"",
					   .doc = "message of the error"),
	ASH_OPTION_CHECKED("validate", BOOL, .dflt = "true",
					   .doc = "false: rows that were there before need not satisfy it"),
	ASH_OPT_END,
};
const AshSpec ash_check_constraint_spec =
	ASH_SPEC_CHECKED("check_constraint", check_constraint_options,
					 .doc = "A CHECK constraint of the table");

static const AshOpt custom_index_options[] = {
	ASH_OPTION_CHECKED(
		"fields", JSON, .flags = ASH_OPT_REQUIRED,
		.doc = "attributes, \"-\" before one sorts descending, or keys in SQL: \"lower(name)\""),
	ASH_OPTION_CHECKED("name", NAME, .doc = "name of the index"),
	ASH_OPTION_CHECKED("unique", BOOL, .dflt = "false"),
	ASH_OPTION_CHECKED("using", NAME, .dflt = "\"btree\"", .doc = "access method"),
	ASH_OPTION_CHECKED("where", STRING, .flags = ASH_OPT_NONEMPTY,
					   .doc = "SQL condition of a partial index"),
	ASH_OPTION_CHECKED("include", NAMES, .doc = "attributes stored besides the key"),
	ASH_OPTION_CHECKED("nulls_distinct", BOOL, .dflt = "true"),
	ASH_OPTION_CHECKED("concurrently", BOOL, .dflt = "false",
					   .doc = "leave it to you to create it concurrently"),
	ASH_OPTION_CHECKED("all_tenants", BOOL, .dflt = "false",
					   .doc = "the tenant's column is not put first"),
	ASH_OPTION_CHECKED("include_base_filter", BOOL,
					   .doc =
						   "only rows of the base filter are indexed; as \"unique\" when absent"),
	ASH_OPTION_CHECKED("message", STRING, .doc = "message when a unique index is violated"),
	ASH_OPTION_CHECKED("error_fields", NAMES, .flags = ASH_OPT_NONEMPTY,
					   .doc =
						   "fields that error is about; the attributes among the keys when absent"),
	ASH_OPT_END,
};
const AshSpec ash_custom_index_spec =
	ASH_SPEC_CHECKED("custom_index", custom_index_options, .shorthand = "fields",
					 .doc = "An index of the table");

static const AshOpt custom_statement_options[] = {
	ASH_OPTION_CHECKED("up", STRING, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
					   .doc = "SQL that ash_migrate runs once, after the tables are there"),
	ASH_OPTION_CHECKED(
		"down", STRING, .flags = ASH_OPT_REQUIRED,
		.doc = "SQL that undoes it, when it is changed or removed; empty: nothing has to be done"),
	ASH_OPTION_CHECKED("after_tables", NAMES, .doc = "resources whose tables have to be there too"),
	ASH_OPTION_CHECKED("description", STRING),
	ASH_OPT_END,
};
const AshSpec ash_custom_statement_spec =
	ASH_SPEC_CHECKED("custom_statement", custom_statement_options,
					 .doc = "SQL that belongs to the table");

static const AshOpt resource_options[] = {
	ASH_OPTION(AshResource, "description", STRING, description),
	ASH_OPTION(AshResource, "table", NAME, table, .doc = "table; the resource's name when absent"),
	ASH_OPTION(AshResource, "schema", NAME, schema,
			   .doc = "schema of the table; the domain's when absent"),
	ASH_OPTION(AshResource, "embedded", BOOL, embedded, .dflt = "false",
			   .doc = "stored inside attributes of other resources"),
	ASH_OPTION_CHECKED("migrate", BOOL, .dflt = "true", .doc = "ash_plan looks after the table"),
	ASH_OPTION_CHECKED("renamed_from", NAME, .doc = "former name of the table, for ash_plan"),
	ASH_OPTION_CHECKED(
		"short_name", NAME,
		.doc =
			"keys of other resources begin with it: \"<short name>_id\"; the key of the resource when absent"),
	ASH_OPTION_CHECKED("default_context", JSON,
					   .doc = "context of every call, under that of the call itself"),
	ASH_OPTION(AshResource, "base_filter", EXPR, base_filter_source,
			   .doc = "condition on every row ever seen"),
	ASH_OPTION_CHECKED("default_accept", NAMES, .flags = ASH_OPT_STAR,
					   .doc = "accept of actions that give none"),
	ASH_OPTION_CHECKED("require_primary_key", BOOL, .dflt = "true"),
	ASH_OPTION(AshResource, "security", ENUM, security, .dflt = "\"invoker\"",
			   .choices = securities,
			   .doc =
				   "whose table privileges an action needs: the caller's, or the domain owner's"),
	ASH_OPTION(AshResource, "direct_writes", ENUM, direct_writes, .dflt = "\"allow\"",
			   .choices = direct_writes,
			   .doc = "what INSERT, UPDATE and DELETE without an action may do"),
	ASH_OPTION_CHECKED("multitenancy", OBJECT, .fields = &ash_multitenancy_spec),
	ASH_OPTION_CHECKED("attributes", JSON, .doc = "attributes, by name"),
	ASH_OPTION_CHECKED("relationships", JSON, .doc = "relationships, by name"),
	ASH_OPTION_CHECKED("identities", JSON, .doc = "identities, by name"),
	ASH_OPTION_CHECKED("calculations", JSON, .doc = "calculations, by name"),
	ASH_OPTION_CHECKED("aggregates", JSON, .doc = "aggregates, by name"),
	ASH_OPTION_CHECKED("actions", JSON,
					   .doc = "actions, by name; \"defaults\" lists default actions"),
	ASH_OPTION(AshResource, "changes", JSON, changes_json, .doc = "changes of every action"),
	ASH_OPTION(AshResource, "validations", JSON, validations_json,
			   .doc = "validations of every action"),
	ASH_OPTION(AshResource, "preparations", JSON, preparations_json,
			   .doc = "preparations of every read"),
	ASH_OPTION_CHECKED("policies", JSON, .doc = "policies; an empty list denies everything"),
	ASH_OPTION(AshResource, "default_access_type", ENUM, default_access_type, .dflt = "\"filter\"",
			   .choices = access_types, .doc = "access_type of policies that give none"),
	ASH_OPTION(AshResource, "field_policies", JSON, field_policies_json,
			   .doc = "who may see which fields"),
	ASH_OPTION(AshResource, "private_fields", ENUM, private_fields, .dflt = "\"show\"",
			   .choices = private_fields, .doc = "what field policies do with private fields"),
	ASH_OPTION_CHECKED("code_interface", JSON, .doc = "SQL functions for actions, by name"),
	ASH_OPTION_CHECKED("check_constraints", JSON, .doc = "CHECK constraints of the table, by name"),
	ASH_OPTION_CHECKED("custom_indexes", LIST, .fields = &ash_custom_index_spec,
					   .doc = "further indexes of the table"),
	ASH_OPTION_CHECKED("custom_statements", JSON, .doc = "SQL that belongs to the table, by name"),
	ASH_OPTION_CHECKED("unique_index_names", JSON,
					   .doc = "unique indexes that others made, by name"),
	ASH_OPTION_CHECKED("exclusion_constraint_names", JSON, .doc = "exclusion constraints, by name"),
	ASH_OPTION_CHECKED("foreign_key_names", JSON, .doc = "foreign keys that others made, by name"),
	ASH_OPTION_CHECKED("skip_unique_indexes", NAMES,
					   .doc = "identities whose index is made by others"),
	ASH_OPTION_CHECKED("migration_ignore_attributes", NAMES,
					   .doc = "attributes whose columns others make"),
	ASH_OPTION_CHECKED("migration_defaults", JSON,
					   .doc = "defaults of columns in SQL, by attribute; null: none"),
	ASH_OPTION_CHECKED("create_table_options", OBJECT, .fields = &ash_create_table_options_spec),
	ASH_OPT_END,
};
const AshSpec ash_resource_spec =
	ASH_SPEC("resource", AshResource, resource_options,
			 .doc = "A resource: a table and what may be done with its rows");

/*-------------------------------------------------------------------------
 * Actions
 *-------------------------------------------------------------------------
 */

static const AshOpt pagination_options[] = {
	ASH_OPTION(AshPagination, "offset", BOOL, offset, .dflt = "false", .doc = "pages by offset"),
	ASH_OPTION(AshPagination, "keyset", BOOL, keyset, .dflt = "false",
			   .doc = "pages by the last row seen"),
	ASH_OPTION(AshPagination, "required", BOOL, required, .dflt = "true",
			   .doc = "reads must be paginated"),
	ASH_OPTION(AshPagination, "default_limit", INT, default_limit),
	ASH_OPTION_CHECKED("max_page_size", INT, .dflt = "250"),
	ASH_OPTION(AshPagination, "countable", ENUM, countable, .dflt = "true", .choices = countables,
			   .doc = "may the whole be counted"),
	ASH_OPT_END,
};
const AshSpec ash_pagination_spec =
	ASH_SPEC("pagination", AshPagination, pagination_options, .doc = "Pages of a read action");

static const AshOpt action_options[] = {
	ASH_OPTION(AshAction, "type", ENUM, type, .flags = ASH_OPT_REQUIRED,
			   .choices = ash_action_types, .doc = "what it does; \"action\": anything"),
	ASH_OPTION(AshAction, "description", STRING, description),
	ASH_OPTION(AshAction, "primary", BOOL, primary, .dflt = "false",
			   .doc = "the one used when none is named"),
	ASH_OPTION(AshAction, "public", BOOL, is_public, .dflt = "true",
			   .doc = "may be called from outside"),
	ASH_OPTION(AshAction, "transaction", BOOL, transaction,
			   .doc = "in a subtransaction of its own where it matters"),
	ASH_OPTION_CHECKED("arguments", JSON, .doc = "arguments, by name"),
	ASH_OPTION_CHECKED("accept", NAMES, .flags = ASH_OPT_STAR,
					   .doc = "attributes that may be given; \"*\": public writable ones"),
	ASH_OPTION(AshAction, "require_attributes", NAMES, require_attributes,
			   .doc = "must be given, whatever their default"),
	ASH_OPTION(AshAction, "allow_nil_input", NAMES, allow_nil_input,
			   .doc = "may be missing from the input"),
	ASH_OPTION(AshAction, "skip_unknown_inputs", NAMES, skip_unknown_inputs, .flags = ASH_OPT_STAR,
			   .doc = "silently dropped inputs"),
	ASH_OPTION_CHECKED("changes", JSON, .doc = "changes, in order"),
	ASH_OPTION_CHECKED("validations", JSON, .doc = "validations, in order"),
	ASH_OPTION(AshAction, "steps", JSON, steps_json,
			   .doc = "changes and validations in one list, in order"),
	ASH_OPTION(AshAction, "skip_global_validations", BOOL, skip_global_validations,
			   .dflt = "false"),
	ASH_OPTION(AshAction, "delay_global_validations", BOOL, delay_global_validations,
			   .dflt = "false",
			   .doc = "the resource's validations run after the changes that wait"),
	ASH_OPTION(AshAction, "multitenancy", ENUM, multitenancy, .dflt = "\"enforce\"",
			   .choices = tenancies, .doc = "what the tenant means to it"),
	ASH_OPTION(AshAction, "timeout", INT, timeout, .doc = "milliseconds"),
	ASH_OPTION(AshAction, "upsert", BOOL, upsert, .dflt = "false",
			   .doc = "update the row when it exists"),
	ASH_OPTION(AshAction, "upsert_identity", NAME, upsert_identity,
			   .doc = "identity that finds the row"),
	ASH_OPTION(
		AshAction, "upsert_fields", JSON, upsert_fields,
		.doc =
			"attributes to overwrite: a list, {\"replace\": …}, \"replace_all\" or {\"replace_all_except\": …}"),
	ASH_OPTION(AshAction, "upsert_condition", EXPR, upsert_condition,
			   .doc = "overwrite only when it holds"),
	ASH_OPTION(AshAction, "return_skipped_upsert", BOOL, return_skipped_upsert, .dflt = "false",
			   .doc =
				   "the row that is there when the condition does not hold, instead of an error"),
	ASH_OPTION(
		AshAction, "manual", JSON, manual_json,
		.doc =
			"SQL function that reads or writes instead: {\"function\": …, \"options\": …} or its name"),
	ASH_OPTION_CHECKED("metadata", JSON,
					   .doc = "what is said about the record it gives back, by name"),
	ASH_OPTION(AshAction, "soft", BOOL, soft, .dflt = "false", .doc = "a destroy that updates"),
	ASH_OPTION(AshAction, "get", BOOL, get, .dflt = "false", .doc = "at most one record"),
	ASH_OPTION(AshAction, "get_by", NAMES, get_by, .doc = "attributes that find the record"),
	ASH_OPTION(AshAction, "filter", EXPR, filter_source, .doc = "condition on the records"),
	ASH_OPTION(AshAction, "prepare", JSON, prepare_json, .doc = "preparations, in order"),
	ASH_OPTION_CHECKED("preparations", JSON, .doc = "the same as \"prepare\""),
	ASH_OPTION(AshAction, "pagination", OBJECT, pagination, .fields = &ash_pagination_spec,
			   .doc = "pages of its result"),
	ASH_OPTION_CHECKED("returns", STRING, .flags = ASH_OPT_NONEMPTY, .doc = "type of the result"),
	ASH_OPTION_CHECKED("constraints", JSON, .doc = "constraints of that type"),
	ASH_OPTION_CHECKED("allow_nil", BOOL, .dflt = "false", .doc = "the result may be null"),
	ASH_OPTION_CHECKED("run", JSON,
					   .doc = "SQL function: {\"function\": …, \"options\": …} or its name"),
	ASH_OPT_END,
};
const AshSpec ash_action_spec = ASH_SPEC("action", AshAction, action_options, .doc = "An action");

static const AshOpt custom_input_options[] = {
	ASH_OPTION_CHECKED("type", STRING, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
					   .doc = "type of the parameter"),
	ASH_OPTION_CHECKED("constraints", JSON,
					   .doc = "constraints of the type, which choose its SQL type"),
	ASH_OPTION_CHECKED("to", NAME, .flags = ASH_OPT_REQUIRED,
					   .doc = "input of the action that is made from it"),
	ASH_OPTION_CHECKED(
		"using", STRING, .flags = ASH_OPT_NONEMPTY,
		.doc = "SQL function of the parameter that gives the input, as \"schema.name\""),
	ASH_OPTION_CHECKED("description", STRING),
	ASH_OPT_END,
};
const AshSpec ash_custom_input_spec =
	ASH_SPEC_CHECKED("custom_input", custom_input_options,
					 .doc = "A parameter that becomes an input of the action");

static const AshOpt code_interface_options[] = {
	ASH_OPTION_CHECKED("action", NAME, .doc = "action; the interface's name when absent"),
	ASH_OPTION_CHECKED("calculation", NAME, .doc = "or a calculation"),
	ASH_OPTION_CHECKED("description", STRING),
	ASH_OPTION_CHECKED(
		"args", JSON, .dflt = "[]",
		.doc =
			"inputs given by position: a name, or {\"optional\": name} for one that may be left out; of a "
			"calculation also {\"arg\": name}, {\"ref\": attribute} and \"_record\""),
	ASH_OPTION_CHECKED("exclude_inputs", NAMES, .doc = "inputs that are no parameters"),
	ASH_OPTION_CHECKED("custom_inputs", JSON, .doc = "parameters that become inputs, by name"),
	ASH_OPTION_CHECKED("default_options", JSON,
					   .doc = "options of the call, before those that a caller gives"),
	ASH_OPTION_CHECKED("get", BOOL, .dflt = "false", .doc = "one record"),
	ASH_OPTION_CHECKED("get_by", NAMES, .doc = "attributes that find the record"),
	ASH_OPTION_CHECKED("get_by_identity", NAME, .doc = "identity that finds the record"),
	ASH_OPTION_CHECKED("not_found_error", BOOL, .dflt = "true"),
	ASH_OPTION_CHECKED("require_reference", BOOL, .dflt = "true",
					   .doc = "update and destroy take the key first"),
	ASH_OPT_END,
};
const AshSpec ash_code_interface_spec =
	ASH_SPEC_CHECKED("code_interface", code_interface_options, .shorthand = "action",
					 .doc = "A SQL function for an action or a calculation");

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
