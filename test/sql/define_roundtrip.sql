\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(12);

-- Does ash_definition give back what was defined, and does defining that again change nothing?

CREATE TEMP TABLE doc (text text);
INSERT INTO doc VALUES ($doc$
{
  "domain": "define_roundtrip",
  "schema": "define_roundtrip",
  "description": "quotes \" and \\ and \u00e9 and 日本 and \ud83d\ude00",
  "resources": {
    "zebra": {
      "table": "zebra",
      "attributes": {
        "id": "uuid_primary_key",
        "name": {"type": "string", "allow_nil": false, "public": true, "constraints": {"max_length": 200}},
        "price": {"type": "decimal", "default": "1.10"},
        "ratio": {"type": "float", "default": 0.1},
        "count": {"type": "integer", "default": 9007199254740993, "public": true},
        "tags": "string[]",
        "inserted_at": {"helper": "create_timestamp", "public": true}
      },
      "relationships": {"owner": {"belongs_to": "define_roundtrip.ant", "public": true}},
      "identities": {"by_name": {"keys": ["name"], "message": "taken"}},
      "calculations": {"label": {"type": "string", "expr": "name || ' (' || count || ')'", "public": true}},
      "validations": [{"present": {"attributes": ["name"]}, "on": ["create", "update"]}],
      "actions": {
        "defaults": ["read", "destroy", {"update": "*"}],
        "validated_first": {"type": "create", "accept": ["name"],
          "validations": [{"string_length": {"attribute": "name", "min": 3}}],
          "changes": [{"set_attribute": {"attribute": "count", "value": 2}}]},
        "changed_first": {"type": "create", "accept": ["name"],
          "changes": [{"set_attribute": {"attribute": "count", "value": 2}}],
          "validations": [{"string_length": {"attribute": "name", "min": 3}}]}
      },
      "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}]
    },
    "ant": {
      "attributes": {"id": "uuid_primary_key", "name": "string"},
      "relationships": {"zebras": {"has_many": "define_roundtrip.zebra", "destination_attribute": "owner_id"}},
      "aggregates": {"zebra_count": {"count": "zebras", "filter": "count > 1", "public": true}},
      "actions": {"defaults": ["read"]}
    }
  }
}
$doc$);

SELECT lives_ok($$SELECT ash_define(text::json) FROM doc$$, 'the document is accepted');
SELECT is(ash_definition('define_roundtrip')::jsonb, (SELECT text::jsonb FROM doc), 'the definition is the document');
SELECT is(ARRAY(SELECT json_object_keys(ash_definition('define_roundtrip')->'resources')), ARRAY['zebra', 'ant'],
	'resources keep their order');
SELECT is(ARRAY(SELECT json_object_keys(ash_definition('define_roundtrip')->'resources'->'zebra'->'actions'->'validated_first')),
	ARRAY['type', 'accept', 'validations', 'changes'], 'keys keep their order: validations before changes');
SELECT is(ARRAY(SELECT json_object_keys(ash_definition('define_roundtrip')->'resources'->'zebra'->'actions'->'changed_first')),
	ARRAY['type', 'accept', 'changes', 'validations'], 'keys keep their order: changes before validations');
SELECT is(ash_definition('define_roundtrip')#>>'{resources,zebra,attributes,count,default}', '9007199254740993',
	'an integer beyond 53 bits keeps its value');
SELECT is(ash_definition('define_roundtrip')#>>'{resources,zebra,attributes,ratio,default}', '0.1',
	'a fraction is written as it came');

-- The same again.
CREATE TEMP TABLE before AS SELECT name, revision, expanded::text FROM ash.resource WHERE domain = 'define_roundtrip'
	UNION ALL SELECT name, revision, expanded::text FROM ash.domain WHERE name = 'define_roundtrip';
SELECT lives_ok($$SELECT ash_define(ash_definition('define_roundtrip'))$$, 'the definition is a document');
SELECT results_eq($$SELECT name, revision, expanded::text FROM ash.resource WHERE domain = 'define_roundtrip'
	UNION ALL SELECT name, revision, expanded::text FROM ash.domain WHERE name = 'define_roundtrip' ORDER BY 1$$,
	$$SELECT * FROM before ORDER BY 1$$, 'defining it again changes no row');
SELECT is_empty($$SELECT * FROM ash.revision WHERE domain = 'define_roundtrip'$$, 'nothing was replaced');

-- One resource.
SELECT lives_ok($$SELECT ash_define(ash_definition('define_roundtrip.ant'))$$,
	'the definition of one resource is a document');
SELECT is(pg_temp.errors($$SELECT ash_definition('define_roundtrip.nope')$$),
	'42704: there is no domain or resource "define_roundtrip.nope"', 'a resource that does not exist');

SELECT * FROM finish();
ROLLBACK;
