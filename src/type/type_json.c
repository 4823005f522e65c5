/*-------------------------------------------------------------------------
 *
 * src/type/type_json.c
 *	  Values as JSON text.
 *
 * The text does not depend on any setting: not on DateStyle, IntervalStyle,
 * TimeZone, bytea_output or extra_float_digits.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

/*
 * Bytes that cannot stand in a JSON string as they are: 'u' for \u00XX, otherwise
 * the letter of the short escape.
 */
static const char escapes[256] = {
	['\b'] = 'b',  ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"',
	['\\'] = '\\', [0x00] = 'u', [0x01] = 'u', [0x02] = 'u', [0x03] = 'u', [0x04] = 'u',
	[0x05] = 'u',  [0x06] = 'u', [0x07] = 'u', [0x0B] = 'u', [0x0E] = 'u', [0x0F] = 'u',
	[0x10] = 'u',  [0x11] = 'u', [0x12] = 'u', [0x13] = 'u', [0x14] = 'u', [0x15] = 'u',
	[0x16] = 'u',  [0x17] = 'u', [0x18] = 'u', [0x19] = 'u', [0x1A] = 'u', [0x1B] = 'u',
	[0x1C] = 'u',  [0x1D] = 'u', [0x1E] = 'u', [0x1F] = 'u',
};

#define EACH_BYTE(c) (UINT64CONST(0x0101010101010101) * (c))

/* Is one of these eight bytes less than limit, which is 0x80 at most? */
static inline bool
has_less(uint64 word, unsigned char limit)
{
	return ((word - EACH_BYTE(limit)) & ~word & EACH_BYTE(0x80)) != 0;
}

static inline bool
needs_escape(const char *p)
{
	uint64 word;

	memcpy(&word, p, sizeof(word));
	return has_less(word, 0x20) || has_less(word ^ EACH_BYTE('"'), 1) ||
		   has_less(word ^ EACH_BYTE('\\'), 1);
}

/* The first byte of the text that has to be escaped, or its end. */
static inline const char *
find_escape(const char *p, const char *end)
{
	while (end - p >= (ptrdiff_t) sizeof(uint64) && !needs_escape(p))
		p += sizeof(uint64);
	while (p < end && escapes[(unsigned char) *p] == 0)
		p++;
	return p;
}

static void
append_escaped(StringInfo out, unsigned char c)
{
	if (escapes[c] == 'u')
		appendStringInfo(out, "\\u%04x", c);
	else
	{
		appendStringInfoChar(out, '\\');
		appendStringInfoChar(out, escapes[c]);
	}
}

/* Runs of plain bytes are copied whole. */
void
ash_write_json_string(StringInfo out, const char *str, int len)
{
	const char *end = str + len;
	const char *p = find_escape(str, end);

	enlargeStringInfo(out, len + 2);
	out->data[out->len++] = '"';
	while (p < end)
	{
		appendBinaryStringInfo(out, str, p - str);
		append_escaped(out, *p);
		str = p + 1;
		p = find_escape(str, end);
	}
	appendBinaryStringInfo(out, str, end - str);
	appendStringInfoChar(out, '"');
}

char *
ash_json_key(const char *name, int *len)
{
	StringInfoData key;

	initStringInfo(&key);
	ash_write_json_string(&key, name, strlen(name));
	appendStringInfoChar(&key, ':');
	*len = key.len;
	return key.data;
}

void
ash_type_write_json(StringInfo out, const AshTypeInst *inst, const AshValue *value)
{
	if (value->isnull)
		appendBinaryStringInfo(out, "null", 4);
	else if (inst->item != NULL)
		ash_array_write_json(out, inst, value->value);
	else
		inst->type->write_json(out, inst, value->value);
}

/*-------------------------------------------------------------------------
 * Types that have no entry in the registry
 *-------------------------------------------------------------------------
 */
static void
write_float4(StringInfo out, float4 value)
{
	char buf[FLOAT_SHORTEST_DECIMAL_LEN];
	bool finite = !isinf(value) && !isnan(value);

	float_to_shortest_decimal_buf(value, buf);
	appendStringInfo(out, finite ? "%s" : "\"%s\"", buf);
}

static void
write_cstring(StringInfo out, const char *str)
{
	ash_write_json_string(out, str, strlen(str));
}

/* A bound of a range, ISO where there is an ISO form; quoted when it has to be. */
static void
write_bound(StringInfo out, Oid subtype, const RangeBound *bound)
{
	char buf[64];

	if (bound->infinite)
		return;
	switch (subtype)
	{
		case DATEOID:
			(void) ash_format_date(buf, DatumGetDateADT(bound->val));
			appendStringInfoString(out, buf);
			break;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			(void) ash_format_timestamp(buf, DatumGetTimestamp(bound->val), true,
										subtype == TIMESTAMPTZOID);
			appendStringInfoString(out, buf);
			break;
		default:
			appendStringInfoString(out, ash_pg_output(ash_type_for_oid(subtype), bound->val));
	}
}

/* PostgreSQL's notation as a JSON string. */
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

/* A row as an object of its columns. */
static void
write_row(StringInfo out, Datum value)
{
	HeapTupleHeader header = DatumGetHeapTupleHeader(value);
	TupleDesc desc =
		lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header));
	HeapTupleData tuple;
	bool first = true;
	int i;

	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = header;
	appendStringInfoChar(out, '{');
	for (i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		Datum column;
		bool isnull;

		if (attr->attisdropped)
			continue;
		if (!first)
			appendStringInfoChar(out, ',');
		first = false;
		write_cstring(out, NameStr(attr->attname));
		appendStringInfoChar(out, ':');
		column = heap_getattr(&tuple, i + 1, desc, &isnull);
		ash_write_json_datum(out, attr->atttypid, column, isnull);
	}
	appendStringInfoChar(out, '}');
	ReleaseTupleDesc(desc);
}

static void
write_json_text(StringInfo out, Datum value)
{
	text *txt = DatumGetTextPP(value);

	appendBinaryStringInfo(out, VARDATA_ANY(txt), VARSIZE_ANY_EXHDR(txt));
}

/* Types of the server that are neither scalar nor known to the registry. */
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
			ash_type_string.write_json(out, NULL, value);
			return;
	}
	inst = ash_type_for_oid(oid);
	if (inst->item != NULL || inst->type != &ash_type_pg)
		ash_type_write_json(out, inst, &v);
	else
		write_other(out, oid, value);
}
