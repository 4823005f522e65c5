\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(29);

-- Does code of a related read wait until the outer read is authorized, and does what only looks run none of its hooks?

CREATE SCHEMA load_phases;
-- Sequences count the runs of each place: they are not undone when a call fails.
CREATE FUNCTION load_phases.mark(subject jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM nextval('load_phases.ran_' || (options->>'place'));
	RETURN NULL;
END $$;
CREATE FUNCTION load_phases.allowed(subject jsonb, options jsonb, context jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM nextval('load_phases.ran_' || (options->>'place'));
	RETURN true;
END $$;
CREATE FUNCTION load_phases.computed(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM nextval('load_phases.ran_calculation');
	RETURN (SELECT jsonb_agg(0) FROM jsonb_array_elements(records));
END $$;
DO $$
DECLARE place text;
BEGIN
	FOREACH place IN ARRAY ARRAY['preparation', 'validation', 'policy', 'before_action', 'deep', 'own', 'calculation'] LOOP
		EXECUTE format('CREATE SEQUENCE load_phases.%I', 'ran_' || place);
	END LOOP;
END $$;

SELECT pg_temp.define($doc${
  "domain": "load_phases",
  "resources": {
    "post": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true}},
      "relationships": {"comments": {"has_many": "load_phases.comment", "destination_attribute": "post_id", "public": true},
        "by_action": {"has_many": "load_phases.comment", "destination_attribute": "post_id", "read_action": "chosen", "public": true},
        "locked": {"has_many": "load_phases.locked", "destination_attribute": "post_id", "public": true}},
      "calculations": {"computed": {"type": "integer", "batch_function": "load_phases.computed", "load": ["comments"], "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}],
        "with_comments": {"type": "read", "prepare": [{"build": {"load": ["comments"]}}]},
        "hooked": {"type": "read", "prepare": [{"before_action": {"function": "load_phases.mark", "options": {"place": "own"}}}]}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "role", "value": "reader"}}}]}]},
    "comment": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"post": {"belongs_to": "load_phases.post", "attribute_type": "integer", "public": true},
        "marks": {"has_many": "load_phases.deep", "destination_attribute": "comment_id", "public": true}},
      "actions": {
        "read": {"type": "read", "primary": true,
          "validations": [{"function": "load_phases.mark", "options": {"place": "validation"}}],
          "prepare": [{"function": "load_phases.mark", "options": {"place": "preparation"}},
            {"before_action": {"function": "load_phases.mark", "options": {"place": "before_action"}}}]},
        "chosen": {"type": "read",
          "prepare": [{"function": "load_phases.mark", "options": {"place": "preparation"}},
            {"before_action": {"function": "load_phases.mark", "options": {"place": "before_action"}}}]}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"function": "load_phases.allowed", "options": {"place": "policy"}}}]}]},
    "locked": {
      "attributes": {"id": "integer_primary_key", "post_id": "integer"},
      "relationships": {"marks": {"has_many": "load_phases.deep", "destination_attribute": "comment_id", "public": true}},
      "actions": {"read": {"type": "read", "primary": true, "prepare": [{"before_action": {"function": "load_phases.mark", "options": {"place": "before_action"}}}]}},
      "policies": [{"policy": "always", "checks": [{"forbid_if": "always"}]}]},
    "deep": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"comment": {"belongs_to": "load_phases.comment", "attribute_type": "integer", "public": true}},
      "actions": {"read": {"type": "read", "primary": true, "prepare": [{"before_action": {"function": "load_phases.mark", "options": {"place": "deep"}}}]}}}
  }
}$doc$) \gset
INSERT INTO load_phases.post (title) VALUES ('one');
INSERT INTO load_phases.comment (post_id) VALUES (1);

