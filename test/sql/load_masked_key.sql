\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(17);

-- Related rows are found by keys that the caller may not see: are they all there, and does the key stay hidden?

SELECT pg_temp.define($doc${
  "domain": "load_masked_key",
  "resources": {
    "team": {
      "attributes": {"id": "integer_primary_key", "code": {"type": "string", "public": true}, "open": {"type": "boolean", "public": true}},
      "relationships": {"members": {"has_many": "load_masked_key.person", "source_attribute": "code", "destination_attribute": "team_code", "sort": ["id"], "public": true},
        "first": {"has_one": "load_masked_key.person", "source_attribute": "code", "destination_attribute": "team_code", "from_many": true, "sort": ["id"], "public": true},
        "skills": {"many_to_many": "load_masked_key.skill", "through": "load_masked_key.team_skill", "source_attribute": "code", "source_attribute_on_join_resource": "team_code", "destination_attribute_on_join_resource": "skill_id", "sort": ["id"], "public": true},
        "like": {"has_many": "load_masked_key.person", "source_attribute": "code", "destination_attribute": "team_code", "filter": "name like 'B%' and parent.open", "sort": ["id"], "public": true}},
      "aggregates": {"size": {"count": "members", "public": true}},
      "calculations": {"letters": {"type": "integer", "expr": "string_length(code)", "public": true}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}],
      "field_policies": [{"fields": ["code"], "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "admin", "value": true}}}, {"authorize_if": {"expr": "open and not is_nil(actor.guest)"}}]}, {"fields": "*", "checks": [{"authorize_if": "always"}]}],
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"offset": true, "keyset": true, "required": false}}, "create": {"type": "create", "primary": true, "accept": ["code", "open"]}, "update": {"type": "update", "primary": true, "accept": ["open"]}}
    },
    "person": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "team_code": {"type": "string", "public": true}},
      "relationships": {"team": {"belongs_to": "load_masked_key.team", "source_attribute": "team_code", "destination_attribute": "code", "define_attribute": false, "public": true}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}],
      "field_policies": [{"fields": ["team_code"], "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "admin", "value": true}}}]}, {"fields": "*", "checks": [{"authorize_if": "always"}]}],
      "actions": {"defaults": ["read"]}
    },
    "skill": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "team_skill": {"attributes": {"team_code": {"type": "string", "primary_key": true, "allow_nil": false}, "skill_id": {"type": "integer", "primary_key": true, "allow_nil": false}}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
INSERT INTO load_masked_key.team (code, open) VALUES ('red', true), ('blue', false), (NULL, true);
INSERT INTO load_masked_key.person (name, team_code) VALUES ('Ann', 'red'), ('Bob', 'red'), ('Bea', 'blue'), ('Cid', NULL);
INSERT INTO load_masked_key.skill (name) VALUES ('s1'), ('s2');
INSERT INTO load_masked_key.team_skill VALUES ('red', 1), ('red', 2), ('blue', 2);

-- Rows as "field:related rows", with what is said to be forbidden.
CREATE FUNCTION pg_temp.rows(rows jsonb, field text, related text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat(r ->> field, r -> '_forbidden', ':', (SELECT string_agg(coalesce(x ->> 'name', x ->> 'id'), ' ' ORDER BY n) FROM jsonb_array_elements(CASE jsonb_typeof(r -> related) WHEN 'array' THEN r -> related ELSE jsonb_build_array(r -> related) END) WITH ORDINALITY AS e (x, n))), '; ' ORDER BY o)
	FROM jsonb_array_elements(rows) WITH ORDINALITY AS e (r, o)
$$;
CREATE FUNCTION pg_temp.teams(load text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.rows(ash_read('load_masked_key.team', jsonb_build_object('sort', 'id', 'select', '["code"]'::jsonb, 'load', load))::jsonb, 'code', load)
$$;

-- Nobody's key, those of some rows, and all.
SELECT set_config('ash.actor', '{}', true) AS ignored \gset
SELECT is(pg_temp.teams('members'), '["code"]:Ann Bob; ["code"]:Bea; ["code"]:', 'has_many'), is(pg_temp.teams('first'), '["code"]:Ann; ["code"]:Bea; ["code"]:', 'has_one'),
	is(pg_temp.teams('skills'), '["code"]:s1 s2; ["code"]:s2; ["code"]:', 'many_to_many'), is(pg_temp.teams('like'), '["code"]:Bob; ["code"]:; ["code"]:', 'with a filter over the source');
SELECT is(pg_temp.rows(ash_read('load_masked_key.person', '{"sort": "id", "load": {"team": {"select": ["code"]}}}')::jsonb, 'team_code', 'team'), '["team_code"]:1; ["team_code"]:1; ["team_code"]:2; ["team_code"]:', 'belongs_to'),
	is(ash_get('load_masked_key.person', '1', '{"select": [], "load": ["team"]}')::jsonb, '{"id": 1, "team": {"id": 1, "code": null, "open": true, "_forbidden": ["code"]}}', 'a key that is not selected'),
	is(ash_read('load_masked_key.person', '{"sort": "id", "limit": 1, "select": [], "load": {"team": {"select": [], "load": {"members": {"select": ["name", "team_code"], "limit": 1}}}}}')::jsonb, '[{"id": 1, "team": {"id": 1, "members": [{"id": 1, "name": "Ann", "team_code": null, "_forbidden": ["team_code"]}]}}]', 'nested');
SELECT set_config('ash.actor', '{"guest": 1}', true) AS ignored \gset
SELECT is(pg_temp.teams('members'), 'red:Ann Bob; ["code"]:Bea; :', 'some of the keys are shown');
SELECT set_config('ash.actor', '{"admin": true}', true) AS ignored \gset
SELECT is(pg_temp.teams('members'), 'red:Ann Bob; blue:Bea; :', 'all');

-- In pages, with writes, onto records that are held.
SELECT set_config('ash.actor', '{}', true) AS ignored \gset
SELECT is(pg_temp.rows(ash_read('load_masked_key.team', '{"sort": "id", "page": {"limit": 2, "offset": 1}, "load": ["members"]}')::jsonb -> 'results', 'code', 'members'), '["code"]:Bea; ["code"]:', 'a page'),
	is(ash_update('load_masked_key.team', '1', '{"open": true}', '{"select": [], "load": ["skills"]}')::jsonb, '{"id": 1, "skills": [{"id": 1, "name": "s1"}, {"id": 2, "name": "s2"}]}', 'with an update'),
	is(ash_create('load_masked_key.team', '{"code": "blue"}', '{"select": ["code"], "load": ["first"]}')::jsonb - 'id', '{"code": null, "first": {"id": 3, "name": "Bea", "team_code": null, "_forbidden": ["team_code"]}, "_forbidden": ["code"]}', 'with a create'),
	is(pg_temp.rows(ash_load('load_masked_key.team', '[1, 2]', '["members"]')::jsonb, 'code', 'members'), '["code"]:Ann Bob; ["code"]:Bea', 'ash_load'),
	is((SELECT string_agg(pg_temp.rows(jsonb_build_array(row::jsonb), 'code', 'first'), ' ') FROM ash_stream('load_masked_key.team', '{"batch_size": 1, "sort": "id", "filter": {"id": {"lt": 3}}, "load": ["first"]}') AS row), '["code"]:Ann ["code"]:Bea', 'a stream');

-- What else depends on a hidden field.
SELECT is(ash_get('load_masked_key.team', '1', '{"select": [], "load": ["letters", "size"]}')::jsonb, '{"id": 1, "letters": 3, "size": 2}', 'a calculation and an aggregate'),
	is(ash_list('load_masked_key.person', 'id', '{"filter": {"team": {"open": true}}, "sort": "id"}')::jsonb, '[1, 2]', 'a filter along the relationship'),
	is(ash_list('load_masked_key.person', 'id', '{"sort": "team.open,id"}')::jsonb, '[3, 1, 2, 4]', 'a sort along it');

SELECT * FROM finish();
ROLLBACK;
