\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(18);

-- Does each call see the definition, and the table, of that moment?

CREATE FUNCTION pg_temp.document(attributes text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT format('{"domain": "cache_invalidation", "resources": {"post": {"attributes": {"id": "integer_primary_key", %s},
		"actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}]} %s},
		"comment": {"attributes": {"id": "integer_primary_key"}, "relationships": {"post": {"belongs_to": "cache_invalidation.post", "attribute_type": "integer", "public": true}},
			"calculations": {"of": {"type": "string", "expr": "post.title", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]}}}}', attributes, more)
$$;
CREATE FUNCTION pg_temp.create(input jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT ash_create('cache_invalidation.post', input)::jsonb - 'id' $$;

SELECT pg_temp.define(pg_temp.document('"title": {"type": "string", "public": true}')) \gset
SELECT is(pg_temp.create('{"title": "a"}'), '{"title": "a"}', 'the first definition');

-- Redefinition between two calls.
SELECT pg_temp.define(pg_temp.document('"title": {"type": "string", "public": true, "constraints": {"max_length": 2}}, "n": {"type": "integer", "public": true, "default": 7}')) \gset
SELECT is(pg_temp.create('{"title": "b"}'), '{"title": "b", "n": 7}', 'the second'), is(pg_temp.errors($$SELECT pg_temp.create('{"title": "abc"}')$$),
	E'22023 invalid\ninvalid_attribute title: length must be less than or equal to 2', 'with its constraint');

-- Rolled back.
SAVEPOINT s;
SELECT pg_temp.define(pg_temp.document('"title": {"type": "string", "public": true}, "n": {"type": "integer", "public": true, "default": 8}')) \gset
SELECT is(pg_temp.create('{"title": "abc"}'), '{"title": "abc", "n": 8}', 'the third');
ROLLBACK TO s;
SELECT is(pg_temp.create('{"title": "c"}'), '{"title": "c", "n": 7}', 'the second again'), is(pg_temp.errors($$SELECT pg_temp.create('{"title": "abc"}')$$) ~ 'less than or equal to 2', true, 'with its constraint');

-- In the middle of a statement: what runs is what is defined at that moment, by the same statement too.
CREATE FUNCTION pg_temp.redefine(n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ash_define(pg_temp.document(format('"title": {"type": "string", "public": true}, "n": {"type": "integer", "public": true, "default": %s}', n))::json);
END $$;
CREATE FUNCTION pg_temp.redefine_and_create(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.redefine(n);
	RETURN pg_temp.create('{}')->'n';
END $$;
SELECT is((SELECT string_agg(pg_temp.redefine_and_create(i)::text, ' ' ORDER BY i) FROM generate_series(1, 20) i), '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20', 'twenty definitions in one statement');

-- A definition that changes while one of its actions runs.
CREATE FUNCTION cache_invalidation.redefines(changeset jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.redefine(99);
	PERFORM pg_temp.create('{}');
	RETURN changeset;
END $$;
SELECT ash_define(replace(pg_temp.document('"title": {"type": "string", "public": true}, "n": {"type": "integer", "public": true, "default": 21}'), '{"create": "*"}, {"update": "*"}]',
	'{"create": "*"}, {"update": "*"}], "restless": {"type": "create", "accept": "*", "changes": [{"function": "cache_invalidation.redefines"}, {"set_attribute": {"attribute": "title", "value": "end"}}]}')::json) AS ignored \gset
SELECT is(ash_run_action('cache_invalidation.post', 'restless', '{"title": "x"}')::jsonb - 'id', '{"title": "end", "n": 21}', 'an action that is running ends as it began'),
	is(pg_temp.create('{}')->'n', '99', 'the next one is the new one');

-- Another resource that a resource was compiled against.
SELECT ash_create('cache_invalidation.comment', jsonb_build_object('post_id', p->'id')) AS ignored FROM ash_create('cache_invalidation.post', '{"title": "t"}') AS p \gset
SELECT is(ash_read('cache_invalidation.comment', '{"load": ["of"]}')::jsonb #>> '{0,of}', 't', 'a calculation through a relationship');

-- A column renamed by redefinition.
SELECT pg_temp.define(pg_temp.document('"title": {"type": "string", "public": true, "source": "headline", "renamed_from": "title"}, "n": {"type": "integer", "public": true}')) \gset
SELECT is(ash_read('cache_invalidation.comment', '{"load": ["of"]}')::jsonb #>> '{0,of}', 't', 'reads the column under its new name'),
	is(pg_temp.create('{"title": "u"}'), '{"title": "u", "n": null}', 'and an action writes it'), has_column('cache_invalidation', 'post', 'headline', 'which it has'),
	hasnt_column('cache_invalidation', 'post', 'title', 'alone');

-- The table changes under the definition.
ALTER TABLE cache_invalidation.post ADD COLUMN extra int DEFAULT 5;
SELECT is(pg_temp.create('{"title": "v"}'), '{"title": "v", "n": null}', 'a column more'), results_eq($$SELECT extra FROM cache_invalidation.post WHERE headline = 'v'$$, ARRAY[5], 'has its default');
ALTER TABLE cache_invalidation.post DROP COLUMN extra;
SELECT is(pg_temp.create('{"title": "w"}'), '{"title": "w", "n": null}', 'a column less');
ALTER TABLE cache_invalidation.post RENAME COLUMN headline TO elsewhere;
SELECT is(left(pg_temp.errors($$SELECT pg_temp.create('{"title": "x"}')$$), 5), '42703', 'a column that is missing is a clear error');

SELECT * FROM finish();
ROLLBACK;
