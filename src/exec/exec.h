/*-------------------------------------------------------------------------
 *
 * src/exec/exec.h
 *	  Statements and rows: what the rooms above call to read and write tables.
 *
 * Statements arrive as AshSql (text and parameters) for a resource, in whose memory context
 * their plans are kept.  Single rows are read and written without a statement where that
 * does the same: the direct path.  Everything here raises PostgreSQL's errors; ash_exec_map_error()
 * translates them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_EXEC_H
#define ASH_EXEC_H

#include "expr/expr.h"
#include "model/action_def.h"
#include "model/resource.h"
#include "storage/itemptr.h"

struct TupleTableSlot;

/*-------------------------------------------------------------------------
 * json_receiver.c: rows as JSON
 *-------------------------------------------------------------------------
 */

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
extern void ash_write_values(AshRowWriter *writer, Datum *values, bool *nulls);
extern void ash_write_separator(AshRowWriter *writer);

/*-------------------------------------------------------------------------
 * exec_run.c: statements
 *-------------------------------------------------------------------------
 */

typedef void (*AshRowFn)(struct TupleTableSlot *slot, void *arg);

extern uint64 ash_exec_stream(AshResource *res, AshSql *sql, AshRowWriter *writer);
extern uint64 ash_exec_each(AshResource *res, AshSql *sql, AshRowFn fn, void *arg);
extern uint64 ash_exec_modify(AshResource *res, AshSql *sql, AshRowFn fn, void *arg);
extern void ash_exec_explain(AshResource *res, AshSql *sql, StringInfo out);

/*-------------------------------------------------------------------------
 * exec_write.c, direct_insert.c, direct_row.c: one row
 *-------------------------------------------------------------------------
 */

typedef enum AshWriteStatus
{
	ASH_WRITE_DONE,
	ASH_WRITE_NO_ROW /* nothing matched key and conditions: stale */
} AshWriteStatus;

/* Where a locked row is; filled by ash_exec_lock_row(). */
typedef struct AshRowHandle
{
	bool valid;
	ItemPointerData tid;
	CommandId command; /* the position is valid while this is the current command */
} AshRowHandle;

typedef enum AshLockResult
{
	ASH_LOCKED,
	ASH_LOCK_NONE,	   /* there is no such row */
	ASH_LOCK_NOT_TRIED /* the direct path does not apply: use SQL */
} AshLockResult;

typedef enum AshFindResult
{
	ASH_FOUND,
	ASH_FOUND_NONE,
	ASH_FIND_NOT_TRIED /* the direct path does not apply: use SQL */
} AshFindResult;

typedef void (*AshValuesFn)(AshValue *row, void *arg);

/* Writes text into a statement: conditions or assignments made by the room above. */
typedef void (*AshSqlFn)(AshSql *sql, void *arg);

extern void ash_exec_insert(AshResource *res, const AshValue *values, const bool *given,
							AshValue *result);
extern AshWriteStatus ash_exec_update(AshResource *res, const AshRowHandle *handle,
									  const AshValue *row, const AshValue *values,
									  const bool *given, AshSqlFn assign, AshSqlFn where, void *arg,
									  const AshBindings *bindings, AshValue *result);
extern AshWriteStatus ash_exec_delete(AshResource *res, const AshRowHandle *handle,
									  const AshValue *row, AshSqlFn where, void *arg,
									  const AshBindings *bindings, AshValue *result);

extern void ash_exec_insert_sql(AshSql *sql, const AshResource *res, const AshValue *values,
								const bool *given);
extern void ash_exec_update_sql(AshSql *sql, const AshResource *res, const AshValue *row,
								const AshValue *values, const bool *given, AshSqlFn assign,
								AshSqlFn where, void *arg);
extern void ash_exec_delete_sql(AshSql *sql, const AshResource *res, const AshValue *row,
								AshSqlFn where, void *arg);
extern bool ash_exec_is_direct(AshResource *res, AshActionType type);
extern void ash_exec_slot_values(const AshResource *res, struct TupleTableSlot *slot,
								 AshValue *values);

extern void ash_exec_batch(AshResource *res, bool (*body)(void *arg), void *arg);
extern AshLockResult ash_exec_lock_row(AshResource *res, const AshValue *key, AshRowHandle *handle,
									   AshValue *row);
extern AshFindResult ash_exec_find_row(AshResource *res, const AshValue *key, AshValuesFn fn,
									   void *arg);

/*-------------------------------------------------------------------------
 * constraint_errors.c
 *-------------------------------------------------------------------------
 */

extern bool ash_exec_map_error(const List *resources, bool runs_action, const ErrorData *edata,
							   AshErrors *errors);
extern void ash_exec_add_taken(const AshResource *res, const AshIdentity *identity,
							   AshErrors *errors);

/*-------------------------------------------------------------------------
 * Settings, defined in ash.c, and set-up
 *-------------------------------------------------------------------------
 */

extern bool ash_guc_fast_path;		/* ash.fast_path: off sends every write through SQL */
extern bool ash_guc_plan_selection; /* ash.plan_selection: plan_selection.c */

/* table_shape.c */
extern void ash_exec_init(void);
extern uint64 ash_exec_relcache_epoch(void);

#endif /* ASH_EXEC_H */
