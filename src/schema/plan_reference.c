/*-------------------------------------------------------------------------
 *
 * src/schema/plan_reference.c
 *	  belongs_to relationships → wanted foreign keys.
 *
 * The texts are written exactly as pg_get_constraintdef() prints them, so they
 * can be compared without asking PostgreSQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "model/identity.h"
#include "model/relationship.h"
#include "model/table_constraint.h"
#include "schema/schema_plan.h"
#include "utils/builtins.h"

/* What the options of the framework are in SQL; "nothing" is the default and not printed. */
static const struct
{
	const char *option;
	const char *sql;
} reference_actions[] = {
	{ "restrict", "RESTRICT" },
	{ "delete", "CASCADE" },
	{ "update", "CASCADE" },
	{ "nilify", "SET NULL" },
};

static void
write_action(StringInfo out, const char *event, json_t *references, const char *key)
{
	const char *option = json_string_value(json_object_get(references, key));

	for (int i = 0; option != NULL && i < lengthof(reference_actions); i++)
	{
		if (strcmp(option, reference_actions[i].option) == 0)
			appendStringInfo(out, " ON %s %s", event, reference_actions[i].sql);
	}
}

static void
write_deferrable(StringInfo out, json_t *references)
{
	json_t *option = json_object_get(references, "deferrable");
	const char *text = json_string_value(option);
	bool initially = text != NULL && strcmp(text, "initially") == 0;

	if (initially || json_is_true(option) || (text != NULL && strcmp(text, "true") == 0))
		appendStringInfoString(out, " DEFERRABLE");
	if (initially)
		appendStringInfoString(out, " INITIALLY DEFERRED");
}

/* The destination's table: of this plan, or as it is; NULL when there is none to point to. */
static AshPlanTable *
destination_table(const AshPlan *plan, const AshResource *destination)
{
	AshPlanTable *table = ash_plan_find_table(plan, destination->schema, destination->table);

	if (table == NULL)
		table = ash_plan_read(destination->schema, destination->table);
	if (table == NULL)
		return NULL;
	if (table->present != NULL && table->present->relkind != RELKIND_RELATION &&
		table->present->relkind != RELKIND_PARTITIONED_TABLE)
		return NULL;
	return table->relkind == RELKIND_RELATION || table->relkind == RELKIND_PARTITIONED_TABLE ?
			   table :
			   NULL;
}

typedef enum Uniqueness
{
	UNIQUE_NO,
	UNIQUE_ALONE,	  /* the attribute itself */
	UNIQUE_PER_TENANT /* together with the tenant's attribute */
} Uniqueness;

/* What a foreign key may refer to: partial indexes do not count. */
static Uniqueness
uniqueness(const AshResource *res, const AshAttribute *attr)
{
	if (res->nprimary_key == 1 && res->primary_key[0] == attr)
		return UNIQUE_ALONE;
	for (int i = 0; i < res->nidentities; i++)
	{
		const AshIdentity *identity = res->identities[i];

		if (list_length(identity->keys) != 1 || identity->where != NULL ||
			res->base_filter_source != NULL || strcmp(linitial(identity->keys), attr->name) != 0)
			continue;
		if (res->tenant_attribute == NULL || identity->all_tenants || res->tenant_attribute == attr)
			return UNIQUE_ALONE;
		return UNIQUE_PER_TENANT;
	}
	return UNIQUE_NO;
}

/* Column names, as they are now or as they will be, quoted as PostgreSQL prints them. */
static char *
column_list(const AshPlanTable *table, List *attributes, bool current)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach (lc, attributes)
	{
		const AshAttribute *attr = lfirst(lc);
		const AshPlanColumn *column = ash_plan_find_column(table, attr->source);

		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 quote_identifier(current && column ? column->current : attr->source));
	}
	return buf.data;
}

static List *
columns_of(const AshPlanTable *table, List *attributes)
{
	List *columns = NIL;
	ListCell *lc;

	foreach (lc, attributes)
	{
		AshPlanColumn *column = ash_plan_find_column(table, ((AshAttribute *) lfirst(lc))->source);

		if (column != NULL)
			columns = lappend(columns, column);
	}
	return columns;
}

/* The columns of a foreign key, in order, and what else its definition says. */
typedef struct Key
{
	List *sources; /* of AshAttribute * */
	List *targets;
	List *nilified; /* what ON DELETE SET NULL is limited to, or NIL */
	json_t *references;
} Key;

