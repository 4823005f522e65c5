\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(4);

-- A statement of an action may write a table whose rows are written by actions only. Is a statement that runs inside it, while it is
-- planned, taken for it?

SELECT pg_temp.define($doc${
  "domain": "statement_nested",
  "resources": {
    "item": {"direct_writes": "deny", "attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}]}}
  }
}$doc$) \gset
CREATE TABLE statement_nested.log (outcome text);
CREATE FUNCTION statement_nested.write_directly() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO statement_nested.item (n, extra) VALUES (-1, 0);
	INSERT INTO statement_nested.log VALUES ('written');
	RETURN 1;
EXCEPTION WHEN insufficient_privilege THEN
	INSERT INTO statement_nested.log VALUES ('refused');
	RETURN 1;
END $$;
-- immutable, so that the planner calls it
CREATE FUNCTION statement_nested.folded() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN statement_nested.write_directly(); END $$;
ALTER TABLE statement_nested.item ADD COLUMN extra int;
ALTER TABLE statement_nested.item ALTER COLUMN extra SET DEFAULT statement_nested.folded();

CREATE ROLE statement_nested_caller;
GRANT USAGE ON SCHEMA statement_nested TO statement_nested_caller;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA statement_nested TO statement_nested_caller;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA statement_nested TO statement_nested_caller;

SET LOCAL ash.fast_path = off;
SELECT is(pg_temp.as_role('statement_nested_caller', $$SELECT ash_create('statement_nested.item', '{"n": 1}')->>'n'$$), '1', 'the action writes');
SELECT is((SELECT string_agg(DISTINCT outcome, ',') FROM statement_nested.log), 'refused', 'what runs inside does not');
SELECT is((SELECT string_agg(n::text, ',') FROM statement_nested.item), '1', 'one row is there');
SELECT matches(pg_temp.as_role('statement_nested_caller', 'INSERT INTO statement_nested.item (n, extra) VALUES (2, 0)'), 'written by actions only', 'nor does the role');

SELECT * FROM finish();
ROLLBACK;
