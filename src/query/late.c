/*-------------------------------------------------------------------------
 *
 * src/query/late.c
 *	  Columns that no statement computes: calculations by a function over a batch of
 *	  records, and expressions that use them.
 *
 *	  name(records jsonb, arguments jsonb, context jsonb) returns jsonb
 *
 * The function is called once for all rows that are shown together, and returns a
 * list with a value for each.  A record it gets has the primary key and what the
 * calculation names in "load": attributes come from hidden columns of the statement
 * itself, anything else from one more read of the same rows, which neither field
 * policies nor the read policies of related rows narrow (spec 9.4).
 *
 * Such rows are gathered before they are written: the values of late columns are
 * put into them in between.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/function.h"
#include "miscadmin.h"
#include "query/internal.h"
#include "utils/builtins.h"

#define MAX_DEPTH 16

/* A column that a function fills. */
typedef struct Batch
{
	int column;
	AshCalculation *calc;
	Jsonb *arguments;
	List *attributes; /* of AshAttribute *: what a record has of the row itself */
	List *columns;	  /* of int: where these are, parallel */
	bool reads;		  /* "load" names more than attributes */
} Batch;

/* A column that an expression over the row and other late columns fills. */
typedef struct LateExpr
{
	int column;
	AshExpr *expr;
	List *nodes;   /* of AshExpr *: references in it … */
	List *columns; /* of int: … and the columns that hold their values, parallel */
} LateExpr;

struct AshLate
{
	List *batches;
	List *exprs;
};

struct AshLateRows
{
	AshOutput *output;
	int nrows;
	int maxrows;
	Datum **values;
	bool **nulls;
};

/*-------------------------------------------------------------------------
 * The function of a calculation
 *-------------------------------------------------------------------------
 */

/* Errors is NULL at run time. */
static AshFunction *
batch_function(AshResource *res, AshCalculation *calc, AshErrors *errors)
{
	return ash_function_cached(&calc->batch, res->cxt, calc->batch_function, errors);
}

void
ash_calculation_verify(AshResource *res, AshCalculation *calc, AshErrors *errors)
{
	ash_errors_push_name(errors, "calculations");
	ash_errors_push_name(errors, calc->name);
	if (calc->batch_function != NULL)
	{
		ash_errors_push_name(errors, "batch_function");
		(void) batch_function(res, calc, errors);
		ash_errors_pop(errors);
	}
	if (calc->load != NULL)
	{
		ash_errors_push_name(errors, "load");
		ash_load_verify(res, calc->load, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
	ash_errors_pop(errors);
}

/*-------------------------------------------------------------------------
 * Planning: which columns are late, and what they need
 *-------------------------------------------------------------------------
 */

/* {"name": value, …}; arguments do not depend on the row. */
static Jsonb *
arguments_json(AshCall *call, const AshCalculation *calc, AshExpr **args)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	for (int i = 0; i < calc->nargs; i++)
	{
		AshValue value = { (Datum) 0, true };

		if (args != NULL && args[i] != NULL)
			(void) ash_expr_eval(args[i], &call->bindings, NULL, NULL, &value);
		appendStringInfoString(&buf, i > 0 ? ", " : "");
		ash_write_json_string(&buf, calc->args[i]->name, strlen(calc->args[i]->name));
		appendStringInfoString(&buf, ": ");
		ash_type_write_json(&buf, calc->args[i]->type, &value);
	}
	appendStringInfoChar(&buf, '}');
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data)));
}

/* The first level of "load": attributes, and whether there is more than that. */
static void
plan_load(Batch *batch, AshResource *res, json_t *load)
{
	size_t i;
	json_t *item;
	AshAttribute *attr;

	check_stack_depth();
	if (json_is_array(load))
	{
		json_array_foreach (load, i, item)
			plan_load(batch, res, item);
		return;
	}
	attr = json_is_string(load) ? ash_find_attribute(res, json_string_value(load)) : NULL;
	if (attr == NULL)
		batch->reads = true;
	else
		batch->attributes = list_append_unique_ptr(batch->attributes, attr);
}

static Batch *
new_batch(AshOutput *output, AshCalculation *calc, Jsonb *arguments, int column)
{
	AshResource *res = output->query->res;
	Batch *batch = palloc0(sizeof(Batch));
	ListCell *lc;

	batch->column = column;
	batch->calc = calc;
	batch->arguments = arguments;
	for (int i = 0; i < res->nprimary_key; i++)
		batch->attributes = lappend(batch->attributes, res->primary_key[i]);
	if (calc->load != NULL)
		plan_load(batch, res, calc->load);
	foreach (lc, batch->attributes)
		batch->columns = lappend_int(batch->columns, ash_output_attribute(output, lfirst(lc)));
	output->late->batches = lappend(output->late->batches, batch);
	return batch;
}

