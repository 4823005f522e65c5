/*-------------------------------------------------------------------------
 *
 * src/api/api_keys.c
 *	  Arguments that name records: keys as they are in SQL.
 *
 * The functions with such an argument are overloaded: text, uuid, bigint and jsonb,
 * ash_load also for arrays of the first three.  One C function stands behind all of
 * them and looks at the type of its argument.  An untyped literal or parameter of the
 * call resolves to text, the preferred type.
 *
 * A text is the value of a primary key of one field, in the type's own notation.  It is a
 * JSON object of the fields of the primary key or of an identity where it cannot be
 * that: when the primary key has not exactly one field, or when the text begins with
 * "{" and the key is not of a string type.  Several records are a JSON array in the
 * same cases.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/api.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/attribute.h"
#include "spec/spec.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/uuid.h"

/* The declared type of argument n; looked up when the caller has no expression (fast path). */
static Oid
argument_type(FunctionCallInfo fcinfo, int n)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, n);
	Oid *types;
	int ntypes;

	if (OidIsValid(type))
		return type;
	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &ntypes);
	return types[n];
}

AshKeyArgument
ash_arg_key(FunctionCallInfo fcinfo, int n)
{
	AshKeyArgument key = { InvalidOid, (Datum) 0 };

	if (!PG_ARGISNULL(n))
	{
		key.type = argument_type(fcinfo, n);
		key.value = PG_GETARG_DATUM(n);
	}
	return key;
}

/*-------------------------------------------------------------------------
 * Text
 *-------------------------------------------------------------------------
 */

static char
key_category(const AshResource *res)
{
	char category;
	bool preferred;

	get_type_category_preferred(getBaseType(res->primary_key[0]->type->oid), &category, &preferred);
	return category;
}

/* Is the text JSON?  With many it may be an array. */
static bool
is_json_key(const AshResource *res, const char *text, bool many)
{
	if (res->nprimary_key != 1)
		return true;
	text += strspn(text, " \t\r\n");
	return (*text == '{' || (many && *text == '[')) && key_category(res) != TYPCATEGORY_STRING;
}

static void
refuse_json_key(AshCall *call, const char *str, const char *why)
{
	AshError *error = ash_error_add(call->errors, ASH_E_INVALID_PRIMARY_KEY, NULL,
									"invalid primary key %s provided: %s", ash_clip(str), why);

	error->hint = ash_query_key_hint(call->res);
}

static void
parse_json(const char *json, JsonbValue *out)
{
	ash_jsonb_value_from_jsonb(DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json))),
							   out);
}

/* A text that is JSON; false after adding an error. */
static bool
json_key(AshCall *call, const char *text, bool many, JsonbValue *out)
{
	AshErrors *faults = ash_errors_create(CurrentMemoryContext);
	json_t *json = ash_json_parse(text, strlen(text), faults);
	bool fits = json != NULL && (json_is_object(json) || (many && json_is_array(json)));

	json_decref(json);
	if (json == NULL)
		refuse_json_key(call, text, ((AshError *) linitial(faults->items))->message);
	else if (!fits)
		refuse_json_key(call, text,
						many ? "it is no JSON object or array" : "it is no JSON object");
	else
		parse_json(text, out);
	return fits;
}

/*
 * The number that the text is for a key of a numeric type, so that the call goes on as if a
 * number had been given; false when the key is of another type, or it is none.
 */
static bool
number_key(const AshResource *res, const JsonbValue *text, JsonbValue *out)
{
	const AshTypeInst *type = res->primary_key[0]->type;
	AshCast cast = { .errors = ash_errors_create(CurrentMemoryContext), .no_constraints = true };
	StringInfoData json;
	AshValue value;

	if (text->val.string.len == 0 || strchr("+-.0123456789", text->val.string.val[0]) == NULL ||
		key_category(res) != TYPCATEGORY_NUMERIC || !ash_type_cast(type, text, &cast, &value) ||
		value.isnull)
		return false;
	initStringInfo(&json);
	ash_type_write_json(&json, type, &value);
	parse_json(json.data, out);
	return true;
}

