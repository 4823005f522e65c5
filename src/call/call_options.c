/*-------------------------------------------------------------------------
 *
 * src/call/call_options.c
 *	  The options argument of the API functions.
 *
 * One table gives name, kind and place of every option; an unknown key or a value of the wrong
 * kind is an error that names it.  filter, sort, load and page are interpreted in query/.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/call_internal.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

typedef enum OptionKind
{
	OPTION_JSON,	/* Jsonb *: any value */
	OPTION_FILTER,	/* Jsonb *: a null is an error that query/ reports */
	OPTION_VALUE,	/* JsonbValue *: any value but null */
	OPTION_BOOL,	/* bool; null = not given */
	OPTION_CHECKED, /* bool that makes no difference */
	OPTION_OFF,		/* bool that may only be false: there is nothing to turn on */
	OPTION_COUNT,	/* AshOptInt: a non-negative integer */
	OPTION_NAME,	/* const char * */
	OPTION_PAGE,	/* Jsonb *: an object or false */
	OPTION_ACTOR,	/* Jsonb *: null is "no actor", not "not given" */
	OPTION_ENUM,	/* an enum, in the order of choices */
	OPTION_LIST		/* uint32: a bit for each of the choices named; one, or a list of them */
} OptionKind;

typedef struct Option
{
	const char *name;
	OptionKind kind;
	size_t offset;
	size_t given; /* offset of the bool that is set when it was given, or 0 */
	const char *const *choices;
} Option;

StaticAssertDecl(sizeof(AshBulkTransaction) == sizeof(int) && sizeof(AshReadWith) == sizeof(int),
				 "options of kind OPTION_ENUM are stored as int");

static const char *const transaction_choices[] = {
	[ASH_BULK_BATCH] = "batch", [ASH_BULK_ALL] = "all", [ASH_BULK_NONE] = "false", NULL
};
static const char *const strategy_choices[] = { "atomic", "atomic_batches", "stream", NULL };
static const char *const authorize_with_choices[] = {
	[ASH_READ_WITH_FILTER] = "filter", [ASH_READ_WITH_ERROR] = "error", NULL
};

#define AT(field) offsetof(AshOptions, field)
#define NOWHERE sizeof(AshOptions) /* the value is checked, not stored */

static const Option options_table[] = {
	{ "action", OPTION_NAME, AT(action) },
	{ "input", OPTION_JSON, AT(input) },
	{ "record", OPTION_VALUE, AT(record) },
	{ "records", OPTION_VALUE, AT(records) },
	{ "actor", OPTION_ACTOR, AT(actor), AT(actor_given) },
	{ "tenant", OPTION_VALUE, AT(tenant), AT(tenant_given) },
	{ "authorize", OPTION_BOOL, AT(authorize), AT(authorize_given) },
	{ "authorize_with", OPTION_ENUM, AT(authorize_with), 0, authorize_with_choices },
	{ "context", OPTION_JSON, AT(context) },
	{ "select", OPTION_JSON, AT(select) },
	{ "load", OPTION_JSON, AT(load) },
	{ "lazy", OPTION_BOOL, AT(lazy) },
	{ "filter", OPTION_FILTER, AT(filter) },
	{ "sort", OPTION_JSON, AT(sort) },
	{ "distinct", OPTION_JSON, AT(distinct) },
	{ "distinct_sort", OPTION_JSON, AT(distinct_sort) },
	{ "limit", OPTION_COUNT, AT(limit) },
	{ "offset", OPTION_COUNT, AT(offset) },
	{ "page", OPTION_PAGE, AT(page) },
	{ "lock", OPTION_NAME, AT(lock) },
	{ "upsert", OPTION_BOOL, AT(upsert), AT(upsert_given) },
	{ "upsert_identity", OPTION_NAME, AT(upsert_identity) },
	{ "upsert_fields", OPTION_JSON, AT(upsert_fields) },
	{ "return_skipped_upsert", OPTION_BOOL, AT(return_skipped), AT(return_skipped_given) },
	{ "skip_unknown_inputs", OPTION_JSON, AT(skip_unknown_inputs) },
	{ "return_destroyed", OPTION_BOOL, AT(return_destroyed) },
	{ "return_notifications", OPTION_BOOL, AT(return_notifications) },
	{ "notification_metadata", OPTION_JSON, AT(notification_metadata) },
	{ "timeout", OPTION_COUNT, AT(timeout) },
	{ "not_found_error", OPTION_BOOL, AT(not_found_error), AT(not_found_error_given) },
	{ "refs", OPTION_JSON, AT(refs) },
	{ "batch_size", OPTION_COUNT, AT(batch_size) },
	{ "return_records", OPTION_BOOL, AT(return_records) },
	{ "return_errors", OPTION_BOOL, AT(return_errors) },
	{ "stop_on_error", OPTION_BOOL, AT(stop_on_error) },
	{ "sorted", OPTION_CHECKED, NOWHERE }, /* results are in the order of the inputs anyway */
	{ "notify", OPTION_OFF, NOWHERE }, /* notifications are returned, see return_notifications */
	{ "transaction", OPTION_ENUM, AT(transaction), 0, transaction_choices },
	{ "strategy", OPTION_LIST, AT(strategies), 0, strategy_choices },
};

