\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(14);

-- Can a value of a PostgreSQL type be given in the form in which it is returned?

CREATE SCHEMA type_round_trip;
CREATE DOMAIN type_round_trip.code AS bytea CHECK (length(VALUE) = 2);
CREATE TYPE type_round_trip.pair AS (a int, b varchar(3), c timestamptz, d bytea, e int[]);
CREATE TEMP TABLE cases (n int GENERATED ALWAYS AS IDENTITY, type text, written text);
INSERT INTO cases (type, written) VALUES
	('bytea', '\x00ff10'), ('type_round_trip.code', '\x6869'), ('type_round_trip.pair', '(1,xy,"2020-01-02 03:04:05+00","\\x00ff","{1,2}")'), ('type_round_trip.pair', '(,"",,,)'),
	('tstzrange', '[2020-01-01 00:00:00+00,2020-02-01 00:00:00+00)'), ('inet', '10.1.2.3/8'), ('numeric(6,2)', '12.50'), ('interval', '1 mon 2 days 03:04:05.5'),
	('int4[]', '{1,-2}'), ('point', '(1,2.5)'), ('tsvector', '''a'':1 ''b'':2'), ('macaddr', '08:00:2b:01:02:03');
SELECT pg_temp.define(jsonb_build_object('domain', 'type_round_trip', 'resources', jsonb_build_object('r', jsonb_build_object(
	'attributes', '{"id": "integer_primary_key"}'::jsonb || jsonb_object_agg('c' || n, jsonb_build_object('type', type, 'public', true)),
	'actions', '{"defaults": ["read", {"create": "*"}]}'::jsonb)))::text)
FROM cases \gset

-- PostgreSQL's own value goes in by SQL; what is read of it must make the same value again.
CREATE FUNCTION pg_temp.again(column_name text, type text, written text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('TRUNCATE type_round_trip.r; INSERT INTO type_round_trip.r (%I) VALUES (%L)', column_name, written);
	PERFORM ash_create('type_round_trip.r', jsonb_build_object(column_name, (ash_read('type_round_trip.r')::jsonb)->0->column_name));
	EXECUTE format('SELECT %I::text FROM type_round_trip.r ORDER BY id DESC LIMIT 1', column_name) INTO result;
	RETURN result;
END $$;
CREATE FUNCTION pg_temp.as_type(type text, written text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('SELECT %L::%s::text', written, type) INTO result;
	RETURN result;
END $$;
SELECT is(pg_temp.again('c' || n, type, written), pg_temp.as_type(type, written), format('%s %s', type, written)) FROM cases ORDER BY n;

SELECT is(pg_temp.errors($$SELECT ash_create('type_round_trip.r', '{"c3": {"a": 1, "zz": 2}, "c2": "aGlo"}')$$), E'22023 invalid\ninvalid_attribute c2: is invalid\ninvalid_attribute c3: is invalid',
	'a key that is no column is refused, and what the domain does not allow');
SELECT is(pg_temp.errors($$SELECT ash_create('type_round_trip.r', '{"c3": {"a": "x"}}')$$), E'22023 invalid\ninvalid_attribute c3: is invalid', 'and a column that cannot be cast');

SELECT * FROM finish();
ROLLBACK;
