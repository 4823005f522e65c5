\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(60);

-- Do loads, aggregates and filters mean the same rows by a relationship, whatever its options?

SELECT pg_temp.define($doc${
  "domain": "ra",
  "resources": {
    "node": {
      "attributes": {"id": "integer_primary_key", "grade": {"type": "integer", "public": true}, "color": {"type": "string", "public": true}, "up_id": {"type": "integer", "public": true}},
      "relationships": {
        "up": {"belongs_to": "ra.node", "source_attribute": "up_id", "public": true},
        "down": {"has_many": "ra.node", "destination_attribute": "up_id", "public": true, "sort": ["id"]},
        "red": {"has_many": "ra.node", "destination_attribute": "up_id", "public": true, "sort": ["id"], "filter": "color = 'red' and grade >= parent.grade"},
        "two": {"has_many": "ra.node", "destination_attribute": "up_id", "public": true, "sort": ["-grade", "id"], "limit": 2, "offset": 1},
        "best": {"has_one": "ra.node", "destination_attribute": "up_id", "public": true, "sort": ["-grade", "id"]},
        "like": {"has_many": "ra.node", "no_attributes": true, "filter": "grade = parent.grade and id <> parent.id", "public": true, "sort": ["id"]},
        "grand": {"has_many": "ra.node", "through": ["down", "down"], "public": true, "sort": ["id"]},
        "cousins": {"has_many": "ra.node", "through": ["up", "up", "grand"], "filter": "up_id <> parent.up_id", "public": true, "sort": ["id"]},
        "graded": {"has_many": "ra.node", "destination_attribute": "up_id", "read_action": "graded", "read_action_arguments": {"min": {"expr": "parent.grade"}, "color": {"context": "color"}}, "relationship_context": {"color": "blue"}, "public": true, "sort": ["id"]},
        "links": {"has_many": "ra.link", "destination_attribute": "from_id", "filter": "weight <> 2"},
        "linked": {"many_to_many": "ra.node", "through": "ra.link", "source_attribute_on_join_resource": "from_id", "destination_attribute_on_join_resource": "to_id", "join_relationship": "links", "public": true, "sort": ["id"]},
        "linked_down": {"has_many": "ra.node", "through": ["linked", "down"], "public": true, "sort": ["id"]}
      },
      "aggregates": {
        "ids_up": {"list": "up", "field": "id", "sort": ["id"]}, "ids_down": {"list": "down", "field": "id", "sort": ["id"]}, "ids_red": {"list": "red", "field": "id", "sort": ["id"]}, "ids_two": {"list": "two", "field": "id", "sort": ["id"]},
        "ids_best": {"list": "best", "field": "id", "sort": ["id"]}, "ids_like": {"list": "like", "field": "id", "sort": ["id"]}, "ids_grand": {"list": "grand", "field": "id", "sort": ["id"]}, "ids_cousins": {"list": "cousins", "field": "id", "sort": ["id"]},
        "ids_graded": {"list": "graded", "field": "id", "sort": ["id"]}, "ids_linked": {"list": "linked", "field": "id", "sort": ["id"]}, "ids_linked_down": {"list": "linked_down", "field": "id", "sort": ["id"]}
      },
      "actions": {"defaults": ["read"], "graded": {"type": "read", "arguments": {"min": {"type": "integer", "allow_nil": false}, "color": "string"}, "filter": "grade >= arg.min and color <> arg.color"}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "color <> 'green' or actor.admin"}}]}]
    },
    "link": {
      "attributes": {"id": "integer_primary_key", "from_id": "integer", "to_id": "integer", "weight": "integer"},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "weight <> 0 or actor.admin"}}]}]
    }
  }
}$doc$) \gset
SELECT setseed(0.42) AS s \gset
INSERT INTO ra.node (grade, color, up_id) SELECT (random() * 3)::int, (ARRAY['red', 'green', 'blue', 'pink'])[1 + (random() * 3)::int], CASE WHEN i > 3 THEN 1 + (random() * (i - 2) / 2)::int END FROM generate_series(1, 40) AS i;
INSERT INTO ra.link (from_id, to_id, weight) SELECT 1 + (random() * 39)::int, 1 + (random() * 39)::int, (random() * 3)::int FROM generate_series(1, 100);

