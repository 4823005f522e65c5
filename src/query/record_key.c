/*-------------------------------------------------------------------------
 *
 * src/query/record_key.c
 *	  Conditions for one row: by the values of its key, or by options.record.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "model/identity.h"
#include "model/resource.h"
#include "query/query.h"

/* input: the caller names the field, so one that they may not see finds nothing. */
static AshExpr *
equals(AshResource *res, const AshAttribute *attr, AshValue value, bool input)
{
	AshExpr *ref = ash_expr_attribute(res, attr);

	ref->from_input = input && !attr->primary_key;
	return ash_expr_call("=", list_make2(ref, ash_expr_const(attr->type, value)), NULL);
}

AshExpr *
ash_query_key_filter(AshResource *res, const AshValue *row)
{
	AshExpr *all = NULL;

	for (int i = 0; i < res->nprimary_key; i++)
		all = ash_expr_and(all, equals(res, res->primary_key[i], row[res->primary_key[i]->index],
									   false));
	return all;
}

/*-------------------------------------------------------------------------
 * options.record
 *-------------------------------------------------------------------------
 */

char *
ash_query_key_hint(const AshResource *res)
{
	StringInfoData hint;

	initStringInfo(&hint);
	if (res->nprimary_key == 1)
		appendStringInfo(&hint, "Give the value of \"%s\", of type %s", res->primary_key[0]->name,
						 res->primary_key[0]->type->name);
	else if (res->nprimary_key > 1)
	{
		appendStringInfoString(&hint, "Give a JSON object of the fields ");
		for (int i = 0; i < res->nprimary_key; i++)
			appendStringInfo(&hint, "%s\"%s\"",
							 i == 0						? "" :
							 i == res->nprimary_key - 1 ? " and " :
														  ", ",
							 res->primary_key[i]->name);
	}
	if (res->nidentities > 0)
		appendStringInfo(&hint, "%s a JSON object of the fields of an identity",
						 hint.len > 0 ? ", or" : "Give");
	if (hint.len > 0)
		appendStringInfoChar(&hint, '.');
	return hint.len > 0 ? hint.data : NULL;
}

static AshExpr *
invalid_key(AshCall *call, const AshResource *res, const JsonbValue *record)
{
	AshError *error = ash_error_add(call->errors, ASH_E_INVALID_PRIMARY_KEY, NULL,
									"invalid primary key %s provided", ash_input_text(record));

	error->hint = ash_query_key_hint(res);
	return NULL;
}

/* attribute = value; NULL after adding an error */
static AshExpr *
attribute_filter(AshCall *call, AshResource *res, const AshAttribute *attr, const JsonbValue *in,
				 const JsonbValue *record)
{
	AshCast cast = { .errors = ash_errors_create(CurrentMemoryContext),
					 .code = ASH_E_INVALID_PRIMARY_KEY,
					 .field = attr->name,
					 .no_constraints = true,
					 .call = call };
	AshValue value;

	if (in->type == jbvNull)
	{
		value.value = (Datum) 0;
		value.isnull = true;
	}
	else if (!ash_type_cast(attr->type, in, &cast, &value))
		return invalid_key(call, res, record);
	return equals(res, attr, value, true);
}

/* All attributes of the list, when the object has them all; else NULL, adding nothing. */
static bool
object_has(const Jsonb *object, List *names)
{
	ListCell *lc;
	JsonbValue value;

	foreach (lc, names)
	{
		if (!ash_jsonb_get(object, lfirst(lc), strlen(lfirst(lc)), &value))
			return false;
	}
	return names != NIL;
}

static AshExpr *
names_filter(AshCall *call, AshResource *res, const Jsonb *object, List *names,
			 const JsonbValue *record)
{
	AshExpr *all = NULL;
	ListCell *lc;

	foreach (lc, names)
	{
		const AshAttribute *attr = ash_find_attribute(res, lfirst(lc));
		JsonbValue value;
		AshExpr *one;

		if (attr == NULL || !ash_jsonb_get(object, attr->name, strlen(attr->name), &value))
			return invalid_key(call, res, record);
		one = attribute_filter(call, res, attr, &value, record);
		if (one == NULL)
			return NULL;
		all = ash_expr_and(all, one);
	}
	return all;
}

static List *
key_names(const AshResource *res)
{
	List *names = NIL;

	for (int i = 0; i < res->nprimary_key; i++)
		names = lappend(names, unconstify(char *, res->primary_key[i]->name));
	return names;
}

/* By primary key (further keys of a whole record do not matter), else by an identity. */
static AshExpr *
object_filter(AshCall *call, AshResource *res, const Jsonb *object, const JsonbValue *record)
{
	List *key = key_names(res);

	if (object_has(object, key))
		return names_filter(call, res, object, key, record);
	for (int i = 0; i < res->nidentities; i++)
	{
		const AshIdentity *identity = res->identities[i];

		if (object_has(object, identity->keys) &&
			JB_ROOT_COUNT(object) == list_length(identity->keys))
			return names_filter(call, res, object, identity->keys, record);
	}
	return invalid_key(call, res, record);
}

/*
 * The primary key that record names: a scalar, or an object that has it among its
 * members.  By attribute index; false when it names none.
 */
bool
ash_query_record_key(const AshResource *res, const JsonbValue *record, AshValue *key)
{
	AshErrors *ignored = ash_errors_create(CurrentMemoryContext);
	Jsonb *object = record->type == jbvBinary ? ash_jsonb_from_value(record) : NULL;

	if (object != NULL ? !JB_ROOT_IS_OBJECT(object) : res->nprimary_key != 1)
		return false;
	for (int i = 0; i < res->nprimary_key; i++)
	{
		const AshAttribute *attr = res->primary_key[i];
		AshCast cast = { .errors = ignored,
						 .code = ASH_E_INVALID_PRIMARY_KEY,
						 .no_constraints = true };
		JsonbValue value = *record;

		if (object != NULL && !ash_jsonb_get(object, attr->name, strlen(attr->name), &value))
			return false;
		if (!ash_type_cast(attr->type, &value, &cast, &key[attr->index]) || key[attr->index].isnull)
			return false;
	}
	return res->nprimary_key > 0;
}

AshExpr *
ash_query_record_filter(AshCall *call, AshResource *res, const JsonbValue *record)
{
	if (record->type == jbvBinary)
	{
		Jsonb *object = ash_jsonb_from_value(record);

		if (!JB_ROOT_IS_OBJECT(object))
			return invalid_key(call, res, record);
		return object_filter(call, res, object, record);
	}
	if (res->nprimary_key != 1)
		return invalid_key(call, res, record);
	return attribute_filter(call, res, res->primary_key[0], record, record);
}
