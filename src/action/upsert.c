/*-------------------------------------------------------------------------
 *
 * src/action/upsert.c
 *	  create with upsert: INSERT … ON CONFLICT (identity) DO UPDATE.
 *
 * The conflict target is the identity's index (with the tenant column first, and
 * the identity's condition as predicate), or the primary key.  Values that came
 * from defaults do not overwrite the existing row; update defaults do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/managed/managed.h"
#include "model/attribute.h"
#include "model/identity.h"
#include "model/value_default.h"

/* True if the create is an upsert: by the option of the call, else by the action. */
bool
ash_upsert_wanted(const AshChangeset *cs)
{
	const AshOptions *opts = cs->call->opts;

	return opts->upsert_given ? opts->upsert : cs->action->upsert;
}

/* The identity whose values may be taken; NULL: the primary key.  False after adding an error. */
static bool
find_identity(AshUpsert *upsert)
{
	const AshChangeset *cs = upsert->cs;
	const char *name = cs->call->opts->upsert_identity ? cs->call->opts->upsert_identity :
														 cs->action->upsert_identity;

	upsert->identity = name != NULL ? ash_find_identity(cs->res, name) : NULL;
	if (name == NULL || upsert->identity != NULL)
		return true;
	ash_error_add(cs->call->errors, ASH_E_NO_IDENTITY_FOUND, NULL,
				  "Identity %s does not exist on resource %s", name, cs->res->name);
	return false;
}

/*
 * Attribute indexes of the conflict target: the identity's, with the tenant's, or the primary
 * key's.
 */
static Bitmapset *
conflict_keys(const AshResource *res, const AshIdentity *identity)
{
	Bitmapset *keys = NULL;
	ListCell *lc;

	if (identity == NULL)
	{
		for (int i = 0; i < res->nprimary_key; i++)
			keys = bms_add_member(keys, res->primary_key[i]->index);
		return keys;
	}
	foreach (lc, identity->keys)
		keys = bms_add_member(keys, ash_find_attribute(res, lfirst(lc))->index);
	if (res->tenancy == ASH_TENANCY_ATTRIBUTE && !identity->all_tenants)
		keys = bms_add_member(keys, res->tenant_attribute->index);
	return keys;
}

/*
 * Writes the condition of the identity's index: the base filter's, then its own. Index
 * inference compares the predicate itself, so it contains no parameters.
 */
static void
write_predicate(AshSql *sql, AshResource *res, const AshIdentity *identity)
{
	const char *sources[] = { res->base_filter_source, identity->where };
	const char *separator = " WHERE ";
	bool inlined = sql->inline_values;

	sql->inline_values = true;
	for (int i = 0; i < lengthof(sources); i++)
	{
		if (sources[i] == NULL)
			continue;
		ash_sql_str(sql, separator);
		ash_query_write_index_predicate(sql, res, sources[i]);
		separator = " AND ";
	}
	sql->inline_values = inlined;
}

/* Writes " ON CONFLICT (columns)", and the predicate of the identity's index. */
static void
write_target(AshSql *sql, AshResource *res, const AshIdentity *identity, Bitmapset *keys)
{
	int key = -1;
	const char *separator = " ON CONFLICT (";

	while ((key = bms_next_member(keys, key)) >= 0)
	{
		ash_sql_str(sql, separator);
		ash_sql_ident(sql, res->attributes[key]->source);
		separator = ", ";
	}
	ash_sql_str(sql, ")");
	if (identity != NULL)
		write_predicate(sql, res, identity);
}

/*-------------------------------------------------------------------------
 * Which attributes are overwritten
 *-------------------------------------------------------------------------
 */

/* Indexes of the attributes that a JSON list names; other items are ignored. */
static Bitmapset *
named_attributes(const AshResource *res, const Jsonb *names)
{
	JsonbIterator *it = ash_jsonb_walk(names);
	JsonbValue value;
	Bitmapset *set = NULL;

	while (ash_jsonb_next_item(&it, &value))
	{
		AshAttribute *attr;

		if (value.type != jbvString)
			continue;
		attr = ash_find_attribute(res, pnstrdup(value.val.string.val, value.val.string.len));
		if (attr != NULL)
			set = bms_add_member(set, attr->index);
	}
	return set;
}

static Bitmapset *
all_attributes(const AshResource *res)
{
	return res->nattributes == 0 ? NULL : bms_add_range(NULL, 0, res->nattributes - 1);
}

/*
 * Without "upsert_fields": what was given a value, but for the keys, and everything with an
 * update default.
 */
static Bitmapset *
default_fields(const AshChangeset *cs, Bitmapset *keys)
{
	Bitmapset *set = NULL;

	for (int i = 0; i < cs->res->nattributes; i++)
	{
		bool changed = (cs->flags[i] & ASH_CHANGING) && !(cs->flags[i] & ASH_DEFAULTED);

		if ((changed && !bms_is_member(i, keys)) ||
			cs->res->attributes[i]->update_default.kind != ASH_DEFAULT_NONE)
			set = bms_add_member(set, i);
	}
	return set;
}

