/*-------------------------------------------------------------------------
 *
 * src/exec/exec_run.c
 *	  Runs saved statements: every SELECT of the product and the slow writes.
 *
 * Rows never pass through SPI's tuple table: a receiver of ours takes them from
 * the executor's slot.  Statements are not run as read-only, because a read must
 * see what its own transaction has just written, also within one command.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/exec_internal.h"
#include "exec/saved_plans.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "nodes/params.h"
#include "utils/memutils.h"

/* A receiver that gives each slot to a function. */
typedef struct RowReceiver
{
	DestReceiver pub;
	MemoryContext cxt; /* fn runs here */
	bool reset;		   /* … and it is reset after each row */
	AshRowFn fn;
	void *arg;
	uint64 rows;
} RowReceiver;

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

static RowReceiver
make_receiver(AshRowFn fn, void *arg)
{
	RowReceiver receiver = { 0 };

	receiver.pub.receiveSlot = receive_row;
	receiver.pub.rStartup = start_rows;
	receiver.pub.rShutdown = end_rows;
	receiver.pub.rDestroy = end_rows;
	receiver.pub.mydest = DestNone;
	receiver.cxt = CurrentMemoryContext;
	receiver.fn = fn;
	receiver.arg = arg;
	return receiver;
}

ParamListInfo
ash_exec_params(const AshSql *sql)
{
	ParamListInfo params;

	if (sql->nparams == 0)
		return NULL;
	params = makeParamList(sql->nparams);
	for (int i = 0; i < sql->nparams; i++)
	{
		params->params[i].value = sql->param_values[i];
		params->params[i].isnull = sql->param_nulls[i] == 'n';
		/* as a constant it would stand in a plan that is shown */
		params->params[i].pflags = bms_is_member(i, sql->sensitive) ? 0 : PARAM_FLAG_CONST;
		params->params[i].ptype = sql->param_types[i];
	}
	return params;
}

/* What the statement being started writes, until its privileges are checked. */
static Oid starting = InvalidOid;

bool
ash_exec_executing(Oid relid)
{
	if (!OidIsValid(starting) || starting != relid)
		return false;
	starting = InvalidOid;
	return true;
}

/* All of it at once: this way alone leaves after triggers to the query around it. */
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
		receiver->pub.receiveSlot(slot, &receiver->pub);
	}
	ExecDropSingleTupleTableSlot(slot);
	return rc;
}

static int
execute(AshResource *res, AshSql *sql, AshSavedPlan *plan, RowReceiver *receiver)
{
	SPIExecuteOptions options = { .params = ash_exec_params(sql),
								  .dest = (DestReceiver *) receiver };
	SPIPlanPtr spi = ash_plan_choose(res, sql, plan, options.params);
	AshPeek peek = ash_peek_of(spi, options.params);

	ash_peek_set(&peek);
	return SPI_execute_plan_extended(spi, &options);
}

/*
 * Run the statement, which writes the table (or InvalidOid); returns how many rows it
 * touched.  queued: its after triggers wait for the end of the query that is running.
 */
static uint64
run_statement(AshResource *res, AshSql *sql, RowReceiver *receiver, Oid writes, bool queued)
{
	const AshPeek *outer;
	AshSavedPlan *plan;
	uint64 processed;
	volatile int rc = 0;

	ash_exec_check_tables(res, sql);
	SPI_connect();
	plan = ash_plan_get(res, sql);
	outer = ash_peek_set(NULL);
	starting = writes;
	PG_TRY();
	{
		rc = queued ? execute_queued(ash_plan_spi(plan), sql, receiver) :
					  execute(res, sql, plan, receiver);
	}
	PG_FINALLY();
	{
		ash_peek_set(outer);
		starting = InvalidOid;
		ash_plan_release(plan);
	}
	PG_END_TRY();
	if (rc < 0)
		elog(ERROR, "executing a plan failed: %s", SPI_result_code_string(rc));
	processed = SPI_processed;
	SPI_finish();
	return processed;
}

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

uint64
ash_exec_modify(AshResource *res, AshSql *sql, AshRowFn fn, void *arg)
{
	RowReceiver receiver = make_receiver(fn != NULL ? fn : ignore_row, arg);

	return run_statement(res, sql, &receiver, ash_resource_relid(res), false);
}

uint64
ash_exec_modify_queued(AshResource *res, AshSql *sql, AshRowFn fn, void *arg)
{
	RowReceiver receiver = make_receiver(fn, arg);

	return run_statement(res, sql, &receiver, ash_resource_relid(res), true);
}

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
	ash_write_row(writer, slot);
}

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
