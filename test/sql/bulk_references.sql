\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(22);

-- May the rows of a bulk create refer to each other, in any order, whichever way they are written?

CREATE SCHEMA app;
CREATE FUNCTION app.nested(changeset jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ash_bulk_create('bulk_references.note', '[{"n": 1, "other_id": 2}, {"n": 2, "other_id": 1}]');
	RETURN NULL;
END $$;
CREATE FUNCTION app.caught(changeset jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ash_bulk_create('bulk_references.note', '[{"n": 1, "other_id": 2}, {"n": 2, "other_id": 1}]');
	RAISE EXCEPTION 'all undone';
EXCEPTION WHEN raise_exception THEN
	RETURN NULL;
END $$;
SELECT pg_temp.define($doc${
  "domain": "bulk_references",
  "resources": {
    "node": {
      "attributes": {"n": {"type": "integer", "primary_key": true, "allow_nil": false, "writable": true, "public": true}},
      "relationships": {"other": {"belongs_to": "bulk_references.node", "destination_attribute": "n", "attribute_type": "integer", "public": true, "attribute_public": true}},
      "actions": {"defaults": ["read", {"create": "*"}], "nested": {"type": "create", "accept": "*", "changes": [{"function": "app.nested"}]}, "caught": {"type": "create", "accept": "*", "changes": [{"function": "app.caught"}]}}
    },
    "note": {
      "attributes": {"n": {"type": "integer", "primary_key": true, "allow_nil": false, "writable": true, "public": true}},
      "relationships": {"other": {"belongs_to": "bulk_references.note", "destination_attribute": "n", "attribute_type": "integer", "public": true, "attribute_public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, "destroy"]}
    }
  }
}$doc$) \gset
CREATE TABLE bulk_references.log (n int GENERATED ALWAYS AS IDENTITY, line text);
CREATE FUNCTION bulk_references.note_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO bulk_references.log (line) VALUES (concat_ws(' ', TG_WHEN, TG_LEVEL, NEW.n, (SELECT count(*) FROM bulk_references.node)));
	RETURN NULL;
END $$;
CREATE TRIGGER after_row AFTER INSERT ON bulk_references.node FOR EACH ROW EXECUTE FUNCTION bulk_references.note_row();

CREATE TEMP TABLE calls (n int GENERATED ALWAYS AS IDENTITY, name text, inputs jsonb, options jsonb, action text);
INSERT INTO calls (name, inputs, options, action) VALUES
	('each other', '[{"n": 1, "other_id": 2}, {"n": 2, "other_id": 1}]', '{}', 'create'), ('a later one', '[{"n": 1, "other_id": 3}, {"n": 2, "other_id": 3}, {"n": 3}]', '{}', 'create'), ('itself', '[{"n": 1, "other_id": 1}]', '{}', 'create'),
	('another batch', '[{"n": 1, "other_id": 2}, {"n": 2}]', '{"batch_size": 1}', 'create'), ('nothing', '[{"n": 1}, {"n": 2, "other_id": 9}]', '{}', 'create'), ('in one transaction', '[{"n": 1, "other_id": 2}, {"n": 2, "other_id": 1}]', '{"transaction": "all"}', 'create'),
	('one is invalid', '[{"n": 1, "other_id": 3}, {"n": "x"}, {"n": 3}]', '{}', 'create'), ('referred to is invalid', '[{"n": 1, "other_id": 3}, {"n": 3, "other_id": "x"}]', '{}', 'create'),
	('beside a batch of a function', '[{"n": 1, "other_id": 2}, {"n": 2, "other_id": 1}]', '{}', 'nested'), ('beside a batch that is undone', '[{"n": 1, "other_id": 2}, {"n": 2, "other_id": 1}]', '{}', 'caught');

-- What each call says and leaves behind; the next one begins with nothing.
CREATE FUNCTION pg_temp.run(path text) RETURNS TABLE (name text, result text) LANGUAGE plpgsql AS $$
DECLARE
	c calls;
	answer jsonb;
BEGIN
	PERFORM set_config('ash.fast_path', path, true);
	FOR c IN SELECT * FROM calls ORDER BY n LOOP
		name := c.name;
		BEGIN
			answer := ash_bulk_create('bulk_references.node', c.inputs, jsonb_build_object('return_errors', true, 'action', c.action) || c.options)::jsonb;
			result := concat_ws(' ', answer ->> 'status', (SELECT string_agg(concat(e #>> '{errors,0,field}', e #> '{errors,0,path}', ' ', e #>> '{errors,0,message}'), ', ') FROM jsonb_array_elements(answer -> 'errors') AS e));
		EXCEPTION WHEN OTHERS THEN
			result := concat(SQLSTATE, ' ', SQLERRM);
		END;
		SET CONSTRAINTS ALL IMMEDIATE;
		result := concat_ws('; ', result, (SELECT string_agg(line, ', ' ORDER BY l.n) FROM bulk_references.log AS l), (SELECT 'notes ' || count(*) FROM bulk_references.note));
		RETURN NEXT;
		TRUNCATE bulk_references.node, bulk_references.note, bulk_references.log;
	END LOOP;
END $$;
-- A function that begins its own batch for each input can do it once only.
UPDATE calls SET inputs = '[{"n": 1, "other_id": 1}]' WHERE calls.name = 'beside a batch of a function';
CREATE TEMP TABLE fast AS SELECT * FROM pg_temp.run('on') WITH ORDINALITY;
CREATE TEMP TABLE slow AS SELECT * FROM pg_temp.run('off') WITH ORDINALITY;
SELECT is(result, expected, fast.name) FROM fast JOIN (VALUES
	('each other', 'success; AFTER ROW 1 2, AFTER ROW 2 2; notes 0'), ('a later one', 'success; AFTER ROW 1 3, AFTER ROW 2 3, AFTER ROW 3 3; notes 0'), ('itself', 'success; AFTER ROW 1 1; notes 0'),
	('another batch', 'partial_success other_id[0] does not exist; AFTER ROW 2 1; notes 0'), ('nothing', 'error other_id[0] does not exist, other_id[1] does not exist; notes 0'), ('in one transaction', 'success; AFTER ROW 1 2, AFTER ROW 2 2; notes 0'),
	('one is invalid', 'partial_success n[1] is invalid; AFTER ROW 1 2, AFTER ROW 3 2; notes 0'), ('referred to is invalid', 'error other_id[0] does not exist, other_id[1] does not exist; notes 0'),
	('beside a batch of a function', 'success; AFTER ROW 1 1; notes 2'), ('beside a batch that is undone', 'success; AFTER ROW 1 2, AFTER ROW 2 2; notes 0')) AS e (name, expected) USING (name) ORDER BY ordinality;
SELECT is(slow.result, fast.result, 'a statement for each row: ' || name) FROM fast JOIN slow USING (name) ORDER BY fast.ordinality;

-- A trigger of the statement takes the table off the fast path: it sees the batch as one statement.
CREATE FUNCTION bulk_references.note_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO bulk_references.log (line) SELECT concat_ws(' ', TG_LEVEL, string_agg(concat(n, '-', other_id), ' ' ORDER BY n)) FROM new_rows;
	RETURN NULL;
END $$;
CREATE TRIGGER after_all AFTER INSERT ON bulk_references.note REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION bulk_references.note_all();
SET LOCAL ash.fast_path = on;
SELECT is(ash_bulk_create('bulk_references.note', '[{"n": 1, "other_id": 2}, {"n": 2, "other_id": 1}]') ->> 'status', 'success', 'a table with a trigger for statements');
SELECT is((SELECT string_agg(line, ', ') FROM bulk_references.log), 'STATEMENT 1-2 2-1', 'which fires once');

SELECT * FROM finish();
ROLLBACK;
