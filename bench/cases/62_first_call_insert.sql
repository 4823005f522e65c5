-- What of a first call is the new backend's own: any first statement fills PostgreSQL's caches.
--@ work: first call in a new backend: create as above
--@ against: INSERT ... RETURNING * in a new backend
--@ mode: fresh
--@ executions: 10
--@ executions quick: 5

--@ a
SELECT ash_run_action('bench.ticket', 'open', $1::jsonb, $2::jsonb)

--@ b
INSERT INTO bench_raw.ticket
       (id, subject, body, status, priority, due_on, reporter_id, inserted_at, updated_at)
VALUES (gen_random_uuid(), $1, $2, 'open', $3, $4, $5, clock_timestamp(), clock_timestamp())
RETURNING *

--@ params a
SELECT jsonb_build_object('subject', 'New ticket ' || n, 'body', 'It burns. ' || n, 'priority', n % 6,
                          'due_on', date '2024-06-01' + n % 300,
                          'reporter_id', bench_id('person', 1 + n * 7 % 1000)),
       jsonb_build_object('actor', bench_actor())
FROM generate_series(1, current_setting('bench.executions')::int) n

--@ params b
SELECT 'New ticket ' || n, 'It burns. ' || n, n % 6, date '2024-06-01' + n % 300,
       bench_id('person', 1 + n * 7 % 1000)
FROM generate_series(1, current_setting('bench.executions')::int) n

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
SELECT a.execution, a.subject AS a, b.subject AS b
FROM a FULL JOIN b USING (execution)
WHERE (a.subject, a.body, a.status, a.priority, a.due_on, a.reporter_id)
      IS DISTINCT FROM (b.subject, b.body, b.status, b.priority, b.due_on, b.reporter_id)
   OR a.id IS NULL OR a.inserted_at IS NULL OR a.updated_at IS NULL
