\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(20);

-- Functions of a code interface for calculations: do they return values of the calculation's own type?

SET LOCAL datestyle = 'SQL, DMY';
SELECT pg_temp.define($doc${
  "domain": "calcs",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}, "t": {"type": "string", "public": true}},
      "calculations": {
        "int": {"type": "integer", "expr": "arg.v", "arguments": {"v": {"type": "integer"}}}, "dec": {"type": "decimal", "expr": "arg.v", "arguments": {"v": {"type": "decimal"}}},
        "flo": {"type": "float", "expr": "arg.v", "arguments": {"v": {"type": "float"}}}, "str": {"type": "string", "expr": "arg.v", "arguments": {"v": {"type": "string", "constraints": {"trim": false, "allow_empty": true}}}},
        "boo": {"type": "boolean", "expr": "arg.v", "arguments": {"v": {"type": "boolean"}}}, "day": {"type": "date", "expr": "arg.v", "arguments": {"v": {"type": "date"}}},
        "tim": {"type": "utc_datetime_usec", "expr": "arg.v", "arguments": {"v": {"type": "utc_datetime_usec"}}}, "uid": {"type": "uuid", "expr": "arg.v", "arguments": {"v": {"type": "uuid"}}},
        "bin": {"type": "binary", "expr": "arg.v", "arguments": {"v": {"type": "binary"}}}, "map": {"type": "map", "expr": "arg.v", "arguments": {"v": {"type": "map"}}},
        "list": {"type": "string[]", "expr": "arg.v", "arguments": {"v": {"type": "string[]"}}}, "ints": {"type": "integer[]", "expr": "arg.v", "arguments": {"v": {"type": "integer[]"}}},
        "dur": {"type": "duration", "expr": "arg.v", "arguments": {"v": {"type": "duration"}}},
        "label": {"type": "string", "expr": "t || '/' || n"}
      },
      "actions": {"defaults": ["read"]},
      "code_interface": {"int": {"calculation": "int"}, "dec": {"calculation": "dec"}, "flo": {"calculation": "flo"}, "str": {"calculation": "str"}, "boo": {"calculation": "boo"},
        "day": {"calculation": "day"}, "tim": {"calculation": "tim"}, "uid": {"calculation": "uid"}, "bin": {"calculation": "bin"}, "map": {"calculation": "map"},
        "list": {"calculation": "list"}, "ints": {"calculation": "ints"}, "dur": {"calculation": "dur"},
        "label_row": {"calculation": "label", "args": ["_record"]}, "label_of": {"calculation": "label", "args": ["t", "n"]}}
    }
  }
}$doc$) \gset
SELECT is_empty($$SELECT * FROM ash_plan('calcs')$$, 'after migrating the plan is empty');
SELECT is((SELECT string_agg(proname || ' ' || prorettype::regtype, ', ' ORDER BY proname COLLATE "C") FROM pg_proc WHERE pronamespace = 'calcs'::regnamespace AND proname NOT IN ('label_of', 'label_row') AND pronargs > 1),
	'bin bytea, boo boolean, day date, dec numeric, dur interval, flo double precision, int bigint, ints bigint[], list text[], map jsonb, str text, '
	'tim timestamp with time zone, uid uuid', 'types');

-- a value comes back as it was given
SELECT is(calcs.int(-9223372036854775807), -9223372036854775807, 'integer'), is(calcs.dec(1.50), 1.50, 'decimal'), is(calcs.flo(0.1::float8 + 0.2::float8), 0.1::float8 + 0.2::float8, 'float'),
	is(calcs.str(text E' a"\\\n€'), E' a"\\\n€', 'string'), is(calcs.str(''::text), '', 'empty string'), is(calcs.boo(false), false, 'boolean'), is(calcs.day('2024-05-06'::date), '2024-05-06'::date, 'date'),
	is(calcs.tim('2024-03-04 05:06:07.000001+02'::timestamptz), '2024-03-04 03:06:07.000001+00'::timestamptz, 'timestamp'),
	is(calcs.uid('8a4b1f0e-0000-4000-8000-000000000001'::uuid), '8a4b1f0e-0000-4000-8000-000000000001'::uuid, 'uuid'),
	is(calcs.bin('\x00ff10'::bytea), '\x00ff10'::bytea, 'binary'), is(calcs.map('{"a": [1, null]}'::jsonb), '{"a": [1, null]}'::jsonb, 'map'),
	is(calcs.list('{b,"a c"}'::text[]), '{b,"a c"}'::text[], 'list'), is(calcs.ints('{}'::bigint[]), '{}'::bigint[], 'empty list'), is(calcs.dur('"P1DT2H"'::jsonb), '1 day 2 hours'::interval, 'duration');
SELECT ok(calcs.int() IS NULL AND calcs.str() IS NULL AND calcs.bin() IS NULL AND calcs.ints() IS NULL AND calcs.dur() IS NULL AND calcs.day() IS NULL, 'null'),
	is(calcs.map(), NULL, 'null of a map');

-- over attributes
INSERT INTO calcs.item (n, t) VALUES (7, 'x');
SELECT is((SELECT calcs.label_row(i) FROM calcs.item AS i), 'x/7', 'of a row'), is(calcs.label_of('y', 8), 'y/8', 'of values');

SELECT * FROM finish();
ROLLBACK;
