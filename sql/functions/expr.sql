-- Functions that the SQL of expressions calls. They have the framework's meaning where PostgreSQL has
-- none or another, work in UTC, and depend on nothing but their arguments unless they say so.

CREATE FUNCTION ash.string_length(string text) RETURNS int8
    AS 'MODULE_PATHNAME', 'ash_sql_string_length' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ash.string_length(text) IS 'number of characters as people count them (grapheme clusters)';

CREATE FUNCTION ash.string_position(string text, part text) RETURNS int8
    AS 'MODULE_PATHNAME', 'ash_sql_string_position' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ash.string_position(text, text) IS 'where a part begins, counted from 0; null if it does not occur';

CREATE FUNCTION ash.string_ends_with(string text, part text) RETURNS bool
    AS 'MODULE_PATHNAME', 'ash_sql_string_ends_with' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ash.string_ends_with(text, text) IS 'does a string end with another';

CREATE FUNCTION ash.string_split(string text, delimiter text DEFAULT ' ', drop_empty bool DEFAULT false) RETURNS text[]
    AS 'MODULE_PATHNAME', 'ash_sql_string_split' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ash.string_split(text, text, bool) IS 'parts of a string between delimiters; the last argument drops empty ones';

CREATE FUNCTION ash.string_join(list anyarray, separator text DEFAULT '') RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS 'SELECT pg_catalog.array_to_string(list, separator)';
COMMENT ON FUNCTION ash.string_join(anyarray, text) IS 'elements of a list with a separator between them; nulls are skipped';

CREATE FUNCTION ash.list_at(list anyarray, index int8) RETURNS anyelement
    AS 'MODULE_PATHNAME', 'ash_sql_list_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ash.list_at(anyarray, int8) IS 'element at an index from 0, negative from the end; null outside';

CREATE FUNCTION ash.list_of(element anyelement) RETURNS anyarray
    AS 'MODULE_PATHNAME', 'ash_sql_list_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ash.list_of(anyelement) IS 'list of one element';

CREATE FUNCTION ash.datetime_add(datetime timestamptz, amount int8, unit text) RETURNS timestamptz
    AS 'MODULE_PATHNAME', 'ash_sql_datetime_add' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ash.datetime_add(timestamptz, int8, text) IS 'datetime moved by a number of units, in UTC';

CREATE FUNCTION ash.date_add(date date, amount int8, unit text) RETURNS date
    AS 'MODULE_PATHNAME', 'ash_sql_date_add' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ash.date_add(date, int8, text) IS 'date moved by a number of units';

CREATE FUNCTION ash.start_of_day(day date, zone text DEFAULT 'UTC') RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN pg_catalog.timezone(zone, day::pg_catalog.timestamp);
COMMENT ON FUNCTION ash.start_of_day(date, text) IS 'midnight of a date in a time zone';

-- Not immutable, so that they are not evaluated before they are needed.
CREATE FUNCTION ash.required(value anyelement, field text DEFAULT NULL) RETURNS anyelement
    AS 'MODULE_PATHNAME', 'ash_sql_required' LANGUAGE C VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION ash.required(anyelement, text) IS 'the value; the error "required" of that field when it is null';

CREATE FUNCTION ash.expression_error(type anyelement, message text) RETURNS anyelement
    AS 'MODULE_PATHNAME', 'ash_sql_expression_error' LANGUAGE C VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION ash.expression_error(anyelement, text) IS 'an error with that message';

CREATE FUNCTION ash.expression_error(type anyelement, code text, input jsonb) RETURNS anyelement
    AS 'MODULE_PATHNAME', 'ash_sql_expression_error' LANGUAGE C VOLATILE PARALLEL SAFE;
COMMENT ON FUNCTION ash.expression_error(anyelement, text, jsonb) IS 'an error of that code, with the message, field, path and vars of the map';
