\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(8);

-- Do random filters, sorts and pages over awkward rows find what plain SQL finds? The translation of a filter to SQL
-- below is the test's own. The seed makes every run the same.

SET LOCAL timezone = 'UTC';
SELECT setseed(0.271828) \gset
SELECT pg_temp.define($doc${
  "domain": "query_oracle",
  "resources": {
    "owner": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {"rows": {"has_many": "query_oracle.row", "destination_attribute": "owner_id", "public": true}},
      "aggregates": {"how_many": {"count": "rows", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "row": {
      "attributes": {
        "id": "integer_primary_key",
        "s": {"type": "string", "public": true}, "k": {"type": "atom", "public": true, "constraints": {"one_of": ["a", "b", "c"]}},
        "n": {"type": "integer", "public": true}, "d": {"type": "decimal", "public": true}, "f": {"type": "float", "public": true},
        "b": {"type": "boolean", "public": true}, "l": {"type": "string[]", "public": true, "constraints": {"nil_items": true, "items": {"trim": false, "allow_empty": true}}}, "t": {"type": "utc_datetime_usec", "public": true}, "day": {"type": "date", "public": true}
      },
      "relationships": {"owner": {"belongs_to": "query_oracle.owner", "attribute_type": "integer", "public": true}},
      "calculations": {"twice": {"type": "integer", "expr": "n % 1000 * 2", "public": true}, "owned": {"type": "string", "expr": "owner.name || '-' || k", "public": true}},
      "actions": {"defaults": ["read"],
        "paged": {"type": "read", "pagination": {"keyset": true, "offset": true, "countable": true, "required": false}},
        "walked": {"type": "read", "pagination": {"keyset": true, "countable": true, "required": false}}}
    }
  }
}$doc$) \gset

-- One of the texts, or null one time in five; every value is a text that the column's type reads.
CREATE FUNCTION pg_temp.pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT CASE WHEN random() > 0.2 THEN choices[1 + floor(random() * cardinality(choices))::int] END
$$;
CREATE FUNCTION pg_temp.value_of(field text) RETURNS text LANGUAGE sql VOLATILE AS $$
	SELECT CASE field
		WHEN 's' THEN pg_temp.pick('', ' ', 'a', 'A', 'ab', 'é', 'e' || U&'\0301', '😀', '100%', 'under_score', E'back\\slash', '''quote"', 'ß', E'line\nbreak')
		WHEN 'k' THEN pg_temp.pick('a', 'b', 'c')
		WHEN 'n' THEN pg_temp.pick('0', '-1', '1', '42', '9223372036854775807', '-9223372036854775808')
		WHEN 'd' THEN pg_temp.pick('0', '0.00', '1.5', '1.50', '-0.000000000000000000001', '123456789012345678901234567890.5', 'NaN')
		WHEN 'f' THEN pg_temp.pick('0', '-0', '1.5', '1e308', '-1e-300', 'NaN', 'Infinity', '-Infinity')
		WHEN 'b' THEN pg_temp.pick('true', 'false')
		WHEN 't' THEN pg_temp.pick('2020-02-29 12:00:00.000001Z', '1999-12-31 23:59:59Z', '0001-01-01 00:00:00Z', 'infinity', '-infinity')
		WHEN 'day' THEN pg_temp.pick('2020-02-29', '1999-12-31', '0001-01-01', 'infinity', '-infinity') END
$$;
INSERT INTO query_oracle.owner (name) VALUES ('a'), ('b'), (NULL);
INSERT INTO query_oracle.row (s, k, n, d, f, b, t, day, l, owner_id)
	SELECT pg_temp.value_of('s'), pg_temp.value_of('k'), pg_temp.value_of('n')::bigint, pg_temp.value_of('d')::numeric, pg_temp.value_of('f')::float8,
		pg_temp.value_of('b')::boolean, pg_temp.value_of('t')::timestamptz, pg_temp.value_of('day')::date,
		CASE WHEN random() > 0.2 THEN ARRAY(SELECT pg_temp.value_of('s') FROM generate_series(1, floor(random() * 4)::int)) END, nullif(floor(random() * 4)::int, 0)
	FROM generate_series(1, 120);

-- A value that a caller may give: no null, nothing that JSON has no number for, and no infinite date.
CREATE FUNCTION pg_temp.given(field text) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	value text;
BEGIN
	LOOP
		value := pg_temp.value_of(field);
		EXIT WHEN value IS NOT NULL AND (field = 's' OR value !~* 'infinity|nan');
	END LOOP;
	RETURN CASE WHEN field IN ('n', 'f', 'b') THEN value::jsonb
		WHEN field = 't' THEN to_jsonb(replace(value, ' ', 'T'))
		ELSE to_jsonb(value) END;
END $$;

CREATE FUNCTION pg_temp.random_filter(depth int) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	kind float8 := random();
	field text := (ARRAY['s', 'k', 'n', 'd', 'f', 'b', 't', 'day'])[1 + floor(random() * 8)::int];
	op text := (ARRAY['eq', 'not_eq', 'gt', 'gte', 'lt', 'lte', 'in', 'is_nil', 'is_distinct_from', 'is_not_distinct_from'])[1 + floor(random() * 10)::int];
	text_op text := (ARRAY['contains', 'string_starts_with', 'string_ends_with', 'like', 'ilike'])[1 + floor(random() * 5)::int];
BEGIN
	IF depth > 0 AND kind < 0.2 THEN
		RETURN jsonb_build_object('and', jsonb_build_array(pg_temp.random_filter(depth - 1), pg_temp.random_filter(depth - 1)));
	ELSIF depth > 0 AND kind < 0.4 THEN
		RETURN jsonb_build_object('or', jsonb_build_array(pg_temp.random_filter(depth - 1), pg_temp.random_filter(depth - 1)));
	ELSIF depth > 0 AND kind < 0.55 THEN
		RETURN jsonb_build_object('not', pg_temp.random_filter(depth - 1));
	ELSIF kind > 0.96 THEN
		RETURN jsonb_build_object('l', CASE WHEN random() > 0.5 THEN jsonb_build_object('has', pg_temp.given('s'))
			ELSE jsonb_build_object('intersects', jsonb_build_array(pg_temp.given('s'), pg_temp.given('s'))) END);
	ELSIF kind > 0.93 THEN
		RETURN jsonb_build_object('owned', jsonb_build_object(op, CASE op WHEN 'is_nil' THEN to_jsonb(random() > 0.5) WHEN 'in' THEN '["a-a", "b-c"]' ELSE '"a-b"' END));
	ELSIF kind > 0.9 THEN
		RETURN jsonb_build_object('owner', CASE WHEN random() > 0.5 THEN '{"how_many": {"gt": 30}}' ELSE jsonb_build_object('name', jsonb_build_object(CASE WHEN op IN ('in', 'is_nil') THEN 'eq' ELSE op END, 'a'::text)) END);
	ELSIF kind > 0.8 THEN
		RETURN jsonb_build_object('s', jsonb_build_object(text_op, replace(pg_temp.given('s') #>> '{}', E'\\', '')));
	ELSIF op = 'is_nil' THEN
		RETURN jsonb_build_object(field, jsonb_build_object(op, random() > 0.5));
	ELSIF op = 'in' THEN
		RETURN jsonb_build_object(field, jsonb_build_object(op, jsonb_build_array(pg_temp.given(field), pg_temp.given(field))));
	ELSIF field IN ('k', 'b') AND op IN ('gt', 'gte', 'lt', 'lte') THEN
		RETURN jsonb_build_object(field, jsonb_build_object('eq', pg_temp.given(field)));
	END IF;
	RETURN jsonb_build_object(field, jsonb_build_object(op, pg_temp.given(field)));
END $$;

-- The oracle: the same filter as a condition of SQL. A field of an owner that is not there is null, also a count.
CREATE FUNCTION pg_temp.oracle(filter jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	name text; body jsonb; op text; value jsonb; type text;
BEGIN
	SELECT key, f.value INTO name, body FROM jsonb_each(filter) AS f;
	IF name IN ('and', 'or') THEN
		RETURN format('(%s %s %s)', pg_temp.oracle(body->0), name, pg_temp.oracle(body->1));
	ELSIF name = 'not' THEN
		RETURN format('(NOT %s)', pg_temp.oracle(body));
	END IF;
	IF name = 'owner' THEN
		RETURN replace(pg_temp.oracle(body), '(name ', '((SELECT o.name FROM query_oracle.owner AS o WHERE o.id = owner_id) ');
	END IF;
	SELECT key, b.value INTO op, value FROM jsonb_each(body) AS b;
	type := CASE name WHEN 's' THEN 'text' WHEN 'k' THEN 'text' WHEN 'n' THEN 'bigint' WHEN 'd' THEN 'numeric' WHEN 'f' THEN 'float8'
		WHEN 'b' THEN 'boolean' WHEN 't' THEN 'timestamptz' WHEN 'day' THEN 'date' END;
	IF name = 'how_many' THEN
		RETURN '((SELECT (SELECT count(*) FROM query_oracle.row AS r WHERE r.owner_id = o.id) FROM query_oracle.owner AS o WHERE o.id = owner_id) > 30)';
	ELSIF name IN ('name', 'owned') THEN
		type := 'text';
	END IF;
	IF name = 'owned' THEN
		RETURN replace(pg_temp.oracle(jsonb_build_object('name', body)), '(name ', '(((SELECT o.name FROM query_oracle.owner AS o WHERE o.id = owner_id) || ''-'' || k) ');
	ELSIF name = 'l' AND op = 'has' THEN
		RETURN format('(l @> ARRAY[%L])', value #>> '{}');
	ELSIF name = 'l' THEN
		RETURN format('(l && ARRAY[%L, %L])', value->>0, value->>1);
	ELSIF op LIKE 'string%' THEN
		RETURN format('(%s(%I, %s) = %L)', CASE op WHEN 'string_starts_with' THEN 'left' ELSE 'right' END, name, length(value #>> '{}'), value #>> '{}');
	ELSIF op LIKE 'is%distinct_from' THEN
		RETURN format('(%I IS %s DISTINCT FROM %L::%s)', name, CASE op WHEN 'is_distinct_from' THEN '' ELSE 'NOT' END, value #>> '{}', type);
	ELSIF op LIKE '%like' THEN
		RETURN format('(%I %s %L)', name, op, value #>> '{}');
	END IF;
	IF op = 'is_nil' THEN
		RETURN format('(%I IS %s NULL)', name, CASE WHEN value = 'true' THEN '' ELSE 'NOT' END);
	ELSIF op = 'contains' THEN
		RETURN format('(strpos(%I, %L) > 0)', name, value #>> '{}');
	ELSIF op = 'in' THEN
		RETURN format('(%1$I = %2$L::%4$s OR (%1$I = %3$L::%4$s))', name, value->>0, value->>1, type);
	END IF;
	RETURN format('(%I %s %L::%s)', name, CASE op WHEN 'eq' THEN '=' WHEN 'not_eq' THEN '<>' WHEN 'gt' THEN '>' WHEN 'gte' THEN '>=' WHEN 'lt' THEN '<' ELSE '<=' END,
		value #>> '{}', type);
END $$;

-- A random sort as both languages write it: [input, ORDER BY], ended by id.
CREATE FUNCTION pg_temp.random_sort() RETURNS text[] LANGUAGE sql VOLATILE AS $$
	SELECT ARRAY[string_agg(prefix || field, ',') || ',id', string_agg(expr || suffix, ', ') || ', id ASC'] FROM (
		SELECT field, CASE field WHEN 'twice' THEN '(n % 1000 * 2)' WHEN 'owned' THEN '((SELECT o.name FROM query_oracle.owner AS o WHERE o.id = owner_id) || ''-'' || k)' ELSE field END AS expr, orders.*
		FROM unnest(ARRAY['s', 'k', 'n', 'd', 'f', 'b', 't', 'day', 'twice', 'owned', 'l']) AS field
		CROSS JOIN LATERAL (SELECT * FROM (VALUES ('', ' ASC NULLS LAST'), ('-', ' DESC NULLS FIRST'), ('++', ' ASC NULLS FIRST'), ('--', ' DESC NULLS LAST'))
			AS o(prefix, suffix) WHERE field IS NOT NULL ORDER BY random() LIMIT 1) AS orders
		ORDER BY random() LIMIT 1 + floor(random() * 3)::int) AS picked
$$;

CREATE FUNCTION pg_temp.ids(rows jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(r->>'id', ' ' ORDER BY o), '') FROM jsonb_array_elements(rows) WITH ORDINALITY AS e(r, o)
$$;
CREATE FUNCTION pg_temp.expected(condition text, sort text, cut text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	ids text;
BEGIN
	EXECUTE format('SELECT coalesce(string_agg(id::text, '' '' ORDER BY o), '''') FROM (SELECT id, row_number() OVER () AS o
		FROM (SELECT id FROM query_oracle.row WHERE %s ORDER BY %s %s) AS sorted) AS numbered', condition, sort, cut) INTO ids;
	RETURN ids;
END $$;

CREATE FUNCTION pg_temp.read(options jsonb, action text DEFAULT 'paged') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_read('query_oracle.row', jsonb_build_object('action', action, 'select', '["id"]'::jsonb) || options)::jsonb
$$;
-- All pages in one direction, joined; backward they are put before each other.
CREATE FUNCTION pg_temp.walked(options jsonb, page jsonb, forward boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	ids text := pg_temp.ids(page->'results');
BEGIN
	WHILE jsonb_array_length(page->'results') > 0 AND (forward OR page ? 'after' OR page ? 'before') LOOP
		page := ash_page('query_oracle.row', page, CASE WHEN forward THEN 'next' ELSE 'prev' END, '{"action": "walked", "select": ["id"]}' || options)::jsonb;
		EXIT WHEN jsonb_array_length(page->'results') = 0;
		ids := CASE WHEN forward THEN ids || ' ' || pg_temp.ids(page->'results') ELSE pg_temp.ids(page->'results') || ' ' || ids END;
	END LOOP;
	RETURN ids;
END $$;

CREATE TEMPORARY TABLE trial AS SELECT i, pg_temp.random_filter(3) AS filter, pg_temp.random_sort() AS sort, 1 + floor(random() * 20)::int AS size,
	floor(random() * 30)::int AS skipped FROM generate_series(1, 300) AS i;

-- What differs, for the eye; null when nothing does.
CREATE FUNCTION pg_temp.differences(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	found text;
BEGIN
	EXECUTE format('SELECT string_agg(line, E''\n'') FROM (SELECT concat_ws(E''\n  '', what, ''got  '' || got, ''want '' || want) AS line
		FROM (%s) AS d(what, got, want) WHERE got IS DISTINCT FROM want LIMIT 3) AS l', query) INTO found;
	RETURN found;
END $$;

SELECT ok((SELECT count(*) > 200 FROM trial WHERE pg_temp.expected(pg_temp.oracle(filter), 'id') <> ''), 'most of the trials find rows');
SELECT is(pg_temp.differences($$SELECT filter::text, pg_temp.ids(pg_temp.read(jsonb_build_object('filter', filter, 'sort', 'id'))), pg_temp.expected(pg_temp.oracle(filter), 'id') FROM trial$$),
	NULL, 'filters');
SELECT is(pg_temp.differences($$SELECT sort[1], pg_temp.ids(pg_temp.read(jsonb_build_object('sort', sort[1]))), pg_temp.expected('true', sort[2]) FROM trial$$),
	NULL, 'sorts');
SELECT is(pg_temp.differences($$SELECT concat(filter, ' ', sort[1]), pg_temp.ids(pg_temp.read(jsonb_build_object('filter', filter, 'sort', sort[1], 'limit', size, 'offset', skipped))),
		pg_temp.expected(pg_temp.oracle(filter), sort[2], format('LIMIT %s OFFSET %s', size, skipped)) FROM trial$$),
	NULL, 'both, limited');
SELECT is(pg_temp.differences($$SELECT concat(filter, ' ', sort[1]), pg_temp.ids(page->'results') || ' of ' || (page->>'count'),
		pg_temp.expected(pg_temp.oracle(filter), sort[2], format('LIMIT %s OFFSET %s', size, skipped)) || ' of ' || cardinality(string_to_array(pg_temp.expected(pg_temp.oracle(filter), 'id'), ' '))
		FROM (SELECT *, pg_temp.read(jsonb_build_object('filter', filter, 'sort', sort[1], 'page', jsonb_build_object('limit', size, 'offset', skipped, 'count', true))) AS page FROM trial) AS t$$),
	NULL, 'pages by offset, counted');
CREATE TEMPORARY TABLE walk AS SELECT concat(filter, ' ', sort[1], ' by ', size) AS what, jsonb_build_object('filter', filter, 'sort', sort[1]) AS options, size,
	pg_temp.oracle(filter) AS condition, sort[2] AS sort FROM trial WHERE i <= 60 UNION ALL
	SELECT concat(sort[1], ' by ', size), jsonb_build_object('sort', sort[1]), size, 'true', sort[2] FROM trial WHERE i > 60 AND i <= 100;
SELECT is(pg_temp.differences($$SELECT what, pg_temp.walked(options, pg_temp.read(options || jsonb_build_object('page', jsonb_build_object('limit', size)), 'walked'), true),
		pg_temp.expected(condition, sort) FROM walk$$), NULL, 'pages by keyset, forward');
SELECT is(pg_temp.differences($$SELECT what, pg_temp.walked(options, ash_page('query_oracle.row', pg_temp.read(options || jsonb_build_object('page', jsonb_build_object('limit', size, 'count', true)), 'walked'),
		'last', '{"action": "walked", "select": ["id"]}' || options)::jsonb, false), pg_temp.expected(condition, sort) FROM walk$$), NULL, 'pages by keyset, backward');
SELECT is(pg_temp.differences($$SELECT what, (SELECT coalesce(string_agg(s->>'id', ' '), '') FROM ash_stream('query_oracle.row', options || jsonb_build_object('action', 'walked', 'batch_size', size)) AS s),
		pg_temp.expected(condition, sort) FROM walk$$), NULL, 'streams');

SELECT * FROM finish();
ROLLBACK;