/* An empty object. */
Jsonb *
ash_jsonb_empty(void)
{
	Jsonb *empty = palloc(offsetof(Jsonb, root) + sizeof(empty->root.header));

	SET_VARSIZE(empty, offsetof(Jsonb, root) + sizeof(empty->root.header));
	empty->root.header = JB_FOBJECT;
	return empty;
}

/* The option of that name, or NULL. */
static const Option *
find_option(const char *name, int len)
{
	for (int i = 0; i < lengthof(options_table); i++)
	{
		const Option *option = &options_table[i];

		if (strlen(option->name) == len && memcmp(option->name, name, len) == 0)
			return option;
	}
	return NULL;
}

/* The reason why a function of that shape does not take the option; NULL when it does. */
static const char *
why_refused(const Option *option, AshCallShape shape)
{
	static const struct
	{
		const char *action;
		const char *input;
	} reasons[] = {
		[ASH_CALL_BY_NAME] = { "the action is an argument of its own",
							   "the input is an argument of its own" },
		[ASH_CALL_WRITE] = { NULL, "the input is an argument of its own" },
		[ASH_CALL_READ] = { NULL, NULL },
		[ASH_CALL_CALCULATION] = { "a calculation runs no action",
								   "the arguments of the calculation are an argument of their own" },
	};

	if (option->offset == AT(action))
		return reasons[shape].action;
	return option->offset == AT(input) ? reasons[shape].input : NULL;
}

/* Adds the error of an option that the function does not take. */
static void
refuse_option(AshErrors *errors, const Option *option, const char *reason)
{
	AshError *error = ash_error_add(errors, ASH_E_INVALID_OPTION, option->name,
									"option %s cannot be given here: %s", option->name, reason);

	error->hint = psprintf("Leave out the option \"%s\".", option->name);
}

/* Adds the error of an unknown option, with suggestions. */
static void
no_such_option(AshErrors *errors, AshCallShape shape, const char *name)
{
	List *names = NIL;
	AshError *error;

	for (int i = 0; i < lengthof(options_table); i++)
	{
		if (why_refused(&options_table[i], shape) == NULL)
			names = lappend(names, unconstify(char *, options_table[i].name));
	}
	error = ash_error_add(errors, ASH_E_NO_SUCH_OPTION, name, "No such option `%s`", name);
	error->did_you_mean = ash_suggest(name, names);
	if (error->did_you_mean != NIL)
		error->hint = psprintf("Perhaps you meant the option \"%s\".",
							   (char *) linitial(error->did_you_mean));
}

/* Adds the error of a value of the wrong kind; expected says what it must be. */
static void
wrong_option(AshErrors *errors, const Option *option, const char *expected, const JsonbValue *value)
{
	AshErrorCode code = ASH_E_INVALID_OPTION;

	if (strcmp(option->name, "limit") == 0)
		code = ASH_E_INVALID_LIMIT;
	else if (strcmp(option->name, "offset") == 0)
		code = ASH_E_INVALID_OFFSET;

	if (code != ASH_E_INVALID_OPTION)
		ash_error_add(errors, code, NULL, "%s is not a valid %s", ash_jsonb_value_json(value),
					  option->name);
	else
		ash_error_add(errors, code, option->name, "option %s must be %s, got: %s", option->name,
					  expected, ash_jsonb_value_json(value));
}

/* A JSON number that is a whole, non-negative int8. */
static bool
parse_count(const JsonbValue *value, AshOptInt *out)
{
	Datum number;

	if (value->type != jbvNumeric)
		return false;
	number = NumericGetDatum(value->val.numeric);
	if (numeric_is_nan(value->val.numeric) || numeric_is_inf(value->val.numeric) ||
		DatumGetBool(DirectFunctionCall2(numeric_lt, number,
										 DirectFunctionCall1(int4_numeric, Int32GetDatum(0)))) ||
		DatumGetBool(
			DirectFunctionCall2(numeric_gt, number,
								DirectFunctionCall1(int8_numeric, Int64GetDatum(PG_INT64_MAX)))) ||
		!DatumGetBool(
			DirectFunctionCall2(numeric_eq, number,
								DirectFunctionCall2(numeric_trunc, number, Int32GetDatum(0)))))
		return false;
	out->set = true;
	out->value = DatumGetInt64(DirectFunctionCall1(numeric_int8, number));
	return true;
}

/* The index of the choice that a string or boolean names, or -1. */
static int
parse_choice(const JsonbValue *value, const char *const *choices)
{
	const char *text =
		value->type == jbvString || value->type == jbvBool ? ash_jsonb_value_text(value) : "";

	for (int i = 0; choices[i] != NULL; i++)
		if (strcmp(text, choices[i]) == 0)
			return i;
	return -1;
}

