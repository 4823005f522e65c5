/*-------------------------------------------------------------------------
 *
 * src/action/embedded/embedded_list.c
 *	  Lists of embedded resources: matches input items to stored items by primary
 *	  key.
 *
 * An item whose primary key is that of an old one is an update of it; other items
 * are created, other old ones destroyed.  Without a public primary key nothing
 * matches.  Afterwards the keys of the resource must be unique in the list, and
 * the list is sorted as its type says.
 *
 * Matching looks at the old item of the same position first, so that a list that
 * comes back as it was costs one comparison an item.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/embedded/embedded.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/identity.h"
#include "model/resource.h"
#include "utils/array.h"
#include "utils/typcache.h"

/* The list being cast. */
typedef struct Casting
{
	AshEmbedding *e;
	const AshTypeInst *inst;
	List *key; /* of AshAttribute * */
	int nold;
	AshValue *old;
	AshValue **old_rows; /* read for their keys; NULL without a key */
	bool *matched;
} Casting;

/*
 * Attributes that tell one item from another: of the primary key, those that a caller can
 * give. List of AshAttribute *.
 */
List *
ash_embedded_key(const AshResource *res)
{
	List *key = NIL;

	for (int i = 0; i < res->nprimary_key; i++)
	{
		if (res->primary_key[i]->is_public)
			key = lappend(key, res->primary_key[i]);
	}
	return key;
}

/* True if the input gives the key that is in row, compared as the attributes' types do. */
bool
ash_embedded_key_matches(const AshResource *res, List *key, const Jsonb *in, const AshValue *row)
{
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	ListCell *lc;

	foreach (lc, key)
	{
		const AshAttribute *attr = lfirst(lc);
		AshCast cast = { scratch, ASH_E_INVALID_ATTRIBUTE, attr->name };
		JsonbValue value;
		AshValue given;

		if (!ash_jsonb_get(in, attr->name, strlen(attr->name), &value) || value.type == jbvNull ||
			!ash_type_cast(attr->type, &value, &cast, &given) || given.isnull ||
			!ash_type_equal(attr->type, &given, &row[attr->index]))
			return false;
	}
	return key != NIL;
}

/*-------------------------------------------------------------------------
 * Old items
 *-------------------------------------------------------------------------
 */

/* Fills the stored items, and reads those that can be matched. */
static void
read_old(Casting *c)
{
	const AshValue *stored = c->e->cast->old;
	Datum *values;
	bool *nulls;

	if (stored == NULL || stored->isnull)
		return;
	deconstruct_array(DatumGetArrayTypeP(stored->value), JSONBOID, -1, false, TYPALIGN_INT, &values,
					  &nulls, &c->nold);
	c->old = palloc0(sizeof(AshValue) * Max(c->nold, 1));
	c->old_rows = palloc0(sizeof(AshValue *) * Max(c->nold, 1));
	c->matched = palloc0(sizeof(bool) * Max(c->nold, 1));
	for (int i = 0; i < c->nold; i++)
	{
		c->old[i].value = values[i];
		c->old[i].isnull = c->matched[i] = nulls[i];
		if (!nulls[i] && c->key != NIL)
			c->old_rows[i] = ash_embedded_read(c->e->res, &c->old[i], NULL);
	}
}

/*
 * The stored item that the input with that index means, or -1. The search begins at the same
 * index, where it usually is.
 */
static int
find_old_item(const Casting *c, const JsonbValue *in, int index)
{
	const Jsonb *object;

	if (c->key == NIL || c->nold == 0 || in->type != jbvBinary ||
		!JsonContainerIsObject(in->val.binary.data) ||
		c->e->type->on_update == ASH_EMBEDDED_REPLACE)
		return -1;
	object = ash_jsonb_from_value(in);
	for (int i = 0; i < c->nold; i++)
	{
		int at = (index + i) % c->nold;

		CHECK_FOR_INTERRUPTS();
		if (c->old_rows[at] != NULL &&
			ash_embedded_key_matches(c->e->res, c->key, object, c->old_rows[at]))
			return at;
	}
	return -1;
}

/* Destroys the stored items that no input means; false after adding errors. */
static bool
destroy_rest(Casting *c)
{
	AshValue ignored;
	bool ok = true;

	c->e->index = -1;
	for (int i = 0; i < c->nold; i++)
	{
		if (!c->matched[i])
			ok &= ash_embedded_run(c->e, ASH_ACTION_DESTROY, NULL, &c->old[i], &ignored);
	}
	return ok;
}

/*-------------------------------------------------------------------------
 * New items
 *-------------------------------------------------------------------------
 */

/*
 * Updates the stored item that the input means, or creates one. on_update does not matter for
 * a matching item.
 */
static bool
cast_list_item(Casting *c, const JsonbValue *in, int index, AshValue *out)
{
	int at = find_old_item(c, in, index);

	c->e->index = index;
	if (at < 0)
		return ash_embedded_change(c->e, in, NULL, out);
	c->matched[at] = true;
	return ash_embedded_run(c->e, ASH_ACTION_UPDATE, ash_jsonb_from_value(in), &c->old[at], out);
}

