/*-------------------------------------------------------------------------
 *
 * src/schema/introspect.c
 *	  Tables as they are → a document that describes them.
 *
 * The document is a beginning for people to work on, and exact where it matters:
 * defined as it is, ash_plan has nothing to do.  What a document cannot say (a
 * default that calls a function, a generated column) is said as "generated": the
 * table produces the value.  Foreign keys no relationship can express, exclusion
 * constraints, triggers and policies stay what they are and are not mentioned.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "schema/introspect.h"
#include "utils/builtins.h"

/* Our own tables are not offered, nor those of other extensions, nor partitions. */
static const char relations_query[] =
	"SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition"
	" AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
	" AND d.objid = c.oid AND d.deptype = 'e')"
	" ORDER BY c.relname";

json_t *
ash_introspect_text(const char *text)
{
	return json_string_nocheck(text);
}

/* Sets section[name], the section being made when it is not there yet. */
void
ash_introspect_put(json_t *resource, const char *section, const char *name, json_t *node)
{
	json_t *members = json_object_get(resource, section);

	if (members == NULL)
	{
		members = ash_json_object();
		ash_json_set(resource, section, members);
	}
	ash_json_set(members, name, node);
}

bool
ash_introspect_has(json_t *resource, const char *section, const char *name)
{
	return json_object_get(json_object_get(resource, section), name) != NULL;
}

static bool
is_written(const AshPlanTable *table)
{
	return table->relkind == RELKIND_RELATION || table->relkind == RELKIND_PARTITIONED_TABLE;
}

/* What may be done: everything with a table that has a key, reading with the rest. */
static json_t *
default_actions(const AshPlanTable *table)
{
	json_t *defaults = json_array();
	json_t *actions = ash_json_object();

	json_array_append_new(defaults, ash_introspect_text("read"));
	if (is_written(table))
		json_array_append_new(defaults, json_pack("{s:s}", "create", "*"));
	if (is_written(table) && table->primary_key != NULL)
	{
		json_array_append_new(defaults, json_pack("{s:s}", "update", "*"));
		json_array_append_new(defaults, ash_introspect_text("destroy"));
	}
	ash_json_set(actions, "defaults", defaults);
	return actions;
}

/*
 * Row security without a policy lets nobody but the owner see anything, which is
 * what an empty list of policies means.
 */
static json_t *
describe_table(const AshPlanTable *table, const char *relid)
{
	json_t *resource = ash_json_object();

	if (table->comment != NULL && table->comment[0] != '\0')
		ash_json_set(resource, "description", ash_introspect_text(table->comment));
	ash_json_set(resource, "table", ash_introspect_text(table->name));
	if (!is_written(table))
		ash_json_set(resource, "migrate", json_false());
	if (table->primary_key == NULL)
		ash_json_set(resource, "require_primary_key", json_false());
	ash_introspect_columns(resource, table, relid);
	ash_introspect_references(resource, table, relid);
	ash_introspect_indexes(resource, table, relid);
	ash_introspect_checks(resource, table, relid);
	if (table->row_security && !table->has_policies)
		ash_json_set(resource, "policies", json_array());
	ash_json_set(resource, "actions", default_actions(table));
	return resource;
}

/* A name of a resource has no dot: that stands between it and its domain. */
char *
ash_introspect_resource_name(const char *table)
{
	char *name = pstrdup(table);

	for (char *p = name; *p; p++)
	{
		if (*p == '.')
			*p = '_';
	}
	return name;
}

char *
ash_introspect_schema(const char *schema)
{
	json_t *document = ash_json_own(CurrentMemoryContext, ash_json_object());
	json_t *resources = ash_json_object();
	ListCell *lc;

	if (!OidIsValid(get_namespace_oid(schema, true)))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_SCHEMA),
						errmsg("schema \"%s\" does not exist", schema)));
	ash_json_set(document, "domain", ash_introspect_text(ash_introspect_resource_name(schema)));
	ash_json_set(document, "schema", ash_introspect_text(schema));
	ash_json_set(document, "resources", resources);
	foreach (lc, ash_plan_query(1, relations_query, 1, &schema))
	{
		const char *relid = ((char **) lfirst(lc))[0];
		AshPlanTable *table = ash_plan_read_oid((Oid) strtoul(relid, NULL, 10));

		CHECK_FOR_INTERRUPTS();
		if (table != NULL)
			ash_json_set(resources, ash_introspect_resource_name(table->name),
						 describe_table(table, relid));
	}
	return ash_json_dump(document, true);
}
