/*-------------------------------------------------------------------------
 *
 * src/changeset/changeset_access.c
 *	  Reading and changing a changeset.
 *
 * "The attribute" always means the changed value, else the stored one.  On
 * update a value equal to the stored one is no change: setting it takes an
 * earlier change back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/relationship.h"

bool
ash_changeset_changing(const AshChangeset *cs, const AshAttribute *attr)
{
	return (cs->flags[attr->index] & (ASH_CHANGING | ASH_ATOMIC)) != 0;
}

/* The changed value, else the stored one, else null. */
AshValue
ash_changeset_attribute(const AshChangeset *cs, const AshAttribute *attr)
{
	AshValue null = { 0, true };

	if (cs->flags[attr->index] & ASH_CHANGING)
		return cs->values[attr->index];
	return cs->data != NULL ? cs->data[attr->index] : null;
}

/* False when the action has no such argument or it was neither given nor defaulted. */
bool
ash_changeset_find_argument(const AshChangeset *cs, const char *name, AshValue *out,
							const AshTypeInst **type)
{
	const AshArgument *arg = cs->action ? ash_find_argument(cs->action, name) : NULL;

	if (arg == NULL || !cs->call->arg_set[arg->index])
		return false;
	*out = cs->call->args[arg->index];
	if (type != NULL)
		*type = arg->type;
	return true;
}

/*
 * Cast a value and set it.  writable and accept are not asked: who calls this
 * has decided.
 */
bool
ash_changeset_force(AshChangeset *cs, const AshAttribute *attr, const JsonbValue *in)
{
	AshCast cast = { cs->call->errors, ASH_E_INVALID_ATTRIBUTE, attr->name,
					 .sensitive = attr->sensitive };
	AshValue value;

	cast.old = cs->data != NULL ? &cs->data[attr->index] : NULL;
	cast.call = cs->call;
	if (!ash_type_cast(attr->type, in, &cast, &value))
	{
		cs->flags[attr->index] |= ASH_INVALID;
		return false;
	}
	ash_changeset_force_value(cs, attr, value);
	return true;
}

void
ash_changeset_force_value(AshChangeset *cs, const AshAttribute *attr, AshValue value)
{
	int i = attr->index;

	cs->flags[i] &= ~(ASH_CHANGING | ASH_DEFAULTED | ASH_ATOMIC);
	cs->flags[i] |= ASH_TOUCHED;
	if (cs->type != ASH_ACTION_CREATE)
		cs->atomics[i] = NULL;
	if (cs->data != NULL && ash_type_equal(attr->type, &value, &cs->data[i]))
		return;
	cs->values[i] = value;
	cs->flags[i] |= ASH_CHANGING;
}

/* As if the attribute had never been mentioned. */
void
ash_changeset_clear(AshChangeset *cs, const AshAttribute *attr)
{
	cs->flags[attr->index] = 0;
	cs->atomics[attr->index] = NULL;
}

/* A later atomic of the same attribute replaces an earlier one, and any plain value. */
void
ash_changeset_atomic(AshChangeset *cs, const AshAttribute *attr, AshExpr *expr)
{
	cs->flags[attr->index] &= ~(ASH_CHANGING | ASH_DEFAULTED);
	cs->flags[attr->index] |= ASH_ATOMIC | ASH_TOUCHED;
	cs->atomics[attr->index] = expr;
}

/* Has the caller asked to relate something?  null and an empty list or object are nothing. */
static bool
managed_is_present(const AshManaged *managed)
{
	return managed->input != NULL && JB_ROOT_COUNT(managed->input) > 0 &&
		   !(JB_ROOT_IS_SCALAR(managed->input) &&
			 getIthJsonbValueFromContainer(&managed->input->root, 0)->type == jbvNull);
}

static bool
relationship_is_present(const AshChangeset *cs, const AshRelationship *rel)
{
	const AshAttribute *key;
	ListCell *lc;

	foreach (lc, cs->managed)
	{
		const AshManaged *managed = lfirst(lc);

		if (managed->relationship == rel && managed_is_present(managed))
			return true;
	}
	if (rel->kind != ASH_REL_BELONGS_TO)
		return false;
	key = ash_find_attribute(cs->res, rel->source_attribute);
	return key != NULL && !ash_changeset_attribute(cs, key).isnull;
}

/*
 * Spec 5.3: an argument of that name is not null, or the attribute is not null,
 * or the relationship is being given something.
 */
bool
ash_changeset_present(const AshChangeset *cs, const char *name, bool attributes_only)
{
	const AshAttribute *attr;
	const AshRelationship *rel;
	AshValue value;

	if (!attributes_only && ash_changeset_find_argument(cs, name, &value, NULL) && !value.isnull)
		return true;
	attr = ash_find_attribute(cs->res, name);
	if (attr != NULL)
		return (cs->flags[attr->index] & ASH_ATOMIC) || !ash_changeset_attribute(cs, attr).isnull;
	rel = attributes_only ? NULL : ash_find_relationship(cs->res, name);
	return rel != NULL && relationship_is_present(cs, rel);
}

/* AshRefValue over a changeset: own attributes, changes over stored values. */
bool
ash_changeset_ref(void *changeset, const AshExpr *ref, AshValue *out)
{
	AshChangeset *cs = changeset;

	if (ref->attribute == NULL || ref->path != NIL || ref->parent_levels > 0)
		return false;
	*out = ash_changeset_attribute(cs, ref->attribute);
	return true;
}

bool
ash_changeset_changing_relationship(const AshChangeset *cs, const char *name)
{
	const AshRelationship *rel = ash_find_relationship(cs->res, name);
	const AshAttribute *key;
	ListCell *lc;

	if (rel == NULL)
		return false;
	foreach (lc, cs->managed)
	{
		if (((AshManaged *) lfirst(lc))->relationship == rel)
			return true;
	}
	if (rel->kind != ASH_REL_BELONGS_TO)
		return false;
	key = ash_find_attribute(cs->res, rel->source_attribute);
	return key != NULL && ash_changeset_changing(cs, key);
}

/* prepend puts it before all that are there. */
void
ash_changeset_add_hook(List **hooks, AshHookFn fn, void *arg, bool prepend)
{
	AshHook *hook = palloc(sizeof(AshHook));

	hook->fn = fn;
	hook->arg = arg;
	*hooks = prepend ? lcons(hook, *hooks) : lappend(*hooks, hook);
}
