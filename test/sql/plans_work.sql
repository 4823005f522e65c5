\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(9);

-- How many rows of related tables does a page touch: those of its own rows, or those of the whole table?

SELECT pg_temp.define($doc${
  "domain": "plans_work",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}},
      "relationships": {"parts": {"has_many": "plans_work.part", "destination_attribute": "item_id", "public": true}},
      "aggregates": {"part_count": {"count": "parts", "public": true}, "part_sum": {"sum": "parts", "field": "size", "public": true},
        "big_count": {"count": "parts", "filter": "size > 10", "public": true}, "sizes": {"list": "parts", "field": "size", "public": true}},
      "calculations": {"mean": {"type": "decimal", "expr": "part_sum / part_count", "public": true}},
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "offset": true, "required": false}}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "n >= 0 and actor.id = 1"}}]}],
      "custom_indexes": [{"fields": ["n"]}]
    },
    "part": {
      "attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}},
      "relationships": {"item": {"belongs_to": "plans_work.item", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read"]},
      "custom_indexes": [{"fields": ["item_id"]}]
    }
  }
}$doc$) \gset
INSERT INTO plans_work.item (n) SELECT i FROM generate_series(1, 5000) AS i;
INSERT INTO plans_work.part (size, item_id) SELECT i % 100, 1 + i % 5000 FROM generate_series(1, 20000) AS i;
ANALYZE plans_work.item, plans_work.part;

-- Rows of a table that a call looks at: fetched by an index, or read by a scan of the whole.
CREATE FUNCTION pg_temp.looked_at(name regclass) RETURNS bigint LANGUAGE sql AS $$
	SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relid = name
$$;
CREATE FUNCTION pg_temp.work(name regclass, options jsonb, action text DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	before bigint := pg_temp.looked_at(name);
BEGIN
	PERFORM ash_read('plans_work.item', '{"actor": {"id": 1}, "authorize": true}' || options);
	RETURN pg_temp.looked_at(name) - before;
END $$;

-- Each item has four parts; a page of 10 looks at one item more, to know whether there is another page.
SELECT cmp_ok(pg_temp.work('plans_work.part', '{"sort": "n", "page": {"limit": 10}, "load": ["part_count"]}'), '<=', 44::bigint, 'an aggregate: the parts of a page'),
	cmp_ok(pg_temp.work('plans_work.part', '{"sort": "n", "page": {"limit": 10}, "load": ["part_count", "part_sum", "big_count", "sizes", "mean"]}'), '<=', 44::bigint, 'five that share a path: the same once'),
	cmp_ok(pg_temp.work('plans_work.item', '{"sort": "n", "page": {"limit": 10}, "load": ["part_count", "part_sum"]}'), '<=', 15::bigint, 'the items of a page, by the index of the sort; the planner looks at its ends'),
	cmp_ok(pg_temp.work('plans_work.part', '{"sort": "n", "page": {"limit": 10}, "load": ["parts"]}'), '<=', 44::bigint, 'a loaded relationship: the parts of a page'),
	cmp_ok(pg_temp.work('plans_work.part', '{"sort": "n", "limit": 10, "load": ["part_count"]}'), '<=', 44::bigint, 'a limit without a page'),
	cmp_ok(pg_temp.work('plans_work.part', '{"sort": "n", "filter": {"n": {"lte": 10}}, "load": ["part_count"]}'), '<=', 44::bigint, 'a filter'),
	cmp_ok(pg_temp.work('plans_work.part', '{"sort": "n", "page": {"limit": 10, "offset": 100}, "load": ["part_count"]}'), '<=', 44::bigint, 'a page further on: only its own'),
	cmp_ok(pg_temp.work('plans_work.part', '{"sort": "n", "page": {"limit": 10}}'), '<=', 0::bigint, 'nothing when nothing is asked for');
SELECT cmp_ok(pg_temp.work('plans_work.part', '{"sort": "n", "filter": {"part_count": {"gt": 3}, "n": {"lte": 10}}, "page": {"limit": 10}}'), '<=', 44::bigint, 'an aggregate in a filter beside one that an index serves');

SELECT * FROM finish();
ROLLBACK;
