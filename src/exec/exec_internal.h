/*-------------------------------------------------------------------------
 *
 * src/exec/exec_internal.h
 *	  Tables and the direct path; private to exec/.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_EXEC_INTERNAL_H
#define ASH_EXEC_INTERNAL_H

#include "access/skey.h"
#include "exec/exec.h"
#include "executor/executor.h"
#include "utils/rel.h"

/* A foreign key as an index lookup; see direct_reference.c. */
typedef struct AshReference
{
	Oid relid; /* the referenced table */
	Oid index;
	int nkeys;							/* in the order of the index's columns: */
	AttrNumber columns[INDEX_MAX_KEYS]; /* of the referencing table */
	Oid types[INDEX_MAX_KEYS];
	Oid collations[INDEX_MAX_KEYS];
	RegProcedure equal[INDEX_MAX_KEYS];
} AshReference;

/*
 * The table behind a resource as the direct path needs it; see table_shape.c.  Attributes are
 * those of the resource, by index.
 */
typedef struct AshTable
{
	MemoryContext cxt; /* of this and all it points to */
	int users; /* operations that are using it; too high after an error, which is harmless */
	Oid relid;
	Oid definer;  /* owner of the resource */
	uint64 epoch; /* of relcache invalidations when it was built */

	int natts;			 /* of the table, dropped columns included */
	AttrNumber *attnums; /* by attribute */
	int *attribute_of;	 /* by attnum - 1: attribute, or -1 */
	Expr **defaults;	 /* by attnum - 1: planned default, or NULL */

	ExprState **checks;				   /* of the CHECK constraints, ready to run; or NULL */
	LocalTransactionId checks_used_in; /* transaction in which they are in use, or invalid */

	AclMode direct; /* commands for which the direct path is equivalent to a statement */

	bool key_mapped;	 /* the next three are set; by direct_row.c */
	Oid key_index;		 /* of the primary key; InvalidOid: rows are not looked up in it */
	ScanKey key;		 /* by its columns, without values … */
	int *key_attributes; /* … and the attributes of these */

	int nreferences; /* 0 also when the triggers of foreign keys must fire */
	AshReference *references;
} AshTable;

/* table_shape.c */
extern AshTable *ash_table_of(AshResource *res, Relation rel, bool missing_ok);
extern bool ash_table_direct(const AshTable *table, Relation rel, AclMode mode);

/* check_columns.c */
extern void ash_exec_check_tables(AshResource *res, const AshSql *sql);

/* What became of a write on the direct path. */
typedef enum AshDirectResult
{
	ASH_DIRECT_NOT_TRIED, /* the direct path does not apply: use SQL */
	ASH_DIRECT_DONE,
	ASH_DIRECT_SUPPRESSED /* by a BEFORE trigger: nothing was written */
} AshDirectResult;

/* True if the write has clauses, which only a statement can have. */
static inline bool
ash_write_has_clauses(const AshWrite *write)
{
	return write->assign != NULL || write->where != NULL || write->conflict != NULL;
}

/* direct_insert.c */
extern AshDirectResult ash_direct_insert(AshResource *res, const AshValue *values,
										 const bool *given, AshValue *result);
extern bool ash_batch_queues(const AshResource *res);
extern EState *ash_heap_begin(AshTable *table, Relation rel, ResultRelInfo *info,
							  const char *command);
extern void ash_heap_end(AshTable *table, EState *estate);

/* direct_row.c */
extern AshDirectResult ash_direct_write(AshResource *res, const AshRowHandle *handle,
										const AshValue *values, const bool *given,
										AshValue *result);
extern bool ash_index_find(Relation rel, Relation index, Snapshot snapshot, ScanKey keys, int nkeys,
						   TupleTableSlot *slot);

/* direct_reference.c */
extern void ash_references_map(AshTable *table, Relation rel);
extern bool ash_references_hold(const AshTable *table, TupleTableSlot *row);

/* exec_run.c */
extern uint64 ash_exec_modify_queued(AshResource *res, AshSql *sql, AshRowFn fn, void *arg);

#endif /* ASH_EXEC_INTERNAL_H */
