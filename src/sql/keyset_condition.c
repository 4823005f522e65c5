/*-------------------------------------------------------------------------
 *
 * src/sql/keyset_condition.c
 *	  The condition that a row comes after a keyset (or before it).
 *
 * For [a asc, b desc] it is (a after x) OR (a same x AND (b after y)), with the
 * branches nulls need; where all are ascending or all descending attributes that
 * are never null it is a row comparison, which an index serves.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "model/attribute.h"
#include "sql/sql.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* The operator of the type's default order. */
static Oid
order_operator(const AshTypeInst *type, bool greater)
{
	TypeCacheEntry *entry = lookup_type_cache(type->oid, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
	Oid operator= greater ? entry->gt_opr : entry->lt_opr;

	if (!OidIsValid(operator))
		elog(ERROR, "type %s has no order", type->name);
	return operator;
}

static Form_pg_operator
operator_form(Oid operator, HeapTuple * tuple)
{
	*tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	if (!HeapTupleIsValid(*tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator);
	return (Form_pg_operator) GETSTRUCT(*tuple);
}

/* " OPERATOR(schema.<) " */
static void
write_operator(AshSql *sql, const AshTypeInst *type, bool greater)
{
	HeapTuple tuple;
	Form_pg_operator form = operator_form(order_operator(type, greater), &tuple);

	appendStringInfo(&sql->text, " OPERATOR(%s.%s) ",
					 ash_quote_ident(get_namespace_name(form->oprnamespace)),
					 NameStr(form->oprname));
	ReleaseSysCache(tuple);
}

static bool
is_builtin_order(const AshTypeInst *type)
{
	HeapTuple tuple;
	Form_pg_operator form = operator_form(order_operator(type, true), &tuple);
	bool builtin = form->oprnamespace == PG_CATALOG_NAMESPACE;

	ReleaseSysCache(tuple);
	return builtin;
}

static void
write_compare(AshRowScope *row, const AshSortItem *item, const AshValue *value, const char *op)
{
	ash_row_expr(row, item->expr);
	ash_sql_str(row->sql, op);
	ash_sql_param(row->sql, item->expr->type->oid, value->value, false);
}

/* Does the row come after the value, in this item's order? */
static void
write_after(AshRowScope *row, const AshSortItem *item, const AshValue *value, bool reverse)
{
	AshSql *sql = row->sql;
	bool desc = (item->order == ASH_SORT_DESC || item->order == ASH_SORT_DESC_NILS_LAST);
	bool nulls_first = (item->order == ASH_SORT_DESC || item->order == ASH_SORT_ASC_NILS_FIRST);

	desc ^= reverse;
	nulls_first ^= reverse;
	if (value->isnull)
	{
		if (!nulls_first)
		{
			ash_sql_str(sql, "false");
			return;
		}
		ash_row_expr(row, item->expr);
		ash_sql_str(sql, " IS NOT NULL");
		return;
	}
	ash_sql_str(sql, "(");
	ash_row_expr(row, item->expr);
	write_operator(sql, item->expr->type, !desc);
	ash_sql_param(sql, item->expr->type->oid, value->value, false);
	if (!nulls_first)
	{
		ash_sql_str(sql, " OR ");
		ash_row_expr(row, item->expr);
		ash_sql_str(sql, " IS NULL");
	}
	ash_sql_str(sql, ")");
}

static void
write_same(AshRowScope *row, const AshSortItem *item, const AshValue *value)
{
	if (!value->isnull)
	{
		write_compare(row, item, value, ash_sql_equals(item->expr->type));
		return;
	}
	ash_row_expr(row, item->expr);
	ash_sql_str(row->sql, " IS NULL");
}

static bool
is_ascending(const AshSortItem *item)
{
	return item->order == ASH_SORT_ASC || item->order == ASH_SORT_ASC_NILS_FIRST;
}

/* Attributes that are never null nor masked, all in one direction: a row comparison, which an index
 * serves. */
static bool
is_row_comparison(const AshQuery *query)
{
	int i = 0;
	ListCell *lc;

	foreach (lc, query->sort)
	{
		const AshSortItem *item = lfirst(lc);

		if (!ash_sort_is_plain(query, item) || item->expr->attribute->allow_nil ||
			query->cursor[i++].isnull || !is_builtin_order(item->expr->type) ||
			is_ascending(item) != is_ascending(linitial(query->sort)))
			return false;
	}
	return query->sort != NIL;
}

static void
write_row_comparison(AshRowScope *row, AshQuery *query, bool reverse)
{
	AshSql *sql = row->sql;
	int i = 0;
	ListCell *lc;

	ash_sql_str(sql, "ROW(");
	foreach (lc, query->sort)
	{
		ash_sql_str(sql, i++ > 0 ? ", " : "");
		ash_row_expr(row, ((AshSortItem *) lfirst(lc))->expr);
	}
	appendStringInfo(&sql->text, ") OPERATOR(pg_catalog.%s) ROW(",
					 is_ascending(linitial(query->sort)) != reverse ? ">" : "<");
	i = 0;
	foreach (lc, query->sort)
	{
		ash_sql_str(sql, i > 0 ? ", " : "");
		ash_sql_param(sql, ((AshSortItem *) lfirst(lc))->expr->type->oid, query->cursor[i].value,
					  false);
		i++;
	}
	ash_sql_str(sql, ")");
}

/* (a after x) OR (a same x AND ((b after y) OR …)) */
void
ash_row_beyond(AshRowScope *row, AshQuery *query)
{
	AshSql *sql = row->sql;
	bool reverse = query->before != NULL;
	int i = 0;
	ListCell *lc;

	if (is_row_comparison(query))
	{
		write_row_comparison(row, query, reverse);
		return;
	}
	foreach (lc, query->sort)
	{
		ash_sql_str(sql, "(");
		write_after(row, lfirst(lc), &query->cursor[i], reverse);
		if (lnext(query->sort, lc) != NULL)
		{
			ash_sql_str(sql, " OR (");
			write_same(row, lfirst(lc), &query->cursor[i]);
			ash_sql_str(sql, " AND ");
		}
		i++;
	}
	for (; i > 1; i--)
		ash_sql_str(sql, "))");
	ash_sql_str(sql, ")");
}
