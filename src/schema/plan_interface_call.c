/*-------------------------------------------------------------------------
 *
 * src/schema/plan_interface_call.c
 *	  Functions that call an action or a calculation by name.
 *
 * Parameters become the input, which is put together as JSON.  A parameter that may
 * be left out is not part of it when it is null.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "schema/plan_interface.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/*-------------------------------------------------------------------------
 * Values
 *-------------------------------------------------------------------------
 */

/* A parameter is of the input's type, unless its JSON would not mean the same. */
static const char *
input_type(const AshInterface *entry, const AshTypeInst *type, Oid *oid)
{
	const AshTypeInst *item = type->item ? type->item : type;

	if (item->oid == INTERVALOID || (type->item != NULL && item->oid == BYTEAOID))
	{
		*oid = JSONBOID;
		return "pg_catalog.jsonb";
	}
	return ash_interface_type(entry, type, oid);
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
add_pair(AshInterfacePairs *pairs, const char *name, const char *value, int number, bool optional)
{
	char *pair = psprintf("%s, %s", quote_literal_cstr(name), value);

	if (optional)
		appendStringInfo(pairs->added,
						 "\n  OPERATOR(pg_catalog.||) CASE WHEN $%d IS NULL THEN '{}' ELSE "
						 "pg_catalog.jsonb_build_object(%s) END",
						 number, pair);
	else
		appendStringInfo(pairs->given, "%s%s", pairs->given->len > 0 ? ", " : "", pair);
}

static char *
pairs_text(const AshInterfacePairs *pairs)
{
	return psprintf("pg_catalog.jsonb_build_object(%s)%s", pairs->given->data, pairs->added->data);
}

static void
add_value(AshInterface *entry, AshInterfacePairs *pairs, const char *name, const AshTypeInst *type,
		  bool optional)
{
	Oid oid;
	const char *sql = input_type(entry, type, &oid);
	int number = ash_interface_parameter(entry, name, sql, oid, optional ? "NULL" : NULL);

	add_pair(pairs, name, input_value(type, number), number, optional);
}

/*-------------------------------------------------------------------------
 * Custom inputs
 *-------------------------------------------------------------------------
 */

static json_t *
custom_input(const AshInterface *entry, const char *name)
{
	return json_object_get(json_object_get(entry->node, "custom_inputs"), name);
}

/* Is the input made from a custom one? */
static bool
is_custom_target(const AshInterface *entry, const char *name)
{
	const char *key;
	json_t *node;

	json_object_foreach (json_object_get(entry->node, "custom_inputs"), key, node)
	{
		if (strcmp(json_string_value(json_object_get(node, "to")), name) == 0)
			return true;
	}
	return false;
}

/* A parameter of its own type, through a function, as an input of the action. */
static void
add_custom(AshInterface *entry, const char *name, json_t *node, bool optional)
{
	const AshTypeInst *type = ash_type_compile(json_string_value(json_object_get(node, "type")),
											   json_object_get(node, "constraints"),
											   ash_errors_create(CurrentMemoryContext));
	const char *to = json_string_value(json_object_get(node, "to"));
	const char *using = json_string_value(json_object_get(node, "using"));
	Oid oid;
	const char *sql = ash_interface_type(entry, type, &oid);
	int number = ash_interface_parameter(entry, name, sql, oid, optional ? "NULL" : NULL);
	char *value = input_value(type, number);

	if (using != NULL)
	{
		const char *dot = strchr(using, '.');

		value = psprintf("%s.%s($%d)", ash_quote_ident(pnstrdup(using, dot - using)),
						 ash_quote_ident(dot + 1), number);
	}
	add_pair(&entry->inputs, to, value, number, optional);
}

static void
add_other_customs(AshInterface *entry, List *named)
{
	const char *name;
	json_t *node;

	json_object_foreach (json_object_get(entry->node, "custom_inputs"), name, node)
	{
		if (!list_member_ptr(named, node))
			add_custom(entry, name, node, true);
	}
}

/*-------------------------------------------------------------------------
 * Inputs of an action
 *-------------------------------------------------------------------------
 */

static const AshTypeInst *
type_of_input(const AshInput *input)
{
	return input->attribute ? input->attribute->type : input->argument->type;
}

/* An input that "args" does not name: it may be left out. */
static void
add_other_input(AshInterface *entry, List *named, const char *name)
{
	const AshInput *input = ash_find_input(entry->action, name, strlen(name));

	if (input != NULL && !list_member_ptr(named, input) && !ash_interface_excludes(entry, name) &&
		!is_custom_target(entry, name))
		add_value(entry, &entry->inputs, name, type_of_input(input), true);
}

/* "args" first, then every other input of the action: arguments, then attributes. */
static void
add_inputs(AshInterface *entry)
{
	const AshAction *action = entry->action;
	List *named = NIL;
	size_t i;
	json_t *node;

	json_array_foreach (json_object_get(entry->node, "args"), i, node)
	{
		AshInterfaceArg arg;
		const AshInput *input;

		(void) ash_plan_interface_arg(node, &arg);
		if (custom_input(entry, arg.name) != NULL)
		{
			add_custom(entry, arg.name, custom_input(entry, arg.name), arg.optional);
			named = lappend(named, custom_input(entry, arg.name));
			continue;
		}
		input = ash_find_input(action, arg.name, strlen(arg.name));
		add_value(entry, &entry->inputs, arg.name, type_of_input(input), arg.optional);
		named = lappend(named, unconstify(AshInput *, input));
	}
	add_other_customs(entry, named);
	for (int n = 0; n < action->nargs; n++)
		add_other_input(entry, named, action->args[n]->name);
	for (int n = 0; n < entry->res->nattributes; n++)
	{
		if (ash_find_argument(action, entry->res->attributes[n]->name) == NULL)
			add_other_input(entry, named, entry->res->attributes[n]->name);
	}
}

/*-------------------------------------------------------------------------
 * The call of an action
 *-------------------------------------------------------------------------
 */

static void
returns_json(AshInterface *entry)
{
	entry->function->returns = "pg_catalog.json";
	entry->function->return_type = JSONOID;
}

/* The record an update or destroy is about, as its options name it; "" for other actions. */
static char *
record_option(AshInterface *entry)
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
		int number = ash_interface_parameter(entry, attr->name, type, oid, NULL);

		appendStringInfo(&fields, "%s%s, %s", fields.len > 0 ? ", " : "",
						 quote_literal_cstr(attr->name), input_value(attr->type, number));
	}
	return psprintf("\n  OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object('record', "
					"pg_catalog.jsonb_build_object(%s))",
					fields.data);
}

