-- The cost of a call must not depend on how many other resources are registered.
--@ work: get by key, many resources registered
--@ against: the same with 10 registered
--@ target: 1.1
--@ mode: read
--@ executions: 1000
--@ executions quick: 300
--@ database a: ash_bench_many
--@ database b: ash_bench_few
--@ rows: 10000
--@ rows quick: 1000

--@ setup a
-- One small domain, whose cost is measured, and a crowd of resources that are only registered.
CREATE EXTENSION ash;
SET client_min_messages TO warning;
CREATE FUNCTION public.crowd_resource() RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT '{
    "attributes": {"id": "uuid_primary_key",
        "name": {"type": "string", "allow_nil": false, "public": true, "constraints": {"max_length": 100}},
        "amount": {"type": "integer", "public": true}, "due_on": {"type": "date", "public": true},
        "inserted_at": "create_timestamp", "updated_at": "update_timestamp"},
    "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]},
    "validations": [{"present": {"attributes": ["name"]}}],
    "policies": [{"policy": "always", "checks": [{"authorize_if": "actor_present"}]}]}'::json $$;
SELECT ash_define(json_build_object('domain', 'crowd', 'schema', 'crowd',
    'resources', json_build_object('item', crowd_resource())), true);
INSERT INTO crowd.item (id, name, amount, due_on, inserted_at, updated_at)
SELECT md5(n::text)::uuid, 'Item ' || n, n, date '2024-01-01' + n, '2024-01-01', '2024-01-01'
FROM generate_series(1, 300) n;
SELECT count(ash_define(json_build_object('domain', 'crowd' || d, 'schema', 'crowd' || d,
    'resources', (SELECT json_object_agg('item' || n, crowd_resource())
                  FROM generate_series(d * 500 + 1, least((d + 1) * 500, wanted)) n))))
FROM (SELECT current_setting('bench.rows')::int AS wanted) w, LATERAL generate_series(0, (wanted - 1) / 500) d;
GRANT USAGE ON SCHEMA crowd TO ash_bench_caller;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA crowd TO ash_bench_caller;
ANALYZE

--@ setup b
-- One small domain, whose cost is measured, and a crowd of resources that are only registered.
CREATE EXTENSION ash;
SET client_min_messages TO warning;
CREATE FUNCTION public.crowd_resource() RETURNS json LANGUAGE sql IMMUTABLE AS $$ SELECT '{
    "attributes": {"id": "uuid_primary_key",
        "name": {"type": "string", "allow_nil": false, "public": true, "constraints": {"max_length": 100}},
        "amount": {"type": "integer", "public": true}, "due_on": {"type": "date", "public": true},
        "inserted_at": "create_timestamp", "updated_at": "update_timestamp"},
    "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]},
    "validations": [{"present": {"attributes": ["name"]}}],
    "policies": [{"policy": "always", "checks": [{"authorize_if": "actor_present"}]}]}'::json $$;
SELECT ash_define(json_build_object('domain', 'crowd', 'schema', 'crowd',
    'resources', json_build_object('item', crowd_resource())), true);
INSERT INTO crowd.item (id, name, amount, due_on, inserted_at, updated_at)
SELECT md5(n::text)::uuid, 'Item ' || n, n, date '2024-01-01' + n, '2024-01-01', '2024-01-01'
FROM generate_series(1, 300) n;
SELECT count(ash_define(json_build_object('domain', 'crowd' || d, 'schema', 'crowd' || d,
    'resources', (SELECT json_object_agg('item' || n, crowd_resource())
                  FROM generate_series(d * 500 + 1, least((d + 1) * 500, wanted)) n))))
FROM (SELECT 10 AS wanted) w, LATERAL generate_series(0, (wanted - 1) / 500) d;
GRANT USAGE ON SCHEMA crowd TO ash_bench_caller;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA crowd TO ash_bench_caller;
ANALYZE

--@ a
SELECT ash_get('crowd.item', $1::jsonb, '{"actor": {"id": 1}}')

--@ b
SELECT ash_get('crowd.item', $1::jsonb, '{"actor": {"id": 1}}')

--@ params
SELECT to_jsonb(md5(n::text)::uuid) FROM generate_series(1, 300) n

--@ verify
SELECT a.value AS a, b.value AS b
FROM (SELECT * FROM result WHERE side = 'a') a
FULL JOIN (SELECT * FROM result WHERE side = 'b') b USING (execution)
WHERE a.value::jsonb IS DISTINCT FROM b.value::jsonb
   OR (a.value->>'ash_get')::json->>'name' IS DISTINCT FROM 'Item ' || execution + 1
