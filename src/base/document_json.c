/*-------------------------------------------------------------------------
 *
 * src/base/document_json.c
 *	  Documents as jansson trees: parsed, located in their text, owned.
 *
 * jansson wants UTF-8; everything else here wants the server's encoding.  The
 * text is converted on its way in and, where the two differ, the strings of the
 * tree are converted back, so that no reader has to think of encodings.
 *
 * Positions are found by walking the tokens of a text that has been parsed before,
 * so it is known to be valid.  They are counted in characters of the server's
 * encoding.  PostgreSQL's own JSON lexer is not used for it: it reports where values
 * begin, not where the keys do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/document.h"
#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/value.h"

/*-------------------------------------------------------------------------
 * Walking tokens
 *-------------------------------------------------------------------------
 */

typedef struct Cursor
{
	const char *pos;
	const char *end;
} Cursor;

static void
skip_space(Cursor *cur)
{
	while (cur->pos < cur->end && strchr(" \t\r\n", *cur->pos) != NULL)
		cur->pos++;
}

/* At a quote: over the string. */
static void
skip_string(Cursor *cur)
{
	cur->pos++;
	while (cur->pos < cur->end && *cur->pos != '"')
		cur->pos += (*cur->pos == '\\') ? 2 : pg_mblen(cur->pos);
	cur->pos++;
}

/* Over a number or a word. */
static void
skip_word(Cursor *cur)
{
	while (cur->pos < cur->end && strchr(",:]} \t\r\n", *cur->pos) == NULL)
		cur->pos++;
}

/* Over a whole value, whatever is in it. */
static void
skip_value(Cursor *cur)
{
	int depth = 0;

	do
	{
		skip_space(cur);
		if (cur->pos >= cur->end)
			return;
		if (*cur->pos == '"')
			skip_string(cur);
		else if (*cur->pos == '{' || *cur->pos == '[')
		{
			depth++;
			cur->pos++;
		}
		else if (*cur->pos == '}' || *cur->pos == ']')
		{
			depth--;
			cur->pos++;
		}
		else if (*cur->pos == ',' || *cur->pos == ':')
			cur->pos++;
		else
			skip_word(cur);
	} while (depth > 0);
}

/*
 * True when the string token from start to end (with its quotes) is name. Only one with
 * escapes is parsed.
 */
static bool
token_is(const char *start, const char *end, const char *name)
{
	size_t len = end - start;
	json_t *key;
	bool same;

	if (memchr(start, '\\', len) == NULL)
		return len == strlen(name) + 2 && memcmp(start + 1, name, len - 2) == 0;
	key = ash_json_parse(start, len, NULL);
	same = json_is_string(key) && strcmp(json_string_value(key), name) == 0;
	json_decref(key);
	return same;
}

/*
 * At an object: moves to the value of the member of that name, and *key to its key; false when
 * there is none.
 */
static bool
enter_member(Cursor *cur, const char *name, const char **key)
{
	if (cur->pos >= cur->end || *cur->pos != '{')
		return false;
	cur->pos++;
	for (;;)
	{
		const char *start;
		bool found;

		skip_space(cur);
		if (cur->pos >= cur->end || *cur->pos != '"')
			return false;
		start = cur->pos;
		skip_string(cur);
		found = token_is(start, cur->pos, name);
		skip_space(cur);
		cur->pos++; /* colon */
		skip_space(cur);
		if (found)
		{
			*key = start;
			return true;
		}
		skip_value(cur);
		skip_space(cur);
		cur->pos++; /* comma or brace */
	}
}

/* At an array: moves to the element; false when there are not so many. */
static bool
enter_element(Cursor *cur, int index)
{
	if (cur->pos >= cur->end || *cur->pos != '[')
		return false;
	cur->pos++;
	skip_space(cur);
	for (; index > 0 && cur->pos < cur->end && *cur->pos != ']'; index--)
	{
		skip_value(cur);
		skip_space(cur);
		if (cur->pos < cur->end && *cur->pos == ',')
			cur->pos++;
		skip_space(cur);
	}
	return cur->pos < cur->end && *cur->pos != ']';
}

