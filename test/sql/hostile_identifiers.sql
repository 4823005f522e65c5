\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(61);

-- Does everything work whatever the parts of a definition are called?

CREATE FUNCTION pg_temp.quoted(name text) RETURNS text LANGUAGE sql AS $$ SELECT '"' || replace(name, '"', '""') || '"' $$;

-- Two resources of which everything that has a name has this one. Where a dot is not allowed (domains, resources,
-- relationships) an underscore stands for it; where two names must differ the other is a tame one.
CREATE FUNCTION pg_temp.document(hostile text, plain text) RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('domain', plain, 'schema', hostile, 'resources', json_build_object(
		plain, json_build_object(
			'table', hostile,
			'attributes', json_build_object('id', 'uuid_primary_key', hostile, json_build_object('type', 'string', 'public', true, 'constraints', json_build_object('max_length', 50))),
			'relationships', json_build_object('kids', json_build_object('has_many', plain || '.kid', 'destination_attribute', 'up', 'public', true)),
			'identities', json_build_object(hostile, json_build_object('keys', json_build_array(hostile))),
			'aggregates', json_build_object('kid_count', json_build_object('count', 'kids', 'filter', 'word = ''w''', 'public', true)),
			'actions', json_build_object('defaults', json_build_array('read', 'destroy', json_build_object('update', '*')),
				hostile, json_build_object('type', 'create', 'accept', json_build_array(hostile),
					'validations', json_build_array(json_build_object('present', json_build_object('attributes', json_build_array(hostile))))),
				'search', json_build_object('type', 'read', 'arguments', json_build_object(hostile, 'string'),
					'filter', format('%s = arg.%1$s', pg_temp.quoted(hostile))))),
		'kid', json_build_object(
			'attributes', json_build_object('id', 'uuid_primary_key', 'word', json_build_object('type', 'string', 'public', true)),
			'relationships', json_build_object(plain, json_build_object('belongs_to', plain || '.' || plain, 'source_attribute', 'up', 'public', true)),
			'calculations', json_build_object(
				'of_parent', json_build_object('type', 'string', 'public', true, 'expr', format('%s.%s || ''!''', pg_temp.quoted(plain), pg_temp.quoted(hostile)))),
			'policies', json_build_array(json_build_object('policy', 'always', 'checks', json_build_array(
				json_build_object('authorize_if', json_build_object('expr', format('%s.%s is not null', pg_temp.quoted(plain), pg_temp.quoted(hostile))))))),
			'actions', json_build_object('defaults', json_build_array('read', json_build_object('create', '*')))),
		'calculated', json_build_object(
			'attributes', json_build_object('id', 'uuid_primary_key', 'word', json_build_object('type', 'string', 'public', true)),
			'calculations', json_build_object(hostile, json_build_object('type', 'string', 'public', true, 'expr', 'word || ''?''')),
			'actions', json_build_object('defaults', json_build_array('read', json_build_object('create', '*'))))))
$$;

CREATE FUNCTION pg_temp.exercise(hostile text, title text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	plain text := replace(hostile, '.', '_');
	resource text := plain || '.' || plain;
	record json;
	id text;
BEGIN
	RETURN NEXT lives_ok(format('SELECT ash_define(%L)', pg_temp.document(hostile, plain)), title || ': define');
	RETURN NEXT lives_ok(format('SELECT * FROM ash_migrate(%L)', plain), title || ': migrate');
	RETURN NEXT is_empty(format('SELECT * FROM ash_plan(%L)', plain), title || ': nothing left to migrate');
	RETURN NEXT has_table(hostile::name, hostile::name, title || ': the table');

	record := ash_create(resource, jsonb_build_object(hostile, ' v '), jsonb_build_object('action', hostile));
	id := record->>'id';
	RETURN NEXT is(record->>hostile, 'v', title || ': create');
	RETURN NEXT is(pg_temp.errors(format('SELECT ash_run_action(%L, %L, %L)', resource, hostile, jsonb_build_object(hostile, 'v'))),
		format(E'23505 invalid\ninvalid_attribute %s: has already been taken', hostile), title || ': identity');
	PERFORM ash_create(plain || '.kid', jsonb_build_object('up', id, 'word', 'w'));
	PERFORM ash_create(plain || '.calculated', '{"word": "w"}');

	RETURN NEXT is(ash_read(resource, jsonb_build_object('filter', jsonb_build_object(hostile, jsonb_build_object('in', '["v", "w"]'::jsonb)),
		'sort', jsonb_build_array(jsonb_build_object(hostile, 'desc')), 'select', jsonb_build_array(hostile), 'load', '["kid_count", "kids"]'::jsonb))::jsonb #- '{0,kids,0,id}',
		jsonb_build_array(jsonb_build_object('id', id, hostile, 'v', 'kid_count', 1, 'kids', jsonb_build_array(jsonb_build_object('up', id, 'word', 'w')))),
		title || ': filter, sort, select, load');
	RETURN NEXT is(ash_read(resource, jsonb_build_object('action', 'search', 'input', jsonb_build_object(hostile, 'v'), 'select', '[]'::jsonb))::jsonb, jsonb_build_array(jsonb_build_object('id', id)),
		title || ': argument and filter of an action');
	RETURN NEXT is(ash_read(plain || '.kid', jsonb_build_object('filter', jsonb_build_object(plain, jsonb_build_object(hostile, 'v')),
		'select', '["word"]'::jsonb, 'load', jsonb_build_array('of_parent', plain)))::jsonb #- '{0,id}',
		jsonb_build_array(jsonb_build_object('word', 'w', 'of_parent', 'v!', plain, jsonb_build_object('id', id, hostile, 'v'))), title || ': belongs_to');
	RETURN NEXT is(ash_read(plain || '.calculated', jsonb_build_object('filter', jsonb_build_object(hostile, 'w?'), 'sort', jsonb_build_array(jsonb_build_object(hostile, 'asc')),
		'load', jsonb_build_array(hostile)))::jsonb #- '{0,id}', jsonb_build_array(jsonb_build_object('word', 'w', hostile, 'w?')), title || ': calculation');
	RETURN NEXT is(ash_update(resource, jsonb_build_object(hostile, 'v'), jsonb_build_object(hostile, 'new'))->>hostile, 'new', title || ': update by identity');
	EXECUTE format('DELETE FROM %I.kid', hostile);
	RETURN NEXT is(ash_destroy(resource, to_jsonb(id), '{}', '{"return_destroyed": true}')->>hostile, 'new', title || ': destroy');
END $$;

SELECT pg_temp.exercise('a"b', 'double quote');
SELECT pg_temp.exercise('select', 'keyword');
SELECT pg_temp.exercise(repeat('é', 31) || 'x', '63 bytes of é');
SELECT pg_temp.exercise('$1', 'parameter');
SELECT pg_temp.exercise(E'.;%s''\\ \n', 'dot, quote, backslash, newline');

-- A name that PostgreSQL would cut is refused.
SELECT is(pg_temp.errors(format('SELECT ash_define(%L)', json_build_object('domain', repeat('é', 32)))) LIKE E'22023 invalid\ninvalid_definition % longer than 63 bytes', true,
	'64 bytes are too long');

SELECT * FROM finish();
ROLLBACK;
