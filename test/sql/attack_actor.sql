\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(7);

-- Who may say that he is somebody, by a key: what does he learn about that record?

CREATE ROLE regress_curious;
SELECT pg_temp.define($doc${
  "domain": "attack_actor", "authorization": {"actor": "attack_actor.account"},
  "resources": {
    "account": {"security": "definer",
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "level": {"type": "integer"}, "password": {"type": "string", "sensitive": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"forbid_if": "always"}]}]},
    "item": {
      "attributes": {"id": "integer_primary_key", "level": {"type": "integer", "public": true}, "secret": {"type": "string", "public": true}},
      "actions": {"defaults": ["read"], "known": {"type": "read", "filter": "secret = actor.password"}},
      "policies": [{"policy": {"action": ["known"]}, "checks": [{"authorize_if": "always"}]}, {"policy": {"action": ["read"]}, "checks": [{"authorize_if": {"expr": "level <= actor.level"}}]}]}
  }
}$doc$) \gset
INSERT INTO attack_actor.account (name, level, password) VALUES ('root', 5, 'hash');
INSERT INTO attack_actor.item (level, secret) VALUES (4, 'hash'), (6, 'other');
GRANT USAGE ON SCHEMA attack_actor TO regress_curious;
GRANT SELECT ON attack_actor.item TO regress_curious;

SET LOCAL ash.actor = '1';
SELECT is(pg_temp.as_role('regress_curious', $$SELECT count(*) FROM attack_actor.account$$) ~ '^42501', true, 'not by ordinary SQL'),
	is(pg_temp.as_role('regress_curious', $$SELECT ash.actor('attack_actor.item')$$), '{"id": 1, "name": "root", "level": 5}', 'nothing sensitive'),
	is(pg_temp.as_role('regress_curious', $$SELECT ash.actor_value('attack_actor.item', '{password}')$$), NULL, 'nor as a value'),
	is(pg_temp.as_role('regress_curious', $$SELECT ash.actor('attack_actor.account')->>'password'$$), NULL, 'nor as the actor of its own resource');
SELECT is(pg_temp.as_role('regress_curious', 'SELECT id FROM attack_actor.item'), '1', 'policies of ordinary SQL know the rest'),
	is(pg_temp.as_role('regress_curious', $$SELECT ash_list('attack_actor.item', 'id', '{"action": "known"}')$$), '[1]', 'actions know all');
SET LOCAL ash.actor = '{"id": 1, "password": "given"}';
SELECT is(pg_temp.as_role('regress_curious', $$SELECT ash.actor_value('attack_actor.item', '{password}')$$), 'given', 'what the session says itself is no secret to it');

SELECT * FROM finish();
ROLLBACK;
