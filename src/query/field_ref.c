/*-------------------------------------------------------------------------
 *
 * src/query/field_ref.c
 *	  References to fields by name: attributes, calculations and aggregates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/value_default.h"
#include "query/query.h"

const char *
ash_ref_name(const AshExpr *ref)
{
	if (ref->attribute != NULL)
		return ref->attribute->name;
	if (ref->calculation != NULL)
		return ref->calculation->name;
	return ref->aggregate->name;
}

bool
ash_ref_is_public(const AshExpr *ref)
{
	if (ref->attribute != NULL)
		return ref->attribute->is_public;
	if (ref->calculation != NULL)
		return ref->calculation->is_public;
	return ref->aggregate->is_public;
}

AshExpr *
ash_calculation_ref(AshResource *res, AshCalculation *calc, AshExpr **args)
{
	AshExpr *ref = palloc0(sizeof(AshExpr));

	ref->kind = ASH_EXPR_REF;
	ref->type = calc->type;
	ref->resource = res;
	ref->calculation = calc;
	ref->calc_args = args;
	return ref;
}

bool
ash_calculation_is_sql(const AshExpr *ref)
{
	return ref->calculation->expr_source != NULL &&
		   !ash_calculation_is_late(ref->resource, ref->calculation);
}

/* A calculation's arguments when none are given: literal defaults, else null. */
static AshExpr **
default_args(const AshCalculation *calc)
{
	AshExpr **args = palloc0(sizeof(AshExpr *) * Max(calc->nargs, 1));

	for (int i = 0; i < calc->nargs; i++)
	{
		const AshArgument *arg = calc->args[i];
		AshValue value = { (Datum) 0, true };

		if (arg->has_default && arg->dflt.kind == ASH_DEFAULT_LITERAL)
			value = arg->dflt.value;
		args[i] = ash_expr_const(arg->type, value);
	}
	return args;
}

AshExpr *
ash_aggregate_ref(AshResource *res, AshAggregate *agg, AshErrors *errors)
{
	AshExpr *ref = palloc0(sizeof(AshExpr));

	ref->kind = ASH_EXPR_REF;
	ref->type = ash_aggregate_type(res, agg, errors);
	ref->resource = res;
	ref->aggregate = agg;
	return ref;
}

/* A reference to an attribute, calculation or aggregate; NULL when there is none. */
AshExpr *
ash_field_ref(AshResource *res, const char *name, AshErrors *errors)
{
	AshAttribute *attr = ash_find_attribute(res, name);
	AshCalculation *calc;
	AshAggregate *agg;

	if (attr != NULL)
		return ash_expr_attribute(res, attr);
	calc = ash_find_calculation(res, name);
	if (calc != NULL)
		return ash_calculation_ref(res, calc, default_args(calc));
	agg = ash_find_aggregate(res, name);
	return agg != NULL ? ash_aggregate_ref(res, agg, errors) : NULL;
}
