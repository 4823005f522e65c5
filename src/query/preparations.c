/*-------------------------------------------------------------------------
 *
 * src/query/preparations.c
 *	  Preparations of reads: the registry, and compiling an action's list.
 *
 * The list of an action holds preparations and validations, in the order they
 * run; the resource's own preparations come first.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset.h"
#include "query/internal.h"
#include "utils/memutils.h"

/*-------------------------------------------------------------------------
 * build
 *-------------------------------------------------------------------------
 */

typedef struct Build
{
	const char *filter_source;
	json_t *sort_json;
	json_t *distinct_json;
	json_t *load_json;
	json_t *context_json;
	AshOptInt limit;
	AshOptInt offset;
	List *select;
	List *ensure_selected;
	List *deselect;
	const char *lock;

	/* compiled */
	AshExpr *filter;
	List *sort;
	List *distinct;
	Jsonb *load;
	Jsonb *context;
	int lock_number;
} Build;

#define BUILD(option, kind, field, text)                                \
	{                                                                   \
		option, kind, offsetof(Build, field), 0, NULL, NULL, NULL, text \
	}

static const AshOpt build_options[] = {
	BUILD("filter", ASH_OPT_EXPR, filter_source, "condition that every row meets"),
	BUILD("sort", ASH_OPT_JSON, sort_json, "appended to the sort"),
	BUILD("distinct", ASH_OPT_JSON, distinct_json, "fields by which rows are distinct"),
	BUILD("limit", ASH_OPT_INT, limit, "at most so many rows"),
	BUILD("offset", ASH_OPT_INT, offset, "rows to skip"),
	BUILD("select", ASH_OPT_NAMES, select, "attributes to give back"),
	BUILD("ensure_selected", ASH_OPT_NAMES, ensure_selected, "attributes to give back as well"),
	BUILD("deselect", ASH_OPT_NAMES, deselect, "attributes not to give back"),
	BUILD("load", ASH_OPT_JSON, load_json, "relationships, calculations and aggregates to load"),
	BUILD("context", ASH_OPT_JSON, context_json, "merged into the context"),
	BUILD("lock", ASH_OPT_STRING, lock, "row lock, as \"for update\""),
	ASH_OPT_END
};
static const AshSpec build_spec = { "build", sizeof(Build), build_options, NULL,
									"What a query can be told, built in." };

static bool
known_attributes(AshResource *res, List *names, AshErrors *errors)
{
	ListCell *lc;
	bool ok = true;

	foreach (lc, names)
	{
		if (ash_find_attribute(res, lfirst(lc)) != NULL)
			continue;
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "no such attribute \"%s\" on %s",
					  (char *) lfirst(lc), res->name);
		ok = false;
	}
	return ok;
}

/* A sort of the definition; its faults become definition errors. */
static List *
prepare_sort(AshResource *res, json_t *source, const char *name, AshErrors *errors)
{
	List *sort;

	if (source == NULL)
		return NIL;
	ash_errors_push_name(errors, name);
	sort = ash_sort_verify(res, source, errors);
	ash_errors_pop(errors);
	return sort;
}

static bool
prepare_build(AshResource *res, AshAction *action, void *options, AshErrors *errors)
{
	Build *build = options;
	AshScope scope = ash_scope_for(res, action);
	int before = list_length(errors->items);

	if (build->filter_source != NULL)
	{
		ash_errors_push_name(errors, "filter");
		build->filter = ash_expr_parse_condition(build->filter_source, &scope, errors);
		ash_errors_pop(errors);
	}
	build->sort = prepare_sort(res, build->sort_json, "sort", errors);
	build->distinct = prepare_sort(res, build->distinct_json, "distinct", errors);
	known_attributes(res, build->select, errors);
	known_attributes(res, build->ensure_selected, errors);
	known_attributes(res, build->deselect, errors);
	if (build->load_json != NULL)
		build->load = ash_jsonb_from_json(build->load_json);
	if (build->context_json != NULL)
		build->context = ash_jsonb_from_json(build->context_json);
	if (build->lock != NULL && (build->lock_number = ash_lock_parse(build->lock)) == 0)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "\"%s\" is not a row lock",
					  build->lock);
	return list_length(errors->items) == before;
}

/* Never below zero (spec 6). */
static void
set_count(AshOptInt *to, AshOptInt from)
{
	if (!from.set)
		return;
	to->set = true;
	to->value = Max(from.value, 0);
}

