/*-------------------------------------------------------------------------
 *
 * src/model/resource.h
 *	  A compiled resource.
 *
 * An AshResource and all it points to are built in one memory context by
 * ash_resource_compile, are immutable afterwards (except the caches marked so)
 * and are freed as a whole.  A name of another resource is resolved through an
 * AshResourceRef at the time of use; no pointer to the other struct is kept.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_RESOURCE_H
#define ASH_RESOURCE_H

#include "model/domain.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef enum AshSecurity
{
	ASH_SECURITY_INVOKER,
	ASH_SECURITY_DEFINER
} AshSecurity;

typedef enum AshDirectWrites
{
	ASH_DIRECT_ALLOW,
	ASH_DIRECT_DENY
} AshDirectWrites;

typedef enum AshAccessType
{
	ASH_ACCESS_FILTER,
	ASH_ACCESS_STRICT,
	ASH_ACCESS_RUNTIME
} AshAccessType;

typedef enum AshPrivateFields
{
	ASH_PRIVATE_SHOW,
	ASH_PRIVATE_HIDE,
	ASH_PRIVATE_INCLUDE
} AshPrivateFields;

typedef enum AshTenancyStrategy
{
	ASH_TENANCY_NONE,
	ASH_TENANCY_ATTRIBUTE
} AshTenancyStrategy;

struct AshResource
{
	MemoryContext cxt;
	const char *name;		/* "helpdesk.ticket" */
	const char *short_name; /* "ticket" */
	const char *description;
	AshDomain domain;
	int64 revision; /* of the catalog row this was built from */
	Oid owner;
	bool embedded;
	const char *schema;
	const char *table;
	const char *qualified; /* "helpdesk"."ticket", quoted */
	json_t *document;	   /* expanded; owned by cxt */

	int nattributes;
	AshAttribute **attributes;
	int nprimary_key;
	AshAttribute **primary_key;
	const char *primary_key_name; /* of its constraint */
	int nrelationships;
	AshRelationship **relationships;
	int ncalculations;
	AshCalculation **calculations;
	int naggregates;
	AshAggregate **aggregates;
	int nidentities;
	AshIdentity **identities;
	int nactions;
	AshAction **actions;
	AshAction *primary_actions[5]; /* by AshActionType; NULL when there is none */
	List *check_constraints;	   /* of AshCheckConstraint * */
	List *unique_indexes;		   /* of AshNamedConstraint *; exclusion constraints too */
	List *foreign_keys;			   /* of AshNamedConstraint *: those of no relationship */

	bool has_policies;	   /* the "policies" key is present, even if empty */
	json_t *policies_json; /* domain's first */
	bool policies_compiled;
	List *policies; /* cache: ash_resource_policies(); of AshPolicy * */
	bool has_field_policies;
	json_t *field_policies_json;
	List *field_policies;	   /* cache, with policies */
	json_t *changes_json;	   /* resource level, or NULL */
	json_t *validations_json;  /* resource level, or NULL */
	json_t *preparations_json; /* resource level, or NULL */
	AshPrivateFields private_fields;
	AshAccessType default_access_type;

	AshTenancyStrategy tenancy;
	AshAttribute *tenant_attribute;
	bool tenant_global;
	const char *tenant_parser; /* SQL function, "schema.name": tenant → attribute; or NULL */
	Jsonb *default_context;	   /* or NULL */

	const char *base_filter_source;
	AshExpr *base_filter; /* cache: ash_resource_base_filter() */
	AshSecurity security;
	AshDirectWrites direct_writes;

	List *deps;			/* names of resources this struct was compiled against */
	Oid relid;			/* cache of ash_resource_relid … */
	uint64 relid_epoch; /* … valid while no table or schema changed */

	/*
	 * Caches that rooms above keep here, each filled by its room on first use,
	 * allocated in cxt and freed with it.
	 */
	List *unrelated; /* expr/: of AshRelationship *, made for exists(resource, …) */
	struct AshPlanCache *saved_plans; /* exec/: saved plans */
	struct AshTable *table_shape;	  /* exec/: the table as the direct path needs it */
	uint64 columns_epoch; /* exec/: relation epoch when the column types were checked … */
	bool adds_tables;	  /* … and whether rewriting a statement on the table adds tables */
	struct AshRelatedRead *related; /* sql/: reads of relationships, by index */
	struct AshQualCache *quals;		/* hooks/: policies as expressions over the table */
};

#endif /* ASH_RESOURCE_H */
