/*-------------------------------------------------------------------------
 *
 * src/type/type_storage.c
 *	  From a type to the PostgreSQL type that stores it.
 *
 * Storage that belongs to an extension is looked up by name in whatever schema the
 * extension was put, and may be missing when a document is compiled.  The instance is
 * then completed later, in place; everything else about an instance is fixed.
 *
 * What is allocated here lives in the memory context of the instance, not in
 * CurrentMemoryContext, since it may be looked up in the middle of a call.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

typedef struct Storage
{
	const char *name;
	Oid oid;
	int32 typmod;
} Storage;

static const Storage storages[] = {
	{ "text", TEXTOID, -1 },
	{ "int8", INT8OID, -1 },
	{ "uuid", UUIDOID, -1 },
	{ "bool", BOOLOID, -1 },
	{ "jsonb", JSONBOID, -1 },
	{ "timestamptz(0)", TIMESTAMPTZOID, 0 },
	{ "timestamptz", TIMESTAMPTZOID, -1 },
	{ "numeric", NUMERICOID, -1 },
	{ "float8", FLOAT8OID, -1 },
	{ "date", DATEOID, -1 },
	{ "time(0)", TIMEOID, 0 },
	{ "time", TIMEOID, -1 },
	{ "timestamp(0)", TIMESTAMPOID, 0 },
	{ "timestamp", TIMESTAMPOID, -1 },
	{ "interval", INTERVALOID, -1 },
	{ "bytea", BYTEAOID, -1 },
};

/* Sets oid and typmod from the name of the type's storage, unless it is one of an extension. */
static void
lookup_storage(AshTypeInst *inst)
{
	int i;

	for (i = 0; i < lengthof(storages); i++)
	{
		if (strcmp(storages[i].name, inst->type->storage) != 0)
			continue;
		inst->oid = storages[i].oid;
		if (inst->typmod == -1)
			inst->typmod = storages[i].typmod;
		return;
	}
}

/*
 * The type of that name that belongs to the extension of the same name, in whatever schema; or
 * InvalidOid.
 */
Oid
ash_storage_extension_type(const char *name)
{
	Oid extension_oid = get_extension_oid(name, true);
	Oid result = InvalidOid;
	CatCList *list;
	int i;

	if (!OidIsValid(extension_oid))
		return InvalidOid;
	list = SearchSysCacheList1(TYPENAMENSP, CStringGetDatum(name));
	for (i = 0; i < list->n_members && !OidIsValid(result); i++)
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(&list->members[i]->tuple);

		if (getExtensionOfObject(TypeRelationId, form->oid) == extension_oid)
			result = form->oid;
	}
	ReleaseSysCacheList(list);
	return result;
}

/* Everything about inst that follows from its oid.  The texts are allocated where inst is. */
static void
set_storage(AshTypeInst *inst, Oid oid, int32 typmod)
{
	TypeCacheEntry *entry = lookup_type_cache(oid, 0);
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(inst));

	inst->oid = oid;
	inst->typmod = typmod;
	inst->collation = entry->typcollation;
	inst->typlen = entry->typlen;
	inst->typbyval = entry->typbyval;
	inst->typalign = entry->typalign;
	inst->eq = NULL;
	inst->eq_sought = false;
	inst->sql_base = format_type_extended(oid, -1, FORMAT_TYPE_FORCE_QUALIFY);
	inst->sql = typmod == -1 ?
					inst->sql_base :
					format_type_extended(oid, typmod,
										 FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
	MemoryContextSwitchTo(old);
}

/* An array type becomes a list, so that its items are cast one by one. */
AshTypeInst *
ash_pg_instance(Oid oid, int32 typmod)
{
	AshTypeInst *inst;
	Oid element = get_element_type(oid);

	if (OidIsValid(element))
		return ash_type_array_of(ash_pg_instance(element, typmod));
	inst = palloc0(sizeof(AshTypeInst));
	inst->type = &ash_type_pg;
	inst->name = format_type_be_qualified(oid);
	set_storage(inst, oid, typmod);
	return inst;
}

/* False also while the storage does not exist. */
bool
ash_type_orderable(const AshTypeInst *inst)
{
	return OidIsValid(inst->oid) &&
		   OidIsValid(lookup_type_cache(inst->oid, TYPECACHE_LT_OPR)->lt_opr);
}

/* The = operator's function, allocated where inst is. */
static void
seek_equality(AshTypeInst *inst)
{
	Oid opr = lookup_type_cache(inst->oid, TYPECACHE_EQ_OPR)->eq_opr;
	FmgrInfo *eq = NULL;

	if (OidIsValid(opr))
	{
		MemoryContext cxt = GetMemoryChunkContext(inst);

		eq = MemoryContextAllocZero(cxt, sizeof(FmgrInfo));
		fmgr_info_cxt(get_opcode(opr), eq, cxt);
	}
	inst->eq = eq;
	inst->eq_sought = true;
}

/* NULL also while the storage does not exist. */
FmgrInfo *
ash_type_eq(const AshTypeInst *inst)
{
	if (!inst->eq_sought && OidIsValid(inst->oid))
		seek_equality(unconstify(AshTypeInst *, inst));
	return inst->eq;
}

/* Lists of lists are stored as jsonb. */
static bool
resolve_array(AshTypeInst *inst)
{
	Oid oid;

	if (!OidIsValid(inst->item->oid) && !ash_type_resolve_storage(inst->item))
	{
		if (inst->sql == NULL)
			inst->sql = inst->sql_base = psprintf("%s[]", inst->item->sql_base);
		return false;
	}
	oid = inst->item->item != NULL ? JSONBOID : get_array_type(inst->item->oid);
	if (!OidIsValid(oid))
		return false;
	set_storage(inst, oid, inst->item->item != NULL ? -1 : inst->item->typmod);
	return true;
}

/* Changes inst, which is otherwise immutable, only by completing it. */
bool
ash_type_resolve_storage(const AshTypeInst *known)
{
	AshTypeInst *inst = unconstify(AshTypeInst *, known);

	if (inst->sql != NULL && OidIsValid(inst->oid))
		return true;
	if (inst->item != NULL)
		return resolve_array(inst);
	if (!OidIsValid(inst->oid))
		lookup_storage(inst);
	if (!OidIsValid(inst->oid) && inst->type->from_extension)
		inst->oid = ash_storage_extension_type(inst->type->storage);
	if (!OidIsValid(inst->oid))
	{
		inst->sql = inst->sql_base = inst->type->storage;
		return false;
	}
	set_storage(inst, inst->oid, inst->typmod);
	return true;
}
