\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(31);

-- Is an option that means nothing to an entity of that kind refused, by ash_define as by the JSON Schema?

-- The framework's own tables: which kinds take the options that are not for all. Options with the same kinds share a row.
CREATE TEMP TABLE takers (entity text, options text, kinds text);
INSERT INTO takers VALUES
	('action', 'accept require_attributes allow_nil_input delay_global_validations changes steps', 'create update destroy'),
	('action', 'primary multitenancy manual metadata skip_global_validations', 'create read update destroy'),
	('action', 'upsert upsert_identity upsert_fields upsert_condition return_skipped_upsert', 'create'),
	('action', 'soft', 'destroy'),
	('action', 'get get_by filter pagination', 'read'),
	('action', 'prepare preparations', 'read action'),
	('action', 'returns constraints allow_nil run', 'action'),
	('relationship', 'primary_key define_attribute attribute_type attribute_writable attribute_public attribute_always_select references', 'belongs_to'),
	('relationship', 'allow_nil', 'belongs_to has_one'),
	('relationship', 'no_attributes manual', 'has_one has_many'),
	('relationship', 'from_many', 'has_one'),
	('relationship', 'limit offset', 'has_many many_to_many'),
	('relationship', 'through', 'has_one has_many many_to_many'),
	('relationship', 'join_relationship source_attribute_on_join_resource destination_attribute_on_join_resource', 'many_to_many'),
	('aggregate', 'field', 'count first sum list max min avg custom'),
	('aggregate', 'sort', 'first list custom'),
	('aggregate', 'include_nil', 'first list'),
	('aggregate', 'uniq', 'count list'),
	('aggregate', 'type constraints implementation', 'custom');

CREATE TEMP VIEW kinds AS
SELECT * FROM (VALUES
	('action', 'type', 'create read update destroy action', '{"type": "%s"}', 'actions'),
	('relationship', 'kind', 'belongs_to has_one has_many many_to_many', '{"%s": "d.r"}', 'relationships'),
	('aggregate', 'kind', 'count exists first sum list max min avg custom', '{"%s": "x"}', 'aggregates')) AS t(entity, key, all_kinds, node, section);

-- Each option that is not for a kind, with a value that is right by itself.
CREATE TEMP VIEW misfits AS
SELECT k.entity, k.section, kind, option, format(k.node, kind)::jsonb AS node,
	CASE o ->> 'type' WHEN 'boolean' THEN 'true' WHEN 'integer' THEN '1' WHEN 'names' THEN '["x"]' WHEN 'object' THEN '{}' WHEN 'list' THEN '[]'
		WHEN 'choice' THEN o #> '{choices,0}' WHEN 'json' THEN '{}' ELSE '"x"' END AS value
FROM kinds k
	CROSS JOIN LATERAL string_to_table(k.all_kinds, ' ') AS kind
	JOIN takers t USING (entity)
	CROSS JOIN LATERAL string_to_table(t.options, ' ') AS option
	CROSS JOIN LATERAL (SELECT options::jsonb AS options FROM ash_builtins() b WHERE b.kind = 'entity' AND b.name = k.entity) AS b
	LEFT JOIN LATERAL jsonb_array_elements(b.options) AS o ON o ->> 'name' = option
WHERE NOT kind = ANY (string_to_array(t.kinds, ' '));

