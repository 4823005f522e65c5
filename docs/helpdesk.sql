-- The domain that the examples of docs/*.md use: a help desk with two representatives and four tickets.
-- Each page runs it in a database of its own.
SET client_min_messages TO warning;
\pset footer off
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION ash;

SELECT ash_define($$
{
  "domain": "helpdesk",
  "authorization": {"actor": "helpdesk.representative"},
  "resources": {
    "representative": {
      "attributes": {
        "id": "integer_primary_key",
        "name": {"type": "string", "allow_nil": false, "public": true},
        "admin": {"type": "boolean", "default": false, "allow_nil": false, "public": true}
      },
      "relationships": {
        "tickets": {"has_many": "helpdesk.ticket", "destination_attribute": "representative_id", "public": true}
      },
      "aggregates": {"open_tickets": {"count": "tickets", "filter": "status = 'open'", "public": true}},
      "actions": {"defaults": ["read"], "hire": {"type": "create", "accept": ["name", "admin"]}},
      "policies": [
        {"bypass": {"actor_attribute_equals": {"attribute": "admin", "value": true}}, "checks": [{"authorize_if": "always"}]},
        {"policy": {"action_type": ["read"]}, "checks": [{"authorize_if": "always"}]}
      ]
    },
    "ticket": {
      "attributes": {
        "id": "integer_primary_key",
        "subject": {"type": "string", "allow_nil": false, "public": true, "constraints": {"max_length": 40}},
        "status": {"type": "atom", "constraints": {"one_of": ["open", "closed"]}, "default": "open",
                   "allow_nil": false, "public": true},
        "priority": {"type": "integer", "public": true, "constraints": {"min": 0, "max": 5}}
      },
      "relationships": {
        "representative": {"belongs_to": "helpdesk.representative", "attribute_type": "integer", "public": true},
        "comments": {"has_many": "helpdesk.comment", "destination_attribute": "ticket_id", "sort": ["id"], "public": true}
      },
      "identities": {"unique_subject": {"keys": ["subject"], "message": "already reported"}},
      "calculations": {
        "label": {"type": "string", "expr": "subject || ' (' || status || ')'", "public": true},
        "shortened": {"type": "string", "public": true, "arguments": {"length": {"type": "integer", "allow_nil": false}},
          "expr": "if(string_length(subject) > arg.length, 'long', subject)"}
      },
      "aggregates": {"comment_count": {"count": "comments", "public": true}},
      "actions": {
        "defaults": ["destroy"],
        "list": {"type": "read", "primary": true,
          "pagination": {"offset": true, "keyset": true, "required": false}},
        "of_priority": {"type": "read", "arguments": {"at_least": {"type": "integer", "default": 3}},
          "filter": "priority >= arg.at_least", "prepare": [{"build": {"sort": ["-priority"]}}]},
        "open": {"type": "create", "accept": ["subject", "priority"],
          "arguments": {"comments": {"type": "map[]"}},
          "changes": [
            {"relate_actor": {"relationship": "representative"}},
            {"manage_relationship": {"argument": "comments", "relationship": "comments", "type": "create"}}],
          "validations": [{"string_length": {"attribute": "subject", "min": 3}, "message": "is too short"}]},
        "import": {"type": "create", "accept": ["subject", "priority", "status"],
          "upsert": true, "upsert_identity": "unique_subject", "upsert_fields": ["priority"]},
        "reprioritize": {"type": "update", "accept": ["priority"]},
        "close": {"type": "update", "accept": [],
          "validations": [{"attribute_equals": {"attribute": "status", "value": "open"}, "message": "must be open"}],
          "changes": [{"set_attribute": {"attribute": "status", "value": "closed"}}]}
      },
      "policies": [
        {"bypass": {"actor_attribute_equals": {"attribute": "admin", "value": true}}, "checks": [{"authorize_if": "always"}]},
        {"policy": {"action_type": ["create"]}, "checks": [{"authorize_if": "actor_present"}]},
        {"policy": {"action_type": ["read"]},
         "checks": [{"authorize_if": {"expr": "status = 'open' or representative_id = actor.id"}}]},
        {"policy": {"action_type": ["update"]}, "checks": [{"authorize_if": {"expr": "representative_id = actor.id"}}]}
      ]
    },
    "comment": {
      "attributes": {
        "id": "integer_primary_key",
        "body": {"type": "string", "allow_nil": false, "public": true}
      },
      "relationships": {"ticket": {"belongs_to": "helpdesk.ticket", "attribute_type": "integer", "allow_nil": false, "public": true}},
      "actions": {"defaults": ["read", "destroy"], "create": {"type": "create", "primary": true, "accept": ["body", "ticket_id"]}},
      "policies": [{"policy": "always", "checks": [{"authorize_if": "actor_present"}]}]
    }
  }
}
$$, true) IS NOT NULL AS defined \gset

SELECT ash_bulk_create('helpdesk.representative', '[{"name": "Grace", "admin": true}, {"name": "Ada"}]',
    '{"action": "hire", "authorize": false}') IS NOT NULL AS hired \gset
SELECT ash_bulk_create('helpdesk.ticket', '[
    {"subject": "Printer on fire", "priority": 5, "comments": [{"body": "Have you tried water?"}]},
    {"subject": "Monitor flickers", "priority": 1}]', '{"action": "open", "actor": 2}') IS NOT NULL AS opened \gset
SELECT ash_bulk_create('helpdesk.ticket', '[{"subject": "No coffee", "priority": 4}, {"subject": "Laptop will not wake"}]',
    '{"action": "open", "actor": 1}') IS NOT NULL AS opened \gset
