/*-------------------------------------------------------------------------
 *
 * src/schema/plan_objects.c
 *	  Keys, checks, indexes and foreign keys: differences → steps.
 *
 * Two objects are the same when their texts are.  One with the right text and
 * another name is renamed; one with the right name and another text is dropped
 * and made anew; one that nobody wants is drift, and dropping it has to be allowed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "schema/schema_plan.h"

typedef void (*ObjectStep)(AshPlan *plan, const AshPlanTable *table, const AshPlanObject *object);

/* How steps for one kind of object are made and called. */
typedef struct ObjectKind
{
	const char *add;
	const char *drop;
	const char *rename;
	AshPlanPhase drop_phase;
	ObjectStep create;
} ObjectKind;

/*-------------------------------------------------------------------------
 * The same or not
 *-------------------------------------------------------------------------
 */

/*
 * A foreign key over columns that get another type is made anew: in between, its
 * two sides might not be comparable.
 */
static bool
is_retyped(const AshPlanObject *object)
{
	ListCell *lc;

	foreach (lc, object->columns)
	{
		if (((AshPlanColumn *) lfirst(lc))->retyped)
			return true;
	}
	return false;
}

static bool
same_object(const AshPlanObject *present, const AshPlanObject *wanted)
{
	if (wanted->current == NULL)
		return true;
	return present->unique == wanted->unique && !is_retyped(wanted) &&
		   strcmp(present->definition, wanted->current) == 0;
}

AshPlanObject *
ash_plan_find_object(List *objects, const char *name)
{
	ListCell *lc;

	foreach (lc, objects)
	{
		AshPlanObject *object = lfirst(lc);

		if (strcmp(object->name, name) == 0)
			return object;
	}
	return NULL;
}

/*-------------------------------------------------------------------------
 * Creating
 *-------------------------------------------------------------------------
 */

/* Only where others may be writing, and PostgreSQL can. */
static bool
works_concurrently(const AshPlan *plan, const AshPlanTable *table, const AshPlanObject *index)
{
	return (index->concurrently || plan->concurrently) && table->present != NULL &&
		   !table->present->empty && table->present->relkind == RELKIND_RELATION;
}

/* Does the key's other side lack a unique index that is left to the caller? */
static bool
awaits_index(const AshPlan *plan, const AshPlanObject *reference)
{
	const AshPlanTable *to = ash_plan_find_table(plan, reference->to_schema, reference->to_table);
	ListCell *lc;

	if (to == NULL || to->present == NULL)
		return false;
	foreach (lc, to->indexes)
	{
		const AshPlanObject *index = lfirst(lc);
		const AshPlanObject *there = ash_plan_find_object(to->present->indexes, index->name);

		if (index->unique && works_concurrently(plan, to, index) &&
			(there == NULL || !there->valid || !same_object(there, index)))
			return true;
	}
	return false;
}

static void
add_constraint(AshPlan *plan, const AshPlanTable *table, AshPlanPhase phase, const char *operation,
			   int flags, const AshPlanObject *object, const char *definition)
{
	const char *qualified = ash_plan_qualified(table);
	const char *quoted = ash_quote_ident(object->name);

	if (table->present == NULL || table->present->empty ||
		table->present->relkind != RELKIND_RELATION)
	{
		ash_plan_step(plan, table, phase, operation, flags | ASH_STEP_BLOCKING,
					  "ALTER TABLE %s ADD CONSTRAINT %s %s", qualified, quoted, definition);
		return;
	}
	/* the rows that are there are looked at without keeping writers out */
	ash_plan_step(plan, table, phase, operation, flags,
				  "ALTER TABLE %s ADD CONSTRAINT %s %s NOT VALID", qualified, quoted, definition);
	if (object->valid)
		ash_plan_step(plan, table, phase, operation, flags, "ALTER TABLE %s VALIDATE CONSTRAINT %s",
					  qualified, quoted);
}

