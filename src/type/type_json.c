/*-------------------------------------------------------------------------
 *
 * src/type/type_json.c
 *	  Values as JSON text.
 *
 * The text does not depend on any setting: not on DateStyle, IntervalStyle,
 * TimeZone, bytea_output or extra_float_digits.
 *
 * It is the hot path of every read, so scalars are appended to the result's buffer
 * without a copy.  The same values are put into a jsonb where one is stored or handed
 * to a function; what has a counterpart there is not written as text first.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

/* One dimension of an array; *next counts the elements over all of them. */
static void
put_dimension(AshJson *json, const AshTypeInst *item, const ArrayType *array, int dim,
			  AshValue *items, int *next)
{
	ash_put_list(json);
	for (int i = 0; i < ARR_DIMS(array)[dim]; i++)
	{
		if (dim + 1 < ARR_NDIM(array))
			put_dimension(json, item, array, dim + 1, items, next);
		else
			ash_type_put_json(json, item, &items[(*next)++]);
	}
	ash_put_end_list(json);
}

/* A list as JSON.  A list of lists is stored as the jsonb that it is written as. */
static void
put_array(AshJson *json, const AshTypeInst *inst, Datum value)
{
	ArrayType *array;
	AshValue *items;
	int next = 0;
	int n;

	if (inst->item->item != NULL)
	{
		ash_put_jsonb(json, DatumGetJsonbP(value));
		return;
	}
	array = DatumGetArrayTypeP(value);
	if (ARR_NDIM(array) == 0)
	{
		ash_put_list(json);
		ash_put_end_list(json);
		return;
	}
	items = ash_array_items(inst->item, array, &n);
	put_dimension(json, inst->item, array, 0, items, &next);
	/* the values may still be needed for a jsonb */
	if (json->text != NULL)
		pfree(items);
}

/* A value whose type leaves the writing to its storage: jsonb, or text. */
static void
write_stored(StringInfo out, const AshTypeInst *inst, Datum value)
{
	struct varlena *plain;

	if (inst->oid == JSONBOID)
	{
		plain = PG_DETOAST_DATUM(value);
		(void) JsonbToCString(out, &((Jsonb *) plain)->root, VARSIZE(plain));
	}
	else
	{
		plain = PG_DETOAST_DATUM_PACKED(value);
		ash_write_json_string(out, VARDATA_ANY(plain), VARSIZE_ANY_EXHDR(plain));
	}
	if ((Pointer) plain != DatumGetPointer(value))
		pfree(plain);
}

/* The path of result rows: no JSON writer in between for scalars. */
void
ash_type_write_json(StringInfo out, const AshTypeInst *inst, const AshValue *value)
{
	if (value->isnull)
		appendBinaryStringInfo(out, "null", 4);
	else if (inst->item != NULL)
	{
		AshJson json = ash_json_to_text(out);

		put_array(&json, inst, value->value);
	}
	else if (inst->type->write_json != NULL)
		inst->type->write_json(out, inst, value->value);
	else
		write_stored(out, inst, value->value);
}

/*
 * A value as jsonb has it, pointing into value; false when its JSON has to be written as text
 * first.
 */
static bool
jsonb_form(const AshTypeInst *inst, Datum value, JsonbValue *out)
{
	text *txt;

	switch (inst->oid)
	{
		case BOOLOID:
			out->type = jbvBool;
			out->val.boolean = DatumGetBool(value);
			return true;
		case INT8OID:
			out->type = jbvNumeric;
			out->val.numeric = int64_to_numeric(DatumGetInt64(value));
			return true;
		case NUMERICOID:
			out->type = jbvNumeric;
			out->val.numeric = DatumGetNumeric(value);
			return !numeric_is_nan(out->val.numeric) && !numeric_is_inf(out->val.numeric);
	}
	if (inst->type->write_json != NULL)
		return false;
	if (inst->oid == JSONBOID)
	{
		ash_jsonb_value_from_jsonb(DatumGetJsonbP(value), out);
		return true;
	}
	txt = DatumGetTextPP(value);
	out->type = jbvString;
	out->val.string.val = VARDATA_ANY(txt);
	out->val.string.len = VARSIZE_ANY_EXHDR(txt);
	return true;
}

/*
 * jsonb of what write_json writes. Text that is a plain string is taken as it is; only what
 * has escapes or containers in it is parsed.
 */
static void
put_text(AshJson *json, const AshTypeInst *inst, Datum value)
{
	StringInfoData buf;

	initStringInfo(&buf);
	inst->type->write_json(&buf, inst, value);
	if (buf.data[0] == '"' && memchr(buf.data, '\\', buf.len) == NULL)
		ash_put_string_len(json, buf.data + 1, buf.len - 2);
	else
		ash_put_json(json, buf.data);
}

/* As jsonb, what was put may point into value until ash_json_result. */
void
ash_type_put_json(AshJson *json, const AshTypeInst *inst, const AshValue *value)
{
	JsonbValue form;

	if (value->isnull)
		ash_put_null(json);
	else if (inst->item != NULL)
		put_array(json, inst, value->value);
	else if (json->text != NULL)
		ash_type_write_json(ash_put_raw(json), inst, value);
	else if (jsonb_form(inst, value->value, &form))
		ash_put_value(json, &form);
	else
		put_text(json, inst, value->value);
}

