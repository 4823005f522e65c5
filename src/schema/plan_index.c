/*-------------------------------------------------------------------------
 *
 * src/schema/plan_index.c
 *	  Identities, custom indexes and indexes of references → wanted indexes.
 *
 * The tenant's column comes first in everything that is unique per tenant.  What
 * the base filter hides is not in a unique index: a hidden row blocks nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "model/identity.h"
#include "model/relationship.h"
#include "schema/schema_plan.h"

/*-------------------------------------------------------------------------
 * Pieces
 *-------------------------------------------------------------------------
 */

/* A new object, appended to list unless that is NULL. */
AshPlanObject *
ash_plan_object(List **list, const char *name, const char *definition)
{
	AshPlanObject *object = palloc0(sizeof(AshPlanObject));

	object->name = name;
	object->definition = object->current = definition;
	object->valid = true;
	if (list != NULL)
		*list = lappend(*list, object);
	return object;
}

char *
ash_plan_name_list(List *names)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach (lc, names)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", ash_quote_ident(lfirst(lc)));
	return buf.data;
}

static char *
index_predicate(AshResource *res, const char *source)
{
	AshSql sql;

	ash_sql_init(&sql, NULL);
	sql.inline_values = true;
	ash_query_write_index_predicate(&sql, res, source);
	return sql.text.data;
}

char *
ash_plan_base_filter(AshResource *res)
{
	return res->base_filter_source ? index_predicate(res, res->base_filter_source) : NULL;
}

/* Both conditions, or the one that is there, or NULL. */
static char *
both(char *a, char *b)
{
	if (a == NULL || b == NULL)
		return a ? a : b;
	return psprintf("(%s) AND (%s)", a, b);
}

static void
add_where(StringInfo definition, const char *condition)
{
	if (condition != NULL)
		appendStringInfo(definition, " WHERE (%s)", condition);
}

/* Columns of the attributes, the tenant's first unless all tenants share the index. */
static List *
key_columns(const AshResource *res, List *attributes, bool all_tenants)
{
	const AshAttribute *tenant = all_tenants ? NULL : res->tenant_attribute;
	List *columns = NIL;
	ListCell *lc;

	if (tenant != NULL && !ash_names_contain(attributes, tenant->name))
		columns = list_make1(unconstify(char *, tenant->source));
	foreach (lc, attributes)
	{
		const AshAttribute *attr = ash_find_attribute(res, lfirst(lc));

		if (attr == NULL)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("an index of resource %s cannot be planned", res->name),
							errdetail("\"%s\" is not an attribute.", (char *) lfirst(lc))));
		columns = lappend(columns, unconstify(char *, attr->source));
	}
	return columns;
}

/*-------------------------------------------------------------------------
 * Identities
 *-------------------------------------------------------------------------
 */

void
ash_plan_leave_object(List **list, const char *name)
{
	ash_plan_object(list, name, NULL)->valid = false;
}

static void
want_identity(AshPlanTable *table, AshResource *res, const AshIdentity *identity)
{
	char *where = identity->where ? index_predicate(res, identity->where) : NULL;
	List *columns = key_columns(res, identity->keys, identity->all_tenants);
	StringInfoData definition;

	initStringInfo(&definition);
	appendStringInfo(&definition, "USING btree (%s)", ash_plan_name_list(columns));
	if (!identity->nils_distinct)
		appendStringInfoString(&definition, " NULLS NOT DISTINCT");
	add_where(&definition, both(ash_plan_base_filter(res), where));
	ash_plan_object(&table->indexes, identity->index_name, definition.data)->unique = true;
}

/*-------------------------------------------------------------------------
 * Custom indexes
 *-------------------------------------------------------------------------
 */

/* "a", "-a" or SQL for one key of an index. */
static void
write_field(StringInfo out, const AshResource *res, const char *field)
{
	bool descending = field[0] == '-';
	const AshAttribute *attr = ash_find_attribute(res, field + (descending ? 1 : 0));

	if (out->len > 0)
		appendStringInfoString(out, ", ");
	if (attr != NULL)
	{
		appendStringInfo(out, "%s%s", ash_quote_ident(attr->source), descending ? " DESC" : "");
		return;
	}
	ash_plan_check_index_field(res, field);
	appendStringInfoString(out, field);
}

