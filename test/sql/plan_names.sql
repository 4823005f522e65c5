\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(14);

-- Are the names of what the planner makes right, short enough and different, whatever the names they are made of?

CREATE TEMP TABLE doc (d jsonb);
INSERT INTO doc SELECT jsonb_build_object('domain', 'plan_names', 'resources', jsonb_build_object(
	'plain', '{"attributes": {"id": "integer_primary_key", "a": {"type": "integer", "constraints": {"min": 1}}, "b": "integer"}, "identities": {"both": ["a", "b"]},
		"relationships": {"up": {"belongs_to": "plan_names.plain", "attribute_type": "integer", "references": {"index": true}}},
		"custom_indexes": [{"fields": ["b", "lower(a::text)"]}]}'::jsonb,
	repeat('t', 63), jsonb_build_object('attributes', jsonb_build_object('id', 'integer_primary_key', repeat('c', 63), '{"type": "integer", "constraints": {"min": 1}}'::jsonb,
			repeat('é', 31), '{"type": "integer", "constraints": {"min": 1}}'::jsonb, repeat('é', 30) || 'x', '{"type": "integer", "constraints": {"min": 1}}'::jsonb),
		'identities', jsonb_build_object(repeat('i', 60) || '1', jsonb_build_array(repeat('c', 63)), repeat('i', 60) || '2', jsonb_build_array(repeat('é', 31)))),
	'select', '{"attributes": {"id": "integer_primary_key", "user": "string", "a\"b": {"type": "string", "default": "''"}, "Mixed Case": "integer", "$1": "integer"},
		"identities": {"x": ["user", "a\"b"]}, "custom_indexes": [{"fields": ["Mixed Case", "-$1"]}], "check_constraints": {"do": {"check": "\"user\" <> ''", "attribute": "user"}}}'::jsonb));

UPDATE doc SET d = jsonb_set(d, '{resources,select,check_constraints,do,check}', '"\"user\" <> ''x''"');
SELECT lives_ok('SELECT ash_define(d::text::json, true) FROM doc', 'all these names can be used');
SELECT is_empty($$SELECT operation, sql FROM ash_plan('plan_names')$$, 'and everything is known again');
SELECT set_eq($$SELECT conname FROM pg_constraint WHERE conrelid = 'plan_names.plain'::regclass AND contype <> 'n'$$, ARRAY['plain_pkey', 'plain_up_id_fkey', 'plain_a_check']::name[], 'names of constraints');
SELECT set_eq($$SELECT relname FROM pg_class JOIN pg_index ON oid = indexrelid WHERE indrelid = 'plan_names.plain'::regclass$$,
	ARRAY['plain_pkey', 'plain_both_index', 'plain_up_id_index', 'plain_b_loweratext_index']::name[], 'names of indexes');
SELECT is((SELECT count(*)::int FROM pg_constraint WHERE connamespace = 'plan_names'::regnamespace AND contype = 'c' AND conname LIKE 'ttt%\_check'), 3, 'long names of constraints stay different');
SELECT is((SELECT count(*)::int FROM pg_class WHERE relnamespace = 'plan_names'::regnamespace AND relkind = 'i' AND relname LIKE 'ttt%\_index'), 2, 'and of indexes');
SELECT is_empty($$SELECT conname FROM pg_constraint WHERE connamespace = 'plan_names'::regnamespace AND contype <> 'n' AND (length(conname::text) > 63 OR conname::text !~ '_(pkey|fkey|check)$' AND conname <> 'do')$$, 'all keep their suffix');
SELECT has_column('plan_names', 'select', 'a"b', 'a quote in a column');
SELECT has_column('plan_names', 'select', 'Mixed Case', 'case and blanks are kept');
SELECT lives_ok($$INSERT INTO plan_names."select" ("user", "a""b") VALUES ('a', DEFAULT)$$, 'the table works');
SELECT throws_ok($$INSERT INTO plan_names."select" ("user", "a""b") VALUES ('a', DEFAULT)$$, '23505', NULL, 'with its identity');
SELECT throws_ok($$INSERT INTO plan_names."select" ("user") VALUES ('x')$$, '23514', NULL, 'and its check');

-- A name longer than PostgreSQL can keep would be cut, and then not be found again.
SELECT matches(pg_temp.errors(format('SELECT ash_define(%L)', jsonb_build_object('domain', 'plan_long', 'resources', jsonb_build_object('a', jsonb_build_object('table', repeat('t', 64),
	'attributes', '{"id": "uuid_primary_key"}'::jsonb))))), '^22023 invalid\ninvalid_definition .*table', 'a table name that is too long is refused');
SELECT matches(pg_temp.errors(format('SELECT ash_define(%L)', jsonb_build_object('domain', 'plan_long', 'resources', jsonb_build_object('a', jsonb_build_object(
	'attributes', jsonb_build_object('id', 'uuid_primary_key', repeat('c', 64), 'string')))))), '^22023 invalid\ninvalid_definition .*attributes', 'and so is a column name');

SELECT * FROM finish();
ROLLBACK;
