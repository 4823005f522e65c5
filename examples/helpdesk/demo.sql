-- A help desk: representatives, their tickets, and what is said about them.
--
-- Read this next to helpdesk.json, which holds every rule.  Nothing below repeats one of them.
-- The script stops with an error as soon as an outcome is not the one it announces.
\pset format unaligned
\pset tuples_only on
\pset footer off
\set SHOW_CONTEXT never
SET client_min_messages TO warning;
SET timezone TO 'UTC';

-- Prints what was expected and found, or stops the script.
CREATE FUNCTION public.expect(what text, got anycompatible, wanted anycompatible) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    IF got IS DISTINCT FROM wanted THEN
        RAISE EXCEPTION '%: expected %, found %', what, wanted, got;
    END IF;
    RETURN '  ok: ' || what || ': ' || coalesce(got::text, 'null');
END
$$;

\echo
\echo '1. One document defines the domain and its tables'
\echo

CREATE EXTENSION ash;

-- The body of the generic action "workload" is an ordinary SQL function.
CREATE SCHEMA app;
CREATE FUNCTION app.workload(input jsonb, options jsonb, context jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT jsonb_build_object('open', count(*), 'busiest', max(t.priority))
            FROM helpdesk.ticket t
            WHERE t.status = 'open' AND t.priority >= (input->>'min_priority')::bigint);
END
$$;

\set document `cat helpdesk.json`
SELECT ash_define(:'document', true) AS defined \gset

SELECT tablename, rowsecurity FROM pg_tables WHERE schemaname = 'helpdesk' ORDER BY tablename
\g (format=aligned tuples_only=off)
SELECT expect('tables in schema helpdesk', count(*), 3)
FROM pg_tables WHERE schemaname = 'helpdesk';

\echo
\echo '2. The first representatives are hired without an actor, by the owner of the data'
\echo

SELECT ash_run_action('helpdesk.representative', 'hire',
    '{"name": "Grace", "email": "grace@example.org", "role": "admin"}', '{"authorize": false}')->>'id' AS grace \gset
\set as_grace '{"actor": "' :grace '"}'

SELECT ash_run_action('helpdesk.representative', 'hire',
    '{"name": "Ada", "email": "ada@example.org"}', :'as_grace')->>'id' AS ada \gset
SELECT ash_run_action('helpdesk.representative', 'hire',
    '{"name": "Bob", "email": "bob@example.org"}', :'as_grace')->>'id' AS bob \gset
\set as_ada '{"actor": "' :ada '"}'
\set as_bob '{"actor": "' :bob '"}'

SELECT name, email, role FROM helpdesk.representative ORDER BY name
\g (format=aligned tuples_only=off)

\echo 'An e-mail address is taken whatever its case:'
SELECT ash_try_action('helpdesk.representative', 'hire',
    '{"name": "Other Ada", "email": "ADA@example.org"}', :'as_grace') AS answer \gset
