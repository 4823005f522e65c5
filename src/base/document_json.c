/*-------------------------------------------------------------------------
 *
 * src/base/document_json.c
 *	  Documents as jansson trees: reading, writing, owning.
 *
 * jansson wants UTF-8; everything else here wants the server's encoding.  The
 * text is converted on its way in and, where the two differ, the strings of the
 * tree are converted back, so that no reader has to think of encodings.  That is
 * also why trees are written by ash_json_dump and not by jansson, whose numbers
 * moreover come back with seventeen digits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/document.h"
#include "common/shortest_dec.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/value.h"

typedef struct OwnedJson
{
	MemoryContextCallback callback;
	json_t *json;
} OwnedJson;

/*-------------------------------------------------------------------------
 * Reading
 *-------------------------------------------------------------------------
 */

/* jansson's words for a fault, without what only its programmers understand. */
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
	ash_error_var_int(errors, error, "line", fault->line);
	ash_error_var_int(errors, error, "column", fault->column);
}

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
	if (errors != NULL && !ash_json_check_numbers(text, len, errors))
	{
		json_decref(json);
		return NULL;
	}
	if (GetDatabaseEncoding() == PG_UTF8)
		return json;
	/* recoding may fail on a character that the server's encoding does not have */
	return recode(ash_json_own(CurrentMemoryContext, json));
}

/*-------------------------------------------------------------------------
 * Owning
 *-------------------------------------------------------------------------
 */

static void
release_json(void *arg)
{
	json_decref(((OwnedJson *) arg)->json);
}

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

/*-------------------------------------------------------------------------
 * Looking at nodes
 *-------------------------------------------------------------------------
 */

/* What a node is, for "expected …, got …". */
const char *
ash_json_kind(const json_t *node)
{
	switch (json_typeof(node))
	{
		case JSON_OBJECT:
			return "an object";
		case JSON_ARRAY:
			return "a list";
		case JSON_STRING:
			return "a string";
		case JSON_INTEGER:
			return "an integer";
		case JSON_REAL:
			return "a number";
		case JSON_TRUE:
		case JSON_FALSE:
			return "a boolean";
		case JSON_NULL:
			break;
	}
	return "null";
}

List *
ash_json_names(const json_t *node)
{
	List *names = NIL;
	size_t i;
	json_t *item;

	if (json_is_string(node))
		return list_make1(pstrdup(json_string_value(node)));
	json_array_foreach (node, i, item)
		names = lappend(names, pstrdup(json_string_value(item)));
	return names;
}

/*-------------------------------------------------------------------------
 * Writing
 *-------------------------------------------------------------------------
 */

/*
 * The shortest digits that read back as the same double, which is exact for what people
 * write.  As text always with the mark of a real, so that it is parsed as one.
 */
static void
put_real(AshJson *json, double value)
{
	char buf[DOUBLE_SHORTEST_DECIMAL_LEN + 2];

	double_to_shortest_decimal_buf(value, buf);
	if (json->text != NULL && strpbrk(buf, ".e") == NULL)
		strcat(buf, ".0");
	ash_put_json(json, buf);
}

static void
put_tree(AshJson *json, const json_t *node)
{
	const char *key;
	json_t *item;
	size_t i;

	check_stack_depth();
	switch (json_typeof(node))
	{
		case JSON_OBJECT:
			ash_put_object(json);
			json_object_foreach ((json_t *) node, key, item)
				put_tree(ash_put_key(json, key), item);
			ash_put_end_object(json);
			break;
		case JSON_ARRAY:
			ash_put_list(json);
			json_array_foreach (node, i, item)
				put_tree(json, item);
			ash_put_end_list(json);
			break;
		case JSON_STRING:
			ash_put_string_len(json, json_string_value(node), json_string_length(node));
			break;
		case JSON_INTEGER:
			ash_put_int(json, json_integer_value(node));
			break;
		case JSON_REAL:
			put_real(json, json_real_value(node));
			break;
		case JSON_TRUE:
		case JSON_FALSE:
			ash_put_bool(json, json_is_true(node));
			break;
		case JSON_NULL:
			ash_put_null(json);
			break;
	}
}

char *
ash_json_dump(const json_t *json, bool indent)
{
	StringInfoData out;
	AshJson writer = ash_json_to_text(&out);

	initStringInfo(&out);
	writer.style = indent ? ASH_JSON_INDENTED : ASH_JSON_SPACED;
	put_tree(&writer, json);
	return out.data;
}

Jsonb *
ash_jsonb_from_json(const json_t *json)
{
	AshJson writer = ash_json_to_jsonb();

	if (json != NULL)
		put_tree(&writer, json);
	else
		ash_put_null(&writer);
	return ash_json_result(&writer);
}

static void
append_escaped(StringInfo out, const char *token)
{
	for (; *token != '\0'; token++)
	{
		if (*token == '~')
			appendStringInfoString(out, "~0");
		else if (*token == '/')
			appendStringInfoString(out, "~1");
		else
			appendStringInfoChar(out, *token);
	}
}

char *
ash_json_pointer(List *path)
{
	StringInfoData out;
	ListCell *lc;

	initStringInfo(&out);
	foreach (lc, path)
	{
		Node *node = lfirst(lc);

		appendStringInfoChar(&out, '/');
		if (IsA(node, Integer))
			appendStringInfo(&out, "%d", intVal(node));
		else
			append_escaped(&out, strVal(node));
	}
	return out.data;
}
