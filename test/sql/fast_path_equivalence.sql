\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(9);

-- Is a write without a statement the same as one with, but for speed?

SELECT pg_temp.define($doc${
  "domain": "fast_path_equivalence",
  "resources": {
    "place": {"attributes": {"id": "integer_primary_key"}, "actions": {"defaults": ["read"]}},
    "row": {
      "attributes": {
        "id": "integer_primary_key", "name": {"type": "string", "public": true}, "n": {"type": "integer", "public": true, "constraints": {"max": 100}}, "required": {"type": "string", "allow_nil": false, "default": "r", "public": true},
        "d": {"type": "decimal", "public": true}, "f": {"type": "float", "public": true}, "tags": {"type": "string[]", "public": true}, "data": {"type": "map", "public": true}, "at": {"type": "utc_datetime", "public": true},
        "by_table": {"type": "integer", "generated": true}, "computed": {"type": "string", "generated": true, "writable": false}
      },
      "relationships": {"place": {"belongs_to": "fast_path_equivalence.place", "attribute_type": "integer", "public": true}},
      "identities": {"by_name": ["name"]},
      "check_constraints": {"even": {"check": "n % 2 = 0", "attribute": "n", "message": "must be even"}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}
    }
  }
}$doc$) \gset
INSERT INTO fast_path_equivalence.place DEFAULT VALUES;
ALTER TABLE fast_path_equivalence.row ALTER COLUMN by_table SET DEFAULT 42, DROP COLUMN computed, ADD COLUMN computed text GENERATED ALWAYS AS (lower(name) || '?') STORED, ADD COLUMN gone int;
ALTER TABLE fast_path_equivalence.row DROP COLUMN gone, ADD COLUMN unknown timestamp DEFAULT '2020-01-01';
CREATE TABLE fast_path_equivalence.log (n int GENERATED ALWAYS AS IDENTITY, line text);
CREATE FUNCTION fast_path_equivalence.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO fast_path_equivalence.log (line) VALUES (concat_ws(' ', TG_NAME, TG_WHEN, TG_OP, OLD.name, '→', NEW.name, NEW.computed, TG_ARGV[0]));
	IF TG_WHEN = 'BEFORE' AND TG_OP <> 'DELETE' THEN
		IF NEW.name = 'Upper' THEN NEW.name := 'UPPER'; END IF;
		IF NEW.name = 'raise' THEN RAISE EXCEPTION 'raised' USING ERRCODE = 'P0001'; END IF;
		IF NEW.name = 'skip' THEN RETURN NULL; END IF;
	END IF;
	RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER a_before BEFORE INSERT OR UPDATE OR DELETE ON fast_path_equivalence.row FOR EACH ROW EXECUTE FUNCTION fast_path_equivalence.note();
CREATE TRIGGER b_after AFTER INSERT OR UPDATE OR DELETE ON fast_path_equivalence.row FOR EACH ROW EXECUTE FUNCTION fast_path_equivalence.note('arg');
CREATE TRIGGER c_when AFTER UPDATE OF n ON fast_path_equivalence.row FOR EACH ROW WHEN (NEW.n > 10) EXECUTE FUNCTION fast_path_equivalence.note();
CREATE CONSTRAINT TRIGGER d_deferred AFTER INSERT ON fast_path_equivalence.row DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fast_path_equivalence.note();

-- Calls in order; each answers with its result or its errors.
CREATE TEMP TABLE calls (n int GENERATED ALWAYS AS IDENTITY, call text);
INSERT INTO calls (call) VALUES
	($$create', '{}', '{}$$), ($$create', '{"name": "Ann", "n": 2, "d": "1.50", "f": 0.1, "tags": ["x", "y"], "data": {"a": [1]}, "at": "2020-02-29T10:20:30.9Z", "place_id": 1}', '{}$$),
	($$create', '{"name": "Upper"}', '{}$$), ($$create', '{"name": "raise"}', '{}$$), ($$create', '{"name": "skip"}', '{}$$), ($$create', '{"name": "Ann"}', '{}$$), ($$create', '{"n": 3}', '{}$$),
	($$create', '{"n": 101}', '{}$$), ($$create', '{"place_id": 9}', '{}$$), ($$create', '{"required": null}', '{}$$),
	($$update', '{"name": "Bob"}', '{"record": {"name": "Ann"}}$$), ($$update', '{"n": 12, "tags": null, "data": {"b": 2}}', '{"record": {"name": "Bob"}}$$), ($$update', '{"name": "Bob"}', '{"record": {"name": "Bob"}}$$),
	($$update', '{"name": "UPPER"}', '{"record": {"name": "Bob"}}$$), ($$update', '{"n": 5}', '{"record": {"name": "Bob"}}$$), ($$update', '{"place_id": 9}', '{"record": {"name": "Bob"}}$$),
	($$update', '{"name": "skip"}', '{"record": {"name": "Bob"}}$$), ($$update', '{"name": "raise"}', '{"record": {"name": "Bob"}}$$), ($$update', '{"required": null}', '{"record": {"name": "Bob"}}$$),
	($$update', '{"n": 2}', '{"record": 999}$$), ($$update', '{"name": "Upper2", "n": 20}', '{"record": {"name": "UPPER"}}$$),
	($$destroy', '{}', '{"record": {"name": "Upper2"}, "return_destroyed": true}$$), ($$destroy', '{}', '{"record": 999}$$), ($$read', '{}', '{"sort": "id"}$$);
