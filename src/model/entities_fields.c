/*-------------------------------------------------------------------------
 *
 * src/model/entities_fields.c
 *	  Schemas of what a resource has: attributes, relationships, identities,
 *	  calculations and aggregates.
 *
 * Tables only.  Names are the framework's without "?"; defaults are its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/aggregate.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/entities.h"
#include "model/identity.h"
#include "model/relationship.h"

const char *const ash_aggregate_kinds[] = { "count", "exists", "first", "sum",	  "list",
											"max",	 "min",	   "avg",	"custom", NULL };
const char *const ash_relationship_kinds[] = { "belongs_to", "has_one", "has_many", "many_to_many",
											   NULL };

static const char *const field_uses[] = { "false", "simple_equality", "true", NULL };
static const char *const read_withs[] = { "filter", "error", NULL };
static const char *const on_deletes[] = { "nothing", "restrict", "delete", "nilify", NULL };
static const char *const on_updates[] = { "nothing", "restrict", "update", "nilify", NULL };
static const char *const match_types[] = { "simple", "full", NULL };
static const char *const deferrables[] = { "false", "true", "initially", NULL };
static const char *const helpers[] = { "uuid_primary_key",
									   "uuid_v7_primary_key",
									   "integer_primary_key",
									   "create_timestamp",
									   "update_timestamp",
									   "timestamps",
									   NULL };

static const AshOpt attribute_options[] = {
	ASH_OPTION_CHECKED("type", STRING, .flags = ASH_OPT_NONEMPTY,
					   .doc = "type; \"type[]\" is a list of it"),
	ASH_OPTION_CHECKED("helper", ENUM, .choices = helpers,
					   .doc = "a ready-made attribute; other options override it"),
	ASH_OPTION_CHECKED("constraints", JSON, .doc = "constraints of the type"),
	ASH_OPTION(AshAttribute, "description", STRING, description),
	ASH_OPTION(AshAttribute, "source", NAME, source,
			   .doc = "column; the attribute's name when absent"),
	ASH_OPTION(AshAttribute, "primary_key", BOOL, primary_key, .dflt = "false",
			   .doc = "part of the primary key"),
	ASH_OPTION(AshAttribute, "allow_nil", BOOL, allow_nil, .dflt = "true",
			   .doc = "false: a value is required"),
	ASH_OPTION(AshAttribute, "public", BOOL, is_public, .dflt = "false",
			   .doc = "may be filtered, sorted and accepted by \"*\""),
	ASH_OPTION(AshAttribute, "writable", BOOL, writable, .dflt = "true",
			   .doc = "may be accepted by actions"),
	ASH_OPTION(AshAttribute, "sensitive", BOOL, sensitive, .dflt = "false",
			   .doc = "never shown in messages"),
	ASH_OPTION(AshAttribute, "generated", BOOL, generated, .dflt = "false",
			   .doc = "the table may produce the value"),
	ASH_OPTION(AshAttribute, "always_select", BOOL, always_select, .dflt = "false",
			   .doc = "cannot be deselected"),
	ASH_OPTION(AshAttribute, "select_by_default", BOOL, select_by_default, .dflt = "true",
			   .doc = "selected unless a select says otherwise"),
	ASH_OPTION_CHECKED("default", VALUE,
					   .doc = "value on create: a literal, {\"expr\"} or {\"function\"}"),
	ASH_OPTION_CHECKED("update_default", VALUE, .doc = "value on update: the same forms"),
	ASH_OPTION(AshAttribute, "match_other_defaults", BOOL, match_other_defaults, .dflt = "false",
			   .doc = "equal defaults of a record share one value"),
	ASH_OPTION(AshAttribute, "filterable", ENUM, filterable, .dflt = "true", .choices = field_uses,
			   .doc = "may be filtered by"),
	ASH_OPTION_CHECKED("sortable", BOOL, .dflt = "true", .doc = "may be sorted by"),
	ASH_OPTION(AshAttribute, "renamed_from", NAME, renamed_from,
			   .doc = "former column, for ash_plan"),
	ASH_OPTION(AshAttribute, "belongs_to", NAME, belongs_to,
			   .doc = "relationship that defined the attribute"),
	ASH_OPT_END,
};
const AshSpec ash_attribute_spec =
	ASH_SPEC("attribute", AshAttribute, attribute_options, .shorthand = "type",
			 .doc = "An attribute: a column of the table");

static const AshOpt argument_options[] = {
	ASH_OPTION_CHECKED("type", STRING, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
					   .doc = "type; \"type[]\" is a list of it"),
	ASH_OPTION_CHECKED("constraints", JSON, .doc = "constraints of the type"),
	ASH_OPTION(AshArgument, "description", STRING, description),
	ASH_OPTION(AshArgument, "allow_nil", BOOL, allow_nil, .dflt = "true",
			   .doc = "false: a value is required"),
	ASH_OPTION(AshArgument, "public", BOOL, is_public, .dflt = "true",
			   .doc = "false: only set by the engine, never from input"),
	ASH_OPTION(AshArgument, "sensitive", BOOL, sensitive, .dflt = "false",
			   .doc = "never shown in messages"),
	ASH_OPTION_CHECKED("default", VALUE,
					   .doc = "value when absent: a literal, {\"expr\"} or {\"function\"}"),
	ASH_OPTION(AshArgument, "allow_expr", BOOL, allow_expr, .dflt = "false",
			   .doc = "of a calculation: other expressions may give it fields of the row"),
	ASH_OPT_END,
};
const AshSpec ash_argument_spec =
	ASH_SPEC("argument", AshArgument, argument_options, .shorthand = "type",
			 .doc = "An argument of an action or a calculation");

static const AshOpt metadata_options[] = {
	ASH_OPTION_CHECKED("type", STRING, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
					   .doc = "type; \"type[]\" is a list of it"),
	ASH_OPTION_CHECKED("constraints", JSON, .doc = "constraints of the type"),
	ASH_OPTION(AshArgument, "description", STRING, description),
	ASH_OPTION(AshArgument, "allow_nil", BOOL, allow_nil, .dflt = "true",
			   .doc = "false: the action must set it"),
	ASH_OPTION_CHECKED("default", VALUE,
					   .doc = "value when it is not set: the same forms as of arguments"),
	ASH_OPT_END,
};
const AshSpec ash_metadata_spec =
	ASH_SPEC("metadata", AshArgument, metadata_options, .shorthand = "type",
			 .doc = "What an action says about the record it gives back");

static const AshOpt references_options[] = {
	ASH_OPTION_CHECKED("ignore", BOOL, .dflt = "false", .doc = "no foreign key"),
	ASH_OPTION_CHECKED("on_delete", ENUM, .dflt = "\"nothing\"", .choices = on_deletes,
					   .doc = "when the destination is deleted"),
	ASH_OPTION_CHECKED("on_update", ENUM, .dflt = "\"nothing\"", .choices = on_updates,
					   .doc = "when the destination's key changes"),
	ASH_OPTION_CHECKED("deferrable", ENUM, .dflt = "false", .choices = deferrables),
	ASH_OPTION_CHECKED(
		"nilify", NAMES, .flags = ASH_OPT_NONEMPTY,
		.doc = "with on_delete \"nilify\": the attributes to empty; all of the key when absent"),
	ASH_OPTION_CHECKED("match_with", JSON,
					   .doc = "further attributes of the key: {\"here\": \"at the destination\"}"),
	ASH_OPTION_CHECKED("match_tenant", BOOL, .dflt = "false",
					   .doc = "the tenant's attribute is part of the key"),
	ASH_OPTION_CHECKED("match_type", ENUM, .dflt = "\"simple\"", .choices = match_types,
					   .doc = "what a key that is partly null refers to: \"full\" forbids it"),
	ASH_OPTION_CHECKED("name", NAME, .doc = "name of the constraint"),
	ASH_OPTION_CHECKED("index", BOOL, .dflt = "false", .doc = "index on the referencing column"),
	ASH_OPTION_CHECKED("index_where", STRING, .flags = ASH_OPT_NONEMPTY,
					   .doc = "condition of that index: \"not_nil\" or SQL"),
	ASH_OPTION_CHECKED("validate", BOOL, .dflt = "true",
					   .doc = "false: rows that were there before need not satisfy it"),
	ASH_OPTION_CHECKED("message", STRING, .doc = "message when it is violated"),
	ASH_OPT_END,
};
const AshSpec ash_references_spec =
	ASH_SPEC_CHECKED("references", references_options, .doc = "The foreign key of a belongs_to");

static const AshOpt relationship_options[] = {
	ASH_OPTION_CHECKED("belongs_to", STRING, .flags = ASH_OPT_NONEMPTY,
					   .doc = "destination: this row holds its key"),
	ASH_OPTION_CHECKED("has_one", STRING, .flags = ASH_OPT_NONEMPTY,
					   .doc = "destination: one row holds this one's key"),
	ASH_OPTION_CHECKED("has_many", STRING, .flags = ASH_OPT_NONEMPTY,
					   .doc = "destination: its rows hold this one's key"),
	ASH_OPTION_CHECKED("many_to_many", STRING, .flags = ASH_OPT_NONEMPTY,
					   .doc = "destination: rows of \"through\" connect them"),
	ASH_OPTION(AshRelationship, "kind", ENUM, kind, .choices = ash_relationship_kinds,
			   .doc = "long form of the keys above …"),
	ASH_OPTION(AshRelationship, "destination", STRING, destination.name, .flags = ASH_OPT_NONEMPTY,
			   .doc = "… as \"domain.resource\""),
	ASH_OPTION_CHECKED("domain", NAME, .doc = "domain of a destination that is named without one"),
	ASH_OPTION(AshRelationship, "description", STRING, description),
	ASH_OPTION(AshRelationship, "source_attribute", NAME, source_attribute,
			   .doc = "attribute of this resource"),
	ASH_OPTION(AshRelationship, "destination_attribute", NAME, destination_attribute,
			   .doc = "attribute of the destination"),
	ASH_OPTION_CHECKED("validate_destination_attribute", BOOL, .dflt = "true",
					   .doc = "the destination attribute must exist and fit"),
	ASH_OPTION(AshRelationship, "public", BOOL, is_public, .dflt = "false",
			   .doc = "may be loaded and filtered by callers"),
	ASH_OPTION(AshRelationship, "writable", BOOL, writable, .dflt = "true",
			   .doc = "may be managed"),
	ASH_OPTION(AshRelationship, "filterable", BOOL, filterable, .dflt = "true",
			   .doc = "may be filtered by"),
	ASH_OPTION(AshRelationship, "sortable", BOOL, sortable, .dflt = "true",
			   .doc = "may be sorted by"),
	ASH_OPTION(AshRelationship, "read_action", NAME, read_action,
			   .doc = "action that reads related rows; the primary one when absent"),
	ASH_OPTION(AshRelationship, "read_action_arguments", JSON, read_action_arguments,
			   .doc = "arguments of that action, by name: values, or {\"expr\"} over parent"),
	ASH_OPTION(AshRelationship, "relationship_context", JSON, context,
			   .doc = "object that is merged into the context of reads and writes of related rows"),
	ASH_OPTION(
		AshRelationship, "authorize_read_with", ENUM, authorize_read_with, .dflt = "\"filter\"",
		.choices = read_withs,
		.doc = "what policies do with related rows that may not be read: leave out, or an error"),
	ASH_OPTION(AshRelationship, "allow_forbidden_field", BOOL, allow_forbidden_field,
			   .dflt = "false",
			   .doc =
				   "a related read that is forbidden gives null, and its name in \"_forbidden\""),
	ASH_OPTION(AshRelationship, "filter", EXPR, filter_source,
			   .doc = "condition on related rows; parent.x is this row"),
	ASH_OPTION(AshRelationship, "sort", JSON, sort,
			   .doc = "order of related rows, after that of the query"),
	ASH_OPTION(AshRelationship, "default_sort", JSON, default_sort,
			   .doc = "order when nothing else gives one"),
	ASH_OPTION(AshRelationship, "limit", INT, limit, .doc = "at most so many related rows"),
	ASH_OPTION(AshRelationship, "offset", INT, offset),
	ASH_OPTION(AshRelationship, "violation_message", STRING, violation_message,
			   .flags = ASH_OPT_NONEMPTY, .doc = "message when the foreign key is violated"),
	ASH_OPTION(AshRelationship, "not_found_message", STRING, not_found_message,
			   .flags = ASH_OPT_NONEMPTY, .doc = "message when a record to relate is not found"),
	ASH_OPTION(AshRelationship, "authorize", BOOL, authorize, .dflt = "true",
			   .doc = "read policies filter the related rows"),
	ASH_OPTION(AshRelationship, "allow_nil", BOOL, allow_nil, .dflt = "true",
			   .doc = "false: a related row is required"),
	ASH_OPTION(AshRelationship, "primary_key", BOOL, primary_key, .dflt = "false",
			   .doc = "the defined attribute is part of the primary key"),
	ASH_OPTION_CHECKED("define_attribute", BOOL, .dflt = "true",
					   .doc = "define the source attribute"),
	ASH_OPTION_CHECKED("attribute_type", STRING, .flags = ASH_OPT_NONEMPTY,
					   .doc = "type of the defined attribute"),
	ASH_OPTION_CHECKED("attribute_writable", BOOL, .doc = "as \"writable\" when absent"),
	ASH_OPTION_CHECKED("attribute_public", BOOL, .doc = "as \"public\" when absent"),
	ASH_OPTION_CHECKED("attribute_always_select", BOOL, .dflt = "false"),
	ASH_OPTION_CHECKED("references", OBJECT, .fields = &ash_references_spec,
					   .doc = "the foreign key"),
	ASH_OPTION(AshRelationship, "no_attributes", BOOL, no_attributes, .dflt = "false",
			   .doc = "only the filter relates the rows"),
	ASH_OPTION_CHECKED("from_many", BOOL, .doc = "the first of many; true when there is a sort"),
	ASH_OPTION_CHECKED(
		"through", JSON,
		.doc =
			"many_to_many: resource that connects the two; has_one and has_many: relationships that "
			"lead to the destination"),
	ASH_OPTION(
		AshRelationship, "manual", JSON, manual,
		.doc =
			"SQL function that says which rows are related: its name, or {\"function\", \"options\"}"),
	ASH_OPTION(
		AshRelationship, "join_relationship", NAME, join_relationship,
		.doc = "has_many to \"through\", whose filter and read action count; defined when absent"),
	ASH_OPTION(AshRelationship, "source_attribute_on_join_resource", NAME,
			   source_attribute_on_join),
	ASH_OPTION(AshRelationship, "destination_attribute_on_join_resource", NAME,
			   destination_attribute_on_join),
	ASH_OPT_END,
};
const AshSpec ash_relationship_spec =
	ASH_SPEC("relationship", AshRelationship, relationship_options,
			 .doc = "A relationship to a resource");

static const AshOpt identity_options[] = {
	ASH_OPTION(AshIdentity, "keys", NAMES, keys, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "attributes that are unique together"),
	ASH_OPTION(AshIdentity, "description", STRING, description),
	ASH_OPTION(AshIdentity, "where", EXPR, where, .doc = "condition on the rows it is about"),
	ASH_OPTION(AshIdentity, "nils_distinct", BOOL, nils_distinct, .dflt = "true",
			   .doc = "null differs from null"),
	ASH_OPTION(AshIdentity, "eager_check", BOOL, eager_check, .dflt = "false",
			   .doc = "looked up while input is validated"),
	ASH_OPTION(AshIdentity, "pre_check", BOOL, pre_check, .dflt = "false",
			   .doc = "looked up before the row is written"),
	ASH_OPTION(AshIdentity, "all_tenants", BOOL, all_tenants, .dflt = "false",
			   .doc = "unique across tenants"),
	ASH_OPTION(AshIdentity, "message", STRING, message, .flags = ASH_OPT_NONEMPTY,
			   .dflt = "\"has already been taken\""),
	ASH_OPTION(AshIdentity, "field_names", NAMES, field_names,
			   .doc = "fields the error is about; the keys when absent"),
	ASH_OPTION(AshIdentity, "index_name", NAME, index_name, .doc = "name of the unique index"),
	ASH_OPT_END,
};
const AshSpec ash_identity_spec =
	ASH_SPEC("identity", AshIdentity, identity_options, .shorthand = "keys",
			 .doc = "An identity: attributes that are unique together");

static const AshOpt calculation_options[] = {
	ASH_OPTION_CHECKED("type", STRING, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
					   .doc = "type of the result"),
	ASH_OPTION_CHECKED("constraints", JSON, .doc = "constraints of the type"),
	ASH_OPTION(AshCalculation, "description", STRING, description),
	ASH_OPTION(AshCalculation, "expr", EXPR, expr_source, .doc = "expression over the row"),
	ASH_OPTION(AshCalculation, "function", STRING, function, .flags = ASH_OPT_NONEMPTY,
			   .doc = "SQL function of the row"),
	ASH_OPTION(
		AshCalculation, "batch_function", JSON, batch_function,
		.doc =
			"SQL function of all records at once: (records jsonb, arguments jsonb, context jsonb)"),
	ASH_OPTION_CHECKED("concat", JSON,
					   .doc = "fields joined: {\"keys\": […], \"separator\": \" \"}"),
	ASH_OPTION_CHECKED("arguments", JSON, .doc = "arguments, by name"),
	ASH_OPTION(AshCalculation, "public", BOOL, is_public, .dflt = "false",
			   .doc = "may be loaded, filtered and sorted by callers"),
	ASH_OPTION(AshCalculation, "sensitive", BOOL, sensitive, .dflt = "false",
			   .doc = "never shown in messages"),
	ASH_OPTION(AshCalculation, "allow_nil", BOOL, allow_nil, .dflt = "true"),
	ASH_OPTION(AshCalculation, "filterable", ENUM, filterable, .dflt = "true",
			   .choices = field_uses, .doc = "may be filtered by"),
	ASH_OPTION_CHECKED("sortable", BOOL, .dflt = "true", .doc = "may be sorted by"),
	ASH_OPTION(AshCalculation, "load", JSON, load,
			   .doc = "what the records of \"batch_function\" have"),
	ASH_OPT_END,
};
const AshSpec ash_calculation_spec =
	ASH_SPEC("calculation", AshCalculation, calculation_options,
			 .doc = "A calculation: a field computed from the row");

static const AshOpt aggregate_options[] = {
	ASH_OPTION_CHECKED("count", JSON,
					   .doc = "how many: a path of relationships, \"posts.comments\""),
	ASH_OPTION_CHECKED("exists", JSON, .doc = "whether there are any"),
	ASH_OPTION_CHECKED("first", JSON, .doc = "the first value"),
	ASH_OPTION_CHECKED("sum", JSON),
	ASH_OPTION_CHECKED("list", JSON, .doc = "all values"),
	ASH_OPTION_CHECKED("max", JSON),
	ASH_OPTION_CHECKED("min", JSON),
	ASH_OPTION_CHECKED("avg", JSON),
	ASH_OPTION_CHECKED("custom", JSON, .doc = "by the SQL aggregate \"implementation\""),
	ASH_OPTION(AshAggregate, "kind", ENUM, kind, .choices = ash_aggregate_kinds,
			   .doc = "long form of the keys above …"),
	ASH_OPTION(AshAggregate, "path", NAMES, path, .flags = ASH_OPT_NONEMPTY,
			   .doc = "… with the relationships as a list"),
	ASH_OPTION(AshAggregate, "description", STRING, description),
	ASH_OPTION(AshAggregate, "field", NAME, field, .doc = "field of the destination"),
	ASH_OPTION(AshAggregate, "filter", EXPR, filter_source, .doc = "condition on the related rows"),
	ASH_OPTION(AshAggregate, "sort", JSON, sort, .doc = "order of the related rows"),
	ASH_OPTION(AshAggregate, "join_filters", JSON, join_filters,
			   .doc = "conditions on rows in between, by path"),
	ASH_OPTION(AshAggregate, "uniq", BOOL, uniq, .dflt = "false", .doc = "each value once"),
	ASH_OPTION(AshAggregate, "include_nil", BOOL, include_nil, .dflt = "false"),
	ASH_OPTION(AshAggregate, "default", JSON, dflt, .doc = "instead of null"),
	ASH_OPTION(AshAggregate, "public", BOOL, is_public, .dflt = "false",
			   .doc = "may be loaded, filtered and sorted by callers"),
	ASH_OPTION(AshAggregate, "sensitive", BOOL, sensitive, .dflt = "false",
			   .doc = "never shown in messages"),
	ASH_OPTION(AshAggregate, "filterable", ENUM, filterable, .dflt = "true", .choices = field_uses,
			   .doc = "may be filtered by"),
	ASH_OPTION_CHECKED("sortable", BOOL, .dflt = "true", .doc = "may be sorted by"),
	ASH_OPTION(AshAggregate, "authorize", BOOL, authorize, .dflt = "true",
			   .doc = "read policies filter the related rows"),
	ASH_OPTION(AshAggregate, "read_action", NAME, read_action),
	ASH_OPTION(AshAggregate, "type", STRING, type_name, .flags = ASH_OPT_NONEMPTY,
			   .doc = "custom: type of the result"),
	ASH_OPTION(AshAggregate, "constraints", JSON, type_constraints,
			   .doc = "custom: constraints of the type"),
	ASH_OPTION(AshAggregate, "implementation", STRING, implementation, .flags = ASH_OPT_NONEMPTY,
			   .doc = "custom: SQL aggregate"),
	ASH_OPT_END,
};
const AshSpec ash_aggregate_spec =
	ASH_SPEC("aggregate", AshAggregate, aggregate_options,
			 .doc = "An aggregate: a field computed from related rows");
