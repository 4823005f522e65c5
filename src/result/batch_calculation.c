/*-------------------------------------------------------------------------
 *
 * src/result/batch_calculation.c
 *	  Columns that no statement computes: calculations by a function over a batch of
 *	  records, and expressions that use them.
 *
 *	  name(records jsonb, arguments jsonb, context jsonb) returns jsonb
 *
 * The function is called once for all rows that are shown together, and returns a
 * list with a value for each.  A record it gets has the primary key and what the
 * calculation names in "load": fields of the row come from hidden columns, of the
 * statement or late ones computed before, which field policies do not mask; related
 * rows from one more read, which their read policies do not narrow (spec 9.4).
 *
 * Such rows are gathered before they are written: the values of late columns are
 * put into them in between.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "miscadmin.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/resource.h"
#include "result/result.h"
#include "sql/batch_plan.h"
#include "utils/builtins.h"

/* The rows of a read while their batch calculations wait for all of them. */
struct AshLateRows
{
	AshOutput *output;
	int nrows;
	int maxrows;
	Datum **values;
	bool **nulls;
};

#define MAX_DEPTH 16

/*-------------------------------------------------------------------------
 * Rows
 *-------------------------------------------------------------------------
 */

AshLateRows *
ash_late_rows_create(AshOutput *output)
{
	AshLateRows *rows;

	if (output->late == NULL)
		return NULL;
	rows = palloc0(sizeof(AshLateRows));
	rows->output = output;
	rows->maxrows = 64;
	rows->values = palloc(sizeof(Datum *) * rows->maxrows);
	rows->nulls = palloc(sizeof(bool *) * rows->maxrows);
	return rows;
}

/* Of the type of a column: masks and the like are booleans. */
static Datum
copy_datum(const AshOutput *output, int column, Datum value, bool isnull)
{
	const AshTypeInst *type = output->json[column].type;
	AshValue copy = { value, isnull };

	if (isnull || type == NULL)
		return value;
	return ash_value_copy(type, copy).value;
}

void
ash_late_rows_add(AshLateRows *rows, const Datum *values, const bool *nulls)
{
	int n = rows->output->ncolumns;
	int row = rows->nrows++;

	if (row >= rows->maxrows)
	{
		rows->maxrows *= 2;
		rows->values = repalloc_huge(rows->values, sizeof(Datum *) * rows->maxrows);
		rows->nulls = repalloc_huge(rows->nulls, sizeof(bool *) * rows->maxrows);
	}
	rows->values[row] = palloc(sizeof(Datum) * Max(n, 1));
	rows->nulls[row] = palloc(sizeof(bool) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		bool isnull = nulls[i] || rows->output->source[i].late;

		rows->nulls[row][i] = isnull;
		rows->values[row][i] = copy_datum(rows->output, i, values[i], isnull);
	}
}

int
ash_late_rows_count(const AshLateRows *rows)
{
	return rows->nrows;
}

Datum *
ash_late_rows_get(const AshLateRows *rows, int row, bool **nulls)
{
	*nulls = rows->nulls[row];
	return rows->values[row];
}

/*-------------------------------------------------------------------------
 * Records for the function
 *-------------------------------------------------------------------------
 */

/* {"name": value, … of the row itself; the end is left open. */
static void
write_own_record(StringInfo out, const AshLateColumn *late, const Datum *values, const bool *nulls)
{
	ListCell *lc;

	appendStringInfoChar(out, '{');
	foreach (lc, late->fields)
	{
		const AshLateField *field = lfirst(lc);
		AshValue value = { values[field->column], nulls[field->column] };

		appendStringInfoString(out, lc == list_head(late->fields) ? "" : ", ");
		ash_write_json_string(out, field->name, strlen(field->name));
		appendStringInfoString(out, ": ");
		ash_type_write_json(out, field->type, &value);
	}
}

