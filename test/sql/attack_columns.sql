\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(22);

-- A definition that is wrong about its table must not make anybody read memory: a number taken for a pointer.

CREATE SCHEMA attack_columns;
CREATE TABLE attack_columns.thing (id bigint PRIMARY KEY, n bigint, t text, j jsonb, u uuid, s smallint, v varchar(10), ts timestamp, other bigint);
INSERT INTO attack_columns.thing VALUES (1, 42, 'text', '{"a": 1}', '00000000-0000-0000-0000-000000000001', 7, 'v', '2020-01-01', 1);
CREATE TABLE attack_columns.owner (id bigint PRIMARY KEY, other bigint);
INSERT INTO attack_columns.owner VALUES (1, 1);
CREATE FUNCTION pg_temp.reading(field text, type text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	error jsonb;
BEGIN
	PERFORM ash_define(json_build_object('domain', 'attack_columns', 'resources', json_build_object(
		'thing', json_build_object('attributes', json_build_object('id', '{"type": "integer", "primary_key": true, "allow_nil": false, "public": true}'::json, field, json_build_object('type', type, 'public', true)),
			'actions', '{"defaults": ["read"]}'::json),
		'owner', json_build_object('attributes', json_build_object('id', '{"type": "integer", "primary_key": true, "allow_nil": false, "public": true}'::json, 'other', '{"type": "integer", "public": true}'::json),
			'relationships', json_build_object('thing', '{"belongs_to": "attack_columns.thing", "define_attribute": false, "source_attribute": "other", "public": true}'::json),
			'calculations', json_build_object('c', json_build_object('type', type, 'expr', 'thing.' || field, 'public', true)),
			'aggregates', json_build_object('f', json_build_object('first', 'thing', 'field', field, 'public', true)),
			'actions', '{"defaults": ["read"]}'::json))));
	error := pg_temp.caught('SELECT ash_read(''attack_columns.thing'')');
	RETURN coalesce(error->>'sqlstate', ash_read_first('attack_columns.thing')->>field);
END $$;

SELECT is(pg_temp.reading(field, type), '42804', concat_ws(' ', field, 'as', type))
FROM (VALUES ('n', 'string'), ('n', 'decimal'), ('n', 'map'), ('n', 'uuid'), ('n', 'string[]'), ('t', 'integer'), ('t', 'map'), ('t', 'uuid'), ('t', 'decimal'), ('j', 'string'), ('j', 'integer'), ('u', 'string'), ('u', 'integer'), ('ts', 'string'), ('n', 'boolean')) AS wrong (field, type);
SELECT is(pg_temp.reading('n', 'integer'), '42', 'right'), is(pg_temp.reading('s', 'integer'), '7', 'a smaller integer reads as one'), is(pg_temp.reading('v', 'string'), 'v', 'so does a varchar as text');

-- Through another resource.
SELECT is(pg_temp.reading('n', 'string'), '42804', 'of another resource:');
SELECT is(pg_temp.caught($$SELECT ash_read('attack_columns.owner', '{"load": ["c"]}')$$)->>'sqlstate', '42804', 'its calculation'),
	is(pg_temp.caught($$SELECT ash_read('attack_columns.owner', '{"load": ["thing"]}')$$)->>'sqlstate', '42804', 'its relationship');
SELECT pg_temp.reading('n', 'integer') AS ignored \gset
ALTER TABLE attack_columns.thing ALTER COLUMN n TYPE text;
SELECT is(pg_temp.caught($$SELECT ash_read('attack_columns.thing')$$)->>'sqlstate', '42804', 'a column that changes later');

SELECT * FROM finish();
ROLLBACK;
