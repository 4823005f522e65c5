\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(27);

-- May somebody who can read a table under policies reach its other rows by a domain of his own: over views, rules, policies or relationships?

CREATE ROLE regress_victim; CREATE ROLE regress_attacker;
GRANT CREATE ON DATABASE :"DBNAME" TO regress_victim, regress_attacker;
SET ROLE regress_victim;
SELECT pg_temp.define($doc${
  "domain": "attack_views",
  "resources": {
    "secret": {
      "attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}, "of": {"type": "integer", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}, "destroy"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "of = actor.id"}}]}]
    }
  }
}$doc$) \gset
SELECT ash_create('attack_views.secret', '{"text": "of one", "of": 1}', '{"actor": {"id": 1}}'), ash_create('attack_views.secret', '{"text": "of two", "of": 2}', '{"actor": {"id": 2}}') \gset
GRANT USAGE ON SCHEMA attack_views TO regress_attacker;
GRANT ALL ON ALL TABLES IN SCHEMA attack_views TO regress_attacker;

SET ROLE regress_attacker;
SET LOCAL ash.actor = '{"id": 2}';
CREATE SCHEMA attack_mine;
CREATE VIEW attack_mine.plain AS SELECT * FROM attack_views.secret;
CREATE VIEW attack_mine.invoker WITH (security_invoker) AS SELECT * FROM attack_views.secret;
CREATE VIEW attack_mine.nested AS SELECT s.* FROM attack_mine.plain s;
CREATE VIEW attack_mine.within AS SELECT 1::bigint AS id, (SELECT string_agg(text, ' ') FROM attack_views.secret) AS text, 2::bigint AS of;
SELECT pg_temp.define($doc${
  "domain": "attack_mine",
  "resources": {
    "plain": {"migrate": false, "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "text": {"type": "string", "public": true}, "of": {"type": "integer", "public": true}},
      "relationships": {"same": {"belongs_to": "attack_views.secret", "source_attribute": "id", "define_attribute": false, "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}, "destroy"]}},
    "invoker": {"migrate": false, "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false}, "text": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "nested": {"migrate": false, "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false}, "text": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "within": {"migrate": false, "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false}, "text": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "own": {"attributes": {"id": "integer_primary_key", "key": {"type": "integer", "public": true}, "note": {"type": "string", "public": true}},
      "relationships": {"secret": {"belongs_to": "attack_views.secret", "source_attribute": "key", "define_attribute": false, "public": true}},
      "calculations": {"stolen": {"type": "string", "expr": "secret.text", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}]}}
  }
}$doc$) \gset

CREATE FUNCTION pg_temp.steal(statement text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.as_role('regress_attacker', statement) $$;
CREATE FUNCTION pg_temp.texts(resource text, options text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.steal(format('SELECT ash_list(%L, %L, %L)', resource, 'text', options))
$$;
RESET ROLE;

-- Views.
SELECT is(pg_temp.texts('attack_mine.plain'), '["of two"]', 'a view'),
	is(pg_temp.texts('attack_mine.invoker'), '["of two"]', 'a view with the rights of its reader'),
	is(pg_temp.texts('attack_mine.nested'), '["of two"]', 'a view of a view'),
	is(pg_temp.texts('attack_mine.within'), '["of two"]', 'a subquery of a view'),
	is(pg_temp.texts('attack_mine.plain', '{"authorize": false}'), '["of two"]', 'a view, with authorization off'),
	is(pg_temp.steal($$SELECT ash_count('attack_mine.plain', '{"filter": {"text": "of one"}}')$$), '0', 'a filter'),
	is(pg_temp.steal($$SELECT ash_count('attack_mine.plain', '{"filter": {"same": {"of": {"gt": 0}}}}')$$), '1', 'a filter that names the table too'),
	is(pg_temp.steal($$SELECT string_agg(row#>>'{same,text}', ' ') FROM json_array_elements(ash_read('attack_mine.plain', '{"load": ["same"]}')) AS row$$), 'of two', 'a load that names the table too'),
	is(pg_temp.steal($$SELECT ash_get('attack_mine.plain', '1', '{"not_found_error": false}')$$), 'null', 'by key');
SELECT is(pg_temp.steal($$SELECT ash_create('attack_mine.plain', '{"id": 9, "text": "planted", "of": 1}')$$), '42501: new row violates row-level security policy for table "secret"', 'a row put in by the view'),
	is(left(pg_temp.steal($$SELECT ash_update('attack_mine.plain', '1', '{"text": "changed"}')$$), 5), '22023', 'a row changed by the view'),
	is(left(pg_temp.steal($$SELECT ash_destroy('attack_mine.plain', '1')$$), 5), '22023', 'a row destroyed by the view'),
	is(pg_temp.steal($$SELECT ash_bulk_update('attack_mine.plain', '{"text": "changed"}', '{"filter": {"of": 1}}')->>'status'$$), 'success', 'many rows');
SELECT is((SELECT string_agg(text, ', ' ORDER BY id) FROM attack_views.secret), 'of one, of two', 'nothing was written');

-- Rules and policies of a table of his own, which PostgreSQL puts into every statement on it.
SET ROLE regress_attacker;
CREATE TABLE attack_mine.loot (text text);
CREATE RULE copy AS ON INSERT TO attack_mine.own DO ALSO INSERT INTO attack_mine.loot SELECT text FROM attack_views.secret;
RESET ROLE;
SELECT pg_temp.steal($$SELECT ash_create('attack_mine.own', '{"key": 1}')$$), pg_temp.steal($$SELECT ash_create('attack_mine.own', '{"key": 2}')$$) \gset
SELECT is((SELECT string_agg(DISTINCT text, ', ') FROM attack_mine.loot), 'of two', 'a rule');
SET ROLE regress_attacker;
DROP RULE copy ON attack_mine.own;
UPDATE attack_mine.own SET note = 'of one' WHERE key = 1;
ALTER TABLE attack_mine.own ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY peek ON attack_mine.own USING (note IS NULL OR note = (SELECT max(text) FROM attack_views.secret WHERE of = 1)) WITH CHECK (true);
RESET ROLE;
SELECT is(pg_temp.steal($$SELECT ash_count('attack_mine.own')$$), '1', 'a policy that looks'),
	is(pg_temp.steal($$SELECT ash_count('attack_mine.own', '{"filter": {"or": [{"id": {"gt": 0}}, {"secret": {"of": 3}}]}}')$$), '1', 'a policy that looks, in a statement that names the table');
SET ROLE regress_attacker;
DROP POLICY peek ON attack_mine.own;
ALTER TABLE attack_mine.own DISABLE ROW LEVEL SECURITY;
RESET ROLE;

-- Relationships.
SELECT is(pg_temp.steal($$SELECT string_agg(row->>'stolen', ' ') FROM json_array_elements(ash_read('attack_mine.own', '{"load": ["stolen"]}')) AS row$$), 'of two', 'a calculation over a relationship'),
	is(pg_temp.steal($$SELECT string_agg(row#>>'{secret,text}', ' ') FROM json_array_elements(ash_read('attack_mine.own', '{"load": ["secret"], "authorize": false}')) AS row$$), 'of two', 'a load with authorization off');

-- Definitions that say not to ask.
SET ROLE regress_attacker;
SELECT pg_temp.define($doc${
  "domain": "attack_unasked", "authorization": {"actor": "attack_views.secret"},
  "resources": {
    "own": {"attributes": {"id": "integer_primary_key", "key": {"type": "integer", "public": true}},
      "relationships": {"secret": {"belongs_to": "attack_views.secret", "source_attribute": "key", "define_attribute": false, "public": true, "authorize": false}},
      "aggregates": {"texts": {"list": "secret", "field": "text", "public": true, "authorize": false}},
      "calculations": {"acting": {"type": "string", "expr": "actor.text", "public": true}},
      "actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}],
        "take": {"type": "update", "arguments": {"s": {"type": "map"}}, "changes": [{"manage_relationship": {"argument": "s", "relationship": "secret", "on_match": "update", "on_lookup": "relate", "authorize": false}}]}}}
  }
}$doc$) \gset
SELECT ash_create('attack_unasked.own', '{"key": 1}', '{"actor": {"id": 2}}') \gset
RESET ROLE;
SELECT is(pg_temp.steal($$SELECT ash_read('attack_unasked.own', '{"load": ["secret"], "actor": {"id": 2}}')#>>'{0,secret}'$$), NULL, 'a relationship without authorization'),
	is(pg_temp.steal($$SELECT ash_read('attack_unasked.own', '{"load": ["texts"], "actor": {"id": 2}}')#>>'{0,texts}'$$), '[]', 'an aggregate without authorization'),
	matches(pg_temp.steal($$SELECT ash_read('attack_unasked.own', '{"load": ["acting"], "actor": 1}')#>>'{0,acting}'$$), '^22023: .*no attack_views.secret with key 1 is known', 'an actor of his choice');
SELECT unalike(pg_temp.steal($$SELECT ash_try_action('attack_unasked.own', 'take', '{"s": {"id": 1, "text": "changed"}}', '{"record": 1, "actor": {"id": 2}, "load": ["secret"]}')$$), '%of one%', 'a managed relationship without authorization'),
	is((SELECT text FROM attack_views.secret WHERE of = 1), 'of one', 'which changes nothing');

-- The owner of both needs none of this.
SET ROLE regress_victim;
CREATE VIEW attack_views.all_of_them AS SELECT * FROM attack_views.secret;
GRANT SELECT ON attack_views.all_of_them TO regress_attacker;
CREATE SCHEMA attack_views_too;
CREATE MATERIALIZED VIEW attack_views_too.kept AS SELECT 1::bigint AS id, id AS key FROM attack_views.secret WHERE of = 1;
SELECT pg_temp.define($doc${"domain": "attack_views_too", "resources": {
	"other": {"attributes": {"id": "integer_primary_key", "key": {"type": "integer", "public": true}},
		"relationships": {"secret": {"belongs_to": "attack_views.secret", "source_attribute": "key", "define_attribute": false, "public": true}},
		"calculations": {"told": {"type": "string", "expr": "secret.text", "public": true}}, "actions": {"defaults": ["read"]}},
	"kept": {"migrate": false, "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false}, "key": {"type": "integer", "public": true}},
		"relationships": {"secret": {"belongs_to": "attack_views.secret", "source_attribute": "key", "define_attribute": false, "public": true}},
		"calculations": {"told": {"type": "string", "expr": "secret.text", "public": true}}, "actions": {"defaults": ["read"]}}}}$doc$) \gset
INSERT INTO attack_views_too.other (key) VALUES (1);
GRANT USAGE ON SCHEMA attack_views_too TO regress_attacker;
GRANT SELECT ON attack_views_too.other, attack_views_too.kept TO regress_attacker;
SELECT count(*) AS ignored FROM ash_define(replace(ash_definition('attack_views')::text, '"resources": {', '"resources": {"all_of_them": {"migrate": false, "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "text": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}}, ')::json) \gset
RESET ROLE;
SELECT is(pg_temp.texts('attack_views.all_of_them', '{"sort": "id"}'), '["of one","of two"]', 'a view shows what its owner may see'),
	is(pg_temp.steal($$SELECT ash_read('attack_views_too.other', '{"load": ["told"]}')#>>'{0,told}'$$), 'of one', 'another domain what its owner tells'),
	is(pg_temp.steal($$SELECT ash_read('attack_views_too.kept', '{"load": ["told"]}')#>>'{0,told}'$$), 'of one', 'and a materialized view too');

SELECT * FROM finish();
ROLLBACK;
