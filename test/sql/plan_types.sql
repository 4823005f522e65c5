\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(12);

-- Which column does the planner make for each type, and does it know its own column again?

CREATE EXTENSION IF NOT EXISTS citext;
CREATE SCHEMA plan_types;
CREATE TYPE plan_types.mood AS ENUM ('sad', 'ok');
CREATE TEMP TABLE types (name text PRIMARY KEY, attribute jsonb, column_type text);
INSERT INTO types VALUES
	('string', '"string"', 'text'),
	('string_limited', '{"type": "string", "constraints": {"max_length": 5}}', 'text'),
	('ci_string', '"ci_string"', 'citext'),
	('integer', '"integer"', 'bigint'),
	('float', '"float"', 'double precision'),
	('decimal', '"decimal"', 'numeric'),
	('boolean', '"boolean"', 'boolean'),
	('atom', '"atom"', 'text'),
	('enum', '{"type": "enum", "constraints": {"values": ["a", "b"]}}', 'text'),
	('uuid', '"uuid"', 'uuid'),
	('uuid_v7', '"uuid_v7"', 'uuid'),
	('date', '"date"', 'date'),
	('time', '"time"', 'time(0) without time zone'),
	('time_usec', '"time_usec"', 'time without time zone'),
	('naive_datetime', '"naive_datetime"', 'timestamp(0) without time zone'),
	('naive_datetime_usec', '"naive_datetime_usec"', 'timestamp without time zone'),
	('utc_datetime', '"utc_datetime"', 'timestamp(0) with time zone'),
	('utc_datetime_usec', '"utc_datetime_usec"', 'timestamp with time zone'),
	('datetime', '"datetime"', 'timestamp(0) with time zone'),
	('datetime_usec', '{"type": "datetime", "constraints": {"precision": "microsecond"}}', 'timestamp with time zone'),
	('time_precise', '{"type": "time", "constraints": {"precision": "microsecond"}}', 'time without time zone'),
	('duration', '"duration"', 'interval'),
	('duration_name', '"duration_name"', 'text'),
	('range_date', '{"type": "range", "constraints": {"inner_type": "date"}}', 'daterange'),
	('range_integer', '{"type": "range", "constraints": {"inner_type": "integer"}}', 'int8range'),
	('range_naive', '{"type": "range", "constraints": {"inner_type": "naive_datetime"}}', 'tsrange'),
	('range_datetime', '{"type": "range", "constraints": {"inner_type": "datetime"}}', 'tstzrange'),
	('range_decimal', '{"type": "range", "constraints": {"inner_type": "decimal"}}', 'numrange'),
	('binary', '"binary"', 'bytea'),
	('url_encoded_binary', '"url_encoded_binary"', 'bytea'),
	('map', '"map"', 'jsonb'),
	('struct', '{"type": "struct", "constraints": {"fields": {"a": {"type": "integer"}}}}', 'jsonb'),
	('keyword', '{"type": "keyword", "constraints": {"fields": {"a": {"type": "integer"}}}}', 'jsonb'),
	('tuple', '{"type": "tuple", "constraints": {"fields": {"a": {"type": "integer"}}}}', 'jsonb'),
	('union', '{"type": "union", "constraints": {"types": {"a": {"type": "integer"}, "b": {"type": "string"}}}}', 'jsonb'),
	('term', '"term"', 'jsonb'),
	('embedded', '"plan_types.inner"', 'jsonb'),
	('strings', '"string[]"', 'text[]'),
	('integers', '{"type": "integer[]", "constraints": {"min_length": 1}}', 'bigint[]'),
	('dates', '"date[]"', 'date[]'),
	('datetimes', '"utc_datetime[]"', 'timestamp(0) with time zone[]'),
	('ci_strings', '"ci_string[]"', 'citext[]'),
	('maps', '"map[]"', 'jsonb[]'),
	('embeddeds', '"plan_types.inner[]"', 'jsonb[]'),
	('user_type', '"plan_types.short"', 'text'),
	('inet', '"inet"', 'inet'),
	('tsvector', '"tsvector"', 'tsvector'),
	('varchar', '"varchar(10)"', 'character varying(10)'),
	('numeric', '"numeric(10,2)"', 'numeric(10,2)'),
	('int4', '"int4"', 'integer'),
	('point', '"point"', 'point'),
	('bit', '"bit(3)"', 'bit(3)'),
	('multirange', '"int4multirange"', 'int4multirange'),
	('pg_enum', '"plan_types.mood"', 'plan_types.mood'),
	('pg_enums', '"plan_types.mood[]"', 'plan_types.mood[]');

