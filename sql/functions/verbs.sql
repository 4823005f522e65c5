/*
 * The framework's verbs. Options come last: the option "action" names the action, without it the
 * primary one of the type runs; what reads takes the arguments of the action as the option "input".
 */

CREATE FUNCTION @extschema@.ash_create(resource text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_create'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_create(text, jsonb, jsonb) IS 'Creates a record.';

-- Records named by key: one C function behind the overloads. An untyped literal or parameter is a text.

CREATE FUNCTION @extschema@.ash_update(resource text, record text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_update'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_update(text, text, jsonb, jsonb) IS
'Updates the record with that key: the value of its primary key, or an object of key or identity fields.';

CREATE FUNCTION @extschema@.ash_update(resource text, record uuid, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_update'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_update(text, uuid, jsonb, jsonb) IS
'Updates the record with that key: the value of its primary key, or an object of key or identity fields.';

CREATE FUNCTION @extschema@.ash_update(resource text, record bigint, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_update'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_update(text, bigint, jsonb, jsonb) IS
'Updates the record with that key: the value of its primary key, or an object of key or identity fields.';

CREATE FUNCTION @extschema@.ash_update(resource text, record jsonb, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_update'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_update(text, jsonb, jsonb, jsonb) IS
'Updates the record with that key: the value of its primary key, or an object of key or identity fields.';

CREATE FUNCTION @extschema@.ash_destroy(resource text, record text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_destroy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_destroy(text, text, jsonb, jsonb) IS
'Destroys the record with that key; null, or the record with the option return_destroyed.';

CREATE FUNCTION @extschema@.ash_destroy(resource text, record uuid, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_destroy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_destroy(text, uuid, jsonb, jsonb) IS
'Destroys the record with that key; null, or the record with the option return_destroyed.';

CREATE FUNCTION @extschema@.ash_destroy(resource text, record bigint, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_destroy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_destroy(text, bigint, jsonb, jsonb) IS
'Destroys the record with that key; null, or the record with the option return_destroyed.';

CREATE FUNCTION @extschema@.ash_destroy(resource text, record jsonb, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_destroy'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_destroy(text, jsonb, jsonb, jsonb) IS
'Destroys the record with that key; null, or the record with the option return_destroyed.';

CREATE FUNCTION @extschema@.ash_get(resource text, record text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_get'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_get(text, text, jsonb) IS
'The record with that key; an error when there is none, unless the option not_found_error is false.';

CREATE FUNCTION @extschema@.ash_get(resource text, record uuid, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_get'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_get(text, uuid, jsonb) IS
'The record with that key; an error when there is none, unless the option not_found_error is false.';

CREATE FUNCTION @extschema@.ash_get(resource text, record bigint, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_get'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_get(text, bigint, jsonb) IS
'The record with that key; an error when there is none, unless the option not_found_error is false.';

CREATE FUNCTION @extschema@.ash_get(resource text, record jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_get'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_get(text, jsonb, jsonb) IS
'The record with that key; an error when there is none, unless the option not_found_error is false.';

CREATE FUNCTION @extschema@.ash_reload(resource text, record text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_reload'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_reload(text, text, jsonb) IS
'The record with that key as it is now.';

CREATE FUNCTION @extschema@.ash_reload(resource text, record uuid, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_reload'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_reload(text, uuid, jsonb) IS
'The record with that key as it is now.';

CREATE FUNCTION @extschema@.ash_reload(resource text, record bigint, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_reload'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_reload(text, bigint, jsonb) IS
'The record with that key as it is now.';

CREATE FUNCTION @extschema@.ash_reload(resource text, record jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_reload'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_reload(text, jsonb, jsonb) IS
'The record with that key as it is now.';

CREATE FUNCTION @extschema@.ash_load(resource text, records text, load jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_load'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_load(text, text, jsonb, jsonb) IS
'One record or an array of records, named by key, with relationships, calculations and aggregates loaded.';

CREATE FUNCTION @extschema@.ash_load(resource text, records uuid, load jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_load'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_load(text, uuid, jsonb, jsonb) IS
'One record or an array of records, named by key, with relationships, calculations and aggregates loaded.';

CREATE FUNCTION @extschema@.ash_load(resource text, records bigint, load jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_load'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_load(text, bigint, jsonb, jsonb) IS
'One record or an array of records, named by key, with relationships, calculations and aggregates loaded.';

CREATE FUNCTION @extschema@.ash_load(resource text, records jsonb, load jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_load'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_load(text, jsonb, jsonb, jsonb) IS
'One record or an array of records, named by key, with relationships, calculations and aggregates loaded.';

CREATE FUNCTION @extschema@.ash_load(resource text, records text[], load jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_load'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_load(text, text[], jsonb, jsonb) IS
'One record or an array of records, named by key, with relationships, calculations and aggregates loaded.';

CREATE FUNCTION @extschema@.ash_load(resource text, records uuid[], load jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_load'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_load(text, uuid[], jsonb, jsonb) IS
'One record or an array of records, named by key, with relationships, calculations and aggregates loaded.';

CREATE FUNCTION @extschema@.ash_load(resource text, records bigint[], load jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_load'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_load(text, bigint[], jsonb, jsonb) IS
'One record or an array of records, named by key, with relationships, calculations and aggregates loaded.';

-- Reads

CREATE FUNCTION @extschema@.ash_read(resource text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_read'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_read(text, jsonb) IS
'The records of a read action as an array, or as a page.';

CREATE FUNCTION @extschema@.ash_read_one(resource text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_read_one'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_read_one(text, jsonb) IS
'The one record of a read, or null; more than one is an error.';

CREATE FUNCTION @extschema@.ash_read_first(resource text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_read_first'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_read_first(text, jsonb) IS 'The first record of a read, or null.';

-- Many at once

CREATE FUNCTION @extschema@.ash_bulk_create(resource text, inputs jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_bulk_create_inputs'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_bulk_create(text, jsonb, jsonb) IS
'Creates a record for each input of a JSON array.';

CREATE FUNCTION @extschema@.ash_bulk_update(resource text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_bulk_update_rows'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_bulk_update(text, jsonb, jsonb) IS
'Updates the records that the options filter and sort, or records, choose.';

CREATE FUNCTION @extschema@.ash_bulk_destroy(resource text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_bulk_destroy_rows'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_bulk_destroy(text, jsonb, jsonb) IS
'Destroys the records that the options filter and sort, or records, choose.';

-- One value over a read

CREATE FUNCTION @extschema@.ash_count(resource text, options jsonb DEFAULT '{}')
RETURNS bigint
AS 'MODULE_PATHNAME', 'ash_count'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_count(text, jsonb) IS 'How many records the read finds.';

CREATE FUNCTION @extschema@.ash_exists(resource text, options jsonb DEFAULT '{}')
RETURNS boolean
AS 'MODULE_PATHNAME', 'ash_exists'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_exists(text, jsonb) IS 'Whether the read finds any record.';

CREATE FUNCTION @extschema@.ash_first(resource text, field text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_first'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_first(text, text, jsonb) IS
'The field of the first record of the read.';

CREATE FUNCTION @extschema@.ash_list(resource text, field text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_list'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_list(text, text, jsonb) IS
'The field of every record of the read, as an array.';

CREATE FUNCTION @extschema@.ash_sum(resource text, field text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_sum'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_sum(text, text, jsonb) IS
'The sum of a field over the read; null when there is none.';

CREATE FUNCTION @extschema@.ash_min(resource text, field text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_min'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_min(text, text, jsonb) IS
'The least value of a field over the read.';

CREATE FUNCTION @extschema@.ash_max(resource text, field text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_max'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_max(text, text, jsonb) IS
'The greatest value of a field over the read.';

CREATE FUNCTION @extschema@.ash_avg(resource text, field text, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_avg'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_avg(text, text, jsonb) IS 'The mean of a field over the read.';

-- Calculations

CREATE FUNCTION @extschema@.ash_calculate(resource text, calculation text, arguments jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_calculate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_calculate(text, text, jsonb, jsonb) IS
'One calculation over the attribute values of the option refs, or over the record of the option record.';
