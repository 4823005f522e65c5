/*-------------------------------------------------------------------------
 *
 * src/expr/expr_pg_catalog.c
 *	  PostgreSQL's own operators and functions in expressions.
 *
 * What the tables of the language do not have is looked up in pg_catalog (and,
 * for operators, in the schema of an extension's type) with PostgreSQL's own
 * overload resolution.  Only immutable and stable functions on ordinary values
 * are taken: nothing with side effects, no sets, no internal or pseudo types.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_func.h"
#include "parser/parse_oper.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#define MAX_ARGS 16

/* Letters that a misspelt name has too many or too few. */
#define MAX_MISSPELT 2

static bool
takes_any(Oid type)
{
	return IsPolymorphicType(type) || type == ANYOID;
}

/* Not internal, cstring, trigger and the like. */
static bool
is_usable_type(Oid type)
{
	return get_typtype(type) != TYPTYPE_PSEUDO || takes_any(type);
}

/*
 * Literals and untyped templates let PostgreSQL choose.  Most of its functions
 * count in int4, which int8 does not become by itself: narrow tries that.
 */
static Oid
argument_type(const AshExpr *arg, bool narrow)
{
	Oid type = arg->type->oid;
	bool number = arg->kind == ASH_EXPR_CONST && ash_expr_is_number(arg->type);

	if (ash_expr_is_null_const(arg) ||
		(arg->adaptable && !number && arg->kind != ASH_EXPR_LIST && type != BOOLOID))
		return UNKNOWNOID;
	return narrow && type == INT8OID ? INT4OID : type;
}

/*
 * Bring the arguments to the declared types, so far as they do not have one; the
 * rest is PostgreSQL's own implicit coercion.  Returns the result type, or
 * InvalidOid.
 */
static Oid
fit_arguments(int nargs, AshExpr **args, const Oid *chosen, Oid result)
{
	Oid actual[MAX_ARGS];
	Oid declared[MAX_ARGS];

	for (int i = 0; i < nargs; i++)
	{
		const AshTypeInst *type = args[i]->type;

		declared[i] = chosen[i];
		if (!is_usable_type(declared[i]))
			return InvalidOid;
		if (type->oid == INT8OID && declared[i] == INT4OID)
			args[i] = ash_expr_cast(args[i], ash_type_for_oid(INT4OID));
		else if (args[i]->adaptable || ash_expr_is_null_const(args[i]))
		{
			if (declared[i] == JSONBOID)
				type = ash_type_plain("map"); /* its literals are JSON text */
			else if (!takes_any(declared[i]))
				type = ash_type_for_oid(declared[i]);
			args[i] = ash_expr_coerce(args[i], type);
		}
		if (args[i] == NULL)
			return InvalidOid;
		actual[i] = args[i]->type->oid;
	}
	if (!IsPolymorphicType(result))
		return result;
	if (!check_generic_type_consistency(actual, declared, nargs))
		return InvalidOid;
	return enforce_generic_type_consistency(actual, declared, nargs, result, false);
}

/* Fill the call's result from what PostgreSQL returns. */
static bool
set_result(AshExpr *call, Oid result)
{
	if (!OidIsValid(result) || get_typtype(result) == TYPTYPE_PSEUDO)
		return false;
	call->pg_result = result;
	call->type = ash_expr_result_type(result);
	return true;
}

/*
 * Operators
 */

/* The operator in one schema, as a tuple to be released, or NULL. */
static Operator
operator_in(const char *schema, const char *name, Oid left, Oid right)
{
	List *qualified = list_make2(makeString(pstrdup(schema)), makeString(pstrdup(name)));

	if (!OidIsValid(get_namespace_oid(schema, true)))
		return NULL;
	if (!OidIsValid(left))
		return left_oper(NULL, qualified, right, true, -1);
	return oper(NULL, qualified, left, right, true, -1);
}

/* Schema of a type that is not one of PostgreSQL's own, or NULL. */
static const char *
foreign_schema(Oid type)
{
	HeapTuple tuple;
	Oid schema = PG_CATALOG_NAMESPACE;
	Oid element;

	if (type < FirstNormalObjectId) /* the server's own, or none */
		return NULL;
	element = get_element_type(type);
	if (OidIsValid(element))
		type = element;
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	if (HeapTupleIsValid(tuple))
	{
		schema = ((Form_pg_type) GETSTRUCT(tuple))->typnamespace;
		ReleaseSysCache(tuple);
	}
	return schema == PG_CATALOG_NAMESPACE ? NULL : get_namespace_name(schema);
}

static Operator
find_operator(const char *name, Oid left, Oid right, const char **schema)
{
	const char *schemas[3];

	schemas[0] = foreign_schema(left);
	schemas[1] = foreign_schema(right);
	schemas[2] = "pg_catalog";
	for (int i = 0; i < 3; i++)
	{
		Operator found;

		if (schemas[i] == NULL)
			continue;
		found = operator_in(schemas[i], name, left, right);
		if (found != NULL)
		{
			*schema = schemas[i];
			return found;
		}
	}
	return NULL;
}

