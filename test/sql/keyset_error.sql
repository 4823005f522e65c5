\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(9);

-- A keyset page that fails half way, or is read in a subtransaction: does the session go on as if nothing had been?

SELECT pg_temp.define($doc${
  "domain": "keyset_error",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}},
      "calculations": {"inverse": {"type": "integer", "expr": "rem(10, 2 - n)", "public": true}},
      "actions": {"defaults": ["destroy"], "read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}}}
    }
  }
}$doc$) \gset
INSERT INTO keyset_error.item (n) SELECT i FROM generate_series(0, 3) AS i;

CREATE FUNCTION pg_temp.page(options jsonb, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT ash_read(%L, %L)', 'keyset_error.item', options || '{"sort": "id"}')
$$;
SELECT is(pg_temp.errors(pg_temp.page('{"page": {"limit": 4}, "load": ["inverse"]}')) ~ '^22012', true, 'a row fails after others had their keyset'),
	is(pg_temp.errors(pg_temp.page('{"page": {"limit": 1}, "load": ["inverse"]}')), 'no error', 'a page before it does not'),
	is(pg_temp.errors(pg_temp.page('{"page": {"limit": 4, "after": "x"}, "load": ["inverse"]}')) ~ '^22023', true, 'a keyset that is none');
SELECT is((SELECT count(*)::int FROM generate_series(1, 200) WHERE pg_temp.errors(pg_temp.page('{"page": {"limit": 4}, "load": ["inverse"]}')) ~ '^22012'), 200, 'two hundred times');

-- In a subtransaction that goes well, and in one that does not.
SELECT is(ash_try_action('keyset_error.item', 'read', '{}', '{"page": {"limit": 2}, "sort": "id"}')::jsonb #> '{result,results,1,n}', '1', 'a page as an answer'),
	is(ash_try_action('keyset_error.item', 'read', '{}', '{"page": {"limit": 4}, "load": ["inverse"]}')->>'ok', 'false', 'a failure as an answer');
SELECT is(ash_page('keyset_error.item', ash_read('keyset_error.item', '{"page": {"limit": 2}, "sort": "id"}')::jsonb, 'next', '{"page": {"limit": 2}, "sort": "id"}')::jsonb #> '{results,0,n}', '2', 'pages go on');

-- Rows of a stream with savepoints between them.
CREATE FUNCTION pg_temp.stream(OUT seen int, OUT caught int) LANGUAGE plpgsql AS $$
DECLARE
	rows CURSOR FOR SELECT ash_stream('keyset_error.item', '{"batch_size": 1, "sort": "id"}')->>'n' AS n;
BEGIN
	seen := 0;
	caught := 0;
	FOR one IN rows LOOP
		BEGIN
			seen := seen + 1;
			PERFORM ash_read('keyset_error.item', '{"page": {"limit": 4}, "load": ["inverse"], "sort": "id"}');
		EXCEPTION WHEN division_by_zero THEN
			caught := caught + 1;
		END;
	END LOOP;
END $$;
SELECT is((SELECT concat(seen, ' ', caught) FROM pg_temp.stream()), '4 4', 'a stream goes on beside pages that fail');
DECLARE rows CURSOR FOR SELECT ash_stream('keyset_error.item', '{"batch_size": 1, "sort": "id"}')->>'n' AS n;
SAVEPOINT s;
FETCH 1 FROM rows \gset
ROLLBACK TO s;
SELECT is(pg_temp.errors('FETCH 1 FROM rows'), 'no error', 'a stream whose page was read in a savepoint that is gone');

SELECT * FROM finish();
ROLLBACK;
