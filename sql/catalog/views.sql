-- Normalized views over the expanded documents, one for each kind of entity. Each has its own
-- columns for what is asked most, and "options" for the whole entry.
--
-- json_each keeps the order of a document, so "position" is the order in which things were written.
CREATE VIEW ash.attribute AS
SELECT r.name AS resource,
       a.key COLLATE "C" AS name,
       a.position::integer,
       a.value ->> 'type' AS type,
       a.value -> 'constraints' AS constraints,
       coalesce(a.value ->> 'source', a.key) COLLATE "C" AS source,
       coalesce((a.value ->> 'primary_key')::boolean, false) AS primary_key,
       coalesce((a.value ->> 'allow_nil')::boolean, true) AS allow_nil,
       coalesce((a.value ->> 'public')::boolean, false) AS public,
       coalesce((a.value ->> 'writable')::boolean, true) AS writable,
       coalesce((a.value ->> 'sensitive')::boolean, false) AS sensitive,
       a.value -> 'default' AS "default",
       a.value -> 'update_default' AS update_default,
       a.value ->> 'belongs_to' AS belongs_to,
       a.value ->> 'description' AS description,
       a.value::jsonb AS options
FROM ash.resource r
CROSS JOIN LATERAL json_each(r.expanded -> 'attributes') WITH ORDINALITY AS a(key, value, position);
COMMENT ON VIEW ash.attribute IS 'attributes of all resources';

CREATE VIEW ash.relationship AS
SELECT r.name AS resource,
       l.key COLLATE "C" AS name,
       l.position::integer,
       l.value ->> 'kind' AS kind,
       l.value ->> 'destination' AS destination,
       l.value ->> 'source_attribute' AS source_attribute,
       l.value ->> 'destination_attribute' AS destination_attribute,
       l.value ->> 'through' AS through,
       l.value ->> 'source_attribute_on_join_resource' AS source_attribute_on_join_resource,
       l.value ->> 'destination_attribute_on_join_resource' AS destination_attribute_on_join_resource,
       l.value ->> 'join_relationship' AS join_relationship,
       coalesce((l.value ->> 'allow_nil')::boolean, true) AS allow_nil,
       coalesce((l.value ->> 'public')::boolean, false) AS public,
       l.value ->> 'filter' AS filter,
       l.value -> 'sort' AS sort,
       l.value ->> 'description' AS description,
       l.value::jsonb AS options
FROM ash.resource r
CROSS JOIN LATERAL json_each(r.expanded -> 'relationships') WITH ORDINALITY AS l(key, value, position);
COMMENT ON VIEW ash.relationship IS 'relationships of all resources';

CREATE VIEW ash.identity AS
SELECT r.name AS resource,
       i.key COLLATE "C" AS name,
       i.position::integer,
       ARRAY(SELECT json_array_elements_text(i.value -> 'keys')) AS keys,
       i.value ->> 'where' AS "where",
       coalesce((i.value ->> 'nils_distinct')::boolean, true) AS nils_distinct,
       coalesce((i.value ->> 'all_tenants')::boolean, false) AS all_tenants,
       coalesce(i.value ->> 'message', 'has already been taken') AS message,
       i.value ->> 'description' AS description,
       i.value::jsonb AS options
FROM ash.resource r
CROSS JOIN LATERAL json_each(r.expanded -> 'identities') WITH ORDINALITY AS i(key, value, position);
COMMENT ON VIEW ash.identity IS 'identities of all resources';

CREATE VIEW ash.action AS
SELECT r.name AS resource,
       a.key COLLATE "C" AS name,
       a.position::integer,
       a.value ->> 'type' AS type,
       coalesce((a.value ->> 'primary')::boolean, false) AS "primary",
       coalesce((a.value ->> 'public')::boolean, true) AS public,
       (a.value ->> 'transaction')::boolean AS transaction,
       ARRAY(SELECT json_array_elements_text(a.value -> 'accept')) AS accept,
       a.value ->> 'filter' AS filter,
       a.value -> 'pagination' AS pagination,
       a.value ->> 'returns' AS returns,
       coalesce(a.value -> 'run' ->> 'function', a.value -> 'manual' ->> 'function') AS function,
       a.value ->> 'description' AS description,
       a.value::jsonb AS options
FROM ash.resource r
CROSS JOIN LATERAL json_each(r.expanded -> 'actions') WITH ORDINALITY AS a(key, value, position);
COMMENT ON VIEW ash.action IS 'actions of all resources';

