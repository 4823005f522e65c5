/*-------------------------------------------------------------------------
 *
 * src/model/aggregate.h
 *	  A compiled aggregate: a field computed from related rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_AGGREGATE_H
#define ASH_AGGREGATE_H

#include "model/field_use.h"
#include "model/model_types.h"
#include "type/type.h"

typedef enum AshAggregateKind
{
	ASH_AGG_COUNT,
	ASH_AGG_EXISTS,
	ASH_AGG_FIRST,
	ASH_AGG_SUM,
	ASH_AGG_LIST,
	ASH_AGG_MAX,
	ASH_AGG_MIN,
	ASH_AGG_AVG,
	ASH_AGG_CUSTOM
} AshAggregateKind;

/* The name of each AshAggregateKind in documents and expressions, NULL-terminated. */
extern const char *const ash_aggregate_kinds[];

struct AshAggregate
{
	const char *name;
	const char *description;
	int index;
	AshAggregateKind kind;
	List *path;				   /* of char *: relationship names */
	const char *field;		   /* or NULL */
	const char *filter_source; /* trusted expression over the destination, or NULL */
	json_t *sort;
	json_t *join_filters; /* object "path.path" → expression, or NULL */
	bool is_public;
	bool sensitive;
	AshFieldUse filterable;
	AshFieldUse sortable;
	bool uniq;
	bool include_nil;
	bool authorize;
	const char *read_action;
	json_t *dflt;				/* or NULL */
	const char *implementation; /* custom: SQL aggregate function */
	const char *type_name;		/* custom: result type */
	json_t *type_constraints;
	AshExpr *filter;		 /* cache: ash_aggregate_filter() */
	const AshTypeInst *type; /* cache: ash_aggregate_type() */
};

#endif /* ASH_AGGREGATE_H */
