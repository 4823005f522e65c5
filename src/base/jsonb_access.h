/*-------------------------------------------------------------------------
 *
 * src/base/jsonb_access.h
 *	  Small jobs on jsonb: lookup, walking, conversion, scalars as text.
 *
 * A JsonbValue that comes out of here is a scalar, a null or jbvBinary (a container
 * inside its jsonb); it points into the jsonb it came from.  New values are in
 * CurrentMemoryContext.  json_writer.h builds jsonb.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_JSONB_ACCESS_H
#define ASH_JSONB_ACCESS_H

#include "compat.h"

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

static inline bool
ash_is_object(const JsonbValue *v)
{
	return v->type == jbvBinary && JsonContainerIsObject(v->val.binary.data);
}

static inline bool
ash_is_list(const JsonbValue *v)
{
	return v->type == jbvBinary && JsonContainerIsArray(v->val.binary.data) &&
		   !JsonContainerIsScalar(v->val.binary.data);
}

/* The value of a key of the top-level object; false when there is none. */
extern bool ash_jsonb_get(const Jsonb *object, const char *key, int keylen, JsonbValue *out);

/* The value at a path of keys (char *) of nested objects; false when there is none. */
extern bool ash_jsonb_get_path(const Jsonb *object, List *path, JsonbValue *out);

/* A copy as a jsonb of its own, of a container or a scalar. */
extern Jsonb *ash_jsonb_from_value(const JsonbValue *value);

/* Like JsonbToJsonbValue, but a scalar at the top comes out as itself. */
extern void ash_jsonb_value_from_jsonb(const Jsonb *jsonb, JsonbValue *out);

/* True when both are the same JSON value. */
extern bool ash_jsonb_value_equal(const JsonbValue *a, const JsonbValue *b);

/* Walks the members of an object, or the items of a list; of another kind there are none. */
static inline JsonbIterator *
ash_jsonb_walk(const Jsonb *jsonb)
{
	return JsonbIteratorInit((JsonbContainer *) &jsonb->root);
}

/* The next one, containers as jbvBinary; false at the end. */
extern bool ash_jsonb_next_member(JsonbIterator **it, JsonbValue *key, JsonbValue *value);
extern bool ash_jsonb_next_item(JsonbIterator **it, JsonbValue *item);

/* True when the object has a key that is none of the n names; *key is the first such key. */
extern bool ash_jsonb_unknown_key(const Jsonb *object, const char *const *names, int n,
								  JsonbValue *key);

/* Deep merge of two objects: b wins, and replaces what is no object in both.  a may be NULL. */
extern Jsonb *ash_jsonb_merge(Jsonb *a, Jsonb *b);

/* A scalar as plain text, a container as JSON; NULL for null.  palloc'd. */
extern char *ash_jsonb_value_text(const JsonbValue *value);

/* JSON text, palloc'd. */
extern char *ash_jsonb_value_json(const JsonbValue *value);

#endif /* ASH_JSONB_ACCESS_H */
