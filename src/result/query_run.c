/*-------------------------------------------------------------------------
 *
 * src/result/query_run.c
 *	  Runs a query and writes its result.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "result/result.h"

static bool
failed(const AshQuery *query)
{
	return ash_errors_any(query->call->errors);
}

/*-------------------------------------------------------------------------
 * Streaming
 *-------------------------------------------------------------------------
 */

typedef struct Stream
{
	AshOutput *output;
	AshKeysetWriter *keyset;
} Stream;

static void
finish_row(AshRowWriter *writer, Datum *values, bool *nulls)
{
	Stream *stream = writer->context;

	ash_output_finish(stream->output, stream->keyset, writer, values, nulls);
}

/* Rows straight to out; returns how many there were. */
static uint64
stream_rows(AshQuery *query, AshOutput *output, int64 limit, StringInfo out)
{
	Stream stream = { output, NULL };
	AshRowWriter writer = { 0 };
	AshSql sql;

	ash_query_sql_init(query, &sql);
	ash_statement_rows(query, output, NULL, &sql);
	if (failed(query))
		return 0;
	if (output->keyset >= 0)
		stream.keyset = ash_keyset_writer(query);
	writer.ncolumns = output->ncolumns;
	writer.columns = output->json;
	writer.out = out;
	writer.max_rows = limit;
	if (stream.keyset != NULL || output->tail != NULL)
		writer.finish_row = finish_row;
	writer.context = &stream;
	return ash_exec_stream(query->res, &sql, &writer);
}

/* Rows, with "," between; at most limit are written (0 = all).  Returns how many there were. */
static uint64
write_rows(AshQuery *query, int64 limit, StringInfo out)
{
	AshOutput *output;
	AshRowset *rows;

	if (ash_query_is_manual(query))
		return ash_manual_read(query, limit, out);
	output = ash_output_create(query, false);
	/* before a cursor the rows come in reverse */
	if (output->nloads == 0 && output->late == NULL && query->before == NULL)
		return stream_rows(query, output, limit, out);
	rows = ash_rowset_create(query, output);
	ash_rowset_select(rows, NULL);
	ash_rowset_load(rows);
	if (failed(query))
		return 0;
	ash_rowset_write(rows, limit, out);
	return ash_rowset_count(rows);
}

/*-------------------------------------------------------------------------
 * Results
 *-------------------------------------------------------------------------
 */

static void
take_count(TupleTableSlot *slot, void *arg)
{
	bool isnull;

	*(int64 *) arg = DatumGetInt64(slot_getattr(slot, 1, &isnull));
}

static int64
count_all(AshQuery *query)
{
	AshSql sql;
	int64 count = 0;

	ash_query_sql_init(query, &sql);
	ash_statement_count(query, NULL, &sql);
	if (!failed(query))
		ash_exec_each(query->res, &sql, take_count, &count);
	return count;
}

/* A page even if none was asked for, in a total order; false after adding an error. */
static bool
settle_page(AshQuery *query)
{
	if (failed(query) || !ash_page_default(query))
		return false;
	if (query->page == ASH_PAGE_NONE)
		return true;
	ash_query_complete_sort(query);
	return ash_keyset_read(query);
}

static void
run_page(AshQuery *query, StringInfo out)
{
	int64 count = -1;
	uint64 found;
	int start;

	ash_page_open(query, out);
	start = out->len;
	found = write_rows(query, query->page_limit, out);
	ash_query_after_action(query, out, start);
	if (failed(query))
		return;
	if (query->page_count)
		count = count_all(query);
	ash_page_close(query, count, found > query->page_limit, out);
}

/* An array, or a page. */
void
ash_query_run(AshQuery *query, StringInfo out)
{
	int start;

	if (!ash_query_begin(query) || !ash_query_see_all(query) || !settle_page(query))
		return;
	if (query->page != ASH_PAGE_NONE)
	{
		run_page(query, out);
		return;
	}
	appendStringInfoChar(out, '[');
	start = out->len;
	write_rows(query, 0, out);
	ash_query_after_action(query, out, start);
	appendStringInfoChar(out, ']');
}

/* No page, and one row more than is wanted. */
static void
settle_single(AshQuery *query)
{
	query->page = ASH_PAGE_NONE;
	query->after = query->before = NULL;
	query->page_filters = NIL;
	if (query->limit.set && query->limit.value <= 2)
		return;
	query->limit.set = true;
	query->limit.value = 2;
}

