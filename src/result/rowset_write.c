/*-------------------------------------------------------------------------
 *
 * src/result/rowset_write.c
 *	  Rows whose relationships are loaded: the pieces become JSON.
 *
 * A piece is a row's JSON without its closing brace.  What is related is spliced in
 * before that brace, each related row as often as it is related.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "result/rowset.h"

/* The rows of one key, at most limit of them (0 = all). */
static void
write_list(Related *related, int key, int64 limit, StringInfo out)
{
	AshRowset *rows = related->rows;
	bool reverse = rows->query->before != NULL;
	List *order = NIL;
	int64 n = 0;
	ListCell *lc;

	for (int row = key < 0 ? -1 : related->first[key]; row >= 0; row = rows->rows[row].next)
	{
		if (limit > 0 && n++ >= limit)
			break;
		order = reverse ? lcons_int(row, order) : lappend_int(order, row);
	}
	foreach (lc, order)
	{
		if (lc != list_head(order))
			appendStringInfoCharMacro(out, ',');
		ash_rowset_write_row(rows, lfirst_int(lc), out);
	}
	list_free(order);
}

static void
write_page(Related *related, int key, StringInfo out)
{
	AshQuery *query = related->load->query;
	int found = key < 0 ? 0 : related->count[key];
	int64 total = !query->page_count ? -1 : key < 0 ? 0 : related->total[key];

	ash_page_open(query, out);
	write_list(related, key, query->page_limit, out);
	ash_page_close(query, total, found > query->page_limit, out);
}

/* The value under the relationship's name. */
static void
write_related(Related *related, int row, StringInfo out)
{
	int key = related->row_keys[row];

	if (related->load->query->forbidden)
		appendStringInfoString(out, "null");
	else if (related->load->query->page != ASH_PAGE_NONE)
		write_page(related, key, out);
	else if (ash_relationship_to_many(related->load->relationship))
	{
		appendStringInfoCharMacro(out, '[');
		write_list(related, key, 0, out);
		appendStringInfoCharMacro(out, ']');
	}
	else if (key < 0 || related->first[key] < 0)
		appendStringInfoString(out, "null");
	else
		ash_rowset_write_row(related->rows, related->first[key], out);
}

/* "a","b": the loads that policies forbade; false when there is none. */
static bool
write_forbidden_loads(AshRowset *rows, StringInfo out)
{
	bool any = false;

	for (int i = 0; i < rows->nrelated; i++)
	{
		const AshLoad *load = rows->related[i].load;

		if (!load->query->forbidden)
			continue;
		appendStringInfoString(out, any ? "," : "");
		ash_write_json_string(out, load->as, strlen(load->as));
		any = true;
	}
	return any;
}

/* The row's own part; the names of forbidden loads go into its list of forbidden fields. */
static bool
write_piece(AshRowset *rows, const RowPiece *piece, StringInfo out)
{
	const char *json = rows->json.data;
	Size middle = piece->forbidden > 0 ? piece->forbidden : piece->end;
	StringInfoData names;

	appendBinaryStringInfo(out, json + piece->start, middle - piece->start);
	initStringInfo(&names);
	if (write_forbidden_loads(rows, &names))
	{
		if (piece->forbidden > 0)
			appendStringInfo(out, ",%s", names.data);
		else
			appendStringInfo(out, "%s\"_forbidden\":[%s]", piece->empty ? "" : ",", names.data);
	}
	appendBinaryStringInfo(out, json + middle, piece->end - middle);
	return piece->empty && names.len == 0;
}

void
ash_rowset_write_row(AshRowset *rows, int row, StringInfo out)
{
	const RowPiece *piece = &rows->rows[row];
	bool empty = piece->empty;

	CHECK_FOR_INTERRUPTS();
	check_stack_depth();
	if (rows->any_forbidden)
		empty = write_piece(rows, piece, out);
	else
		appendBinaryStringInfo(out, rows->json.data + piece->start, piece->end - piece->start);
	for (int i = 0; i < rows->nrelated; i++)
	{
		Related *related = &rows->related[i];

		if (!empty)
			appendStringInfoCharMacro(out, ',');
		empty = false;
		ash_write_json_string(out, related->load->as, strlen(related->load->as));
		appendStringInfoCharMacro(out, ':');
		write_related(related, row, out);
	}
	appendStringInfoCharMacro(out, '}');
}

void
ash_rowset_write(AshRowset *rows, int limit, StringInfo out)
{
	int n = limit > 0 ? Min(rows->nrows, limit) : rows->nrows;
	bool reverse = rows->query->before != NULL;

	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoCharMacro(out, ',');
		ash_rowset_write_row(rows, reverse ? n - 1 - i : i, out);
	}
}
