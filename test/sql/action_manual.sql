\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(45);

-- Does the function of a manual action take the place of the data layer, and nothing else's?

CREATE SCHEMA app;
CREATE TABLE app.calls (subject jsonb, options jsonb, context jsonb);
-- Inserts in upper case.
CREATE FUNCTION app.insert(changeset jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE result jsonb;
BEGIN
	INSERT INTO app.calls VALUES (changeset, options, context);
	INSERT INTO manual.item (name, size, owner) SELECT upper(changeset #>> '{attributes,name}'), (changeset #>> '{attributes,size}')::int, 1 RETURNING to_jsonb(item) INTO result;
	RETURN jsonb_build_object('record', result, 'metadata', jsonb_build_object('token', 'secret ' || (result->>'name')));
END $$;
CREATE FUNCTION app.update(changeset jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE result jsonb;
BEGIN
	IF changeset #>> '{attributes,name}' = 'nowhere' THEN
		RETURN NULL;
	END IF;
	UPDATE manual.item SET name = coalesce(changeset #>> '{attributes,name}', name), size = coalesce((changeset #>> '{attributes,size}')::int, size)
		WHERE id = (changeset #>> '{data,id}')::int RETURNING to_jsonb(item) INTO result;
	RETURN jsonb_build_object('record', result);
END $$;
CREATE FUNCTION app.delete(changeset jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM manual.item WHERE id = (changeset #>> '{data,id}')::int;
	RETURN NULL;
END $$;
-- Returns its options.
CREATE FUNCTION app.say(subject jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT options';
CREATE FUNCTION app.find(query jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg(r) FROM (SELECT jsonb_build_object('id', n, 'name', chr(96 + n), 'size', n * 10, 'owner', n % 2, 'asked', query) AS r FROM generate_series(1, 4) AS n) AS rs $$;

SELECT pg_temp.define($doc${
  "domain": "manual",
  "resources": {
    "item": {
      "attributes": {
        "id": "integer_primary_key", "name": {"type": "string", "public": true, "allow_nil": false},
        "size": {"type": "integer", "public": true}, "owner": {"type": "integer", "allow_nil": false},
        "hidden": {"type": "string", "public": true}
      },
      "calculations": {"double": {"type": "integer", "expr": "size * 2", "public": true}},
      "aggregates": {"parts_count": {"count": "parts", "public": true}},
      "relationships": {"parts": {"has_many": "part", "public": true}},
      "actions": {
        "defaults": ["read"],
        "make": {"type": "create", "accept": ["name", "size"], "arguments": {"parts": {"type": "map[]"}}, "manual": {"function": "app.insert", "options": {"k": 1}},
          "metadata": {"token": {"type": "string", "allow_nil": false}, "level": {"type": "integer", "default": 3}},
          "validations": [{"string_length": {"attribute": "name", "max": 5}, "message": "is too long"}],
          "changes": [{"manage_relationship": {"argument": "parts", "type": "create"}}]},
        "change": {"type": "update", "accept": ["name", "size"], "manual": "app.update"},
        "grow": {"type": "update", "accept": [], "manual": "app.update", "changes": [{"atomic_update": {"attribute": "size", "expr": "size + 1"}}]},
        "grow_small": {"type": "update", "accept": [], "manual": "app.update", "changes": [{"filter": "size < 100"}, {"set_attribute": {"attribute": "size", "value": 99}}]},
        "remove": {"type": "destroy", "manual": "app.delete"},
        "find": {"type": "read", "manual": "app.find", "arguments": {"least": {"type": "integer", "default": 0}}, "filter": "size >= arg.least"},
        "tells": {"type": "read", "manual": {"function": "app.say", "options": [{"id": 1, "_metadata": {"rank": "7"}}, {"id": 2}]}, "metadata": {"rank": {"type": "integer", "default": 0}}},
        "tells_wrong": {"type": "read", "manual": {"function": "app.say", "options": [{"id": 1, "_metadata": {"rank": "7"}}]}},
        "none": {"type": "create", "accept": ["name"], "manual": {"function": "app.say", "options": {}}},
        "unknown": {"type": "create", "accept": ["name"], "manual": {"function": "app.say", "options": {"recrod": {}}}},
        "keyless": {"type": "create", "accept": ["name"], "manual": {"function": "app.say", "options": {"record": {"name": "x"}}}},
        "invalid": {"type": "create", "accept": ["name"], "manual": {"function": "app.say", "options": {"record": {"id": 1, "size": "big"}}}},
        "refuses": {"type": "create", "accept": ["name"], "manual": {"function": "app.say", "options": {"errors": [{"field": "name", "message": "is taken elsewhere"}]}}},
        "untold": {"type": "create", "accept": ["name"], "manual": {"function": "app.say", "options": {"record": {"id": 1, "name": "x"}}}, "metadata": {"token": {"type": "string", "allow_nil": false}}},
        "mistold": {"type": "create", "accept": ["name"], "manual": {"function": "app.say", "options": {"record": {"id": 1}, "metadata": {"tok": 1}}}, "metadata": {"token": {"type": "string"}}},
        "found_wrong": {"type": "read", "manual": {"function": "app.say", "options": {"a": 1}}}
      },
      "policies": [
        {"policy": {"action": ["find"]}, "checks": [{"authorize_if": {"expr": "owner = 1"}}]},
        {"policy": {"action": ["remove"]}, "checks": [{"authorize_if": {"expr": "size < 50"}}]},
        {"policy": {"action": ["read", "make", "change", "grow", "grow_small", "none", "unknown", "keyless", "invalid", "refuses", "untold", "mistold", "found_wrong", "tells", "tells_wrong"]}, "checks": [{"authorize_if": "always"}]}],
      "field_policies": [
        {"fields": ["hidden"], "checks": [{"forbid_if": "always"}]},
        {"fields": "*", "checks": [{"authorize_if": "always"}]}]
    },
    "part": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {"item": {"belongs_to": "item", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read"], "create": {"type": "create", "primary": true, "accept": ["name", "item_id"]}}
    }
  }
}$doc$) \gset
CREATE FUNCTION pg_temp.run(action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_run_action('manual.item', action, input, options)::jsonb
$$;
CREATE FUNCTION pg_temp.refused(action text, input text DEFAULT '{}', options text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_run_action(%L, %L, %L, %L)', 'manual.item', action, input, options))
$$;

-- create
SELECT is(pg_temp.run('make', '{"name": " abc ", "size": "7", "parts": [{"name": "p"}]}', '{"select": ["name", "owner"], "load": ["double", "parts_count"], "context": {"c": 1}}') - 'parts',
	'{"id": 1, "name": "ABC", "owner": 1, "double": 14, "parts_count": 1, "_metadata": {"level": 3, "token": "secret ABC"}}', 'the record it returns, with loads, managed relationships and metadata');
SELECT is((SELECT subject->'attributes' FROM app.calls), '{"name": "abc", "size": 7}', 'it is told the changes, cast'),
	is((SELECT options FROM app.calls), '{"k": 1}', 'its options'),
	is((SELECT context->'context' FROM app.calls), '{"c": 1}', 'and the context'),
	is(pg_temp.refused('make', '{"name": "abcdef"}'), E'22023 invalid\ninvalid_attribute name: is too long', 'validations'),
	matches(pg_temp.refused('make', '{}'), 'required name', 'what is accepted is required'),
	is(ash_bulk_create('manual.item', '[{"name": "x", "size": 5}, {"name": "abcdef"}, {"name": "y"}]', '{"action": "make", "return_records": true, "select": ["name"]}')::jsonb - 'status',
		'{"records": [{"id": 2, "name": "X", "_metadata": {"level": 3, "token": "secret X"}}, {"id": 3, "name": "Y", "_metadata": {"level": 3, "token": "secret Y"}}], "error_count": 1}', 'in bulk');
SELECT is(pg_temp.refused('none', '{"name": "x"}'), E'38000 framework\nfunction_failed: function app.say returned no record', 'no record'),
	matches(pg_temp.refused('unknown', '{"name": "x"}'), 'function app.say returned the unknown key "recrod"', 'an unknown key'),
	matches(pg_temp.refused('keyless', '{"name": "x"}'), 'function app.say returned a record without its primary key', 'no key'),
	matches(pg_temp.refused('invalid', '{"name": "x"}'), 'function app.say returned "big", which is no value of attribute size', 'a value of another type'),
	is(pg_temp.refused('refuses', '{"name": "x"}'), E'22023 invalid\ninvalid_attribute name: is taken elsewhere', 'errors'),
	matches(pg_temp.refused('untold', '{"name": "x"}'), 'required token: metadata token is required', 'metadata that must be set'),
	matches(pg_temp.refused('mistold', '{"name": "x"}'), 'function app.say set the unknown metadata "tok"', 'unknown metadata');

SELECT matches(pg_temp.refused('make', '{"name": "x"}', '{"upsert": true}'), 'manual.item.make is manual: it does not upsert', 'an upsert');

-- update and destroy
SELECT is(pg_temp.run('change', '{"name": "new"}', '{"record": 1, "select": ["name", "size"]}'), '{"id": 1, "name": "new", "size": 7}', 'an update');
SELECT is((SELECT name FROM manual.item WHERE id = 1), 'new', '… by the function'),
	matches(pg_temp.refused('change', '{"name": "nowhere"}', '{"record": 1}'), 'stale_record', 'null is a stale record'),
	is(pg_temp.run('grow', '{}', '{"record": 1}')->>'size', '8', 'an atomic change is a value'),
	is(pg_temp.run('grow_small', '{}', '{"record": 1}')->>'size', '99', 'a filter that holds');
SELECT is(pg_temp.run('change', '{"size": 100}', '{"record": 1}')->>'size', '100', 'a greater one');
SELECT matches(pg_temp.refused('grow_small', '{}', '{"record": 1}'), 'stale_record', 'a filter that does not'),
	matches(pg_temp.refused('remove', '{}', '{"record": 1}'), 'forbidden', 'policies of a destroy');
SELECT is(pg_temp.run('remove', '{}', '{"record": 2, "return_destroyed": true, "select": ["name"]}'), '{"id": 2, "name": "X"}', 'a destroy');
SELECT is((SELECT count(*) FROM manual.item WHERE id = 2), 0::bigint, '… by the function');

-- read
SELECT is((SELECT string_agg(r->>'name', ' ') FROM jsonb_array_elements(pg_temp.run('find')) AS r), 'a c', 'policies decide which records are shown'),
	is((SELECT string_agg(r->>'name', ' ') FROM jsonb_array_elements(pg_temp.run('find', '{}', '{"authorize": false}')) AS r), 'a b c d', 'without them, all'),
	is((SELECT string_agg(r->>'name', ' ') FROM jsonb_array_elements(pg_temp.run('find', '{"least": 15}')) AS r), 'c', 'the filter of the action'),
	is((SELECT string_agg(r->>'name', ' ') FROM jsonb_array_elements(pg_temp.run('find', '{}', '{"filter": {"name": "a"}}')) AS r), 'a', 'the filter of the caller'),
	is((SELECT string_agg(r->>'name', ' ') FROM jsonb_array_elements(pg_temp.run('find', '{}', '{"authorize": false, "offset": 1, "limit": 2}')) AS r), 'b c', 'offset and limit'),
	is(pg_temp.run('find', '{}', '{"limit": 1, "select": ["size"], "load": ["double", "parts"]}'), '[{"id": 1, "size": 10, "double": 20, "parts": [{"id": 1, "name": "p", "item_id": 1}]}]', 'selection and loads'),
	is(pg_temp.run('find', '{}', '{"limit": 1}') #> '{0,_forbidden}', '["hidden"]', 'field policies'),
	matches(pg_temp.refused('find', '{}', '{"filter": {"hidden": "x"}}'), 'cannot be filtered by fields that policies may hide', '… also in filters'),
	matches(pg_temp.refused('find', '{}', '{"filter": {"parts": {"name": "p"}}}'), 'cannot be filtered by other rows', 'no filter on other rows'),
	matches(pg_temp.refused('find', '{}', '{"lock": "for update"}'), 'cannot be locked', 'no locks'),
	matches(pg_temp.errors($$SELECT ash_count('manual.item', '{"action": "find"}')$$), 'cannot be aggregated', 'no values over it'),
	is(pg_temp.run('tells', '{}', '{"select": [], "offset": 1}'), '[{"id": 2, "_metadata": {"rank": 0}}]', 'metadata of each record'),
	is(pg_temp.run('tells', '{}', '{"select": [], "limit": 1}'), '[{"id": 1, "_metadata": {"rank": 7}}]', '… cast'),
	matches(pg_temp.refused('tells_wrong'), 'function app.say set the unknown metadata "rank"', '… and declared'),
	matches(pg_temp.refused('found_wrong'), 'function app.say returned something else than a list of records', 'no list'),
	matches(pg_temp.refused('find', '{}', '{"page": {"limit": 1}}'), 'action_requires_pagination', 'no pages');

-- what a definition may not say
CREATE FUNCTION pg_temp.faults(action text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.caught(format('SELECT ash_define(%L)', format('{"domain": "faulty", "resources": {"r": {"attributes": {"id": "integer_primary_key"}, "actions": {"a": %s}}}}', action)))->>'message'
$$;
SELECT matches(pg_temp.faults('{"type": "read", "manual": "app.find", "pagination": {"offset": true}}'), 'a manual action takes no option "pagination"', 'pages'),
	matches(pg_temp.faults('{"type": "create", "manual": "app.find", "upsert": true}'), 'a manual action takes no option "upsert"', 'upserts'),
	matches(pg_temp.faults('{"type": "action", "manual": "app.find", "run": "app.find"}'), 'takes no option "manual"', 'generic actions'),
	matches(pg_temp.faults('{"type": "read", "manual": "app.nope"}'), 'function app.nope\(jsonb, jsonb, jsonb\) does not exist', 'an unknown function');
SELECT * FROM finish();
ROLLBACK;
