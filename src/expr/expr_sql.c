/*-------------------------------------------------------------------------
 *
 * src/expr/expr_sql.c
 *	  Tree → SQL text and parameters.
 *
 * Every value of a call is a parameter with its type written out; every operator, function
 * and type carries its schema; every composite is in parentheses.  The text
 * depends on the shape of the tree alone (null, true and false are shape), so it
 * is the key of the plan cache.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/*
 * Pieces of text
 */

void
ash_sql_init(AshSql *sql, const AshBindings *bindings)
{
	memset(sql, 0, sizeof(*sql));
	initStringInfo(&sql->text);
	sql->maxparams = 8;
	sql->param_types = palloc(sizeof(Oid) * sql->maxparams);
	sql->param_values = palloc(sizeof(Datum) * sql->maxparams);
	sql->param_nulls = palloc(sql->maxparams);
	sql->bindings = bindings;
}

#define QUOTED_SIZE(len) (2 * (len) + 3)

/* Writes name in quotes at out, which has room for QUOTED_SIZE(len); returns its end. */
static char *
put_ident(char *out, const char *name)
{
	*out++ = '"';
	for (const char *p = name; *p != '\0'; p++)
	{
		if (*p == '"')
			*out++ = '"';
		*out++ = *p;
	}
	*out++ = '"';
	*out = '\0';
	return out;
}

const char *
ash_quote_ident(const char *name)
{
	char *quoted = palloc(QUOTED_SIZE(strlen(name)));

	(void) put_ident(quoted, name);
	return quoted;
}

void
ash_sql_ident(AshSql *sql, const char *name)
{
	StringInfo text = &sql->text;

	enlargeStringInfo(text, QUOTED_SIZE(strlen(name)));
	text->len = put_ident(text->data + text->len, name) - text->data;
}

void
ash_sql_qualified(AshSql *sql, const char *schema, const char *name)
{
	ash_sql_ident(sql, schema);
	ash_sql_str(sql, ".");
	ash_sql_ident(sql, name);
}

/* A value as a quoted literal of its type, where no parameters can be given. */
static void
write_literal(AshSql *sql, Oid type, Datum value, bool isnull)
{
	Oid output;
	bool varlena;

	getTypeOutputInfo(type, &output, &varlena);
	ash_sql_str(sql, isnull ? "NULL" : quote_literal_cstr(OidOutputFunctionCall(output, value)));
	ash_sql_str(sql, "::");
	ash_sql_str(sql, format_type_be_qualified(type));
}

void
ash_sql_param(AshSql *sql, Oid type, Datum value, bool isnull)
{
	if (sql->inline_values)
	{
		write_literal(sql, type, value, isnull);
		return;
	}
	if (sql->nparams == sql->maxparams)
	{
		sql->maxparams *= 2;
		sql->param_types = repalloc(sql->param_types, sizeof(Oid) * sql->maxparams);
		sql->param_values = repalloc(sql->param_values, sizeof(Datum) * sql->maxparams);
		sql->param_nulls = repalloc(sql->param_nulls, sql->maxparams);
	}
	sql->param_types[sql->nparams] = type;
	sql->param_values[sql->nparams] = value;
	sql->param_nulls[sql->nparams] = isnull ? 'n' : ' ';
	sql->nparams++;
	ash_sql_str(sql, "$");
	enlargeStringInfo(&sql->text, MAXINT8LEN);
	sql->text.len += pg_ltoa(sql->nparams, sql->text.data + sql->text.len);
}

void
ash_sql_sensitive(AshSql *sql)
{
	if (!sql->inline_values)
		sql->sensitive = bms_add_member(sql->sensitive, sql->nparams - 1);
}

void
ash_sql_type(AshSql *sql, const AshTypeInst *type)
{
	ash_sql_str(sql, type->sql_base);
}

static void
write_typed_param(AshSql *sql, const AshTypeInst *type, AshValue value)
{
	ash_sql_param(sql, type->oid, value.value, value.isnull);
	ash_sql_str(sql, "::");
	ash_sql_type(sql, type);
}

