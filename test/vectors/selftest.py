"""Proves the comparer: cases that must match and cases that must not.

Every case is (name, should match, expected outcome, what was got, step). The step's call and
options decide how an outcome is read; references are to the record saved as "t1".
"""

import datetime
import decimal

import outcome
from compare import Matcher, Mismatch
from jsonio import dumps, loads
from memory import Memory
from outcome import Outcome
from report import Deviations, selected
from spelling import plain
from vectors import wanted

UUID = "00000000-0000-4000-8000-00000000000a"
NOW = datetime.datetime.now(datetime.timezone.utc).isoformat()
LATER = (datetime.datetime.now(datetime.timezone.utc)
         + datetime.timedelta(seconds=1)).isoformat()
READ = {"call": "read", "resource": "d.r", "options": {}}
CREATE = {"call": "create", "resource": "d.r", "options": {}}
DESTROY = {"call": "destroy", "resource": "d.r", "options": {}}
BULK = {"call": "bulk_create", "resource": "d.r", "options": {}}
SORTED = {"call": "bulk_create", "resource": "d.r", "options": {"sorted": True}}
NOTIFY = {"call": "create", "resource": "d.r", "options": {"return_notifications": True}}
UNORDERED = {"call": "update", "resource": "d.r", "options": {}, "unordered": True}


def number(text):
    """A JSON number as the replayer reads it."""
    return loads(text)


def error(code="required", message="attribute a is required", kind="invalid", **more):
    """An error document with one error."""
    return {"class": kind, "errors": [dict(code=code, field="a", path=[], message=message,
                                           **more)]}


def errors(*fields):
    """An error document with an error for each field."""
    return {"class": "invalid", "errors": [
        {"code": "required", "field": field, "path": [], "message": "m"} for field in fields]}


def message(recorded, printed):
    """A case of two spellings of a message."""
    return {"error": error(message=recorded)}, Outcome("error", error(message=printed))


def ok(value):
    """A successful outcome."""
    return Outcome("ok", value)


VALUES = [
    ("subset of a record", True, {"ok": {"a": 1}}, ok({"a": 1, "b": 2}), CREATE),
    ("other value", False, {"ok": {"a": 1}}, ok({"a": 2}), CREATE),
    ("absent is not null", False, {"ok": {"a": None}}, ok({}), CREATE),
    ("true is not 1", False, {"ok": {"a": 1}}, ok({"a": True}), CREATE),
    ("1 is not true", False, {"ok": {"a": True}}, ok({"a": 1}), CREATE),
    ("text is not a number", False, {"ok": {"a": 1}}, ok({"a": "1"}), CREATE),
    ("false is not null", False, {"ok": {"a": None}}, ok({"a": False}), CREATE),
    ("float within tolerance", True, {"ok": number("0.1")}, ok(number("0.1000000000000000055")),
     READ),
    ("float outside tolerance", False, {"ok": number("0.1")}, ok(number("0.1000001")), READ),
    ("decimal of another scale", True, {"ok": {"$decimal": "1.50"}}, ok(number("1.5")), READ),
    ("decimal differs in digit 20", False, {"ok": {"$decimal": "1.50"}},
     ok(number("1.50000000000000000001")), READ),
    ("decimal as text", False, {"ok": {"$decimal": "1.5"}}, ok("1.5"), READ),
    ("map holds another key", False, {"ok": {"map": {"k": 1}}}, ok({"map": {"k": 1, "x": 2}}),
     CREATE),
    ("loaded record holds another key", True, {"ok": {"rel": {"k": 1}}},
     ok({"rel": {"k": 1, "x": 2}}), CREATE),
    ("list order", False, {"ok": [1, 2]}, ok([2, 1]), READ),
    ("list length", False, {"ok": [1]}, ok([1, 1]), READ),
    ("empty list is not null", False, {"ok": []}, ok(None), READ),
    ("base64", True, {"ok": {"$base64": "AQI="}}, ok("AQI="), READ),
    ("other bytes", False, {"ok": {"$base64": "AQI="}}, ok("AQM="), READ),
    ("union", True, {"ok": {"$union": {"type": "int", "value": 1}}},
     ok({"type": "int", "value": 1}), READ),
    ("union of another member", False, {"ok": {"$union": {"type": "str", "value": "1"}}},
     ok({"type": "int", "value": 1}), READ),
    ("union value holds another key", False, {"ok": {"$union": {"type": "m", "value": {"k": 1}}}},
     ok({"type": "m", "value": {"k": 1, "x": 2}}), READ),
    ("loaded list in another order", False, {"ok": {"rel": [{"k": 1}, {"k": 2}]}},
     ok({"rel": [{"k": 2}, {"k": 1}]}), READ),
    ("a foreign exception is no result", False, {"ok": "x"}, Outcome("broken", "x"), READ),
    ("managed list in any order", True, {"ok": {"rel": [{"k": 1}, {"k": 2}]}},
     ok({"rel": [{"k": 2}, {"k": 1}]}), UNORDERED),
    ("managed list with another item", False, {"ok": {"rel": [{"k": 1}, {"k": 1}]}},
     ok({"rel": [{"k": 2}, {"k": 1}]}), UNORDERED),
    ("string that looks like a time", False, {"ok": "2020-02-29"}, ok("2020-02-30"), READ),
]

