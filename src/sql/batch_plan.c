/*-------------------------------------------------------------------------
 *
 * src/sql/batch_plan.c
 *	  Which columns are computed late, and what they need (batch_calculation.c computes them).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "miscadmin.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/resource.h"
#include "sql/batch_plan.h"
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

/*-------------------------------------------------------------------------
 * Late columns of an output
 *-------------------------------------------------------------------------
 */

static AshLateColumn *
find_late(const AshOutput *output, const AshCalculation *calc, const Jsonb *arguments)
{
	ListCell *lc;

	foreach (lc, output->late->columns)
	{
		AshLateColumn *late = lfirst(lc);

		if (late->calc == calc &&
			compareJsonbContainers(&late->arguments->root,
								   unconstify(JsonbContainer *, &arguments->root)) == 0)
			return late;
	}
	return NULL;
}

/* The column's value comes late; what it needs is planned afterwards. */
static AshLateColumn *
add_late(AshOutput *output, AshExpr *ref, Jsonb *arguments, int column)
{
	AshLateColumn *late = palloc0(sizeof(AshLateColumn));

	late->column = column;
	late->calc = ref->calculation;
	late->arguments = arguments;
	if (late->calc->batch_function == NULL)
		late->expr = ash_expr_inlined(ref);
	if (late->expr != NULL && late->expr->type->oid != late->calc->type->oid)
		late->expr = ash_expr_as(late->expr, late->calc->type, output->query->call->errors);
	output->source[column].late = true;
	output->late->columns = lappend(output->late->columns, late);
	return late;
}

static void plan_late(AshOutput *output, AshLateColumn *late);

/* The column of a late calculation, computed before whoever asks. */
static int
late_column(AshOutput *output, AshExpr *ref)
{
	Jsonb *arguments = arguments_json(output->query->call, ref->calculation, ref->calc_args);
	AshLateColumn *late = find_late(output, ref->calculation, arguments);

	if (late == NULL)
		late = add_late(output, ref, arguments, ash_output_hidden(output, ref));
	plan_late(output, late);
	return late->column;
}

/*-------------------------------------------------------------------------
 * What a function needs
 *-------------------------------------------------------------------------
 */

static void
add_field(AshLateColumn *late, const char *name, const AshTypeInst *type, int column)
{
	AshLateField *field = palloc(sizeof(AshLateField));
	ListCell *lc;

	foreach (lc, late->fields)
	{
		if (strcmp(((AshLateField *) lfirst(lc))->name, name) == 0)
			return;
	}
	field->name = name;
	field->type = type;
	field->column = column;
	late->fields = lappend(late->fields, field);
}

/* A field of the row itself, from a column of the statement or a late one. */
static void
plan_field(AshOutput *output, AshLateColumn *late, const char *name)
{
	AshExpr *ref = ash_field_ref(output->query->res, name, output->query->call->errors);
	int column;

	if (ref->attribute != NULL)
		column = ash_output_value(output, ref->attribute);
	else if (ash_calculation_loads_late(ref))
		column = late_column(output, ref);
	else
		column = ash_output_hidden(output, ref);
	add_field(late, name, ref->type, column);
}

/* The first level of "load": fields of the row; anything else is read for it. */
static void
plan_load(AshOutput *output, AshLateColumn *late, json_t *load)
{
	size_t i;
	json_t *item;

	check_stack_depth();
	if (json_is_array(load))
	{
		json_array_foreach (load, i, item)
			plan_load(output, late, item);
	}
	else if (json_is_string(load) &&
			 ash_find_relationship(output->query->res, json_string_value(load)) == NULL)
		plan_field(output, late, json_string_value(load));
	else
		late->relations = lappend(late->relations, load);
}

static void
plan_function(AshOutput *output, AshLateColumn *late)
{
	AshResource *res = output->query->res;

	for (int i = 0; i < res->nprimary_key; i++)
		plan_field(output, late, res->primary_key[i]->name);
	if (late->calc->load != NULL)
		plan_load(output, late, late->calc->load);
}

/*-------------------------------------------------------------------------
 * What an expression needs
 *-------------------------------------------------------------------------
 */

