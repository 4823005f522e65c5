/*-------------------------------------------------------------------------
 *
 * src/model/model_cache.c
 *	  The compiled resources of this backend.
 *
 * An entry is made on the first use of a resource and lives until the resource,
 * or one that it was compiled against, changes.  Invalidation callbacks only
 * count epochs; the next call that starts (or a use outside of calls) sweeps the
 * whole cache: entries whose revision or owner differs from the catalog's die, and with
 * them those that depend on them, so that a struct never points into a dead one.
 * While a call runs nothing is swept unless a nested call starts, so that a call
 * sees one state of the definitions.
 *
 * Dead structs are kept until no call is running, and are freed then or at the
 * end of the transaction: whoever still holds one may go on using it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "common/hashfn.h"
#include "model/model_internal.h"
#include "model/relationship.h"
#include "utils/acl.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* "domain.resource" */
#define RESOURCE_NAME_LEN (2 * NAMEDATALEN)

typedef struct CacheEntry
{
	char name[RESOURCE_NAME_LEN]; /* hash key */
	AshResource *res;
} CacheEntry;

/* What a table is: the name of its resource, or "" when it has none. */
typedef struct TableEntry
{
	Oid relid;	  /* hash key */
	uint64 epoch; /* of the lookup */
	char name[RESOURCE_NAME_LEN];
} TableEntry;

static MemoryContext cache_cxt = NULL;
static HTAB *resources = NULL;
static HTAB *tables = NULL;
static List *dead = NIL; /* of MemoryContext, in cache_cxt */

static uint64 generation = 1;	  /* counts deaths */
static uint64 catalog_epoch = 1;  /* counts changes of definitions … */
static uint64 swept_epoch = 1;	  /* … up to which the cache is known to be good */
static uint64 relation_epoch = 1; /* counts changes of tables, indexes and schemas */

/* Transaction nesting level of each call that is running, outermost first. */
static int *call_levels = NULL;
static int call_depth = 0;
static int call_room = 0;

/*-------------------------------------------------------------------------
 * Life and death
 *-------------------------------------------------------------------------
 */

static void
create_cache(void)
{
	HASHCTL ctl = { 0 };

	if (cache_cxt != NULL)
		return;
	cache_cxt = AllocSetContextCreate(CacheMemoryContext, "ash catalog", ALLOCSET_DEFAULT_SIZES);
	ctl.keysize = RESOURCE_NAME_LEN;
	ctl.entrysize = sizeof(CacheEntry);
	ctl.hcxt = cache_cxt;
	resources = hash_create("ash resources", 64, &ctl, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(TableEntry);
	tables = hash_create("ash tables", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Take an entry out; its struct is freed later. */
static void
bury(CacheEntry *entry)
{
	MemoryContext old = MemoryContextSwitchTo(cache_cxt);

	dead = lappend(dead, entry->res->cxt);
	MemoryContextSwitchTo(old);
	generation++;
	hash_search(resources, entry->name, HASH_REMOVE, NULL);
}

static void
free_dead(void)
{
	List *doomed = dead;
	ListCell *lc;

	dead = NIL;
	foreach (lc, doomed)
		MemoryContextDelete(lfirst(lc));
	list_free(doomed);
}

static bool
depends_on_buried(const AshResource *res, List *buried)
{
	ListCell *dep;
	ListCell *lc;

	foreach (dep, res->deps)
	{
		foreach (lc, buried)
		{
			if (strcmp(lfirst(dep), lfirst(lc)) == 0)
				return true;
		}
	}
	return false;
}

/* Bury what was compiled against a buried resource, until nothing more is. */
static void
bury_dependents(List *buried)
{
	HASH_SEQ_STATUS seq;
	CacheEntry *entry;
	bool again = buried != NIL;

	while (again)
	{
		again = false;
		hash_seq_init(&seq, resources);
		while ((entry = hash_seq_search(&seq)) != NULL)
		{
			if (!depends_on_buried(entry->res, buried))
				continue;
			buried = lappend(buried, pstrdup(entry->name));
			bury(entry);
			again = true;
		}
	}
}

/* Was it compiled from what is in the catalog now, and for the role that owns it now? */
static bool
is_current(const AshResource *res)
{
	return ash_catalog_revision(res->name) == res->revision &&
		   ash_catalog_domain_owner(res->domain.name) == res->owner;
}

/* Compare every cached resource with the catalog, once per change of it. */
static void
sweep(void)
{
	HASH_SEQ_STATUS seq;
	CacheEntry *entry;
	List *buried = NIL;
	uint64 seen = catalog_epoch;

	if (swept_epoch == seen || resources == NULL)
		return;
	hash_seq_init(&seq, resources);
	while ((entry = hash_seq_search(&seq)) != NULL)
	{
		if (is_current(entry->res))
			continue;
		buried = lappend(buried, pstrdup(entry->name));
		bury(entry);
	}
	bury_dependents(buried);
	swept_epoch = seen;
}

static void
bury_all(void)
{
	HASH_SEQ_STATUS seq;
	CacheEntry *entry;

	if (resources == NULL)
		return;
	hash_seq_init(&seq, resources);
	while ((entry = hash_seq_search(&seq)) != NULL)
		bury(entry);
}

uint64
ash_relation_epoch(void)
{
	return relation_epoch;
}

/*-------------------------------------------------------------------------
 * Lookup
 *-------------------------------------------------------------------------
 */

/* The first fault of a stored definition: something it needs has gone since. */
static void
report_unusable(const char *name, const AshErrors *errors)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					errmsg("definition of resource \"%s\" can no longer be used", name),
					errdetail("%s", ash_errors_message(errors))));
}