FIELDS = [
    ("not loaded", True, {"ok": {"a": {"$not_loaded": True}}}, ok({"b": 1}), READ),
    ("not loaded but there", False, {"ok": {"a": {"$not_loaded": True}}}, ok({"a": None}), READ),
    ("masked", True, {"ok": {"a": {"$forbidden": True}}}, ok({"a": None, "_forbidden": ["a"]}),
     READ),
    ("null but not masked", False, {"ok": {"a": {"$forbidden": True}}}, ok({"a": None}), READ),
    ("masked but leaked", False, {"ok": {"a": {"$forbidden": True}}},
     ok({"a": 1, "_forbidden": ["a"]}), READ),
    ("null expected, masked got", False, {"ok": {"a": None}},
     ok({"a": None, "_forbidden": ["a"]}), READ),
    ("upsert skipped", True, {"ok": {"$upsert_skipped": True}}, ok({"_upsert_skipped": True}),
     CREATE),
    ("upsert not skipped", False, {"ok": {"$upsert_skipped": True}}, ok({}), CREATE),
    ("any uuid", True, {"ok": {"$any": "uuid"}}, ok(UUID), READ),
    ("not a uuid", False, {"ok": {"$any": "uuid"}}, ok(UUID[:-1]), READ),
    ("timestamp about now", True, {"ok": {"$any": "timestamp"}}, ok(NOW), READ),
    ("timestamp long ago", False, {"ok": {"$any": "timestamp"}}, ok("2020-01-01T00:00:00Z"),
     READ),
    ("same instant twice", True, {"ok": {"a": {"$any": "timestamp", "same": "t"},
                                         "b": {"$any": "timestamp", "same": "t"}}},
     ok({"a": NOW, "b": NOW}), READ),
    ("different instants", False, {"ok": {"a": {"$any": "timestamp", "same": "t"},
                                          "b": {"$any": "timestamp", "same": "t"}}},
     ok({"a": NOW, "b": LATER}), READ),
    ("reference", True, {"ok": {"id": {"$ref": "t1.id"}}}, ok({"id": UUID}), READ),
    ("another id", False, {"ok": {"id": {"$ref": "t1.id"}}}, ok({"id": UUID[:-1] + "b"}), READ),
    ("instants of another precision", True, {"ok": "2020-02-29T10:00:00.000000Z"},
     ok("2020-02-29T10:00:00Z"), READ),
    ("instants of another zone", True, {"ok": "2020-02-29T10:00:00Z"},
     ok("2020-02-29T12:00:00+02:00"), READ),
    ("instants that differ", False, {"ok": "2020-02-29T10:00:00Z"},
     ok("2020-02-29T10:00:00.000001Z"), READ),
    ("time of day of another precision", True, {"ok": "10:20:30.000000"}, ok("10:20:30"), READ),
    ("time of day without seconds", False, {"ok": "10:20:00"}, ok("10:20"), READ),
    ("another time of day", False, {"ok": "10:20:30"}, ok("10:20:31"), READ),
    ("naive is no instant", False, {"ok": "2020-02-29T10:00:00"}, ok("2020-02-29T10:00:00Z"),
     READ),
]

