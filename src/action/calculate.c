/*-------------------------------------------------------------------------
 *
 * src/action/calculate.c
 *	  ash_calculate: one calculation, without a read (spec 9.6).
 *
 * The attributes it refers to come from options.refs, or from the record of
 * options.record.  A calculation that needs other rows, or the row as it is stored,
 * needs the record; options.refs with a primary key say which one it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/resource.h"

/* A row made of options.refs; what is not given is null. */
static AshValue *
row_of_refs(AshCall *call, const Jsonb *refs)
{
	AshResource *res = call->res;
	AshValue *row = palloc0(sizeof(AshValue) * Max(res->nattributes, 1));

	for (int i = 0; i < res->nattributes; i++)
	{
		const AshAttribute *attr = res->attributes[i];
		AshCast cast = { .errors = call->errors,
						 .code = ASH_E_INVALID_ATTRIBUTE,
						 .field = attr->name };
		JsonbValue value;

		row[i].isnull = true;
		if (refs != NULL && ash_jsonb_get(refs, attr->name, strlen(attr->name), &value))
			ash_type_cast(attr->type, &value, &cast, &row[i]);
	}
	return row;
}

/*
 * Are all of options.refs fields of the resource?  A whole record may be given, with
 * what is loaded and what is said about it; only its attributes count.
 */
static bool
check_refs(AshCall *call, const Jsonb *refs)
{
	AshResource *res = call->res;
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;
	bool ok = true;

	if (refs == NULL)
		return true;
	if (!JB_ROOT_IS_OBJECT(refs))
	{
		ash_error_add(call->errors, ASH_E_INVALID_OPTION, "refs", "option refs must be an object");
		return false;
	}
	it = ash_jsonb_walk(refs);
	while (ash_jsonb_next_member(&it, &key, &value))
	{
		char *name = pnstrdup(key.val.string.val, key.val.string.len);

		if (name[0] == '_' || ash_find_attribute(res, name) != NULL ||
			ash_find_calculation(res, name) != NULL || ash_find_aggregate(res, name) != NULL ||
			ash_find_relationship(res, name) != NULL)
			continue;
		ash_error_add(call->errors, ASH_E_NO_SUCH_ATTRIBUTE, name,
					  "No such attribute %s for resource %s", name, res->name);
		ok = false;
	}
	return ok;
}

static void
requires_record(AshCall *call, const AshCalculation *calc)
{
	ash_error_add(call->errors, ASH_E_CALCULATION_REQUIRES_PRIMARY_KEY, NULL,
				  "Primary key is required for %s.%s, because it uses other rows", call->res->name,
				  calc->name);
}

static void
calculate_record(AshCall *call, AshCalculation *calc, const JsonbValue *record,
				 const Jsonb *arguments, StringInfo out)
{
	if (!ash_records_calculate(call, record, calc, arguments, out))
		ash_error_add(call->errors, ASH_E_NOT_FOUND, NULL, "record with %s not found",
					  ash_action_describe_record(call->res, record));
}

/* The primary key in options.refs, as a record is named; false when it is not there whole. */
static bool
key_of_refs(AshCall *call, JsonbValue *record)
{
	AshResource *res = call->res;
	const Jsonb *refs = call->opts->refs;
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < res->nprimary_key; i++)
	{
		const char *name = res->primary_key[i]->name;
		JsonbValue key = { .type = jbvString };
		JsonbValue value;

		if (refs == NULL || !ash_jsonb_get(refs, name, strlen(name), &value) ||
			value.type == jbvNull)
			return false;
		key.val.string.val = pstrdup(name);
		key.val.string.len = strlen(name);
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	ash_jsonb_value_from_jsonb(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)),
							   record);
	return res->nprimary_key > 0;
}

/* Over the attributes of options.refs. */
static void
calculate_refs(AshCall *call, AshCalculation *calc, const Jsonb *arguments, StringInfo out)
{
	JsonbValue given;
	AshExpr **args;
	AshExpr *ref;
	AshExpr *expr;
	AshValue *row;
	AshValue value;
	JsonbValue record;

	if (arguments != NULL)
		ash_jsonb_value_from_jsonb(arguments, &given);
	if (!ash_calculation_args(call, calc, arguments != NULL ? &given : NULL, &args) ||
		!check_refs(call, call->opts->refs))
		return;
	ref = ash_calculation_ref(call->res, calc, args);
	expr = ash_expr_inlined(ref);
	if (!ash_calculation_loads_late(ref) && (expr == NULL || !ash_expr_in_memory(expr)))
	{
		if (key_of_refs(call, &record))
			calculate_record(call, calc, &record, arguments, out);
		else
			requires_record(call, calc);
		return;
	}
	row = row_of_refs(call, call->opts->refs);
	if (ash_errors_any(call->errors))
		return;
	if (ash_calculation_loads_late(ref))
		ash_calculation_of_row(call, calc, args, row, out);
	else if (ash_expr_eval(expr, &call->bindings, ash_row_attribute, row, &value))
		ash_type_write_json(out, calc->type, &value);
}

/* Appends the value of one calculation as JSON; errors are added to the call's. */
void
ash_action_calculate(AshCall *call, const char *name, const Jsonb *arguments, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	AshCalculation *calc = ash_find_calculation(call->res, name);

	if (calc == NULL)
		ash_error_add(call->errors, ASH_E_NO_SUCH_FIELD, name,
					  "No such calculation %s for resource %s", name, call->res->name);
	else if (!ash_errors_any(call->errors) && call->opts->record != NULL)
		calculate_record(call, calc, call->opts->record, arguments, out);
	else if (!ash_errors_any(call->errors))
		calculate_refs(call, calc, arguments, out);
	MemoryContextSwitchTo(old);
}
