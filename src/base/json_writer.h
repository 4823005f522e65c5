/*-------------------------------------------------------------------------
 *
 * src/base/json_writer.h
 *	  One writer of JSON, whose back end is text or jsonb.
 *
 * The same calls append to a StringInfo or build a jsonb, so that a value that is
 * needed as jsonb is never written as text and parsed again:
 *
 *		AshJson json = ash_json_to_jsonb();
 *
 *		ash_put_object(&json);
 *		ash_put_string(ash_put_key(&json, "type"), name);
 *		ash_put_value(ash_put_key(&json, "value"), &value);
 *		ash_put_end_object(&json);
 *		return ash_json_result(&json);
 *
 * The caller keeps the order: keys and values alternate inside an object, and what
 * is begun is ended.  Commas and colons are written by the writer.
 *
 * The text is appended to the StringInfo, wherever that lives.  The jsonb is built
 * in CurrentMemoryContext, which must be the same from the first call to the last;
 * keys, strings and containers are copied only by ash_json_result and have to live
 * until then.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_JSON_WRITER_H
#define ASH_JSON_WRITER_H

#include "compat.h"

#include "base/jsonb_access.h"
#include "lib/stringinfo.h"
#include "utils/jsonb.h"

typedef enum AshJsonStyle
{
	ASH_JSON_COMPACT, /* {"a":1,"b":[2,3]} */
	ASH_JSON_SPACED,  /* {"a": 1, "b": [2, 3]} */
	ASH_JSON_INDENTED /* each item on a line of its own */
} AshJsonStyle;

typedef enum AshJsonPlace
{
	ASH_JSON_FIRST, /* nothing before it, or the beginning of its container */
	ASH_JSON_NEXT,	/* after another item */
	ASH_JSON_MEMBER /* after its key */
} AshJsonPlace;

typedef struct AshJson
{
	/* the text back end */
	StringInfo text; /* NULL: jsonb */
	AshJsonStyle style;
	AshJsonPlace place; /* of the item to come */
	int depth;			/* containers around it */

	/* the jsonb back end */
	JsonbParseState *state;
	JsonbValue *container; /* the whole, once it has been ended */
	JsonbValue scalar;	   /* the whole, when it is no container */
} AshJson;

/* Appends text to out. */
static inline AshJson
ash_json_to_text(StringInfo out)
{
	AshJson json;

	memset(&json, 0, sizeof(json));
	json.text = out;
	return json;
}

/* The same, with spaces after commas and colons. */
static inline AshJson
ash_json_to_spaced_text(StringInfo out)
{
	AshJson json = ash_json_to_text(out);

	json.style = ASH_JSON_SPACED;
	return json;
}

/* Builds a jsonb, for ash_json_result. */
static inline AshJson
ash_json_to_jsonb(void)
{
	return ash_json_to_text(NULL);
}

/* Begins or ends a container, by the tokens of pushJsonbValue(). */
extern void ash_put_token(AshJson *json, JsonbIteratorToken token);

/* The key of the next value.  Returns json, for a call that puts the value. */
extern AshJson *ash_put_key(AshJson *json, const char *key);

/* A scalar, null, or a container as jbvBinary. */
extern void ash_put_value(AshJson *json, const JsonbValue *value);

/* What text says, which must be valid JSON: the jsonb back end parses it. */
extern void ash_put_json(AshJson *json, const char *text);

/* Text back end: the StringInfo, where the caller appends the JSON of one value. */
extern StringInfo ash_put_raw(AshJson *json);

/* jsonb back end: what has been put, as a new jsonb in CurrentMemoryContext. */
extern Jsonb *ash_json_result(AshJson *json);

static inline void
ash_put_object(AshJson *json)
{
	ash_put_token(json, WJB_BEGIN_OBJECT);
}

static inline void
ash_put_end_object(AshJson *json)
{
	ash_put_token(json, WJB_END_OBJECT);
}

static inline void
ash_put_list(AshJson *json)
{
	ash_put_token(json, WJB_BEGIN_ARRAY);
}

static inline void
ash_put_end_list(AshJson *json)
{
	ash_put_token(json, WJB_END_ARRAY);
}

static inline void
ash_put_null(AshJson *json)
{
	JsonbValue value;

	value.type = jbvNull;
	ash_put_value(json, &value);
}

static inline void
ash_put_bool(AshJson *json, bool flag)
{
	JsonbValue value;

	value.type = jbvBool;
	value.val.boolean = flag;
	ash_put_value(json, &value);
}

extern void ash_put_int(AshJson *json, int64 value);

static inline void
ash_put_string_len(AshJson *json, const char *str, int len)
{
	JsonbValue value;

	value.type = jbvString;
	value.val.string.val = (char *) str;
	value.val.string.len = len;
	ash_put_value(json, &value);
}

/* NULL is null. */
static inline void
ash_put_string(AshJson *json, const char *str)
{
	if (str == NULL)
		ash_put_null(json);
	else
		ash_put_string_len(json, str, strlen(str));
}

/* A whole jsonb; NULL is null. */
static inline void
ash_put_jsonb(AshJson *json, const Jsonb *jsonb)
{
	JsonbValue value;

	value.type = jbvNull;
	if (jsonb != NULL)
		ash_jsonb_value_from_jsonb(jsonb, &value);
	ash_put_value(json, &value);
}

/* A JSON string with its quotes, appended to out. */
extern void ash_write_json_string(StringInfo out, const char *str, int len);

/* "name": palloc'd, with its length: the prefix of a member that is written many times. */
extern char *ash_json_key(const char *name, int *len);

#endif /* ASH_JSON_WRITER_H */
