\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(44);

-- Can one tenant see or change rows of another?

SELECT pg_temp.define($doc${
  "domain": "attack_tenant",
  "resources": {
    "team": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": "integer_primary_key", "org": {"type": "string", "public": true}, "name": {"type": "string", "public": true}, "secret": {"type": "string", "public": true}},
      "identities": {"by_name": ["name"]},
      "relationships": {"people": {"has_many": "attack_tenant.person", "destination_attribute": "team_id", "public": true}},
      "aggregates": {"people_count": {"count": "people", "public": true}, "names": {"list": "people", "field": "name", "public": true}},
      "calculations": {"has_people": {"type": "boolean", "expr": "exists(people, true)", "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}],
        "put": {"type": "create", "accept": ["name", "secret"], "upsert": true, "upsert_identity": "by_name"},
        "relate": {"type": "update", "accept": [], "arguments": {"people": "map[]"}, "changes": [{"manage_relationship": {"argument": "people", "relationship": "people", "on_lookup": "relate", "on_no_match": "error", "on_match": "update", "on_missing": "unrelate"}}]},
        "paged": {"type": "read", "pagination": {"keyset": true, "required": false}}}
    },
    "person": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": "integer_primary_key", "org": "string", "name": {"type": "string", "public": true}},
      "relationships": {"team": {"belongs_to": "attack_tenant.team", "attribute_type": "integer", "public": true, "attribute_public": true}},
      "calculations": {"team_name": {"type": "string", "expr": "team.name", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}]}
    },
    "item": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": {"type": "uuid", "primary_key": true, "allow_nil": false, "public": true, "writable": true}, "org": "string", "code": {"type": "string", "public": true}, "v": {"type": "string", "public": true}},
      "identities": {"by_code": {"keys": ["code"], "all_tenants": true}},
      "actions": {"defaults": ["read", {"create": "*"}],
        "put": {"type": "create", "accept": ["id", "v"], "upsert": true},
        "put_code": {"type": "create", "accept": ["id", "v", "code"], "upsert": true, "upsert_identity": "by_code"}}
    }
  }
}$doc$) \gset
SELECT ash_create('attack_tenant.team', '{"name": "A", "secret": "of a"}', '{"tenant": "a"}') AS a,
	ash_create('attack_tenant.team', '{"name": "B", "secret": "of b"}', '{"tenant": "b"}') AS b,
	ash_create('attack_tenant.person', '{"name": "P", "team_id": 2}', '{"tenant": "b"}') AS p,
	ash_create('attack_tenant.person', '{"name": "cross", "team_id": 2}', '{"tenant": "a"}') AS q,
	ash_create('attack_tenant.item', '{"id": "00000000-0000-0000-0000-000000000001", "code": "c", "v": "of b"}', '{"tenant": "b"}') AS i \gset

-- Reading.
CREATE FUNCTION pg_temp.names(options jsonb) RETURNS text LANGUAGE sql AS $$ SELECT ash_list('attack_tenant.team', 'name', '{"tenant": "a"}' || options)::text $$;
SELECT is(pg_temp.names('{}'), '["A"]', 'a read'), is(pg_temp.names('{"filter": {"org": "b"}}'), '[]', 'a filter on the tenant'),
	is(pg_temp.names('{"filter": {"or": [{"org": "b"}, {"id": 2}, {"not": {"id": 0}}]}}'), '["A"]', 'an alternative'),
	is(pg_temp.names('{"filter": {"people": {"name": "P"}}}'), '[]', 'through a relationship');
