/*-------------------------------------------------------------------------
 *
 * src/action/managed/managed_rows.c
 *	  What can be done to one row of a managed relationship: look it up, update,
 *	  join, unrelate or destroy it.
 *
 * Who holds the key differs by kind: our row (belongs_to), the related row
 * (has_one, has_many) or a join row (many_to_many).  Only this file knows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/managed/managed.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/relationship.h"

static AshValue
source_value(const AshManaging *m)
{
	const AshAttribute *attr = ash_managing_attribute(m->cs->res, m->rel->source_attribute);

	return m->cs->result[attr->index];
}

/* The conditions that find the row an input means by one of the keys; NIL when it names none. */
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
		conditions = lappend(conditions, ash_equals(m->dest, attr, value, m->cs->call->errors));
	}
	return conditions;
}

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
		rows = ash_managing_read(m, m->dest, m->opts->rules[ASH_ON_LOOKUP].second, conditions, 1);
		return rows != NIL ? linitial(rows) : NULL;
	}
	return NULL;
}

AshValue *
ash_managing_update(const AshManaging *m, const char *action, AshValue *row, const Jsonb *input,
					List *forced)
{
	return ash_managing_write(m, m->dest,
							  ash_managing_action(m, m->dest, action, ASH_ACTION_UPDATE), input,
							  row, forced);
}

/* The foreign key a has_one or has_many row must have to be ours. */
List *
ash_managing_ours(const AshManaging *m)
{
	if (m->rel->no_attributes)
		return NIL;
	return list_make1(ash_forced(ash_managing_attribute(m->dest, m->rel->destination_attribute),
								 source_value(m)));
}

static Jsonb *
no_input(void)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

bool
ash_managing_join(const AshManaging *m, const char *action, const AshValue *row, const Jsonb *input)
{
	const AshAttribute *source = ash_managing_attribute(m->join, m->rel->source_attribute_on_join);
	const AshAttribute *dest =
		ash_managing_attribute(m->join, m->rel->destination_attribute_on_join);
	const AshAttribute *key = ash_managing_attribute(m->dest, m->rel->destination_attribute);
	List *forced =
		list_make2(ash_forced(source, source_value(m)), ash_forced(dest, row[key->index]));

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

	return ash_managing_read_joins(m, source_value(m),
								   list_make1(ash_equals(m->join, dest, row[key->index],
														 m->cs->call->errors)));
}

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

/* Rule: unrelate, with the action of the row that holds the key. */
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
					   list_make1(ash_forced(ash_managing_attribute(m->dest,
																	m->rel->destination_attribute),
											 null))) != NULL;
	}
}

bool
ash_managing_destroy(const AshManaging *m, AshValue *row, const AshManageRule *rule)
{
	if (m->join != NULL && !destroy_joins(m, row, rule->second))
		return false;
	return ash_managing_write(m, m->dest,
							  ash_managing_action(m, m->dest, rule->action, ASH_ACTION_DESTROY),
							  no_input(), row, NIL) != NULL;
}