/* The query for related rows, which their policies do not narrow. */
static AshQuery *
dependency_query(AshQuery *query, const AshLateColumn *late)
{
	AshCall *call = ash_query_subcall(query->call, query->res, NULL);
	AshQuery *deps = ash_query_bare(call, query->res);
	ListCell *lc;

	deps->trusted_loads = true;
	deps->late_depth = query->late_depth + 1;
	if (deps->late_depth > MAX_DEPTH)
		ash_error_add(call->errors, ASH_E_INVALID_LOAD, late->calc->name,
					  "calculations may need each other at most %d deep: does %s load itself?",
					  MAX_DEPTH, late->calc->name);
	deps->select_given = true;
	deps->prepared = true;
	foreach (lc, late->relations)
		deps->loads = ash_load_parse(deps, query->res, ash_jsonb_from_json(lfirst(lc)));
	ash_query_prepare_loads(deps);
	(void) ash_query_begin(deps);
	return deps;
}

/* Keys of the rows; those with a null in it have none. */
static AshKeys
row_keys(const AshLateRows *rows, const AshLateColumn *late)
{
	AshResource *res = rows->output->query->res;
	AshKeys keys = { .res = res };

	keys.nattributes = res->nprimary_key;
	keys.attributes = (const AshAttribute **) res->primary_key;
	keys.nkeys = rows->nrows;
	keys.values = palloc(sizeof(Datum *) * Max(keys.nattributes, 1));
	for (int i = 0; i < keys.nattributes; i++)
	{
		int column = ((AshLateField *) list_nth(late->fields, i))->column;

		keys.values[i] = palloc(sizeof(Datum) * keys.nkeys);
		for (int row = 0; row < keys.nkeys; row++)
			keys.values[i][row] = rows->values[row][column];
	}
	return keys;
}

/* Related rows as members of an object, by row; NULL for a row that is not there any more. */
static char **
read_relations(const AshLateRows *rows, const AshLateColumn *late)
{
	AshQuery *query = dependency_query(rows->output->query, late);
	AshKeys keys = row_keys(rows, late);
	char **texts = palloc0(sizeof(char *) * rows->nrows);
	AshRowset *found;

	if (ash_errors_any(query->call->errors))
		return texts;
	found = ash_rowset_create(query, ash_output_create(query, true));
	ash_rowset_select(found, &keys);
	ash_rowset_load(found);
	for (int i = 0; !ash_errors_any(query->call->errors) && i < ash_rowset_count(found); i++)
	{
		StringInfoData text;

		initStringInfo(&text);
		ash_rowset_write_row(found, i, &text);
		texts[ash_rowset_ord(found, i)] = text.data;
	}
	return texts;
}

/* Texts of the records by row; NULL where there is none. */
static char **
record_texts(const AshLateRows *rows, const AshLateColumn *late)
{
	char **relations = late->relations != NIL ? read_relations(rows, late) : NULL;
	char **texts = palloc0(sizeof(char *) * rows->nrows);

	for (int row = 0; row < rows->nrows; row++)
	{
		StringInfoData text;

		CHECK_FOR_INTERRUPTS();
		if (relations != NULL && relations[row] == NULL)
			continue;
		initStringInfo(&text);
		write_own_record(&text, late, rows->values[row], rows->nulls[row]);
		/* the members of the other object follow: a key that both have is the same */
		if (relations != NULL)
			appendStringInfo(&text, ", %s", relations[row] + 1);
		else
			appendStringInfoChar(&text, '}');
		texts[row] = text.data;
	}
	return texts;
}

/* The texts that are there as one list; *n is how many. */
static Jsonb *
records_list(char **texts, int nrows, int *n)
{
	StringInfoData list;

	initStringInfo(&list);
	appendStringInfoChar(&list, '[');
	*n = 0;
	for (int row = 0; row < nrows; row++)
	{
		if (texts[row] != NULL)
			appendStringInfo(&list, "%s%s", (*n)++ > 0 ? ", " : "", texts[row]);
	}
	appendStringInfoChar(&list, ']');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(list.data)));
}

/*-------------------------------------------------------------------------
 * Calling it
 *-------------------------------------------------------------------------
 */

