/*-------------------------------------------------------------------------
 *
 * src/action/managed/managed_rows.c
 *	  Reads and writes of related rows, as calls inside our call; and what can be
 *	  done to one of them: look it up, update, join, unrelate or destroy it.
 *
 * A nested call has the caller's actor, tenant and context, and authorizes when
 * the outer one does and the rule does not say otherwise.  Its memory goes when
 * it is done: rows are copied out, and its errors are made in the outer call's
 * context.  While it runs, the outer call's error path says where in the input
 * it came from; a violation that PostgreSQL reports gets the same path.
 *
 * Which row holds the key differs by kind: our row (belongs_to), the related row
 * (has_one, has_many) or a join row (many_to_many).  Only this file knows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/managed/managed.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/relationship.h"
#include "model/resource.h"

/*
 * Puts the place of the input before the path of errors: its argument, and its index when it
 * is one of a list (index >= 0); or the error_path of the definition.
 */
void
ash_managing_push_path(const AshManaging *m, int index)
{
	AshErrors *errors = m->cs->call->errors;
	ListCell *lc;

	if (m->opts->error_path != NIL)
	{
		foreach (lc, m->opts->error_path)
			ash_errors_push_name(errors, lfirst(lc));
		return;
	}
	ash_errors_push_name(errors, m->managed->argument);
	if (index >= 0)
		ash_errors_push_index(errors, index);
}

/* Takes back what ash_managing_push_path with the same index has put there. */
void
ash_managing_pop_path(const AshManaging *m, int index)
{
	int depth = m->opts->error_path != NIL ? list_length(m->opts->error_path) : 1 + (index >= 0);

	while (depth-- > 0)
		ash_errors_pop(m->cs->call->errors);
}

/* The action of res with that name, or the primary one; NULL after adding an error. */
AshAction *
ash_managing_action(const AshManaging *m, AshResource *res, const char *name, AshActionType type)
{
	return ash_action_of_type(res, name, type, m->cs->call->errors);
}

/*-------------------------------------------------------------------------
 * Nested calls
 *-------------------------------------------------------------------------
 */

/*
 * A call about res inside ours, with errors of its own, which live as long as ours.
 * "authorize": false takes effect only where this resource's owner may waive the policies of
 * res.
 */
static AshCall *
begin_nested(const AshManaging *m, AshResource *res, AshAction *action)
{
	AshCall *outer = m->cs->call;
	AshCall *call = ash_call_nested(outer, res, action);

	if (!m->opts->authorize)
		call->authorize = !ash_call_can_skip_policies(outer->res, res);
	call->errors = ash_errors_create(outer->cxt);
	call->bindings.errors = call->errors;
	call->accessing_from = m->cs->res->name;
	call->accessing_relationship = m->rel->name;
	if (m->rel->context != NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(call->cxt);

		call->bindings.context = ash_related_context(m->cs->res, m->rel, call->bindings.context);
		MemoryContextSwitchTo(old);
	}
	return call;
}

/* Ends the call and hands its errors on, under the outer call's path; false when there are any. */
static bool
end_nested(const AshManaging *m, AshCall *call)
{
	AshErrors *errors = call->errors;
	bool ok = !ash_errors_any(errors);

	ash_errors_own(errors);
	ash_call_end(call);
	ash_errors_move(m->cs->call->errors, errors);
	return ok;
}

/*
 * The rows of res that satisfy all of conditions, by one of its read actions; at most limit of
 * them unless it is 0. Copied into the outer call's context; NIL also after adding an error.
 */
