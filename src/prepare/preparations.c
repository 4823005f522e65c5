/*-------------------------------------------------------------------------
 *
 * src/prepare/preparations.c
 *	  Preparations: the registry, compiling an action's list, and running it.
 *
 * The list of an action holds preparations and validations, in the order they
 * run: the resource's own preparations, what the action lists, then the resource's
 * validations.  Preparations are for reads and, where they do not need a query,
 * for generic actions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/action_def.h"
#include "model/entities.h"
#include "model/step.h"
#include "prepare/prepare.h"
#include "utils/memutils.h"

/*-------------------------------------------------------------------------
 * Registry
 *-------------------------------------------------------------------------
 */

static const AshPreparationDef *const tables[] = { ash_build_preparations,
												   ash_function_preparations };

/* All entries in one array, made once. */
const AshPreparationDef *
ash_preparations(int *count)
{
	static AshPreparationDef *all = NULL;
	static int n = 0;
	int size = 0;

	*count = n;
	if (all != NULL)
		return all;
	for (int i = 0; i < lengthof(tables); i++)
	{
		for (const AshPreparationDef *def = tables[i]; def->name != NULL; def++)
			size++;
	}
	all = MemoryContextAlloc(TopMemoryContext, sizeof(AshPreparationDef) * size);
	for (int i = 0; i < lengthof(tables); i++)
	{
		for (const AshPreparationDef *def = tables[i]; def->name != NULL; def++)
			all[n++] = *def;
	}
	*count = n;
	return all;
}

const AshPreparationDef *
ash_preparation_lookup(const char *name)
{
	int n;
	const AshPreparationDef *defs = ash_preparations(&n);

	for (int i = 0; i < n; i++)
	{
		if (strcmp(defs[i].name, name) == 0)
			return &defs[i];
	}
	return NULL;
}

/*-------------------------------------------------------------------------
 * Compiling
 *-------------------------------------------------------------------------
 */

/* Beside the name of the built-in. */
typedef struct Common
{
	json_t *where;
	List *on;
	bool only_when_valid;
	const char *description;
} Common;

static const AshOpt common_options[] = {
	ASH_OPTION(Common, "where", JSON, where, .doc = "validations that must pass for this to run"),
	ASH_OPTION(
		Common, "on", NAMES, on,
		.doc =
			"action types, for preparations of a resource: \"read\" (the default) or \"action\""),
	ASH_OPTION(Common, "only_when_valid", BOOL, only_when_valid, .dflt = "false",
			   .doc = "run only when nothing is wrong so far"),
	ASH_OPTION(Common, "description", STRING, description), ASH_OPT_END
};
const AshSpec ash_preparation_common_spec = ASH_SPEC("preparation", Common, common_options);

#define PREPARED (ASH_ON(ASH_ACTION_READ) | ASH_ON(ASH_ACTION_GENERIC))

/* The key that names a preparation or validation, else the first that is no common option. */
static const char *
entry_name(json_t *entry)
{
	const char *first = NULL;
	const char *key;
	json_t *value;

	json_object_foreach (entry, key, value)
	{
		if (ash_spec_option(&ash_preparation_common_spec, key) != NULL)
			continue;
		if (ash_preparation_lookup(key) != NULL || ash_validation_lookup(key) != NULL)
			return key;
		if (first == NULL && strcmp(key, "options") != 0)
			first = key;
	}
	return first;
}

static void
unknown_preparation(AshErrors *errors, const char *name)
{
	List *names = NIL;
	int n;
	const AshPreparationDef *defs = ash_preparations(&n);

	for (int i = 0; i < n; i++)
		names = lappend(names, unconstify(char *, defs[i].name));
	ash_spec_unknown("preparation", name ? name : "", names, errors);
}

