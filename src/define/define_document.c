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
 * done with the privileges of the domain's owner, not of the current user.
 *
 * All of it happens in one memory context, a child of the caller's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "define/define_work.h"
#include "miscadmin.h"
#include "schema/schema.h"
#include "utils/memutils.h"

/* Faults that hide each other in a chain longer than this come out one after another. */
#define MAX_ROUNDS 50

/*-------------------------------------------------------------------------
 * Reading
 *-------------------------------------------------------------------------
 */

/*
 * Raise all faults as one error, with their places in the text; dropped counts those beyond
 * what is reported. Does not return.
 */
static void
throw_faults(AshDefineWork *work, AshErrors *faults, int dropped)
{
	ash_define_place_errors(faults, work->text, work->len);
	faults->dropped = dropped;
	if (dropped > 0)
		ash_error_definition(faults, NULL, "and %d more", dropped);
	ash_errors_throw(faults);
}

/*
 * Check the document of one domain and add it to def.domains. Documents with errors are
 * added as well: the caller goes no further then.
 */
static void
add_document(AshDefineWork *work, json_t *node, List *path)
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

/*
 * The tree of the text, owned by work->cxt. Raises when the text is no JSON, has a key
 * twice or a number that cannot be kept exactly.
 */
static json_t *
parse_text(AshDefineWork *work)
{
	json_t *root = ash_json_parse(work->text, work->len, work->def.errors);

	if (ash_errors_any(work->def.errors))
		throw_faults(work, work->def.errors, 0);
	return ash_json_own(work->cxt, root);
}

/* The text is one document, or a list of them, whose paths start with their index. */
static void
check_documents(AshDefineWork *work, json_t *root)
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

/*
 * The owner of the domain. When that role does not exist any more, or the domain is new,
 * definitions are evaluated with the current user's privileges.
 */
static Oid
owner_of(const char *domain)
{
	Oid owner = ash_catalog_domain_owner(domain);

	return OidIsValid(owner) ? owner : GetUserId();
}

/*
 * Set the owner of each document's domain. Raises unless the current user may define those
 * that exist: nothing is evaluated as their owner before.
 */
static void
find_owners(AshDefineWork *work)
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

/*
 * Add a resource to be compiled; doc and path are left to the caller. domain is the
 * expanded document of its domain without the resources.
 */
static AshDefining *
add_item(AshDefineWork *work, const char *name, Oid owner, json_t *domain, json_t *expanded)
{
	AshDefining *item = palloc0(sizeof(AshDefining));

	item->entry.name = name;
	item->entry.owner = owner;
	item->entry.domain = domain;
	item->entry.expanded = expanded;
	item->entry.cxt = work->cxt;
	item->entry.errors = ash_errors_create(work->cxt);
	work->items = lappend(work->items, item);
	return item;
}

/* Add the resources that a document names. */
static void
add_defined(AshDefineWork *work, AshDomainDocument *doc)
{
	json_t *resources = json_object_get(doc->expanded, "resources");
	json_t *domain = json_copy(doc->expanded);
	const char *name;
	json_t *node;

	ash_json_own(work->cxt, domain);
	json_object_del(domain, "resources");
	json_object_foreach (resources, name, node)
	{
		AshDefining *item =
			add_item(work, psprintf("%s.%s", doc->name, name), doc->owner, domain, node);

		item->doc = doc;
		item->path = list_concat_copy(doc->path, list_make2(makeString("resources"),
															makeString(pstrdup(name))));
	}
}

