/*-------------------------------------------------------------------------
 *
 * src/expr/expr_special.c
 *	  Functions whose types no signature can say.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

static AshExpr *
integer_const(int64 value)
{
	AshValue datum = { Int64GetDatum(value), false };

	return ash_expr_const(ash_type_plain("integer"), datum);
}

/* The arguments' common type is that of the call. */
static AshExpr *
resolve_same(AshExpr *call, AshErrors *errors)
{
	call->type = ash_expr_unify(call->nargs, call->args);
	if (call->type != NULL)
		return call;
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
				  "the arguments of %s must have the same type", call->func->name);
	return NULL;
}

static AshExpr *
resolve_coalesce(AshExpr *call, AshErrors *errors)
{
	return call->nargs == 1 ? call->args[0] : resolve_same(call, errors);
}

static AshExpr *
resolve_minmax(AshExpr *call, AshErrors *errors)
{
	if (resolve_same(call, errors) == NULL)
		return NULL;
	if (ash_type_orderable(call->type))
		return call;
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "values of %s have no order",
				  call->type->name);
	return NULL;
}

/*
 * Conditionals
 */

AshExpr *
ash_expr_make_case(int nargs, AshExpr **args, AshErrors *errors)
{
	int nresults = nargs / 2 + 1;
	AshExpr **results = palloc(sizeof(AshExpr *) * nresults);
	AshExpr *expr = palloc0(sizeof(AshExpr));

	Assert(nargs % 2 == 1);
	expr->kind = ASH_EXPR_CASE;
	expr->nargs = nargs;
	expr->args = args;
	for (int i = 0; i < nresults; i++)
		results[i] = args[Min(2 * i + 1, nargs - 1)];
	expr->type = ash_expr_unify(nresults, results);
	if (expr->type == NULL)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "the results of a condition must have the same type");
		return NULL;
	}
	for (int i = 0; i < nresults; i++)
		args[Min(2 * i + 1, nargs - 1)] = results[i];
	for (int i = 0; i + 1 < nargs; i += 2)
	{
		args[i] = ash_expr_condition(args[i], errors);
		if (args[i] == NULL)
			return NULL;
	}
	return expr;
}

AshExpr *
ash_expr_make_if(AshExpr *when, AshExpr *then, AshExpr *otherwise, AshErrors *errors)
{
	AshExpr **args = palloc(sizeof(AshExpr *) * 3);

	args[0] = when;
	args[1] = then;
	args[2] = otherwise != NULL ? otherwise : ash_expr_null();
	return ash_expr_make_case(3, args, errors);
}

static AshExpr *
resolve_if(AshExpr *call, AshErrors *errors)
{
	return ash_expr_make_if(call->args[0], call->args[1], call->nargs == 3 ? call->args[2] : NULL,
							errors);
}

/* Pairs of condition and value; an odd argument at the end is what else is. */
static AshExpr *
resolve_cond(AshExpr *call, AshErrors *errors)
{
	int nargs = call->nargs + (call->nargs % 2 == 0);
	AshExpr **args = palloc(sizeof(AshExpr *) * nargs);

	memcpy(args, call->args, sizeof(AshExpr *) * call->nargs);
	if (nargs > call->nargs)
		args[nargs - 1] = ash_expr_null();
	return ash_expr_make_case(nargs, args, errors);
}

static AshExpr *
resolve_nullif(AshExpr *call, AshErrors *errors)
{
	AshExpr *same = ash_expr_call("=", list_make2(call->args[0], call->args[1]), errors);

	return same == NULL ? NULL : ash_expr_make_if(same, ash_expr_null(), call->args[0], errors);
}

static AshExpr *
resolve_is_nil(AshExpr *call, AshErrors *errors)
{
	return ash_expr_is_null(call->args[0], false);
}

/*
 * Once for a statement
 */

static AshExpr *
resolve_lazy(AshExpr *call, AshErrors *errors)
{
	AshExpr *arg = call->args[0];

	if (arg->kind != ASH_EXPR_CALL || !arg->user_function)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "lazy takes a call of one of the domain's \"functions\"");
		return NULL;
	}
	if (ash_expr_has_refs(arg))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "lazy takes no fields: it is evaluated once for all rows");
		return NULL;
	}
	call->type = arg->type;
	return call;
}

