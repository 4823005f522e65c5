/*-------------------------------------------------------------------------
 *
 * src/base/error_render.c
 *	  Accumulated errors as JSON, as a message of one line, as an ereport.
 *
 * The class of a failed call is the highest class present: forbidden, invalid,
 * framework, unknown.  SQLSTATE is that of the first error of this class.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/error.h"
#include "nodes/value.h"
#include "utils/json.h"

/* Bytes of a MESSAGE after which further errors are only counted; DETAIL has them all. */
#define MAX_MESSAGE 1000

/* The class of a failed call: forbidden before invalid, framework and unknown. */
static AshErrorClass
highest_class(const AshErrors *errors)
{
	AshErrorClass highest = ASH_CLASS_UNKNOWN;
	ListCell *lc;

	foreach (lc, errors->items)
		highest = Min(highest, ash_error_kind(((AshError *) lfirst(lc))->code)->error_class);
	return highest;
}

/*-------------------------------------------------------------------------
 * JSON
 *-------------------------------------------------------------------------
 */

/* A list of names and indexes. */
static void
put_path(AshJson *json, List *path)
{
	ListCell *lc;

	ash_put_list(json);
	foreach (lc, path)
	{
		Node *node = lfirst(lc);

		if (IsA(node, Integer))
			ash_put_int(json, intVal(node));
		else
			ash_put_string(json, strVal(node));
	}
	ash_put_end_list(json);
}

/* A list of strings; nothing when it is empty. */
static void
put_names(AshJson *json, const char *key, List *names)
{
	ListCell *lc;

	if (names == NIL)
		return;
	ash_put_list(ash_put_key(json, key));
	foreach (lc, names)
		ash_put_string(json, lfirst(lc));
	ash_put_end_list(json);
}

/* Always there, if only as an empty object, so that clients need not test for it. */
static void
put_vars(AshJson *json, List *vars)
{
	ListCell *lc;

	ash_put_object(ash_put_key(json, "vars"));
	foreach (lc, vars)
	{
		const AshErrorVar *var = lfirst(lc);

		ash_put_json(ash_put_key(json, var->name), var->json);
	}
	ash_put_end_object(json);
}

/* An error without a message is described by its code. */
static const char *
error_message(const AshError *error)
{
	return error->message ? error->message : ash_error_kind(error->code)->name;
}

/*
 * The message with what an error of a definition says besides: the character of the
 * expression and the best suggestion.  Palloc'd unless it is the message alone.
 */
const char *
ash_error_text(const AshError *error)
{
	StringInfoData buf;

	if (error->code != ASH_E_INVALID_DEFINITION)
		return error_message(error);
	initStringInfo(&buf);
	appendStringInfoString(&buf, error_message(error));
	if (error->position > 0)
		appendStringInfo(&buf, " (character %d)", error->position);
	if (error->did_you_mean != NIL)
		appendStringInfo(&buf, "; did you mean \"%s\"?", (char *) linitial(error->did_you_mean));
	return buf.data;
}

/* An error has "field", or "fields" when it is about several. */
static void
put_error(AshJson *json, const AshError *error)
{
	ash_put_object(json);
	ash_put_string(ash_put_key(json, "code"), ash_error_kind(error->code)->name);
	if (error->fields == NIL)
		ash_put_string(ash_put_key(json, "field"), error->field);
	put_names(json, "fields", error->fields);
	put_path(ash_put_key(json, "path"), error->path);
	ash_put_string(ash_put_key(json, "message"), ash_error_text(error));
	put_vars(json, error->vars);
	put_names(json, "did_you_mean", error->did_you_mean);
	if (error->hint)
		ash_put_string(ash_put_key(json, "hint"), error->hint);
	ash_put_end_object(json);
}

/* In the order in which the errors were added. */
void
ash_put_error_list(AshJson *json, const AshErrors *errors)
{
	ListCell *lc;

	ash_put_list(json);
	foreach (lc, errors->items)
		put_error(json, lfirst(lc));
	ash_put_end_list(json);
}

/* The class comes first, so that it can be read without the errors. */
void
ash_put_errors(AshJson *json, const AshErrors *errors)
{
	static const char *const names[] = { "forbidden", "invalid", "framework", "unknown" };

	ash_put_string(ash_put_key(json, "class"), names[highest_class(errors)]);
	ash_put_error_list(ash_put_key(json, "errors"), errors);
}

