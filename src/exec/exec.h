/*-------------------------------------------------------------------------
 *
 * src/exec/exec.h
 *	  The data layer: saved plans over SPI, the heap fast path, JSON streaming.
 *
 * Statements arrive as AshSql (text and parameters).  Plans are saved under the
 * text, the role and the parameter types, in the resource's data_cache, and are
 * thrown away with it or when PostgreSQL says they are no longer valid.  While
 * one of our statements is rewritten, ash_data_own_statement() knows the relations
 * it was made for, so that the row-security hook does not apply a
 * policy twice; statements nested inside (triggers, functions) do not see it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_DATA_H
#define ASH_DATA_H

#include "call/call.h"
#include "storage/itemptr.h"
#include "tcop/dest.h"

/* How one output column of a statement becomes JSON. */
typedef struct AshColumn
{
	const char *key;	/* JSON key, unescaped; NULL: not written (keys, masks, cursors) */
	const char *prefix; /* "\"key\":" ready to append; made by ash_column_prepare if NULL */
	int prefix_len;
	const AshTypeInst *type;
	int mask; /* column number of the boolean that allows it, or ASH_MASK_… */
	/* the type's writer, chosen by ash_column_prepare */
	void (*write)(StringInfo out, const AshTypeInst *type, Datum value);
} AshColumn;

#define ASH_MASK_NONE (-1)	/* always shown */
#define ASH_MASK_NEVER (-2) /* never shown: null, and named in _forbidden */

typedef struct AshRowWriter
{
	int ncolumns;
	AshColumn *columns;
	StringInfo out;
	uint64 rows;	 /* seen; also those beyond max_rows */
	uint64 max_rows; /* write no more than this; 0 = all */
	/* after the columns of a row, before its closing brace; may append ,"key":… */
	void (*finish_row)(struct AshRowWriter *writer, Datum *values, bool *nulls);
	void *context;
	bool first_pending; /* no key of this row has been written yet */
	Size forbidden_end; /* in out: where the names of this row's masked fields end, or 0 */
} AshRowWriter;

extern void ash_column_prepare(AshColumn *column);
/* one object {"a":1,…} from a slot / from values; nothing is written around it */
extern void ash_write_row(AshRowWriter *writer, struct TupleTableSlot *slot);
extern void ash_write_values(AshRowWriter *writer, Datum *values, bool *nulls);
/* what stands before the next key of the row at hand: "," or nothing */
extern void ash_write_separator(AshRowWriter *writer);

/* exec_run.c: every SELECT of the product */

/* Stream rows as JSON objects separated by commas into writer->out; returns the row count. */
extern uint64 ash_data_stream(AshResource *res, AshSql *sql, AshRowWriter *writer);

/*
 * Give each row (all columns) to fn; copies are the callee's business.  fn runs in
 * the memory context of the caller of ash_data_each.
 */
typedef void (*AshRowFn)(struct TupleTableSlot *slot, void *arg);
extern uint64 ash_data_each(AshResource *res, AshSql *sql, AshRowFn fn, void *arg);

/* Run a writing statement with RETURNING through SPI (the slow path, upserts, bulk). */
extern uint64 ash_data_modify(AshResource *res, AshSql *sql, AshRowFn fn, void *arg);

/* exec_explain.c: appends the plan of the statement, as text */
extern void ash_data_explain(AshResource *res, AshSql *sql, StringInfo out);

/*
 * The resource of this relation as the statement of ours knows it that is being rewritten
 * right now and asks its policies itself; NULL when there is none. (hooks)
 */
extern AshResource *ash_data_own_statement(Oid relid);

/* The readers of the statement of ours that is being analysed right now; NIL. (hooks) */
extern List *ash_data_readers(void);

/*
 * The parameters to plan this statement of ours for, values that the plan may not contain;
 * NULL: it is none, or not for any. (hooks)
 */
extern struct ParamListInfoData *ash_data_peeked(const char *text);

/*
 * Is a writing statement of ours being started that writes this relation?  Says so once
 * for each start, when its privileges are checked; what runs inside is not ours. (hooks)
 */
