\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(37);

-- Is what the framework's expressions have and ours have not, and what an owner should not reach, refused when it is
-- defined, with its place and what to do?

CREATE FUNCTION pg_temp.refused(source text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(pg_temp.errors(format('SELECT ash_define(%L)', json_build_object('domain', 'expression_refused', 'resources', json_build_object('row', json_build_object(
		'attributes', '{"id": "integer_primary_key", "a": "integer", "b": "boolean", "s": "string", "t": "utc_datetime"}'::json,
		'calculations', json_build_object('value', json_build_object('type', 'string', 'expr', source))))))), '^.*"\]: ', '')
$$;
SELECT is(pg_temp.refused(source), want, source) FROM (VALUES
	('fragment(''? + 1'')', 'fragment has 1 ? and 0 arguments for them (character 1)'),
	('s || lazy(''m'')', 'lazy takes a call of one of the domain''s "functions" (character 6)'),
	('lazy(upper(s))', 'lazy takes a call of one of the domain''s "functions" (character 1)'),
	('composite_type(s, s)', 'the second argument of composite_type must be the name of a row type, as a string (character 1)'),
	('composite_type(row(s), ''string'')', 'the type string has no columns (character 1)'),
	('type(s, ''range'')', 'the key "inner_type" is required (character 1)'),
	('type(s, ''string'', ''{"max_lenth": 2}'')', 'unknown key "max_lenth" (character 1); did you mean "max_length"?'),
	('type(s, ''string'', s)', 'the third argument of type must be constraints: a JSON object, as a string (character 1)'),
	('type(s, ''string'', ''{x'')', 'invalid JSON at line 1, column 2: string or ''}'' expected near ''x'' (character 1)'),
	('row(a, s)', 'this kind of expression is not allowed (character 1)'),
	('map(a)', 'map takes key => value, … (character 5)'),
	('error(''nonsense'', map(message => s))', 'there is no error code "nonsense" (character 1)'),
	('error(''requird'', map(message => s))', 'there is no error code "requird" (character 1); did you mean "required"?'),
	('error(''required'', s)', 'the second argument of error must be a map, not string (character 1)'),
	('required(s, a)', 'the second argument of required must be the name of a field, not integer (character 1)'),
	('cond(b)', 'cond takes at least 2 arguments, not 1 (character 1)'),
	('cond(b, s, a, s)', 'expression must be a condition, but is integer (character 1)'),
	('cond(b, s, b, a)', 'the results of a condition must have the same type (character 1)'),
	('vector_cosine_distance(s, s)', 'vector_cosine_distance needs the extension vector (character 1)'),
	('a == s', 'operator = is not defined for integer and string (character 3)'),
	('a && s', 'operator && is not defined for integer and string (character 3)'),
	('b || a', 'operator || is not defined for boolean and integer (character 3)'),
	('string_lenght(s)', 'there is no function string_lenght in expressions (character 1); did you mean "string_length"?'),
	('a + s', 'operator + is not defined for integer and string (character 3)'),
	('length(s)', 'argument 1 of length must be a list, not string (character 1)'),
	('rem(a)', 'rem takes 2 arguments, not 1 (character 1)'),
	('ago(3, ''fortnight'')', 'argument 2 of ago must be a unit of time, not string (character 1)'),
	('if(a, s, s)', 'expression must be a condition, but is integer (character 1)'),
	('x', 'expression_refused.row has no field "x" (character 1)'),
	('upsert_conflict(s)', 'upsert_conflict is for upserts only (character 1)'),
	('parent.s', 'there is no parent here (character 1)'),
	('(select 1)', 'subqueries are not allowed; use exists(path, condition) (character 1)'),
	('pg_read_file(s)', 'there is no function pg_read_file in expressions (character 1)'),
	('pg_catalog.set_config(s, s, true)', 'there is no function set_config in expressions (character 1)'),
	('public.f(s)', 'functions of other schemas are not allowed (character 1)'),
	('a operator(public.+) a', 'operators of other schemas are not allowed (character 3)'),
	('$1', 'parameters are not allowed; use arg.name (character 1)')) AS v(source, want);

SELECT * FROM finish();
ROLLBACK;
