/*-------------------------------------------------------------------------
 *
 * src/define/plan.c
 *	  The schema planner: what has to be done to make the tables what the
 *	  definitions say, and doing it.
 *
 * Definitions are compared with pg_catalog itself, so a change made by hand is
 * seen like any other difference.  Statements run as the caller; all their names
 * are qualified and quoted, and search_path is left as it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "define/internal.h"
#include "define/plan.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

/* Adds a step; the text of the statement is formatted. */
void
ash_plan_step(AshPlan *plan, const AshPlanTable *table, AshPlanPhase phase, const char *operation,
			  int flags, const char *fmt, ...)
{
	AshPlanStep *step = palloc0(sizeof(AshPlanStep));
	const AshPlanTable *present = table ? table->present : NULL;
	StringInfoData sql;

	initStringInfo(&sql);
	for (;;)
	{
		va_list args;
		int needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(&sql, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&sql, needed);
	}
	step->resource = table ? pstrdup(table->resource) : NULL;
	step->operation = operation;
	step->sql = sql.data;
	step->destructive = (flags & ASH_STEP_DESTRUCTIVE) != 0;
	step->blocking = (flags & ASH_STEP_BLOCKING) && present != NULL && !present->empty;
	step->concurrent = (flags & ASH_STEP_CONCURRENT) != 0;
	plan->steps[phase] = lappend(plan->steps[phase], step);
}

