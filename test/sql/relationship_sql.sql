\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(6);

-- Do paths mean the same in ordinary SQL and typed functions: through others, and with arguments of the row and the actor?

SELECT pg_temp.define($doc${
  "domain": "rq",
  "resources": {
    "kid": {"attributes": {"id": "integer_primary_key", "grade": {"type": "integer", "public": true}, "up_id": {"type": "integer"}, "of_id": {"type": "integer"}},
      "relationships": {"down": {"has_many": "rq.kid", "destination_attribute": "of_id"}},
      "actions": {"defaults": ["read"], "graded": {"type": "read", "arguments": {"min": "integer", "who": "string"}, "filter": "grade >= arg.min and arg.who = 'ann'"}}},
    "node": {
      "attributes": {"id": "integer_primary_key", "grade": {"type": "integer", "public": true}, "up_id": {"type": "integer", "public": true}},
      "relationships": {
        "down": {"has_many": "rq.kid", "destination_attribute": "up_id"},
        "grand": {"has_many": "rq.kid", "through": ["down", "down"]},
        "graded": {"has_many": "rq.kid", "destination_attribute": "up_id", "read_action": "graded", "read_action_arguments": {"min": {"expr": "parent.grade"}, "who": {"actor": "name"}}}
      },
      "actions": {"defaults": ["read"],
        "parents": {"type": "read", "filter": "exists(graded, true) or exists(grand, true)"}},
      "policies": [{"policy": {"action": ["read"]}, "checks": [{"authorize_if": {"expr": "exists(grand, grade > 0)"}}, {"authorize_if": {"expr": "exists(graded, true)"}}]}, {"policy": {"action": ["parents"]}, "checks": [{"authorize_if": "always"}]}],
      "code_interface": {"parents": {"action": "parents"}}
    }
  }
}$doc$) \gset
INSERT INTO rq.node (grade, up_id) VALUES (1, NULL), (2, 1), (3, 2), (0, 3);
CREATE ROLE rq_web;
GRANT USAGE ON SCHEMA rq TO rq_web;
INSERT INTO rq.kid (grade, up_id, of_id) VALUES (5, 2, NULL), (7, NULL, 1), (3, 3, NULL), (1, 4, 3), (2, NULL, 3);
GRANT SELECT ON rq.node, rq.kid TO rq_web;

SELECT is(pg_temp.as_role('rq_web', 'SELECT string_agg(id::text, '' '' ORDER BY id) FROM rq.node'), '2 3', 'policies in ordinary SQL, without an actor'),
	is(ash_list('rq.node', 'id', '{"sort": "id"}')::jsonb, '[2, 3]', 'and in an action'),
	is((SELECT string_agg(id::text, ' ' ORDER BY id) FROM rq.parents()), '2 3', 'the filter of a typed function');
SELECT set_config('ash.actor', '{"name": "ann"}', true) AS actor \gset
SELECT is(pg_temp.as_role('rq_web', 'SELECT string_agg(id::text, '' '' ORDER BY id) FROM rq.node'), '2 3 4', 'policies in ordinary SQL, with one'),
	is(ash_list('rq.node', 'id', '{"sort": "id"}')::jsonb, '[2, 3, 4]', 'in an action'),
	is((SELECT string_agg(id::text, ' ' ORDER BY id) FROM rq.parents()), '2 3 4', 'in a typed function');

SELECT * FROM finish();
ROLLBACK;
