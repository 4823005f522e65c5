\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(40);

-- Does input that means harm get an answer of its own, in bounded time and memory? Never an internal error, a crash or
-- rows of another query.

SELECT pg_temp.define($doc${
  "domain": "query_hostile",
  "resources": {
    "author": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {"posts": {"has_many": "query_hostile.post", "destination_attribute": "author_id", "public": true}},
      "actions": {"defaults": ["read"], "walk": {"type": "read", "pagination": {"keyset": true, "required": false}}}
    },
    "post": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true}, "n": {"type": "integer", "public": true}, "m": {"type": "map", "public": true}},
      "relationships": {"author": {"belongs_to": "query_hostile.author", "public": true, "attribute_type": "integer"}},
      "calculations": {"start": {"type": "string", "expr": "string_downcase(title) || arg.x", "public": true, "arguments": {"x": {"type": "string", "default": ""}}}},
      "actions": {"defaults": ["read"], "walk": {"type": "read", "pagination": {"keyset": true, "required": false}}}
    }
  }
}$doc$) \gset
INSERT INTO query_hostile.author (name) VALUES ('Ada');
INSERT INTO query_hostile.post (title, n, author_id) SELECT 'post ' || i, i, 1 FROM generate_series(1, 20) AS i;

-- What a call answers: number of rows, or the codes of its errors; and whether it took less than five seconds and left
-- less than 32 MB behind in the session.
CREATE FUNCTION pg_temp.used() RETURNS bigint LANGUAGE sql AS $$
	SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name NOT LIKE '%SPI Exec%' AND name <> 'ExprContext'
$$;
CREATE FUNCTION pg_temp.answers(calls jsonb[], resource text DEFAULT 'post') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	started timestamptz := clock_timestamp();
	used bigint := pg_temp.used();
	results text[] := '{}';
	options jsonb;
	result text;
BEGIN
	FOREACH options IN ARRAY calls LOOP
		BEGIN
			result := json_array_length(ash_read('query_hostile.' || resource, options - 'page' || '{"action": "walk"}')) || ' rows';
			IF options ? 'page' THEN
				result := json_array_length(ash_read('query_hostile.' || resource, options || '{"action": "walk"}')->'results') || ' in the page';
			END IF;
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
			IF result LIKE '{"class"%' THEN
				SELECT string_agg(DISTINCT e->>'code', ', ') INTO result FROM jsonb_array_elements(result::jsonb->'errors') AS e;
			ELSE
				result := SQLSTATE || ': ' || SQLERRM;
			END IF;
		END;
		results := results || result;
	END LOOP;
	SELECT string_agg(DISTINCT r, ' ') INTO result FROM unnest(results) AS r;
	IF clock_timestamp() - started > interval '5 s' * cardinality(calls) THEN
		result := result || ' after ' || (clock_timestamp() - started);
	END IF;
	used := pg_temp.used() - used;
	RETURN result || CASE WHEN used > 32 * 1024 * 1024 THEN format(' leaving %s bytes', used) ELSE '' END;
END $$;
CREATE FUNCTION pg_temp.answer(options jsonb, resource text DEFAULT 'post') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.answers(ARRAY[options], resource)
$$;
CREATE FUNCTION pg_temp.nested(before text, inner_most text, after text, depth int) RETURNS jsonb LANGUAGE sql AS $$
	SELECT (repeat(before, depth) || inner_most || repeat(after, depth))::jsonb
$$;
SELECT pg_temp.answer('{"filter": {"n": 1}}') \gset

-- Filters: width, depth, size.
CREATE FUNCTION pg_temp.filtered(filter jsonb) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.answer(jsonb_build_object('filter', filter)) $$;
SELECT is(pg_temp.answers(array_fill(jsonb_build_object('filter', jsonb_build_object('or', (SELECT jsonb_agg(jsonb_build_object('n', jsonb_build_object('gte', i))) FROM generate_series(1, 10000) AS i))), ARRAY[4])),
	'20 rows', 'a filter of 10000 conditions again and again');
SELECT is(pg_temp.filtered(jsonb_build_object('or', (SELECT jsonb_agg(jsonb_build_object('n', i)) FROM generate_series(1, 10000) AS i))), '20 rows', 'a filter of 10000 conditions');
SELECT is(pg_temp.filtered(jsonb_build_object('or', (SELECT jsonb_agg(jsonb_build_object('n', i)) FROM generate_series(1, 10001) AS i))), 'invalid_query', 'of one more');
SELECT is(pg_temp.answers(ARRAY(SELECT jsonb_build_object('filter', jsonb_build_object('or', (SELECT jsonb_agg(jsonb_build_object('n', i)) FROM generate_series(1, n) AS i))) FROM generate_series(9990, 9999) AS n)),
	'20 rows', 'ten of that kind, whose plans are not all kept');
