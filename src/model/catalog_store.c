/*-------------------------------------------------------------------------
 *
 * src/model/catalog_store.c
 *	  Rows of the catalog tables.
 *
 * Only the owner of the catalog has privileges on these tables, so every statement
 * runs as that role; callers check before whether the current user may define.
 * Every writer takes ash_store_lock first, so definitions run one after another,
 * and readers are not blocked.  The former row is copied to ash.revision before it
 * is changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "model/catalog_store.h"
#include "model/resource.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#define MAX_ARGS 12

/* A statement with its arguments. */
typedef struct CatalogStatement
{
	const char *sql;
	int nargs;
	Oid types[MAX_ARGS];
	Datum values[MAX_ARGS];
	char nulls[MAX_ARGS + 1];
} CatalogStatement;

/* Append an argument; nothing is copied. */
static void
add_arg(CatalogStatement *st, Oid type, Datum value, bool isnull)
{
	Assert(st->nargs < MAX_ARGS);
	st->types[st->nargs] = type;
	st->values[st->nargs] = value;
	st->nulls[st->nargs++] = isnull ? 'n' : ' ';
}

static void
add_text(CatalogStatement *st, const char *value)
{
	add_arg(st, TEXTOID, value ? CStringGetTextDatum(value) : (Datum) 0, value == NULL);
}

static void
add_json(CatalogStatement *st, const char *value)
{
	add_arg(st, JSONOID, CStringGetTextDatum(value), false);
}

/* Append names (char *) as text[]. */
static void
add_names(CatalogStatement *st, List *names)
{
	Datum *items = palloc(sizeof(Datum) * (list_length(names) + 1));
	int n = 0;
	ListCell *lc;

	foreach (lc, names)
		items[n++] = CStringGetTextDatum(lfirst(lc));
	add_arg(st, TEXTARRAYOID,
			PointerGetDatum(construct_array(items, n, TEXTOID, -1, false, TYPALIGN_INT)), false);
}

/* The role that owns the catalog. Raises when the extension is not there. */
static Oid
catalog_owner(void)
{
	Oid relid = ash_catalog_relid("resource");
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("extension \"ash\" does not exist in this database")));
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Run the statement as the owner of the catalog. SPI is connected and rows are in
 * SPI_tuptable when this returns; call end_statement then.
 */
static void
begin_statement(CatalogStatement *st)
{
	Oid user;
	int sec;

	GetUserIdAndSecContext(&user, &sec);
	SetUserIdAndSecContext(catalog_owner(), sec | SECURITY_LOCAL_USERID_CHANGE);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args(st->sql, st->nargs, st->types, st->values, st->nulls, false, 0) < 0)
		elog(ERROR, "catalog statement failed: %s", st->sql);
	SetUserIdAndSecContext(user, sec);
}

static void
end_statement(void)
{
	SPI_finish();
}

/* For statements whose rows are of no interest. */
static void
run_statement(CatalogStatement *st)
{
	begin_statement(st);
	end_statement();
}

/*
 * A statement that changes rows of ash.resource. Policies and tenants are part of cached
 * plans of plain SQL on the tables, so these are invalidated.
 */
static void
run_on_resources(CatalogStatement *st)
{
	st->sql = psprintf("%s RETURNING schema, table_name", st->sql);
	begin_statement(st);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		char *schema = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 1);
		char *table = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 2);
		Oid namespace = schema != NULL ? get_namespace_oid(schema, true) : InvalidOid;
		Oid relid = OidIsValid(namespace) && table != NULL ? get_relname_relid(table, namespace) :
															 InvalidOid;

		CHECK_FOR_INTERRUPTS();
		if (OidIsValid(relid))
			CacheInvalidateRelcacheByRelid(relid);
	}
	end_statement();
}

/*
 * Rows (AshStored) of name, domain, owner, document, expanded, revision; in the caller's
 * context.
 */
static List *
fetch_rows(CatalogStatement *st)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext spi;
	List *rows = NIL;
	uint64 i;

	begin_statement(st);
	spi = MemoryContextSwitchTo(caller);
	for (i = 0; i < SPI_processed; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		AshStored *row = palloc0(sizeof(AshStored));
		bool isnull;

		CHECK_FOR_INTERRUPTS();
		row->name = SPI_getvalue(tuple, desc, 1);
		row->domain = SPI_getvalue(tuple, desc, 2);
		row->owner = SPI_getvalue(tuple, desc, 3);
		row->document = SPI_getvalue(tuple, desc, 4);
		row->expanded = SPI_getvalue(tuple, desc, 5);
		row->revision = DatumGetInt64(SPI_getbinval(tuple, desc, 6, &isnull));
		rows = lappend(rows, row);
	}
	MemoryContextSwitchTo(spi);
	end_statement();
	MemoryContextSwitchTo(caller);
	return rows;
}

