/*-------------------------------------------------------------------------
 *
 * src/spec/spec.c
 *	  Checks a document node against an option schema, and fills the struct
 *	  that the schema describes.
 *
 * Checking reports every fault and never stops at the first one; the faults of an
 * option are added at the path of its key.  Filling trusts its input: it gets only
 * nodes that passed the check, and reads them by the kind of each option.
 *
 * Both allocate in CurrentMemoryContext, what errors consist of in that of the
 * AshErrors.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "spec/spec.h"

static bool check_object(const AshSpec *spec, json_t *node, const char *const *also_allowed,
						 AshErrors *errors);
static bool check_value(const AshOpt *opt, json_t *node, AshErrors *errors);
static void fill_value(const AshOpt *opt, void *field, json_t *node);

#define FIELD(base, opt, type) (*(type *) ((char *) (base) + (opt)->offset))

/* A linear search: specs have some tens of options at most. */
const AshOpt *
ash_spec_option(const AshSpec *spec, const char *name)
{
	const AshOpt *opt;

	for (opt = spec->options; opt->name != NULL; opt++)
	{
		if (strcmp(opt->name, name) == 0)
			return opt;
	}
	return NULL;
}

/*-------------------------------------------------------------------------
 * Checking
 *-------------------------------------------------------------------------
 */

static bool
wrong_kind(const char *expected, json_t *node, AshErrors *errors)
{
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "expected %s, got %s", expected,
				  ash_json_kind(node));
	return false;
}

/* True when name is in the NULL-terminated list, which may be NULL. */
static bool
listed(const char *const *names, const char *name)
{
	for (; names != NULL && *names != NULL; names++)
	{
		if (strcmp(*names, name) == 0)
			return true;
	}
	return false;
}

/* All keys that would have been right, for suggestions. */
static List *
option_names(const AshSpec *spec, const char *const *also_allowed)
{
	List *names = NIL;
	const AshOpt *opt;

	for (opt = spec->options; opt->name != NULL; opt++)
		names = lappend(names, (void *) opt->name);
	for (; also_allowed != NULL && *also_allowed != NULL; also_allowed++)
		names = lappend(names, (void *) *also_allowed);
	return names;
}

/*
 * what is "key" and the like. The best suggestion is in the message, all are in did_you_mean,
 * copied to errors->cxt.
 */
void
ash_spec_unknown(const char *what, const char *name, List *candidates, AshErrors *errors)
{
	(void) ash_error_unknown(errors, NULL, name, candidates, "unknown %s \"%s\"", what,
							 ash_clip(name));
}

/* The error for a key that has another name today. */
static void
renamed_key(const char *key, const AshRenamed *renamed, AshErrors *errors)
{
	AshError *error =
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "unknown key \"%s\"", key);
	MemoryContext old = MemoryContextSwitchTo(errors->cxt);

	if (renamed->name != NULL)
		error->did_you_mean = list_make1(unconstify(char *, renamed->name));
	error->hint = renamed->hint;
	MemoryContextSwitchTo(old);
}

/*
 * One error at the key: with the reason when it is an option of the framework that is refused,
 * else with suggestions.
 */
static void
unknown_key(const AshSpec *spec, const char *key, const char *const *also_allowed,
			AshErrors *errors)
{
	const char *reason = ash_spec_unsupported(spec->name, key);
	const AshRenamed *renamed = ash_spec_renamed(spec->name, key);

	ash_errors_push_name(errors, key);
	if (reason != NULL)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "\"%s\" is not supported: %s", key,
					  reason);
	else if (renamed != NULL)
		renamed_key(key, renamed, errors);
	else
		ash_spec_unknown("key", key, option_names(spec, also_allowed), errors);
	ash_errors_pop(errors);
}

/*
 * Names of attributes, actions and so on become names of columns, functions and constraints,
 * so they must fit into NAMEDATALEN.
 */
bool
ash_spec_check_name(const char *name, AshErrors *errors)
{
	if (name[0] == '\0')
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "a name must not be empty");
		return false;
	}
	if (strlen(name) >= NAMEDATALEN)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "the name \"%s\" is longer than %d bytes", ash_clip(name), NAMEDATALEN - 1);
		return false;
	}
	return true;
}