/* Fields that a list names, and those with a literal update default. */
static Bitmapset *
with_literal_defaults(const AshResource *res, Bitmapset *set)
{
	for (int i = 0; i < res->nattributes; i++)
		if (res->attributes[i]->update_default.kind == ASH_DEFAULT_LITERAL && !bms_is_empty(set))
			set = bms_add_member(set, i);
	return set;
}

/* The attributes that are overwritten; *listed: because a list names them. */
static Bitmapset *
overwritten(AshChangeset *cs, Bitmapset *keys, bool *listed)
{
	const Jsonb *fields = cs->call->opts->upsert_fields;
	JsonbValue value;

	if (fields == NULL && cs->action->upsert_fields != NULL)
		fields = ash_jsonb_from_json(cs->action->upsert_fields);
	*listed = false;
	if (fields == NULL)
		return default_fields(cs, keys);
	if (JB_ROOT_IS_ARRAY(fields) && !JB_ROOT_IS_SCALAR(fields))
	{
		*listed = true;
		return with_literal_defaults(cs->res, named_attributes(cs->res, fields));
	}
	if (JB_ROOT_IS_SCALAR(fields))
		return all_attributes(cs->res);
	if (ash_jsonb_get(fields, "replace", 7, &value))
	{
		*listed = true;
		return with_literal_defaults(cs->res,
									 named_attributes(cs->res, ash_jsonb_from_value(&value)));
	}
	if (ash_jsonb_get(fields, "replace_all_except", 18, &value))
		return bms_difference(all_attributes(cs->res),
							  named_attributes(cs->res, ash_jsonb_from_value(&value)));
	return all_attributes(cs->res);
}

/*-------------------------------------------------------------------------
 * The statement
 *-------------------------------------------------------------------------
 */

/*
 * Writes the value an overwritten attribute gets: an atomic's, the proposed one, or its update
 * default, when nothing was proposed or it came in beside an explicit list.
 */
static void
write_conflict_value(AshSql *sql, const AshUpsert *upsert, int i)
{
	AshChangeset *cs = upsert->cs;
	const AshAttribute *attr = cs->res->attributes[i];
	AshCast cast = { .errors = cs->call->errors,
					 .code = ASH_E_INVALID_ATTRIBUTE,
					 .field = attr->name };
	bool replaced = upsert->listed && (cs->flags[i] & ASH_DEFAULTED) &&
					attr->update_default.kind == ASH_DEFAULT_LITERAL;
	AshValue value;

	if (cs->atomics[i] != NULL)
		ash_query_write_expr(sql, cs->call, cs->res, "t", cs->atomics[i]);
	else if (attr->update_default.kind != ASH_DEFAULT_NONE && (!upsert->given[i] || replaced) &&
			 ash_call_default(cs->call, &attr->update_default, attr->type, &cast, &value))
		ash_write_value(sql, attr, &value);
	else
	{
		ash_sql_str(sql, "EXCLUDED.");
		ash_sql_ident(sql, attr->source);
	}
}

/* Writes " DO UPDATE SET" with the overwritten fields. */
static void
write_update(AshSql *sql, const AshUpsert *upsert)
{
	const char *separator = " DO UPDATE SET ";
	int i = -1;

	while ((i = bms_next_member(upsert->fields, i)) >= 0)
	{
		ash_sql_str(sql, separator);
		ash_sql_ident(sql, upsert->cs->res->attributes[i]->source);
		ash_sql_str(sql, " = ");
		write_conflict_value(sql, upsert, i);
		separator = ", ";
	}
}

/*
 * True if the row in the way must be of the caller's tenant: a primary key, or an identity of
 * all tenants, may find that of another.
 */
static bool
keeps_to_tenant(const AshChangeset *cs)
{
	return cs->res->tenancy == ASH_TENANCY_ATTRIBUTE && cs->call->bindings.has_tenant &&
		   cs->action->multitenancy < ASH_TENANCY_BYPASS;
}

/* Writes the comparison of the tenants; false, writing nothing, when they are not compared. */
static bool
write_same_tenant(AshSql *sql, const AshChangeset *cs)
{
	const AshAttribute *attr = cs->res->tenant_attribute;

	if (!keeps_to_tenant(cs))
		return false;
	ash_sql_str(sql, " WHERE t.");
	ash_sql_ident(sql, attr->source);
	ash_sql_str(sql, ash_sql_equals(attr->type));
	ash_sql_str(sql, "EXCLUDED.");
	ash_sql_ident(sql, attr->source);
	return true;
}

/* Writes the conditions on the row in the way: its tenant, and that of the action. */
static void
write_condition(AshSql *sql, const AshUpsert *upsert)
{
	bool first = !write_same_tenant(sql, upsert->cs);

	if (upsert->condition == NULL)
		return;
	ash_sql_str(sql, first ? " WHERE (" : " AND (");
	ash_query_write_condition(sql, upsert->cs->call, upsert->cs->res, "t", upsert->condition);
	ash_sql_str(sql, ")");
}

