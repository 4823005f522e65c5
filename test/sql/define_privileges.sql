\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(18);

-- Who may define, redefine and undefine?

CREATE ROLE regress_definer;
CREATE ROLE regress_member IN ROLE regress_definer;
CREATE ROLE regress_stranger;
CREATE SCHEMA define_privileges AUTHORIZATION regress_definer;
CREATE SCHEMA define_privileges_other AUTHORIZATION regress_stranger;

CREATE FUNCTION pg_temp.definition(domain text, schema text, more text DEFAULT '', migrate boolean DEFAULT false, resource text DEFAULT 'r') RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT ash_define(%L, %L)', format('{"domain": "%s", "schema": "%s", "resources": {"%s": {"attributes": {"id": "uuid_primary_key" %s}, "actions": {"defaults": ["read"]}}}}',
		domain, schema, resource, more), migrate)
$$;
-- Did the role succeed? "yes", or the SQLSTATE.
CREATE FUNCTION pg_temp.outcome(role name, statement text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN r ~ '^[0-9A-Z]{5}: ' THEN left(r, 5) ELSE 'yes' END FROM pg_temp.as_role(role, statement) AS r
$$;

SELECT is(pg_temp.outcome('regress_definer', pg_temp.definition('define_privileges', 'define_privileges', migrate => true)), 'yes',
	'a plain role defines a domain in its own schema');
SELECT results_eq($$SELECT owner FROM ash.domain WHERE name = 'define_privileges'$$, ARRAY['regress_definer' COLLATE "C"], 'and owns it');
SELECT table_owner_is('define_privileges', 'r', 'regress_definer', 'and its table');

SELECT is(pg_temp.outcome('regress_stranger', pg_temp.definition('define_privileges', 'define_privileges_other')), '42501', 'a stranger may not redefine it');
SELECT is(pg_temp.outcome('regress_stranger', $$SELECT ash_undefine('define_privileges')$$), '42501', 'nor undefine it');
SELECT is(pg_temp.outcome('regress_stranger', $$SELECT ash_undefine('define_privileges.r')$$), '42501', 'nor a resource of it');
SELECT is(pg_temp.outcome('regress_stranger', $$SELECT * FROM ash_migrate('define_privileges')$$), '42501', 'nor migrate it, even if nothing is to do');
SELECT is(pg_temp.outcome('regress_stranger', $$SELECT ash_definition('define_privileges')$$), 'yes', 'but see it he may');

SELECT is(pg_temp.outcome('regress_member', pg_temp.definition('define_privileges', 'define_privileges', ', "n": "string"')), 'yes', 'a member of the owner redefines it');
SELECT results_eq($$SELECT owner FROM ash.domain WHERE name = 'define_privileges'$$, ARRAY['regress_definer' COLLATE "C"], 'the owner stays the owner');
SELECT is(pg_temp.outcome('regress_stranger', $$SELECT * FROM ash_migrate('define_privileges')$$), '42501', 'a stranger may not run the step that this needs');
SELECT is(pg_temp.outcome('regress_member', $$SELECT * FROM ash_migrate('define_privileges')$$), 'yes', 'a member of the owner may');

-- The tables and schemas of others.
SELECT is(pg_temp.outcome('regress_stranger', pg_temp.definition('define_privileges_thief', 'define_privileges', resource => 's')), '42501',
	'a domain cannot be laid over a schema one may not create in');
SELECT is(pg_temp.outcome('regress_stranger', pg_temp.definition('define_privileges_new', 'define_privileges_new', migrate => true)), '42501',
	'a schema is only made by who may make one');
GRANT ALL ON SCHEMA define_privileges TO regress_stranger;
CREATE TABLE define_privileges.plain (id uuid PRIMARY KEY);
SELECT is(pg_temp.outcome('regress_stranger', pg_temp.definition('define_privileges_thief', 'define_privileges', resource => 'plain')), '42501', 'nor over a table of somebody else');

-- The catalog itself.
SELECT is(pg_temp.outcome('regress_definer', $$UPDATE ash.resource SET expanded = '{}'$$), '42501', 'the catalog is not written by hand');
SELECT is(pg_temp.outcome('regress_definer', $$UPDATE ash.domain SET owner = 'regress_definer'$$), '42501', 'nor its owners');
SELECT is(pg_temp.outcome(current_user, $$SELECT ash_undefine('define_privileges')$$), 'yes', 'a superuser undefines it');

SELECT * FROM finish();
ROLLBACK;
