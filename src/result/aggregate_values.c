/*-------------------------------------------------------------------------
 *
 * src/result/aggregate_values.c
 *	  Values over all rows of a query: ash_count and its like, and ash_aggregate.
 *
 * The rows are those of the read, its limit and offset included, but no page.  Any
 * number of values comes from one statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "model/aggregate.h"
#include "model/resource.h"
#include "result/result.h"
#include "utils/json.h"

#define ASH_MAX_SUMMARIES 100

/* Where the values of the one row go. */
typedef struct Summary
{
	List *calls; /* of AshAggregateCall * */
	List *names; /* of char *, parallel; NIL for a value without a name */
	StringInfo out;
} Summary;

static bool
failed(const AshQuery *query)
{
	return ash_errors_any(query->call->errors);
}

/*-------------------------------------------------------------------------
 * What is wanted
 *-------------------------------------------------------------------------
 */

/* The type of the result; adds an error when there is no such list. */
static const AshTypeInst *
aggregate_type(AshAggregateKind kind, const AshExpr *field, AshErrors *errors)
{
	AshExpr *list;

	if (kind == ASH_AGG_COUNT)
		return ash_type_plain("integer");
	if (kind == ASH_AGG_EXISTS)
		return ash_type_plain("boolean");
	if (kind == ASH_AGG_AVG)
		return ash_type_plain("float");
	if (kind != ASH_AGG_LIST)
		return field->type;
	list = ash_expr_list(list_make1(unconstify(AshExpr *, field)), errors);
	return list ? list->type : NULL;
}

/* Does the aggregate make sense over values of the type? */
static bool
check_type(AshQuery *query, AshAggregateKind kind, const AshTypeInst *type, const char *name)
{
	AshErrors *errors = query->call->errors;

	if (ash_aggregate_takes(kind, type))
		return true;
	if (kind == ASH_AGG_SUM || kind == ASH_AGG_AVG)
		ash_error_add(errors, ASH_E_INVALID_QUERY, name, "%s is not a number", name);
	else
		ash_error_add(errors, ASH_E_INVALID_QUERY, name, "%s is not defined for %s, a %s",
					  ash_aggregate_kinds[kind], name, type->name);
	return false;
}

static bool
check_field(AshQuery *query, AshAggregateKind kind, AshExpr *field, const char *name)
{
	AshErrors *errors = query->call->errors;

	if (field == NULL)
	{
		ash_error_add(errors, ASH_E_NO_SUCH_FIELD, name, "No such field %s for resource %s", name,
					  query->res->name);
		return false;
	}
	if (field->calculation != NULL && !ash_calculation_is_sql(field))
	{
		ash_error_add(errors, ASH_E_INVALID_QUERY, name,
					  "Calculations cannot be aggregated unless they define an expression");
		return false;
	}
	if (field->calculation != NULL &&
		!ash_calculation_args(query->call, field->calculation, NULL, &field->calc_args))
		return false;
	return check_type(query, kind, field->type, name);
}

/* field may be NULL for count and exists; NULL after adding an error. */
static AshAggregateCall *
make_call(AshQuery *query, AshAggregateKind kind, const char *field)
{
	AshAggregateCall *call = palloc0(sizeof(AshAggregateCall));

	call->kind = kind;
	if (field != NULL)
	{
		call->field = ash_field_ref(query->res, field, query->call->errors);
		if (!check_field(query, kind, call->field, field))
			return NULL;
		/* field policies count: what the caller may not see is not aggregated */
		call->field->from_input = true;
	}
	call->type = aggregate_type(kind, call->field, query->call->errors);
	call->dflt.isnull = true;
	if (kind == ASH_AGG_FIRST || kind == ASH_AGG_LIST)
		call->sort = query->sort;
	return failed(query) ? NULL : call;
}

/*-------------------------------------------------------------------------
 * Running
 *-------------------------------------------------------------------------
 */