/* AshWrite.conflict */
static void
write_conflict(AshSql *sql, void *arg)
{
	const AshUpsert *upsert = arg;

	write_target(sql, upsert->cs->res, upsert->identity, upsert->keys);
	write_update(sql, upsert);
	write_condition(sql, upsert);
}

/* Parses the action's condition; false after adding an error. */
static bool
parse_condition(AshUpsert *upsert)
{
	AshChangeset *cs = upsert->cs;
	AshScope scope = ash_scope_for(cs->res, cs->action);

	upsert->condition = NULL;
	if (cs->action->upsert_condition == NULL)
		return true;
	scope.upsert = true;
	upsert->condition = ash_expr_parse(cs->action->upsert_condition, &scope, cs->call->errors);
	return upsert->condition != NULL;
}

/*
 * Makes an upsert of the write, a create, and fills *upsert, to which the write refers.
 * False after adding an error.
 */
bool
ash_upsert_describe(AshChangeset *cs, AshWrite *write, AshUpsert *upsert)
{
	upsert->cs = cs;
	upsert->given = write->given;
	if (!find_identity(upsert) || !parse_condition(upsert))
		return false;
	upsert->keys = conflict_keys(cs->res, upsert->identity);
	upsert->fields = overwritten(cs, upsert->keys, &upsert->listed);
	/* an update that changes nothing still gives the row back */
	if (bms_is_empty(upsert->fields))
		upsert->fields = bms_make_singleton(bms_next_member(upsert->keys, -1));
	write->conflict = write_conflict;
	write->arg = upsert;
	return true;
}

/*-------------------------------------------------------------------------
 * Nothing was written
 *-------------------------------------------------------------------------
 */

/* Adds conditions to the query: the keys are those of the row that was not written. */
static void
filter_by_keys(AshQuery *query, const AshChangeset *cs, Bitmapset *keys)
{
	int key = -1;

	while ((key = bms_next_member(keys, key)) >= 0)
	{
		const AshAttribute *attr = cs->res->attributes[key];
		AshValue value = ash_changeset_attribute(cs, attr);

		query->filters = lappend(query->filters,
								 ash_attribute_equals(cs->res, attr, value, query->call->errors));
	}
}

/*
 * True if a row of another tenant is in the way: for the caller that is a value in use, as in
 * an INSERT.
 */
static bool
is_taken_by_other_tenant(AshChangeset *cs, Bitmapset *keys)
{
	const AshAttribute *attr = cs->res->tenant_attribute;
	AshCall *call;
	AshQuery *query;
	AshExpr *same;
	bool taken;

	if (!keeps_to_tenant(cs))
		return false;
	call = ash_call_nested(cs->call, cs->res, NULL);
	query = ash_query_bare(call, cs->res);
	filter_by_keys(query, cs, keys);
	same = ash_attribute_equals(cs->res, attr, ash_changeset_attribute(cs, attr), call->errors);
	query->filters = lappend(query->filters, ash_expr_not(same));
	taken = !ash_errors_any(call->errors) && ash_query_fetch(query, 1) != NIL;
	ash_call_end(call);
	return taken;
}

/*
 * return_skipped_upsert: puts the row that stays as it is into cs->result, when the actor may
 * read it. It is read in a call of its own: an error of reading is none of the write.
 */
static bool
skipped_row(AshChangeset *cs, Bitmapset *keys)
{
	const AshOptions *opts = cs->call->opts;
	AshAction *read = cs->res->primary_actions[ASH_ACTION_READ];
	List *rows = NIL;
	AshCall *call;
	AshQuery *query;

	if (!(opts->return_skipped_given ? opts->return_skipped : cs->action->return_skipped_upsert))
		return false;
	call = ash_call_nested(cs->call, cs->res, read);
	query = ash_query_create(call, cs->res, read);
	filter_by_keys(query, cs, keys);
	ash_query_authorize(query);
	if (!ash_errors_any(call->errors))
		rows = ash_query_fetch(query, 1);
	if (rows != NIL)
	{
		for (int i = 0; i < cs->res->nattributes; i++)
			cs->result[i] =
				ash_value_copy(cs->res->attributes[i]->type, ((AshValue *) linitial(rows))[i]);
		cs->upsert_skipped = true;
	}
	ash_call_end(call);
	return cs->upsert_skipped;
}

/*
 * No row was written.  True when that is what the caller wants, with the row in the way as
 * the result; false after adding the error that says why.
 */
bool
ash_upsert_not_written(AshUpsert *upsert)
{
	AshChangeset *cs = upsert->cs;
	const AshResource *res = cs->res;

	if (skipped_row(cs, upsert->keys))
		return true;
	if (is_taken_by_other_tenant(cs, upsert->keys))
		ash_exec_add_taken(res, upsert->identity, cs->call->errors);
	else if (cs->action->upsert_condition != NULL)
		ash_error_add(cs->call->errors, ASH_E_STALE_RECORD, NULL,
					  "Attempted to update stale record of %s with filter: %s", res->name,
					  cs->action->upsert_condition);
	else
		ereport(ERROR, (errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
						errmsg("a trigger of table %s left the row out", res->qualified)));
	return false;
}
