/*-------------------------------------------------------------------------
 *
 * src/changeset/metadata.c
 *	  What an action says about the record it gives back: its declared metadata.
 *
 * Functions of the application set it; defaults fill the rest when the action is
 * done.  It stands under "_metadata" of the record.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/internal.h"

static void
ensure_values(AshChangeset *cs)
{
	int n = Max(cs->action->nmetadata, 1);

	if (cs->metadata != NULL)
		return;
	cs->metadata = MemoryContextAllocZero(cs->call->cxt, sizeof(AshValue) * n);
	cs->metadata_set = MemoryContextAllocZero(cs->call->cxt, sizeof(bool) * n);
}

static AshCast
cast_to(const AshChangeset *cs, const AshArgument *entry)
{
	AshCast cast = { .errors = cs->call->errors,
					 .code = ASH_E_FUNCTION_FAILED,
					 .field = entry->name,
					 .call = cs->call };

	return cast;
}

/* False when there is no metadata of that name, or after adding an error. */
bool
ash_changeset_set_metadata(AshChangeset *cs, const char *name, const JsonbValue *value, bool *known)
{
	*known = false;
	for (int i = 0; i < cs->action->nmetadata; i++)
	{
		const AshArgument *entry = cs->action->metadata[i];
		AshCast cast = cast_to(cs, entry);

		if (strcmp(entry->name, name) != 0)
			continue;
		*known = true;
		ensure_values(cs);
		cs->metadata_set[i] = true;
		return ash_type_cast(entry->type, value, &cast, &cs->metadata[i]);
	}
	return false;
}

/* Defaults, and what must be there; false after adding an error. */
bool
ash_changeset_finish_metadata(AshChangeset *cs)
{
	bool ok = true;

	if (cs->action->nmetadata == 0)
		return true;
	ensure_values(cs);
	for (int i = 0; i < cs->action->nmetadata; i++)
	{
		const AshArgument *entry = cs->action->metadata[i];
		AshCast cast = cast_to(cs, entry);

		if (!cs->metadata_set[i])
			ok &= ash_call_default(cs->call, &entry->dflt, entry->type, &cast, &cs->metadata[i]);
		if (!cs->metadata[i].isnull || entry->allow_nil)
			continue;
		ash_error_add(cs->call->errors, ASH_E_REQUIRED, entry->name, "metadata %s is required",
					  entry->name);
		ok = false;
	}
	return ok;
}

/* "_metadata": {…} */
void
ash_changeset_write_metadata(const AshChangeset *cs, StringInfo out)
{
	appendStringInfoString(out, "\"_metadata\": {");
	for (int i = 0; i < cs->action->nmetadata; i++)
	{
		const AshArgument *entry = cs->action->metadata[i];

		appendStringInfoString(out, i > 0 ? ", " : "");
		ash_write_json_string(out, entry->name, strlen(entry->name));
		appendStringInfoString(out, ": ");
		ash_type_write_json(out, entry->type, &cs->metadata[i]);
	}
	appendStringInfoChar(out, '}');
}
