/*-------------------------------------------------------------------------
 *
 * src/changeset/steps.c
 *	  Steps: definitions of changes and validations → AshStep, and running one.
 *
 * A step is one key that names a built-in, beside common options (where,
 * message, …).  Which built-ins exist, and what their options are, only the
 * registry knows.  Steps are compiled into their resource on first use, with the
 * resource's own changes and validations repeated for each action they apply
 * to: names are then resolved once, and a step never asks which action it is in.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/resource.h"
#include "model/step.h"

/* The common options, as they stand in a definition. */
typedef struct StepOptions
{
	json_t *where;
	bool only_when_valid;
	bool before_action;
	const char *message;
	const char *description;
	List *on;
	int as;
} StepOptions;

static const char *const step_kinds[] = { "change", "validation", NULL };

static const AshOpt step_options[] = {
	ASH_OPTION(StepOptions, "where", JSON, where,
			   .doc = "validations that must all pass for the step to run"),
	ASH_OPTION(StepOptions, "only_when_valid", BOOL, only_when_valid, .dflt = "false",
			   .doc = "skip the step once there is an error"),
	ASH_OPTION(StepOptions, "before_action", BOOL, before_action, .dflt = "false",
			   .doc = "run inside the transaction, before the row is written"),
	ASH_OPTION(StepOptions, "message", STRING, message,
			   .doc = "replaces the message of a validation; %{name} is filled in"),
	ASH_OPTION(StepOptions, "description", STRING, description, .doc = "for people"),
	ASH_OPTION(StepOptions, "on", NAMES, on,
			   .doc = "action types, for steps of a resource; create and update by default"),
	ASH_OPTION(
		StepOptions, "as", ENUM, as, .choices = step_kinds,
		.doc =
			"what a function is, in a list that mixes changes and validations; a change by default"),
	ASH_OPT_END
};

const AshSpec ash_step_spec = ASH_SPEC("step", StepOptions, step_options,
									   .doc = "options that every change and validation takes");

/*-------------------------------------------------------------------------
 * Compiling
 *-------------------------------------------------------------------------
 */

/* The key of a step that is not a common option: a known built-in, else the first. */
static const char *
builtin_name(json_t *node, bool changes, bool validations)
{
	const char *first = NULL;
	const char *key;
	json_t *value;

	if (json_is_string(node))
		return json_string_value(node);
	json_object_foreach (node, key, value)
	{
		if (ash_spec_option(&ash_step_spec, key) != NULL)
			continue;
		if ((changes && ash_change_lookup(key) != NULL) ||
			(validations && ash_validation_lookup(key) != NULL))
			return key;
		if (first == NULL && strcmp(key, "options") != 0)
			first = key;
	}
	return first;
}

/* Adds the error of a step that names no built-in, with a suggestion. */
static void
unknown_builtin(const char *name, bool changes, bool validations, AshErrors *errors)
{
	const char *kind = !validations ? "change" : !changes ? "validation" : "change or validation";
	List *names = NIL;
	int n;

	if (name == NULL)
	{
		ash_error_definition(errors, NULL, "a step needs the name of a %s as a key", kind);
		return;
	}
	if (changes)
	{
		const AshChangeDef *defs = ash_changes(&n);

		for (int i = 0; i < n; i++)
			names = lappend(names, unconstify(char *, defs[i].name));
	}
	if (validations)
	{
		const AshValidationDef *defs = ash_validations(&n);

		for (int i = 0; i < n; i++)
			names = lappend(names, unconstify(char *, defs[i].name));
	}
	ash_spec_unknown(kind, name, names, errors);
}

/*
 * The options of a built-in, as the object its spec describes: those under its name, or one
 * option with all of it (the payload), or, of a function, its name and "options". What is made
 * here lives in CurrentMemoryContext.
 */