CREATE TEMP TABLE pairs (name text, options jsonb, id int, rel int);
-- For each node the related ids in order, by a load, by an aggregate, and by a filter for each id.
CREATE FUNCTION pg_temp.loaded(rel text, options jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_object_agg(n->>'id', coalesce((SELECT jsonb_agg(x->'id' ORDER BY (x->>'id')::int) FROM jsonb_array_elements(CASE jsonb_typeof(n->rel) WHEN 'array' THEN n->rel WHEN 'null' THEN '[]' ELSE jsonb_build_array(n->rel) END) AS x), '[]'))
	FROM jsonb_array_elements(ash_read('ra.node', options || jsonb_build_object('select', '[]'::jsonb, 'load', jsonb_build_object(rel, '{"select": []}'::jsonb)))::jsonb) AS n
$$;
CREATE FUNCTION pg_temp.aggregated(rel text, options jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_object_agg(n->>'id', n->('ids_' || rel)) FROM jsonb_array_elements(ash_read('ra.node', options || jsonb_build_object('select', '[]'::jsonb, 'load', jsonb_build_array('ids_' || rel)))::jsonb) AS n
$$;
CREATE FUNCTION pg_temp.filtered(rel text, options jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_object_agg(n.id::text, coalesce((SELECT jsonb_agg(x.id ORDER BY x.id) FROM pg_temp.pairs AS p JOIN ra.node AS x ON x.id = p.rel WHERE p.id = n.id AND p.name = filtered.rel AND p.options = filtered.options), '[]'))
	FROM (SELECT (x->>'id')::int AS id FROM jsonb_array_elements(ash_read('ra.node', options || '{"select": []}')::jsonb) AS x) AS n
$$;
INSERT INTO pairs SELECT r.name, o.options, (n->>'id')::int, x
	FROM unnest(ARRAY['up', 'down', 'red', 'two', 'best', 'like', 'grand', 'cousins', 'graded', 'linked', 'linked_down']) AS r(name), (VALUES ('{"actor": {"admin": false}}'::jsonb), ('{"actor": {"admin": true}}')) AS o(options), generate_series(1, 40) AS x,
		jsonb_array_elements(ash_read('ra.node', o.options || jsonb_build_object('select', '[]'::jsonb, 'filter', jsonb_build_object(r.name, jsonb_build_object('id', x))))::jsonb) AS n;

CREATE FUNCTION pg_temp.agree(rel text, who text, options jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	loaded jsonb := pg_temp.loaded(rel, options);
BEGIN
	RETURN NEXT is(pg_temp.aggregated(rel, options), loaded, format('%s: an aggregate and a load, %s', rel, who));
	RETURN NEXT is(pg_temp.filtered(rel, options), loaded, format('%s: filters and a load, %s', rel, who));
END $$;
SELECT pg_temp.agree(r, w.who, w.options) FROM unnest(ARRAY['up', 'down', 'red', 'two', 'best', 'like', 'grand', 'cousins', 'graded', 'linked', 'linked_down']) AS r, (VALUES ('anybody', '{"actor": {"admin": false}}'::jsonb), ('an admin', '{"actor": {"admin": true}}')) AS w(who, options);

-- The same rows as hand-written SQL, for who may see everything.
CREATE FUNCTION pg_temp.by_hand(condition text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format('SELECT jsonb_object_agg(p.id::text, coalesce((SELECT jsonb_agg(n.id ORDER BY n.id) FROM ra.node AS n WHERE %s), ''[]'')) FROM ra.node AS p', condition) INTO result;
	RETURN result;
END $$;
SELECT is(pg_temp.loaded(h.rel, '{"actor": {"admin": true}}'), pg_temp.by_hand(h.condition), h.rel || ': by hand') FROM (VALUES
	('up', 'n.id = p.up_id'), ('down', 'n.up_id = p.id'), ('red', $$n.up_id = p.id AND n.color = 'red' AND n.grade >= p.grade$$),
	('two', 'n.id IN (SELECT x.id FROM ra.node AS x WHERE x.up_id = p.id ORDER BY x.grade DESC, x.id LIMIT 2 OFFSET 1)'), ('best', 'n.id = (SELECT x.id FROM ra.node AS x WHERE x.up_id = p.id ORDER BY x.grade DESC, x.id LIMIT 1)'),
	('like', 'n.grade = p.grade AND n.id <> p.id'), ('grand', 'n.up_id IN (SELECT x.id FROM ra.node AS x WHERE x.up_id = p.id)'),
	('cousins', 'n.up_id <> p.up_id AND EXISTS (SELECT FROM ra.node AS f JOIN ra.node AS g ON g.id = f.up_id JOIN ra.node AS u ON u.up_id = g.id WHERE f.id = p.up_id AND n.up_id = u.id)'),
	('graded', $$n.up_id = p.id AND n.grade >= p.grade AND n.color <> 'blue'$$), ('linked', 'EXISTS (SELECT FROM ra.link AS l WHERE l.from_id = p.id AND l.to_id = n.id AND l.weight <> 2)'),
	('linked_down', 'EXISTS (SELECT FROM ra.link AS l WHERE l.from_id = p.id AND l.to_id = n.up_id AND l.weight <> 2)')) AS h(rel, condition);
SELECT ok((SELECT count(*) FROM pairs WHERE name = r) > 0, r || ': there are some') FROM unnest(ARRAY['red', 'two', 'cousins', 'graded', 'linked_down']) AS r;

SELECT * FROM finish();
ROLLBACK;
