\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(28);

-- What do calculations and aggregates give when loaded, filtered and sorted by?

SELECT pg_temp.define($doc${
  "domain": "calculation_aggregate",
  "resources": {
    "author": {
      "attributes": {"id": "integer_primary_key", "first": {"type": "string", "public": true}, "last": {"type": "string", "public": true}},
      "relationships": {"posts": {"has_many": "calculation_aggregate.post", "destination_attribute": "author_id", "public": true}},
      "calculations": {
        "full_name": {"type": "string", "expr": "first || ' ' || last", "public": true},
        "greeting": {"type": "string", "expr": "arg.word || ' ' || full_name", "arguments": {"word": {"type": "string", "default": "Hello"}}, "public": true},
        "busy": {"type": "boolean", "expr": "post_count > 1", "public": true},
        "hidden": {"type": "integer", "expr": "1"}
      },
      "aggregates": {
        "post_count": {"count": "posts", "public": true},
        "good_count": {"count": "posts", "filter": "score > 5", "public": true},
        "score_sum": {"sum": "posts", "field": "score", "public": true}, "score_avg": {"avg": "posts", "field": "score", "public": true},
        "score_max": {"max": "posts", "field": "score", "public": true}, "score_min": {"min": "posts", "field": "score", "public": true},
        "has_posts": {"exists": "posts", "public": true},
        "best_title": {"first": "posts", "field": "title", "sort": ["-score", "title"], "public": true},
        "titles": {"list": "posts", "field": "title", "sort": ["title"], "public": true},
        "sum_or_zero": {"sum": "posts", "field": "score", "default": 0, "public": true}
      },
      "actions": {"defaults": ["read", {"create": "*"}]}
    },
    "post": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true}, "score": {"type": "integer", "public": true}},
      "relationships": {"author": {"belongs_to": "calculation_aggregate.author", "attribute_type": "integer", "public": true}},
      "calculations": {"by": {"type": "string", "expr": "title || ' by ' || author.full_name", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}]}
    }
  }
}$doc$) \gset
INSERT INTO calculation_aggregate.author (first, last) VALUES ('Ann', 'Archer'), ('Bob', 'Baker'), ('Cid', NULL);
INSERT INTO calculation_aggregate.post (title, score, author_id) VALUES ('one', 10, 1), ('two', 4, 1), ('three', NULL, 1), ('four', 7, 2);

