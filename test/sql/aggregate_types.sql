\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(22);

-- Of which types of fields are there which aggregates?

CREATE FUNCTION pg_temp.document(aggregates text) RETURNS text LANGUAGE sql AS $$
	SELECT format($doc${
  "domain": "aggregate_types",
  "resources": {
    "owner": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"things": {"has_many": "thing", "destination_attribute": "owner_id", "public": true}},
      "aggregates": {%s}, "actions": {"defaults": ["read"]}
    },
    "thing": {
      "attributes": {"id": "integer_primary_key", "owner_id": "integer", "number": {"type": "integer", "public": true}, "tags": {"type": "string[]", "public": true},
        "grid": {"type": "string[][]", "public": true}, "took": {"type": "duration", "public": true}, "day": {"type": "date", "public": true}},
      "calculations": {
        "plus": {"type": "integer", "expr": "number + arg.more", "arguments": {"more": {"type": "integer", "allow_nil": false}}, "public": true},
        "twice": {"type": "integer", "expr": "number * arg.times", "arguments": {"times": {"type": "integer", "allow_nil": false, "default": 2}}, "public": true}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$, aggregates)
$$;
CREATE FUNCTION pg_temp.fault(aggregate text) RETURNS text LANGUAGE sql AS $$
	SELECT (pg_temp.caught(format('SELECT ash_define(%L)', pg_temp.document('"wanted": ' || aggregate))) ->> 'detail')::jsonb #>> '{errors,0,message}'
$$;

SELECT pg_temp.define(pg_temp.document('
	"greatest": {"max": "things", "field": "tags", "public": true}, "least": {"min": "things", "field": "tags", "public": true},
	"first": {"first": "things", "field": "tags", "sort": ["id"], "public": true}, "any": {"first": "things", "field": "tags", "include_nil": true, "sort": ["id"], "public": true},
	"twice": {"sum": "things", "field": "twice", "public": true}, "took": {"sum": "things", "field": "took", "public": true}')) \gset
INSERT INTO aggregate_types.owner DEFAULT VALUES;
INSERT INTO aggregate_types.thing (owner_id, number, tags, grid, took, day) VALUES (1, 1, NULL, '[["a"], ["b", "c"]]', '1 day', '2024-01-31'),
	(1, 2, '{"x y",NULL}', NULL, '2 hours', NULL), (1, 3, '{}', '[]', NULL, NULL), (1, 4, '{b}', NULL, NULL, NULL);

-- arrays of different lengths
SELECT is(ash_get('aggregate_types.owner', '1', '{"load": ["greatest", "least", "first", "any"]}')::jsonb,
	'{"id": 1, "greatest": ["x y", null], "least": [], "first": ["x y", null], "any": null}', 'lists are compared, and given as they are');
SELECT is(ash_max('aggregate_types.thing', 'tags')::jsonb, '["x y", null]', 'max'), is(ash_min('aggregate_types.thing', 'tags')::jsonb, '[]', 'min'),
	is(ash_first('aggregate_types.thing', 'tags', '{"sort": "-id"}')::jsonb, '["b"]', 'first'),
	is(ash_first('aggregate_types.thing', 'grid', '{"sort": "id"}')::jsonb, '[["a"], ["b", "c"]]', 'first list of lists');
-- a list of them is none of ours
SELECT is(pg_temp.fault('{"list": "things", "field": "tags"}'), 'list is not defined for string[]', 'list of lists'),
	is(pg_temp.fault('{"list": "things", "field": "grid", "uniq": true}'), 'list is not defined for string[][]', 'list of lists of lists');
SELECT is(pg_temp.errors($$SELECT ash_list('aggregate_types.thing', 'tags')$$), E'22023 invalid\ninvalid_query tags: list is not defined for tags, a string[]', 'of a read'),
	is(pg_temp.errors($$SELECT ash_aggregate('aggregate_types.thing', '{"all": {"kind": "list", "field": "grid"}}')$$),
		E'22023 invalid\ninvalid_query grid ["all"]: list is not defined for grid, a string[][]', 'among several');
-- sums
SELECT is(pg_temp.errors($$SELECT ash_sum('aggregate_types.thing', 'tags')$$), E'22023 invalid\ninvalid_query tags: tags is not a number', 'sum of lists'),
	is(pg_temp.errors($$SELECT ash_avg('aggregate_types.thing', 'took')$$), E'22023 invalid\ninvalid_query took: took is not a number', 'mean of durations'),
	is(ash_get('aggregate_types.owner', '1', '{"load": ["twice", "took"]}')::jsonb, '{"id": 1, "twice": 20, "took": "P1DT2H"}', 'of a calculation with a default; of durations');
-- arguments that nobody can give
SELECT is(pg_temp.fault('{"sum": "things", "field": "plus"}'), 'calculation "plus" cannot be aggregated: its argument "more" is required', 'a calculation with an argument');
SELECT is(pg_temp.errors($$SELECT ash_sum('aggregate_types.thing', 'plus')$$),
		E'22023 invalid\ninvalid_calculation_argument more: Invalid value provided for calculation argument more in plus: is required.', 'of a read'),
	is(pg_temp.errors($$SELECT ash_aggregate('aggregate_types.thing', '{"all": {"kind": "max", "field": "plus"}}')$$),
		E'22023 invalid\ninvalid_calculation_argument more ["all"]: Invalid value provided for calculation argument more in plus: is required.', 'among several'),
	is(ash_sum('aggregate_types.thing', 'twice')::text, '20', 'with a default');

-- what a definition says beside the field
SELECT is(pg_temp.fault('{"sum": "things", "field": "number", "default": "x"}'), '"x" is not a value of type integer: is invalid', 'default'),
	is(pg_temp.fault('{"count": "things", "default": [1]}'), '[1] is not a value of type integer: is invalid', 'default of a count'),
	is(pg_temp.fault('{"first": "things", "field": "number", "sort": ["-nope"]}'), 'No such field nope for resource aggregate_types.thing', 'sort'),
	is(pg_temp.fault('{"count": "things", "join_filters": {"thing": "number = 1"}}'),
		'must be an object of conditions by path, where a path is "things" or the beginning of it', 'path of a join filter'),
	is(pg_temp.fault('{"count": "things", "join_filters": {"things": "number = ''x''"}}'), '"x" is not a valid integer (character 8)', 'a join filter'),
	is(pg_temp.fault('{"count": "things", "join_filters": {"things": "number"}}'), 'expression must be a condition, but is integer', 'which is a condition');

SELECT * FROM finish();
ROLLBACK;
