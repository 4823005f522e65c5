/*-------------------------------------------------------------------------
 *
 * src/schema/plan_shadow.c
 *	  A wanted table in PostgreSQL's own words.
 *
 * Whether two conditions, defaults or index definitions are the same can only be
 * told when both were printed by PostgreSQL.  So the wanted table is created
 * as a temporary one, read back like the real one, and the subtransaction
 * in which that happened is rolled back.  No lock on a table of the user is taken.
 *
 * Expressions do not always survive printing and parsing unchanged (IN becomes
 * = ANY, parentheses come and go), and a table that was once restored from a dump
 * went through that.  So what seems to differ is created a second time from its
 * own printed text; a text that is the present one then does not differ.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "schema/schema_plan.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#define SHADOW "ash_shadow"
#define QUALIFIED_SHADOW "pg_temp." SHADOW

/*-------------------------------------------------------------------------
 * The subtransaction
 *-------------------------------------------------------------------------
 */

typedef void (*ShadowBody)(AshPlanTable *table, const AshOwnerScope *scope);

/* Extensions come from the caller; all else is the owner's. */
static void
run_as_owner(ShadowBody body, AshPlan *plan, AshPlanTable *table)
{
	AshOwnerScope scope;
	ListCell *lc;

	foreach (lc, plan->extensions)
		ash_plan_execute(lfirst(lc));
	scope = ash_owner_enter(table->owner, table->path);
	body(table, &scope);
	ash_owner_leave(&scope);
}

/* Runs body as the owner and undoes all it did to the database, whether it fails or not. */
static void
in_rolled_back(ShadowBody body, AshPlan *plan, AshPlanTable *table)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction("ash_plan");
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		run_as_owner(body, plan, table);
	}
	PG_CATCH();
	{
		ErrorData *edata;

		MemoryContextSwitchTo(cxt);
		edata = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(cxt);
		CurrentResourceOwner = owner;
		ReThrowError(edata);
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
}

/*-------------------------------------------------------------------------
 * Creating and reading
 *-------------------------------------------------------------------------
 */

static char *
shadow_index_name(int number)
{
	return psprintf(SHADOW "_%d", number);
}

/*
 * Makes a temporary table, which the owner's scope itself forbids.  So nothing in
 * the statement may be evaluated: no defaults, no conditions.
 */
static void
make_temporary(const AshOwnerScope *scope, const char *sql)
{
	Oid user;
	int context;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(scope->owner, scope->context | SECURITY_LOCAL_USERID_CHANGE);
	ash_plan_execute(sql);
	SetUserIdAndSecContext(user, context);
}

static void
create_shadow(const AshPlanTable *table, const AshOwnerScope *scope)
{
	char *rest = ash_plan_complete_bare(table, QUALIFIED_SHADOW);
	ListCell *lc;

	make_temporary(scope, ash_plan_create_bare(table, QUALIFIED_SHADOW));
	if (rest != NULL)
		ash_plan_execute(rest);
	foreach (lc, table->indexes)
	{
		const AshPlanObject *index = lfirst(lc);

		if (index->definition != NULL)
			ash_plan_execute(ash_plan_create_index(index,
												   shadow_index_name(foreach_current_index(lc)),
												   QUALIFIED_SHADOW, false));
	}
}

static AshPlanTable *
read_shadow(void)
{
	Oid namespace = LookupExplicitNamespace("pg_temp", false);

	return ash_plan_read_oid(get_relname_relid(SHADOW, namespace));
}

/* Gives columns what the shadow says of them. */
static void
take_columns(AshPlanTable *table, const AshPlanTable *shadow)
{
	ListCell *lc;

	foreach (lc, table->columns)
	{
		AshPlanColumn *column = lfirst(lc);
		const AshPlanColumn *seen = ash_plan_find_column(shadow, column->name);
		const AshPlanColumn *there;

		column->type = seen->type;
		column->type_oid = seen->type_oid;
		column->typmod = seen->typmod;
		column->dflt = seen->dflt;
		there = ash_plan_find_column(table->present, column->current);
		column->retyped = there != NULL && there->type_oid != column->type_oid;
	}
}

static void
take_object(AshPlanObject *object, const AshPlanObject *seen, bool current)
{
	if (!current)
		object->definition = seen->definition;
	object->current = seen->definition;
}

