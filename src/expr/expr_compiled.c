/*-------------------------------------------------------------------------
 *
 * src/expr/expr_compiled.c
 *	  Expressions of a resource, compiled on first use and kept in it.
 *
 * Trees live in the resource's memory context.  They point into the resources
 * their paths lead to; those are noted as dependencies, so that the catalog
 * rebuilds this resource whenever one of them changes.
 *
 * Without an error list (at run time) a fault is an internal error: ash_define
 * has asked for everything once before it stored the document.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/aggregate.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "model/value_default.h"
#include "nodes/value.h"
#include "utils/memutils.h"

/*
 * What is being compiled right now, innermost first.  A calculation or aggregate
 * that comes up again refers to itself.
 */
typedef struct Compiling
{
	const void *what;
	struct Compiling *outer;
} Compiling;

static Compiling *compiling = NULL;

static bool
is_compiling(const void *what)
{
	for (Compiling *entry = compiling; entry != NULL; entry = entry->outer)
	{
		if (entry->what == what)
			return true;
	}
	return false;
}

/* The caller's list, or one of our own whose faults are raised by finish_errors. */
static AshErrors *
begin_errors(AshErrors *errors)
{
	return errors != NULL ? errors : ash_errors_create(CurrentMemoryContext);
}

static void
finish_errors(AshErrors *errors, const AshErrors *used, const AshResource *res)
{
	if (errors == NULL && ash_errors_any(used))
		elog(ERROR, "stored definition of \"%s\" is wrong: %s", res->name,
			 ash_errors_message(used));
}

void
ash_expr_depend(AshResource *res, const AshResource *other)
{
	MemoryContext old;
	ListCell *lc;

	if (res == NULL || res == other)
		return;
	foreach (lc, res->deps)
	{
		if (strcmp(lfirst(lc), other->name) == 0)
			return;
	}
	old = MemoryContextSwitchTo(res->cxt);
	res->deps = lappend(res->deps, pstrdup(other->name));
	MemoryContextSwitchTo(old);
}

/* Can it be a step of a path?  False after adding an error. */
bool
ash_path_check(const AshResource *res, const AshRelationship *rel, AshErrors *errors)
{
	if (rel->manual == NULL)
		return true;
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
				  "the relationship \"%s\" of %s is manual: it can be loaded, but there is no "
				  "path through it",
				  rel->name, res->name);
	return false;
}

/*
 * All rows of a resource that an expression names itself, "domain.resource", as a
 * relationship without attributes: the same rules hold for it as for one that is
 * declared.  One for each resource, so that what is over the same rows shares them.
 * NULL when name is none.
 */
static AshRelationship *
unrelated(AshResource *res, const char *name)
{
	AshRelationship *rel;
	AshResource *destination;
	MemoryContext old;
	ListCell *lc;

	foreach (lc, res->unrelated)
	{
		rel = lfirst(lc);
		if (strcmp(rel->name, name) == 0)
			return rel;
	}
	destination = strchr(name, '.') != NULL && ash_resource_exists(name) ?
					  ash_resource_get(name, NULL) :
					  NULL;
	if (destination == NULL || destination->embedded)
		return NULL;
	old = MemoryContextSwitchTo(res->cxt);
	rel = palloc0(sizeof(AshRelationship));
	rel->name = rel->destination.name = pstrdup(name);
	rel->index = -1;
	rel->kind = ASH_REL_HAS_MANY;
	rel->no_attributes = true;
	rel->authorize = true;
	res->unrelated = lappend(res->unrelated, rel);
	MemoryContextSwitchTo(old);
	return rel;
}

AshResource *
ash_path_resolve(AshResource *res, List *names, List **rels, List **owners, AshErrors *errors)
{
	AshResource *root = res;
	ListCell *lc;

	*rels = *owners = NIL;
	foreach (lc, names)
	{
		AshRelationship *rel = ash_find_relationship(res, lfirst(lc));

		if (rel == NULL && res == root)
			rel = unrelated(res, lfirst(lc));
		if (rel == NULL)
		{
			(void) ash_error_unknown(errors, NULL, lfirst(lc), ash_relationship_names(res),
									 "%s has no relationship \"%s\"", res->name,
									 ash_clip(lfirst(lc)));
			return NULL;
		}
		if (!ash_path_check(res, rel, errors))
			return NULL;
		*rels = lappend(*rels, rel);
		*owners = lappend(*owners, res);
		res = ash_ref_resource(&rel->destination);
		ash_expr_depend(root, res);
	}
	return res;
}

AshScope
ash_scope_for(AshResource *res, AshAction *action)
{
	AshScope scope = { res };

	if (action != NULL)
	{
		scope.nargs = action->nargs;
		scope.args = action->args;
		scope.upsert = action->type == ASH_ACTION_CREATE;
	}
	if (res != NULL && res->domain.actor_resource != NULL)
		scope.actor = ash_resource_get(res->domain.actor_resource, NULL);
	if (scope.actor != NULL)
		ash_expr_depend(res, scope.actor);
	return scope;
}

