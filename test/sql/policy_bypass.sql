\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(11);

-- Does a bypass that passes end the matter, and only for the policies after it?

CREATE TEMP TABLE cases (n int GENERATED ALWAYS AS IDENTITY, policies text, allowed boolean, title text);
INSERT INTO cases (policies, allowed, title) VALUES
	('[{"bypass": "always", "checks": [{"authorize_if": "always"}]}]', true, 'a bypass alone allows'),
	('[{"bypass": "always", "checks": [{"authorize_if": "never"}]}]', false, 'a bypass that fails does not'),
	('[{"bypass": "never", "checks": [{"authorize_if": "always"}]}]', false, 'nor does one that does not apply'),
	('[{"bypass": "always", "checks": [{"authorize_if": "always"}]}, {"policy": "always", "checks": [{"authorize_if": "never"}]}]', true, 'policies after it do not count'),
	('[{"policy": "always", "checks": [{"authorize_if": "never"}]}, {"bypass": "always", "checks": [{"authorize_if": "always"}]}]', false, 'policies before it do'),
	('[{"policy": "always", "checks": [{"authorize_if": "always"}]}, {"bypass": "always", "checks": [{"authorize_if": "never"}]}]', true, 'one that fails denies nothing'),
	('[{"bypass": "always", "checks": [{"authorize_if": "never"}]}, {"policy": "never", "checks": [{"authorize_if": "always"}]}]', false, 'nor does its condition count as a policy'),
	('[{"bypass": {"actor_attribute_equals": {"attribute": "role", "value": "admin"}}, "checks": [{"authorize_if": "always"}]}, {"policy": "always", "checks": [{"forbid_if": "always"}]}]', false, 'without an actor');

SELECT pg_temp.define(jsonb_build_object('domain', 'policy_bypass', 'resources', jsonb_object_agg('r' || n, jsonb_build_object(
	'attributes', '{"id": "integer_primary_key"}'::jsonb, 'policies', policies::jsonb, 'actions', '{"defaults": ["read", {"create": "*"}]}'::jsonb)))::text)
FROM cases \gset

SELECT is(pg_temp.errors(format('SELECT ash_create(%L)', 'policy_bypass.r' || n)), CASE WHEN allowed THEN 'no error' ELSE E'42501 forbidden\nforbidden: forbidden' END, title)
FROM cases ORDER BY n;
SELECT is(ash_can('policy_bypass.r8', 'create', options => '{"actor": {"role": "admin"}}'), 'yes', 'an actor with the attribute'),
	is(ash_can('policy_bypass.r8', 'create', options => '{"actor": {"role": "user"}}'), 'no', 'with another value'),
	is(ash_can('policy_bypass.r8', 'create', options => '{"actor": {}}'), 'no', 'without it');

SELECT * FROM finish();
ROLLBACK;
