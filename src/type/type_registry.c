/*-------------------------------------------------------------------------
 *
 * src/type/type_registry.c
 *	  The types by name, and instances of them.
 *
 * A name is looked for among, in this order: the registry, embedded resources and
 * PostgreSQL's types.  "[]" at the end makes a list; the constraints are then those of
 * the list.  Types of a domain are not known here: the definition is expanded first,
 * which puts what they build on in their place.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

const AshType *const ash_types[] = {
	&ash_type_string,
	&ash_type_ci_string,
	&ash_type_integer,
	&ash_type_float,
	&ash_type_decimal,
	&ash_type_boolean,
	&ash_type_atom,
	&ash_type_enum,
	&ash_type_uuid,
	&ash_type_uuid_v7,
	&ash_type_date,
	&ash_type_time,
	&ash_type_time_usec,
	&ash_type_naive_datetime,
	&ash_type_naive_datetime_usec,
	&ash_type_utc_datetime,
	&ash_type_utc_datetime_usec,
	&ash_type_datetime,
	&ash_type_duration,
	&ash_type_duration_name,
	&ash_type_range,
	&ash_type_binary,
	&ash_type_url_encoded_binary,
	&ash_type_map,
	&ash_type_struct,
	&ash_type_keyword,
	&ash_type_tuple,
	&ash_type_union,
	&ash_type_term,
	&ash_type_vector,
	NULL,
};

/* Types of the framework that have no meaning in a database. */
static const char *const refused[][2] = {
	{ "module", "modules do not exist in a database; use \"string\" or \"atom\"" },
	{ "function", "functions are not values in a database" },
	{ "file", "a database has no open files; use \"binary\"" },
};

static const AshType *embedded_type = NULL;

/* The index of a type in ash_types, or -1. */
static int
type_index(const char *name)
{
	for (int i = 0; ash_types[i] != NULL; i++)
		if (strcmp(ash_types[i]->name, name) == 0)
			return i;
	return -1;
}

/* Only one type can be registered: the pointer is kept. */
void
ash_type_register_embedded(const AshType *type)
{
	embedded_type = type;
}

/*-------------------------------------------------------------------------
 * Embedded resources
 *-------------------------------------------------------------------------
 */
typedef struct EachEmbedded
{
	AshTypeFn fn;
	void *arg;
} EachEmbedded;

/*
 * AshTypeFn; arg is an EachEmbedded. A list of embedded values is one instance; other lists
 * are entered.
 */
static void
visit_embedded(const AshTypeInst *inst, void *arg)
{
	const EachEmbedded *each = arg;

	check_stack_depth();
	if (ash_type_is_embedded(inst))
	{
		each->fn(inst, each->arg);
		return;
	}
	while (inst->item != NULL)
		inst = inst->item;
	if (inst->type->each_inner != NULL)
		inst->type->each_inner(inst, visit_embedded, arg);
}

/* fn may be called for an instance that is itself inside of inst. */
void
ash_type_each_embedded(const AshTypeInst *inst, AshTypeFn fn, void *arg)
{
	EachEmbedded each = { fn, arg };

	visit_embedded(inst, &each);
}

/* AshTypeFn; arg is a bool to set. */
static void
note_found(const AshTypeInst *inst, void *arg)
{
	*(bool *) arg = true;
}

bool
ash_type_has_embedded(const AshTypeInst *inst)
{
	bool found = false;

	ash_type_each_embedded(inst, note_found, &found);
	return found;
}

/*
 * The storage does not determine it: jsonb of an embedded resource or a union has a form of
 * its own.
 */
bool
ash_type_same_form(const AshTypeInst *from, const AshTypeInst *to)
{
	if (from->oid != to->oid)
		return false;
	if (ash_type_is_embedded(to))
		return ash_type_is_embedded(from) &&
			   strcmp(ash_type_embedded_name(from), ash_type_embedded_name(to)) == 0;
	return to->type != &ash_type_union || from->type == &ash_type_union;
}

/* Only a list whose items have something to load is copied. */
AshTypeInst *
ash_type_with_load(const AshTypeInst *inst, const JsonbValue *load, struct AshCall *call,
				   AshErrors *errors)
{
	AshTypeInst *item;
	AshTypeInst *list;

	check_stack_depth();
	if (inst->item == NULL)
		return inst->type->with_load ? inst->type->with_load(inst, load, call, errors) : NULL;
	item = ash_type_with_load(inst->item, load, call, errors);
	if (item == NULL)
		return NULL;
	list = palloc(sizeof(AshTypeInst));
	*list = *inst;
	list->item = item;
	return list;
}

