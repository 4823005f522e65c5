/*-------------------------------------------------------------------------
 *
 * src/sql/row_scope.c
 *	  Rows under an alias, and references to them.
 *
 * These are the callbacks behind AshSql.write_ref: expr/ writes operators and
 * values, this file writes what depends on rows.  A to-one path becomes one LEFT
 * JOIN however often it is used.  A to-many path outside of a condition (a
 * calculation that is selected or sorted by) takes one of its rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/resource.h"
#include "sql/sql.h"
#include "utils/memutils.h"

char *
ash_next_alias(AshSql *sql)
{
	return psprintf("t%d", sql->next_alias++);
}

AshFrom *
ash_from_create(AshFrom *outer)
{
	AshFrom *from = palloc0(sizeof(AshFrom));

	from->outer = outer;
	return from;
}

/* text begins with the kind of join */
void
ash_from_add(AshFrom *from, const char *text)
{
	AshFromItem *item = palloc0(sizeof(AshFromItem));

	item->text = text;
	from->items = lappend(from->items, item);
}

void
ash_from_write(AshSql *sql, AshFrom *from)
{
	ListCell *lc;

	foreach (lc, from->items)
	{
		AshFromItem *item = lfirst(lc);

		if (item->scan != NULL)
			ash_aggregate_scan_write(sql, item->scan);
		else
			ash_sql_str(sql, item->text);
	}
}

/* A row of res under a new alias. */
AshRowScope *
ash_row_create(AshSql *sql, AshCall *call, AshResource *res, AshFrom *from, AshRowScope *parent)
{
	AshRowScope *row = palloc0(sizeof(AshRowScope));

	row->sql = sql;
	row->call = call;
	row->res = res;
	row->alias = ash_next_alias(sql);
	row->whole = row->alias;
	row->from = from;
	row->parent = parent;
	return row;
}

StringInfoData
ash_sql_divert(AshSql *sql)
{
	StringInfoData outer = sql->text;

	initStringInfo(&sql->text);
	return outer;
}

char *
ash_sql_collect(AshSql *sql, StringInfoData outer)
{
	char *text = sql->text.data;

	sql->text = outer;
	return text;
}

/* Which tables the statement reads: they are looked at before it runs. */
void
ash_sql_reads(AshSql *sql, AshResource *res)
{
	MemoryContext old;

	if (list_member_ptr(sql->reads, res))
		return;
	old = MemoryContextSwitchTo(GetMemoryChunkContext(sql->param_types));
	sql->reads = lappend(sql->reads, res);
	MemoryContextSwitchTo(old);
}

void
ash_row_column(AshRowScope *row, const AshAttribute *attr)
{
	/* no alias: a condition of an index */
	if (row->alias[0] != '\0')
	{
		ash_sql_str(row->sql, row->alias);
		ash_sql_str(row->sql, ".");
	}
	ash_sql_ident(row->sql, attr->source);
	ash_sql_reads(row->sql, row->res);
}

void
ash_row_expr(AshRowScope *row, AshExpr *expr)
{
	AshSql *sql = row->sql;
	AshRowScope *outer = sql->row;

	sql->row = row;
	ash_sql_expr(sql, expr);
	sql->row = outer;
}

char *
ash_row_expr_text(AshRowScope *row, AshExpr *expr)
{
	StringInfoData outer = ash_sql_divert(row->sql);

	ash_row_expr(row, expr);
	return ash_sql_collect(row->sql, outer);
}

/*-------------------------------------------------------------------------
 * Paths
 *-------------------------------------------------------------------------
 */

static AshRowScope *
find_joined(AshRowScope *row, const AshRelationship *rel, bool authorize)
{
	AshFrom *from;
	ListCell *lc;

	for (from = row->from; from != NULL; from = from->outer)
	{
		foreach (lc, from->joined)
		{
			AshJoined *joined = lfirst(lc);

			if (joined->relationship == rel && joined->authorize == authorize &&
				strcmp(joined->alias, row->alias) == 0)
				return joined->row;
		}
	}
	return NULL;
}

/* From now on rel from row means the row to. */
AshJoined *
ash_row_bind(AshRowScope *row, AshRelationship *rel, bool authorize, AshRowScope *to)
{
	AshJoined *joined = palloc0(sizeof(AshJoined));

	joined->alias = row->alias;
	joined->relationship = rel;
	joined->authorize = authorize;
	joined->row = to;
	row->from->joined = lappend(row->from->joined, joined);
	return joined;
}

static AshRowScope *
join_one(AshRowScope *row, AshRelationship *rel, bool authorize)
{
	AshRowScope *known = find_joined(row, rel, authorize);
	AshRelated related;

	if (known != NULL)
		return known;
	related = ash_related(row, rel, NULL, authorize, ASH_RELATED_FIRST, row->from);
	related.row->optional = true;
	ash_from_add(row->from, psprintf(" LEFT JOIN %s ON (%s)", related.item,
									 related.where[0] ? related.where : "true"));
	ash_row_bind(row, rel, authorize, related.row);
	return related.row;
}