AshPlanTable *
ash_plan_find_table(const AshPlan *plan, const char *schema, const char *name)
{
	ListCell *lc;

	foreach (lc, plan->tables)
	{
		AshPlanTable *table = lfirst(lc);

		if (strcmp(table->schema, schema) == 0 && strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

/*-------------------------------------------------------------------------
 * What is wanted
 *-------------------------------------------------------------------------
 */

/* Is the planner to look after the resource's table? */
static bool
is_planned(const AshResource *res)
{
	return !res->embedded && !json_is_false(json_object_get(res->document, "migrate"));
}

/* The resources of a domain, or of all, in definition order. */
static List *
planned_resources(const char *domain)
{
	List *rows = ash_plan_query(1,
								"SELECT name FROM ash.resource"
								" WHERE NOT embedded AND ($1 IS NULL OR domain = $1)"
								" ORDER BY domain, position, name",
								1, &domain);
	List *resources = NIL;
	ListCell *lc;

	foreach (lc, rows)
	{
		char **row = lfirst(lc);
		AshResource *res = ash_resource_get(row[0], NULL);

		CHECK_FOR_INTERRUPTS();
		if (res != NULL && is_planned(res))
			resources = lappend(resources, res);
	}
	return resources;
}

static void
check_domain(const char *domain)
{
	if (domain == NULL ||
		ash_plan_query(1, "SELECT name FROM ash.domain WHERE name = $1", 1, &domain) != NIL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("domain \"%s\" does not exist", domain)));
}

/* The schema our own functions are in: extensions the definitions need go there too. */
static const char *
extension_schema(void)
{
	List *rows = ash_plan_query(1,
								"SELECT n.nspname FROM pg_extension e"
								" JOIN pg_namespace n ON n.oid = e.extnamespace"
								" WHERE e.extname = 'ash'",
								0, NULL);

	return rows == NIL ? "public" : ((char **) linitial(rows))[0];
}

/* Finds the table as it is, under its name or its former one unless another resource has that. */
static void
find_present(AshPlan *plan, AshPlanTable *table)
{
	table->present = ash_plan_read(table->schema, table->name);
	if (table->present != NULL || table->renamed_from == NULL ||
		ash_plan_find_table(plan, table->schema, table->renamed_from) != NULL)
		return;
	table->present = ash_plan_read(table->schema, table->renamed_from);
	if (table->present != NULL)
		ash_plan_step(plan, table, ASH_PHASE_RENAME_TABLE, "rename table", 0,
					  "ALTER TABLE %s RENAME TO %s", ash_plan_qualified(table->present),
					  ash_quote_ident(table->name));
}

/* A column is renamed when only the former name is there, and nothing else is to have it. */
static void
find_renamed_columns(AshPlanTable *table)
{
	ListCell *lc;

	foreach (lc, table->columns)
	{
		AshPlanColumn *column = lfirst(lc);

		if (column->renamed_from != NULL &&
			ash_plan_find_column(table->present, column->name) == NULL &&
			ash_plan_find_column(table->present, column->renamed_from) != NULL &&
			ash_plan_find_column(table, column->renamed_from) == NULL)
			column->current = column->renamed_from;
	}
}

/* Is it the table of a resource, under its name or the one this plan renames? */
static bool
is_resource_table(const AshPlan *plan, const char *schema, const char *name)
{
	ListCell *lc;

	foreach (lc, plan->tables)
	{
		const AshPlanTable *present = ((AshPlanTable *) lfirst(lc))->present;

		if (present != NULL && strcmp(present->schema, schema) == 0 &&
			strcmp(present->name, name) == 0)
			return true;
	}
	return ash_catalog_name_of_table(schema, name) != NULL;
}

/* Foreign keys to tables that are no resource's are somebody else's. */
static void
find_foreign_references(const AshPlan *plan, const AshPlanTable *table)
{
	ListCell *lc;

	foreach (lc, table->present->references)
	{
		AshPlanObject *reference = lfirst(lc);

		reference->foreign |= !is_resource_table(plan, reference->to_schema, reference->to_table);
	}
}

static void
plan_schemas(AshPlan *plan)
{
	List *seen = NIL;
	ListCell *lc;

	foreach (lc, plan->tables)
	{
		AshPlanTable *table = lfirst(lc);
		ListCell *other;
		bool known = OidIsValid(get_namespace_oid(table->schema, true));

		foreach (other, seen)
			known |= strcmp(lfirst(other), table->schema) == 0;
		if (known)
			continue;
		seen = lappend(seen, unconstify(char *, table->schema));
		ash_plan_step(plan, table, ASH_PHASE_PREPARE, "create schema", 0, "CREATE SCHEMA %s",
					  ash_quote_ident(table->schema));
	}
}

/* Views and the like are only read: there is nothing to plan for them. */
static bool
is_table(const AshPlanTable *table)
{
	return table->present == NULL || table->present->relkind == RELKIND_RELATION ||
		   table->present->relkind == RELKIND_PARTITIONED_TABLE ||
		   table->present->relkind == RELKIND_FOREIGN_TABLE;
}

static AshPlan *
make_plan(const char *domain, bool concurrently)
{
	AshPlan *plan = palloc0(sizeof(AshPlan));
	ListCell *lc;
	ListCell *table;

	check_domain(domain);
	plan->concurrently = concurrently;
	plan->extension_schema = extension_schema();
	plan->resources = planned_resources(domain);
	foreach (lc, plan->resources)
		ash_plan_want(plan, lfirst(lc));
	plan_schemas(plan);
	foreach (lc, plan->tables)
	{
		find_present(plan, lfirst(lc));
		if (((AshPlanTable *) lfirst(lc))->present != NULL)
			find_renamed_columns(lfirst(lc));
	}
	forboth (lc, plan->resources, table, plan->tables)
		ash_plan_want_references(plan, lfirst(table), lfirst(lc));
	foreach (lc, plan->tables)
	{
		const AshPlanTable *wanted = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (wanted->present == NULL || !is_table(wanted))
			continue;
		find_foreign_references(plan, wanted);
		ash_plan_shadow(plan, lfirst(lc));
	}
	foreach (lc, plan->tables)
	{
		if (is_table(lfirst(lc)))
			ash_plan_diff(plan, lfirst(lc));
	}
	forboth (lc, plan->resources, table, plan->tables)
		ash_plan_want_functions(plan, lfirst(table), lfirst(lc));
	ash_plan_diff_functions(plan, domain);
	ash_plan_diff_statements(plan);
	return plan;
}

/* The steps of all phases as one numbered list. */
static List *
number_steps(const AshPlan *plan)
{
	List *steps = NIL;
	ListCell *lc;

	for (int phase = 0; phase < ASH_PHASE_COUNT; phase++)
	{
		foreach (lc, plan->steps[phase])
		{
			AshPlanStep *step = lfirst(lc);

			steps = lappend(steps, step);
			step->step = list_length(steps);
		}
	}
	return steps;
}

/*
 * The steps that make the tables of a domain (NULL: of all) what the definitions
 * say, in an order in which they can run.  Changes nothing.
 */
List *
ash_plan_steps(const char *domain, bool concurrently)
{
	List *steps;

	ash_calls_enter();
	steps = number_steps(make_plan(domain, concurrently));
	ash_calls_leave();
	return steps;
}

/*-------------------------------------------------------------------------
 * Doing it
 *-------------------------------------------------------------------------
 */

static void
refuse_destructive(const List *steps)
{
	StringInfoData list;
	int count = 0;
	ListCell *lc;

	initStringInfo(&list);
	foreach (lc, steps)
	{
		const AshPlanStep *step = lfirst(lc);

		if (step->destructive)
			appendStringInfo(&list, "%s%s", count++ > 0 ? "\n" : "", step->sql);
	}
	if (count == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg_plural("the migration has %d destructive step",
						   "the migration has %d destructive steps", count, count),
			 errdetail_internal("%s", list.data),
			 errhint("Look at ash_plan(); when that is what you want, call ash_migrate() with "
					 "allow_destructive => true.")));
}

static void
resolve_types(const AshPlan *plan)
{
	ListCell *lc;

	foreach (lc, plan->resources)
	{
		const AshResource *res = lfirst(lc);

		for (int i = 0; i < res->nattributes; i++)
			ash_type_resolve_storage(res->attributes[i]->type);
	}
}

/*
 * Creates the schemas, and the extensions types need, so that the rest can be
 * planned with the types that are then there.  Returns the steps that were run.
 */
static List *
run_preparations(const AshPlan *plan)
{
	ListCell *lc;

	foreach (lc, plan->steps[ASH_PHASE_PREPARE])
		ash_plan_execute(((AshPlanStep *) lfirst(lc))->sql);
	resolve_types(plan);
	return plan->steps[ASH_PHASE_PREPARE];
}

/* False, with a warning, for what cannot be done in a transaction or waits for that. */
static bool
run_step(const AshPlanStep *step)
{
	if (step->statement != NULL)
	{
		ash_plan_run_statement(step);
		return true;
	}
	if (!step->concurrent)
	{
		ash_plan_execute(step->sql);
		return true;
	}
	ereport(WARNING,
			(errmsg("step \"%s\" of resource %s is left to you", step->operation, step->resource),
			 errdetail("It cannot run inside a transaction, or needs an index that can "
					   "only be created outside of one."),
			 errhint("Run: %s", step->sql)));
	return false;
}

/*
 * Runs the steps; those that ran.  Bodies of functions are not looked at: they may
 * need tables of a domain that is migrated later.
 */
static List *
run_steps(List *steps)
{
	int nestlevel = NewGUCNestLevel();
	List *done = NIL;
	ListCell *lc;

	(void) set_config_option("check_function_bodies", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	foreach (lc, steps)
	{
		CHECK_FOR_INTERRUPTS();
		if (run_step(lfirst(lc)))
			done = lappend(done, lfirst(lc));
	}
	AtEOXact_GUC(true, nestlevel);
	return done;
}

/*
 * The plan as it is to be run.  Custom statements are known by what the catalog
 * says was run, so nobody else may run some between the plan and its end.
 */
static AshPlan *
make_plan_to_run(const char *domain, bool concurrently)
{
	AshPlan *plan = make_plan(domain, concurrently);
	List *steps = number_steps(plan);

	if (!ash_plan_has_statements(steps))
		return plan;
	ash_plan_check_statements(steps);
	ash_store_lock();
	return make_plan(domain, concurrently);
}

/*
 * Runs the steps and returns those that ran.  All of them run in the caller's
 * transaction; what builds or drops an index concurrently cannot and is left to
 * the caller, with a warning.
 */
List *
ash_plan_apply(const char *domain, bool allow_destructive, bool concurrently)
{
	AshPlan *plan;
	List *done = NIL;
	ListCell *lc;

	ash_calls_enter();
	plan = make_plan_to_run(domain, concurrently);
	if (!allow_destructive)
		refuse_destructive(number_steps(plan));
	if (plan->extensions != NIL)
	{
		done = run_preparations(plan);
		plan = make_plan(domain, concurrently);
	}
	done = list_concat(done, run_steps(number_steps(plan)));
	ash_calls_leave();
	foreach (lc, done)
		((AshPlanStep *) lfirst(lc))->step = foreach_current_index(lc) + 1;
	return done;
}
