/*-------------------------------------------------------------------------
 *
 * src/prepare/preparation_build.c
 *	  The preparation "build": what a query can be told, in a definition.
 *
 * What stands here is trusted: it may name private fields.  filter_input and
 * sort_input take what a caller may say, usually an argument, and are held to
 * what callers may name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/action_def.h"
#include "model/calculation.h"
#include "model/entities.h"
#include "model/value_template.h"
#include "prepare/prepare.h"

typedef struct Build
{
	const char *filter_source;
	json_t *filter_input_json;
	json_t *sort_json;
	json_t *sort_input_json;
	bool prepend;
	json_t *default_sort_json;
	json_t *distinct_json;
	json_t *distinct_sort_json;
	json_t *load_json;
	json_t *strict_load_json;
	json_t *aggregate_json;
	json_t *calculate_json;
	json_t *context_json;
	json_t *page_json;
	AshOptInt limit;
	AshOptInt offset;
	json_t *select_json; /* an empty list selects the key alone */
	List *ensure_selected;
	List *deselect;
	const char *lock;

	/* compiled */
	List *select;
	AshExpr *filter;
	AshTemplate *filter_input;
	List *sort;
	AshTemplate *sort_input;
	List *default_sort;
	List *distinct;
	List *distinct_sort;
	Jsonb *load;
	Jsonb *strict_load;
	List *fields; /* of AshLoad *: aggregates and calculations of this query alone */
	Jsonb *context;
	Jsonb *page;
	int lock_number;
} Build;

static const AshOpt build_options[] = {
	ASH_OPTION(Build, "filter", EXPR, filter_source, .doc = "condition that every row meets"),
	ASH_OPTION(Build, "filter_input", JSON, filter_input_json,
			   .doc = "a filter as callers write it, or a template: {\"arg\": \"filter\"}"),
	ASH_OPTION(Build, "sort", JSON, sort_json, .doc = "appended to the sort"),
	ASH_OPTION(Build, "sort_input", JSON, sort_input_json,
			   .doc = "a sort as callers write it, or a template; appended to the sort"),
	ASH_OPTION(Build, "prepend", BOOL, prepend,
			   .doc = "the sort goes before what is sorted by already"),
	ASH_OPTION(Build, "default_sort", JSON, default_sort_json,
			   .doc = "the sort when there is no other"),
	ASH_OPTION(Build, "distinct", JSON, distinct_json, .doc = "fields by which rows are distinct"),
	ASH_OPTION(Build, "distinct_sort", JSON, distinct_sort_json,
			   .doc = "which of the rows that are not distinct is kept: the first by this sort"),
	ASH_OPTION(Build, "limit", INT, limit, .doc = "at most so many rows"),
	ASH_OPTION(Build, "offset", INT, offset, .doc = "rows to skip"),
	ASH_OPTION(Build, "select", JSON, select_json, .doc = "attributes to give back"),
	ASH_OPTION(Build, "ensure_selected", NAMES, ensure_selected,
			   .doc = "attributes to give back as well"),
	ASH_OPTION(Build, "deselect", NAMES, deselect, .doc = "attributes not to give back"),
	ASH_OPTION(Build, "load", JSON, load_json,
			   .doc = "relationships, calculations and aggregates to load"),
	ASH_OPTION(Build, "strict_load", JSON, strict_load_json,
			   .doc = "the same; related records have the fields that are named and no others"),
	ASH_OPTION(Build, "aggregate", JSON, aggregate_json,
			   .doc = "aggregates of this query alone, by name, as a resource defines them"),
	ASH_OPTION(Build, "calculate", JSON, calculate_json,
			   .doc = "calculations of this query alone, by name, as a resource defines them"),
	ASH_OPTION(Build, "context", JSON, context_json, .doc = "merged into the context"),
	ASH_OPTION(Build, "page", JSON, page_json, .doc = "the page when the caller asks for none"),
	ASH_OPTION(Build, "lock", STRING, lock, .doc = "row lock, as \"for update\""),
	ASH_OPT_END
};
static const AshSpec build_spec =
	ASH_SPEC("build", Build, build_options, .doc = "What a query can be told, built in.");

static bool
known_attributes(AshResource *res, List *names, AshErrors *errors)
{
	ListCell *lc;
	bool ok = true;

	foreach (lc, names)
	{
		if (ash_find_attribute(res, lfirst(lc)) != NULL)
			continue;
		(void) ash_error_unknown(errors, NULL, lfirst(lc), ash_attribute_names(res),
								 "no such attribute \"%s\" on %s", (char *) lfirst(lc), res->name);
		ok = false;
	}
	return ok;
}