bool
ash_query_statement(AshQuery *query, AshSql *sql)
{
	if (ash_query_is_manual(query))
		return ash_manual_refuse(query, "shown as a statement");
	if (query->must_see != NULL)
		query->filters = lappend(query->filters, query->must_see);
	if (query->action != NULL && query->action->get)
		settle_single(query);
	else if (!settle_page(query))
		return false;
	ash_query_sql_init(query, sql);
	ash_statement_rows(query, ash_output_create(query, false), NULL, sql);
	return !failed(query);
}

/*
 * At most one record, or null.  More than one adds MULTIPLE_RESULTS; a page is not
 * made.
 */
int
ash_query_run_one(AshQuery *query, StringInfo out)
{
	int start = out->len;
	uint64 found;

	if (!ash_query_begin(query) || !ash_query_see_all(query))
		return 0;
	settle_single(query);
	found = write_rows(query, 1, out);
	if (found == 1)
	{
		ash_query_after_action(query, out, start);
		found = out->len > start ? 1 : 0;
	}
	if (found > 1)
		ash_error_add(
			query->call->errors, ASH_E_MULTIPLE_RESULTS, NULL,
			"expected at most one result but got at least 2.\n\n"
			"    Please ensure your action is configured with an appropriate filter to ensure a single result is returned.");
	if (failed(query))
	{
		out->len = start;
		out->data[start] = '\0';
	}
	else if (found == 0)
		appendStringInfoString(out, "null");
	return (int) Min(found, 2);
}

/*-------------------------------------------------------------------------
 * Values
 *-------------------------------------------------------------------------
 */

typedef struct Fetch
{
	AshResource *res;
	List *rows;
	AshValue **by_key; /* instead of rows, or NULL */
} Fetch;

static void
fetch_row(TupleTableSlot *slot, void *arg)
{
	Fetch *fetch = arg;
	AshValue *row = palloc(sizeof(AshValue) * Max(fetch->res->nattributes, 1));
	int first = fetch->by_key != NULL ? 1 : 0;

	slot_getallattrs(slot);
	for (int i = 0; i < fetch->res->nattributes; i++)
	{
		AshValue value = { slot->tts_values[first + i], slot->tts_isnull[first + i] };

		row[i] = ash_value_copy(fetch->res->attributes[i]->type, value);
	}
	if (fetch->by_key != NULL)
		fetch->by_key[DatumGetInt64(slot->tts_values[0]) - 1] = row;
	else
		fetch->rows = lappend(fetch->rows, row);
}

/* The query for all attributes of its rows, not masked. */
static AshQuery
whole_query(const AshQuery *query)
{
	AshQuery whole = *query;

	whole.select = NULL;
	for (int i = 0; i < query->res->nattributes; i++)
		whole.select = bms_add_member(whole.select, i);
	whole.select_given = true;
	whole.loads = NIL;
	whole.page = ASH_PAGE_NONE;
	whole.bare = true;
	return whole;
}

static void
fetch_rows(AshQuery *whole, AshKeys *keys, Fetch *fetch)
{
	AshSql sql;

	ash_query_sql_init(whole, &sql);
	ash_statement_rows(whole, ash_output_create(whole, keys != NULL), keys, &sql);
	if (!failed(whole))
		ash_exec_each(whole->res, &sql, fetch_row, fetch);
}

/* True if the query can be fetched from its table: it has begun, and is not manual. */
static bool
can_fetch(AshQuery *query)
{
	if (!ash_query_begin(query) || !ash_query_see_all(query))
		return false;
	return !ash_query_is_manual(query) || ash_manual_refuse(query, "read from its table");
}

/* All attributes, not masked: for actions, not for callers. */
List *
ash_query_fetch(AshQuery *query, int limit)
{
	AshQuery whole;
	Fetch fetch = { query->res, NIL, NULL };

	if (!can_fetch(query))
		return NIL;
	whole = whole_query(query);
	if (limit > 0 && (!whole.limit.set || whole.limit.value > limit))
	{
		whole.limit.set = true;
		whole.limit.value = limit;
	}
	fetch_rows(&whole, NULL, &fetch);
	return fetch.rows;
}

AshValue **
ash_query_fetch_keys(AshQuery *query, AshValue **keys, int nkeys)
{
	AshValue **rows = palloc0(sizeof(AshValue *) * Max(nkeys, 1));
	Fetch fetch = { query->res, NIL, rows };
	AshQuery whole;

	if (nkeys == 0 || !can_fetch(query))
		return rows;
	whole = whole_query(query);
	fetch_rows(&whole, ash_keys_of_rows(query->res, keys, nkeys), &fetch);
	return rows;
}
