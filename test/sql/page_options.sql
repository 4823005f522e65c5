\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(11);

-- Which kind of page do the options of a page ask for, and which of them does an action not take?

SELECT pg_temp.define($doc${
  "domain": "page_options", "default_page_type": "keyset",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key"},
      "actions": {
        "both": {"type": "read", "primary": true, "pagination": {"keyset": true, "offset": true, "required": false}},
        "offsets": {"type": "read", "pagination": {"offset": true, "required": false}}
      }
    }
  }
}$doc$), pg_temp.define($doc${
  "domain": "page_options_offset",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key"},
      "actions": {"both": {"type": "read", "primary": true, "pagination": {"keyset": true, "offset": true, "required": false}}}
    }
  }
}$doc$) \gset
INSERT INTO page_options.item SELECT FROM generate_series(1, 5);
INSERT INTO page_options_offset.item SELECT FROM generate_series(1, 5);

-- The kind of page and its ids, or the error's code.
CREATE FUNCTION pg_temp.page(page jsonb, resource text DEFAULT 'page_options.item', action text DEFAULT 'both') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer jsonb := ash_try_action(resource, action, '{}', jsonb_build_object('sort', 'id', 'page', page));
BEGIN
	RETURN concat_ws(' ', answer #>> '{result,page}', (SELECT string_agg(r ->> 'id', ' ') FROM jsonb_array_elements(answer #> '{result,results}') AS r), answer #>> '{errors,0,code}');
END $$;
SELECT ash_read('page_options.item', '{"sort": "id", "page": {"limit": 2}}') #>> '{results,1,_keyset}' AS second \gset

SELECT is(pg_temp.page('{"limit": 2}'), 'keyset 1 2', 'both are possible: the kind that the domain prefers'),
	is(pg_temp.page('{"limit": 2}', 'page_options_offset.item'), 'offset 1 2', 'or an offset'),
	is(pg_temp.page('{"limit": 2, "offset": 1}'), 'offset 2 3', 'an offset is asked for'),
	is(pg_temp.page('{"limit": 2, "offset": 0}'), 'offset 1 2', 'also 0'),
	is(pg_temp.page('{"limit": 2, "offset": null}'), 'keyset 1 2', 'null asks for nothing'),
	is(pg_temp.page(jsonb_build_object('limit', 2, 'after', :'second')), 'keyset 3 4', 'a keyset'),
	is(pg_temp.page(jsonb_build_object('limit', 2, 'before', :'second')), 'keyset 1', 'a keyset backward'),
	is(pg_temp.page(jsonb_build_object('limit', 2, 'after', :'second', 'before', :'second')), 'invalid_page', 'both directions at once'),
	is(pg_temp.page(jsonb_build_object('limit', 2, 'after', :'second'), action => 'offsets'), 'invalid_page', 'an action that has no keysets'),
	is(pg_temp.page(jsonb_build_object('limit', 2, 'before', :'second'), action => 'offsets'), 'invalid_page', 'in either direction'),
	is(pg_temp.page('{"limit": 2}', action => 'offsets'), 'offset 1 2', 'which has offsets whatever the domain prefers');

SELECT * FROM finish();
ROLLBACK;