/* In memory there is one row at a time. */
static void
write_lazy(AshSql *sql, AshExpr *call)
{
	ash_sql_str(sql, sql->in_memory ? "(" : "(SELECT ");
	ash_sql_expr(sql, call->args[0]);
	ash_sql_str(sql, ")");
}

/*
 * Numbers and times
 */

static const AshExprFunc round_decimal = { .name = "round",
										   .sql_template =
											   "pg_catalog.round($1, ($2)::pg_catalog.int4)" };
/* PostgreSQL rounds halves of floats to even; decimals are rounded as people do */
static const AshExprFunc round_float = { .name = "round",
										 .sql_template =
											 "(pg_catalog.round(($1)::pg_catalog.\"numeric\", "
											 "($2)::pg_catalog.int4))::pg_catalog.float8" };

static AshExpr *
resolve_round(AshExpr *call, AshErrors *errors)
{
	AshExpr *args[2];
	AshExpr *round;

	args[0] = call->args[0];
	if (args[0]->adaptable && !ash_expr_is_number(args[0]->type))
		args[0] = ash_expr_coerce(args[0], ash_type_plain("decimal"));
	args[1] = call->nargs == 1 ? integer_const(0) :
								 ash_expr_coerce(call->args[1], ash_type_plain("integer"));
	if (args[0] == NULL || args[1] == NULL || !ash_expr_is_number(args[0]->type))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "round takes a number and places, not %s",
					  ash_expr_type_name(call->args[args[1] == NULL ? 1 : 0]));
		return NULL;
	}
	if (args[0]->type->oid == INT8OID)
		return args[0];
	round = ash_expr_make_call(args[0]->type->oid == FLOAT8OID ? &round_float : &round_decimal, 2,
							   args);
	round->type = args[0]->type;
	return round;
}

#define RELATIVE(fn, sig, how)                            \
	{                                                     \
		.name = fn, .signature = sig, .sql_template = how \
	}
#define NOW_IN_UTC(op)                                                                                \
	"pg_catalog.timezone('UTC', pg_catalog.timezone('UTC', pg_catalog.now()) OPERATOR(pg_catalog." op \
	") $1)"

static const AshExprFunc relative_functions[2][2] = {
	{ RELATIVE("ago", "v>T", NOW_IN_UTC("-")),
	  RELATIVE("ago", "iU>T",
			   "ash.datetime_add(pg_catalog.now(), OPERATOR(pg_catalog.-) $1, $2)") },
	{ RELATIVE("from_now", "v>T", NOW_IN_UTC("+")),
	  RELATIVE("from_now", "iU>T", "ash.datetime_add(pg_catalog.now(), $1, $2)") },
};

static AshExpr *
resolve_relative(AshExpr *call, AshErrors *errors)
{
	bool future = strcmp(call->func->name, "from_now") == 0;

	call->func = &relative_functions[future][call->nargs - 1];
	return ash_signature_resolve(call, errors);
}

/*
 * Documents
 */

static AshExpr *
resolve_get_path(AshExpr *call, AshErrors *errors)
{
	AshExpr *map = ash_expr_coerce(call->args[0], ash_type_plain("map"));
	AshExpr *path = ash_expr_cast(call->args[1], ash_expr_array_type(ash_type_plain("string")));

	if (map == NULL || path == NULL)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "get_path takes a map and a list of keys, not %s and %s",
					  ash_expr_type_name(call->args[0]), ash_expr_type_name(call->args[1]));
		return NULL;
	}
	call->args[0] = map;
	call->args[1] = path;
	call->type = ash_type_plain("string");
	call->adaptable = true;
	return call;
}

AshExpr *
ash_expr_get_path(AshExpr *document, List *names, AshErrors *errors)
{
	List *keys = NIL;
	ListCell *lc;

	foreach (lc, names)
	{
		AshValue key = { CStringGetTextDatum(lfirst(lc)), false };

		keys = lappend(keys, ash_expr_const(ash_type_plain("string"), key));
	}
	return ash_expr_call("get_path", list_make2(document, ash_expr_list(keys, errors)), errors);
}

