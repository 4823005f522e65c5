\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(27);

-- Does ash_migrate make the tables that the definition describes, and nothing more the second time?

CREATE TEMP TABLE doc (text text);
INSERT INTO doc VALUES ($doc${
  "domain": "migrate_creates",
  "resources": {
    "shelf": {
      "description": "Where things stand.",
      "table": "shelves",
      "attributes": {"id": "integer_primary_key", "code": {"type": "string", "allow_nil": false, "description": "What is written on it."}},
      "identities": {"by_code": ["code"]},
      "actions": {"defaults": ["read"]}
    },
    "thing": {
      "attributes": {
        "id": "uuid_primary_key",
        "a_string": "string", "a_boolean": "boolean", "an_integer": "integer", "a_float": "float", "a_decimal": "decimal",
        "an_atom": {"type": "atom", "constraints": {"one_of": ["a", "b"]}},
        "a_uuid": "uuid", "a_date": "date", "a_time": "time",
        "a_datetime": "utc_datetime", "a_datetime_usec": "utc_datetime_usec", "a_naive": "naive_datetime",
        "a_map": "map", "a_binary": "binary", "a_duration": "duration",
        "strings": "string[]", "renamed": {"type": "string", "source": "other_name"},
        "required": {"type": "string", "allow_nil": false, "default": "x"},
        "number": {"type": "integer", "constraints": {"min": 0, "max": 5}},
        "inserted_at": "create_timestamp"
      },
      "relationships": {
        "shelf": {"belongs_to": "migrate_creates.shelf", "attribute_type": "integer", "allow_nil": false},
        "part_of": {"belongs_to": "migrate_creates.thing", "references": {"on_delete": "delete", "index": true}}
      },
      "identities": {
        "place": {"keys": ["a_string", "shelf_id"]},
        "nil_is_nil": {"keys": ["an_integer"], "nils_distinct": false},
        "open": {"keys": ["a_float"], "where": "a_boolean"}
      },
      "check_constraints": {"sane": {"check": "an_integer < 100", "attribute": "an_integer", "message": "is too big"}},
      "custom_indexes": [{"fields": ["a_date"], "name": "thing_by_date"}],
      "actions": {"defaults": ["read"]}
    },
    "pair": {
      "attributes": {"left": {"type": "integer", "primary_key": true, "allow_nil": false}, "right": {"type": "integer", "primary_key": true, "allow_nil": false}},
      "actions": {"defaults": ["read"]}
    },
    "inner": {"embedded": true, "attributes": {"x": "integer"}}
  }
}$doc$);
SELECT ash_define(text::json) FROM doc \gset

SELECT isnt_empty($$SELECT * FROM ash_plan('migrate_creates')$$, 'there is something to do');
SELECT hasnt_schema('migrate_creates', 'a plan does nothing');
SELECT set_eq($$SELECT DISTINCT destructive FROM ash_plan('migrate_creates')$$, ARRAY[false], 'nothing of it is destructive');
CREATE TEMP TABLE planned AS SELECT * FROM ash_plan('migrate_creates');
SELECT results_eq($$SELECT * FROM ash_migrate('migrate_creates')$$, 'SELECT * FROM planned', 'migrating runs the plan');
SELECT is_empty($$SELECT * FROM ash_plan('migrate_creates')$$, 'then the plan is empty');
SELECT is_empty($$SELECT * FROM ash_migrate('migrate_creates')$$, 'and so is a second migration');

SELECT tables_are('migrate_creates', ARRAY['shelves', 'thing', 'pair'], 'every resource that is not embedded has its table');
SELECT results_eq($$SELECT attname::text COLLATE "default" AS name, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
	WHERE attrelid = 'migrate_creates.thing'::regclass AND attnum > 0 ORDER BY pg_attribute.attname$$,
	$$VALUES ('a_binary', 'bytea', false), ('a_boolean', 'boolean', false), ('a_date', 'date', false), ('a_datetime', 'timestamp(0) with time zone', false),
		('a_datetime_usec', 'timestamp with time zone', false), ('a_decimal', 'numeric', false), ('a_duration', 'interval', false), ('a_float', 'double precision', false),
		('a_map', 'jsonb', false), ('a_naive', 'timestamp(0) without time zone', false), ('a_string', 'text', false), ('a_time', 'time(0) without time zone', false),
		('a_uuid', 'uuid', false), ('an_atom', 'text', false), ('an_integer', 'bigint', false), ('id', 'uuid', true), ('inserted_at', 'timestamp with time zone', true),
		('number', 'bigint', false), ('other_name', 'text', false), ('part_of_id', 'uuid', false), ('required', 'text', true), ('shelf_id', 'bigint', true),
		('strings', 'text[]', false)$$, 'columns: names, types, not null');