-- How the statement ends, and the places that ran.
CREATE FUNCTION pg_temp.runs(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	outcome text;
	place text;
	places text[] := '{}';
	ran boolean;
BEGIN
	FOR place IN SELECT relname FROM pg_class WHERE relname ~ '^ran_' AND relnamespace = 'load_phases'::regnamespace LOOP
		PERFORM setval(format('load_phases.%I', place), 1, false);
	END LOOP;
	outcome := coalesce(pg_temp.caught(statement)->>'sqlstate', 'done');
	FOR place IN SELECT relname FROM pg_class WHERE relname ~ '^ran_' AND relnamespace = 'load_phases'::regnamespace ORDER BY relname COLLATE "C" LOOP
		EXECUTE format('SELECT is_called FROM load_phases.%I', place) INTO ran;
		IF ran THEN
			places := places || substr(place, 5);
		END IF;
	END LOOP;
	RETURN concat_ws(' ', outcome, nullif(array_to_string(places, ' '), ''));
END $$;

-- The outer read is allowed: all of them run.
SELECT is(pg_temp.runs($$SELECT ash_run_action('load_phases.post', 'read', '{}', '{"load": {"comments": ["marks"]}, "actor": {"role": "reader"}}')$$), 'done before_action deep policy preparation validation', 'an allowed read runs all'),
	is(pg_temp.runs($$SELECT ash_run_action('load_phases.post', 'read', '{}', '{"load": ["computed"], "actor": {"role": "reader"}}')$$), 'done before_action calculation preparation validation', 'for a calculation as well, whose load asks no policies'),
	is(pg_temp.runs($$SELECT ash_run_action('load_phases.post', 'hooked', '{}', '{"actor": {"role": "reader"}}')$$), 'done own', 'and its own');

-- The outer read is forbidden: none does.
SELECT is(pg_temp.runs(format($$SELECT %s$$, call)), '42501', 'forbidden: ' || name)
FROM (VALUES ('load', $$ash_run_action('load_phases.post', 'read', '{}', '{"load": ["comments"], "actor": {"role": "guest"}}')$$),
	('load with options', $$ash_run_action('load_phases.post', 'read', '{}', '{"load": {"comments": {"limit": 1, "load": ["marks"]}}, "actor": {"role": "guest"}}')$$),
	('load inside of a load', $$ash_run_action('load_phases.post', 'read', '{}', '{"load": {"comments": ["marks"]}, "actor": {"role": "guest"}}')$$),
	('load by an action of the relationship', $$ash_run_action('load_phases.post', 'read', '{}', '{"load": ["by_action"], "actor": {"role": "guest"}}')$$),
	('load of a preparation', $$ash_run_action('load_phases.post', 'with_comments', '{}', '{"actor": {"role": "guest"}}')$$),
	('load of a calculation', $$ash_run_action('load_phases.post', 'read', '{}', '{"load": ["computed"], "actor": {"role": "guest"}}')$$),
	('load beside a page', $$ash_run_action('load_phases.post', 'read', '{}', '{"load": ["comments"], "page": {"limit": 1}, "actor": {"role": "guest"}}')$$),
	('its own hook', $$ash_run_action('load_phases.post', 'hooked', '{}', '{"actor": {"role": "guest"}}')$$),
	('create', $$ash_run_action('load_phases.post', 'create', '{"title": "two"}', '{"load": ["comments"], "actor": {"role": "guest"}}')$$),
	('count', $$ash_count('load_phases.post', '{"load": ["comments"], "actor": {"role": "guest"}}')$$),
	('ash_sql', $$ash_sql('load_phases.post', 'read', '{}', '{"load": ["comments"], "actor": {"role": "guest"}}')$$),
	('ash_explain', $$ash_explain('load_phases.post', 'read', '{}', '{"load": ["comments"], "actor": {"role": "guest"}}')$$)) AS calls (name, call);
SELECT is(pg_temp.runs($$SELECT ash_try_action('load_phases.post', 'read', '{}', '{"load": ["comments"], "actor": {"role": "guest"}}')$$), 'done', 'forbidden: ash_try_action');
-- From the outside in: the related read is forbidden, so what is loaded with it does not run.
SELECT is(pg_temp.runs($$SELECT ash_run_action('load_phases.post', 'read', '{}', '{"load": {"locked": ["marks"]}, "actor": {"role": "reader"}}')$$), '42501', 'forbidden: the read in between');

-- Looking runs no hook, whoever asks.
SELECT doesnt_match(pg_temp.runs(format($$SELECT %s('load_phases.post', 'read', '{}', '{"load": {"comments": ["marks"]}, "actor": {"role": "%s"}}')$$, function, role)), 'before_action|deep', format('%s for a %s: no hook', function, role))
FROM unnest(ARRAY['ash_can', 'ash_validate_action', 'ash_sql', 'ash_explain', 'ash_explain_policies']) AS function, unnest(ARRAY['reader', 'guest']) AS role;
SELECT is(pg_temp.runs(format($$SELECT %s('load_phases.post', 'hooked', '{}', '{"actor": {"role": "reader"}}')$$, function)), 'done', function || ': not its own either')
FROM unnest(ARRAY['ash_can', 'ash_sql']) AS function;

SELECT * FROM finish();
ROLLBACK;
