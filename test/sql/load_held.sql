\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(31);

-- What do ash_load and ash_reload give for records that are held already?

SELECT pg_temp.define($doc${
  "domain": "lh",
  "resources": {
    "author": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "identities": {"by_name": ["name"]},
      "relationships": {"posts": {"has_many": "lh.post", "public": true, "sort": ["id"]}},
      "calculations": {"loud": {"type": "string", "arguments": {"mark": {"type": "string", "default": "!"}}, "expr": "name || arg.mark", "public": true}},
      "aggregates": {"post_count": {"count": "posts", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "name <> 'hidden'"}}]}]
    },
    "post": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true}, "score": {"type": "integer", "public": true}},
      "relationships": {"author": {"belongs_to": "lh.author", "attribute_type": "integer", "public": true}, "comments": {"has_many": "lh.comment", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "comment": {"attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}}, "relationships": {"post": {"belongs_to": "lh.post", "attribute_type": "integer", "public": true}}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
INSERT INTO lh.author (name) VALUES ('Ann'), ('Bob'), ('hidden');
INSERT INTO lh.post (title, score, author_id) VALUES ('p1', 5, 1), ('p2', 7, 1), ('p3', 6, 2), ('p4', 1, 1);
INSERT INTO lh.comment (text, post_id) VALUES ('c1', 1), ('c2', 1), ('c3', 2);

CREATE FUNCTION pg_temp.held(records jsonb, load jsonb, options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$ SELECT ash_load('lh.author', records, load, '{"select": []}' || options)::jsonb $$;

SELECT is(pg_temp.held('[2, 1]', '["post_count"]'), '[{"id": 2, "post_count": 1}, {"id": 1, "post_count": 3}]', 'a list keeps its order'), is(pg_temp.held('1', '["post_count"]'), '{"id": 1, "post_count": 3}', 'one record stays one'),
	is(pg_temp.held('[{"id": 1, "name": "old"}, {"id": 1}]', '"loud"'), '[{"id": 1, "loud": "Ann!"}, {"id": 1, "loud": "Ann!"}]', 'whole records, also twice'),
	is(pg_temp.held('[{"name": "Bob"}, 1]', '["loud"]'), '[{"id": 2, "loud": "Bob!"}, {"id": 1, "loud": "Ann!"}]', 'by an identity'), is(pg_temp.held('[]', '["loud"]'), '[]', 'none'),
	is(ash_load('lh.author', NULL, '["loud"]')::text, 'null', 'null');
SELECT is(pg_temp.held('1', '{"posts": {"filter": {"score": {"gte": 5}}, "sort": "-score", "limit": 1, "select": ["title"], "load": {"comments": {"select": ["text"]}}}}'),
	'{"id": 1, "posts": [{"id": 2, "title": "p2", "comments": [{"id": 3, "text": "c3"}]}]}', 'nested loads with a query of their own'),
	is(pg_temp.held('[1, 2]', '{"posts": {"page": {"limit": 1, "offset": 1, "count": true}, "sort": "id", "select": ["title"]}}') #> '{0,posts}', '{"page": "offset", "results": [{"id": 2, "title": "p2"}], "limit": 1, "offset": 1, "count": 3, "more": true}', 'a page of each'),
	is(pg_temp.held('[1, 2]', '{"posts": {"page": {"limit": 1, "offset": 1, "count": true}, "sort": "id", "select": ["title"]}}') #> '{1,posts}', '{"page": "offset", "results": [], "limit": 1, "offset": 1, "count": 1, "more": false}', 'also beyond its end'),
	is(pg_temp.held('2', '[{"posts": [{"author": {"select": ["name"], "load": ["post_count", {"loud": {"mark": "?"}}]}}]}]') #> '{posts,0,author}', '{"id": 2, "name": "Bob", "post_count": 1, "loud": "Bob?"}', 'three levels'),
	is(pg_temp.held('1', '[{"loud": {"args": {"mark": "."}, "as": "quiet"}}, "loud"]'), '{"id": 1, "loud": "Ann!", "quiet": "Ann."}', 'a calculation under another name');
SELECT is(ash_reload('lh.author', '{"id": 1, "name": "old", "post_count": 99}', '{"load": ["post_count"]}')::jsonb, '{"id": 1, "name": "Ann", "post_count": 3}', 'a reload reads everything again'),
	matches(pg_temp.errors($$SELECT ash_reload('lh.author', '3')$$), 'not_found', 'what may not be read is not found'),
	matches(pg_temp.errors($$SELECT ash_load('lh.author', '[1, 3, 9]', '[]')$$), 'not_found: record with id: 3 not found', 'also in a list');
SELECT is(pg_temp.errors($$SELECT ash_load('lh.author', '1', '["nope"]')$$), E'22023 invalid\ninvalid_load ["load"]: :nope is not a valid load', 'an unknown load'),
	is(pg_temp.errors($$SELECT ash_load('lh.author', '1', '{"posts": {"load": {"comments": ["nope"]}}}')$$), E'22023 invalid\ninvalid_load ["load", "posts", "load", "comments", "load"]: :nope is not a valid load', 'with its path'),
	is(pg_temp.errors($$SELECT ash_load('lh.author', '1', '{"posts": {"filter": {"nope": 1}}}')$$), E'22023 invalid\nno_such_field nope ["load", "posts", "filter"]: No such field nope for resource lh.post', 'a faulty query inside'),
	matches(pg_temp.errors($$SELECT ash_load('lh.author', '{"nope": 1}', '[]')$$), 'invalid_primary_key', 'a record without a key');
SELECT is(pg_temp.held('[{"id": 1, "post_count": 99}, {"id": 2, "post_count": null}]', '["post_count", "loud"]', '{"lazy": true}'), '[{"id": 1, "post_count": 99, "loud": "Ann!"}, {"id": 2, "post_count": null, "loud": "Bob!"}]', 'lazy: what all records hold stays'),
	is(pg_temp.held('[{"id": 1, "post_count": 99}, {"id": 2}]', '["post_count"]', '{"lazy": true}'), '[{"id": 1, "post_count": 3}, {"id": 2, "post_count": 1}]', 'lazy: what one lacks is read for all'),
	is(pg_temp.held('{"id": 1, "posts": []}', '{"posts": {"select": ["title"], "limit": 1}}', '{"lazy": true}'), '{"id": 1, "posts": [{"id": 1, "title": "p1"}]}', 'lazy: a query is not what is there'),
	is(pg_temp.held('{"id": 1, "posts": [], "name": "old"}', '["posts", "name", "posts"]', '{"lazy": true}'), '{"id": 1, "name": "Ann", "posts": []}', 'lazy: attributes are read'),
	is(pg_temp.held('{"id": 1, "nope": 1}', '["loud"]', '{"lazy": true}'), '{"id": 1, "loud": "Ann!"}', 'lazy: what the load does not name is left out'),
	is(pg_temp.held('{"id": 1, "post_count": 99}', '["post_count"]'), '{"id": 1, "post_count": 3}', 'without it everything is read'),
	matches(pg_temp.errors($$SELECT ash_load('lh.author', '{"id": 1, "nope": 1}', '["nope"]', '{"lazy": true}')$$), ':nope is not a valid load', 'lazy: no name is valid because a record has it');

-- what is said beside a name counts, or is refused
SELECT is(pg_temp.errors($$SELECT ash_load('lh.author', '1', '{"post_count": {"filter": {"id": 1}}}')$$), E'22023 invalid\ninvalid_load post_count ["load"]: post_count takes no options, got: {"filter": {"id": 1}}', 'options of an aggregate'),
	is(pg_temp.errors($$SELECT ash_load('lh.author', '1', '{"loud": {"args": {"mark": "."}, "limit": 1}}')$$), E'22023 invalid\ninvalid_load ["load"]: :limit is not a valid load', 'options of a calculation'),
	is(pg_temp.errors($$SELECT ash_load('lh.author', '1', '{"loud": {"mark": ".", "as": "quiet"}}')$$), E'22023 invalid\ninvalid_load ["load"]: :mark is not a valid load', 'arguments beside a name');
SELECT is(pg_temp.errors(format('SELECT ash_load(%L, %L, %L)', 'lh.author', '1', format('{"loud": {"as": "%s"}}', name))),
	format(E'22023 invalid
invalid_load loud ["load"]: loud cannot be loaded as "%s": names of fields, and those that begin with "_", are taken', name), 'loaded as ' || name)
FROM unnest(ARRAY['name', 'posts', '_keyset']) AS name;

SELECT * FROM finish();
ROLLBACK;