/* Adds the error of a null item; always false. */
static bool
refuse_null(const Casting *c, int index)
{
	const AshCast *cast = c->e->cast;
	AshError *error = ash_error_add(cast->errors, cast->code, cast->field, "no nil values");

	ash_error_var_int(cast->errors, error, "index", index);
	return false;
}

/* Casts all inputs; stops at the first that fails. *n shrinks when nulls are removed. */
static bool
cast_items(Casting *c, const JsonbValue *inputs, int *n, AshValue *items)
{
	int kept = 0;

	for (int i = 0; i < *n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!cast_list_item(c, &inputs[i], i, &items[kept]))
			return false;
		if (items[kept].isnull && c->inst->array->remove_nil_items)
			continue;
		if (items[kept].isnull && !c->inst->array->nil_items)
			return refuse_null(c, i);
		kept++;
	}
	*n = kept;
	return true;
}

/*-------------------------------------------------------------------------
 * Order
 *-------------------------------------------------------------------------
 */

typedef struct SortColumn
{
	const AshAttribute *attr;
	FmgrInfo *cmp;
	bool desc;
	bool nulls_first;
} SortColumn;

typedef struct Sorting
{
	int ncolumns;
	SortColumn *columns;
} Sorting;

typedef struct SortRow
{
	AshValue item;
	AshValue *keys; /* by column; NULL for a null item */
} SortRow;

/* Sets the comparison function of a column; raises an error when its type has no order. */
static void
set_column(SortColumn *column, const AshAttribute *attr)
{
	TypeCacheEntry *cache = lookup_type_cache(attr->type->oid, TYPECACHE_CMP_PROC_FINFO);

	if (!OidIsValid(cache->cmp_proc_finfo.fn_oid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("values of attribute \"%s\" have no order", attr->name)));
	column->attr = attr;
	column->cmp = &cache->cmp_proc_finfo;
}

/* As a comparison function, with the column's direction and place of nulls. */
static int
compare_column(const SortColumn *column, const AshValue *a, const AshValue *b)
{
	int order;

	if (a->isnull || b->isnull)
	{
		order = (a->isnull ? 1 : 0) - (b->isnull ? 1 : 0);
		return column->nulls_first ? -order : order;
	}
	order = DatumGetInt32(
		FunctionCall2Coll(column->cmp, column->attr->type->collation, a->value, b->value));
	return column->desc ? -order : order;
}

/* qsort_arg over SortRow; null items come last. */
static int
compare_rows(const void *a, const void *b, void *arg)
{
	const SortRow *x = a;
	const SortRow *y = b;
	const Sorting *sorting = arg;

	if (x->keys == NULL || y->keys == NULL)
		return (x->keys == NULL) - (y->keys == NULL);
	for (int i = 0; i < sorting->ncolumns; i++)
	{
		int order = compare_column(&sorting->columns[i], &x->keys[i], &y->keys[i]);

		if (order != 0)
			return order;
	}
	return 0;
}

/* The items with their values of the columns, in order. In CurrentMemoryContext. */
static SortRow *
sorted_rows(const Sorting *sorting, const AshValue *items, int n)
{
	SortRow *rows = palloc0(sizeof(SortRow) * Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		rows[i].item = items[i];
		if (items[i].isnull)
			continue;
		rows[i].keys = palloc(sizeof(AshValue) * Max(sorting->ncolumns, 1));
		for (int k = 0; k < sorting->ncolumns; k++)
			(void) ash_embedded_read_attribute(sorting->columns[k].attr,
											   DatumGetJsonbP(items[i].value), &rows[i].keys[k]);
	}
	qsort_arg(rows, n, sizeof(SortRow), compare_rows, unconstify(Sorting *, sorting));
	return rows;
}

/* Sorts the items by the type's option "sort", which only takes attributes. */
static void
sort_items(const Casting *c, AshValue *items, int n)
{
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	List *sort = c->e->type->sort ? ash_sort_verify(c->e->res, c->e->type->sort, scratch) : NIL;
	Sorting sorting = { 0 };
	SortRow *rows;
	ListCell *lc;

	if (sort == NIL || n < 2)
		return;
	sorting.columns = palloc0(sizeof(SortColumn) * list_length(sort));
	foreach (lc, sort)
	{
		const AshSortItem *item = lfirst(lc);
		SortColumn *column = &sorting.columns[sorting.ncolumns];

		if (item->expr->attribute == NULL || item->expr->path != NIL)
			continue;
		set_column(column, item->expr->attribute);
		column->desc = item->order == ASH_SORT_DESC || item->order == ASH_SORT_DESC_NILS_LAST;
		column->nulls_first =
			item->order == ASH_SORT_DESC || item->order == ASH_SORT_ASC_NILS_FIRST;
		sorting.ncolumns++;
	}
	rows = sorted_rows(&sorting, items, n);
	for (int i = 0; i < n; i++)
		items[i] = rows[i].item;
}

