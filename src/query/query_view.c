/*-------------------------------------------------------------------------
 *
 * src/query/query_view.c
 *	  A query as JSON, for functions of the application.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "model/entities.h"
#include "query/query.h"
#include "utils/builtins.h"

static void
view_write_json(StringInfo out, const char *key, const Jsonb *value)
{
	if (value == NULL)
		return;
	appendStringInfo(out, ", \"%s\": ", key);
	(void) JsonbToCString(out, unconstify(JsonbContainer *, &value->root),
						  VARSIZE_ANY_EXHDR(value));
}

static void
write_count(StringInfo out, const char *key, AshOptInt count)
{
	if (count.set)
		appendStringInfo(out, ", \"%s\": " INT64_FORMAT, key, count.value);
}

static void
write_selected(StringInfo out, const AshQuery *query)
{
	const char *separator = "";

	appendStringInfoString(out, ", \"select\": [");
	for (int i = 0; i < query->res->nattributes; i++)
	{
		const AshAttribute *attr = query->res->attributes[i];

		if (!ash_query_selects(query, attr))
			continue;
		appendStringInfoString(out, separator);
		ash_write_json_string(out, attr->name, strlen(attr->name));
		separator = ", ";
	}
	appendStringInfoChar(out, ']');
}

/*
 * {"resource", "action", "type", "arguments", "filter", "sort", "load", "page": what the
 * caller asks for, "limit", "offset", "select": what holds so far}
 */
Jsonb *
ash_query_view(const AshQuery *query)
{
	const AshCall *call = query->call;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"resource\": ");
	ash_write_json_string(&out, query->res->name, strlen(query->res->name));
	appendStringInfoString(&out, ", \"action\": ");
	ash_write_json_string(&out, query->action->name, strlen(query->action->name));
	appendStringInfo(&out, ", \"type\": \"%s\"", ash_action_types[query->action->type]);
	appendStringInfoString(&out, ", \"arguments\": ");
	ash_call_write_arguments(&out, call, false);
	view_write_json(&out, "filter", call->opts->filter);
	view_write_json(&out, "sort", call->opts->sort);
	view_write_json(&out, "load", call->opts->load);
	view_write_json(&out, "page", call->opts->page);
	write_count(&out, "limit", query->limit.set ? query->limit : call->opts->limit);
	write_count(&out, "offset", query->offset.set ? query->offset : call->opts->offset);
	write_selected(&out, query);
	appendStringInfoChar(&out, '}');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data)));
}