/* Parse source into res->cxt; type NULL: a condition. */
static AshExpr *
compile_in(AshResource *res, const char *source, const AshScope *scope, const AshTypeInst *type,
		   AshErrors *errors)
{
	MemoryContext old = MemoryContextSwitchTo(res->cxt);
	AshErrors *used = begin_errors(errors);
	AshExpr *expr = type ? ash_expr_parse_as(source, scope, type, used) :
						   ash_expr_parse_condition(source, scope, used);

	MemoryContextSwitchTo(old);
	finish_errors(errors, used, res);
	return expr;
}

/*
 * Calculations
 */

static void
add_circular(AshErrors *errors, const char *what, const char *name)
{
	AshError *error = ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
									"%s \"%s\" refers to itself", what, name);

	error->circular = true;
}

static bool
has_circular(const AshErrors *errors)
{
	ListCell *lc;

	foreach (lc, errors->items)
	{
		if (((AshError *) lfirst(lc))->circular)
			return true;
	}
	return false;
}

/* Compiles what the expression refers to; true when that comes back to what is being compiled. */
static bool
refers_back(AshExpr *expr, void *context)
{
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	AshExpr *other = NULL;

	if (expr->kind != ASH_EXPR_REF)
		return false;
	if (expr->calculation != NULL && is_compiling(expr->calculation))
		return true;
	if (expr->aggregate != NULL && is_compiling(expr->aggregate))
		return true;
	/* faults of the other one are reported where it is defined */
	if (expr->calculation != NULL && expr->calculation->expr == NULL &&
		expr->calculation->expr_source != NULL)
		other = ash_calculation_expr(expr->resource, expr->calculation, scratch);
	if (expr->aggregate != NULL && expr->aggregate->filter == NULL)
		other = ash_aggregate_filter(expr->resource, expr->aggregate, scratch);
	return other == NULL && has_circular(scratch);
}

static AshExpr *
check_recursion(AshExpr *expr, const char *what, const char *name, AshErrors *errors)
{
	if (expr == NULL || !ash_expr_walk(expr, refers_back, NULL))
		return expr;
	add_circular(errors, what, name);
	return NULL;
}

/* Compile with what on the stack of things being compiled. */
static AshExpr *
compile_guarded(AshResource *res, const void *what, const char *kind, const char *name,
				const char *source, const AshScope *scope, const AshTypeInst *type,
				AshErrors *errors)
{
	Compiling entry = { what, compiling };
	AshErrors *used = begin_errors(errors);
	AshExpr *volatile expr = NULL;

	if (is_compiling(what))
	{
		add_circular(used, kind, name);
		finish_errors(errors, used, res);
		return NULL;
	}
	PG_TRY();
	{
		compiling = &entry;
		expr = compile_in(res, source, scope, type, used);
		expr = check_recursion(expr, kind, name, used);
	}
	PG_FINALLY();
	{
		compiling = entry.outer;
	}
	PG_END_TRY();
	finish_errors(errors, used, res);
	return expr;
}

static bool
is_late_ref(AshExpr *expr, void *context)
{
	return expr->kind == ASH_EXPR_REF && expr->calculation != NULL &&
		   ash_calculation_is_late(expr->resource, expr->calculation);
}

bool
ash_calculation_is_late(AshResource *res, AshCalculation *calc)
{
	AshExpr *expr;
	bool late;

	check_stack_depth();
	if (calc->expr_source == NULL)
		return calc->batch_function != NULL;
	if (calc->stage != ASH_STAGE_UNKNOWN || is_compiling(calc))
		return calc->stage == ASH_STAGE_AFTER_FETCH;
	/* faults are reported where it is defined */
	expr = ash_calculation_expr(res, calc, ash_errors_create(CurrentMemoryContext));
	late = expr != NULL && ash_expr_walk(expr, is_late_ref, NULL);
	if (expr != NULL)
		calc->stage = late ? ASH_STAGE_AFTER_FETCH : ASH_STAGE_SQL;
	return late;
}

/* What cannot be computed beside the result of a function, which no statement knows. */
static bool
needs_statement(AshExpr *expr, void *context)
{
	AshExpr *other;

	if (expr->kind == ASH_EXPR_EXISTS || expr->kind == ASH_EXPR_AGGREGATE)
		return true;
	if (expr->kind != ASH_EXPR_REF)
		return false;
	if (expr->path != NIL || expr->aggregate != NULL || expr->parent_levels > 0)
		return true;
	if (expr->calculation == NULL || is_compiling(expr->calculation))
		return false;
	if (expr->calculation->expr_source == NULL)
		return expr->calculation->batch_function == NULL;
	other = ash_calculation_expr(expr->resource, expr->calculation,
								 ash_errors_create(CurrentMemoryContext));
	return other != NULL && ash_expr_walk(other, needs_statement, NULL);
}

