/*-------------------------------------------------------------------------
 *
 * src/define/define_store.c
 *	  Compiled documents become rows of the catalog and, on request, tables.
 *
 * Rows that would not change are left alone, so that defining the same document
 * again invalidates nothing.  The lock of definitions is held (ash_store_lock), and
 * the current user may define every domain here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "define/define_work.h"
#include "model/resource.h"
#include "schema/schema.h"

/* The domain's own part of a document, owned by work->cxt. */
static json_t *
without_resources(AshDefineWork *work, json_t *document)
{
	json_t *copy = ash_json_own(work->cxt, json_copy(document));

	json_object_del(copy, "resources");
	return copy;
}

/* The row of that name among stored (AshStored), or NULL. */
static AshStored *
find_stored(List *stored, const char *name)
{
	ListCell *lc;

	foreach (lc, stored)
	{
		if (strcmp(((AshStored *) lfirst(lc))->name, name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/*
 * Write the domain's row if it is new or has changed. Returns true when it existed and has
 * changed, so that all of its resources are affected. Raises unless the current user may
 * create tables in a new schema.
 */
static bool
store_domain(AshDefineWork *work, AshDomainDocument *doc, const AshStored *former)
{
	char *document = ash_json_dump(without_resources(work, doc->source), true);
	char *expanded = ash_json_dump(without_resources(work, doc->expanded), false);

	if (former != NULL && strcmp(former->document, document) == 0 &&
		strcmp(former->expanded, expanded) == 0)
		return false;
	if (former == NULL ||
		strcmp(json_string_value(
				   json_object_get(ash_define_parse_stored(work, former->expanded), "schema")),
			   doc->schema) != 0)
		ash_define_check_schema(doc->schema);
	ash_store_put_domain(doc->name, doc->schema, former, document, expanded);
	return former != NULL;
}

/* Append {"name", "status"} to the summary. */
static void
report(json_t *resources, const char *name, const char *status)
{
	json_t *entry = ash_json_object();

	ash_json_set(entry, "name", json_string_nocheck(name));
	ash_json_set(entry, "status", json_string(status));
	json_array_append_new(resources, entry);
}

/*
 * Write the row of a resource if it is new or has changed, and append it to the summary.
 * Raises unless the current user owns its table, or may create it.
 */
static void
store_resource(AshDefining *item, const AshStored *former, json_t *summary)
{
	json_t *source = json_object_get(json_object_get(item->doc->source, "resources"),
									 item->entry.res->short_name);
	char *document = ash_json_dump(source, true);
	char *expanded = ash_json_dump(item->entry.expanded, false);

	if (former != NULL && strcmp(former->document, document) == 0 &&
		strcmp(former->expanded, expanded) == 0)
	{
		report(summary, item->entry.name, "unchanged");
		return;
	}
	if (!item->entry.res->embedded)
		ash_define_check_table(item->entry.res);
	ash_store_put_resource(item->entry.res, former, document, expanded);
	report(summary, item->entry.name, former ? "replaced" : "created");
}

/*
 * Write what has changed of a document. Resources of the domain that it does not name stay
 * as they are, but get a new revision when the domain itself has changed.
 */
static void
store_document(AshDefineWork *work, AshDomainDocument *doc, json_t *summary)
{
	AshStored former;
	bool known = ash_store_domain(doc->name, &former);
	List *stored = known ? ash_store_resources(doc->name) : NIL;
	ListCell *lc;

	if (store_domain(work, doc, known ? &former : NULL))
		ash_store_touch(doc->name);
	foreach (lc, work->items)
	{
		AshDefining *item = lfirst(lc);

		if (item->doc == doc)
			store_resource(item, find_stored(stored, item->entry.name), summary);
	}
}

/* Apply the schema plan of every domain; the number of steps. */
static int
migrate_all(AshDefineWork *work)
{
	int steps = 0;
	ListCell *lc;

	CommandCounterIncrement();
	foreach (lc, work->def.domains)
		steps +=
			list_length(ash_plan_apply(((AshDomainDocument *) lfirst(lc))->name, false, false));
	return steps;
}

/*
 * Write all documents and, with migrate, change the tables. Returns the summary, owned by
 * work->cxt.
 */
json_t *
ash_define_store(AshDefineWork *work)
{
	json_t *result = ash_json_own(work->cxt, ash_json_object());
	json_t *domains = json_array();
	json_t *resources = json_array();
	ListCell *lc;

	ash_json_set(result, "domains", domains);
	ash_json_set(result, "resources", resources);
	foreach (lc, work->def.domains)
	{
		AshDomainDocument *doc = lfirst(lc);

		store_document(work, doc, resources);
		json_array_append_new(domains, json_string_nocheck(doc->name));
	}
	if (work->migrate)
		ash_json_set(result, "migrated", json_integer(migrate_all(work)));
	return result;
}
