"""TAP output, the list of vectors that must pass, and the explained deviations."""

import fnmatch
import os

import jsonio


class Deviations:
    """deviations.json: a list of {"file", "name", "reason"}; file and name may be globs."""

    def __init__(self, path):
        self.entries = jsonio.load_file(path) if os.path.exists(path) else []

    def reason(self, file, name):
        """Why this vector may fail, or None."""
        return next((entry["reason"] for entry in self.entries
                     if _glob(file, entry["file"]) and _glob(name, entry["name"])), None)


def _glob(text, pattern):
    """fnmatch, but a pattern that is the text itself matches in spite of its brackets."""
    return text == pattern or fnmatch.fnmatchcase(text, pattern)


def selected(file, name, pattern):
    """Does --only choose this test? The pattern is matched with and without the file."""
    return pattern is None or _glob(f"{file}/{name}", pattern) or _glob(name, pattern)


def read_names(path):
    """Names in a passing list, in order; lines that begin with # are comments."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as stream:
        lines = [line.strip() for line in stream]
    return [line for line in lines if line and not line.startswith("#")]


class Report:
    """Prints one line a test and counts. `required` is None or the names that must pass."""

    def __init__(self, deviations, required=None, verbose=False):
        self.deviations = deviations
        self.required = required
        self.verbose = verbose
        self.number = 0
        self.passed = []
        self.failed = []
        self.deviating = []
        self.unexpected = []

    def result(self, file, name, problems):
        """Report one test: `problems` is None or the lines of its diagnostic."""
        full, reason = f"{file}/{name}", self.deviations.reason(file, name)
        must = self.required is not None and full in self.required
        self.number += 1
        line = f"{'ok' if problems is None else 'not ok'} {self.number} - {_escape(full)}"
        if reason is not None and not must:
            line += f" # TODO deviation: {reason}"
        print(line)
        if problems is None:
            self.passed.append(full)
            if reason is not None:
                self.unexpected.append(full)
                self.comment("passes although it is listed in deviations.json")
        elif reason is not None and not must:
            self.deviating.append(full)
            if self.verbose:
                self.comment(*problems)
        else:
            self.failed.append(full)
            self.comment(*problems)

    @staticmethod
    def comment(*lines):
        """Diagnostic lines."""
        for text in lines:
            for line in str(text).splitlines():
                print(f"#   {line}", flush=True)

    def finish(self, not_run=()):
        """Print the summary; the exit status. `not_run`: required names that do not exist."""
        failed = self.failed
        if self.deviating:
            print(f"# {len(self.deviating)} explained deviations")
        if self.unexpected:
            print(f"# {len(self.unexpected)} pass although listed in deviations.json: "
                  + ", ".join(self.unexpected))
        if self.required is not None:
            failed = [name for name in self.failed if name in self.required]
            print(f"# {len(self.failed) - len(failed)} not yet passing")
            for name in not_run:
                print(f"# required, but there is no such vector: {name}")
        count = len(failed) + len(not_run)
        print(f"{len(self.passed)} passed, {count} failed", flush=True)
        return 1 if count else 0

    def write_passing(self, path):
        """Write the names that passed; names of tests that were not run stay as they were."""
        run = set(self.passed) | set(self.failed) | set(self.deviating)
        names = {name for name in read_names(path) if name not in run} | set(self.passed)
        with open(path, "w", encoding="utf-8") as stream:
            stream.writelines(f"{name}\n" for name in sorted(names))


def _escape(text):
    """A test's description must not hold a bare #."""
    return text.replace("\\", "\\\\").replace("#", "\\#").replace("\n", "\\n")
