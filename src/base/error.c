/*-------------------------------------------------------------------------
 *
 * src/base/error.c
 *	  Kinds of errors, and how a call gathers them.
 *
 * The kinds are in the order of AshErrorCode.  What the caller can correct has the
 * SQLSTATE 22023 or a neighbour of it, so that proxies turn it into an error of the
 * client, and none has a SQLSTATE at which clients repeat a transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/error.h"
#include "mb/pg_wchar.h"
#include "nodes/value.h"
#include "utils/errcodes.h"
#include "utils/json.h"
#include "utils/memutils.h"

#define INVALID(name, doc)                                            \
	{                                                                 \
		name, ASH_CLASS_INVALID, ERRCODE_INVALID_PARAMETER_VALUE, doc \
	}
#define FORBIDDEN(name, doc)                                           \
	{                                                                  \
		name, ASH_CLASS_FORBIDDEN, ERRCODE_INSUFFICIENT_PRIVILEGE, doc \
	}
#define FRAMEWORK(name, doc)                                          \
	{                                                                 \
		name, ASH_CLASS_FRAMEWORK, ERRCODE_FEATURE_NOT_SUPPORTED, doc \
	}

const AshErrorKind ash_error_kinds[] = {
	INVALID("required", "An attribute, argument or relationship is missing or null."),
	INVALID("invalid_attribute", "The value of an attribute is not acceptable."),
	INVALID("invalid_argument", "The value of an argument is not acceptable."),
	INVALID("invalid_changes", "Several fields together are not acceptable."),
	INVALID("invalid_relationship", "A relationship cannot be managed as asked."),
	INVALID("no_such_input", "The action has no input of that name."),
	INVALID("no_such_attribute", "The resource has no attribute of that name."),
	INVALID("no_such_relationship", "The resource has no relationship of that name."),
	INVALID("no_such_field", "The resource has no such public field."),
	INVALID("no_such_filter_predicate", "A filter uses an operator that does not exist."),
	INVALID("no_such_function", "An expression uses a function that does not exist."),
	INVALID("no_such_operator", "An expression uses an operator that does not exist."),
	INVALID("no_such_action", "The resource has no action of that name."),
	INVALID("no_such_resource", "No resource of that name is registered."),
	INVALID("no_such_option", "The call has an option that does not exist."),
	INVALID("no_primary_action", "No action was named and the resource has no primary one."),
	INVALID("no_read_action", "The resource has no read action to reach it by."),
	INVALID("no_identity_found", "The resource has no identity of that name."),
	INVALID("invalid_primary_key", "The record is not named by a valid key."),
	INVALID("invalid_option", "An option of the call has an unusable value."),
	INVALID("invalid_input", "The input as a whole is not usable."),
	INVALID("invalid_filter_value", "A filter compares with a value of the wrong type."),
	INVALID("invalid_filter_reference", "A field may not be used in this filter."),
	INVALID("invalid_limit", "The limit is not a number of rows."),
	INVALID("invalid_offset", "The offset is not a number of rows."),
	INVALID("invalid_page", "A page option is not usable."),
	INVALID("invalid_load", "Something to be loaded does not exist."),
	INVALID("invalid_sort_order", "A sort order does not exist."),
	INVALID("invalid_keyset", "A page cursor is not one of this query."),
	INVALID("invalid_query", "The query is not usable."),
	INVALID("invalid_expression", "An expression cannot be evaluated."),
	INVALID("invalid_calculation_argument",
			"The value of a calculation's argument is not acceptable."),
	INVALID("calculation_requires_primary_key", "A calculation needs a stored record."),
	INVALID("unsortable_field", "A field may not be sorted on."),
	INVALID("multiple_results", "More than one record where at most one was expected."),
	INVALID("not_found", "There is no such record."),
	INVALID("stale_record", "The record was changed or removed in the meantime."),
	INVALID("limit_required", "The action must be given a page limit."),
	INVALID("pagination_required", "The action must be read in pages."),
	INVALID("action_requires_pagination", "The action cannot be read in pages."),
	INVALID("non_countable_action", "The action cannot count its rows."),
	INVALID("non_streamable_action", "The action cannot be streamed."),
	INVALID("no_matching_bulk_strategy", "None of the strategies asked for can run this action."),
	INVALID("tenant_required", "The resource needs a tenant."),
	INVALID("action_requires_actor", "The action needs an actor."),
	INVALID("read_action_requires_actor", "The read action needs an actor."),
	{ "timeout", ASH_CLASS_INVALID, ERRCODE_QUERY_CANCELED, "The action took too long." },
	{ "constraint", ASH_CLASS_INVALID, ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION,
	  "A constraint of the database was violated that no definition names." },
	INVALID("invalid_definition", "A definition document is wrong."),
	FORBIDDEN("forbidden", "The policies do not allow it."),
	FORBIDDEN("forbidden_field", "The field may not be seen."),
	FORBIDDEN("cannot_filter_creates", "A policy of a create depends on the stored row."),
	FORBIDDEN("domain_requires_actor", "The domain must be called with an actor."),
	FORBIDDEN("domain_requires_authorization",
			  "The domain must not be called without authorization."),
	FORBIDDEN("initial_data_required", "The policies need the record as it was."),
	FRAMEWORK("must_be_atomic", "The action must run as one statement and cannot."),
	FRAMEWORK("can_not_be_atomic", "The change cannot run as one statement."),
	{ "function_failed", ASH_CLASS_FRAMEWORK, ERRCODE_EXTERNAL_ROUTINE_EXCEPTION,
	  "A function of the application gave a result that cannot be used." },
	{ "unknown", ASH_CLASS_UNKNOWN, ERRCODE_DATA_EXCEPTION, "Something else went wrong." },
};

StaticAssertDecl(lengthof(ash_error_kinds) == ASH_E_COUNT, "a kind for every error code");

/* The code of a kind's name, or -1. */
int
ash_error_code(const char *name)
{
	for (int code = 0; code < ASH_E_COUNT; code++)
	{
		if (strcmp(ash_error_kinds[code].name, name) == 0)
			return code;
	}
	return -1;
}

