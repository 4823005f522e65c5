\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(67);

-- Is a calculation by a function over a batch called once for all records, with what it needs, and never elsewhere?

CREATE SCHEMA app;
CREATE TABLE app.calls (n int, records jsonb, arguments jsonb, context jsonb);
-- Writes down how it was called; gives "first last" of each.
CREATE FUNCTION app.full_name(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO app.calls VALUES (jsonb_array_length(records), records, arguments, context);
	RETURN (SELECT jsonb_agg(concat_ws(coalesce(arguments->>'separator', ' '), r->>'first', r->>'last') ORDER BY n)
		FROM jsonb_array_elements(records) WITH ORDINALITY AS e(r, n));
END $$;
CREATE FUNCTION app.posts(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg((SELECT coalesce(jsonb_agg(p->'text'), '[]') FROM jsonb_array_elements(r->'posts') AS p) ORDER BY n)
	FROM jsonb_array_elements(records) WITH ORDINALITY AS e(r, n) $$;
CREATE FUNCTION app.summary(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg(concat(r->>'full_name', ': ', r->>'post_count', ' ', r->>'shout') ORDER BY n)
	FROM jsonb_array_elements(records) WITH ORDINALITY AS e(r, n) $$;
CREATE FUNCTION app.too_few(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT '[1]'::jsonb $$;
CREATE FUNCTION app.no_list(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"a": 1}'::jsonb $$;
CREATE FUNCTION app.words(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg('word'::text) FROM jsonb_array_elements(records) $$;
CREATE FUNCTION app.nulls(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg(NULL::int) FROM jsonb_array_elements(records) $$;
CREATE FUNCTION app.peek(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_agg(r->'never') FROM jsonb_array_elements(records) AS r $$;
CREATE FUNCTION app.raises(records jsonb, arguments jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'not today' USING ERRCODE = 'P7777'; END $$;

SELECT pg_temp.define($doc${
  "domain": "batch",
  "authorization": {"actor": "batch.author"},
  "resources": {
    "author": {
      "attributes": {"id": "integer_primary_key", "first": {"type": "string", "public": true}, "last": {"type": "string", "public": true},
        "secret": {"type": "string", "public": true}, "never": {"type": "string", "public": true, "default": "n"}},
      "relationships": {"posts": {"has_many": "post", "public": true, "sort": ["id"]}},
      "aggregates": {"post_count": {"count": "posts", "public": true}},
      "calculations": {
        "full_name": {"type": "string", "batch_function": "app.full_name", "load": ["first", "last"], "public": true,
          "arguments": {"separator": {"type": "string", "constraints": {"trim": false, "allow_empty": true}, "default": " "}}},
        "both": {"type": "string", "batch_function": "app.full_name", "load": ["first", "last"], "expr": "first || ' ' || last", "public": true},
        "shout": {"type": "string", "expr": "upper(full_name) || '!'", "public": true},
        "louder": {"type": "string", "expr": "shout || full_name(separator => '-') || first", "public": true},
        "post_texts": {"type": "string[]", "batch_function": "app.posts", "load": {"posts": ["text"]}, "public": true},
        "summary": {"type": "string", "batch_function": "app.summary", "load": ["full_name", "shout", "post_count"], "public": true},
        "too_few": {"type": "integer", "batch_function": "app.too_few", "public": true},
        "no_list": {"type": "integer", "batch_function": "app.no_list", "public": true},
        "words": {"type": "integer", "batch_function": "app.words", "public": true},
        "nulls": {"type": "integer", "batch_function": "app.nulls", "public": true},
        "raises": {"type": "integer", "batch_function": "app.raises", "public": true},
        "endless": {"type": "string", "batch_function": "app.words", "load": {"posts": {"author": ["endless"]}}, "public": true},
        "masked": {"type": "string", "batch_function": "app.full_name", "load": ["first", "secret"], "public": true},
        "peek": {"type": "string", "batch_function": "app.peek", "load": ["never"], "public": true},
        "shouted": {"type": "string", "expr": "'<' || peek || never || '>'", "public": true},
        "joined": {"type": "string", "concat": {"keys": ["first", "last", "id"], "separator": "\\'"}, "public": true},
        "wordy": {"type": "string", "function": "app.wordy", "public": true}
      },
      "actions": {"defaults": ["read", "destroy", {"create": ["first", "last"]}, {"update": ["first"]}],
        "paged": {"type": "read", "pagination": {"keyset": true, "required": false}}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}],
      "field_policies": [
        {"fields": ["never"], "checks": [{"forbid_if": "always"}]},
        {"fields": ["secret", "masked"], "checks": [{"authorize_if": {"expr": "id = actor.id"}}]},
        {"fields": "*", "checks": [{"authorize_if": "always"}]}]
    },
    "post": {
      "attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true}, "hidden": {"type": "boolean", "default": false}},
      "relationships": {"author": {"belongs_to": "author", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "not hidden"}}]}]
    }
  }
}$doc$) \gset
INSERT INTO batch.author (first, last, secret) VALUES ('Ada', 'Lovelace', 's1'), ('Grace', 'Hopper', 's2'), (NULL, 'Nobody', 's3');
INSERT INTO batch.post (text, hidden, author_id) VALUES ('aaa', true, 1), ('bbb', false, 1), ('ccc', false, 2);
CREATE FUNCTION app.wordy(batch.author) RETURNS text LANGUAGE sql AS $$ SELECT 'wordy ' || ($1).first $$;

CREATE FUNCTION pg_temp.values_of(load jsonb, field text, options jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(coalesce(r->>field, 'null'), ', ')
	FROM json_array_elements(ash_read('batch.author', jsonb_build_object('actor', 1, 'sort', 'id', 'load', load) || options)) AS r
$$;
CREATE FUNCTION pg_temp.refused(options text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.errors(format('SELECT ash_read(%L, %L)', 'batch.author', options::jsonb || '{"actor": 1}'))
$$;

-- What it gives, and how it is called
SELECT is(pg_temp.values_of('"full_name"', 'full_name'), 'Ada Lovelace, Grace Hopper, Nobody', 'a value for each record');
SELECT is((SELECT string_agg(n::text, ' ') FROM app.calls), '3', 'one call for all records'),
	is((SELECT records->0 FROM app.calls), '{"id": 1, "first": "Ada", "last": "Lovelace"}', 'a record has its key and what "load" names'),
	is((SELECT arguments FROM app.calls), '{"separator": " "}', 'the arguments, defaults filled in'),
	is((SELECT context - 'actor' FROM app.calls), '{"tenant": null, "context": {}, "resource": "batch.author", "authorize": true, "calculation": "full_name"}', 'the context'),
	is((SELECT context #>> '{actor,first}' FROM app.calls), 'Ada', 'and who asks');
TRUNCATE app.calls;
SELECT is(pg_temp.values_of('{"full_name": {"separator": "-"}}', 'full_name'), 'Ada-Lovelace, Grace-Hopper, Nobody', 'arguments of the load'),
	is(pg_temp.values_of('"full_name"', 'full_name', '{"select": [], "limit": 1, "sort": "-id"}'), 'Nobody', 'nothing selected, a page');
SELECT is((SELECT n FROM app.calls WHERE arguments->>'separator' = ' '), 1, 'only the records of the page'),
	is(pg_temp.values_of('"full_name"', 'full_name', '{"filter": {"id": 99}}'), NULL, 'no record');
SELECT is((SELECT count(*) FROM app.calls), 2::bigint, '… no call');

-- Dependencies
SELECT is(pg_temp.values_of('"post_texts"', 'post_texts'), '["aaa","bbb"], ["ccc"], []', 'policies of related rows do not hide what it needs'),
	is(pg_temp.values_of('["post_texts", {"posts": ["author"]}]', 'post_texts'), '["aaa","bbb"], ["ccc"], []', 'beside a load of the same rows'),
	is(ash_read('batch.author', '{"actor": 1, "filter": {"id": 1}, "select": [], "load": ["post_texts", {"posts": {"select": ["text"]}}]}')::jsonb,
		'[{"id": 1, "posts": [{"id": 2, "text": "bbb"}], "post_texts": ["aaa", "bbb"]}]', '… which stays narrowed'),
	is(pg_temp.values_of('"summary"', 'summary'), 'Ada Lovelace: 1 ADA LOVELACE!, Grace Hopper: 1 GRACE HOPPER!, Nobody: 0 NOBODY!', 'calculations and aggregates, which keep their policies'),
	is(pg_temp.values_of('"masked"', 'masked'), 'Ada, null, null', 'a field policy masks the result');
SELECT is((SELECT records->1->>'secret' FROM app.calls WHERE context->>'calculation' = 'masked'), 's2', '… and not what it needs'),
	is(pg_temp.values_of('"shout"', 'shout'), 'ADA LOVELACE!, GRACE HOPPER!, NOBODY!', 'an expression over it');
TRUNCATE app.calls;
SELECT is(pg_temp.values_of('["shout", "full_name", "louder"]', 'louder'), 'ADA LOVELACE!Ada-LovelaceAda, GRACE HOPPER!Grace-HopperGrace, null', 'expressions over expressions over it');
SELECT is((SELECT count(*) FROM app.calls), 2::bigint, 'each calculation with its arguments once');

TRUNCATE app.calls;
SELECT is(pg_temp.values_of('["summary", "full_name", "shout"]', 'summary'), 'Ada Lovelace: 1 ADA LOVELACE!, Grace Hopper: 1 GRACE HOPPER!, Nobody: 0 NOBODY!', 'one that others need as well');
SELECT is((SELECT string_agg(n::text, ' ') FROM app.calls), '3', '… once');
SELECT is(pg_temp.values_of('["peek", "shouted"]', 'peek', '{"limit": 1}'), 'n', 'what a field policy never shows is there for it'),
	is(pg_temp.values_of('["peek", "shouted"]', 'shouted', '{"limit": 1}'), '<nn>', '… and for an expression over it'),
	is(pg_temp.values_of('["peek", "shouted"]', 'never', '{"limit": 1}'), 'null', '… and for nobody else');

-- Wherever records come from
TRUNCATE app.calls;
SELECT is((SELECT string_agg(r->'author'->>'full_name', ', ') FROM json_array_elements(ash_read('batch.post', '{"actor": 1, "sort": "id", "load": {"author": "full_name"}}')) AS r),
	'Ada Lovelace, Grace Hopper', 'related records');
SELECT is((SELECT string_agg(n::text, ' ') FROM app.calls), '2', '… of all parents in one call'),
	is(ash_create('batch.author', '{"first": "New", "last": "One"}', '{"actor": 1, "load": ["full_name", "shout"]}')->>'shout', 'NEW ONE!', 'a record just written'),
	is(ash_destroy('batch.author', '4', '{}', '{"actor": 1, "return_destroyed": true, "load": ["full_name"]}')->>'full_name', 'New One', 'a record that is destroyed'),
	is(ash_load('batch.author', '[1, 2]', '["full_name"]', '{"actor": 1}')::jsonb #>> '{1,full_name}', 'Grace Hopper', 'records of ash_load'),
	is(ash_get('batch.author', '1', '{"actor": 1, "load": "full_name"}')->>'full_name', 'Ada Lovelace', 'one record'),
	is((SELECT string_agg(s->>'full_name', ', ') FROM ash_stream('batch.author', '{"action": "paged", "batch_size": 2, "actor": 1, "sort": "id", "load": "full_name"}') AS s),
		'Ada Lovelace, Grace Hopper, Nobody', 'a stream'),
	is(ash_calculate('batch.author', 'full_name', '{"separator": "+"}', '{"refs": {"first": "X", "last": "Y"}}')::text, '"X+Y"', 'ash_calculate over refs'),
	is(ash_calculate('batch.author', 'shout', '{}', '{"refs": {"first": "X", "last": "Y"}}')::text, '"X Y!"', '… of an expression over it'),
	is(ash_calculate('batch.author', 'post_texts', '{}', '{"actor": 1, "record": 1}')::jsonb, '["aaa", "bbb"]', 'ash_calculate of a record'),
	is(pg_temp.errors($$SELECT ash_calculate('batch.author', 'post_texts', '{}', '{"refs": {"first": "X"}}')$$),
		E'22023 invalid\ncalculation_requires_primary_key: Primary key is required for batch.author.post_texts, because it uses other rows', '… which it needs'),
	matches(pg_temp.errors($$SELECT ash_calculate('batch.author', 'wordy', '{}', '{"refs": {"first": "X"}}')$$), 'Primary key is required', 'as a function of the row does');

-- Filters and sorts
SELECT is(pg_temp.refused('{"sort": "full_name"}'), E'22023 invalid\nunsortable_field full_name ["sort"]: Calculations cannot be sorted on unless they define an expression', 'no sort'),
	is(pg_temp.refused('{"sort": "shout"}'), E'22023 invalid\nunsortable_field shout ["sort"]: Calculations cannot be sorted on unless they define an expression', 'nor by what uses it'),
	is(pg_temp.refused('{"filter": {"full_name": "x"}}'), E'22023 invalid\ninvalid_filter_reference full_name ["filter"]: Calculations cannot be filtered on unless they define an expression', 'no filter'),
	is(pg_temp.values_of('"both"', 'both', '{"filter": {"both": {"contains": "o"}}, "sort": "-both"}'), 'Grace Hopper, Ada Lovelace', 'an expression beside it filters and sorts'),
	matches(pg_temp.errors($$SELECT ash_list('batch.author', 'full_name', '{"actor": 1}')$$), 'Calculations cannot be aggregated unless they define an expression', 'no value over a read');

-- What it returns
SELECT matches(pg_temp.refused('{"load": "too_few"}'), 'function_failed.*: function app.too_few returned 1 values for 3 records of calculation too_few', 'too few values'),
	matches(pg_temp.refused('{"load": "no_list"}'), 'function app.no_list returned no list of values for calculation no_list', 'no list'),
	matches(pg_temp.refused('{"load": "words"}'), 'function app.words returned "word" for calculation words: is invalid', 'a value of another type'),
	is(pg_temp.values_of('"nulls"', 'nulls'), 'null, null, null', 'nulls'),
	matches(pg_temp.refused('{"load": "endless"}'), 'invalid_load endless.*does endless load itself', 'a calculation that loads itself'),
	is(pg_temp.refused('{"load": "raises"}'), 'P7777: not today', 'what it raises');

SELECT is(pg_temp.values_of('"joined"', 'joined'), E'Ada\\''Lovelace\\''1, Grace\\''Hopper\\''2, null', 'concat');

-- What a definition may not say
CREATE FUNCTION pg_temp.faults(calculation text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(pg_temp.caught(format('SELECT ash_define(%L)', format('{"domain": "faulty", "resources": {"r": {"attributes": {"id": "integer_primary_key", "a": "string"},
		"relationships": {"rs": {"has_many": "r", "destination_attribute": "id"}}, "actions": {"defaults": ["read"]},
		"calculations": {"b": {"type": "string", "batch_function": "app.words", "arguments": {"x": {"type": "string", "allow_expr": true}}}, "late": {"type": "string", "expr": "b || ''!''"}, "c": %s} %s}}}',
		calculation, more)))->>'detail', 'none')
$$;
CREATE FUNCTION pg_temp.uses(more text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.faults('{"type": "string", "expr": "a"}', ', ' || more) $$;
SELECT is(pg_temp.faults('{"type": "string", "expr": "b || late || a"}'), 'none', 'expressions over it may be nested'),
	matches(pg_temp.faults('{"type": "boolean", "expr": "exists(rs, b = ''x'')"}'), 'calculation b cannot be used here: it has no expression', 'not in a condition on other rows'),
	matches(pg_temp.faults('{"type": "integer", "expr": "count(rs, filter => late = ''x'')"}'), 'calculation late cannot be used here', 'nor what uses it'),
	matches(pg_temp.faults('{"type": "string", "expr": "b || count(rs)"}'), 'nothing of other rows', 'not beside aggregates'),
	matches(pg_temp.faults('{"type": "string", "expr": "b(x => a)"}'), 'cannot depend on the row', 'not with arguments of the row'),
	matches(pg_temp.uses('"base_filter": "late = ''x''"'), '/base_filter.*calculation late cannot be used here|calculation late cannot be used here.*base_filter', 'not in the base filter'),
	matches(pg_temp.uses('"policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "b = ''x''"}}]}]'), 'calculation b cannot be used here', 'not in policies'),
	matches(pg_temp.uses('"aggregates": {"g": {"list": "rs", "field": "late"}}'), 'calculation \\"late\\" cannot be aggregated|calculation ..late.. cannot be aggregated', 'not in aggregates'),
	matches(pg_temp.uses('"preparations": [{"build": {"sort": ["late"]}}]'), 'Calculations cannot be sorted on unless they define an expression', 'not in sorts'),
	matches(pg_temp.faults('{"type": "string", "batch_function": "app.nope"}'), 'function app.nope\(jsonb, jsonb, jsonb\) does not exist', 'no such function'),
	matches(pg_temp.faults('{"type": "string", "batch_function": "app.words", "load": ["a", "c"]}'), 'calculation ..c.. needs itself', 'itself'),
	matches(pg_temp.faults('{"type": "string", "batch_function": "app.words", "load": ["d"]}, "d": {"type": "string", "expr": "upper(e)"}, "e": {"type": "string", "batch_function": "app.words", "load": ["c"]}'), 'calculation ..c.. needs itself', 'itself through others'),
	matches(pg_temp.faults('{"type": "string", "batch_function": "nope"}'), 'must be named as schema.name', 'no schema'),
	matches(pg_temp.faults('{"type": "string", "batch_function": "app.words", "load": ["nope"]}'), 'has no field .*nope.* to load', 'no such dependency'),
	matches(pg_temp.faults('{"type": "string", "expr": "a", "load": ["a"]}'), 'only the records of .*batch_function.* are loaded', 'a load nobody reads'),
	matches(pg_temp.faults('{"type": "string", "batch_function": "app.words", "function": "app.words"}'), 'a calculation needs one of', 'two functions'),
	matches(pg_temp.faults('{"type": "string", "concat": {"keys": ["nope"]}}'), '/calculations/c/concat', 'a fault of concat is where it was written');

-- The function runs as the caller
CREATE ROLE regress_calculation_batch;
GRANT USAGE ON SCHEMA batch, app TO regress_calculation_batch;
GRANT SELECT ON batch.author, batch.post TO regress_calculation_batch;
REVOKE EXECUTE ON FUNCTION app.nulls(jsonb, jsonb, jsonb) FROM PUBLIC;
SELECT matches(pg_temp.as_role('regress_calculation_batch', $$SELECT ash_read('batch.author', '{"actor": {"id": 1}, "load": "nulls"}')$$), '42501: permission denied for function', 'who needs EXECUTE');
SELECT * FROM finish();
ROLLBACK;
