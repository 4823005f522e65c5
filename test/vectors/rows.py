"""Tables of rows: types (one generated resource a row) and expressions (one calculation and two
read actions a row, on the resource of the one recorded row).

A table knows its rows' pieces of definition; `define_with_rows` defines them all at once, and
when that is refused finds the rows at fault by trying each alone in a rolled-back transaction.
"""

import copy

import calls
import outcome
from compare import Matcher, Mismatch
from jsonio import brief
from memory import Memory
from vectors import Failure

ATTRIBUTE = "v"
# Expression rows where the framework's own evaluator is wrong: only its SQL result counts.
ONLY_SQL_IS_RIGHT = ("and_cmp_null_false", "concat_ci")
# Attributes of the row of newer.json, which has no resource of its own; null ones are not in it.
NEWER_ROW = {
    "id": "uuid_primary_key", "s": "string", "pct": "string", "ci": "ci_string", "i": "integer",
    "neg": "integer", "lst": "string[]", "dayl": "date", "dtu": "utc_datetime_usec",
    "dtu31": "utc_datetime_usec", "ns": "string", "ns2": "string", "ni": "integer",
    "nlst": "string[]",
}


class TypeTable:
    """Rows of {name, type, constraints, input, expect}."""

    domain = "rowtypes"

    def __init__(self, rows):
        self.names = {row["name"]: f"r{number}" for number, row in enumerate(rows)}

    def documents(self, rows):
        """A domain with a resource for each row."""
        return [{"domain": self.domain,
                 "resources": {self.names[row["name"]]: self._resource(row) for row in rows}}]

    @staticmethod
    def _resource(row):
        """A resource with one attribute of the row's type."""
        attribute = {"type": row["type"], "public": True}
        if "constraints" in row:
            attribute["constraints"] = row["constraints"]
        return {"attributes": {"id": "uuid_primary_key", ATTRIBUTE: attribute},
                "actions": {"defaults": ["read", {"create": [ATTRIBUTE]}]}}

    def run(self, session, row):
        """Create a record with the row's input."""
        step = {"call": "create", "resource": f"{self.domain}.{self.names[row['name']]}",
                "input": {ATTRIBUTE: row["input"]}}
        got = calls.run(session, step, Memory({}))
        if got.kind == "ok" and isinstance(got.value, dict):
            got = got._replace(value=got.value.get(ATTRIBUTE, "(absent)"))
        compare_row(_type_expectations(row), got, step)


def _type_expectations(row):
    """What a type row may give: the newer outcome, and for atoms also the one_of message."""
    found = [_with_attribute(row.get("head_expect") or row["expect"])]
    if "atom" in str(row["type"]) and "error" in found[0]:
        other = copy.deepcopy(found[0])
        for error in other["error"]["errors"]:
            if error["message"] == "is invalid":
                error["message"] = "atom must be one of {{list}}"
        found.append(other)
    return found


