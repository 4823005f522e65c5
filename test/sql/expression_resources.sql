\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(13);

-- Are exists() and aggregates over a resource that is named in place, without a relationship, held to the same rules as those
-- over a relationship without attributes?

SELECT pg_temp.define($doc${
  "domain": "named",
  "resources": {
    "shop": {
      "attributes": {"id": "integer_primary_key", "city": {"type": "string", "public": true}},
      "relationships": {"all_visits": {"has_many": "visit", "no_attributes": true}},
      "calculations": {
        "visits": {"type": "integer", "expr": "count(named.visit)", "public": true},
        "visits_related": {"type": "integer", "expr": "count(all_visits)", "public": true},
        "visits_here": {"type": "integer", "expr": "count(named.visit, filter => city = parent.city)", "public": true},
        "visited": {"type": "boolean", "expr": "exists(named.visit, city = parent.city)", "public": true},
        "visited_related": {"type": "boolean", "expr": "exists(all_visits, city = parent.city)", "public": true},
        "guests": {"type": "string[]", "expr": "list(named.visit, guest, sort => '-guest', filter => city = parent.city)", "public": true},
        "rooms": {"type": "integer", "expr": "count(named.visit.rooms)", "public": true},
        "both": {"type": "integer", "expr": "count(named.visit) + count(named.visit, filter => city = 'Rome')", "public": true},
        "unauthorized": {"type": "integer", "expr": "count(named.visit, authorize => false)", "public": true}
      },
      "actions": {"defaults": ["read", "destroy"], "with_visits": {"type": "read", "filter": "exists(named.visit, city = parent.city)"}}
    },
    "visit": {
      "attributes": {"id": "integer_primary_key", "city": {"type": "string", "public": true}, "guest": {"type": "string", "public": true}, "org": "string", "gone": {"type": "boolean", "default": false}},
      "relationships": {"rooms": {"has_many": "room", "public": true}},
      "base_filter": "not gone",
      "multitenancy": {"strategy": "attribute", "attribute": "org", "global": true},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "guest = actor.name"}}, {"authorize_if": {"actor_attribute_equals": {"attribute": "admin", "value": true}}}]}],
      "actions": {"defaults": ["read"]}
    },
    "room": {"attributes": {"id": "integer_primary_key", "visit_id": "integer"}, "actions": {"defaults": ["read"]}}
  }
}$doc$) \gset
INSERT INTO named.shop (id, city) VALUES (1, 'Rome'), (2, 'Bari');
INSERT INTO named.visit (id, city, guest, org, gone) VALUES (1, 'Rome', 'ann', 'x', false), (2, 'Rome', 'bob', 'x', false), (3, 'Rome', 'ann', 'y', false), (4, 'Bari', 'bob', 'x', false), (5, 'Rome', 'ann', 'x', true);
INSERT INTO named.room (visit_id) VALUES (1), (1), (4);

CREATE FUNCTION pg_temp.loaded(name text, options jsonb DEFAULT '{"authorize": false}', id int DEFAULT 1) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_get('named.shop', to_jsonb(id), options || jsonb_build_object('select', '[]'::jsonb, 'load', jsonb_build_array(name)))::jsonb->name
$$;
SELECT is(pg_temp.loaded('visits'), '4', 'count: all rows of the base filter');
SELECT is(pg_temp.loaded('visits_here'), '3', 'count: the filter sees the row outside as parent');
SELECT is(pg_temp.loaded('visited', id => 2), 'true', 'exists');
SELECT is(pg_temp.loaded('guests'), '["bob", "ann", "ann"]', 'list: sorted');
SELECT is(pg_temp.loaded('rooms'), '3', 'a path that goes on from the resource');
SELECT is(pg_temp.loaded('both'), '7', 'two over the same rows');
SELECT is(pg_temp.loaded('visits', '{"tenant": "x", "authorize": false}'), '3', 'the tenant counts');
SELECT results_eq($$SELECT actor, pg_temp.loaded('visits', jsonb_build_object('actor', actor, 'authorize', true)) FROM jsonb_array_elements('[{"admin": true}, {"name": "ann"}, {"name": "eve"}, {}]') AS actor$$,
	$$SELECT actor, pg_temp.loaded('visits_related', jsonb_build_object('actor', actor, 'authorize', true)) FROM jsonb_array_elements('[{"admin": true}, {"name": "ann"}, {"name": "eve"}, {}]') AS actor$$,
	'policies count as through a relationship');
SELECT is(pg_temp.loaded('visits', '{"actor": {"name": "ann"}, "authorize": true}'), '2', 'policies leave rows out');
SELECT is(pg_temp.loaded('unauthorized', '{"actor": {"name": "ann"}, "authorize": true}'), '4', 'authorize => false');
SELECT is(ash_read('named.shop', '{"filter": {"visited": true}, "sort": "city", "authorize": true, "actor": {"name": "ann"}}')::jsonb,
	ash_read('named.shop', '{"filter": {"visited_related": true}, "sort": "city", "authorize": true, "actor": {"name": "ann"}}')::jsonb, 'exists as through a relationship');
SELECT is(pg_temp.errors($$SELECT ash_define('{"domain": "named2", "resources": {"a": {"attributes": {"id": "integer_primary_key"}, "calculations": {"n": {"type": "integer", "expr": "1 + count(named.visitor)"}}}}}')$$),
	E'22023 invalid\ninvalid_definition ["resources", "a", "calculations", "n", "expr"]: named2.a has no relationship "named", and there is no resource named.visitor (character 5); did you mean "named.visit"?', 'a resource that is not there');
SELECT matches(pg_temp.errors($$SELECT ash_read('named.shop', '{"filter": {"named.visit": {"guest": "ann"}}}')$$), 'named.visit', 'a caller cannot reach it that way');

SELECT * FROM finish();
ROLLBACK;