SELECT jsonb_build_object('domain', 'plan_types', 'types', '{"short": {"type": "string", "constraints": {"max_length": 3}}}'::jsonb, 'resources', jsonb_build_object(
	'inner', '{"embedded": true, "attributes": {"x": "integer"}}'::jsonb,
	'thing', jsonb_build_object('attributes', '{"id": "uuid_primary_key"}'::jsonb || (SELECT jsonb_object_agg(name, attribute) FROM types), 'actions', '{"defaults": ["read"], "add": {"type": "create", "accept": ["datetime_usec", "time_precise"]}}'::jsonb))) AS doc \gset
SELECT ash_define(:'doc') \gset
SELECT isnt_empty($$SELECT * FROM ash_migrate('plan_types')$$, 'a table with a column of each type');
SELECT results_eq($$SELECT attname::text COLLATE "default", replace(format_type(atttypid, atttypmod), 'public.', '') FROM pg_attribute
	WHERE attrelid = 'plan_types.thing'::regclass AND attnum > 0 AND attname <> 'id' ORDER BY attname$$,
	$$SELECT name, column_type FROM types ORDER BY name COLLATE "C"$$, 'columns are of these types');
SELECT is(ash_create('plan_types.thing', '{"datetime_usec": "2020-01-01T00:00:00.123456Z", "time_precise": "10:00:00.123456"}', '{"action": "add", "select": ["datetime_usec", "time_precise"]}')::jsonb - 'id',
	'{"datetime_usec": "2020-01-01T00:00:00.123456Z", "time_precise": "10:00:00.123456"}', 'columns keep what their types keep');
SELECT is_empty($$SELECT operation, sql FROM ash_plan('plan_types')$$, 'each is known again');
SELECT is_empty($$SELECT a.type FROM ash.attribute a JOIN types t USING (name) WHERE resource = 'plan_types.thing' AND a.type IS NULL$$, 'the catalog shows each');
INSERT INTO plan_types.thing (id) VALUES (gen_random_uuid());
SELECT is_empty($$SELECT operation, sql FROM ash_plan('plan_types')$$, 'also when there are rows');

-- Changes of a type, each on a filled table: does it lose values, and is it done?
CREATE FUNCTION pg_temp.retype(before jsonb, after jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	attributes text := '{"domain": "plan_retype", "resources": {"thing": {"attributes": {"id": "uuid_primary_key", "x": %s}}}}';
BEGIN
	PERFORM ash_define(format(attributes, before)::json);
	PERFORM ash_migrate('plan_retype', true);
	INSERT INTO plan_retype.thing (id) VALUES (gen_random_uuid());
	PERFORM ash_define(format(attributes, after)::json);
	SELECT string_agg(operation || CASE WHEN destructive THEN '!' ELSE '' END, ', ' ORDER BY step) INTO result FROM ash_plan('plan_retype');
	PERFORM ash_migrate('plan_retype', true);
	result := concat(result, CASE WHEN EXISTS (SELECT FROM ash_plan('plan_retype')) THEN ' and more' END);
	PERFORM ash_undefine('plan_retype', drop_table => true);
	RETURN result;
END $$;
SELECT results_eq($$SELECT pg_temp.retype('"int4"', '"integer"'), pg_temp.retype('"integer"', '"int4"'), pg_temp.retype('"varchar(5)"', '"varchar(9)"'), pg_temp.retype('"varchar(9)"', '"varchar(5)"'),
	pg_temp.retype('"varchar(9)"', '"string"'), pg_temp.retype('"utc_datetime"', '"utc_datetime_usec"'), pg_temp.retype('"utc_datetime_usec"', '"utc_datetime"')$$,
	$$VALUES ('change type', 'change type!', 'change type', 'change type!', 'change type', 'change type', 'change type!')$$, 'wider is not destructive, narrower is');
SELECT is(pg_temp.retype('"integer"', '"string"'), 'change type', 'everything is a text');
SELECT is(pg_temp.retype('"string"', '"integer"'), 'change type!', 'a text may be anything');
SELECT is(left(pg_temp.errors($$SELECT pg_temp.retype('"utc_datetime"', '"boolean"')$$), 5), '42846', 'what PostgreSQL cannot cast is not changed');
SELECT is(pg_temp.retype('{"type": "integer", "default": 5}', '{"type": "string", "default": "five"}'), 'change type', 'the default changes with it');
SELECT is(pg_temp.retype('{"type": "integer", "constraints": {"min": 1}}', '{"type": "string", "constraints": {"min_length": 1}}'), 'drop check, change type, add check, add check', 'and the check');

SELECT * FROM finish();
ROLLBACK;
