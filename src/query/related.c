/*-------------------------------------------------------------------------
 *
 * src/query/related.c
 *	  The rows a relationship leads to, as FROM items and conditions.
 *
 * Whatever reaches another resource comes through here: paths in filters and
 * sorts, exists(), aggregates and loads.  So the relationship's filter, the
 * destination's base filter, its tenant and, when asked for, its read policies
 * (and those of a join resource) cannot be forgotten.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "query/internal.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

bool
ash_relationship_to_many(const AshRelationship *rel)
{
	return rel->kind == ASH_REL_HAS_MANY || rel->kind == ASH_REL_MANY_TO_MANY;
}

/* Is there at most one destination row, for certain? */
bool
ash_relationship_unique(const AshRelationship *rel)
{
	AshResource *dest = ash_ref_resource(unconstify(AshResourceRef *, &rel->destination));

	if (rel->no_attributes || ash_relationship_to_many(rel))
		return false;
	if (dest->nprimary_key == 1 &&
		strcmp(dest->primary_key[0]->name, rel->destination_attribute) == 0)
		return true;
	for (int i = 0; i < dest->nidentities; i++)
	{
		const AshIdentity *identity = dest->identities[i];

		if (list_length(identity->keys) == 1 && identity->where == NULL &&
			dest->tenancy == ASH_TENANCY_NONE &&
			strcmp(linitial(identity->keys), rel->destination_attribute) == 0)
			return true;
	}
	return false;
}

AshAction *
ash_related_action(AshRelationship *rel, AshResource *dest)
{
	if (rel != NULL && rel->read_action != NULL)
		return ash_find_action(dest, rel->read_action);
	return dest->primary_actions[ASH_ACTION_READ];
}

/* Trusted sorts of relationships, compiled once; hang off the resource. */
typedef struct RelationshipCache
{
	bool sort_done;
	List *sort;
} RelationshipCache;

List *
ash_relationship_sort(AshResource *res, AshRelationship *rel)
{
	RelationshipCache *cache = res->query_cache;
	MemoryContext old;

	if (rel->sort == NULL)
		return NIL;
	if (cache == NULL)
		res->query_cache = cache =
			MemoryContextAllocZero(res->cxt, sizeof(RelationshipCache) * res->nrelationships);
	cache += rel->index;
	if (!cache->sort_done)
	{
		old = MemoryContextSwitchTo(res->cxt);
		cache->sort = ash_sort_compile(ash_ref_resource(&rel->destination), rel->sort);
		cache->sort_done = true;
		MemoryContextSwitchTo(old);
	}
	return cache->sort;
}

static bool
is_parent_ref(AshExpr *expr, void *context)
{
	return expr->parent_levels > 0;
}

bool
ash_relationship_uses_parent(AshResource *res, AshRelationship *rel)
{
	AshExpr *filter = ash_relationship_filter(res, rel, NULL);

	return rel->no_attributes || (filter != NULL && ash_expr_walk(filter, is_parent_ref, NULL));
}

AshCall *
ash_query_subcall(AshCall *call, AshResource *res, AshAction *action)
{
	AshCall *sub = palloc(sizeof(AshCall));
	int nargs = action ? action->nargs : 0;

	*sub = *call;
	sub->res = res;
	sub->action = action;
	sub->authorize = call->authorize || !ash_call_may_waive(call->res, res);
	sub->opts = palloc0(sizeof(AshOptions));
	sub->args = palloc0(sizeof(AshValue) * Max(nargs, 1));
	sub->arg_set = palloc0(sizeof(bool) * Max(nargs, 1));
	for (int i = 0; i < nargs; i++)
		sub->args[i].isnull = true;
	sub->bindings.call = sub;
	return sub;
}

/*-------------------------------------------------------------------------
 * Tenant and table
 *-------------------------------------------------------------------------
 */

static bool
tenant_required(AshResource *res, AshAction *action)
{
	return !res->tenant_global && (action == NULL || action->multitenancy == ASH_TENANCY_ENFORCE);
}

static bool
tenant_bypassed(AshAction *action)
{
	return action != NULL && (action->multitenancy == ASH_TENANCY_BYPASS ||
							  action->multitenancy == ASH_TENANCY_BYPASS_ALL);
}

