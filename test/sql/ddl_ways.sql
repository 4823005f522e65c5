\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(18);

-- A table changed under a resource: does every way to its rows say so clearly, and work again once it is changed back or migrated?

SELECT pg_temp.define($doc${
  "domain": "ddl_ways",
  "resources": {
    "thing": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "of": {"type": "integer", "public": true}},
      "identities": {"by_name": ["name"]},
      "relationships": {"parts": {"has_many": "ddl_ways.part", "public": true}},
      "aggregates": {"part_count": {"count": "parts", "public": true}},
      "calculations": {"shout": {"type": "string", "expr": "string_upcase(name)", "public": true}},
      "actions": {"defaults": [{"create": "*"}, {"update": "*"}, "destroy"],
        "read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}},
        "named": {"type": "read", "arguments": {"n": {"type": "string"}}, "filter": "name = arg.n"},
        "put": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "by_name"}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "of = actor.id or exists(parts, id < 0)"}}]}],
      "code_interface": {"things_named": {"action": "named", "args": ["n"]}, "add_thing": {"action": "create", "args": ["name"]}}
    },
    "part": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"thing": {"belongs_to": "ddl_ways.thing", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}]}
    }
  }
}$doc$) \gset
CREATE ROLE regress_ways;
GRANT USAGE ON SCHEMA ddl_ways TO regress_ways;
GRANT ALL ON ALL TABLES IN SCHEMA ddl_ways TO regress_ways;
SET LOCAL ash.actor = '{"id": 1}';
SELECT ash_create('ddl_ways.thing', '{"name": "a", "of": 1}') \gset

-- The ways. Of each the outcome, what it did undone: the SQLSTATE and, in brackets, whether it leads to the planner.
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	hint text;
	failed text;
BEGIN
	EXECUTE statement INTO result;
	RAISE EXCEPTION SQLSTATE 'UNDO0';
EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
	failed := substring(result from '"sqlstate": "(.*?)"');
	RETURN CASE WHEN failed IS NULL THEN 'ok' ELSE failed || CASE WHEN result ~ '"hint": "Run ash_plan\(' THEN ' (plan)' ELSE '' END END;
WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || CASE WHEN hint ~ 'ash_plan\(' THEN ' (plan)' ELSE '' END;
END $$;
CREATE FUNCTION pg_temp.adhoc(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	SET LOCAL ROLE regress_ways;
	result := pg_temp.outcome(statement);
	RESET ROLE;
	RETURN result;
END $$;
CREATE FUNCTION pg_temp.ways() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(outcome || ': ' || ways, E'\n' ORDER BY first) FROM (
		SELECT outcome, string_agg(way, ', ' ORDER BY position) AS ways, min(position) AS first FROM (
			SELECT way, position, CASE WHEN way LIKE 'sql %' THEN pg_temp.adhoc(statement) ELSE pg_temp.outcome(statement) END AS outcome FROM (VALUES
				('read', 1, $s$SELECT ash_read('ddl_ways.thing', '{"load": ["part_count", "shout", "parts"]}')$s$),
				('get', 2, $s$SELECT ash_get('ddl_ways.thing', '1')$s$),
				('page', 3, $s$SELECT ash_read('ddl_ways.thing', '{"page": {"limit": 1}}')$s$),
				('count', 4, $s$SELECT ash_count('ddl_ways.thing')$s$),
				('create', 5, $s$SELECT ash_create('ddl_ways.thing', '{"name": "b", "of": 1}')$s$),
				('upsert', 6, $s$SELECT ash_create('ddl_ways.thing', '{"name": "a", "of": 1}', '{"action": "put"}')$s$),
				('update', 7, $s$SELECT ash_update('ddl_ways.thing', '1', '{"name": "c"}')$s$),
				('destroy', 8, $s$SELECT ash_destroy('ddl_ways.thing', '1')$s$),
				('bulk', 9, $s$SELECT ash_bulk_create('ddl_ways.thing', '[{"name": "b", "of": 1}]', '{"return_errors": true}')$s$),
				('try', 10, $s$SELECT ash_try_action('ddl_ways.thing', 'create', '{"name": "b", "of": 1}')$s$),
				('related', 11, $s$SELECT ash_read('ddl_ways.part', '{"filter": {"thing": {"name": "a"}}}')$s$),
				('explain', 12, $s$SELECT ash_explain('ddl_ways.thing', 'read')$s$),
				('function', 13, $s$SELECT ddl_ways.things_named('a')$s$),
				('writing function', 14, $s$SELECT ddl_ways.add_thing('b', of => 1)$s$),
				('sql select', 15, $s$SELECT id FROM ddl_ways.thing$s$),
				('sql update', 16, $s$UPDATE ddl_ways.thing SET id = id RETURNING id$s$)) AS w(way, position, statement)) AS asked
		GROUP BY outcome) AS answers
$$;
CREATE FUNCTION pg_temp.steps() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(operation || CASE WHEN destructive THEN '!' ELSE '' END, ', ' ORDER BY step), 'none')
	FROM ash_plan('ddl_ways') WHERE operation !~ 'function'
