\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(35);

-- Does a resource with "definer" give its rows to who reaches it from one with "invoker", and only those its policies let through?

CREATE ROLE dr_owner; CREATE ROLE dr_other; CREATE ROLE dr_web;
GRANT CREATE ON DATABASE :"DBNAME" TO dr_owner, dr_other;
SET ROLE dr_owner;
SELECT pg_temp.define($doc${
  "domain": "dr",
  "resources": {
    "team": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {
        "pays": {"has_many": "dr.pay", "public": true, "sort": ["id"]},
        "raw_pays": {"has_many": "dr.pay", "public": true, "authorize": false},
        "badges": {"many_to_many": "dr.badge", "through": "dr.team_badge", "public": true, "sort": ["id"]},
        "vips": {"has_many": "dr.badge", "through": ["badges"], "public": true, "sort": ["id"]},
        "logs": {"has_many": "dr.log", "public": true}
      },
      "aggregates": {"pay_count": {"count": "pays", "public": true}, "pay_sum": {"sum": "pays", "field": "amount", "public": true},
        "raw_count": {"count": "pays", "authorize": false, "public": true}, "badge_count": {"count": "badges", "public": true}, "log_count": {"count": "logs", "public": true},
        "pay_log_count": {"count": "pays.logs", "public": true}},
      "calculations": {"any_pay": {"type": "boolean", "expr": "exists(pays, true)", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "pay": {
      "security": "definer",
      "attributes": {"id": "integer_primary_key", "who": {"type": "string", "public": true}, "amount": {"type": "integer", "public": true}, "team_id": {"type": "integer", "public": true}},
      "relationships": {"logs": {"has_many": "dr.log", "public": true}, "grants": {"has_many": "dr.grant"}},
      "calculations": {"double": {"type": "integer", "expr": "amount * 2", "public": true}, "friends": {"type": "boolean", "expr": "exists(grants, true)", "public": true}},
      "aggregates": {"log_count": {"count": "logs", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "who = actor.name"}}, {"authorize_if": {"expr": "exists(grants, reader = actor.name)"}}]}],
      "field_policies": [{"fields": ["amount"], "checks": [{"authorize_if": {"expr": "who = actor.name"}}]}, {"fields": "*", "checks": [{"authorize_if": "always"}]}]
    },
    "badge": {
      "security": "definer",
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "name <> 'secret'"}}]}]
    },
    "team_badge": {
      "security": "definer",
      "attributes": {"team_id": {"type": "integer", "primary_key": true, "allow_nil": false}, "badge_id": {"type": "integer", "primary_key": true, "allow_nil": false}, "shown": {"type": "boolean", "default": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "shown"}}]}]
    },
    "grant": {
      "security": "definer",
      "attributes": {"id": "integer_primary_key", "reader": {"type": "string", "public": true}, "pay_id": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"forbid_if": "always"}]}]
    },
    "diary": {
      "attributes": {"id": "integer_primary_key", "who": {"type": "string", "public": true}, "team_id": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "who = actor.name"}}]}]
    },
    "log": {"attributes": {"id": "integer_primary_key", "pay_id": {"type": "integer", "public": true}, "team_id": {"type": "integer", "public": true}}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
INSERT INTO dr.team (name) VALUES ('a'), ('b');
INSERT INTO dr.pay (who, amount, team_id) VALUES ('ann', 10, 1), ('bob', 20, 1), ('cid', 40, 2), ('ann', 80, 2);
INSERT INTO dr.grant (reader, pay_id) VALUES ('ann', 2);
INSERT INTO dr.badge (name) VALUES ('x'), ('secret'), ('y');
INSERT INTO dr.team_badge VALUES (1, 1, true), (1, 2, true), (1, 3, false), (2, 3, true);
INSERT INTO dr.log (pay_id, team_id) VALUES (1, 1);
INSERT INTO dr.diary (who, team_id) VALUES ('ann', 1), ('bob', 1);
GRANT USAGE ON SCHEMA dr TO dr_web, dr_other;
GRANT SELECT ON dr.team, dr.diary TO dr_web, dr_other;
RESET ROLE;

-- A value of each team, as a role without a privilege on the other tables.
CREATE FUNCTION pg_temp.teams(load text, options jsonb DEFAULT '{}', path text DEFAULT NULL, role name DEFAULT 'dr_web', resource text DEFAULT 'dr.team') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.as_role(role, format('SELECT string_agg(jsonb_path_query_array(t, %L)::text, '' '' ORDER BY t->>''id'') FROM jsonb_array_elements(ash_read(%L, %L)::jsonb) AS t',
		coalesce(path, '$.' || (load::jsonb->>0)), resource, '{"actor": {"name": "ann"}, "select": ["name"]}' || options || jsonb_build_object('load', load::jsonb)))
$$;
CREATE FUNCTION pg_temp.denied(what text) RETURNS text LANGUAGE sql AS $$ SELECT '42501: permission denied for table ' || what $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_temp TO PUBLIC;

SELECT is(pg_temp.as_role('dr_web', 'SELECT count(*) FROM dr.pay'), pg_temp.denied('pay'), 'the table itself is closed'),
	is(pg_temp.teams('["pays"]', '{}', '$.pays[*].id'), '[1, 2] [4]', 'a load gives what the policies let through, also those that look at another such resource'),
	is(pg_temp.teams('["pays"]', '{"actor": {"name": "bob"}}', '$.pays[*].id'), '[2] []', 'and nothing else'),
	is(pg_temp.teams('["pays"]', '{}', '$.pays[*].amount'), '[10, null] [80]', 'field policies hold'),
	is(pg_temp.teams('[{"pays": {"load": ["double"], "sort": "id", "limit": 1}}]', '{}', '$.pays[*].double'), '[20] [160]', 'calculations and limits'),
	is(pg_temp.teams('[{"pays": ["friends"]}]', '{}', '$.pays[*].friends'), '[false, true] [false]', 'what its own definition reaches is its own affair'),
	is(pg_temp.teams('["badges"]', '{}', '$.badges[*].name'), '["x"] ["y"]', 'many_to_many, with the policies of the resource between'),
	is(pg_temp.teams('["vips"]', '{}', '$.vips[*].name'), '["x"] ["y"]', 'through a path'),
	is(pg_temp.teams('[{"pays": {"page": {"limit": 1, "count": true}}}]', '{}', '$.pays.count'), '[2] [1]', 'pages are counted');
SELECT is(pg_temp.teams('["pay_count"]'), '[2] [1]', 'an aggregate counts the same rows'),
	is(pg_temp.teams('["pay_sum"]'), '[10] [80]', 'without masked fields'),
	is(pg_temp.teams('["badge_count"]'), '[1] [1]', 'many_to_many'),
	is(pg_temp.teams('["pay_count"]', '{"actor": {"name": "nobody"}}'), '[0] [0]', 'somebody else counts none'),
	is(pg_temp.teams('["name"]', '{"filter": {"pays": {"who": "bob"}}}'), '["a"]', 'a filter finds by them'),
	is(pg_temp.teams('["name"]', '{"filter": {"pays": {"who": "cid"}}}'), NULL, 'and not by hidden ones'),
	is(pg_temp.teams('["name"]', '{"sort": "-pay_sum", "limit": 1}'), '["b"]', 'a sort'),
	is(pg_temp.as_role('dr_web', $$SELECT ash_load('dr.team', '[1]', '["pay_count"]', '{"actor": {"name": "bob"}, "select": []}')::jsonb #>> '{0,pay_count}'$$), '1', 'records that are held');
SELECT is(pg_temp.teams('["logs"]'), pg_temp.denied('log'), 'a resource with "invoker" still needs the privilege'),
	is(pg_temp.teams('["log_count"]'), pg_temp.denied('log'), 'in an aggregate'),
	is(pg_temp.teams('["pay_log_count"]'), pg_temp.denied('log'), 'behind a "definer" one'),
	is(pg_temp.teams('[{"pays": ["logs"]}]', '{}', '$.pays'), pg_temp.denied('log'), 'in a nested load'),
	is(pg_temp.teams('[{"pays": ["log_count"]}]', '{}', '$.pays'), pg_temp.denied('log'), 'in its aggregate');
SELECT is(pg_temp.teams('["raw_pays"]'), pg_temp.denied('pay'), 'a relationship that is not authorized gives no rights'),
	is(pg_temp.teams('["raw_count"]'), pg_temp.denied('pay'), 'nor does an aggregate'),
	is(pg_temp.teams('["any_pay"]'), pg_temp.denied('pay'), 'nor an expression that asks no policies');

-- Who cannot read the table cannot make a path to it either.
SET ROLE dr_other;
CREATE SCHEMA dr_other;
CREATE FUNCTION dr_other.diaries(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_agg(jsonb_array_length(r -> 'diaries')) FROM jsonb_array_elements(records) AS r
$$;
SELECT pg_temp.define($doc${
  "domain": "dr_other",
  "resources": {
    "spy": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {"pays": {"has_many": "dr.pay", "destination_attribute": "team_id", "public": true}, "team": {"has_one": "dr.team", "source_attribute": "id", "destination_attribute": "id", "public": true},
        "diaries": {"has_many": "dr.diary", "destination_attribute": "team_id", "public": true}, "raw_diaries": {"has_many": "dr.diary", "destination_attribute": "team_id", "public": true, "authorize": false}},
      "calculations": {"seen": {"type": "integer", "batch_function": "dr_other.diaries", "load": ["diaries"], "public": true}},
      "aggregates": {"raw_count": {"count": "diaries", "authorize": false, "public": true}, "pay_count": {"count": "pays", "public": true}, "deep_count": {"count": "team.pays", "public": true}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
INSERT INTO dr_other.spy (name) VALUES ('s');
RESET ROLE;
SELECT is(pg_temp.teams('["pays"]', '{}', NULL, 'dr_other', 'dr_other.spy'), pg_temp.denied('pay'), 'a load from somebody else''s resource'),
	is(pg_temp.teams('["pay_count"]', '{}', NULL, 'dr_other', 'dr_other.spy'), pg_temp.denied('pay'), 'an aggregate of one'),
	is(pg_temp.teams('["name"]', '{"filter": {"team": {"name": "a"}}}', NULL, 'dr_other', 'dr_other.spy'), '["s"]', 'a path to an open table'),
	matches(pg_temp.teams('["name"]', '{"filter": {"team": {"pays": {"who": "ann"}}}}', NULL, 'dr_other', 'dr_other.spy'), '^42501: permission denied for table', 'and on from there'),
	is(pg_temp.teams('["deep_count"]', '{}', NULL, 'dr_other', 'dr_other.spy'), pg_temp.denied('pay'), 'an aggregate on from there');
-- Nor can he waive its policies.
SELECT is(pg_temp.teams('["diaries"]', '{}', '$.diaries[*].who', 'dr_other', 'dr_other.spy'), '["ann"]', 'a load from somebody else''s resource'),
	is(pg_temp.teams('["raw_diaries"]', '{}', '$.raw_diaries[*].who', 'dr_other', 'dr_other.spy'), '["ann"]', 'one that is not to be authorized'),
	is(pg_temp.teams('["seen"]', '{}', NULL, 'dr_other', 'dr_other.spy'), '[1]', 'what a function of his is given'),
	is(pg_temp.teams('["raw_count"]', '{}', NULL, 'dr_other', 'dr_other.spy'), '[1]', 'an aggregate that is not to be authorized'),
	is(pg_temp.teams('["diaries"]', '{"authorize": false}', '$.diaries[*].who', 'dr_other', 'dr_other.spy'), '["ann"]', 'a call that is not to be authorized');

SELECT * FROM finish();
ROLLBACK;
