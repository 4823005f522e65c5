/*-------------------------------------------------------------------------
 *
 * src/hooks/inline_interface.c
 *	  Inlines the functions of the code interface into the queries that call them, from
 *	  bodies that are kept analyzed.
 *
 * PostgreSQL inlines such a function itself (inline_set_returning_function()), but parses,
 * analyzes and rewrites the body each time it plans a query that calls it.  That is most of
 * the cost of a query that is planned for each execution, such as one with a range and a
 * LIMIT.  Measured on a function with a policy on the row (bench/cases/42 to 44), against
 * the same function written by hand with row security by hand: 1.38 times the time when it
 * is left to PostgreSQL, 0.97 here; a row by its key against a plain query 1.12 and 1.00;
 * a range against a plain query 1.79 and 1.25.
 *
 * The body is kept, analyzed and rewritten, by PostgreSQL's plan cache, which knows when
 * that is no longer valid: a relation, a function, the search path, the role or row_security
 * has changed.  Conditions for inlining and result are those of
 * inline_set_returning_function(); a function that does not meet them is left to PostgreSQL,
 * as is every function that does not return the rows of a resource.
 *
 * A body carries its policies as conditions, for callers that row security does not apply to.
 * For others the rewriter has added the same conditions to the table as security quals.  A
 * condition that is both is dropped from the body.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/functions.h"
#include "funcapi.h"
#include "hooks/hooks.h"
#include "miscadmin.h"
#include "model/model.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteManip.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/syscache.h"

/* All entries are dropped when there would be more. */
#define INLINE_MAX 256

/* Names are resolved with the privileges of a role; parameters have the call's collation. */
typedef struct InlineKey
{
	Oid funcid;
	Oid role;
	Oid collation;
} InlineKey;

typedef struct InlineFunction
{
	InlineKey key; /* hash key */
	NameData name;
	uint64 epoch;
	CachedPlanSource *body; /* NULL: left to PostgreSQL */
} InlineFunction;

/* For the error context of a body that is being inlined. */
typedef struct InlineContext
{
	const char *name;
	const char *source;
} InlineContext;

/* What invalidates a plan that contains bodies of functions. */
typedef struct Dependencies
{
	List *items; /* of PlanInvalItem */
	bool on_role;
} Dependencies;

/* Actual arguments being substituted for Params. */
typedef struct Substitution
{
	List *args;
	int levels; /* query levels between the Param and the caller's query */
} Substitution;

static planner_hook_type prev_planner = NULL;
static HTAB *functions = NULL;
static uint64 functions_epoch = 1; /* counts invalidations of pg_proc */

static void
function_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	functions_epoch++;
}

/*-------------------------------------------------------------------------
 * Bodies
 *-------------------------------------------------------------------------
 */

static void
drop_body(InlineFunction *function)
{
	CachedPlanSource *body = function->body;

	function->body = NULL;
	if (body != NULL)
		DropCachedPlan(body);
}

/* Remove all entries. */
static void
drop_all(void)
{
	HASH_SEQ_STATUS seq;
	InlineFunction *function;

	hash_seq_init(&seq, functions);
	while ((function = hash_seq_search(&seq)) != NULL)
	{
		drop_body(function);
		hash_search(functions, &function->key, HASH_REMOVE, NULL);
	}
}

/* True if the pg_proc row meets PostgreSQL's conditions, and returns rows of a resource. */
static bool
is_inlinable(HeapTuple tuple)
{
	Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);
	Oid relid = get_typ_typrelid(proc->prorettype);

	if (proc->prolang != SQLlanguageId || proc->prokind != PROKIND_FUNCTION || proc->proisstrict ||
		proc->provolatile == PROVOLATILE_VOLATILE || proc->prosecdef || !proc->proretset ||
		!heap_attisnull(tuple, Anum_pg_proc_proconfig, NULL) ||
		!heap_attisnull(tuple, Anum_pg_proc_prosqlbody, NULL))
		return false;
	for (int i = 0; i < proc->pronargs; i++)
		if (IsPolymorphicType(proc->proargtypes.values[i]))
			return false;
	return OidIsValid(relid) && ash_resource_by_relid(relid) != NULL;
}