def _with_attribute(value):
    """Replace "$self" by the attribute's name."""
    if isinstance(value, dict):
        return {key: _with_attribute(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_attribute(item) for item in value]
    return value.replace("$self", ATTRIBUTE) if isinstance(value, str) else value


class ExpressionTable:
    """Rows of {name, type, expr, expect, in_memory} and filter rows over one record."""

    def __init__(self, data):
        self.row = data["row"]
        self.base = list(data["fixtures"].values())
        self.domain = next((domain for domain in self.base if self._home(domain)), None)
        if self.domain is None:
            self.domain = _row_domain(self.row)
            self.base.append(self.domain)
        self.resource = self._home(self.domain)
        self.created = None

    def _home(self, domain):
        """Name of the resource that has all attributes of the row."""
        return next((name for name, resource in domain["resources"].items()
                     if set(self.row) <= set(resource.get("attributes", {}))), None)

    @property
    def address(self):
        """domain.resource"""
        return f"{self.domain['domain']}.{self.resource}"

    def documents(self, rows):
        """The file's domains with the rows' calculations and read actions added."""
        documents = copy.deepcopy(self.base)
        target = documents[self.base.index(self.domain)]["resources"][self.resource]
        for row in rows:
            if "kept" in row:
                target["actions"].update({
                    f"f_{row['name']}": {"type": "read", "filter": row["expr"]},
                    f"nf_{row['name']}": {"type": "read", "filter": f"not ({row['expr']})"}})
            else:
                target.setdefault("calculations", {})[calculation_of(row)] = {
                    "type": row["type"], "expr": row["expr"], "public": True}
        return documents

    def run(self, session, row):
        """Evaluate a row; both back ends have to agree."""
        self._create(session)
        if "kept" in row:
            self._run_filter(session, row)
            return
        step = {"call": "read", "resource": self.address,
                "options": {"load": [calculation_of(row)], "authorize": False}}
        in_sql = _loaded(calls.run(session, step, Memory({})), row)
        compare_row(_expression_expectations(row), in_sql, step, f"in SQL, {row['expr']}")
        if session.defined("ash_calculate"):
            self._run_in_memory(session, row, in_sql)

    def _run_in_memory(self, session, row, in_sql):
        """The same without a record."""
        attributes = self.domain["resources"][self.resource]["attributes"]
        refs = {name: self.row.get(name) for name in attributes if name not in ("id", "name")}
        step = {"call": "calculate", "resource": self.address, "input": {},
                "calculation": calculation_of(row), "options": {"refs": refs}}
        in_memory = calls.run(session, step, Memory({}))
        compare_row(_expression_expectations(row), in_memory, step, f"in memory, {row['expr']}")
        if not outcome.same_results(in_sql, in_memory):
            raise Failure(f"the back ends disagree about {row['expr']}",
                          f"in SQL: {brief(in_sql.value)}", f"in memory: {brief(in_memory.value)}")

    def _run_filter(self, session, row):
        """Does the filter keep the record, and does its negation?"""
        for prefix, key in (("f_", "kept"), ("nf_", "kept_by_not")):
            step = {"call": "read", "resource": self.address, "action": prefix + row["name"],
                    "options": {"authorize": False}}
            got = calls.run(session, step, Memory({}))
            if got.kind == "ok" and isinstance(got.value, list):
                got = got._replace(value=bool(got.value))
            compare_row([{"ok": row[key]}], got, step, f"{key}: {row['expr']}")

    def _create(self, session):
        """The one record, once."""
        if self.created is None:
            step = {"call": "create", "resource": self.address, "input": self.row}
            self.created = calls.run(session, step, Memory({}))
        if self.created.kind != "ok":
            raise Failure("the row cannot be created", f"got: {brief(self.created.value)}")


def calculation_of(row):
    """Name of a row's calculation: prefixed, so that it is no keyword, function or attribute."""
    return "c_" + row["name"].replace(".", "_")


def _row_domain(row):
    """A domain for a row that has no resource in the fixtures."""
    missing = set(row) - set(NEWER_ROW)
    if missing:
        raise ValueError(f"rows.py does not know the type of {sorted(missing)}")
    return {"domain": "rowexprs", "resources": {"x": {
        "attributes": dict(NEWER_ROW), "actions": {"defaults": ["read", {"create": list(row)}]}}}}


def _expression_expectations(row):
    """The outcomes a row may have."""
    names = ["head_expect", "expect"]
    if row["name"].split(".")[-1] not in ONLY_SQL_IS_RIGHT:
        names += ["in_memory", "head_in_memory"]
    return [row[name] for name in names if name in row]


def _loaded(got, row):
    """The calculation's value in the only record read."""
    if got.kind != "ok":
        return got
    if not isinstance(got.value, list) or len(got.value) != 1:
        raise Failure("one record expected", f"got: {brief(got.value)}")
    return got._replace(value=got.value[0].get(calculation_of(row), "(absent)"))


def compare_row(choices, got, step, what=""):
    """Raise Failure unless one of the outcomes matches entirely."""
    first = None
    for expected in choices:
        try:
            if "ok" in expected and got.kind == "ok":
                Matcher(None).value(expected["ok"], got.value, exact=True)
            else:
                outcome.match(expected, got, step, Matcher(None))
            return
        except Mismatch as difference:
            first = first or difference
    lines = [f"{what or step['call']}: {first}", "expected: " + " or ".join(map(brief, choices)),
             f"got: {brief(outcome.shown(got))}"]
    raise Failure(*([f"input: {brief(step['input'])}"] if not what else []), *lines)


def define_with_rows(session, documents, rows):
    """Define `documents(rows)`: (error text or None, id() of a refused row -> its Outcome)."""
    got = calls.define(session, documents(rows))
    if got.kind == "ok" or not rows:
        return (None if got.kind == "ok" else brief(got.value, 3000)), {}
    bad = {id(row): problem for row in rows
           if (problem := _try_alone(session, documents, row)) is not None}
    good = [row for row in rows if id(row) not in bad]
    again = calls.define(session, documents(good)) if bad else got
    if again.kind != "ok":
        return brief(again.value, 3000), {}
    return None, bad


def _try_alone(session, documents, row):
    """Is the row refused without the others? Leaves nothing behind."""
    session.execute("BEGIN")
    got = calls.define(session, documents([row]))
    session.execute("ROLLBACK")
    return None if got.kind == "ok" else got


def judge_refused(table, row, refusal):
    """A row refused by ash_define is right only when an error was expected."""
    expectations = [] if "kept" in row else [row.get("head_expect") or row["expect"]]
    if isinstance(table, ExpressionTable) and refusal.kind == "error" \
            and any("error" in expected for expected in expectations):
        return
    raise Failure("ash_define refuses this row", f"got: {brief(refusal.value)}")
