/*-------------------------------------------------------------------------
 *
 * src/result/result.h
 *	  Rows → JSON: the records of a query, and of rows already held.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_RESULT_H
#define ASH_RESULT_H

#include "prepare/prepare.h"
#include "sql/sql.h"

typedef struct AshLateRows AshLateRows;

/*-------------------------------------------------------------------------
 * rowset.c, rowset_write.c
 *-------------------------------------------------------------------------
 */
typedef struct AshRowset AshRowset;

/* what stands at the end of every row */
extern void ash_output_finish(AshOutput *output, AshKeysetWriter *keyset, AshRowWriter *writer,
							  Datum *values, bool *nulls);
extern AshRowset *ash_rowset_create(AshQuery *query, AshOutput *output);
extern void ash_rowset_add(AshRowset *rows, Datum *values, bool *nulls, const char *extra);
extern void ash_rowset_select(AshRowset *rows, AshKeys *keys);
extern void ash_rowset_load(AshRowset *rows);
extern int ash_rowset_count(const AshRowset *rows);
/* which of the keys the row was found by, from 0 */
extern int ash_rowset_ord(const AshRowset *rows, int row);
extern void ash_rowset_write_row(AshRowset *rows, int row, StringInfo out);
/* rows of the page, "," between; in reverse for a page before a cursor */
extern void ash_rowset_write(AshRowset *rows, int limit, StringInfo out);
/*-------------------------------------------------------------------------
 * batch_calculation.c: columns that are computed once all rows are there
 *-------------------------------------------------------------------------
 */
/* NULL when the output has no late columns */
extern AshLateRows *ash_late_rows_create(AshOutput *output);
extern void ash_late_rows_add(AshLateRows *rows, const Datum *values, const bool *nulls);
extern bool ash_late_rows_compute(AshLateRows *rows);
extern int ash_late_rows_count(const AshLateRows *rows);
extern Datum *ash_late_rows_get(const AshLateRows *rows, int row, bool **nulls);
/* held_records.c: a row with what the query shows of it, when it takes nothing else; or NULL */
typedef struct AshRecords AshRecords;
extern AshRecords *ash_records_of_row(AshQuery *query);
extern void ash_records_write_row(AshRecords *records, AshValue *row, StringInfo out);

/* manual_relationship.c */
extern void ash_manual_relate(AshQuery *query, AshKeys *keys);

/* manual_read.c: writes at most limit records (0 = all), "," between; returns how many there were
 */
extern uint64 ash_manual_read(AshQuery *query, int64 limit, StringInfo out);

/*
 * The value of a calculation that is computed late for a row that need not be stored
 * (values by attribute), as JSON; false after adding an error.
 */
extern bool ash_calculation_of_row(AshCall *call, AshCalculation *calc, AshExpr **args,
								   const AshValue *row, StringInfo out);
/* hidden_rows.c: forbids the query when policies hide a row of it (authorize_with "error") */
extern void ash_query_check_hidden(AshQuery *query, AshKeys *keys);
extern bool ash_query_see_all(AshQuery *query);

/* query_run.c: writes the JSON result (array or page object) */
extern void ash_query_run(AshQuery *query, StringInfo out);
/* at most one record: writes it or null, returns how many there were (2 = more than one) */
extern int ash_query_run_one(AshQuery *query, StringInfo out);
/*
 * read_by_key.c: the same for the row of that primary key (by attribute index), beside the
 * conditions of the query; -1, writing nothing, when that takes a statement.
 */
extern int ash_query_run_key(AshQuery *query, const AshValue *key, StringInfo out);
/* rows as values by attribute index (NULL entries for unselected): for actions. List of AshValue *
 */
extern List *ash_query_fetch(AshQuery *query, int limit);
/* the rows of the query with these primary keys, in one statement; NULL for one that is not found
 */
extern AshValue **ash_query_fetch_keys(AshQuery *query, AshValue **keys, int nkeys);

/*
 * held_records.c: JSON of rows already held (results of writes, ash_load), with
 * select, loads and field policies.  rows: List of AshValue *.  extras, when not
 * NIL, is a parallel list of StringInfo with further "key":value text.
 */
extern void ash_records_write(AshCall *call, AshResource *res, List *rows, const Jsonb *load,
							  List *select, bool as_list, List *extras, StringInfo out);

/* the same with what the query shows, "," between the records */
extern void ash_records_write_query(AshQuery *query, List *rows, List *extras, StringInfo out);
/* AshRefValue over a row, an array of AshValue by attribute */
extern bool ash_row_attribute(void *row, const AshExpr *ref, AshValue *out);

/* The value of one calculation of the record with that key, as JSON; false when there is none. */
extern bool ash_records_calculate(AshCall *call, const JsonbValue *record, AshCalculation *calc,
								  const Jsonb *arguments, StringInfo out);

/* manual_read.c: attributes of a record that a function returned; false after adding an error */
struct AshFunction;
extern bool ash_row_from_json(AshCall *call, AshResource *res, const struct AshFunction *function,
							  const Jsonb *record, AshValue *row);
/* aggregate_values.c: aggregates over the whole query: ash_count and friends */
extern void ash_query_aggregate(AshQuery *query, AshAggregateKind kind, const char *field,
								StringInfo out);
/* several, {"name": {"kind": …, "field": …}}, in one statement: writes {"name": value} */
extern void ash_query_aggregates(AshQuery *query, const Jsonb *wanted, StringInfo out);

/* query_run.c: what ash_query_run runs, for ash_sql() and ash_explain(); false after adding an
 * error */
extern bool ash_query_statement(AshQuery *query, AshSql *sql);

#endif /* ASH_RESULT_H */
