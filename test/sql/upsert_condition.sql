\set ECHO none
\i test/pgtap.psql
BEGIN;
SELECT plan(5);

-- Does an upsert overwrite the row only where its condition holds, and does upsert_conflict() mean the proposed value?

SELECT ash_define('{"domain": "upsert_condition", "resources": {"score": {
  "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true},
                 "hits": {"type": "integer", "public": true, "source": "number of hits"}},
  "identities": {"name": ["name"]},
  "actions": {
    "raise": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "name", "upsert_fields": ["hits"],
              "upsert_condition": "upsert_conflict(hits) > hits"},
    "low": {"type": "create", "accept": "*", "upsert": true, "upsert_identity": "name", "upsert_fields": ["hits"],
            "upsert_condition": "hits < 10"}}
}}}', true) IS NOT NULL AS defined \gset

SELECT is(ash_run_action('upsert_condition.score', 'raise', '{"name": "a", "hits": 3}')->>'hits', '3', 'a new row is inserted');
SELECT is(ash_run_action('upsert_condition.score', 'raise', '{"name": "a", "hits": 9}')->>'hits', '9', 'the proposed value is greater than the stored one');
SELECT is(ash_try_action('upsert_condition.score', 'raise', '{"name": "a", "hits": 4}') #>> '{errors,0,code}', 'stale_record', 'it is less');
SELECT is(ash_run_action('upsert_condition.score', 'low', '{"name": "a", "hits": 12}')->>'hits', '12', 'a bare name means the stored row');
SELECT is(ash_try_action('upsert_condition.score', 'low', '{"name": "a", "hits": 13}') #>> '{errors,0,code}', 'stale_record', 'which no longer satisfies the condition');

SELECT * FROM finish();
ROLLBACK;
