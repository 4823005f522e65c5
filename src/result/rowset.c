/*-------------------------------------------------------------------------
 *
 * src/result/rowset.c
 *	  Rows whose relationships are loaded: reading them.
 *
 * A read with relationship loads cannot stream: a row's JSON is kept as a piece of
 * one buffer, without its closing brace, and the keys of its related rows are
 * collected.  Each relationship then costs one statement for all rows, and so on
 * for nested loads; the number of statements depends on the loads alone.  Last
 * rowset_write.c puts the pieces together.
 *
 * Everything lives in the memory context of the call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "model/attribute.h"
#include "model/relationship.h"
#include "result/rowset.h"
#include "utils/datum.h"
#include "utils/memutils.h"

/*-------------------------------------------------------------------------
 * The end of a row
 *-------------------------------------------------------------------------
 */

/* What stands after the columns of any row: keyset, tenant. */
void
ash_output_finish(AshOutput *output, AshKeysetWriter *keyset, AshRowWriter *writer, Datum *values,
				  bool *nulls)
{
	if (keyset != NULL)
	{
		ash_write_separator(writer);
		appendStringInfoString(writer->out, "\"_keyset\":");
		ash_keyset_write(keyset, writer->out, values + output->keyset, nulls + output->keyset);
	}
	if (output->tail != NULL)
	{
		ash_write_separator(writer);
		appendBinaryStringInfo(writer->out, output->tail, output->tail_len);
	}
}

static void
finish_row(AshRowWriter *writer, Datum *values, bool *nulls)
{
	AshRowset *rows = writer->context;

	ash_output_finish(rows->output, rows->keyset, writer, values, nulls);
	if (rows->extra != NULL)
	{
		ash_write_separator(writer);
		appendStringInfoString(writer->out, rows->extra);
	}
}

/*-------------------------------------------------------------------------
 * Keys
 *-------------------------------------------------------------------------
 */

static uint32
key_hash(const AshKeys *keys, const Datum *values)
{
	uint32 hash = 0;

	for (int i = 0; i < keys->nattributes; i++)
	{
		const AshTypeInst *type = keys->attributes[i]->type;

		hash = hash_combine(hash, datum_image_hash(values[i], type->typbyval, type->typlen));
	}
	return hash;
}

static bool
key_equal(const AshKeys *keys, int key, const Datum *values)
{
	for (int i = 0; i < keys->nattributes; i++)
	{
		const AshTypeInst *type = keys->attributes[i]->type;

		if (!datum_image_eq(keys->values[i][key], values[i], type->typbyval, type->typlen))
			return false;
	}
	return true;
}

static void
grow_keys(Related *related)
{
	AshKeys *keys = &related->keys;
	Datum values[INDEX_MAX_KEYS];

	related->maxkeys *= 2;
	for (int i = 0; i < keys->nattributes; i++)
		keys->values[i] = repalloc_huge(keys->values[i], sizeof(Datum) * related->maxkeys);
	related->nslots = related->maxkeys * 2;
	pfree(related->slots);
	related->slots = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(int) * related->nslots);
	memset(related->slots, 0, sizeof(int) * related->nslots);
	for (int key = 0; key < keys->nkeys; key++)
	{
		uint32 slot;

		for (int i = 0; i < keys->nattributes; i++)
			values[i] = keys->values[i][key];
		slot = key_hash(keys, values) % related->nslots;
		while (related->slots[slot] != 0)
			slot = (slot + 1) % related->nslots;
		related->slots[slot] = key + 1;
	}
}

/* The number of the key; added when it is new. */
static int
key_number(Related *related, const Datum *values)
{
	AshKeys *keys = &related->keys;
	uint32 slot;

	if (keys->nkeys >= related->maxkeys)
		grow_keys(related);
	slot = key_hash(keys, values) % related->nslots;
	while (related->slots[slot] != 0)
	{
		if (key_equal(keys, related->slots[slot] - 1, values))
			return related->slots[slot] - 1;
		slot = (slot + 1) % related->nslots;
	}
	for (int i = 0; i < keys->nattributes; i++)
	{
		const AshTypeInst *type = keys->attributes[i]->type;

		keys->values[i][keys->nkeys] = datumCopy(values[i], type->typbyval, type->typlen);
	}
	related->slots[slot] = ++keys->nkeys;
	return keys->nkeys - 1;
}

