/*-------------------------------------------------------------------------
 *
 * src/schema/plan_diff.c
 *	  Tables and columns: differences → steps.
 *
 * Avoided wherever it can be: rewriting a table, reading all of it under a lock
 * that keeps others out, and losing anything without saying so.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "schema/schema_plan.h"
#include "utils/builtins.h"

/*-------------------------------------------------------------------------
 * What columns may lose
 *-------------------------------------------------------------------------
 */

/* The same type with other modifiers: does every value fit? */
static bool
typmod_holds(Oid type, int32 from, int32 to)
{
	if (to == -1)
		return true;
	if (from == -1)
		return false;
	switch (type)
	{
		case VARCHAROID:
		case BPCHAROID:
		case VARBITOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case TIMEOID:
			return to >= from;
		default:
			return to == from;
	}
}

/* Does every value of the present column fit into the wanted one? */
static bool
type_holds(const AshPlanColumn *from, const AshPlanColumn *to)
{
	const char *args[2];

	if (from->type_oid == to->type_oid)
		return typmod_holds(to->type_oid, from->typmod, to->typmod);
	if (to->typmod != -1)
		return false;
	if (to->type_oid == TEXTOID)
		return true;
	args[0] = psprintf("%u", from->type_oid);
	args[1] = psprintf("%u", to->type_oid);
	return ash_plan_query(1,
						  "SELECT castfunc FROM pg_cast WHERE castsource = $1::oid"
						  " AND casttarget = $2::oid AND castcontext = 'i'",
						  2, args) != NIL;
}

/* Is the default another for each row?  A column with such a one can only be added by a rewrite. */
static bool
is_volatile_default(const AshPlanColumn *column)
{
	if (column->dflt == NULL)
		return false;
	/* the parentheses around all of it are ours, or gone where PostgreSQL prints it */
	if (column->sql_default)
		return strchr(column->dflt + 1, '(') != NULL;
	return strstr(column->dflt, "gen_random_uuid") != NULL ||
		   strstr(column->dflt, "uuidv7") != NULL;
}

/*-------------------------------------------------------------------------
 * Columns
 *-------------------------------------------------------------------------
 */

/*
 * NOT NULL on a table with rows: a check that is validated without keeping writers
 * out proves it, then setting it has nothing to read.
 */
static void
set_not_null(AshPlan *plan, const AshPlanTable *table, const AshPlanColumn *column)
{
	const char *name = ash_plan_qualified(table);
	const char *quoted = ash_quote_ident(column->name);
	const char *check;

	if (table->present->empty || table->present->relkind != RELKIND_RELATION)
	{
		ash_plan_step(plan, table, ASH_PHASE_COLUMN, "set not null", ASH_STEP_BLOCKING,
					  "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL", name, quoted);
		return;
	}
	check = ash_quote_ident(ash_object_name(table->name, column->name, "not_null"));
	ash_plan_step(plan, table, ASH_PHASE_COLUMN, "set not null", 0,
				  "ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID", name, check,
				  quoted);
	ash_plan_step(plan, table, ASH_PHASE_COLUMN, "set not null", 0,
				  "ALTER TABLE %s VALIDATE CONSTRAINT %s", name, check);
	ash_plan_step(plan, table, ASH_PHASE_COLUMN, "set not null", 0,
				  "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL, DROP CONSTRAINT %s", name, quoted,
				  check);
}

/* A nullable column gets a volatile default afterwards: what is there stays empty, nothing is
 * rewritten. */
static void
add_column(AshPlan *plan, const AshPlanTable *table, const AshPlanColumn *column)
{
	const char *name = ash_plan_qualified(table);
	AshPlanColumn added = *column;
	bool later = is_volatile_default(column) && !column->not_null;
	bool rewrites = (is_volatile_default(column) && !later) || column->identity != '\0';

	if (later)
		added.dflt = NULL;
	ash_plan_step(plan, table, ASH_PHASE_COLUMN, "add column", rewrites ? ASH_STEP_BLOCKING : 0,
				  "ALTER TABLE %s ADD COLUMN %s", name, ash_plan_column_sql(&added));
	if (later)
		ash_plan_step(plan, table, ASH_PHASE_COLUMN, "set default", 0,
					  "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s", name,
					  ash_quote_ident(column->name), column->dflt);
}

