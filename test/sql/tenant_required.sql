\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(6);

-- Is a missing tenant the same error for reads and writes, and does it say what to do?

SELECT pg_temp.define($doc${
  "domain": "tenant_required",
  "resources": {
    "item": {"multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": "integer_primary_key", "org": {"type": "string"}, "name": {"type": "string", "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}}
  }
}$doc$) \gset
INSERT INTO tenant_required.item (org, name) VALUES ('a', 'one');

SELECT matches(pg_temp.errors(statement), '^22023 invalid\ntenant_required', what)
FROM (VALUES ('read', $$SELECT ash_read('tenant_required.item')$$),
	('create', $$SELECT ash_create('tenant_required.item', '{"name": "two"}')$$),
	('update', $$SELECT ash_run_action('tenant_required.item', 'update', '{"name": "two"}', '{"record": 1}')$$)) AS calls (what, statement);
SELECT is(ash_bulk_create('tenant_required.item', '[{"name": "two"}]', '{"return_errors": true}')#>>'{errors,0,errors,0,code}', 'tenant_required', 'bulk create');
SELECT is(pg_temp.caught($$SELECT ash_create('tenant_required.item', '{"name": "two"}')$$)->>'hint', 'Pass the option tenant, or SET ash.tenant.', 'with a hint');
SET LOCAL ash.tenant = 'a';
SELECT is(ash_create('tenant_required.item', '{"name": "two"}')->>'name', 'two', 'which helps');

SELECT * FROM finish();
ROLLBACK;
