/*-------------------------------------------------------------------------
 *
 * src/action/managed/managed.c
 *	  Managed relationships: making related rows what the input says.
 *
 * A belongs_to needs its parent before our row is written and cleans up after;
 * the other kinds come after.  For each set: what is related but not in the
 * input is dealt with first (on_missing), so that what it frees can be used
 * again, then each input in order: a related row it means (on_match), else one
 * that is looked up (on_lookup), else on_no_match.
 *
 * An input that fails does not keep the following ones from being tried; all
 * errors are reported together and the caller undoes the whole.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/managed/managed.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/relationship.h"
#include "model/resource.h"

/* The rule for that case. */
static const AshManageRule *
rule_of(const AshManaging *m, AshManageWhen when)
{
	return &m->opts->rules[when];
}

static bool
managing_failed(const AshManaging *m)
{
	return ash_errors_any(m->cs->call->errors);
}

/*
 * Adds the error that the rules do not let the input do something ("changes would …"), without
 * a path. Always false.
 */
static bool
refuse_input(const AshManaging *m, const char *what)
{
	AshErrors *errors = m->cs->call->errors;
	List *path = errors->path;

	errors->path = NIL;
	ash_error_add(errors, ASH_E_INVALID_RELATIONSHIP, m->rel->name,
				  "Invalid value provided for %s: changes would %s.", m->rel->name, what);
	errors->path = path;
	return false;
}

/*
 * Adds the error that the record the input means does not exist, in the relationship's words
 * if it has some. Always false.
 */
static bool
record_not_found(const AshManaging *m, const Jsonb *input)
{
	StringInfoData key;
	JsonbIterator *it = ash_jsonb_walk(input);
	JsonbValue name;
	JsonbValue value;

	initStringInfo(&key);
	while (ash_jsonb_next_member(&it, &name, &value))
	{
		appendStringInfo(&key, "%s%.*s: %s", key.len > 0 ? " | " : "", name.val.string.len,
						 name.val.string.val, ash_jsonb_value_json(&value));
	}
	if (m->rel->not_found_message != NULL)
		ash_error_add(m->cs->call->errors, ASH_E_NOT_FOUND, NULL, "%s", m->rel->not_found_message);
	else
		ash_error_add(m->cs->call->errors, ASH_E_NOT_FOUND, NULL, "record with %s not found",
					  key.data);
	return false;
}

/*-------------------------------------------------------------------------
 * One input
 *-------------------------------------------------------------------------
 */

static void
keep_related(AshManaging *m, AshValue *row)
{
	m->current = lcons(row, m->current);
}

static void
forget_original(AshManaging *m, const AshValue *row)
{
	m->current = list_delete_ptr(m->current, unconstify(AshValue *, row));
}

/* Rule update_join, and update of a many_to_many: the join row takes its part of the input. */
static bool
update_joined(AshManaging *m, AshValue *row, const Jsonb *input, const AshManageRule *rule)
{
	Jsonb *join_input = ash_input_split(input, rule->join_keys, true);
	AshAction *join_action;
	ListCell *lc;

	if (rule->verb == ASH_MANAGE_UPDATE)
		row = ash_managing_update(m, rule->action, row,
								  ash_input_split(input, rule->join_keys, false), NIL);
	if (row == NULL)
		return false;
	if (rule->verb == ASH_MANAGE_UPDATE_JOIN || rule->second != NULL ||
		JB_ROOT_COUNT(join_input) > 0)
	{
		join_action = ash_managing_action(m, m->join, rule->second, ASH_ACTION_UPDATE);
		if (join_action == NULL)
			return false;
		foreach (lc, ash_managing_joins(m, row))
		{
			if (ash_managing_write(m, m->join, join_action, join_input, lfirst(lc), NIL) == NULL)
				return false;
		}
	}
	keep_related(m, row);
	return !managing_failed(m);
}

