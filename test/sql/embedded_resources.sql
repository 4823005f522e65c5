\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(57);

-- What becomes of a value whose attribute is an embedded resource, and which of its actions run?

SELECT pg_temp.define($doc${
  "domain": "embedded_resources",
  "resources": {
    "thing": {
      "attributes": {
        "id": "integer_primary_key",
        "geo": {"type": "embedded_resources.geo", "public": true},
        "counter": {"type": "embedded_resources.counter", "public": true},
        "place": {"type": "embedded_resources.place", "public": true},
        "fixed": {"type": "embedded_resources.place", "public": true, "constraints": {"on_update": "update"}},
        "fresh": {"type": "embedded_resources.geo", "public": true, "constraints": {"on_update": "replace"}},
        "kept": {"type": "embedded_resources.geo", "public": true, "constraints": {"destroy_action": "never"}},
        "named": {"type": "embedded_resources.geo", "public": true, "constraints": {"create_action": "from_source", "skip_unknown_inputs": "*"}},
        "places": {"type": "embedded_resources.place[]", "public": true, "constraints": {"max_length": 3, "items": {"sort": "-rank"}}},
        "geos": {"type": "embedded_resources.geo[]", "public": true, "constraints": {"nil_items": true}},
        "shape": {"type": "union", "public": true, "constraints": {"types": {"geo": "embedded_resources.geo", "places": "embedded_resources.place[]", "kept": {"type": "embedded_resources.locked", "tag": "kind", "tag_value": "locked"}}}},
        "box": {"type": "map", "public": true, "constraints": {"fields": {"geo": "embedded_resources.geo"}}},
        "start": {"type": "embedded_resources.place", "public": true, "default": {"name": "start"}}
      },
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}],
        "move": {"type": "update", "accept": [], "arguments": {"to": "embedded_resources.place", "raw": "map"}, "changes": [
          {"set_attribute": {"attribute": "place", "value": {"arg": "to"}, "set_when_nil": false}},
          {"set_attribute": {"attribute": "geo", "value": {"arg": "raw"}, "set_when_nil": false}}]}}
    },
    "geo": {
      "embedded": true,
      "attributes": {"lat": {"type": "float", "public": true, "source": "latitude", "constraints": {"max": 90}}, "lon": {"type": "float", "public": true}, "note": {"type": "string"}},
      "calculations": {"north": {"type": "boolean", "expr": "lat > 0"}, "moved": {"type": "float", "arguments": {"by": {"type": "float", "default": 1}}, "expr": "lat + arg.by"}},
      "actions": {"defaults": ["create", "update", "destroy"],
        "from_source": {"type": "create", "accept": ["lat"], "changes": [{"set_attribute": {"attribute": "note", "value": {"context": "__source__.resource"}}}]},
        "never": {"type": "destroy", "accept": [], "validations": [{"attribute_equals": {"attribute": "lat", "value": 0}, "message": "is not zero"}]}}
    },
    "counter": {"embedded": true, "attributes": {"value": {"type": "integer", "public": true, "allow_nil": false}},
      "validations": [{"compare": {"attribute": "value", "greater_than": 0}}],
      "actions": {"defaults": ["create", "destroy"],
        "count": {"type": "update", "primary": true, "accept": [], "changes": [{"increment": {"attribute": "value"}}]}}},
    "locked": {"embedded": true, "attributes": {"kind": {"type": "string", "public": true}},
      "validations": [{"attribute_equals": {"attribute": "kind", "value": "open"}, "message": "is locked", "on": ["destroy"]}]},
    "place": {
      "embedded": true,
      "attributes": {"id": "uuid_primary_key", "name": {"type": "string", "public": true, "allow_nil": false, "source": "n"}, "rank": {"type": "integer", "public": true},
        "at": {"type": "embedded_resources.geo", "public": true}, "children": {"type": "embedded_resources.place[]", "public": true}},
      "identities": {"unique_name": ["name"]}
    }
  }
}$doc$) \gset

