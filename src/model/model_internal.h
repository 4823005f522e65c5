/*-------------------------------------------------------------------------
 *
 * src/model/model_internal.h
 *	  What the files that compile a resource share.
 *
 * All of them build in CurrentMemoryContext, which is the resource's, and keep
 * errors->path pointing at the node at hand.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CATALOG_INTERNAL_H
#define ASH_CATALOG_INTERNAL_H

#include "model/entities.h"
#include "model/model.h"
#include "type/type.h"

/* Builds one named member of a section; NULL after adding an error. */
typedef void *(*AshMemberCompiler)(AshResource *res, const char *name, json_t *node,
								   AshErrors *errors);

/*
 * The members of object node[key] as an array of pointers; a missing key is an empty
 * one.  They can be found by name once the array is where it belongs.
 */
extern void **ash_compile_section(AshResource *res, json_t *node, const char *key,
								  AshMemberCompiler compile, int *count, AshErrors *errors);

/* model_lookup.c: the array has room for as many again */
extern void ash_find_prepare(void **members, int count);

/* The type of a node with "type" and "constraints"; NULL after adding an error. */
extern AshTypeInst *ash_compile_type(AshResource *res, json_t *node, AshErrors *errors);

/* node[key] as a default of a value of type */
extern void ash_compile_default(AshDefault *out, json_t *node, const char *key,
								const AshTypeInst *type, const char *field, AshErrors *errors);

extern void ash_resource_add_dep(AshResource *res, const char *name);

/* "function" of a node that is a name or {"function": …, "options": …} */
extern const char *ash_function_name(json_t *node);

/* catalog_rows.c: what of the catalog is looked up all the time */
typedef enum AshCatalogObject
{
	ASH_CATALOG_DOMAIN,
	ASH_CATALOG_DOMAIN_PKEY,
	ASH_CATALOG_RESOURCE,
	ASH_CATALOG_RESOURCE_PKEY,
	ASH_CATALOG_RESOURCE_TABLE_KEY
} AshCatalogObject;

extern Oid ash_catalog_object(AshCatalogObject object);
/* what the last lookup gave, without looking anything up (invalidation callbacks) */
extern Oid ash_catalog_object_seen(AshCatalogObject object);

/* compile_fields.c */
extern void *ash_compile_attribute(AshResource *res, const char *name, json_t *node,
								   AshErrors *errors);
extern void *ash_compile_argument(AshResource *res, const char *name, json_t *node,
								  AshErrors *errors);
extern void *ash_compile_metadata(AshResource *res, const char *name, json_t *node,
								  AshErrors *errors);
extern void *ash_compile_relationship(AshResource *res, const char *name, json_t *node,
									  AshErrors *errors);
extern void *ash_compile_identity(AshResource *res, const char *name, json_t *node,
								  AshErrors *errors);
extern void *ash_compile_calculation(AshResource *res, const char *name, json_t *node,
									 AshErrors *errors);
extern void *ash_compile_aggregate(AshResource *res, const char *name, json_t *node,
								   AshErrors *errors);

/* compile_action.c; attributes are compiled before */
extern void *ash_compile_action(AshResource *res, const char *name, json_t *node,
								AshErrors *errors);

/* model_overlay.c */
extern void ash_overlay_replace(List *entries);
extern List *ash_overlay_names(void); /* of char * */
extern bool ash_overlay_find(const char *name, AshResource **out);

#endif /* ASH_CATALOG_INTERNAL_H */
