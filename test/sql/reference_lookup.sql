\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(14);

-- Is a foreign key that the fast path looks up itself kept as PostgreSQL's trigger keeps it?

SELECT pg_temp.define($doc${
  "domain": "reference_lookup",
  "resources": {
    "parent": {"attributes": {"id": "integer_primary_key", "code": {"type": "string", "public": true}}, "identities": {"code": ["code"]}, "actions": {"defaults": ["read", "destroy", {"create": "*"}]}},
    "child": {
      "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "code": {"type": "string", "public": true}, "a": {"type": "integer", "public": true}, "b": {"type": "uuid", "public": true}},
      "relationships": {"parent": {"belongs_to": "reference_lookup.parent", "attribute_type": "integer", "public": true}, "child": {"belongs_to": "reference_lookup.child", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}]}}
  }
}$doc$) \gset
-- A key of two columns, in another order than its index, of which one may be null; and a key of text.
CREATE TABLE reference_lookup.pair (b uuid, a bigint, PRIMARY KEY (a, b));
ALTER TABLE reference_lookup.child ADD FOREIGN KEY (b, a) REFERENCES reference_lookup.pair (b, a), ADD FOREIGN KEY (code) REFERENCES reference_lookup.parent (code);
INSERT INTO reference_lookup.pair VALUES ('00000000-0000-0000-0000-000000000001', 1);
INSERT INTO reference_lookup.parent (id, code) OVERRIDING SYSTEM VALUE VALUES (1, 'x'), (2, 'y');

-- Both ways answer alike; with rollback.
CREATE FUNCTION pg_temp.outcome(call text, before text DEFAULT '', bulk boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answers text[];
	answer text;
	path text;
BEGIN
	FOREACH path IN ARRAY ARRAY['on', 'off'] LOOP
		PERFORM set_config('ash.fast_path', path, true);
		BEGIN
			EXECUTE before;
			answer := CASE WHEN bulk THEN ash_bulk_create('reference_lookup.child', call::jsonb)->>'status' ELSE pg_temp.errors(format('SELECT ash_create(''reference_lookup.child'', %L)', call)) END;
			answer := concat(answer, ' ', (SELECT count(*) FROM reference_lookup.child));
			RAISE EXCEPTION 'undo' USING ERRCODE = 'TR000';
		EXCEPTION WHEN SQLSTATE 'TR000' THEN
			answers := answers || answer;
		END;
	END LOOP;
	RETURN CASE WHEN answers[1] = answers[2] THEN answers[1] ELSE format('fast: %s, SQL: %s', answers[1], answers[2]) END;
END $$;

SELECT is(pg_temp.outcome('{"id": 1, "parent_id": 1, "code": "y", "a": 1, "b": "00000000-0000-0000-0000-000000000001"}'), 'no error 1', 'the rows are there'),
	is(pg_temp.outcome('{"id": 1, "parent_id": 3}'), E'23503 invalid\ninvalid_attribute parent_id: does not exist 0', 'a row is not there'),
	is(pg_temp.outcome('{"id": 1, "a": 7}'), 'no error 1', 'of a key of two columns one is null'),
	is(split_part(pg_temp.outcome('{"id": 1, "a": 7, "b": "00000000-0000-0000-0000-000000000001"}'), ' ', 1), '23503', 'and none');
SELECT is(pg_temp.outcome('{"id": 1, "child_id": 1}'), 'no error 1', 'a row that refers to itself'),
	is(pg_temp.outcome('[{"id": 1, "child_id": 2}, {"id": 2, "child_id": 1}]', '', true), 'success 2', 'rows that refer to each other, as those of one INSERT may'),
	is(pg_temp.outcome('[{"id": 1, "child_id": 2}, {"id": 3, "child_id": 1}]', '', true), 'error 0', 'or to nobody');
SELECT is(pg_temp.outcome('{"id": 1, "parent_id": 2}', 'DELETE FROM reference_lookup.parent WHERE id = 2'), E'23503 invalid\ninvalid_attribute parent_id: does not exist 0', 'a row that this transaction deleted'),
	is(pg_temp.outcome('{"id": 1, "parent_id": 9}', 'UPDATE reference_lookup.parent SET id = 9 WHERE id = 2'), 'no error 1', 'or gave another key');

-- What the trigger would not do is not done either.
SELECT is(pg_temp.outcome('{"id": 1, "parent_id": 3}', 'ALTER TABLE reference_lookup.child DISABLE TRIGGER ALL'), 'no error 1', 'triggers that are off'),
	is(pg_temp.outcome('{"id": 1, "parent_id": 3}', 'ALTER TABLE reference_lookup.child ALTER CONSTRAINT child_parent_id_fkey DEFERRABLE INITIALLY DEFERRED'), 'no error 1', 'a check that is deferred'),
	is(pg_temp.outcome('{"id": 1, "parent_id": 1}', $$
		CREATE ROLE reference_lookup_owner;
		ALTER TABLE reference_lookup.parent OWNER TO reference_lookup_owner;
		REVOKE ALL ON reference_lookup.parent FROM reference_lookup_owner$$), '42501: permission denied for schema reference_lookup 0', 'an owner without the privilege');
SELECT is(split_part(pg_temp.outcome('{"id": 1, "code": "A", "parent_id": 1}', $$
	CREATE COLLATION reference_lookup.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
	CREATE TABLE reference_lookup.coded (code text);
	CREATE UNIQUE INDEX ON reference_lookup.coded (code COLLATE reference_lookup.ci);
	INSERT INTO reference_lookup.coded VALUES ('a');
	ALTER TABLE reference_lookup.child DROP CONSTRAINT child_code_fkey, ADD FOREIGN KEY (code) REFERENCES reference_lookup.coded (code)$$), ' ', 1), '23503', 'an index that takes more for equal than the column does');
-- An AFTER trigger with an earlier name sees the row before its foreign keys are checked.
SELECT is(pg_temp.outcome('{"id": 1, "parent_id": 3}', $$
	CREATE FUNCTION reference_lookup.make() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO reference_lookup.parent (id) OVERRIDING SYSTEM VALUE VALUES (NEW.parent_id); RETURN NULL; END';
	CREATE TRIGGER "A" AFTER INSERT ON reference_lookup.child FOR EACH ROW EXECUTE FUNCTION reference_lookup.make()$$), 'no error 1', 'a trigger makes the row in time');

SELECT * FROM finish();
ROLLBACK;
