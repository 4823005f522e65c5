\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(30);

-- From a page that a read has given, which page does ash_page reach, and what does it refuse?

SELECT pg_temp.define($doc${
  "domain": "page_walk",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}},
      "actions": {
        "defaults": ["read"],
        "paged": {"type": "read", "pagination": {"offset": true, "countable": true, "default_limit": 3}},
        "walked": {"type": "read", "pagination": {"keyset": true, "countable": true, "required": false}}
      }
    }
  }
}$doc$) \gset
-- Sorted by size: 1 5 9 | 2 6 10 | 3 7 4 | 8 (sizes 1 1 1, 2 2 2, 3 3 null null).
INSERT INTO page_walk.item (size) SELECT nullif(i % 4, 0) FROM generate_series(1, 10) AS i;

CREATE FUNCTION pg_temp.first(action text, page jsonb, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_read('page_walk.item', options || jsonb_build_object('action', action, 'page', page))::jsonb
$$;
CREATE FUNCTION pg_temp.walk(action text, page jsonb, to_page text, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_page('page_walk.item', page, to_page, options || jsonb_build_object('action', action))::jsonb
$$;
CREATE FUNCTION pg_temp.ids(page jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(r->>'id', ' '), '') FROM jsonb_array_elements(page->'results') AS r
$$;
-- The ids of a page reached over several steps.
CREATE FUNCTION pg_temp.steps(action text, page jsonb, options jsonb, VARIADIC steps text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	at jsonb := pg_temp.first(action, page, options);
	step text;
BEGIN
	FOREACH step IN ARRAY steps LOOP
		at := pg_temp.walk(action, at, step, options);
	END LOOP;
	RETURN pg_temp.ids(at);
END $$;
CREATE FUNCTION pg_temp.refused(action text, page jsonb, to_page text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_page(%L, %L, %L, %L)', 'page_walk.item', page, to_page, jsonb_build_object('action', action)))
$$;

-- Pages by offset.
SELECT is(pg_temp.steps('paged', '{"limit": 3}', '{"sort": "id"}', 'next'), '4 5 6', 'offset: next'),
	is(pg_temp.steps('paged', '{"limit": 3}', '{"sort": "id"}', 'next', 'next', 'prev'), '4 5 6', 'offset: prev'),
	is(pg_temp.steps('paged', '{"limit": 3}', '{"sort": "id"}', 'prev'), '1 2 3', 'offset: before the first page stands the first'),
	is(pg_temp.steps('paged', '{"limit": 3, "offset": 2}', '{"sort": "id"}', 'prev'), '1 2 3', 'offset: prev does not go below 0'),
	is(pg_temp.steps('paged', '{"limit": 3, "offset": 5}', '{"sort": "id"}', 'self'), '6 7 8', 'offset: self'),
	is(pg_temp.steps('paged', '{"limit": 3, "offset": 5}', '{"sort": "id"}', 'first'), '1 2 3', 'offset: first'),
	is(pg_temp.steps('paged', '{"limit": 3}', '{"sort": "id"}', '3'), '7 8 9', 'offset: the third page'),
	is(pg_temp.steps('paged', '{"limit": 3, "count": true}', '{"sort": "id"}', 'last'), '10', 'offset: last'),
	is(pg_temp.steps('paged', '{"limit": 5, "count": true}', '{"sort": "id"}', 'last'), '6 7 8 9 10', 'offset: the last page may be full'),
	is(pg_temp.steps('paged', '{"limit": 3}', '{"sort": "id"}', '9'), '', 'offset: beyond the end there is nothing'),
	is(pg_temp.steps('paged', '{"limit": 3}', '{"sort": "id", "filter": {"size": 2}}', 'next', 'prev'), '2 6 10', 'options hold for every page'),
	is(pg_temp.walk('paged', pg_temp.first('paged', '{"limit": 3, "count": true}'), 'next')->>'count', '10', 'a counted page leads to counted pages'),
	is(pg_temp.walk('paged', pg_temp.first('paged', '{"limit": 3}'), 'next')->>'count', NULL, 'one that is not, does not');

-- Pages by keyset.
SELECT is(pg_temp.steps('walked', '{"limit": 3}', '{"sort": "size"}', 'next'), '2 6 10', 'keyset: next'),
	is(pg_temp.steps('walked', '{"limit": 3}', '{"sort": "size"}', 'next', 'next', 'next'), '8', 'keyset: next, into nulls'),
	is(pg_temp.steps('walked', '{"limit": 3}', '{"sort": "size"}', 'next', 'next', 'next', 'prev'), '3 7 4', 'keyset: prev'),
	is(pg_temp.steps('walked', '{"limit": 3}', '{"sort": "size"}', 'next', 'next', 'next', 'next'), '', 'keyset: beyond the end there is nothing'),
	is(pg_temp.steps('walked', '{"limit": 3}', '{"sort": "size"}', 'next', 'next', 'next', 'next', 'next'), '', 'and nothing after that'),
	is(pg_temp.steps('walked', '{"limit": 3}', '{"sort": "size"}', 'prev'), '1 5 9', 'keyset: before the first page stands the first'),
	is(pg_temp.steps('walked', '{"limit": 3}', '{"sort": "size"}', 'next', 'self'), '2 6 10', 'keyset: self'),
	is(pg_temp.steps('walked', '{"limit": 3}', '{"sort": "size"}', 'next', 'next', 'first'), '1 5 9', 'keyset: first'),
	is(pg_temp.steps('walked', '{"limit": 3, "count": true}', '{"sort": "size"}', 'last'), '8', 'keyset: last'),
	is(pg_temp.steps('walked', '{"limit": 3, "count": true}', '{"sort": "size"}', 'last', 'prev'), '3 7 4', 'keyset: and back');

-- What there is not.
SELECT is(pg_temp.refused('paged', pg_temp.first('paged', '{"limit": 3}'), 'last'), E'22023 invalid\ninvalid_page: Cannot fetch last page without counting', 'no last page without a count'),
	is(pg_temp.refused('walked', pg_temp.first('walked', '{"limit": 3}'), '2'), E'22023 invalid\ninvalid_page: Cannot seek to a specific page with keyset based pagination', 'no number with keysets'),
	is(pg_temp.refused('paged', pg_temp.first('paged', '{"limit": 3}'), '0'), E'22023 invalid\ninvalid_page: A page is next, prev, first, last, self or a number from 1', 'no page 0'),
	is(pg_temp.refused('paged', pg_temp.first('paged', '{"limit": 3}'), 'up'), E'22023 invalid\ninvalid_page: A page is next, prev, first, last, self or a number from 1', 'no such direction'),
	is(pg_temp.refused('paged', '[]', 'next'), E'22023 invalid\ninvalid_page: This is not a page of a read', 'not a page'),
	is(pg_temp.refused('paged', '{"page": "offset", "limit": "3"}', 'next'), E'22023 invalid\ninvalid_page: This is not a page: limit is wrong', 'a page with a limit that is none');

SELECT is(pg_temp.refused('walked', pg_temp.first('walked', '{"limit": 3}'), 'sideways'), E'22023 invalid\ninvalid_page: A page is next, prev, first, last or self', 'a word that is no page');

SELECT * FROM finish();
ROLLBACK;
