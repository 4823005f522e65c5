-- One row by its key.
--@ work: get by key
--@ against: prepared SELECT by key
--@ target: 1.2
--@ mode: read
--@ executions: 1000
--@ executions quick: 300

--@ a
SELECT ash_get('bench.ticket', $1::jsonb, $2::jsonb)

--@ b
SELECT * FROM bench_raw.ticket WHERE id = $1

--@ params a
SELECT to_jsonb(bench_id('ticket', n * 10)), jsonb_build_object('actor', bench_actor())
FROM generate_series(1, 1000) n

--@ params b
SELECT bench_id('ticket', n * 10)
FROM generate_series(1, 1000) n

--@ verify
WITH a AS (
    SELECT execution, r AS ticket FROM result,
           LATERAL json_populate_record(NULL::bench_raw.ticket, (value->>'ash_get')::json) r
    WHERE side = 'a'
), b AS (
    SELECT execution, r AS ticket FROM result,
           LATERAL json_populate_record(NULL::bench_raw.ticket, value) r
    WHERE side = 'b'
)
SELECT execution, (a.ticket).subject AS a, (b.ticket).subject AS b
FROM a FULL JOIN b USING (execution)
WHERE a.ticket IS DISTINCT FROM b.ticket
