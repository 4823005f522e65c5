/*-------------------------------------------------------------------------
 *
 * src/action/managed/managed_input.c
 *	  Input of a managed relationship: a list of objects, and the rows they mean.
 *
 * Values of the input are only ever cast to the type of the attribute they are
 * compared with; nothing in them is read as a filter.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/managed/managed.h"
#include "model/attribute.h"
#include "model/identity.h"
#include "model/relationship.h"
#include "model/resource.h"

/* True for null and the empty string. */
static bool
is_nothing(const JsonbValue *value)
{
	return value->type == jbvNull || (value->type == jbvString && value->val.string.len == 0);
}

/* True if all keys are whole numbers, as in {"0": …, "1": …}, which stands for a list. */
static bool
is_index_map(JsonbContainer *object)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue key;
	JsonbValue value;

	if (JsonContainerSize(object) == 0)
		return false;
	while (ash_jsonb_next_member(&it, &key, &value))
	{
		for (int i = 0; i < key.val.string.len; i++)
		{
			if (key.val.string.val[i] < '0' || key.val.string.val[i] > '9')
				return false;
		}
	}
	return true;
}

/*
 * An input as an object: a scalar goes under the key it gives, "value_is_key" or the primary
 * key.
 */
static Jsonb *
as_object(const AshManaging *m, const JsonbValue *value)
{
	JsonbParseState *state = NULL;
	const char *name = m->opts->value_is_key;
	JsonbValue key = { .type = jbvString };
	JsonbValue copy = *value;

	if (value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data))
		return ash_jsonb_from_value(value);
	if (name == NULL && m->dest->nprimary_key == 1)
		name = m->dest->primary_key[0]->name;
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (name != NULL)
	{
		key.val.string.val = unconstify(char *, name);
		key.val.string.len = strlen(name);
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &copy);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Fills m->inputs with objects, and m->was_list. */
static void
read_inputs(AshManaging *m)
{
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;
	bool array;

	if (m->managed->input == NULL)
		return;
	ash_jsonb_value_from_jsonb(m->managed->input, &value);
	if (is_nothing(&value))
		return;
	array = value.type == jbvBinary && JsonContainerIsArray(value.val.binary.data);
	m->was_list = array || (value.type == jbvBinary && is_index_map(value.val.binary.data));
	if (!m->was_list)
	{
		m->inputs = list_make1(as_object(m, &value));
		return;
	}
	it = JsonbIteratorInit(value.val.binary.data);
	while (array ? ash_jsonb_next_item(&it, &value) : ash_jsonb_next_member(&it, &key, &value))
		m->inputs = lappend(m->inputs, as_object(m, &value));
}

static List *
primary_key_of(const AshResource *res)
{
	List *attrs = NIL;

	for (int i = 0; i < res->nprimary_key; i++)
		attrs = lappend(attrs, res->primary_key[i]);
	return attrs;
}

/* The attributes of an identity, as List of AshAttribute *. */
static List *
identity_attributes(const AshResource *res, const AshIdentity *identity)
{
	List *attrs = NIL;
	ListCell *lc;

	foreach (lc, identity->keys)
		attrs = lappend(attrs, ash_find_attribute(res, lfirst(lc)));
	return attrs;
}

/* The names of use_identities, those of identity_priority first. */
static List *
identity_names(const AshManageOptions *opts)
{
	List *names = NIL;
	ListCell *lc;

	foreach (lc, opts->identity_priority)
	{
		ListCell *lc2;

		foreach (lc2, opts->use_identities)
		{
			if (strcmp(lfirst(lc), lfirst(lc2)) == 0)
				names = lappend(names, lfirst(lc2));
		}
	}
	return list_concat_unique_ptr(names, opts->use_identities);
}

/*
 * Fills m->keys, what identifies a row: the primary key, and for a has_one all identities,
 * unless use_identities says which. Adds an error for an identity that cannot find a row.
 */
static void
find_keys(AshManaging *m)
{
	ListCell *lc;

	if (m->opts->use_identities == NIL)
	{
		m->keys = list_make1(primary_key_of(m->dest));
		for (int i = 0; m->rel->kind == ASH_REL_HAS_ONE && i < m->dest->nidentities; i++)
		{
			if (m->dest->identities[i]->where == NULL)
				m->keys = lappend(m->keys, identity_attributes(m->dest, m->dest->identities[i]));
		}
		return;
	}
	foreach (lc, identity_names(m->opts))
	{
		const AshIdentity *identity;

		if (strcmp(lfirst(lc), "_primary_key") == 0)
		{
			m->keys = lappend(m->keys, primary_key_of(m->dest));
			continue;
		}
		identity = ash_find_identity(m->dest, lfirst(lc));
		if (identity == NULL || identity->where != NULL)
			ash_error_add(m->cs->call->errors, ASH_E_NO_IDENTITY_FOUND, NULL,
						  "Identity %s %s on resource %s", (char *) lfirst(lc),
						  identity ? "has a condition and cannot find a record" : "does not exist",
						  m->dest->name);
		else
			m->keys = lappend(m->keys, identity_attributes(m->dest, identity));
	}
}

