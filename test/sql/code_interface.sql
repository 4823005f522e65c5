\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(61);

-- Are code interfaces, calculations and aggregates ordinary SQL functions that do what the actions do, and are those alone
-- planned, replaced and dropped?

CREATE TEMP TABLE doc (text text);
INSERT INTO doc VALUES ($doc${
  "domain": "code_interface",
  "resources": {
    "item": {
      "attributes": {
        "id": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true},
        "name": {"type": "string", "allow_nil": false, "public": true, "constraints": {"min_length": 2}},
        "size": {"type": "integer", "public": true, "default": 7},
        "data": {"type": "binary", "public": true},
        "tags": {"type": "string[]", "public": true},
        "lasts": {"type": "duration", "public": true},
        "options": {"type": "map", "public": true}
      },
      "relationships": {
        "box": {"belongs_to": "code_interface.item", "attribute_type": "integer", "public": true},
        "parts": {"has_many": "code_interface.item", "destination_attribute": "box_id", "public": true}
      },
      "identities": {"by_name": ["name"]},
      "calculations": {
        "label": {"type": "string", "expr": "name || '/' || size", "public": true},
        "scaled": {"type": "integer", "expr": "size * arg.by", "arguments": {"by": {"type": "integer", "default": 2}}},
        "shifted": {"type": "integer", "expr": "size + arg.by", "arguments": {"by": {"type": "integer", "allow_nil": false}}}
      },
      "aggregates": {"part_count": {"count": "parts", "filter": "size > 0", "public": true}, "part_sizes": {"sum": "parts", "field": "size"}},
      "actions": {
        "defaults": ["read", "destroy"],
        "add": {"type": "create", "accept": ["id", "name", "size", "data", "tags", "lasts", "options", "box_id"]},
        "change": {"type": "update", "accept": ["name", "size"], "arguments": {"note": {"type": "string"}}},
        "big": {"type": "read", "arguments": {"than": {"type": "integer", "allow_nil": false}, "most": {"type": "integer", "default": 1000}},
          "filter": "size > arg.than and size <= arg.most"},
        "biggest": {"type": "read", "prepare": [{"build": {"sort": ["-size", "id"], "limit": 2}}]}
      },
      "code_interface": {
        "all_items": "read",
        "big": {"args": ["than"], "description": "Items of size."},
        "sized": {"action": "big", "args": ["than", {"optional": "most"}]},
        "biggest": {},
        "get_item": {"action": "read", "get_by": ["id"]},
        "find_item": {"action": "read", "get_by_identity": "by_name", "not_found_error": false},
        "add_item": {"action": "add", "args": ["id", "name"]},
        "rename": {"action": "change", "args": ["name"]},
        "resize": {"action": "change", "args": ["size"], "get_by_identity": "by_name"},
        "remove": "destroy",
        "shift": {"calculation": "shifted", "args": ["by"]}
      }
    },
    "note": {
      "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false}, "org": {"type": "string", "public": true},
        "writer": {"type": "integer", "public": true}, "body": {"type": "string", "public": true}},
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "actions": {"defaults": ["read"], "mine": {"type": "read", "filter": "writer = actor.id"}},
      "policies": [
        {"bypass": {"actor_attribute_equals": {"attribute": "admin", "value": true}}, "checks": [{"authorize_if": "always"}]},
        {"policy": "always", "checks": [{"authorize_if": {"expr": "writer = actor.id or body = 'open'"}}]}
      ],
      "code_interface": {"notes": "read", "my_notes": "mine"}
    }
  }
}$doc$);
SELECT pg_temp.define(text) FROM doc \gset

SELECT is_empty($$SELECT * FROM ash_plan('code_interface')$$, 'after migrating the plan is empty');
INSERT INTO code_interface.item (id, name, size, box_id) VALUES (1, 'ant', 10, NULL), (2, 'bee', 20, 1), (3, 'cat', 30, 1), (4, 'dog', 40, 2), (5, 'eel', 2000, 2);
ANALYZE code_interface.item;

-- Reads.
SELECT results_eq('SELECT id FROM code_interface.big(10) ORDER BY id', 'VALUES (2::bigint), (3), (4)', 'argument, and the default of another'),
	results_eq('SELECT id FROM code_interface.big(than => 10, most => 3000) ORDER BY id', 'VALUES (2::bigint), (3), (4), (5)', 'by name'),
	results_eq('SELECT id FROM code_interface.sized(30, 2000) ORDER BY id', 'VALUES (4::bigint), (5)', 'an optional argument by position'),
	results_eq('SELECT id FROM code_interface.biggest()', 'VALUES (5::bigint), (4)', 'sort and limit of the action'),
	results_eq('SELECT count(*) FROM code_interface.all_items()', 'VALUES (5::bigint)', 'an action by its name alone'),
	results_eq('SELECT b.id, i.name FROM code_interface.big(15) b JOIN code_interface.item i ON i.id = b.box_id WHERE b.size < 40 ORDER BY 1',
		$$VALUES (2::bigint, 'ant'), (3, 'ant')$$, 'reads compose with joins and conditions');
