/*-------------------------------------------------------------------------
 *
 * src/schema/introspect_keys.c
 *	  Foreign keys, indexes and checks → relationships, identities, custom
 *	  indexes and check constraints.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "schema/introspect.h"
#include "utils/builtins.h"

/*-------------------------------------------------------------------------
 * Foreign keys
 *-------------------------------------------------------------------------
 */

/* Those a relationship can express, to tables of the same schema. */
static const char references_query[] =
	"SELECT c.conname, a.attname, f.relname, fa.attname, c.confdeltype, c.confupdtype,"
	" c.condeferrable, c.condeferred, c.convalidated,"
	" json_strip_nulls(json_build_object('match_type', CASE c.confmatchtype WHEN 'f' THEN 'full' END,"
	" 'nilify', (SELECT json_agg(s.attname ORDER BY k) FROM unnest(c.confdelsetcols)"
	" WITH ORDINALITY d(attnum, k) JOIN pg_attribute s ON s.attrelid = c.conrelid"
	" AND s.attnum = d.attnum),"
	" 'match_with', (SELECT json_object_agg(s.attname, d.attname ORDER BY k)"
	" FROM unnest(c.conkey, c.confkey) WITH ORDINALITY p(here, there, k)"
	" JOIN pg_attribute s ON s.attrelid = c.conrelid AND s.attnum = p.here"
	" JOIN pg_attribute d ON d.attrelid = c.confrelid AND d.attnum = p.there WHERE k > 1)))"
	" FROM pg_constraint c"
	" JOIN pg_class t ON t.oid = c.conrelid"
	" JOIN pg_class f ON f.oid = c.confrelid AND f.relnamespace = t.relnamespace"
	" JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
	" JOIN pg_attribute fa ON fa.attrelid = c.confrelid AND fa.attnum = c.confkey[1]"
	" WHERE c.conrelid = $1::oid AND c.contype = 'f' AND c.conparentid = 0"
	" AND 'd' NOT IN (c.confupdtype, c.confdeltype) AND (cardinality(c.conkey) = 1 OR EXISTS"
	" (SELECT FROM pg_index i WHERE i.indrelid = c.confrelid AND i.indisunique"
	" AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = c.confkey[1]))"
	" ORDER BY c.conname";

/* What pg_constraint's letters are called in a document; 'a' is the default. */
static const char *
reference_action(char letter, bool delete)
{
	switch (letter)
	{
		case 'r':
			return "restrict";
		case 'c':
			return delete ? "delete" : "update";
		case 'n':
			return "nilify";
		default:
			return NULL;
	}
}

/* "author" for author_id, else the table's name; never one that is taken. */
static const char *
relationship_name(json_t *resource, const char *column, const char *table)
{
	size_t len = strlen(column);
	const char *name = ash_introspect_resource_name(table);

	if (len > 3 && strcmp(column + len - 3, "_id") == 0)
		name = pnstrdup(column, len - 3);
	while (ash_introspect_has(resource, "attributes", name) ||
		   ash_introspect_has(resource, "relationships", name))
		name = psprintf("%s_record", name);
	return name;
}

static json_t *
describe_reference(const AshPlanTable *table, char **row)
{
	json_t *references = ash_json_object();
	json_t *options =
		ash_json_own(CurrentMemoryContext, ash_json_parse(row[9], strlen(row[9]), NULL));
	const char *deleted = reference_action(row[4][0], true);
	const char *updated = reference_action(row[5][0], false);

	if (strcmp(row[0], ash_object_name(table->name, row[1], "fkey")) != 0)
		ash_json_set(references, "name", ash_introspect_text(row[0]));
	if (deleted != NULL)
		ash_json_set(references, "on_delete", ash_introspect_text(deleted));
	if (updated != NULL)
		ash_json_set(references, "on_update", ash_introspect_text(updated));
	if (row[7][0] == 't')
		ash_json_set(references, "deferrable", ash_introspect_text("initially"));
	else if (row[6][0] == 't')
		ash_json_set(references, "deferrable", json_true());
	if (row[8][0] != 't')
		ash_json_set(references, "validate", json_false());
	json_object_update(references, options);
	return references;
}