/* An empty list whose errors will live in cxt. */
AshErrors *
ash_errors_create(MemoryContext cxt)
{
	AshErrors *errors = MemoryContextAllocZero(cxt, sizeof(AshErrors));

	errors->cxt = cxt;
	return errors;
}

/*
 * The message is formatted in errors->cxt, and the path is a copy of the list whose nodes are
 * shared: they are never changed.
 */
AshError *
ash_error_add(AshErrors *errors, AshErrorCode code, const char *field, const char *fmt, ...)
{
	MemoryContext old = MemoryContextSwitchTo(errors->cxt);
	AshError *error = palloc0(sizeof(AshError));

	error->code = code;
	error->field = field ? pstrdup(field) : NULL;
	error->path = list_copy(errors->path);
	if (fmt != NULL)
	{
		StringInfoData buf;

		ASH_FORMAT(&buf, fmt);
		error->message = buf.data;
	}
	errors->items = lappend(errors->items, error);
	MemoryContextSwitchTo(old);
	return error;
}

/*
 * The message is formatted before the path is extended, as its arguments may be evaluated from
 * it.
 */
AshError *
ash_error_definition(AshErrors *errors, const char *option, const char *fmt, ...)
{
	StringInfoData buf;
	AshError *error;

	ASH_FORMAT(&buf, fmt);
	if (option != NULL)
		ash_errors_push_name(errors, option);
	error = ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s", buf.data);
	if (option != NULL)
		ash_errors_pop(errors);
	pfree(buf.data);
	return error;
}

/* Note that an error of a definition refers to the entity of that name; returns the error. */
AshError *
ash_error_about(AshErrors *errors, AshError *error, const char *name)
{
	MemoryContext old = MemoryContextSwitchTo(errors->cxt);

	error->about = lappend(error->about, pstrdup(name));
	MemoryContextSwitchTo(old);
	return error;
}

/* Say what to do about an error (NULL: nothing); hint is copied.  Returns the error. */
AshError *
ash_error_hint(AshErrors *errors, AshError *error, const char *hint)
{
	error->hint = hint ? MemoryContextStrdup(errors->cxt, hint) : NULL;
	return error;
}

/* Longest list of names in a hint, in bytes. */
#define MAX_HINTED 160

