/*-------------------------------------------------------------------------
 *
 * src/result/held_records.c
 *	  JSON of rows that are already held: results of writes, ash_load.
 *
 * Attributes come from the rows at hand.  Calculations and masks are evaluated in
 * memory when they only need the row; whatever needs more comes from one statement
 * for all rows.  A row that is no longer in its table (it was destroyed) has null
 * there, and is masked where a mask cannot be computed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/resource.h"
#include "result/result.h"

typedef struct AshRecords
{
	AshCall *call;
	AshResource *res;
	AshQuery *query;
	AshOutput *output;
	int nrows;
	AshValue **rows;
	List *extras;		/* of StringInfo, or NIL */
	AshExpr **local;	/* by column: evaluated in memory, or NULL */
	AshOutput *remote;	/* columns that come from a statement, after "ord"; or NULL */
	int *remote_column; /* by column of output: column of remote, or -1 */
	AshValue **found;	/* by row: the columns of remote; NULL when not found */
	const char *extra;	/* of the row being written */
} Records;

/*-------------------------------------------------------------------------
 * Where each column comes from
 *-------------------------------------------------------------------------
 */

/* The expression to evaluate in memory, or NULL when that is not possible. */
static AshExpr *
local_expr(AshExpr *expr)
{
	const AshTypeInst *type = expr->type;

	if (!ash_expr_in_memory(expr))
		return NULL;
	if (expr->kind == ASH_EXPR_REF && expr->calculation != NULL)
		expr = ash_expr_inlined(expr);
	if (expr == NULL || expr->type == NULL || expr->type->oid != type->oid)
		return NULL;
	return expr;
}

static void
add_remote(Records *records, int column)
{
	AshOutput *remote = records->remote;
	int i;

	if (remote == NULL)
	{
		records->remote = remote = palloc0(sizeof(AshOutput));
		remote->query = records->query;
		remote->maxcolumns = records->output->ncolumns + 1;
		remote->json = palloc0(sizeof(AshColumn) * remote->maxcolumns);
		remote->source = palloc0(sizeof(AshOutputColumn) * remote->maxcolumns);
		remote->ord = 0;
		remote->keyset = -1;
		remote->ncolumns = 1;
	}
	i = remote->ncolumns++;
	remote->source[i] = records->output->source[column];
	remote->source[i].sort = -1;
	remote->json[i].mask = ASH_MASK_NONE;
	remote->json[i].type = records->output->source[column].expr->type;
	records->remote_column[column] = i;
}

static void
plan_columns(Records *records)
{
	AshOutput *output = records->output;

	records->local = palloc0(sizeof(AshExpr *) * Max(output->ncolumns, 1));
	records->remote_column = palloc(sizeof(int) * Max(output->ncolumns, 1));
	for (int i = 0; i < output->ncolumns; i++)
	{
		records->remote_column[i] = -1;
		if (output->source[i].attribute != NULL || output->source[i].late ||
			output->json[i].mask == ASH_MASK_NEVER)
			continue;
		records->local[i] = local_expr(output->source[i].expr);
		if (records->local[i] == NULL)
			add_remote(records, i);
	}
}

/*-------------------------------------------------------------------------
 * The statement
 *-------------------------------------------------------------------------
 */

static void
take_row(TupleTableSlot *slot, void *arg)
{
	Records *records = arg;
	AshOutput *remote = records->remote;
	AshValue *values = palloc(sizeof(AshValue) * remote->ncolumns);

	slot_getallattrs(slot);
	for (int i = 1; i < remote->ncolumns; i++)
	{
		AshValue value = { slot->tts_values[i], slot->tts_isnull[i] };

		values[i] = ash_value_copy(remote->json[i].type, value);
	}
	records->found[DatumGetInt64(slot->tts_values[0]) - 1] = values;
}

static void
fetch_remote(Records *records)
{
	AshResource *res = records->res;
	AshKeys *keys;
	AshSql sql;

	records->found = palloc0(sizeof(AshValue *) * Max(records->nrows, 1));
	if (records->remote == NULL || records->nrows == 0)
		return;
	keys = ash_keys_of_rows(res, records->rows, records->nrows);
	ash_query_sql_init(records->query, &sql);
	ash_statement_rows(records->query, records->remote, keys, &sql);
	if (!ash_errors_any(records->call->errors))
		ash_exec_each(res, &sql, take_row, records);
}

/*-------------------------------------------------------------------------
 * Values of a row
 *-------------------------------------------------------------------------
 */

bool
ash_row_attribute(void *row, const AshExpr *ref, AshValue *out)
{
	if (ref->attribute == NULL)
		return false;
	*out = ((AshValue *) row)[ref->attribute->index];
	return true;
}

