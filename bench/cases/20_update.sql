-- One row by its key, with a validation and a policy that reads the stored row.
--@ work: update by key with validation and policy
--@ against: prepared UPDATE ... RETURNING *
--@ target: 1.0
--@ mode: rollback
--@ executions: 500
--@ executions quick: 200

--@ a
SELECT ash_run_action('bench.ticket', 'revise', $1::jsonb, $2::jsonb)

--@ b
UPDATE bench_raw.ticket SET subject = $2, priority = $3, updated_at = clock_timestamp()
WHERE id = $1
RETURNING *

--@ params a
SELECT jsonb_build_object('subject', 'Revised ticket ' || n, 'priority', 5 - n % 6),
       jsonb_build_object('actor', bench_actor(), 'record', bench_id('ticket', n * 10))
FROM generate_series(1, 1000) n

--@ params b
SELECT bench_id('ticket', n * 10), 'Revised ticket ' || n, 5 - n % 6
FROM generate_series(1, 1000) n

--@ between
VACUUM bench.ticket, bench_raw.ticket

--@ verify
WITH a AS (
    SELECT execution, r.* FROM result,
           LATERAL json_populate_record(NULL::bench_raw.ticket, (value->>'ash_run_action')::json) r
    WHERE side = 'a'
), b AS (
    SELECT execution, r.* FROM result,
           LATERAL json_populate_record(NULL::bench_raw.ticket, value) r
    WHERE side = 'b'
)
SELECT execution, a.subject AS a, b.subject AS b
FROM a FULL JOIN b USING (execution)
WHERE (a.id, a.subject, a.body, a.status, a.priority, a.due_on, a.reporter_id, a.inserted_at)
      IS DISTINCT FROM
      (b.id, b.subject, b.body, b.status, b.priority, b.due_on, b.reporter_id, b.inserted_at)
   OR a.updated_at < now() - interval '1 hour'
