-- The countries, subdivisions, currencies and languages of the world, from Debian's iso-codes.
--
-- Real data with natural keys: geo.json says what a valid code looks like and how the parts hang
-- together; this script loads the files in bulk and asks questions.  It stops with an error as
-- soon as an answer does not agree with the files themselves.
\pset format unaligned
\pset tuples_only on
\pset footer off
SET client_min_messages TO warning;

-- Prints what was expected and found, or stops the script.
CREATE FUNCTION public.expect(what text, got anycompatible, wanted anycompatible) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    IF got IS DISTINCT FROM wanted THEN
        RAISE EXCEPTION '%: expected %, found %', what, wanted, got;
    END IF;
    RETURN '  ok: ' || what || ': ' || coalesce(got::text, 'null');
END
$$;

\echo
\echo '1. One document defines four resources'
\echo

CREATE EXTENSION ash;
\set document `cat geo.json`
SELECT ash_define(:'document', true) AS defined \gset

SELECT t.tablename, count(a.attname) AS columns
FROM pg_tables t
JOIN pg_attribute a ON a.attrelid = format('%I.%I', t.schemaname, t.tablename)::regclass
                   AND a.attnum > 0 AND NOT a.attisdropped
WHERE t.schemaname = 'geo' GROUP BY t.tablename ORDER BY t.tablename
\g (format=aligned tuples_only=off)

\echo '2. The files, as they are'
\echo

CREATE TABLE public.iso_file (standard text PRIMARY KEY, entries jsonb NOT NULL);
\set file `cat "$ISO_CODES_JSON/iso_3166-1.json"`
INSERT INTO public.iso_file VALUES ('3166-1', :'file'::jsonb->'3166-1');
\set file `cat "$ISO_CODES_JSON/iso_3166-2.json"`
INSERT INTO public.iso_file VALUES ('3166-2', :'file'::jsonb->'3166-2');
\set file `cat "$ISO_CODES_JSON/iso_4217.json"`
INSERT INTO public.iso_file VALUES ('4217', :'file'::jsonb->'4217');
\set file `cat "$ISO_CODES_JSON/iso_639-3.json"`
INSERT INTO public.iso_file VALUES ('639-3', :'file'::jsonb->'639-3');
\unset file

SELECT standard, jsonb_array_length(entries) AS entries FROM public.iso_file ORDER BY standard
\g (format=aligned tuples_only=off)

-- Subdivisions name their parent with or without the country's letters, and come in any order.
-- A parent has to be there before its parts: sort by depth.
CREATE VIEW public.iso_subdivision AS
WITH RECURSIVE entry AS (
    SELECT e->>'code' AS code, e->>'name' AS name, e->>'type' AS type,
           left(e->>'code', 2) AS country_code,
           CASE WHEN e->>'parent' LIKE '__-%' THEN e->>'parent'
                ELSE left(e->>'code', 3) || (e->>'parent') END AS parent_code
    FROM public.iso_file, jsonb_array_elements(entries) e WHERE standard = '3166-2'
), tree AS (
    SELECT entry.*, 0 AS depth FROM entry WHERE parent_code IS NULL
    UNION ALL
    SELECT entry.*, tree.depth + 1 FROM entry JOIN tree ON entry.parent_code = tree.code
)
SELECT * FROM tree;

\echo '3. Everything is loaded in one transaction, every rule applied to every entry'
\echo

BEGIN;
SELECT ash_bulk_create('geo.country', entries, '{"return_errors": true}') AS answer
FROM public.iso_file WHERE standard = '3166-1' \gset
SELECT expect('countries', :'answer'::json->>'status', 'success');
SELECT ash_bulk_create('geo.subdivision',
           (SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(s) - 'depth') ORDER BY s.depth, s.code)
            FROM public.iso_subdivision s),
           '{"return_errors": true}') AS answer \gset
SELECT expect('subdivisions', :'answer'::json->>'status', 'success');
SELECT ash_bulk_create('geo.currency', entries, '{"return_errors": true}') AS answer
FROM public.iso_file WHERE standard = '4217' \gset
SELECT expect('currencies', :'answer'::json->>'status', 'success');
SELECT ash_bulk_create('geo.language', entries, '{"return_errors": true}') AS answer
FROM public.iso_file WHERE standard = '639-3' \gset
SELECT expect('languages', :'answer'::json->>'status', 'success');
SELECT expect('faults in the last file', (:'answer'::json->>'error_count')::int, 0);
COMMIT;