/* The keys; the tenant's column first, unless it is among them. */
static char *
custom_fields(const AshResource *res, List *fields, bool all_tenants)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	if (!all_tenants && res->tenant_attribute != NULL &&
		!ash_names_contain(fields, res->tenant_attribute->name))
		write_field(&buf, res, res->tenant_attribute->name);
	foreach (lc, fields)
		write_field(&buf, res, lfirst(lc));
	return buf.data;
}

static void
want_custom_index(AshPlanTable *table, AshResource *res, json_t *node)
{
	List *fields = ash_json_names(json_object_get(node, "fields"));
	List *include = ash_json_names(json_object_get(node, "include"));
	const char *using = json_string_value(json_object_get(node, "using"));
	const char *where = json_string_value(json_object_get(node, "where"));
	bool unique = ash_json_flag(node, "unique", false);
	StringInfoData definition;
	AshPlanObject *index;

	initStringInfo(&definition);
	appendStringInfo(&definition, "USING %s (%s)", ash_quote_ident(using ? using : "btree"),
					 custom_fields(res, fields, ash_json_flag(node, "all_tenants", false)));
	if (include != NIL)
		appendStringInfo(&definition, " INCLUDE (%s)",
						 ash_plan_name_list(key_columns(res, include, true)));
	if (!ash_json_flag(node, "nulls_distinct", true))
		appendStringInfoString(&definition, " NULLS NOT DISTINCT");
	if (where != NULL)
	{
		ash_plan_check_condition(res, "custom_indexes", where);
		where = psprintf("%s\n", where);
	}
	add_where(&definition,
			  both(ash_json_flag(node, "include_base_filter", unique) ? ash_plan_base_filter(res) :
																		NULL,
				   unconstify(char *, where)));
	index = ash_plan_object(&table->indexes, ash_custom_index_name(res, node), definition.data);
	index->unique = unique;
	index->concurrently = ash_json_flag(node, "concurrently", false);
}

/*-------------------------------------------------------------------------
 * References
 *-------------------------------------------------------------------------
 */

static char *
reference_condition(const AshResource *res, const AshAttribute *attr, json_t *references)
{
	const char *where = json_string_value(json_object_get(references, "index_where"));

	if (where == NULL)
		return NULL;
	if (strcmp(where, "not_nil") == 0)
		return psprintf("%s IS NOT NULL", ash_quote_ident(attr->source));
	ash_plan_check_condition(res, "index_where", where);
	return psprintf("%s\n", where);
}

/*
 * The index PostgreSQL uses to look for referencing rows: the column alone, since
 * that search does not know of tenants.
 */
static void
want_reference_index(AshPlanTable *table, const AshResource *res, const AshRelationship *rel)
{
	json_t *references = json_object_get(rel->definition, "references");
	const AshAttribute *attr;
	StringInfoData definition;

	if (rel->kind != ASH_REL_BELONGS_TO || !ash_json_flag(references, "index", false))
		return;
	attr = ash_find_attribute(res, rel->source_attribute);
	if (attr == NULL)
		return;
	initStringInfo(&definition);
	appendStringInfo(&definition, "USING btree (%s)", ash_quote_ident(attr->source));
	add_where(&definition, reference_condition(res, attr, references));
	ash_plan_object(&table->indexes, ash_object_name(res->table, attr->source, "index"),
					definition.data);
}

void
ash_plan_want_indexes(AshPlan *plan, AshPlanTable *table, AshResource *res)
{
	json_t *custom = json_object_get(res->document, "custom_indexes");
	List *skipped = ash_json_names(json_object_get(res->document, "skip_unique_indexes"));
	const char *name;
	json_t *node;
	size_t i;

	for (i = 0; i < res->nidentities; i++)
	{
		if (ash_names_contain(skipped, res->identities[i]->name))
			ash_plan_leave_object(&table->indexes, res->identities[i]->index_name);
		else
			want_identity(table, res, res->identities[i]);
	}
	json_object_foreach (json_object_get(res->document, "unique_index_names"), name, node)
		ash_plan_leave_object(&table->indexes, pstrdup(name));
	if (json_is_object(custom))
		want_custom_index(table, res, custom);
	json_array_foreach (custom, i, node)
		want_custom_index(table, res, node);
	for (i = 0; i < res->nrelationships; i++)
		want_reference_index(table, res, res->relationships[i]);
}
