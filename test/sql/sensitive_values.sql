\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(11);

-- Is a value that is given for a sensitive field or argument kept out of the error about it?

SELECT pg_temp.define($${"domain": "sensitive_values", "resources": {"r": {
	"attributes": {"id": "uuid_primary_key", "pin": {"type": "integer", "sensitive": true, "public": true}, "n": {"type": "integer", "public": true}, "doc": {"type": "map", "sensitive": true, "public": true},
		"level": {"type": "atom", "sensitive": true, "public": true, "constraints": {"one_of": ["a", "b"]}}},
	"actions": {"defaults": ["read"], "make": {"type": "create", "accept": "level", "arguments": {"kind": {"type": "atom", "sensitive": true, "constraints": {"one_of": ["a"]}}}}}}}}$$) \gset
CREATE FUNCTION pg_temp.fault(filter text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.caught(format('SELECT ash_read(''sensitive_values.r'', %L)', jsonb_build_object('filter', filter::jsonb)))->>'message'
$$;
SELECT is(pg_temp.fault('{"n": "4711x"}'), 'Invalid filter value `"4711x"` supplied in `n`', 'other values are shown');
SELECT is(pg_temp.fault('{"pin": "4711x"}'), 'Invalid filter value `**redacted**` supplied in `pin`', 'one that is to be equal');
SELECT unalike(pg_temp.fault('{"pin": {"in": ["4711x"]}}'), '%4711x%', 'one of a list');
SELECT unalike(pg_temp.fault('{"pin": {"gt": "4711x"}}'), '%4711x%', 'one to compare with');
SELECT is(pg_temp.fault('{"n": {"is_nil": "4711x"}}'), 'Invalid filter value `"4711x"`.', 'one that is no boolean is shown');
SELECT is(pg_temp.fault('{"pin": {"is_nil": "4711x"}}'), 'Invalid filter value `**redacted**`.', 'one that is no boolean');
SELECT is(pg_temp.fault('{"doc": {"at_path": [{"k": "4711x"}], "eq": 1}}'), 'Invalid filter value `**redacted**`.', 'a path that is none');
SELECT is(pg_temp.fault('{"doc": {"at_path": ["a"], "is_nil": "4711x"}}'), 'Invalid filter value `**redacted**`.', 'one for what is inside');
SELECT unalike(pg_temp.fault('{"doc": {"at_path": ["a"], "like": "4711\\"}}'), '%4711%', 'a pattern for what is inside');

SELECT is(pg_temp.caught($$SELECT ash_run_action('sensitive_values.r', 'make', '{"level": "hidden"}')$$)->>'message', 'level: atom must be one of "a, b", got: **redacted**', 'an attribute');
SELECT unalike(pg_temp.caught($$SELECT ash_run_action('sensitive_values.r', 'make', '{"kind": "hidden"}')$$)->>'detail', '%hidden%', 'an argument');

SELECT * FROM finish();
ROLLBACK;
