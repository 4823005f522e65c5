\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(27);

-- Do policies with expressions decide row by row, on reads and writes?

SELECT pg_temp.define($doc${
  "domain": "policy_filter",
  "resources": {
    "note": {
      "attributes": {"id": "integer_primary_key", "owner": {"type": "integer", "public": true}, "public": {"type": "boolean", "public": true}, "text": {"type": "string", "public": true}},
      "relationships": {"comments": {"has_many": "policy_filter.comment", "destination_attribute": "note_id", "public": true}},
      "aggregates": {"comment_count": {"count": "comments", "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}], "strictly": {"type": "read"}},
      "policies": [
        {"bypass": {"actor_attribute_equals": {"attribute": "admin", "value": true}}, "checks": [{"authorize_if": "always"}]},
        {"policy": {"action": ["strictly"]}, "access_type": "strict", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]},
        {"policy": {"action_type": ["read"]}, "checks": [{"authorize_if": {"expr": "owner = actor.id"}}, {"authorize_if": {"expr": "public"}}]},
        {"policy": {"action_type": ["update", "destroy"]}, "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]},
        {"policy": {"action_type": ["create"]}, "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}
      ]
    },
    "comment": {
      "attributes": {"id": "integer_primary_key", "hidden": {"type": "boolean", "public": true}, "text": {"type": "string", "public": true}},
      "relationships": {"note": {"belongs_to": "policy_filter.note", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"forbid_if": {"expr": "hidden"}}, {"authorize_if": "always"}]}]
    },
    "negated": {
      "attributes": {"id": "integer_primary_key", "flag": {"type": "boolean", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"forbid_if": {"expr": "flag"}}, {"authorize_if": "always"}]}]
    }
  }
}$doc$) \gset
INSERT INTO policy_filter.note (owner, public, text) VALUES (1, false, 'a'), (1, true, 'b'), (2, false, 'c'), (2, true, 'd'), (NULL, NULL, 'e');
INSERT INTO policy_filter.comment (hidden, text, note_id) VALUES (false, 'seen', 2), (true, 'unseen', 2), (NULL, 'null', 2);
INSERT INTO policy_filter.negated (flag) VALUES (true), (false), (NULL);

CREATE FUNCTION pg_temp.seen(actor text, options jsonb DEFAULT '{}', resource text DEFAULT 'policy_filter.note') RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(r->>'id', ' '), '') FROM json_array_elements(ash_read(resource, options || jsonb_build_object('sort', 'id', 'actor', actor::jsonb))) AS r
$$;
CREATE FUNCTION pg_temp.outcome(call text) RETURNS text LANGUAGE sql AS $$ SELECT replace(pg_temp.errors('SELECT ' || call), E'\n', ' ') $$;

-- Reading.
SELECT is(pg_temp.seen('{"id": 1}'), '1 2 4', 'own ones and public ones'), is(pg_temp.seen('{"id": 2}'), '2 3 4', 'of another actor'),
	is(pg_temp.seen('null'), '2 4', 'of nobody'), is(pg_temp.seen('{}'), '2 4', 'of an actor without the attribute'), is(pg_temp.seen('{"admin": true}'), '1 2 3 4 5', 'a bypass'),
	is(pg_temp.seen('{"id": 1}', '{"filter": {"text": {"in": ["a", "c"]}}}'), '1', 'together with the caller''s filter'),
	is(pg_temp.seen('{"id": 1}', '{"filter": {"or": [{"text": "c"}, {"text": "a"}]}}'), '1', 'which cannot widen it'),
	is(ash_count('policy_filter.note', '{"actor": {"id": 1}}')::text, '3', 'count'),
	is(ash_get('policy_filter.note', '3', '{"actor": {"id": 1}, "not_found_error": false}')::text, 'null', 'get');
SELECT is(ash_read('policy_filter.note', '{"actor": {"id": 1}, "filter": {"id": 2}, "select": [], "load": ["comment_count", {"comments": {"select": ["text"], "sort": "id"}}]}')::jsonb,
	'[{"id": 2, "comment_count": 1, "comments": [{"id": 1, "text": "seen"}]}]', 'related rows and aggregates obey the policies of their resource');
SELECT is(pg_temp.seen('null', '{}', 'policy_filter.negated'), '2', 'where a forbidding check is null the row is not seen');
SELECT is(pg_temp.outcome($$ash_read('policy_filter.note', '{"action": "strictly", "actor": {"id": 1}}')$$), '42501 forbidden forbidden: forbidden', 'a strict policy is not decided by rows');

-- Writing.
SELECT is(pg_temp.outcome($$ash_update('policy_filter.note', '1', '{"text": "A"}', '{"actor": {"id": 1}}')$$), 'no error', 'update of an own row'),
	is(pg_temp.outcome($$ash_update('policy_filter.note', '3', '{"text": "C"}', '{"actor": {"id": 1}}')$$), '42501 forbidden forbidden: forbidden', 'of another''s'),
	is(pg_temp.outcome($$ash_update('policy_filter.note', '4', '{"text": "D"}', '{"actor": {"id": 1}}')$$), '42501 forbidden forbidden: forbidden', 'of another''s that can be read'),
	is(pg_temp.outcome($$ash_update('policy_filter.note', '3', '{"owner": 1}', '{"actor": {"id": 1}}')$$), '42501 forbidden forbidden: forbidden', 'the stored row decides, not the new one'),
	is(pg_temp.outcome($$ash_update('policy_filter.note', '5', '{"text": "E"}', '{"actor": {}}')$$), '42501 forbidden forbidden: forbidden', 'null is not nobody''s'),
	is(pg_temp.outcome($$ash_destroy('policy_filter.note', '3', '{}', '{"actor": {"id": 1}}')$$), '42501 forbidden forbidden: forbidden', 'destroy of another''s'),
	is(pg_temp.outcome($$ash_destroy('policy_filter.note', '3', '{}', '{"actor": {"admin": true}}')$$), 'no error', 'by a bypass'),
	is(pg_temp.outcome($$ash_create('policy_filter.note', '{"owner": 1}', '{"actor": {"id": 1}}')$$), 'no error', 'create of an own row'),
	is(pg_temp.outcome($$ash_create('policy_filter.note', '{"owner": 2, "text": "stolen"}', '{"actor": {"id": 1}}')$$), '42501 forbidden forbidden: forbidden', 'of another''s');
SELECT is_empty($$SELECT 1 FROM policy_filter.note WHERE text IN ('C', 'D', 'E', 'stolen')$$, 'what was forbidden is not stored');

-- What may happen.
SELECT is(ash_can('policy_filter.note', 'read', options => '{"actor": {"id": 1}}'), 'yes', 'a read that depends on rows may begin'),
	is(ash_can('policy_filter.note', 'read', options => '{"actor": {"admin": true}}'), 'yes', 'one that does not'),
	is(ash_can('policy_filter.note', 'update', options => '{"actor": {"id": 1}, "record": 1}'), 'yes', 'an update of an own row'),
	is(ash_can('policy_filter.note', 'update', options => '{"actor": {"id": 1}, "record": 4}'), 'no', 'of another''s');

-- The same statement for many actors: no plan remembers one of them.
SELECT is((SELECT string_agg(pg_temp.seen(jsonb_build_object('id', 1 + i % 2)::text, '{"filter": {"public": false}}'), ',' ORDER BY i) FROM generate_series(1, 8) i), ',1,,1,,1,,1', 'actors are parameters');

SELECT * FROM finish();
ROLLBACK;