/*-------------------------------------------------------------------------
 * Compilation
 *-------------------------------------------------------------------------
 */

/* What constraints without any are read from.  Never freed. */
static json_t *
no_constraints(void)
{
	static json_t *empty = NULL;

	if (empty == NULL)
		empty = ash_json_object();
	return empty;
}

/*
 * Moves the error position to the constraints of a list's item: "constraints", then "items"
 * for each list around it.
 */
static void
push_constraints(AshErrors *errors, int depth)
{
	ash_errors_push_name(errors, "constraints");
	while (depth-- > 0)
		ash_errors_push_name(errors, "items");
}

/* Undoes push_constraints. */
static void
pop_constraints(AshErrors *errors, int depth)
{
	while (depth-- >= 0)
		ash_errors_pop(errors);
}

/* Checks constraints (or none) against spec and fills its struct; NULL after adding errors. */
static void *
fill_constraints(const AshSpec *spec, json_t *constraints, int depth, AshErrors *errors)
{
	bool ok;

	if (constraints == NULL || json_is_null(constraints))
		constraints = no_constraints();
	push_constraints(errors, depth);
	ok = ash_spec_check(spec, constraints, NULL, errors);
	pop_constraints(errors, depth);
	return ok ? ash_spec_fill(spec, constraints) : NULL;
}

/* For types that take none; false after adding an error. */
static bool
refuse_constraints(const char *name, json_t *constraints, int depth, AshErrors *errors)
{
	if (constraints == NULL || json_is_null(constraints) || json_object_size(constraints) == 0)
		return true;
	push_constraints(errors, depth);
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "type \"%s\" takes no constraints", name);
	pop_constraints(errors, depth);
	return false;
}

/*
 * An instance of a registry entry under name, which is not copied; NULL after adding errors.
 * depth is that of push_constraints.
 */
static AshTypeInst *
compile_registered(const AshType *type, const char *name, json_t *constraints, int depth,
				   AshErrors *errors)
{
	AshTypeInst *inst = palloc0(sizeof(AshTypeInst));
	bool ok;

	inst->type = type;
	inst->name = name;
	inst->typmod = -1;
	if (type->constraints == NULL)
		ok = refuse_constraints(type->name, constraints, depth, errors);
	else
	{
		inst->constraints = fill_constraints(type->constraints, constraints, depth, errors);
		ok = inst->constraints != NULL;
	}
	if (ok && type->prepare != NULL)
	{
		push_constraints(errors, depth);
		ok = type->prepare(inst, errors);
		pop_constraints(errors, depth);
	}
	if (!ok)
		return NULL;
	/* false is fine: the extension may come later */
	(void) ash_type_resolve_storage(inst);
	return inst;
}

/* Its storage is resolved when the item's is. */
AshTypeInst *
ash_type_array_of(AshTypeInst *item)
{
	AshTypeInst *inst = palloc0(sizeof(AshTypeInst));

	inst->type = item->type;
	inst->name = psprintf("%s[]", item->name);
	inst->item = item;
	inst->array = palloc0(sizeof(AshArrayConstraints));
	inst->typmod = -1;
	(void) ash_type_resolve_storage(inst);
	return inst;
}

/* A name without "[]"; see the top of the file for the order of lookups. */
static AshTypeInst *
compile_item(const char *name, json_t *constraints, int depth, AshErrors *errors)
{
	int index = type_index(name);
	AshTypeInst *inst;

	if (index >= 0)
		return compile_registered(ash_types[index], ash_types[index]->name, constraints, depth,
								  errors);
	for (int i = 0; i < lengthof(refused); i++)
	{
		if (strcmp(refused[i][0], name) != 0)
			continue;
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "type \"%s\" is not supported: %s",
					  name, refused[i][1]);
		return NULL;
	}
	if (embedded_type != NULL && embedded_type->is_name(name))
		return compile_registered(embedded_type, pstrdup(name), constraints, depth, errors);
	inst = ash_pg_compile(name, errors);
	if (inst == NULL || !refuse_constraints(name, constraints, depth, errors))
		return NULL;
	inst->name = pstrdup(name);
	return inst;
}

static bool
prepare_array(AshArrayConstraints *array, int depth, AshErrors *errors)
{
	bool ok;

	push_constraints(errors, depth);
	ok = ash_array_prepare(array, errors);
	pop_constraints(errors, depth);
	return ok;
}

