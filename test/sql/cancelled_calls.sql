\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(69);

-- A call that is cancelled, or fails, at any place inside: does the session go on with nothing left behind, and with policies in force?

CREATE SCHEMA cancelled_calls;
-- Where the trap says so, the statement is cancelled, or fails.
CREATE FUNCTION cancelled_calls.trap(place text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	IF current_setting('trap.at', true) IS DISTINCT FROM place THEN
		RETURN;
	END IF;
	IF current_setting('trap.how') = 'cancel' THEN
		PERFORM pg_catalog.pg_cancel_backend(pg_catalog.pg_backend_pid());
		PERFORM pg_catalog.pg_sleep(60);
	END IF;
	RAISE EXCEPTION SQLSTATE 'TRAP0';
END $$;
CREATE FUNCTION cancelled_calls.change(changeset jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$BEGIN PERFORM cancelled_calls.trap(options->>'place'); RETURN NULL; END$$;
CREATE FUNCTION cancelled_calls.allowed(subject jsonb, options jsonb, context jsonb) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN PERFORM cancelled_calls.trap('policy'); RETURN true; END$$;
CREATE FUNCTION cancelled_calls.generic(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$BEGIN PERFORM cancelled_calls.trap('generic'); RETURN '{}'; END$$;
CREATE FUNCTION cancelled_calls.row_written() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM cancelled_calls.trap(TG_ARGV[0]); RETURN coalesce(NEW, OLD); END$$;
CREATE FUNCTION cancelled_calls.default_of() RETURNS bigint LANGUAGE plpgsql AS $$BEGIN PERFORM cancelled_calls.trap('default'); RETURN 1; END$$;

SELECT pg_temp.define($doc${
  "domain": "cancelled_calls",
  "resources": {
    "item": {
      "direct_writes": "deny",
      "attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}, "of": {"type": "integer", "public": true}, "d": {"type": "integer", "default": {"function": "cancelled_calls.default_of"}}},
      "identities": {"by_n": ["n"]},
      "relationships": {"parts": {"has_many": "cancelled_calls.part", "public": true}},
      "aggregates": {"part_count": {"count": "parts", "public": true}},
      "actions": {"defaults": ["destroy"],
        "read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}},
        "create": {"type": "create", "primary": true, "accept": "*", "changes": [{"function": "cancelled_calls.change", "options": {"place": "change"}}]},
        "late": {"type": "create", "accept": "*", "validations": [{"function": "cancelled_calls.change", "options": {"place": "before action"}, "before_action": true}]},
        "put": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "by_n"},
        "with_parts": {"type": "create", "accept": "*", "arguments": {"parts": {"type": "map[]"}}, "changes": [{"manage_relationship": {"argument": "parts", "relationship": "parts", "type": "create"}}]},
        "update": {"type": "update", "primary": true, "accept": "*"},
        "increase": {"type": "update", "changes": [{"increment": {"attribute": "n", "amount": 10}}]},
        "generic": {"type": "action", "returns": "map", "run": "cancelled_calls.generic"}},
      "policies": [{"policy": {"action": ["late"]}, "checks": [{"authorize_if": {"function": "cancelled_calls.allowed"}}]},
        {"policy": {"action": ["generic"]}, "checks": [{"authorize_if": "always"}]},
        {"policy": {"action_type": ["read", "create", "update", "destroy"]}, "checks": [{"authorize_if": {"expr": "of = actor.id"}}]}]
    },
    "part": {"attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}},
      "relationships": {"item": {"belongs_to": "cancelled_calls.item", "attribute_type": "integer", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]}}
  }
}$doc$) \gset
CREATE TRIGGER row_written BEFORE INSERT ON cancelled_calls.item FOR EACH ROW EXECUTE FUNCTION cancelled_calls.row_written('insert');
CREATE TRIGGER row_updated AFTER UPDATE ON cancelled_calls.item FOR EACH ROW EXECUTE FUNCTION cancelled_calls.row_written('update');
CREATE TRIGGER row_gone AFTER DELETE ON cancelled_calls.item FOR EACH ROW EXECUTE FUNCTION cancelled_calls.row_written('delete');
CREATE TRIGGER row_written BEFORE INSERT ON cancelled_calls.part FOR EACH ROW EXECUTE FUNCTION cancelled_calls.row_written('part');
CREATE ROLE regress_cancel;
GRANT USAGE ON SCHEMA cancelled_calls TO regress_cancel;
GRANT ALL ON ALL TABLES IN SCHEMA cancelled_calls TO regress_cancel;
SET LOCAL ash.actor = '{"id": 1}';
INSERT INTO cancelled_calls.item (n, of) VALUES (1, 1), (2, 2);
INSERT INTO cancelled_calls.part (size, item_id) VALUES (1, 1);

-- What must hold after whatever has happened: policies for ordinary SQL, no direct writes, actions, nothing stored.
CREATE FUNCTION pg_temp.well() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', pg_temp.as_role('regress_cancel', 'SELECT string_agg(n::text, $q$,$q$) FROM cancelled_calls.item'),
		left(pg_temp.as_role('regress_cancel', 'INSERT INTO cancelled_calls.item (n, of) VALUES (9, 1)'), 5),
		ash_list('cancelled_calls.item', 'n', '{"load": ["part_count"]}'), pg_temp.as_role('regress_cancel', $q$SELECT ash_count('cancelled_calls.item')$q$),
		(SELECT string_agg(n::text, ',' ORDER BY n) FROM cancelled_calls.item), (SELECT count(*) FROM cancelled_calls.part))
$$;
CREATE FUNCTION pg_temp.trapped(place text, how text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('trap.at', place, true), set_config('trap.how', how, true);
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN query_canceled THEN
	RETURN '57014';
WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT pg_temp.well() AS well \gset
SELECT is(:'well'::text, '1 42501 [1] 1 1,2 1', 'before');

CREATE FUNCTION pg_temp.calls() RETURNS TABLE (place text, statement text) LANGUAGE sql AS $$
	VALUES ('change', $q$SELECT ash_create('cancelled_calls.item', '{"n": 5, "of": 1}')$q$),
		('default', $q$SELECT ash_create('cancelled_calls.item', '{"n": 5, "of": 1}')$q$),
		('insert', $q$SELECT ash_create('cancelled_calls.item', '{"n": 5, "of": 1}')$q$),
		('insert', $q$SELECT ash_run_action('cancelled_calls.item', 'put', '{"n": 5, "of": 1}')$q$),
		('update', $q$SELECT ash_run_action('cancelled_calls.item', 'put', '{"n": 1, "of": 1}')$q$),
		('before action', $q$SELECT ash_run_action('cancelled_calls.item', 'late', '{"n": 5, "of": 1}')$q$),
		('policy', $q$SELECT ash_run_action('cancelled_calls.item', 'late', '{"n": 5, "of": 1}')$q$),
		('policy', $q$SELECT ash_can('cancelled_calls.item', 'late', '{"n": 5, "of": 1}')$q$),
		('part', $q$SELECT ash_run_action('cancelled_calls.item', 'with_parts', '{"n": 5, "of": 1, "parts": [{"size": 2}]}')$q$),
		('update', $q$SELECT ash_update('cancelled_calls.item', '{"n": 1}', '{"n": 5}')$q$),
		('update', $q$SELECT ash_update('cancelled_calls.item', '{"n": 1}', '{}', '{"action": "increase"}')$q$),
		('delete', $q$DELETE FROM cancelled_calls.part; SELECT ash_destroy('cancelled_calls.item', '{"n": 1}')$q$),
		('insert', $q$SELECT ash_bulk_create('cancelled_calls.item', '[{"n": 5, "of": 1}, {"n": 6, "of": 1}]', '{"batch_size": 1}')$q$),
		('update', $q$SELECT ash_bulk_update('cancelled_calls.item', '{"n": 5}')$q$),
		('generic', $q$SELECT ash_run_action('cancelled_calls.item', 'generic')$q$),
		('stream', $q$SELECT ash_stream('cancelled_calls.item', '{"batch_size": 1}'), cancelled_calls.trap('stream')$q$),
		('beside', $q$SELECT ash_read('cancelled_calls.item', '{"page": {"limit": 1}}'), cancelled_calls.trap('beside')$q$),
		('insert', $q$SELECT ash_try_action('cancelled_calls.item', 'create', '{"n": 5, "of": 1}')$q$)
$$;
-- Each call in each way, twice: with and without the fast path. The one that answers instead of failing does so only for errors.
SELECT set_config('ash.fast_path', 'on', true) AS ignored \gset
SELECT is(pg_temp.trapped(place, 'cancel', statement) || ': ' || pg_temp.well(), '57014: ' || :'well', 'cancelled at ' || place || ': ' || statement) FROM pg_temp.calls();
SELECT is(pg_temp.trapped(place, 'fail', statement) || ': ' || pg_temp.well(), 'TRAP0: ' || :'well', 'failed at ' || place || ': ' || statement) FROM pg_temp.calls() WHERE statement !~ 'try|bulk';
SELECT set_config('ash.fast_path', 'off', true) AS ignored \gset
SELECT is(pg_temp.trapped(place, 'cancel', statement) || ': ' || pg_temp.well(), '57014: ' || :'well', 'statement cancelled at ' || place || ': ' || statement) FROM pg_temp.calls();
SELECT is(pg_temp.trapped(place, 'fail', statement) || ': ' || pg_temp.well(), 'TRAP0: ' || :'well', 'statement failed at ' || place || ': ' || statement) FROM pg_temp.calls() WHERE statement !~ 'try|bulk';

-- A definition is still looked up anew: no call is taken to be running.
SELECT count(*) AS ignored FROM ash_define(replace(ash_definition('cancelled_calls')::text, 'of = actor.id', 'of = actor.id or of = 2')::json) \gset
SELECT is(pg_temp.as_role('regress_cancel', 'SELECT string_agg(n::text, $q$,$q$ ORDER BY n) FROM cancelled_calls.item'), '1,2', 'a new policy holds for ordinary SQL'),
	is(pg_temp.well(), '1,2 42501 [1,2] 2 1,2 1', 'and in actions');

SELECT * FROM finish();
ROLLBACK;