/* One item of ASH_OPT_NAMES, where "*" needs ASH_OPT_STAR. */
static bool
check_listed_name(const AshOpt *opt, json_t *item, AshErrors *errors)
{
	const char *name;

	if (!json_is_string(item))
		return wrong_kind("a name", item, errors);
	name = json_string_value(item);
	if (strcmp(name, "*") == 0)
	{
		if (opt->flags & ASH_OPT_STAR)
			return true;
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "\"*\" is not allowed here");
		return false;
	}
	return ash_spec_check_name(name, errors);
}

/* A name or a list of names, none of them twice. */
static bool
check_names(const AshOpt *opt, json_t *node, AshErrors *errors)
{
	size_t i, j;
	json_t *item;
	bool ok = true;

	if (json_is_string(node))
		return check_listed_name(opt, node, errors);
	if (!json_is_array(node))
		return wrong_kind("a list of names", node, errors);
	if (json_array_size(node) == 0 && (opt->flags & ASH_OPT_NONEMPTY))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "at least one name is needed");
		return false;
	}
	json_array_foreach (node, i, item)
	{
		ash_errors_push_index(errors, (int) i);
		if (!check_listed_name(opt, item, errors))
			ok = false;
		for (j = 0; j < i; j++)
		{
			if (!json_equal(json_array_get(node, j), item))
				continue;
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "\"%s\" is listed twice",
						  json_string_value(item));
			ok = false;
			break;
		}
		ash_errors_pop(errors);
	}
	return ok;
}

/*
 * What is compared with the choices: a string, or "true" and "false" for a boolean; NULL for
 * other nodes.
 */
static const char *
choice_text(json_t *node)
{
	if (json_is_boolean(node))
		return json_is_true(node) ? "true" : "false";
	return json_string_value(node);
}

/* The index of the node in opt->choices, or -1. */
static int
choice_index(const AshOpt *opt, json_t *node)
{
	const char *text = choice_text(node);
	int i;

	for (i = 0; text != NULL && opt->choices[i] != NULL; i++)
	{
		if (strcmp(opt->choices[i], text) == 0)
			return i;
	}
	return -1;
}

/* The error lists all choices. */
static bool
check_choice(const AshOpt *opt, json_t *node, AshErrors *errors)
{
	StringInfoData all;
	int i;

	if (choice_index(opt, node) >= 0)
		return true;
	initStringInfo(&all);
	for (i = 0; opt->choices[i] != NULL; i++)
		appendStringInfo(&all, "%s%s", i > 0 ? ", " : "", opt->choices[i]);
	if (choice_text(node) == NULL)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "expected one of %s, got %s",
					  all.data, ash_json_kind(node));
	else
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "expected one of %s, got \"%s\"",
					  all.data, choice_text(node));
	return false;
}

/* An expression must not be empty; its syntax is checked when it is compiled. */
static bool
check_string(const AshOpt *opt, json_t *node, AshErrors *errors)
{
	if (!json_is_string(node))
		return wrong_kind(opt->kind == ASH_OPT_EXPR ? "an expression" : "a string", node, errors);
	if (json_string_length(node) == 0 &&
		(opt->kind == ASH_OPT_EXPR || (opt->flags & ASH_OPT_NONEMPTY)))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "must not be empty");
		return false;
	}
	if (opt->choices != NULL)
		return check_choice(opt, node, errors);
	return true;
}

/* A number, or a string that is one: for digits a double cannot carry. */
static bool
check_number(json_t *node, AshErrors *errors)
{
	const char *text;
	char *end;

	if (json_is_number(node))
		return true;
	text = json_string_value(node);
	if (text == NULL)
		return wrong_kind("a number", node, errors);
	(void) strtod(text, &end);
	if (end != text && *end == '\0' && strspn(text, "+-0123456789.eE") == strlen(text))
		return true;
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "expected a number, got \"%s\"", text);
	return false;
}

/* A list of objects, or one object. */
static bool
check_list(const AshOpt *opt, json_t *node, AshErrors *errors)
{
	size_t i;
	json_t *item;
	bool ok = true;

	if (!json_is_array(node))
		return ash_spec_check(opt->fields, node, NULL, errors);
	if (json_array_size(node) == 0 && (opt->flags & ASH_OPT_NONEMPTY))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "must not be empty");
		return false;
	}
	json_array_foreach (node, i, item)
	{
		ash_errors_push_index(errors, (int) i);
		if (!ash_spec_check(opt->fields, item, NULL, errors))
			ok = false;
		ash_errors_pop(errors);
	}
	return ok;
}

