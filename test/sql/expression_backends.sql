\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(2);

-- Does an expression give the same for a row of the table, where it is part of a statement, as for the same values in
-- memory? The rows are awkward, as far as JSON has such values; those in memory are the row's own JSON.

SET LOCAL timezone = 'UTC';
SELECT setseed(0.314159) \gset
CREATE TEMPORARY TABLE expression (name text PRIMARY KEY, type text, source text);
INSERT INTO expression VALUES
	('less', 'boolean', 'n < m'), ('same', 'boolean', 's = u'), ('differs', 'boolean', 's != u'), ('both', 'boolean', 'b and n > 0'), ('either', 'boolean', 'b or n > 0'),
	('neither', 'boolean', 'not (b or n > 0)'), ('empty', 'boolean', 'is_nil(s)'), ('listed', 'boolean', 's in (''a'', '''')'), ('joined', 'string', 's || u'),
	('lengths', 'integer', 'string_length(s)'), ('inside', 'boolean', 'contains(s, u)'), ('lower', 'string', 'string_downcase(s)'), ('trimmed', 'string', 'string_trim(s)'),
	('chosen', 'string', 'if(b, s, u)'), ('first_one', 'string', 's || ''!'' || u'), ('sum', 'decimal', 'd + e'), ('product', 'decimal', 'd * e'), ('difference', 'decimal', 'd - e'),
	('larger', 'boolean', 'd > e'), ('floats', 'boolean', 'f < g'), ('float_sum', 'float', 'f + g'), ('small', 'integer', 'n % 7'), ('quotient', 'float', 'n / m'),
	('later', 'boolean', 't > t2'), ('days', 'boolean', 'day < ago(1, ''day'')'), ('negative', 'decimal', '-d'), ('rounded', 'decimal', 'round(d, 2)');

SELECT pg_temp.define(format($doc${
  "domain": "expression_backends",
  "resources": {
    "row": {
      "attributes": {
        "id": "integer_primary_key",
        "s": {"type": "string", "public": true, "constraints": {"trim": false, "allow_empty": true}},
        "u": {"type": "string", "public": true, "constraints": {"trim": false, "allow_empty": true}}, "n": {"type": "integer", "public": true}, "m": {"type": "integer", "public": true},
        "d": {"type": "decimal", "public": true}, "e": {"type": "decimal", "public": true}, "f": {"type": "float", "public": true}, "g": {"type": "float", "public": true},
        "b": {"type": "boolean", "public": true}, "t": {"type": "utc_datetime_usec", "public": true}, "t2": {"type": "utc_datetime_usec", "public": true},
        "day": {"type": "date", "public": true}
      },
      "calculations": %s,
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$, (SELECT json_object_agg(name, json_build_object('type', type, 'expr', source, 'public', true)) FROM expression))) \gset

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
INSERT INTO expression_backends.row (s, u, n, m, d, e, f, g, b, t, t2, day)
	SELECT pg_temp.some_text(), pg_temp.some_text(), pg_temp.pick('0', '-1', '1', '42', '-43', '9223372036854775807', '-9223372036854775808')::bigint, pg_temp.pick('-7', '1', '42')::bigint,
		pg_temp.some_decimal(), pg_temp.some_decimal(), pg_temp.pick('0', '1.5', '1e300', '-1e-300')::float8, pg_temp.pick('0', '2.5', '-1e300')::float8,
		pg_temp.pick('true', 'false')::boolean, pg_temp.some_time(), pg_temp.some_time(), pg_temp.pick('2020-02-29', '1999-12-31', '0001-01-01', '9999-12-31')::date
	FROM generate_series(1, 80);

CREATE TEMPORARY TABLE row AS SELECT r->>'id' AS id, r::jsonb AS refs FROM ash_stream('expression_backends.row', '{"sort": "id"}') AS r;
CREATE FUNCTION pg_temp.loaded(id text, name text) RETURNS text LANGUAGE sql AS $$
	SELECT ash_get('expression_backends.row', to_jsonb(id::int), jsonb_build_object('select', '[]'::jsonb, 'load', jsonb_build_array(name)))::jsonb->>name
$$;
CREATE FUNCTION pg_temp.calculated(refs jsonb, name text) RETURNS text LANGUAGE sql AS $$
	SELECT ash_calculate('expression_backends.row', name, '{}', jsonb_build_object('refs', refs - '_keyset'))::jsonb #>> '{}'
$$;
CREATE TEMPORARY TABLE outcome AS SELECT source, refs, pg_temp.loaded(id, name) AS loaded, pg_temp.calculated(refs, name) AS calculated FROM row CROSS JOIN expression;

SELECT ok((SELECT count(*) > 1000 FROM outcome WHERE loaded IS NOT NULL), 'most expressions have a value');
SELECT is((SELECT string_agg(concat_ws(E'\n  ', source, refs, 'in the statement ' || loaded, 'in memory ' || calculated), E'\n')
	FROM (SELECT * FROM outcome WHERE loaded IS DISTINCT FROM calculated LIMIT 3) AS o), NULL, 'both ways give the same');

SELECT * FROM finish();
ROLLBACK;