static List *
read_rows(const AshManaging *m, AshResource *res, const char *read_action, List *conditions,
		  int limit)
{
	AshAction *action = ash_managing_action(m, res, read_action, ASH_ACTION_READ);
	AshCall *call;
	AshQuery *query;
	MemoryContext old;
	List *rows = NIL;
	ListCell *lc;

	if (action == NULL)
		return NIL;
	call = begin_nested(m, res, action);
	old = MemoryContextSwitchTo(call->cxt);
	if (m->rel->read_action != NULL && action == ash_find_action(m->dest, m->rel->read_action))
		ash_related_arguments(call, m->cs->res, m->rel);
	query = ash_query_create(call, res, action);
	ash_query_for_action(query, NULL);
	query->filters = list_concat(query->filters, conditions);
	if (call->authorize && !query->authorized && !ash_errors_any(call->errors))
		ash_query_authorize(query);
	if (!ash_errors_any(call->errors))
	{
		List *found = ash_query_fetch(query, limit);

		MemoryContextSwitchTo(m->cs->call->cxt);
		foreach (lc, found)
			rows = lappend(rows, ash_action_copy_row(res, lfirst(lc)));
	}
	MemoryContextSwitchTo(old);
	return end_nested(m, call) ? rows : NIL;
}

/*
 * Runs action for data (NULL for a create), with the members of input that it takes, and the
 * attributes of forced set whatever it accepts. Returns the row as written, copied into the
 * outer call's context; NULL after adding errors, and when action is NULL.
 */
AshValue *
ash_managing_write(const AshManaging *m, AshResource *res, AshAction *action, const Jsonb *input,
				   AshValue *data, List *forced)
{
	AshCall *call;
	AshChangeset *written;
	AshValue *row = NULL;

	if (action == NULL)
		return NULL;
	call = begin_nested(m, res, action);
	call->forced = forced;
	written = ash_action_write(call, ash_input_for(action, input), data, NULL);
	if (!ash_errors_any(call->errors))
	{
		MemoryContext old = MemoryContextSwitchTo(m->cs->call->cxt);

		row = ash_action_copy_row(res, written->result);
		MemoryContextSwitchTo(old);
	}
	return end_nested(m, call) ? row : NULL;
}

/* attribute = value, or "is null" for a null; NULL after adding an error. */
AshExpr *
ash_attribute_equals(AshResource *res, const AshAttribute *attr, AshValue value, AshErrors *errors)
{
	AshExpr *field = ash_expr_attribute(res, attr);

	if (value.isnull)
		return ash_expr_is_null(field, false);
	return ash_expr_call("=", list_make2(field, ash_expr_const(attr->type, value)), errors);
}

/* An AshForced in CurrentMemoryContext. */
static AshForced *
force_value(const AshAttribute *attr, AshValue value)
{
	AshForced *forced = palloc(sizeof(AshForced));

	forced->attribute = attr;
	forced->value = value;
	return forced;
}

/* An attribute a relationship is built on; verified when the resource was defined. */
const AshAttribute *
ash_managing_attribute(const AshResource *res, const char *name)
{
	const AshAttribute *attr = ash_find_attribute(res, name);

	if (attr == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
						errmsg("resource \"%s\" has no attribute \"%s\"", res->name, name)));
	return attr;
}

static bool
refers_to_parent(AshExpr *expr, void *context)
{
	return expr->kind == ASH_EXPR_REF && expr->parent_levels > 0;
}

/* The relationship's own filter as a list, unless it depends on the source row. */
static List *
relationship_filter(const AshManaging *m, AshRelationship *rel)
{
	AshExpr *filter = ash_relationship_filter(m->cs->res, rel, NULL);

	if (filter == NULL || ash_expr_walk(filter, refers_to_parent, NULL))
		return NIL;
	return list_make1(filter);
}

static const char *
read_action_of(const AshManaging *m)
{
	return m->read_action != NULL ? m->read_action : m->rel->read_action;
}