/* jansson has refused integers of more than 64 bits already. */
static bool
check_integer(const AshOpt *opt, json_t *node, AshErrors *errors)
{
	if (!json_is_integer(node))
		return wrong_kind("an integer", node, errors);
	if (!(opt->flags & ASH_OPT_COUNT) || json_integer_value(node) >= 0)
		return true;
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "must be 0 or more, got %lld",
				  (long long) json_integer_value(node));
	return false;
}

/*
 * The value of one option, at the current path, which is its key. VALUE and JSON are checked
 * by their readers.
 */
static bool
check_value(const AshOpt *opt, json_t *node, AshErrors *errors)
{
	switch (opt->kind)
	{
		case ASH_OPT_BOOL:
			return json_is_boolean(node) || wrong_kind("a boolean", node, errors);
		case ASH_OPT_INT:
			return check_integer(opt, node, errors);
		case ASH_OPT_NUMBER:
			return check_number(node, errors);
		case ASH_OPT_STRING:
		case ASH_OPT_EXPR:
			return check_string(opt, node, errors);
		case ASH_OPT_NAME:
			if (!json_is_string(node))
				return wrong_kind("a name", node, errors);
			return ash_spec_check_name(json_string_value(node), errors);
		case ASH_OPT_ENUM:
			return check_choice(opt, node, errors);
		case ASH_OPT_NAMES:
			return check_names(opt, node, errors);
		case ASH_OPT_VALUE:
		case ASH_OPT_JSON:
			return true;
		case ASH_OPT_OBJECT:
			return ash_spec_check(opt->fields, node, NULL, errors);
		case ASH_OPT_LIST:
			return check_list(opt, node, errors);
	}
	return true;
}

/* Does the node have the option under another name, for which it got an error? */
static bool
is_renamed(const AshSpec *spec, json_t *node, const char *option)
{
	const char *key;
	json_t *value;

	json_object_foreach (node, key, value)
	{
		const AshRenamed *renamed = ash_spec_renamed(spec->name, key);

		if (renamed != NULL && renamed->name != NULL && strcmp(renamed->name, option) == 0)
			return true;
	}
	return false;
}

static void
missing_key(const AshOpt *opt, AshErrors *errors)
{
	AshError *error = ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
									"the key \"%s\" is required", opt->name);
	StringInfoData hint;

	if (opt->choices == NULL && opt->doc == NULL)
		return;
	initStringInfo(&hint);
	appendStringInfo(&hint, "Add \"%s\": ", opt->name);
	if (opt->choices == NULL)
		appendBinaryStringInfo(&hint, opt->doc, strcspn(opt->doc, "."));
	for (int i = 0; opt->choices != NULL && opt->choices[i] != NULL; i++)
		appendStringInfo(&hint, "%s\"%s\"", i > 0 ? ", " : "one of ", opt->choices[i]);
	appendStringInfoChar(&hint, '.');
	(void) ash_error_hint(errors, error, hint.data);
}

/* Unknown keys and wrong values at their own path, missing keys at that of the object. */
static bool
check_object(const AshSpec *spec, json_t *node, const char *const *also_allowed, AshErrors *errors)
{
	const char *key;
	json_t *value;
	const AshOpt *opt;
	bool ok = true;

	json_object_foreach (node, key, value)
	{
		opt = ash_spec_option(spec, key);
		if (opt == NULL)
		{
			if (listed(also_allowed, key))
				continue;
			unknown_key(spec, key, also_allowed, errors);
			ok = false;
			continue;
		}
		ash_errors_push_name(errors, key);
		if (!check_value(opt, value, errors))
			ok = false;
		ash_errors_pop(errors);
	}
	for (opt = spec->options; opt->name != NULL; opt++)
	{
		if (!(opt->flags & ASH_OPT_REQUIRED) || json_object_get(node, opt->name) != NULL ||
			is_renamed(spec, node, opt->name))
			continue;
		missing_key(opt, errors);
		ok = false;
	}
	return ok;
}

/* The option that a node other than an object gives, or NULL. */
static const AshOpt *
shorthand_option(const AshSpec *spec, const json_t *node)
{
	if (spec->shorthand == NULL || json_is_object(node))
		return NULL;
	return ash_spec_option(spec, spec->shorthand);
}

