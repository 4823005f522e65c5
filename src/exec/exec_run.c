/*-------------------------------------------------------------------------
 *
 * src/exec/exec_run.c
 *	  Executes or explains saved statements: every SELECT, and writes for which the direct
 *	  path does not apply.
 *
 * Rows do not pass through SPI's tuple table (but for execute_queued): a DestReceiver takes
 * them from the executor's slot.  Statements are not run as read-only, because a read must
 * see what its own transaction has just written, also within one command.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/explain.h"
#include "exec/exec_internal.h"
#include "exec/saved_plans.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include ASH_EXPLAIN_HEADER
#ifdef ASH_EXPLAIN_FORMAT_HEADER
#include ASH_EXPLAIN_FORMAT_HEADER
#endif
#include "utils/memutils.h"

/* A DestReceiver that gives each slot to a function. */
typedef struct RowReceiver
{
	DestReceiver dest; /* must be first */
	MemoryContext cxt; /* fn runs here */
	bool reset;		   /* cxt is reset after each row */
	AshRowFn fn;
	void *arg;
	uint64 rows;
} RowReceiver;

/* DestReceiver.receiveSlot */
static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	MemoryContext old = MemoryContextSwitchTo(receiver->cxt);

	CHECK_FOR_INTERRUPTS();
	receiver->rows++;
	receiver->fn(slot, receiver->arg);
	MemoryContextSwitchTo(old);
	if (receiver->reset)
		MemoryContextReset(receiver->cxt);
	return true;
}

