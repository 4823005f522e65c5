\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(5);

-- Does anything of ours, called by a superuser, run what a hostile schema at the head of the search_path offers?

CREATE SCHEMA regress_trojan;
CREATE TABLE regress_trojan.trap (what text);
CREATE FUNCTION regress_trojan.caught(what text) RETURNS boolean LANGUAGE sql AS $$INSERT INTO regress_trojan.trap VALUES (what) RETURNING NULL::boolean$$;

-- Every operator of the types we store, and every function of them that an expression or the engine may use, in a
-- version that matches at least as well as PostgreSQL's own.
DO $do$
DECLARE
	o record;
	answer text;
BEGIN
	FOR o IN SELECT DISTINCT oprname, oprleft::regtype::text AS l, oprright::regtype::text AS r, oprresult::regtype::text AS result FROM pg_operator
		WHERE oprkind = 'b' AND oprnamespace = 'pg_catalog'::regnamespace AND oprresult <> 0
			AND oprleft IN ('text'::regtype, 'int8'::regtype, 'int4'::regtype, 'uuid'::regtype, 'bool'::regtype, 'numeric'::regtype, 'float8'::regtype, 'timestamptz'::regtype, 'jsonb'::regtype, 'json'::regtype, 'name'::regtype, 'oid'::regtype, 'regclass'::regtype, 'anyarray'::regtype, 'anycompatiblearray'::regtype)
			AND oprname IN ('=', '<>', '<', '>', '<=', '>=', '||', '+', '-', '*', '/', '->', '->>', '#>', '@>', '~~', '~')
			AND oprresult::regtype::text NOT LIKE 'any%' AND oprleft::regtype::text NOT LIKE 'any%' AND oprright::regtype::text NOT LIKE 'any%'
	LOOP
		EXECUTE format('CREATE FUNCTION regress_trojan.op_%s(a %s, b %s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM regress_trojan.caught(%L); RETURN a OPERATOR(pg_catalog.%s) b; END $f$',
			md5(concat_ws(' ', o.oprname, o.l, o.r)), o.l, o.r, o.result, concat_ws(' ', 'operator', o.l, o.oprname, o.r), o.oprname);
		EXECUTE format('CREATE OPERATOR regress_trojan.%s (FUNCTION = regress_trojan.op_%s, LEFTARG = %s, RIGHTARG = %s)', o.oprname, md5(concat_ws(' ', o.oprname, o.l, o.r)), o.l, o.r);
	END LOOP;
	FOR o IN SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS args, p.pronargs, prorettype::regtype::text AS result FROM pg_proc p
		WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND provariadic = 0 AND NOT proretset AND pronargs BETWEEN 0 AND 3 AND proargmodes IS NULL AND proargnames IS NULL
			AND prorettype::regtype::text !~ '^(any|internal|cstring|trigger|pg_ddl|.*handler|record|void)' AND proargtypes::regtype[]::text !~ 'any|internal|cstring|pg_node|pg_ddl'
			AND proname IN ('lower', 'upper', 'length', 'char_length', 'octet_length', 'btrim', 'now', 'clock_timestamp', 'gen_random_uuid', 'array_length', 'cardinality', 'strpos', 'substr', 'substring', 'replace', 'concat',
				'nextval', 'currval', 'quote_ident', 'round', 'abs', 'timezone', 'date_trunc', 'jsonb_typeof', 'jsonb_array_length', 'current_setting', 'set_config', 'pg_notify', 'md5', 'int8', 'text', 'numeric', 'float8', 'starts_with', 'to_char',
				'pg_has_role', 'has_table_privilege', 'sha256', 'encode', 'decode')
	LOOP
		EXECUTE format('CREATE FUNCTION regress_trojan.%I(%s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM regress_trojan.caught(%L); RETURN NULL; END $f$',
			o.proname, o.args, o.result, 'function ' || o.proname);
	END LOOP;
