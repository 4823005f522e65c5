\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(19);

-- When the role that owns a domain is renamed, dropped, or another one is named: whose rights do actions have, and who sees rows?

CREATE ROLE regress_first; CREATE ROLE regress_second; CREATE ROLE regress_web;
GRANT CREATE ON DATABASE :"DBNAME" TO regress_first;
SET ROLE regress_first;
SELECT pg_temp.define($doc${
  "domain": "domain_owner",
  "resources": {
    "item": {
      "security": "definer",
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "of": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "of = actor.id"}}]}]
    }
  }
}$doc$) \gset
RESET ROLE;
GRANT USAGE ON SCHEMA domain_owner TO regress_web;
GRANT SELECT ON domain_owner.item TO regress_web;
SET LOCAL ash.actor = '{"id": 1}';

-- The same questions, asked by a session that knows the definition from before.
CREATE FUNCTION pg_temp.reads() RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.as_role('regress_web', $q$SELECT ash_list('domain_owner.item', 'name')$q$)
$$;
CREATE FUNCTION pg_temp.creates(name text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.as_role('regress_web', format($q$SELECT ash_create('domain_owner.item', '{"name": "%s", "of": 1}')->>'name'$q$, name))
$$;
CREATE FUNCTION pg_temp.sees() RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.as_role('regress_web', 'SELECT count(*) FROM domain_owner.item')
$$;
SELECT is(pg_temp.creates('a'), 'a', 'the owner: an action writes'), is(pg_temp.reads(), '["a"]', 'and reads'), is(pg_temp.sees(), '1', 'policies open the table');

-- Tables of another role.
REASSIGN OWNED BY regress_first TO regress_second;
SELECT is(pg_temp.reads(), '42501: permission denied for schema domain_owner', 'tables of another role: its rights are not the owner''s'), is(pg_temp.sees(), '0', 'nor are its rows the owner''s to show');
UPDATE ash.domain SET owner = 'regress_second' WHERE name = 'domain_owner';
SELECT is(pg_temp.creates('b'), 'b', 'named as the owner: an action writes'), is(pg_temp.reads(), '["a","b"]', 'and reads'), is(pg_temp.sees(), '2', 'policies open the table');
SELECT is(pg_temp.as_role('regress_first', $$SELECT ash_undefine('domain_owner')$$), '42501: must be owner of domain "domain_owner"', 'the former owner has nothing to say');

-- A role of another name.
ALTER ROLE regress_second RENAME TO regress_third;
SELECT is(pg_temp.reads(), '42704: the role that owns domain "domain_owner" does not exist', 'renamed: nobody''s rights'),
	is(pg_temp.creates('c'), '42704: the role that owns domain "domain_owner" does not exist', 'for writing either'),
	is(pg_temp.sees(), '0', 'nobody''s rows to show'),
	is(pg_temp.caught($$SELECT ash_read('domain_owner.item')$$)->>'hint', 'A superuser names another owner: UPDATE ash.domain SET owner = ''role'' WHERE name = ''domain_owner''.', 'what to do'),
	is(pg_temp.as_role('regress_third', $$SELECT ash_undefine('domain_owner')$$), '42501: must be owner of domain "domain_owner"', 'not the owner under its new name');
UPDATE ash.domain SET owner = 'regress_third' WHERE name = 'domain_owner';
SELECT is(pg_temp.reads(), '["a","b"]', 'until it is named');

-- No role at all.
SAVEPOINT there;
REASSIGN OWNED BY regress_third TO regress_first;
DROP OWNED BY regress_third;
DROP ROLE regress_third;
SELECT is(pg_temp.reads(), '42704: the role that owns domain "domain_owner" does not exist', 'dropped: nobody''s rights'), is(pg_temp.sees(), '0', 'nor rows to show');
ROLLBACK TO there;
SELECT is(pg_temp.reads(), '["a","b"]', 'undone: as before');

-- Superusers always may.
UPDATE ash.domain SET owner = 'regress_nobody' WHERE name = 'domain_owner';
SELECT is((ash_undefine('domain_owner')->'resources')::jsonb, '["domain_owner.item"]', 'a superuser may undefine what nobody owns');

SELECT * FROM finish();
ROLLBACK;