/* The resource of that full name among those that are being compiled, or NULL. */
static AshDefining *
find_item(AshDefineWork *work, const char *name)
{
	ListCell *lc;

	foreach (lc, work->items)
	{
		if (strcmp(((AshDefining *) lfirst(lc))->entry.name, name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/* The tree of a stored text, owned by work->cxt. */
json_t *
ash_define_parse_stored(AshDefineWork *work, const char *text)
{
	return ash_json_own(work->cxt, ash_json_parse(text, strlen(text), NULL));
}

/* The document of that domain among those that are being defined, or NULL. */
static AshDomainDocument *
find_domain(AshDefineWork *work, const char *name)
{
	ListCell *lc;

	foreach (lc, work->def.domains)
	{
		if (strcmp(((AshDomainDocument *) lfirst(lc))->name, name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/*
 * The expanded document of a domain without its resources, as it will be when this
 * definition is stored; the domain is stored already, or among def.domains.
 */
static json_t *
domain_of(AshDefineWork *work, const char *name)
{
	AshDomainDocument *doc = find_domain(work, name);
	AshStored stored;
	json_t *domain;

	if (doc == NULL)
	{
		if (!ash_store_domain(name, &stored))
			elog(ERROR, "domain \"%s\" is missing from the catalog", name);
		return ash_define_parse_stored(work, stored.expanded);
	}
	domain = ash_json_own(work->cxt, json_copy(doc->expanded));
	json_object_del(domain, "resources");
	return domain;
}

/*
 * Add the stored resources that the change could break: those that refer to a changed one,
 * directly or not. Resources of owners the current user is not a member of are left out:
 * whoever refers to a resource of somebody else cannot prevent its change.
 */
static void
add_dependents(AshDefineWork *work)
{
	List *names = NIL;
	ListCell *lc;

	foreach (lc, work->items)
		names = lappend(names, (void *) ((AshDefining *) lfirst(lc))->entry.name);
	if (names == NIL)
		return;
	foreach (lc, ash_store_dependents(names))
	{
		AshStored *stored = lfirst(lc);

		if (!ash_store_is_owner(stored))
			continue;
		add_item(work, stored->name, owner_of(stored->domain), domain_of(work, stored->domain),
				 ash_define_parse_stored(work, stored->expanded));
	}
}

/*
 * Move the faults of a resource to the errors of the definition. Those of a stored resource
 * have no place in the text; they become errors of the definition as a whole.
 */
static void
blame_change(AshDefineWork *work, const AshDefining *item, AshErrors *faults)
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

/*
 * Compile every resource and gather the faults. A resource that another one looked up is
 * compiled by then.
 */
static void
compile_items(AshDefineWork *work)
{
	ListCell *lc;

	foreach (lc, work->items)
		(void) ash_resource_get(((AshDefining *) lfirst(lc))->entry.name, NULL);
	foreach (lc, work->items)
	{
		AshDefining *item = lfirst(lc);

		work->def.errors->path = item->path;
		blame_change(work, item, item->entry.errors);
	}
	work->def.errors->path = NIL;
}

/* Verify a compiled resource, as the owner of its domain; faults go to def.errors. */
static void
verify_item(AshDefineWork *work, AshDefining *item)
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

/*
 * See to the extensions whose types the resource uses. One that is missing is created as
 * the current user when the document is also migrated, and is an error otherwise.
 */
static void
provide_types(AshDefineWork *work, AshDefining *item)
{
	work->def.errors->path = item->path;
	ash_define_provide_types(item->entry.res, work->migrate, work->def.errors);
	work->def.errors->path = NIL;
}

/*
 * A table belongs to one resource: neither one that is stored and stays, nor one earlier in
 * this definition, may have the table of item.
 */
static void
verify_table(AshDefineWork *work, AshDefining *item)
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
		AshDefining *before = lfirst(lc);

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

/*
 * Compile all resources, provide the types, then verify the resources; a stage is only
 * reached when the ones before it found no faults.
 */
static void
compile_and_verify(AshDefineWork *work)
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

/*
 * Compile and verify the resources of all documents, and those that depend on them, while
 * they hide the stored ones of their names.
 */
static void
compile_all(AshDefineWork *work)
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

/*
 * Document → compiled resources. A stage is only reached when the ones before it found no
 * faults; all are in def.errors.
 */
static void
work_on(AshDefineWork *work, json_t *root)
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

/*
 * Compile the document, or raise all its faults: while there are any, what is faulty is
 * taken out and the rest is compiled again (error_recovery.c), at most MAX_ROUNDS times.
 */
static void
work_in_rounds(AshDefineWork *work, json_t *root)
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

/*
 * Everything but the summary lives in a context of its own, a child of the caller's; after
 * an error it goes with that one.
 */
char *
ash_define_document(const char *text, int len, bool migrate)
{
	MemoryContext caller = CurrentMemoryContext;
	AshDefineWork work = { { 0 } };
	json_t *result;
	char *summary;

	work.cxt = AllocSetContextCreate(caller, "ash define", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(work.cxt);
	work.text = text;
	work.len = len;
	work.migrate = migrate;
	work.def.errors = ash_errors_create(work.cxt);
	work_in_rounds(&work, parse_text(&work));
	result = ash_define_store(&work);
	MemoryContextSwitchTo(caller);
	summary = ash_json_dump(result, false);
	MemoryContextDelete(work.cxt);
	return summary;
}
