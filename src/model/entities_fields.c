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
#include "model/entity_options.h"
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

#define S AshAttribute
static const AshOpt attribute_options[] = {
	SEEN("type", STRING, ASH_OPT_NONEMPTY, NULL, "type; \"type[]\" is a list of it"),
	SEEN_CHOICE("helper", helpers, NULL, "a ready-made attribute; other options override it"),
	SEEN("constraints", JSON, 0, NULL, "constraints of the type"),
	OPT("description", STRING, description, 0, NULL, NULL),
	OPT("source", NAME, source, 0, NULL, "column; the attribute's name when absent"),
	OPT("primary_key", BOOL, primary_key, 0, "false", "part of the primary key"),
	OPT("allow_nil", BOOL, allow_nil, 0, "true", "false: a value is required"),
	OPT("public", BOOL, is_public, 0, "false", "may be filtered, sorted and accepted by \"*\""),
	OPT("writable", BOOL, writable, 0, "true", "may be accepted by actions"),
	OPT("sensitive", BOOL, sensitive, 0, "false", "never shown in messages"),
	OPT("generated", BOOL, generated, 0, "false", "the table may produce the value"),
	OPT("always_select", BOOL, always_select, 0, "false", "cannot be deselected"),
	OPT("select_by_default", BOOL, select_by_default, 0, "true",
		"selected unless a select says otherwise"),
	SEEN("default", VALUE, 0, NULL, "value on create: a literal, {\"expr\"} or {\"function\"}"),
	SEEN("update_default", VALUE, 0, NULL, "value on update: the same forms"),
	OPT("match_other_defaults", BOOL, match_other_defaults, 0, "false",
		"equal defaults of a record share one value"),
	CHOICE("filterable", ENUM, filterable, field_uses, "true", "may be filtered by"),
	SEEN("sortable", BOOL, 0, "true", "may be sorted by"),
	OPT("renamed_from", NAME, renamed_from, 0, NULL, "former column, for ash_plan"),
	OPT("belongs_to", NAME, belongs_to, 0, NULL, "relationship that defined the attribute"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_attribute_spec = { "attribute", sizeof(AshAttribute), attribute_options, "type",
									 "An attribute: a column of the table" };

#define S AshArgument
static const AshOpt argument_options[] = {
	SEEN("type", STRING, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL,
		 "type; \"type[]\" is a list of it"),
	SEEN("constraints", JSON, 0, NULL, "constraints of the type"),
	OPT("description", STRING, description, 0, NULL, NULL),
	OPT("allow_nil", BOOL, allow_nil, 0, "true", "false: a value is required"),
	OPT("public", BOOL, is_public, 0, "true", "false: only set by the engine, never from input"),
	OPT("sensitive", BOOL, sensitive, 0, "false", "never shown in messages"),
	SEEN("default", VALUE, 0, NULL, "value when absent: a literal, {\"expr\"} or {\"function\"}"),
	OPT("allow_expr", BOOL, allow_expr, 0, "false",
		"of a calculation: other expressions may give it fields of the row"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_argument_spec = { "argument", sizeof(AshArgument), argument_options, "type",
									"An argument of an action or a calculation" };

#define S AshArgument
static const AshOpt metadata_options[] = {
	SEEN("type", STRING, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL,
		 "type; \"type[]\" is a list of it"),
	SEEN("constraints", JSON, 0, NULL, "constraints of the type"),
	OPT("description", STRING, description, 0, NULL, NULL),
	OPT("allow_nil", BOOL, allow_nil, 0, "true", "false: the action must set it"),
	SEEN("default", VALUE, 0, NULL, "value when it is not set: the same forms as of arguments"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_metadata_spec = { "metadata", sizeof(AshArgument), metadata_options, "type",
									"What an action says about the record it gives back" };

static const AshOpt references_options[] = {
	SEEN("ignore", BOOL, 0, "false", "no foreign key"),
	SEEN_CHOICE("on_delete", on_deletes, "\"nothing\"", "when the destination is deleted"),
	SEEN_CHOICE("on_update", on_updates, "\"nothing\"", "when the destination's key changes"),
	SEEN_CHOICE("deferrable", deferrables, "false", NULL),
	SEEN("nilify", NAMES, ASH_OPT_NONEMPTY, NULL,
		 "with on_delete \"nilify\": the attributes to empty; all of the key when absent"),
	SEEN("match_with", JSON, 0, NULL,
		 "further attributes of the key: {\"here\": \"at the destination\"}"),
	SEEN("match_tenant", BOOL, 0, "false", "the tenant's attribute is part of the key"),
	SEEN_CHOICE("match_type", match_types, "\"simple\"",
				"what a key that is partly null refers to: \"full\" forbids it"),
	SEEN("name", NAME, 0, NULL, "name of the constraint"),
	SEEN("index", BOOL, 0, "false", "index on the referencing column"),
	SEEN("index_where", STRING, ASH_OPT_NONEMPTY, NULL,
		 "condition of that index: \"not_nil\" or SQL"),
	SEEN("validate", BOOL, 0, "true", "false: rows that were there before need not satisfy it"),
	SEEN("message", STRING, 0, NULL, "message when it is violated"),
	ASH_OPT_END,
};
const AshSpec ash_references_spec = { "references", 0, references_options, NULL,
									  "The foreign key of a belongs_to" };

#define S AshRelationship
static const AshOpt relationship_options[] = {
	SEEN("belongs_to", STRING, ASH_OPT_NONEMPTY, NULL, "destination: this row holds its key"),
	SEEN("has_one", STRING, ASH_OPT_NONEMPTY, NULL, "destination: one row holds this one's key"),
	SEEN("has_many", STRING, ASH_OPT_NONEMPTY, NULL, "destination: its rows hold this one's key"),
	SEEN("many_to_many", STRING, ASH_OPT_NONEMPTY, NULL,
		 "destination: rows of \"through\" connect them"),
	CHOICE("kind", ENUM, kind, ash_relationship_kinds, NULL, "long form of the keys above …"),
	OPT("destination", STRING, destination.name, ASH_OPT_NONEMPTY, NULL,
		"… as \"domain.resource\""),
	SEEN("domain", NAME, 0, NULL, "domain of a destination that is named without one"),
	OPT("description", STRING, description, 0, NULL, NULL),
	OPT("source_attribute", NAME, source_attribute, 0, NULL, "attribute of this resource"),
	OPT("destination_attribute", NAME, destination_attribute, 0, NULL,
		"attribute of the destination"),
	SEEN("validate_destination_attribute", BOOL, 0, "true",
		 "the destination attribute must exist and fit"),
	OPT("public", BOOL, is_public, 0, "false", "may be loaded and filtered by callers"),
	OPT("writable", BOOL, writable, 0, "true", "may be managed"),
	OPT("filterable", BOOL, filterable, 0, "true", "may be filtered by"),
	OPT("sortable", BOOL, sortable, 0, "true", "may be sorted by"),
	OPT("read_action", NAME, read_action, 0, NULL,
		"action that reads related rows; the primary one when absent"),
	OPT("read_action_arguments", JSON, read_action_arguments, 0, NULL,
		"arguments of that action, by name: values, or {\"expr\"} over parent"),
	OPT("relationship_context", JSON, context, 0, NULL,
		"object that is merged into the context of reads and writes of related rows"),
	CHOICE("authorize_read_with", ENUM, authorize_read_with, read_withs, "\"filter\"",
		   "what policies do with related rows that may not be read: leave out, or an error"),
	OPT("allow_forbidden_field", BOOL, allow_forbidden_field, 0, "false",
		"a related read that is forbidden gives null, and its name in \"_forbidden\""),
	OPT("filter", EXPR, filter_source, 0, NULL, "condition on related rows; parent.x is this row"),
	OPT("sort", JSON, sort, 0, NULL, "order of related rows, after that of the query"),
	OPT("default_sort", JSON, default_sort, 0, NULL, "order when nothing else gives one"),
	OPT("limit", INT, limit, 0, NULL, "at most so many related rows"),
	OPT("offset", INT, offset, 0, NULL, NULL),
	OPT("violation_message", STRING, violation_message, ASH_OPT_NONEMPTY, NULL,
		"message when the foreign key is violated"),
	OPT("not_found_message", STRING, not_found_message, ASH_OPT_NONEMPTY, NULL,
		"message when a record to relate is not found"),
	OPT("authorize", BOOL, authorize, 0, "true", "read policies filter the related rows"),
	OPT("allow_nil", BOOL, allow_nil, 0, "true", "false: a related row is required"),
	OPT("primary_key", BOOL, primary_key, 0, "false",
		"the defined attribute is part of the primary key"),
	SEEN("define_attribute", BOOL, 0, "true", "define the source attribute"),
	SEEN("attribute_type", STRING, ASH_OPT_NONEMPTY, NULL, "type of the defined attribute"),
	SEEN("attribute_writable", BOOL, 0, NULL, "as \"writable\" when absent"),
	SEEN("attribute_public", BOOL, 0, NULL, "as \"public\" when absent"),
	SEEN("attribute_always_select", BOOL, 0, "false", NULL),
	SEEN_NESTED("references", OBJECT, &ash_references_spec, "the foreign key"),
	OPT("no_attributes", BOOL, no_attributes, 0, "false", "only the filter relates the rows"),
	SEEN("from_many", BOOL, 0, NULL, "the first of many; true when there is a sort"),
	SEEN("through", JSON, 0, NULL,
		 "many_to_many: resource that connects the two; has_one and has_many: relationships that "
		 "lead to the destination"),
	OPT("manual", JSON, manual, 0, NULL,
		"SQL function that says which rows are related: its name, or {\"function\", \"options\"}"),
	OPT("join_relationship", NAME, join_relationship, 0, NULL,
		"has_many to \"through\", whose filter and read action count; defined when absent"),
	OPT("source_attribute_on_join_resource", NAME, source_attribute_on_join, 0, NULL, NULL),
	OPT("destination_attribute_on_join_resource", NAME, destination_attribute_on_join, 0, NULL,
		NULL),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_relationship_spec = { "relationship", sizeof(AshRelationship),
										relationship_options, NULL,
										"A relationship to a resource" };

#define S AshIdentity
static const AshOpt identity_options[] = {
	OPT("keys", NAMES, keys, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL,
		"attributes that are unique together"),
	OPT("description", STRING, description, 0, NULL, NULL),
	OPT("where", EXPR, where, 0, NULL, "condition on the rows it is about"),
	OPT("nils_distinct", BOOL, nils_distinct, 0, "true", "null differs from null"),
	OPT("eager_check", BOOL, eager_check, 0, "false", "looked up while input is validated"),
	OPT("pre_check", BOOL, pre_check, 0, "false", "looked up before the row is written"),
	OPT("all_tenants", BOOL, all_tenants, 0, "false", "unique across tenants"),
	OPT("message", STRING, message, ASH_OPT_NONEMPTY, "\"has already been taken\"", NULL),
	OPT("field_names", NAMES, field_names, 0, NULL,
		"fields the error is about; the keys when absent"),
	OPT("index_name", NAME, index_name, 0, NULL, "name of the unique index"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_identity_spec = { "identity", sizeof(AshIdentity), identity_options, "keys",
									"An identity: attributes that are unique together" };

#define S AshCalculation
static const AshOpt calculation_options[] = {
	SEEN("type", STRING, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL, "type of the result"),
	SEEN("constraints", JSON, 0, NULL, "constraints of the type"),
	OPT("description", STRING, description, 0, NULL, NULL),
	OPT("expr", EXPR, expr_source, 0, NULL, "expression over the row"),
	OPT("function", STRING, function, ASH_OPT_NONEMPTY, NULL, "SQL function of the row"),
	OPT("batch_function", JSON, batch_function, 0, NULL,
		"SQL function of all records at once: (records jsonb, arguments jsonb, context jsonb)"),
	SEEN("concat", JSON, 0, NULL, "fields joined: {\"keys\": […], \"separator\": \" \"}"),
	SEEN("arguments", JSON, 0, NULL, "arguments, by name"),
	OPT("public", BOOL, is_public, 0, "false", "may be loaded, filtered and sorted by callers"),
	OPT("sensitive", BOOL, sensitive, 0, "false", "never shown in messages"),
	OPT("allow_nil", BOOL, allow_nil, 0, "true", NULL),
	CHOICE("filterable", ENUM, filterable, field_uses, "true", "may be filtered by"),
	SEEN("sortable", BOOL, 0, "true", "may be sorted by"),
	OPT("load", JSON, load, 0, NULL, "what the records of \"batch_function\" have"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_calculation_spec = { "calculation", sizeof(AshCalculation), calculation_options,
									   NULL, "A calculation: a field computed from the row" };

#define S AshAggregate
static const AshOpt aggregate_options[] = {
	SEEN("count", JSON, 0, NULL, "how many: a path of relationships, \"posts.comments\""),
	SEEN("exists", JSON, 0, NULL, "whether there are any"),
	SEEN("first", JSON, 0, NULL, "the first value"),
	SEEN("sum", JSON, 0, NULL, NULL),
	SEEN("list", JSON, 0, NULL, "all values"),
	SEEN("max", JSON, 0, NULL, NULL),
	SEEN("min", JSON, 0, NULL, NULL),
	SEEN("avg", JSON, 0, NULL, NULL),
	SEEN("custom", JSON, 0, NULL, "by the SQL aggregate \"implementation\""),
	CHOICE("kind", ENUM, kind, ash_aggregate_kinds, NULL, "long form of the keys above …"),
	OPT("path", NAMES, path, ASH_OPT_NONEMPTY, NULL, "… with the relationships as a list"),
	OPT("description", STRING, description, 0, NULL, NULL),
	OPT("field", NAME, field, 0, NULL, "field of the destination"),
	OPT("filter", EXPR, filter_source, 0, NULL, "condition on the related rows"),
	OPT("sort", JSON, sort, 0, NULL, "order of the related rows"),
	OPT("join_filters", JSON, join_filters, 0, NULL, "conditions on rows in between, by path"),
	OPT("uniq", BOOL, uniq, 0, "false", "each value once"),
	OPT("include_nil", BOOL, include_nil, 0, "false", NULL),
	OPT("default", JSON, dflt, 0, NULL, "instead of null"),
	OPT("public", BOOL, is_public, 0, "false", "may be loaded, filtered and sorted by callers"),
	OPT("sensitive", BOOL, sensitive, 0, "false", "never shown in messages"),
	CHOICE("filterable", ENUM, filterable, field_uses, "true", "may be filtered by"),
	SEEN("sortable", BOOL, 0, "true", "may be sorted by"),
	OPT("authorize", BOOL, authorize, 0, "true", "read policies filter the related rows"),
	OPT("read_action", NAME, read_action, 0, NULL, NULL),
	OPT("type", STRING, type_name, ASH_OPT_NONEMPTY, NULL, "custom: type of the result"),
	OPT("constraints", JSON, type_constraints, 0, NULL, "custom: constraints of the type"),
	OPT("implementation", STRING, implementation, ASH_OPT_NONEMPTY, NULL, "custom: SQL aggregate"),
	ASH_OPT_END,
};
#undef S
const AshSpec ash_aggregate_spec = { "aggregate", sizeof(AshAggregate), aggregate_options, NULL,
									 "An aggregate: a field computed from related rows" };
