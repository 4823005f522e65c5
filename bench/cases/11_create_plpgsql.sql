-- The same row, against the PL/pgSQL function of ../plpgsql.sql.
--@ work: create: 5 inputs, 4 validations, 2 changes, policy, FK
--@ against: PL/pgSQL function with the same rules
--@ target: 0.5
--@ mode: rollback
--@ executions: 500
--@ executions quick: 200

--@ a
SELECT ash_run_action('bench.ticket', 'open', $1::jsonb, $2::jsonb) AS ticket

--@ b
SELECT bench_raw.open_ticket($1::jsonb, $2::jsonb->'actor') AS ticket

--@ params
SELECT jsonb_build_object('subject', 'New ticket ' || n, 'body', 'It burns. ' || n, 'priority', n % 6,
                          'due_on', date '2024-06-01' + n % 300,
                          'reporter_id', bench_id('person', 1 + n * 7 % 1000)),
       jsonb_build_object('actor', bench_actor())
FROM generate_series(1, current_setting('bench.executions')::int) n

--@ between
VACUUM bench.ticket, bench_raw.ticket

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
