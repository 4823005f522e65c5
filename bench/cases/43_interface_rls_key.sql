-- The same function where PostgreSQL keeps the plan: a row by its key.
--@ work: code interface: FROM bench.urgent(n) WHERE id = ...
--@ against: the query by hand, row security by hand
--@ target: 1.05
--@ mode: read
--@ executions: 500
--@ executions quick: 150

--@ setup
DROP SCHEMA IF EXISTS bench_rls CASCADE;
CREATE SCHEMA bench_rls;
CREATE TABLE bench_rls.ticket (LIKE bench_raw.ticket INCLUDING ALL);
INSERT INTO bench_rls.ticket SELECT * FROM bench_raw.ticket ORDER BY inserted_at;
ALTER TABLE bench_rls.ticket ENABLE ROW LEVEL SECURITY;
CREATE POLICY may_read ON bench_rls.ticket FOR SELECT
    USING (reporter_id = (SELECT (current_setting('ash.actor')::jsonb->>'id')::uuid) OR status = 'open');
GRANT USAGE ON SCHEMA bench_rls TO ash_bench_caller;
GRANT SELECT ON bench_rls.ticket TO ash_bench_caller;
ANALYZE bench_rls.ticket

--@ a
SELECT * FROM bench.urgent($1) WHERE id = $2

--@ b
SELECT * FROM bench_rls.ticket WHERE priority >= $1 AND id = $2

--@ params
SELECT n % 4, bench_id('ticket', n) FROM generate_series(1, 500) n

--@ verify
WITH a AS (
    SELECT execution, line, r AS ticket FROM result,
           LATERAL json_populate_record(NULL::bench_raw.ticket, value) r
    WHERE side = 'a'
), b AS (
    SELECT execution, line, r AS ticket FROM result,
           LATERAL json_populate_record(NULL::bench_raw.ticket, value) r
    WHERE side = 'b'
)
SELECT execution, line, (a.ticket).subject AS a, (b.ticket).subject AS b
FROM a FULL JOIN b USING (execution, line)
WHERE a.ticket IS DISTINCT FROM b.ticket
