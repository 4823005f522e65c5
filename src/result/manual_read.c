/*-------------------------------------------------------------------------
 *
 * src/result/manual_read.c
 *	  Manual reads: a SQL function finds the records.
 *
 *	  name(query jsonb, options jsonb, context jsonb) returns jsonb
 *
 * The function returns a list of records, in the order in which they are to be
 * given back, or {"errors": …}.  Whatever it returns, only those records are shown
 * that meet the conditions of the query (base filter, tenant, the action's and the
 * caller's filter, policies), evaluated over their attributes; then offset and limit
 * cut.  Selection, loads and field policies are as always.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "result/result.h"

/* Attributes of a record that a function returned; what it does not name stays. */
bool
ash_row_from_json(AshCall *call, AshResource *res, const AshFunction *function, const Jsonb *record,
				  AshValue *row)
{
	bool ok = true;

	for (int i = 0; i < res->nattributes; i++)
	{
		const AshAttribute *attr = res->attributes[i];
		AshErrors *faults = ash_errors_create(CurrentMemoryContext);
		AshCast cast = { .errors = faults,
						 .code = ASH_E_FUNCTION_FAILED,
						 .field = attr->name,
						 .no_constraints = true,
						 .call = call };
		JsonbValue value;

		if (!ash_jsonb_get(record, attr->name, strlen(attr->name), &value))
			continue;
		row[i].value = (Datum) 0;
		row[i].isnull = true;
		if (value.type != jbvNull && !ash_type_cast(attr->type, &value, &cast, &row[i]))
			ok = ash_function_failed(call, function,
									 psprintf("returned %s, which is no value of attribute %s",
											  ash_input_text(&value), attr->name));
	}
	return ok;
}

/*-------------------------------------------------------------------------
 * Conditions
 *-------------------------------------------------------------------------
 */

static bool
row_ref(void *context, const AshExpr *ref, AshValue *out)
{
	*out = ((const AshValue *) context)[ref->attribute->index];
	return true;
}

/* A field of the caller's filter that its policy may hide. */
static bool
is_masked(AshExpr *expr, void *context)
{
	AshQuery *query = context;
	AshMask mask;

	if (expr->kind != ASH_EXPR_REF || !expr->from_input)
		return false;
	mask = ash_field_mask(query->call, query->res, query->action, ash_ref_name(expr),
						  ash_ref_is_public(expr));
	return mask.never || mask.condition != NULL;
}

static bool
check_conditions(AshQuery *query)
{
	ListCell *lc;

	if (query->lock != 0)
		return ash_manual_refuse(query, "locked");
	if (query->distinct != NIL)
		return ash_manual_refuse(query, "made distinct");
	foreach (lc, query->filters)
	{
		if (!ash_expr_in_memory(lfirst(lc)))
			return ash_manual_refuse(query, psprintf("filtered by other rows: %s",
													 ash_expr_describe(lfirst(lc))));
		if (query->call->authorize && ash_expr_walk(lfirst(lc), is_masked, query))
			return ash_manual_refuse(query, "filtered by fields that policies may hide");
	}
	return true;
}

static bool
meets_conditions(AshQuery *query, AshValue *row)
{
	ListCell *lc;

	foreach (lc, query->filters)
	{
		AshValue value;

		if (!ash_expr_eval(lfirst(lc), &query->call->bindings, row_ref, row, &value) ||
			value.isnull || !DatumGetBool(value.value))
			return false;
	}
	return true;
}

/*-------------------------------------------------------------------------
 * Records
 *-------------------------------------------------------------------------
 */

static AshValue *
take_record(AshQuery *query, const AshFunction *function, const JsonbValue *item)
{
	AshResource *res = query->res;
	AshValue *row = palloc(sizeof(AshValue) * Max(res->nattributes, 1));

	for (int i = 0; i < res->nattributes; i++)
	{
		row[i].value = (Datum) 0;
		row[i].isnull = true;
	}
	if (item->type != jbvBinary || !JsonContainerIsObject(item->val.binary.data))
	{
		ash_function_failed(query->call, function, "returned a record that is no object");
		return NULL;
	}
	if (!ash_row_from_json(query->call, res, function, ash_jsonb_from_value(item), row))
		return NULL;
	for (int i = 0; i < res->nprimary_key; i++)
	{
		if (!row[res->primary_key[i]->index].isnull)
			continue;
		ash_function_failed(query->call, function, "returned a record without its primary key");
		return NULL;
	}
	return row;
}

/* What the function says of the record, as the end of its JSON; NULL after adding an error. */
static StringInfo
take_metadata(AshQuery *query, const AshFunction *function, const JsonbValue *item)
{
	JsonbValue given;
	bool said = ash_jsonb_get(ash_jsonb_from_value(item), "_metadata", 9, &given);

	if (query->action->nmetadata == 0 && !said)
		return makeStringInfo();
	return ash_metadata_text(query->call, function, said ? &given : NULL);
}

/* Those that meet the conditions; NIL after adding an error. */
static List *
take_records(AshQuery *query, const AshFunction *function, Jsonb *result, List **extras)
{
	JsonbIterator *it = ash_jsonb_walk(result);
	JsonbValue item;
	List *rows = NIL;

	while (ash_jsonb_next_item(&it, &item))
	{
		AshValue *row;
		StringInfo extra;

		CHECK_FOR_INTERRUPTS();
		row = take_record(query, function, &item);
		extra = row != NULL ? take_metadata(query, function, &item) : NULL;
		if (extra == NULL)
			return NIL;
		if (!meets_conditions(query, row))
			continue;
		rows = lappend(rows, row);
		*extras = lappend(*extras, extra);
	}
	return rows;
}

static List *
find_records(AshQuery *query, List **extras)
{
	AshFunction *function = ash_function_cached(&query->action->manual, query->res->cxt,
												query->action->manual_json, NULL);
	Jsonb *result = ash_function_call(function, ash_query_view(query), function->options,
									  ash_call_context(query->call));
	JsonbValue member;

	if (result != NULL && JB_ROOT_IS_ARRAY(result) && !JB_ROOT_IS_SCALAR(result))
		return take_records(query, function, result, extras);
	if (result != NULL && JB_ROOT_IS_OBJECT(result) && ash_jsonb_get(result, "errors", 6, &member))
		ash_function_errors(query->call->errors, &member);
	else
		ash_function_failed(query->call, function,
							"returned something else than a list of records");
	return NIL;
}

static List *
cut(AshQuery *query, List *rows)
{
	if (query->offset.set)
		rows = list_copy_tail(rows, (int) Min(query->offset.value, list_length(rows)));
	if (query->limit.set && query->limit.value < list_length(rows))
		rows = list_truncate(list_copy(rows), (int) query->limit.value);
	return rows;
}

/* Writes the records, "," between, at most limit (0 = all); how many there were. */
uint64
ash_manual_read(AshQuery *query, int64 limit, StringInfo out)
{
	List *extras = NIL;
	List *rows;
	int found;

	if (!check_conditions(query))
		return 0;
	rows = cut(query, find_records(query, &extras));
	extras = cut(query, extras);
	found = list_length(rows);
	if (ash_errors_any(query->call->errors))
		return 0;
	if (limit > 0 && limit < found)
		rows = list_truncate(list_copy(rows), (int) limit);
	ash_records_write_query(query, rows, extras, out);
	return found;
}