CREATE FUNCTION pg_temp.author(id int, loads jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_get('calculation_aggregate.author', to_jsonb(id), jsonb_build_object('select', '[]'::jsonb, 'load', loads))::jsonb - 'id'
$$;
CREATE FUNCTION pg_temp.ids(options jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(r->>'id', ' ') FROM json_array_elements(ash_read('calculation_aggregate.author', options)) AS r
$$;

-- Calculations.
SELECT is(pg_temp.author(1, '["full_name"]'), '{"full_name": "Ann Archer"}', 'an expression'), is(pg_temp.author(3, '["full_name"]'), '{"full_name": null}', 'of null'),
	is(pg_temp.author(1, '["greeting"]'), '{"greeting": "Hello Ann Archer"}', 'one that uses another, with a default argument'),
	is(pg_temp.author(1, '[{"greeting": {"args": {"word": "Hi"}}}]'), '{"greeting": "Hi Ann Archer"}', 'with an argument'),
	is(pg_temp.author(1, '["busy"]'), '{"busy": true}', 'one that uses an aggregate');
SELECT is(ash_get('calculation_aggregate.post', '4', '{"select": [], "load": ["by"]}')->>'by', 'four by Bob Baker', 'one that uses a relationship');
SELECT is(ash_calculate('calculation_aggregate.author', 'full_name', '{}', '{"refs": {"first": "X", "last": "Y"}}')::text, '"X Y"', 'without a record'),
	is(ash_calculate('calculation_aggregate.author', 'greeting', '{"word": "Yo"}', '{"record": 2}')::text, '"Yo Bob Baker"', 'of a record');
SELECT is(pg_temp.ids('{"filter": {"full_name": "Bob Baker"}}'), '2', 'filter'), is(pg_temp.ids('{"filter": {"greeting": {"input": {"word": "Hi"}, "eq": "Hi Bob Baker"}}}'), '2', 'filter with an argument'),
	is(pg_temp.ids('{"filter": {"busy": true}}'), '1', 'filter over an aggregate'), is(pg_temp.ids('{"sort": "-full_name"}'), '3 2 1', 'sort');

-- Aggregates.
SELECT is(pg_temp.author(1, '["post_count", "good_count", "score_sum", "score_avg", "score_max", "score_min", "has_posts", "best_title", "titles", "sum_or_zero"]'),
	'{"post_count": 3, "good_count": 1, "score_sum": 14, "score_avg": 7, "score_max": 10, "score_min": 4, "has_posts": true, "best_title": "three", "titles": ["one", "three", "two"], "sum_or_zero": 14}',
	'all kinds: null is ignored, but sorts first when descending');
SELECT is(pg_temp.author(3, '["post_count", "good_count", "score_sum", "score_avg", "score_max", "has_posts", "best_title", "titles", "sum_or_zero"]'),
	'{"post_count": 0, "good_count": 0, "score_sum": null, "score_avg": null, "score_max": null, "has_posts": false, "best_title": null, "titles": [], "sum_or_zero": 0}', 'of nothing');
SELECT is(pg_temp.ids('{"filter": {"good_count": {"gt": 0}}, "sort": "id"}'), '1 2', 'filter'), is(pg_temp.ids('{"filter": {"post_count": 0}}'), '3', 'filter: none'),
	is(pg_temp.ids('{"filter": {"best_title": "four"}}'), '2', 'filter by a first'), is(pg_temp.ids('{"sort": "-good_count,-post_count"}'), '1 2 3', 'sort'),
	is(pg_temp.ids('{"sort": "-post_count", "limit": 1, "offset": 1}'), '2', 'sort and limit');
SELECT is(ash_read('calculation_aggregate.post', '{"filter": {"author": {"good_count": 1, "post_count": {"gt": 2}}}, "sort": "id", "select": ["title"]}')::jsonb,
	'[{"id": 1, "title": "one"}, {"id": 2, "title": "two"}, {"id": 3, "title": "three"}]', 'filter by an aggregate of a related record');

-- Over a read.
SELECT is(ash_count('calculation_aggregate.post', '{"filter": {"score": {"gt": 4}}}')::text, '2', 'count'), is(ash_sum('calculation_aggregate.post', 'score')::text, '21', 'sum'),
	is(ash_sum('calculation_aggregate.post', 'score', '{"filter": {"title": "zzz"}}')::text, 'null', 'sum of nothing'),
	is(ash_list('calculation_aggregate.post', 'title', '{"sort": "-title"}')::jsonb, '["two", "three", "one", "four"]', 'list');
SELECT is(ash_exists('calculation_aggregate.post', '{"filter": {"score": 7}}')::text, 'true', 'exists');

-- faults of ash_calculate
SELECT is(pg_temp.errors($$SELECT ash_calculate('calculation_aggregate.author', 'full_name', '{}', '{"refs": {"first": "X", "lst": "Y", "_keyset": "k", "post_count": 1, "posts": []}}')$$),
		E'22023 invalid\nno_such_attribute lst: No such attribute lst for resource calculation_aggregate.author', 'refs are fields'),
	is(pg_temp.errors($$SELECT ash_calculate('calculation_aggregate.author', 'full_name', '{}', '{"refs": ["X"]}')$$), E'22023 invalid\ninvalid_option refs: option refs must be an object', 'in an object'),
	is(pg_temp.errors($$SELECT ash_calculate('calculation_aggregate.author', 'full_name', '{}', '{"record": 99}')$$), E'22023 invalid\nnot_found: record with id: 99 not found', 'which record is not there');

SELECT * FROM finish();
ROLLBACK;
