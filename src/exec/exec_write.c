/*-------------------------------------------------------------------------
 *
 * src/exec/exec_write.c
 *	  One row: insert, update, delete.
 *
 * Each function takes the direct path when it does the same as a statement, and a saved
 * INSERT, UPDATE or DELETE … RETURNING otherwise.  In statements names are quoted,
 * operators qualified, values are parameters, and the table's alias is "t".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/exec_internal.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "utils/datum.h"

/* Copies all attributes of a RETURNING row into values, in CurrentMemoryContext. */
void
ash_exec_slot_values(const AshResource *res, TupleTableSlot *slot, AshValue *values)
{
	slot_getallattrs(slot);
	for (int i = 0; i < res->nattributes; i++)
	{
		const AshTypeInst *type = res->attributes[i]->type;

		values[i].isnull = slot->tts_isnull[i];
		values[i].value = values[i].isnull ?
							  (Datum) 0 :
							  datumCopy(slot->tts_values[i], type->typbyval, type->typlen);
	}
}

/* Where the row of RETURNING goes. */
typedef struct ReturnedRow
{
	const AshResource *res;
	MemoryContext cxt;
	AshValue *values;
} ReturnedRow;

/* AshRowFn */
static void
take_returned(TupleTableSlot *slot, void *arg)
{
	ReturnedRow *row = arg;
	MemoryContext old = MemoryContextSwitchTo(row->cxt);

	ash_exec_slot_values(row->res, slot, row->values);
	MemoryContextSwitchTo(old);
}

/* " RETURNING " every attribute, in order */
static void
write_returning(AshSql *sql, const AshResource *res)
{
	ash_sql_str(sql, " RETURNING ");
	for (int i = 0; i < res->nattributes; i++)
	{
		ash_sql_str(sql, i > 0 ? ", t." : "t.");
		ash_sql_ident(sql, res->attributes[i]->source);
	}
}

/* A parameter. */
static void
write_value(AshSql *sql, const AshAttribute *attr, const AshValue *value)
{
	ash_sql_param(sql, attr->type->oid, value->value, value->isnull);
	if (attr->sensitive)
		ash_sql_sensitive(sql);
}

/* " WHERE key", and what where writes */
static void
write_where(AshSql *sql, const AshResource *res, const AshValue *row, AshSqlFn where, void *arg)
{
	for (int i = 0; i < res->nprimary_key; i++)
	{
		const AshAttribute *attr = res->primary_key[i];

		ash_sql_str(sql, i > 0 ? " AND t." : " WHERE t.");
		ash_sql_ident(sql, attr->source);
		ash_sql_str(sql, ash_sql_equals(attr->type));
		write_value(sql, attr, &row[attr->index]);
	}
	if (where != NULL)
		where(sql, arg);
}

static bool
any_given(const AshResource *res, const bool *given)
{
	for (int i = 0; i < res->nattributes; i++)
		if (given[i])
			return true;
	return false;
}

/*
 * The statements of the SQL path, for running and for showing what the direct path does; for
 * the arguments see the functions that run them.
 */
void
ash_exec_insert_sql(AshSql *sql, const AshResource *res, const AshValue *values, const bool *given)
{
	const char *separator = " (";

	ash_sql_str(sql, "INSERT INTO ");
	ash_sql_str(sql, res->qualified);
	ash_sql_str(sql, " AS t");
	if (!any_given(res, given))
	{
		ash_sql_str(sql, " DEFAULT VALUES");
		write_returning(sql, res);
		return;
	}
	for (int i = 0; i < res->nattributes; i++)
	{
		if (!given[i])
			continue;
		ash_sql_str(sql, separator);
		ash_sql_ident(sql, res->attributes[i]->source);
		separator = ", ";
	}
	ash_sql_str(sql, ") OVERRIDING SYSTEM VALUE VALUES (");
	separator = "";
	for (int i = 0; i < res->nattributes; i++)
	{
		if (!given[i])
			continue;
		ash_sql_str(sql, separator);
		write_value(sql, res->attributes[i], &values[i]);
		separator = ", ";
	}
	ash_sql_str(sql, ")");
	write_returning(sql, res);
}

/* Run the statement; result gets its row, in CurrentMemoryContext.  False when it has none. */
static bool
run_returning(AshResource *res, AshSql *sql, bool queued, AshValue *result)
{
	ReturnedRow row = { res, CurrentMemoryContext, result };

	return (queued ? ash_exec_modify_queued(res, sql, take_returned, &row) :
					 ash_exec_modify(res, sql, take_returned, &row)) > 0;
}

