\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(4);

-- Does a resource's "short_name" name the keys that point to it?

SELECT pg_temp.define($doc${
  "domain": "sn",
  "resources": {
    "blog_post": {
      "short_name": "post",
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"comments": {"has_many": "sn.comment", "public": true}, "tags": {"many_to_many": "sn.blog_tag", "through": "sn.link", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "comment": {"attributes": {"id": "integer_primary_key", "post_id": {"type": "integer", "public": true}}, "actions": {"defaults": ["read"]}},
    "link": {"attributes": {"post_id": {"type": "integer", "primary_key": true, "allow_nil": false}, "tag_id": {"type": "integer", "primary_key": true, "allow_nil": false}}, "actions": {"defaults": ["read"]}},
    "blog_tag": {"short_name": "tag", "attributes": {"id": "integer_primary_key"}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
-- A resource that is not part of the document that refers to it.
SELECT pg_temp.define($doc${
  "domain": "sn_other",
  "resources": {
    "user": {"attributes": {"id": "integer_primary_key"}, "relationships": {"posts": {"many_to_many": "sn.blog_post", "through": "sn_other.star", "public": true}}, "actions": {"defaults": ["read"]}},
    "star": {"attributes": {"user_id": {"type": "integer", "primary_key": true, "allow_nil": false}, "post_id": {"type": "integer", "primary_key": true, "allow_nil": false}}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
INSERT INTO sn.blog_post DEFAULT VALUES; INSERT INTO sn.comment (post_id) VALUES (1); INSERT INTO sn.blog_tag DEFAULT VALUES; INSERT INTO sn.link VALUES (1, 1);

SELECT is((SELECT string_agg(concat_ws(' ', name, destination_attribute, source_attribute_on_join_resource, destination_attribute_on_join_resource), ', ' ORDER BY name) FROM ash.relationship WHERE resource IN ('sn.blog_post', 'sn_other.user') AND name IN ('comments', 'tags', 'posts')),
	'comments post_id, posts id user_id post_id, tags id post_id tag_id', 'in every kind of relationship');
SELECT is(ash_get('sn.blog_post', '1', '{"load": ["comments", "tags"]}')::jsonb, '{"id": 1, "comments": [{"id": 1, "post_id": 1}], "tags": [{"id": 1}]}', 'they load'),
	is(ash_definition('sn')::jsonb #>> '{resources,blog_post,short_name}', 'post', 'the definition keeps it'),
	matches(pg_temp.errors($$SELECT ash_define('{"domain": "sn2", "resources": {"a": {"plural_name": "as", "attributes": {"id": "integer_primary_key"}}}}')$$), 'no name is derived from it', 'a plural is refused');

SELECT * FROM finish();
ROLLBACK;
