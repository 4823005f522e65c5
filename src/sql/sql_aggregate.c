/*-------------------------------------------------------------------------
 *
 * src/sql/sql_aggregate.c
 *	  Aggregates over relationships.
 *
 * All aggregates of one row over the same path share one scan: a LATERAL
 * sub-select with one column for each of them, its own filter in a FILTER clause.
 * exists is written as EXISTS instead, which stops at the first row.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/aggregate.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "model/value_default.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "sql/sql.h"
#include "utils/lsyscache.h"

struct AshAggregateScan
{
	const char *alias;	   /* of the sub-select */
	const char *row_alias; /* whose related rows it scans */
	List *path;
	AshAction *action; /* reads the last step, or NULL */
	bool authorize;
	AshAggregate *with_join_filters; /* not shared then */
	AshChain chain;
	StringInfoData columns;
	int ncolumns;
	List *declared; /* of AshAggregate *, by column; NULL entries for inline ones */
	bool from_input;
};

void
ash_aggregate_scan_write(AshSql *sql, AshAggregateScan *scan)
{
	appendStringInfo(&sql->text, " LEFT JOIN LATERAL (SELECT %s FROM %s", scan->columns.data,
					 scan->chain.item);
	ash_from_write(sql, scan->chain.from);
	if (scan->chain.where.len > 0)
		appendStringInfo(&sql->text, " WHERE %s", scan->chain.where.data);
	appendStringInfo(&sql->text, ") AS %s ON (true)", scan->alias);
}

/*-------------------------------------------------------------------------
 * One aggregate function
 *-------------------------------------------------------------------------
 */

/* " FILTER (WHERE …)" with the filters and, when asked for, "field is not null" */
static void
write_filter(AshRowScope *row, const AshAggregateCall *call, bool skip_nulls)
{
	List *filters = list_copy(call->filters);

	if (skip_nulls)
		filters = lappend(filters, ash_expr_is_null(call->field, true));
	if (filters == NIL)
		return;
	ash_sql_str(row->sql, " FILTER (WHERE ");
	ash_row_where(row, filters);
	ash_sql_str(row->sql, ")");
}

/* A PostgreSQL array, which array_agg() takes only when all have the same bounds. */
static bool
is_array(const AshAggregateCall *call)
{
	return OidIsValid(get_element_type(call->field->type->oid));
}

/* array_agg(field ORDER BY …), of arrays as text */
static void
write_array(AshRowScope *row, const AshAggregateCall *call, List *sort)
{
	AshSql *sql = row->sql;
	bool as_text = is_array(call);

	ash_sql_str(sql, as_text ? "pg_catalog.array_agg(CAST(" : "pg_catalog.array_agg(");
	ash_row_expr(row, call->field);
	if (as_text)
		ash_sql_str(sql, " AS pg_catalog.text)");
	if (sort != NIL)
	{
		ash_sql_str(sql, " ORDER BY ");
		ash_row_order(row, sort);
	}
	ash_sql_str(sql, ")");
	write_filter(row, call, !call->include_nil);
}

/* Each value once, where it came first. */
static void
write_uniq_list(AshRowScope *row, const AshAggregateCall *call)
{
	AshSql *sql = row->sql;

	ash_sql_str(sql, "(SELECT pg_catalog.array_agg(u.v ORDER BY u.o) FROM (SELECT w.v, "
					 "pg_catalog.min(w.o) AS o FROM pg_catalog.unnest(");
	write_array(row, call, call->sort);
	ash_sql_str(sql, ") WITH ORDINALITY AS w(v, o) GROUP BY w.v) AS u)");
}

static void
write_list(AshRowScope *row, const AshAggregateCall *call)
{
	AshSql *sql = row->sql;

	ash_sql_str(sql, "COALESCE(");
	if (call->uniq)
		write_uniq_list(row, call);
	else
		write_array(row, call, call->sort);
	appendStringInfo(&sql->text, ", CAST('{}' AS %s))", call->type->sql_base);
}

