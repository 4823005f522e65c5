/*
 * bench/ashbench.h
 *	  What the files of the benchmark driver share.
 *
 * Nothing here returns an error: a fault of a case ends the process that measures it (die), since
 * a measurement that is half right is worth nothing.
 */
#ifndef ASHBENCH_H
#define ASHBENCH_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#define MAX_ENTRIES 32

/* A header ("--@ target: 1.0") or a section ("--@ setup" and the lines below it). */
typedef struct Entry
{
	char *key;
	char *value;
} Entry;

typedef struct Case
{
	const char *path;
	const char *size; /* "quick" or "full" where the run is of that size, else NULL */
	char *text;		  /* the file; keys and values point into it */
	int nentries;
	Entry entries[MAX_ENTRIES];
} Case;

/* How a case runs; from its "mode" header. */
typedef enum Mode
{
	MODE_READ,	   /* one transaction a round, committed */
	MODE_ROLLBACK, /* one transaction a round, rolled back: tables do not grow */
	MODE_FRESH	   /* every execution is the first of a new backend */
} Mode;

/* case.c */
extern void die(const char *format, ...);
extern void *allocate(size_t size);
extern void load_case(Case *c, const char *path, const char *size);
extern const char *entry_value(const Case *c, const char *key);
extern const char *side_value(const Case *c, const char *key, char label);
extern const char *required_value(const Case *c, const char *key);
extern int sized_number(const Case *c, const char *key, int missing);
extern Mode case_mode(const Case *c);

/* backend.c */
extern PGresult *checked(const Case *c, const char *what, PGconn *conn, PGresult *result);
extern void run_sql(const Case *c, const char *what, PGconn *conn, const char *sql);
extern PGconn *open_connection(const Case *c, const char *database);
extern void become_caller(const Case *c, PGconn *conn, const char *role);
extern void create_database(const Case *c, PGconn *control, const char *database);
extern double backend_cpu(PGconn *conn);

#endif