/* What every function is told, and which calculation this is. */
static Jsonb *
batch_context(const AshCall *call, const AshResource *res, const AshCalculation *calc)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "{\"resource\": ");
	ash_write_json_string(&buf, res->name, strlen(res->name));
	appendStringInfoString(&buf, ", \"calculation\": ");
	ash_write_json_string(&buf, calc->name, strlen(calc->name));
	appendStringInfoChar(&buf, '}');
	return ash_jsonb_merge(ash_call_context(call),
						   DatumGetJsonbP(
							   DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data))));
}

static bool
cast_result(AshCall *call, const AshCalculation *calc, const JsonbValue *in, AshValue *out)
{
	AshErrors *faults = ash_errors_create(CurrentMemoryContext);
	AshCast cast = {
		.errors = faults, .code = ASH_E_FUNCTION_FAILED, .field = calc->name, .call = call
	};
	AshError *first;

	out->value = (Datum) 0;
	out->isnull = true;
	if (in->type == jbvNull || ash_type_cast(calc->type, in, &cast, out))
		return true;
	first = faults->items != NIL ? linitial(faults->items) : NULL;
	ash_function_failed(call, calc->batch,
						psprintf("returned %s for calculation %s: %s", ash_input_text(in),
								 calc->name,
								 first != NULL && first->message != NULL ?
									 ash_error_interpolate(first->message, first->vars) :
									 "is invalid"));
	return false;
}

/* The values for n records, by record; NULL after adding an error. */
static AshValue *
call_batch(AshCall *call, AshResource *res, AshCalculation *calc, Jsonb *arguments, Jsonb *records,
		   int n)
{
	AshFunction *function = ash_function_cached(&calc->batch, res->cxt, calc->batch_function, NULL);
	Jsonb *result = ash_function_call(function, records, arguments, batch_context(call, res, calc));
	bool list = result != NULL && JB_ROOT_IS_ARRAY(result) && !JB_ROOT_IS_SCALAR(result);
	AshValue *values = palloc(sizeof(AshValue) * Max(n, 1));
	JsonbIterator *it;
	JsonbValue item;
	int i = 0;

	if (!list || JB_ROOT_COUNT(result) != n)
	{
		ash_function_failed(call, function,
							list ? psprintf("returned %d values for %d records of calculation %s",
											JB_ROOT_COUNT(result), n, calc->name) :
								   psprintf("returned no list of values for calculation %s",
											calc->name));
		return NULL;
	}
	it = ash_jsonb_walk(result);
	while (ash_jsonb_next_item(&it, &item))
	{
		if (!cast_result(call, calc, &item, &values[i++]))
			return NULL;
	}
	return values;
}

static bool
compute_function(AshLateRows *rows, const AshLateColumn *late)
{
	AshQuery *query = rows->output->query;
	char **texts = record_texts(rows, late);
	AshValue *values;
	Jsonb *records;
	int n;
	int i = 0;

	if (ash_errors_any(query->call->errors))
		return false;
	records = records_list(texts, rows->nrows, &n);
	if (n == 0)
		return true;
	values = call_batch(query->call, query->res, late->calc, late->arguments, records, n);
	for (int row = 0; values != NULL && row < rows->nrows; row++)
	{
		if (texts[row] == NULL)
			continue;
		rows->values[row][late->column] = values[i].value;
		rows->nulls[row][late->column] = values[i++].isnull;
	}
	return values != NULL;
}

/* A row as expressions see it. */
typedef struct LateRow
{
	const AshLateColumn *late;
	const Datum *values;
	const bool *nulls;
} LateRow;

static bool
late_ref(void *context, const AshExpr *ref, AshValue *out)
{
	const LateRow *row = context;
	ListCell *node;
	ListCell *column;

	forboth (node, row->late->nodes, column, row->late->columns)
	{
		const AshExpr *known = lfirst(node);

		if (known != ref && (ref->attribute == NULL || known->attribute != ref->attribute))
			continue;
		out->value = row->values[lfirst_int(column)];
		out->isnull = row->nulls[lfirst_int(column)];
		return true;
	}
	elog(ERROR, "expression refers to what is not in the row: %s",
		 ash_expr_describe(unconstify(AshExpr *, ref)));
}

