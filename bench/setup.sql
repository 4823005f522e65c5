-- What every case of the benchmark works on.
--
-- The domain "bench" is defined through the extension.  Schema bench_raw is what a careful person
-- would have written without it: the same columns, indexes and foreign keys, taken from the
-- extension's own tables so that the two cannot drift apart, and no row security.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages TO warning;
SET timezone TO 'UTC';

CREATE EXTENSION ash;

\set document `cat bench.json`
SELECT ash_define(:'document'::json, true) \g /dev/null

-- Data, the same on every run: 1000 people, 10 000 tickets, 30 000 comments.  The ids are random
-- to the eye, so that lookups spread over the index, and computed, so that cases can name them.
CREATE FUNCTION public.bench_id(kind text, number bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT pg_catalog.md5(kind || number)::pg_catalog.uuid $$;

-- The actor of the cases: an agent who reported every tenth ticket.
CREATE FUNCTION public.bench_actor() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT pg_catalog.jsonb_build_object('id', public.bench_id('person', 1), 'name', 'Person 1', 'role', 'agent') $$;

INSERT INTO bench.person (id, name, role)
SELECT bench_id('person', n), 'Person ' || n, CASE WHEN n % 10 = 1 THEN 'agent' ELSE 'customer' END
FROM generate_series(1, 1000) n;

INSERT INTO bench.ticket (id, subject, body, status, priority, due_on, reporter_id, inserted_at, updated_at)
SELECT bench_id('ticket', n), 'Ticket number ' || n, repeat('The printer is on fire. ', 1 + n % 5),
       CASE WHEN n % 3 = 0 THEN 'closed' ELSE 'open' END, n % 6, date '2024-01-01' + n % 365,
       bench_id('person', CASE WHEN n % 10 = 0 THEN 1 ELSE 1 + n % 1000 END),
       timestamp '2024-01-01' + n * interval '1 minute', timestamp '2024-01-01' + n * interval '1 minute'
FROM generate_series(1, 10000) n;

INSERT INTO bench.comment (id, number, body, ticket_id)
SELECT bench_id('comment', n), n, 'Comment number ' || n, bench_id('ticket', 1 + (n * 7) % 10000)
FROM generate_series(1, 30000) n;

-- An index on each column the cases look rows up by, unless the definition already made one.
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN
        SELECT * FROM (VALUES ('bench.comment', 'ticket_id'), ('bench.ticket', 'reporter_id'),
                              ('bench.ticket', 'inserted_at')) AS w(tab, col)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_index i
                       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                       WHERE i.indrelid = wanted.tab::regclass AND a.attname = wanted.col) THEN
            EXECUTE format('CREATE INDEX ON %s (%I)', wanted.tab, wanted.col);
        END IF;
    END LOOP;
END
$$;

CREATE SCHEMA bench_raw;
CREATE TABLE bench_raw.person (LIKE bench.person INCLUDING ALL);
CREATE TABLE bench_raw.ticket (LIKE bench.ticket INCLUDING ALL,
    FOREIGN KEY (reporter_id) REFERENCES bench_raw.person);
CREATE TABLE bench_raw.comment (LIKE bench.comment INCLUDING ALL,
    FOREIGN KEY (ticket_id) REFERENCES bench_raw.ticket);
INSERT INTO bench_raw.person SELECT * FROM bench.person ORDER BY id;
INSERT INTO bench_raw.ticket SELECT * FROM bench.ticket ORDER BY inserted_at;
INSERT INTO bench_raw.comment SELECT * FROM bench.comment ORDER BY number;

-- The two copies must cost the same to write: as many foreign keys and indexes on each.
DO $$
DECLARE
    name text;
    ours bigint[];
    theirs bigint[];
BEGIN
    FOREACH name IN ARRAY ARRAY['person', 'ticket', 'comment'] LOOP
        SELECT ARRAY[(SELECT count(*) FROM pg_constraint WHERE conrelid = r AND contype = 'f'),
                     (SELECT count(*) FROM pg_index WHERE indrelid = r)]
          INTO ours FROM to_regclass('bench.' || name) r;
        SELECT ARRAY[(SELECT count(*) FROM pg_constraint WHERE conrelid = r AND contype = 'f'),
                     (SELECT count(*) FROM pg_index WHERE indrelid = r)]
          INTO theirs FROM to_regclass('bench_raw.' || name) r;
        IF ours IS DISTINCT FROM theirs THEN
            RAISE EXCEPTION 'bench.% and bench_raw.% differ: foreign keys and indexes are % and %',
                name, name, ours, theirs;
        END IF;
    END LOOP;
END
$$;

\ir plpgsql.sql

-- Cases run as a plain role with ordinary grants, on both sides.
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') AS create_role \gset
\if :create_role
CREATE ROLE :"role" NOLOGIN;
\endif
GRANT USAGE ON SCHEMA bench, bench_raw TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bench, bench_raw TO :"role";

-- Dead rows come from the rolled-back rounds; cases vacuum them away between rounds themselves.
ALTER TABLE bench.ticket SET (autovacuum_enabled = off);
ALTER TABLE bench_raw.ticket SET (autovacuum_enabled = off);
VACUUM (ANALYZE) bench.person, bench.ticket, bench.comment,
                 bench_raw.person, bench_raw.ticket, bench_raw.comment;

-- What a case looks at with plain SQL goes through row security: the session's actor sees it.
SELECT format('ALTER DATABASE %I SET ash.actor = %L', current_database(), bench_actor()) \gexec