/*-------------------------------------------------------------------------
 * Uniqueness
 *-------------------------------------------------------------------------
 */

/* True if some column of the row is null. */
static bool
has_null(const SortRow *row, int ncolumns)
{
	for (int i = 0; i < ncolumns; i++)
	{
		if (row->keys[i].isnull)
			return true;
	}
	return false;
}

/* True if two items are equal in all columns; nulls_distinct: items with a null are not. */
static bool
duplicated(const Sorting *sorting, const AshValue *items, int n, bool nulls_distinct)
{
	SortRow *rows = sorted_rows(sorting, items, n);

	for (int i = 1; i < n; i++)
	{
		if (rows[i].keys != NULL && !(nulls_distinct && has_null(&rows[i], sorting->ncolumns)) &&
			compare_rows(&rows[i - 1], &rows[i], unconstify(Sorting *, sorting)) == 0)
			return true;
	}
	return false;
}

/* Adds the error of items that are not unique. */
static void
add_duplicated(const Casting *c, const char *what, const Sorting *sorting, bool nulls_distinct)
{
	AshCast *cast = c->e->cast;
	StringInfoData names;
	StringInfoData json;
	AshError *error;
	MemoryContext old;

	initStringInfo(&names);
	for (int i = 0; i < sorting->ncolumns; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? "," : "", sorting->columns[i].attr->name);
	initStringInfo(&json);
	ash_write_json_string(&json, names.data, names.len);
	error = ash_error_add(cast->errors, cast->code, cast->field,
						  "items must be unique on %s with keys %%{keys}%s", what,
						  nulls_distinct ? " with `nil` values considered distinct" : "");
	ash_error_var_json(cast->errors, error, "keys", json.data);
	old = MemoryContextSwitchTo(cast->errors->cxt);
	error->message = ash_error_interpolate(error->message, error->vars);
	MemoryContextSwitchTo(old);
}

/* False after adding an error: two items are equal in attrs, a List of AshAttribute *. */
static bool
check_unique(const Casting *c, const char *what, List *attrs, bool nulls_distinct,
			 const AshValue *items, int n)
{
	Sorting sorting = { 0 };
	ListCell *lc;

	if (attrs == NIL || n < 2)
		return true;
	sorting.columns = palloc0(sizeof(SortColumn) * list_length(attrs));
	foreach (lc, attrs)
		set_column(&sorting.columns[sorting.ncolumns++], lfirst(lc));
	if (!duplicated(&sorting, items, n, nulls_distinct))
		return true;
	add_duplicated(c, what, &sorting, nulls_distinct);
	return false;
}

/*
 * The primary key, then the identities: the first that is not unique is reported. False after
 * adding an error.
 */
static bool
check_item_keys(const Casting *c, const AshValue *items, int n)
{
	const AshResource *res = c->e->res;
	List *attrs = NIL;

	for (int i = 0; i < res->nprimary_key; i++)
		attrs = lappend(attrs, res->primary_key[i]);
	if (!check_unique(c, "primary key", attrs, false, items, n))
		return false;
	for (int i = 0; i < res->nidentities; i++)
	{
		const AshIdentity *identity = res->identities[i];
		ListCell *lc;

		attrs = NIL;
		foreach (lc, identity->keys)
			attrs = lappend(attrs, ash_find_attribute(res, lfirst(lc)));
		if (!check_unique(c, identity->name, attrs, identity->nils_distinct, items, n))
			return false;
	}
	return true;
}

/*
 * Casts a list of embedded values over the stored one. Each input is an update of the item
 * with its key, or a new item; items without input are destroyed. Null destroys all. False
 * after adding errors; out is null then.
 */
bool
ash_embedded_cast_list(AshEmbedding *e, const AshTypeInst *inst, const JsonbValue *in,
					   AshValue *out)
{
	Casting c = { .e = e, .inst = inst, .key = ash_embedded_key(e->res) };
	JsonbValue *inputs = NULL;
	bool empty = ash_type_is_empty_value(inst, in, e->cast);
	bool null = in->type == jbvNull && !empty;
	AshValue *items;
	int n = 0;

	out->value = (Datum) 0;
	out->isnull = true;
	if (inst->item->item != NULL ||
		(!null && !empty && (n = ash_type_array_items(in, &inputs)) < 0))
		return ash_embedded_fail(e, "is invalid");
	read_old(&c);
	items = palloc0(sizeof(AshValue) * Max(n, 1));
	if (!cast_items(&c, inputs, &n, items) || !destroy_rest(&c))
		return false;
	if (null)
		return true;
	if (!check_item_keys(&c, items, n) || !ash_type_check_length(inst, n, e->cast))
		return false;
	sort_items(&c, items, n);
	out->value = ash_type_build_array(inst->item, items, n);
	out->isnull = false;
	return true;
}
