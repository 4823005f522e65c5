\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(39);

-- Can the value of a field be found out by somebody whom its policy does not show it?  An oracle is a leak as well.

SELECT pg_temp.define($doc${
  "domain": "attack_fields",
  "resources": {
    "dept": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {"staff": {"has_many": "attack_fields.staff", "destination_attribute": "dept_id", "public": true}},
      "aggregates": {"pay": {"sum": "staff", "field": "salary", "public": true}, "top": {"max": "staff", "field": "salary", "public": true}, "all_pay": {"list": "staff", "field": "salary", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}]}
    },
    "staff": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "salary": {"type": "integer", "public": true}, "own": {"type": "integer", "public": true}},
      "identities": {"by_salary": ["salary"]},
      "relationships": {"dept": {"belongs_to": "attack_fields.dept", "attribute_type": "integer", "public": true, "attribute_public": true}, "boss": {"belongs_to": "attack_fields.staff", "attribute_type": "integer", "public": true, "attribute_public": true}},
      "field_policies": [{"fields": ["salary"], "checks": [{"authorize_if": {"expr": "own = actor.id"}}]}, {"fields": "*", "checks": [{"authorize_if": "always"}]}],
      "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}],
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}
    }
  }
}$doc$) \gset
INSERT INTO attack_fields.dept (name) VALUES ('D');
INSERT INTO attack_fields.staff (name, salary, own, dept_id, boss_id) VALUES ('x', 111, 1, 1, NULL), ('y', 777, 2, 1, 1), ('z', 5, 3, 1, 2);
SELECT set_config('ash.actor', '{"id": 1}', true) AS ignored \gset

CREATE FUNCTION pg_temp.names(options jsonb) RETURNS text LANGUAGE sql AS $$ SELECT ash_list('attack_fields.staff', 'name', options)::text $$;

SELECT is((SELECT string_agg(concat(r->>'salary', r->>'_forbidden'), ' ' ORDER BY r->>'name') FROM json_array_elements(ash_read('attack_fields.staff')) r), '111 ["salary"] ["salary"]', 'reading');

-- Filters.
SELECT is(pg_temp.names(jsonb_build_object('filter', filter::jsonb)), expected, filter) FROM (VALUES
	('{"salary": 777}', '[]'), ('{"salary": 111}', '["x"]'), ('{"salary": {"gt": 1}}', '["x"]'), ('{"not": {"salary": {"lt": 700}}}', '[]'), ('{"salary": {"in": [777, 5]}}', '[]'),
	('{"salary": {"is_nil": false}}', '["x"]'), ('{"salary": {"not_eq": 777}}', '["x"]'), ('{"boss": {"salary": 777}}', '[]'), ('{"boss": {"salary": 111}}', '["y"]'), ('{"dept": {"top": 777}}', '[]'), ('{"dept": {"staff": {"salary": 777}}}', '[]')) AS filters (filter, expected);

-- Sorting and distinct.
SELECT is(pg_temp.names('{"sort": "salary,id"}'), '["x","y","z"]', 'sort: what is hidden is null'), is(pg_temp.names('{"sort": "-salary,-id"}'), '["z","y","x"]', 'descending'),
	is(json_array_length(ash_read('attack_fields.staff', '{"distinct": ["salary"]}')), 2, 'distinct');

-- Aggregates.
SELECT is(ash_sum('attack_fields.staff', 'salary')::text, '111', 'sum'), is(ash_max('attack_fields.staff', 'salary')::text, '111', 'max'), is(ash_min('attack_fields.staff', 'salary')::text, '111', 'min'), is(ash_list('attack_fields.staff', 'salary')::text, '[111]', 'list'),
	is(ash_first('attack_fields.staff', 'salary', '{"filter": {"name": "y"}}')::text, 'null', 'first'), is(ash_count('attack_fields.staff', '{"filter": {"salary": 777}}'), 0::bigint, 'count'), is(ash_exists('attack_fields.staff', '{"filter": {"salary": 777}}'), false, 'exists');
SELECT is(ash_read('attack_fields.dept', '{"select": [], "load": ["pay", "top", "all_pay"]}')::jsonb, '[{"id": 1, "pay": 111, "top": 111, "all_pay": [111]}]', 'declared aggregates');

-- Keys: an identity over a hidden field finds nothing.
SELECT matches(pg_temp.errors($$SELECT ash_get('attack_fields.staff', '{"salary": 777}')$$), 'not_found', 'get by identity'), is(ash_get('attack_fields.staff', '{"salary": 111}')->>'name', 'x', 'by what one may see'),
	matches(pg_temp.errors($$SELECT ash_update('attack_fields.staff', '{"salary": 777}', '{"name": "q"}')$$), 'stale_record', 'update'), matches(pg_temp.errors($$SELECT ash_destroy('attack_fields.staff', '{"salary": 777}')$$), 'stale_record', 'destroy'),
	matches(pg_temp.errors($$SELECT ash_load('attack_fields.staff', '{"salary": 777}', '["dept"]')$$), 'not_found', 'load');

-- What writes give back.
SELECT is(ash_update('attack_fields.staff', '2', '{"name": "Y"}')->>'salary', NULL, 'update'), is(ash_update('attack_fields.staff', '1', '{"name": "X"}')->>'salary', '111', 'of one''s own'),
	is(ash_try_action('attack_fields.staff', 'update', '{"name": "Y"}', '{"record": 2}')->'result'->>'salary', NULL, 'try'),
	is(ash_bulk_update('attack_fields.staff', '{"name": "Y"}', '{"filter": {"id": 2}, "return_records": true}')->'records'->0->>'salary', NULL, 'bulk'),
	is(ash_bulk_update('attack_fields.staff', '{"name": "q"}', '{"filter": {"salary": 777}, "return_records": true}')->>'records', '[]', 'bulk by a hidden field'),
	is(ash_reload('attack_fields.staff', '2')->>'salary', NULL, 'reload'),
	is(ash_load('attack_fields.staff', '{"id": 3, "salary": 5}', '["boss"]')->'boss'->>'salary', NULL, 'loaded'),
	is(ash_load('attack_fields.staff', '{"id": 3, "salary": 5}', '["boss"]')->>'salary', NULL, 'and what the caller made up'),
	is(ash_update('attack_fields.staff', '2', '{"name": "Y"}', '{"return_notifications": true}')->'notifications'->0->'data'->>'salary', NULL, 'a notification'),
	is(ash_update('attack_fields.staff', '3', '{"name": "Z"}', '{"return_notifications": true, "load": ["boss"]}')->'notifications'->0->'data'->'boss'->>'salary', NULL, 'and what is loaded for it'),
	is(ash_destroy('attack_fields.staff', '3', '{}', '{"return_destroyed": true}')->>'salary', NULL, 'destroyed');

SELECT * FROM finish();
ROLLBACK;
