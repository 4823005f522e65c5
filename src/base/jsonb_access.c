/*-------------------------------------------------------------------------
 *
 * src/base/jsonb_access.c
 *	  Small jobs on jsonb: lookup, walking, conversion, scalars as text.
 *
 * A JsonbValue that comes out of here is a scalar, a null or jbvBinary (a container
 * inside its jsonb); it points into the jsonb it came from.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/json_writer.h"
#include "base/jsonb_access.h"
#include "common/shortest_dec.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

/* object may be any jsonb; what is no object has no keys. */
bool
ash_jsonb_get(const Jsonb *object, const char *key, int keylen, JsonbValue *out)
{
	JsonbContainer *root = (JsonbContainer *) &object->root;

	if (!JsonContainerIsObject(root))
		return false;
	return getKeyJsonValueFromContainer(root, key, keylen, out) != NULL;
}

/* The empty path is the jsonb itself. */
bool
ash_jsonb_get_path(const Jsonb *object, List *path, JsonbValue *out)
{
	ListCell *lc;

	ash_jsonb_value_from_jsonb(object, out);
	foreach (lc, path)
	{
		const char *key = lfirst(lc);

		if (!ash_is_object(out) ||
			getKeyJsonValueFromContainer(out->val.binary.data, key, strlen(key), out) == NULL)
			return false;
	}
	return true;
}

/* A container inside a jsonb is copied as it is stored, which needs no iteration. */
Jsonb *
ash_jsonb_from_value(const JsonbValue *value)
{
	Jsonb *jsonb;

	if (value->type != jbvBinary)
		return JsonbValueToJsonb((JsonbValue *) value);
	jsonb = palloc(VARHDRSZ + value->val.binary.len);
	SET_VARSIZE(jsonb, VARHDRSZ + value->val.binary.len);
	memcpy(VARDATA(jsonb), value->val.binary.data, value->val.binary.len);
	return jsonb;
}

/* Like JsonbToJsonbValue, but a scalar at the top comes out as itself. */
void
ash_jsonb_value_from_jsonb(const Jsonb *jsonb, JsonbValue *out)
{
	JsonbContainer *root = (JsonbContainer *) &jsonb->root;

	if (JsonContainerIsScalar(root) && JsonbExtractScalar(root, out))
		return;
	JsonbToJsonbValue((Jsonb *) jsonb, out);
}

/* Numbers are equal by value (1 and 1.0), objects regardless of the order of their keys. */
bool
ash_jsonb_value_equal(const JsonbValue *a, const JsonbValue *b)
{
	if (IsAJsonbScalar(a) && IsAJsonbScalar(b) && a->type != b->type)
		return false;
	if (a->type == jbvString && b->type == jbvString)
		return a->val.string.len == b->val.string.len &&
			   memcmp(a->val.string.val, b->val.string.val, a->val.string.len) == 0;
	if (a->type == jbvBool && b->type == jbvBool)
		return a->val.boolean == b->val.boolean;
	return compareJsonbContainers(&ash_jsonb_from_value(a)->root, &ash_jsonb_from_value(b)->root) ==
		   0;
}

/*-------------------------------------------------------------------------
 * Walking
 *-------------------------------------------------------------------------
 */

/* Tokens that are no keys (the beginning and end of the object) are skipped. */
bool
ash_jsonb_next_member(JsonbIterator **it, JsonbValue *key, JsonbValue *value)
{
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(it, key, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(it, value, true);
		return true;
	}
	return false;
}

/* Tokens that are no items are skipped. */
bool
ash_jsonb_next_item(JsonbIterator **it, JsonbValue *item)
{
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(it, item, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM)
			return true;
	}
	return false;
}

/* True when the key is one of the n names. */
static bool
is_named(const JsonbValue *key, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (strlen(names[i]) == key->val.string.len &&
			memcmp(names[i], key->val.string.val, key->val.string.len) == 0)
			return true;
	}
	return false;
}

/* For options that a caller gives as an object. */
bool
ash_jsonb_unknown_key(const Jsonb *object, const char *const *names, int n, JsonbValue *key)
{
	JsonbIterator *it = ash_jsonb_walk(object);
	JsonbValue value;

	while (ash_jsonb_next_member(&it, key, &value))
	{
		if (!is_named(key, names, n))
			return true;
	}
	return false;
}

/*-------------------------------------------------------------------------
 * To text
 *-------------------------------------------------------------------------
 */

/* A scalar as plain text, a container as JSON; NULL for null. */
char *
ash_jsonb_value_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return NULL;
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		default:
			return ash_jsonb_value_json(value);
	}
}

/* Works for jbvArray and jbvObject too, which need to be serialized first. */
char *
ash_jsonb_value_json(const JsonbValue *value)
{
	StringInfoData buf;

	switch (value->type)
	{
		case jbvNull:
			return pstrdup("null");
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		case jbvNumeric:
			return DatumGetCString(
				DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
		case jbvString:
			initStringInfo(&buf);
			ash_write_json_string(&buf, value->val.string.val, value->val.string.len);
			return buf.data;
		case jbvBinary:
			return JsonbToCString(NULL, value->val.binary.data, value->val.binary.len);
		default:
			return JsonbToCString(NULL, &JsonbValueToJsonb((JsonbValue *) value)->root, -1);
	}
}

/*-------------------------------------------------------------------------
 * Merging
 *-------------------------------------------------------------------------
 */

static void push_merged(JsonbParseState **state, JsonbContainer *a, JsonbContainer *b,
						JsonbValue **result);

/* One key that both objects have: objects are merged, else b's value wins. */
static void
push_both(JsonbParseState **state, JsonbValue *a, JsonbValue *b)
{
	JsonbValue *ignored;

	if (ash_is_object(a) && ash_is_object(b))
		push_merged(state, a->val.binary.data, b->val.binary.data, &ignored);
	else
		pushJsonbValue(state, WJB_VALUE, b);
}

/*
 * Pushes one object with the keys of both a and b; *result is what the end of it returns,
 * which is the whole at the outermost level.
 */
static void
push_merged(JsonbParseState **state, JsonbContainer *a, JsonbContainer *b, JsonbValue **result)
{
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;

	check_stack_depth();
	pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	it = JsonbIteratorInit(a);
	while (ash_jsonb_next_member(&it, &key, &value))
	{
		JsonbValue *other = findJsonbValueFromContainer(b, JB_FOBJECT, &key);

		pushJsonbValue(state, WJB_KEY, &key);
		if (other != NULL)
			push_both(state, &value, other);
		else
			pushJsonbValue(state, WJB_VALUE, &value);
	}
	it = JsonbIteratorInit(b);
	while (ash_jsonb_next_member(&it, &key, &value))
	{
		if (findJsonbValueFromContainer(a, JB_FOBJECT, &key) != NULL)
			continue;
		pushJsonbValue(state, WJB_KEY, &key);
		pushJsonbValue(state, WJB_VALUE, &value);
	}
	*result = pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* Returns b itself when one of them is no object.  New otherwise, in CurrentMemoryContext. */
Jsonb *
ash_jsonb_merge(Jsonb *a, Jsonb *b)
{
	JsonbParseState *state = NULL;
	JsonbValue *result;

	if (a == NULL || !JB_ROOT_IS_OBJECT(a) || !JB_ROOT_IS_OBJECT(b))
		return b;
	push_merged(&state, &a->root, &b->root, &result);
	return JsonbValueToJsonb(result);
}
