/*-------------------------------------------------------------------------
 *
 * src/base/document_write.c
 *	  Nodes of documents: their names and kinds, as text, as jsonb.
 *
 * Trees are written by ash_json_dump and not by jansson, whose numbers come back
 * with seventeen digits and which knows only UTF-8.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/document.h"
#include "base/json_writer.h"
#include "common/shortest_dec.h"
#include "miscadmin.h"
#include "nodes/value.h"

/*-------------------------------------------------------------------------
 * Looking at nodes
 *-------------------------------------------------------------------------
 */

/* With its article, for messages of the form "expected …, got …". */
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

/* The node has passed the check of ASH_OPT_NAMES: its items are strings. */
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

/* Any node, members in the order of the document. */
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

/* A space follows each comma and colon also in compact form, as in the text of a jsonb. */
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

/* Integers and reals become numeric, reals by their shortest digits. */
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

/* One token of a JSON Pointer: ~ and / have escapes of their own. */
static void
append_pointer_token(StringInfo out, const char *token)
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

/* The empty text is the whole document. */
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
			append_pointer_token(&out, strVal(node));
	}
	return out.data;
}

/*
 * Puts value, whose reference is taken, under key.  Texts of documents are in the server's
 * encoding, so jansson must not check them for UTF-8.
 */
void
ash_json_set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new_nocheck(object, key, value);
}