static void
write_summary(TupleTableSlot *slot, void *arg)
{
	Summary *summary = arg;
	int n = 0;
	ListCell *lc;

	slot_getallattrs(slot);
	foreach (lc, summary->calls)
	{
		AshValue value = { slot->tts_values[n], slot->tts_isnull[n] };

		if (summary->names != NIL)
		{
			appendStringInfoString(summary->out, n == 0 ? "" : ",");
			escape_json(summary->out, list_nth(summary->names, n));
			appendStringInfoChar(summary->out, ':');
		}
		ash_type_write_json(summary->out, ((AshAggregateCall *) lfirst(lc))->type, &value);
		n++;
	}
}

static void
run_summary(AshQuery *query, Summary *summary)
{
	AshSql sql;

	ash_query_sql_init(query, &sql);
	if (!failed(query))
		ash_statement_aggregate(query, summary->calls, &sql);
	if (!failed(query))
		ash_exec_each(query->res, &sql, write_summary, summary);
}

static void
note_row(TupleTableSlot *slot, void *arg)
{
	*(bool *) arg = true;
}

static void
run_exists(AshQuery *query, StringInfo out)
{
	bool exists = false;
	AshSql sql;

	ash_query_sql_init(query, &sql);
	ash_statement_exists(query, NULL, NIL, &sql);
	if (!failed(query))
		ash_exec_each(query->res, &sql, note_row, &exists);
	appendStringInfoString(out, exists ? "true" : "false");
}

static bool
can_summarise(AshQuery *query)
{
	if (ash_query_is_manual(query))
		return ash_manual_refuse(query, "aggregated");
	return ash_query_begin(query) && ash_query_see_all(query);
}

void
ash_query_aggregate(AshQuery *query, AshAggregateKind kind, const char *field, StringInfo out)
{
	Summary summary = { .out = out };
	AshAggregateCall *call;

	if (failed(query) || !can_summarise(query))
		return;
	query->page = ASH_PAGE_NONE;
	query->lock = 0;
	if (kind == ASH_AGG_EXISTS && !query->limit.set && !query->offset.set)
	{
		run_exists(query, out);
		return;
	}
	call = make_call(query, kind, field);
	if (call == NULL)
		return;
	summary.calls = list_make1(call);
	run_summary(query, &summary);
}

/*-------------------------------------------------------------------------
 * Several
 *-------------------------------------------------------------------------
 */

/* The kind of that name, or -1; a custom one only exists in definitions. */
static int
kind_of(const char *name)
{
	int kind = ash_name_index(ash_aggregate_kinds, name);

	return kind == ASH_AGG_CUSTOM ? -1 : kind;
}

static bool
refuse(AshQuery *query, const char *message, const JsonbValue *value)
{
	ash_error_add(query->call->errors, ASH_E_INVALID_QUERY, NULL, "%s, got: %s", message,
				  ash_input_text(value));
	return false;
}

/* The text under key: NULL when there is none; false after adding an error. */
static bool
text_of(AshQuery *query, const Jsonb *object, const char *key, const char **text)
{
	JsonbValue value;

	*text = NULL;
	if (!ash_jsonb_get(object, key, strlen(key), &value) || value.type == jbvNull)
		return true;
	if (value.type != jbvString)
		return refuse(query, psprintf("%s must be a name", key), &value);
	*text = ash_jsonb_value_text(&value);
	return true;
}

static bool
flag_of(AshQuery *query, const Jsonb *object, const char *key, bool *flag)
{
	JsonbValue value;

	if (!ash_jsonb_get(object, key, strlen(key), &value) || value.type == jbvNull)
		return true;
	if (value.type != jbvBool)
		return refuse(query, psprintf("%s must be true or false", key), &value);
	*flag = value.val.boolean;
	return true;
}