/* The condition on the tenant attribute, or NULL. */
AshExpr *
ash_tenant_condition(AshCall *call, AshResource *res, AshAction *action)
{
	AshValue tenant;

	if (call == NULL || res->tenancy == ASH_TENANCY_NONE || tenant_bypassed(action) ||
		(call->action != NULL && call->action->multitenancy == ASH_TENANCY_BYPASS_ALL))
		return NULL;
	if (!call->has_tenant)
	{
		if (tenant_required(res, action))
			ash_error_add(call->errors, ASH_E_TENANT_REQUIRED, NULL,
						  "Queries against the %s resource require a tenant to be specified",
						  res->name);
		return NULL;
	}
	if (res->tenancy != ASH_TENANCY_ATTRIBUTE || !ash_call_tenant_value(call, res, false, &tenant))
		return NULL;
	return ash_expr_call("=",
						 list_make2(ash_expr_attribute(res, res->tenant_attribute),
									ash_expr_const(res->tenant_attribute->type, tenant)),
						 call->errors);
}

/* The same in SQL that sessions run later: it reads their tenant then. */
AshExpr *
ash_session_tenant(AshResource *res, AshAction *action)
{
	if (res->tenancy != ASH_TENANCY_ATTRIBUTE || tenant_bypassed(action))
		return NULL;
	return ash_session_tenant_condition(res, tenant_required(res, action));
}

/* With a schema for each tenant the tenant's name is the schema's. */
void
ash_sql_table(AshSql *sql, AshCall *call, AshResource *res)
{
	ash_sql_reads(sql, res);
	if (res->tenancy == ASH_TENANCY_CONTEXT && call != NULL && call->has_tenant)
		ash_sql_qualified(sql, ash_jsonb_value_text(&call->tenant), res->table);
	else
		ash_sql_str(sql, res->qualified);
}

/*-------------------------------------------------------------------------
 * Conditions on a row of another resource
 *-------------------------------------------------------------------------
 */

/* What the read policies of res say about its rows; NULL when they say nothing. */
static AshExpr *
policy_condition(AshCall *call, AshResource *res, AshAction *action, AshRowScope *source,
				 AshRelationship *rel)
{
	AshCall *sub = ash_query_subcall(call, res, action);
	AshPolicySubject subject = { 0 };
	AshQuery *query = palloc0(sizeof(AshQuery));
	AshExpr *filter = NULL;

	sub->accessing_from = source->res->name;
	sub->accessing_relationship = rel->name;
	query->call = sub;
	query->res = res;
	query->action = action;
	subject.call = sub;
	subject.res = res;
	subject.type = ASH_ACTION_READ;
	subject.action = action;
	subject.query = query;
	switch (ash_policy_decide(&subject, &filter))
	{
		case ASH_DECISION_ALLOW:
			return NULL;
		case ASH_DECISION_DENY:
			return ash_expr_bool(false);
		case ASH_DECISION_FILTER:
			break;
	}
	return filter;
}

static AshExpr *
row_tenant(AshRowScope *row, AshAction *action)
{
	return row->call == NULL && row->sql->write_template != NULL ?
			   ash_session_tenant(row->res, action) :
			   ash_tenant_condition(row->call, row->res, action);
}

List *
ash_row_conditions(AshRowScope *row, AshAction *action, bool authorize, AshRowScope *source,
				   AshRelationship *rel)
{
	AshExpr *base = ash_resource_base_filter(row->res, NULL);
	AshExpr *tenant = row_tenant(row, action);
	AshExpr *policy = NULL;
	List *conditions = NIL;

	if (authorize && row->res->has_policies)
		policy = policy_condition(row->call, row->res, action, source, rel);
	if (base != NULL)
		conditions = lappend(conditions, base);
	if (tenant != NULL)
		conditions = lappend(conditions, tenant);
	if (policy != NULL)
		conditions = lappend(conditions, policy);
	return conditions;
}

/*-------------------------------------------------------------------------
 * Matching
 *-------------------------------------------------------------------------
 */

static const AshAttribute *
key_attribute(AshResource *res, const char *name, const AshRelationship *rel)
{
	const AshAttribute *attr = ash_find_attribute(res, name);

	if (attr == NULL)
		elog(ERROR, "relationship \"%s\": no attribute \"%s\" in %s", rel->name, name, res->name);
	return attr;
}

char *
ash_equal_columns(AshRowScope *a, const AshAttribute *x, AshRowScope *b, const AshAttribute *y)
{
	StringInfoData outer = ash_sql_divert(a->sql);

	ash_row_column(a, x);
	ash_sql_str(a->sql, ash_sql_equals(x->type));
	ash_row_column(b, y);
	return ash_sql_collect(a->sql, outer);
}

