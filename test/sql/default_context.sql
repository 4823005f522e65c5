\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(11);

-- Is a resource's "default_context" below the context of every call about it?

SELECT pg_temp.define($doc${
  "domain": "dc",
  "resources": {
    "note": {
      "default_context": {"zone": "blue", "deep": {"a": "1", "b": "2"}},
      "attributes": {"id": "integer_primary_key", "zone": {"type": "string", "public": true}, "seen": {"type": "string", "public": true}, "folder_id": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read", "destroy"], "here": {"type": "read", "filter": "zone = context.zone"},
        "make": {"type": "create", "primary": true, "accept": "*", "changes": [{"set_attribute": {"attribute": "zone", "value": {"context": "zone"}}}, {"set_attribute": {"attribute": "seen", "value": {"context": "deep.b"}}}]}},
      "policies": [{"policy": {"action": ["here"]}, "checks": [{"authorize_if": {"expr": "zone = context.zone"}}]}, {"policy": {"action": ["read", "make", "destroy"]}, "checks": [{"authorize_if": {"expr": "context.deep.a = '1'"}}]}]
    },
    "folder": {
      "default_context": {"zone": "red"},
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"notes": {"has_many": "dc.note", "public": true, "read_action": "here", "sort": ["id"]}},
      "aggregates": {"note_count": {"count": "notes", "public": true}},
      "actions": {"defaults": ["read"], "add": {"type": "create", "accept": [], "arguments": {"notes": "map[]"}, "changes": [{"manage_relationship": {"argument": "notes", "type": "create"}}]}}
    }
  }
}$doc$) \gset
INSERT INTO dc.folder DEFAULT VALUES;
INSERT INTO dc.note (zone, folder_id) VALUES ('blue', 1), ('red', 1), ('green', 1);

CREATE FUNCTION pg_temp.ids(options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$ SELECT string_agg(n->>'id', ' ') FROM json_array_elements(ash_read('dc.note', options || '{"action": "here"}')) AS n $$;

SELECT is(pg_temp.ids(), '1', 'in a read and its policies'), is(pg_temp.ids('{"context": {"zone": "green"}}'), '3', 'the call''s own comes before it'),
	is(pg_temp.ids('{"context": {"other": 1}}'), '1', 'key by key'),
	is(json_array_length(ash_read('dc.note', '{"context": {"deep": {"b": "3"}}}')), 3, 'objects are merged'),
	matches(pg_temp.errors($$SELECT ash_read('dc.note', '{"context": {"deep": {"a": "3"}}}')$$), '^42501 forbidden', 'policies see what the call says');
SELECT is((ash_create('dc.note', '{}', '{"action": "make"}')::jsonb - 'id'), '{"zone": "blue", "seen": "2", "folder_id": null}', 'in a write');
SELECT is(ash_get('dc.folder', '1', '{"load": ["notes"]}')::jsonb #>> '{notes,0,id}', '1', 'a load has that of its own resource'),
	is(ash_get('dc.folder', '1', '{"load": ["note_count"]}')::jsonb ->> 'note_count', '1', 'an aggregate too'),
	is(ash_get('dc.folder', '1', '{"load": ["note_count"], "context": {"zone": "green"}}')::jsonb ->> 'note_count', '1', 'and that of the call'),
	is(jsonb_path_query_array(ash_create('dc.folder', '{"notes": [{}]}', '{"action": "add"}')::jsonb, '$.notes[*].seen'), '["2"]', 'what a managed relationship writes has both');
SELECT matches(pg_temp.errors($$SELECT ash_define('{"domain": "dc2", "resources": {"a": {"default_context": 5, "attributes": {"id": "integer_primary_key"}}}}')$$), 'expected an object, got', 'it is an object');

SELECT * FROM finish();
ROLLBACK;
