/*-------------------------------------------------------------------------
 *
 * src/action/write_row.c
 *	  Changeset → INSERT, UPDATE or DELETE of one row.
 *
 * The same description of the write is run by ash_row_write and shown by
 * ash_row_write_sql.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/attribute.h"

/* The columns that get values; an update computes those that are atomic. */
static void
mark_given(const AshChangeset *cs, bool *given)
{
	for (int i = 0; i < cs->res->nattributes; i++)
		given[i] = (cs->flags[i] & ASH_CHANGING) &&
				   (cs->type == ASH_ACTION_CREATE || !(cs->flags[i] & ASH_ATOMIC));
}

/* AshWrite.assign: attributes computed from the stored row. */
static void
write_atomics(AshSql *sql, void *arg)
{
	AshChangeset *cs = arg;
	const char *separator = "";

	for (int i = 0; i < cs->res->nattributes; i++)
	{
		if (!(cs->flags[i] & ASH_ATOMIC))
			continue;
		ash_sql_str(sql, separator);
		ash_sql_ident(sql, cs->res->attributes[i]->source);
		ash_sql_str(sql, " = ");
		ash_query_write_expr(sql, cs->call, cs->res, "t", cs->atomics[i]);
		separator = ", ";
	}
}

/* AshWrite.where: conditions that changes have put on the stored row. */
static void
write_filters(AshSql *sql, void *arg)
{
	AshChangeset *cs = arg;
	ListCell *lc;

	foreach (lc, cs->filters)
	{
		ash_sql_str(sql, " AND ");
		ash_query_write_condition(sql, cs->call, cs->res, "t", lfirst(lc));
	}
}

static bool
has_atomics(const AshChangeset *cs)
{
	for (int i = 0; i < cs->res->nattributes; i++)
		if (cs->flags[i] & ASH_ATOMIC)
			return true;
	return false;
}

/*
 * What is to be written.  *upsert is used by the clauses of an upsert, and must live as
 * long as the write.  False after adding errors.
 */
static bool
describe_write(AshChangeset *cs, AshWrite *write, AshUpsert *upsert)
{
	bool *given = palloc(sizeof(bool) * Max(cs->res->nattributes, 1));
	bool create = cs->type == ASH_ACTION_CREATE;

	mark_given(cs, given);
	*write = (AshWrite){
		.type = cs->type,
		.res = cs->res,
		.handle = &cs->handle,
		.row = cs->data,
		.values = cs->values,
		.given = given,
		.assign = cs->type == ASH_ACTION_UPDATE && has_atomics(cs) ? write_atomics : NULL,
		.where = !create && cs->filters != NIL ? write_filters : NULL,
		.arg = cs,
		.bindings = &cs->call->bindings,
	};
	return !create || !ash_upsert_wanted(cs) || ash_upsert_describe(cs, write, upsert);
}

/* An update without changes does not touch the row. */
static bool
writes_nothing(const AshChangeset *cs)
{
	return cs->type == ASH_ACTION_UPDATE && ash_changeset_is_empty(cs);
}

/* A function has written the row. */
static bool
write_manually(AshChangeset *cs)
{
	return (ash_manual_write(cs) == ASH_WRITE_DONE || ash_changeset_stale(cs)) &&
		   !ash_errors_any(cs->call->errors);
}

/*
 * Life cycle: the row as it is after the write (of a destroy: as it was) goes to
 * cs->result.  False after adding errors.
 */
bool
ash_row_write(AshChangeset *cs)
{
	AshWrite write;
	AshUpsert upsert;

	cs->result = palloc0(sizeof(AshValue) * Max(cs->res->nattributes, 1));
	if (cs->action->manual_json != NULL)
		return write_manually(cs);
	if (writes_nothing(cs))
	{
		cs->result = cs->data;
		return ash_changeset_meets_filters(cs) || ash_changeset_stale(cs);
	}
	if (!describe_write(cs, &write, &upsert))
		return false;
	if (ash_exec_write(&write, cs->result) == ASH_WRITE_DONE)
		return true;
	return write.conflict != NULL ? ash_upsert_not_written(&upsert) : ash_changeset_stale(cs);
}

/*
 * The statement that ash_row_write would run; false when there is none, or after adding
 * errors.  *direct: it is done without the statement.
 */
bool
ash_row_write_sql(AshChangeset *cs, AshSql *sql, bool *direct)
{
	AshWrite write;
	AshUpsert upsert;

	if (cs->action->manual_json != NULL || writes_nothing(cs) ||
		!describe_write(cs, &write, &upsert))
		return false;
	*direct = ash_exec_is_direct(&write);
	ash_exec_write_sql(&write, sql);
	return !ash_errors_any(cs->call->errors);
}