/* The operator for these types, usable; its declared types and result. */
static bool
lookup_operator(AshExpr *call, const char *name, Oid left, Oid right, Oid declared[2], Oid *result)
{
	Operator found = find_operator(name, left, right, &call->pg_schema);
	FormData_pg_operator form;

	if (found == NULL)
		return false;
	form = *(Form_pg_operator) GETSTRUCT(found);
	ReleaseSysCache(found);
	if (!RegProcedureIsValid(form.oprcode) || func_volatile(form.oprcode) == PROVOLATILE_VOLATILE ||
		get_func_retset(form.oprcode))
		return false;
	call->pg_name = name;
	declared[0] = form.oprleft;
	declared[1] = form.oprright;
	*result = form.oprresult;
	return true;
}

bool
ash_pg_operator_find(AshExpr *call, const char *name, Oid left, Oid right)
{
	Oid declared[2];

	return lookup_operator(call, name, left, right, declared, &call->pg_result);
}

static const AshExprFunc pg_operator_entry = { .name = "operator",
											   .doc = "An operator of PostgreSQL.",
											   .min_args = 1,
											   .max_args = 2,
											   .is_operator = true,
											   .sql = ash_sql_pg_operator };

static AshExpr *
try_operator(const char *name, int nargs, AshExpr **args, bool narrow)
{
	AshExpr *call = ash_expr_make_call(&pg_operator_entry, nargs, args);
	Oid left = nargs == 2 ? argument_type(args[0], narrow) : InvalidOid;
	Oid right = argument_type(args[nargs - 1], narrow);
	Oid declared[2];
	Oid result;

	if (!lookup_operator(call, pstrdup(name), left, right, declared, &result))
		return NULL;
	result = fit_arguments(nargs, call->args, nargs == 2 ? declared : declared + 1, result);
	return set_result(call, result) ? call : NULL;
}

AshExpr *
ash_pg_operator(const char *name, int nargs, AshExpr **args)
{
	AshExpr *call = try_operator(name, nargs, args, false);

	return call != NULL ? call : try_operator(name, nargs, args, true);
}

/*
 * Functions
 */

static const AshExprFunc pg_function_entry = { .name = "function",
											   .doc = "A function of PostgreSQL.",
											   .min_args = 0,
											   .max_args = -1,
											   .sql = ash_sql_pg_function };

static bool
is_usable_function(Oid function)
{
	return get_func_prokind(function) == PROKIND_FUNCTION &&
		   func_volatile(function) != PROVOLATILE_VOLATILE && !get_func_retset(function);
}

static List *
pg_function_name(const char *name)
{
	return list_make2(makeString("pg_catalog"), makeString(pstrdup(name)));
}

bool
ash_pg_function_exists(const char *name)
{
	FuncCandidateList found =
		FuncnameGetCandidates(pg_function_name(name), -1, NIL, false, false, false, true);

	for (; found != NULL; found = found->next)
	{
		if (is_usable_function(found->oid))
			return true;
	}
	return false;
}

/*
 * Names of PostgreSQL's functions that begin like name, are about as long and may be used,
 * for suggestions: reads all of pg_proc.
 */
List *
ash_pg_function_names(const char *name)
{
	Relation rel = table_open(ProcedureRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	int length = strlen(name);
	List *names = NIL;
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);

		if (proc->pronamespace == PG_CATALOG_NAMESPACE && NameStr(proc->proname)[0] == name[0] &&
			Abs((int) strlen(NameStr(proc->proname)) - length) <= MAX_MISSPELT &&
			is_usable_function(proc->oid) && !ash_names_contain(names, NameStr(proc->proname)))
			names = lappend(names, pstrdup(NameStr(proc->proname)));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return names;
}

static AshExpr *
try_function(const char *name, int nargs, AshExpr **args, bool narrow)
{
	AshExpr *call = ash_expr_make_call(&pg_function_entry, nargs, args);
	Oid types[MAX_ARGS];
	Oid *chosen;
	Oid function;
	Oid result;
	Oid variadic;
	bool retset;
	int nvariadic;
	List *defaults = NIL;

	for (int i = 0; i < nargs; i++)
		types[i] = argument_type(args[i], narrow);
	if (func_get_detail(pg_function_name(name), NIL, NIL, nargs, types, true, true, false,
						&function, &result, &retset, &nvariadic, &variadic, &chosen,
						&defaults) != FUNCDETAIL_NORMAL ||
		!is_usable_function(function))
		return NULL;
	call->pg_schema = "pg_catalog";
	call->pg_name = pstrdup(name);
	result = fit_arguments(nargs, call->args, chosen, result);
	return set_result(call, result) ? call : NULL;
}

AshExpr *
ash_pg_function(const char *name, int nargs, AshExpr **args)
{
	AshExpr *call;

	if (nargs > MAX_ARGS)
		return NULL;
	call = try_function(name, nargs, args, false);
	return call != NULL ? call : try_function(name, nargs, args, true);
}

/*
 * " OPERATOR(schema.=) " of the type: of pg_catalog for the server's own types,
 * else of the schema that the type's extension stands in.
 */
const char *
ash_sql_equals(const AshTypeInst *type)
{
	const char *schema;
	Operator found;

	if (type->oid < FirstNormalObjectId)
		return " OPERATOR(pg_catalog.=) ";
	found = find_operator("=", type->oid, type->oid, &schema);
	if (found == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("type %s has no equality operator", type->name)));
	ReleaseSysCache(found);
	return psprintf(" OPERATOR(%s.=) ", ash_quote_ident(schema));
}