static char *
reference_text(const Key *key, const AshPlanTable *from, const AshPlanTable *to, bool current)
{
	const AshPlanTable *name = current && to->present ? to->present : to;
	const char *match = json_string_value(json_object_get(key->references, "match_type"));
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "FOREIGN KEY (%s) REFERENCES %s(%s)",
					 column_list(from, key->sources, current),
					 quote_qualified_identifier(name->schema, name->name),
					 column_list(to, key->targets, current));
	if (match != NULL && strcmp(match, "full") == 0)
		appendStringInfoString(&buf, " MATCH FULL");
	write_action(&buf, "UPDATE", key->references, "on_update");
	write_action(&buf, "DELETE", key->references, "on_delete");
	if (key->nilified != NIL)
		appendStringInfo(&buf, " (%s)", column_list(from, key->nilified, current));
	write_deferrable(&buf, key->references);
	return buf.data;
}

static void
add_pair(Key *key, AshAttribute *source, AshAttribute *target)
{
	if (source == NULL || target == NULL || list_member_ptr(key->sources, source))
		return;
	key->sources = lappend(key->sources, source);
	key->targets = lappend(key->targets, target);
}

/*
 * Further columns, after the relationship's own: what introspection finds is known
 * by its first column.
 */
static void
add_matches(Key *key, const AshResource *res, const AshResource *destination)
{
	const char *name;
	json_t *item;
	ListCell *lc;

	json_object_foreach (json_object_get(key->references, "match_with"), name, item)
		add_pair(key, ash_find_attribute(res, name),
				 ash_find_attribute(destination, json_string_value(item)));
	if (json_is_true(json_object_get(key->references, "match_tenant")))
		add_pair(key, res->tenant_attribute, destination->tenant_attribute);
	foreach (lc, ash_json_names(json_object_get(key->references, "nilify")))
		key->nilified = lappend(key->nilified, ash_find_attribute(res, lfirst(lc)));
}

/* False when PostgreSQL could have no such key: nothing it refers to is unique. */
static bool
find_key(Key *key, AshResource *res, const AshRelationship *rel, const AshResource *destination)
{
	AshAttribute *source = ash_find_attribute(res, rel->source_attribute);
	AshAttribute *target = ash_find_attribute(destination, rel->destination_attribute);
	bool matches = json_object_get(key->references, "match_with") != NULL;
	Uniqueness unique = target ? uniqueness(destination, target) : UNIQUE_NO;

	if (source == NULL || target == NULL)
		return false;
	if (unique == UNIQUE_PER_TENANT && !matches)
		add_pair(key, res->tenant_attribute, destination->tenant_attribute);
	if (unique != UNIQUE_ALONE && !matches && key->sources == NIL)
		return false;
	add_pair(key, source, target);
	add_matches(key, res, destination);
	return true;
}

/* Relationships that use one attribute for the same key share it (verify_references.c sees to
 * that). */
static bool
is_wanted(const AshPlanTable *table, const char *name)
{
	ListCell *lc;

	foreach (lc, table->references)
	{
		if (strcmp(((AshPlanObject *) lfirst(lc))->name, name) == 0)
			return true;
	}
	return false;
}

static void
want_reference(AshPlan *plan, AshPlanTable *table, AshResource *res, AshRelationship *rel)
{
	Key key = { .references = json_object_get(rel->definition, "references") };
	AshResource *destination = ash_resource_get(rel->destination.name, NULL);
	AshPlanTable *to;
	AshPlanObject *object;

	if (destination == NULL || destination->embedded ||
		json_is_true(json_object_get(key.references, "ignore")) ||
		is_wanted(table, rel->constraint_name))
		return;
	to = destination_table(plan, destination);
	if (to == NULL || !find_key(&key, res, rel, destination))
		return;
	object = ash_plan_object(&table->references, rel->constraint_name,
							 reference_text(&key, table, to, false));
	object->current = reference_text(&key, table, to, true);
	object->to_schema = to->schema;
	object->to_table = to->name;
	object->valid = !json_is_false(json_object_get(key.references, "validate"));
	object->columns = list_concat(columns_of(table, key.sources), columns_of(to, key.targets));
}

/*
 * The foreign keys of a resource's table.  There is none where PostgreSQL could
 * have none: the destination's attribute is not unique, or its table is a view or
 * does not exist and is not planned (it will be, with its own domain).
 */
void
ash_plan_want_references(AshPlan *plan, AshPlanTable *table, AshResource *res)
{
	ListCell *lc;

	foreach (lc, res->foreign_keys)
		ash_plan_leave_object(&table->references, ((AshNamedConstraint *) lfirst(lc))->name);
	for (int i = 0; i < res->nrelationships; i++)
	{
		if (res->relationships[i]->kind == ASH_REL_BELONGS_TO &&
			!res->relationships[i]->no_attributes)
			want_reference(plan, table, res, res->relationships[i]);
	}
}
