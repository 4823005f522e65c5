\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(18);

-- What do loads of relationships give, also when nested, limited and filtered?

SELECT pg_temp.define($doc${
  "domain": "loads",
  "resources": {
    "author": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {
        "posts": {"has_many": "loads.post", "destination_attribute": "author_id", "sort": ["id"], "public": true},
        "good_posts": {"has_many": "loads.post", "destination_attribute": "author_id", "filter": "good", "sort": ["-id"], "public": true},
        "profile": {"has_one": "loads.profile", "destination_attribute": "author_id", "public": true},
        "private_posts": {"has_many": "loads.post", "destination_attribute": "author_id"}
      },
      "actions": {"defaults": ["read", {"create": "*"}]}
    },
    "profile": {"attributes": {"id": "integer_primary_key", "bio": {"type": "string", "public": true}},
      "relationships": {"author": {"belongs_to": "loads.author", "attribute_type": "integer", "public": true}}, "actions": {"defaults": ["read"]}},
    "post": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true}, "good": {"type": "boolean", "public": true}},
      "relationships": {
        "author": {"belongs_to": "loads.author", "attribute_type": "integer", "public": true},
        "comments": {"has_many": "loads.comment", "destination_attribute": "post_id", "sort": ["id"], "public": true},
        "tags": {"many_to_many": "loads.tag", "through": "loads.post_tag", "source_attribute_on_join_resource": "post_id", "destination_attribute_on_join_resource": "tag_id", "sort": ["name"], "public": true}
      },
      "actions": {"defaults": ["read", {"create": "*"}]}
    },
    "comment": {"attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}},
      "relationships": {"post": {"belongs_to": "loads.post", "attribute_type": "integer", "public": true}}, "actions": {"defaults": ["read"]}},
    "tag": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "post_tag": {"attributes": {"post_id": {"type": "integer", "primary_key": true, "allow_nil": false}, "tag_id": {"type": "integer", "primary_key": true, "allow_nil": false}}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
INSERT INTO loads.author (name) VALUES ('Ann'), ('Bob');
INSERT INTO loads.profile (bio, author_id) VALUES ('about Ann', 1);
INSERT INTO loads.post (title, good, author_id) VALUES ('p1', true, 1), ('p2', false, 1), ('p3', true, 1), ('p4', true, NULL);
INSERT INTO loads.comment (text, post_id) VALUES ('c1', 1), ('c2', 1), ('c3', 3);
INSERT INTO loads.tag (name) VALUES ('red'), ('blue');
INSERT INTO loads.post_tag VALUES (1, 1), (1, 2), (3, 2);

CREATE FUNCTION pg_temp.loaded(resource text, id int, loads jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_get('loads.' || resource, to_jsonb(id), jsonb_build_object('select', '[]'::jsonb, 'load', loads))::jsonb - 'id'
$$;
-- The values of one key, as deep as a path goes.
CREATE FUNCTION pg_temp.titles(record jsonb, path jsonpath) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(v#>>'{}', ' ') FROM jsonb_path_query(record, path) AS v $$;

SELECT is(pg_temp.loaded('post', 1, '["author"]'), '{"author": {"id": 1, "name": "Ann"}}', 'belongs_to'), is(pg_temp.loaded('post', 4, '["author"]'), '{"author": null}', 'of nothing'),
	is(pg_temp.loaded('author', 1, '["profile"]'), '{"profile": {"id": 1, "bio": "about Ann", "author_id": 1}}', 'has_one'), is(pg_temp.loaded('author', 2, '["profile"]'), '{"profile": null}', 'of nothing'),
	is(pg_temp.titles(pg_temp.loaded('author', 1, '["posts"]'), '$.posts[*].title'), 'p1 p2 p3', 'has_many'), is(pg_temp.loaded('author', 2, '["posts"]'), '{"posts": []}', 'of nothing'),
	is(pg_temp.titles(pg_temp.loaded('author', 1, '["good_posts"]'), '$.good_posts[*].title'), 'p3 p1', 'with filter and order'),
	is(pg_temp.titles(pg_temp.loaded('post', 1, '["tags"]'), '$.tags[*].name'), 'blue red', 'many_to_many');
SELECT is(pg_temp.titles(pg_temp.loaded('author', 1, '[{"posts": ["comments", "tags"]}]'), '$.posts[*].comments[*].text'), 'c1 c2 c3', 'nested'),
	is(pg_temp.loaded('author', 1, '[{"posts": [{"comments": ["post"]}]}]') #>> '{posts,2,comments,0,post,title}', 'p3', 'and back'),
	is(pg_temp.loaded('author', 1, '["profile", {"posts": ["author"]}]') #>> '{posts,1,author,name}', 'Ann', 'several');
SELECT is(pg_temp.loaded('author', 1, '[{"posts": {"filter": {"good": true}, "sort": "-id", "limit": 1, "select": ["title"], "load": ["comments"]}}]'),
	'{"posts": [{"id": 3, "title": "p3", "comments": [{"id": 3, "text": "c3", "post_id": 3}]}]}', 'with a query of its own');
SELECT is((SELECT string_agg(concat(r->>'id', ':', pg_temp.titles(r::jsonb, '$.comments[*].text')), ' ') FROM json_array_elements(ash_read('loads.post',
	'{"sort": "id", "load": [{"comments": {"limit": 1}}]}')) r), '1:c1 2: 3:c3 4:', 'a limit is per record');
SELECT is(ash_create('loads.post', '{"title": "p5", "author_id": 2}', '{"load": ["author"], "select": ["title"]}')::jsonb - 'id', '{"title": "p5", "author": {"id": 2, "name": "Bob"}}', 'with a create');
SELECT is(ash_load('loads.post', '[1, 2]', '["author"]')::jsonb #>> '{1,author,name}', 'Ann', 'records already held');

SELECT matches(pg_temp.errors(format('SELECT ash_read(%L, %L)', 'loads.post', '{"load": ["nope"]}')), '^22023 invalid\ninvalid_load.*: [:"]?nope"? is not a valid load', 'no such relationship'),
	matches(pg_temp.errors(format('SELECT ash_read(%L, %L)', 'loads.author', '{"load": [{"posts": ["nope"]}]}')), '^22023 invalid\ninvalid_load.*nope.* is not a valid load', 'nor in a nested load'),
	matches(pg_temp.errors(format('SELECT ash_read(%L, %L)', 'loads.author', '{"load": 5}')), '^22023 invalid', 'a number is no load');

SELECT * FROM finish();
ROLLBACK;
