/*-------------------------------------------------------------------------
 *
 * src/base/json_writer.c
 *	  One writer of JSON, whose back end is text or jsonb.
 *
 * The text needs no stack of containers: AshJson.place says what has to precede
 * an item.  The jsonb back end is pushJsonbValue(), whose state also knows whether
 * an item is one of a list or the value of a key.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/json_writer.h"
#include "base/jsonb_access.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

/*-------------------------------------------------------------------------
 * Strings
 *-------------------------------------------------------------------------
 */

/*
 * Bytes that cannot be written in a JSON string as they are: 'u' for \u00XX, otherwise
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

/* True when one of the eight bytes at p has to be escaped. */
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

/* One byte that cannot be written as it is. */
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

/* Runs of bytes that need no escape are copied as a whole; eight bytes are tested at a time. */
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

/* Used for the keys of records, which are the same for every row of a result. */
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

/*-------------------------------------------------------------------------
 * The writer
 *-------------------------------------------------------------------------
 */

/* Indented text: a new line at the current depth. */
static void
new_line(AshJson *json)
{
	if (json->style != ASH_JSON_INDENTED)
		return;
	appendStringInfoChar(json->text, '\n');
	appendStringInfoSpaces(json->text, json->depth * 2);
}

/* Text: what precedes an item, which may be a key or the beginning of a container. */
static void
separate(AshJson *json)
{
	if (json->place == ASH_JSON_NEXT)
		appendStringInfoString(json->text, json->style == ASH_JSON_SPACED ? ", " : ",");
	if (json->place != ASH_JSON_MEMBER && json->depth > 0)
		new_line(json);
}

/* The caller must append exactly one JSON value before it puts anything else. */
StringInfo
ash_put_raw(AshJson *json)
{
	Assert(json->text != NULL);
	separate(json);
	json->place = ASH_JSON_NEXT;
	return json->text;
}

/* The end of a container that is still empty follows its beginning without a new line. */
void
ash_put_token(AshJson *json, JsonbIteratorToken token)
{
	bool object = token == WJB_BEGIN_OBJECT || token == WJB_END_OBJECT;

	if (json->text == NULL)
		json->container = pushJsonbValue(&json->state, token, NULL);
	else if (token == WJB_BEGIN_OBJECT || token == WJB_BEGIN_ARRAY)
	{
		separate(json);
		appendStringInfoChar(json->text, object ? '{' : '[');
		json->depth++;
		json->place = ASH_JSON_FIRST;
	}
	else
	{
		json->depth--;
		if (json->place == ASH_JSON_NEXT)
			new_line(json);
		appendStringInfoChar(json->text, object ? '}' : ']');
		json->place = ASH_JSON_NEXT;
	}
}

/* The jsonb back end keeps the pointer to key, not a copy. */
AshJson *
ash_put_key(AshJson *json, const char *key)
{
	JsonbValue value = { .type = jbvString };

	value.val.string.val = (char *) key;
	value.val.string.len = strlen(key);
	if (json->text == NULL)
	{
		(void) pushJsonbValue(&json->state, WJB_KEY, &value);
		return json;
	}
	separate(json);
	ash_write_json_string(json->text, key, value.val.string.len);
	appendStringInfoString(json->text, json->style == ASH_JSON_COMPACT ? ":" : ": ");
	json->place = ASH_JSON_MEMBER;
	return json;
}

/* Text: a scalar or a container in its JSON form. */
static void
append_value(StringInfo out, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			ash_write_json_string(out, value->val.string.val, value->val.string.len);
			break;
		case jbvBinary:
			(void) JsonbToCString(out, value->val.binary.data, value->val.binary.len);
			break;
		default:
			appendStringInfoString(out, ash_jsonb_value_json(value));
	}
}

/*
 * The jsonb back end has to know whether the value is an item of a list or follows a key; a
 * scalar outside of any container is kept for ash_json_result.
 */
void
ash_put_value(AshJson *json, const JsonbValue *value)
{
	if (json->text != NULL)
		append_value(ash_put_raw(json), value);
	else if (json->state == NULL)
		json->scalar = *value;
	else
		(void) pushJsonbValue(&json->state,
							  json->state->contVal.type == jbvArray ? WJB_ELEM : WJB_VALUE,
							  (JsonbValue *) value);
}

/* As text without a detour over numeric. */
void
ash_put_int(AshJson *json, int64 value)
{
	if (json->text != NULL)
		appendStringInfo(ash_put_raw(json), INT64_FORMAT, value);
	else
		ash_put_value(json,
					  &(JsonbValue){ .type = jbvNumeric, .val.numeric = int64_to_numeric(value) });
}

/*
 * For text that comes from elsewhere, such as the vars of an error or a column of type json.
 * jsonb_in() raises an error when it is no JSON.
 */
void
ash_put_json(AshJson *json, const char *text)
{
	if (json->text != NULL)
		appendStringInfoString(ash_put_raw(json), text);
	else
		ash_put_jsonb(json, DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text))));
}

/* All containers must have been ended.  Copies everything that was put. */
Jsonb *
ash_json_result(AshJson *json)
{
	Assert(json->text == NULL && json->state == NULL);
	return ash_jsonb_from_value(json->container != NULL ? json->container : &json->scalar);
}