/* Error context callback: the same context as PostgreSQL's own for a body that it inlines. */
static void
inline_context(void *arg)
{
	const InlineContext *context = arg;
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(context->source);
	}
	errcontext("SQL function \"%s\" during inlining", context->name);
}

/*
 * Analyze and rewrite the body and save it in the plan cache; NULL if it is not one statement.
 * Garbage is left in CurrentMemoryContext.
 */
static CachedPlanSource *
save_body(HeapTuple tuple, FuncExpr *call, const char *source)
{
	List *raw = pg_parse_query(source);
	SQLFunctionParseInfoPtr info;
	CachedPlanSource *body;
	MemoryContext old;
	List *queries;

	if (list_length(raw) != 1)
		return NULL;
	body = CreateCachedPlan(linitial(raw), source,
							CreateCommandTag(linitial_node(RawStmt, raw)->stmt));
	old = MemoryContextSwitchTo(body->context);
	info = prepare_sql_fn_parse_info(tuple, (Node *) call, call->inputcollid);
	MemoryContextSwitchTo(old);
	queries = pg_analyze_and_rewrite_withcb(linitial(raw), source,
											(ParserSetupHook) sql_fn_parser_setup, info, NULL);
	CompleteCachedPlan(body, queries, NULL, NULL, 0, (ParserSetupHook) sql_fn_parser_setup, info, 0,
					   false);
	SaveCachedPlan(body);
	return body;
}

/* The same in a scratch context, with the error context of the function. */
static CachedPlanSource *
analyze_function(HeapTuple tuple, FuncExpr *call)
{
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "ash inline", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	InlineContext context = { NameStr(((Form_pg_proc) GETSTRUCT(tuple))->proname) };
	ErrorContextCallback callback = { .previous = error_context_stack,
									  .callback = inline_context,
									  .arg = &context };
	CachedPlanSource *body;
	bool isnull;

	context.source =
		TextDatumGetCString(SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosrc, &isnull));
	error_context_stack = &callback;
	body = save_body(tuple, call, context.source);
	error_context_stack = callback.previous;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	return body;
}

/* Fill the entry from the catalog. */
static void
fill_entry(InlineFunction *function, FuncExpr *call)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(call->funcid));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", call->funcid);
	function->name = ((Form_pg_proc) GETSTRUCT(tuple))->proname;
	if (is_inlinable(tuple))
		function->body = analyze_function(tuple, call);
	ReleaseSysCache(tuple);
}