SELECT col_is_pk('migrate_creates', 'thing', 'id', 'a primary key');
SELECT col_is_pk('migrate_creates', 'pair', ARRAY['left', 'right'], 'a primary key of two columns');
SELECT isnt((SELECT attidentity FROM pg_attribute WHERE attrelid = 'migrate_creates.shelves'::regclass AND attname = 'id'), '', 'an integer primary key is an identity column');
SELECT lives_ok($$INSERT INTO migrate_creates.shelves (code) VALUES ('A')$$, 'which fills itself');

-- Foreign keys.
SELECT results_eq($$SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'migrate_creates.thing'::regclass AND contype = 'f' ORDER BY pg_get_constraintdef(oid) COLLATE "C"$$,
	ARRAY['FOREIGN KEY (part_of_id) REFERENCES migrate_creates.thing(id) ON DELETE CASCADE', 'FOREIGN KEY (shelf_id) REFERENCES migrate_creates.shelves(id)'],
	'a foreign key for each belongs_to');
SELECT is((SELECT bool_and(convalidated) FROM pg_constraint WHERE connamespace = 'migrate_creates'::regnamespace), true, 'all constraints are valid');

-- Indexes.
SELECT results_eq($$SELECT regexp_replace(pg_get_indexdef(indexrelid), '^.* (USING .*)$', '\1') FROM pg_index
	WHERE indrelid = 'migrate_creates.thing'::regclass AND indisunique AND NOT indisprimary ORDER BY regexp_replace(pg_get_indexdef(indexrelid), '^.* (USING .*)$', '\1') COLLATE "C"$$,
	ARRAY['USING btree (a_float) WHERE a_boolean', 'USING btree (a_string, shelf_id)', 'USING btree (an_integer) NULLS NOT DISTINCT'],
	'a unique index for each identity');
SELECT has_index('migrate_creates', 'thing', 'thing_by_date', ARRAY['a_date'], 'an index of its own name');
SELECT results_eq($$SELECT count(*)::int FROM pg_index WHERE indrelid = 'migrate_creates.thing'::regclass AND indkey::text =
	(SELECT attnum::text FROM pg_attribute WHERE attrelid = 'migrate_creates.thing'::regclass AND attname = 'part_of_id')$$, ARRAY[1], 'an index for a reference that asks for it');

-- Checks: the one that was written, and what the constraints of types say.
SELECT throws_ok($$INSERT INTO migrate_creates.thing (id, inserted_at, shelf_id, an_integer) VALUES (gen_random_uuid(), now(), 1, 100)$$, '23514', NULL, 'the check of the definition');
SELECT throws_ok($$INSERT INTO migrate_creates.thing (id, inserted_at, shelf_id, number) VALUES (gen_random_uuid(), now(), 1, 6)$$, '23514', NULL, 'the check of a maximum');
SELECT throws_ok($$INSERT INTO migrate_creates.thing (id, inserted_at, shelf_id, an_atom) VALUES (gen_random_uuid(), now(), 1, 'c')$$, '23514', NULL, 'the check of a list of values');
SELECT lives_ok($$INSERT INTO migrate_creates.thing (id, inserted_at, shelf_id, an_atom, number, an_integer) VALUES (gen_random_uuid(), now(), 1, 'b', 5, 99)$$, 'a row that is right');

-- Comments.
SELECT is(obj_description('migrate_creates.shelves'::regclass), 'Where things stand.', 'the description is the comment of the table');
SELECT is(col_description('migrate_creates.shelves'::regclass, 2), 'What is written on it.', 'and of the column');

-- What is missing later is brought back, and only that.
ALTER TABLE migrate_creates.thing DROP COLUMN a_map;
DROP INDEX migrate_creates.thing_by_date;
SELECT results_eq($$SELECT count(*)::int FROM ash_migrate('migrate_creates')$$, ARRAY[2], 'what somebody dropped takes a step each');
SELECT has_column('migrate_creates', 'thing', 'a_map', 'and is there again');
ALTER TABLE migrate_creates.thing ADD COLUMN foreign_to_us text;
SELECT is(pg_temp.errors($$SELECT * FROM ash_migrate('migrate_creates')$$) ~ '^no error|^\w{5}', true, 'a column nobody defined is not dropped unasked');
SELECT has_column('migrate_creates', 'thing', 'foreign_to_us', 'and stays');

SELECT * FROM finish();
ROLLBACK;
