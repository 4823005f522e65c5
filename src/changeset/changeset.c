/*-------------------------------------------------------------------------
 *
 * src/changeset/changeset.c
 *	  The life of a changeset up to the data layer, one function a step.
 *
 * The order in which the action room calls these functions is that of the life
 * cycle: cast the input, require, literal defaults, changes and validations,
 * accepted values, lazy defaults, and, after the before-action hooks, all
 * values.  Each step adds its errors to call->errors and goes on, so that a
 * caller learns of all faults at once; a field whose input failed to cast is
 * marked, so that it is not also reported as missing.
 *
 * Everything is allocated in the call's memory context, which is also the
 * current one while a step runs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "model/step.h"
#include "model/value_default.h"

/* What a write does to its row: a soft destroy updates it. */
static AshActionType
changeset_type(const AshResource *res, const AshAction *action)
{
	return action->type == ASH_ACTION_DESTROY && action->soft && !res->embedded ?
			   ASH_ACTION_UPDATE :
			   action->type;
}

/*
 * An empty changeset of call->action over the stored row data (NULL on create), in the
 * call's context.  It becomes the changeset of the call.
 */
AshChangeset *
ash_changeset_create(AshCall *call, const Jsonb *input, AshValue *data)
{
	int n = call->res->nattributes;
	Size values = MAXALIGN(sizeof(AshChangeset));
	Size atomics = values + n * sizeof(AshValue);
	Size flags = atomics + n * sizeof(AshExpr *);
	char *block = MemoryContextAllocZero(call->cxt, flags + n);
	AshChangeset *cs = (AshChangeset *) block;

	cs->call = call;
	cs->res = call->res;
	cs->action = call->action;
	cs->type = changeset_type(call->res, call->action);
	cs->input = input;
	cs->data = data;
	cs->values = (AshValue *) (block + values);
	cs->atomics = (AshExpr **) (block + atomics);
	cs->flags = (uint8 *) (block + flags);
	call->changeset = cs;
	return cs;
}

/*
 * One key of the input.  Arguments that are not public cannot be set from
 * outside: they are passed over in silence, as if they did not exist.
 */
static void
cast_key(AshChangeset *cs, const char *name, int len, const JsonbValue *value)
{
	const AshInput *input = ash_find_input(cs->action, name, len);

	if (input == NULL)
		ash_call_unknown_input(cs->call, name, len);
	else if (input->attribute != NULL)
		(void) ash_changeset_force(cs, input->attribute, value);
	else if (input->argument->is_public)
		(void) ash_call_set_argument(cs->call, input->argument, value);
}

/*
 * Casts every key of the input, in one pass, into changed values and arguments. Errors of all
 * keys are added; an attribute whose value failed is marked ASH_INVALID.
 */
void
ash_changeset_cast_input(AshChangeset *cs)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue key;
	JsonbValue value;

	if (cs->input == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(cs->input))
	{
		ash_error_add(cs->call->errors, ASH_E_INVALID_INPUT, NULL, "input must be a JSON object");
		return;
	}

	it = JsonbIteratorInit(unconstify(JsonbContainer *, &cs->input->root));
	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &value, true);
		cast_key(cs, key.val.string.val, key.val.string.len, &value);
	}
}

/* The default that applies to this kind of action. */
static const AshDefault *
default_of(const AshChangeset *cs, const AshAttribute *attr)
{
	return cs->type == ASH_ACTION_CREATE ? &attr->dflt : &attr->update_default;
}

/* A default is a change, but not a value that was given. */
static void
set_default(AshChangeset *cs, const AshAttribute *attr, AshValue value)
{
	ash_changeset_force_value(cs, attr, value);
	cs->flags[attr->index] |= ASH_DEFAULTED;
	cs->flags[attr->index] &= ~ASH_TOUCHED;
}

/*
 * Sets the attributes that were not given and have a literal default, which was cast when the
 * resource was compiled.
 */
void
ash_changeset_literal_defaults(AshChangeset *cs)
{
	for (int i = 0; i < cs->res->nattributes; i++)
	{
		const AshAttribute *attr = cs->res->attributes[i];
		const AshDefault *dflt = default_of(cs, attr);
		AshCast cast = { cs->call->errors, ASH_E_INVALID_ATTRIBUTE, attr->name,
						 .sensitive = attr->sensitive };
		AshValue value;

		if (dflt->kind != ASH_DEFAULT_LITERAL || ash_changeset_changing(cs, attr))
			continue;
		cast.call = cs->call;
		if (ash_call_default(cs->call, dflt, attr->type, &cast, &value))
			set_default(cs, attr, value);
	}
}

