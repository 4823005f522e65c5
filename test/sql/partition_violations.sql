\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(6);

-- Do violations that PostgreSQL finds in a partition give the errors of the resource?

CREATE SCHEMA partition_violations;
SET LOCAL search_path = partition_violations, public;
CREATE TABLE owner (id int PRIMARY KEY);
CREATE TABLE event (id int, at date, code text, n int NOT NULL, owner_id int REFERENCES owner, PRIMARY KEY (id, at), UNIQUE (code, at), CONSTRAINT small CHECK (n < 10)) PARTITION BY RANGE (at);
CREATE TABLE event_2020 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY LIST (at);
CREATE TABLE event_day PARTITION OF event_2020 FOR VALUES IN ('2020-02-29');
CREATE TABLE event_rest PARTITION OF event_2020 DEFAULT;
SET LOCAL search_path = public;
SELECT ash_define(jsonb_set(jsonb_set(ash_introspect('partition_violations')::jsonb,
	'{resources,event,identities,event_code_at_key,message}', '"is used on that day"'), '{resources,event,attributes,n,allow_nil}', 'true')::json) \gset

CREATE FUNCTION pg_temp.create_event(input jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_create(''partition_violations.event'', %L)', '{"id": 2, "at": "2020-02-29", "n": 1}' || input))
$$;
SELECT is(pg_temp.create_event('{"id": 1, "code": "a"}'), 'no error', 'a row in a partition of a partition');
SELECT is(pg_temp.create_event('{"id": 1}'), E'23505 invalid\ninvalid_attribute at: has already been taken', 'its primary key is taken');
SELECT is(pg_temp.create_event('{"code": "a"}'), E'23505 invalid\ninvalid_attribute at: is used on that day\ninvalid_attribute code: is used on that day', 'and its identity, with the message of that');
SELECT is(pg_temp.create_event('{"owner_id": 9}'), E'23503 invalid\ninvalid_attribute owner_id: does not exist', 'a reference to nothing');
SELECT is(pg_temp.create_event('{"n": 10}'), E'23514 invalid\ninvalid_attribute n: is invalid', 'a check');
SELECT is(pg_temp.create_event('{"n": null}'), E'23502 invalid\nrequired n: attribute n is required', 'a column that takes no null');

SELECT * FROM finish();
ROLLBACK;
