/*-------------------------------------------------------------------------
 *
 * src/sql/sql_related.c
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

#include "model/attribute.h"
#include "model/identity.h"
#include "model/relationship.h"
#include "sql/sql.h"
#include "utils/builtins.h"

/*-------------------------------------------------------------------------
 * Conditions on a row of another resource
 *-------------------------------------------------------------------------
 */

/* What the read policies of res say about its rows; NULL when they say nothing. */
static AshExpr *
policy_condition(AshCall *call, AshResource *res, AshAction *action, AshRowScope *source,
				 AshRelationship *rel)
{
	AshPolicySubject subject = { .call = ash_related_call(call, source->res, rel, res, action),
								 .res = res,
								 .type = ASH_ACTION_READ,
								 .action = action };

	/* whether the related rows are authorized is the decision of our caller */
	subject.call->authorize = true;
	return ash_authorize(&subject, ASH_REFUSE_SILENTLY).condition;
}

static AshExpr *
row_tenant(AshRowScope *row, AshAction *action)
{
	return row->call == NULL && row->sql->write_template != NULL ?
			   ash_session_tenant(row->res, action) :
			   ash_tenant_condition(row->call, row->res, action);
}

/* base filter, tenant, read policies; NIL when there is none of them */
static List *
row_conditions(AshRowScope *row, AshAction *action, bool authorize, AshRowScope *source,
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

static char *
conditions_text(AshRowScope *row, List *conditions)
{
	StringInfoData outer = ash_sql_divert(row->sql);
	bool any = ash_row_where(row, conditions);
	char *text = ash_sql_collect(row->sql, outer);

	return any ? text : NULL;
}

/*
 * What the row's own definition says of it, in the context of the related read; or
 * NULL.  Of an action that the relationship or the aggregate names, its filter counts.
 */
static char *
own_conditions(AshRowScope *row, AshAction *named, bool authorize, AshRowScope *source,
			   AshRelationship *rel)
{
	const AshBindings *outer = row->sql->bindings;
	AshAction *action = named != NULL ? named : ash_related_action(NULL, row->res);
	List *conditions = row_conditions(row, action, authorize, source, rel);
	char *text;

	if (named != NULL)
		conditions =
			list_concat(conditions, ash_related_filters(source->res, rel, row->res, action));
	if (conditions == NIL)
		return NULL;
	if (row->call != NULL && (rel->context != NULL || row->res->default_context != NULL ||
							  row->call->res->default_context != NULL))
		row->sql->bindings =
			&ash_related_call(row->call, source->res, rel, row->res, action)->bindings;
	row->trusted_reader = row->reader;
	text = conditions_text(row, conditions);
	row->trusted_reader = InvalidOid;
	row->sql->bindings = outer;
	return text;
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

/* both are rows of the same resource, and one: "a.x = b.x AND …" */
void
ash_row_equal_keys(AshRowScope *a, AshRowScope *b)
{
	for (int i = 0; i < a->res->nprimary_key; i++)
		appendStringInfo(&a->sql->text, "%s%s", i > 0 ? " AND " : "",
						 ash_equal_columns(a, a->res->primary_key[i], b, b->res->primary_key[i]));
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
	if (list_length(key) == 2 && ash_names_contain(key, source) && ash_names_contain(key, dest))
		return true;
	for (int i = 0; i < through->nidentities; i++)
	{
		const AshIdentity *identity = through->identities[i];

		if (identity->where == NULL && list_length(identity->keys) == 2 &&
			through->base_filter_source == NULL && through->tenancy == ASH_TENANCY_NONE &&
			ash_names_contain(identity->keys, source) && ash_names_contain(identity->keys, dest))
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
	AshRelationship *joins = ash_find_relationship(source->res, rel->join_relationship);
	AshFrom *from = ash_from_create(NULL);
	AshRowScope *join = ash_row_create(sql, row->call, through, from, source);
	const AshAttribute *from_source = key_attribute(through, rel->source_attribute_on_join, rel);
	const AshAttribute *to_dest = key_attribute(through, rel->destination_attribute_on_join, rel);
	char *match = ash_equal_columns(join, from_source, source,
									key_attribute(source->res, rel->source_attribute, rel));
	AshExpr *filter;
	char *more;
	char *on;
	StringInfoData outer;
	char *text;

	join->reader = ash_row_reader(source, through, authorize && joins->authorize);
	more = own_conditions(join,
						  joins->read_action ? ash_find_action(through, joins->read_action) : NULL,
						  authorize && joins->authorize, source, joins);
	filter = ash_relationship_filter(source->res, joins, NULL);
	if (filter != NULL)
	{
		text = conditions_text(join, list_make1(filter));
		more = more != NULL ? psprintf("%s AND %s", more, text) : text;
	}
	on = ash_equal_columns(row, key_attribute(row->res, rel->destination_attribute, rel), join,
						   to_dest);
	outer = ash_sql_divert(sql);
	if ((rows == ASH_RELATED_ANY || joins_once(through, rel)) && from->items == NIL)
	{
		ash_row_table(join);
		text = ash_sql_collect(sql, outer);
		appendStringInfo(item, " INNER JOIN %s ON (%s)", text, on);
		*conditions = lappend(*conditions, match);
		if (more != NULL)
			*conditions = lappend(*conditions, more);
		return;
	}
	ash_sql_str(sql, "LATERAL (SELECT DISTINCT ");
	ash_row_column(join, to_dest);
	ash_sql_str(sql, " FROM ");
	ash_row_table(join);
	ash_from_write(sql, from);
	appendStringInfo(&sql->text, " WHERE %s%s%s) AS %s", match, more ? " AND " : "",
					 more ? more : "", join->alias);
	text = ash_sql_collect(sql, outer);
	appendStringInfo(item, " INNER JOIN %s ON (%s)", text, on);
}

/*
 * The rows at the end of a path of relationships, each once: their keys are taken in
 * a sub-select, which the path drives.
 */
static void
match_path(AshRowScope *source, AshRelationship *rel, AshRowScope *row, bool authorize,
		   StringInfo item)
{
	AshSql *sql = row->sql;
	List *rels = NIL;
	List *owners = NIL;
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	StringInfoData outer;
	AshChain chain;
	AshRowScope found;

	if (ash_path_resolve(source->res, rel->path, &rels, &owners, errors) == NULL)
		elog(ERROR, "relationship \"%s\": %s", rel->name, ash_errors_message(errors));
	chain = ash_related_chain(source, rels, NULL, authorize, ASH_RELATED_ANY, NULL);
	found = *chain.row;
	found.alias = ash_next_alias(sql);
	outer = ash_sql_divert(sql);
	ash_sql_str(sql, " INNER JOIN LATERAL (SELECT DISTINCT ");
	for (int i = 0; i < row->res->nprimary_key; i++)
	{
		ash_sql_str(sql, i > 0 ? ", " : "");
		ash_row_column(chain.row, row->res->primary_key[i]);
	}
	appendStringInfo(&sql->text, " FROM %s", chain.item);
	ash_from_write(sql, chain.from);
	if (chain.where.len > 0)
		appendStringInfo(&sql->text, " WHERE %s", chain.where.data);
	appendStringInfo(&sql->text, ") AS %s ON (", found.alias);
	ash_row_equal_keys(row, &found);
	ash_sql_str(sql, ")");
	appendStringInfoString(item, ash_sql_collect(sql, outer));
}

void
ash_related_match(AshRowScope *source, AshRelationship *rel, AshRowScope *row, bool authorize,
				  AshRelatedRows rows, StringInfo item, List **conditions)
{
	AshExpr *filter = ash_relationship_filter(source->res, rel, NULL);
	Oid trusted;

	if (rel->kind == ASH_REL_MANY_TO_MANY)
		match_through(source, rel, row, authorize, rows, item, conditions);
	else if (rel->path != NIL)
		match_path(source, rel, row, authorize, item);
	else if (!rel->no_attributes)
	{
		const AshAttribute *to = key_attribute(row->res, rel->destination_attribute, rel);
		const AshAttribute *from = key_attribute(source->res, rel->source_attribute, rel);

		*conditions = lappend(*conditions, ash_equal_columns(row, to, source, from));
	}
	if (filter == NULL)
		return;
	/* the filter is the source's, and reaches nothing with the rights of the row's owner */
	trusted = row->trusted_reader;
	row->trusted_reader = InvalidOid;
	*conditions = lappend(*conditions, conditions_text(row, list_make1(filter)));
	row->trusted_reader = trusted;
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
ash_related(AshRowScope *source, AshRelationship *rel, AshAction *action, bool authorize,
			AshRelatedRows rows, AshFrom *from)
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

	row->reader = ash_row_reader(source, dest, authorize && rel->authorize);
	outer = ash_sql_divert(sql);
	ash_row_table(row);
	item = sql->text;
	sql->text = outer;

	ash_related_match(source, rel, row, authorize, rows, &item, &conditions);
	if (action == NULL && rel->read_action != NULL)
		action = ash_related_action(rel, dest);
	own = own_conditions(row, action, authorize && rel->authorize, source, rel);
	if (own != NULL)
		conditions = lappend(conditions, own);
	if (single && !ash_relationship_unique(rel))
	{
		limit.set = true;
		limit.value = 1;
	}
	if (limit.set || rel->offset.set || row->from->items != NIL)
		return wrap_related(row, item.data, join_texts(conditions),
							limit.set || rel->offset.set ?
								ash_related_sort(source->res, rel, NULL) :
								NIL,
							limit, rel->offset, from);
	row->from = from;
	row->parent = NULL;
	related.row = row;
	related.item = rel->kind == ASH_REL_MANY_TO_MANY || rel->path != NIL ?
					   psprintf("(%s)", item.data) :
					   item.data;
	related.where = join_texts(conditions);
	return related;
}

AshChain
ash_related_chain(AshRowScope *source, List *path, AshAction *action, bool authorize,
				  AshRelatedRows rows, AshExpr **join_filters)
{
	AshChain chain = { 0 };
	AshRowScope *previous = source;

	chain.from = ash_from_create(NULL);
	initStringInfo(&chain.where);
	for (int i = 0; i < list_length(path); i++)
	{
		bool last = i == list_length(path) - 1;
		AshRelated related = ash_related(previous, list_nth(path, i), last ? action : NULL,
										 authorize, rows, chain.from);
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
