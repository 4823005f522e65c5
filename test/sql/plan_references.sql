\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(18);

-- Which foreign key does each belongs_to get, and when does it get none?

CREATE FUNCTION pg_temp.keys(tables text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(replace(pg_get_constraintdef(oid), 'plan_references.', ''), E'\n' ORDER BY conname COLLATE "C") FROM pg_constraint WHERE conrelid = ('plan_references.' || tables)::regclass AND contype = 'f'
$$;
SELECT pg_temp.define($doc${
  "domain": "plan_references",
  "resources": {
    "leaf": {
      "attributes": {"id": "uuid_primary_key", "code": "string"},
      "relationships": {
        "plain": {"belongs_to": "plan_references.root"},
        "restricted": {"belongs_to": "plan_references.root", "references": {"on_delete": "restrict", "on_update": "restrict"}},
        "cascading": {"belongs_to": "plan_references.root", "references": {"on_delete": "delete", "on_update": "update"}},
        "emptied": {"belongs_to": "plan_references.root", "references": {"on_delete": "nilify", "on_update": "nilify"}},
        "later": {"belongs_to": "plan_references.root", "references": {"deferrable": true}},
        "latest": {"belongs_to": "plan_references.root", "references": {"deferrable": "initially", "name": "my_name"}},
        "free": {"belongs_to": "plan_references.root", "references": {"ignore": true}},
        "by_code": {"belongs_to": "plan_references.root", "source_attribute": "code", "destination_attribute": "code", "define_attribute": false},
        "by_label": {"belongs_to": "plan_references.root", "destination_attribute": "label", "attribute_type": "string"},
        "half": {"belongs_to": "plan_references.pair", "destination_attribute": "a", "attribute_type": "integer"}
      }
    },
    "root": {
      "attributes": {"id": "uuid_primary_key", "code": {"type": "string", "allow_nil": false}, "label": "string"},
      "relationships": {"leaf": {"belongs_to": "plan_references.leaf"}, "self": {"belongs_to": "plan_references.root"}},
      "identities": {"code": ["code"]}
    },
    "pair": {"attributes": {"a": {"type": "integer", "primary_key": true, "allow_nil": false}, "b": {"type": "integer", "primary_key": true, "allow_nil": false}}},
    "owned": {
      "multitenancy": {"strategy": "attribute", "attribute": "org"},
      "attributes": {"id": "uuid_primary_key", "org": "integer", "code": {"type": "string", "allow_nil": false}},
      "identities": {"code": ["code"]},
      "relationships": {"other": {"belongs_to": "plan_references.owned", "destination_attribute": "code", "attribute_type": "string"}}
    }
  }
}$doc$) \gset
SELECT is_empty($$SELECT operation, sql FROM ash_plan('plan_references')$$, 'tables that refer to each other are made at once, and known again');
SELECT is(pg_temp.keys('leaf'), 'FOREIGN KEY (cascading_id) REFERENCES root(id) ON UPDATE CASCADE ON DELETE CASCADE
FOREIGN KEY (code) REFERENCES root(code)
FOREIGN KEY (emptied_id) REFERENCES root(id) ON UPDATE SET NULL ON DELETE SET NULL
FOREIGN KEY (later_id) REFERENCES root(id) DEFERRABLE
FOREIGN KEY (plain_id) REFERENCES root(id)
FOREIGN KEY (restricted_id) REFERENCES root(id) ON UPDATE RESTRICT ON DELETE RESTRICT
FOREIGN KEY (latest_id) REFERENCES root(id) DEFERRABLE INITIALLY DEFERRED', 'what happens on delete and update; none to what is not unique');
SELECT is(pg_temp.keys('root'), 'FOREIGN KEY (leaf_id) REFERENCES leaf(id)
FOREIGN KEY (self_id) REFERENCES root(id)', 'back, and to itself');
SELECT is(pg_temp.keys('owned'), 'FOREIGN KEY (org, other_id) REFERENCES owned(org, code)', 'what is unique per tenant is referred to per tenant');
SELECT is((SELECT conname::text FROM pg_constraint WHERE conrelid = 'plan_references.leaf'::regclass AND condeferred), 'my_name', 'a name of its own');

-- A resource of another domain: its table may come later.
SELECT ash_define($doc${"domain": "plan_references_c", "resources": {"x": {"attributes": {"id": "uuid_primary_key"}, "actions": {"defaults": ["read"]}}}}$doc$) \gset
SELECT ash_define($doc${"domain": "plan_references_b", "resources": {"far": {"attributes": {"id": "uuid_primary_key"}, "relationships": {"root": {"belongs_to": "plan_references.root"}, "later": {"belongs_to": "plan_references_c.x"}}}}}$doc$) \gset
SELECT isnt_empty($$SELECT * FROM ash_migrate('plan_references_b')$$, 'a domain that refers to others');
SELECT is((SELECT count(*)::int FROM pg_constraint WHERE conrelid = 'plan_references_b.far'::regclass AND contype = 'f'), 1, 'refers to the table that is there');
SELECT isnt_empty($$SELECT * FROM ash_migrate('plan_references_c')$$, 'when the other one is there too');
SELECT results_eq($$SELECT operation FROM ash_migrate('plan_references_b')$$, ARRAY['add foreign key'], 'the other foreign key is planned');
SELECT is_empty($$SELECT operation, sql FROM ash_plan()$$, 'then nothing is left in any domain');

-- Rows that break a new foreign key.
SELECT pg_temp.define('{"domain": "plan_orphans", "resources": {"a": {"attributes": {"id": "integer_primary_key", "b_id": "integer"}}, "b": {"attributes": {"id": "integer_primary_key"}}}}') \gset
INSERT INTO plan_orphans.a (b_id) VALUES (7);
SELECT ash_define('{"domain": "plan_orphans", "resources": {"a": {"attributes": {"id": "integer_primary_key", "b_id": "integer"}, "relationships": {"b": {"belongs_to": "plan_orphans.b", "define_attribute": false}}}}}') \gset
SELECT throws_ok($$SELECT ash_migrate('plan_orphans')$$, '23503', NULL, 'rows that refer to nothing stop a foreign key');
SELECT ash_define('{"domain": "plan_orphans", "resources": {"a": {"attributes": {"id": "integer_primary_key", "b_id": "integer"}, "relationships": {"b": {"belongs_to": "plan_orphans.b", "define_attribute": false, "references": {"validate": false}}}}}}') \gset
SELECT lives_ok($$SELECT ash_migrate('plan_orphans')$$, 'unless they need not be looked at');
SELECT is_empty($$SELECT operation, sql FROM ash_plan('plan_orphans')$$, 'which is not done later either');

-- A table that refers to itself gets another name and another thing to do at once.
SELECT pg_temp.define('{"domain": "plan_self", "resources": {"node": {"attributes": {"id": "integer_primary_key"}, "relationships": {"up": {"belongs_to": "plan_self.node", "attribute_type": "integer", "references": {"on_delete": "restrict"}}}}}}') \gset
SELECT ash_define('{"domain": "plan_self", "resources": {"node": {"table": "nodes", "renamed_from": "node", "attributes": {"id": "integer_primary_key"}, "relationships": {"up": {"belongs_to": "plan_self.node", "attribute_type": "integer", "references": {"on_delete": "delete"}}}}}}') \gset
SELECT results_eq($$SELECT operation FROM ash_migrate('plan_self', true)$$, ARRAY['rename table', 'drop foreign key', 'rename primary key', 'add foreign key'], 'a reference to itself follows a rename');
SELECT is_empty($$SELECT operation, sql FROM ash_plan('plan_self')$$, 'in one migration');

-- Relationships that use one attribute.
CREATE FUNCTION pg_temp.two_ways(more text) RETURNS text LANGUAGE sql AS $$
	SELECT format('{"domain": "plan_shared", "resources": {"root": {"attributes": {"id": "uuid_primary_key"}}, "other": {"attributes": {"id": "uuid_primary_key"}},
		"leaf": {"attributes": {"id": "uuid_primary_key"}, "relationships": {
			"root": {"belongs_to": "plan_shared.root", "references": {"on_delete": "delete"}},
			"again": {"belongs_to": "plan_shared.root", "source_attribute": "root_id", "define_attribute": false, %s}}}}}', more)
$$;
SELECT pg_temp.define(pg_temp.two_ways('"references": {"on_delete": "delete"}')) \gset
SELECT is((SELECT string_agg(conname, ' ') FROM pg_constraint WHERE conrelid = 'plan_shared.leaf'::regclass AND contype = 'f'), 'leaf_root_id_fkey', 'the same key is made once');
SELECT is_empty($$SELECT operation, sql FROM ash_plan('plan_shared')$$, 'and known again');
SELECT is(pg_temp.errors(format('SELECT ash_define(%L)', pg_temp.two_ways('"references": {"on_delete": "nilify"}'))),
	E'22023 invalid\ninvalid_definition ["resources", "leaf", "relationships", "again", "references"]: the foreign key "leaf_root_id_fkey" is already that of relationship "root": give it a "name", or "ignore": true',
	'another key needs a name of its own');

SELECT * FROM finish();
ROLLBACK;