/* The column of the calculation with these arguments; each is computed once. */
static int
batch_column(AshOutput *output, AshExpr *ref)
{
	Jsonb *arguments = arguments_json(output->query->call, ref->calculation, ref->calc_args);
	int column;
	ListCell *lc;

	foreach (lc, output->late->batches)
	{
		Batch *batch = lfirst(lc);

		if (batch->calc == ref->calculation &&
			compareJsonbContainers(&batch->arguments->root, &arguments->root) == 0)
			return batch->column;
	}
	column = ash_output_hidden(output, ref);
	output->source[column].late = true;
	new_batch(output, ref->calculation, arguments, column);
	return column;
}

typedef struct Gather
{
	AshOutput *output;
	LateExpr *late;
} Gather;

static bool
gather_refs(AshExpr *expr, void *context)
{
	Gather *gather = context;
	AshExpr *inlined;
	int column = -1;

	if (expr->kind != ASH_EXPR_REF)
		return false;
	if (expr->attribute != NULL)
		column = ash_output_attribute(gather->output, expr->attribute);
	else if (expr->calculation != NULL && (inlined = ash_expr_inlined(expr)) != NULL)
		return ash_expr_walk(inlined, gather_refs, context);
	else if (expr->calculation != NULL)
		column = batch_column(gather->output, expr);
	gather->late->nodes = lappend(gather->late->nodes, expr);
	gather->late->columns = lappend_int(gather->late->columns, column);
	return false;
}

static void
plan_expr(AshOutput *output, int column, AshExpr *expr)
{
	LateExpr *late = palloc0(sizeof(LateExpr));
	Gather gather = { output, late };

	late->column = column;
	late->expr = expr;
	(void) ash_expr_walk(expr, gather_refs, &gather);
	output->late->exprs = lappend(output->late->exprs, late);
}

/* Is the value of the load computed late?  With an expression as well the function counts here. */
bool
ash_calculation_loads_late(AshExpr *ref)
{
	return ref->kind == ASH_EXPR_REF && ref->calculation != NULL &&
		   (ref->calculation->batch_function != NULL ||
			ash_calculation_is_late(ref->resource, ref->calculation));
}

/* Marks late columns, and adds hidden ones for what they need. */
void
ash_late_plan(AshOutput *output)
{
	int n = output->ncolumns;

	for (int i = 0; i < n; i++)
	{
		AshExpr *ref = output->source[i].expr;

		if (ref == NULL || output->source[i].sort >= 0 || output->json[i].mask == ASH_MASK_NEVER ||
			!ash_calculation_loads_late(ref))
			continue;
		output->source[i].late = true;
		if (output->late == NULL)
			output->late = palloc0(sizeof(AshLate));
		if (ref->calculation->batch_function != NULL)
			new_batch(output, ref->calculation,
					  arguments_json(output->query->call, ref->calculation, ref->calc_args), i);
	}
	for (int i = 0; output->late != NULL && i < n; i++)
	{
		AshExpr *ref = output->source[i].expr;

		if (output->source[i].late && ref->calculation->batch_function == NULL)
			plan_expr(output, i, ash_expr_inlined(ref));
	}
}

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

/* A record of the row's own attributes. */
static void
write_own_record(StringInfo out, const Batch *batch, const Datum *values, const bool *nulls)
{
	ListCell *attr;
	ListCell *column;

	appendStringInfoChar(out, '{');
	forboth (attr, batch->attributes, column, batch->columns)
	{
		const AshAttribute *attribute = lfirst(attr);
		AshValue value = { values[lfirst_int(column)], nulls[lfirst_int(column)] };

		if (attr != list_head(batch->attributes))
			appendStringInfoString(out, ", ");
		ash_write_json_string(out, attribute->name, strlen(attribute->name));
		appendStringInfoString(out, ": ");
		ash_type_write_json(out, attribute->type, &value);
	}
	appendStringInfoChar(out, '}');
}

/* The query for what is not of the row itself: not narrowed by policies of fields or related rows.
 */
static AshQuery *
dependency_query(AshQuery *query, const Batch *batch)
{
	AshCall *call = ash_query_subcall(query->call, query->res, NULL);
	AshQuery *deps = ash_query_bare(call, query->res);
	ListCell *lc;

	deps->trusted_loads = true;
	deps->late_depth = query->late_depth + 1;
	if (deps->late_depth > MAX_DEPTH)
		ash_error_add(call->errors, ASH_E_INVALID_LOAD, batch->calc->name,
					  "calculations may need each other at most %d deep: does %s load itself?",
					  MAX_DEPTH, batch->calc->name);
	deps->select_given = true;
	foreach (lc, batch->attributes)
		ash_query_ensure_selected(deps, lfirst(lc));
	deps->loads = ash_load_parse(deps, query->res, ash_jsonb_from_json(batch->calc->load));
	return deps;
}

