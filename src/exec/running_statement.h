/*-------------------------------------------------------------------------
 *
 * src/exec/running_statement.h
 *	  The statement that exec/ is having PostgreSQL analyze, plan or execute.
 *
 * This is the only state by which exec/ and the backend hooks communicate.  The hooks
 * read it through ash_running_statement(); running_statement.c says how it is kept from
 * statements that run inside.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_RUNNING_STATEMENT_H
#define ASH_RUNNING_STATEMENT_H

#include "expr/expr.h"
#include "nodes/params.h"

struct AshSavedPlan;

/* Each phase but the first is what one hook looks for. */
typedef enum AshStatementPhase
{
	ASH_STATEMENT_IDLE,		 /* code of exec/ runs; no hook is concerned */
	ASH_STATEMENT_ANALYZING, /* parse analysis: post_parse_analyze_hook */
	ASH_STATEMENT_REWRITING, /* follows analysis: row_security_policy_hook_* */
	ASH_STATEMENT_RUNNING,	 /* planning and execution: planner_hook, ExecutorStart_hook */
	ASH_STATEMENT_STARTING	 /* in ExecutorStart: ExecutorCheckPerms_hook */
} AshStatementPhase;

typedef struct AshRunningStatement
{
	struct AshRunningStatement *outer; /* the one that was running when this one began */
	AshStatementPhase phase;
	const char *text; /* in this phase; identifies the statement by its address */

	AshResource *res;			/* whose statement it is */
	AshSql *sql;				/* its text, parameters, other resources, readers */
	Oid writes;					/* table whose direct_writes it may ignore, or InvalidOid */
	ParamListInfo params;		/* of sql; NULL without any */
	ParamListInfo plan_for;		/* values to estimate a generic plan with; NULL: none */
	struct AshSavedPlan *saved; /* pinned; NULL before it was looked up */
} AshRunningStatement;

/*
 * The innermost running statement if it is in that phase and text, unless NULL, is its
 * text (the same pointer, not an equal string); NULL otherwise.  Hooks that get no text
 * rely on a hook before them that does: see the phases.
 */
extern AshRunningStatement *ash_running_statement(AshStatementPhase phase, const char *text);

#endif /* ASH_RUNNING_STATEMENT_H */
