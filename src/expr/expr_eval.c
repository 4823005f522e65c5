/*-------------------------------------------------------------------------
 *
 * src/expr/expr_eval.c
 *	  Tree → value, through PostgreSQL's expression executor.
 *
 * The tree is written as SQL once, by the same writer as for statements; its
 * constants become constants, references and templates parameters.  PostgreSQL
 * parses, plans and initialises that expression, and every evaluation only sets
 * the parameters and runs it.
 *
 * The executor state hangs off the node and lives in a child of its memory
 * context; nothing in it belongs to a transaction.  A state is not reentrant.
 * Only code of a user can come back here, so expressions that call such code are
 * marked busy while they run, and get a state of their own when they are.  They
 * are also built anew for another role and after any function has changed.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "utils/datum.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

typedef struct AshEvalState
{
	MemoryContext cxt;
	AshExpr **inputs; /* by parameter: reference or template; NULL for constants */
	ParamListInfo params;
	ExprState *exec;
	ExprContext *econtext;
	bool user_functions;
	bool busy;
	/* with user functions only: whose privileges were checked, and when */
	Oid userid;
	uint64 generation;
} AshEvalState;

/* Counts changes of functions: those of users come, go, and are granted and revoked. */
static uint64 function_generation = 0;

/* While the expression is being written and parsed. */
typedef struct Builder
{
	AshSql sql; /* must be first: the writers get only this */
	AshExpr **inputs;
	int maxinputs;
} Builder;

/*
 * Writing
 */

static void
add_input(Builder *builder, AshExpr *input)
{
	AshSql *sql = &builder->sql;

	ash_sql_param(sql, input->type->oid, (Datum) 0, true);
	if (builder->maxinputs < sql->nparams)
	{
		int old = builder->maxinputs;

		builder->maxinputs = Max(8, sql->nparams * 2);
		builder->inputs = old == 0 ?
							  palloc(sizeof(AshExpr *) * builder->maxinputs) :
							  repalloc(builder->inputs, sizeof(AshExpr *) * builder->maxinputs);
		memset(builder->inputs + old, 0, sizeof(AshExpr *) * (builder->maxinputs - old));
	}
	builder->inputs[sql->nparams - 1] = input;
}

/* The parameter of an attribute that was written before, or 0. */
static int
known_input(const Builder *builder, const AshExpr *ref)
{
	for (int i = 0; i < Min(builder->maxinputs, builder->sql.nparams); i++)
	{
		if (builder->inputs[i] != NULL && builder->inputs[i]->kind == ASH_EXPR_REF &&
			ref->attribute != NULL && builder->inputs[i]->attribute == ref->attribute)
			return i + 1;
	}
	return 0;
}

/* A column compares by its own collation. */
static void
write_collation(AshSql *sql, const AshTypeInst *type)
{
	HeapTuple tuple;
	Form_pg_collation form;

	if (!OidIsValid(type->collation) || type->collation == get_typcollation(type->oid))
		return;
	tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(type->collation));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", type->collation);
	form = (Form_pg_collation) GETSTRUCT(tuple);
	ash_sql_str(sql, " COLLATE ");
	ash_sql_qualified(sql, get_namespace_name(form->collnamespace), NameStr(form->collname));
	ReleaseSysCache(tuple);
}

/* An attribute, or a calculation whose value the row brings along. */
static void
write_input(AshSql *sql, AshExpr *ref)
{
	Builder *builder = (Builder *) sql;
	int known = known_input(builder, ref);

	ash_sql_str(sql, "(");
	if (known > 0)
		appendStringInfo(&sql->text, "$%d", known);
	else
		add_input(builder, ref);
	ash_sql_str(sql, "::");
	ash_sql_type(sql, ref->type);
	write_collation(sql, ref->type);
	ash_sql_str(sql, ")");
}