void
ash_sql_args(AshSql *sql, int nargs, AshExpr **args)
{
	for (int i = 0; i < nargs; i++)
	{
		if (i > 0)
			ash_sql_str(sql, ", ");
		ash_sql_expr(sql, args[i]);
	}
}

/*
 * Constants, templates, lists
 */

/*
 * Constants of a definition stand in the text: they are the same for every call,
 * the planner may use what it knows about them, and partial indexes match.  Only
 * types whose text does not depend on any setting; the rest are parameters, as is
 * every value that comes with a call.
 */
static bool
reads_back(const AshTypeInst *type)
{
	switch (type->item ? type->item->oid : type->oid)
	{
		case TEXTOID:
		case INT8OID:
		case INT4OID:
		case NUMERICOID:
		case UUIDOID:
			return true;
		default:
			return false;
	}
}

/* Written once, for as long as the node lives. */
static void
write_definition_literal(AshSql *sql, AshExpr *expr)
{
	int start = sql->text.len;

	if (expr->sql_text != NULL)
	{
		ash_sql_str(sql, expr->sql_text);
		return;
	}
	write_literal(sql, expr->type->oid, expr->value.value, false);
	expr->sql_text = MemoryContextStrdup(GetMemoryChunkContext(expr), sql->text.data + start);
}

static void
write_const(AshSql *sql, AshExpr *expr)
{
	if (expr->value.isnull)
	{
		ash_sql_str(sql, "NULL::");
		ash_sql_type(sql, expr->type);
	}
	else if (expr->type->oid == BOOLOID)
		ash_sql_str(sql, DatumGetBool(expr->value.value) ? "TRUE" : "FALSE");
	else if (expr->literal && reads_back(expr->type))
		write_definition_literal(sql, expr);
	else
		write_typed_param(sql, expr->type, expr->value);
}

static void
write_template(AshSql *sql, AshExpr *expr)
{
	AshValue value = { (Datum) 0, true };

	if (sql->write_template != NULL)
	{
		sql->write_template(sql, expr);
		return;
	}
	if (sql->bindings == NULL)
		elog(ERROR, "expression needs a running call");
	/* on failure an error was added: the statement will not run */
	if (!ash_binding_value(sql->bindings, expr->template_kind, expr->template_path, expr->type,
						   &value))
		value.isnull = true;
	write_typed_param(sql, expr->type, value);
	if (sql->bindings->redact &&
		ash_binding_is_sensitive(sql->bindings, expr->template_kind, expr->template_path))
		ash_sql_sensitive(sql);
}

/* All of it known: one array parameter, so that the number of elements is not shape. */
static bool
write_const_list(AshSql *sql, const AshExpr *list)
{
	const AshTypeInst *item = ash_expr_item_type(list->type);
	AshValue array = { (Datum) 0, false };
	Datum *values = palloc(sizeof(Datum) * Max(list->nargs, 1));
	bool *nulls = palloc(sizeof(bool) * Max(list->nargs, 1));
	int dims[1] = { list->nargs };
	int bounds[1] = { 1 };
	bool literal = true;

	for (int i = 0; i < list->nargs; i++)
	{
		if (list->args[i]->kind != ASH_EXPR_CONST)
			return false;
		literal = literal && list->args[i]->literal;
		values[i] = list->args[i]->value.value;
		nulls[i] = list->args[i]->value.isnull;
	}
	if (list->nargs == 0)
		array.value = PointerGetDatum(construct_empty_array(item->oid));
	else
		array.value =
			PointerGetDatum(construct_md_array(values, nulls, 1, dims, bounds, item->oid,
											   item->typlen, item->typbyval, item->typalign));
	if (literal && reads_back(list->type))
		write_literal(sql, list->type->oid, array.value, false);
	else
		write_typed_param(sql, list->type, array);
	return true;
}

static void
write_list(AshSql *sql, AshExpr *list)
{
	if (write_const_list(sql, list))
		return;
	ash_sql_str(sql, "(ARRAY[");
	ash_sql_args(sql, list->nargs, list->args);
	ash_sql_str(sql, "]::");
	ash_sql_type(sql, list->type);
	ash_sql_str(sql, ")");
}

