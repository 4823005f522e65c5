\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(16);

-- Does ash_define find what is wrong with a type, and say what to do?

CREATE SCHEMA type_constraints_checked;
CREATE TYPE type_constraints_checked.mood_of_the_day AS ENUM ('sad', 'ok');
CREATE TYPE type_constraints_checked."Odd one" AS ENUM ('x');
CREATE FUNCTION pg_temp.fault(attribute text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce((e->'errors'->0->>'message') || ' ' || (e->'errors'->0->'vars'->>'pointer'), 'no error') FROM (
		SELECT jsonb_build_object('message', c->>'message') || jsonb_build_object('errors', (c->>'detail')::jsonb->'errors') AS e
		FROM pg_temp.caught(format('SELECT ash_define(%L)', format('{"domain": "type_constraints_checked", "resources": {"r": {"attributes": {"id": "uuid_primary_key", "x": %s}}}}', attribute))) AS c) AS s
$$;
CREATE TEMP TABLE cases (n int GENERATED ALWAYS AS IDENTITY, attribute text, fault text, pointer text);
INSERT INTO cases (attribute, fault, pointer) VALUES
	('"mood_of_the_day"', 'the type "mood_of_the_day" needs its schema; did you mean "type_constraints_checked.mood_of_the_day"?', ''),
	('"\"Odd one\""', 'the type ""Odd one"" needs its schema; did you mean "type_constraints_checked."Odd one""?', ''),
	('{"type": "enum", "constraints": {"values": ["a", "b", "a"]}}', '"a" is listed twice', '/constraints/values/2'),
	('{"type": "enum", "constraints": {"values": {"a": {"labl": "A"}}}}', 'unknown key "labl"; did you mean "label"?', '/constraints/values/a/labl'),
	('{"type": "enum", "constraints": {"values": ["a", 1]}}', 'expected a name, or an object of a name and its description', '/constraints/values/1'),
	('{"type": "enum", "constraints": {"values": []}}', 'an enum needs a list of names or an object of names and descriptions', '/constraints/values'),
	('{"type": "string", "constraints": {"min_length": -1}}', 'must be 0 or more, got -1', '/constraints/min_length'),
	('{"type": "string[]", "constraints": {"max_length": -1}}', 'must be 0 or more, got -1', '/constraints/max_length'),
	('{"type": "decimal", "constraints": {"precision": -1}}', 'must be 0 or more, got -1', '/constraints/precision'),
	('{"type": "union", "constraints": {"storage": "map_with_tag", "types": {"a": {"type": "map", "tag": "k", "tag_value": "a"}, "b": {"type": "map"}}}}',
		'storage map_with_tag needs a tag and a tag_value for each type', '/constraints/types/b'),
	('{"type": "union", "constraints": {"storage": "map_with_tag", "types": {"a": {"type": "map", "tag": "k", "tag_value": "a"}, "b": {"type": "map", "tag": "l", "tag_value": "b"}}}}',
		'storage map_with_tag needs the same tag for each type', '/constraints/types/b'),
	('{"type": "union", "constraints": {"storage": "map_with_tag", "types": {"a": {"type": "map", "tag": "k", "tag_value": "a", "cast_tag": false}}}}',
		'storage map_with_tag needs the tag in the value: "cast_tag" cannot be false', '/constraints/types/a');
SELECT is(pg_temp.fault(attribute), fault || ' /resources/r/attributes/x' || pointer, attribute) FROM cases ORDER BY n;

SELECT is((pg_temp.caught($$SELECT ash_define('{"domain": "type_constraints_checked", "resources": {"r": {"attributes": {"id": "uuid_primary_key", "x": "mood_of_the_day"}}}}')$$)->>'detail')::jsonb->'errors'->0->'did_you_mean',
	'["type_constraints_checked.mood_of_the_day"]', 'what is meant is also data');

-- pgvector is not part of PostgreSQL: what a server without it says.
SELECT CASE WHEN EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN pass('vectors need pgvector')
	ELSE is(pg_temp.fault('"vector"'), 'the type vector needs the extension "vector", which is not installed on this server /resources/r/attributes/x', 'vectors need pgvector') END;

-- The forms an enum may have.
SELECT is(pg_temp.fault('{"type": "enum", "constraints": {"values": {"a": "first", "b": null, "c": {"label": "C", "description": "third"}}}}'), 'no error', 'names with descriptions and labels');
SELECT is(pg_temp.fault('{"type": "enum", "constraints": {"values": ["a", {"b": "second"}]}}'), 'no error', 'a list of both');

SELECT * FROM finish();
ROLLBACK;