SELECT is(pg_temp.filtered(jsonb_build_object('or', (SELECT jsonb_agg(jsonb_build_object('author', jsonb_build_object('name', i))) FROM generate_series(1, 5000) AS i))), 'invalid_filter_value', 'of 5000 wrong values');
SELECT is(pg_temp.filtered((SELECT jsonb_object_agg('x' || i, 1) FROM generate_series(1, 10000) AS i)), 'no_such_field', 'of 10000 unknown fields');
SELECT is(pg_temp.filtered(pg_temp.nested('{"not":', '{"n": 1}', '}', 63)), '19 rows', '63 deep');
SELECT is(pg_temp.filtered(pg_temp.nested('{"not":', '{"n": 1}', '}', 64)), 'invalid_query', '64 deep');
SELECT is(pg_temp.filtered(pg_temp.nested('{"not":', '{"n": 1}', '}', 1000)), 'invalid_query', '1000 deep');
SELECT is(pg_temp.filtered(pg_temp.nested('[', '{"n": 1}', ']', 1000)), 'invalid_query', '1000 lists deep');
SELECT is(pg_temp.filtered(pg_temp.nested('{"and": [', '{"n": 1}', ']}', 1000)), 'invalid_query', '1000 deep by and');
SELECT is(pg_temp.filtered(pg_temp.nested('{"author": {"posts":', '{"n": 1}', '}}', 1000)), 'invalid_query', '2000 relationships deep');
SELECT is(pg_temp.filtered(pg_temp.nested('{"author": {"posts":', '{"n": 1}', '}}', 6)), '20 rows', '12 relationships deep');
SELECT is(left(pg_temp.caught(format('SELECT ash_read(''query_hostile.post'', %L)', '{"filter": ' || repeat('[', 100000)))->>'sqlstate', 5), '54001', '100000 deep: refused by the JSON parser');
SELECT is(pg_temp.filtered(jsonb_build_object('n', jsonb_build_object('in', (SELECT jsonb_agg(i) FROM generate_series(1, 200000) AS i)))), '20 rows', 'one of 200000');
SELECT is(pg_temp.filtered(jsonb_build_object('n', jsonb_build_object('in', (SELECT jsonb_agg(i::text || 'x') FROM generate_series(1, 100000) AS i)))), 'invalid_filter_value', 'one of 100000 wrong values');
SELECT is(pg_temp.filtered(jsonb_build_object('title', repeat('x', 10000000))), '0 rows', 'a string of 10 MB');
SELECT is(pg_temp.filtered(jsonb_build_object('n', repeat('9', 10000000))), 'invalid_filter_value', 'a number of 10 MB');
SELECT is(pg_temp.filtered(jsonb_build_object(repeat('x', 5000000), 1)), 'no_such_field', 'a name of 5 MB');
SELECT cmp_ok(length(pg_temp.caught(format('SELECT ash_read(''query_hostile.post'', %L)', jsonb_build_object('filter', jsonb_build_object(repeat('x', 5000000), 1))))->>'message'), '<', 1000,
	'whose error is short');
SELECT is(pg_temp.filtered(jsonb_build_object('m', jsonb_build_object('at_path', (SELECT jsonb_agg('a'::text) FROM generate_series(1, 10000)), 'eq', 1))), '0 rows', 'a path of 10000 keys');
SELECT is(pg_temp.filtered('{"n\" = 1 OR true --": 1}'), 'no_such_field', 'SQL in a name');
SELECT is(pg_temp.filtered('{"title": {"eq": "'' OR true --"}}'), '0 rows', 'SQL in a value');
SELECT is(pg_temp.filtered('{"title": {"$1": 1}}'), 'no_such_filter_predicate', 'a parameter in place of an operator');

-- Sorts, loads, pages.
SELECT is(pg_temp.answer(jsonb_build_object('sort', (SELECT jsonb_agg('n'::text) FROM generate_series(1, 101)))), 'invalid_query', 'a sort of 101 fields');
SELECT is(pg_temp.answer(jsonb_build_object('sort', repeat('x,', 1000000))), 'invalid_query, no_such_field', 'of a million');
SELECT is(pg_temp.answer(jsonb_build_object('sort', pg_temp.nested('[', '"n"', ']', 1000))), 'invalid_query', '1000 deep');
SELECT is(pg_temp.answer(jsonb_build_object('load', pg_temp.nested('{"author": {"posts":', '{}', '}}', 1000))), 'invalid_load', 'loads 2000 deep');
SELECT is(pg_temp.answer(jsonb_build_object('page', pg_temp.nested('{"limit":', '1', '}', 1000))), 'invalid_page', 'a page 1000 deep');
SELECT is(pg_temp.answer(jsonb_build_object('page', jsonb_build_object('limit', 1, 'after', repeat('A', 10000000)))), 'invalid_keyset', 'a keyset of 10 MB');

