\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(17);

-- Are tables of every make adopted so that nothing is left to plan and their actions run?

CREATE SCHEMA introspect_objects;
SET LOCAL search_path = introspect_objects, public;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b text);
CREATE TABLE columns (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int NOT NULL, twice int GENERATED ALWAYS AS (a * 2) STORED, s serial, m mood DEFAULT 'ok', p posint, list int[] DEFAULT '{1}', pair pair,
	quoted text DEFAULT 'x''y', amount numeric(10,2) DEFAULT 0, short varchar(5), fixed char(3), bytes bytea, span interval, during int4range, today date DEFAULT current_date, exact timestamptz(0), grid text[][]);
COMMENT ON TABLE columns IS 'Of every kind';
COMMENT ON COLUMN columns.a IS 'An a';
CREATE UNIQUE INDEX partial ON columns (short) WHERE a > 0;
CREATE UNIQUE INDEX by_expression ON columns (lower(quoted));
CREATE UNIQUE INDEX no_nulls ON columns (a, p) NULLS NOT DISTINCT;
CREATE INDEX downwards ON columns (span DESC) INCLUDE (a);
CREATE TABLE part (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE part_all PARTITION OF part DEFAULT;
CREATE VIEW seen AS SELECT id, a FROM columns;
CREATE MATERIALIZED VIEW kept AS SELECT id, a FROM columns;
CREATE FOREIGN DATA WRAPPER introspect_objects;
CREATE SERVER introspect_objects FOREIGN DATA WRAPPER introspect_objects;
CREATE FOREIGN TABLE remote (id int NOT NULL, v text) SERVER introspect_objects;
CREATE TABLE excluded (id serial PRIMARY KEY, during tstzrange, EXCLUDE USING gist (during WITH &&));
CREATE TABLE "Mixed Case" ("Id" serial PRIMARY KEY, "select" text, "a""b" int, "Ünï" text, "order" int UNIQUE);
CREATE TABLE parent (a int, b int, code text UNIQUE NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE child (id serial PRIMARY KEY, a int, b int, code text REFERENCES parent (code) ON DELETE SET NULL, "Mixed_id" int REFERENCES "Mixed Case" DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (a, b) REFERENCES parent);
CREATE TABLE tree (id serial PRIMARY KEY, parent_id int REFERENCES tree ON DELETE CASCADE, name text NOT NULL CHECK (length(name) > 1));
CREATE TABLE heir () INHERITS (tree);
CREATE TABLE keyless (a int, b text);
SET LOCAL search_path = public;

CREATE TEMP TABLE adopted AS SELECT ash_introspect('introspect_objects')::jsonb AS document;
SELECT ash_define(ash_introspect('introspect_objects')) \gset
SELECT is_empty($$SELECT operation, sql FROM ash_plan('introspect_objects')$$, 'nothing is left to plan');
SELECT set_eq($$SELECT jsonb_object_keys(document->'resources') FROM adopted$$,
	ARRAY['columns', 'part', 'seen', 'kept', 'remote', 'excluded', 'Mixed Case', 'parent', 'child', 'tree', 'heir', 'keyless'], 'partitions are no resources');
SELECT results_eq($$SELECT r->>'description', r->'attributes'->'a'->>'description', (r->'attributes'->'twice'->>'writable')::bool, r->'attributes'->'m'->>'type' FROM adopted, LATERAL (SELECT document->'resources'->'columns') AS _(r)$$,
	$$VALUES ('Of every kind', 'An a', false, 'introspect_objects.mood')$$, 'comments describe, what the table computes cannot be written');
SELECT is(document->'resources'->'columns'->'identities', '{"no_nulls": {"keys": ["a", "p"], "index_name": "no_nulls", "nils_distinct": false}}', 'a unique index over columns is an identity') FROM adopted;
SELECT is(document->'resources'->'child'->'relationships'->'parent'->>'destination_attribute', 'code', 'a reference to a key that is not the primary one') FROM adopted;

CREATE FUNCTION pg_temp.made(resource text, input jsonb, field text) RETURNS text LANGUAGE sql AS $$
	SELECT ash_create('introspect_objects.' || resource, input)->>field
$$;
SELECT is(ash_create('introspect_objects.columns', '{"a": 3, "pair": {"a": 1, "b": "q"}, "p": 4, "bytes": "aGk=", "fixed": "ab", "during": "[1,3)", "span": "PT1H", "exact": "2020-01-01T10:00:00Z"}')::jsonb - 'today',
	'{"id": 1, "a": 3, "twice": 6, "s": 1, "m": "ok", "p": 4, "list": [1], "pair": {"a": 1, "b": "q"}, "quoted": "x''y", "amount": 0.00, "short": null, "fixed": "ab ", "bytes": "aGk=", "span": "PT1H", "during": "[1,3)", "exact": "2020-01-01T10:00:00Z", "grid": null}', 'a row of every kind of column');
SELECT is(ash_update('introspect_objects.columns', '1', '{"a": 5}')->>'twice', '10', 'a generated column follows');
SELECT is(pg_temp.errors($$SELECT ash_create('introspect_objects.columns', '{"a": 5, "p": 4, "quoted": "z"}')$$), E'23505 invalid\ninvalid_attribute a: has already been taken\ninvalid_attribute p: has already been taken', 'an identity is kept');
SELECT is(pg_temp.made('part', '{"id": 1, "at": "2020-01-01"}', 'at'), '2020-01-01', 'a partitioned table');
SELECT is(ash_get('introspect_objects.part', '{"id": 1, "at": "2020-01-01"}')->>'id', '1', 'by its composite key');
SELECT is(ash_read('introspect_objects.seen')::jsonb, '[{"id": 1, "a": 5}]', 'a view');
SELECT is(pg_temp.made('Mixed Case', '{"select": "x", "a\"b": 1, "Ünï": "ü", "order": 1}', 'a"b'), '1', 'names that need quotes');
SELECT is(pg_temp.made('parent', '{"a": 1, "b": 2, "code": "c"}', 'b'), '2', 'a composite key');
SELECT is((pg_temp.made('child', '{"a": 1, "b": 2, "code": "c", "Mixed_id": 1}', 'id'), ash_read('introspect_objects.child', '{"load": ["parent", "Mixed"]}')->0->'parent'->>'a')::text, '(1,1)', 'references of every kind');
SELECT is(pg_temp.errors($$SELECT ash_create('introspect_objects.tree', '{"name": "x"}')$$), E'23514 invalid\ninvalid_attribute name: is invalid', 'a check');
SELECT is(pg_temp.made('heir', '{"name": "xx"}', 'name'), 'xx', 'a table that inherits');
SELECT is(pg_temp.made('keyless', '{"a": 1}', 'a'), '1', 'a table without a key');

SELECT * FROM finish();
ROLLBACK;
