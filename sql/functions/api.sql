/*
 * The functions that clients call. They stand in the schema that CREATE
 * EXTENSION names; everything else of the extension stands in schema ash.
 *
 * All run with the caller's own privileges and may write, whatever the action.
 */

-- Definitions

CREATE FUNCTION @extschema@.ash_define(document json, migrate boolean DEFAULT false)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_define'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_define(json, boolean) IS
'Registers the domains of a definition document: one domain, or an array of them. All or nothing.';

CREATE FUNCTION @extschema@.ash_undefine(name text, drop_table boolean DEFAULT false)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_undefine'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_undefine(text, boolean) IS
'Removes a resource ("domain.resource") or a whole domain from the catalog, and its tables if asked to.';

CREATE FUNCTION @extschema@.ash_definition(name text)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_definition'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.ash_definition(text) IS
'The document of a domain or of one resource, as ash_define accepts it.';

CREATE FUNCTION @extschema@.ash_definition_schema()
RETURNS json
AS 'MODULE_PATHNAME', 'ash_definition_schema'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.ash_definition_schema() IS
'The JSON Schema (2020-12) of a definition document, for editors.';

CREATE FUNCTION @extschema@.ash_builtins(OUT kind text, OUT name text, OUT options json, OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'ash_builtins'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION @extschema@.ash_builtins() IS
'Every built-in type, change, validation, preparation, check and expression function with its options.';

CREATE FUNCTION @extschema@.ash_plan(domain text DEFAULT NULL, concurrently boolean DEFAULT false,
                         OUT step integer, OUT resource text, OUT operation text, OUT sql text, OUT destructive boolean, OUT blocking boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'ash_plan'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_plan(text, boolean) IS
'The steps that would bring the tables of a domain (of all whose owner one is a member of: NULL) to what the definitions say; with concurrently indexes of filled tables are built without locking out writers.';

CREATE FUNCTION @extschema@.ash_migrate(domain text DEFAULT NULL, allow_destructive boolean DEFAULT false,
                            concurrently boolean DEFAULT false, OUT step integer, OUT resource text, OUT operation text, OUT sql text,
                            OUT destructive boolean, OUT blocking boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'ash_migrate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_migrate(text, boolean, boolean) IS
'Runs the steps of ash_plan as the owner of the domain and returns them; refuses destructive ones unless told otherwise. What has to run concurrently is left to the caller, with a warning.';

CREATE FUNCTION @extschema@.ash_introspect(schema text)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_introspect'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_introspect(text) IS
'A definition document that describes the tables and views of a schema as they are.';

-- Actions by name

CREATE FUNCTION @extschema@.ash_run_action(resource text, action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_run_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_run_action(text, text, jsonb, jsonb) IS
'Runs an action of any type. All errors of the call are raised together; DETAIL holds them as JSON.';

CREATE FUNCTION @extschema@.ash_try_action(resource text, action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_try_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_try_action(text, text, jsonb, jsonb) IS
'As ash_run_action, but answers {"ok": true, "result": …} or {"ok": false, "class": …, "errors": […]}; a failure undoes its own work.';

CREATE FUNCTION @extschema@.ash_can(resource text, action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS text
AS 'MODULE_PATHNAME', 'ash_can'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_can(text, text, jsonb, jsonb) IS
'May the actor run the action? ''yes'', ''no'', or ''maybe'' when that depends on rows.';

-- The framework's verbs; without an action the primary one of the type runs

CREATE FUNCTION @extschema@.ash_create(resource text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_create'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_create(text, jsonb, jsonb, text) IS 'Creates a record.';

CREATE FUNCTION @extschema@.ash_update(resource text, record jsonb, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_update'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_update(text, jsonb, jsonb, jsonb, text) IS
'Updates the record with that key: a primary key, or an object of key or identity fields.';

CREATE FUNCTION @extschema@.ash_destroy(resource text, record jsonb, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_destroy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_destroy(text, jsonb, jsonb, jsonb, text) IS
'Destroys the record with that key; null, or the record with the option return_destroyed.';

CREATE FUNCTION @extschema@.ash_get(resource text, record jsonb, options jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_get'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_get(text, jsonb, jsonb, text) IS
'The record with that key; an error when there is none, unless the option not_found_error is false.';

CREATE FUNCTION @extschema@.ash_read(resource text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_read'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_read(text, jsonb, jsonb, text) IS
'The records of a read action as an array, or as a page.';

CREATE FUNCTION @extschema@.ash_read_one(resource text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_read_one'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_read_one(text, jsonb, jsonb, text) IS
'The one record of a read, or null; more than one is an error.';

CREATE FUNCTION @extschema@.ash_read_first(resource text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_read_first'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_read_first(text, jsonb, jsonb, text) IS 'The first record of a read, or null.';

-- Many at once

CREATE FUNCTION @extschema@.ash_bulk_create(resource text, inputs jsonb, options jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_bulk_create_inputs'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_bulk_create(text, jsonb, jsonb, text) IS
'Creates a record for each input of a JSON array.';

CREATE FUNCTION @extschema@.ash_bulk_update(resource text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_bulk_update_rows'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_bulk_update(text, jsonb, jsonb, text) IS
'Updates the records that the options filter and sort, or records, choose.';

CREATE FUNCTION @extschema@.ash_bulk_destroy(resource text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_bulk_destroy_rows'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_bulk_destroy(text, jsonb, jsonb, text) IS
'Destroys the records that the options filter and sort, or records, choose.';

-- One value over a read

CREATE FUNCTION @extschema@.ash_count(resource text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'ash_count'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_count(text, jsonb, jsonb, text) IS 'How many records the read finds.';

CREATE FUNCTION @extschema@.ash_exists(resource text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'ash_exists'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_exists(text, jsonb, jsonb, text) IS 'Whether the read finds any record.';

CREATE FUNCTION @extschema@.ash_first(resource text, field text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_first'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_first(text, text, jsonb, jsonb, text) IS 'The field of the first record of the read.';

CREATE FUNCTION @extschema@.ash_list(resource text, field text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_list'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_list(text, text, jsonb, jsonb, text) IS 'The field of every record of the read, as an array.';

CREATE FUNCTION @extschema@.ash_sum(resource text, field text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_sum'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_sum(text, text, jsonb, jsonb, text) IS 'The sum of a field over the read; null when there is none.';

CREATE FUNCTION @extschema@.ash_min(resource text, field text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_min'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_min(text, text, jsonb, jsonb, text) IS 'The least value of a field over the read.';

CREATE FUNCTION @extschema@.ash_max(resource text, field text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_max'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_max(text, text, jsonb, jsonb, text) IS 'The greatest value of a field over the read.';

CREATE FUNCTION @extschema@.ash_avg(resource text, field text, options jsonb DEFAULT '{}', input jsonb DEFAULT '{}', action text DEFAULT NULL)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_avg'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_avg(text, text, jsonb, jsonb, text) IS 'The mean of a field over the read.';

-- Records already held

CREATE FUNCTION @extschema@.ash_load(resource text, records jsonb, load jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_load'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_load(text, jsonb, jsonb, jsonb) IS
'One record or an array of records, named by key, with relationships, calculations and aggregates loaded.';

CREATE FUNCTION @extschema@.ash_reload(resource text, record jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_reload'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_reload(text, jsonb, jsonb) IS 'The record with that key as it is now.';

CREATE FUNCTION @extschema@.ash_calculate(resource text, calculation text, arguments jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_calculate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_calculate(text, text, jsonb, jsonb) IS
'One calculation over the attribute values of the option refs, or over the record of the option record.';
