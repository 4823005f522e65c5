/*-------------------------------------------------------------------------
 *
 * src/define/verify_embedded.c
 *	  Verifies types that are embedded resources, and embedded resources.
 *
 * A type knows an embedded resource by name only; that the resource is one, and
 * has the actions and attributes the type's constraints name, is checked here, for
 * every type of a definition and those inside it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/embedded/embedded.h"
#include "define/define_internal.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/identity.h"
#include "model/step.h"

/*-------------------------------------------------------------------------
 * Types
 *-------------------------------------------------------------------------
 */

/*
 * "sort" of a list of embedded values: attributes only, since the items are sorted in
 * memory.
 */
static void
verify_sort(const AshTypeInst *inst, AshResource *embedded, json_t *sort, AshErrors *errors)
{
	ListCell *lc;

	ash_errors_push_name(errors, "sort");
	if (inst->item == NULL)
		ash_error_definition(errors, NULL, "only a list has an order");
	foreach (lc, ash_sort_verify(embedded, sort, errors))
	{
		const AshExpr *expr = ((AshSortItem *) lfirst(lc))->expr;

		if (expr->attribute == NULL || expr->path != NIL)
			ash_error_definition(errors, NULL, "items are sorted by attributes of %s",
								 embedded->name);
	}
	ash_errors_pop(errors);
}

/* The actions that the type names for creating, updating and destroying its values. */
static void
verify_actions(const AshEmbedded *type, AshResource *embedded, AshErrors *errors)
{
	static const AshActionType used[] = { ASH_ACTION_CREATE, ASH_ACTION_UPDATE,
										  ASH_ACTION_DESTROY };
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	ListCell *lc;

	for (int i = 0; i < lengthof(used); i++)
		(void) ash_embedded_action(type, embedded, used[i], scratch);
	foreach (lc, scratch->items)
		ash_error_definition(errors, NULL, "%s", ash_error_text(lfirst(lc)));
}

/* A name or a list of names. */
static void
verify_skipped(json_t *names, AshErrors *errors)
{
	size_t i;
	json_t *name;

	if (names == NULL)
		return;
	if (!json_is_array(names))
		ash_error_definition(errors, "skip_unknown_inputs", "expected a name or a list of names");
	json_array_foreach (names, i, name)
	{
		if (!json_is_string(name))
			ash_error_definition(errors, "skip_unknown_inputs", "expected a list of names");
	}
}

/*
 * AshTypeFn, for each embedded resource in a type; arg is AshErrors. Faults stand at the
 * constraints of the whole type.
 */
static void
verify_embedded_type(const AshTypeInst *inst, void *arg)
{
	AshErrors *errors = arg;
	const AshEmbedded *type = ash_embedded_constraints(inst);
	AshResource *embedded = ash_resource_get(type->ref.name, NULL);

	if (embedded == NULL)
		return;
	if (!embedded->embedded)
	{
		ash_error_definition(errors, "type", "the resource \"%s\" is not embedded", embedded->name);
		return;
	}
	if (inst->item != NULL && inst->item->item != NULL)
	{
		ash_error_definition(errors, "type", "a list of lists of embedded values is not supported");
		return;
	}
	ash_errors_push_name(errors, "constraints");
	if (inst->item != NULL)
		ash_errors_push_name(errors, "items");
	verify_actions(type, embedded, errors);
	verify_skipped(type->skip_unknown_inputs, errors);
	ash_embedded_verify_load(embedded, type->load, errors);
	if (type->sort != NULL)
		verify_sort(inst, embedded, type->sort, errors);
	if (inst->item != NULL)
		ash_errors_pop(errors);
	ash_errors_pop(errors);
}

/*
 * The type of the member of that name, and the types inside it; inst NULL: nothing to
 * verify.
 */
static void
verify_type(const char *name, const AshTypeInst *inst, AshErrors *errors)
{
	if (inst == NULL)
		return;
	ash_errors_push_name(errors, name);
	ash_type_each_embedded(inst, verify_embedded_type, errors);
	ash_errors_pop(errors);
}

/* The types of all arguments of an action or calculation. */
static void
verify_arguments(AshArgument **args, int nargs, AshErrors *errors)
{
	ash_errors_push_name(errors, "arguments");
	for (int i = 0; i < nargs; i++)
		verify_type(args[i]->name, args[i]->type, errors);
	ash_errors_pop(errors);
}

