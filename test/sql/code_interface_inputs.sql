\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(33);

-- Which parameters does an interface have, and what does it make of them?

CREATE SCHEMA app;
CREATE FUNCTION app.cents(numeric) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT ($1 * 100)::bigint';

SELECT pg_temp.define($doc${
  "domain": "inputs",
  "types": {"money": {"type": "decimal", "constraints": {"min": 0}}},
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true, "source": "the \"name\""}, "price": {"type": "integer", "public": true},
        "note": {"type": "string", "public": true, "default": "none"}, "data": {"type": "binary", "public": true}},
      "calculations": {
        "full": {"type": "string", "expr": "name || arg.separator || note", "public": true,
          "arguments": {"separator": {"type": "string", "default": "-", "constraints": {"trim": false}}, "name": {"type": "string"}}},
        "others": {"type": "integer", "expr": "count(parts) + arg.more", "arguments": {"more": {"type": "integer", "default": 0}}}
      },
      "relationships": {"parts": {"has_many": "item", "no_attributes": true, "filter": "id <> parent.id"}},
      "actions": {
        "defaults": ["read", "destroy", {"create": ["name", "price", "note"]}],
        "change": {"type": "update", "accept": ["name", "price", "note"]},
        "cheap": {"type": "read", "arguments": {"most": {"type": "integer", "default": 10}, "least": {"type": "integer", "allow_nil": false}}, "filter": "price <= arg.most and price >= arg.least"}
      },
      "code_interface": {
        "add": {"action": "create", "args": ["name"], "exclude_inputs": ["note"], "default_options": {"select": ["name"], "context": {"a": 1}}},
        "sell": {"action": "create", "args": ["name", "amount"], "custom_inputs": {"amount": {"type": "money", "to": "price", "using": "app.cents"}}},
        "label": {"action": "change", "custom_inputs": {"sticker": {"type": "string", "to": "note"}}},
        "cheap": {"args": ["least"], "exclude_inputs": ["most"]},
        "full_of": {"calculation": "full", "args": [{"ref": "name"}, {"ref": "note"}, {"optional": "separator"}], "exclude_inputs": ["name"]},
        "full_by_name": {"calculation": "full", "args": [{"arg": "name"}, "note", {"optional": {"ref": "price"}}]},
        "full_of_row": {"calculation": "full", "args": ["_record", {"optional": "separator"}]},
        "others_of": {"calculation": "others", "args": ["_record", "more"], "default_options": {"authorize": true}}
      }
    }
  }
}$doc$) \gset
CREATE FUNCTION pg_temp.signature(name text) RETURNS text LANGUAGE sql AS $$ SELECT pg_get_function_arguments(oid) FROM pg_proc WHERE pronamespace = 'inputs'::regnamespace AND proname = $1 $$;

SELECT is_empty($$SELECT * FROM ash_plan('inputs')$$, 'after migrating the plan is empty');

-- Options and excluded inputs.
SELECT is(pg_temp.signature('add'), 'name text, price bigint DEFAULT NULL::bigint, options jsonb DEFAULT ''{}''::jsonb', 'an excluded input is no parameter'),
	is(inputs.add('a', 5)::jsonb, '{"id": 1, "name": "a"}', 'the default options of a call');
SELECT is(inputs.add('b', options => '{"select": ["note", "price"]}')::jsonb, '{"id": 2, "note": "none", "price": null}', 'a caller overrides them');
SELECT is(pg_temp.signature('cheap'), '"least" bigint', 'of a read as well'),
	results_eq('SELECT id FROM inputs.cheap(1)', 'VALUES (1::bigint)', 'the argument has its default');

-- Custom inputs.
SELECT is(pg_temp.signature('sell'), 'name text, amount numeric, note text DEFAULT NULL::text, options jsonb DEFAULT ''{}''::jsonb', 'a custom input takes the place of the one it makes'),
	is(inputs.sell('c', 1.25)::jsonb->>'price', '125', 'through a function'),
	is(pg_temp.signature('label'), 'id bigint, sticker text DEFAULT NULL::text, name text DEFAULT NULL::text, price bigint DEFAULT NULL::bigint, options jsonb DEFAULT ''{}''::jsonb', 'one that may be left out'),
	is(inputs.label(1, sticker => 'red')::jsonb->>'note', 'red', 'under another name'),
	is(inputs.label(1, price => 6)::jsonb->>'note', 'red', 'what is left out changes nothing');

-- Calculations.
SELECT is(pg_temp.signature('full_of'), 'name text, note text, separator text DEFAULT NULL::text, options jsonb DEFAULT ''{}''::jsonb', 'attributes by value'),
	is(inputs.full_of('x', 'y'), 'x-y', 'the argument has its default'),
	is(inputs.full_of('x', 'y', '+'), 'x+y', 'or is given'),
	is(inputs.full_of('x', NULL), NULL, 'a null is a value'),
	is(pg_temp.signature('full_of_row'), 'record inputs.item, separator text DEFAULT NULL::text, name text DEFAULT NULL::text, options jsonb DEFAULT ''{}''::jsonb', 'a row of the table'),
	is((SELECT string_agg(inputs.full_of_row(i)::text, ' ' ORDER BY id) FROM inputs.item i WHERE id < 3), 'a-red b-none', 'whose values count'),
	is((SELECT inputs.others_of(i, 10)::text FROM inputs.item i WHERE id = 1), '12', 'and whose other rows are seen');

