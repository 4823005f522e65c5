\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(27);

-- What can a relationship say about the read of its rows: action, arguments, context, order, message?

SELECT pg_temp.define($doc$[{
  "domain": "rr",
  "resources": {
    "team": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "floor": {"type": "integer", "public": true}},
      "relationships": {
        "all": {"has_many": "person", "domain": "rr_staff", "public": true, "sort": ["id"], "not_found_message": "nobody of that name"},
        "old": {"has_many": "rr_staff.person", "public": true, "sort": ["id"], "read_action": "aged", "read_action_arguments": {"min": 40}},
        "mine": {"has_many": "rr_staff.person", "public": true, "sort": ["id"], "read_action": "aged", "read_action_arguments": {"min": {"actor": "age"}}},
        "above": {"has_many": "rr_staff.person", "public": true, "sort": ["id"], "read_action": "aged", "read_action_arguments": {"min": {"expr": "parent.floor"}}},
        "marked": {"has_many": "rr_staff.person", "public": true, "sort": ["id"], "read_action": "marked", "relationship_context": {"mark": "x"}},
        "allowed": {"has_many": "rr_staff.guarded", "public": true, "relationship_context": {"pass": "yes"}},
        "denied": {"has_many": "rr_staff.guarded", "public": true},
        "by_name": {"has_many": "rr_staff.person", "public": true, "default_sort": ["-name"]},
        "last": {"has_one": "rr_staff.person", "public": true, "default_sort": ["-name"]}
      },
      "aggregates": {"old_count": {"count": "old", "public": true}, "above_count": {"count": "above", "public": true},
        "marked_count": {"count": "marked", "public": true}, "adult_count": {"count": "all", "read_action": "adults", "public": true},
        "allowed_count": {"count": "allowed", "public": true}, "denied_count": {"count": "denied", "public": true}},
      "actions": {"defaults": ["read"], "hire": {"type": "update", "accept": [], "arguments": {"all": "integer[]"},
        "changes": [{"manage_relationship": {"argument": "all", "type": "append"}}]},
        "retire": {"type": "update", "accept": [], "arguments": {"old": "integer[]"}, "changes": [{"manage_relationship": {"argument": "old", "type": "append_and_remove"}}]},
        "mark": {"type": "update", "accept": [], "arguments": {"marked": "map[]"}, "changes": [{"manage_relationship": {"argument": "marked", "type": "create"}}]}}
    }
  }
}, {
  "domain": "rr_staff",
  "resources": {
    "person": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "age": {"type": "integer", "public": true},
        "mark": {"type": "string", "public": true}, "team_id": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read", {"update": "*"}], "make": {"type": "create", "primary": true, "accept": ["name"], "changes": [{"set_attribute": {"attribute": "mark", "value": {"context": "mark"}}}]}, "aged": {"type": "read", "arguments": {"min": {"type": "integer", "allow_nil": false}}, "filter": "age >= arg.min"},
        "adults": {"type": "read", "filter": "age >= 18"},
        "marked": {"type": "read", "filter": "mark = context.mark"}}
    },
    "guarded": {
      "table": "secret",
      "attributes": {"id": "integer_primary_key", "team_id": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "context.pass = 'yes'"}}]}]
    }
  }
}]$doc$) \gset
INSERT INTO rr.team (name, floor) VALUES ('a', 20), ('b', 50);
INSERT INTO rr_staff.person (name, age, mark, team_id) VALUES ('Ann', 30, 'x', 1), ('Bob', 45, 'y', 1), ('Cid', 15, 'x', 1), ('Dan', 45, NULL, 2), ('Eve', 60, 'x', 2);
INSERT INTO rr_staff.secret (team_id) VALUES (1);

-- The names of the people of each team, "Ann Bob|Dan".
CREATE FUNCTION pg_temp.names(rel text, options jsonb DEFAULT '{}', load jsonb DEFAULT 'true') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg((SELECT string_agg(p->>'name', ' ' ORDER BY o) FROM jsonb_array_elements(CASE jsonb_typeof(t->rel) WHEN 'array' THEN t->rel ELSE jsonb_build_array(t->rel) END) WITH ORDINALITY AS p(p, o)), '|' ORDER BY (t->>'id')::int)
	FROM jsonb_array_elements(ash_read('rr.team', options || jsonb_build_object('load', jsonb_build_object(rel, load)))::jsonb) AS t