typedef struct Gather
{
	AshOutput *output;
	AshLateColumn *late;
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
		column = ash_output_value(gather->output, expr->attribute);
	else if (expr->calculation != NULL && (inlined = ash_expr_inlined(expr)) != NULL)
		return ash_expr_walk(inlined, gather_refs, context);
	else if (expr->calculation != NULL)
		column = late_column(gather->output, expr);
	gather->late->nodes = lappend(gather->late->nodes, expr);
	gather->late->columns = lappend_int(gather->late->columns, column);
	return false;
}

/*-------------------------------------------------------------------------
 * The plan
 *-------------------------------------------------------------------------
 */

static void
plan_late(AshOutput *output, AshLateColumn *late)
{
	Gather gather = { output, late };

	if (late->state == ASH_LATE_PLANNING)
		ash_error_add(output->query->call->errors, ASH_E_INVALID_LOAD, late->calc->name,
					  "calculation %s needs itself", late->calc->name);
	if (late->state != ASH_LATE_NEW)
		return;
	late->state = ASH_LATE_PLANNING;
	if (late->expr == NULL)
		plan_function(output, late);
	else
		(void) ash_expr_walk(late->expr, gather_refs, &gather);
	late->state = ASH_LATE_PLANNED;
	output->late->order = lappend(output->late->order, late);
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
		if (output->late == NULL)
			output->late = palloc0(sizeof(AshLate));
		add_late(output, ref, arguments_json(output->query->call, ref->calculation, ref->calc_args),
				 i);
	}
	for (int i = 0; output->late != NULL && i < list_length(output->late->columns); i++)
		plan_late(output, list_nth(output->late->columns, i));
}

/*-------------------------------------------------------------------------
 * When it is defined
 *-------------------------------------------------------------------------
 */

/* Looks for a calculation among those that another one needs. */
typedef struct Search
{
	AshResource *res;
	const AshCalculation *target;
	Bitmapset *seen; /* by index */
} Search;

static bool needs_target(Search *search, AshCalculation *calc);

static bool
is_target(Search *search, AshCalculation *calc)
{
	return calc != NULL && (calc == search->target || needs_target(search, calc));
}

static bool
ref_needs_target(AshExpr *expr, void *context)
{
	return expr->kind == ASH_EXPR_REF && expr->path == NIL && is_target(context, expr->calculation);
}

static bool
load_needs_target(Search *search, json_t *load)
{
	size_t i;
	json_t *item;

	if (json_is_string(load))
		return is_target(search, ash_find_calculation(search->res, json_string_value(load)));
	json_array_foreach (load, i, item)
	{
		if (load_needs_target(search, item))
			return true;
	}
	return false;
}

static bool
needs_target(Search *search, AshCalculation *calc)
{
	AshExpr *expr;

	check_stack_depth();
	if (bms_is_member(calc->index, search->seen))
		return false;
	search->seen = bms_add_member(search->seen, calc->index);
	/* faults are reported where it is defined */
	expr = calc->batch_function == NULL && calc->expr_source != NULL ?
			   ash_calculation_expr(search->res, calc, ash_errors_create(CurrentMemoryContext)) :
			   NULL;
	return (calc->load != NULL && load_needs_target(search, calc->load)) ||
		   (expr != NULL && ash_expr_walk(expr, ref_needs_target, search));
}

void
ash_calculation_verify(AshResource *res, AshCalculation *calc, AshErrors *errors)
{
	Search search = { .res = res };

	ash_errors_push_name(errors, "calculations");
	ash_errors_push_name(errors, calc->name);
	if (calc->batch_function != NULL)
	{
		ash_errors_push_name(errors, "batch_function");
		(void) ash_function_cached(&calc->batch, res->cxt, calc->batch_function, errors);
		ash_errors_pop(errors);
	}
	if (calc->load != NULL)
	{
		ash_errors_push_name(errors, "load");
		ash_load_verify(res, calc->load, errors);
		search.target = calc;
		if (needs_target(&search, calc))
			ash_error_definition(errors, NULL, "calculation \"%s\" needs itself", calc->name);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
	ash_errors_pop(errors);
}
