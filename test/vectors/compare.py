"""Does a value we got match a recorded one? The rules of README.md, and nothing about calls.

Every function raises Mismatch at the first difference and returns nothing otherwise.
"""

import base64
import binascii
import datetime
import decimal
import re

import jsonio
from memory import UnknownReference
from spelling import plain

FLOAT_TOLERANCE = decimal.Decimal("1e-12")
ABOUT_NOW = datetime.timedelta(hours=1)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)?")
CLOCK = re.compile(r"\d\d:\d\d:\d\d(\.\d{1,6})?")
OPAQUE = re.compile(r"\{\{(.*?)\}\}")
ABSENT = {"$not_loaded": True}
MASKED = {"$forbidden": True}


class Mismatch(Exception):
    """Expected and got differ at one place."""

    def __init__(self, where, expected, got):
        super().__init__(f"{where or 'result'}: expected {jsonio.brief(expected, 300)}, "
                         f"got {jsonio.brief(got, 300)}")


class Matcher:
    """Compares within one outcome.

    memory: saved results, for `$ref`; exact_keys: record keys whose value is a map and must
    match entirely; unordered: lists inside records are compared as multisets.
    """

    def __init__(self, memory, exact_keys=frozenset(), unordered=False):
        self.memory = memory
        self.exact_keys = exact_keys
        self.unordered = unordered
        self.same = {}

    def value(self, expected, got, where="", exact=False):
        """Any value. `exact`: objects may hold no other keys than the expected ones."""
        if isinstance(expected, dict):
            special = next((key for key in expected if key in SPECIAL), None)
            if special:
                SPECIAL[special](self, expected, got, where)
            else:
                self._object(expected, got, where, exact)
        elif isinstance(expected, list):
            self._list(expected, got, where, exact)
        elif isinstance(expected, str):
            self._string(expected, got, where)
        elif is_number(expected):
            self._number(expected, got, where)
        elif expected is not got:
            raise Mismatch(where, expected, got)

    def _object(self, expected, got, where, exact):
        """A record (subset) or a map (exact)."""
        if not isinstance(got, dict):
            raise Mismatch(where, expected, got)
        for key, wanted in expected.items():
            self._member(key, wanted, got, f"{where}.{key}".lstrip("."), exact)
        extra = [key for key in got if key not in expected and not key.startswith("_")]
        if exact and extra:
            raise Mismatch(where, expected, got)

    def _member(self, key, wanted, record, where, exact):
        """One key of a record, with the states a field can be in besides having a value."""
        masked = key in (record.get("_forbidden") or ())
        if wanted == ABSENT:
            matches = key not in record
        elif wanted == MASKED:
            matches = key in record and record[key] is None and masked
        elif key == "$upsert_skipped":
            matches = bool(record.get("_upsert_skipped")) == wanted
        else:
            if key not in record:
                raise Mismatch(where, wanted, "(absent)")
            if masked:
                raise Mismatch(where, wanted, "(masked)")
            self.value(wanted, record[key], where, exact or key in self.exact_keys)
            return
        if not matches:
            raise Mismatch(where, wanted, "(masked)" if masked else record.get(key, "(absent)"))

    def _list(self, expected, got, where, exact):
        """A list, in order; relationships of a managed write without order when asked for."""
        if not isinstance(got, list) or len(expected) != len(got):
            raise Mismatch(where, expected, got)
        if self.unordered and where and all(isinstance(item, dict) for item in expected):
            self.multiset(expected, got, where, self.value)
            return
        for index, (wanted, item) in enumerate(zip(expected, got)):
            self.value(wanted, item, f"{where}[{index}]", exact)

    def multiset(self, expected, got, where, match):
        """Both lists hold the same items in any order; `match(expected, got, where)` decides."""
        if not isinstance(got, list) or len(expected) != len(got):
            raise Mismatch(where, expected, got)
        if not self._assign(expected, list(got), where, match):
            for index, wanted in enumerate(expected):
                self._closest(wanted, got, f"{where}[{index}]", match)
            raise Mismatch(where, expected, got)

    def _assign(self, expected, left, where, match):
        """Backtracking assignment of the expected items to the ones left."""
        if not expected:
            return True
        for index, candidate in enumerate(left):
            labels = dict(self.same)
            try:
                match(expected[0], candidate, where)
                if self._assign(expected[1:], left[:index] + left[index + 1:], where, match):
                    return True
            except Mismatch:
                pass
            self.same = labels
        return False

    @staticmethod
    def _closest(wanted, got, where, match):
        """Raise when no item at all matches this expected one."""
        for candidate in got:
            try:
                match(wanted, candidate, where)
                return
            except Mismatch as difference:
                last = difference
        if len(got) == 1:
            raise last
        raise Mismatch(where, wanted, got)

    @staticmethod
    def _string(expected, got, where):
        """Equal text, or the same instant or time of day in another precision or zone."""
        if expected == got:
            return
        first, second = as_time(expected), as_time(got)
        if first is None or first != second:
            raise Mismatch(where, expected, got)

    @staticmethod
    def _number(expected, got, where):
        """Integers exactly, numbers with a point within the float tolerance."""
        if not is_number(got):
            raise Mismatch(where, expected, got)
        difference = abs(decimal.Decimal(expected) - decimal.Decimal(got))
        room = FLOAT_TOLERANCE * abs(expected) if isinstance(expected, decimal.Decimal) else 0
        if difference > room:
            raise Mismatch(where, expected, got)

    def text(self, expected, got, where):
        """A message: both spellings, `{{...}}` parts are wildcards or the value of a reference."""
        if not isinstance(got, str):
            raise Mismatch(where, expected, got)
        parts = OPAQUE.split(plain(expected))
        pattern = "".join(self._opaque(part) if index % 2 else re.escape(part)
                          for index, part in enumerate(parts))
        if not re.fullmatch(pattern, plain(got), re.DOTALL):
            raise Mismatch(where, expected, got)

    def _opaque(self, name):
        """Pattern of a `{{name}}`."""
        if "." not in name:
            return ".*?"
        try:
            return re.escape(plain(str(self.memory.resolve(name))))
        except UnknownReference:
            return ".*?"

    def any(self, expected, got, where):
        """`$any`: some uuid, or a timestamp about now; `same` ties timestamps together."""
        if expected["$any"] == "uuid":
            matches = isinstance(got, str) and UUID.fullmatch(got)
        elif expected["$any"] == "timestamp":
            matches = is_about_now(got)
        else:
            matches = False
        if not matches:
            raise Mismatch(where, expected, got)
        if "same" in expected:
            first = self.same.setdefault(expected["same"], got)
            if as_time(first) != as_time(got):
                raise Mismatch(where, f"the same instant as {first}", got)

    def reference(self, expected, got, where):
        """`$ref`: equal to a saved value."""
        self.value(self.memory.resolve(expected["$ref"]), got, where)

    def decimal(self, expected, got, where):
        """`$decimal`: a JSON number, numerically equal."""
        if not is_number(got) or decimal.Decimal(expected["$decimal"]) != decimal.Decimal(got):
            raise Mismatch(where, expected, got)

    def base64(self, expected, got, where):
        """`$base64`: the same bytes."""
        try:
            same = base64.b64decode(expected["$base64"]) == base64.b64decode(got, validate=True)
        except (binascii.Error, TypeError, ValueError):
            same = False
        if not same:
            raise Mismatch(where, expected, got)

    def union(self, expected, got, where):
        """`$union`: written as an object of type and value."""
        self._object(expected["$union"], got, where, exact=True)

    def state(self, expected, got, where):
        """`$forbidden` or `$not_loaded` where no record could say so."""
        raise Mismatch(where, expected, got)


