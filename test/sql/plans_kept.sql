\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(22);

-- A read that PostgreSQL would plan for each execution keeps plans for parameters of a kind. Are they kept for these only, do they give
-- the right rows, and is a plan that needs the values still made with them?

SELECT pg_temp.define($doc${
  "domain": "kept",
  "resources": {
    "item": {
      "attributes": {
        "id": "integer_primary_key", "rank": {"type": "integer", "public": true}, "placed": {"type": "integer", "public": true},
        "name": {"type": "string", "public": true}, "kind": {"type": "string", "public": true}, "owner": {"type": "integer", "public": true}
      },
      "relationships": {"parts": {"has_many": "kept.part", "destination_attribute": "item_id", "public": true}},
      "calculations": {"has_part_from": {"type": "boolean", "arguments": {"lowest": {"type": "integer", "allow_nil": false}}, "public": true,
                       "expr": "exists(parts, size + parent.rank >= arg.lowest)"}},
      "actions": {"defaults": ["read"], "paged": {"type": "read", "pagination": {"keyset": true, "offset": true}}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}]
    },
    "part": {
      "attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}},
      "relationships": {"item": {"belongs_to": "kept.item", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
-- ranks 0 to 3, and 4 of 99
INSERT INTO kept.item (rank, placed, name, kind, owner)
	SELECT CASE WHEN i % 5000 = 0 THEN 99 ELSE i % 4 END, (i * 7919) % 20011, 'name ' || i, CASE WHEN i % 500 = 0 THEN 'rare' ELSE 'common' END, 1
	FROM generate_series(1, 20000) AS i;
CREATE INDEX item_rank ON kept.item (rank);
CREATE INDEX item_placed ON kept.item (placed);
CREATE INDEX item_name_pattern ON kept.item (name text_pattern_ops);
CREATE INDEX item_rare ON kept.item (id) WHERE kind = 'rare';
ANALYZE kept.item;

CREATE FUNCTION pg_temp.options(filter jsonb, start int) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('actor', '{"id": 1}'::jsonb, 'authorize', true, 'filter', filter, 'sort', 'placed',
							  'page', jsonb_build_object('limit', 20, 'offset', start))
$$;
CREATE FUNCTION pg_temp.plan_of(filter jsonb, start int DEFAULT 0) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(line, E'\n') FROM ash_explain('kept.item', 'paged', '{}', pg_temp.options(filter, start)) AS line
$$;
CREATE FUNCTION pg_temp.run(times int, filter jsonb, start int DEFAULT 0) RETURNS void LANGUAGE sql AS $$
	SELECT count(ash_run_action('kept.item', 'paged', '{}', pg_temp.options(filter, start))) FROM generate_series(1, times)
$$;
CREATE FUNCTION pg_temp.ids(filter jsonb, start int DEFAULT 0) RETURNS int[] LANGUAGE sql AS $$
	SELECT coalesce(array_agg((item->>'id')::int ORDER BY n), '{}')
	FROM jsonb_array_elements(ash_run_action('kept.item', 'paged', '{}', pg_temp.options(filter, start))::jsonb->'results')
		 WITH ORDINALITY AS i(item, n)
$$;
CREATE FUNCTION pg_temp.plain_ids(lowest int, start int) RETURNS int[] LANGUAGE sql AS $$
	SELECT coalesce(array_agg(id ORDER BY n), '{}')
	FROM (SELECT id, row_number() OVER (ORDER BY placed, id) AS n FROM kept.item WHERE rank >= lowest) AS i
	WHERE n > start AND n <= start + 20
$$;

-- The first executions are planned for their values.
SELECT matches(pg_temp.plan_of('{"rank": {"gte": 0}}'), 'using item_placed .*rank >= ''0''', 'planned for the value');
SELECT pg_temp.run(10, '{"rank": {"gte": 0}}') \gset
SELECT matches(pg_temp.plan_of('{"rank": {"gte": 0}}'), 'using item_placed .*rank >= \$[0-9]', 'a plan with parameters is kept');
SELECT matches(pg_temp.plan_of('{"rank": {"gte": 1}}'), 'using item_placed .*rank >= \$[0-9]', 'and taken for a value that lets nearly as many rows through');
SELECT matches(pg_temp.plan_of('{"rank": {"gte": 1}}', 15), 'using item_placed ', 'and for a page nearby');

-- A value that lets few rows through has another plan, which is kept beside the first; far pages too.
SELECT pg_temp.run(3, '{"rank": {"gte": 90}}') \gset
SELECT matches(pg_temp.plan_of('{"rank": {"gte": 90}}'), 'on item_rank .*Index Cond: \(rank >= \$[0-9]', 'few rows: by their own index');
SELECT matches(pg_temp.plan_of('{"rank": {"gte": 50}}'), 'on item_rank ', 'a like value has it too');
SELECT matches(pg_temp.plan_of('{"rank": {"gte": 0}}'), 'using item_placed .*rank >= \$[0-9]', 'the first plan is still there');
SELECT pg_temp.run(3, '{"rank": {"gte": 0}}', 15000) \gset
SELECT matches(pg_temp.plan_of('{"rank": {"gte": 0}}', 15000), 'Limit +\(cost=\d{4}\.\d\d\..*rank >= \$[0-9]', 'a far page is planned for its reach');

SELECT is(pg_temp.ids(jsonb_build_object('rank', jsonb_build_object('gte', lowest)), start), pg_temp.plain_ids(lowest, start),
	format('rows of rank >= %s from %s', lowest, start))
FROM unnest(ARRAY[0, 1, 3, 4, 99, 100]) AS lowest, unnest(ARRAY[0, 15]) AS start
WHERE lowest NOT IN (1, 4) OR start = 0
ORDER BY lowest, start;

-- Some plans need the value.
SELECT pg_temp.run(12, '{"name": {"like": "name 77%"}}') \gset
SELECT matches(pg_temp.plan_of('{"name": {"like": "name 77%"}}'), 'using item_name_pattern .*Index Cond.*name 77', 'the prefix of a pattern');

SELECT pg_temp.run(3, '{"kind": "rare"}') \gset
SELECT matches(pg_temp.plan_of('{"kind": "rare"}'), 'item_rare', 'the condition of a partial index');

-- When the statistics change, so do the plans; when a table changes, too.
UPDATE kept.item SET rank = 0 WHERE rank BETWEEN 1 AND 3;
ANALYZE kept.item;
SELECT matches(pg_temp.plan_of('{"rank": {"gte": 1}}'), 'using item_rank ', 'new statistics, new plan');
DROP INDEX kept.item_rank;
SELECT is(pg_temp.ids('{"rank": {"gte": 90}}'), pg_temp.plain_ids(90, 0), 'rows without the index of a kept plan');

SELECT * FROM finish();
ROLLBACK;