void
ash_errors_json(StringInfo out, const AshErrors *errors)
{
	AshJson json = ash_json_to_spaced_text(out);

	ash_put_object(&json);
	ash_put_errors(&json, errors);
	ash_put_end_object(&json);
}

/*-------------------------------------------------------------------------
 * Message and ereport
 *-------------------------------------------------------------------------
 */

/*
 * Does the message say something about a field without its name, as in "is invalid"?
 * Other kinds have the name in their message.
 */
static bool
lacks_field(const AshError *error)
{
	switch (error->code)
	{
		case ASH_E_INVALID_ATTRIBUTE:
		case ASH_E_INVALID_ARGUMENT:
		case ASH_E_INVALID_CALCULATION_ARGUMENT:
		case ASH_E_INVALID_CHANGES:
		case ASH_E_INVALID_RELATIONSHIP:
		case ASH_E_INVALID_OPTION:
		case ASH_E_CONSTRAINT:
			return !error->names_field;
		default:
			return false;
	}
}

/* The first line of the message, preceded by the field or fields unless it names them itself. */
/* The first line of the message, with the field or fields in front where it lacks them. */
static void
append_one_line(StringInfo out, const AshError *error)
{
	const char *message = ash_error_text(error);
	ListCell *lc;

	if (lacks_field(error) && error->field != NULL)
		appendStringInfo(out, "%s: ", error->field);
	else if (lacks_field(error) && error->fields != NIL)
	{
		foreach (lc, error->fields)
			appendStringInfo(out, "%s%s", lc == list_head(error->fields) ? "" : ", ",
							 (char *) lfirst(lc));
		appendStringInfoString(out, ": ");
	}
	appendBinaryStringInfo(out, message, strcspn(message, "\n"));
}

/*
 * The messages are separated by semicolons. Once MAX_MESSAGE bytes are written the rest is
 * only counted.
 */
char *
ash_errors_message(const AshErrors *errors)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach (lc, errors->items)
	{
		if (buf.len > MAX_MESSAGE)
		{
			appendStringInfo(&buf, "; and %d more",
							 list_length(errors->items) - foreach_current_index(lc));
			break;
		}
		if (lc != list_head(errors->items))
			appendStringInfoString(&buf, "; ");
		append_one_line(&buf, lfirst(lc));
	}
	return buf.data;
}

/*
 * The message of a definition's errors: the first one with its place, and how many more
 * there are.
 */
static char *
placed_message(const AshErrors *errors, const AshError *first)
{
	int more = list_length(errors->items) - 1 + Max(errors->dropped - 1, 0);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, error_message(first));
	if (first->pointer[0] != '\0')
		appendStringInfo(&buf, " at line %d (%s)", first->line, first->pointer);
	if (first->position > 0)
		appendStringInfo(&buf, ", character %d", first->position);
	if (more > 0)
		appendStringInfo(&buf, ", and %d more", more);
	return buf.data;
}

/* What to do: the best suggestion of a definition's error, then its hint; NULL for neither. */
static const char *
hint_of(const AshError *error)
{
	if (error->did_you_mean == NIL ||
		(error->code != ASH_E_INVALID_DEFINITION && error->pointer == NULL))
		return error->hint;
	return psprintf("Perhaps you meant \"%s\".%s%s", (char *) linitial(error->did_you_mean),
					error->hint ? " " : "", error->hint ? error->hint : "");
}

/* The SQLSTATE, hint and constraint are those of the first error of the highest class. */
void
ash_errors_throw(const AshErrors *errors)
{
	AshErrorClass highest = highest_class(errors);
	const AshError *first = NULL;
	const char *hint;
	StringInfoData detail;
	ListCell *lc;

	Assert(errors->items != NIL);
	foreach (lc, errors->items)
	{
		const AshError *error = lfirst(lc);

		if (ash_error_kind(error->code)->error_class == highest)
		{
			first = error;
			break;
		}
	}

	initStringInfo(&detail);
	ash_errors_json(&detail, errors);
	hint = hint_of(first);
	ereport(ERROR,
			(errcode(first->sqlstate ? first->sqlstate : ash_error_kind(first->code)->sqlstate),
			 errmsg_internal("%s", first->pointer != NULL ? placed_message(errors, first) :
															ash_errors_message(errors)),
			 errdetail_internal("%s", detail.data), hint ? errhint("%s", hint) : 0,
			 first->constraint ? err_generic_string(PG_DIAG_CONSTRAINT_NAME, first->constraint) :
								 0));
	pg_unreachable();
}
