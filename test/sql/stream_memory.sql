\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(6);

-- Does a stream of 200000 rows need no more memory at its end than at its beginning, and no page that nobody asks for?

SELECT pg_temp.define($doc${
  "domain": "stream_memory",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "n": {"type": "integer", "allow_nil": false, "public": true}, "text": {"type": "string", "public": true}},
      "calculations": {"long": {"type": "string", "expr": "text || text", "public": true}},
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "max_page_size": 5000, "required": false}}},
      "custom_indexes": [{"fields": ["n", "id"]}]
    }
  }
}$doc$) \gset
INSERT INTO stream_memory.item (n, text) SELECT i % 1000, repeat('x', 100) FROM generate_series(1, 200000) AS i;
ANALYZE stream_memory.item;

-- Bytes the backend has taken, looked at every 10000 rows from the first on.
CREATE FUNCTION pg_temp.stream(options jsonb, batch_size int, OUT rows int, OUT ordered bool, OUT growth bigint) LANGUAGE plpgsql AS $$
DECLARE
	row json;
	bytes bigint;
	least bigint;
	most bigint;
	last int;
BEGIN
	rows := 0;
	ordered := true;
	FOR row IN SELECT ash_stream('stream_memory.item', options || jsonb_build_object('batch_size', batch_size)) LOOP
		rows := rows + 1;
		ordered := ordered AND coalesce(last <= (row->>'n')::int, true);
		last := row->>'n';
		IF rows % 10000 = 1000 THEN
			SELECT sum(total_bytes) INTO bytes FROM pg_backend_memory_contexts;
			least := least(least, bytes);
			most := greatest(most, bytes);
		END IF;
	END LOOP;
	growth := most - least;
END $$;
SELECT * FROM pg_temp.stream('{"sort": "n", "load": ["long"]}', 250) \gset
SELECT is(:rows, 200000, 'all rows'), is(:'ordered'::bool, true, 'in order'), cmp_ok(:growth::bigint, '<', 200000::bigint, 'the backend does not grow on the way');

-- Larger pages cost a page, not the whole.
SELECT * FROM pg_temp.stream('{"sort": "n", "load": ["long"]}', 5000) \gset
SELECT is(:rows, 200000, 'all rows in pages of 5000'), cmp_ok(:growth::bigint, '<', 2000000::bigint, 'a few of its pages at most');

-- The first rows of many.
CREATE FUNCTION pg_temp.first_rows() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	before bigint := (SELECT coalesce(idx_tup_fetch, 0) + coalesce(seq_tup_read, 0) FROM pg_stat_xact_user_tables WHERE relid = 'stream_memory.item'::regclass);
BEGIN
	PERFORM ash_stream('stream_memory.item', '{"sort": "n"}') LIMIT 10;
	RETURN (SELECT coalesce(idx_tup_fetch, 0) + coalesce(seq_tup_read, 0) FROM pg_stat_xact_user_tables WHERE relid = 'stream_memory.item'::regclass) - before;
END $$;
SELECT cmp_ok(pg_temp.first_rows(), '<=', 251::bigint, 'ten rows cost a page, found by the index');

SELECT * FROM finish();
ROLLBACK;
