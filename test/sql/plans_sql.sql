\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(20);

-- Which indexes do ordinary SQL under policies and generated functions use, and are values of the actor read once?

SELECT pg_temp.define($doc${
  "domain": "plans_sql",
  "resources": {
    "item": {
      "attributes": {
        "id": "integer_primary_key", "owner": {"type": "integer", "public": true}, "name": {"type": "string", "public": true},
        "kind": {"type": "atom", "constraints": {"one_of": ["a", "b"]}, "public": true}, "price": {"type": "decimal", "public": true},
        "tags": {"type": "string[]", "public": true}, "data": {"type": "map", "public": true}
      },
      "relationships": {"parts": {"has_many": "plans_sql.part", "destination_attribute": "item_id", "public": true}},
      "actions": {"defaults": ["read"], "all": {"type": "read"},
        "with_part": {"type": "read", "arguments": {"size": {"type": "integer"}}, "filter": "exists(parts, size = arg.size)"}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}],
      "code_interface": {"items": {"action": "all"}, "items_with": {"action": "with_part", "args": ["size"]}}
    },
    "part": {
      "attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}},
      "relationships": {"item": {"belongs_to": "plans_sql.item", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
INSERT INTO plans_sql.item (owner, name, kind, price, tags, data)
	SELECT i % 2000, 'name ' || i, CASE WHEN i % 1000 = 0 THEN 'a' ELSE 'b' END, i / 4.0, ARRAY['t' || i % 500], jsonb_build_object('n', i)
	FROM generate_series(1, 20000) AS i;
INSERT INTO plans_sql.part (size, item_id) SELECT i, 1 + i % 20000 FROM generate_series(1, 40000) AS i;
CREATE INDEX item_owner ON plans_sql.item (owner);
CREATE INDEX item_name ON plans_sql.item (name);
CREATE INDEX item_name_pattern ON plans_sql.item (name text_pattern_ops);
CREATE INDEX item_kind ON plans_sql.item (kind);
CREATE INDEX item_price ON plans_sql.item (price);
CREATE INDEX item_tags ON plans_sql.item USING gin (tags);
CREATE INDEX item_data ON plans_sql.item (jsonb_extract_path(data, 'n'));
CREATE INDEX part_item ON plans_sql.part (item_id);
CREATE INDEX part_size ON plans_sql.part (size);
ANALYZE plans_sql.item, plans_sql.part;
CREATE ROLE regress_plans;
GRANT USAGE ON SCHEMA plans_sql TO regress_plans;
GRANT SELECT ON ALL TABLES IN SCHEMA plans_sql TO regress_plans;
SET LOCAL ash.actor = '{"id": 7}';

CREATE FUNCTION pg_temp.uses(role name, index text, statement text) RETURNS text LANGUAGE sql AS $$
	SELECT matches(pg_temp.plan_as(role, statement), '(using|on) ' || index || '\M', role || ': ' || statement)
$$;

-- Ordinary SQL: the caller's condition and the policy in one scan.
SELECT pg_temp.uses('regress_plans', 'item_name(_pattern)?', $$SELECT * FROM plans_sql.item WHERE name = 'name 7'$$),
	pg_temp.uses('regress_plans', 'item_pkey', 'SELECT * FROM plans_sql.item WHERE id = 7'),
	pg_temp.uses('regress_plans', 'item_owner', 'SELECT * FROM plans_sql.item'),
	pg_temp.uses('regress_plans', 'part_size', 'SELECT * FROM plans_sql.item i WHERE EXISTS (SELECT FROM plans_sql.part p WHERE p.item_id = i.id AND p.size = 7)');
SELECT matches(pg_temp.plan_as('regress_plans', $$SELECT * FROM plans_sql.item WHERE name = 'name 7'$$), E'Index Cond: \\(name = .*Filter: .*owner = (\\$0|\\(InitPlan 1\\)).*InitPlan 1', 'the actor is read once');
-- What an operator could tell about rows that are not to be seen is asked after the policy, whose index serves.
SELECT pg_temp.uses('regress_plans', 'item_owner', 'SELECT * FROM plans_sql.item WHERE price < 3.5'),
	pg_temp.uses('regress_plans', 'item_owner', $$SELECT * FROM plans_sql.item WHERE name LIKE 'name 77%'$$),
	pg_temp.uses('regress_plans', 'item_owner', $$SELECT * FROM plans_sql.item WHERE tags @> '{t7}'$$);

-- Generated functions: inlined, the caller's conditions reach every index.
SELECT unalike(pg_temp.plan_as('none', 'SELECT * FROM plans_sql.items()'), '%Function Scan%', 'a generated function is part of the statement');
SELECT pg_temp.uses('none', 'item_name(_pattern)?', $$SELECT * FROM plans_sql.items() WHERE name = 'name 7'$$),
	pg_temp.uses('none', 'item_kind', $$SELECT * FROM plans_sql.items() WHERE kind = 'a' AND owner > 0$$),
	pg_temp.uses('none', 'item_price', 'SELECT * FROM plans_sql.items() WHERE price < 0.5'),
	pg_temp.uses('none', 'item_name_pattern', $$SELECT * FROM plans_sql.items() WHERE name LIKE 'name 777%'$$),
	pg_temp.uses('none', 'item_tags', $$SELECT * FROM plans_sql.items() WHERE tags @> '{t7}'$$),
	pg_temp.uses('none', 'item_data', $$SELECT * FROM plans_sql.items() WHERE jsonb_extract_path(data, 'n') = '7'$$);
SELECT pg_temp.uses('regress_plans', 'item_name(_pattern)?', $$SELECT * FROM plans_sql.items() WHERE name = 'name 7'$$);

-- A filter over a to-many relationship is a semi join: from the few parts to their items, or from a few items to their parts.
SELECT pg_temp.uses('none', 'part_size', 'SELECT * FROM plans_sql.items_with(7)'),
	matches(pg_temp.plan_as('none', 'SELECT * FROM plans_sql.items_with(7) WHERE id = 8'), 'Semi Join', 'a semi join in a function'),
	unalike(pg_temp.plan_as('none', 'SELECT * FROM plans_sql.items_with(7)'), '%SubPlan%', 'no subquery for each row');
SELECT unalike((SELECT string_agg(line, E'\n') FROM ash_explain('plans_sql.item', 'read', '{}', '{"filter": {"parts": {"size": 7}}, "authorize": true}') AS line), '%SubPlan%', 'nor in an action');

SELECT * FROM finish();
ROLLBACK;