static void
write_ref(AshSql *sql, AshExpr *expr)
{
	AshExpr *inlined;

	if (expr->kind == ASH_EXPR_REF && expr->path == NIL && expr->parent_levels == 0)
	{
		if (expr->attribute != NULL && !expr->upsert_conflict)
		{
			write_input(sql, expr);
			return;
		}
		inlined = expr->calculation ? ash_expr_inlined(expr) : NULL;
		if (inlined != NULL)
			ash_sql_expr(sql, inlined);
		else if (expr->calculation != NULL)
			write_input(sql, expr);
		if (expr->calculation != NULL)
			return;
	}
	elog(ERROR, "expression cannot be evaluated in memory: %s", ash_expr_describe(expr));
}

static void
write_template(AshSql *sql, AshExpr *expr)
{
	add_input((Builder *) sql, expr);
	ash_sql_str(sql, "::");
	ash_sql_type(sql, expr->type);
}

/*
 * Parsing
 */

/* A constant for a value written by the SQL writer, a parameter for an input. */
static Node *
parameter_node(ParseState *pstate, ParamRef *ref)
{
	Builder *builder = pstate->p_ref_hook_state;
	AshSql *sql = &builder->sql;
	int i = ref->number - 1;
	Oid type = sql->param_types[i];
	bool isnull = sql->param_nulls[i] == 'n';
	Param *param;
	int16 len;
	bool byval;

	if (i >= builder->maxinputs || builder->inputs[i] == NULL)
	{
		get_typlenbyval(type, &len, &byval);
		return (Node *) makeConst(type, -1, get_typcollation(type), len,
								  isnull ? (Datum) 0 : datumCopy(sql->param_values[i], byval, len),
								  isnull, byval);
	}
	param = makeNode(Param);
	param->paramkind = PARAM_EXTERN;
	param->paramid = ref->number;
	param->paramtype = type;
	param->paramtypmod = -1;
	param->paramcollid = get_typcollation(type);
	param->location = -1;
	return (Node *) param;
}

