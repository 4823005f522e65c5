/*-------------------------------------------------------------------------
 *
 * src/schema/introspect_columns.c
 *	  Columns → attributes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "schema/introspect.h"

/*
 * The item's type of lists, its name for a type that has none among ours, and
 * whether the column is a list.  Types of pg_catalog are named as pg_type does:
 * "integer" is another type for us.  What limits an interval is no suffix.
 */
static const char types_query[] =
	"SELECT t.oid, a.atttypmod,"
	" CASE WHEN n.nspname = 'pg_catalog' AND t.typname <> 'interval' THEN"
	" CASE t.typname WHEN 'char' THEN '\"char\"' ELSE t.typname END"
	" || coalesce(substring(format_type(t.oid, a.atttypmod) FROM '\\([0-9, ]+\\)'), '')"
	" ELSE format_type(t.oid, a.atttypmod) END,"
	" t.oid <> at.oid,"
	" EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid"
	" WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'"
	" AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'citext'"
	" AND t.typname = 'citext')"
	" FROM pg_attribute a"
	" JOIN pg_type at ON at.oid = a.atttypid"
	" JOIN pg_type t ON t.oid = CASE WHEN at.typcategory = 'A' AND at.typlen = -1"
	" THEN at.typelem ELSE at.oid END"
	" JOIN pg_namespace n ON n.oid = t.typnamespace"
	" WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped"
	" ORDER BY a.attnum";

/* Our types, by what stores them. */
static const struct
{
	Oid oid;
	int32 typmod;
	const char *name;
} stored_types[] = {
	{ TEXTOID, -1, "string" },
	{ INT8OID, -1, "integer" },
	{ FLOAT8OID, -1, "float" },
	{ NUMERICOID, -1, "decimal" },
	{ BOOLOID, -1, "boolean" },
	{ UUIDOID, -1, "uuid" },
	{ DATEOID, -1, "date" },
	{ TIMEOID, 0, "time" },
	{ TIMEOID, -1, "time_usec" },
	{ TIMESTAMPOID, 0, "naive_datetime" },
	{ TIMESTAMPOID, -1, "naive_datetime_usec" },
	{ TIMESTAMPTZOID, 0, "utc_datetime" },
	{ TIMESTAMPTZOID, -1, "utc_datetime_usec" },
	{ INTERVALOID, -1, "duration" },
	{ BYTEAOID, -1, "binary" },
	{ JSONBOID, -1, "map" },
};

static const char *
type_name(char **row)
{
	Oid oid = (Oid) strtoul(row[0], NULL, 10);
	int32 typmod = atoi(row[1]);
	const char *name = row[4][0] == 't' ? "ci_string" : row[2];

	for (int i = 0; i < lengthof(stored_types); i++)
	{
		if (stored_types[i].oid == oid && stored_types[i].typmod == typmod)
			name = stored_types[i].name;
	}
	return row[3][0] == 't' ? psprintf("%s[]", name) : name;
}

/*-------------------------------------------------------------------------
 * Defaults
 *-------------------------------------------------------------------------
 */

/* 'text'::type of a plain string, as its contents; NULL for anything else. */
static char *
string_literal(const AshPlanColumn *column)
{
	const char *p = column->dflt;
	StringInfoData buf;

	if (column->type_oid != TEXTOID || *p++ != '\'')
		return NULL;
	initStringInfo(&buf);
	for (; *p; p++)
	{
		if (*p == '\'' && p[1] != '\'')
			break;
		if (*p == '\'')
			p++;
		appendStringInfoChar(&buf, *p);
	}
	return strcmp(p, "'::text") == 0 ? buf.data : NULL;
}

/* Strings are trimmed and empty ones are nil: such defaults would not come back the same. */
static bool
survives_cast(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && !isspace((unsigned char) text[0]) &&
		   !isspace((unsigned char) text[len - 1]) && strchr(text, '\\') == NULL;
}

/* The default as a document says it, so that planning gives the same SQL; NULL when it cannot. */
static json_t *
default_value(const AshPlanColumn *column)
{
	const char *dflt = column->dflt;
	char *text;

	if (column->type_oid == UUIDOID && strcmp(dflt, "gen_random_uuid()") == 0)
		return json_pack("{s:s}", "expr", "gen_random_uuid()");
	if (column->type_oid == TIMESTAMPTZOID && strcmp(dflt, "now()") == 0)
		return json_pack("{s:s}", "expr", "now()");
	if (column->type_oid == BOOLOID && strcmp(dflt, "true") == 0)
		return json_true();
	if (column->type_oid == BOOLOID && strcmp(dflt, "false") == 0)
		return json_false();
	if (column->type_oid == INT8OID && strlen(dflt) < 16 &&
		strspn(dflt, "0123456789") == strlen(dflt))
		return json_integer(strtoll(dflt, NULL, 10));
	text = string_literal(column);
	return text != NULL && survives_cast(text) ? ash_introspect_text(text) : NULL;
}

static void
describe_filling(json_t *attribute, const AshPlanColumn *column)
{
	json_t *value;

	if (column->generated == '\0' && column->identity == '\0' && column->dflt == NULL)
		return;
	value = column->generated == '\0' && column->dflt != NULL ? default_value(column) : NULL;
	if (value != NULL)
	{
		ash_json_set(attribute, "default", value);
		return;
	}
	ash_json_set(attribute, "generated", json_true());
	if (column->generated != '\0' || column->identity == 'a')
		ash_json_set(attribute, "writable", json_false());
}

/*-------------------------------------------------------------------------
 * Attributes
 *-------------------------------------------------------------------------
 */

/* Is the column one of the primary key's? */
static bool
in_key(const AshPlanColumn *column, List *key)
{
	ListCell *lc;

	foreach (lc, key)
	{
		if (strcmp(((char **) lfirst(lc))[0], column->name) == 0)
			return true;
	}
	return false;
}

static const char key_query[] =
	"SELECT a.attname FROM pg_constraint c"
	" JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)"
	" WHERE c.conrelid = $1::oid AND c.contype = 'p'";

void
ash_introspect_columns(json_t *resource, const AshPlanTable *table, const char *relid)
{
	List *key = ash_plan_query(1, key_query, 1, &relid);
	List *types = ash_plan_query(5, types_query, 1, &relid);
	ListCell *lc;
	ListCell *type;

	forboth (lc, table->columns, type, types)
	{
		const AshPlanColumn *column = lfirst(lc);
		json_t *attribute = ash_json_object();

		ash_json_set(attribute, "type", ash_introspect_text(type_name(lfirst(type))));
		if (column->comment != NULL && column->comment[0] != '\0')
			ash_json_set(attribute, "description", ash_introspect_text(column->comment));
		if (in_key(column, key))
			ash_json_set(attribute, "primary_key", json_true());
		if (column->not_null)
			ash_json_set(attribute, "allow_nil", json_false());
		ash_json_set(attribute, "public", json_true());
		describe_filling(attribute, column);
		ash_introspect_put(resource, "attributes", column->name, attribute);
	}
}
