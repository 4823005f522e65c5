\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(17);

-- Is a relationship that an action manages and the call loads one key of the result, with what was loaded?

SELECT pg_temp.define($doc${
  "domain": "managed_load",
  "resources": {
    "post": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true}},
      "relationships": {
        "author": {"belongs_to": "managed_load.author", "attribute_type": "integer", "public": true},
        "cover": {"has_one": "managed_load.cover", "destination_attribute": "post_id", "public": true},
        "comments": {"has_many": "managed_load.comment", "destination_attribute": "post_id", "public": true},
        "tags": {"many_to_many": "managed_load.tag", "through": "managed_load.tagging", "source_attribute_on_join_resource": "post_id", "destination_attribute_on_join_resource": "tag_id", "public": true}},
      "actions": {"defaults": ["read"],
        "make": {"type": "create", "accept": "*", "arguments": {"author": "map", "cover": "map", "comments": "map[]", "tags": "map[]"},
          "changes": [{"manage_relationship": {"argument": "author", "type": "create"}}, {"manage_relationship": {"argument": "cover", "type": "create"}},
            {"manage_relationship": {"argument": "comments", "type": "direct_control"}}, {"manage_relationship": {"argument": "tags", "type": "create"}}]},
        "make_and_load": {"type": "create", "accept": "*", "arguments": {"comments": "map[]"},
          "changes": [{"manage_relationship": {"argument": "comments", "type": "direct_control"}}, {"load": ["comments"]}]},
        "change": {"type": "update", "accept": "*", "arguments": {"comments": "map[]"},
          "changes": [{"manage_relationship": {"argument": "comments", "type": "direct_control"}}]}}},
    "author": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {"posts": {"has_many": "managed_load.post", "destination_attribute": "author_id", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}]}},
    "cover": {"attributes": {"id": "integer_primary_key", "url": {"type": "string", "public": true}, "post_id": {"type": "integer", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]}},
    "comment": {"attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}, "post_id": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}},
    "tag": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]}},
    "tagging": {"attributes": {"post_id": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "tag_id": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}]}}
  }
}$doc$) \gset

-- The keys of an object, in order, each as often as it stands there.
CREATE FUNCTION pg_temp.keys(object json) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(key, ' ' ORDER BY key COLLATE "C") FROM json_object_keys(object) AS key
$$;
CREATE FUNCTION pg_temp.make(load text, action text DEFAULT 'make') RETURNS json LANGUAGE sql AS $$
	SELECT ash_run_action('managed_load.post', action, CASE WHEN action = 'make'
		THEN '{"title": "new", "author": {"name": "ann"}, "cover": {"url": "/c"}, "comments": [{"text": "z"}, {"text": "y"}], "tags": [{"name": "t"}]}'::jsonb
		ELSE '{"title": "new", "comments": [{"text": "z"}, {"text": "y"}]}' END, jsonb_build_object('load', load::jsonb))
$$;
SELECT is(pg_temp.keys(pg_temp.make('[]')), 'author author_id comments cover id tags title', 'managed only');
SELECT is(pg_temp.keys(pg_temp.make(load)), 'author author_id comments cover id tags title', 'loaded: ' || load)
FROM (VALUES ('["author"]'), ('["cover"]'), ('["comments"]'), ('["tags"]'), ('["author", "comments", "cover", "tags"]')) AS loads (load);
SELECT is(pg_temp.keys(pg_temp.make('[]', 'make_and_load')), 'author_id comments id title', 'loaded by the action');

-- What was loaded is what the call asked for: in its order, cut, with its fields and loads.
SELECT is(pg_temp.make('{"comments": {"sort": ["text"], "limit": 1, "select": ["text"]}}')->'comments' #>> '{0,text}', 'y', 'sorted'),
	is(json_array_length(pg_temp.make('{"comments": {"sort": ["text"], "limit": 1}}')->'comments'), 1, 'and cut'),
	is(pg_temp.keys(pg_temp.make('{"author": ["posts"]}')->'author'), 'id name posts', 'with what was loaded inside');

-- Beside an update.
SELECT ash_run_action('managed_load.post', 'make', '{"title": "one", "comments": [{"text": "b"}, {"text": "a"}]}')::json->>'id' AS id \gset
SELECT ash_run_action('managed_load.post', 'change', '{"comments": [{"text": "d"}, {"text": "c"}]}', format('{"record": %s, "load": {"comments": {"sort": ["text"]}}}', :id)::jsonb) AS changed \gset
SELECT is(pg_temp.keys(:'changed'), 'author_id comments id title', 'an update'),
	is((SELECT string_agg(c->>'text', ' ' ORDER BY n) FROM json_array_elements(:'changed'::json->'comments') WITH ORDINALITY AS e (c, n)), 'c d', 'as loaded'),
	is(pg_temp.keys(ash_try_action('managed_load.post', 'change', '{"comments": []}', format('{"record": %s, "load": ["comments"]}', :id)::jsonb)->'result'), 'author_id comments id title', 'an answered one');

-- In notifications, and in the records of a bulk call.
SELECT ash_run_action('managed_load.post', 'make_and_load', '{"title": "two", "comments": [{"text": "a"}]}', '{"return_notifications": true, "load": ["author"]}') AS notified \gset
SELECT is(pg_temp.keys(:'notified'::json->'result'), 'author author_id comments id title', 'a result beside notifications'),
	is(pg_temp.keys(n->'data'), 'author author_id comments id title', 'the data of a notification')
FROM json_array_elements(:'notified'::json->'notifications') AS n WHERE n->>'resource' = 'managed_load.post';
SELECT ash_bulk_create('managed_load.post', '[{"title": "three", "comments": [{"text": "a"}]}]', '{"return_records": true, "return_notifications": true, "load": ["comments"], "action": "make"}') AS bulk \gset
SELECT is(pg_temp.keys(:'bulk'::json#>'{records,0}'), 'author_id comments id title', 'a record of a bulk call'),
	is(pg_temp.keys(n->'data'), 'author_id comments id title', 'and its notification')
FROM json_array_elements(:'bulk'::json->'notifications') AS n WHERE n->>'resource' = 'managed_load.post';

SELECT * FROM finish();
ROLLBACK;
