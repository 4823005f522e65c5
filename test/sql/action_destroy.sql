\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(14);

-- What does a destroy action remove and return?

SELECT pg_temp.define($doc${
  "domain": "action_destroy",
  "resources": {
    "post": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true}, "status": {"type": "string", "default": "draft", "public": true}},
      "relationships": {"comments": {"has_many": "action_destroy.comment", "destination_attribute": "post_id", "public": true}},
      "actions": {
        "defaults": ["read", "destroy", {"create": "*"}],
        "archive": {"type": "destroy", "soft": true, "arguments": {"reason": {"type": "string", "allow_nil": false}},
          "changes": [{"set_attribute": {"attribute": "status", "value": "archived"}}]},
        "discard": {"type": "destroy", "changes": [{"filter": "status = 'draft'"}]},
        "checked": {"type": "destroy", "validations": [{"attribute_equals": {"attribute": "status", "value": "draft"}, "message": "must be a draft"}]}
      }
    },
    "comment": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"post": {"belongs_to": "action_destroy.post", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}]}
    }
  }
}$doc$) \gset
INSERT INTO action_destroy.post (title) SELECT 'post ' || i FROM generate_series(1, 8) i;

SELECT is(ash_destroy('action_destroy.post', '1')::text, 'null', 'the result is null');
SELECT results_eq('SELECT id FROM action_destroy.post ORDER BY id', ARRAY[2,3,4,5,6,7,8]::bigint[], 'the row is gone');
SELECT is(ash_destroy('action_destroy.post', '2', options => '{"return_destroyed": true}')::jsonb, '{"id": 2, "title": "post 2", "status": "draft"}', 'or the record, when asked for');
SELECT is(ash_run_action('action_destroy.post', 'destroy', '{}', '{"record": {"id": 3}}')::text, 'null', 'by the name of the action');
SELECT is(split_part(pg_temp.errors($$SELECT ash_destroy('action_destroy.post', '1')$$), E'\n', 1), '22023 invalid', 'what is gone cannot be destroyed again'),
	matches(pg_temp.errors($$SELECT ash_destroy('action_destroy.post', '1')$$), E'\n(not_found|stale_record)', 'it is not found');

-- Soft.
SELECT is(pg_temp.errors($$SELECT ash_destroy('action_destroy.post', '4', options => '{"action": "archive"}')$$), E'22023 invalid\nrequired reason: argument reason is required', 'arguments are checked');
SELECT is(ash_destroy('action_destroy.post', '4', '{"reason": "old"}', '{"action": "archive", "return_destroyed": true}')->>'status', 'archived', 'a soft destroy updates'),
	results_eq('SELECT status FROM action_destroy.post WHERE id = 4', ARRAY['archived'], 'and keeps the row');

-- Conditions.
SELECT matches(pg_temp.errors($$SELECT ash_destroy('action_destroy.post', '4', options => '{"action": "discard"}')$$), E'\nstale_record', 'a filter of the action'),
	is(pg_temp.errors($$SELECT ash_destroy('action_destroy.post', '4', options => '{"action": "checked"}')$$), E'22023 invalid\ninvalid_attribute status: must be a draft', 'a validation'),
	isnt_empty('SELECT 1 FROM action_destroy.post WHERE id = 4', 'keep the row');

-- Rows that others refer to.
SELECT ash_create('action_destroy.comment', '{"post_id": 5}') AS comment \gset
SELECT is(pg_temp.errors($$SELECT ash_destroy('action_destroy.post', '5')$$), E'23503 invalid\ninvalid_attribute id: would leave records behind', 'a row that others refer to stays');
SELECT is(pg_temp.errors($$SELECT ash_destroy('action_destroy.post', 'null')$$) ~ '^22023 invalid', true, 'null is no key');

SELECT * FROM finish();
ROLLBACK;
