\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(23);

-- A keyset made under some settings and used under others: does the next page go on exactly where the one before ended?

CREATE EXTENSION IF NOT EXISTS citext;
SELECT pg_temp.define($doc${
  "domain": "keyset_walk",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "f": {"type": "float", "public": true}, "d": {"type": "date", "public": true}, "t": {"type": "utc_datetime_usec", "public": true},
        "n": {"type": "naive_datetime", "public": true}, "i": {"type": "duration", "public": true}, "b": {"type": "binary", "public": true}},
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}}}
    },
    "tag": {
      "attributes": {"id": "integer_primary_key", "a": {"type": "string", "public": true}, "b": {"type": "string", "allow_nil": false, "public": true}},
      "identities": {"a": ["a"], "b": {"keys": ["b"], "where": "is_nil(a)"}},
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}}}
    },
    "label": {
      "multitenancy": {"strategy": "attribute", "attribute": "org", "global": true},
      "attributes": {"id": "integer_primary_key", "org": {"type": "integer", "allow_nil": false}, "c": {"type": "string", "allow_nil": false, "public": true}},
      "identities": {"c": ["c"]},
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}}}
    },
    "word": {
      "attributes": {"id": "integer_primary_key", "w": {"type": "ci_string", "allow_nil": false, "public": true}, "v": {"type": "ci_string", "public": true}, "long": {"type": "string", "public": true}, "g": {"type": "integer", "allow_nil": false, "public": true}},
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}}}
    }
  }
}$doc$) \gset
-- Values that differ in their last digit, dates whose day could be a month, durations of mixed signs.
INSERT INTO keyset_walk.item (f, d, t, n, i, b)
	SELECT 1.0 / 3 + i * 1e-16, '2024-01-02'::date + i * 31, '2024-03-04 05:06:07.000001+00'::timestamptz + i * interval '1 microsecond', '2024-05-06 00:00:00'::timestamp + i * interval '1 day 1 second',
		make_interval(days => i - 4, secs => 1 - i), decode(lpad(i::text, 2, '0') || '00ff', 'hex')
	FROM generate_series(1, 9) AS i;

