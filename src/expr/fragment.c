/*-------------------------------------------------------------------------
 *
 * src/expr/fragment.c
 *	  fragment('sql ? …', args …): an expression of PostgreSQL, with its own meaning.
 *
 * The text is parsed alone, so it cannot close a parenthesis of ours, and written
 * anew (fragment_write.c).  Parse analysis finds its type when it is defined.  It
 * runs as the statement around it does, so whoever owns the resource must be allowed
 * to execute the functions in it, as well as whoever calls.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/fragment.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/resource.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/* What analysis says of a fragment. */
typedef struct Analysis
{
	const char *sql;
	AshExpr *call;
	Oid owner;
	Oid type;
	const char *fault;
} Analysis;

/* ? → $n, \? → ?; *n counts the placeholders. */
static char *
number_placeholders(const char *text, int *n)
{
	StringInfoData out;

	initStringInfo(&out);
	*n = 0;
	for (const char *p = text; *p != '\0'; p++)
	{
		if (p[0] == '\\' && p[1] == '?')
			appendStringInfoChar(&out, *++p);
		else if (*p == '?')
			appendStringInfo(&out, " $%d ", ++(*n));
		else
			appendStringInfoChar(&out, *p);
	}
	return out.data;
}

/* Literals have the type that they have in SQL; what has no type is a string. */
static AshExpr *
fragment_argument(AshExpr *arg)
{
	bool number = arg->kind == ASH_EXPR_CONST && !arg->value.isnull && arg->type->oid == INT8OID;

	if (!arg->adaptable && !ash_expr_is_null_const(arg))
		return arg;
	if (number && DatumGetInt64(arg->value.value) == (int32) DatumGetInt64(arg->value.value))
		return ash_expr_cast(arg, ash_type_for_oid(INT4OID));
	if (arg->kind == ASH_EXPR_CONST && !arg->value.isnull)
		return ash_expr_coerce(arg, arg->type);
	return arg->kind == ASH_EXPR_LIST ? arg : ash_expr_coerce(arg, ash_type_plain("string"));
}

/* The text with $n, or with the SQL of the arguments, for the marks. */
static void
put_arguments(StringInfo out, const char *text, AshSql *sql, AshExpr *call)
{
	for (const char *p = text; *p != '\0'; p++)
	{
		int number;

		if (*p != ASH_FRAGMENT_MARK)
		{
			appendStringInfoChar(out, *p);
			continue;
		}
		number = atoi(p + 1);
		p = strchr(p + 1, ASH_FRAGMENT_MARK);
		if (sql != NULL)
			ash_sql_expr(sql, call->args[number - 1]);
		else
			appendStringInfo(out, "$%d", number);
	}
}

void
ash_sql_fragment(AshSql *sql, AshExpr *call)
{
	put_arguments(&sql->text, call->func->sql_template, sql, call);
}

/*
 * Analysis
 */

static Node *
argument_node(ParseState *pstate, ParamRef *ref)
{
	AshExpr *arg = ((Analysis *) pstate->p_ref_hook_state)->call->args[ref->number - 1];
	Param *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = ref->number;
	param->paramtype = arg->type->oid;
	param->paramtypmod = -1;
	param->paramcollid = get_typcollation(arg->type->oid);
	param->location = -1;
	return (Node *) param;
}

static bool
is_forbidden(Oid function, void *context)
{
	Analysis *analysis = context;

	if (ash_proc_aclcheck(function, analysis->owner, ACL_EXECUTE) == ACLCHECK_OK)
		return false;
	analysis->fault = psprintf("its owner %s may not execute function %s",
							   GetUserNameFromId(analysis->owner, false), get_func_name(function));
	return true;
}

static bool
find_forbidden(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, is_forbidden, context) ||
		   expression_tree_walker(node, find_forbidden, context);
}

/* Fills out type and fault. */
static void
analyze(Analysis *analysis)
{
	ParseState *pstate = make_parsestate(NULL);
	Node *node;

	pstate->p_sourcetext = analysis->sql;
	pstate->p_paramref_hook = argument_node;
	pstate->p_ref_hook_state = analysis;
	node = transformExpr(pstate, ash_expr_raw_parse_own(analysis->sql), EXPR_KIND_SELECT_TARGET);
	assign_expr_collations(pstate, node);
	analysis->type = exprType(node);
	if (pstate->p_hasAggs || pstate->p_hasWindowFuncs || pstate->p_hasTargetSRFs)
		analysis->fault = "aggregates, window functions and functions of sets are not allowed";
	else
		(void) find_forbidden(node, analysis);
	free_parsestate(pstate);
}

