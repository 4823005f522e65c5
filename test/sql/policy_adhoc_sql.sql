\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(52);

-- Do the policies of a resource hold for plain SQL on its table, by a role with all privileges on it?

CREATE ROLE regress_reader;
CREATE ROLE regress_other;
CREATE ROLE regress_exempt BYPASSRLS;
SELECT pg_temp.define($doc${
  "domain": "policy_adhoc_sql",
  "authorization": {"actor": "policy_adhoc_sql.person"},
  "resources": {
    "person": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "note": {
      "attributes": {"id": "integer_primary_key", "owner": {"type": "integer", "public": true}, "open": {"type": "boolean", "public": true}, "text": {"type": "string", "public": true}},
      "identities": {"by_text": ["text"]},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]},
      "policies": [
        {"bypass": {"actor_attribute_equals": {"attribute": "admin", "value": true}}, "checks": [{"authorize_if": "always"}]},
        {"policy": {"action_type": ["read"]}, "checks": [{"authorize_if": {"expr": "owner = actor.id or open"}}]},
        {"policy": {"action_type": ["create", "update", "destroy"]}, "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]}
      ]
    },
    "free": {"attributes": {"id": "integer_primary_key", "note_id": {"type": "integer", "public": true}}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
GRANT USAGE ON SCHEMA policy_adhoc_sql TO regress_reader, regress_other, regress_exempt;
GRANT ALL ON ALL TABLES IN SCHEMA policy_adhoc_sql TO regress_reader, regress_other, regress_exempt;
GRANT ALL ON ALL SEQUENCES IN SCHEMA policy_adhoc_sql TO regress_reader;
INSERT INTO policy_adhoc_sql.person (name) VALUES ('Ann'), ('Bob');
INSERT INTO policy_adhoc_sql.note (owner, open, text) VALUES (1, false, 'a'), (1, true, 'b'), (2, false, 'c'), (2, true, 'd'), (NULL, NULL, 'e');
INSERT INTO policy_adhoc_sql.free (note_id) VALUES (1), (3), (4);

-- A statement as the reader, for an actor.
CREATE FUNCTION pg_temp.reader(actor text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('ash.actor', actor, true);
	RETURN pg_temp.as_role('regress_reader', statement);
END $$;
CREATE FUNCTION pg_temp.notes(actor text) RETURNS text LANGUAGE sql AS $$
	SELECT translate(pg_temp.reader(actor, 'SELECT id FROM policy_adhoc_sql.note ORDER BY id'), E'\n', ' ')
$$;

-- Reading.
SELECT is((SELECT relrowsecurity FROM pg_class WHERE oid = 'policy_adhoc_sql.note'::regclass), true, 'row security is on'),
	is((SELECT relrowsecurity FROM pg_class WHERE oid = 'policy_adhoc_sql.free'::regclass), false, 'a resource without policies has none');
SELECT is(pg_temp.notes('1'), '1 2 4', 'the rows of an actor'), is(pg_temp.notes('{"id": 1}'), '1 2 4', 'given as an object'), is(pg_temp.notes('2'), '2 3 4', 'of another'),
	is(pg_temp.notes(''), NULL, 'of none: an expression about the actor is false without one'), is(pg_temp.notes('{"admin": true}'), '1 2 3 4 5', 'of a bypass'), is(pg_temp.notes('{}'), '2 4', 'of one without attributes');
SELECT matches(pg_temp.notes('99'), '^[0-9A-Z]{5}: ', 'a key of nobody is an error'), matches(pg_temp.notes('{bad'), '^22', 'so is what is no JSON');
SELECT is(pg_temp.reader('1', 'SELECT count(*) FROM policy_adhoc_sql.note'), '3', 'count'),
	is(pg_temp.reader('1', 'SELECT f.id FROM policy_adhoc_sql.free f JOIN policy_adhoc_sql.note n ON n.id = f.note_id ORDER BY 1'), E'1\n3', 'a join'),
	is(pg_temp.reader('1', 'SELECT f.id FROM policy_adhoc_sql.free f LEFT JOIN policy_adhoc_sql.note n ON n.id = f.note_id WHERE n.id IS NULL'), '2', 'an outer join'),
	is(pg_temp.reader('1', 'SELECT id FROM policy_adhoc_sql.free WHERE note_id IN (SELECT id FROM policy_adhoc_sql.note) ORDER BY 1'), E'1\n3', 'a sub-select'),
	is(pg_temp.reader('1', 'WITH n AS (SELECT * FROM policy_adhoc_sql.note) SELECT count(*) FROM n'), '3', 'a common table expression'),
	is(pg_temp.reader('1', 'SELECT (SELECT count(*) FROM policy_adhoc_sql.note i WHERE i.owner = o.owner) FROM policy_adhoc_sql.note o WHERE o.id = 4'), '1', 'both sides of a correlation'),
	is(pg_temp.reader('1', 'SELECT max(id) FROM (SELECT id FROM policy_adhoc_sql.note UNION ALL SELECT id FROM policy_adhoc_sql.note) u'), '4', 'a union'),
	is(pg_temp.reader('1', 'SELECT id FROM policy_adhoc_sql.note WHERE id = 3 FOR UPDATE'), NULL, 'locking');
CREATE FUNCTION policy_adhoc_sql.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$BEGIN RAISE EXCEPTION 'saw %', $1; END$$;
SELECT is(pg_temp.reader('', $$SELECT id FROM policy_adhoc_sql.note WHERE open IS NOT TRUE AND policy_adhoc_sql.leak(text)$$), NULL, 'a cheap function does not see hidden rows');

-- Updating.
SELECT is(pg_temp.reader('1', $$UPDATE policy_adhoc_sql.note SET text = text || '!' RETURNING id$$), E'1\n2', 'update: the rows that may be updated');
SELECT is((SELECT string_agg(text, '' ORDER BY id) FROM policy_adhoc_sql.note), 'a!b!cde', 'and no others');
SELECT is(pg_temp.reader('1', $$UPDATE policy_adhoc_sql.note SET text = 'x' WHERE id = 4 RETURNING id$$), NULL, 'a row that can be seen is not one that can be updated'),
	is(pg_temp.reader('', $$UPDATE policy_adhoc_sql.note SET text = 'x' RETURNING id$$), NULL, 'without an actor none');
SELECT is(pg_temp.reader('1', $$UPDATE policy_adhoc_sql.note n SET text = 'x' FROM policy_adhoc_sql.free f WHERE f.note_id = n.id AND n.id > 2 RETURNING n.id$$), NULL, 'update with a join');

-- Deleting.
SELECT is(pg_temp.reader('2', $$DELETE FROM policy_adhoc_sql.note WHERE id <= 2 RETURNING id$$), NULL, 'delete: not another''s'),
	is(pg_temp.reader('', $$DELETE FROM policy_adhoc_sql.note RETURNING id$$), NULL, 'none without an actor'),
	is(pg_temp.reader('2', $$DELETE FROM policy_adhoc_sql.note WHERE id = 3 RETURNING id$$), '3', 'one''s own');
SELECT is((SELECT count(*)::int FROM policy_adhoc_sql.note), 4, 'only that');

-- Inserting.
SELECT is(left(pg_temp.reader('', $$INSERT INTO policy_adhoc_sql.note (owner, text) VALUES (1, 'f')$$), 5), '42501', 'insert without an actor'),
	is(left(pg_temp.reader('1', $$INSERT INTO policy_adhoc_sql.note (owner, text) VALUES (2, 'f')$$), 5), '42501', 'of a row that is another''s'),
	is(pg_temp.reader('1', $$INSERT INTO policy_adhoc_sql.note (owner, text) VALUES (1, 'g') RETURNING text$$), 'g', 'of one''s own'),
	is(left(pg_temp.reader('1', $$INSERT INTO policy_adhoc_sql.note (owner, text) VALUES (1, 'h'), (NULL, 'i')$$), 5), '42501', 'one of two');
SELECT is(left(pg_temp.reader('1', $$UPDATE policy_adhoc_sql.note SET owner = 2 WHERE text = 'g'$$), 5), '42501', 'a row cannot be given away');
SELECT is(left(pg_temp.reader('1', $$INSERT INTO policy_adhoc_sql.note (owner, text) VALUES (1, 'd') ON CONFLICT (text) DO UPDATE SET text = 'stolen'$$), 5), '42501', 'ON CONFLICT does not update another''s row'),
	is(pg_temp.reader('1', $$INSERT INTO policy_adhoc_sql.note (owner, text) VALUES (1, 'g') ON CONFLICT (text) DO UPDATE SET open = true RETURNING open$$), 'true', 'but one''s own'),
	is(pg_temp.reader('1', $$INSERT INTO policy_adhoc_sql.note (owner, text) VALUES (1, 'd') ON CONFLICT (text) DO NOTHING RETURNING text$$), NULL, 'or nothing');
SELECT is((SELECT string_agg(text, ' ' ORDER BY id) FROM policy_adhoc_sql.note WHERE text ~ 'stolen|[fhi]'), NULL, 'nothing of what was refused is stored');

-- Other ways in.
SELECT is(pg_temp.reader('1', $$MERGE INTO policy_adhoc_sql.note n USING (VALUES ('d')) v(t) ON n.text = v.t WHEN MATCHED THEN UPDATE SET text = 'merged'$$) ~ '^42501', true, 'MERGE does not update another''s row');
SELECT is(left(pg_temp.reader('1', 'COPY policy_adhoc_sql.note FROM STDIN'), 5), '0A000', 'COPY FROM is PostgreSQL''s own refusal');
SELECT set_config('ash.actor', '1', true) AS ignored \gset
SET ROLE regress_reader;
COPY (SELECT '# copied ' || string_agg(text, ' ' ORDER BY id) FROM policy_adhoc_sql.note) TO STDOUT;
CREATE TEMP VIEW v AS SELECT * FROM policy_adhoc_sql.note;
RESET ROLE;
SELECT is((SELECT string_agg(text, ' ' ORDER BY id) FROM v), 'a! b! d g', 'a view is read as its owner');

-- A prepared statement does not remember who prepared it.
PREPARE notes AS SELECT string_agg(text, ' ' ORDER BY id) FROM policy_adhoc_sql.note;
SELECT is(pg_temp.as_role(current_user, 'EXECUTE notes'), 'a! b! d e g', 'prepared: the owner of the table sees all'),
	is(pg_temp.reader('1', 'EXECUTE notes'), 'a! b! d g', 'prepared: as a reader'),
	is(pg_temp.reader('2', 'EXECUTE notes'), 'b! d g', 'prepared: for another actor'),
	is(pg_temp.as_role('regress_other', 'EXECUTE notes'), 'b! d g', 'prepared: as another role'),
	is(pg_temp.reader('', 'EXECUTE notes'), NULL, 'prepared: without an actor'),
	is(pg_temp.as_role(current_user, 'EXECUTE notes'), 'a! b! d e g', 'prepared: the owner again');
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT is(pg_temp.reader('1', 'EXECUTE notes'), 'a! b! d g', 'generic plan: one actor'), is(pg_temp.reader('{"admin": true}', 'EXECUTE notes'), 'a! b! d e g', 'generic plan: another');
RESET plan_cache_mode;

-- Who is exempt.
SELECT is(pg_temp.as_role('regress_exempt', 'SELECT count(*) FROM policy_adhoc_sql.note'), '5', 'BYPASSRLS is exempt');
ALTER TABLE policy_adhoc_sql.note OWNER TO regress_other;
SELECT is(pg_temp.as_role('regress_other', 'SELECT count(*) FROM policy_adhoc_sql.note'), '5', 'so is the owner of the table');
SET LOCAL row_security = off;
SELECT is(left(pg_temp.reader('1', 'SELECT * FROM policy_adhoc_sql.note'), 5), '42501', 'row_security = off is an error for others');
SET LOCAL row_security = on;

-- Policies and GRANTs add up.
REVOKE SELECT ON policy_adhoc_sql.note FROM regress_reader;
SELECT is(left(pg_temp.reader('{"admin": true}', 'SELECT * FROM policy_adhoc_sql.note'), 5), '42501', 'a policy is no privilege');

SELECT * FROM finish();
ROLLBACK;
