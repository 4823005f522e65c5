/*-------------------------------------------------------------------------
 *
 * src/changeset/registry.c
 *	  The built-in changes and validations as one list each.
 *
 * The entries stand in the files that implement them, grouped by kind.  Tables
 * of other rooms and other libraries join through ash_change_register() and
 * ash_validation_register(); an earlier entry wins over a later one of the same
 * name, so no library can replace what is built in.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/internal.h"
#include "utils/memutils.h"

/* Flat copies of all tables, made when the first name is looked up; backend lifetime. */
static AshChangeDef *changes = NULL;
static int	nchanges = 0;
static AshValidationDef *validations = NULL;
static int	nvalidations = 0;

/* Append a NULL-terminated table to a flat array. */
#define APPEND_TABLE(type, array, count, table)                                                    \
	do                                                                                             \
	{                                                                                              \
		int			n_ = 0;                                                                        \
                                                                                                   \
		while ((table)[n_].name != NULL)                                                           \
			n_++;                                                                                  \
		array = array ? repalloc(array, sizeof(type) * (count + n_ + 1))                           \
					  : MemoryContextAlloc(TopMemoryContext, sizeof(type) * (count + n_ + 1));     \
		memcpy(array + count, table, sizeof(type) * n_);                                           \
		count += n_;                                                                               \
	} while (0)

static void
load_changes(void)
{
	if (nchanges > 0)
		return;
	APPEND_TABLE(AshChangeDef, changes, nchanges, ash_attribute_changes);
	APPEND_TABLE(AshChangeDef, changes, nchanges, ash_atomic_changes);
	APPEND_TABLE(AshChangeDef, changes, nchanges, ash_context_changes);
	APPEND_TABLE(AshChangeDef, changes, nchanges, ash_function_changes);
}

static void
load_validations(void)
{
	if (nvalidations > 0)
		return;
	APPEND_TABLE(AshValidationDef, validations, nvalidations, ash_presence_validations);
	APPEND_TABLE(AshValidationDef, validations, nvalidations, ash_value_validations);
	APPEND_TABLE(AshValidationDef, validations, nvalidations, ash_compare_validations);
	APPEND_TABLE(AshValidationDef, validations, nvalidations, ash_text_validations);
	APPEND_TABLE(AshValidationDef, validations, nvalidations, ash_logic_validations);
	APPEND_TABLE(AshValidationDef, validations, nvalidations, ash_function_validations);
}

/*
 * Registration moves the array: compiled steps therefore point to an entry only
 * after all libraries were loaded (_PG_init), which is when tables are added.
 */
void
ash_change_register(const AshChangeDef *table)
{
	load_changes();
	APPEND_TABLE(AshChangeDef, changes, nchanges, table);
}

void
ash_validation_register(const AshValidationDef *table)
{
	load_validations();
	APPEND_TABLE(AshValidationDef, validations, nvalidations, table);
}

const AshChangeDef *
ash_changes(int *count)
{
	load_changes();
	*count = nchanges;
	return changes;
}

const AshValidationDef *
ash_validations(int *count)
{
	load_validations();
	*count = nvalidations;
	return validations;
}

const AshChangeDef *
ash_change_lookup(const char *name)
{
	load_changes();
	for (int i = 0; i < nchanges; i++)
	{
		if (strcmp(changes[i].name, name) == 0)
			return &changes[i];
	}
	return NULL;
}

const AshValidationDef *
ash_validation_lookup(const char *name)
{
	load_validations();
	for (int i = 0; i < nvalidations; i++)
	{
		if (strcmp(validations[i].name, name) == 0)
			return &validations[i];
	}
	return NULL;
}