ERRORS = [
    ("errors in another order", True, {"error": errors("a", "b")},
     Outcome("error", errors("b", "a")), CREATE),
    ("an error too few", False, {"error": errors("a", "b")}, Outcome("error", errors("a")),
     CREATE),
    ("an error too many", False, {"error": errors("a")}, Outcome("error", errors("a", "a")),
     CREATE),
    ("one error twice is not two", False, {"error": errors("a", "b")},
     Outcome("error", errors("a", "a")), CREATE),
    ("other code", False, {"error": error()}, Outcome("error", error("invalid_attribute")),
     CREATE),
    ("other class", False, {"error": error()}, Outcome("error", error(kind="forbidden")), CREATE),
    ("class unknown: any error of ours", True, {"error": error("unknown_error", kind="unknown")},
     Outcome("error", error()), CREATE),
    ("class unknown, but it works", False, {"error": error("unknown_error", kind="unknown")},
     ok({}), CREATE),
    ("a foreign exception", False, {"error": error("unknown_error", kind="unknown")},
     Outcome("broken", "SQLSTATE XX000"), CREATE),
    ("ok instead of an error", False, {"error": error()}, ok({}), CREATE),
    ("error instead of ok", False, {"ok": {}}, Outcome("error", error()), CREATE),
    ("path", False, {"error": error()},
     Outcome("error", {"class": "invalid", "errors": [
         {"code": "required", "field": "a", "path": [0], "message": "attribute a is required"}]}),
     CREATE),
    ("vars only one side has", True, {"error": error(vars={"max": 1})},
     Outcome("error", error(vars={"min": 2})), CREATE),
    ("vars that differ", False, {"error": error(vars={"max": 1})},
     Outcome("error", error(vars={"max": 2})), CREATE),
    ("regex in vars", True, {"error": error(vars={"regex": "~r/^x/"})},
     Outcome("error", error(vars={"regex": "^x"})), CREATE),
    ("fields in any order", True,
     {"error": {"class": "invalid", "errors": [
         {"code": "c", "fields": ["a", "b"], "path": [], "message": "m"}]}},
     Outcome("error", {"class": "invalid", "errors": [
         {"code": "c", "fields": ["b", "a"], "path": None, "message": "m"}]}), CREATE),
    ("other fields", False,
     {"error": {"class": "invalid", "errors": [
         {"code": "c", "fields": ["a", "b"], "path": [], "message": "m"}]}},
     Outcome("error", {"class": "invalid", "errors": [
         {"code": "c", "fields": ["a"], "path": [], "message": "m"}]}), CREATE),
]

TEXTS = [
    ("white space", True, *message("No such input\n\n* a\n\n", "No such input\n* a"), CREATE),
    ("equality", True, *message('title == "ok"', 'title = "ok"'), CREATE),
    ("atom", True, *message("got: :pending", "got: pending"), CREATE),
    ("another atom", False, *message("got: :pending", "got: open"), CREATE),
    ("regex", True, *message("must match ~r/@/", 'must match "@"'), CREATE),
    ("quoted regex", True, *message('the pattern "~r/^[a-z]+$/"', 'the pattern "^[a-z]+$"'),
     CREATE),
    ("another regex", False, *message("must match ~r/@/", 'must match "x"'), CREATE),
    ("nil", True, *message("must equal nil", "must equal null"), CREATE),
    ("question mark", True, *message("`writable?: false`", "`writable: false`"), CREATE),
    ("keyword list", True, *message("[limit: -1] is bad", '{"limit": -1} is bad'), CREATE),
    ("map", True, *message('`%{"x" => 1}`', '`{"x": 1}`'), CREATE),
    ("message list", True, *message('int: [[message: "at most %{max}", max: 10]]',
                                    'int: "at most 10"'), CREATE),
    ("other bound in it", False, *message('int: [[message: "at most %{max}", max: 10]]',
                                          'int: "at most 11"'), CREATE),
    ("opaque part", True, *message("filter: {{filter}}", "filter: id = 1\nand b"), CREATE),
    ("text before an opaque part", False, *message("filter: {{filter}}", "query: x"), CREATE),
    ("reference in text", True, *message('id: "{{t1.id}}"', f'id: "{UUID}"'), CREATE),
    ("other reference in text", False, *message('id: "{{t1.id}}"', 'id: "x"'), CREATE),
    ("pattern characters are text", False, *message("a.c", "abc"), CREATE),
]