/* The types of all attributes, calculations, arguments and results. */
static void
verify_types(const AshResource *res, AshErrors *errors)
{
	ash_errors_push_name(errors, "attributes");
	for (int i = 0; i < res->nattributes; i++)
		verify_type(res->attributes[i]->name, res->attributes[i]->type, errors);
	ash_errors_pop(errors);
	ash_errors_push_name(errors, "calculations");
	for (int i = 0; i < res->ncalculations; i++)
	{
		const AshCalculation *calc = res->calculations[i];

		verify_type(calc->name, calc->type, errors);
		ash_errors_push_name(errors, calc->name);
		verify_arguments(calc->args, calc->nargs, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
	ash_errors_push_name(errors, "actions");
	for (int i = 0; i < res->nactions; i++)
	{
		const AshAction *action = res->actions[i];

		verify_type(action->name, action->returns, errors);
		ash_errors_push_name(errors, action->name);
		verify_arguments(action->args, action->nargs, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/*-------------------------------------------------------------------------
 * The embedded resource itself
 *-------------------------------------------------------------------------
 */

/* True if values of the attribute can be compared; unknown names have another error. */
static bool
is_orderable(const AshResource *res, const char *name)
{
	const AshAttribute *attr = ash_find_attribute(res, name);

	return attr == NULL || ash_type_orderable(attr->type);
}

/* An identity of an embedded resource is checked among the items of a list, in memory. */
static void
verify_identity(const AshResource *res, const AshIdentity *identity, AshErrors *errors)
{
	ListCell *lc;

	ash_errors_push_name(errors, identity->name);
	if (identity->where != NULL)
		ash_error_definition(errors, "where",
							 "an identity of an embedded resource is about all items of a list");
	if (identity->eager_check || identity->pre_check)
		ash_error_definition(errors, NULL,
							 "an identity of an embedded resource is checked with its list");
	foreach (lc, identity->keys)
	{
		if (!is_orderable(res, lfirst(lc)))
			ash_error_definition(errors, "keys", "values of \"%s\" have no order",
								 (char *) lfirst(lc));
	}
	ash_errors_pop(errors);
}

/* Options that need a column. */
static void
verify_attribute(const AshAttribute *attr, AshErrors *errors)
{
	ash_errors_push_name(errors, attr->name);
	if (attr->generated)
		ash_error_definition(errors, "generated",
							 "an embedded resource has no table that could generate it");
	if (attr->renamed_from != NULL)
		ash_error_definition(errors, "renamed_from",
							 "no migration renames keys of embedded values");
	if (attr->always_select || !attr->select_by_default)
		ash_error_definition(errors, attr->always_select ? "always_select" : "select_by_default",
							 "an embedded value is selected as a whole");
	if (attr->primary_key && !ash_type_orderable(attr->type))
		ash_error_definition(errors, "type", "values of a primary key need an order");
	ash_errors_pop(errors);
}

/* Options that need a table. */
static void
verify_action(const AshAction *action, AshErrors *errors)
{
	ash_errors_push_name(errors, action->name);
	if (action->upsert)
		ash_error_definition(errors, "upsert",
							 "an embedded value is matched by its list, not by an upsert");
	if (action->manual_json != NULL)
		ash_error_definition(errors, "manual",
							 "an embedded value is written with the record that holds it");
	if (action->nmetadata > 0)
		ash_error_definition(errors, "metadata",
							 "nothing is said about an embedded value besides its fields");
	if (action->type == ASH_ACTION_GENERIC)
		ash_error_definition(errors, "type", "an embedded resource has no generic actions");
	ash_errors_pop(errors);
}

/* What an embedded resource may not have. */
static void
verify_resource(const AshResource *res, AshErrors *errors)
{
	ash_errors_push_name(errors, "attributes");
	for (int i = 0; i < res->nattributes; i++)
		verify_attribute(res->attributes[i], errors);
	ash_errors_pop(errors);
	ash_errors_push_name(errors, "identities");
	for (int i = 0; i < res->nidentities; i++)
		verify_identity(res, res->identities[i], errors);
	ash_errors_pop(errors);
	ash_errors_push_name(errors, "actions");
	for (int i = 0; i < res->nactions; i++)
		verify_action(res->actions[i], errors);
	ash_errors_pop(errors);
}

/*
 * Types that are embedded resources, in any resource; and the resource itself when it is
 * embedded.
 */
void
ash_verify_embedded(AshResource *res, AshErrors *errors)
{
	verify_types(res, errors);
	if (res->embedded)
		verify_resource(res, errors);
}

/*
 * Calculations of an embedded resource are computed in memory from its attributes. Called
 * when all expressions are compiled.
 */
void
ash_verify_embedded_calculations(AshResource *res, AshErrors *errors)
{
	ash_errors_push_name(errors, "calculations");
	for (int i = 0; res->embedded && i < res->ncalculations; i++)
	{
		AshCalculation *calc = res->calculations[i];
		AshExpr *expr = calc->expr_source ? ash_calculation_expr(res, calc, errors) : NULL;

		if (calc->expr_source == NULL || calc->batch_function != NULL ||
			(expr != NULL && !ash_expr_in_memory(expr)))
			ash_error_definition(
				errors, calc->name,
				"a calculation of an embedded resource is an expression over its attributes");
	}
	ash_errors_pop(errors);
}

/*
 * Changes that work on rows are refused in an embedded resource. Called when the steps are
 * compiled.
 */
void
ash_verify_embedded_steps(AshResource *res, AshErrors *errors)
{
	static const char *const refused[] = { "manage_relationship",
										   "relate_actor",
										   "cascade_destroy",
										   "cascade_update",
										   "get_and_lock",
										   "get_and_lock_for_update",
										   "load",
										   "select",
										   "ensure_selected" };

	for (int i = 0; res->embedded && i < res->nactions; i++)
	{
		ListCell *lc;

		foreach (lc, res->actions[i]->steps)
		{
			const AshStep *step = lfirst(lc);

			for (int k = 0; step->change != NULL && k < lengthof(refused); k++)
			{
				if (strcmp(step->change->name, refused[k]) == 0)
					ash_error_definition(
						errors, NULL, "the action %s uses the change \"%s\", which needs a table",
						res->actions[i]->name, refused[k]);
			}
		}
	}
}