SELECT jsonb_pretty(:'answer');
SELECT expect('refused for its', :'answer'::jsonb #>> '{errors,0,field}', 'email');

\echo
\echo '3. Ada and Bob open tickets'
\echo

\set for_ada '"representative_id": "' :ada '"}'
\set for_bob '"representative_id": "' :bob '"}'
\set input '{"subject": "Printer on fire", "priority": 5, ' :for_ada
SELECT ash_run_action('helpdesk.ticket', 'open', :'input', :'as_ada') AS ticket \gset
SELECT jsonb_pretty(:'ticket');
SELECT :'ticket'::json->>'id' AS printer \gset

\set input '{"subject": "Laptop will not wake", "priority": 2, ' :for_ada
SELECT ash_run_action('helpdesk.ticket', 'open', :'input', :'as_ada')->>'id' AS laptop \gset
\set input '{"subject": "No coffee", "priority": 4, ' :for_bob
SELECT ash_run_action('helpdesk.ticket', 'open', :'input', :'as_bob')->>'id' AS coffee \gset
\set input '{"subject": "Monitor flickers", "priority": 1, ' :for_bob
SELECT ash_run_action('helpdesk.ticket', 'open', :'input', :'as_bob')->>'id' AS monitor \gset

SELECT expect('the new ticket is', :'ticket'::json->>'status', 'open');
SELECT expect('tickets in the table', count(*), 4) FROM helpdesk.ticket;

\echo
\echo '4. Everything that is wrong with an input is said at once'
\echo

SELECT ash_try_action('helpdesk.ticket', 'open', '{"subject": " x ", "priority": 9}', :'as_ada') AS answer \gset
SELECT jsonb_pretty(:'answer');
SELECT expect('fields at fault', string_agg(DISTINCT e->>'field', ', ' ORDER BY e->>'field'),
              'priority, representative_id, subject')
FROM jsonb_array_elements(:'answer'::jsonb->'errors') e;

\echo 'The same problem is not reported twice:'
\set input '{"subject": "Printer on fire", "priority": 3, ' :for_ada
SELECT ash_try_action('helpdesk.ticket', 'open', :'input', :'as_ada') AS answer \gset
SELECT expect('the answer says', bool_or(e->>'message' LIKE '%already reported%'), true)
FROM jsonb_array_elements(:'answer'::jsonb->'errors') e;
SELECT expect('tickets in the table', count(*), 4) FROM helpdesk.ticket;

\echo
\echo '5. Policies decide who may do what'
\echo

\set on_printer '{"actor": "' :bob '", "record": "' :printer '"}'
SELECT ash_try_action('helpdesk.ticket', 'close', '{}', :'on_printer') AS answer \gset
SELECT jsonb_pretty(:'answer');
SELECT expect('Bob may close a ticket of Ada', (:'answer'::jsonb->>'ok')::boolean, false);

\set on_laptop '{"actor": "' :ada '", "record": "' :laptop '"}'
SELECT expect('Ada closes her own, which is now',
              ash_run_action('helpdesk.ticket', 'close', '{}', :'on_laptop')->>'status', 'closed');
SELECT ash_try_action('helpdesk.ticket', 'close', '{}', :'on_laptop') AS answer \gset
SELECT expect('closing it again', :'answer'::jsonb #>> '{errors,0,field}', 'status');

-- The same refusal as an error that any client sees.  Nobody gave agents the right to destroy.
\echo 'An agent destroys a ticket:'
\set ON_ERROR_STOP off
SELECT ash_run_action('helpdesk.ticket', 'destroy', '{}', :'on_laptop');
\set destroy_sqlstate :SQLSTATE
\set ON_ERROR_STOP on
SELECT expect('SQLSTATE', :'destroy_sqlstate'::text, '42501');
SELECT expect('tickets in the table', count(*), 4) FROM helpdesk.ticket;

\echo
\echo '6. Comments'
\echo

\set input '{"ticket_id": "' :printer '", "body": "Have you tried water?"}'
SELECT ash_run_action('helpdesk.comment', 'write', :'input', :'as_bob')->>'author_id' AS author \gset
SELECT expect('the author is the actor', :'author'::text, :'bob'::text);
\set input '{"ticket_id": "' :printer '", "body": "Water did not help."}'
SELECT ash_run_action('helpdesk.comment', 'write', :'input', :'as_ada') AS comment \gset
\set input '{"ticket_id": "' :printer '", "body": "Bob must not be let near it.", "hidden": true}'
SELECT ash_run_action('helpdesk.comment', 'write', :'input', :'as_ada') AS comment \gset

\echo
\echo '7. Reading: filter, sort, page, and what belongs to each record'
\echo

\set query '{"actor": "' :bob '", "filter": {"priority": {"gte": 1}}, "sort": "-priority", "page": {"limit": 2, "count": true}, "select": ["subject", "priority"], "load": ["label", "comment_count", "representative", "comments"]}'
SELECT ash_read('helpdesk.ticket', :'query') AS page \gset
SELECT jsonb_pretty(:'page');
SELECT expect('page of tickets that Bob may see', string_agg(t->>'label', ', '), 'Printer on fire (open), No coffee (open)')
FROM json_array_elements(:'page'::json->'results') t;
SELECT expect('tickets on all pages', (:'page'::json->>'count')::int, 3);
SELECT expect('there is another page', (:'page'::json->>'more')::boolean, true);
SELECT expect('comments that count', (:'page'::json #>> '{results,0,comment_count}')::int, 2);
SELECT expect('comments that Bob sees', json_array_length(:'page'::json #> '{results,0,comments}'), 2);
SELECT expect('the representative', :'page'::json #>> '{results,0,representative,name}', 'Ada');

\set query '{"actor": "' :ada '", "filter": {"id": "' :printer '"}, "load": ["comments"]}'
SELECT expect('comments that Ada sees', json_array_length(ash_read('helpdesk.ticket', :'query') #> '{0,comments}'), 3);

\echo
\echo 'Who has how much to do, sorted by an aggregate:'
\set query '{"actor": "' :bob '", "sort": "-open_tickets,name", "load": ["open_tickets"]}'
SELECT r->>'name' AS name, r->>'open_tickets' AS open_tickets
FROM json_array_elements(ash_read('helpdesk.representative', :'query')) r
\g (format=aligned tuples_only=off)
SELECT expect('tickets Bob counts', ash_count('helpdesk.ticket', :'as_bob')::int, 3);
SELECT expect('tickets Ada counts, with her closed one', ash_count('helpdesk.ticket', :'as_ada')::int, 4);

\echo
\echo 'A generic action runs a SQL function under the same policies:'
SELECT ash_run_action('helpdesk.ticket', 'workload', '{"min_priority": 2}', :'as_ada') AS workload \gset
SELECT expect('open tickets of priority 2 and more', (:'workload'::json->>'open')::int, 2);

\echo
\echo '8. The tables are tables: what SQL sees'
\echo

SELECT subject, status, priority FROM helpdesk.ticket ORDER BY priority DESC
\g (format=aligned tuples_only=off)

\echo 'Calculations, aggregates and actions are functions:'
SET search_path TO helpdesk, public; -- functions of a row are found by the search path
SELECT t.label, t.comment_count FROM ticket t ORDER BY t.priority DESC
\g (format=aligned tuples_only=off)
\set actor '{"id": "' :ada '", "role": "agent"}'
SELECT set_config('ash.actor', :'actor', false) AS actor \gset
SELECT expect('the top ticket of Ada', string_agg(subject, ', '), 'Printer on fire')
FROM top_tickets(:'ada');
RESET search_path;

\echo
\echo '9. A plain role sees in SQL what the policies permit'
\echo

DROP ROLE IF EXISTS helpdesk_web;
CREATE ROLE helpdesk_web;
GRANT USAGE ON SCHEMA helpdesk TO helpdesk_web;
GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA helpdesk TO helpdesk_web;

\set actor '{"id": "' :bob '", "role": "agent"}'
SELECT set_config('ash.actor', :'actor', false) AS actor \gset
SET ROLE helpdesk_web;
SELECT subject, status FROM helpdesk.ticket ORDER BY subject
\g (format=aligned tuples_only=off)
SELECT expect('rows that Bob selects', count(*), 3) FROM helpdesk.ticket;
WITH changed AS (UPDATE helpdesk.ticket SET priority = 0 RETURNING subject)
SELECT expect('rows that Bob can update', string_agg(subject, ', ' ORDER BY subject), 'Monitor flickers, No coffee')
FROM changed;
SELECT expect('comments that Bob selects', count(*), 2) FROM helpdesk.comment;

RESET ROLE;
\set actor '{"id": "' :ada '", "role": "agent"}'
SELECT set_config('ash.actor', :'actor', false) AS actor \gset
SET ROLE helpdesk_web;
SELECT expect('rows that Ada selects', count(*), 4) FROM helpdesk.ticket;

RESET ROLE;
SELECT set_config('ash.actor', '', false) AS actor \gset
SET ROLE helpdesk_web;
SELECT expect('rows that nobody in particular selects', count(*), 0) FROM helpdesk.ticket;
RESET ROLE;

-- Leave nothing behind that outlives the database.
DROP OWNED BY helpdesk_web;
DROP ROLE helpdesk_web;

\echo
\echo 'The help desk works.'
