\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(3);

-- Does a session survive that a read with keysets is rolled back, and go on making the same keysets?

SELECT pg_temp.define($doc${
  "domain": "keyset_rollback",
  "resources": {"row": {
    "attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}},
    "calculations": {"share": {"type": "float", "expr": "1 / n", "public": true}},
    "actions": {"walk": {"type": "read", "primary": true, "pagination": {"keyset": true}}}
  }}
}$doc$) \gset
INSERT INTO keyset_rollback.row (n) VALUES (1), (2), (0);
CREATE FUNCTION pg_temp.keysets() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(r->>'_keyset', ' ') FROM json_array_elements(ash_read('keyset_rollback.row', '{"sort": "id", "page": {"limit": 3}}')->'results') AS r
$$;
SELECT pg_temp.keysets() AS before \gset
SELECT is(count(pg_temp.caught(format('SELECT ash_read(''keyset_rollback.row'', ''{"sort": "id", "page": {"limit": 3, "after": "x%s"}}'')', i))), 20::bigint, 'keysets that are none')
	FROM generate_series(1, 20) AS i;
SELECT is(count(pg_temp.caught('SELECT ash_read(''keyset_rollback.row'', ''{"sort": "id", "load": ["share"], "page": {"limit": 3}}'')')), 20::bigint, 'a page that fails at its third row')
	FROM generate_series(1, 20) AS i;
SELECT is(pg_temp.keysets(), :'before', 'the same keysets');

SELECT * FROM finish();
ROLLBACK;