static void
create_check(AshPlan *plan, const AshPlanTable *table, const AshPlanObject *check)
{
	add_constraint(plan, table, ASH_PHASE_CHECK, "add check", 0, check,
				   psprintf("CHECK (%s)", check->definition));
}

static void
create_reference(AshPlan *plan, const AshPlanTable *table, const AshPlanObject *reference)
{
	add_constraint(plan, table, ASH_PHASE_REFERENCE, "add foreign key",
				   awaits_index(plan, reference) ? ASH_STEP_CONCURRENT : 0, reference,
				   reference->definition);
}

static void
create_index(AshPlan *plan, const AshPlanTable *table, const AshPlanObject *index)
{
	bool concurrently = works_concurrently(plan, table, index);

	ash_plan_step(plan, table, ASH_PHASE_INDEX, "create index",
				  concurrently ? ASH_STEP_CONCURRENT : ASH_STEP_BLOCKING, "%s",
				  ash_plan_create_index(index, index->name, ash_plan_qualified(table),
										concurrently));
}

static void
create_key(AshPlan *plan, const AshPlanTable *table, const AshPlanObject *key)
{
	ash_plan_step(plan, table, ASH_PHASE_KEY, "add primary key", ASH_STEP_BLOCKING,
				  "ALTER TABLE %s ADD CONSTRAINT %s %s", ash_plan_qualified(table),
				  ash_quote_ident(key->name), key->definition);
}

static const ObjectKind check_kind = { "add check", "drop check", "rename check",
									   ASH_PHASE_DROP_OBJECT, create_check };
static const ObjectKind reference_kind = { "add foreign key", "drop foreign key",
										   "rename foreign key", ASH_PHASE_DROP_REFERENCE,
										   create_reference };
static const ObjectKind index_kind = { "create index", "drop index", "rename index",
									   ASH_PHASE_DROP_OBJECT, create_index };
static const ObjectKind key_kind = { "add primary key", "drop primary key", "rename primary key",
									 ASH_PHASE_DROP_OBJECT, create_key };

/*-------------------------------------------------------------------------
 * Dropping, renaming, validating
 *-------------------------------------------------------------------------
 */

static bool
is_bare_index(const ObjectKind *kind, const AshPlanObject *object)
{
	return kind == &index_kind && !object->constraint;
}

/* wanted is what takes its place, or NULL. */
static void
drop_object(AshPlan *plan, const AshPlanTable *table, const ObjectKind *kind,
			const AshPlanObject *object, const AshPlanObject *wanted)
{
	int flags = wanted != NULL ? 0 : ASH_STEP_DESTRUCTIVE;

	/* with the index also goes what this plan drops in the meantime */
	if (is_bare_index(kind, object) && works_concurrently(plan, table, wanted ? wanted : object))
		ash_plan_step(plan, table, kind->drop_phase, kind->drop, flags | ASH_STEP_CONCURRENT,
					  "DROP INDEX CONCURRENTLY IF EXISTS %s.%s", ash_quote_ident(table->schema),
					  ash_quote_ident(object->name));
	else if (is_bare_index(kind, object))
		ash_plan_step(plan, table, kind->drop_phase, kind->drop, flags, "DROP INDEX %s.%s",
					  ash_quote_ident(table->schema), ash_quote_ident(object->name));
	else
		ash_plan_step(plan, table, kind->drop_phase, kind->drop, flags,
					  "ALTER TABLE %s DROP CONSTRAINT %s", ash_plan_qualified(table),
					  ash_quote_ident(object->name));
}

static void
rename_object(AshPlan *plan, const AshPlanTable *table, const ObjectKind *kind,
			  const AshPlanObject *object, const char *name)
{
	if (is_bare_index(kind, object))
		ash_plan_step(plan, table, ASH_PHASE_RENAME_PART, kind->rename, 0,
					  "ALTER INDEX %s.%s RENAME TO %s", ash_quote_ident(table->schema),
					  ash_quote_ident(object->name), ash_quote_ident(name));
	else
		ash_plan_step(plan, table, ASH_PHASE_RENAME_PART, kind->rename, 0,
					  "ALTER TABLE %s RENAME CONSTRAINT %s TO %s", ash_plan_qualified(table),
					  ash_quote_ident(object->name), ash_quote_ident(name));
}