void
ash_sql_get_path(AshSql *sql, AshExpr *call)
{
	bool document = call->type->oid == JSONBOID;
	bool cast = !document && call->type->oid != TEXTOID;

	ash_sql_str(sql, cast ? "(" : "");
	ash_sql_str(sql, document ? "pg_catalog.jsonb_extract_path(" :
								"pg_catalog.jsonb_extract_path_text(");
	ash_sql_expr(sql, call->args[0]);
	ash_sql_str(sql, ", VARIADIC ");
	ash_sql_expr(sql, call->args[1]);
	ash_sql_str(sql, ")");
	if (cast)
	{
		ash_sql_str(sql, ")::");
		ash_sql_type(sql, call->type);
	}
}

/* The document when it is of that kind (NULL: any but the null of JSON), else null. */
AshExpr *
ash_expr_document_of(AshExpr *document, const char *kind)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	AshValue name = { CStringGetTextDatum(kind != NULL ? kind : "null"), false };
	AshExpr *expected = ash_expr_const(ash_type_plain("string"), name);
	AshExpr *found = ash_pg_function("jsonb_typeof", 1, &document);
	AshExpr *fits = ash_expr_call(kind != NULL ? "=" : "<>", list_make2(found, expected), errors);

	return ash_expr_make_if(fits, document, NULL, errors);
}

static bool
is_text(const AshExpr *expr)
{
	return expr->kind == ASH_EXPR_CONST && !expr->value.isnull && expr->type->oid == TEXTOID;
}

/* Constraints as a JSON object in a string; the type keeps them.  False after adding an error. */
static bool
type_constraints(const AshExpr *given, json_t **constraints, AshErrors *errors)
{
	char *source;

	if (is_text(given))
	{
		source = TextDatumGetCString(given->value.value);
		*constraints = ash_json_parse(source, strlen(source), errors);
		if (*constraints == NULL)
			return false;
		(void) ash_json_own(CurrentMemoryContext, *constraints);
		if (json_is_object(*constraints))
			return true;
	}
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
				  "the third argument of type must be constraints: a JSON object, as a string");
	return false;
}

static AshExpr *
resolve_type(AshExpr *call, AshErrors *errors)
{
	json_t *constraints = NULL;
	AshTypeInst *type;

	if (!is_text(call->args[1]))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "the second argument of type must be the name of a type, as a string");
		return NULL;
	}
	if (call->nargs > 2 && !type_constraints(call->args[2], &constraints, errors))
		return NULL;
	type = ash_type_compile(TextDatumGetCString(call->args[1]->value.value), constraints, errors);
	return type == NULL ? NULL : ash_expr_as(call->args[0], type, errors);
}

/*
 * Functions of extensions
 */

static const AshExprFunc trigram_entry = { .name = "trigram_similarity",
										   .signature = "ss>F",
										   .sql = ash_sql_pg_function };

/* The schema of an extension's function, or NULL when it is not installed. */
static const char *
extension_schema(const char *name, const char *function)
{
	Oid extension = get_extension_oid(name, true);
	const char *schema = NULL;
	CatCList *found;

	if (!OidIsValid(extension))
		return NULL;
	found = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(function));
	for (int i = 0; i < found->n_members && schema == NULL; i++)
	{
		Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(&found->members[i]->tuple);

		if (getExtensionOfObject(ProcedureRelationId, proc->oid) == extension)
			schema = get_namespace_name(proc->pronamespace);
	}
	ReleaseSysCacheList(found);
	return schema;
}

static AshExpr *
resolve_trigram(AshExpr *call, AshErrors *errors)
{
	const char *schema = extension_schema("pg_trgm", "similarity");

	if (schema == NULL)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "trigram_similarity needs the extension pg_trgm");
		return NULL;
	}
	call->func = &trigram_entry;
	if (ash_signature_resolve(call, errors) == NULL)
		return NULL;
	call->pg_schema = schema;
	call->pg_name = "similarity";
	call->pg_result = FLOAT4OID;
	return call;
}

