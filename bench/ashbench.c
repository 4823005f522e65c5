/*
 * bench/ashbench.c
 *	  Compares two SQL statements by the CPU time their backend spends on them.
 *
 * A case file names two statements, A and B, that do the same work.  They are prepared once and
 * executed in rounds, A B A B ..., each in a backend of its own; around each run of N executions
 * the driver reads how long the backend has been on a CPU (/proc/PID/schedstat, nanoseconds).
 * Time spent waiting for a CPU, for the disk or for this client does not count, so that a shared
 * machine gives the same answer as an idle one.
 *
 * Invariants:
 * - Before anything is timed the results of both sides have been compared by the case's own
 *	 "verify" query.  A case whose sides disagree is an error, and so is one that cannot tell.
 * - Both sides get the same number of executions per round, in the same kind of transaction,
 *	 with parameters that come from the case and differ from one execution to the next.
 *
 * The format of a case file is described in bench/README.md.
 */
#define _POSIX_C_SOURCE 200809L

#include "ashbench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PARAMS 16
#define MAX_ROUNDS 101
#define WARMUP_EXECUTIONS 20
#define VERIFIED_EXECUTIONS 3
#define EXIT_OVER 2 /* a case is over its target; EXIT_FAILURE: it could not be measured */

/* One of the two statements that are compared. */
typedef struct Side
{
	char label; /* 'a' or 'b', as in the case file */
	const char *statement;
	const char *database;	   /* NULL: the database of the run */
	PGconn *conn;			   /* NULL while every execution opens its own */
	PGresult *params;		   /* row i holds the parameters of execution i */
	double micros[MAX_ROUNDS]; /* CPU per execution, one entry a round */
} Side;

typedef struct Options
{
	bool quick;
	bool full;
	bool strict;
	bool verbose;
	int rounds;
	const char *role;
} Options;

static Options options = { false, false, false, false, 21, NULL };

/* ---- one side ---- */

static void
prepared_name(const Side *side, char *name, size_t size)
{
	snprintf(name, size, "ashbench_%c", side->label);
}

/* Collects the parameters of execution number "execution"; returns how many there are. */
static int
fill_params(const Side *side, int execution, const char **values)
{
	int row;
	int i;

	if (side->params == NULL || PQntuples(side->params) == 0)
		return 0;
	row = execution % PQntuples(side->params);
	for (i = 0; i < PQnfields(side->params); i++)
		values[i] = PQgetisnull(side->params, row, i) ? NULL : PQgetvalue(side->params, row, i);
	return PQnfields(side->params);
}

/* Runs the side's statement once over its prepared connection. */
static PGresult *
execute(const Case *c, const Side *side, int execution)
{
	const char *values[MAX_PARAMS];
	int count = fill_params(side, execution, values);
	char name[32];

	prepared_name(side, name, sizeof(name));
	return checked(c, name, side->conn,
				   PQexecPrepared(side->conn, name, count, values, NULL, NULL, 0));
}

/* Runs the side's statement as the first one of a new backend; adds its CPU time to *nanos. */
static PGresult *
execute_fresh(const Case *c, const Side *side, int execution, double *nanos)
{
	const char *values[MAX_PARAMS];
	int count = fill_params(side, execution, values);
	PGconn *conn = open_connection(c, side->database);
	PGresult *result;
	double start;

	become_caller(c, conn, options.role);
	start = backend_cpu(conn);
	result = checked(c, "first call", conn,
					 PQexecParams(conn, side->statement, count, NULL, values, NULL, NULL, 0));
	*nanos += backend_cpu(conn) - start;
	PQfinish(conn);
	return result;
}

/* Connects a side, runs its own setup and fetches its parameters, still with all privileges. */
static void
open_side(const Case *c, Side *side, PGconn *control, char label)
{
	char key[16] = { label, '\0' };
	char setup[] = { 's', 'e', 't', 'u', 'p', ' ', label, '\0' };
	const char *own_setup = entry_value(c, setup);
	const char *params = side_value(c, "params", label);

	memset(side, 0, sizeof(*side));
	side->label = label;
	side->statement = required_value(c, key);
	side->database = side_value(c, "database", label);
	if (side->database)
		create_database(c, control, side->database);
	side->conn = open_connection(c, side->database);
	if (own_setup)
		run_sql(c, setup, side->conn, own_setup);
	if (params)
		side->params = checked(c, "params", side->conn, PQexec(side->conn, params));
	if (side->params && (PQntuples(side->params) == 0 || PQnfields(side->params) > MAX_PARAMS))
		die("%s: \"params\" of %c gives %d rows of %d columns", c->path, label,
			PQntuples(side->params), PQnfields(side->params));
}