\echo
\echo 'Counts agree with the files:'
SELECT expect(resource, ash_count(resource)::bigint, jsonb_array_length(entries)::bigint)
FROM public.iso_file
JOIN (VALUES ('3166-1', 'geo.country'), ('3166-2', 'geo.subdivision'), ('4217', 'geo.currency'),
             ('639-3', 'geo.language')) AS r(standard, resource) USING (standard)
ORDER BY standard;

\echo
\echo 'So does every value:'
SELECT expect('countries that differ', count(*), 0)
FROM public.iso_file, jsonb_array_elements(entries) e
LEFT JOIN geo.country c ON c.alpha_2 = e->>'alpha_2'
WHERE standard = '3166-1' AND jsonb_strip_nulls(to_jsonb(c)) IS DISTINCT FROM e;
SELECT expect('subdivisions that differ', count(*), 0)
FROM public.iso_subdivision i
FULL JOIN geo.subdivision s ON s.code = i.code
WHERE (i.name, i.type, i.country_code, i.parent_code)
      IS DISTINCT FROM (s.name, s.type, s.country_code, s.parent_code);
SELECT expect('currencies that differ', count(*), 0)
FROM public.iso_file, jsonb_array_elements(entries) e
LEFT JOIN geo.currency c ON c.alpha_3 = e->>'alpha_3'
WHERE standard = '4217' AND to_jsonb(c) IS DISTINCT FROM e;
SELECT expect('languages that differ', count(*), 0)
FROM public.iso_file, jsonb_array_elements(entries) e
LEFT JOIN geo.language l ON l.alpha_3 = e->>'alpha_3'
WHERE standard = '639-3' AND jsonb_strip_nulls(to_jsonb(l)) IS DISTINCT FROM e;

\echo
\echo '4. The ten countries with the most subdivisions'
\echo

SELECT ash_read('geo.country', '{
    "sort": "-subdivision_count,name", "limit": 10,
    "load": ["label", "subdivision_count", "top_level_count"]}') AS countries \gset
SELECT c->>'flag' AS flag, c->>'label' AS country, c->>'subdivision_count' AS subdivisions,
       c->>'top_level_count' AS "of these on top"
FROM json_array_elements(:'countries') c
\g (format=aligned tuples_only=off)
SELECT expect('subdivisions of the ten', sum((c->>'subdivision_count')::bigint),
              (SELECT sum(n) FROM (SELECT count(*) AS n FROM public.iso_subdivision GROUP BY country_code
                                   ORDER BY n DESC LIMIT 10) t))
FROM json_array_elements(:'countries') c;
SELECT expect('on top of the ten', sum((c->>'top_level_count')::bigint),
              (SELECT count(*) FROM public.iso_subdivision s
               WHERE s.parent_code IS NULL
                 AND s.country_code IN (SELECT i->>'alpha_2' FROM json_array_elements(:'countries') i)))
FROM json_array_elements(:'countries') c;
SELECT expect('countries whose parts have parts',
              ash_count('geo.country', '{"filter": {"has_levels": true}}')::bigint,
              (SELECT count(DISTINCT country_code) FROM public.iso_subdivision WHERE parent_code IS NOT NULL));

\echo
\echo '5. Belgium, from the top'
\echo

SELECT ash_get('geo.country', 'BE', '{
    "load": ["subdivision_count", "subdivision_types",
             {"subdivisions": {"filter": {"parent_code": {"is_nil": true}}, "load": ["parts", "part_count"]}}]}')
       AS belgium \gset
SELECT :'belgium'::json->>'name' AS country, :'belgium'::json->>'subdivision_types' AS types;
SELECT '  ' || (r->>'code') || ' ' || (r->>'name') || ' (' || (r->>'part_count') || ')'
       || coalesce((SELECT string_agg(E'\n      ' || (p->>'code') || ' ' || (p->>'name'), '')
                    FROM json_array_elements(r->'parts') p), '')
FROM json_array_elements(:'belgium'::json->'subdivisions') r;
SELECT expect('regions and their parts',
              sum(1 + json_array_length(r->'parts')), (:'belgium'::json->>'subdivision_count')::bigint)
FROM json_array_elements(:'belgium'::json->'subdivisions') r;

