/*-------------------------------------------------------------------------
 *
 * src/changeset/changeset.h
 *	  Input → changes: casting, defaults, built-in changes and validations.
 *
 * A changeset belongs to one call and lives in its memory context.  Values are
 * arrays indexed like AshResource.attributes.  Errors go to call->errors; a
 * step never raises.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CHANGESET_H
#define ASH_CHANGESET_H

#include "call/call.h"
#include "exec/exec.h"
#include "model/action_def.h"

typedef struct AshChangeset AshChangeset;
typedef struct AshHook AshHook;

#define ASH_CHANGING 0x01  /* the attribute is in the changes */
#define ASH_DEFAULTED 0x02 /* … put there by a default */
#define ASH_INVALID 0x04   /* its input failed to cast */
#define ASH_ATOMIC 0x08	   /* atomics[i] computes it from the stored row */
#define ASH_TOUCHED 0x10   /* a value was given, even one equal to the stored value */

/* A deferred piece of work; returns false after adding an error. */
typedef bool (*AshHookFn)(AshChangeset *cs, void *arg);

struct AshHook
{
	AshHookFn fn;
	void *arg;
};

/*
 * A value that the action which started a nested write sets on it (a foreign
 * key), whatever the nested action accepts; AshCall.forced.
 */
typedef struct AshForced
{
	const AshAttribute *attribute;
	AshValue value;
} AshForced;

/* One manage_relationship request (change or call); carried out by action/managed/managed.c. */
typedef struct AshManaged
{
	AshRelationship *relationship;
	Jsonb *input; /* NULL for nil */
	const struct AshManageOptions *options;
	const char *argument; /* for error paths */
	List *records;		  /* of AshValue *: what is related afterwards, in order */
	bool done;			  /* records is the answer */
} AshManaged;

struct AshChangeset
{
	AshCall *call;
	AshResource *res;
	AshAction *action;
	AshActionType type; /* a soft destroy is UPDATE here, action->type DESTROY */
	const Jsonb *input;

	AshValue *data;		 /* stored row, by attribute; NULL on create */
	AshRowHandle handle; /* where that row is, when it was locked by key */
	AshValue *values;	 /* changed values */
	uint8 *flags;		 /* ASH_CHANGING … */
	AshExpr **atomics;	 /* or NULL entries */

	List *filters;		 /* of AshExpr *: extra conditions on the row to write */
	List *before_action; /* of AshHook *, in order */
	List *after_action;
	List *after_transaction;
	List *managed; /* of AshManaged *, in order */
	Jsonb *load;   /* added by the load change, or NULL */
	List *select;  /* of char *: by the select change; NIL = all */
	bool select_given;

	/* a write of a bulk call: what policies say about all of them, or NULL */
	const struct AshAuthorizeResult *decided;

	/* of char *: members of the record's JSON, "\"key\": value" (managed relationships) */
	List *extras;
	AshMetadata metadata; /* what is said about the record besides its fields */
	AshValue *result;	  /* the row after the write, by attribute */
	bool upsert_skipped;
};

/* changeset.c: the steps of a changeset, in the order in which the life cycle runs them */
extern AshChangeset *ash_changeset_create(AshCall *call, const Jsonb *input, AshValue *data);
extern void ash_changeset_cast_input(AshChangeset *cs);
extern void ash_changeset_require(AshChangeset *cs);
extern void ash_changeset_literal_defaults(AshChangeset *cs);
extern void ash_changeset_run_steps(AshChangeset *cs);
extern void ash_changeset_check_accepted(AshChangeset *cs);
extern void ash_changeset_lazy_defaults(AshChangeset *cs);
extern void ash_changeset_check_required(AshChangeset *cs);
extern bool ash_changeset_run_hooks(AshChangeset *cs, List *hooks);
extern bool ash_changeset_is_empty(const AshChangeset *cs);

/* cs->extras (and _upsert_skipped) as one text for ash_records_write, or NULL */
extern StringInfo ash_changeset_extra(const AshChangeset *cs);

