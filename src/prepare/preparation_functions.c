/*-------------------------------------------------------------------------
 *
 * src/prepare/preparation_functions.c
 *	  Preparations by functions of the application, and the context.
 *
 *	  name(query jsonb, options jsonb, context jsonb) returns jsonb
 *
 * "function" and "before_action" are told of the query and return what they want
 * of it: {"filter", "filter_input", "sort", "sort_input", "prepend", "limit",
 * "offset", "select", "ensure_selected", "deselect", "load", "context",
 * "arguments", "errors"}, all optional, or null for nothing.  They are code of the
 * definition, so their filter and sort may name private fields; what they pass on
 * from a caller belongs into filter_input and sort_input.  "after_action" gets the
 * records that were found, as the caller would get them, and returns those to give
 * back, or null for the same.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/entities.h"
#include "prepare/prepare.h"
#include "utils/builtins.h"

/*-------------------------------------------------------------------------
 * set_context
 *-------------------------------------------------------------------------
 */

typedef struct SetContext
{
	json_t *json;
	Jsonb *value;
} SetContext;

static const AshOpt context_options[] = {
	ASH_OPTION(SetContext, "context", JSON, json, .flags = ASH_OPT_REQUIRED,
			   .doc = "object that is merged into the context"),
	ASH_OPT_END
};
static const AshSpec context_spec =
	ASH_SPEC("set_context", SetContext, context_options, .shorthand = "context",
			 .doc = "Merge an object into the context.");

static bool
prepare_context(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	SetContext *opts = options;

	if (!json_is_object(opts->json))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "the context must be an object");
		return false;
	}
	opts->value = ash_jsonb_from_json(opts->json);
	return true;
}

static bool
run_context(AshQuery *query, void *options)
{
	query->call->bindings.context =
		ash_jsonb_merge(query->call->bindings.context, ((SetContext *) options)->value);
	return true;
}

/*-------------------------------------------------------------------------
 * What they may change
 *-------------------------------------------------------------------------
 */

/* A function's answer being followed. */
typedef struct Answer
{
	AshQuery *query;
	const AshFunction *function;
	bool prepend;
} Answer;

typedef bool (*Follow)(Answer *answer, const JsonbValue *value);

static bool
wrong(Answer *answer, const char *why)
{
	return ash_function_failed(answer->query->call, answer->function, why);
}

static bool
follow_filter(Answer *answer, const JsonbValue *value)
{
	ash_query_add_filter(answer->query, ash_jsonb_from_value(value), true);
	return true;
}

static bool
follow_filter_input(Answer *answer, const JsonbValue *value)
{
	ash_query_add_filter(answer->query, ash_jsonb_from_value(value), false);
	return true;
}

static bool
follow_sort(Answer *answer, const JsonbValue *value)
{
	ash_query_add_sort(answer->query, ash_jsonb_from_value(value), true, answer->prepend);
	return true;
}

static bool
follow_sort_input(Answer *answer, const JsonbValue *value)
{
	ash_query_add_sort(answer->query, ash_jsonb_from_value(value), false, answer->prepend);
	return true;
}

static bool
follow_prepend(Answer *answer, const JsonbValue *value)
{
	return value->type == jbvBool || wrong(answer, "returned \"prepend\" that is no boolean");
}

/* Overwrites; below zero is zero (spec 6). */
static bool
follow_count(Answer *answer, const JsonbValue *value, const char *key, AshOptInt *count)
{
	char *text = ash_jsonb_value_text(value);
	char *end;

	errno = 0;
	count->value = value->type == jbvNumeric ? strtoll(text, &end, 10) : 0;
	count->set = value->type == jbvNumeric && *end == '\0' && errno == 0;
	count->value = Max(count->value, 0);
	return count->set || wrong(answer, psprintf("returned \"%s\" that is no whole number", key));
}

static bool
follow_limit(Answer *answer, const JsonbValue *value)
{
	return follow_count(answer, value, "limit", &answer->query->limit);
}

static bool
follow_offset(Answer *answer, const JsonbValue *value)
{
	return follow_count(answer, value, "offset", &answer->query->offset);
}

/* Names of attributes; false after adding an error. */
static bool
attribute_names(Answer *answer, const JsonbValue *value, List **names)
{
	JsonbIterator *it;
	JsonbValue item;
	bool ok = true;

	*names = NIL;
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
		return wrong(answer, "returned a selection that is no list of names");
	it = JsonbIteratorInit(value->val.binary.data);
	while (ash_jsonb_next_item(&it, &item))
	{
		char *name;

		name = item.type == jbvString ? ash_jsonb_value_text(&item) : NULL;
		if (name != NULL && ash_find_attribute(answer->query->res, name) != NULL)
			*names = lappend(*names, name);
		else
			ok =
				wrong(answer, psprintf("selected the unknown attribute %s", ash_input_text(&item)));
	}
	return ok;
}

