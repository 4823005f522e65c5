/*
 * What generated functions call; every role that may call those calls it.
 */

CREATE FUNCTION ash.not_found(resource text, record jsonb)
RETURNS boolean
AS 'MODULE_PATHNAME', 'ash_not_found'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION ash.not_found(text, jsonb) IS
'Raises the error that there is no such record; generated functions that get one record call it.';
