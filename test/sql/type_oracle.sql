\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(9);

-- Where PostgreSQL and the spec agree about a type, does an action take what PostgreSQL's cast takes, and make the same value of it?

SELECT pg_temp.define($${"domain": "type_oracle", "resources": {"r": {
	"attributes": {"id": "integer_primary_key", "bigint": {"type": "integer", "public": true}, "numeric": {"type": "decimal", "public": true}, "date": {"type": "date", "public": true},
		"time": {"type": "time_usec", "public": true}, "uuid": {"type": "uuid", "public": true}, "timestamptz": {"type": "utc_datetime_usec", "public": true},
		"smallint": {"type": "smallint", "public": true}, "inet": {"type": "inet", "public": true}, "numeric(5,2)": {"type": "numeric(5,2)", "public": true}},
	"actions": {"defaults": ["read", {"create": "*"}]}}}}$$) \gset
-- What PostgreSQL's cast makes of a text; null when it refuses it.
CREATE FUNCTION pg_temp.by_cast(type text, input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('SELECT %L::%s::text', input, type) INTO result;
	RETURN result;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
	RETURN NULL;
END $$;
-- The same by an action, and what ash_validate_action says beforehand.
CREATE FUNCTION pg_temp.by_action(type text, input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	given jsonb := jsonb_build_object(type, input);
	result json := ash_try_action('type_oracle.r', 'create', given);
	value text;
BEGIN
	IF (result->>'ok') IS DISTINCT FROM (ash_validate_action('type_oracle.r', 'create', given)->>'valid') THEN
		RETURN 'ash_validate_action says otherwise';
	END IF;
	IF result->>'ok' = 'false' THEN
		RETURN NULL;
	END IF;
	EXECUTE format('SELECT %I::text FROM type_oracle.r ORDER BY id DESC LIMIT 1', type) INTO value;
	RETURN value;
END $$;

-- Texts of the form that the spec allows: random, and at the limits.
SELECT setseed(0.25) \gset
CREATE FUNCTION pg_temp.random(low numeric, high numeric) RETURNS numeric LANGUAGE sql VOLATILE AS $$SELECT floor(low + random()::numeric * (high - low + 1))$$;
CREATE TEMP TABLE inputs AS
	SELECT 'bigint' AS type, (ARRAY['', '+', '-'])[pg_temp.random(1, 3)] || repeat('9', pg_temp.random(0, 16)::int) || pg_temp.random(0, 9999) AS input FROM generate_series(1, 60)
	UNION ALL SELECT 'bigint', unnest(ARRAY['9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809', '-0', '000', '-', '+', 'x', '1x'])
	UNION ALL SELECT 'smallint', pg_temp.random(-40000, 40000)::text FROM generate_series(1, 40)
	UNION ALL SELECT 'smallint', unnest(ARRAY['32767', '32768', '-32768', '-32769', ' 7 ', 'x'])
	UNION ALL SELECT 'numeric', concat((ARRAY['', '+', '-'])[pg_temp.random(1, 3)], pg_temp.random(0, 1e20), '.', lpad(pg_temp.random(0, 99999)::text, 7, '0'), (ARRAY['', 'e3', 'E-12'])[pg_temp.random(1, 3)]) FROM generate_series(1, 60)
	UNION ALL SELECT 'numeric', unnest(ARRAY['.5', '5.', '.', 'e5', '1e', '1.2.3', '0.0', '-0.00', '1e-400', 'x'])
	UNION ALL SELECT 'numeric(5,2)', concat(pg_temp.random(-2000, 2000), '.', pg_temp.random(0, 9999)) FROM generate_series(1, 40)
	UNION ALL SELECT 'date', format('%s-%s-%s', lpad(pg_temp.random(1, 9999)::text, 4, '0'), lpad(pg_temp.random(0, 13)::text, 2, '0'), lpad(pg_temp.random(0, 32)::text, 2, '0')) FROM generate_series(1, 80)
	UNION ALL SELECT 'date', unnest(ARRAY['1900-02-29', '2000-02-29', '0001-01-01', '9999-12-31', '2023-02-29', '2024-02-29'])
	UNION ALL SELECT 'time', format('%s:%s:%s.%s', lpad(pg_temp.random(0, 23)::text, 2, '0'), lpad(pg_temp.random(0, 61)::text, 2, '0'), lpad(pg_temp.random(0, 59)::text, 2, '0'), lpad(pg_temp.random(0, 999999)::text, 6, '0')) FROM generate_series(1, 60)
	UNION ALL SELECT 'timestamptz', format('%s-%s-%sT%s:%s:00%s', lpad(pg_temp.random(1, 9999)::text, 4, '0'), lpad(pg_temp.random(1, 12)::text, 2, '0'), lpad(pg_temp.random(1, 31)::text, 2, '0'), lpad(pg_temp.random(0, 23)::text, 2, '0'), lpad(pg_temp.random(0, 59)::text, 2, '0'),
		(ARRAY['Z', '+02:00', '-11:30', '+14:00'])[pg_temp.random(1, 4)]) FROM generate_series(1, 80)
	UNION ALL SELECT 'uuid', left(gen_random_uuid()::text, pg_temp.random(34, 36)::int) FROM generate_series(1, 30)
	UNION ALL SELECT 'uuid', upper(gen_random_uuid()::text) FROM generate_series(1, 10)
	UNION ALL SELECT 'inet', concat(pg_temp.random(0, 300), '.', pg_temp.random(0, 255), '.', pg_temp.random(0, 255), '.1/', pg_temp.random(0, 34)) FROM generate_series(1, 40);
SELECT is(string_agg(format('%s: %s, not %s', input, coalesce(pg_temp.by_action(type, input), 'refused'), coalesce(pg_temp.by_cast(type, input), 'refused')), '; ')
	FILTER (WHERE pg_temp.by_action(type, input) IS DISTINCT FROM pg_temp.by_cast(type, input)), NULL, type)
FROM inputs GROUP BY type ORDER BY type COLLATE "C";

SELECT * FROM finish();
ROLLBACK;
