\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(21);

-- Does the definition of each document of the test vectors, defined again, stay the same byte by byte?

SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS citext;
\set files `cd test/vectors && ls *.json | tr '\n' ' '`
CREATE TEMP TABLE files (name text, content json);
\set aggregates `cat test/vectors/aggregates.json`
INSERT INTO files VALUES ('aggregates', :'aggregates');
\set embedded `cat test/vectors/embedded.json`
INSERT INTO files VALUES ('embedded', :'embedded');
\set expressions `cat test/vectors/expressions.json`
INSERT INTO files VALUES ('expressions', :'expressions');
\set lifecycle `cat test/vectors/lifecycle.json`
INSERT INTO files VALUES ('lifecycle', :'lifecycle');
\set more `cat test/vectors/more.json`
INSERT INTO files VALUES ('more', :'more');
\set newer `cat test/vectors/newer.json`
INSERT INTO files VALUES ('newer', :'newer');
\set policies `cat test/vectors/policies.json`
INSERT INTO files VALUES ('policies', :'policies');
\set policies_more `cat test/vectors/policies_more.json`
INSERT INTO files VALUES ('policies_more', :'policies_more');
\set read `cat test/vectors/read.json`
INSERT INTO files VALUES ('read', :'read');
\set relationships `cat test/vectors/relationships.json`
INSERT INTO files VALUES ('relationships', :'relationships');
\set tenancy_bulk `cat test/vectors/tenancy_bulk.json`
INSERT INTO files VALUES ('tenancy_bulk', :'tenancy_bulk');
\set types `cat test/vectors/types.json`
INSERT INTO files VALUES ('types', :'types');
\set validations `cat test/vectors/validations.json`
INSERT INTO files VALUES ('validations', :'validations');

CREATE TEMP TABLE documents AS SELECT f.name AS file, d.key AS name, d.value AS document FROM files f, json_each(content -> 'fixtures') AS d;

SELECT set_eq('SELECT name || ''.json'' FROM files', format('SELECT f FROM string_to_table(%L, '' '') AS f WHERE f NOT IN ('''', ''deviations.json'')', :'files'),
	'every file is here');

CREATE FUNCTION pg_temp.rows_of(of_domain text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat(name, revision, expanded), ' ' ORDER BY name) FROM ash.resource WHERE domain = of_domain
$$;
CREATE FUNCTION pg_temp.roundtrip(written json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	name text := written ->> 'domain';
	defined text;
	stored text;
BEGIN
	PERFORM ash_define(written);
	defined := ash_definition(name)::text;
	stored := pg_temp.rows_of(name);
	PERFORM ash_define(defined::json);
	RETURN concat_ws(', ', CASE WHEN defined::jsonb <> written::jsonb THEN 'not the document' END,
		CASE WHEN ash_definition(name)::text <> defined THEN 'not the same bytes' END,
		CASE WHEN pg_temp.rows_of(name) <> stored THEN 'other rows' END);
END $$;

SELECT is(pg_temp.roundtrip(document), '', format('%s: %s', file, name)) FROM documents;
SELECT is_empty('SELECT * FROM ash.revision', 'nothing was replaced');
SELECT cmp_ok((SELECT count(*) FROM documents), '>=', 18::bigint, 'documents');

SELECT * FROM finish();
ROLLBACK;