static Expr *
parse_text(Builder *builder, const AshExpr *expr)
{
	ParseState *pstate = make_parsestate(NULL);
	Node *raw = ash_expr_raw_parse_own(builder->sql.text.data);
	Node *node;

	if (raw == NULL)
		elog(ERROR, "expression has no SQL form: %s", builder->sql.text.data);
	pstate->p_sourcetext = builder->sql.text.data;
	pstate->p_paramref_hook = parameter_node;
	pstate->p_ref_hook_state = builder;
	node = transformExpr(pstate, raw, EXPR_KIND_SELECT_TARGET);
	node = coerce_to_target_type(pstate, node, exprType(node), expr->type->oid, -1,
								 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (node == NULL)
		elog(ERROR, "expression is not of type %s: %s", expr->type->name, builder->sql.text.data);
	assign_expr_collations(pstate, node);
	free_parsestate(pstate);
	return (Expr *) node;
}

static bool
calls_user_code(AshExpr *expr, void *context)
{
	AshExpr *inlined;

	if (expr->kind == ASH_EXPR_CALL)
		return expr->user_function;
	if (expr->kind != ASH_EXPR_REF || expr->calculation == NULL)
		return false;
	inlined = ash_expr_inlined(expr);
	return inlined != NULL && ash_expr_walk(inlined, calls_user_code, NULL);
}

/* Everything is made in a child of parent, which dies if an error comes. */
static AshEvalState *
build_state(AshExpr *expr, MemoryContext parent)
{
	MemoryContext cxt =
		AllocSetContextCreate(CurrentMemoryContext, "ash expression", ALLOCSET_SMALL_SIZES);
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "ash expression text", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	Builder *builder = palloc0(sizeof(Builder));
	AshEvalState *state;
	Expr *planned;
	uint64 generation = function_generation; /* before anything is looked up */
	int nparams;

	ash_sql_init(&builder->sql, NULL);
	builder->sql.write_ref = write_ref;
	builder->sql.write_template = write_template;
	builder->sql.in_memory = true;
	ash_sql_expr(&builder->sql, expr);
	planned = expression_planner(parse_text(builder, expr));
	nparams = builder->sql.nparams;

	MemoryContextSwitchTo(cxt);
	state = palloc0(sizeof(AshEvalState));
	state->cxt = cxt;
	state->userid = GetUserId();
	state->generation = generation;
	state->user_functions = ash_expr_walk(expr, calls_user_code, NULL);
	state->inputs = palloc0(sizeof(AshExpr *) * (nparams + 1));
	state->params = makeParamList(nparams);
	for (int i = 0; i < nparams; i++)
	{
		state->inputs[i] = i < builder->maxinputs ? builder->inputs[i] : NULL;
		state->params->params[i].ptype = builder->sql.param_types[i];
		state->params->params[i].pflags = PARAM_FLAG_CONST;
		state->params->params[i].isnull = true;
	}
	state->exec = ExecInitExprWithParams(copyObject(planned), state->params);
	state->econtext = CreateStandaloneExprContext();
	state->econtext->ecxt_param_list_info = state->params;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	MemoryContextSetParent(cxt, parent);
	return state;
}

/*
 * Running
 */

static bool
input_value(AshExpr *input, const AshBindings *bindings, AshRefValue ref, void *context,
			AshValue *out)
{
	out->value = (Datum) 0;
	out->isnull = true;
	if (input->kind == ASH_EXPR_REF)
	{
		if (ref == NULL)
			elog(ERROR, "expression needs a row: %s", ash_expr_describe(input));
		return ref(context, input, out);
	}
	if (bindings == NULL)
		elog(ERROR, "expression needs a running call: %s", ash_expr_describe(input));
	return ash_binding_value(bindings, input->template_kind, input->template_path, input->type,
							 out);
}

static bool
set_inputs(AshEvalState *state, const AshBindings *bindings, AshRefValue ref, void *context)
{
	for (int i = 0; i < state->params->numParams; i++)
	{
		AshValue value;

		if (state->inputs[i] == NULL)
			continue;
		if (!input_value(state->inputs[i], bindings, ref, context, &value))
			return false;
		state->params->params[i].value = value.value;
		state->params->params[i].isnull = value.isnull;
	}
	return true;
}

static void
run_state(AshEvalState *state, const AshTypeInst *type, AshValue *out)
{
	out->value = ExecEvalExprSwitchContext(state->exec, state->econtext, &out->isnull);
	if (!out->isnull)
		out->value = datumCopy(out->value, type->typbyval, type->typlen);
	ResetExprContext(state->econtext);
}

/* User code may come back to this very expression. */
static void
run_guarded(AshEvalState *state, const AshTypeInst *type, AshValue *out)
{
	PG_TRY();
	{
		state->busy = true;
		run_state(state, type, out);
	}
	PG_FINALLY();
	{
		state->busy = false;
	}
	PG_END_TRY();
}

static void
function_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	function_generation++;
}

static void
watch_functions(void)
{
	static bool watching = false;

	if (watching)
		return;
	CacheRegisterSyscacheCallback(PROCOID, function_changed, (Datum) 0);
	watching = true;
}

static bool
is_current(const AshEvalState *state)
{
	return !state->user_functions ||
		   (state->userid == GetUserId() && state->generation == function_generation);
}

/* The node's state, or one for this evaluation only. */
static AshEvalState *
acquire_state(AshExpr *expr)
{
	AshEvalState *state = expr->state;

	if (state != NULL && state->busy)
		return build_state(expr, CurrentMemoryContext);
	if (state != NULL && !is_current(state))
	{
		expr->state = NULL;
		MemoryContextDelete(state->cxt);
		state = NULL;
	}
	if (state == NULL)
	{
		watch_functions();
		state = build_state(expr, GetMemoryChunkContext(expr));
		expr->state = state;
	}
	return state;
}

/*-------------------------------------------------------------------------
 * Nodes made for one call
 *
 * Their executor state would be built and dropped with the call.  Most only join
 * conditions of definitions, or compare an attribute: that needs no state.
 *-------------------------------------------------------------------------
 */

static bool
is_kept(AshExpr *expr)
{
	return expr->state != NULL || GetMemoryChunkContext(expr) != CurrentMemoryContext;
}

static bool
is_logic(const AshExpr *expr)
{
	return expr->kind == ASH_EXPR_AND || expr->kind == ASH_EXPR_OR || expr->kind == ASH_EXPR_NOT;
}