/* Types of actions that a preparation of the resource is for. */
static uint32
compile_on(const AshBuiltinScope *scope, List *names, AshErrors *errors)
{
	uint32 on = 0;
	ListCell *lc;

	if (names == NIL)
		return ASH_ON(ASH_ACTION_READ);
	if (!scope->shared)
		ash_error_definition(errors, "on", "only preparations of a resource choose action types");
	foreach (lc, names)
	{
		if (strcmp(lfirst(lc), ash_action_types[ASH_ACTION_READ]) == 0)
			on |= ASH_ON(ASH_ACTION_READ);
		else if (strcmp(lfirst(lc), ash_action_types[ASH_ACTION_GENERIC]) == 0)
			on |= ASH_ON(ASH_ACTION_GENERIC);
		else
			ash_error_definition(errors, "on",
								 "a preparation is for \"read\" or \"action\", not \"%s\"",
								 (char *) lfirst(lc));
	}
	return on;
}

static bool
compile_common(const AshBuiltinScope *scope, AshPreparation *prep, json_t *entry, const char *name,
			   AshErrors *errors)
{
	const char *const others[] = { name, strcmp(name, "function") == 0 ? "options" : NULL, NULL };
	Common *common;

	if (!ash_spec_check(&ash_preparation_common_spec, entry, others, errors))
		return false;
	common = ash_spec_fill(&ash_preparation_common_spec, entry);
	prep->only_when_valid = common->only_when_valid;
	prep->on = compile_on(scope, common->on, errors);
	if (common->where != NULL)
	{
		ash_errors_push_name(errors, "where");
		prep->where = ash_steps_compile(scope, common->where, false, true, errors);
		ash_errors_pop(errors);
	}
	return true;
}

/* A validation on the action: compiled by its own room, guards and all. */
static AshPreparation *
compile_validation(const AshBuiltinScope *scope, json_t *entry, AshErrors *errors)
{
	AshPreparation *prep;
	List *steps = ash_steps_compile(scope, entry, false, true, errors);

	if (steps == NIL)
		return NULL;
	prep = palloc0(sizeof(AshPreparation));
	prep->validation = linitial(steps);
	prep->on = PREPARED;
	if (prep->validation->before_action)
		ash_error_definition(errors, "before_action", "a validation of a %s cannot be put off",
							 scope->action->type == ASH_ACTION_READ ? "read" : "generic action");
	return prep;
}

static void
compile_builtin(const AshBuiltinScope *scope, AshPreparation *prep, json_t *entry,
				AshErrors *errors)
{
	const AshPreparationDef *def = prep->preparation;
	json_t *options = ash_builtin_options(entry, def->name, def->payload);

	if ((prep->on & ASH_ON(scope->action->type) || !scope->shared) &&
		!(def->on & ASH_ON(scope->action->type)))
		ash_error_definition(errors, NULL, "\"%s\" prepares reads only", def->name);
	ash_errors_push_name(errors, def->name);
	if (ash_spec_check(def->spec, options, NULL, errors))
	{
		prep->options = ash_spec_fill(def->spec, options);
		def->prepare(scope, prep->options, errors);
	}
	ash_errors_pop(errors);
}

/* Where preparations may stand, "function" is one; elsewhere it is a validation. */
static AshPreparation *
compile_entry(const AshBuiltinScope *scope, json_t *entry, bool preparations, AshErrors *errors)
{
	AshPreparation *prep;
	const char *name;
	int before = list_length(errors->items);

	if (!json_is_object(entry))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "a preparation must be an object");
		return NULL;
	}
	name = entry_name(entry);
	prep = palloc0(sizeof(AshPreparation));
	if (preparations && name != NULL)
		prep->preparation = ash_preparation_lookup(name);
	if (prep->preparation == NULL)
	{
		if (!preparations || (name != NULL && ash_validation_lookup(name) != NULL))
			return compile_validation(scope, entry, errors);
		unknown_preparation(errors, name);
		return NULL;
	}
	if (compile_common(scope, prep, entry, name, errors))
		compile_builtin(scope, prep, entry, errors);
	return list_length(errors->items) == before ? prep : NULL;
}

