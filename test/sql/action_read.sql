\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(48);

-- Which rows does a read find, in which order, and what does it refuse?

SELECT pg_temp.define($doc${
  "domain": "action_read",
  "resources": {
    "item": {
      "attributes": {
        "id": "integer_primary_key",
        "name": {"type": "string", "public": true},
        "size": {"type": "integer", "public": true},
        "price": {"type": "decimal", "public": true},
        "good": {"type": "boolean", "public": true},
        "made_at": {"type": "utc_datetime_usec", "public": true},
        "kind": {"type": "atom", "constraints": {"one_of": ["a", "b"]}, "public": true},
        "secret": {"type": "string"},
        "unfilterable": {"type": "string", "public": true, "filterable": false, "sortable": false},
        "simple": {"type": "string", "public": true, "filterable": "simple_equality"}
      },
      "identities": {"by_name": ["name"]},
      "actions": {
        "defaults": ["read"],
        "big": {"type": "read", "arguments": {"than": {"type": "integer", "allow_nil": false}}, "filter": "size > arg.than",
          "prepare": [{"build": {"sort": ["-size", "id"]}}]},
        "paged": {"type": "read", "pagination": {"offset": true, "keyset": true, "countable": true, "default_limit": 2, "max_page_size": 3}},
        "walked": {"type": "read", "pagination": {"keyset": true, "required": false}}
      }
    }
  }
}$doc$) \gset
INSERT INTO action_read.item (name, size, price, good, made_at, kind, secret, simple) VALUES
	('ant', 1, 1.50, true, '2020-01-01 00:00Z', 'a', 'x', 's'), ('bee', 20, 2, false, '2020-02-01 00:00Z', 'b', 'y', 't'),
	('cat', 300, NULL, NULL, NULL, NULL, NULL, NULL), ('dog', 300, 10, true, '2021-01-01 00:00Z', 'a', NULL, NULL), (NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL);

