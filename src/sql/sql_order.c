/*-------------------------------------------------------------------------
 *
 * src/sql/sql_order.c
 *	  ORDER BY of a query, and the order that tells every two rows apart.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "model/identity.h"
#include "sql/sql.h"

void
ash_order_suffix(AshSql *sql, AshSortOrder order, bool reverse)
{
	bool desc = order == ASH_SORT_DESC || order == ASH_SORT_DESC_NILS_LAST;
	bool nulls_first = order == ASH_SORT_DESC || order == ASH_SORT_ASC_NILS_FIRST;

	ash_sql_str(sql, desc != reverse ? " DESC" : " ASC");
	ash_sql_str(sql, nulls_first != reverse ? " NULLS FIRST" : " NULLS LAST");
}

void
ash_row_order(AshRowScope *row, List *sort)
{
	ListCell *lc;

	foreach (lc, sort)
	{
		AshSortItem *item = lfirst(lc);

		if (lc != list_head(sort))
			ash_sql_str(row->sql, ", ");
		ash_row_expr(row, item->expr);
		ash_order_suffix(row->sql, item->order, false);
	}
}

bool
ash_sort_is_plain(const AshQuery *query, const AshSortItem *item)
{
	const AshExpr *ref = item->expr;
	AshMask mask;

	if (ref->kind != ASH_EXPR_REF || ref->attribute == NULL || ref->path != NIL)
		return false;
	if (!ref->from_input)
		return true;
	mask = ash_field_mask(query->call, query->res, NULL, ref->attribute->name,
						  ref->attribute->is_public);
	return mask.condition == NULL && !mask.never;
}

static bool
sorts_by(const AshQuery *query, const AshAttribute *attr)
{
	ListCell *lc;

	foreach (lc, query->sort)
	{
		const AshSortItem *item = lfirst(lc);

		/* what is masked is null, in many rows */
		if (item->expr->attribute == attr && ash_sort_is_plain(query, item))
			return true;
	}
	return false;
}

/* Do the sorted fields identify a row? */
static bool
covers_identity(const AshQuery *query)
{
	const AshResource *res = query->res;

	for (int i = 0; i < res->nidentities; i++)
	{
		const AshIdentity *identity = res->identities[i];
		ListCell *lc;
		bool covered = identity->where == NULL && res->tenancy == ASH_TENANCY_NONE;

		foreach (lc, identity->keys)
		{
			const AshAttribute *attr = ash_find_attribute(res, lfirst(lc));

			/* NULLs are not unique */
			covered = covered && attr != NULL && !attr->allow_nil && sorts_by(query, attr);
		}
		if (covered)
			return true;
	}
	return false;
}

void
ash_query_complete_sort(AshQuery *query)
{
	AshResource *res = query->res;

	if (covers_identity(query))
		return;
	for (int i = 0; i < res->nprimary_key; i++)
	{
		AshSortItem *item;

		if (sorts_by(query, res->primary_key[i]))
			continue;
		item = palloc0(sizeof(AshSortItem));
		item->expr = ash_expr_attribute(res, res->primary_key[i]);
		item->order = ASH_SORT_ASC;
		query->sort = lappend(query->sort, item);
	}
}
