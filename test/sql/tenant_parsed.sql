\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(16);

-- Does a function between tenant and attribute hold wherever the tenant counts?

CREATE SCHEMA tp_app;
CREATE FUNCTION tp_app.org(tenant text) RETURNS bigint IMMUTABLE LANGUAGE sql AS $$ SELECT substring(tenant from '^org_(\d+)$')::bigint $$;
CREATE FUNCTION tp_app.wild(tenant text) RETURNS bigint VOLATILE LANGUAGE sql AS $$ SELECT 1::bigint $$;
CREATE FUNCTION tp_app.text(tenant text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT tenant $$;
CREATE ROLE tp_web;
SELECT pg_temp.define($doc${
  "domain": "tp",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "org": {"type": "integer"}},
      "multitenancy": {"strategy": "attribute", "attribute": "org", "parse_attribute": "tp_app.org"},
      "relationships": {"same": {"has_many": "tp.item", "no_attributes": true, "filter": "name = parent.name", "public": true}},
      "aggregates": {"same_count": {"count": "same", "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": ["name"]}, {"update": ["name"]}]},
      "code_interface": {"items": {"action": "read"}}
    },
    "open": {
      "attributes": {"id": "integer_primary_key", "org": {"type": "integer"}},
      "multitenancy": {"strategy": "attribute", "attribute": "org", "parse_attribute": "tp_app.org", "global": true},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
SELECT ash_create('tp.item', '{"name": "a"}', '{"tenant": "org_7"}'), ash_create('tp.item', '{"name": "a"}', '{"tenant": "org_8"}') \gset
INSERT INTO tp.open (org) VALUES (7), (8);
GRANT USAGE ON SCHEMA tp, tp_app TO tp_web; GRANT SELECT ON ALL TABLES IN SCHEMA tp TO tp_web;

SELECT is((SELECT string_agg(org::text, ' ' ORDER BY id) FROM tp.item), '7 8', 'a create stores what the function returns'),
	is(ash_read('tp.item', '{"tenant": "org_7", "select": ["name"]}')::jsonb, '[{"id": 1, "name": "a", "_tenant": "org_7"}]', 'a read is about it, and keeps the tenant'),
	is(ash_get('tp.item', '1', '{"tenant": "org_7", "load": ["same_count"]}')::jsonb->>'same_count', '1', 'an aggregate'),
	is(json_array_length(ash_load('tp.item', '[1]', '["same"]', '{"tenant": "org_7"}')->0->'same'), 1, 'a load'),
	matches(pg_temp.errors($$SELECT ash_update('tp.item', '1', '{"name": "b"}', '{"tenant": "org_8"}')$$), 'stale', 'an update of another tenant''s row'),
	is((SELECT ash_update('tp.item', '1', '{"name": "b"}', '{"tenant": "org_7"}')->>'name'), 'b', 'an update'),
	is(pg_temp.errors($$SELECT ash_read('tp.item', '{"tenant": "elsewhere"}')$$), E'22023 invalid\ninvalid_option tenant: elsewhere is no tenant of tp.item', 'a tenant that the function does not know'),
	matches(pg_temp.errors($$SELECT ash_read('tp.item')$$), 'tenant_required', 'none');
SELECT is(json_array_length(ash_read('tp.open', '{"tenant": "org_7"}')), 1, 'a global resource with a tenant'), is(json_array_length(ash_read('tp.open')), 2, 'and without');

SELECT set_config('ash.tenant', 'org_8', true) AS t \gset
SELECT is(pg_temp.as_role('tp_web', 'SELECT org FROM tp.item'), '8', 'ordinary SQL sees the session''s tenant'),
	is(pg_temp.as_role('tp_web', 'SELECT org FROM tp.open'), '8', 'of a global resource too'),
	is((SELECT string_agg(org::text, ' ') FROM tp.items()), '8', 'so do typed functions');

CREATE FUNCTION pg_temp.faults(name text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_define(%L)', format('{"domain": "tp2", "resources": {"a": {"attributes": {"id": "integer_primary_key", "org": "integer"}, "multitenancy": {"attribute": "org", "parse_attribute": %s}}}}', to_json(name))))
$$;
SELECT matches(pg_temp.faults('tp_app.nope'), 'there is no stable or immutable function tp_app.nope\(text\) returning', 'a function that is not there'),
	matches(pg_temp.faults('tp_app.wild'), 'no stable or immutable function', 'one that is volatile'),
	matches(pg_temp.faults('tp_app.text'), 'no stable or immutable function', 'one of another type');

SELECT * FROM finish();
ROLLBACK;
