\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(79);

-- What does each type make of an input, on its way into the table and back?

-- One attribute of a type; its name is the row's number.
CREATE TEMP TABLE cases (n int GENERATED ALWAYS AS IDENTITY, type text, constraints text, input jsonb, output jsonb, error text);
-- What comes back: null stands for the JSON null.
INSERT INTO cases (type, constraints, input, output) VALUES
	('string', NULL, '" foo "', '"foo"'), ('string', NULL, '"\t foo\n"', '"foo"'), ('string', NULL, '"a  b"', '"a  b"'), ('string', NULL, '"\u3000"', 'null'),
	('string', NULL, '""', 'null'), ('string', NULL, 'null', 'null'), ('string', NULL, 'true', '"true"'), ('string', NULL, '"日本\ud83d\ude00"', '"日本😀"'), ('string', NULL, '"a\"b\\c\n\u0001d"', '"a\"b\\c\n\u0001d"'),
	('string', '{"trim": false}', '" foo "', '" foo "'), ('string', '{"trim": false}', '" "', 'null'), ('string', '{"allow_empty": true}', '"  "', '""'),
	('string', '{"trim": false, "allow_empty": true}', '"  "', '"  "'), ('string', '{"max_length": 5}', '"  ééééé  "', '"ééééé"'), ('string', '{"match": "^[a-z]+$"}', '"abc"', '"abc"'),
	('integer', NULL, '"-3"', '-3'), ('integer', NULL, '"+3"', '3'), ('integer', NULL, '"007"', '7'), ('integer', NULL, '""', 'null'), ('integer', NULL, '9223372036854775807', '9223372036854775807'),
	('integer', NULL, '-9223372036854775808', '-9223372036854775808'), ('integer', '{"min": 2, "max": 10}', '10', '10'),
	('boolean', NULL, 'true', 'true'), ('boolean', NULL, '"false"', 'false'), ('boolean', NULL, '"1"', 'true'), ('boolean', NULL, '"0"', 'false'), ('boolean', NULL, '""', 'null'),
	('atom', '{"one_of": ["open", "closed"]}', '"open"', '"open"'), ('atom', '{"one_of": ["open", "closed"]}', '""', 'null'),
	('uuid', NULL, '"00000000-0000-4000-8000-00000000000A"', '"00000000-0000-4000-8000-00000000000a"'), ('uuid', NULL, 'null', 'null'),
	('utc_datetime', NULL, '"2020-02-29T10:20:30Z"', '"2020-02-29T10:20:30Z"'), ('utc_datetime', NULL, '"2020-02-29T10:20:30"', '"2020-02-29T10:20:30Z"'),
	('utc_datetime', NULL, '"2020-02-29T10:20:30.999Z"', '"2020-02-29T10:20:30Z"'), ('utc_datetime', NULL, '"2020-02-29"', '"2020-02-29T00:00:00Z"'),
	('utc_datetime_usec', NULL, '"2020-02-29T10:20:30Z"', '"2020-02-29T10:20:30.000000Z"'), ('utc_datetime_usec', NULL, '"2020-02-29T10:20:30.123456Z"', '"2020-02-29T10:20:30.123456Z"'),
	('utc_datetime_usec', NULL, '"2020-02-29T10:20:30+02:00"', '"2020-02-29T08:20:30.000000Z"'), ('utc_datetime_usec', NULL, '""', 'null'),
	('decimal', NULL, '"1.50"', '1.50'), ('decimal', NULL, '"+1.5"', '1.5'), ('decimal', NULL, '"1e3"', '1000'), ('decimal', NULL, '"-0"', '0'), ('decimal', NULL, '0.1', '0.1'), ('decimal', NULL, '".5"', '0.5'),
	('decimal', NULL, '"123456789012345678901234567890.123456789"', '123456789012345678901234567890.123456789'), ('decimal', '{"min": "1.5", "max": "2.5"}', '"2.50"', '2.50'),
	('map', NULL, '{"b": 1, "a": [null, {"x": "y"}]}', '{"b": 1, "a": [null, {"x": "y"}]}'), ('map', NULL, '"{\"a\": 1}"', '{"a": 1}'), ('map', NULL, '{}', '{}'), ('map', NULL, '""', 'null'),
	('map', '{"fields": {"foo": {"type": "string", "allow_nil": false}, "bar": "integer"}}', '{"foo": " x ", "bar": "1", "other": 2}', '{"foo": "x", "bar": 1}');
