"""Vectors: a file's fixtures, set-up, steps, and which recorded outcome is ours."""

from collections import Counter

import calls
import holes
import outcome
from compare import Matcher, Mismatch
from jsonio import brief
from memory import Memory, UnknownReference

MAPS = ("map", "keyword", "tuple", "struct")


class Failure(Exception):
    """A vector failed; args are the lines of the diagnostic."""


class Fixtures:
    """What replaying needs to know about a file's definition documents."""

    def __init__(self, data):
        self.domains = list(data["fixtures"].values())
        self.schemas = [domain.get("schema", domain["domain"]) for domain in self.domains]
        self.exact_keys = _map_attributes(self.domains)


def _map_attributes(domains):
    """Attributes that hold maps everywhere, so that nothing else may be in them."""
    kinds = {}
    for domain in domains:
        for resource in domain.get("resources", {}).values():
            for name, spec in resource.get("attributes", {}).items():
                text = spec if isinstance(spec, str) else str(spec.get("type", ""))
                kinds.setdefault(name, set()).add(text.split("[")[0] in MAPS)
            for name in resource.get("relationships", {}):
                kinds.setdefault(name, set()).add(False)
    return frozenset(name for name, found in kinds.items() if found == {True})


def steps_of_setup(vector, data):
    """The set-up steps: the vector's own or a shared list."""
    setup = vector.get("setup", [])
    return data["setups"][setup] if isinstance(setup, str) else setup


def wanted(step, hole=None):
    """Acceptable outcomes of a step, label -> outcome; the first is the one to show."""
    if hole is not None:
        return {"ours": hole}
    head = step.get("head_expect")
    found = {"head": head} if head and "crashes" not in head else {"expect": step["expect"]}
    if "expect_when_static_reads_filtered" in step:
        found["static reads filtered"] = step["expect_when_static_reads_filtered"]
    return found


class Runner:
    """Replays the vectors of one file over one session."""

    def __init__(self, file, data, session, fixtures, keys):
        self.file = file
        self.data = data
        self.session = session
        self.fixtures = fixtures
        self.keys = keys
        self.static_reads = Counter()

    def run(self, vector):
        """Replay one vector; raises Failure."""
        memory = Memory(self.keys)
        self.session.truncate(self.fixtures.schemas)
        for number, step in enumerate(steps_of_setup(vector, self.data), 1):
            self._set_up(step, memory, number)
        for index, step in enumerate(vector["steps"]):
            self._step(vector, index, step, memory)

    def _set_up(self, step, memory, number):
        """A set-up step has to succeed, a bulk one for every input."""
        got = _run(self.session, step, memory, f"setup {number}")
        bulk = step["call"].startswith("bulk_")
        if got.kind != "ok" or bulk and (got.value or {}).get("status") != "success":
            raise Failure(f"setup {number}: {describe(step)} failed", f"got: {brief(got.value)}")
        self._save(step, got, memory)

    def _step(self, vector, index, step, memory):
        """Run a step and compare."""
        got = _run(self.session, step, memory, f"step {index + 1}")
        choices = wanted(step, holes.override(self.file, vector["name"], index))
        unordered = vector.get("head_differs", False) and step["call"] in ("create", "update")
        matched, problem = self._choose(choices, got, step, memory, unordered)
        if matched is None:
            raise Failure(*self._diagnose(index, step, choices, got, problem, memory, unordered))
        if "static reads filtered" in choices:
            self.static_reads[matched] += 1
        self._save(step, got, memory)

    def _choose(self, choices, got, step, memory, unordered):
        """(label of the first choice that matches or None, difference to the first choice)."""
        first = None
        for label, expected in choices.items():
            try:
                outcome.match(expected, got, step,
                              Matcher(memory, self.fixtures.exact_keys, unordered))
                return label, None
            except (Mismatch, UnknownReference) as difference:
                first = first or difference
        return None, first

    def _diagnose(self, index, step, choices, got, problem, memory, unordered):
        """Lines that say what went wrong in a step."""
        lines = [f"step {index + 1}: {describe(step)}"]
        if got.kind != "broken":
            lines.append(f"difference: {problem}")
        lines += [f"expected: {brief(next(iter(choices.values())))}",
                  f"got: {brief(outcome.shown(got))}"]
        if "head" in choices:
            old = {"expect": step["expect"]}
            if self._choose(old, got, step, memory, unordered)[0]:
                lines.append("this is what 3.4.8 gives (expect)")
        return lines

    @staticmethod
    def _save(step, got, memory):
        """Remember a result under the step's name."""
        if "save_as" in step and got.kind == "ok":
            memory.save(step["save_as"], step["resource"], outcome.result_of(got.value, step))


def _run(session, step, memory, where):
    """Run a step whose references must be known."""
    try:
        return calls.run(session, step, memory)
    except UnknownReference as problem:
        raise Failure(f"{where}: {describe(step)}", str(problem)) from problem


def describe(step):
    """A step as one readable line."""
    parts = [step["call"], step["resource"]]
    parts += [step[key] for key in ("action", "calculation") if step.get(key)]
    for key in ("input", "options"):
        if step.get(key):
            parts.append(f"{key} {brief(step[key], 300)}")
    return " ".join(parts)