/*
 * Operators and functions
 */

/* Written once, for as long as the node lives. */
void
ash_sql_operator(AshSql *sql, AshExpr *call)
{
	int start = sql->text.len;

	if (call->sql_text != NULL)
	{
		ash_sql_str(sql, call->sql_text);
		return;
	}
	ash_sql_str(sql, "OPERATOR(");
	ash_sql_ident(sql, call->pg_schema);
	ash_sql_str(sql, ".");
	ash_sql_str(sql, call->pg_name); /* operator characters only, as the parser found it */
	ash_sql_str(sql, ")");
	call->sql_text = MemoryContextStrdup(GetMemoryChunkContext(call), sql->text.data + start);
}

void
ash_sql_pg_operator(AshSql *sql, AshExpr *call)
{
	ash_sql_str(sql, "(");
	if (call->nargs == 2)
	{
		ash_sql_expr(sql, call->args[0]);
		ash_sql_str(sql, " ");
	}
	ash_sql_operator(sql, call);
	ash_sql_str(sql, " ");
	ash_sql_expr(sql, call->args[call->nargs - 1]);
	ash_sql_str(sql, ")");
}

void
ash_sql_pg_function(AshSql *sql, AshExpr *call)
{
	ash_sql_qualified(sql, call->pg_schema, call->pg_name);
	ash_sql_str(sql, "(");
	ash_sql_args(sql, call->nargs, call->args);
	ash_sql_str(sql, ")");
}

/* $1 … are arguments, $* all of them; any other $ is itself. */
static void
write_from_template(AshSql *sql, AshExpr *call)
{
	for (const char *p = call->func->sql_template; *p != '\0'; p++)
	{
		bool argument = p[0] == '$' && p[1] >= '1' && p[1] <= '9';

		if (argument)
			ash_sql_expr(sql, call->args[*++p - '1']);
		else if (p[0] == '$' && p[1] == '*')
		{
			ash_sql_args(sql, call->nargs, call->args);
			p++;
		}
		else
			appendStringInfoChar(&sql->text, *p);
	}
}

static void
write_call(AshSql *sql, AshExpr *call)
{
	bool cast = OidIsValid(call->pg_result) && call->pg_result != call->type->oid;

	sql->user_code |= call->user_function;
	if (cast)
		ash_sql_str(sql, "(");
	if (call->func->sql != NULL)
		call->func->sql(sql, call);
	else
		write_from_template(sql, call);
	if (cast)
	{
		ash_sql_str(sql, ")::");
		ash_sql_type(sql, call->type);
	}
}

/*
 * Casts: those that PostgreSQL would make in the session's time zone or date
 * style are made in UTC and ISO 8601.
 */
typedef struct CastRule
{
	Oid from;
	Oid to;
	bool seconds; /* only for types of whole seconds */
	const char *before;
	const char *after;
} CastRule;

#define UTC_ "pg_catalog.timezone('UTC', "
#define TO_CHAR_ "pg_catalog.to_char("

static const CastRule cast_rules[] = {
	{ TIMESTAMPTZOID, DATEOID, false, "(" UTC_, "))::pg_catalog.date" },
	{ TIMESTAMPTZOID, TIMEOID, false, "(" UTC_, "))::pg_catalog.\"time\"" },
	{ TIMESTAMPTZOID, TIMESTAMPOID, false, UTC_, ")" },
	{ TIMESTAMPOID, TIMESTAMPTZOID, false, UTC_, ")" },
	{ DATEOID, TIMESTAMPTZOID, false, UTC_ "(", ")::pg_catalog.\"timestamp\")" },
	{ TIMESTAMPTZOID, TEXTOID, true, TO_CHAR_ UTC_, "), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')" },
	{ TIMESTAMPTZOID, TEXTOID, false, TO_CHAR_ UTC_, "), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')" },
	{ TIMESTAMPOID, TEXTOID, true, TO_CHAR_, ", 'YYYY-MM-DD\"T\"HH24:MI:SS')" },
	{ TIMESTAMPOID, TEXTOID, false, TO_CHAR_, ", 'YYYY-MM-DD\"T\"HH24:MI:SS.US')" },
	{ DATEOID, TEXTOID, false, TO_CHAR_, ", 'YYYY-MM-DD')" },
	{ JSONBOID, TEXTOID, false, "pg_catalog.jsonb_extract_path_text(", ", VARIADIC '{}')" },
};

