"""What `save_as` remembers, and the references (`{"$ref": "p1.results[0].keyset"}`) to it."""

import re

SEGMENT = re.compile(r"([^.\[\]]+)|\[(-?\d+)\]")


class UnknownReference(Exception):
    """A vector refers to something that was not saved, or has no such field."""


class Memory:
    """Saved results of one vector. `keys` maps a resource to its primary key's fields."""

    def __init__(self, keys):
        self.keys = keys
        self.saved = {}

    def save(self, name, resource, value):
        """Remember the result of a step on a resource."""
        self.saved[name] = (resource, value)

    def resolve(self, reference):
        """The value a reference names; about-the-record fields (`_keyset`) without the `_`."""
        segments = [name or int(index) for name, index in SEGMENT.findall(reference)]
        if not segments or segments[0] not in self.saved:
            raise UnknownReference(f"reference {reference}: nothing was saved under that name")
        value = self.saved[segments[0]][1]
        for segment in segments[1:]:
            value = self._member(value, segment, reference)
        return value

    @staticmethod
    def _member(value, segment, reference):
        """One step of a path."""
        if isinstance(segment, int) and isinstance(value, list):
            if -len(value) <= segment < len(value):
                return value[segment]
        elif isinstance(segment, str) and isinstance(value, dict):
            for key in (segment, "_" + segment):
                if key in value:
                    return value[key]
        raise UnknownReference(f"reference {reference}: no {segment!r} in the saved result")

    def substitute(self, value):
        """A copy of a call's argument with references replaced by values."""
        if is_reference(value):
            return without_notes(self.resolve(value["$ref"]))
        if isinstance(value, dict):
            return {key: self.substitute(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.substitute(item) for item in value]
        return value

    def record_key(self, value):
        """Like `substitute`, but a whole remembered record becomes its primary key."""
        if isinstance(value, list):
            return [self.record_key(item) for item in value]
        if is_reference(value) and value["$ref"] in self.saved:
            resource, record = self.saved[value["$ref"]]
            return self._key_of(resource, record)
        return self.substitute(value)

    def _key_of(self, resource, record):
        """A scalar for a key of one field, an object for a composite one."""
        fields = self.keys.get(resource, ["id"])
        if not isinstance(record, dict) or any(field not in record for field in fields):
            raise UnknownReference(f"the saved record of {resource} has no primary key {fields}")
        if len(fields) == 1:
            return record[fields[0]]
        return {field: record[field] for field in fields}


def is_reference(value):
    """Is this `{"$ref": ...}`?"""
    return isinstance(value, dict) and set(value) == {"$ref"}


def without_notes(value):
    """A record as its attributes only, without the keys that speak about it."""
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if not key.startswith("_")}
    return value


def primary_keys(domains):
    """Resource name -> names of its primary key attributes, from definition documents."""
    keys = {}
    for domain in domains:
        for name, resource in domain.get("resources", {}).items():
            fields = [attribute for attribute, spec in resource.get("attributes", {}).items()
                      if _is_key(spec)]
            keys[f"{domain['domain']}.{name}"] = fields or ["id"]
    return keys


def _is_key(spec):
    """Is an attribute's definition that of a primary key?"""
    if isinstance(spec, str):
        return spec.endswith("primary_key")
    return bool(spec.get("primary_key")) or str(spec.get("helper", "")).endswith("primary_key")
