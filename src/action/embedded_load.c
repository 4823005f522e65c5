/*-------------------------------------------------------------------------
 *
 * src/action/embedded_load.c
 *	  Loads inside an embedded value: its calculations, and those of values in it.
 *
 * A load has the same form as for records.  It makes a copy of the attribute's type
 * that knows what to write besides the attributes; a calculation is computed from
 * the value alone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/embedded.h"

typedef struct Loading
{
	AshEmbedded *type; /* the copy */
	AshResource *res;
	AshErrors *errors;
} Loading;

/* A later load of the same name takes the place of an earlier one. */
static void
add_load(Loading *loading, const char *name, AshExpr *expr, const AshTypeInst *type)
{
	AshEmbeddedLoad *load = NULL;
	ListCell *lc;

	foreach (lc, loading->type->loads)
	{
		if (strcmp(((AshEmbeddedLoad *) lfirst(lc))->name, name) == 0)
			load = lfirst(lc);
	}
	if (load == NULL)
	{
		load = palloc0(sizeof(AshEmbeddedLoad));
		loading->type->loads = lappend(loading->type->loads, load);
	}
	load->name = name;
	load->expr = expr;
	load->type = type;
}

AshExpr *
ash_embedded_calculation(AshResource *res, AshCalculation *calc, AshExpr **args)
{
	AshExpr *expr = ash_expr_inlined(ash_calculation_ref(res, calc, args));

	return expr != NULL && expr->type != NULL && ash_expr_in_memory(expr) ? expr : NULL;
}

/* {"args": {…}}, or the arguments themselves */
static void
load_calculation(Loading *loading, AshCalculation *calc, const JsonbValue *value)
{
	JsonbValue args;
	AshExpr **exprs;
	AshExpr *expr;

	if (value != NULL && value->type == jbvBinary)
	{
		Jsonb *json = ash_jsonb_from_value(value);

		if (JB_ROOT_IS_OBJECT(json) && ash_jsonb_get(json, "args", 4, &args))
			value = &args;
	}
	if (!ash_calculation_args(loading->type->call, calc,
							  value != NULL && value->type == jbvBinary ? value : NULL, &exprs))
		return;
	expr = ash_embedded_calculation(loading->res, calc, exprs);
	if (expr != NULL)
		add_load(loading, calc->name, expr, NULL);
	else
		ash_load_invalid(loading->errors, calc->name);
}

static void
load_inside(Loading *loading, const AshAttribute *attr, const JsonbValue *value)
{
	int before = list_length(loading->errors->items);
	AshTypeInst *type;

	ash_errors_push_name(loading->errors, attr->name);
	type = ash_type_with_load(attr->type, value, loading->type->call, loading->errors);
	ash_errors_pop(loading->errors);
	if (type != NULL)
		add_load(loading, attr->name, NULL, type);
	else if (list_length(loading->errors->items) == before)
		ash_load_invalid(loading->errors, attr->name);
}

static void
load_name(void *context, const char *name, const JsonbValue *value)
{
	Loading *loading = context;
	AshCalculation *calc = ash_find_calculation(loading->res, name);
	const AshAttribute *attr = calc == NULL ? ash_find_attribute(loading->res, name) : NULL;

	if (calc != NULL)
		load_calculation(loading, calc, value);
	else if (attr == NULL)
		ash_load_invalid(loading->errors, name);
	else if (value != NULL && value->type != jbvNull)
		load_inside(loading, attr, value);
}

AshTypeInst *
ash_embedded_with_load(const AshTypeInst *inst, const JsonbValue *load, void *call,
					   AshErrors *errors)
{
	AshTypeInst *copy = palloc(sizeof(AshTypeInst));
	Loading loading = { .type = palloc(sizeof(AshEmbedded)), .errors = errors };

	*copy = *inst;
	*loading.type = *ash_embedded_constraints(inst);
	copy->constraints = loading.type;
	loading.type->call = call;
	loading.type->loads = list_copy(loading.type->loads);
	loading.res = ash_ref_resource(&loading.type->ref);
	ash_load_each(load, errors, load_name, &loading);
	return copy;
}