static AshValue
column_value(Records *records, int row, int column)
{
	AshOutputColumn *source = &records->output->source[column];
	AshValue value = { (Datum) 0, true };
	int remote = records->remote_column[column];

	if (source->attribute != NULL)
		return records->rows[row][source->attribute->index];
	if (records->local[column] != NULL)
	{
		if (!ash_expr_eval(records->local[column], &records->call->bindings, ash_row_attribute,
						   records->rows[row], &value))
			value.isnull = true;
	}
	else if (remote >= 0 && records->found[row] != NULL)
		value = records->found[row][remote];
	return value;
}

static void
row_values(Records *records, int row, Datum *values, bool *nulls)
{
	for (int i = 0; i < records->output->ncolumns; i++)
	{
		AshValue value = column_value(records, row, i);

		values[i] = value.value;
		nulls[i] = value.isnull;
	}
}

static const char *
row_extra(const Records *records, int row)
{
	StringInfo extra = records->extras != NIL ? list_nth(records->extras, row) : NULL;

	return extra != NULL && extra->len > 0 ? extra->data : NULL;
}

/*-------------------------------------------------------------------------
 * Writing
 *-------------------------------------------------------------------------
 */

static void
finish_row(AshRowWriter *writer, Datum *values, bool *nulls)
{
	Records *records = writer->context;

	ash_output_finish(records->output, NULL, writer, values, nulls);
	if (records->extra != NULL)
	{
		ash_write_separator(writer);
		appendStringInfoString(writer->out, records->extra);
	}
}

static void
write_plain(Records *records, StringInfo out)
{
	AshRowWriter writer = { 0 };
	Datum *values = palloc(sizeof(Datum) * Max(records->output->ncolumns, 1));
	bool *nulls = palloc(sizeof(bool) * Max(records->output->ncolumns, 1));

	writer.ncolumns = records->output->ncolumns;
	writer.columns = records->output->json;
	writer.out = out;
	writer.finish_row = finish_row;
	writer.context = records;
	for (int row = 0; row < records->nrows; row++)
	{
		CHECK_FOR_INTERRUPTS();
		if (row > 0)
			appendStringInfoCharMacro(out, ',');
		records->extra = row_extra(records, row);
		row_values(records, row, values, nulls);
		ash_write_values(&writer, values, nulls);
	}
}

static void
write_with_loads(Records *records, StringInfo out)
{
	AshRowset *rows = ash_rowset_create(records->query, records->output);
	AshLateRows *late = ash_late_rows_create(records->output);
	Datum *values = palloc(sizeof(Datum) * Max(records->output->ncolumns, 1));
	bool *nulls = palloc(sizeof(bool) * Max(records->output->ncolumns, 1));

	for (int row = 0; row < records->nrows; row++)
	{
		CHECK_FOR_INTERRUPTS();
		row_values(records, row, values, nulls);
		if (late != NULL)
			ash_late_rows_add(late, values, nulls);
		else
			ash_rowset_add(rows, values, nulls, row_extra(records, row));
	}
	if (late != NULL && !ash_late_rows_compute(late))
		return;
	for (int row = 0; late != NULL && row < records->nrows; row++)
	{
		values = ash_late_rows_get(late, row, &nulls);
		ash_rowset_add(rows, values, nulls, row_extra(records, row));
	}
	ash_rowset_load(rows);
	if (!ash_errors_any(records->call->errors))
		ash_rowset_write(rows, 0, out);
}

/* The query that says what is shown; it is never run as a whole. */
static AshQuery *
shown(AshCall *call, AshResource *res, const Jsonb *load, List *select)
{
	AshQuery *query = ash_query_bare(call, res);
	ListCell *lc;

	query->bare = false;
	query->prepared = true;
	query->action = call->res == res ? call->action : NULL;
	foreach (lc, select)
	{
		AshAttribute *attr = ash_find_attribute(res, lfirst(lc));

		if (attr != NULL)
			query->select = bms_add_member(query->select, attr->index);
		query->select_given = true;
	}
	if (load != NULL)
	{
		ash_errors_push_name(call->errors, "load");
		query->loads = ash_load_parse(query, res, load);
		ash_errors_pop(call->errors);
		ash_query_prepare_loads(query);
		(void) ash_query_begin(query);
	}
	return query;
}

void
ash_records_write(AshCall *call, AshResource *res, List *rows, const Jsonb *load, List *select,
				  bool as_list, List *extras, StringInfo out)
{
	AshQuery *query = shown(call, res, load, select);

	if (ash_errors_any(call->errors))
		return;
	if (as_list)
		appendStringInfoChar(out, '[');
	ash_records_write_query(query, rows, extras, out);
	if (as_list)
		appendStringInfoChar(out, ']');
}

