-- The same row, against that function over a table whose row security holds the same policies: what
-- it takes by hand to have them enforced for other SQL as well, as the extension does.
--@ work: create: 5 inputs, 4 validations, 2 changes, policy, FK
--@ against: PL/pgSQL function and row security
--@ mode: rollback
--@ executions: 500
--@ executions quick: 200

--@ setup
CREATE SCHEMA bench_rls;
CREATE TABLE bench_rls.ticket (LIKE bench.ticket INCLUDING ALL,
    FOREIGN KEY (reporter_id) REFERENCES bench_raw.person);
ALTER TABLE bench_rls.ticket ENABLE ROW LEVEL SECURITY;
CREATE POLICY may_read ON bench_rls.ticket FOR SELECT
    USING (reporter_id = (current_setting('app.actor')::jsonb->>'id')::uuid OR status = 'open');
CREATE POLICY may_create ON bench_rls.ticket FOR INSERT
    WITH CHECK (current_setting('app.actor')::jsonb->>'role' = 'agent');
DO $$
BEGIN
    EXECUTE replace(replace(pg_get_functiondef('bench_raw.open_ticket'::regproc), 'bench_raw.open', 'bench_rls.open'),
                    'bench_raw.ticket', 'bench_rls.ticket');
END
$$;
GRANT USAGE ON SCHEMA bench_rls TO ash_bench_caller;
GRANT SELECT, INSERT ON bench_rls.ticket TO ash_bench_caller

--@ a
SELECT ash_run_action('bench.ticket', 'open', $1::jsonb, $2::jsonb) AS ticket

--@ b
SELECT bench_rls.open_ticket($1::jsonb,
           set_config('app.actor', ($2::jsonb->'actor')::text, true)::jsonb) AS ticket

--@ params
SELECT jsonb_build_object('subject', 'New ticket ' || n, 'body', 'It burns. ' || n, 'priority', n % 6,
                          'due_on', date '2024-06-01' + n % 300,
                          'reporter_id', bench_id('person', 1 + n * 7 % 1000)),
       jsonb_build_object('actor', bench_actor())
FROM generate_series(1, current_setting('bench.executions')::int) n

--@ between
VACUUM bench.ticket, bench_rls.ticket

--@ verify
WITH both_sides AS (
    SELECT side, execution, r.* FROM result,
           LATERAL json_populate_record(NULL::bench_raw.ticket, (value->>'ticket')::json) r
)
SELECT execution, a.subject AS a, b.subject AS b
FROM (SELECT * FROM both_sides WHERE side = 'a') a
FULL JOIN (SELECT * FROM both_sides WHERE side = 'b') b USING (execution)
WHERE (a.subject, a.body, a.status, a.priority, a.due_on, a.reporter_id)
      IS DISTINCT FROM (b.subject, b.body, b.status, b.priority, b.due_on, b.reporter_id)
   OR a.id IS NULL OR a.inserted_at IS NULL OR a.updated_at IS NULL
