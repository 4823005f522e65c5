\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(13);

-- Keyset pages of a query with a limit or offset of its own: are all of them together the list without pages, forward and backward?

SELECT pg_temp.define($doc${
  "domain": "keyset_window",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}, "box_id": {"type": "integer", "public": true}},
      "relationships": {"parts": {"has_many": "keyset_window.item", "destination_attribute": "box_id", "public": true}},
      "calculations": {"twice": {"type": "integer", "expr": "size * 2", "public": true}, "named": {"type": "string", "function": "keyset_window.named", "public": true}},
      "aggregates": {"part_count": {"count": "parts", "public": true}},
      "actions": {
        "read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false, "countable": true}},
        "seven": {"type": "read", "prepare": [{"build": {"limit": 7, "offset": 1}}], "pagination": {"keyset": true, "required": false}}
      }
    },
    "box": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"items": {"has_many": "keyset_window.item", "public": true},
        "few": {"has_many": "keyset_window.item", "limit": 3, "offset": 1, "public": true}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
CREATE FUNCTION keyset_window.named(keyset_window.item) RETURNS text STABLE LANGUAGE sql AS $$ SELECT 'n' || (99 - $1.id) $$;
INSERT INTO keyset_window.box DEFAULT VALUES;
INSERT INTO keyset_window.box DEFAULT VALUES;
-- Sizes 1 2 3 null 1 2 3 null …; the even ones lie in box 2, the odd ones in box 1.
INSERT INTO keyset_window.item (size, box_id) SELECT nullif(i % 4, 0), 2 - i % 2 FROM generate_series(1, 20) AS i;

