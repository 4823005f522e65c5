\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(13);

-- What does a generic action give its function, and what does it make of the result?

CREATE SCHEMA action_generic;
CREATE TABLE action_generic.log (line text);
CREATE FUNCTION action_generic.echo(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS
	$$SELECT jsonb_build_object('input', input, 'options', options, 'actor', context->'actor')$$;
CREATE FUNCTION action_generic.add(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS
	$$SELECT to_jsonb((input->>'a')::bigint + (input->>'b')::bigint)$$;
CREATE FUNCTION action_generic.fails(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS
	$$BEGIN INSERT INTO action_generic.log VALUES ('failed'); RAISE EXCEPTION 'out of paper' USING ERRCODE = 'P0001'; END$$;
CREATE FUNCTION action_generic.logs(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS
	$$INSERT INTO action_generic.log VALUES ('logged') RETURNING NULL::jsonb$$;

SELECT pg_temp.define($doc${
  "domain": "action_generic",
  "resources": {
    "calc": {
      "attributes": {"id": "uuid_primary_key"},
      "actions": {
        "echo": {"type": "action", "returns": "map", "arguments": {"n": {"type": "integer", "default": 3}, "s": "string"},
          "run": {"function": "action_generic.echo", "options": {"x": 1}}},
        "add": {"type": "action", "returns": "integer", "arguments": {"a": {"type": "integer", "allow_nil": false}, "b": {"type": "integer", "default": 0}}, "run": "action_generic.add"},
        "logs": {"type": "action", "run": "action_generic.logs"},
        "fails": {"type": "action", "run": "action_generic.fails"},
        "gated": {"type": "action", "returns": "map", "run": "action_generic.echo"}
      },
      "policies": [
        {"policy": {"action": ["gated"]}, "checks": [{"authorize_if": "actor_present"}]},
        {"policy": "always", "checks": [{"authorize_if": "always"}]}
      ]
    }
  }
}$doc$) \gset

SELECT is(ash_run_action('action_generic.calc', 'add', '{"a": "40", "b": 2}')::text, '42', 'arguments are cast, the result comes back');
SELECT is(ash_run_action('action_generic.calc', 'add', '{"a": 40}')::text, '40', 'a default');
SELECT is(ash_run_action('action_generic.calc', 'echo', '{"s": " x "}', '{"actor": {"id": 7}}')::jsonb,
	'{"input": {"n": 3, "s": "x"}, "options": {"x": 1}, "actor": {"id": 7}}', 'the function sees input, options and actor');
SELECT is(ash_run_action('action_generic.calc', 'logs')::text, 'null', 'no result');
SELECT is((SELECT count(*)::int FROM action_generic.log), 1, 'it ran once');

SELECT is(pg_temp.errors($$SELECT ash_run_action('action_generic.calc', 'add', '{"b": "x"}')$$),
	E'22023 invalid\ninvalid_argument b: is invalid\nrequired a: argument a is required', 'arguments are checked');
SELECT is(pg_temp.errors($$SELECT ash_run_action('action_generic.calc', 'add', '{"a": 1, "c": 1}')$$),
	E'22023 invalid\nno_such_input c ["c"]: No such input `c` for action action_generic.calc.add', 'unknown input');
SELECT is(pg_temp.errors($$SELECT ash_run_action('action_generic.calc', 'gated')$$) ~ E'^42501 forbidden\nforbidden: forbidden', true, 'policies hold');
SELECT is((ash_run_action('action_generic.calc', 'gated', '{}', '{"actor": {"id": 1}}')->'actor')::jsonb, '{"id": 1}', 'and let pass');

-- An error of the function.
SELECT is(pg_temp.caught($$SELECT ash_run_action('action_generic.calc', 'fails')$$)->>'message', 'out of paper', 'an error of the function passes through'),
	is(pg_temp.caught($$SELECT ash_run_action('action_generic.calc', 'fails')$$)->>'sqlstate', 'P0001', 'with its SQLSTATE'),
	is((ash_try_action('action_generic.calc', 'fails')::jsonb #- '{errors,0,vars}') #>> '{errors,0,message}', 'out of paper', 'ash_try_action answers it'),
	is((SELECT count(*)::int FROM action_generic.log), 1, 'what it did is undone');

SELECT * FROM finish();
ROLLBACK;