/* Rule on_match, for a related row that an input means. False after adding errors. */
static bool
handle_match(AshManaging *m, AshValue *row, const Jsonb *input)
{
	const AshManageRule *rule = rule_of(m, ASH_ON_MATCH);
	AshValue *updated;

	switch (rule->verb)
	{
		case ASH_MANAGE_ERROR:
			return refuse_input(m, "update a record");
		case ASH_MANAGE_MISSING:
			if (rule_of(m, ASH_ON_MISSING)->verb == ASH_MANAGE_UNRELATE)
				return ash_managing_unrelate(m, row, rule_of(m, ASH_ON_MISSING));
			if (rule_of(m, ASH_ON_MISSING)->verb == ASH_MANAGE_DESTROY)
				return ash_managing_destroy(m, row, rule_of(m, ASH_ON_MISSING));
			return true;
		case ASH_MANAGE_DESTROY:
			return ash_managing_destroy(m, row, rule);
		case ASH_MANAGE_UNRELATE:
			return ash_managing_unrelate(m, row, rule);
		case ASH_MANAGE_UPDATE:
		case ASH_MANAGE_UPDATE_JOIN:
			if (m->join != NULL)
				return update_joined(m, row, input, rule);
			updated = ash_managing_update(m, rule->action, row, input, NIL);
			if (updated != NULL)
				keep_related(m, updated);
			return updated != NULL;
		default:
			keep_related(m, row);
			return true;
	}
}

/* Rule on_lookup, for a row that was not related and was found. False after adding errors. */
static bool
handle_found(AshManaging *m, AshValue *row, const Jsonb *input)
{
	const AshManageRule *rule = rule_of(m, ASH_ON_LOOKUP);
	AshValue *related = row;

	if (m->rel->kind == ASH_REL_MANY_TO_MANY)
	{
		if (!ash_managing_join(m, rule->action, row, ash_input_split(input, rule->join_keys, true)))
			return false;
		if (rule->verb == ASH_MANAGE_RELATE_AND_UPDATE)
			return handle_match(m, row, ash_input_split(input, rule->join_keys, false));
	}
	else
		related = ash_managing_update(m, rule->action, row, input, ash_managing_ours(m));
	if (related != NULL)
		keep_related(m, related);
	return related != NULL;
}

/* Rule on_no_match: creates a related row, and its join row. False after adding errors. */
static bool
create_related(AshManaging *m, const Jsonb *input)
{
	const AshManageRule *rule = rule_of(m, ASH_ON_NO_MATCH);
	AshAction *action = ash_managing_action(m, m->dest, rule->action, ASH_ACTION_CREATE);
	AshValue *row;

	if (m->join == NULL)
		row = ash_managing_write(m, m->dest, action, input, NULL, ash_managing_ours(m));
	else
	{
		row = ash_managing_write(m, m->dest, action, ash_input_split(input, rule->join_keys, false),
								 NULL, NIL);
		if (row != NULL &&
			!ash_managing_join(m, rule->second, row, ash_input_split(input, rule->join_keys, true)))
			row = NULL;
	}
	if (row != NULL)
		keep_related(m, row);
	return row != NULL;
}

/*
 * Rule on_no_match "error": adds the error; what it says depends on whether the rules could
 * have related an existing row.
 */
static bool
no_match_error(const AshManaging *m, const Jsonb *input)
{
	AshManageVerb on_match = rule_of(m, ASH_ON_MATCH)->verb;

	if (rule_of(m, ASH_ON_LOOKUP)->verb != ASH_MANAGE_IGNORE ||
		(on_match != ASH_MANAGE_IGNORE && on_match != ASH_MANAGE_ERROR &&
		 on_match != ASH_MANAGE_NO_MATCH && on_match != ASH_MANAGE_MISSING))
		return record_not_found(m, input);
	return refuse_input(m, "create a new related record");
}

/*
 * An input that means no related row: looked up, then created, as the rules say. False after
 * adding errors.
 */