static bool
follow_select(Answer *answer, const JsonbValue *value)
{
	List *names;

	if (!attribute_names(answer, value, &names))
		return false;
	answer->query->select_given = true;
	ash_query_select_names(answer->query, names);
	return true;
}

static bool
follow_ensure(Answer *answer, const JsonbValue *value)
{
	List *names;
	ListCell *lc;

	if (!attribute_names(answer, value, &names))
		return false;
	foreach (lc, names)
		ash_query_ensure_selected(answer->query,
								  ash_find_attribute(answer->query->res, lfirst(lc)));
	return true;
}

static bool
follow_deselect(Answer *answer, const JsonbValue *value)
{
	List *names;

	if (!attribute_names(answer, value, &names))
		return false;
	ash_query_deselect_names(answer->query, names);
	return true;
}

static bool
follow_load(Answer *answer, const JsonbValue *value)
{
	answer->query->loads =
		ash_load_parse(answer->query, answer->query->res, ash_jsonb_from_value(value));
	return true;
}

static bool
is_object(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data);
}

static bool
follow_context(Answer *answer, const JsonbValue *value)
{
	AshCall *call = answer->query->call;

	if (!is_object(value))
		return wrong(answer, "returned \"context\" that is no object");
	call->bindings.context = ash_jsonb_merge(call->bindings.context, ash_jsonb_from_value(value));
	return true;
}

static bool
follow_arguments(Answer *answer, const JsonbValue *value)
{
	AshCall *call = answer->query->call;
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue member;
	bool ok = true;

	if (!is_object(value))
		return wrong(answer, "returned \"arguments\" that is no object");
	it = JsonbIteratorInit(value->val.binary.data);
	while (ash_jsonb_next_member(&it, &key, &member))
	{
		char *name;
		const AshArgument *arg;

		name = ash_jsonb_value_text(&key);
		arg = ash_find_argument(call->action, name);
		if (arg == NULL)
			ok = wrong(answer, psprintf("set the unknown argument \"%s\"", name));
		else
			ok &= ash_call_set_argument(call, arg, &member);
	}
	return ok;
}

static bool
follow_errors(Answer *answer, const JsonbValue *value)
{
	return ash_function_errors(answer->query->call->errors, value) == 0;
}

static const struct
{
	const char *key;
	Follow follow;
	bool reads; /* only a read has it */
} answers[] = {
	{ "arguments", follow_arguments, false },
	{ "context", follow_context, false },
	{ "errors", follow_errors, false },
	{ "filter", follow_filter, true },
	{ "filter_input", follow_filter_input, true },
	{ "prepend", follow_prepend, true },
	{ "sort", follow_sort, true },
	{ "sort_input", follow_sort_input, true },
	{ "limit", follow_limit, true },
	{ "offset", follow_offset, true },
	{ "select", follow_select, true },
	{ "ensure_selected", follow_ensure, true },
	{ "deselect", follow_deselect, true },
	{ "load", follow_load, true },
};

static bool
follow_member(Answer *answer, const char *key, const JsonbValue *value)
{
	bool reads = answer->query->action->type == ASH_ACTION_READ;

	for (int i = 0; i < lengthof(answers); i++)
	{
		if (strcmp(answers[i].key, key) == 0 && (reads || !answers[i].reads))
			return value->type == jbvNull || answers[i].follow(answer, value);
	}
	return wrong(answer, psprintf("returned the unknown key \"%s\"", key));
}

static bool
follow(AshQuery *query, const AshFunction *function, Jsonb *result)
{
	Answer answer = { .query = query, .function = function };
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;
	bool ok = true;

	if (result == NULL)
		return true;
	if (!JB_ROOT_IS_OBJECT(result))
		return wrong(&answer, "returned something else than an object");
	answer.prepend =
		ash_jsonb_get(result, "prepend", 7, &value) && value.type == jbvBool && value.val.boolean;
	it = ash_jsonb_walk(result);
	while (ash_jsonb_next_member(&it, &key, &value))
		ok &= follow_member(&answer, ash_jsonb_value_text(&key), &value);
	return ok;
}

/*-------------------------------------------------------------------------
 * The entries
 *-------------------------------------------------------------------------
 */

static bool
prepare_function(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	return ash_function_prepare(options, errors);
}