END $do$;
CREATE FUNCTION regress_trojan.coalesce(text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM regress_trojan.caught('coalesce'); RETURN 1; END $$;
-- Types and relations of the names we use.
CREATE DOMAIN regress_trojan.text AS pg_catalog.text CHECK (regress_trojan.caught('type text') IS NULL);
CREATE DOMAIN regress_trojan.uuid AS pg_catalog.uuid CHECK (regress_trojan.caught('type uuid') IS NULL);
CREATE DOMAIN regress_trojan.int8 AS pg_catalog.int8 CHECK (regress_trojan.caught('type int8') IS NULL);
CREATE DOMAIN regress_trojan.jsonb AS pg_catalog.jsonb CHECK (regress_trojan.caught('type jsonb') IS NULL);
CREATE TABLE regress_trojan.post (id pg_catalog.int8);
CREATE TABLE regress_trojan.pg_class (oid oid);
CREATE VIEW regress_trojan.resource AS SELECT regress_trojan.caught('ash.resource');

-- The trap works.
SET LOCAL search_path = regress_trojan, pg_catalog, public;
SELECT 1::pg_catalog.int8 OPERATOR(=) 1::pg_catalog.int8 AS ignored \gset
SET LOCAL search_path = public;
SELECT isnt_empty('SELECT * FROM regress_trojan.trap', 'an unqualified operator falls into the trap');
DELETE FROM regress_trojan.trap;

-- Everything in one statement, so that nothing of the test itself is looked up by that path.
CREATE FUNCTION pg_temp.everything() RETURNS pg_catalog.text LANGUAGE plpgsql SET search_path = regress_trojan, pg_catalog, public AS $$
DECLARE
	document pg_catalog.json := $doc${
	  "domain": "search_path_trojan",
	  "resources": {
		"author": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]}},
		"post": {
		  "attributes": {"id": "integer_primary_key", "title": {"type": "string", "public": true, "allow_nil": false, "constraints": {"max_length": 20}}, "score": {"type": "integer", "public": true, "constraints": {"min": 0}},
			"price": {"type": "decimal", "public": true}, "key": {"type": "uuid", "public": true, "default": {"expr": "gen_random_uuid()"}}, "data": {"type": "map", "public": true}, "tags": {"type": "string[]", "public": true},
			"kind": {"type": "atom", "constraints": {"one_of": ["a", "b"]}, "public": true}, "inserted_at": "create_timestamp", "updated_at": "update_timestamp"},
		  "relationships": {"author": {"belongs_to": "search_path_trojan.author", "attribute_type": "integer", "public": true}, "replies": {"has_many": "search_path_trojan.post", "source_attribute": "author_id", "destination_attribute": "author_id", "public": true}},
		  "identities": {"by_title": {"keys": ["title"], "where": "score > 0"}},
		  "calculations": {"label": {"type": "string", "expr": "lower(title) || ' ' || string_length(title) || (if(score > 1, 'x', 'y'))", "public": true}},
		  "aggregates": {"reply_count": {"count": "replies", "filter": "score >= 1", "public": true}, "total": {"sum": "replies", "field": "score", "public": true}},
		  "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}],
			"found": {"type": "read", "arguments": {"t": "string"}, "filter": "contains(title, arg.t) and score + 1 > 0 and inserted_at <= now()", "pagination": {"keyset": true, "offset": true, "required": false}},
			"bump": {"type": "update", "accept": [], "changes": [{"increment": {"attribute": "score"}}, {"atomic_update": {"attribute": "title", "expr": "title || '!'"}}]}},
		  "validations": [{"compare": {"attribute": "score", "greater_than": 0}}, {"string_length": {"attribute": "title", "min": 1}}],
		  "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "score > 0"}}, {"authorize_if": {"expr": "actor.id = author_id"}}]}]
		}
	  }
	}$doc$;
BEGIN
	PERFORM public.ash_define(document);
	PERFORM public.ash_plan('search_path_trojan');
	PERFORM public.ash_migrate('search_path_trojan');
	PERFORM public.ash_plan('search_path_trojan');
	PERFORM public.ash_create('search_path_trojan.author', '{"name": "A"}');
	PERFORM public.ash_create('search_path_trojan.post', '{"title": "One", "score": 1, "author_id": 1, "price": "1.5", "data": {"a": 1}, "tags": ["x"], "kind": "a"}', '{"load": ["author", "label", "reply_count"]}');
	PERFORM public.ash_bulk_create('search_path_trojan.post', '[{"title": "Two", "score": 2, "author_id": 1}]');
	PERFORM public.ash_read('search_path_trojan.post', '{"filter": {"or": [{"score": {"gt": 0}}, {"title": {"in": ["One"]}}, {"author": {"name": "A"}}], "price": {"lte": 2}}, "sort": "-label", "load": ["author", {"replies": {"limit": 1}}, "total"], "actor": {"id": 1}}');
	PERFORM public.ash_read('search_path_trojan.post', '{"action": "found", "input": {"t": "n"}, "page": {"limit": 1, "count": true}, "sort": "score"}');
	PERFORM public.ash_update('search_path_trojan.post', '1', '{"score": 5}');
	PERFORM public.ash_update('search_path_trojan.post', '1', '{}', '{"action": "bump"}');
	PERFORM public.ash_count('search_path_trojan.post');
	PERFORM public.ash_can('search_path_trojan.post', 'update', '{}', '{"record": 1}');
	PERFORM public.ash_try_action('search_path_trojan.post', 'create', '{"title": "Two", "score": 2}');
	PERFORM public.ash_destroy('search_path_trojan.post', '2');
	PERFORM public.ash_define(document);
	RETURN public.ash_definition('search_path_trojan') OPERATOR(pg_catalog.->>) 'domain';
END $$;
SELECT is(pg_temp.everything(), 'search_path_trojan', 'everything works under that path');
SELECT is((SELECT string_agg(DISTINCT what, ', ') FROM regress_trojan.trap), NULL, 'and nothing fell into the trap');
SELECT is((SELECT string_agg(concat(title, ' ', score), ', ') FROM search_path_trojan.post), 'One! 6', 'what it did is what it should do');
SELECT col_type_is('search_path_trojan'::name, 'post'::name, 'title'::name, 'text', 'columns have PostgreSQL''s types');

SELECT * FROM finish();
ROLLBACK;
