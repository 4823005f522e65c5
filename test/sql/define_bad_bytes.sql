\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(26);

-- Is every document that cannot be right refused with a clear error, however it is broken?

-- SQLSTATE and the first 60 characters of the message.
CREATE FUNCTION pg_temp.refusal(document text, type text DEFAULT 'text') RETURNS text LANGUAGE sql AS $$
	SELECT concat(e->>'sqlstate', ' ', left(e->>'message', 60)) FROM pg_temp.caught(format('SELECT ash_define(%L::%s)', document, type)) AS e
$$;
CREATE FUNCTION pg_temp.with_default(type text, value text) RETURNS text LANGUAGE sql AS $$
	SELECT format('{"domain": "define_bad_bytes", "resources": {"r": {"attributes": {"id": "uuid_primary_key", "a": {"type": "%s", "default": %s}}}}}', type, value)
$$;

SELECT is(pg_temp.refusal('', 'json'), '22P02 invalid input syntax for type json', 'the empty text as json');
SELECT is(pg_temp.refusal('   ', 'json'), '22P02 invalid input syntax for type json', 'nothing but spaces as json');
SELECT is(pg_temp.refusal('{"domain": "define_bad_bytes"} x', 'json'), '22P02 invalid input syntax for type json', 'something after the end as json');
SELECT matches(pg_temp.refusal(''), '^22023 invalid JSON at line 1, column \d+: ', 'the empty text');
SELECT matches(pg_temp.refusal('   '), '^22023 invalid JSON at line 1, column \d+: ', 'nothing but spaces');
SELECT matches(pg_temp.refusal('{"domain": "define_bad_bytes"} x'), '^22023 invalid JSON at line 1, column 32: ', 'something after the end');
SELECT throws_ok($$SELECT ash_define(convert_from('\x7b22646f6d61696e223a2022ff227d', 'UTF8')::json)$$, '22021', NULL, 'a byte that is not UTF-8');
SELECT throws_ok($$SELECT ash_define(convert_from('\x7b22646f6d61696e223a2022eda080227d', 'UTF8')::json)$$, '22021', NULL, 'a surrogate as UTF-8');

SELECT matches(pg_temp.refusal('{"domain": "a\u0000b"}'), '^22023 .*line 1, column \d+.*u0000', 'an escaped NUL in a value');
SELECT matches(pg_temp.refusal('{"domain": "a", "b\u0000c": 1}'), '^22023 .*line 1, column \d+.*', 'an escaped NUL in a key');
SELECT matches(pg_temp.refusal('{"domain": "\ud800"}'), '^22023 .*line 1, column \d+', 'half a surrogate pair');
SELECT matches(pg_temp.refusal('{"domain": "\udc00\ud800"}'), '^22023 .*line 1, column \d+', 'surrogates in the wrong order');

-- Depth.
SELECT is(pg_temp.refusal(repeat('[', 100000), 'json'), '54001 stack depth limit exceeded', '100 000 brackets as json');
SELECT matches(pg_temp.refusal(repeat('[', 100000)), '^22023 invalid JSON at line 1, column \d+: maximum parsing depth', '100 000 brackets');
SELECT is(left(pg_temp.refusal(repeat('[', 3000) || repeat(']', 3000)), 6), '22023 ', '3 000 nested lists');
SELECT is(left(pg_temp.refusal(repeat('{"domain":', 2000) || '1' || repeat('}', 2000)), 6), '22023 ', '2 000 nested objects');
SELECT matches(pg_temp.refusal(pg_temp.with_default('map', repeat('{"a":', 2500) || '1' || repeat('}', 2500))), '^(22023|54001) ', 'a deep default');
SELECT lives_ok(format('SELECT ash_define(%L)', pg_temp.with_default('map', repeat('{"a":', 500) || '1' || repeat('}', 500))), 'a default of 500 levels is none too many');
SELECT matches(pg_temp.refusal(format('{"domain": "define_bad_bytes", "resources": {"r": {"attributes": {"id": "uuid_primary_key"}, "calculations": {"c": {"type": "integer", "expr": %s}}}}}',
	to_json(repeat('(', 50000) || '1' || repeat(')', 50000)))), '^(22023|54001) ', 'an expression of 50 000 parentheses');

-- Length.
SELECT is(left(pg_temp.refusal(format('{"domain": "%s"}', repeat('x', 1000000))), 6), '22023 ', 'a name of 1 MB');
SELECT cmp_ok(length(pg_temp.caught(format('SELECT ash_define(%L)', format('{"domain": "%s"}', repeat('x', 1000000))))->>'message'), '<', 3000,
	'does not come back whole in the message');
SELECT is(left(pg_temp.refusal(format('{"domain": "define_bad_bytes", "%s": 1}', repeat('y', 1000000))), 6), '22023 ', 'a key of 1 MB');
SELECT lives_ok(format('SELECT ash_define(%L)', format('{"domain": "define_bad_bytes", "description": "%s"}', repeat('z', 1000000))), 'a description of 1 MB is allowed');

-- Numbers.
SELECT matches(pg_temp.refusal(pg_temp.with_default('float', '1e400')), '^22023 .*line 1', 'a number beyond double');
SELECT matches(pg_temp.refusal(pg_temp.with_default('integer', '99999999999999999999')), '^22023 .*line 1', 'an integer beyond 64 bits');
SELECT matches(pg_temp.refusal(pg_temp.with_default('decimal', '0.12345678901234567890123')), '^22023 .*line 1', 'a fraction that would lose digits');

SELECT * FROM finish();
ROLLBACK;
