/*-------------------------------------------------------------------------
 *
 * src/schema/plan_interface.c
 *	  The SQL functions of a resource: its code interface, and its calculations and
 *	  aggregates as functions of the row.
 *
 * A read is LANGUAGE sql STABLE with the read's own SELECT as body, so that the
 * planner inlines it; it is neither strict nor SECURITY DEFINER and sets nothing.
 * Everything else is a call by name: plan_interface_call.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/identity.h"
#include "model/value_default.h"
#include "schema/plan_interface.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

bool
ash_plan_interface_arg(json_t *node, AshInterfaceArg *out)
{
	memset(out, 0, sizeof(AshInterfaceArg));
	if (json_is_object(node) && json_object_get(node, "optional") != NULL)
	{
		out->optional = true;
		if (json_object_size(node) != 1)
			return false;
		node = json_object_get(node, "optional");
	}
	if (json_is_object(node) && json_object_size(node) == 1)
	{
		out->kind = json_object_get(node, "ref") ? ASH_INTERFACE_REF : ASH_INTERFACE_ARGUMENT;
		node = json_object_get(node, out->kind == ASH_INTERFACE_REF ? "ref" : "arg");
	}
	out->name = json_string_value(node);
	if (out->name != NULL && out->kind == ASH_INTERFACE_NAME && strcmp(out->name, "_record") == 0)
		out->kind = ASH_INTERFACE_RECORD;
	return out->name != NULL;
}

/*-------------------------------------------------------------------------
 * Functions and parameters
 *-------------------------------------------------------------------------
 */

static AshPlanFunction *
add_function(AshPlan *plan, const AshResource *res, const char *schema, const char *name,
			 const char *description)
{
	AshPlanFunction *function = palloc0(sizeof(AshPlanFunction));

	function->resource = res->name;
	function->schema = schema;
	function->name = name;
	function->volatility = PROVOLATILE_STABLE;
	function->parallel = PROPARALLEL_RESTRICTED;
	function->description = description;
	plan->functions = lappend(plan->functions, function);
	return function;
}

static bool
has_parameter(const AshPlanFunction *function, const char *name)
{
	ListCell *lc;

	foreach (lc, function->parameters)
	{
		const AshPlanParameter *parameter = lfirst(lc);

		if (parameter->name != NULL && strcmp(parameter->name, name) == 0)
			return true;
	}
	return false;
}

/* Adds a parameter; its number. */
static int
add_parameter(AshPlanFunction *function, const char *name, const char *type, Oid oid,
			  const char *dflt)
{
	AshPlanParameter *parameter = palloc0(sizeof(AshPlanParameter));

	if (name != NULL)
	{
		/* as PostgreSQL cuts it; a name of our own gives way */
		name = pnstrdup(name, pg_mbcliplen(name, strlen(name), NAMEDATALEN - 1));
		while (has_parameter(function, name))
			name = psprintf("_%s", name);
	}
	parameter->name = name;
	parameter->type = type;
	parameter->type_oid = oid;
	parameter->dflt = dflt;
	function->parameters = lappend(function->parameters, parameter);
	return list_length(function->parameters);
}

int
ash_interface_parameter(AshInterface *entry, const char *name, const char *type, Oid oid,
						const char *dflt)
{
	return add_parameter(entry->function, name, type, oid, dflt);
}

/* The table's row type, or InvalidOid while there is no table. */
Oid
ash_interface_row_type(const AshPlanTable *table)
{
	const AshPlanTable *present = table->present;
	Oid namespace = present ? get_namespace_oid(present->schema, true) : InvalidOid;
	Oid relid = OidIsValid(namespace) ? get_relname_relid(present->name, namespace) : InvalidOid;

	return OidIsValid(relid) ? get_rel_type_id(relid) : InvalidOid;
}

/*-------------------------------------------------------------------------
 * Fields as functions of the row
 *-------------------------------------------------------------------------
 */

