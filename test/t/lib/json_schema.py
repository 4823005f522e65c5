"""Judges documents by a JSON Schema, with a validator that knows nothing of ash.

Reads {"schema": …, "documents": {name: document}} and writes {name: [JSON Pointer of each fault]}; a schema
that is not valid itself ends in an exception.
"""
import json
import sys

from jsonschema import Draft202012Validator


def pointer(path):
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def faults(error):
    """Pointers of an error: of what alternatives say when it is about those, of keys that are too many."""
    path = list(error.absolute_path)
    if error.context:
        return [place for inner in error.context for place in faults(inner)]
    if error.validator == "additionalProperties":
        return [pointer(path + [key]) for key in error.instance if key not in error.schema["properties"]]
    return [pointer(path)]


def main():
    given = json.load(sys.stdin)
    Draft202012Validator.check_schema(given["schema"])
    validator = Draft202012Validator(given["schema"])
    json.dump({
        name: sorted({place for error in validator.iter_errors(document) for place in faults(error)})
        for name, document in given["documents"].items()
    }, sys.stdout)


main()