static bool
compute_expr(AshLateRows *rows, const AshLateColumn *late)
{
	AshCall *call = rows->output->query->call;

	for (int i = 0; i < rows->nrows; i++)
	{
		LateRow row = { late, rows->values[i], rows->nulls[i] };
		AshValue value;

		CHECK_FOR_INTERRUPTS();
		if (!ash_expr_eval(late->expr, &call->bindings, late_ref, &row, &value))
			return false;
		rows->values[i][late->column] = value.value;
		rows->nulls[i][late->column] = value.isnull;
	}
	return true;
}

/* Fills the late columns of all rows; false after adding an error. */
bool
ash_late_rows_compute(AshLateRows *rows)
{
	ListCell *lc;

	check_stack_depth();
	if (ash_errors_any(rows->output->query->call->errors))
		return false;
	if (rows->nrows == 0)
		return true;
	foreach (lc, rows->output->late->order)
	{
		const AshLateColumn *late = lfirst(lc);

		if (late->expr != NULL ? !compute_expr(rows, late) : !compute_function(rows, late))
			return false;
	}
	return true;
}

/*-------------------------------------------------------------------------
 * A row that need not be stored
 *-------------------------------------------------------------------------
 */

static bool
row_ref(void *context, const AshExpr *ref, AshValue *out)
{
	*out = ((const AshValue *) context)[ref->attribute->index];
	return true;
}

/* Values of the row's attributes, and of what can be computed from them. */
static bool
column_of_row(AshCall *call, const AshOutputColumn *source, const AshValue *row, AshValue *out)
{
	AshExpr *expr = source->expr;

	out->value = (Datum) 0;
	out->isnull = true;
	if (source->attribute != NULL)
		*out = row[source->attribute->index];
	if (source->attribute != NULL || source->late)
		return true;
	if (expr->kind == ASH_EXPR_REF && expr->calculation != NULL)
		expr = ash_expr_inlined(expr);
	return expr != NULL && ash_expr_in_memory(expr) && expr->type->oid == source->expr->type->oid &&
		   ash_expr_eval(expr, &call->bindings, row_ref, unconstify(AshValue *, row), out);
}

/* NULL when the row has to be stored. */
static AshLateRows *
row_of_values(AshOutput *output, const AshValue *row)
{
	AshLateRows *rows = ash_late_rows_create(output);
	Datum *values = palloc0(sizeof(Datum) * Max(output->ncolumns, 1));
	bool *nulls = palloc(sizeof(bool) * Max(output->ncolumns, 1));
	ListCell *lc;

	foreach (lc, output->late->columns)
	{
		if (((AshLateColumn *) lfirst(lc))->relations != NIL)
			return NULL;
	}
	for (int i = 0; i < output->ncolumns; i++)
	{
		AshValue value;

		if (!column_of_row(output->query->call, &output->source[i], row, &value))
			return NULL;
		values[i] = value.value;
		nulls[i] = value.isnull;
	}
	ash_late_rows_add(rows, values, nulls);
	return rows;
}

bool
ash_calculation_of_row(AshCall *call, AshCalculation *calc, AshExpr **args, const AshValue *row,
					   StringInfo out)
{
	AshQuery *query = ash_query_bare(call, call->res);
	AshLoad *load = palloc0(sizeof(AshLoad));
	AshOutput *output;
	AshLateRows *rows;
	bool *nulls;
	AshValue value;
	int column = 0;

	load->calculation = calc;
	load->calc_args = args;
	load->as = calc->name;
	query->select_given = true;
	query->loads = list_make1(load);
	output = ash_output_create(query, false);
	rows = row_of_values(output, row);
	if (rows == NULL)
	{
		ash_error_add(call->errors, ASH_E_CALCULATION_REQUIRES_PRIMARY_KEY, NULL,
					  "Primary key is required for %s.%s, because it uses other rows",
					  call->res->name, calc->name);
		return false;
	}
	if (!ash_late_rows_compute(rows))
		return false;
	while (output->source[column].expr == NULL)
		column++;
	value.value = ash_late_rows_get(rows, 0, &nulls)[column];
	value.isnull = nulls[column];
	ash_type_write_json(out, calc->type, &value);
	return true;
}