SELECT is(ash_list('attack_tenant.person', 'name', '{"tenant": "a", "filter": {"team": {"secret": "of b"}}}')::text, '[]', 'to the other''s row'),
	is(ash_list('attack_tenant.person', 'name', '{"tenant": "a", "filter": {"team_name": "B"}}')::text, '[]', 'through a calculation'),
	is(ash_read('attack_tenant.person', '{"tenant": "a", "select": ["name"], "load": ["team", "team_name"]}')::jsonb #- '{0,id}' #- '{0,_tenant}', '[{"name": "cross", "team": null, "team_name": null}]', 'loads'),
	is(ash_read('attack_tenant.team', '{"tenant": "a", "select": [], "load": ["people", "people_count", "names", "has_people"]}')::jsonb #- '{0,_tenant}',
		'[{"id": 1, "people": [], "people_count": 0, "names": [], "has_people": false}]', 'aggregates of them');
SELECT is(ash_count('attack_tenant.team', '{"tenant": "a"}'), 1::bigint, 'count'), is(ash_exists('attack_tenant.team', '{"tenant": "a", "filter": {"name": "B"}}'), false, 'exists'),
	is(ash_max('attack_tenant.team', 'secret', '{"tenant": "a"}')::text, '"of a"', 'max'), is(ash_max('attack_tenant.team', 'secret', '{"tenant": "a", "filter": {"org": "b"}}')::text, 'null', 'max of nothing');

-- By key.
SELECT is(pg_temp.errors($$SELECT ash_get('attack_tenant.team', '2', '{"tenant": "a"}')$$), E'22023 invalid\nnot_found: record with id: 2 not found', 'get'),
	is(pg_temp.errors($$SELECT ash_get('attack_tenant.team', '{"name": "B"}', '{"tenant": "a"}')$$), E'22023 invalid\nnot_found: record with name: "B" not found', 'get by identity'),
	matches(pg_temp.errors($$SELECT ash_reload('attack_tenant.team', '2', '{"tenant": "a"}')$$), 'not_found', 'reload'),
	matches(pg_temp.errors($$SELECT ash_load('attack_tenant.team', '[{"id": 2, "org": "b"}]', '["people"]', '{"tenant": "a"}')$$), 'not_found', 'load onto a record'),
	matches(pg_temp.errors($$SELECT ash_calculate('attack_tenant.team', 'has_people', '{}', '{"tenant": "a", "record": 2}')$$), 'not_found', 'calculate');

-- Changing.
SELECT matches(pg_temp.errors($$SELECT ash_update('attack_tenant.team', '2', '{"name": "x"}', '{"tenant": "a"}')$$), 'stale_record', 'update'),
	matches(pg_temp.errors($$SELECT ash_update('attack_tenant.team', '{"name": "B"}', '{"secret": "x"}', '{"tenant": "a"}')$$), 'stale_record', 'update by identity'),
	matches(pg_temp.errors($$SELECT ash_destroy('attack_tenant.team', '2', '{}', '{"tenant": "a"}')$$), 'stale_record', 'destroy'),
	is(ash_bulk_update('attack_tenant.team', '{"secret": "x"}', '{"tenant": "a", "filter": {"id": 2}, "return_records": true}')->>'records', '[]', 'bulk update'),
	is(ash_bulk_destroy('attack_tenant.team', '{}', '{"tenant": "a", "filter": {"org": "b"}, "return_records": true}')->>'records', '[]', 'bulk destroy'),
	matches(pg_temp.errors($$SELECT ash_bulk_update('attack_tenant.team', '{"secret": "x"}', '{"tenant": "a", "records": [2]}')$$), 'stale_record', 'bulk update of records'),
	matches(pg_temp.errors($$SELECT ash_update('attack_tenant.team', '1', '{"people": [{"id": 1}]}', '{"action": "relate", "tenant": "a"}')$$), 'not_found|stale_record', 'relating another''s row');
SELECT is(ash_create('attack_tenant.team', '{"name": "A2", "org": "b"}', '{"tenant": "a"}')->>'org', 'a', 'no row is created for another tenant'),
	is(ash_update('attack_tenant.team', '1', '{"org": "b"}', '{"tenant": "a"}')->>'org', 'a', 'nor moved there'),
	is(ash_bulk_update('attack_tenant.team', '{"org": "b"}', '{"tenant": "a", "filter": {"id": 1}, "return_records": true}')->'records'->0->>'org', 'a', 'nor in bulk'),
	is((ash_update('attack_tenant.team', '2', '{"secret": "of b!"}', '{"tenant": "b"}'))->>'secret', 'of b!', 'the tenant itself changes its row');

-- Upserts.
SELECT is(ash_create('attack_tenant.team', '{"name": "B", "secret": "mine"}', '{"action": "put", "tenant": "a"}')->>'org', 'a', 'an identity is one of the tenant''s'),
	matches(pg_temp.errors($$SELECT ash_create('attack_tenant.item', '{"id": "00000000-0000-0000-0000-000000000001", "v": "stolen"}', '{"action": "put", "tenant": "a"}')$$), 'id: has already been taken', 'a primary key may be another''s: its row stays'),
	matches(pg_temp.errors($$SELECT ash_create('attack_tenant.item', '{"id": "00000000-0000-0000-0000-000000000002", "code": "c", "v": "stolen"}', '{"action": "put_code", "tenant": "a"}')$$), 'code: has already been taken', 'so may an identity of all tenants'),
	is(ash_bulk_create('attack_tenant.item', '[{"id": "00000000-0000-0000-0000-000000000001", "v": "stolen"}]', '{"action": "put", "tenant": "a"}')->>'status', 'error', 'also in bulk'),
	is(ash_create('attack_tenant.item', '{"id": "00000000-0000-0000-0000-000000000001", "v": "b2"}', '{"action": "put", "tenant": "b"}')->>'v', 'b2', 'one''s own is overwritten');
SELECT is((SELECT string_agg(concat_ws(' ', org, code, v), ', ') FROM attack_tenant.item), 'b c b2', 'what is stored'),
	is((SELECT string_agg(concat_ws(' ', org, name, secret), ', ' ORDER BY id) FROM attack_tenant.team), 'a A of a, b B of b!, a A2, a B mine', 'of the teams');

-- No tenant, and what is none.
SELECT matches(pg_temp.errors(format('SELECT ash_read(%L, %L)', 'attack_tenant.team', options)), expected, options)
FROM (VALUES ('{}', 'tenant_required'), ('{"tenant": null}', 'tenant_required'), ('{"tenant": ["a"]}', 'invalid_option'), ('{"tenant": {"a": 1}}', 'invalid_option'), ('{"tenant": 1e400}', 'invalid_option')) AS shapes (options, expected);
SELECT matches(pg_temp.errors($$SELECT ash_count('attack_tenant.team')$$), 'tenant_required', 'count without one'), matches(pg_temp.errors($$SELECT ash_bulk_destroy('attack_tenant.team')$$), 'tenant_required', 'bulk destroy'),
	is(ash_bulk_create('attack_tenant.team', '[{"name": "x"}]')->>'status', 'error', 'bulk create'), matches(pg_temp.errors($$SELECT ash_load('attack_tenant.team', '1', '["people"]')$$), 'tenant_required', 'load');

SELECT * FROM finish();
ROLLBACK;
