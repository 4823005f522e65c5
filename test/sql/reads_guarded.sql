\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(80);

-- Do the rules of a read hold on its less travelled ways: policies that ask for the action or the context, rows for which they say null, keys that are half given?

CREATE FUNCTION public.reads_guarded_made(query jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT '[]'::jsonb $$;
SELECT pg_temp.define($doc${
  "domain": "reads_guarded",
  "resources": {
    "staff": {
      "default_context": {"zone": "blue"},
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "salary": {"type": "integer", "public": true}, "bonus": {"type": "integer", "public": true},
        "room": {"type": "string", "public": true}, "hidden": "string", "number": {"type": "integer", "public": true}},
      "identities": {"name": ["name"]},
      "relationships": {"papers": {"has_many": "reads_guarded.paper", "destination_attribute": "staff_id", "public": true}, "old_papers": {"has_many": "reads_guarded.paper", "destination_attribute": "staff_id", "public": true},
        "badges": {"has_many": "reads_guarded.badge", "destination_attribute": "staff_id", "public": true}},
      "aggregates": {"badge_count": {"count": "badges", "public": true}, "has_second": {"exists": "badges", "authorize": false, "join_filters": {"badges": "owner = 2"}, "public": true}, "has_none": {"exists": "badges", "authorize": false, "read_action": "none", "public": true}, "every_badge_count": {"count": "badges", "authorize": false, "public": true}, "paper_count": {"count": "papers", "public": true}, "old_paper_count": {"count": "old_papers", "public": true}},
      "field_policies": [
        {"fields": ["salary"], "checks": [{"authorize_if": {"action": ["detailed"]}}]},
        {"fields": ["bonus"], "checks": [{"authorize_if": {"action_type": ["update"]}}]},
        {"fields": ["room"], "checks": [{"authorize_if": {"context_equals": {"key": "zone", "value": "blue"}}}]},
        {"fields": "*", "checks": [{"authorize_if": "always"}]}],
      "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}],
      "actions": {"defaults": ["read", {"update": "*"}], "detailed": {"type": "read"}, "namesake": {"type": "read", "filter": "name = actor.name"},
        "numbered": {"type": "read", "arguments": {"least": "integer"}, "filter": "number >= arg.least"}, "named": {"type": "read", "arguments": {"name": "string"}, "filter": "is_nil(arg.name) or name = arg.name"},
        "made": {"type": "read", "manual": "public.reads_guarded_made"}}
    },
    "box": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": "integer_primary_key", "org": {"type": "string", "allow_nil": false}},
      "relationships": {"lids": {"has_many": "reads_guarded.lid", "destination_attribute": "box_id", "public": true, "sort": ["id"]}},
      "aggregates": {"lid_count": {"count": "lids", "public": true}},
      "actions": {"defaults": ["read"], "anywhere": {"type": "read", "multitenancy": "allow_global"}, "all": {"type": "read", "multitenancy": "bypass"}, "everything": {"type": "read", "multitenancy": "bypass_all"}},
      "code_interface": {"boxes": {"action": "read"}, "boxes_anywhere": {"action": "anywhere"}, "all_boxes": {"action": "all"}}
    },
    "lid": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": "integer_primary_key", "org": {"type": "string", "allow_nil": false}, "box_id": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "paper": {
      "attributes": {"id": "integer_primary_key", "staff_id": {"type": "integer", "public": true}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"accessing_from": {"resource": "reads_guarded.staff", "relationship": "papers"}}}]}],
      "actions": {"defaults": ["read"]}
    },
    "unasked": {
      "attributes": {"id": "integer_primary_key", "code": {"type": "string", "public": true}},
      "policies": [{"policy": "always", "checks": [{"forbid_if": {"selecting": "code"}}, {"authorize_if": "always"}]}],
      "actions": {"defaults": ["read"]}
    },
    "asked": {
      "attributes": {"id": "integer_primary_key", "staff_id": {"type": "integer", "public": true}},
      "relationships": {"staff": {"has_one": "reads_guarded.staff", "source_attribute": "staff_id", "destination_attribute": "id", "public": true}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"filtering_on": {"field": "id"}}}, {"authorize_if": {"filtering_on": {"path": ["staff"], "field": "number"}}}]}],
      "actions": {"defaults": ["read"]}
    },
    "unfiltered": {
      "attributes": {"id": "integer_primary_key", "code": {"type": "string", "public": true}},
      "policies": [{"policy": "always", "checks": [{"forbid_if": {"filtering_on": {"field": "code"}}}, {"authorize_if": "always"}]}],
      "actions": {"defaults": ["read"]}
    },
    "twin": {
      "attributes": {"id": "integer_primary_key"},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "id", "value": {"actor": "twin"}}}}]}],
      "actions": {"defaults": ["read"]}
    },
    "free": {
      "attributes": {"id": "integer_primary_key"},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "team", "value": null}}}]}],
      "actions": {"defaults": ["read"]}
    },
    "member": {
      "base_filter": "active",
      "attributes": {"id": "integer_primary_key", "active": {"type": "boolean", "default": true, "allow_nil": false}},
      "actions": {"defaults": ["read"]}
    },
    "letter": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"member": {"belongs_to": "reads_guarded.member", "attribute_type": "integer", "public": true}, "writer": {"belongs_to": "reads_guarded.member", "attribute_type": "integer", "public": true, "filter": "id <> 3"}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"relates_to_actor_via": "member"}}, {"authorize_if": {"relates_to_actor_via": "writer"}}]}],
      "actions": {"defaults": ["read"]}
    },
    "pair": {
      "attributes": {"a": {"type": "integer", "primary_key": true, "allow_nil": false}, "b": {"type": "integer", "primary_key": true, "allow_nil": false}, "pact_id": {"type": "integer"}},
      "actions": {"defaults": ["read"]}
    },
    "pact": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"pairs": {"has_many": "reads_guarded.pair", "destination_attribute": "pact_id"}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"relates_to_actor_via": "pairs"}}]}],
      "actions": {"defaults": ["read"]}
    },
    "archive": {
      "base_filter": "kept",
      "attributes": {"id": "integer_primary_key", "kept": {"type": "boolean", "default": true, "allow_nil": false}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}],
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}
    },
    "shelf": {
      "multitenancy": {"strategy": "attribute", "attribute": "org", "global": true},
      "attributes": {"id": "integer_primary_key", "org": {"type": "string", "allow_nil": false}},
      "actions": {"defaults": ["read"]}
    },
    "strict": {
      "attributes": {"id": "integer_primary_key", "owner": {"type": "integer", "public": true}},
      "policies": [{"policy": {"action_type": ["read"]}, "access_type": "strict", "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "role", "value": "admin"}}}, {"authorize_if": {"expr": "owner = actor.id"}}]}],
      "actions": {"defaults": ["read"]}
    },
    "badge": {
      "attributes": {"id": "integer_primary_key", "owner": {"type": "integer", "public": true}},
      "relationships": {"staff": {"belongs_to": "reads_guarded.staff", "attribute_type": "integer", "public": true},
        "high": {"has_one": "reads_guarded.staff", "source_attribute": "staff_id", "destination_attribute": "id", "read_action": "numbered", "read_action_arguments": {"least": 3}, "public": true},
        "papers": {"has_many": "reads_guarded.paper", "source_attribute": "staff_id", "destination_attribute": "staff_id", "public": true}},
      "aggregates": {"paper_count": {"count": "papers", "public": true}},
      "policies": [{"policy": {"action_type": ["read"]}, "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}],
      "actions": {"defaults": ["read"], "none": {"type": "read", "filter": "id < 0"}}
    }
  }
}$doc$) \gset
INSERT INTO reads_guarded.staff (id, name, salary, bonus, room, number) OVERRIDING SYSTEM VALUE VALUES (0, 'Nil', 1, 2, 'r0', 1), (1, 'Ann', 10, 20, 'r1', 2), (2, 'Bob', 30, 40, 'r2', 3);
INSERT INTO reads_guarded.box (org) VALUES ('a'), ('b');
INSERT INTO reads_guarded.lid (org, box_id) VALUES ('a', 1), ('b', 1), ('b', 2);
INSERT INTO reads_guarded.badge (owner, staff_id) VALUES (1, 1), (2, 2), (NULL, 1);
SELECT set_config('ash.actor', '{"id": 1, "name": "Ann"}', true) IS NULL AS ignored \gset

-- A field's policy is asked about the action that runs.
SELECT is(ash_get('reads_guarded.staff', '1', '{"select": ["salary", "bonus"]}')::jsonb - 'id', '{"salary": null, "bonus": null, "_forbidden": ["salary", "bonus"]}', 'fields shown by other actions'),
	is(ash_get('reads_guarded.staff', '1', '{"action": "detailed", "select": ["salary", "bonus"]}')::jsonb - 'id', '{"salary": 10, "bonus": null, "_forbidden": ["bonus"]}', 'one that this action shows'),
	is(ash_update('reads_guarded.staff', '1', '{"number": 5}', '{"select": ["salary", "bonus"]}')::jsonb - 'id', '{"salary": null, "bonus": 20, "_forbidden": ["salary"]}', 'one that updates show');
-- And about the context of its own resource, wherever the field is named.
SELECT is((SELECT string_agg(b ->> 'id', ' ') FROM json_array_elements(ash_read('reads_guarded.badge', '{"filter": {"staff": {"room": "r1"}}}')) AS b), '1', 'a field behind a relationship that its default context shows'),
	is((SELECT string_agg(b ->> 'id', ' ') FROM json_array_elements(ash_read('reads_guarded.badge', '{"filter": {"staff": {"room": "r1"}}, "context": {"zone": "red"}}')) AS b), NULL, 'and another context does not');

-- A row of which the policies say null is hidden: to one who wants to be told, it is forbidden.
SELECT is((SELECT string_agg(b ->> 'id', ' ') FROM json_array_elements(ash_read('reads_guarded.badge')) AS b), '1', 'hidden rows'),
	is(pg_temp.errors($$SELECT ash_read('reads_guarded.badge', '{"authorize_with": "error", "filter": {"id": {"in": [1, 3]}}}')$$), E'42501 forbidden\nforbidden: forbidden', 'told of a row whose owner is null'),
	is(ash_read('reads_guarded.badge', '{"authorize_with": "error", "select": ["owner"], "filter": {"id": 1}}')::jsonb, '[{"id": 1, "owner": 1}]', 'told of none');

-- An actor that an action's filter asks for.
SELECT is(ash_read('reads_guarded.staff', '{"action": "namesake", "select": ["name"]}')::jsonb, '[{"id": 1, "name": "Ann"}]', 'the filter of an action names the actor'),
	is(pg_temp.errors($$SELECT ash_read('reads_guarded.staff', '{"action": "namesake", "actor": null}')$$), E'22023 invalid\nread_action_requires_actor: actor is required', 'without an actor');

-- Keys.
SELECT matches(pg_temp.errors($$SELECT ash_get('reads_guarded.staff', '{"name": "Ann", "number": 2}')$$), 'invalid_primary_key', 'more than an identity'),
	is(ash_get('reads_guarded.staff', '{"name": "Ann"}') ->> 'id', '1', 'an identity'),
	matches(pg_temp.errors($$SELECT ash_load('reads_guarded.staff', '{"id": null}', '[]')$$), 'not_found', 'a key that is null is not 0'),
	matches(pg_temp.errors($$SELECT ash_load('reads_guarded.staff', '[{"id": 0}, {"id": null}]', '[]')$$), 'not_found', 'nor in a list');

-- Tenants: none needed, or none looked at, also behind a relationship.
CREATE FUNCTION pg_temp.boxes(options jsonb, action text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat(b ->> 'id', '(', (SELECT string_agg(l ->> 'id', ' ') FROM json_array_elements(b -> 'lids') AS l), ')', b ->> 'lid_count'), ' ')
	FROM json_array_elements(ash_read('reads_guarded.box', jsonb_build_object('action', action, 'sort', 'id', 'load', '["lids", "lid_count"]'::jsonb) || options)) AS b
$$;
SELECT is(pg_temp.boxes('{"tenant": "a"}', 'read'), '1(1)1', 'rows of a tenant'),
	matches(pg_temp.errors($$SELECT ash_read('reads_guarded.box')$$), 'tenant_required', 'a tenant is required'),
	is((SELECT string_agg(b ->> 'id', ' ') FROM json_array_elements(ash_read('reads_guarded.box', '{"action": "anywhere", "sort": "id"}')) AS b), '1 2', 'but not by an action that can do without'),
	is(pg_temp.boxes('{"tenant": "a"}', 'anywhere'), '1(1)1', 'which keeps to the one that there is'),
	is(pg_temp.boxes('{"tenant": "a"}', 'all'), '1(1)1 2()0', 'an action that looks at none does so for its own resource'),
	is(pg_temp.boxes('{"tenant": "a"}', 'everything'), '1(1 2)2 2(3)1', 'or for all');
CREATE FUNCTION pg_temp.by_function(tenant text) RETURNS text LANGUAGE sql AS $$
	SELECT set_config('ash.tenant', tenant, true);
	SELECT concat_ws(' / ', (SELECT string_agg(id::text, ' ' ORDER BY id) FROM reads_guarded.boxes()), (SELECT string_agg(id::text, ' ' ORDER BY id) FROM reads_guarded.boxes_anywhere()), (SELECT string_agg(id::text, ' ' ORDER BY id) FROM reads_guarded.all_boxes()))
$$;
SELECT is(pg_temp.by_function('a'), '1 / 1 / 1 2', 'the same by the code interface'), is(pg_temp.by_function(''), '1 2 / 1 2', 'without a tenant');
SELECT set_config('ash.tenant', '', true) IS NULL AS ignored \gset

-- Values over a read: of the rows that are within its limits, and by what callers may name.
SELECT is(ash_exists('reads_guarded.staff'), true, 'there are rows'), is(ash_exists('reads_guarded.staff', '{"offset": 3}'), false, 'none behind the last'), is(ash_exists('reads_guarded.staff', '{"limit": 0}'), false, 'none of none'),
	matches(pg_temp.errors($$SELECT ash_aggregate('reads_guarded.staff', '{"n": {"kind": "count", "filter": {"hidden": "x"}}}')$$), 'no_such_field hidden', 'a filter by a private field'),
	matches(pg_temp.errors($$SELECT ash_aggregate('reads_guarded.staff', '{"n": {"kind": "list", "field": "name", "sort": "hidden"}}')$$), 'no_such_field hidden', 'a sort by one'),
	is(ash_aggregate('reads_guarded.staff', '{"n": {"kind": "list", "field": "name", "sort": "-id", "filter": {"number": {"gt": 1}}}}')::jsonb, '{"n": ["Bob", "Ann"]}', 'by public ones');

-- A load runs a read.
SELECT is(ash_get('reads_guarded.badge', '1', '{"select": [], "load": {"staff": {"action": "detailed", "select": ["salary"]}}}')::jsonb -> 'staff', '{"id": 1, "salary": 10}', 'a load by another read'),
	matches(pg_temp.errors($$SELECT ash_get('reads_guarded.badge', '1', '{"load": {"staff": {"action": "update"}}}')$$), 'No such action "update" of type read', 'by what is no read'),
	matches(pg_temp.errors($$SELECT ash_get('reads_guarded.badge', '1', '{"load": {"staff": {"action": "made"}}}')$$), 'made is manual', 'by a function, which knows no relationship'),
	is(ash_get('reads_guarded.badge', '1', '{"select": [], "load": {"high": {"action": "named", "select": ["name"]}}}')::jsonb -> 'high', '{"id": 1, "name": "Ann"}', 'another read has not the arguments of the relationship''s own'),
	is(ash_get('reads_guarded.badge', '1', '{"select": [], "load": {"high": {"action": "named", "args": {"name": "Bob"}, "select": ["name"]}}}')::jsonb -> 'high', 'null', 'but those it is given'),
	is(ash_get('reads_guarded.badge', '1', '{"select": [], "load": {"high": {"args": {"least": 2}, "select": ["name"]}}}')::jsonb -> 'high', '{"id": 1, "name": "Ann"}', 'as that one is');

-- Aggregates over the same rows do not share what only one of them may see.
SELECT is(ash_get('reads_guarded.staff', '1', '{"select": [], "load": ["badge_count", "every_badge_count"]}')::jsonb, '{"id": 1, "badge_count": 1, "every_badge_count": 2}', 'with and without policies'),
	is(ash_get('reads_guarded.staff', '1', '{"select": [], "load": ["every_badge_count", "badge_count"]}')::jsonb, '{"id": 1, "badge_count": 1, "every_badge_count": 2}', 'in either order');
SELECT is((SELECT string_agg(s ->> 'has_second', ' ' ORDER BY s ->> 'id') FROM json_array_elements(ash_read('reads_guarded.staff', '{"load": ["has_second"]}')) AS s), 'false false true', 'whether there is one that a join filter lets through'),
	is((SELECT string_agg(s ->> 'has_none', ' ' ORDER BY s ->> 'id') FROM json_array_elements(ash_read('reads_guarded.staff', '{"load": ["has_none"]}')) AS s), 'false false false', 'or a read action'),
	is(ash_aggregate('reads_guarded.staff', '{"any": "exists", "one": {"kind": "exists", "filter": {"name": "Ann"}}, "none": {"kind": "exists", "filter": {"name": "Eve"}}}')::jsonb, '{"any": true, "one": true, "none": false}', 'or a filter, beside others');

-- A key of a hidden row finds nothing.
CREATE FUNCTION pg_temp.by_badge(filter jsonb) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(s ->> 'id', ' ') FROM json_array_elements(ash_read('reads_guarded.staff', jsonb_build_object('sort', 'id', 'filter', filter))) AS s $$;
SELECT is(pg_temp.by_badge('{"badges": 1}'), '1', 'a related row by its key'), is(pg_temp.by_badge('{"badges": 2}'), NULL, 'a hidden one'), is(pg_temp.by_badge('{"badges": {"in": [1, 2, 3]}}'), '1', 'among others');
-- Who has no related row has null there, which other terms may make good.
SELECT is(pg_temp.by_badge('{"badges": {"owner": {"is_distinct_from": 1}}}'), '0 2', 'null is distinct from a value'),
	is(pg_temp.by_badge('{"not": {"badges": {"owner": 1}, "name": "zzz"}}'), '0 1 2', 'a negation that another term decides');
-- All that a read says of a path is about the same related row; exists is not.
CREATE FUNCTION pg_temp.any_badge(filter jsonb) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(s ->> 'id', ' ') FROM json_array_elements(ash_read('reads_guarded.staff', jsonb_build_object('sort', 'id', 'authorize', false, 'filter', filter))) AS s $$;
SELECT is(pg_temp.any_badge('{"badges": {"owner": 1, "id": 3}}'), NULL, 'in one object'), is(pg_temp.any_badge('[{"badges": {"owner": 1}}, {"badges": {"id": 3}}]'), NULL, 'in two'),
	is(pg_temp.any_badge('[{"badges": {"owner": 1}}, {"badges": {"id": 1}}]'), '1', 'and one meets both');

-- A strict policy filters no rows: what it cannot decide without them, it forbids, in plain SQL too.
INSERT INTO reads_guarded.strict (owner) VALUES (1), (2);
CREATE ROLE regress_reads_guarded;
GRANT USAGE ON SCHEMA reads_guarded TO regress_reads_guarded;
GRANT SELECT ON reads_guarded.strict, reads_guarded.badge TO regress_reads_guarded;
SELECT matches(pg_temp.errors($$SELECT ash_read('reads_guarded.strict')$$), '^42501 forbidden', 'a strict policy'), is(pg_temp.as_role('regress_reads_guarded', 'SELECT id FROM reads_guarded.strict'), NULL, 'in plain SQL'),
	is(pg_temp.as_role('regress_reads_guarded', 'SELECT id FROM reads_guarded.badge'), '1', 'one that filters');
SELECT set_config('ash.actor', '{"id": 1, "role": "admin"}', true) IS NULL AS ignored \gset
SELECT is(pg_temp.as_role('regress_reads_guarded', 'SELECT id FROM reads_guarded.strict ORDER BY id'), E'1\n2', 'who is let through by what he is');
SELECT set_config('ash.actor', '{"id": 1, "name": "Ann"}', true) IS NULL AS ignored \gset

-- A way that a policy leaves open is that relationship of that resource.
INSERT INTO reads_guarded.paper (staff_id) VALUES (1), (1), (2);
SELECT is(ash_get('reads_guarded.staff', '1', '{"select": [], "load": ["papers", "paper_count", "old_paper_count"]}')::jsonb, '{"id": 1, "papers": [{"id": 1, "staff_id": 1}, {"id": 2, "staff_id": 1}], "paper_count": 2, "old_paper_count": 0}', 'the way that is open'),
	matches(pg_temp.errors($$SELECT ash_get('reads_guarded.staff', '1', '{"load": ["old_papers"]}')$$), '^42501 forbidden', 'another relationship'),
	matches(pg_temp.errors($$SELECT ash_get('reads_guarded.badge', '1', '{"load": ["papers"]}')$$), '^42501 forbidden', 'one of another resource'),
	is(ash_get('reads_guarded.badge', '1', '{"select": [], "load": ["paper_count"]}')::jsonb, '{"id": 1, "paper_count": 0}', 'counted');

-- What a call selects and filters on; of plain SQL it is not known, so neither holds there.
INSERT INTO reads_guarded.unasked (code) VALUES ('x');
INSERT INTO reads_guarded.unfiltered (code) VALUES ('x');
INSERT INTO reads_guarded.asked (staff_id) VALUES (1), (2);
GRANT SELECT ON reads_guarded.unasked, reads_guarded.unfiltered TO regress_reads_guarded;
SELECT is(ash_read('reads_guarded.unasked', '{"select": ["id"]}')::jsonb, '[{"id": 1}]', 'not selected'), matches(pg_temp.errors($$SELECT ash_read('reads_guarded.unasked')$$), '^42501 forbidden', 'selected'),
	is(pg_temp.as_role('regress_reads_guarded', 'SELECT id FROM reads_guarded.unasked'), NULL, 'in plain SQL'), is(pg_temp.as_role('regress_reads_guarded', 'SELECT id FROM reads_guarded.unfiltered'), NULL, 'nor is a filter known'),
	is(json_array_length(ash_read('reads_guarded.asked', '{"filter": {"id": 1}}')), 1, 'a filter on the field'),
	matches(pg_temp.errors($$SELECT ash_read('reads_guarded.asked', '{"filter": {"staff": {"id": 1}}}')$$), '^42501 forbidden', 'not on one of that name elsewhere'),
	is(json_array_length(ash_read('reads_guarded.asked', '{"filter": {"staff": {"number": 5}}}')), 1, 'a field behind a path'),
	matches(pg_temp.errors($$SELECT ash_read('reads_guarded.unfiltered', '{"filter": {"or": [{"code": "x"}, {"id": 1}]}}')$$), '^42501 forbidden', 'inside an alternative');

-- A value of the actor that is compared with another of his: plain SQL compares with what stands in the definition only.
INSERT INTO reads_guarded.twin SELECT FROM generate_series(1, 2);
GRANT SELECT ON reads_guarded.twin TO regress_reads_guarded;
SELECT is(json_array_length(ash_read('reads_guarded.twin', '{"actor": {"id": 1, "twin": 1}}')), 2, 'equal'), matches(pg_temp.errors($$SELECT ash_read('reads_guarded.twin', '{"actor": {"id": 1}}')$$), '^42501 forbidden', 'missing'),
	is(ash_read('reads_guarded.free', '{"actor": {"id": 1, "team": null}}')::jsonb, '[]', 'null'), matches(pg_temp.errors($$SELECT ash_read('reads_guarded.free', '{"actor": {"id": 1}}')$$), '^42501 forbidden', 'what is missing is not null'),
	is(pg_temp.as_role('regress_reads_guarded', $$SELECT t.id FROM set_config('ash.actor', '{"id": 1, "twin": 1}', true), reads_guarded.twin AS t$$), NULL, 'in plain SQL');

-- Who is related to a row is a row that its resource has, and that the relationship leads to.
INSERT INTO reads_guarded.member (active) VALUES (true), (false), (true);
INSERT INTO reads_guarded.letter (member_id, writer_id) VALUES (1, NULL), (2, NULL), (NULL, 3), (NULL, 1);
CREATE FUNCTION pg_temp.letters(actor jsonb) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(l ->> 'id', ' ') FROM json_array_elements(ash_read('reads_guarded.letter', jsonb_build_object('sort', 'id', 'actor', actor))) AS l $$;
SELECT is(pg_temp.letters('{"id": 1}'), '1 4', 'who is there'), is(pg_temp.letters('{"id": 2}'), NULL, 'who is outside of the base filter'), is(pg_temp.letters('{"id": 3}'), NULL, 'who is outside of the relationship''s');
INSERT INTO reads_guarded.pact SELECT FROM generate_series(1, 3);
INSERT INTO reads_guarded.pair VALUES (1, 2, 1), (1, 3, 2), (4, 2, 3);
SELECT is(ash_read('reads_guarded.pact', '{"actor": {"a": 1, "b": 2}}')::jsonb, '[{"id": 1}]', 'who has a key of two parts');

-- Rows outside of the base filter are none of the resource in plain SQL either, though new ones may be put there.
INSERT INTO reads_guarded.archive (kept) VALUES (true), (false);
GRANT SELECT, INSERT, UPDATE, DELETE ON reads_guarded.archive TO regress_reads_guarded;
SELECT is(pg_temp.as_role('regress_reads_guarded', 'SELECT id FROM reads_guarded.archive'), '1', 'rows of the resource'),
	is(pg_temp.as_role('regress_reads_guarded', 'WITH gone AS (DELETE FROM reads_guarded.archive WHERE NOT kept RETURNING id) SELECT id FROM gone'), NULL, 'no others can be deleted'),
	is(pg_temp.as_role('regress_reads_guarded', 'INSERT INTO reads_guarded.archive (kept) VALUES (false)'), NULL, 'a new one that is put outside');

-- Tenants in plain SQL: where none is needed, without one everything is seen; elsewhere nothing.
INSERT INTO reads_guarded.shelf (org) VALUES ('a'), ('b');
GRANT SELECT ON reads_guarded.shelf, reads_guarded.box TO regress_reads_guarded;
CREATE FUNCTION pg_temp.seen(tenant text) RETURNS text LANGUAGE sql AS $$
	SELECT set_config('ash.tenant', tenant, true);
	SELECT concat_ws(' / ', pg_temp.as_role('regress_reads_guarded', 'SELECT id FROM reads_guarded.shelf ORDER BY id'), coalesce(pg_temp.as_role('regress_reads_guarded', 'SELECT id FROM reads_guarded.box ORDER BY id'), '-'))
$$;
SELECT is(pg_temp.seen('a'), '1 / 1', 'of one tenant'), is(pg_temp.seen('b'), '2 / 2', 'of another'), is(pg_temp.seen(''), E'1\n2 / -', 'without');
SELECT is(pg_temp.as_role('regress_reads_guarded', $$SELECT string_agg(b ->> 'id', ' ') FROM json_array_elements(ash_read('reads_guarded.box', '{"tenant": "b"}')) AS b$$), '2', 'a call goes by the tenant that it is given');

-- A condition that is kept goes by the column that has the name now.
ALTER TABLE reads_guarded.badge RENAME owner TO former;
ALTER TABLE reads_guarded.badge ADD owner bigint;
SELECT is(pg_temp.as_role('regress_reads_guarded', 'SELECT id FROM reads_guarded.badge'), NULL, 'a column in place of another');

SELECT * FROM finish();
ROLLBACK;
