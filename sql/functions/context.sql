/*
 * Actor and tenant of the session. Row-security quals of resources read them, so every role may call
 * them. They tell nobody more than the session's own settings, and of an actor that these name by key
 * the attributes that are not sensitive.
 */

CREATE FUNCTION ash.actor(resource text)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'ash_actor'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION ash.actor(text) IS
'Who acts, as the domain of that resource sees it: the actor of the running action, else of the session.';

CREATE FUNCTION ash.actor_value(resource text, path text[])
RETURNS text
AS 'MODULE_PATHNAME', 'ash_actor_value'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION ash.actor_value(text, text[]) IS
'A value inside ash.actor(resource) as text; null when there is none.';

CREATE FUNCTION ash.tenant_value()
RETURNS text
AS 'MODULE_PATHNAME', 'ash_tenant_value'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION ash.tenant_value() IS
'The tenant of the running action, else of the session (ash.tenant).';