static void
write_count(AshRowScope *row, const AshAggregateCall *call)
{
	AshSql *sql = row->sql;

	ash_sql_str(sql, "pg_catalog.count(");
	if (call->field == NULL)
		ash_sql_str(sql, "*");
	else
	{
		if (call->uniq)
			ash_sql_str(sql, "DISTINCT ");
		ash_row_expr(row, call->field);
	}
	ash_sql_str(sql, ")");
	write_filter(row, call, false);
}

/* Has PostgreSQL that aggregate for exactly this type? */
static bool
has_aggregate(const char *name, Oid type)
{
	Oid args[1] = { type };

	return OidIsValid(
		LookupFuncName(list_make2(makeString("pg_catalog"), makeString(unconstify(char *, name))),
					   1, args, true));
}

static void
write_simple(AshRowScope *row, const AshAggregateCall *call, const char *name)
{
	AshSql *sql = row->sql;

	appendStringInfo(&sql->text, "CAST(pg_catalog.%s(", name);
	ash_row_expr(row, call->field);
	ash_sql_str(sql, ")");
	write_filter(row, call, false);
	appendStringInfo(&sql->text, " AS %s)", call->type->sql_base);
}

/* The first of a sorted array: for types without max() and min(), and for first. */
static void
write_first(AshRowScope *row, const AshAggregateCall *call, List *sort)
{
	AshSql *sql = row->sql;
	bool as_text = is_array(call);

	ash_sql_str(sql, as_text ? "CAST((" : "(");
	write_array(row, call, sort);
	ash_sql_str(sql, ")[1]");
	if (as_text)
		appendStringInfo(&sql->text, " AS %s)", call->field->type->sql_base);
}

static void
write_extreme(AshRowScope *row, const AshAggregateCall *call, const char *name)
{
	AshSortItem *item;

	if (is_array(call) || has_aggregate(name, call->field->type->oid))
	{
		write_simple(row, call, name);
		return;
	}
	item = palloc0(sizeof(AshSortItem));
	item->expr = call->field;
	item->order = call->kind == ASH_AGG_MAX ? ASH_SORT_DESC_NILS_LAST : ASH_SORT_ASC;
	write_first(row, call, list_make1(item));
}

/* A name without a schema is PostgreSQL's own, whatever the search_path. */
static void
write_custom(AshRowScope *row, const AshAggregateCall *call)
{
	AshSql *sql = row->sql;
	const char *dot = strchr(call->implementation, '.');

	ash_sql_str(sql, "CAST(");
	if (dot != NULL)
		ash_sql_qualified(sql, pnstrdup(call->implementation, dot - call->implementation), dot + 1);
	else
		ash_sql_qualified(sql, "pg_catalog", call->implementation);
	ash_sql_str(sql, "(");
	if (call->field != NULL)
		ash_row_expr(row, call->field);
	else
		ash_sql_str(sql, "*");
	if (call->sort != NIL)
	{
		ash_sql_str(sql, " ORDER BY ");
		ash_row_order(row, call->sort);
	}
	ash_sql_str(sql, ")");
	write_filter(row, call, false);
	appendStringInfo(&sql->text, " AS %s)", call->type->sql_base);
}

static void
write_function(AshRowScope *row, const AshAggregateCall *call)
{
	switch (call->kind)
	{
		case ASH_AGG_COUNT:
			write_count(row, call);
			break;
		case ASH_AGG_EXISTS:
			ash_sql_str(row->sql, "(pg_catalog.count(*)");
			write_filter(row, call, false);
			ash_sql_str(row->sql, " OPERATOR(pg_catalog.>) 0)");
			break;
		case ASH_AGG_FIRST:
			write_first(row, call, call->sort);
			break;
		case ASH_AGG_LIST:
			write_list(row, call);
			break;
		case ASH_AGG_SUM:
			write_simple(row, call, "sum");
			break;
		case ASH_AGG_AVG:
			write_simple(row, call, "avg");
			break;
		case ASH_AGG_MAX:
			write_extreme(row, call, "max");
			break;
		case ASH_AGG_MIN:
			write_extreme(row, call, "min");
			break;
		case ASH_AGG_CUSTOM:
			write_custom(row, call);
			break;
	}
}