/* A name with depth lists around it; each "[]" at its end is one more. */
static AshTypeInst *
compile_nested(const char *name, json_t *constraints, int depth, AshErrors *errors)
{
	int len = strlen(name);
	AshArrayConstraints *array;
	AshTypeInst *item;
	AshTypeInst *inst;

	check_stack_depth();
	if (len <= 2 || strcmp(name + len - 2, "[]") != 0)
		return compile_item(name, constraints, depth, errors);
	array = fill_constraints(&ash_array_spec, constraints, depth, errors);
	if (array == NULL || !prepare_array(array, depth, errors))
		return NULL;
	item = compile_nested(pnstrdup(name, len - 2), array->items, depth + 1, errors);
	if (item == NULL)
		return NULL;
	inst = ash_type_array_of(item);
	inst->name = pstrdup(name);
	inst->array = array;
	return inst;
}

/* Errors in the constraints are added below "constraints" of the current path. */
AshTypeInst *
ash_type_compile(const char *name, json_t *constraints, AshErrors *errors)
{
	return compile_nested(name, constraints, 0, errors);
}

/* Where instances live that are kept for the life of the backend. */
static MemoryContext
plain_context(void)
{
	static MemoryContext cxt = NULL;

	if (cxt == NULL)
		cxt = AllocSetContextCreate(TopMemoryContext, "ash types", ALLOCSET_SMALL_SIZES);
	return cxt;
}

/* name must be in the registry and need no constraints. */
const AshTypeInst *
ash_type_plain(const char *name)
{
	static AshTypeInst *plain[lengthof(ash_types)];
	int i = type_index(name);
	MemoryContext old;
	AshErrors *errors;

	if (i < 0)
		elog(ERROR, "no type \"%s\" in the registry", name);
	if (plain[i] != NULL)
		return plain[i];
	errors = ash_errors_create(CurrentMemoryContext);
	old = MemoryContextSwitchTo(plain_context());
	plain[i] = compile_registered(ash_types[i], ash_types[i]->name, NULL, 0, errors);
	MemoryContextSwitchTo(old);
	if (plain[i] == NULL)
		elog(ERROR, "type \"%s\" needs constraints", name);
	return plain[i];
}

typedef struct OidEntry
{
	Oid oid;
	AshTypeInst *inst;
} OidEntry;

/* Registry types whose plain instance has that very storage, or NULL. */
static const char *
name_for_oid(Oid oid)
{
	switch (oid)
	{
		case TEXTOID:
			return "string";
		case INT8OID:
			return "integer";
		case FLOAT8OID:
			return "float";
		case NUMERICOID:
			return "decimal";
		case BOOLOID:
			return "boolean";
		case UUIDOID:
			return "uuid";
		case DATEOID:
			return "date";
		case TIMEOID:
			return "time_usec";
		case TIMESTAMPOID:
			return "naive_datetime_usec";
		case TIMESTAMPTZOID:
			return "utc_datetime_usec";
		case INTERVALOID:
			return "duration";
		case BYTEAOID:
			return "binary";
		case JSONBOID:
			return "term";
		default:
			return NULL;
	}
}

/* Computed arrays may hold nulls, whatever the type of their items says. */
static AshTypeInst *
make_oid_instance(Oid oid)
{
	Oid element = get_element_type(oid);

	if (OidIsValid(element))
	{
		AshTypeInst *inst = ash_type_array_of((AshTypeInst *) ash_type_for_oid(element));

		/* computed arrays may hold nulls */
		inst->array->nil_items = true;
		return inst;
	}
	if (ash_storage_extension_type("citext") == oid)
		return (AshTypeInst *) ash_type_plain("ci_string");
	return ash_pg_instance(oid, -1);
}

/* Entries are never removed: their number is bounded by that of the types that statements use. */
const AshTypeInst *
ash_type_for_oid(Oid oid)
{
	static HTAB *cache = NULL;
	const char *name = name_for_oid(oid);
	AshTypeInst *inst;
	OidEntry *entry;
	MemoryContext old;

	if (name != NULL)
		return ash_type_plain(name);
	if (cache == NULL)
	{
		HASHCTL ctl = { .keysize = sizeof(Oid),
						.entrysize = sizeof(OidEntry),
						.hcxt = plain_context() };

		cache = hash_create("ash types by oid", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(cache, &oid, HASH_FIND, NULL);
	if (entry != NULL)
		return entry->inst;
	old = MemoryContextSwitchTo(plain_context());
	inst = make_oid_instance(oid);
	MemoryContextSwitchTo(old);
	entry = hash_search(cache, &oid, HASH_ENTER, NULL);
	entry->inst = inst;
	return inst;
}