json_t *
ash_builtin_options(json_t *node, const char *name, const char *payload)
{
	json_t *given = json_is_object(node) ? json_object_get(node, name) : NULL;
	json_t *made;

	if (strcmp(name, "function") == 0)
	{
		made = ash_json_own(CurrentMemoryContext, ash_json_object());
		json_object_set(made, "function", given);
		if (json_object_get(node, "options") != NULL)
			json_object_set(made, "options", json_object_get(node, "options"));
		return made;
	}
	if (payload == NULL && given != NULL && !json_is_true(given) && !json_is_null(given))
		return given;
	made = ash_json_own(CurrentMemoryContext, ash_json_object());
	if (payload != NULL && given != NULL)
		json_object_set(made, payload, given);
	return made;
}

/* Check, fill and prepare the built-in's own options; false after adding an error. */
static bool
compile_step_builtin(const AshBuiltinScope *scope, json_t *node, const char *name, AshStep *step,
					 AshErrors *errors)
{
	const AshSpec *spec = step->change ? step->change->spec : step->validation->spec;
	const char *payload = step->change ? step->change->payload : step->validation->payload;
	json_t *options = ash_builtin_options(node, name, payload);
	bool ok;

	ash_errors_push_name(errors, name);
	ok = ash_spec_check(spec, options, NULL, errors);
	if (ok)
	{
		bool (*prepare)(const AshBuiltinScope *, void *, AshErrors *) =
			step->change ? step->change->prepare : step->validation->prepare;

		step->options = ash_spec_fill(spec, options);
		ok = prepare == NULL || prepare(scope, step->options, errors);
	}
	ash_errors_pop(errors);
	return ok;
}

/* The action types a resource-level step applies to, as bits. */
static uint32
compile_step_on(List *names, AshErrors *errors)
{
	uint32 on = 0;
	ListCell *lc;

	foreach (lc, names)
	{
		int type = ash_name_index(ash_action_types, lfirst(lc));

		if (type < 0)
			(void) ash_error_unknown(errors, "on", lfirst(lc),
									 list_make5("create", "read", "update", "destroy", "action"),
									 "no such action type \"%s\"", (char *) lfirst(lc));
		else
			on |= ASH_ON(type);
	}
	return names == NIL ? ASH_ON(ASH_ACTION_CREATE) | ASH_ON(ASH_ACTION_UPDATE) : on;
}

/* Each %{name} of a message of the definition's own must be a var of the validation. */
static void
check_message(const AshValidationDef *def, const char *message, AshErrors *errors)
{
	char *names = pstrdup(def->vars);
	List *vars = NIL;
	const char *p = message;

	for (char *name = strtok(names, " "); name != NULL; name = strtok(NULL, " "))
		vars = lappend(vars, name);
	while ((p = strstr(p, "%{")) != NULL)
	{
		const char *end = strchr(p, '}');
		const char *name;

		if (end == NULL)
			return;
		name = pnstrdup(p + 2, end - p - 2);
		if (!ash_names_contain(vars, name))
			(void) ash_error_unknown(errors, "message", name, vars,
									 "a message of \"%s\" has no %%{%s}", def->name,
									 ash_clip(name));
		p = end;
	}
}

/* Common options that would be ignored are refused; false after adding an error. */
static bool
check_common(const AshBuiltinScope *scope, const AshStep *step, const StepOptions *common,
			 AshErrors *errors)
{
	int before = list_length(errors->items);

	if (step->change != NULL && common->message != NULL)
		ash_error_definition(errors, "message", "only a validation has a message");
	if (step->change != NULL && common->before_action)
		ash_error_definition(errors, "before_action", "only a validation can be put off");
	if (step->validation != NULL && step->validation->vars != NULL && common->message != NULL)
		check_message(step->validation, common->message, errors);
	if (common->on != NIL && !scope->shared)
		ash_error_definition(errors, "on", "only steps of a resource choose action types");
	return list_length(errors->items) == before;
}

