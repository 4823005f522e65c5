\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(22);

-- Does a stream give the rows of the read, page by page and no more pages than are asked for? Several values over one
-- read, and a call's timeout, are looked at too.

CREATE SCHEMA stream;
CREATE SEQUENCE stream.pages;
CREATE FUNCTION stream.slow() RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(20); RETURN 'true'; END $$;
SELECT pg_temp.define($doc${
  "domain": "stream",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}, "name": {"type": "string", "public": true}},
      "calculations": {"odd": {"type": "string", "expr": "'a \"{[' || name || ']}\\'", "public": true}},
      "actions": {
        "defaults": ["read"],
        "offset_only": {"type": "read", "pagination": {"offset": true}},
        "none": {"type": "read"},
        "small": {"type": "read", "pagination": {"keyset": true, "offset": true, "max_page_size": 3}},
        "slow": {"type": "action", "returns": "boolean", "timeout": 50, "run": "stream.slow"}
      }
    }
  }
}$doc$) \gset
INSERT INTO stream.item (size, name) SELECT nullif(i % 4, 0), 'n' || i FROM generate_series(1, 10) AS i;

CREATE FUNCTION pg_temp.ids(options jsonb, batch int, action text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(r->>'id', ' '), '') FROM ash_stream('stream.item', options || jsonb_build_object('action', action, 'batch_size', batch)) AS r
$$;
CREATE FUNCTION pg_temp.refused(arguments text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_stream(%L, %s)', 'stream.item', arguments))
$$;

SELECT is(pg_temp.ids('{"sort": "id"}', 3), '1 2 3 4 5 6 7 8 9 10', 'all rows, over several pages'),
	is(pg_temp.ids('{"sort": "id"}', 5), '1 2 3 4 5 6 7 8 9 10', 'pages that end with the rows'),
	is(pg_temp.ids('{"sort": "id"}', 1), '1 2 3 4 5 6 7 8 9 10', 'pages of one row'),
	is(pg_temp.ids('{"sort": "id"}', 250), '1 2 3 4 5 6 7 8 9 10', 'one page'),
	is(pg_temp.ids('{"sort": "size,-id"}', 2), '9 5 1 10 6 2 7 3 8 4', 'in order, nulls last'),
	is(pg_temp.ids('{"sort": "id", "limit": 7}', 3), '1 2 3 4 5 6 7', 'a limit is that of the stream'),
	is(pg_temp.ids('{"sort": "id", "limit": 6}', 3), '1 2 3 4 5 6', 'also when pages end there'),
	is(pg_temp.ids('{"sort": "id", "limit": 4, "offset": 5}', 3), '6 7 8 9', 'so is an offset'),
	is(pg_temp.ids('{"sort": "id", "limit": 0}', 3), '', 'no row'),
	is(pg_temp.ids('{"filter": {"size": {"gt": 2}}, "sort": "id"}', 1), '3 7', 'filtered'),
	is(pg_temp.ids('{"sort": "id"}', 250, 'small'), '1 2 3 4 5 6 7 8 9 10', 'pages no larger than the action allows'),
	is((SELECT string_agg(r->>'odd', ',') FROM ash_stream('stream.item', '{"batch_size": 1, "sort": "id", "load": ["odd"], "limit": 2}') AS r),
		E'a "{[n1]}\\,a "{[n2]}\\', 'values that look like the ends of rows');

-- No page is fetched before it is needed. The policy of the table counts the rows that are looked at, ten a page.
CREATE POLICY counted ON stream.item USING (nextval('stream.pages') > 0);
ALTER TABLE stream.item ENABLE ROW LEVEL SECURITY;
CREATE ROLE regress_stream;
GRANT USAGE ON SCHEMA stream TO regress_stream;
GRANT SELECT ON stream.item TO regress_stream;
GRANT USAGE ON SEQUENCE stream.pages TO regress_stream;
SELECT is(pg_temp.as_role('regress_stream', $$SELECT ash_stream('stream.item', '{"batch_size": 2, "sort": "id"}')->>'id' LIMIT 3$$), E'1\n2\n3', 'a stream that is left early');
SELECT ok((SELECT last_value FROM stream.pages) <= 10 + 10, 'has looked at no more rows than two pages need');

-- What cannot be streamed.
SELECT matches(pg_temp.refused($$'{"action": "offset_only"}'$$), E'^22023 invalid\nnon_streamable_action: Action stream.item.offset_only does not support streaming', 'offset alone'),
	matches(pg_temp.refused($$'{"action": "none"}'$$), E'^22023 invalid\nnon_streamable_action: Action stream.item.none does not support streaming', 'no pagination'),
	is(pg_temp.refused($$'{"batch_size": 0}'$$), E'22023 invalid\ninvalid_option batch_size: option batch_size must be at least 1', 'no rows a page'),
	matches(pg_temp.refused($$'{"page": {"limit": 2}}'$$), E'^22023 invalid\ninvalid_option page: ', 'a page of a stream');

-- Several values.
SELECT is(ash_aggregate('stream.item', '{"n": "count", "s": {"kind": "sum", "field": "size"}, "big": {"kind": "count", "filter": {"size": {"gt": 2}}},
		"l": {"kind": "list", "field": "size", "uniq": true, "sort": "-size"}, "e": "exists", "f": {"kind": "first", "field": "name", "sort": "-id"}}', '{"filter": {"id": {"gt": 2}}}')::jsonb,
		'{"n": 8, "s": 12, "big": 2, "l": [3, 2, 1], "e": true, "f": "n10"}', 'several values over one read'),
	is(pg_temp.errors($$SELECT ash_aggregate('stream.item', '{"n": "sum", "x": {"kind": "sum", "field": "name"}}')$$),
		E'22023 invalid\ninvalid_query ["n"]: sum needs a field, got: "sum"\ninvalid_query name ["x"]: name is not a number', 'each error under its name');

-- Time.
SELECT is(pg_temp.error_lines(ash_try_action('stream.item', 'slow')::jsonb->'errors'), 'timeout: stream.item.slow timed out after 50ms', 'the action''s timeout'),
	is(pg_temp.error_lines(ash_try_action('stream.item', 'slow', '{}', '{"timeout": 20}')::jsonb->'errors'), 'timeout: stream.item.slow timed out after 20ms', 'the call''s');

SELECT * FROM finish();
ROLLBACK;
