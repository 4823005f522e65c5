/*-------------------------------------------------------------------------
 *
 * src/action/cascade.c
 *	  Changes that run actions of related resources, or read the row again:
 *	  cascade_destroy, cascade_update, get_and_lock.
 *
 * They are not in changeset/, which is below the rooms that run actions and
 * queries; ash_managed_init adds them to its registry.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/managed/managed.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/relationship.h"
#include "model/resource.h"

/*-------------------------------------------------------------------------
 * cascade_destroy, cascade_update
 *-------------------------------------------------------------------------
 */
typedef struct Cascade
{
	const char *relationship;
	const char *action;
	const char *read_action;
	bool return_notifications;
	bool after_action;
	List *copy_inputs; /* of char * */

	/* prepared */
	AshActionType type;
	AshManageOptions manage;
} Cascade;

#define CASCADE_OPTIONS                                                                          \
	ASH_OPTION(Cascade, "relationship", NAME, relationship, .flags = ASH_OPT_REQUIRED,           \
			   .doc = "the related records"),                                                    \
		ASH_OPTION(Cascade, "action", NAME, action,                                              \
				   .doc = "action to run for each of them; the primary one by default"),         \
		ASH_OPTION(Cascade, "read_action", NAME, read_action, .doc = "action that finds them"),  \
		ASH_OPTION(Cascade, "return_notifications", BOOL, return_notifications, .dflt = "false", \
				   .doc = "their notifications come with those of the record; they always do")

static const AshOpt cascade_destroy_options[] = {
	CASCADE_OPTIONS,
	ASH_OPTION(Cascade, "after_action", BOOL, after_action, .dflt = "false",
			   .doc = "true: after the record itself was destroyed, which a foreign key forbids"),
	ASH_OPT_END
};

static const AshOpt cascade_update_options[] = {
	CASCADE_OPTIONS,
	ASH_OPTION(Cascade, "copy_inputs", NAMES, copy_inputs, .doc = "inputs handed on to the action"),
	ASH_OPT_END
};

static const AshSpec cascade_destroy_spec =
	ASH_SPEC("cascade_destroy", Cascade, cascade_destroy_options, .shorthand = "relationship",
			 .doc = "a relationship");
static const AshSpec cascade_update_spec =
	ASH_SPEC("cascade_update", Cascade, cascade_update_options, .shorthand = "relationship",
			 .doc = "a relationship and inputs");

/*
 * Resolves the relationship, whose rows must be tied by attributes; false after adding an
 * error.
 */
static bool
prepare_cascade(const AshBuiltinScope *scope, Cascade *opts, AshErrors *errors)
{
	opts->manage.rel = ash_find_relationship(scope->res, opts->relationship);
	opts->manage.argument = opts->manage.relationship = opts->relationship;
	opts->manage.authorize = true;
	if (opts->manage.rel != NULL)
		return ash_managing_check(scope->res, opts->manage.rel, errors);
	(void) ash_error_unknown(errors, "relationship", opts->relationship,
							 ash_relationship_names(scope->res), "no such relationship \"%s\"",
							 opts->relationship);
	return false;
}

static bool
prepare_cascade_destroy(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	((Cascade *) options)->type = ASH_ACTION_DESTROY;
	return prepare_cascade(scope, options, errors);
}

static bool
prepare_cascade_update(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	((Cascade *) options)->type = ASH_ACTION_UPDATE;
	((Cascade *) options)->after_action = true;
	return prepare_cascade(scope, options, errors);
}

/*
 * AshHookFn: runs the action for each row that is related to the stored row; false after
 * adding errors.
 */
static bool
cascade(AshChangeset *cs, void *arg)
{
	Cascade *opts = arg;
	AshManaged managed = { opts->manage.rel, NULL, &opts->manage, opts->relationship };
	AshManaging m;
	AshAction *action;
	Jsonb *input;
	ListCell *lc;

	ash_managing_begin(&m, cs, &managed);
	m.read_action = opts->read_action;
	action = ash_managing_action(&m, m.dest, opts->action, opts->type);
	if (action == NULL)
		return false;
	input = ash_input_split(cs->input, opts->copy_inputs, true);
	foreach (lc, ash_managing_related(&m))
	{
		CHECK_FOR_INTERRUPTS();
		if (ash_managing_write(&m, m.dest, action, input, lfirst(lc), NIL) == NULL)
			return false;
	}
	return !ash_errors_any(cs->call->errors);
}

/*
 * Puts the action of the related rows off: before the write, or after it (after_action). A new
 * row has none.
 */
static bool
run_cascade(AshChangeset *cs, void *options)
{
	Cascade *opts = options;

	if (cs->data != NULL)
		ash_changeset_add_hook(opts->after_action ? &cs->after_action : &cs->before_action, cascade,
							   opts, false);
	return true;
}

/*-------------------------------------------------------------------------
 * get_and_lock, get_and_lock_for_update
 *-------------------------------------------------------------------------
 */
typedef struct GetAndLock
{
	int lock;
	bool skip_atomic;
} GetAndLock;

static const char *const locks[] = { "for_update", NULL };

static const AshOpt get_and_lock_options[] = {
	ASH_OPTION(GetAndLock, "lock", ENUM, lock, .dflt = "\"for_update\"", .choices = locks,
			   .doc = "kind of row lock"),
	ASH_OPTION(GetAndLock, "skip_atomic", BOOL, skip_atomic, .dflt = "false",
			   .doc = "nothing to do when the row is not read first"),
	ASH_OPT_END
};

static const AshSpec get_and_lock_spec = ASH_SPEC("get_and_lock", GetAndLock, get_and_lock_options,
												  .shorthand = "lock", .doc = "a lock");

/*
 * AshHookFn: reads the stored row again and locks it, since the one at hand may be older;
 * false after adding an error: it is gone.
 */
static bool
read_again(AshChangeset *cs, void *arg)
{
	AshQuery *query = ash_query_bare(cs->call, cs->res);
	List *rows;

	query->filters = list_make1(ash_query_key_filter(cs->res, cs->data));
	query->lock = ASH_LOCK_UPDATE;
	rows = ash_query_fetch(query, 1);
	if (rows == NIL)
	{
		ash_error_add(cs->call->errors, ASH_E_STALE_RECORD, NULL,
					  "Attempted to update stale record of %s", cs->res->name);
		return false;
	}
	cs->data = linitial(rows);
	return true;
}

static bool
run_get_and_lock(AshChangeset *cs, void *options)
{
	if (cs->data != NULL)
		ash_changeset_add_hook(&cs->before_action, read_again, NULL, true);
	return true;
}

static bool
nothing(AshChangeset *cs, void *options)
{
	return true;
}

const AshChangeDef ash_cascade_changes[] = {
	{ "cascade_destroy", "Destroys related records with one of their actions.",
	  &cascade_destroy_spec, NULL, prepare_cascade_destroy, run_cascade, NULL },
	{ "cascade_update", "Updates related records with one of their actions.", &cascade_update_spec,
	  NULL, prepare_cascade_update, run_cascade, NULL },
	{ "get_and_lock", "Reads the row again under a lock before it is changed.", &get_and_lock_spec,
	  NULL, NULL, run_get_and_lock, nothing },
	{ "get_and_lock_for_update", "The same as get_and_lock.", &get_and_lock_spec, NULL, NULL,
	  run_get_and_lock, nothing },
	{ NULL }
};

/* Registers the changes that run other actions. Called once when the library is loaded. */
void
ash_managed_init(void)
{
	ash_change_register(ash_relationship_changes);
	ash_change_register(ash_cascade_changes);
}
