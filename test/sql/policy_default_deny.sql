\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(24);

-- Is everything denied that no policy allows, and does every applicable policy have to agree?

CREATE SCHEMA policy_default_deny;
CREATE FUNCTION policy_default_deny.ping(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$SELECT '{}'::jsonb$$;

-- A resource for each list of policies.
CREATE TEMP TABLE cases (n int GENERATED ALWAYS AS IDENTITY, policies text, allowed boolean, title text);
INSERT INTO cases (policies, allowed, title) VALUES
	('[]', false, 'no policy at all'),
	('[{"policy": "never", "checks": [{"authorize_if": "always"}]}]', false, 'no policy that applies'),
	('[{"policy": "always", "checks": [{"authorize_if": "always"}]}]', true, 'one that applies and passes'),
	('[{"policy": "always", "checks": [{"authorize_if": "never"}]}]', false, 'one that applies and fails'),
	('[{"policy": "always", "checks": [{"authorize_if": "always"}]}, {"policy": "always", "checks": [{"authorize_if": "never"}]}]', false, 'one passes, one fails'),
	('[{"policy": "always", "checks": [{"authorize_if": "always"}]}, {"policy": "never", "checks": [{"authorize_if": "never"}]}]', true, 'one passes, one does not apply'),
	('[{"policy": ["always", "never"], "checks": [{"authorize_if": "always"}]}]', false, 'conditions of a list must all hold'),
	('[{"policy": "always", "checks": [{"forbid_if": "always"}, {"authorize_if": "always"}]}]', false, 'forbid_if decides first'),
	('[{"policy": "always", "checks": [{"authorize_if": "always"}, {"forbid_if": "always"}]}]', true, 'authorize_if decides first'),
	('[{"policy": "always", "checks": [{"forbid_if": "never"}]}]', false, 'forbid_if that does not hold allows nothing'),
	('[{"policy": "always", "checks": [{"forbid_unless": "always"}]}]', false, 'nor does forbid_unless'),
	('[{"policy": "always", "checks": [{"forbid_unless": "always"}, {"authorize_if": "always"}]}]', true, 'forbid_unless goes on'),
	('[{"policy": "always", "checks": [{"forbid_unless": "never"}, {"authorize_if": "always"}]}]', false, 'forbid_unless forbids'),
	('[{"policy": "always", "checks": [{"authorize_unless": "always"}]}]', false, 'authorize_unless that holds'),
	('[{"policy": "always", "checks": [{"authorize_unless": "never"}]}]', true, 'authorize_unless that does not');

SELECT pg_temp.define(jsonb_build_object('domain', 'policy_default_deny', 'resources', jsonb_object_agg('r' || n, jsonb_build_object(
	'attributes', '{"id": "integer_primary_key", "n": {"type": "integer", "public": true}}'::jsonb, 'policies', policies::jsonb,
	'actions', '{"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}], "ping": {"type": "action", "returns": "map", "run": "policy_default_deny.ping"}}'::jsonb)))::text)
FROM cases \gset

SELECT is(pg_temp.errors(format('SELECT ash_create(%L)', 'policy_default_deny.r' || n)), CASE WHEN allowed THEN 'no error' ELSE E'42501 forbidden\nforbidden: forbidden' END, title)
FROM cases ORDER BY n;

-- All types of actions.
INSERT INTO policy_default_deny.r1 (n) VALUES (1);
SELECT is(pg_temp.errors(s), E'42501 forbidden\nforbidden: forbidden', s) FROM (VALUES
	($$SELECT ash_read('policy_default_deny.r1')$$), ($$SELECT ash_get('policy_default_deny.r1', '1')$$), ($$SELECT ash_count('policy_default_deny.r1')$$),
	($$SELECT ash_update('policy_default_deny.r1', '1', '{"n": 2}')$$), ($$SELECT ash_destroy('policy_default_deny.r1', '1')$$),
	($$SELECT ash_run_action('policy_default_deny.r1', 'ping')$$)) AS t(s);
SELECT is(ash_bulk_create('policy_default_deny.r1', '[{}, {}]')::jsonb->>'error_count', '2', 'bulk create'),
	is(ash_can('policy_default_deny.r1', 'create'), 'no', 'ash_can says no'), is(ash_can('policy_default_deny.r3', 'create'), 'yes', 'or yes');

SELECT * FROM finish();
ROLLBACK;
