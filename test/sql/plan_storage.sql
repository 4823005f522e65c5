\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(38);

-- Does the planner store a table as the definition says, see when it is not so any more, and leave alone what others look after?

-- The domain with these keys of its resource and further attributes, as a document.
CREATE FUNCTION pg_temp.document(more text DEFAULT '', attributes text DEFAULT '') RETURNS json LANGUAGE sql AS $$
	SELECT format('{"domain": "plan_storage", "resources": {"item": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "n": {"type": "integer", "public": true} %s}, "identities": {"names": ["name"]}, "actions": {"defaults": ["read", {"create": "*"}]} %s}}}', attributes, more)::json
$$;
-- The steps after the SQL, "!" behind destructive ones, "~" behind blocking ones.
CREATE FUNCTION pg_temp.steps() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(operation || CASE WHEN destructive THEN '!' ELSE '' END || CASE WHEN blocking THEN '~' ELSE '' END, ', ' ORDER BY step) FROM ash_plan('plan_storage')
$$;
-- Defines and migrates; the steps of that, and what then is left to do.
CREATE FUNCTION pg_temp.evolve(more text DEFAULT '', attributes text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	steps text;
BEGIN
	PERFORM ash_define(pg_temp.document(more, attributes));
	steps := pg_temp.steps();
	PERFORM ash_migrate('plan_storage', allow_destructive => true);
	RETURN concat(steps, ' | ' || pg_temp.steps());
END $$;
CREATE FUNCTION pg_temp.stored() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', c.relpersistence, c.reloptions, t.reloptions, c.reltablespace) FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = to_regclass('plan_storage.item')
$$;
CREATE FUNCTION pg_temp.faults(more text) RETURNS text LANGUAGE sql AS $$
	SELECT replace(replace(pg_temp.errors(format('SELECT ash_define(%L)', pg_temp.document(more))), '"resources", "item", ', ''), 'invalid_definition ', '')
$$;

-- Storage parameters, persistence, tablespace
SELECT is(pg_temp.evolve(', "create_table_options": {"storage_parameters": {"fillfactor": 70, "toast.autovacuum_enabled": false}, "unlogged": true}'), 'create schema, create table, create index', 'a table is made so'),
	is(pg_temp.stored(), 'u {fillfactor=70} {autovacuum_enabled=false} 0', 'with its options');
INSERT INTO plan_storage.item (name, n) VALUES ('a', 1);
SELECT is(pg_temp.evolve(', "create_table_options": {"storage_parameters": {"fillfactor": 80, "autovacuum_vacuum_scale_factor": 0.05}, "unlogged": false, "tablespace": "pg_default"}'), 'set storage parameters, reset storage parameters, set logged~', 'and changed'),
	is(pg_temp.stored(), 'p {fillfactor=80,autovacuum_vacuum_scale_factor=0.05} 0', 'in place');
ALTER TABLE plan_storage.item SET (fillfactor = 50, parallel_workers = 2);
SELECT is(pg_temp.steps(), 'set storage parameters, reset storage parameters', 'changes by hand are seen');
ALTER TABLE plan_storage.item RESET (fillfactor);
SELECT is(pg_temp.steps(), 'set storage parameters, reset storage parameters', 'what is gone, too');
SELECT is(pg_temp.evolve(), '', 'what the definition does not speak of is left alone'), is(pg_temp.stored(), 'p {autovacuum_vacuum_scale_factor=0.05,parallel_workers=2} 0', 'as it is');
SELECT is(pg_temp.evolve(', "create_table_options": {"storage_parameters": {}}'), 'reset storage parameters', 'no parameters at all'), is(pg_temp.stored(), 'p 0', 'are reset');
SELECT is(pg_temp.evolve(', "create_table_options": {"unlogged": true}'), 'set unlogged!~', 'rows that a crash takes are destructive');
SELECT is(pg_temp.evolve(', "create_table_options": {"unlogged": false}'), 'set logged~', 'the way back is not');
SELECT ash_define(pg_temp.document(', "create_table_options": {"tablespace": "regress nowhere"}')) \g /dev/null
SELECT is(pg_temp.steps(), 'set tablespace~', 'another tablespace'), is(pg_temp.caught($$SELECT ash_migrate('plan_storage')$$)->>'message', 'tablespace "regress nowhere" does not exist', 'which has to be there');

-- Partitions
SELECT is(pg_temp.caught(format('SELECT pg_temp.define(%L)', $doc${"domain": "plan_parts", "resources": {"log": {"attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "at\"day": {"type": "date", "primary_key": true, "allow_nil": false, "public": true}, "note": {"type": "string", "public": true}},
	"create_table_options": {"partition_by": {"strategy": "range", "fields": ["at\"day"]}},
	"custom_statements": {"parts": {"up": "CREATE TABLE plan_parts.log_all PARTITION OF plan_parts.log DEFAULT", "down": ""}},
	"actions": {"defaults": ["read", {"create": "*"}]}}}}$doc$)), NULL, 'a partitioned table'),
	is(pg_get_partkeydef(to_regclass('plan_parts.log')), 'RANGE ("at""day")', 'with its key'), is_empty($$SELECT * FROM ash_plan('plan_parts')$$, 'nothing is left to do'),
	is(ash_create('plan_parts.log', '{"id": 1, "at\"day": "2026-11-26", "note": "n"}')->>'note', 'n', 'rows are written');
