/*-------------------------------------------------------------------------
 *
 * src/schema/plan_table.c
 *	  Compiled resources → the tables they want: columns, keys, checks.
 *
 * SQL texts made here are as good as what PostgreSQL prints, but not in its
 * words; plan_shadow.c translates them where they have to be compared.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "model/table_constraint.h"
#include "model/value_default.h"
#include "parser/parse_coerce.h"
#include "parser/parse_func.h"
#include "schema/schema_plan.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

AshPlanColumn *
ash_plan_find_column(const AshPlanTable *table, const char *name)
{
	ListCell *lc;

	foreach (lc, table->columns)
	{
		AshPlanColumn *column = lfirst(lc);

		if (strcmp(column->name, name) == 0)
			return column;
	}
	return NULL;
}

bool
ash_plan_ignores(const AshPlanTable *table, const char *column)
{
	return ash_names_contain(table->ignored, column);
}

/*-------------------------------------------------------------------------
 * Types
 *-------------------------------------------------------------------------
 */

/* The type's name for DDL.  One whose extension is missing has no schema yet: it will get ours. */
const char *
ash_plan_type(const AshPlan *plan, const AshTypeInst *type)
{
	if (OidIsValid(type->oid))
		return type->sql;
	if (type->item != NULL)
		return psprintf("%s[]", ash_plan_type(plan, type->item));
	return psprintf("%s.%s", ash_quote_ident(plan->extension_schema), type->sql);
}

/*
 * Plans CREATE EXTENSION for a type that needs one, by the caller: nothing of the
 * definition stands in it, and owners of domains seldom may.
 */
static void
want_extension(AshPlan *plan, const AshPlanTable *table, const AshTypeInst *type)
{
	const char *name = ash_type_extension(type);
	char *sql;

	if (name == NULL || OidIsValid(get_extension_oid(name, true)))
		return;
	sql = psprintf("CREATE EXTENSION IF NOT EXISTS %s WITH SCHEMA %s", ash_quote_ident(name),
				   ash_quote_ident(plan->extension_schema));
	if (ash_names_contain(plan->extensions, sql))
		return;
	plan->extensions = lappend(plan->extensions, sql);
	ash_plan_step(plan, table, ASH_PHASE_PREPARE, "create extension", 0, "%s", sql);
	((AshPlanStep *) llast(plan->steps[ASH_PHASE_PREPARE]))->owner = InvalidOid;
}

/*-------------------------------------------------------------------------
 * Defaults
 *-------------------------------------------------------------------------
 */

/*
 * A literal as people write it, number and truth value bare, everything else
 * quoted: PostgreSQL keeps the difference, and the default of an adopted table
 * should be found to be the same.
 */
static const char *
literal_default(const AshTypeInst *type, AshValue value)
{
	Oid oid = OidIsValid(type->oid) ? type->oid : type->item ? TEXTARRAYOID : TEXTOID;
	Oid output;
	bool varlena;
	char *text;

	if (value.isnull)
		return NULL;
	if (oid == BOOLOID)
		return DatumGetBool(value.value) ? "true" : "false";
	getTypeOutputInfo(oid, &output, &varlena);
	text = OidOutputFunctionCall(output, value.value);
	if (TypeCategory(oid) == TYPCATEGORY_NUMERIC && strspn(text, "-.0123456789") == strlen(text))
		return text;
	return quote_literal_cstr(text);
}

/* The present, in the time zone values of the type are in. */
static const char *
now_default(const AshTypeInst *type)
{
	switch (type->oid)
	{
		case TIMESTAMPTZOID:
			return "pg_catalog.now()";
		case TIMESTAMPOID:
			return "(pg_catalog.now() AT TIME ZONE 'UTC')";
		case DATEOID:
			return "(pg_catalog.now() AT TIME ZONE 'UTC')::pg_catalog.date";
		default:
			return NULL;
	}
}

/* PostgreSQL has its own since 18; before, only actions make these. */
static const char *
uuid_v7_default(void)
{
	List *name = list_make2(makeString("pg_catalog"), makeString("uuidv7"));

	return OidIsValid(LookupFuncName(name, 0, NULL, true)) ? "pg_catalog.uuidv7()" : NULL;
}

/*
 * The default that a plain INSERT gets too, or NULL.  Expressions and functions
 * are evaluated by the action: they may ask for its actor or tenant.
 */
static const char *
column_default(const AshAttribute *attr)
{
	switch (attr->dflt.kind)
	{
		case ASH_DEFAULT_LITERAL:
			return attr->dflt.again ? NULL : literal_default(attr->type, attr->dflt.value);
		case ASH_DEFAULT_UUID:
			return "pg_catalog.gen_random_uuid()";
		case ASH_DEFAULT_UUID_V7:
			return uuid_v7_default();
		case ASH_DEFAULT_NOW:
			return now_default(attr->type);
		default:
			return NULL;
	}
}

static bool
is_integer(const AshTypeInst *type)
{
	return type->oid == INT8OID || type->oid == INT4OID || type->oid == INT2OID;
}

/*-------------------------------------------------------------------------
 * Columns and what hangs on them
 *-------------------------------------------------------------------------
 */