CREATE TEMP TABLE outcomes (path text, kind text, n int, value text);

-- All calls with the path on or off, and what they leave behind; then everything is emptied.
CREATE FUNCTION pg_temp.run(path text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	c calls;
	answer text;
BEGIN
	PERFORM set_config('ash.fast_path', path, true);
	FOR c IN SELECT * FROM calls ORDER BY n LOOP
		EXECUTE format('SELECT ash_try_action(''fast_path_equivalence.row'', ''%s'')', c.call) INTO answer;
		INSERT INTO outcomes VALUES (path, 'answer', c.n, answer);
	END LOOP;
	SET CONSTRAINTS ALL IMMEDIATE;
	INSERT INTO outcomes SELECT path, 'row', row_number() OVER (ORDER BY id), r::text FROM fast_path_equivalence.row r;
	INSERT INTO outcomes SELECT path, 'trigger', row_number() OVER (ORDER BY n), line FROM fast_path_equivalence.log;
	TRUNCATE fast_path_equivalence.row, fast_path_equivalence.log RESTART IDENTITY;
	SET CONSTRAINTS ALL DEFERRED;
END $$;
SELECT pg_temp.run('on') \gset
SELECT pg_temp.run('off') \gset
SELECT pg_temp.run('ON') \gset

SELECT results_eq($$SELECT n, value FROM outcomes WHERE path = 'on' AND kind = 'answer' ORDER BY n$$, $$SELECT n, value FROM outcomes WHERE path = 'off' AND kind = 'answer' ORDER BY n$$, 'answers'),
	results_eq($$SELECT n, value FROM outcomes WHERE path = 'on' AND kind = 'row' ORDER BY n$$, $$SELECT n, value FROM outcomes WHERE path = 'off' AND kind = 'row' ORDER BY n$$, 'rows'),
	results_eq($$SELECT n, value FROM outcomes WHERE path = 'on' AND kind = 'trigger' ORDER BY n$$, $$SELECT n, value FROM outcomes WHERE path = 'off' AND kind = 'trigger' ORDER BY n$$, 'triggers'),
	results_eq($$SELECT kind, n, value FROM outcomes WHERE path = 'on' ORDER BY kind, n$$, $$SELECT kind, n, value FROM outcomes WHERE path = 'ON' ORDER BY kind, n$$, 'the fast path is the same the second time');
-- And both are what they should be.
SELECT is((SELECT value::jsonb #- '{result,id}' FROM outcomes WHERE path = 'on' AND kind = 'answer' AND n = 2), '{"ok": true, "result": {"name": "Ann", "n": 2, "required": "r", "d": 1.50, "f": 0.1, "tags": ["x", "y"], "data": {"a": [1]},
	"at": "2020-02-29T10:20:30Z", "by_table": 42, "computed": "ann?", "place_id": 1}}', 'defaults and generated columns come back'),
	is((SELECT value::jsonb #>> '{result,name}' FROM outcomes WHERE path = 'on' AND kind = 'answer' AND n = 3), 'UPPER', 'and what a trigger changed'),
	is((SELECT string_agg(pg_temp.error_lines(value::jsonb->'errors'), ', ' ORDER BY n) FROM outcomes WHERE path = 'on' AND kind = 'answer' AND n IN (6, 7, 8, 9)),
		'invalid_attribute name: has already been taken, invalid_attribute n: must be even, invalid_attribute n: must be less than or equal to 100, invalid_attribute place_id: does not exist', 'violations are mapped');
SELECT isnt_empty($$SELECT 1 FROM outcomes WHERE path = 'on' AND value LIKE 'c_when AFTER UPDATE%'$$, 'triggers with conditions fire');

-- A row of a child table is one of the table's.
CREATE TABLE fast_path_equivalence.child () INHERITS (fast_path_equivalence.row);
INSERT INTO fast_path_equivalence.child (id, name, required) VALUES (77, 'child', 'r');
SELECT is(ash_update('fast_path_equivalence.row', '77', '{"n": 4}')::jsonb->>'n', '4', 'it is updated as well');

SELECT * FROM finish();
ROLLBACK;