extern bool ash_data_executing(Oid relid);

/* how often some relation of the backend was invalidated */
extern uint64 ash_data_relcache_epoch(void);

/* exec_write.c: one row; result gets the row after the write, by attribute index */
typedef enum AshWriteStatus
{
	ASH_WRITE_DONE,
	ASH_WRITE_NO_ROW /* nothing matched key and conditions: stale */
} AshWriteStatus;

/*
 * direct_batch.c: after triggers of inserts into one table between begin and end fire at
 * the end; where the fast path applies, they share the executor's state.  A batch that is
 * not ended, because of an error, must be left.
 */
typedef struct AshBatch AshBatch;
extern AshBatch *ash_data_batch_begin(AshResource *res);
extern void ash_data_batch_end(AshBatch *batch);
extern void ash_data_batch_leave(AshBatch *batch);

/* Where a locked row is; see direct_modify.c. */
typedef struct AshRowHandle
{
	bool valid;
	ItemPointerData tid;
	CommandId command;
} AshRowHandle;

typedef enum AshLockResult
{
	ASH_LOCKED,
	ASH_LOCK_NONE,	   /* there is no such row */
	ASH_LOCK_NOT_TRIED /* the fast path does not apply: use SQL */
} AshLockResult;

extern AshLockResult ash_data_lock_row(AshResource *res, const AshValue *key, AshRowHandle *handle,
									   AshValue *row);

/*
 * direct_lookup.c: give the row of that primary key (by attribute index) to fn, as
 * values by attribute index that are good until fn returns.  Nothing is locked.
 */
typedef enum AshFindResult
{
	ASH_FOUND,
	ASH_FOUND_NONE,
	ASH_FIND_NOT_TRIED /* the fast path does not apply: use SQL */
} AshFindResult;

typedef void (*AshValuesFn)(AshValue *row, void *arg);
extern AshFindResult ash_data_find_row(AshResource *res, const AshValue *key, AshValuesFn fn,
									   void *arg);

/* Writes text into a statement: clauses made by the room above. */
typedef void (*AshSqlFn)(AshSql *sql, void *arg);

/*
 * The write of one row: what ash_exec_write does, and ash_exec_write_sql says.  The
 * clauses are about the alias "t"; any of them rules out the fast path, and so does, for
 * an update or destroy, a handle that is NULL or no longer valid.
 */
typedef struct AshWrite
{
	AshActionType type; /* create, update or destroy */
	AshResource *res;

	/* update, destroy */
	const AshRowHandle *handle; /* where ash_data_lock_row has locked the row */
	const AshValue *row;		/* the stored row, by attribute index; its primary key finds it */

	/* create, update: by attribute index */
	const AshValue *values;
	const bool *given; /* false: the column keeps its value, or gets the database's default */

	/* clauses, or NULL */
	AshSqlFn assign;   /* update: further assignments, "n = …, …" */
	AshSqlFn where;	   /* update, destroy: further conditions, " AND …" */
	AshSqlFn conflict; /* create: " ON CONFLICT …" */
	void *arg;		   /* of all three */
	AshBindings *bindings;
} AshWrite;

extern AshWriteStatus ash_exec_write(const AshWrite *write, AshValue *result);
extern void ash_exec_write_sql(const AshWrite *write, AshSql *sql);
extern bool ash_exec_write_is_direct(const AshWrite *write);
/* a value of the attribute as a parameter, marked if it is sensitive */
extern void ash_write_value(AshSql *sql, const AshAttribute *attr, const AshValue *value);

/* Setting ash.fast_path: off sends every write through SPI (tests compare the two). */
extern bool ash_guc_fast_path;

/* constraint_errors.c: a PostgreSQL error → the framework's, when a definition owns it */
extern bool ash_data_map_error(const AshCall *call, const ErrorData *edata, AshErrors *errors);
/* adds the error of an identity, or of the primary key, whose values another row has */
extern void ash_data_add_taken(const AshResource *res, const AshIdentity *identity,
							   AshErrors *errors);

/* init: registers the invalidation callback of the table shapes */
extern void ash_data_init(void);

#endif /* ASH_DATA_H */
