/*-------------------------------------------------------------------------
 *
 * src/define/plan_interface.c
 *	  The SQL functions of a resource: its code interface, and its calculations and
 *	  aggregates as functions of the row.
 *
 * A read is LANGUAGE sql STABLE with the read's own SELECT as body, so that the
 * planner inlines it; it is neither strict nor SECURITY DEFINER and sets nothing.
 * Everything else is one call of an action by name, whose parameters become the
 * input.  A parameter that may be left out is not part of the input when it is null.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "define/plan.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* An entry of "code_interface" on its way to a function. */
typedef struct Interface
{
	AshPlan *plan;
	AshResource *res;
	json_t *node;
	AshAction *action;
	AshPlanFunction *function;
	List *keys;		  /* of AshAttribute *: which record */
	StringInfo given; /* arguments of jsonb_build_object: inputs that are always given */
	StringInfo added; /* "|| CASE …" for the others */
} Interface;

const char *
ash_plan_interface_arg(json_t *arg, bool *optional)
{
	*optional = json_is_object(arg);
	return json_string_value(*optional ? json_object_get(arg, "optional") : arg);
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

static int
add_json_parameter(AshPlanFunction *function, const char *name)
{
	return add_parameter(function, name, "pg_catalog.jsonb", JSONBOID, "'{}'");
}

/* The table's row type, or InvalidOid while there is no table. */
static Oid
row_type(const AshPlanTable *table)
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
	char *body = ash_query_field_body(res, name, &type);
	AshPlanFunction *function;

	if (body == NULL)
		return;
	if (description == NULL)
		description = psprintf("%s \"%s\" of %s.", kind, name, res->name);
	function = add_function(plan, res, res->schema, name, description);
	add_parameter(function, NULL, res->qualified, row_type(table), NULL);
	function->returns = type->sql_base;
	function->return_type = type->oid;
	function->body = body;
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
	if (res->tenancy == ASH_TENANCY_CONTEXT)
		return;
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
 * Keys and inputs of an interface
 *-------------------------------------------------------------------------
 */

/* The attributes that "get_by" and "get_by_identity" name. */
static List *
interface_keys(const Interface *entry)
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

/* An extension that provides the type may still have to be created. */
static const char *
type_text(const Interface *entry, const AshTypeInst *type, Oid *oid)
{
	ash_type_resolve_storage(type);
	*oid = type->oid;
	return OidIsValid(type->oid) ? type->sql_base : ash_plan_type(entry->plan, type);
}

/* A parameter is of the input's type, unless its JSON would not mean the same. */
static const char *
input_type(const Interface *entry, const AshTypeInst *type, Oid *oid)
{
	const AshTypeInst *item = type->item ? type->item : type;

	if (item->oid == INTERVALOID || (type->item != NULL && item->oid == BYTEAOID))
	{
		*oid = JSONBOID;
		return "pg_catalog.jsonb";
	}
	return type_text(entry, type, oid);
}

static char *
input_value(const AshTypeInst *type, int number)
{
	if (type->oid == BYTEAOID)
		return psprintf("pg_catalog.translate(pg_catalog.encode($%d, 'base64'), E'\\n', '')",
						number);
	return psprintf("$%d", number);
}

static void
add_input(Interface *entry, const char *name, const AshTypeInst *type, bool optional)
{
	Oid oid;
	const char *sql = input_type(entry, type, &oid);
	int number = add_parameter(entry->function, name, sql, oid, optional ? "NULL" : NULL);
	char *pair = psprintf("%s, %s", quote_literal_cstr(name), input_value(type, number));

	if (optional)
		appendStringInfo(entry->added,
						 "\n  OPERATOR(pg_catalog.||) CASE WHEN $%d IS NULL THEN '{}' ELSE "
						 "pg_catalog.jsonb_build_object(%s) END",
						 number, pair);
	else
		appendStringInfo(entry->given, "%s%s", entry->given->len > 0 ? ", " : "", pair);
}

static const AshTypeInst *
type_of_input(const AshInput *input)
{
	return input->attribute ? input->attribute->type : input->argument->type;
}

/* An input that "args" does not name: it may be left out. */
static void
add_other_input(Interface *entry, List *named, const char *name)
{
	const AshInput *input = ash_find_input(entry->action, name, strlen(name));

	if (input != NULL && !list_member_ptr(named, input))
		add_input(entry, name, type_of_input(input), true);
}

/* "args" first, then every other input of the action: arguments, then attributes. */
static void
add_inputs(Interface *entry)
{
	const AshAction *action = entry->action;
	List *named = NIL;
	size_t i;
	json_t *arg;

	json_array_foreach (json_object_get(entry->node, "args"), i, arg)
	{
		bool optional;
		const char *name = ash_plan_interface_arg(arg, &optional);
		const AshInput *input = ash_find_input(action, name, strlen(name));

		add_input(entry, name, type_of_input(input), optional);
		named = lappend(named, unconstify(AshInput *, input));
	}
	for (int n = 0; n < action->nargs; n++)
		add_other_input(entry, named, action->args[n]->name);
	for (int n = 0; n < entry->res->nattributes; n++)
	{
		if (ash_find_argument(action, entry->res->attributes[n]->name) == NULL)
			add_other_input(entry, named, entry->res->attributes[n]->name);
	}
}

static char *
input_text(const Interface *entry)
{
	return psprintf("pg_catalog.jsonb_build_object(%s)%s", entry->given->data, entry->added->data);
}

/*-------------------------------------------------------------------------
 * Reads
 *-------------------------------------------------------------------------
 */

static AshArgument *
add_read_argument(Interface *entry, AshArgument *arg, bool optional)
{
	Oid oid;
	const char *type = type_text(entry, arg->type, &oid);

	add_parameter(entry->function, arg->name, type, oid,
				  optional ? ash_query_argument_default(entry->res, arg) : NULL);
	return arg;
}

/* The function's arguments in order: those of "args", then the action's others. */
static List *
add_read_arguments(Interface *entry)
{
	const AshAction *action = entry->action;
	List *arguments = NIL;
	size_t i;
	json_t *node;

	json_array_foreach (json_object_get(entry->node, "args"), i, node)
	{
		bool optional;
		const char *name = ash_plan_interface_arg(node, &optional);

		arguments =
			lappend(arguments, add_read_argument(entry, ash_find_argument(action, name), optional));
	}
	for (int n = 0; n < action->nargs; n++)
	{
		if (action->args[n]->public && !list_member_ptr(arguments, action->args[n]))
			arguments = lappend(arguments, add_read_argument(entry, action->args[n], true));
	}
	return arguments;
}

static bool
is_true_option(const Interface *entry, const char *name)
{
	return json_is_true(json_object_get(entry->node, name));
}

static void
want_read(Interface *entry, const AshPlanTable *table)
{
	AshPlanFunction *function = entry->function;
	bool get = is_true_option(entry, "get") || entry->keys != NIL || entry->action->get;
	bool must_find = get && !json_is_false(json_object_get(entry->node, "not_found_error"));
	List *arguments;
	ListCell *lc;

	foreach (lc, entry->keys)
	{
		const AshAttribute *attr = lfirst(lc);
		Oid oid;
		const char *type = type_text(entry, attr->type, &oid);

		add_parameter(function, attr->name, type, oid, NULL);
	}
	arguments = add_read_arguments(entry);
	function->returns = psprintf("SETOF %s", entry->res->qualified);
	function->return_type = row_type(table);
	function->set = true;
	function->rows = get ? 1 : 0;
	function->body =
		ash_query_read_body(entry->res, entry->action, entry->keys, arguments, must_find);
}

/*-------------------------------------------------------------------------
 * Everything else
 *-------------------------------------------------------------------------
 */

static void
returns_json(Interface *entry)
{
	entry->function->returns = "pg_catalog.json";
	entry->function->return_type = JSONOID;
}

/* The record an update or destroy is about, as its options name it; "" for other actions. */
static char *
record_option(Interface *entry)
{
	StringInfoData fields;
	ListCell *lc;

	if (entry->keys == NIL)
		return "";
	initStringInfo(&fields);
	foreach (lc, entry->keys)
	{
		const AshAttribute *attr = lfirst(lc);
		Oid oid;
		const char *type = input_type(entry, attr->type, &oid);
		int number = add_parameter(entry->function, attr->name, type, oid, NULL);

		appendStringInfo(&fields, "%s%s, %s", fields.len > 0 ? ", " : "",
						 quote_literal_cstr(attr->name), input_value(attr->type, number));
	}
	return psprintf("\n  OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object('record', "
					"pg_catalog.jsonb_build_object(%s))",
					fields.data);
}

static void
want_call(Interface *entry)
{
	AshActionType type = entry->action->type;
	char *record;
	int options;

	if (entry->keys == NIL && (type == ASH_ACTION_UPDATE || type == ASH_ACTION_DESTROY))
	{
		for (int i = 0; i < entry->res->nprimary_key; i++)
			entry->keys = lappend(entry->keys, entry->res->primary_key[i]);
	}
	record = record_option(entry);
	add_inputs(entry);
	options = add_json_parameter(entry->function, "options");
	returns_json(entry);
	entry->function->volatility = PROVOLATILE_VOLATILE;
	entry->function->body =
		psprintf("SELECT %s.ash_run_action(%s, %s,\n  %s,\n  COALESCE($%d, '{}')%s)",
				 ash_quote_ident(entry->plan->extension_schema),
				 quote_literal_cstr(entry->res->name), quote_literal_cstr(entry->action->name),
				 input_text(entry), options, record);
}

/* {"calculation": …}: one value, from the attributes in options.refs or options.record. */
static void
want_calculation(Interface *entry, const AshCalculation *calc)
{
	List *seen = NIL;
	size_t i;
	json_t *node;
	int options;

	json_array_foreach (json_object_get(entry->node, "args"), i, node)
	{
		bool optional;
		const char *name = ash_plan_interface_arg(node, &optional);

		for (int n = 0; n < calc->nargs; n++)
		{
			if (strcmp(calc->args[n]->name, name) != 0)
				continue;
			add_input(entry, name, calc->args[n]->type, optional);
			seen = lappend(seen, calc->args[n]);
		}
	}
	for (int n = 0; n < calc->nargs; n++)
	{
		if (!list_member_ptr(seen, calc->args[n]))
			add_input(entry, calc->args[n]->name, calc->args[n]->type, true);
	}
	options = add_json_parameter(entry->function, "options");
	returns_json(entry);
	entry->function->volatility = PROVOLATILE_VOLATILE;
	entry->function->body =
		psprintf("SELECT %s.ash_calculate(%s, %s,\n  %s,\n  COALESCE($%d, '{}'))",
				 ash_quote_ident(entry->plan->extension_schema),
				 quote_literal_cstr(entry->res->name), quote_literal_cstr(calc->name),
				 input_text(entry), options);
}

static void
want_interface(AshPlan *plan, const AshPlanTable *table, AshResource *res, const char *name,
			   json_t *node)
{
	const char *calculation = json_string_value(json_object_get(node, "calculation"));
	const char *action = json_string_value(json_object_get(node, "action"));
	const char *description = json_string_value(json_object_get(node, "description"));
	Interface entry = { .plan = plan, .res = res, .node = node };

	entry.action = calculation == NULL ? ash_find_action(res, action) : NULL;
	entry.given = makeStringInfo();
	entry.added = makeStringInfo();
	if (description == NULL && entry.action != NULL)
		description = entry.action->description;
	if (description == NULL)
		description = psprintf("%s \"%s\" of %s.", calculation ? "Calculation" : "Action",
							   calculation ? calculation : action, res->name);
	entry.function = add_function(plan, res, res->domain.schema, pstrdup(name), description);
	entry.keys = interface_keys(&entry);
	if (calculation != NULL)
		want_calculation(&entry, ash_find_calculation(res, calculation));
	else if (entry.action->type == ASH_ACTION_READ)
		want_read(&entry, table);
	else
		want_call(&entry);
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
