/*-------------------------------------------------------------------------
 *
 * src/sql/sql_condition.c
 *	  Conditions over a row: plain terms, semi-joins for to-many paths, exists().
 *
 * A reference through a to-many path means "some related row", and all references
 * to the same path within the conditions of one statement mean the same related
 * row (spec 10.5).  So ANDed terms that share a to-many path are written as one
 * EXISTS over that path, which also keeps each result row single.  The path is an
 * inner join when a term cannot hold without a related row; PostgreSQL then makes
 * a semi-join of it.  Otherwise (is_nil, OR with other terms) it is an outer
 * join of a single row, so that a row without related ones still counts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "model/resource.h"
#include "sql/sql.h"

/* A to-many path up to its first to-many step. */
typedef struct ManyPath
{
	List *path; /* of AshRelationship * */
	bool authorize;
} ManyPath;

/* Terms that share to-many paths. */
typedef struct TermGroup
{
	List *terms; /* of AshExpr * */
	List *paths; /* of ManyPath * */
} TermGroup;

/*-------------------------------------------------------------------------
 * Finding to-many paths
 *-------------------------------------------------------------------------
 */

static bool
equal_path(List *a, List *b)
{
	if (list_length(a) != list_length(b))
		return false;
	for (int i = 0; i < list_length(a); i++)
	{
		if (list_nth(a, i) != list_nth(b, i))
			return false;
	}
	return true;
}

static bool
same_path(const ManyPath *a, const ManyPath *b)
{
	return a->authorize == b->authorize && equal_path(a->path, b->path);
}

static List *
add_path(List *paths, ManyPath *path)
{
	ListCell *lc;

	foreach (lc, paths)
	{
		if (same_path(lfirst(lc), path))
			return paths;
	}
	return lappend(paths, path);
}

static bool
ref_authorized(const AshRowScope *row, const AshExpr *ref)
{
	return ref->from_input && row->call != NULL && row->call->authorize;
}

/* The to-many prefix of a reference's path, or NULL. */
static ManyPath *
many_prefix(const AshRowScope *row, const AshExpr *ref)
{
	for (int i = 0; i < list_length(ref->path); i++)
	{
		ManyPath *found;

		if (!ash_relationship_to_many(list_nth(ref->path, i)))
			continue;
		found = palloc(sizeof(ManyPath));
		found->path = list_truncate(list_copy(ref->path), i + 1);
		found->authorize = ref_authorized(row, ref);
		return found;
	}
	return NULL;
}

/* Conditions inside exists() and aggregates are about other rows. */
static List *
find_paths(const AshRowScope *row, AshExpr *expr, List *paths)
{
	check_stack_depth();
	if (expr->kind == ASH_EXPR_EXISTS || expr->kind == ASH_EXPR_AGGREGATE)
		return paths;
	if (expr->kind == ASH_EXPR_REF && expr->parent_levels == 0)
	{
		ManyPath *path = many_prefix(row, expr);

		return path == NULL ? paths : add_path(paths, path);
	}
	for (int i = 0; i < expr->nargs; i++)
		paths = find_paths(row, expr->args[i], paths);
	return paths;
}

static bool
shares_path(const TermGroup *group, List *paths)
{
	ListCell *lc;

	foreach (lc, paths)
	{
		ListCell *lc2;

		foreach (lc2, group->paths)
		{
			if (same_path(lfirst(lc), lfirst(lc2)))
				return true;
		}
	}
	return false;
}

/* Put the term into the groups, merging those it connects. */
static List *
add_to_groups(List *groups, AshExpr *term, List *paths)
{
	TermGroup *merged = palloc0(sizeof(TermGroup));
	List *rest = NIL;
	ListCell *lc;

	merged->paths = paths;
	foreach (lc, groups)
	{
		TermGroup *group = lfirst(lc);
		ListCell *lc2;

		if (!shares_path(group, paths))
		{
			rest = lappend(rest, group);
			continue;
		}
		merged->terms = list_concat(merged->terms, group->terms);
		foreach (lc2, group->paths)
			merged->paths = add_path(merged->paths, lfirst(lc2));
	}
	merged->terms = lappend(merged->terms, term);
	return lappend(rest, merged);
}

