\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(9);

-- Does a row come once, however many rows stand behind a to-one relationship or between two rows? An identity of some rows, or of each tenant, does not make them one.

SELECT pg_temp.define($doc${
  "domain": "relationship_once",
  "resources": {
    "person": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {
        "seat": {"has_one": "relationship_once.seat", "destination_attribute": "person_id", "public": true, "sort": ["id"]},
        "locker": {"has_one": "relationship_once.locker", "destination_attribute": "person_id", "public": true, "sort": ["id"]},
        "tags": {"many_to_many": "relationship_once.tag", "through": "relationship_once.person_tag", "public": true},
        "groups": {"many_to_many": "relationship_once.tag", "through": "relationship_once.person_group", "public": true},
        "links": {"has_many": "relationship_once.person_link", "destination_attribute": "person_id", "authorize": false},
        "linked": {"many_to_many": "relationship_once.tag", "through": "relationship_once.person_link", "join_relationship": "links", "public": true},
        "seen": {"many_to_many": "relationship_once.tag", "through": "relationship_once.person_link", "public": true}},
      "aggregates": {"tag_count": {"count": "tags", "public": true}, "group_count": {"count": "groups", "public": true}, "linked_count": {"count": "linked", "public": true}, "seen_count": {"count": "seen", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "seat": {"attributes": {"id": "integer_primary_key", "active": "boolean", "person_id": {"type": "integer", "public": true}}, "identities": {"current": {"keys": ["person_id"], "where": "active"}}, "actions": {"defaults": ["read"]}},
    "locker": {
      "multitenancy": {"strategy": "attribute", "attribute": "org", "global": true},
      "attributes": {"id": "integer_primary_key", "org": {"type": "string", "allow_nil": false}, "person_id": {"type": "integer", "public": true}}, "identities": {"person": ["person_id"]}, "actions": {"defaults": ["read"]}
    },
    "tag": {"attributes": {"id": "integer_primary_key"}, "actions": {"defaults": ["read"]}},
    "person_tag": {
      "attributes": {"id": "integer_primary_key", "active": "boolean", "person_id": "integer", "tag_id": "integer"}, "identities": {"pair": {"keys": ["person_id", "tag_id"], "where": "active"}}, "actions": {"defaults": ["read"]}
    },
    "person_group": {
      "multitenancy": {"strategy": "attribute", "attribute": "org", "global": true},
      "attributes": {"id": "integer_primary_key", "org": {"type": "string", "allow_nil": false}, "person_id": "integer", "tag_id": "integer"}, "identities": {"pair": ["person_id", "tag_id"]}, "actions": {"defaults": ["read"]}
    },
    "person_link": {
      "attributes": {"id": "integer_primary_key", "shown": "boolean", "person_id": "integer", "tag_id": "integer"}, "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "shown"}}]}]
    }
  }
}$doc$) \gset
INSERT INTO relationship_once.person SELECT FROM generate_series(1, 2);
INSERT INTO relationship_once.tag SELECT FROM generate_series(1, 2);
INSERT INTO relationship_once.seat (active, person_id) VALUES (false, 1), (true, 1), (false, 1), (true, 2);
INSERT INTO relationship_once.locker (org, person_id) VALUES ('a', 1), ('b', 1), ('b', 2);
INSERT INTO relationship_once.person_tag (active, person_id, tag_id) VALUES (true, 1, 1), (false, 1, 1), (false, 1, 1), (true, 1, 2);
INSERT INTO relationship_once.person_group (org, person_id, tag_id) VALUES ('a', 1, 1), ('b', 1, 1), ('b', 1, 2), ('b', 2, 2);
INSERT INTO relationship_once.person_link (shown, person_id, tag_id) VALUES (true, 1, 1), (false, 1, 2), (false, 2, 1);

CREATE FUNCTION pg_temp.people(options jsonb) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(p ->> 'id', ' ') FROM json_array_elements(ash_read('relationship_once.person', options)) AS p $$;
CREATE FUNCTION pg_temp.values_of(field text, options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(p ->> field, ' ') FROM json_array_elements(ash_read('relationship_once.person', '{"sort": "id"}' || options || jsonb_build_object('load', jsonb_build_array(field)))) AS p
$$;
SELECT is(pg_temp.people('{"sort": "-seat.id"}'), '2 1', 'one of several, of which an identity covers some'), is(pg_temp.people('{"sort": "-locker.id"}'), '2 1', 'one for each tenant'),
	is(pg_temp.people('{"sort": "id", "filter": {"seat": {"id": {"lt": 3}}}}'), '1', 'a filter sees the same one');
SELECT is(pg_temp.values_of('tag_count'), '2 0', 'pairs that are tied more than once, where an identity covers some of the ties'), is(pg_temp.values_of('group_count'), '2 1', 'or those of each tenant'),
	is(pg_temp.values_of('group_count', '{"tenant": "a"}'), '1 0', 'those of one tenant');
SELECT is(pg_temp.values_of('linked_count'), '2 1', 'ties that are not authorized'), is(pg_temp.values_of('seen_count'), '1 0', 'and those that are'),
	is(jsonb_path_query_array(ash_read('relationship_once.person', '{"sort": "id", "load": ["linked", "seen"]}')::jsonb, '$[*].linked.size()') || jsonb_path_query_array(ash_read('relationship_once.person', '{"sort": "id", "load": ["linked", "seen"]}')::jsonb, '$[*].seen.size()'),
		'[2, 1, 1, 0]', 'the same when loaded');

SELECT * FROM finish();
ROLLBACK;