/*
 * The value another attribute got from the same function in this action; those
 * marked match_other_defaults share one.  (Clock defaults are equal anyway.)
 */
static bool
shared_default(AshChangeset *cs, const AshAttribute *attr, AshValue *out)
{
	const char *function = default_of(cs, attr)->function;

	if (!attr->match_other_defaults || function == NULL)
		return false;
	for (int i = 0; i < attr->index; i++)
	{
		const AshAttribute *other = cs->res->attributes[i];
		const char *theirs = default_of(cs, other)->function;

		if (other->match_other_defaults && theirs != NULL && strcmp(theirs, function) == 0 &&
			(cs->flags[i] & ASH_DEFAULTED) && other->type->oid == attr->type->oid)
		{
			*out = cs->values[i];
			return true;
		}
	}
	return false;
}

/*
 * Sets the attributes that were not given and have a default that is computed. An update gets
 * them only beside other changes: one that changes nothing stays so.
 */
void
ash_changeset_lazy_defaults(AshChangeset *cs)
{
	if (cs->type != ASH_ACTION_CREATE && ash_changeset_is_empty(cs))
		return;
	for (int i = 0; i < cs->res->nattributes; i++)
	{
		const AshAttribute *attr = cs->res->attributes[i];
		const AshDefault *dflt = default_of(cs, attr);
		AshCast cast = { cs->call->errors, ASH_E_INVALID_ATTRIBUTE, attr->name,
						 .sensitive = attr->sensitive };
		AshValue value;

		if (dflt->kind == ASH_DEFAULT_NONE || dflt->kind == ASH_DEFAULT_LITERAL ||
			ash_changeset_changing(cs, attr))
			continue;
		cast.call = cs->call;
		if (shared_default(cs, attr, &value) ||
			ash_call_default(cs->call, dflt, attr->type, &cast, &value))
			set_default(cs, attr, value);
	}
}

static void
add_required(AshChangeset *cs, const char *kind, const char *field)
{
	ash_error_add(cs->call->errors, ASH_E_REQUIRED, field, "%s %s is required", kind, field);
}

/*
 * require_attributes: adds an error for each that is missing. On create the caller must have
 * given a value, a default does not count; on update only an explicit null is refused.
 */
void
ash_changeset_require(AshChangeset *cs)
{
	ListCell *lc;

	foreach (lc, cs->action->require_attributes)
	{
		const AshAttribute *attr = ash_find_attribute(cs->res, lfirst(lc));
		bool changing = ash_changeset_changing(cs, attr);

		if (cs->flags[attr->index] & ASH_INVALID)
			continue;
		if (changing ? !cs->values[attr->index].isnull : cs->type != ASH_ACTION_CREATE)
			continue;
		add_required(cs, "attribute", attr->name);
		cs->flags[attr->index] |= ASH_INVALID;
	}
}

/* AshHookFn of a validation with before_action; arg is its step. */
static bool
run_step_hook(AshChangeset *cs, void *arg)
{
	return ash_step_run(cs, arg);
}

/* AshHookFn: the resource's validations, of an action with delay_global_validations. */
static bool
run_delayed_validations(AshChangeset *cs, void *arg)
{
	ListCell *lc;
	bool ok = true;

	foreach (lc, cs->action->validations)
		ok &= ash_step_run(cs, lfirst(lc));
	return ok;
}

/* Runs the steps; those with before_action become hooks. */
static void
run_or_defer(AshChangeset *cs, List *steps)
{
	ListCell *lc;

	foreach (lc, steps)
	{
		AshStep *step = lfirst(lc);

		if (step->before_action)
			ash_changeset_add_hook(&cs->before_action, run_step_hook, step, false);
		else
			(void) ash_step_run(cs, step);
	}
}

/*
 * Runs the changes and validations of the action, in the order they were declared, then those
 * of the resource. What an outer action sets on a nested write comes last, so that nothing
 * here can overrule it.
 */