/* "Expected one of a, b, c."; NULL when there are none, or too many to read. */
static const char *
list_expected(List *candidates)
{
	StringInfoData hint;
	ListCell *lc;

	if (candidates == NIL)
		return NULL;
	initStringInfo(&hint);
	appendStringInfoString(&hint, list_length(candidates) > 1 ? "Expected one of " : "Expected ");
	foreach (lc, candidates)
	{
		appendStringInfo(&hint, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 (char *) lfirst(lc));
		if (hint.len > MAX_HINTED)
			return NULL;
	}
	appendStringInfoChar(&hint, '.');
	return hint.data;
}

/*
 * Give an error about name, which is none of candidates (char *), those that are near
 * to it as did_you_mean, or else a hint that lists a few candidates.  Nothing happens
 * when so many errors were added that they are not shown.
 */
static void
suggest_names(AshErrors *errors, AshError *error, const char *name, List *candidates)
{
	MemoryContext old;
	ListCell *lc;

	if (ash_errors_full(errors))
		return;
	old = MemoryContextSwitchTo(errors->cxt);
	/* copied: candidates may be names in something that is thrown away for its faults */
	foreach (lc, ash_suggest(name, candidates))
	{
		if (strcmp(lfirst(lc), name) != 0)
			error->did_you_mean = lappend(error->did_you_mean, pstrdup(lfirst(lc)));
	}
	if (error->did_you_mean == NIL && error->hint == NULL)
		error->hint = list_expected(candidates);
	MemoryContextSwitchTo(old);
}

/*
 * An error of a definition about name, which is none of candidates (char *), at the
 * current path or, when it is given, at an option below it.  It has suggestions, and name
 * as what it is about; the message must say the name.
 */
AshError *
ash_error_unknown(AshErrors *errors, const char *option, const char *name, List *candidates,
				  const char *fmt, ...)
{
	StringInfoData buf;
	AshError *error;

	ASH_FORMAT(&buf, fmt);
	error = ash_error_definition(errors, option, "%s", buf.data);
	pfree(buf.data);
	suggest_names(errors, error, name, candidates);
	return ash_error_about(errors, error, name);
}

/* Say where in the text of a document an error is: also as vars of the rendered error. */
void
ash_error_place(AshErrors *errors, AshError *error, const char *pointer, int line, int column)
{
	error->pointer = MemoryContextStrdup(errors->cxt, pointer);
	error->line = line;
	error->column = column;
	ash_error_var_text(errors, error, "pointer", pointer);
	ash_error_var_int(errors, error, "line", line);
	ash_error_var_int(errors, error, "column", column);
}

/* The nodes are never freed before errors->cxt: errors share them. */
void
ash_errors_push(AshErrors *errors, const char *name, int index)
{
	MemoryContext old = MemoryContextSwitchTo(errors->cxt);
	Node *node = name != NULL ? (Node *) makeString(pstrdup(name)) : (Node *) makeInteger(index);

	errors->path = lappend(errors->path, node);
	MemoryContextSwitchTo(old);
}

/* The paths of from's errors are made relative to to's current path.  from is empty afterwards. */
void
ash_errors_move(AshErrors *to, AshErrors *from)
{
	MemoryContext old = MemoryContextSwitchTo(to->cxt);
	ListCell *lc;

	foreach (lc, from->items)
	{
		AshError *error = lfirst(lc);

		error->path = list_concat_copy(to->path, error->path);
		to->items = lappend(to->items, error);
	}
	from->items = NIL;
	MemoryContextSwitchTo(old);
}

/* from is empty afterwards. */
void
ash_errors_append_all(AshErrors *to, AshErrors *from)
{
	MemoryContext old = MemoryContextSwitchTo(to->cxt);

	to->items = list_concat(to->items, from->items);
	from->items = NIL;
	MemoryContextSwitchTo(old);
}

static const char *
copy_text(const char *text)
{
	return text == NULL ? NULL : pstrdup(text);
}

static List *
copy_texts(List *texts)
{
	List *copies = NIL;
	ListCell *lc;

	foreach (lc, texts)
		copies = lappend(copies, pstrdup(lfirst(lc)));
	return copies;
}