#define SELECT_DOMAIN \
	"SELECT d.name, d.name, d.owner, d.document, d.expanded, d.revision FROM ash.domain d "
#define SELECT_RESOURCE                                                     \
	"SELECT r.name, r.domain, d.owner, r.document, r.expanded, r.revision " \
	"FROM ash.resource r JOIN ash.domain d ON d.name OPERATOR(pg_catalog.=) r.domain "
#define NEXT_REVISION "pg_catalog.nextval('ash.revision_number'::pg_catalog.regclass)"
/* after all of the domain $2 */
#define NEXT_POSITION                                                  \
	"COALESCE((SELECT pg_catalog.max(r.position) FROM ash.resource r " \
	"WHERE r.domain OPERATOR(pg_catalog.=) $2), 0) OPERATOR(pg_catalog.+) 1"

/*-------------------------------------------------------------------------
 * Reading
 *-------------------------------------------------------------------------
 */

void
ash_store_lock(void)
{
	CatalogStatement st = { "LOCK TABLE ash.domain IN SHARE ROW EXCLUSIVE MODE" };

	run_statement(&st);
}

/* The first of these rows into *out; false when there is none. */
static bool
fetch_row(CatalogStatement *st, AshStored *out)
{
	List *rows = fetch_rows(st);

	if (rows == NIL)
		return false;
	*out = *(AshStored *) linitial(rows);
	return true;
}

bool
ash_store_domain(const char *name, AshStored *out)
{
	CatalogStatement st = { SELECT_DOMAIN "WHERE d.name OPERATOR(pg_catalog.=) $1" };

	add_text(&st, name);
	return fetch_row(&st, out);
}

bool
ash_store_resource(const char *name, AshStored *out)
{
	CatalogStatement st = { SELECT_RESOURCE "WHERE r.name OPERATOR(pg_catalog.=) $1" };

	add_text(&st, name);
	return fetch_row(&st, out);
}

List *
ash_store_resources(const char *domain)
{
	CatalogStatement st = { SELECT_RESOURCE "WHERE r.domain OPERATOR(pg_catalog.=) $1 "
											"ORDER BY r.position, r.name" };

	add_text(&st, domain);
	return fetch_rows(&st);
}

List *
ash_store_referrers(List *names)
{
	CatalogStatement st = { SELECT_RESOURCE
							"WHERE r.refers OPERATOR(pg_catalog.&&) $1 "
							"AND r.name OPERATOR(pg_catalog.<>) ALL ($1) ORDER BY r.name" };

	add_names(&st, names);
	return fetch_rows(&st);
}

List *
ash_store_dependents(List *names)
{
	CatalogStatement st = { "WITH RECURSIVE found(name) AS ("
							"SELECT pg_catalog.unnest($1) COLLATE \"C\" "
							"UNION "
							"SELECT r.name FROM found f JOIN ash.resource r "
							"ON r.refers OPERATOR(pg_catalog.@>) ARRAY[f.name]) " SELECT_RESOURCE
							"JOIN found f ON f.name OPERATOR(pg_catalog.=) r.name "
							"WHERE r.name OPERATOR(pg_catalog.<>) ALL ($1) ORDER BY r.name" };

	add_names(&st, names);
	return fetch_rows(&st);
}

/*-------------------------------------------------------------------------
 * Ownership
 *-------------------------------------------------------------------------
 */

bool
ash_store_is_owner(const AshStored *stored)
{
	Oid owner = get_role_oid(stored->owner, true);

	return superuser() || (OidIsValid(owner) && has_privs_of_role(GetUserId(), owner));
}

void
ash_store_check_owner(const AshStored *domain)
{
	if (ash_store_is_owner(domain))
		return;
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("must be owner of domain \"%s\"", domain->name),
					errdetail("The owner is role %s.", quote_identifier(domain->owner)),
					errhint("Run it as this role or a member of it, as after SET ROLE %s.",
							quote_identifier(domain->owner))));
}

/*-------------------------------------------------------------------------
 * Writing
 *-------------------------------------------------------------------------
 */

/* Copy a row to ash.revision before it changes; resource NULL: it is that of the domain. */
static void
keep_former(const AshStored *former, const char *resource, const char *operation)
{
	CatalogStatement st = { "INSERT INTO ash.revision "
							"(revision, domain, resource, operation, document, changed_by) "
							"VALUES ($1, $2, $3, $4, $5, $6)" };

	add_arg(&st, INT8OID, Int64GetDatum(former->revision), false);
	add_text(&st, former->domain);
	add_text(&st, resource);
	add_text(&st, operation);
	add_json(&st, former->document);
	add_text(&st, GetUserNameFromId(GetUserId(), false));
	run_statement(&st);
}