AshRowScope *
ash_row_follow(AshRowScope *row, List *path, bool authorize)
{
	ListCell *lc;

	foreach (lc, path)
		row = join_one(row, lfirst(lc), authorize);
	return row;
}

/*-------------------------------------------------------------------------
 * References
 *-------------------------------------------------------------------------
 */

/* A SQL function of the row: schema.function(row, arg, …) */
static void
write_function_calculation(AshRowScope *row, AshRowScope *outer, AshExpr *ref)
{
	AshSql *sql = row->sql;
	AshCalculation *calc = ref->calculation;
	const char *dot;

	if (calc->function == NULL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("calculation \"%s\" of %s cannot be used in a query", calc->name,
							   row->res->name)));
	ash_sql_str(sql, "CAST(");
	dot = strchr(calc->function, '.');
	if (dot != NULL)
		ash_sql_qualified(sql, pnstrdup(calc->function, dot - calc->function), dot + 1);
	else
		ash_sql_qualified(sql, row->res->schema, calc->function);
	appendStringInfo(&sql->text, "(%s", row->whole);
	for (int i = 0; i < calc->nargs; i++)
	{
		ash_sql_str(sql, ", ");
		ash_row_expr(outer, ref->calc_args[i]);
	}
	appendStringInfo(&sql->text, ") AS %s)", calc->type->sql_base);
}

static void
write_calculation(AshRowScope *row, AshRowScope *outer, AshExpr *ref)
{
	AshExpr *expr;

	check_stack_depth();
	expr = ash_expr_inlined(ref);
	if (expr == NULL)
	{
		write_function_calculation(row, outer, ref);
		return;
	}
	if (expr->type != NULL && expr->type->oid == ref->calculation->type->oid)
	{
		ash_sql_str(row->sql, "(");
		ash_row_expr(row, expr);
		ash_sql_str(row->sql, ")");
		return;
	}
	ash_sql_str(row->sql, "CAST(");
	ash_row_expr(row, expr);
	appendStringInfo(&row->sql->text, " AS %s)", ref->calculation->type->sql_base);
}

/* The field itself, on the row that owns it. */
static void
write_field(AshRowScope *row, AshRowScope *outer, AshExpr *ref)
{
	if (ref->upsert_conflict)
	{
		ash_sql_str(row->sql, "EXCLUDED.");
		ash_sql_ident(row->sql, ref->attribute->source);
	}
	else if (ref->attribute != NULL)
		ash_row_column(row, ref->attribute);
	else if (ref->calculation != NULL)
		write_calculation(row, outer, ref);
	else
		ash_row_aggregate(row, ref->aggregate, ref->from_input);
}

/* A field named in run-time input shows only what its policies allow (spec 13.7). */
static void
write_input_field(AshRowScope *row, AshRowScope *outer, AshExpr *ref)
{
	AshSql *sql = row->sql;
	AshMask mask =
		ash_field_mask(row->call, row->res, NULL, ash_ref_name(ref), ash_ref_is_public(ref));

	if (mask.never)
	{
		appendStringInfo(&sql->text, "CAST(NULL AS %s)", ref->type->sql_base);
		return;
	}
	if (mask.condition == NULL)
	{
		write_field(row, outer, ref);
		return;
	}
	ash_sql_str(sql, "CASE WHEN ");
	ash_row_where(row, list_make1(mask.condition));
	ash_sql_str(sql, " THEN ");
	write_field(row, outer, ref);
	ash_sql_str(sql, " END");
}

static void
write_field_ref(AshRowScope *scope, AshExpr *ref)
{
	bool authorize = ref->from_input && scope->call != NULL && scope->call->authorize;
	AshRowScope *row = ash_row_follow(scope, ref->path, authorize);

	if (authorize && row->res->has_field_policies)
		write_input_field(row, scope, ref);
	else
		write_field(row, scope, ref);
}

static void
write_ref(AshSql *sql, AshExpr *expr)
{
	AshRowScope *row = sql->row;

	for (int i = 0; i < expr->parent_levels; i++)
	{
		if (row == NULL || row->parent == NULL)
			elog(ERROR, "parent() without an enclosing row");
		row = row->parent;
	}
	if (expr->kind == ASH_EXPR_EXISTS)
		ash_row_exists(row, expr);
	else if (expr->kind == ASH_EXPR_AGGREGATE)
		ash_row_inline_aggregate(row, expr);
	else
		write_field_ref(row, expr);
}

void
ash_sql_callbacks(AshSql *sql)
{
	sql->write_ref = write_ref;
}
