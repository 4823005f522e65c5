\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(24);

-- Can functions that a definition names be used to see or to do more than the caller may?

CREATE SCHEMA app;
CREATE SCHEMA "a'b""c";
-- All rows of all tenants, whoever asks.
CREATE FUNCTION app.all_rows(query jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN RETURN (SELECT jsonb_agg(to_jsonb(n) ORDER BY id) FROM attack_functions.note AS n); END $$;
CREATE FUNCTION app.children(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg(jsonb_array_length(r->'children') ORDER BY n) FROM jsonb_array_elements(records) WITH ORDINALITY AS e(r, n) $$;
CREATE FUNCTION app.say(subject jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT options';
CREATE FUNCTION "a'b""c"."d'; drop table x"(subject jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT options';
CREATE FUNCTION app.closed(subject jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
REVOKE EXECUTE ON FUNCTION app.closed(jsonb, jsonb, jsonb) FROM PUBLIC;

SELECT pg_temp.define($doc${
  "domain": "attack_functions",
  "resources": {
    "note": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false, "generated": true, "public": true}, "org": {"type": "string"}, "owner": {"type": "integer", "public": true}, "body": {"type": "string", "public": true}, "secret": {"type": "string"}},
      "relationships": {"children": {"has_many": "note", "destination_attribute": "parent_id", "public": true}, "parent": {"belongs_to": "note", "attribute_type": "integer"}},
      "identities": {"bodies": ["body"]},
      "calculations": {
        "child_count": {"type": "integer", "batch_function": "app.children", "load": ["children"], "public": true},
        "closed": {"type": "integer", "batch_function": "app.closed", "public": true}
      },
      "actions": {
        "defaults": ["read", "destroy", {"update": ["body"]}],
        "everything": {"type": "read", "manual": "app.all_rows"},
        "put": {"type": "create", "accept": ["id", "body"], "upsert": true, "upsert_fields": ["body"], "upsert_condition": "false", "return_skipped_upsert": true},
        "put_body": {"type": "create", "accept": ["body"], "upsert": true, "upsert_identity": "bodies", "upsert_fields": ["body"], "upsert_condition": "false", "return_skipped_upsert": true},
        "hostile": {"type": "read", "prepare": [{"function": "\"a'b\"\"c\".\"d'; drop table x\"", "options": {"filter": {"body": "x'; drop table attack_functions.note; --"}}}]},
        "hostile_sort": {"type": "read", "prepare": [{"function": "app.say", "options": {"sort": "body; drop table attack_functions.note"}}]},
        "told": {"type": "read", "arguments": {"f": {"type": "map"}}, "prepare": [{"build": {"filter_input": {"arg": "f"}}}]},
        "closed_prepare": {"type": "read", "prepare": [{"function": "app.closed"}]},
        "closed_before": {"type": "read", "prepare": [{"before_action": "app.closed"}]},
        "closed_after": {"type": "read", "prepare": [{"after_action": "app.closed"}]},
        "closed_manual": {"type": "read", "manual": "app.closed"},
        "closed_create": {"type": "create", "accept": ["body"], "manual": "app.closed"}
      },
      "policies": [
        {"policy": {"action_type": ["read"]}, "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]},
        {"policy": {"action_type": ["create"]}, "checks": [{"authorize_if": "always"}]},
        {"policy": {"action_type": ["update", "destroy"]}, "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}]
    }
  }
}$doc$) \gset
INSERT INTO attack_functions.note (org, owner, body, secret, parent_id) VALUES ('a', 1, 'one', 's', NULL), ('a', 2, 'two', 's', 1), ('b', 1, 'three', 's', 1), ('b', 2, 'four', 's', NULL);
CREATE FUNCTION pg_temp.run(action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_run_action('attack_functions.note', action, input, '{"actor": {"id": 1}, "tenant": "a"}' || options)::jsonb
$$;
CREATE FUNCTION pg_temp.refused(action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_run_action(%L, %L, %L, %L)', 'attack_functions.note', action, input, '{"actor": {"id": 1}, "tenant": "a"}' || options))
$$;

-- Another tenant, another owner.
SELECT is((SELECT string_agg(r->>'body', ' ') FROM jsonb_array_elements(pg_temp.run('everything')) AS r), 'one', 'a manual read shows no other tenant and nothing that policies hide'),
	is((SELECT string_agg(r->>'body', ' ') FROM jsonb_array_elements(pg_temp.run('everything', options => '{"authorize": false}')) AS r), 'one two', '… nor, without policies, another tenant'),
	is((SELECT string_agg(r->>'child_count', ' ') FROM jsonb_array_elements(pg_temp.run('read', options => '{"load": "child_count"}')) AS r), '1', 'what a calculation loads is of the tenant'),
	is(pg_temp.refused('put', '{"id": 3, "body": "x"}'), E'23505 invalid\ninvalid_attribute id: has already been taken', 'no skipped row of another tenant'),
	is(pg_temp.refused('put', '{"id": 2, "body": "x"}') ~ 'stale_record', true, 'nor of another owner'),
	is(pg_temp.run('put', '{"id": 1, "body": "x"}')->>'body', 'one', 'but of one''s own'),
	is(pg_temp.refused('put_body', '{"body": "four"}'), 'no error', 'an identity is one of the tenant'),
	is(pg_temp.refused('told', '{"f": {"secret": "s"}}'), E'22023 invalid\nno_such_field secret ["filter"]: No such field secret for resource attack_functions.note', 'an argument cannot name a private field'),
	is(pg_temp.refused('told', '{"f": {"children": {"secret": "s"}}}') ~ 'no_such_field secret', true, '… not through a relationship');

-- Names and values.
SELECT is(pg_temp.run('hostile'), '[]', 'a function of any name; its filter is a value'),
	is(pg_temp.refused('hostile_sort') ~ 'no_such_field', true, 'its sort is a field'),
	is((SELECT count(*) FROM attack_functions.note), 5::bigint, 'the table is still there');

-- ash_sql does not look further than the caller.
CREATE ROLE regress_attack_functions;
GRANT USAGE ON SCHEMA attack_functions, app TO regress_attack_functions;
SELECT is(pg_temp.as_role('regress_attack_functions', $$SELECT ash_sql('attack_functions.note', 'update', '{"body": "y"}', '{"actor": {"id": 1}, "tenant": "a", "record": 1}')$$), '42501: permission denied for table note', 'ash_sql of a write reads as the caller'),
	is(pg_temp.errors($$SELECT ash_sql('attack_functions.note', 'update', '{"body": "y"}', '{"actor": {"id": 1}, "tenant": "a", "record": 2}')$$), E'42501 forbidden\nforbidden: forbidden', '… and says nothing of a row that may not be written'),
	is(pg_temp.errors($$SELECT ash_sql('attack_functions.note', 'destroy', '{}', '{"actor": {"id": 1}, "tenant": "a", "record": 3}')$$) ~ 'stale_record', true, '… or of another tenant');

-- EXECUTE is needed for each.
GRANT SELECT, INSERT ON attack_functions.note TO regress_attack_functions;
CREATE FUNCTION pg_temp.as_caller(action text, input text DEFAULT '{}', options text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.as_role('regress_attack_functions', format('SELECT ash_run_action(%L, %L, %L, %L)', 'attack_functions.note', action, input, '{"actor": {"id": 1}, "tenant": "a"}' || options::jsonb))
$$;
SELECT is(pg_temp.as_caller('closed_prepare'), '42501: permission denied for function app.closed', 'a preparation'),
	is(pg_temp.as_caller('closed_before'), '42501: permission denied for function app.closed', 'before_action'),
	is(pg_temp.as_caller('closed_after'), '42501: permission denied for function app.closed', 'after_action'),
	is(pg_temp.as_caller('closed_manual'), '42501: permission denied for function app.closed', 'a manual read'),
	is(pg_temp.as_caller('closed_create', '{"body": "z"}'), '42501: permission denied for function app.closed', 'a manual write'),
	is(pg_temp.as_caller('read', '{}', '{"load": "closed"}'), '42501: permission denied for function app.closed', 'a calculation');

-- A function that changed since it was named.
DROP FUNCTION app.closed(jsonb, jsonb, jsonb);
SELECT is(pg_temp.refused('closed_prepare'), '42883: function app.closed(jsonb, jsonb, jsonb) returning jsonb does not exist', 'dropped');
CREATE FUNCTION app.closed(subject jsonb, options jsonb, context jsonb) RETURNS SETOF jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
SELECT is(pg_temp.refused('closed_manual'), '42883: function app.closed(jsonb, jsonb, jsonb) returning jsonb does not exist', 'a set now');
DROP FUNCTION app.closed(jsonb, jsonb, jsonb);
CREATE FUNCTION app.closed(subject jsonb, options jsonb, context jsonb) RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
SELECT is(pg_temp.refused('read', options => '{"load": "closed"}'), '42883: function app.closed(jsonb, jsonb, jsonb) returning jsonb does not exist', 'a text now');
SELECT * FROM finish();
ROLLBACK;
