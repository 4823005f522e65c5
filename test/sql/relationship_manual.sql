\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(27);

-- Does a function decide which rows are related, and nothing else?

CREATE SCHEMA rmf;
-- Shops within so many steps; says how often and for whom it was called.
CREATE FUNCTION rmf.near(records jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	RAISE LOG 'near';
	PERFORM set_config('rmf.calls', (coalesce(nullif(current_setting('rmf.calls', true), '')::int, 0) + 1)::text, true), set_config('rmf.seen', jsonb_build_array(records, options, context)::text, true);
	RETURN (SELECT jsonb_object_agg(id, shops) FROM (SELECT r.id, jsonb_agg(s.id) AS shops FROM jsonb_array_elements_text(records) AS r(id)
		JOIN rm.person p ON p.id = r.id::int JOIN rm.shop s ON abs(s.at - p.at) <= (options->>'steps')::int GROUP BY r.id) AS f);
END $$;
CREATE FUNCTION rmf.raw(records jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT current_setting('rmf.answer')::jsonb $$;
CREATE FUNCTION rmf.pairs(records jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_object_agg(r::text, jsonb_build_array(r)) FROM jsonb_array_elements(records) AS r $$;
CREATE FUNCTION rmf.many(records jsonb, options jsonb, context jsonb) RETURNS SETOF jsonb LANGUAGE sql AS $$ SELECT records $$;

SELECT pg_temp.define($doc${
  "domain": "rm",
  "resources": {
    "person": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "at": {"type": "integer", "public": true}},
      "relationships": {
        "near": {"has_many": "rm.shop", "manual": {"function": "rmf.near", "options": {"steps": 2}}, "relationship_context": {"why": "near"}, "public": true, "sort": ["id"]},
        "near_open": {"has_many": "rm.shop", "manual": {"function": "rmf.near", "options": {"steps": 2}}, "filter": "name <> 'c' and at >= parent.at", "public": true, "sort": ["id"]},
        "nearest": {"has_one": "rm.shop", "manual": {"function": "rmf.near", "options": {"steps": 9}}, "public": true, "sort": ["-id"]},
        "raw": {"has_many": "rm.shop", "manual": "rmf.raw", "public": true, "sort": ["id"]}
      },
      "actions": {"defaults": ["read"]}
    },
    "shop": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "at": {"type": "integer", "public": true}, "org": {"type": "string"}},
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "relationships": {"visitors": {"has_many": "rm.person", "no_attributes": true, "filter": "at = parent.at", "public": true, "sort": ["id"]}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "name <> 'secret'"}}]}]
    },
    "pair": {
      "attributes": {"a": {"type": "integer", "primary_key": true, "allow_nil": false}, "b": {"type": "string", "primary_key": true, "allow_nil": false}},
      "relationships": {"self_again": {"has_many": "rm.pair", "manual": "rmf.pairs", "public": true}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
INSERT INTO rm.person (name, at) VALUES ('Ann', 1), ('Bob', 5), ('Cid', 99);
INSERT INTO rm.shop (name, at, org) VALUES ('a', 1, 'x'), ('b', 3, 'x'), ('c', 4, 'x'), ('secret', 2, 'x'), ('e', 1, 'y');
INSERT INTO rm.pair VALUES (1, 'q"x'), (2, 'y');

CREATE FUNCTION pg_temp.ids(rel text, load jsonb DEFAULT 'true', options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(coalesce((SELECT string_agg(p->>'id', ' ' ORDER BY o) FROM jsonb_array_elements(CASE jsonb_typeof(t->rel) WHEN 'array' THEN t->rel ELSE jsonb_build_array(t->rel) END) WITH ORDINALITY AS p(p, o)), ''), '|' ORDER BY (t->>'id')::int)
	FROM jsonb_array_elements(ash_read('rm.person', '{"tenant": "x"}' || options || jsonb_build_object('load', jsonb_build_object(rel, load)))::jsonb) AS t
$$;

SELECT is(pg_temp.ids('near'), '1 2|2 3|', 'the rows the function names, as far as policies and tenant let them through'),
	is(current_setting('rmf.calls'), '1', 'it is called once for all records'),
	is(current_setting('rmf.seen')::jsonb, '[[1, 2, 3], {"steps": 2}, {"actor": null, "authorize": true, "context": {"why": "near"}, "tenant": "x"}]', 'with keys, options and context'),
	is(pg_temp.ids('near', 'true', '{"tenant": "y"}'), '5||', 'another tenant'),
	is(pg_temp.ids('near', 'true', '{"authorize": false}'), '1 2 4|2 3|', 'without authorization');
SELECT is(pg_temp.ids('near_open'), '1 2||', 'with a filter'), is(pg_temp.ids('nearest'), '3|3|', 'has_one'),
	is(pg_temp.ids('near', '{"limit": 1, "sort": "-id"}'), '2|3|', 'with a limit of each'),
	is(pg_temp.ids('near', '{"filter": {"name": "b"}, "load": ["visitors"]}'), '2|2|', 'with a filter and loads'),
	is((ash_get('rm.person', '2', '{"tenant": "x", "load": {"near": {"page": {"limit": 1, "count": true}}}}')::jsonb #>> '{near,count}'), '2', 'as a page'),
	is((ash_load('rm.person', '[1, 2]', '["near"]', '{"tenant": "x"}')::jsonb #>> '{1,near,0,id}'), '2', 'onto records that are held'),
	is((ash_get('rm.shop', '1', '{"tenant": "x", "load": {"visitors": "near"}}')::jsonb #>> '{visitors,0,near,1,id}'), '2', 'in a nested load');
SELECT is((SELECT jsonb_agg(p->'self_again' ORDER BY p->'a') FROM jsonb_array_elements(ash_read('rm.pair', '{"load": ["self_again"]}')::jsonb) AS p), '[[{"a": 1, "b": "q\"x"}], [{"a": 2, "b": "y"}]]', 'keys of several attributes');

CREATE FUNCTION pg_temp.raw(answer text) RETURNS text LANGUAGE sql AS $$
	SELECT set_config('rmf.answer', answer, true);
	SELECT pg_temp.errors('SELECT pg_temp.ids(''raw'')')
$$;
SELECT is(pg_temp.raw('[1]'), E'38000 framework\nfunction_failed ["load", "raw"]: function rmf.raw returned something else than an object', 'no object'),
	is(pg_temp.raw('{"7": [1]}'), E'38000 framework\nfunction_failed ["load", "raw"]: function rmf.raw returned a record that it was not asked about', 'an unknown record'),
	is(pg_temp.raw('{"1": ["x"]}'), E'38000 framework\nfunction_failed ["load", "raw"]: function rmf.raw returned "x", which is no key of rm.shop', 'no key'),
	is(pg_temp.raw('{"1": [null]}'), E'38000 framework\nfunction_failed ["load", "raw"]: function rmf.raw returned null, which is no key of rm.shop', 'null in a list'),
	is(pg_temp.raw('null'), 'no error', 'null is nothing');
SELECT is(set_config('rmf.answer', '{"1": 2, "2": [{"id": 1}, 2, 2, 999], "3": null}', true) || ' ' || pg_temp.ids('raw'), '{"1": 2, "2": [{"id": 1}, 2, 2, 999], "3": null} 2|1 2|', 'a key alone, an object, a row twice, a row that is not there');

CREATE FUNCTION pg_temp.faults(relationship text, rest text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_define(%L)', format('{"domain": "rm2", "resources": {"a": {"attributes": {"id": "integer_primary_key"}, "relationships": {"r": %s} %s}}}', relationship, rest)))
$$;
SELECT matches(pg_temp.faults('{"has_many": "rm.shop", "manual": "rmf.nope"}'), 'function rmf.nope\(jsonb, jsonb, jsonb\) does not exist', 'an unknown function'),
	matches(pg_temp.faults('{"has_many": "rm.shop", "manual": "rmf.many"}'), 'function rmf.many must return one jsonb', 'a set'),
	matches(pg_temp.faults('{"belongs_to": "rm.shop", "manual": "rmf.raw"}'), 'a belongs_to takes no option "manual"', 'a belongs_to'),
	matches(pg_temp.faults('{"has_many": "rm.shop", "manual": "rmf.raw"}', ', "aggregates": {"c": {"count": "r"}}'), 'there is no path through it', 'an aggregate'),
	matches(pg_temp.faults('{"has_many": "rm.shop", "manual": "rmf.raw"}', ', "calculations": {"c": {"type": "boolean", "expr": "exists(r, true)"}}'), 'there is no path through it', 'an expression'),
	matches(pg_temp.faults('{"has_many": "rm.shop", "manual": "rmf.raw"}', ', "actions": {"c": {"type": "create", "arguments": {"r": "map[]"}, "changes": [{"manage_relationship": {"argument": "r"}}]}}'), 'cannot manage a manual relationship', 'managing it'),
	matches(pg_temp.errors($$SELECT ash_read('rm.person', '{"tenant": "x", "filter": {"near": {"name": "b"}}}')$$), 'cannot be used in a filter|not filterable|filter', 'a filter of a caller');

SELECT pg_temp.define($doc${"domain": "rm3", "resources": {"log": {"require_primary_key": false, "attributes": {"n": {"type": "integer", "public": true}}, "relationships": {"people": {"has_many": "rm.person", "no_attributes": true, "filter": "at = parent.n", "public": true}}, "actions": {"defaults": ["read"]}}}}$doc$) \gset
SELECT is(pg_temp.errors($$SELECT ash_read('rm3.log', '{"load": ["people"]}')$$), E'22023 invalid\ninvalid_load ["load"]: :people is not a valid load: rm3.log has no primary key to tell its records apart', 'nothing can be loaded by the source row of a resource without a key');

SELECT * FROM finish();
ROLLBACK;
