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

static void
mark_given(const AshChangeset *cs, bool *given)
{
	for (int i = 0; i < cs->res->nattributes; i++)
		given[i] = (cs->flags[i] & ASH_CHANGING) &&
				   (cs->type == ASH_ACTION_CREATE || !(cs->flags[i] & ASH_ATOMIC));
}

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
		ash_query_write_expr(sql, cs->res, "t", cs->atomics[i]);
		separator = ", ";
	}
}

static void
write_filters(AshSql *sql, void *arg)
{
	AshChangeset *cs = arg;
	ListCell *lc;

	foreach (lc, cs->filters)
	{
		ash_sql_str(sql, " AND ");
		ash_query_write_condition(sql, cs->res, "t", lfirst(lc));
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

static bool
writes_nothing(const AshChangeset *cs)
{
	return cs->type == ASH_ACTION_UPDATE && ash_changeset_is_empty(cs) && cs->filters == NIL;
}

bool
ash_row_write(AshChangeset *cs)
{
	AshResource *res = cs->res;
	bool *given = palloc0(sizeof(bool) * Max(res->nattributes, 1));
	AshWriteStatus status;

	cs->result = palloc0(sizeof(AshValue) * Max(res->nattributes, 1));
	if (cs->action->manual_json != NULL)
		return (ash_manual_write(cs) == ASH_WRITE_DONE || ash_changeset_stale(cs)) &&
			   !ash_errors_any(cs->call->errors);
	mark_given(cs, given);
	switch (cs->type)
	{
		case ASH_ACTION_CREATE:
			if (ash_upsert_wanted(cs))
				return ash_upsert_row(cs, given);
			ash_data_insert(res, cs->values, given, cs->result);
			return true;
		case ASH_ACTION_UPDATE:
			if (writes_nothing(cs))
			{
				cs->result = cs->data;
				return true;
			}
			status = ash_data_update(res, &cs->handle, cs->data, cs->values, given,
									 has_atomics(cs) ? write_atomics : NULL,
									 cs->filters != NIL ? write_filters : NULL, cs,
									 &cs->call->bindings, cs->result);
			break;
		default:
			status = ash_data_delete(res, &cs->handle, cs->data,
									 cs->filters != NIL ? write_filters : NULL, cs,
									 &cs->call->bindings, cs->result);
	}
	return status == ASH_WRITE_DONE || ash_changeset_stale(cs);
}

/* The statement that ash_row_write would run; false when there is none, or after adding errors. */
bool
ash_row_write_sql(AshChangeset *cs, AshSql *sql)
{
	bool *given = palloc0(sizeof(bool) * Max(cs->res->nattributes, 1));
	Bitmapset *keys;
	AshSqlFn where = cs->filters != NIL ? write_filters : NULL;

	if (cs->action->manual_json != NULL || writes_nothing(cs))
		return false;
	mark_given(cs, given);
	if (cs->type == ASH_ACTION_CREATE && ash_upsert_wanted(cs))
		return ash_upsert_sql(cs, given, sql, &keys);
	ash_sql_init(sql, &cs->call->bindings);
	if (cs->type == ASH_ACTION_CREATE)
		ash_data_insert_sql(sql, cs->res, cs->values, given);
	else if (cs->type == ASH_ACTION_UPDATE)
		ash_data_update_sql(sql, cs->res, cs->data, cs->values, given,
							has_atomics(cs) ? write_atomics : NULL, where, cs);
	else
		ash_data_delete_sql(sql, cs->res, cs->data, where, cs);
	return true;
}

/* True if ash_row_write would do it without a statement. */
bool
ash_row_write_is_direct(const AshChangeset *cs)
{
	return !has_atomics(cs) && cs->filters == NIL &&
		   !(cs->type == ASH_ACTION_CREATE && ash_upsert_wanted(cs)) &&
		   ash_data_is_direct(cs->res, cs->type);
}