static void
start_rows(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
end_rows(DestReceiver *self)
{
}

/* A receiver for fn, which is to run in what is now the current memory context. */
static RowReceiver
make_receiver(AshRowFn fn, void *arg)
{
	RowReceiver receiver = { 0 };

	receiver.dest.receiveSlot = receive_row;
	receiver.dest.rStartup = start_rows;
	receiver.dest.rShutdown = end_rows;
	receiver.dest.rDestroy = end_rows;
	receiver.dest.mydest = DestNone;
	receiver.cxt = CurrentMemoryContext;
	receiver.fn = fn;
	receiver.arg = arg;
	return receiver;
}

/*
 * Execute the plan and then give its rows to the receiver.  SPI_execute_snapshot() is the
 * only function of SPI that leaves after triggers to the query around it.
 */
static int
execute_queued(SPIPlanPtr plan, AshSql *sql, RowReceiver *receiver)
{
	int rc = SPI_execute_snapshot(plan, sql->param_values, sql->param_nulls, InvalidSnapshot,
								  InvalidSnapshot, false, false, 0);
	TupleTableSlot *slot;

	if (rc < 0 || SPI_tuptable == NULL)
		return rc;
	slot = MakeSingleTupleTableSlot(SPI_tuptable->tupdesc, &TTSOpsHeapTuple);
	for (uint64 i = 0; i < SPI_tuptable->numvals; i++)
	{
		ExecStoreHeapTuple(SPI_tuptable->vals[i], slot, false);
		receiver->dest.receiveSlot(slot, &receiver->dest);
	}
	ExecDropSingleTupleTableSlot(slot);
	return rc;
}

/* What run_statement() passes to its body, and what comes back. */
typedef struct StatementRun
{
	RowReceiver *receiver;
	bool queued; /* after triggers wait for the end of the query that is running */
	uint64 processed;
} StatementRun;

/* AshStatementBody: execute the statement; its rows go to the receiver. */
static void
execute_statement(AshRunningStatement *statement, void *arg)
{
	StatementRun *run = arg;
	SPIExecuteOptions options = { .params = statement->params,
								  .dest = (DestReceiver *) run->receiver };
	SPIPlanPtr spi = ash_saved_plan_choose(statement);
	int rc;

	ash_statement_begin_run(statement, spi);
	rc = run->queued ? execute_queued(spi, statement->sql, run->receiver) :
					   SPI_execute_plan_extended(spi, &options);
	if (rc < 0)
		elog(ERROR, "executing a plan failed: %s", SPI_result_code_string(rc));
	run->processed = SPI_processed;
}

/*
 * Run the statement, which writes the table writes (or InvalidOid); returns how many rows
 * it touched.  queued: see StatementRun.
 */
static uint64
run_statement(AshResource *res, AshSql *sql, RowReceiver *receiver, Oid writes, bool queued)
{
	StatementRun run = { .receiver = receiver, .queued = queued };

	ash_statement_run(res, sql, writes, execute_statement, &run);
	return run.processed;
}

/*
 * Give each row of a SELECT to fn; returns how many there were.  fn runs in the caller's
 * memory context and copies what it keeps.
 */
uint64
ash_exec_each(AshResource *res, AshSql *sql, AshRowFn fn, void *arg)
{
	RowReceiver receiver = make_receiver(fn, arg);

	run_statement(res, sql, &receiver, InvalidOid, false);
	return receiver.rows;
}

static void
ignore_row(TupleTableSlot *slot, void *arg)
{
}

/*
 * Run a writing statement; fn, unless NULL, gets the rows of RETURNING as above.  Returns how
 * many rows were touched.
 */
uint64
ash_exec_modify(AshResource *res, AshSql *sql, AshRowFn fn, void *arg)
{
	RowReceiver receiver = make_receiver(fn != NULL ? fn : ignore_row, arg);

	return run_statement(res, sql, &receiver, ash_resource_relid(res), false);
}

/* The same, but after triggers wait for the end of the query that is running. */
uint64
ash_exec_modify_queued(AshResource *res, AshSql *sql, AshRowFn fn, void *arg)
{
	RowReceiver receiver = make_receiver(fn, arg);

	return run_statement(res, sql, &receiver, ash_resource_relid(res), true);
}

/* AshRowFn: append the row to the writer's text; beyond max_rows only count. */
static void
stream_row(TupleTableSlot *slot, void *arg)
{
	AshRowWriter *writer = arg;

	if (writer->max_rows > 0 && writer->rows >= writer->max_rows)
	{
		writer->rows++;
		return;
	}
	if (writer->rows++ > 0)
		appendStringInfoCharMacro(writer->out, ',');
	slot_getallattrs(slot);
	ash_write_values(writer, slot->tts_values, slot->tts_isnull);
}

/*
 * Stream the rows of a SELECT as JSON objects, separated by commas, into writer->out; returns
 * how many there were, those beyond writer->max_rows included.
 */
uint64
ash_exec_stream(AshResource *res, AshSql *sql, AshRowWriter *writer)
{
	RowReceiver receiver = make_receiver(stream_row, writer);

	receiver.cxt = AllocSetContextCreate(CurrentMemoryContext, "ash row", ALLOCSET_DEFAULT_SIZES);
	receiver.reset = true;
	run_statement(res, sql, &receiver, InvalidOid, false);
	MemoryContextDelete(receiver.cxt);
	return receiver.rows;
}

/* AshStatementBody: append what EXPLAIN shows of the plan that would run. */
static void
explain_statement(AshRunningStatement *statement, void *arg)
{
	StringInfo out = arg;
	SPIPlanPtr spi = ash_saved_plan_choose(statement);
	ExplainState *es = NewExplainState();
	CachedPlan *plan;
	ListCell *lc;

	ash_statement_begin_run(statement, spi);
	plan = GetCachedPlan(ash_plan_source(spi), statement->params, CurrentResourceOwner, NULL);
	ExplainBeginOutput(es);
	foreach (lc, plan->stmt_list)
		ash_explain_one_plan(lfirst_node(PlannedStmt, lc), es, statement->sql->text.data,
							 statement->params);
	ExplainEndOutput(es);
	appendStringInfoString(out, es->str->data);
	ReleaseCachedPlan(plan, CurrentResourceOwner);
}

/* Append the plan of the statement, as text.  It is the plan that running it would take. */
void
ash_exec_explain(AshResource *res, AshSql *sql, StringInfo out)
{
	ash_statement_run(res, sql, InvalidOid, explain_statement, out);
}