/*
 * Insert one row.  values and given are indexed like res->attributes; a column that is not given
 * gets its default.  result gets every attribute as stored, in CurrentMemoryContext.
 * Constraint violations and errors of triggers are raised as PostgreSQL raises them; an
 * error, too, when a trigger suppresses the row.
 */
void
ash_exec_insert(AshResource *res, const AshValue *values, const bool *given, AshValue *result)
{
	AshDirectResult done = ash_direct_insert(res, values, given, result);

	if (done == ASH_DIRECT_NOT_TRIED)
	{
		AshSql sql;

		ash_sql_init(&sql, NULL);
		ash_exec_insert_sql(&sql, res, values, given);
		if (run_returning(res, &sql, ash_batch_queues(res), result))
			done = ASH_DIRECT_DONE;
	}
	if (done != ASH_DIRECT_DONE)
		ereport(ERROR, (errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
						errmsg("a trigger of table %s left the row out", res->qualified)));
}

/* " SET " what is given, and what assign writes */
static void
write_assignments(AshSql *sql, const AshResource *res, const AshValue *values, const bool *given,
				  AshSqlFn assign, void *arg)
{
	const char *separator = "";

	ash_sql_str(sql, " SET ");
	for (int i = 0; i < res->nattributes; i++)
	{
		if (!given[i])
			continue;
		ash_sql_str(sql, separator);
		ash_sql_ident(sql, res->attributes[i]->source);
		ash_sql_str(sql, " = ");
		write_value(sql, res->attributes[i], &values[i]);
		separator = ", ";
	}
	if (assign != NULL)
	{
		ash_sql_str(sql, separator);
		assign(sql, arg);
	}
}

void
ash_exec_update_sql(AshSql *sql, const AshResource *res, const AshValue *row,
					const AshValue *values, const bool *given, AshSqlFn assign, AshSqlFn where,
					void *arg)
{
	ash_sql_str(sql, "UPDATE ");
	ash_sql_str(sql, res->qualified);
	ash_sql_str(sql, " AS t");
	write_assignments(sql, res, values, given, assign, arg);
	write_where(sql, res, row, where, arg);
	write_returning(sql, res);
}

void
ash_exec_delete_sql(AshSql *sql, const AshResource *res, const AshValue *row, AshSqlFn where,
					void *arg)
{
	ash_sql_str(sql, "DELETE FROM ");
	ash_sql_str(sql, res->qualified);
	ash_sql_str(sql, " AS t");
	write_where(sql, res, row, where, arg);
	write_returning(sql, res);
}

/*
 * Update the row whose primary key is that of row, setting the values that are given.
 *
 * assign, when not NULL, writes further assignments ("\"n\" = …, …") and where further
 * conditions (" AND …").  Both rule out the direct path, and so does a handle that is NULL
 * or no longer valid.  bindings resolve templates in them.  result gets every attribute as
 * stored, in CurrentMemoryContext.
 */
AshWriteStatus
ash_exec_update(AshResource *res, const AshRowHandle *handle, const AshValue *row,
				const AshValue *values, const bool *given, AshSqlFn assign, AshSqlFn where,
				void *arg, const AshBindings *bindings, AshValue *result)
{
	AshDirectResult done = ASH_DIRECT_NOT_TRIED;
	AshSql sql;

	if (handle != NULL && handle->valid && assign == NULL && where == NULL)
		done = ash_direct_write(res, handle, values, given, result);
	if (done != ASH_DIRECT_NOT_TRIED)
		return done == ASH_DIRECT_DONE ? ASH_WRITE_DONE : ASH_WRITE_NO_ROW;

	ash_sql_init(&sql, bindings);
	ash_exec_update_sql(&sql, res, row, values, given, assign, where, arg);
	return run_returning(res, &sql, false, result) ? ASH_WRITE_DONE : ASH_WRITE_NO_ROW;
}

/* Delete that row; arguments as above, result gets it as it was. */
AshWriteStatus
ash_exec_delete(AshResource *res, const AshRowHandle *handle, const AshValue *row, AshSqlFn where,
				void *arg, const AshBindings *bindings, AshValue *result)
{
	AshDirectResult done = ASH_DIRECT_NOT_TRIED;
	AshSql sql;

	if (handle != NULL && handle->valid && where == NULL)
		done = ash_direct_write(res, handle, NULL, NULL, result);
	if (done != ASH_DIRECT_NOT_TRIED)
		return done == ASH_DIRECT_DONE ? ASH_WRITE_DONE : ASH_WRITE_NO_ROW;

	ash_sql_init(&sql, bindings);
	ash_exec_delete_sql(&sql, res, row, where, arg);
	return run_returning(res, &sql, false, result) ? ASH_WRITE_DONE : ASH_WRITE_NO_ROW;
}
