\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(18);

-- Which calculations come with an embedded value: those of its type, and those a load names?

SELECT pg_temp.define($doc${
  "domain": "el",
  "resources": {
    "shop": {
      "attributes": {
        "id": "integer_primary_key",
        "at": {"type": "el.place", "public": true, "constraints": {"load": ["full"]}},
        "old": {"type": "el.place[]", "public": true, "constraints": {"items": {"load": "full"}}},
        "plain": {"type": "el.place", "public": true},
        "any": {"type": "union", "public": true, "constraints": {"types": {"place": {"type": "el.place", "constraints": {"load": "full"}}, "geo": "el.geo"}}},
        "tree": {"type": "el.node", "public": true}
      },
      "relationships": {"other": {"belongs_to": "el.shop", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}]}
    },
    "place": {"embedded": true, "attributes": {"town": {"type": "string", "public": true}, "geo": {"type": "el.geo", "public": true, "constraints": {"load": "north"}}},
      "calculations": {"full": {"type": "string", "arguments": {"mark": {"type": "string", "default": "!"}}, "expr": "town || arg.mark"}, "short": {"type": "string", "expr": "substring(town, 1, 1)"}}},
    "geo": {"embedded": true, "attributes": {"lat": {"type": "integer", "public": true}}, "calculations": {"north": {"type": "boolean", "expr": "lat > 0"}}},
    "node": {"embedded": true, "attributes": {"n": {"type": "integer", "public": true}, "kids": {"type": "el.node[]", "public": true, "constraints": {"items": {"load": "twice"}}}},
      "calculations": {"twice": {"type": "integer", "expr": "n * 2"}}}
  }
}$doc$) \gset

SELECT is(ash_create('el.shop', '{"at": {"town": "Rome", "geo": {"lat": 41}}, "old": [{"town": "Ur"}], "plain": {"town": "Ash"}, "any": {"town": "Bonn"}, "tree": {"n": 1, "kids": [{"n": 2, "kids": [{"n": 3}]}]}}')::jsonb - 'id' - 'other_id',
	'{"at": {"town": "Rome", "geo": {"lat": 41, "north": true}, "full": "Rome!"}, "old": [{"town": "Ur", "geo": null, "full": "Ur!"}], "plain": {"town": "Ash", "geo": null},
	  "any": {"type": "place", "value": {"town": "Bonn", "geo": null, "full": "Bonn!"}}, "tree": {"n": 1, "kids": [{"n": 2, "kids": [{"n": 3, "kids": null, "twice": 6}], "twice": 4}]}}', 'those of the type, also in lists, unions and inside of values');
SELECT is((SELECT at::jsonb FROM el.shop), '{"town": "Rome", "geo": {"lat": 41}}', 'they are not stored'),
	is(ash_get('el.shop', '1', '{"select": ["at"]}')::jsonb #>> '{at,full}', 'Rome!', 'in a read'),
	is(ash_get('el.shop', '1', '{"select": ["at"], "load": {"at": ["short"]}}')::jsonb #> '{at}', '{"town": "Rome", "geo": {"lat": 41, "north": true}, "full": "Rome!", "short": "R"}', 'a load adds to them'),
	is(ash_get('el.shop', '1', '{"select": ["at"], "load": {"at": {"full": {"mark": "?"}}}}')::jsonb #>> '{at,full}', 'Rome?', 'or replaces one'),
	is(ash_get('el.shop', '1', '{"select": ["plain"], "load": {"plain": "full"}}')::jsonb #>> '{plain,full}', 'Ash!', 'a load alone'),
	is(ash_get('el.shop', '1', '{"select": ["tree"], "load": {"tree": ["twice", {"kids": "twice"}]}}')::jsonb #>> '{tree,twice}', '2', 'a nested load'),
	is(ash_load('el.shop', '[1]', '{"any": {"*": ["short"]}}', '{"select": []}')::jsonb #> '{0,any}', '{"type": "place", "value": {"town": "Bonn", "geo": null, "full": "Bonn!", "short": "B"}}', 'through a union, of a record that is held'),
	is(ash_load('el.shop', '1', '{"any": {"place": ["short"]}}', '{"select": []}')::jsonb #>> '{any,value,short}', 'B', 'by its member'),
	is(ash_load('el.shop', '1', '{"other": {"load": {"at": "short"}}}', '{"select": []}')::jsonb, '{"id": 1, "other": null}', 'through a relationship');
SELECT is(ash_update('el.shop', '1', jsonb_build_object('at', ash_get('el.shop', '1')::jsonb->'at'))::jsonb #>> '{at,full}', 'Rome!', 'a value that is given back as it was is accepted'),
	is(pg_temp.errors($$SELECT ash_update('el.shop', '1', '{"plain": {"town": "x", "full": "y"}}')$$) ~ 'No such input `full`', true, 'what the type does not load is no input'),
	is(ash_update('el.shop', '1', '{"any": null}', '{"select": ["any"]}')::jsonb, '{"id": 1, "any": null}', 'nothing has none');
SELECT matches(pg_temp.errors($$SELECT ash_load('el.shop', '1', '{"at": ["nope"]}')$$), 'invalid_load \["load", "at"\]: :nope is not a valid load', 'an unknown calculation'),
	matches(pg_temp.errors($$SELECT ash_load('el.shop', '1', '{"other": {"load": {"at": {"geo": ["nope"]}}}}')$$), 'invalid_load \["load", "other", "load", "at", "geo"\]: :nope is not a valid load', 'deep inside');

CREATE FUNCTION pg_temp.faults(load text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_define(%L)', format('{"domain": "el2", "resources": {"a": {"attributes": {"id": "integer_primary_key", "p": {"type": "el2.p", "constraints": {"load": %s}}}}, "p": {"embedded": true, "attributes": {"x": "integer"},
		"calculations": {"needs": {"type": "integer", "arguments": {"y": {"type": "integer", "allow_nil": false}}, "expr": "x + arg.y"}, "f": {"type": "integer", "function": "el.f"}}}}}', load)))
$$;
SELECT matches(pg_temp.faults('"nope"'), '"constraints", "load"\]: el2.p has no calculation "nope"', 'a type that loads what there is not'),
	matches(pg_temp.faults('["needs"]'), 'calculation "needs" needs the argument "y"', 'one that needs an argument'),
	matches(pg_temp.faults('["x"]'), 'el2.p has no calculation "x"', 'an attribute');

SELECT * FROM finish();
ROLLBACK;