SET LOCAL enable_seqscan = off;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; lines text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP lines := lines || line || E'\n'; END LOOP;
	RETURN lines;
END $$;
SELECT matches(pg_temp.plan_of('SELECT * FROM code_interface.big(10) WHERE id = 3'), 'Index Scan using \S+ on item.*\n +Index Cond: \(id = ''?3', 'a condition outside reaches the index'),
	doesnt_match(pg_temp.plan_of('SELECT * FROM code_interface.big(10) WHERE id = 3'), 'Function Scan', 'the read is inlined'),
	doesnt_match(pg_temp.plan_of('SELECT * FROM code_interface.biggest()'), 'Function Scan', 'so is one with sort and limit'),
	doesnt_match(pg_temp.plan_of('SELECT * FROM code_interface.get_item(3)'), 'Function Scan', 'and one of a single record'),
	doesnt_match(pg_temp.plan_of('SELECT * FROM code_interface.notes()'), 'Function Scan', 'and one with policies and tenant'),
	matches(pg_temp.plan_of('SELECT t.id FROM code_interface.item t WHERE code_interface.label(t) = ''x'''), 'Filter: .*name \|\| ''/''', 'and a calculation');
RESET enable_seqscan;

-- One record.
SELECT results_eq('SELECT name FROM code_interface.get_item(3)', $$VALUES ('cat')$$, 'get by attribute'),
	is(pg_temp.errors('SELECT * FROM code_interface.get_item(99)'), E'22023 invalid\nnot_found: record with id: 99 not found', 'none is an error'),
	results_eq($$SELECT id FROM code_interface.find_item('dog')$$, 'VALUES (4::bigint)', 'get by identity'),
	is_empty($$SELECT * FROM code_interface.find_item('zzz')$$, 'unless not_found_error is false');

-- Writes.
SELECT is(code_interface.add_item(6, 'fox')::jsonb - 'data', '{"id": 6, "name": "fox", "size": 7, "tags": null, "lasts": null, "options": null, "box_id": null}', 'inputs left out take their defaults');
SELECT is(code_interface.add_item(7, 'gnu', size => 3, tags => '{a,b}', data => '\x00ff', options => '{"a": null}', lasts => '"PT1H"', _options => '{"select": ["id", "tags", "data", "options", "lasts"]}')::jsonb,
	'{"id": 7, "tags": ["a", "b"], "data": "AP8=", "options": {"a": null}, "lasts": "PT1H"}', 'every input has a parameter of its type');
SELECT is((SELECT data FROM code_interface.item WHERE id = 7), '\x00ff'::bytea, 'binary data arrives as it is'),
	is(code_interface.rename(7, 'gull')::jsonb->>'name', 'gull', 'an update takes the key first'),
	is((SELECT size FROM code_interface.item WHERE id = 7), 3::bigint, 'and leaves alone what is not given'),
	is(code_interface.resize('gull', 33)::jsonb->>'id', '7', 'or the fields that find the record'),
	is(pg_temp.errors($$SELECT code_interface.rename(7, 'x')$$) ~ '^22023 invalid\ninvalid_attribute name', true, 'validations hold'),
	is(pg_temp.errors('SELECT code_interface.add_item(8, NULL)'), E'22023 invalid\nrequired name: attribute name is required', 'a required argument may be null: the action says so'),
	is(code_interface.remove(7, options => '{"return_destroyed": true}')::jsonb->>'name', 'gull', 'options of the call');
