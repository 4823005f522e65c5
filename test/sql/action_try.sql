\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(13);

-- Does ash_try_action answer instead of raising, and undo exactly its own work?

SELECT pg_temp.define($doc${
  "domain": "action_try",
  "resources": {
    "post": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "allow_nil": false, "public": true}},
      "identities": {"by_title": ["title"]},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]},
      "check_constraints": {"no_zero": {"check": "title <> '0'", "attribute": "title", "message": "is zero"}}
    }
  }
}$doc$) \gset

SELECT is(ash_try_action('action_try.post', 'create', '{"title": "a"}')::jsonb #- '{result,id}', '{"ok": true, "result": {"title": "a"}}', 'a success holds the result');
SELECT is(ash_try_action('action_try.post', 'create', '{}')::jsonb,
	'{"ok": false, "class": "invalid", "errors": [{"code": "required", "field": "title", "path": [], "message": "attribute title is required", "vars": {}}]}', 'a failure holds class and errors');
SELECT is((ash_try_action('action_try.post', 'create', '{"title": "a"}')::jsonb #- '{errors,0,vars}'),
	'{"ok": false, "class": "invalid", "errors": [{"code": "invalid_attribute", "field": "title", "path": [], "message": "has already been taken"}]}', 'a violated identity');
SELECT is((ash_try_action('action_try.post', 'create', '{"title": "0"}')::jsonb #>> '{errors,0,message}'), 'is zero', 'a violated check');
SELECT is(ash_try_action('action_try.nope', 'create')::jsonb #>> '{errors,0,code}', 'no_such_resource', 'no such resource');
SELECT is(ash_try_action('action_try.post', 'nope')::jsonb #>> '{errors,0,code}', 'no_such_action', 'no such action');
SELECT is(ash_try_action('action_try.post', 'read', '{}', '{"nope": 1}')::jsonb #>> '{errors,0,code}', 'no_such_option', 'no such option');
SELECT results_eq('SELECT title FROM action_try.post', ARRAY['a'], 'what failed left nothing, what succeeded stays');

-- Errors that only show at the end of the statement are part of it too.
CREATE TABLE action_try.log (line text);
CREATE FUNCTION action_try.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO action_try.log VALUES (NEW.title);
	IF NEW.title = 'bad' THEN RAISE EXCEPTION 'bad title' USING ERRCODE = '22000'; END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT ON action_try.post FOR EACH ROW EXECUTE FUNCTION action_try.note();
SELECT is(ash_try_action('action_try.post', 'create', '{"title": "bad"}')::jsonb #>> '{errors,0,message}', 'bad title', 'an error of a trigger'),
	is_empty('SELECT * FROM action_try.log', 'undoes the trigger''s work'),
	is((SELECT (ash_try_action('action_try.post', 'create', '{"title": "bad"}')::jsonb) ->> 'class'), 'unknown', 'its class is unknown');

-- A hundred in one statement: some fail, the others stay.
SELECT is((SELECT count(*) FILTER (WHERE (ash_try_action('action_try.post', 'create', jsonb_build_object('title', 'n' || i % 50)) ->> 'ok')::boolean) FROM generate_series(1, 100) i)::int,
	50, 'many in one statement');
SELECT is((SELECT count(*)::int FROM action_try.post), 51, 'are kept or undone each by itself');

SELECT * FROM finish();
ROLLBACK;