/* attribute = value of the same type, by the type's built-in equality */
static bool
is_plain_equality(const AshExpr *expr)
{
	const AshExpr *left;
	const AshExpr *right;

	if (expr->kind != ASH_EXPR_CALL || expr->nargs != 2 || expr->user_function ||
		expr->pg_name == NULL || strcmp(expr->pg_name, "=") != 0 || expr->pg_schema == NULL ||
		strcmp(expr->pg_schema, "pg_catalog") != 0)
		return false;
	left = expr->args[0];
	right = expr->args[1];
	return left->kind == ASH_EXPR_REF && left->attribute != NULL && !left->from_input &&
		   (right->kind == ASH_EXPR_CONST || right->kind == ASH_EXPR_TEMPLATE) &&
		   left->type->oid == right->type->oid && ash_type_eq(left->type) != NULL &&
		   ash_type_eq(left->type)->fn_oid < FirstNormalObjectId;
}

static bool
eval_equality(const AshExpr *expr, const AshBindings *bindings, AshRefValue ref, void *context,
			  AshValue *out)
{
	const AshTypeInst *type = expr->args[0]->type;
	AshValue left;
	AshValue right;

	if (!ash_expr_eval(expr->args[0], bindings, ref, context, &left) ||
		!ash_expr_eval(expr->args[1], bindings, ref, context, &right))
		return false;
	out->isnull = left.isnull || right.isnull;
	out->value = (Datum) 0;
	if (!out->isnull)
		out->value = FunctionCall2Coll(ash_type_eq(type), type->collation, left.value, right.value);
	return true;
}

/* AND, OR and NOT with SQL's nulls; what decides stops. */
static bool
eval_logic(const AshExpr *expr, const AshBindings *bindings, AshRefValue ref, void *context,
		   AshValue *out)
{
	bool decisive = expr->kind == ASH_EXPR_OR;
	AshValue value;

	check_stack_depth();
	out->value = BoolGetDatum(!decisive);
	out->isnull = false;
	for (int i = 0; i < expr->nargs; i++)
	{
		if (!ash_expr_eval(expr->args[i], bindings, ref, context, &value))
			return false;
		if (value.isnull)
			out->isnull = true;
		else if (expr->kind == ASH_EXPR_NOT)
			out->value = BoolGetDatum(!DatumGetBool(value.value));
		else if (DatumGetBool(value.value) == decisive)
		{
			*out = value;
			break;
		}
	}
	return true;
}

bool
ash_expr_is_ready(AshExpr *expr)
{
	check_stack_depth();
	if (is_kept(expr) || expr->kind == ASH_EXPR_CONST || expr->kind == ASH_EXPR_TEMPLATE ||
		is_plain_equality(expr))
		return true;
	if (expr->kind == ASH_EXPR_REF)
		return expr->attribute != NULL && !expr->from_input;
	for (int i = 0; is_logic(expr) && i < expr->nargs; i++)
	{
		if (!ash_expr_is_ready(expr->args[i]))
			return false;
	}
	return is_logic(expr);
}

bool
ash_expr_eval(AshExpr *expr, const AshBindings *bindings, AshRefValue ref, void *context,
			  AshValue *out)
{
	AshEvalState *state;

	if (expr->kind == ASH_EXPR_CONST)
	{
		*out = expr->value;
		return true;
	}
	if (expr->kind == ASH_EXPR_TEMPLATE || (expr->kind == ASH_EXPR_REF && expr->attribute != NULL))
		return input_value(expr, bindings, ref, context, out);
	if (!is_kept(expr) && is_logic(expr))
		return eval_logic(expr, bindings, ref, context, out);
	if (!is_kept(expr) && is_plain_equality(expr))
		return eval_equality(expr, bindings, ref, context, out);

	state = acquire_state(expr);
	if (!set_inputs(state, bindings, ref, context))
		return false;
	if (state->user_functions)
		run_guarded(state, expr->type, out);
	else
		run_state(state, expr->type, out);
	if (state != expr->state)
		MemoryContextDelete(state->cxt);
	return true;
}