/* Remember which related rows the row has; a key with a null has none. */
static void
collect_keys(AshRowset *rows, int row, Datum *values, bool *nulls)
{
	for (int i = 0; i < rows->nrelated; i++)
	{
		Related *related = &rows->related[i];
		const int *columns = rows->output->load_keys[i];
		Datum key[INDEX_MAX_KEYS];
		bool missing = false;

		for (int j = 0; j < related->keys.nattributes; j++)
		{
			key[j] = values[columns[j]];
			missing |= nulls[columns[j]];
			/* the keys outlive the row */
			if (!missing && related->keys.attributes[j]->type->typlen == -1)
				key[j] = PointerGetDatum(PG_DETOAST_DATUM_PACKED(key[j]));
		}
		related->row_keys[row] = missing ? -1 : key_number(related, key);
	}
}

/*-------------------------------------------------------------------------
 * Rows
 *-------------------------------------------------------------------------
 */

static void
init_related(AshRowset *rows)
{
	List *loads = ash_query_relationship_loads(rows->query);

	rows->nrelated = list_length(loads);
	rows->related = palloc0(sizeof(Related) * Max(rows->nrelated, 1));
	for (int i = 0; i < rows->nrelated; i++)
	{
		Related *related = &rows->related[i];
		AshKeys *keys = &related->keys;

		related->load = list_nth(loads, i);
		keys->res = rows->query->res;
		keys->relationship = related->load->relationship;
		keys->nattributes =
			ash_load_key_attributes(keys->res, keys->relationship, &keys->attributes);
		related->maxkeys = 64;
		related->nslots = 128;
		related->slots = palloc0(sizeof(int) * related->nslots);
		keys->values = palloc(sizeof(Datum *) * Max(keys->nattributes, 1));
		for (int j = 0; j < keys->nattributes; j++)
			keys->values[j] = palloc(sizeof(Datum) * related->maxkeys);
		related->row_keys = palloc(sizeof(int) * rows->maxrows);
	}
}

AshRowset *
ash_rowset_create(AshQuery *query, AshOutput *output)
{
	AshRowset *rows = palloc0(sizeof(AshRowset));

	rows->query = query;
	rows->output = output;
	rows->cxt = CurrentMemoryContext;
	rows->row_cxt = AllocSetContextCreate(rows->cxt, "ash row", ALLOCSET_DEFAULT_SIZES);
	rows->maxrows = 64;
	rows->rows = palloc(sizeof(RowPiece) * rows->maxrows);
	initStringInfo(&rows->json);
	rows->writer.ncolumns = output->ncolumns;
	rows->writer.columns = output->json;
	rows->writer.out = &rows->json;
	rows->writer.finish_row = finish_row;
	rows->writer.context = rows;
	if (output->keyset >= 0)
		rows->keyset = ash_keyset_writer(query);
	init_related(rows);
	rows->late = ash_late_rows_create(output);
	return rows;
}

static void
grow_rows(AshRowset *rows)
{
	rows->maxrows *= 2;
	rows->rows = repalloc_huge(rows->rows, sizeof(RowPiece) * rows->maxrows);
	for (int i = 0; i < rows->nrelated; i++)
		rows->related[i].row_keys =
			repalloc_huge(rows->related[i].row_keys, sizeof(int) * rows->maxrows);
}

/* Put the row at the end of its parent key's rows. */
static void
append_to_parent(AshRowset *rows, int row, int key)
{
	Related *parent = rows->parent;

	rows->rows[row].next = -1;
	if (parent->first[key] < 0)
		parent->first[key] = row;
	else
		rows->rows[parent->last[key]].next = row;
	parent->last[key] = row;
	parent->count[key]++;
}

