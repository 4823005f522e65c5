\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(9);

-- Is an action whose function is gone an error each time, rather than an action without it?

CREATE SCHEMA app;
CREATE FUNCTION app.gone(subject jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"errors": ["no"]}'::jsonb $$;
CREATE FUNCTION app.asked(subject jsonb, options jsonb, actor jsonb) RETURNS boolean LANGUAGE sql AS 'SELECT false';
SELECT pg_temp.define($doc${
  "domain": "function_dropped",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "actions": {
        "defaults": ["read"],
        "checked": {"type": "create", "accept": ["name"], "validations": [{"function": "app.gone"}]},
        "changed": {"type": "create", "accept": ["name"], "changes": [{"function": "app.gone"}]},
        "prepared": {"type": "read", "prepare": [{"build": {"limit": 1}}, {"function": "app.gone"}]},
        "manual": {"type": "read", "manual": "app.gone"}
      }
    },
    "guarded": {
      "attributes": {"id": "integer_primary_key"},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"forbid_unless": {"function": "app.asked"}}, {"authorize_if": "always"}]}]
    }
  }
}$doc$) \gset
INSERT INTO function_dropped.item (name) VALUES ('a'), ('b');
INSERT INTO function_dropped.guarded DEFAULT VALUES;
DROP FUNCTION app.gone(jsonb, jsonb, jsonb);
DROP FUNCTION app.asked(jsonb, jsonb, jsonb);

CREATE FUNCTION pg_temp.run(action text, input jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(': ', e->>'sqlstate', e->>'detail') FROM pg_temp.caught(format('SELECT ash_run_action(%L, %L, %L)', 'function_dropped.item', action, input)) AS e
$$;
SELECT matches(pg_temp.run('checked', '{"name": "x"}'), '^42P17: function app.gone\(jsonb, jsonb, jsonb\) does not exist', 'a validation');
SELECT matches(pg_temp.run('checked', '{"name": "x"}'), '^42P17', '… again');
SELECT matches(pg_temp.run('changed', '{"name": "x"}'), '^42P17', 'a change');
SELECT matches(pg_temp.run('changed', '{"name": "x"}'), '^42P17', '… again');
SELECT matches(pg_temp.run('prepared'), '^42P17', 'a preparation');
SELECT matches(pg_temp.run('prepared'), '^42P17', '… again');
SELECT matches(pg_temp.run('manual'), 'function app.gone\(jsonb, jsonb, jsonb\) does not exist', 'a manual read');
SELECT matches(pg_temp.errors($$SELECT ash_read('function_dropped.guarded')$$), '^42P17', 'a check');
SELECT matches(pg_temp.errors($$SELECT ash_read('function_dropped.guarded')$$), '^42P17', '… again');
SELECT * FROM finish();
ROLLBACK;
