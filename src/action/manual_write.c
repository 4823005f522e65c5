/*-------------------------------------------------------------------------
 *
 * src/action/manual_write.c
 *	  Manual writes: a SQL function in place of the INSERT, UPDATE or DELETE.
 *
 *	  name(changeset jsonb, options jsonb, context jsonb) returns jsonb
 *
 * The rest of the life cycle is that of other writes: casting, changes, validations, policies,
 *hooks, managed relationships, loads.  The function returns {"record": {…}}, the row as it is now,
 *or {"errors": …}.  An update that finds nothing to update returns null, which is a stale record; a
 *destroy may return null when it has destroyed the row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/resource.h"

/*-------------------------------------------------------------------------
 * Before it is called
 *-------------------------------------------------------------------------
 */

/*
 * Turns atomic changes of an update into values: the row is locked, so nothing changes it
 * meanwhile. False after adding an error.
 */
static bool
fold_atomics(AshChangeset *cs)
{
	for (int i = 0; i < cs->res->nattributes; i++)
	{
		const AshAttribute *attr = cs->res->attributes[i];
		AshValue value;

		if (!(cs->flags[i] & ASH_ATOMIC) || cs->data == NULL)
			continue;
		if (!ash_expr_in_memory(cs->atomics[i]))
		{
			ash_error_add(cs->call->errors, ASH_E_INVALID_CHANGES, attr->name,
						  "attribute %s is set from other rows, which a manual action cannot do",
						  attr->name);
			return false;
		}
		if (!ash_expr_eval(cs->atomics[i], &cs->call->bindings, ash_row_attribute, cs->data,
						   &value))
			return false;
		cs->atomics[i] = NULL;
		cs->flags[i] &= ~ASH_ATOMIC;
		ash_changeset_force_value(cs, attr, value);
	}
	return true;
}

/*-------------------------------------------------------------------------
 * What it returns
 *-------------------------------------------------------------------------
 */

/* False after adding an error for a key that the function may not return. */
static bool
check_result_keys(AshChangeset *cs, const AshFunction *function, Jsonb *result)
{
	static const char *const known[] = { "record", "metadata", "errors" };
	JsonbValue key;

	if (!ash_jsonb_unknown_key(result, known, lengthof(known), &key))
		return true;
	return ash_function_failed(cs->call, function,
							   psprintf("returned the unknown key \"%s\"",
										ash_jsonb_value_text(&key)));
}

/* True if no attribute of the primary key is null. */
static bool
has_primary_key(const AshResource *res, const AshValue *row)
{
	for (int i = 0; i < res->nprimary_key; i++)
	{
		if (row[res->primary_key[i]->index].isnull)
			return false;
	}
	return true;
}

/*
 * Puts the record that the function returned into cs->result; fields that it lacks are as
 * before. False after adding an error.
 */
static bool
take_returned_record(AshChangeset *cs, const AshFunction *function, const JsonbValue *record)
{
	if (record->type != jbvBinary || !JsonContainerIsObject(record->val.binary.data))
		return ash_function_failed(cs->call, function, "returned \"record\" that is no object");
	for (int i = 0; i < cs->res->nattributes; i++)
	{
		AshValue missing = { (Datum) 0, true };

		cs->result[i] = cs->data != NULL ? cs->data[i] : missing;
	}
	if (!ash_row_from_json(cs->call, cs->res, function, ash_jsonb_from_value(record), cs->result))
		return false;
	return has_primary_key(cs->res, cs->result) ||
		   ash_function_failed(cs->call, function, "returned a record without its primary key");
}

/*
 * Applies what the function returned: errors, metadata and the record. False after adding an
 * error.
 */
static bool
take_result(AshChangeset *cs, const AshFunction *function, Jsonb *result)
{
	JsonbValue member;

	if (!JB_ROOT_IS_OBJECT(result))
		return ash_function_failed(cs->call, function, "returned something else than an object");
	if (!check_result_keys(cs, function, result))
		return false;
	if (ash_jsonb_get(result, "errors", 6, &member) &&
		ash_function_errors(cs->call->errors, &member) > 0)
		return false;
	if (ash_jsonb_get(result, "metadata", 8, &member) &&
		!ash_metadata_set(cs->call, &cs->metadata, function, &member))
		return false;
	if (ash_jsonb_get(result, "record", 6, &member))
		return take_returned_record(cs, function, &member);
	if (cs->type != ASH_ACTION_DESTROY)
		return ash_function_failed(cs->call, function, "returned no record");
	cs->result = cs->data;
	return true;
}

/*
 * Calls the function of a manual action in place of the INSERT, UPDATE or DELETE; the row goes
 * to cs->result. ASH_WRITE_NO_ROW when the stored row does not meet the filters, or an update
 * returns null; errors are added to the call's.
 */
AshWriteStatus
ash_manual_write(AshChangeset *cs)
{
	AshFunction *function =
		ash_function_cached(&cs->action->manual, cs->res->cxt, cs->action->manual_json, NULL);
	Jsonb *result;

	if (ash_upsert_wanted(cs) && cs->type == ASH_ACTION_CREATE)
	{
		ash_error_add(cs->call->errors, ASH_E_INVALID_OPTION, "upsert",
					  "%s.%s is manual: it does not upsert", cs->res->name, cs->action->name);
		return ASH_WRITE_DONE;
	}
	if (!ash_changeset_meets_filters(cs))
		return ASH_WRITE_NO_ROW;
	if (!fold_atomics(cs))
		return ASH_WRITE_DONE;
	result = ash_function_call(function, ash_changeset_view(cs, false), function->options,
							   ash_call_context(cs->call));
	if (result != NULL)
		(void) take_result(cs, function, result);
	else if (cs->type == ASH_ACTION_UPDATE)
		return ASH_WRITE_NO_ROW;
	else if (cs->type == ASH_ACTION_DESTROY)
		cs->result = cs->data;
	else
		(void) ash_function_failed(cs->call, function, "returned no record");
	return ASH_WRITE_DONE;
}
