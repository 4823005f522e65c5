-- A page as JSON, against what people write to get JSON.
--@ work: page of 50 x 9 + calculation, filter, policy: JSON
--@ against: jsonb_agg(jsonb_build_object(...))
--@ target: 0.3
--@ mode: read
--@ executions: 200
--@ executions quick: 60

--@ a
SELECT ash_run_action('bench.ticket', 'list', '{}', $1::jsonb)

--@ b
SELECT jsonb_agg(jsonb_build_object(
           'id', id, 'subject', subject, 'body', body, 'status', status, 'priority', priority,
           'due_on', due_on, 'reporter_id', reporter_id, 'inserted_at', inserted_at,
           'updated_at', updated_at, 'label', subject || ' (' || status || ')')) AS page
FROM (SELECT * FROM bench_raw.ticket
      WHERE priority >= $1 AND (reporter_id = $2::uuid OR status = 'open')
      ORDER BY inserted_at DESC, id
      LIMIT 50 OFFSET $3) t

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
WITH item AS (
    SELECT side, execution, n AS line, item FROM result,
           LATERAL json_array_elements(CASE side WHEN 'a' THEN (value->>'ash_run_action')::json->'results'
                                                 ELSE (value->>'page')::json END)
               WITH ORDINALITY AS i(item, n)
), typed AS (
    SELECT side, execution, line, item->>'label' AS label, r.*
    FROM item, LATERAL json_populate_record(NULL::bench_raw.ticket, item) r
)
SELECT execution, line, a.subject AS a, b.subject AS b
FROM (SELECT * FROM typed WHERE side = 'a') a
FULL JOIN (SELECT * FROM typed WHERE side = 'b') b USING (execution, line)
WHERE (a.id, a.subject, a.body, a.status, a.priority, a.due_on, a.reporter_id, a.inserted_at,
       a.updated_at, a.label)
      IS DISTINCT FROM
      (b.id, b.subject, b.body, b.status, b.priority, b.due_on, b.reporter_id, b.inserted_at,
       b.updated_at, b.label)
