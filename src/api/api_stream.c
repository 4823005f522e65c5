/*-------------------------------------------------------------------------
 *
 * src/api/api_stream.c
 *	  ash_stream: the rows of a read, one after the other, for as long as somebody asks.
 *
 * The read is made keyset page by keyset page, each a call of its own; only one page
 * is held.  A limit or offset of the read is that of the whole stream.  In the target
 * list PostgreSQL asks for one row at a time, so a LIMIT ends the reading too; in FROM
 * it gathers all rows first, on disk when they are many.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/api.h"
#include "funcapi.h"
#include "model/action_def.h"
#include "model/resource.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

ASH_FUNCTION(ash_stream);

#define DEFAULT_BATCH 250

typedef struct RowStream
{
	AshApiRequest request;

	char *after; /* keyset of the last row; NULL before the first page */
	int64 seen;	 /* rows of the pages before this one */
	bool more;	 /* is there another page? */

	MemoryContext page_cxt;
	const char *page; /* the page's JSON */
	const char *next; /* its next row, or the end of its rows */
	text *last;		  /* the row given last */
} RowStream;

/*-------------------------------------------------------------------------
 * Pages
 *-------------------------------------------------------------------------
 */

static bool
check_stream(AshCall *call)
{
	AshPagination *pagination = call->action->pagination;
	AshError *error;

	if (call->opts->page != NULL)
	{
		ash_error_add(call->errors, ASH_E_INVALID_OPTION, "page",
					  "option page cannot be given to a stream, which pages by itself");
		return false;
	}
	if (call->opts->batch_size.set && call->opts->batch_size.value < 1)
	{
		ash_error_add(call->errors, ASH_E_INVALID_OPTION, "batch_size",
					  "option batch_size must be at least 1");
		return false;
	}
	if (pagination != NULL && pagination->keyset && !call->action->get)
		return true;
	error = ash_error_add(call->errors, ASH_E_NON_STREAMABLE_ACTION, NULL,
						  "Action %s.%s does not support streaming with one of [:keyset].",
						  call->res->name, call->action->name);
	error->hint = "Enable keyset pagination on the action: \"pagination\": {\"keyset\": true}.";
	return false;
}

/* The query as its next page; false when the limit of the whole has been reached. */
static bool
set_page(AshQuery *query, const RowStream *stream)
{
	int64 max = query->action->pagination->max_page_size;
	const AshOptInt *given = &query->call->opts->batch_size;
	int64 batch_size = given->set ? Min(given->value, PG_INT32_MAX) : DEFAULT_BATCH;

	query->streamed = true;
	query->page = ASH_PAGE_KEYSET;
	query->page_count = false;
	query->page_limit = max > 0 ? Min(batch_size, max) : batch_size;
	query->after = stream->after;
	if (stream->after != NULL)
		query->offset.set = false;
	if (query->limit.set)
		query->limit.value -= stream->seen;
	return !query->limit.set || query->limit.value > 0;
}

/* arg is the RowStream */
static void
page_body(AshCall *call, const Jsonb *input, void *arg, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshQuery *query;

	if (check_stream(call) && (query = ash_action_query(call, input)) != NULL)
	{
		if (query->after_action != NIL)
			ash_error_add(call->errors, ASH_E_NON_STREAMABLE_ACTION, NULL,
						  "Action %s.%s cannot be streamed: it gives its records to a function",
						  call->res->name, call->action->name);
		else if (set_page(query, arg))
			ash_query_run(query, out);
		else
			appendStringInfoString(out, "{\"results\":[],\"more\":false}");
	}
	MemoryContextSwitchTo(old);
}

static bool
ends_with(const char *string, const char *end)
{
	size_t len = strlen(string);
	size_t end_len = strlen(end);

	return len >= end_len && strcmp(string + len - end_len, end) == 0;
}

/* The first row is behind the envelope's first "[": nothing before it can contain one. */
static void
read_page(RowStream *stream)
{
	MemoryContext old;

	MemoryContextReset(stream->page_cxt);
	stream->last = NULL;
	old = MemoryContextSwitchTo(stream->page_cxt);
	stream->page = TextDatumGetCString(ash_api_call(&stream->request, page_body, stream));
	MemoryContextSwitchTo(old);
	stream->next = strchr(stream->page, '[') + 1;
	stream->more = ends_with(stream->page, "\"more\":true}");
}

