/*-------------------------------------------------------------------------
 *
 * src/sql/key_source.c
 *	  The rows a statement starts from: keys of parents, or of the rows themselves.
 *
 * Keys are arrays, one parameter for each key attribute, unnested side by side and
 * numbered ("~ord"), so the text of the statement does not depend on how many there
 * are.  Of a manual relationship each key also has a slice of the arrays of related
 * keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "sql/sql.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* The primary keys of rows (by attribute index), as keys of the rows themselves. */
AshKeys *
ash_keys_of_rows(AshResource *res, AshValue **rows, int nrows)
{
	AshKeys *keys = palloc0(sizeof(AshKeys));

	keys->res = res;
	keys->nattributes = res->nprimary_key;
	keys->attributes = (const AshAttribute **) res->primary_key;
	keys->nkeys = nrows;
	keys->values = palloc(sizeof(Datum *) * Max(keys->nattributes, 1));
	for (int i = 0; i < keys->nattributes; i++)
	{
		keys->values[i] =
			MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Datum) * Max(nrows, 1));
		for (int row = 0; row < nrows; row++)
			keys->values[i][row] = rows[row][keys->attributes[i]->index].value;
	}
	return keys;
}

static void
write_array(AshSql *sql, Oid type, Datum *values, int n)
{
	int16 typlen;
	bool typbyval;
	char typalign;

	get_typlenbyvalalign(type, &typlen, &typbyval, &typalign);
	ash_sql_param(sql, get_array_type(type),
				  PointerGetDatum(construct_array(values, n, type, typlen, typbyval, typalign)),
				  false);
}

static void
write_key_array(AshSql *sql, Oid type, Datum *values, int n)
{
	ash_sql_str(sql, "pg_catalog.unnest(");
	write_array(sql, type, values, n);
	ash_sql_str(sql, ")");
}

static void
write_key_names(AshSql *sql, const AshAttribute *const *attributes, int n)
{
	for (int i = 0; i < n; i++)
	{
		ash_sql_str(sql, i > 0 ? ", " : "");
		ash_sql_ident(sql, attributes[i]->source);
	}
}

/* The parent's row itself, joined to its key. */
static void
join_parent(AshKeySource *source, AshKeys *keys, AshCall *call)
{
	AshRowScope *key = source->key;
	AshSql *sql = key->sql;
	AshRowScope *parent = ash_row_create(sql, call, keys->res, key->from, NULL);

	ash_sql_str(sql, " INNER JOIN ");
	ash_row_table(parent);
	ash_sql_str(sql, " ON (");
	for (int i = 0; i < keys->nattributes; i++)
		appendStringInfo(&sql->text, "%s%s", i > 0 ? " AND " : "",
						 ash_equal_columns(parent, keys->attributes[i], key, keys->attributes[i]));
	ash_sql_str(sql, ")");
	source->parent = parent;
}

/* The keys as rows: their columns are named like the attributes', then "~ord". */
void
ash_keys_prepare(AshKeySource *source, AshKeys *keys, AshCall *call, AshSql *sql)
{
	int narrays = keys->nattributes + (keys->members != NULL ? 2 : 0);
	StringInfoData outer;

	source->key = ash_row_create(sql, call, keys->res, ash_from_create(NULL), NULL);
	source->parent = source->key;
	outer = ash_sql_divert(sql);
	ash_sql_str(sql, narrays > 1 ? "ROWS FROM (" : "");
	for (int i = 0; i < keys->nattributes; i++)
	{
		ash_sql_str(sql, i > 0 ? ", " : "");
		write_key_array(sql, keys->attributes[i]->type->oid, keys->values[i], keys->nkeys);
	}
	if (keys->members != NULL)
	{
		ash_sql_str(sql, ", ");
		write_key_array(sql, INT4OID, keys->members->first, keys->nkeys);
		ash_sql_str(sql, ", ");
		write_key_array(sql, INT4OID, keys->members->last, keys->nkeys);
	}
	appendStringInfo(&sql->text, "%s WITH ORDINALITY AS %s(", narrays > 1 ? ")" : "",
					 source->key->alias);
	write_key_names(sql, keys->attributes, keys->nattributes);
	ash_sql_str(sql, keys->members != NULL ? ", \"~first\", \"~last\", \"~ord\")" : ", \"~ord\")");
	if (keys->relationship != NULL && ash_relationship_uses_parent(keys->res, keys->relationship))
		join_parent(source, keys, call);
	source->base = ash_sql_collect(sql, outer);
}

/* The related rows that a function named: those in the key's slice, each once. */
static void
match_members(AshKeySource *source, AshMembers *members, AshRowScope *row, StringInfo item)
{
	AshSql *sql = row->sql;
	AshResource *res = row->res;
	const AshAttribute *const *key = (const AshAttribute *const *) res->primary_key;
	AshRowScope member = *row;
	StringInfoData outer = ash_sql_divert(sql);

	member.alias = ash_next_alias(sql);
	ash_sql_str(sql, " INNER JOIN LATERAL (SELECT DISTINCT * FROM ROWS FROM (");
	for (int i = 0; i < res->nprimary_key; i++)
	{
		ash_sql_str(sql, i > 0 ? ", pg_catalog.unnest((" : "pg_catalog.unnest((");
		write_array(sql, key[i]->type->oid, members->values[i], members->n);
		appendStringInfo(&sql->text, ")[%s.\"~first\":%s.\"~last\"])", source->key->alias,
						 source->key->alias);
	}
	appendStringInfo(&sql->text, ") AS %s(", member.alias);
	write_key_names(sql, key, res->nprimary_key);
	appendStringInfo(&sql->text, ")) AS %s ON (", member.alias);
	ash_row_equal_keys(row, &member);
	ash_sql_str(sql, ")");
	appendStringInfoString(item, ash_sql_collect(sql, outer));
}

/* Conditions (of char *) that tie row to the keys; may add to the FROM item. */
List *
ash_keys_match(AshKeySource *source, AshKeys *keys, AshRowScope *row, StringInfo item)
{
	List *conditions = NIL;

	row->parent = source->parent;
	if (keys->members != NULL)
		match_members(source, keys->members, row, item);
	if (keys->relationship != NULL)
		ash_related_match(source->parent, keys->relationship, row, row->call->authorize,
						  ASH_RELATED_DISTINCT, item, &conditions);
	for (int i = 0; keys->relationship == NULL && i < keys->nattributes; i++)
		conditions = lappend(conditions, ash_equal_columns(row, keys->attributes[i], source->key,
														   keys->attributes[i]));
	return conditions;
}
