/*-------------------------------------------------------------------------
 *
 * src/query/related_read.c
 *	  The read behind a relationship: its action, arguments, context and order.
 *
 * What a relationship says about it is compiled once into the source resource.
 * An argument of the read action is a value, a template, or an expression over the
 * source row (parent.x).  The last has no value before the statement runs, so it
 * is put into the conditions of the read in the argument's place; the others are
 * arguments as a caller would give them.
 *
 * A load runs the action as any read.  Along a path (in filters, sorts, exists()
 * and aggregates) there is no read to run: of an action that is named, its filter
 * counts there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/identity.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "model/value_default.h"
#include "model/value_template.h"
#include "query/query.h"
#include "utils/acl.h"
#include "utils/memutils.h"

typedef struct AshRelatedRead
{
	bool compiled;
	List *sort;
	List *default_sort;
	Jsonb *context;
	AshFunction *manual;
	AshTemplate **given; /* by argument of the read action; NULL entries: not given */
	AshExpr **values;	 /* the same as expressions, defaults for those not given */
	Bitmapset *of_row;	 /* arguments that depend on the source row */
} AshRelatedRead;

AshAction *
ash_related_action(AshRelationship *rel, AshResource *dest)
{
	if (rel != NULL && rel->read_action != NULL)
		return ash_find_action(dest, rel->read_action);
	return dest->primary_actions[ASH_ACTION_READ];
}

/*-------------------------------------------------------------------------
 * Compiling
 *-------------------------------------------------------------------------
 */

static bool
is_parent_ref(AshExpr *expr, void *context)
{
	return expr->parent_levels > 0;
}

static AshExpr *
default_value(const AshArgument *arg)
{
	AshValue value = { (Datum) 0, true };

	if (arg->has_default && arg->dflt.kind == ASH_DEFAULT_LITERAL)
		value = arg->dflt.value;
	return ash_expr_const(arg->type, value);
}

static AshExpr *
literal_value(const AshArgument *arg, json_t *json, AshErrors *errors)
{
	AshCast cast = { .errors = errors, .code = ASH_E_INVALID_DEFINITION, .field = arg->name };
	AshValue value;

	return ash_type_cast_json(arg->type, json, &cast, &value) ? ash_expr_const(arg->type, value) :
																NULL;
}

/* NULL after adding an error. */
static AshExpr *
template_value(AshResource *res, const AshArgument *arg, AshTemplate *tmpl, AshErrors *errors)
{
	AshScope parent = ash_scope_for(res, NULL);
	AshScope scope = { .parent = &parent, .actor = parent.actor };

	switch (tmpl->kind)
	{
		case ASH_TEMPLATE_LITERAL:
			return literal_value(arg, tmpl->json, errors);
		case ASH_TEMPLATE_EXPR:
			return tmpl->expr = ash_expr_parse_as(tmpl->expr_source, &scope, arg->type, errors);
		case ASH_TEMPLATE_ACTOR:
		case ASH_TEMPLATE_CONTEXT:
		case ASH_TEMPLATE_TENANT:
			return ash_expr_template(tmpl->kind, tmpl->path, arg->type);
		default:
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
						  "a relationship has no arguments; use {\"expr\": \"parent.x\"} for an "
						  "attribute of the source row");
			return NULL;
	}
}

static void
compile_argument(AshResource *res, AshRelatedRead *read, const AshArgument *arg, json_t *node,
				 AshErrors *errors)
{
	AshTemplate *tmpl = node != NULL ? ash_template_compile(node, errors) : NULL;

	if (tmpl == NULL)
		return;
	read->given[arg->index] = tmpl;
	read->values[arg->index] = template_value(res, arg, tmpl, errors);
	if (read->values[arg->index] != NULL &&
		ash_expr_walk(read->values[arg->index], is_parent_ref, NULL))
		read->of_row = bms_add_member(read->of_row, arg->index);
}

static List *
argument_names(const AshAction *action)
{
	List *names = NIL;

	for (int i = 0; i < action->nargs; i++)
		names = lappend(names, unconstify(char *, action->args[i]->name));
	return names;
}

