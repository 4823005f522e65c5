\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(18);

-- Do the framework's own forms (lazy, required, error with a map, composite_type, custom aggregates in place) do what it says?

CREATE SCHEMA app;
CREATE TABLE app.calls (n serial);
CREATE FUNCTION app.expensive(factor bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.calls DEFAULT VALUES;
	RETURN factor * 10;
END $$;
CREATE TYPE app.size AS (width int, height numeric(6,2), label varchar(3));
CREATE AGGREGATE app.product(bigint) (sfunc = int8mul, stype = bigint, initcond = '1');
CREATE AGGREGATE app.rows(*) (sfunc = int8inc, stype = bigint, initcond = '0');
CREATE SCHEMA evil;
CREATE AGGREGATE evil.bool_or(boolean) (sfunc = booland_statefunc, stype = boolean);

SELECT pg_temp.define($doc${
  "domain": "forms",
  "functions": {"expensive": {"function": "app.expensive", "arguments": ["integer"], "returns": "integer"}},
  "resources": {
    "box": {
      "attributes": {"id": "integer_primary_key", "w": {"type": "integer", "public": true}, "h": {"type": "decimal", "public": true}, "name": {"type": "string", "public": true}},
      "relationships": {"things": {"has_many": "thing", "public": true}},
      "aggregates": {
        "declared": {"custom": "things", "field": "n", "implementation": "app.product", "type": "integer", "public": true},
        "rows": {"custom": "things", "implementation": "app.rows", "type": "integer", "public": true},
        "any_odd": {"custom": "things", "field": "odd", "implementation": "bool_or", "type": "boolean", "public": true}
      },
      "calculations": {
        "lazily": {"type": "integer", "expr": "lazy(expensive(4)) + w", "public": true},
        "eagerly": {"type": "integer", "expr": "expensive(4) + w", "public": true},
        "span": {"type": "string", "expr": "type('[1,' || w || ']', 'range', '{\"inner_type\": \"integer\"}')::string", "public": true},
        "size": {"type": "string", "expr": "composite_type(row(w, h, name), 'app.size')::string", "public": true},
        "sized": {"type": "app.size", "expr": "composite_type(map(label => 'x', width => w), 'app.size')", "public": true},
        "product": {"type": "integer", "expr": "custom(things, n, implementation => 'app.product', type => 'integer', filter => n > 1, default => 1)", "public": true},
        "joined": {"type": "string", "expr": "custom(things, name, implementation => 'array_agg', type => 'string[]', sort => '-name')::string", "public": true},
        "must": {"type": "string", "expr": "required(name)", "public": true},
        "must_too": {"type": "string", "expr": "required(string_trim(name), 'title')", "public": true},
        "wrong": {"type": "string", "expr": "error('invalid_attribute', map(field => 'w', path => array['a', 'b'], message => '%{w} is too wide', w => w))", "public": true}
      },
      "actions": {"defaults": ["read", "destroy"], "create": {"type": "create", "accept": ["w", "name"]},
        "check": {"type": "update", "accept": [], "changes": [{"set_attribute": {"attribute": "name", "value": {"expr": "required(name)"}}}]}}
    },
    "thing": {
      "attributes": {"id": "integer_primary_key", "box_id": "integer", "n": {"type": "integer", "public": true}, "odd": {"type": "boolean", "public": true}, "name": {"type": "string", "public": true}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
INSERT INTO forms.box (id, w, h, name) VALUES (1, 3, 2.5, 'abc'), (2, 4, 1, NULL), (3, 5, NULL, ' ');
INSERT INTO forms.thing (box_id, n, odd, name) VALUES (1, 2, false, 'p'), (1, 3, true, 'q'), (1, 1, false, 'r');

CREATE FUNCTION pg_temp.loaded(name text, id int DEFAULT 1) RETURNS text LANGUAGE sql AS $$
	SELECT ash_get('forms.box', to_jsonb(id), jsonb_build_object('select', '[]'::jsonb, 'load', jsonb_build_array(name)))::jsonb->>name
$$;
SELECT is((SELECT string_agg(r->>'lazily', ' ') FROM jsonb_array_elements(ash_read('forms.box', '{"select": [], "load": ["lazily"], "sort": "id"}')::jsonb) AS r), '43 44 45', 'lazy: the value');
SELECT is((SELECT count(*) FROM app.calls), 1::bigint, 'lazy: one call for all rows');
SELECT is((SELECT count(*) FROM jsonb_array_elements(ash_read('forms.box', '{"select": [], "load": ["eagerly"]}')::jsonb)), 3::bigint, 'without lazy: rows');
SELECT is((SELECT count(*) FROM app.calls), 4::bigint, 'without lazy: a call for each row');

SELECT is(pg_temp.loaded('span'), '[1,4)', 'type with constraints: a type that needs them');
SELECT is(pg_temp.loaded('size'), '(3,2.50,abc)', 'composite_type of a row: the columns by place, as their types are');
SELECT is(pg_temp.loaded('sized')::jsonb, '{"width": 3, "height": null, "label": "x"}', 'composite_type of a map: the columns by name');
SELECT is(pg_temp.loaded('product'), '6', 'custom in place: the aggregate over what the filter keeps');
SELECT is(pg_temp.loaded('product', 2), '1', 'custom in place: the default without rows');
SELECT is(pg_temp.loaded('joined'), '{r,q,p}', 'custom in place: in the order of sort');
SELECT is(pg_temp.loaded('declared'), '6', 'custom of the resource');
SELECT is(pg_temp.loaded('rows'), '3', 'custom of the resource over rows');
SET LOCAL search_path = evil, public, pg_catalog;
SELECT is(pg_temp.loaded('any_odd'), 'true', 'an aggregate without a schema is PostgreSQL''s own');
RESET search_path;

SELECT is(pg_temp.errors($$SELECT pg_temp.loaded('must', 2)$$), E'22023 invalid\nrequired name: attribute name is required', 'required: the field of the attribute');
SELECT is(pg_temp.errors($$SELECT pg_temp.loaded('must_too', 2)$$), E'22023 invalid\nrequired title: attribute title is required', 'required: the field that is named');
SELECT is(ash_try_action('forms.box', 'check', '{}', '{"record": 2}')::jsonb - 'ok' - 'class',
	'{"errors": [{"code": "required", "field": "name", "path": [], "message": "attribute name is required", "vars": {}}]}', 'required: as an answer');
SELECT is(pg_temp.errors($$SELECT pg_temp.loaded('wrong')$$), E'22023 invalid\ninvalid_attribute w ["a", "b"]: 3 is too wide', 'error: field, path and message of the map');
SELECT is((pg_temp.caught($$SELECT pg_temp.loaded('wrong')$$)->>'detail')::jsonb->'errors'->0->'vars', '{"w": 3}', 'error: the rest are vars');

SELECT * FROM finish();
ROLLBACK;