/* Where a node of the action's merged list stands: the key, and the index under it. */
static const char *
entry_origin(const AshAction *action, const json_t *node, int *index)
{
	static const char *const keys[] = { "prepare", "preparations", "validations" };

	for (int k = 0; k < lengthof(keys); k++)
	{
		json_t *list = json_object_get(action->definition, keys[k]);

		for (size_t i = 0; i < json_array_size(list); i++)
		{
			if (json_array_get(list, i) != node)
				continue;
			*index = (int) i;
			return keys[k];
		}
	}
	return keys[0];
}

static void
add_entry(const AshBuiltinScope *scope, json_t *entry, const char *key, int index,
		  AshErrors *errors)
{
	AshAction *action = scope->action;
	AshPreparation *prep;

	ash_errors_push_name(errors, key);
	ash_errors_push_index(errors, index);
	prep = compile_entry(scope, entry, strcmp(key, "validations") != 0, errors);
	ash_errors_pop(errors);
	ash_errors_pop(errors);
	if (prep != NULL && (!scope->shared || (prep->on & ASH_ON(action->type))))
		action->preparations = lappend(action->preparations, prep);
}

static void
compile_action_level(const AshBuiltinScope *scope, AshErrors *errors)
{
	AshAction *action = scope->action;
	size_t i;
	json_t *entry;

	ash_errors_push_name(errors, "actions");
	ash_errors_push_name(errors, action->name);
	json_array_foreach (action->prepare_json, i, entry)
	{
		int index = (int) i;
		const char *key = entry_origin(action, entry, &index);

		add_entry(scope, entry, key, index, errors);
	}
	ash_errors_pop(errors);
	ash_errors_pop(errors);
}

/* The resource's validations that name this type of action. */
static void
compile_validations(const AshBuiltinScope *scope, AshErrors *errors)
{
	ListCell *lc;

	if (scope->action->skip_global_validations)
		return;
	foreach (lc, ash_resource_validations(scope, errors))
	{
		AshPreparation *prep = palloc0(sizeof(AshPreparation));

		prep->validation = lfirst(lc);
		prep->on = PREPARED;
		scope->action->preparations = lappend(scope->action->preparations, prep);
	}
}

void
ash_action_preparations(AshResource *res, AshAction *action, AshErrors *errors)
{
	AshBuiltinScope scope = { .res = res, .action = action };
	AshBuiltinScope shared = { .res = res, .action = action, .shared = true };
	AshErrors *own = errors;
	MemoryContext old;
	size_t i;
	json_t *entry;

	if (action->preparations_compiled)
		return;
	old = MemoryContextSwitchTo(res->cxt);
	if (own == NULL)
		own = ash_errors_create(res->cxt);
	action->preparations = NIL;
	json_array_foreach (res->preparations_json, i, entry)
		add_entry(&shared, entry, "preparations", (int) i, own);
	compile_action_level(&scope, own);
	compile_validations(&shared, own);
	MemoryContextSwitchTo(old);
	/* a list that lacks an entry must never run */
	if (errors == NULL && ash_errors_any(own))
		ash_stale_definition(res, own);
	action->preparations_compiled = !ash_errors_any(own);
}

/*-------------------------------------------------------------------------
 * Running
 *-------------------------------------------------------------------------
 */

/* Guards and validations look at the arguments through a changeset. */
void
ash_query_run_preparations(AshQuery *query, const Jsonb *input)
{
	AshChangeset *cs = NULL;
	ListCell *lc;

	ash_action_preparations(query->res, query->action, NULL);
	foreach (lc, query->action->preparations)
	{
		AshPreparation *prep = lfirst(lc);

		if (cs == NULL && (prep->validation != NULL || prep->where != NIL))
			cs = ash_changeset_create(query->call, input, NULL);
		if (prep->only_when_valid && ash_errors_any(query->call->errors))
			continue;
		if (prep->where != NIL && !ash_steps_pass(cs, prep->where))
			continue;
		if (prep->validation != NULL)
			ash_step_run(cs, prep->validation);
		else
			prep->preparation->run(query, prep->options);
	}
}
