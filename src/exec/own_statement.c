/*-------------------------------------------------------------------------
 *
 * src/exec/own_statement.c
 *	  Statements of ours while PostgreSQL analyses and rewrites them.
 *
 * The row-security hook asks, while PostgreSQL rewrites a query, whether the
 * statement is one of ours; our statements carry their policies as
 * ordinary conditions.  That is so for the tables that we wrote into it, not for those
 * that PostgreSQL adds (check_columns.c): a statement on a table that brings others is
 * rewritten like anybody's.  Nor is it so for tables of another owner's domain, which
 * a definition may name without asking that domain's policies.
 *
 * Rewriting happens at two places only: when the plan is prepared, and when
 * PostgreSQL's plan cache finds that it has become invalid (DDL, another search_path,
 * another role).  The flag is set around exactly these two: ash_plan_get has the plan
 * cache revalidate the statement (CachedPlanGetTargetList does that and nothing else of
 * consequence) before it is run, and the flag is down again before planning and
 * execution start.  So statements of functions that the planner inlines, of triggers and
 * of functions that run inside are never taken for ours.  Should an invalidation arrive
 * between revalidation and execution, the statement is rewritten with row security
 * applied: it then shows less, never more.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/exec_internal.h"
#include "exec/saved_plans.h"
#include "utils/plancache.h"

/* The statement of ours that is being rewritten, or NULL. */
typedef struct OwnStatement
{
	AshResource *res;
	List *reads;   /* of AshResource */
	List *readers; /* of AshReader: what analysis has to know */
} OwnStatement;

static const OwnStatement *own_statement = NULL;

/* Is it the table of res, which the owner of the statement's resource may speak for? */
static bool
is_own_table(AshResource *res, Oid relid)
{
	return !res->embedded && ash_resource_relid(res) == relid &&
		   ash_resource_may_bypass_policies(own_statement->res, res);
}

AshResource *
ash_exec_own_statement(Oid relid)
{
	ListCell *lc;

	if (own_statement == NULL)
		return NULL;
	foreach (lc, own_statement->reads)
	{
		if (is_own_table(lfirst(lc), relid))
			return lfirst(lc);
	}
	return is_own_table(own_statement->res, relid) ? own_statement->res : NULL;
}

List *
ash_exec_readers(void)
{
	return own_statement != NULL ? own_statement->readers : NIL;
}

SPIPlanPtr
ash_own_prepare(AshResource *res, AshSql *sql, int options)
{
	OwnStatement own = { res, sql->reads, sql->readers };
	const OwnStatement *outer = own_statement;
	SPIPlanPtr volatile spi = NULL;

	PG_TRY();
	{
		own_statement = ash_exec_tables_alone(res, sql) ? &own : NULL;
		spi = SPI_prepare_cursor(sql->text.data, sql->nparams, sql->param_types,
								 options | (sql->parallel ? CURSOR_OPT_PARALLEL_OK : 0));
	}
	PG_FINALLY();
	{
		own_statement = outer;
	}
	PG_END_TRY();
	if (spi == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	return spi;
}

void
ash_own_revalidate(AshResource *res, AshSql *sql, SPIPlanPtr spi)
{
	OwnStatement own = { res, sql->reads, sql->readers };
	const OwnStatement *outer = own_statement;

	PG_TRY();
	{
		own_statement = ash_exec_tables_alone(res, sql) ? &own : NULL;
		(void) CachedPlanGetTargetList(ash_plan_source(spi), NULL);
	}
	PG_FINALLY();
	{
		own_statement = outer;
	}
	PG_END_TRY();
}

CachedPlanSource *
ash_plan_source(SPIPlanPtr spi)
{
	return linitial(SPI_plan_get_plan_sources(spi));
}
