/*-------------------------------------------------------------------------
 *
 * src/type/type_in_jsonb.c
 *	  Values that are stored inside a jsonb: the attributes of an embedded
 *	  resource, the value of a union.
 *
 * What is stored as jsonb by itself stands there as it is, everything else as it
 * is written for callers.  The two differ only for embedded resources, whose
 * attributes are stored under the names of their columns.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

static bool
is_list_of_jsonb(const AshTypeInst *inst)
{
	return inst->item != NULL && inst->oid != JSONBOID && inst->item->oid == JSONBOID;
}

static void
write_raw(StringInfo out, Datum value)
{
	Jsonb *jsonb = DatumGetJsonbP(value);

	(void) JsonbToCString(out, &jsonb->root, VARSIZE(jsonb));
}

static void
write_list(StringInfo out, Datum value)
{
	Datum *values;
	bool *nulls;
	int n;
	int i;

	deconstruct_array(DatumGetArrayTypeP(value), JSONBOID, -1, false, TYPALIGN_INT, &values, &nulls,
					  &n);
	appendStringInfoChar(out, '[');
	for (i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoChar(out, ',');
		if (nulls[i])
			appendStringInfoString(out, "null");
		else
			write_raw(out, values[i]);
	}
	appendStringInfoChar(out, ']');
}

void
ash_type_write_stored(StringInfo out, const AshTypeInst *inst, const AshValue *value)
{
	if (value->isnull)
		appendStringInfoString(out, "null");
	else if (inst->oid == JSONBOID)
		write_raw(out, value->value);
	else if (is_list_of_jsonb(inst))
		write_list(out, value->value);
	else
		ash_type_write_json(out, inst, value);
}

Datum
ash_jsonb_array(const AshValue *items, int n)
{
	Datum *values;
	bool *nulls;
	int dims[1];
	int lower[1] = { 1 };
	int i;

	if (n == 0)
		return PointerGetDatum(construct_empty_array(JSONBOID));
	values = palloc(n * sizeof(Datum));
	nulls = palloc(n * sizeof(bool));
	for (i = 0; i < n; i++)
	{
		values[i] = items[i].value;
		nulls[i] = items[i].isnull;
	}
	dims[0] = n;
	return PointerGetDatum(
		construct_md_array(values, nulls, 1, dims, lower, JSONBOID, -1, false, TYPALIGN_INT));
}

static bool
read_list(const JsonbValue *in, AshValue *out)
{
	JsonbValue *inputs;
	AshValue *items;
	int n = ash_type_array_items(in, &inputs);
	int i;

	if (n < 0)
		return false;
	items = palloc0(Max(n, 1) * sizeof(AshValue));
	for (i = 0; i < n; i++)
	{
		items[i].isnull = inputs[i].type == jbvNull;
		if (!items[i].isnull)
			items[i].value = JsonbPGetDatum(ash_jsonb_from_value(&inputs[i]));
	}
	out->value = ash_jsonb_array(items, n);
	return true;
}

bool
ash_type_read_stored(const AshTypeInst *inst, const JsonbValue *in, AshValue *out)
{
	AshCast cast = { .errors = ash_errors_create(CurrentMemoryContext),
					 .code = ASH_E_INVALID_ATTRIBUTE,
					 .field = inst->name,
					 .no_constraints = true };

	out->value = (Datum) 0;
	out->isnull = in->type == jbvNull;
	if (out->isnull)
		return true;
	if (is_list_of_jsonb(inst))
		return read_list(in, out);
	if (inst->oid != JSONBOID)
		return ash_type_cast(inst, in, &cast, out);
	out->value = JsonbPGetDatum(ash_jsonb_from_value(in));
	return true;
}
