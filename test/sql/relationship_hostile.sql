\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(36);

-- Do the reads behind relationships work whatever things are called, and whatever search_path the caller has?

CREATE ROLE rh_web;
CREATE FUNCTION pg_temp.quoted(name text) RETURNS text LANGUAGE sql AS $$ SELECT '"' || replace(name, '"', '""') || '"' $$;
CREATE FUNCTION pg_temp.document(n text, i int) RETURNS text LANGUAGE sql AS $$
	SELECT jsonb_build_object('domain', 'rh' || i, 'schema', n, 'resources', jsonb_build_object(
		'a', jsonb_build_object('table', n, 'attributes', jsonb_build_object('id', jsonb_build_object('type', 'integer', 'primary_key', true, 'allow_nil', false, 'source', n)),
			'relationships', jsonb_build_object(
				n, jsonb_build_object('has_many', 'b', 'destination_attribute', 'up', 'public', true, 'sort', jsonb_build_array(n)),
				'path', jsonb_build_object('has_many', 'c', 'through', jsonb_build_array(n, 'kids'), 'public', true),
				'hand', jsonb_build_object('has_many', 'b', 'manual', jsonb_build_object('function', format('%I.%I', n, n), 'options', jsonb_build_object(n, n)), 'public', true),
				'told', jsonb_build_object('has_many', 'b', 'destination_attribute', 'up', 'read_action', n, 'public', true,
					'read_action_arguments', jsonb_build_object(n, jsonb_build_object('expr', 'parent.id'), 'k', n))),
			'aggregates', jsonb_build_object('told_count', jsonb_build_object('count', 'told', 'public', true), 'path_count', jsonb_build_object('count', 'path', 'public', true)),
			'actions', jsonb_build_object('defaults', jsonb_build_array('read'))),
		'b', jsonb_build_object('table', n || '2', 'security', 'definer', 'policies', jsonb_build_array(jsonb_build_object('policy', 'always', 'checks', jsonb_build_array(jsonb_build_object('authorize_if', 'always')))),
			'attributes', jsonb_build_object(n, jsonb_build_object('type', 'integer', 'primary_key', true, 'allow_nil', false), 'x', jsonb_build_object('type', 'integer', 'primary_key', true, 'allow_nil', false, 'source', 'x' || n), 'up', 'integer'),
			'relationships', jsonb_build_object('kids', jsonb_build_object('has_many', 'c', 'source_attribute', n, 'destination_attribute', n, 'public', true)),
			'actions', jsonb_build_object('defaults', jsonb_build_array('read'), n, jsonb_build_object('type', 'read', 'arguments', jsonb_build_object(n, 'integer', 'k', 'string'), 'filter', format('up = arg.%s and arg.k is not null', pg_temp.quoted(n))))),
		'c', jsonb_build_object('table', n || '3', 'attributes', jsonb_build_object('id', 'integer_primary_key', n, 'integer'), 'actions', jsonb_build_object('defaults', jsonb_build_array('read')))))::text
$$;
CREATE FUNCTION pg_temp.exercise(n text, i int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	load jsonb := jsonb_build_array(n, 'path', 'hand', 'told', 'told_count', 'path_count', jsonb_build_object('hand', jsonb_build_object('limit', 1, 'load', jsonb_build_array('kids'))));
	got jsonb;
	trap text;
	path text := current_setting('search_path');
BEGIN
	EXECUTE format('CREATE SCHEMA %I', n);
	EXECUTE format('CREATE FUNCTION %I.%I(records jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $f$ SELECT jsonb_build_object(''1'', jsonb_build_array(jsonb_build_object(options->>%L, 7, ''x'', 8))) $f$', n, n, n);
	RETURN NEXT is(pg_temp.errors(format('SELECT pg_temp.define(%L)', pg_temp.document(n, i))), 'no error', n || ': define');
	EXECUTE format('INSERT INTO %I.%I VALUES (1)', n, n);
	EXECUTE format('INSERT INTO %I.%I (%I, %I, up) VALUES (7, 8, 1)', n, n || '2', n, 'x' || n);
	EXECUTE format('INSERT INTO %I.%I (%I) VALUES (7), (7)', n, n || '3', n);
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO rh_web; GRANT SELECT ON %I.%I, %I.%I TO rh_web', n, n, n, n, n || '3');
	EXECUTE format('GRANT EXECUTE ON FUNCTION %I.%I TO rh_web', n, n);
	PERFORM set_config('search_path', 'rh_trap, ' || path || ', pg_catalog', true);
	got := pg_temp.as_role('rh_web', format('SELECT ash_get(%L, ''1'', %L)', 'rh' || i || '.a', jsonb_build_object('load', load)));
	trap := pg_temp.as_role('rh_web', 'SELECT 1 = 2');
	PERFORM set_config('search_path', path, true);
	RETURN NEXT matches(trap, 'trapped', n || ': the trap works');
	RETURN NEXT is(got #> ARRAY[n, '0'], jsonb_build_object(n, 7, 'x', 8, 'up', 1), n || ': a has_many without a privilege on its table');
	RETURN NEXT is(got->'told', got->n, n || ': arguments of the row');
	RETURN NEXT is(got #>> '{hand,0,x}', '8', n || ': a manual one with a key of two attributes');
	RETURN NEXT is(jsonb_array_length(got #> ARRAY['hand', '0', 'kids']), 2, n || ': a load inside it');
	RETURN NEXT is(jsonb_array_length(got->'path'), 2, n || ': a path');
	RETURN NEXT is((got->>'told_count') || (got->>'path_count'), '12', n || ': aggregates');
	RETURN NEXT matches(pg_temp.as_role('rh_web', format('SELECT count(*) FROM %I.%I', n, n || '2')), '^42501', n || ': the table is closed all the same');
END $$;

-- Operators and functions of the caller that lie in wait.
CREATE SCHEMA rh_trap;
CREATE FUNCTION rh_trap.unnest(anyarray) RETURNS SETOF anyelement LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE FUNCTION rh_trap.eq(integer, integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE OPERATOR rh_trap.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = rh_trap.eq);
GRANT USAGE ON SCHEMA rh_trap TO rh_web;

SELECT pg_temp.exercise('a"b', 1);
SELECT pg_temp.exercise('select', 2);
SELECT pg_temp.exercise('$1', 3);
SELECT pg_temp.exercise(repeat('é', 31), 4);

SELECT * FROM finish();
ROLLBACK;
