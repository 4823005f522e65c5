\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(8);

-- Do filters use their index although a policy stands beside them, and is the page cut before aggregates are computed?

SELECT pg_temp.define($doc${
  "domain": "plans",
  "resources": {
    "item": {
      "attributes": {
        "id": "integer_primary_key", "owner": {"type": "integer", "public": true}, "name": {"type": "string", "public": true},
        "kind": {"type": "atom", "constraints": {"one_of": ["a", "b"]}, "public": true}, "price": {"type": "decimal", "public": true},
        "tags": {"type": "string[]", "public": true}, "data": {"type": "map", "public": true}
      },
      "relationships": {"parts": {"has_many": "plans.part", "destination_attribute": "item_id", "public": true}},
      "aggregates": {"part_count": {"count": "parts", "public": true}, "part_sum": {"sum": "parts", "field": "size", "public": true}},
      "actions": {"defaults": ["read"], "paged": {"type": "read", "pagination": {"keyset": true, "offset": true}}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}]
    },
    "part": {
      "attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}},
      "relationships": {"item": {"belongs_to": "plans.item", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
INSERT INTO plans.item (owner, name, kind, price, tags, data)
	SELECT i % 2, 'name ' || i, CASE WHEN i % 1000 = 0 THEN 'a' ELSE 'b' END, i / 4.0, ARRAY['t' || i % 500], jsonb_build_object('n', i)
	FROM generate_series(1, 20000) AS i;
INSERT INTO plans.part (size, item_id) SELECT i, 1 + i % 20000 FROM generate_series(1, 40000) AS i;
CREATE INDEX item_name ON plans.item (name);
CREATE INDEX item_kind ON plans.item (kind);
CREATE INDEX item_price ON plans.item (price);
CREATE INDEX item_tags ON plans.item USING gin (tags);
CREATE INDEX item_data ON plans.item (jsonb_extract_path(data, 'n'));
CREATE INDEX part_item ON plans.part (item_id);
ANALYZE plans.item, plans.part;

CREATE FUNCTION pg_temp.plan_of(action text, options jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(line, E'\n') FROM ash_explain('plans.item', action, '{}', '{"actor": {"id": 1}, "authorize": true}' || options) AS line
$$;
-- Does the plan of a filter find its rows by that index?
CREATE FUNCTION pg_temp.uses(index text, filter jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT matches(pg_temp.plan_of('read', jsonb_build_object('filter', filter)), '(using|on) ' || index || ' .*Index Cond', filter::text)
$$;
SELECT pg_temp.uses('item_name', '{"name": "name 7"}'),
	pg_temp.uses('item_kind', '{"kind": "a"}'),
	pg_temp.uses('item_price', '{"price": {"lt": "3.5"}}'),
	pg_temp.uses('item_tags', '{"tags": {"has": "t7"}}'),
	pg_temp.uses('item_data', '{"data": {"at_path": ["n"], "eq": 7}}');
CREATE INDEX item_name_pattern ON plans.item (name text_pattern_ops);
SELECT pg_temp.uses('item_name_pattern', '{"name": {"like": "name 77%"}}');

-- The policy is a condition of the same scan.
SELECT matches(pg_temp.plan_of('read', '{"filter": {"name": "name 7"}}'), 'Index Cond: \(name = .*Filter: \(owner = ', 'index and policy in one scan');

-- Beside the page stand the aggregates, once for each of its rows and not below its limit.
SELECT matches(pg_temp.plan_of('paged', '{"load": ["part_count", "part_sum"], "page": {"limit": 5}, "sort": "price"}'),
	E'^Nested Loop Left Join [^\n]*rows=6 .*\n  ->  Limit .*\n  ->  Aggregate ', 'the page is cut before aggregates are computed');

SELECT * FROM finish();
ROLLBACK;