static void
want_field(AshPlan *plan, const AshPlanTable *table, AshResource *res, const char *kind,
		   const char *name, const char *description)
{
	const AshTypeInst *type;
	bool user_code;
	char *body = ash_query_field_body(res, name, &type, &user_code);
	AshPlanFunction *function;

	if (body == NULL)
		return;
	if (description == NULL)
		description = psprintf("%s \"%s\" of %s.", kind, name, res->name);
	function = add_function(plan, res, res->schema, name, description);
	add_parameter(function, NULL, res->qualified, ash_interface_row_type(table), NULL);
	function->returns = type->sql_base;
	function->return_type = type->oid;
	function->body = body;
	if (user_code)
		function->parallel = PROPARALLEL_UNSAFE;
}

static bool
needs_arguments(const AshCalculation *calc)
{
	for (int i = 0; i < calc->nargs; i++)
	{
		if (!calc->args[i]->allow_nil && calc->args[i]->dflt.kind != ASH_DEFAULT_LITERAL)
			return true;
	}
	return false;
}

static void
want_fields(AshPlan *plan, const AshPlanTable *table, AshResource *res)
{
	for (int i = 0; i < res->ncalculations; i++)
	{
		const AshCalculation *calc = res->calculations[i];

		if (calc->expr_source != NULL && !needs_arguments(calc))
			want_field(plan, table, res, "Calculation", calc->name, calc->description);
	}
	for (int i = 0; i < res->naggregates; i++)
		want_field(plan, table, res, "Aggregate", res->aggregates[i]->name,
				   res->aggregates[i]->description);
}

/*-------------------------------------------------------------------------
 * What an interface asks for
 *-------------------------------------------------------------------------
 */

/* The attributes that "get_by" and "get_by_identity" name. */
static List *
interface_keys(const AshInterface *entry)
{
	const char *identity = json_string_value(json_object_get(entry->node, "get_by_identity"));
	List *names = identity ? ash_find_identity(entry->res, identity)->keys :
							 ash_json_names(json_object_get(entry->node, "get_by"));
	List *keys = NIL;
	ListCell *lc;

	foreach (lc, names)
		keys = lappend(keys, ash_find_attribute(entry->res, lfirst(lc)));
	return keys;
}

bool
ash_interface_excludes(const AshInterface *entry, const char *name)
{
	return ash_names_contain(ash_json_names(json_object_get(entry->node, "exclude_inputs")), name);
}

/* An extension that provides the type may still have to be created. */
const char *
ash_interface_type(const AshInterface *entry, const AshTypeInst *type, Oid *oid)
{
	ash_type_resolve_storage(type);
	*oid = type->oid;
	return OidIsValid(type->oid) ? type->sql_base : ash_plan_type(entry->plan, type);
}

/*-------------------------------------------------------------------------
 * Reads
 *-------------------------------------------------------------------------
 */

static AshArgument *
add_read_argument(AshInterface *entry, AshArgument *arg, bool optional)
{
	Oid oid;
	const char *type = ash_interface_type(entry, arg->type, &oid);

	add_parameter(entry->function, arg->name, type, oid,
				  optional ? ash_query_argument_default(entry->res, arg) : NULL);
	/* PostgreSQL puts a default in its place after it has looked for what forbids workers */
	if (optional && (arg->dflt.kind == ASH_DEFAULT_FUNCTION || arg->dflt.kind == ASH_DEFAULT_EXPR))
		entry->function->parallel = PROPARALLEL_UNSAFE;
	return arg;
}

/* Is the argument given with the key of its name? */
static bool
is_key(const AshInterface *entry, const AshArgument *arg)
{
	ListCell *lc;

	foreach (lc, entry->keys)
	{
		if (strcmp(((AshAttribute *) lfirst(lc))->name, arg->name) == 0)
			return true;
	}
	return false;
}

/*
 * The function's arguments in order: those of "args", then the action's others that are
 * no keys.
 */