/* Fills the common options of the step; false after adding errors. */
static bool
compile_step_common(const AshBuiltinScope *scope, json_t *node, const char *name, AshStep *step,
					AshErrors *errors)
{
	const char *const others[] = { name, strcmp(name, "function") == 0 ? "options" : NULL, NULL };
	StepOptions *common;

	if (!json_is_object(node))
	{
		step->on = compile_step_on(NIL, errors);
		return true;
	}
	if (!ash_spec_check(&ash_step_spec, node, others, errors))
		return false;
	common = ash_spec_fill(&ash_step_spec, node);
	step->only_when_valid = common->only_when_valid;
	step->before_action = common->before_action;
	step->message = common->message;
	step->description = common->description;
	step->on = compile_step_on(common->on, errors);
	if (common->where != NULL)
	{
		AshBuiltinScope inner = *scope;

		ash_errors_push_name(errors, "where");
		step->where = ash_steps_compile(&inner, common->where, false, true, errors);
		ash_errors_pop(errors);
	}
	return check_common(scope, step, common, errors);
}

/* One entry at the current path; NULL after adding an error. */
static AshStep *
compile_step(const AshBuiltinScope *scope, json_t *node, bool changes, bool validations,
			 AshErrors *errors)
{
	AshStep *step = palloc0(sizeof(AshStep));
	const char *name;

	check_stack_depth();
	if (!json_is_object(node) && !json_is_string(node))
	{
		ash_error_definition(errors, NULL, "a step must be an object or the name of a built-in");
		return NULL;
	}
	if (changes && validations && json_is_string(json_object_get(node, "as")))
		changes = strcmp(json_string_value(json_object_get(node, "as")), "validation") != 0;
	name = builtin_name(node, changes, validations);
	if (name != NULL && changes)
		step->change = ash_change_lookup(name);
	if (name != NULL && validations && step->change == NULL)
		step->validation = ash_validation_lookup(name);
	if (step->change == NULL && step->validation == NULL)
	{
		unknown_builtin(name, changes, validations, errors);
		return NULL;
	}
	if (!compile_step_common(scope, node, name, step, errors))
		return NULL;
	return compile_step_builtin(scope, node, name, step, errors) ? step : NULL;
}

/*
 * Compiles a list of steps, or a single one, into List of AshStep *. Faults are added to
 * errors below the current path, and the faulty step is left out; when errors is NULL, at run
 * time, they raise an error: the stored definition does not fit any more.
 */
List *
ash_steps_compile(const AshBuiltinScope *scope, json_t *list, bool allow_changes,
				  bool allow_validations, AshErrors *errors)
{
	AshErrors *own = errors ? errors : ash_errors_create(CurrentMemoryContext);
	int n = json_is_array(list) ? (int) json_array_size(list) : 1;
	List *steps = NIL;

	for (int i = 0; i < n; i++)
	{
		json_t *node = json_is_array(list) ? json_array_get(list, i) : list;
		AshStep *step;

		if (json_is_array(list))
			ash_errors_push_index(own, i);
		step = compile_step(scope, node, allow_changes, allow_validations, own);
		if (step != NULL)
			steps = lappend(steps, step);
		if (json_is_array(list))
			ash_errors_pop(own);
	}
	if (errors == NULL && ash_errors_any(own))
		ash_stale_definition(scope->res, own);
	return steps;
}

/*
 * Where a step of the merged list was written: the key of the action and the index under it,
 * for error paths. It also tells changes from validations for functions, whose entries look
 * alike.
 */
static const char *
step_origin(const AshAction *action, const json_t *node, int position, int *index)
{
	static const char *const keys[] = { "changes", "validations", "steps" };

	for (int k = 0; k < lengthof(keys); k++)
	{
		json_t *list = json_object_get(action->definition, keys[k]);

		for (size_t i = 0; i < json_array_size(list); i++)
		{
			if (json_array_get(list, i) == node)
			{
				*index = (int) i;
				return keys[k];
			}
		}
	}
	*index = position;
	return "steps";
}