void
ash_records_write_query(AshQuery *query, List *rows, List *extras, StringInfo out)
{
	AshCall *call = query->call;
	Records records = { .call = call, .res = query->res, .extras = extras };

	records.query = query;
	records.output = ash_output_create(records.query, false);
	records.nrows = list_length(rows);
	records.rows = palloc(sizeof(AshValue *) * Max(records.nrows, 1));
	for (int i = 0; i < records.nrows; i++)
		records.rows[i] = list_nth(rows, i);
	plan_columns(&records);
	fetch_remote(&records);
	if (ash_errors_any(call->errors))
		return;
	if (records.output->nloads > 0 || records.output->late != NULL)
		write_with_loads(&records, out);
	else
		write_plain(&records, out);
}

/*-------------------------------------------------------------------------
 * What a query shows of a row at hand
 *-------------------------------------------------------------------------
 */

/* NULL when it takes more than the row, or more than is ready. */
AshRecords *
ash_records_of_row(AshQuery *query)
{
	Records *records = palloc0(sizeof(Records));
	ListCell *lc;

	foreach (lc, query->loads)
	{
		if (((AshLoad *) lfirst(lc))->calculation == NULL)
			return NULL;
	}
	records->call = query->call;
	records->res = query->res;
	records->query = query;
	records->output = ash_output_create(query, false);
	records->nrows = 1;
	records->rows = palloc(sizeof(AshValue *));
	plan_columns(records);
	for (int i = 0; i < records->output->ncolumns; i++)
	{
		if (records->output->source[i].late ||
			(records->local[i] != NULL && !ash_expr_is_ready(records->local[i])))
			return NULL;
	}
	return records->remote == NULL ? records : NULL;
}

void
ash_records_write_row(AshRecords *records, AshValue *row, StringInfo out)
{
	records->rows[0] = row;
	write_plain(records, out);
}

/*-------------------------------------------------------------------------
 * One calculation of one record
 *-------------------------------------------------------------------------
 */

typedef struct Calculated
{
	AshOutput *output;
	AshLateRows *late; /* or NULL */
	int column;
	StringInfo out;
} Calculated;

static void
write_calculated(const Calculated *calculated, const Datum *values, const bool *nulls)
{
	const AshColumn *column = &calculated->output->json[calculated->column];
	AshValue value;
	bool allowed = column->mask != ASH_MASK_NEVER;

	if (column->mask >= 0)
		allowed = !nulls[column->mask] && DatumGetBool(values[column->mask]);
	value.value = values[calculated->column];
	value.isnull = nulls[calculated->column] || !allowed;
	ash_type_write_json(calculated->out, column->type, &value);
}

static void
take_calculated(TupleTableSlot *slot, void *arg)
{
	Calculated *calculated = arg;

	slot_getallattrs(slot);
	if (calculated->late != NULL)
		ash_late_rows_add(calculated->late, slot->tts_values, slot->tts_isnull);
	else
		write_calculated(calculated, slot->tts_values, slot->tts_isnull);
}

static void
write_late(const Calculated *calculated)
{
	bool *nulls;
	Datum *values;

	if (calculated->late == NULL || !ash_late_rows_compute(calculated->late))
		return;
	values = ash_late_rows_get(calculated->late, 0, &nulls);
	write_calculated(calculated, values, nulls);
}

bool
ash_records_calculate(AshCall *call, const JsonbValue *record, AshCalculation *calc,
					  const Jsonb *arguments, StringInfo out)
{
	AshResource *res = call->res;
	AshAction *action = res->primary_actions[ASH_ACTION_READ];
	AshExpr *filter = ash_query_record_filter(call, res, record);
	AshQuery *query = ash_query_create(call, res, action);
	AshLoad *load = palloc0(sizeof(AshLoad));
	Calculated calculated = { NULL, NULL, 0, out };
	JsonbValue given;
	AshSql sql;

	if (arguments != NULL)
		ash_jsonb_value_from_jsonb(arguments, &given);
	load->calculation = calc;
	load->as = calc->name;
	if (!ash_calculation_args(call, calc, arguments != NULL ? &given : NULL, &load->calc_args) ||
		ash_errors_any(call->errors))
		return true;
	query->filters = lappend(query->filters, filter);
	query->select_given = true;
	query->loads = list_make1(load);
	ash_query_authorize(query);
	if (ash_errors_any(call->errors))
		return true;
	calculated.output = ash_output_create(query, false);
	while (calculated.output->source[calculated.column].expr == NULL)
		calculated.column++;
	calculated.late = ash_late_rows_create(calculated.output);
	ash_query_sql_init(query, &sql);
	ash_statement_rows(query, calculated.output, NULL, &sql);
	if (ash_errors_any(call->errors))
		return true;
	if (ash_exec_each(res, &sql, take_calculated, &calculated) == 0)
		return false;
	write_late(&calculated);
	return true;
}