/* Gives keys, checks and indexes the shadow's texts; current: only as today's. */
static void
take_objects(AshPlanTable *table, const AshPlanTable *shadow, bool current)
{
	ListCell *lc;

	if (table->primary_key != NULL)
		table->primary_key->current = shadow->primary_key->definition;
	foreach (lc, table->checks)
	{
		AshPlanObject *check = lfirst(lc);

		if (check->definition != NULL)
			take_object(check, ash_plan_find_object(shadow->checks, check->name), current);
	}
	foreach (lc, table->indexes)
	{
		AshPlanObject *index = lfirst(lc);
		const char *name = shadow_index_name(foreach_current_index(lc));

		if (index->definition != NULL)
			take_object(index, ash_plan_find_object(shadow->indexes, name), current);
	}
}

/* Lets PostgreSQL put the former names of columns into all the texts. */
static bool
unrename_columns(const AshPlanTable *table)
{
	bool any = false;
	ListCell *lc;

	foreach (lc, table->columns)
	{
		const AshPlanColumn *column = lfirst(lc);

		if (strcmp(column->name, column->current) == 0)
			continue;
		any = true;
		ash_plan_execute(psprintf("ALTER TABLE " QUALIFIED_SHADOW " RENAME COLUMN %s TO %s",
								  ash_quote_ident(column->name), ash_quote_ident(column->current)));
	}
	return any;
}

static void
describe_shadow(AshPlanTable *table, const AshOwnerScope *scope)
{
	AshPlanTable *shadow;

	create_shadow(table, scope);
	shadow = read_shadow();
	take_columns(table, shadow);
	take_objects(table, shadow, false);
	if (unrename_columns(table))
		take_objects(table, read_shadow(), true);
}

/*-------------------------------------------------------------------------
 * Texts that change when they are read again
 *-------------------------------------------------------------------------
 */

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Is the object of that name there in another form? */
static bool
object_differs(List *present, const AshPlanObject *object)
{
	const AshPlanObject *there = ash_plan_find_object(present, object->name);

	return there != NULL && object->current != NULL &&
		   !same_text(there->definition, object->current);
}

static bool
default_differs(const AshPlanTable *present, const AshPlanColumn *column)
{
	const AshPlanColumn *there = ash_plan_find_column(present, column->current);

	return there != NULL && !column->any_default && !same_text(there->dflt, column->dflt);
}

static bool
differs(const AshPlanTable *table)
{
	ListCell *lc;

	foreach (lc, table->columns)
	{
		if (default_differs(table->present, lfirst(lc)))
			return true;
	}
	foreach (lc, table->checks)
	{
		if (object_differs(table->present->checks, lfirst(lc)))
			return true;
	}
	foreach (lc, table->indexes)
	{
		if (object_differs(table->present->indexes, lfirst(lc)))
			return true;
	}
	return false;
}

/* The text that is there, when printing ours again gives it. */
static void
settle_object(List *present, AshPlanObject *object, const AshPlanObject *again)
{
	const AshPlanObject *there = ash_plan_find_object(present, object->name);

	if (there != NULL && again != NULL && same_text(there->definition, again->definition))
		object->current = there->definition;
}

static void
settle(AshPlanTable *table, const AshOwnerScope *scope)
{
	const AshPlanTable *present = table->present;
	AshPlanTable *again;
	ListCell *lc;

	create_shadow(table, scope);
	unrename_columns(table);
	again = read_shadow();
	foreach (lc, table->columns)
	{
		AshPlanColumn *column = lfirst(lc);
		const AshPlanColumn *there = ash_plan_find_column(present, column->current);

		if (there != NULL &&
			same_text(there->dflt, ash_plan_find_column(again, column->current)->dflt))
			column->dflt = there->dflt;
	}
	foreach (lc, table->checks)
	{
		AshPlanObject *check = lfirst(lc);

		settle_object(present->checks, check, ash_plan_find_object(again->checks, check->name));
	}
	foreach (lc, table->indexes)
	{
		const char *name = shadow_index_name(foreach_current_index(lc));

		settle_object(present->indexes, lfirst(lc), ash_plan_find_object(again->indexes, name));
	}
}

/* Rewrites the texts of a wanted table that is there already. */
void
ash_plan_shadow(AshPlan *plan, AshPlanTable *table)
{
	if (XactReadOnly)
		ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
						errmsg("a migration cannot be planned in a read-only transaction"),
						errdetail("The tables are compared with temporary ones.")));
	in_rolled_back(describe_shadow, plan, table);
	if (differs(table))
		in_rolled_back(settle, plan, table);
}
