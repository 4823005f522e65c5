\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(34);

-- Which options does a call take, and which values of them?

SELECT pg_temp.define($doc${
  "domain": "action_options",
  "authorization": {"actor": "action_options.person"},
  "resources": {
    "person": {"attributes": {"id": {"helper": "integer_primary_key"}, "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "note": {
      "attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}, "by": {"type": "string", "public": true}, "hidden": "string",
        "always": {"type": "string", "public": true, "always_select": true}},
      "relationships": {"owner": {"belongs_to": "action_options.person", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}],
        "sign": {"type": "create", "accept": ["text"], "changes": [{"set_attribute": {"attribute": "by", "value": {"actor": "name"}}}]},
        "contextual": {"type": "create", "accept": [], "changes": [{"set_attribute": {"attribute": "text", "value": {"context": "note"}}}]}}
    },
    "pair": {"attributes": {"a": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "b": {"type": "string", "primary_key": true, "allow_nil": false, "public": true}, "c": {"type": "string", "public": true}},
      "identities": {"by_c": ["c"]},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}}
  }
}$doc$) \gset
INSERT INTO action_options.person (name) VALUES ('Ann'), ('Bob');
INSERT INTO action_options.note (text, always) VALUES ('one', 'x');
INSERT INTO action_options.pair VALUES (1, 'x', 'c1'), (1, 'y', 'c2');

CREATE FUNCTION pg_temp.refused(options text, resource text DEFAULT 'action_options.note', action text DEFAULT 'read') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_run_action(%L, %L, ''{}'', %L)', resource, action, options))
$$;

-- Names and types.
SELECT is(pg_temp.refused('{"limt": 1}'), E'22023 invalid\nno_such_option limt: No such option `limt`', 'an unknown option is refused'),
	is((pg_temp.caught($$SELECT ash_read('action_options.note', '{"limt": 1}')$$)->>'detail')::jsonb #> '{errors,0,did_you_mean}', '["limit"]', 'with a suggestion'),
	is(pg_temp.refused('{"limt": 1, "ofset": 1}'), E'22023 invalid\nno_such_option limt: No such option `limt`\nno_such_option ofset: No such option `ofset`', 'all unknown ones');
SELECT is(split_part(pg_temp.refused(o), ':', 1), E'22023 invalid\n' || e, 'refused: ' || o)
FROM (VALUES ('{"authorize": "no"}', 'invalid_option authorize'), ('{"return_destroyed": 1}', 'invalid_option return_destroyed'), ('{"limit": -1}', 'invalid_limit'),
	('{"limit": 1.5}', 'invalid_limit'), ('{"offset": []}', 'invalid_offset'), ('{"page": 5}', 'invalid_option page'), ('{"lock": 5}', 'invalid_option lock'),
	('[]', 'invalid_option'), ('5', 'invalid_option'), ('null', 'invalid_option')) AS t(o, e);

-- Records.
SELECT is(ash_get('action_options.pair', '{"a": 1, "b": "x"}')->>'c', 'c1', 'a key of two fields'),
	is(ash_get('action_options.pair', '{"c": "c2"}')->>'b', 'y', 'an identity');
SELECT matches(pg_temp.errors(format('SELECT ash_get(%L, %L)', 'action_options.pair', r)), '^22023 invalid\ninvalid_primary_key', 'no key of two fields: ' || r)
FROM (VALUES ('5'), ('{"a": 1}'), ('{"a": "x", "b": "x"}'), ('[1, "x"]'), ('{}')) AS t(r);
SELECT matches(pg_temp.errors($$SELECT ash_get('action_options.pair', '{"a": 9, "b": "x"}')$$), '^22023 invalid\nnot_found', 'a key without a record'),
	is(ash_get('action_options.pair', '{"a": 9, "b": "x"}', '{"not_found_error": false}')::text, 'null', 'is null when that is no error');

-- Select.
SELECT is(ash_read('action_options.note', '{"select": ["text"]}')::jsonb, '[{"id": 1, "text": "one", "always": "x"}]', 'selected, key, always selected'),
	is(ash_create('action_options.note', '{"text": "two"}', '{"select": ["text"]}')::jsonb - 'id', '{"text": "two", "always": null}', 'of a write too'),
	is(ash_create('action_options.note', '{"text": "three"}', '{"select": []}')::jsonb - 'id', '{"always": null}', 'nothing but the key and what is always selected'),
	matches(pg_temp.refused('{"select": ["nope"]}'), E'^22023 invalid\nno_such_attribute.*: No such attribute nope for resource action_options\.note', 'no such attribute');

-- Actors.
SELECT is(ash_run_action('action_options.note', 'sign', '{}', '{"actor": {"name": "Eve"}}')->>'by', 'Eve', 'an actor as an object'),
	is(ash_run_action('action_options.note', 'sign', '{}', '{"actor": 2}')->>'by', 'Bob', 'as a key'),
	is(ash_run_action('action_options.note', 'sign', '{}', '{"actor": null}')->>'by', NULL, 'as null'),
	matches(pg_temp.refused('{"actor": 99}'), '^22023 invalid\n', 'a key of nobody'),
	matches(pg_temp.refused('{"actor": [1]}'), '^22023 invalid\ninvalid_option actor', 'a list');
SET LOCAL ash.actor = '1';
SELECT is(ash_run_action('action_options.note', 'sign', '{}')->>'by', 'Ann', 'the setting'),
	is(ash_run_action('action_options.note', 'sign', '{}', '{"actor": {"name": "Eve"}}')->>'by', 'Eve', 'the option comes before it');
RESET ash.actor;

-- Context.
SELECT is(ash_run_action('action_options.note', 'contextual', '{}', '{"context": {"note": "c"}}')->>'text', 'c', 'context');

SELECT * FROM finish();
ROLLBACK;