/* Rows of the resource between that tie the source to something, and meet conditions. */
static List *
read_joins(const AshManaging *m, AshValue source, List *conditions)
{
	AshRelationship *joins = ash_find_relationship(m->cs->res, m->rel->join_relationship);
	const AshAttribute *attr = ash_managing_attribute(m->join, m->rel->source_attribute_on_join);

	conditions =
		lcons(ash_attribute_equals(m->join, attr, source, m->cs->call->errors), conditions);
	return read_rows(m, m->join, joins->read_action,
					 list_concat(conditions, relationship_filter(m, joins)), 0);
}

/* Rows of the destination that the join rows of the source point to. */
static List *
related_through_join(const AshManaging *m, AshValue source)
{
	AshErrors *errors = m->cs->call->errors;
	const AshAttribute *join_dest =
		ash_managing_attribute(m->join, m->rel->destination_attribute_on_join);
	const AshAttribute *key = ash_managing_attribute(m->dest, m->rel->destination_attribute);
	AshExpr *any = NULL;
	ListCell *lc;

	foreach (lc, read_joins(m, source, NIL))
		any = ash_expr_or(any, ash_attribute_equals(m->dest, key,
													((AshValue *) lfirst(lc))[join_dest->index],
													errors));
	if (any == NULL)
		return NIL;
	return read_rows(m, m->dest, read_action_of(m), lcons(any, relationship_filter(m, m->rel)), 0);
}

/* The rows that are related to the stored row now; NIL for a new row. */
List *
ash_managing_related(const AshManaging *m)
{
	const AshAttribute *own = ash_managing_attribute(m->cs->res, m->rel->source_attribute);
	const AshAttribute *key = ash_managing_attribute(m->dest, m->rel->destination_attribute);
	AshValue source;
	AshExpr *condition;

	if (m->cs->data == NULL || m->cs->data[own->index].isnull)
		return NIL;
	source = m->cs->data[own->index];
	if (m->rel->kind == ASH_REL_MANY_TO_MANY)
		return related_through_join(m, source);
	condition = ash_attribute_equals(m->dest, key, source, m->cs->call->errors);
	return read_rows(m, m->dest, read_action_of(m),
					 lcons(condition, relationship_filter(m, m->rel)), 0);
}

/*-------------------------------------------------------------------------
 * One row
 *-------------------------------------------------------------------------
 */

/* Our row's side of the relationship, after the write. */
static AshValue
source_value(const AshManaging *m)
{
	const AshAttribute *attr = ash_managing_attribute(m->cs->res, m->rel->source_attribute);

	return m->cs->result[attr->index];
}

/*
 * The conditions that find the row an input means by one key; NIL when it does not give the
 * key.
 */
static List *
lookup_conditions(const AshManaging *m, const Jsonb *input, List *key)
{
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	List *conditions = NIL;
	ListCell *lc;

	foreach (lc, key)
	{
		const AshAttribute *attr = lfirst(lc);
		AshCast cast = { scratch, ASH_E_INVALID_ATTRIBUTE, attr->name };
		JsonbValue in;
		AshValue value;

		if (!ash_jsonb_get(input, attr->name, strlen(attr->name), &in) || in.type == jbvNull ||
			!ash_type_cast(attr->type, &in, &cast, &value) || value.isnull)
			return NIL;
		conditions =
			lappend(conditions, ash_attribute_equals(m->dest, attr, value, m->cs->call->errors));
	}
	return conditions;
}

/*
 * The row that the input means, related or not, by the first key that the input gives; NULL
 * when there is none that the actor may read, and after adding an error.
 */
AshValue *
ash_managing_look_up(const AshManaging *m, const Jsonb *input)
{
	AshExpr *filter = ash_relationship_filter(m->cs->res, m->rel, NULL);
	ListCell *lc;

	foreach (lc, m->keys)
	{
		List *conditions = lookup_conditions(m, input, lfirst(lc));
		List *rows;

		if (conditions == NIL)
			continue;
		if (filter != NULL && ash_expr_in_memory(filter))
			conditions = lappend(conditions, filter);
		rows = read_rows(m, m->dest, m->opts->rules[ASH_ON_LOOKUP].second, conditions, 1);
		return rows != NIL ? linitial(rows) : NULL;
	}
	return NULL;
}

