/*-------------------------------------------------------------------------
 *
 * src/define/verify.c
 *	  Verifies a compiled resource among the others.
 *
 * First what the definition's names refer to; then everything that is compiled on
 * first use, so that its errors are reported now and not when an action first runs.
 * Paths of errors start at the resource; what compiles a part pushes the path inside.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "catalog/namespace.h"
#include "define/define_internal.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/identity.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "utils/regproc.h"

/* Expressions know no paths: errors->path gets section, member and option for them. */
static void
enter_option(AshErrors *errors, const char *section, const char *name, const char *option)
{
	ash_errors_push_name(errors, section);
	ash_errors_push_name(errors, name);
	ash_errors_push_name(errors, option);
}

static void
leave_option(AshErrors *errors)
{
	ash_errors_pop(errors);
	ash_errors_pop(errors);
	ash_errors_pop(errors);
}

/* The condition of an identity, for its errors only. */
static void
compile_identity(AshResource *res, AshIdentity *identity, AshErrors *errors)
{
	AshScope scope = ash_scope_for(res, NULL);

	if (identity->where == NULL)
		return;
	enter_option(errors, "identities", identity->name, "where");
	ash_expr_parse_condition(identity->where, &scope, errors);
	leave_option(errors);
}

/* Filter, field and sort of an aggregate. */
static void
compile_aggregate(AshResource *res, AshAggregate *agg, AshErrors *errors)
{
	enter_option(errors, "aggregates", agg->name, "filter");
	ash_aggregate_filter(res, agg, errors);
	leave_option(errors);
	ash_errors_push_name(errors, "aggregates");
	ash_errors_push_name(errors, agg->name);
	ash_aggregate_verify(res, agg, errors);
	ash_errors_pop(errors);
	ash_errors_pop(errors);
}

/*
 * All expressions outside of actions and policies. Compiled ones are kept in the resource;
 * those that this needs from other resources are compiled there.
 */
static void
compile_expressions(AshResource *res, AshErrors *errors)
{
	int i;

	ash_errors_push_name(errors, "base_filter");
	ash_resource_base_filter(res, errors);
	ash_errors_pop(errors);
	for (i = 0; i < res->nidentities; i++)
		compile_identity(res, res->identities[i], errors);
	for (i = 0; i < res->ncalculations; i++)
	{
		enter_option(errors, "calculations", res->calculations[i]->name, "expr");
		ash_calculation_expr(res, res->calculations[i], errors);
		leave_option(errors);
		ash_calculation_verify(res, res->calculations[i], errors);
	}
	for (i = 0; i < res->nrelationships; i++)
	{
		enter_option(errors, "relationships", res->relationships[i]->name, "filter");
		ash_relationship_filter(res, res->relationships[i], errors);
		ash_errors_pop(errors);
		ash_related_verify(res, res->relationships[i], errors);
		ash_errors_pop(errors);
		ash_errors_pop(errors);
	}
	for (i = 0; i < res->naggregates; i++)
		compile_aggregate(res, res->aggregates[i], errors);
}

/* The steps of an action that writes, or the preparations of another. */
static void
compile_entries(AshResource *res, AshAction *action, AshErrors *errors)
{
	if (action->type == ASH_ACTION_READ || action->type == ASH_ACTION_GENERIC)
		ash_action_preparations(res, action, errors);
	else
		ash_action_steps(res, action, errors);
}

/*
 * The function of a generic action is looked up by its arguments when it is called; here a
 * function of that name must exist.
 */
static void
verify_run(const AshAction *action, AshErrors *errors)
{
	List *names = stringToQualifiedNameListCompat(action->run);
	AshError *error;

	enter_option(errors, "actions", action->name, "run");
	if (list_length(names) != 2)
		ash_error_definition(errors, NULL, "function \"%s\" must be named as schema.name",
							 action->run);
	else if (FuncnameGetCandidates(names, -1, NIL, false, false, false, true) == NULL)
	{
		error = ash_error_definition(errors, NULL, "function %s does not exist", action->run);
		error->hint = "Create it first: with the arguments of the action by name, or (input jsonb, "
					  "options jsonb, context jsonb).";
	}
	leave_option(errors);
}

