\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(18);

-- Does a new definition take the place of the old one at once and whole, and does undefining remove it?

CREATE FUNCTION pg_temp.document(cat_attributes text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT format('{"domain": "define_replace", "resources": {
		"cat": {"attributes": {"id": "uuid_primary_key", %s}, "actions": {"defaults": ["read", {"create": "*"}]}},
		"flea": {"attributes": {"id": "uuid_primary_key"}, "relationships": {"cat": {"belongs_to": "define_replace.cat", "public": true}},
			"actions": {"defaults": ["read", {"create": "*"}]}} %s}}', cat_attributes, more)
$$;

SELECT pg_temp.define(pg_temp.document('"name": {"type": "string", "public": true}')) \gset
SELECT is(ash_create('define_replace.cat', '{"name": "Tom"}')->>'name', 'Tom', 'the first definition holds');

SELECT pg_temp.define(pg_temp.document('"name": {"type": "string", "public": true}, "age": {"type": "integer", "public": true}')) \gset
SELECT is(ash_create('define_replace.cat', '{"name": "Kit", "age": 2}')::jsonb - 'id', '{"name": "Kit", "age": 2}', 'the second definition holds');
SELECT is(ash_read('define_replace.cat', '{"sort": "name", "select": ["name", "age"]}')::jsonb #> '{1,age}', 'null', 'rows of before are kept');
SELECT results_eq($$SELECT resource, operation, changed_by, document #> '{attributes,age}' IS NULL FROM ash.revision WHERE domain = 'define_replace' AND resource IS NOT NULL$$,
	$$VALUES ('define_replace.cat' COLLATE "C", 'replace' COLLATE "C", session_user::text COLLATE "C", true)$$, 'the former document of the changed resource is kept');

-- A wrong document changes nothing, not even the right parts of it.
SELECT matches(pg_temp.errors(format('SELECT ash_define(%L)', pg_temp.document('"name": "integer"', ', "dog": {"atributes": {}}'))),
	'^22023 invalid\ninvalid_definition .*atributes', 'a wrong document is refused');
SELECT is(ash_create('define_replace.cat', '{"name": "Max"}')->>'name', 'Max', 'the former definition still holds');
SELECT is(ash_definition('define_replace.cat')#>>'{resources,cat,attributes,name,type}', 'string', 'and is still the one to see');

-- Undefining.
SELECT is(left(pg_temp.errors($$SELECT ash_undefine('define_replace.dog')$$), 5), '42704', 'what does not exist cannot be undefined');
SELECT is(left(pg_temp.errors($$SELECT ash_undefine('define_replace.cat')$$), 5), '2BP01', 'nor what another resource refers to');
SELECT lives_ok($$SELECT ash_undefine('define_replace.flea')$$, 'a resource is undefined');
SELECT is(pg_temp.errors($$SELECT ash_read('define_replace.flea')$$), E'22023 invalid\nno_such_resource: No such resource define_replace.flea',
	'it can no longer be called');
SELECT has_table('define_replace', 'flea', 'its table stays');
SELECT results_eq($$SELECT operation FROM ash.revision WHERE resource = 'define_replace.flea'$$, ARRAY['undefine' COLLATE "C"], 'its document is kept');

SELECT is(left(pg_temp.errors($$SELECT ash_undefine('define_replace', drop_table => true)$$), 5), '2BP01', 'nor a table that another one refers to dropped');
DROP TABLE define_replace.flea;
SELECT lives_ok($$SELECT ash_undefine('define_replace', drop_table => true)$$, 'a domain is undefined with its tables');
SELECT hasnt_table('define_replace', 'cat', 'the table is gone');
SELECT is_empty($$SELECT name FROM ash.domain WHERE name = 'define_replace' UNION ALL SELECT name FROM ash.resource WHERE domain = 'define_replace'$$,
	'nothing of it is left in the catalog');
SELECT is(pg_temp.errors($$SELECT ash_read('define_replace.cat')$$), E'22023 invalid\nno_such_resource: No such resource define_replace.cat',
	'nor in the cache');

SELECT * FROM finish();
ROLLBACK;