/* Updates a row of the destination; NULL after adding an error. */
AshValue *
ash_managing_update(const AshManaging *m, const char *action, AshValue *row, const Jsonb *input,
					List *forced)
{
	return ash_managing_write(m, m->dest,
							  ash_managing_action(m, m->dest, action, ASH_ACTION_UPDATE), input,
							  row, forced);
}

/* The foreign key that makes a has_one or has_many row ours, as List of AshForced *. */
List *
ash_managing_ours(const AshManaging *m)
{
	if (m->rel->no_attributes)
		return NIL;
	return list_make1(force_value(ash_managing_attribute(m->dest, m->rel->destination_attribute),
								  source_value(m)));
}

static Jsonb *
no_input(void)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Creates the join row between our row and one of the destination; false after adding an error. */
bool
ash_managing_join(const AshManaging *m, const char *action, const AshValue *row, const Jsonb *input)
{
	const AshAttribute *source = ash_managing_attribute(m->join, m->rel->source_attribute_on_join);
	const AshAttribute *dest =
		ash_managing_attribute(m->join, m->rel->destination_attribute_on_join);
	const AshAttribute *key = ash_managing_attribute(m->dest, m->rel->destination_attribute);
	List *forced =
		list_make2(force_value(source, source_value(m)), force_value(dest, row[key->index]));

	return ash_managing_write(m, m->join,
							  ash_managing_action(m, m->join, action, ASH_ACTION_CREATE), input,
							  NULL, forced) != NULL;
}

/* The join rows between our row and a row of the destination. */
List *
ash_managing_joins(const AshManaging *m, const AshValue *row)
{
	const AshAttribute *dest =
		ash_managing_attribute(m->join, m->rel->destination_attribute_on_join);
	const AshAttribute *key = ash_managing_attribute(m->dest, m->rel->destination_attribute);

	return read_joins(m, source_value(m),
					  list_make1(ash_attribute_equals(m->join, dest, row[key->index],
													  m->cs->call->errors)));
}

/* Destroys the join rows between our row and another; false after adding an error. */
static bool
destroy_joins(const AshManaging *m, const AshValue *row, const char *action)
{
	AshAction *destroy = ash_managing_action(m, m->join, action, ASH_ACTION_DESTROY);
	ListCell *lc;

	if (destroy == NULL)
		return false;
	foreach (lc, ash_managing_joins(m, row))
	{
		if (ash_managing_write(m, m->join, destroy, no_input(), lfirst(lc), NIL) == NULL)
			return false;
	}
	return !ash_errors_any(m->cs->call->errors);
}

/*
 * Rule "unrelate": the row that holds the key gives it up, by an action; a belongs_to has done
 * so with our own row. False after adding an error.
 */
bool
ash_managing_unrelate(const AshManaging *m, AshValue *row, const AshManageRule *rule)
{
	AshValue null = { 0, true };

	switch (m->rel->kind)
	{
		case ASH_REL_MANY_TO_MANY:
			return destroy_joins(m, row, rule->action);
		case ASH_REL_BELONGS_TO:
			return true;
		default:
			return ash_managing_update(
					   m, rule->action, row, no_input(),
					   list_make1(force_value(ash_managing_attribute(m->dest,
																	 m->rel->destination_attribute),
											  null))) != NULL;
	}
}

/* Rule "destroy": destroys the row, after its join rows. False after adding an error. */
bool
ash_managing_destroy(const AshManaging *m, AshValue *row, const AshManageRule *rule)
{
	if (m->join != NULL && !destroy_joins(m, row, rule->second))
		return false;
	return ash_managing_write(m, m->dest,
							  ash_managing_action(m, m->dest, rule->action, ASH_ACTION_DESTROY),
							  no_input(), row, NIL) != NULL;
}