static bool
has_row_arguments(AshExpr *expr, void *context)
{
	if (!is_late_ref(expr, NULL) || expr->calculation->expr_source != NULL)
		return false;
	for (int i = 0; expr->calc_args != NULL && i < expr->calculation->nargs; i++)
	{
		if (ash_expr_has_refs(expr->calc_args[i]))
			return true;
	}
	return false;
}

static void
check_late(AshResource *res, AshCalculation *calc, AshErrors *errors)
{
	if (!ash_calculation_is_late(res, calc))
		return;
	if (ash_expr_walk(calc->expr, needs_statement, NULL))
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "beside a calculation that only a function computes an expression can use "
					  "attributes of the row, and nothing of other rows");
	if (ash_expr_walk(calc->expr, has_row_arguments, NULL))
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "arguments of a calculation that only a function computes cannot depend on "
					  "the row");
}

AshExpr *
ash_calculation_expr(AshResource *res, AshCalculation *calc, AshErrors *errors)
{
	AshScope scope;

	if (calc->expr != NULL || calc->expr_source == NULL)
		return calc->expr;
	scope = ash_scope_for(res, NULL);
	scope.nargs = calc->nargs;
	scope.args = calc->args;
	scope.late = calc->batch_function == NULL;
	calc->expr = compile_guarded(res, calc, "calculation", calc->name, calc->expr_source, &scope,
								 calc->type, errors);
	if (calc->expr != NULL && scope.late && errors != NULL)
		check_late(res, calc, errors);
	return calc->expr;
}

/*
 * Filters
 */

AshExpr *
ash_relationship_filter(AshResource *res, AshRelationship *rel, AshErrors *errors)
{
	AshScope parent;
	AshScope scope;

	if (rel->filter != NULL || rel->filter_source == NULL)
		return rel->filter;
	parent = ash_scope_for(res, NULL);
	scope = parent;
	scope.resource = ash_ref_resource(&rel->destination);
	scope.parent = &parent;
	ash_expr_depend(res, scope.resource);
	rel->filter = compile_in(res, rel->filter_source, &scope, NULL, errors);
	return rel->filter;
}

AshExpr *
ash_action_filter(AshResource *res, AshAction *action, AshErrors *errors)
{
	AshScope scope;

	if (action->filter != NULL || action->filter_source == NULL)
		return action->filter;
	scope = ash_scope_for(res, action);
	action->filter = compile_in(res, action->filter_source, &scope, NULL, errors);
	return action->filter;
}

AshExpr *
ash_resource_base_filter(AshResource *res, AshErrors *errors)
{
	AshScope scope;

	if (res->base_filter != NULL || res->base_filter_source == NULL)
		return res->base_filter;
	scope = ash_scope_for(res, NULL);
	res->base_filter = compile_in(res, res->base_filter_source, &scope, NULL, errors);
	return res->base_filter;
}

/*
 * Aggregates
 */

static AshResource *
aggregate_destination(AshResource *res, const AshAggregate *agg, AshErrors *errors)
{
	List *rels;
	List *owners;

	return ash_path_resolve(res, agg->path, &rels, &owners, errors);
}

AshExpr *
ash_aggregate_filter(AshResource *res, AshAggregate *agg, AshErrors *errors)
{
	AshErrors *used = begin_errors(errors);
	AshScope parent;
	AshScope scope;

	if (agg->filter != NULL || agg->filter_source == NULL)
		return agg->filter;
	parent = ash_scope_for(res, NULL);
	scope = parent;
	scope.parent = &parent;
	scope.resource = aggregate_destination(res, agg, used);
	if (scope.resource != NULL)
		agg->filter = compile_guarded(res, agg, "aggregate", agg->name, agg->filter_source, &scope,
									  NULL, used);
	finish_errors(errors, used, res);
	return agg->filter;
}

/* There is nobody to give a value to the arguments of an aggregated calculation. */
static bool
check_arguments(const AshCalculation *calc, AshErrors *errors)
{
	for (int i = 0; i < calc->nargs; i++)
	{
		const AshArgument *arg = calc->args[i];

		if (arg->allow_nil || arg->has_default)
			continue;
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "calculation \"%s\" cannot be aggregated: its argument \"%s\" is required",
					  calc->name, arg->name);
		return false;
	}
	return true;
}

