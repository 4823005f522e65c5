\set ECHO none
\i test/pgtap.psql
BEGIN;
SELECT plan(5);

-- A duration is shown whole however long it is.
SELECT ash_define('{"domain": "duration_extremes", "resources": {"span": {"attributes": {
	"id": "integer_primary_key", "length": {"type": "duration", "public": true}}, "actions": {"defaults": ["read"]}}}}') IS NOT NULL AS defined \gset
SELECT count(*) AS steps FROM ash_migrate('duration_extremes') \gset

CREATE FUNCTION pg_temp.shown(length text) RETURNS text LANGUAGE sql AS $$
	DELETE FROM duration_extremes.span;
	INSERT INTO duration_extremes.span (length) VALUES (length::interval);
	SELECT ash_list('duration_extremes.span', 'length')::text;
$$;

SELECT is(pg_temp.shown('1 year 30 hours'), '["P1Y1DT6H"]', 'hours that make a day');
SELECT is(pg_temp.shown('200000000 days'), '["P200000000D"]', 'more days than have a number of microseconds');
SELECT is(pg_temp.shown('1 year -150000000 days -30 hours -0.5 seconds'), '["P1Y-150000000DT-30H-0.5S"]', 'and the rest of it');
SELECT is(pg_temp.shown('2147483647 months 2147483647 days'), '["P178956970Y7M2147483647D"]', 'the most months and days');
-- PostgreSQL 17 and later only
SELECT CASE WHEN current_setting('server_version_num')::int < 170000 THEN pass('without an end')
	ELSE is(pg_temp.shown('infinity') || pg_temp.shown('-infinity'), '["infinity"]["-infinity"]', 'without an end') END;

SELECT * FROM finish();
ROLLBACK;