static bool
handle_no_match(AshManaging *m, const Jsonb *input)
{
	AshValue *row;

	if (rule_of(m, ASH_ON_LOOKUP)->verb != ASH_MANAGE_IGNORE)
	{
		row = ash_managing_look_up(m, input);
		if (row != NULL)
			return handle_found(m, row, input);
		if (managing_failed(m))
			return false;
	}
	switch (rule_of(m, ASH_ON_NO_MATCH)->verb)
	{
		case ASH_MANAGE_ERROR:
			return no_match_error(m, input);
		case ASH_MANAGE_CREATE:
			return create_related(m, input);
		default:
			return true;
	}
}

/* Works off one input; false after adding errors under its place in the input. */
static bool
handle_input(AshManaging *m, const Jsonb *input, int index)
{
	AshValue *row = ash_managing_find(m, m->originals, input);
	bool ok;

	CHECK_FOR_INTERRUPTS();
	ash_managing_push_path(m, m->was_list ? index : -1);
	if (row != NULL && rule_of(m, ASH_ON_MATCH)->verb != ASH_MANAGE_NO_MATCH)
	{
		forget_original(m, row);
		ok = handle_match(m, row, input);
	}
	else
		ok = handle_no_match(m, input);
	ash_managing_pop_path(m, m->was_list ? index : -1);
	return ok;
}

/*-------------------------------------------------------------------------
 * One set
 *-------------------------------------------------------------------------
 */

/*
 * True if the rules depend on what is related already. Those that only add do not: the related
 * rows are then neither read nor part of the returned record.
 */
static bool
needs_originals(const AshManaging *m)
{
	AshManageVerb on_match = rule_of(m, ASH_ON_MATCH)->verb;
	AshManageVerb on_no_match = rule_of(m, ASH_ON_NO_MATCH)->verb;

	return rule_of(m, ASH_ON_MISSING)->verb != ASH_MANAGE_IGNORE ||
		   (on_match != ASH_MANAGE_IGNORE && on_match != ASH_MANAGE_NO_MATCH) ||
		   (on_no_match != ASH_MANAGE_IGNORE && on_no_match != ASH_MANAGE_CREATE);
}

/* True if some input means the row. */
static bool
is_in_input(const AshManaging *m, const AshValue *row)
{
	ListCell *lc;

	foreach (lc, m->inputs)
	{
		if (ash_managing_find(m, list_make1(unconstify(AshValue *, row)), lfirst(lc)) != NULL)
			return true;
	}
	return false;
}

/*
 * Rule on_missing for each related row that no input means; the others stay. False after
 * adding errors.
 */
static bool
handle_missing(AshManaging *m)
{
	const AshManageRule *rule = rule_of(m, ASH_ON_MISSING);
	ListCell *lc;

	foreach (lc, m->originals)
	{
		AshValue *row = lfirst(lc);
		bool ok = true;

		if (rule->verb == ASH_MANAGE_IGNORE || is_in_input(m, row))
		{
			keep_related(m, row);
			continue;
		}
		if (rule->verb == ASH_MANAGE_ERROR)
			return refuse_input(m, "destroy a record");
		if (rule->verb == ASH_MANAGE_DESTROY)
			ok = ash_managing_destroy(m, row, rule);
		else
			ok = ash_managing_unrelate(m, row, rule);
		if (!ok)
			return false;
	}
	return true;
}

/* A copy of the list in reverse order. */
static List *
reversed(List *list)
{
	List *result = NIL;
	ListCell *lc;

	foreach (lc, list)
		result = lcons(lfirst(lc), result);
	return result;
}

/*
 * Works off all inputs of a has_one, has_many or many_to_many, also after one has failed.
 * False after adding errors.
 */
static bool
manage_set(AshManaging *m)
{
	ListCell *lc;
	bool ok = true;

	if (needs_originals(m))
		m->originals = ash_managing_related(m);
	if (managing_failed(m) || !handle_missing(m))
		return false;
	m->current = reversed(m->current);
	foreach (lc, m->inputs)
		ok &= handle_input(m, lfirst(lc), foreach_current_index(lc));
	m->managed->records = reversed(m->current);
	m->managed->done = ok;
	return ok;
}

/*-------------------------------------------------------------------------
 * belongs_to
 *-------------------------------------------------------------------------
 */

