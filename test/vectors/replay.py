#!/usr/bin/python3
"""Replays the recorded vectors against the extension and prints TAP. See README.md."""

import argparse
import glob
import os
import sys
import traceback

import psycopg2

import calls
import generic
import jsonio
import rows as tables
import selftest
from db import Server, Session
from memory import primary_keys
from report import Deviations, Report, read_names, selected
from vectors import Failure, Fixtures, Runner

HERE = os.path.dirname(os.path.abspath(__file__))
NOT_DATA = ("deviations.json",)


class File:
    """One data file: its tests, and the database they run in."""

    def __init__(self, path, options):
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.options = options
        self.data = jsonio.load_file(path)
        self.fixtures = Fixtures(self.data)
        self.vectors = self._choose("", self.data["vectors"])
        found = self.data.get("rows", [])
        self.type_rows = self._choose("rows/", [row for row in found if "input" in row])
        self.expression_rows = self._choose("rows/", [row for row in found if "expr" in row]) \
            + self._choose("filter_rows/", self.data.get("filter_rows", []))
        self.database = f"ash_vectors_{self.name}"
        self.session = None

    def _choose(self, prefix, items):
        """Pairs of test name and item, those that --only wants."""
        named = [(prefix + item["name"], item) for item in items]
        return [(name, item) for name, item in named
                if selected(self.name, name, self.options.only)]

    def __len__(self):
        return len(self.vectors) + len(self.type_rows) + len(self.expression_rows)

    def names(self):
        """Full names of the file's chosen tests."""
        tests = self.vectors + self.type_rows + self.expression_rows
        return {f"{self.name}/{name}" for name, _ in tests}

    def replay(self, server, report):
        """Run everything in a fresh database."""
        try:
            self._prepare(server)
        except (psycopg2.Error, OSError) as problem:
            self._all_fail(report, self.vectors + self.type_rows + self.expression_rows,
                           f"the database cannot be prepared: {str(problem).strip()}")
        else:
            self._replay(report)
        self._clean_up(server)

    def _prepare(self, server):
        """A database with the extension and the functions of the generic actions."""
        server.create_database(self.database)
        self.session = Session(self.database)
        generic.create_functions(self.session)
        if self.options.install:
            with open(self.options.install, encoding="utf-8") as stream:
                self.session.execute(stream.read())
        else:
            self.session.execute("CREATE EXTENSION ash")

    def _clean_up(self, server):
        """Drop the database unless it is to be looked at."""
        if self.session:
            self.session.close()
        if not self.options.keep:
            try:
                server.drop_database(self.database)
            except psycopg2.Error as problem:
                print(f"# {self.database} is left behind: {problem}", file=sys.stderr)

    def _replay(self, report):
        """Define the fixtures with the expression rows; vectors; rows."""
        table = tables.ExpressionTable(self.data) if self.expression_rows else None
        error, refused = self._define(table)
        if error:
            self._all_fail(report, self.vectors + self.expression_rows,
                           f"ash_define of the fixtures of {self.name} failed: {error}")
        else:
            self._replay_vectors(report)
            self._replay_rows(report, table, self.expression_rows, refused)
        if self.type_rows:
            self._replay_types(report)

    def _define(self, table):
        """Define the fixtures; (error, refused rows)."""
        if table is None:
            domains = generic.with_bodies(self.fixtures.domains)
            got = calls.define(self.session, domains)
            return (None if got.kind == "ok" else jsonio.brief(got.value, 3000)), {}
        rows = [row for _, row in self.expression_rows]
        return tables.define_with_rows(self.session, table.documents, rows)

    def _replay_vectors(self, report):
        """The vectors proper."""
        runner = Runner(self.name, self.data, self.session, self.fixtures,
                        primary_keys(self.fixtures.domains))
        for name, vector in self.vectors:
            report.result(self.name, name, attempt(runner.run, vector))
        if runner.static_reads:
            report.comment(f"{self.name}: statically denied reads: {dict(runner.static_reads)}")

    def _replay_types(self, report):
        """The rows of types, in a domain of their own."""
        rows = [row for _, row in self.type_rows]
        table = tables.TypeTable(rows)
        error, refused = tables.define_with_rows(self.session, table.documents, rows)
        if error:
            self._all_fail(report, self.type_rows,
                           f"ash_define of the type rows of {self.name} failed: {error}")
        else:
            self._replay_rows(report, table, self.type_rows, refused)

    def _replay_rows(self, report, table, named_rows, refused):
        """One test for each row."""
        for name, row in named_rows:
            if id(row) in refused:
                problems = attempt(tables.judge_refused, table, row, refused[id(row)])
            else:
                problems = attempt(table.run, self.session, row)
            report.result(self.name, name, problems)

    def _all_fail(self, report, tests, reason):
        """Every test fails for one reason, which is shown once."""
        report.comment(reason)
        for name, _ in tests:
            report.result(self.name, name, ())


def attempt(function, *arguments):
    """None when the test passes, otherwise the lines of its diagnostic."""
    try:
        function(*arguments)
    except Failure as problem:
        return problem.args
    except Exception as problem:  # a fault of the replayer must not end the run
        return (f"the replayer failed: {problem!r}", traceback.format_exc())
    return None


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE",
                        help="data files (default: all beside this program)")
    parser.add_argument("--require", metavar="LIST",
                        help="only failures of the vectors listed in this file count")
    parser.add_argument("--only", metavar="GLOB", help="run the tests of this name only")
    parser.add_argument("--verbose", action="store_true",
                        help="diagnostics of explained deviations too")
    parser.add_argument("--write-passing", metavar="LIST", help="update the list of passing tests")
    parser.add_argument("--install", metavar="SQL",
                        help="run this script instead of CREATE EXTENSION ash")
    parser.add_argument("--keep", action="store_true", help="keep the databases")
    parser.add_argument("--self-test", action="store_true", help="test the comparer, no database")
    return parser.parse_args()


def data_files(options):
    """The data files to replay."""
    found = [_locate(path) for path in options.files] \
        or sorted(glob.glob(os.path.join(HERE, "*.json")))
    return [File(path, options) for path in found if os.path.basename(path) not in NOT_DATA]


def _locate(path):
    """A file as named, or the one beside this program ("read.json", "read")."""
    beside = os.path.join(HERE, os.path.basename(path))
    names = (path, beside, beside + ".json")
    found = next((name for name in names if os.path.isfile(name)), None)
    if found is None:
        sys.exit(f"replay.py: there is no file {path}")
    return found


def not_run(required, files, options):
    """Required names that the replayed files do not have; none when --only leaves some out."""
    if required is None or options.only:
        return []
    known, replayed = set(), {file.name for file in files}
    for file in files:
        known |= file.names()
    mine = [name for name in required if name.split("/")[0] in replayed or not options.files]
    return sorted(name for name in mine if name not in known)


def main():
    """Replay; the exit status."""
    options = arguments()
    if options.self_test:
        return selftest.main()
    required = None if options.require is None else set(read_names(options.require))
    report = Report(Deviations(os.path.join(HERE, "deviations.json")), required, options.verbose)
    files, server = data_files(options), Server()
    print(f"1..{sum(len(file) for file in files)}")
    for file in files:
        if len(file):
            file.replay(server, report)
    if options.write_passing:
        report.write_passing(options.write_passing)
    return report.finish(not_run(required, files, options))


if __name__ == "__main__":
    sys.exit(main())
