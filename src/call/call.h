/*-------------------------------------------------------------------------
 *
 * src/call/call.h
 *	  One call: who asks, for which tenant, with which options.
 *
 * An AshCall is made by an API function (or by an action for a nested action),
 * and carries the caller through every room.  All state of a running action
 * hangs off it, so calls nest; nothing about a running call is static except
 * the pointer to the innermost one.  It lives in its own memory context.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CALL_H
#define ASH_CALL_H

#include "compat.h"

#include "datatype/timestamp.h"
#include "expr/expr.h"
#include "model/value_template.h"
#include "nodes/bitmapset.h"

typedef struct AshCall AshCall;

/* Parsed options of DESIGN section 3. Jsonb pointers are NULL when absent. */
/* Strategies that a bulk call allows, in the order of the choices of "strategy". */
#define ASH_STRATEGY_ATOMIC 0x01
#define ASH_STRATEGY_ATOMIC_BATCHES 0x02
#define ASH_STRATEGY_STREAM 0x04
#define ASH_STRATEGY_GIVEN 0x80000000 /* the option was given, even as an empty list */

typedef struct AshOptions
{
	JsonbValue *record;	 /* scalar key or object; NULL when absent */
	JsonbValue *records; /* bulk: array of the same */
	bool actor_given;	 /* the key is present, even as null */
	Jsonb *actor;		 /* object or scalar key; NULL when null or absent */
	bool tenant_given;
	JsonbValue *tenant; /* scalar; NULL when null or absent */
	bool authorize_given;
	bool authorize;
	Jsonb *context;
	Jsonb *select;
	Jsonb *load;
	bool lazy; /* do not load again what a record holds */
	Jsonb *filter;
	Jsonb *sort; /* string or list */
	Jsonb *distinct;
	Jsonb *distinct_sort;
	AshOptInt limit;
	AshOptInt offset;
	Jsonb *page; /* object, or boolean false */
	const char *lock;
	bool upsert_given;
	bool upsert;
	const char *upsert_identity;
	Jsonb *upsert_fields;
	bool return_skipped_given;
	bool return_skipped;
	Jsonb *skip_unknown_inputs;
	bool return_destroyed;
	bool return_notifications;
	Jsonb *notification_metadata;
	AshOptInt timeout;
	bool not_found_error; /* default true for get, false for read_one */
	bool not_found_error_given;
	int authorize_with; /* 0 filter, 1 error */
	Jsonb *refs;		/* calculate */

	/* bulk */
	AshOptInt batch_size;
	bool return_records;
	bool return_errors;
	bool stop_on_error;
	bool sorted;
	bool notify;
	int transaction;   /* 0 batch, 1 all, 2 false */
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
	AshBindings bindings; /* actor, tenant, context (deep-merged by set_context) and arguments */

	bool authorize;	  /* decided from domain and options */
	bool actor_read;  /* a record of the actor resource, found by key */
	bool all_tenants; /* an outer action has "bypass_all" */

	AshValue *args;		 /* by argument index */
	bool *arg_set;		 /* supplied or defaulted */
	Bitmapset *row_args; /* arguments that each row gives: not missing, though they have no value */

	/* where a nested read comes from */
	const char *accessing_from; /* resource name, or NULL */
	const char *accessing_relationship;

	StringInfo out;		 /* where an API function gathers the result; NULL when nested */
	TimestampTz now;	 /* one "now" per action */
	List *notifications; /* of Jsonb *, gathered while running */
	List *forced;		 /* of AshForced *: what the outer action sets on a nested write */
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

/*
 * Reads the actor's record by key; set once by a higher room.  The result is the
 * record as an object in the call's context; NULL after adding an error.
 */
typedef Jsonb *(*AshActorLoader)(AshCall *call, AshResource *actor_resource, const JsonbValue *key);
extern void ash_call_set_actor_loader(AshActorLoader loader);

/* {} */
extern Jsonb *ash_jsonb_empty(void);

/* The innermost running call of this backend, or NULL. */
extern AshCall *ash_call_current(void);

/*
 * Start a call: parses options (an unknown key is an error), finds the actor
 * and tenant, decides authorize.  Problems are added to call->errors.  Never
 * returns NULL.  context_parent is where the call's context is made.
 */
extern AshCall *ash_call_begin(MemoryContext context_parent, AshResource *res, AshAction *action,
							   Jsonb *options);

/* call_options.c: only errors of call are used; in CurrentMemoryContext */
extern AshOptions *ash_options_parse(AshCall *call, Jsonb *options);

/*
 * A call inside another: same actor, tenant, authorize, context; own errors unless shared.
 * Authorization stays off for resources only that the outer one's owner may speak for.
 */
extern AshCall *ash_call_nested(AshCall *parent, AshResource *res, AshAction *action);
extern bool ash_call_can_skip_policies(const AshResource *from, const AshResource *res);

/*
 * A call of nobody's: no actor, no tenant, no authorization.  For what an action has to
 * do when no call is running: literals of definitions.
 */
extern AshCall *ash_call_internal(MemoryContext context_parent, AshResource *res,
								  AshAction *action);

/*
 * The context for a call about res: its default_context below context, which is that
 * of a call about from (or NULL) and leaves the default of from behind.
 */
extern Jsonb *ash_call_context_for(const AshResource *from, const AshResource *res, Jsonb *context);

/* End it: pops the stack and deletes the memory context. Errors pop by the context's callback. */
extern void ash_call_end(AshCall *call);

/* Forget calls begun inside call that an error has left behind. */
extern void ash_call_unwind(AshCall *call);

/*
 * call_timeout.c: run body for as long as the call may take; a timeout is raised as the error
 * of ASH_E_TIMEOUT.  Who catches it can ask whether it is the call's, and add it again.
 */
extern void ash_call_timed(AshCall *call, void (*body)(AshCall *call, void *arg), void *arg);
extern bool ash_timeout_caught(const AshCall *call);
extern void ash_timeout_add_error(const AshCall *call, AshErrors *errors);

/* call_security.c: bracket what runs with the rights that the resource asks for */
typedef struct AshSecurityState
{
	bool changed;
	Oid user;
	int context;
	int nest_level;
} AshSecurityState;

extern AshSecurityState ash_security_enter(const AshResource *res);
extern void ash_security_leave(const AshSecurityState *state);

/* Reads and generic actions: cast and store every input; adds errors, also for unknown ones. */
extern void ash_call_cast_arguments(AshCall *call, const Jsonb *input);
/* Cast and store one argument. */
extern bool ash_call_set_argument(AshCall *call, const AshArgument *arg, const JsonbValue *in);
/* Is an unknown input of that name to be ignored? */
extern bool ash_call_skips_input(const AshCall *call, const char *name, int len);
extern void ash_call_argument_defaults(AshCall *call);
extern void ash_call_required_arguments(AshCall *call);

/*
 * The tenant cast to the tenant attribute's type.  False without one; with required
 * set (and the resource not global) a TENANT_REQUIRED has been added then.
 */
extern bool ash_call_tenant_value(AshCall *call, AshResource *res, bool required, AshValue *out);

/* the function of multitenancy.parse_attribute; InvalidOid when there is none that fits */
extern Oid ash_tenant_parser(const AshResource *res);

/* The value of a default (literal, expression, function, uuid, now). */
extern bool ash_call_default(AshCall *call, const AshDefault *dflt, const AshTypeInst *type,
							 AshCast *cast, AshValue *out);

/* Whether a default that is a function can be called at all; adds an error when not. */
extern void ash_call_verify_default(const AshDefault *dflt, AshErrors *errors);

/* The NoSuchInput error with its hints and suggestions (spec section 18). */
extern void ash_call_no_such_input(AshCall *call, const char *name, int len);

#endif /* ASH_CALL_H */
