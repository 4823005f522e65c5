\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(12);

-- Does the timeout of a call cover the read of its actor?

CREATE SCHEMA actor_timeout;
-- Persons that take long to find: they come from a view over something slow.
CREATE VIEW actor_timeout.person AS SELECT id::bigint, 'ann'::text AS name, pg_sleep(0.5)::text AS waited FROM generate_series(1, 1) AS id;
CREATE FUNCTION actor_timeout.echo(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$SELECT context #> '{actor,name}'$$;
SELECT pg_temp.define($doc${
  "domain": "actor_timeout", "authorization": {"actor": "actor_timeout.person"},
  "resources": {
    "person": {"migrate": false,
      "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false}, "name": {"type": "string", "public": true}, "waited": "string"},
      "actions": {"defaults": ["read"]}},
    "note": {
      "attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}],
        "quick": {"type": "read", "timeout": 50},
        "echo": {"type": "action", "returns": "string", "run": "actor_timeout.echo"}}}
  }
}$doc$) \gset
INSERT INTO actor_timeout.note (text) VALUES ('one');

-- How a statement is cancelled; WHEN OTHERS does not catch that.
CREATE FUNCTION pg_temp.canceled(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN query_canceled THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat(SQLSTATE, ' ', pg_temp.error_lines(detail::jsonb->'errors'));
END $$;

SELECT is(ash_run_action('actor_timeout.note', 'echo', '{}', '{"actor": 1, "timeout": 5000}')::text, '"ann"', 'a timeout that is long enough'),
	is(ash_run_action('actor_timeout.note', 'echo', '{}', '{"actor": {"name": "bob"}, "timeout": 50}')::text, '"bob"', 'an actor that is not read');
SELECT is(pg_temp.canceled('SELECT ' || call), format(E'57014 timeout: actor_timeout.note.%s timed out after 50ms', action), 'the option of ' || name)
FROM (VALUES ('a read', 'read', $$ash_run_action('actor_timeout.note', 'read', '{}', '{"actor": 1, "timeout": 50}')$$),
	('a create', 'create', $$ash_run_action('actor_timeout.note', 'create', '{"text": "two"}', '{"actor": 1, "timeout": 50}')$$),
	('an update', 'update', $$ash_run_action('actor_timeout.note', 'update', '{"text": "two"}', '{"actor": 1, "record": 1, "timeout": 50}')$$),
	('a generic action', 'echo', $$ash_run_action('actor_timeout.note', 'echo', '{}', '{"actor": 1, "timeout": 50}')$$),
	('ash_can', 'create', $$ash_can('actor_timeout.note', 'create', '{}', '{"actor": 1, "timeout": 50}')$$),
	('ash_count', 'read', $$ash_count('actor_timeout.note', '{"actor": 1, "timeout": 50}')$$)) AS calls (name, action, call);
SELECT is(pg_temp.canceled($$SELECT ash_run_action('actor_timeout.note', 'quick', '{}', '{"actor": 1}')$$), E'57014 timeout: actor_timeout.note.quick timed out after 50ms', 'the action''s own timeout');
SET LOCAL ash.actor = '1';
SELECT is(pg_temp.canceled($$SELECT ash_run_action('actor_timeout.note', 'read', '{}', '{"timeout": 50}')$$), E'57014 timeout: actor_timeout.note.read timed out after 50ms', 'the actor of the setting');
SELECT is(pg_temp.error_lines(ash_try_action('actor_timeout.note', 'read', '{}', '{"timeout": 50}')::jsonb->'errors'), 'timeout: actor_timeout.note.read timed out after 50ms', 'ash_try_action answers');
-- No statement is cancelled by it later on.
SELECT is((SELECT pg_sleep(0.2)::text), '', 'nothing is left of it');

SELECT * FROM finish();
ROLLBACK;
