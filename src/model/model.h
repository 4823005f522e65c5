/*-------------------------------------------------------------------------
 *
 * src/model/model.h
 *	  From catalog rows to compiled resources: the cache of this backend.
 *
 * ash.domain and ash.resource hold one document each; a resource's expanded
 * document is compiled into an AshResource on first use and kept until its
 * revision changes.  Any write to the catalog sends a relcache invalidation of
 * ash.resource; it only marks cached resources as "to be checked".  The next use
 * compares the revision (one index lookup) and rebuilds when it, or that of a
 * resource it depends on, has changed.  A dead resource is freed when no call
 * is running in this backend (ash_calls_enter / ash_calls_leave).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CATALOG_H
#define ASH_CATALOG_H

#include "base/owner_scope.h"
#include "model/model_types.h"
#include "nodes/pg_list.h"
#include "spec/spec.h"
#include "type/type.h"

/*
 * The resource of that name; NULL when there is none.  With errors not NULL an
 * ASH_E_NO_SUCH_RESOURCE with suggestions is added in that case.
 */
extern AshResource *ash_resource_get(const char *name, AshErrors *errors);

/* The struct behind a ref; never NULL: a missing destination is an internal error. */
extern AshResource *ash_ref_resource(AshResourceRef *ref);

/* The resource whose table is relid, or NULL.  Cached; for the hooks. */
extern AshResource *ash_resource_by_relid(Oid relid);

/* Oid of the resource's table; raises undefined_table with a hint to migrate. */
extern Oid ash_resource_relid(AshResource *res);

/* Bracket every API call, so that dead resources are freed only in between. */
extern void ash_calls_enter(void);
extern void ash_calls_leave(void);

/* Oid of a table or index of the extension's own schema. */
extern Oid ash_catalog_relid(const char *name);

/* init: registers the invalidation callbacks */
extern void ash_catalog_init(void);

/* lookups: NULL when there is no such thing */
extern AshAttribute *ash_find_attribute(const AshResource *res, const char *name);
extern AshRelationship *ash_find_relationship(const AshResource *res, const char *name);
extern AshCalculation *ash_find_calculation(const AshResource *res, const char *name);
extern AshAggregate *ash_find_aggregate(const AshResource *res, const char *name);
extern AshIdentity *ash_find_identity(const AshResource *res, const char *name);
extern AshAction *ash_find_action(const AshResource *res, const char *name);
extern AshArgument *ash_find_argument(const AshAction *action, const char *name);
extern const AshInput *ash_find_input(const AshAction *action, const char *name, int len);

/*
 * compile_resource.c: an expanded document → AshResource in a new child of parent.
 * Every fault is added to errors with its path inside the document; the result
 * is then NULL.  Used by the cache (errors cannot happen) and by ash_define.
 * What belongs to higher rooms (expressions, steps, preparations, policies) stays
 * a borrowed json_t here and is compiled by its room on first use; ash_define asks
 * those rooms for all of it, so that faults are found at define time.
 */
extern AshResource *ash_resource_compile(MemoryContext parent, json_t *domain, json_t *resource,
										 const char *name, AshErrors *errors);
/* For those rooms at run time.  Raises: what the definition names went away since. */
ASH_NORETURN extern void ash_stale_definition(const AshResource *res, const AshErrors *errors);

/*
 * A resource that ash_define is working on: it hides the one of the catalog of that
 * name and is compiled on first use (model_overlay.c).
 */
typedef struct AshOverlayEntry
{
	const char *name; /* "domain.resource" */
	Oid owner;		  /* of its domain */
	json_t *domain;	  /* expanded documents; the tree outlives the overlay */
	json_t *expanded;
	MemoryContext cxt; /* for the compiled resource */
	AshErrors *errors; /* what compiling it found, with paths that start at the resource */
	bool started;
	AshResource *res; /* NULL: not compiled yet, being compiled, or faulty */
} AshOverlayEntry;

/* Of AshOverlayEntry *; NIL ends it.  Everything that was compiled before is forgotten. */
extern void ash_catalog_set_overlay(List *entries);

/* Changes whenever a table, an index or a schema of this database does. */
extern uint64 ash_relation_epoch(void);

/* Is name a resource of the catalog (or the overlay)? */
extern bool ash_resource_exists(const char *name);

/* May what the definition of from says about rows of res stand in for the policies of res? */
extern bool ash_resource_may_bypass_policies(const AshResource *from, const AshResource *res);

/* Names of all resources, for suggestions. */
extern List *ash_resource_names(void);

/* catalog_rows.c: what the catalog tables say; texts are palloc'd */
typedef struct AshCatalogRow
{
	char *name;
	char *domain_name;
	char *domain;	/* the domain's expanded document */
	char *expanded; /* the resource's */
	int64 revision;
	Oid owner; /* InvalidOid when the role is gone */
} AshCatalogRow;

/* False when there is none, or the extension does not exist in this database. */
extern bool ash_catalog_row(const char *name, AshCatalogRow *out);
/* 0 when there is none */
extern int64 ash_catalog_revision(const char *name);
/* InvalidOid when the role of that name does not exist any more */
extern Oid ash_catalog_domain_owner(const char *domain);
/* The same; raises an error when there is none. */
extern Oid ash_owner_of(const char *domain);
/* NULL when no resource has that table */
extern char *ash_catalog_name_of_table(const char *schema, const char *table);

/*
 * object_names.c: index and constraint names of a definition: table_label_suffix, cut to
 * 63 bytes with a hash when it would be longer.  label may be NULL.  The planner
 * creates objects under these names, data/ maps their errors back.
 */
extern const char *ash_custom_index_name(const AshResource *res, const json_t *node);
extern char *ash_object_name(const char *table, const char *label, const char *suffix);

/*
 * compile_fields.c: a calculation or aggregate that stands elsewhere than in its
 * resource, from a node in long form.  In CurrentMemoryContext; NULL after an error.
 */
extern AshCalculation *ash_calculation_compile(AshResource *res, const char *name, json_t *node,
											   AshErrors *errors);
extern AshAggregate *ash_aggregate_compile(AshResource *res, const char *name, json_t *node,
										   AshErrors *errors);

extern bool ash_literal_cast(const AshTypeInst *type, json_t *value, const char *field,
							 AshValue *out, AshErrors *errors);

/* True if name is among names (char *). */
extern bool ash_names_contain(List *names, const char *name);
/* The index of name in a NULL-terminated array, or -1. */
extern int ash_name_index(const char *const *names, const char *name);
/* Names for suggestions: attributes; with calculations and aggregates. */
extern List *ash_attribute_names(const AshResource *res);
extern List *ash_field_names(const AshResource *res);
extern List *ash_identity_names(const AshResource *res);
extern List *ash_relationship_names(const AshResource *res);
extern List *ash_calculation_names(const AshResource *res);
extern List *ash_argument_names(const AshAction *action);
/* of actions of these types (ASH_ON bits) */
extern List *ash_action_names(const AshResource *res, uint32 types);

#endif /* ASH_CATALOG_H */
