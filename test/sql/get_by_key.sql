\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(15);

-- Does a get without a statement give what the statement gives?

SELECT pg_temp.define($doc${
  "domain": "get_by_key", "authorization": {"authorize": "by_default"},
  "resources": {
    "person": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "note": {
      "base_filter": "gone = false",
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {
        "id": "integer_primary_key", "org": {"type": "integer", "allow_nil": false}, "title": {"type": "string", "public": true}, "n": {"type": "integer", "public": true}, "secret": {"type": "string", "public": true, "select_by_default": false},
        "salary": {"type": "integer", "public": true}, "status": {"type": "string", "public": true}, "gone": {"type": "boolean", "default": false, "allow_nil": false}
      },
      "relationships": {"owner": {"belongs_to": "get_by_key.person", "attribute_type": "integer", "public": true}},
      "calculations": {"inverse": {"type": "float", "expr": "1 / (n - 4)", "public": true}, "twice": {"type": "integer", "expr": "n * 2", "public": true}, "owner_name": {"type": "string", "expr": "owner.name", "public": true}, "plus": {"type": "integer", "expr": "n + arg.m", "arguments": {"m": "integer"}, "public": true}},
      "aggregates": {"names": {"list": "owner", "field": "name", "public": true}},
      "identities": {"title": ["title"]},
      "actions": {"defaults": ["read"],
        "positive": {"type": "read", "filter": "n > 0", "prepare": [{"build": {"sort": ["n"], "load": ["twice"]}}]},
        "by_id": {"type": "read", "get_by": ["id"]}, "by_title": {"type": "read", "get_by": ["title"]},
        "paged": {"type": "read", "pagination": {"offset": true, "required": true, "default_limit": 1}}},
      "policies": [
        {"bypass": {"actor_attribute_equals": {"attribute": "role", "value": "admin"}}, "checks": [{"authorize_if": "always"}]},
        {"policy": {"action_type": ["read"]}, "checks": [{"authorize_if": {"expr": "status = 'open'"}}, {"authorize_if": {"expr": "owner_id = actor.id"}}]},
        {"policy": {"action_type": ["read"]}, "checks": [{"forbid_if": {"expr": "n = 13"}}, {"authorize_if": "actor_present"}]}],
      "field_policies": [{"fields": ["salary"], "checks": [{"authorize_if": {"expr": "owner_id = actor.id"}}]}, {"fields": "*", "checks": [{"authorize_if": "always"}]}]
    }
  }
}$doc$) \gset
INSERT INTO get_by_key.person (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'Ann'), (2, 'Bob');
INSERT INTO get_by_key.note (id, org, title, n, secret, salary, status, gone, owner_id) OVERRIDING SYSTEM VALUE VALUES
	(1, 1, 'a', 1, 's', 10, 'open', false, 1), (2, 1, 'b', -1, 's', 20, 'shut', false, 1), (3, 1, 'c', 3, null, 30, 'open', true, 1), (4, 2, 'd', 4, 's', 40, 'open', false, 1),
	(5, 1, 'e', 13, 's', 50, 'open', false, 1), (6, 1, 'f', null, repeat('long ', 4000), null, null, false, 2), (7, 1, null, 7, null, 70, 'open', false, null);
ANALYZE get_by_key.note;

