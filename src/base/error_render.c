/*-------------------------------------------------------------------------
 *
 * src/base/error_render.c
 *	  Accumulated errors as JSON, as one line for people, as an ereport.
 *
 * The class of a failed call is the highest class present: forbidden, invalid,
 * framework, unknown.  SQLSTATE is that of the first error of this class.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "base/error.h"
#include "nodes/value.h"
#include "utils/json.h"

/* Longest MESSAGE we send: one line for people, the rest is in DETAIL. */
#define MAX_MESSAGE 1000

AshErrorClass
ash_errors_class(const AshErrors *errors)
{
	AshErrorClass class = ASH_CLASS_UNKNOWN;
	ListCell *lc;

	foreach (lc, errors->items)
	{
		const AshError *error = lfirst(lc);

		class = Min(class, ash_error_kind(error->code)->class);
	}
	return class;
}

static void
write_path(StringInfo out, List *path)
{
	ListCell *lc;

	appendStringInfoChar(out, '[');
	foreach (lc, path)
	{
		Node *node = lfirst(lc);

		if (lc != list_head(path))
			appendStringInfoString(out, ", ");
		if (IsA(node, Integer))
			appendStringInfo(out, "%d", intVal(node));
		else
			escape_json(out, strVal(node));
	}
	appendStringInfoChar(out, ']');
}

static void
write_names(StringInfo out, const char *key, List *names)
{
	ListCell *lc;

	if (names == NIL)
		return;
	appendStringInfo(out, ", \"%s\": [", key);
	foreach (lc, names)
	{
		if (lc != list_head(names))
			appendStringInfoString(out, ", ");
		escape_json(out, lfirst(lc));
	}
	appendStringInfoChar(out, ']');
}

static void
write_vars(StringInfo out, List *vars)
{
	ListCell *lc;

	appendStringInfoString(out, ", \"vars\": {");
	foreach (lc, vars)
	{
		const AshErrorVar *var = lfirst(lc);

		if (lc != list_head(vars))
			appendStringInfoString(out, ", ");
		escape_json(out, var->name);
		appendStringInfo(out, ": %s", var->json);
	}
	appendStringInfoChar(out, '}');
}

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

static void
write_error(StringInfo out, const AshError *error)
{
	appendStringInfo(out, "{\"code\": \"%s\"", ash_error_kind(error->code)->name);
	if (error->fields == NIL)
	{
		appendStringInfoString(out, ", \"field\": ");
		if (error->field)
			escape_json(out, error->field);
		else
			appendStringInfoString(out, "null");
	}
	write_names(out, "fields", error->fields);
	appendStringInfoString(out, ", \"path\": ");
	write_path(out, error->path);
	appendStringInfoString(out, ", \"message\": ");
	escape_json(out, ash_error_text(error));
	write_vars(out, error->vars);
	write_names(out, "did_you_mean", error->did_you_mean);
	if (error->hint)
	{
		appendStringInfoString(out, ", \"hint\": ");
		escape_json(out, error->hint);
	}
	appendStringInfoChar(out, '}');
}

void
ash_error_list_json(StringInfo out, const AshErrors *errors)
{
	ListCell *lc;

	appendStringInfoChar(out, '[');
	foreach (lc, errors->items)
	{
		if (lc != list_head(errors->items))
			appendStringInfoString(out, ", ");
		write_error(out, lfirst(lc));
	}
	appendStringInfoChar(out, ']');
}

void
ash_errors_json(StringInfo out, const AshErrors *errors)
{
	appendStringInfo(out, "{\"class\": \"%s\", \"errors\": ",
					 ash_error_class_name(ash_errors_class(errors)));
	ash_error_list_json(out, errors);
	appendStringInfoChar(out, '}');
}

/* Does the message begin with, or say in whole words, the name of the field? */
static bool
names_field(const char *message, const char *field)
{
	int len = strlen(field);
	const char *p = message;

	while ((p = strstr(p, field)) != NULL)
	{
		bool starts = p == message || !isalnum((unsigned char) p[-1]);
		bool ends = !isalnum((unsigned char) p[len]) && p[len] != '_';

		if (starts && ends)
			return true;
		p++;
	}
	return false;
}

static void
append_one_line(StringInfo out, const AshError *error)
{
	const char *message = ash_error_text(error);
	const char *end = strchr(message, '\n');
	int len = end ? end - message : strlen(message);

	if (error->field && !names_field(message, error->field))
		appendStringInfo(out, "%s: ", error->field);
	else if (error->fields != NIL && !names_field(message, linitial(error->fields)))
	{
		ListCell *lc;

		foreach (lc, error->fields)
			appendStringInfo(out, "%s%s", lc == list_head(error->fields) ? "" : ", ",
							 (char *) lfirst(lc));
		appendStringInfoString(out, ": ");
	}
	appendBinaryStringInfo(out, message, len);
}

/* All messages in one line, "; " between them, clipped to a bearable length. */
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
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, error_message(first));
	if (first->pointer[0] != '\0')
		appendStringInfo(&buf, " at line %d (%s)", first->line, first->pointer);
	if (first->position > 0)
		appendStringInfo(&buf, ", character %d", first->position);
	if (list_length(errors->items) > 1)
		appendStringInfo(&buf, ", and %d more", list_length(errors->items) - 1);
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

/* Raise everything as one error. */
void
ash_errors_throw(const AshErrors *errors)
{
	AshErrorClass class = ash_errors_class(errors);
	const AshError *first = NULL;
	const char *hint;
	StringInfoData detail;
	ListCell *lc;

	Assert(errors->items != NIL);
	foreach (lc, errors->items)
	{
		const AshError *error = lfirst(lc);

		if (ash_error_kind(error->code)->class == class)
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