/* extra: further "key":value text, or NULL */
void
ash_rowset_add(AshRowset *rows, Datum *values, bool *nulls, const char *extra)
{
	int row = rows->nrows;
	MemoryContext old;

	if (row >= rows->maxrows)
		grow_rows(rows);
	rows->extra = extra;
	rows->rows[row].start = rows->json.len;
	rows->rows[row].next = -1;
	old = MemoryContextSwitchTo(rows->row_cxt);
	ash_write_values(&rows->writer, values, nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(rows->row_cxt);
	/* the brace is written again after the relationships */
	rows->json.data[--rows->json.len] = '\0';
	rows->rows[row].end = rows->json.len;
	rows->rows[row].empty = rows->writer.first_pending;
	rows->rows[row].forbidden = rows->writer.forbidden_end;
	rows->rows[row].ord =
		rows->output->ord >= 0 ? DatumGetInt64(values[rows->output->ord]) - 1 : -1;
	rows->nrows++;
	collect_keys(rows, row, values, nulls);
	if (rows->parent != NULL)
		append_to_parent(rows, row, rows->rows[row].ord);
}

static void
add_slot(TupleTableSlot *slot, void *arg)
{
	AshRowset *rows = arg;

	slot_getallattrs(slot);
	if (rows->late != NULL)
		ash_late_rows_add(rows->late, slot->tts_values, slot->tts_isnull);
	else
		ash_rowset_add(rows, slot->tts_values, slot->tts_isnull, NULL);
}

static void
add_late_rows(AshRowset *rows)
{
	for (int i = 0; i < ash_late_rows_count(rows->late); i++)
	{
		bool *nulls;
		Datum *values = ash_late_rows_get(rows->late, i, &nulls);

		ash_rowset_add(rows, values, nulls, NULL);
	}
}

void
ash_rowset_select(AshRowset *rows, AshKeys *keys)
{
	AshSql sql;

	ash_query_sql_init(rows->query, &sql);
	ash_statement_rows(rows->query, rows->output, keys, &sql);
	if (ash_errors_any(rows->query->call->errors))
		return;
	ash_exec_each(rows->query->res, &sql, add_slot, rows);
	if (rows->late != NULL && ash_late_rows_compute(rows->late))
		add_late_rows(rows);
}

int
ash_rowset_count(const AshRowset *rows)
{
	return rows->nrows;
}

int
ash_rowset_ord(const AshRowset *rows, int row)
{
	return rows->rows[row].ord;
}

/*-------------------------------------------------------------------------
 * Loading
 *-------------------------------------------------------------------------
 */

static void
add_total(TupleTableSlot *slot, void *arg)
{
	Related *related = arg;

	slot_getallattrs(slot);
	related->total[DatumGetInt64(slot->tts_values[0]) - 1] = DatumGetInt64(slot->tts_values[1]);
}

static void
count_related(Related *related)
{
	AshQuery *query = related->load->query;
	AshSql sql;

	related->total = palloc0(sizeof(int64) * Max(related->keys.nkeys, 1));
	if (related->keys.nkeys == 0)
		return;
	ash_query_sql_init(query, &sql);
	ash_statement_count(query, &related->keys, &sql);
	if (!ash_errors_any(query->call->errors))
		ash_exec_each(query->res, &sql, add_total, related);
}

static bool
prepare_page(AshQuery *query)
{
	if (query->page == ASH_PAGE_NONE)
		return true;
	ash_query_complete_sort(query);
	return ash_keyset_read(query);
}

/* Which rows are related, and may all of them be seen?  False when there is nothing to read. */
static bool
prepare_related(Related *related)
{
	AshQuery *query = related->load->query;

	if (query->forbidden || !prepare_page(query))
		return false;
	if (related->keys.relationship->manual != NULL && related->keys.nkeys > 0)
		ash_manual_relate(query, &related->keys);
	if (related->keys.nkeys > 0 && !ash_errors_any(query->call->errors))
		ash_query_check_hidden(query, &related->keys);
	return !query->forbidden && !ash_errors_any(query->call->errors);
}

static void
load_related(Related *related)
{
	AshQuery *query = related->load->query;
	int nkeys = related->keys.nkeys;

	if (!prepare_related(related))
		return;
	related->rows = ash_rowset_create(query, ash_output_create(query, true));
	related->rows->parent = related;
	related->first = palloc(sizeof(int) * Max(nkeys, 1));
	related->last = palloc(sizeof(int) * Max(nkeys, 1));
	related->count = palloc0(sizeof(int) * Max(nkeys, 1));
	for (int i = 0; i < nkeys; i++)
		related->first[i] = related->last[i] = -1;
	if (nkeys > 0)
		ash_rowset_select(related->rows, &related->keys);
	if (query->page_count)
		count_related(related);
	ash_rowset_load(related->rows);
}

/* Load the relationships of all rows, and theirs. */
void
ash_rowset_load(AshRowset *rows)
{
	AshErrors *errors = rows->query->call->errors;

	check_stack_depth();
	for (int i = 0; i < rows->nrelated; i++)
	{
		if (ash_errors_any(errors))
			return;
		ash_errors_push_name(errors, "load");
		ash_errors_push_name(errors, rows->related[i].load->as);
		load_related(&rows->related[i]);
		ash_errors_pop(errors);
		ash_errors_pop(errors);
		rows->any_forbidden |= rows->related[i].load->query->forbidden;
	}
}
