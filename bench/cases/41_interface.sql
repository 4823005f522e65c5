-- The SQL function of a read that anybody may run, composed with more SQL, against the query it stands for.
--@ work: code interface: FROM bench.comments_of(id) WHERE ...
--@ against: the same query by hand
--@ target: 1.05
--@ mode: read
--@ executions: 1000
--@ executions quick: 300

--@ a
SELECT * FROM bench.comments_of($1) WHERE number > $2 ORDER BY number

--@ b
SELECT * FROM bench_raw.comment WHERE ticket_id = $1 AND number > $2 ORDER BY number

--@ params
SELECT bench_id('ticket', n * 10), n FROM generate_series(1, 1000) n

--@ verify
WITH a AS (
    SELECT execution, line, r AS comment FROM result,
           LATERAL json_populate_record(NULL::bench_raw.comment, value) r
    WHERE side = 'a'
), b AS (
    SELECT execution, line, r AS comment FROM result,
           LATERAL json_populate_record(NULL::bench_raw.comment, value) r
    WHERE side = 'b'
)
SELECT execution, line, (a.comment).body AS a, (b.comment).body AS b
FROM a FULL JOIN b USING (execution, line)
WHERE a.comment IS DISTINCT FROM b.comment
