/*-------------------------------------------------------------------------
 *
 * src/model/catalog_rows.c
 *	  Reads the catalog tables, by index, whoever is asking.
 *
 * Definitions are read like system catalogs: with a fresh snapshot and without
 * looking at privileges.  The tables are ours only when they belong to the
 * extension: in a database without it anybody may have a schema "ash".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "model/model_internal.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* Columns, as in sql/catalog/tables.sql. */
#define Anum_domain_name 1
#define Anum_domain_owner 2
#define Anum_domain_expanded 5
#define Natts_domain 7

#define Anum_resource_name 1
#define Anum_resource_domain 2
#define Anum_resource_schema 5
#define Anum_resource_table_name 6
#define Anum_resource_expanded 10
#define Anum_resource_revision 11
#define Natts_resource 12

/* Gets one row while its scan is open. */
typedef void (*RowReader)(HeapTuple tuple, TupleDesc desc, void *out);

/*-------------------------------------------------------------------------
 * Our own tables
 *-------------------------------------------------------------------------
 */

/*
 * Does the extension's own function stand in the schema?  Only a superuser can put a function of
 * language C anywhere, and this one is put where it is by the script that made the schema.  Looking
 * at pg_depend instead says the same, but every new backend would first have to make itself
 * acquainted with two tables and two indexes that nothing else in a call needs.
 */
static bool
has_own_function(Oid namespace)
{
	HeapTuple tuple =
		SearchSysCache3(PROCNAMEARGSNSP, CStringGetDatum("catalog_changed"),
						PointerGetDatum(buildoidvector(NULL, 0)), ObjectIdGetDatum(namespace));
	bool ours;
	bool isnull;
	Datum symbol;

	if (!HeapTupleIsValid(tuple))
		return false;
	symbol = SysCacheGetAttr(PROCNAMEARGSNSP, tuple, Anum_pg_proc_prosrc, &isnull);
	ours = ((Form_pg_proc) GETSTRUCT(tuple))->prolang == ClanguageId && !isnull &&
		   strcmp(TextDatumGetCString(symbol), "ash_catalog_changed") == 0;
	ReleaseSysCache(tuple);
	return ours;
}

/* Oid of schema ash when it is the extension's; cheap when there is no such schema. */
static Oid
find_namespace(void)
{
	Oid namespace = get_namespace_oid("ash", true);

	return OidIsValid(namespace) && has_own_function(namespace) ? namespace : InvalidOid;
}

/*
 * The same, remembered while no relation or schema changed: the extension neither comes
 * nor goes without its tables.
 */
static Oid
catalog_namespace(void)
{
	static Oid namespace = InvalidOid;
	static uint64 seen = 0;
	uint64 epoch = ash_relation_epoch();

	if (seen != epoch)
	{
		namespace = find_namespace();
		seen = epoch;
	}
	return namespace;
}

Oid
ash_catalog_relid(const char *name)
{
	Oid namespace = catalog_namespace();

	return OidIsValid(namespace) ? get_relname_relid(name, namespace) : InvalidOid;
}

static const char *const object_names[] = { "domain", "domain_pkey", "resource", "resource_pkey",
											"resource_table_key" };
static Oid object_relids[lengthof(object_names)];
static uint64 object_epochs[lengthof(object_names)];

/* Remembered while no relation or schema changed. */
Oid
ash_catalog_object(AshCatalogObject object)
{
	uint64 epoch = ash_relation_epoch();

	if (object_epochs[object] != epoch)
	{
		object_relids[object] = ash_catalog_relid(object_names[object]);
		object_epochs[object] = epoch;
	}
	return object_relids[object];
}

Oid
ash_catalog_object_seen(AshCatalogObject object)
{
	return object_relids[object];
}

/*-------------------------------------------------------------------------
 * Scans
 *-------------------------------------------------------------------------
 */

