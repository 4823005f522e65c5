/*-------------------------------------------------------------------------
 *
 * src/schema/schema_plan.c
 *	  The schema planner: what has to be done to make the tables what the
 *	  definitions say, and doing it.
 *
 * Definitions are compared with pg_catalog itself, so a change made by hand is
 * seen like any other difference.  Whoever plans or migrates must be a member of
 * the domain's owner; what the definition says is looked at, and steps are run,
 * with the owner's rights (as_owner.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "model/attribute.h"
#include "model/catalog_store.h"
#include "schema/schema_plan.h"
#include "utils/acl.h"
#include "utils/builtins.h"
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

	ASH_FORMAT(&sql, fmt);
	step->resource = table ? pstrdup(table->resource) : NULL;
	step->operation = operation;
	step->sql = sql.data;
	step->owner = table ? table->owner : InvalidOid;
	step->path = table ? table->path : NULL;
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

/* A domain that is named must be there, and the current user must be a member of its owner. */
static Oid
named_owner(const char *domain)
{
	AshStored stored;

	if (!ash_store_domain(domain, &stored))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("domain \"%s\" does not exist", domain)));
	ash_store_check_owner(&stored);
	return ash_owner_of(domain);
}

/* Of all domains one plans those that are one's own; InvalidOid: not this one. */
static Oid
any_owner(const char *domain)
{
	Oid owner = ash_catalog_domain_owner(domain);

	if (OidIsValid(owner))
		return has_privs_of_role(GetUserId(), owner) ? owner : InvalidOid;
	if (superuser())
		ereport(
			WARNING,
			(errmsg("domain \"%s\" is left out", domain),
			 errdetail("The role that owns it does not exist."),
			 errhint("Name another owner: UPDATE ash.domain SET owner = 'role' WHERE name = %s.",
					 quote_literal_cstr(domain))));
	return InvalidOid;
}

/* Adds the tables of a domain's resources, in definition order. */
static void
want_domain(AshPlan *plan, const char *domain, Oid owner)
{
	AshOwnerScope scope = ash_owner_enter(owner, ash_owner_path(NULL, NULL));
	ListCell *lc;

	foreach (lc, ash_plan_query(1,
								"SELECT name FROM ash.resource"
								" WHERE NOT embedded AND domain = $1 ORDER BY position, name",
								1, &domain))
	{
		AshResource *res = ash_resource_get(((char **) lfirst(lc))[0], NULL);

		CHECK_FOR_INTERRUPTS();
		if (res == NULL || !is_planned(res))
			continue;
		plan->resources = lappend(plan->resources, res);
		ash_plan_want(plan, res, owner);
	}
	ash_owner_leave(&scope);
}

static void
want_domains(AshPlan *plan, const char *domain)
{
	ListCell *lc;

	if (domain != NULL)
	{
		want_domain(plan, domain, named_owner(domain));
		return;
	}
	foreach (lc, ash_plan_query(1, "SELECT name FROM ash.domain ORDER BY name", 0, NULL))
	{
		const char *name = ((char **) lfirst(lc))[0];
		Oid owner = any_owner(name);

		if (OidIsValid(owner))
			want_domain(plan, name, owner);
	}
}

typedef void (*TableBody)(AshPlan *plan, AshPlanTable *table, AshResource *res);

/* Calls body for each table, as its owner. */
static void
for_each_table(AshPlan *plan, TableBody body)
{
	ListCell *lc;
	ListCell *res;

	forboth (lc, plan->tables, res, plan->resources)
	{
		AshPlanTable *table = lfirst(lc);
		AshOwnerScope scope;

		CHECK_FOR_INTERRUPTS();
		scope = ash_owner_enter(table->owner, table->path);
		body(plan, table, lfirst(res));
		ash_owner_leave(&scope);
	}
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

static void
diff_table(AshPlan *plan, AshPlanTable *table, AshResource *res)
{
	if (is_table(table))
		ash_plan_diff(plan, table);
}

static void
want_functions(AshPlan *plan, AshPlanTable *table, AshResource *res)
{
	ash_plan_want_functions(plan, table, res);
}

static AshPlan *
make_plan(const char *domain, bool concurrently)
{
	AshPlan *plan = palloc0(sizeof(AshPlan));
	ListCell *lc;

	plan->concurrently = concurrently;
	plan->extension_schema = ash_extension_schema();
	want_domains(plan, domain);
	plan_schemas(plan);
	foreach (lc, plan->tables)
	{
		find_present(plan, lfirst(lc));
		if (((AshPlanTable *) lfirst(lc))->present != NULL)
			find_renamed_columns(lfirst(lc));
	}
	for_each_table(plan, ash_plan_want_references);
	foreach (lc, plan->tables)
	{
		const AshPlanTable *wanted = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (wanted->present == NULL || !is_table(wanted))
			continue;
		find_foreign_references(plan, wanted);
		ash_plan_shadow(plan, lfirst(lc));
	}
	for_each_table(plan, diff_table);
	for_each_table(plan, want_functions);
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

/* With the rights of the owner of what it is about. */
static void
execute(const AshPlanStep *step)
{
	AshOwnerScope scope;

	if (!OidIsValid(step->owner))
	{
		ash_plan_execute(step->sql);
		return;
	}
	scope = ash_owner_enter(step->owner, step->path);
	ash_plan_execute(step->sql);
	ash_owner_leave(&scope);
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
		execute(lfirst(lc));
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
		execute(step);
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
