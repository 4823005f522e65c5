/*-------------------------------------------------------------------------
 *
 * src/model/resource.h
 *	  The compiled definition: plain C structs that every room above reads.
 *
 * An AshResource and all it points to are built in one memory context by
 * ash_resource_compile, are immutable afterwards (except the caches marked so)
 * and are freed whole.  Names of other resources are resolved through an
 * AshResourceRef at the time of use, never kept as a bare pointer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_RESOURCE_H
#define ASH_RESOURCE_H

#include "compat.h"

#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "type/type.h"

typedef struct AshResource AshResource;
typedef struct AshExpr AshExpr;
typedef struct AshStep AshStep;
typedef struct AshPolicy AshPolicy;
typedef struct AshChangeDef AshChangeDef;
typedef struct AshValidationDef AshValidationDef;
typedef struct AshPreparationDef AshPreparationDef;

/* Another resource by name; ash_ref_resource() gives the current struct. */
typedef struct AshResourceRef
{
	const char *name;	 /* "helpdesk.ticket" */
	AshResource *cached; /* valid while generation is current */
	uint64 generation;
} AshResourceRef;

typedef enum AshFieldUse
{
	ASH_USE_NO,
	ASH_USE_SIMPLE_EQUALITY,
	ASH_USE_YES
} AshFieldUse;

typedef enum AshTemplateKind
{
	ASH_TEMPLATE_LITERAL,
	ASH_TEMPLATE_ARG,
	ASH_TEMPLATE_ACTOR,
	ASH_TEMPLATE_CONTEXT,
	ASH_TEMPLATE_TENANT,
	ASH_TEMPLATE_EXPR,
	ASH_TEMPLATE_ATTRIBUTE /* compare operands: another field of the subject */
} AshTemplateKind;

/* A value of a built-in option: literal or template (DESIGN section 4). */
typedef struct AshTemplate
{
	AshTemplateKind kind;
	List *path;				 /* of char *: arg name, actor path, context path */
	json_t *json;			 /* ASH_TEMPLATE_LITERAL */
	Jsonb *literal;			 /* the same, for casting at run time */
	const AshTypeInst *type; /* when the owner cast the literal: its type … */
	AshValue value;			 /* … and value */
	const char *expr_source; /* ASH_TEMPLATE_EXPR: as written … */
	AshExpr *expr;			 /* … cache: ash_template_expr() */
} AshTemplate;

typedef enum AshDefaultKind
{
	ASH_DEFAULT_NONE,
	ASH_DEFAULT_LITERAL,  /* cast when compiled */
	ASH_DEFAULT_EXPR,	  /* evaluated when the action runs */
	ASH_DEFAULT_FUNCTION, /* SQL function of no arguments */
	ASH_DEFAULT_UUID,	  /* gen_random_uuid() without a call */
	ASH_DEFAULT_UUID_V7,
	ASH_DEFAULT_NOW /* the action's timestamp */
} AshDefaultKind;

typedef struct AshDefault
{
	AshDefaultKind kind;
	AshValue value;			 /* ASH_DEFAULT_LITERAL */
	json_t *again;			 /* the literal, when each record gets a value of its own, or NULL */
	const char *expr_source; /* ASH_DEFAULT_EXPR */
	AshExpr *expr;			 /* cache: ash_default_expr() */
	const char *function;	 /* ASH_DEFAULT_FUNCTION: as written, "schema.name" */
} AshDefault;

typedef struct AshAttribute
{
	const char *name;
	const char *description;
	const char *source;	  /* column */
	const char *json_key; /* "\"name\":" as it stands in JSON */
	int json_key_len;
	int index; /* in AshResource.attributes */
	AshTypeInst *type;
	bool public;
	bool sensitive;
	bool allow_nil;
	bool generated;
	bool writable;
	bool primary_key;
	bool always_select;
	bool select_by_default;
	bool match_other_defaults;
	AshFieldUse filterable;
	AshFieldUse sortable;
	AshDefault dflt;
	AshDefault update_default;
	const char *belongs_to; /* relationship that defined it, or NULL */
	const char *check_name; /* of the constraint made from the type's constraints, or NULL */
	const char *renamed_from;
	json_t *definition; /* expanded document node (schema planner) */
} AshAttribute;