/* The default goes and comes in the same statement: it might not be castable. */
static void
alter_type(AshPlan *plan, const AshPlanTable *table, const AshPlanColumn *from,
		   const AshPlanColumn *to)
{
	const char *quoted = ash_quote_ident(to->name);
	bool quick = ash_plan_retypes_quickly(table->present, from, to);
	int flags = (quick ? 0 : ASH_STEP_BLOCKING) | (type_holds(from, to) ? 0 : ASH_STEP_DESTRUCTIVE);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "ALTER TABLE %s ", ash_plan_qualified(table));
	if (from->dflt != NULL && !to->any_default)
		appendStringInfo(&sql, "ALTER COLUMN %s DROP DEFAULT, ", quoted);
	appendStringInfo(&sql, "ALTER COLUMN %s TYPE %s USING %s::%s", quoted, to->type, quoted,
					 to->type);
	if (to->dflt != NULL && !to->any_default)
		appendStringInfo(&sql, ", ALTER COLUMN %s SET DEFAULT %s", quoted, to->dflt);
	ash_plan_step(plan, table, ASH_PHASE_COLUMN, "change type", flags, "%s", sql.data);
}

static void
diff_default(AshPlan *plan, const AshPlanTable *table, const AshPlanColumn *from,
			 const AshPlanColumn *to)
{
	const char *name = ash_plan_qualified(table);
	const char *quoted = ash_quote_ident(to->name);

	if (from->dflt == NULL ? to->dflt == NULL : to->dflt && strcmp(from->dflt, to->dflt) == 0)
		return;
	if (to->dflt != NULL)
		ash_plan_step(plan, table, ASH_PHASE_COLUMN, "set default", 0,
					  "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s", name, quoted, to->dflt);
	else
		ash_plan_step(plan, table, ASH_PHASE_COLUMN, "drop default", 0,
					  "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", name, quoted);
}

/* An integer that the table is to produce gets a sequence, which goes on where the values end. */
static void
add_identity(AshPlan *plan, const AshPlanTable *table, const AshPlanColumn *column)
{
	const char *name = ash_plan_qualified(table);
	const char *quoted = ash_quote_ident(column->name);

	ash_plan_step(plan, table, ASH_PHASE_COLUMN, "add identity", 0,
				  "ALTER TABLE %s ALTER COLUMN %s ADD GENERATED BY DEFAULT AS IDENTITY;\n"
				  "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence(%s, %s), m.last)"
				  " FROM (SELECT pg_catalog.max(%s) AS last FROM %s) AS m WHERE m.last IS NOT NULL",
				  name, quoted, quote_literal_cstr(name), quote_literal_cstr(column->name), quoted,
				  name);
}

/* How the table fills the column by itself. */
static void
diff_filling(AshPlan *plan, const AshPlanTable *table, const AshPlanColumn *from,
			 const AshPlanColumn *to)
{
	bool fills = from->dflt != NULL || from->identity || from->generated;

	if (to->any_default)
	{
		if (to->identity && !fills)
			add_identity(plan, table, to);
		return;
	}
	if (from->identity)
		ash_plan_step(plan, table, ASH_PHASE_COLUMN, "drop identity", ASH_STEP_DESTRUCTIVE,
					  "ALTER TABLE %s ALTER COLUMN %s DROP IDENTITY", ash_plan_qualified(table),
					  ash_quote_ident(to->name));
	if (from->generated)
		ash_plan_step(plan, table, ASH_PHASE_COLUMN, "drop expression", ASH_STEP_DESTRUCTIVE,
					  "ALTER TABLE %s ALTER COLUMN %s DROP EXPRESSION", ash_plan_qualified(table),
					  ash_quote_ident(to->name));
	else
		diff_default(plan, table, from, to);
}

static void
diff_column(AshPlan *plan, const AshPlanTable *table, const AshPlanColumn *from,
			const AshPlanColumn *to)
{
	const char *name = ash_plan_qualified(table);

	if (strcmp(from->name, to->name) != 0)
		ash_plan_step(plan, table, ASH_PHASE_RENAME_PART, "rename column", 0,
					  "ALTER TABLE %s RENAME COLUMN %s TO %s", name, ash_quote_ident(from->name),
					  ash_quote_ident(to->name));
	if (to->not_null && !from->not_null)
		set_not_null(plan, table, to);
	if (from->type_oid != to->type_oid || from->typmod != to->typmod)
	{
		alter_type(plan, table, from, to);
		if (to->any_default || from->identity || from->generated)
			diff_filling(plan, table, from, to);
	}
	else
		diff_filling(plan, table, from, to);
	if (!to->not_null && from->not_null)
		ash_plan_step(plan, table, ASH_PHASE_COLUMN, "drop not null", 0,
					  "ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", name,
					  ash_quote_ident(to->name));
}

