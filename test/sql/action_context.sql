\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(19);

-- Does the context of a message name the action that was called, when it raises its errors and when it answers with them?

CREATE SCHEMA action_context;
-- The contexts that a message would have here.
CREATE FUNCTION action_context.lines(stack text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(line, E'\n') FROM regexp_split_to_table(stack, E'\n') AS line WHERE line ~ '^action '
$$;
CREATE FUNCTION action_context.generic(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE stack text;
BEGIN
	GET DIAGNOSTICS stack = PG_CONTEXT;
	RETURN to_jsonb(action_context.lines(stack));
END $$;
CREATE FUNCTION action_context.change(changeset jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE stack text;
BEGIN
	GET DIAGNOSTICS stack = PG_CONTEXT;
	RETURN jsonb_build_object('attributes', jsonb_build_object('changed', action_context.lines(stack)));
END $$;
CREATE FUNCTION action_context.written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stack text;
BEGIN
	GET DIAGNOSTICS stack = PG_CONTEXT;
	NEW.written := action_context.lines(stack);
	RETURN NEW;
END $$;
CREATE FUNCTION action_context.calls(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT to_jsonb(ash_run_action('action_context.item', 'where'))
$$;
CREATE FUNCTION action_context.broken(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'broken'; END $$;
-- Errors that ash_try_action passes on.
CREATE FUNCTION action_context.fails(subject jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'again' USING ERRCODE = 'serialization_failure'; END $$;
CREATE FUNCTION action_context.refuses(subject jsonb, options jsonb, context jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'again' USING ERRCODE = 'serialization_failure'; END $$;
SELECT pg_temp.define($doc${
  "domain": "action_context",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "changed": "string", "written": "string"},
      "actions": {"defaults": ["read"],
        "where": {"type": "action", "returns": "string", "run": "action_context.generic"},
        "nested": {"type": "action", "returns": "string", "run": "action_context.calls"},
        "broken": {"type": "action", "returns": "string", "run": "action_context.broken"},
        "failing": {"type": "action", "returns": "string", "run": "action_context.fails"},
        "make": {"type": "create", "changes": [{"function": "action_context.change"}]},
        "checked": {"type": "create", "validations": [{"function": "action_context.fails"}]},
        "hooked": {"type": "read", "prepare": [{"before_action": "action_context.fails"}]},
        "guarded": {"type": "read"}},
      "policies": [{"policy": {"action": ["guarded"]}, "checks": [{"authorize_if": {"function": "action_context.refuses"}}]},
        {"policy": "always", "checks": [{"authorize_if": "always"}]}]
    }
  }
}$doc$) \gset
CREATE TRIGGER written BEFORE INSERT ON action_context.item FOR EACH ROW EXECUTE FUNCTION action_context.written();

-- The result of the call, made by either function.
CREATE FUNCTION pg_temp.result(function text, action text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE answer jsonb;
BEGIN
	EXECUTE format('SELECT %I(%L, %L)', function, 'action_context.item', action) INTO answer;
	RETURN CASE WHEN function = 'ash_try_action' THEN answer->'result' ELSE answer END;
END $$;
CREATE FUNCTION pg_temp.context(function text, action text) RETURNS text LANGUAGE sql AS $$
	SELECT action_context.lines(pg_temp.caught(format('SELECT %I(%L, %L)', function, 'action_context.item', action))->>'context')
$$;
SELECT is(pg_temp.result(function, 'where')#>>'{}', 'action where of resource action_context.item', function || ': in a generic action'),
	is(pg_temp.result(function, 'nested')#>>'{}', E'action where of resource action_context.item\naction nested of resource action_context.item', function || ': in a call of its own'),
	is(made->>'changed', 'action make of resource action_context.item', function || ': in a change'),
	is(made->>'written', 'action make of resource action_context.item', function || ': in a trigger'),
	is(pg_temp.context(function, 'failing'), 'action failing of resource action_context.item', function || ': an error of a generic action'),
	is(pg_temp.context(function, 'checked'), 'action checked of resource action_context.item', function || ': an error of a validation'),
	is(pg_temp.context(function, 'hooked'), 'action hooked of resource action_context.item', function || ': an error before a read'),
	is(pg_temp.context(function, 'guarded'), 'action guarded of resource action_context.item', function || ': an error of a check')
FROM unnest(ARRAY['ash_run_action', 'ash_try_action']) AS function, LATERAL pg_temp.result(function, 'make') AS made;
-- The context ends with the call, whatever its answer.
SELECT is((ARRAY[ash_try_action('action_context.item', action)::jsonb->'ok', action_context.generic('{}', '{}', '{}')])::text, format('{%s,NULL}', ok), 'nothing is left of ' || action)
FROM (VALUES ('where', 'true'), ('broken', 'false'), ('nope', 'false')) AS calls (action, ok);

SELECT * FROM finish();
ROLLBACK;