/*-------------------------------------------------------------------------
 * Terms that need a related row
 *-------------------------------------------------------------------------
 */

static bool
is_strict_operator(const AshExpr *expr)
{
	static const char *const strict[] = { "=",	"<>",	"<",	 "<=",		 ">", ">=",
										  "in", "like", "ilike", "contains", NULL };

	for (int i = 0; strict[i] != NULL; i++)
	{
		if (strcmp(expr->func->name, strict[i]) == 0)
			return true;
	}
	return false;
}

static bool
starts_with(const AshRowScope *row, const AshExpr *ref, const ManyPath *path)
{
	if (ref->kind != ASH_EXPR_REF || ref->attribute == NULL || ref->parent_levels > 0 ||
		list_length(ref->path) < list_length(path->path) ||
		ref_authorized(row, ref) != path->authorize)
		return false;
	for (int i = 0; i < list_length(path->path); i++)
	{
		if (list_nth(ref->path, i) != list_nth(path->path, i))
			return false;
	}
	return true;
}

/* Is expr never true when the path has no row? */
static bool
needs_path(const AshRowScope *row, const AshExpr *expr, const ManyPath *path)
{
	check_stack_depth();
	switch (expr->kind)
	{
		case ASH_EXPR_AND:
			for (int i = 0; i < expr->nargs; i++)
			{
				if (needs_path(row, expr->args[i], path))
					return true;
			}
			return false;
		case ASH_EXPR_OR:
			for (int i = 0; i < expr->nargs; i++)
			{
				if (!needs_path(row, expr->args[i], path))
					return false;
			}
			return expr->nargs > 0;
		case ASH_EXPR_NOT:
			return expr->args[0]->kind == ASH_EXPR_CALL && needs_path(row, expr->args[0], path);
		case ASH_EXPR_IS_NULL:
			return expr->negated && starts_with(row, expr->args[0], path);
		case ASH_EXPR_CALL:
			if (!is_strict_operator(expr))
				return false;
			for (int i = 0; i < expr->nargs; i++)
			{
				if (starts_with(row, expr->args[i], path))
					return true;
			}
			return false;
		default:
			return false;
	}
}

static bool
any_needs_path(const AshRowScope *row, List *terms, const ManyPath *path)
{
	ListCell *lc;

	foreach (lc, terms)
	{
		if (needs_path(row, lfirst(lc), path))
			return true;
	}
	return false;
}

/*-------------------------------------------------------------------------
 * Writing
 *-------------------------------------------------------------------------
 */

static void
write_terms(AshRowScope *row, List *terms)
{
	AshSql *sql = row->sql;
	AshRowScope *outer = sql->row;
	bool first = true;
	ListCell *lc;

	sql->row = row;
	foreach (lc, terms)
	{
		if (!first)
			ash_sql_str(sql, " AND ");
		ash_sql_str(sql, "(");
		ash_sql_condition(sql, lfirst(lc));
		ash_sql_str(sql, ")");
		first = false;
	}
	sql->row = outer;
}

/*-------------------------------------------------------------------------
 * WHERE
 *-------------------------------------------------------------------------
 */

/* FROM of a group's EXISTS. */
typedef struct GroupFrom
{
	const char *base;
	AshFrom *from;
	StringInfoData where;
} GroupFrom;