static bool
is_wanted(const AshPlanTable *table, const AshPlanColumn *present)
{
	ListCell *lc;

	foreach (lc, table->columns)
	{
		if (strcmp(((AshPlanColumn *) lfirst(lc))->current, present->name) == 0)
			return true;
	}
	return ash_plan_ignores(table, present->name);
}

void
ash_plan_diff_columns(AshPlan *plan, AshPlanTable *table)
{
	ListCell *lc;

	foreach (lc, table->columns)
	{
		AshPlanColumn *column = lfirst(lc);
		AshPlanColumn *there = ash_plan_find_column(table->present, column->current);

		if (there == NULL)
			add_column(plan, table, column);
		else
			diff_column(plan, table, there, column);
	}
	foreach (lc, table->present->columns)
	{
		AshPlanColumn *column = lfirst(lc);

		if (!is_wanted(table, column))
			ash_plan_step(plan, table, ASH_PHASE_DROP_COLUMN, "drop column", ASH_STEP_DESTRUCTIVE,
						  "ALTER TABLE %s DROP COLUMN %s", ash_plan_qualified(table),
						  ash_quote_ident(column->name));
	}
}

/*-------------------------------------------------------------------------
 * Tables
 *-------------------------------------------------------------------------
 */

/* A comment that no definition speaks of is somebody else's and stays. */
static bool
comment_differs(const char *present, const char *wanted)
{
	return wanted != NULL && wanted[0] != '\0' && (present == NULL || strcmp(present, wanted) != 0);
}

static void
diff_comments(AshPlan *plan, AshPlanTable *table)
{
	const AshPlanTable *present = table->present;
	const char *name = ash_plan_qualified(table);
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	if (comment_differs(present ? present->comment : NULL, table->comment))
		appendStringInfo(&sql, "COMMENT ON TABLE %s IS %s", name,
						 quote_literal_cstr(table->comment));
	foreach (lc, table->columns)
	{
		const AshPlanColumn *column = lfirst(lc);
		const AshPlanColumn *there =
			present ? ash_plan_find_column(present, column->current) : NULL;

		if (comment_differs(there ? there->comment : NULL, column->comment))
			appendStringInfo(&sql, "%sCOMMENT ON COLUMN %s.%s IS %s", sql.len > 0 ? ";\n" : "",
							 name, ash_quote_ident(column->name),
							 quote_literal_cstr(column->comment));
	}
	if (sql.len > 0)
		ash_plan_step(plan, table, ASH_PHASE_COMMENT, "comment", 0, "%s", sql.data);
}

/*
 * Row security makes the table show nothing where the library is not loaded.  It
 * is taken away only when nobody wrote policies of their own, and as a step that
 * has to be allowed: it opens the table.
 */
static void
diff_row_security(AshPlan *plan, AshPlanTable *table)
{
	const AshPlanTable *present = table->present;
	const char *name = ash_plan_qualified(table);

	if (table->row_security && (present == NULL || !present->row_security))
		ash_plan_step(plan, table, ASH_PHASE_SECURITY, "enable row security", 0,
					  "ALTER TABLE %s ENABLE ROW LEVEL SECURITY", name);
	if (!table->row_security && present != NULL && present->row_security && !present->has_policies)
		ash_plan_step(plan, table, ASH_PHASE_SECURITY, "disable row security", ASH_STEP_DESTRUCTIVE,
					  "ALTER TABLE %s DISABLE ROW LEVEL SECURITY", name);
}

/* All steps for one table. */
void
ash_plan_diff(AshPlan *plan, AshPlanTable *table)
{
	if (table->present == NULL)
		ash_plan_step(plan, table, ASH_PHASE_TABLE, "create table", 0, "%s",
					  ash_plan_create_table(table, ash_plan_qualified(table)));
	else
	{
		ash_plan_diff_options(plan, table);
		ash_plan_diff_columns(plan, table);
	}
	ash_plan_diff_objects(plan, table);
	if (table->present == NULL || table->present->relkind != RELKIND_FOREIGN_TABLE)
		diff_row_security(plan, table);
	diff_comments(plan, table);
}
