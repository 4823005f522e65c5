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

/*
 * Casts a value and sets it; false after adding an error. Neither writable nor accept matters
 * here.
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

/*
 * Sets a value of the attribute's type, in place of any earlier change. On update a value
 * equal to the stored one is no change.
 */
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

/*
 * AshRefValue over a changeset: own attributes, changed values over stored ones. False for
 * what is not in the changeset.
 */
bool
ash_changeset_ref(void *changeset, const AshExpr *ref, AshValue *out)
{
	AshChangeset *cs = changeset;

	if (ref->attribute == NULL || ref->path != NIL || ref->parent_levels > 0)
		return false;
	*out = ash_changeset_attribute(cs, ref->attribute);
	return true;
}

/* True if the relationship is managed, or its foreign key changes. */
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

/* Adds a hook behind those that are there, or before them (prepend). */
void
ash_changeset_add_hook(List **hooks, AshHookFn fn, void *arg, bool prepend)
{
	AshHook *hook = palloc(sizeof(AshHook));

	hook->fn = fn;
	hook->arg = arg;
	*hooks = prepend ? lcons(hook, *hooks) : lappend(*hooks, hook);
}
