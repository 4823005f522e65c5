/*-------------------------------------------------------------------------
 *
 * src/type/type_cast.c
 *	  The pipeline of a value: cast, constraints, equality, of scalars and lists.
 *
 * Casting and constraints are two steps, because filter values are only cast and
 * because lists cast all their items before they constrain any.  Every fault is
 * added to the AshCast's errors; for a type that returns false without an error,
 * "is invalid" is added.  The empty string that a type cannot cast is null.
 *
 * "T[]" is stored as a PostgreSQL array of T's storage.  "T[][]" is stored as
 * jsonb: a PostgreSQL array must be rectangular, a list of lists need not be.
 * Casting stops at the first item that cannot be cast; faults of constraints are
 * collected for all items.
 *
 * Results live in CurrentMemoryContext and may point into the input.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/datum.h"

/*-------------------------------------------------------------------------
 * Lists
 *-------------------------------------------------------------------------
 */

static const AshOpt array_options[] = {
	ASH_OPTION(AshArrayConstraints, "min_length", INT, min_length, .flags = ASH_OPT_COUNT,
			   .doc = "Fewest items allowed."),
	ASH_OPTION(AshArrayConstraints, "max_length", INT, max_length, .flags = ASH_OPT_COUNT,
			   .doc = "Most items allowed."),
	ASH_OPTION(AshArrayConstraints, "nil_items", BOOL, nil_items, .dflt = "false",
			   .doc = "Whether items may be null."),
	ASH_OPTION(AshArrayConstraints, "remove_nil_items", BOOL, remove_nil_items, .dflt = "false",
			   .doc = "Drop null items instead of refusing them."),
	ASH_OPTION(AshArrayConstraints, "empty_values", JSON, empty_values,
			   .doc = "List of inputs (null, lists, objects) that stand for an empty list."),
	ASH_OPTION(AshArrayConstraints, "items", JSON, items, .doc = "Constraints of each item."),
	ASH_OPT_END
};

const AshSpec ash_array_spec =
	ASH_SPEC("array", AshArrayConstraints, array_options, .doc = "Constraints of a list.");

/*
 * Checks what the option table cannot and prepares empty_values, in CurrentMemoryContext.  False
 * after adding an error at the current path.
 */
bool
ash_array_prepare(AshArrayConstraints *array, AshErrors *errors)
{
	if (array->empty_values == NULL)
		return true;
	if (!json_is_array(array->empty_values))
	{
		ash_error_definition(errors, "empty_values", "expected a list of values, got %s",
							 ash_json_kind(array->empty_values));
		return false;
	}
	array->empty = ash_jsonb_from_json(array->empty_values);
	return true;
}

/*
 * True if the input is one of empty_values, which stand for an empty list.  The whole input is
 * compared, not its items.  A string, number or boolean is never a
 * list, even if it is among the values; an operand of a filter is taken as it is.
 */
bool
ash_type_is_empty_value(const AshTypeInst *inst, const JsonbValue *in, const AshCast *cast)
{
	Jsonb *empty = inst->array->empty;

	if (empty == NULL || cast->no_constraints || (in->type != jbvNull && in->type != jbvBinary))
		return false;
	for (uint32 i = 0; i < JB_ROOT_COUNT(empty); i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(&empty->root, i);

		if (value->type != in->type)
			continue;
		if (in->type == jbvNull ||
			compareJsonbContainers(value->val.binary.data, in->val.binary.data) == 0)
			return true;
	}
	return false;
}

/* The key of an indexed map ({"0": …, "1": …}, as HTML forms send lists) as a number, or -1. */
static int
index_key(const JsonbValue *key)
{
	int64 n = 0;
	int i;

	if (key->val.string.len == 0 || key->val.string.len > 9)
		return -1;
	for (i = 0; i < key->val.string.len; i++)
	{
		if (key->val.string.val[i] < '0' || key->val.string.val[i] > '9')
			return -1;
		n = n * 10 + (key->val.string.val[i] - '0');
	}
	return (int) n;
}

typedef struct IndexedItem
{
	int index;
	JsonbValue value;
} IndexedItem;

/* qsort comparator: by index. */
static int
compare_indexed(const void *a, const void *b)
{
	int x = ((const IndexedItem *) a)->index;
	int y = ((const IndexedItem *) b)->index;

	return (x > y) - (x < y);
}