/*-------------------------------------------------------------------------
 * Rows
 *-------------------------------------------------------------------------
 */

/* The character after the JSON object that begins at p. */
static const char *
end_of_object(const char *p)
{
	int depth = 0;
	bool in_string = false;

	for (;; p++)
	{
		if (*p == '\0')
			elog(ERROR, "a row of a page has no end");
		if (in_string && *p == '\\')
			p++;
		else if (*p == '"')
			in_string = !in_string;
		else if (!in_string && *p == '{')
			depth++;
		else if (!in_string && *p == '}' && --depth == 0)
			return p + 1;
	}
}

/* The next row of the page at hand; NULL when there is none. */
static text *
next_of_page(RowStream *stream)
{
	MemoryContext old;
	const char *end;

	if (*stream->next == ',')
		stream->next++;
	if (*stream->next != '{')
		return NULL;
	end = end_of_object(stream->next);
	old = MemoryContextSwitchTo(stream->page_cxt);
	if (stream->last != NULL)
		pfree(stream->last);
	stream->last = cstring_to_text_with_len(stream->next, end - stream->next);
	MemoryContextSwitchTo(old);
	stream->next = end;
	stream->seen++;
	return stream->last;
}

/* Remember where the page ended. */
static void
leave_page(RowStream *stream, MemoryContext cxt)
{
	LOCAL_FCINFO(fcinfo, 2);
	Datum keyset;
	MemoryContext old;

	InitFunctionCallInfoData(*fcinfo, NULL, 2, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = PointerGetDatum(stream->last);
	fcinfo->args[0].isnull = false;
	fcinfo->args[1].value = CStringGetTextDatum("_keyset");
	fcinfo->args[1].isnull = false;
	keyset = json_object_field_text(fcinfo);
	if (fcinfo->isnull)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a row has no keyset, so the stream cannot go on"),
						errdetail("The values it is sorted by are too long.")));
	old = MemoryContextSwitchTo(cxt);
	if (stream->after != NULL)
		pfree(stream->after);
	stream->after = TextDatumGetCString(keyset);
	MemoryContextSwitchTo(old);
}

static text *
next_row(RowStream *stream, MemoryContext cxt)
{
	text *row;

	while ((row = next_of_page(stream)) == NULL)
	{
		if (!stream->more || stream->last == NULL)
			return NULL;
		leave_page(stream, cxt);
		read_page(stream);
	}
	return row;
}

static Jsonb *
copy_jsonb(Jsonb *jsonb)
{
	Jsonb *copy;

	if (jsonb == NULL)
		return NULL;
	copy = palloc(VARSIZE(jsonb));
	memcpy(copy, jsonb, VARSIZE(jsonb));
	return copy;
}

static RowStream *
begin_stream(FunctionCallInfo fcinfo)
{
	RowStream *stream = palloc0(sizeof(RowStream));

	stream->request = ash_read_request(fcinfo, 1);
	stream->request.options = copy_jsonb(stream->request.options);
	stream->page_cxt =
		AllocSetContextCreate(CurrentMemoryContext, "ash stream", ALLOCSET_DEFAULT_SIZES);
	return stream;
}

/* ash_stream(resource text, options jsonb) returns setof json */
Datum
ash_stream(PG_FUNCTION_ARGS)
{
	FuncCallContext *funcctx;
	RowStream *stream;
	text *row;

	if (SRF_IS_FIRSTCALL())
	{
		MemoryContext old;

		funcctx = SRF_FIRSTCALL_INIT();
		old = MemoryContextSwitchTo(funcctx->multi_call_memory_ctx);
		funcctx->user_fctx = begin_stream(fcinfo);
		MemoryContextSwitchTo(old);
		read_page(funcctx->user_fctx);
	}
	funcctx = SRF_PERCALL_SETUP();
	stream = funcctx->user_fctx;
	row = next_row(stream, funcctx->multi_call_memory_ctx);
	if (row == NULL)
		SRF_RETURN_DONE(funcctx);
	SRF_RETURN_NEXT(funcctx, PointerGetDatum(row));
}