-- The ids that a filter finds.
CREATE FUNCTION pg_temp.found(filter jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(r->>'id', ' '), '') FROM json_array_elements(ash_read('action_read.item', jsonb_build_object('filter', filter, 'sort', 'id'))) AS r
$$;
CREATE FUNCTION pg_temp.refused(options text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_read(%L, %L)', 'action_read.item', options))
$$;
CREATE FUNCTION pg_temp.ids(options jsonb, action text DEFAULT NULL, input jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(e->>'id', ' '), '') FROM ash_read('action_read.item', options || jsonb_build_object('action', action, 'input', input)) AS r,
		json_array_elements(CASE json_typeof(r) WHEN 'array' THEN r ELSE r->'results' END) AS e
$$;

-- Filters.
SELECT is(pg_temp.found('{}'), '1 2 3 4 5', 'no condition'),
	is(pg_temp.found('{"name": "bee"}'), '2', 'a value'),
	is(pg_temp.found('{"name": {"eq": "bee"}}'), '2', 'eq'),
	is(pg_temp.found('{"name": {"equals": "bee"}}'), '2', 'equals'),
	is(pg_temp.found('{"name": {"==": "bee"}}'), '2', '=='),
	is(pg_temp.found('{"name": {"not_eq": "bee"}}'), '1 3 4', 'not_eq leaves out null'),
	is(pg_temp.found('{"name": null}'), '', 'nothing equals null'),
	is(pg_temp.found('{"name": {"is_nil": true}}'), '5', 'is_nil'),
	is(pg_temp.found('{"name": {"is_nil": false}}'), '1 2 3 4', 'is_nil false'),
	is(pg_temp.found('{"name": {"in": ["ant", "cat", "zzz"]}}'), '1 3', 'in'),
	is(pg_temp.found('{"name": {"in": []}}'), '', 'in nothing'),
	is(pg_temp.found('{"not": {"name": {"in": ["ant"]}}}'), '2 3 4', 'not in leaves out null'),
	is(pg_temp.found('{"size": {"gt": 20}}'), '3 4', 'gt'),
	is(pg_temp.found('{"size": {"greater_than_or_equal": 20, "lt": 300}}'), '2', 'two operators of a field are ANDed'),
	is(pg_temp.found('{"size": {"<=": "20"}}'), '1 2', 'a value is cast to the type of the field'),
	is(pg_temp.found('{"price": 1.5}'), '1', 'numbers are compared as numbers'),
	is(pg_temp.found('{"price": {"gt": "1.99"}}'), '2 4', 'decimals may be strings'),
	is(pg_temp.found('{"made_at": "2020-01-01T01:00:00+01:00"}'), '1', 'datetimes are compared as instants'),
	is(pg_temp.found('{"good": true, "kind": "a"}'), '1 4', 'two fields are ANDed'),
	is(pg_temp.found('{"or": [{"name": "ant"}, {"size": 20}]}'), '1 2', 'or'),
	is(pg_temp.found('{"and": [{"kind": "a"}, {"not": {"name": "ant"}}]}'), '4', 'and, not'),
	is(pg_temp.found('[{"kind": "a"}, {"size": 300}]'), '4', 'a list is ANDed'),
	is(pg_temp.found('{"name": {"contains": "a"}}'), '1 3', 'contains');

-- What filters may not do.
SELECT is(pg_temp.refused('{"filter": {"nope": 1}}'), E'22023 invalid\nno_such_field nope ["filter"]: No such field nope for resource action_read.item', 'an unknown field'),
	is(pg_temp.refused('{"filter": {"secret": "x"}}'), E'22023 invalid\nno_such_field secret ["filter"]: No such field secret for resource action_read.item', 'a private field is unknown'),
	matches(pg_temp.refused('{"filter": {"name": {"nope": 1}}}'), E'^22023 invalid\nno_such_filter_predicate.*: No such filter predicate for action_read\.item: [:"]?nope', 'an unknown operator'),
	matches(pg_temp.refused('{"filter": {"size": "many"}}'), E'^22023 invalid\ninvalid_filter_value.*: Invalid filter value `"?many"?`', 'a value that cannot be cast'),
	is(pg_temp.refused('{"filter": {"unfilterable": "x"}}'), E'22023 invalid\ninvalid_filter_reference unfilterable ["filter"]: unfilterable cannot be referenced in filters', 'not filterable'),
	is(pg_temp.refused('{"filter": {"simple": {"gt": "x"}}}'), E'22023 invalid\ninvalid_filter_reference simple ["filter"]: simple cannot be referenced in filters, except by simple equality', 'only by simple equality'),
	is(pg_temp.found('{"simple": "s"}'), '1', 'which is allowed'),
	matches(pg_temp.refused('{"filter": {"fragment": ["1=1"]}}'), '^22023 invalid', 'no SQL from outside'),
	is(pg_temp.found('{"name": "ant'' OR ''1''=''1"}'), '', 'a value is never SQL');

-- Order.
SELECT is(pg_temp.ids('{"sort": "name"}'), '1 2 3 4 5', 'ascending, null last'),
	is(pg_temp.ids('{"sort": "-size,id"}'), '5 3 4 2 1', 'descending, null first'),
	is(pg_temp.ids('{"sort": "++size,-id"}'), '5 1 2 4 3', 'ascending, null first'),
	is(pg_temp.ids('{"sort": ["--size", "id"]}'), '3 4 2 1 5', 'descending, null last'),
	is(pg_temp.ids('{"sort": [{"size": "desc_nils_last"}, {"id": "desc"}]}'), '4 3 2 1 5', 'as objects'),
	is(pg_temp.refused('{"sort": "nope"}'), E'22023 invalid\nno_such_field nope ["sort"]: No such field nope for resource action_read.item', 'an unknown field'),
	matches(pg_temp.refused('{"sort": "unfilterable"}'), E'^22023 invalid\nunsortable_field unfilterable \\["sort"\\]: ', 'not sortable'),
	matches(pg_temp.refused('{"sort": [{"name": "up"}]}'), E'^22023 invalid\ninvalid_sort_order.*: No such sort order :?up', 'an unknown order');

-- Limits and pages.
SELECT is(pg_temp.ids('{"sort": "id", "limit": 2, "offset": 1}'), '2 3', 'limit and offset'),
	is(pg_temp.refused('{"limit": "x"}'), E'22023 invalid\ninvalid_limit: "x" is not a valid limit', 'a limit is a number');
SELECT is(ash_read('action_read.item', '{"action": "paged", "sort": "id", "select": [], "page": {"limit": 2, "offset": 2, "count": true}}')::jsonb,
	'{"page": "offset", "results": [{"id": 3}, {"id": 4}], "limit": 2, "offset": 2, "count": 5, "more": true}', 'an offset page');
SELECT is(pg_temp.ids(jsonb_build_object('sort', '-size', 'page', jsonb_build_object('limit', 2, 'after', p#>'{results,1,_keyset}')), 'walked'), '4 2', 'a keyset page goes on after a row')
FROM ash_read('action_read.item', '{"action": "walked", "sort": "-size", "page": {"limit": 2}}') AS p;

-- Arguments, one record.
SELECT is(pg_temp.ids('{}', 'big', '{"than": 19}'), '3 4 2', 'filter and order of the action'),
	is(pg_temp.errors($$SELECT ash_read('action_read.item', '{"action": "big"}')$$), E'22023 invalid\nrequired than: argument than is required', 'its argument is required');
SELECT is(ash_get('action_read.item', '{"name": "bee"}', '{"select": ["size"]}')::jsonb, '{"id": 2, "size": 20}', 'get by identity'),
	is(pg_temp.errors($$SELECT ash_read_one('action_read.item', '{"filter": {"size": 300}}')$$) ~ E'^22023 invalid\nmultiple_results: expected at most one result', true, 'read_one of two');

SELECT * FROM finish();
ROLLBACK;
