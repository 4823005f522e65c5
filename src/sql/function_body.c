/*-------------------------------------------------------------------------
 *
 * src/sql/function_body.c
 *	  Reads, calculations and aggregates as bodies of SQL functions.
 *
 * A body is one SELECT, written like any statement but with values as literals,
 * arguments as parameters of the function, actor and tenant read from the session
 * that runs it, and policies as ordinary conditions.  So the planner can inline it
 * into the query that calls the function.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/domain.h"
#include "model/resource.h"
#include "model/step.h"
#include "model/value_default.h"
#include "model/value_template.h"
#include "prepare/prepare.h"
#include "sql/sql.h"
#include "utils/builtins.h"

/* A body being written. */
typedef struct Body
{
	AshSql sql; /* must be first */
	AshResource *res;
	AshAction *action; /* or NULL */
	List *keys;		   /* of AshAttribute *: the first parameters */
	List *arguments;   /* of AshArgument *: the next; a key is the argument of its name, too */
	List *given;	   /* of AshArgument *: no parameters, with a value that is made once */
} Body;

/*-------------------------------------------------------------------------
 * Templates
 *-------------------------------------------------------------------------
 */

/* Number of the parameter that is the key of that name, or 0. */
static int
key_number(const Body *body, const char *name)
{
	ListCell *lc;

	foreach (lc, body->keys)
	{
		if (strcmp(((AshAttribute *) lfirst(lc))->name, name) == 0)
			return foreach_current_index(lc) + 1;
	}
	return 0;
}

/* Number of the parameter that is the argument of that name, or 0. */
static int
argument_number(const Body *body, const char *name)
{
	ListCell *lc;

	foreach (lc, body->arguments)
	{
		if (strcmp(((AshArgument *) lfirst(lc))->name, name) == 0)
			return list_length(body->keys) + foreach_current_index(lc) + 1;
	}
	return key_number(body, name);
}

/* An argument that callers cannot give: its default, the same one wherever it is used. */
static void
write_private_argument(Body *body, const char *name)
{
	AshArgument *arg = body->action ? ash_find_argument(body->action, name) : NULL;

	if (arg == NULL)
		ash_sql_str(&body->sql, "NULL");
	else if (arg->dflt.kind == ASH_DEFAULT_UUID || arg->dflt.kind == ASH_DEFAULT_UUID_V7 ||
			 arg->dflt.kind == ASH_DEFAULT_FUNCTION)
	{
		body->given = list_append_unique_ptr(body->given, arg);
		appendStringInfo(&body->sql.text, "given.%s", ash_quote_ident(arg->name));
	}
	else
		ash_sql_str(&body->sql, ash_query_argument_default(body->res, arg));
	body->sql.user_code |= arg != NULL && (arg->dflt.kind == ASH_DEFAULT_FUNCTION ||
										   arg->dflt.kind == ASH_DEFAULT_EXPR);
}

static void
write_argument(Body *body, const AshExpr *expr)
{
	AshSql *sql = &body->sql;
	const char *name = linitial(expr->template_path);
	int number = argument_number(body, name);
	bool document = expr->type != NULL && expr->type->oid == JSONBOID;
	bool inside = list_length(expr->template_path) > 1;

	ash_sql_str(sql, "(");
	if (inside)
		appendStringInfo(&sql->text, "pg_catalog.jsonb_extract_path%s(", document ? "" : "_text");
	if (number > 0)
		appendStringInfo(&sql->text, "$%d", number);
	else
		write_private_argument(body, name);
	for (int i = 1; i < list_length(expr->template_path); i++)
		appendStringInfo(&sql->text, ", %s", quote_literal_cstr(list_nth(expr->template_path, i)));
	ash_sql_str(sql, inside ? "))" : ")");
}

/* AshSql.write_template */
static void
write_value(AshSql *sql, AshExpr *expr)
{
	Body *body = (Body *) sql;

	switch (expr->template_kind)
	{
		case ASH_TEMPLATE_ARG:
			write_argument(body, expr);
			break;
		case ASH_TEMPLATE_ATTRIBUTE:
			appendStringInfo(&sql->text, "$%d", key_number(body, linitial(expr->template_path)));
			break;
		default:
			ash_sql_session_value(sql, body->res->name, expr);
			return;
	}
	appendStringInfo(&sql->text, "::%s",
					 expr->type != NULL ? expr->type->sql_base : "pg_catalog.text");
}

static void
init_body(Body *body, AshResource *res)
{
	memset(body, 0, sizeof(Body));
	ash_sql_init(&body->sql, NULL);
	ash_sql_callbacks(&body->sql);
	body->sql.inline_values = true;
	body->sql.write_template = write_value;
	body->res = res;
}

/*-------------------------------------------------------------------------
 * Reads
 *-------------------------------------------------------------------------
 */

