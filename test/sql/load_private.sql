\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(23);

-- select and load are what the program asks for: they may name private fields. filter and sort, also inside of a load, may not. Policies hold for both.

SELECT pg_temp.define($doc${
  "domain": "load_private",
  "resources": {
    "author": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "place": {"type": "load_private.place"}},
      "relationships": {"posts": {"has_many": "load_private.post", "sort": ["id"]}},
      "aggregates": {"post_count": {"count": "posts"}},
      "calculations": {"loud": {"type": "string", "expr": "string_upcase(name)"}},
      "actions": {"defaults": ["read", {"create": ["name"]}, {"update": ["name"]}],
        "with_posts": {"type": "read", "prepare": [{"build": {"load": ["posts", "loud"]}}]}}
    },
    "post": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true}, "draft": {"type": "boolean"}, "owner": {"type": "integer"}},
      "relationships": {"author": {"belongs_to": "load_private.author", "attribute_type": "integer"}},
      "aggregates": {"siblings": {"count": ["author", "posts"]}},
      "calculations": {"short": {"type": "string", "expr": "string_downcase(title)"}},
      "private_fields": "hide",
      "field_policies": [{"fields": "*", "checks": [{"authorize_if": "always"}]}],
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}],
      "actions": {"defaults": ["read"]}
    },
    "place": {"embedded": true,
      "attributes": {"town": {"type": "string", "public": true}}, "calculations": {"sign": {"type": "string", "expr": "string_upcase(town)"}}}
  }
}$doc$) \gset
INSERT INTO load_private.author (name, place) VALUES ('Ann', '{"town": "Ulm"}'), ('Bob', NULL);
INSERT INTO load_private.post (title, draft, owner, author_id) VALUES ('P1', true, 1, 1), ('P2', false, 2, 1), ('P3', true, 1, 1);
SELECT set_config('ash.actor', '{"id": 1}', true) IS NULL AS ignored \gset

-- Loads, wherever they are given.
CREATE FUNCTION pg_temp.titles(record jsonb) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(t #>> '{}', ' ') FROM jsonb_path_query(record, '$.posts[*].title') AS t $$;
SELECT is(pg_temp.titles(ash_get('load_private.author', '1', '{"load": ["posts"]}')::jsonb), 'P1 P3', 'a relationship; policies of its rows hold'),
	is(ash_get('load_private.author', '1', '{"select": [], "load": ["loud", "post_count", {"place": "sign"}]}')::jsonb, '{"id": 1, "loud": "ANN", "post_count": 2, "place": {"town": "Ulm", "sign": "ULM"}}', 'a calculation, an aggregate, inside of an attribute'),
	is(pg_temp.titles(ash_read('load_private.author', '{"sort": "id", "load": {"posts": {"load": ["author"]}}}')::jsonb -> 0), 'P1 P3', 'nested'),
	is(ash_read('load_private.author', '{"sort": "id", "load": {"posts": ["author"]}}')::jsonb #>> '{0,posts,0,author,name}', 'Ann', 'within it'),
	is(pg_temp.titles(ash_load('load_private.author', '1', '["posts"]')::jsonb), 'P1 P3', 'ash_load'),
	is(ash_create('load_private.author', '{"name": "Cid"}', '{"select": [], "load": ["loud", "posts"]}')::jsonb - 'id', '{"loud": "CID", "posts": []}', 'with a create'),
	is(ash_update('load_private.author', '1', '{"name": "Ann"}', '{"load": ["posts"]}')::jsonb #>> '{posts,1,title}', 'P3', 'with an update'),
	is(ash_bulk_create('load_private.author', '[{"name": "Dee"}]', '{"return_records": true, "load": ["loud"]}')::jsonb #>> '{records,0,loud}', 'DEE', 'with a bulk create'),
	is(ash_run_action('load_private.author', 'read', '{}', '{"sort": "id", "limit": 1, "load": "loud"}')::jsonb #>> '{0,loud}', 'ANN', 'with an action'),
	is(pg_temp.titles(ash_read('load_private.author', '{"action": "with_posts", "sort": "id"}')::jsonb -> 0), 'P1 P3', 'of a definition');
SELECT is(ash_get('load_private.author', '1', '{"select": ["place"]}')::jsonb, '{"id": 1, "place": {"town": "Ulm"}}', 'select');

-- private_fields says what field policies do with them.
SELECT is(ash_get('load_private.post', '1', '{"select": ["draft"], "load": ["short", "siblings"]}')::jsonb, '{"id": 1, "draft": null, "short": null, "siblings": null, "_forbidden": ["draft", "short", "siblings"]}', 'hidden'),
	is(ash_get('load_private.author', '1', '{"select": [], "load": {"posts": {"limit": 1, "select": ["title", "draft"], "load": "short"}}}')::jsonb -> 'posts', '[{"id": 1, "title": "P1", "draft": null, "short": null, "_forbidden": ["draft", "short"]}]', 'in a load too');

-- filter, sort and distinct do not know them, not even the names.
SELECT is(pg_temp.errors(format('SELECT ash_read(%L, %L)', 'load_private.author', options)), E'22023 invalid\n' || expected, options) FROM (VALUES
	('{"filter": {"posts": {"title": "P2"}}}', 'no_such_field posts ["filter"]: No such field posts for resource load_private.author'), ('{"filter": {"loud": "ANN"}}', 'no_such_field loud ["filter"]: No such field loud for resource load_private.author'),
	('{"sort": "post_count"}', 'no_such_field post_count ["sort"]: No such field post_count for resource load_private.author'), ('{"distinct": "loud"}', 'no_such_field loud ["distinct"]: No such field loud for resource load_private.author'),
	('{"load": {"posts": {"filter": {"draft": true}}}}', 'no_such_field draft ["load", "posts", "filter"]: No such field draft for resource load_private.post'), ('{"load": {"posts": {"sort": "owner"}}}', 'no_such_field owner ["load", "posts", "sort"]: No such field owner for resource load_private.post'),
	('{"load": {"posts": {"distinct": "draft"}}}', 'no_such_field draft ["load", "posts", "distinct"]: No such field draft for resource load_private.post')) AS v (options, expected);
SELECT is(pg_temp.errors($$SELECT ash_read('load_private.author', '{"load": ["nope"]}')$$), E'22023 invalid\ninvalid_load ["load"]: :nope is not a valid load', 'what does not exist'),
	is(pg_temp.errors($$SELECT ash_load('load_private.author', '1', '[{"posts": ["nope"]}]')$$), E'22023 invalid\ninvalid_load ["load", "posts", "load"]: :nope is not a valid load', 'nested');
SELECT matches(pg_temp.errors($$SELECT ash_get('load_private.author', '1', '{"select": ["nope"]}')$$), 'no_such_attribute', 'nor is it selected');

SELECT * FROM finish();
ROLLBACK;