/* The options of the call: those of the definition, then the caller's. */
static char *
call_options(AshInterface *entry)
{
	json_t *defaults = json_object_get(entry->node, "default_options");
	int number = ash_interface_parameter(entry, "options", "pg_catalog.jsonb", JSONBOID, "'{}'");
	char *given = psprintf("COALESCE($%d, '{}')", number);

	if (json_object_size(defaults) == 0)
		return given;
	return psprintf("%s::pg_catalog.jsonb OPERATOR(pg_catalog.||) %s",
					quote_literal_cstr(ash_json_dump(defaults, false)), given);
}

void
ash_interface_call(AshInterface *entry)
{
	AshActionType type = entry->action->type;
	char *record;
	char *options;

	if (entry->keys == NIL && (type == ASH_ACTION_UPDATE || type == ASH_ACTION_DESTROY))
	{
		for (int i = 0; i < entry->res->nprimary_key; i++)
			entry->keys = lappend(entry->keys, entry->res->primary_key[i]);
	}
	record = record_option(entry);
	add_inputs(entry);
	options = call_options(entry);
	returns_json(entry);
	entry->function->volatility = PROVOLATILE_VOLATILE;
	entry->function->parallel = PROPARALLEL_UNSAFE;
	entry->function->body =
		psprintf("SELECT %s.ash_run_action(%s, %s,\n  %s,\n  %s%s)",
				 ash_quote_ident(entry->plan->extension_schema),
				 quote_literal_cstr(entry->res->name), quote_literal_cstr(entry->action->name),
				 pairs_text(&entry->inputs), options, record);
}

/*-------------------------------------------------------------------------
 * The call of a calculation
 *-------------------------------------------------------------------------
 */

static const AshArgument *
argument_of(const AshCalculation *calc, const char *name)
{
	for (int i = 0; i < calc->nargs; i++)
	{
		if (strcmp(calc->args[i]->name, name) == 0)
			return calc->args[i];
	}
	return NULL;
}

/* "_record": a row of the table, whose key names the record; the option "record". */
static char *
record_parameter(AshInterface *entry)
{
	int number = ash_interface_parameter(entry, "record", entry->res->qualified,
										 ash_interface_row_type(entry->table), NULL);
	StringInfoData fields;

	initStringInfo(&fields);
	for (int i = 0; i < entry->res->nprimary_key; i++)
	{
		const AshAttribute *attr = entry->res->primary_key[i];

		appendStringInfo(&fields, "%s%s, ($%d).%s", i > 0 ? ", " : "",
						 quote_literal_cstr(attr->name), number, ash_quote_ident(attr->source));
	}
	return psprintf("\n  OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object('record', "
					"pg_catalog.jsonb_build_object(%s))",
					fields.data);
}