/* A call that nobody makes: preparations are told about the query only. */
static AshQuery *
empty_query(AshResource *res, AshAction *action)
{
	AshCall *call = palloc0(sizeof(AshCall));
	AshQuery *query;

	call->cxt = CurrentMemoryContext;
	call->res = res;
	call->action = action;
	call->opts = palloc0(sizeof(AshOptions));
	call->errors = ash_errors_create(CurrentMemoryContext);
	call->bindings.context = ash_jsonb_empty();
	query = ash_query_bare(call, res);
	query->bare = false;
	query->action = action;
	return query;
}

/* The action's preparations; what cannot be decided before the call, or NULL. */
static const char *
run_preparations(AshQuery *query)
{
	ListCell *lc;

	ash_action_preparations(query->res, query->action, NULL);
	foreach (lc, query->action->preparations)
	{
		AshPreparation *prep = lfirst(lc);

		if (prep->validation != NULL || prep->where != NIL)
			return "it has validations or guarded preparations, which only a call can run";
		if (prep->preparation->dynamic != NULL && prep->preparation->dynamic(prep->options))
			return "it has preparations that only a call can run";
		prep->preparation->run(query, prep->options);
	}
	ash_query_default_sort(query);
	query->page = ASH_PAGE_NONE;
	return query->lock != 0 ? "it locks rows" : NULL;
}

const char *
ash_query_read_fault(AshResource *res, AshAction *action)
{
	if (action->manual_json != NULL)
		return "it is manual";
	if (action->timeout.set && action->timeout.value > 0)
		return "it has a timeout";
	return run_preparations(empty_query(res, action));
}

static void
add_filter(AshQuery *query, AshExpr *filter)
{
	if (filter != NULL)
		query->filters = lappend(query->filters, filter);
}

/* attribute = value of a template that stands for the name */
static void
add_equal(AshQuery *query, const AshAttribute *attr, AshTemplateKind kind)
{
	AshExpr *value =
		ash_expr_template(kind, list_make1(unconstify(char *, attr->name)), attr->type);
	AshExpr *same = ash_expr_call("=", list_make2(ash_expr_attribute(query->res, attr), value),
								  query->call->errors);

	if (same == NULL)
		elog(ERROR, "attribute \"%s\" of %s cannot be compared: %s", attr->name, query->res->name,
			 ash_errors_message(query->call->errors));
	add_filter(query, same);
}

/* What the policies say of ad-hoc SQL that runs the action. */
static void
add_policy(AshQuery *query)
{
	AshPolicySubject subject = { .res = query->res,
								 .type = ASH_ACTION_READ,
								 .action = query->action };

	if (query->res->domain.authorize != ASH_AUTHORIZE_WHEN_REQUESTED)
		add_filter(query, ash_authorize(&subject, ASH_REFUSE_SILENTLY).condition);
}

static AshQuery *
read_query(AshResource *res, AshAction *action, List *keys)
{
	AshQuery *query = empty_query(res, action);
	ListCell *lc;

	add_filter(query, ash_resource_base_filter(res, NULL));
	add_filter(query, ash_session_tenant(res, action));
	run_preparations(query);
	add_filter(query, ash_action_filter(res, action, NULL));
	foreach (lc, action->get_by)
	{
		const AshAttribute *attr = ash_find_attribute(res, lfirst(lc));

		if (attr != NULL && ash_find_argument(action, attr->name) != NULL)
			add_equal(query, attr, ASH_TEMPLATE_ARG);
	}
	foreach (lc, keys)
		add_equal(query, lfirst(lc), ASH_TEMPLATE_ATTRIBUTE);
	add_policy(query);
	query->call = NULL;
	return query;
}

/* The rows, or an error that names the keys when there is none. */
static char *
wrap_found(const Body *body)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	appendStringInfo(&text,
					 "SELECT found.* FROM (SELECT 1) AS one LEFT JOIN LATERAL (%s) AS found ON "
					 "(true) WHERE found.%s IS NOT NULL OR ash.not_found(%s, "
					 "pg_catalog.jsonb_build_object(",
					 body->sql.text.data, ash_quote_ident(body->res->primary_key[0]->source),
					 quote_literal_cstr(body->res->name));
	foreach (lc, body->keys)
		appendStringInfo(&text, "%s%s, $%d", foreach_current_index(lc) > 0 ? ", " : "",
						 quote_literal_cstr(((AshAttribute *) lfirst(lc))->name),
						 foreach_current_index(lc) + 1);
	appendStringInfoString(&text, "))");
	return text.data;
}

