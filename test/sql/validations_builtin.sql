\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(68);

-- When does each built-in validation pass, and what does it say when it does not?

CREATE TEMP TABLE cases (n int GENERATED ALWAYS AS IDENTITY, validation text, input text, error text);
INSERT INTO cases (validation, input, error) VALUES
	('{"present": {"attributes": ["title"]}}', '{"title": "x"}', NULL),
	('{"present": {"attributes": ["title"]}}', '{"title": ""}', 'invalid_attribute title: must be present'),
	('{"present": {"attributes": ["title", "body"]}}', '{"title": "x"}', 'invalid_changes title,body: title, body: exactly 2 of "title,body" must be present'),
	('{"present": {"attributes": ["title", "body", "email"], "at_least": 1}}', '{}', 'invalid_changes title,body,email: title, body, email: at least 1 of "title,body,email" must be present'),
	('{"present": {"attributes": ["title", "body", "email"], "at_most": 1}}', '{}', NULL),
	('{"present": {"attributes": ["title", "body", "email"], "at_most": 1}}', '{"title": "a", "body": "b"}', 'invalid_changes title,body,email: title, body, email: at most 1 of "title,body,email" must be present'),
	('{"present": {"attributes": ["title", "body", "email"], "exactly": 1}}', '{"title": "a", "body": "b"}', 'invalid_changes title,body,email: title, body, email: exactly 1 of "title,body,email" must be present'),
	('{"present": {"attributes": ["word", "title"], "at_least": 1}}', '{"word": "w"}', NULL),
	('{"attributes_present": {"attributes": ["title"]}}', '{"title": "x"}', NULL),
	('{"absent": {"attributes": ["title"]}}', '{}', NULL),
	('{"absent": {"attributes": ["title"]}}', '{"title": "x"}', 'invalid_changes title: title: must be absent'),
	('{"attributes_absent": {"attributes": ["title"]}}', '{"title": "x"}', 'invalid_changes title: title: must be absent'),
	('{"attribute_equals": {"attribute": "title", "value": "foo"}}', '{"title": "foo"}', NULL),
	('{"attribute_equals": {"attribute": "title", "value": "foo"}}', '{"title": "FOO"}', 'invalid_attribute title: must equal "foo"'),
	('{"attribute_equals": {"attribute": "n", "value": 5}}', '{"n": "5"}', NULL),
	('{"attribute_equals": {"attribute": "n", "value": 5}}', '{"n": 6}', 'invalid_attribute n: must equal 5'),
	('{"attribute_equals": {"attribute": "title", "value": null}}', '{}', NULL),
	('{"attribute_equals": {"attribute": "title", "value": null}}', '{"title": "x"}', 'invalid_attribute title: must equal nil'),
	('{"attribute_does_not_equal": {"attribute": "title", "value": "foo"}}', '{"title": "bar"}', NULL),
	('{"attribute_does_not_equal": {"attribute": "title", "value": "foo"}}', '{"title": "foo"}', 'invalid_attribute title: must not equal "foo"'),
	('{"attribute_in": {"attribute": "title", "values": ["a", "b"]}}', '{"title": "a"}', NULL),
	('{"attribute_in": {"attribute": "title", "values": ["a", "b"]}}', '{"title": "c"}', 'invalid_attribute title: expected one of "a, b"'),
	('{"attribute_in": {"attribute": "title", "values": ["a", "b"]}}', '{}', NULL),
	('{"argument_equals": {"argument": "word", "value": "foo"}}', '{"word": "x"}', 'invalid_argument word: must equal "foo"'),
	('{"argument_equals": {"argument": "word", "value": "foo"}}', '{"word": "foo"}', NULL),
	('{"argument_does_not_equal": {"argument": "word", "value": "foo"}}', '{"word": "foo"}', 'invalid_argument word: must not equal "foo"'),
	('{"argument_in": {"argument": "word", "values": ["foo", "bar"]}}', '{"word": "bar"}', NULL),
	('{"one_of": {"attribute": "title", "values": ["foo", "bar"]}}', '{}', NULL),
	('{"one_of": {"attribute": "title", "values": ["foo", "bar"]}}', '{"title": "baz"}', 'invalid_attribute title: expected one of "foo, bar"'),
	('{"one_of": {"attribute": "n", "values": [1, 2, 3]}}', '{"n": 4}', 'invalid_attribute n: expected one of "1, 2, 3"'),
	('{"compare": {"attribute": "n", "greater_than": 0, "less_than_or_equal_to": 10}}', '{"n": 10}', NULL),
	('{"compare": {"attribute": "n", "greater_than": 0, "less_than_or_equal_to": 10}}', '{"n": 11}', 'invalid_attribute n: must be greater than 0 and must be less than or equal to 10'),
	('{"compare": {"attribute": "n", "greater_than_or_equal_to": 5, "less_than": 7}}', '{"n": 4}', 'invalid_attribute n: must be greater than or equal to 5 and must be less than 7'),
	('{"compare": {"attribute": "n", "greater_than": 0}}', '{}', NULL),
	('{"compare": {"attribute": "n", "greater_than": {"attribute": "m"}}}', '{"n": 3, "m": 2}', NULL),
	('{"compare": {"attribute": "n", "greater_than": {"attribute": "m"}}}', '{"n": 1, "m": 1}', 'invalid_attribute n: must be greater than m'),
	('{"compare": {"attribute": "n", "greater_than": {"attribute": "m"}}}', '{"n": 1}', 'invalid_attribute n: must be greater than m'),
	('{"compare": {"attribute": "n", "greater_than": {"attribute": "m"}}}', '{"m": 1}', NULL),
	('{"compare": {"attribute": "n", "less_than": {"argument": "lim"}}}', '{"n": 1, "lim": 2}', NULL),
	('{"compare": {"attribute": "n", "less_than": {"argument": "lim"}}}', '{"n": 2}', NULL),
	('{"compare": {"attribute": "dec", "greater_than": {"decimal": "1.5"}}}', '{"dec": "1.51"}', NULL),
	('{"compare": {"attribute": "dec", "greater_than_or_equal_to": 2}}', '{"dec": "1.99"}', 'invalid_attribute dec: must be greater than or equal to 2'),
	('{"compare": {"attribute": "dec", "greater_than_or_equal_to": 2}}', '{"dec": "2.00"}', NULL),
	('{"confirm": {"field": "title", "confirmation": "confirm_title"}}', '{"title": "a", "confirm_title": "a"}', NULL),
	('{"confirm": {"field": "title", "confirmation": "confirm_title"}}', '{"title": "a", "confirm_title": "b"}', 'invalid_attribute confirm_title: confirmation did not match value'),
	('{"confirm": {"field": "title", "confirmation": "confirm_title"}}', '{"title": "a"}', 'invalid_attribute confirm_title: confirmation did not match value'),
	('{"match": {"attribute": "title", "match": "^[a-z]+$"}}', '{"title": "abc"}', NULL),
	('{"match": {"attribute": "title", "match": "^[a-z]+$"}, "message": "only lower case letters"}', '{"title": "A"}', 'invalid_attribute title: only lower case letters'),
	('{"match": {"attribute": "title", "match": "^[a-z]+$"}}', '{}', NULL),
	('{"negate": {"one_of": {"attribute": "title", "values": ["foo", "bar"]}}}', '{"title": "baz"}', NULL),
	('{"negate": {"one_of": {"attribute": "title", "values": ["foo", "bar"]}}}', '{"title": "foo"}', 'invalid_attribute: must not pass validation: expected one of "foo, bar"'),
	('{"negate": {"present": {"attributes": ["title"]}}}', '{"title": "x"}', 'invalid_attribute: must not pass validation: must be present'),
	('{"string_length": {"attribute": "title", "min": 2, "max": 4}}', '{"title": "ab"}', NULL),
	('{"string_length": {"attribute": "title", "min": 2, "max": 4}}', '{"title": "abcde"}', 'invalid_attribute title: must have length of between 2 and 4'),
	('{"string_length": {"attribute": "title", "min": 2}}', '{"title": "a"}', 'invalid_attribute title: must have length of at least 2'),
	('{"string_length": {"attribute": "title", "max": 2}}', '{"title": "abc"}', 'invalid_attribute title: must have length of no more than 2'),
	('{"string_length": {"attribute": "title", "exact": 2}}', '{"title": "éé"}', NULL),
	('{"string_length": {"attribute": "title", "exact": 2}}', '{"title": "é"}', 'invalid_attribute title: must have length of exactly 2'),
	('{"string_length": {"attribute": "title", "min": 2}}', '{}', NULL),
	('{"changing": {"field": "title"}}', '{"title": "x"}', NULL),
	('{"changing": {"field": "title"}}', '{}', 'invalid_attribute title: must be changing'),
	('{"present": {"attributes": ["title"]}, "where": [{"attribute_equals": {"attribute": "n", "value": 1}}]}', '{"n": 2}', NULL),
	('{"present": {"attributes": ["title"]}, "where": [{"attribute_equals": {"attribute": "n", "value": 1}}]}', '{"n": 1}', 'invalid_attribute title: must be present'),
	('{"present": {"attributes": ["title"]}, "only_when_valid": true}', '{"n": "x"}', 'invalid_attribute n: is invalid'),
	('{"present": {"attributes": ["title"]}}', '{"n": "x"}', E'invalid_attribute n: is invalid\ninvalid_attribute title: must be present'),
	('{"present": {"attributes": ["title"]}, "before_action": true}', '{}', 'invalid_attribute title: must be present');

