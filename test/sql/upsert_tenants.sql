\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(19);

-- An upsert finds the row of another tenant in its way: is that the same as for a create, and does it tell nothing of the row?

SELECT pg_temp.define($doc${
  "domain": "upsert_tenants",
  "resources": {
    "item": {
      "multitenancy": {"attribute": "org"},
      "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false, "writable": true, "public": true}, "org": "string",
        "code": {"type": "string", "public": true}, "part": {"type": "integer", "public": true}, "v": {"type": "integer", "public": true}},
      "identities": {"code": {"keys": ["code"], "all_tenants": true, "message": "is in use"}, "both": {"keys": ["part", "v"], "all_tenants": true, "nils_distinct": false, "field_names": ["part"]}, "own": {"keys": ["code", "part"]}},
      "actions": {"defaults": ["read", {"create": "*"}],
        "put": {"type": "create", "accept": "*", "upsert": true},
        "put_code": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "code"},
        "put_both": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "both"},
        "put_own": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "own"},
        "put_less": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "code", "upsert_condition": "v < upsert_conflict(v)"},
        "put_kept": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "code", "upsert_condition": "v < upsert_conflict(v)", "return_skipped_upsert": true}}
    }
  }
}$doc$) \gset
CREATE FUNCTION pg_temp.put(action text, input text, tenant text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	call text := format('SELECT ash_create(%L, %L, %L)', 'upsert_tenants.item', input, jsonb_build_object('action', action, 'tenant', tenant));
	answer text;
BEGIN
	answer := pg_temp.errors(call);
	RETURN answer;
END $$;
SELECT is(pg_temp.put('create', '{"id": 1, "code": "c", "v": 5}', 'b'), 'no error', 'a row of tenant b');
-- A create says what is in use; an upsert says the same.
SELECT is(pg_temp.put(action, input, 'a'), pg_temp.put('create', input, 'a'), action || ' is like a create'), is(pg_temp.put(action, input, 'a'), E'23505 invalid\n' || expected, action || ' says what is in use') FROM (VALUES
	('put', '{"id": 1, "code": "d", "part": 3, "v": 9}', 'invalid_attribute id: has already been taken'), ('put_code', '{"id": 2, "code": "c", "part": 3, "v": 9}', 'invalid_attribute code: is in use'),
	('put_both', '{"id": 2, "code": "d", "v": 5}', 'invalid_attribute part: has already been taken'), ('put_less', '{"id": 2, "code": "c", "part": 3, "v": 9}', 'invalid_attribute code: is in use'),
	('put_kept', '{"id": 2, "code": "c", "part": 3, "v": 1}', 'invalid_attribute code: is in use')) AS v (action, input, expected);
SELECT is((SELECT concat(count(*), ' ', min(org), ' ', min(v)) FROM upsert_tenants.item), '1 b 5', 'nothing was written');
SELECT is((SELECT concat(e ->> 'message', e ->> 'detail', e ->> 'hint') FROM pg_temp.caught($$SELECT ash_create('upsert_tenants.item', '{"id": 2, "code": "c"}', '{"action": "put_code", "tenant": "a"}')$$) AS e) ~ '\mb\M|\m5\M', false, 'and nothing told');
SELECT is((SELECT string_agg(e #>> '{errors,0,message}', ', ') FROM json_array_elements(ash_bulk_create('upsert_tenants.item', '[{"id": 2, "code": "c"}, {"id": 3, "code": "e"}]', '{"action": "put_code", "tenant": "a", "return_errors": true}') -> 'errors') AS e), 'is in use, is in use', 'in bulk it is the batch that fails, as for a create'),
	is((SELECT string_agg(concat(id, org), ' ' ORDER BY id) FROM upsert_tenants.item), '1b', 'nothing is written');

-- A tenant's own rows are overwritten, or stay as they are.
SELECT is(pg_temp.put('put_own', '{"id": 4, "code": "f", "part": 3}', 'a'), 'no error', 'an identity of each tenant');
SELECT is(pg_temp.put('put_code', '{"id": 9, "code": "c", "v": 6}', 'b'), 'no error', 'the tenant itself'),
	is(pg_temp.put('put_less', '{"id": 9, "code": "c", "v": 1}', 'b'), E'22023 invalid\nstale_record: Attempted to update stale record of upsert_tenants.item with filter: v < upsert_conflict(v)', 'a condition that does not hold');
-- What is left out by a trigger is no stale record.
CREATE FUNCTION upsert_tenants.leave_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER leave_out BEFORE UPDATE ON upsert_tenants.item FOR EACH ROW EXECUTE FUNCTION upsert_tenants.leave_out();
SELECT is(pg_temp.put('put_code', '{"id": 9, "code": "c", "v": 7}', 'b'), '09000: a trigger of table upsert_tenants.item left the row out', 'a trigger that leaves the row out');

SELECT * FROM finish();
ROLLBACK;