/*
 * Fills *m but for the rows that are related now. Adds errors when the input does not fit the
 * relationship.
 */
void
ash_managing_begin(AshManaging *m, AshChangeset *cs, AshManaged *managed)
{
	memset(m, 0, sizeof(AshManaging));
	m->cs = cs;
	m->managed = managed;
	m->opts = managed->options;
	m->rel = managed->relationship;
	m->dest = ash_ref_resource(&m->rel->destination);
	if (m->rel->kind == ASH_REL_MANY_TO_MANY)
		m->join = ash_ref_resource(&m->rel->through);
	read_inputs(m);
	find_keys(m);
	if (list_length(m->inputs) > 1 &&
		(m->rel->kind == ASH_REL_BELONGS_TO || m->rel->kind == ASH_REL_HAS_ONE))
		ash_error_add(cs->call->errors, ASH_E_INVALID_RELATIONSHIP, m->rel->name,
					  "Invalid value provided for %s: cannot manage a %s relationship with a list "
					  "of records.",
					  m->rel->name, m->rel->kind == ASH_REL_BELONGS_TO ? "belongs_to" : "has_one");
}

/* The input's value for an attribute; false when it has none or cannot be cast. */
static bool
input_key_value(const AshManaging *m, const Jsonb *input, const AshAttribute *attr, AshValue *out)
{
	AshCast cast = { ash_errors_create(CurrentMemoryContext), ASH_E_INVALID_ATTRIBUTE, attr->name,
					 false };
	JsonbValue value;

	return ash_jsonb_get(input, attr->name, strlen(attr->name), &value) && value.type != jbvNull &&
		   ash_type_cast(attr->type, &value, &cast, out) && !out->isnull;
}

/* True if the input gives the key that is in the row. */
static bool
matches_key(const AshManaging *m, const AshValue *row, const Jsonb *input, List *key)
{
	bool has = m->rel->kind == ASH_REL_HAS_ONE || m->rel->kind == ASH_REL_HAS_MANY;
	ListCell *lc;

	foreach (lc, key)
	{
		const AshAttribute *attr = lfirst(lc);
		AshValue value;

		/* all related rows share it */
		if (has && list_length(key) > 1 && strcmp(attr->name, m->rel->destination_attribute) == 0)
			continue;
		if (row[attr->index].isnull || !input_key_value(m, input, attr, &value) ||
			!ash_type_equal(attr->type, &row[attr->index], &value))
			return false;
	}
	return key != NIL;
}

/* True if the input gives one of the keys that identify the row. */
bool
ash_managing_matches(const AshManaging *m, const AshValue *row, const Jsonb *input)
{
	ListCell *lc;

	foreach (lc, m->keys)
	{
		if (matches_key(m, row, input, lfirst(lc)))
			return true;
	}
	return false;
}

/* The one of rows that the input means, or NULL. With the rule "match" a to-one needs no key. */
AshValue *
ash_managing_find(const AshManaging *m, List *rows, const Jsonb *input)
{
	bool one = m->rel->kind == ASH_REL_HAS_ONE || m->rel->kind == ASH_REL_BELONGS_TO;
	ListCell *lc;

	if (one && m->opts->rules[ASH_ON_NO_MATCH].verb == ASH_MANAGE_MATCH && list_length(rows) == 1)
		return linitial(rows);
	foreach (lc, rows)
	{
		if (ash_managing_matches(m, lfirst(lc), input))
			return lfirst(lc);
	}
	return NULL;
}

typedef bool (*KeepKey)(const JsonbValue *key, const void *arg);

/* A copy of the object with the members whose keys are to be kept. */
static Jsonb *
filter_keys(const Jsonb *input, KeepKey keep, const void *arg)
{
	JsonbParseState *state = NULL;
	JsonbIterator *it = ash_jsonb_walk(input);
	JsonbValue key;
	JsonbValue value;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	while (ash_jsonb_next_member(&it, &key, &value))
	{
		if (!keep(&key, arg))
			continue;
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static bool
is_input_of(const JsonbValue *key, const void *arg)
{
	return ash_find_input(arg, key->val.string.val, key->val.string.len) != NULL;
}

/* The members of input that the action takes. */
Jsonb *
ash_input_for(const AshAction *action, const Jsonb *input)
{
	return filter_keys(input, is_input_of, action);
}

/* KeepKey: the key is one of a List of char *. */
static bool
is_key_among(const JsonbValue *key, const void *arg)
{
	ListCell *lc;

	foreach (lc, (const List *) arg)
	{
		if (strlen(lfirst(lc)) == key->val.string.len &&
			memcmp(lfirst(lc), key->val.string.val, key->val.string.len) == 0)
			return true;
	}
	return false;
}

static bool
is_not_among(const JsonbValue *key, const void *arg)
{
	return !is_key_among(key, arg);
}

/* The members of input under the given keys (with), or the others. */
Jsonb *
ash_input_split(const Jsonb *input, List *keys, bool with)
{
	return filter_keys(input, with ? is_key_among : is_not_among, keys);
}
