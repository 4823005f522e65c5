\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(9);

-- Does a keyset mean the same place whatever the session's settings are, when it is written and when it is read?

SELECT pg_temp.define($doc${
  "domain": "keyset_settings",
  "resources": {
    "row": {
      "attributes": {
        "id": "integer_primary_key",
        "day": {"type": "date", "public": true}, "at": {"type": "utc_datetime_usec", "public": true}, "local": {"type": "naive_datetime", "public": true}, "clock": {"type": "time", "public": true},
        "span": {"type": "duration", "public": true}, "number": {"type": "float", "public": true}, "exact": {"type": "decimal", "public": true},
        "days": {"type": "date[]", "public": true}, "numbers": {"type": "float[]", "public": true}
      },
      "actions": {"walk": {"type": "read", "primary": true, "pagination": {"keyset": true}}}
    }
  }
}$doc$) \gset
-- Days and months that may be taken for each other; floats that differ in their last digits.
INSERT INTO keyset_settings.row (day, at, local, clock, span, number, exact, days, numbers)
	SELECT d, d + time '23:59:59.000001', d, time '00:00' + i * interval '1 minute', make_interval(months => i, days => -i, secs => i + 0.5), 1 + i * 1e-14, 1 + i * 1e-14::numeric, ARRAY[d],
		ARRAY[1 + i * 1e-14]::float8[]
	FROM generate_series(1, 40) AS i CROSS JOIN LATERAL (SELECT '2020-01-01'::date + i * 9 AS d) AS days;

CREATE FUNCTION pg_temp.page(options jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_read('keyset_settings.row', options)::jsonb
$$;
CREATE FUNCTION pg_temp.settings(VARIADIC vals text[]) RETURNS void LANGUAGE sql AS $$
	SELECT set_config(name, value, true) FROM unnest(ARRAY['DateStyle', 'IntervalStyle', 'TimeZone', 'extra_float_digits'], vals) AS s(name, value)
$$;
-- Number of rows after the tenth.
CREATE FUNCTION pg_temp.rest(field text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	keyset text;
BEGIN
	PERFORM pg_temp.settings('SQL, DMY', 'sql_standard', 'Asia/Tokyo', '-5');
	keyset := pg_temp.page(jsonb_build_object('sort', field, 'page', '{"limit": 10}'::jsonb)) #>> '{results,9,_keyset}';
	PERFORM pg_temp.settings('SQL, MDY', 'postgres', 'America/Lima', '1');
	RETURN jsonb_array_length(pg_temp.page(jsonb_build_object('sort', field, 'page', jsonb_build_object('limit', 100, 'after', keyset)))->'results');
END $$;
SELECT is(pg_temp.rest(field), 30, field) FROM unnest(ARRAY['day', 'at', 'local', 'clock', 'span', 'number', 'exact', 'days', 'numbers']) AS field;

SELECT * FROM finish();
ROLLBACK;