/* Readies a side for timing, in a backend of its own. */
static void
prepare_side(const Case *c, Side *side, Mode mode)
{
	char name[32];

	if (mode == MODE_FRESH)
		return;
	become_caller(c, side->conn, options.role);
	prepared_name(side, name, sizeof(name));
	PQclear(
		checked(c, "prepare", side->conn, PQprepare(side->conn, name, side->statement, 0, NULL)));
}

/* ---- agreement ---- */

/* Appends a JSON string to a buffer known to be large enough (6 bytes for each byte of text). */
static char *
write_json_string(char *out, const char *text)
{
	*out++ = '"';
	for (; *text; text++)
	{
		unsigned char byte = (unsigned char) *text;

		if (byte == '"' || byte == '\\')
		{
			*out++ = '\\';
			*out++ = (char) byte;
		}
		else if (byte < 0x20)
			out += sprintf(out, "\\u%04x", byte);
		else
			*out++ = (char) byte;
	}
	*out++ = '"';
	return out;
}

/* One result row as a JSON object of column names and texts; the caller frees it. */
static char *
row_as_json(const PGresult *result, int row)
{
	size_t size = 3;
	char *json;
	char *out;
	int i;

	for (i = 0; i < PQnfields(result); i++)
		size += 6 * (strlen(PQfname(result, i)) + (size_t) PQgetlength(result, row, i)) + 16;
	out = json = allocate(size);
	*out++ = '{';
	for (i = 0; i < PQnfields(result); i++)
	{
		if (i > 0)
			*out++ = ',';
		out = write_json_string(out, PQfname(result, i));
		*out++ = ':';
		if (PQgetisnull(result, row, i))
			out += sprintf(out, "null");
		else
			out = write_json_string(out, PQgetvalue(result, row, i));
	}
	*out++ = '}';
	*out = '\0';
	return json;
}

/* Writes a result into the table "result" that the verify query reads. */
static void
store_result(const Case *c, PGconn *control, const Side *side, int execution,
			 const PGresult *result)
{
	static const char sql[] = "INSERT INTO pg_temp.result VALUES ($1, $2, $3, $4)";
	char label[2] = { side->label, '\0' };
	char number[16];
	char line[16];
	const char *values[4] = { label, number, line, NULL };
	int row;

	snprintf(number, sizeof(number), "%d", execution);
	for (row = 0; row < PQntuples(result); row++)
	{
		char *json = row_as_json(result, row);

		snprintf(line, sizeof(line), "%d", row);
		values[3] = json;
		PQclear(checked(c, "storing a result", control,
						PQexecParams(control, sql, 4, NULL, values, NULL, NULL, 0)));
		free(json);
	}
}

/* Executes a side once and keeps what it returned, or what "observe" then sees. */
static void
collect_result(const Case *c, PGconn *control, const Side *side, int execution, Mode mode)
{
	const char *observe = side_value(c, "observe", side->label);
	PGresult *result;
	double ignored = 0;

	if (mode == MODE_FRESH)
		result = execute_fresh(c, side, execution, &ignored);
	else
	{
		run_sql(c, "BEGIN", side->conn, "BEGIN");
		result = execute(c, side, execution);
		if (observe)
		{
			PQclear(result);
			result = checked(c, "observe", side->conn, PQexec(side->conn, observe));
		}
		run_sql(c, "ROLLBACK", side->conn, "ROLLBACK");
	}
	store_result(c, control, side, execution, result);
	PQclear(result);
}

