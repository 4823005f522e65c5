/*-------------------------------------------------------------------------
 *
 * src/define/define_document.c
 *	  ash_define: a document becomes rows of the catalog.
 *
 * A document is one domain or a list of them.  Each resource it names is
 * replaced; resources of the domain that it does not name stay as they are.  The
 * keys of the domain itself are all replaced.  Everything is checked before the
 * first row is written, and resources that refer to what has changed are checked
 * again with it.  Checking evaluates literals and constant expressions: that is
 * done with the rights of the domain's owner, whoever defines it anew.
 *
 * All of it happens in one memory context, a child of the caller's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "define/define_internal.h"
#include "miscadmin.h"
#include "schema/schema.h"
#include "utils/memutils.h"

/* Faults that hide each other in a chain longer than this come out one after another. */
#define MAX_ROUNDS 50

/* One resource on its way into the catalog. */
typedef struct Defining
{
	AshOverlayEntry entry;	/* must be first: the list of these is the overlay */
	AshDomainDocument *doc; /* NULL: a stored one that refers to a changed one */
	List *path;				/* in the text */
} Defining;

typedef struct Work
{
	AshDefinition def;
	const char *text;
	size_t len;
	MemoryContext cxt;
	bool migrate;
	List *items; /* of Defining * */
} Work;

/*-------------------------------------------------------------------------
 * Reading
 *-------------------------------------------------------------------------
 */

static void
throw_faults(Work *work, AshErrors *faults, int dropped)
{
	ash_define_place_errors(faults, work->text, work->len);
	if (dropped > 0)
		ash_error_definition(faults, NULL, "and %d more", dropped);
	ash_errors_throw(faults);
}

static void
add_document(Work *work, json_t *node, List *path)
{
	AshDomainDocument *doc = palloc0(sizeof(AshDomainDocument));
	const char *schema;
	ListCell *lc;

	work->def.errors->path = path;
	ash_define_check(node, work->def.errors);
	doc->source = node;
	doc->path = path;
	doc->name = json_string_value(json_object_get(node, "domain"));
	schema = json_string_value(json_object_get(node, "schema"));
	doc->schema = schema ? schema : doc->name;
	foreach (lc, work->def.domains)
	{
		AshDomainDocument *other = lfirst(lc);

		if (doc->name != NULL && other->name != NULL && strcmp(doc->name, other->name) == 0)
			ash_error_definition(work->def.errors, NULL, "the domain \"%s\" is defined twice",
								 doc->name);
	}
	work->def.domains = lappend(work->def.domains, doc);
	work->def.errors->path = NIL;
}

static json_t *
parse_text(Work *work)
{
	json_t *root = ash_json_parse(work->text, work->len, work->def.errors);

	if (ash_errors_any(work->def.errors))
		throw_faults(work, work->def.errors, 0);
	return ash_json_own(work->cxt, root);
}

static void
check_documents(Work *work, json_t *root)
{
	size_t i;
	json_t *node;

	if (!json_is_array(root))
		add_document(work, root, NIL);
	json_array_foreach (root, i, node)
		add_document(work, node, list_make1(makeInteger((int) i)));
}

/*-------------------------------------------------------------------------
 * Compiling
 *-------------------------------------------------------------------------
 */

/* A domain that nobody owns any more is looked at with the rights of whoever may define it. */
static Oid
owner_of(const char *domain)
{
	Oid owner = ash_catalog_domain_owner(domain);

	return OidIsValid(owner) ? owner : GetUserId();
}

/* Only for those who may define a domain anew anything is done with its owner's rights. */
static void
find_owners(Work *work)
{
	ListCell *lc;

	foreach (lc, work->def.domains)
	{
		AshDomainDocument *doc = lfirst(lc);
		AshStored former;

		if (ash_store_domain(doc->name, &former))
			ash_store_check_owner(&former);
		doc->owner = owner_of(doc->name);
	}
}

static Defining *
add_item(Work *work, const char *name, Oid owner, json_t *domain, json_t *expanded)
{
	Defining *item = palloc0(sizeof(Defining));

	item->entry.name = name;
	item->entry.owner = owner;
	item->entry.domain = domain;
	item->entry.expanded = expanded;
	item->entry.cxt = work->cxt;
	item->entry.errors = ash_errors_create(work->cxt);
	work->items = lappend(work->items, item);
	return item;
}

static void
add_defined(Work *work, AshDomainDocument *doc)
{
	json_t *resources = json_object_get(doc->expanded, "resources");
	json_t *domain = json_copy(doc->expanded);
	const char *name;
	json_t *node;

	ash_json_own(work->cxt, domain);
	json_object_del(domain, "resources");
	json_object_foreach (resources, name, node)
	{
		Defining *item =
			add_item(work, psprintf("%s.%s", doc->name, name), doc->owner, domain, node);

		item->doc = doc;
		item->path = list_concat_copy(doc->path, list_make2(makeString("resources"),
															makeString(pstrdup(name))));
	}
}

