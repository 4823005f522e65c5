\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(112);

-- Does a policy about the actor let nothing through where there is none, and ordinary SQL show what the action shows?

CREATE ROLE regress_absent;
CREATE TEMP TABLE rule (n serial, expr text);
INSERT INTO rule (expr) VALUES ('owner = actor.id'), ('actor.id = owner'), ('owner <> actor.id'), ('not (owner = actor.id)'), ('owner < actor.id'), ('is_nil(actor.id)'),
	('not is_nil(actor.id)'), ('owner = actor.id or open'), ('owner = actor.id and open'), ('owner = actor.id or owner > actor.id'), ('(owner = actor.id) = open'), ('not (owner = actor.id and open)'),
	('actor.admin'), ('not actor.admin'), ('exists(parts, size = actor.id)'), ('exists(parts, size = actor.id) = false'), ('not exists(parts, size = actor.id)'), ('exists(parts, size = actor.id or size = 7)'),
	('exists(parts, not (size = actor.id))'), ('if(is_nil(actor.id), true, owner = actor.id)'), ('is_distinct_from(owner, actor.id)'), ('count(parts, filter => size = actor.id) = 0'), ('is_nil(owner = actor.id)'),
	('name = actor.name'), ('name <> actor.name or open'), ('owner in (1, actor.id)'), ('not (owner in (1, actor.id))'), ('case when owner = actor.id then false else true end');

-- One definition after the other for the same table.
CREATE FUNCTION pg_temp.try(rule text, kind text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	actor text;
	shown text[] := '{}';
	acted text[] := '{}';
BEGIN
	PERFORM ash_define(json_build_object('domain', 'policy_actor_absent', 'resources', json_build_object(
		'part', '{"attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}, "item_id": {"type": "integer", "public": true}}, "actions": {"defaults": ["read"]}}'::json,
		'item', json_build_object(
			'attributes', '{"id": "integer_primary_key", "owner": {"type": "integer", "public": true}, "open": {"type": "boolean", "public": true}, "name": {"type": "string", "public": true}}'::json,
			'relationships', '{"parts": {"has_many": "policy_actor_absent.part", "destination_attribute": "item_id", "public": true}}'::json,
			'actions', '{"defaults": ["read"]}'::json,
			'policies', json_build_array(json_build_object('policy', 'always', 'checks', CASE kind
				WHEN 'authorize' THEN json_build_array(json_build_object('authorize_if', json_build_object('expr', rule)))
				ELSE json_build_array(json_build_object('forbid_if', json_build_object('expr', rule)), json_build_object('authorize_if', 'always'::text)) END))))), true);
	IF NOT EXISTS (SELECT FROM policy_actor_absent.item) THEN
		INSERT INTO policy_actor_absent.item (owner, open, name) SELECT o, p, n FROM unnest(ARRAY[1, 2, NULL]) o, unnest(ARRAY[true, false, NULL]) p, unnest(ARRAY['a', NULL]) n;
		INSERT INTO policy_actor_absent.part (size, item_id) SELECT CASE WHEN i % 3 = 0 THEN 1 WHEN i % 3 = 1 THEN 7 END, i FROM generate_series(1, 18, 2) i;
		GRANT USAGE ON SCHEMA policy_actor_absent TO regress_absent;
	END IF;
	GRANT SELECT ON ALL TABLES IN SCHEMA policy_actor_absent TO regress_absent;
	FOREACH actor IN ARRAY ARRAY['', '{}', '{"id": 1, "admin": true, "name": "a"}', '{"id": 2, "admin": false, "name": "b"}'] LOOP
		PERFORM set_config('ash.actor', actor, true);
		shown := shown || coalesce(pg_temp.as_role('regress_absent', 'SELECT string_agg(id::text, '','' ORDER BY id) FROM policy_actor_absent.item'), '');
		acted := acted || coalesce(nullif(pg_temp.as_role('regress_absent', 'SELECT string_agg(e, '','') FROM json_array_elements_text(ash_list(''policy_actor_absent.item'', ''id'', ''{"sort": "id"}'')) e'), '42501: forbidden'), '');
	END LOOP;
	RETURN NEXT is(shown, acted, kind || ' ' || rule);
	IF kind = 'authorize' THEN
		RETURN NEXT is(shown[1], '', 'nothing without an actor');
		RETURN NEXT ok(cardinality(array_positions(shown, '')) < 4, 'but something with one');
	END IF;
END $$;
SELECT pg_temp.try(expr, 'authorize') FROM rule ORDER BY n;
SELECT pg_temp.try(expr, 'forbid') FROM rule ORDER BY n;

SELECT * FROM finish();
ROLLBACK;