static void
create_functions(void)
{
	HASHCTL ctl = { .keysize = sizeof(InlineKey), .entrysize = sizeof(InlineFunction) };

	ctl.hcxt = CacheMemoryContext;
	functions =
		hash_create("ash inline functions", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* The entry of the called function for the current role, up to date. */
static InlineFunction *
find_function(FuncExpr *call)
{
	InlineKey key = { call->funcid, GetUserId(), call->inputcollid };
	uint64 epoch = functions_epoch; /* before anything is looked up */
	InlineFunction *function;
	bool found;

	if (functions == NULL)
		create_functions();
	if (hash_get_num_entries(functions) >= INLINE_MAX &&
		hash_search(functions, &key, HASH_FIND, NULL) == NULL)
		drop_all();
	function = hash_search(functions, &key, HASH_ENTER, &found);
	if (!found)
	{
		function->epoch = 0;
		function->body = NULL;
	}
	if (function->epoch != epoch)
	{
		drop_body(function);
		function->epoch = 0; /* not valid if the next call raises an error */
		fill_entry(function, call);
		function->epoch = epoch;
	}
	return function;
}

/*-------------------------------------------------------------------------
 * Duplicate conditions
 *-------------------------------------------------------------------------
 */

/* The operands of nested ANDs, flattened. */
static List *
conjuncts_of(Node *qual)
{
	List *all = NIL;
	ListCell *lc;

	foreach (lc, make_ands_implicit((Expr *) qual))
	{
		Node *conjunct = lfirst(lc);

		check_stack_depth();
		if (is_andclause(conjunct))
			all = list_concat(all, conjuncts_of(conjunct));
		else
			all = lappend(all, conjunct);
	}
	return all;
}

/* The conjuncts of the security quals of the entry. */
static List *
security_conjuncts(const RangeTblEntry *entry)
{
	List *all = NIL;
	ListCell *lc;

	foreach (lc, entry->securityQuals)
		all = list_concat(all, conjuncts_of(lfirst(lc)));
	return all;
}

/*
 * Drop from WHERE the conditions that are also security quals of the only table of the query,
 * and do the same in its subqueries.  With more tables a condition of WHERE may apply to rows
 * that an outer join has null-extended, which security quals do not see.
 */
static void
drop_secured(Query *query)
{
	List *secured;
	List *kept = NIL;
	Node *from;
	ListCell *lc;

	foreach (lc, query->rtable)
	{
		RangeTblEntry *entry = lfirst(lc);

		check_stack_depth();
		if (entry->rtekind == RTE_SUBQUERY)
			drop_secured(entry->subquery);
	}
	if (list_length(query->jointree->fromlist) != 1 || query->jointree->quals == NULL)
		return;
	from = linitial(query->jointree->fromlist);
	if (!IsA(from, RangeTblRef))
		return;
	secured = security_conjuncts(rt_fetch(((RangeTblRef *) from)->rtindex, query->rtable));
	if (secured == NIL)
		return;
	foreach (lc, conjuncts_of(query->jointree->quals))
	{
		Node *conjunct = lfirst(lc);

		if (!list_member(secured, conjunct) || contain_volatile_functions(conjunct))
			kept = lappend(kept, conjunct);
	}
	query->jointree->quals = kept != NIL ? (Node *) make_ands_explicit(kept) : NULL;
}

/*-------------------------------------------------------------------------
 * Calls
 *-------------------------------------------------------------------------
 */

/* Mutator: replace the Params of a body by the arguments of the call. */
static Node *
substitute_params(Node *node, void *arg)
{
	Substitution *context = arg;
	Node *result;

	if (node == NULL)
		return NULL;
	if (IsA(node, Query))
	{
		context->levels++;
		result = (Node *) query_tree_mutator((Query *) node, substitute_params, context, 0);
		context->levels--;
		return result;
	}
	if (IsA(node, Param) && ((Param *) node)->paramkind == PARAM_EXTERN)
	{
		result = copyObject(list_nth(context->args, ((Param *) node)->paramid - 1));
		IncrementVarSublevelsUp(result, context->levels, 0);
		return result;
	}
	return expression_tree_mutator(node, substitute_params, context);
}

/* The call of a range table entry that is one plain function call; else NULL. */
static FuncExpr *
plain_call(const RangeTblEntry *entry)
{
	RangeTblFunction *function;
	FuncExpr *call;

	if (entry->rtekind != RTE_FUNCTION || entry->funcordinality ||
		list_length(entry->functions) != 1)
		return NULL;
	function = linitial(entry->functions);
	if (!IsA(function->funcexpr, FuncExpr) || function->funccolnames != NIL)
		return NULL;
	call = (FuncExpr *) function->funcexpr;
	return call->funcretset && call->funcid >= FirstUnpinnedObjectId &&
				   type_is_rowtype(call->funcresulttype) ?
			   call :
			   NULL;
}

/*
 * The call with named arguments in their places and defaults filled in; NULL if its arguments,
 * the caller's privileges or an fmgr hook prevent inlining.
 */
static FuncExpr *
complete_call(FuncExpr *call)
{
	Node *simple = eval_const_expressions(NULL, (Node *) call);

	if (!IsA(simple, FuncExpr))
		return NULL;
	call = (FuncExpr *) simple;
	if (contain_volatile_functions((Node *) call->args) || contain_subplans((Node *) call->args) ||
		ash_proc_aclcheck(call->funcid, GetUserId(), ACL_EXECUTE) != ACLCHECK_OK ||
		FmgrHookIsNeeded(call->funcid))
		return NULL;
	return call;
}

/* A copy of the valid body that returns the call's type; NULL: leave it to PostgreSQL. */
static Query *
body_query(const FuncExpr *call, CachedPlanSource *body)
{
	TupleDesc desc;
	List *queries;
	Query *query;

	(void) CachedPlanGetTargetList(body, NULL); /* makes it valid, and locks its tables */
	if (list_length(body->query_list) != 1)
		return NULL;
	query = copyObject(linitial_node(Query, body->query_list));
	if (query->commandType != CMD_SELECT)
		return NULL;
	queries = list_make1(query);
	(void) get_expr_result_type((Node *) call, NULL, &desc);
	if (!check_sql_fn_retvalCompat(list_make1(queries), call->funcresulttype, desc))
		return NULL;
	return linitial_node(Query, queries);
}

/* The query to put in place of the call; NULL: leave it to PostgreSQL. */
static Query *
expand_call(FuncExpr *call)
{
	Substitution substitution = { call->args, 1 };
	InlineFunction *function = find_function(call);
	InlineContext context = { NameStr(function->name) };
	ErrorContextCallback callback = { .previous = error_context_stack,
									  .callback = inline_context,
									  .arg = &context };
	Query *query;

	if (function->body == NULL)
		return NULL;
	context.source = function->body->query_string;
	error_context_stack = &callback;
	query = body_query(call, function->body);
	error_context_stack = callback.previous;
	if (query == NULL)
		return NULL;
	drop_secured(query);
	return query_tree_mutator(query, substitute_params, &substitution, 0);
}

/* Make the entry of an inlinable call a subquery, as inline_set_returning_functions() does. */
static void
expand_entry(RangeTblEntry *entry, Dependencies *depends)
{
	FuncExpr *call = plain_call(entry);
	PlanInvalItem *item;
	Query *query;

	if (call == NULL || (call = complete_call(call)) == NULL)
		return;
	query = expand_call(call);
	if (query == NULL)
		return;
	/* the function stays in the entry, as PostgreSQL leaves it there */
	entry->rtekind = RTE_SUBQUERY;
	entry->subquery = query;
	entry->security_barrier = false;
	item = makeNode(PlanInvalItem);
	item->cacheId = PROCOID;
	item->hashValue = GetSysCacheHashValue1(PROCOID, ObjectIdGetDatum(call->funcid));
	depends->items = lappend(depends->items, item);
	depends->on_role |= query->hasRowSecurity;
}

/* expression_tree_walker() over a whole query; depends is a Dependencies */
static bool
expand_calls(Node *node, void *depends)
{
	Query *query;
	ListCell *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, expand_calls, depends);
	query = (Query *) node;
	foreach (lc, query->rtable)
		expand_entry(lfirst(lc), depends);
	return query_tree_walker(query, expand_calls, depends, 0);
}

/* planner_hook */
static PlannedStmt *
plan_inlined(Query *query, const char *text, int options, ParamListInfo params)
{
	Dependencies depends = { NIL, false };
	PlannedStmt *plan;

	(void) expand_calls((Node *) query, &depends);
	plan = prev_planner != NULL ? prev_planner(query, text, options, params) :
								  standard_planner(query, text, options, params);
	plan->invalItems = list_concat(plan->invalItems, depends.items);
	plan->dependsOnRole |= depends.on_role;
	return plan;
}

void
ash_inline_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, function_changed, (Datum) 0);
	prev_planner = planner_hook;
	planner_hook = plan_inlined;
}
