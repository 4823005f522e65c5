"""JSON in and out without losing a digit: numbers with a point are decimal.Decimal."""

import decimal
import json


def loads(text):
    """Parse JSON text; numbers that are not integers become Decimal."""
    return json.loads(text, parse_float=decimal.Decimal)


def load_file(path):
    """Parse one JSON file."""
    with open(path, encoding="utf-8") as stream:
        return loads(stream.read())


def dumps(value):
    """JSON text of a value; key order is kept, Decimals keep their digits."""
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(k), ensure_ascii=False)}: {dumps(v)}"
                               for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(dumps(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def brief(value, limit=600):
    """One line for a diagnostic, cut when it is long."""
    text = value if isinstance(value, str) else dumps(value)
    return text if len(text) <= limit else text[:limit] + " ..."
