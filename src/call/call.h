/*-------------------------------------------------------------------------
 *
 * src/call/call.h
 *	  One call: who calls, for which tenant, with which options and arguments.
 *
 * An AshCall is made by an API function, or by an action for a nested action, and is passed
 * through every room.  All state of a running action is reachable from it, so calls nest;
 * nothing about a running call is static except the pointer to the innermost one.  A call
 * lives in a memory context of its own.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CALL_H
#define ASH_CALL_H

#include "compat.h"

#include "datatype/timestamp.h"
#include "expr/expr.h"
#include "model/relationship.h"
#include "model/value_template.h"
#include "nodes/bitmapset.h"

typedef struct AshCall AshCall;

/* Strategies that a bulk call allows, in the order of the choices of "strategy". */
#define ASH_STRATEGY_ATOMIC 0x01
#define ASH_STRATEGY_ATOMIC_BATCHES 0x02
#define ASH_STRATEGY_STREAM 0x04
#define ASH_STRATEGY_GIVEN 0x80000000 /* the option was given, even as an empty list */

/*
 * What an API function takes beside its options.  The options "action" and "input" are
 * refused where they say what an argument says already.
 */
typedef enum AshCallShape
{
	ASH_CALL_BY_NAME,	 /* (resource, action, input, options) */
	ASH_CALL_WRITE,		 /* (resource, [record,] input, options) */
	ASH_CALL_READ,		 /* (resource, …, options) */
	ASH_CALL_CALCULATION /* (resource, calculation, arguments, options) */
} AshCallShape;

/* What a failing input of a bulk call rolls back. */
typedef enum AshBulkTransaction
{
	ASH_BULK_BATCH, /* its batch */
	ASH_BULK_ALL,	/* the call */
	ASH_BULK_NONE	/* only itself */
} AshBulkTransaction;

/*
 * Parsed options, by the names that they have in JSON.  A pointer is NULL when the option is absent
 * or null; where that makes a difference, …_given tells which.
 */
typedef struct AshOptions
{
	/* what is called; of the verbs, which have no arguments for it */
	const char *action; /* NULL: the primary one */
	Jsonb *input;		/* of a verb that reads: the action's arguments */

	/* the record of an update or destroy: scalar key or object; of a bulk call an array of them */
	JsonbValue *record;
	JsonbValue *records;

	/* who calls; see call_actor.c */
	bool actor_given; /* also set by null, which is "no actor" */
	Jsonb *actor;	  /* object or scalar key */
	bool tenant_given;
	JsonbValue *tenant; /* scalar */
	bool authorize_given;
	bool authorize;
	AshReadWith authorize_with;
	Jsonb *context;

	/* what is returned of a record */
	Jsonb *select;
	Jsonb *load;
	bool lazy; /* do not load again what a record holds */

	/* reads: which records; parsed in query/ */
	Jsonb *filter;
	Jsonb *sort; /* string or list */
	Jsonb *distinct;
	Jsonb *distinct_sort;
	AshOptInt limit;
	AshOptInt offset;
	Jsonb *page; /* object, or boolean false */
	const char *lock;
	bool not_found_error; /* default true for get, false for read_one */
	bool not_found_error_given;
	Jsonb *refs; /* values of the fields that a calculation refers to */

	/* writes */
	bool upsert_given;
	bool upsert;
	const char *upsert_identity;
	Jsonb *upsert_fields;
	bool return_skipped_given;
	bool return_skipped; /* "return_skipped_upsert" */
	Jsonb *skip_unknown_inputs;
	bool return_destroyed;
	bool return_notifications;
	Jsonb *notification_metadata;
	AshOptInt timeout; /* in milliseconds; of every call */

	/* bulk calls */
	AshOptInt batch_size;
	bool return_records;
	bool return_errors;
	bool stop_on_error;
	AshBulkTransaction transaction;
	uint32 strategies; /* of ASH_STRATEGY_…; 0 when the option was not given */
} AshOptions;

struct AshCall
{
	AshCall *parent; /* the call that was running when this one began, or NULL */
	bool nested;	 /* part of parent's action: not a call of its own from SQL */
	MemoryContext cxt;
	AshResource *res;
	AshAction *action; /* NULL for calls without one */
	AshOptions *opts;  /* never NULL */
	AshErrors *errors;

