-- The catalog: what has been defined.
--
-- ash.domain and ash.resource hold one document each, as it came and expanded (without shorthands);
-- what else there is to read of definitions are views over the expanded documents. Rows are written by
-- ash_define(), ash_undefine() and, in ash.statement, ash_migrate() only. Objects are named, not referenced by oid, so that the
-- tables can be dumped and restored.
CREATE SCHEMA ash;
COMMENT ON SCHEMA ash IS 'catalog of the extension ash: domains, resources and what they consist of';

CREATE SEQUENCE ash.revision_number;
COMMENT ON SEQUENCE ash.revision_number IS 'numbers the revisions of all definitions';

CREATE TABLE ash.domain (
    name text COLLATE "C" PRIMARY KEY,
    owner text COLLATE "C" NOT NULL,
    schema text COLLATE "C" NOT NULL,
    document json NOT NULL,
    expanded json NOT NULL,
    revision bigint NOT NULL,
    defined_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE ash.domain IS 'domains that have been defined';
COMMENT ON COLUMN ash.domain.name IS 'name of the domain';
COMMENT ON COLUMN ash.domain.owner IS 'role that owns the domain: only it may define it anew';
COMMENT ON COLUMN ash.domain.schema IS 'schema of its tables';
COMMENT ON COLUMN ash.domain.document IS 'the document as it was defined, without its resources';
COMMENT ON COLUMN ash.domain.expanded IS 'the document without shorthands';
COMMENT ON COLUMN ash.domain.revision IS 'number of the definition; grows with every change';
COMMENT ON COLUMN ash.domain.defined_at IS 'when it was last defined';

CREATE TABLE ash.resource (
    name text COLLATE "C" PRIMARY KEY,
    domain text COLLATE "C" NOT NULL, -- no foreign key: a restore in parallel fills tables in any order
    short_name text COLLATE "C" NOT NULL,
    position integer NOT NULL,
    schema text COLLATE "C",
    table_name text COLLATE "C",
    embedded boolean NOT NULL,
    refers text[] COLLATE "C" NOT NULL,
    document json NOT NULL,
    expanded json NOT NULL,
    revision bigint NOT NULL,
    defined_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT resource_table_key UNIQUE (schema, table_name)
);
CREATE INDEX resource_domain_idx ON ash.resource (domain, position);
CREATE INDEX resource_refers_idx ON ash.resource USING gin (refers);
COMMENT ON TABLE ash.resource IS 'resources that have been defined';
COMMENT ON COLUMN ash.resource.name IS 'name of the resource: domain.short_name';
COMMENT ON COLUMN ash.resource.domain IS 'domain it belongs to';
COMMENT ON COLUMN ash.resource.short_name IS 'its name within the domain';
COMMENT ON COLUMN ash.resource.position IS 'its place in the definition of the domain';
COMMENT ON COLUMN ash.resource.schema IS 'schema of its table; null when embedded';
COMMENT ON COLUMN ash.resource.table_name IS 'its table; null when embedded';
COMMENT ON COLUMN ash.resource.embedded IS 'stored inside attributes of other resources';
COMMENT ON COLUMN ash.resource.refers IS 'other resources that the definition names';
COMMENT ON COLUMN ash.resource.document IS 'the document as it was defined';
COMMENT ON COLUMN ash.resource.expanded IS 'the document without shorthands';
COMMENT ON COLUMN ash.resource.revision IS 'number of the definition; grows with every change';
COMMENT ON COLUMN ash.resource.defined_at IS 'when it was last defined';

CREATE TABLE ash.revision (
    revision bigint PRIMARY KEY,
    domain text COLLATE "C" NOT NULL,
    resource text COLLATE "C",
    operation text COLLATE "C" NOT NULL CHECK (operation IN ('replace', 'undefine')),
    document json NOT NULL,
    changed_by text COLLATE "C" NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE INDEX revision_resource_idx ON ash.revision (domain, resource, revision);
COMMENT ON TABLE ash.revision IS 'former definitions';
COMMENT ON COLUMN ash.revision.revision IS 'number the former definition had';
COMMENT ON COLUMN ash.revision.domain IS 'domain';
COMMENT ON COLUMN ash.revision.resource IS 'name of the resource; null: the domain''s own document';
COMMENT ON COLUMN ash.revision.operation IS 'what ended it: replace or undefine';
COMMENT ON COLUMN ash.revision.document IS 'the former document';
COMMENT ON COLUMN ash.revision.changed_by IS 'role that ended it';
COMMENT ON COLUMN ash.revision.changed_at IS 'when it ended';

CREATE TABLE ash.statement (
    resource text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    up text COLLATE "C" NOT NULL,
    down text COLLATE "C" NOT NULL,
    run_by text COLLATE "C" NOT NULL,
    run_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (resource, name)
);
COMMENT ON TABLE ash.statement IS 'custom statements that ash_migrate() has run';
COMMENT ON COLUMN ash.statement.resource IS 'name of the resource';
COMMENT ON COLUMN ash.statement.name IS 'name of the statement';
COMMENT ON COLUMN ash.statement.position IS 'order in which the statements of all resources ran';
COMMENT ON COLUMN ash.statement.up IS 'the SQL that was run';
COMMENT ON COLUMN ash.statement.down IS 'the SQL that undoes it';
COMMENT ON COLUMN ash.statement.run_by IS 'role that ran it';
COMMENT ON COLUMN ash.statement.run_at IS 'when it ran';

-- However a row is written, every backend must look at its compiled resources again.
CREATE FUNCTION ash.catalog_changed() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'ash_catalog_changed';
COMMENT ON FUNCTION ash.catalog_changed() IS 'tells all backends that definitions have changed';
REVOKE ALL ON FUNCTION ash.catalog_changed() FROM PUBLIC;

CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ash.domain
    FOR EACH STATEMENT EXECUTE FUNCTION ash.catalog_changed();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ash.resource
    FOR EACH STATEMENT EXECUTE FUNCTION ash.catalog_changed();
ALTER TABLE ash.domain ENABLE ALWAYS TRIGGER changed;
ALTER TABLE ash.resource ENABLE ALWAYS TRIGGER changed;
COMMENT ON TRIGGER changed ON ash.domain IS 'tells all backends that definitions have changed';
COMMENT ON TRIGGER changed ON ash.resource IS 'tells all backends that definitions have changed';

SELECT pg_catalog.pg_extension_config_dump('ash.revision_number', '');
SELECT pg_catalog.pg_extension_config_dump('ash.domain', '');
SELECT pg_catalog.pg_extension_config_dump('ash.resource', '');
SELECT pg_catalog.pg_extension_config_dump('ash.revision', '');
SELECT pg_catalog.pg_extension_config_dump('ash.statement', '');

-- Definitions are no more secret than the system catalogs.
GRANT USAGE ON SCHEMA ash TO PUBLIC;
GRANT SELECT ON ash.domain, ash.resource, ash.revision, ash.statement TO PUBLIC;
-- pg_dump by a plain role reads where the numbers are.
GRANT SELECT ON SEQUENCE ash.revision_number TO PUBLIC;
