\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(38);

-- Does every verb need the privileges on the table that its statement would need, whichever way a row is written?

SELECT pg_temp.define($doc${
  "domain": "attack_privileges",
  "resources": {
    "plain": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "identities": {"by_name": ["name"]},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}], "put": {"type": "create", "accept": ["name"], "upsert": true, "upsert_identity": "by_name"}}}
  }
}$doc$) \gset
INSERT INTO attack_privileges.plain (name) VALUES ('a'), ('b'), ('c');
CREATE ROLE regress_select; CREATE ROLE regress_insert; CREATE ROLE regress_columns; CREATE ROLE regress_outside; CREATE ROLE regress_all;
GRANT USAGE ON SCHEMA attack_privileges TO regress_select, regress_insert, regress_columns, regress_all;
GRANT SELECT ON attack_privileges.plain TO regress_select;
GRANT INSERT, UPDATE, DELETE ON attack_privileges.plain TO regress_insert;
GRANT SELECT (id), INSERT (name), UPDATE (name) ON attack_privileges.plain TO regress_columns;
GRANT ALL ON attack_privileges.plain TO regress_outside, regress_all;

CREATE FUNCTION pg_temp.state(role name, statement text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(substring(answer FROM '^([0-9A-Z]{5}): '), 'done') FROM pg_temp.as_role(role, statement) AS answer
$$;
CREATE TEMP TABLE verbs (n int GENERATED ALWAYS AS IDENTITY, name text, statement text);
INSERT INTO verbs (name, statement) VALUES
	('create', $$SELECT ash_create('attack_privileges.plain', '{"name": "new"}')$$),
	('create of nothing', $$SELECT ash_create('attack_privileges.plain')$$),
	('upsert', $$SELECT ash_create('attack_privileges.plain', '{"name": "a"}', '{"action": "put"}')$$),
	('update', $$SELECT ash_update('attack_privileges.plain', '2', '{"name": "changed"}')$$),
	('destroy', $$SELECT ash_destroy('attack_privileges.plain', '3')$$),
	('bulk update', $$SELECT ash_bulk_update('attack_privileges.plain', '{"name": "x"}', '{"filter": {"id": 2}}')$$);

SET LOCAL ash.fast_path = on;
SELECT is(pg_temp.state('regress_select', statement), '42501', 'SELECT only: ' || name) FROM verbs ORDER BY n;
SELECT is(pg_temp.state('regress_insert', statement), '42501', 'all but SELECT: ' || name) FROM verbs ORDER BY n;
SELECT is(pg_temp.state('regress_columns', statement), '42501', 'some columns: ' || name) FROM verbs ORDER BY n;
SELECT is(pg_temp.state('regress_outside', statement), '42501', 'not the schema: ' || name) FROM verbs ORDER BY n;
SET LOCAL ash.fast_path = off;
SELECT is(pg_temp.state('regress_select', statement), '42501', 'SELECT only, as statements: ' || name) FROM verbs ORDER BY n;
SET LOCAL ash.fast_path = on;
SELECT is(ash_bulk_create('attack_privileges.plain', '[{"name": "q"}]')->>'status', 'success', 'bulk create by the owner');
SET LOCAL ROLE regress_select;
SELECT is(ash_bulk_create('attack_privileges.plain', '[{"name": "r"}]')->>'status', 'error', 'and with SELECT only');
SELECT is(ash_try_action('attack_privileges.plain', 'create', '{"name": "r"}')->>'class', 'forbidden', 'a try');
SELECT is(ash_count('attack_privileges.plain'), 4::bigint, 'reading is allowed');
RESET ROLE;
SELECT is((SELECT string_agg(name, ' ' ORDER BY id) FROM attack_privileges.plain), 'a b c q', 'nothing of what was refused is stored');
SELECT is(pg_temp.state('regress_all', statement), 'done', 'all privileges: ' || name) FROM verbs WHERE name IN ('update', 'destroy', 'create') ORDER BY n;

SELECT * FROM finish();
ROLLBACK;
