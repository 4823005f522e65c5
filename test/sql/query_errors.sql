\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(71);

-- Does every fault of a filter, sort, distinct or page have its own error (spec 11), and does none tell of private names?

SELECT pg_temp.define($doc${
  "domain": "query_errors",
  "resources": {
    "author": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "secret": "string"},
      "relationships": {"posts": {"has_many": "query_errors.post", "destination_attribute": "author_id", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "pair": {
      "attributes": {"a": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "b": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "post": {
      "attributes": {
        "id": "integer_primary_key", "title": {"type": "string", "public": true}, "n": {"type": "integer", "public": true}, "hidden": "string", "day": {"type": "date", "public": true},
        "closed": {"type": "string", "public": true, "filterable": false, "sortable": false}, "simple": {"type": "string", "public": true, "filterable": "simple_equality"},
        "kind": {"type": "atom", "public": true, "constraints": {"one_of": ["a", "b"]}}, "tags": {"type": "string[]", "public": true}, "m": {"type": "map", "public": true},
        "pair_a": "integer"
      },
      "relationships": {
        "author": {"belongs_to": "query_errors.author", "public": true, "attribute_type": "integer"},
        "private_author": {"has_one": "query_errors.author", "source_attribute": "author_id", "destination_attribute": "id"},
        "pairs": {"has_many": "query_errors.pair", "source_attribute": "pair_a", "destination_attribute": "a", "public": true},
        "locked": {"has_one": "query_errors.author", "source_attribute": "author_id", "destination_attribute": "id", "public": true, "filterable": false}
      },
      "calculations": {
        "short": {"type": "string", "expr": "left(title, arg.length::integer)", "public": true, "arguments": {"length": {"type": "integer", "allow_nil": false}}},
        "hidden_length": {"type": "integer", "expr": "string_length(hidden)"}
      },
      "actions": {"defaults": ["read"],
        "plain": {"type": "read"},
        "paged": {"type": "read", "pagination": {"offset": true, "required": false, "countable": false}},
        "limited": {"type": "read", "pagination": {"offset": true}}}
    }
  }
}$doc$) \gset

CREATE FUNCTION pg_temp.fails(options jsonb, action text DEFAULT 'read') RETURNS text LANGUAGE sql AS $$
	SELECT replace(pg_temp.errors(format('SELECT ash_read(''query_errors.post'', %L)', options || jsonb_build_object('action', action))), '22023 invalid' || chr(10), '')
$$;
CREATE FUNCTION pg_temp.filter_fails(filter jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.fails(jsonb_build_object('filter', filter))
$$;
CREATE FUNCTION pg_temp.sort_fails(sort jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.fails(jsonb_build_object('sort', sort))
$$;

SELECT is(pg_temp.filter_fails(filter), want, filter::text) FROM (VALUES
	-- names
	('{"hiden": 1}'::jsonb, 'no_such_field hiden ["filter"]: No such field hiden for resource query_errors.post'),
	('{"hidden": "x"}', 'no_such_field hidden ["filter"]: No such field hidden for resource query_errors.post'),
	('{"hidden_length": 1}', 'no_such_field hidden_length ["filter"]: No such field hidden_length for resource query_errors.post'),
	('{"private_author": {"name": "x"}}', 'no_such_field private_author ["filter"]: No such field private_author for resource query_errors.post'),
	('{"author": {"secret": "x"}}', 'no_such_field secret ["filter"]: No such field secret for resource query_errors.author'),
	('{"author": {"posts": {"hidden": "x"}}}', 'no_such_field hidden ["filter"]: No such field hidden for resource query_errors.post'),
	('{"is_nil": "hidden"}', 'no_such_field hidden ["filter"]: No such field hidden for resource query_errors.post'),
	('{"is_nil": "author"}', 'no_such_field author ["filter"]: No such field author for resource query_errors.post'),
	('{"fragment": "true"}', 'no_such_field fragment ["filter"]: No such field fragment for resource query_errors.post'),
	('{"and": [{"x": 1}, {"or": [{"y": 1}]}], "not": {"z": 1}}',
		E'no_such_field x ["filter"]: No such field x for resource query_errors.post\nno_such_field y ["filter"]: No such field y for resource query_errors.post\nno_such_field z ["filter"]: No such field z for resource query_errors.post'),
	-- operators
	('{"n": {"near": 1}}', 'no_such_filter_predicate ["filter"]: No such filter predicate for query_errors.post: "near"'),
	('{"n": {"fragment": "1"}}', 'no_such_filter_predicate ["filter"]: No such filter predicate for query_errors.post: "fragment"'),
	-- fields that are not for filters
	('{"closed": "x"}', 'invalid_filter_reference closed ["filter"]: closed cannot be referenced in filters'),
	('{"closed": {"is_nil": true}}', 'invalid_filter_reference closed ["filter"]: closed cannot be referenced in filters'),
	('{"is_nil": "closed"}', 'invalid_filter_reference closed ["filter"]: closed cannot be referenced in filters'),
	('{"simple": {"gt": "x"}}', 'invalid_filter_reference simple ["filter"]: simple cannot be referenced in filters, except by simple equality'),
	('{"is_nil": "simple"}', 'invalid_filter_reference simple ["filter"]: simple cannot be referenced in filters, except by simple equality'),
	('{"simple": "x"}', 'no error'),
	('{"simple": {"in": ["x"]}}', 'no error'),
	('{"locked": {"name": "x"}}', 'invalid_filter_reference locked ["filter"]: locked cannot be referenced in filters'),
	('{"locked": 1}', 'invalid_filter_reference locked ["filter"]: locked cannot be referenced in filters'),
	('{"pairs": 1}', 'invalid_filter_reference pairs ["filter"]: pairs cannot be referenced in filters'),
	-- values
	('{"n": "x"}', 'invalid_filter_value: Invalid filter value `"x"` supplied in `n`'),
	('{"n": 9223372036854775808}', 'invalid_filter_value: Invalid filter value `9223372036854775808` supplied in `n`'),
	('{"n": 1.5}', 'invalid_filter_value: Invalid filter value `1.5` supplied in `n`'),
	('{"n": {}}', 'invalid_filter_value: Invalid filter value `true` supplied in `n`'),
	('{"day": "infinity"}', 'invalid_filter_value: Invalid filter value `"infinity"` supplied in `day`'),
	('{"day": "2021-02-29"}', 'invalid_filter_value: Invalid filter value `"2021-02-29"` supplied in `day`'),
	('{"kind": "c"}', 'invalid_filter_value: Invalid filter value `"c"` supplied in `kind`'),
	('{"author": {"id": "x"}}', 'invalid_filter_value: Invalid filter value `"x"` supplied in `author.id`'),
	('{"n": {"in": 1}}', 'invalid_filter_value ["filter"]: Invalid filter value `n in 1`: No matching types. Possible types: [[:any, {:array, :same}]]'),
	('{"n": {"in": ["x"]}}', 'invalid_filter_value ["filter"]: Invalid filter value `n in ["x"]`: No matching types. Possible types: [[:any, {:array, :same}]]'),
	('{"n": {"is_nil": "maybe"}}', 'invalid_filter_value ["filter"]: Invalid filter value `"maybe"`.'),
	('{"n": {"contains": "x"}}', 'invalid_filter_value ["filter"]: Invalid filter value `"x"`: argument 1 of contains must be a string, not integer'),
	('{"tags": {"in": ["x"]}}', 'invalid_filter_value: Invalid filter value `"x"` supplied in `tags`'),
	('{"m": {"at_path": [], "eq": 1}}', 'invalid_filter_value ["filter"]: Invalid filter value `[]`.'),
	('{"n": {"at_path": ["a"], "eq": 1}}', 'invalid_filter_value ["filter"]: Invalid filter value `["a"]`: get_path takes a map and a list of keys, not integer and string[]'),
	('null', 'invalid_filter_value ["filter"]: Invalid filter value `null`.'),
	('"n = 1"', 'invalid_filter_value ["filter"]: Invalid filter value `"n = 1"`.'),
	('{"or": []}', 'invalid_filter_value ["filter"]: Invalid filter value `[]`.'),
	-- arguments of calculations
	('{"short": "x"}', 'invalid_calculation_argument length ["filter"]: Invalid value provided for calculation argument length in short: is required.'),
	('{"is_nil": "short"}', 'invalid_calculation_argument length ["filter"]: Invalid value provided for calculation argument length in short: is required.'),
	('{"short": {"input": {"length": 2, "lenght": 3}, "eq": "x"}}', 'no_such_input lenght ["filter"]: No such input `lenght` for calculation short'),
	('{"short": {"input": {"length": "x"}, "eq": "x"}}', 'invalid_calculation_argument length ["filter"]: Invalid value provided for calculation argument length in short: is invalid.')
) AS v(filter, want);

SELECT is(pg_temp.sort_fails(sort), want, sort::text) FROM (VALUES
	('"hidden"'::jsonb, 'no_such_field hidden ["sort"]: No such field hidden for resource query_errors.post'),
	('"n, title"', 'no_such_field  title ["sort"]: No such field  title for resource query_errors.post'),
	('"author"', 'no_such_field author ["sort"]: No such field author for resource query_errors.post'),
	('"closed"', 'unsortable_field closed ["sort"]: :closed is not sortable on query_errors.post'),
	('[{"field": "n", "order": "up"}]', 'invalid_sort_order ["sort"]: No such sort order :up'),
	('{"n": "up"}', 'invalid_sort_order ["sort"]: No such sort order :up'),
	('[{"field": "n", "oder": "asc"}]', 'invalid_query ["sort"]: Invalid sort value "oder"'),
	('5', 'invalid_query ["sort"]: Invalid sort value 5'),
	('"short"', 'invalid_calculation_argument length ["sort"]: Invalid value provided for calculation argument length in short: is required.')
) AS v(sort, want);
SELECT is(pg_temp.fails('{"distinct": ["hidden"]}'), 'no_such_field hidden ["distinct"]: No such field hidden for resource query_errors.post', 'distinct');

SELECT is(split_part(pg_temp.fails(options, action), ':', 1), want, action || ' ' || options::text) FROM (VALUES
	('{"page": {"limit": 1}}'::jsonb, 'plain', 'action_requires_pagination'),
	('{"page": {"limit": "x"}}', 'paged', 'invalid_page ["page"]'),
	('{"page": {"limit": 1, "offset": -1}}', 'paged', 'invalid_page ["page"]'),
	('{"page": {"limit": 1, "size": 1}}', 'paged', 'invalid_page ["page"]'),
	('{"page": {"limit": 1, "count": true}}', 'paged', 'non_countable_action'),
	('{}', 'limited', 'limit_required'),
	('{"page": false}', 'limited', 'pagination_required')
) AS v(options, action, want);

SELECT is(pg_temp.fails('{"distinct": "title", "lock": "for update"}'), 'invalid_option lock: a read with "distinct" cannot lock rows', 'distinct and lock');

-- What was meant: only names that a caller may know.  What is allowed, where nothing was near.
CREATE FUNCTION pg_temp.fault(options jsonb, key text, action text DEFAULT 'read') RETURNS text LANGUAGE sql AS $$
	SELECT (ash_try_action('query_errors.post', action, '{}', options)::jsonb) #>> ARRAY['errors', '0', key]
$$;
SELECT is(pg_temp.fault(options, 'did_you_mean'), want, options::text) FROM (VALUES
	('{"filter": {"titel": "x"}}'::jsonb, '["title"]'),
	('{"filter": {"author": {"nam": "x"}}}', '["name"]'),
	('{"filter": {"hiden": "x"}}', NULL),
	('{"sort": "-titel"}', '["title"]'),
	('{"select": ["titel"]}', '["title"]'),
	('{"load": ["autor"]}', '["author", "author_id"]')
) AS v(options, want);
SELECT is(pg_temp.fault('{"sort": 5}', 'hint') LIKE 'A sort is a string %', true, 'what a sort may be');
SELECT is(pg_temp.fault('{"page": {"limit": 0}}', 'hint', 'paged'), 'A page is an object of limit (at least 1), offset (at least 0), count (true or false) and filter.', 'what a page may be');
SELECT is(pg_temp.fault('{"filter": {"n": "x"}}', 'vars'), '{"type": "integer", "field": "n"}', 'the type that a value must have');

SELECT * FROM finish();
ROLLBACK;