/* What was added as NOT VALID and never looked at; an index that failed to build. */
static void
repair_object(AshPlan *plan, const AshPlanTable *table, const ObjectKind *kind,
			  const AshPlanObject *present, const AshPlanObject *wanted)
{
	if (present->valid || !wanted->valid)
		return;
	if (kind == &index_kind)
	{
		drop_object(plan, table, kind, present, wanted);
		kind->create(plan, table, wanted);
	}
	else
		ash_plan_step(plan, table, ASH_PHASE_REFERENCE, "validate", 0,
					  "ALTER TABLE %s VALIDATE CONSTRAINT %s", ash_plan_qualified(table),
					  ash_quote_ident(present->name));
}

/*-------------------------------------------------------------------------
 * Comparing
 *-------------------------------------------------------------------------
 */

/* One of the present with the wanted text, whose own name nobody wants. */
static AshPlanObject *
find_to_rename(List *present, List *wanted, const AshPlanObject *object)
{
	ListCell *lc;

	foreach (lc, present)
	{
		AshPlanObject *candidate = lfirst(lc);

		if (object->current != NULL && same_object(candidate, object) &&
			ash_plan_find_object(wanted, candidate->name) == NULL)
			return candidate;
	}
	return NULL;
}

static void
diff_list(AshPlan *plan, const AshPlanTable *table, const ObjectKind *kind, List *present,
		  List *wanted)
{
	List *settled = NIL;
	ListCell *lc;

	foreach (lc, wanted)
	{
		AshPlanObject *object = lfirst(lc);
		AshPlanObject *there = ash_plan_find_object(present, object->name);

		if (there != NULL && same_object(there, object))
			repair_object(plan, table, kind, there, object);
		else if (there != NULL)
		{
			drop_object(plan, table, kind, there, object);
			kind->create(plan, table, object);
		}
		else if ((there = find_to_rename(list_difference_ptr(present, settled), wanted, object)))
			rename_object(plan, table, kind, there, object->name);
		else if (object->definition != NULL)
			kind->create(plan, table, object);
		if (there != NULL)
			settled = lappend(settled, there);
	}
	foreach (lc, list_difference_ptr(present, settled))
	{
		if (!((AshPlanObject *) lfirst(lc))->foreign)
			drop_object(plan, table, kind, lfirst(lc), NULL);
	}
}

/*
 * The primary key's name is only put right together with the table's: a table
 * that was adopted keeps the one it has.
 */
static void
diff_key(AshPlan *plan, const AshPlanTable *table)
{
	const AshPlanObject *wanted = table->primary_key;
	const AshPlanObject *there = table->present->primary_key;
	bool renamed = strcmp(table->name, table->present->name) != 0;

	if (there != NULL && wanted != NULL && same_object(there, wanted))
	{
		if (renamed && strcmp(there->name, wanted->name) != 0)
			rename_object(plan, table, &key_kind, there, wanted->name);
		return;
	}
	if (there != NULL)
		drop_object(plan, table, &key_kind, there, wanted);
	if (wanted != NULL)
		create_key(plan, table, wanted);
}

void
ash_plan_diff_objects(AshPlan *plan, AshPlanTable *table)
{
	const AshPlanTable *present = table->present;
	bool foreign = present != NULL && present->relkind == RELKIND_FOREIGN_TABLE;

	/* a new table comes with its key and checks, a foreign one has neither keys nor indexes */
	if (present != NULL && !foreign)
		diff_key(plan, table);
	if (present != NULL)
		diff_list(plan, table, &check_kind, present->checks, table->checks);
	if (foreign)
		return;
	diff_list(plan, table, &index_kind, present ? present->indexes : NIL, table->indexes);
	diff_list(plan, table, &reference_kind, present ? present->references : NIL, table->references);
}