SPECIAL = {
    "$any": Matcher.any, "$ref": Matcher.reference, "$decimal": Matcher.decimal,
    "$base64": Matcher.base64, "$union": Matcher.union,
    "$forbidden": Matcher.state, "$not_loaded": Matcher.state,
}


def is_number(value):
    """A JSON number (Python's bool is an int)."""
    return isinstance(value, (int, decimal.Decimal)) and not isinstance(value, bool)


def as_time(text):
    """A comparable instant, naive timestamp or time of day; None when the text is neither."""
    try:
        if isinstance(text, str) and INSTANT.fullmatch(text):
            moment = datetime.datetime.fromisoformat(text)
            if moment.tzinfo is None:
                return ("naive", moment)
            return ("instant", moment.astimezone(datetime.timezone.utc))
        if isinstance(text, str) and CLOCK.fullmatch(text):
            return ("clock", datetime.time.fromisoformat(text))
    except ValueError:
        pass
    return None


def is_about_now(text):
    """A timestamp within an hour of this machine's clock."""
    found = as_time(text)
    if found is None or found[0] == "clock":
        return False
    moment = found[1].replace(tzinfo=datetime.timezone.utc)
    return abs(moment - datetime.datetime.now(datetime.timezone.utc)) < ABOUT_NOW