$$;
CREATE FUNCTION pg_temp.ids(filter jsonb, options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(t->>'name', ' ' ORDER BY t->>'name') FROM jsonb_array_elements(ash_read('rr.team', options || jsonb_build_object('filter', filter))::jsonb) AS t
$$;
CREATE FUNCTION pg_temp.field(field text, options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(t->>field, ' ' ORDER BY t->>'name') FROM jsonb_array_elements(ash_read('rr.team', options || jsonb_build_object('load', jsonb_build_array(field)))::jsonb) AS t
$$;

SELECT is(pg_temp.names('all'), 'Ann Bob Cid|Dan Eve', 'a destination of another domain'),
	is((ash_definition('rr')::jsonb #>> '{resources,team,relationships,all,domain}'), 'rr_staff', 'its document keeps the domain');
SELECT is(pg_temp.names('old'), 'Bob|Dan Eve', 'the arguments of the read action'),
	is(pg_temp.names('mine', '{"actor": {"age": 50}}'), 'Eve', 'from the actor'),
	is(pg_temp.names('above'), 'Ann Bob|Eve', 'from the source row'),
	is(pg_temp.names('old', '{}', '{"args": {"min": 60}}'), 'Eve', 'a load may give others'),
	is(pg_temp.names('above', '{}', '{"args": {"min": 60}}'), 'Eve', 'also in place of those of the row'),
	is(pg_temp.names('above', '{}', '{"limit": 1}'), 'Ann|Eve', 'with a limit of each'),
	matches(pg_temp.errors($$SELECT pg_temp.names('mine')$$), 'required min .*argument min is required', 'an actor that is missing gives no value');
SELECT is(pg_temp.field('old_count'), '1 2', 'they count in aggregates'),
	is(pg_temp.field('above_count'), '2 1', 'also those of the row'),
	is(pg_temp.ids('{"old": {"name": {"in": ["Ann", "Bob"]}}}'), 'a', 'in filters'),
	is(pg_temp.ids('{"above": {"name": {"in": ["Dan"]}}}'), NULL, 'also those of the row'),
	is(pg_temp.field('adult_count'), '2 2', 'an aggregate may name a read action');
SELECT is(pg_temp.names('marked'), 'Ann Cid|Eve', 'the context of the read'),
	is(pg_temp.field('marked_count'), '2 1', 'in aggregates'),
	is(pg_temp.ids('{"marked": {"name": "Bob"}}'), NULL, 'in filters'),
	is(pg_temp.field('allowed_count') || ' ' || pg_temp.field('denied_count'), '1 0 0 0', 'policies of the destination see it');
SELECT is(pg_temp.names('by_name'), 'Cid Bob Ann|Eve Dan', 'the default order'),
	is(pg_temp.names('by_name', '{}', '{"sort": "age"}'), 'Cid Ann Bob|Dan Eve', 'gives way to that of the load'),
	is(pg_temp.names('last'), 'Cid|Eve', 'and says which one a has_one means');
SELECT is(pg_temp.errors($$SELECT ash_update('rr.team', '1', '{"all": [99]}', '{"action": "hire"}')$$),
	E'22023 invalid\nnot_found ["all", 0]: nobody of that name', 'the message of the relationship');

SELECT matches(pg_temp.errors($$SELECT ash_define('{"domain": "rr2", "resources": {"a": {"attributes": {"id": "integer_primary_key"}, "relationships": {"r": {"has_many": "rr_staff.person", "no_attributes": true, "read_action": "aged", "read_action_arguments": {"mim": 1}}}}}}')$$),
	'read_action_arguments", "mim"\]: unknown argument "mim"', 'an argument that the action does not have'),
	matches(pg_temp.errors($$SELECT ash_define('{"domain": "rr2", "resources": {"a": {"attributes": {"id": "integer_primary_key"}, "relationships": {"r": {"has_many": "rr_staff.person", "domain": "rr", "no_attributes": true, "sort": ["nope"]}}}}}')$$),
	'the destination is named with its domain already', 'two domains');

SELECT ash_update('rr.team', '1', '{"old": []}', '{"action": "retire"}') AS retired \gset
SELECT is((SELECT string_agg(name, ' ' ORDER BY name) FROM rr_staff.person WHERE team_id = 1), 'Ann Cid', 'managing it reads with its arguments'),
	is(ash_update('rr.team', '1', '{"marked": [{"name": "Fay"}]}', '{"action": "mark"}')::jsonb #>> '{marked,0,mark}', 'x', 'and has its context'),
	matches(pg_temp.errors($$SELECT ash_define('{"domain": "rr2", "resources": {"a": {"attributes": {"id": "integer_primary_key"}, "actions": {"m": {"type": "create", "arguments": {"r": "map[]"}, "changes": [{"manage_relationship": {"argument": "r"}}]}},
		"relationships": {"r": {"has_many": "rr_staff.person", "destination_attribute": "team_id", "read_action": "aged", "read_action_arguments": {"min": {"expr": "parent.id"}}}}}}}')$$), 'arguments that depend on the record', 'with arguments of the row it is not managed');

SELECT * FROM finish();
ROLLBACK;