/* Dies with the differences unless both sides returned the same, and returned something. */
static void
verify(const Case *c, PGconn *control, const Side *a, const Side *b, Mode mode)
{
	PGresult *result;
	int i;

	run_sql(c, "result table", control,
			"CREATE TEMP TABLE result (side text, execution int, line int, value json)");
	for (i = 0; i < VERIFIED_EXECUTIONS; i++)
	{
		collect_result(c, control, a, i, mode);
		collect_result(c, control, b, i, mode);
	}
	result =
		checked(c, "verify", control, PQexec(control, "SELECT FROM pg_temp.result GROUP BY side"));
	if (PQntuples(result) != 2)
		die("%s: a side returned nothing", c->path);
	PQclear(result);
	result = checked(c, "verify", control, PQexec(control, required_value(c, "verify")));
	for (i = 0; i < PQntuples(result) && i < 10; i++)
	{
		char *json = row_as_json(result, i);

		fprintf(stderr, "%s: the sides disagree: %s\n", c->path, json);
		free(json);
	}
	if (PQntuples(result) > 0)
		die("%s: %d differences", c->path, PQntuples(result));
	PQclear(result);
}

/* ---- timing ---- */

/* CPU microseconds per execution of one run of "executions" over the prepared connection. */
static double
time_run(const Case *c, const Side *side, int executions, Mode mode)
{
	double start;
	double nanos;
	int i;

	run_sql(c, "BEGIN", side->conn, "BEGIN");
	start = backend_cpu(side->conn);
	for (i = 0; i < executions; i++)
		PQclear(execute(c, side, i));
	nanos = backend_cpu(side->conn) - start;
	run_sql(c, "end of round", side->conn, mode == MODE_READ ? "COMMIT" : "ROLLBACK");
	return nanos / executions / 1000.0;
}

static double
time_fresh_run(const Case *c, const Side *side, int executions)
{
	double nanos = 0;
	int i;

	for (i = 0; i < executions; i++)
		PQclear(execute_fresh(c, side, i, &nanos));
	return nanos / executions / 1000.0;
}

static double
time_side(const Case *c, PGconn *control, const Side *side, int executions, Mode mode)
{
	const char *between = entry_value(c, "between");

	if (between)
		run_sql(c, "between", control, between);
	if (mode == MODE_FRESH)
		return time_fresh_run(c, side, executions);
	return time_run(c, side, executions, mode);
}

static int
compare_doubles(const void *left, const void *right)
{
	double l = *(const double *) left;
	double r = *(const double *) right;

	return (l > r) - (l < r);
}

