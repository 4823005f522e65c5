\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(17);

-- What does a load give when policies hide related rows, or forbid their read?

SELECT pg_temp.define($doc${
  "domain": "rf",
  "resources": {
    "box": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "code": {"type": "string", "public": true}},
      "relationships": {
        "notes": {"has_many": "rf.note", "public": true, "sort": ["id"]},
        "all_notes": {"has_many": "rf.note", "public": true, "sort": ["id"], "authorize_read_with": "error"},
        "soft_notes": {"has_many": "rf.note", "public": true, "sort": ["id"], "authorize_read_with": "error", "allow_forbidden_field": true},
        "first_notes": {"has_many": "rf.note", "public": true, "sort": ["id"], "limit": 1, "authorize_read_with": "error"},
        "vault": {"has_one": "rf.vault", "public": true},
        "soft_vault": {"has_one": "rf.vault", "public": true, "allow_forbidden_field": true},
        "keys": {"many_to_many": "rf.note", "through": "rf.box_note", "public": true, "authorize_read_with": "error"}
      },
      "actions": {"defaults": ["read"]},
      "field_policies": [{"fields": ["code"], "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "admin", "value": true}}}]},
        {"fields": "*", "checks": [{"authorize_if": "always"}]}],
      "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}]
    },
    "note": {
      "attributes": {"id": "integer_primary_key", "open": {"type": "boolean", "public": true}, "box_id": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "admin", "value": true}}}, {"authorize_if": {"expr": "open"}}]}]
    },
    "box_note": {"attributes": {"box_id": {"type": "integer", "primary_key": true, "allow_nil": false}, "note_id": {"type": "integer", "primary_key": true, "allow_nil": false}}, "actions": {"defaults": ["read"]}},
    "vault": {
      "attributes": {"id": "integer_primary_key", "box_id": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "admin", "value": true}}}]}]
    }
  }
}$doc$) \gset
INSERT INTO rf.box (name, code) VALUES ('a', 's1'), ('b', 's2');
INSERT INTO rf.note (open, box_id) VALUES (true, 1), (false, 1), (true, 2);
INSERT INTO rf.vault (box_id) VALUES (1);
INSERT INTO rf.box_note VALUES (1, 3), (2, 2);

CREATE FUNCTION pg_temp.box(id int, load text, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_get('rf.box', to_jsonb(id), '{"actor": {"admin": false}, "select": []}' || options || jsonb_build_object('load', load::jsonb))::jsonb - 'id'
$$;
CREATE FUNCTION pg_temp.refused(id int, load text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.errors(format('SELECT pg_temp.box(%s, %L)', id, load)) $$;

SELECT is(pg_temp.box(1, '["notes"]'), '{"notes": [{"id": 1, "open": true, "box_id": 1}]}', 'rows that may not be read are left out'),
	is(pg_temp.refused(1, '["all_notes"]'), E'42501 forbidden\nforbidden ["load", "all_notes"]: forbidden', 'or are an error'),
	is(jsonb_array_length(pg_temp.box(2, '["all_notes"]')->'all_notes'), 1, 'only when there are such rows among the related ones'),
	is(pg_temp.refused(1, '["first_notes"]'), E'42501 forbidden\nforbidden ["load", "first_notes"]: forbidden', 'a limit does not hide them'),
	is(pg_temp.refused(1, '[{"all_notes": {"filter": {"open": true}}}]'), 'no error', 'rows that the load does not ask for do not count'),
	is(pg_temp.refused(2, '["keys"]'), E'42501 forbidden\nforbidden ["load", "keys"]: forbidden', 'many_to_many'),
	is(pg_temp.refused(1, '["keys"]'), 'no error', 'many_to_many of readable rows');
SELECT is(pg_temp.refused(1, '["vault"]'), E'42501 forbidden\nforbidden ["load", "vault"]: forbidden', 'a read that is forbidden is an error'),
	is(pg_temp.box(1, '["soft_vault"]'), '{"soft_vault": null, "_forbidden": ["soft_vault"]}', 'or null and its name'),
	is(pg_temp.box(1, '["soft_vault"]', '{"select": ["code", "name"]}'), '{"name": "a", "code": null, "soft_vault": null, "_forbidden": ["code", "soft_vault"]}', 'beside fields that are forbidden'),
	is(pg_temp.box(1, '["soft_vault"]', '{"actor": {"admin": true}}'), '{"soft_vault": {"id": 1, "box_id": 1}}', 'for who may read it there is nothing to tell'),
	is(pg_temp.box(1, '["soft_notes"]'), '{"soft_notes": null, "_forbidden": ["soft_notes"]}', 'also when it is for a hidden row'),
	is(pg_temp.box(2, '["soft_notes"]')->'_forbidden', NULL, 'and not without one'),
	is(pg_temp.refused(1, '[{"soft_notes": ["nope"]}]'), E'22023 invalid\ninvalid_load ["load", "soft_notes", "load"]: :nope is not a valid load', 'other faults stay errors');
SELECT is((SELECT jsonb_agg(b->'_forbidden') FROM jsonb_array_elements(ash_read('rf.box', '{"actor": {}, "select": ["name"], "sort": "id", "load": ["soft_vault"]}')::jsonb) AS b),
	'[["soft_vault"], ["soft_vault"]]', 'every record says so'),
	is(ash_load('rf.box', '1', '["soft_vault"]', '{"actor": {}, "select": ["name"]}')::jsonb, '{"id": 1, "name": "a", "soft_vault": null, "_forbidden": ["soft_vault"]}', 'records that are held too'),
	is(pg_temp.box(1, '["soft_vault"]', '{"authorize": false}'), '{"soft_vault": {"id": 1, "box_id": 1}}', 'without authorization nothing is forbidden');

SELECT * FROM finish();
ROLLBACK;