static void
select_names(AshQuery *query, List *names)
{
	ListCell *lc;

	foreach (lc, names)
	{
		query->select =
			bms_add_member(query->select, ash_find_attribute(query->res, lfirst(lc))->index);
		query->select_given = true;
	}
}

static void
deselect_names(AshQuery *query, List *names)
{
	ListCell *lc;

	if (names == NIL)
		return;
	for (int i = 0; !query->select_given && i < query->res->nattributes; i++)
	{
		if (query->res->attributes[i]->select_by_default)
			query->select = bms_add_member(query->select, i);
	}
	query->select_given = true;
	foreach (lc, names)
		query->select =
			bms_del_member(query->select, ash_find_attribute(query->res, lfirst(lc))->index);
}

static bool
run_build(AshQuery *query, void *options)
{
	Build *build = options;
	ListCell *lc;

	if (build->filter != NULL)
		query->filters = lappend(query->filters, build->filter);
	query->sort = list_concat(query->sort, build->sort);
	query->distinct = list_concat(query->distinct, build->distinct);
	set_count(&query->limit, build->limit);
	set_count(&query->offset, build->offset);
	select_names(query, build->select);
	foreach (lc, build->ensure_selected)
		ash_query_ensure_selected(query, ash_find_attribute(query->res, lfirst(lc)));
	deselect_names(query, build->deselect);
	if (build->load != NULL)
		query->loads = ash_load_parse(query, query->res, build->load);
	if (build->context != NULL)
		query->call->context = ash_jsonb_merge(query->call->context, build->context);
	if (build->lock_number != 0)
		query->lock = build->lock_number;
	return true;
}

/*-------------------------------------------------------------------------
 * set_context
 *-------------------------------------------------------------------------
 */

typedef struct SetContext
{
	json_t *json;
	Jsonb *value;
} SetContext;

static const AshOpt context_options[] = { { "context", ASH_OPT_JSON, offsetof(SetContext, json),
											ASH_OPT_REQUIRED, NULL, NULL, NULL,
											"object that is merged into the context" },
										  ASH_OPT_END };
static const AshSpec context_spec = { "set_context", sizeof(SetContext), context_options, "context",
									  "Merge an object into the context." };

static bool
prepare_context(AshResource *res, AshAction *action, void *options, AshErrors *errors)
{
	SetContext *opts = options;

	if (!json_is_object(opts->json))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "the context must be an object");
		return false;
	}
	opts->value = ash_jsonb_from_json(opts->json);
	return true;
}

static bool
run_context(AshQuery *query, void *options)
{
	query->call->context = ash_jsonb_merge(query->call->context, ((SetContext *) options)->value);
	return true;
}

/*-------------------------------------------------------------------------
 * Registry
 *-------------------------------------------------------------------------
 */

static const AshPreparationDef preparations[] = {
	{ "build", "Filter, sort, limit and the like, as a caller could ask for.", &build_spec,
	  prepare_build, run_build },
	{ "set_context", "Merge an object into the context.", &context_spec, prepare_context,
	  run_context },
};

const AshPreparationDef *
ash_preparation_lookup(const char *name)
{
	for (int i = 0; i < lengthof(preparations); i++)
	{
		if (strcmp(preparations[i].name, name) == 0)
			return &preparations[i];
	}
	return NULL;
}

const AshPreparationDef *
ash_preparations(int *count)
{
	*count = lengthof(preparations);
	return preparations;
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
	{ "where", ASH_OPT_JSON, offsetof(Common, where), 0, NULL, NULL, NULL,
	  "validations that must pass for this to run" },
	{ "on", ASH_OPT_NAMES, offsetof(Common, on), 0, NULL, NULL, NULL,
	  "action types: only \"read\"" },
	{ "only_when_valid", ASH_OPT_BOOL, offsetof(Common, only_when_valid), 0, NULL, NULL, NULL,
	  "run only when nothing is wrong so far" },
	{ "description", ASH_OPT_STRING, offsetof(Common, description), 0, NULL, NULL, NULL, NULL },
	ASH_OPT_END
};
static const AshSpec common_spec = { "preparation", sizeof(Common), common_options, NULL, NULL };

/* The entry's name, which is the key that is no common option; and those in *common. */
static const char *
split_entry(json_t *entry, json_t **common)
{
	const char *name = NULL;
	const char *key;
	json_t *value;

	*common = ash_json_own(CurrentMemoryContext, ash_json_object());
	json_object_foreach (entry, key, value)
	{
		if (ash_spec_option(&common_spec, key) != NULL)
			json_object_set(*common, key, value);
		else if (name == NULL)
			name = key;
	}
	return name;
}

