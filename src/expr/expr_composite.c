/*-------------------------------------------------------------------------
 *
 * src/expr/expr_composite.c
 *	  map(key => value, …), and composite_type(), which builds a value of a row type.
 *
 * The columns of what is built are checked when it is defined, so far as they are
 * written out: map(…) by name, row(…) and array[…] by place.  A map that is a value
 * is read by PostgreSQL's jsonb_populate_record() when it is evaluated.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* Values of their own types; only composite_type takes it. */
static const AshExprFunc row_entry = { .name = "row", .sql_template = "ROW($*)" };

/*
 * map
 */

static AshExpr *
key_const(const char *name)
{
	AshValue key = { CStringGetTextDatum(name), false };
	AshExpr *expr = ash_expr_const(ash_type_plain("string"), key);

	expr->literal = true;
	return expr;
}

/* Keys and values in turn. */
AshExpr *
ash_resolve_map(AshExpr *call, AshErrors *errors)
{
	for (int i = 1; i < call->nargs; i += 2)
	{
		AshExpr *value = ash_expr_coerce(call->args[i], call->args[i]->type);

		if (value != NULL)
			call->args[i] = value;
	}
	call->type = ash_type_plain("map");
	return call;
}

/* map(key => value, …) */
AshExpr *
ash_parse_map(ParseContext *cxt, FuncCall *call)
{
	List *args = NIL;
	ListCell *lc;

	foreach (lc, call->args)
	{
		NamedArgExpr *named = lfirst(lc);
		AshExpr *value;

		if (!IsA(named, NamedArgExpr))
			return ash_parse_error(cxt, exprLocation((Node *) named), "map takes key => value, …");
		value = ash_parse_node(cxt, (Node *) named->arg);
		if (value == NULL)
			return NULL;
		args = lappend(lappend(args, key_const(named->name)), value);
	}
	return ash_parse_call_function(cxt, "map", args, call->location);
}

/*
 * composite_type
 */

/* composite_type(row(…) | map, 'type'): row() is no value anywhere else. */
AshExpr *
ash_parse_composite(ParseContext *cxt, FuncCall *call)
{
	RowExpr *row = call->args ? linitial(call->args) : NULL;
	List *args;
	List *rest;
	AshExpr *built;
	bool ok;

	if (row == NULL || !IsA(row, RowExpr))
	{
		args = ash_parse_args(cxt, call->args, &ok);
		return ok ? ash_parse_call_function(cxt, "composite_type", args, call->location) : NULL;
	}
	args = ash_parse_args(cxt, row->args, &ok);
	rest = ok ? ash_parse_args(cxt, list_copy_tail(call->args, 1), &ok) : NIL;
	if (!ok)
		return NULL;
	built = ash_expr_make_call(&row_entry, 0, NULL);
	built->nargs = list_length(args);
	built->args = palloc(sizeof(AshExpr *) * Max(built->nargs, 1));
	for (int i = 0; i < built->nargs; i++)
		built->args[i] = list_nth(args, i);
	built->type = ash_type_plain("term");
	return ash_parse_call_function(cxt, "composite_type", lcons(built, rest), call->location);
}

static bool
is_row(const AshExpr *expr)
{
	return expr->kind == ASH_EXPR_LIST || (expr->kind == ASH_EXPR_CALL && expr->func == &row_entry);
}

static bool
is_written_map(const AshExpr *expr)
{
	return expr->kind == ASH_EXPR_CALL && strcmp(expr->func->name, "map") == 0;
}

/* The value under key in map(…), or null; *used counts those found. */
static AshExpr *
map_value(const AshExpr *map, const char *key, int *used)
{
	for (int i = 0; i < map->nargs; i += 2)
	{
		if (strcmp(TextDatumGetCString(map->args[i]->value.value), key) != 0)
			continue;
		(*used)++;
		return map->args[i + 1];
	}
	return ash_expr_null();
}

