/*-------------------------------------------------------------------------
 *
 * src/base/document.h
 *	  JSON documents as jansson trees: parsed, located, written, owned.
 *
 * Definitions are kept as trees because they are walked many times, keep the
 * order of their keys, and faults have to be reported with line and column.
 * Values of calls are jsonb (base/jsonb_access.h).
 *
 * jansson allocates with malloc and raises nothing.  A tree must therefore be
 * owned by a memory context (ash_json_own) before anything is called that may
 * raise an error.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_DOCUMENT_H
#define ASH_DOCUMENT_H

#include "compat.h"

#include "base/error.h"
#include "base/jansson_compat.h"
#include "nodes/pg_list.h"

/* document_json.c */

/*
 * Parse len bytes in the server's encoding; the strings of the result are in it
 * too.  A fault (syntax, a key twice, a number that cannot be kept exactly) is
 * added to errors with line and column; NULL then.  With errors NULL the text is
 * trusted: it was dumped by us, and a fault is an internal error.  The caller
 * owns the result.
 */
extern json_t *ash_json_parse(const char *text, size_t len, AshErrors *errors);

/* Decref json when cxt is reset or deleted.  Returns json; NULL is passed through. */
extern json_t *ash_json_own(MemoryContext cxt, json_t *json);

/*
 * Line and column (from 1) of the node at path in a valid JSON text: of
 * the key for a member of an object.  False when there is no such node.
 */
extern bool ash_json_locate(const char *text, size_t len, List *path, int *line, int *column);

/* document_write.c */

/* "an object", "a string" …: what a node is, for messages. */
extern const char *ash_json_kind(const json_t *node);

/* A string or a list of strings as a List of palloc'd char *. */
extern List *ash_json_names(const json_t *node);

/*
 * Put value, whose reference is taken, under key.  Texts of documents are in the server's
 * encoding, so jansson must not check them for UTF-8.
 */
extern void ash_json_set(json_t *object, const char *key, json_t *value);

/* Compact or indented text, palloc'd.  Key order is kept. */
extern char *ash_json_dump(const json_t *json, bool indent);

/* The boolean under key; missing when there is none. */
static inline bool
ash_json_flag(const json_t *node, const char *key, bool missing)
{
	const json_t *value = json_object_get(node, key);

	return value ? json_is_true(value) : missing;
}

/* A jsonb of a tree, in CurrentMemoryContext; NULL is the JSON null. */
extern Jsonb *ash_jsonb_from_json(const json_t *json);

/* JSON Pointer (RFC 6901) of a path of String and Integer nodes, palloc'd. */
extern char *ash_json_pointer(List *path);

#endif /* ASH_DOCUMENT_H */