typedef struct AshArgument
{
	const char *name;
	const char *description;
	int index;
	AshTypeInst *type;
	bool public;
	bool sensitive;
	bool allow_nil;
	bool allow_expr; /* of a calculation: may depend on the row */
	bool has_default;
	AshDefault dflt;
} AshArgument;

typedef enum AshRelKind
{
	ASH_REL_BELONGS_TO,
	ASH_REL_HAS_ONE,
	ASH_REL_HAS_MANY,
	ASH_REL_MANY_TO_MANY
} AshRelKind;

/* What policies do with rows of a related read that they do not let through. */
typedef enum AshReadWith
{
	ASH_READ_WITH_FILTER,
	ASH_READ_WITH_ERROR
} AshReadWith;

typedef struct AshSortItem AshSortItem;

typedef struct AshRelationship
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
	bool public;
	bool writable;
	bool filterable;
	bool sortable;
	bool allow_nil;
	bool primary_key;
	bool no_attributes; /* source and destination attribute do not tie the rows */
	bool from_many;
	bool authorize;
	int authorize_read_with;	/* AshReadWith */
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
} AshRelationship;

typedef struct AshCalculation
{
	const char *name;
	const char *description;
	int index;
	AshTypeInst *type;
	bool public;
	bool sensitive;
	bool allow_nil;
	AshFieldUse filterable;
	AshFieldUse sortable;
	int nargs;
	AshArgument **args;
	const char *expr_source; /* or NULL */
	AshExpr *expr;			 /* cache: ash_calculation_expr() */
	int late;				 /* cache: ash_calculation_is_late(): 0 unknown, 1 no, 2 yes */
	const char *function;	 /* SQL function of the row, or NULL */
	json_t *batch_function;	 /* name of a SQL function of all records that are shown, or NULL */
	void *batch;			 /* query/: the function, once it was looked up */
	json_t *load;			 /* what the records have for it, or NULL */
} AshCalculation;

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

typedef struct AshAggregate
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
	bool public;
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
} AshAggregate;

typedef struct AshIdentity
{
	const char *name;
	const char *description;
	List *keys;		   /* of char *: attribute names */
	const char *where; /* expression source, or NULL */
	bool nils_distinct;
	bool eager_check;
	bool pre_check;
	bool all_tenants;
	const char *message;
	List *field_names;		/* of char *, or NIL = keys */
	const char *index_name; /* of the unique index */
} AshIdentity;

typedef enum AshActionType
{
	ASH_ACTION_CREATE,
	ASH_ACTION_READ,
	ASH_ACTION_UPDATE,
	ASH_ACTION_DESTROY,
	ASH_ACTION_GENERIC
} AshActionType;

#define ASH_ON(type) (1 << (type))

/* A check-constraint, custom index or statement of the definition. */
typedef struct AshCheckConstraint
{
	const char *name;
	const char *check; /* SQL or expression source */
	const char *message;
	List *fields; /* of char * */
} AshCheckConstraint;

/* An index or constraint of the table whose violation is an error of fields. */
typedef struct AshNamedConstraint
{
	const char *name;
	const char *message;
	List *fields; /* of char *; NIL: the record as a whole */
} AshNamedConstraint;

/* One step of an action: a change or a validation, in declared order. */
struct AshStep
{
	const AshChangeDef *change; /* exactly one of the two is set */
	const AshValidationDef *validation;
	void *options; /* the built-in's filled and prepared struct */
	List *where;   /* of AshStep *: guard validations */
	bool only_when_valid;
	bool before_action;
	bool always_atomic;
	const char *message; /* replaces the validation's, or NULL */
	uint32 on;			 /* ASH_ON() bits; resource level only */
	const char *description;
};

typedef struct AshPreparation
{
	const AshPreparationDef *preparation; /* NULL: a validation on the read … */
	AshStep *validation;				  /* … is here */
	void *options;
	List *where;
	bool only_when_valid;
	uint32 on;
} AshPreparation;

typedef enum AshCountable
{
	ASH_COUNTABLE_NO,
	ASH_COUNTABLE_YES,
	ASH_COUNTABLE_BY_DEFAULT
} AshCountable;

typedef struct AshPagination
{
	bool offset;
	bool keyset;
	bool required;
	AshOptInt default_limit;
	int64 max_page_size;
	int countable; /* AshCountable */
} AshPagination;

typedef enum AshActionTenancy
{
	ASH_TENANCY_ENFORCE,
	ASH_TENANCY_ALLOW_GLOBAL,
	ASH_TENANCY_BYPASS,
	ASH_TENANCY_BYPASS_ALL
} AshActionTenancy;