/* Infinity and NaN are strings, as JSON has no such numbers. */
static void
write_float4(StringInfo out, float4 value)
{
	char buf[FLOAT_SHORTEST_DECIMAL_LEN];
	bool finite = !isinf(value) && !isnan(value);

	float_to_shortest_decimal_buf(value, buf);
	appendStringInfo(out, finite ? "%s" : "\"%s\"", buf);
}

/* A JSON string. */
static void
write_cstring(StringInfo out, const char *str)
{
	ash_write_json_string(out, str, strlen(str));
}

/* A bound of a range; dates and timestamps in ISO 8601, as their types write them. */
static void
write_bound(StringInfo out, Oid subtype, const RangeBound *bound)
{
	const AshTypeInst *inst = ash_type_for_oid(subtype);
	StringInfoData quoted;

	if (bound->infinite)
		return;
	if (subtype != DATEOID && subtype != TIMESTAMPOID && subtype != TIMESTAMPTZOID)
	{
		appendStringInfoString(out, ash_pg_output(inst, bound->val));
		return;
	}
	initStringInfo(&quoted);
	inst->type->write_json(&quoted, inst, bound->val);
	appendBinaryStringInfo(out, quoted.data + 1, quoted.len - 2);
}

/*
 * PostgreSQL's notation as a JSON string. It is composed here for ranges of built-in types, so
 * that no setting shows in it.
 */
static void
write_range(StringInfo out, Oid oid, Datum value)
{
	TypeCacheEntry *cache = lookup_type_cache(oid, TYPECACHE_RANGE_INFO);
	Oid subtype = cache->rngelemtype->type_id;
	RangeBound lower;
	RangeBound upper;
	StringInfoData buf;
	bool empty;

	if (subtype >= FirstNormalObjectId || type_is_collatable(subtype))
	{
		write_cstring(out, ash_pg_output(ash_type_for_oid(oid), value));
		return;
	}
	range_deserialize(cache, DatumGetRangeTypeP(value), &lower, &upper, &empty);
	initStringInfo(&buf);
	if (empty)
		appendStringInfoString(&buf, "empty");
	else
	{
		appendStringInfoChar(&buf, lower.inclusive ? '[' : '(');
		write_bound(&buf, subtype, &lower);
		appendStringInfoChar(&buf, ',');
		write_bound(&buf, subtype, &upper);
		appendStringInfoChar(&buf, upper.inclusive ? ']' : ')');
	}
	ash_write_json_string(out, buf.data, buf.len);
	pfree(buf.data);
}

/* A row as an object of its columns, dropped ones left out. */
static void
write_row(StringInfo out, Datum value)
{
	HeapTupleHeader header = DatumGetHeapTupleHeader(value);
	TupleDesc desc =
		lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header));
	HeapTupleData tuple;
	AshJson json = ash_json_to_text(out);
	int i;

	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = header;
	ash_put_object(&json);
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		Datum column;
		bool isnull;

		if (attr->attisdropped)
			continue;
		column = heap_getattr(&tuple, i + 1, desc, &isnull);
		ash_put_key(&json, NameStr(attr->attname));
		ash_write_json_datum(ash_put_raw(&json), attr->atttypid, column, isnull);
	}
	ash_put_end_object(&json);
	ReleaseTupleDesc(desc);
}

/* A json value is JSON already. */
static void
write_json_text(StringInfo out, Datum value)
{
	text *txt = DatumGetTextPP(value);

	appendBinaryStringInfo(out, VARDATA_ANY(txt), VARSIZE_ANY_EXHDR(txt));
}

/* Types of the server that are neither scalar nor in the registry. */
static void
write_other(StringInfo out, Oid oid, Datum value)
{
	switch (get_typtype(oid))
	{
		case TYPTYPE_DOMAIN:
			ash_write_json_datum(out, getBaseType(oid), value, false);
			break;
		case TYPTYPE_COMPOSITE:
			write_row(out, value);
			break;
		case TYPTYPE_RANGE:
			write_range(out, oid, value);
			break;
		default:
			if (oid == RECORDOID)
				write_row(out, value);
			else
				write_cstring(out, ash_pg_output(ash_type_for_oid(oid), value));
	}
}

/*
 * Types with a text of their own come first; then what the registry knows, then domains, rows,
 * ranges and the output function.
 */
void
ash_write_json_datum(StringInfo out, Oid oid, Datum value, bool isnull)
{
	const AshTypeInst *inst;
	AshValue v = { value, isnull };

	check_stack_depth();
	if (isnull)
	{
		appendStringInfoString(out, "null");
		return;
	}
	switch (oid)
	{
		case INT2OID:
			appendStringInfo(out, "%d", (int) DatumGetInt16(value));
			return;
		case INT4OID:
			enlargeStringInfo(out, 12);
			out->len += pg_ltoa(DatumGetInt32(value), out->data + out->len);
			return;
		case FLOAT4OID:
			write_float4(out, DatumGetFloat4(value));
			return;
		case JSONOID:
			write_json_text(out, value);
			return;
		case VARCHAROID:
		case BPCHAROID:
			write_stored(out, ash_type_plain("string"), value);
			return;
	}
	inst = ash_type_for_oid(oid);
	if (inst->item != NULL || inst->type != &ash_type_pg)
		ash_type_write_json(out, inst, &v);
	else
		write_other(out, oid, value);
}