/* Type of the aggregated field, or NULL after adding an error. */
static const AshTypeInst *
field_type(AshResource *destination, const char *name, AshErrors *errors)
{
	AshAttribute *attribute = ash_find_attribute(destination, name);
	AshCalculation *calculation = ash_find_calculation(destination, name);
	AshAggregate *aggregate = ash_find_aggregate(destination, name);

	if (attribute != NULL)
		return attribute->type;
	if (calculation != NULL && ash_calculation_is_late(destination, calculation))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "calculation \"%s\" cannot be aggregated: it has no expression", name);
		return NULL;
	}
	if (calculation != NULL)
		return check_arguments(calculation, errors) ? calculation->type : NULL;
	if (aggregate != NULL)
		return ash_aggregate_type(destination, aggregate, errors);
	(void) ash_error_unknown(errors, NULL, name, ash_field_names(destination),
							 "%s has no field \"%s\" to aggregate", destination->name,
							 ash_clip(name));
	return NULL;
}

/* There are no lists of lists: the arrays of PostgreSQL are rectangular. */
bool
ash_aggregate_takes(AshAggregateKind kind, const AshTypeInst *type)
{
	switch (kind)
	{
		case ASH_AGG_SUM:
			return ash_expr_is_number(type) || type->oid == INTERVALOID;
		case ASH_AGG_AVG:
			return ash_expr_is_number(type);
		case ASH_AGG_MIN:
		case ASH_AGG_MAX:
			return ash_type_orderable(type);
		case ASH_AGG_LIST:
			return ash_expr_array_type(type) != NULL;
		default:
			return true;
	}
}

static bool
check_aggregated(const AshAggregate *agg, const AshTypeInst *type, AshErrors *errors)
{
	if (ash_aggregate_takes(agg->kind, type))
		return true;
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s is not defined for %s",
				  ash_aggregate_kinds[agg->kind], type->name);
	return false;
}

static const AshTypeInst *
aggregate_type(AshResource *res, const AshAggregate *agg, AshErrors *errors)
{
	AshResource *destination;
	const AshTypeInst *type = NULL;

	if (agg->kind == ASH_AGG_CUSTOM)
		return ash_type_compile(agg->type_name, agg->type_constraints, errors);
	destination = aggregate_destination(res, agg, errors);
	if (destination == NULL)
		return NULL;
	if (agg->field != NULL)
	{
		type = field_type(destination, agg->field, errors);
		if (type == NULL || !check_aggregated(agg, type, errors))
			return NULL;
	}
	switch (agg->kind)
	{
		case ASH_AGG_COUNT:
			return ash_type_plain("integer");
		case ASH_AGG_EXISTS:
			return ash_plain_boolean();
		case ASH_AGG_AVG:
			return ash_type_plain("float");
		case ASH_AGG_LIST:
			return type ? ash_expr_array_type(type) : NULL;
		default:
			return type;
	}
}

const AshTypeInst *
ash_aggregate_type(AshResource *res, AshAggregate *agg, AshErrors *errors)
{
	Compiling entry = { agg, compiling };
	AshErrors *used = begin_errors(errors);
	MemoryContext old;

	if (agg->type != NULL)
		return agg->type;
	if (is_compiling(agg))
		add_circular(used, "aggregate", agg->name);
	else
	{
		old = MemoryContextSwitchTo(res->cxt);
		PG_TRY();
		{
			compiling = &entry;
			agg->type = aggregate_type(res, agg, used);
		}
		PG_FINALLY();
		{
			compiling = entry.outer;
		}
		PG_END_TRY();
		MemoryContextSwitchTo(old);
	}
	finish_errors(errors, used, res);
	return agg->type;
}

/*
 * Templates of built-in options, defaults
 */

AshExpr *
ash_template_expr(AshResource *res, AshAction *action, AshTemplate *tmpl, AshErrors *errors)
{
	MemoryContext old;
	AshErrors *used = begin_errors(errors);
	AshScope scope;

	if (tmpl->expr != NULL || tmpl->expr_source == NULL)
		return tmpl->expr;
	scope = ash_scope_for(res, action);
	old = MemoryContextSwitchTo(res ? res->cxt : GetMemoryChunkContext(tmpl));
	tmpl->expr = ash_expr_parse(tmpl->expr_source, &scope, used);
	MemoryContextSwitchTo(old);
	if (errors == NULL && ash_errors_any(used))
		elog(ERROR, "stored expression is wrong: %s", ash_errors_message(used));
	return tmpl->expr;
}

AshExpr *
ash_default_expr(AshResource *res, AshDefault *dflt, const AshTypeInst *type, AshErrors *errors)
{
	AshScope scope;

	/* the other kinds are made without one; before PostgreSQL 18 nothing gives a version 7 uuid */
	if (dflt->expr != NULL || dflt->expr_source == NULL || dflt->kind != ASH_DEFAULT_EXPR)
		return dflt->expr;
	scope = ash_scope_for(res, NULL);
	scope.resource = NULL; /* a default is there before the row */
	dflt->expr = compile_in(res, dflt->expr_source, &scope, type, errors);
	return dflt->expr;
}
