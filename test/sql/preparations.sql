\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(71);

-- What may a preparation tell a read, and in which order do they count?

CREATE SCHEMA app;
-- Returns its options.
CREATE FUNCTION app.say(query jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT options';
-- Returns what it is told as an error, so that a test sees it.
CREATE FUNCTION app.tell(query jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('errors', jsonb_build_array(query::text || ' ' || context::text)) $$;
CREATE FUNCTION app.by_argument(query jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object(options->>'into', query->'arguments'->'wish') $$;
CREATE FUNCTION app.reversed(records jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg(r || '{"seen": true}' ORDER BY n DESC) FROM jsonb_array_elements(records) WITH ORDINALITY AS e(r, n) $$;
CREATE FUNCTION app.marks(records jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg(r || jsonb_build_object('_metadata', jsonb_build_object('rank', n::text)) ORDER BY n) FROM jsonb_array_elements(records) WITH ORDINALITY AS e(r, n) $$;
CREATE FUNCTION app.none(records jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT '[]'::jsonb $$;
CREATE FUNCTION app.nothing(records jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT NULL::jsonb $$;
CREATE FUNCTION app.raises(query jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'not today' USING ERRCODE = 'P7777'; END $$;
CREATE FUNCTION app.echo(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('input', input, 'context', context->'context') $$;
CREATE FUNCTION app.wrong(query jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';

SELECT pg_temp.define($doc${
  "domain": "preparations",
  "types": {"short": {"type": "string", "constraints": {"max_length": 40}}},
  "resources": {
    "early": {
      "attributes": {"id": "integer_primary_key", "shown": {"type": "boolean"}},
      "actions": {"read": {"type": "read", "primary": true, "prepare": [{"before_action": {"function": "app.say", "options": {"filter": {"shown": true}}}}]}}
    },
    "late": {
      "attributes": {"id": "integer_primary_key"},
      "actions": {"read": {"type": "read", "primary": true, "prepare": [{"after_action": "app.nothing"}]}}
    },
    "author": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}, "born": {"type": "integer", "public": true}},
      "relationships": {"books": {"has_many": "book", "public": true}},
      "actions": {"defaults": ["read"], "counts": {"type": "read", "prepare": [{"build": {"select": ["name"], "sort": ["id"],
        "aggregate": {"big": {"count": "books", "filter": "size > 15"}, "longest": {"first": "books", "field": "title", "sort": ["-size"]}}}}]}}
    },
    "book": {
      "attributes": {
        "id": "integer_primary_key",
        "title": {"type": "string", "public": true}, "size": {"type": "integer", "public": true},
        "genre": {"type": "string", "public": true}, "secret": {"type": "integer"}
      },
      "relationships": {"author": {"belongs_to": "author", "public": true, "attribute_type": "integer", "attribute_public": true}},
      "calculations": {"shout": {"type": "string", "expr": "upper(title)", "public": true}},
      "validations": [{"argument_in": {"argument": "mode", "values": ["ok"]}, "on": ["read", "action"], "where": [{"present": {"attributes": ["mode"]}}]}],
      "preparations": [
        {"set_context": {"shared": "read"}},
        {"set_context": {"shared": "action"}, "on": ["action"]}
      ],
      "actions": {
        "defaults": ["read"],
        "input": {"type": "read", "arguments": {"f": {"type": "map"}, "s": {"type": "string"}}, "prepare": [{"build": {"filter_input": {"arg": "f"}, "sort_input": {"arg": "s"}}}]},
        "appended": {"type": "read", "prepare": [{"build": {"sort": ["genre"]}}, {"build": {"sort": ["-size"]}}]},
        "prepended": {"type": "read", "prepare": [{"build": {"sort": ["-size"]}}, {"build": {"sort": ["genre"], "prepend": true}}]},
        "by_default": {"type": "read", "prepare": [{"build": {"default_sort": ["-size"]}}]},
        "distinct": {"type": "read", "prepare": [{"build": {"distinct": ["genre"], "distinct_sort": ["-size"], "sort": ["title"]}}]},
        "negative": {"type": "read", "prepare": [{"build": {"limit": -3}}]},
        "overwritten": {"type": "read", "prepare": [{"build": {"limit": 1, "sort": ["id"]}}, {"build": {"limit": 2}}]},
        "selects": {"type": "read", "prepare": [{"build": {"select": ["title"]}}, {"build": {"select": ["size"]}}]},
        "ensures": {"type": "read", "prepare": [{"build": {"select": ["title"]}}, {"build": {"ensure_selected": ["secret"]}}]},
        "deselects": {"type": "read", "prepare": [{"build": {"deselect": ["title", "id", "secret", "author_id"]}}]},
        "loads": {"type": "read", "prepare": [{"build": {"select": [], "load": {"author": ["books"]}}}, {"build": {"load": {"author": {"books": ["shout"]}}}}]},
        "strict": {"type": "read", "prepare": [{"build": {"select": [], "strict_load": {"author": ["name"]}}}]},
        "fields": {"type": "read", "prepare": [{"build": {"select": [], "sort": ["id"],
          "calculate": {"doubled": {"type": "integer", "expr": "size * 2"}, "label": {"type": "short", "expr": "title || '!'"}}}}]},
        "paged": {"type": "read", "pagination": {"offset": true, "required": false, "countable": true}, "prepare": [{"build": {"page": {"limit": 2}, "sort": ["id"]}}]},
        "says": {"type": "read", "prepare": [{"function": "app.say", "options": {"filter": {"secret": {"gt": 1}}, "sort": "-secret", "limit": 2, "select": ["title"], "load": ["shout"]}}]},
        "wishes": {"type": "read", "arguments": {"wish": {"type": "map"}}, "prepare": [{"function": "app.by_argument", "options": {"into": "filter_input"}}]},
        "trusts": {"type": "read", "arguments": {"wish": {"type": "map"}}, "prepare": [{"function": "app.by_argument", "options": {"into": "filter"}}]},
        "tells": {"type": "read", "arguments": {"a": {"type": "integer", "default": 5}}, "prepare": [{"set_context": {"k": 1}}, {"function": "app.tell"}]},
        "tells_before": {"type": "read", "prepare": [{"before_action": {"function": "app.say", "options": {"limit": 1, "sort": "-size"}}}]},
        "stops": {"type": "read", "prepare": [{"function": "app.say", "options": {"errors": [{"message": "no more", "field": "f"}]}}]},
        "confused": {"type": "read", "prepare": [{"function": "app.say", "options": {"fliter": {}}}]},
        "lists": {"type": "read", "prepare": [{"function": "app.say", "options": [1]}]},
        "raises": {"type": "read", "prepare": [{"function": "app.raises"}]},
        "after": {"type": "read", "prepare": [{"build": {"sort": ["id"], "select": ["title"]}}, {"after_action": "app.reversed"}]},
        "marked": {"type": "read", "prepare": [{"build": {"select": ["title"], "sort": ["id"], "limit": 2}}, {"after_action": "app.marks"}],
          "metadata": {"rank": {"type": "integer", "allow_nil": false}, "note": {"type": "string", "default": "n"}}},
        "mismarked": {"type": "read", "prepare": [{"after_action": "app.marks"}], "metadata": {"other": {"type": "integer"}}},
        "noted": {"type": "read", "prepare": [{"build": {"select": ["title"], "sort": ["id"], "limit": 1}}], "metadata": {"note": {"type": "string", "default": "n"}}},
        "after_all": {"type": "read", "prepare": [{"after_action": "app.none"}]},
        "after_none": {"type": "read", "prepare": [{"after_action": {"function": "app.nothing"}}]},
        "one": {"type": "read", "get_by": ["id"], "prepare": [{"after_action": "app.none"}]},
        "guarded": {"type": "read", "arguments": {"few": {"type": "boolean"}}, "prepare": [
          {"build": {"sort": ["id"]}},
          {"build": {"limit": 1}, "where": [{"argument_equals": {"argument": "few", "value": true}}]}]},
        "checked": {"type": "read", "arguments": {"n": {"type": "integer"}},
          "prepare": [{"function": "app.raises", "only_when_valid": true, "where": [{"argument_equals": {"argument": "n", "value": 1}}]}],
          "validations": [{"compare": {"attribute": "n", "less_than": 10}, "message": "is too much"}]},
        "ordered": {"type": "read", "arguments": {"n": {"type": "integer"}},
          "validations": [{"compare": {"attribute": "n", "less_than": 10}, "message": "is too much"}],
          "prepare": [{"function": "app.raises", "only_when_valid": true}]},
        "moded": {"type": "read", "arguments": {"mode": {"type": "string"}}},
        "act": {"type": "action", "returns": "map", "arguments": {"n": {"type": "integer"}, "mode": {"type": "string"}}, "run": "app.echo",
          "preparations": [{"set_context": {"own": 1}}, {"function": "app.say", "options": {"arguments": {"n": 7}}}],
          "validations": [{"compare": {"attribute": "n", "less_than": 10}, "message": "is too much"}]}
      }
    }
  }
}$doc$) \gset
INSERT INTO preparations.early (shown) VALUES (true), (false);
INSERT INTO preparations.late DEFAULT VALUES;
INSERT INTO preparations.author (name, born) VALUES ('Ada', 1815), ('Grace', 1906);
INSERT INTO preparations.book (title, size, genre, secret, author_id) VALUES ('a', 10, 'x', 1, 1), ('b', 30, 'x', 2, 1), ('c', 20, 'y', 3, 2), ('d', 40, 'y', 4, NULL);

CREATE FUNCTION pg_temp.titles(action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(r->>'title', ' '), '') FROM json_array_elements(ash_run_action('preparations.book', action, input, options)) AS r
$$;
CREATE FUNCTION pg_temp.run(action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_run_action('preparations.book', action, input, options)::jsonb
$$;
CREATE FUNCTION pg_temp.refused(action text, input text DEFAULT '{}', options text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_run_action(%L, %L, %L, %L)', 'preparations.book', action, input, options))
$$;

-- build: conditions and orders
SELECT is(pg_temp.titles('input', '{"f": {"size": {"gt": 15}}, "s": "-title"}'), 'd c b', 'filter_input and sort_input take an argument'),
	is(pg_temp.titles('input', '{"s": "title"}'), 'a b c d', 'an argument that is absent filters nothing'),
	is(pg_temp.refused('input', '{"f": {"secret": 1}}'), E'22023 invalid\nno_such_field secret ["filter"]: No such field secret for resource preparations.book', 'filter_input knows public fields only'),
	is(pg_temp.refused('input', '{"s": "secret"}'), E'22023 invalid\nno_such_field secret ["sort"]: No such field secret for resource preparations.book', 'sort_input knows public fields only'),
	is(pg_temp.titles('appended'), 'b a d c', 'a sort is appended'),
	is(pg_temp.titles('appended', options => '{"sort": "title"}'), 'b a d c', 'the caller''s sort comes after it'),
	is(pg_temp.titles('appended'), 'b a d c', 'and does not stay there'),
	is(pg_temp.titles('prepended'), 'b a d c', 'or goes before what is there'),
	is(pg_temp.titles('by_default'), 'd b c a', 'default_sort sorts'),
	is(pg_temp.titles('by_default', options => '{"sort": "title"}'), 'a b c d', 'unless something else does'),
	is(pg_temp.titles('distinct'), 'b d', 'distinct_sort says which row is kept, sort in which order they come'),
	is(pg_temp.titles('negative'), '', 'a limit below zero is zero'),
	is(pg_temp.titles('overwritten'), 'a b', 'limits overwrite each other'),
	is(pg_temp.titles('overwritten', options => '{"limit": 3}'), 'a b c', 'and the caller''s does too');

-- build: what is shown
SELECT is(pg_temp.run('selects', options => '{"limit": 1, "sort": "id"}'), '[{"id": 1, "title": "a", "size": 10}]', 'the first select narrows, others add'),
	is(pg_temp.run('ensures', options => '{"limit": 1, "sort": "id"}'), '[{"id": 1, "title": "a", "secret": 1}]', 'ensure_selected adds'),
	is(pg_temp.run('deselects', options => '{"limit": 1, "sort": "id"}'), '[{"id": 1, "size": 10, "genre": "x"}]', 'deselect removes, but never the key'),
	is(pg_temp.run('loads', options => '{"filter": {"id": 3}}')->0->'author'->'books'->0->>'shout', 'C', 'loads of one relationship are merged'),
	is(pg_temp.run('loads', options => '{"filter": {"id": 3}, "load": {"author": {"books": "author"}}}')->0->'author'->'books'->0->'author'->>'name', 'Grace', 'also with the caller''s'),
	is(pg_temp.run('loads', options => '{"filter": {"id": 3}, "load": {"author": {"books": "author"}}}')->0->'author'->'books'->0->>'shout', 'C', 'and nothing is lost'),
	is(pg_temp.run('strict', options => '{"filter": {"id": 1}}'), '[{"id": 1, "author": {"id": 1, "name": "Ada"}}]', 'strict_load gives the fields it names'),
	is(pg_temp.run('fields', options => '{"limit": 1}'), '[{"id": 1, "label": "a!", "doubled": 20}]', 'calculations of one query'),
	is(ash_read('preparations.author', '{"action": "counts"}')::jsonb, '[{"id": 1, "big": 1, "name": "Ada", "longest": "b"}, {"id": 2, "big": 1, "name": "Grace", "longest": "c"}]', 'aggregates of one query'),
	is(pg_temp.run('paged')->>'more', 'true', 'a page of the action'),
	is(jsonb_array_length(pg_temp.run('paged', options => '{"page": {"limit": 3}}')->'results'), 3, 'the caller''s page counts');

-- functions
SELECT is(pg_temp.run('says'), '[{"id": 4, "title": "d", "shout": "D"}, {"id": 3, "title": "c", "shout": "C"}]', 'a function says all of it, private fields too'),
	is(pg_temp.titles('wishes', '{"wish": {"size": 10}}'), 'a', 'filter_input of a function'),
	is(pg_temp.refused('wishes', '{"wish": {"secret": 1}}'), E'22023 invalid\nno_such_field secret ["filter"]: No such field secret for resource preparations.book', '… knows public fields only'),
	is(pg_temp.titles('trusts', '{"wish": {"secret": 1}}'), 'a', 'its filter all of them'),
	matches(pg_temp.refused('tells', '{}', '{"filter": {"size": 1}, "limit": 3, "tenant": "t"}'), '"arguments": \{"a": 5\}', 'it is told the arguments'),
	matches(pg_temp.refused('tells', '{}', '{"filter": {"size": 1}, "limit": 3}'), '"filter": \{"size": 1\}', 'the filter'),
	matches(pg_temp.refused('tells', '{}', '{"limit": 3}'), '"limit": 3', 'the limit'),
	matches(pg_temp.refused('tells', '{}', '{"tenant": "t"}'), '"tenant": "t"', 'and who asks'),
	matches(pg_temp.refused('tells'), '"k": 1, "shared": "read"|"shared": "read", "k": 1', 'the context holds what was put into it'),
	is(pg_temp.titles('tells_before'), 'd', 'before_action changes the query'),
	is(ash_count('preparations.book', '{"action": "tells_before"}'), 1::bigint, 'also of a count'),
	is(pg_temp.refused('stops'), E'22023 invalid\ninvalid_attribute f: no more', 'errors of a function'),
	matches(pg_temp.refused('confused'), 'function app.say returned the unknown key "fliter"', 'a key it cannot return'),
	matches(pg_temp.refused('lists'), 'function app.say returned something else than an object', 'no object'),
	is(pg_temp.refused('raises'), 'P7777: not today', 'what it raises passes');

-- after_action
SELECT is(pg_temp.run('after', options => '{"limit": 2}'), '[{"id": 2, "seen": true, "title": "b"}, {"id": 1, "seen": true, "title": "a"}]', 'after_action gives the records it returns'),
	is(pg_temp.run('after_all'), '[]', 'or none'),
	is(jsonb_array_length(pg_temp.run('after_none')), 4, 'null leaves them as they are'),
	is(pg_temp.run('one', '{"id": 1}'), 'null', 'a get whose record is taken away'),
	is(pg_temp.run('marked'), '[{"id": 1, "title": "a", "_metadata": {"note": "n", "rank": 1}}, {"id": 2, "title": "b", "_metadata": {"note": "n", "rank": 2}}]', 'metadata that it says of a record'),
	matches(pg_temp.refused('mismarked'), 'function app.marks set the unknown metadata "rank"', '… must be declared'),
	is(pg_temp.run('noted'), '[{"id": 1, "title": "a", "_metadata": {"note": "n"}}]', 'without a function its defaults'),
	matches(pg_temp.caught($$SELECT ash_read('preparations.author', '{"load": {"books": {"action": "after"}}}')$$)->>'message', 'books cannot be loaded with action after', 'a load cannot give its records to a function');

CREATE FUNCTION pg_temp.got(key jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT jsonb_agg(ash_get('preparations.early', key, '{"not_found_error": false}')) FROM generate_series(1, 2)
$$;
SELECT is(ash_load('preparations.early', '[1]', '[]')::jsonb, '[{"id": 1, "shown": true}]', 'a load by key runs before_action'),
	is(pg_temp.errors($$SELECT ash_load('preparations.early', '[2]', '[]')$$), E'22023 invalid\nnot_found: record with id: 2 not found', '… whose filter counts'),
	is(pg_temp.got('1'), '[{"id": 1, "shown": true}, {"id": 1, "shown": true}]', 'so does a get by key'), is(pg_temp.got('2'), '[null, null]', '… whose filter counts'),
	matches(pg_temp.errors($$SELECT ash_load('preparations.late', '[1]', '[]')$$), 'records of preparations.late cannot be loaded again: action read gives them to a function', 'and cannot leave out after_action');

-- guards, validations, generic actions
SELECT is(pg_temp.titles('guarded', '{"few": true}'), 'a', 'where lets it run'),
	is(pg_temp.titles('guarded', '{}'), 'a b c d', 'or not'),
	is(pg_temp.refused('checked', '{"n": 11}'), E'22023 invalid\ninvalid_attribute n: is too much', 'validations of a read'),
	is(pg_temp.refused('checked', '{"n": 1}'), 'P7777: not today', 'they run in the order of the keys'),
	is(pg_temp.refused('ordered', '{"n": 11}'), E'22023 invalid\ninvalid_attribute n: is too much', 'only_when_valid'),
	is(pg_temp.run('act', '{"n": 3}'), '{"input": {"n": 7}, "context": {"own": 1, "shared": "action"}}', 'preparations of a generic action'),
	matches(pg_temp.refused('act', '{"mode": "bad"}'), 'invalid_\w+ mode', 'validations of the resource, on actions');

-- what a definition may not say
CREATE FUNCTION pg_temp.faults(prepare text, type text DEFAULT 'read') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.caught(format('SELECT ash_define(%L)', format('{"domain": "faulty", "resources": {"r": {"attributes": {"id": "integer_primary_key"},
		"actions": {"a": {"type": "%s", "prepare": [%s]}}}}}', type, prepare)))::text
$$;
SELECT matches(pg_temp.faults('{"function": "app.wrong"}'), 'function app.wrong\(jsonb, jsonb, jsonb\) does not exist', 'a function of another signature'),
	matches(pg_temp.faults('{"build": {"load": ["nope"]}}'), 'has no field .*nope.* to load', 'an unknown load'),
	matches(pg_temp.faults('{"build": {"limit": 1}}', 'action'), 'prepares reads only', 'build on a generic action'),
	matches(pg_temp.faults('{"build": {"filter_input": {"arg": "nope"}}}'), 'no such argument', 'an unknown argument'),
	matches(pg_temp.faults('{"build": {"page": {"limit": 5}}}'), 'has no pagination', 'a page without pagination'),
	matches(pg_temp.faults('{"build": {"page": {"lmit": 5}}}], "pagination": {"offset": true}, "validations": ['), 'is not a valid page option', 'a page that is none'),
	matches(pg_temp.faults('{"build": {"limit": 1}, "on": ["read"]}'), 'only preparations of a resource choose action types', 'on, of an action'),
	matches(pg_temp.faults('{"build": {"calculate": {"id": {"type": "integer", "expr": "id"}}}}'), 'has a field .*id.* already', 'a field that is there'),
	matches(pg_temp.faults('{"build": {"calculate": {"x": {"type": "integer", "expr": "nope"}}}}'), 'has no field .*nope', 'an expression that is wrong'),
	matches(pg_temp.faults('{"before_action": "app.wrong"}'), 'does not exist', 'a hook of another signature');

SELECT is((SELECT string_agg(name, ' ' ORDER BY action, position) FROM ash.preparation WHERE resource = 'preparations.book' AND action IN ('after', 'tells_before')),
	'build after_action before_action', 'the catalog names them');
SELECT * FROM finish();
ROLLBACK;
