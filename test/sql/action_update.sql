\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(28);

-- What does an update action do with a record and input?

SELECT pg_temp.define($doc${
  "domain": "action_update",
  "resources": {
    "post": {
      "attributes": {
        "id": {"helper": "uuid_primary_key", "writable": true},
        "title": {"type": "string", "allow_nil": false, "public": true},
        "body": {"type": "string", "public": true},
        "status": {"type": "string", "default": "draft", "public": true},
        "score": {"type": "integer", "default": 0, "public": true},
        "version": {"type": "integer", "default": 1, "public": true},
        "slug": {"type": "string", "public": true},
        "updated_at": {"helper": "update_timestamp", "public": true}
      },
      "identities": {"by_slug": ["slug"]},
      "actions": {
        "defaults": ["read", "destroy", {"create": ["*", "id"]}, {"update": "*"}],
        "title_only": {"type": "update", "accept": ["title"]},
        "require": {"type": "update", "accept": ["title", "body"], "require_attributes": ["body"]},
        "publish": {"type": "update", "accept": [], "changes": [{"set_attribute": {"attribute": "status", "value": "live"}}],
          "validations": [{"attribute_equals": {"attribute": "status", "value": "draft"}}]},
        "publish_draft": {"type": "update", "accept": [], "validations": [{"attribute_equals": {"attribute": "status", "value": "draft"}, "message": "must be a draft"}],
          "changes": [{"set_attribute": {"attribute": "status", "value": "live"}}]},
        "set_same": {"type": "update", "accept": [], "changes": [{"set_attribute": {"attribute": "status", "value": "draft"}}],
          "validations": [{"changing": {"field": "status"}}]},
        "bump": {"type": "update", "accept": [], "changes": [{"increment": {"attribute": "score", "amount": 3}}]},
        "shout": {"type": "update", "accept": [], "changes": [{"atomic_update": {"attribute": "title", "expr": "title || '!'"}}]},
        "locked": {"type": "update", "accept": ["title"], "changes": [{"optimistic_lock": {"attribute": "version"}}]},
        "only_drafts": {"type": "update", "accept": ["title"], "changes": [{"filter": "status = 'draft'"}]}
      }
    }
  }
}$doc$) \gset
\set one '00000000-0000-4000-8000-000000000001'

SELECT ash_create('action_update.post', '{"id": "00000000-0000-4000-8000-000000000001", "title": "T", "slug": "t"}') AS created \gset
-- An action on the one post.
CREATE FUNCTION pg_temp.post(action text, input jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_run_action('action_update.post', action, input, '{"record": "00000000-0000-4000-8000-000000000001"}')::jsonb - '{updated_at}'::text[]
$$;
CREATE FUNCTION pg_temp.post_errors(action text, input text DEFAULT '{}', record text DEFAULT '"00000000-0000-4000-8000-000000000001"') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_run_action(%L, %L, %L, jsonb_build_object(''record'', %L::jsonb))', 'action_update.post', action, input, record))
$$;

SELECT is(pg_temp.post('update', '{"body": "B", "score": "5"}'), '{"id": "00000000-0000-4000-8000-000000000001", "title": "T", "body": "B", "status": "draft", "score": 5, "version": 1, "slug": "t"}',
	'only what is given changes, the whole record comes back');
SELECT results_eq('SELECT title, body, score FROM action_update.post', $$VALUES ('T', 'B', 5::bigint)$$, 'and is stored');
SELECT is(ash_update('action_update.post', to_jsonb(:'one'::text), '{"body": null}')::jsonb->'body', 'null', 'null clears');
SELECT is(ash_update('action_update.post', jsonb_build_object('id', :'one'), '{"body": "C"}')->>'body', 'C', 'a key as an object'),
	is(ash_update('action_update.post', '{"slug": "t"}', '{"body": "D"}')->>'body', 'D', 'an identity as an object'),
	is(ash_update('action_update.post', :'created', '{"body": "E"}')->>'body', 'E', 'a whole record');

-- What does not change.
UPDATE action_update.post SET updated_at = '2020-01-01Z';
SELECT is(ash_update('action_update.post', to_jsonb(:'one'::text), '{}')->>'updated_at', '2020-01-01T00:00:00.000000Z', 'no change: not touched');
SELECT is(ash_update('action_update.post', to_jsonb(:'one'::text), '{"title": " T "}')->>'updated_at', '2020-01-01T00:00:00.000000Z', 'the same value is no change');
SELECT is(pg_temp.post_errors('set_same'), E'22023 invalid\ninvalid_attribute status: must be changing', 'nor is it changing');
SELECT isnt(ash_update('action_update.post', to_jsonb(:'one'::text), '{"title": "U"}')->>'updated_at', '2020-01-01T00:00:00.000000Z', 'a change moves the timestamp');
SELECT is(pg_temp.post_errors('only_drafts'), 'no error', 'without changes the action''s filter may be met');

-- Errors.
SELECT is(pg_temp.post_errors('update', '{"title": null}'), E'22023 invalid\nrequired title: attribute title is required', 'null for a required attribute');
SELECT is(pg_temp.post_errors('require', '{"title": "T"}'), 'no error', 'a required attribute need not be given'),
	is(pg_temp.post_errors('require', '{"body": null}'), E'22023 invalid\nrequired body: attribute body is required', 'but may not be null');
SELECT is(pg_temp.post_errors('title_only', '{"body": "x"}'), E'22023 invalid\nno_such_input body: No such input `body` for action action_update.post.title_only', 'not accepted');
SELECT is(pg_temp.post_errors('update', '{"score": "x", "nope": 1, "title": null}'),
	E'22023 invalid\ninvalid_attribute score: is invalid\nno_such_input nope: No such input `nope` for action action_update.post.update\nrequired title: attribute title is required', 'all errors together');

-- Order.
SELECT is(pg_temp.post_errors('publish'), E'22023 invalid\ninvalid_attribute status: must equal "draft"', 'a validation after a change sees the new value'),
	is(pg_temp.post('publish_draft')->>'status', 'live', 'one before it sees the old'),
	is(pg_temp.post_errors('publish_draft'), E'22023 invalid\ninvalid_attribute status: must be a draft', 'with a message of its own');

-- Changes computed from the row.
SELECT is(pg_temp.post('bump')->'score', '8', 'increment'), is(pg_temp.post('shout')->>'title', 'T!', 'atomic_update'),
	is(pg_temp.post('locked', '{"title": "L"}')->'version', '2', 'optimistic_lock counts');

-- Rows that are not there.
SELECT is(split_part(pg_temp.post_errors('update', '{"title": "x"}', '"00000000-0000-4000-8000-000000000002"'), E'\n', 1), '22023 invalid', 'no such row'),
	matches(pg_temp.post_errors('update', '{"title": "x"}', '"00000000-0000-4000-8000-000000000002"'), E'\n(not_found|stale_record)', 'is not found'),
	is(pg_temp.post_errors('update', '{"title": "x"}', '"zzz"'), E'22023 invalid\ninvalid_primary_key: invalid primary key "zzz" provided', 'not a key at all'),
	matches(pg_temp.post_errors('only_drafts', '{"title": "x"}'), E'\nstale_record', 'filtered by the action'),
	matches(pg_temp.post_errors('only_drafts'), E'\nstale_record', 'also when nothing changes');
SELECT is(split_part(pg_temp.errors($$SELECT ash_run_action('action_update.post', 'update', '{"title": "x"}')$$), E'\n', 1), '22023 invalid', 'an update needs a record');

SELECT * FROM finish();
ROLLBACK;
