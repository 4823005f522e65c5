\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(52);

-- Does a read of the code interface that becomes part of a query give what the function gives: wherever it is called, whoever calls, and after changes?

CREATE ROLE regress_inline_owner; CREATE ROLE regress_inline; CREATE ROLE regress_inline_other; CREATE ROLE regress_inline_exempt BYPASSRLS;
GRANT CREATE ON DATABASE :"DBNAME" TO regress_inline_owner;
SELECT $doc${
  "domain": "interface_inline",
  "resources": {
    "item": {
      "attributes": {"id": "integer_primary_key", "owner": {"type": "integer", "public": true}, "size": {"type": "integer", "public": true}, "name": {"type": "string", "public": true}},
      "actions": {"defaults": ["read"],
        "sized": {"type": "read", "arguments": {"min": {"type": "integer", "default": 0}, "max": {"type": "integer", "default": 1000}}, "filter": "size >= arg.min and size <= arg.max"},
        "strict": {"type": "read"}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id or name = 'open'"}}]},
                   {"policy": {"action": "strict"}, "checks": [{"authorize_if": {"expr": "size > 5"}}]}],
      "code_interface": {"items": {"action": "read"}, "sized": {"args": [{"optional": "min"}, {"optional": "max"}]}, "strict": {}, "item": {"action": "read", "get_by": ["id"]}}
    },
    "room": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": "integer_primary_key", "org": "string", "name": {"type": "string", "public": true}},
      "actions": {"defaults": ["read"]},
      "code_interface": {"rooms": {"action": "read"}}
    }
  }
}$doc$ AS document \gset
SET ROLE regress_inline_owner;
SELECT pg_temp.define(:'document') \gset
INSERT INTO interface_inline.item (owner, size, name) SELECT i % 3, i, CASE WHEN i % 5 = 0 THEN 'open' ELSE 'item ' || i END FROM generate_series(1, 12) AS i;
INSERT INTO interface_inline.room (org, name) VALUES ('a', 'of a'), ('b', 'of b');
GRANT USAGE ON SCHEMA interface_inline TO regress_inline, regress_inline_other, regress_inline_exempt;
GRANT SELECT ON ALL TABLES IN SCHEMA interface_inline TO regress_inline, regress_inline_other, regress_inline_exempt;
RESET ROLE;
SET LOCAL ash.actor = '{"id": 1}';
SET LOCAL ash.tenant = 'a';

-- How often the text stands in the plan.
CREATE FUNCTION pg_temp.times(role name, word text, statement text) RETURNS integer LANGUAGE sql AS $$
	SELECT cardinality(regexp_split_to_array(pg_temp.plan_as(role, statement), word)) - 1
