\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(14);

-- Is every former definition kept, with who ended it and when, and does nothing go that others need?

CREATE ROLE regress_former_owner;
CREATE ROLE regress_former_member IN ROLE regress_former_owner;
GRANT CREATE ON DATABASE :"DBNAME" TO regress_former_owner;
GRANT regress_former_owner, regress_former_member TO CURRENT_USER;

CREATE FUNCTION pg_temp.document(attributes text) RETURNS json LANGUAGE sql AS $$
	SELECT format('{"domain": "former", "description": "first", "resources": {
		"a": {"attributes": {"id": "uuid_primary_key", %s}},
		"b": {"attributes": {"id": "uuid_primary_key"}, "relationships": {"a": {"belongs_to": "former.a"}}}}}', attributes)::json
$$;

CREATE TEMP VIEW former AS SELECT revision, resource COLLATE "default" AS resource, operation COLLATE "default" AS operation,
	document, changed_by COLLATE "default" AS changed_by, changed_at FROM ash.revision WHERE domain = 'former';
GRANT SELECT ON former TO regress_former_owner;

SET LOCAL ROLE regress_former_owner;
SELECT ok(ash_define(pg_temp.document('"n": "integer"')) IS NOT NULL, 'defined');
CREATE TEMP TABLE first AS SELECT name COLLATE "default" AS name, revision, document::text FROM ash.resource WHERE name = 'former.a';
RESET ROLE;
SELECT is((SELECT count(*) FROM former)::int, 0, 'what has just been defined has no former definition');
SELECT ok(ash_define(pg_temp.document('"n": "integer"')) IS NOT NULL, 'the same again');
SELECT is((SELECT count(*) FROM former)::int, 0, 'the same document again ends nothing');

-- By a member of the owner, so that "who" is not the owner.
SET LOCAL ROLE regress_former_member;
SELECT ok(ash_define(pg_temp.document('"m": "string"')) IS NOT NULL, 'replaced');
RESET ROLE;
SELECT results_eq($$SELECT resource, operation, changed_by, changed_at = now() FROM former$$,
	$$VALUES ('former.a', 'replace', 'regress_former_member', true)$$, 'only what changed is kept, with who and when');
SELECT results_eq($$SELECT resource, revision, document::text FROM former$$, $$SELECT name, revision, document FROM first$$,
	'the former document is kept as it was, under its number');
SELECT ok((SELECT r.revision > f.revision FROM ash.resource r, first f WHERE r.name = f.name), 'the number grows');
SELECT ok((SELECT document::text LIKE '%"m"%' FROM ash.resource WHERE name = 'former.a'), 'what holds is the new document');

-- A resource that another one refers to stays.
SELECT is(pg_temp.caught($$SELECT ash_undefine('former.a')$$) - 'context' - 'hint',
	pg_temp.caught($$DO 'BEGIN RAISE EXCEPTION ''cannot undefine "former.a": other resources refer to it''
		USING ERRCODE = ''2BP01'', DETAIL = ''Resources that refer to it: former.b.''; END'$$) - 'context' - 'hint',
	'a resource with dependents is not undefined, and the error names them');
SELECT ok(ash_define('{"domain": "former_other", "resources": {"c": {"attributes": {"id": "uuid_primary_key"},
	"relationships": {"b": {"belongs_to": "former.b"}}}}}') IS NOT NULL, 'another domain refers to this one');
SELECT is(pg_temp.caught($$SELECT ash_undefine('former')$$)->>'detail', 'Resources that refer to it: former_other.c.',
	'a domain that another one refers to is not undefined either');

-- Without them it goes, and is kept.
SELECT lives_ok($$SELECT ash_undefine('former_other'), ash_undefine('former')$$, 'in the other order both go');
SELECT results_eq($$SELECT resource, operation, changed_by = current_user FROM former WHERE operation = 'undefine' ORDER BY resource$$,
	$$VALUES ('former.a', 'undefine', true), ('former.b', 'undefine', true), (NULL, 'undefine', true)$$,
	'the domain and each resource are kept when they are undefined');

SELECT * FROM finish();
ROLLBACK;
