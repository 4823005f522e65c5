\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(22);

-- When somebody changes a table under a resource: do actions say what is wrong, and does the plan show it?

SELECT pg_temp.define($doc${
  "domain": "ddl_under_resource",
  "resources": {
    "thing": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "size": {"type": "integer", "public": true}},
      "relationships": {"parts": {"has_many": "ddl_under_resource.part", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}, "destroy"]}
    },
    "part": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"thing": {"belongs_to": "ddl_under_resource.thing", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}]}
    }
  }
}$doc$) \gset
SELECT ash_create('ddl_under_resource.thing', '{"name": "a", "size": 1}') \gset
CREATE FUNCTION pg_temp.steps() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(operation || CASE WHEN destructive THEN '!' ELSE '' END, ', ' ORDER BY step), 'none') FROM ash_plan('ddl_under_resource')
$$;
-- The SQLSTATE of a failing statement, and whether it says what to do.
CREATE FUNCTION pg_temp.failure(statement text) RETURNS text LANGUAGE sql AS $$
	SELECT concat(e->>'sqlstate', CASE WHEN e->>'hint' LIKE '%ash\_%' THEN ' with a hint' END) FROM pg_temp.caught(statement) AS e
$$;

-- A column.
SAVEPOINT start;
ALTER TABLE ddl_under_resource.thing DROP COLUMN size;
SELECT is(pg_temp.failure($$SELECT ash_read('ddl_under_resource.thing')$$), '42703 with a hint', 'reading a column that is gone');
SELECT is(pg_temp.failure($$SELECT ash_create('ddl_under_resource.thing', '{"name": "b", "size": 2}')$$), '42703 with a hint', 'and writing it');
SELECT is(pg_temp.failure($$SELECT ash_update('ddl_under_resource.thing', '{"id": 1}', '{"size": 2}')$$), '42703 with a hint', 'and updating it');
SELECT is(pg_temp.steps(), 'add column', 'the plan brings it back');
SELECT isnt_empty($$SELECT * FROM ash_migrate('ddl_under_resource')$$, 'so does the migration');
SELECT is(ash_read('ddl_under_resource.thing')::jsonb, '[{"id": 1, "name": "a", "size": null}]', 'then reading works');
ROLLBACK TO start;

ALTER TABLE ddl_under_resource.thing RENAME COLUMN name TO title;
SELECT is(pg_temp.failure($$SELECT ash_read('ddl_under_resource.thing')$$), '42703 with a hint', 'a column of another name');
SELECT is(pg_temp.steps(), 'add column, drop column!', 'is not guessed to be the same');
ROLLBACK TO start;

ALTER TABLE ddl_under_resource.thing ALTER COLUMN size TYPE text;
SELECT is(pg_temp.steps(), 'change type!', 'a column of another type');
SELECT is(pg_temp.errors($$SELECT ash_read('ddl_under_resource.thing')$$) ~ '^(no error|42\w{3}|22\w{3})', true, 'is no internal error');
ROLLBACK TO start;

ALTER TABLE ddl_under_resource.thing ADD COLUMN more text NOT NULL DEFAULT 'm';
SELECT is(ash_create('ddl_under_resource.thing', '{"name": "b"}')::jsonb - 'id', '{"name": "b", "size": null}', 'a column more does no harm');
SELECT is(pg_temp.steps(), 'drop column!', 'and is shown');
ROLLBACK TO start;

-- The table.
ALTER TABLE ddl_under_resource.thing RENAME TO stuff;
SELECT is(pg_temp.failure($$SELECT ash_read('ddl_under_resource.thing')$$), '42P01 with a hint', 'a table of another name');
SELECT is(pg_temp.failure($$SELECT ash_create('ddl_under_resource.thing', '{"name": "b"}')$$), '42P01 with a hint', 'cannot be written');
SELECT is(pg_temp.steps(), 'drop foreign key, create table, add foreign key', 'and would be made anew');
ROLLBACK TO start;

CREATE SCHEMA ddl_elsewhere;
ALTER TABLE ddl_under_resource.part SET SCHEMA ddl_elsewhere;
SELECT is(pg_temp.failure($$SELECT ash_read('ddl_under_resource.thing', '{"load": ["parts"]}')$$), '42P01 with a hint', 'a table in another schema');
ROLLBACK TO start;

DROP TABLE ddl_under_resource.part;
SELECT is(pg_temp.failure($$SELECT ash_read('ddl_under_resource.thing', '{"filter": {"parts": {"id": 1}}}')$$), '42P01 with a hint', 'a related table that is gone');
SELECT is(ash_read('ddl_under_resource.thing')::jsonb, '[{"id": 1, "name": "a", "size": 1}]', 'the others work');
ROLLBACK TO start;

-- The schema.
SET client_min_messages = error;
DROP SCHEMA ddl_under_resource CASCADE;
RESET client_min_messages;
SELECT is(pg_temp.failure($$SELECT ash_read('ddl_under_resource.thing')$$), '42P01 with a hint', 'a schema that is gone');
SELECT is((SELECT operation FROM ash_plan('ddl_under_resource') WHERE step = 1), 'create schema', 'is made anew first');
SELECT isnt_empty($$SELECT * FROM ash_migrate('ddl_under_resource')$$, 'with all that was in it');
SELECT is(ash_create('ddl_under_resource.thing', '{"name": "c"}')::jsonb, '{"id": 1, "name": "c", "size": null}', 'then it works');
ROLLBACK TO start;

SELECT * FROM finish();
ROLLBACK;