INSERT INTO cases (type, constraints, input, error) VALUES
	('string', NULL, '5', 'is invalid'), ('string', NULL, '["a"]', 'is invalid'), ('string', NULL, '{}', 'is invalid'),
	('string', '{"max_length": 5}', '"éééééé"', 'length must be less than or equal to 5'), ('string', '{"min_length": 3}', '"  12   "', 'length must be greater than or equal to 3'),
	('string', '{"min_length": 3}', '"\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67\u200d\ud83d\udc66"', 'length must be greater than or equal to 3'),
	('integer', NULL, '" 1 "', 'is invalid'), ('integer', NULL, 'true', 'is invalid'), ('integer', NULL, '1.5', 'is invalid'), ('integer', NULL, '"1e3"', 'is invalid'),
	('integer', NULL, '9223372036854775808', 'is invalid'), ('integer', NULL, '[1]', 'is invalid'), ('integer', '{"min": 2, "max": 10}', '1', 'must be greater than or equal to 2'),
	('integer', '{"min": 2, "max": 10}', '11', 'must be less than or equal to 10'),
	('boolean', NULL, '0', 'is invalid'), ('boolean', NULL, '"t"', 'is invalid'), ('boolean', NULL, '"True"', 'is invalid'),
	('atom', '{"one_of": ["open", "closed"]}', '"pending"', 'atom must be one of "open, closed", got: pending'),
	('uuid', NULL, '"0000000000004000800000000000000a"', 'is invalid'), ('uuid', NULL, '"{00000000-0000-4000-8000-00000000000a}"', 'is invalid'), ('uuid', NULL, '5', 'is invalid'),
	('utc_datetime', NULL, '"2020-02-30T10:20:30Z"', 'Could not cast input to datetime'), ('utc_datetime', NULL, '"infinity"', 'Could not cast input to datetime'),
	('decimal', NULL, '"NaN"', 'is invalid'), ('decimal', NULL, '"Infinity"', 'is invalid'),
	('map', NULL, '"{bad"', 'is invalid'), ('map', NULL, '1', 'is invalid');

SELECT pg_temp.define(jsonb_build_object('domain', 'action_types', 'resources', jsonb_build_object('r', jsonb_build_object(
	'attributes', '{"id": "integer_primary_key"}'::jsonb || jsonb_object_agg('c' || n,
		jsonb_build_object('type', type, 'public', true) || CASE WHEN constraints IS NULL THEN '{}' ELSE jsonb_build_object('constraints', constraints::jsonb) END),
	'actions', '{"defaults": ["read", {"create": "*"}, {"update": "*"}]}'::jsonb)))::text)
FROM cases \gset

-- What is returned is what is stored; decimals keep their digits.
SELECT is(coalesce(ash_create('action_types.r', jsonb_build_object('c' || n, input))->>('c' || n), 'null')
		|| ' ' || coalesce((ash_read('action_types.r', '{"sort": "-id", "limit": 1}')->0)->>('c' || n), 'null'),
	coalesce(output#>>'{}', 'null') || ' ' || coalesce(output#>>'{}', 'null'), format('%s%s takes %s', type, constraints, input))
FROM cases WHERE error IS NULL AND type <> 'map' ORDER BY n;
SELECT is(ash_create('action_types.r', jsonb_build_object('c' || n, input))::jsonb->('c' || n), output, format('%s%s takes %s', type, constraints, input))
FROM cases WHERE error IS NULL AND type = 'map' ORDER BY n;
SELECT is(ash_try_action('action_types.r', 'create', jsonb_build_object('c' || n, input))::jsonb #- '{errors,0,vars}',
	jsonb_build_object('ok', false, 'class', 'invalid', 'errors', jsonb_build_array(jsonb_build_object('code', 'invalid_attribute', 'field', 'c' || n, 'path', '[]'::jsonb, 'message', error))),
	format('%s%s refuses %s', type, constraints, input))
FROM cases WHERE error IS NOT NULL ORDER BY n;

SELECT * FROM finish();
ROLLBACK;
