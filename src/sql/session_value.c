/*-------------------------------------------------------------------------
 *
 * src/sql/session_value.c
 *	  Templates in SQL that is written now and run by any session later.
 *
 * Row-security quals and the bodies of generated functions become part of cached
 * plans, so nothing of the session may stand in them: actor and tenant are read in
 * sub-selects, which PostgreSQL runs once for each execution.  What only a call
 * has (arguments, context) is null.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "model/value_template.h"
#include "sql/sql.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"

static void
write_path(AshSql *sql, List *path)
{
	ListCell *lc;

	ash_sql_str(sql, "ARRAY[");
	foreach (lc, path)
	{
		if (foreach_current_index(lc) > 0)
			ash_sql_str(sql, ", ");
		ash_sql_str(sql, quote_literal_cstr(lfirst(lc)));
	}
	ash_sql_str(sql, "]::pg_catalog.text[]");
}

/* The actor as the resource's domain sees it, or what lies under the path in it. */
static void
write_actor_document(AshSql *sql, const AshExpr *expr, const char *resource)
{
	appendStringInfo(&sql->text, "ash.actor(%s)", quote_literal_cstr(resource));
	if (expr->template_path != NIL)
	{
		ash_sql_str(sql, " OPERATOR(pg_catalog.#>) ");
		write_path(sql, expr->template_path);
	}
}

/* A value of the actor, still without a type, and what it is selected from. */
static void
write_actor_value(AshSql *sql, const AshExpr *expr, const char *resource, const char *type)
{
	if (expr->type != NULL && OidIsValid(get_element_type(expr->type->oid)))
	{
		appendStringInfo(
			&sql->text,
			"CASE WHEN pg_catalog.jsonb_typeof(v) OPERATOR(pg_catalog.=) 'array' THEN"
			" ARRAY(SELECT pg_catalog.jsonb_array_elements_text(v)) END::%s FROM (SELECT ",
			type);
		write_actor_document(sql, expr, resource);
		ash_sql_str(sql, " AS v) AS a");
		return;
	}
	ash_sql_str(sql, "(");
	if (expr->type != NULL && expr->type->oid == JSONBOID)
		write_actor_document(sql, expr, resource);
	else
	{
		appendStringInfo(&sql->text, "ash.actor_value(%s, ", quote_literal_cstr(resource));
		write_path(sql, expr->template_path);
		ash_sql_str(sql, ")");
	}
	appendStringInfo(&sql->text, ")::%s", type);
}

/*
 * The template's value, which the running statement, not the plan, has to know.  The
 * cast is part of the sub-select, lest it be made anew for each row.
 */
void
ash_sql_session_value(AshSql *sql, const char *resource, AshExpr *expr)
{
	const char *type = expr->type != NULL ? expr->type->sql_base : "pg_catalog.text";

	if (expr->template_kind != ASH_TEMPLATE_ACTOR && expr->template_kind != ASH_TEMPLATE_TENANT)
	{
		appendStringInfo(&sql->text, "(NULL)::%s", type);
		return;
	}
	ash_sql_str(sql, "(SELECT ");
	if (expr->template_kind == ASH_TEMPLATE_ACTOR)
		write_actor_value(sql, expr, resource, type);
	else
		appendStringInfo(&sql->text, "(ash.tenant_value())::%s", type);
	ash_sql_str(sql, ")");
}

/* schema.function(tenant): multitenancy.parse_attribute */
static void
write_parsed_tenant(AshSql *sql, AshExpr *call)
{
	List *names = stringToQualifiedNameListCompat(call->resource->tenant_parser);

	ash_sql_qualified(sql, strVal(linitial(names)), strVal(lsecond(names)));
	ash_sql_str(sql, "(");
	ash_sql_expr(sql, call->args[0]);
	ash_sql_str(sql, ")");
}

static const AshExprFunc parse_tenant = { .name = "parse_tenant", .sql = write_parsed_tenant };

static AshExpr *
tenant_value(AshResource *res)
{
	AshExpr *value;

	if (res->tenant_parser == NULL)
		return ash_expr_template(ASH_TEMPLATE_TENANT, NIL, res->tenant_attribute->type);
	value = palloc0(sizeof(AshExpr));
	value->kind = ASH_EXPR_CALL;
	value->func = &parse_tenant;
	value->resource = res;
	value->type = res->tenant_attribute->type;
	value->nargs = 1;
	value->args = palloc(sizeof(AshExpr *));
	value->args[0] = ash_expr_template(ASH_TEMPLATE_TENANT, NIL, ash_type_plain("string"));
	return value;
}

/* attribute = tenant; where none is required, everything is shown to nobody's tenant. */
AshExpr *
ash_session_tenant_condition(AshResource *res, bool required)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	AshExpr *tenant = ash_expr_template(ASH_TEMPLATE_TENANT, NIL, ash_type_plain("string"));
	AshExpr *same =
		ash_expr_call("=",
					  list_make2(ash_expr_attribute(res, res->tenant_attribute), tenant_value(res)),
					  errors);

	if (same == NULL)
		elog(ERROR, "tenant of %s cannot be compared: %s", res->name, ash_errors_message(errors));
	return required ? same : ash_expr_or(ash_expr_is_null(tenant, false), same);
}