/* The same; what PostgreSQL has against it becomes the fault.  No subtransaction begins in a
 * worker. */
static void
analyze_isolated(Analysis *analysis)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	if (IsInParallelMode())
	{
		analyze(analysis);
		return;
	}
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		analyze(analysis);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *edata;

		MemoryContextSwitchTo(cxt);
		edata = CopyErrorData();
		if (edata->sqlerrcode == ERRCODE_QUERY_CANCELED ||
			ERRCODE_TO_CATEGORY(edata->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		analysis->fault = edata->message;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
}

static bool
set_type(ParseContext *cxt, AshExpr *call)
{
	const AshResource *res = cxt->scope->resource;
	StringInfoData sql;
	Analysis analysis = { .call = call, .type = InvalidOid };

	initStringInfo(&sql);
	put_arguments(&sql, call->func->sql_template, NULL, NULL);
	analysis.sql = sql.data;
	analysis.owner = res != NULL && OidIsValid(res->owner) ? res->owner : GetUserId();
	analyze_isolated(&analysis);
	if (analysis.fault != NULL)
	{
		ash_error_add(cxt->errors, ASH_E_INVALID_DEFINITION, NULL, "fragment: %s", analysis.fault);
		return false;
	}
	if (analysis.type == UNKNOWNOID)
		analysis.type = TEXTOID;
	call->pg_result = analysis.type;
	call->type = ash_expr_result_type(analysis.type);
	return true;
}

/*
 * Parsing
 */

/* The SQL that is written for the text, with marks; NULL after adding an error. */
static const char *
rewritten(ParseContext *cxt, const char *text, int nargs)
{
	AshFragment fragment = { .nargs = nargs, .errors = cxt->errors };
	int n;
	char *numbered = number_placeholders(text, &n);
	Node *node;

	if (n != nargs)
	{
		ash_error_add(cxt->errors, ASH_E_INVALID_DEFINITION, NULL,
					  "fragment has %d ? and %d arguments for them", n, nargs);
		return NULL;
	}
	if (strchr(text, ASH_FRAGMENT_MARK) != NULL)
	{
		ash_error_add(cxt->errors, ASH_E_INVALID_DEFINITION, NULL,
					  "control characters are not allowed in a fragment");
		return NULL;
	}
	node = ash_expr_raw_parse_text(numbered, cxt->errors);
	if (node == NULL)
		return NULL;
	initStringInfo(&fragment.text);
	if (!ash_fragment_write(&fragment, node))
		return NULL;
	if (bms_num_members(fragment.seen) == n)
		return fragment.text.data;
	ash_error_add(cxt->errors, ASH_E_INVALID_DEFINITION, NULL,
				  "a ? inside quotes of a fragment is no placeholder: write \\?");
	return NULL;
}

static AshExpr *
make_fragment(ParseContext *cxt, const char *text, List *args)
{
	AshExprFunc *func = palloc0(sizeof(AshExprFunc));
	AshExpr *call = ash_expr_make_call(func, 0, NULL);

	func->name = "fragment";
	func->doc = pstrdup(text);
	func->max_args = -1;
	func->sql = ash_sql_fragment;
	func->sql_template = rewritten(cxt, text, list_length(args));
	if (func->sql_template == NULL)
		return NULL;
	call->args = palloc(sizeof(AshExpr *) * Max(list_length(args), 1));
	for (; call->nargs < list_length(args); call->nargs++)
	{
		AshExpr *arg = fragment_argument(list_nth(args, call->nargs));

		if (arg == NULL)
		{
			ash_error_add(cxt->errors, ASH_E_INVALID_DEFINITION, NULL,
						  "argument %d of fragment has no type: use type()", call->nargs + 1);
			return NULL;
		}
		call->args[call->nargs] = arg;
	}
	call->user_function = true;
	return set_type(cxt, call) ? call : NULL;
}

AshExpr *
ash_parse_fragment(ParseContext *cxt, FuncCall *call)
{
	A_Const *text = call->args ? linitial(call->args) : NULL;
	int first;
	List *args;
	AshExpr *result;
	bool ok;

	if (text == NULL || !IsA(text, A_Const) || text->isnull || !IsA(&text->val, String))
		return ash_parse_error(cxt, call->location,
							   "the first argument of fragment must be SQL, as a string");
	args = ash_parse_args(cxt, list_copy_tail(call->args, 1), &ok);
	if (!ok)
		return NULL;
	first = list_length(cxt->errors->items);
	result = make_fragment(cxt, text->val.sval.sval, args);
	ash_parse_locate(cxt, first, call->location);
	return result;
}
