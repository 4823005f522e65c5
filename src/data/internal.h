/*-------------------------------------------------------------------------
 *
 * src/data/internal.h
 *	  What the writing files of this room share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_DATA_INTERNAL_H
#define ASH_DATA_INTERNAL_H

#include "data/data.h"
#include "executor/executor.h"
#include "utils/rel.h"

/*
 * The table behind a resource as a writer needs it.  Rebuilt when any relation
 * of the backend was invalidated since; lives in a context below the resource's.
 */
typedef struct AshTable
{
	MemoryContext cxt;
	Oid relid;
	Oid definer;		 /* owner of the resource */
	uint64 epoch;		 /* of relcache invalidations when it was built */
	int natts;			 /* of the table, dropped columns included */
	AttrNumber *attnums; /* by attribute index */
	int *attribute_of;	 /* by attnum - 1: attribute index, or -1 */
	Expr **defaults;	 /* by attnum - 1: planned default, or NULL */
	ExprState **checks;	 /* of the table's CHECK constraints, ready to run; NULL without any */
	LocalTransactionId writing; /* transaction in which they are being evaluated, or invalid */
	AclMode plain;				/* writes for which the fast path does what a statement would */
} AshTable;

/* table.c: rel is the open relation of res */
extern AshTable *ash_table_of(AshResource *res, Relation rel);
/* What the fast path needs beside the shape: privileges, no row security of the user's own. */
extern bool ash_table_writable(const AshTable *table, Relation rel, AclMode mode);

/* of all relations of the backend: how often one was invalidated */
extern uint64 ash_data_relcache_epoch(void);

/*
 * columns.c: locks the tables of a statement; raises an error when a column is of a type that
 * the attribute is not read as
 */
extern void ash_data_check_tables(AshResource *res, const AshSql *sql);
extern bool ash_data_tables_alone(const AshResource *res, const AshSql *sql);

/* heap_row.c */
typedef enum AshHeapResult
{
	ASH_HEAP_NOT_TRIED,
	ASH_HEAP_DONE,
	ASH_HEAP_SUPPRESSED /* by a BEFORE trigger: nothing was written */
} AshHeapResult;

extern AshHeapResult ash_heap_write_locked(AshResource *res, const AshRowHandle *handle,
										   const AshValue *values, const bool *given,
										   AshValue *result);

/* heap.c */
extern EState *ash_heap_begin(AshTable *table, Relation rel, ResultRelInfo *info);
extern void ash_heap_end(AshTable *table, EState *estate);
extern void ash_heap_check_writable(const char *command);
extern void ash_heap_write_row(AshResource *res, AshTable *table, EState *estate,
							   ResultRelInfo *info, TupleTableSlot *slot, const AshValue *values,
							   const bool *given, AshValue *result);

/* heap_batch.c */
extern bool ash_batch_uses(const AshTable *table);
extern bool ash_data_batch_insert(AshResource *res, const AshValue *values, const bool *given,
								  AshValue *result);
extern void ash_heap_insert(AshResource *res, AshTable *table, Relation rel, const AshValue *values,
							const bool *given, AshValue *result);

#endif /* ASH_DATA_INTERNAL_H */
