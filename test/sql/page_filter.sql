\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(8);

-- Which rows are on a page that has a filter of its own, or is a page of distinct rows?

SELECT pg_temp.define($doc${
  "domain": "page_filter",
  "resources": {
    "item": {
      "attributes": {
        "id": "integer_primary_key",
        "name": {"type": "string", "public": true},
        "secret": {"type": "string"}
      },
      "actions": {
        "defaults": ["read"],
        "paged": {"type": "read", "pagination": {"offset": true, "keyset": true, "countable": true}}
      }
    }
  }
}$doc$) \gset
INSERT INTO page_filter.item (name) VALUES ('a'), ('b'), ('a'), ('c'), ('b'), ('d');

CREATE FUNCTION pg_temp.page(options jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_read('page_filter.item', $1 || '{"action": "paged"}')::jsonb
$$;
CREATE FUNCTION pg_temp.ids(options jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(row->>'id', ' ') FROM jsonb_array_elements(pg_temp.page($1)->'results') AS row
$$;

-- The filter of a page chooses rows of the page; the count is that of the read.
SELECT is(pg_temp.ids('{"page": {"limit": 5, "filter": {"name": "a"}}}'), '1 3', 'only rows that meet the filter are on the page');
SELECT is(pg_temp.page('{"page": {"limit": 1, "count": true, "filter": {"name": "a"}}}') - 'results',
	'{"page": "offset", "limit": 1, "offset": 0, "count": 6, "more": true}', 'the count does not see the filter, "more" does');
SELECT is(pg_temp.page('{"page": {"limit": 5, "count": true, "filter": {"name": "a"}}, "filter": {"id": {"gt": 1}}}')->>'count', '5',
	'the count sees the filter of the read');
SELECT is(pg_temp.ids(jsonb_build_object('page', jsonb_build_object('limit', 5, 'after', row->>'_keyset', 'filter', '{"name": {"in": ["a", "d"]}}'::jsonb))), '3 6',
	'a filter stands beside a cursor')
FROM ash_stream('page_filter.item', '{"action": "paged"}') AS row WHERE row->>'id' = '2';
SELECT throws_ok($$SELECT pg_temp.page('{"page": {"limit": 5, "filter": {"secret": "x"}}}')$$, '22023', NULL, 'a private field is not found');
SELECT is(ash_try_action('page_filter.item', 'paged', '{}', '{"page": {"limit": 5, "filter": {"secret": "x"}}}')::jsonb#>'{errors,0,path}', '["page", "filter"]',
	'the error says where the filter stands');

-- Pages of distinct rows go on where the one before ended.
CREATE FUNCTION pg_temp.names(page jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(row->>'name', ' ') FROM jsonb_array_elements(
		pg_temp.page(jsonb_build_object('sort', 'name', 'distinct', '["name"]'::jsonb, 'page', page))->'results') AS row
$$;
SELECT is(pg_temp.names('{"limit": 2, "offset": 2}'), 'c d', 'by offset');
SELECT is(pg_temp.names(jsonb_build_object('limit', 2, 'after', row->>'_keyset')), 'c d', 'by keyset')
FROM ash_stream('page_filter.item', '{"action": "paged", "sort": "name", "distinct": ["name"]}') AS row WHERE row->>'name' = 'b';

SELECT * FROM finish();
ROLLBACK;
