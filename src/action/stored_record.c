/*-------------------------------------------------------------------------
 *
 * src/action/stored_record.c
 *	  The record an action is about: finding it, and what of it is returned.
 *
 * The stored row is read without the read policies (the policies of the action
 * itself decide about it), under the tenant and base filter, and locked, so that
 * validations look at what the write will replace.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "utils/builtins.h"

/* Appends "name: value", separated by " | "; sensitive values are redacted, long ones cut. */
static void
append_named(StringInfo buf, const AshAttribute *attr, const char *name, const JsonbValue *value)
{
	appendStringInfo(buf, "%s%s: ", buf->len > 0 ? " | " : "", name);
	if (value == NULL || value->type == jbvNull)
		appendStringInfoString(buf, "nil");
	else if (attr != NULL && attr->sensitive)
		appendStringInfoString(buf, "**redacted**");
	else
		appendStringInfoString(buf, ash_clip(ash_jsonb_value_json(value)));
}

/*
 * Appends the primary key of a record that has it among other fields; false, appending
 * nothing, when it has not.
 */
static bool
append_primary_key(StringInfo buf, const AshResource *res, const Jsonb *record)
{
	JsonbValue value;

	for (int i = 0; i < res->nprimary_key; i++)
	{
		const char *name = res->primary_key[i]->name;

		if (!ash_jsonb_get(record, name, strlen(name), &value))
			return false;
	}
	for (int i = 0; i < res->nprimary_key; i++)
	{
		const char *name = res->primary_key[i]->name;

		(void) ash_jsonb_get(record, name, strlen(name), &value);
		append_named(buf, res->primary_key[i], name, &value);
	}
	return res->nprimary_key > 0;
}

/*
 * How the caller named a record, for messages: id: "…", or a: 1 | b: 2. Long values are cut,
 * those of sensitive attributes redacted. In CurrentMemoryContext.
 */
char *
ash_action_describe_record(const AshResource *res, const JsonbValue *record)
{
	StringInfoData buf;
	Jsonb *object;
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;

	initStringInfo(&buf);
	if (record == NULL || record->type != jbvBinary)
	{
		const AshAttribute *key = res->nprimary_key > 0 ? res->primary_key[0] : NULL;

		append_named(&buf, key, key != NULL ? key->name : "id", record);
		return buf.data;
	}
	object = ash_jsonb_from_value(record);
	if (JB_ROOT_IS_OBJECT(object) && append_primary_key(&buf, res, object))
		return buf.data;
	it = JsonbIteratorInit(record->val.binary.data);
	while (ash_jsonb_next_member(&it, &key, &value))
	{
		char *name = pnstrdup(key.val.string.val, key.val.string.len);

		append_named(&buf, ash_find_attribute(res, name), ash_clip(name), &value);
	}
	return buf.data;
}

/*-------------------------------------------------------------------------
 * By primary key, without a statement
 *-------------------------------------------------------------------------
 */

/*
 * The values of record by attribute index, in CurrentMemoryContext, when it is exactly a
 * primary key; else NULL, adding nothing.
 */
AshValue *
ash_action_primary_key(const AshResource *res, const JsonbValue *record)
{
	AshValue *key = palloc0(sizeof(AshValue) * Max(res->nattributes, 1));

	return ash_query_record_key(res, record, key) ? key : NULL;
}

/* Tenant and base filter of the resource as one condition; NULL for none. */
static AshExpr *
visibility(AshCall *call, AshResource *res)
{
	AshQuery *query = ash_query_create(call, res, NULL);
	AshExpr *condition = NULL;
	ListCell *lc;

	foreach (lc, query->filters)
		condition = ash_expr_and(condition, lfirst(lc));
	return condition;
}

/*
 * Locks the row without a statement. ASH_LOCK_NOT_TRIED when record is no primary key, the
 * fast path does not apply, or the row's visibility cannot be evaluated in memory.
 */
static AshLockResult
record_by_key(AshCall *call, AshResource *res, const JsonbValue *record, AshRowHandle *handle,
			  AshValue **row)
{
	AshValue *key = ash_action_primary_key(res, record);
	AshExpr *condition;
	AshLockResult result;

	if (key == NULL)
		return ASH_LOCK_NOT_TRIED;
	condition = visibility(call, res);
	if (ash_errors_any(call->errors))
		return ASH_LOCK_NONE;
	if (condition != NULL && !ash_expr_in_memory(condition))
		return ASH_LOCK_NOT_TRIED;
	*row = palloc0(sizeof(AshValue) * Max(res->nattributes, 1));
	result = ash_exec_lock_row(res, key, handle, *row);
	if (result == ASH_LOCKED && condition != NULL && !ash_row_satisfies(call, res, *row, condition))
		return ASH_LOCK_NONE;
	return result;
}