-- The field of a thing after an update; a place without its key and what is nested in it.
CREATE FUNCTION pg_temp.put(input jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_update('embedded_resources.thing', '1', input)::jsonb->(SELECT jsonb_object_keys(input))
$$;
CREATE FUNCTION pg_temp.place(input jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT (pg_temp.put(input) - '{id,children,at}'::text[])::text
$$;
CREATE FUNCTION pg_temp.refused(input text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_update(''embedded_resources.thing'', ''1'', %L)', input))
$$;
CREATE FUNCTION pg_temp.stored(field text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT to_jsonb(t)->field FROM embedded_resources.thing t WHERE id = 1
$$;

SELECT is(ash_create('embedded_resources.thing', '{"geo": {"lat": 1}, "counter": {"value": 1}, "kept": {"lat": 1}}')::jsonb->'geo',
	'{"lat": 1, "lon": null, "note": null}'::jsonb, 'a value shows all its attributes');
SELECT is(pg_temp.stored('geo'), '{"latitude": 1, "lon": null, "note": null}', '... and is stored under their columns');
SELECT is(ash_read('embedded_resources.thing', options => '{"select": ["geo"]}')::jsonb->0->'geo', '{"lat": 1, "lon": null, "note": null}', '... which a read undoes');

-- update, destroy, create
SELECT is(pg_temp.put('{"geo": {"lon": 2}}'), '{"lat": 1, "lon": 2, "note": null}', 'without a key an object updates the old one');
SELECT is(pg_temp.put('{"fresh": {"lat": 1}}'), '{"lat": 1, "lon": null, "note": null}', 'nothing becomes a new value');
SELECT is(pg_temp.put('{"fresh": {"lon": 2}}'), '{"lat": null, "lon": 2, "note": null}', 'on_update replace: an object replaces the old one');
SELECT is(pg_temp.put('{"geo": ""}'), 'null', 'an empty string is no value');
SELECT is(pg_temp.refused('{"geo": 5}'), E'22023 invalid\ninvalid_attribute geo: is invalid', 'what is no object is invalid');
SELECT is(pg_temp.refused('{"geo": {"lat": 91, "lon": "x"}}'),
	E'22023 invalid\ninvalid_attribute lat ["geo"]: must be less than or equal to 90\ninvalid_attribute lon ["geo"]: is invalid', 'faults are those of the fields, below the attribute');
SELECT is(pg_temp.refused('{"geo": {"note": "x"}}'), E'22023 invalid\nno_such_input note ["geo"]: No such input `note` for action embedded_resources.geo.create',
	'what the action does not accept is no input');
SELECT is(pg_temp.put('{"counter": {}}'), '{"value": 2}', 'an atomic change is computed from the old value');
SELECT is(pg_temp.refused('{"counter": null, "kept": null}'), E'22023 invalid\ninvalid_attribute lat ["kept"]: is not zero', 'null runs the destroy action, which may refuse');
SELECT is(pg_temp.put('{"named": {"lat": 4, "other": 5}}'), '{"lat": 4, "lon": null, "note": "embedded_resources.thing"}',
	'the action sees the outer changeset as __source__, and unknown inputs can be skipped');

-- keys
SELECT is(pg_temp.place('{"place": {"name": "a", "rank": 1}}'), '{"name": "a", "rank": 1}', 'a value with a key');
CREATE TEMP TABLE before AS SELECT pg_temp.stored('place') AS place;
SELECT is(pg_temp.place(jsonb_build_object('place', jsonb_build_object('id', place->'id', 'rank', 2))), '{"name": "a", "rank": 2}', 'the same key updates') FROM before;
SELECT is(pg_temp.stored('place')->'id', place->'id', '... and stays') FROM before;
SELECT is(pg_temp.place('{"place": {"name": "b"}}'), '{"name": "b", "rank": null}', 'no key creates');
SELECT isnt(pg_temp.stored('place')->'id', place->'id', '... with a key of its own') FROM before;
SELECT is(pg_temp.refused('{"place": {"rank": 3}}'), E'22023 invalid\nrequired name ["place"]: attribute name is required', '... from the input alone');
SELECT is(pg_temp.place('{"fixed": {"name": "f"}}'), '{"name": "f", "rank": null}', 'a value of a type with on_update update');
SELECT is(pg_temp.place('{"fixed": {"rank": 7}}'), '{"name": "f", "rank": 7}', '... is updated whatever its key');

-- lists
CREATE FUNCTION pg_temp.names(list jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat(p->>'name', p->>'rank'), ' ') FROM jsonb_array_elements(list) p
$$;
SELECT is(pg_temp.names(pg_temp.put('{"places": [{"name": "a", "rank": 1}, {"name": "b", "rank": 3}, {"name": "c", "rank": 2}]}')), 'b3 c2 a1', 'items are sorted as the type says');
CREATE TEMP TABLE items AS SELECT p->>'n' AS name, p->>'id' AS id FROM jsonb_array_elements(pg_temp.stored('places')) p;
SELECT is(pg_temp.names(pg_temp.put(jsonb_build_object('places', jsonb_build_array(jsonb_build_object('name', 'd', 'rank', 9), jsonb_build_object('id', id, 'rank', 8))))),
	'd9 c8', 'an item with a known key is an update, others are created, the rest goes') FROM items WHERE name = 'c';
SELECT is((SELECT p->>'id' FROM jsonb_array_elements(pg_temp.stored('places')) p WHERE p->>'n' = 'c'), id, '... and the key stays') FROM items WHERE name = 'c';
SELECT is(pg_temp.refused('{"places": [{"name": "a"}, {"rank": "x"}]}'),
	E'22023 invalid\ninvalid_attribute rank ["places", 1]: is invalid\nrequired name ["places", 1]: attribute name is required', 'faults of an item have its index');
SELECT is(pg_temp.refused('{"places": [{"name": "a"}, {"name": "a"}]}'),
	E'22023 invalid\ninvalid_attribute places: items must be unique on unique_name with keys "name" with `nil` values considered distinct', 'identities hold within a list');
SELECT is(pg_temp.refused(format('{"places": [{"id": "%1$s"}, {"id": "%1$s"}]}', id)),
	E'22023 invalid\ninvalid_attribute places: items must be unique on primary key with keys "id"', '... and so does the primary key') FROM items WHERE name = 'c';
SELECT is(pg_temp.refused('{"places": [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}]}'),
	E'22023 invalid\ninvalid_attribute places: must have 3 or fewer items', 'and so does the length');
SELECT is(pg_temp.refused('{"places": [null]}'), E'22023 invalid\ninvalid_attribute places: no nil values', 'null is no item');
SELECT is(pg_temp.put('{"geos": [null, {"lat": 1}]}'), '[null, {"lat": 1, "lon": null, "note": null}]', '... unless the type says so');
SELECT is(pg_temp.put('{"geos": {"1": {"lat": 2}, "0": {"lat": 1}}}')->1->'lat', '2', 'an indexed map is a list');
SELECT is(pg_temp.refused('{"places": "x"}'), E'22023 invalid\ninvalid_attribute places: is invalid', 'what is no list is invalid');
SELECT is(pg_temp.put('{"places": []}'), '[]', 'a list may become empty');

-- nested, in unions, in maps, as arguments, as literals
SELECT is(pg_temp.refused('{"place": {"name": "a", "at": {"lat": 91}, "children": [{"name": "b", "children": [{"name": "c"}, {}]}]}}'),
	E'22023 invalid\ninvalid_attribute lat ["place", "at"]: must be less than or equal to 90\nrequired name ["place", "children", 0, "children", 1]: attribute name is required',
	'values nest, and so do the paths of their faults');
SELECT is(pg_temp.put('{"place": {"name": "a", "at": {"lat": 1}, "children": [{"name": "b"}]}}') #> '{children,0,name}', '"b"', 'a nested list');
SELECT is(pg_temp.stored('place') #> '{at,latitude}', '1', '... is stored under columns all the way down');
SELECT is(pg_temp.put('{"shape": {"lat": 5}}'), '{"type": "geo", "value": {"lat": 5, "lon": null, "note": null}}', 'a member of a union');
SELECT is(pg_temp.put('{"shape": {"type": "geo", "value": {"lon": 6}}}'), '{"type": "geo", "value": {"lat": 5, "lon": 6, "note": null}}', '... is updated');
SELECT is(pg_temp.names(pg_temp.put('{"shape": [{"name": "p"}]}')->'value'), 'p', '... or makes room for another');
SELECT is(pg_temp.put('{"shape": {"kind": "locked"}}')->>'type', 'kept', '... chosen by its tag');
SELECT is(pg_temp.refused('{"shape": {"lat": 5}}'), E'22023 invalid\ninvalid_attribute kind ["shape"]: is locked', '... and its destroy action may refuse');
SELECT is(pg_temp.refused('{"box": {"geo": {"lat": 91}}}'), E'22023 invalid\ninvalid_attribute lat ["box", "geo"]: must be less than or equal to 90', 'a field of a map');
SELECT is(ash_run_action('embedded_resources.thing', 'move', '{"to": {"name": "m"}}', '{"record": 1}')::jsonb #>> '{place,name}', 'm', 'an argument sets an attribute');
SELECT is(pg_temp.errors($$SELECT ash_run_action('embedded_resources.thing', 'move', '{"raw": {"lat": 91}}', '{"record": 1}')$$),
	E'22023 invalid\ninvalid_attribute lat ["geo"]: must be less than or equal to 90', '... a map is input like any other');
SELECT is((SELECT count(DISTINCT ash_create('embedded_resources.thing', '{}')::jsonb #>> '{start,id}') FROM generate_series(1, 2) n), 2::bigint, 'each record has a default of its own');

-- loads
CREATE FUNCTION pg_temp.loaded(field text, load jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_get('embedded_resources.thing', to_jsonb(max(id)), jsonb_build_object('load', jsonb_build_object(field, load)))::jsonb->field FROM embedded_resources.thing
$$;
SELECT ash_create('embedded_resources.thing', '{"geo": {"lat": 1}, "geos": [{"lat": -1}, null], "place": {"name": "l", "at": {"lat": 3}}}') \g /dev/null
SELECT is(pg_temp.loaded('geo', '["north"]'), '{"lat": 1, "lon": null, "note": null, "north": true}', 'a calculation of an embedded value can be loaded');
SELECT is(pg_temp.loaded('geo', '{"moved": {"by": 5}}')->'moved', '6', '... with arguments');
SELECT is(pg_temp.loaded('geos', '"north"'), '[{"lat": -1, "lon": null, "note": null, "north": false}, null]', '... for each item of a list');
SELECT is(pg_temp.loaded('place', '{"at": "moved"}') #> '{at,moved}', '4', '... inside another');
SELECT is(pg_temp.loaded('shape', '{"*": "north"}'), 'null', 'a null stays null');
SELECT is(ash_create('embedded_resources.thing', '{"shape": {"lat": 5}}', '{"load": {"shape": {"geo": "north"}}}')::jsonb #> '{shape,value,north}', 'true', 'the result of a write, a member of a union');
SELECT is(pg_temp.errors($$SELECT ash_read('embedded_resources.thing', options => '{"load": [{"geo": "nope"}, {"box": "north"}]}')$$),
	E'22023 invalid\ninvalid_load ["load", "geo"]: :nope is not a valid load\ninvalid_load ["load"]: :box is not a valid load', 'what is not there cannot be loaded');

-- definitions
CREATE FUNCTION pg_temp.wrong(resources text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(pg_temp.errors(format('SELECT ash_define(%L)', '{"domain": "embedded_wrong", "resources": ' || resources || '}')), '^22023 invalid\n', '')
$$;
SELECT is(pg_temp.wrong('{"e": {"embedded": true, "attributes": {"a": {"type": "string"}}}, "t": {"attributes": {"id": "uuid_primary_key",
		"x": {"type": "embedded_wrong.t"}, "y": {"type": "embedded_wrong.e", "constraints": {"create_action": "none"}}, "z": {"type": "embedded_wrong.e[]", "constraints": {"items": {"sort": "b"}}}}}}'),
	E'invalid_definition ["resources", "t", "attributes", "x", "type"]: the resource "embedded_wrong.t" is not embedded\n'
	'invalid_definition ["resources", "t", "attributes", "y", "constraints"]: No such action none of type create for resource embedded_wrong.e\n'
	'invalid_definition ["resources", "t", "attributes", "z", "constraints", "items", "sort"]: No such field b for resource embedded_wrong.e',
	'a type names an embedded resource, its actions and its attributes');
SELECT is(pg_temp.wrong('{"e": {"embedded": true, "attributes": {"a": {"type": "string"}}, "base_filter": "a is null", "multitenancy": {"attribute": "a"}}}'),
	E'invalid_definition ["resources", "e", "base_filter"]: an embedded resource has no table to read from\n'
	'invalid_definition ["resources", "e", "multitenancy"]: an embedded value has the tenant of its record', 'an embedded resource has nothing that needs a table');
SELECT is(pg_temp.wrong('{"e": {"embedded": true, "attributes": {"a": {"type": "string"}}, "actions": {"g": {"type": "create", "upsert": true}}}}'),
	'invalid_definition ["resources", "e", "actions", "g", "upsert"]: an embedded value is matched by its list, not by an upsert', 'nor upserts');
SELECT is(pg_temp.wrong('{"e": {"embedded": true, "attributes": {"a": {"type": "string", "public": true, "allow_nil": false}}}, "t": {"attributes": {"id": "uuid_primary_key", "x": {"type": "embedded_wrong.e", "default": {"a": 5}}}}}'),
	'invalid_definition ["resources", "t", "attributes", "x", "default"]: {"a": 5} is not a value of type embedded_wrong.e: is invalid', 'a default must be a value');
SELECT is(pg_temp.wrong('{"e": {"embedded": true, "attributes": {"a": {"type": "embedded_wrong.e", "default": {"a": null}}}}}'),
	'invalid_definition ["resources", "e", "attributes", "a", "default"]: {"a": null} is not a value of type embedded_wrong.e: embedded_wrong.e cannot be used here', '... and not of the resource that is being defined');
SELECT * FROM finish();
ROLLBACK;
