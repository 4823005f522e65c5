\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(26);

-- What does each built-in change do?

SELECT pg_temp.define($doc${
  "domain": "changes_builtin",
  "authorization": {"actor": "changes_builtin.person"},
  "resources": {
    "person": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]}},
    "child": {
      "attributes": {"id": "integer_primary_key", "label": {"type": "string", "public": true}},
      "relationships": {"post": {"belongs_to": "changes_builtin.post", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read", "destroy", {"create": "*"}, {"update": "*"}]}
    },
    "post": {
      "attributes": {
        "id": "integer_primary_key", "title": {"type": "string", "public": true}, "body": {"type": "string", "public": true},
        "status": {"type": "string", "public": true, "default": "draft"}, "score": {"type": "integer", "public": true, "default": 0},
        "readonly": {"type": "string", "public": true, "writable": false}, "version": {"type": "integer", "default": 1}
      },
      "relationships": {"author": {"belongs_to": "changes_builtin.person", "attribute_type": "integer", "public": true},
        "children": {"has_many": "changes_builtin.child", "destination_attribute": "post_id", "public": true}},
      "changes": [{"set_attribute": {"attribute": "version", "value": 10}, "on": ["create"]}],
      "actions": {
        "defaults": ["read", {"create": "*"}, {"update": "*"}],
        "order": {"type": "create", "accept": ["title"], "changes": [
          {"set_attribute": {"attribute": "body", "value": "first"}}, {"set_attribute": {"attribute": "body", "value": "second"}},
          {"set_new_attribute": {"attribute": "body", "value": "third"}}, {"set_new_attribute": {"attribute": "score", "value": 7}}, {"set_new_attribute": {"attribute": "title", "value": "new"}}]},
        "forced": {"type": "create", "accept": [], "changes": [{"set_attribute": {"attribute": "readonly", "value": "forced"}}]},
        "templates": {"type": "create", "accept": [], "arguments": {"t": "string"}, "changes": [
          {"set_attribute": {"attribute": "title", "value": {"arg": "t"}}}, {"set_attribute": {"attribute": "body", "value": {"actor": "name"}}},
          {"set_attribute": {"attribute": "status", "value": {"context": "s"}}}]},
        "guarded": {"type": "create", "accept": ["score"], "changes": [
          {"set_attribute": {"attribute": "body", "value": "high"}, "where": [{"compare": {"attribute": "score", "greater_than": 10}}]}]},
        "own": {"type": "create", "accept": ["title"], "changes": [{"relate_actor": {"relationship": "author"}}]},
        "own_or_none": {"type": "create", "accept": ["title"], "changes": [{"relate_actor": {"relationship": "author", "allow_nil": true}}]},
        "prevented": {"type": "update", "accept": ["title", "body"], "changes": [{"prevent_change": {"attribute": "body"}}]},
        "bump": {"type": "update", "accept": [], "changes": [{"increment": {"attribute": "score", "amount": 2, "overflow_limit": 5}}]},
        "shout": {"type": "update", "accept": [], "changes": [{"atomic_update": {"attribute": "title", "expr": "title || '!'"}}]},
        "if_given": {"type": "update", "accept": [], "arguments": {"v": "string"}, "changes": [{"set_attribute": {"attribute": "body", "value": {"arg": "v"}, "set_when_nil": false}}]},
        "brief": {"type": "update", "accept": ["title"], "changes": [{"select": ["title"]}]},
        "loaded": {"type": "update", "accept": ["title"], "changes": [{"load": ["author"]}]},
        "with_children": {"type": "create", "accept": ["title"], "arguments": {"children": "map[]"}, "changes": [{"manage_relationship": {"argument": "children", "type": "create"}}]},
        "control": {"type": "update", "accept": [], "arguments": {"children": "map[]"}, "changes": [{"manage_relationship": {"argument": "children", "type": "direct_control"}}]},
        "remove_all": {"type": "destroy", "changes": [{"cascade_destroy": {"relationship": "children"}}]}
      }
    }
  }
}$doc$) \gset
INSERT INTO changes_builtin.person (name) VALUES ('Ann');