void
ash_aggregate_call_write(AshRowScope *row, const AshAggregateCall *call)
{
	AshSql *sql = row->sql;

	if (call->dflt.isnull)
	{
		write_function(row, call);
		return;
	}
	ash_sql_str(sql, "COALESCE(");
	write_function(row, call);
	ash_sql_str(sql, ", ");
	ash_sql_param(sql, call->type->oid, call->dflt.value, false);
	ash_sql_str(sql, ")");
}

/*-------------------------------------------------------------------------
 * Scans
 *-------------------------------------------------------------------------
 */

static AshAggregateScan *
find_scan(AshRowScope *row, List *path, AshAction *action, bool authorize)
{
	ListCell *lc;

	foreach (lc, row->from->items)
	{
		AshAggregateScan *scan = ((AshFromItem *) lfirst(lc))->scan;
		bool same = scan != NULL && scan->with_join_filters == NULL && scan->action == action &&
					scan->authorize == authorize && strcmp(scan->row_alias, row->alias) == 0 &&
					list_length(scan->path) == list_length(path);

		for (int i = 0; same && i < list_length(path); i++)
			same = list_nth(scan->path, i) == list_nth(path, i);
		if (same)
			return scan;
	}
	return NULL;
}

static AshAggregateScan *
add_scan(AshRowScope *row, List *path, AshAction *action, bool authorize, AshExpr **join_filters,
		 AshAggregate *with_join_filters)
{
	AshAggregateScan *scan = palloc0(sizeof(AshAggregateScan));
	AshFromItem *item = palloc0(sizeof(AshFromItem));

	scan->row_alias = row->alias;
	scan->path = path;
	scan->action = action;
	scan->authorize = authorize;
	scan->with_join_filters = with_join_filters;
	scan->chain =
		ash_related_chain(row, path, action, authorize, ASH_RELATED_DISTINCT, join_filters);
	scan->alias = ash_next_alias(row->sql);
	initStringInfo(&scan->columns);
	item->scan = scan;
	row->from->items = lappend(row->from->items, item);
	return scan;
}

static void
add_column(AshAggregateScan *scan, const AshAggregateCall *call, AshAggregate *declared)
{
	AshSql *sql = scan->chain.row->sql;
	StringInfoData outer = ash_sql_divert(sql);
	char *text;

	ash_aggregate_call_write(scan->chain.row, call);
	text = ash_sql_collect(sql, outer);
	appendStringInfo(&scan->columns, "%s%s AS c%d", scan->ncolumns > 0 ? ", " : "", text,
					 scan->ncolumns);
	scan->ncolumns++;
	scan->declared = lappend(scan->declared, declared);
}

/* The column's name; null when the row itself is missing. */
static void
write_column(AshRowScope *row, const AshAggregateScan *scan, int column)
{
	AshSql *sql = row->sql;

	if (!row->optional || row->res->nprimary_key == 0)
	{
		appendStringInfo(&sql->text, "%s.c%d", scan->alias, column);
		return;
	}
	ash_sql_str(sql, "CASE WHEN ");
	ash_row_column(row, row->res->primary_key[0]);
	appendStringInfo(&sql->text, " IS NOT NULL THEN %s.c%d END", scan->alias, column);
}

