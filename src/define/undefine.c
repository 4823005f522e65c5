/*-------------------------------------------------------------------------
 *
 * src/define/undefine.c
 *	  ash_definition and ash_undefine: stored documents are read and deleted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "define/define_internal.h"
#include "executor/spi.h"
#include "schema/schema.h"

/*-------------------------------------------------------------------------
 * Reading
 *-------------------------------------------------------------------------
 */

/* Raises undefined_object. */
static void
no_such_definition(const char *name)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
					errmsg("there is no domain or resource \"%s\"", name)));
}

/*
 * Fill domain and return the resources (AshStored) that name is about: all of the domain of
 * that name, else the one resource of that name. Raises when there is neither.
 */
static List *
find_definition(const char *name, AshStored *domain)
{
	AshStored *resource = palloc0(sizeof(AshStored));

	if (ash_store_domain(name, domain))
		return ash_store_resources(name);
	if (!ash_store_resource(name, resource) || !ash_store_domain(resource->domain, domain))
		no_such_definition(name);
	return list_make1(resource);
}

/*
 * Made of what was written, in the order of definition. Anyone may read it, as the catalog
 * tables.
 */
char *
ash_definition_text(const char *name)
{
	AshStored domain;
	List *stored = find_definition(name, &domain);
	json_t *document = ash_json_parse(domain.document, strlen(domain.document), NULL);
	json_t *resources = ash_json_object();
	ListCell *lc;

	ash_json_own(CurrentMemoryContext, document);
	ash_json_set(document, "resources", resources);
	foreach (lc, stored)
	{
		AshStored *resource = lfirst(lc);

		ash_json_set(resources, strchr(resource->name, '.') + 1,
					 ash_json_parse(resource->document, strlen(resource->document), NULL));
	}
	return ash_json_dump(document, true);
}

/*-------------------------------------------------------------------------
 * Undefining
 *-------------------------------------------------------------------------
 */

/* Names (char *) of rows of the catalog. */
static List *
names_of(List *stored)
{
	List *names = NIL;
	ListCell *lc;

	foreach (lc, stored)
		names = lappend(names, ((AshStored *) lfirst(lc))->name);
	return names;
}

/*
 * Raises when a resource that stays refers to one of stored and belongs to a domain that
 * the current user may define. Those of other owners only give a warning: they cannot
 * prevent that a resource goes.
 */
static void
check_unused(const char *name, List *stored)
{
	StringInfoData others;
	ListCell *lc;

	initStringInfo(&others);
	foreach (lc, ash_store_referrers(names_of(stored)))
	{
		AshStored *dependent = lfirst(lc);

		if (!ash_store_is_owner(dependent))
			ereport(WARNING, (errmsg("resource \"%s\" refers to \"%s\" and can no longer be used",
									 dependent->name, name)));
		else
			appendStringInfo(&others, "%s%s", others.len > 0 ? ", " : "", dependent->name);
	}
	if (others.len == 0)
		return;
	ereport(ERROR, (errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					errmsg("cannot undefine \"%s\": other resources refer to it", name),
					errdetail("Resources that refer to it: %s.", others.data)));
}

/*
 * The SQL that drops the generated functions, which depend on the tables, and then all
 * tables in one DROP TABLE, so that their foreign keys go with them. "" when there is
 * nothing to drop. Must be made before the definitions are deleted.
 */
static char *
drop_statement(List *stored)
{
	StringInfoData sql;
	const char *separator = "DROP TABLE IF EXISTS ";
	ListCell *lc;

	initStringInfo(&sql);
	foreach (lc, stored)
		appendStringInfoString(&sql, ash_plan_drop_functions(((AshStored *) lfirst(lc))->name));
	foreach (lc, stored)
	{
		AshResource *res = ash_resource_get(((AshStored *) lfirst(lc))->name, NULL);

		if (res == NULL || res->embedded)
			continue;
		appendStringInfo(&sql, "%s%s", separator, res->qualified);
		separator = ", ";
	}
	return sql.data;
}

/* As the current user, who must own the tables. */
static void
run_drop(const char *sql)
{
	if (sql[0] == '\0')
		return;
	if (SPI_connect() != SPI_OK_CONNECT || SPI_execute(sql, false, 0) < 0)
		elog(ERROR, "could not drop the tables");
	SPI_finish();
}

/*
 * Takes the lock of definitions. Raises unless the current user may define the domain and
 * nothing that stays refers to what goes; with drop_table also unless the custom statements
 * can be undone and the tables dropped.
 */
char *
ash_undefine_name(const char *name, bool drop_table)
{
	AshStored domain;
	List *stored;
	char *drop;
	json_t *result = ash_json_own(CurrentMemoryContext, ash_json_object());
	json_t *resources = json_array();
	ListCell *lc;

	ash_json_set(result, "resources", resources);
	ash_store_lock();
	stored = find_definition(name, &domain);
	ash_store_check_owner(&domain);
	check_unused(name, stored);
	drop = drop_table ? drop_statement(stored) : "";
	if (drop_table)
		ash_plan_undo_statements(names_of(stored));
	foreach (lc, stored)
	{
		ash_store_delete_resource(lfirst(lc));
		json_array_append_new(resources, json_string_nocheck(((AshStored *) lfirst(lc))->name));
	}
	if (strcmp(name, domain.name) == 0)
	{
		ash_store_delete_domain(&domain);
		ash_json_set(result, "domain", json_string_nocheck(name));
	}
	CommandCounterIncrement();
	run_drop(drop);
	return ash_json_dump(result, false);
}
