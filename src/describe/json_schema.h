/*-------------------------------------------------------------------------
 *
 * src/describe/json_schema.h
 *	  Parts of the JSON Schema of a document, shared by the files that write it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_JSON_SCHEMA_H
#define ASH_JSON_SCHEMA_H

#include "spec/spec.h"

/* json_schema.c: the schema of an entity, a new json_t */
extern json_t *ash_schema_entity(const AshSpec *spec);

/* json_schema_builtins.c: adds what names a built-in to defs, the "$defs" of the schema */
extern void ash_schema_add_builtins(json_t *defs);

/* json_schema_kinds.c: adds the rules of the spec's kinds to the object part of its schema */
extern void ash_schema_kinds(const AshSpec *spec, json_t *object);

#endif /* ASH_JSON_SCHEMA_H */
