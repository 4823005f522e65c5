\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(48);

-- Does fragment() mean what PostgreSQL means by its text, the same in a statement and in memory, whatever the caller's search_path,
-- and can its text do no more than be one expression over its arguments?

CREATE ROLE fragment_owner;
CREATE ROLE fragment_web;
CREATE SCHEMA app;
CREATE FUNCTION app.shout(s text, times int DEFAULT 1) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.upper(s) || pg_catalog.repeat('!', times) $$;
CREATE FUNCTION app.secret() RETURNS text LANGUAGE sql AS $$ SELECT 'secret'::text $$;
REVOKE EXECUTE ON FUNCTION app.secret() FROM PUBLIC;
CREATE FUNCTION app.many() RETURNS SETOF int LANGUAGE sql AS $$ SELECT 1 $$;

CREATE FUNCTION pg_temp.document(name text, sources text[]) RETURNS text LANGUAGE sql AS $$
	SELECT jsonb_build_object('domain', name, 'resources', jsonb_build_object('row', jsonb_build_object(
		'attributes', '{"id": "integer_primary_key", "n": {"type": "integer", "public": true}, "s": {"type": "string", "public": true}, "m": {"type": "map", "public": true}, "t": {"type": "utc_datetime", "public": true}, "list": {"type": "string[]", "public": true}}'::jsonb,
		'calculations', (SELECT jsonb_object_agg('c' || i, jsonb_build_object('type', 'string', 'expr', format('(%s)::text', source), 'public', true)) FROM unnest(sources) WITH ORDINALITY AS u(source, i)),
		'actions', '{"defaults": ["read"]}'::jsonb)))::text