CREATE FUNCTION pg_temp.made(action text, input jsonb DEFAULT '{}', options jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_run_action('changes_builtin.post', action, input, options)::jsonb
$$;
CREATE FUNCTION pg_temp.changed(action text, input jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT ash_run_action('changes_builtin.post', action, input, '{"record": 1}')::jsonb
$$;

SELECT is(pg_temp.made('create', '{"title": "T"}')->'version', '10', 'a change of the resource runs with every create');
SELECT is(pg_temp.made('order') - '{id,readonly,version,author_id}'::text[], '{"title": "new", "body": "second", "status": "draft", "score": 0}',
	'set_attribute sets, the last one wins; set_new_attribute only what is not set, defaults count as set');
SELECT is(pg_temp.made('order', '{"title": "given"}')->>'title', 'given', 'nor what is given');
SELECT is(pg_temp.made('forced')->>'readonly', 'forced', 'what is not writable can be set');
SELECT is(pg_temp.made('templates', '{"t": "arg"}', '{"actor": {"name": "Eve"}, "context": {"s": "ctx"}}') - '{id,readonly,version,author_id,score}'::text[],
	'{"title": "arg", "body": "Eve", "status": "ctx"}', 'values from arguments, actor and context'),
	is(pg_temp.made('templates') - '{id,readonly,version,author_id,score}'::text[], '{"title": null, "body": null, "status": null}', 'which are null when there is none');
SELECT is(pg_temp.made('guarded', '{"score": 11}')->>'body', 'high', 'where holds'), is(pg_temp.made('guarded', '{"score": 10}')->>'body', NULL, 'where does not hold');
SELECT is(pg_temp.made('own', '{}', '{"actor": 1}')->'author_id', '1', 'relate_actor'),
	is(pg_temp.errors($$SELECT ash_run_action('changes_builtin.post', 'own')$$),
		E'22023 invalid\ninvalid_relationship author: Invalid value provided for author: could not relate to actor, as no actor was found (and :allow_nil? is false).', 'without an actor'),
	is(pg_temp.made('own_or_none')->'author_id', 'null', 'which may be allowed');

SELECT is(pg_temp.changed('prevented', '{"title": "P", "body": "B"}') - '{id,readonly,version,author_id,score,status}'::text[], '{"title": "P", "body": null}', 'prevent_change');
SELECT is(pg_temp.changed('bump')->'score', '2', 'increment'), is(pg_temp.changed('bump')->'score', '4', 'again'), is(pg_temp.changed('bump')->'score', '2', 'over the limit it begins with the amount');
SELECT is(pg_temp.changed('shout')->>'title', 'P!', 'atomic_update');
SELECT is(pg_temp.changed('if_given', '{"v": "x"}')->>'body', 'x', 'set_when_nil false sets a value'), is(pg_temp.changed('if_given', '{"v": null}')->>'body', 'x', 'but no null');
SELECT is(pg_temp.changed('brief', '{"title": "S"}'), '{"id": 1, "title": "S"}', 'select');
SELECT ash_update('changes_builtin.post', '1', '{"author_id": 1}') AS ignored \gset
SELECT is(pg_temp.changed('loaded', '{"title": "L"}')->'author', '{"id": 1, "name": "Ann"}', 'load');

-- Related rows.
SELECT pg_temp.made('with_children', '{"title": "C", "children": [{"label": "a"}, {"label": "b"}]}')->>'id' AS parent \gset
SELECT results_eq(format('SELECT label FROM changes_builtin.child WHERE post_id = %s ORDER BY label', :'parent'), ARRAY['a', 'b'], 'manage_relationship creates');
SELECT ash_run_action('changes_builtin.post', 'control', jsonb_build_object('children', (SELECT jsonb_agg(jsonb_build_object('id', id, 'label', 'A')) FROM changes_builtin.child WHERE label = 'a') || '[{"label": "c"}]'),
	jsonb_build_object('record', :parent)) AS ignored \gset
SELECT results_eq(format('SELECT label FROM changes_builtin.child WHERE post_id = %s ORDER BY label', :'parent'), ARRAY['A', 'c'], 'direct_control updates, creates and destroys'),
	is((SELECT count(*)::int FROM changes_builtin.child WHERE label = 'b'), 0, 'what is not listed');
SELECT is(pg_temp.errors($$SELECT ash_run_action('changes_builtin.post', 'with_children', '{"children": [{"label": "x"}, {"label": []}]}')$$),
	E'22023 invalid\ninvalid_attribute label ["children", 1]: is invalid', 'an error of a child has its path'), is((SELECT count(*)::int FROM changes_builtin.child WHERE label = 'x'), 0, 'and undoes its siblings');
SELECT ash_run_action('changes_builtin.post', 'remove_all', '{}', jsonb_build_object('record', :parent)) AS ignored \gset
SELECT is((SELECT count(*)::int FROM changes_builtin.child), 0, 'cascade_destroy');

SELECT * FROM finish();
ROLLBACK;