/* EXISTS over the path, with the aggregate's filter. */
static void
write_exists(AshRowScope *row, List *path, AshAction *action, AshExpr *filter, bool authorize,
			 AshExpr **join_filters)
{
	AshSql *sql = row->sql;
	AshChain chain = ash_related_chain(row, path, action, authorize, ASH_RELATED_ANY, join_filters);
	StringInfoData outer = ash_sql_divert(sql);
	bool any = filter != NULL && ash_row_where(chain.row, list_make1(filter));
	char *condition = ash_sql_collect(sql, outer);

	appendStringInfo(&sql->text, "EXISTS (SELECT 1 FROM %s", chain.item);
	ash_from_write(sql, chain.from);
	if (any || chain.where.len > 0)
		appendStringInfo(&sql->text, " WHERE %s%s%s", chain.where.data,
						 any && chain.where.len > 0 ? " AND " : "", condition);
	ash_sql_str(sql, ")");
}

/*-------------------------------------------------------------------------
 * Declared aggregates
 *-------------------------------------------------------------------------
 */

/* join_filters: {"posts": "live = true", "posts.comments": …} by step; NULL without any */
static AshExpr **
compile_join_filters(AshResource *res, AshAggregate *agg, List *path, AshErrors *errors)
{
	AshExpr **filters;
	StringInfoData name;
	AshResource *previous = res;
	int found = 0;

	if (agg->join_filters == NULL)
		return NULL;
	filters = palloc0(sizeof(AshExpr *) * list_length(path));
	initStringInfo(&name);
	for (int i = 0; i < list_length(path); i++)
	{
		AshRelationship *rel = list_nth(path, i);
		AshResource *dest = ash_ref_resource(&rel->destination);
		AshScope parent = ash_scope_for(previous, NULL);
		AshScope scope = ash_scope_for(dest, NULL);
		json_t *source;

		appendStringInfo(&name, "%s%s", i > 0 ? "." : "", rel->name);
		source = json_object_get(agg->join_filters, name.data);
		scope.parent = &parent;
		if (json_is_string(source))
		{
			ash_errors_push_name(errors, pstrdup(name.data));
			filters[i] = ash_expr_parse_condition(json_string_value(source), &scope, errors);
			ash_errors_pop(errors);
			found++;
		}
		previous = dest;
	}
	if (found != json_object_size(agg->join_filters))
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "must be an object of conditions by path, where a path is \"%s\" or the "
					  "beginning of it",
					  name.data);
	return filters;
}

/* A field of the rows that are aggregated; masked like one of input when policies count. */
static AshExpr *
aggregate_field(AshResource *dest, const char *name, bool authorize)
{
	AshExpr *ref;

	if (name == NULL)
		return NULL;
	ref = ash_field_ref(dest, name, NULL);
	if (ref == NULL)
		elog(ERROR, "no field \"%s\" in %s to aggregate", name, dest->name);
	ref->from_input = authorize;
	return ref;
}

static AshAggregateCall
aggregate_call(AshResource *res, AshAggregate *agg, AshResource *dest, const AshTypeInst *type,
			   AshExpr *filter, bool authorize)
{
	AshAggregateCall call = { 0 };

	call.kind = agg->kind;
	call.field = aggregate_field(dest, agg->field, authorize);
	call.filters = filter != NULL ? list_make1(filter) : NIL;
	call.sort = agg->sort != NULL ? ash_sort_compile(dest, agg->sort) : NIL;
	call.uniq = agg->uniq;
	call.include_nil = agg->include_nil;
	call.implementation = agg->implementation;
	call.type = type;
	call.dflt.isnull = true;
	if (agg->dflt != NULL && !json_is_null(agg->dflt))
	{
		AshCast cast = { .errors = ash_errors_create(CurrentMemoryContext),
						 .code = ASH_E_INVALID_DEFINITION,
						 .field = agg->name };

		if (!ash_type_cast_json(type, agg->dflt, &cast, &call.dflt))
			elog(ERROR, "default of aggregate \"%s\" is invalid", agg->name);
	}
	return call;
}

