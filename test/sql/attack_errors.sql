\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(28);

-- Does a filter that fails on some values tell of rows that its caller does not see? The hidden rows are those on which it would fail.

SELECT pg_temp.define($doc${
  "domain": "attack_errors",
  "resources": {
    "note": {
      "attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}, "size": {"type": "integer", "public": true}, "owner": "integer", "team": "integer"},
      "relationships": {"topic": {"belongs_to": "attack_errors.topic", "attribute_type": "integer", "public": true}},
      "calculations": {
        "number": {"type": "integer", "expr": "text::integer", "public": true}, "share": {"type": "float", "expr": "12 / size", "public": true},
        "matches": {"type": "boolean", "arguments": {"pattern": "string"}, "expr": "like(text, arg.pattern)", "public": true}
      },
      "actions": {"defaults": ["read", "destroy", {"update": "*"}], "paged": {"type": "read", "pagination": {"offset": true, "keyset": true, "required": false}}, "walk": {"type": "read", "pagination": {"keyset": true, "required": false}}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "string_length(string_downcase(text || 'x')) + owner * 1000 - 1000 < 100 or team = actor.team"}}]}]
    },
    "line": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": "integer_primary_key", "org": "integer", "text": {"type": "string", "public": true}, "size": {"type": "integer", "public": true}},
      "calculations": {"share": {"type": "float", "expr": "12 / size", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "mark": {
      "attributes": {"id": "integer_primary_key"},
      "relationships": {"note": {"belongs_to": "attack_errors.note", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "topic": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {"notes": {"has_many": "attack_errors.note", "destination_attribute": "topic_id", "public": true},
        "note": {"has_one": "attack_errors.note", "destination_attribute": "topic_id", "public": true}},
      "aggregates": {"number_sum": {"sum": "notes", "field": "size", "public": true}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$) \gset
INSERT INTO attack_errors.topic (name) VALUES ('one'), ('two');
INSERT INTO attack_errors.note (text, size, owner, team, topic_id) VALUES ('12', 6, 1, 1, 1), ('secret', 0, 2, 2, 2);
INSERT INTO attack_errors.note (text, size, owner, team, topic_id) VALUES ('13', 3, 1, 1, 1);
INSERT INTO attack_errors.mark (note_id) VALUES (1), (2), (NULL);
INSERT INTO attack_errors.line (org, text, size) VALUES (1, 'seen', 6), (2, 'secret', 0);

-- What a read answers: the keys of its rows, or the code of its error.
CREATE FUNCTION pg_temp.answer(resource text, filter text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	RETURN (SELECT coalesce(string_agg(r->>'id', ' ' ORDER BY r->>'id'), 'none') FROM json_array_elements(
		ash_read('attack_errors.' || resource, jsonb_build_object('actor', '{"id": 1, "team": 1}'::jsonb, 'authorize', true, 'tenant', 1, 'filter', filter::jsonb))) AS r);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN detail::jsonb->'errors'->0->>'code';
END $$;
SELECT is(pg_temp.answer('note', '{"text": {"like": "s\\"}}'), 'invalid_filter_value', 'a pattern that fails where it matches so far is refused'),
	is(pg_temp.answer('note', '{"text": {"like": "x\\"}}'), 'invalid_filter_value', 'whether or not it does'),
	is(pg_temp.answer('note', '{"text": {"ilike": "s\\\\\\"}}'), 'invalid_filter_value', 'after an escaped one, too'),
	is(pg_temp.answer('note', '{"text": {"like": "1_\\\\"}}'), 'none', 'an escaped escape is a backslash'),
	is(pg_temp.answer('line', '{"text": {"like": "s\\"}}'), 'invalid_filter_value', 'with a tenant'),
	is(pg_temp.answer('note', '{"number": 12}'), '1', 'a cast'),
	is(pg_temp.answer('note', '{"share": {"gt": 1}}'), '1 3', 'a division'),
	is(pg_temp.answer('note', '{"or": [{"share": {"gt": 100}}, {"number": 12}]}'), '1', 'one of both'),
	is(pg_temp.answer('note', '{"matches": {"input": {"pattern": "s\\"}, "eq": true}}'), 'none', 'a pattern that a calculation takes'),
	is(pg_temp.answer('line', '{"share": {"gt": 1}}'), '1', 'a division, rows of other tenants'),
	is(pg_temp.answer('topic', '{"notes": {"number": 12}}'), '1', 'along a to-many relationship'),
	is(pg_temp.answer('topic', '{"notes": {"share": {"gt": 1}, "number": 12}}'), '1', 'both about one related row'),
	is(pg_temp.answer('topic', '{"note": {"number": 12}}'), '1', 'along a to-one relationship'),
	is(pg_temp.answer('topic', '{"note": {"share": {"gt": 1}}}'), '1', 'and divided'),
	is(pg_temp.answer('topic', '{"number_sum": {"gt": 1}}'), '1', 'an aggregate sees only those rows anyway');

-- Other ways to the same rows.
CREATE FUNCTION pg_temp.of(call text, options text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	result jsonb;
BEGIN
	EXECUTE format('SELECT to_jsonb(%s)', call) INTO result USING '{"actor": {"id": 1, "team": 1}, "authorize": true}'::jsonb || options::jsonb;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	RETURN to_jsonb(SQLERRM);
END $$;
SELECT is(pg_temp.of('ash_run_action(''attack_errors.note'', ''paged'', ''{}'', $1)', '{"page": {"limit": 5, "count": true}, "filter": {"number": 12}}') #>> '{results,0,id}', '1', 'a page'),
	is(pg_temp.of('ash_run_action(''attack_errors.note'', ''paged'', ''{}'', $1)', '{"page": {"limit": 5, "filter": {"number": 12}}, "distinct": ["text"]}') #>> '{results,0,id}', '1', 'a filter of the page, distinct'),
	is(pg_temp.of('ash_run_action(''attack_errors.note'', ''paged'', ''{}'', $1)', '{"page": {"limit": 1, "filter": {"number": 12}}, "limit": 3, "sort": "share"}') #>> '{results,0,id}', '1', 'and beside a limit and an order that can fail'),
	is(pg_temp.of('ash_count(''attack_errors.note'', $1)', '{"filter": {"number": 12}}'), '1', 'a count'),
	is(pg_temp.of('ash_aggregate(''attack_errors.note'', ''{"n": {"kind": "count", "filter": {"number": 12}}, "s": {"kind": "sum", "field": "number"}}'', $1)', '{}'), '{"n": 1, "s": 25}', 'aggregates'),
	is(pg_temp.of('(SELECT count(*) FROM ash_stream(''attack_errors.note'', $1))', '{"filter": {"number": 12}}'), '1', 'a stream'),
	is(pg_temp.of('ash_read(''attack_errors.topic'', $1)', '{"sort": "id", "load": {"notes": {"filter": {"number": 12}, "sort": "share", "limit": 2, "load": ["share"], "select": ["id"]}}}') #> '{0,notes}', '[{"id": 1, "share": 2}]', 'a load'),
	is(pg_temp.of('ash_read(''attack_errors.note'', $1)', '{"filter": {"topic": {"notes": {"number": 12}}}}') #>> '{0,id}', '1', 'there and back'),
	is(pg_temp.answer('mark', '{"note": {"number": 12}}'), '1', 'along a belongs_to'),
	is(pg_temp.answer('mark', '{"or": [{"note": {"share": {"lt": 1}}}, {"note": {"number": 12}}]}'), '1', 'or one of both'),
	is(pg_temp.of('ash_run_action(''attack_errors.note'', ''walk'', ''{}'', $1)', jsonb_build_object('sort', 'share', 'page', jsonb_build_object('limit', 1, 'after',
		pg_temp.of('ash_run_action(''attack_errors.note'', ''walk'', ''{}'', $1)', '{"sort": "share", "page": {"limit": 1}}') #>> '{results,0,_keyset}'))::text)
		#>> '{results,0,id}', '3', 'the page behind a cursor of an order that can fail'),
	is(pg_temp.of('ash_bulk_update(''attack_errors.note'', ''{"size": 4}'', $1)', '{"filter": {"number": 12, "share": 2}, "return_records": true}') #>> '{records,0,size}', '4', 'a bulk update'),
	is(pg_temp.of('ash_bulk_destroy(''attack_errors.note'', ''{}'', $1)', '{"filter": {"share": {"lt": 1}}}') ->> 'status', 'success', 'a bulk destroy of nothing');

SELECT * FROM finish();
ROLLBACK;