/* Line and column of pos, from 1, in characters of the server's encoding. */
static void
count_position(const char *text, const char *pos, int *line, int *column)
{
	*line = 1;
	*column = 1;
	while (text < pos)
	{
		if (*text == '\n')
		{
			(*line)++;
			*column = 0;
		}
		(*column)++;
		text += pg_mblen(text);
	}
}

/* Follows the path from the root; what is found last is where the error is reported. */
bool
ash_json_locate(const char *text, size_t len, List *path, int *line, int *column)
{
	Cursor cur = { text, text + len };
	const char *found;
	ListCell *lc;

	skip_space(&cur);
	found = cur.pos;
	foreach (lc, path)
	{
		Node *node = lfirst(lc);

		if (IsA(node, Integer))
		{
			if (!enter_element(&cur, intVal(node)))
				return false;
			found = cur.pos;
		}
		else if (!enter_member(&cur, strVal(node), &found))
			return false;
	}
	count_position(text, found, line, column);
	return true;
}

/*-------------------------------------------------------------------------
 * Numbers that a double cannot keep
 *-------------------------------------------------------------------------
 */

/* A decimal number as its significant digits and the power of ten they start at. */
typedef struct Digits
{
	StringInfoData digits;
	int exponent;
} Digits;

/* The digits without sign and point; the exponent is that of 0.DIGITS. */
static void
split_number(const char *text, Digits *out)
{
	int point = 0;
	bool after_point = false;

	initStringInfo(&out->digits);
	out->exponent = 0;
	if (*text == '-' || *text == '+')
		text++;
	for (; *text != '\0' && *text != 'e' && *text != 'E'; text++)
	{
		if (*text == '.')
		{
			after_point = true;
			continue;
		}
		if (!after_point)
			point++;
		appendStringInfoChar(&out->digits, *text);
	}
	if (*text != '\0')
		out->exponent = (int) strtol(text + 1, NULL, 10);
	out->exponent += point;
}

/* Drop zeros that carry no value. */
static void
normalize_number(Digits *number)
{
	StringInfo digits = &number->digits;
	int leading = (int) strspn(digits->data, "0");

	memmove(digits->data, digits->data + leading, digits->len - leading + 1);
	digits->len -= leading;
	number->exponent -= leading;
	while (digits->len > 0 && digits->data[digits->len - 1] == '0')
		digits->data[--digits->len] = '\0';
	if (digits->len == 0)
		number->exponent = 0;
}

/*
 * True when a double keeps the number exactly: the shortest digits of the double are those
 * that were written, but for zeros.
 */
static bool
survives(const char *token)
{
	char buf[DOUBLE_SHORTEST_DECIMAL_LEN];
	Digits written;
	Digits kept;

	if (strpbrk(token, ".eE") == NULL)
		return true; /* an integer; too big ones do not parse */
	double_to_shortest_decimal_buf(strtod(token, NULL), buf);
	split_number(token, &written);
	split_number(buf, &kept);
	normalize_number(&written);
	normalize_number(&kept);
	return written.exponent == kept.exponent && strcmp(written.digits.data, kept.digits.data) == 0;
}

/*
 * Adds an error for each number of a valid JSON text that a double would change; false when
 * there is one. The tree cannot be used for it, as jansson has made doubles of them.
 */
