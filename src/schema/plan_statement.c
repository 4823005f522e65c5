/*-------------------------------------------------------------------------
 *
 * src/schema/plan_statement.c
 *	  Custom statements: SQL of the definition that the planner runs once.
 *
 * What such a statement makes cannot be seen in pg_catalog, so ash.statement holds
 * what was run, and how to undo it.  A statement is known by its name; it is run
 * when it was not, undone when it is gone, and both when its "up" is another.  With
 * its table also goes what a statement has made: all run again for a new table.
 *
 * The SQL is the domain's owner's.  It runs only when the current user is that
 * role, and can neither get back to the role of the session nor leave settings or
 * deferred triggers behind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "model/catalog_store.h"
#include "schema/schema_plan.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

/*-------------------------------------------------------------------------
 * What was run
 *-------------------------------------------------------------------------
 */

/* Those of all resources, last one first. */
static List *
read_statements(void)
{
	List *statements = NIL;
	ListCell *lc;

	foreach (lc, ash_plan_query(4,
								"SELECT resource, name, up, down FROM ash.statement"
								" ORDER BY position DESC",
								0, NULL))
	{
		char **row = lfirst(lc);
		AshPlanStatement *statement = palloc0(sizeof(AshPlanStatement));

		statement->resource = row[0];
		statement->name = row[1];
		statement->up = row[2];
		statement->down = row[3];
		statements = lappend(statements, statement);
	}
	return statements;
}

static AshPlanStatement *
find_statement(List *statements, const char *resource, const char *name)
{
	ListCell *lc;

	foreach (lc, statements)
	{
		AshPlanStatement *statement = lfirst(lc);

		if (strcmp(statement->resource, resource) == 0 && strcmp(statement->name, name) == 0)
			return statement;
	}
	return NULL;
}

static void
record(const AshPlanStatement *statement)
{
	ash_store_put_statement(statement->resource, statement->name, statement->up, statement->down);
}

static void
forget(const AshPlanStatement *statement)
{
	ash_store_delete_statement(statement->resource, statement->name);
}

/*-------------------------------------------------------------------------
 * What is wanted
 *-------------------------------------------------------------------------
 */

static List *
wanted_statements(const AshResource *res)
{
	List *statements = NIL;
	const char *name;
	json_t *item;

	json_object_foreach (json_object_get(res->document, "custom_statements"), name, item)
	{
		AshPlanStatement *statement = palloc0(sizeof(AshPlanStatement));

		statement->resource = res->name;
		statement->name = pstrdup(name);
		statement->up = pstrdup(json_string_value(json_object_get(item, "up")));
		statement->down = pstrdup(json_string_value(json_object_get(item, "down")));
		statement->after = ash_json_names(json_object_get(item, "after_tables"));
		statements = lappend(statements, statement);
	}
	return statements;
}

/*-------------------------------------------------------------------------
 * Differences
 *-------------------------------------------------------------------------
 */

static void
add_step(AshPlan *plan, const AshPlanTable *table, AshPlanPhase phase, const char *operation,
		 const AshPlanStatement *statement, const char *sql,
		 void (*done)(const AshPlanStatement *statement))
{
	AshPlanStep *step;

	ash_plan_step(plan, table, phase, operation,
				  phase == ASH_PHASE_UNDO && sql[0] != '\0' ? ASH_STEP_DESTRUCTIVE : 0, "%s", sql);
	step = llast(plan->steps[phase]);
	step->statement = statement;
	step->done = done;
}

static void
diff_wanted(AshPlan *plan, const AshPlanTable *table, List *ran, List *wanted)
{
	ListCell *lc;

	foreach (lc, wanted)
	{
		const AshPlanStatement *statement = lfirst(lc);
		const AshPlanStatement *former =
			table->present ? find_statement(ran, table->resource, statement->name) : NULL;

		if (former == NULL || strcmp(former->up, statement->up) != 0)
			add_step(plan, table, ASH_PHASE_STATEMENT, "run statement", statement, statement->up,
					 record);
		else if (strcmp(former->down, statement->down) != 0)
			add_step(plan, table, ASH_PHASE_STATEMENT, "keep statement", statement, "", record);
	}
}

/* A statement that changes is forgotten too, and recorded when it has run. */
static void
diff_former(AshPlan *plan, const AshPlanTable *table, const AshPlanStatement *former, List *wanted)
{
	const AshPlanStatement *statement = find_statement(wanted, table->resource, former->name);
	const char *sql = "";

	if (table->present != NULL && statement != NULL && strcmp(former->up, statement->up) == 0)
		return;
	if (table->present != NULL)
		sql = former->down;
	add_step(plan, table, ASH_PHASE_UNDO, sql[0] ? "undo statement" : "forget statement", former,
			 sql, forget);
}

