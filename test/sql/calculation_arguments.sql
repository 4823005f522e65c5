\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(8);

-- What may be given to an argument of a calculation?

CREATE FUNCTION pg_temp.document(calculations text) RETURNS text LANGUAGE sql AS $$
	SELECT format('{"domain": "arguments", "resources": {"r": {
		"attributes": {"id": "integer_primary_key", "a": {"type": "string", "public": true}, "b": {"type": "string", "public": true}},
		"calculations": {
			"free": {"type": "string", "expr": "a || arg.x || b", "arguments": {"x": {"type": "string", "allow_nil": false, "allow_expr": true}}, "public": true},
			"bound": {"type": "string", "expr": "a || arg.x || b", "arguments": {"x": {"type": "string", "default": "-"}}, "public": true}%s},
		"actions": {"defaults": ["read"], "act": {"type": "read", "arguments": {"x": {"type": "string"}}, "filter": "bound(x => arg.x) = ''pxq''"}}}}}', calculations)
$$;
CREATE FUNCTION pg_temp.faults(calculation text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.caught(format('SELECT ash_define(%L)', pg_temp.document(format(', "c": {"type": "string", "expr": %s}', to_json(calculation)))))->>'message'
$$;
SELECT pg_temp.define(pg_temp.document(', "c": {"type": "string", "expr": "free(x => b)", "public": true}')) \gset
INSERT INTO arguments.r (a, b) VALUES ('p', 'q');

SELECT is(ash_read('arguments.r', '{"load": "c"}')::jsonb #>> '{0,c}', 'pqq', 'a field of the row, with allow_expr'),
	matches(pg_temp.faults('bound(x => b)'), 'argument x of calculation bound does not support expressions', '… and not without'),
	is(pg_temp.faults('bound(x => ''z'')'), NULL, 'a constant'),
	is(jsonb_array_length(ash_run_action('arguments.r', 'act', '{"x": "x"}')::jsonb), 1, 'an argument of the action'),
	matches(pg_temp.faults('free()'), 'argument x of calculation free is required', 'nothing, where something is required'),
	is(ash_read('arguments.r', '{"load": {"bound": {}}}')::jsonb #>> '{0,bound}', 'p-q', 'the default'),
	is(pg_temp.errors($$SELECT ash_read('arguments.r', '{"load": {"free": {"x": {"expr": "b"}}}}')$$), E'22023 invalid\ninvalid_calculation_argument x ["load"]: Invalid value provided for calculation argument x in free: is invalid.',
		'what a caller gives is never an expression'),
	matches(pg_temp.caught($$SELECT ash_define('{"domain": "arguments2", "resources": {"r": {"attributes": {"id": "integer_primary_key"},
		"actions": {"a": {"type": "read", "arguments": {"x": {"type": "string", "allow_expr": true}}}}}}}')$$)->>'message', 'an argument of an action is a value', 'an action takes values');
SELECT * FROM finish();
ROLLBACK;
