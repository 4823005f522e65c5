\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(68);

-- Is every function of the extension declared for what it does, and safe in the hands of everybody?

CREATE TEMP TABLE members AS
	SELECT p.*, p.oid::regprocedure::text AS signature FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
	JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid WHERE e.extname = 'ash';

-- Declarations. What a function does decides: the ones that look nothing up but definitions are stable, all others may write.
SELECT results_eq($$SELECT DISTINCT proname::text COLLATE "default", provolatile::text, proparallel::text, proisstrict FROM members WHERE pronamespace <> 'ash'::regnamespace ORDER BY 1$$, $$VALUES
	('ash_aggregate', 'v', 'u', false), ('ash_avg', 'v', 'u', false), ('ash_builtins', 's', 'r', true), ('ash_bulk_create', 'v', 'u', false), ('ash_bulk_destroy', 'v', 'u', false), ('ash_bulk_update', 'v', 'u', false),
	('ash_calculate', 'v', 'u', false), ('ash_can', 'v', 'u', false), ('ash_count', 'v', 'u', false), ('ash_create', 'v', 'u', false), ('ash_define', 'v', 'u', true),
	('ash_definition', 's', 'r', true), ('ash_definition_schema', 's', 'r', true), ('ash_destroy', 'v', 'u', false), ('ash_exists', 'v', 'u', false), ('ash_explain', 'v', 'u', false), ('ash_explain_policies', 'v', 'u', false), ('ash_first', 'v', 'u', false),
	('ash_get', 'v', 'u', false), ('ash_introspect', 'v', 'u', true), ('ash_list', 'v', 'u', false), ('ash_load', 'v', 'u', false), ('ash_max', 'v', 'u', false), ('ash_migrate', 'v', 'u', false), ('ash_min', 'v', 'u', false),
	('ash_page', 'v', 'u', false), ('ash_plan', 'v', 'u', false), ('ash_read', 'v', 'u', false), ('ash_read_first', 'v', 'u', false), ('ash_read_one', 'v', 'u', false), ('ash_reload', 'v', 'u', false),
	('ash_run_action', 'v', 'u', false), ('ash_sql', 'v', 'u', false), ('ash_stream', 'v', 'u', false), ('ash_sum', 'v', 'u', false), ('ash_try_action', 'v', 'u', false), ('ash_undefine', 'v', 'u', true), ('ash_update', 'v', 'u', false), ('ash_validate_action', 'v', 'u', false)$$,
	'volatility, parallel safety, strictness');
SELECT is_empty($$SELECT proname FROM members WHERE pronamespace <> 'ash'::regnamespace GROUP BY proname, proargnames[1] HAVING proname <> 'ash_define' AND count(DISTINCT (prosrc, proargnames, prorettype, pronargdefaults)) > 1$$,
	'overloads differ in the type of an argument alone');
SELECT is_empty($$SELECT signature, name FROM members, unnest(proargnames) AS name WHERE name !~ '^[a-z][a-z_]*$' OR name IN (SELECT word FROM pg_get_keywords() WHERE catcode IN ('C', 'R'))$$, 'no name of a parameter needs quotes');
SELECT is_empty($$SELECT signature FROM members WHERE pronamespace <> 'ash'::regnamespace AND array_position(proargnames, 'options') <> pronargs AND proname <> 'ash_builtins'$$, 'options are the last argument');
SELECT is_empty($$SELECT signature FROM members WHERE pronamespace <> 'ash'::regnamespace AND (prorettype = 'jsonb'::regtype OR 'jsonb'::regtype = ANY (proallargtypes) OR 'json'::regtype = ANY (proargtypes::oid[]) AND proname <> 'ash_define')$$,
	'JSON goes in as jsonb, a document as json, and comes out as json');
SELECT is_empty($$SELECT signature FROM members WHERE prosecdef AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig) OR 'search_path=""' = ANY (proconfig), false)$$,
	'no SECURITY DEFINER without a pinned search_path');
