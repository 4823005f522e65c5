\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(22);

-- Does a has_one or has_many through other relationships mean the rows at the end of the path?

SELECT pg_temp.define($doc${
  "domain": "rt",
  "resources": {
    "author": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {
        "posts": {"has_many": "rt.post", "public": true, "sort": ["id"]},
        "comments": {"has_many": "rt.comment", "through": ["posts", "comments"], "public": true, "sort": ["id"]},
        "good_comments": {"has_many": "rt.comment", "through": "posts.comments", "public": true, "sort": ["id"], "filter": "text <> 'bad' and id > parent.id"},
        "critics": {"has_many": "rt.author", "through": ["comments", "by"], "public": true, "sort": ["id"]},
        "tags": {"has_many": "rt.tag", "through": ["posts", "tags"], "public": true, "sort": ["id"]},
        "last_comment": {"has_one": "rt.comment", "through": ["posts", "comments"], "public": true, "sort": ["-id"]}
      },
      "aggregates": {"comment_count": {"count": "comments", "public": true}, "critic_names": {"list": "critics", "field": "name", "sort": ["name"], "public": true},
        "any_bad": {"exists": "comments", "filter": "text = 'bad'", "public": true}},
      "calculations": {"has_critic": {"type": "boolean", "expr": "exists(critics, name = 'Bob')", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "post": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true}},
      "relationships": {"author": {"belongs_to": "rt.author", "attribute_type": "integer", "public": true}, "comments": {"has_many": "rt.comment", "public": true},
        "tags": {"many_to_many": "rt.tag", "through": "rt.post_tag", "public": true},
        "fellow_posts": {"has_many": "rt.post", "through": ["author", "posts"], "public": true, "sort": ["id"]}},
      "actions": {"defaults": ["read"]}
    },
    "comment": {
      "attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}},
      "relationships": {"post": {"belongs_to": "rt.post", "attribute_type": "integer", "public": true}, "by": {"belongs_to": "rt.author", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "text <> 'hidden' or actor.admin"}}]}]
    },
    "tag": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "post_tag": {"attributes": {"post_id": {"type": "integer", "primary_key": true, "allow_nil": false}, "tag_id": {"type": "integer", "primary_key": true, "allow_nil": false}}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
INSERT INTO rt.author (name) VALUES ('Ann'), ('Bob'), ('Cid');
INSERT INTO rt.post (title, author_id) VALUES ('p1', 1), ('p2', 1), ('p3', 2);
INSERT INTO rt.comment (text, post_id, by_id) VALUES ('c1', 1, 2), ('c2', 2, 2), ('bad', 3, 1), ('hidden', 1, 3), ('c5', 2, 3);
INSERT INTO rt.tag (name) VALUES ('red'), ('blue');
INSERT INTO rt.post_tag VALUES (1, 1), (2, 1), (2, 2);

CREATE FUNCTION pg_temp.ids(resource text, rel text, options jsonb DEFAULT '{"actor": {"admin": false}}', load jsonb DEFAULT 'true') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(coalesce((SELECT string_agg(p->>'id', ' ' ORDER BY o) FROM jsonb_array_elements(CASE jsonb_typeof(t->rel) WHEN 'array' THEN t->rel ELSE jsonb_build_array(t->rel) END) WITH ORDINALITY AS p(p, o)), ''), '|' ORDER BY (t->>'id')::int)
	FROM jsonb_array_elements(ash_read('rt.' || resource, options || jsonb_build_object('load', jsonb_build_object(rel, load)))::jsonb) AS t
$$;
CREATE FUNCTION pg_temp.found(filter jsonb, options jsonb DEFAULT '{"actor": {"admin": false}}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(t->>'name', ' ' ORDER BY t->>'name') FROM jsonb_array_elements(ash_read('rt.author', options || jsonb_build_object('filter', filter))::jsonb) AS t
$$;
CREATE FUNCTION pg_temp.field(field text, options jsonb DEFAULT '{"actor": {"admin": false}}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(t->>field, ' ' ORDER BY t->>'name') FROM jsonb_array_elements(ash_read('rt.author', options || jsonb_build_object('load', jsonb_build_array(field)))::jsonb) AS t
$$;

SELECT is(pg_temp.ids('author', 'comments'), '1 2 5|3|', 'has_many'),
	is(pg_temp.ids('author', 'comments', '{"actor": {"admin": true}}'), '1 2 4 5|3|', 'policies of the destination count'),
	is(pg_temp.ids('author', 'last_comment'), '5|3|', 'has_one'),
	is(pg_temp.ids('author', 'good_comments'), '2 5||', 'with a filter'),
	is(pg_temp.ids('author', 'critics'), '2 3|1|', 'through one that goes through others, each row once'),
	is(pg_temp.ids('author', 'tags'), '1 2||', 'through a many_to_many, each row once'),
	is(pg_temp.ids('post', 'fellow_posts'), '1 2|1 2|3', 'through a belongs_to'),
	is(pg_temp.ids('author', 'comments', '{"actor": {}}', '{"limit": 1, "sort": "-id"}'), '5|3|', 'with a query of its own'),
	is(pg_temp.ids('author', 'comments', '{"actor": {}}', '{"filter": {"post": {"title": "p2"}}, "load": ["by"]}'), '2 5||', 'and a filter and loads');
SELECT is(pg_temp.field('comment_count'), '3 1 0', 'in a count'),
	is(pg_temp.field('comment_count', '{"authorize": false}'), '4 1 0', 'in a count that is not authorized'),
	is(pg_temp.field('critic_names'), '["Bob", "Cid"] ["Ann"] []', 'in a list'),
	is(pg_temp.field('any_bad'), 'false true false', 'in exists'),
	is(pg_temp.field('has_critic'), 'true false false', 'in an expression');
SELECT is(pg_temp.found('{"comments": {"text": "c2"}}'), 'Ann', 'in a filter'),
	is(pg_temp.found('{"comments": {"text": "hidden"}}'), NULL, 'in a filter for hidden rows'),
	is(pg_temp.found('{"comments": {"is_nil": true}}'), 'Cid', 'in a filter for none'),
	is(pg_temp.found('{"last_comment": {"text": "c5"}}'), 'Ann', 'has_one in a filter');

CREATE FUNCTION pg_temp.faults(relationships text, rest text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_define(%L)', format('{"domain": "rt2", "resources": {"a": {"attributes": {"id": "integer_primary_key"}, "relationships": {"posts": {"has_many": "rt.post", "destination_attribute": "id"}, %s} %s}}}', relationships, rest)))
$$;
SELECT is(pg_temp.faults('"r": {"has_many": "rt.tag", "through": ["posts", "comments"]}'),
	E'22023 invalid\ninvalid_definition ["resources", "a", "relationships", "r", "through"]: the path leads to rt.comment, and the destination is rt.tag', 'a path that leads elsewhere'),
	matches(pg_temp.faults('"r": {"has_many": "rt.tag", "through": ["posts", "nope"]}'), 'rt.post has no relationship "nope"', 'a path that leads nowhere'),
	matches(pg_temp.faults('"r": {"has_many": "rt2.a", "through": ["r"]}'), 'the path leads through the relationship itself', 'a path through itself'),
	matches(pg_temp.faults('"r": {"has_many": "rt.comment", "through": ["posts", "comments"]}', ', "actions": {"c": {"type": "create", "arguments": {"r": "map[]"}, "changes": [{"manage_relationship": {"argument": "r"}}]}}'),
	'manage the relationships of its path', 'managing it');

SELECT * FROM finish();
ROLLBACK;