/*
 * The values of an indexed map in the order of their numbers; gaps do not count. -1 when a key
 * is no number.
 */
static int
indexed_map_items(JsonbContainer *object, JsonbValue **items)
{
	int n = JsonContainerSize(object);
	IndexedItem *sorted = palloc((n + 1) * sizeof(IndexedItem));
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue key;
	int i = 0;

	while (ash_jsonb_next_member(&it, &key, &sorted[i].value))
	{
		if ((sorted[i++].index = index_key(&key)) < 0)
			return -1;
	}
	qsort(sorted, n, sizeof(IndexedItem), compare_indexed);
	*items = palloc(Max(n, 1) * sizeof(JsonbValue));
	for (i = 0; i < n; i++)
		(*items)[i] = sorted[i].value;
	return n;
}

/* *items is palloc'd and points into in.  An empty object is no list. */
int
ash_type_array_items(const JsonbValue *in, JsonbValue **items)
{
	JsonbIterator *it;
	JsonbValue value;
	int n;
	int i;

	/* an empty object is no list */
	if (ash_is_object(in) && JsonContainerSize(in->val.binary.data) > 0)
		return indexed_map_items(in->val.binary.data, items);
	if (!ash_is_list(in))
		return -1;
	n = JsonContainerSize(in->val.binary.data);
	*items = palloc(Max(n, 1) * sizeof(JsonbValue));
	it = JsonbIteratorInit(in->val.binary.data);
	(void) JsonbIteratorNext(&it, &value, true);
	for (i = 0; i < n; i++)
		(void) JsonbIteratorNext(&it, &(*items)[i], true);
	return n;
}

/* True when the error has the var "index" already. */
static bool
has_index(const AshError *error)
{
	ListCell *lc;

	foreach (lc, error->vars)
		if (strcmp(((AshErrorVar *) lfirst(lc))->name, "index") == 0)
			return true;
	return false;
}

/* Gives all errors after the first n the item's index; that of a list inside stays. */
static void
add_index(AshErrors *errors, int n, int index)
{
	int i;

	for (i = n; i < list_length(errors->items); i++)
		if (!has_index(list_nth(errors->items, i)))
			ash_error_var_int(errors, list_nth(errors->items, i), "index", index);
}

/*
 * One item, whose errors get its index in their path and as a var. A list of lists reports the
 * inner position alone.
 */
static bool
cast_item(const AshTypeInst *inst, const JsonbValue *in, int index, AshCast *cast, AshValue *out)
{
	AshErrors *errors = cast->errors;
	int before = list_length(errors->items);
	bool ok;

	/* a list of lists reports the inner position alone */
	if (inst->item->item != NULL)
		return ash_cast_only(inst->item, in, cast, out);
	ash_errors_push_index(errors, index);
	ok = ash_cast_only(inst->item, in, cast, out);
	ash_errors_pop(errors);
	if (!ok)
		add_index(errors, before, index);
	return ok;
}

/* Adds an error for each limit that is violated. */
bool
ash_type_check_length(const AshTypeInst *inst, int nitems, AshCast *cast)
{
	const AshArrayConstraints *array = inst->array;
	bool ok = true;

	if (array->min_length.set && nitems < array->min_length.value)
	{
		ash_cast_fail_int(cast, "must have %{min} or more items", "min", array->min_length.value);
		ok = false;
	}
	if (array->max_length.set && nitems > array->max_length.value)
	{
		ash_cast_fail_int(cast, "must have %{max} or fewer items", "max", array->max_length.value);
		ok = false;
	}
	return ok;
}

/*
 * Constrains all items in place; *n shrinks when null items are removed. With computed set,
 * the items have not been cast by this file.
 */
static bool
constrain_items(const AshTypeInst *inst, AshCast *cast, AshValue *items, int *n, bool computed)
{
	const AshArrayConstraints *array = inst->array;
	bool ok = true;
	int kept = 0;
	int i;

	for (i = 0; i < *n; i++)
	{
		int before = list_length(cast->errors->items);

		CHECK_FOR_INTERRUPTS();
		if (computed || !cast_is_enough(inst->item))
			ok &= ash_type_constrain(inst->item, cast, &items[i]);
		if (items[i].isnull && array->remove_nil_items)
			continue;
		if (items[i].isnull && !array->nil_items)
		{
			ash_cast_fail(cast, "no nil values");
			ok = false;
		}
		add_index(cast->errors, before, i);
		items[kept++] = items[i];
	}
	*n = kept;
	return ash_type_check_length(inst, kept, cast) && ok;
}