/* Sets our foreign key to the parent's, or to null. */
static void
set_key(const AshManaging *m, const AshValue *parent)
{
	AshValue null = { 0, true };
	const AshAttribute *own = ash_managing_attribute(m->cs->res, m->rel->source_attribute);
	const AshAttribute *key = ash_managing_attribute(m->dest, m->rel->destination_attribute);

	ash_changeset_force_value(m->cs, own, parent != NULL ? parent[key->index] : null);
}

/* As no_match_error, under the place of the argument. */
static bool
parent_not_found(const AshManaging *m, const Jsonb *input)
{
	bool ok;

	ash_managing_push_path(m, -1);
	ok = no_match_error(m, input);
	ash_managing_pop_path(m, -1);
	return ok;
}

/*
 * A parent that is not the present one: looked up, or created, as the rules say. False after
 * adding errors.
 */
static bool
find_parent(AshManaging *m, const Jsonb *input)
{
	const AshManageRule *rule = rule_of(m, ASH_ON_NO_MATCH);
	AshValue *row = NULL;

	if (rule_of(m, ASH_ON_LOOKUP)->verb != ASH_MANAGE_IGNORE)
		row = ash_managing_look_up(m, input);
	if (row == NULL && !managing_failed(m))
	{
		if (rule->verb == ASH_MANAGE_ERROR)
			return parent_not_found(m, input);
		if (rule->verb != ASH_MANAGE_CREATE)
			return true;
		ash_managing_push_path(m, 0);
		row = ash_managing_write(m, m->dest,
								 ash_managing_action(m, m->dest, rule->action, ASH_ACTION_CREATE),
								 input, NULL, NIL);
		ash_managing_pop_path(m, 0);
	}
	if (row == NULL)
		return false;
	set_key(m, row);
	keep_related(m, row);
	return true;
}

/*
 * Settles the foreign key of a belongs_to, before our row is written. False after adding
 * errors.
 */
static bool
manage_parent(AshManaging *m)
{
	const Jsonb *input = m->inputs != NIL ? linitial(m->inputs) : NULL;
	AshManageVerb on_match = rule_of(m, ASH_ON_MATCH)->verb;
	AshValue *match;

	m->originals = ash_managing_related(m);
	if (managing_failed(m))
		return false;
	if (input == NULL)
	{
		if (rule_of(m, ASH_ON_MISSING)->verb != ASH_MANAGE_IGNORE)
			set_key(m, NULL);
		return true;
	}
	match = ash_managing_find(m, m->originals, input);
	if (match != NULL && on_match != ASH_MANAGE_NO_MATCH)
	{
		if (on_match == ASH_MANAGE_ERROR)
			return refuse_input(m, "update a record");
		if (on_match == ASH_MANAGE_DESTROY || on_match == ASH_MANAGE_UNRELATE)
			set_key(m, NULL);
		return true;
	}
	return find_parent(m, input);
}

/*
 * What can only be done once our row refers to its new parent: updates of it, and on_missing
 * for the previous one. False after adding errors.
 */
static bool
settle_parent(AshManaging *m)
{
	const Jsonb *input = m->inputs != NIL ? linitial(m->inputs) : NULL;
	List *found = m->managed->records;
	AshValue *match;
	bool ok = true;

	m->originals = ash_managing_related(m);
	if (managing_failed(m) || !handle_missing(m))
		return false;
	if (found != NIL)
		m->current = list_copy(found);
	match = input != NULL && found == NIL ? ash_managing_find(m, m->originals, input) : NULL;
	ash_managing_push_path(m, m->was_list ? 0 : -1);
	if (match != NULL && rule_of(m, ASH_ON_MATCH)->verb != ASH_MANAGE_NO_MATCH)
	{
		forget_original(m, match);
		ok = handle_match(m, match, input);
	}
	else if (found != NIL && rule_of(m, ASH_ON_LOOKUP)->verb == ASH_MANAGE_RELATE_AND_UPDATE)
	{
		AshValue *updated =
			ash_managing_update(m, rule_of(m, ASH_ON_LOOKUP)->action, linitial(found), input, NIL);

		ok = updated != NULL;
		m->current = ok ? list_make1(updated) : NIL;
	}
	ash_managing_pop_path(m, m->was_list ? 0 : -1);
	m->managed->records = m->current;
	m->managed->done = ok;
	return ok;
}