/* The default that the definition gives for the column; it counts for any attribute. */
static void
set_declared_default(AshPlanColumn *column, const AshResource *res, const AshAttribute *attr)
{
	json_t *dflt =
		json_object_get(json_object_get(res->document, "migration_defaults"), attr->name);

	if (dflt == NULL)
		return;
	column->any_default = false;
	column->dflt = NULL;
	if (json_is_null(dflt))
		return;
	ash_plan_check_condition(res, "migration_defaults", json_string_value(dflt));
	column->dflt = psprintf("(%s\n)", json_string_value(dflt));
	column->sql_default = true;
}

static void
want_column(AshPlan *plan, AshPlanTable *table, const AshResource *res, const AshAttribute *attr)
{
	AshPlanColumn *column = palloc0(sizeof(AshPlanColumn));

	want_extension(plan, table, attr->type);
	column->name = column->current = attr->source;
	column->type = ash_plan_type(plan, attr->type);
	column->not_null = attr->primary_key || !attr->allow_nil;
	column->dflt = column_default(attr);
	column->any_default = attr->generated && attr->dflt.kind == ASH_DEFAULT_NONE;
	set_declared_default(column, res, attr);
	if (column->any_default && column->not_null && is_integer(attr->type))
		column->identity = ATTRIBUTE_IDENTITY_BY_DEFAULT;
	column->comment = attr->description;
	column->renamed_from = attr->renamed_from;
	table->columns = lappend(table->columns, column);
}

static void
want_primary_key(AshPlanTable *table, const AshResource *res)
{
	List *columns = NIL;

	if (res->nprimary_key == 0)
		return;
	for (int i = 0; i < res->nprimary_key; i++)
		columns = lappend(columns, unconstify(char *, res->primary_key[i]->source));
	table->primary_key = ash_plan_object(NULL, res->primary_key_name,
										 psprintf("PRIMARY KEY (%s)", ash_plan_name_list(columns)));
}

/* The conditions that the types' constraints come to. */
static void
want_type_checks(AshPlanTable *table, const AshResource *res)
{
	for (int i = 0; i < res->nattributes; i++)
	{
		const AshAttribute *attr = res->attributes[i];
		const AshTypeInst *type = attr->type;
		char *condition = NULL;

		if (type->item == NULL && type->type->check_sql != NULL)
			condition = type->type->check_sql(type, ash_quote_ident(attr->source));
		if (condition != NULL && !ash_plan_ignores(table, attr->source))
			ash_plan_object(&table->checks, attr->check_name, condition);
	}
}

/* Do the rows that are there have to satisfy it? */
static bool
is_validated(const AshResource *res, const AshCheckConstraint *check)
{
	json_t *checks = json_object_get(res->document, "check_constraints");

	return !json_is_false(json_object_get(json_object_get(checks, check->name), "validate"));
}

/* Declared checks; they do not bind rows that the base filter hides. */
static void
want_declared_checks(AshPlanTable *table, AshResource *res)
{
	char *base = ash_plan_base_filter(res);
	ListCell *lc;

	foreach (lc, res->check_constraints)
	{
		const AshCheckConstraint *check = lfirst(lc);
		char *condition;

		if (check->check == NULL)
			continue;
		ash_plan_check_condition(res, check->name, check->check);
		condition = psprintf("(%s\n)", check->check);
		if (base != NULL)
			condition = psprintf("%s OR NOT (%s)", condition, base);
		ash_plan_object(&table->checks, check->name, condition)->valid = is_validated(res, check);
	}
}

static const char *
former_name(const AshResource *res)
{
	return json_string_value(json_object_get(res->document, "renamed_from"));
}

/* Columns of the attributes that the planner has nothing to do with. */
static List *
ignored_columns(const AshResource *res)
{
	List *columns = NIL;
	ListCell *lc;

	foreach (lc, ash_json_names(json_object_get(res->document, "migration_ignore_attributes")))
	{
		const AshAttribute *attr = ash_find_attribute(res, lfirst(lc));

		if (attr != NULL)
			columns = lappend(columns, unconstify(char *, attr->source));
	}
	return columns;
}

/* Adds the table of a resource, all but its foreign keys. */
void
ash_plan_want(AshPlan *plan, AshResource *res, Oid owner)
{
	AshPlanTable *table = palloc0(sizeof(AshPlanTable));

	table->resource = res->name;
	table->owner = owner;
	table->path = ash_owner_path(res->schema, plan->extension_schema);
	table->schema = res->schema;
	table->name = res->table;
	table->renamed_from = former_name(res);
	table->relkind = RELKIND_RELATION;
	table->comment = res->description;
	table->row_security = res->has_policies || res->tenancy != ASH_TENANCY_NONE;
	table->ignored = ignored_columns(res);
	for (int i = 0; i < res->nattributes; i++)
	{
		if (!ash_plan_ignores(table, res->attributes[i]->source))
			want_column(plan, table, res, res->attributes[i]);
	}
	ash_plan_want_options(table, res);
	want_primary_key(table, res);
	want_type_checks(table, res);
	want_declared_checks(table, res);
	ash_plan_want_indexes(plan, table, res);
	plan->tables = lappend(plan->tables, table);
}
