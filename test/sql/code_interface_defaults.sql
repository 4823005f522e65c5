\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(30);

-- Has an argument that is left out of a read's function the default it has in the action, whatever kind it is, and one for all rows?

CREATE SCHEMA app;
CREATE SEQUENCE app.numbers;
CREATE FUNCTION app.number() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT nextval('app.numbers') $$;
SELECT pg_temp.define($doc${
  "domain": "defaults",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "key": {"type": "uuid", "public": true, "default": {"expr": "uuidv7()"}}, "at": {"type": "utc_datetime_usec", "public": true, "default": {"expr": "now()"}}},
      "actions": {"defaults": ["read", {"create": "*"}],
        "literal": {"type": "read", "arguments": {"a": {"type": "integer", "default": 2}}, "filter": "id <= arg.a"},
        "moment": {"type": "read", "arguments": {"a": {"type": "utc_datetime_usec", "default": {"expr": "now()"}}}, "filter": "at <= arg.a"},
        "v4": {"type": "read", "arguments": {"a": {"type": "uuid", "default": {"expr": "gen_random_uuid()"}}}, "filter": "type(arg.a, 'string') like '________-____-4___-____-____________' and arg.a = arg.a"},
        "v7": {"type": "read", "arguments": {"a": {"type": "uuid", "default": {"expr": "uuid_generate_v7()"}}}, "filter": "type(arg.a, 'string') like '________-____-7___-____-____________' and arg.a = arg.a"},
        "later": {"type": "read", "arguments": {"a": {"type": "uuid", "default": {"expr": "uuidv7()"}}}, "filter": "key < arg.a"},
        "sum": {"type": "read", "arguments": {"a": {"type": "integer", "default": {"expr": "1 + 1"}}}, "filter": "id <= arg.a"},
        "counted": {"type": "read", "arguments": {"a": {"type": "integer", "default": {"function": "app.number"}}}, "filter": "id <= arg.a + 10"}},
      "code_interface": {
        "literal": {"args": [{"optional": "a"}]}, "moment": {"args": [{"optional": "a"}]}, "v4": {"args": [{"optional": "a"}]}, "v7": {"args": [{"optional": "a"}]}, "later": {"args": [{"optional": "a"}]}, "sum": {"args": [{"optional": "a"}]}, "counted": {"args": [{"optional": "a"}]},
        "literal_only": {"action": "literal", "exclude_inputs": ["a"]}, "moment_only": {"action": "moment", "exclude_inputs": ["a"]}, "v4_only": {"action": "v4", "exclude_inputs": ["a"]}, "v7_only": {"action": "v7", "exclude_inputs": ["a"]}, "later_only": {"action": "later", "exclude_inputs": ["a"]}, "sum_only": {"action": "sum", "exclude_inputs": ["a"]}, "counted_only": {"action": "counted", "exclude_inputs": ["a"]}
      }
    }
  }
}$doc$) \gset
SELECT count(ash_create('defaults.item', '{}')) AS created FROM generate_series(1, 4) \gset
-- The clock of the keys goes by milliseconds.
SELECT pg_sleep(0.002) \gset

-- Rows that a statement finds, as a list.
CREATE FUNCTION pg_temp.ids(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE ids text;
BEGIN
	EXECUTE 'SELECT string_agg(id::text, '''' ORDER BY id) FROM ' || query INTO ids;
	RETURN ids;
END $$;
SELECT is((SELECT string_agg(r ->> 'id', '' ORDER BY r ->> 'id') FROM json_array_elements(ash_read('defaults.item', jsonb_build_object('action', name))) AS r), expected, name || ': the action'),
	is(pg_temp.ids(format('defaults.%I()', name)), expected, name || ': an argument left out'), is(pg_temp.ids(format('defaults.%I()', name || '_only')), expected, name || ': an argument nobody gives')
FROM (VALUES ('literal', '12'), ('moment', '1234'), ('v4', '1234'), ('v7', '1234'), ('later', '1234'), ('sum', '12'), ('counted', '1234')) AS kinds (name, expected);

-- A key in the future of those that were made, and by the clock.
SELECT is(pg_temp.ids('defaults.later(''00000000-0000-7000-8000-000000000000'')'), NULL, 'an argument that is given'), is(pg_temp.ids('defaults.v7(NULL)'), NULL, 'a null is given');

-- A function is asked once for each call: the action, and the two functions.
SELECT is(nextval('app.numbers'), 4::bigint, 'once for each call');
SELECT is(pg_temp.ids('defaults.counted_only()'), '1234', 'another call'), is(nextval('app.numbers'), 6::bigint, 'is another number');
SELECT is(pg_get_function_arguments('defaults.v7'::regproc) ~ 'clock_timestamp', true, 'the default depends on PostgreSQL alone');

-- What runs in a function's body is known: code of a user may do what no parallel query may.
SELECT is((SELECT proparallel FROM pg_proc WHERE oid = 'defaults.counted_only'::regproc), 'u'::"char", 'a function of the user runs in it'),
	is((SELECT proparallel FROM pg_proc WHERE oid = 'defaults.counted'::regproc), 'u'::"char", 'or in the default of an argument'),
	is((SELECT proparallel FROM pg_proc WHERE oid = 'defaults.literal'::regproc), 'r'::"char", 'none does');

SELECT * FROM finish();
ROLLBACK;