static List *
add_read_arguments(AshInterface *entry)
{
	const AshAction *action = entry->action;
	List *arguments = NIL;
	size_t i;
	json_t *node;

	json_array_foreach (json_object_get(entry->node, "args"), i, node)
	{
		AshInterfaceArg arg;

		(void) ash_plan_interface_arg(node, &arg);
		arguments = lappend(arguments, add_read_argument(entry, ash_find_argument(action, arg.name),
														 arg.optional));
	}
	for (int n = 0; n < action->nargs; n++)
	{
		if (action->args[n]->is_public && !list_member_ptr(arguments, action->args[n]) &&
			!ash_interface_excludes(entry, action->args[n]->name) &&
			!is_key(entry, action->args[n]))
			arguments = lappend(arguments, add_read_argument(entry, action->args[n], true));
	}
	return arguments;
}

static bool
is_true_option(const AshInterface *entry, const char *name)
{
	return json_is_true(json_object_get(entry->node, name));
}

static void
want_read(AshInterface *entry, const AshPlanTable *table)
{
	AshPlanFunction *function = entry->function;
	bool get = is_true_option(entry, "get") || entry->keys != NIL || entry->action->get;
	bool user_code;
	bool must_find = get && !json_is_false(json_object_get(entry->node, "not_found_error"));
	List *arguments;
	ListCell *lc;

	foreach (lc, entry->keys)
	{
		const AshAttribute *attr = lfirst(lc);
		Oid oid;
		const char *type = ash_interface_type(entry, attr->type, &oid);

		add_parameter(function, attr->name, type, oid, NULL);
	}
	arguments = add_read_arguments(entry);
	function->returns = psprintf("SETOF %s", entry->res->qualified);
	function->return_type = ash_interface_row_type(table);
	function->set = true;
	function->rows = get ? 1 : 0;
	function->body = ash_query_read_body(entry->res, entry->action, entry->keys, arguments,
										 must_find, &user_code);
	if (user_code)
		function->parallel = PROPARALLEL_UNSAFE;
}

static void
want_interface(AshPlan *plan, const AshPlanTable *table, AshResource *res, const char *name,
			   json_t *node)
{
	const char *calculation = json_string_value(json_object_get(node, "calculation"));
	const char *action = json_string_value(json_object_get(node, "action"));
	const char *description = json_string_value(json_object_get(node, "description"));
	AshInterface entry = { .plan = plan, .table = table, .res = res, .node = node };

	entry.action = calculation == NULL ? ash_find_action(res, action) : NULL;
	entry.inputs.given = makeStringInfo();
	entry.inputs.added = makeStringInfo();
	entry.refs.given = makeStringInfo();
	entry.refs.added = makeStringInfo();
	if (description == NULL && entry.action != NULL)
		description = entry.action->description;
	if (description == NULL)
		description = psprintf("%s \"%s\" of %s.", calculation ? "Calculation" : "Action",
							   calculation ? calculation : action, res->name);
	entry.function = add_function(plan, res, res->domain.schema, pstrdup(name), description);
	entry.keys = interface_keys(&entry);
	if (calculation != NULL)
		ash_interface_calculation(&entry, ash_find_calculation(res, calculation));
	else if (entry.action->type == ASH_ACTION_READ)
		want_read(&entry, table);
	else
		ash_interface_call(&entry);
}

/* The domain's schema may have no table in it. */
static void
want_schema(AshPlan *plan, const AshPlanTable *table, const char *schema)
{
	char *sql = psprintf("CREATE SCHEMA %s", ash_quote_ident(schema));
	ListCell *lc;

	if (OidIsValid(get_namespace_oid(schema, true)))
		return;
	foreach (lc, plan->steps[ASH_PHASE_PREPARE])
	{
		if (strcmp(((AshPlanStep *) lfirst(lc))->sql, sql) == 0)
			return;
	}
	ash_plan_step(plan, table, ASH_PHASE_PREPARE, "create schema", 0, "%s", sql);
}

void
ash_plan_want_functions(AshPlan *plan, const AshPlanTable *table, AshResource *res)
{
	json_t *section = json_object_get(res->document, "code_interface");
	const char *name;
	json_t *node;

	want_fields(plan, table, res);
	if (json_object_size(section) > 0)
		want_schema(plan, table, res->domain.schema);
	json_object_foreach (section, name, node)
		want_interface(plan, table, res, name, node);
}