SELECT is((SELECT count(*) FROM code_interface.item), 6::bigint, 'a destroy destroys');
SELECT is(code_interface.shift(5, options => '{"record": 2}')::text, '25', 'a calculation');
SELECT is((SELECT string_agg(format('%s %s', proname, pg_get_function_arguments(oid)), E'\n' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'code_interface'::regnamespace AND proname IN ('add_item', 'big', 'rename')),
	E'add_item id bigint, name text, size bigint DEFAULT NULL::bigint, data bytea DEFAULT NULL::bytea, tags text[] DEFAULT NULL::text[], lasts jsonb DEFAULT NULL::jsonb, options jsonb DEFAULT NULL::jsonb, box_id bigint DEFAULT NULL::bigint, _options jsonb DEFAULT ''{}''::jsonb\n'
	'big than bigint, most bigint DEFAULT ''1000''::bigint\nrename id bigint, name text, note text DEFAULT NULL::text, size bigint DEFAULT NULL::bigint, options jsonb DEFAULT ''{}''::jsonb', 'signatures');
SELECT results_eq($$SELECT DISTINCT provolatile::text, prosecdef, proisstrict, proconfig FROM pg_proc WHERE pronamespace = 'code_interface'::regnamespace AND proretset$$,
	$$VALUES ('s', false, false, NULL::text[])$$, 'nothing keeps reads from being inlined');

-- Fields of the row.
SET LOCAL search_path = code_interface, public;
SELECT results_eq('SELECT t.label, t.scaled, t.part_count, t.part_sizes FROM item t WHERE id < 4 ORDER BY id',
	$$VALUES ('ant/10'::text, 20::bigint, 2::bigint, 50::bigint), ('bee/20', 40, 2, 2040), ('cat/30', 60, 0, NULL)$$, 'calculations and aggregates are fields');
RESET search_path;
SELECT hasnt_function('code_interface', 'shifted', 'but for calculations that need an argument');

-- Tenant and policies.
INSERT INTO code_interface.note VALUES (1, 'x', 1, 'mine'), (2, 'x', 2, 'open'), (3, 'x', 2, 'shut'), (4, 'y', 1, 'mine too');
SELECT is_empty('SELECT * FROM code_interface.notes()', 'no tenant, no rows');
SET LOCAL ash.tenant = 'x';
SELECT is_empty('SELECT * FROM code_interface.notes()', 'a condition on the actor needs one');
SET LOCAL ash.actor = '{"id": 1}';
SELECT results_eq('SELECT id FROM code_interface.notes() ORDER BY id', 'VALUES (1::bigint), (2)', 'what the actor may see'),
	results_eq('SELECT id FROM code_interface.my_notes() ORDER BY id', 'VALUES (1::bigint)', 'the filter of an action reads the actor');
SET LOCAL ash.actor = '{"id": 1, "admin": true}';
SELECT results_eq('SELECT id FROM code_interface.notes() ORDER BY id', 'VALUES (1::bigint), (2), (3)', 'a bypass, within the tenant');
SET LOCAL ash.tenant = 'y';
SELECT results_eq('SELECT id FROM code_interface.notes() ORDER BY id', 'VALUES (4::bigint)', 'one plan serves every session');
CREATE ROLE regress_code_interface;
GRANT USAGE ON SCHEMA code_interface TO regress_code_interface;
SELECT is(pg_temp.as_role('regress_code_interface', 'SELECT id FROM code_interface.notes()'), '42501: permission denied for table note', 'privileges are the caller''s');
GRANT SELECT ON code_interface.note TO regress_code_interface;
SET LOCAL ash.actor = '{"id": 1}';
SET LOCAL ash.tenant = 'x';
SELECT is(pg_temp.as_role('regress_code_interface', 'SELECT string_agg(id::text, '' '' ORDER BY id) FROM code_interface.notes()'), '1 2', 'row security agrees');

-- Drift.
CREATE FUNCTION pg_temp.steps() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(operation || ' ' || regexp_replace(substring(sql FROM 'code_interface"?\."?\w+'), '"', '', 'g'), E'\n' ORDER BY step) FROM ash_plan('code_interface')
$$;
CREATE OR REPLACE FUNCTION code_interface.big(than bigint, most bigint DEFAULT 1) RETURNS SETOF code_interface.item LANGUAGE sql STABLE PARALLEL RESTRICTED AS 'SELECT * FROM code_interface.item';
SELECT is(pg_temp.steps(), E'replace function code_interface.big\ncomment on function code_interface.big', 'a body changed by hand is drift');
SELECT is((SELECT count(*) FROM ash_migrate('code_interface')), 2::bigint, 'which migrating mends'), is(pg_temp.steps(), NULL, 'entirely');
SELECT results_eq('SELECT id FROM code_interface.big(30)', 'VALUES (4::bigint)', 'it is as it was');
ALTER FUNCTION code_interface.big(bigint, bigint) SECURITY DEFINER;
SELECT is(pg_temp.steps(), E'replace function code_interface.big\ncomment on function code_interface.big', 'so are its properties');
DROP FUNCTION code_interface.label(code_interface.item);
SELECT count(*) FROM ash_migrate('code_interface') \gset
SELECT has_function('code_interface', 'label', 'a dropped function comes back'), is(pg_temp.steps(), NULL, 'and the plan is empty');

-- Definitions that change.
CREATE FUNCTION code_interface.ours(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION code_interface.ours(integer) IS 'Written by hand.';
SELECT ash_define(replace(replace(text, '"biggest": {},', ''), '"args": ["than"]', '"args": [{"optional": "than"}]')::json) FROM doc \gset
SELECT is(pg_temp.steps(), E'drop function code_interface.biggest\nreplace function code_interface.big\ncomment on function code_interface.big', 'a function nobody wants is dropped, one that changed replaced');
SELECT count(*) FROM ash_migrate('code_interface') \gset
SELECT hasnt_function('code_interface', 'biggest', 'it is gone'), has_function('code_interface', 'ours', 'what others wrote stays');
SELECT ash_define(replace(text, '"than": {"type": "integer", "allow_nil": false}', '"than": {"type": "decimal", "allow_nil": false}')::json) FROM doc \gset
SELECT is((SELECT string_agg(operation, ', ' ORDER BY step) FROM ash_plan('code_interface') WHERE sql ~ '\."?big"?\('),
	'drop function, create function, comment on function', 'other parameters make another function');
SELECT count(*) FROM ash_migrate('code_interface') \gset
SELECT is(pg_temp.steps(), NULL, 'once');
CREATE FUNCTION code_interface.taken() RETURNS integer LANGUAGE sql AS 'SELECT 1';
SET LOCAL client_min_messages = error;
SELECT ash_define(replace(text, '"biggest": {},', '"taken": "read",')::json, true) FROM doc \gset
RESET client_min_messages;
SELECT is(code_interface.taken(), 1, 'a function of somebody else is not replaced');

-- What cannot be a function is refused.
CREATE FUNCTION pg_temp.refused(interface text, actions text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat(e#>>'{vars,pointer}', ': ', e->>'message'), E'\n') FROM jsonb_array_elements((pg_temp.caught(format('SELECT ash_define(%L)',
		format('{"domain": "code_interface_no", "resources": {"r": {"attributes": {"id": "uuid_primary_key", "n": {"type": "integer", "public": true}}, "actions": {"defaults": ["read", {"create": ["n"]}]%s}, "code_interface": {"f": %s}}}}', actions, interface)))->>'detail')::jsonb->'errors') AS e
