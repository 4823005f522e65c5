/*
 * bench/backend.c
 *	  Connections, and the CPU time of the backends behind them.
 */
#define _GNU_SOURCE /* sched_setaffinity */

#include "ashbench.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Dies with the server's own words unless the result is a success.  Returns the result. */
PGresult *
checked(const Case *c, const char *what, PGconn *conn, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		die("%s: %s failed: %s", c->path, what, PQerrorMessage(conn));
	return result;
}

void
run_sql(const Case *c, const char *what, PGconn *conn, const char *sql)
{
	PQclear(checked(c, what, conn, PQexec(conn, sql)));
}

/* Sets what the SQL of a case reads with current_setting('bench....'). */
static void
set_number(const Case *c, PGconn *conn, const char *name, int value)
{
	char text[32];
	const char *params[2];

	snprintf(text, sizeof(text), "%d", value);
	params[0] = name;
	params[1] = text;
	PQclear(checked(c, name, conn,
					PQexecParams(conn, "SELECT pg_catalog.set_config($1, $2, false)", 2, NULL,
								 params, NULL, NULL, 0)));
}

/*
 * Keeps a backend on the first CPU this process may use: two backends that are compared then share
 * what slows that CPU down.  Only an aid; the caller may lack the privilege.
 */
static void
pin_backend(PGconn *conn)
{
	cpu_set_t allowed;
	cpu_set_t first;
	int cpu;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	for (cpu = 0; cpu < CPU_SETSIZE && !CPU_ISSET(cpu, &allowed); cpu++)
		;
	CPU_ZERO(&first);
	CPU_SET(cpu, &first);
	(void) sched_setaffinity(PQbackendPID(conn), sizeof(first), &first);
}

/* Opens a connection whose session prints values the same way for every case. */
PGconn *
open_connection(const Case *c, const char *database)
{
	const char *keywords[] = { "dbname", "application_name", "client_encoding", NULL };
	const char *values[] = { database, "ashbench", "UTF8", NULL };
	const char **from = database ? values : values + 1;
	PGconn *conn = PQconnectdbParams(database ? keywords : keywords + 1, from, 0);

	if (PQstatus(conn) != CONNECTION_OK)
		die("%s", PQerrorMessage(conn));
	pin_backend(conn);
	run_sql(c, "session setup", conn,
			"SET timezone TO 'UTC'; SET client_min_messages TO 'warning'");
	set_number(c, conn, "bench.rows", sized_number(c, "rows", 0));
	set_number(c, conn, "bench.executions", sized_number(c, "executions", 1000));
	return conn;
}

/* Statements are timed as the plain role of the run: a superuser skips half of the checks. */
void
become_caller(const Case *c, PGconn *conn, const char *name)
{
	char *role;
	char sql[256];

	if (name == NULL)
		return;
	role = PQescapeIdentifier(conn, name, strlen(name));
	snprintf(sql, sizeof(sql), "SET ROLE %s", role);
	PQfreemem(role);
	run_sql(c, "SET ROLE", conn, sql);
}

/* Waits until the backend sleeps in its read of the next command, so that its clock stands. */
static void
await_idle(int pid)
{
	static const struct timespec pause = { 0, 20000 };
	char path[64];
	char line[512];
	int tries;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (tries = 0; tries < 1000; tries++)
	{
		FILE *file = fopen(path, "r");
		char *state;

		if (file == NULL)
			die("%s: %s (the driver must run on the server's machine)", path, strerror(errno));
		state = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
		fclose(file);
		if (state != NULL && state[1] == ' ' && state[2] == 'S')
			return;
		nanosleep(&pause, NULL);
	}
}

/* Nanoseconds the backend has been on a CPU since it started. */
double
backend_cpu(PGconn *conn)
{
	int pid = PQbackendPID(conn);
	char path[64];
	FILE *file;
	unsigned long long nanos;

	await_idle(pid);
	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	file = fopen(path, "r");
	if (file == NULL)
		die("%s: %s", path, strerror(errno));
	if (fscanf(file, "%llu", &nanos) != 1 || nanos == 0)
		die("%s: no on-CPU time in it (is the kernel built with scheduler statistics?)", path);
	fclose(file);
	return (double) nanos;
}

/* Makes the database that a side wants for itself. */
void
create_database(const Case *c, PGconn *control, const char *database)
{
	char *name = PQescapeIdentifier(control, database, strlen(database));
	char sql[256];

	snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS %s", name);
	run_sql(c, sql, control, sql);
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'", name);
	run_sql(c, sql, control, sql);
	PQfreemem(name);
}
