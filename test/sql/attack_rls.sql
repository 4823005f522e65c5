\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(32);

-- Does anything that runs inside an action, or was planned before, get round the policies of plain SQL?

CREATE FUNCTION pg_temp.document(condition text) RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('domain', 'attack_rls', 'resources', json_build_object(
		'note', json_build_object(
			'attributes', json_build_object('id', 'integer_primary_key', 'owner', json_build_object('type', 'integer', 'public', true), 'text', json_build_object('type', 'string', 'public', true)),
			'actions', '{"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}'::json,
			'policies', json_build_array(json_build_object('policy', 'always', 'checks', json_build_array(json_build_object('authorize_if', json_build_object('expr', condition)))))),
		'log', '{
			"attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}, "note_id": {"type": "integer", "public": true}},
			"relationships": {"note": {"belongs_to": "attack_rls.note", "define_attribute": false, "source_attribute": "note_id", "public": true}},
			"actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}}'::json))
$$;
SELECT ash_define(pg_temp.document('owner = actor.id'), migrate => true) \gset
CREATE ROLE regress_rls;
GRANT USAGE, CREATE ON SCHEMA attack_rls TO regress_rls;
GRANT ALL ON ALL TABLES IN SCHEMA attack_rls TO regress_rls;
GRANT ALL ON ALL SEQUENCES IN SCHEMA attack_rls TO regress_rls;
INSERT INTO attack_rls.note (owner, text) VALUES (1, 'mine'), (2, 'theirs');
INSERT INTO attack_rls.log (n, note_id) VALUES (0, 1), (0, 2);
CREATE VIEW attack_rls.invoker WITH (security_invoker = true) AS SELECT * FROM attack_rls.note;
GRANT SELECT ON attack_rls.invoker TO regress_rls;
SELECT set_config('ash.actor', '{"id": 1}', true) AS ignored \gset

-- Code of the caller's own that runs inside an action's statement is not the action's.
SET LOCAL ROLE regress_rls;
CREATE FUNCTION attack_rls.seen() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM attack_rls.note';
CREATE FUNCTION attack_rls.seen_by_trigger() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.n := (SELECT count(*) FROM attack_rls.note) + 10; RETURN NEW; END$$;
RESET ROLE;
ALTER TABLE attack_rls.log ALTER COLUMN n SET DEFAULT attack_rls.seen();
SET LOCAL ROLE regress_rls;
SELECT is(ash_create('attack_rls.log')->>'n', '1', 'a default: fast path');
SET LOCAL ash.fast_path = off;
SELECT is(ash_create('attack_rls.log')->>'n', '1', 'a default: statement');
SET LOCAL ash.fast_path = on;
RESET ROLE;
CREATE TRIGGER seen BEFORE INSERT OR UPDATE ON attack_rls.log FOR EACH ROW EXECUTE FUNCTION attack_rls.seen_by_trigger();
SET LOCAL ROLE regress_rls;
SELECT is(ash_create('attack_rls.log')->>'n', '11', 'a trigger of a create'), is(ash_update('attack_rls.log', '1', '{"n": 5}')->>'n', '11', 'of an update'),
	is(ash_bulk_create('attack_rls.log', '[{"n": 1}]', '{"return_records": true}')->'records'->0->>'n', '11', 'of a bulk create'), is(ash_bulk_update('attack_rls.log', '{"n": 1}', '{"filter": {"id": 2}, "return_records": true}')->'records'->0->>'n', '11', 'of a bulk update');
SET LOCAL ash.fast_path = off;
SELECT is(ash_create('attack_rls.log')->>'n', '11', 'a trigger of a create: statement'), is(ash_update('attack_rls.log', '1', '{"n": 5}')->>'n', '11', 'of an update: statement');
SET LOCAL ash.fast_path = on;
SELECT is(ash_count('attack_rls.note'), 1::bigint, 'the action itself'), is((SELECT count(*) FROM attack_rls.note), 1::bigint, 'plain SQL after it'), is(attack_rls.seen(), 1::bigint, 'a function'), is((SELECT string_agg(text, ' ') FROM attack_rls.invoker), 'mine', 'a view with its reader''s rights');
SELECT is(ash_read('attack_rls.log', '{"select": ["note_id"], "load": ["note"], "filter": {"id": 2}}')::jsonb, '[{"id": 2, "note": null, "note_id": 2}]', 'a related row'), is(ash_count('attack_rls.log', '{"filter": {"note": {"text": "theirs"}}}'), 0::bigint, 'a filter through the relationship');
RESET ROLE;

-- A plan made under a former policy.
PREPARE notes AS SELECT string_agg(text, ' ' ORDER BY id) FROM attack_rls.note;
SELECT is(pg_temp.as_role('regress_rls', 'EXECUTE notes'), 'mine', 'prepared');
SELECT ash_define(pg_temp.document('owner = actor.id and id > 100')) AS ignored \gset
SELECT is(pg_temp.as_role('regress_rls', 'EXECUTE notes'), NULL, 'a stricter policy holds for it at once'), is(pg_temp.as_role('regress_rls', 'SELECT count(*) FROM attack_rls.note'), '0', 'and for a new one'), is(pg_temp.as_role('regress_rls', $$SELECT ash_count('attack_rls.note')$$), '0', 'and for actions');
SELECT ash_define(pg_temp.document('owner = actor.id')) AS ignored \gset
SELECT is(pg_temp.as_role('regress_rls', 'EXECUTE notes'), 'mine', 'as does the former one again');
SELECT ash_undefine('attack_rls') AS ignored \gset
SELECT is(pg_temp.as_role('regress_rls', 'EXECUTE notes'), NULL, 'without a definition nothing is shown');
SELECT ash_define(pg_temp.document('owner = actor.id')) AS ignored \gset

-- Actors that are no actors.
CREATE FUNCTION pg_temp.shown(actor text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('ash.actor', actor, true);
	RETURN coalesce(regexp_replace(pg_temp.as_role('regress_rls', statement), '^[0-9A-Z]{5}: .*', 'error'), 'nothing');
END $$;
SELECT matches(concat_ws(', ', pg_temp.shown(actor, 'SELECT text FROM attack_rls.note'), pg_temp.shown(actor, $$SELECT nullif(ash_list('attack_rls.note', 'text')::text, '[]')$$)), '^(nothing|error), (nothing|error)$', actor)
FROM (VALUES ('{"id": [1]}'), ('{"id": {"a": 1}}'), ('{"id": "1 or true"}'), ('{"id": null}'), ('[1]'), ('{"id": 1e999}'), ('{"ID": 1}'), ('{"id": true}'), ('{"id": 1')) AS shapes (actor);

SELECT set_config('ash.actor', '', true) AS ignored \gset

-- A definition that was there before the table does not decide about the table of somebody else.
SELECT format('GRANT CREATE ON DATABASE %I TO regress_rls', current_database()) AS grant \gset
:grant;
SET LOCAL ROLE regress_rls;
SELECT ash_define('{"domain": "attack_squat", "resources": {"safe": {"attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]},
	"policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}]}}}') AS ignored \gset
RESET ROLE;
CREATE SCHEMA attack_squat;
GRANT USAGE ON SCHEMA attack_squat TO regress_rls;
CREATE TABLE attack_squat.safe (id bigint PRIMARY KEY);
INSERT INTO attack_squat.safe VALUES (1);
ALTER TABLE attack_squat.safe ENABLE ROW LEVEL SECURITY;
GRANT ALL ON attack_squat.safe TO regress_rls;
SELECT is(pg_temp.as_role('regress_rls', 'SELECT count(*) FROM attack_squat.safe'), '0', 'not in plain SQL'), is(pg_temp.as_role('regress_rls', $$SELECT ash_count('attack_squat.safe')$$), '0', 'not in an action'),
	is(left(pg_temp.as_role('regress_rls', $$SELECT ash_create('attack_squat.safe', '{"id": 2}')$$), 5), '42501', 'nor when writing');

SELECT * FROM finish();
ROLLBACK;
