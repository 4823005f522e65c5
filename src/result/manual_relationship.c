/*-------------------------------------------------------------------------
 *
 * src/result/manual_relationship.c
 *	  Manual relationships: a SQL function says which rows are related.
 *
 *	  name(records jsonb, options jsonb, context jsonb) returns jsonb
 *
 * It is called once for all records of a load.  records is the list of their keys: a
 * scalar, or an object of the attributes of a key that has several.  The result
 * is an object that has, under the text of a record's key, the key or the list of
 * keys of the related rows; a record that is missing has none.
 *
 * The function only names rows.  They are then read as in any load, so policies,
 * tenant, filter, order and limit apply to them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "result/result.h"

/* What a function returned, on the way to arrays. */
typedef struct Naming
{
	AshCall *call;
	const AshFunction *function;
	AshResource *dest;
	AshMembers *members;
	int max;
} Naming;

/*-------------------------------------------------------------------------
 * The records
 *-------------------------------------------------------------------------
 */

static void
write_record(StringInfo out, const AshKeys *keys, int key)
{
	bool several = keys->nattributes > 1;

	if (several)
		appendStringInfoChar(out, '{');
	for (int i = 0; i < keys->nattributes; i++)
	{
		AshValue value = { keys->values[i][key], false };

		if (several)
		{
			appendStringInfoString(out, i > 0 ? "," : "");
			ash_write_json_string(out, keys->attributes[i]->name,
								  strlen(keys->attributes[i]->name));
			appendStringInfoChar(out, ':');
		}
		ash_type_write_json(out, keys->attributes[i]->type, &value);
	}
	if (several)
		appendStringInfoChar(out, '}');
}

static Jsonb *
records_of(const AshKeys *keys)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '[');
	for (int key = 0; key < keys->nkeys; key++)
	{
		appendStringInfoString(&out, key > 0 ? "," : "");
		write_record(&out, keys, key);
	}
	appendStringInfoChar(&out, ']');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data)));
}

/*-------------------------------------------------------------------------
 * The result
 *-------------------------------------------------------------------------
 */

static void
add_member(Naming *naming, const AshValue *key)
{
	AshMembers *members = naming->members;
	int n = naming->dest->nprimary_key;

	if (members->n >= naming->max)
	{
		naming->max *= 2;
		for (int i = 0; i < n; i++)
			members->values[i] = repalloc_huge(members->values[i], sizeof(Datum) * naming->max);
	}
	for (int i = 0; i < n; i++)
		members->values[i][members->n] = key[i].value;
	members->n++;
}

/* One key of a related row; false after adding an error. */
static bool
read_member(Naming *naming, const JsonbValue *named)
{
	AshResource *dest = naming->dest;
	AshErrors *faults = ash_errors_create(CurrentMemoryContext);
	AshValue key[INDEX_MAX_KEYS];
	Jsonb *object = NULL;

	if (named->type == jbvBinary && JsonContainerIsObject(named->val.binary.data))
		object = ash_jsonb_from_value(named);
	for (int i = 0; i < dest->nprimary_key; i++)
	{
		const AshAttribute *attr = dest->primary_key[i];
		AshCast cast = { .errors = faults,
						 .code = ASH_E_INVALID_ATTRIBUTE,
						 .field = attr->name,
						 .no_constraints = true };
		JsonbValue value = *named;

		if ((object == NULL && dest->nprimary_key > 1) ||
			(object != NULL && !ash_jsonb_get(object, attr->name, strlen(attr->name), &value)) ||
			!ash_type_cast(attr->type, &value, &cast, &key[i]) || key[i].isnull)
			return ash_function_failed(naming->call, naming->function,
									   psprintf("returned %s, which is no key of %s",
												ash_clip(ash_input_text(named)), dest->name));
	}
	add_member(naming, key);
	return true;
}

static bool
read_related(Naming *naming, const JsonbValue *related)
{
	JsonbIterator *it;
	JsonbValue item;

	if (related->type == jbvNull)
		return true;
	if (related->type != jbvBinary || !JsonContainerIsArray(related->val.binary.data))
		return read_member(naming, related);
	it = JsonbIteratorInit(related->val.binary.data);
	while (ash_jsonb_next_item(&it, &item))
	{
		CHECK_FOR_INTERRUPTS();
		if (!read_member(naming, &item))
			return false;
	}
	return true;
}

/* The text a record's key has in the result. */
static char *
record_name(const AshKeys *keys, int key)
{
	StringInfoData out;
	Jsonb *json;
	JsonbValue value;

	initStringInfo(&out);
	write_record(&out, keys, key);
	json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data)));
	ash_jsonb_value_from_jsonb(json, &value);
	return value.type == jbvBinary ? ash_jsonb_value_json(&value) : ash_jsonb_value_text(&value);
}

static bool
is_null(const Jsonb *result)
{
	JsonbValue value;

	if (result == NULL)
		return true;
	ash_jsonb_value_from_jsonb(result, &value);
	return value.type == jbvNull;
}

static void
read_result(Naming *naming, AshKeys *keys, const Jsonb *result)
{
	AshMembers *members = naming->members;
	int known = 0;

	for (int key = 0; key < keys->nkeys; key++)
	{
		char *name = record_name(keys, key);
		JsonbValue related;

		CHECK_FOR_INTERRUPTS();
		members->first[key] = Int32GetDatum(members->n + 1);
		if (result != NULL && ash_jsonb_get(result, name, strlen(name), &related))
		{
			known++;
			if (!read_related(naming, &related))
				return;
		}
		members->last[key] = Int32GetDatum(members->n);
	}
	if (result != NULL && known < JB_ROOT_COUNT(result))
		ash_function_failed(naming->call, naming->function,
							"returned a record that it was not asked about");
}

/* Ask the function of the relationship; sets keys->members, or adds an error. */
void
ash_manual_relate(AshQuery *query, AshKeys *keys)
{
	Naming naming = { .call = query->call, .dest = query->res, .max = 64 };
	Jsonb *result;

	naming.function = ash_related_function(keys->res, keys->relationship);
	naming.members = palloc0(sizeof(AshMembers));
	naming.members->first =
		MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Datum) * keys->nkeys);
	naming.members->last =
		MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Datum) * keys->nkeys);
	naming.members->values = palloc(sizeof(Datum *) * query->res->nprimary_key);
	for (int i = 0; i < query->res->nprimary_key; i++)
		naming.members->values[i] = palloc(sizeof(Datum) * naming.max);
	result = ash_function_call(naming.function, records_of(keys), naming.function->options,
							   ash_call_context(query->call));
	if (is_null(result))
		result = NULL;
	if (result != NULL && !JB_ROOT_IS_OBJECT(result))
		ash_function_failed(query->call, naming.function, "returned something else than an object");
	else
		read_result(&naming, keys, result);
	keys->members = naming.members;
}
