\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(32);

-- Does the base filter of the actor's resource hold for an actor that is given by key?

<<<<<<< HEAD
CREATE ROLE regress_base_reader;
=======
CREATE ROLE regress_reader;
CREATE SCHEMA actor_base_filter;
CREATE FUNCTION actor_base_filter.echo(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$SELECT context #> '{actor,name}'$$;
>>>>>>> a440e84 (Decide by the kind whether a message lacks its field)
SELECT pg_temp.define($doc${
  "domain": "actor_base_filter", "authorization": {"actor": "actor_base_filter.person"},
  "resources": {
    "person": {
      "base_filter": "archived_at is null",
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "archived_at": "utc_datetime"},
      "actions": {"defaults": ["read"]}},
    "note": {
      "attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}, "author": {"type": "string", "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}],
        "echo": {"type": "action", "returns": "string", "run": "actor_base_filter.echo"}},
      "policies": [{"policy": {"action_type": "create"}, "checks": [{"authorize_if": {"expr": "author = actor.name"}}]},
        {"policy": {"action_type": "action"}, "checks": [{"authorize_if": "actor_present"}]},
        {"policy": {"action_type": ["read", "update", "destroy"]}, "checks": [{"authorize_if": {"expr": "author = actor.name"}}]}]}
  }
}$doc$) \gset
INSERT INTO actor_base_filter.person (name, archived_at) VALUES ('ann', NULL), ('bob', now());
INSERT INTO actor_base_filter.note (text, author) VALUES ('of ann', 'ann'), ('of bob', 'bob');
GRANT USAGE ON SCHEMA actor_base_filter TO regress_base_reader;
GRANT ALL ON actor_base_filter.note TO regress_base_reader;
GRANT SELECT ON actor_base_filter.person TO regress_base_reader;

CREATE FUNCTION pg_temp.calls(key int) RETURNS TABLE (name text, statement text) LANGUAGE sql AS $$
	SELECT call[1], format('SELECT ' || call[2], format('{"actor": %s, "record": 2}', key))
	FROM (VALUES (ARRAY['read', $q$ash_run_action('actor_base_filter.note', 'read', '{}', %L::jsonb - 'record')$q$]),
		(ARRAY['create', $q$ash_run_action('actor_base_filter.note', 'create', '{"author": "bob"}', %L::jsonb - 'record')$q$]),
		(ARRAY['update', $q$ash_run_action('actor_base_filter.note', 'update', '{"text": "mine"}', %L)$q$]),
		(ARRAY['destroy', $q$ash_run_action('actor_base_filter.note', 'destroy', '{}', %L)$q$]),
		(ARRAY['a generic action', $q$ash_run_action('actor_base_filter.note', 'echo', '{}', %L::jsonb - 'record')$q$]),
		(ARRAY['bulk', $q$ash_bulk_create('actor_base_filter.note', '[{"author": "bob"}]', %L::jsonb - 'record')$q$]),
		(ARRAY['count', $q$ash_count('actor_base_filter.note', %L::jsonb - 'record')$q$]),
		(ARRAY['ash_can', $q$ash_can('actor_base_filter.note', 'update', '{}', %L)$q$]),
		(ARRAY['ash_validate_action', $q$ash_validate_action('actor_base_filter.note', 'create', '{}', %L::jsonb - 'record')$q$]),
		(ARRAY['ash_sql', $q$ash_sql('actor_base_filter.note', 'read', '{}', %L::jsonb - 'record')$q$]),
		(ARRAY['its own resource', $q$ash_read('actor_base_filter.person', %L::jsonb - 'record')$q$])) AS calls (call)
$$;
SELECT is(ash_list('actor_base_filter.note', 'text', '{"actor": 1}')::text, '["of ann"]', 'a person that is not archived acts'),
	is(ash_list('actor_base_filter.note', 'text', '{"actor": {"name": "bob"}}')::text, '["of bob"]', 'an object is taken as it is');

-- An archived person is answered like one that is not there.
SELECT is(pg_temp.errors(statement), E'22023 invalid\ninvalid_option actor: no actor_base_filter.person with key 3 is known', 'missing: ' || name) FROM pg_temp.calls(3);
SELECT is(pg_temp.errors(statement), E'22023 invalid\ninvalid_option actor: no actor_base_filter.person with key 2 is known', 'option: ' || name) FROM pg_temp.calls(2);
SELECT is(ash_try_action('actor_base_filter.note', 'read', '{}', '{"actor": 2}')::jsonb #>> '{errors,0,message}', 'no actor_base_filter.person with key 2 is known', 'ash_try_action');

-- The setting.
SET LOCAL ash.actor = '2';
SELECT is(pg_temp.errors($$SELECT ash_read('actor_base_filter.note')$$), E'22023 invalid\ninvalid_option actor: no actor_base_filter.person with key "2" is known', 'setting: read'),
	is(pg_temp.as_role('regress_base_reader', $$SELECT ash.actor('actor_base_filter.note')$$), '22023: actor: no actor_base_filter.person with key "2" is known', 'setting: ash.actor()'),
	is(pg_temp.as_role('regress_base_reader', $$SELECT ash.actor_value('actor_base_filter.note', '{name}')$$), '22023: actor: no actor_base_filter.person with key "2" is known', 'setting: ash.actor_value()'),
	is(pg_temp.as_role('regress_base_reader', 'SELECT text FROM actor_base_filter.note'), '22023: actor: no actor_base_filter.person with key "2" is known', 'setting: SELECT'),
	is(pg_temp.as_role('regress_base_reader', $$UPDATE actor_base_filter.note SET text = 'mine'$$), '22023: actor: no actor_base_filter.person with key "2" is known', 'setting: UPDATE');
SET LOCAL ash.actor = '1';
SELECT is(pg_temp.as_role('regress_base_reader', 'SELECT text FROM actor_base_filter.note'), 'of ann', 'setting: SELECT of a person that is not archived'),
	is(pg_temp.as_role('regress_base_reader', $$SELECT ash.actor_value('actor_base_filter.note', '{name}')$$), 'ann', 'setting: ash.actor_value() of a person that is not archived');

SELECT * FROM finish();
ROLLBACK;