/* The middle of the values, which stay in their order. */
static double
median(const double *values, int count)
{
	double sorted[MAX_ROUNDS];

	memcpy(sorted, values, sizeof(double) * (size_t) count);
	qsort(sorted, (size_t) count, sizeof(double), compare_doubles);
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* The rounds of a case, after a warm-up that settles plans and caches. */
static void
time_rounds(const Case *c, PGconn *control, Side *a, Side *b, Mode mode)
{
	int executions = sized_number(c, "executions", 1000);
	int warmup = executions < WARMUP_EXECUTIONS ? executions : WARMUP_EXECUTIONS;
	int round;

	time_side(c, control, a, warmup, mode);
	time_side(c, control, b, warmup, mode);
	for (round = 0; round < options.rounds; round++)
	{
		a->micros[round] = time_side(c, control, a, executions, mode);
		b->micros[round] = time_side(c, control, b, executions, mode);
		if (options.verbose)
			fprintf(stderr, "  round %d: A %.1f us, B %.1f us\n", round + 1, a->micros[round],
					b->micros[round]);
	}
}

/* ---- the report ---- */

static void
print_heading(void)
{
	printf("%-54s  %-44s %10s %10s %7s %8s\n", "work (A)", "against (B)", "A us", "B us", "A/B",
		   "target");
}

/* The work's name, with the size of the run where there is one. */
static void
print_names(const Case *c)
{
	char work[128];
	int rows = sized_number(c, "rows", 0);

	if (rows > 0)
		snprintf(work, sizeof(work), "%s [%d]", required_value(c, "work"), rows);
	else
		snprintf(work, sizeof(work), "%s", required_value(c, "work"));
	printf("%-54s  %-44s", work, required_value(c, "against"));
}

/*
 * The ratio of a case: the median of the ratios of its rounds.  The two runs of a round are
 * neighbours in time, so that a machine which slows down for a while slows both of them.
 */
static double
median_ratio(const Side *a, const Side *b)
{
	double ratios[MAX_ROUNDS];
	int round;

	for (round = 0; round < options.rounds; round++)
		ratios[round] = a->micros[round] / b->micros[round];
	return median(ratios, options.rounds);
}

/* Prints a case's line and says whether it is over its target (a ratio, a limit, or both). */
static bool
print_verdict(const Case *c, const Side *a, const Side *b)
{
	const char *target = entry_value(c, "target");
	const char *limit = entry_value(c, "limit");
	double micros = median(a->micros, options.rounds);
	double ratio = median_ratio(a, b);
	bool over = (target && ratio > atof(target)) || (limit && micros > atof(limit));
	char wanted[32] = "-";

	if (target)
		snprintf(wanted, sizeof(wanted), "<=%s", target);
	print_names(c);
	printf(" %10.1f %10.1f %7.2f %8s", micros, median(b->micros, options.rounds), ratio, wanted);
	if (limit)
		printf("  A <= %s us", limit);
	if (target || limit)
		printf("  %s", over ? "over" : "ok");
	putchar('\n');
	fflush(stdout);
	return over;
}

static void
close_side(Side *side)
{
	PQclear(side->params);
	PQfinish(side->conn);
	side->conn = NULL;
}

/* Runs one case from its file to its line of the table. */
static bool
run_case(const char *path)
{
	Case c;
	Side a;
	Side b;
	Mode mode;
	PGconn *control;
	const char *setup;
	bool over;

	load_case(&c, path, options.full ? "full" : options.quick ? "quick" : NULL);
	mode = case_mode(&c);
	required_value(&c, "verify");
	control = open_connection(&c, NULL);
	setup = entry_value(&c, "setup");
	if (setup)
		run_sql(&c, "setup", control, setup);
	open_side(&c, &a, control, 'a');
	open_side(&c, &b, control, 'b');
	prepare_side(&c, &a, mode);
	prepare_side(&c, &b, mode);
	verify(&c, control, &a, &b, mode);
	time_rounds(&c, control, &a, &b, mode);
	over = print_verdict(&c, &a, &b);
	close_side(&a);
	close_side(&b);
	PQfinish(control);
	free(c.text);
	return over;
}

static int
parse_rounds(const char *text)
{
	int rounds = atoi(text);

	if (rounds < 1 || rounds > MAX_ROUNDS)
		die("--rounds must be between 1 and %d", MAX_ROUNDS);
	return rounds;
}

/* Reads the options; returns the index of the first case file. */
static int
parse_arguments(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i++)
	{
		if (strcmp(argv[i], "--quick") == 0)
		{
			options.quick = true;
			options.rounds = 5;
		}
		else if (strcmp(argv[i], "--full") == 0)
			options.full = true;
		else if (strcmp(argv[i], "--strict") == 0)
			options.strict = true;
		else if (strcmp(argv[i], "--verbose") == 0)
			options.verbose = true;
		else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
			options.rounds = parse_rounds(argv[++i]);
		else if (strcmp(argv[i], "--role") == 0 && i + 1 < argc)
			options.role = argv[++i];
		else
			die("unknown option %s", argv[i]);
	}
	if (i == argc)
		die("usage: ashbench [--quick | --full] [--rounds N] [--role NAME] [--strict] [--verbose] "
			"case.sql...");
	return i;
}

/*
 * Runs a case in a process of its own, so that one that dies leaves the others to run.  Returns
 * the exit code of that process: EXIT_OVER when the case is over its target.
 */
static int
run_case_apart(const char *path)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child < 0)
		die("fork: %s", strerror(errno));
	if (child == 0)
		exit(run_case(path) ? EXIT_OVER : EXIT_SUCCESS);
	if (waitpid(child, &status, 0) < 0)
		die("waitpid: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	int i = parse_arguments(argc, argv);
	int over = 0;
	int failed = 0;

	print_heading();
	for (; i < argc; i++)
	{
		int code = run_case_apart(argv[i]);

		over += code == EXIT_OVER;
		failed += code != EXIT_OVER && code != EXIT_SUCCESS;
	}
	if (over > 0)
		printf("%d over target\n", over);
	if (failed > 0)
		die("%d cases failed", failed);
	return over > 0 && options.strict ? EXIT_OVER : EXIT_SUCCESS;
}