	/* who calls */
	bool authorize;		  /* policies are checked */
	bool actor_pending;	  /* the actor is the record with actor_key, not fetched yet */
	JsonbValue actor_key; /* scalar; see ash_action_fetch_actor */
	bool actor_read;	  /* a record of the actor resource, found by key */
	bool all_tenants;	  /* an outer action has "bypass_all" */

	/* arguments, by index */
	AshValue *args;
	bool *arg_set;		 /* supplied or defaulted */
	Bitmapset *row_args; /* arguments that each row gives: not missing, though they have no value */

	/* where a nested read comes from: names, or NULL */
	const char *accessing_from; /* a resource */
	const char *accessing_relationship;

	/* the running action */
	StringInfo out;		  /* where an API function gathers the result; NULL when nested */
	TimestampTz now;	  /* one "now" per action */
	AshBindings bindings; /* actor, tenant, context (deep-merged by set_context) and arguments */
	List *notifications;  /* of Jsonb *, gathered while running */
	List *forced;		  /* of AshForced *: what the outer action sets on a nested write */
	struct AshChangeset *changeset; /* the one of the write that runs, or NULL */
};

/* Values of action->metadata, by entry; zero: none is set yet. */
typedef struct AshMetadata
{
	AshValue *values;
	bool *set;
} AshMetadata;

/* Settings, defined in ash.c: the session's actor (JSON or a key) and tenant. */
extern char *ash_guc_actor;
extern char *ash_guc_tenant;

/* call.c */
extern AshCall *ash_call_current(void);
extern AshCall *ash_call_begin(MemoryContext context_parent, AshResource *res, AshAction *action,
							   AshOptions *opts, AshErrors *errors);
extern AshCall *ash_call_nested(AshCall *parent, AshResource *res, AshAction *action);
extern AshCall *ash_call_internal(MemoryContext context_parent, AshResource *res,
								  AshAction *action);
extern void ash_call_end(AshCall *call);
extern void ash_call_unwind(AshCall *call);
extern bool ash_call_can_skip_policies(const AshResource *from, const AshResource *res);
extern Jsonb *ash_call_context_for(const AshResource *from, const AshResource *res, Jsonb *context);

/* call_options.c */
extern AshOptions *ash_options_parse(Jsonb *options, AshCallShape shape, AshErrors *errors);
extern Jsonb *ash_jsonb_empty(void); /* {} */

/* call_actor.c */
extern void ash_call_identify(AshCall *call);
extern bool ash_call_actor_value(const AshCall *call, List *path, JsonbValue *out);
extern bool ash_call_tenant_value(AshCall *call, AshResource *res, AshValue *out);
extern bool ash_call_check_tenant(AshCall *call, const AshResource *res, const AshAction *action);
extern bool ash_tenant_required(const AshResource *res, const AshAction *action);
extern Oid ash_tenant_parser(const AshResource *res);

/* call_arguments.c */
extern void ash_call_cast_arguments(AshCall *call, const Jsonb *input);
extern bool ash_call_set_argument(AshCall *call, const AshArgument *arg, const JsonbValue *in);
extern void ash_call_complete_arguments(AshCall *call, bool required);
extern void ash_call_unknown_input(AshCall *call, const char *name, int len);

/* call_timeout.c */
extern void ash_call_timed(AshCall *call, void (*body)(AshCall *call, void *arg), void *arg);
extern AshErrors *ash_timeout_errors(const AshCall *call);

/* call_security.c: bracket what runs with the privileges that the resource asks for */
typedef struct AshSecurityState
{
	bool changed;
	Oid user;
	int context;
	int nest_level;
} AshSecurityState;

extern AshSecurityState ash_security_enter(const AshResource *res);
extern void ash_security_leave(const AshSecurityState *state);

/* call_template.c: templates ({"arg"}, {"actor"}, …) as JSON, or cast to a type; defaults */
extern void ash_call_template_json(AshCall *call, const AshTemplate *tmpl, JsonbValue *out);
extern bool ash_call_template(AshCall *call, const AshTemplate *tmpl, const AshTypeInst *type,
							  AshCast *cast, AshValue *out);
extern bool ash_call_is_sensitive(AshBindings *bindings, AshTemplateKind kind, List *path);
extern bool ash_call_default(AshCall *call, const AshDefault *dflt, const AshTypeInst *type,
							 AshCast *cast, AshValue *out);
extern void ash_call_verify_default(const AshDefault *dflt, AshErrors *errors);

#endif /* ASH_CALL_H */
