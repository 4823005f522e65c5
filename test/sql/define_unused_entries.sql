\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(6);

-- Are the resource's own changes, validations and preparations checked when no action there is runs them?

CREATE FUNCTION pg_temp.faults(entries text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat(e#>>'{vars,pointer}', ' ', e->>'message'), E'\n' ORDER BY i)
	FROM jsonb_array_elements((pg_temp.caught(format('SELECT ash_define(%L)', format('{"domain": "define_unused", "resources":
		{"r": {"attributes": {"id": "uuid_primary_key", "n": "integer"}, %s}}}', entries)))->>'detail')::jsonb->'errors') WITH ORDINALITY AS t(e, i)
$$;

SELECT is(pg_temp.faults('"actions": {"defaults": ["read"]}, "changes": [{"set_attribute": {"attribute": "m", "value": 1}}]'),
	'/resources/r/changes/0/set_attribute/attribute unknown attribute "m"', 'a change without a write');
SELECT is(pg_temp.faults('"actions": {"defaults": ["read"]}, "validations": [{"prisent": {"attributes": ["n"]}}]'),
	'/resources/r/validations/0 unknown validation "prisent"; did you mean "present"?', 'a validation without a write');
SELECT is(pg_temp.faults('"actions": {"defaults": ["create"]}, "validations": [{"present": {"attributes": ["m"]}, "on": ["destroy"]}]'),
	'/resources/r/validations/0/present/attributes unknown attribute or argument "m"', 'a validation of destroys without a destroy');
SELECT is(pg_temp.faults('"preparations": [{"biuld": {"limit": 1}}]'),
	'/resources/r/preparations/0 unknown preparation "biuld"; did you mean "build"?', 'a preparation without actions');
SELECT is(pg_temp.faults('"preparations": [{"build": {"sort": ["m"]}}]'), pg_temp.faults('"actions": {"defaults": ["read"]}, "preparations": [{"build": {"sort": ["m"]}}]'),
	'the fault is that of a resource with a read');
SELECT lives_ok($$SELECT ash_define('{"domain": "define_unused", "resources": {"r": {"attributes": {"id": "uuid_primary_key", "n": "integer"},
	"changes": [{"set_attribute": {"attribute": "n", "value": {"arg": "x"}}}], "preparations": [{"build": {"sort": ["n"]}}],
	"validations": [{"attribute_equals": {"attribute": "n", "value": {"arg": "x"}}, "on": ["create", "update", "destroy"]}]}}}')$$, 'entries that are right may be unused');

SELECT * FROM finish();
ROLLBACK;
