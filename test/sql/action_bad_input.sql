\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(58);

-- Does every unusable argument of a call give a clear error, and never an internal one?

SELECT pg_temp.define($doc${
  "domain": "action_bad_input",
  "resources": {
    "post": {
      "attributes": {"id": "uuid_primary_key", "title": {"type": "string", "public": true}, "data": {"type": "map", "public": true}, "n": {"type": "integer", "public": true},
        "f": {"type": "float", "public": true}, "d": {"type": "decimal", "public": true}, "tags": {"type": "string[]", "public": true}, "at": {"type": "utc_datetime", "public": true}},
      "relationships": {"parent": {"belongs_to": "action_bad_input.post", "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}
    }
  }
}$doc$) \gset
SELECT ash_create('action_bad_input.post', '{"title": "x"}')->>'id' AS id \gset

-- "SQLSTATE first code", or "ok".
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(nullif(concat_ws(' ', e->>'sqlstate', CASE WHEN e->>'detail' LIKE '{"class"%' THEN (e->>'detail')::jsonb #>> '{errors,0,code}' END), ''), 'ok') FROM pg_temp.caught(statement) AS e
$$;
CREATE FUNCTION pg_temp.deep(levels int, opening text, closing text) RETURNS text LANGUAGE sql AS $$ SELECT repeat(opening, levels) || '1' || repeat(closing, levels) $$;
CREATE FUNCTION pg_temp.create(input text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.outcome(format('SELECT ash_create(%L, %L)', 'action_bad_input.post', input)) $$;
CREATE FUNCTION pg_temp.read(options text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.outcome(format('SELECT ash_read(%L, %L)', 'action_bad_input.post', options)) $$;

-- Nulls and unknown names.
SELECT is(pg_temp.outcome(s), o, s) FROM (VALUES
	('SELECT ash_run_action(NULL, ''read'')', '22004'), ('SELECT ash_run_action(''action_bad_input.post'', NULL)', '22004'), ('SELECT ash_create(NULL)', '22004'),
	('SELECT ash_run_action('''', '''')', '22023 no_such_resource'), ('SELECT ash_run_action(''action_bad_input'', ''read'')', '22023 no_such_resource'),
	('SELECT ash_run_action(''action_bad_input.'', ''read'')', '22023 no_such_resource'), ('SELECT ash_run_action(''a.b.c.d'', ''read'')', '22023 no_such_resource'),
	('SELECT ash_run_action(repeat(''x'', 1000000), ''read'')', '22023 no_such_resource'), ('SELECT ash_run_action(''action_bad_input.post'', repeat(''x'', 1000000))', '22023 no_such_action'),
	('SELECT ash_run_action(''action_bad_input.post'', '''')', '22023 no_such_action'), ('SELECT ash_run_action(''action_bad_input.post'', ''create'', NULL, NULL)', 'ok'),
	('SELECT ash_update(''action_bad_input.post'', NULL, ''{}'')', '22023 invalid_primary_key'), ('SELECT ash_get(''action_bad_input.post'', NULL)', '22023 not_found'),
	('SELECT ash_bulk_create(''action_bad_input.post'', NULL)', '22023 invalid_input'),
	('SELECT ash_bulk_create(''action_bad_input.post'', ''{}'')', '22023 invalid_input'), ('SELECT ash_bulk_create(''action_bad_input.post'', ''5'')', '22023 invalid_input'),
	('SELECT ash_sum(''action_bad_input.post'', NULL)', '22004'), ('SELECT ash_sum(''action_bad_input.post'', ''nope'')', '22023 no_such_field'),
	('SELECT ash_calculate(''action_bad_input.post'', NULL)', '22004'), ('SELECT ash_load(''action_bad_input.post'', ''5'', ''["parent"]'')', '22023 invalid_primary_key')) AS t(s, o);

-- Input that is no object.
SELECT is(pg_temp.create(i), '22023 invalid_input', 'input ' || i) FROM (VALUES ('5'), ('[]'), ('"x"'), ('[{"title": "x"}]')) AS t(i);
SELECT is(pg_temp.create('null'), '22023 invalid_input', 'input null');

-- Depth: jsonb's own limit comes first, what it takes we take.
SELECT is(pg_temp.create(format('{"data": {"a": %s}}', pg_temp.deep(100000, '[', ']'))), '54001', '100 000 brackets');
SELECT is(pg_temp.create(format('{"data": {"a": %s}}', pg_temp.deep(1000, '[', ']'))), 'ok', '1 000 brackets');
SELECT is(pg_temp.create(format('{"tags": %s}', pg_temp.deep(1000, '[', ']'))), '22023 invalid_attribute', 'a list of lists of lists … of strings');
SELECT matches(pg_temp.read(format('{"filter": %s}', pg_temp.deep(1000, '{"not":', '}'))), '^22023 ', 'a filter of 1 000 negations of a number');
SELECT matches(pg_temp.read(format('{"filter": %s{"n": 1}%s}', repeat('{"not":', 1000), repeat('}', 1000))), '^(ok|54001|22023)', 'a filter of 1 000 negations');
SELECT matches(pg_temp.read(format('{"filter": %s{"n": 1}%s}', repeat('{"or":[{"n": 2},', 800), repeat(']}', 800))), '^(ok|54001|22023)', 'a filter of 800 nested alternatives');
SELECT matches(pg_temp.read(format('{"filter": %s{"n": 1}%s}', repeat('{"parent":', 300), repeat('}', 300))), '^(ok|54|22023)', 'a filter through 300 relationships');
SELECT matches(pg_temp.read(format('{"load": %s"parent"%s}', repeat('[{"parent":', 300), repeat('}]', 300))), '^(ok|54|22023)', 'a load through 300 relationships');

-- Length.
SELECT is(length(ash_create('action_bad_input.post', jsonb_build_object('title', repeat('x', 1000000)))->>'title'), 1000000, 'a string of 1 MB');
SELECT is(pg_temp.create(jsonb_build_object('n', repeat('9', 1000000))::text), '22023 invalid_attribute', 'a number of a million digits in a string');
SELECT cmp_ok(length(pg_temp.caught(format('SELECT ash_create(%L, %L)', 'action_bad_input.post', jsonb_build_object(repeat('k', 1000000), 1)))->>'message'), '<', 10000, 'an input name of 1 MB does not come back whole');
SELECT is(pg_temp.read(jsonb_build_object('filter', jsonb_build_object('title', jsonb_build_object('in', (SELECT jsonb_agg(i::text) FROM generate_series(1, 20000) i))))::text), 'ok', 'a list of 20 000 values');

-- Numbers.
SELECT is(pg_temp.create(format('{"n": %s}', n)), '22023 invalid_attribute', 'integer ' || n) FROM (VALUES ('1e400'), ('-1e400'), ('9223372036854775808'), ('1.5'), ('1e-400')) AS t(n);
SELECT is(pg_temp.create('{"f": 1e400}'), '22023 invalid_attribute', 'float 1e400'), is(pg_temp.create('{"d": 1e400}'), 'ok', 'decimal 1e400');
SELECT is(pg_temp.read('{"filter": {"n": 99999999999999999999}}') ~ '^(ok|22023)', true, 'a filter by an integer beyond 64 bits');
SELECT is(pg_temp.read(o), '22023 ' || c, o) FROM (VALUES ('{"limit": 99999999999999999999}', 'invalid_limit'), ('{"offset": -1}', 'invalid_offset'), ('{"limit": 1e400}', 'invalid_limit')) AS t(o, c);
SELECT is(pg_temp.create('{"at": "99999-01-01T00:00:00Z"}'), '22023 invalid_attribute', 'a year of five digits'), is(pg_temp.create('{"at": "-4714-01-01T00:00:00Z"}'), '22023 invalid_attribute', 'a year before the calendar');

-- Keys.
SELECT is(pg_temp.outcome(format('SELECT ash_get(%L, %L)', 'action_bad_input.post', k)), '22023 invalid_primary_key', 'key ' || k)
FROM (VALUES ('"x"'), ('5'), ('true'), ('[]'), ('{"id": {"eq": "x"}}'), ('{"nope": 1}')) AS t(k);
SELECT is(pg_temp.outcome(format('SELECT ash_get(%L, %L)', 'action_bad_input.post', jsonb_build_object('id', :'id', 'title', 'something else'))), 'ok', 'what is no part of the key is ignored');
SELECT is(ash_count('action_bad_input.post', jsonb_build_object('filter', jsonb_build_object('id', :'id')))::text, '1', 'the session is as good as before');

SELECT * FROM finish();
ROLLBACK;
