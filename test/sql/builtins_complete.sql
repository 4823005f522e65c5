\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(7);

-- Is everything that ash_builtins lists known to ash_define?

-- Each kind's faults list the nearest names: an entry with a name that is one letter off must be led to the right one.
CREATE FUNCTION pg_temp.suggested(entry text) RETURNS text[] LANGUAGE sql AS $$
	SELECT array(SELECT jsonb_array_elements_text(e -> 'did_you_mean')
		FROM jsonb_array_elements((pg_temp.caught(format('SELECT ash_define(%L)', format('{"domain": "builtins", "resources": {"r": {"attributes": {"id": "uuid_primary_key"},
			"actions": {"defaults": ["read", {"create": []}]}, %s}}}', entry)))->>'detail')::jsonb->'errors') AS e)
$$;

SELECT is_empty($$SELECT name FROM ash_builtins() WHERE kind = 'change' AND name <> 'function'
	AND NOT name = ANY (pg_temp.suggested(format('"changes": [{"%s_": {}}]', name)))$$, 'every change is known to ash_define');
SELECT is_empty($$SELECT name FROM ash_builtins() WHERE kind = 'validation' AND name <> 'function'
	AND NOT name = ANY (pg_temp.suggested(format('"validations": [{"%s_": {}}]', name)))$$, 'every validation');
SELECT is_empty($$SELECT name FROM ash_builtins() WHERE kind = 'preparation' AND name <> 'function'
	AND NOT name = ANY (pg_temp.suggested(format('"preparations": [{"%s_": {}}]', name)))$$, 'every preparation');
SELECT is_empty($$SELECT name FROM ash_builtins() WHERE kind = 'check' AND name <> 'function'
	AND NOT name = ANY (pg_temp.suggested(format('"policies": [{"policy": "always", "checks": [{"authorize_if": {"%s_": {}}}]}]', name)))$$, 'every check');
SELECT is_empty($$SELECT name FROM ash_builtins() WHERE kind = 'type'
	AND NOT name = ANY (pg_temp.suggested(format('"calculations": {"c": {"type": "%s_", "expr": "id"}}', name)))$$, 'every type');
SELECT is_empty($$SELECT name FROM ash_builtins() WHERE kind = 'function'
	AND pg_temp.caught(format('SELECT ash_define(%L)', format('{"domain": "builtins", "resources": {"r": {"attributes": {"id": "uuid_primary_key"},
		"calculations": {"c": {"type": "string", "expr": "%s_(id)"}}}}}', name))) ->> 'hint' !~ format('^Perhaps you meant "%s"', name)$$,
	'every function of expressions');
SELECT set_eq('SELECT DISTINCT kind FROM ash_builtins()',
	ARRAY['entity', 'type', 'change', 'validation', 'preparation', 'check', 'function', 'operator'], 'kinds');

SELECT * FROM finish();
ROLLBACK;
