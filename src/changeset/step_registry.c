/*-------------------------------------------------------------------------
 *
 * src/changeset/step_registry.c
 *	  The built-in changes and validations as one list each.
 *
 * The entries stand in the files that implement them, grouped by kind.  Tables
 * of other rooms and other libraries join through ash_change_register() and
 * ash_validation_register(); an earlier entry wins over a later one of the same
 * name, so no library can replace what is built in.  Compiled steps point into
 * the tables themselves, which therefore live as long as the backend.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"
#include "utils/memutils.h"

static const AshChangeDef *const own_changes[] = {
	ash_attribute_changes,
	ash_atomic_changes,
	ash_context_changes,
	ash_function_changes,
};

static const AshValidationDef *const own_validations[] = {
	ash_presence_validations, ash_value_validations, ash_compare_validations,
	ash_text_validations,	  ash_logic_validations, ash_function_validations,
};

/* Tables registered by others, in order; backend lifetime. */
static List *more_changes = NIL;
static List *more_validations = NIL;

/* Appends a table to a list that lives as long as the backend. */
static List *
remember_table(List *tables, const void *table)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	tables = lappend(tables, unconstify(void *, table));
	MemoryContextSwitchTo(old);
	return tables;
}

void
ash_change_register(const AshChangeDef *table)
{
	more_changes = remember_table(more_changes, table);
}

void
ash_validation_register(const AshValidationDef *table)
{
	more_validations = remember_table(more_validations, table);
}

static const AshChangeDef *
change_table(int i)
{
	if (i < lengthof(own_changes))
		return own_changes[i];
	i -= lengthof(own_changes);
	return i < list_length(more_changes) ? list_nth(more_changes, i) : NULL;
}

static const AshValidationDef *
validation_table(int i)
{
	if (i < lengthof(own_validations))
		return own_validations[i];
	i -= lengthof(own_validations);
	return i < list_length(more_validations) ? list_nth(more_validations, i) : NULL;
}

/* The change of that name, or NULL. */
const AshChangeDef *
ash_change_lookup(const char *name)
{
	const AshChangeDef *def;

	for (int i = 0; (def = change_table(i)) != NULL; i++)
	{
		for (; def->name != NULL; def++)
		{
			if (strcmp(def->name, name) == 0)
				return def;
		}
	}
	return NULL;
}

/* The validation of that name, or NULL. */
const AshValidationDef *
ash_validation_lookup(const char *name)
{
	const AshValidationDef *def;

	for (int i = 0; (def = validation_table(i)) != NULL; i++)
	{
		for (; def->name != NULL; def++)
		{
			if (strcmp(def->name, name) == 0)
				return def;
		}
	}
	return NULL;
}

/* All entries as one array in CurrentMemoryContext, for listings and suggestions. */
const AshChangeDef *
ash_changes(int *count)
{
	const AshChangeDef *def;
	AshChangeDef *all = NULL;
	int n = 0;

	for (int i = 0; (def = change_table(i)) != NULL; i++)
	{
		for (; def->name != NULL; def++)
		{
			all = all ? repalloc(all, sizeof(*all) * (n + 1)) : palloc(sizeof(*all));
			all[n++] = *def;
		}
	}
	*count = n;
	return all;
}

/*
 * All validations as one array of *count entries in CurrentMemoryContext, for listings and
 * suggestions.
 */
const AshValidationDef *
ash_validations(int *count)
{
	const AshValidationDef *def;
	AshValidationDef *all = NULL;
	int n = 0;

	for (int i = 0; (def = validation_table(i)) != NULL; i++)
	{
		for (; def->name != NULL; def++)
		{
			all = all ? repalloc(all, sizeof(*all) * (n + 1)) : palloc(sizeof(*all));
			all[n++] = *def;
		}
	}
	*count = n;
	return all;
}