/* A key of map(…) that is no column. */
static void
report_key(const AshExpr *map, TupleDesc desc, const char *type, AshErrors *errors)
{
	for (int i = 0; i < map->nargs; i += 2)
	{
		const char *key = TextDatumGetCString(map->args[i]->value.value);
		bool found = false;
		List *names = NIL;

		for (int c = 0; c < desc->natts; c++)
		{
			Form_pg_attribute column = TupleDescAttr(desc, c);

			if (column->attisdropped)
				continue;
			found = found || strcmp(NameStr(column->attname), key) == 0;
			names = lappend(names, pstrdup(NameStr(column->attname)));
		}
		if (found)
			continue;
		(void) ash_error_unknown(errors, NULL, key, names, "the type %s has no column \"%s\"", type,
								 key);
		return;
	}
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "a key of the map comes twice");
}

/* The columns of what is built, as row(…) of their types; NULL after adding an error. */
static AshExpr *
fit_columns(AshExpr *built, TupleDesc desc, const char *type, AshErrors *errors)
{
	AshExpr **args = palloc(sizeof(AshExpr *) * Max(desc->natts, 1));
	AshExpr *row;
	int used = 0;
	int n = 0;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		AshExpr *value;

		if (column->attisdropped)
			continue;
		if (is_row(built))
			value = n < built->nargs ? built->args[n] : ash_expr_null();
		else
			value = map_value(built, NameStr(column->attname), &used);
		args[n] = ash_expr_cast(value, ash_type_for_oid(column->atttypid));
		if (args[n++] != NULL)
			continue;
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "column %s of the type %s is %s, not %s", NameStr(column->attname), type,
					  ash_type_for_oid(column->atttypid)->name, ash_expr_type_name(value));
		return NULL;
	}
	if (is_row(built) && built->nargs != n)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "the type %s has %d columns, not %d",
					  type, n, built->nargs);
		return NULL;
	}
	if (!is_row(built) && used * 2 != built->nargs)
	{
		report_key(built, desc, type, errors);
		return NULL;
	}
	row = ash_expr_make_call(&row_entry, n, args);
	row->type = ash_type_plain("term");
	return row;
}

/* The row type that the second argument names, or NULL after adding an error. */
static const AshTypeInst *
row_type(const AshExpr *call, AshErrors *errors)
{
	const AshExpr *name = call->args[1];
	const AshTypeInst *type;

	if (name->kind != ASH_EXPR_CONST || name->value.isnull || name->type->oid != TEXTOID)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "the second argument of composite_type must be the name of a row type, as a "
					  "string");
		return NULL;
	}
	type = ash_type_compile(TextDatumGetCString(name->value.value), NULL, errors);
	if (type == NULL)
		return NULL;
	if (OidIsValid(type->oid) && get_typtype(type->oid) == TYPTYPE_COMPOSITE)
		return type;
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "the type %s has no columns", type->name);
	return NULL;
}

AshExpr *
ash_resolve_composite(AshExpr *call, AshErrors *errors)
{
	const AshTypeInst *type = row_type(call, errors);
	AshExpr *built = call->args[0];

	if (type == NULL)
		return NULL;
	if (is_row(built) || is_written_map(built))
	{
		TupleDesc desc = lookup_rowtype_tupdesc_copy(type->oid, -1);

		built = fit_columns(built, desc, type->name, errors);
	}
	else
	{
		AshExpr *map = ash_expr_coerce(built, ash_type_plain("map"));

		if (map == NULL)
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
						  "composite_type takes a map, row(…) or a list, not %s",
						  ash_expr_type_name(built));
		built = map;
	}
	if (built == NULL)
		return NULL;
	call->args[0] = built;
	call->nargs = 1;
	call->type = type;
	return call;
}

void
ash_sql_composite(AshSql *sql, AshExpr *call)
{
	AshExpr *built = call->args[0];

	if (is_row(built))
	{
		ash_sql_str(sql, "(");
		ash_sql_expr(sql, built);
		ash_sql_str(sql, ")::");
		ash_sql_type(sql, call->type);
		return;
	}
	ash_sql_str(sql, "pg_catalog.jsonb_populate_record(NULL::");
	ash_sql_type(sql, call->type);
	ash_sql_str(sql, ", ");
	ash_sql_expr(sql, built);
	ash_sql_str(sql, ")");
}
