\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(10);

-- Does the violation of an index or a constraint that others made give the error of the definition that names it, on both ways of writing, and does nobody drop it?

SELECT pg_temp.define($doc${
  "domain": "constraint_names",
  "resources": {
    "room": {"attributes": {"id": "integer_primary_key"}, "actions": {"defaults": ["read", {"create": "*"}]}},
    "booking": {
      "attributes": {"id": "integer_primary_key", "room": {"type": "integer", "public": true}, "day": {"type": "integer", "public": true}, "code": {"type": "string", "public": true}, "during": {"type": "int8range", "public": true}},
      "identities": {"codes": ["code"]},
      "skip_unique_indexes": "codes",
      "unique_index_names": {"room_and_day": {"fields": ["room", "day"], "message": "is booked"}, "alone": "day"},
      "exclusion_constraint_names": {"no overlap": {"fields": "during", "message": "overlaps"}, "plain": ["code"]},
      "foreign_key_names": {"to_room": {"fields": ["room"], "message": "is no room"}, "to_itself": "day"},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}]}
    }
  }
}$doc$) \g /dev/null
SELECT hasnt_index('constraint_names', 'booking', 'booking_codes_index', 'the index of the identity is left to others');
CREATE UNIQUE INDEX booking_codes_index ON constraint_names.booking (code) WHERE code <> 'free';
CREATE UNIQUE INDEX room_and_day ON constraint_names.booking (room, day);
ALTER TABLE constraint_names.booking ADD CONSTRAINT "no overlap" EXCLUDE USING gist (during WITH &&),
	ADD CONSTRAINT plain EXCLUDE USING hash (code WITH =) WHERE (code = 'free'),
	ADD CONSTRAINT to_room FOREIGN KEY (room) REFERENCES constraint_names.room (id),
	ADD CONSTRAINT to_itself FOREIGN KEY (day) REFERENCES constraint_names.booking (id) DEFERRABLE;
SELECT is_empty($$SELECT * FROM ash_plan('constraint_names')$$, 'what others made is no drift');
INSERT INTO constraint_names.room (id) VALUES (1);
INSERT INTO constraint_names.booking (id, room, day, code, during) VALUES (1, 1, 1, 'a', '[1,5)'), (2, 1, NULL, 'free', NULL);
SELECT setval('constraint_names.booking_id_seq', 2) \g /dev/null

CREATE FUNCTION pg_temp.violations() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(pg_temp.errors(format('SELECT ash_create(''constraint_names.booking'', %L)', input)), E'\n' ORDER BY n) FROM (VALUES
		(1, '{"room": 1, "day": 1}'), (2, '{"code": "a"}'), (3, '{"code": "free"}'), (4, '{"during": "[4,6)"}'), (5, '{"room": 7}'), (6, '{"day": 7}')) AS v(n, input)
$$;
SELECT is(pg_temp.violations(), '23505 invalid
invalid_attribute day: is booked
invalid_attribute room: is booked
23505 invalid
invalid_attribute code: has already been taken
23P01 invalid
invalid_attribute code: violates an exclusion constraint
23P01 invalid
invalid_attribute during: overlaps
23503 invalid
invalid_attribute room: is no room
23503 invalid
invalid_attribute day: does not exist', 'each has its error');
CREATE TEMP TABLE fast AS SELECT pg_temp.violations() AS answer;
SET LOCAL ash.fast_path = off;
SELECT is(pg_temp.violations(), answer, 'as statements too') FROM fast;
SET LOCAL ash.fast_path = on;
SELECT is(pg_temp.errors($$SELECT ash_update('constraint_names.booking', '2', '{"day": 1}')$$), E'23505 invalid\ninvalid_attribute day: is booked\ninvalid_attribute room: is booked', 'an update');
SELECT is(ash_bulk_create('constraint_names.booking', '[{"code": "b"}, {"during": "[1,2)"}]', '{"return_errors": true}') #>> '{errors,1,errors,0,message}', 'overlaps', 'many at once');

-- Names are only of this table.
ALTER TABLE constraint_names.room ADD CONSTRAINT plain CHECK (id < 100);
SELECT matches(pg_temp.errors($$INSERT INTO constraint_names.room VALUES (100)$$), 'violates check constraint "plain"', 'ordinary SQL has the errors of PostgreSQL');
-- A name that is not there any more.
ALTER TABLE constraint_names.booking DROP CONSTRAINT to_room;
SELECT is_empty($$SELECT * FROM ash_plan('constraint_names') WHERE resource LIKE '%booking'$$, 'what others have dropped is not made');
SELECT is(ash_create('constraint_names.booking', '{"room": 7}')->>'room', '7', 'and binds nobody');
SELECT is(ash_define(ash_definition('constraint_names'))->'resources'->1->>'status', 'unchanged', 'the definition can be read back');

SELECT * FROM finish();
ROLLBACK;