/* One of "args"; what it adds to the options. */
static const char *
calculation_arg(AshInterface *entry, const AshCalculation *calc, const AshInterfaceArg *arg,
				List **seen)
{
	const AshArgument *argument =
		arg->kind == ASH_INTERFACE_REF ? NULL : argument_of(calc, arg->name);

	if (arg->kind == ASH_INTERFACE_RECORD)
		return record_parameter(entry);
	if (argument != NULL)
	{
		add_value(entry, &entry->inputs, arg->name, argument->type, arg->optional);
		*seen = lappend(*seen, unconstify(AshArgument *, argument));
	}
	else
		add_value(entry, &entry->refs, arg->name, ash_find_attribute(entry->res, arg->name)->type,
				  arg->optional);
	return "";
}

/* Is a value's JSON, as text, what PostgreSQL reads the type from? */
static bool
is_written_alike(Oid oid)
{
	char category;
	bool preferred;

	/* what an extension still has to bring are texts, or vectors, which look like lists */
	if (!OidIsValid(oid))
		return true;
	get_type_category_preferred(oid, &category, &preferred);
	return category != TYPCATEGORY_RANGE && category != TYPCATEGORY_COMPOSITE &&
		   category != TYPCATEGORY_GEOMETRIC && category != TYPCATEGORY_PSEUDOTYPE &&
		   category != TYPCATEGORY_ARRAY;
}

/* The call of the calculation, as a value of its type; as json where that has no other form. */
static char *
typed_call(AshInterface *entry, const AshTypeInst *type, const char *call)
{
	AshPlanFunction *function = entry->function;
	const AshTypeInst *item = type->item;
	Oid oid;
	const char *sql = ash_interface_type(entry, type, &oid);
	Oid item_oid = InvalidOid;
	const char *item_sql = item != NULL ? ash_interface_type(entry, item, &item_oid) : NULL;

	function->returns = sql;
	function->return_type = oid;
	if (item != NULL && item->item == NULL && item_oid != BYTEAOID && is_written_alike(item_oid))
		return psprintf(
			"SELECT CASE WHEN pg_catalog.json_typeof(v) OPERATOR(pg_catalog.=) 'array' "
			"THEN ARRAY(SELECT CAST(e.i AS %s)\n  FROM "
			"pg_catalog.json_array_elements_text(v) WITH ORDINALITY AS e(i, n) ORDER BY "
			"e.n) END\nFROM %s AS c(v)",
			item_sql, call);
	if (item == NULL && oid == BYTEAOID)
		return psprintf("SELECT pg_catalog.decode(%s OPERATOR(pg_catalog.#>>) '{}', 'base64')",
						call);
	if (item == NULL && oid == JSONBOID)
		return psprintf("SELECT CASE WHEN pg_catalog.json_typeof(v) OPERATOR(pg_catalog.<>) 'null' "
						"THEN CAST(v AS %s) END\nFROM %s AS c(v)",
						sql, call);
	if (item == NULL && is_written_alike(oid))
		return psprintf("SELECT CAST(%s OPERATOR(pg_catalog.#>>) '{}' AS %s)", call, sql);
	returns_json(entry);
	return psprintf("SELECT %s", call);
}

/* One value, from attributes given as parameters, or those in options.refs or options.record. */
void
ash_interface_calculation(AshInterface *entry, const AshCalculation *calc)
{
	List *seen = NIL;
	const char *record = "";
	const char *refs = "";
	size_t i;
	json_t *node;
	char *options;

	json_array_foreach (json_object_get(entry->node, "args"), i, node)
	{
		AshInterfaceArg arg;
		const char *added;

		(void) ash_plan_interface_arg(node, &arg);
		added = calculation_arg(entry, calc, &arg, &seen);
		record = added[0] != '\0' ? added : record;
	}
	for (int n = 0; n < calc->nargs; n++)
	{
		if (!list_member_ptr(seen, calc->args[n]) &&
			!ash_interface_excludes(entry, calc->args[n]->name))
			add_value(entry, &entry->inputs, calc->args[n]->name, calc->args[n]->type, true);
	}
	options = call_options(entry);
	if (entry->refs.given->len > 0 || entry->refs.added->len > 0)
		refs = psprintf("\n  OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object('refs', %s)",
						pairs_text(&entry->refs));
	entry->function->volatility = PROVOLATILE_VOLATILE;
	entry->function->parallel = PROPARALLEL_UNSAFE;
	entry->function->body =
		typed_call(entry, calc->type,
				   psprintf("%s.ash_calculate(%s, %s,\n  %s,\n  %s%s%s)",
							ash_quote_ident(entry->plan->extension_schema),
							quote_literal_cstr(entry->res->name), quote_literal_cstr(calc->name),
							pairs_text(&entry->inputs), options, refs, record));
}
