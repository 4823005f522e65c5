/*-------------------------------------------------------------------------
 *
 * src/exec/plan_estimate.c
 *	  The planner's estimates for the parameters of a statement, without planning.
 *
 * Parameter values influence a plan through a few numbers: the selectivity of a condition,
 * the rows of a function, LIMIT plus OFFSET.  These are computed by PostgreSQL's own
 * estimators and statistics, for every such expression that contains a parameter, in the
 * statement and its subqueries.  That takes a fraction of the time of planning.
 * Parameters with similar numbers get the same plan (plan_selection.c).
 *
 * A parameter elsewhere may matter too: in HAVING, in TABLESAMPLE, in a condition that refers
 * to an outer query.  No estimates are made for such a statement.  In the target list a
 * parameter does not influence the plan.
 *
 * The estimators are written to be called by the planner.  The PlannerInfo they get here has
 * what they read: the range table, the parameters, and a RelOptInfo for each entry.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "exec/plan_selection.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "parser/parse_relation.h"
#include "utils/syscache.h"

typedef enum EstimateKind
{
	ESTIMATE_SELECTIVITY, /* of a condition */
	ESTIMATE_ROWS,		  /* of a function in FROM */
	ESTIMATE_LIMIT		  /* LIMIT + OFFSET row count */
} EstimateKind;

typedef struct Estimate
{
	EstimateKind kind;
	PlannerInfo *root;
	Node *node;	  /* condition, function, or LIMIT */
	Node *offset; /* or NULL */
} Estimate;

struct AshEstimates
{
	PlannerGlobal *global; /* of all roots */
	bool refused;
	int count;
	Estimate items[ASH_ESTIMATES_MAX];
};

/* What an expression contains, outside of subqueries. */
typedef struct Contents
{
	bool param;
	bool outer; /* a column of an outer query */
} Contents;

/* expression_tree_walker() that stops at subqueries */
static bool
find_contents(Node *node, Contents *contents)
{
	if (node == NULL || IsA(node, Query))
		return false;
	if (IsA(node, Param))
		contents->param = true;
	else if (IsA(node, Var))
		contents->outer |= ((Var *) node)->varlevelsup > 0;
	return expression_tree_walker(node, find_contents, contents);
}

static Contents
contents_of(Node *node)
{
	Contents contents = { false, false };

	(void) find_contents(node, &contents);
	return contents;
}

/* Add an item, or refuse the statement when it has too many. */
static void
add_estimate(AshEstimates *estimates, EstimateKind kind, PlannerInfo *root, Node *node,
			 Node *offset)
{
	if (estimates->count == ASH_ESTIMATES_MAX)
		estimates->refused = true;
	else
		estimates->items[estimates->count++] = (Estimate){ kind, root, node, offset };
}

/*-------------------------------------------------------------------------
 * Building
 *-------------------------------------------------------------------------
 */

/* pg_class.reltuples, at least 1. */
static double
tuples_of(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	double tuples;

	if (!HeapTupleIsValid(tuple))
		return 1;
	tuples = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
	ReleaseSysCache(tuple);
	return Max(tuples, 1);
}

/* A PlannerInfo for the estimators, of one query. */
static PlannerInfo *
make_root(AshEstimates *estimates, Query *query)
{
	PlannerInfo *root = makeNode(PlannerInfo);

	root->parse = query;
	root->glob = estimates->global;
	root->query_level = 1;
	setup_simple_rel_arrays(root);
	for (int i = 1; i < root->simple_rel_array_size; i++)
	{
		RangeTblEntry *entry = root->simple_rte_array[i];
		RelOptInfo *rel = makeNode(RelOptInfo);

		rel->reloptkind = RELOPT_BASEREL;
		rel->relids = bms_make_singleton(i);
		rel->relid = i;
		rel->rtekind = entry->rtekind;
		rel->rows = rel->tuples = 1;
		if (entry->rtekind == RTE_RELATION)
		{
			rel->rows = rel->tuples = tuples_of(entry->relid);
			/* without children the statistics of the table itself apply */
			entry->inh = entry->inh && has_subclass(entry->relid);
			ash_set_rel_user(rel, query, entry);
		}
		root->simple_rel_array[i] = rel;
	}
	return root;
}