static bool
text_key(AshCall *call, Datum value, bool many, JsonbValue *out)
{
	char *str = TextDatumGetCString(value);
	JsonbValue string = { .type = jbvString };

	if (is_json_key(call->res, str, many))
		return json_key(call, str, many, out);
	string.val.string.val = str;
	string.val.string.len = strlen(str);
	if (!number_key(call->res, &string, out))
		*out = string;
	return true;
}

void
ash_key_hint(AshCall *call, const AshKeyArgument *key)
{
	const char *str;
	ListCell *lc;

	if (key->type != TEXTOID || !ash_errors_any(call->errors))
		return;
	str = TextDatumGetCString(key->value);
	if (str[0] != '{' && str[0] != '[')
		return;
	foreach (lc, call->errors->items)
	{
		AshError *error = lfirst(lc);

		if (error->hint == NULL &&
			(error->code == ASH_E_NOT_FOUND || error->code == ASH_E_STALE_RECORD) &&
			call->res->nprimary_key == 1)
			error->hint =
				psprintf("A text is the value of \"%s\" itself: cast it to jsonb if it is "
						 "an object of fields.",
						 call->res->primary_key[0]->name);
	}
}

/*-------------------------------------------------------------------------
 * Any type
 *-------------------------------------------------------------------------
 */

/* One value that is not null; false after adding an error. */
static bool
key_of_type(AshCall *call, Oid type, Datum value, bool many, JsonbValue *out)
{
	switch (type)
	{
		case TEXTOID:
			return text_key(call, value, many, out);
		case UUIDOID:
			out->type = jbvString;
			out->val.string.val = DatumGetCString(DirectFunctionCall1(uuid_out, value));
			out->val.string.len = strlen(out->val.string.val);
			return true;
		case INT8OID:
			out->type = jbvNumeric;
			out->val.numeric = int64_to_numeric(DatumGetInt64(value));
			return true;
		case JSONBOID:
			ash_jsonb_value_from_jsonb(DatumGetJsonbP(value), out);
			return true;
		default:
			elog(ERROR, "a record cannot be named by a value of type %u", type);
	}
}

/* An array of keys as a JSON array; false after adding an error. */
static bool
key_array(AshCall *call, Oid type, Datum array, JsonbValue *out)
{
	JsonbParseState *state = NULL;
	int16 typlen;
	bool typbyval;
	char typalign;
	Datum *values;
	bool *nulls;
	int n;

	get_typlenbyvalalign(type, &typlen, &typbyval, &typalign);
	deconstruct_array(DatumGetArrayTypeP(array), type, typlen, typbyval, typalign, &values, &nulls,
					  &n);
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < n; i++)
	{
		JsonbValue item = { .type = jbvNull };

		CHECK_FOR_INTERRUPTS();
		ash_errors_push_index(call->errors, i);
		if (!nulls[i])
			(void) key_of_type(call, type, values[i], false, &item);
		ash_errors_pop(call->errors);
		pushJsonbValue(&state, WJB_ELEM, &item);
	}
	ash_jsonb_value_from_jsonb(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)), out);
	return !ash_errors_any(call->errors);
}

JsonbValue *
ash_key_json(AshCall *call, const AshKeyArgument *key, bool many)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	Oid item = OidIsValid(key->type) ? get_element_type(key->type) : InvalidOid;
	JsonbValue *value = palloc0(sizeof(JsonbValue));
	bool valid;

	if (!OidIsValid(key->type))
		valid = false;
	else if (OidIsValid(item))
		valid = key_array(call, item, key->value, value);
	else
		valid = key_of_type(call, key->type, key->value, many, value);
	MemoryContextSwitchTo(old);
	return valid ? value : NULL;
}