/* Everything of an action that is compiled on first use. */
static void
compile_action(AshResource *res, AshAction *action, AshErrors *errors)
{
	if (action->type == ASH_ACTION_READ)
	{
		enter_option(errors, "actions", action->name, "filter");
		ash_action_filter(res, action, errors);
		leave_option(errors);
	}
	if (action->manual_json != NULL)
	{
		enter_option(errors, "actions", action->name, "manual");
		(void) ash_function_cached(&action->manual, res->cxt, action->manual_json, errors);
		leave_option(errors);
	}
	if (action->run != NULL)
		verify_run(action, errors);
	compile_entries(res, action, errors);
}

/*
 * Steps and preparations of the resource are compiled with the actions they are for. For a
 * type that no action has they are compiled with a nameless one, so that their errors do
 * not wait for such an action.
 */
static void
compile_unused_entries(AshResource *res, AshErrors *errors)
{
	uint32 used = 0;

	for (int i = 0; i < res->nactions; i++)
		used |= ASH_ON(res->actions[i]->type);
	for (int type = ASH_ACTION_CREATE; type <= ASH_ACTION_GENERIC; type++)
	{
		AshAction *action;

		if (used & ASH_ON(type))
			continue;
		action = MemoryContextAllocZero(res->cxt, sizeof(AshAction));
		action->type = type;
		action->name = ash_action_types[type];
		compile_entries(res, action, errors);
	}
}

/* Every action, then the entries that none of them has. */
static void
compile_actions(AshResource *res, AshErrors *errors)
{
	int i;

	for (i = 0; i < res->nactions; i++)
	{
		CHECK_FOR_INTERRUPTS();
		compile_action(res, res->actions[i], errors);
	}
	compile_unused_entries(res, errors);
}

/*
 * A default, which stands under key: its expression, or that its function exists. Literals
 * were cast when the attribute or argument was compiled.
 */
void
ash_verify_default(AshResource *res, const char *key, AshDefault *dflt, const AshTypeInst *type,
				   AshErrors *errors)
{
	ash_errors_push_name(errors, key);
	ash_default_expr(res, dflt, type, errors);
	ash_call_verify_default(dflt, errors);
	ash_errors_pop(errors);
}

/* The defaults of all attributes; those of arguments are verified with their action. */
static void
verify_defaults(AshResource *res, AshErrors *errors)
{
	int i;

	ash_errors_push_name(errors, "attributes");
	for (i = 0; i < res->nattributes; i++)
	{
		AshAttribute *attr = res->attributes[i];

		ash_errors_push_name(errors, attr->name);
		ash_verify_default(res, "default", &attr->dflt, attr->type, errors);
		ash_verify_default(res, "update_default", &attr->update_default, attr->type, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/*
 * Add all errors of a compiled resource among the others; false when there are any. Paths
 * start at the resource.
 *
 * What names refer to comes first: compiling expressions, steps and policies relies on it,
 * so that is only done when all names are right. Runs as the owner of the domain.
 */
bool
ash_resource_verify(AshResource *res, AshErrors *errors)
{
	int before = list_length(errors->items);

	if (res->security == ASH_SECURITY_DEFINER && !res->has_policies)
		ash_error_definition(errors, NULL,
							 "\"security\": \"definer\" requires \"policies\": "
							 "without them every caller could do everything");
	ash_verify_references(res, errors);
	ash_verify_policies(res, errors);
	ash_verify_storage(res, errors);
	if (list_length(errors->items) == before && ash_verify_aggregates(res, errors))
	{
		verify_defaults(res, errors);
		compile_expressions(res, errors);
		ash_verify_embedded_calculations(res, errors);
		compile_actions(res, errors);
		ash_verify_embedded_steps(res, errors);
		ash_resource_policies(res, errors);
	}
	if (list_length(errors->items) == before)
		ash_verify_interface_reads(res, errors);
	return list_length(errors->items) == before;
}
