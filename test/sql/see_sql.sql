\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(41);

-- Do ash_sql, ash_explain, ash_validate_action and ash_explain_policies say what a call would do, and do nothing?

CREATE SCHEMA app;
CREATE FUNCTION app.twice(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a * 2';
CREATE FUNCTION app.made(changeset jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';

SELECT pg_temp.define($doc${
  "domain": "see_sql",
  "resources": {
    "item": {
      "attributes": {
        "id": "integer_primary_key",
        "name": {"type": "string", "allow_nil": false, "public": true, "constraints": {"min_length": 2}},
        "size": {"type": "integer", "public": true},
        "owner": {"type": "integer", "public": true}
      },
      "relationships": {"same": {"has_many": "item", "destination_attribute": "owner", "source_attribute": "owner", "public": true}},
      "calculations": {"late": {"type": "string", "batch_function": "app.made", "public": true}},
      "identities": {"names": ["name"]},
      "actions": {
        "defaults": ["read", "destroy", {"create": ["name", "size", "owner"]}],
        "hooked": {"type": "read", "prepare": [{"before_action": "app.made"}, {"after_action": "app.made"}]},
        "bump": {"type": "update", "accept": [], "changes": [{"atomic_update": {"attribute": "size", "expr": "size + 1"}}]},
        "put": {"type": "create", "accept": ["name", "size"], "upsert": true, "upsert_identity": "names", "upsert_fields": ["size"]},
        "call": {"type": "action", "returns": "integer", "arguments": {"a": {"type": "integer"}}, "run": "app.twice"},
        "made": {"type": "create", "accept": ["name"], "manual": "app.made", "allow_nil_input": ["name"]},
        "grow": {"type": "update", "accept": ["size"], "validations": [{"compare": {"attribute": "size", "greater_than": 0}}, {"attribute_equals": {"attribute": "name", "value": "ant"}, "message": "only ants grow"}]},
        "big": {"type": "read", "arguments": {"than": {"type": "integer", "allow_nil": false}}, "filter": "size > arg.than",
          "pagination": {"keyset": true, "default_limit": 5}}
      },
      "policies": [
        {"policy": {"action_type": ["read", "update"]}, "description": "Owners.", "checks": [{"authorize_if": {"expr": "owner = actor.id"}}]},
        {"policy": {"action_type": "create"}, "checks": [{"authorize_if": "actor_present"}]}
      ]
    }
  }
}$doc$) \gset
INSERT INTO see_sql.item (name, size, owner) SELECT 'item ' || i, i, i % 3 FROM generate_series(1, 100) i;
INSERT INTO see_sql.item (name, size, owner) VALUES ('ant', 1, 1);
ANALYZE see_sql.item;

-- The statement.
CREATE TEMP TABLE seen AS SELECT ash_sql('see_sql.item', 'read', '{}', '{"actor": {"id": 1}, "filter": {"name": "a\n; select ''x''"}, "sort": "-size", "limit": 3}') AS sql;
SELECT matches(sql, '^SELECT .* FROM see_sql\.item AS t0 WHERE .* LIMIT 3\n', 'the SELECT of the read'),
	matches(sql, '"owner" OPERATOR', 'with its policies'),
	matches(sql, E'\n-- \\$\\d pg_catalog.text = "a\\\\n; select ''x''"', 'values are listed, and cannot leave their comment'),
	matches(sql, E'\n-- \\$\\d bigint = 1(\n|$)', 'also that of the actor')
FROM seen;
SELECT is((SELECT count(*) FROM regexp_matches(sql, '\n', 'g')), (SELECT count(*) FROM regexp_matches(sql, '\n-- \$\d+ ', 'g')), 'one line for each parameter') FROM seen;
SELECT lives_ok(format('PREPARE see_sql AS %s', sql), 'it is a statement PostgreSQL takes') FROM seen;
SELECT matches(ash_sql('see_sql.item', 'big', '{"than": 3}', '{"authorize": false}'), 'ORDER BY t0\."id" ASC NULLS LAST LIMIT 6', 'a page in its order, one row more'),
	matches(ash_sql('see_sql.item', 'read', '{}', '{"authorize": false, "record": 5}'), '"id" OPERATOR\("?pg_catalog"?\.=\) \$1', 'of one record'),
	is(pg_temp.errors($$SELECT ash_sql('see_sql.item', 'big')$$), E'22023 invalid\nrequired than: argument than is required', 'the input has to be right');

SELECT is(regexp_replace(ash_sql('see_sql.item', 'hooked', '{}', '{"authorize": false, "select": [], "load": ["same", "late"]}'), '^[^\n]*\n', ''),
	E'-- functions that run right before it may still change it\n-- same is loaded by statements of its own\n-- late is computed by a function once all rows are there\n-- its records are given to a function', 'what else a read does');

-- Writes.
SELECT matches(ash_sql('see_sql.item', 'create', '{"name": "new", "size": 3}', '{"actor": {"id": 1}}'),
		'^INSERT INTO see_sql\.item AS t \("name", "size"\) OVERRIDING SYSTEM VALUE VALUES \(\$1, \$2\) RETURNING t\."id", t\."name", t\."size", t\."owner"\n-- \$1 pg_catalog.text = "new"\n-- \$2 \w+ = 3\n-- done by the executor itself', 'an insert'),
	is(pg_temp.errors($$SELECT ash_sql('see_sql.item', 'create', '{"name": "new"}')$$), E'42501 forbidden\nforbidden: forbidden', 'policies are asked'),
	is(pg_temp.errors($$SELECT ash_sql('see_sql.item', 'create', '{"name": "n"}', '{"actor": {"id": 1}}')$$), E'22023 invalid\ninvalid_attribute name: length must be greater than or equal to 2', 'the input has to be right'),
	matches(ash_sql('see_sql.item', 'grow', '{"size": 7}', '{"actor": {"id": 1}, "record": 101}'),
		'^UPDATE see_sql\.item AS t SET "size" = \$1 WHERE t\."id" OPERATOR\(pg_catalog\.=\) \$2 RETURNING .*\n-- the row is found and locked before\n-- policies ask of the stored row: owner = actor\.id$', 'an update, and what policies ask'),
	matches(pg_temp.errors($$SELECT ash_sql('see_sql.item', 'grow', '{"size": 7}', '{"actor": {"id": 2}, "record": 101}')$$), 'forbidden', 'of a row that they forbid'),
	matches(pg_temp.errors($$SELECT ash_sql('see_sql.item', 'grow')$$), 'needs the option "record"', 'of no row'),
	is(ash_sql('see_sql.item', 'grow', '{}', '{"actor": {"id": 1}, "record": 101}'), E'-- nothing changes, so nothing is written\n-- the row is found and locked before\n-- policies ask of the stored row: owner = actor.id', 'of nothing to write'),
	matches(ash_sql('see_sql.item', 'destroy', '{}', '{"authorize": false, "record": 5}'), '^DELETE FROM see_sql\.item AS t WHERE t\."id" OPERATOR\(pg_catalog\.=\) \$1 RETURNING ', 'a delete'),
	matches(ash_sql('see_sql.item', 'bump', '{}', '{"authorize": false, "record": 5}'), 'SET "size" = .*t\."size" OPERATOR.*\+', 'an atomic update is a statement'),
	doesnt_match(ash_sql('see_sql.item', 'bump', '{}', '{"authorize": false, "record": 5}'), 'executor itself', '… and really is run as one'),
	matches(ash_sql('see_sql.item', 'put', '{"name": "ant", "size": 2}', '{"authorize": false}'), '^INSERT INTO .* ON CONFLICT \("name"\) DO UPDATE SET "size" = EXCLUDED\."size" RETURNING ', 'an upsert'),
	matches(ash_sql('see_sql.item', 'call', '{"a": 1}', '{"authorize": false}'), '^SELECT "app"\."twice"\("a" => \$1\)', 'a generic action'),
	matches(ash_sql('see_sql.item', 'made', '{}', '{"authorize": false}'), '^-- manual: app\.made\(jsonb, jsonb, jsonb\)', 'a manual action');
SELECT is((SELECT count(*) FROM see_sql.item), 101::bigint, 'nothing was written');
SET LOCAL ash.fast_path = off;
SELECT doesnt_match(ash_sql('see_sql.item', 'create', '{"name": "new"}', '{"authorize": false}'), 'executor itself', 'without the fast path a statement');
RESET ash.fast_path;
SELECT matches((SELECT string_agg(line, E'\n') FROM ash_explain('see_sql.item', 'destroy', '{}', '{"authorize": false, "record": 5}') AS line), '^Delete on item t', 'the plan of a write');
SELECT is((SELECT count(*) FROM see_sql.item), 101::bigint, 'which is not run');

-- Its plan.
SET LOCAL enable_seqscan = off;
SELECT matches(string_agg(line, E'\n'), 'Index Scan using \S+ on item t0.*\n +Index Cond: \(id = ', 'the plan of that statement')
FROM ash_explain('see_sql.item', 'read', '{}', '{"authorize": false, "record": 5}') line;
CREATE ROLE regress_see_sql;
GRANT USAGE ON SCHEMA see_sql TO regress_see_sql;
SELECT is(pg_temp.as_role('regress_see_sql', $$SELECT ash_explain('see_sql.item', 'read', '{}', '{"actor": {"id": 1}}')$$), '42501: permission denied for table item', 'as the caller');
GRANT SELECT ON see_sql.item TO regress_see_sql;
SELECT is((SELECT count(*) FROM regexp_matches(pg_temp.as_role('regress_see_sql', $$SELECT ash_explain('see_sql.item', 'read', '{}', '{"actor": {"id": 1}}')$$), 'owner', 'g')), 1::bigint, 'policies stand in it once');

-- Faults.
SELECT is(ash_validate_action('see_sql.item', 'create', '{"name": "ok", "size": 1}')::jsonb, '{"valid": true, "errors": []}', 'nothing is wrong'),
	is(a->>'valid', 'false', 'something is'),
	is(pg_temp.error_lines(a->'errors'), E'invalid_attribute name: length must be greater than or equal to 2\ninvalid_attribute size: is invalid', 'all of it')
FROM CAST(ash_validate_action('see_sql.item', 'create', '{"name": "x", "size": "many"}') AS jsonb) a;
SELECT is(pg_temp.error_lines(ash_validate_action('see_sql.item', 'grow', '{"size": -1}', '{"record": 1}')::jsonb->'errors'),
	E'invalid_attribute name: only ants grow\ninvalid_attribute size: must be greater than 0', 'an update looks at its record'),
	is(ash_validate_action('see_sql.item', 'grow', '{"size": 3}', '{"record": 101}')::jsonb->>'valid', 'true', 'and at another'),
	is(ash_validate_action('see_sql.item', 'grow', '{"size": 3}', '{"record": 999}')::jsonb#>>'{errors,0,code}', 'stale_record', 'which must be there'),
	is(ash_validate_action('see_sql.item', 'big', '{"than": "x"}')::jsonb#>>'{errors,0,field}', 'than', 'a read has input too');
SELECT results_eq('SELECT count(*), sum(size) FROM see_sql.item', 'VALUES (101::bigint, 5051::numeric)', 'nothing was written');

-- Policies.
SELECT is(p->>'decision', 'filter', 'the decision'),
	is(p#>>'{policies,0,description}', 'Owners.', 'every policy'),
	is(p#>>'{policies,0,applies}' || ' ' || (p#>>'{policies,0,passes}') || ' ' || (p#>>'{policies,1,applies}'), 'true unknown false', 'and what it says')
FROM CAST(ash_explain_policies('see_sql.item', 'read', '{}', '{"actor": {"id": 1}}') AS jsonb) p;

SELECT * FROM finish();
ROLLBACK;
