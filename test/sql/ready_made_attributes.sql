\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(8);

-- Can each ready-made attribute, and each default that is spelled like a function of PostgreSQL, be defined, planned and used?

SELECT pg_temp.define($doc${
  "domain": "ready_made",
  "resources": {
    "v4": {"attributes": {"id": "uuid_primary_key", "created": "create_timestamp", "updated": "update_timestamp"}, "actions": {"defaults": ["read", {"create": "*"}]}},
    "v7": {"attributes": {"id": "uuid_v7_primary_key"}, "actions": {"defaults": ["read", {"create": "*"}]}},
    "number": {"attributes": {"id": "integer_primary_key",
        "a": {"type": "uuid", "default": {"expr": "uuid_generate_v4()"}}, "b": {"type": "uuid", "default": {"expr": "uuidv7()"}},
        "c": {"type": "utc_datetime", "default": {"expr": "current_timestamp"}}},
      "actions": {"defaults": ["read", {"create": "*"}]}}
  }
}$doc$) \gset
SELECT is((SELECT count(*)::int FROM ash_plan('ready_made')), 0, 'the tables are what the definitions say');
SELECT ash_create('ready_made.v4')::jsonb AS v4, ash_create('ready_made.v7')::jsonb AS v7, ash_create('ready_made.number')::jsonb AS number \gset
SELECT * FROM ready_made.number AS row \gset
SELECT matches(:'v4'::jsonb->>'id', '^........-....-4...-[89ab]...-............$', 'uuid_primary_key: version 4'),
	is((SELECT created = updated AND created BETWEEN now() AND clock_timestamp() FROM ready_made.v4), true, 'create_timestamp and update_timestamp: the time of the action'),
	matches(:'v7'::jsonb->>'id', '^........-....-7...-[89ab]...-............$', 'uuid_v7_primary_key: version 7'),
	is(:'number'::jsonb->>'id', '1', 'integer_primary_key: the next number');
SELECT matches(:'a'::text, '^........-....-4...-[89ab]...-............$', 'uuid_generate_v4()'), matches(:'b'::text, '^........-....-7...-[89ab]...-............$', 'uuidv7()'),
	is(:'c'::timestamptz BETWEEN date_trunc('second', now()) AND clock_timestamp(), true, 'current_timestamp');

SELECT * FROM finish();
ROLLBACK;
