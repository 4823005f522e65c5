\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(24);

-- What does a failed call tell: class, code, field, path, message, SQLSTATE, constraint?

SELECT pg_temp.define($doc${
  "domain": "action_errors",
  "resources": {
    "place": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]}},
    "thing": {
      "attributes": {
        "id": "integer_primary_key",
        "name": {"type": "string", "allow_nil": false, "public": true, "constraints": {"max_length": 5}},
        "a": {"type": "integer", "public": true}, "b": {"type": "integer", "public": true},
        "password": {"type": "string", "public": true, "sensitive": true, "constraints": {"min_length": 8}}
      },
      "relationships": {
        "place": {"belongs_to": "action_errors.place", "attribute_type": "integer", "public": true},
        "parts": {"has_many": "action_errors.part", "destination_attribute": "thing_id", "public": true}
      },
      "identities": {"by_name": {"keys": ["name"], "message": "is somebody else's"}, "by_ab": ["a", "b"]},
      "check_constraints": {"less": {"check": "a < b", "attribute": "a", "message": "must be less than b"}},
      "validations": [{"compare": {"attribute": "a", "greater_than": 0}, "on": ["create"]}],
      "actions": {"defaults": ["read", "destroy", {"create": "*"}],
        "with_parts": {"type": "create", "accept": ["name"], "arguments": {"parts": "map[]"}, "changes": [{"manage_relationship": {"argument": "parts", "relationship": "parts", "type": "create"}}]}},
      "policies": [{"policy": {"action_type": ["destroy"]}, "checks": [{"forbid_if": "always"}]}, {"policy": "always", "checks": [{"authorize_if": "always"}]}]
    },
    "part": {
      "attributes": {"id": "integer_primary_key", "size": {"type": "integer", "allow_nil": false, "public": true}},
      "relationships": {"thing": {"belongs_to": "action_errors.thing", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}]}
    }
  }
}$doc$) \gset
SELECT ash_create('action_errors.thing', '{"name": "one", "a": 1, "b": 2}') AS created \gset
CREATE FUNCTION pg_temp.error(input text) RETURNS jsonb LANGUAGE sql AS $$ SELECT pg_temp.caught(format('SELECT ash_create(%L, %L)', 'action_errors.thing', input)) $$;
CREATE FUNCTION pg_temp.lines(input text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.errors(format('SELECT ash_create(%L, %L)', 'action_errors.thing', input)) $$;

-- The form.
SELECT is((pg_temp.error('{"a": 1}')->>'detail')::jsonb,
	'{"class": "invalid", "errors": [{"code": "required", "field": "name", "path": [], "message": "attribute name is required", "vars": {}}]}', 'DETAIL is a JSON document'),
	is(pg_temp.error('{"a": 1}')->>'message', 'attribute name is required', 'MESSAGE is a line for people'),
	matches(pg_temp.error('{"a": 1}')->>'context', 'action_errors\.thing', 'the context names the resource');
SELECT is((pg_temp.error('{"name": "abcdef"}')->>'detail')::jsonb #> '{errors,0}',
	'{"code": "invalid_attribute", "field": "name", "path": [], "message": "length must be less than or equal to 5", "vars": {"max": 5}}', 'what a message says is in vars too');

-- All at once.
SELECT is(pg_temp.lines('{"name": "abcdef", "a": "x", "b": [], "nope": 1, "password": "short"}'),
	E'22023 invalid\ninvalid_attribute a: is invalid\ninvalid_attribute b: is invalid\ninvalid_attribute name: length must be less than or equal to 5\n'
	'invalid_attribute password: length must be greater than or equal to 8\nno_such_input nope: No such input `nope` for action action_errors.thing.create',
	'all errors of the input, no second one for a field that has one');
SELECT is(pg_temp.lines('{"a": 0}'), E'22023 invalid\ninvalid_attribute a: must be greater than 0\nrequired name: attribute name is required', 'input and validations together');
SELECT unalike((pg_temp.error('{"name": "x", "password": "geheim"}')->>'detail') || (pg_temp.error('{"name": "x", "password": "geheim"}')->>'message'), '%geheim%', 'a sensitive value is not repeated');

-- Constraints that only the database can check.
SELECT is(pg_temp.lines('{"name": "one"}'), E'23505 invalid\ninvalid_attribute name: is somebody else''s', 'an identity');
SELECT isnt(pg_temp.error('{"name": "one"}')->>'constraint', '', 'the constraint is named'),
	unalike(pg_temp.error('{"name": "one"}')->>'detail', '%already exists%', 'PostgreSQL''s DETAIL, which shows the row, is not');
SELECT is(pg_temp.lines('{"name": "two", "a": 1, "b": 2}'), E'23505 invalid\ninvalid_attribute a: has already been taken\ninvalid_attribute b: has already been taken', 'an identity of two keys has two errors'),
	is(pg_temp.lines('{"name": "two", "place_id": 5}'), E'23503 invalid\ninvalid_attribute place_id: does not exist', 'a reference'),
	is(pg_temp.lines('{"name": "two", "a": 3, "b": 2}'), E'23514 invalid\ninvalid_attribute a: must be less than b', 'a check');
ALTER TABLE action_errors.thing ADD CONSTRAINT foreign_to_us CHECK (b IS DISTINCT FROM 77);
SELECT is(pg_temp.error('{"name": "two", "b": 77}')->>'sqlstate', '23514', 'a constraint that nobody defined'),
	is(pg_temp.error('{"name": "two", "b": 77}')->>'constraint', 'foreign_to_us', 'keeps its name');

-- Nested input.
SELECT is(pg_temp.errors($$SELECT ash_run_action('action_errors.thing', 'with_parts', '{"name": "p", "parts": [{"size": 1}, {"size": "x"}, {}]}')$$) ~
	E'^22023 invalid\n(invalid_attribute size \\["parts", 1\\]: is invalid)', true, 'an error of a nested record has its path');
SELECT is_empty($$SELECT 1 FROM action_errors.thing WHERE name = 'p'$$, 'and nothing of the call is stored');

-- Classes.
SELECT is(pg_temp.errors($$SELECT ash_destroy('action_errors.thing', '1')$$), E'42501 forbidden\nforbidden: forbidden', 'forbidden');
SELECT is(pg_temp.errors($$SELECT ash_run_action('action_errors.nope', 'read')$$), E'22023 invalid\nno_such_resource: No such resource action_errors.nope', 'no such resource'),
	is(split_part(pg_temp.errors($$SELECT ash_run_action('action_errors.thing', 'raed')$$), ':', 1), E'22023 invalid\nno_such_action', 'no such action'),
	is((pg_temp.caught($$SELECT ash_run_action('action_errors.thing', 'raed')$$)->>'detail')::jsonb #> '{errors,0,did_you_mean}', '["read"]', 'did you mean'),
	matches(pg_temp.errors($$SELECT ash_update('action_errors.thing', '1')$$), E'^22023 invalid\nno_primary_action: No primary action of type :?update for resource action_errors\.thing, and no action specified$', 'no primary action');

-- A failed call leaves the session as it was.
SELECT is(ash_create('action_errors.thing', '{"name": "three"}')->>'name', 'three', 'the next call succeeds');
SELECT is(ash_count('action_errors.thing')::text, '2', 'and nothing of the failed ones is stored');

SELECT * FROM finish();
ROLLBACK;