$$;
SELECT pg_temp.ways() AS all_well \gset
SELECT is(:'all_well'::text, 'ok: read, get, page, count, create, upsert, update, destroy, bulk, try, related, explain, function, writing function, sql select, sql update', 'before, everything works');

-- A table of another name, or in another schema. Functions and SQL that name it get PostgreSQL's own error.
ALTER TABLE ddl_ways.thing RENAME TO stuff;
SELECT is(pg_temp.ways(), E'42P01 (plan): read, get, page, count, create, upsert, update, destroy, bulk, try, related, explain, writing function\n42P01: function, sql select, sql update', 'a table of another name'),
	matches(pg_temp.steps(), '^drop foreign key, create table, ', 'the plan would make it');
ALTER TABLE ddl_ways.stuff RENAME TO thing;
SELECT is(pg_temp.ways(), :'all_well', 'renamed back'), is(pg_temp.steps(), 'none', 'nothing is to be planned');
CREATE SCHEMA ddl_ways_else;
ALTER TABLE ddl_ways.thing SET SCHEMA ddl_ways_else;
SELECT is(pg_temp.ways(), E'42P01 (plan): read, get, page, count, create, upsert, update, destroy, bulk, try, related, explain, writing function\n42P01: function, sql select, sql update', 'a table in another schema');
ALTER TABLE ddl_ways_else.thing SET SCHEMA ddl_ways;
SELECT is(pg_temp.ways(), :'all_well', 'put back');
ALTER SCHEMA ddl_ways RENAME TO ddl_ways_other;
SELECT is(pg_temp.ways(), E'42P01 (plan): read, get, page, count, create, upsert, update, destroy, bulk, try, related, explain\n3F000: function, writing function\n42P01: sql select, sql update', 'a schema of another name');
ALTER SCHEMA ddl_ways_other RENAME TO ddl_ways;
SELECT is(pg_temp.ways(), :'all_well', 'renamed back'), is(pg_temp.steps(), 'none', 'nothing is to be planned');

-- A column that policies need: ordinary SQL is told too where to look.
ALTER TABLE ddl_ways.thing RENAME COLUMN of TO of_whom;
SELECT is(pg_temp.ways(), E'42703 (plan): read, get, page, count, create, upsert, update, destroy, bulk, try, related, explain, writing function, sql select, sql update\n42703: function', 'a column of another name');
ALTER TABLE ddl_ways.thing RENAME COLUMN of_whom TO of;
SELECT is(pg_temp.ways(), :'all_well', 'renamed back');
SAVEPOINT dropped;
ALTER TABLE ddl_ways.thing DROP COLUMN of;
SELECT is(pg_temp.steps(), 'add column', 'a column that is gone');
SELECT count(*) AS ignored FROM ash_migrate('ddl_ways') \gset
UPDATE ddl_ways.thing SET of = 1;
SELECT is(pg_temp.ways(), :'all_well', 'everything works when the column is back');
ROLLBACK TO dropped;

-- A column of a type that cannot be compared with what the definition says.
ALTER TABLE ddl_ways.thing ALTER COLUMN of TYPE date USING current_date;
SELECT is(pg_temp.ways(), E'42804 (plan): read, get, page, count, create, upsert, update, destroy, bulk, try, related, explain, writing function\n42883: function\n42883 (plan): sql select, sql update', 'a column of another type'), is(pg_temp.steps(), 'change type!', 'the plan would change it');
ALTER TABLE ddl_ways.thing ALTER COLUMN of TYPE text USING '1';
SELECT count(*) AS ignored FROM ash_migrate('ddl_ways', allow_destructive => true) \gset
SELECT is(pg_temp.ways(), :'all_well', 'everything works when it is migrated'), is(pg_temp.steps(), 'none', 'nothing is to be planned');

SELECT * FROM finish();
ROLLBACK;