static void
write_cast(AshSql *sql, AshExpr *cast)
{
	const AshTypeInst *from = cast->args[0]->type;

	for (int i = 0; i < lengthof(cast_rules); i++)
	{
		const CastRule *rule = &cast_rules[i];

		if (rule->from != from->oid || rule->to != cast->type->oid ||
			(rule->seconds && from->typmod != 0))
			continue;
		ash_sql_str(sql, rule->before);
		ash_sql_expr(sql, cast->args[0]);
		ash_sql_str(sql, rule->after);
		return;
	}
	ash_sql_str(sql, "(");
	ash_sql_expr(sql, cast->args[0]);
	ash_sql_str(sql, ")::");
	ash_sql_type(sql, cast->type);
}

/*
 * The rest
 */

static void
write_logic(AshSql *sql, AshExpr *expr)
{
	ash_sql_str(sql, "(");
	for (int i = 0; i < expr->nargs; i++)
	{
		if (i > 0)
			ash_sql_str(sql, expr->kind == ASH_EXPR_AND ? " AND " : " OR ");
		ash_sql_expr(sql, expr->args[i]);
	}
	ash_sql_str(sql, ")");
}

static void
write_case(AshSql *sql, AshExpr *expr)
{
	ash_sql_str(sql, "(CASE");
	for (int i = 0; i + 1 < expr->nargs; i += 2)
	{
		ash_sql_str(sql, " WHEN ");
		ash_sql_expr(sql, expr->args[i]);
		ash_sql_str(sql, " THEN ");
		ash_sql_expr(sql, expr->args[i + 1]);
	}
	ash_sql_str(sql, " ELSE ");
	ash_sql_expr(sql, expr->args[expr->nargs - 1]);
	ash_sql_str(sql, " END)");
}

static void
write_ref(AshSql *sql, AshExpr *expr)
{
	if (sql->write_ref == NULL)
		elog(ERROR, "expression needs a row");
	sql->write_ref(sql, expr);
}

void
ash_sql_expr(AshSql *sql, AshExpr *expr)
{
	check_stack_depth();
	switch (expr->kind)
	{
		case ASH_EXPR_CONST:
			write_const(sql, expr);
			break;
		case ASH_EXPR_TEMPLATE:
			write_template(sql, expr);
			break;
		case ASH_EXPR_REF:
		case ASH_EXPR_EXISTS:
		case ASH_EXPR_AGGREGATE:
			write_ref(sql, expr);
			break;
		case ASH_EXPR_CALL:
			write_call(sql, expr);
			break;
		case ASH_EXPR_AND:
		case ASH_EXPR_OR:
			write_logic(sql, expr);
			break;
		case ASH_EXPR_NOT:
			ash_sql_str(sql, "(NOT ");
			ash_sql_expr(sql, expr->args[0]);
			ash_sql_str(sql, ")");
			break;
		case ASH_EXPR_IS_NULL:
			ash_sql_str(sql, "(");
			ash_sql_expr(sql, expr->args[0]);
			ash_sql_str(sql, expr->negated ? " IS NOT NULL)" : " IS NULL)");
			break;
		case ASH_EXPR_CASE:
			write_case(sql, expr);
			break;
		case ASH_EXPR_LIST:
			write_list(sql, expr);
			break;
		case ASH_EXPR_CAST:
			write_cast(sql, expr);
			break;
	}
}

void
ash_sql_condition(AshSql *sql, AshExpr *expr)
{
	Assert(expr->type->oid == BOOLOID);
	ash_sql_expr(sql, expr);
}