SET LOCAL client_min_messages = error;
SELECT is(pg_temp.evolve(', "create_table_options": {"partition_by": {"strategy": "list", "fields": ["n"]}}'), '', 'what cannot be altered is no step');
RESET client_min_messages;

-- Defaults of columns
SELECT is(pg_temp.evolve(', "migration_defaults": {"name": "upper(''x'')", "n": "1 + 1"}'), 'set default, set default', 'defaults in SQL');
INSERT INTO plan_storage.item DEFAULT VALUES;
SELECT results_eq('SELECT name, n FROM plan_storage.item WHERE id = 2', $$VALUES ('X', 2::bigint)$$, 'are those of the table');
ALTER TABLE plan_storage.item ALTER COLUMN n SET DEFAULT 3;
SELECT is(pg_temp.steps(), 'set default', 'changes by hand are seen');
SELECT is(pg_temp.evolve(', "migration_defaults": {"n": null, "code": null, "at": "now() -- "}', ', "code": {"type": "string", "default": "c"}, "at": "utc_datetime"'), 'drop default, drop default, add column, add column, set default', 'null: none, whatever the attribute says');
SELECT is((SELECT string_agg(attname || ' ' || pg_get_expr(adbin, adrelid), ', ' ORDER BY attname) FROM pg_attribute JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = 'plan_storage.item'::regclass), 'at now()', 'and so it is');

-- Columns, indexes and keys that others look after
SELECT pg_temp.evolve() \g /dev/null
ALTER TABLE plan_storage.item ADD COLUMN double bigint GENERATED ALWAYS AS (n * 2) STORED;
CREATE UNIQUE INDEX theirs ON plan_storage.item (name, n);
DROP INDEX plan_storage.item_names_index;
CREATE TABLE plan_storage.other (id bigint PRIMARY KEY);
INSERT INTO plan_storage.other VALUES (1), (2);
ALTER TABLE plan_storage.item ADD CONSTRAINT to_itself FOREIGN KEY (n) REFERENCES plan_storage.item (id) NOT VALID;
SELECT is(pg_temp.steps(), 'drop foreign key!, drop index!, create index~, drop column!', 'without a word about them they would go');
SELECT is(pg_temp.evolve(', "migration_ignore_attributes": ["double"], "skip_unique_indexes": ["names"], "unique_index_names": {"theirs": ["name"]}, "foreign_key_names": {"to_itself": "n"}, "check_constraints": {"even": {"attribute": "double", "check": "double % 2 = 0"}}, "custom_indexes": ["double"]',
	', "double": {"type": "integer", "public": true, "writable": false, "generated": true}'), 'add check, add check, create index~', 'now they stay, and can be spoken of');
