\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(16);

-- Do the options of a reference make the foreign key and the index they say, and are they known again?

CREATE FUNCTION pg_temp.keys(tables text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(replace(pg_get_constraintdef(oid), 'plan_ref.', ''), E'\n' ORDER BY conname COLLATE "C") FROM pg_constraint WHERE conrelid = ('plan_ref.' || tables)::regclass AND contype = 'f'
$$;
-- The document, with the references of order_line.order.
CREATE FUNCTION pg_temp.document(options text) RETURNS json LANGUAGE sql AS $$
	SELECT replace($doc${
  "domain": "plan_ref",
  "resources": {
    "order": {
      "attributes": {"id": "integer_primary_key", "select\"": {"type": "integer", "allow_nil": false}, "note": "string"},
      "identities": {"region": {"keys": ["id", "select\""]}}
    },
    "line": {
      "attributes": {"id": "integer_primary_key", "a\"b": "integer"},
      "relationships": {"order": {"belongs_to": "plan_ref.order", "attribute_type": "integer", "public": true, "attribute_writable": true, "references": OPTIONS}},
      "actions": {"defaults": ["read"], "put": {"type": "create", "accept": ["order_id", "a\"b"]}}
    },
    "user": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": "integer_primary_key", "org": {"type": "integer", "allow_nil": false}},
      "identities": {"id": ["id"]},
      "relationships": {"boss": {"belongs_to": "plan_ref.user", "attribute_type": "integer", "references": {"match_tenant": true}}}
    }
  }
}$doc$, 'OPTIONS', options)::json
$$;
SELECT pg_temp.define(pg_temp.document('{"match_with": {"a\"b": "select\""}, "match_type": "full", "on_delete": "nilify", "nilify": ["a\"b"], "index": true, "index_where": "not_nil", "message": "knows no such order"}')::text) \gset
SELECT is_empty($$SELECT operation, sql FROM ash_plan('plan_ref')$$, 'what the options made is known again');
SELECT is(pg_temp.keys('line'), 'FOREIGN KEY (order_id, "a""b") REFERENCES "order"(id, "select""") MATCH FULL ON DELETE SET NULL ("a""b")', 'columns of both sides, match type and what is emptied');
SELECT is(pg_temp.keys('"user"'), 'FOREIGN KEY (boss_id, org) REFERENCES "user"(id, org)', 'the tenant is part of the key');
SELECT is((SELECT pg_get_indexdef('plan_ref.line_order_id_index'::regclass)), 'CREATE INDEX line_order_id_index ON plan_ref.line USING btree (order_id) WHERE (order_id IS NOT NULL)', 'a partial index');
SELECT is(pg_temp.errors($$SELECT ash_run_action('plan_ref.line', 'put', '{"order_id": 7, "a\"b": 8}')$$), E'23503 invalid\ninvalid_attribute order_id: knows no such order', 'its message');

-- Introspection finds the same.
SELECT is((SELECT ash_introspect('plan_ref')::jsonb #> '{resources,line,relationships,order,references}'), '{"match_with": {"a\"b": "select\""}, "match_type": "full", "on_delete": "nilify", "nilify": ["a\"b"]}', 'introspection finds them');

-- Each change is a new key and nothing else; only the index: not the key.
SELECT ash_define(pg_temp.document('{"match_with": {"a\"b": "select\""}, "on_delete": "nilify", "nilify": ["a\"b"], "index": true, "index_where": "not_nil"}')) \gset
SELECT results_eq($$SELECT operation FROM ash_migrate('plan_ref')$$, ARRAY['drop foreign key', 'add foreign key', 'add foreign key'], 'another match type: added, then validated');
SELECT ash_define(pg_temp.document('{"match_with": {"a\"b": "select\""}, "on_delete": "nilify", "index": true, "index_where": "order_id > 0"}')) \gset
SELECT results_eq($$SELECT operation FROM ash_migrate('plan_ref')$$, ARRAY['drop foreign key', 'drop index', 'create index', 'add foreign key', 'add foreign key'], 'another condition, and all is emptied');
SELECT is_empty($$SELECT operation, sql FROM ash_plan('plan_ref')$$, 'a condition in SQL is known again');
SELECT ash_define(pg_temp.document('{"match_with": {"a\"b": "select\""}, "on_delete": "nilify"}')) \gset
SELECT results_eq($$SELECT operation FROM ash_migrate('plan_ref', true)$$, ARRAY['drop index'], 'without the index the key stays');
SELECT ash_define(pg_temp.document('{}')) \gset
SELECT count(*) FROM ash_migrate('plan_ref', true) \gset
SELECT is(pg_temp.keys('line'), 'FOREIGN KEY (order_id) REFERENCES "order"(id)', 'back to one column');
SELECT ash_define(pg_temp.document('{"ignore": true}')) \gset
ALTER TABLE plan_ref.line ADD CONSTRAINT by_hand FOREIGN KEY (order_id, "a""b") REFERENCES plan_ref."order" (id, "select""");
SELECT results_eq($$SELECT sql FROM ash_plan('plan_ref') WHERE destructive$$, ARRAY['ALTER TABLE "plan_ref"."line" DROP CONSTRAINT "by_hand"', 'ALTER TABLE "plan_ref"."line" DROP CONSTRAINT "line_order_id_fkey"'], 'one made by hand is drift');

-- What makes no sense is refused.
CREATE FUNCTION pg_temp.refused(options text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_define(%L)', pg_temp.document(options)))
$$;
SELECT matches(pg_temp.refused('{"match_with": {"nothing": "id"}}'), 'nothing', 'an attribute that is not there');
SELECT matches(pg_temp.refused('{"match_tenant": true}'), 'both resources need multitenancy by attribute', 'no tenant');
SELECT matches(pg_temp.refused('{"nilify": ["order_id"]}'), 'it needs "on_delete": "nilify"', 'nothing is emptied');
SELECT matches(pg_temp.refused('{"index_where": "not_nil"}'), 'it needs "index": true', 'a condition without an index');

SELECT * FROM finish();
ROLLBACK;