static void
add_group_path(GroupFrom *group, AshRowScope *row, const ManyPath *path, bool inner)
{
	List *before = list_truncate(list_copy(path->path), list_length(path->path) - 1);
	AshRelationship *rel = llast(path->path);
	AshRowScope *source = ash_row_follow(row, before, path->authorize);
	AshRowScope reached = *source;
	AshRelated related;

	reached.from = group->from;
	related = ash_related(&reached, rel, NULL, path->authorize, ASH_RELATED_ANY, group->from);
	if (inner && related.where[0])
		appendStringInfo(&group->where, "%s AND ", related.where);
	if (inner && group->base == NULL && group->from->items == NIL)
		group->base = related.item;
	else if (inner)
		ash_from_add(group->from, psprintf(" CROSS JOIN %s", related.item));
	else
		ash_from_add(group->from, psprintf(" LEFT JOIN %s ON (%s)", related.item,
										   related.where[0] ? related.where : "true"));
	related.row->optional = !inner;
	ash_row_bind(&reached, rel, path->authorize, related.row);
}

static void
write_group(AshRowScope *row, TermGroup *terms)
{
	AshSql *sql = row->sql;
	AshRowScope inside = *row;
	GroupFrom group = { 0 };
	StringInfoData outer;
	char *condition;
	ListCell *lc;

	group.from = ash_from_create(row->from);
	initStringInfo(&group.where);
	inside.from = group.from;
	/* inner joins first: one of them can start the FROM clause */
	for (int inner = 1; inner >= 0; inner--)
	{
		foreach (lc, terms->paths)
		{
			if (any_needs_path(row, terms->terms, lfirst(lc)) == (inner == 1))
				add_group_path(&group, &inside, lfirst(lc), inner == 1);
		}
	}
	outer = ash_sql_divert(sql);
	write_terms(&inside, terms->terms);
	condition = ash_sql_collect(sql, outer);
	if (group.where.len > 0)
		group.where.len -= strlen(" AND ");
	group.where.data[group.where.len] = '\0';

	ash_sql_str(sql, "EXISTS (SELECT 1 FROM ");
	if (group.base != NULL)
		ash_sql_str(sql, group.base);
	else
		appendStringInfo(&sql->text, "(SELECT 1) AS %s", ash_next_alias(sql));
	ash_from_write(sql, group.from);
	ash_sql_str(sql, " WHERE ");
	ash_sql_str(sql,
				ash_row_behind(row, group.where.data, condition, ash_terms_guarded(terms->terms)));
	ash_sql_str(sql, ")");
}

static List *
flatten(AshExpr *expr, List *terms)
{
	check_stack_depth();
	if (expr->kind != ASH_EXPR_AND)
		return lappend(terms, expr);
	for (int i = 0; i < expr->nargs; i++)
		terms = flatten(expr->args[i], terms);
	return terms;
}

/* They are joined by AND; those along one to-many path are about the same related row. */
static void
write_where_terms(AshRowScope *row, List *terms)
{
	List *plain = NIL;
	List *groups = NIL;
	ListCell *lc;

	foreach (lc, terms)
	{
		AshExpr *term = lfirst(lc);
		List *paths = find_paths(row, term, NIL);

		if (paths == NIL)
			plain = lappend(plain, term);
		else
			groups = add_to_groups(groups, term, paths);
	}
	write_terms(row, plain);
	foreach (lc, groups)
	{
		if (plain != NIL || lc != list_head(groups))
			ash_sql_str(row->sql, " AND ");
		write_group(row, lfirst(lc));
	}
}

static char *
terms_text(AshRowScope *row, List *terms)
{
	StringInfoData outer = ash_sql_divert(row->sql);

	write_where_terms(row, terms);
	return ash_sql_collect(row->sql, outer);
}

bool
ash_row_where(AshRowScope *row, List *conditions)
{
	List *terms = NIL;
	List *first = NIL;
	List *guarded = NIL;
	ListCell *lc;

	foreach (lc, conditions)
		terms = flatten(lfirst(lc), terms);
	foreach (lc, terms)
	{
		if (ash_term_guarded(lfirst(lc)))
			guarded = lappend(guarded, lfirst(lc));
		else
			first = lappend(first, lfirst(lc));
	}
	if (guarded == NIL)
		write_where_terms(row, terms);
	else
	{
		char *text = first != NIL ? terms_text(row, first) : pstrdup("");

		ash_sql_str(row->sql, ash_row_behind(row, text, terms_text(row, guarded), true));
	}
	return terms != NIL;
}

