\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SET client_min_messages = error;
SELECT plan(18);

-- DROP EXTENSION: what stays, what is shown to whom, and does everything work again with a new extension and the same document?

SELECT $doc${
  "domain": "drop_extension",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true, "constraints": {"match": "^[a-z]+$"}}, "of": {"type": "integer", "public": true, "default": 1}},
      "calculations": {"shout": {"type": "string", "expr": "string_upcase(name)", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, "destroy"], "named": {"type": "read", "arguments": {"n": {"type": "string"}}, "filter": "name = arg.n"}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "of = actor.id"}}]}],
      "code_interface": {"items_named": {"action": "named", "args": ["n"]}, "add_item": {"action": "create", "args": ["name"]}}
    }
  }
}$doc$ AS document \gset
SELECT pg_temp.define(:'document') \gset
CREATE ROLE regress_drop;
GRANT USAGE ON SCHEMA drop_extension TO regress_drop;
GRANT ALL ON ALL TABLES IN SCHEMA drop_extension TO regress_drop;
SET LOCAL ash.actor = '{"id": 1}';
CREATE FUNCTION pg_temp.sees() RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.as_role('regress_drop', 'SELECT count(*) FROM drop_extension.item') $$;
CREATE FUNCTION pg_temp.state(statement text) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(pg_temp.caught(statement)->>'sqlstate', 'no error') $$;
SELECT ash_create('drop_extension.item', '{"name": "a"}')::jsonb->>'name' AS name, pg_temp.sees() AS seen \gset
SELECT is(:'name' || :'seen', 'a1', 'an action writes, and its row is seen');

DROP EXTENSION ash;
SELECT is((SELECT count(*)::int FROM drop_extension.item), 1, 'rows stay'), is(pg_temp.sees(), '0', 'nobody but owner and superusers sees them'),
	is(pg_temp.state($$INSERT INTO drop_extension.item (name) VALUES ('B')$$), '23514', 'constraints stay'),
	is((SELECT drop_extension.shout(i) FROM drop_extension.item i), 'A', 'functions that need nothing of the extension stay');
SELECT is(pg_temp.state($$SELECT * FROM drop_extension.items_named('a')$$), '3F000', 'those that need it fail'), is(pg_temp.state($$SELECT drop_extension.add_item('b')$$), '42883', 'as do calls');

-- A new extension knows nothing; nothing opens by itself.
CREATE EXTENSION ash;
SELECT is(ash_try_action('drop_extension.item', 'read')#>>'{errors,0,code}', 'no_such_resource', 'a new one has no definitions'), is(pg_temp.sees(), '0', 'and shows nothing'),
	is((SELECT count(*)::int FROM drop_extension.items_named('a')), 0, 'a generated read finds nothing without the definition of its actor');
SELECT count(*) AS ignored FROM ash_define(:'document'::json) \gset
SELECT is((SELECT count(*)::int FROM ash_plan('drop_extension')), 0, 'the same document: the tables are as it says'), is(pg_temp.sees(), '1', 'policies hold'),
	is((SELECT name FROM drop_extension.items_named('a')), 'a', 'generated functions work'), is(drop_extension.add_item('b')->>'name', 'b', 'and write');

-- What somebody made with functions of the extension belongs to CASCADE.
CREATE INDEX lengths ON drop_extension.item (ash.string_length(name));
SELECT is(pg_temp.state('DROP EXTENSION ash'), '2BP01', 'an index that needs it is in the way');
CREATE TABLE pg_temp.domain AS SELECT * FROM ash.domain;
CREATE TABLE pg_temp.resource AS SELECT * FROM ash.resource;
GRANT SELECT ON pg_temp.domain, pg_temp.resource TO regress_drop;
DROP EXTENSION ash CASCADE;
SELECT is((SELECT count(*)::int FROM drop_extension.item), 2, 'CASCADE takes the index, not the table');

-- Anybody may then have a schema of that name. What is written there defines nothing.
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_drop', current_database()); END $$;
SET LOCAL ROLE regress_drop;
CREATE SCHEMA ash;
CREATE TABLE ash.domain (LIKE pg_temp.domain, PRIMARY KEY (name));
CREATE TABLE ash.resource (LIKE pg_temp.resource, PRIMARY KEY (name), CONSTRAINT resource_table_key UNIQUE (schema, table_name));
INSERT INTO ash.domain SELECT * FROM pg_temp.domain;
INSERT INTO ash.resource SELECT * FROM pg_temp.resource;
SELECT is(pg_temp.sees(), '0', 'a schema ash of somebody''s own is not the extension''s');
SET LOCAL check_function_bodies = off;
CREATE FUNCTION ash.catalog_changed() RETURNS trigger LANGUAGE plpgsql AS 'ash_catalog_changed';
CREATE TABLE ash.revision ();
RESET ROLE;
SELECT is(pg_temp.sees(), '0', 'nor is one with a function like the extension''s');

SELECT * FROM finish();
ROLLBACK;