static Defining *
find_item(Work *work, const char *name)
{
	ListCell *lc;

	foreach (lc, work->items)
	{
		if (strcmp(((Defining *) lfirst(lc))->entry.name, name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

static json_t *
parse_owned(Work *work, const char *text)
{
	return ash_json_own(work->cxt, ash_json_parse(text, strlen(text), NULL));
}

static AshDomainDocument *
find_domain(Work *work, const char *name)
{
	ListCell *lc;

	foreach (lc, work->def.domains)
	{
		if (strcmp(((AshDomainDocument *) lfirst(lc))->name, name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/* The domain's expanded document, as it will be. */
static json_t *
domain_of(Work *work, const char *name)
{
	AshDomainDocument *doc = find_domain(work, name);
	AshStored stored;
	json_t *domain;

	if (doc == NULL)
	{
		if (!ash_store_domain(name, &stored))
			elog(ERROR, "domain \"%s\" is missing from the catalog", name);
		return parse_owned(work, stored.expanded);
	}
	domain = ash_json_own(work->cxt, json_copy(doc->expanded));
	json_object_del(domain, "resources");
	return domain;
}

/*
 * Stored resources that the change could break: those that refer to changed ones.
 * Others' resources are left alone: who refers to what is not his has no say in it.
 */
static void
add_dependents(Work *work)
{
	List *names = NIL;
	ListCell *lc;

	foreach (lc, work->items)
		names = lappend(names, (void *) ((Defining *) lfirst(lc))->entry.name);
	if (names == NIL)
		return;
	foreach (lc, ash_store_dependents(names))
	{
		AshStored *stored = lfirst(lc);

		if (!ash_store_is_owner(stored))
			continue;
		add_item(work, stored->name, owner_of(stored->domain), domain_of(work, stored->domain),
				 parse_owned(work, stored->expanded));
	}
}

/* Faults of a stored resource are faults of the change; they have no place in the text. */
static void
blame_change(Work *work, const Defining *item, AshErrors *faults)
{
	ListCell *lc;

	if (item->doc != NULL)
	{
		ash_errors_move(work->def.errors, faults);
		return;
	}
	foreach (lc, faults->items)
	{
		AshError *fault = lfirst(lc);

		ash_error_definition(work->def.errors, NULL,
							 "resource \"%s\" would no longer be valid: %s: %s", item->entry.name,
							 ash_json_pointer(fault->path), ash_error_text(fault));
	}
}

/* Compile whatever was not looked up by another resource yet, and gather all that is wrong. */
static void
compile_items(Work *work)
{
	ListCell *lc;

	foreach (lc, work->items)
		(void) ash_resource_get(((Defining *) lfirst(lc))->entry.name, NULL);
	foreach (lc, work->items)
	{
		Defining *item = lfirst(lc);

		work->def.errors->path = item->path;
		blame_change(work, item, item->entry.errors);
	}
	work->def.errors->path = NIL;
}

static void
verify_item(Work *work, Defining *item)
{
	AshErrors *faults = ash_errors_create(work->cxt);
	AshOwnerScope scope;

	CHECK_FOR_INTERRUPTS();
	scope = ash_owner_enter(item->entry.owner, ash_owner_path(NULL, NULL));
	ash_resource_verify(item->entry.res, faults);
	ash_owner_leave(&scope);
	work->def.errors->path = item->path;
	blame_change(work, item, faults);
	work->def.errors->path = NIL;
}

static void
provide_types(Work *work, Defining *item)
{
	work->def.errors->path = item->path;
	ash_define_provide_types(item->entry.res, work->migrate, work->def.errors);
	work->def.errors->path = NIL;
}

/* One table, one resource. */
static void
verify_table(Work *work, Defining *item)
{
	AshResource *res = item->entry.res;
	ListCell *lc;
	const char *other = NULL;

	if (res->embedded || item->doc == NULL)
		return;
	other = ash_catalog_name_of_table(res->schema, res->table);
	if (other != NULL && find_item(work, other) != NULL)
		other = NULL;
	foreach (lc, work->items)
	{
		Defining *before = lfirst(lc);

		if (before == item)
			break;
		if (before->entry.res != NULL && !before->entry.res->embedded &&
			strcmp(before->entry.res->qualified, res->qualified) == 0)
			other = before->entry.name;
	}
	if (other == NULL)
		return;
	work->def.errors->path = ash_path_append(item->path, "table", -1);
	ash_error_definition(work->def.errors, NULL, "the table %s is that of resource \"%s\"",
						 res->qualified, other);
	work->def.errors->path = NIL;
}

static void
compile_and_verify(Work *work)
{
	ListCell *lc;

	compile_items(work);
	if (ash_errors_any(work->def.errors))
		return;
	foreach (lc, work->items)
		provide_types(work, lfirst(lc));
	if (ash_errors_any(work->def.errors))
		return;
	foreach (lc, work->items)
	{
		verify_table(work, lfirst(lc));
		verify_item(work, lfirst(lc));
	}
}

static void
compile_all(Work *work)
{
	ListCell *lc;

	foreach (lc, work->def.domains)
		add_defined(work, lfirst(lc));
	add_dependents(work);
	ash_catalog_set_overlay(work->items);
	PG_TRY();
	{
		compile_and_verify(work);
	}
	PG_FINALLY();
	{
		ash_catalog_set_overlay(NIL);
	}
	PG_END_TRY();
}

/* Document → compiled resources; a stage is not reached while the one before finds faults. */
static void
work_on(Work *work, json_t *root)
{
	check_documents(work, root);
	if (ash_errors_any(work->def.errors))
		return;
	ash_store_lock();
	find_owners(work);
	ash_define_expand(&work->def);
	if (!ash_errors_any(work->def.errors))
		compile_all(work);
}

/* Afterwards all is compiled and without a fault; throws all faults otherwise. */
static void
work_in_rounds(Work *work, json_t *root)
{
	AshPruning pruning;
	int rounds = 0;

	ash_pruning_init(&pruning, root, work->cxt);
	do
	{
		work->def.domains = work->items = NIL;
		work->def.map = (AshPathMap){ 0 };
		work_on(work, pruning.root);
		if (!ash_errors_any(work->def.errors))
			break;
		ash_define_map_errors(work->def.errors, &work->def.map);
	} while (ash_pruning_take(&pruning, work->def.errors) && ++rounds < MAX_ROUNDS);
	if (ash_errors_any(pruning.found))
		throw_faults(work, pruning.found, pruning.dropped);
}

/*-------------------------------------------------------------------------
 * Storing
 *-------------------------------------------------------------------------
 */

/* The domain's own part of a document, without its resources. */
static json_t *
without_resources(Work *work, json_t *document)
{
	json_t *copy = ash_json_own(work->cxt, json_copy(document));

	json_object_del(copy, "resources");
	return copy;
}

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

/* Write the domain's row if it changed; true when all its resources are affected. */
static bool
store_domain(Work *work, AshDomainDocument *doc, const AshStored *former)
{
	char *document = ash_json_dump(without_resources(work, doc->source), true);
	char *expanded = ash_json_dump(without_resources(work, doc->expanded), false);

	if (former != NULL && strcmp(former->document, document) == 0 &&
		strcmp(former->expanded, expanded) == 0)
		return false;
	if (former == NULL ||
		strcmp(json_string_value(json_object_get(parse_owned(work, former->expanded), "schema")),
			   doc->schema) != 0)
		ash_define_check_schema(doc->schema);
	ash_store_put_domain(doc->name, doc->schema, former, document, expanded);
	return former != NULL;
}

static void
report(json_t *resources, const char *name, const char *status)
{
	json_t *entry = ash_json_object();

	ash_json_set(entry, "name", json_string_nocheck(name));
	ash_json_set(entry, "status", json_string(status));
	json_array_append_new(resources, entry);
}

static void
store_resource(Defining *item, const AshStored *former, json_t *summary)
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

static void
store_document(Work *work, AshDomainDocument *doc, json_t *summary)
{
	AshStored former;
	bool known = ash_store_domain(doc->name, &former);
	List *stored = known ? ash_store_resources(doc->name) : NIL;
	ListCell *lc;

	if (store_domain(work, doc, known ? &former : NULL))
		ash_store_touch(doc->name);
	foreach (lc, work->items)
	{
		Defining *item = lfirst(lc);

		if (item->doc == doc)
			store_resource(item, find_stored(stored, item->entry.name), summary);
	}
}

/* Apply the schema plan of every domain; the number of steps. */
static int
migrate_all(Work *work)
{
	int steps = 0;
	ListCell *lc;

	CommandCounterIncrement();
	foreach (lc, work->def.domains)
		steps +=
			list_length(ash_plan_apply(((AshDomainDocument *) lfirst(lc))->name, false, false));
	return steps;
}

static json_t *
store_all(Work *work, bool migrate)
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
	if (migrate)
		ash_json_set(result, "migrated", json_integer(migrate_all(work)));
	return result;
}

char *
ash_define_document(const char *text, int len, bool migrate)
{
	MemoryContext caller = CurrentMemoryContext;
	Work work = { { 0 } };
	json_t *result;
	char *summary;

	work.cxt = AllocSetContextCreate(caller, "ash define", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(work.cxt);
	work.text = text;
	work.len = len;
	work.migrate = migrate;
	work.def.errors = ash_errors_create(work.cxt);
	work_in_rounds(&work, parse_text(&work));
	result = store_all(&work, migrate);
	MemoryContextSwitchTo(caller);
	summary = ash_json_dump(result, false);
	MemoryContextDelete(work.cxt);
	return summary;
}