/*-------------------------------------------------------------------------
 * All sets of a changeset
 *-------------------------------------------------------------------------
 */

/*
 * Manages the parents of the changeset's row, before it is written; sets its foreign keys.
 * False after adding errors.
 */
bool
ash_managed_before(AshChangeset *cs)
{
	ListCell *lc;

	foreach (lc, cs->managed)
	{
		AshManaged *managed = lfirst(lc);
		AshManaging m;

		if (managed->relationship->kind != ASH_REL_BELONGS_TO)
			continue;
		ash_managing_begin(&m, cs, managed);
		if (managing_failed(&m) || !manage_parent(&m))
			return false;
		managed->records = m.current;
	}
	return true;
}

/*
 * Adds the related records, as they are now, to the members of the record's JSON. Only when
 * they are not loaded.
 */
static void
add_result(AshChangeset *cs, const AshManaged *managed, AshResource *dest)
{
	bool many = managed->relationship->kind == ASH_REL_HAS_MANY ||
				managed->relationship->kind == ASH_REL_MANY_TO_MANY;
	AshCall *call;
	StringInfoData buf;

	initStringInfo(&buf);
	ash_write_json_string(&buf, managed->relationship->name, strlen(managed->relationship->name));
	appendStringInfoString(&buf, ": ");
	if (!many && managed->records == NIL)
		appendStringInfoString(&buf, "null");
	else
	{
		call = ash_call_nested(cs->call, dest, dest->primary_actions[ASH_ACTION_READ]);
		ash_records_write(call, dest, managed->records, NULL, NIL, many, NIL, &buf);
		ash_call_end(call);
	}
	cs->extras = lappend(cs->extras, buf.data);
}

typedef struct LoadSought
{
	const char *name;
	bool found;
} LoadSought;

static void
match_load(void *context, const char *name, const JsonbValue *value)
{
	LoadSought *sought = context;

	if (strcmp(name, sought->name) == 0)
		sought->found = true;
}

/* True if the record is written with the relationship loaded: as the call or the action wants it.
 */
static bool
is_loaded(const AshChangeset *cs, const AshRelationship *rel)
{
	const Jsonb *load = ash_action_loads(cs);
	LoadSought sought = { rel->name, false };
	JsonbValue value;

	if (load == NULL)
		return false;
	ash_jsonb_value_from_jsonb(load, &value);
	/* what is wrong with the load is reported when the record is written */
	if (value.type != jbvNull)
		ash_load_each(&value, ash_errors_create(cs->call->cxt), match_load, &sought);
	return sought.found;
}

/* True if it is the last request for its relationship, whose records are the result. */
static bool
is_last(const AshChangeset *cs, const AshManaged *managed)
{
	ListCell *lc;
	bool last = true;

	foreach (lc, cs->managed)
	{
		const AshManaged *other = lfirst(lc);

		if (other == managed)
			last = true;
		else if (other->relationship == managed->relationship)
			last = false;
	}
	return last;
}

/*
 * Manages all other relationships, once the changeset's row is written. False after adding
 * errors.
 */
bool
ash_managed_after(AshChangeset *cs)
{
	ListCell *lc;

	foreach (lc, cs->managed)
	{
		AshManaged *managed = lfirst(lc);
		AshManaging m;

		ash_managing_begin(&m, cs, managed);
		if (managing_failed(&m))
			return false;
		if (!(managed->relationship->kind == ASH_REL_BELONGS_TO ? settle_parent(&m) :
																  manage_set(&m)))
			return false;
		if (managed->done && is_last(cs, managed) && !is_loaded(cs, managed->relationship))
			add_result(cs, managed, m.dest);
	}
	return true;
}