-- Keysets: altered, cut, of something else.
CREATE FUNCTION pg_temp.keyset(resource text, sort text) RETURNS text LANGUAGE sql AS $$
	SELECT ash_read('query_hostile.' || resource, jsonb_build_object('action', 'walk', 'sort', sort, 'page', '{"limit": 1}'::jsonb))::jsonb #>> '{results,0,_keyset}'
$$;
CREATE FUNCTION pg_temp.after(keyset text, sort text DEFAULT 'n', resource text DEFAULT 'post') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.answer(jsonb_build_object('sort', sort, 'page', jsonb_build_object('limit', 1, 'after', keyset)), resource)
$$;
CREATE TEMPORARY TABLE made AS SELECT pg_temp.keyset('post', 'n') AS keyset;
CREATE FUNCTION pg_temp.bytes(keyset text) RETURNS bytea LANGUAGE sql AS $$
	SELECT decode(rpad(translate(keyset, '-_', '+/'), (length(keyset) + 3) / 4 * 4, '='), 'base64')
$$;
CREATE FUNCTION pg_temp.keyset_of(bytes bytea) RETURNS text LANGUAGE sql AS $$ SELECT rtrim(translate(encode(bytes, 'base64'), E'+/\n', '-_'), '=') $$;
SELECT is((SELECT pg_temp.keyset_of(pg_temp.bytes(keyset)) = keyset FROM made), true, 'the test reads keysets');
SELECT is((SELECT string_agg(DISTINCT pg_temp.after(pg_temp.keyset_of(set_bit(bytes, bit, 1 - get_bit(bytes, bit)))), ' ')
	FROM made, LATERAL pg_temp.bytes(keyset) AS bytes, generate_series(0, length(bytes) * 8 - 1) AS bit), 'invalid_keyset', 'every flipped bit is found');
-- So many that a short signature would let some of them through.
CREATE FUNCTION pg_temp.taken(bytes bytea) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	altered bytea;
	taken int := 0;
BEGIN
	FOR bit IN 0 .. 1999 LOOP
		altered := set_bit(bytes, length(bytes) * 8 - 1 - bit % 184, 1 - get_bit(bytes, length(bytes) * 8 - 1 - bit % 184));
		altered := set_byte(altered, length(bytes) - 24, get_byte(altered, length(bytes) - 24) # (1 + bit / 184));
		BEGIN
			PERFORM ash_read('query_hostile.post', jsonb_build_object('action', 'walk', 'sort', 'n', 'page', jsonb_build_object('limit', 1, 'after', pg_temp.keyset_of(altered))));
			taken := taken + 1;
		EXCEPTION WHEN invalid_parameter_value THEN
			NULL;
		END;
	END LOOP;
	RETURN taken;
END $$;
SELECT is((SELECT pg_temp.taken(pg_temp.bytes(keyset)) FROM made), 0, 'no alteration of the values is taken');
SELECT is((SELECT string_agg(DISTINCT pg_temp.after(pg_temp.keyset_of(substr(bytes, 1, cut))), ' ')
	FROM made, LATERAL pg_temp.bytes(keyset) AS bytes, generate_series(0, length(bytes) - 1) AS cut), 'invalid_keyset', 'and every cut');
SELECT is((SELECT pg_temp.after(pg_temp.keyset_of(pg_temp.bytes(keyset) || '\x00')) FROM made), 'invalid_keyset', 'and every addition');
SELECT is((SELECT pg_temp.after(keyset, '-n') FROM made), 'invalid_keyset', 'a keyset of another direction');
SELECT is((SELECT pg_temp.after(keyset, 'title') FROM made), 'invalid_keyset', 'of another field');
SELECT is(pg_temp.after(pg_temp.keyset('author', 'id'), 'id'), 'invalid_keyset', 'of another resource');
SELECT is((SELECT string_agg(DISTINCT pg_temp.after(k), ' ') FROM unnest(ARRAY['x', '=', '%', 'é', E'\t', repeat('A', 4096), '../../etc/passwd', '{"a": 1}']) AS k), 'invalid_keyset', 'of nothing');
SELECT is(pg_temp.answer('{"filter": {"n": 1}}'), '1 rows', 'the session is still well');

SELECT * FROM finish();
ROLLBACK;
