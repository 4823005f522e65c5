/*-------------------------------------------------------------------------
 *
 * src/exec/exec_write.c
 *	  One row: insert, update, delete.
 *
 * An AshWrite is done by the direct path when that does the same as a statement,
 * and by a saved INSERT, UPDATE or DELETE … RETURNING otherwise.  The statement that
 * is run is the one that ash_exec_write_sql shows.  Names are quoted, operators
 * qualified, values are parameters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "exec/exec_internal.h"
#include "model/attribute.h"
#include "utils/datum.h"

typedef struct ReturnedRow
{
	const AshResource *res;
	MemoryContext cxt;
	AshValue *values;
} ReturnedRow;

/* AshRowFn: copies all attributes of a RETURNING row into the context of ash_exec_write's caller.
 */
static void
take_returned(TupleTableSlot *slot, void *arg)
{
	ReturnedRow *row = arg;
	MemoryContext old = MemoryContextSwitchTo(row->cxt);

	slot_getallattrs(slot);
	for (int i = 0; i < row->res->nattributes; i++)
	{
		const AshTypeInst *type = row->res->attributes[i]->type;
		AshValue *value = &row->values[i];

		value->isnull = slot->tts_isnull[i];
		value->value = value->isnull ? (Datum) 0 :
									   datumCopy(slot->tts_values[i], type->typbyval, type->typlen);
	}
	MemoryContextSwitchTo(old);
}

/*-------------------------------------------------------------------------
 * The statement
 *-------------------------------------------------------------------------
 */

void
ash_write_value(AshSql *sql, const AshAttribute *attr, const AshValue *value)
{
	ash_sql_param(sql, attr->type->oid, value->value, value->isnull);
	if (attr->sensitive)
		ash_sql_sensitive(sql);
}

/* The columns that are given, in parentheses, and as many values. */
static void
write_columns(const AshWrite *write, AshSql *sql)
{
	const char *separator = " (";

	for (int i = 0; i < write->res->nattributes; i++)
	{
		if (!write->given[i])
			continue;
		ash_sql_str(sql, separator);
		ash_sql_ident(sql, write->res->attributes[i]->source);
		separator = ", ";
	}
	ash_sql_str(sql, ") OVERRIDING SYSTEM VALUE VALUES");
	separator = " (";
	for (int i = 0; i < write->res->nattributes; i++)
	{
		if (!write->given[i])
			continue;
		ash_sql_str(sql, separator);
		ash_write_value(sql, write->res->attributes[i], &write->values[i]);
		separator = ", ";
	}
	ash_sql_str(sql, ")");
}

static bool
any_given(const AshWrite *write)
{
	for (int i = 0; i < write->res->nattributes; i++)
		if (write->given[i])
			return true;
	return false;
}

static void
write_assignments(const AshWrite *write, AshSql *sql)
{
	const char *separator = "";

	ash_sql_str(sql, " SET ");
	for (int i = 0; i < write->res->nattributes; i++)
	{
		if (!write->given[i])
			continue;
		ash_sql_str(sql, separator);
		ash_sql_ident(sql, write->res->attributes[i]->source);
		ash_sql_str(sql, " = ");
		ash_write_value(sql, write->res->attributes[i], &write->values[i]);
		separator = ", ";
	}
	if (write->assign != NULL)
	{
		ash_sql_str(sql, separator);
		write->assign(sql, write->arg);
	}
}

/* " WHERE key AND conditions" */
static void
write_where(const AshWrite *write, AshSql *sql)
{
	for (int i = 0; i < write->res->nprimary_key; i++)
	{
		const AshAttribute *attr = write->res->primary_key[i];

		ash_sql_str(sql, i > 0 ? " AND t." : " WHERE t.");
		ash_sql_ident(sql, attr->source);
		ash_sql_str(sql, ash_sql_equals(attr->type));
		ash_write_value(sql, attr, &write->row[attr->index]);
	}
	if (write->where != NULL)
		write->where(sql, write->arg);
}

/* The statement that does the write, into sql, which is initialized here. */
void
ash_exec_write_sql(const AshWrite *write, AshSql *sql)
{
	static const char *const verbs[] = { [ASH_ACTION_CREATE] = "INSERT INTO ",
										 [ASH_ACTION_UPDATE] = "UPDATE ",
										 [ASH_ACTION_DESTROY] = "DELETE FROM " };

	ash_sql_init(sql, write->bindings);
	ash_sql_str(sql, verbs[write->type]);
	ash_sql_str(sql, write->res->qualified);
	ash_sql_str(sql, " AS t");
	if (write->type == ASH_ACTION_CREATE)
	{
		if (any_given(write))
			write_columns(write, sql);
		else
			ash_sql_str(sql, " DEFAULT VALUES");
		if (write->conflict != NULL)
			write->conflict(sql, write->arg);
	}
	else
	{
		if (write->type == ASH_ACTION_UPDATE)
			write_assignments(write, sql);
		write_where(write, sql);
	}
	ash_sql_str(sql, " RETURNING ");
	for (int i = 0; i < write->res->nattributes; i++)
	{
		ash_sql_str(sql, i > 0 ? ", t." : "t.");
		ash_sql_ident(sql, write->res->attributes[i]->source);
	}
}

/*-------------------------------------------------------------------------
 * Without a statement
 *-------------------------------------------------------------------------
 */

/* The write on the direct path, as far as that applies. */
static AshDirectResult
write_direct(const AshWrite *write, AshValue *result)
{
	bool update = write->type == ASH_ACTION_UPDATE;

	if (ash_write_has_clauses(write))
		return ASH_DIRECT_NOT_TRIED;
	if (write->type == ASH_ACTION_CREATE)
		return ash_direct_insert(write->res, write->values, write->given, result);
	if (write->handle == NULL || !write->handle->valid)
		return ASH_DIRECT_NOT_TRIED;
	return ash_direct_write(write->res, write->handle, update ? write->values : NULL,
							update ? write->given : NULL, result);
}

/*
 * Does the write; the row as it is afterwards (of a destroy: as it was) goes to result, by
 * attribute index, in CurrentMemoryContext.  An insert that a trigger suppresses is an
 * error; one with a conflict clause that wrote nothing is ASH_WRITE_NO_ROW.
 */
AshWriteStatus
ash_exec_write(const AshWrite *write, AshValue *result)
{
	ReturnedRow row = { write->res, CurrentMemoryContext, result };
	AshDirectResult done = write_direct(write, result);
	bool insert = write->type == ASH_ACTION_CREATE && write->conflict == NULL;
	uint64 rows = 0;
	AshSql sql;

	if (done == ASH_DIRECT_DONE)
		return ASH_WRITE_DONE;
	if (done == ASH_DIRECT_NOT_TRIED)
	{
		ash_exec_write_sql(write, &sql);
		rows = insert && ash_batch_queues(write->res) ?
				   ash_exec_modify_queued(write->res, &sql, take_returned, &row) :
				   ash_exec_modify(write->res, &sql, take_returned, &row);
	}
	if (rows == 0 && insert)
		ereport(ERROR, (errcode(ERRCODE_TRIGGERED_ACTION_EXCEPTION),
						errmsg("a trigger of table %s left the row out", write->res->qualified)));
	return rows > 0 ? ASH_WRITE_DONE : ASH_WRITE_NO_ROW;
}
