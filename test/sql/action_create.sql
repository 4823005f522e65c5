\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(30);

-- What does a create action do with its input?

SELECT pg_temp.define($doc${
  "domain": "action_create",
  "resources": {
    "author": {"attributes": {"id": "uuid_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]}},
    "post": {
      "attributes": {
        "id": "uuid_primary_key",
        "title": {"type": "string", "allow_nil": false, "public": true},
        "body": {"type": "string", "public": true},
        "kind": {"type": "string", "default": "note", "allow_nil": false, "public": true},
        "score": {"type": "integer", "default": 0, "public": true},
        "secret": {"type": "string"},
        "secret_required": {"type": "string", "allow_nil": false, "default": "s"},
        "readonly": {"type": "string", "writable": false, "public": true, "default": "ro"},
        "inserted_at": {"helper": "create_timestamp", "public": true},
        "updated_at": {"helper": "update_timestamp", "public": true}
      },
      "relationships": {"author": {"belongs_to": "action_create.author", "public": true}},
      "actions": {
        "defaults": ["read", {"create": "*"}],
        "title_only": {"type": "create", "accept": ["title"]},
        "with_secret": {"type": "create", "accept": ["title", "secret"]},
        "required": {"type": "create", "accept": ["title", "body", "kind"], "require_attributes": ["body", "kind"]},
        "made_up": {"type": "create", "accept": ["title"], "allow_nil_input": ["title"],
          "changes": [{"set_new_attribute": {"attribute": "title", "value": "made up"}}]},
        "never_set": {"type": "create", "accept": ["title"], "allow_nil_input": ["title"]},
        "skip": {"type": "create", "accept": ["title"], "skip_unknown_inputs": ["junk"]},
        "args": {"type": "create", "accept": ["title"],
          "arguments": {"word": {"type": "string", "allow_nil": false}, "times": {"type": "integer", "default": 2}},
          "changes": [{"set_attribute": {"attribute": "body", "value": {"arg": "word"}}}, {"set_attribute": {"attribute": "score", "value": {"arg": "times"}}}]},
        "private_arg": {"type": "create", "accept": ["title"], "arguments": {"hidden": {"type": "string", "public": false}},
          "changes": [{"set_attribute": {"attribute": "body", "value": {"arg": "hidden"}}}]},
        "set_bad": {"type": "create", "accept": ["title"], "arguments": {"n": "string"}, "changes": [{"set_attribute": {"attribute": "score", "value": {"arg": "n"}}}]}
      }
    }
  }
}$doc$) \gset

-- One call of an action of the post, its result without what differs each time.
CREATE FUNCTION pg_temp.post(action text, input jsonb, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_run_action('action_create.post', action, input, options)::jsonb - '{id,inserted_at,updated_at}'::text[]
$$;
CREATE FUNCTION pg_temp.post_errors(action text, input text, options text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_run_action(%L, %L, %L, %L)', 'action_create.post', action, input, options))
$$;

SELECT is(pg_temp.post('create', '{"title": "T"}'), '{"title": "T", "body": null, "kind": "note", "score": 0, "secret": null, "secret_required": "s", "readonly": "ro", "author_id": null}',
	'defaults fill what is not given');
SELECT results_eq('SELECT title, kind, secret_required FROM action_create.post', $$VALUES ('T', 'note', 's')$$, 'and are stored');
SELECT is((SELECT r->>'inserted_at' = r->>'updated_at' FROM ash_create('action_create.post', '{"title": "T"}') AS r), true, 'both timestamps are the same');
SELECT matches(ash_create('action_create.post', '{"title": "T"}')->>'inserted_at', '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$', 'timestamps are ISO 8601 UTC');
SELECT matches(ash_create('action_create.post', '{"title": "T"}')->>'id', '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$', 'the key is a random uuid');
SELECT is(pg_temp.post('create', '{"title": "  T  ", "body": "  "}') ->> 'title', 'T', 'strings are trimmed'),
	is(pg_temp.post('create', '{"title": "  T  ", "body": "  "}') -> 'body', 'null', 'and blank ones are null');
SELECT is(pg_temp.post('create', '{"title": "T", "score": "7"}') -> 'score', '7', 'input is cast');

-- Required.
SELECT is(pg_temp.post_errors('create', '{}'), E'22023 invalid\nrequired title: attribute title is required', 'missing');
SELECT is(pg_temp.post_errors('create', '{"title": null}'), E'22023 invalid\nrequired title: attribute title is required', 'null');
SELECT is(pg_temp.post_errors('create', '{"title": " \t "}'), E'22023 invalid\nrequired title: attribute title is required', 'blank');
SELECT is(pg_temp.post_errors('create', '{"title": "T", "kind": null}'), E'22023 invalid\nrequired kind: attribute kind is required', 'null beats a default');
SELECT is(pg_temp.post_errors('required', '{"title": "T"}'), E'22023 invalid\nrequired body: attribute body is required\nrequired kind: attribute kind is required',
	'a required attribute must be given in spite of a default');
SELECT is(pg_temp.post('made_up', '{}')->>'title', 'made up', 'allow_nil_input leaves it to a change');
SELECT is(pg_temp.post_errors('never_set', '{}'), E'22023 invalid\nrequired title: attribute title is required', 'which must set it');

-- Unknown input.
SELECT is(pg_temp.post_errors('create', '{"title": "T", "titel": "x"}'), E'22023 invalid\nno_such_input titel: No such input `titel` for action action_create.post.create', 'unknown');
SELECT is((pg_temp.caught($$SELECT ash_create('action_create.post', '{"title": "T", "titel": "x"}')$$)->>'detail')::jsonb #> '{errors,0,did_you_mean}', '["title"]', 'did you mean');
SELECT is(pg_temp.post_errors('title_only', '{"title": "T", "body": "x"}'), E'22023 invalid\nno_such_input body: No such input `body` for action action_create.post.title_only', 'not accepted');
SELECT is(pg_temp.post_errors('create', '{"title": "T", "readonly": "x"}'), E'22023 invalid\nno_such_input readonly: No such input `readonly` for action action_create.post.create', 'not writable');
SELECT is(pg_temp.post_errors('create', '{"title": "T", "secret": "x"}'), E'22023 invalid\nno_such_input secret: No such input `secret` for action action_create.post.create', 'not public');
SELECT is(pg_temp.post('with_secret', '{"title": "T", "secret": "x"}')->>'secret', 'x', 'a private attribute may be accepted by name');
SELECT is(pg_temp.post('title_only', '{"title": "T", "_ignored": "x"}')->>'title', 'T', 'what begins with _ is ignored');
SELECT is(pg_temp.post('skip', '{"title": "T", "junk": "x"}')->>'title', 'T', 'the action skips an input'),
	is(pg_temp.post('title_only', '{"title": "T", "junk": "x"}', '{"skip_unknown_inputs": "*"}')->>'title', 'T', 'the call skips all');

-- Arguments.
SELECT is(pg_temp.post('args', '{"title": "T", "word": "w"}') - '{title,kind,secret,secret_required,readonly,author_id}'::text[], '{"body": "w", "score": 2}', 'arguments reach changes');
SELECT is(pg_temp.post_errors('args', '{"title": "T", "times": "x"}'), E'22023 invalid\ninvalid_argument times: is invalid\nrequired word: argument word is required', 'and are checked');
SELECT is(pg_temp.post('args', '{"title": "T", "word": "w", "times": null}')->'score', 'null', 'a null is kept in spite of the default');
SELECT is(pg_temp.post('private_arg', '{"title": "T", "hidden": "x"}')->'body', 'null', 'a private argument is not set from input');
SELECT is(pg_temp.post_errors('set_bad', '{"title": "T", "n": "many"}'), E'22023 invalid\ninvalid_attribute score: is invalid', 'a change casts what it sets');

-- Nothing of a failed create is stored.
SELECT is((SELECT count(*)::int FROM action_create.post WHERE title IS DISTINCT FROM 'T' AND title <> 'made up'), 0, 'a failed create leaves nothing');

SELECT * FROM finish();
ROLLBACK;
