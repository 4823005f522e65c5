\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(59);

-- Does a wrong document say everything that is wrong with it, and where?

-- The errors of a document as lines "pointer line:column message".
CREATE FUNCTION pg_temp.faults(document text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat(e#>>'{vars,pointer}', ' ', e#>>'{vars,line}', ':', e#>>'{vars,column}', ' ', e->>'message'), E'\n' ORDER BY i)
	FROM jsonb_array_elements((pg_temp.caught(format('SELECT ash_define(%L)', document))->>'detail')::jsonb->'errors')
		WITH ORDINALITY AS t(e, i)
$$;

-- The same for a resource of one attribute whose sections are given, without positions.
CREATE FUNCTION pg_temp.resource_faults(sections text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(pg_temp.faults(format('{"domain": "define_errors", "resources": {"r": {"attributes": {"id": "uuid_primary_key", "n": {"type": "integer", "public": true}}, %s}}}',
		sections)), '^(/resources/r)?(\S*) \S+ ', '\2 ', 'gn')
$$;

-- Syntax: of a document of type json PostgreSQL's own check of that type comes first.
SELECT is(e->>'sqlstate', '22P02', 'a syntax error has PostgreSQL''s SQLSTATE'),
	matches(e->>'context', 'JSON data, line 2: ', 'a syntax error says its line')
FROM pg_temp.caught($$SELECT ash_define(E'{"domain": "x",\n  "resources": {,}}'::json)$$) AS e;
SELECT is(e->>'sqlstate', '22023', 'a syntax error of a text is one of the document'),
	matches(e->>'message', '^invalid JSON at line 2, column 17: ', 'and says its line and column')
FROM pg_temp.caught($$SELECT ash_define(E'{"domain": "x",\n  "resources": {,}}')$$) AS e;
-- A document that has been jsonb has lost the order of its keys.
SELECT is(e->>'sqlstate', '42804', 'a document of type jsonb is an error of its own'),
	is(e->>'message', 'ash_define takes a document of type json or text, not jsonb', 'that says what is taken'),
	matches(e->>'detail', 'order of keys', 'why'), matches(e->>'hint', 'cast that text to json', 'and what to do')
FROM pg_temp.caught($$SELECT ash_define('{"domain": "x"}'::jsonb)$$) AS e;
SELECT is(pg_temp.faults('5'), ' 1:1 expected an object, got an integer', 'a number is no document');
SELECT is(pg_temp.faults('null'), ' 1:1 expected an object, got null', 'null is no document');
SELECT is(pg_temp.faults('"x"'), ' 1:1 expected an object, got a string', 'a string is no document');
SELECT is(pg_temp.faults('{}'), ' 1:1 the key "domain" is required', 'an empty object lacks the domain');
SELECT is(pg_temp.faults('[{"domain": "define_errors"}, 5]'), '/1 1:31 expected an object, got an integer',
	'in a list of documents the pointer starts with its index');

-- Duplicate keys, which the type json lets pass.
SELECT matches(pg_temp.faults(E'{"domain": "a",\n  "domain": "b"}'), '2:\d+ .*line 2, column \d+.*duplicate',
	'a duplicate key is refused with its line');

-- Unknown keys.
SELECT is(pg_temp.faults(E'{"domain": "define_errors",\n "resources": {\n  "r": {"atributes": {}}}}'),
	'/resources/r/atributes 3:9 unknown key "atributes"; did you mean "attributes"?', 'unknown key of a resource');
SELECT is(pg_temp.caught($$SELECT ash_define('{"domain": "define_errors", "resources": {"r": {"atributes": {}}}}')$$)->>'sqlstate',
	'22023', 'a wrong definition has SQLSTATE 22023');
SELECT is(((pg_temp.caught($$SELECT ash_define('{"domain": "define_errors", "resources": {"r": {"atributes": {}}}}')$$)->>'detail')::jsonb
	#> '{errors,0}') - '{vars,hint}'::text[], '{"code": "invalid_definition", "field": null, "path": ["resources", "r", "atributes"],
	"message": "unknown key \"atributes\"; did you mean \"attributes\"?", "did_you_mean": ["attributes"]}',
	'the error has code, path and suggestions');
SELECT is(pg_temp.faults('{"domain": "define_errors", "zzz": 1}'), '/zzz 1:29 unknown key "zzz"', 'nothing like it: no suggestion');
SELECT is(pg_temp.faults('{"domain": "define_errors", "shcema": "x"}'), '/shcema 1:29 unknown key "shcema"; did you mean "schema"?',
	'unknown key of a domain');
SELECT is(pg_temp.resource_faults('"identities": {"i": {"keys": ["n"], "mesage": "x"}}'),
	'/identities/i/mesage unknown key "mesage"; did you mean "message"?', 'unknown key of an identity');
SELECT is(pg_temp.resource_faults('"actions": {"a": {"type": "create", "acept": []}}'),
	'/actions/a/acept unknown key "acept"; did you mean "accept"?', 'unknown key of an action');
SELECT is(pg_temp.faults('{"domain": "define_errors", "resources": {"a/b~c": {"x~/y": 1}}}'),
	'/resources/a~1b~0c/x~0~1y 1:53 unknown key "x~/y"', 'a pointer escapes slash and tilde');

-- Wrong types and missing keys.
SELECT is(pg_temp.faults('{"domain": 5}'), '/domain 1:2 expected a name, got an integer', 'a name is a string');
SELECT is(pg_temp.faults('{"domain": ""}'), '/domain 1:2 a name must not be empty', 'a name is not empty');
SELECT is(pg_temp.faults('{"domain": "define_errors", "resources": []}'), '/resources 1:29 expected an object, got a list', 'resources are an object');
SELECT is(pg_temp.resource_faults('"description": ["x"]'), '/description expected a string, got a list', 'a description is a string');
SELECT is(pg_temp.resource_faults('"calculations": {"c": {"type": "string", "expr": "n", "public": "yes"}}'),
	'/calculations/c/public expected a boolean, got a string', 'a flag is a boolean');
SELECT is(pg_temp.resource_faults('"actions": {"a": {"type": "create", "accept": 5}}'),
	'/actions/a/accept expected a list of names, got an integer', 'accept is a list of names');
SELECT is(pg_temp.resource_faults('"actions": {"a": {"type": "creat"}}'),
	'/actions/a/type expected one of create, read, update, destroy, action, got "creat"', 'an action has one of five types');
SELECT is(pg_temp.resource_faults('"actions": {"a": {}}'), '/actions/a the key "type" is required', 'an action has a type');
SELECT is(pg_temp.resource_faults('"identities": {"i": {}}'), '/identities/i the key "keys" is required', 'an identity has keys');
SELECT is(pg_temp.resource_faults('"calculations": {"n": {"type": "integer", "expr": "1"}}'),
	'/calculations/n there are 2 attributes, relationships, calculations and aggregates named "n"', 'field names are unique');
SELECT is(pg_temp.resource_faults('"actions": {"a": {"type": "read", "accept": ["n"]}}') ~ '^/actions/a/accept ', true,
	'an option that this type of action does not take');

-- Names that mean nothing.
SELECT matches(pg_temp.resource_faults('"calculations": {"c": {"type": "strng", "expr": "1"}}'),
	'^/calculations/c\S* .*"strng".*"string"', 'unknown type');
SELECT matches(pg_temp.resource_faults('"actions": {"a": {"type": "create", "changes": [{"set_atribute": {"attribute": "n", "value": 1}}]}}'),
	'^/actions/a/changes/0\S* .*"set_atribute".*"set_attribute"', 'unknown change');
SELECT matches(pg_temp.resource_faults('"actions": {"a": {"type": "create", "validations": [{"presnt": {"attributes": ["n"]}}]}}'),
	'^/actions/a/validations/0\S* .*"presnt".*"present"', 'unknown validation');
SELECT matches(pg_temp.resource_faults('"actions": {"a": {"type": "read", "prepare": [{"biuld": {"limit": 1}}]}}'),
	'^/actions/a/prepare/0\S* .*"biuld".*"build"', 'unknown preparation');
SELECT matches(pg_temp.resource_faults('"policies": [{"policy": "always", "checks": [{"authorize_if": "actor_presnt"}]}]'),
	'^/policies/0/checks/0\S* .*"actor_presnt".*"actor_present"', 'unknown check');
SELECT matches(pg_temp.resource_faults('"actions": {"a": {"type": "create", "changes": [{"set_attribute": {"atribute": "n", "value": 1}}]}}'),
	'^/actions/a/changes/0/set_attribute\S* .*"atribute".*"attribute"', 'unknown option of a change');
SELECT matches(pg_temp.resource_faults('"actions": {"a": {"type": "create", "changes": [{"set_attribute": {"attribute": "nn", "value": 1}}]}}'),
	'^/actions/a/changes/0\S* .*nn', 'a change of an attribute that does not exist');
SELECT matches(pg_temp.resource_faults('"relationships": {"x": {"belongs_to": "define_errors.s"}}'),
	'^/relationships/x\S* .*define_errors\.s', 'unknown destination');
SELECT matches(pg_temp.resource_faults('"relationships": {"x": {"has_many": "define_errors.r", "destination_attribute": "r_id"}}'),
	'^/relationships/x\S* .*r_id', 'unknown destination attribute');
SELECT matches(pg_temp.resource_faults('"identities": {"i": ["naem"]}'), '^/identities/i\S* .*naem', 'unknown key of an identity');
SELECT matches(pg_temp.resource_faults('"actions": {"a": {"type": "create", "accept": ["naem"]}}'),
	'^/actions/a/accept\S* .*naem', 'an accepted attribute that does not exist');
SELECT matches(pg_temp.resource_faults('"aggregates": {"a": {"count": "kids"}}'), '^/aggregates/a\S* .*kids', 'unknown path of an aggregate');

-- Values that do not fit.
SELECT matches(pg_temp.resource_faults('"calculations": {"c": {"type": "integer", "expr": "m + 1"}}'),
	'^/calculations/c/expr .*\mm\M', 'an expression with an unknown name');
SELECT matches(pg_temp.resource_faults('"calculations": {"c": {"type": "integer", "expr": "n +"}}'),
	'^/calculations/c/expr ', 'an expression with a syntax error');
SELECT matches(pg_temp.resource_faults('"calculations": {"c": {"type": "integer", "expr": "pg_read_file(''x'')"}}'),
	'^/calculations/c/expr .*pg_read_file', 'an expression with a function that is not allowed');
SELECT matches(pg_temp.resource_faults('"calculations": {"c": {"type": "integer", "expr": "(SELECT 1)"}}'),
	'^/calculations/c/expr ', 'an expression with a sub-select');
SELECT matches(pg_temp.resource_faults('"actions": {"a": {"type": "create", "arguments": {"x": {"type": "integer", "default": "many"}}}}'),
	'^/actions/a/arguments/x/default ', 'a default that cannot be cast');
SELECT matches(pg_temp.resource_faults('"actions": {"a": {"type": "create", "primary": true}, "b": {"type": "create", "primary": true}}'),
	'^/actions\S* .*primary', 'two primary actions of a type');
SELECT matches(pg_temp.resource_faults('"policies": [{"policy": "always", "checks": []}]'),
	'^/policies/0\S* .*at least one check', 'a policy without checks');
SELECT matches(pg_temp.resource_faults('"relationships": {"all": {"has_many": "r", "no_attributes": true, "limit": -1}}'), '^/relationships/all/limit .*must not be negative', 'a negative limit'),
	matches(pg_temp.resource_faults('"relationships": {"all": {"has_many": "r", "no_attributes": true, "offset": -1}}'), '^/relationships/all/offset .*must not be negative', 'a negative offset'),
	matches(pg_temp.resource_faults('"actions": {"a": {"type": "read", "timeout": -1}}'), '^/actions/a/timeout .*must not be negative', 'a negative timeout');

-- All of them at once.
SELECT is((SELECT count(*)::int FROM regexp_split_to_table(pg_temp.faults(d), E'\n')), 50, 'fifty mistakes give fifty errors'),
	is(split_part(pg_temp.faults(d), E'\n', 37), '/resources/r/attributes/a37/pubic 38:9 unknown key "pubic"; did you mean "public"?',
		'each in its place')
FROM (SELECT E'{"domain": "define_errors", "resources": {"r": {"attributes": {\n' ||
	string_agg(format('"a%s": {"pubic": true, "type": "string"}', i), E',\n' ORDER BY i) || '}}}}' FROM generate_series(1, 50) i) AS t(d);

-- Nothing is stored when anything is wrong.
SELECT matches(pg_temp.faults('[{"domain": "define_errors", "resources": {"r": {"attributes": {"id": "uuid_primary_key"}}}}, {"domain": "define_errors2", "x": 1}]'),
	'^/1/x 1:\d+ unknown key "x"$', 'only the second of two documents is wrong');
SELECT is_empty($$SELECT name FROM ash.domain WHERE name LIKE 'define_errors%' UNION ALL SELECT name FROM ash.resource WHERE domain LIKE 'define_errors%'$$,
	'nothing of any of them is stored');

SELECT * FROM finish();
ROLLBACK;
