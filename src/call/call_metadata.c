/*-------------------------------------------------------------------------
 *
 * src/call/call_metadata.c
 *	  The declared metadata of an action, for one record that it returns.
 *
 * Functions of the application set values; defaults fill the rest when the record is
 * returned.  The result has them under the key "_metadata".  Values are by metadata entry,
 * in CurrentMemoryContext; what is wrong with them is an error of the function.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "model/action_def.h"
#include "model/argument.h"

/* Allocate the values of the action's entries, unset, unless that was done. */
static void
ensure_values(AshMetadata *metadata, const AshAction *action)
{
	int n = Max(action->nmetadata, 1);

	if (metadata->values != NULL)
		return;
	metadata->values = palloc0(sizeof(AshValue) * n);
	metadata->set = palloc0(sizeof(bool) * n);
}

static AshCast
cast_to(AshCall *call, const AshArgument *entry)
{
	AshCast cast = {
		.errors = call->errors, .code = ASH_E_FUNCTION_FAILED, .field = entry->name, .call = call
	};

	return cast;
}

/* Cast and store the entry of that name; false after adding an error. */
static bool
set_one(AshCall *call, AshMetadata *metadata, const AshFunction *function, const char *name,
		const JsonbValue *value)
{
	for (int i = 0; i < call->action->nmetadata; i++)
	{
		const AshArgument *entry = call->action->metadata[i];
		AshCast cast = cast_to(call, entry);

		if (strcmp(entry->name, name) != 0)
			continue;
		metadata->set[i] = true;
		return ash_type_cast(entry->type, value, &cast, &metadata->values[i]);
	}
	return ash_function_failed(call, function, psprintf("set the unknown metadata \"%s\"", name));
}

/* Set the members of an object that the function returned; false after adding an error. */
bool
ash_metadata_set(AshCall *call, AshMetadata *metadata, const AshFunction *function,
				 const JsonbValue *object)
{
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;
	bool ok = true;

	if (object->type == jbvNull)
		return true;
	if (object->type != jbvBinary || !JsonContainerIsObject(object->val.binary.data))
		return ash_function_failed(call, function, "returned metadata that is no object");
	ensure_values(metadata, call->action);
	it = JsonbIteratorInit(object->val.binary.data);
	while (ash_jsonb_next_member(&it, &key, &value))
		ok &= set_one(call, metadata, function, ash_jsonb_value_text(&key), &value);
	return ok;
}

/* Fill in defaults and check what is required; false after adding an error. */
bool
ash_metadata_finish(AshCall *call, AshMetadata *metadata)
{
	const AshAction *action = call->action;
	bool ok = true;

	ensure_values(metadata, action);
	for (int i = 0; i < action->nmetadata; i++)
	{
		const AshArgument *entry = action->metadata[i];
		AshCast cast = cast_to(call, entry);

		if (!metadata->set[i])
			ok &= ash_call_default(call, &entry->dflt, entry->type, &cast, &metadata->values[i]);
		if (!metadata->values[i].isnull || entry->allow_nil)
			continue;
		ash_error_add(call->errors, ASH_E_REQUIRED, entry->name, "metadata %s is required",
					  entry->name);
		ok = false;
	}
	return ok;
}

/* Append "_metadata": {…}. */
void
ash_metadata_write(const AshAction *action, const AshMetadata *metadata, StringInfo out)
{
	appendStringInfoString(out, "\"_metadata\": {");
	for (int i = 0; i < action->nmetadata; i++)
	{
		const AshArgument *entry = action->metadata[i];

		appendStringInfoString(out, i > 0 ? ", " : "");
		ash_write_json_string(out, entry->name, strlen(entry->name));
		appendStringInfoString(out, ": ");
		ash_type_write_json(out, entry->type, &metadata->values[i]);
	}
	appendStringInfoChar(out, '}');
}

/*
 * The metadata of one record of a read, as the text above: from object, which function
 * returned, or NULL, and defaults.  NULL after adding an error.
 */
StringInfo
ash_metadata_text(AshCall *call, const AshFunction *function, const JsonbValue *object)
{
	AshMetadata metadata = { 0 };
	StringInfo text;

	if (object != NULL && !ash_metadata_set(call, &metadata, function, object))
		return NULL;
	if (!ash_metadata_finish(call, &metadata))
		return NULL;
	text = makeStringInfo();
	ash_metadata_write(call->action, &metadata, text);
	return text;
}