static void
unknown_preparation(AshErrors *errors, const char *name)
{
	List *names = NIL;

	if (name != NULL && strcmp(name, "function") == 0)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "a preparation cannot be a function; use \"build\"");
		return;
	}
	for (int i = 0; i < lengthof(preparations); i++)
		names = lappend(names, unconstify(char *, preparations[i].name));
	ash_spec_unknown("preparation", name ? name : "", names, errors);
}

static void
compile_common(const AshBuiltinScope *scope, AshPreparation *prep, json_t *node, AshErrors *errors)
{
	Common *common;

	if (!ash_spec_check(&common_spec, node, NULL, errors))
		return;
	common = ash_spec_fill(&common_spec, node);
	prep->only_when_valid = common->only_when_valid;
	if (common->where != NULL)
	{
		ash_errors_push_name(errors, "where");
		prep->where = ash_steps_compile(scope, common->where, false, true, errors);
		ash_errors_pop(errors);
	}
}

/* A validation on the read: compiled by its own room, guards and all. */
static AshPreparation *
compile_validation(const AshBuiltinScope *scope, json_t *entry, AshErrors *errors)
{
	json_t *list = ash_json_own(CurrentMemoryContext, json_array());
	AshPreparation *prep;
	List *steps;

	json_array_append(list, entry);
	steps = ash_steps_compile(scope, list, false, true, errors);
	if (steps == NIL)
		return NULL;
	prep = palloc0(sizeof(AshPreparation));
	prep->validation = linitial(steps);
	return prep;
}

static AshPreparation *
compile_entry(const AshBuiltinScope *scope, json_t *entry, AshErrors *errors)
{
	json_t *common;
	const char *name;
	const AshPreparationDef *def;
	AshPreparation *prep;
	int before = list_length(errors->items);

	if (!json_is_object(entry))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "a preparation must be an object");
		return NULL;
	}
	name = split_entry(entry, &common);
	def = name ? ash_preparation_lookup(name) : NULL;
	if (def == NULL)
	{
		if (name != NULL && ash_validation_lookup(name) != NULL)
			return compile_validation(scope, entry, errors);
		unknown_preparation(errors, name);
		return NULL;
	}
	prep = palloc0(sizeof(AshPreparation));
	prep->preparation = def;
	compile_common(scope, prep, common, errors);
	ash_errors_push_name(errors, name);
	if (ash_spec_check(def->spec, json_object_get(entry, name), NULL, errors))
	{
		prep->options = ash_spec_fill(def->spec, json_object_get(entry, name));
		def->prepare(scope->res, scope->action, prep->options, errors);
	}
	ash_errors_pop(errors);
	return list_length(errors->items) == before ? prep : NULL;
}

static List *
compile_list(const AshBuiltinScope *scope, json_t *list, AshErrors *errors)
{
	List *result = NIL;
	json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry)
	{
		AshPreparation *prep;

		ash_errors_push_index(errors, i);
		prep = compile_entry(scope, entry, errors);
		ash_errors_pop(errors);
		if (prep != NULL)
			result = lappend(result, prep);
	}
	return result;
}

void
ash_action_preparations(AshResource *res, AshAction *action, AshErrors *errors)
{
	AshBuiltinScope scope = { .res = res, .action = action };
	AshErrors *own = errors;
	MemoryContext old;

	if (action->preparations_compiled)
		return;
	old = MemoryContextSwitchTo(res->cxt);
	if (own == NULL)
		own = ash_errors_create(res->cxt);
	ash_errors_push_name(own, "preparations");
	action->preparations = compile_list(&scope, res->preparations_json, own);
	ash_errors_pop(own);
	ash_errors_push_name(own, "actions");
	ash_errors_push_name(own, action->name);
	ash_errors_push_name(own, "prepare");
	action->preparations =
		list_concat(action->preparations, compile_list(&scope, action->prepare_json, own));
	ash_errors_pop(own);
	ash_errors_pop(own);
	ash_errors_pop(own);
	action->preparations_compiled = true;
	MemoryContextSwitchTo(old);
	if (errors == NULL && ash_errors_any(own))
		elog(ERROR, "preparations of %s.%s: %s", res->name, action->name, ash_errors_message(own));
}
