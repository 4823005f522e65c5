\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(15);

-- Which value does a default give, when, and which defaults are refused?

CREATE SCHEMA attribute_defaults;
CREATE SEQUENCE attribute_defaults.calls;
CREATE FUNCTION attribute_defaults.next() RETURNS int LANGUAGE sql VOLATILE AS $$SELECT nextval('attribute_defaults.calls')::int$$;
CREATE FUNCTION attribute_defaults.word() RETURNS text LANGUAGE sql AS $$SELECT 'abc'$$;
CREATE FUNCTION attribute_defaults.many() RETURNS SETOF int LANGUAGE sql AS $$VALUES (1), (2)$$;
SELECT pg_temp.define($${"domain": "attribute_defaults", "resources": {"r": {
	"attributes": {"id": "uuid_v7_primary_key",
		"a": {"type": "integer", "default": {"function": "attribute_defaults.next"}, "match_other_defaults": true, "public": true},
		"b": {"type": "integer", "default": {"function": "attribute_defaults.next"}, "match_other_defaults": true, "public": true},
		"c": {"type": "integer", "default": {"function": "attribute_defaults.next"}, "public": true},
		"d": {"type": "string", "default": "  x ", "allow_nil": false, "public": true},
		"e": {"type": "integer", "update_default": {"function": "attribute_defaults.next"}, "public": true},
		"f": {"type": "integer", "default": {"function": "attribute_defaults.word"}, "public": true},
		"inserted_at": "create_timestamp", "updated_at": "update_timestamp"},
	"actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}]}}}}$$) \gset

CREATE TEMP TABLE made AS SELECT ash_create('attribute_defaults.r', jsonb_build_object('f', n))::jsonb AS r FROM generate_series(1, 3) AS n;
SELECT matches(min(r->>'id'), '^[0-9a-f]{8}-[0-9a-f]{4}-7', 'uuid_v7_primary_key makes keys of version 7') FROM made;
SELECT results_eq($$SELECT (r->>'f')::int FROM made ORDER BY (r->>'id')::uuid$$, $$VALUES (1), (2), (3)$$, 'in the order of their making');
SELECT ok(bool_and(r->'a' = r->'b' AND r->'a' <> r->'c'), 'match_other_defaults shares one value of one function') FROM made;
SELECT ok(bool_and(r->'inserted_at' = r->'updated_at'), 'both timestamps are one') FROM made;
SELECT is(min(r->>'d'), 'x', 'a literal is cast as input is') FROM made;
SELECT is(pg_temp.errors($$SELECT ash_create('attribute_defaults.r', '{"d": null, "f": 1}')$$), E'22023 invalid\nrequired d: attribute d is required', 'an explicit null beats a default');
SELECT is((ash_create('attribute_defaults.r', '{"a": null, "f": 1}')::jsonb)->'a', 'null'::jsonb, 'and stays null where it may');
SELECT is(pg_temp.errors($$SELECT ash_create('attribute_defaults.r', '{}')$$), E'22023 invalid\ninvalid_attribute f: is invalid', 'the result of a function is cast when it runs');

CREATE TEMP TABLE updated AS SELECT r AS old, ash_update('attribute_defaults.r', r->'id', jsonb_build_object('c', r->'c'))::jsonb AS same, NULL::jsonb AS new FROM made LIMIT 1;
SELECT is(same, old, 'an update that changes nothing leaves update defaults alone') FROM updated;
UPDATE updated SET new = ash_update('attribute_defaults.r', old->'id', '{"c": 0}')::jsonb;
SELECT ok(new->>'e' IS NOT NULL AND old->>'e' IS NULL, 'one that changes something takes them') FROM updated;

-- Definitions that are refused.
CREATE FUNCTION pg_temp.refused(attribute text) RETURNS text LANGUAGE sql AS $$
	SELECT (pg_temp.caught(format('SELECT ash_define(%L)', format('{"domain": "attribute_refused", "resources": {"r": {"attributes": {"id": "uuid_primary_key", "x": %s}}}}', attribute)))->>'detail')::jsonb #>> '{errors,0,message}'
$$;
SELECT is(pg_temp.refused('{"type": "integer", "default": {"function": "attribute_defaults.nope"}}'), 'function attribute_defaults.nope() does not exist', 'a function that does not exist');
SELECT is(pg_temp.refused('{"type": "integer", "update_default": {"function": "next"}}'), 'function next() must be named as schema.name', 'one without its schema');
SELECT is(pg_temp.refused('{"type": "integer", "default": {"function": "attribute_defaults.many"}}'), 'function attribute_defaults.many() must be a plain function that returns one value', 'one that returns a set');
SELECT is(pg_temp.refused('{"type": "integer", "default": {"function": "pg_catalog.row_number"}}'), 'function pg_catalog.row_number() must be a plain function that returns one value', 'a window function');
SELECT is(pg_temp.refused('{"type": "integer", "constraints": {"max": 3}, "default": 5}'), '5 is not a value of type integer: must be less than or equal to 3', 'a literal that breaks the constraints');

SELECT * FROM finish();
ROLLBACK;