/* Keys of the rows; those with a null in it have none. */
static AshKeys
row_keys(const AshLateRows *rows, const Batch *batch)
{
	AshResource *res = rows->output->query->res;
	AshKeys keys = { .res = res };

	keys.nattributes = res->nprimary_key;
	keys.attributes = (const AshAttribute **) res->primary_key;
	keys.nkeys = rows->nrows;
	keys.values = palloc(sizeof(Datum *) * Max(keys.nattributes, 1));
	for (int i = 0; i < keys.nattributes; i++)
	{
		int column = list_nth_int(batch->columns, i);

		keys.values[i] = palloc(sizeof(Datum) * keys.nkeys);
		for (int row = 0; row < keys.nkeys; row++)
			keys.values[i][row] = rows->values[row][column];
	}
	return keys;
}

/* Texts of the records by row; NULL for a row that is not there any more. */
static char **
read_records(const AshLateRows *rows, const Batch *batch)
{
	AshQuery *query = dependency_query(rows->output->query, batch);
	AshKeys keys = row_keys(rows, batch);
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

static char **
own_records(const AshLateRows *rows, const Batch *batch)
{
	char **texts = palloc0(sizeof(char *) * rows->nrows);

	for (int row = 0; row < rows->nrows; row++)
	{
		StringInfoData text;

		CHECK_FOR_INTERRUPTS();
		initStringInfo(&text);
		write_own_record(&text, batch, rows->values[row], rows->nulls[row]);
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
	AshFunction *function = batch_function(res, calc, NULL);
	Jsonb *result = ash_function_call(function, records, arguments, batch_context(call, res, calc));
	bool list = result != NULL && JB_ROOT_IS_ARRAY(result) && !JB_ROOT_IS_SCALAR(result);
	AshValue *values = palloc(sizeof(AshValue) * Max(n, 1));
	JsonbIterator *it;
	JsonbIteratorToken token;
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
	it = JsonbIteratorInit(&result->root);
	while ((token = JsonbIteratorNext(&it, &item, true)) != WJB_DONE)
	{
		if (token == WJB_ELEM && !cast_result(call, calc, &item, &values[i++]))
			return NULL;
	}
	return values;
}

static bool
compute_batch(AshLateRows *rows, const Batch *batch)
{
	AshQuery *query = rows->output->query;
	char **texts = batch->reads ? read_records(rows, batch) : own_records(rows, batch);
	AshValue *values;
	Jsonb *records;
	int n;
	int i = 0;

	if (ash_errors_any(query->call->errors))
		return false;
	records = records_list(texts, rows->nrows, &n);
	if (n == 0)
		return true;
	values = call_batch(query->call, query->res, batch->calc, batch->arguments, records, n);
	for (int row = 0; values != NULL && row < rows->nrows; row++)
	{
		if (texts[row] == NULL)
			continue;
		rows->values[row][batch->column] = values[i].value;
		rows->nulls[row][batch->column] = values[i++].isnull;
	}
	return values != NULL;
}

/* A row as expressions see it. */
typedef struct LateRow
{
	const LateExpr *late;
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
compute_expr(AshLateRows *rows, const LateExpr *late)
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
	if (rows->nrows == 0)
		return true;
	foreach (lc, rows->output->late->batches)
	{
		if (!compute_batch(rows, lfirst(lc)))
			return false;
	}
	foreach (lc, rows->output->late->exprs)
	{
		if (!compute_expr(rows, lfirst(lc)))
			return false;
	}
	return true;
}

/*-------------------------------------------------------------------------
 * A row that need not be stored
 *-------------------------------------------------------------------------
 */

static bool
needs_stored_row(const AshLate *late)
{
	ListCell *lc;

	foreach (lc, late->batches)
	{
		if (((Batch *) lfirst(lc))->reads)
			return true;
	}
	return false;
}

static AshLateRows *
row_of_values(AshOutput *output, const AshValue *row)
{
	AshLateRows *rows = ash_late_rows_create(output);
	Datum *values = palloc0(sizeof(Datum) * Max(output->ncolumns, 1));
	bool *nulls = palloc(sizeof(bool) * Max(output->ncolumns, 1));

	for (int i = 0; i < output->ncolumns; i++)
	{
		const AshAttribute *attr = output->source[i].attribute;

		nulls[i] = attr == NULL || row[attr->index].isnull;
		if (!nulls[i])
			values[i] = row[attr->index].value;
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
	if (needs_stored_row(output->late))
	{
		ash_error_add(call->errors, ASH_E_CALCULATION_REQUIRES_PRIMARY_KEY, NULL,
					  "Primary key is required for %s.%s, because it uses other rows",
					  call->res->name, calc->name);
		return false;
	}
	rows = row_of_values(output, row);
	if (!ash_late_rows_compute(rows))
		return false;
	while (output->source[column].expr == NULL)
		column++;
	value.value = ash_late_rows_get(rows, 0, &nulls)[column];
	value.isnull = nulls[column];
	ash_type_write_json(out, calc->type, &value);
	return true;
}
