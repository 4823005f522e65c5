/*-------------------------------------------------------------------------
 *
 * src/define/define_internal.h
 *	  What the files that take a document to the catalog share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_DEFINE_INTERNAL_H
#define ASH_DEFINE_INTERNAL_H

#include "action/action.h"
#include "define/define.h"
#include "model/catalog_store.h"
#include "model/entities.h"
#include "nodes/value.h"

/*
 * Where a node of an expanded document came from.  Paths begin at the root of
 * the text that was given to ash_define; a path without an entry came from the
 * same path, or with its nearest ancestor that has one.
 */
typedef struct AshPathMap
{
	List *from;	  /* of List *: paths in the expanded document */
	List *to;	  /* of List *: paths in the source, parallel */
	List *copies; /* of List *: paths in the expanded document of what is a copy ... */
	List *copied; /* of List *: ... of this, parallel */
} AshPathMap;

/* One domain document on its way. */
typedef struct AshDomainDocument
{
	json_t *source;	  /* as written */
	json_t *expanded; /* the same in long form; owned by the work context */
	List *path;		  /* of the document in the text: NIL or its index */
	const char *name;
	const char *schema;
	Oid owner; /* of the domain */
} AshDomainDocument;

/* Everything one ash_define works on. */
typedef struct AshDefinition
{
	List *domains; /* of AshDomainDocument * */
	AshPathMap map;
	AshErrors *errors;
} AshDefinition;

/* check_document.c: adds the faults of one domain document as it was written */
extern void ash_define_check(json_t *domain, AshErrors *errors);

/* path_map.c: from and to are tails of the current path errors->path */
extern void ash_path_map_add(AshPathMap *map, AshErrors *errors, List *from, List *to);
extern void ash_path_map_add_absolute(AshPathMap *map, List *from, List *to);
/* What stands at copy was taken from there: the faults of the one are those of the other. */
extern void ash_path_map_add_copy(AshPathMap *map, List *copy, List *of);
/* Maps all errors to the source and drops repetitions of those that can be reported. */
extern void ash_define_map_errors(AshErrors *errors, const AshPathMap *map);
/* Gives each error pointer, line and column, and puts them in the order of the text. */
extern void ash_define_place_errors(AshErrors *errors, const char *text, size_t len);

/* error_recovery.c: what is left of a document when its faults are taken out */
typedef struct AshPruning
{
	json_t *given;
	json_t *root;	  /* what is left */
	AshErrors *found; /* the faults of the document so far */
	List *removed;	  /* of List *: paths of the nodes that are left out */
	List *withdrawn;  /* of List *: paths of the entities these belong to */
	int dropped;	  /* faults beyond those that are reported */
} AshPruning;

extern void ash_pruning_init(AshPruning *pruning, json_t *root, MemoryContext cxt);
/* Moves the faults of a round, mapped to the source; true when another round makes sense. */
extern bool ash_pruning_take(AshPruning *pruning, AshErrors *errors);

/* expand.c: fills expanded of all domains; faults are added */
extern void ash_define_expand(AshDefinition *def);

/* What the files of the expander share: the resource at hand. */
typedef struct AshExpansion
{
	AshDefinition *def;
	AshErrors *errors;
	AshDomainDocument *doc;
	const char *short_name;
	json_t *source; /* of the resource */
	json_t *out;
	bool embedded;
} AshExpansion;

/* expand_types.c */
extern void ash_expand_type(AshExpansion *exp, json_t *node);
extern List *ash_expand_attribute_path(AshDefinition *def, const char *resource,
									   const char *attribute);
extern json_t *ash_expand_attribute_of(AshDefinition *def, const char *resource,
									   const char *attribute);
extern const char *ash_expand_key_of(AshDefinition *def, const char *resource);
extern const char *ash_expand_short_name_of(AshDefinition *def, const char *resource);
extern char *ash_expand_resource_name(AshExpansion *exp, const char *name);

/* expand_fields.c */
extern void ash_expand_attributes(AshExpansion *exp);
extern void ash_expand_fields(AshExpansion *exp);
/* the path is that of the list */
extern json_t *ash_expand_preparations(AshExpansion *exp, json_t *list);
extern json_t *ash_expand_arguments(AshExpansion *exp, json_t *node);
extern void ash_expand_set_listed(json_t *node, const char *key);
extern json_t *ash_expand_path(json_t *node);

/* expand_relationships.c; attributes come first: they may get the keys */
extern void ash_expand_relationships(AshExpansion *exp);

/* expand_actions.c */
extern void ash_expand_actions(AshExpansion *exp);

/* expand_policies.c */
extern json_t *ash_expand_policies(AshDefinition *def, List *base, json_t *list);
extern void ash_expand_policy_paths(AshDefinition *def, List *target, List *base, int offset,
									json_t *list);
extern json_t *ash_expand_field_policies(json_t *list);

/* json helpers (expand.c) */
extern json_t *ash_json_listed(json_t *node); /* a list as it is, anything else in a list; new */
extern List *ash_path_append(List *path, const char *name, int index); /* index < 0: none */

/* verify_references.c */
extern void ash_verify_references(AshResource *res, AshErrors *errors);
/* The attribute, or NULL after adding an error at key. */
extern AshAttribute *ash_verify_attribute(const AshResource *res, const char *name, const char *key,
										  AshErrors *errors);
extern void ash_verify_attributes(const AshResource *res, List *names, const char *key,
								  AshErrors *errors);

/* verify_relationships.c */
extern void ash_verify_relationships(AshResource *res, AshErrors *errors);
/* NULL names none */
extern void ash_verify_read_action(AshResource *destination, const char *name, AshErrors *errors);

/* The default of an attribute or argument, written under key. */
extern void ash_verify_default(AshResource *res, const char *key, AshDefault *dflt,
							   const AshTypeInst *type, AshErrors *errors);
/* verify_interface.c: names first; then, when nothing is wrong, what reads cannot be functions */
extern void ash_verify_interfaces(AshResource *res, AshErrors *errors);
extern void ash_verify_interface_reads(AshResource *res, AshErrors *errors);
extern bool ash_verify_aggregates(AshResource *res, AshErrors *errors);

/* verify_policies.c: action names and actor attributes; the rest when they are compiled */
extern void ash_verify_policies(const AshResource *res, AshErrors *errors);

/* verify_storage.c */
extern void ash_verify_storage(AshResource *res, AshErrors *errors);

/* verify_embedded.c: types that are embedded resources, and those resources */
extern void ash_verify_embedded(AshResource *res, AshErrors *errors);
/* … and their calculations and steps, once these are compiled */
extern void ash_verify_embedded_calculations(AshResource *res, AshErrors *errors);
extern void ash_verify_embedded_steps(AshResource *res, AshErrors *errors);

/* verify.c: names first, then all that is compiled lazily; false after adding an error */
extern bool ash_resource_verify(AshResource *res, AshErrors *errors);

/* define_access.c: may the current user put tables there?  Raise when not. */
extern void ash_define_check_schema(const char *schema);
extern void ash_define_check_table(AshResource *res);

/* type_extensions.c */
extern bool ash_define_provide_types(AshResource *res, bool migrate, AshErrors *errors);

#endif /* ASH_DEFINE_INTERNAL_H */