CREATE VIEW ash.argument AS
SELECT o.resource,
       o.action,
       o.calculation,
       g.key COLLATE "C" AS name,
       g.position::integer,
       g.value ->> 'type' AS type,
       g.value -> 'constraints' AS constraints,
       coalesce((g.value ->> 'allow_nil')::boolean, true) AS allow_nil,
       coalesce((g.value ->> 'public')::boolean, true) AS public,
       coalesce((g.value ->> 'sensitive')::boolean, false) AS sensitive,
       g.value -> 'default' AS "default",
       g.value ->> 'description' AS description,
       g.value::jsonb AS options
FROM (SELECT r.name AS resource, a.key COLLATE "C" AS action, NULL::text COLLATE "C" AS calculation,
             a.value -> 'arguments' AS arguments
      FROM ash.resource r CROSS JOIN LATERAL json_each(r.expanded -> 'actions') a
      UNION ALL
      SELECT r.name, NULL, c.key, c.value -> 'arguments'
      FROM ash.resource r CROSS JOIN LATERAL json_each(r.expanded -> 'calculations') c) o
CROSS JOIN LATERAL json_each(o.arguments) WITH ORDINALITY AS g(key, value, position);
COMMENT ON VIEW ash.argument IS 'arguments of all actions and calculations';

-- Every list of built-ins, with its entries: the owner is a resource (action null) or an action.
-- The built-in is the first key that is none of the options all entries take.
CREATE VIEW ash.step AS
SELECT l.resource,
       l.action,
       l.list,
       row_number() OVER (PARTITION BY l.resource, l.action ORDER BY l.list_position, e.position)::integer
           AS position,
       CASE json_typeof(e.value)
           WHEN 'string' THEN e.value #>> '{}'
           ELSE (SELECT k.key
                 FROM json_each(e.value) WITH ORDINALITY AS k(key, value, position)
                 WHERE k.key NOT IN ('where', 'on', 'message', 'only_when_valid', 'description',
                                     'options')
                   -- an option of validations, a preparation of its own
                   AND NOT (k.key = 'before_action' AND json_typeof(k.value) = 'boolean')
                 ORDER BY k.position LIMIT 1)
       END AS name,
       e.value::jsonb AS options
FROM (SELECT r.name AS resource, a.key COLLATE "C" AS action, s.key AS list, s.position AS list_position,
             s.value AS entries
      FROM ash.resource r
      CROSS JOIN LATERAL json_each(r.expanded -> 'actions') a
      CROSS JOIN LATERAL json_each(a.value) WITH ORDINALITY AS s(key, value, position)
      WHERE s.key IN ('changes', 'validations', 'steps', 'prepare', 'preparations')
      UNION ALL
      SELECT r.name, NULL, s.key, s.position, s.value
      FROM ash.resource r
      CROSS JOIN LATERAL json_each(r.expanded) WITH ORDINALITY AS s(key, value, position)
      WHERE s.key IN ('changes', 'validations', 'preparations')) l
CROSS JOIN LATERAL json_array_elements(l.entries) WITH ORDINALITY AS e(value, position);
COMMENT ON VIEW ash.step IS 'entries of all lists of changes, validations and preparations, in the order they run';

CREATE VIEW ash.change AS
SELECT resource, action, position, name, options -> 'where' AS "where", options -> 'on' AS "on", options
FROM ash.step WHERE list IN ('changes', 'steps');
COMMENT ON VIEW ash.change IS
'changes of all actions, and of resources (action is null); mixed lists "steps" stand here whole';

CREATE VIEW ash.validation AS
SELECT resource, action, position, name, options ->> 'message' AS message, options -> 'where' AS "where",
       options -> 'on' AS "on", options
FROM ash.step WHERE list = 'validations';
COMMENT ON VIEW ash.validation IS 'validations of all actions, and of resources (action is null)';

CREATE VIEW ash.preparation AS
SELECT resource, action, position, name, options
FROM ash.step WHERE list IN ('prepare', 'preparations');
COMMENT ON VIEW ash.preparation IS 'preparations of all actions, and of resources (action is null)';

CREATE VIEW ash.calculation AS
SELECT r.name AS resource,
       c.key COLLATE "C" AS name,
       c.position::integer,
       c.value ->> 'type' AS type,
       c.value -> 'constraints' AS constraints,
       c.value ->> 'expr' AS expr,
       coalesce(c.value ->> 'function', c.value ->> 'batch_function') AS function,
       coalesce((c.value ->> 'public')::boolean, false) AS public,
       c.value ->> 'description' AS description,
       c.value::jsonb AS options