void
ash_plan_diff_statements(AshPlan *plan)
{
	List *ran = read_statements();
	List *wanted = NIL;
	ListCell *lc;
	ListCell *res;

	forboth (lc, plan->tables, res, plan->resources)
	{
		List *own = wanted_statements(lfirst(res));

		CHECK_FOR_INTERRUPTS();
		diff_wanted(plan, lfirst(lc), ran, own);
		wanted = list_concat(wanted, own);
	}
	foreach (lc, ran)
	{
		const AshPlanStatement *former = lfirst(lc);

		foreach (res, plan->tables)
		{
			if (strcmp(((AshPlanTable *) lfirst(res))->resource, former->resource) == 0)
				diff_former(plan, lfirst(res), former, wanted);
		}
	}
}

/*-------------------------------------------------------------------------
 * Running
 *-------------------------------------------------------------------------
 */

bool
ash_plan_has_statements(const List *steps)
{
	ListCell *lc;

	foreach (lc, steps)
	{
		if (((AshPlanStep *) lfirst(lc))->statement != NULL)
			return true;
	}
	return false;
}

/*
 * Raises insufficient_privilege unless the current user is the very role that owns the
 * domain of the resource: its statements run with the current user's privileges, so for a
 * member or superuser they would be a way to get more of them.
 */
static void
check_runner(const char *resource)
{
	AshStored stored;

	if (!ash_store_resource(resource, &stored) || get_role_oid(stored.owner, true) == GetUserId())
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("custom statements of resource %s run only as the owner of domain \"%s\"",
					resource, stored.domain),
			 errdetail("The current user is %s, the owner is %s.",
					   ash_quote_ident(GetUserNameFromId(GetUserId(), false)),
					   ash_quote_ident(stored.owner)),
			 errhint("Run SET ROLE %s first.", ash_quote_ident(stored.owner))));
}

void
ash_plan_check_statements(const List *steps)
{
	ListCell *lc;

	foreach (lc, steps)
	{
		const AshPlanStep *step = lfirst(lc);

		if (step->statement != NULL)
			check_runner(step->statement->resource);
	}
}

static void
check_tables(const AshPlanStatement *statement)
{
	ListCell *lc;

	foreach (lc, statement->after)
	{
		const AshResource *res = ash_resource_get(lfirst(lc), NULL);
		Oid namespace = res ? get_namespace_oid(res->schema, true) : InvalidOid;

		if (OidIsValid(namespace) && OidIsValid(get_relname_relid(res->table, namespace)))
			continue;
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("the table of resource %s does not exist", (char *) lfirst(lc)),
						errhint("Migrate the domain of that resource first.")));
	}
}

static void
name_statement(void *arg)
{
	const AshPlanStatement *statement = arg;

	errcontext("custom statement \"%s\" of resource %s", statement->name, statement->resource);
}

/*
 * As the current user, who may neither become another one nor leave a setting or
 * a trigger to whoever the session belongs to.
 */
static void
execute(const AshPlanStatement *statement, const char *sql)
{
	ErrorContextCallback context = { .previous = error_context_stack,
									 .callback = name_statement,
									 .arg = unconstify(AshPlanStatement *, statement) };
	int nestlevel = NewGUCNestLevel();
	Oid user;
	int sec;

	error_context_stack = &context;
	check_tables(statement);
	GetUserIdAndSecContext(&user, &sec);
	SetUserIdAndSecContext(user,
						   sec | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	ash_plan_execute(sql);
	SetUserIdAndSecContext(user, sec);
	AtEOXact_GUC(false, nestlevel);
	error_context_stack = context.previous;
}

/* It is recorded first: a statement that migrates again does not meet itself. */
void
ash_plan_run_statement(const AshPlanStep *step)
{
	check_runner(step->statement->resource);
	step->done(step->statement);
	CommandCounterIncrement();
	if (step->sql[0] != '\0')
		execute(step->statement, step->sql);
}

void
ash_plan_undo_statements(List *resources)
{
	List *ran = read_statements();
	ListCell *lc;
	ListCell *name;

	foreach (lc, ran)
	{
		const AshPlanStatement *statement = lfirst(lc);

		foreach (name, resources)
		{
			if (strcmp(lfirst(name), statement->resource) != 0 || statement->down[0] == '\0')
				continue;
			check_runner(statement->resource);
			execute(statement, statement->down);
		}
	}
}