/* Never stops at the first fault.  Recurses into OBJECT and LIST. */
bool
ash_spec_check(const AshSpec *spec, json_t *node, const char *const *also_allowed,
			   AshErrors *errors)
{
	const AshOpt *opt = shorthand_option(spec, node);

	check_stack_depth();
	if (opt != NULL)
		return check_value(opt, node, errors);
	if (!json_is_object(node))
		return wrong_kind("an object", node, errors);
	return check_object(spec, node, also_allowed, errors);
}

/*-------------------------------------------------------------------------
 * Filling
 *-------------------------------------------------------------------------
 */

/* A List of filled structs; one object is a list of one. */
static List *
fill_list(const AshOpt *opt, json_t *node)
{
	List *items = NIL;
	size_t i;
	json_t *item;

	if (!json_is_array(node))
		return list_make1(ash_spec_fill(opt->fields, node));
	json_array_foreach (node, i, item)
		items = lappend(items, ash_spec_fill(opt->fields, item));
	return items;
}

/*
 * Sets the member of base that belongs to opt. Reads node by the kind alone: it has passed the
 * check.
 */
static void
fill_value(const AshOpt *opt, void *base, json_t *node)
{
	if (opt->unfilled)
		return;
	switch (opt->kind)
	{
		case ASH_OPT_BOOL:
			FIELD(base, opt, bool) = json_is_true(node);
			break;
		case ASH_OPT_INT:
			FIELD(base, opt, AshOptInt).set = true;
			FIELD(base, opt, AshOptInt).value = json_integer_value(node);
			break;
		case ASH_OPT_NUMBER:
			FIELD(base, opt, const char *) = json_is_string(node) ?
												 pstrdup(json_string_value(node)) :
												 ash_json_dump(node, false);
			break;
		case ASH_OPT_STRING:
		case ASH_OPT_NAME:
		case ASH_OPT_EXPR:
			FIELD(base, opt, const char *) = pstrdup(json_string_value(node));
			break;
		case ASH_OPT_ENUM:
			FIELD(base, opt, int) = choice_index(opt, node);
			break;
		case ASH_OPT_NAMES:
			FIELD(base, opt, List *) = ash_json_names(node);
			break;
		case ASH_OPT_VALUE:
		case ASH_OPT_JSON:
			FIELD(base, opt, json_t *) = node;
			break;
		case ASH_OPT_OBJECT:
			FIELD(base, opt, void *) = ash_spec_fill(opt->fields, node);
			break;
		case ASH_OPT_LIST:
			FIELD(base, opt, List *) = fill_list(opt, node);
			break;
	}
}

/*
 * The default of an option, or for an enum without one -1; other members stay zero. A default
 * that is borrowed as JSON is owned by CurrentMemoryContext, as the struct is.
 */
static void
fill_default(const AshOpt *opt, void *base)
{
	json_t *value;

	if (opt->unfilled)
		return;
	if (opt->dflt == NULL)
	{
		if (opt->kind == ASH_OPT_ENUM)
			FIELD(base, opt, int) = -1;
		return;
	}
	value = json_loads(opt->dflt, JSON_DECODE_ANY, NULL);
	if (value == NULL)
		elog(ERROR, "default of option \"%s\" is not JSON: %s", opt->name, opt->dflt);
	fill_value(opt, base, value);
	if (opt->kind == ASH_OPT_JSON || opt->kind == ASH_OPT_VALUE)
		ash_json_own(CurrentMemoryContext, value);
	else
		json_decref(value);
}

/* Options that are absent get their defaults, also when the node is a shorthand. */
void *
ash_spec_fill(const AshSpec *spec, json_t *node)
{
	void *base = palloc0(Max(spec->size, 1));
	const AshOpt *shorthand = shorthand_option(spec, node);
	const AshOpt *opt;
	json_t *value;

	check_stack_depth();
	for (opt = spec->options; opt->name != NULL; opt++)
	{
		if (shorthand != NULL)
			value = opt == shorthand ? node : NULL;
		else
			value = json_object_get(node, opt->name);
		if (value != NULL)
			fill_value(opt, base, value);
		else
			fill_default(opt, base);
	}
	return base;
}