/*-------------------------------------------------------------------------
 * By any key, through a query
 *-------------------------------------------------------------------------
 */

/*
 * Finds the row by a query, for any key that identifies one; adds an error when there are
 * several.
 */
static AshLockResult
record_by_query(AshCall *call, AshResource *res, const JsonbValue *record, bool lock,
				AshValue **row)
{
	AshExpr *filter = ash_query_record_filter(call, res, record);
	AshQuery *query;
	List *rows;

	if (filter == NULL)
		return ASH_LOCK_NONE;
	query = ash_query_create(call, res, NULL);
	if (ash_errors_any(call->errors))
		return ASH_LOCK_NONE;
	query->filters = lappend(query->filters, filter);
	if (lock)
		query->lock = ASH_LOCK_UPDATE;
	rows = ash_query_fetch(query, 2);
	if (list_length(rows) > 1)
		ash_error_add(call->errors, ASH_E_MULTIPLE_RESULTS, NULL,
					  "expected at most one result but got at least 2");
	if (list_length(rows) != 1)
		return ASH_LOCK_NONE;
	*row = linitial(rows);
	return ASH_LOCKED;
}

/*
 * The row that record names, by attribute index, in the call's context; NULL after adding an
 * error. With a handle the row is locked FOR UPDATE, and the handle says where it is if the
 * fast path locked it; without one nothing is locked, also on a standby. Read policies do not
 * apply: those of the action decide about the row.
 */
AshValue *
ash_action_record(AshCall *call, const JsonbValue *record, AshRowHandle *handle)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshResource *res = call->res;
	AshValue *row = NULL;
	AshLockResult found = ASH_LOCK_NOT_TRIED;
	AshError *error;

	if (record == NULL)
	{
		error = ash_error_add(call->errors, ASH_E_INVALID_PRIMARY_KEY, NULL,
							  "%s.%s needs the option \"record\": which row it is about", res->name,
							  call->action->name);
		error->hint =
			"Give options.record as the primary key, or as an object of key or identity fields.";
		MemoryContextSwitchTo(old);
		return NULL;
	}
	if (handle != NULL)
	{
		handle->valid = false;
		found = record_by_key(call, res, record, handle, &row);
	}
	if (found == ASH_LOCK_NOT_TRIED)
		found = record_by_query(call, res, record, handle != NULL, &row);
	if (found != ASH_LOCKED && !ash_errors_any(call->errors))
		ash_error_add(call->errors, ASH_E_STALE_RECORD, NULL,
					  "Attempted to update stale record of %s with filter: %s", res->name,
					  ash_action_describe_record(res, record));
	MemoryContextSwitchTo(old);
	return found == ASH_LOCKED ? row : NULL;
}

/* What the action and the caller want to be loaded, as one load statement; NULL for nothing. */
const Jsonb *
ash_action_loads(const AshChangeset *cs)
{
	return ash_load_merge(cs->load, cs->call->opts->load);
}

/* An empty selection means the attributes that are always there: the primary key. */
static List *
or_key(const AshResource *res, List *names)
{
	for (int i = 0; names == NIL && i < res->nprimary_key; i++)
		names = list_make1(unconstify(char *, res->primary_key[i]->name));
	return names;
}

/*
 * Names of the attributes to be selected, given by the caller, else by the action; NIL for
 * all. Adds an error for a name that is no attribute.
 */
List *
ash_action_select(AshCall *call, const AshChangeset *cs)
{
	const Jsonb *select = call->opts->select;
	JsonbIterator *it;
	JsonbValue value;
	List *names = NIL;

	if (select == NULL || !JB_ROOT_IS_ARRAY(select))
		return cs != NULL && cs->select_given ? or_key(call->res, cs->select) : NIL;
	it = ash_jsonb_walk(select);
	while (ash_jsonb_next_item(&it, &value))
	{
		if (value.type == jbvString &&
			ash_find_attribute(call->res, pnstrdup(value.val.string.val, value.val.string.len)))
			names = lappend(names, pnstrdup(value.val.string.val, value.val.string.len));
		else
			ash_error_add(call->errors, ASH_E_NO_SUCH_ATTRIBUTE, NULL,
						  "No such attribute %s for resource %s", ash_jsonb_value_text(&value),
						  call->res->name);
	}
	return or_key(call->res, names);
}

/* Every value copied into CurrentMemoryContext. */
AshValue *
ash_action_copy_row(const AshResource *res, const AshValue *row)
{
	AshValue *copy = palloc(sizeof(AshValue) * Max(res->nattributes, 1));

	for (int i = 0; i < res->nattributes; i++)
		copy[i] = ash_value_copy(res->attributes[i]->type, row[i]);
	return copy;
}
