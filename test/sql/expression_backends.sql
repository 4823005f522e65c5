\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(5);

-- Does an expression give the same for a row of the table, where it is part of a statement, as for the same values in
-- memory? The rows are awkward. Where JSON has their values, those in memory are the row's own JSON; where it has not (NaN
-- and infinities), the expression stands beside a calculation that only a function computes, which is done in memory too.

SET LOCAL timezone = 'UTC';
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
SELECT setseed(0.314159) \gset
CREATE TEMPORARY SEQUENCE numbers;
CREATE TEMPORARY TABLE expression (name text PRIMARY KEY DEFAULT 'x' || nextval('pg_temp.numbers'), covers text, type text, source text);
INSERT INTO expression (covers, type, source) VALUES
	(NULL, 'boolean', 'b and n > 0'), (NULL, 'boolean', 'b or n > 0'), (NULL, 'boolean', 'not (b or n > 0)'), (NULL, 'integer', 'n % 7'), (NULL, 'integer', 'case n when 1 then m when 42 then -m else 0 end'),
	(NULL, 'string', 'map.a'), (NULL, 'boolean', 'n between -1 and m'), (NULL, 'boolean', 's is null and b is true'), (NULL, 'boolean', 'ci = s'), (NULL, 'boolean', 'dur > dur2'),
	('=', 'boolean', 's = u'), ('=', 'boolean', 'd = n'), ('=', 'boolean', 'list = list2'), ('<>', 'boolean', 's != u'), ('<>', 'boolean', 'f <> g'), ('<', 'boolean', 'n < m'), ('<', 'boolean', 'f < g'),
	('<=', 'boolean', 't <= t2'), ('>', 'boolean', 't > t2'), ('>', 'boolean', 'd > e'), ('>=', 'boolean', 's >= u'),
	('+', 'decimal', 'd + e'), ('+', 'float', 'f + g'), ('+', 'utc_datetime_usec', 't + dur'), ('+', 'date', 'day + dur'), ('-', 'decimal', 'd - e'), ('-', 'duration', 't - t2'), ('-', 'integer', 'day - day2'),
	('*', 'decimal', 'd * e'), ('*', 'integer', 'n * m'), ('/', 'float', 'n / m'), ('/', 'decimal', 'd / e'), ('/', 'float', 'f / g'),
	('||', 'string', 's || u'), ('||', 'string', 's || ''!'' || n'), ('||', 'string[]', 'list || list2'), ('~~', 'boolean', 's ~~ u'), ('~~', 'boolean', 'ci like s'), ('!~~', 'boolean', 's not like u'),
	('~~*', 'boolean', 's ~~* u'), ('!~~*', 'boolean', 's not ilike u'), ('in', 'boolean', 's in (''a'', '''')'), ('in', 'boolean', 'n in (1, null, m)'), ('in', 'boolean', 's in (list)'),
	('contains', 'boolean', 'contains(s, u)'), ('contains', 'boolean', 'contains(ci, u)'), ('contains', 'boolean', 'contains(s, ci)'), ('string_starts_with', 'boolean', 'string_starts_with(s, u)'),
	('string_starts_with', 'boolean', 'string_starts_with(ci, u)'), ('string_ends_with', 'boolean', 'string_ends_with(s, u)'), ('string_position', 'integer', 'string_position(s, u)'),
	('string_length', 'integer', 'string_length(s)'), ('string_downcase', 'string', 'string_downcase(s)'), ('string_upcase', 'string', 'string_upcase(s)'), ('string_trim', 'string', 'string_trim(s)'),
	('string_split', 'string[]', 'string_split(s)'), ('string_split', 'string[]', 'string_split(s, u, b)'), ('string_split', 'string[]', 'string_split(s, '''')'), ('string_join', 'string', 'string_join(list, u)'),
	('string_join', 'string', 'string_join(list)'), ('like', 'boolean', 'like(s, u)'), ('ilike', 'boolean', 'ilike(s, u)'),
	('length', 'integer', 'length(list)'), ('at', 'string', 'at(list, m)'), ('at', 'string', 'at(list, n)'), ('count_nils', 'integer', 'count_nils(list)'), ('has', 'boolean', 'has(list, s)'),
	('intersects', 'boolean', 'intersects(list, list2)'),
	('now', 'boolean', 't < now()'), ('today', 'boolean', 'day < today()'), ('ago', 'boolean', 'day < ago(1, ''day'')'), ('ago', 'boolean', 't < ago(m, ''months'')'), ('ago', 'boolean', 't < ago(dur)'),
	('from_now', 'boolean', 't < from_now(2, ''weeks'')'), ('datetime_add', 'utc_datetime_usec', 'datetime_add(t, m, ''month'')'), ('datetime_add', 'utc_datetime_usec', 'datetime_add(t, n, ''year'')'),
	('date_add', 'date', 'date_add(day, m, ''year'')'), ('date_add', 'date', 'date_add(day, n, ''hour'')'), ('start_of_day', 'utc_datetime', 'start_of_day(day)'),
	('start_of_day', 'utc_datetime', 'start_of_day(day, ''America/Lima'')'),
	('round', 'decimal', 'round(d, 2)'), ('round', 'float', 'round(f, 1)'), ('round', 'integer', 'round(n)'), ('rem', 'integer', 'rem(n, m)'), ('minus', 'decimal', 'minus(d)'), ('minus', 'decimal', '-d'),
	('if', 'string', 'if(b, s, u)'), ('if', 'float', 'if(f != 0, g / f)'), ('is_nil', 'boolean', 'is_nil(s)'), ('is_distinct_from', 'boolean', 'is_distinct_from(s, u)'),
	('is_distinct_from', 'boolean', 'd is distinct from e'), ('is_not_distinct_from', 'boolean', 'is_not_distinct_from(f, g)'), ('coalesce', 'string', 'coalesce(s, u, ''none'')'),
	('greatest', 'decimal', 'greatest(d, e, n)'), ('least', 'string', 'least(s, u)'), ('nullif', 'string', 'nullif(s, u)'), ('get_path', 'string', 'get_path(map, array[''a'', ''b''])'),
	('get_path', 'integer', 'type(map.n, ''integer'')'), ('type', 'string', 'type(n, ''string'')'), ('type', 'decimal', 's::decimal'), ('required', 'integer', 'required(n)'),
	('error', 'string', 'if(b, error(''no '' || s), u)'), ('error', 'string', 'if(is_nil(b), error(''nil''), u)'), ('gen_random_uuid', 'boolean', 'not is_nil(gen_random_uuid())'),
	('=', 'boolean', 's == u'), ('=', 'boolean', 'n == m or d==-2.675'), ('&&', 'boolean', 'list && list2'), ('&&', 'boolean', '(n > 0) && b'), ('&&', 'integer', 'n && m'), ('&&', 'string', 's && u'),
	('||', 'boolean', '(n > 0) || b'), ('||', 'integer', 'n || m'), ('||', 'decimal', 'd || 0'), ('||', 'date', 'day || day2'),
	('cond', 'string', 'cond(b, s, n > 0, u, ''neither'')'), ('cond', 'float', 'cond(f = 0, null, f != 0, g / f)'), ('cond', 'integer', 'cond(b, n, n = m, 1)'),
	('map', 'map', 'map(a => s, b => n, c => null, "d e" => list)'), ('map', 'map', 'map()'), ('required', 'integer', 'required(m, ''em'')'),
	('error', 'string', 'if(b, error(''invalid_attribute'', map(field => ''s'', message => ''%{value} of '' || n, value => s)), u)'),
	('composite_type', 'string', 'composite_type(map(name => s, size => n), ''app.thing'')::string'), ('composite_type', 'string', 'composite_type(row(s, m, d), ''app.thing'')::string'),
	('composite_type', 'string', 'composite_type(map(size => n, weight => d), ''app.thing'')::string'), ('composite_type', 'string', 'composite_type(map, ''app.thing'')::string'),
	('lazy', 'string', 'lazy(twice(''x'')) || u'),
	('trigram_similarity', 'boolean', 'trigram_similarity(s, u) > 0.3');

