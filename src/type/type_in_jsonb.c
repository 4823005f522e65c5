/*-------------------------------------------------------------------------
 *
 * src/type/type_in_jsonb.c
 *	  Values that are stored inside a jsonb: the attributes of an embedded
 *	  resource, the value of a union.
 *
 * What is stored as jsonb by itself is kept as it is, everything else has the form in
 * which it is written for callers.  The two differ only for embedded resources, whose
 * attributes are stored under the names of their columns.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "catalog/pg_type.h"

/* True for a jsonb[]: its items are stored as they are. */
static bool
is_list_of_jsonb(const AshTypeInst *inst)
{
	return inst->item != NULL && inst->oid != JSONBOID && inst->item->oid == JSONBOID;
}

/* The inverse of ash_type_read_stored. */
void
ash_type_put_stored(AshJson *json, const AshTypeInst *inst, const AshValue *value)
{
	if (!value->isnull && inst->oid == JSONBOID)
		ash_put_jsonb(json, DatumGetJsonbP(value->value));
	else if (!value->isnull && is_list_of_jsonb(inst))
		ash_type_put_json(json, ash_type_for_oid(JSONBARRAYOID), value);
	else
		ash_type_put_json(json, inst, value);
}

/* A jsonb[] of the items of a stored list. */
static bool
read_list(const AshTypeInst *inst, const JsonbValue *in, AshValue *out)
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
	out->value = ash_type_build_array(inst->item, items, n);
	return true;
}

/*
 * Constraints are not applied: they may have changed since the value was stored. Errors are
 * dropped.
 */
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
		return read_list(inst, in, out);
	if (inst->oid != JSONBOID)
		return ash_type_cast(inst, in, &cast, out);
	out->value = JsonbPGetDatum(ash_jsonb_from_value(in));
	return true;
}
