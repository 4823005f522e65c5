/*-------------------------------------------------------------------------
 *
 * src/action/embedded/embedded_row.c
 *	  An embedded value as it is stored, as values by attribute, and as callers
 *	  see it.
 *
 * A key that is missing from what is stored is null: the attribute was added
 * after the value was written.  A key that no attribute has is dropped when the value is next
 * written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "action/embedded/embedded.h"
#include "miscadmin.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "utils/builtins.h"

/*
 * The attribute's value in a stored object; null when it is absent. False, and null, when it
 * is no value of the type.
 */
bool
ash_embedded_read_attribute(const AshAttribute *attr, const Jsonb *stored, AshValue *out)
{
	JsonbValue in;

	out->value = (Datum) 0;
	out->isnull = true;
	if (!ash_jsonb_get(stored, attr->source, strlen(attr->source), &in))
		return true;
	if (ash_type_read_stored(attr->type, &in, out))
		return true;
	out->isnull = true;
	return false;
}

/*
 * The values of a stored object by attribute index, in CurrentMemoryContext; NULL after adding
 * an error. With errors NULL what cannot be read is null.
 */
AshValue *
ash_embedded_read(AshResource *res, const AshValue *stored, AshErrors *errors)
{
	const Jsonb *object = DatumGetJsonbP(stored->value);
	AshValue *row = palloc0(sizeof(AshValue) * Max(res->nattributes, 1));
	bool ok = true;

	for (int i = 0; i < res->nattributes; i++)
	{
		const AshAttribute *attr = res->attributes[i];

		if (ash_embedded_read_attribute(attr, object, &row[i]) || errors == NULL)
			continue;
		ash_error_add(errors, ASH_E_INVALID_ATTRIBUTE, attr->name,
					  "the stored value is not one of type %s", attr->type->name);
		ok = false;
	}
	return ok ? row : NULL;
}

/* The stored object of a row, a jsonb in CurrentMemoryContext. */
Datum
ash_embedded_store(const AshResource *res, const AshValue *row)
{
	AshJson json = ash_json_to_jsonb();

	ash_put_object(&json);
	for (int i = 0; i < res->nattributes; i++)
	{
		const AshAttribute *attr = res->attributes[i];

		ash_type_put_stored(ash_put_key(&json, attr->source), attr->type, &row[i]);
	}
	ash_put_end_object(&json);
	return JsonbPGetDatum(ash_json_result(&json));
}

/* The load of that name, or NULL. */
static const AshEmbeddedLoad *
find_attribute_load(const AshEmbedded *type, const char *name)
{
	ListCell *lc;

	foreach (lc, type->loads)
	{
		const AshEmbeddedLoad *load = lfirst(lc);

		if (strcmp(load->name, name) == 0)
			return load;
	}
	return NULL;
}

/* Appends the calculations that are loaded. Without a running call they are null. */
static void
write_loads(StringInfo out, const AshEmbedded *type, List *loads, AshResource *res, Datum stored)
{
	AshValue value = { stored, false };
	AshCall *call = type->call != NULL ? type->call : ash_call_current();
	AshValue *row = NULL;
	ListCell *lc;

	foreach (lc, loads)
	{
		const AshEmbeddedLoad *load = lfirst(lc);
		AshValue result;

		if (load->expr == NULL)
			continue;
		if (row == NULL)
			row = ash_embedded_read(res, &value, NULL);
		if (call == NULL ||
			!ash_expr_eval(load->expr, &call->bindings, ash_row_attribute, row, &result))
			result.isnull = true;
		appendStringInfoChar(out, ',');
		ash_write_json_string(out, load->name, strlen(load->name));
		appendStringInfoChar(out, ':');
		ash_type_write_json(out, load->expr->type, &result);
	}
}

/* Appends one attribute. Only a value whose JSON differs from the stored one is read. */
static void
write_attribute(StringInfo out, const AshEmbedded *type, const AshAttribute *attr,
				const Jsonb *stored)
{
	const AshEmbeddedLoad *load = find_attribute_load(type, attr->name);
	JsonbValue in;
	AshValue value;

	ash_write_json_string(out, attr->name, strlen(attr->name));
	appendStringInfoChar(out, ':');
	if (!ash_jsonb_get(stored, attr->source, strlen(attr->source), &in))
		appendStringInfoString(out, "null");
	else if (in.type == jbvBinary && ash_type_read_stored(attr->type, &in, &value))
		ash_type_write_json(out, load != NULL ? load->type : attr->type, &value);
	else
		appendStringInfoString(out, ash_jsonb_value_json(&in));
}

/* AshType.write_json: attributes under their names, as a record shows them. */
void
ash_embedded_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	AshEmbedded *type = unconstify(AshEmbedded *, ash_embedded_constraints(inst));
	AshResource *res = ash_ref_resource(&type->ref);
	Jsonb *stored = DatumGetJsonbP(value);
	const char *separator = "";
	List *loads;

	check_stack_depth();
	if (!JB_ROOT_IS_OBJECT(stored))
	{
		(void) JsonbToCString(out, &stored->root, VARSIZE(stored));
		return;
	}
	loads = ash_embedded_loads(type, res);
	appendStringInfoChar(out, '{');
	for (int i = 0; i < res->nattributes; i++)
	{
		const AshAttribute *attr = res->attributes[i];

		if (!attr->select_by_default && !attr->always_select)
			continue;
		appendStringInfoString(out, separator);
		write_attribute(out, type, attr, stored);
		separator = ",";
	}
	if (loads != NIL)
		write_loads(out, type, loads, res, value);
	appendStringInfoChar(out, '}');
}