/* A list of lists as jsonb. */
static Datum
build_nested(const AshTypeInst *inst, const AshValue *items, int n)
{
	AshJson json = ash_json_to_jsonb();

	ash_put_list(&json);
	for (int i = 0; i < n; i++)
		ash_type_put_json(&json, inst->item, &items[i]);
	ash_put_end_list(&json);
	return JsonbPGetDatum(ash_json_result(&json));
}

/* One dimension, from 1; an empty array has none.  item->oid must be valid. */
Datum
ash_type_build_array(const AshTypeInst *item, const AshValue *items, int n)
{
	Datum *values;
	bool *nulls;
	int lower = 1;

	if (n == 0)
		return PointerGetDatum(construct_empty_array(item->oid));
	values = palloc(n * sizeof(Datum));
	nulls = palloc(n * sizeof(bool));
	for (int i = 0; i < n; i++)
	{
		values[i] = items[i].value;
		nulls[i] = items[i].isnull;
	}
	return PointerGetDatum(construct_md_array(values, nulls, 1, &n, &lower, item->oid, item->typlen,
											  item->typbyval, item->typalign));
}

/* What is stored for a list: an array, or jsonb when the items are lists. */
static Datum
build_list(const AshTypeInst *inst, const AshValue *items, int n)
{
	return inst->item->item != NULL ? build_nested(inst, items, n) :
									  ash_type_build_array(inst->item, items, n);
}

/*
 * Casts a list and, with constrain, applies its constraints. Embedded items never get here:
 * their type casts whole lists.
 */
static bool
array_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		   bool constrain)
{
	JsonbValue *inputs;
	AshValue *items;
	int n;
	int i;

	check_stack_depth();
	n = ash_type_is_empty_value(inst, in, cast) ? 0 : ash_type_array_items(in, &inputs);
	if (n < 0)
	{
		ash_cast_fail(cast, "is invalid");
		return false;
	}
	items = palloc(Max(n, 1) * sizeof(AshValue));
	for (i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!cast_item(inst, &inputs[i], i, cast, &items[i]))
			return false;
	}
	if (constrain && !constrain_items(inst, cast, items, &n, false))
		return false;
	out->value = build_list(inst, items, n);
	out->isnull = false;
	return true;
}

/* palloc'd; pass-by-reference values point into array. */
AshValue *
ash_array_items(const AshTypeInst *item, ArrayType *array, int *n)
{
	AshValue *items;
	Datum *values;
	bool *nulls;

	deconstruct_array(array, item->oid, item->typlen, item->typbyval, item->typalign, &values,
					  &nulls, n);
	items = palloc(Max(*n, 1) * sizeof(AshValue));
	for (int i = 0; i < *n; i++)
	{
		items[i].value = values[i];
		items[i].isnull = nulls[i];
	}
	pfree(values);
	pfree(nulls);
	return items;
}

/* The lists inside a stored list of lists, cast again; NULL when it is none. */
static AshValue *
deconstruct_nested(const AshTypeInst *inst, Datum value, AshCast *cast, int *n)
{
	JsonbValue whole;
	JsonbValue *inputs;
	AshValue *items;
	int i;

	ash_jsonb_value_from_jsonb(DatumGetJsonbP(value), &whole);
	*n = ash_type_array_items(&whole, &inputs);
	if (*n < 0)
		return NULL;
	items = palloc(Max(*n, 1) * sizeof(AshValue));
	for (i = 0; i < *n; i++)
		if (!ash_cast_only(inst->item, &inputs[i], cast, &items[i]))
			return NULL;
	return items;
}

/* The items of a stored list; NULL when it is none. */
static AshValue *
deconstruct(const AshTypeInst *inst, Datum value, AshCast *cast, int *n)
{
	if (inst->item->item != NULL)
		return deconstruct_nested(inst, value, cast, n);
	return ash_array_items(inst->item, DatumGetArrayTypeP(value), n);
}

/*
 * For a list that was computed and not cast: items may be replaced by their constraints, so it
 * is built anew.
 */
static bool
array_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	int n;
	AshValue *items = deconstruct(inst, value->value, cast, &n);

	if (items == NULL)
	{
		ash_cast_fail(cast, "is invalid");
		return false;
	}
	if (!constrain_items(inst, cast, items, &n, true))
		return false;
	value->value = build_list(inst, items, n);
	return true;
}