CREATE FUNCTION pg_temp.ids(records jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(r->>'id', ' '), '') FROM jsonb_array_elements(records) AS r
$$;
-- All ids by pages, from the first on or from the last back; "endless" when there are more pages than rows.
CREATE FUNCTION pg_temp.walk(options jsonb, size int, back bool, action text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	page jsonb := ash_read('keyset_window.item', options || jsonb_build_object('action', action, 'page', jsonb_build_object('limit', CASE WHEN back THEN 250 ELSE size END)));
	ids text := pg_temp.ids(page->'results');
	last jsonb := page #> '{results,-1}';
BEGIN
	IF last IS NULL THEN
		RETURN '';
	END IF;
	ids := CASE WHEN back THEN last->>'id' ELSE ids END;
	FOR step IN 1..30 LOOP
		page := ash_read('keyset_window.item', options || jsonb_build_object('action', action, 'page', jsonb_build_object('limit', size, CASE WHEN back THEN 'before' ELSE 'after' END,
			CASE WHEN step = 1 AND back THEN last ELSE page #> (CASE WHEN back THEN '{results,0}' ELSE '{results,-1}' END)::text[] END ->> '_keyset')));
		IF page->'results' = '[]' THEN
			RETURN CASE WHEN (page->>'more')::bool THEN 'more of nothing' ELSE ids END;
		END IF;
		ids := CASE WHEN back THEN pg_temp.ids(page->'results') || ' ' || ids ELSE ids || ' ' || pg_temp.ids(page->'results') END;
		CONTINUE WHEN (page->>'more')::bool;
		RETURN ids;
	END LOOP;
	RETURN 'endless';
END $$;
-- The walks that differ from the list, of pages of 1, 2, 3 and 5 in both directions.
CREATE FUNCTION pg_temp.differing(sorts text[], limits jsonb[], extra jsonb DEFAULT '{}', action text DEFAULT 'read') RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(concat(options, size, back, ': ', walked, ' <> ', listed), E'\n'), 'none') FROM (
		SELECT o.options, n AS size, back, pg_temp.walk(o.options, n, back, action) AS walked, pg_temp.ids(ash_read('keyset_window.item', o.options || jsonb_build_object('action', action))::jsonb) AS listed
		FROM unnest(sorts) AS s, unnest(limits) AS l, unnest(ARRAY[1, 2, 3, 5]) AS n, unnest(ARRAY[false, true]) AS back,
			LATERAL (SELECT extra || l || jsonb_build_object('sort', s) AS options) AS o) AS walks
	WHERE walked <> listed
$$;

SELECT is(pg_temp.differing('{id,-id}', ARRAY['{"limit": 7}', '{"offset": 4}', '{"limit": 7, "offset": 4}', '{"limit": 50, "offset": 18}', '{"limit": 1}', '{"limit": 0}', '{"offset": 30}']::jsonb[]), 'none', 'by the key'),
	is(pg_temp.differing('{"size,id","-size,-id","++size,-id","--size,id"}', ARRAY['{"limit": 13, "offset": 3}', '{"limit": 17}', '{"offset": 2}']::jsonb[]), 'none', 'by values that are null or the same'),
	is(pg_temp.differing('{"twice,id","-part_count,id","-twice,part_count,id"}', ARRAY['{"limit": 13, "offset": 3}']::jsonb[]), 'none', 'by calculations and aggregates'),
	is(pg_temp.differing('{id}', ARRAY['{"limit": 9, "offset": 1}']::jsonb[], '{"filter": {"size": {"gt": 1}}, "load": ["part_count", "twice", "named", "parts"]}'), 'none', 'with a filter and loads'),
	is(pg_temp.differing('{"size,id"}', ARRAY['{"limit": 2, "offset": 1}']::jsonb[], '{"distinct": ["size"]}'), 'none', 'of distinct rows'),
	is(pg_temp.differing('{id}', ARRAY['{}', '{"limit": 4}', '{"offset": 10}']::jsonb[], '{}', 'seven'), 'none', 'with the limit of a preparation'),
	is(pg_temp.differing('{id}', ARRAY['{"limit": 9, "offset": 1}']::jsonb[], '{"lock": "for_update"}'), 'none', 'of locked rows');
SELECT is(pg_temp.walk('{"sort": "id", "limit": 5, "offset": 2}', 2, false, 'read'), '3 4 5 6 7', 'the rows are those of the list');

-- One page: what it says of itself.
SELECT ash_read('keyset_window.item', '{"sort": "id", "limit": 5, "offset": 2, "page": {"limit": 2, "count": true}}')::jsonb AS first \gset
SELECT ash_page('keyset_window.item', :'first', 'next', '{"sort": "id", "limit": 5, "offset": 2}')::jsonb AS second \gset
SELECT is(:'second'::jsonb #>> '{results,0,id}', '5', 'ash_page goes on within the window'),
	is(pg_temp.ids(ash_read('keyset_window.item', jsonb_build_object('sort', 'id', 'limit', 5, 'offset', 2, 'page', jsonb_build_object('limit', 9, 'count', true,
		'after', :'second'::jsonb #>> '{results,-1,_keyset}')))::jsonb -> 'results'), '7', 'a page ends where the window does'),
	is((ash_read('keyset_window.item', jsonb_build_object('sort', 'id', 'limit', 5, 'offset', 2, 'page', jsonb_build_object('limit', 2, 'count', true,
		'after', :'second'::jsonb #>> '{results,-1,_keyset}')))::jsonb - 'results' - 'after')::text, '{"more": false, "page": "keyset", "count": 5, "limit": 2}', 'the count is that of the window');

-- Of each parent.
SELECT ash_read('keyset_window.box', '{"sort": "id", "load": {"few": {"sort": "id", "page": {"limit": 2}}, "items": {"sort": "-id", "limit": 3, "page": {"limit": 2}}}}')::jsonb AS boxes \gset
SELECT is((SELECT string_agg(pg_temp.ids(b #> '{few,results}') || ' / ' || pg_temp.ids(b #> '{items,results}'), ', ') FROM jsonb_array_elements(:'boxes') AS b), '3 5 / 19 17, 4 6 / 20 18', 'first pages of each parent');
SELECT is(pg_temp.ids(ash_read('keyset_window.box', jsonb_build_object('filter', '{"id": 1}'::jsonb, 'load', jsonb_build_object(
		'few', jsonb_build_object('sort', 'id', 'page', jsonb_build_object('limit', 2, 'after', :'boxes'::jsonb #>> '{0,few,results,1,_keyset}')))))::jsonb #> '{0,few,results}'), '7', 'the rest of a parent''s window');

SELECT * FROM finish();
ROLLBACK;