/* As the owner, if there is one: literals are cast, and whoever comes first compiles. */
static AshResource *
compile(const AshCatalogRow *row, json_t *domain, json_t *resource, AshErrors *errors)
{
	AshOwnerScope scope;
	AshResource *res;

	if (!OidIsValid(row->owner))
		return ash_resource_compile(CurrentMemoryContext, domain, resource, row->name, errors);
	scope = ash_owner_enter(row->owner, ash_owner_path(NULL, NULL));
	res = ash_resource_compile(CurrentMemoryContext, domain, resource, row->name, errors);
	ash_owner_leave(&scope);
	return res;
}

/* Compile the stored documents into a context of the cache; the caller's context is scratch. */
static AshResource *
build(const AshCatalogRow *row)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	json_t *domain = ash_json_parse(row->domain, strlen(row->domain), NULL);
	json_t *resource;
	AshResource *res;

	ash_json_own(CurrentMemoryContext, domain);
	resource = ash_json_parse(row->expanded, strlen(row->expanded), NULL);
	ash_json_own(CurrentMemoryContext, resource);
	res = compile(row, domain, resource, errors);
	if (res == NULL)
		report_unusable(row->name, errors);
	res->revision = row->revision;
	res->owner = row->owner;
	return res;
}

static AshResource *
load(const char *name)
{
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "ash load", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	AshResource *res = NULL;
	AshCatalogRow row;
	CacheEntry *entry;

	if (ash_catalog_row(name, &row))
		res = build(&row);
	MemoryContextSwitchTo(old);
	if (res != NULL)
	{
		create_cache();
		entry = hash_search(resources, name, HASH_ENTER, NULL);
		entry->res = res;
		MemoryContextSetParent(res->cxt, cache_cxt);
	}
	MemoryContextDelete(scratch);
	return res;
}

static AshResource *
find_or_load(const char *name)
{
	AshResource *res = NULL;
	CacheEntry *entry;

	if (ash_overlay_find(name, &res))
		return res;
	if (strlen(name) >= RESOURCE_NAME_LEN)
		return NULL;
	if (call_depth == 0)
		sweep();
	entry = resources ? hash_search(resources, name, HASH_FIND, NULL) : NULL;
	return entry ? entry->res : load(name);
}

/* The same name without its domain, or in another domain, is a likely slip; so is a typo. */
static void
add_no_such_resource(const char *name, AshErrors *errors)
{
	AshError *error =
		ash_error_add(errors, ASH_E_NO_SUCH_RESOURCE, NULL, "No such resource %s", ash_clip(name));

	ash_error_var_text(errors, error, "resource", name);
	error->did_you_mean = ash_suggest(name, ash_resource_names());
}

AshResource *
ash_resource_get(const char *name, AshErrors *errors)
{
	AshResource *res = find_or_load(name);

	if (res == NULL && errors != NULL)
		add_no_such_resource(name, errors);
	return res;
}

bool
ash_resource_exists(const char *name)
{
	if (ash_overlay_find(name, NULL))
		return true;
	return ash_catalog_revision(name) != 0;
}

AshResource *
ash_ref_resource(AshResourceRef *ref)
{
	if (ref->cached != NULL && ref->generation == generation)
		return ref->cached;
	ref->cached = find_or_load(ref->name);
	if (ref->cached == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("resource \"%s\" is no longer defined", ref->name)));
	ref->generation = generation;
	return ref->cached;
}