ALTER TABLE plan_storage.item DROP COLUMN double CASCADE, DROP CONSTRAINT to_itself;
DROP INDEX plan_storage.theirs;
SELECT is(pg_temp.caught($$SELECT ash_plan('plan_storage')$$)->>'message', 'column "double" does not exist', 'a condition on a column that nobody made');
SELECT is(pg_temp.evolve(', "migration_ignore_attributes": ["double"], "skip_unique_indexes": ["names"], "unique_index_names": {"theirs": ["name"]}, "foreign_key_names": {"to_itself": "n"}', ', "double": {"type": "integer"}'), '', 'what is not there is not made');

-- What is refused, with its place
SELECT is(pg_temp.faults(', "create_table_options": {"storage_parameters": {"fillfactr": 80, "toast.fillfactor": 5, "autovacuum_enabled": 7, "fillfactor": 5}}'), E'22023 invalid
["create_table_options", "storage_parameters", "autovacuum_enabled"]: invalid value for boolean option "autovacuum_enabled": 7
["create_table_options", "storage_parameters", "fillfactor"]: value 5 out of bounds for option "fillfactor"
["create_table_options", "storage_parameters", "fillfactr"]: unrecognized parameter "fillfactr"
["create_table_options", "storage_parameters", "toast.fillfactor"]: unrecognized parameter "fillfactor"', 'parameters that PostgreSQL does not know'),
	matches(pg_temp.faults(', "create_table_options": {"storage_parameters": {"fillfactor": [1]}}'), '"fillfactor".: expected a string, a number or a truth value', 'a value of another kind'),
	matches(pg_temp.faults(', "create_table_options": {"storage_parameters": {"fillfactor": 80}, "unlogged": true, "partition_by": {"strategy": "range", "fields": "z"}}'), 'fields.*: .*"z".*storage_parameters"]: a partitioned table has none.*unlogged"]: only the partitions', 'of a partitioned table'),
	matches(pg_temp.faults(', "create_table_options": "PARTITION BY RANGE (n)"'), 'create_table_options".: expected an object', 'a text'),
	matches(pg_temp.faults(', "migration_defaults": {"n": "1); DROP TABLE x; --", "z": "1", "name": 1}'), '"n"]: syntax error at or near "\)".*"name"]: expected one SQL expression, or null.*"z"]: there is no such attribute', 'defaults'),
	matches(pg_temp.faults(', "migration_ignore_attributes": ["id", "z"], "migration_defaults": {"id": "1"}'), 'nothing would set a default.*belongs to the primary key.*"z"', 'attributes that cannot be ignored'),
	matches(pg_temp.faults(', "skip_unique_indexes": ["name"]'), 'skip_unique_indexes"]: .*"name"; did you mean "names"', 'identities'),
	matches(pg_temp.faults(', "unique_index_names": {"a": []}, "foreign_key_names": {"b": ["z"]}, "exclusion_constraint_names": {"c": {"field": "n"}}'), 'exclusion_constraint_names", "c"]: .*unique_index_names", "a"', 'names'),
	matches(pg_temp.faults(', "repo": "x", "identity_index_names": {"names": "x"}, "migration_types": {"n": "int"}, "base_filter_sql": "true", "manage_tenant": {}'), 'base_filter_sql.*identity_index_names.*manage_tenant.*migration_types.*repo', 'options that mean nothing here');
SELECT is(pg_temp.errors($$SELECT ash_define('{"domain": "plan_none", "resources": {"a": {"embedded": true, "attributes": {"n": "string"}, "create_table_options": {}, "skip_unique_indexes": []}}}')$$),
	E'22023 invalid\ninvalid_definition ["resources", "a", "create_table_options"]: an embedded resource has no table\ninvalid_definition ["resources", "a", "skip_unique_indexes"]: an embedded resource has no table', 'no table at all');

SELECT * FROM finish();
ROLLBACK;