CREATE FUNCTION pg_temp.answer(record jsonb, options jsonb, action text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	error jsonb;
BEGIN
	RETURN ash_get('get_by_key.note', record, options || jsonb_build_object('action', action));
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS error = PG_EXCEPTION_DETAIL;
	RETURN SQLERRM || ' ' || coalesce(error::text, '');
END $$;
-- Every record by every option; with the path on and off.
CREATE FUNCTION pg_temp.differences() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	c record;
	fast text;
BEGIN
	FOR c IN SELECT r.value AS record, o.value || a.value AS options, x.action
		FROM jsonb_array_elements('[1, 2, 3, 4, 5, 6, 7, 8, "1", "x", null, {"id": 1}, {"id": null}, {"title": "a"}, {"id": 2, "title": "zz"}, {"n": 1}, [1]]') r,
			jsonb_array_elements('[{}, {"authorize": false}, {"select": ["title"]}, {"select": ["secret", "salary"]}, {"load": ["twice"]}, {"load": ["twice", "owner"]}, {"load": ["owner_name"]}, {"load": ["names"]}, {"load": [{"plus": {"args": {"m": 3}}}]},
				{"filter": {"n": 1}}, {"filter": {"salary": {"gt": 0}}}, {"sort": "-n"}, {"sort": "salary"}, {"sort": "owner_name"}, {"sort": "inverse"}, {"limit": 0}, {"limit": 1}, {"offset": 1}, {"page": {"limit": 1}}, {"distinct": "n"}, {"lock": "for_update"}, {"not_found_error": false}, {"authorize_with": "error"}]') o,
			jsonb_array_elements('[{"tenant": 1}, {"tenant": "1", "actor": {"id": 1}}, {"tenant": 1, "actor": {"id": 2}}, {"tenant": 2, "actor": {"id": 1}}, {"tenant": 1, "actor": {"role": "admin"}}, {"actor": {"id": 1}}, {"tenant": "x", "actor": {"id": 1}}]') a,
			(VALUES (NULL), ('positive'), ('paged')) x(action)
	LOOP
		PERFORM set_config('ash.fast_path', 'on', true);
		fast := pg_temp.answer(c.record, c.options, c.action);
		PERFORM set_config('ash.fast_path', 'off', true);
		IF fast IS DISTINCT FROM pg_temp.answer(c.record, c.options, c.action) THEN
			RETURN NEXT concat_ws(' ', c.record, c.options, c.action, '→', fast, 'but', pg_temp.answer(c.record, c.options, c.action));
		END IF;
	END LOOP;
END $$;
SELECT is_empty('SELECT pg_temp.differences() LIMIT 5', 'both ways answer alike');

-- So with an action that names the record by its arguments, which are conditions like others.
CREATE FUNCTION pg_temp.by_id(path text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('ash.fast_path', path, true);
	RETURN QUERY SELECT concat_ws(' ', i.value, o.value, ash_try_action('get_by_key.note', 'by_id', i.value, o.value || '{"tenant": 1, "actor": {"id": 1}}'))
		FROM jsonb_array_elements('[{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}, {"id": 7}, {"id": 99}, {"id": null}, {"id": "x"}, {}]') i,
			jsonb_array_elements('[{}, {"select": ["title"]}, {"load": ["twice", "owner"]}, {"filter": {"n": 1}}, {"not_found_error": true}, {"limit": 0}, {"sort": "-n"}]') o;
END $$;
SELECT results_eq($$SELECT pg_temp.by_id('on')$$, $$SELECT pg_temp.by_id('off')$$, 'get_by: both ways answer alike');

-- And rightly.
SET LOCAL ash.fast_path = on;
SELECT is(pg_temp.answer('2', '{"tenant": 1, "actor": {"id": 1}, "select": ["title", "n", "secret"], "load": ["twice"]}', NULL), '{"id":2,"title":"b","n":-1,"secret":"s","twice":-2,"_tenant":1}', 'a record'),
	is(pg_temp.answer('1', '{"tenant": 1, "actor": {"id": 2}, "select": ["salary"]}', NULL), '{"id":1,"salary":null,"_forbidden":["salary"],"_tenant":1}', 'a field that is hidden'),
	is(ash_run_action('get_by_key.note', 'by_id', '{"id": 1}', '{"tenant": 1, "actor": {"id": 2}, "select": ["title"]}')::jsonb->>'title', 'a', 'a record by an argument'),
	is((SELECT array_agg(pg_temp.answer(to_jsonb(n), '{"tenant": 1, "actor": {"id": 2}, "select": []}', NULL) LIKE '{%' ORDER BY n) FROM generate_series(1, 7) n), '{t,f,f,f,f,f,t}', 'base filter, tenant and policies decide; what is null decides against it');

-- A lock is taken: the row has an xmax.
INSERT INTO get_by_key.note (id, org, title, status, n) OVERRIDING SYSTEM VALUE VALUES (20, 1, 'free', 'open', 1), (21, 1, 'taken', 'open', 1);
SELECT pg_temp.answer('20', '{"tenant": 1, "actor": {"id": 1}}', NULL), pg_temp.answer('21', '{"tenant": 1, "actor": {"id": 1}, "lock": "for_update"}', NULL) \gset
SELECT is((SELECT string_agg(concat(title, ' ', xmax::text <> '0'), ', ' ORDER BY id) FROM get_by_key.note WHERE id >= 20), 'free f, taken t', 'a lock');

-- What the transaction has just written is seen, also by the statement that wrote it.
UPDATE get_by_key.note SET title = 'new' WHERE id = 1 RETURNING pg_temp.answer(to_jsonb(id), '{"tenant": 1, "actor": {"id": 1}, "select": ["title"]}', NULL)::jsonb->>'title' AS seen \gset
SELECT is(:'seen'::text, 'new', 'an update');
DELETE FROM get_by_key.note WHERE id = 7;
SELECT is(pg_temp.answer('7', '{"tenant": 1, "actor": {"id": 1}, "not_found_error": false}', NULL), 'null', 'a deletion');

-- Privileges, row security by hand and child tables are not passed over.
CREATE ROLE get_by_key_reader;
GRANT USAGE ON SCHEMA get_by_key TO get_by_key_reader;
SELECT matches(pg_temp.as_role('get_by_key_reader', $$SELECT ash_get('get_by_key.note', '1', '{"tenant": 1, "actor": {"id": 1}}')$$), '^42501: permission denied', 'no privilege');
GRANT SELECT (id, title, org, gone, status, owner_id, n, salary) ON get_by_key.note TO get_by_key_reader;
SELECT is(pg_temp.as_role('get_by_key_reader', $$SELECT ash_get('get_by_key.note', '1', '{"tenant": 1, "actor": {"id": 1}, "select": ["title"]}')->>'title'$$), 'new', 'privileges for columns'),
	matches(pg_temp.as_role('get_by_key_reader', $$SELECT ash_get('get_by_key.note', '1', '{"tenant": 1, "actor": {"id": 1}, "select": ["secret"]}')$$), '^42501: permission denied', 'and for others not');
GRANT SELECT ON get_by_key.note TO get_by_key_reader;
CREATE POLICY none ON get_by_key.note AS RESTRICTIVE FOR SELECT USING (id <> 1);
SELECT matches(pg_temp.as_role('get_by_key_reader', $$SELECT ash_get('get_by_key.note', '1', '{"tenant": 1, "actor": {"id": 1}}')$$), 'not found', 'a policy by hand');
DROP POLICY none ON get_by_key.note;
CREATE COLLATION get_by_key.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
ALTER TABLE get_by_key.note ALTER status TYPE text COLLATE get_by_key.ci;
UPDATE get_by_key.note SET status = 'OPEN' WHERE id = 1;
SELECT is(pg_temp.answer('1', '{"tenant": 1, "actor": {"id": 2}, "select": ["title"]}', NULL)::jsonb->>'title', 'new', 'a column compares by its own collation');
CREATE TABLE get_by_key.child () INHERITS (get_by_key.note);
INSERT INTO get_by_key.child (id, org, title, n, status, gone) VALUES (99, 1, 'child', 5, 'open', false);
SELECT is(pg_temp.answer('99', '{"tenant": 1, "actor": {"id": 1}}', NULL)::jsonb->>'title', 'child', 'a row of a child table');

SELECT * FROM finish();
ROLLBACK;