/* Add an item for each conjunct of quals that contains a parameter. */
static void
add_conditions(AshEstimates *estimates, PlannerInfo *root, Node *quals)
{
	Contents contents;
	ListCell *lc;

	if (is_andclause(quals))
	{
		foreach (lc, ((BoolExpr *) quals)->args)
			add_conditions(estimates, root, lfirst(lc));
		return;
	}
	contents = contents_of(quals);
	if (!contents.param)
		return;
	if (contents.outer)
		estimates->refused = true;
	else
		add_estimate(estimates, ESTIMATE_SELECTIVITY, root, quals, NULL);
}

/* Add the conditions of a join tree: WHERE and ON. */
static void
add_joins(AshEstimates *estimates, PlannerInfo *root, Node *node)
{
	ListCell *lc;

	if (IsA(node, FromExpr))
	{
		foreach (lc, ((FromExpr *) node)->fromlist)
			add_joins(estimates, root, lfirst(lc));
		add_conditions(estimates, root, ((FromExpr *) node)->quals);
	}
	else if (IsA(node, JoinExpr))
	{
		add_joins(estimates, root, ((JoinExpr *) node)->larg);
		add_joins(estimates, root, ((JoinExpr *) node)->rarg);
		add_conditions(estimates, root, ((JoinExpr *) node)->quals);
	}
}

/* Add the functions of a range table entry. */
static void
add_entry(AshEstimates *estimates, PlannerInfo *root, RangeTblEntry *entry)
{
	ListCell *lc;

	if (contents_of((Node *) entry->tablesample).param ||
		contents_of((Node *) entry->securityQuals).param)
		estimates->refused = true;
	foreach (lc, entry->functions)
	{
		Node *function = lfirst_node(RangeTblFunction, lc)->funcexpr;

		if (contents_of(function).param)
			add_estimate(estimates, ESTIMATE_ROWS, root, function, NULL);
	}
}

static bool add_queries(Node *node, AshEstimates *estimates);

/* Add the items of a query and, through the walker below, of its subqueries. */
static void
add_query(AshEstimates *estimates, Query *query)
{
	PlannerInfo *root = make_root(estimates, query);
	ListCell *lc;

	add_joins(estimates, root, (Node *) query->jointree);
	foreach (lc, query->rtable)
		add_entry(estimates, root, lfirst(lc));
	if (contents_of(query->limitCount).param || contents_of(query->limitOffset).param)
		add_estimate(estimates, ESTIMATE_LIMIT, root, query->limitCount, query->limitOffset);
	if (contents_of(query->havingQual).param || contents_of((Node *) query->windowClause).param)
		estimates->refused = true;
	(void) query_tree_walker(query, add_queries, estimates, 0);
}

static bool
add_queries(Node *node, AshEstimates *estimates)
{
	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, add_queries, estimates);
	add_query(estimates, (Query *) node);
	return false;
}

/*
 * What has to be estimated for the rewritten query, in CurrentMemoryContext.  NULL when the
 * planner may use a parameter in a way that these numbers do not show.
 */
AshEstimates *
ash_estimates_create(const Query *query)
{
	AshEstimates *estimates = palloc0(sizeof(AshEstimates));

	estimates->global = makeNode(PlannerGlobal);
	add_query(estimates, copyObjectImpl(query));
	return estimates->refused ? NULL : estimates;
}

/*-------------------------------------------------------------------------
 * Estimating
 *-------------------------------------------------------------------------
 */

/* The value of a LIMIT or OFFSET; 0 when it is absent, null or not constant for the parameters. */
static double
number_of(PlannerInfo *root, Node *node)
{
	Node *value = node != NULL ? estimate_expression_value(root, node) : NULL;

	if (value == NULL || !IsA(value, Const) || ((Const *) value)->constisnull)
		return 0;
	return DatumGetInt64(((Const *) value)->constvalue);
}

static double
estimate_item(const Estimate *item)
{
	switch (item->kind)
	{
		case ESTIMATE_SELECTIVITY:
			return clause_selectivity(item->root, item->node, 0, JOIN_INNER, NULL);
		case ESTIMATE_ROWS:
			return expression_returns_set_rows(item->root, item->node);
		case ESTIMATE_LIMIT:
			return number_of(item->root, item->node) + number_of(item->root, item->offset);
	}
	return 0;
}

/*
 * Estimate all items for the parameters; values has room for ASH_ESTIMATES_MAX.  Returns how many
 * there are.  As in planning, immutable and stable functions may be called.
 */
int
ash_estimate(const AshEstimates *estimates, ParamListInfo params, double *values)
{
	estimates->global->boundParams = params;
	for (int i = 0; i < estimates->count; i++)
		values[i] = estimate_item(&estimates->items[i]);
	estimates->global->boundParams = NULL;
	return estimates->count;
}
