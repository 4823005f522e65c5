\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(59);

-- Does the planner turn each difference between a definition and its tables into the right steps, and none into none?

CREATE TEMP TABLE doc (d jsonb);
INSERT INTO doc VALUES ($doc${
  "domain": "plan_diff",
  "resources": {
    "owner": {"attributes": {"id": "integer_primary_key", "name": "string"}, "actions": {"defaults": ["read"]}},
    "item": {
      "attributes": {"id": "uuid_primary_key", "title": "string", "size": "integer", "owner_id": "integer"},
      "relationships": {"owner": {"belongs_to": "plan_diff.owner", "define_attribute": false}},
      "actions": {"defaults": ["read"]}
    }
  }
}$doc$);

-- Sets a part of the document (NULL: removes it) and defines it.
CREATE FUNCTION pg_temp.change(path text[], value jsonb) RETURNS void LANGUAGE sql AS $$
	UPDATE doc SET d = CASE WHEN value IS NULL THEN d #- ('{resources}' || path) ELSE jsonb_set(d, '{resources}' || path, value) END;
	SELECT ash_define(d::text::json) FROM doc;
$$;
-- Operations of the plan, a destructive one with "!", one that blocks with "*".
CREATE FUNCTION pg_temp.steps() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(operation || CASE WHEN destructive THEN '!' ELSE '' END || CASE WHEN blocking THEN '*' ELSE '' END, ', ' ORDER BY step), 'none')
	FROM ash_plan('plan_diff')
