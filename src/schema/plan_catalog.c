/*-------------------------------------------------------------------------
 *
 * src/schema/plan_catalog.c
 *	  Tables as they are: pg_catalog read into the planner's structs.
 *
 * Queries run with search_path set to pg_catalog alone.  So their own names are
 * safe, and expressions, types and keys are printed with every other name
 * qualified, whoever asks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "model/model.h"
#include "schema/schema_plan.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#define MAX_ARGS 4

/*-------------------------------------------------------------------------
 * SPI
 *-------------------------------------------------------------------------
 */

static List *
copy_rows(int ncolumns, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	List *rows = NIL;

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char **row = palloc(sizeof(char *) * ncolumns);

		CHECK_FOR_INTERRUPTS();
		for (int column = 0; column < ncolumns; column++)
			row[column] = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, column + 1);
		rows = lappend(rows, row);
	}
	MemoryContextSwitchTo(old);
	return rows;
}

/* args are texts, or NULL. */
List *
ash_plan_query(int ncolumns, const char *sql, int nargs, const char *const *args)
{
	MemoryContext cxt = CurrentMemoryContext;
	int nestlevel = NewGUCNestLevel();
	Oid types[MAX_ARGS];
	Datum values[MAX_ARGS];
	char nulls[MAX_ARGS];
	List *rows;

	Assert(nargs <= MAX_ARGS);
	for (int i = 0; i < nargs; i++)
	{
		types[i] = TEXTOID;
		nulls[i] = args[i] ? ' ' : 'n';
		values[i] = args[i] ? CStringGetTextDatum(args[i]) : (Datum) 0;
	}
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args(sql, nargs, types, values, nulls, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "query of the schema planner failed: %s", sql);
	rows = copy_rows(ncolumns, cxt);
	SPI_finish();
	AtEOXact_GUC(true, nestlevel);
	return rows;
}

/* Runs a statement (or several) as the current user, with the search_path that is set. */
void
ash_plan_execute(const char *sql)
{
	int result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	result = SPI_execute(sql, false, 0);
	if (result == SPI_ERROR_TRANSACTION || result == SPI_ERROR_COPY)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("a migration cannot %s", result == SPI_ERROR_COPY ?
															"copy from or to the client" :
															"begin or end transactions")));
	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s: %s", SPI_result_code_string(result), sql);
	SPI_finish();
}

const char *
ash_extension_schema(void)
{
	List *rows = ash_plan_query(1,
								"SELECT n.nspname FROM pg_extension e"
								" JOIN pg_namespace n ON n.oid = e.extnamespace"
								" WHERE e.extname = 'ash'",
								0, NULL);

	return rows == NIL ? "public" : ((char **) linitial(rows))[0];
}

static bool
is_true(const char *boolean)
{
	return boolean != NULL && boolean[0] == 't';
}

/*-------------------------------------------------------------------------
 * Parts of a table
 *-------------------------------------------------------------------------
 */

/* A partitioned table has no size of its own; it counts as filled. */
static const char relation_query[] =
	"SELECT n.nspname, c.relname, c.relkind, c.relrowsecurity,"
	" EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid),"
	" obj_description(c.oid, 'pg_class'),"
	" c.relkind = 'r' AND pg_relation_size(c.oid) = 0"
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.oid = $1::oid";

static const char column_query[] =
	"SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,"
	" a.attgenerated, pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum),"
	" a.atttypid, a.atttypmod"
	" FROM pg_attribute a"
	" LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
	" WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped"
	" ORDER BY a.attnum";

/*
 * A primary key is read as the set of its columns: a definition knows no order of
 * them, nor what else PostgreSQL can say of a key.  NOT VALID is read as a flag of its own.  A
 * foreign key with SET DEFAULT is none a relationship could have made, nor is one of several
 * columns whose first does not identify a row; the others are known by the table they refer to.
 */
static const char constraint_query[] =
	"SELECT c.conname, c.contype, CASE c.contype WHEN 'c' THEN pg_get_expr(c.conbin, c.conrelid)"
	" WHEN 'p' THEN (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname)"
	" FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey))"
	" ELSE regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', '') END, c.convalidated,"
	" 'd' IN (c.confupdtype, c.confdeltype) OR cardinality(c.conkey) > 1 AND NOT EXISTS"
	" (SELECT FROM pg_index i WHERE i.indrelid = c.confrelid AND i.indisunique"
	" AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = c.confkey[1]),"
	" n.nspname, f.relname"
	" FROM pg_constraint c"
	" LEFT JOIN pg_class f ON f.oid = c.confrelid"
	" LEFT JOIN pg_namespace n ON n.oid = f.relnamespace"
	" WHERE c.conrelid = $1::oid AND c.contype IN ('p', 'c', 'f') AND c.conparentid = 0"
	" ORDER BY c.conname";

