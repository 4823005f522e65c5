/*-------------------------------------------------------------------------
 *
 * src/exec/exec_write.c
 *	  One row: insert, update, delete.
 *
 * Each function takes the heap fast path when it would do the same as a
 * statement, and a saved INSERT, UPDATE or DELETE … RETURNING otherwise.  Names
 * are quoted, operators qualified, values are parameters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "exec/exec_internal.h"
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

typedef struct ReturnedRow
{
	const AshResource *res;
	MemoryContext cxt;
	AshValue *values;
} ReturnedRow;

static void
take_row(TupleTableSlot *slot, void *arg)
{
	ReturnedRow *row = arg;
	MemoryContext old = MemoryContextSwitchTo(row->cxt);

	ash_exec_slot_values(row->res, slot, row->values);
	MemoryContextSwitchTo(old);
}

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

static void
write_value(AshSql *sql, const AshAttribute *attr, const AshValue *value)
{
	ash_sql_param(sql, attr->type->oid, value->value, value->isnull);
	if (attr->sensitive)
		ash_sql_sensitive(sql);
}

/* " WHERE key AND conditions" */
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

static bool
run_returning(AshResource *res, AshSql *sql, AshValue *result)
{
	ReturnedRow row = { res, CurrentMemoryContext, result };

	return ash_exec_modify(res, sql, take_row, &row) > 0;
}

static bool
run_insert(AshResource *res, AshSql *sql, AshValue *result)
{
	ReturnedRow row = { res, CurrentMemoryContext, result };

	if (ash_exec_batch_queues(res))
		return ash_exec_modify_queued(res, sql, take_row, &row) > 0;
	return ash_exec_modify(res, sql, take_row, &row) > 0;
}

void
ash_exec_insert(AshResource *res, const AshValue *values, const bool *given, AshValue *result)
{
	Relation rel;
	AshTable *table;
	AshSql sql;

	if (ash_exec_batch_insert(res, values, given, result))
		return;
	rel = table_open(ash_resource_relid(res), RowExclusiveLock);
	table = ash_table_of(res, rel);
	if (ash_table_direct(table, rel, ACL_INSERT))
	{
		ash_heap_insert(res, table, rel, values, given, result);
		table_close(rel, NoLock);
		return;
	}
	table_close(rel, NoLock);

	ash_sql_init(&sql, NULL);
	ash_exec_insert_sql(&sql, res, values, given);
	if (!run_insert(res, &sql, result))
		ereport(ERROR, (errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
						errmsg("a trigger of table %s left the row out", res->qualified)));
}

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

bool
ash_exec_is_direct(AshResource *res, AshActionType type)
{
	Relation rel = table_open(ash_resource_relid(res), AccessShareLock);
	AclMode mode = type == ASH_ACTION_CREATE ? ACL_INSERT :
				   type == ASH_ACTION_UPDATE ? ACL_UPDATE :
											   ACL_DELETE;
	AshTable *table = ash_table_of(res, rel);
	bool direct = ash_table_direct(table, rel, mode) &&
				  (type == ASH_ACTION_CREATE ||
				   (!IsolationUsesXactSnapshot() && OidIsValid(ash_index_of_key(table, res, rel))));

	table_close(rel, NoLock);
	return direct;
}

AshWriteStatus
ash_exec_update(AshResource *res, const AshRowHandle *handle, const AshValue *row,
				const AshValue *values, const bool *given, AshSqlFn assign, AshSqlFn where,
				void *arg, AshBindings *bindings, AshValue *result)
{
	AshHeapResult done = ASH_HEAP_NOT_TRIED;
	AshSql sql;

	if (handle != NULL && handle->valid && assign == NULL && where == NULL)
		done = ash_heap_write_locked(res, handle, values, given, result);
	if (done != ASH_HEAP_NOT_TRIED)
		return done == ASH_HEAP_DONE ? ASH_WRITE_DONE : ASH_WRITE_NO_ROW;

	ash_sql_init(&sql, bindings);
	ash_exec_update_sql(&sql, res, row, values, given, assign, where, arg);
	return run_returning(res, &sql, result) ? ASH_WRITE_DONE : ASH_WRITE_NO_ROW;
}

AshWriteStatus
ash_exec_delete(AshResource *res, const AshRowHandle *handle, const AshValue *row, AshSqlFn where,
				void *arg, AshBindings *bindings, AshValue *result)
{
	AshHeapResult done = ASH_HEAP_NOT_TRIED;
	AshSql sql;

	if (handle != NULL && handle->valid && where == NULL)
		done = ash_heap_write_locked(res, handle, NULL, NULL, result);
	if (done != ASH_HEAP_NOT_TRIED)
		return done == ASH_HEAP_DONE ? ASH_WRITE_DONE : ASH_WRITE_NO_ROW;

	ash_sql_init(&sql, bindings);
	ash_exec_delete_sql(&sql, res, row, where, arg);
	return run_returning(res, &sql, result) ? ASH_WRITE_DONE : ASH_WRITE_NO_ROW;
}
