\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(45);

-- Does a caller's sort lead through to-one relationships, in pages too, and does it tell of nothing that is hidden behind them (spec 11.3)?

SELECT pg_temp.define($doc${
  "domain": "query_sorts",
  "resources": {
    "country": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "author": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "secret": "string", "closed": {"type": "string", "public": true, "sortable": false},
        "salary": {"type": "integer", "public": true}, "hidden": {"type": "boolean", "default": false}, "tags": {"type": "string[]", "public": true}},
      "relationships": {"country": {"belongs_to": "query_sorts.country", "attribute_type": "integer", "public": true}, "books": {"has_many": "query_sorts.book", "public": true}},
      "calculations": {"initial": {"type": "string", "expr": "left(name, arg.length::integer)", "public": true, "arguments": {"length": {"type": "integer", "default": 1}}}},
      "aggregates": {"count_of_books": {"count": "books", "public": true}},
      "policies": [{"policy": {"action_type": "read"}, "checks": [{"authorize_if": {"expr": "hidden = false"}}]}],
      "field_policies": [{"fields": ["salary"], "checks": [{"authorize_if": {"expr": "id = actor.id"}}]}, {"fields": "*", "checks": [{"authorize_if": "always"}]}],
      "actions": {"defaults": ["read"]}
    },
    "book": {
      "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true}},
      "relationships": {
        "author": {"belongs_to": "query_sorts.author", "attribute_type": "integer", "public": true},
        "unseen": {"has_one": "query_sorts.author", "source_attribute": "author_id", "destination_attribute": "id"},
        "locked": {"has_one": "query_sorts.author", "source_attribute": "author_id", "destination_attribute": "id", "public": true, "sortable": false},
        "first_page": {"has_one": "query_sorts.page", "public": true, "sort": "number"},
        "pages": {"has_many": "query_sorts.page", "public": true}},
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}}, "defaults": [{"update": ["title"]}]}
    },
    "page": {
      "attributes": {"id": "integer_primary_key", "number": {"type": "integer", "public": true}, "words": {"type": "integer", "public": true}},
      "relationships": {"book": {"belongs_to": "query_sorts.book", "attribute_type": "integer"}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
INSERT INTO query_sorts.country (id, name) VALUES (1, 'Peru'), (2, 'Chad');
INSERT INTO query_sorts.author (id, name, salary, hidden, country_id) VALUES (1, 'Cy', 30, false, 1), (2, 'Al', 20, false, 2), (3, 'Bo', 10, true, 2);
INSERT INTO query_sorts.book (id, title, author_id) VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', NULL), (5, 'e', 2), (6, 'f', 1);
INSERT INTO query_sorts.page (book_id, number, words) VALUES (1, 1, 5), (1, 2, 0), (2, 1, 3), (3, 1, 9);

CREATE FUNCTION pg_temp.ids(options jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(r->>'id', '') FROM json_array_elements(ash_read('query_sorts.book', options)) AS r
$$;
CREATE FUNCTION pg_temp.sorted(sort jsonb, more jsonb DEFAULT '{"authorize": false}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.ids(jsonb_build_object('sort', sort) || more)
$$;

-- The order of plain SQL, without policies.
SELECT is(pg_temp.sorted(sort), expected, sort::text) FROM (VALUES
	('"author.name,id"'::jsonb, (SELECT string_agg(b.id::text, '' ORDER BY a.name, b.id) FROM query_sorts.book b LEFT JOIN query_sorts.author a ON a.id = b.author_id)),
	('"-author.name,id"', (SELECT string_agg(b.id::text, '' ORDER BY a.name DESC, b.id) FROM query_sorts.book b LEFT JOIN query_sorts.author a ON a.id = b.author_id)),
	('"--author.name,id"', (SELECT string_agg(b.id::text, '' ORDER BY a.name DESC NULLS LAST, b.id) FROM query_sorts.book b LEFT JOIN query_sorts.author a ON a.id = b.author_id)),
	('[{"field": "author.name", "order": "asc_nils_first"}, "-id"]', (SELECT string_agg(b.id::text, '' ORDER BY a.name NULLS FIRST, b.id DESC) FROM query_sorts.book b LEFT JOIN query_sorts.author a ON a.id = b.author_id)),
	('{"author.name": "desc"}', (SELECT string_agg(b.id::text, '' ORDER BY a.name DESC, b.id) FROM query_sorts.book b LEFT JOIN query_sorts.author a ON a.id = b.author_id)),
	('["author.country.name", "author.name", "id"]', (SELECT string_agg(b.id::text, '' ORDER BY c.name, a.name, b.id) FROM query_sorts.book b LEFT JOIN query_sorts.author a ON a.id = b.author_id LEFT JOIN query_sorts.country c ON c.id = a.country_id)),
	('[{"field": "author.initial", "args": {"length": 1}}, "id"]', (SELECT string_agg(b.id::text, '' ORDER BY left(a.name, 1), b.id) FROM query_sorts.book b LEFT JOIN query_sorts.author a ON a.id = b.author_id)),
	('"author.count_of_books,-id"', (SELECT string_agg(b.id::text, '' ORDER BY (SELECT count(*) FROM query_sorts.book o WHERE o.author_id = a.id) + CASE WHEN a.id IS NULL THEN NULL ELSE 0 END, b.id DESC) FROM query_sorts.book b LEFT JOIN query_sorts.author a ON a.id = b.author_id)),
	('"-first_page.words,id"', (SELECT string_agg(b.id::text, '' ORDER BY p.words DESC, b.id) FROM query_sorts.book b LEFT JOIN query_sorts.page p ON p.book_id = b.id AND p.number = 1))
) AS v (sort, expected);

-- Keyset pages of two go through the same order, forwards and backwards.
CREATE FUNCTION pg_temp.walk(sort text, back boolean, more jsonb DEFAULT '{"authorize": false}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	options jsonb := jsonb_build_object('sort', sort, 'page', '{"limit": 2}'::jsonb) || more;
	page jsonb;
	ids text := '';
	part text;
BEGIN
	IF back THEN
		page := ash_read('query_sorts.book', jsonb_set(options, '{page,limit}', '6'));
		ids := page #>> '{results,5,id}';
		options := jsonb_set(options, '{page,before}', page #> '{results,5,_keyset}');
	END IF;
	FOR step IN 1..9 LOOP
		page := ash_read('query_sorts.book', options);
		part := (SELECT coalesce(string_agg(r->>'id', '' ORDER BY n), '') FROM jsonb_array_elements(page->'results') WITH ORDINALITY AS t (r, n));
		ids := CASE WHEN back THEN part || ids ELSE ids || part END;
		EXIT WHEN NOT (page->>'more')::boolean;
		options := jsonb_set(options, '{page}', jsonb_build_object('limit', 2, CASE WHEN back THEN 'before' ELSE 'after' END, page #> CASE WHEN back THEN '{results,0,_keyset}' ELSE '{results,-1,_keyset}' END::text[]));
	END LOOP;
	RETURN ids;
END $$;
SELECT is(pg_temp.walk(sort, back), pg_temp.sorted(to_jsonb(sort)), concat(sort, ' in pages', CASE WHEN back THEN ' backwards' END))
FROM unnest(ARRAY['author.name,id', '-author.name,-id', '++author.country.name,--first_page.words,id']) AS sort CROSS JOIN (VALUES (false), (true)) AS b (back);

-- Policies: a row of another's is as none at all, a field that is hidden is null; keysets do not betray them either.
SELECT is(pg_temp.sorted('"author.name,id"', '{"actor": {"id": 1}}'), '251634', 'a forbidden row sorts as null'),
	is(pg_temp.sorted('"-author.name,id"', '{"actor": {"id": 1}}'), '341625', '… first when descending'),
	is(pg_temp.sorted('"author.salary,id"', '{"actor": {"id": 1}}'), '162345', 'a hidden field sorts as null'),
	is(pg_temp.sorted('"author.salary,id"', '{"actor": {"id": 2}}'), '251346', '… for another actor others'),
	is(pg_temp.walk('author.name,id', false, '{"actor": {"id": 1}}'), '251634', 'in pages'),
	is(pg_temp.walk('author.salary,id', true, '{"actor": {"id": 2}}'), '251346', 'in pages backwards');

-- Errors name the whole path, and are the same for what is private and what does not exist.
SELECT is(pg_temp.errors(format('SELECT ash_read(''query_sorts.book'', %L)', jsonb_build_object('sort', sort))), '22023 invalid' || chr(10) || expected, sort) FROM (VALUES
	('author.nothing', 'no_such_field author.nothing ["sort"]: No such field author.nothing for resource query_sorts.book'),
	('author.secret', 'no_such_field author.secret ["sort"]: No such field author.secret for resource query_sorts.book'),
	('nobody.name', 'no_such_field nobody.name ["sort"]: No such field nobody.name for resource query_sorts.book'),
	('unseen.name', 'no_such_field unseen.name ["sort"]: No such field unseen.name for resource query_sorts.book'),
	('author.', 'no_such_field author. ["sort"]: No such field author. for resource query_sorts.book'),
	('.name', 'no_such_field .name ["sort"]: No such field .name for resource query_sorts.book'),
	('author.closed', 'unsortable_field author.closed ["sort"]: :author.closed is not sortable on query_sorts.book'),
	('locked.name', 'unsortable_field locked.name ["sort"]: :locked.name is not sortable on query_sorts.book'),
	('pages.words', 'unsortable_field pages.words ["sort"]: :pages.words is not sortable on query_sorts.book')
) AS v (sort, expected);
SELECT matches(pg_temp.errors(format('SELECT ash_read(''query_sorts.book'', %L)', jsonb_build_object('sort', repeat('author.books.', 30) || 'id'))), 'no_such_field', 'a path is bounded');

-- Distinct rows: distinct_sort says which of the equal ones is kept, sort in which order they come.
SELECT is(pg_temp.ids('{"distinct": "author_id", "sort": "id", "authorize": false}'), '1234', 'by sort'),
	is(pg_temp.ids('{"distinct": "author_id", "distinct_sort": "-id", "sort": "id", "authorize": false}'), '3456', 'by distinct_sort');

SELECT is(pg_temp.ids('{"distinct": "author.name", "distinct_sort": "-id", "sort": "id", "authorize": false}'), '3456', 'distinct through a path'),
	is(pg_temp.ids('{"distinct": "author_id", "distinct_sort": "--first_page.words,id", "sort": "id", "authorize": false}'), '1234', 'distinct_sort through a path'),
	is(pg_temp.ids('{"distinct": "author.name", "sort": "id", "actor": {"id": 1}}'), '123', 'what may not be read is one null'),
	is(pg_temp.walk('id', false, '{"distinct": "author_id", "authorize": false}'), '1234', 'pages of distinct rows'),
	is((SELECT string_agg(r->>'id', '') FROM ash_read('query_sorts.book', '{"distinct": "author_id", "sort": "id", "authorize": false, "page": {"limit": 9}}') AS p,
		ash_read('query_sorts.book', jsonb_build_object('distinct', 'author_id', 'sort', 'id', 'authorize', false, 'page', jsonb_build_object('limit', 9, 'before', p #>> '{results,3,_keyset}'))) AS q, json_array_elements(q->'results') AS r),
		'123', 'the same rows before a keyset'),
	is(pg_temp.errors($$SELECT ash_read('query_sorts.book', '{"distinct": "id", "distinct_sort": "unseen.name"}')$$),
		'22023 invalid' || chr(10) || 'no_such_field unseen.name ["distinct_sort"]: No such field unseen.name for resource query_sorts.book', 'errors of distinct_sort'),
	is(pg_temp.ids('{"distinct_sort": "-id", "sort": "id", "authorize": false}'), pg_temp.ids('{"sort": "id", "authorize": false}'), 'distinct_sort without distinct changes nothing'),
	is(pg_temp.errors($$SELECT ash_read('query_sorts.book', '{"distinct_sort": "unseen.name"}')$$),
		'22023 invalid' || chr(10) || 'no_such_field unseen.name ["distinct_sort"]: No such field unseen.name for resource query_sorts.book', 'but must be one');

-- Where else callers sort.
SELECT is(ash_list('query_sorts.book', 'id', '{"sort": "author.name,-id", "authorize": false}')::jsonb, '[5, 2, 3, 6, 1, 4]', 'values'),
	is((SELECT string_agg(b->>'id', '') FROM ash_get('query_sorts.author', '1', '{"authorize": false, "load": {"books": {"sort": "-first_page.words"}}}') AS a, json_array_elements(a->'books') AS b), '61', 'a load'),
	is((SELECT string_agg(b->>'id', '') FROM ash_get('query_sorts.author', '1', '{"authorize": false, "load": {"books": {"distinct": "author_id", "distinct_sort": "-id"}}}') AS a, json_array_elements(a->'books') AS b), '6', 'distinct_sort of a load'),
	is(ash_bulk_update('query_sorts.book', '{"title": "z"}', '{"filter": {"author_id": 1}, "sort": "--first_page.words,id", "return_records": true, "authorize": false}') #>> '{records,0,id}', '1', 'a bulk action');

SELECT * FROM finish();
ROLLBACK;
