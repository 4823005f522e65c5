"""Bodies of the generic actions of more.json, which the definition documents do not hold.

A generic action names its SQL function under the key KEY; the function gets
(input jsonb, options jsonb, context jsonb) and returns jsonb, like every custom function.
"""

import copy

KEY = "run"
SCHEMA = "vector_functions"

BODIES = {
    ("mor", "calc", "add"): "SELECT pg_catalog.to_jsonb((input->>'a')::bigint "
                            "+ coalesce((input->>'b')::bigint, 0))",
    ("mor", "calc", "greet"): "SELECT pg_catalog.to_jsonb('hi ' || coalesce(input->>'who', 'you'))",
    ("mor", "calc", "nothing"): "SELECT NULL::jsonb",
    ("mor", "gated", "run_it"): "SELECT '\"ran\"'::jsonb",
    ("mor", "gated", "by_arg"): "SELECT '\"ran\"'::jsonb",
}


def with_bodies(domains):
    """The documents with the functions named in their generic actions."""
    domains = copy.deepcopy(domains)
    for domain in domains:
        for name, resource in domain["resources"].items():
            for action, spec in resource.get("actions", {}).items():
                if (domain["domain"], name, action) in BODIES:
                    spec[KEY] = {"function": f"{SCHEMA}.{name}_{action}"}
    return domains


def create_functions(session):
    """Create the functions; before the definition, which names them."""
    session.execute(f"CREATE SCHEMA {SCHEMA}")
    for (_, resource, action), body in BODIES.items():
        session.execute(
            f"CREATE FUNCTION {SCHEMA}.{resource}_{action}"
            "(input jsonb, options jsonb, context jsonb) RETURNS jsonb "
            f"LANGUAGE sql STABLE AS $body$ {body} $body$")
