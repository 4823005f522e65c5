\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(12);

-- Statements that run inside themselves, or change their tables while they run: does each keep to its plans and its parameters?

CREATE SCHEMA kept_app;
-- How many items are above this rank? Asks the statement again that it is called from, and before that does what the setting says.
CREATE FUNCTION kept_app.above(lowest bigint) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	step text := current_setting('kept.step', true);
BEGIN
	IF lowest >= 3 THEN
		IF step <> '' THEN
			EXECUTE step;
		END IF;
		RETURN 0;
	END IF;
	RETURN (SELECT sum((item->>'beyond')::int + 1)
			FROM json_array_elements(ash_read('kept_nested.item', jsonb_build_object(
				'filter', jsonb_build_object('rank', jsonb_build_object('gt', lowest)), 'sort', 'id', 'limit', 2, 'select', '["rank"]'::jsonb, 'load', '["beyond"]'::jsonb))) AS item);
END $$;
SELECT pg_temp.define($doc${
  "domain": "kept_nested",
  "functions": {"above": {"function": "kept_app.above", "arguments": ["integer"], "returns": "integer"}},
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "rank": {"type": "integer", "public": true}, "owner": {"type": "integer", "public": true}},
      "calculations": {"beyond": {"type": "integer", "expr": "above(rank)", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "note": {
      "attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}, "owner": {"type": "integer", "public": true}},
      "multitenancy": {"strategy": "attribute", "attribute": "owner"},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
INSERT INTO kept_nested.item (rank, owner) SELECT i % 4, 1 FROM generate_series(1, 400) AS i;
CREATE INDEX item_rank ON kept_nested.item (rank);
INSERT INTO kept_nested.note (text, owner) SELECT 'note ' || i, 1 + i % 3 FROM generate_series(1, 3000) AS i;
ANALYZE kept_nested.item, kept_nested.note;

-- above(3) = 0; above(2) = 2 * (0 + 1); the two first above 1 have ranks 2 and 3: 2 + 1 + 0 + 1; above 0: ranks 1 and 2: 4 + 1 + 2 + 1
CREATE FUNCTION pg_temp.beyond(times int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT (SELECT string_agg(item->>'rank' || ':' || (item->>'beyond'), ' ') FROM json_array_elements(
		ash_read('kept_nested.item', jsonb_build_object('filter', '{"rank": {"gt": -1}}'::jsonb, 'sort', 'id', 'limit', 4, 'load', '["beyond"]'::jsonb))) AS item), ' | ')
	FROM generate_series(1, times)
$$;
SELECT is(pg_temp.beyond(), '1:4 2:2 3:0 0:8', 'a statement that runs inside itself');
SELECT is(pg_temp.beyond(8), '1:4 2:2 3:0 0:8', 'again, by plans that are kept');
SELECT set_config('kept.step', 'ANALYZE kept_nested.item', false) \gset
SELECT is(pg_temp.beyond(3), '1:4 2:2 3:0 0:8', 'statistics that change meanwhile');
SELECT set_config('kept.step', 'CREATE TABLE IF NOT EXISTS public.kept_item_' || 1 || ' ()', false) \gset
SELECT is(pg_temp.beyond(3), '1:4 2:2 3:0 0:8', 'another table that appears meanwhile');
SELECT set_config('kept.step', 'SET LOCAL search_path = kept_app, pg_catalog, public', false) \gset
SELECT is(pg_temp.beyond(3), '1:4 2:2 3:0 0:8', 'a search path that changes meanwhile');
SELECT set_config('kept.step', 'DO $x$ BEGIN RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN PERFORM ash_read(''kept_nested.item'', ''{"filter": {"rank": {"gt": 2}}}''); END $x$', false) \gset
SELECT is(pg_temp.beyond(3), '1:4 2:2 3:0 0:8', 'an error that is caught meanwhile');
SELECT set_config('kept.step', '', false) \gset

-- A kept plan has its tenant as a parameter: each call sees its own.
CREATE FUNCTION pg_temp.owners(tenant int) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT item->>'owner', ' ') || ' ' || count(*) FROM json_array_elements(
		ash_read('kept_nested.note', jsonb_build_object('tenant', tenant, 'filter', '{"id": {"gt": 0}}'::jsonb, 'sort', 'id', 'limit', 50))) AS item
$$;
SELECT is((SELECT string_agg(DISTINCT pg_temp.owners(1 + i % 3), ', ') FROM generate_series(1, 30) AS i), '1 50, 2 50, 3 50', 'tenants in turn');

-- Row security by hand, turned on when plans are kept already.
CREATE ROLE kept_reader;
GRANT USAGE ON SCHEMA kept_nested, kept_app TO kept_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA kept_nested TO kept_reader;
CREATE FUNCTION pg_temp.seen(times int) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT json_array_length(ash_read('kept_nested.item', '{"filter": {"rank": {"gte": 0}}, "sort": "id"}'))::text, ' ') FROM generate_series(1, times)
$$;
SELECT is(pg_temp.seen(5), '400', 'the owner sees all');
SET ROLE kept_reader;
SELECT is(pg_temp.seen(5), '400', 'so does another role');
RESET ROLE;
ALTER TABLE kept_nested.item ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_hand ON kept_nested.item FOR SELECT TO kept_reader USING (rank = 0);
SET ROLE kept_reader;
SELECT is(pg_temp.seen(5), '100', 'a policy by hand holds from the next call on');
RESET ROLE;
REVOKE SELECT ON kept_nested.item FROM kept_reader;
SET ROLE kept_reader;
SELECT is(pg_temp.caught('SELECT ash_read(''kept_nested.item'', ''{"filter": {"rank": {"gte": 0}}, "sort": "id"}'')')->>'sqlstate', '42501', 'without the privilege a kept plan does not run');
RESET ROLE;
SELECT is(pg_temp.seen(3), '400', 'and the owner still sees all');

SELECT * FROM finish();
ROLLBACK;