static void
prepare_select(AshResource *res, Build *build, AshErrors *errors)
{
	size_t i;
	json_t *item;
	bool names = build->select_json == NULL || json_is_string(build->select_json) ||
				 json_is_array(build->select_json);

	json_array_foreach (build->select_json, i, item)
		names = names && json_is_string(item);
	if (!names)
		ash_error_definition(errors, "select", "expected a list of names");
	else
		build->select = ash_json_names(build->select_json);
	known_attributes(res, build->select, errors);
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

/* A literal, or where it comes from when the read runs. */
static AshTemplate *
prepare_input(const AshBuiltinScope *scope, json_t *source, const char *name, AshErrors *errors)
{
	AshTemplate *tmpl;

	if (source == NULL)
		return NULL;
	ash_errors_push_name(errors, name);
	tmpl = ash_template_compile(source, errors);
	if (tmpl != NULL && (tmpl->kind == ASH_TEMPLATE_EXPR || tmpl->kind == ASH_TEMPLATE_ATTRIBUTE))
		ash_error_definition(errors, NULL, "an argument, or a value of actor or context");
	else if (tmpl != NULL && tmpl->kind == ASH_TEMPLATE_ARG &&
			 (scope->action == NULL ||
			  ash_find_argument(scope->action, linitial(tmpl->path)) == NULL))
		(void) ash_error_unknown(errors, NULL, linitial(tmpl->path),
								 scope->action ? ash_argument_names(scope->action) : NIL,
								 "no such argument \"%s\"", (char *) linitial(tmpl->path));
	ash_errors_pop(errors);
	return tmpl;
}

/* What a load names at its first level must be there. */
static Jsonb *
prepare_load(AshResource *res, json_t *source, const char *name, AshErrors *errors)
{
	if (source == NULL)
		return NULL;
	ash_errors_push_name(errors, name);
	ash_load_verify(res, source, errors);
	ash_errors_pop(errors);
	return ash_jsonb_from_json(source);
}

/*-------------------------------------------------------------------------
 * Fields of one query
 *-------------------------------------------------------------------------
 */

typedef AshLoad *(*FieldCompiler)(AshResource *res, const char *name, json_t *node,
								  AshErrors *errors);

static AshLoad *
prepare_aggregate(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	AshLoad *load = palloc0(sizeof(AshLoad));

	if (!ash_spec_check(&ash_aggregate_spec, node, NULL, errors))
		return NULL;
	load->aggregate = ash_aggregate_compile(res, name, node, errors);
	if (load->aggregate == NULL || ash_aggregate_type(res, load->aggregate, errors) == NULL)
		return NULL;
	ash_aggregate_filter(res, load->aggregate, errors);
	return load;
}

static AshLoad *
prepare_calculation(AshResource *res, const char *name, json_t *node, AshErrors *errors)
{
	AshLoad *load = palloc0(sizeof(AshLoad));

	if (!ash_spec_check(&ash_calculation_spec, node, NULL, errors))
		return NULL;
	load->calculation = ash_calculation_compile(res, name, node, errors);
	if (load->calculation == NULL)
		return NULL;
	if (load->calculation->expr_source == NULL || load->calculation->nargs > 0)
		ash_error_definition(errors, NULL,
							 "a calculation of one query is an expression without arguments");
	else
		ash_calculation_expr(res, load->calculation, errors);
	return load;
}

static void
prepare_fields(AshResource *res, Build *build, json_t *fields, const char *option,
			   FieldCompiler compile, AshErrors *errors)
{
	const char *name;
	json_t *node;

	if (fields == NULL)
		return;
	ash_errors_push_name(errors, option);
	if (!json_is_object(fields))
		ash_error_definition(errors, NULL, "expected an object, got %s", ash_json_kind(fields));
	json_object_foreach (fields, name, node)
	{
		AshLoad *load = NULL;

		ash_errors_push_name(errors, name);
		if (ash_field_ref(res, name, errors) != NULL || ash_find_relationship(res, name) != NULL)
			ash_error_definition(errors, NULL, "%s has a field \"%s\" already", res->name, name);
		else if (ash_spec_check_name(name, errors))
			load = compile(res, name, node, errors);
		ash_errors_pop(errors);
		if (load == NULL)
			continue;
		load->as = pstrdup(name);
		build->fields = lappend(build->fields, load);
	}
	ash_errors_pop(errors);
}

/*-------------------------------------------------------------------------
 * Compiling
 *-------------------------------------------------------------------------
 */

static void
prepare_page(const AshBuiltinScope *scope, Build *build, AshErrors *errors)
{
	AshCall call = { .errors = ash_errors_create(CurrentMemoryContext) };
	AshQuery query = { .call = &call, .res = scope->res, .action = scope->action };

	if (build->page_json == NULL)
		return;
	build->page = ash_jsonb_from_json(build->page_json);
	if (scope->action->pagination == NULL)
		ash_error_definition(errors, "page", "action \"%s\" has no pagination",
							 scope->action->name);
	else if (!json_is_object(build->page_json))
		ash_error_definition(errors, "page", "expected an object, got %s",
							 ash_json_kind(build->page_json));
	else if (!ash_page_parse(&query, build->page))
		ash_error_definition(errors, "page", "%s", ash_errors_message(call.errors));
}

static bool
prepare_build(const AshBuiltinScope *at, void *options, AshErrors *errors)
{
	Build *build = options;
	AshResource *res = at->res;
	AshScope scope = ash_scope_for(res, at->action);
	int before = list_length(errors->items);

	if (build->filter_source != NULL)
	{
		ash_errors_push_name(errors, "filter");
		build->filter = ash_expr_parse_condition(build->filter_source, &scope, errors);
		ash_errors_pop(errors);
	}
	build->filter_input = prepare_input(at, build->filter_input_json, "filter_input", errors);
	build->sort_input = prepare_input(at, build->sort_input_json, "sort_input", errors);
	build->sort = prepare_sort(res, build->sort_json, "sort", errors);
	build->default_sort = prepare_sort(res, build->default_sort_json, "default_sort", errors);
	build->distinct = prepare_sort(res, build->distinct_json, "distinct", errors);
	build->distinct_sort = prepare_sort(res, build->distinct_sort_json, "distinct_sort", errors);
	prepare_select(res, build, errors);
	known_attributes(res, build->ensure_selected, errors);
	known_attributes(res, build->deselect, errors);
	build->load = prepare_load(res, build->load_json, "load", errors);
	build->strict_load = prepare_load(res, build->strict_load_json, "strict_load", errors);
	prepare_fields(res, build, build->aggregate_json, "aggregate", prepare_aggregate, errors);
	prepare_fields(res, build, build->calculate_json, "calculate", prepare_calculation, errors);
	prepare_page(at, build, errors);
	if (build->context_json != NULL)
		build->context = ash_jsonb_from_json(build->context_json);
	if (build->lock != NULL && (build->lock_number = ash_lock_parse(build->lock)) == 0)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "\"%s\" is not a row lock",
					  build->lock);
	return list_length(errors->items) == before;
}