-- Composed with a query.
INSERT INTO inputs.item ("the ""name""", price) SELECT 'i' || n, n % 10 + 1 FROM generate_series(1, 1000) n;
CREATE INDEX ON inputs.item (price);
ANALYZE inputs.item;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; lines text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP lines := lines || line || E'\n'; END LOOP;
	RETURN lines;
END $$;
SELECT doesnt_match(pg_temp.plan_of('SELECT * FROM inputs.cheap(3) WHERE id > 5 ORDER BY id LIMIT 3'), 'Function Scan', 'a read with an excluded input is inlined'),
	matches(pg_temp.plan_of('SELECT * FROM inputs.cheap(3) WHERE id > 5 ORDER BY id LIMIT 3'), '^Limit.*\n.*Index Scan using \S+ on item.*\n +Index Cond: \(id > 5\)', 'under WHERE, ORDER BY and LIMIT it walks the index');

-- What a definition may not say.
CREATE FUNCTION pg_temp.refused(interface text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat(e#>>'{vars,pointer}', ': ', e->>'message'), E'\n') FROM jsonb_array_elements((pg_temp.caught(format('SELECT ash_define(%L)',
		format('{"domain": "inputs_no", "resources": {"r": {"attributes": {"id": "uuid_primary_key", "n": {"type": "integer", "public": true}},
			"calculations": {"c": {"type": "integer", "expr": "n + arg.x", "arguments": {"x": {"type": "integer"}}}},
			"actions": {"defaults": ["read", {"create": ["n"]}], "of": {"type": "read", "arguments": {"m": {"type": "integer", "allow_nil": false}}, "filter": "n = arg.m"}},
			"code_interface": {"f": %s}}}}', interface)))->>'detail')::jsonb->'errors') AS e
$$;
SELECT is(pg_temp.refused('{"action": "create", "exclude_inputs": ["m"]}'), '/resources/r/code_interface/f/exclude_inputs: "m" is no input', 'an unknown input'),
	is(pg_temp.refused('{"action": "create", "args": ["n"], "exclude_inputs": ["n"]}'), '/resources/r/code_interface/f/exclude_inputs: "n" stands in "args"', 'one that is a parameter'),
	is(pg_temp.refused('{"action": "of", "exclude_inputs": ["m"]}'), '/resources/r/code_interface/f/exclude_inputs: "m" is required', 'one that a read needs'),
	is(pg_temp.refused('{"action": "read", "default_options": {"limit": 1}}'), '/resources/r/code_interface/f/default_options: a read is a query: it takes no options', 'options of a read'),
	is(pg_temp.refused('{"action": "create", "default_options": {"selct": []}}'), '/resources/r/code_interface/f/default_options: No such option `selct`', 'an unknown option'),
	is(pg_temp.refused('{"action": "read", "custom_inputs": {"x": {"type": "integer", "to": "n"}}}'), '/resources/r/code_interface/f/custom_inputs/x: custom inputs are for functions that call an action that is no read', 'a custom input of a read'),
	is(pg_temp.refused('{"action": "create", "custom_inputs": {"x": {"type": "integer", "to": "m"}}}'), '/resources/r/code_interface/f/custom_inputs/x: "m" is no input of action "create"', '… of nothing'),
	is(pg_temp.refused('{"action": "create", "custom_inputs": {"x": {"type": "nope", "to": "n"}}}') ~ '^/resources/r/code_interface/f/custom_inputs/x.*nope', true, '… of no type'),
	is(pg_temp.refused('{"action": "create", "custom_inputs": {"x": {"type": "integer", "to": "n", "using": "f"}}}'), '/resources/r/code_interface/f/custom_inputs/x: function "f" must be named as schema.name', '… of a function without its schema'),
	is(pg_temp.refused('{"calculation": "c", "args": [{"ref": "x"}]}'), '/resources/r/code_interface/f/args/0: "x" is no attribute of inputs_no.r', 'no attribute'),
	is(pg_temp.refused('{"calculation": "c", "args": [{"arg": "n"}]}'), '/resources/r/code_interface/f/args/0: "n" is no argument of calculation "c"', 'no argument'),
	is(pg_temp.refused('{"calculation": "c", "args": [{"optional": "_record"}]}'), '/resources/r/code_interface/f/args/0: the record cannot be left out', 'no record'),
	is(pg_temp.refused('{"action": "create", "args": [{"ref": "n"}]}'), '/resources/r/code_interface/f/args/0: only calculations take "_record", {"ref": …} and {"arg": …}', 'an action takes inputs');
SELECT * FROM finish();
ROLLBACK;