void
ash_changeset_run_steps(AshChangeset *cs)
{
	AshAction *action = cs->action;
	ListCell *lc;

	if (!action->steps_compiled)
		ash_action_steps(cs->res, action, NULL);
	run_or_defer(cs, action->steps);
	if (!action->skip_global_validations && action->validations != NIL)
	{
		if (action->delay_global_validations)
			ash_changeset_add_hook(&cs->before_action, run_delayed_validations, NULL, false);
		else
			run_or_defer(cs, action->validations);
	}
	foreach (lc, cs->call->forced)
	{
		AshForced *forced = lfirst(lc);

		ash_changeset_force_value(cs, forced->attribute, forced->value);
	}
}

/* True if the attribute is the foreign key of a belongs_to that is being managed. */
static bool
is_managed_key(const AshChangeset *cs, const AshAttribute *attr)
{
	ListCell *lc;

	foreach (lc, cs->managed)
	{
		const AshRelationship *rel = ((AshManaged *) lfirst(lc))->relationship;

		if (rel->kind == ASH_REL_BELONGS_TO && strcmp(rel->source_attribute, attr->name) == 0)
			return true;
	}
	return false;
}

/* True if writing the row now would leave a null where none may be. */
static bool
is_missing(const AshChangeset *cs, const AshAttribute *attr)
{
	if (attr->allow_nil || (cs->flags[attr->index] & (ASH_INVALID | ASH_ATOMIC)))
		return false;
	if (cs->flags[attr->index] & ASH_CHANGING)
		return cs->values[attr->index].isnull;
	return cs->type == ASH_ACTION_CREATE && !attr->generated;
}

/*
 * True if a computed default is still to come: it is known before the action runs, but its
 * value is not computed until then.
 */
static bool
awaits_default(const AshChangeset *cs, const AshAttribute *attr)
{
	return !(cs->flags[attr->index] & ASH_CHANGING) &&
		   default_of(cs, attr)->kind != ASH_DEFAULT_NONE;
}

/*
 * Adds an error for each accepted attribute that is null and may not be, before the action
 * runs.
 */
void
ash_changeset_check_accepted(AshChangeset *cs)
{
	int i = -1;

	while ((i = bms_next_member(cs->action->accept, i)) >= 0)
	{
		const AshAttribute *attr = cs->res->attributes[i];

		if (is_missing(cs, attr) && !awaits_default(cs, attr) && !is_managed_key(cs, attr) &&
			!ash_names_contain(cs->action->allow_nil_input, attr->name))
			add_required(cs, "attribute", attr->name);
	}
}

/* A required belongs_to whose key is an attribute that may be null by itself. */
static void
check_required_relationships(AshChangeset *cs)
{
	for (int i = 0; i < cs->res->nrelationships; i++)
	{
		const AshRelationship *rel = cs->res->relationships[i];
		const AshAttribute *attr;

		if (rel->kind != ASH_REL_BELONGS_TO || rel->allow_nil)
			continue;
		attr = ash_find_attribute(cs->res, rel->source_attribute);
		if (attr == NULL || !attr->allow_nil)
			continue;
		if ((cs->flags[attr->index] & ASH_CHANGING) ? cs->values[attr->index].isnull :
													  cs->type == ASH_ACTION_CREATE)
			add_required(cs, "relationship", rel->name);
	}
}

/*
 * Adds an error for every attribute and belongs_to that may not be null and is, private ones
 * too, right before the write.
 */
void
ash_changeset_check_required(AshChangeset *cs)
{
	for (int i = 0; i < cs->res->nattributes; i++)
	{
		const AshAttribute *attr = cs->res->attributes[i];
		bool accepted = bms_is_member(i, cs->action->accept);

		/* the function of a manual action may know it */
		if (!is_missing(cs, attr) || (cs->action->manual_json != NULL && !accepted))
			continue;
		if (attr->belongs_to != NULL && !accepted)
			add_required(cs, "relationship", attr->belongs_to);
		else
			add_required(cs, "attribute", attr->name);
	}
	check_required_relationships(cs);
}

/* Runs hooks in order. False after the first that fails or adds an error. */
bool
ash_changeset_run_hooks(AshChangeset *cs, List *hooks)
{
	ListCell *lc;

	foreach (lc, hooks)
	{
		AshHook *hook = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (!hook->fn(cs, hook->arg) || ash_errors_any(cs->call->errors))
			return false;
	}
	return true;
}

/* True if nothing changes: an update without changes does not touch the row. */
bool
ash_changeset_is_empty(const AshChangeset *cs)
{
	for (int i = 0; i < cs->res->nattributes; i++)
	{
		if (cs->flags[i] & (ASH_CHANGING | ASH_ATOMIC))
			return false;
	}
	return true;
}
