\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(40);

-- Is anything that a definition says ever evaluated with more rights than those of the domain's owner, whoever defines, plans, migrates or undefines it?

CREATE ROLE regress_mallory;
CREATE ROLE regress_team;
CREATE ROLE regress_carol IN ROLE regress_team;
CREATE ROLE regress_outsider;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_mallory, regress_team', current_database()) AS grant \gset
:grant;
CREATE SCHEMA mallory AUTHORIZATION regress_mallory;
GRANT USAGE ON SCHEMA mallory TO PUBLIC;

-- The traps count what they catch in sequences, which no rollback takes back: by what rights they were called.
SET ROLE regress_mallory;
CREATE SEQUENCE mallory.as_superuser;
CREATE SEQUENCE mallory.as_mallory;
CREATE SEQUENCE mallory.as_other;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA mallory TO PUBLIC;
CREATE FUNCTION mallory.count() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM nextval(CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN 'mallory.as_superuser'
		WHEN current_user = 'regress_mallory' THEN 'mallory.as_mallory' ELSE 'mallory.as_other' END::regclass);
	RETURN true;
END $$;
CREATE FUNCTION mallory.trap(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN mallory.count(); END $$;
CREATE DOMAIN mallory.code AS text CHECK (mallory.trap(VALUE));
CREATE TYPE mallory.mood AS ENUM ('glad', 'sad');
CREATE FUNCTION mallory.mood_text(mallory.mood) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM mallory.count(); RETURN enum_out($1); END $$;
CREATE CAST (mallory.mood AS text) WITH FUNCTION mallory.mood_text(mallory.mood);
-- The same in a shape that the planner of queries takes apart.
CREATE FUNCTION mallory.mood_number(mallory.mood) RETURNS int8 LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN mallory.trap('inlined') THEN 1 ELSE 2 END::int8 $$;
CREATE CAST (mallory.mood AS int8) WITH FUNCTION mallory.mood_number(mallory.mood);
RESET ROLE;

-- "as mallory" when only that happened; what was caught otherwise. Forgets it.
CREATE FUNCTION pg_temp.caught_by() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text := concat_ws(', ', CASE WHEN (SELECT is_called FROM mallory.as_superuser) THEN 'as superuser' END,
		CASE WHEN (SELECT is_called FROM mallory.as_mallory) THEN 'as mallory' END, CASE WHEN (SELECT is_called FROM mallory.as_other) THEN 'as another' END);
BEGIN
	PERFORM setval('mallory.as_superuser', 1, false), setval('mallory.as_mallory', 1, false), setval('mallory.as_other', 1, false);
	RETURN coalesce(nullif(result, ''), 'nothing');
END $$;
-- A definition of Mallory's table with these attributes and, more, other keys of the resource.
CREATE FUNCTION pg_temp.document(attributes text, more text DEFAULT '') RETURNS json LANGUAGE sql AS $$
	SELECT format('{"domain": "mallory", "resources": {"thing": {"attributes": {"id": "integer_primary_key", "name": "string" %s}, "actions": {"defaults": ["read"]} %s}}}', attributes, more)::json
$$;
CREATE FUNCTION pg_temp.by(role name, attributes text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.as_role(role, format('SELECT ash_define(%L)', pg_temp.document(attributes, more)))
$$;

-- The traps work.
SELECT mallory.count() \g /dev/null
SELECT is(pg_temp.caught_by(), 'as superuser', 'the trap sees a superuser'), is(pg_temp.caught_by(), 'nothing', 'and forgets him');

SELECT pg_temp.by('regress_mallory', ', "mood": "mallory.mood", "gone": "mallory.mood"') \g /dev/null
SELECT ash_migrate('mallory') \g /dev/null
INSERT INTO mallory.thing (name, mood, gone) VALUES ('a', 'glad', 'sad');
SELECT pg_temp.caught_by() \g /dev/null

-- Each time a superuser does with Mallory's definition what he would do with his own.
CREATE FUNCTION pg_temp.superuser(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	error jsonb;
BEGIN
	PERFORM pg_temp.caught_by();
	error := pg_temp.caught(statement);
	RETURN pg_temp.caught_by() || coalesce(': ' || (error->>'message'), '');
END $$;

SELECT pg_temp.by('regress_mallory', ', "mood": "mallory.mood", "gone": "mallory.mood"', ', "check_constraints": {"trapped": {"attribute": "name", "check": "mallory.trap(name)"}}') \g /dev/null
SELECT is(pg_temp.superuser($$SELECT ash_plan('mallory')$$), 'nothing', 'a check, planned'),
	is(pg_temp.superuser($$SELECT ash_migrate('mallory')$$), 'as mallory', 'a check over the rows that are there');
SELECT pg_temp.by('regress_mallory', ', "mood": "mallory.mood", "gone": "mallory.mood"', ', "custom_indexes": [{"fields": ["mallory.trap(name)"]}, {"fields": ["name"], "where": "mallory.trap(''constant'')"}]') \g /dev/null
SELECT is(pg_temp.superuser($$SELECT ash_plan('mallory')$$), 'as mallory', 'the condition of an index, planned'),
	is(pg_temp.superuser($$SELECT ash_migrate('mallory', true)$$), 'as mallory', 'keys and conditions of indexes'),
	is(pg_temp.superuser($$SELECT ash_plan('mallory')$$), 'as mallory', 'the same compared with what is there');
SELECT pg_temp.by('regress_mallory', ', "mood": "string", "gone": "integer"') \g /dev/null
SELECT is(pg_temp.superuser($$SELECT ash_plan('mallory')$$), 'as mallory', 'a cast that is taken apart'),
	is(pg_temp.superuser($$SELECT ash_migrate('mallory', true)$$), 'as mallory', 'a cast of the values that are there');
SELECT pg_temp.by('regress_mallory', ', "mood": "string", "gone": "integer", "code": {"type": "mallory.code", "default": "x"}, "codes": {"type": "mallory.code[]", "default": ["y"]}') \g /dev/null
SELECT is(pg_temp.superuser($$SELECT ash_plan('mallory')$$), 'as mallory', 'a default, planned'),
	is(pg_temp.superuser($$SELECT ash_migrate('mallory')$$), 'as mallory', 'a default for the rows that are there');
SELECT is(pg_temp.superuser(format('SELECT ash_define(%L)', pg_temp.document(', "code": {"type": "mallory.code", "default": "z"}'))), 'as mallory', 'a superuser defines it anew'),
	is(pg_temp.superuser(format('SELECT ash_define(%L, true)', pg_temp.document(', "mood": "string", "gone": "integer", "code": {"type": "mallory.code", "default": "z"}, "codes": {"type": "mallory.code[]", "default": ["z"]}', ', "check_constraints": {"trapped": {"attribute": "name", "check": "mallory.trap(name)"}}'))), 'as mallory', 'and migrates');
SELECT pg_temp.by('regress_mallory', ', "codes": {"type": "mallory.code[]", "default": ["other"]}') \g /dev/null
SAVEPOINT there;
SELECT is(pg_temp.superuser($$SELECT ash_undefine('mallory', true)$$), 'as mallory', 'a superuser undefines it');
ROLLBACK TO there;
SELECT is(pg_temp.superuser($$SELECT ash_migrate(allow_destructive => true)$$), 'as mallory', 'all domains at once');

-- A definition is compiled by whoever needs it first.
SELECT pg_temp.by('regress_mallory', ', "code": {"type": "mallory.code", "default": "first"}') \g /dev/null
SELECT ash_define(pg_temp.document(', "code": {"type": "mallory.code", "default": "second"}')) \g /dev/null
SELECT is(pg_temp.superuser($$SELECT ash_sql('mallory.thing', 'read')$$), 'as mallory', 'a superuser looks at an action');
SELECT ash_define(pg_temp.document(', "code": {"type": "mallory.code", "default": "third"}')) \g /dev/null
SELECT is(pg_temp.superuser($$SELECT ash_define('{"domain": "attack_trusting", "resources": {"r": {"attributes": {"id": "integer_primary_key"}, "relationships": {"thing": {"belongs_to": "mallory.thing", "attribute_type": "integer"}}}}}')$$), 'as mallory', 'or refers to it');

-- Whoever is no member of the owner gets nothing done with the owner's rights.
SELECT pg_temp.caught_by() \g /dev/null
SELECT is(pg_temp.as_role('regress_outsider', statement), '42501: must be owner of domain "mallory"', 'a stranger: ' || left(statement, 23)) FROM (VALUES
	($$SELECT ash_plan('mallory')$$), ($$SELECT ash_migrate('mallory')$$), (format('SELECT ash_define(%L)', pg_temp.document(', "code": {"type": "mallory.code", "default": "z"}'))), ($$SELECT ash_undefine('mallory')$$)) AS v(statement);
SELECT is(pg_temp.as_role('regress_outsider', 'SELECT count(*) FROM ash_plan()'), '0', 'nor do all domains name those of others');
SELECT is(pg_temp.caught_by(), 'nothing', 'nothing was called');

-- A member and a superuser migrate for the owner: all is the owner's.
SELECT pg_temp.as_role('regress_team', $q$SELECT ash_define('{"domain": "attack_migrate", "resources": {"item": {"attributes": {"id": "integer_primary_key", "name": "string"}, "identities": {"names": ["name"]}, "actions": {"defaults": ["read"]}, "code_interface": {"items": {"action": "read"}}}}}')$q$) \g /dev/null
CREATE FUNCTION pg_temp.owners() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT r::text, ', ') FROM (
		SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'attack_migrate'
		UNION ALL SELECT relowner::regrole FROM pg_class WHERE relnamespace = to_regnamespace('attack_migrate')
		UNION ALL SELECT proowner::regrole FROM pg_proc WHERE pronamespace = to_regnamespace('attack_migrate')) AS o(r)
$$;
SAVEPOINT there;
SELECT ash_migrate('attack_migrate') \g /dev/null
SELECT is(pg_temp.owners(), 'regress_team', 'what a superuser makes is the owner''s'), has_function('attack_migrate', 'items', 'all of it');
ROLLBACK TO there;
SELECT matches(pg_temp.as_role('regress_carol', $$SELECT count(*) FROM ash_migrate('attack_migrate')$$), '^[1-9]', 'a member migrates'),
	is(pg_temp.owners(), 'regress_team', 'what a member makes is the owner''s'), is_empty($$SELECT * FROM ash_plan('attack_migrate')$$, 'and nothing is left to do');

-- The rights of the caller are no help: the owner has to have them.
SELECT pg_temp.as_role('regress_team', $q$SELECT ash_define('{"domain": "attack_migrate", "resources": {"other": {"attributes": {"id": "integer_primary_key"}, "relationships": {"thing": {"belongs_to": "mallory.thing", "attribute_type": "integer"}}}}}')$q$) \g /dev/null
SELECT is(pg_temp.caught($$SELECT ash_migrate('attack_migrate')$$)->>'message', 'permission denied for table thing', 'a foreign key to what the owner may not refer to');
SELECT pg_temp.as_role('regress_team', $q$SELECT ash_undefine('attack_migrate.other')$q$) \g /dev/null

-- Names of a definition mean the same whoever migrates.
CREATE FUNCTION attack_migrate.fine(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION mallory.fine(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN mallory.count(); END';
INSERT INTO attack_migrate.item (name) VALUES ('a');
SELECT pg_temp.as_role('regress_team', $q$SELECT ash_define('{"domain": "attack_migrate", "resources": {"item": {"attributes": {"id": "integer_primary_key", "name": "string"}, "identities": {"names": ["name"]}, "actions": {"defaults": ["read"]}, "code_interface": {"items": {"action": "read"}},
	"check_constraints": {"fine": {"attribute": "name", "check": "fine(name)"}}, "custom_indexes": [{"fields": ["(fine(name))"]}]}}}')$q$) \g /dev/null
SET LOCAL search_path = mallory, pg_catalog, public;
SELECT is(pg_temp.superuser($$SELECT ash_migrate('attack_migrate')$$), 'nothing', 'functions in the search_path of the caller are not found');
SET LOCAL search_path = public;
SELECT is((SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'fine'), 'CHECK (attack_migrate.fine(name))', 'those of the owner are'),
	is_empty($$SELECT * FROM ash_plan('attack_migrate')$$, 'and nothing is left to do');

-- A generated function is known by its comment, which everybody can write.
SET ROLE regress_mallory;
CREATE FUNCTION mallory.marked() RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION mallory.marked() IS 'Generated by ash for attack_migrate.item (0123456789abcdef0123456789abcdef).';
RESET ROLE;
SELECT is(pg_temp.as_role('regress_team', $$SELECT count(*) FROM ash_migrate('attack_migrate')$$), '0', 'but not by that of somebody else');
SELECT has_function('mallory', 'marked', 'which stays');

-- Nothing leads from a function of a definition to the role of the session or stays behind in it.
CREATE FUNCTION pg_temp.tries(body text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.as_role('regress_mallory', format('CREATE OR REPLACE FUNCTION mallory.try() RETURNS boolean LANGUAGE plpgsql AS %L', body));
	PERFORM ash_migrate('mallory', true);
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END $$;
SET ROLE regress_mallory;
CREATE FUNCTION mallory.try() RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION mallory.tried(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN mallory.try(); END $$;
CREATE TABLE mallory.later (n int);
CREATE FUNCTION mallory.fires() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM mallory.count(); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER fires AFTER INSERT ON mallory.later DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION mallory.fires();
RESET ROLE;
SELECT pg_temp.by('regress_mallory', ', "code": "mallory.code"', ', "check_constraints": {"tried": {"attribute": "name", "check": "mallory.tried(name)"}}') \g /dev/null
SELECT is(pg_temp.tries('BEGIN RESET ROLE; RETURN true; END'), 'cannot set parameter "role" within security-definer function', 'the role'),
	is(pg_temp.tries('BEGIN RESET SESSION AUTHORIZATION; RETURN true; END'), 'cannot set parameter "session_authorization" within security-definer function', 'the session'),
	is(pg_temp.tries('BEGIN CREATE TEMP TABLE t (); RETURN true; END'), 'cannot create temporary table within security-restricted operation', 'a temporary table'),
	is(pg_temp.tries('BEGIN INSERT INTO mallory.later VALUES (1); RETURN true; END'), 'cannot fire deferred trigger within security-restricted operation', 'a deferred trigger'),
	is(pg_temp.tries('BEGIN SET search_path = mallory; SET work_mem = ''1MB''; RETURN true; END'), 'done', 'settings'),
	is(current_setting('search_path') || ' ' || (current_setting('work_mem') = '1MB'), 'public false', 'do not stay');

SELECT * FROM finish();
ROLLBACK;
