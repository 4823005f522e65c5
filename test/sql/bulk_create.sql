\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(22);

-- What does a bulk create store and answer, when all is well and when some inputs fail?

SELECT pg_temp.define($doc${
  "domain": "bulk_create",
  "resources": {
    "post": {
      "attributes": {"id": "uuid_primary_key", "title": {"type": "string", "allow_nil": false, "constraints": {"max_length": 10}, "public": true}, "n": {"type": "integer", "public": true}, "uniq": {"type": "string", "public": true}},
      "identities": {"uniq": {"keys": ["uniq"]}},
      "relationships": {"comments": {"has_many": "bulk_create.comment", "destination_attribute": "post_id", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}],
        "positive": {"type": "create", "accept": ["title", "n"], "validations": [{"compare": {"attribute": "n", "greater_than": 0}}]},
        "with_comments": {"type": "create", "accept": ["title"], "arguments": {"comments": "map[]"}, "changes": [{"manage_relationship": {"argument": "comments", "type": "create"}}]}}
    },
    "comment": {"attributes": {"id": "uuid_primary_key", "body": {"type": "string", "allow_nil": false, "public": true}}, "relationships": {"post": {"belongs_to": "bulk_create.post", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}]}}
  }
}$doc$) \gset
CREATE FUNCTION pg_temp.bulk(inputs jsonb, options jsonb DEFAULT '{}', action text DEFAULT 'create') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_bulk_create('bulk_create.post', inputs, options || jsonb_build_object('action', action))::jsonb
$$;
CREATE FUNCTION pg_temp.titles() RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT string_agg(title, ' ' ORDER BY title) FROM bulk_create.post $$;

SELECT is(pg_temp.bulk('[]'), '{"status": "success", "error_count": 0}', 'nothing');
SELECT is(pg_temp.bulk('[{"title": "b"}, {"title": " a ", "n": "1"}]'), '{"status": "success", "error_count": 0}', 'all is well'),
	is(pg_temp.titles(), 'a b', 'everything is stored');
SELECT is((SELECT string_agg(concat(r->>'title', r->>'n'), ' ') FROM jsonb_array_elements(pg_temp.bulk('[{"title": "d", "n": 1}, {"title": "c"}, {"title": "e"}]', '{"return_records": true, "sorted": true}')->'records') r),
	'd1 c e', 'the records, in order');
SELECT is((SELECT count(DISTINCT r->>'id')::int FROM jsonb_array_elements(pg_temp.bulk('[{"title": "f"}, {"title": "g"}]', '{"return_records": true}')->'records') r), 2, 'each with a key of its own');
DELETE FROM bulk_create.post;

-- Failures.
SELECT is(pg_temp.bulk('[{"title": "a"}, {}]'), '{"status": "partial_success", "error_count": 1}', 'one fails'), is(pg_temp.titles(), 'a', 'the other is stored');
SELECT is(pg_temp.bulk('[{}, {"zz": 1}]', '{"return_records": true}'), '{"status": "error", "error_count": 2, "records": []}', 'all fail');
SELECT is((SELECT string_agg(pg_temp.error_lines(e->'errors'), E'\n' ORDER BY e->'errors'->0->'path') FROM jsonb_array_elements(pg_temp.bulk('[{}, {"zz": 1}]', '{"return_errors": true}')->'errors') e),
	E'required title [0]: attribute title is required\nno_such_input zz [1]: No such input `zz` for action bulk_create.post.create\nrequired title [1]: attribute title is required', 'the path begins with the index of the input');
SELECT is(pg_temp.bulk('[{"title": "p", "n": 1}, {"title": "q", "n": 0}]', '{"return_errors": true}', 'positive') #- '{errors,0,errors,0,vars}',
	'{"status": "partial_success", "error_count": 1, "errors": [{"class": "invalid", "errors": [{"code": "invalid_attribute", "field": "n", "path": [1], "message": "must be greater than 0"}]}]}', 'a validation');
DELETE FROM bulk_create.post;
SELECT is(pg_temp.bulk('[{"title": "a"}, {}, {"title": "b"}, {"title": "c"}]', '{"stop_on_error": true, "batch_size": 1}'), '{"status": "partial_success", "error_count": 1}', 'stop at the first error'),
	is(pg_temp.titles(), 'a', 'what was before is stored');

-- A violated constraint fails its batch.
DELETE FROM bulk_create.post;
SELECT ash_create('bulk_create.post', '{"title": "first", "uniq": "u"}') AS ignored \gset
SELECT is(pg_temp.bulk('[{"title": "x"}, {"title": "y", "uniq": "u"}, {"title": "z"}]'), '{"status": "error", "error_count": 3}', 'a violated identity fails the batch'),
	is(pg_temp.titles(), 'first', 'of which nothing is stored');
SELECT is(pg_temp.bulk('[{"title": "x"}, {"title": "y", "uniq": "u"}, {"title": "z"}]', '{"batch_size": 1, "return_errors": true}') #- '{errors,0,errors,0,vars}',
	'{"status": "partial_success", "error_count": 1, "errors": [{"class": "invalid", "errors": [{"code": "invalid_attribute", "field": "uniq", "path": [1], "message": "has already been taken"}]}]}',
	'other batches are stored'), is(pg_temp.titles(), 'first x z', 'by themselves');
SELECT is(pg_temp.bulk('[{"title": "v", "uniq": "same"}, {"title": "w", "uniq": "same"}]'), '{"status": "error", "error_count": 2}', 'a violation among the inputs');

-- Nested.
DELETE FROM bulk_create.post;
SELECT is(pg_temp.bulk('[{"title": "a", "comments": [{"body": "x"}]}, {"title": "b", "comments": [{"body": "y"}, {"body": "z"}]}]', '{}', 'with_comments'), '{"status": "success", "error_count": 0}', 'related records'),
	results_eq('SELECT p.title || c.body FROM bulk_create.post p JOIN bulk_create.comment c ON c.post_id = p.id ORDER BY 1', ARRAY['ax', 'by', 'bz'], 'each at its own');
SELECT matches(pg_temp.bulk('[{"title": "c", "comments": [{}]}]', '{"return_errors": true}', 'with_comments') #>> '{errors,0,errors,0,path}', '^\[0, "comments", 0\]$', 'the path of a related record');

-- Many.
SELECT is(pg_temp.bulk((SELECT jsonb_agg(jsonb_build_object('title', 'n' || i, 'n', i)) FROM generate_series(1, 10000) i), '{"batch_size": 1000}'), '{"status": "success", "error_count": 0}', 'ten thousand');
SELECT is((SELECT concat(count(*), ' ', sum(n)) FROM bulk_create.post WHERE title LIKE 'n%'), '10000 50005000', 'are all there');

SELECT * FROM finish();
ROLLBACK;
