/*-------------------------------------------------------------------------
 *
 * src/action/lazy_load.c
 *	  Loads that records already hold: the option "lazy".
 *
 * What a load names alone and every record has a value for is not read again; the
 * values are given back as they came.  A load that says more (a query, loads
 * inside, arguments) may mean something else than what is there, and is read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "miscadmin.h"

typedef struct Lazy
{
	AshResource *res;
	const JsonbValue *records;
	int n;
	List *extras; /* of StringInfo, by record; NIL when nothing is held */
	List *held;	  /* of char * */
	JsonbParseState *rest;
} Lazy;

static bool
is_loadable(const AshResource *res, const char *name)
{
	return ash_find_relationship(res, name) != NULL || ash_find_calculation(res, name) != NULL ||
		   ash_find_aggregate(res, name) != NULL;
}

static bool
held_value(const JsonbValue *record, const char *name, JsonbValue *out)
{
	return record->type == jbvBinary && JsonContainerIsObject(record->val.binary.data) &&
		   ash_jsonb_get(ash_jsonb_from_value(record), name, strlen(name), out);
}

/* True if every record has a value under the name. */
static bool
all_hold(const Lazy *lazy, const char *name)
{
	JsonbValue value;

	for (int i = 0; i < lazy->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!held_value(&lazy->records[i], name, &value))
			return false;
	}
	return lazy->n > 0;
}

/* "name":value for each record */
static void
give_back(Lazy *lazy, const char *name)
{
	for (int i = 0; i < lazy->n; i++)
	{
		StringInfo extra;
		JsonbValue value;

		if (list_length(lazy->extras) <= i)
			lazy->extras = lappend(lazy->extras, makeStringInfo());
		extra = list_nth(lazy->extras, i);
		(void) held_value(&lazy->records[i], name, &value);
		appendStringInfoString(extra, extra->len > 0 ? "," : "");
		ash_write_json_string(extra, name, strlen(name));
		appendStringInfo(extra, ":%s", ash_jsonb_value_json(&value));
	}
	lazy->held = lappend(lazy->held, pstrdup(name));
}

/* The load as it was, into the rest. */
static void
keep(Lazy *lazy, const char *name, const JsonbValue *value)
{
	JsonbValue key = { .type = jbvString };

	key.val.string.val = pstrdup(name);
	key.val.string.len = strlen(name);
	if (value == NULL)
	{
		pushJsonbValue(&lazy->rest, WJB_ELEM, &key);
		return;
	}
	pushJsonbValue(&lazy->rest, WJB_BEGIN_OBJECT, NULL);
	pushJsonbValue(&lazy->rest, WJB_KEY, &key);
	pushJsonbValue(&lazy->rest, WJB_VALUE, unconstify(JsonbValue *, value));
	pushJsonbValue(&lazy->rest, WJB_END_OBJECT, NULL);
}

/*
 * AshLoadFn: a name alone that all records hold is given back; anything else stays to be
 * loaded.
 */
static void
take_load(void *context, const char *name, const JsonbValue *value)
{
	Lazy *lazy = context;
	bool alone =
		value == NULL || value->type == jbvNull || (value->type == jbvBool && value->val.boolean);

	if (alone && ash_names_contain(lazy->held, name))
		return;
	if (alone && is_loadable(lazy->res, name) && all_hold(lazy, name))
		give_back(lazy, name);
	else
		keep(lazy, name, value);
}

/* What is still to be loaded; *extras is what the records hold already, for ash_records_write. */
const Jsonb *
ash_action_lazy_load(AshCall *call, const Jsonb *load, const JsonbValue *records, int n,
					 List **extras)
{
	Lazy lazy = { .res = call->res, .records = records, .n = n };
	JsonbValue value;

	if (load == NULL)
		return NULL;
	ash_jsonb_value_from_jsonb(load, &value);
	pushJsonbValue(&lazy.rest, WJB_BEGIN_ARRAY, NULL);
	if (value.type != jbvNull)
		ash_load_each(&value, call->errors, take_load, &lazy);
	*extras = lazy.extras;
	return JsonbValueToJsonb(pushJsonbValue(&lazy.rest, WJB_END_ARRAY, NULL));
}
