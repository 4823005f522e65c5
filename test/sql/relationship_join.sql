\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(14);

-- Does a many_to_many go by its join relationship: its filter and its read action?

SELECT pg_temp.define($doc${
  "domain": "rj",
  "resources": {
    "user": {
      "attributes": {"id": "integer_primary_key", "level": {"type": "integer", "public": true}},
      "relationships": {
        "memberships": {"has_many": "rj.membership", "public": true, "filter": "active"},
        "high": {"has_many": "rj.membership", "filter": "rank >= parent.level"},
        "ranked": {"has_many": "rj.membership", "read_action": "ranked"},
        "groups": {"many_to_many": "rj.group", "through": "rj.membership", "join_relationship": "memberships", "public": true, "sort": ["id"]},
        "high_groups": {"many_to_many": "rj.group", "through": "rj.membership", "join_relationship": "high", "public": true, "sort": ["id"]},
        "ranked_groups": {"many_to_many": "rj.group", "through": "rj.membership", "join_relationship": "ranked", "public": true, "sort": ["id"]},
        "all_groups": {"many_to_many": "rj.group", "through": "rj.membership", "public": true, "sort": ["id"]}
      },
      "aggregates": {"group_count": {"count": "groups", "public": true}, "high_count": {"count": "high_groups", "public": true}},
      "actions": {"defaults": ["read"], "join": {"type": "update", "accept": [], "arguments": {"groups": "integer[]"}, "changes": [{"manage_relationship": {"argument": "groups", "type": "append_and_remove"}}]}}
    },
    "group": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "membership": {
      "attributes": {"id": "integer_primary_key", "user_id": {"type": "integer", "public": true}, "group_id": {"type": "integer", "public": true}, "active": {"type": "boolean", "default": true, "public": true}, "rank": {"type": "integer", "default": 0, "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}], "ranked": {"type": "read", "filter": "rank > 5"}}
    }
  }
}$doc$) \gset
INSERT INTO rj.user (level) VALUES (3), (9);
INSERT INTO rj.group (name) VALUES ('a'), ('b'), ('c');
INSERT INTO rj.membership (user_id, group_id, active, rank) VALUES (1, 1, true, 1), (1, 2, false, 8), (1, 3, true, 4), (2, 2, true, 8), (2, 2, true, 9);

CREATE FUNCTION pg_temp.ids(rel text, load jsonb DEFAULT 'true') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(coalesce((SELECT string_agg(p->>'id', ' ' ORDER BY o) FROM jsonb_array_elements(t->rel) WITH ORDINALITY AS p(p, o)), ''), '|' ORDER BY (t->>'id')::int)
	FROM jsonb_array_elements(ash_read('rj.user', jsonb_build_object('load', jsonb_build_object(rel, load)))::jsonb) AS t
$$;
CREATE FUNCTION pg_temp.found(filter jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(t->>'id', ' ' ORDER BY t->>'id') FROM jsonb_array_elements(ash_read('rj.user', jsonb_build_object('filter', filter))::jsonb) AS t
$$;

SELECT is(pg_temp.ids('all_groups'), '1 2 3|2', 'one that is made for it has all rows'), is(pg_temp.ids('groups'), '1 3|2', 'a filter'), is(pg_temp.ids('high_groups'), '2 3|2', 'a filter about the source row'),
	is(pg_temp.ids('ranked_groups'), '2|2', 'a read action'), is(pg_temp.ids('high_groups', '{"limit": 1, "sort": "-id"}'), '3|2', 'with a limit of each');
SELECT is((SELECT string_agg(concat(u->'group_count', u->'high_count'), ' ' ORDER BY u->>'id') FROM jsonb_array_elements(ash_read('rj.user', '{"load": ["group_count", "high_count"]}')::jsonb) AS u), '22 11', 'in aggregates'),
	is(pg_temp.found('{"groups": {"name": "b"}}'), '2', 'in a filter'), is(pg_temp.found('{"high_groups": {"name": "b"}}'), '1 2', 'in a filter about the source row'),
	is(pg_temp.found('{"high_groups": {"name": "a"}}'), NULL, 'that rules a row out');
SELECT ash_update('rj.user', '1', '{"groups": [2]}', '{"action": "join"}') AS joined \gset
SELECT is((SELECT string_agg(concat(group_id, active), ' ' ORDER BY id) FROM rj.membership WHERE user_id = 1), '2f 2t', 'managing it removes what it sees, and adds what it does not');

CREATE FUNCTION pg_temp.faults(join_relationship text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_define(%L)', format('{"domain": "rj2", "resources": {"a": {"attributes": {"id": "integer_primary_key"}, "relationships": {"j": %s, "r": {"many_to_many": "rj.group", "through": "rj.membership", "source_attribute_on_join_resource": "user_id", "join_relationship": "j"}}}}}', join_relationship)))
$$;
SELECT is(pg_temp.faults('{"has_many": "rj.membership", "destination_attribute": "user_id"}'), 'no error', 'one that fits'),
	matches(pg_temp.faults('{"has_many": "rj.group", "no_attributes": true}'), '"j" leads to rj.group, not to rj.membership', 'one that leads elsewhere'),
	matches(pg_temp.faults('{"has_many": "rj.membership", "destination_attribute": "group_id"}'), 'does not have all rows', 'one by another key'),
	matches(pg_temp.faults('{"has_one": "rj.membership", "destination_attribute": "user_id"}'), '"j" is no has_many', 'a has_one');

SELECT * FROM finish();
ROLLBACK;