SELECT pg_temp.define(jsonb_build_object('domain', 'validations_builtin', 'resources', jsonb_build_object('r', jsonb_build_object(
	'attributes', '{"id": "uuid_primary_key", "title": {"type": "string", "public": true}, "body": {"type": "string", "public": true}, "email": {"type": "string", "public": true},
		"n": {"type": "integer", "public": true}, "m": {"type": "integer", "public": true}, "dec": {"type": "decimal", "public": true}}'::jsonb,
	'actions', '{"defaults": ["read"], "everything": {"type": "update", "accept": "*", "validations": [{"present": {"attributes": ["title"]}}, {"compare": {"attribute": "n", "greater_than": 0}}]},
		"plain": {"type": "create", "accept": "*"}}'::jsonb ||
		jsonb_object_agg('a' || n, jsonb_build_object('type', 'create', 'accept', '*', 'validations', jsonb_build_array(validation::jsonb),
			'arguments', '{"word": "string", "lim": "integer", "confirm_title": "string"}'::jsonb)))))::text)
FROM cases \gset

SELECT is(pg_temp.errors(format('SELECT ash_run_action(%L, %L, %L)', 'validations_builtin.r', 'a' || n, input)),
	coalesce(E'22023 invalid\n' || error, 'no error'), validation || ' with ' || input)
FROM cases ORDER BY n;

-- On an update what is stored counts too.
SELECT ash_create('validations_builtin.r', '{"title": "stored", "n": 5}', '{"action": "plain"}')->'id' AS id \gset
SELECT is(pg_temp.errors(format('SELECT ash_run_action(%L, %L, %L, %L)', 'validations_builtin.r', 'everything', '{"n": 6}', jsonb_build_object('record', :'id'::jsonb))), 'no error', 'stored values count'),
	is(pg_temp.errors(format('SELECT ash_run_action(%L, %L, %L, %L)', 'validations_builtin.r', 'everything', '{"n": -1, "title": null}', jsonb_build_object('record', :'id'::jsonb))),
		E'22023 invalid\ninvalid_attribute n: must be greater than 0\ninvalid_attribute title: must be present', 'all validations are tried');

SELECT * FROM finish();
ROLLBACK;
