\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(7);

-- Do ash_sql and ash_explain show values that are marked as sensitive?

SELECT pg_temp.define($doc${
  "domain": "see_sensitive",
  "authorization": {"actor": "see_sensitive.person"},
  "resources": {
    "person": {
      "attributes": {
        "id": "integer_primary_key",
        "name": {"type": "string", "public": true},
        "token": {"type": "string", "sensitive": true}
      },
      "actions": {"defaults": ["read"], "join": {"type": "create", "accept": ["name", "token"]}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}]
    },
    "note": {
      "attributes": {
        "id": "integer_primary_key",
        "body": {"type": "string", "public": true},
        "token": {"type": "string", "public": true},
        "author": {"type": "string", "public": true}
      },
      "actions": {
        "defaults": ["read"],
        "by": {"type": "read", "arguments": {"key": {"type": "string", "sensitive": true}}, "filter": "body = arg.key"}
      },
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "token = actor.token and author = actor.name"}}]}]
    }
  }
}$doc$) \gset
INSERT INTO see_sensitive.person (name, token) VALUES ('Ada', 'geheim');

SELECT unalike(sql, '%geheim%', 'not an attribute of the actor, which was read for the caller'),
	matches(sql, '-- \$\d+ [a-z_.]+ = "Ada"', 'what is not sensitive is shown')
FROM ash_sql('see_sensitive.note', 'read', '{}', '{"actor": 1}') AS sql;
SELECT unalike(sql, '%unsagbar%', 'not an argument'),
	matches(sql, '-- \$\d+ [a-z_.]+ = \*\*redacted\*\*', 'its place is shown')
FROM ash_sql('see_sensitive.note', 'by', '{"key": "unsagbar"}', '{"actor": 1}') AS sql;
SELECT unalike(string_agg(line, E'\n'), '%geheim%', 'nor does a plan show it'), matches(string_agg(line, E'\n'), 'Ada', 'but the rest')
FROM ash_explain('see_sensitive.note', 'read', '{}', '{"actor": 1}') AS line;
SET LOCAL ash.fast_path = off;
SELECT unalike(ash_sql('see_sensitive.person', 'join', '{"name": "Bo", "token": "verborgen"}', '{"actor": 1}'), '%verborgen%', 'not a value to be written');

SELECT * FROM finish();
ROLLBACK;
