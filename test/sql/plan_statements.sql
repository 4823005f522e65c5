\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(45);

-- Does the planner run custom statements once, undo them when they change or go, and only as the owner of the domain?

CREATE ROLE regress_statement_owner;
CREATE ROLE regress_statement_member IN ROLE regress_statement_owner;
CREATE ROLE regress_statement_other;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_statement_owner', current_database()) AS grant \gset
:grant;

-- The domain with these statements of its table, as a document.
CREATE FUNCTION pg_temp.document(statements text) RETURNS text LANGUAGE sql AS $$
	SELECT format('{"domain": "plan_statements", "resources": {"item": {"attributes": {"id": "integer_primary_key", "name": "string"}%s},
		"log": {"attributes": {"id": "integer_primary_key"}}}}', ', "custom_statements": ' || statements)
$$;
-- Defines it as its owner; the steps of the plan, "!" behind destructive ones; migrates.
CREATE FUNCTION pg_temp.evolve(statements text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	steps text;
BEGIN
	PERFORM set_config('role', 'regress_statement_owner', true);
	PERFORM ash_define(pg_temp.document(statements)::json);
	SELECT string_agg(operation || CASE WHEN destructive THEN '!' ELSE '' END, ', ' ORDER BY step) INTO steps FROM ash_plan('plan_statements');
	PERFORM ash_migrate('plan_statements', allow_destructive => true);
	PERFORM set_config('role', 'none', true);
	RETURN steps;
END $$;

-- Running
SELECT is(pg_temp.evolve('{"names": {"up": "CREATE VIEW plan_statements.names AS SELECT name FROM plan_statements.item", "down": "DROP VIEW plan_statements.names", "after_tables": ["log"], "description": "names only"}}'),
	'create schema, create table, create table, run statement', 'statements run after the tables are made');
SELECT has_view('plan_statements', 'names', 'with effect');
SELECT is((SELECT relowner::regrole::text FROM pg_class WHERE oid = 'plan_statements.names'::regclass), 'regress_statement_owner', 'as the owner');
SELECT is_empty($$SELECT operation FROM ash_plan('plan_statements')$$, 'and not again');
SELECT results_eq($$SELECT resource, name, up, down, run_by FROM ash.statement$$,
	$$VALUES ('plan_statements.item' COLLATE "C", 'names' COLLATE "C", 'CREATE VIEW plan_statements.names AS SELECT name FROM plan_statements.item' COLLATE "C", 'DROP VIEW plan_statements.names' COLLATE "C", 'regress_statement_owner' COLLATE "C")$$, 'what was run can be read');

-- Changing
SELECT is(pg_temp.evolve('{"names": {"up": "CREATE VIEW plan_statements.names AS SELECT name AS n FROM plan_statements.item", "down": "DROP VIEW plan_statements.names CASCADE"}}'),
	'undo statement!, run statement', 'a change undoes the former one');
SELECT has_column('plan_statements', 'names', 'n', 'and runs the new one');
SELECT is(pg_temp.evolve('{"names": {"up": "CREATE VIEW plan_statements.names AS SELECT name AS n FROM plan_statements.item", "down": "DROP VIEW plan_statements.names"}}'),
	'keep statement', 'another way back runs nothing');
SELECT is((SELECT down FROM ash.statement), 'DROP VIEW plan_statements.names', 'and is kept');
SELECT is(pg_temp.evolve('{"other": {"up": "CREATE VIEW plan_statements.names AS SELECT name AS n FROM plan_statements.item", "down": "DROP VIEW plan_statements.names"}}'),
	'undo statement!, run statement', 'another name is another statement');

-- Order: a statement may need the one before it, so they are undone from the end.
SELECT is(pg_temp.evolve('{"other": {"up": "CREATE VIEW plan_statements.names AS SELECT name AS n FROM plan_statements.item", "down": "DROP VIEW plan_statements.names"},
	"another": {"up": "CREATE VIEW plan_statements.more AS SELECT * FROM plan_statements.names", "down": "DROP VIEW plan_statements.more"}}'), 'run statement', 'one more');
SELECT is(pg_temp.as_role('regress_statement_owner', format('SELECT ash_define(%L, true)', pg_temp.document('{}'))), '22023: the migration has 2 destructive steps', 'undoing has to be allowed');
SELECT is(pg_temp.evolve(NULL), 'undo statement!, undo statement!', 'both are gone');
SELECT hasnt_view('plan_statements', 'names', 'with what they made');
SELECT is_empty('SELECT * FROM ash.statement', 'and forgotten');

-- Nothing to undo
SELECT is(pg_temp.evolve('{"seed": {"up": "INSERT INTO plan_statements.item (name) VALUES (''a''); INSERT INTO plan_statements.item (name) VALUES (''b'')", "down": ""}}'), 'run statement', 'several statements, no way back');
SELECT results_eq('SELECT name FROM plan_statements.item ORDER BY id', ARRAY['a', 'b'], 'all of them ran');
SELECT is(pg_temp.evolve('{"seed": {"up": "DELETE FROM plan_statements.item", "down": ""}}'), 'forget statement, run statement', 'a change without a way back');
SELECT is(pg_temp.evolve(NULL), 'forget statement', 'its end');
SELECT matches(pg_temp.errors(format('SELECT ash_define(%L)', pg_temp.document('{"seed": {"up": "SELECT 1"}}'))), 'down', 'the way back has to be given');

-- A table that is made anew gets its statements again.
SELECT pg_temp.evolve('{"names": {"up": "CREATE VIEW plan_statements.names AS SELECT name FROM plan_statements.item", "down": "DROP VIEW plan_statements.names"}}') \g /dev/null
DROP TABLE plan_statements.item CASCADE;
SELECT is(pg_temp.evolve('{"names": {"up": "CREATE VIEW plan_statements.names AS SELECT name FROM plan_statements.item", "down": "DROP VIEW plan_statements.names"}}'),
	'forget statement, create table, run statement', 'the table is gone, and the statement with it');

-- Names and texts of all kinds
SELECT is(pg_temp.evolve(jsonb_build_object(repeat('s', 63), '{"up": "SELECT ''%s $1 \\\" -- ''", "down": "-- %d"}'::jsonb, 'a"b', '{"up": "SELECT 1", "down": ""}'::jsonb, 'select', '{"up": "SELECT 1;", "down": ""}'::jsonb)::text),
	'undo statement!, run statement, run statement, run statement', 'all can be used');
SELECT is_empty($$SELECT operation FROM ash_plan('plan_statements')$$, 'and are known again');
SELECT is(ash_define(ash_definition('plan_statements'))->'resources'->0->>'status', 'unchanged', 'the definition can be read back');

-- What is refused
SELECT matches(pg_temp.errors(format('SELECT ash_define(%L)', pg_temp.document('{"x": {"up": "SELECT 1", "down": "", "after_tables": ["nothing"]}}'))), 'plan_statements.nothing', 'a resource that is not there');
SELECT matches(pg_temp.errors($$SELECT ash_define('{"domain": "plan_none", "resources": {"a": {"migrate": false, "attributes": {"id": "uuid_primary_key"}, "custom_statements": {"x": {"up": "SELECT 1", "down": ""}}}}}')$$),
	'custom_statements.*nothing would run them', 'a table that nobody plans');
SELECT matches(pg_temp.errors($$SELECT ash_define('{"domain": "plan_none", "resources": {"a": {"embedded": true, "attributes": {"n": "string"}, "custom_statements": {"x": {"up": "SELECT 1", "down": ""}}}}}')$$),
	'an embedded resource has no table', 'no table at all');
SELECT pg_temp.as_role('regress_statement_owner', format('SELECT ash_define(%L)', pg_temp.document('{"x": {"up": "COMMIT", "down": ""}}'))) \g /dev/null
SELECT is(pg_temp.as_role('regress_statement_owner', $$SELECT ash_migrate('plan_statements', true)$$), '0A000: a migration cannot begin or end transactions', 'the end of the transaction');
SELECT pg_temp.as_role('regress_statement_owner', format('SELECT ash_define(%L)', pg_temp.document('{"x": {"up": "SELECT 1/0", "down": ""}}'))) \g /dev/null
SET LOCAL ROLE regress_statement_owner;
SELECT matches(pg_temp.caught($$SELECT ash_migrate('plan_statements', true)$$)->>'context', 'custom statement "x" of resource plan_statements.item', 'an error says whose it is');
RESET ROLE;

-- A statement of a domain that is migrated later
SELECT ash_define('{"domain": "plan_later", "resources": {"a": {"attributes": {"id": "uuid_primary_key"}}}}') \g /dev/null
SELECT ash_define('{"domain": "plan_sooner", "resources": {"a": {"attributes": {"id": "uuid_primary_key"}, "custom_statements": {"x": {"up": "SELECT 1", "down": "", "after_tables": ["plan_later.a"]}}}}}') \g /dev/null
SELECT throws_ok($$SELECT ash_migrate('plan_sooner')$$, '42P01', 'the table of resource plan_later.a does not exist', 'the table is not there yet');
SELECT lives_ok($$SELECT ash_migrate('plan_later'); SELECT ash_migrate('plan_sooner')$$, 'the table is there');
SELECT throws_ok($$SELECT ash_undefine('plan_later')$$, '2BP01', NULL, 'and is needed');

-- Whose SQL it is
SELECT pg_temp.as_role('regress_statement_owner', format('SELECT ash_define(%L)', pg_temp.document('{"x": {"up": "ALTER ROLE regress_statement_other SUPERUSER", "down": ""}}'))) \g /dev/null
SELECT is(pg_temp.caught($$SELECT ash_migrate('plan_statements', true)$$) - 'context',
	'{"sqlstate": "42501", "message": "custom statements of resource plan_statements.item run only as the owner of domain \"plan_statements\"",
		"hint": "Run SET ROLE \"regress_statement_owner\" first.", "constraint": ""}'::jsonb
		|| jsonb_build_object('detail', format('The current user is "%s", the owner is "regress_statement_owner".', current_user)), 'a superuser does not run the SQL of others');
SELECT matches(pg_temp.as_role('regress_statement_member', $$SELECT ash_migrate('plan_statements', true)$$), '^42501: custom statements', 'nor does a member');
SELECT matches(pg_temp.as_role('regress_statement_other', $$SELECT ash_migrate('plan_statements', true)$$), '^42501: must be owner of domain', 'nor does anybody else');
SELECT matches(pg_temp.as_role('regress_statement_owner', $$SELECT ash_migrate('plan_statements', true)$$), '^42501: ', 'the owner runs it with the privileges of the owner');
SELECT is(pg_temp.as_role('regress_statement_other', $$DELETE FROM ash.statement$$), '42501: permission denied for table statement', 'what was run is not for others to write');
SELECT is(pg_temp.as_role('regress_statement_owner', $$UPDATE ash.statement SET down = ''$$), '42501: permission denied for table statement', 'nor for the owner');

-- The session's own role is out of reach, and its settings stay.
SELECT pg_temp.as_role('regress_statement_owner', format('SELECT ash_define(%L)', pg_temp.document('{"x": {"up": "RESET ROLE", "down": ""}}'))) \g /dev/null
SELECT is(pg_temp.as_role('regress_statement_owner', $$SELECT ash_migrate('plan_statements', true)$$), '42501: cannot set parameter "role" within security-definer function', 'no way back to the role of the session');
SELECT is(pg_temp.evolve('{"x": {"up": "SET search_path = nowhere; SET work_mem = ''1MB''", "down": "SET work_mem = ''2MB''"}}'),
	'undo statement!, forget statement, forget statement, run statement', 'settings of a statement');
SELECT is(current_setting('work_mem') IN ('1MB', '2MB') OR current_setting('search_path') = 'nowhere', false, 'end with it');

-- Undefining
SELECT pg_temp.evolve('{"f": {"up": "CREATE FUNCTION plan_statements.one() RETURNS integer LANGUAGE sql AS ''SELECT 1''", "down": "DROP FUNCTION plan_statements.one()"}}') \g /dev/null
SELECT throws_like($$SELECT ash_undefine('plan_statements', true)$$, 'custom statements%', 'a superuser does not undo what is not his');
SELECT matches(pg_temp.as_role('regress_statement_owner', $$SELECT ash_undefine('plan_statements', true)$$), 'plan_statements.item', 'the owner does');
SELECT hasnt_function('plan_statements', 'one', 'with the tables goes what statements made');
SELECT is_empty($$SELECT * FROM ash.statement WHERE resource LIKE 'plan_statements.%'$$, 'and what is known of them');

SELECT * FROM finish();
ROLLBACK;