/*-------------------------------------------------------------------------
 * The pipeline
 *-------------------------------------------------------------------------
 */

/*
 * Calls the type's cast and adds "is invalid" where the type has added nothing. The empty
 * string that it refuses is null.
 */
static bool
cast_scalar(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out)
{
	bool reported = false;

	if (inst->type->cast(inst, in, cast, out, &reported))
		return true;
	if (reported)
		return false;
	if (ash_is_blank_input(in))
	{
		out->isnull = true;
		return true;
	}
	ash_cast_fail(cast, "is invalid");
	return false;
}

/* Is the input null, and null its value?  A union may have a member that takes null. */
static bool
stays_null(const AshTypeInst *inst, const JsonbValue *in, const AshCast *cast)
{
	if (in->type != jbvNull)
		return false;
	if (inst->item != NULL)
		return !ash_type_is_empty_value(inst, in, cast);
	return inst->type != &ash_type_union;
}

/* Cast without constraints (a union applies those of its members, though). */
bool
ash_cast_only(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out)
{
	out->value = (Datum) 0;
	out->isnull = false;
	if (stays_null(inst, in, cast))
	{
		out->isnull = true;
		return true;
	}
	if (inst->item != NULL)
		return array_cast(inst, in, cast, out, false);
	return cast_scalar(inst, in, cast, out);
}

/* Null satisfies all constraints.  value may be replaced. */
bool
ash_type_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	check_stack_depth();
	if (value->isnull)
		return true;
	if (inst->item != NULL)
		return array_constrain(inst, cast, value);
	if (inst->type->constrain == NULL)
		return true;
	return inst->type->constrain(inst, cast, value);
}

/* Containers that are not serialized yet are made so in *buffer: the types know only jbvBinary. */
static const JsonbValue *
serialized(const JsonbValue *in, JsonbValue *buffer)
{
	Jsonb *jsonb;

	if (in->type != jbvArray && in->type != jbvObject)
		return in;
	jsonb = JsonbValueToJsonb((JsonbValue *) in);
	buffer->type = jbvBinary;
	buffer->val.binary.data = &jsonb->root;
	buffer->val.binary.len = VARSIZE(jsonb) - VARHDRSZ;
	return buffer;
}

/*
 * The whole pipeline. Raises an error when the storage type does not exist because its
 * extension has not been created.
 */
bool
ash_type_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out)
{
	JsonbValue buffer;

	check_stack_depth();
	if (!OidIsValid(inst->oid) && !ash_type_resolve_storage(inst))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("type \"%s\" does not exist", inst->sql_base),
						errhint("Create the extension \"%s\" first.", ash_type_extension(inst))));
	in = serialized(in, &buffer);
	if (ash_type_is_embedded(inst))
		return inst->type->cast(inst, in, cast, out, &(bool){ false });

	if (inst->item != NULL && !stays_null(inst, in, cast))
		return array_cast(inst, in, cast, out, !cast->no_constraints);
	if (!ash_cast_only(inst, in, cast, out))
		return false;
	if (cast->no_constraints || cast_is_enough(inst))
		return true;
	return ash_type_constrain(inst, cast, out);
}

/* In CurrentMemoryContext, with no pointer into in. */
bool
ash_type_cast_json(const AshTypeInst *inst, json_t *in, AshCast *cast, AshValue *out)
{
	JsonbValue value;

	ash_jsonb_value_from_jsonb(ash_jsonb_from_json(in), &value);
	return ash_type_cast(inst, &value, cast, out);
}

/* Null equals null.  By the = operator of the storage type, bytewise where it has none. */
bool
ash_type_equal(const AshTypeInst *inst, const AshValue *a, const AshValue *b)
{
	FmgrInfo *eq;

	if (a->isnull || b->isnull)
		return a->isnull && b->isnull;
	eq = ash_type_eq(inst);
	if (eq != NULL)
		return DatumGetBool(FunctionCall2Coll(eq, inst->collation, a->value, b->value));
	return datumIsEqual(a->value, b->value, inst->typbyval, inst->typlen);
}

/* Detoasts nothing. */
AshValue
ash_value_copy(const AshTypeInst *inst, AshValue value)
{
	if (!value.isnull && !inst->typbyval)
		value.value = datumCopy(value.value, false, inst->typlen);
	return value;
}
