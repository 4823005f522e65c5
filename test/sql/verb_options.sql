\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(59);

-- Do verbs take the action and the arguments of a read as options, and does nothing else take them?

SELECT pg_temp.define('{"domain": "verb_options", "resources": {
	"item": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "n": {"type": "integer", "public": true}},
		"calculations": {"plus": {"type": "integer", "expr": "n + arg.m", "arguments": {"m": "integer"}, "public": true}},
		"actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}],
			"named": {"type": "create", "accept": ["n"], "changes": [{"set_attribute": {"attribute": "name", "value": "named"}}]},
			"rename": {"type": "update", "accept": [], "arguments": {"to": "string"}, "changes": [{"set_attribute": {"attribute": "name", "value": {"arg": "to"}}}]},
			"hide": {"type": "destroy", "soft": true, "accept": [], "changes": [{"set_attribute": {"attribute": "name", "value": "hidden"}}]},
			"above": {"type": "read", "arguments": {"least": {"type": "integer", "allow_nil": false}}, "filter": "n > arg.least", "prepare": [{"build": {"sort": "id"}}],
				"pagination": {"offset": true, "keyset": true, "required": false}}}},
	"bare": {"attributes": {"id": "integer_primary_key"}, "actions": {"list": {"type": "read"}}}
}}') \gset
INSERT INTO verb_options.item (name, n) VALUES ('a', 1), ('b', 2), ('c', 3);

