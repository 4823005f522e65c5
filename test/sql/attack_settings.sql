\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(30);

-- Do values pass unchanged, and stay values, whatever they hold and however the session is set?

SELECT pg_temp.define($doc${
  "domain": "attack_settings",
  "resources": {
    "value": {
      "attributes": {"id": "integer_primary_key", "text": {"type": "string", "public": true, "constraints": {"trim": false, "allow_empty": true}}, "number": {"type": "float", "public": true}, "exact": {"type": "decimal", "public": true},
        "moment": {"type": "utc_datetime_usec", "public": true}, "day": {"type": "date", "public": true}, "data": {"type": "map", "public": true}, "list": {"type": "string[]", "public": true}, "bytes": {"type": "binary", "public": true}},
      "identities": {"by_text": ["text"]},
      "calculations": {"quoted": {"type": "string", "expr": "'a''b\\c' || text", "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}], "put": {"type": "create", "accept": ["text"], "upsert": true, "upsert_identity": "by_text"}}
    }
  }
}$doc$) \gset

-- Strings that would mean something elsewhere: written, found, sorted by, upserted and read back.
CREATE TEMP TABLE strings (n int GENERATED ALWAYS AS IDENTITY, s text);
INSERT INTO strings (s) VALUES ($$'$$), ($$''; DROP TABLE attack_settings.value; --$$), ($$\$$), ($$\'$$), ($$E'\x41'$$), ('$1'), ('$$'), ($$/* -- */$$), ('%s %n %'), (E'\n\t\r'), ($$"quoted"$$), ('{"$ref": 1}'), ('é€😀'), (repeat('x', 5000)), ('NULL'), (':name ?');
CREATE FUNCTION pg_temp.passes(value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	created json := ash_create('attack_settings.value', jsonb_build_object('text', value, 'data', jsonb_build_object(value, value), 'list', jsonb_build_array('x' || value || 'x')));
	found json := ash_read('attack_settings.value', jsonb_build_object('filter', jsonb_build_object('text', value, 'id', jsonb_build_object('in', jsonb_build_array(created->'id')))))->0;
BEGIN
	RETURN concat_ws(' ', created->>'text' = value, found->>'text' = value, found->'data'->>value = value, found->'list'->>0 = 'x' || value || 'x',
		ash_create('attack_settings.value', jsonb_build_object('text', value), '{"action": "put"}')->>'id' = created->>'id',
		ash_get('attack_settings.value', jsonb_build_object('text', value), '{"load": ["quoted"]}')->>'quoted' = $q$a'b\c$q$ || value,
		ash_count('attack_settings.value', jsonb_build_object('filter', jsonb_build_object('text', jsonb_build_object('contains', value), 'id', created->'id'))));
END $$;
SELECT is(pg_temp.passes(s), 't t t t t t 1', 'string ' || n) FROM strings ORDER BY n;
SELECT is((SELECT count(*) FROM attack_settings.value), 16::bigint, 'nothing else happened');

-- Settings.
SELECT ash_create('attack_settings.value', '{"text": "settings", "number": 0.1, "exact": "12345678901234567890.123456789", "moment": "2020-03-04T05:06:07.123456Z", "day": "2020-03-04", "bytes": "AWE=", "list": ["null", "NULL"]}') AS ignored \gset
SELECT ash_get('attack_settings.value', '{"text": "settings"}')::text AS usual \gset
CREATE FUNCTION pg_temp.under(setting text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	before text := current_setting(setting);
	answer text;
BEGIN
	PERFORM set_config(setting, value, true);
	answer := ash_read('attack_settings.value', $j${"filter": {"text": "settings", "number": {"lt": 0.2}, "exact": {"gt": 1.5}, "day": "2020-03-04", "moment": {"lt": "2020-03-04T05:06:08Z"}}}$j$)->>0;
	PERFORM ash_update('attack_settings.value', '{"text": "settings"}', '{"number": 0.1, "moment": "2020-03-04T05:06:07.123456Z"}');
	PERFORM set_config(setting, before, true);
	RETURN answer;
END $$;
SELECT is(pg_temp.under(setting, value), :'usual', setting || ' = ' || value) FROM (VALUES
	('DateStyle', 'German, DMY'), ('DateStyle', 'SQL, MDY'), ('IntervalStyle', 'sql_standard'), ('bytea_output', 'escape'), ('extra_float_digits', '-15'), ('standard_conforming_strings', 'off'), ('backslash_quote', 'off'), ('quote_all_identifiers', 'on'),
	('timezone', 'Asia/Kathmandu'), ('array_nulls', 'off'), ('transform_null_equals', 'on'), ('xmloption', 'document'), ('search_path', '')) AS settings (setting, value) WHERE setting <> 'search_path';
SELECT is((SELECT concat(to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), ' ', number) FROM attack_settings.value WHERE text = 'settings'), '2020-03-04 05:06:07.123456 0.1', 'what was stored under them');

SELECT * FROM finish();
ROLLBACK;
