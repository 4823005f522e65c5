/*-------------------------------------------------------------------------
 *
 * src/model/relationship.h
 *	  A compiled relationship to another resource.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_RELATIONSHIP_H
#define ASH_RELATIONSHIP_H

#include "model/model_types.h"
#include "spec/spec.h"

/*
 * Another resource by name.  The pointer is never kept for longer than one use:
 * ash_ref_resource() returns the current struct.
 */
struct AshResourceRef
{
	const char *name;	 /* "helpdesk.ticket" */
	AshResource *cached; /* valid while generation is current */
	uint64 generation;
};

typedef enum AshRelKind
{
	ASH_REL_BELONGS_TO,
	ASH_REL_HAS_ONE,
	ASH_REL_HAS_MANY,
	ASH_REL_MANY_TO_MANY
} AshRelKind;

/* The name of each AshRelKind in documents, NULL-terminated. */
extern const char *const ash_relationship_kinds[];

/* What policies do with rows of a related read that they do not let through. */
typedef enum AshReadWith
{
	ASH_READ_WITH_FILTER,
	ASH_READ_WITH_ERROR
} AshReadWith;

struct AshRelationship
{
	const char *name;
	const char *description;
	int index;
	AshRelKind kind;
	AshResourceRef destination;
	const char *source_attribute;
	const char *destination_attribute;
	AshResourceRef through; /* many_to_many; name NULL otherwise */
	List *path;				/* has_one, has_many "through": of char *, relationships; or NIL */
	json_t *manual;			/* the function that relates the rows, or NULL */
	const char *source_attribute_on_join;
	const char *destination_attribute_on_join;
	const char *join_relationship; /* has_many to the join resource */
	bool is_public;
	bool writable;
	bool filterable;
	bool sortable;
	bool allow_nil;
	bool primary_key;
	bool no_attributes; /* source and destination attribute do not tie the rows */
	bool from_many;
	bool authorize;
	AshReadWith authorize_read_with;
	bool allow_forbidden_field; /* a read that is forbidden gives null */
	const char *read_action;
	json_t *read_action_arguments; /* values and templates by name, or NULL */
	json_t *context;			   /* of the related read, or NULL */
	const char *constraint_name;   /* of the foreign key; belongs_to only */
	const char *violation_message;
	const char *not_found_message;
	const char *filter_source; /* trusted expression over the destination, may use parent */
	AshExpr *filter;		   /* cache: ash_relationship_filter() */
	json_t *sort;			   /* trusted sort on the destination, or NULL */
	json_t *default_sort;	   /* the same, when nothing else sorts */
	AshOptInt limit;
	AshOptInt offset;
	json_t *definition; /* expanded node: references (on_delete, …) for the planner */
};

#endif /* ASH_RELATIONSHIP_H */