ENVELOPES = [
    ("destroy gives null", True, {"ok": True}, ok(None), DESTROY),
    ("destroy gives a record", False, {"ok": True}, ok({"id": 1}), DESTROY),
    ("create gives null", False, {"ok": True}, ok(None), CREATE),
    ("page", True, {"ok": {"page": "offset", "results": [{"a": 1}], "count": None}},
     ok({"page": "offset", "results": [{"a": 1, "_keyset": "x"}]}), READ),
    ("page with more results", False, {"ok": {"page": "offset", "results": [], "more": False}},
     ok({"page": "offset", "results": [{}], "more": False}), READ),
    ("page that should have more", False, {"ok": {"page": "offset", "results": [], "more": True}},
     ok({"page": "offset", "results": [], "more": False}), READ),
    ("bulk records unsorted", True, {"ok": {"status": "success", "records": [{"a": 1}, {"a": 2}]}},
     ok({"status": "success", "records": [{"a": 2}, {"a": 1}]}), BULK),
    ("bulk records sorted", False, {"ok": {"status": "success", "records": [{"a": 1}, {"a": 2}]}},
     ok({"status": "success", "records": [{"a": 2}, {"a": 1}]}), SORTED),
    ("bulk status", False, {"ok": {"status": "success"}}, ok({"status": "error"}), BULK),
    ("bulk errors in any order", True, {"ok": {"errors": [errors("a"), errors("b")]}},
     ok({"errors": [errors("b"), errors("a")]}), BULK),
    ("bulk errors for another field", False, {"ok": {"errors": [errors("a")]}},
     ok({"errors": [errors("b")]}), BULK),
    ("no records asked, none there", True, {"ok": {"status": "error", "records": []}},
     ok({"status": "error", "records": None}), BULK),
    ("notifications", True,
     {"ok": {"a": 1}, "notifications": [{"action": "x", "actor": False, "metadata": {}}]},
     ok({"result": {"a": 1}, "notifications": [{"action": "x", "actor": None}]}), NOTIFY),
    ("notification with an actor", False,
     {"ok": {"a": 1}, "notifications": [{"action": "x", "actor": False}]},
     ok({"result": {"a": 1}, "notifications": [{"action": "x", "actor": {"id": 1}}]}), NOTIFY),
    ("notifications missing", False, {"ok": {"a": 1}, "notifications": [{"action": "x"}]},
     ok({"result": {"a": 1}}), NOTIFY),
]

CASES = VALUES + FIELDS + ERRORS + TEXTS + ENVELOPES


def _matches(expected, got, step):
    """Does the comparer accept it?"""
    memory = Memory({"d.r": ["id"]})
    memory.save("t1", "d.r", {"id": UUID, "name": "x", "_keyset": "k"})
    matcher = Matcher(memory, frozenset(["map"]), step.get("unordered", False))
    try:
        outcome.match(expected, got, step, matcher)
    except Mismatch:
        return False
    return True


def _facts():
    """Other things that must hold; pairs of name and truth."""
    memory = Memory({"d.r": ["id"], "d.c": ["a", "b"]})
    memory.save("t1", "d.r", {"id": UUID, "name": "x", "_keyset": "k"})
    memory.save("p", "d.r", {"results": [{"_keyset": "first"}, {"_keyset": "last"}]})
    memory.save("c", "d.c", {"a": 1, "b": 2, "z": 3})
    crash = {"expect": {"ok": 1}, "head_expect": {"crashes": "KeyError"}}
    newer = {"expect": {"ok": 1}, "head_expect": {"ok": 2}}
    listed = Deviations("")
    listed.entries = [{"file": "r*", "name": "a[0]", "reason": "why"}]
    return [
        ("keyset reference", memory.resolve("p.results[-1].keyset") == "last"),
        ("an actor is the record", memory.substitute({"$ref": "t1"}) == {"id": UUID, "name": "x"}),
        ("a record is its key", memory.record_key([{"$ref": "t1"}]) == [UUID]),
        ("a composite key", memory.record_key({"$ref": "c"}) == {"a": 1, "b": 2}),
        ("a key by path", memory.record_key({"id": {"$ref": "t1.id"}}) == {"id": UUID}),
        ("a crash of the newer version", wanted(crash) == {"expect": {"ok": 1}}),
        ("the newer version wins", wanted(newer) == {"head": {"ok": 2}}),
        ("a hole wins", wanted(newer, {"ok": 3}) == {"ours": {"ok": 3}}),
        ("digits survive", dumps(loads('{"a": 1.50, "b": 1e400}')) == '{"a": 1.50, "b": 1E+400}'),
        ("digits are exact", loads("0.1") == decimal.Decimal("0.1")),
        ("both spellings are one fixed point", plain(plain("x :a nil")) == plain("x :a nil")),
        ("back ends agree", outcome.same_results(ok(number("2.0")), ok(2))),
        ("back ends disagree", not outcome.same_results(ok(1), ok(None))),
        ("an error is no value", not outcome.same_results(ok(1), Outcome("error", error()))),
        ("deviation by its literal name", listed.reason("read", "a[0]") == "why"),
        ("no deviation", listed.reason("read", "a1") is None),
        ("--only with the file", selected("read", "sort.a", "read/sort.*")),
        ("--only something else", not selected("read", "sort.a", "page.*")),
    ]


def main():
    """Print TAP; 1 when a case does not do what it should."""
    results = [(f"{'matches' if should else 'differs'}: {name}",
                _matches(expected, got, step) == should)
               for name, should, expected, got, step in CASES] + _facts()
    print(f"1..{len(results)}")
    for index, (name, good) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {index} - {name}")
    failed = sum(not good for _, good in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0
