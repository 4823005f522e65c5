/*-------------------------------------------------------------------------
 *
 * src/action/embedded/embedded_load.c
 *	  Loads inside an embedded value: its calculations, and those of values in it.
 *
 * A load has the same form as for records.  It makes a copy of the attribute's type
 * with what is to be written besides the attributes; a calculation is computed from
 * the value alone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/embedded/embedded.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/resource.h"
#include "utils/memutils.h"

typedef struct Loading
{
	AshEmbedded *type; /* the copy */
	AshResource *res;
	AshErrors *errors;
} Loading;

/* Adds a load; a later one of the same name replaces an earlier one. */
static void
add_value_load(Loading *loading, const char *name, AshExpr *expr, const AshTypeInst *type)
{
	AshEmbeddedLoad *load = palloc0(sizeof(AshEmbeddedLoad));
	ListCell *lc;

	load->name = name;
	load->expr = expr;
	load->type = type;
	/* what stands in the list may be shared with the type */
	foreach (lc, loading->type->loads)
	{
		if (strcmp(((AshEmbeddedLoad *) lfirst(lc))->name, name) != 0)
			continue;
		lfirst(lc) = load;
		return;
	}
	loading->type->loads = lappend(loading->type->loads, load);
}

/* The calculation as an expression over the attributes of a value; NULL when it needs more. */
AshExpr *
ash_embedded_calculation(AshResource *res, AshCalculation *calc, AshExpr **args)
{
	AshExpr *expr = ash_expr_inlined(ash_calculation_ref(res, calc, args));

	return expr != NULL && expr->type != NULL && ash_expr_in_memory(expr) ? expr : NULL;
}

/*
 * Loads a calculation, with {"args": {…}} or the arguments themselves; adds an error when it
 * needs more than the value.
 */
static void
load_value_calculation(Loading *loading, AshCalculation *calc, const JsonbValue *value)
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
		add_value_load(loading, calc->name, expr, NULL);
	else
		ash_load_invalid(loading->errors, calc->name);
}

/* Loads inside of an attribute that is embedded itself; adds an error when it is not. */
static void
load_inside_attribute(Loading *loading, const AshAttribute *attr, const JsonbValue *value)
{
	int before = list_length(loading->errors->items);
	AshTypeInst *type;

	ash_errors_push_name(loading->errors, attr->name);
	type = ash_type_with_load(attr->type, value, loading->type->call, loading->errors);
	ash_errors_pop(loading->errors);
	if (type != NULL)
		add_value_load(loading, attr->name, NULL, type);
	else if (list_length(loading->errors->items) == before)
		ash_load_invalid(loading->errors, attr->name);
}

/* AshLoadFn: one name of the load, with what is given for it. */
static void
load_member(void *context, const char *name, const JsonbValue *value)
{
	Loading *loading = context;
	AshCalculation *calc = ash_find_calculation(loading->res, name);
	const AshAttribute *attr = calc == NULL ? ash_find_attribute(loading->res, name) : NULL;

	if (calc != NULL)
		load_value_calculation(loading, calc, value);
	else if (attr == NULL)
		ash_load_invalid(loading->errors, name);
	else if (value != NULL && value->type != jbvNull)
		load_inside_attribute(loading, attr, value);
}

/*-------------------------------------------------------------------------
 * Loads of the type itself
 *-------------------------------------------------------------------------
 */

/*
 * Adds errors for names that cannot always be loaded: no calculation, one that needs
 * arguments, or more than the value.
 */
void
ash_embedded_verify_load(AshResource *res, List *names, AshErrors *errors)
{
	ListCell *lc;

	ash_errors_push_name(errors, "load");
	foreach (lc, names)
	{
		AshCalculation *calc = ash_find_calculation(res, lfirst(lc));
		AshErrors *scratch = ash_errors_create(CurrentMemoryContext);

		if (calc == NULL)
			(void) ash_error_unknown(errors, NULL, lfirst(lc), ash_calculation_names(res),
									 "%s has no calculation \"%s\"", res->name,
									 (char *) lfirst(lc));
		for (int i = 0; calc != NULL && i < calc->nargs; i++)
		{
			if (!calc->args[i]->allow_nil && !calc->args[i]->has_default)
				ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
							  "calculation \"%s\" needs the argument \"%s\"", calc->name,
							  calc->args[i]->name);
		}
		/* a fault of the expression is reported where it stands */
		if (calc != NULL && calc->expr_source != NULL &&
			ash_calculation_expr(res, calc, scratch) == NULL)
			continue;
		if (calc != NULL &&
			ash_embedded_calculation(res, calc, ash_field_ref(res, calc->name, NULL)->calc_args) ==
				NULL)
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
						  "calculation \"%s\" cannot be computed from the value alone", calc->name);
	}
	ash_errors_pop(errors);
}

/* Fills type->always_load from type->load; raises an error when a calculation is gone. */
static void
compile_loads(AshEmbedded *type, AshResource *res)
{
	ListCell *lc;

	foreach (lc, type->load)
	{
		AshExpr *ref = ash_field_ref(res, lfirst(lc), NULL);
		AshEmbeddedLoad *load = palloc0(sizeof(AshEmbeddedLoad));

		load->name = lfirst(lc);
		load->expr =
			ref != NULL ? ash_embedded_calculation(res, ref->calculation, ref->calc_args) : NULL;
		if (load->expr == NULL)
			elog(ERROR, "calculation \"%s\" of %s cannot be loaded", load->name, res->name);
		type->always_load = lappend(type->always_load, load);
	}
}

/*
 * What is written besides the attributes, of AshEmbeddedLoad *: the loads of the call, else
 * those of the type. Compiled on first use into the type's context.
 */
List *
ash_embedded_loads(AshEmbedded *type, AshResource *res)
{
	if (type->load != NIL && !type->load_done)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(type));

		compile_loads(type, res);
		type->load_done = true;
		MemoryContextSwitchTo(old);
	}
	return type->loads != NIL ? type->loads : type->always_load;
}

/*
 * AshEmbeddedHooks.with_load: a copy of the type that writes what load names, too. Adds errors
 * below the current path.
 */
AshTypeInst *
ash_embedded_with_load(const AshTypeInst *inst, const JsonbValue *load, AshCall *call,
					   AshErrors *errors)
{
	AshTypeInst *copy = palloc(sizeof(AshTypeInst));
	Loading loading = { .type = palloc(sizeof(AshEmbedded)), .errors = errors };

	*copy = *inst;
	*loading.type = *ash_embedded_constraints(inst);
	copy->constraints = loading.type;
	loading.res = ash_ref_resource(&loading.type->ref);
	loading.type->call = call;
	loading.type->loads = list_copy(
		ash_embedded_loads(unconstify(AshEmbedded *, ash_embedded_constraints(inst)), loading.res));
	ash_load_each(load, errors, load_member, &loading);
	return copy;
}
