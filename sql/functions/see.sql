-- What a call would do

CREATE FUNCTION @extschema@.ash_sql(resource text, action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS text
AS 'MODULE_PATHNAME', 'ash_sql'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_sql(text, text, jsonb, jsonb) IS
'The statement that the action runs, its parameters and what else is to be known as comments.';

CREATE FUNCTION @extschema@.ash_explain(resource text, action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'ash_explain'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_explain(text, text, jsonb, jsonb) IS
'The plan of that statement, as EXPLAIN shows it.';

CREATE FUNCTION @extschema@.ash_validate_action(resource text, action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_validate_action'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_validate_action(text, text, jsonb, jsonb) IS
'Is the input right? {"valid": …, "errors": […]}; changes and validations run, nothing is written.';

CREATE FUNCTION @extschema@.ash_explain_policies(resource text, action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}')
RETURNS json
AS 'MODULE_PATHNAME', 'ash_explain_policies'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION @extschema@.ash_explain_policies(text, text, jsonb, jsonb) IS
'The decision about the call, and what every policy, condition and check says.';
