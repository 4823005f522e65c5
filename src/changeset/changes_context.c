/*-------------------------------------------------------------------------
 *
 * src/changeset/changes_context.c
 *	  Changes of what surrounds the write: its context, the rows it may touch,
 *	  what the result shows, the log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"
#include "model/action_def.h"
#include "utils/builtins.h"

/*-------------------------------------------------------------------------
 * set_context, load: the payload is a JSON value as it stands
 *-------------------------------------------------------------------------
 */
typedef struct Payload
{
	json_t *json;

	/* prepared */
	Jsonb *value;
} Payload;

static const AshOpt set_context_options[] = {
	ASH_OPTION(Payload, "context", JSON, json, .flags = ASH_OPT_REQUIRED,
			   .doc = "object merged into the context of the call"),
	ASH_OPT_END
};

static const AshSpec set_context_spec =
	ASH_SPEC("set_context", Payload, set_context_options, .doc = "an object");

static const AshOpt load_options[] = {
	ASH_OPTION(Payload, "load", JSON, json, .flags = ASH_OPT_REQUIRED,
			   .doc = "what to load, as in the option load of a call"),
	ASH_OPT_END
};

static const AshSpec load_spec = ASH_SPEC("load", Payload, load_options, .doc = "a load statement");

/* Checks that the context is an object; false after adding an error. */
static bool
prepare_set_context(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Payload *opts = options;

	if (!json_is_object(opts->json))
	{
		ash_error_definition(errors, NULL, "a context is an object");
		return false;
	}
	opts->value = ash_jsonb_from_json(opts->json);
	return true;
}

static bool
run_set_context(AshChangeset *cs, void *options)
{
	cs->call->bindings.context =
		ash_jsonb_merge(cs->call->bindings.context, ((Payload *) options)->value);
	return true;
}

/*
 * Checks the kind of the statement only: what it names is resolved when the record is loaded.
 * False after adding an error.
 */
static bool
prepare_load_change(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Payload *opts = options;

	if (!json_is_array(opts->json) && !json_is_object(opts->json) && !json_is_string(opts->json))
	{
		ash_error_definition(errors, NULL, "load takes a name, a list or an object");
		return false;
	}
	opts->value = ash_jsonb_from_json(opts->json);
	return true;
}

static bool
run_load(AshChangeset *cs, void *options)
{
	cs->load = ash_load_merge(cs->load, ((Payload *) options)->value);
	return true;
}

/*-------------------------------------------------------------------------
 * select, ensure_selected
 *-------------------------------------------------------------------------
 */
typedef struct Select
{
	List *fields; /* of char * */
} Select;

static const AshOpt select_options[] = {
	ASH_OPTION(Select, "fields", NAMES, fields, .flags = ASH_OPT_REQUIRED,
			   .doc = "attributes of the result; keys are always there"),
	ASH_OPT_END
};

static const AshSpec select_spec =
	ASH_SPEC("select", Select, select_options, .shorthand = "fields", .doc = "names of attributes");

/* False after adding an error for each name that is no attribute. */
static bool
prepare_select_change(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	AshSubject subject;
	ListCell *lc;
	bool ok = true;

	foreach (lc, ((Select *) options)->fields)
		ok &= ash_subject_resolve(scope, "fields", lfirst(lc), ASH_SUBJECT_ATTRIBUTE, errors,
								  &subject);
	return ok;
}

static bool
run_select(AshChangeset *cs, void *options)
{
	cs->select = list_copy(((Select *) options)->fields);
	cs->select_given = true;
	return true;
}

/* Adds to a selection; without one everything is selected already. */
static bool
run_ensure_selected(AshChangeset *cs, void *options)
{
	if (cs->select_given)
		cs->select = list_concat_copy(cs->select, ((Select *) options)->fields);
	return true;
}

/*-------------------------------------------------------------------------
 * filter
 *-------------------------------------------------------------------------
 */
typedef struct Filter
{
	const char *source;

	/* prepared */
	AshExpr *expr;
	bool uses_actor;
} Filter;

static const AshOpt filter_options[] = { ASH_OPTION(Filter, "expr", EXPR, source,
													.flags = ASH_OPT_REQUIRED,
													.doc = "condition the stored row must satisfy"),
										 ASH_OPT_END };

static const AshSpec filter_spec =
	ASH_SPEC("filter", Filter, filter_options, .shorthand = "expr", .doc = "an expression");

/* Parses the condition; false after adding an error. */
static bool
prepare_filter(const AshBuiltinScope *scope, void *options, AshErrors *errors)
{
	Filter *opts = options;
	AshScope names = ash_scope_for(scope->res, scope->action);

	opts->expr = ash_expr_parse(opts->source, &names, errors);
	opts->uses_actor = opts->expr != NULL && ash_expr_uses_actor(opts->expr);
	return opts->expr != NULL;
}

/*
 * Adds the condition to those on the row to write. A condition on the actor needs one: false
 * after adding an error.
 */
static bool
run_filter(AshChangeset *cs, void *options)
{
	Filter *opts = options;

	if (opts->uses_actor && !cs->call->bindings.has_actor)
	{
		ash_error_add(cs->call->errors, ASH_E_ACTION_REQUIRES_ACTOR, NULL, "actor is required");
		return false;
	}
	if (cs->type != ASH_ACTION_CREATE)
		cs->filters = lappend(cs->filters, opts->expr);
	return true;
}

/*-------------------------------------------------------------------------
 * debug_log
 *-------------------------------------------------------------------------
 */
typedef struct DebugLog
{
	const char *label;
} DebugLog;

static const AshOpt debug_log_options[] = {
	ASH_OPTION(DebugLog, "label", STRING, label, .doc = "put in front of the line"), ASH_OPT_END
};

static const AshSpec debug_log_spec =
	ASH_SPEC("debug_log", DebugLog, debug_log_options, .shorthand = "label", .doc = "a label");

/* Writes the changeset to the server's log, sensitive values redacted. */
static bool
run_debug_log(AshChangeset *cs, void *options)
{
	const char *label = ((DebugLog *) options)->label;
	Jsonb *view = ash_changeset_view(cs, true);

	ereport(LOG, (errmsg("%s: %s", label != NULL ? label : "changeset",
						 JsonbToCString(NULL, &view->root, VARSIZE(view))),
				  errhidestmt(true)));
	return true;
}

const AshChangeDef ash_context_changes[] = {
	{ "set_context", "Merges an object into the context of the call.", &set_context_spec, "context",
	  prepare_set_context, run_set_context, run_set_context },
	{ "filter", "Adds a condition on the row to be written; a row that fails it is stale.",
	  &filter_spec, NULL, prepare_filter, run_filter, run_filter },
	{ "load", "Loads relationships, calculations and aggregates into the result.", &load_spec,
	  "load", prepare_load_change, run_load, run_load },
	{ "select", "Limits the result to some attributes.", &select_spec, NULL, prepare_select_change,
	  run_select, run_select },
	{ "ensure_selected", "Adds attributes to the selection.", &select_spec, NULL,
	  prepare_select_change, run_ensure_selected, run_ensure_selected },
	{ "debug_log", "Writes the changeset to the server's log.", &debug_log_spec, NULL, NULL,
	  run_debug_log, run_debug_log },
	{ NULL }
};