/* changeset_access.c */
extern bool ash_changeset_changing(const AshChangeset *cs, const AshAttribute *attr);
/* changes over data */
extern AshValue ash_changeset_attribute(const AshChangeset *cs, const AshAttribute *attr);
/* casts and records; false after adding an error.  Equal values on update are no change. */
extern bool ash_changeset_force(AshChangeset *cs, const AshAttribute *attr, const JsonbValue *in);
extern void ash_changeset_force_value(AshChangeset *cs, const AshAttribute *attr, AshValue value);
/* evaluates own-attribute expressions over changes-over-data */
extern bool ash_changeset_ref(void *changeset, const AshExpr *ref, AshValue *out);
/* is the relationship managed or its foreign key changing? */
extern bool ash_changeset_changing_relationship(const AshChangeset *cs, const char *name);
/* Two load statements as one; either may be NULL. */
extern Jsonb *ash_load_merge(Jsonb *a, Jsonb *b);
/* changeset_view.c: what functions and logs see of a changeset; redact hides sensitive values */
extern Jsonb *ash_changeset_view(AshChangeset *cs, bool redact);
extern void ash_changeset_add_hook(List **hooks, AshHookFn fn, void *arg, bool prepend);

/*-------------------------------------------------------------------------
 * Built-ins
 *
 * Each is one registry entry.  Its options are described by an AshSpec and
 * filled into a struct; fields of that struct that the spec does not name hold
 * what prepare resolved.  All of it lives in the resource.
 *-------------------------------------------------------------------------
 */
typedef struct AshBuiltinScope
{
	AshResource *res;  /* attributes, relationships are known; not yet other resources */
	AshAction *action; /* or NULL at resource level */
	bool shared;	   /* a step of the resource: it may name arguments of other actions */
} AshBuiltinScope;

struct AshChangeDef
{
	const char *name;
	const char *doc;
	const AshSpec *spec;
	const char *payload; /* option that the value under the name is, or NULL */
	/* resolve names, cast literals, compile expressions; adds definition errors */
	bool (*prepare)(const AshBuiltinScope *scope, void *options, AshErrors *errors);
	/* false after adding an error */
	bool (*run)(AshChangeset *cs, void *options);
	/* the same when the stored row is not known (one UPDATE for many rows), or NULL: not atomic */
	bool (*atomic)(AshChangeset *cs, void *options);
};

/*
 * A validation is a predicate and a description of what it wants.  The error is
 * made from the description only when the predicate fails and the error is to be
 * reported; guards, negate and any never make one.
 */
struct AshValidationDef
{
	const char *name;
	const char *doc;
	const AshSpec *spec;
	const char *payload;
	bool (*prepare)(const AshBuiltinScope *scope, void *options, AshErrors *errors);
	bool (*passes)(AshChangeset *cs, void *options);
	/*
	 * Sets code, field or fields, message (a template) and vars; allocates in
	 * CurrentMemoryContext, which is the one of errors.
	 */
	void (*describe)(AshChangeset *cs, void *options, AshErrors *errors, AshError *error);
	/* Or, instead of the two: adds its errors itself; errors NULL = only the answer. */
	bool (*validate)(AshChangeset *cs, void *options, AshErrors *errors);
	/* Names of the vars, separated by spaces; NULL when they are not known before. */
	const char *vars;
};

extern const AshChangeDef *ash_change_lookup(const char *name);
extern const AshChangeDef *ash_changes(int *count);
extern const AshSpec ash_step_spec; /* what stands beside the name of a built-in */
extern const AshValidationDef *ash_validation_lookup(const char *name);
extern const AshValidationDef *ash_validations(int *count);

/*
 * Further entries: a NULL-named end closes the table, which must live as long as
 * the backend.  The action room adds what runs other actions this way, and so
 * may another library.
 */
extern void ash_change_register(const AshChangeDef *table);
extern void ash_validation_register(const AshValidationDef *table);

/*
 * steps.c: the action's steps and the resource's changes and validations that
 * apply to it, compiled on first use into action->steps and action->validations.
 * errors is NULL at run time.
 */
extern void ash_action_steps(AshResource *res, AshAction *action, AshErrors *errors);
/* [{"string_length": {…}, "message": …}, …] → List of AshStep * (where guards, preparations) */
extern List *ash_steps_compile(const AshBuiltinScope *scope, json_t *list, bool allow_changes,
							   bool allow_validations, AshErrors *errors);
/* the resource's validations that are for the action of scope */
extern List *ash_resource_validations(const AshBuiltinScope *scope, AshErrors *errors);
/* what stands under a built-in's name in node, as the object that its spec describes */
extern json_t *ash_builtin_options(json_t *node, const char *name, const char *payload);
/* Run it if its guards let it; false after adding an error. */
extern bool ash_step_run(AshChangeset *cs, const AshStep *step);
/* Do all validations of the list pass?  Adds nothing. */
extern bool ash_steps_pass(AshChangeset *cs, List *steps);

#endif /* ASH_CHANGESET_H */