/* One of the choices, or a list of some of them: a bit for each, into *out; else false. */
static bool
parse_choice_list(const JsonbValue *value, const char *const *choices, uint32 *out)
{
	JsonbIterator *it;
	JsonbValue item;
	int choice = parse_choice(value, choices);

	*out = ASH_STRATEGY_GIVEN;
	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data))
	{
		*out |= choice >= 0 ? 1u << choice : 0;
		return choice >= 0;
	}
	it = JsonbIteratorInit(value->val.binary.data);
	while (ash_jsonb_next_item(&it, &item))
	{
		choice = parse_choice(&item, choices);
		if (choice < 0)
			return false;
		*out |= 1u << choice;
	}
	return true;
}

/* "a", "b" or "c" */
static char *
list_choices(const char *const *choices)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; choices[i] != NULL; i++)
		appendStringInfo(&list, "%s\"%s\"",
						 i == 0					? "" :
						 choices[i + 1] == NULL ? " or " :
												  ", ",
						 choices[i]);
	return list.data;
}

static JsonbValue *
copy_value(const JsonbValue *value)
{
	JsonbValue *copy = palloc(sizeof(JsonbValue));

	*copy = *value;
	return copy;
}

/* Store one option; NULL, or what its value must be. */
static const char *
store_option(AshOptions *opts, const Option *option, const JsonbValue *value)
{
	char *slot = (char *) opts + option->offset;

	switch (option->kind)
	{
		case OPTION_JSON:
		case OPTION_FILTER:
			*(Jsonb **) slot = ash_jsonb_from_value(value);
			return NULL;
		case OPTION_VALUE:
			*(JsonbValue **) slot = copy_value(value);
			return NULL;
		case OPTION_BOOL:
			if (value->type != jbvBool)
				return "true or false";
			*(bool *) slot = value->val.boolean;
			return NULL;
		case OPTION_CHECKED:
			return value->type == jbvBool ? NULL : "true or false";
		case OPTION_OFF:
			return value->type == jbvBool && !value->val.boolean ? NULL : "false";
		case OPTION_COUNT:
			return parse_count(value, (AshOptInt *) slot) ? NULL : "a non-negative integer";
		case OPTION_NAME:
			if (value->type != jbvString)
				return "a name";
			*(const char **) slot = ash_jsonb_value_text(value);
			return NULL;
		case OPTION_PAGE:
			if (value->type == jbvBool ? value->val.boolean : value->type != jbvBinary)
				return "an object or false";
			*(Jsonb **) slot = ash_jsonb_from_value(value);
			return NULL;
		case OPTION_ACTOR:
			if (value->type != jbvNull)
				*(Jsonb **) slot = ash_jsonb_from_value(value);
			return NULL;
		case OPTION_ENUM:
			if ((*(int *) slot = parse_choice(value, option->choices)) < 0)
			{
				*(int *) slot = 0;
				return list_choices(option->choices);
			}
			return NULL;
		case OPTION_LIST:
			if (!parse_choice_list(value, option->choices, (uint32 *) slot))
				return psprintf("%s, or a list of them", list_choices(option->choices));
			return NULL;
	}
	return NULL;
}

/*
 * Parse the options (NULL: none) of a function of that shape, in CurrentMemoryContext; the result
 * points into options.  Unknown keys and values of the wrong kind are added to errors.
 * Never returns NULL.
 */
AshOptions *
ash_options_parse(Jsonb *options, AshCallShape shape, AshErrors *errors)
{
	AshOptions *opts = palloc0(sizeof(AshOptions));
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;

	if (options == NULL)
		return opts;
	if (!JB_ROOT_IS_OBJECT(options))
	{
		ash_error_add(errors, ASH_E_INVALID_OPTION, NULL, "options must be a JSON object");
		return opts;
	}

	it = ash_jsonb_walk(options);
	while (ash_jsonb_next_member(&it, &key, &value))
	{
		const Option *option;
		const char *expected;
		const char *reason;

		option = find_option(key.val.string.val, key.val.string.len);
		if (option == NULL)
		{
			no_such_option(errors, shape, pnstrdup(key.val.string.val, key.val.string.len));
			continue;
		}
		if (option->given != 0 && (value.type != jbvNull || option->kind == OPTION_ACTOR))
			*((bool *) ((char *) opts + option->given)) = true;
		if (value.type == jbvNull && option->kind != OPTION_ACTOR && option->kind != OPTION_FILTER)
			continue;
		reason = why_refused(option, shape);
		if (reason != NULL)
		{
			refuse_option(errors, option, reason);
			continue;
		}
		expected = store_option(opts, option, &value);
		if (expected != NULL)
			wrong_option(errors, option, expected, &value);
	}
	return opts;
}