/* What an input key of an action is. */
typedef struct AshInput
{
	const char *name;
	int namelen;
	const AshAttribute *attribute; /* exactly one of the two is set */
	const AshArgument *argument;
} AshInput;

typedef struct AshAction
{
	const char *name;
	const char *description;
	int index;
	AshActionType type;
	bool primary;
	bool transaction;
	bool public;
	int multitenancy; /* AshActionTenancy */

	int nargs;
	AshArgument **args;
	Bitmapset *accept; /* attribute indexes */
	int ninputs;
	AshInput *inputs;		   /* sorted by length, then bytes: jsonb key order */
	List *require_attributes;  /* of char * */
	List *allow_nil_input;	   /* of char * */
	List *skip_unknown_inputs; /* of char *; "*" for all */
	json_t *steps_json;		   /* list of changes and validations in declared order, or NULL */
	bool steps_compiled;
	List *steps;	   /* cache: ash_action_steps(); of AshStep *: action level, resource changes */
	List *validations; /* cache: resource-level validations that apply */
	bool skip_global_validations;
	bool delay_global_validations;

	/* create */
	bool upsert;
	const char *upsert_identity;
	json_t *upsert_fields;
	const char *upsert_condition;
	bool return_skipped_upsert;

	/* update, destroy */
	bool soft;

	/* read */
	bool get;
	List *get_by; /* of char * */
	const char *filter_source;
	AshExpr *filter;	  /* cache: ash_action_filter() */
	json_t *prepare_json; /* or NULL */
	bool preparations_compiled;
	List *preparations;		   /* cache: ash_action_preparations(); resource level first */
	AshPagination *pagination; /* or NULL */
	AshOptInt timeout;		   /* ms */

	/* create, update, destroy, read: instead of the data layer */
	json_t *manual_json; /* name of a function or {"function", "options"}, or NULL */
	void *manual;		 /* cache: the function */
	int nmetadata;
	AshArgument **metadata; /* what it says about the record it gives back */

	/* generic */
	const char *run; /* SQL function name */
	json_t *run_options;
	const AshTypeInst *returns;

	json_t *definition;
} AshAction;

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

typedef enum AshAuthorize
{
	ASH_AUTHORIZE_BY_DEFAULT,
	ASH_AUTHORIZE_ALWAYS,
	ASH_AUTHORIZE_WHEN_REQUESTED
} AshAuthorize;

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

/* Options of the domain that its resources need; copied into each. */
typedef struct AshDomain
{
	const char *name;
	const char *schema;
	int authorize; /* AshAuthorize */
	bool require_actor;
	const char *actor_resource; /* "helpdesk.representative", or NULL */
	const char *actor_source;	/* "claims", "current_user" or NULL */
	int default_page_type;		/* 0 offset, 1 keyset */
	json_t *functions;			/* name → {"function", "arguments", "returns"}, or NULL */
} AshDomain;

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
	int private_fields;		   /* AshPrivateFields */
	int default_access_type;   /* AshAccessType */

	int tenancy; /* AshTenancyStrategy */
	AshAttribute *tenant_attribute;
	bool tenant_global;
	const char *tenant_parser; /* SQL function, "schema.name": tenant → attribute; or NULL */
	Jsonb *default_context;	   /* or NULL */

	const char *base_filter_source;
	AshExpr *base_filter; /* cache: ash_resource_base_filter() */
	int security;		  /* AshSecurity */
	int direct_writes;	  /* AshDirectWrites */

	/* caches that rooms above hang here; allocated in cxt, freed with it */
	struct AshPlanCache *saved_plans; /* exec/saved_plans.c */
	struct AshTable *table_shape;	  /* exec/table_shape.c */
	uint64 columns_epoch;			  /* exec/check_columns.c: of the last check … */
	bool adds_tables;  /* … which found that rewriting a statement on the table adds others */
	void *query_cache; /* query/ */
	List *unrelated;   /* expr/: of AshRelationship *, to all rows of resources named in place */
	struct AshQualCache *quals; /* hooks/policy_quals.c */
	List *deps;					/* names of resources this struct was compiled against */
	Oid relid;					/* cache of ash_resource_relid … */
	uint64 relid_epoch;			/* … valid while no table or schema changed */
};

#endif /* ASH_RESOURCE_H */