FROM ash.resource r
CROSS JOIN LATERAL json_each(r.expanded -> 'calculations') WITH ORDINALITY AS c(key, value, position);
COMMENT ON VIEW ash.calculation IS 'calculations of all resources';

CREATE VIEW ash.aggregate AS
SELECT r.name AS resource,
       a.key COLLATE "C" AS name,
       a.position::integer,
       a.value ->> 'kind' AS kind,
       ARRAY(SELECT json_array_elements_text(a.value -> 'path')) AS path,
       a.value ->> 'field' AS field,
       a.value ->> 'filter' AS filter,
       coalesce((a.value ->> 'public')::boolean, false) AS public,
       a.value ->> 'description' AS description,
       a.value::jsonb AS options
FROM ash.resource r
CROSS JOIN LATERAL json_each(r.expanded -> 'aggregates') WITH ORDINALITY AS a(key, value, position);
COMMENT ON VIEW ash.aggregate IS 'aggregates of all resources';

CREATE VIEW ash.policy AS
SELECT o.domain,
       o.resource,
       p.position::integer,
       (p.value -> 'bypass') IS NOT NULL AS bypass,
       coalesce(p.value -> 'bypass', p.value -> 'policy')::jsonb AS condition,
       coalesce(p.value ->> 'access_type', o.access_type, 'filter') AS access_type,
       p.value ->> 'description' AS description,
       p.value::jsonb AS options
FROM (SELECT d.name AS domain, NULL::text COLLATE "C" AS resource, NULL::text AS access_type,
             d.expanded -> 'policies' AS policies
      FROM ash.domain d
      UNION ALL
      SELECT r.domain, r.name, r.expanded ->> 'default_access_type', r.expanded -> 'policies'
      FROM ash.resource r) o
CROSS JOIN LATERAL json_array_elements(o.policies) WITH ORDINALITY AS p(value, position);
COMMENT ON VIEW ash.policy IS
'policies of all resources, and of domains (resource is null); those of groups one by one';

CREATE VIEW ash.policy_check AS
SELECT p.domain,
       p.resource,
       p.position AS policy,
       c.position::integer,
       e.effect,
       c.value -> e.effect AS "check",
       c.value AS options
FROM ash.policy p
CROSS JOIN LATERAL jsonb_array_elements(p.options -> 'checks') WITH ORDINALITY AS c(value, position)
CROSS JOIN LATERAL (SELECT k AS effect FROM jsonb_object_keys(c.value) k
                    WHERE k IN ('authorize_if', 'forbid_if', 'authorize_unless', 'forbid_unless')) e;
COMMENT ON VIEW ash.policy_check IS 'checks of all policies, in the order they are asked';

CREATE VIEW ash.field_policy AS
SELECT r.name AS resource,
       p.position::integer,
       (p.value -> 'bypass_fields') IS NOT NULL AS bypass,
       ARRAY(SELECT json_array_elements_text(coalesce(p.value -> 'bypass_fields', p.value -> 'fields')))
           AS fields,
       (p.value -> 'condition')::jsonb AS condition,
       (p.value -> 'checks')::jsonb AS checks,
       p.value::jsonb AS options
FROM ash.resource r
CROSS JOIN LATERAL json_array_elements(r.expanded -> 'field_policies') WITH ORDINALITY AS p(value, position);
COMMENT ON VIEW ash.field_policy IS 'field policies of all resources';

CREATE VIEW ash.code_interface AS
SELECT r.name AS resource,
       c.key COLLATE "C" AS name,
       c.position::integer,
       c.value ->> 'action' AS action,
       c.value ->> 'calculation' AS calculation,
       ARRAY(SELECT json_array_elements_text(c.value -> 'args')) AS args,
       c.value ->> 'description' AS description,
       c.value::jsonb AS options
FROM ash.resource r
CROSS JOIN LATERAL json_each(r.expanded -> 'code_interface') WITH ORDINALITY AS c(key, value, position);
COMMENT ON VIEW ash.code_interface IS 'code interfaces of all resources';

GRANT SELECT ON ash.attribute, ash.relationship, ash.identity, ash.action, ash.argument, ash.step,
    ash.change, ash.validation, ash.preparation, ash.calculation, ash.aggregate, ash.policy,
    ash.policy_check, ash.field_policy, ash.code_interface TO PUBLIC;
