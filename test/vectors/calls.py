"""How a step of a vector becomes one SQL call. SIGNATURES is the whole knowledge."""

import jsonio

READ = ("resource", "options")
FIELD = ("resource", "field", "options")
WRITE = ("resource", "record", "input", "options")

SIGNATURES = {
    "create": ("resource", "input", "options"),
    "update": WRITE,
    "destroy": WRITE,
    "read": READ,
    "read_one": READ,
    "read_first": READ,
    "get": ("resource", "record", "options"),
    "run_action": ("resource", "action", "input", "options"),
    "bulk_create": ("resource", "input", "options"),
    "bulk_update": ("resource", "input", "options"),
    "bulk_destroy": ("resource", "input", "options"),
    "count": READ,
    "exists": READ,
    "first": FIELD,
    "list": FIELD,
    "sum": FIELD,
    "min": FIELD,
    "max": FIELD,
    "avg": FIELD,
    "calculate": ("resource", "calculation", "input", "options"),
    "can": ("resource", "action", "input", "options"),
    "load": ("resource", "record", "load", "options"),
}

TEXTS = ("resource", "action", "field", "calculation")
# Options that are arguments of their own in these calls.
TAKEN = {
    "update": ("record",), "destroy": ("record",), "get": ("record",), "load": ("record", "load"),
    "first": ("field",), "list": ("field",), "sum": ("field",), "min": ("field",),
    "max": ("field",), "avg": ("field",),
}
KEYS_OF_RECORDS = ("record", "records")


def run(session, step, memory):
    """Run a step; its Outcome."""
    call = step["call"]
    if call not in SIGNATURES:
        raise ValueError(f"unknown call {call}")
    values = _arguments(step, memory)
    names = SIGNATURES[call]
    slots = ", ".join("%s::text" if name in TEXTS else "%s::jsonb" for name in names)
    parameters = [_parameter(name, values.get(name)) for name in names]
    decode = str if call == "can" else jsonio.loads
    outcome = session.call(f"SELECT (ash_{call}({slots}))::text", parameters, decode)
    return _single(outcome, step)


def define(session, documents, migrate=True):
    """ash_define a list of domain documents; its Outcome."""
    return session.call("SELECT (ash_define(%s::json, %s))::text",
                        (jsonio.dumps(documents), migrate))


def _arguments(step, memory):
    """Argument name -> value, references replaced; what is no argument is an option."""
    options = {name: memory.record_key(value) if name in KEYS_OF_RECORDS
               else memory.substitute(value)
               for name, value in step.get("options", {}).items()}
    values = {name: options.pop(name, None) for name in TAKEN.get(step["call"], ())}
    values["options"] = options
    values["input"] = memory.substitute(step.get("input", {}))
    for name in ("resource", "action", "calculation"):
        values[name] = step.get(name)
    for name in ("action", "input"):
        if name not in SIGNATURES[step["call"]] and values[name]:
            options[name] = values[name]
    return values


def _parameter(name, value):
    """A value as psycopg2 parameter: text, JSON text or NULL."""
    if value is None or name in TEXTS:
        return value
    return jsonio.dumps(value)


def _single(outcome, step):
    """`load` of one record may answer with a list of one."""
    one = step["call"] == "load" and not isinstance(step["options"].get("record"), list)
    if one and outcome.kind == "ok" and isinstance(outcome.value, list) \
            and len(outcome.value) == 1:
        return outcome._replace(value=outcome.value[0])
    return outcome