/* Both sides are vectors; a list that is written out becomes one. */
static AshExpr *
resolve_vector_distance(AshExpr *call, AshErrors *errors)
{
	bool cosine = strcmp(call->func->name, "vector_cosine_distance") == 0;
	const char *function = cosine ? "cosine_distance" : "l2_distance";
	const char *schema = extension_schema("vector", function);
	const AshTypeInst *type = ash_type_plain("vector");

	if (schema == NULL || !ash_type_resolve_storage(type))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s needs the extension vector",
					  call->func->name);
		return NULL;
	}
	for (int i = 0; i < 2; i++)
	{
		AshExpr *vector = ash_expr_cast(call->args[i], type);

		if (vector == NULL)
		{
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
						  "argument %d of %s must be a vector, not %s", i + 1, call->func->name,
						  ash_expr_type_name(call->args[i]));
			return NULL;
		}
		call->args[i] = vector;
	}
	call->type = ash_type_plain("float");
	call->pg_schema = schema;
	call->pg_name = function;
	call->pg_result = FLOAT8OID;
	return call;
}

/* The functions of this file. */
const AshExprFunc ash_special_funcs[] = {
	SPECIAL("trigram_similarity", "Similarity from 0 to 1; needs the extension pg_trgm.", 2, 2,
			resolve_trigram),
	SPECIAL("ago", "The time so long before now: ago(2, 'week') or ago(duration).", 1, 2,
			resolve_relative),
	SPECIAL("from_now", "The time so long after now.", 1, 2, resolve_relative),
	SPECIAL("round", "Rounded to places (default 0), halves away from zero.", 1, 2, resolve_round),
	SPECIAL("if", "The second argument when the first is true, else the third.", 2, 3, resolve_if),
	SPECIAL("cond",
			"cond(c1, v1, c2, v2, …, else): the value after the first condition that is true, else "
			"the last argument, or null without one.",
			2, -1, resolve_cond),
	SPECIAL("is_nil", "The value is null.", 1, 1, resolve_is_nil),
	{ .name = "coalesce",
	  .doc = "The first value that is not null.",
	  .min_args = 1,
	  .max_args = -1,
	  .resolve = resolve_coalesce,
	  .sql_template = "COALESCE($*)" },
	{ .name = "greatest",
	  .doc = "The greatest value that is not null.",
	  .min_args = 1,
	  .max_args = -1,
	  .resolve = resolve_minmax,
	  .sql_template = "GREATEST($*)" },
	{ .name = "least",
	  .doc = "The least value that is not null.",
	  .min_args = 1,
	  .max_args = -1,
	  .resolve = resolve_minmax,
	  .sql_template = "LEAST($*)" },
	SPECIAL("nullif", "Null when both are equal, else the first.", 2, 2, resolve_nullif),
	{ .name = "get_path",
	  .doc = "What stands at a path of keys in a map; null when there is nothing.",
	  .min_args = 2,
	  .max_args = 2,
	  .resolve = resolve_get_path,
	  .sql = ash_sql_get_path },
	SPECIAL("type",
			"The value cast to a type given by name, and its constraints as a JSON object in a "
			"string; these choose the type and do not check the value.",
			2, 3, resolve_type),
	{ .name = "lazy",
	  .doc =
		  "A call of one of the domain's functions, made once for a statement, not for each row.",
	  .min_args = 1,
	  .max_args = 1,
	  .resolve = resolve_lazy,
	  .sql = write_lazy },
	{ .name = "vector_l2_distance",
	  .doc = "Distance of two vectors; needs the extension vector.",
	  .min_args = 2,
	  .max_args = 2,
	  .resolve = resolve_vector_distance,
	  .sql = ash_sql_pg_function },
	{ .name = "vector_cosine_distance",
	  .doc = "Cosine distance of two vectors; needs the extension vector.",
	  .min_args = 2,
	  .max_args = 2,
	  .resolve = resolve_vector_distance,
	  .sql = ash_sql_pg_function },
	{ .name = NULL },
};
