\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(41);

-- May a keyset be used by another actor or tenant than the one it was given to, and can he learn a value from it that he may not see?

SELECT pg_temp.define($doc${
  "domain": "keyset_scope", "default_page_type": "keyset",
  "resources": {
    "staff": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "own": {"type": "integer", "public": true},
        "salary": {"type": "integer", "allow_nil": false, "public": true}, "code": {"type": "string", "allow_nil": false, "public": true}},
      "identities": {"code": ["code"]},
      "relationships": {"boss": {"belongs_to": "keyset_scope.staff", "attribute_type": "integer", "public": true}, "notes": {"has_many": "keyset_scope.note", "public": true}},
      "aggregates": {"note_count": {"count": "notes", "public": true}},
      "calculations": {"raised": {"type": "integer", "arguments": {"by": {"type": "integer"}}, "expr": "own + arg.by", "public": true}, "for_actor": {"type": "integer", "expr": "own * actor.factor", "public": true}},
      "field_policies": [{"fields": ["salary", "code"], "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "role", "value": "admin"}}}, {"authorize_if": {"expr": "own = actor.id"}}]}, {"fields": "*", "checks": [{"authorize_if": "always"}]}],
      "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}],
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false, "countable": true}},
        "by_salary": {"type": "read", "prepare": [{"build": {"sort": ["salary"]}}], "pagination": {"keyset": true, "required": false}}}
    },
    "note": {
      "attributes": {"id": "integer_primary_key", "body": {"type": "string", "public": true}, "writer": {"type": "integer", "public": true}},
      "relationships": {"staff": {"belongs_to": "keyset_scope.staff", "attribute_type": "integer", "public": true}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "writer = actor.id"}}]}],
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}}}
    },
    "item": {
      "attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}, "org": {"type": "integer", "allow_nil": false}},
      "multitenancy": {"attribute": "org", "global": true},
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}},
        "everywhere": {"type": "read", "multitenancy": "bypass", "pagination": {"keyset": true, "required": false}}}
    }
  }
}$doc$) \gset
INSERT INTO keyset_scope.staff (name, own, salary, code, boss_id) VALUES ('a', 1, 111, 'mine-1', 2), ('b', 2, 777, 'pin-7777', 3), ('c', 2, 600, 'pin-6000', 1), ('d', 3, 5, 'pin-5555', 2), ('e', 2, 700, 'pin-7000', 2);
INSERT INTO keyset_scope.note (body, writer, staff_id) SELECT 'note ' || i, 1 + i % 2, 1 + i % 5 FROM generate_series(1, 12) AS i;
INSERT INTO keyset_scope.item (n, org) SELECT i / 2, 1 + i % 2 FROM generate_series(1, 12) AS i;

