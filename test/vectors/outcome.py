"""Does what a call gave match a recorded outcome? Errors, pages, bulk results, notifications."""

from collections import namedtuple

from compare import Matcher, Mismatch, is_number
from spelling import bare, plain

# What a call gave. kind: "ok" (value = result), "error" (value = the document in DETAIL) or
# "broken" (value = text): an exception that is not one of ours, which is always a failure.
Outcome = namedtuple("Outcome", "kind value")

BULK_LISTS = ("records", "errors", "notifications")
NOTHING_IS_FINE = ("destroy", "run_action")


def match(expected, got, step, matcher):
    """Raise Mismatch unless the outcome is the expected one."""
    if got.kind == "broken":
        raise Mismatch("call", expected, got.value)
    if "error" in expected:
        if got.kind != "error":
            raise Mismatch("call", expected, got.value)
        match_error(expected["error"], got.value, "error", matcher)
    elif got.kind == "error":
        raise Mismatch("call", expected, {"error": got.value})
    else:
        _match_ok(expected, got.value, step, matcher)


def shown(got):
    """An outcome as a diagnostic shows it."""
    return got.value if got.kind == "broken" else {got.kind: got.value}


def result_of(value, step):
    """The result proper of a successful call, without the notifications beside it."""
    asked = step.get("options", {}).get("return_notifications")
    if asked and not step["call"].startswith("bulk_"):
        if not isinstance(value, dict) or "result" not in value:
            raise Mismatch("result", '{"result": ..., "notifications": [...]}', value)
        return value["result"]
    return value


def _match_ok(expected, value, step, matcher):
    """A successful outcome."""
    result, wanted = result_of(value, step), expected["ok"]
    if "notifications" in expected:
        matcher.multiset(expected["notifications"], value.get("notifications"),
                         "notifications", _notification(matcher))
    if step["call"].startswith("bulk_"):
        _match_bulk(wanted, result, step, matcher)
    elif wanted is True and step["call"] in NOTHING_IS_FINE and result in (None, True):
        return
    elif isinstance(wanted, dict) and "page" in wanted and "results" in wanted:
        _match_page(wanted, result, matcher)
    else:
        matcher.value(wanted, result)


def _match_page(expected, got, matcher):
    """A page; null keys of the envelope may be absent."""
    if not isinstance(got, dict):
        raise Mismatch("page", expected, got)
    for key, wanted in expected.items():
        if key == "results":
            if not isinstance(got.get(key), list) or len(got[key]) != len(wanted):
                raise Mismatch("results", wanted, got.get(key))
            for index, record in enumerate(wanted):
                matcher.value(record, got[key][index], f"results[{index}]")
        else:
            matcher.value(wanted, got.get(key), key)


def _match_bulk(expected, got, step, matcher):
    """A bulk result: records in order only when `sorted`, errors and notifications never."""
    if not isinstance(got, dict):
        raise Mismatch("bulk result", expected, got)
    for key, wanted in expected.items():
        found = got.get(key)
        if key in BULK_LISTS:
            _match_bulk_list(key, wanted, found or [], step, matcher)
        else:
            matcher.value(wanted, found, key)


def _match_bulk_list(key, wanted, found, step, matcher):
    """One list of a bulk result."""
    if key == "errors":
        matcher.multiset(wanted, found, key,
                         lambda want, have, where: match_error(want, have, where, matcher))
    elif key == "notifications":
        matcher.multiset(wanted, found, key, _notification(matcher))
    elif step.get("options", {}).get("sorted"):
        if len(wanted) != len(found):
            raise Mismatch(key, wanted, found)
        for index, record in enumerate(wanted):
            matcher.value(record, found[index], f"{key}[{index}]")
    else:
        matcher.multiset(wanted, found, key, matcher.value)


def _notification(matcher):
    """A comparer of one notification; `actor` records only whether there was one."""
    def compare(expected, got, where):
        if not isinstance(got, dict):
            raise Mismatch(where, expected, got)
        for key, wanted in expected.items():
            if key == "actor":
                if bool(wanted) != bool(got.get("actor")):
                    raise Mismatch(f"{where}.actor", wanted, got.get("actor"))
            elif key == "metadata":
                matcher.value(wanted, got.get("metadata") or {}, f"{where}.metadata")
            else:
                matcher.value(wanted, got.get(key), f"{where}.{key}")
    return compare


def match_error(expected, got, where, matcher):
    """An error document: class and the multiset of errors."""
    if not isinstance(got, dict) or not isinstance(got.get("errors"), list):
        raise Mismatch(where, expected, got)
    if expected["class"] == "unknown":
        return
    if expected["class"] != got.get("class"):
        raise Mismatch(f"{where}.class", expected, got)
    matcher.multiset(expected["errors"], got["errors"], f"{where}.errors",
                     lambda want, have, at: _match_one_error(want, have, at, matcher))


def _match_one_error(expected, got, where, matcher):
    """One error. An unknown_error of the framework only says that there is one."""
    if not isinstance(got, dict):
        raise Mismatch(where, expected, got)
    if expected["code"] == "unknown_error":
        return
    if expected["code"] != got.get("code"):
        raise Mismatch(f"{where}.code", expected["code"], got.get("code"))
    if "field" in expected and plain(expected["field"]) != plain(got.get("field")):
        raise Mismatch(f"{where}.field", expected["field"], got.get("field"))
    if "fields" in expected:
        _same_names(expected["fields"], got.get("fields"), f"{where}.fields")
    _same_path(expected.get("path"), got.get("path"), f"{where}.path")
    if expected.get("message") is not None:
        matcher.text(expected["message"], got.get("message"), f"{where}.message")
    _match_vars(expected.get("vars"), got.get("vars"), f"{where}.vars", matcher)
    if expected.get("did_you_mean") and got.get("did_you_mean"):
        matcher.value(expected["did_you_mean"], got["did_you_mean"], f"{where}.did_you_mean")


def _same_names(expected, got, where):
    """Two lists of field names without order."""
    if not isinstance(got, list) or sorted(map(plain, expected)) != sorted(map(plain, got)):
        raise Mismatch(where, expected, got)


def _same_path(expected, got, where):
    """Paths: names and indexes; an absent one is empty."""
    if [plain(part) for part in expected or []] != [plain(part) for part in got or []]:
        raise Mismatch(where, expected, got)


def _match_vars(expected, got, where, matcher):
    """Vars are informative: only those that both sides have and that are not null count."""
    for name, wanted in (expected or {}).items():
        found = (got or {}).get(name)
        if wanted is None or found is None:
            continue
        if isinstance(wanted, str) or isinstance(found, str):
            if bare(_as_text(wanted)) != bare(_as_text(found)):
                raise Mismatch(f"{where}.{name}", wanted, found)
        else:
            matcher.value(wanted, found, f"{where}.{name}")


def _as_text(value):
    """A var as text; a list of names is printed with commas, as the framework does."""
    if isinstance(value, dict) and "$decimal" in value:
        return value["$decimal"]
    if isinstance(value, list):
        return ", ".join(str(_as_text(item)) for item in value)
    return str(value) if is_number(value) else value


def same_results(first, second):
    """Do two outcomes of the same expression agree (both back ends)?"""
    if first.kind != "ok" or second.kind != "ok":
        return first.kind == second.kind == "error"
    try:
        Matcher(None).value(first.value, second.value, exact=True)
    except Mismatch:
        return False
    return True
