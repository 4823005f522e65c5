\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(102);

-- Is a record found by its key as the key is in SQL: of any type, with and without a type of its own?

SELECT pg_temp.define('{"domain": "key_forms", "resources": {
	"number": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "code": {"type": "string", "public": true}},
		"identities": {"code": ["code"]}, "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}},
	"unique": {"attributes": {"id": "uuid_primary_key", "name": {"type": "string", "public": true}},
		"actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}},
	"word": {"attributes": {"id": {"type": "string", "primary_key": true, "allow_nil": false, "public": true}, "name": {"type": "string", "public": true}},
		"actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}},
	"pair": {"attributes": {"a": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "b": {"type": "string", "primary_key": true, "allow_nil": false, "public": true},
			"name": {"type": "string", "public": true}, "code": {"type": "string", "public": true}},
		"identities": {"code": ["code"]}, "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}},
	"price": {"attributes": {"id": {"type": "decimal", "primary_key": true, "allow_nil": false, "public": true}, "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
	"day": {"attributes": {"id": {"type": "date", "primary_key": true, "allow_nil": false, "public": true}, "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
	"level": {"attributes": {"id": {"type": "atom", "primary_key": true, "allow_nil": false, "public": true}, "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}}
}}') \gset
\set u 01979c5e-3b2a-7d3c-9f57-2f6f0c1d8a11
INSERT INTO key_forms.number (name, code) VALUES ('one', 'c1'), ('two', '2'), ('three', '{"id": 1}');
INSERT INTO key_forms.unique (id, name) VALUES (:'u', 'unique'), ('01979c5e-3b2a-7d3c-9f57-2f6f0c1d8a12', 'other');
INSERT INTO key_forms.word (id, name) VALUES ('plain', 'plain'), ('42', 'digits'), ('"quoted"', 'quoted'), ('O''Brien', 'apostrophe'), ('{"id": "plain"}', 'object'), ('{', 'brace'), ('["plain"]', 'array'),
	('null', 'null'), (:'u', 'uuid'), ('  ', 'blank'), ('é\n', 'backslash');
INSERT INTO key_forms.pair (a, b, name, code) VALUES (1, 'x', 'one', 'c1'), (2, '{', 'two', 'c2');
INSERT INTO key_forms.price (id, name) VALUES (1.50, 'price');
INSERT INTO key_forms.day (id, name) VALUES ('2024-02-29', 'leap');
INSERT INTO key_forms.level (id, name) VALUES ('high', 'level');

-- Numbers: every integer type, a literal, a text.
SELECT is(ash_get('key_forms.number', 1)->>'name', 'one', 'an integer literal'), is(ash_get('key_forms.number', 1::smallint)->>'name', 'one', 'smallint'),
	is(ash_get('key_forms.number', 1::bigint)->>'name', 'one', 'bigint'), is(ash_get('key_forms.number', '1')->>'name', 'one', 'an untyped literal'),
	is(ash_get('key_forms.number', '1'::text)->>'name', 'one', 'text'), is(ash_get('key_forms.number', '1'::varchar)->>'name', 'one', 'varchar'),
	is(ash_get('key_forms.number', '1'::name)->>'name', 'one', 'name'), is(ash_get('key_forms.number', '1'::char(3))->>'name', 'one', 'char'),
	is(ash_get('key_forms.number', '1'::jsonb)->>'name', 'one', 'jsonb'), is(ash_get('key_forms.number', '"1"'::jsonb)->>'name', 'one', 'a JSON string'),
	is(ash_get('key_forms.number', '{"id": 1}'::jsonb)->>'name', 'one', 'a JSON object'), is(ash_get('key_forms.number', '{"id": 1}')->>'name', 'one', 'the same as text'),
	is(ash_get('key_forms.number', ' {"code": "c1"}')->>'name', 'one', 'an identity as text'), is(ash_get('key_forms.number', '{"code": "{\"id\": 1}"}')->>'name', 'three', 'whose value looks like an object'),
	is(ash_get('key_forms.number', ash_get('key_forms.number', 2)::jsonb)->>'name', 'two', 'a record as it was read'),
	is((SELECT string_agg(ash_get('key_forms.number', id)->>'name', ' ' ORDER BY id) FROM key_forms.number), 'one two three', 'a column');

-- uuid.
SELECT is(ash_get('key_forms.unique', '01979c5e-3b2a-7d3c-9f57-2f6f0c1d8a11')->>'name', 'unique', 'a literal of a uuid'), is(ash_get('key_forms.unique', :'u'::uuid)->>'name', 'unique', 'uuid'),
	is(ash_get('key_forms.unique', upper(:'u'))->>'name', 'unique', 'in the notation of the type'), is(ash_get('key_forms.unique', to_jsonb(:'u'::uuid))->>'name', 'unique', 'jsonb of a uuid'),
	is(ash_get('key_forms.unique', '{"id": "01979c5e-3b2a-7d3c-9f57-2f6f0c1d8a11"}')->>'name', 'unique', 'an object as text'),
	is((SELECT string_agg(ash_get('key_forms.unique', id)->>'name', ' ' ORDER BY id) FROM key_forms.unique), 'unique other', 'a column of type uuid');

-- A string is never JSON.
SELECT is(ash_get('key_forms.word', id)->>'name', name, 'text: ' || id), is(ash_get('key_forms.word', to_jsonb(id))->>'name', name, 'jsonb: ' || id) FROM key_forms.word ORDER BY id COLLATE "C";
SELECT is(ash_get('key_forms.word', '{"id": "plain"}'::jsonb)->>'name', 'plain', 'but a jsonb is'), is(ash_get('key_forms.word', '{"id": "plain"}')->>'name', 'object', 'and an untyped literal is a text'),
	is(ash_get('key_forms.word', :'u'::uuid)->>'name', 'uuid', 'a uuid is a string'), is(pg_temp.errors($$SELECT ash_get('key_forms.word', 42)$$), E'22023 invalid\ninvalid_primary_key: invalid primary key 42 provided', 'a number is none');

-- Other types.
SELECT is(ash_get('key_forms.price', '1.5')->>'name', 'price', 'decimal'), is(ash_get('key_forms.price', '1.5'::jsonb)->>'name', 'price', 'decimal as jsonb'), is(ash_get('key_forms.day', '2024-02-29')->>'name', 'leap', 'date'),
	is(ash_get('key_forms.level', 'high')->>'name', 'level', 'atom');

-- Several fields: always JSON.
SELECT is(ash_get('key_forms.pair', '{"a": 1, "b": "x"}')->>'name', 'one', 'a key of two fields'), is(ash_get('key_forms.pair', '{"a": 2, "b": "{"}'::jsonb)->>'name', 'two', 'as jsonb'),
	is(ash_get('key_forms.pair', '{"code": "c2"}'::text)->>'name', 'two', 'an identity'), is(ash_get('key_forms.pair', jsonb_build_object('a', 1, 'b', 'x', 'name', 'z'))->>'name', 'one', 'a whole record');

-- Parameters without a type, and with one.
PREPARE untyped AS SELECT ash_get('key_forms.unique', $1)->>'name' AS prepared;
EXECUTE untyped(:'u') \gset
SELECT is(:'prepared'::text, 'unique', 'an untyped parameter'), is((SELECT parameter_types::text FROM pg_prepared_statements WHERE name = 'untyped'), '{text}', 'is a text');
PREPARE numbered(int) AS SELECT ash_get('key_forms.number', $1)->>'name' AS prepared;
EXECUTE numbered(2) \gset
SELECT is(:'prepared'::text, 'two', 'a typed one');
CREATE FUNCTION pg_temp.in_plpgsql() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	i int := 1; s smallint := 2; v varchar(40) := '01979c5e-3b2a-7d3c-9f57-2f6f0c1d8a11'; u uuid := v; r jsonb := '{"a": 1, "b": "x"}';
	found text;
BEGIN
	EXECUTE 'SELECT ash_get(''key_forms.number'', $1)->>''name''' INTO found USING i;
	RETURN concat_ws(' ', ash_get('key_forms.number', i)->>'name', ash_get('key_forms.number', s)->>'name', ash_get('key_forms.unique', v)->>'name', ash_get('key_forms.unique', u)->>'name', ash_get('key_forms.pair', r)->>'name', found);
END $$;
SELECT is(pg_temp.in_plpgsql(), 'one two unique unique one one', 'variables');

-- The other verbs.
SELECT is(ash_update('key_forms.number', 1, '{"name": "ONE"}')->>'name', 'ONE', 'ash_update by number'), is(ash_update('key_forms.number', '1', '{"name": "one"}')->>'name', 'one', 'by text'),
	is(ash_update('key_forms.unique', :'u'::uuid, '{"name": "U"}')->>'name', 'U', 'by uuid'), is(ash_update('key_forms.word', 'O''Brien', '{"name": "o"}')->>'name', 'o', 'by a text with an apostrophe'),
	is(ash_update('key_forms.pair', '{"a": 1, "b": "x"}', '{"name": "o"}')->>'name', 'o', 'by an object'), is(ash_reload('key_forms.number', 1)->>'name', 'one', 'ash_reload'),
	is(ash_reload('key_forms.unique', :'u'::uuid)->>'name', 'U', 'ash_reload by uuid'),
	is(ash_destroy('key_forms.number', 3, options => '{"return_destroyed": true}')->>'name', 'three', 'ash_destroy'), is(ash_destroy('key_forms.unique', '01979c5e-3b2a-7d3c-9f57-2f6f0c1d8a12')::text, 'null', 'ash_destroy by text');
-- Several.
SELECT is(ash_load('key_forms.number', 1, '[]')->>'name', 'one', 'ash_load: a number'), is(ash_load('key_forms.number', '1', '[]')->>'name', 'one', 'a text'), is(ash_load('key_forms.unique', :'u'::uuid, '[]')->>'name', 'U', 'a uuid'),
	is(ash_load('key_forms.number', ARRAY[2, 1], '[]') #>> '{0,name}', 'two', 'int[]'), is(ash_load('key_forms.number', ARRAY['2', '{"code": "c1"}'], '[]') #>> '{1,name}', 'one', 'text[]'),
	is(ash_load('key_forms.unique', (SELECT array_agg(id) FROM key_forms.unique), '[]') #>> '{0,name}', 'U', 'uuid[]'), is(ash_load('key_forms.word', ARRAY['["plain"]', 'plain'], '[]') #>> '{0,name}', 'array', 'texts that look like JSON'),
	is(ash_load('key_forms.number', '[2, {"id": 1}]', '[]') #>> '{1,name}', 'one', 'a text that is a JSON array'), is(ash_load('key_forms.pair', '[{"a": 1, "b": "x"}]', '[]') #>> '{0,name}', 'o', 'of objects'),
	is(ash_load('key_forms.number', '[1]'::jsonb, '[]') #>> '{0,name}', 'one', 'jsonb'), is(ash_load('key_forms.number', '{}'::bigint[], '[]')::text, '[]', 'none'),
	is(ash_load('key_forms.word', '["plain"]', '[]')->>'name', 'array', 'a string that looks like an array');
-- NULL.
SELECT matches(pg_temp.errors($$SELECT ash_get('key_forms.number', NULL)$$), 'not_found', 'NULL finds nothing'), is(ash_get('key_forms.unique', NULL::uuid, '{"not_found_error": false}')::text, 'null', 'of any type'),
	is(ash_load('key_forms.number', NULL::bigint[], '[]')::text, 'null', 'nothing is loaded'),
	matches(pg_temp.errors($$SELECT ash_update('key_forms.number', NULL::bigint, '{"name": "z"}')$$), 'invalid_primary_key', 'an update needs a record');

-- Keys that are wrong say what, where and what to do.
CREATE FUNCTION pg_temp.wrong(call text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' | ', e->>'sqlstate', e->>'message', nullif(e->>'hint', '')) FROM pg_temp.caught('SELECT ' || call) AS e
$$;
SELECT is(pg_temp.wrong($$ash_get('key_forms.number', 9)$$), '22023 | record with id: 9 not found', 'a number that is not there'), is(pg_temp.wrong($$ash_get('key_forms.number', '9')$$), '22023 | record with id: 9 not found', 'the same as text'),
	is(pg_temp.wrong($$ash_get('key_forms.number', 'nine')$$), '22023 | invalid primary key "nine" provided | Give the value of "id", of type integer, or a JSON object of the fields of an identity.', 'a text that is no number'),
	is(pg_temp.wrong($$ash_get('key_forms.unique', 1)$$), '22023 | invalid primary key 1 provided | Give the value of "id", of type uuid.', 'a number that is no uuid'),
	is(pg_temp.wrong($$ash_get('key_forms.number', '{"id": ')$$), '22023 | invalid primary key {"id":  provided: invalid JSON at line 1, column 7: unexpected token near end of file | Give the value of "id", of type integer, or a JSON object of the fields of an identity.', 'an object that does not end'),
	is(pg_temp.wrong($$ash_get('key_forms.number', '{"name": "one"}')$$), '22023 | invalid primary key {"name": "one"} provided | Give the value of "id", of type integer, or a JSON object of the fields of an identity.', 'an object without a key'),
	is(pg_temp.wrong($$ash_get('key_forms.pair', '1')$$), '22023 | invalid primary key 1 provided: it is no JSON object | Give a JSON object of the fields "a" and "b", or a JSON object of the fields of an identity.', 'one field of two'),
	is(pg_temp.wrong($$ash_get('key_forms.pair', '1x')$$), '22023 | invalid primary key 1x provided: invalid JSON at line 1, column 2: end of file expected near ''x'' | Give a JSON object of the fields "a" and "b", or a JSON object of the fields of an identity.', 'no JSON'),
	is(pg_temp.wrong($$ash_get('key_forms.pair', 1)$$), '22023 | invalid primary key 1 provided | Give a JSON object of the fields "a" and "b", or a JSON object of the fields of an identity.', 'a number instead of an object'),
	is(pg_temp.wrong($$ash_get('key_forms.pair', '[{"a": 1, "b": "x"}]')$$), '22023 | invalid primary key [{"a": 1, "b": "x"}] provided: it is no JSON object | Give a JSON object of the fields "a" and "b", or a JSON object of the fields of an identity.', 'an array where one record is named'),
	is(pg_temp.wrong($$ash_load('key_forms.pair', '7', '[]')$$), '22023 | invalid primary key 7 provided: it is no JSON object or array | Give a JSON object of the fields "a" and "b", or a JSON object of the fields of an identity.', 'where several can be named'),
	is(pg_temp.errors($$SELECT ash_load('key_forms.pair', ARRAY['{"a": 1, "b": "x"}', 'z'], '[]')$$), E'22023 invalid\ninvalid_primary_key [1]: invalid primary key z provided: invalid JSON at line 1, column 1: invalid token near ''z''', 'one of several says which'),
	is(pg_temp.errors($$SELECT ash_get('key_forms.pair', 'z')$$), E'22023 invalid\ninvalid_primary_key: invalid primary key z provided: invalid JSON at line 1, column 1: invalid token near ''z''', 'as an error of the call'),
	is(pg_temp.wrong($$ash_get('key_forms.word', '{"id": "42"}')$$), '22023 | record with id: "{\"id\": \"42\"}" not found | A text is the value of "id" itself: cast it to jsonb if it is an object of fields.', 'a string that looks like an object'),
	matches(pg_temp.wrong($$ash_update('key_forms.word', '{"id": "42"}')$$), '^22023 .* A text is the value of "id" itself', 'of an update'),
	matches(pg_temp.wrong($$ash_load('key_forms.word', '["42"]', '[]')$$), '^22023 .* A text is the value of "id" itself', 'of a load'),
	cmp_ok(length(pg_temp.wrong(format('ash_get(%L, %L)', 'key_forms.pair', repeat('z', 100000)))), '<', 600, 'a long key is cut');

SELECT * FROM finish();
ROLLBACK;
