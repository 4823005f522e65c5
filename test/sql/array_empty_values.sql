\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(28);

-- Which inputs of a list stand for an empty one?

CREATE SCHEMA array_empty_values;
CREATE FUNCTION array_empty_values.echo(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$SELECT input->'tags'$$;
SELECT pg_temp.define($doc${
  "domain": "array_empty_values",
  "resources": {
    "part": {"embedded": true, "attributes": {"name": {"type": "string", "public": true}}},
    "post": {
      "attributes": {"id": "integer_primary_key",
        "plain": {"type": "string[]", "public": true},
        "unions": {"type": "union[]", "public": true, "constraints": {"items": {"types": {"i": {"type": "integer"}}}}},
        "off": {"type": "string[]", "public": true, "constraints": {"empty_values": []}},
        "tags": {"type": "string[]", "public": true, "constraints": {"empty_values": [null, [""], {}, ["none"], "none", 0, true]}},
        "some": {"type": "integer[]", "public": true, "constraints": {"empty_values": [null], "min_length": 1}},
        "must": {"type": "integer[]", "public": true, "allow_nil": false, "default": [1], "constraints": {"empty_values": [null]}},
        "nested": {"type": "integer[][]", "public": true, "constraints": {"items": {"empty_values": [null]}}},
        "parts": {"type": "array_empty_values.part[]", "public": true, "constraints": {"empty_values": [null, [{}]]}}},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}],
        "echo": {"type": "action", "returns": "string[]", "arguments": {"tags": {"type": "string[]", "constraints": {"empty_values": [null, ["-"]]}}}, "run": "array_empty_values.echo"}}}
  }
}$doc$) \gset
-- What is stored of an input: JSON, "null", or the errors.
CREATE FUNCTION pg_temp.stored(name text, value jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	call text := format('SELECT ash_create(%L, %L)', 'array_empty_values.post', jsonb_build_object(name, value));
	record json;
BEGIN
	IF pg_temp.caught(call) IS NOT NULL THEN
		RETURN pg_temp.errors(call);
	END IF;
	EXECUTE call INTO record;
	RETURN coalesce(record->>name, 'null');
END $$;

-- Without the option, and with an empty one, nothing does.
SELECT is(pg_temp.stored(name, value), stored, concat(name, ': ', value))
FROM (VALUES ('plain', 'null'::jsonb, 'null'), ('plain', '[]', '[]'), ('plain', '{}', E'22023 invalid\ninvalid_attribute plain: is invalid'), ('off', 'null', 'null'), ('unions', 'null', 'null')) AS inputs (name, value, stored);
-- The whole value is compared.
SELECT is(pg_temp.stored('tags', value), stored, concat('tags: ', value))
FROM (VALUES ('null'::jsonb, '[]'), ('[""]', '[]'), ('{}', '[]'), ('["none"]', '[]'), ('[]', '[]'), ('["a"]', '["a"]'), ('["a", "none"]', '["a","none"]'), ('{"0": "a"}', '["a"]'),
	('["", "a"]', E'22023 invalid\ninvalid_attribute tags: no nil values')) AS inputs (value, stored);
-- What is no list is none, even if it is among the values.
SELECT is(pg_temp.stored('tags', value), E'22023 invalid\ninvalid_attribute tags: is invalid', concat('tags: ', value))
FROM (VALUES ('"none"'::jsonb), ('""'), ('0'), ('true'), ('"other"')) AS inputs (value);
-- Other constraints look at the empty list.
SELECT is(pg_temp.stored('some', 'null'), E'22023 invalid\ninvalid_attribute some: must have 1 or more items', 'its length'),
	is(pg_temp.stored('must', 'null'), '[]', 'it is not null'),
	is(pg_temp.stored('nested', '[[1], null]'), '[[1], []]', 'a list in a list');

-- Updates, arguments, embedded resources.
SELECT ash_create('array_empty_values.post', '{"tags": ["a"], "parts": [{"name": "x"}]}')->>'id' AS id \gset
SELECT is(ash_update('array_empty_values.post', :'id', '{"tags": null}')->>'tags', '[]', 'an update'),
	is(ash_update('array_empty_values.post', :'id', '{"parts": [{}]}')->>'parts', '[]', 'embedded items are removed');
SELECT is(pg_temp.stored('parts', 'null'), '[]', 'no embedded items'),
	is(ash_run_action('array_empty_values.post', 'echo', '{"tags": ["-"]}')::text, '[]', 'an argument');
SELECT is(ash_count('array_empty_values.post', '{"filter": {"tags": {"eq": null}}}')::text, '0', 'an operand of a filter is no input');

SELECT is(pg_temp.errors($$SELECT ash_define('{"domain": "array_empty_wrong", "resources": {"post": {"attributes": {"id": "integer_primary_key", "tags": {"type": "string[]", "constraints": {"empty_values": "none"}}}}}}')$$),
	E'22023 invalid\ninvalid_definition ["resources", "post", "attributes", "tags", "constraints", "empty_values"]: expected a list of values, got a string', 'a list is expected');

SELECT * FROM finish();
ROLLBACK;