void
ash_introspect_references(json_t *resource, const AshPlanTable *table, const char *relid)
{
	const char *domain = ash_introspect_resource_name(table->schema);
	ListCell *lc;

	foreach (lc, ash_plan_query(10, references_query, 1, &relid))
	{
		char **row = lfirst(lc);
		json_t *rel = ash_json_object();
		json_t *references = describe_reference(table, row);
		char *to = psprintf("%s.%s", domain, ash_introspect_resource_name(row[2]));

		ash_json_set(rel, "belongs_to", ash_introspect_text(to));
		ash_json_set(rel, "source_attribute", ash_introspect_text(row[1]));
		ash_json_set(rel, "destination_attribute", ash_introspect_text(row[3]));
		ash_json_set(rel, "define_attribute", json_false());
		ash_json_set(rel, "public", json_true());
		if (json_object_size(references) > 0)
			ash_json_set(rel, "references", references);
		else
			json_decref(references);
		ash_introspect_put(resource, "relationships", relationship_name(resource, row[1], row[2]),
						   rel);
	}
}

/*-------------------------------------------------------------------------
 * Indexes
 *-------------------------------------------------------------------------
 */

/*
 * An index as a custom index.  A key that is a plain column is its name, with "-"
 * when it descends; any other is SQL.
 */
static const char indexes_query[] =
	"WITH keys AS (SELECT i.indexrelid, k, k <= i.indnkeyatts AS is_key, a.attname,"
	" CASE WHEN k > i.indnkeyatts THEN NULL WHEN i.indkey[k - 1] <> 0 AND o.opcdefault"
	" AND i.indcollation[k - 1] IN (0, a.attcollation)"
	" AND i.indoption[k - 1] IN (0, 3) THEN"
	" CASE i.indoption[k - 1] WHEN 3 THEN '-' ELSE '' END || a.attname"
	" ELSE pg_get_indexdef(i.indexrelid, k::int, false)"
	" || CASE WHEN i.indcollation[k - 1] NOT IN (0, 100, coalesce(a.attcollation, 0))"
	" THEN format(' COLLATE %I.%I', cn.nspname, co.collname) ELSE '' END"
	" || CASE WHEN o.opcdefault THEN '' ELSE format(' %I.%I', opn.nspname, o.opcname) END"
	" || CASE i.indoption[k - 1] WHEN 1 THEN ' DESC NULLS LAST' WHEN 2 THEN ' NULLS FIRST'"
	" WHEN 3 THEN ' DESC' ELSE '' END END AS field"
	" FROM pg_index i CROSS JOIN generate_series(1, i.indnatts) k"
	" LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1]"
	" AND a.attnum <> 0"
	" LEFT JOIN pg_opclass o ON o.oid = i.indclass[k - 1]"
	" LEFT JOIN pg_namespace opn ON opn.oid = o.opcnamespace"
	" LEFT JOIN pg_collation co ON co.oid = i.indcollation[k - 1]"
	" LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace"
	" WHERE i.indrelid = $1::oid)"
	" SELECT c.relname, json_strip_nulls(json_build_object('name', c.relname,"
	" 'fields', (SELECT json_agg(field ORDER BY k) FROM keys WHERE indexrelid = c.oid AND is_key),"
	" 'unique', CASE WHEN i.indisunique THEN true END,"
	" 'using', CASE WHEN m.amname <> 'btree' THEN m.amname END,"
	" 'where', pg_get_expr(i.indpred, i.indrelid),"
	" 'include', (SELECT json_agg(attname ORDER BY k) FROM keys"
	" WHERE indexrelid = c.oid AND NOT is_key),"
	" 'nulls_distinct', CASE WHEN i.indnullsnotdistinct THEN false END))"
	" FROM pg_index i"
	" JOIN pg_class c ON c.oid = i.indexrelid"
	" JOIN pg_am m ON m.oid = c.relam"
	" WHERE i.indrelid = $1::oid";

