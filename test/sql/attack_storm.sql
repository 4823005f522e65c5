\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(17);

-- Errors, recursion and DDL in a long transaction: does the engine keep its stack, and its memory?

SELECT pg_temp.define($doc${
  "domain": "attack_storm",
  "resources": {
    "node": {"attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true, "constraints": {"max": 1000000}}, "up": {"type": "integer", "public": true}},
      "relationships": {"parent_node": {"belongs_to": "attack_storm.node", "source_attribute": "up", "define_attribute": false, "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}}
  }
}$doc$) \gset
CREATE FUNCTION pg_temp.memory() RETURNS bigint LANGUAGE sql AS $$ SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts WHERE name LIKE 'ash%' OR name = 'TopMemoryContext' $$;

-- Every way to fail, caught.
CREATE FUNCTION pg_temp.storm(times int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	failed int := 0;
	answer json;
BEGIN
	FOR i IN 1..times LOOP
		BEGIN
			CASE i % 6
				WHEN 0 THEN answer := ash_create('attack_storm.node', '{"n": "x"}');
				WHEN 1 THEN answer := ash_create('attack_storm.node', '{"up": 0}');
				WHEN 2 THEN PERFORM ash_read('attack_storm.node', '{"filter": {"nothing": 1}}');
				WHEN 3 THEN answer := ash_try_action('attack_storm.node', 'create', '{"n": 2000000}');
				WHEN 4 THEN answer := ash_create('attack_storm.node', '{"n": 1}'); RAISE EXCEPTION 'undo';
				ELSE answer := ash_bulk_create('attack_storm.node', '[{"n": 1}, {"n": "x"}]');
			END CASE;
		EXCEPTION WHEN OTHERS THEN
			failed := failed + 1;
		END;
	END LOOP;
	RETURN failed || ' of ' || times;
END $$;
SELECT is(pg_temp.storm(60), '40 of 60', 'failures are caught');
SELECT is(ash_create('attack_storm.node', '{"n": 7}')->>'n', '7', 'and calls go on');
SELECT pg_temp.storm(600) AS ignored, pg_temp.memory() AS before \gset
SELECT is(pg_temp.storm(3000), '2000 of 3000', 'many of them');
SELECT cmp_ok(pg_temp.memory() - :before, '<', 200000::bigint, 'take no memory');

-- Many calls.
SELECT count(ash_read('attack_storm.node', jsonb_build_object('limit', 1, 'filter', jsonb_build_object('n', g)))) AS ignored FROM generate_series(1, 100) g \gset
SELECT pg_temp.memory() AS before \gset
SELECT is(count(ash_read('attack_storm.node', jsonb_build_object('limit', 1, 'filter', jsonb_build_object('n', g)))), 5000::bigint, 'reads') FROM generate_series(1, 5000) g;
SELECT is(count(ash_create('attack_storm.node', jsonb_build_object('n', g))), 3000::bigint, 'creates') FROM generate_series(1, 3000) g;
SELECT cmp_ok(pg_temp.memory() - :before, '<', 400000::bigint, 'take no memory');

-- DDL between the writes.
SELECT ash_create('attack_storm.node', '{"n": 8}') AS ignored \gset
SELECT (SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'ash table shape') AS shapes \gset
DO $$ BEGIN FOR i IN 1..100 LOOP EXECUTE 'CREATE TEMP TABLE passing (i int)'; PERFORM ash_create('attack_storm.node', '{"n": 8}'); EXECUTE 'DROP TABLE passing'; END LOOP; END $$;
SELECT cmp_ok((SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'ash table shape') - :shapes, '<', 3::bigint, 'the shape of a table is kept once');

-- Actions in triggers of actions.
CREATE FUNCTION attack_storm.again() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.n > 0 THEN PERFORM public.ash_create('attack_storm.node', jsonb_build_object('n', NEW.n - 1)); END IF; RETURN NEW; END$$;
SELECT replace(prosrc, 'public.', (SELECT extnamespace::regnamespace || '.' FROM pg_extension WHERE extname = 'ash')) AS body FROM pg_proc WHERE oid = 'attack_storm.again'::regproc \gset
CREATE OR REPLACE FUNCTION attack_storm.again() RETURNS trigger LANGUAGE plpgsql AS :'body';
DELETE FROM attack_storm.node;
CREATE TRIGGER again AFTER INSERT ON attack_storm.node FOR EACH ROW EXECUTE FUNCTION attack_storm.again();
SELECT is(ash_create('attack_storm.node', '{"n": 50}')->>'n', '50', 'fifty deep');
SELECT is((SELECT count(*) FROM attack_storm.node), 51::bigint, 'all are stored');
SET LOCAL max_stack_depth = '500kB';
SELECT is(pg_temp.caught($$SELECT ash_create('attack_storm.node', '{"n": 1000000}')$$)->>'sqlstate', '54001', 'endless: an error, no crash');
SELECT is(ash_count('attack_storm.node'), 51::bigint, 'which leaves nothing behind');
RESET max_stack_depth;
SET LOCAL ash.fast_path = off;
SELECT is(ash_create('attack_storm.node', '{"n": 50}')->>'n', '50', 'fifty deep, as statements');
DROP TRIGGER again ON attack_storm.node;

-- Cursors, and plans thrown away.
DECLARE counts CURSOR FOR SELECT ash_count('attack_storm.node') FROM generate_series(1, 5);
FETCH FROM counts \gset
SELECT is(:ash_count, 102, 'a cursor over calls');
SELECT is(left(pg_temp.errors($$SELECT ash_create('attack_storm.node', '{"n": "x"}')$$), 5), '22023', 'an error while it is open');
FETCH FROM counts \gset
SELECT is(:ash_count, 102, 'goes on');
DISCARD PLANS;
SELECT is(ash_count('attack_storm.node'), 102::bigint, 'DISCARD PLANS');

SELECT * FROM finish();
ROLLBACK;
