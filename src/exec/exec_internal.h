/*-------------------------------------------------------------------------
 *
 * src/exec/exec_internal.h
 *	  What the writing files of this room share.
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
	AclMode plain;				/* for what the fast path does as a statement would */
	bool key_mapped;			/* by ash_index_of_key, which fills the next three */
	Oid key_index;				/* of the primary key; invalid: not to be scanned by us */
	ScanKey key;				/* by its columns, without values … */
	int *key_attributes;		/* … and the attributes that these are of */
	int nreferences;			/* 0 also when their triggers must be fired */
	AshReference *references;
} AshTable;

/* table_shape.c: rel is the open relation of res */
extern AshTable *ash_table_of(AshResource *res, Relation rel);
/* The same, or NULL where the former would raise an error: the table has not got the columns. */
extern AshTable *ash_table_if_fit(AshResource *res, Relation rel);
/* May this be done without a statement?  Also needs privileges, and no row security by hand. */
extern bool ash_table_direct(const AshTable *table, Relation rel, AclMode mode);

/*
 * check_columns.c: locks the tables of a statement; raises an error when a column is of a type that
 * the attribute is not read as
 */
extern void ash_exec_check_tables(AshResource *res, const AshSql *sql);
extern bool ash_exec_tables_alone(const AshResource *res, const AshSql *sql);

/* direct_lookup.c */
/* the primary key's, looked at when first asked for; invalid: not to be scanned by us */
extern Oid ash_index_of_key(AshTable *table, const AshResource *res, Relation rel);
extern bool ash_index_find_key(const AshResource *res, AshTable *table, Relation rel,
							   const AshValue *key, TupleTableSlot *slot);
/* the row with those keys as the snapshot sees it, in a slot of the table */
extern bool ash_index_find(Relation rel, Relation index, Snapshot snapshot, ScanKey keys, int nkeys,
						   TupleTableSlot *slot);

/* direct_reference.c */
extern void ash_references_map(AshTable *table, Relation rel);
extern bool ash_references_apply(const AshTable *table);
extern bool ash_references_hold(const AshTable *table, TupleTableSlot *row);

/* direct_modify.c */
typedef enum AshHeapResult
{
	ASH_HEAP_NOT_TRIED,
	ASH_HEAP_DONE,
	ASH_HEAP_SUPPRESSED /* by a BEFORE trigger: nothing was written */
} AshHeapResult;

extern AshHeapResult ash_heap_write_locked(AshResource *res, const AshRowHandle *handle,
										   const AshValue *values, const bool *given,
										   AshValue *result);

/* exec_run.c: as ash_exec_modify, but after triggers wait for the end of the query that is running
 */
extern uint64 ash_exec_modify_queued(AshResource *res, AshSql *sql, AshRowFn fn, void *arg);

/* direct_insert.c */
extern EState *ash_heap_begin(AshTable *table, Relation rel, ResultRelInfo *info);
extern void ash_heap_end(AshTable *table, EState *estate);
extern void ash_heap_check_writable(const char *command);
extern void ash_heap_write_row(AshResource *res, AshTable *table, EState *estate,
							   ResultRelInfo *info, TupleTableSlot *slot, const AshValue *values,
							   const bool *given, AshValue *result);

/* direct_batch.c */
extern bool ash_batch_uses(const AshTable *table);
extern bool ash_exec_batch_insert(AshResource *res, const AshValue *values, const bool *given,
								  AshValue *result);
extern bool ash_exec_batch_queues(const AshResource *res);
extern void ash_heap_insert(AshResource *res, AshTable *table, Relation rel, const AshValue *values,
							const bool *given, AshValue *result);

#endif /* ASH_EXEC_INTERNAL_H */
