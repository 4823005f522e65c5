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

-- An untyped literal or parameter is a text.
CREATE FUNCTION @extschema@.ash_define(document text, migrate boolean DEFAULT false)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_define'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_define(text, boolean) IS
'Registers the domains of a definition document: one domain, or an array of them. All or nothing.';

CREATE FUNCTION @extschema@.ash_define(document jsonb, migrate boolean DEFAULT false)
RETURNS json
AS 'MODULE_PATHNAME', 'ash_define_jsonb'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_define(jsonb, boolean) IS
'Always an error that says why: jsonb does not keep the order of keys, which a document needs.';

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
