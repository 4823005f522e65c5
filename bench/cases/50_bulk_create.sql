-- Many rows in one call, with every rule of the action, against the bare set-based INSERT.
--@ work: bulk create
--@ against: INSERT ... SELECT FROM jsonb_to_recordset
--@ target: 1.0
--@ mode: rollback
--@ executions: 1
--@ rows: 10000
--@ rows quick: 2000
--@ rows full: 100000

--@ a
SELECT ash_bulk_create('bench.ticket', $1::jsonb, $2::jsonb)

--@ b
INSERT INTO bench_raw.ticket
       (id, subject, body, status, priority, due_on, reporter_id, inserted_at, updated_at)
SELECT gen_random_uuid(), r.subject, r.body, 'open', r.priority, r.due_on, r.reporter_id,
       clock_timestamp(), clock_timestamp()
FROM jsonb_to_recordset($1::jsonb)
     AS r(subject text, body text, priority bigint, due_on date, reporter_id uuid)

--@ params a
SELECT jsonb_agg(jsonb_build_object(
           'subject', 'Bulk ticket ' || n, 'body', 'It burns. ' || n, 'priority', n % 6,
           'due_on', date '2024-06-01' + n % 300,
           'reporter_id', bench_id('person', 1 + n * 7 % 1000))),
       jsonb_build_object('action', 'open', 'actor', bench_actor())
FROM generate_series(1, current_setting('bench.rows')::int) n

--@ params b
SELECT jsonb_agg(jsonb_build_object(
           'subject', 'Bulk ticket ' || n, 'body', 'It burns. ' || n, 'priority', n % 6,
           'due_on', date '2024-06-01' + n % 300,
           'reporter_id', bench_id('person', 1 + n * 7 % 1000)))
FROM generate_series(1, current_setting('bench.rows')::int) n

--@ between
VACUUM bench.ticket, bench_raw.ticket

--@ observe a
SELECT count(*), count(DISTINCT id) AS ids, sum(priority), min(due_on), max(due_on), max(status) AS status,
       md5(string_agg(subject || body || reporter_id, ',' ORDER BY subject COLLATE "C")) AS digest
FROM bench.ticket WHERE subject LIKE 'Bulk ticket %'

--@ observe b
SELECT count(*), count(DISTINCT id) AS ids, sum(priority), min(due_on), max(due_on), max(status) AS status,
       md5(string_agg(subject || body || reporter_id, ',' ORDER BY subject COLLATE "C")) AS digest
FROM bench_raw.ticket WHERE subject LIKE 'Bulk ticket %'

--@ verify
SELECT a.value AS a, b.value AS b
FROM (SELECT * FROM result WHERE side = 'a') a
FULL JOIN (SELECT * FROM result WHERE side = 'b') b USING (execution)
WHERE a.value::jsonb IS DISTINCT FROM b.value::jsonb
   OR a.value->>'count' IS DISTINCT FROM current_setting('bench.rows')