$$;
-- Changes, plans, migrates and plans again: the first plan, and "; then …" when the second one is not empty.
CREATE FUNCTION pg_temp.evolve(path text[], value jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	first text;
BEGIN
	PERFORM pg_temp.change(path, value);
	first := pg_temp.steps();
	PERFORM ash_migrate('plan_diff', true);
	RETURN first || coalesce('; then ' || nullif(pg_temp.steps(), 'none'), '');
END $$;

SELECT pg_temp.define(d::text) FROM doc \gset
SELECT is(pg_temp.steps(), 'none', 'after a migration there is nothing to do');
INSERT INTO plan_diff.owner (name) VALUES ('o');
INSERT INTO plan_diff.item (id, title, size, owner_id) VALUES (gen_random_uuid(), 'a', 1, 1), (gen_random_uuid(), 'b', 2, 1);
SET CONSTRAINTS ALL IMMEDIATE;

-- Columns.
SELECT is(pg_temp.evolve('{item,attributes,extra}', '"string"'), 'add column', 'a new attribute');
SELECT is(pg_temp.evolve('{item,attributes,extra}', '{"type": "string", "default": "x"}'), 'set default', 'a new default');
SELECT is((SELECT count(*)::int FROM plan_diff.item WHERE extra IS NULL), 2, 'rows that are there stay as they are');
SELECT is(pg_temp.evolve('{item,attributes,extra}', '{"type": "string", "default": "it''s"}'), 'set default', 'another default');
SELECT is(pg_temp.evolve('{item,attributes,extra}', '"string"'), 'drop default', 'no default');
SELECT pg_temp.change('{item,attributes,extra}', NULL) \gset
SELECT is(pg_temp.steps(), 'drop column!', 'an attribute that is gone');
SELECT is(left(pg_temp.errors($$SELECT ash_migrate('plan_diff')$$), 44), '22023: the migration has 1 destructive step', 'is not dropped unasked');
SELECT alike(pg_temp.caught($$SELECT ash_migrate('plan_diff')$$)->>'detail', '%DROP COLUMN "extra"%', 'the error says which step it is');
SELECT alike(pg_temp.caught($$SELECT ash_migrate('plan_diff')$$)->>'hint', '%allow_destructive%', 'and how to allow it');
SELECT has_column('plan_diff', 'item', 'extra', 'nothing was done');
SELECT is(pg_temp.evolve('{item,attributes,size}', '"integer"'), 'drop column!', 'it is dropped when that is asked for');
SELECT hasnt_column('plan_diff', 'item', 'extra', 'then it is gone');
SELECT is(pg_temp.evolve('{item,attributes,late}', '{"type": "string", "allow_nil": false, "default": "d"}'), 'add column', 'a required attribute with a default');
SELECT results_eq('SELECT DISTINCT late FROM plan_diff.item', ARRAY['d'], 'fills the rows that are there');

-- Types.
SELECT is(pg_temp.evolve('{item,attributes,size}', '"decimal"'), 'change type*', 'a wider type');
SELECT is(pg_temp.evolve('{item,attributes,size}', '"integer"'), 'change type!*', 'a narrower type');
SELECT results_eq('SELECT size FROM plan_diff.item ORDER BY size', ARRAY[1, 2]::bigint[], 'the values are still there');

-- Not null, on a table with rows, without keeping others out.
SELECT is(pg_temp.evolve('{item,attributes,title}', '{"type": "string", "allow_nil": false}'), 'set not null, set not null, set not null', 'not null');
SELECT col_not_null('plan_diff', 'item', 'title', 'the column is');
SELECT is_empty($$SELECT conname FROM pg_constraint WHERE conrelid = 'plan_diff.item'::regclass AND contype = 'c'$$, 'the check that proved it is gone');
SELECT is(pg_temp.evolve('{item,attributes,title}', '"string"'), 'drop not null', 'nullable again');
UPDATE plan_diff.item SET title = NULL WHERE size = 2;
SELECT pg_temp.change('{item,attributes,title}', '{"type": "string", "allow_nil": false}') \gset
SELECT throws_ok($$SELECT ash_migrate('plan_diff')$$, '23514', NULL, 'a null in a row stops it');
SELECT col_is_null('plan_diff', 'item', 'title', 'and leaves everything as it was');
SELECT pg_temp.change('{item,attributes,title}', '"string"') \gset
SELECT is(pg_temp.steps(), 'none', 'back to what was');
UPDATE plan_diff.item SET title = 'b' WHERE size = 2;

-- Checks.
SELECT is(pg_temp.evolve('{item,check_constraints}', '{"sane": {"check": "size > 0", "attribute": "size"}}'), 'add check, add check', 'a check on rows is validated afterwards');
SELECT is((SELECT convalidated FROM pg_constraint WHERE conrelid = 'plan_diff.item'::regclass AND contype = 'c'), true, 'and valid in the end');
SELECT is(pg_temp.evolve('{item,check_constraints}', '{"sane": {"check": "size >= 0", "attribute": "size"}}'), 'drop check, add check, add check', 'another condition');
SELECT is(pg_temp.evolve('{item,check_constraints}', '{"sound": {"check": "size >= 0", "attribute": "size"}}'), 'rename check', 'another name');
SELECT is(pg_temp.evolve('{item,check_constraints}', NULL), 'drop check!', 'no check');
SELECT is(pg_temp.evolve('{item,attributes,size}', '{"type": "integer", "constraints": {"min": 0, "max": 9}}'), 'add check, add check', 'the constraints of a type');
SELECT is(pg_temp.evolve('{item,attributes,size}', '"integer"'), 'drop check!', 'and without');

-- Indexes and identities.
SELECT is(pg_temp.evolve('{item,identities}', '{"by_title": ["title"]}'), 'create index*', 'an identity');
SELECT is(pg_temp.evolve('{item,identities}', '{"by_title": ["title", "size"]}'), 'drop index, create index*', 'of other keys');
SELECT is(pg_temp.evolve('{item,identities}', '{"by_both": ["title", "size"]}'), 'rename index', 'of another name');
SELECT is(pg_temp.evolve('{item,identities}', NULL), 'drop index!', 'no identity');
SELECT is(pg_temp.evolve('{item,custom_indexes}', '[{"fields": ["-size", "lower(title)"], "where": "size between 1 and 5", "include": ["late"], "name": "item_mixed"}]'), 'create index*', 'an index with everything');
SELECT is(pg_temp.evolve('{item,custom_indexes}', NULL), 'drop index!', 'no index');

-- Foreign keys.
SELECT is(pg_temp.evolve('{item,relationships,owner,references}', '{"on_delete": "delete"}'), 'drop foreign key, add foreign key, add foreign key', 'another thing to do on delete');
SELECT is(pg_temp.evolve('{item,relationships,owner,references}', '{"on_delete": "nilify", "on_update": "update", "deferrable": "initially", "index": true}'),
	'drop foreign key, create index*, add foreign key, add foreign key', 'on update, deferrable and an index');
SELECT is((SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'plan_diff.item'::regclass AND contype = 'f'),
	'FOREIGN KEY (owner_id) REFERENCES plan_diff.owner(id) ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED', 'that is what it is then');
SELECT is(pg_temp.evolve('{item,relationships,owner,references}', '{"ignore": true}'), 'drop foreign key!, drop index!', 'no foreign key');

-- Comments.
SELECT is(pg_temp.evolve('{item,description}', '"It''s."'), 'comment', 'a description');
SELECT is(obj_description('plan_diff.item'::regclass), 'It''s.', 'is the comment');

-- Renames: only those that are declared.
SELECT pg_temp.change('{item,attributes,title}', NULL) \gset
SELECT pg_temp.change('{item,attributes,name}', '"string"') \gset
SELECT is(pg_temp.steps(), 'add column, drop column!', 'a rename is never guessed');
SELECT is(pg_temp.evolve('{item,attributes,name}', '{"type": "string", "renamed_from": "title"}'), 'rename column', 'a column that says what it was');
SELECT results_eq('SELECT name FROM plan_diff.item ORDER BY name', ARRAY['a', 'b'], 'keeps its values');
SELECT is(pg_temp.evolve('{item,relationships,owner,references}', NULL), 'add foreign key, add foreign key', 'a foreign key again');
SELECT is(pg_temp.evolve('{owner}', '{"table": "holder", "renamed_from": "owner", "attributes": {"id": "integer_primary_key", "name": "string"}, "actions": {"defaults": ["read"]}}'),
	'rename table, rename primary key', 'a table that says what it was');
SELECT results_eq('SELECT name FROM plan_diff.holder', ARRAY['o'], 'keeps its rows');
UPDATE doc SET d = jsonb_set(d, '{resources,tenant}', '{"renamed_from": "holder", "attributes": {"id": "integer_primary_key", "name": "string"}, "actions": {"defaults": ["read"]}}');
SELECT pg_temp.change('{item,relationships,owner}', '{"belongs_to": "plan_diff.tenant", "source_attribute": "owner_id", "define_attribute": false}') \gset
SELECT is(pg_temp.steps(), 'drop foreign key, create table, add foreign key, add foreign key', 'nothing is taken from a resource that still has it');
SELECT ash_undefine('plan_diff.owner') \gset
UPDATE doc SET d = d #- '{resources,owner}';
SELECT is(pg_temp.steps(), 'rename table, rename primary key', 'a resource that takes the place of another');
SELECT isnt_empty($$SELECT ash_migrate('plan_diff')$$, 'gets its table');
SELECT results_eq('SELECT name FROM plan_diff.tenant', ARRAY['o'], 'and its rows');

-- Drift: what was done by hand.
ALTER TABLE plan_diff.item ADD COLUMN byhand int, ALTER COLUMN late DROP NOT NULL, ALTER COLUMN late DROP DEFAULT, DROP CONSTRAINT item_owner_id_fkey;
CREATE INDEX byhand ON plan_diff.item (byhand);
COMMENT ON TABLE plan_diff.item IS 'by hand';
SELECT is(pg_temp.steps(), 'drop index!, set not null, set not null, set not null, set default, add foreign key, add foreign key, comment, drop column!', 'what was done by hand is shown');
SELECT isnt_empty($$SELECT ash_migrate('plan_diff', true)$$, 'and undone');
SELECT is(pg_temp.steps(), 'none', 'then nothing is left');
ALTER TABLE plan_diff.item ADD CONSTRAINT unproved CHECK (size > 0) NOT VALID;
SELECT is(pg_temp.steps(), 'drop check!', 'a check nobody defined');
SELECT is(pg_temp.evolve('{item,check_constraints}', '{"unproved": {"check": "size > 0", "attribute": "size"}}'), 'validate', 'when it is defined it is validated');

SELECT * FROM finish();
ROLLBACK;