static char *
conditions_text(AshRowScope *row, List *conditions)
{
	StringInfoData outer = ash_sql_divert(row->sql);
	bool any = ash_row_where(row, conditions);
	char *text = ash_sql_collect(row->sql, outer);

	return any ? text : NULL;
}

static bool
list_has(List *names, const char *name)
{
	ListCell *lc;

	foreach (lc, names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/* Can two rows of the join resource not tie the same pair together? */
static bool
joins_once(const AshResource *through, const AshRelationship *rel)
{
	const char *source = rel->source_attribute_on_join;
	const char *dest = rel->destination_attribute_on_join;
	List *key = NIL;

	for (int i = 0; i < through->nprimary_key; i++)
		key = lappend(key, unconstify(char *, through->primary_key[i]->name));
	if (list_length(key) == 2 && list_has(key, source) && list_has(key, dest))
		return true;
	for (int i = 0; i < through->nidentities; i++)
	{
		const AshIdentity *identity = through->identities[i];

		if (identity->where == NULL && list_length(identity->keys) == 2 &&
			through->base_filter_source == NULL && through->tenancy == ASH_TENANCY_NONE &&
			list_has(identity->keys, source) && list_has(identity->keys, dest))
			return true;
	}
	return false;
}

/*
 * The join resource of a many_to_many.  To have each destination row once, its keys
 * are taken in a sub-select; else it is an ordinary join.
 */
static void
match_through(AshRowScope *source, AshRelationship *rel, AshRowScope *row, bool authorize,
			  AshRelatedRows rows, StringInfo item, List **conditions)
{
	AshSql *sql = row->sql;
	AshResource *through = ash_ref_resource(&rel->through);
	AshFrom *from = ash_from_create(NULL);
	AshRowScope *join = ash_row_create(sql, row->call, through, from, source);
	const AshAttribute *from_source = key_attribute(through, rel->source_attribute_on_join, rel);
	const AshAttribute *to_dest = key_attribute(through, rel->destination_attribute_on_join, rel);
	char *match = ash_equal_columns(join, from_source, source,
									key_attribute(source->res, rel->source_attribute, rel));
	char *more = conditions_text(join, ash_row_conditions(join, ash_related_action(NULL, through),
														  authorize, source, rel));
	char *on = ash_equal_columns(row, key_attribute(row->res, rel->destination_attribute, rel),
								 join, to_dest);
	StringInfoData outer = ash_sql_divert(sql);
	char *text;

	if ((rows == ASH_RELATED_ANY || joins_once(through, rel)) && from->items == NIL)
	{
		ash_sql_table(sql, row->call, through);
		text = ash_sql_collect(sql, outer);
		appendStringInfo(item, " INNER JOIN %s AS %s ON (%s)", text, join->alias, on);
		*conditions = lappend(*conditions, match);
		if (more != NULL)
			*conditions = lappend(*conditions, more);
		return;
	}
	ash_sql_str(sql, "LATERAL (SELECT DISTINCT ");
	ash_row_column(join, to_dest);
	ash_sql_str(sql, " FROM ");
	ash_sql_table(sql, row->call, through);
	appendStringInfo(&sql->text, " AS %s", join->alias);
	ash_from_write(sql, from);
	appendStringInfo(&sql->text, " WHERE %s%s%s) AS %s", match, more ? " AND " : "",
					 more ? more : "", join->alias);
	text = ash_sql_collect(sql, outer);
	appendStringInfo(item, " INNER JOIN %s ON (%s)", text, on);
}

void
ash_related_match(AshRowScope *source, AshRelationship *rel, AshRowScope *row, bool authorize,
				  AshRelatedRows rows, StringInfo item, List **conditions)
{
	AshExpr *filter = ash_relationship_filter(source->res, rel, NULL);

	if (rel->kind == ASH_REL_MANY_TO_MANY)
		match_through(source, rel, row, authorize, rows, item, conditions);
	else if (!rel->no_attributes)
	{
		const AshAttribute *to = key_attribute(row->res, rel->destination_attribute, rel);
		const AshAttribute *from = key_attribute(source->res, rel->source_attribute, rel);

		*conditions = lappend(*conditions, ash_equal_columns(row, to, source, from));
	}
	if (filter != NULL)
		*conditions = lappend(*conditions, conditions_text(row, list_make1(filter)));
}

static char *
join_texts(List *texts)
{
	StringInfoData out;
	ListCell *lc;

	initStringInfo(&out);
	foreach (lc, texts)
	{
		if (out.len > 0)
			appendStringInfoString(&out, " AND ");
		appendStringInfoString(&out, lfirst(lc));
	}
	return out.data;
}

/* Wrap the item in a sub-select of its own: it has joins, an order or a limit. */
static AshRelated
wrap_related(AshRowScope *inner, const char *item, const char *where, List *sort, AshOptInt limit,
			 AshOptInt offset, AshFrom *from)
{
	AshSql *sql = inner->sql;
	AshRelated related;
	StringInfoData outer;
	StringInfoData order;
	char *order_text;

	order = ash_sql_divert(sql);
	if (sort != NIL)
	{
		ash_sql_str(sql, " ORDER BY ");
		ash_row_order(inner, sort);
	}
	order_text = ash_sql_collect(sql, order);

	related.row = ash_row_create(sql, inner->call, inner->res, from, NULL);
	outer = ash_sql_divert(sql);
	appendStringInfo(&sql->text, "LATERAL (SELECT %s.* FROM %s", inner->alias, item);
	ash_from_write(sql, inner->from);
	if (where[0])
		appendStringInfo(&sql->text, " WHERE %s", where);
	ash_sql_str(sql, order_text);
	if (limit.set)
		appendStringInfo(&sql->text, " LIMIT " INT64_FORMAT, limit.value);
	if (offset.set)
		appendStringInfo(&sql->text, " OFFSET " INT64_FORMAT, offset.value);
	appendStringInfo(&sql->text, ") AS %s", related.row->alias);
	related.item = ash_sql_collect(sql, outer);
	related.where = "";
	return related;
}

AshRelated
ash_related(AshRowScope *source, AshRelationship *rel, bool authorize, AshRelatedRows rows,
			AshFrom *from)
{
	AshResource *dest = ash_ref_resource(&rel->destination);
	AshSql *sql = source->sql;
	AshRowScope *row = ash_row_create(sql, source->call, dest, ash_from_create(NULL), source);
	bool single = rows == ASH_RELATED_FIRST || !ash_relationship_to_many(rel);
	StringInfoData outer;
	StringInfoData item;
	List *conditions = NIL;
	char *own;
	AshOptInt limit = rel->limit;
	AshRelated related;

	outer = ash_sql_divert(sql);
	ash_sql_table(sql, source->call, dest);
	appendStringInfo(&sql->text, " AS %s", row->alias);
	item = sql->text;
	sql->text = outer;

	ash_related_match(source, rel, row, authorize, rows, &item, &conditions);
	own = conditions_text(row, ash_row_conditions(row, ash_related_action(rel, dest),
												  authorize && rel->authorize, source, rel));
	if (own != NULL)
		conditions = lappend(conditions, own);
	if (single && !ash_relationship_unique(rel))
	{
		limit.set = true;
		limit.value = 1;
	}
	if (limit.set || rel->offset.set || row->from->items != NIL)
		return wrap_related(row, item.data, join_texts(conditions),
							limit.set || rel->offset.set ? ash_relationship_sort(source->res, rel) :
														   NIL,
							limit, rel->offset, from);
	row->from = from;
	row->parent = NULL;
	related.row = row;
	related.item = rel->kind == ASH_REL_MANY_TO_MANY ? psprintf("(%s)", item.data) : item.data;
	related.where = join_texts(conditions);
	return related;
}

AshChain
ash_related_chain(AshRowScope *source, List *path, bool authorize, AshRelatedRows rows,
				  AshExpr **join_filters)
{
	AshChain chain = { 0 };
	AshRowScope *previous = source;

	chain.from = ash_from_create(NULL);
	initStringInfo(&chain.where);
	for (int i = 0; i < list_length(path); i++)
	{
		AshRelated related = ash_related(previous, list_nth(path, i), authorize, rows, chain.from);
		char *filter = NULL;

		if (i == 0)
			chain.item = related.item;
		else
			ash_from_add(chain.from, psprintf(" CROSS JOIN %s", related.item));
		related.row->parent = previous;
		if (join_filters != NULL && join_filters[i] != NULL)
			filter = conditions_text(related.row, list_make1(join_filters[i]));
		if (related.where[0])
			appendStringInfo(&chain.where, "%s%s", chain.where.len > 0 ? " AND " : "",
							 related.where);
		if (filter != NULL)
			appendStringInfo(&chain.where, "%s%s", chain.where.len > 0 ? " AND " : "", filter);
		previous = related.row;
	}
	chain.row = previous;
	chain.row->parent = source;
	return chain;
}