static bool
check_keys(AshQuery *query, const Jsonb *object)
{
	static const char *const known[] = { "kind", "field", "filter", "sort", "uniq", "include_nil" };
	JsonbValue key;

	if (!ash_jsonb_unknown_key(object, known, lengthof(known), &key))
		return true;
	return refuse(query, "An aggregate takes kind, field, filter, sort, uniq and include_nil",
				  &key);
}

/* The parts of an aggregate that are about its rows. */
static void
parse_rows(AshQuery *query, const Jsonb *object, AshAggregateCall *call)
{
	JsonbValue value;
	AshExpr *filter;

	if (ash_jsonb_get(object, "filter", 6, &value))
	{
		filter = ash_filter_parse(query, query->res, ash_jsonb_from_value(&value), false);
		if (filter != NULL)
			call->filters = lappend(call->filters, filter);
	}
	if (ash_jsonb_get(object, "sort", 4, &value) && value.type != jbvNull)
		call->sort = ash_sort_parse(query, query->res, ash_jsonb_from_value(&value), false);
	(void) (flag_of(query, object, "uniq", &call->uniq) &&
			flag_of(query, object, "include_nil", &call->include_nil));
}

/* {"kind": …, …}, or a kind alone; NULL after adding an error. */
static AshAggregateCall *
parse_aggregate(AshQuery *query, const JsonbValue *value)
{
	Jsonb *object = ash_jsonb_from_value(value);
	const char *kind;
	const char *field = NULL;
	AshAggregateCall *call;

	if (value->type == jbvString)
		kind = ash_jsonb_value_text(value);
	else if (!JB_ROOT_IS_OBJECT(object))
	{
		refuse(query, "An aggregate must be a kind or an object", value);
		return NULL;
	}
	else if (!check_keys(query, object) || !text_of(query, object, "kind", &kind) ||
			 !text_of(query, object, "field", &field))
		return NULL;
	if (kind == NULL || kind_of(kind) < 0)
	{
		refuse(query, "kind must be count, exists, first, sum, list, max, min or avg", value);
		return NULL;
	}
	if (field == NULL && kind_of(kind) != ASH_AGG_COUNT && kind_of(kind) != ASH_AGG_EXISTS)
	{
		refuse(query, psprintf("%s needs a field", kind), value);
		return NULL;
	}
	call = make_call(query, kind_of(kind), field);
	if (call != NULL && value->type != jbvString)
		parse_rows(query, object, call);
	return failed(query) ? NULL : call;
}

static void
parse_aggregates(AshQuery *query, const Jsonb *wanted, Summary *summary)
{
	JsonbIterator *it = ash_jsonb_walk(wanted);
	JsonbValue key;
	JsonbValue value;

	while (ash_jsonb_next_member(&it, &key, &value))
	{
		char *name;

		name = pnstrdup(key.val.string.val, key.val.string.len);
		ash_errors_push_name(query->call->errors, name);
		summary->calls = lappend(summary->calls, parse_aggregate(query, &value));
		summary->names = lappend(summary->names, name);
		ash_errors_pop(query->call->errors);
	}
}

void
ash_query_aggregates(AshQuery *query, const Jsonb *wanted, StringInfo out)
{
	Summary summary = { .out = out };

	if (failed(query) || !can_summarise(query))
		return;
	if (!JB_ROOT_IS_OBJECT(wanted) || JB_ROOT_COUNT(wanted) > ASH_MAX_SUMMARIES)
	{
		ash_error_add(query->call->errors, ASH_E_INVALID_QUERY, NULL,
					  "Aggregates must be an object of at most %d names", ASH_MAX_SUMMARIES);
		return;
	}
	query->page = ASH_PAGE_NONE;
	query->lock = 0;
	parse_aggregates(query, wanted, &summary);
	appendStringInfoChar(out, '{');
	if (!failed(query) && summary.calls != NIL)
		run_summary(query, &summary);
	appendStringInfoChar(out, '}');
}