\echo
\echo 'The same from below, by an action with an argument, a page of it:'
SELECT ash_run_action('geo.subdivision', 'in_country', '{"country": "BE"}',
    '{"page": {"limit": 4, "offset": 1, "count": true}, "load": ["parent", "path"]}') AS page \gset
SELECT s->>'code' AS code, s->>'path' AS path, s #>> '{parent,type}' AS "type of parent"
FROM json_array_elements(:'page'::json->'results') s
\g (format=aligned tuples_only=off)
SELECT expect('parts of Belgium', (:'page'::json->>'count')::bigint, count(*))
FROM public.iso_subdivision WHERE country_code = 'BE';

\echo
\echo '6. Currencies and languages'
\echo

SELECT ash_read('geo.currency', '{"filter": {"name": {"contains": "Dollar"}}, "sort": "alpha_3"}') AS dollars \gset
SELECT string_agg(d->>'alpha_3', ' ') FROM json_array_elements(:'dollars') d;
SELECT expect('kinds of dollar', json_array_length(:'dollars')::bigint, count(*))
FROM public.iso_file, jsonb_array_elements(entries) e
WHERE standard = '4217' AND e->>'name' LIKE '%Dollar%';
SELECT expect('living languages', ash_count('geo.language', '{"filter": {"living": true}}')::bigint, count(*))
FROM public.iso_file, jsonb_array_elements(entries) e WHERE standard = '639-3' AND e->>'type' = 'L';
SELECT expect('languages with two letters',
              ash_count('geo.language', '{"filter": {"alpha_2": {"is_nil": false}}}')::bigint, count(*))
FROM public.iso_file, jsonb_array_elements(entries) e WHERE standard = '639-3' AND e ? 'alpha_2';
SELECT expect('by its two letters', ash_get('geo.language', '{"alpha_2": "nl"}'::jsonb)->>'name', 'Dutch');

\echo
\echo 'Reading every language page by page, each page after the last key of the one before:'
DO $$
DECLARE
    page json;
    last text;
    pages int := 0;
    codes text[] := '{}';
BEGIN
    LOOP
        page := public.ash_run_action('geo.language', 'every', '{}', jsonb_build_object(
            'sort', 'name', 'page', jsonb_strip_nulls(jsonb_build_object('limit', 250, 'after', last))));
        codes := codes || ARRAY(SELECT r->>'alpha_3' FROM json_array_elements(page->'results') r);
        pages := pages + 1;
        EXIT WHEN NOT (page->>'more')::boolean OR pages > 100;
        last := page->'results'->(json_array_length(page->'results') - 1)->>'_keyset';
    END LOOP;
    PERFORM public.expect('distinct languages', (SELECT count(DISTINCT c) FROM unnest(codes) c),
                          (SELECT count(*) FROM geo.language));
    PERFORM public.expect('languages', cardinality(codes)::bigint, (SELECT count(*) FROM geo.language));
END
$$;
\echo '  ok: each language exactly once'

\echo
\echo '7. Wrong codes are refused, all faults at once'
\echo

SELECT ash_try_action('geo.country', 'create',
    '{"alpha_2": "germany", "alpha_3": "de", "numeric": "27x", "name": "G"}') AS answer \gset
SELECT jsonb_pretty(:'answer');
SELECT expect('fields at fault', string_agg(DISTINCT e->>'field', ', ' ORDER BY e->>'field'),
              'alpha_2, alpha_3, name, numeric')
FROM jsonb_array_elements(:'answer'::jsonb->'errors') e;

SELECT ash_try_action('geo.country', 'create',
    '{"alpha_2": "XX", "alpha_3": "DEU", "numeric": "999", "name": "Doppelland"}') AS answer \gset
SELECT expect('a second DEU is refused for its', :'answer'::jsonb #>> '{errors,0,field}', 'alpha_3');

SELECT ash_try_action('geo.subdivision', 'create',
    '{"code": "XX-1", "name": "Nowhere", "type": "State", "country_code": "XX"}') AS answer \gset
SELECT expect('a part of no country is accepted', (:'answer'::jsonb->>'ok')::boolean, false);

SELECT expect('countries, still', ash_count('geo.country')::bigint, jsonb_array_length(entries)::bigint)
FROM public.iso_file WHERE standard = '3166-1';

\echo
\echo 'The world agrees with its files.'
