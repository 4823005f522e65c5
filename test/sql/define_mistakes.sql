\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(50);

-- Does the message of a definition that is wrong say what is wrong and where, and the hint what to do?

-- MESSAGE and HINT of a document: three small resources, and "item" with these sections on line 7.
CREATE FUNCTION pg_temp.mistake(sections text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(E'\n', e->>'message', nullif(e->>'hint', ''))
	FROM pg_temp.caught(format('SELECT ash_define(%L)', replace($doc${"domain": "shop", "authorization": {"actor": "shop.person"}, "functions": {"slug": {"function": "app.slug", "arguments": ["string"], "returns": "string"}},
 "resources": {
  "person": {"attributes": {"id": "uuid_primary_key", "role": {"type": "string", "public": true}}},
  "address": {"embedded": true, "attributes": {"city": {"type": "string", "public": true}}},
  "order": {"attributes": {"id": "uuid_primary_key", "item_id": {"type": "uuid"}}},
  "item": {
   %s}}}$doc$, '%s', replace(sections, '…,',
		'"attributes": {"id": "uuid_primary_key", "name": {"type": "string", "public": true}},')))) AS e
$$;

SELECT is(pg_temp.mistake($$"atributes": {"id": "uuid_primary_key"}$$),
	E'unknown key "atributes" at line 7 (/resources/item/atributes)\nPerhaps you meant "attributes".',
	'a misspelt key');
SELECT is(pg_temp.mistake($$"attributes": {"id": "uuid_primary_key", "name": {"type": ":string"}}$$),
	E'there is no type ":string" at line 7 (/resources/item/attributes/name)\nPerhaps you meant "string".',
	'a type written as in the DSL');
SELECT is(pg_temp.mistake($$"attributes": {"id": "uuid_primary_key", "name": {"type": "string", "allow_nil?": false}}$$),
	E'unknown key "allow_nil?" at line 7 (/resources/item/attributes/name/allow_nil?)\nPerhaps you meant "allow_nil".',
	'an option with a question mark');
SELECT is(pg_temp.mistake($$"attributes": {"id": "uuid_primary_key", "name": {"type": "string", "null": false}}$$),
	E'unknown key "null" at line 7 (/resources/item/attributes/name/null)\nPerhaps you meant "allow_nil".',
	'"null" of other tools');
SELECT is(pg_temp.mistake($$"attributes": {"id": "uuid_primary_key", "s": {"type": "enum", "constraints": {"one_of": ["a"]}}}$$),
	E'unknown key "one_of" at line 7 (/resources/item/attributes/s/constraints/one_of)\nPerhaps you meant "values".',
	'the option of another type');
SELECT is(pg_temp.mistake($$"attributes": {"id": "uuid_primary_key", "s": {"type": "enum"}}$$),
	E'the key "values" is required at line 7 (/resources/item/attributes/s/constraints)\nAdd "values": The names, as a list or as an object of name and description (or description and label).',
	'a constraint that is missing');
SELECT is(pg_temp.mistake($$…, "actions": {"open": {"accept": []}}$$),
	E'the key "type" is required at line 7 (/resources/item/actions/open)\nAdd "type": one of "create", "read", "update", "destroy", "action".',
	'an action without a type');
SELECT is(pg_temp.mistake($$…, "actions": {"open": {"type": "insert"}}$$),
	'expected one of create, read, update, destroy, action, got "insert" at line 7 (/resources/item/actions/open/type)',
	'a type that actions do not have');
SELECT is(pg_temp.mistake($$…, "actions": {"open": {"type": "create", "accept": ["nam"]}}$$),
	E'unknown attribute "nam" at line 7 (/resources/item/actions/open/accept/0)\nPerhaps you meant "name".',
	'an accepted attribute');
SELECT is(pg_temp.mistake($$…, "actions": {"defaults": ["raed"]}$$),
	E'unknown default action "raed" at line 7 (/resources/item/actions/defaults/0)\nPerhaps you meant "read".',
	'a default action');
SELECT is(pg_temp.mistake($$…, "actions": {"open": {"type": "create", "changes": [{"set_atribute": {"attribute": "name", "value": "x"}}]}}$$),
	E'unknown change "set_atribute" at line 7 (/resources/item/actions/open/changes/0)\nPerhaps you meant "set_attribute".',
	'a change');
SELECT is(pg_temp.mistake($$…, "actions": {"open": {"type": "create", "changes": [{"set_attribute": {"attribute": "nam", "value": "x"}}]}}$$),
	E'unknown attribute "nam" at line 7 (/resources/item/actions/open/changes/0/set_attribute/attribute)\nPerhaps you meant "name".',
	'the attribute of a change');
SELECT is(pg_temp.mistake($$…, "policies": [{"policy": "always", "checks": [{"authorize_if": "actor_presnt"}]}]$$),
	E'no such check "actor_presnt" at line 7 (/resources/item/policies/0/checks/0/authorize_if)\nPerhaps you meant "actor_present".',
	'a check');
SELECT is(pg_temp.mistake($$…, "actions": {"open": {"type": "create", "pagination": {"offset": true}}}$$),
	'an action of type "create" takes no option "pagination" at line 7 (/resources/item/actions/open/pagination)',
	'an option of another type of action');
SELECT is(pg_temp.mistake($$…, "relationships": {"order": {"belongs_to": "orders"}}$$),
	E'unknown resource "shop.orders" at line 7 (/resources/item/relationships/order/belongs_to)\nPerhaps you meant "shop.order".',
	'a destination');
SELECT is(pg_temp.mistake($$…, "relationships": {"order": "belongs_to"}$$),
	E'expected an object, got a string at line 7 (/resources/item/relationships/order)\nWrite it as in "relationships": {"author": {"belongs_to": "blog.author"}}.',
	'a relationship as a string');
SELECT is(pg_temp.mistake($$…, "policies": {"policy": "always"}$$),
	E'expected a list, got an object at line 7 (/resources/item/policies)\nWrite it as in "policies": [{"policy": "always", "checks": [{"authorize_if": "always"}]}].',
	'policies as an object');
SELECT is(pg_temp.mistake($$…, "relationships": {"orders": {"has_many": "person"}}$$),
	E'Relationship `orders` expects destination attribute `item_id` to be defined on shop.person at line 7 (/resources/item/relationships/orders/destination_attribute)\nExpected one of id, role.',
	'a has_many without its key at the other side');
SELECT is(pg_temp.mistake($$…, "relationships": {"orders": {"many_to_many": "order"}}$$),
	E'the key "through" is required at line 7 (/resources/item/relationships/orders)\nAdd "through": the resource between the two, as "shop.order_item".',
	'a many_to_many without the resource in between');
SELECT is(pg_temp.mistake($$…, "calculations": {"c": {"type": "integer", "expr": "(SELECT 1)"}}$$),
	'subqueries are not allowed; use exists(path, condition) at line 7 (/resources/item/calculations/c/expr), character 1',
	'a subquery');
SELECT is(pg_temp.mistake($$…, "calculations": {"c": {"type": "boolean", "expr": "name = \"x\""}}$$),
	E'shop.item has no field "x" at line 7 (/resources/item/calculations/c/expr), character 8\nDouble quotes are for names; a string takes single quotes: \'x\'.',
	'a string in double quotes');
SELECT is(pg_temp.mistake($$…, "actions": {"list": {"type": "read", "arguments": {"q": {"type": "string"}}, "filter": "name == ^arg(:q)"}}$$),
	E'syntax error at or near "^" at line 7 (/resources/item/actions/list/filter), character 9\nArguments are written arg.name, fields of the actor actor.name, without "^".',
	'an argument as in the DSL');
SELECT is(pg_temp.mistake($$…, "calculations": {"c": {"type": "string", "expr": "uper(name)"}}$$),
	E'there is no function uper in expressions at line 7 (/resources/item/calculations/c/expr), character 1\nPerhaps you meant "upper".',
	'a function of PostgreSQL');
SELECT is(pg_temp.mistake($$…, "calculations": {"c": {"type": "string", "expr": "slugg(name)"}}$$),
	E'there is no function slugg in expressions at line 7 (/resources/item/calculations/c/expr), character 1\nPerhaps you meant "slug".',
	'a function of the domain');
SELECT is(pg_temp.mistake($$…, "calculations": {"c": {"type": "string", "expr": "expr(name)"}}$$),
	E'there is no function expr in expressions at line 7 (/resources/item/calculations/c/expr), character 1\nThe text is the expression itself, without expr().',
	'expr() around an expression');
SELECT is(pg_temp.mistake($$"attributes": {"id": "uuid_primary_key", "at": {"type": "utc_datetime", "default": "now()"}}$$),
	E'"now()" is not a value of type utc_datetime: Could not cast input to datetime at line 7 (/resources/item/attributes/at/default)\nAn expression is written {"expr": "now()"}.',
	'an expression as a literal');
SELECT is(pg_temp.mistake($$"attributes": {"id": "uuid_primary_key", "n": {"type": "integer", "default": "many"}}$$),
	E'"many" is not a value of type integer: is invalid at line 7 (/resources/item/attributes/n/default)\nGive a value of that type, or an expression as {"expr": …}.',
	'a default of another type');
SELECT is(pg_temp.mistake($$"attributes": {"id": "uuid_primary_key", "a": {"type": "adress"}}$$),
	E'there is no type "adress" at line 7 (/resources/item/attributes/a)\nPerhaps you meant "shop.address".',
	'an embedded resource without its domain');
SELECT is(pg_temp.mistake($$…, "identities": {"by_name": ["nam"]}$$),
	E'All identity keys must be attributes or calculations. Got: nam at line 7 (/resources/item/identities/by_name/keys)\nPerhaps you meant "name".',
	'the key of an identity');
SELECT is(pg_temp.mistake($$…, "identities": {"by_name": ["name"]}, "actions": {"put": {"type": "create", "upsert": true, "upsert_identity": "by_nam"}}$$),
	E'no such identity "by_nam" at line 7 (/resources/item/actions/put/upsert_identity)\nPerhaps you meant "by_name".',
	'an identity');
SELECT is(pg_temp.mistake($$…, "relationships": {"orders": {"has_many": "order", "destination_attribute": "item_id"}}, "aggregates": {"n": {"count": "order"}}$$),
	E'shop.item has no relationship "order" at line 7 (/resources/item/aggregates/n/count)\nPerhaps you meant "orders".',
	'the relationship of an aggregate');
SELECT is(pg_temp.mistake($$…, "actions": {"defaults": ["read"]}, "code_interface": {"list_items": {"action": "raed"}}$$),
	E'no such action "raed" at line 7 (/resources/item/code_interface/list_items/action)\nPerhaps you meant "read".',
	'the action of a function');
SELECT is(pg_temp.mistake($$…, "multitenancy": {"strategy": "attribute", "attribute": "nam"}$$),
	E'unknown attribute "nam" at line 7 (/resources/item/multitenancy/attribute)\nPerhaps you meant "name".',
	'the attribute of the tenant');
SELECT is(pg_temp.mistake($$…, "actions": {"close": {"type": "update"}}, "policies": [{"policy": {"action": "clos"}, "checks": [{"authorize_if": "always"}]}]$$),
	E'shop.item has no action "clos" at line 7 (/resources/item/policies/0/policy/action)\nPerhaps you meant "close".',
	'the action of a policy');
SELECT is(pg_temp.mistake($$…, "policies": [{"policy": "always", "checks": [{"authorize_if": {"actor_attribute_equals": {"attribute": "rol", "value": "x"}}}]}]$$),
	E'the actor\'s resource shop.person has no attribute "rol" at line 7 (/resources/item/policies/0/checks/0/authorize_if/actor_attribute_equals/attribute)\nPerhaps you meant "role".',
	'an attribute of the actor');
SELECT is(pg_temp.mistake($$…, "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "name = actor.rol"}}]}]$$),
	E'the actor\'s resource shop.person has no field "rol" at line 7 (/resources/item/policies/0/checks/0/authorize_if/expr), character 8\nPerhaps you meant "role".',
	'one in an expression');
SELECT is(pg_temp.mistake($$…, "calculations": {"c": {"type": "integer", "expr": "name"}}$$),
	E'expression is string, which is no integer at line 7 (/resources/item/calculations/c/expr)\nWhere every value can be read as one, write type(…, \'integer\').',
	'a calculation of another type');
SELECT is(pg_temp.mistake($$…, "actions": {"g": {"type": "action", "returns": "integer", "run": {"function": "nowhere.f"}}}$$),
	E'function nowhere.f does not exist at line 7 (/resources/item/actions/g/run)\nCreate it first: with the arguments of the action by name, or (input jsonb, options jsonb, context jsonb).',
	'the function of a generic action');
SELECT is(pg_temp.mistake($$…, "validations": [{"data_one_of": {"attribute": "name", "values": ["a"]}, "message": "no %{nope}"}]$$),
	E'a message of "data_one_of" has no %{nope} at line 7 (/resources/item/validations/0/message)\nExpected one of value, values.',
	'a variable in a message');
SELECT is(pg_temp.mistake($$"attributes": {"id": "uuid_primary_key", "and": {"type": "string"}}$$),
	E'the name "and" is reserved at line 7 (/resources/item/attributes/and)\nRecords or filters use it as a key.  An attribute may keep it as the name of its column, with "source".',
	'a reserved name');
SELECT is(pg_temp.mistake($$…, "timestamps": true$$),
	E'unknown key "timestamps" at line 7 (/resources/item/timestamps)\nPerhaps you meant "attributes". Write {"inserted_at": "create_timestamp", "updated_at": "update_timestamp"} there.',
	'a macro of the DSL');
SELECT is(pg_temp.mistake($$…, "actions": {"c": {"type": "create", "validate": [], "argument": {}}}$$),
	E'unknown key "validate" at line 7 (/resources/item/actions/c/validate), and 1 more\nPerhaps you meant "validations".',
	'singular names of the DSL');
SELECT is(pg_temp.mistake($$…, "relationships": {"order": {"belongs_to": "order", "source_field": "x", "private?": true}}$$),
	E'unknown key "source_field" at line 7 (/resources/item/relationships/order/source_field), and 1 more\nPerhaps you meant "source_attribute".',
	'an option of 1.x');
SELECT is(pg_temp.mistake($$…, "pub_sub": {}$$),
	'"pub_sub" is not supported: ask for notifications with "return_notifications" in the options of the call at line 7 (/resources/item/pub_sub)',
	'a section without a meaning here');

-- Several mistakes: the first one in the text, and how many more there are.
SELECT is(pg_temp.mistake($$…, "acions": {}, "identites": {}, "table": 5$$),
	E'unknown key "acions" at line 7 (/resources/item/acions), and 2 more\nPerhaps you meant "actions".', 'the first of three mistakes');
SELECT is(jsonb_array_length((pg_temp.caught($$SELECT ash_define('{"domain": "x", "a": 1, "b": 2}')$$)->>'detail')::jsonb->'errors'), 2, 'the detail has all of them');

-- What is wrong only because of something else is left out, whatever the messages say.
SELECT is(pg_temp.mistake($$"attributes": {"id": "uuid_primary_key", "n": {"type": "intger"}}, "calculations": {"c": {"type": "integer", "expr": "n + 1"}}, "identities": {"i": ["n"]}$$),
	E'there is no type "intger" at line 7 (/resources/item/attributes/n)\nPerhaps you meant "integer".', 'consequences are not counted');
SELECT is(pg_temp.mistake($$…, "calculations": {"did you mean": {"type": "strng", "expr": "name"}, "c": {"type": "string", "expr": "nam"}}$$),
	E'there is no type "strng" at line 7 (/resources/item/calculations/did you mean), and 1 more\nPerhaps you meant "string".', 'a name like the words of a message hides nothing');

-- Undefining.
CREATE TEMP TABLE defined AS SELECT ash_define('{"domain": "chain", "resources": {
	"a": {"attributes": {"id": "uuid_primary_key"}},
	"b": {"attributes": {"id": "uuid_primary_key"}, "relationships": {"a": {"belongs_to": "a"}}},
	"c": {"attributes": {"id": "uuid_primary_key"}, "relationships": {"b": {"belongs_to": "b"}}}}}');
SELECT is(e->>'message', 'cannot undefine "chain.a": other resources refer to it', 'a resource that is referred to'),
	is(e->>'detail', 'Resources that refer to it: chain.b.', 'only those that name it are listed')
FROM pg_temp.caught($$SELECT ash_undefine('chain.a')$$) AS e;

SELECT * FROM finish();
ROLLBACK;
