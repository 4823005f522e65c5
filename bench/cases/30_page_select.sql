-- A page as JSON, against the same rows as a plain result set.
--@ work: page of 50 x 9 + calculation, filter, policy: JSON
--@ against: the same rows by a prepared SELECT
--@ target: 1.1
--@ mode: read
--@ executions: 200
--@ executions quick: 60

--@ a
SELECT ash_run_action('bench.ticket', 'list', '{}', $1::jsonb)

--@ b
SELECT id, subject, body, status, priority, due_on, reporter_id, inserted_at, updated_at,
       subject || ' (' || status || ')' AS label
FROM bench_raw.ticket
WHERE priority >= $1 AND (reporter_id = $2::uuid OR status = 'open')
ORDER BY inserted_at DESC, id
LIMIT 50 OFFSET $3

--@ params a
SELECT jsonb_build_object(
           'actor', bench_actor(),
           'filter', jsonb_build_object('priority', jsonb_build_object('gte', n % 4)),
           'sort', '-inserted_at',
           'page', jsonb_build_object('limit', 50, 'offset', n / 4 % 4 * 50),
           'load', jsonb_build_array('label'))
FROM generate_series(1, 200) n

--@ params b
SELECT n % 4, bench_actor()->>'id', n / 4 % 4 * 50
FROM generate_series(1, 200) n

--@ verify
WITH a AS (
    SELECT execution, n - 1 AS line, item, r.* FROM result,
           LATERAL json_array_elements((value->>'ash_run_action')::json->'results')
               WITH ORDINALITY AS items(item, n),
           LATERAL json_populate_record(NULL::bench_raw.ticket, item) r
    WHERE side = 'a'
), b AS (
    SELECT execution, line, value, r.* FROM result,
           LATERAL json_populate_record(NULL::bench_raw.ticket, value) r
    WHERE side = 'b'
)
SELECT execution, line, a.subject AS a, b.subject AS b
FROM a FULL JOIN b USING (execution, line)
WHERE (a.id, a.subject, a.body, a.status, a.priority, a.due_on, a.reporter_id, a.inserted_at,
       a.updated_at, a.item->>'label')
      IS DISTINCT FROM
      (b.id, b.subject, b.body, b.status, b.priority, b.due_on, b.reporter_id, b.inserted_at,
       b.updated_at, b.value->>'label')
