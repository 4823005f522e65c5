\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(8);

-- Which columns and rows does a custom index cover, and whose error is its violation, or that of a check over several attributes?

SELECT pg_temp.define($doc${
  "domain": "plan_idx",
  "resources": {
    "doc": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "base_filter": "hidden = false",
      "attributes": {"id": "integer_primary_key", "org": {"type": "integer", "allow_nil": false}, "hidden": {"type": "boolean", "default": false, "allow_nil": false},
        "code": "string", "title": "string"},
      "check_constraints": {"differ": {"check": "code <> title", "attribute": ["code", "title"], "message": "must differ"}},
      "custom_indexes": [
        {"fields": ["code"], "name": "plain"},
        {"fields": ["code"], "name": "shared", "all_tenants": true},
        {"fields": ["code"], "name": "seen", "include_base_filter": true},
        {"fields": ["lower(title)"], "name": "title", "unique": true, "all_tenants": true, "include_base_filter": false, "error_fields": ["title"], "message": "is used elsewhere"},
        {"fields": ["-code"], "name": "code", "unique": true}],
      "actions": {"defaults": ["read"], "put": {"type": "create", "accept": ["code", "title"]}}
    }
  }
}$doc$) \gset
SELECT is_empty($$SELECT operation, sql FROM ash_plan('plan_idx')$$, 'all of them are known again');
SELECT is((SELECT string_agg(c.relname || ' ' || regexp_replace(pg_get_indexdef(c.oid), '^.* USING btree ', ''), E'\n' ORDER BY c.relname COLLATE "C")
	FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'plan_idx.doc'::regclass AND NOT indisprimary),
	'code (org, code DESC) WHERE (hidden = false)
plain (org, code)
seen (org, code) WHERE (hidden = false)
shared (code)
title (lower(title))', 'the tenant first unless all share it; the base filter where it is asked for');
SELECT ash_run_action('plan_idx.doc', 'put', '{"code": "a", "title": "T"}', '{"tenant": 1}') \gset
SELECT is(pg_temp.errors($$SELECT ash_run_action('plan_idx.doc', 'put', '{"code": "b", "title": "t"}', '{"tenant": 2}')$$), E'23505 invalid\ninvalid_attribute title: is used elsewhere', 'the fields and the message of the index');
SELECT is(pg_temp.errors($$SELECT ash_run_action('plan_idx.doc', 'put', '{"code": "a", "title": "u"}', '{"tenant": 1}')$$), E'23505 invalid\ninvalid_attribute code: has already been taken', 'or those of its keys');
SELECT is(pg_temp.errors($$SELECT ash_run_action('plan_idx.doc', 'put', '{"code": "a", "title": "u"}', '{"tenant": 2}')$$), 'no error', 'another tenant has its own');

SELECT is(pg_temp.errors($$SELECT ash_run_action('plan_idx.doc', 'put', '{"code": "z", "title": "z"}', '{"tenant": 1}')$$), E'23514 invalid\ninvalid_attribute code: must differ\ninvalid_attribute title: must differ', 'a check is an error of each of its attributes');

CREATE FUNCTION pg_temp.refused(index text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_define(%L)', replace('{"domain": "plan_idx_bad", "resources": {"a": {"attributes": {"id": "integer_primary_key"}, "custom_indexes": [INDEX]}}}', 'INDEX', index)))
$$;
SELECT matches(pg_temp.refused('{"fields": ["id"], "message": "x"}'), 'it needs "unique": true', 'nothing to violate');
SELECT matches(pg_temp.refused('{"fields": ["id"], "unique": true, "error_fields": ["ids"]}'), 'ids', 'a field that is not there');

SELECT * FROM finish();
ROLLBACK;