/* A domain speaks for itself, and its owner for what belongs to him. */
bool
ash_resource_may_bypass_policies(const AshResource *from, const AshResource *res)
{
	return strcmp(from->domain.name, res->domain.name) == 0 ||
		   (OidIsValid(from->owner) && OidIsValid(res->owner) &&
			has_privs_of_role(from->owner, res->owner));
}

/*-------------------------------------------------------------------------
 * Tables
 *-------------------------------------------------------------------------
 */

static TableEntry *
look_up_table(Oid relid)
{
	char *schema = get_namespace_name(get_rel_namespace(relid));
	char *table = get_rel_name(relid);
	char *name = NULL;
	uint64 epoch = relation_epoch;
	TableEntry *entry;

	if (schema != NULL && table != NULL)
		name = ash_catalog_name_of_table(schema, table);
	create_cache();
	entry = hash_search(tables, &relid, HASH_ENTER, NULL);
	entry->epoch = epoch;
	strlcpy(entry->name, name ? name : "", sizeof(entry->name));
	return entry;
}

AshResource *
ash_resource_by_relid(Oid relid)
{
	TableEntry *entry = tables ? hash_search(tables, &relid, HASH_FIND, NULL) : NULL;

	if (entry == NULL || entry->epoch != relation_epoch)
	{
		if (!OidIsValid(ash_catalog_object(ASH_CATALOG_RESOURCE)))
			return NULL;
		entry = look_up_table(relid);
	}
	return entry->name[0] != '\0' ? ash_resource_get(entry->name, NULL) : NULL;
}

Oid
ash_resource_relid(AshResource *res)
{
	Oid namespace;

	if (OidIsValid(res->relid) && res->relid_epoch == relation_epoch)
		return res->relid;
	namespace = get_namespace_oid(res->schema, true);
	res->relid = OidIsValid(namespace) ? get_relname_relid(res->table, namespace) : InvalidOid;
	res->relid_epoch = relation_epoch;
	if (!OidIsValid(res->relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table %s of resource \"%s\" does not exist", res->qualified, res->name),
				 errhint("Run ash_plan('%s') to see what is missing.", res->domain.name)));
	return res->relid;
}

/*-------------------------------------------------------------------------
 * Calls
 *-------------------------------------------------------------------------
 */

void
ash_calls_enter(void)
{
	/* what others have committed is known from here on, also inside a long transaction */
	if (call_depth == 0)
		AcceptInvalidationMessages();
	sweep();
	if (call_depth == call_room)
	{
		call_room = Max(16, call_room * 2);
		call_levels = call_levels == NULL ?
						  MemoryContextAlloc(TopMemoryContext, sizeof(int) * call_room) :
						  repalloc(call_levels, sizeof(int) * call_room);
	}
	call_levels[call_depth++] = GetCurrentTransactionNestLevel();
}

void
ash_calls_leave(void)
{
	if (call_depth > 0)
		call_depth--;
	if (call_depth == 0 && dead != NIL)
		free_dead();
}

/* Calls that an error ended without ash_calls_leave. */
static void
forget_calls(int level)
{
	while (call_depth > 0 && call_levels[call_depth - 1] >= level)
		call_depth--;
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_PARALLEL_ABORT:
			call_depth = 0;
			ash_overlay_replace(NIL);
			free_dead();
			break;
		default:
			break;
	}
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId sub, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_calls(GetCurrentTransactionNestLevel());
}

void
ash_catalog_set_overlay(List *entries)
{
	/* structs may have been compiled against the old overlay; let nobody find them again */
	bury_all();
	generation++;
	ash_overlay_replace(entries);
}

/*-------------------------------------------------------------------------
 * Invalidation
 *-------------------------------------------------------------------------
 */

/* Any relation: names and oids may have changed.  Ours: definitions have. */
static void
relation_changed(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == ash_catalog_object_seen(ASH_CATALOG_RESOURCE))
		catalog_epoch++;
	relation_epoch++;
}

static void
schema_changed(Datum arg, int cacheid, uint32 hash)
{
	relation_epoch++;
}

/* The owner of a domain is a name: it may mean another role now, or none. */
static void
role_changed(Datum arg, int cacheid, uint32 hash)
{
	catalog_epoch++;
}

void
ash_catalog_init(void)
{
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, schema_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, role_changed, (Datum) 0);
	RegisterXactCallback(at_transaction_end, NULL);
	RegisterSubXactCallback(at_subtransaction_end, NULL);
}
