\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(19);

-- Sorts of a definition and the SQL aggregates of custom ones: is what could only fail or sort by nothing refused by ash_define?

CREATE FUNCTION pg_temp.document(fields text, read text) RETURNS text LANGUAGE sql AS $$
	SELECT replace(replace($doc${
  "domain": "definition_sorts",
  "resources": {
    "owner": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"things": {"has_many": "thing", "destination_attribute": "owner_id", "public": true}},
      FIELDS, "actions": {"defaults": ["read"]}
    },
    "thing": {
      "attributes": {"id": "integer_primary_key", "owner_id": "integer", "n": {"type": "integer", "public": true}, "secret": {"type": "integer", "sortable": false}},
      "calculations": {
        "far": {"type": "integer", "expr": "abs(n - arg.from)", "arguments": {"from": {"type": "integer", "allow_nil": false}}, "public": true},
        "twice": {"type": "integer", "expr": "n * arg.times", "arguments": {"times": {"type": "integer", "allow_nil": false, "default": -2}}, "public": true},
        "made": {"type": "string", "expr": "arg.x", "arguments": {"x": {"type": "uuid", "default": {"function": "gen_random_uuid"}}}, "public": true},
        "run": {"type": "integer", "function": "app.run", "public": true}},
      "actions": {"read": {"type": "read", "primary": true, "prepare": [READ]}}
    }
  }
}$doc$, 'FIELDS', fields), 'READ', read)
$$;
CREATE FUNCTION pg_temp.fault(fields text, read text DEFAULT '{"build": {"limit": 9}}') RETURNS text LANGUAGE sql AS $$
	SELECT replace(pg_temp.errors(format('SELECT ash_define(%L)', pg_temp.document(fields, read))), E'22023 invalid\ninvalid_definition ', '')
$$;
CREATE FUNCTION pg_temp.in_place(expr text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.fault(format('"calculations": {"c": {"type": "integer", "expr": "%s"}}', expr)) $$;
CREATE FUNCTION pg_temp.declared(aggregate text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.fault(format('"aggregates": {"a": {%s}}', aggregate)) $$;

-- sorts of inline aggregates
SELECT matches(pg_temp.in_place('first(things, n, sort => ''nope'')'), '"owner", "calculations", "c", "expr".*No such field nope', 'in place: unknown field'),
	matches(pg_temp.in_place('first(things, n, sort => array[''id'', ''-secret''])'), ':secret is not sortable', 'in place: a field that is not sortable'),
	matches(pg_temp.in_place('first(things, n, sort => ''far'')'), 'calculation argument from in far: is required', 'in place: a required argument'),
	matches(pg_temp.in_place('first(things, n, sort => ''run'')'), 'cannot be sorted on', 'in place: a function'),
	is(pg_temp.in_place('first(things, n, sort => ''-twice'')'), 'no error', 'in place: an argument with a default');

-- sorts by calculations with arguments
SELECT matches(pg_temp.declared('"first": "things", "field": "n", "sort": ["far"]'), '"owner", "aggregates", "a", "sort".*argument from in far: is required', 'aggregate: a required argument'),
	matches(pg_temp.declared('"first": "things", "field": "n", "sort": [{"field": "far", "args": {"form": 1}}]'), 'No such input `form` for calculation far', 'aggregate: an unknown argument'),
	matches(pg_temp.declared('"first": "things", "field": "n", "sort": ["made"]'), 'argument "x" of calculation "made" must be given in "args"', 'aggregate: a default that differs for each call'),
	matches(pg_temp.fault('"aggregates": {}', '{"build": {"sort": ["far"]}}'), '"thing", "actions", "read".*"sort".*argument from in far: is required', 'preparation: a required argument');
SELECT matches(pg_temp.fault('"aggregates": {}', '{"build": {"sort": [{"field": "far", "args": {"from": "x"}}]}}'), 'argument from in far: is invalid', 'preparation: a wrong argument');

-- custom aggregates
SELECT is(pg_temp.declared('"custom": "things", "field": "n", "implementation": "app.nope", "type": "integer"'),
		'["resources", "owner", "aggregates", "a", "implementation"]: there is no aggregate app.nope(bigint)', 'custom: no such schema'),
	matches(pg_temp.declared('"custom": "things", "field": "n", "implementation": "abs", "type": "integer"'), 'there is no aggregate pg_catalog\.abs', 'custom: a function'),
	matches(pg_temp.declared('"custom": "things", "field": "n", "implementation": "bool_or", "type": "boolean"'), 'there is no aggregate pg_catalog\.bool_or\(bigint\)', 'custom: of another type'),
	matches(pg_temp.in_place('custom(things, n, implementation => ''nope'', type => ''integer'')'), 'there is no aggregate pg_catalog\.nope', 'custom in place'),
	is(pg_temp.declared('"custom": "things", "field": "n", "implementation": "definition_sorts.later", "type": "integer"'), 'no error', 'custom: may come with the schema of the resource'),
	is(pg_temp.declared('"custom": "things", "field": "n", "implementation": "bit_or", "type": "integer"'), 'no error', 'custom: PostgreSQL''s own');

-- what is accepted sorts so
SELECT pg_temp.define(pg_temp.document('"aggregates": {"nearest": {"first": "things", "field": "n", "sort": [{"field": "far", "args": {"from": 5}}], "public": true}},
	"calculations": {"top": {"type": "integer", "expr": "first(things, n, sort => ''twice'')", "public": true}}', '{"build": {"sort": [{"field": "far", "args": {"from": 2}}]}}')) \gset
INSERT INTO definition_sorts.owner DEFAULT VALUES;
INSERT INTO definition_sorts.thing (owner_id, n) VALUES (1, 1), (1, 4), (1, 9), (1, 2);
SELECT is(ash_get('definition_sorts.owner', '1', '{"load": ["nearest", "top"]}')::text, '{"id":1,"nearest":4,"top":9}', 'aggregates'),
	is((SELECT string_agg(r->>'n', ' ') FROM json_array_elements(ash_read('definition_sorts.thing')) AS r), '2 1 4 9', 'a preparation');
SELECT matches(pg_temp.errors($$SELECT ash_read('definition_sorts.thing', '{"sort": "far"}')$$), 'invalid_calculation_argument from.*argument from in far: is required', 'a sort of the caller''s');

SELECT * FROM finish();
ROLLBACK;
