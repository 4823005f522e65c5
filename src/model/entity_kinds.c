/*-------------------------------------------------------------------------
 *
 * src/model/entity_kinds.c
 *	  Which kinds of an entity take which of its options.
 *
 * Tables only: the check of documents, the JSON Schema, ash_builtins() and the
 * reference documentation read them.  An option that stands in no table is for all
 * kinds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/action_def.h"
#include "model/aggregate.h"
#include "model/entity_kinds.h"
#include "model/relationship.h"

#define BIT(n) (1u << (n))

/*-------------------------------------------------------------------------
 * Resources
 *-------------------------------------------------------------------------
 */

static const char *const resource_kinds[] = { "with a table", "embedded", NULL };

#define STORED BIT(0)
#define NO_TABLE "an embedded resource has no table"

static const AshApplies resource_applies[] = {
	{ "table", STORED, NO_TABLE },
	{ "schema", STORED, NO_TABLE },
	{ "migrate", STORED, NO_TABLE },
	{ "renamed_from", STORED, NO_TABLE },
	{ "check_constraints", STORED, NO_TABLE },
	{ "custom_indexes", STORED, NO_TABLE },
	{ "custom_statements", STORED, NO_TABLE },
	{ "unique_index_names", STORED, NO_TABLE },
	{ "exclusion_constraint_names", STORED, NO_TABLE },
	{ "foreign_key_names", STORED, NO_TABLE },
	{ "skip_unique_indexes", STORED, NO_TABLE },
	{ "migration_ignore_attributes", STORED, NO_TABLE },
	{ "migration_defaults", STORED, NO_TABLE },
	{ "create_table_options", STORED, NO_TABLE },
	{ "direct_writes", STORED, NO_TABLE },
	{ "security", STORED, NO_TABLE },
	{ "base_filter", STORED, "an embedded resource has no table to read from" },
	{ "preparations", STORED, "an embedded resource has no table to read from" },
	{ "aggregates", STORED, "an embedded value cannot be loaded from" },
	{ "short_name", STORED, "no resource refers to an embedded value" },
	{ "multitenancy", STORED, "an embedded value has the tenant of its record" },
	{ "field_policies", STORED,
	  "field policies of embedded resources are not supported; put them on the attribute that "
	  "holds the value" },
	{ "private_fields", STORED, "an embedded resource has no field policies" },
	{ "code_interface", STORED,
	  "an embedded resource is written through the record that holds it" },
	{ NULL, 0, NULL },
};

/*-------------------------------------------------------------------------
 * Relationships and aggregates
 *-------------------------------------------------------------------------
 */

#define BELONGS_TO BIT(ASH_REL_BELONGS_TO)
#define HAS (BIT(ASH_REL_HAS_ONE) | BIT(ASH_REL_HAS_MANY))
#define TO_ONE (BELONGS_TO | BIT(ASH_REL_HAS_ONE))
#define TO_MANY (BIT(ASH_REL_HAS_MANY) | BIT(ASH_REL_MANY_TO_MANY))
#define JOINED BIT(ASH_REL_MANY_TO_MANY)

static const AshApplies relationship_applies[] = {
	{ "allow_nil", TO_ONE, NULL },
	{ "primary_key", BELONGS_TO, NULL },
	{ "define_attribute", BELONGS_TO, NULL },
	{ "attribute_type", BELONGS_TO, NULL },
	{ "attribute_writable", BELONGS_TO, NULL },
	{ "attribute_public", BELONGS_TO, NULL },
	{ "attribute_always_select", BELONGS_TO, NULL },
	{ "references", BELONGS_TO, NULL },
	{ "no_attributes", HAS, NULL },
	{ "from_many", BIT(ASH_REL_HAS_ONE), NULL },
	{ "limit", TO_MANY, NULL },
	{ "offset", TO_MANY, NULL },
	{ "through", HAS | JOINED, NULL },
	{ "manual", HAS, NULL },
	{ "join_relationship", JOINED, NULL },
	{ "source_attribute_on_join_resource", JOINED, NULL },
	{ "destination_attribute_on_join_resource", JOINED, NULL },
	{ NULL, 0, NULL },
};

#define CUSTOM BIT(ASH_AGG_CUSTOM)
#define VALUES (BIT(ASH_AGG_FIRST) | BIT(ASH_AGG_LIST))

static const AshApplies aggregate_applies[] = {
	{ "field", ~BIT(ASH_AGG_EXISTS), NULL },
	{ "sort", VALUES | CUSTOM, NULL },
	{ "include_nil", VALUES, NULL },
	{ "uniq", BIT(ASH_AGG_COUNT) | BIT(ASH_AGG_LIST), NULL },
	{ "type", CUSTOM, NULL },
	{ "constraints", CUSTOM, NULL },
	{ "implementation", CUSTOM, NULL },
	{ NULL, 0, NULL },
};

/*-------------------------------------------------------------------------
 * Actions
 *-------------------------------------------------------------------------
 */

#define CREATE BIT(ASH_ACTION_CREATE)
#define READ BIT(ASH_ACTION_READ)
#define DESTROY BIT(ASH_ACTION_DESTROY)
#define GENERIC BIT(ASH_ACTION_GENERIC)
#define WRITE (CREATE | BIT(ASH_ACTION_UPDATE) | DESTROY)

static const AshApplies action_applies[] = {
	{ "primary", WRITE | READ, NULL },
	{ "multitenancy", WRITE | READ, NULL },
	{ "accept", WRITE, NULL },
	{ "require_attributes", WRITE, NULL },
	{ "allow_nil_input", WRITE, NULL },
	{ "changes", WRITE, NULL },
	{ "steps", WRITE, NULL },
	{ "skip_global_validations", WRITE | READ, NULL },
	{ "delay_global_validations", WRITE, NULL },
	{ "upsert", CREATE, NULL },
	{ "upsert_identity", CREATE, NULL },
	{ "upsert_fields", CREATE, NULL },
	{ "upsert_condition", CREATE, NULL },
	{ "return_skipped_upsert", CREATE, NULL },
	{ "manual", WRITE | READ, NULL },
	{ "metadata", WRITE | READ, NULL },
	{ "soft", DESTROY, NULL },
	{ "get", READ, NULL },
	{ "get_by", READ, NULL },
	{ "filter", READ, NULL },
	{ "pagination", READ, NULL },
	{ "prepare", READ | GENERIC, NULL },
	{ "preparations", READ | GENERIC, NULL },
	{ "returns", GENERIC, NULL },
	{ "constraints", GENERIC, NULL },
	{ "allow_nil", GENERIC, NULL },
	{ "run", GENERIC, NULL },
	{ NULL, 0, NULL },
};

static const AshKinds entity_kinds[] = {
	{ &ash_resource_spec, "embedded", resource_kinds, resource_applies },
	{ &ash_relationship_spec, "kind", ash_relationship_kinds, relationship_applies },
	{ &ash_aggregate_spec, "kind", ash_aggregate_kinds, aggregate_applies },
	{ &ash_action_spec, "type", ash_action_types, action_applies },
};

const AshKinds *
ash_entity_kinds(const AshSpec *spec)
{
	for (int i = 0; i < lengthof(entity_kinds); i++)
	{
		if (entity_kinds[i].spec == spec)
			return &entity_kinds[i];
	}
	return NULL;
}

const AshApplies *
ash_kinds_option(const AshKinds *kinds, const char *option)
{
	const AshApplies *row = kinds->applies;

	while (row->option != NULL && strcmp(row->option, option) != 0)
		row++;
	return row->option != NULL ? row : NULL;
}