SELECT is_empty($$SELECT signature FROM members WHERE proleakproof$$, 'none is leakproof');
SELECT is_empty($$SELECT signature FROM members WHERE pronamespace = 'ash'::regnamespace AND (proparallel = 'u' OR provolatile = 'v') AND prorettype <> 'trigger'::regtype AND proname !~ '^(required|expression_error)$'$$,
	'what expressions call is stable or immutable, unless it raises errors');
SELECT is_empty($$SELECT signature FROM members WHERE prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c') AND prosqlbody IS NULL AND prosrc ~ '(^|[^.a-z_])[a-z_]+\('$$,
	'none in SQL calls what it finds by search_path');
SELECT is_empty($$SELECT signature FROM members WHERE obj_description(oid, 'pg_proc') IS NULL$$, 'every one has a comment');
SELECT is_empty($$SELECT signature FROM members WHERE prorettype = 'trigger'::regtype AND has_function_privilege('public', oid, 'EXECUTE')$$, 'nobody may use the trigger function');
SELECT is_empty($$SELECT signature FROM members WHERE prorettype <> 'trigger'::regtype AND NOT has_function_privilege('public', oid, 'EXECUTE')$$, 'everybody may call the others');

-- The catalog: read by everybody, written by nobody.
CREATE TEMP TABLE relations AS
	SELECT c.oid, c.oid::regclass::text AS name, c.relkind FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
	JOIN pg_class c ON d.classid = 'pg_class'::regclass AND d.objid = c.oid WHERE e.extname = 'ash';
SELECT is_empty($$SELECT name FROM relations WHERE CASE WHEN relkind IN ('r', 'v') THEN has_table_privilege('public', oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') END$$, 'no table or view can be written'),
	is_empty($$SELECT name FROM relations WHERE CASE relkind WHEN 'S' THEN has_sequence_privilege('public', oid, 'USAGE, UPDATE') END$$, 'no sequence advanced'),
	is_empty($$SELECT name FROM relations WHERE CASE WHEN relkind IN ('r', 'v') AND name <> 'ash.secret' THEN NOT has_table_privilege('public', oid, 'SELECT') END$$, 'all but the secret can be read'),
	is_empty($$SELECT nspname FROM pg_namespace WHERE nspname = 'ash' AND has_schema_privilege('public', oid, 'CREATE')$$, 'nobody creates in the schema'),
	is_empty($$SELECT name FROM relations WHERE obj_description(oid, 'pg_class') IS NULL$$, 'every one has a comment'),
	is_empty($$SELECT name FROM relations WHERE relkind IN ('r', 'S') AND name <> 'ash.secret' AND NOT (SELECT relations.oid = ANY (extconfig) FROM pg_extension WHERE extname = 'ash')$$, 'tables and sequences are dumped');

-- Called by a role that has nothing.
CREATE ROLE regress_nobody;
SELECT pg_temp.define('{"domain": "acl_matrix", "resources": {"r": {"attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}},
	"calculations": {"c": {"type": "integer", "expr": "n + 1", "public": true}},
	"actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}}}}') \gset
INSERT INTO acl_matrix.r (n) VALUES (1);
GRANT USAGE ON SCHEMA acl_matrix TO regress_nobody;
CREATE TEMP TABLE calls (n int GENERATED ALWAYS AS IDENTITY, call text, answer text);
INSERT INTO calls (call, answer) VALUES
	($$ash_define('{"domain": "acl_matrix", "resources": {}}')$$, '42501'), ($$ash_define('{"domain": "acl_matrix", "resources": {}}'::json)$$, '42501'), ($$ash_define('{}'::jsonb)$$, '42804'), ($$ash_undefine('acl_matrix')$$, '42501'), ($$ash_definition('acl_matrix')$$, 'yes'), ($$ash_definition_schema()$$, 'yes'),
	($$(ash_builtins()).name LIMIT 1$$, 'yes'), ($$ash_introspect('acl_matrix')$$, 'yes'), ($$count(*) FROM ash_plan('acl_matrix')$$, '42501'), ($$count(*) FROM ash_migrate('acl_matrix')$$, '42501'), ($$ash_can('acl_matrix.r', 'read')$$, 'yes'),
	($$ash_run_action('acl_matrix.r', 'read')$$, '42501'), ($$ash_try_action('acl_matrix.r', 'read')->>'class'$$, 'yes'), ($$ash_create('acl_matrix.r', '{"n": 1}')$$, '42501'),
	($$ash_update('acl_matrix.r', '1', '{"n": 2}')$$, '42501'), ($$ash_destroy('acl_matrix.r', '1')$$, '42501'), ($$ash_get('acl_matrix.r', '1')$$, '42501'), ($$ash_get('acl_matrix.r', 1)$$, '42501'), ($$ash_get('acl_matrix.r', '1'::jsonb)$$, '42501'),
	($$ash_get('acl_matrix.r', '00000000-0000-0000-0000-000000000001'::uuid)$$, '22023'), ($$ash_load('acl_matrix.r', ARRAY[1], '[]')$$, '42501'), ($$ash_load('acl_matrix.r', ARRAY['1'], '[]')$$, '42501'),
	($$ash_load('acl_matrix.r', ARRAY['00000000-0000-0000-0000-000000000001'::uuid], '[]')$$, '22023'), ($$ash_read('acl_matrix.r')$$, '42501'),
	($$ash_read_one('acl_matrix.r')$$, '42501'), ($$ash_read_first('acl_matrix.r')$$, '42501'), ($$ash_bulk_create('acl_matrix.r', '[{"n": 1}]')->>'status'$$, 'yes'),
	($$ash_bulk_update('acl_matrix.r', '{"n": 2}')$$, '42501'), ($$ash_bulk_destroy('acl_matrix.r')$$, '42501'), ($$ash_count('acl_matrix.r')$$, '42501'), ($$ash_exists('acl_matrix.r')$$, '42501'),
	($$ash_first('acl_matrix.r', 'n')$$, '42501'), ($$ash_list('acl_matrix.r', 'n')$$, '42501'), ($$ash_sum('acl_matrix.r', 'n')$$, '42501'), ($$ash_min('acl_matrix.r', 'n')$$, '42501'),
	($$ash_max('acl_matrix.r', 'n')$$, '42501'), ($$ash_avg('acl_matrix.r', 'n')$$, '42501'), ($$ash_load('acl_matrix.r', '1', '["c"]')$$, '42501'), ($$ash_reload('acl_matrix.r', '1')$$, '42501'),
	($$ash_calculate('acl_matrix.r', 'c', '{}', '{"refs": {"n": 1}}')$$, 'yes'),
	($$ash_sql('acl_matrix.r', 'read')$$, 'yes'), ($$ash_explain('acl_matrix.r', 'read')$$, '42501'), ($$ash_explain_policies('acl_matrix.r', 'read')$$, 'yes'),
	($$ash_validate_action('acl_matrix.r', 'create', '{"n": 1}')$$, 'yes'), ($$ash_validate_action('acl_matrix.r', 'update', '{"n": 1}', '{"record": 1}')$$, '42501'),
	($$ash_page('acl_matrix.r', '{"page": "offset", "results": [], "limit": 1, "offset": 0, "count": null, "more": false}')$$, '42501'),
	($$ash_stream('acl_matrix.r')$$, '42501'), ($$ash_aggregate('acl_matrix.r', '{"total": {"kind": "sum", "field": "n"}}')$$, '42501');
SELECT is(CASE WHEN r ~ '^[0-9A-Z]{5}: ' THEN left(r, 5) ELSE 'yes' END, answer, 'without privileges: ' || call)
FROM calls, pg_temp.as_role('regress_nobody', 'SELECT ' || call) AS r ORDER BY n;
SELECT is_empty($$SELECT proname FROM members WHERE prorettype <> 'trigger'::regtype AND pronamespace <> 'ash'::regnamespace AND NOT EXISTS (SELECT FROM calls WHERE call LIKE '%' || proname || '(%')$$, 'no function is missing above');
SELECT results_eq('SELECT id, n FROM acl_matrix.r', 'VALUES (1::bigint, 1::bigint)', 'the table is as it was');

SELECT * FROM finish();
ROLLBACK;
