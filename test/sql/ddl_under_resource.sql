\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(13);

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
-- What each statement gives: its first column, or its SQLSTATE and whether there is a hint at the planner. Changes are undone.
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	hint text;
BEGIN
	EXECUTE statement INTO result;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat(SQLSTATE, CASE WHEN hint ~ 'ash_(plan|migrate)\(' THEN ' with a hint' END);
END $$;
CREATE FUNCTION pg_temp.after(ddl text, VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	statement text;
	lines text[];
BEGIN
	EXECUTE ddl;
	FOREACH statement IN ARRAY statements LOOP
		lines := lines || pg_temp.outcome(statement);
	END LOOP;
	RAISE EXCEPTION SQLSTATE 'UNDO0';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
	RETURN array_to_string(lines, E'\n', 'null');
END $$;
-- Read once, so that plans are there to become invalid.
SELECT ash_read('ddl_under_resource.thing', '{"load": ["parts"]}') \gset

-- A column.
SELECT is(pg_temp.after('ALTER TABLE ddl_under_resource.thing DROP COLUMN size',
	$$SELECT ash_read('ddl_under_resource.thing')$$,
	$$SELECT ash_create('ddl_under_resource.thing', '{"name": "b", "size": 2}')$$,
	$$SELECT ash_update('ddl_under_resource.thing', '{"id": 1}', '{"size": 2}')$$,
	$$SELECT ash_destroy('ddl_under_resource.thing', '{"id": 1}')$$,
	$$SELECT pg_temp.steps()$$,
	$$SELECT count(*) FROM ash_migrate('ddl_under_resource')$$,
	$$SELECT ash_read('ddl_under_resource.thing')::jsonb$$),
'42703 with a hint
42703 with a hint
42703 with a hint
42703 with a hint
add column
1
[{"id": 1, "name": "a", "size": null}]', 'a column that is gone: reading, creating, updating and destroying say so; the plan brings it back');
SELECT is(pg_temp.after('ALTER TABLE ddl_under_resource.thing RENAME COLUMN name TO title', $$SELECT ash_read('ddl_under_resource.thing')$$, $$SELECT pg_temp.steps()$$),
'42703 with a hint
add column, drop column!', 'a column of another name is not guessed to be the same');
SELECT is(pg_temp.after('ALTER TABLE ddl_under_resource.thing ALTER COLUMN size TYPE text',
	$$SELECT ash_create('ddl_under_resource.thing', '{"name": "b", "size": 2}')$$, $$SELECT pg_temp.steps()$$, $$SELECT count(*) FROM ash_migrate('ddl_under_resource', true)$$, $$SELECT ash_read('ddl_under_resource.thing')::jsonb$$),
'42804 with a hint
change type!
1
[{"id": 1, "name": "a", "size": 1}]', 'a column of another type');
SELECT is(pg_temp.after($$ALTER TABLE ddl_under_resource.thing ADD COLUMN more text NOT NULL DEFAULT 'm'$$,
	$$SELECT ash_create('ddl_under_resource.thing', '{"name": "b"}')::jsonb - 'id'$$, $$SELECT pg_temp.steps()$$),
'{"name": "b", "size": null}
drop column!', 'a column more does no harm and is shown');

-- The table.
SELECT is(pg_temp.after('ALTER TABLE ddl_under_resource.thing RENAME TO stuff',
	$$SELECT ash_read('ddl_under_resource.thing')$$,
	$$SELECT ash_create('ddl_under_resource.thing', '{"name": "b"}')$$,
	$$SELECT pg_temp.steps()$$),
'42P01 with a hint
42P01 with a hint
drop foreign key, create table, add foreign key', 'a table of another name');
SELECT is(pg_temp.after('CREATE SCHEMA ddl_elsewhere; ALTER TABLE ddl_under_resource.part SET SCHEMA ddl_elsewhere',
	$$SELECT ash_read('ddl_under_resource.thing', '{"load": ["parts"]}')$$, $$SELECT pg_temp.steps()$$),
'42P01 with a hint
create table, add foreign key', 'a related table in another schema');
SELECT is(pg_temp.after('DROP TABLE ddl_under_resource.part',
	$$SELECT ash_read('ddl_under_resource.thing', '{"filter": {"parts": {"id": 1}}}')$$, $$SELECT ash_read('ddl_under_resource.thing')::jsonb$$, $$SELECT pg_temp.steps()$$),
'42P01 with a hint
[{"id": 1, "name": "a", "size": 1}]
create table, add foreign key', 'a related table that is gone; what does not need it works');

-- The schema.
SET client_min_messages = error;
SELECT is(pg_temp.after('DROP SCHEMA ddl_under_resource CASCADE',
	$$SELECT ash_read('ddl_under_resource.thing')$$,
	$$SELECT pg_temp.steps()$$,
	$$SELECT count(*) FROM ash_migrate('ddl_under_resource')$$,
	$$SELECT ash_create('ddl_under_resource.thing', '{"name": "c"}')::jsonb$$),
'42P01 with a hint
create schema, create table, create table, add foreign key
4
{"id": 1, "name": "c", "size": null}', 'a schema that is gone is made anew');

-- Afterwards, and with the extension gone.
SELECT is(ash_read('ddl_under_resource.thing')::jsonb, '[{"id": 1, "name": "a", "size": 1}]', 'everything works when the changes are undone');
SELECT is(pg_temp.after('DROP EXTENSION ash CASCADE', 'SELECT name FROM ddl_under_resource.thing', 'SELECT to_regnamespace($$ash$$)', $$SELECT ash_read('ddl_under_resource.thing')$$),
'a
null
42883', 'without the extension the tables stay');
SELECT is(pg_temp.after('DROP EXTENSION ash CASCADE; CREATE EXTENSION ash', 'SELECT count(*) FROM ash.resource', $$SELECT left(ash_introspect('ddl_under_resource')->>'domain', 40)$$),
'0
ddl_under_resource', 'with a new one they can be adopted');

-- What a role owned.
CREATE ROLE regress_ddl_owner;
GRANT CREATE ON DATABASE :"DBNAME" TO regress_ddl_owner;
SET ROLE regress_ddl_owner;
SELECT pg_temp.define('{"domain": "ddl_owned", "resources": {"a": {"attributes": {"id": "integer_primary_key"}, "actions": {"defaults": ["read", {"create": "*"}]}}}}') \gset
SELECT ash_create('ddl_owned.a') \gset
RESET ROLE;
SELECT is(pg_temp.after('DROP OWNED BY regress_ddl_owner', $$SELECT ash_read('ddl_owned.a')$$, $$SELECT to_regclass('ddl_owned.a')$$, $$SELECT operation FROM ash_plan('ddl_owned') LIMIT 1$$),
'42P01 with a hint
null
create schema', 'DROP OWNED takes the tables, not the definitions');
SELECT is(pg_temp.after('DROP OWNED BY regress_ddl_owner; DROP ROLE regress_ddl_owner', $$SELECT ash_migrate('ddl_owned')$$, $$UPDATE ash.domain SET owner = current_user WHERE name = 'ddl_owned' RETURNING name$$, $$SELECT count(*) FROM ash_migrate('ddl_owned')$$, $$SELECT ash_create('ddl_owned.a')::jsonb$$, $$SELECT ash_undefine('ddl_owned') IS NULL$$),
'42704
ddl_owned
2
{"id": 1}
false', 'when the owner is gone a superuser names another and can do everything');

SELECT * FROM finish();
ROLLBACK;
