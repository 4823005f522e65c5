\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(20);

-- What does an action say about the record it gives back?

CREATE SCHEMA app;
-- Returns its options.
CREATE FUNCTION app.say(subject jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT options';
CREATE FUNCTION app.tell(subject jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('metadata', jsonb_build_object('token', 'of ' || (subject #>> '{attributes,name}'))) $$;

SELECT pg_temp.define($doc${
  "domain": "metadata",
  "types": {"short": {"type": "string", "constraints": {"max_length": 12}}},
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {"parent": {"belongs_to": "item", "attribute_type": "integer"}, "children": {"has_many": "item", "destination_attribute": "parent_id", "public": true}},
      "calculations": {"shout": {"type": "string", "expr": "upper(name)", "public": true}},
      "actions": {
        "defaults": ["read"],
        "make": {"type": "create", "accept": ["name"], "primary": true, "arguments": {"children": {"type": "map[]"}},
          "changes": [{"function": "app.tell"}, {"manage_relationship": {"argument": "children", "type": "create"}}],
          "metadata": {"token": {"type": "short", "allow_nil": false}, "level": {"type": "integer", "default": 3}, "other": "string", "at": {"type": "string", "default": {"expr": "'x' || 'y'"}}}},
        "rename": {"type": "update", "accept": ["name"], "changes": [{"function": "app.tell"}], "metadata": {"token": "string"}},
        "drop": {"type": "destroy", "changes": [{"function": "app.say", "options": {"metadata": {"n": "5"}}}], "metadata": {"n": "integer"}},
        "twice": {"type": "update", "accept": [], "changes": [{"function": "app.say", "options": {"metadata": {"n": 1}}}, {"function": "app.say", "options": {"metadata": {"n": 2}}}], "metadata": {"n": "integer"}},
        "unknown": {"type": "create", "accept": ["name"], "changes": [{"function": "app.say", "options": {"metadata": {"m": 1}}}], "metadata": {"n": "integer"}},
        "none": {"type": "create", "accept": ["name"], "changes": [{"function": "app.say", "options": {"metadata": {"n": 1}}}]},
        "wrong": {"type": "create", "accept": ["name"], "changes": [{"function": "app.say", "options": {"metadata": {"n": "x"}}}], "metadata": {"n": "integer"}},
        "missing": {"type": "create", "accept": ["name"], "metadata": {"n": {"type": "integer", "allow_nil": false}}},
        "no_object": {"type": "create", "accept": ["name"], "changes": [{"function": "app.say", "options": {"metadata": [1]}}], "metadata": {"n": "integer"}}
      }
    }
  }
}$doc$) \gset
CREATE FUNCTION pg_temp.run(action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_run_action('metadata.item', action, input, options)::jsonb
$$;
CREATE FUNCTION pg_temp.refused(action text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_run_action(%L, %L, %L)', 'metadata.item', action, '{"name": "a"}'))
$$;

SELECT is(pg_temp.run('make', '{"name": "a"}', '{"select": ["name"]}'), '{"id": 1, "name": "a", "_metadata": {"at": "xy", "level": 3, "other": null, "token": "of a"}}', 'what a change says, and defaults'),
	is(pg_temp.run('make', '{"name": "b"}', '{"select": ["name"], "load": ["shout"]}')->>'shout', 'B', 'beside loads'),
	is(pg_temp.run('make', '{"name": "c"}', '{"return_notifications": true}') #>> '{result,_metadata,token}', 'of c', 'beside notifications'),
	is(pg_temp.run('make', '{"name": "d", "children": [{"name": "e"}]}') #>> '{_metadata,token}', 'of d', 'of the record itself, not of those it manages'),
	is(pg_temp.run('rename', '{"name": "f"}', '{"record": 1, "select": ["name"]}'), '{"id": 1, "name": "f", "_metadata": {"token": "of f"}}', 'of an update'),
	is(pg_temp.run('rename', '{"name": "f"}', '{"record": 1}') #>> '{_metadata,token}', NULL, 'which changes nothing'),
	is(pg_temp.run('twice', '{}', '{"record": 1}') #>> '{_metadata,n}', '2', 'what is said last counts'),
	is(pg_temp.run('drop', '{}', '{"record": 2, "return_destroyed": true, "select": ["name"]}'), '{"id": 2, "name": "b", "_metadata": {"n": 5}}', 'of a destroy, cast'),
	is(pg_temp.run('drop', '{}', '{"record": 3}'), 'null', 'where there is a record'),
	is(ash_bulk_create('metadata.item', '[{"name": "x"}, {"name": "y"}]', '{"action": "make", "return_records": true, "select": []}')::jsonb #> '{records,1,_metadata,token}', '"of y"', 'in bulk'),
	is(ash_bulk_update('metadata.item', '{"name": "z"}', '{"action": "rename", "records": [1], "return_records": true}')::jsonb #> '{records,0,_metadata,token}', '"of z"', 'of each row');
SELECT is(pg_temp.run('read', '{}', '{"filter": {"name": "z"}}')->0 ? '_metadata', false, 'it is not stored');

SELECT is(pg_temp.refused('unknown'), E'38000 framework\nfunction_failed: function app.say set the unknown metadata "m"', 'what is not declared'),
	is(pg_temp.refused('none'), E'38000 framework\nfunction_failed: function app.say set the unknown metadata "n"', 'nothing is declared'),
	is(pg_temp.refused('wrong'), E'38000 framework\nfunction_failed n: is invalid', 'a value of another type'),
	is(pg_temp.refused('missing'), E'22023 invalid\nrequired n: metadata n is required', 'what must be said'),
	is(pg_temp.refused('no_object'), E'38000 framework\nfunction_failed: function app.say returned metadata that is no object', 'no object'),
	matches(pg_temp.errors($$SELECT ash_run_action('metadata.item', 'make', '{"name": "a long name"}')$$), 'function_failed token: length must be less than or equal to 12', 'constraints of the type');

CREATE FUNCTION pg_temp.faults(action text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.caught(format('SELECT ash_define(%L)', format('{"domain": "faulty", "resources": {"r": {"attributes": {"id": "integer_primary_key"}, "actions": {"a": %s}}}}', action)))->>'message'
$$;
SELECT matches(pg_temp.faults('{"type": "create", "metadata": {"n": {"type": "nope"}}}'), 'nope', 'an unknown type'),
	matches(pg_temp.faults('{"type": "action", "metadata": {"n": "integer"}, "run": "app.say"}'), 'takes no option "metadata"', 'a generic action gives no record');
SELECT * FROM finish();
ROLLBACK;
