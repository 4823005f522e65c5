\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(9);

-- ash.plan_selection = off leaves the plans of reads to PostgreSQL. Are the rows the same, are selected plans dropped, and can it be
-- turned on again?

SELECT pg_temp.define($doc${
  "domain": "unselected",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "rank": {"type": "integer", "public": true}, "placed": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read"], "paged": {"type": "read", "pagination": {"offset": true}}}
    }
  }
}$doc$) \gset
INSERT INTO unselected.item (rank, placed)
	SELECT CASE WHEN i % 1000 = 0 THEN 99 ELSE i % 4 END, (i * 7919) % 5003 FROM generate_series(1, 4000) AS i;
CREATE INDEX item_rank ON unselected.item (rank);
CREATE INDEX item_placed ON unselected.item (placed);
ANALYZE unselected.item;

CREATE FUNCTION pg_temp.options(lowest int) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('filter', jsonb_build_object('rank', jsonb_build_object('gte', lowest)), 'sort', 'placed', 'page', '{"limit": 20}'::jsonb)
$$;
CREATE FUNCTION pg_temp.ids(lowest int) RETURNS int[] LANGUAGE sql AS $$
	SELECT array_agg((item->>'id')::int ORDER BY n)
	FROM jsonb_array_elements(ash_run_action('unselected.item', 'paged', '{}', pg_temp.options(lowest))::jsonb->'results') WITH ORDINALITY AS i(item, n)
$$;
CREATE FUNCTION pg_temp.plain_ids(lowest int) RETURNS int[] LANGUAGE sql AS $$
	SELECT array_agg(id ORDER BY placed, id) FROM (SELECT id, placed FROM unselected.item WHERE rank >= lowest ORDER BY placed, id LIMIT 20) AS i
$$;
CREATE FUNCTION pg_temp.plan_of(lowest int) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(line, E'\n') FROM ash_explain('unselected.item', 'paged', '{}', pg_temp.options(lowest)) AS line
$$;
CREATE FUNCTION pg_temp.run(times int, lowest int) RETURNS void LANGUAGE sql AS $$
	SELECT count(ash_run_action('unselected.item', 'paged', '{}', pg_temp.options(lowest))) FROM generate_series(1, times)
$$;
CREATE FUNCTION pg_temp.examined() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'ash estimates' $$;

SET LOCAL ash.plan_selection = off;
SELECT pg_temp.run(10, 90) \gset
SELECT is(pg_temp.examined(), 0::bigint, 'off: nothing is estimated');
SELECT is(pg_temp.ids(0), pg_temp.plain_ids(0), 'off: many rows');
SELECT is(pg_temp.ids(90), pg_temp.plain_ids(90), 'off: few rows');

SET LOCAL ash.plan_selection = on;
SELECT pg_temp.run(3, 90), pg_temp.run(3, 0) \gset
SELECT matches(pg_temp.plan_of(90), 'on item_rank .*Index Cond: \(rank >= \$[0-9]', 'on: a plan is selected for few rows');
SELECT matches(pg_temp.plan_of(0), 'using item_placed .*rank >= \$[0-9]', 'on: and one for many');
SELECT cmp_ok(pg_temp.examined(), '>', 0::bigint, 'on: estimates are kept');

-- The base plan was marked to be planned for each execution; PostgreSQL decides again.
SET LOCAL ash.plan_selection = off;
SELECT is(pg_temp.ids(0), pg_temp.plain_ids(0), 'off again: many rows');
SELECT is(pg_temp.examined(), 0::bigint, 'off again: selected plans are dropped');
SELECT pg_temp.run(10, 0) \gset
SELECT is(pg_temp.ids(90), pg_temp.plain_ids(90), 'off again: few rows');

SELECT * FROM finish();
ROLLBACK;