CREATE SCHEMA app;
CREATE FUNCTION app.ones(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg(1) FROM jsonb_array_elements(records)
$$;
CREATE TYPE app.thing AS (name text, size int, weight numeric);
CREATE FUNCTION app.twice(s text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT s || s $$;
SELECT pg_temp.define(format($doc${
  "domain": "expression_backends", "functions": {"twice": {"function": "app.twice", "arguments": ["string"], "returns": "string"}},
  "resources": {
    "row": {
      "attributes": {
        "id": "integer_primary_key",
        "s": {"type": "string", "public": true, "constraints": {"trim": false, "allow_empty": true}},
        "u": {"type": "string", "public": true, "constraints": {"trim": false, "allow_empty": true}}, "n": {"type": "integer", "public": true}, "m": {"type": "integer", "public": true},
        "d": {"type": "decimal", "public": true}, "e": {"type": "decimal", "public": true}, "f": {"type": "float", "public": true}, "g": {"type": "float", "public": true},
        "b": {"type": "boolean", "public": true}, "t": {"type": "utc_datetime_usec", "public": true}, "t2": {"type": "utc_datetime_usec", "public": true},
        "day": {"type": "date", "public": true}, "day2": {"type": "date", "public": true}, "dur": {"type": "duration", "public": true}, "dur2": {"type": "duration", "public": true},
        "ci": {"type": "ci_string", "public": true, "constraints": {"trim": false, "allow_empty": true}}, "map": {"type": "map", "public": true},
        "list": {"type": "string[]", "public": true, "constraints": {"nil_items": true, "items": {"trim": false, "allow_empty": true}}},
        "list2": {"type": "string[]", "public": true, "constraints": {"nil_items": true, "items": {"trim": false, "allow_empty": true}}}
      },
      "calculations": %s,
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$, (SELECT json_object_agg(name, json_build_object('type', type, 'expr', source, 'public', true)) FROM (
	SELECT name, type, source FROM expression
	UNION ALL SELECT name || '_late', type, format('case when one = 1 then %s end', source) FROM expression) AS e) ::jsonb
	|| '{"one": {"type": "integer", "batch_function": "app.ones"}}')) \gset

CREATE FUNCTION pg_temp.pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT CASE WHEN random() > 0.15 THEN choices[1 + floor(random() * cardinality(choices))::int] END
$$;
CREATE FUNCTION pg_temp.some_text() RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT pg_temp.pick('', ' ', 'a', 'A', 'ab', ' ab ', 'é', 'e' || U&'\0301', '😀', '100%', E'back\\slash', '''quote"', 'ß', E'line\nbreak', 'ÀB')
$$;
CREATE FUNCTION pg_temp.some_decimal() RETURNS numeric LANGUAGE sql VOLATILE AS $$
	SELECT pg_temp.pick('0', '0.00', '1.5', '1.50', '-0.000000000000000000001', '123456789012345678901234567890.5', '-2.675')::numeric
$$;
CREATE FUNCTION pg_temp.some_time() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
	SELECT pg_temp.pick('2020-02-29 12:00:00.000001Z', '1999-12-31 23:59:59Z', '0001-01-01 00:00:00Z')::timestamptz
$$;
CREATE FUNCTION pg_temp.some_list() RETURNS text[] LANGUAGE sql VOLATILE AS $$
	SELECT CASE WHEN random() > 0.15 THEN ARRAY(SELECT pg_temp.some_text() FROM generate_series(1, floor(random() * 4)::int)) END
$$;
INSERT INTO expression_backends.row (s, u, n, m, d, e, f, g, b, t, t2, day, day2, dur, dur2, ci, map, list, list2)
	SELECT pg_temp.some_text(), pg_temp.some_text(), pg_temp.pick('0', '-1', '1', '42', '-43', '9223372036854775807', '-9223372036854775808')::bigint, pg_temp.pick('-7', '1', '42')::bigint,
		pg_temp.some_decimal(), pg_temp.some_decimal(), pg_temp.pick('0', '1.5', '1e300', '-1e-300')::float8, pg_temp.pick('0', '2.5', '-1e300')::float8,
		pg_temp.pick('true', 'false')::boolean, pg_temp.some_time(), pg_temp.some_time(), pg_temp.pick('2020-02-29', '1999-12-31', '0001-01-01', '9999-12-31')::date,
		pg_temp.pick('2020-02-29', '2021-03-31')::date, pg_temp.pick('P1M', 'PT0.000001S', '-1 years -2 months 3 days 04:00:00', 'P0D')::interval, pg_temp.pick('P30D', 'P1M')::interval, pg_temp.some_text(),
		pg_temp.pick('{}', '{"a": null}', '{"a": {"b": "c"}, "n": 5}', '{"a": {"b": [1]}, "n": "six"}')::jsonb, pg_temp.some_list(), pg_temp.some_list()
	FROM generate_series(1, 60);
CREATE TEMPORARY TABLE special AS SELECT n FROM generate_series(61, 120) AS n;
INSERT INTO expression_backends.row (id, s, u, n, m, d, e, f, g, b, t, t2, day, day2, dur, dur2, list)
	SELECT special.n, pg_temp.some_text(), pg_temp.some_text(), pg_temp.pick('0', '-1', '1', '42')::bigint, pg_temp.pick('-7', '1', '42')::bigint,
		pg_temp.pick('NaN', 'Infinity', '-Infinity', '0.00', '-2.675')::numeric, pg_temp.pick('NaN', 'Infinity', '-Infinity', '1.50')::numeric,
		pg_temp.pick('NaN', 'Infinity', '-Infinity', '-0', '0')::float8, pg_temp.pick('NaN', 'Infinity', '-Infinity', '1e300')::float8,
		pg_temp.pick('true', 'false')::boolean, pg_temp.pick('infinity', '-infinity', '2020-02-29 12:00:00.000001Z')::timestamptz,
		pg_temp.pick('infinity', '-infinity', '1999-12-31 23:59:59Z')::timestamptz, pg_temp.pick('infinity', '-infinity', '2020-02-29')::date,
		pg_temp.pick('infinity', '-infinity', '2021-03-31')::date, pg_temp.pick('P1M', 'PT0.000001S')::interval, pg_temp.pick('P30D', 'P1M')::interval, pg_temp.some_list()
	FROM special;

CREATE TEMPORARY TABLE row AS SELECT r->>'id' AS id, r::jsonb AS refs FROM ash_stream('expression_backends.row', '{"sort": "id", "filter": {"id": {"lte": 60}}}') AS r;
-- The value as text, or the error that PostgreSQL raised.
CREATE FUNCTION pg_temp.loaded(id text, name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN ash_get('expression_backends.row', to_jsonb(id::int), jsonb_build_object('select', '[]'::jsonb, 'load', jsonb_build_array(name)))::jsonb->>name;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION pg_temp.calculated(refs jsonb, name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN ash_calculate('expression_backends.row', name, '{}', jsonb_build_object('refs', refs - '_keyset'))::jsonb #>> '{}';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE TEMPORARY TABLE outcome AS SELECT source, refs, pg_temp.loaded(id, name) AS loaded, pg_temp.calculated(refs, name) AS calculated FROM row CROSS JOIN expression;

SELECT is((SELECT string_agg(DISTINCT b.name, ' ') FROM ash_builtins() AS b WHERE b.kind IN ('function', 'operator') AND b.name !~ '^vector_' AND NOT EXISTS (SELECT 1 FROM expression AS e WHERE e.covers = b.name)), NULL,
	'every function and operator of the registry is tried');
SELECT ok((SELECT count(*) > 3000 FROM outcome WHERE loaded IS NOT NULL), 'most expressions have a value');
SELECT is((SELECT string_agg(concat_ws(E'\n  ', source, refs - ARRAY['f', 'g', '_keyset'], 'in the statement ' || loaded, 'in memory ' || calculated), E'\n')
	FROM (SELECT * FROM outcome WHERE loaded IS DISTINCT FROM calculated LIMIT 6) AS o), NULL, 'both ways give the same');
CREATE TEMPORARY TABLE special_outcome AS SELECT source, n, pg_temp.loaded(n::text, name) AS loaded, pg_temp.loaded(n::text, name || '_late') AS calculated
	FROM special CROSS JOIN expression;
SELECT ok((SELECT count(*) > 3000 FROM special_outcome WHERE loaded IS NOT NULL), 'most expressions have a value over numbers and times that are not finite');
SELECT is((SELECT string_agg(concat_ws(E'\n  ', source, r, 'in the statement ' || loaded, 'in memory ' || calculated), E'\n')
	FROM (SELECT * FROM special_outcome WHERE loaded IS DISTINCT FROM calculated LIMIT 6) AS o JOIN expression_backends.row AS r ON r.id = o.n), NULL, 'both ways give the same for them');

SELECT * FROM finish();
ROLLBACK;