$$;
CREATE FUNCTION pg_temp.run(statement text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.as_role('regress_inline', statement) $$;

-- Computed by hand: rows 1 4 7 10 are of owner 1, rows 5 and 10 are open.
SELECT is(pg_temp.run('SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.items()'), '1,4,5,7,10', 'rows under policies'),
	is(pg_temp.run('SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.strict()'), '7,10', 'rows of an action with a policy more'),
	is(pg_temp.run('SELECT string_agg(name, '','' ORDER BY id) FROM interface_inline.rooms()'), 'of a', 'rows of the tenant');

-- The function is part of the query; a condition that row security adds stands in it once.
SELECT unalike(pg_temp.plan_as('regress_inline', 'SELECT * FROM interface_inline.items()'), '%Function Scan%', 'inlined'),
	is(pg_temp.times('regress_inline', 'InitPlan', 'SELECT * FROM interface_inline.items()'), pg_temp.times('regress_inline', 'InitPlan', 'SELECT * FROM interface_inline.item'), 'the policy once'),
	is(pg_temp.times('regress_inline', 'tenant_value|InitPlan', 'SELECT * FROM interface_inline.rooms()'), pg_temp.times('regress_inline', 'tenant_value|InitPlan', 'SELECT * FROM interface_inline.room'), 'the tenant once'),
	is(pg_temp.times('regress_inline', 'size > ', 'SELECT * FROM interface_inline.strict()'), 1, 'what only the action demands stays');
-- Whom row security passes over has the policies in the body.
SELECT is(pg_temp.times('regress_inline_owner', '''open''', 'SELECT * FROM interface_inline.items()'), 1, 'in the plan of the owner'),
	is(pg_temp.as_role('regress_inline_owner', 'SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.items()'), '1,4,5,7,10', 'rows for the owner'),
	is(pg_temp.as_role('regress_inline_exempt', 'SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.items()'), '1,4,5,7,10', 'rows for a role that bypasses row security'),
	is(pg_temp.as_role('regress_inline_owner', 'SELECT string_agg(name, '','' ORDER BY id) FROM interface_inline.rooms()'), 'of a', 'rows of the tenant for the owner');

-- Wherever a function may stand.
SELECT is(pg_temp.run('SELECT string_agg(s.id::text, '','' ORDER BY s.id) FROM (SELECT * FROM interface_inline.sized(6)) AS s'), '7,10', 'in a subquery'),
	is(pg_temp.run('WITH s AS MATERIALIZED (SELECT * FROM interface_inline.sized(6)) SELECT string_agg(id::text, '','' ORDER BY id) FROM s'), '7,10', 'in WITH'),
	is(pg_temp.run('SELECT count(*) FROM generate_series(1, 3) n WHERE EXISTS (SELECT FROM interface_inline.sized(n * 4, n * 4))'), '1', 'in EXISTS, with arguments from outside'),
	is(pg_temp.run('SELECT string_agg(n || '':'' || coalesce(s.id::text, ''-''), '','' ORDER BY n, s.id) FROM generate_series(1, 8, 3) n LEFT JOIN LATERAL interface_inline.sized(n, n + 1) s ON true'), '1:1,4:4,4:5,7:7', 'in LATERAL'),
	is(pg_temp.run('SELECT string_agg(n || '':'' || coalesce(s.id::text, ''-''), '','' ORDER BY n, s.id) FROM generate_series(1, 8, 3) n LEFT JOIN interface_inline.sized(5) s ON s.id = n'), '1:-,4:-,7:7', 'below an outer join'),
	is(pg_temp.run('SELECT string_agg((s).id || (s).name, '','' ORDER BY s.id) FROM interface_inline.sized(6) s'), '7item 7,10open', 'as a whole row'),
	is(pg_temp.run('SELECT string_agg(s::text, '';'' ORDER BY s.id) FROM interface_inline.sized(9) s'), '(10,1,10,open)', 'as a row value'),
	is(pg_temp.run('SELECT string_agg(id || '':'' || n, '','' ORDER BY id) FROM interface_inline.sized(6) WITH ORDINALITY AS s(id, owner, size, name, n)'), '7:1,10:2', 'with ordinality'),
	is(pg_temp.run('SELECT string_agg(s.id::text, '','' ORDER BY s.id) FROM ROWS FROM (interface_inline.sized(6), generate_series(1, 2)) AS s(id, owner, size, name, n)'), '7,10', 'in ROWS FROM'),
	is(pg_temp.run('SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.sized(max => 4)'), '1,4', 'with a named argument and a default'),
	is(pg_temp.run('SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.sized(NULL)'), NULL, 'with a null'),
	is(pg_temp.run('SELECT count(*) FROM interface_inline.sized((random() * 0)::int)'), '5', 'with a volatile argument'),
	is(pg_temp.run('SELECT count(*) FROM interface_inline.sized((SELECT 5))'), '3', 'with a subquery as argument'),
	is(pg_temp.run('SELECT string_agg(a.id || ''-'' || b.id, '','' ORDER BY a.id, b.id) FROM interface_inline.sized(7) a JOIN interface_inline.sized(5, 7) b USING (owner)'), '7-7,10-7', 'twice'),
	is(pg_temp.run('SELECT (interface_inline.sized(9)).name'), 'open', 'in the target list'),
	is(pg_temp.run('SELECT id FROM interface_inline.item(7)'), '7', 'one record'),
	is(left(pg_temp.run('SELECT id FROM interface_inline.item(2)'), 6), '22023:', 'one record that policies hide'),
	is(pg_temp.run('SELECT id FROM interface_inline.sized(6) ORDER BY id LIMIT 1 FOR UPDATE OF sized'), '0A000: FOR UPDATE cannot be applied to a function', 'not locked');
SET ROLE regress_inline_owner;
CREATE VIEW interface_inline.seen AS SELECT * FROM interface_inline.sized(6);
GRANT SELECT ON interface_inline.seen TO regress_inline;
UPDATE interface_inline.item SET name = 'seen' FROM interface_inline.sized(6) s WHERE s.id = item.id AND s.name <> 'open';
RESET ROLE;
SELECT is(pg_temp.run('SELECT string_agg(id || name, '','' ORDER BY id) FROM interface_inline.seen'), '7seen,10open', 'in a view, and in an update'),
	matches(pg_get_viewdef('interface_inline.seen'), 'FROM interface_inline.sized\(', 'which keeps the call');

-- A plan is for a role, an actor, a search path.
CREATE FUNCTION pg_temp.prepared(role name) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.as_role(role, 'EXECUTE inline_items(5)') $$;
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE inline_items(integer) AS SELECT string_agg(id::text, ',' ORDER BY id) FROM interface_inline.sized($1);
SELECT is(pg_temp.prepared('regress_inline'), '5,7,10', 'prepared, under row security'),
	is(pg_temp.prepared('regress_inline_owner'), '5,7,10', 'then by the owner'),
	is(pg_temp.prepared('regress_inline_other'), '5,7,10', 'then by another role'),
	is(pg_temp.prepared('regress_inline_exempt'), '5,7,10', 'then by an exempt one');
SET LOCAL ash.actor = '{"id": 2}';
SELECT is(pg_temp.prepared('regress_inline'), '5,8,10,11', 'for another actor');
SET LOCAL ash.actor = '{"id": 1}';
SET LOCAL row_security = off;
SELECT is(pg_temp.run('SELECT count(*) FROM interface_inline.sized(5)'), '42501: query would be affected by row-level security policy for table "item"', 'with row_security off');
RESET row_security;
REVOKE EXECUTE ON FUNCTION interface_inline.sized FROM PUBLIC;
SELECT is(pg_temp.prepared('regress_inline'), '42501: permission denied for function sized', 'without the privilege');
GRANT EXECUTE ON FUNCTION interface_inline.sized TO regress_inline;
SELECT is(pg_temp.prepared('regress_inline'), '5,7,10', 'and with it again'),
	is(pg_temp.prepared('regress_inline_other'), '42501: permission denied for function sized', 'which another role has not');
REVOKE SELECT ON interface_inline.item FROM regress_inline;
SELECT is(pg_temp.prepared('regress_inline'), '42501: permission denied for table item', 'without that for the table');
GRANT SELECT ON interface_inline.item TO regress_inline;

-- After changes: of the function, of the policies, of the table, of row security.
SET ROLE regress_inline_owner;
CREATE OR REPLACE FUNCTION interface_inline.items() RETURNS SETOF interface_inline.item LANGUAGE sql STABLE AS 'SELECT * FROM interface_inline.item i WHERE i.id = 4';
SELECT pg_temp.define(replace(:'document', '''open''', '''none''')) \gset
RESET ROLE;
SELECT is(pg_temp.prepared('regress_inline'), '7,10', 'after a change of the policies'),
	is(pg_temp.run('SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.items()'), '1,4,7,10', 'and the function is what the definition says');
-- Policies by hand are alternatives to ours in ordinary SQL, not in an action.
CREATE POLICY by_hand ON interface_inline.item USING (id = 2);
SELECT is(pg_temp.run('SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.item'), '1,2,4,7,10', 'a policy by hand, in ordinary SQL'),
	is(pg_temp.run('SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.items()'), '1,4,7,10', 'and in an action');
DROP POLICY by_hand ON interface_inline.item;
ALTER TABLE interface_inline.item FORCE ROW LEVEL SECURITY;
SELECT is(pg_temp.as_role('regress_inline_owner', 'SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.items()'), '1,4,7,10', 'row security for the owner too');
ALTER TABLE interface_inline.item DISABLE ROW LEVEL SECURITY;
SELECT is(pg_temp.run('SELECT string_agg(id::text, '','' ORDER BY id) FROM interface_inline.items()'), '1,4,7,10', 'row security off: the body alone'),
	is(pg_temp.run('SELECT count(*) FROM interface_inline.item'), '12', 'when ordinary SQL shows all');
ALTER TABLE interface_inline.item ENABLE ROW LEVEL SECURITY;
ALTER TABLE interface_inline.item ADD COLUMN later integer DEFAULT 3;
SELECT is(pg_temp.run('SELECT string_agg(id || ''/'' || later, '','' ORDER BY id) FROM interface_inline.items()'), '1/3,4/3,7/3,10/3', 'after a new column');
ALTER TABLE interface_inline.item DROP COLUMN size CASCADE;
SELECT is(concat_ws(E'\n', e->>'sqlstate', e->>'message', split_part(e->>'context', E'\n', 1)),
	E'42703\ncolumn t0.size does not exist\nSQL function "sized" during inlining', 'the function that a column is missing for is named')
	FROM pg_temp.caught('SELECT * FROM interface_inline.sized(6)') AS e;

-- Functions of others that return such rows are theirs.
CREATE FUNCTION interface_inline.by_name(name text, fallback text DEFAULT 'open') RETURNS SETOF interface_inline.room LANGUAGE sql STABLE
	AS 'SELECT * FROM interface_inline.room r WHERE r.name = by_name.name OR r.name = fallback';
CREATE FUNCTION interface_inline.two() RETURNS SETOF interface_inline.room LANGUAGE sql STABLE AS 'SELECT * FROM interface_inline.room LIMIT 0; SELECT * FROM interface_inline.room';
SELECT is(pg_temp.run('SELECT string_agg(name, '','') FROM interface_inline.by_name(''of a'')'), 'of a', 'with named parameters'),
	is(pg_temp.run('SELECT string_agg(name, '','') FROM interface_inline.two()'), 'of a', 'with two statements');

SELECT * FROM finish();
ROLLBACK;
