\set ECHO none
\i test/pgtap.psql
BEGIN;
SELECT plan(11);

-- Does an upsert overwrite the row only where its condition holds, and does upsert_conflict() mean the proposed value?

SELECT ash_define('{"domain": "upsert_condition", "resources": {"score": {
  "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true},
                 "hits": {"type": "integer", "public": true, "source": "number of hits"}},
  "identities": {"name": ["name"]},
  "actions": {
    "raise": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "name", "upsert_fields": ["hits"],
              "upsert_condition": "upsert_conflict(hits) > hits"},
    "low": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "name", "upsert_fields": ["hits"],
            "upsert_condition": "hits < 10"},
    "kept": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "name", "upsert_fields": ["hits"],
             "upsert_condition": "hits < 10", "return_skipped_upsert": true},
    "read": {"type": "read", "primary": true}},
  "policies": [{"policy": {"action_type": ["create"]}, "checks": [{"authorize_if": "always"}]},
               {"policy": {"action_type": ["read"]}, "checks": [{"authorize_if": {"expr": "name <> ''hidden''"}}]}]
}}}', true) IS NOT NULL AS defined \gset

SELECT is(ash_run_action('upsert_condition.score', 'raise', '{"name": "a", "hits": 3}')->>'hits', '3', 'a new row is inserted');
SELECT is(ash_run_action('upsert_condition.score', 'raise', '{"name": "a", "hits": 9}')->>'hits', '9', 'the proposed value is greater than the stored one');
SELECT is(ash_try_action('upsert_condition.score', 'raise', '{"name": "a", "hits": 4}') #>> '{errors,0,code}', 'stale_record', 'it is less');
SELECT is(ash_run_action('upsert_condition.score', 'low', '{"name": "a", "hits": 12}')->>'hits', '12', 'a bare name means the stored row');
SELECT is(ash_try_action('upsert_condition.score', 'low', '{"name": "a", "hits": 13}') #>> '{errors,0,code}', 'stale_record', 'which no longer satisfies the condition');

SELECT is(ash_run_action('upsert_condition.score', 'kept', '{"name": "a", "hits": 13}')::jsonb, '{"id": 1, "hits": 12, "name": "a", "_upsert_skipped": true}', 'return_skipped_upsert gives the row that stays');
SELECT is(ash_run_action('upsert_condition.score', 'low', '{"name": "a", "hits": 13}', '{"return_skipped_upsert": true}')->>'_upsert_skipped', 'true', 'so does the option of the call');
SELECT is(ash_try_action('upsert_condition.score', 'kept', '{"name": "a", "hits": 13}', '{"return_skipped_upsert": false}') #>> '{errors,0,code}', 'stale_record', 'which may also turn it off');
SELECT is(ash_run_action('upsert_condition.score', 'kept', '{"name": "b", "hits": 13}')->>'_upsert_skipped', NULL, 'a row that is written is not skipped');
SELECT ash_bulk_create('upsert_condition.score', '[{"name": "c", "hits": 1}, {"name": "a", "hits": 1}]', '{"action": "kept", "return_records": true, "select": ["hits"]}')->'records' AS records \gset
SELECT is(:'records'::jsonb, (SELECT jsonb_build_array(jsonb_build_object('id', id, 'hits', 1), '{"id": 1, "hits": 12, "_upsert_skipped": true}'::jsonb) FROM upsert_condition.score WHERE name = 'c'), 'in bulk as well');
INSERT INTO upsert_condition.score (name, "number of hits") VALUES ('hidden', 20);
SELECT is(ash_try_action('upsert_condition.score', 'kept', '{"name": "hidden", "hits": 13}') #>> '{errors,0,code}', 'stale_record', 'a row that the actor may not read is not given');

SELECT * FROM finish();
ROLLBACK;