/* The rows beside the values of arguments that are made once for all of them. */
static char *
wrap_given(const Body *body)
{
	StringInfoData text;
	ListCell *lc;

	initStringInfo(&text);
	appendStringInfoString(&text, "SELECT rows.* FROM (SELECT ");
	foreach (lc, body->given)
	{
		AshArgument *arg = lfirst(lc);

		appendStringInfo(&text, "%s%s AS %s", foreach_current_index(lc) > 0 ? ", " : "",
						 ash_query_argument_default(body->res, arg), ash_quote_ident(arg->name));
	}
	appendStringInfo(&text, ") AS given CROSS JOIN LATERAL (%s) AS rows", body->sql.text.data);
	return text.data;
}

char *
ash_query_read_body(AshResource *res, AshAction *action, List *keys, List *arguments,
					bool must_find, bool *user_code)
{
	Body body;

	init_body(&body, res);
	body.action = action;
	body.keys = keys;
	body.arguments = arguments;
	ash_statement_records(read_query(res, action, keys), &body.sql);
	*user_code = body.sql.user_code;
	if (body.given != NIL)
	{
		char *text = wrap_given(&body);

		resetStringInfo(&body.sql.text);
		ash_sql_str(&body.sql, text);
	}
	return must_find && res->nprimary_key > 0 ? wrap_found(&body) : body.sql.text.data;
}

/*
 * A random uuid whose first 48 bits are milliseconds, with the version's other two bits
 * set.  PostgreSQL has a function for it from version 18 on; one of ours would be
 * something that the user's function depends on.
 */
#define UUID_V7                                                                             \
	"CAST(pg_catalog.encode(pg_catalog.set_bit(pg_catalog.set_bit(pg_catalog.overlay("      \
	"pg_catalog.uuid_send(pg_catalog.gen_random_uuid()), pg_catalog.substring("             \
	"pg_catalog.int8send(CAST(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) " \
	"OPERATOR(pg_catalog.*) 1000 AS pg_catalog.int8)), 3), 1, 6), 52, 1), 53, 1), 'hex') "  \
	"AS pg_catalog.uuid)"

char *
ash_query_argument_default(AshResource *res, AshArgument *arg)
{
	Body body;
	const char *dot;

	init_body(&body, res);
	switch (arg->dflt.kind)
	{
		case ASH_DEFAULT_LITERAL:
			ash_sql_param(&body.sql, arg->type->oid, arg->dflt.value.value, arg->dflt.value.isnull);
			break;
		case ASH_DEFAULT_NOW:
			ash_sql_str(&body.sql,
						arg->type->typmod == 0 ?
							"pg_catalog.date_trunc('second', pg_catalog.statement_timestamp())" :
							"pg_catalog.statement_timestamp()");
			break;
		case ASH_DEFAULT_UUID:
			ash_sql_str(&body.sql, "pg_catalog.gen_random_uuid()");
			break;
		case ASH_DEFAULT_UUID_V7:
			ash_sql_str(&body.sql, UUID_V7);
			break;
		case ASH_DEFAULT_EXPR:
			ash_sql_expr(&body.sql, ash_default_expr(res, &arg->dflt, arg->type, NULL));
			break;
		case ASH_DEFAULT_FUNCTION:
			dot = strchr(arg->dflt.function, '.');
			if (dot != NULL)
				ash_sql_qualified(&body.sql, pnstrdup(arg->dflt.function, dot - arg->dflt.function),
								  dot + 1);
			else
				ash_sql_ident(&body.sql, arg->dflt.function);
			ash_sql_str(&body.sql, "()");
			break;
		default:
			ash_sql_str(&body.sql, "NULL");
	}
	return body.sql.text.data;
}

/*-------------------------------------------------------------------------
 * Fields
 *-------------------------------------------------------------------------
 */

/* Can SQL alone not find it: is it computed by a function? */
static bool
is_opaque(AshExpr *expr, void *context)
{
	List *rels = NIL;
	List *owners = NIL;
	AshExpr *inlined;

	check_stack_depth();
	if (expr->kind != ASH_EXPR_REF)
		return false;
	if (expr->aggregate != NULL)
		return ash_path_resolve(expr->resource, expr->aggregate->path, &rels, &owners,
								ash_errors_create(CurrentMemoryContext)) == NULL;
	if (expr->calculation == NULL)
		return false;
	inlined = ash_expr_inlined(expr);
	return inlined == NULL || ash_expr_walk(inlined, is_opaque, NULL);
}

char *
ash_query_field_body(AshResource *res, const char *field, const AshTypeInst **type, bool *user_code)
{
	AshExpr *ref = ash_field_ref(res, field, NULL);
	StringInfoData text;
	Body body;

	if (ref == NULL || ref->type == NULL || is_opaque(ref, NULL))
		return NULL;
	*type = ref->type;
	init_body(&body, res);
	ash_query_write_expr(&body.sql, NULL, res, "($1)", ref);
	*user_code = body.sql.user_code;
	initStringInfo(&text);
	appendStringInfo(&text, "SELECT CAST(%s AS %s)", body.sql.text.data, ref->type->sql_base);
	return text.data;
}
