/*-------------------------------------------------------------------------
 *
 * src/define/verify_storage.c
 *	  Verifies options about the table's storage, about constraints and columns that
 *	  others make, and about custom statements.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "catalog/pg_class.h"
#include "define/define_internal.h"
#include "model/attribute.h"
#include "model/identity.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "schema/schema_plan.h"

/*
 * The message of the error that body raises, or NULL. Body must only parse: nothing is
 * undone but its memory, and no subtransaction is used.
 */
static const char *
message_of(void (*body)(void *arg), void *arg)
{
	MemoryContext cxt = CurrentMemoryContext;
	ErrorData *volatile error = NULL;

	PG_TRY();
	{
		body(arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(cxt);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	return error ? error->message : NULL;
}

/*-------------------------------------------------------------------------
 * Constraints and columns that others make
 *-------------------------------------------------------------------------
 */

/* Constraints of others, by name, and the attributes that their errors are about. */
static void
verify_named(AshResource *res, const char *section, AshErrors *errors)
{
	const char *name;
	json_t *item;

	ash_errors_push_name(errors, section);
	json_object_foreach (json_object_get(res->document, section), name, item)
	{
		json_t *fields = json_is_object(item) ? json_object_get(item, "fields") : item;

		ash_errors_push_name(errors, name);
		ash_verify_attributes(res, ash_json_names(fields), "fields", errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* Identities whose indexes others make. */
static void
verify_skipped(AshResource *res, AshErrors *errors)
{
	ListCell *lc;

	ash_errors_push_name(errors, "skip_unique_indexes");
	foreach (lc, ash_json_names(json_object_get(res->document, "skip_unique_indexes")))
	{
		if (ash_find_identity(res, lfirst(lc)) == NULL)
			ash_spec_unknown("identity", lfirst(lc), ash_identity_names(res), errors);
	}
	ash_errors_pop(errors);
}

/*-------------------------------------------------------------------------
 * Columns
 *-------------------------------------------------------------------------
 */

/* Columns that others make; the primary key has to be ours. */
static void
verify_ignored(AshResource *res, List *ignored, AshErrors *errors)
{
	ListCell *lc;

	ash_verify_attributes(res, ignored, "migration_ignore_attributes", errors);
	foreach (lc, ignored)
	{
		const AshAttribute *attr = ash_find_attribute(res, lfirst(lc));

		if (attr != NULL && attr->primary_key)
			ash_error_definition(errors, "migration_ignore_attributes",
								 "\"%s\" belongs to the primary key, which the table needs",
								 attr->name);
	}
}

/* Body for message_of: arg is the text. */
static void
parse_default(void *arg)
{
	if (!ash_plan_is_expression(arg))
		ereport(ERROR, (errmsg_internal("this is not one SQL expression")));
}

/* What is wrong with an entry of "migration_defaults", or NULL. */
static const char *
default_fault(const AshResource *res, List *ignored, const char *name, json_t *sql)
{
	if (ash_find_attribute(res, name) == NULL)
		return "there is no such attribute";
	if (ash_names_contain(ignored, name))
		return "\"migration_ignore_attributes\" names it: nothing would set a default";
	if (json_is_null(sql))
		return NULL;
	if (!json_is_string(sql))
		return "expected one SQL expression, or null";
	return message_of(parse_default, unconstify(char *, json_string_value(sql)));
}

/* "migration_defaults": one SQL expression, or null, for a column that the planner makes. */
static void
verify_column_defaults(AshResource *res, List *ignored, AshErrors *errors)
{
	const char *name;
	json_t *sql;

	ash_errors_push_name(errors, "migration_defaults");
	json_object_foreach (json_object_get(res->document, "migration_defaults"), name, sql)
	{
		const char *message = default_fault(res, ignored, name, sql);

		if (message != NULL)
			ash_error_definition(errors, name, "%s", message);
	}
	ash_errors_pop(errors);
}

/*-------------------------------------------------------------------------
 * The table
 *-------------------------------------------------------------------------
 */

/* Body for message_of: arg is a list of the name and the value of a storage parameter. */
static void
parse_parameter(void *arg)
{
	const char *name = linitial(arg);
	bool toast = strncmp(name, "toast.", 6) == 0;
	AshOptionNamespace namespaces[] = { "toast", NULL };
	DefElem *item =
		makeDefElemExtended(toast ? "toast" : NULL, unconstify(char *, name + (toast ? 6 : 0)),
							(Node *) makeString(lsecond(arg)), DEFELEM_UNSPEC, -1);
	Datum options = transformRelOptions((Datum) 0, list_make1(item), toast ? "toast" : NULL,
										namespaces, false, false);

	(void) heap_reloptions(toast ? RELKIND_TOASTVALUE : RELKIND_RELATION, options, true);
}

/* Storage parameters that PostgreSQL knows, with values it takes. */
static void
verify_parameters(json_t *parameters, AshErrors *errors)
{
	const char *name;
	json_t *value;

	ash_errors_push_name(errors, "storage_parameters");
	json_object_foreach (parameters, name, value)
	{
		const char *text = ash_plan_parameter_text(value);
		const char *message = "expected a string, a number or a truth value";

		if (text != NULL)
			message = message_of(parse_parameter,
								 list_make2(unconstify(char *, name), unconstify(char *, text)));

		if (message != NULL)
			ash_error_definition(errors, name, "%s", message);
	}
	ash_errors_pop(errors);
}

/* Each option by itself, and none that a partitioned table cannot have. */
static void
verify_table_options(AshResource *res, AshErrors *errors)
{
	json_t *options = json_object_get(res->document, "create_table_options");
	json_t *partition = json_object_get(options, "partition_by");

	if (options == NULL)
		return;
	ash_errors_push_name(errors, "create_table_options");
	verify_parameters(json_object_get(options, "storage_parameters"), errors);
	if (partition != NULL)
	{
		ash_errors_push_name(errors, "partition_by");
		ash_verify_attributes(res, ash_json_names(json_object_get(partition, "fields")), "fields",
							  errors);
		ash_errors_pop(errors);
		if (json_object_get(options, "storage_parameters") != NULL)
			ash_error_definition(errors, "storage_parameters",
								 "a partitioned table has none: its partitions have");
		if (json_is_true(json_object_get(options, "unlogged")))
			ash_error_definition(errors, "unlogged", "only the partitions of a table are unlogged");
	}
	ash_errors_pop(errors);
}

/*-------------------------------------------------------------------------
 * Custom statements
 *-------------------------------------------------------------------------
 */

/* Each of "after_tables" must be a resource with a table. */
static void
verify_after_tables(json_t *statement, AshErrors *errors)
{
	ListCell *lc;

	ash_errors_push_name(errors, "after_tables");
	foreach (lc, ash_json_names(json_object_get(statement, "after_tables")))
	{
		const char *name = lfirst(lc);
		const AshResource *res = ash_resource_exists(name) ? ash_resource_get(name, errors) : NULL;

		if (!ash_resource_exists(name))
			(void) ash_error_unknown(errors, NULL, name, ash_resource_names(),
									 "resource \"%s\" is not defined", ash_clip(name));
		else if (res != NULL && res->embedded)
			ash_error_definition(errors, NULL, "%s is embedded and has no table", name);
	}
	ash_errors_pop(errors);
}

/*
 * What can be known of custom statements before they run: the tables they wait for, and that
 * the planner will run them.
 */
static void
verify_statements(const AshResource *res, AshErrors *errors)
{
	json_t *section = json_object_get(res->document, "custom_statements");
	const char *name;
	json_t *item;

	ash_errors_push_name(errors, "custom_statements");
	if (section != NULL && json_is_false(json_object_get(res->document, "migrate")))
		ash_error_definition(errors, NULL, "\"migrate\" is false: nothing would run them");
	json_object_foreach (section, name, item)
	{
		ash_errors_push_name(errors, name);
		verify_after_tables(item, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* Options about the table, and about what others make in it. */
void
ash_verify_storage(AshResource *res, AshErrors *errors)
{
	List *ignored = ash_json_names(json_object_get(res->document, "migration_ignore_attributes"));

	verify_statements(res, errors);
	verify_named(res, "unique_index_names", errors);
	verify_named(res, "exclusion_constraint_names", errors);
	verify_named(res, "foreign_key_names", errors);
	verify_skipped(res, errors);
	verify_ignored(res, ignored, errors);
	verify_column_defaults(res, ignored, errors);
	verify_table_options(res, errors);
}