/*-------------------------------------------------------------------------
 * Running
 *-------------------------------------------------------------------------
 */

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
run_inputs(AshQuery *query, const Build *build)
{
	JsonbValue value;

	if (build->filter_input != NULL)
	{
		ash_template_json(&query->call->bindings, build->filter_input, &value);
		if (value.type != jbvNull)
			ash_query_add_filter(query, ash_jsonb_from_value(&value), false);
	}
	if (build->sort_input != NULL)
	{
		ash_template_json(&query->call->bindings, build->sort_input, &value);
		if (value.type != jbvNull)
			ash_query_add_sort(query, ash_jsonb_from_value(&value), false, build->prepend);
	}
}

static void
run_order(AshQuery *query, const Build *build)
{
	/* copies: the lists of the definition stay as they are */
	query->sort = build->prepend ? list_concat_copy(build->sort, query->sort) :
								   list_concat_copy(query->sort, build->sort);
	if (build->default_sort != NIL)
		query->default_sort = build->default_sort;
	query->distinct = list_concat_copy(query->distinct, build->distinct);
	query->distinct_sort = list_concat_copy(query->distinct_sort, build->distinct_sort);
	set_count(&query->limit, build->limit);
	set_count(&query->offset, build->offset);
}

static void
run_shown(AshQuery *query, const Build *build)
{
	ListCell *lc;

	query->select_given |= build->select_json != NULL;
	ash_query_select_names(query, build->select);
	foreach (lc, build->ensure_selected)
		ash_query_ensure_selected(query, ash_find_attribute(query->res, lfirst(lc)));
	ash_query_deselect_names(query, build->deselect);
	if (build->load != NULL)
		query->loads = ash_load_parse(query, query->res, build->load);
	if (build->strict_load != NULL)
	{
		bool strict = query->strict_loads;

		query->strict_loads = true;
		query->loads = ash_load_parse(query, query->res, build->strict_load);
		query->strict_loads = strict;
	}
	query->loads = list_concat_copy(query->loads, build->fields);
}

static bool
run_build(AshQuery *query, void *options)
{
	const Build *build = options;

	if (build->filter != NULL)
		query->filters = lappend(query->filters, build->filter);
	run_inputs(query, build);
	run_order(query, build);
	run_shown(query, build);
	if (build->context != NULL)
		query->call->bindings.context =
			ash_jsonb_merge(query->call->bindings.context, build->context);
	if (build->page != NULL)
		ash_page_parse(query, build->page);
	if (build->lock_number != 0)
		query->lock = build->lock_number;
	return true;
}

/* What the caller says decides what it says. */
static bool
build_is_dynamic(void *options)
{
	const Build *build = options;

	return build->filter_input != NULL || build->sort_input != NULL;
}

const AshPreparationDef ash_build_preparations[] = {
	{ "build", "Filter, sort, limit and the like, as a caller could ask for.", &build_spec, NULL,
	  ASH_ON(ASH_ACTION_READ), prepare_build, run_build, build_is_dynamic },
	{ NULL }
};