$$;
CREATE TEMPORARY TABLE fragment (i serial, source text, want text);
INSERT INTO fragment (source, want) VALUES
	('fragment(''? / ?'', n, 2)', '3'), ('fragment(''1 + ? * 2'', n)', '15'), ('fragment(''upper(?) || $$x$$'', s)', 'ABx'), ('fragment(''app.shout(?, times => 2)'', s)', 'AB!!'),
	('fragment(''date_trunc(?, ?)::date'', ''month'', t)', '2020-02-01'), ('fragment(''? \? ?'', m, ''k'')', 'true'), ('fragment(''? -> ''''k'''' ->> 0'', m)', 'x'),
	('fragment(''case ? when 7 then ? else null end'', n, s)', 'ab'), ('fragment(''? in (1, 7)'', n)', 'true'), ('fragment(''? not in (1, 7)'', n)', 'false'), ('fragment(''? between 1 and 7'', n)', 'true'),
	('fragment(''? = any(?)'', s, list)', 'true'), ('fragment(''(?)[1:1]'', list)', '{ab}'), ('fragment(''extract(year from ?)'', t)', '2020'), ('fragment(''? similar to ''''a(b|c)'''''', s)', 'true'),
	('fragment(''coalesce(null, greatest(?, 9))'', n)', '9'), ('fragment(''(?::numeric(5,2))'', n)', '7.00'), ('fragment(''array[?, ''''c'''']'', s)', '{ab,c}'), ('fragment(''not (? is null) and ? is not true'', s, n = 1)', 'true'),
	('fragment(''? collate "C" < ''''b'''''', s)', 'true'), ('fragment(''? || ''''\?$1--'''' /* ) */'', s)', 'ab?$1--'), ('fragment(''''''x'''''')', 'x'), ('fragment(''-?'', n) - 1', '-8'), ('n + fragment(''?'', n)', '14'),
	('fragment(''? at time zone ''''UTC'''''', t)', '2020-02-29T12:00:00.000000');
SELECT pg_temp.define(pg_temp.document('fragments', (SELECT array_agg(source ORDER BY i) FROM fragment))) \gset
INSERT INTO fragments.row (id, n, s, m, t, list) VALUES (1, 7, 'ab', '{"k": ["x"]}', '2020-02-29 12:00Z', '{ab,cd}');
GRANT USAGE ON SCHEMA fragments, app TO fragment_web;
GRANT SELECT ON fragments.row TO fragment_web;
CREATE SCHEMA fragment_trap;
CREATE FUNCTION fragment_trap.upper(text) RETURNS text LANGUAGE sql AS $$ SELECT 'trapped'::text $$;
CREATE FUNCTION fragment_trap.minus(bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT 0::bigint $$;
CREATE OPERATOR fragment_trap.- (rightarg = bigint, function = fragment_trap.minus);
GRANT USAGE ON SCHEMA fragment_trap TO fragment_web;

SET LOCAL timezone = 'UTC';
SET LOCAL search_path = fragment_trap, public, pg_catalog;
SELECT is(ash_get('fragments.row', '1', jsonb_build_object('load', jsonb_build_array('c' || i)))::jsonb ->> ('c' || i), want, source || ' in a statement') FROM fragment ORDER BY i;
SELECT is((SELECT string_agg(source, E'\n') FROM fragment WHERE want IS DISTINCT FROM ash_calculate('fragments.row', 'c' || i, '{}', jsonb_build_object('refs', ash_get('fragments.row', '1')::jsonb - '_keyset'))::jsonb #>> '{}'), NULL, 'the same in memory');
RESET search_path;

CREATE FUNCTION pg_temp.refused(source text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(pg_temp.errors(format('SELECT ash_define(%L)', pg_temp.document('fragment_refused', ARRAY[source]))), '^.*"\]: ', '')
$$;
SELECT is(pg_temp.refused(source), want || ' (character 2)', source) FROM (VALUES
	('fragment(s)', 'the first argument of fragment must be SQL, as a string'),
	('fragment(''? + ?'', n)', 'fragment has 2 ? and 1 arguments for them'),
	('fragment(''?) or (true'', n)', 'syntax error at or near ")"'),
	('fragment(''n + 1'')', 'names are not allowed: give fields as arguments for ? in a fragment'),
	('fragment(''(select 1)'')', 'subqueries are not allowed in a fragment'),
	('fragment(''exists (select 1)'')', 'subqueries are not allowed in a fragment'),
	('fragment(''''''?'''' || (? between ''''a'''' and ''''b'''')'', s, s)', 'a ? inside quotes of a fragment is no placeholder: write \?'),
	('fragment(''''''?'''''', n)', 'a ? inside quotes of a fragment is no placeholder: write \?'),
	('fragment(''1 as x'')', 'expression must be one value, without an alias and clauses'),
	('fragment(''1; drop table x'')', 'syntax error at or near ";"'),
	('fragment(''count(?)'', n)', 'fragment: aggregates, window functions and functions of sets are not allowed'),
	('fragment(''row_number() over ()'')', 'aggregates and window functions are not allowed in a fragment'),
	('fragment(''app.many()'')', 'fragment: aggregates, window functions and functions of sets are not allowed'),
	('fragment(''pg_temp.f(?)'', n)', 'temporary objects are not allowed in a fragment'),
	('fragment(''nowhere(?)'', n)', 'fragment: function pg_catalog.nowhere(bigint) does not exist'),
	('fragment(''? + ?'', n, s)', 'fragment: operator does not exist: bigint pg_catalog.+ text'),
	('fragment(''?::citext'', s)', 'fragment: type "pg_catalog.citext" does not exist'),
	('fragment(''$1'')', 'parameters are written ? in a fragment')) AS v(source, want);

-- Whose function it is
CREATE FUNCTION pg_temp.defined_by_owner(source text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	error text;
BEGIN
	SET LOCAL ROLE fragment_owner;
	error := pg_temp.refused(source);
	RESET ROLE;
	RETURN error;
END $$;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO fragment_owner', current_database()); END $$;
GRANT USAGE ON SCHEMA app TO fragment_owner;
SELECT is(pg_temp.defined_by_owner('fragment(''pg_read_file(?)'', s)'), 'fragment: its owner fragment_owner may not execute function pg_read_file (character 2)', 'no function of the server that the owner may not execute');
SELECT is(pg_temp.defined_by_owner('fragment(''app.secret()'')'), 'fragment: its owner fragment_owner may not execute function secret (character 2)', 'no function of others that the owner may not execute');
SELECT is(pg_temp.refused('fragment(''app.secret()'')'), 'no error', 'a function that the owner may execute');
SELECT matches(pg_temp.errors($$SELECT ash_read('fragments.row', '{"filter": {"fragment": ["1 = 1"]}}')$$), 'fragment', 'not from a caller''s filter');

SELECT * FROM finish();
ROLLBACK;
