/*-------------------------------------------------------------------------
 *
 * src/changeset/changeset_view.c
 *	  A changeset as JSON, for functions of the application and for the log; and
 *	  merging of JSON objects.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "changeset/changeset_internal.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "utils/builtins.h"

/*
 * Appends "name": value, and a separator if it is not the first of its object. hide replaces a
 * value that is not null.
 */
static void
write_named_value(StringInfo out, const char *name, const AshTypeInst *type, const AshValue *value,
				  bool hide)
{
	AshValue redacted = { 0, true };

	if (out->data[out->len - 1] != '{')
		appendStringInfoString(out, ", ");
	ash_write_json_string(out, name, strlen(name));
	appendStringInfoString(out, ": ");
	if (hide && !value->isnull)
		appendStringInfoString(out, "\"**redacted**\"");
	else
		ash_type_write_json(out, type, value->isnull ? &redacted : value);
}

/* Appends "attributes", the changed values, and "data", the stored row or null. */
static void
write_changes_and_data(StringInfo out, const AshChangeset *cs, bool redact)
{
	appendStringInfoString(out, "\"attributes\": {");
	for (int i = 0; i < cs->res->nattributes; i++)
	{
		const AshAttribute *attr = cs->res->attributes[i];

		if (cs->flags[i] & ASH_CHANGING)
			write_named_value(out, attr->name, attr->type, &cs->values[i],
							  redact && attr->sensitive);
	}
	appendStringInfoString(out, "}, \"data\": ");
	if (cs->data == NULL)
	{
		appendStringInfoString(out, "null");
		return;
	}
	appendStringInfoChar(out, '{');
	for (int i = 0; i < cs->res->nattributes; i++)
	{
		const AshAttribute *attr = cs->res->attributes[i];

		write_named_value(out, attr->name, attr->type, &cs->data[i], redact && attr->sensitive);
	}
	appendStringInfoChar(out, '}');
}

/*
 * The changeset as functions of the application are given it, and as it is logged:
 * {"resource", "action", "type", "attributes": {changed}, "data": {stored}, "arguments"}. With
 * redact sensitive values are replaced.
 */
Jsonb *
ash_changeset_view(AshChangeset *cs, bool redact)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "{\"resource\": ");
	ash_write_json_string(&buf, cs->res->name, strlen(cs->res->name));
	appendStringInfoString(&buf, ", \"action\": ");
	ash_write_json_string(&buf, cs->action->name, strlen(cs->action->name));
	appendStringInfo(&buf, ", \"type\": \"%s\", ", ash_action_types[cs->action->type]);
	write_changes_and_data(&buf, cs, redact);
	appendStringInfoString(&buf, ", \"arguments\": ");
	ash_call_write_arguments(&buf, cs->call, redact);
	appendStringInfoChar(&buf, '}');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data)));
}

/* Pushes the items of a load statement, or the statement itself when it is not a list. */
static void
push_load(JsonbParseState **state, Jsonb *load)
{
	JsonbIterator *it;
	JsonbValue value;

	if (!JB_ROOT_IS_ARRAY(load) || JB_ROOT_IS_SCALAR(load))
	{
		ash_jsonb_value_from_jsonb(load, &value);
		pushJsonbValue(state, WJB_ELEM, &value);
		return;
	}
	it = ash_jsonb_walk(load);
	while (ash_jsonb_next_item(&it, &value))
		pushJsonbValue(state, WJB_ELEM, &value);
}

/* Two load statements as one; either may be NULL, and both may be. */
Jsonb *
ash_load_merge(Jsonb *a, Jsonb *b)
{
	JsonbParseState *state = NULL;

	if (a == NULL || b == NULL)
		return a ? a : b;
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	push_load(&state, a);
	push_load(&state, b);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL));
}

/*
 * What the record's JSON has besides its fields: managed relationships, _upsert_skipped and
 * metadata, as text of object members; NULL for nothing.
 */
StringInfo
ash_changeset_extra(const AshChangeset *cs)
{
	StringInfo buf;
	ListCell *lc;

	if (cs->extras == NIL && !cs->upsert_skipped && cs->action->nmetadata == 0)
		return NULL;
	buf = makeStringInfo();
	foreach (lc, cs->extras)
		appendStringInfo(buf, "%s%s", buf->len > 0 ? ", " : "", (char *) lfirst(lc));
	if (cs->upsert_skipped)
		appendStringInfo(buf, "%s\"_upsert_skipped\": true", buf->len > 0 ? ", " : "");
	if (cs->action->nmetadata > 0)
	{
		appendStringInfoString(buf, buf->len > 0 ? ", " : "");
		ash_metadata_write(cs->action, &cs->metadata, buf);
	}
	return buf;
}