CREATE FUNCTION pg_temp.act(actor jsonb) RETURNS void LANGUAGE sql AS $$ SELECT set_config('ash.actor', actor::text, true) $$;
CREATE FUNCTION pg_temp.options(sort jsonb, page jsonb, more jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('sort', sort, 'page', page) || more $$;
-- The keyset of the first row of a read.
CREATE FUNCTION pg_temp.keyset(resource text, sort jsonb, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ash_read(resource, pg_temp.options(sort, '{"limit": 1}', more)) #>> '{results,0,_keyset}'
$$;
-- What a keyset gives: ids, or the error's code and hint.
CREATE FUNCTION pg_temp.after(resource text, sort jsonb, keyset text, more jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	RETURN (SELECT string_agg(r ->> 'id', ' ') FROM json_array_elements(ash_read(resource, pg_temp.options(sort, jsonb_build_object('limit', 100, 'after', keyset), more)) -> 'results') AS r);
EXCEPTION WHEN invalid_parameter_value THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat(SQLERRM = 'Invalid value provided as a keyset: "' || keyset || '"', ' ', hint);
END $$;
\set refused '''t It is a keyset of another read. Use it with the resource, sort and tenant that it was made with, and for an actor who sees the same fields.'''
-- All ids by pages of one: forward, and backward from the end.
CREATE FUNCTION pg_temp.walk(sort text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	page json := ash_read('keyset_scope.staff', pg_temp.options(to_jsonb(sort), '{"limit": 2}', '{}'));
	ids text := '';
	pages int := 0;
BEGIN
	LOOP
		ids := ids || (SELECT string_agg(r ->> 'id', '' ORDER BY o) FROM json_array_elements(page -> 'results') WITH ORDINALITY AS rows (r, o));
		EXIT WHEN page ->> 'more' = 'false' OR pages > 9;
		pages := pages + 1;
		page := ash_page('keyset_scope.staff', page::jsonb, 'next', pg_temp.options(to_jsonb(sort), '{"limit": 2}', '{}'));
	END LOOP;
	ids := ids || '/';
	page := ash_read('keyset_scope.staff', pg_temp.options(to_jsonb(sort), jsonb_build_object('limit', 100, 'before', page #>> '{results,-1,_keyset}'), '{}'));
	RETURN ids || (SELECT string_agg(r ->> 'id', '' ORDER BY o) FROM json_array_elements(page -> 'results') WITH ORDINALITY AS rows (r, o));
END $$;

-- A masked field is null in the order: those who see it come first, and nobody is left out or comes twice.
SELECT pg_temp.act('{"id": 2}') \gset
SELECT is(pg_temp.walk('salary'), '35214/3521', 'a field that is never null but masked'), is(pg_temp.walk('-salary'), '14253/1425', 'descending'), is(pg_temp.walk('salary,id'), '35214/3521', 'with the key'),
	is(pg_temp.walk('code'), '35214/3521', 'a masked identity'), is(pg_temp.walk('--code'), '25314/2531', 'its nulls at the end');
SELECT is((SELECT string_agg(r ->> 'id', '' ORDER BY o) FROM ash_stream('keyset_scope.staff', '{"batch_size": 1, "sort": "code"}') WITH ORDINALITY AS rows (r, o)), '35214', 'a stream');
SELECT pg_temp.act('{"id": 9}') \gset
SELECT is(pg_temp.walk('code'), '12345/1234', 'masked everywhere'), is(pg_temp.walk('-salary'), '12345/1234', 'descending');
SELECT pg_temp.act('{"role": "admin"}') \gset
SELECT is(pg_temp.walk('code'), '14352/1435', 'masked nowhere'), is(pg_temp.walk('salary'), '41352/4135', 'a field that is never null');

-- Where the sort means something else, the keyset has no meaning.
SELECT pg_temp.act('{"id": 2}') \gset
SELECT pg_temp.keyset('keyset_scope.staff', '"code"') AS code, pg_temp.keyset('keyset_scope.staff', '"-boss.salary"') AS boss, pg_temp.keyset('keyset_scope.staff', '"note_count"') AS notes,
	pg_temp.keyset('keyset_scope.staff', '"for_actor"') AS factor, pg_temp.keyset('keyset_scope.staff', '[{"field": "raised", "args": {"by": 5}}]') AS raised, pg_temp.keyset('keyset_scope.staff', '"name"') AS name \gset
SELECT is(pg_temp.after('keyset_scope.staff', '"code"', :'code'), '5 2 1 4', 'one''s own'), is(pg_temp.after('keyset_scope.staff', '[{"field": "raised", "args": {"by": 5}}]', :'raised'), '2 3 5 4', 'and with arguments'),
	is(pg_temp.after('keyset_scope.staff', '[{"field": "raised", "args": {"by": 6}}]', :'raised'), :refused, 'with others'), is(pg_temp.after('keyset_scope.staff', '"salary"', :'code'), :refused, 'another sort'),
	is(pg_temp.after('keyset_scope.staff', '"-code"', :'code'), :refused, 'another direction'), is(pg_temp.after('keyset_scope.note', '"id"', pg_temp.keyset('keyset_scope.staff', '"id"')), :refused, 'another resource');
SELECT is(pg_temp.after('keyset_scope.staff', '"id,own"', pg_temp.keyset('keyset_scope.staff', '"own,id"')), :refused, 'the same fields in another order'),
	is(pg_temp.after('keyset_scope.staff', '"boss.own,id"', pg_temp.keyset('keyset_scope.staff', '"own,id"')), :refused, 'the field behind a relationship');
SELECT pg_temp.act('{"id": 1, "factor": 3}') \gset
SELECT is(pg_temp.after('keyset_scope.staff', '"code"', :'code'), :refused, 'of a field that another actor sees'), is(pg_temp.after('keyset_scope.staff', '"-boss.salary"', :'boss'), :refused, 'behind a relationship'),
	is(pg_temp.after('keyset_scope.staff', '"note_count"', :'notes'), :refused, 'of rows that another actor sees'), is(pg_temp.after('keyset_scope.staff', '"for_actor"', :'factor'), :refused, 'of what an actor makes of it'),
	is(pg_temp.after('keyset_scope.staff', '"name"', :'name'), '2 3 4 5', 'of what both see');
SELECT is(pg_temp.after('keyset_scope.staff', '"code"', :'code', '{"authorize": false}'), :refused, 'without authorization');

-- The same for two who see the same.
SELECT pg_temp.act('{"id": 7, "role": "admin"}') \gset
SELECT pg_temp.keyset('keyset_scope.staff', '"code"') AS admins \gset
SELECT pg_temp.act('{"id": 8, "role": "admin"}') \gset
SELECT is(pg_temp.after('keyset_scope.staff', '"code"', :'admins'), '4 3 5 2', 'two administrators');

-- Policies over rows: the keyset is a place, the rows behind it are the reader's own.
SELECT pg_temp.act('{"id": 2}') \gset
SELECT pg_temp.keyset('keyset_scope.note', '"id"') AS note, pg_temp.keyset('keyset_scope.note', '"id"', '{"filter": {"id": {"gt": 2}}}') AS third \gset
SELECT is(pg_temp.after('keyset_scope.note', '"id"', :'note'), '3 5 7 9 11', 'one''s own rows'), is(pg_temp.after('keyset_scope.note', '"id"', :'third'), '5 7 9 11', 'from a place within');
SELECT pg_temp.act('{"id": 1}') \gset
SELECT is(pg_temp.after('keyset_scope.note', '"id"', :'third'), '4 6 8 10 12', 'another actor''s rows behind the same place');

-- Related rows, by pages of their own.
SELECT pg_temp.act('{"id": 2}') \gset
CREATE FUNCTION pg_temp.notes(page jsonb) RETURNS json LANGUAGE sql AS $$
	SELECT ash_get('keyset_scope.staff', '2', jsonb_build_object('select', '[]'::jsonb, 'load', jsonb_build_object('notes', jsonb_build_object('sort', 'staff.code,id', 'select', '[]'::jsonb, 'page', page)))) -> 'notes'
$$;
SELECT pg_temp.notes('{"limit": 1}') #>> '{results,0,_keyset}' AS nested \gset
SELECT is(pg_temp.notes(jsonb_build_object('limit', 9, 'after', :'nested')) #>> '{results,0,id}', '11', 'a keyset of a related page');
SELECT pg_temp.act('{"id": 1}') \gset
SELECT matches(pg_temp.errors(format('SELECT pg_temp.notes(%L)', jsonb_build_object('limit', 9, 'after', :'nested'))), 'invalid_keyset \["load", "notes"\]', 'used by another actor');

-- Tenants.
SELECT set_config('ash.tenant', '1', true) IS NULL AS ignored \gset
SELECT pg_temp.keyset('keyset_scope.item', '"n"') AS one, pg_temp.keyset('keyset_scope.item', '"n"', '{"tenant": null}') AS none \gset
SELECT is(pg_temp.after('keyset_scope.item', '"n"', :'one'), '4 6 8 10 12', 'a tenant''s own'), is(pg_temp.after('keyset_scope.item', '"n"', :'one', '{"tenant": "1"}'), '4 6 8 10 12', 'spelled otherwise');
SELECT is(pg_temp.after('keyset_scope.item', '"n"', :'one', '{"tenant": 2}'), :refused, 'of another tenant');
SELECT set_config('ash.tenant', '', true) IS NULL AS ignored \gset
SELECT is(pg_temp.after('keyset_scope.item', '"n"', :'one'), :refused, 'without a tenant');
SELECT pg_temp.keyset('keyset_scope.item', '"n"') AS none,
	(SELECT ash_read('keyset_scope.item', '{"action": "everywhere", "sort": "n", "page": {"limit": 1}, "tenant": 1}') #>> '{results,0,_keyset}') AS everywhere \gset
SELECT is(pg_temp.after('keyset_scope.item', '"n"', :'none', '{"tenant": 1}'), :refused, 'of no tenant');
SELECT is(json_array_length(ash_read('keyset_scope.item', jsonb_build_object('action', 'everywhere', 'sort', 'n', 'tenant', 2, 'page', jsonb_build_object('limit', 100, 'after', :'everywhere'))) -> 'results'), 11, 'of an action that has no tenants');
SELECT is(pg_temp.after('keyset_scope.item', '"n"', :'everywhere'), '2 3 4 5 6 7 8 9 10 11 12', 'and of no tenant is the same');

-- No value can be read in it.
SELECT pg_temp.act('{"role": "admin"}') \gset
CREATE FUNCTION pg_temp.bytes(keyset text) RETURNS text LANGUAGE sql AS $$ SELECT encode(decode(rpad(translate(keyset, '-_', '+/'), (length(keyset) + 3) / 4 * 4, '='), 'base64'), 'escape') $$;
SELECT is(pg_temp.bytes(pg_temp.keyset('keyset_scope.staff', '"code"')) ~ 'mine|pin', false, 'the value is not in the keyset'),
	is((SELECT count(DISTINCT left(r ->> '_keyset', 20))::int FROM json_array_elements(ash_read('keyset_scope.staff', '{"sort": "own,id", "page": {"limit": 9}}') -> 'results') AS r), 5, 'nor do keysets of neighbours look alike');

-- The order of a definition is its own affair: it may go by what the caller does not see, and a keyset goes on in it.
SELECT pg_temp.act('{"id": 9}') \gset
SELECT ash_read('keyset_scope.staff', '{"action": "by_salary", "page": {"limit": 2}}') #>> '{results,1,_keyset}' AS trusted \gset
SELECT is((SELECT string_agg(r ->> 'id', '') FROM json_array_elements(ash_read('keyset_scope.staff', jsonb_build_object('action', 'by_salary', 'page', jsonb_build_object('limit', 9, 'after', :'trusted'))) -> 'results') AS r), '352', 'a definition''s own sort'),
	is(pg_temp.after('keyset_scope.staff', '"salary"', :'trusted'), :refused, 'is not the caller''s sort by the same field');

SELECT * FROM finish();
ROLLBACK;