/* Calls read for the first row that matches; false when there is none. */
static bool
scan_one(AshCatalogObject table, AshCatalogObject index, int nkeys, ScanKey keys, RowReader read,
		 void *out)
{
	Oid relid = ash_catalog_object(table);
	Relation rel;
	SysScanDesc scan;
	HeapTuple tuple;
	bool found;

	if (!OidIsValid(relid))
		return false;
	rel = table_open(relid, AccessShareLock);
	scan = systable_beginscan(rel, ash_catalog_object(index), true, NULL, nkeys, keys);
	tuple = systable_getnext(scan);
	found = HeapTupleIsValid(tuple);
	if (found && read != NULL)
		read(tuple, RelationGetDescr(rel), out);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

static void
text_key(ScanKey key, AttrNumber attno, const char *value)
{
	ScanKeyInit(key, attno, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(value));
}

static char *
text_column(HeapTuple tuple, TupleDesc desc, AttrNumber attno)
{
	bool isnull;
	Datum value = heap_getattr(tuple, attno, desc, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* The role of the name that is stored; InvalidOid when there is none any more. */
static void
read_owner(HeapTuple tuple, TupleDesc desc, void *out)
{
	*(Oid *) out = get_role_oid(text_column(tuple, desc, Anum_domain_owner), true);
}

static void
read_domain(HeapTuple tuple, TupleDesc desc, void *out)
{
	AshCatalogRow *row = out;

	row->domain = text_column(tuple, desc, Anum_domain_expanded);
	read_owner(tuple, desc, &row->owner);
}

static void
read_resource(HeapTuple tuple, TupleDesc desc, void *out)
{
	AshCatalogRow *row = out;
	bool isnull;

	row->name = text_column(tuple, desc, Anum_resource_name);
	row->domain_name = text_column(tuple, desc, Anum_resource_domain);
	row->expanded = text_column(tuple, desc, Anum_resource_expanded);
	row->revision = DatumGetInt64(heap_getattr(tuple, Anum_resource_revision, desc, &isnull));
}

static void
read_revision(HeapTuple tuple, TupleDesc desc, void *out)
{
	bool isnull;

	*(int64 *) out = DatumGetInt64(heap_getattr(tuple, Anum_resource_revision, desc, &isnull));
}

static void
read_name(HeapTuple tuple, TupleDesc desc, void *out)
{
	*(char **) out = text_column(tuple, desc, Anum_resource_name);
}

static bool
scan_resource(const char *name, RowReader read, void *out)
{
	ScanKeyData key;

	text_key(&key, Anum_resource_name, name);
	return scan_one(ASH_CATALOG_RESOURCE, ASH_CATALOG_RESOURCE_PKEY, 1, &key, read, out);
}

static bool
scan_domain(const char *name, RowReader read, void *out)
{
	ScanKeyData key;

	text_key(&key, Anum_domain_name, name);
	return scan_one(ASH_CATALOG_DOMAIN, ASH_CATALOG_DOMAIN_PKEY, 1, &key, read, out);
}

bool
ash_catalog_row(const char *name, AshCatalogRow *out)
{
	memset(out, 0, sizeof(*out));
	return scan_resource(name, read_resource, out) &&
		   scan_domain(out->domain_name, read_domain, out);
}

int64
ash_catalog_revision(const char *name)
{
	int64 revision = 0;

	scan_resource(name, read_revision, &revision);
	return revision;
}

Oid
ash_catalog_domain_owner(const char *domain)
{
	Oid owner = InvalidOid;

	scan_domain(domain, read_owner, &owner);
	return owner;
}

/* The role that owns the domain; raises when there is none any more. */
Oid
ash_owner_of(const char *domain)
{
	Oid role = ash_catalog_domain_owner(domain);

	if (!OidIsValid(role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the role that owns domain \"%s\" does not exist", domain),
				 errdetail("What a definition says is done with the rights of its owner."),
				 errhint("A superuser names another owner: UPDATE ash.domain SET owner = 'role' "
						 "WHERE name = %s.",
						 quote_literal_cstr(domain))));
	return role;
}

char *
ash_catalog_name_of_table(const char *schema, const char *table)
{
	ScanKeyData keys[2];
	char *name = NULL;

	text_key(&keys[0], Anum_resource_schema, schema);
	text_key(&keys[1], Anum_resource_table_name, table);
	scan_one(ASH_CATALOG_RESOURCE, ASH_CATALOG_RESOURCE_TABLE_KEY, 2, keys, read_name, &name);
	return name;
}

List *
ash_resource_names(void)
{
	Oid relid = ash_catalog_object(ASH_CATALOG_RESOURCE);
	List *names = ash_overlay_names();
	Relation rel;
	SysScanDesc scan;
	HeapTuple tuple;

	if (!OidIsValid(relid))
		return names;
	rel = table_open(relid, AccessShareLock);
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		char *name = text_column(tuple, RelationGetDescr(rel), Anum_resource_name);

		if (!ash_overlay_find(name, NULL))
			names = lappend(names, name);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return names;
}

/* Statement trigger of the catalog tables: sends the invalidation the cache waits for. */
ASH_FUNCTION(ash_catalog_changed);

Datum
ash_catalog_changed(PG_FUNCTION_ARGS)
{
	Oid relid = ash_catalog_relid("resource");

	if (OidIsValid(relid))
		CacheInvalidateRelcacheByRelid(relid);
	return PointerGetDatum(NULL); /* a trigger must not say that its result is null */
}
