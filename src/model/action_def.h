/*-------------------------------------------------------------------------
 *
 * src/model/action_def.h
 *	  A compiled action.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_ACTION_DEF_H
#define ASH_ACTION_DEF_H

#include "model/model_types.h"
#include "nodes/bitmapset.h"
#include "type/type.h"

typedef enum AshActionType
{
	ASH_ACTION_CREATE,
	ASH_ACTION_READ,
	ASH_ACTION_UPDATE,
	ASH_ACTION_DESTROY,
	ASH_ACTION_GENERIC
} AshActionType;

/* The name of each AshActionType in documents, NULL-terminated. */
extern const char *const ash_action_types[];

/* The bit of a type in a set of them. */
#define ASH_ON(type) (1 << (type))

typedef enum AshCountable
{
	ASH_COUNTABLE_NO,
	ASH_COUNTABLE_YES,
	ASH_COUNTABLE_BY_DEFAULT
} AshCountable;

/* Pages of a read action. */
struct AshPagination
{
	bool offset;
	bool keyset;
	bool required;
	AshOptInt default_limit;
	int64 max_page_size;
	AshCountable countable;
};

/* What the tenant of the call means to an action. */
typedef enum AshActionTenancy
{
	ASH_TENANCY_ENFORCE,
	ASH_TENANCY_ALLOW_GLOBAL,
	ASH_TENANCY_BYPASS,
	ASH_TENANCY_BYPASS_ALL
} AshActionTenancy;

/* What a key of the input of an action is. */
struct AshInput
{
	const char *name;
	int namelen;
	const AshAttribute *attribute; /* exactly one of the two is set */
	const AshArgument *argument;
};

struct AshAction
{
	const char *name;
	const char *description;
	int index;
	AshActionType type;
	bool primary;
	bool transaction;
	bool is_public;
	AshActionTenancy multitenancy;

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
	json_t *manual_json;		/* name of a function or {"function", "options"}, or NULL */
	struct AshFunction *manual; /* cache, call/: that function */
	int nmetadata;
	AshArgument **metadata; /* values returned beside the record */

	/* generic */
	const char *run; /* SQL function name */
	json_t *run_options;
	const AshTypeInst *returns;

	json_t *definition;
};

#endif /* ASH_ACTION_DEF_H */
