\set ECHO none
\i test/pgtap.psql
BEGIN;
SELECT plan(4);

-- Can pg_upgrade and pg_dump take the catalog: no column holds what means something in one cluster only, and every table is dumped?

-- Object identifiers change in another cluster, and so does what composite types of the system consist of. regclass, regrole and
-- regtype survive pg_upgrade, but no dump; the catalog has none of them either.
CREATE TEMP VIEW columns AS
	SELECT c.oid::regclass || '.' || a.attname AS name, coalesce(e.oid, t.oid) AS type
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON t.typelem = e.oid AND t.typlen = -1
	WHERE c.relnamespace = 'ash'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'c');
SELECT cmp_ok((SELECT count(*) FROM columns), '>', 100::bigint, 'there are columns to look at');
SELECT is((SELECT string_agg(name || ' ' || type::regtype, E'\n' ORDER BY name) FROM columns
		WHERE type::regtype::text ~ '^reg' OR type IN ('oid'::regtype, 'xid'::regtype, 'cid'::regtype, 'tid'::regtype, 'aclitem'::regtype)), NULL, 'none identifies an object by number');
SELECT is((SELECT string_agg(c.name, E'\n' ORDER BY c.name) FROM columns c JOIN pg_type t ON t.oid = c.type WHERE t.typtype = 'c'), NULL, 'none is composite');

-- What is in no dump: the secret of the database, on purpose.
SELECT is((SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c, pg_extension e
		WHERE e.extname = 'ash' AND c.relnamespace = 'ash'::regnamespace AND c.relkind IN ('r', 'p', 'S') AND c.oid <> ALL (e.extconfig)),
	'secret', 'every table and sequence but one is dumped');

SELECT * FROM finish();
ROLLBACK;