/* From USING on: what stands before it are names.  Storage parameters are nobody's definition. */
static const char index_query[] =
	"SELECT c.relname, replace(substr(pg_get_indexdef(c.oid), 1 + length(format("
	"'CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END,"
	" c.relname, CASE WHEN t.relkind = 'p' THEN 'ONLY ' ELSE '' END,"
	" CASE n.oid WHEN pg_my_temp_schema() THEN 'pg_temp' ELSE n.nspname END, t.relname))),"
	" coalesce((SELECT format(' WITH (%s)', string_agg(format('%I=%s', split_part(o, '=', 1),"
	" CASE quote_ident(v) WHEN v THEN v ELSE quote_literal(v) END), ', '))"
	" FROM unnest(c.reloptions) o, substr(o, strpos(o, '=') + 1) v"
	" HAVING count(*) > 0), ''), ''),"
	" i.indisunique, con.oid IS NOT NULL, i.indisvalid"
	" FROM pg_index i"
	" JOIN pg_class c ON c.oid = i.indexrelid"
	" JOIN pg_class t ON t.oid = i.indrelid"
	" JOIN pg_namespace n ON n.oid = t.relnamespace"
	" LEFT JOIN pg_constraint con ON con.conindid = c.oid AND con.conrelid = i.indrelid"
	" AND con.contype IN ('u', 'x')"
	" WHERE i.indrelid = $1::oid AND NOT i.indisprimary AND con.contype IS DISTINCT FROM 'x'"
	" ORDER BY c.relname";

static void
read_columns(AshPlanTable *table, const char *oid)
{
	ListCell *lc;

	foreach (lc, ash_plan_query(9, column_query, 1, &oid))
	{
		char **row = lfirst(lc);
		AshPlanColumn *column = palloc0(sizeof(AshPlanColumn));

		column->name = column->current = row[0];
		column->type = row[1];
		column->not_null = is_true(row[2]);
		column->identity = row[3][0];
		column->generated = row[4][0];
		column->dflt = row[5];
		column->comment = row[6];
		column->type_oid = (Oid) strtoul(row[7], NULL, 10);
		column->typmod = atoi(row[8]);
		table->columns = lappend(table->columns, column);
	}
}

static void
read_constraints(AshPlanTable *table, const char *oid)
{
	ListCell *lc;

	foreach (lc, ash_plan_query(7, constraint_query, 1, &oid))
	{
		char **row = lfirst(lc);
		AshPlanObject *object;

		if (row[1][0] == 'p')
			object = table->primary_key = ash_plan_object(NULL, row[0], row[2]);
		else if (row[1][0] == 'c')
			object = ash_plan_object(&table->checks, row[0], row[2]);
		else
		{
			object = ash_plan_object(&table->references, row[0], row[2]);
			object->foreign = is_true(row[4]);
			object->to_schema = row[5];
			object->to_table = row[6];
		}
		object->valid = is_true(row[3]);
	}
}

static void
read_indexes(AshPlanTable *table, const char *oid)
{
	ListCell *lc;

	foreach (lc, ash_plan_query(5, index_query, 1, &oid))
	{
		char **row = lfirst(lc);
		AshPlanObject *index = ash_plan_object(&table->indexes, row[0], row[1]);

		index->unique = is_true(row[2]);
		index->constraint = is_true(row[3]);
		index->valid = is_true(row[4]);
	}
}

AshPlanTable *
ash_plan_read_oid(Oid relid)
{
	const char *oid = psprintf("%u", relid);
	List *rows = ash_plan_query(7, relation_query, 1, &oid);
	AshPlanTable *table = palloc0(sizeof(AshPlanTable));
	char **row;

	if (rows == NIL)
		return NULL;
	row = linitial(rows);
	table->schema = row[0];
	table->name = row[1];
	table->relkind = row[2][0];
	table->row_security = is_true(row[3]);
	table->has_policies = is_true(row[4]);
	table->comment = row[5];
	table->empty = is_true(row[6]);
	ash_plan_read_options(table, oid);
	read_columns(table, oid);
	read_constraints(table, oid);
	read_indexes(table, oid);
	return table;
}

AshPlanTable *
ash_plan_read(const char *schema, const char *name)
{
	Oid namespace = get_namespace_oid(schema, true);
	Oid relid = OidIsValid(namespace) ? get_relname_relid(name, namespace) : InvalidOid;

	return OidIsValid(relid) ? ash_plan_read_oid(relid) : NULL;
}