/* A new domain belongs to the current user; one that exists keeps its owner. */
void
ash_store_put_domain(const char *name, const char *schema, const AshStored *former,
					 const char *document, const char *expanded)
{
	CatalogStatement st = {
		"INSERT INTO ash.domain (name, owner, schema, document, expanded, revision) "
		"VALUES ($1, $2, $3, $4, $5, " NEXT_REVISION ") "
		"ON CONFLICT (name) DO UPDATE SET schema = EXCLUDED.schema, "
		"document = EXCLUDED.document, expanded = EXCLUDED.expanded, "
		"revision = EXCLUDED.revision, defined_at = pg_catalog.now()"
	};

	if (former != NULL)
		keep_former(former, NULL, "replace");
	add_text(&st, name);
	add_text(&st, GetUserNameFromId(GetUserId(), false));
	add_text(&st, schema);
	add_json(&st, document);
	add_json(&st, expanded);
	run_statement(&st);
}

/* A new resource is the last of its domain; one that exists keeps its place. */
void
ash_store_put_resource(const AshResource *res, const AshStored *former, const char *document,
					   const char *expanded)
{
	CatalogStatement st = { "INSERT INTO ash.resource (name, domain, short_name, position, schema, "
							"table_name, embedded, refers, document, expanded, revision) "
							"VALUES ($1, $2, $3, " NEXT_POSITION
							", $4, $5, $6, $7, $8, $9, " NEXT_REVISION ") "
							"ON CONFLICT (name) DO UPDATE SET schema = EXCLUDED.schema, "
							"table_name = EXCLUDED.table_name, embedded = EXCLUDED.embedded, "
							"refers = EXCLUDED.refers, document = EXCLUDED.document, "
							"expanded = EXCLUDED.expanded, revision = EXCLUDED.revision, "
							"defined_at = pg_catalog.now()" };

	if (former != NULL)
		keep_former(former, res->name, "replace");
	add_text(&st, res->name);
	add_text(&st, res->domain.name);
	add_text(&st, res->short_name);
	add_text(&st, res->embedded ? NULL : res->schema);
	add_text(&st, res->embedded ? NULL : res->table);
	add_arg(&st, BOOLOID, BoolGetDatum(res->embedded), false);
	add_names(&st, res->deps);
	add_json(&st, document);
	add_json(&st, expanded);
	run_on_resources(&st);
}

/*
 * What the domain says is part of all its resources: give them a new revision, so that they
 * are compiled anew.
 */
void
ash_store_touch(const char *domain)
{
	CatalogStatement st = { "UPDATE ash.resource SET revision = " NEXT_REVISION
							" WHERE domain OPERATOR(pg_catalog.=) $1" };

	add_text(&st, domain);
	run_on_resources(&st);
}

/*
 * Note that a statement was run. One that was run before keeps its place and gets a new
 * "down".
 */
void
ash_store_put_statement(const char *resource, const char *name, const char *up, const char *down)
{
	CatalogStatement st = {
		"INSERT INTO ash.statement (resource, name, position, up, down, run_by) "
		"SELECT $1, $2, COALESCE(pg_catalog.max(s.position), 0) "
		"OPERATOR(pg_catalog.+) 1, $3, $4, $5 FROM ash.statement s "
		"ON CONFLICT (resource, name) DO UPDATE SET down = EXCLUDED.down"
	};

	add_text(&st, resource);
	add_text(&st, name);
	add_text(&st, up);
	add_text(&st, down);
	add_text(&st, GetUserNameFromId(GetUserId(), false));
	run_statement(&st);
}

/* name NULL: all statements of the resource. */
void
ash_store_delete_statement(const char *resource, const char *name)
{
	CatalogStatement st = { "DELETE FROM ash.statement WHERE resource OPERATOR(pg_catalog.=) $1 "
							"AND ($2 IS NULL OR name OPERATOR(pg_catalog.=) $2)" };

	add_text(&st, resource);
	add_text(&st, name);
	run_statement(&st);
}

/* With its custom statements; the row is kept in ash.revision. */
void
ash_store_delete_resource(const AshStored *stored)
{
	CatalogStatement st = { "DELETE FROM ash.resource WHERE name OPERATOR(pg_catalog.=) $1" };

	keep_former(stored, stored->name, "undefine");
	ash_store_delete_statement(stored->name, NULL);
	add_text(&st, stored->name);
	run_on_resources(&st);
}

/* After its resources; the row is kept in ash.revision. */
void
ash_store_delete_domain(const AshStored *stored)
{
	CatalogStatement st = { "DELETE FROM ash.domain WHERE name OPERATOR(pg_catalog.=) $1" };

	keep_former(stored, NULL, "undefine");
	add_text(&st, stored->name);
	run_statement(&st);
}