/* Compiles the action's own steps into action->steps. */
static void
compile_action_steps(const AshBuiltinScope *scope, AshErrors *errors)
{
	AshAction *action = scope->action;

	ash_errors_push_name(errors, "actions");
	ash_errors_push_name(errors, action->name);
	for (int i = 0; i < (int) json_array_size(action->steps_json); i++)
	{
		json_t *node = json_array_get(action->steps_json, i);
		int index;
		const char *key = step_origin(action, node, i, &index);
		AshStep *step;

		ash_errors_push_name(errors, key);
		ash_errors_push_index(errors, index);
		step = compile_step(scope, node, strcmp(key, "validations") != 0,
							strcmp(key, "changes") != 0, errors);
		if (step != NULL)
			action->steps = lappend(action->steps, step);
		ash_errors_pop(errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
	ash_errors_pop(errors);
}

/*
 * True if name is this type of action, or none at all: the latter is reported when the entry
 * is compiled.
 */
static bool
names_type(json_t *name, AshActionType type)
{
	int named =
		json_is_string(name) ? ash_name_index(ash_action_types, json_string_value(name)) : -1;

	return named < 0 || named == (int) type;
}

/* True if a step of the resource is for actions of this type. */
static bool
applies(json_t *node, AshActionType type)
{
	json_t *on = json_is_object(node) ? json_object_get(node, "on") : NULL;

	if (on == NULL)
		return type == ASH_ACTION_CREATE || type == ASH_ACTION_UPDATE;
	for (size_t i = 0; i < json_array_size(on); i++)
	{
		if (names_type(json_array_get(on, i), type))
			return true;
	}
	return !json_is_array(on) && names_type(on, type);
}

/* The resource's changes, or validations, that are for the action. */
static List *
compile_resource_steps(const AshBuiltinScope *scope, json_t *list, bool changes, AshErrors *errors)
{
	List *steps = NIL;

	ash_errors_push_name(errors, changes ? "changes" : "validations");
	for (int i = 0; i < (int) json_array_size(list); i++)
	{
		json_t *node = json_array_get(list, i);
		AshStep *step;

		if (!applies(node, scope->action->type))
			continue;
		ash_errors_push_index(errors, i);
		step = compile_step(scope, node, changes, !changes, errors);
		if (step != NULL)
			steps = lappend(steps, step);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
	return steps;
}

List *
ash_resource_validations(const AshBuiltinScope *scope, AshErrors *errors)
{
	return compile_resource_steps(scope, scope->res->validations_json, false, errors);
}

/*
 * Compiles the steps of an action, and those of the resource that are for it, into res->cxt,
 * unless they are compiled already. Faults are added to errors; when errors is NULL, at run
 * time, they raise an error: the stored definition does not fit any more.
 */
void
ash_action_steps(AshResource *res, AshAction *action, AshErrors *errors)
{
	MemoryContext old;
	AshErrors *own;
	AshBuiltinScope scope = { res, action, false };

	if (action->steps_compiled)
		return;
	old = MemoryContextSwitchTo(res->cxt);
	own = errors ? errors : ash_errors_create(res->cxt);
	action->steps = action->validations = NIL;
	compile_action_steps(&scope, own);
	scope.shared = true;
	action->steps =
		list_concat(action->steps, compile_resource_steps(&scope, res->changes_json, true, own));
	action->validations = ash_resource_validations(&scope, own);
	MemoryContextSwitchTo(old);
	/* a list that lacks an entry must never run */
	if (errors == NULL && ash_errors_any(own))
		ash_stale_definition(res, own);
	action->steps_compiled = !ash_errors_any(own);
}

/*-------------------------------------------------------------------------
 * Running
 *-------------------------------------------------------------------------
 */

/* True if the validation passes, or its guards keep it from being run. Adds nothing. */
bool
ash_validation_passes(AshChangeset *cs, const AshStep *step)
{
	const AshValidationDef *def = step->validation;

	if (step->where != NIL && !ash_steps_pass(cs, step->where))
		return true;
	return def->passes != NULL ? def->passes(cs, step->options) :
								 def->validate(cs, step->options, NULL);
}

/* True if all validations of the list pass. Adds nothing. */
bool
ash_steps_pass(AshChangeset *cs, List *steps)
{
	ListCell *lc;

	foreach (lc, steps)
	{
		if (!ash_validation_passes(cs, lfirst(lc)))
			return false;
	}
	return true;
}

/*
 * The error of a validation that failed, its message not yet interpolated. Made in
 * errors->cxt, but not added.
 */
AshError *
ash_validation_describe(AshChangeset *cs, const AshStep *step, AshErrors *errors)
{
	MemoryContext old = MemoryContextSwitchTo(errors->cxt);
	AshError *error = palloc0(sizeof(AshError));

	error->code = ASH_E_INVALID_ATTRIBUTE;
	error->path = list_copy(errors->path);
	if (step->validation->describe != NULL)
		step->validation->describe(cs, step->options, errors, error);
	else
		error->message = psprintf("must pass %s", step->validation->name);
	if (step->message != NULL)
		error->message = step->message;
	MemoryContextSwitchTo(old);
	return error;
}

/*
 * Makes the message that is shown: vars filled in, and the fields in front when there are
 * several.
 */
static void
finish_message(AshError *error)
{
	StringInfoData buf;
	ListCell *lc;

	error->message = ash_error_interpolate(error->message, error->vars);
	if (error->code != ASH_E_INVALID_CHANGES || error->fields == NIL)
		return;
	initStringInfo(&buf);
	foreach (lc, error->fields)
	{
		if (buf.len > 0)
			appendStringInfoString(&buf, ", ");
		appendStringInfoString(&buf, lfirst(lc));
	}
	appendStringInfo(&buf, ": %s", error->message);
	error->message = buf.data;
	error->names_field = true;
}

/* A message given in the definition makes it an error of the field, or fields, as such. */
static void
replace_message(AshError *error, const char *message)
{
	error->message = message;
	if (error->field != NULL)
		error->code = ASH_E_INVALID_ATTRIBUTE;
	else if (error->fields != NIL)
		error->code = ASH_E_INVALID_CHANGES;
}

/* Runs a validation that adds its errors itself; false when it added some. */
static bool
run_reporting(AshChangeset *cs, const AshStep *step, AshErrors *errors)
{
	int before = list_length(errors->items);

	if (step->validation->validate(cs, step->options, errors))
		return true;
	if (step->message != NULL)
	{
		for (int i = before; i < list_length(errors->items); i++)
		{
			AshError *error = list_nth(errors->items, i);

			replace_message(error, step->message);
			finish_message(error);
		}
	}
	return false;
}

/* Runs a validation; false after adding its error. */
static bool
run_validation(AshChangeset *cs, const AshStep *step)
{
	AshErrors *errors = cs->call->errors;
	MemoryContext old;
	AshError *error;

	if (step->validation->passes == NULL)
		return run_reporting(cs, step, errors);
	if (step->validation->passes(cs, step->options))
		return true;
	error = ash_validation_describe(cs, step, errors);
	old = MemoryContextSwitchTo(errors->cxt);
	if (step->message != NULL)
		replace_message(error, step->message);
	finish_message(error);
	MemoryContextSwitchTo(old);
	ash_error_append(errors, error);
	return false;
}

/*
 * Runs a step, unless its guards or errors (only_when_valid) keep it from being run. False
 * after adding errors.
 */
bool
ash_step_run(AshChangeset *cs, const AshStep *step)
{
	if (step->only_when_valid && ash_errors_any(cs->call->errors))
		return true;
	if (step->where != NIL && !ash_steps_pass(cs, step->where))
		return true;
	if (step->change != NULL)
		return step->change->run(cs, step->options);
	return run_validation(cs, step);
}