static void
write_aggregate(AshRowScope *row, AshAggregate *agg, List *path, const AshTypeInst *type,
				AshExpr *filter, bool declared)
{
	AshRelationship *last = llast(path);
	AshResource *dest = ash_ref_resource(&last->destination);
	AshAction *action = agg->read_action ? ash_find_action(dest, agg->read_action) : NULL;
	bool authorize = row->call != NULL && row->call->authorize && agg->authorize;
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	AshExpr **join_filters = compile_join_filters(row->res, agg, path, errors);
	AshAggregateScan *scan;
	AshAggregateCall call;
	int column = 0;
	ListCell *lc;

	check_stack_depth();
	if (ash_errors_any(errors))
		elog(ERROR, "join filters of aggregate \"%s\": %s", agg->name, ash_errors_message(errors));
	if (agg->kind == ASH_AGG_EXISTS)
	{
		write_exists(row, path, action, filter, authorize, join_filters);
		return;
	}
	scan = join_filters == NULL ? find_scan(row, path, action, authorize) : NULL;
	if (scan == NULL)
		scan = add_scan(row, path, action, authorize, join_filters, join_filters ? agg : NULL);
	foreach (lc, scan->declared)
	{
		if (declared && lfirst(lc) == agg)
		{
			write_column(row, scan, column);
			return;
		}
		column++;
	}
	call = aggregate_call(row->res, agg, dest, type, filter, authorize);
	add_column(scan, &call, declared ? agg : NULL);
	write_column(row, scan, column);
}

static void
verify_default(AshAggregate *agg, const AshTypeInst *type, AshErrors *errors)
{
	AshValue value;

	if (agg->dflt != NULL && !json_is_null(agg->dflt))
		(void) ash_literal_cast(type, agg->dflt, agg->name, &value, errors);
}

void
ash_aggregate_verify(AshResource *res, AshAggregate *agg, AshErrors *errors)
{
	const AshTypeInst *type = ash_aggregate_type(res, agg, errors);
	List *path = NIL;
	List *owners = NIL;
	AshResource *dest;

	if (type == NULL)
		return;
	dest = ash_path_resolve(res, agg->path, &path, &owners, errors);
	if (dest == NULL)
		return;
	ash_errors_push_name(errors, "default");
	verify_default(agg, type, errors);
	ash_errors_pop(errors);
	(void) ash_aggregate_check(dest, agg, errors);
	ash_errors_push_name(errors, "join_filters");
	(void) compile_join_filters(res, agg, path, errors);
	ash_errors_pop(errors);
}

void
ash_row_aggregate(AshRowScope *row, AshAggregate *agg, bool from_input)
{
	AshResource *res = row->res;
	List *rels = NIL;
	List *owners = NIL;
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);

	if (ash_path_resolve(res, agg->path, &rels, &owners, errors) == NULL)
		elog(ERROR, "aggregate \"%s\": %s", agg->name, ash_errors_message(errors));
	write_aggregate(row, agg, rels, ash_aggregate_type(res, agg, NULL),
					ash_aggregate_filter(res, agg, NULL), true);
}

void
ash_row_inline_aggregate(AshRowScope *row, AshExpr *expr)
{
	write_aggregate(row, expr->aggregate, expr->path, expr->type, expr->aggregate->filter, false);
}

/*-------------------------------------------------------------------------
 * Cost
 *-------------------------------------------------------------------------
 */

static bool
is_costly(AshExpr *expr, void *context)
{
	AshExpr *inlined;

	if (expr->kind == ASH_EXPR_EXISTS || expr->kind == ASH_EXPR_AGGREGATE)
		return true;
	if (expr->kind != ASH_EXPR_REF)
		return false;
	if (expr->aggregate != NULL || expr->path != NIL)
		return true;
	if (expr->calculation == NULL)
		return false;
	inlined = ash_expr_inlined(expr);
	return inlined != NULL && ash_expr_walk(inlined, is_costly, NULL);
}

bool
ash_expr_is_costly(AshExpr *expr)
{
	return ash_expr_walk(expr, is_costly, NULL);
}