-- All ids by pages of two, each page under the next of those settings.
CREATE FUNCTION pg_temp.walk(sort text, VARIADIC settings text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	options jsonb := jsonb_build_object('sort', sort, 'page', '{"limit": 2}'::jsonb);
	page jsonb;
	ids text := '';
BEGIN
	FOR step IN 0..9 LOOP
		PERFORM set_config(split_part(s, '=', 1), split_part(s, '=', 2), true) FROM unnest(string_to_array(settings[1 + step % cardinality(settings)], ';')) AS s;
		page := ash_read('keyset_walk.item', options);
		ids := ids || (SELECT coalesce(string_agg(r->>'id', ''), '') FROM jsonb_array_elements(page->'results') AS r);
		EXIT WHEN NOT (page->>'more')::boolean;
		options := jsonb_set(options, '{page,after}', page#>'{results,-1,_keyset}');
	END LOOP;
	RETURN ids;
END $$;
SELECT is(pg_temp.walk('f', 'extra_float_digits=1', 'extra_float_digits=0', 'extra_float_digits=-8'), '123456789', 'float: extra_float_digits'),
	is(pg_temp.walk('-f', 'extra_float_digits=-15', 'extra_float_digits=3'), '987654321', 'float, descending');
RESET extra_float_digits;
SELECT is(pg_temp.walk('d', 'datestyle=ISO, DMY', 'datestyle=SQL, MDY', 'datestyle=SQL, DMY', 'datestyle=German, YMD', 'datestyle=Postgres, MDY'), '123456789', 'date: DateStyle'),
	is(pg_temp.walk('t', 'datestyle=SQL, DMY;timezone=America/New_York', 'datestyle=Postgres, MDY;timezone=Asia/Kolkata'), '123456789', 'timestamp: DateStyle and TimeZone'),
	is(pg_temp.walk('n', 'datestyle=SQL, DMY;timezone=America/New_York', 'datestyle=Postgres, MDY;timezone=UTC'), '123456789', 'timestamp without time zone');
RESET datestyle;
RESET timezone;
SELECT is(pg_temp.walk('i', 'intervalstyle=sql_standard', 'intervalstyle=postgres', 'intervalstyle=iso_8601', 'intervalstyle=postgres_verbose'), '123456789', 'duration: IntervalStyle');
RESET intervalstyle;
SELECT is(pg_temp.walk('b', 'bytea_output=hex', 'bytea_output=escape'), '123456789', 'binary: bytea_output');
CREATE FUNCTION pg_temp.kept() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	SET LOCAL datestyle = 'SQL, DMY';
	SET LOCAL intervalstyle = 'sql_standard';
	SET LOCAL extra_float_digits = 0;
	PERFORM pg_temp.walk('f', 'enable_sort=on');
	PERFORM pg_temp.caught($q$SELECT ash_read('keyset_walk.item', '{"sort": "f", "page": {"limit": 2, "after": "x"}}')$q$);
	RETURN concat_ws(' ', current_setting('datestyle'), current_setting('intervalstyle'), current_setting('extra_float_digits'));
END $$;
SELECT is(pg_temp.kept(), 'SQL, DMY sql_standard 0', 'the settings of the session stay as they are');
SELECT is(pg_temp.walk('-i', 'datestyle=ISO, MDY', 'datestyle=SQL, DMY'), '987654321', 'duration, descending');

-- Strings without case: text has the capitals first.
INSERT INTO keyset_walk.word (w, v, long, g) VALUES ('b', 'C', repeat('x', 10), 1), ('C', 'a', repeat('x', 5000), 2), ('a', 'B', repeat('x', 20), 1), ('D', NULL, repeat('x', 6000), 2), ('c', 'd', NULL, 1);
CREATE FUNCTION pg_temp.words(sort text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(w ->> 'id', '') FROM ash_stream('keyset_walk.word', jsonb_build_object('sort', sort, 'batch_size', 1)) AS w
$$;
SELECT is(pg_temp.words('w,id'), '31254', 'strings without case'), is(pg_temp.words('-w,-id'), '45213', 'descending'), is(pg_temp.words('v'), '23154', 'some of them null');

-- Fields that are never null, in both directions, on and back.
CREATE FUNCTION pg_temp.back(sort text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(r ->> 'id', '') FROM json_array_elements(ash_read('keyset_walk.word', jsonb_build_object('sort', sort, 'page', jsonb_build_object('limit', 9,
		'before', ash_read('keyset_walk.word', jsonb_build_object('sort', sort, 'page', '{"limit": 9}'::jsonb)) #>> '{results,3,_keyset}'))) -> 'results') AS r
$$;
SELECT is(pg_temp.words('g,-id'), '53142', 'ascending, then descending'), is(pg_temp.words('-g,id'), '24135', 'descending, then ascending'),
	is(pg_temp.back('g,-id'), '531', 'and back'), is(pg_temp.back('-g,id'), '241', 'and back');

-- An identity ends the order only if no two rows can have the same values: not nulls, not rows it is not about, not two tenants.
INSERT INTO keyset_walk.tag (a, b) VALUES (NULL, 'x'), ('m', 'x'), (NULL, 'w'), ('l', 'x'), (NULL, 'v');
INSERT INTO keyset_walk.label (org, c) VALUES (1, 'x'), (2, 'x'), (3, 'x'), (1, 'w'), (2, 'w');
CREATE FUNCTION pg_temp.all_of(resource text, sort text, options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(r ->> 'id', '') FROM ash_stream(resource, jsonb_build_object('sort', sort, 'batch_size', 1) || options) AS r
$$;
SELECT is(pg_temp.all_of('keyset_walk.tag', 'a'), '42135', 'an identity that can be null'), is(pg_temp.all_of('keyset_walk.tag', '-b'), '12435', 'one of some of the rows'),
	is(pg_temp.all_of('keyset_walk.label', 'c'), '45123', 'one for each tenant, over all of them'), is(pg_temp.all_of('keyset_walk.label', 'c', '{"tenant": 2}'), '52', 'and over one'),
	is(pg_temp.all_of('keyset_walk.tag', 'a,b'), '42531', 'two of them');

-- A row whose values are too long has no keyset, and nothing goes on from it.
SELECT is((SELECT string_agg(concat(r ->> 'id', ':', r ->> '_keyset' IS NOT NULL), ' ') FROM json_array_elements(ash_read('keyset_walk.word', '{"sort": "long", "page": {"limit": 9}}') -> 'results') AS r),
	'1:t 3:t 2:f 4:f 5:t', 'no keyset of long values'),
	is((SELECT concat_ws(': ', e ->> 'sqlstate', e ->> 'message') FROM pg_temp.caught($q$SELECT count(*) FROM ash_stream('keyset_walk.word', '{"batch_size": 3, "sort": "long"}')$q$) AS e),
	'54000: a row has no keyset, so the stream cannot go on', 'no stream over it');

SELECT * FROM finish();
ROLLBACK;
