-- A page with what a screen needs around it, against the SQL that a specialist writes for it.
--@ work: page + to-one, to-many, 2 aggregates: JSON
--@ against: hand-written LATERAL json_agg SQL
--@ target: 0.7
--@ mode: read
--@ executions: 100
--@ executions quick: 40

--@ a
SELECT ash_run_action('bench.ticket', 'list', '{}', $1::jsonb)

--@ b
SELECT json_agg(json_build_object(
           'id', t.id, 'subject', t.subject, 'body', t.body, 'status', t.status,
           'priority', t.priority, 'due_on', t.due_on, 'reporter_id', t.reporter_id,
           'inserted_at', t.inserted_at, 'updated_at', t.updated_at,
           'label', t.subject || ' (' || t.status || ')',
           'comment_count', s.comment_count, 'last_number', s.last_number,
           'reporter', r.reporter, 'comments', coalesce(c.comments, '[]'))
           ORDER BY t.inserted_at DESC, t.id) AS page
FROM (SELECT * FROM bench_raw.ticket
      WHERE priority >= $1 AND (reporter_id = $2::uuid OR status = 'open')
      ORDER BY inserted_at DESC, id
      LIMIT 50 OFFSET $3) t
CROSS JOIN LATERAL (SELECT count(*) AS comment_count, max(number) AS last_number
                    FROM bench_raw.comment WHERE ticket_id = t.id) s
LEFT JOIN LATERAL (SELECT json_build_object('id', p.id, 'name', p.name, 'role', p.role) AS reporter
                   FROM bench_raw.person p WHERE p.id = t.reporter_id) r ON true
LEFT JOIN LATERAL (SELECT json_agg(json_build_object('id', m.id, 'number', m.number, 'body', m.body,
                                                     'ticket_id', m.ticket_id)
                                   ORDER BY m.number) AS comments
                   FROM bench_raw.comment m WHERE m.ticket_id = t.id) c ON true

--@ params a
SELECT jsonb_build_object(
           'actor', bench_actor(),
           'filter', jsonb_build_object('priority', jsonb_build_object('gte', n % 4)),
           'sort', '-inserted_at',
           'page', jsonb_build_object('limit', 50, 'offset', n / 4 % 4 * 50),
           'load', jsonb_build_array('label', 'comment_count', 'last_number', 'reporter', 'comments'))
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
    SELECT side, execution, line, r.*,
           ARRAY[item->>'label', item->>'comment_count', item->>'last_number',
                 item#>>'{reporter,id}', item#>>'{reporter,name}', item#>>'{reporter,role}'] AS around,
           (SELECT array_agg(ARRAY[c->>'id', c->>'number', c->>'body', c->>'ticket_id'] ORDER BY n)
            FROM json_array_elements(item->'comments') WITH ORDINALITY AS e(c, n)) AS comments
    FROM item, LATERAL json_populate_record(NULL::bench_raw.ticket, item) r
)
SELECT execution, line, a.around AS a, b.around AS b
FROM (SELECT * FROM typed WHERE side = 'a') a
FULL JOIN (SELECT * FROM typed WHERE side = 'b') b USING (execution, line)
WHERE (a.id, a.subject, a.body, a.status, a.priority, a.due_on, a.reporter_id, a.inserted_at,
       a.updated_at, a.around, a.comments)
      IS DISTINCT FROM
      (b.id, b.subject, b.body, b.status, b.priority, b.due_on, b.reporter_id, b.inserted_at,
       b.updated_at, b.around, b.comments)
