\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(14);

-- What does a filter find that looks into a document? A null of JSON is a null; only values of one kind have an order.

SELECT pg_temp.define($doc${
  "domain": "filter_map_path",
  "resources": {"row": {
    "attributes": {"id": "integer_primary_key", "m": {"type": "map", "public": true}, "tags": {"type": "string[]", "public": true}},
    "actions": {"defaults": ["read"]}
  }}
}$doc$) \gset
INSERT INTO filter_map_path.row (m, tags) VALUES
	('{"a": null}', ARRAY['x', 'y']), ('{"a": "abc"}', ARRAY['z']), ('{"a": 3}', '{}'), ('{"a": 3.0, "b": {"c": [1]}}', NULL), ('{"a": true}', ARRAY['x', NULL]), ('{}', NULL), (NULL, NULL), ('{"a": "3"}', NULL);

CREATE FUNCTION pg_temp.found(filter jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(r->>'id', ' '), '') FROM json_array_elements(ash_read('filter_map_path.row', jsonb_build_object('filter', filter, 'sort', 'id'))) AS r
$$;
SELECT is(pg_temp.found(jsonb_build_object('m', condition)), want, condition::text) FROM (VALUES
	('{"at_path": ["a"], "eq": 3}'::jsonb, '3 4'), ('{"at_path": ["a"], "eq": "3"}', '3 8'), ('{"at_path": ["a"], "lt": 5}', '3 4'), ('{"at_path": ["a"], "not_eq": 3}', '2 5 8'),
	('{"at_path": ["a"], "in": [3, "abc"]}', '2 3 4'), ('{"at_path": ["a"], "in": ["3", "abc"]}', '2 3 8'), ('{"at_path": ["a"], "is_nil": true}', '1 6 7'), ('{"at_path": ["a"], "is_nil": false}', '2 3 4 5 8'),
	('{"at_path": ["b"], "eq": {"c": [1]}}', '4'), ('{"at_path": ["a"], "eq": true}', '5'), ('{"at_path": ["a"], "contains": "b"}', '2')) AS v(condition, want);
SELECT is(pg_temp.found('{"not": {"m": {"at_path": ["a"], "eq": 3}}}'), '2 5 8', 'the negation of null is null');
SELECT is(pg_temp.found('{"tags": {"in": [["x", "y"], [], ["z", "z"]]}}'), '1 3', 'a list that is one of several');
SELECT is(pg_temp.found('{"tags": {"in": []}}'), '', 'of none');

SELECT * FROM finish();
ROLLBACK;
