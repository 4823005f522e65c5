"""The database side: fresh databases, one autocommit session, calls that never raise."""

import time

import psycopg2
from psycopg2 import sql

import jsonio
from outcome import Outcome

STATEMENT_TIMEOUT = "60s"
RECOVERY_SECONDS = 60
INTERNAL_ERROR = "XX000"


class Server:
    """Creates and drops databases; where to connect is libpq's business (PGHOST, PGUSER, ...)."""

    def create_database(self, name):
        """A fresh, empty database with a C.UTF-8 locale."""
        self.drop_database(name)
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' "
                          "LOCALE 'C.UTF-8'").format(sql.Identifier(name)))

    def drop_database(self, name):
        """Drop it when it exists, with whoever is connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @staticmethod
    def _run(statement):
        """Run one statement outside a transaction, waiting for a recovering server."""
        connection = connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()


def connect(**options):
    """An autocommit connection; retried while the server recovers from a crash."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            connection = psycopg2.connect("", application_name="ash vectors", **options)
            break
        except psycopg2.OperationalError as problem:
            if "recovery mode" not in str(problem) and "starting up" not in str(problem):
                if "server closed the connection" not in str(problem):
                    raise
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    connection.autocommit = True
    return connection


class Session:
    """One connection to one database. Every statement is its own transaction."""

    def __init__(self, database):
        self.database = database
        self.connection = None
        self._reconnect()

    def _reconnect(self):
        """Connect (again); the settings of a session are made here."""
        self.close()
        self.connection = connect(dbname=self.database)
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_catalog.set_config('statement_timeout', %s, false)",
                           (STATEMENT_TIMEOUT,))

    def close(self):
        """Close the connection if there is one."""
        if self.connection is not None and not self.connection.closed:
            self.connection.close()

    def execute(self, statement, parameters=None):
        """Run a statement that must work; its rows, or an empty list. Raises psycopg2.Error."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def call(self, statement, parameters, decode=jsonio.loads):
        """Run a call of the extension and say what came of it."""
        try:
            rows = self.execute(statement, parameters)
        except psycopg2.Error as problem:
            return self._failure(problem)
        text = rows[0][0] if rows else None
        try:
            return Outcome("ok", None if text is None else decode(text))
        except ValueError as problem:
            return Outcome("broken", f"the result is not JSON ({problem}): {text[:200]}")

    def _failure(self, problem):
        """An exception as an outcome; a lost connection is opened again."""
        if self.connection.closed:
            self._reconnect()
            return Outcome("broken", f"connection lost: {str(problem).strip()}")
        text = f"SQLSTATE {problem.pgcode}: {str(problem).strip()}"
        document = _document(problem.diag.message_detail)
        if document is None or problem.pgcode == INTERNAL_ERROR:
            return Outcome("broken", text)
        return Outcome("error", document)

    def defined(self, function):
        """Does a function of this name exist where calls look for it?"""
        return bool(self.execute("SELECT 1 FROM pg_catalog.pg_proc WHERE proname = %s "
                                 "AND pg_catalog.pg_function_is_visible(oid) LIMIT 1",
                                 (function,)))

    def truncate(self, schemas):
        """Empty all tables of the schemas and restart their sequences."""
        rows = self.execute(
            "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c "
            "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = ANY (%s)",
            (list(schemas),))
        if rows:
            tables = sql.SQL(", ").join(sql.Identifier(*row) for row in rows)
            self.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))


def _document(detail):
    """The error document in an exception's DETAIL, or None."""
    try:
        document = jsonio.loads(detail or "")
    except ValueError:
        return None
    if isinstance(document, dict) and "class" in document and \
            isinstance(document.get("errors"), list):
        return document
    return None
