/*-------------------------------------------------------------------------
 *
 * src/query/late_plan.c
 *	  Which columns are computed late, and what they need (late.c computes them).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "query/late.h"
#include "utils/builtins.h"

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
plan_load(AshBatch *batch, AshResource *res, json_t *load)
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

static AshBatch *
new_batch(AshOutput *output, AshCalculation *calc, Jsonb *arguments, int column)
{
	AshResource *res = output->query->res;
	AshBatch *batch = palloc0(sizeof(AshBatch));
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
		AshBatch *batch = lfirst(lc);

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
	AshLateExpr *late;
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
	AshLateExpr *late = palloc0(sizeof(AshLateExpr));
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