CREATE FUNCTION pg_temp.faults(resource text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat(e#>>'{vars,pointer}', ' ', e->>'message'), E'\n' ORDER BY i)
	FROM jsonb_array_elements((pg_temp.caught(format('SELECT ash_define(%L)',
			format('{"domain": "d", "resources": {"r": %s}}', resource)))->>'detail')::jsonb->'errors') WITH ORDINALITY AS t(e, i)
$$;

SELECT cmp_ok((SELECT count(*) FROM misfits), '>', 150::bigint, 'there is much to refuse');

-- The fault at the option is there, and it says so; a custom aggregate and the like may lack other options.
SELECT is_empty($$
	SELECT kind, option, found FROM misfits, pg_temp.faults(format('{"%s": {"x": %s}}', section, node || jsonb_build_object(option, value::jsonb))) AS found
	WHERE found !~ format('(^|\n)/resources/r/%s/x/%s [^\n]*%s[^\n]* takes no option "%s"', section, option, kind, option) OR found IS NULL$$,
	'ash_define refuses each of them where it stands');

-- ash_builtins knows the same table.
SELECT set_eq($$SELECT name, o ->> 'name', k FROM ash_builtins(), json_array_elements(options) AS o, json_array_elements_text(o -> 'kinds') AS k
		WHERE kind = 'entity' AND name <> 'resource'$$,
	$$SELECT entity, option, kind FROM takers, string_to_table(options, ' ') AS option, string_to_table(kinds, ' ') AS kind$$,
	'ash_builtins says which kinds take an option');

-- So does the schema: a rule for each kind, whose options are false.
SELECT set_eq($$
	SELECT k.entity, kind, option FROM kinds k, string_to_table(k.all_kinds, ' ') AS kind,
		jsonb_array_elements(ash_definition_schema()::jsonb #> ARRAY['$defs', k.entity, 'allOf']) AS rule, jsonb_each(rule #> '{then,properties}') AS r(option, allowed)
	WHERE allowed = 'false' AND (rule #> ARRAY['if', 'properties', k.key, 'const'] = to_jsonb(kind)
		OR rule #> '{if,anyOf}' @> jsonb_build_array(jsonb_build_object('required', jsonb_build_array(kind))))$$,
	'SELECT entity, kind, option FROM misfits', 'the JSON Schema refuses the same');

-- An embedded resource has no table.
SELECT is(pg_temp.faults(format('{"embedded": true, "attributes": {"a": "string"}, %s}', o)), '/resources/r/' || split_part(o, '"', 2) || ' ' || message, o)
FROM (VALUES ('"table": "x"', 'an embedded resource has no table'),
	('"schema": "x"', 'an embedded resource has no table'),
	('"migrate": false', 'an embedded resource has no table'),
	('"renamed_from": "x"', 'an embedded resource has no table'),
	('"direct_writes": "deny"', 'an embedded resource has no table'),
	('"security": "definer"', 'an embedded resource has no table'),
	('"custom_indexes": ["a"]', 'an embedded resource has no table'),
	('"preparations": []', 'an embedded resource has no table to read from'),
	('"base_filter": "true"', 'an embedded resource has no table to read from'),
	('"short_name": "x"', 'no resource refers to an embedded value'),
	('"private_fields": "hide"', 'an embedded resource has no field policies'),
	('"multitenancy": {"attribute": "a"}', 'an embedded value has the tenant of its record')) AS t(o, message);
SELECT is(pg_temp.faults(format('{"embedded": true, "attributes": {"a": {"type": "string", %s}}}', o)), '/resources/r/attributes/a/' || split_part(o, '"', 2) || ' ' || message, o)
FROM (VALUES ('"renamed_from": "x"', 'no migration renames keys of embedded values'),
	('"always_select": true', 'an embedded value is selected as a whole'),
	('"select_by_default": false', 'an embedded value is selected as a whole')) AS t(o, message);

-- Options that fit the entity's kind, but nothing else in it.
SELECT is(pg_temp.faults(format('{"attributes": {"id": "uuid_primary_key", "n": "integer"}, "actions": {"defaults": ["read", "create", "update"]}, %s}', o)), '/resources/r/' || message, o)
FROM (VALUES ('"changes": [{"set_attribute": {"attribute": "n", "value": 1}, "on": ["read"]}]', 'changes/0/on changes are for create, update and destroy'),
	('"changes": [{"set_attribute": {"attribute": "n", "value": 1}, "on": ["create", "action"]}]', 'changes/0/on changes are for create, update and destroy'),
	('"changes": [{"set_attribute": {"attribute": "n", "value": 1}, "always_atomic": true}]', 'changes/0/always_atomic "always_atomic" is not supported: the row is locked before its changes run, so what they compute from it still holds when it is written; use "atomic_update" to compute it in the statement'),
	('"validations": [{"present": {"attributes": ["n"]}, "always_atomic": false}]', 'validations/0/always_atomic "always_atomic" is not supported: the row is locked before its changes run, so what they compute from it still holds when it is written; use "atomic_update" to compute it in the statement'),
	('"multitenancy": {"strategy": "none", "attribute": "n"}', 'multitenancy the strategy "none" takes no other option'),
	('"calculations": {"c": {"type": "integer", "expr": "arg.a", "arguments": {"a": {"type": "integer", "public": false}}}}',
		'calculations/c/arguments/a/public whoever loads a calculation gives its arguments'),
	('"custom_indexes": [{"fields": ["n"], "nulls_distinct": false}]', 'custom_indexes/0/nulls_distinct it needs "unique": true'),
	('"custom_indexes": {"fields": ["n"], "nulls_distinct": false}', 'custom_indexes/nulls_distinct it needs "unique": true'),
	('"custom_indexes": [{"fields": ["n"]}, {"fields": ["n"], "unique": true, "error_fields": ["m"]}]', 'custom_indexes/1/error_fields unknown attribute "m"'),
	('"code_interface": {"f": {"action": "create", "require_reference": false}}', 'code_interface/f/require_reference "require_reference" is for updates and destroys'),
	('"code_interface": {"f": {"action": "read", "require_reference": true}}', 'code_interface/f/require_reference "require_reference" is for updates and destroys'),
	('"code_interface": {"f": {"action": "read", "not_found_error": false}}', 'code_interface/f/not_found_error only a function that finds one record can miss it')) AS t(o, message);

SELECT * FROM finish();
ROLLBACK;
