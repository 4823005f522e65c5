\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(31);

-- Do policies answer the writes of a bulk call, which share what does not depend on the row, as they answer single writes?

-- One resource a policy; "all" has the policies by name.
CREATE TEMP TABLE rules(name text, policies jsonb);
INSERT INTO rules VALUES
	('present', '[{"policy": "always", "checks": [{"authorize_if": "actor_present"}]}]'),
	('absent', '[{"policy": "always", "checks": [{"forbid_if": "actor_present"}, {"authorize_if": "always"}]}]'),
	('own', '[{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}]'),
	('not_b', '[{"policy": "always", "checks": [{"forbid_if": {"expr": "owner = ''b''"}}, {"authorize_if": "always"}]}]'),
	('own_or_big', '[{"policy": {"expr": "n > 1"}, "checks": [{"authorize_if": "always"}]}, {"bypass": {"expr": "owner = actor.id"}, "checks": [{"authorize_if": "always"}]}, {"policy": "always", "checks": [{"authorize_if": {"expr": "n = 3"}}]}]'),
	('changing', '[{"policy": "always", "checks": [{"forbid_if": {"changing_attributes": ["n"]}}, {"authorize_if": "always"}]}]'),
	('argument', '[{"policy": "always", "checks": [{"authorize_if": {"expr": "arg.k = ''yes''"}}]}]'),
	('argument_row', '[{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = arg.k"}}]}]'),
	('context', '[{"policy": "always", "checks": [{"authorize_if": {"context_equals": {"key": "k", "value": "yes"}}}]}]'),
	('later', '[{"policy": "always", "checks": [{"authorize_if": {"expr": "made % 2 = 0"}}]}]'),
	('partly', '[{"policy": "always", "checks": [{"forbid_if": {"expr": "owner = ''b''"}}, {"authorize_if": {"expr": "made > 0"}}]}]'),
	('lookup', '[{"policy": "always", "checks": [{"authorize_if": {"expr": "exists(group, name = actor.id)"}}]}]');

SELECT pg_temp.define(jsonb_build_object('domain', 'bulk_policies', 'resources',
	'{"group": {"attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false, "writable": true, "public": true}, "name": {"type": "string", "public": true}},
		"actions": {"defaults": ["read", {"create": "*"}]}}}'
	|| (SELECT jsonb_object_agg(name, jsonb_build_object('policies', policies) ||
		'{"attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false, "writable": true, "public": true}, "made": {"type": "integer", "generated": true, "public": true},
			"owner": {"type": "string", "public": true}, "n": {"type": "integer", "public": true}, "note": {"type": "string", "public": true}, "group_id": {"type": "integer", "public": true}},
		  "relationships": {"group": {"belongs_to": "bulk_policies.group", "source_attribute": "group_id", "define_attribute": false}},
		  "actions": {"defaults": ["read"],
			"add": {"type": "create", "accept": ["id", "owner", "n", "group_id"], "arguments": {"k": "string"}, "changes": [{"set_context": {"context": {"k": {"arg": "k"}}}}]},
			"edit": {"type": "update", "accept": ["n", "note"], "arguments": {"k": "string"}, "changes": [{"set_context": {"context": {"k": {"arg": "k"}}}}]}}}') FROM rules))::text) \gset
SELECT ash_bulk_create('bulk_policies.group', '[{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]') \gset
-- What the table fills in is known when the row is written only.
CREATE FUNCTION pg_temp.made() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.made := NEW.id; RETURN NEW; END $$;
SELECT format('CREATE TRIGGER made BEFORE INSERT ON bulk_policies.%I FOR EACH ROW EXECUTE FUNCTION pg_temp.made()', name) FROM rules \gexec

CREATE TEMP TABLE inputs(i int, input jsonb);
INSERT INTO inputs VALUES
	(0, '{"owner": "a", "n": 1, "k": "yes", "group_id": 1}'), (1, '{"owner": "b", "n": 1, "k": "no", "group_id": 2}'), (2, '{"n": 2, "k": "a"}'),
	(3, '{"owner": "c", "n": 3, "k": "c", "group_id": 1}'), (4, '{"owner": "a"}'), (5, '{"owner": "b", "n": 2, "k": "yes", "group_id": 2}');

-- The numbers of the inputs that are refused, one by one and together; rows have ids from first.
CREATE FUNCTION pg_temp.singly(resource text, action text, first int) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT coalesce(string_agg(concat(i, r #>> '{errors,0,code}'), ' ' ORDER BY i), 'none') FROM (
		SELECT i, CASE action
			WHEN 'add' THEN ash_try_action('bulk_policies.' || resource, action, input || jsonb_build_object('id', first + i), '{"actor": {"id": "a"}}')
			ELSE ash_try_action('bulk_policies.' || resource, action, '{"n": 9, "note": "x", "k": "yes"}', jsonb_build_object('actor', '{"id": "a"}'::jsonb, 'record', first + i))
			END::jsonb AS r
		FROM inputs ORDER BY i) AS calls WHERE NOT (r->>'ok')::bool
$$;
CREATE FUNCTION pg_temp.together(resource text, action text, first int) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT coalesce(string_agg(concat(e #>> '{errors,0,path,0}', e #>> '{errors,0,code}'), ' ' ORDER BY e #>> '{errors,0,path,0}'), 'none') FROM jsonb_array_elements((CASE action
		WHEN 'add' THEN ash_bulk_create('bulk_policies.' || resource, (SELECT jsonb_agg(input || jsonb_build_object('id', first + i) ORDER BY i) FROM inputs),
			jsonb_build_object('action', action, 'actor', '{"id": "a"}'::jsonb, 'batch_size', 1, 'return_errors', true))
		ELSE ash_bulk_update('bulk_policies.' || resource, '{"n": 9, "note": "x", "k": "yes"}', jsonb_build_object('action', action, 'actor', '{"id": "a"}'::jsonb, 'batch_size', 1, 'return_errors', true,
			'records', (SELECT jsonb_agg(first + i ORDER BY i) FROM inputs)))
		END::jsonb)->'errors') AS e
$$;

SELECT is(pg_temp.together(name, 'add', 101), pg_temp.singly(name, 'add', 1), 'create: ' || name) FROM rules ORDER BY name;

-- Which these are.
SELECT is(pg_temp.together(name, 'add', 201), refused, 'refused: ' || name) FROM (VALUES
	('absent', '0forbidden 1forbidden 2forbidden 3forbidden 4forbidden 5forbidden'), ('argument', '1forbidden 2forbidden 3forbidden 4forbidden'), ('changing', '0forbidden 1forbidden 2forbidden 3forbidden 5forbidden'),
	('later', '0forbidden 2forbidden 4forbidden'), ('lookup', '1forbidden 2forbidden 4forbidden 5forbidden'), ('not_b', '1forbidden 2forbidden 5forbidden'), ('own', '1forbidden 2forbidden 3forbidden 5forbidden')) AS wanted(name, refused)
	ORDER BY name;

-- The same rows for both.
SELECT format('DELETE FROM bulk_policies.%I', name) FROM rules \gexec
SELECT format($$INSERT INTO bulk_policies.%I (id, owner, n, group_id) SELECT f + i, input->>'owner', (input->>'n')::int, (input->>'group_id')::int FROM inputs, (VALUES (1), (101)) AS first(f)$$, name) FROM rules \gexec
SELECT is(pg_temp.together(name, 'edit', 101), pg_temp.singly(name, 'edit', 1), 'update: ' || name) FROM rules ORDER BY name;
SELECT * FROM finish();
ROLLBACK;
