/*-------------------------------------------------------------------------
 *
 * src/schema/plan_storage.c
 *	  How a table is stored: parameters, persistence, tablespace, partitioning.
 *
 * Only what the definition speaks of is compared; the rest is the administrator's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "model/attribute.h"
#include "schema/schema_plan.h"
#include "utils/builtins.h"

/* A storage parameter, named as in "toast.fillfactor". */
typedef struct Parameter
{
	const char *name;
	const char *value;
} Parameter;

/*-------------------------------------------------------------------------
 * What is wanted
 *-------------------------------------------------------------------------
 */

/* The value as PostgreSQL keeps it; NULL for what can be none. */
const char *
ash_plan_parameter_text(json_t *value)
{
	if (json_is_string(value))
		return pstrdup(json_string_value(value));
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	return json_is_number(value) ? ash_json_dump(value, false) : NULL;
}

static const Parameter *
find_parameter(List *parameters, const char *name)
{
	ListCell *lc;

	foreach (lc, parameters)
	{
		if (strcmp(((Parameter *) lfirst(lc))->name, name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

static List *
add_parameter(List *parameters, const char *name, const char *value)
{
	Parameter *parameter = palloc(sizeof(Parameter));

	parameter->name = name;
	parameter->value = value;
	return lappend(parameters, parameter);
}

static const char *
partition_key(const AshResource *res, json_t *partition)
{
	List *columns = NIL;
	ListCell *lc;

	if (partition == NULL)
		return NULL;
	foreach (lc, ash_json_names(json_object_get(partition, "fields")))
		columns = lappend(columns, unconstify(char *, ash_find_attribute(res, lfirst(lc))->source));
	return psprintf("%s (%s)", json_string_value(json_object_get(partition, "strategy")),
					ash_plan_name_list(columns));
}

void
ash_plan_want_options(AshPlanTable *table, const AshResource *res)
{
	json_t *options = json_object_get(res->document, "create_table_options");
	json_t *parameters = json_object_get(options, "storage_parameters");
	json_t *unlogged = json_object_get(options, "unlogged");
	const char *name;
	json_t *value;

	table->has_parameters = parameters != NULL;
	json_object_foreach (parameters, name, value)
		table->parameters =
			add_parameter(table->parameters, pstrdup(name), ash_plan_parameter_text(value));
	if (unlogged != NULL)
		table->persistence =
			json_is_true(unlogged) ? RELPERSISTENCE_UNLOGGED : RELPERSISTENCE_PERMANENT;
	table->tablespace = json_string_value(json_object_get(options, "tablespace"));
	table->partition_key = partition_key(res, json_object_get(options, "partition_by"));
}

/*-------------------------------------------------------------------------
 * What there is
 *-------------------------------------------------------------------------
 */

static const char options_query[] =
	"SELECT c.relpersistence, coalesce(t.spcname, (SELECT d.spcname FROM pg_database b"
	" JOIN pg_tablespace d ON d.oid = b.dattablespace WHERE b.datname = current_database())),"
	" CASE c.relkind WHEN 'p' THEN (SELECT format('%s (%s)', CASE p.partstrat WHEN 'r' THEN 'range'"
	" WHEN 'l' THEN 'list' ELSE 'hash' END, (SELECT string_agg('\"' || replace(a.attname, '\"', "
	"'\"\"') || '\"', ', ' ORDER BY k.n) FROM unnest(p.partattrs::int2[]) WITH ORDINALITY k(attnum, n)"
	" JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum))"
	" FROM pg_partitioned_table p WHERE p.partrelid = c.oid) END"
	" FROM pg_class c LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace WHERE c.oid = $1::oid";

static const char parameters_query[] =
	"SELECT CASE c.oid WHEN $1::oid THEN '' ELSE 'toast.' END || split_part(o, '=', 1),"
	" substr(o, strpos(o, '=') + 1)"
	" FROM pg_class r JOIN pg_class c ON c.oid IN (r.oid, r.reltoastrelid), unnest(c.reloptions) o"
	" WHERE r.oid = $1::oid ORDER BY 1";

void
ash_plan_read_options(AshPlanTable *table, const char *oid)
{
	char **row = linitial(ash_plan_query(3, options_query, 1, &oid));
	ListCell *lc;

	table->persistence = row[0][0];
	table->tablespace = row[1];
	table->partition_key = row[2];
	foreach (lc, ash_plan_query(2, parameters_query, 1, &oid))
		table->parameters =
			add_parameter(table->parameters, ((char **) lfirst(lc))[0], ((char **) lfirst(lc))[1]);
}

/*-------------------------------------------------------------------------
 * Differences
 *-------------------------------------------------------------------------
 */

static char *
parameter_name(const char *name)
{
	if (strncmp(name, "toast.", 6) == 0)
		return psprintf("toast.%s", ash_quote_ident(name + 6));
	return pstrdup(ash_quote_ident(name));
}

/* "a" = '1', … of those that the other list does not have so; "" when all are there. */
static char *
parameter_list(List *parameters, List *others)
{
	StringInfoData out;
	ListCell *lc;

	initStringInfo(&out);
	foreach (lc, parameters)
	{
		const Parameter *parameter = lfirst(lc);
		const Parameter *other = find_parameter(others, parameter->name);

		if (other != NULL && strcmp(other->value, parameter->value) == 0)
			continue;
		appendStringInfo(&out, "%s%s = %s", out.len > 0 ? ", " : "",
						 parameter_name(parameter->name), quote_literal_cstr(parameter->value));
	}
	return out.data;
}

static void
diff_parameters(AshPlan *plan, const AshPlanTable *table)
{
	const AshPlanTable *present = table->present;
	char *set = parameter_list(table->parameters, present->parameters);
	StringInfoData reset;
	ListCell *lc;

	if (!table->has_parameters)
		return;
	if (set[0] != '\0')
		ash_plan_step(plan, table, ASH_PHASE_TABLE, "set storage parameters", 0,
					  "ALTER TABLE %s SET (%s)", ash_plan_qualified(table), set);
	initStringInfo(&reset);
	foreach (lc, present->parameters)
	{
		const Parameter *parameter = lfirst(lc);

		if (find_parameter(table->parameters, parameter->name) == NULL)
			appendStringInfo(&reset, "%s%s", reset.len > 0 ? ", " : "",
							 parameter_name(parameter->name));
	}
	if (reset.len > 0)
		ash_plan_step(plan, table, ASH_PHASE_TABLE, "reset storage parameters", 0,
					  "ALTER TABLE %s RESET (%s)", ash_plan_qualified(table), reset.data);
}

/* An unlogged table is empty after a crash. */
static void
diff_persistence(AshPlan *plan, const AshPlanTable *table)
{
	bool unlogged = table->persistence == RELPERSISTENCE_UNLOGGED;

	if (table->persistence == '\0' || table->persistence == table->present->persistence)
		return;
	ash_plan_step(plan, table, ASH_PHASE_TABLE, unlogged ? "set unlogged" : "set logged",
				  ASH_STEP_BLOCKING | (unlogged ? ASH_STEP_DESTRUCTIVE : 0),
				  "ALTER TABLE %s SET %s", ash_plan_qualified(table),
				  unlogged ? "UNLOGGED" : "LOGGED");
}

static void
diff_tablespace(AshPlan *plan, const AshPlanTable *table)
{
	if (table->tablespace == NULL || strcmp(table->tablespace, table->present->tablespace) == 0)
		return;
	ash_plan_step(plan, table, ASH_PHASE_TABLE, "set tablespace", ASH_STEP_BLOCKING,
				  "ALTER TABLE %s SET TABLESPACE %s", ash_plan_qualified(table),
				  ash_quote_ident(table->tablespace));
}

/* PostgreSQL cannot change it: somebody has to make another table and move the rows. */
static void
warn_of_partitioning(const AshPlanTable *table)
{
	const char *there = table->present->partition_key;

	if (table->partition_key == NULL || (there != NULL && strcmp(there, table->partition_key) == 0))
		return;
	ereport(WARNING,
			(errmsg("table %s of resource %s is not partitioned by %s", ash_plan_qualified(table),
					table->resource, table->partition_key),
			 errdetail("It is %s%s, which cannot be altered.",
					   there ? "partitioned by " : "not partitioned", there ? there : ""),
			 errhint("Make another table and move the rows, or change \"partition_by\".")));
}

void
ash_plan_diff_options(AshPlan *plan, const AshPlanTable *table)
{
	if (table->present->relkind == RELKIND_FOREIGN_TABLE)
		return;
	diff_parameters(plan, table);
	diff_persistence(plan, table);
	diff_tablespace(plan, table);
	warn_of_partitioning(table);
}

/* What CREATE TABLE says after the columns; "" or with a blank before it. */
char *
ash_plan_table_options(const AshPlanTable *table)
{
	StringInfoData out;

	initStringInfo(&out);
	if (table->partition_key != NULL)
		appendStringInfo(&out, " PARTITION BY %s", table->partition_key);
	if (table->parameters != NIL)
		appendStringInfo(&out, " WITH (%s)", parameter_list(table->parameters, NIL));
	if (table->tablespace != NULL)
		appendStringInfo(&out, " TABLESPACE %s", ash_quote_ident(table->tablespace));
	return out.data;
}