$$;
SELECT is(pg_temp.refused('{"action": "create", "args": [{"optional": "n"}, "m"]}'), '/resources/r/code_interface/f/args/1: "m" is no input of action "create"', 'an unknown argument'),
	is(pg_temp.refused('{"action": "create", "get_by": ["id"]}'), '/resources/r/code_interface/f/get_by: only reads, updates and destroys find a record', 'an option that does not fit'),
	is(pg_temp.refused('{"action": "locked"}', ', "locked": {"type": "read", "prepare": [{"build": {"lock": "for update"}}]}'),
		'/resources/r/code_interface/f/action: read "locked" cannot be a function: it locks rows; call it with ash_run_action', 'a read that is no plain query');

-- Names are names.
SELECT pg_temp.define($doc${"domain": "code_interface_names", "schema": "code \"interface'", "resources": {"select": {
  "attributes": {"id": "integer_primary_key", "a\"b": {"type": "string", "public": true}, "$ash$": {"type": "string", "public": true}},
  "calculations": {"x'; drop": {"type": "string", "expr": "\"a\"\"b\" || '$ash$' || '''\\'"}},
  "actions": {"defaults": ["read", {"create": ["a\"b", "$ash$"]}], "of": {"type": "read", "arguments": {"$1 --": {"type": "string"}}, "filter": "\"a\"\"b\" = arg.\"$1 --\""}},
  "code_interface": {"make \"it\"": {"action": "create", "args": ["a\"b"]}, "find '": {"action": "of", "args": ["$1 --"]}}}}}$doc$) \gset
SELECT is("code ""interface'"."make ""it"""('x$ash$y')::jsonb->>'a"b', 'x$ash$y', 'whatever they look like'),
	results_eq($$SELECT "code ""interface'"."x'; drop"(t) FROM "code ""interface'"."find '"('x$ash$y') t$$, $$VALUES ('x$ash$y$ash$''\')$$, 'in reads and calculations'),
	is_empty($$SELECT * FROM ash_plan('code_interface_names')$$, 'and the plan is empty then too');

-- Away.
SELECT is(ash_undefine('code_interface', true)::jsonb->>'domain', 'code_interface', 'a domain goes with its tables');
SELECT is((SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc WHERE pronamespace = 'code_interface'::regnamespace), 'ours taken', 'and its functions');

SELECT * FROM finish();
ROLLBACK;
