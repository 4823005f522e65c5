/*
 * Reads that go on: other pages of a read, all rows of one as a stream, and several
 * values over one. Volatile like every function that runs an action.
 */

CREATE FUNCTION @extschema@.ash_page(resource text, page jsonb, direction text DEFAULT 'next', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_page'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_page(text, jsonb, text, jsonb) IS
'Another page of the read that gave a page: next, prev, first, last, self, or a number from 1 for pages by offset. The options are those of the read.';

CREATE FUNCTION @extschema@.ash_stream(resource text, options jsonb DEFAULT '{}')
RETURNS SETOF json
AS 'MODULE_PATHNAME', 'ash_stream'
LANGUAGE C VOLATILE PARALLEL UNSAFE
ROWS 1000;
COMMENT ON FUNCTION @extschema@.ash_stream(text, jsonb) IS
'The records of a read one by one, fetched in keyset pages of the option batch_size. In the target list of SELECT no page is fetched before it is needed.';

CREATE FUNCTION @extschema@.ash_aggregate(resource text, aggregates jsonb, options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_aggregate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_aggregate(text, jsonb, jsonb) IS
'Several values over one read, by one statement: {"name": {"kind": "sum", "field": "price", "filter": …}} gives {"name": value}.';