/* The name without what ash_object_name puts around it. */
static const char *
identity_name(json_t *resource, const AshPlanTable *table, const char *index)
{
	size_t prefix = strlen(table->name);
	size_t len = strlen(index);
	const char *name = index;

	if (len > prefix + 7 && strncmp(index, table->name, prefix) == 0 && index[prefix] == '_' &&
		strcmp(index + len - 6, "_index") == 0)
		name = pnstrdup(index + prefix + 1, len - prefix - 7);
	return ash_introspect_has(resource, "identities", name) ? index : name;
}

/* Unique over nothing but columns, without a condition, as an identity makes it? */
static bool
is_identity(const AshPlanObject *index, json_t *node)
{
	StringInfoData buf;
	json_t *key;
	size_t i;

	initStringInfo(&buf);
	json_array_foreach (json_object_get(node, "fields"), i, key)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "", quote_identifier(json_string_value(key)));
	return index->unique &&
		   strcmp(index->definition,
				  psprintf("USING btree (%s)%s", buf.data,
						   json_object_get(node, "nulls_distinct") ? " NULLS NOT DISTINCT" : "")) ==
			   0;
}

static json_t *
describe_identity(const AshPlanTable *table, const char *name, json_t *node)
{
	json_t *identity = ash_json_object();
	const char *index = json_string_value(json_object_get(node, "name"));
	json_t *nulls = json_object_get(node, "nulls_distinct");

	ash_json_set(identity, "keys", json_incref(json_object_get(node, "fields")));
	if (strcmp(index, ash_object_name(table->name, name, "index")) != 0)
		ash_json_set(identity, "index_name", ash_introspect_text(index));
	if (nulls != NULL)
		ash_json_set(identity, "nils_distinct", json_incref(nulls));
	return identity;
}

void
ash_introspect_indexes(json_t *resource, const AshPlanTable *table, const char *relid)
{
	List *rows = ash_plan_query(2, indexes_query, 1, &relid);
	json_t *custom = json_array();
	ListCell *lc;
	ListCell *row;

	foreach (lc, table->indexes)
	{
		const AshPlanObject *index = lfirst(lc);

		foreach (row, rows)
		{
			char **columns = lfirst(row);
			const char *name;
			json_t *node;

			if (strcmp(columns[0], index->name) != 0)
				continue;
			node = ash_json_own(CurrentMemoryContext,
								ash_json_parse(columns[1], strlen(columns[1]), NULL));
			name = identity_name(resource, table, index->name);
			if (is_identity(index, node))
				ash_introspect_put(resource, "identities", name,
								   describe_identity(table, name, node));
			else
				json_array_append(custom, node);
		}
	}
	if (json_array_size(custom) > 0)
		ash_json_set(resource, "custom_indexes", custom);
	else
		json_decref(custom);
}

/*-------------------------------------------------------------------------
 * Checks
 *-------------------------------------------------------------------------
 */

/* The first column a check is about. */
static const char checks_query[] =
	"SELECT c.conname, a.attname FROM pg_constraint c"
	" JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum ="
	" coalesce(c.conkey[1], (SELECT min(b.attnum) FROM pg_attribute b"
	" WHERE b.attrelid = c.conrelid AND b.attnum > 0 AND NOT b.attisdropped))"
	" WHERE c.conrelid = $1::oid AND c.contype = 'c'";

void
ash_introspect_checks(json_t *resource, const AshPlanTable *table, const char *relid)
{
	List *rows = ash_plan_query(2, checks_query, 1, &relid);
	ListCell *lc;
	ListCell *row;

	foreach (lc, table->checks)
	{
		const AshPlanObject *check = lfirst(lc);

		foreach (row, rows)
		{
			char **columns = lfirst(row);
			json_t *node;

			if (strcmp(columns[0], check->name) != 0)
				continue;
			node = ash_json_object();
			ash_json_set(node, "check", ash_introspect_text(check->definition));
			ash_json_set(node, "attribute", ash_introspect_text(columns[1]));
			if (!check->valid)
				ash_json_set(node, "validate", json_false());
			ash_introspect_put(resource, "check_constraints", check->name, node);
		}
	}
}