static bool
ask(AshQuery *query, const AshFunction *function)
{
	return follow(query, function,
				  ash_function_call(function, ash_query_view(query), function->options,
									ash_call_context(query->call)));
}

static bool
run_function(AshQuery *query, void *options)
{
	return ask(query, options);
}

static bool
run_before(AshQuery *query, void *options)
{
	query->before_action = lappend(query->before_action, options);
	return true;
}

static bool
run_after(AshQuery *query, void *options)
{
	query->after_action = lappend(query->after_action, options);
	return true;
}

static bool
always_dynamic(void *options)
{
	return true;
}

/* The hooks that may still change the query; false after adding an error. */
bool
ash_query_before_action(AshQuery *query)
{
	List *hooks = query->before_action;
	ListCell *lc;

	query->before_action = NIL;
	foreach (lc, hooks)
	{
		if (!ask(query, lfirst(lc)))
			return false;
	}
	return !ash_errors_any(query->call->errors);
}

/* One hook over records: a list of objects in, a list of objects out. */
static Jsonb *
give_records(AshQuery *query, const AshFunction *function, Jsonb *records)
{
	Jsonb *result =
		ash_function_call(function, records, function->options, ash_call_context(query->call));
	JsonbIterator *it;
	JsonbValue item;

	if (result == NULL)
		return records;
	if (!JB_ROOT_IS_ARRAY(result) || JB_ROOT_IS_SCALAR(result))
	{
		ash_function_failed(query->call, function,
							"returned something else than a list of records");
		return records;
	}
	it = ash_jsonb_walk(result);
	while (ash_jsonb_next_item(&it, &item))
	{
		if (!is_object(&item))
		{
			ash_function_failed(query->call, function, "returned a record that is no object");
			return records;
		}
	}
	return result;
}

/* A record as it is given back: with what the last function says of it, checked. */
static bool
write_record(AshQuery *query, const JsonbValue *item, StringInfo out)
{
	AshFunction *last = llast(query->after_action);
	Jsonb *record = ash_jsonb_from_value(item);
	JsonbValue given;
	StringInfo metadata;
	bool said = ash_jsonb_get(record, "_metadata", 9, &given);

	if (query->action->nmetadata == 0)
	{
		appendStringInfoString(out, ash_jsonb_value_json(item));
		return true;
	}
	metadata = ash_metadata_text(query->call, last, said ? &given : NULL);
	if (metadata == NULL)
		return false;
	record = DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(record),
												CStringGetTextDatum("_metadata")));
	(void) JsonbToCString(out, &record->root, VARSIZE_ANY_EXHDR(record));
	out->len--;
	appendStringInfo(out, "%s%s}", JB_ROOT_COUNT(record) > 0 ? ", " : "", metadata->data);
	return true;
}

/* The hooks over the records in out from start on, "," between; what they return takes their place.
 */
void
ash_query_after_action(AshQuery *query, StringInfo out, int start)
{
	Jsonb *records;
	JsonbIterator *it;
	JsonbValue item;
	const char *separator = "";
	ListCell *lc;

	if (query->after_action == NIL || ash_errors_any(query->call->errors))
		return;
	records = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("[%s]", out->data + start))));
	foreach (lc, query->after_action)
		records = give_records(query, lfirst(lc), records);
	out->len = start;
	out->data[start] = '\0';
	it = ash_jsonb_walk(records);
	while (ash_jsonb_next_item(&it, &item))
	{
		appendStringInfoString(out, separator);
		separator = ",";
		if (!write_record(query, &item, out))
			return;
	}
}

const AshPreparationDef ash_function_preparations[] = {
	{ "set_context", "Merge an object into the context.", &context_spec, "context",
	  ASH_ON(ASH_ACTION_READ) | ASH_ON(ASH_ACTION_GENERIC), prepare_context, run_context, NULL },
	{ "function", "Calls a function of the application that may change the query.",
	  &ash_function_spec, NULL, ASH_ON(ASH_ACTION_READ) | ASH_ON(ASH_ACTION_GENERIC),
	  prepare_function, run_function, always_dynamic },
	{ "before_action",
	  "Calls a function of the application that may change the query once it is authorized.",
	  &ash_function_spec, NULL, ASH_ON(ASH_ACTION_READ), prepare_function, run_before,
	  always_dynamic },
	{ "after_action", "Calls a function of the application that is given the records.",
	  &ash_function_spec, NULL, ASH_ON(ASH_ACTION_READ), prepare_function, run_after,
	  always_dynamic },
	{ NULL }
};
