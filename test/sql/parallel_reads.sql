\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(14);

-- With parallel workers forced on every plan that may have them: do reads, functions and ordinary SQL under policies give the same rows?

SELECT pg_temp.define($doc${
  "domain": "parallel_reads",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}, "name": {"type": "ci_string", "public": true}, "of": {"type": "integer", "public": true}, "org": {"type": "string", "allow_nil": false}},
      "multitenancy": {"attribute": "org"},
      "relationships": {"parts": {"has_many": "parallel_reads.part", "public": true}},
      "aggregates": {"part_count": {"count": "parts", "public": true}, "sizes": {"list": "parts", "field": "size", "sort": ["size"], "public": true}},
      "calculations": {"label": {"type": "string", "expr": "string_upcase(name) || ' ' || string_length(name)", "public": true}},
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "countable": true, "required": false}},
        "over": {"type": "read", "arguments": {"n": {"type": "integer"}}, "filter": "n > arg.n"}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "of = actor.id or exists(parts, size = actor.size)"}}]}],
      "code_interface": {"items_over": {"action": "over", "args": ["n"]}}
    },
    "part": {"attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}},
      "relationships": {"item": {"belongs_to": "parallel_reads.item", "attribute_type": "integer", "public": true, "references": {"index": true}}}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
INSERT INTO parallel_reads.item (n, name, of, org) SELECT i, 'name ' || i % 50, i % 3, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END FROM generate_series(1, 3000) AS i;
INSERT INTO parallel_reads.part (size, item_id) SELECT i % 7, 1 + i % 3000 FROM generate_series(1, 9000) AS i;
ANALYZE parallel_reads.item, parallel_reads.part;
CREATE ROLE regress_parallel;
GRANT USAGE ON SCHEMA parallel_reads TO regress_parallel;
GRANT SELECT ON ALL TABLES IN SCHEMA parallel_reads TO regress_parallel;
SET LOCAL ash.actor = '{"id": 1, "size": 5}';
SET LOCAL ash.tenant = 'even';

CREATE FUNCTION pg_temp.reads() RETURNS TABLE (name text, result text) LANGUAGE sql VOLATILE AS $$
	SELECT 'a read', md5(ash_read('parallel_reads.item', '{"sort": "id"}')::text)
	UNION ALL SELECT 'loads', md5(ash_read('parallel_reads.item', '{"sort": "id", "load": ["part_count", "sizes", "label", {"parts": {"sort": "id"}}]}')::text)
	UNION ALL SELECT 'a filter', md5(ash_read('parallel_reads.item', '{"sort": "-n,id", "filter": {"part_count": {"gt": 2}, "parts": {"size": {"gt": 3}}}, "limit": 100}')::text)
	UNION ALL SELECT 'a page', md5((ash_read('parallel_reads.item', '{"sort": "name", "page": {"limit": 20, "count": true}}')::jsonb #- '{results}')::text)
	UNION ALL SELECT 'values', concat(ash_count('parallel_reads.item'), ' ', ash_sum('parallel_reads.item', 'n'), ' ', ash_max('parallel_reads.item', 'part_count'))
	UNION ALL SELECT 'a stream', md5(string_agg((row - '_keyset')::text, '' ORDER BY position)) FROM (SELECT row::jsonb, position FROM ash_stream('parallel_reads.item', '{"sort": "id"}') WITH ORDINALITY AS s(row, position)) AS rows
	UNION ALL SELECT 'a function', concat(count(*), ' ', sum(n)) FROM parallel_reads.items_over(100)
	UNION ALL SELECT 'ordinary SQL', pg_temp.as_role('regress_parallel', $q$SELECT concat(count(*), ' ', sum(n), ' ', min(name)) FROM parallel_reads.item$q$)
	UNION ALL SELECT 'a join', pg_temp.as_role('regress_parallel', $q$SELECT concat(count(*), ' ', sum(p.size)) FROM parallel_reads.item i JOIN parallel_reads.part p ON p.item_id = i.id$q$)
$$;
CREATE TEMP TABLE serial AS SELECT * FROM pg_temp.reads();
SELECT is((SELECT result FROM serial WHERE name = 'ordinary SQL'), (SELECT concat(count(*), ' ', sum(n), ' ', min(name)) FROM parallel_reads.item i
	WHERE org = 'even' AND (of = 1 OR EXISTS (SELECT FROM parallel_reads.part p WHERE p.item_id = i.id AND p.size = 5))), 'what ordinary SQL shows is what the policy says');

-- The setting has another name from PostgreSQL 16 on.
SELECT set_config(name, 'on', true) AS ignored FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL min_parallel_index_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL jit = off;
DISCARD PLANS;
SELECT is(r.result, s.result, 'parallel: ' || r.name) FROM pg_temp.reads() AS r JOIN serial AS s USING (name);

-- There are workers at all, and policies are read in their leader.
SELECT matches(pg_temp.plan_as('regress_parallel', 'SELECT sum(n) FROM parallel_reads.item'), 'Gather', 'ordinary SQL under policies has workers'),
	matches(pg_temp.plan_as('none', 'SELECT sum(n) FROM parallel_reads.items_over(1)'), 'Gather', 'a function has workers');
SELECT is(pg_temp.as_role('regress_parallel', $$SELECT count(*) FROM parallel_reads.item WHERE n < 3 AND ash_count('parallel_reads.item') > n$$), '1', 'calls inside a statement under policies'),
	is(pg_temp.caught($$SELECT ash_read('parallel_reads.item', '{"filter": {"nothing": 1}}')$$)->>'sqlstate', '22023', 'an error');

SELECT * FROM finish();
ROLLBACK;
