\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(12);

-- Who may switch authorization off?

CREATE ROLE regress_owner;
CREATE ROLE regress_user;
CREATE SCHEMA policy_authorize_option AUTHORIZATION regress_owner;
CREATE TEMP TABLE doc (d text);
INSERT INTO doc VALUES ($doc${
  "domain": "policy_authorize_option",
  "resources": {
    "secret": {"attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": "actor_present"}]}]}
  }
}$doc$);
GRANT SELECT ON doc TO regress_owner;
SELECT is(left(pg_temp.as_role('regress_owner', 'SELECT ash_define(d::json, true) FROM doc'), 1), '{', 'a plain role defines');
GRANT USAGE ON SCHEMA policy_authorize_option TO regress_user;
GRANT ALL ON ALL TABLES IN SCHEMA policy_authorize_option TO regress_user;
CREATE FUNCTION pg_temp.create_as(role name, options text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN r LIKE '{%' THEN 'yes' ELSE r END
	FROM pg_temp.as_role(role, format('SELECT ash_create(%L, %L, %L)', 'policy_authorize_option.secret', '{"text": "x"}', options)) AS r
$$;

SELECT is(pg_temp.create_as('regress_owner', '{}'), '42501: forbidden', 'the owner is authorized like everybody'),
	is(pg_temp.create_as('regress_owner', '{"authorize": false}'), 'yes', 'but may switch it off'),
	is(pg_temp.create_as('regress_owner', '{"authorize": true}'), '42501: forbidden', 'or on');
SELECT is(pg_temp.create_as('regress_user', '{}'), '42501: forbidden', 'another role without an actor'),
	is(pg_temp.create_as('regress_user', '{"actor": {"id": 1}}'), 'yes', 'with one'),
	matches(pg_temp.create_as('regress_user', '{"authorize": false}'), '^42501: only the owner', 'may not switch it off'),
	matches(pg_temp.create_as('regress_user', '{"authorize": false, "actor": {"id": 1}}'), '^42501: only the owner', 'not even when allowed');
SELECT matches(pg_temp.as_role('regress_user', $$SELECT ash_read('policy_authorize_option.secret', '{"authorize": false}')$$), '^42501: ', 'nor for a read'),
	matches(pg_temp.as_role('regress_user', $$SELECT ash_try_action('policy_authorize_option.secret', 'read', '{}', '{"authorize": false}')->>'class'$$), '^forbidden$', 'nor when asking for an answer');

-- A domain that always authorizes.
SELECT is(left(pg_temp.as_role('regress_owner', $$SELECT ash_define((d::jsonb || '{"authorization": {"authorize": "always"}}')::json) FROM doc$$), 1), '{', 'the domain is redefined');
SELECT is(pg_temp.create_as('regress_owner', '{"authorize": false}'), '42501: domain policy_authorize_option requires authorization', 'then nobody may');

SELECT * FROM finish();
ROLLBACK;
