\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(9);

-- ash_calculate over refs: may the primary key among them say which record a calculation that needs other rows is about (spec 9.6)?

SELECT pg_temp.define($doc${
  "domain": "calculate_refs",
  "resources": {
    "item": {
      "attributes": {"a": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "b": {"type": "string", "primary_key": true, "allow_nil": false, "public": true},
        "owner": {"type": "integer"}},
      "relationships": {"parts": {"has_many": "calculate_refs.part", "source_attribute": "a", "destination_attribute": "item", "public": true}},
      "aggregates": {"part_count": {"count": "parts"}},
      "calculations": {"many": {"type": "boolean", "expr": "part_count > arg.than", "arguments": {"than": {"type": "integer", "default": 1}}, "public": true},
        "next": {"type": "integer", "expr": "a + 1", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner is null or owner = actor.id"}}]}]
    },
    "part": {"attributes": {"id": "integer_primary_key", "item": {"type": "integer", "public": true}}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
INSERT INTO calculate_refs.item VALUES (1, 'x', NULL), (2, 'y', 7);
INSERT INTO calculate_refs.part (item) VALUES (1), (1), (2);

SELECT is(ash_calculate('calculate_refs.item', 'many', '{}', '{"actor": {"id": 1}, "refs": {"a": 1, "b": "x"}}')::text, 'true', 'the whole key'),
	is(ash_calculate('calculate_refs.item', 'many', '{"than": 2}', '{"actor": {"id": 1}, "refs": {"a": 1, "b": "x", "owner": 3}}')::text, 'false', '… with arguments, and another field'),
	is(ash_calculate('calculate_refs.item', 'next', '{}', '{"actor": {"id": 1}, "refs": {"a": 5, "b": "none"}}')::text, '6', 'no record where none is needed');
SELECT matches(pg_temp.errors($$SELECT ash_calculate('calculate_refs.item', 'many', '{}', '{"actor": {"id": 1}, "refs": {"a": 1}}')$$), 'calculation_requires_primary_key', 'half a key'),
	matches(pg_temp.errors($$SELECT ash_calculate('calculate_refs.item', 'many', '{}', '{"actor": {"id": 1}, "refs": {"a": 1, "b": null}}')$$), 'calculation_requires_primary_key', 'null is no key'),
	matches(pg_temp.errors($$SELECT ash_calculate('calculate_refs.item', 'many', '{}', '{"actor": {"id": 1}, "refs": {"a": 3, "b": "x"}}')$$), 'not_found', 'no such record'),
	matches(pg_temp.errors($$SELECT ash_calculate('calculate_refs.item', 'many', '{}', '{"actor": {"id": 1}, "refs": {"a": 2, "b": "y"}}')$$), 'not_found', 'a record that policies hide'),
	is(ash_calculate('calculate_refs.item', 'many', '{"than": 0}', '{"actor": {"id": 7}, "refs": {"a": 2, "b": "y"}}')::text, 'true', '… and do not hide from its owner'),
	matches(pg_temp.errors($$SELECT ash_calculate('calculate_refs.item', 'many', '{}', '{"actor": {"id": 1}, "refs": {"a": "one", "b": "x"}}')$$), 'invalid', 'a value that is none');

SELECT * FROM finish();
ROLLBACK;