static void
compile_arguments(AshResource *res, AshRelationship *rel, AshRelatedRead *read, AshErrors *errors)
{
	AshAction *action = ash_related_action(rel, ash_ref_resource(&rel->destination));
	const char *name;
	json_t *node;

	if (action == NULL)
		return;
	read->given = palloc0(sizeof(AshTemplate *) * Max(action->nargs, 1));
	read->values = palloc0(sizeof(AshExpr *) * Max(action->nargs, 1));
	ash_errors_push_name(errors, "read_action_arguments");
	json_object_foreach (rel->read_action_arguments, name, node)
	{
		const AshArgument *arg = ash_find_argument(action, name);

		ash_errors_push_name(errors, name);
		if (arg != NULL)
			compile_argument(res, read, arg, node, errors);
		else
			ash_spec_unknown("argument", name, argument_names(action), errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
	for (int i = 0; i < action->nargs; i++)
	{
		if (read->given[i] == NULL)
			read->values[i] = default_value(action->args[i]);
	}
}

static List *
compile_sort(AshRelationship *rel, json_t *sort, const char *option, AshErrors *errors)
{
	List *items;

	if (sort == NULL)
		return NIL;
	ash_errors_push_name(errors, option);
	items = ash_sort_verify(ash_ref_resource(&rel->destination), sort, errors);
	ash_errors_pop(errors);
	return items;
}

static AshFunction *
compile_manual(AshRelationship *rel, AshErrors *errors)
{
	AshFunction *function;

	if (rel->manual == NULL)
		return NULL;
	function = ash_spec_fill(&ash_function_spec, rel->manual);
	ash_errors_push_name(errors, "manual");
	(void) ash_function_prepare(function, errors);
	ash_errors_pop(errors);
	return function;
}

static AshRelatedRead *
compile_read(AshResource *res, AshRelationship *rel, AshErrors *errors)
{
	AshRelatedRead *read = res->related;
	MemoryContext old;

	if (read == NULL)
		res->related = read =
			MemoryContextAllocZero(res->cxt, sizeof(AshRelatedRead) * res->nrelationships);
	read += rel->index;
	if (read->compiled)
		return read;
	old = MemoryContextSwitchTo(res->cxt);
	read->sort = compile_sort(rel, rel->sort, "sort", errors);
	read->default_sort = compile_sort(rel, rel->default_sort, "default_sort", errors);
	if (rel->context != NULL)
		read->context = ash_jsonb_from_json(rel->context);
	compile_arguments(res, rel, read, errors);
	read->manual = compile_manual(rel, errors);
	MemoryContextSwitchTo(old);
	read->compiled = true;
	return read;
}

void
ash_related_verify(AshResource *res, AshRelationship *rel, AshErrors *errors)
{
	(void) compile_read(res, rel, errors);
}

static AshRelatedRead *
related_read(AshResource *res, AshRelationship *rel)
{
	AshRelatedRead *read = res->related;
	AshErrors *errors;

	if (likely(read != NULL && read[rel->index].compiled))
		return read + rel->index;
	errors = ash_errors_create(CurrentMemoryContext);
	read = compile_read(res, rel, errors);
	if (ash_errors_any(errors))
		elog(ERROR, "relationship \"%s\" of %s: %s", rel->name, res->name,
			 ash_errors_message(errors));
	return read;
}

/*-------------------------------------------------------------------------
 * Order
 *-------------------------------------------------------------------------
 */

/* The relationship's order is part of every read; its default only when nothing else sorts. */
List *
ash_related_sort(AshResource *res, AshRelationship *rel, const AshQuery *query)
{
	List *sort = query != NULL ? query->sort : NIL;
	AshRelatedRead *read;

	if (rel->sort == NULL && rel->default_sort == NULL)
		return sort;
	read = related_read(res, rel);
	/* the default of an action counts when neither the caller nor the relationship sorts */
	if (read->sort != NIL && query != NULL && query->sort_is_default)
		sort = NIL;
	sort = list_concat_copy(sort, read->sort);
	return sort != NIL ? sort : read->default_sort;
}

/*-------------------------------------------------------------------------
 * Which rows
 *-------------------------------------------------------------------------
 */

const AshFunction *
ash_related_function(AshResource *res, AshRelationship *rel)
{
	return rel->manual != NULL ? related_read(res, rel)->manual : NULL;
}

/* Does it take the source row, beyond the key, to find the related ones? */
bool
ash_relationship_uses_parent(AshResource *res, AshRelationship *rel)
{
	AshExpr *filter = ash_relationship_filter(res, rel, NULL);

	if (rel->no_attributes && rel->manual == NULL)
		return true;
	if (filter != NULL && ash_expr_walk(filter, is_parent_ref, NULL))
		return true;
	if (rel->kind == ASH_REL_MANY_TO_MANY &&
		ash_relationship_uses_parent(res, ash_find_relationship(res, rel->join_relationship)))
		return true;
	return ash_related_has_row_arguments(res, rel);
}

/* attribute = argument of the same name */
static AshExpr *
get_by_condition(AshResource *dest, const AshAction *action, const char *name)
{
	const AshAttribute *attr = ash_find_attribute(dest, name);
	const AshArgument *arg = ash_find_argument(action, name);
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);

	return ash_expr_call("=",
						 list_make2(ash_expr_attribute(dest, attr),
									ash_expr_template(ASH_TEMPLATE_ARG,
													  list_make1(unconstify(char *, name)),
													  arg->type)),
						 errors);
}

/* What the action says about its rows, as conditions on a row whose parent is the source's. */
List *
ash_related_filters(AshResource *res, AshRelationship *rel, AshResource *dest, AshAction *action)
{
	AshExpr *filter = ash_action_filter(dest, action, NULL);
	List *filters = filter != NULL ? list_make1(filter) : NIL;
	AshExpr **values;
	ListCell *lc;

	foreach (lc, action->get_by)
		filters = lappend(filters, get_by_condition(dest, action, lfirst(lc)));
	if (filters == NIL || action->nargs == 0)
		return filters;
	if (rel->read_action != NULL && strcmp(rel->read_action, action->name) == 0 &&
		ash_ref_resource(&rel->destination) == dest)
		values = related_read(res, rel)->values;
	else
	{
		values = palloc(sizeof(AshExpr *) * action->nargs);
		for (int i = 0; i < action->nargs; i++)
			values[i] = default_value(action->args[i]);
	}
	foreach (lc, filters)
		lfirst(lc) = ash_expr_with_args(lfirst(lc), action->nargs, action->args, values);
	return filters;
}

/*-------------------------------------------------------------------------
 * The call
 *-------------------------------------------------------------------------
 */

Jsonb *
ash_related_context(AshResource *source, AshRelationship *rel, Jsonb *context)
{
	return rel->context != NULL ? ash_jsonb_merge(context, related_read(source, rel)->context) :
								  context;
}

bool
ash_related_has_row_arguments(AshResource *source, AshRelationship *rel)
{
	return rel->read_action_arguments != NULL && related_read(source, rel)->of_row != NULL;
}

AshCall *
ash_related_call(AshCall *call, AshResource *source, AshRelationship *rel, AshResource *dest,
				 AshAction *action)
{
	AshCall *sub = ash_query_subcall(call, dest, action);

	sub->accessing_from = source->name;
	sub->accessing_relationship = rel->name;
	if (!rel->authorize)
		sub->authorize = !ash_call_can_skip_policies(source, dest);
	sub->bindings.context = ash_related_context(source, rel, sub->bindings.context);
	return sub;
}

/*
 * The arguments that the relationship gives its read action, as far as the caller did not give
 * them.
 */
void
ash_related_arguments(AshCall *sub, AshResource *source, AshRelationship *rel)
{
	AshRelatedRead *read;

	if (rel->read_action_arguments == NULL)
		return;
	read = related_read(source, rel);
	for (int i = 0; i < sub->action->nargs; i++)
	{
		JsonbValue json;

		if (read->given[i] == NULL || bms_is_member(i, read->of_row) || sub->arg_set[i])
			continue;
		ash_template_json(&sub->bindings, read->given[i], &json);
		(void) ash_call_set_argument(sub, sub->action->args[i], &json);
	}
	sub->row_args = read->of_row;
}

/* Put the arguments that depend on the source row into the query's conditions. */
void
ash_related_row_arguments(AshQuery *query, AshResource *source, AshRelationship *rel)
{
	AshAction *action = query->action;
	AshExpr **values;
	AshRelatedRead *read;
	ListCell *lc;

	if (query->call->row_args == NULL)
		return;
	read = related_read(source, rel);
	values = palloc0(sizeof(AshExpr *) * action->nargs);
	for (int i = 0; i < action->nargs; i++)
	{
		if (bms_is_member(i, read->of_row) && !query->call->arg_set[i])
			values[i] = read->values[i];
	}
	query->filters = list_copy(query->filters);
	foreach (lc, query->filters)
		lfirst(lc) = ash_expr_with_args(lfirst(lc), action->nargs, action->args, values);
	if (query->must_see != NULL)
		query->must_see = ash_expr_with_args(query->must_see, action->nargs, action->args, values);
}

/*
 * A "definer" resource is guarded by its policies alone, so where these decide it is
 * read with its owner's rights.  The path to it comes from a definition whose
 * functions may run on rows before the policies hide them: only one of a role that
 * could read the table anyway may lead there.
 */
Oid
ash_related_reader(const AshResource *source, const AshResource *dest)
{
	if (dest->security != ASH_SECURITY_DEFINER || !dest->has_policies ||
		!has_privs_of_role(source->owner, dest->owner))
		return InvalidOid;
	return dest->owner;
}

bool
ash_relationship_to_many(const AshRelationship *rel)
{
	return rel->kind == ASH_REL_HAS_MANY || rel->kind == ASH_REL_MANY_TO_MANY;
}

/* Is there at most one destination row, for certain? */
bool
ash_relationship_unique(const AshRelationship *rel)
{
	AshResource *dest = ash_ref_resource(unconstify(AshResourceRef *, &rel->destination));

	if (rel->no_attributes || ash_relationship_to_many(rel))
		return false;
	if (dest->nprimary_key == 1 &&
		strcmp(dest->primary_key[0]->name, rel->destination_attribute) == 0)
		return true;
	for (int i = 0; i < dest->nidentities; i++)
	{
		const AshIdentity *identity = dest->identities[i];

		if (list_length(identity->keys) == 1 && identity->where == NULL &&
			dest->tenancy == ASH_TENANCY_NONE &&
			strcmp(linitial(identity->keys), rel->destination_attribute) == 0)
			return true;
	}
	return false;
}

AshCall *
ash_query_subcall(AshCall *call, AshResource *res, AshAction *action)
{
	AshCall *sub = palloc(sizeof(AshCall));
	int nargs = action ? action->nargs : 0;

	*sub = *call;
	sub->res = res;
	sub->action = action;
	sub->authorize = call->authorize || !ash_call_can_skip_policies(call->res, res);
	sub->all_tenants = ash_call_of_all_tenants(call);
	sub->opts = palloc0(sizeof(AshOptions));
	sub->args = palloc0(sizeof(AshValue) * Max(nargs, 1));
	sub->arg_set = palloc0(sizeof(bool) * Max(nargs, 1));
	for (int i = 0; i < nargs; i++)
		sub->args[i].isnull = true;
	sub->row_args = NULL;
	sub->bindings.context = ash_call_context_for(call->res, res, call->bindings.context);
	sub->bindings.action = action;
	sub->bindings.args = sub->args;
	return sub;
}

/* The attributes of the parent that a load starts from. */
int
ash_load_key_attributes(AshResource *res, AshRelationship *rel, const AshAttribute ***attributes)
{
	if (rel->manual != NULL || ash_relationship_uses_parent(res, rel))
	{
		*attributes = (const AshAttribute **) res->primary_key;
		return res->nprimary_key;
	}
	*attributes = palloc(sizeof(AshAttribute *));
	(*attributes)[0] = ash_find_attribute(res, rel->source_attribute);
	if ((*attributes)[0] == NULL)
		elog(ERROR, "relationship \"%s\": no attribute \"%s\" in %s", rel->name,
			 rel->source_attribute, res->name);
	return 1;
}