-- Reads.
\set above '{"action": "above", "input": {"least": 1}}'
SELECT is(json_array_length(ash_read('verb_options.item')), 3, 'the primary action'),
	is(json_array_length(ash_read('verb_options.item', '{"action": null, "input": null}')), 3, 'nulls are options that are not given'),
	is(json_array_length(ash_read('verb_options.item', :'above')), 2, 'ash_read'),
	is(ash_read_first('verb_options.item', :'above')->>'name', 'b', 'ash_read_first'),
	is(ash_read_one('verb_options.item', '{"action": "above", "input": {"least": 2}}')->>'name', 'c', 'ash_read_one'),
	is(ash_get('verb_options.item', 2, :'above')->>'name', 'b', 'ash_get'),
	is(ash_get('verb_options.item', 1, :'above'::jsonb || '{"not_found_error": false}')::text, 'null', 'ash_get of what the action leaves out'),
	is(ash_reload('verb_options.item', 2, :'above')->>'name', 'b', 'ash_reload'),
	is(ash_load('verb_options.item', ARRAY[3, 2], '[{"plus": {"m": 1}}]', :'above'::jsonb || '{"select": ["name"]}')::jsonb, '[{"id": 3, "name": "c", "plus": 4}, {"id": 2, "name": "b", "plus": 3}]', 'ash_load'),
	matches(pg_temp.errors($$SELECT ash_load('verb_options.item', 1, '[]', '{"action": "above", "input": {"least": 1}}')$$), 'not_found', 'ash_load of what the action leaves out'),
	is(ash_page('verb_options.item', ash_read('verb_options.item', :'above'::jsonb || '{"page": {"limit": 1, "offset": 0}}')::jsonb, options => :'above') #>> '{results,0,name}', 'c', 'ash_page'),
	is(ash_page('verb_options.item', ash_read('verb_options.item', :'above'::jsonb || '{"page": {"limit": 1, "offset": 1}}')::jsonb, direction => 'first', options => :'above') #>> '{results,0,name}', 'b', 'its direction'),
	is((SELECT string_agg(r->>'name', '') FROM ash_stream('verb_options.item', :'above'::jsonb || '{"batch_size": 1}') AS r), 'bc', 'ash_stream');
SELECT is(ash_count('verb_options.item', :'above'), 2::bigint, 'ash_count'),
	is(ash_exists('verb_options.item', '{"action": "above", "input": {"least": 3}}'), false, 'ash_exists'),
	is(ash_first('verb_options.item', 'name', :'above')::text, '"b"', 'ash_first'),
	is(ash_list('verb_options.item', 'n', :'above')::jsonb, '[2, 3]', 'ash_list'),
	is(ash_sum('verb_options.item', 'n', :'above')::text, '5', 'ash_sum'),
	is(ash_min('verb_options.item', 'n', :'above')::text, '2', 'ash_min'),
	is(ash_max('verb_options.item', 'n', :'above')::text, '3', 'ash_max'),
	is(ash_avg('verb_options.item', 'n', :'above')::text::numeric, 2.5, 'ash_avg'),
	is(ash_aggregate('verb_options.item', '{"n": "count"}', :'above')::jsonb, '{"n": 2}', 'ash_aggregate');

-- Writes, whose input is an argument.
SELECT is(ash_create('verb_options.item', '{"n": 4}', '{"action": "named"}')->>'name', 'named', 'ash_create'),
	is(ash_update('verb_options.item', 1, '{"to": "x"}', '{"action": "rename"}')->>'name', 'x', 'ash_update'),
	is(ash_destroy('verb_options.item', 1, '{}', '{"action": "hide", "return_destroyed": true}')->>'name', 'hidden', 'ash_destroy'),
	is(ash_bulk_create('verb_options.item', '[{"n": 5}]', '{"action": "named", "return_records": true}') #>> '{records,0,name}', 'named', 'ash_bulk_create'),
	is(ash_bulk_update('verb_options.item', '{"to": "y"}', '{"action": "rename", "records": [2], "return_records": true}') #>> '{records,0,name}', 'y', 'ash_bulk_update'),
	is(ash_bulk_destroy('verb_options.item', options => '{"action": "hide", "records": [3]}')->>'status', 'success', 'ash_bulk_destroy');
SELECT is(string_agg(name, ' ' ORDER BY id), 'hidden y hidden named named', 'all have written') FROM verb_options.item;

-- What is wrong with them.
CREATE FUNCTION pg_temp.refused(call text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors('SELECT ' || call)
$$;
SELECT is(pg_temp.refused($$ash_read('verb_options.item', '{"action": "abov"}')$$), E'22023 invalid\nno_such_action: No such action abov of type read for resource verb_options.item', 'an action that is not there'),
	is(pg_temp.caught($$SELECT ash_read('verb_options.item', '{"action": "abov"}')$$)->>'detail' LIKE '%"did_you_mean": ["above"]%', true, 'with a suggestion'),
	is(pg_temp.refused($$ash_read('verb_options.item', '{"action": "create"}')$$), E'22023 invalid\nno_such_action: No such action create of type read for resource verb_options.item', 'one of another type'),
	is(pg_temp.refused($$ash_read('verb_options.item', '{"action": 5, "lmit": 1}')$$), E'22023 invalid\ninvalid_option action: option action must be a name, got: 5\nno_such_option lmit: No such option `lmit`', 'a number'),
	is(pg_temp.refused($$ash_read('verb_options.bare', '{"limt": 1}')$$), E'22023 invalid\nno_primary_action: No primary action of type read for resource verb_options.bare, and no action specified\nno_such_option limt: No such option `limt`', 'no primary action, and another fault'),
	is(pg_temp.refused($$ash_read('verb_options.item', '{"action": "above"}')$$), E'22023 invalid\nrequired least: argument least is required', 'an argument that is missing'),
	matches(pg_temp.refused($$ash_read('verb_options.item', '{"action": "above", "input": {"least": "x"}}')$$), '^22023 invalid\ninvalid_argument least: ', 'an argument that is wrong'),
	matches(pg_temp.refused($$ash_read('verb_options.item', '{"input": {"least": 1}}')$$), '\nno_such_input least .*: No such input `least` for action verb_options.item.read', 'one that the action does not have'),
	matches(pg_temp.refused($$ash_read('verb_options.item', '{"action": "above", "input": 5}')$$), '\minput must be a JSON object', 'an input that is no object'),
	is(pg_temp.refused($$ash_stream('verb_options.item', '{"action": "above", "input": {"least": 1}, "batch_size": "x"}')$$), E'22023 invalid\ninvalid_option batch_size: option batch_size must be a non-negative integer, got: "x"', 'a batch_size that is no number'),
	matches(pg_temp.caught($$SELECT ash_read('verb_options.item', '{"action": "above"}')$$)->>'context', '^action above of resource verb_options.item\n', 'the context names the action'),
	is((pg_temp.caught($$SELECT ash_read('verb_options.item', '{"acton": "above"}')$$)->>'hint'), 'Perhaps you meant the option "action".', 'an option that is misspelt');

-- Where they are not options.
SELECT is(pg_temp.refused(format('%s(%L, %L, %L, %L)', f, 'verb_options.item', 'read', '{}', '{"action": "above", "input": {"least": 1}}')),
	E'22023 invalid\ninvalid_option action: option action cannot be given here: the action is an argument of its own\ninvalid_option input: option input cannot be given here: the input is an argument of its own', f)
FROM unnest(ARRAY['ash_run_action', 'ash_validate_action', 'ash_can', 'ash_explain_policies', 'ash_sql', 'ash_explain']) AS f;
SELECT is(pg_temp.error_lines(ash_try_action('verb_options.item', 'read', '{}', '{"action": "above"}')::jsonb->'errors'), 'invalid_option action: option action cannot be given here: the action is an argument of its own', 'ash_try_action');
SELECT is(pg_temp.refused(call), E'22023 invalid\ninvalid_option input: option input cannot be given here: the input is an argument of its own', call)
FROM (VALUES ($$ash_create('verb_options.item', '{}', '{"input": {}}')$$), ($$ash_update('verb_options.item', 1, '{}', '{"input": {}}')$$), ($$ash_destroy('verb_options.item', 1, '{}', '{"input": {}}')$$),
	($$ash_bulk_create('verb_options.item', '[]', '{"input": {}}')$$), ($$ash_bulk_update('verb_options.item', '{}', '{"input": {}}')$$), ($$ash_bulk_destroy('verb_options.item', '{}', '{"input": {}}')$$)) AS c (call);
SELECT is(pg_temp.refused($$ash_calculate('verb_options.item', 'plus', '{"m": 1}', '{"refs": {"n": 1}, "action": "above", "input": {}}')$$),
		E'22023 invalid\ninvalid_option action: option action cannot be given here: a calculation runs no action\ninvalid_option input: option input cannot be given here: the arguments of the calculation are an argument of their own', 'ash_calculate'),
	is(pg_temp.caught($$SELECT ash_run_action('verb_options.item', 'read', '{}', '{"action": "above"}')$$)->>'hint', 'Leave out the option "action".', 'with a hint'),
	is(pg_temp.refused($$ash_run_action('verb_options.item', 'read', '{}', '{"acton": "above"}')$$), E'22023 invalid\nno_such_option acton: No such option `acton`', 'a misspelt one is unknown'),
	is(pg_temp.caught($$SELECT ash_run_action('verb_options.item', 'read', '{}', '{"acton": "above"}')$$)->>'hint' LIKE '%"action"%', false, 'and it is not suggested'),
	matches(pg_temp.caught($$SELECT ash_define('{"domain": "verb_options", "resources": {"item": {"attributes": {"id": "integer_primary_key"}, "actions": {"make": {"type": "create", "accept": []}},
		"code_interface": {"make": {"action": "make", "default_options": {"action": "other"}}}}}}')$$)->>'message', 'option action cannot be given here', 'nor by a code interface');

SELECT * FROM finish();
ROLLBACK;