static bool
check_numbers(const char *text, size_t len, AshErrors *errors)
{
	Cursor cur = { text, text + len };
	bool ok = true;

	while (cur.pos < cur.end)
	{
		const char *start = cur.pos;
		char *token;

		if (*start == '"')
		{
			skip_string(&cur);
			continue;
		}
		if (*start != '-' && !(*start >= '0' && *start <= '9'))
		{
			cur.pos++;
			continue;
		}
		skip_word(&cur);
		token = pnstrdup(start, cur.pos - start);
		if (!survives(token))
		{
			AshError *error;
			int line, column;

			count_position(text, start, &line, &column);
			error = ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
								  "the number %s at line %d, column %d cannot be kept exactly; "
								  "write it as a string",
								  token, line, column);
			ash_error_var_int(errors, error, "line", line);
			ash_error_var_int(errors, error, "column", column);
			ok = false;
		}
		pfree(token);
	}
	return ok;
}

/*-------------------------------------------------------------------------
 * Reading
 *-------------------------------------------------------------------------
 */

/* jansson's message, except for one that only C programmers understand. */
static void
add_syntax_error(const json_error_t *fault, AshErrors *errors)
{
	const char *text = fault->text;
	AshError *error;

	if (json_error_code(fault) == json_error_null_character)
		text = "\\u0000 is not allowed";
	error =
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "invalid JSON at line %d, column %d: %s", fault->line, fault->column, text);
	error->line = fault->line;
	error->column = fault->column;
	ash_error_var_int(errors, error, "line", error->line);
	ash_error_var_int(errors, error, "column", error->column);
}

/* From UTF-8; raises an error for a character that the server's encoding does not have. */
static char *
to_server(const char *text, size_t len)
{
	return pg_any_to_server(text, (int) len, PG_UTF8);
}

/* A copy of the tree whose strings are in the server's encoding. */
static json_t *
recode(json_t *node)
{
	json_t *copy;
	json_t *item;
	const char *key;
	size_t i;

	check_stack_depth();
	switch (json_typeof(node))
	{
		case JSON_OBJECT:
			copy = ash_json_object();
			json_object_foreach (node, key, item)
				json_object_set_new_nocheck(copy, to_server(key, strlen(key)), recode(item));
			return copy;
		case JSON_ARRAY:
			copy = json_array();
			json_array_foreach (node, i, item)
				json_array_append_new(copy, recode(item));
			return copy;
		case JSON_STRING:
			return json_string_nocheck(
				to_server(json_string_value(node), json_string_length(node)));
		default:
			return json_incref(node);
	}
}

/*
 * The tree is UTF-8 when the server's encoding is; in other encodings it is replaced by a copy
 * with strings of that encoding, which may raise an error: the original is then freed with
 * CurrentMemoryContext.
 */
json_t *
ash_json_parse(const char *text, size_t len, AshErrors *errors)
{
	char *utf8 = pg_server_to_any(text, (int) len, PG_UTF8);
	json_error_t fault;
	json_t *json;

	json = json_loadb(utf8, utf8 == text ? len : strlen(utf8),
					  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
	if (json == NULL)
	{
		if (errors == NULL)
			elog(ERROR, "stored definition is not JSON: %s", fault.text);
		add_syntax_error(&fault, errors);
		return NULL;
	}
	if (errors != NULL && !check_numbers(text, len, errors))
	{
		json_decref(json);
		return NULL;
	}
	if (GetDatabaseEncoding() == PG_UTF8)
		return json;
	/* recoding may fail on a character that the server's encoding does not have */
	return recode(ash_json_own(CurrentMemoryContext, json));
}

typedef struct OwnedJson
{
	MemoryContextCallback callback;
	json_t *json;
} OwnedJson;

/* Callback of a memory context; arg is an OwnedJson. */
static void
release_json(void *arg)
{
	json_decref(((OwnedJson *) arg)->json);
}

/* The callback is allocated in cxt; there is no way to disown a tree. */
json_t *
ash_json_own(MemoryContext cxt, json_t *json)
{
	OwnedJson *owned;

	if (json == NULL)
		return NULL;
	owned = MemoryContextAlloc(cxt, sizeof(OwnedJson));
	owned->json = json;
	owned->callback.func = release_json;
	owned->callback.arg = owned;
	MemoryContextRegisterResetCallback(cxt, &owned->callback);
	return json;
}