/* exists(path, condition): rows of its own, shared with nothing else. */
void
ash_row_exists(AshRowScope *row, AshExpr *expr)
{
	AshSql *sql = row->sql;
	bool authorize = expr->from_input && row->call != NULL && row->call->authorize;
	AshChain chain = ash_related_chain(row, expr->path, NULL, authorize, ASH_RELATED_ANY, NULL);
	StringInfoData outer = ash_sql_divert(sql);
	bool any = expr->nargs > 0 && ash_row_where(chain.row, list_make1(expr->args[0]));
	char *condition = ash_sql_collect(sql, outer);

	appendStringInfo(&sql->text, "EXISTS (SELECT 1 FROM %s", chain.item);
	ash_from_write(sql, chain.from);
	if (any || chain.where.len > 0)
		ash_sql_str(sql, " WHERE ");
	if (any)
		ash_sql_str(sql, ash_row_behind(row, chain.where.data, condition, ash_term_guarded(expr)));
	else
		ash_sql_str(sql, chain.where.data);
	ash_sql_str(sql, ")");
}

/*-------------------------------------------------------------------------
 * Conditions and values in statements of other rooms
 *-------------------------------------------------------------------------
 */

static AshRowScope
foreign_row(AshSql *sql, AshCall *call, AshResource *res, const char *alias)
{
	AshRowScope row = { 0 };

	ash_sql_callbacks(sql);
	row.sql = sql;
	row.call = call;
	row.res = res;
	row.alias = alias;
	row.whole = alias;
	row.from = ash_from_create(NULL);
	return row;
}

/* Nothing can be added to the FROM clause there: joins go into a sub-select. */
void
ash_query_write_condition(AshSql *sql, AshCall *call, AshResource *res, const char *alias,
						  AshExpr *expr)
{
	AshRowScope row = foreign_row(sql, call, res, alias);
	StringInfoData outer = ash_sql_divert(sql);
	char *condition;

	ash_row_where(&row, list_make1(expr));
	condition = ash_sql_collect(sql, outer);
	if (row.from->items == NIL)
	{
		appendStringInfo(&sql->text, "(%s)", condition);
		return;
	}
	appendStringInfo(&sql->text, "EXISTS (SELECT 1 FROM (SELECT 1) AS %s", ash_next_alias(sql));
	ash_from_write(sql, row.from);
	appendStringInfo(&sql->text, " WHERE %s)", condition);
}

void
ash_query_write_expr(AshSql *sql, AshCall *call, AshResource *res, const char *alias, AshExpr *expr)
{
	AshRowScope row = foreign_row(sql, call, res, alias);
	char *text = ash_row_expr_text(&row, expr);

	if (row.from->items == NIL)
	{
		ash_sql_str(sql, text);
		return;
	}
	appendStringInfo(&sql->text, "(SELECT %s FROM (SELECT 1) AS %s", text, ash_next_alias(sql));
	ash_from_write(sql, row.from);
	ash_sql_str(sql, ")");
}

/* An index stands on one table: columns have no alias, and there is nothing to join. */
void
ash_query_write_index_predicate(AshSql *sql, AshResource *res, const char *source)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	AshScope scope = { .resource = res };
	AshExpr *expr = ash_expr_parse_condition(source, &scope, errors);
	AshRowScope row = foreign_row(sql, NULL, res, "");

	if (expr == NULL)
		elog(ERROR, "condition of an index of %s: %s", res->name, ash_errors_message(errors));
	ash_row_where(&row, list_make1(expr));
	if (row.from->items != NIL)
		elog(ERROR, "the condition of an index of %s needs other rows", res->name);
}
