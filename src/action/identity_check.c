/*-------------------------------------------------------------------------
 *
 * src/action/identity_check.c
 *	  Identities that are checked before the write: eager_check and pre_check.
 *
 * The unique index enforces an identity; these checks only report a
 * violation together with the other errors of the input, and before anything was
 * written.  They look at all rows of the tenant, whatever the actor may read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/managed/managed.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/identity.h"
#include "model/resource.h"

/* True if a create updates the row with these keys instead of failing. */
static bool
is_upsert_target(const AshChangeset *cs, const AshIdentity *identity)
{
	const char *name = cs->call->opts->upsert_identity;

	if (!ash_upsert_wanted(cs))
		return false;
	if (name == NULL)
		name = cs->action->upsert_identity;
	return name != NULL && strcmp(name, identity->name) == 0;
}

/* True if the keys may be new: always for a new row. */
static bool
any_key_changing(const AshChangeset *cs, const AshIdentity *identity)
{
	ListCell *lc;

	if (cs->type == ASH_ACTION_CREATE)
		return true;
	foreach (lc, identity->keys)
	{
		const AshAttribute *attr = ash_find_attribute(cs->res, lfirst(lc));

		if (attr != NULL && ash_changeset_changing(cs, attr))
			return true;
	}
	return false;
}

/*
 * "All keys are equal", as List of AshExpr *; NIL when a null, or a value that is not known
 * yet, makes them differ.
 */
static List *
key_conditions(AshChangeset *cs, const AshIdentity *identity)
{
	List *conditions = NIL;
	ListCell *lc;

	foreach (lc, identity->keys)
	{
		const AshAttribute *attr = ash_find_attribute(cs->res, lfirst(lc));
		AshValue value;
		AshExpr *condition;

		if (attr == NULL || (cs->flags[attr->index] & (ASH_ATOMIC | ASH_INVALID)))
			return NIL;
		value = ash_changeset_attribute(cs, attr);
		if (value.isnull && identity->nils_distinct)
			return NIL;
		condition = ash_attribute_equals(cs->res, attr, value, cs->call->errors);
		if (condition == NULL)
			return NIL;
		conditions = lappend(conditions, condition);
	}
	return conditions;
}

/*
 * For a partial identity: adds its condition; false when the row is not among those it is
 * about.
 */
static bool
applies_where(AshChangeset *cs, const AshIdentity *identity, List **conditions)
{
	AshScope scope = ash_scope_for(cs->res, NULL);
	AshExpr *where;
	AshValue value;

	if (identity->where == NULL)
		return true;
	where = ash_expr_parse(identity->where, &scope, cs->call->errors);
	if (where == NULL || !ash_expr_in_memory(where) ||
		!ash_expr_eval(where, &cs->call->bindings, ash_changeset_ref, cs, &value) || value.isnull ||
		!DatumGetBool(value.value))
		return false;
	*conditions = lappend(*conditions, where);
	return true;
}

/*
 * True if another row has the keys. Looked up in a call of its own: errors that the changeset
 * has already do not matter, and all rows of the tenant count, whatever the actor may read.
 */
static bool
is_identity_taken(AshChangeset *cs, const AshIdentity *identity)
{
	List *conditions = key_conditions(cs, identity);
	AshCall *call;
	AshQuery *query;
	bool taken;

	if (conditions == NIL || !applies_where(cs, identity, &conditions))
		return false;
	if (cs->data != NULL)
		conditions = lappend(conditions, ash_expr_not(ash_query_key_filter(cs->res, cs->data)));
	call = ash_call_nested(cs->call, cs->res, NULL);
	query = identity->all_tenants ? ash_query_bare(call, cs->res) :
									ash_query_create(call, cs->res, NULL);
	query->filters = list_concat(query->filters, conditions);
	taken = !ash_errors_any(call->errors) && ash_query_fetch(query, 1) != NIL;
	ash_call_end(call);
	return taken;
}

/* Adds the error of an identity whose keys another row has. */
static void
add_taken(AshChangeset *cs, const AshIdentity *identity)
{
	List *fields = identity->field_names != NIL ? identity->field_names : identity->keys;
	StringInfoData names;
	AshError *error;
	ListCell *lc;

	initStringInfo(&names);
	foreach (lc, fields)
		appendStringInfo(&names, names.len > 0 ? ", %s" : "%s", (char *) lfirst(lc));
	error = ash_error_add(cs->call->errors, ASH_E_INVALID_CHANGES, NULL, "%s: %s", names.data,
						  identity->message ? identity->message : "has already been taken");
	error->fields = fields;
}

/* False after adding an error: the keys are taken. */
static bool
check_identity(AshChangeset *cs, const AshIdentity *identity)
{
	if (cs->type == ASH_ACTION_DESTROY || is_upsert_target(cs, identity) ||
		!any_key_changing(cs, identity) || !is_identity_taken(cs, identity))
		return true;
	add_taken(cs, identity);
	return false;
}

/*
 * Checks the identities with eager_check, while the changeset is built, or those with
 * pre_check, just before the write.  False after adding an error for each that is taken.
 */
bool
ash_identity_checks(AshChangeset *cs, bool eager)
{
	bool ok = true;

	for (int i = 0; i < cs->res->nidentities; i++)
	{
		const AshIdentity *identity = cs->res->identities[i];

		if (eager ? identity->eager_check : identity->pre_check)
			ok &= check_identity(cs, identity);
	}
	return ok;
}