static List *
copy_vars(List *vars)
{
	List *copies = NIL;
	ListCell *lc;

	foreach (lc, vars)
	{
		AshErrorVar *copy = palloc(sizeof(AshErrorVar));

		*copy = *(AshErrorVar *) lfirst(lc);
		copy->name = copy_text(copy->name);
		copy->json = copy_text(copy->json);
		copy->text = copy_text(copy->text);
		copies = lappend(copies, copy);
	}
	return copies;
}

/*
 * Copies into errors->cxt what the errors refer to.  Called at the end of a nested call whose
 * errors live longer than itself: who adds an error may set its message and fields to memory of the
 * call.
 */
void
ash_errors_own(AshErrors *errors)
{
	MemoryContext old = MemoryContextSwitchTo(errors->cxt);
	ListCell *lc;

	foreach (lc, errors->items)
	{
		AshError *error = lfirst(lc);

		error->field = copy_text(error->field);
		error->fields = copy_texts(error->fields);
		error->path = copyObject(error->path);
		error->message = copy_text(error->message);
		error->vars = copy_vars(error->vars);
		error->did_you_mean = copy_texts(error->did_you_mean);
		error->hint = copy_text(error->hint);
		error->about = copy_texts(error->about);
		error->pointer = copy_text(error->pointer);
		error->constraint = copy_text(error->constraint);
	}
	MemoryContextSwitchTo(old);
}

/* A new var of error; the caller has switched to errors->cxt and sets json and text. */
static AshErrorVar *
add_var(AshErrors *errors, AshError *error, const char *name)
{
	AshErrorVar *var = palloc0(sizeof(AshErrorVar));

	var->name = pstrdup(name);
	error->vars = lappend(error->vars, var);
	return var;
}

/* A text that interpolates without quotes (a list of names, a pattern). */
void
ash_error_var_text(AshErrors *errors, AshError *error, const char *name, const char *value)
{
	MemoryContext old = MemoryContextSwitchTo(errors->cxt);
	AshErrorVar *var = add_var(errors, error, name);
	StringInfoData buf;

	initStringInfo(&buf);
	escape_json(&buf, value);
	var->json = buf.data;
	var->text = pstrdup(value);
	MemoryContextSwitchTo(old);
}

void
ash_error_var_int(AshErrors *errors, AshError *error, const char *name, int64 value)
{
	MemoryContext old = MemoryContextSwitchTo(errors->cxt);
	AshErrorVar *var = add_var(errors, error, name);

	var->json = var->text = psprintf(INT64_FORMAT, value);
	MemoryContextSwitchTo(old);
}

/* A JSON value; it interpolates as written, strings with their quotes, null as nil. */
void
ash_error_var_json(AshErrors *errors, AshError *error, const char *name, const char *json)
{
	MemoryContext old = MemoryContextSwitchTo(errors->cxt);
	AshErrorVar *var = add_var(errors, error, name);

	var->json = pstrdup(json);
	var->text = strcmp(json, "null") == 0 ? "nil" : var->json;
	MemoryContextSwitchTo(old);
}

/* The var of that name, which is not terminated; or NULL. */
static const AshErrorVar *
find_var(List *vars, const char *name, int len)
{
	ListCell *lc;

	foreach (lc, vars)
	{
		const AshErrorVar *var = lfirst(lc);

		if (strlen(var->name) == len && memcmp(var->name, name, len) == 0)
			return var;
	}
	return NULL;
}

/*
 * %{name} without a var of that name is copied as it is, because a message may quote what a
 * caller sent.
 */
char *
ash_error_interpolate(const char *message, List *vars)
{
	StringInfoData buf;
	const char *p = message;

	initStringInfo(&buf);
	while (*p)
	{
		const char *end = (p[0] == '%' && p[1] == '{') ? strchr(p, '}') : NULL;
		const AshErrorVar *var = end ? find_var(vars, p + 2, end - p - 2) : NULL;

		if (var != NULL)
		{
			appendStringInfoString(&buf, var->text);
			p = end + 1;
		}
		else
			appendStringInfoChar(&buf, *p++);
	}
	return buf.data;
}

#define MAX_SHOWN 80

/* Returns name itself when it is short, else a palloc'd copy that ends with an ellipsis. */
const char *
ash_clip(const char *name)
{
	int len = strlen(name);

	if (len <= MAX_SHOWN)
		return name;
	return psprintf("%.*s…", pg_mbcliplen(name, len, MAX_SHOWN), name);
}
