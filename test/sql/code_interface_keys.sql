\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(9);

-- The keys of a read's function that are arguments of the action as well: are they one parameter, and is the record found?

CREATE FUNCTION pg_temp.document(interface text) RETURNS text LANGUAGE sql AS $$ SELECT replace($doc${
  "domain": "keys",
  "resources": {
    "user": {
      "attributes": {"id": "integer_primary_key", "email": {"type": "string", "public": true}, "org": {"type": "integer", "public": true}},
      "identities": {"by_email": ["email"]},
      "actions": {
        "defaults": ["read"],
        "by_email": {"type": "read", "get_by": ["email"]},
        "filtered": {"type": "read", "arguments": {"email": {"type": "string", "allow_nil": false}, "least": {"type": "integer", "default": 0}}, "filter": "email = arg.email and org >= arg.least"},
        "other_type": {"type": "read", "arguments": {"email": {"type": "integer"}}, "filter": "org = arg.email"}
      },
      "code_interface": INTERFACE
    }
  }
}$doc$, 'INTERFACE', interface) $$;
SELECT pg_temp.define(pg_temp.document($${
  "of_email": {"action": "by_email"}, "get_by_email": {"action": "by_email", "get_by": ["email"]}, "in_org": {"action": "by_email", "get_by": ["org", "email"]},
  "filtered": {"get_by": ["email"]}, "by_identity": {"action": "filtered", "get_by_identity": "by_email", "not_found_error": false, "args": ["least"]},
  "other": {"action": "other_type", "get_by": ["email"], "exclude_inputs": ["email"]}
}$$)) \gset
INSERT INTO keys."user" (email, org) VALUES ('a@x', 1), ('b@x', 2);

SELECT is((SELECT string_agg(proname || '(' || pg_get_function_arguments(oid) || ')', ', ' ORDER BY proname COLLATE "C") FROM pg_proc WHERE pronamespace = 'keys'::regnamespace),
	'by_identity(email text, "least" bigint), filtered(email text, "least" bigint DEFAULT ''0''::bigint), '
	'get_by_email(email text), in_org(org bigint, email text), of_email(email text DEFAULT NULL::text), other(email text)', 'parameters');
SELECT results_eq($$SELECT id FROM keys.get_by_email('b@x')$$, 'VALUES (2::bigint)', 'an action with the same get_by'),
	results_eq($$SELECT id FROM keys.in_org(1, 'a@x')$$, 'VALUES (1::bigint)', '… and one more key'),
	is(pg_temp.errors($$SELECT id FROM keys.in_org(2, 'a@x')$$), E'22023 invalid\nnot_found: record with org: 2 | email: "a@x" not found', '… which counts'),
	results_eq($$SELECT id FROM keys.filtered('a@x')$$, 'VALUES (1::bigint)', 'an argument of the filter'),
	results_eq($$SELECT id FROM keys.by_identity('b@x', 2)$$, 'VALUES (2::bigint)', 'an identity, and another argument'),
	is_empty($$SELECT id FROM keys.by_identity('b@x', 3)$$, '… which counts');
SELECT is(pg_temp.errors(format('SELECT ash_define(%L)', pg_temp.document('{"other": {"action": "other_type", "get_by": ["email"]}}'))),
	E'22023 invalid\ninvalid_definition ["resources", "user", "code_interface", "other", "get_by"]: argument "email" of action "other_type" is integer, but the attribute is string; '
	'give them one type, or name the argument in "exclude_inputs"', 'an argument of another type');
SELECT is_empty($$SELECT * FROM ash_plan('keys')$$, 'after migrating the plan is empty');

SELECT * FROM finish();
ROLLBACK;
